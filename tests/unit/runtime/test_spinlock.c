/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spin locks, reader-writer locks, IRQL and emulated processors. Rules
 * RS-LCK-01 to RS-LCK-03 and RS-IRQL-01.
 */
#include "recorder.h"

#include "gate.h"
#include "ke/processor.h"
#include "ke/spinlock.h"
#include "thread.h"

TestSuite(spinlock, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

#define THREADS 4
#define ROUNDS 20000

static KSPIN_LOCK kernel_lock;
static NDIS_SPIN_LOCK ndis_lock;
static uint64_t counter;

static void *count_under_lock(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		KIRQL old;

		KeAcquireSpinLock(&kernel_lock, &old);
		counter++;
		KeReleaseSpinLock(&kernel_lock, old);
	}
	return NULL;
}

static void run_threads(void *(*fn)(void *), int n)
{
	pthread_t ids[32];

	for (int i = 0; i < n; i++)
		cr_assert_eq(pthread_create(&ids[i], NULL, fn, NULL), 0);
	for (int i = 0; i < n; i++)
		pthread_join(ids[i], NULL);
}

Test(spinlock, holders_exclude_each_other)
{
	KeInitializeSpinLock(&kernel_lock);
	run_threads(count_under_lock, THREADS);
	cr_expect_eq(counter, THREADS * ROUNDS);
}

Test(spinlock, acquiring_raises_to_dispatch_level_and_releasing_restores)
{
	KIRQL old;

	NdisAllocateSpinLock(&ndis_lock);
	NdisAcquireSpinLock(&ndis_lock);
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	NdisReleaseSpinLock(&ndis_lock);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);

	KeRaiseIrql(APC_LEVEL, &old);
	NdisAcquireSpinLock(&ndis_lock);
	NdisReleaseSpinLock(&ndis_lock);
	cr_expect_eq(KeGetCurrentIrql(), APC_LEVEL);
	KeLowerIrql(old);
	NdisFreeSpinLock(&ndis_lock);
}

Test(spinlock, the_thread_counts_the_locks_it_holds)
{
	KSPIN_LOCK inner;
	KIRQL outer_irql, inner_irql;

	KeInitializeSpinLock(&kernel_lock);
	KeInitializeSpinLock(&inner);
	KeAcquireSpinLock(&kernel_lock, &outer_irql);
	KeAcquireSpinLock(&inner, &inner_irql);
	cr_expect_eq(nrt_self.locks, 2);
	cr_expect_eq(inner_irql, DISPATCH_LEVEL);
	KeReleaseSpinLock(&inner, inner_irql);
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	KeReleaseSpinLock(&kernel_lock, outer_irql);
	cr_expect_eq(nrt_self.locks, 0);
}

Test(spinlock, a_lock_that_is_held_cannot_be_tried)
{
	KIRQL old;

	KeInitializeSpinLock(&kernel_lock);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect(KeTryToAcquireSpinLockAtDpcLevel(&kernel_lock));
	cr_expect_not(KeTryToAcquireSpinLockAtDpcLevel(&kernel_lock));
	cr_expect_not(KeTestSpinLock(&kernel_lock));
	KeReleaseSpinLockFromDpcLevel(&kernel_lock);
	cr_expect(KeTestSpinLock(&kernel_lock));
	KeLowerIrql(old);
}

static struct gate acquired = GATE_INIT;

static void *acquire_once(void *arg)
{
	KIRQL old;

	(void)arg;
	KeAcquireSpinLock(&kernel_lock, &old);
	gate_pass(&acquired);
	KeReleaseSpinLock(&kernel_lock, old);
	return NULL;
}

Test(spinlock, a_spin_on_a_preempted_holder_yields_and_is_counted)
{
	uint64_t before = nrt_spin_yields();
	pthread_t id;
	KIRQL old;

	KeInitializeSpinLock(&kernel_lock);
	KeAcquireSpinLock(&kernel_lock, &old);
	pthread_create(&id, NULL, acquire_once, NULL);
	while (nrt_spin_yields() == before)
		sched_yield();
	cr_expect_eq(gate_count(&acquired), 0);
	KeReleaseSpinLock(&kernel_lock, old);
	pthread_join(id, NULL);
	cr_expect_eq(gate_count(&acquired), 1);
}

