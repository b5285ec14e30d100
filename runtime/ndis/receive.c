/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of a received frame: the chain the miniport indicates goes through
 * the adapter's delivery table to ProtocolReceiveNetBufferLists on the same
 * thread; NdisReturnNetBufferLists takes it back to the miniport.
 */
#include "receive.h"

#include <nrt/nrt_lower.h>

#include "../verifier.h"
#include "binding.h"
#include "callback.h"
#include "chain.h"
#include "nbltrack.h"

/* Back down, unless that is so anyway at the end of the indication (RT-13). */
static void give_back(struct nrt_adapter *a, NET_BUFFER_LIST *chain, ULONG flags)
{
	if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		return;
	if (nrt_verifying)
		nrt_track_give_back(a, chain);
	a->down.give_back.fn(a->down.give_back.context, chain,
			     flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ?
				     NDIS_RETURN_FLAGS_DISPATCH_LEVEL :
				     0);
}

/* From the lowest filter, or from nobody above. */
VOID nrt_edge_return(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct nrt_adapter *a = context;
	struct nrt_callback cb = nrt_callback_begin("MiniportReturnNetBufferLists");

	nrt_count(a->counters, NRT_RX_RETURNED, nrt_chain_length(chain));
	a->return_nbls(a->context, chain, flags);
	nrt_callback_end(&cb);
}

void nrt_deliver_paused(struct nrt_adapter *a, const struct nrt_delivery *to,
			NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG n, ULONG flags)
{
	(void)to;
	(void)port;
	nrt_count(a->counters, NRT_RX_DROP_PAUSED, n);
	give_back(a, chain, flags);
}

void nrt_deliver_nobody(struct nrt_adapter *a, const struct nrt_delivery *to,
			NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG n, ULONG flags)
{
	(void)to;
	(void)port;
	nrt_count(a->counters, NRT_RX_DROP_FILTER, n);
	give_back(a, chain, flags);
}

/* In a pass that is measured. */
static __attribute__((noinline)) void hand_up_measured(struct nrt_binding *b,
						       NET_BUFFER_LIST *chain,
						       NDIS_PORT_NUMBER port, ULONG n, ULONG flags)
{
	uint32_t outer = nrt_stage_begin(nrt_meter, NRT_STAGE_PROTOCOL);

	b->receive(b->context, chain, port, n, flags);
	nrt_stage_end(nrt_meter, outer, n);
}

/* To ProtocolReceiveNetBufferLists. */
static inline void hand_up(struct nrt_binding *b, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			   ULONG n, ULONG flags)
{
	if (__builtin_expect(nrt_meter != NULL, 0))
		hand_up_measured(b, chain, port, n, flags);
	else
		b->receive(b->context, chain, port, n, flags);
}

