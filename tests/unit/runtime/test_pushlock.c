/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Push locks: readers share, writers exclude, waiting writers hold new readers
 * off, and what is reported.
 */
#include "recorder.h"

#include "gate.h"

static void start(void)
{
	start_runtime();
	KeEnterCriticalRegion();
}

static void stop(void)
{
	KeLeaveCriticalRegion();
	stop_runtime();
}

TestSuite(pushlock, .init = start, .fini = stop, .timeout = 60);

#define ROUNDS 5000

static EX_PUSH_LOCK lock;
static uint64_t counter;
static _Atomic uint64_t seen; /* the counter as the last reader saw it */
static struct gate entered = GATE_INIT, leave = GATE_INIT;

/* Until somebody waits for the lock: the runtime marks it so (ke/pushlock.c). */
static void wait_for_waiter(void)
{
	while ((__atomic_load_n(&lock, __ATOMIC_RELAXED) & 2) == 0)
		sched_yield();
}

static void *read_until_told(void *arg)
{
	(void)arg;
	KeEnterCriticalRegion();
	ExAcquirePushLockShared(&lock);
	seen = counter;
	gate_pass(&entered);
	gate_wait(&leave, 1);
	ExReleasePushLockShared(&lock);
	KeLeaveCriticalRegion();
	return NULL;
}

static void *write_once(void *arg)
{
	(void)arg;
	KeEnterCriticalRegion();
	ExAcquirePushLockExclusive(&lock);
	counter++;
	gate_pass(&entered);
	ExReleasePushLockExclusive(&lock);
	KeLeaveCriticalRegion();
	return NULL;
}

Test(pushlock, readers_share_and_a_writer_waits_for_all_of_them)
{
	pthread_t readers[2], writer;

	ExInitializePushLock(&lock);
	for (int i = 0; i < 2; i++)
		pthread_create(&readers[i], NULL, read_until_told, NULL);
	gate_wait(&entered, 2);
	ExAcquirePushLockShared(&lock);
	ExAcquirePushLockShared(&lock); /* once more by the same thread */
	pthread_create(&writer, NULL, write_once, NULL);
	wait_for_waiter();
	ExReleasePushLockShared(&lock);
	ExReleasePushLockShared(&lock);
	cr_expect_eq(gate_count(&entered), 2);
	gate_pass(&leave);
	gate_wait(&entered, 3);
	pthread_join(writer, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	cr_expect_eq(lock, 0);
}

Test(pushlock, a_writer_that_waits_holds_new_readers_off)
{
	pthread_t reader, writer;

	ExInitializePushLock(&lock);
	ExAcquirePushLockShared(&lock);
	pthread_create(&writer, NULL, write_once, NULL);
	wait_for_waiter();
	gate_pass(&leave);
	pthread_create(&reader, NULL, read_until_told, NULL);
	for (int i = 0; i < 1000; i++)
		sched_yield();
	cr_expect_eq(gate_count(&entered), 0);
	ExReleasePushLockShared(&lock);
	gate_wait(&entered, 2);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	cr_expect_eq(seen, 1, "the writer came first");
	cr_expect_eq(lock, 0);
}

Test(pushlock, readers_that_waited_for_a_writer_enter_together)
{
	pthread_t readers[3];

	ExInitializePushLock(&lock);
	ExAcquirePushLockExclusive(&lock);
	for (int i = 0; i < 3; i++)
		pthread_create(&readers[i], NULL, read_until_told, NULL);
	wait_for_waiter();
	cr_expect_eq(gate_count(&entered), 0);
	ExReleasePushLockExclusive(&lock);
	gate_wait(&entered, 3); /* none leaves before all are in */
	gate_pass(&leave);
	for (int i = 0; i < 3; i++)
		pthread_join(readers[i], NULL);
	cr_expect_eq(lock, 0);
}

static void *mixed(void *arg)
{
	(void)arg;
	KeEnterCriticalRegion();
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before;

		ExAcquirePushLockShared(&lock);
		before = counter;
		cr_expect_eq(counter, before);
		ExReleasePushLockShared(&lock);
		ExAcquirePushLockExclusive(&lock);
		counter++;
		ExReleasePushLockExclusive(&lock);
	}
	KeLeaveCriticalRegion();
	return NULL;
}

Test(pushlock, a_writer_excludes_readers_and_writers)
{
	pthread_t ids[4];

	ExInitializePushLock(&lock);
	for (int i = 0; i < 4; i++)
		pthread_create(&ids[i], NULL, mixed, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(counter, 4 * ROUNDS);
	cr_expect_eq(lock, 0);
}

Test(pushlock, locks_that_are_waited_for_at_once_do_not_mix)
{
	EX_PUSH_LOCK other;
	pthread_t writer;

	ExInitializePushLock(&lock);
	ExInitializePushLock(&other);
	ExAcquirePushLockExclusive(&lock);
	pthread_create(&writer, NULL, write_once, NULL);
	wait_for_waiter();
	ExAcquirePushLockExclusive(&other);
	ExReleasePushLockExclusive(&other);
	cr_expect_eq(gate_count(&entered), 0);
	ExReleasePushLockExclusive(&lock);
	pthread_join(writer, NULL);
	cr_expect_eq(lock, 0);
}

Test(pushlock, RS_LCK_01_a_push_lock_is_released_as_it_was_acquired)
{
	ExInitializePushLock(&lock);
	ExReleasePushLockShared(&lock);
	cr_expect(violated("RS-LCK-01"));
	ExReleasePushLockExclusive(&lock);
	cr_expect(violated("RS-LCK-01"));
	ExAcquirePushLockExclusive(&lock);
	ExReleasePushLockShared(&lock);
	cr_expect(violated("RS-LCK-01"));
	ExReleasePushLockExclusive(&lock);
	ExAcquirePushLockShared(&lock);
	ExReleasePushLockExclusive(&lock);
	cr_expect(violated("RS-LCK-01"));
	ExReleasePushLockShared(&lock);
	cr_expect_eq(lock, 0);
}

static void *release_foreign(void *arg)
{
	(void)arg;
	KeEnterCriticalRegion();
	ExReleasePushLockExclusive(&lock);
	KeLeaveCriticalRegion();
	return NULL;
}

Test(pushlock, RS_LCK_01_another_thread_does_not_release_the_writers_lock)
{
	pthread_t id;

	ExInitializePushLock(&lock);
	ExAcquirePushLockExclusive(&lock);
	pthread_create(&id, NULL, release_foreign, NULL);
	pthread_join(id, NULL);
	cr_expect(violated("RS-LCK-01"));
	ExReleasePushLockExclusive(&lock);
	cr_expect_eq(lock, 0);
}

Test(pushlock, RS_LCK_01_a_push_lock_needs_a_critical_region)
{
	ExInitializePushLock(&lock);
	KeLeaveCriticalRegion();
	ExAcquirePushLockShared(&lock);
	cr_expect(violated("RS-LCK-01"));
	KeEnterCriticalRegion();
	ExReleasePushLockShared(&lock);
}

Test(pushlock, RS_LCK_04_a_push_lock_is_not_for_dispatch_level)
{
	KIRQL old;

	ExInitializePushLock(&lock);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExAcquirePushLockExclusive(&lock);
	cr_expect(violated("RS-LCK-04"));
	KeLowerIrql(old);
	ExReleasePushLockExclusive(&lock);
}
