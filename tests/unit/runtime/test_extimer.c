/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EX_TIMERs and their deletion, the clock's resolution, and what a DPC or a loop at
 * DISPATCH_LEVEL can ask about itself.
 */
#include "recorder.h"

#include "gate.h"
#include "ke/processor.h"

TestSuite(extimer, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

#define MS 10000LL
#define HOUR (3600LL * 1000 * MS)

static struct gate fired = GATE_INIT;
static struct gate go_on = GATE_INIT;
static struct gate deleted = GATE_INIT;
static PEX_TIMER last_timer;
static PVOID last_context, deleted_context;
static KIRQL last_irql, deleted_irql;

static VOID note(PEX_TIMER timer, PVOID context)
{
	last_timer = timer;
	last_context = context;
	last_irql = KeGetCurrentIrql();
	gate_pass(&fired);
}

static VOID note_and_hold(PEX_TIMER timer, PVOID context)
{
	note(timer, context);
	gate_wait(&go_on, 1);
}

static VOID note_deletion(PVOID context)
{
	deleted_context = context;
	deleted_irql = KeGetCurrentIrql();
	gate_pass(&deleted);
}

static PEX_TIMER timer_with(PEXT_CALLBACK callback, ULONG attributes)
{
	PEX_TIMER t = ExAllocateTimer(callback, &fired, attributes);

	cr_assert_not_null(t);
	return t;
}

static EXT_DELETE_PARAMETERS with_callback(void)
{
	EXT_DELETE_PARAMETERS p;

	memset(&p, 0xff, sizeof(p));
	ExInitializeDeleteTimerParameters(&p);
	cr_expect_eq(p.Version, 0);
	cr_expect_null(p.DeleteContext);
	p.DeleteCallback = note_deletion;
	p.DeleteContext = &go_on;
	return p;
}

static NTSTATUS poll(PVOID object)
{
	LARGE_INTEGER at_once = { .QuadPart = 0 };

	return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &at_once);
}

Test(extimer, a_timer_calls_its_function_once_at_dispatch_level)
{
	PEX_TIMER t = timer_with(note, EX_TIMER_HIGH_RESOLUTION);

	cr_expect_not(ExSetTimer(t, -MS, 0, NULL));
	gate_wait(&fired, 1);
	KeFlushQueuedDpcs();
	cr_expect_eq(last_timer, t);
	cr_expect_eq(last_context, &fired);
	cr_expect_eq(last_irql, DISPATCH_LEVEL);
	cr_expect_not(ExCancelTimer(t, NULL), "it expired");
	cr_expect_not(ExDeleteTimer(t, TRUE, TRUE, NULL));
	cr_expect_eq(gate_count(&fired), 1);
}

Test(extimer, a_period_is_in_units_of_100_ns_and_no_shorter_than_a_tick)
{
	PEX_TIMER t = timer_with(note, 0);
	uint64_t before = KeQueryInterruptTime();

	ExSetTimer(t, -1, 1, NULL);
	gate_wait(&fired, 11);
	cr_expect_geq(KeQueryInterruptTime() - before, 10 * MS - MS, "ten ticks between eleven");
	cr_expect(ExDeleteTimer(t, TRUE, TRUE, NULL), "a periodic timer is always set");
}

Test(extimer, a_synchronization_timer_lets_one_wait_go_a_notification_timer_all)
{
	PEX_TIMER one = timer_with(NULL, 0);
	PEX_TIMER all = timer_with(NULL, EX_TIMER_NOTIFICATION | EX_TIMER_NO_WAKE);
	PVOID both[] = { one, all };

	ExSetTimer(one, -MS, 0, NULL);
	ExSetTimer(all, -MS, 0, NULL);
	cr_expect_eq(KeWaitForMultipleObjects(2, both, WaitAll, Executive, KernelMode, FALSE, NULL,
					      NULL), STATUS_SUCCESS);
	cr_expect_eq(poll(one), STATUS_TIMEOUT);
	cr_expect_eq(poll(all), STATUS_SUCCESS);
	ExDeleteTimer(one, TRUE, TRUE, NULL);
	ExDeleteTimer(all, TRUE, TRUE, NULL);
}

