/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS timer objects (RT-23, RS-TIM-01): a kernel timer, its DPC, and the
 * driver's function, which runs on the service thread at DISPATCH_LEVEL.
 * Allocated, set and freed by drivers up to DISPATCH_LEVEL.
 * [nf-ndis-ndisallocatetimerobject, nf-ndis-ndiscanceltimerobject]
 */
#include <ndis/services.h>

#include "dispatcher.h"
#include "irql.h"
#include "memory.h"
#include "service.h"
#include "verifier.h"

struct timer_object {
	KTIMER timer;
	KDPC dpc;
	PNDIS_TIMER_FUNCTION function;
	PVOID default_context;
	ULONG tag;
	/* dispatcher lock: */
	PVOID context;
	bool free_after;  /* freed by a driver while its function ran */
};

static void fire(PKDPC dpc, PVOID deferred_context, PVOID argument1, PVOID argument2)
{
	struct timer_object *t = deferred_context;
	PVOID context;
	bool free_it;

	(void)argument1;
	(void)argument2;
	nrt_dispatcher_lock();
	context = t->context;
	nrt_dispatcher_unlock();
	t->function(dpc, context, NULL, NULL);
	nrt_dispatcher_lock();
	free_it = t->free_after;
	nrt_dpc_end(); /* from here on nobody leaves the freeing to us */
	nrt_dispatcher_unlock();
	if (free_it)
		nrt_memory_free(t, t->tag);
}

static bool valid(const NDIS_TIMER_CHARACTERISTICS *c)
{
	return c->Header.Type == NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS &&
	       c->Header.Revision >= NDIS_TIMER_CHARACTERISTICS_REVISION_1 &&
	       c->Header.Size >= NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 &&
	       c->TimerFunction != NULL;
}

NDIS_STATUS NdisAllocateTimerObject(NDIS_HANDLE NdisHandle,
				    PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics,
				    PNDIS_HANDLE TimerObject)
{
	struct timer_object *t;

	nrt_check_irql("NdisAllocateTimerObject", DISPATCH_LEVEL);
	*TimerObject = NULL;
	if (!valid(TimerCharacteristics))
		return STATUS_INVALID_PARAMETER;
	t = nrt_memory_zalloc(sizeof(*t), TimerCharacteristics->AllocationTag, NdisHandle);
	if (t == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	t->function = TimerCharacteristics->TimerFunction;
	t->default_context = TimerCharacteristics->FunctionContext;
	t->tag = TimerCharacteristics->AllocationTag;
	KeInitializeTimer(&t->timer);
	KeInitializeDpc(&t->dpc, fire, t);
	*TimerObject = t;
	return STATUS_SUCCESS;
}

BOOLEAN NdisSetTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod,
			   PVOID FunctionContext)
{
	struct timer_object *t = TimerObject;

	nrt_check_irql("NdisSetTimerObject", DISPATCH_LEVEL);
	if (MillisecondsPeriod < 0) {
		nrt_violation("RS-TIM-01", "NdisSetTimerObject: period %d ms is negative",
			      MillisecondsPeriod);
		MillisecondsPeriod = 0;
	}
	nrt_dispatcher_lock();
	t->context = FunctionContext != NULL ? FunctionContext : t->default_context;
	nrt_dispatcher_unlock();
	return KeSetTimerEx(&t->timer, DueTime, MillisecondsPeriod, &t->dpc);
}

BOOLEAN NdisSetCoalescableTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime,
				      LONG MillisecondsPeriod, PVOID FunctionContext,
				      ULONG Tolerance)
{
	(void)Tolerance; /* the exact due time is within every tolerance */
	return NdisSetTimerObject(TimerObject, DueTime, MillisecondsPeriod, FunctionContext);
}

BOOLEAN NdisCancelTimerObject(NDIS_HANDLE TimerObject)
{
	struct timer_object *t = TimerObject;
	bool periodic = t->timer.Period != 0;
	BOOLEAN was_set;

	nrt_check_irql("NdisCancelTimerObject", DISPATCH_LEVEL);
	was_set = KeCancelTimer(&t->timer);
	if (!periodic)
		return was_set;
	if (nrt_self.irql != PASSIVE_LEVEL) {
		nrt_violation("RS-TIM-01", "periodic timer %p cancelled at IRQL %u", TimerObject,
			      nrt_self.irql);
		return was_set;
	}
	KeFlushQueuedDpcs();
	return was_set;
}

VOID NdisFreeTimerObject(NDIS_HANDLE TimerObject)
{
	struct timer_object *t = TimerObject;
	bool later;

	nrt_check_irql("NdisFreeTimerObject", DISPATCH_LEVEL);
	if (KeCancelTimer(&t->timer))
		nrt_violation("RS-TIM-01", "timer %p freed while it is set", TimerObject);
	KeRemoveQueueDpc(&t->dpc);
	nrt_dispatcher_lock();
	later = nrt_dpc_running(&t->dpc);
	t->free_after = later;
	nrt_dispatcher_unlock();
	if (!later)
		nrt_memory_free(t, t->tag);
}
