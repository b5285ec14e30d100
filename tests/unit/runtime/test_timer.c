/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers and DPCs, kernel and NDIS. Rules RT-23 and RS-TIM-01.
 */
#include "recorder.h"

#include "gate.h"
#include "ke/processor.h"
#include "ke/service.h"

TestSuite(timer, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

#define TAG 0x72656d54

static const LARGE_INTEGER at_once;                                  /* absolute 0: long ago */
static const LARGE_INTEGER one_ms = { .QuadPart = -10000 };
static const LARGE_INTEGER one_hour = { .QuadPart = -36000000000LL };

static struct gate fired = GATE_INIT;
static struct gate go_on = GATE_INIT;
static PVOID last_context;
static KIRQL last_irql;
static ULONG last_processor;

static VOID note(PVOID specific1, PVOID context, PVOID specific2, PVOID specific3)
{
	(void)specific1;
	(void)specific2;
	(void)specific3;
	last_context = context;
	last_irql = KeGetCurrentIrql();
	last_processor = KeGetCurrentProcessorIndex();
	gate_pass(&fired);
}

static VOID note_and_hold(PVOID specific1, PVOID context, PVOID specific2, PVOID specific3)
{
	note(specific1, context, specific2, specific3);
	gate_wait(&go_on, 1);
}

static NDIS_HANDLE timer_with(PNDIS_TIMER_FUNCTION function, PVOID context)
{
	NDIS_TIMER_CHARACTERISTICS c = {
		.Header = { NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
			    NDIS_TIMER_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 },
		.AllocationTag = TAG,
		.TimerFunction = function,
		.FunctionContext = context,
	};
	NDIS_HANDLE timer;

	cr_assert_eq(NdisAllocateTimerObject(NULL, &c, &timer), NDIS_STATUS_SUCCESS);
	return timer;
}

Test(timer, RT_23_a_one_shot_timer_fires_once_at_dispatch_level)
{
	NDIS_HANDLE t = timer_with(note, &fired);

	cr_expect_not(NdisSetTimerObject(t, one_ms, 0, NULL));
	gate_wait(&fired, 1);
	KeFlushQueuedDpcs();
	cr_expect_eq(last_irql, DISPATCH_LEVEL);
	cr_expect_eq(last_processor, nrt_processor_service());
	cr_expect_eq(last_context, &fired, "the default context");
	cr_expect_not(NdisCancelTimerObject(t), "it is not set any more");
	cr_expect_eq(gate_count(&fired), 1);
	NdisFreeTimerObject(t);
}

Test(timer, RT_23_a_timer_with_a_tolerance_fires_too)
{
	NDIS_HANDLE t = timer_with(note, &fired);

	cr_expect_not(NdisSetCoalescableTimerObject(t, one_ms, 0, &go_on, 50));
	gate_wait(&fired, 1);
	cr_expect_eq(last_context, &go_on);
	cr_expect_not(NdisSetCoalescableTimerObject(t, one_ms, 1, NULL, 1));
	gate_wait(&fired, 3);
	cr_expect(NdisSetCoalescableTimerObject(t, one_ms, 1, NULL, 1), "it is set");
	cr_expect(NdisCancelTimerObject(t));
	KeFlushQueuedDpcs();
	NdisFreeTimerObject(t);
}

Test(timer, RT_23_the_context_of_the_set_call_wins)
{
	NDIS_HANDLE t = timer_with(note, &fired);

	NdisSetTimerObject(t, at_once, 0, &go_on);
	gate_wait(&fired, 1);
	cr_expect_eq(last_context, &go_on);
	NdisSetTimerObject(t, at_once, 0, NULL);
	gate_wait(&fired, 2);
	cr_expect_eq(last_context, &fired);
	KeFlushQueuedDpcs();
	NdisFreeTimerObject(t);
}

Test(timer, RT_23_a_periodic_timer_fires_until_it_is_cancelled)
{
	NDIS_HANDLE t = timer_with(note, NULL);
	unsigned int n;

	NdisSetTimerObject(t, one_ms, 1, NULL);
	gate_wait(&fired, 5);
	cr_expect(NdisCancelTimerObject(t), "a periodic timer is always set");
	n = gate_count(&fired);
	KeFlushQueuedDpcs();
	cr_expect_eq(gate_count(&fired), n);
	NdisFreeTimerObject(t);
}

static struct gate cancelled = GATE_INIT;

static void *cancel(void *timer)
{
	NdisCancelTimerObject(timer);
	gate_pass(&cancelled);
	return NULL;
}

Test(timer, RT_23_cancelling_a_periodic_timer_waits_for_its_function)
{
	NDIS_HANDLE t = timer_with(note_and_hold, NULL);
	pthread_t id;

	NdisSetTimerObject(t, at_once, 3600000, NULL);
	gate_wait(&fired, 1); /* running */
	pthread_create(&id, NULL, cancel, t);
	while (nrt_dpc_depth() == 0) /* the flush is queued behind it */
		sched_yield();
	cr_expect_eq(gate_count(&cancelled), 0);
	gate_pass(&go_on);
	gate_wait(&cancelled, 1);
	pthread_join(id, NULL);
	NdisFreeTimerObject(t);
}

Test(timer, RT_23_cancelling_a_one_shot_timer_does_not_wait)
{
	NDIS_HANDLE t = timer_with(note_and_hold, NULL);

	NdisSetTimerObject(t, at_once, 0, NULL);
	gate_wait(&fired, 1);
	cr_expect_not(NdisCancelTimerObject(t)); /* returns while the function holds */
	gate_pass(&go_on);
	KeFlushQueuedDpcs();
	NdisFreeTimerObject(t);
}

Test(timer, setting_a_timer_again_replaces_the_first_due_time)
{
	NDIS_HANDLE t = timer_with(note, NULL);

	cr_expect_not(NdisSetTimerObject(t, one_hour, 0, NULL));
	cr_expect(NdisSetTimerObject(t, one_ms, 0, NULL), "it was set");
	gate_wait(&fired, 1);
	KeFlushQueuedDpcs();
	NdisFreeTimerObject(t);
}

static VOID free_self(PVOID specific1, PVOID context, PVOID specific2, PVOID specific3)
{
	NdisFreeTimerObject(*(NDIS_HANDLE *)context);
	note(specific1, context, specific2, specific3);
}

Test(timer, a_function_may_free_its_own_one_shot_timer)
{
	NDIS_HANDLE t;

	t = timer_with(free_self, &t);
	NdisSetTimerObject(t, at_once, 0, NULL);
	gate_wait(&fired, 1);
	KeFlushQueuedDpcs();
	cr_expect_eq(nrt_memory_bytes_of(TAG), 0);
}

Test(timer, malformed_characteristics_are_refused)
{
	NDIS_TIMER_CHARACTERISTICS c = { .TimerFunction = note };
	NDIS_HANDLE t = &c;

	cr_expect_neq(NdisAllocateTimerObject(NULL, &c, &t), NDIS_STATUS_SUCCESS);
	cr_expect_null(t);
	c.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
	c.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
	c.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
	c.AllocationTag = TAG;
	fail_allocation(1);
	cr_expect_eq(NdisAllocateTimerObject(NULL, &c, &t), NDIS_STATUS_RESOURCES);
	fail_allocation(0);
}

/* ------------------------------------------------------------ violations */

Test(timer, RS_TIM_01_a_periodic_timer_is_cancelled_at_passive_level)
{
	NDIS_HANDLE t = timer_with(note, NULL);
	KIRQL old;

	NdisSetTimerObject(t, one_hour, 3600000, NULL);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect(NdisCancelTimerObject(t));
	KeLowerIrql(old);
	cr_expect(violated("RS-TIM-01"));
	NdisFreeTimerObject(t);
}

Test(timer, RS_TIM_01_a_timer_is_cancelled_before_it_is_freed)
{
	NDIS_HANDLE t = timer_with(note, NULL);

	NdisSetTimerObject(t, one_hour, 0, NULL);
	NdisFreeTimerObject(t);
	cr_expect(violated("RS-TIM-01"));
}

Test(timer, RS_TIM_01_a_period_is_at_most_maxlong)
{
	NDIS_HANDLE t = timer_with(note, NULL);

	NdisSetTimerObject(t, at_once, (LONG)0x80000000, NULL);
	cr_expect(violated("RS-TIM-01"));
	gate_wait(&fired, 1);
	KeFlushQueuedDpcs();
	NdisFreeTimerObject(t);
}

/* ---------------------------------------------------------- kernel timers */

static VOID dpc_routine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)dpc;
	note(argument1, context, argument2, NULL);
}