Test(spinlock, queued_locks_restore_the_irql_they_were_taken_at)
{
	KLOCK_QUEUE_HANDLE handle;

	KeInitializeSpinLock(&kernel_lock);
	KeAcquireInStackQueuedSpinLock(&kernel_lock, &handle);
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	cr_expect_not(KeTestSpinLock(&kernel_lock));
	KeReleaseInStackQueuedSpinLock(&handle);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	cr_expect(KeTestSpinLock(&kernel_lock));
}

/* ------------------------------------------------------------ violations */

Test(spinlock, RS_LCK_01_releasing_a_lock_that_is_not_held_is_reported)
{
	NdisAllocateSpinLock(&ndis_lock);
	NdisReleaseSpinLock(&ndis_lock);
	cr_expect(violated("RS-LCK-01"));
	KeInitializeSpinLock(&kernel_lock);
	KeReleaseSpinLock(&kernel_lock, PASSIVE_LEVEL);
	cr_expect(violated("RS-LCK-01"));
	cr_expect_eq(nrt_self.locks, 0);
}

static void *release_foreign(void *arg)
{
	(void)arg;
	NdisReleaseSpinLock(&ndis_lock);
	return NULL;
}

Test(spinlock, RS_LCK_01_releasing_another_threads_lock_is_reported_and_keeps_it)
{
	NdisAllocateSpinLock(&ndis_lock);
	NdisAcquireSpinLock(&ndis_lock);
	run_threads(release_foreign, 1);
	cr_expect(violated("RS-LCK-01"));
	cr_expect_not(KeTestSpinLock(&ndis_lock.SpinLock));
	NdisReleaseSpinLock(&ndis_lock);
}

Test(spinlock, RS_LCK_01_acquire_pairs_with_release_and_dpr_with_dpr)
{
	KIRQL old;

	NdisAllocateSpinLock(&ndis_lock);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisDprAcquireSpinLock(&ndis_lock);
	NdisReleaseSpinLock(&ndis_lock);
	cr_expect(violated("RS-LCK-01"));
	NdisAcquireSpinLock(&ndis_lock);
	NdisDprReleaseSpinLock(&ndis_lock);
	cr_expect(violated("RS-LCK-01"));
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	KeLowerIrql(old);
}

Test(spinlock, RS_LCK_01_freeing_a_held_lock_is_reported)
{
	NdisAllocateSpinLock(&ndis_lock);
	NdisAcquireSpinLock(&ndis_lock);
	NdisFreeSpinLock(&ndis_lock);
	cr_expect(violated("RS-LCK-01"));
	NdisReleaseSpinLock(&ndis_lock);
}

Test(spinlock, RS_LCK_01_lowering_the_irql_with_a_lock_held_is_reported)
{
	KIRQL old;

	KeInitializeSpinLock(&kernel_lock);
	KeAcquireSpinLock(&kernel_lock, &old);
	KeLowerIrql(PASSIVE_LEVEL);
	cr_expect(violated("RS-LCK-01"));
	KeReleaseSpinLock(&kernel_lock, old);
}

Test(spinlock, RS_LCK_02_dpr_forms_need_dispatch_level)
{
	NdisAllocateSpinLock(&ndis_lock);
	NdisDprAcquireSpinLock(&ndis_lock);
	cr_expect(violated("RS-LCK-02"));
	NdisDprReleaseSpinLock(&ndis_lock);
	cr_expect(violated("RS-LCK-02"));
}

Test(spinlock, RS_IRQL_01_raising_down_and_lowering_up_are_reported)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KfRaiseIrql(PASSIVE_LEVEL);
	cr_expect(violated("RS-IRQL-01"));
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	KeLowerIrql(old);
	KeLowerIrql(DISPATCH_LEVEL);
	cr_expect(violated("RS-IRQL-01"));
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ------------------------------------------------------------ processors */

static struct gate at_dispatch = GATE_INIT;
static struct gate go_on = GATE_INIT;
static _Atomic uint64_t seen;      /* bit n: processor n was held */
static _Atomic unsigned int twice; /* threads that found it held already */

