/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Critical and guarded regions: nesting, queries, and what is reported.
 */
#include "recorder.h"

TestSuite(region, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

Test(region, regions_nest_and_are_told_apart)
{
	KIRQL old;

	cr_expect_not(KeAreApcsDisabled());
	KeEnterCriticalRegion();
	KeEnterCriticalRegion();
	KeLeaveCriticalRegion();
	cr_expect(KeAreApcsDisabled());
	cr_expect_not(KeAreAllApcsDisabled());
	KeEnterGuardedRegion();
	cr_expect(KeAreAllApcsDisabled());
	KeLeaveGuardedRegion();
	KeLeaveCriticalRegion();
	cr_expect_not(KeAreApcsDisabled());
	KeRaiseIrql(APC_LEVEL, &old);
	cr_expect_not(KeAreApcsDisabled(), "asks for regions only");
	cr_expect(KeAreAllApcsDisabled());
	KeLowerIrql(old);
	cr_expect_eq(recorded.count, 0);
}

static void *is_inside(void *arg)
{
	*(BOOLEAN *)arg = KeAreApcsDisabled();
	return NULL;
}

Test(region, a_region_belongs_to_the_thread)
{
	BOOLEAN inside = TRUE;
	pthread_t id;

	KeEnterCriticalRegion();
	pthread_create(&id, NULL, is_inside, &inside);
	pthread_join(id, NULL);
	KeLeaveCriticalRegion();
	cr_expect_not(inside);
}

Test(region, RS_LCK_01_a_region_is_left_as_often_as_it_was_entered)
{
	KeLeaveCriticalRegion();
	cr_expect(violated("RS-LCK-01"));
	KeEnterCriticalRegion();
	KeLeaveGuardedRegion();
	cr_expect(violated("RS-LCK-01"));
	cr_expect(KeAreApcsDisabled());
	KeLeaveCriticalRegion();
}

static VOID end_inside(PVOID context)
{
	(void)context;
	KeEnterGuardedRegion();
}

Test(region, RS_LCK_01_a_thread_does_not_end_inside_a_region)
{
	HANDLE handle;
	PVOID thread;

	cr_assert_eq(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, end_inside,
					  NULL), STATUS_SUCCESS);
	cr_assert_eq(ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &thread,
					       NULL), STATUS_SUCCESS);
	ZwClose(handle);
	KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
	ObDereferenceObject(thread);
	cr_expect(violated("RS-LCK-01"));
}

Test(region, RS_IRQL_01_regions_are_for_threads_below_dispatch_level)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeEnterCriticalRegion();
	cr_expect(violated("RS-IRQL-01"));
	KeLeaveCriticalRegion();
	cr_expect(violated("RS-IRQL-01"));
	KeLowerIrql(old);
}