Test(timer, a_kernel_timer_is_signalled_and_queues_its_dpc)
{
	KTIMER timer;
	KDPC dpc;

	KeInitializeTimerEx(&timer, SynchronizationTimer);
	KeInitializeDpc(&dpc, dpc_routine, &timer);
	cr_expect_not(KeSetTimer(&timer, one_ms, &dpc));
	cr_expect_eq(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL),
		     STATUS_SUCCESS);
	cr_expect_not(KeReadStateTimer(&timer), "the wait took the signal");
	gate_wait(&fired, 1);
	cr_expect_eq(last_context, &timer);
	cr_expect_not(KeCancelTimer(&timer));
	KeFlushQueuedDpcs();
}

Test(timer, timers_fire_in_the_order_of_their_due_times)
{
	KTIMER early, late;
	PVOID both[] = { &late, &early };

	KeInitializeTimer(&early);
	KeInitializeTimer(&late);
	KeSetTimer(&late, one_hour, NULL);
	KeSetTimer(&early, one_ms, NULL); /* set later, due earlier */
	cr_expect_eq(KeWaitForMultipleObjects(2, both, WaitAny, Executive, KernelMode, FALSE, NULL,
					      NULL), STATUS_WAIT_1);
	cr_expect(KeCancelTimer(&late));
	cr_expect_not(KeReadStateTimer(&late));
}

