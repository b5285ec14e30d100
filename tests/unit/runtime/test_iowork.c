/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * I/O work items: where they run, with what, and that their driver stays for
 * them. Rules RT-24, RS-WKI-01, RS-MEM-02.
 */
#include <stdlib.h>

#include "contract.h"
#include "gate.h"
#include "ke/memory.h"
#include "ke/workitem.h"
#include <nrt/nrt_lower.h>

static struct nrt_driver *driver;
static DRIVER_OBJECT *driver_object;
static PDEVICE_OBJECT device;

static struct gate ran = GATE_INIT, unloaded = GATE_INIT;
static KIRQL irql_seen;
static int worker_seen;
static PVOID object_seen, context_seen;
static PIO_WORKITEM item_seen;

static VOID unload(PDRIVER_OBJECT object)
{
	if (object->DeviceObject != NULL)
		IoDeleteDevice(object->DeviceObject);
	gate_pass(&unloaded);
}

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	(void)path;
	driver_object = object;
	object->DriverUnload = unload;
	return IoCreateDevice(object, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &device);
}

static void iowork_start(void)
{
	contract_start();
	cr_assert_eq(nrt_driver_load_linked("work", (nrt_driver_entry)entry, &driver), 0);
}

static void iowork_end(void)
{
	cr_expect_eq(nrt_driver_unload(driver), 0);
	contract_end();
}

TestSuite(iowork, .init = iowork_start, .fini = iowork_end, .timeout = 60);

static VOID note(PDEVICE_OBJECT object, PVOID context)
{
	irql_seen = KeGetCurrentIrql();
	worker_seen = nrt_worker_self();
	object_seen = object;
	context_seen = context;
	gate_pass(&ran);
}

static VOID note_ex(PVOID object, PVOID context, PIO_WORKITEM item)
{
	item_seen = item;
	note(object, context);
}

static VOID free_self(PVOID object, PVOID context, PIO_WORKITEM item)
{
	IoFreeWorkItem(item);
	note(object, context);
}

static VOID outlive_unload(PDEVICE_OBJECT object, PVOID context)
{
	(void)object;
	gate_pass(&ran);
	gate_wait(&unloaded, 1);
	*(bool *)context = true;
}

Test(iowork, RT_24_a_work_item_runs_at_passive_level_off_the_workers)
{
	PIO_WORKITEM item = IoAllocateWorkItem(device);
	KIRQL old;

	cr_assert_not_null(item);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	IoQueueWorkItem(item, note, DelayedWorkQueue, &ran);
	KeLowerIrql(old);
	gate_wait(&ran, 1);
	cr_expect_eq(irql_seen, PASSIVE_LEVEL);
	cr_expect_eq(worker_seen, -1);
	cr_expect_eq(object_seen, device);
	cr_expect_eq(context_seen, &ran);
	IoFreeWorkItem(item);
}

Test(iowork, the_ex_routine_gets_its_item_and_the_object_it_was_made_with)
{
	PIO_WORKITEM item = IoAllocateWorkItem(device);
	PIO_WORKITEM own = malloc(IoSizeofWorkItem());

	IoQueueWorkItemEx(item, note_ex, DelayedWorkQueue, &ran);
	gate_wait(&ran, 1);
	cr_expect_eq(item_seen, item);
	cr_expect_eq(object_seen, device);
	IoInitializeWorkItem(driver_object, own);
	IoQueueWorkItemEx(own, note_ex, DelayedWorkQueue, NULL);
	gate_wait(&ran, 2);
	cr_expect_eq(item_seen, own);
	cr_expect_eq(object_seen, driver_object);
	IoQueueWorkItem(own, note, DelayedWorkQueue, NULL);
	cr_expect(violations_are("RS-WKI-01", NULL), "a driver object is no device object");
	IoUninitializeWorkItem(own);
	free(own);
	IoFreeWorkItem(item);
}

