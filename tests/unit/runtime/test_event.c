/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events, mutexes, semaphores, system threads and waiting for them. Rule
 * RS-LCK-04.
 */
#include "recorder.h"

#include "gate.h"
#include "ke/dispatcher.h"

TestSuite(event, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static KEVENT event, other_event;
static struct gate done = GATE_INIT;
static LARGE_INTEGER poll_now;                                      /* 0: do not wait */
static LARGE_INTEGER one_ms = { .QuadPart = -10000 };

static NTSTATUS wait_for(void *object, LARGE_INTEGER *timeout)
{
	return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, timeout);
}

static void *wait_for_event(void *arg)
{
	if (wait_for(arg, NULL) == STATUS_SUCCESS)
		gate_pass(&done);
	return NULL;
}

/* Until @n threads wait for @object. */
static void wait_for_waiters(DISPATCHER_HEADER *object, int n)
{
	int waiting;

	do {
		sched_yield();
		waiting = 0;
		nrt_dispatcher_lock();
		for (LIST_ENTRY *l = object->WaitListHead.Flink; l != &object->WaitListHead;
		     l = l->Flink)
			waiting++;
		nrt_dispatcher_unlock();
	} while (waiting < n);
}

Test(event, a_wait_with_no_time_only_looks)
{
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	cr_expect_eq(wait_for(&event, &poll_now), STATUS_TIMEOUT);
	cr_expect_eq(KeSetEvent(&event, 0, FALSE), 0);
	cr_expect_eq(KeSetEvent(&event, 0, FALSE), 1, "the former state");
	cr_expect_eq(wait_for(&event, &poll_now), STATUS_SUCCESS);
}

Test(event, a_wait_ends_when_its_time_is_over)
{
	LARGE_INTEGER past = { .QuadPart = 1 }; /* absolute: the year 1601 */

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	cr_expect_eq(wait_for(&event, &one_ms), STATUS_TIMEOUT);
	cr_expect_eq(wait_for(&event, &past), STATUS_TIMEOUT);
	cr_expect(IsListEmpty(&event.Header.WaitListHead), "the waiter left the list");
}

