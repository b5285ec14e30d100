/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends, from any thread. The bridge queues what the port does not take; the
 * completions come out of the poll callback.
 */
#include "adapter.h"

/* The first queue of the worker we are on, NULL on other threads. Below DISPATCH_LEVEL a
 * processor's number says nothing. */
static struct pmb_queue *own_queue(const struct adapter *a)
{
	ULONG processor;

	if (KeGetCurrentIrql() != DISPATCH_LEVEL)
		return NULL;
	processor = KeGetCurrentProcessorNumberEx(NULL);
	for (USHORT i = 0; i < a->n_senders; i++)
		if (pmb_queue_processor(a->senders[i]) == processor)
			return a->senders[i];
	return NULL;
}

/* Deal @chain to the queues of its connections, each in its order. */
static void send_by_flow(const struct adapter *a, NET_BUFFER_LIST *chain)
{
	NET_BUFFER_LIST *head[PMB_SENDERS], **tail[PMB_SENDERS];

	for (USHORT i = 0; i < a->n_senders; i++)
		tail[i] = &head[i];
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;
		USHORT i = flow_sender(a, nbl);

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		*tail[i] = nbl;
		tail[i] = &NET_BUFFER_LIST_NEXT_NBL(nbl);
	}
	for (USHORT i = 0; i < a->n_senders; i++) {
		*tail[i] = NULL;
		if (head[i] != NULL)
			pmb_tx_send(a->senders[i], head[i]);
	}
}

/*
 * Which queue: the connection's, and everybody agrees on it (flow.c). Where the host says
 * that flows stay, a worker sends on its own queue without a look: what it sends came to it
 * by RSS, so its own queue is the connection's, and a send of that connection by another
 * thread finds it by the hash. Either way two sends of a connection, one after the other,
 * are in one queue, in that order (MP-SND-07).
 */
VOID MPSendNetBufferLists(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferList,
			  NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	const struct adapter *a = MiniportAdapterContext;
	struct pmb_queue *own;

	UNREFERENCED_PARAMETER(PortNumber);
	UNREFERENCED_PARAMETER(SendFlags);
	if (a->n_senders == 1) {
		pmb_tx_send(a->senders[0], NetBufferList);
		return;
	}
	own = a->info->flows_stay ? own_queue(a) : NULL;
	if (own != NULL)
		pmb_tx_send(own, NetBufferList);
	else
		send_by_flow(a, NetBufferList);
}

VOID MPCancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
	struct adapter *a = MiniportAdapterContext;

	pmb_tx_cancel(a->port, CancelId);
}