Test(extimer, setting_or_cancelling_says_whether_the_timer_was_set)
{
	PEX_TIMER t = timer_with(note, 0);
	EXT_SET_PARAMETERS p;

	memset(&p, 0xff, sizeof(p));
	ExInitializeSetTimerParameters(&p);
	cr_expect_eq(p.NoWakeTolerance, 0);
	p.NoWakeTolerance = EX_TIMER_UNLIMITED_TOLERANCE;
	cr_expect_not(ExCancelTimer(t, NULL));
	cr_expect_not(ExSetTimer(t, -HOUR, 0, &p));
	cr_expect(ExSetTimer(t, -HOUR, 0, NULL));
	cr_expect(ExCancelTimer(t, NULL));
	cr_expect_not(ExSetTimer(t, -HOUR, 0, NULL));
	cr_expect(ExDeleteTimer(t, TRUE, FALSE, NULL));
	cr_expect_eq(gate_count(&fired), 0);
}

/* -------------------------------------------------------------- deletion */

Test(extimer, deleting_an_idle_timer_calls_the_delete_callback_at_dispatch_level)
{
	EXT_DELETE_PARAMETERS p = with_callback();
	PEX_TIMER t = timer_with(note, 0);

	cr_expect_not(ExDeleteTimer(t, TRUE, TRUE, &p));
	cr_expect_eq(gate_count(&deleted), 1);
	cr_expect_eq(deleted_context, &go_on);
	cr_expect_eq(deleted_irql, DISPATCH_LEVEL);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void *delete_and_wait(void *timer)
{
	EXT_DELETE_PARAMETERS p = with_callback();

	ExDeleteTimer(timer, TRUE, TRUE, &p);
	cr_expect_eq(gate_count(&deleted), 1, "the callback is over when the wait is");
	return NULL;
}

Test(extimer, a_deletion_that_waits_is_over_when_the_function_is)
{
	PEX_TIMER t = timer_with(note_and_hold, 0);
	pthread_t id;

	ExSetTimer(t, -1, 0, NULL);
	gate_wait(&fired, 1);
	pthread_create(&id, NULL, delete_and_wait, t);
	/* A deletion that did not wait would let ExSetTimer touch freed memory; one that has
	 * begun makes it do nothing. */
	while (ExSetTimer(t, -HOUR, 0, NULL) || ExCancelTimer(t, NULL))
		sched_yield();
	cr_expect_eq(gate_count(&deleted), 0);
	gate_pass(&go_on);
	pthread_join(id, NULL);
	cr_expect_eq(nrt_memory_live(), 0);
}

Test(extimer, a_deletion_without_cancel_lets_the_timer_expire_once_more)
{
	EXT_DELETE_PARAMETERS p = with_callback();
	PEX_TIMER t = timer_with(note, 0);
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExSetTimer(t, -100 * MS, 100, NULL);
	cr_expect_not(ExDeleteTimer(t, FALSE, FALSE, &p));
	KeLowerIrql(old);
	gate_wait(&deleted, 1);
	KeFlushQueuedDpcs();
	cr_expect_eq(gate_count(&fired), 1);
	cr_expect_eq(nrt_memory_live(), 0);
}

static VOID delete_self(PEX_TIMER timer, PVOID context)
{
	EXT_DELETE_PARAMETERS p = with_callback();

	cr_expect(ExDeleteTimer(timer, TRUE, FALSE, &p), "the next expiration is cancelled");
	cr_expect_not(ExSetTimer(timer, -1, 0, NULL), "nothing is set any more");
	cr_expect_not(ExDeleteTimer(timer, TRUE, FALSE, NULL), "a second deletion does nothing");
	cr_expect_eq(gate_count(&deleted), 0, "the timer is valid while its function runs");
	note(timer, context);
}

Test(extimer, a_function_may_delete_its_timer)
{
	PEX_TIMER t = timer_with(delete_self, 0);

	ExSetTimer(t, -1, HOUR / 1000, NULL);
	gate_wait(&deleted, 1);
	KeFlushQueuedDpcs();
	cr_expect_eq(gate_count(&fired), 1);
	cr_expect_eq(nrt_memory_live(), 0);
}

static VOID delete_self_later(PEX_TIMER timer, PVOID context)
{
	EXT_DELETE_PARAMETERS p = with_callback();

	if (gate_count(&fired) == 0)
		cr_expect_not(ExDeleteTimer(timer, FALSE, FALSE, &p));
	note(timer, context);
}

Test(extimer, a_timer_that_its_function_deletes_without_cancel_expires_once_more)
{
	PEX_TIMER t = timer_with(delete_self_later, 0);

	ExSetTimer(t, -1, 10 * MS, NULL);
	gate_wait(&deleted, 1);
	KeFlushQueuedDpcs();
	cr_expect_eq(gate_count(&fired), 2);
	cr_expect_eq(nrt_memory_live(), 0);
}

static VOID delete_self_and_wait(PEX_TIMER timer, PVOID context)
{
	ExDeleteTimer(timer, TRUE, TRUE, NULL);
	note(timer, context);
}

Test(extimer, RS_LCK_04_a_function_that_waits_for_its_own_end_is_reported)
{
	PEX_TIMER t = timer_with(delete_self_and_wait, 0);

	ExSetTimer(t, -1, 0, NULL);
	gate_wait(&fired, 1);
	KeFlushQueuedDpcs();
	cr_expect(violated("RS-LCK-04"));
	cr_expect_eq(nrt_memory_live(), 0);
}

/* ------------------------------------------------------------- bad input */

Test(extimer, RS_TIM_01_attributes_that_exclude_each_other_are_refused)
{
	cr_expect_null(ExAllocateTimer(note, NULL, EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE));
	cr_expect(violated("RS-TIM-01"));
	cr_expect_null(ExAllocateTimer(note, NULL, 1));
	cr_expect(violated("RS-TIM-01"));
	fail_allocation(1);
	cr_expect_null(ExAllocateTimer(note, NULL, 0));
	fail_allocation(0);
}

Test(extimer, RS_TIM_01_due_times_and_periods_out_of_range_set_nothing)
{
	EXT_SET_PARAMETERS p = { .NoWakeTolerance = -2 };
	PEX_TIMER t = timer_with(note, EX_TIMER_HIGH_RESOLUTION);

	cr_expect_not(ExSetTimer(t, 0, 0, NULL));
	cr_expect(violated("RS-TIM-01"));
	cr_expect_not(ExSetTimer(t, -1, MAXLONG + 1LL, NULL));
	cr_expect(violated("RS-TIM-01"));
	cr_expect_not(ExSetTimer(t, -1, -1, NULL));
	cr_expect(violated("RS-TIM-01"));
	cr_expect_not(ExSetTimer(t, -1, 0, &p));
	cr_expect(violated("RS-TIM-01"));
	cr_expect_not(ExCancelTimer(t, &p));
	cr_expect(violated("RS-TIM-01"));
	cr_expect_not(ExDeleteTimer(t, FALSE, TRUE, NULL));
	cr_expect(violated("RS-TIM-01"));
	cr_expect_eq(gate_count(&fired), 0);
}

/* ------------------------------------------------------------ resolution */

Test(extimer, the_resolution_is_one_tick_whatever_is_asked_for)
{
	ULONG longest, shortest, now;
	KIRQL old;

	ExQueryTimerResolution(&longest, &shortest, &now);
	cr_expect_eq(now, KeQueryTimeIncrement());
	cr_expect_leq(shortest, now);
	cr_expect_leq(now, longest);
	cr_expect_eq(ExSetTimerResolution(1, TRUE), shortest);
	cr_expect_eq(ExSetTimerResolution(longest + 1, TRUE), now);
	cr_expect_eq(ExSetTimerResolution(0, FALSE), now);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExSetTimerResolution(0, FALSE);
	KeLowerIrql(old);
	cr_expect(violated("RS-IRQL-01"));
}

/* ------------------------------------------------------------------ DPCs */

static LOGICAL in_dpc;
static ULONG should_yield;
static NTSTATUS watched;
static KDPC next;

static VOID ask(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	KDPC_WATCHDOG_INFORMATION w = { .DpcTimeLimit = 7, .DpcWatchdogLimit = 7 };

	(void)dpc;
	(void)argument1;
	(void)argument2;
	in_dpc = KeIsExecutingDpc();
	if (context != NULL)
		KeInsertQueueDpc(context, NULL, NULL);
	should_yield = KeShouldYieldProcessor();
	watched = KeQueryDpcWatchdogInformation(&w);
	cr_expect_eq(w.DpcTimeLimit, 0);
	cr_expect_eq(w.DpcWatchdogLimit, 0);
	gate_pass(&fired);
}

Test(extimer, a_dpc_knows_that_it_is_one_and_when_another_waits)
{
	KDPC dpc;

	KeInitializeThreadedDpc(&next, ask, NULL);
	KeInitializeDpc(&dpc, ask, NULL);
	KeInsertQueueDpc(&dpc, NULL, NULL);
	KeFlushQueuedDpcs();
	cr_expect(in_dpc);
	cr_expect_eq(watched, STATUS_SUCCESS);
	KeInitializeThreadedDpc(&dpc, ask, &next);
	cr_expect(KeInsertQueueDpc(&dpc, NULL, NULL));
	gate_wait(&fired, 3);
	KeFlushQueuedDpcs();
	cr_expect(in_dpc);
}

static VOID ask_with_another(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	cr_expect_not(KeShouldYieldProcessor(), "the queue is empty");
	ask(dpc, context, argument1, argument2);
	cr_expect(should_yield, "and now it is not");
}

Test(extimer, a_dpc_should_yield_when_another_waits)
{
	KDPC dpc;

	KeInitializeDpc(&next, ask, NULL);
	KeInitializeDpc(&dpc, ask_with_another, &next);
	KeInsertQueueDpc(&dpc, NULL, NULL);
	gate_wait(&fired, 2);
	KeFlushQueuedDpcs();
}

static void *take_a_processor(void *arg)
{
	KIRQL old;

	(void)arg;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	gate_pass(&fired);
	gate_wait(&go_on, 1);
	KeLowerIrql(old);
	return NULL;
}

Test(extimer, a_thread_should_yield_when_another_waits_for_a_processor)
{
	pthread_t id[NRT_CONTROL_PROCESSORS];
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect_not(KeIsExecutingDpc());
	cr_expect_not(KeShouldYieldProcessor());
	for (int i = 0; i < NRT_CONTROL_PROCESSORS; i++)
		pthread_create(&id[i], NULL, take_a_processor, NULL);
	while (!KeShouldYieldProcessor())
		sched_yield();
	KeLowerIrql(old);
	gate_pass(&go_on);
	for (int i = 0; i < NRT_CONTROL_PROCESSORS; i++)
		pthread_join(id[i], NULL);
}

static void on_worker(void *arg)
{
	bool *was = arg;

	was[0] = KeShouldYieldProcessor() != 0;
	gate_pass(&fired);
	while (!KeShouldYieldProcessor())
		sched_yield();
	was[1] = true;
}

static void nothing(void *arg)
{
	(void)arg;
}

static void *call_worker(void *arg)
{
	gate_wait(&fired, 1);
	nrt_worker_call(0, nothing, arg);
	return NULL;
}

Test(extimer, a_worker_should_yield_when_it_is_called)
{
	bool was[2] = { true, false };
	pthread_t id;

	pthread_create(&id, NULL, call_worker, NULL);
	nrt_worker_call(0, on_worker, was);
	pthread_join(id, NULL);
	cr_expect_not(was[0]);
	cr_expect(was[1]);
}

Test(extimer, RS_IRQL_01_asking_below_dispatch_level_is_reported)
{
	KDPC_WATCHDOG_INFORMATION w;

	cr_expect_not(KeIsExecutingDpc());
	cr_expect(violated("RS-IRQL-01"));
	cr_expect_not(KeShouldYieldProcessor());
	cr_expect(violated("RS-IRQL-01"));
	cr_expect_eq(KeQueryDpcWatchdogInformation(&w), STATUS_UNSUCCESSFUL);
}

Test(extimer, spin_locks_of_threaded_dpcs_raise_and_restore_the_irql)
{
	KLOCK_QUEUE_HANDLE handle;
	KSPIN_LOCK lock;
	KIRQL old;

	KeInitializeSpinLock(&lock);
	old = KeAcquireSpinLockForDpc(&lock);
	cr_expect_eq(old, PASSIVE_LEVEL);
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	cr_expect_not(KeTestSpinLock(&lock));
	KeReleaseSpinLockForDpc(&lock, old);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	KeAcquireInStackQueuedSpinLockForDpc(&lock, &handle);
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	cr_expect_not(KeTestSpinLock(&lock));
	KeReleaseInStackQueuedSpinLockForDpc(&handle);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	cr_expect(KeTestSpinLock(&lock));
}