Test(event, a_notification_event_releases_every_waiter)
{
	pthread_t ids[3];

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	for (int i = 0; i < 3; i++)
		pthread_create(&ids[i], NULL, wait_for_event, &event);
	wait_for_waiters(&event.Header, 3);
	cr_expect_eq(gate_count(&done), 0);
	KeSetEvent(&event, 0, FALSE);
	for (int i = 0; i < 3; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(gate_count(&done), 3);
	cr_expect_eq(KeReadStateEvent(&event), 1);
	cr_expect_eq(KeResetEvent(&event), 1);
	cr_expect_eq(KeReadStateEvent(&event), 0);
}

Test(event, a_synchronization_event_releases_one_waiter_each_time)
{
	pthread_t ids[2];

	KeInitializeEvent(&event, SynchronizationEvent, FALSE);
	for (int i = 0; i < 2; i++)
		pthread_create(&ids[i], NULL, wait_for_event, &event);
	wait_for_waiters(&event.Header, 2);
	KeSetEvent(&event, 0, FALSE);
	gate_wait(&done, 1);
	cr_expect_eq(KeReadStateEvent(&event), 0, "the waiter took it");
	wait_for_waiters(&event.Header, 1); /* the other still waits */
	cr_expect_eq(gate_count(&done), 1);
	KeSetEvent(&event, 0, FALSE);
	for (int i = 0; i < 2; i++)
		pthread_join(ids[i], NULL);
}

Test(event, a_reset_right_after_the_set_does_not_catch_the_waiters)
{
	pthread_t ids[3];

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	for (int i = 0; i < 3; i++)
		pthread_create(&ids[i], NULL, wait_for_event, &event);
	wait_for_waiters(&event.Header, 3);
	KeSetEvent(&event, 0, FALSE);
	KeClearEvent(&event);
	for (int i = 0; i < 3; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(gate_count(&done), 3);
}

Test(event, a_pulse_releases_who_waits_and_nobody_later)
{
	pthread_t ids[2];

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	for (int i = 0; i < 2; i++)
		pthread_create(&ids[i], NULL, wait_for_event, &event);
	wait_for_waiters(&event.Header, 2);
	cr_expect_eq(KePulseEvent(&event, 0, FALSE), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(wait_for(&event, &poll_now), STATUS_TIMEOUT);
	KeSetEvent(&event, 0, FALSE);
	cr_expect_eq(KePulseEvent(&event, 0, FALSE), 1);
	cr_expect_eq(KeReadStateEvent(&event), 0);
}

Test(event, waiting_for_any_of_several_tells_which_and_takes_only_that)
{
	PVOID objects[] = { &event, &other_event };

	KeInitializeEvent(&event, SynchronizationEvent, FALSE);
	KeInitializeEvent(&other_event, SynchronizationEvent, TRUE);
	cr_expect_eq(KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE,
					      NULL, NULL), STATUS_WAIT_1);
	cr_expect_eq(KeReadStateEvent(&other_event), 0);
	cr_expect_eq(KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE,
					      &one_ms, NULL), STATUS_TIMEOUT);
}

static void *wait_for_both(void *arg)
{
	PVOID objects[] = { &event, &other_event };

	(void)arg;
	KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
	gate_pass(&done);
	return NULL;
}

Test(event, waiting_for_all_takes_nothing_before_all_are_set)
{
	pthread_t id;

	KeInitializeEvent(&event, SynchronizationEvent, FALSE);
	KeInitializeEvent(&other_event, SynchronizationEvent, FALSE);
	pthread_create(&id, NULL, wait_for_both, NULL);
	wait_for_waiters(&other_event.Header, 1);
	KeSetEvent(&event, 0, FALSE);
	cr_expect_eq(KeReadStateEvent(&event), 1);
	cr_expect_eq(gate_count(&done), 0);
	KeSetEvent(&other_event, 0, FALSE);
	pthread_join(id, NULL);
	cr_expect_eq(KeReadStateEvent(&event), 0);
	cr_expect_eq(KeReadStateEvent(&other_event), 0);
}

static void *set_and_forget(void *arg)
{
	KeSetEvent(arg, 0, FALSE);
	return NULL;
}

Test(event, an_event_on_the_waiters_stack_may_vanish_as_soon_as_it_is_set)
{
	for (int i = 0; i < 500; i++) {
		KEVENT *short_lived = malloc(sizeof(*short_lived));
		pthread_t id;

		KeInitializeEvent(short_lived, NotificationEvent, FALSE);
		pthread_create(&id, NULL, set_and_forget, short_lived);
		wait_for(short_lived, NULL);
		free(short_lived); /* a sanitizer sees a setter that is not done */
		pthread_join(id, NULL);
	}
}

/* ------------------------------------------------------------ NDIS events */

Test(event, an_ndis_event_stays_set_until_it_is_reset)
{
	NDIS_EVENT e;

	NdisInitializeEvent(&e);
	cr_expect_not(NdisWaitEvent(&e, 1));
	NdisSetEvent(&e);
	cr_expect(NdisWaitEvent(&e, 0));
	cr_expect(NdisWaitEvent(&e, 1));
	NdisResetEvent(&e);
	cr_expect_not(NdisWaitEvent(&e, 1));
}

Test(event, RS_LCK_04_waiting_above_passive_level_is_reported)
{
	NDIS_EVENT e;
	KIRQL old;

	NdisInitializeEvent(&e);
	NdisSetEvent(&e);
	KeRaiseIrql(APC_LEVEL, &old);
	NdisWaitEvent(&e, 1);
	cr_expect(violated("RS-LCK-04"));
	KeLowerIrql(old);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMSleep(1);
	cr_expect(violated("RS-LCK-04"));
	KeDelayExecutionThread(KernelMode, FALSE, &one_ms);
	cr_expect(violated("RS-LCK-04"));
	wait_for(&e.Event, &poll_now); /* looking is allowed */
	cr_expect_eq(recorded.count, 0);
	wait_for(&e.Event, &one_ms);
	cr_expect(violated("RS-LCK-04"), "one report for one wait");
	NdisWaitEvent(&e, 1);
	cr_expect(violated("RS-LCK-04"));
	KeLowerIrql(old);
}

/* ------------------------------------------------- mutexes and semaphores */

static KMUTEX mutex;
static uint64_t counter;

static void *count_under_mutex(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2000; i++) {
		NDIS_WAIT_FOR_MUTEX(&mutex);
		counter++;
		NDIS_RELEASE_MUTEX(&mutex);
	}
	return NULL;
}

