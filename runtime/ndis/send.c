/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of a send: NdisSendNetBufferLists jumps through the binding's
 * pointer to the miniport, on the sender's thread; the completion goes back to
 * the binding named by SourceHandle. Nothing is queued here: that is the
 * deserialized miniport's business (contract MP-SND-06).
 */
#include "send.h"

#include <nrt/nrt_lower.h>

#include "../verifier.h"
#include "callback.h"
#include "chain.h"
#include "driver.h"
#include "dma.h"
#include "loopback.h"
#include "nbltrack.h"

/* The miniport does not see them: the runtime itself completes the sends. */
static void reject(struct nrt_binding *b, NET_BUFFER_LIST *chain, ULONG flags, NDIS_STATUS status)
{
	ULONG n = 0;

	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		NET_BUFFER_LIST_STATUS(nbl) = status;
		n++;
	}
	nrt_count(b->counters, NRT_TX_SUBMITTED, n);
	nrt_count(b->counters, NRT_TX_REJECTED, n);
	nrt_count(b->counters, NRT_TX_COMPLETED, n);
	b->send_complete(b->context, chain,
			 flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ?
				 NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL :
				 0);
}

/* RT-26: the path below is paused. */
static void send_paused(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			ULONG flags)
{
	(void)port;
	reject(b, chain, flags, NDIS_STATUS_PAUSED);
}

/* RT-18: the miniport is being reset. Chosen before the binding is told of that. */
static void send_resetting(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			   ULONG flags)
{
	(void)port;
	if (nrt_verifying)
		nrt_reset_refused(b, "NdisSendNetBufferLists");
	reject(b, chain, flags, NDIS_STATUS_RESET_IN_PROGRESS);
}

static void hand_down(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
		      ULONG flags)
{
	ULONG n = nrt_chain_length(chain);

	nrt_count(b->counters, NRT_TX_SUBMITTED, n);
	nrt_count(b->counters, b->filtered_send ? NRT_TX_INTO_FILTERS : NRT_TX_HANDED, n);
	b->down.send.fn(b->down.send.context, chain, port, flags);
}

static void send_direct(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			ULONG flags)
{
	if (flags & NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK)
		nrt_loop_back(b, chain, flags);
	hand_down(b, chain, port, flags);
}

/* Other bindings may want to see what this one sends. */
static void send_looping(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			 ULONG flags)
{
	nrt_loop_back(b, chain, flags);
	hand_down(b, chain, port, flags);
}

static void track_and_send(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			   ULONG flags)
{
	struct nrt_callback cb;

	nrt_track_send(b, &chain);
	if (chain == NULL)
		return;
	if ((flags & NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK) || nrt_loopback_wanted(b->adapter))
		nrt_loop_back(b, chain, flags);
	cb = nrt_callback_begin(b->filtered_send ? "FilterSendNetBufferLists" :
						   "MiniportSendNetBufferLists");
	hand_down(b, chain, port, flags);
	nrt_callback_end(&cb);
}

/* A send that was chosen before a reset began and comes after is refused, too, as one that waited
 * for an adapter to wake up; that is no fault of the protocol's (PR-RST-01). It is
 * counted first and looked at second, where reset.c stores first and counts then,
 * so that a reset knows exactly what the miniport was given (MP-RST-02). */
static void send_verified(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			  ULONG flags)
{
	struct nrt_reset *r = &b->adapter->reset;

	atomic_fetch_add(&r->senders, 1);
	if (atomic_load(&r->refusing))
		reject(b, chain, flags, NDIS_STATUS_RESET_IN_PROGRESS);
	else
		track_and_send(b, chain, port, flags);
	atomic_fetch_sub(&r->senders, 1);
}

/* Of a miniport that has ports, and under the verifier: only those that are active are sent on
 * [ndis-port-send-and-receive-operations]. */
void nrt_send_now(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG flags)
{
	if (!nrt_port_active(b->adapter, port))
		reject(b, chain, flags, NDIS_STATUS_INVALID_PORT);
	else if (nrt_verifying)
		send_verified(b, chain, port, flags);
	else if (nrt_loopback_wanted(b->adapter))
		send_looping(b, chain, port, flags);
	else
		send_direct(b, chain, port, flags);
}

/* The adapter is suspended: sends wait until it is awake. */
static void send_idle(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
		      ULONG flags)
{
	enum nrt_idle_answer answer = nrt_idle_keep(b->adapter, b, chain, port, flags);

	if (answer == NRT_IDLE_AWAKE)
		nrt_send_now(b, chain, port, flags);
	else if (answer == NRT_IDLE_NO_MEMORY)
		reject(b, chain, flags, NDIS_STATUS_RESOURCES);
}

