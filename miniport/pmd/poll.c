/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The poll callback of one queue pair: finished sends and received frames go to
 * NDIS as two chains. Runs on the queue's worker, PASSIVE or DISPATCH.
 */
#include "adapter.h"

VOID MPPoll(void *Context, NDIS_POLL_DATA *PollData)
{
	struct poll_queue *q = Context;
	NDIS_POLL_TRANSMIT_DATA *tx = &PollData->Transmit;
	NDIS_POLL_RECEIVE_DATA *rx = &PollData->Receive;

	tx->NumberOfCompletedNbls =
		pmb_tx_done(q->queue, tx->MaxNblsToComplete, &tx->CompletedNblChain);
	rx->NumberOfIndicatedNbls =
		pmb_rx_burst(q->queue, rx->MaxNblsToIndicate, &rx->IndicatedNblChain);
	if (ReadNoFence(&q->adapter->pausing) && tx->NumberOfCompletedNbls == 0)
		pause_progress(q->adapter);
}

static void request_poll(void *context)
{
	struct poll_queue *q = context;

	NdisRequestPoll(q->poll, NULL);
}

/* NDIS stops polling and wants to be told of work: arm the queue's interrupt. */
VOID MPSetPollNotification(void *Context, NDIS_POLL_NOTIFICATION *Notification)
{
	struct poll_queue *q = Context;

	if (Notification->Enabled)
		pmb_queue_arm(q->queue, request_poll, q);
}
