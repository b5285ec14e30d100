/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work items: where they run, and that one which blocks stops no other. Rules
 * RT-24 and RS-WKI-01.
 */
#include "recorder.h"

#include "gate.h"

TestSuite(workitem, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static struct gate ran = GATE_INIT;
static struct gate go_on = GATE_INIT;
static KIRQL irql_seen;
static int worker_seen;
static NDIS_HANDLE item_seen;
static PVOID context_seen;

static VOID note(PVOID context, NDIS_HANDLE item)
{
	irql_seen = KeGetCurrentIrql();
	worker_seen = nrt_worker_self();
	item_seen = item;
	context_seen = context;
	gate_pass(&ran);
}

static VOID block(PVOID context, NDIS_HANDLE item)
{
	(void)context;
	(void)item;
	gate_pass(&ran);
	gate_wait(&go_on, 1);
}

static VOID free_self(PVOID context, NDIS_HANDLE item)
{
	NdisFreeIoWorkItem(item);
	note(context, NULL);
}

Test(workitem, RT_24_a_work_item_runs_at_passive_level_off_the_workers)
{
	NDIS_HANDLE item = NdisAllocateIoWorkItem(NULL);
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisQueueIoWorkItem(item, note, &ran);
	KeLowerIrql(old);
	gate_wait(&ran, 1);
	cr_expect_eq(irql_seen, PASSIVE_LEVEL);
	cr_expect_eq(worker_seen, -1);
	cr_expect_eq(item_seen, item);
	cr_expect_eq(context_seen, &ran);
	NdisFreeIoWorkItem(item);
}

static VOID enter_and_stay(PVOID context, NDIS_HANDLE item)
{
	KeEnterCriticalRegion();
	KeEnterGuardedRegion();
	note(context, item);
}

Test(workitem, RS_LCK_01_a_region_is_left_before_the_work_item_returns)
{
	NDIS_HANDLE item = NdisAllocateIoWorkItem(NULL);

	NdisQueueIoWorkItem(item, enter_and_stay, NULL);
	gate_wait(&ran, 1);
	NdisFreeIoWorkItem(item);
	cr_assert_eq(nrt_fini(), 0); /* the thread has ended */
	cr_expect(violated("RS-LCK-01"));
	start_runtime();
}

Test(workitem, however_many_block_another_one_runs)
{
	NDIS_HANDLE items[40], last = NdisAllocateIoWorkItem(NULL);

	for (int i = 0; i < 40; i++) {
		items[i] = NdisAllocateIoWorkItem(NULL);
		NdisQueueIoWorkItem(items[i], block, NULL);
	}
	gate_wait(&ran, 40); /* all of them inside at once */
	NdisQueueIoWorkItem(last, note, NULL);
	gate_wait(&ran, 41);
	cr_expect_eq(item_seen, last);
	gate_pass(&go_on);
	for (int i = 0; i < 40; i++)
		NdisFreeIoWorkItem(items[i]);
	NdisFreeIoWorkItem(last);
}

Test(workitem, a_routine_may_free_its_own_item)
{
	NdisQueueIoWorkItem(NdisAllocateIoWorkItem(NULL), free_self, NULL);
	gate_wait(&ran, 1);
	cr_expect_eq(nrt_memory_live(), 0);
}

static VOID requeue(PVOID context, NDIS_HANDLE item)
{
	note(context, item);
	if (gate_count(&ran) < 10)
		NdisQueueIoWorkItem(item, requeue, NULL);
	else
		gate_pass(&go_on);
}

Test(workitem, a_routine_may_queue_its_own_item_again)
{
	NDIS_HANDLE item = NdisAllocateIoWorkItem(NULL);

	NdisQueueIoWorkItem(item, requeue, NULL);
	gate_wait(&go_on, 1);
	cr_expect_eq(gate_count(&ran), 10);
	NdisFreeIoWorkItem(item);
}

Test(workitem, RS_WKI_01_an_item_is_queued_once_and_not_freed_while_queued)
{
	NDIS_HANDLE item = NdisAllocateIoWorkItem(NULL);

	cr_assert_eq(nrt_fini(), 0); /* nobody takes it out of the queue */
	NdisQueueIoWorkItem(item, note, NULL);
	NdisQueueIoWorkItem(item, note, NULL);
	cr_expect(violated("RS-WKI-01"));
	NdisFreeIoWorkItem(item);
	cr_expect(violated("RS-WKI-01"));
	start_runtime();
	gate_wait(&ran, 1);
	cr_expect_eq(item_seen, item);
	NdisFreeIoWorkItem(item);
}

static VOID keep_lock(PVOID context, NDIS_HANDLE item)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	note(context, item);
}

Test(workitem, MP_INI_11_a_routine_returns_at_passive_level)
{
	NDIS_HANDLE item = NdisAllocateIoWorkItem(NULL);

	NdisQueueIoWorkItem(item, keep_lock, NULL);
	gate_wait(&ran, 1);
	NdisFreeIoWorkItem(item);
	cr_assert_eq(nrt_fini(), 0); /* waits for the routine's thread */
	cr_expect(violated("MP-INI-11"));
	start_runtime();
}

static WORK_QUEUE_ITEM ex_item;

static VOID ex_routine(PVOID parameter)
{
	note(parameter, NULL);
}

Test(workitem, kernel_work_items_run_in_the_same_pool)
{
	ExInitializeWorkItem(&ex_item, ex_routine, &ex_item);
	ExQueueWorkItem(&ex_item, DelayedWorkQueue);
	gate_wait(&ran, 1);
	cr_expect_eq(context_seen, &ex_item);
	cr_expect_eq(irql_seen, PASSIVE_LEVEL);
}

Test(workitem, no_memory_gives_no_item)
{
	fail_allocation(1);
	cr_expect_null(NdisAllocateIoWorkItem(NULL));
	fail_allocation(0);
}
