/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends, from any thread. The bridge queues what the port does not take; the
 * completions come out of the poll callback.
 */
#include "adapter.h"

/* The queue pair of the worker we are on: a flow comes in on one queue, so it
 * leaves on one. Everybody else shares the first, which keeps their order. */
static struct pmb_queue *choose_queue(const struct adapter *a)
{
	ULONG processor;

	if (a->n_queues == 1)
		return a->queues[0].queue;
	processor = KeGetCurrentProcessorNumberEx(NULL);
	for (USHORT i = 0; i < a->n_queues; i++)
		if (pmb_queue_processor(a->queues[i].queue) == processor)
			return a->queues[i].queue;
	return a->queues[0].queue;
}

VOID MPSendNetBufferLists(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferList,
			  NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	UNREFERENCED_PARAMETER(PortNumber);
	UNREFERENCED_PARAMETER(SendFlags);
	pmb_tx_send(choose_queue(MiniportAdapterContext), NetBufferList);
}

VOID MPCancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
	struct adapter *a = MiniportAdapterContext;

	pmb_tx_cancel(a->port, CancelId);
}
