/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake protocol's data path: its own NBLs down and back, received ones kept
 * or returned. Any thread; the binding's lock guards lists and ledger and is
 * never held across a call to NDIS.
 */
#include "fake_protocol.h"

#include "events.h"
#include "fake_frame.h"

#define SEND_TAG 'dneS'

/* ProtocolReserved of a send NBL, which survives the send. */
#define SEND_DATA(nbl) ((nbl)->ProtocolReserved[0])  /* its frame's memory */
#define SEND_STATE(nbl) ((nbl)->ProtocolReserved[1]) /* HOME or AWAY */
#define HOME ((PVOID)(ULONG_PTR)0x484F4D45)
#define AWAY ((PVOID)(ULONG_PTR)0x41574159)

/* --------------------------------------------------------------------- own NBLs */

NDIS_STATUS fake_binding_make_pool(struct fake_binding *b)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters;

	NdisZeroMemory(&parameters, sizeof(parameters));
	parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	parameters.fAllocateNetBuffer = TRUE;
	parameters.PoolTag = SEND_TAG;
	b->send_pool = NdisAllocateNetBufferListPool(b->protocol->handle, &parameters);
	return b->send_pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NET_BUFFER_LIST *new_send(struct fake_binding *b)
{
	UCHAR *data = NdisAllocateMemoryWithTagPriority(b->protocol->handle, FRAME_LENGTH,
							SEND_TAG, NormalPoolPriority);
	MDL *mdl = NdisAllocateMdl(b->protocol->handle, data, FRAME_LENGTH);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferAndNetBufferList(b->send_pool, 0, 0, mdl, 0,
								     FRAME_LENGTH);

	nbl->SourceHandle = b->handle;
	SEND_DATA(nbl) = data;
	return nbl;
}

static void free_send(NET_BUFFER_LIST *nbl)
{
	MDL *mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl));
	PVOID data = SEND_DATA(nbl);

	NdisFreeNetBufferList(nbl);
	NdisFreeMdl(mdl);
	NdisFreeMemory(data, 0, 0);
}

void fake_binding_free_pool(struct fake_binding *b)
{
	while (b->free_sends != NULL) {
		NET_BUFFER_LIST *nbl = b->free_sends;

		b->free_sends = NET_BUFFER_LIST_NEXT_NBL(nbl);
		free_send(nbl);
	}
	if (b->send_pool != NULL)
		NdisFreeNetBufferListPool(b->send_pool);
	b->send_pool = NULL;
}

static NET_BUFFER_LIST *take_send(struct fake_binding *b)
{
	NET_BUFFER_LIST *nbl;

	NdisAcquireSpinLock(&b->lock);
	nbl = b->free_sends;
	if (nbl != NULL)
		b->free_sends = NET_BUFFER_LIST_NEXT_NBL(nbl);
	NdisReleaseSpinLock(&b->lock);
	return nbl != NULL ? nbl : new_send(b);
}

NET_BUFFER_LIST *fake_binding_make(struct fake_binding *b, const UCHAR dst[6], ULONG n, ULONG seq)
{
	NET_BUFFER_LIST *chain = NULL;
	NET_BUFFER_LIST **link = &chain;

	for (ULONG i = 0; i < n; i++) {
		NET_BUFFER_LIST *nbl = take_send(b);

		frame_build(SEND_DATA(nbl), dst, seq + i);
		SEND_STATE(nbl) = AWAY;
		NdisClearNblFlag(nbl, nbl->NblFlags);
		NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, NULL);
		*link = nbl;
		link = &NET_BUFFER_LIST_NEXT_NBL(nbl);
	}
	*link = NULL;
	return chain;
}

/* Home again; what it held is overwritten at once, as its owner may. */
static void put_send(struct fake_binding *b, NET_BUFFER_LIST *nbl)
{
	SEND_STATE(nbl) = HOME;
	NdisFillMemory(SEND_DATA(nbl), FRAME_LENGTH, 0xDB);
	NET_BUFFER_LIST_NEXT_NBL(nbl) = b->free_sends;
	b->free_sends = nbl;
}

void fake_binding_unmake(struct fake_binding *b, NET_BUFFER_LIST *chain)
{
	NdisAcquireSpinLock(&b->lock);
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		put_send(b, nbl);
	}
	NdisReleaseSpinLock(&b->lock);
}

/* ----------------------------------------------------------------------- sending */

static ULONG length(const NET_BUFFER_LIST *chain)
{
	ULONG n = 0;

	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		n++;
	return n;
}

void fake_binding_send(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	NdisAcquireSpinLock(&b->lock);
	b->sent += length(chain);
	NdisReleaseSpinLock(&b->lock);
	NdisSendNetBufferLists(b->handle, chain, b->port, flags);
}

BOOLEAN fake_binding_try_send(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	BOOLEAN running;

	NdisAcquireSpinLock(&b->lock);
	running = b->running && !b->resetting;
	if (running) /* counted from here on: a pause waits for it (PR-PAU-01) */
		b->sent += length(chain);
	NdisReleaseSpinLock(&b->lock);
	if (running)
		NdisSendNetBufferLists(b->handle, chain, b->port, flags);
	return running;
}

