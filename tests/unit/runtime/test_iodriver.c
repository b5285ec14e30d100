/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What goes with a driver or device object: extensions, timers, completion routines
 * that hold the driver, and who made the request that a dispatch routine has.
 */
#include <nrt/nrt_device.h>

#include "contract.h"
#include "gate.h"
#include "ke/memory.h"

static struct nrt_driver *driver;
static DRIVER_OBJECT *driver_object;
static PDEVICE_OBJECT device;
static KPROCESSOR_MODE mode_seen = MaximumMode;
static bool pends;
static PIRP held;

static struct gate ticked = GATE_INIT, unloaded = GATE_INIT;

static VOID unload(PDRIVER_OBJECT object)
{
	if (object->DeviceObject != NULL)
		IoDeleteDevice(object->DeviceObject);
	gate_pass(&unloaded);
}

static NTSTATUS dispatch(PDEVICE_OBJECT object, PIRP irp)
{
	(void)object;
	mode_seen = ExGetPreviousMode();
	if (pends) {
		IoMarkIrpPending(irp);
		held = irp;
		return STATUS_PENDING;
	}
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return irp->IoStatus.Status;
}

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\Device\\iodriver");

	(void)path;
	driver_object = object;
	object->DriverUnload = unload;
	object->MajorFunction[IRP_MJ_CREATE] = dispatch;
	object->MajorFunction[IRP_MJ_READ] = dispatch;
	return IoCreateDevice(object, 0, &name, FILE_DEVICE_NETWORK, 0, FALSE, &device);
}

static void iodriver_start(void)
{
	contract_start();
	cr_assert_eq(nrt_driver_load_linked("io", (nrt_driver_entry)entry, &driver), 0);
}

static void iodriver_end(void)
{
	cr_expect_eq(nrt_driver_unload(driver), 0);
	contract_end();
}

TestSuite(iodriver, .init = iodriver_start, .fini = iodriver_end, .timeout = 60);

/* ------------------------------------------------------------ extensions */

Test(iodriver, an_extension_is_found_by_its_owners_address)
{
	PVOID a, b, again = &a;

	cr_assert_eq(IoAllocateDriverObjectExtension(driver_object, &driver, 100, &a),
		     STATUS_SUCCESS);
	cr_assert_eq(IoAllocateDriverObjectExtension(driver_object, &device, 0, &b), STATUS_SUCCESS);
	cr_expect(RtlIsZeroMemory(a, 100));
	cr_expect_eq((ULONG_PTR)a % MEMORY_ALLOCATION_ALIGNMENT, 0);
	cr_expect_eq(IoAllocateDriverObjectExtension(driver_object, &driver, 4, &again),
		     STATUS_OBJECT_NAME_COLLISION);
	cr_expect_null(again);
	cr_expect_eq(IoGetDriverObjectExtension(driver_object, &driver), a);
	cr_expect_eq(IoGetDriverObjectExtension(driver_object, &device), b);
	cr_expect_null(IoGetDriverObjectExtension(driver_object, &held));
	nrt_memory_fail_nth(1);
	cr_expect_eq(IoAllocateDriverObjectExtension(driver_object, &held, 4, &again),
		     STATUS_INSUFFICIENT_RESOURCES);
	nrt_memory_fail_nth(0);
}

/* ---------------------------------------------------------------- timers */

static KIRQL irql_seen;

static VOID tick(PDEVICE_OBJECT object, PVOID context)
{
	cr_expect_eq(object, device);
	cr_expect_eq(context, &ticked);
	irql_seen = KeGetCurrentIrql();
	if (gate_count(&ticked) == 1)
		IoStopTimer(object);
	gate_pass(&ticked);
}

Test(iodriver, a_devices_timer_ticks_every_second_until_it_is_stopped)
{
	uint64_t before = KeQueryInterruptTime();
	PEX_TIMER later;

	cr_assert_eq(IoInitializeTimer(device, tick, &ticked), STATUS_SUCCESS);
	IoStartTimer(device);
	IoStartTimer(device); /* it runs already */
	gate_wait(&ticked, 2);
	cr_expect_geq(KeQueryInterruptTime() - before, 2 * 10000000ull);
	cr_expect_eq(irql_seen, DISPATCH_LEVEL);
	/* Timers expire in the order of their due times: a third tick would be before this. */
	later = ExAllocateTimer(NULL, NULL, 0);
	ExSetTimer(later, -15000000, 0, NULL);
	KeWaitForSingleObject(later, Executive, KernelMode, FALSE, NULL);
	ExDeleteTimer(later, TRUE, TRUE, NULL);
	KeFlushQueuedDpcs();
	cr_expect_eq(gate_count(&ticked), 2);
	IoStopTimer(device); /* it is stopped already */
	IoStartTimer(device); /* and deleted with its device while it runs */
}

