/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends, from any thread. The bridge queues what the port does not take; the
 * completions come out of the poll callback.
 */
#include "adapter.h"

/* The queue of the worker we are on: a flow comes in on one worker, so it leaves
 * on one queue. Everybody else shares the first, which keeps their order. */
static struct pmb_queue *choose_queue(const struct adapter *a)
{
	ULONG processor;

	if (a->n_senders == 1)
		return a->senders[0];
	processor = KeGetCurrentProcessorNumberEx(NULL);
	for (USHORT i = 0; i < a->n_senders; i++)
		if (pmb_queue_processor(a->senders[i]) == processor)
			return a->senders[i];
	return a->senders[0];
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