void nrt_send_choose(struct nrt_binding *b)
{
	nrt_send_fn *fn = send_paused;

	if (nrt_state_may_pass(atomic_load(&b->state))) {
		if (atomic_load(&b->adapter->reset.refusing))
			fn = send_resetting;
		else if (atomic_load(&b->adapter->idle.on))
			fn = send_idle;
		else if (nrt_verifying || atomic_load(&b->adapter->ports.table) != NULL)
			fn = nrt_send_now;
		else
			fn = nrt_loopback_wanted(b->adapter) ? send_looping : send_direct;
	}
	atomic_store_explicit(&b->send, fn, memory_order_release);
}

/* In a pass that is measured. */
static __attribute__((noinline)) void send_measured(struct nrt_binding *b, NET_BUFFER_LIST *chain,
						    NDIS_PORT_NUMBER port, ULONG flags)
{
	ULONG n;
	uint32_t outer = nrt_stage_begin_chain(nrt_meter, NRT_STAGE_SEND, chain, &n);

	atomic_load_explicit(&b->send, memory_order_acquire)(b, chain, port, flags);
	nrt_stage_end(nrt_meter, outer, n);
}

void NdisSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists,
			    NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	struct nrt_binding *b = NdisBindingHandle;

	if (b->magic != NRT_BINDING_MAGIC) {
		nrt_violation("PR-UNB-03", "NdisSendNetBufferLists on a closed binding");
		return;
	}
	if (__builtin_expect(nrt_meter != NULL, 0)) {
		send_measured(b, NetBufferLists, PortNumber, SendFlags);
		return;
	}
	atomic_load_explicit(&b->send, memory_order_acquire)(b, NetBufferLists, PortNumber,
							     SendFlags);
}

/* The miniport takes no sends now: each comes back as if it had completed it. */
static void refuse(struct nrt_adapter *a, NET_BUFFER_LIST *chain, ULONG n, ULONG flags,
		   NDIS_STATUS status)
{
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		NET_BUFFER_LIST_STATUS(nbl) = status;
	nrt_send_completed(a, chain, n,
			   flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ?
				   NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL :
				   0);
}

/* An adapter that does not run: a suspended one keeps @chain until it does, unless it has come
 * to by now, which is true. */
static bool awake_for(struct nrt_adapter *a, uint32_t state, NET_BUFFER_LIST *chain, ULONG n,
		      NDIS_PORT_NUMBER port, ULONG flags)
{
	enum nrt_idle_answer answer = NRT_IDLE_NO_MEMORY;

	if (state == NRT_SUSPENDED)
		answer = nrt_idle_keep(a, NULL, chain, port, flags);
	if (answer == NRT_IDLE_NO_MEMORY)
		refuse(a, chain, n, flags,
		       state == NRT_SUSPENDED ? NDIS_STATUS_RESOURCES : NDIS_STATUS_PAUSED);
	return answer == NRT_IDLE_AWAKE;
}

void nrt_send_to_miniport(struct nrt_adapter *a, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			  ULONG flags)
{
	struct nrt_callback cb;

	if (nrt_verifying)
		atomic_fetch_add(&a->reset.senders, 1); /* as in send_verified */
	if (atomic_load(&a->reset.refusing)) {
		refuse(a, chain, nrt_chain_length(chain), flags, NDIS_STATUS_RESET_IN_PROGRESS);
	} else {
		cb = nrt_callback_begin("MiniportSendNetBufferLists");
		a->driver->chars.SendNetBufferListsHandler(a->context, chain, port, flags);
		nrt_callback_end(&cb);
	}
	if (nrt_verifying)
		atomic_fetch_sub(&a->reset.senders, 1);
}

/* From the lowest filter. Refused ones count as handed over, since they count as given back. During
 * a reset none is kept for a device that sleeps, either. */
VOID nrt_edge_send(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG flags)
{
	struct nrt_adapter *a = context;
	uint32_t state = atomic_load_explicit(&a->state, memory_order_relaxed);
	ULONG n = nrt_chain_length(chain);

	nrt_count(a->counters, NRT_TX_OUT_OF_FILTERS, n);
	nrt_count(a->counters, NRT_TX_HANDED, n);
	if (nrt_state_passes(state))
		nrt_send_to_miniport(a, chain, port, flags);
	else if (atomic_load(&a->reset.refusing))
		refuse(a, chain, n, flags, NDIS_STATUS_RESET_IN_PROGRESS);
	else if (awake_for(a, state, chain, n, port, flags))
		nrt_send_to_miniport(a, chain, port, flags);
}

VOID nrt_edge_cancel(NDIS_HANDLE context, PVOID id)
{
	struct nrt_adapter *a = context;
	struct nrt_callback cb;

	nrt_self.cancels++;
	if (a->cancel_send == NULL || a->magic != NRT_ADAPTER_MAGIC) /* RT-16; it sleeps */
		return;
	cb = nrt_callback_begin("MiniportCancelSend");
	a->cancel_send(a->context, id);
	nrt_callback_end(&cb);
}

