/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads: the processors they run on by a driver's wish, their priority, time and
 * stack.
 */
#include "recorder.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gate.h"
#include "ke/processor.h"

TestSuite(thread, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static struct gate started = GATE_INIT;
static struct gate go_on = GATE_INIT;

/* -------------------------------------------------------------- affinity */

Test(thread, a_thread_runs_on_each_processor_it_asks_for)
{
	KAFFINITY before;
	KIRQL old;

	for (ULONG i = 0; i < nrt_processor_count(); i++) {
		before = KeSetSystemAffinityThreadEx((KAFFINITY)1 << i);
		cr_expect_eq(before, i == 0 ? 0 : (KAFFINITY)1 << (i - 1));
		cr_expect_eq(KeGetCurrentProcessorIndex(), i);
		KeRaiseIrql(DISPATCH_LEVEL, &old);
		cr_expect_eq(KeGetCurrentProcessorIndex(), i);
		KeLowerIrql(old);
		cr_expect_eq(KeGetCurrentProcessorIndex(), i);
	}
	KeRevertToUserAffinityThreadEx(0);
	cr_expect_eq(KeGetCurrentProcessorIndex(), 0);
	KeSetSystemAffinityThread(4);
	cr_expect_eq(KeSetSystemAffinityThreadEx(8), 4);
	KeRevertToUserAffinityThread();
	cr_expect_eq(KeSetSystemAffinityThreadEx(8), 0);
}

Test(thread, a_mask_of_processors_that_are_not_there_changes_nothing)
{
	KAFFINITY outside = (KAFFINITY)1 << nrt_processor_count();

	KeSetSystemAffinityThreadEx(4);
	cr_expect_eq(KeSetSystemAffinityThreadEx(outside | 2), 0);
	cr_expect_eq(KeSetSystemAffinityThreadEx(0), 0);
	KeRevertToUserAffinityThreadEx(outside);
	cr_expect_eq(KeGetCurrentProcessorIndex(), 2);
	cr_expect_eq(KeSetSystemAffinityThreadEx(2), 4);
}

Test(thread, at_dispatch_level_the_change_waits_for_the_irql)
{
	ULONG here;
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	here = KeGetCurrentProcessorIndex();
	cr_assert_neq(here, 3);
	KeSetSystemAffinityThreadEx(8);
	cr_expect_eq(KeGetCurrentProcessorIndex(), here);
	KeLowerIrql(old);
	cr_expect_eq(KeGetCurrentProcessorIndex(), 3);
}

/* The owner of a processor, and who borrows it, are never there at once. */
static unsigned int inside, overlaps;

static void be_there(void)
{
	overlaps += __atomic_fetch_add(&inside, 1, __ATOMIC_ACQ_REL) != 0;
	sched_yield();
	__atomic_fetch_sub(&inside, 1, __ATOMIC_ACQ_REL);
}

static void on_worker(void *arg)
{
	(void)arg;
	be_there();
}

static VOID on_service(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)dpc;
	(void)context;
	(void)argument1;
	(void)argument2;
	be_there();
}

static void *borrow(void *mask)
{
	KIRQL old;

	KeSetSystemAffinityThreadEx(*(KAFFINITY *)mask);
	for (int i = 0; i < 200; i++) {
		KeRaiseIrql(DISPATCH_LEVEL, &old);
		be_there();
		KeLowerIrql(old);
	}
	return NULL;
}

static void borrowers(pthread_t id[3], KAFFINITY *mask)
{
	for (int i = 0; i < 3; i++)
		pthread_create(&id[i], NULL, borrow, mask);
}

static void join(pthread_t id[3])
{
	for (int i = 0; i < 3; i++)
		pthread_join(id[i], NULL);
	cr_expect_eq(overlaps, 0);
}

Test(thread, nothing_runs_on_a_workers_processor_that_is_lent)
{
	KAFFINITY mask = 1;
	pthread_t id[3];

	borrowers(id, &mask);
	for (int i = 0; i < 200; i++)
		nrt_worker_call(0, on_worker, NULL);
	join(id);
}

Test(thread, nothing_runs_on_the_service_processor_that_is_lent)
{
	KAFFINITY mask = (KAFFINITY)1 << nrt_processor_service();
	pthread_t id[3];
	KDPC dpc;

	KeInitializeDpc(&dpc, on_service, NULL);
	borrowers(id, &mask);
	for (int i = 0; i < 200; i++) {
		KeInsertQueueDpc(&dpc, NULL, NULL);
		KeFlushQueuedDpcs();
	}
	join(id);
}

Test(thread, nothing_runs_twice_on_a_control_processor)
{
	KAFFINITY mask = (KAFFINITY)1 << 5;
	pthread_t id[3];

	borrowers(id, &mask);
	join(id);
}

/* -------------------------------------------------------------- priority */

static int niceness(void)
{
	errno = 0;
	return getpriority(PRIO_PROCESS, (id_t)gettid());
}