void nrt_deliver_single(struct nrt_adapter *a, const struct nrt_delivery *to,
			NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG n, ULONG flags)
{
	struct nrt_binding *b = to->receivers[0].binding;

	nrt_count(a->counters, NRT_RX_DELIVERED, n);
	if (nrt_verifying && !(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
		nrt_track_deliver(b, chain);
	hand_up(b, chain, port, n, flags);
}

/* Frames nrt_deliver_many looks at in one go. */
#define BATCH 64

struct batch {
	unsigned int n;
	NET_BUFFER_LIST *nbl[BATCH];
	uint64_t takers[BATCH];    /* bit per receiver */
};

static uint64_t takers_of(const struct nrt_delivery *to, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	UCHAR storage[6];
	const UCHAR *dst = NdisGetDataBuffer(nb, 6, storage, 1, 0);
	uint64_t takers = 0;

	if (dst == NULL)
		return 0;
	for (unsigned int i = 0; i < to->n; i++)
		if (nrt_receiver_wants(to, &to->receivers[i], dst))
			takers |= 1ull << i;
	return takers;
}

/* Chain the batch's frames that receiver @i takes, as owner or not. */
static NET_BUFFER_LIST *chain_for(struct batch *batch, unsigned int i, bool owner, ULONG *n)
{
	NET_BUFFER_LIST *head = NULL;
	NET_BUFFER_LIST **tail = &head;

	*n = 0;
	for (unsigned int k = 0; k < batch->n; k++) {
		uint64_t takers = batch->takers[k];
		NET_BUFFER_LIST *nbl = batch->nbl[k];

		if (!(takers >> i & 1) || (takers >> i == 1) != owner)
			continue;
		if (owner)
			NdisClearNblFlag(nbl, NDIS_NBL_FLAGS_RECV_READ_ONLY);
		else
			NdisSetNblFlag(nbl, NDIS_NBL_FLAGS_RECV_READ_ONLY);
		*tail = nbl;
		tail = &NET_BUFFER_LIST_NEXT_NBL(nbl);
		++*n;
	}
	*tail = NULL;
	return head;
}

/* All takers but the last see the frame with RESOURCES and copy it; the last
 * one gets it for its own, if the miniport gave it away at all. */
static void deliver_batch(struct nrt_adapter *a, const struct nrt_delivery *to,
			  struct batch *batch, NDIS_PORT_NUMBER port, ULONG flags)
{
	NET_BUFFER_LIST *unwanted = NULL;
	NET_BUFFER_LIST **tail = &unwanted;
	ULONG n_unwanted = 0;

	for (unsigned int i = 0; i < to->n; i++) {
		struct nrt_binding *b = to->receivers[i].binding;
		ULONG n;
		NET_BUFFER_LIST *chain = chain_for(batch, i, false, &n);

		if (chain != NULL) {
			nrt_count(a->counters, NRT_RX_COPIES, n);
			hand_up(b, chain, port, n, flags | NDIS_RECEIVE_FLAGS_RESOURCES);
		}
	}
	for (unsigned int k = 0; k < batch->n; k++) {
		if (batch->takers[k] != 0)
			continue;
		*tail = batch->nbl[k];
		tail = &NET_BUFFER_LIST_NEXT_NBL(batch->nbl[k]);
		n_unwanted++;
	}
	*tail = NULL;
	for (unsigned int i = 0; i < to->n; i++) {
		struct nrt_binding *b = to->receivers[i].binding;
		ULONG n;
		NET_BUFFER_LIST *chain = chain_for(batch, i, true, &n);

		if (chain == NULL)
			continue;
		nrt_count(a->counters, NRT_RX_DELIVERED, n);
		if (nrt_verifying && !(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
			nrt_track_deliver(b, chain);
		hand_up(b, chain, port, n, flags);
	}
	if (unwanted != NULL) {
		nrt_count(a->counters, NRT_RX_DROP_FILTER, n_unwanted);
		give_back(a, unwanted, flags);
	}
}

void nrt_deliver_many(struct nrt_adapter *a, const struct nrt_delivery *to, NET_BUFFER_LIST *chain,
		      NDIS_PORT_NUMBER port, ULONG n, ULONG flags)
{
	NET_BUFFER_LIST *first = chain;
	struct batch batch;

	(void)n;
	/* Takers may disagree about a chain's common properties. */
	flags &= ~(ULONG)(NDIS_RECEIVE_FLAGS_PERFECT_FILTERED);
	while (chain != NULL) {
		for (batch.n = 0; batch.n < BATCH && chain != NULL; batch.n++) {
			batch.nbl[batch.n] = chain;
			batch.takers[batch.n] = takers_of(to, chain);
			chain = NET_BUFFER_LIST_NEXT_NBL(chain);
		}
		deliver_batch(a, to, &batch, port, flags);
		if ((flags & NDIS_RECEIVE_FLAGS_RESOURCES) && first != NULL) {
			/* The miniport gets the links back as it gave them. */
			for (unsigned int k = 0; k + 1 < batch.n; k++)
				NET_BUFFER_LIST_NEXT_NBL(batch.nbl[k]) = batch.nbl[k + 1];
			NET_BUFFER_LIST_NEXT_NBL(batch.nbl[batch.n - 1]) = chain;
		}
	}
}

/* Reported, and back to the miniport without a row in the ledger. */
static void refuse(struct nrt_adapter *a, NET_BUFFER_LIST *chain, uint32_t state, ULONG flags)
{
	nrt_violation(state == NRT_PAUSED ? "MP-PAU-06" : "MP-INI-06",
		      "receive indication on %s, which is not running", a->device.name);
	if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
		a->return_nbls(a->context, chain,
			       flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ?
				       NDIS_RETURN_FLAGS_DISPATCH_LEVEL :
				       0);
}

/* To the bindings. */
static inline void deliver(struct nrt_adapter *a, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			   ULONG n, ULONG flags)
{
	/* Not before foreign_readers is seen. */
	const struct nrt_delivery *to = atomic_load(&a->delivery);

	to->deliver(a, to, chain, port, n, flags);
}

/* From the highest filter, on any thread and at any time that it runs. */
VOID nrt_edge_receive(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG n,
		      ULONG flags)
{
	struct nrt_adapter *a = context;
	bool foreign = nrt_self.worker < 0;
	struct nrt_callback cb = nrt_callback_begin("ProtocolReceiveNetBufferLists");

	if (foreign)
		atomic_fetch_add(&a->foreign_readers, 1);
	nrt_count(a->counters, NRT_RX_OUT_OF_FILTERS, n);
	deliver(a, chain, port, n, flags);
	if (foreign)
		atomic_fetch_sub(&a->foreign_readers, 1);
	nrt_callback_end(&cb);
}

void nrt_receive(struct nrt_adapter *a, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG n,
		 ULONG flags)
{
	uint32_t state = atomic_load_explicit(&a->state, memory_order_relaxed);
	bool foreign = nrt_self.worker < 0;
	struct nrt_callback cb = { 0 };

	if (state == NRT_INITIALIZING || state == NRT_PAUSED) {
		refuse(a, chain, state, flags);
		return;
	}
	if (nrt_verifying) {
		nrt_port_check(a, port, "a receive indication");
		nrt_track_indicate(a, &chain, &n, flags);
		if (chain == NULL)
			return;
		nrt_self.indicated += n;
		cb = nrt_callback_begin(a->filtered_receive ? "FilterReceiveNetBufferLists" :
							      "ProtocolReceiveNetBufferLists");
	}
	if (foreign)
		atomic_fetch_add(&a->foreign_readers, 1);
	nrt_count(a->counters, NRT_RX_INDICATED, n);
	if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		nrt_count(a->counters, NRT_RX_INDICATED_RES, n);
	if (__builtin_expect(a->filtered_receive, 0)) {
		nrt_count(a->counters, NRT_RX_INTO_FILTERS, n);
		a->up.receive.fn(a->up.receive.context, chain, port, n, flags);
	} else {
		deliver(a, chain, port, n, flags);
	}
	if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		nrt_count(a->counters, NRT_RX_RETURNED, n);
	if (nrt_verifying) {
		nrt_callback_end(&cb);
		if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
			nrt_track_resources_end(a, chain);
	}
	if (foreign)
		atomic_fetch_sub(&a->foreign_readers, 1);
}

void NdisMIndicateReceiveNetBufferLists(NDIS_HANDLE MiniportAdapterHandle,
					PNET_BUFFER_LIST NetBufferLists,
					NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
					ULONG ReceiveFlags)
{
	struct nrt_adapter *a =
		nrt_adapter_of(MiniportAdapterHandle, "NdisMIndicateReceiveNetBufferLists");
	uint32_t outer;

	if (a == NULL || NetBufferLists == NULL)
		return;
	outer = nrt_stage_begin(nrt_meter, NRT_STAGE_INDICATE);
	nrt_receive(a, NetBufferLists, PortNumber, NumberOfNetBufferLists, ReceiveFlags);
	nrt_stage_end(nrt_meter, outer, NumberOfNetBufferLists);
}

static void return_verified(struct nrt_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	struct nrt_callback cb;
	ULONG n;

	nrt_track_return(b, &chain, &n);
	if (chain == NULL)
		return;
	if (!b->filtered_return)
		nrt_count(b->counters, NRT_RX_RETURNED, n);
	cb = nrt_callback_begin(b->filtered_return ? "FilterReturnNetBufferLists" :
						     "MiniportReturnNetBufferLists");
	b->down.give_back.fn(b->down.give_back.context, chain, flags);
	nrt_callback_end(&cb);
}

static inline void give_down(struct nrt_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	if (nrt_verifying) {
		return_verified(b, chain, flags);
		return;
	}
	if (__builtin_expect(!b->filtered_return, 1))
		nrt_count(b->counters, NRT_RX_RETURNED, nrt_chain_length(chain));
	b->down.give_back.fn(b->down.give_back.context, chain, flags);
}

/* In a pass that is measured. */
static __attribute__((noinline)) void return_measured(struct nrt_binding *b,
						      NET_BUFFER_LIST *chain, ULONG flags)
{
	ULONG n;
	uint32_t outer = nrt_stage_begin_chain(nrt_meter, NRT_STAGE_RETURN, chain, &n);

	give_down(b, chain, flags);
	nrt_stage_end(nrt_meter, outer, n);
}

void NdisReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists,
			      ULONG ReturnFlags)
{
	struct nrt_binding *b = NdisBindingHandle;

	if (b->magic != NRT_BINDING_MAGIC) {
		nrt_violation("PR-UNB-03", "NdisReturnNetBufferLists on a closed binding");
		return;
	}
	if (__builtin_expect(nrt_meter != NULL, 0))
		return_measured(b, NetBufferLists, ReturnFlags);
	else
		give_down(b, NetBufferLists, ReturnFlags);
}