Test(iodriver, RS_TIM_01_a_device_has_one_timer)
{
	IoStartTimer(device);
	cr_expect(violations_are("RS-TIM-01", NULL));
	IoStopTimer(device);
	cr_expect(violations_are("RS-TIM-01", NULL));
	cr_expect_eq(IoInitializeTimer(device, NULL, NULL), STATUS_INVALID_PARAMETER);
	for (uint64_t nth = 1; nth <= 2; nth++) {
		nrt_memory_fail_nth(nth);
		cr_expect_eq(IoInitializeTimer(device, tick, &ticked),
			     STATUS_INSUFFICIENT_RESOURCES);
	}
	nrt_memory_fail_nth(0);
	cr_assert_eq(IoInitializeTimer(device, tick, &ticked), STATUS_SUCCESS);
	cr_expect_eq(IoInitializeTimer(device, tick, &ticked), STATUS_SUCCESS);
	cr_expect(violations_are("RS-TIM-01", NULL));
}

/* ---------------------------------------------------- completion routines */

static unsigned int completions;

static NTSTATUS complete(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
	(void)object;
	(void)irp;
	cr_expect_eq(context, &completions);
	completions++;
	return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP request(BOOLEAN on_success, BOOLEAN on_error, BOOLEAN on_cancel)
{
	PIRP irp = IoAllocateIrp(1, FALSE);

	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
	cr_assert_eq(IoSetCompletionRoutineEx(device, irp, complete, &completions, on_success,
					      on_error, on_cancel), STATUS_SUCCESS);
	return irp;
}

static unsigned int runs_for(NTSTATUS status, bool cancelled, BOOLEAN on_success, BOOLEAN on_error,
			     BOOLEAN on_cancel)
{
	PIRP irp = request(on_success, on_error, on_cancel);
	unsigned int before = completions;

	irp->IoStatus.Status = status;
	irp->Cancel = cancelled;
	IoCallDriver(device, irp);
	if (completions == before) /* nobody stopped the completion of a driver's own IRP */
		cr_expect(violations_are("0xC9/0x200", NULL));
	IoReuseIrp(irp, 0);
	IoFreeIrp(irp);
	return completions - before;
}

Test(iodriver, a_completion_routine_runs_when_it_was_asked_to)
{
	cr_expect_eq(runs_for(STATUS_SUCCESS, false, TRUE, FALSE, FALSE), 1);
	cr_expect_eq(runs_for(STATUS_SUCCESS, false, FALSE, TRUE, TRUE), 0);
	cr_expect_eq(runs_for(STATUS_UNSUCCESSFUL, false, FALSE, TRUE, FALSE), 1);
	cr_expect_eq(runs_for(STATUS_UNSUCCESSFUL, false, TRUE, FALSE, TRUE), 0);
	cr_expect_eq(runs_for(STATUS_CANCELLED, true, FALSE, FALSE, TRUE), 1);
	cr_expect_eq(runs_for(STATUS_CANCELLED, true, FALSE, FALSE, FALSE), 0);
	cr_expect_eq(mode_seen, KernelMode, "a driver made these");
	nrt_memory_fail_nth(1);
	cr_expect_eq(IoSetCompletionRoutineEx(device, NULL, complete, NULL, TRUE, TRUE, TRUE),
		     STATUS_INSUFFICIENT_RESOURCES);
	nrt_memory_fail_nth(0);
}

static bool completed_first;

static void *complete_late(void *irp)
{
	gate_wait(&unloaded, 1);
	completed_first = true;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return NULL;
}

Test(iodriver, a_driver_stays_until_its_completion_routine_has_run)
{
	PIRP irp = request(TRUE, TRUE, TRUE);
	pthread_t id;

	pends = true;
	cr_expect_eq(IoCallDriver(device, irp), STATUS_PENDING);
	pthread_create(&id, NULL, complete_late, held);
	cr_expect_eq(nrt_driver_unload(driver), 0);
	cr_expect(completed_first);
	cr_expect_eq(completions, 1);
	pthread_join(id, NULL);
	IoFreeIrp(irp);
	pends = false;
	cr_assert_eq(nrt_driver_load_linked("io", (nrt_driver_entry)entry, &driver), 0);
}

/* ------------------------------------------------------------------ modes */

Test(iodriver, a_request_of_the_hosts_comes_from_user_mode)
{
	struct nrt_device_file *file;

	cr_expect_eq(ExGetPreviousMode(), KernelMode);
	cr_assert_eq(nrt_device_open("\\Device\\iodriver", NRT_DEVICE_READ, &file), 0);
	cr_expect_eq(mode_seen, UserMode);
	cr_expect_eq(ExGetPreviousMode(), KernelMode);
	nrt_device_close(file);
}

Test(iodriver, a_status_is_what_the_system_or_a_driver_may_define)
{
	static const NTSTATUS good[] = { STATUS_SUCCESS, STATUS_PENDING, STATUS_CANCELLED,
					 STATUS_BUFFER_OVERFLOW, (NTSTATUS)0xE0FFFFFF, -1 };

	for (size_t i = 0; i < RTL_NUMBER_OF(good); i++)
		cr_expect(IoIsValidIrpStatus(good[i]), "%zu", i);
	cr_expect_not(IoIsValidIrpStatus((NTSTATUS)0xD0000001), "the reserved bit");
	cr_expect_not(IoIsValidIrpStatus((NTSTATUS)0xCDCDCDCD), "no such facility");
}