Test(thread, a_priority_is_what_was_set_last)
{
	PKTHREAD self = KeGetCurrentThread();

	cr_expect_eq(KeQueryPriorityThread(self), 8);
	cr_expect_eq(KeSetPriorityThread(self, LOW_REALTIME_PRIORITY), 8);
	cr_expect_eq(KeQueryPriorityThread(self), LOW_REALTIME_PRIORITY);
	cr_expect_eq(KeSetBasePriorityThread(self, 2), 8);
	cr_expect_eq(KeQueryPriorityThread(self), 10);
	cr_expect_eq(KeSetBasePriorityThread(self, 100), 2);
	cr_expect_eq(KeQueryPriorityThread(self), 15, "not across to the real-time class");
	cr_expect_eq(KeSetBasePriorityThread(self, -100), 7);
	cr_expect_eq(KeQueryPriorityThread(self), 1);
	if (geteuid() == 0)
		cr_expect_eq(niceness(), 14);
	cr_expect_eq(KeSetPriorityThread(self, 8), 1);
	cr_expect_eq(niceness(), 0);
}

Test(thread, RS_IRQL_01_a_priority_that_no_thread_can_have_is_reported)
{
	PKTHREAD self = KeGetCurrentThread();

	cr_expect_eq(KeSetPriorityThread(self, LOW_PRIORITY), 8);
	cr_expect(violated("RS-IRQL-01"));
	cr_expect_eq(KeSetPriorityThread(self, HIGH_PRIORITY + 1), 8);
	cr_expect(violated("RS-IRQL-01"));
	cr_expect_eq(KeQueryPriorityThread(self), 8);
}

/* ------------------------------------------------------------------ time */

static VOID work(PVOID context)
{
	ULONG user = 1;

	while (KeQueryRuntimeThread(KeGetCurrentThread(), &user) < 5)
		;
	*(KPRIORITY *)context = KeQueryPriorityThread(KeGetCurrentThread());
	gate_pass(&started);
	gate_wait(&go_on, 1);
}

Test(thread, a_system_threads_time_can_be_asked_for_also_when_it_is_over)
{
	PVOID object;
	HANDLE handle;
	ULONG user = 1, ran;
	ULONG64 stamp = 0, now = KeQueryInterruptTime() * 100;
	KPRIORITY seen = 0;

	cr_assert_eq(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, work,
					  &seen), STATUS_SUCCESS);
	cr_assert_eq(ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &object,
					       NULL), STATUS_SUCCESS);
	ZwClose(handle);
	gate_wait(&started, 1);
	cr_expect_eq(seen, 8);
	cr_expect_geq(KeQueryRuntimeThread(object, &user), 5);
	cr_expect_eq(user, 0);
	cr_expect_eq(KeSetPriorityThread(object, 9), 8);
	cr_expect_eq(KeQueryPriorityThread(object), 9);
	gate_pass(&go_on);
	KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
	ran = KeQueryRuntimeThread(object, &user);
	cr_expect_geq(ran, 5);
	cr_expect_geq(KeQueryTotalCycleTimeThread(object, &stamp), 5 * 1000000);
	cr_expect_eq(KeQueryRuntimeThread(object, &user), ran, "it runs no more");
	cr_expect_geq(stamp, now);
	ObDereferenceObject(object);
}

Test(thread, the_callers_own_time_and_process_are_told)
{
	ULONG user;
	ULONG64 stamp, before = KeQueryTotalCycleTimeThread(KeGetCurrentThread(), &stamp);

	while (KeQueryTotalCycleTimeThread(KeGetCurrentThread(), &stamp) == before)
		;
	cr_expect_geq(KeQueryRuntimeThread(KeGetCurrentThread(), &user), before / 1000000);
	cr_expect_eq(PsTerminateSystemThread(STATUS_SUCCESS), STATUS_INVALID_PARAMETER);
	cr_expect_eq((ULONG_PTR)PsGetCurrentProcessId(), (ULONG_PTR)getpid());
}

/* ----------------------------------------------------------------- stack */

static __attribute__((noinline)) ULONG_PTR deeper(volatile char *from)
{
	volatile char room[20000];

	room[0] = *from;
	room[sizeof(room) - 1] = room[0];
	return IoGetRemainingStackSize() + (ULONG_PTR)(room[sizeof(room) - 1] != *from);
}

static void *check_stack(void *arg)
{
	ULONG_PTR low, high, left = IoGetRemainingStackSize();
	volatile char here = 0;

	(void)arg;
	IoGetStackLimits(&low, &high);
	cr_expect_lt(low, (ULONG_PTR)__builtin_frame_address(0));
	cr_expect_gt(high, (ULONG_PTR)__builtin_frame_address(0));
	cr_expect_leq(left, high - low);
	cr_expect_eq((ULONG_PTR)IoGetInitialStack(), high);
	cr_expect_leq(deeper(&here) + 20000, left);
	return (void *)low;
}

Test(thread, each_thread_has_a_stack_of_its_own)
{
	void *mine = check_stack(NULL), *other;
	pthread_t id;

	pthread_create(&id, NULL, check_stack, NULL);
	pthread_join(id, &other);
	cr_expect_neq(mine, other);
}

Test(thread, the_version_is_that_of_rtlgetversion)
{
	RTL_OSVERSIONINFOW v = { .dwOSVersionInfoSize = sizeof(v) };
	UNICODE_STRING pack = { .Length = 2 };
	ULONG major, minor, build;

	RtlGetVersion(&v);
	cr_expect_not(PsGetVersion(&major, &minor, &build, &pack));
	cr_expect_eq(major, v.dwMajorVersion);
	cr_expect_eq(minor, v.dwMinorVersion);
	cr_expect_eq(build, v.dwBuildNumber);
	cr_expect_eq(pack.Length, 0);
	cr_expect_not(PsGetVersion(NULL, NULL, NULL, NULL));
}
