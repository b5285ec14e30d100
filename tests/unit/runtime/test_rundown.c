/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rundown protection, plain and cache-aware: who gets in, who waits, and what
 * is reported.
 */
#include "recorder.h"

#include "gate.h"

TestSuite(rundown, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static EX_RUNDOWN_REF ref;
static PEX_RUNDOWN_REF_CACHE_AWARE wide;
static struct gate done = GATE_INIT;

static void *wait_for_rundown(void *arg)
{
	(void)arg;
	ExWaitForRundownProtectionRelease(&ref);
	gate_pass(&done);
	return NULL;
}

/* Until nobody is let in any more. */
static void wait_until_closed(void)
{
	while (ExAcquireRundownProtection(&ref)) {
		ExReleaseRundownProtection(&ref);
		sched_yield();
	}
}

Test(rundown, the_owner_waits_for_the_last_user_and_lets_nobody_in)
{
	pthread_t id;

	ExInitializeRundownProtection(&ref);
	cr_expect(ExAcquireRundownProtection(&ref));
	cr_expect(ExAcquireRundownProtectionEx(&ref, 3));
	pthread_create(&id, NULL, wait_for_rundown, NULL);
	wait_until_closed();
	ExReleaseRundownProtectionEx(&ref, 3);
	cr_expect_eq(gate_count(&done), 0);
	ExReleaseRundownProtection(&ref);
	pthread_join(id, NULL);
	cr_expect_eq(gate_count(&done), 1);
	cr_expect_not(ExAcquireRundownProtection(&ref));
}

Test(rundown, an_object_nobody_uses_is_run_down_at_once_and_again)
{
	ExInitializeRundownProtection(&ref);
	ExWaitForRundownProtectionRelease(&ref);
	ExWaitForRundownProtectionRelease(&ref); /* has no effect, is no error */
	ExRundownCompleted(&ref);
	ExWaitForRundownProtectionRelease(&ref);
	cr_expect_not(ExAcquireRundownProtection(&ref));
	ExReInitializeRundownProtection(&ref);
	cr_expect(ExAcquireRundownProtection(&ref));
	ExReleaseRundownProtection(&ref);
	cr_expect_eq(recorded.count, 0);
}

Test(rundown, protection_is_taken_and_released_at_dispatch_level)
{
	KIRQL old;

	ExInitializeRundownProtection(&ref);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect(ExAcquireRundownProtection(&ref));
	ExReleaseRundownProtection(&ref);
	cr_expect_eq(recorded.count, 0);
	ExWaitForRundownProtectionRelease(&ref);
	cr_expect(violated("RS-LCK-04"));
	KeLowerIrql(old);
}

Test(rundown, RS_LCK_01_what_was_not_taken_is_not_released)
{
	ExInitializeRundownProtection(&ref);
	ExReleaseRundownProtection(&ref);
	cr_expect(violated("RS-LCK-01"));
	cr_expect(ExAcquireRundownProtection(&ref));
	ExReleaseRundownProtectionEx(&ref, 2);
	cr_expect(violated("RS-LCK-01"));
	ExReleaseRundownProtection(&ref);
	ExWaitForRundownProtectionRelease(&ref); /* returns: the count is right */
}

Test(rundown, RS_LCK_01_what_is_not_run_down_is_not_begun_anew)
{
	ExInitializeRundownProtection(&ref);
	cr_expect(ExAcquireRundownProtection(&ref));
	ExReInitializeRundownProtection(&ref);
	cr_expect(violated("RS-LCK-01"));
	ExRundownCompleted(&ref);
	cr_expect(violated("RS-LCK-01"));
	ExReleaseRundownProtection(&ref); /* its user is still known */
	cr_expect_eq(recorded.count, 0);
}

/* --------------------------------------------------- users that come and go */

struct object {
	EX_RUNDOWN_REF ref;
	_Atomic int alive;
};

static struct object *object;

static void *use_object(void *arg)
{
	struct object *o = arg;

	gate_pass(&done);
	while (ExAcquireRundownProtection(&o->ref)) {
		cr_assert_eq(o->alive, 1);
		ExReleaseRundownProtection(&o->ref);
	}
	return NULL;
}

Test(rundown, nobody_uses_an_object_that_was_run_down)
{
	pthread_t ids[3];

	for (unsigned int round = 0; round < 20; round++) {
		object = calloc(1, sizeof(*object));
		ExInitializeRundownProtection(&object->ref);
		object->alive = 1;
		for (int i = 0; i < 3; i++)
			pthread_create(&ids[i], NULL, use_object, object);
		gate_wait(&done, 3 * (round + 1));
		ExWaitForRundownProtectionRelease(&object->ref);
		object->alive = 0;
		for (int i = 0; i < 3; i++)
			pthread_join(ids[i], NULL);
		free(object);
	}
}

static void *release_last(void *arg)
{
	ExReleaseRundownProtection(arg);
	return NULL;
}

Test(rundown, the_object_may_vanish_as_soon_as_the_wait_returns)
{
	for (int i = 0; i < 500; i++) {
		EX_RUNDOWN_REF *short_lived = malloc(sizeof(*short_lived));
		pthread_t id;

		ExInitializeRundownProtection(short_lived);
		ExAcquireRundownProtection(short_lived);
		pthread_create(&id, NULL, release_last, short_lived);
		ExWaitForRundownProtectionRelease(short_lived);
		free(short_lived); /* a sanitizer sees a releaser that is not done */
		pthread_join(id, NULL);
	}
}

/* ------------------------------------------------------------ cache-aware */

static void *release_wide(void *arg)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExReleaseRundownProtectionCacheAware(arg);
	KeLowerIrql(old);
	return NULL;
}