static void *hold_processor(void *arg)
{
	KIRQL old;
	uint64_t bit;

	(void)arg;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	bit = UINT64_C(1) << KeGetCurrentProcessorIndex();
	twice += (seen & bit) != 0;
	seen |= bit;
	gate_pass(&at_dispatch);
	gate_wait(&go_on, 1);
	seen &= ~bit;
	KeLowerIrql(old);
	return NULL;
}

Test(spinlock, threads_at_dispatch_level_hold_different_processors)
{
	pthread_t ids[NRT_CONTROL_PROCESSORS + 2];
	unsigned int n = NRT_CONTROL_PROCESSORS;

	for (unsigned int i = 0; i < n + 2; i++)
		pthread_create(&ids[i], NULL, hold_processor, NULL);
	gate_wait(&at_dispatch, n);
	/* All are taken, none by the worker's or the service thread's number. */
	cr_expect_eq(seen, ((UINT64_C(1) << n) - 1) << 1);
	gate_pass(&go_on);
	gate_wait(&at_dispatch, n + 2); /* those that had to wait came through */
	for (unsigned int i = 0; i < n + 2; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(twice, 0);
	cr_expect_eq(nrt_self.processor, NRT_NO_PROCESSOR);
}

Test(spinlock, processor_counts_cover_every_number_a_thread_may_have)
{
	ULONG n = KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS);
	PROCESSOR_NUMBER number;

	cr_expect_eq(n, 1 + NRT_CONTROL_PROCESSORS + 1);
	cr_expect_eq(NdisSystemProcessorCount(), (CCHAR)n);
	cr_expect_eq(NdisGroupActiveProcessorCount(0), n);
	cr_expect_eq(NdisGroupActiveProcessorMask(0), (1UL << n) - 1);
	cr_expect_eq(NdisMaxGroupCount(), 1);
	for (ULONG i = 0; i < n; i++) {
		cr_expect_eq(KeGetProcessorNumberFromIndex(i, &number), STATUS_SUCCESS);
		cr_expect_eq(KeGetProcessorIndexFromNumber(&number), i);
	}
	cr_expect_eq(KeGetProcessorNumberFromIndex(n, &number), STATUS_INVALID_PARAMETER);
}

/* --------------------------------------------------- reader-writer locks */

static PNDIS_RW_LOCK_EX rw;
static struct gate reading = GATE_INIT;

static void *read_until_told(void *arg)
{
	LOCK_STATE_EX state;

	(void)arg;
	NdisAcquireRWLockRead(rw, &state, 0);
	gate_pass(&reading);
	gate_wait(&go_on, 1);
	counter++; /* the writer waits: exclusive once it has it */
	NdisReleaseRWLock(rw, &state);
	return NULL;
}

Test(spinlock, readers_share_a_reader_writer_lock)
{
	LOCK_STATE_EX state;
	pthread_t id;

	rw = NdisAllocateRWLock(NULL);
	pthread_create(&id, NULL, read_until_told, NULL);
	gate_wait(&reading, 1);
	NdisAcquireRWLockRead(rw, &state, 0); /* while the other reads */
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	gate_pass(&go_on);
	NdisReleaseRWLock(rw, &state);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	pthread_join(id, NULL);
	NdisFreeRWLock(rw);
}

static void *mixed(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS / 10; i++) {
		LOCK_STATE_EX state;
		uint64_t before;

		NdisAcquireRWLockRead(rw, &state, 0);
		before = counter;
		cr_expect_eq(counter, before);
		NdisReleaseRWLock(rw, &state);
		NdisAcquireRWLockWrite(rw, &state, 0);
		counter++;
		NdisReleaseRWLock(rw, &state);
	}
	return NULL;
}

Test(spinlock, a_writer_excludes_readers_and_writers)
{
	rw = NdisAllocateRWLock(NULL);
	run_threads(mixed, THREADS);
	cr_expect_eq(counter, THREADS * (ROUNDS / 10));
	NdisFreeRWLock(rw);
}

static struct gate wrote = GATE_INIT;

static void *write_once(void *arg)
{
	LOCK_STATE_EX state;

	(void)arg;
	NdisAcquireRWLockWrite(rw, &state, 0);
	gate_pass(&wrote);
	NdisReleaseRWLock(rw, &state);
	return NULL;
}