void nrt_cancel_sends(struct nrt_adapter *a, const struct nrt_cancel_way *way, PVOID id)
{
	uint32_t before = nrt_self.cancels;
	struct nrt_cancelling c;

	if (nrt_verifying)
		nrt_track_cancel(&c, a, id);
	way->fn(way->context, id);
	if (nrt_verifying)
		nrt_track_cancelled(&c);
	if (nrt_self.cancels != before)
		return;
	nrt_violation("FL-CAN-01", "a filter on %s keeps a cancel of sends to itself",
		      a->device.name);
	nrt_self.cancels++; /* the filters above it have done their part */
}

/* Split @chain into runs of one SourceHandle, each back to its own binding. */
static void complete_by_source(NET_BUFFER_LIST *chain, ULONG flags)
{
	while (chain != NULL) {
		struct nrt_binding *b = chain->SourceHandle;
		NET_BUFFER_LIST *run = chain;
		NET_BUFFER_LIST *last = chain;

		while (NET_BUFFER_LIST_NEXT_NBL(last) != NULL &&
		       NET_BUFFER_LIST_NEXT_NBL(last)->SourceHandle == b)
			last = NET_BUFFER_LIST_NEXT_NBL(last);
		chain = NET_BUFFER_LIST_NEXT_NBL(last);
		NET_BUFFER_LIST_NEXT_NBL(last) = NULL;
		if (b == NULL || b->magic != NRT_BINDING_MAGIC) {
			nrt_violation("MP-SND-10", "a completed NBL names no open binding");
			continue;
		}
		b->send_complete(b->context, run, flags);
	}
}

/* To the bindings. */
static inline void complete_up(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain, ULONG n,
			       ULONG flags)
{
	struct nrt_binding *only;

	nrt_count(adapter->counters, NRT_TX_COMPLETED, n);
	only = atomic_load_explicit(&adapter->only, memory_order_acquire);
	if (only != NULL)
		only->send_complete(only->context, chain, flags);
	else
		complete_by_source(chain, flags);
}

/* From the highest filter. */
VOID nrt_edge_complete(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct nrt_callback cb = nrt_callback_begin("ProtocolSendNetBufferListsComplete");
	struct nrt_adapter *a = context;
	ULONG n = nrt_chain_length(chain);

	nrt_count(a->counters, NRT_DONE_OUT_OF_FILTERS, n);
	complete_up(a, chain, n, flags);
	nrt_callback_end(&cb);
}

/* @n: as many as the miniport had. */
static inline void complete(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain, ULONG n,
			    ULONG flags)
{
	nrt_count(adapter->counters, NRT_TX_RETURNED, n);
	if (__builtin_expect(adapter->filtered_complete, 0)) {
		nrt_count(adapter->counters, NRT_DONE_INTO_FILTERS, n);
		adapter->up.complete.fn(adapter->up.complete.context, chain, flags);
	} else {
		complete_up(adapter, chain, n, flags);
	}
}

static void complete_verified(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain, ULONG n,
			      ULONG flags)
{
	struct nrt_callback cb;

	nrt_track_complete(adapter, &chain, &n);
	if (chain == NULL)
		return;
	nrt_dma_check_complete(chain);
	cb = nrt_callback_begin(adapter->filtered_complete ? "FilterSendNetBufferListsComplete" :
							     "ProtocolSendNetBufferListsComplete");
	complete(adapter, chain, n, flags);
	nrt_callback_end(&cb);
}

void nrt_send_completed(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	if (nrt_verifying)
		complete_verified(adapter, chain, n, flags);
	else
		complete(adapter, chain, n, flags);
}

void NdisMSendNetBufferListsComplete(NDIS_HANDLE MiniportAdapterHandle,
				     PNET_BUFFER_LIST NetBufferLists, ULONG SendCompleteFlags)
{
	struct nrt_adapter *adapter =
		nrt_adapter_of(MiniportAdapterHandle, "NdisMSendNetBufferListsComplete");
	uint32_t outer = 0;
	ULONG frames = 0;

	if (adapter == NULL || NetBufferLists == NULL)
		return;
	if (nrt_meter != NULL)
		outer = nrt_stage_begin_chain(nrt_meter, NRT_STAGE_COMPLETION, NetBufferLists,
					      &frames);
	nrt_send_completed(adapter, NetBufferLists, nrt_chain_length(NetBufferLists),
			   SendCompleteFlags);
	nrt_stage_end(nrt_meter, outer, frames);
}

void NdisCancelSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PVOID CancelId)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisCancelSendNetBufferLists");

	if (b != NULL)
		nrt_cancel_sends(b->adapter, &b->down.cancel, CancelId);
}
