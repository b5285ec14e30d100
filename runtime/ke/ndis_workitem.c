/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS I/O work items (RT-24, RS-WKI-01) and kernel work queue items. Queued
 * by drivers up to DISPATCH_LEVEL, run at PASSIVE_LEVEL by the pool in
 * workitem.c. A routine may free its own item, so nothing is touched after it.
 * [nf-ndis-ndisqueueioworkitem, N/ndis-i-o-work-items]
 */
#include <stdatomic.h>

#include <ndis/services.h>

#include "irql.h"
#include "memory.h"
#include "verifier.h"
#include "workitem.h"

#define WORK_ITEM_TAG 0x6b726f57 /* Work */

struct io_work_item {
	struct nrt_work work; /* first */
	NDIS_IO_WORKITEM_ROUTINE routine;
	PVOID context;
	_Atomic bool queued;
};

NDIS_HANDLE NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle)
{
	nrt_check_irql("NdisAllocateIoWorkItem", DISPATCH_LEVEL);
	return nrt_memory_zalloc(sizeof(struct io_work_item), WORK_ITEM_TAG, NdisObjectHandle);
}

static void run_item(struct nrt_work *work)
{
	struct io_work_item *item = (struct io_work_item *)work;
	NDIS_IO_WORKITEM_ROUTINE routine = item->routine;
	PVOID context = item->context;

	atomic_store(&item->queued, false); /* the routine may queue or free it */
	nrt_self.callback = "NDIS_IO_WORKITEM";
	routine(context, item);
	nrt_self.callback = NULL;
}

VOID NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine,
			 PVOID WorkItemContext)
{
	struct io_work_item *item = NdisIoWorkItemHandle;

	nrt_check_irql("NdisQueueIoWorkItem", DISPATCH_LEVEL);
	if (atomic_exchange(&item->queued, true)) {
		nrt_violation("RS-WKI-01", "work item %p queued while it is queued",
			      NdisIoWorkItemHandle);
		return;
	}
	item->routine = Routine;
	item->context = WorkItemContext;
	item->work.fn = run_item;
	nrt_work_queue(&item->work);
}

VOID NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle)
{
	struct io_work_item *item = NdisIoWorkItemHandle;

	nrt_check_irql("NdisFreeIoWorkItem", DISPATCH_LEVEL);
	if (atomic_load(&item->queued)) {
		/* Freeing it would hand freed memory to the pool: it stays in the
		 * ledger instead. */
		nrt_violation("RS-WKI-01", "work item %p freed while it is queued",
			      NdisIoWorkItemHandle);
		return;
	}
	nrt_memory_free(item, WORK_ITEM_TAG);
}

/* --------------------------------------------------------- ExQueueWorkItem */

/* The item's list links are the runtime's while it is queued. */
_Static_assert(sizeof(struct nrt_work) <= sizeof(LIST_ENTRY), "nrt_work fits in WORK_QUEUE_ITEM");

static void run_ex_item(struct nrt_work *work)
{
	PWORK_QUEUE_ITEM item = CONTAINING_RECORD(work, WORK_QUEUE_ITEM, List);
	PWORKER_THREAD_ROUTINE routine = item->WorkerRoutine;
	PVOID parameter = item->Parameter;

	item->List.Flink = NULL;
	routine(parameter);
}

VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType)
{
	struct nrt_work *work = (struct nrt_work *)&WorkItem->List;

	(void)QueueType;
	nrt_check_irql("ExQueueWorkItem", DISPATCH_LEVEL);
	work->fn = run_ex_item;
	nrt_work_queue(work);
}
