/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DPC queue. Drivers queue at any IRQL; the service thread (service.c)
 * takes from the front. A DPC is in the queue at most once and can be queued
 * again as soon as it was taken, while its routine still runs.
 */
#include <wdm.h>

#include "clock.h"
#include "dispatcher.h"
#include "irql.h"
#include "service.h"
#include "verifier.h"
#include "worker.h"

static LIST_ENTRY queue = { &queue, &queue }; /* dispatcher lock */
static const KDPC *running;                   /* dispatcher lock */

#define ORDINARY 19 /* KDPC.Type */
#define THREADED 26

VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
	memset(Dpc, 0, sizeof(*Dpc));
	Dpc->Type = ORDINARY;
	Dpc->Importance = MediumImportance;
	Dpc->DeferredRoutine = DeferredRoutine;
	Dpc->DeferredContext = DeferredContext;
}

/* Where the administrator disabled threaded DPCs they are ordinary ones, and drivers are
 * to be ready for it [kernel/introduction-to-threaded-dpcs]. */
VOID KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
	KeInitializeDpc(Dpc, DeferredRoutine, DeferredContext);
	Dpc->Type = THREADED;
}

bool nrt_dpc_insert(KDPC *dpc, void *argument1, void *argument2)
{
	if (dpc->nrt_queued)
		return false;
	dpc->nrt_queued = true;
	dpc->SystemArgument1 = argument1;
	dpc->SystemArgument2 = argument2;
	if (dpc->Importance == HighImportance)
		InsertHeadList(&queue, &dpc->DpcListEntry);
	else
		InsertTailList(&queue, &dpc->DpcListEntry);
	nrt_service_wake();
	return true;
}

KDPC *nrt_dpc_take(void)
{
	KDPC *dpc;

	if (IsListEmpty(&queue))
		return NULL;
	dpc = CONTAINING_RECORD(RemoveHeadList(&queue), KDPC, DpcListEntry);
	dpc->nrt_queued = false;
	running = dpc;
	return dpc;
}

bool nrt_dpc_running(const KDPC *dpc)
{
	return running == dpc;
}

void nrt_dpc_end(void)
{
	running = NULL;
}

unsigned int nrt_dpc_depth(void)
{
	unsigned int n = 0;

	nrt_dispatcher_lock();
	for (LIST_ENTRY *link = queue.Flink; link != &queue; link = link->Flink)
		n++;
	nrt_dispatcher_unlock();
	return n;
}

void nrt_dpcs_reset(void)
{
	InitializeListHead(&queue);
	running = NULL;
}

BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
	bool queued;

	nrt_dispatcher_lock();
	queued = nrt_dpc_insert(Dpc, SystemArgument1, SystemArgument2);
	nrt_dispatcher_unlock();
	return queued;
}

BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc)
{
	bool queued;

	nrt_dispatcher_lock();
	queued = Dpc->nrt_queued;
	if (queued) {
		RemoveEntryList(&Dpc->DpcListEntry);
		Dpc->nrt_queued = false;
	}
	nrt_dispatcher_unlock();
	return queued;
}

VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance)
{
	Dpc->Importance = (UCHAR)Importance;
}

NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber)
{
	ULONG index = KeGetProcessorIndexFromNumber(ProcNumber);

	if (index >= nrt_processor_count())
		return STATUS_INVALID_PARAMETER;
	Dpc->Number = (USHORT)(index + 1);
	return STATUS_SUCCESS;
}

VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
	PROCESSOR_NUMBER number = { .Number = (UCHAR)Number };

	if (!NT_SUCCESS(KeSetTargetProcessorDpcEx(Dpc, &number)))
		nrt_violation("RS-IRQL-01", "KeSetTargetProcessorDpc: there is no processor %d",
			      Number);
}

static void flushed(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)dpc;
	(void)argument1;
	(void)argument2;
	KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

/*
 * A marker at the end of the queue is reached when all that was queued before
 * has returned, since the service thread runs one DPC at a time.
 */
VOID KeFlushQueuedDpcs(VOID)
{
	KEVENT reached;
	KDPC marker;

	if (nrt_self.irql > APC_LEVEL) {
		nrt_violation("RS-IRQL-01", "KeFlushQueuedDpcs called at IRQL %u", nrt_self.irql);
		return;
	}
	KeInitializeEvent(&reached, NotificationEvent, FALSE);
	KeInitializeDpc(&marker, flushed, &reached);
	KeInsertQueueDpc(&marker, NULL, NULL);
	KeWaitForSingleObject(&reached, Executive, KernelMode, FALSE, NULL);
}

/* -------------------------------------------------------- who runs where */

static void need_dispatch(const char *ddi)
{
	if (nrt_self.irql < DISPATCH_LEVEL)
		nrt_violation("RS-IRQL-01", "%s called at IRQL %u, below DISPATCH_LEVEL", ddi,
			      nrt_self.irql);
}

LOGICAL KeIsExecutingDpc(VOID)
{
	need_dispatch("KeIsExecutingDpc");
	return nrt_self.in_dpc;
}

static bool service_wanted(void)
{
	bool wanted;

	nrt_dispatcher_lock();
	wanted = !IsListEmpty(&queue) || nrt_timer_due(nrt_clock_now());
	nrt_dispatcher_unlock();
	return wanted;
}

/* A worker has other polls and calls, the service thread DPCs and timers; the processors of
 * all other threads are what such threads wait for. */
ULONG KeShouldYieldProcessor(VOID)
{
	need_dispatch("KeShouldYieldProcessor");
	if (nrt_self.worker >= 0)
		return nrt_worker_wanted();
	if (nrt_service_self())
		return service_wanted();
	return nrt_processor_wanted();
}

/* No DPC is timed here, which the structure's page calls disabled. */
NTSTATUS KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation)
{
	if (nrt_self.irql < DISPATCH_LEVEL)
		return STATUS_UNSUCCESSFUL;
	memset(WatchdogInformation, 0, sizeof(*WatchdogInformation));
	return STATUS_SUCCESS;
}
