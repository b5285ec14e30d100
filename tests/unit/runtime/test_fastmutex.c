/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fast and guarded mutexes: exclusion, IRQL and region of the holder, the unsafe
 * forms, and what is reported.
 */
#include "recorder.h"

#include "gate.h"

TestSuite(fastmutex, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

#define ROUNDS 2000

static FAST_MUTEX mutex;
static uint64_t counter;
static struct gate done = GATE_INIT;

static void *count_fast(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		ExAcquireFastMutex(&mutex);
		counter++;
		ExReleaseFastMutex(&mutex);
	}
	return NULL;
}

static void *count_guarded(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		KeAcquireGuardedMutex(&mutex);
		counter++;
		KeReleaseGuardedMutex(&mutex);
	}
	return NULL;
}

static void *count_unsafe(void *arg)
{
	(void)arg;
	KeEnterCriticalRegion();
	for (int i = 0; i < ROUNDS; i++) {
		ExAcquireFastMutexUnsafe(&mutex);
		counter++;
		ExReleaseFastMutexUnsafe(&mutex);
	}
	KeLeaveCriticalRegion();
	return NULL;
}

static void *call(void *fn)
{
	((void (*)(void))(uintptr_t)fn)();
	return NULL;
}

static void on_other_thread(void (*fn)(void))
{
	pthread_t id;

	cr_assert_eq(pthread_create(&id, NULL, call, (void *)(uintptr_t)fn), 0);
	pthread_join(id, NULL);
}

Test(fastmutex, holders_exclude_each_other)
{
	void *(*const kinds[])(void *) = { count_fast, count_guarded, count_unsafe };
	pthread_t ids[3];

	for (size_t kind = 0; kind < 3; kind++) {
		ExInitializeFastMutex(&mutex);
		counter = 0;
		for (int i = 0; i < 3; i++)
			pthread_create(&ids[i], NULL, kinds[kind], NULL);
		for (int i = 0; i < 3; i++)
			pthread_join(ids[i], NULL);
		cr_expect_eq(counter, 3 * ROUNDS);
	}
}

Test(fastmutex, the_holder_of_a_guarded_mutex_is_in_a_guarded_region)
{
	KeInitializeGuardedMutex(&mutex);
	KeAcquireGuardedMutex(&mutex);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	cr_expect(KeAreAllApcsDisabled());
	KeReleaseGuardedMutex(&mutex);
	cr_expect_not(KeAreAllApcsDisabled());
	cr_expect(KeTryToAcquireGuardedMutex(&mutex));
	cr_expect(KeAreAllApcsDisabled());
	cr_expect_not(KeTryToAcquireGuardedMutex(&mutex), "not recursive");
	KeReleaseGuardedMutex(&mutex);
	cr_expect_not(KeAreAllApcsDisabled(), "a failed try enters no region");
}

Test(fastmutex, the_unsafe_forms_leave_irql_and_region_alone)
{
	KIRQL old;

	ExInitializeFastMutex(&mutex);
	KeEnterCriticalRegion();
	ExAcquireFastMutexUnsafe(&mutex);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	ExReleaseFastMutexUnsafe(&mutex);
	KeLeaveCriticalRegion();
	KeRaiseIrql(APC_LEVEL, &old);
	ExAcquireFastMutexUnsafe(&mutex);
	ExReleaseFastMutexUnsafe(&mutex);
	KeAcquireGuardedMutexUnsafe(&mutex);
	KeReleaseGuardedMutexUnsafe(&mutex);
	KeLowerIrql(old);
	KeEnterGuardedRegion();
	KeAcquireGuardedMutexUnsafe(&mutex);
	KeReleaseGuardedMutexUnsafe(&mutex);
	cr_expect(KeAreAllApcsDisabled());
	KeLeaveGuardedRegion();
	cr_expect_eq(recorded.count, 0);
}

static void *take_and_tell(void *arg)
{
	(void)arg;
	KeAcquireGuardedMutex(&mutex);
	gate_pass(&done);
	KeReleaseGuardedMutex(&mutex);
	return NULL;
}

Test(fastmutex, a_waiter_gets_the_mutex_when_it_is_released)
{
	pthread_t id;

	KeInitializeGuardedMutex(&mutex);
	KeAcquireGuardedMutex(&mutex);
	pthread_create(&id, NULL, take_and_tell, NULL);
	cr_expect_eq(gate_count(&done), 0);
	KeReleaseGuardedMutex(&mutex);
	gate_wait(&done, 1);
	pthread_join(id, NULL);
}

Test(fastmutex, RS_LCK_01_the_unsafe_forms_need_a_region)
{
	ExInitializeFastMutex(&mutex);
	ExAcquireFastMutexUnsafe(&mutex);
	cr_expect(violated("RS-LCK-01"));
	ExReleaseFastMutexUnsafe(&mutex);
	KeEnterCriticalRegion();
	KeAcquireGuardedMutexUnsafe(&mutex);
	cr_expect(violated("RS-LCK-01"), "a critical region is no guarded one");
	KeReleaseGuardedMutexUnsafe(&mutex);
	KeLeaveCriticalRegion();
}

static void release_all_kinds(void)
{
	ExReleaseFastMutex(&mutex);
	cr_expect(violated("RS-LCK-01"));
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	ExReleaseFastMutexUnsafe(&mutex);
	cr_expect(violated("RS-LCK-01"));
	KeReleaseGuardedMutex(&mutex);
	cr_expect(violated("RS-LCK-01"), "and no region is left");
	KeReleaseGuardedMutexUnsafe(&mutex);
	cr_expect(violated("RS-LCK-01"));
}

Test(fastmutex, RS_LCK_01_only_the_holder_releases)
{
	ExInitializeFastMutex(&mutex);
	release_all_kinds();
	ExAcquireFastMutex(&mutex);
	on_other_thread(release_all_kinds);
	ExReleaseFastMutex(&mutex);
	cr_expect_eq(recorded.count, 0);
}

Test(fastmutex, RS_IRQL_01_no_mutex_is_taken_at_dispatch_level)
{
	KIRQL old;

	ExInitializeFastMutex(&mutex);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect(ExTryToAcquireFastMutex(&mutex));
	cr_expect(violated("RS-IRQL-01"));
	ExReleaseFastMutex(&mutex);
	cr_expect(violated("RS-IRQL-01"));
	KeLowerIrql(old);
}