static void *wait_wide(void *arg)
{
	ExWaitForRundownProtectionReleaseCacheAware(arg);
	gate_pass(&done);
	return NULL;
}

Test(rundown, a_cache_aware_user_may_leave_through_another_processor)
{
	pthread_t ids[4], waiter;
	KIRQL old;

	wide = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 0x74736554);
	cr_assert_not_null(wide);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect(ExAcquireRundownProtectionCacheAwareEx(wide, 4));
	KeLowerIrql(old);
	cr_expect(ExAcquireRundownProtectionCacheAware(wide));
	for (int i = 0; i < 4; i++)
		pthread_create(&ids[i], NULL, release_wide, wide);
	for (int i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	pthread_create(&waiter, NULL, wait_wide, wide);
	while (ExAcquireRundownProtectionCacheAware(wide)) {
		ExReleaseRundownProtectionCacheAware(wide);
		sched_yield();
	}
	cr_expect_eq(gate_count(&done), 0);
	ExReleaseRundownProtectionCacheAware(wide);
	pthread_join(waiter, NULL);
	ExRundownCompletedCacheAware(wide);
	cr_expect_not(ExAcquireRundownProtectionCacheAware(wide));
	ExReInitializeRundownProtectionCacheAware(wide);
	cr_expect(ExAcquireRundownProtectionCacheAware(wide));
	ExReleaseRundownProtectionCacheAware(wide);
	ExFreeCacheAwareRundownProtection(wide);
}

static _Atomic int alive;

static void *use_wide(void *arg)
{
	gate_pass(&done);
	while (ExAcquireRundownProtectionCacheAware(arg)) {
		cr_assert_eq(alive, 1);
		ExReleaseRundownProtectionCacheAware(arg);
	}
	return NULL;
}

Test(rundown, nobody_uses_a_cache_aware_object_that_was_run_down)
{
	pthread_t ids[3];

	wide = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 0x74736554);
	for (unsigned int round = 0; round < 20; round++) {
		alive = 1;
		for (int i = 0; i < 3; i++)
			pthread_create(&ids[i], NULL, use_wide, wide);
		gate_wait(&done, 3 * (round + 1));
		ExWaitForRundownProtectionReleaseCacheAware(wide);
		alive = 0;
		for (int i = 0; i < 3; i++)
			pthread_join(ids[i], NULL);
		ExReInitializeRundownProtectionCacheAware(wide);
	}
	ExFreeCacheAwareRundownProtection(wide);
}

Test(rundown, a_driver_may_bring_the_memory_if_it_is_enough)
{
	SIZE_T size = ExSizeOfRundownProtectionCacheAware();
	PEX_RUNDOWN_REF_CACHE_AWARE own = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, 0x74736554);

	ExInitializeRundownProtectionCacheAware(own, size - 1);
	cr_expect(violated("RS-MEM-02"));
	cr_expect_not(ExAcquireRundownProtectionCacheAware(own));
	ExInitializeRundownProtectionCacheAware(own, size);
	cr_expect(ExAcquireRundownProtectionCacheAware(own));
	ExReleaseRundownProtectionCacheAware(own);
	ExWaitForRundownProtectionReleaseCacheAware(own);
	ExFreePool2(own, 0x74736554, NULL, 0);
	fail_allocation(1);
	cr_expect_null(ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 0x74736554));
	fail_allocation(0);
}

Test(rundown, RS_LCK_01_a_cache_aware_object_counts_its_users)
{
	wide = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 0x74736554);
	ExReInitializeRundownProtectionCacheAware(wide);
	cr_expect(violated("RS-LCK-01"));
	ExReleaseRundownProtectionCacheAware(wide);
	ExWaitForRundownProtectionReleaseCacheAware(wide);
	cr_expect(violated("RS-LCK-01"), "released too often");
	ExRundownCompletedCacheAware(wide);
	cr_expect_eq(recorded.count, 0);
	ExFreeCacheAwareRundownProtection(wide);
}
