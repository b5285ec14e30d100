/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Executive resources: who gets in and who waits, recursion, conversion, owner
 * pointers, and what is reported.
 */
#include "recorder.h"

#include "gate.h"

static ERESOURCE r;
static struct gate entered = GATE_INIT, leave = GATE_INIT;

static void start(void)
{
	start_runtime();
	KeEnterCriticalRegion();
	cr_assert_eq(ExInitializeResourceLite(&r), STATUS_SUCCESS);
}

static void stop(void)
{
	cr_expect_eq(ExDeleteResourceLite(&r), STATUS_SUCCESS);
	KeLeaveCriticalRegion();
	stop_runtime();
}

TestSuite(resource, .init = start, .fini = stop, .timeout = 60);

#define ROUNDS 2000

static uint64_t counter;
static _Atomic uint64_t seen;

static void wait_for_waiters(ULONG exclusive, ULONG shared)
{
	while (ExGetExclusiveWaiterCount(&r) != exclusive || ExGetSharedWaiterCount(&r) != shared)
		sched_yield();
}

static void *write_once(void *arg)
{
	(void)arg;
	KeEnterCriticalRegion();
	ExAcquireResourceExclusiveLite(&r, TRUE);
	counter++;
	gate_pass(&entered);
	ExReleaseResourceLite(&r);
	KeLeaveCriticalRegion();
	return NULL;
}

static void *read_until_told(void *arg)
{
	(void)arg;
	KeEnterCriticalRegion();
	ExAcquireResourceSharedLite(&r, TRUE);
	seen = counter;
	gate_pass(&entered);
	gate_wait(&leave, 1);
	ExReleaseResourceLite(&r);
	KeLeaveCriticalRegion();
	return NULL;
}

/* What another thread gets without waiting: bit 0 exclusive, 1 shared, 2 shared
 * ahead of writers, 3 shared behind them. */
static void *try_all(void *arg)
{
	BOOLEAN (*const acquire[])(PERESOURCE, BOOLEAN) = {
		ExAcquireResourceExclusiveLite, ExAcquireResourceSharedLite,
		ExAcquireSharedStarveExclusive, ExAcquireSharedWaitForExclusive,
	};
	unsigned int *got = arg;

	KeEnterCriticalRegion();
	for (unsigned int i = 0; i < 4; i++) {
		if (!acquire[i](&r, FALSE))
			continue;
		*got |= 1U << i;
		ExReleaseResourceLite(&r);
	}
	KeLeaveCriticalRegion();
	return NULL;
}

static unsigned int others_get(void)
{
	unsigned int got = 0;
	pthread_t id;

	cr_assert_eq(pthread_create(&id, NULL, try_all, &got), 0);
	pthread_join(id, NULL);
	return got;
}

Test(resource, readers_share_and_a_writer_is_alone)
{
	cr_expect_eq(others_get(), 15);
	cr_expect(ExAcquireResourceSharedLite(&r, FALSE));
	cr_expect_eq(others_get(), 14);
	cr_expect_not(ExIsResourceAcquiredExclusiveLite(&r));
	cr_expect_eq(ExIsResourceAcquiredSharedLite(&r), 1);
	ExReleaseResourceLite(&r);
	cr_expect(ExAcquireResourceExclusiveLite(&r, FALSE));
	cr_expect_eq(others_get(), 0);
	cr_expect(ExIsResourceAcquiredExclusiveLite(&r));
	ExReleaseResourceLite(&r);
	cr_expect_eq(ExIsResourceAcquiredSharedLite(&r), 0);
}

Test(resource, the_owner_gets_it_again_in_the_way_it_has_it)
{
	ExAcquireResourceExclusiveLite(&r, TRUE);
	cr_expect(ExAcquireResourceExclusiveLite(&r, TRUE));
	cr_expect(ExAcquireResourceSharedLite(&r, TRUE), "exclusively");
	cr_expect_eq(ExIsResourceAcquiredSharedLite(&r), 3);
	ExReleaseResourceLite(&r);
	ExReleaseResourceLite(&r);
	cr_expect_eq(others_get(), 0);
	ExReleaseResourceLite(&r);
	ExAcquireResourceSharedLite(&r, TRUE);
	cr_expect_not(ExAcquireResourceExclusiveLite(&r, FALSE), "no way from shared");
	ExReleaseResourceLite(&r);
}