/* ------------------------------------------------------------------ DPCs */

static VOID hold_routine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	dpc_routine(dpc, context, argument1, argument2);
	gate_wait(&go_on, 1);
}

Test(timer, a_dpc_is_queued_at_most_once)
{
	KDPC holder, dpc;

	KeInitializeDpc(&holder, hold_routine, NULL);
	KeInitializeDpc(&dpc, dpc_routine, &dpc);
	cr_expect(KeInsertQueueDpc(&holder, NULL, NULL));
	gate_wait(&fired, 1); /* the service thread is busy */
	cr_expect(KeInsertQueueDpc(&dpc, NULL, NULL));
	cr_expect_not(KeInsertQueueDpc(&dpc, NULL, NULL));
	cr_expect(KeRemoveQueueDpc(&dpc));
	cr_expect_not(KeRemoveQueueDpc(&dpc));
	gate_pass(&go_on);
	KeFlushQueuedDpcs();
	cr_expect_eq(gate_count(&fired), 1, "the removed one did not run");
}

static PVOID order[3];
static unsigned int n_order;

static VOID order_routine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)context;
	(void)argument2;
	cr_expect_eq(argument1, dpc);
	order[n_order++] = dpc;
}

Test(timer, dpcs_run_in_order_with_important_ones_first)
{
	KDPC holder, first, second, important;

	KeInitializeDpc(&holder, hold_routine, NULL);
	KeInitializeDpc(&first, order_routine, NULL);
	KeInitializeDpc(&second, order_routine, NULL);
	KeInitializeDpc(&important, order_routine, NULL);
	KeSetImportanceDpc(&important, HighImportance);
	KeInsertQueueDpc(&holder, NULL, NULL);
	gate_wait(&fired, 1);
	KeInsertQueueDpc(&first, &first, NULL);
	KeInsertQueueDpc(&second, &second, NULL);
	KeInsertQueueDpc(&important, &important, NULL);
	gate_pass(&go_on);
	KeFlushQueuedDpcs();
	cr_assert_eq(n_order, 3);
	cr_expect_eq(order[0], &important);
	cr_expect_eq(order[1], &first);
	cr_expect_eq(order[2], &second);
}

static _Atomic int inside;
static _Atomic unsigned int overlaps, runs;

static VOID overlap_routine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)context;
	(void)argument1;
	(void)argument2;
	overlaps += inside++ != 0;
	if (++runs < 1000)
		KeInsertQueueDpc(dpc, NULL, NULL); /* allowed while it runs */
	inside--;
	if (runs == 1000)
		gate_pass(&fired);
}

static void *insert_often(void *dpc)
{
	while (runs < 1000)
		KeInsertQueueDpc(dpc, NULL, NULL);
	return NULL;
}

Test(timer, a_dpc_never_runs_twice_at_once)
{
	KDPC dpc;
	pthread_t id;

	KeInitializeDpc(&dpc, overlap_routine, NULL);
	pthread_create(&id, NULL, insert_often, &dpc);
	pthread_join(id, NULL);
	gate_wait(&fired, 1);
	KeRemoveQueueDpc(&dpc);
	KeFlushQueuedDpcs();
	cr_expect_eq(overlaps, 0);
}

Test(timer, a_targeted_dpc_runs_on_its_processor)
{
	KDPC dpc;
	PROCESSOR_NUMBER number;

	for (ULONG target = 0; target < nrt_processor_count(); target++) {
		KeInitializeDpc(&dpc, dpc_routine, NULL);
		KeGetProcessorNumberFromIndex(target, &number);
		cr_expect_eq(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_SUCCESS);
		KeInsertQueueDpc(&dpc, NULL, NULL);
		gate_wait(&fired, target + 1);
		cr_expect_eq(last_processor, target);
		cr_expect_eq(last_irql, DISPATCH_LEVEL);
		KeFlushQueuedDpcs();
	}
	number.Number = 63;
	cr_expect_eq(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_INVALID_PARAMETER);
}

static VOID raise_routine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)dpc;
	(void)context;
	(void)argument1;
	(void)argument2;
	KeLowerIrql(PASSIVE_LEVEL);
}

Test(timer, MP_INI_11_a_dpc_returns_at_the_irql_it_was_entered)
{
	KDPC dpc;

	KeInitializeDpc(&dpc, raise_routine, NULL);
	KeInsertQueueDpc(&dpc, NULL, NULL);
	KeFlushQueuedDpcs();
	cr_expect(violated("MP-INI-11"));
}

Test(timer, RS_IRQL_01_flushing_dpcs_above_apc_level_is_reported)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeFlushQueuedDpcs();
	KeLowerIrql(old);
	cr_expect(violated("RS-IRQL-01"));
}