Test(iowork, a_routine_may_free_its_own_item)
{
	IoQueueWorkItemEx(IoAllocateWorkItem(device), free_self, DelayedWorkQueue, NULL);
	gate_wait(&ran, 1);
}

Test(iowork, RS_WKI_01_an_item_is_queued_once_and_not_freed_while_queued)
{
	PIO_WORKITEM item = IoAllocateWorkItem(device);

	nrt_work_stop(); /* nobody takes it out of the queue */
	IoQueueWorkItem(item, note, DelayedWorkQueue, NULL);
	IoQueueWorkItem(item, note, DelayedWorkQueue, NULL);
	IoFreeWorkItem(item);
	IoUninitializeWorkItem(item);
	cr_expect(violations_are("RS-WKI-01", "RS-WKI-01", "RS-WKI-01", NULL));
	cr_assert_eq(nrt_work_start(), 0);
	gate_wait(&ran, 1);
	IoFreeWorkItem(item);
}

static VOID requeue(PVOID object, PVOID context, PIO_WORKITEM item)
{
	note(object, context);
	if (gate_count(&ran) < 10)
		IoQueueWorkItemEx(item, requeue, DelayedWorkQueue, NULL);
	else
		free_self(object, context, item);
}

Test(iowork, a_routine_may_queue_its_own_item_again)
{
	IoQueueWorkItemEx(IoAllocateWorkItem(device), requeue, DelayedWorkQueue, NULL);
	gate_wait(&ran, 11);
}

/* The driver's code must not go while it runs. */
Test(iowork, a_driver_is_not_gone_before_its_work_items_have_returned)
{
	PIO_WORKITEM item = IoAllocateWorkItem(device);
	bool done = false;

	IoQueueWorkItem(item, outlive_unload, DelayedWorkQueue, &done);
	gate_wait(&ran, 1);
	IoFreeWorkItem(item);
	cr_expect_eq(nrt_driver_unload(driver), 0);
	cr_expect(done, "the end of the unload has waited");
	cr_assert_eq(nrt_driver_load_linked("work", (nrt_driver_entry)entry, &driver), 0);
}

Test(iowork, RS_MEM_02_items_that_a_driver_leaves_are_reported)
{
	PIO_WORKITEM item = IoAllocateWorkItem(device);

	cr_expect_eq(nrt_driver_unload(driver), 0);
	cr_expect(violations_are("RS-MEM-02", NULL));
	nrt_memory_free(item, 0);
	cr_assert_eq(nrt_driver_load_linked("work", (nrt_driver_entry)entry, &driver), 0);
}

Test(iowork, no_memory_gives_no_item)
{
	nrt_memory_fail_nth(1);
	cr_expect_null(IoAllocateWorkItem(device));
	nrt_memory_fail_nth(0);
}

/* -------------------------------------------------------------- threads */

static VOID outlive(PVOID context)
{
	gate_pass(&ran);
	gate_wait(&unloaded, 1);
	*(bool *)context = true;
	PsTerminateSystemThread(STATUS_SUCCESS);
}

Test(iowork, a_driver_stays_until_the_threads_of_its_objects_have_ended)
{
	bool outlived[2] = { false, false };
	HANDLE handle;

	cr_assert_eq(IoCreateSystemThread(device, &handle, THREAD_ALL_ACCESS, NULL, NULL, NULL,
					  outlive, &outlived[0]), STATUS_SUCCESS);
	ZwClose(handle);
	cr_assert_eq(IoCreateSystemThread(driver_object, &handle, THREAD_ALL_ACCESS, NULL, NULL,
					  NULL, outlive, &outlived[1]), STATUS_SUCCESS);
	ZwClose(handle);
	gate_wait(&ran, 2);
	cr_expect_eq(nrt_driver_unload(driver), 0);
	cr_expect(outlived[0]);
	cr_expect(outlived[1]);
	cr_assert_eq(nrt_driver_load_linked("work", (nrt_driver_entry)entry, &driver), 0);
}