Test(event, a_mutex_excludes)
{
	pthread_t ids[3];

	NDIS_INIT_MUTEX(&mutex);
	for (int i = 0; i < 3; i++)
		pthread_create(&ids[i], NULL, count_under_mutex, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(counter, 6000);
}

static void *release_mutex(void *arg)
{
	KeReleaseMutex(arg, FALSE);
	return NULL;
}

Test(event, a_mutex_is_taken_again_by_its_owner_only)
{
	pthread_t id;

	KeInitializeMutex(&mutex, 0);
	wait_for(&mutex, NULL);
	cr_expect_eq(wait_for(&mutex, &poll_now), STATUS_SUCCESS);
	pthread_create(&id, NULL, release_mutex, &mutex);
	pthread_join(id, NULL);
	cr_expect(violated("RS-LCK-01"));
	cr_expect_neq(KeReleaseMutex(&mutex, FALSE), 0);
	cr_expect_eq(KeReleaseMutex(&mutex, FALSE), 0, "the last release");
	cr_expect_eq(KeReadStateMutex(&mutex), 1);
}

Test(event, a_semaphore_lets_through_as_many_as_it_counts)
{
	KSEMAPHORE s;

	KeInitializeSemaphore(&s, 1, 2);
	cr_expect_eq(wait_for(&s, &poll_now), STATUS_SUCCESS);
	cr_expect_eq(wait_for(&s, &poll_now), STATUS_TIMEOUT);
	cr_expect_eq(KeReleaseSemaphore(&s, 0, 2, FALSE), 0);
	KeReleaseSemaphore(&s, 0, 1, FALSE);
	cr_expect(violated("RS-LCK-01"), "beyond its limit");
	cr_expect_eq(KeReadStateSemaphore(&s), 2);
}

Test(event, a_fast_mutex_holds_apc_level_and_excludes)
{
	FAST_MUTEX m;

	ExInitializeFastMutex(&m);
	ExAcquireFastMutex(&m);
	cr_expect_eq(KeGetCurrentIrql(), APC_LEVEL);
	cr_expect_not(ExTryToAcquireFastMutex(&m));
	ExReleaseFastMutex(&m);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	cr_expect(ExTryToAcquireFastMutex(&m));
	ExReleaseFastMutex(&m);
}

/* --------------------------------------------------------- system threads */

static PKTHREAD thread_seen;

static VOID thread_routine(PVOID context)
{
	thread_seen = KeGetCurrentThread();
	if (context != NULL)
		PsTerminateSystemThread(STATUS_SUCCESS);
	gate_pass(&done); /* not reached when it ended itself */
}

static void run_thread(void *context)
{
	HANDLE handle;
	PVOID object;

	cr_assert_eq(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL,
					  thread_routine, context), STATUS_SUCCESS);
	cr_assert_eq(ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &object,
					       NULL), STATUS_SUCCESS);
	ZwClose(handle);
	cr_expect_eq(wait_for(object, NULL), STATUS_SUCCESS);
	cr_expect_eq((PVOID)thread_seen, object);
	ObDereferenceObject(object);
}

Test(event, a_system_thread_can_be_waited_for_after_its_handle_is_closed)
{
	run_thread(NULL);
	cr_expect_eq(gate_count(&done), 1);
	run_thread(&event);
	cr_expect_eq(gate_count(&done), 1);
}
