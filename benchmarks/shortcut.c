/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport that forwards by itself, for raw_pmd to tell the bridge's part of the
 * contract from NDIS's: the reference miniport's own object files with another poll
 * callback, which the linker's --wrap puts in the place of theirs. What one adapter
 * receives it gives to the bridge to send on the other, and gives it back when it is
 * sent; no NBL goes up. pmb.h, which it uses, is open to every miniport. The poll
 * callbacks run on the adapters' one worker, the rest at PASSIVE_LEVEL.
 */
#include "adapter.h"

/* The pair, in the order of their first start. Control: w, before traffic; poll: ro */
static struct adapter *volatile pair[2];

MINIPORT_RESTART __real_MPRestart, __wrap_MPRestart;
NDIS_POLL __wrap_MPPoll;

static inline struct adapter *other(const struct adapter *a)
{
	return pair[pair[0] == a];
}

/* No protocol sits above to ask for frames. */
NDIS_STATUS __wrap_MPRestart(NDIS_HANDLE MiniportAdapterContext,
			     PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	struct adapter *a = MiniportAdapterContext;
	NDIS_STATUS status;

	if (pair[0] == NULL)
		pair[0] = a;
	else if (pair[0] != a)
		pair[1] = a;
	status = pmb_port_set_filter(a->port, NDIS_PACKET_TYPE_PROMISCUOUS, NULL, 0);
	return status == NDIS_STATUS_SUCCESS ? __real_MPRestart(a, RestartParameters) : status;
}

/* Both adapters of a pair have one queue, and one worker drives both. While the pair
 * pauses, what comes in is not sent on but given back. */
VOID __wrap_MPPoll(void *Context, NDIS_POLL_DATA *PollData)
{
	struct poll_queue *q = Context;
	struct adapter *a = q->adapter, *peer = other(a);
	NET_BUFFER_LIST *chain;
	ULONG sent = pmb_tx_done(q->queue, PollData->Transmit.MaxNblsToComplete, &chain);

	if (sent != 0)
		pmb_rx_put(peer->port, chain);
	if (pmb_rx_burst(q->queue, PollData->Receive.MaxNblsToIndicate, &chain) != 0) {
		if (peer != NULL && ReadAcquire(&peer->running))
			pmb_tx_send(peer->senders[0], chain);
		else
			pmb_rx_put(a->port, chain);
	}
	if (ReadNoFence(&a->pausing) && sent == 0)
		pause_progress(a);
	NdisRequestPoll(q->poll, NULL); /* NDIS saw no progress, and would stop to poll */
}