Test(resource, waiting_writers_hold_new_readers_off_but_not_all)
{
	pthread_t writer, reader;

	ExAcquireResourceSharedLite(&r, TRUE);
	pthread_create(&writer, NULL, write_once, NULL);
	wait_for_waiters(1, 0);
	cr_expect_eq(others_get(), 4, "only what starves writers");
	cr_expect(ExAcquireResourceSharedLite(&r, FALSE), "its owner is let in again");
	cr_expect_not(ExAcquireSharedWaitForExclusive(&r, FALSE), "but not this way");
	ExReleaseResourceLite(&r);
	gate_pass(&leave);
	pthread_create(&reader, NULL, read_until_told, NULL);
	wait_for_waiters(1, 1);
	cr_expect_eq(gate_count(&entered), 0);
	ExReleaseResourceLite(&r);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	cr_expect_eq(seen, 1, "the writer came first");
}

Test(resource, more_readers_than_it_has_room_for_enter_together)
{
	pthread_t readers[3 * NRT_RESOURCE_OWNERS];
	unsigned int n = RTL_NUMBER_OF(readers);

	ExAcquireResourceExclusiveLite(&r, TRUE);
	for (unsigned int i = 0; i < n; i++)
		pthread_create(&readers[i], NULL, read_until_told, NULL);
	wait_for_waiters(0, n);
	cr_expect_eq(gate_count(&entered), 0);
	ExReleaseResourceLite(&r);
	gate_wait(&entered, n); /* none leaves before all are in */
	gate_pass(&leave);
	for (unsigned int i = 0; i < n; i++)
		pthread_join(readers[i], NULL);
	cr_expect_eq(others_get(), 15);
}

Test(resource, a_conversion_lets_all_waiting_readers_in)
{
	pthread_t readers[2], writer;

	ExAcquireResourceExclusiveLite(&r, TRUE);
	pthread_create(&readers[0], NULL, read_until_told, NULL);
	wait_for_waiters(0, 1);
	pthread_create(&writer, NULL, write_once, NULL);
	wait_for_waiters(1, 1);
	pthread_create(&readers[1], NULL, read_until_told, NULL);
	wait_for_waiters(1, 2);
	ExConvertExclusiveToSharedLite(&r);
	gate_wait(&entered, 2);
	cr_expect_not(ExIsResourceAcquiredExclusiveLite(&r));
	cr_expect_eq(ExGetExclusiveWaiterCount(&r), 1);
	ExReleaseResourceLite(&r);
	gate_pass(&leave);
	for (int i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	pthread_join(writer, NULL);
	cr_expect_eq(counter, 1);
}

static void *mixed(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before;

		KeEnterCriticalRegion();
		ExAcquireResourceSharedLite(&r, TRUE);
		before = counter;
		cr_expect_eq(counter, before);
		ExReleaseResourceLite(&r);
		KeLeaveCriticalRegion();
		cr_expect_eq(ExEnterCriticalRegionAndAcquireResourceExclusive(&r),
			     (PVOID)KeGetCurrentThread());
		counter++;
		ExReleaseResourceAndLeaveCriticalRegion(&r);
		cr_expect_not(KeAreApcsDisabled());
	}
	return NULL;
}