BOOLEAN fake_binding_may_ask(struct fake_binding *b)
{
	BOOLEAN may;

	NdisAcquireSpinLock(&b->lock);
	may = !b->resetting;
	NdisReleaseSpinLock(&b->lock);
	return may;
}

/* Under lock. */
static void take_completed(struct fake_binding *b, NET_BUFFER_LIST *nbl)
{
	ULONG at = b->completed++ % FAKE_MAX_SEEN;

	if (nbl->SourceHandle != b->handle || SEND_STATE(nbl) != AWAY ||
	    NET_BUFFER_LIST_STATUS(nbl) == NDIS_STATUS_PENDING) {
		b->complete_errors++;
		return;
	}
	b->completed_seq[at] = frame_seq(NET_BUFFER_LIST_FIRST_NB(nbl));
	b->completed_status[at] = NET_BUFFER_LIST_STATUS(nbl);
	put_send(b, nbl);
}

static VOID complete_pause(PVOID context)
{
	struct fake_binding *b = context;
	NET_PNP_EVENT_NOTIFICATION *event = b->pause_event;

	event_note("NdisCompleteNetPnPEvent", b, KeGetCurrentIrql());
	NdisCompleteNetPnPEvent(b->handle, event, NDIS_STATUS_SUCCESS);
}

VOID fake_binding_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct fake_binding *b = context;
	KIRQL irql = KeGetCurrentIrql();
	BOOLEAN paused;

	NdisAcquireSpinLock(&b->lock);
	b->complete_calls++;
	b->complete_irqls |= 1u << irql;
	if ((flags & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL) && irql != DISPATCH_LEVEL)
		b->flags_lied = TRUE;
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		take_completed(b, nbl);
	}
	paused = b->pausing && b->sent == b->completed;
	if (paused)
		b->pausing = FALSE;
	NdisReleaseSpinLock(&b->lock);
	if (paused) { /* a completion may come at DISPATCH_LEVEL, that call must not */
		ExInitializeWorkItem(&b->pause_item, complete_pause, b);
		ExQueueWorkItem(&b->pause_item, DelayedWorkQueue);
	}
}

/* --------------------------------------------------------------------- receiving */

static void look_at(struct fake_binding *b, NET_BUFFER_LIST *nbl, ULONG flags)
{
	struct fake_seen *seen = &b->seen[b->n_seen++ % FAKE_MAX_SEEN];

	seen->seq = frame_seq(NET_BUFFER_LIST_FIRST_NB(nbl));
	seen->flags = flags;
	seen->nbl_flags = nbl->NblFlags;
	seen->vlan = NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo);
}

VOID fake_binding_receive(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port,
			  ULONG n, ULONG flags)
{
	struct fake_binding *b = context;
	BOOLEAN resources = (flags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0;
	KIRQL irql = KeGetCurrentIrql();
	NET_BUFFER_LIST *last = chain;
	BOOLEAN holds;

	NdisAcquireSpinLock(&b->lock);
	b->last_port = port;
	b->receive_calls++;
	b->receive_irqls |= 1u << irql;
	if ((flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) && irql != DISPATCH_LEVEL)
		b->flags_lied = TRUE;
	*(resources ? &b->received_resources : &b->received) += n;
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		look_at(b, nbl, flags);
		last = nbl;
	}
	holds = b->holds && (b->running || b->holds_over_pause);
	if (!resources && holds && b->on_receive == NULL) {
		NET_BUFFER_LIST_NEXT_NBL(last) = b->held;
		b->held = chain;
	}
	NdisReleaseSpinLock(&b->lock);
	if (b->on_receive != NULL)
		b->on_receive(b, chain, flags);
	else if (!resources && !holds)
		fake_binding_return(b, chain,
				    flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ?
					    NDIS_RETURN_FLAGS_DISPATCH_LEVEL :
					    0);
}

NET_BUFFER_LIST *fake_binding_take_held(struct fake_binding *b, ULONG n)
{
	NET_BUFFER_LIST *chain;
	NET_BUFFER_LIST **link = &b->held;

	NdisAcquireSpinLock(&b->lock);
	chain = b->held;
	for (ULONG i = 0; *link != NULL && (n == 0 || i < n); i++)
		link = &NET_BUFFER_LIST_NEXT_NBL(*link);
	if (link == &b->held)
		chain = NULL;
	else if (chain != NULL) {
		NET_BUFFER_LIST *rest = *link;

		*link = NULL;
		b->held = rest;
	}
	NdisReleaseSpinLock(&b->lock);
	return chain;
}

void fake_binding_return(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	if (chain == NULL)
		return;
	NdisAcquireSpinLock(&b->lock);
	b->returned += length(chain);
	NdisReleaseSpinLock(&b->lock);
	NdisReturnNetBufferLists(b->handle, chain, flags);
}