Test(spinlock, a_nested_read_passes_a_writer_that_waits)
{
	uint64_t before = nrt_spin_yields();
	LOCK_STATE_EX outer, inner;
	pthread_t id;

	rw = NdisAllocateRWLock(NULL);
	NdisAcquireRWLockRead(rw, &outer, 0);
	pthread_create(&id, NULL, write_once, NULL);
	while (nrt_spin_yields() == before) /* the writer waits for us */
		sched_yield();
	NdisAcquireRWLockRead(rw, &inner, NDIS_RWL_AT_DISPATCH_LEVEL);
	cr_expect_eq(gate_count(&wrote), 0);
	NdisReleaseRWLock(rw, &inner);
	cr_expect_eq(gate_count(&wrote), 0);
	NdisReleaseRWLock(rw, &outer);
	pthread_join(id, NULL);
	cr_expect_eq(gate_count(&wrote), 1);
	NdisFreeRWLock(rw);
}

Test(spinlock, RS_LCK_03_a_lock_state_is_released_once)
{
	LOCK_STATE_EX state;

	rw = NdisAllocateRWLock(NULL);
	NdisAcquireRWLockWrite(rw, &state, 0);
	NdisReleaseRWLock(rw, &state);
	NdisReleaseRWLock(rw, &state);
	cr_expect(violated("RS-LCK-03"));
	NdisFreeRWLock(rw);
}

Test(spinlock, RS_LCK_03_the_dispatch_flag_is_only_for_dispatch_level)
{
	LOCK_STATE_EX state;

	rw = NdisAllocateRWLock(NULL);
	NdisAcquireRWLockRead(rw, &state, NDIS_RWL_AT_DISPATCH_LEVEL);
	cr_expect(violated("RS-LCK-03"));
	NdisReleaseRWLock(rw, &state);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	NdisFreeRWLock(rw);
}

static NDIS_RW_LOCK old_rw;

static void *mixed_old(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS / 10; i++) {
		LOCK_STATE state;

		NdisAcquireReadWriteLock(&old_rw, FALSE, &state);
		NdisReleaseReadWriteLock(&old_rw, &state);
		NdisAcquireReadWriteLock(&old_rw, TRUE, &state);
		counter++;
		NdisReleaseReadWriteLock(&old_rw, &state);
	}
	return NULL;
}

Test(spinlock, the_older_reader_writer_lock_excludes_too)
{
	LOCK_STATE state;

	NdisInitializeReadWriteLock(&old_rw);
	run_threads(mixed_old, THREADS);
	cr_expect_eq(counter, THREADS * (ROUNDS / 10));
	NdisAcquireReadWriteLock(&old_rw, TRUE, &state);
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	NdisReleaseReadWriteLock(&old_rw, &state);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	NdisReleaseReadWriteLock(&old_rw, &state);
	cr_expect(violated("RS-LCK-01"));
}

Test(spinlock, the_older_reader_writer_lock_is_taken_at_DISPATCH_LEVEL_as_it_is)
{
	LOCK_STATE state;
	KIRQL old;

	NdisInitializeReadWriteLock(&old_rw);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisDprAcquireReadWriteLock(&old_rw, TRUE, &state);
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	NdisDprReleaseReadWriteLock(&old_rw, &state);
	cr_expect_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
	NdisDprAcquireReadWriteLock(&old_rw, FALSE, &state);
	NdisDprReleaseReadWriteLock(&old_rw, &state);
	NdisDprReleaseReadWriteLock(&old_rw, &state);
	cr_expect(violated("RS-LCK-01"), "it is free again");
	KeLowerIrql(old);
}

Test(spinlock, executive_spin_locks_count_readers_and_convert_the_only_one)
{
	EX_SPIN_LOCK lock = 0;
	KIRQL first = ExAcquireSpinLockShared(&lock);
	KIRQL second = ExAcquireSpinLockShared(&lock);

	cr_expect_not(ExTryConvertSharedSpinLockExclusive(&lock));
	ExReleaseSpinLockShared(&lock, second);
	cr_expect(ExTryConvertSharedSpinLockExclusive(&lock));
	ExReleaseSpinLockShared(&lock, DISPATCH_LEVEL);
	cr_expect(violated("RS-LCK-01")); /* held exclusively now */
	ExReleaseSpinLockExclusive(&lock, first);
	cr_expect_eq(lock, 0);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}