Test(resource, a_writer_excludes_readers_and_writers)
{
	pthread_t ids[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&ids[i], NULL, mixed, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(counter, 4 * ROUNDS);
	cr_expect_eq(recorded.count, 0);
}

static ULONG_PTR owner_storage;

static void *release_for_owner(void *arg)
{
	KeEnterCriticalRegion();
	ExReleaseResourceForThreadLite(&r, (ERESOURCE_THREAD)arg);
	KeLeaveCriticalRegion();
	return NULL;
}

Test(resource, an_owner_pointer_lets_another_thread_release)
{
	PVOID owner = (PVOID)((ULONG_PTR)&owner_storage | 3);
	pthread_t id;

	ExAcquireResourceExclusiveLite(&r, TRUE);
	ExSetResourceOwnerPointerEx(&r, owner, 0);
	cr_expect_not(ExIsResourceAcquiredExclusiveLite(&r));
	cr_expect_eq(others_get(), 0);
	pthread_create(&id, NULL, release_for_owner, owner);
	pthread_join(id, NULL);
	cr_expect_eq(others_get(), 15);

	ExAcquireResourceSharedLite(&r, TRUE);
	ExSetResourceOwnerPointer(&r, owner);
	ExAcquireResourceSharedLite(&r, TRUE);
	ExSetResourceOwnerPointer(&r, owner); /* twice under one pointer */
	ExReleaseResourceForThreadLite(&r, (ERESOURCE_THREAD)owner);
	cr_expect_eq(others_get(), 14);
	ExReleaseResourceForThreadLite(&r, (ERESOURCE_THREAD)owner);
	cr_expect_eq(others_get(), 15);
	cr_expect_eq(recorded.count, 0);
}

Test(resource, without_memory_for_an_owner_a_try_fails_and_a_wait_goes_on)
{
	pthread_t readers[NRT_RESOURCE_OWNERS];

	for (int i = 0; i < NRT_RESOURCE_OWNERS; i++)
		pthread_create(&readers[i], NULL, read_until_told, NULL);
	gate_wait(&entered, NRT_RESOURCE_OWNERS);
	fail_allocation(1);
	cr_expect_not(ExAcquireResourceSharedLite(&r, FALSE));
	fail_allocation(1);
	cr_expect(ExAcquireResourceSharedLite(&r, TRUE));
	fail_allocation(0);
	ExReleaseResourceLite(&r);
	gate_pass(&leave);
	for (int i = 0; i < NRT_RESOURCE_OWNERS; i++)
		pthread_join(readers[i], NULL);
}

Test(resource, RS_LCK_01_only_an_owner_releases_and_converts)
{
	ExReleaseResourceLite(&r);
	cr_expect(violated("RS-LCK-01"));
	ExReleaseResourceForThreadLite(&r, 0);
	cr_expect(violated("RS-LCK-01"));
	ExAcquireResourceSharedLite(&r, TRUE);
	ExConvertExclusiveToSharedLite(&r);
	cr_expect(violated("RS-LCK-01"));
	ExSetResourceOwnerPointerEx(&r, &owner_storage, 0);
	cr_expect(violated("RS-LCK-01"), "the lowest bits are not set");
	ExReleaseResourceLite(&r);
	ExSetResourceOwnerPointerEx(&r, (PVOID)((ULONG_PTR)&owner_storage | 3), 0);
	cr_expect(violated("RS-LCK-01"));
}

Test(resource, RS_LCK_01_a_held_resource_is_not_deleted)
{
	ERESOURCE other;

	ExInitializeResourceLite(&other);
	ExAcquireResourceSharedLite(&other, TRUE);
	ExReinitializeResourceLite(&other);
	cr_expect(violated("RS-LCK-01"));
	cr_expect_eq(ExIsResourceAcquiredSharedLite(&other), 0);
	ExAcquireResourceSharedLite(&other, TRUE);
	ExDeleteResourceLite(&other);
	cr_expect(violated("RS-LCK-01"));
}

Test(resource, RS_LCK_01_a_resource_is_acquired_inside_a_critical_region)
{
	KeLeaveCriticalRegion();
	ExAcquireResourceExclusiveLite(&r, TRUE);
	cr_expect(violated("RS-LCK-01"));
	ExReleaseResourceLite(&r);
	KeEnterCriticalRegion();
}

Test(resource, RS_IRQL_01_a_resource_is_acquired_below_dispatch_level)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExAcquireResourceSharedLite(&r, FALSE);
	cr_expect(violated("RS-IRQL-01"));
	ExReleaseResourceLite(&r);
	cr_expect_eq(recorded.count, 0);
	KeLowerIrql(old);
}
