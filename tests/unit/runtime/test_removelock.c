/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Remove locks: the removal waits for all users and lets no new one in; tags,
 * watermark, and what is reported.
 */
#include "recorder.h"

#include "gate.h"

TestSuite(removelock, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

#define TAG 0x74736554

static IO_REMOVE_LOCK lock;
static struct gate done = GATE_INIT;
static int first, second;

static void *remove_device(void *arg)
{
	(void)arg;
	IoReleaseRemoveLockAndWait(&lock, &first);
	gate_pass(&done);
	return NULL;
}

Test(removelock, the_removal_waits_for_every_user_and_lets_no_new_one_in)
{
	pthread_t id;
	KIRQL old;

	IoInitializeRemoveLock(&lock, TAG, 0, 0);
	cr_expect_eq(IoAcquireRemoveLock(&lock, &first), STATUS_SUCCESS);
	cr_expect_eq(IoAcquireRemoveLock(&lock, &second), STATUS_SUCCESS);
	cr_expect_eq(IoAcquireRemoveLock(&lock, NULL), STATUS_SUCCESS);
	pthread_create(&id, NULL, remove_device, NULL);
	while (IoAcquireRemoveLock(&lock, &lock) == STATUS_SUCCESS) {
		IoReleaseRemoveLock(&lock, &lock);
		sched_yield();
	}
	cr_expect_eq(IoAcquireRemoveLock(&lock, &lock), STATUS_DELETE_PENDING);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	IoReleaseRemoveLock(&lock, NULL);
	KeLowerIrql(old);
	cr_expect_eq(gate_count(&done), 0);
	IoReleaseRemoveLock(&lock, &second);
	pthread_join(id, NULL);
	cr_expect_eq(gate_count(&done), 1);
	cr_expect_eq(IoAcquireRemoveLock(&lock, &lock), STATUS_DELETE_PENDING);
	cr_expect_eq(recorded.count, 0);
}

Test(removelock, a_removal_with_no_other_user_does_not_wait)
{
	IoInitializeRemoveLock(&lock, TAG, 1, 1);
	cr_expect_eq(IoAcquireRemoveLock(&lock, &first), STATUS_SUCCESS);
	IoReleaseRemoveLockAndWait(&lock, &first);
	cr_expect_eq(IoAcquireRemoveLock(&lock, &first), STATUS_DELETE_PENDING);
}

struct device {
	IO_REMOVE_LOCK lock;
	_Atomic int alive;
};

static void *use_device(void *arg)
{
	struct device *d = arg;

	gate_pass(&done);
	while (IoAcquireRemoveLock(&d->lock, &d) == STATUS_SUCCESS) {
		cr_assert_eq(d->alive, 1);
		IoReleaseRemoveLock(&d->lock, &d);
	}
	return NULL;
}

Test(removelock, nobody_uses_a_device_that_was_removed)
{
	static struct device d;
	pthread_t ids[3];

	for (unsigned int round = 0; round < 20; round++) {
		IoInitializeRemoveLock(&d.lock, TAG, 0, 0);
		d.alive = 1;
		cr_assert_eq(IoAcquireRemoveLock(&d.lock, NULL), STATUS_SUCCESS);
		for (int i = 0; i < 3; i++)
			pthread_create(&ids[i], NULL, use_device, &d);
		gate_wait(&done, 3 * (round + 1));
		IoReleaseRemoveLockAndWait(&d.lock, NULL);
		d.alive = 0;
		for (int i = 0; i < 3; i++)
			pthread_join(ids[i], NULL);
	}
}

Test(removelock, RS_LCK_01_a_release_has_the_tag_of_its_acquisition)
{
	IoInitializeRemoveLock(&lock, TAG, 0, 0);
	IoReleaseRemoveLock(&lock, NULL);
	cr_expect(violated("RS-LCK-01"), "not held at all");
	IoReleaseRemoveLockAndWait(&lock, NULL);
	cr_expect(violated("RS-LCK-01"));
	cr_expect_eq(IoAcquireRemoveLock(&lock, &first), STATUS_SUCCESS);
	IoReleaseRemoveLock(&lock, &second);
	cr_expect(violated("RS-LCK-01"));
	IoReleaseRemoveLock(&lock, &first);
	cr_expect_eq(recorded.count, 0);
}

Test(removelock, RS_LCK_01_more_users_than_the_watermark_are_reported)
{
	IoInitializeRemoveLock(&lock, TAG, 0, 0x80000000U);
	cr_expect(violated("RS-LCK-01"));
	IoInitializeRemoveLock(&lock, TAG, 0, 2);
	IoAcquireRemoveLock(&lock, &first);
	IoAcquireRemoveLock(&lock, &first);
	cr_expect_eq(recorded.count, 0);
	IoAcquireRemoveLock(&lock, &first);
	cr_expect(violated("RS-LCK-01"));
	for (int i = 0; i < 3; i++)
		IoReleaseRemoveLock(&lock, &first);
}

Test(removelock, an_acquisition_that_is_not_released_is_in_the_ledger)
{
	IoInitializeRemoveLock(&lock, TAG, 0, 0);
	IoAcquireRemoveLock(&lock, &first);
	cr_expect_gt(nrt_memory_bytes_of(TAG), 0);
	IoReleaseRemoveLock(&lock, &first);
	cr_expect_eq(nrt_memory_bytes_of(TAG), 0);
	fail_allocation(1);
	cr_expect_eq(IoAcquireRemoveLock(&lock, &first), STATUS_INSUFFICIENT_RESOURCES);
	fail_allocation(0);
	IoAcquireRemoveLock(&lock, &first);
	IoReleaseRemoveLockAndWait(&lock, &first); /* does not wait for what failed */
}

Test(removelock, RS_IRQL_01_a_removal_is_for_passive_level)
{
	KIRQL old;

	IoInitializeRemoveLock(&lock, TAG, 0, 0);
	IoAcquireRemoveLock(&lock, NULL);
	KeRaiseIrql(APC_LEVEL, &old);
	IoReleaseRemoveLockAndWait(&lock, NULL);
	cr_expect(violated("RS-IRQL-01"));
	IoInitializeRemoveLock(&lock, TAG, 0, 0);
	cr_expect(violated("RS-IRQL-01"));
	KeLowerIrql(old);
}
