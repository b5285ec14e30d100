/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends that hang, and the reset that ends them. A driver of NDIS 6.83 or later has
 * no check for hang by NDIS, so the link timer looks, asks NDIS for a reset, and NDIS
 * calls MPResetEx, at DISPATCH_LEVEL or below: the port is reset by a work item
 * [nc-ndis-miniport_reset, nf-ndis-ndismresetminiport].
 */
#include "adapter.h"

/*
 * The link timer looks every 500 ms. Sends are hung when this many looks in a row
 * saw some unfinished and none completed: 3.5 to 4 s. Far more than a NIC needs for
 * a ring full of frames at 10 Mb/s, and less than the 22 s in which there has to be
 * progress (MP-SND-12).
 */
#define HANG_LOOKS 8

/*
 * Without a link a NIC keeps what it was given, and a cable that is put back in sends it.
 * One that stays out must not keep a pause waiting for ever: 7.5 to 8 s.
 */
#define NO_LINK_LOOKS 16

void lock_port(struct adapter *a)
{
	KeWaitForSingleObject(&a->port_lock, Executive, KernelMode, FALSE, NULL);
}

void unlock_port(struct adapter *a)
{
	KeReleaseMutex(&a->port_lock, FALSE);
}

/* -------------------------------------------------------------- hang watch */

static void forget_looks(struct adapter *a)
{
	for (USHORT i = 0; i < a->n_queues; i++)
		a->queues[i].still_looks = 0;
}

/* For how many looks the sends of @q have stood still. */
static ULONG look(struct poll_queue *q)
{
	struct pmb_tx_progress now;

	pmb_queue_tx_progress(q->queue, &now);
	if (now.unfinished && now.completed == q->completed)
		q->still_looks++;
	else
		q->still_looks = 0;
	q->completed = now.completed;
	return q->still_looks;
}

/* A link partner that sends pause frames holds the port back: no hang. They are
 * counted in the NIC's registers, which are read only while sends stand still. */
static BOOLEAN is_held_back(struct adapter *a)
{
	ULONG64 frames = pmb_port_pause_frames(a->port);
	BOOLEAN more = frames != a->pause_frames;

	a->pause_frames = frames;
	return more;
}

void look_for_hang(struct adapter *a)
{
	ULONG limit = a->link.up ? HANG_LOOKS : NO_LINK_LOOKS;
	ULONG longest = 0;

	if (!ReadNoFence(&a->running) || ReadNoFence(&a->resetting) ||
	    a->link.up != a->looked_at_up) {
		a->looked_at_up = a->link.up;
		forget_looks(a);
		return;
	}
	for (USHORT i = 0; i < a->n_queues; i++) {
		ULONG looks = pmb_queue_sends(a->queues[i].queue) ? look(&a->queues[i]) : 0;

		longest = looks > longest ? looks : longest;
	}
	if (longest == 0)
		return;
	if (is_held_back(a)) {
		forget_looks(a);
	} else if (longest >= limit) {
		InterlockedExchange(&a->resetting, 1);
		NdisWriteErrorLogEntry(a->ndis, NDIS_ERROR_CODE_TIMEOUT, 0);
		NdisMResetMiniport(a->ndis);
	}
}

/* ------------------------------------------------------------------- reset */

/* What the port had accepted when it was reset is to be completed before the reset
 * is (MP-RST-02). Later sends are none of its business. */
static void set_marks(struct adapter *a)
{
	for (USHORT i = 0; i < a->n_queues; i++) {
		struct pmb_tx_progress now;

		pmb_queue_tx_progress(a->queues[i].queue, &now);
		a->queues[i].reset_mark = now.accepted;
	}
}

/* The poll callbacks complete them; each queue completes in order. */
static void wait_for_marks(struct adapter *a)
{
	for (USHORT i = 0; i < a->n_queues; i++) {
		struct poll_queue *q = &a->queues[i];
		struct pmb_tx_progress now;

		NdisRequestPoll(q->poll, NULL);
		while (pmb_queue_tx_progress(q->queue, &now), now.completed < q->reset_mark)
			NdisMSleep(1000);
	}
}

static NDIS_IO_WORKITEM_FUNCTION reset_port;

static VOID reset_port(PVOID WorkItemContext, NDIS_HANDLE NdisIoWorkItemHandle)
{
	struct adapter *a = WorkItemContext;
	NDIS_STATUS status;

	UNREFERENCED_PARAMETER(NdisIoWorkItemHandle);
	lock_port(a);
	status = pmb_port_reset(a->port, NDIS_STATUS_REQUEST_ABORTED); /* MP-RST-03 */
	set_marks(a);
	unlock_port(a);
	wait_for_marks(a);
	if (status != NDIS_STATUS_SUCCESS) {
		NdisWriteErrorLogEntry(a->ndis, NDIS_ERROR_CODE_HARDWARE_FAILURE, 0);
		status = NDIS_STATUS_HARD_ERRORS;
	}
	InterlockedExchange(&a->resetting, 0);
	NdisMResetComplete(a->ndis, status, FALSE); /* the bridge restored the filter */
	/* the adapter may be halted now */
}

NDIS_STATUS MPResetEx(NDIS_HANDLE MiniportAdapterContext, PBOOLEAN AddressingReset)
{
	struct adapter *a = MiniportAdapterContext;

	*AddressingReset = FALSE;
	InterlockedExchange(&a->resetting, 1);
	NdisQueueIoWorkItem(a->reset_item, reset_port, a);
	return NDIS_STATUS_PENDING;
}
