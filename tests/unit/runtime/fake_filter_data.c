/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake filter's data path: others' NBLs on their way, kept for a while if a test says
 * so, and its own. Any thread; the module's lock guards lists and ledger and is never held
 * across a call to NDIS.
 */
#include "fake_filter.h"

#include "fake_frame.h"

#define TAG 'tlFk'
#define DATA(nbl) ((nbl)->ProtocolReserved[0]) /* of an own NBL: its frame's memory */

static ULONG length(const NET_BUFFER_LIST *chain)
{
	ULONG n = 0;

	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		n++;
	return n;
}

static void count(struct fake_module *m, ULONG *counter, ULONG n)
{
	NdisAcquireSpinLock(&m->lock);
	*counter += n;
	NdisReleaseSpinLock(&m->lock);
}

/* Behind what @list holds. */
static void hold(struct fake_module *m, NET_BUFFER_LIST **list, NET_BUFFER_LIST *chain)
{
	NdisAcquireSpinLock(&m->lock);
	while (*list != NULL)
		list = &NET_BUFFER_LIST_NEXT_NBL(*list);
	*list = chain;
	NdisReleaseSpinLock(&m->lock);
}

static BOOLEAN runs(struct fake_module *m)
{
	BOOLEAN running;

	NdisAcquireSpinLock(&m->lock);
	running = m->running;
	NdisReleaseSpinLock(&m->lock);
	return running;
}

static NET_BUFFER_LIST *take(struct fake_module *m, NET_BUFFER_LIST **list)
{
	NET_BUFFER_LIST *chain;

	NdisAcquireSpinLock(&m->lock);
	chain = *list;
	*list = NULL;
	NdisReleaseSpinLock(&m->lock);
	return chain;
}

/* --------------------------------------------------------------------- own NBLs */

static NET_BUFFER_LIST *make(struct fake_module *m, const UCHAR dst[6], ULONG n)
{
	NET_BUFFER_LIST *chain = NULL;

	while (n-- != 0) {
		UCHAR *data = NdisAllocateMemoryWithTagPriority(m->handle, FRAME_LENGTH, TAG,
								NormalPoolPriority);
		MDL *mdl = NdisAllocateMdl(m->handle, data, FRAME_LENGTH);
		NET_BUFFER_LIST *nbl = NdisAllocateNetBufferAndNetBufferList(m->pool, 0, 0, mdl,
									     0, FRAME_LENGTH);

		frame_build(data, dst, n);
		nbl->SourceHandle = m->handle;
		DATA(nbl) = data;
		NET_BUFFER_LIST_NEXT_NBL(nbl) = chain;
		chain = nbl;
	}
	return chain;
}

static void unmake(NET_BUFFER_LIST *nbl)
{
	MDL *mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl));
	PVOID data = DATA(nbl);

	NdisFreeNetBufferList(nbl);
	NdisFreeMdl(mdl);
	NdisFreeMemory(data, 0, 0);
}

static ULONG own_paused(const struct fake_module *m, const NET_BUFFER_LIST *chain)
{
	ULONG n = 0;

	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		if (chain->SourceHandle == m->handle &&
		    NET_BUFFER_LIST_STATUS(chain) == NDIS_STATUS_PAUSED)
			n++;
	return n;
}

/* Free the own NBLs of *@chain, which keeps the others; how many they were. */
static ULONG take_own(struct fake_module *m, NET_BUFFER_LIST **chain)
{
	ULONG n = 0;

	while (*chain != NULL) {
		NET_BUFFER_LIST *nbl = *chain;

		if (nbl->SourceHandle != m->handle) {
			chain = &NET_BUFFER_LIST_NEXT_NBL(nbl);
			continue;
		}
		*chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		unmake(nbl);
		n++;
	}
	return n;
}

/* ----------------------------------------------------------------------- sending */

VOID fake_module_sends(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port,
		       ULONG flags)
{
	struct fake_module *m = context;

	if (!runs(m)) {
		for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
			NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_PAUSED;
		NdisFSendNetBufferListsComplete(m->handle, chain, 0);
		return;
	}
	count(m, &m->sent, length(chain));
	if (m->on_send != NULL)
		m->on_send(m, chain, flags);
	else if (m->holds_sends)
		hold(m, &m->held_sends, chain);
	else
		NdisFSendNetBufferLists(m->handle, chain, port, flags);
}

VOID fake_module_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct fake_module *m = context;

	count(m, &m->own_paused, own_paused(m, chain));
	count(m, &m->own_completed, take_own(m, &chain));
	if (chain == NULL)
		return;
	count(m, &m->completed, length(chain));
	NdisFSendNetBufferListsComplete(m->handle, chain, flags);
}

/* Its own queue first, then the driver below is told (FL-CAN-01). */
VOID fake_module_cancel_send(NDIS_HANDLE context, PVOID id)
{
	struct fake_module *m = context;
	NET_BUFFER_LIST *chain = take(m, &m->held_sends);

	count(m, &m->cancels, 1);
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		if (NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) != id) {
			hold(m, &m->held_sends, nbl);
			continue;
		}
		NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SEND_ABORTED;
		NdisFSendNetBufferListsComplete(m->handle, nbl, 0);
	}
	if (!m->keeps_cancels)
		NdisFCancelSendNetBufferLists(m->handle, id);
}

void fake_module_send(struct fake_module *m, const UCHAR dst[6], ULONG n)
{
	count(m, &m->own_sent, n);
	NdisFSendNetBufferLists(m->handle, make(m, dst, n), NDIS_DEFAULT_PORT_NUMBER, 0);
}

void fake_module_release_sends(struct fake_module *m)
{
	NET_BUFFER_LIST *chain = take(m, &m->held_sends);

	if (chain != NULL)
		NdisFSendNetBufferLists(m->handle, chain, NDIS_DEFAULT_PORT_NUMBER, 0);
}

/* --------------------------------------------------------------------- receiving */

VOID fake_module_receive(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port,
			 ULONG n, ULONG flags)
{
	struct fake_module *m = context;

	if (!runs(m)) {
		if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
			NdisFReturnNetBufferLists(m->handle, chain, 0);
		return;
	}
	count(m, &m->received, n);
	if (m->on_receive != NULL)
		m->on_receive(m, chain, n, flags);
	else if (m->holds_receives && !(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
		hold(m, &m->held_receives, chain);
	else
		NdisFIndicateReceiveNetBufferLists(m->handle, chain, port, n, flags);
}

VOID fake_module_return(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct fake_module *m = context;

	count(m, &m->own_returned, take_own(m, &chain));
	if (chain == NULL)
		return;
	count(m, &m->returned, length(chain));
	NdisFReturnNetBufferLists(m->handle, chain, flags);
}

void fake_module_indicate(struct fake_module *m, const UCHAR dst[6], ULONG n, ULONG flags)
{
	NET_BUFFER_LIST *chain = make(m, dst, n);

	count(m, &m->own_indicated, n);
	NdisFIndicateReceiveNetBufferLists(m->handle, chain, NDIS_DEFAULT_PORT_NUMBER, n, flags);
	if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		count(m, &m->own_returned, take_own(m, &chain));
}

void fake_module_release_receives(struct fake_module *m)
{
	NET_BUFFER_LIST *chain = take(m, &m->held_receives);

	if (chain != NULL)
		NdisFIndicateReceiveNetBufferLists(m->handle, chain, NDIS_DEFAULT_PORT_NUMBER,
						   length(chain), 0);
}
