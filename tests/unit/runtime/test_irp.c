/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IRPs between drivers: layout, stack locations, completion routines, requests
 * that drivers build, cancelling, cancel-safe queues, and misuse. Two device
 * objects of one driver play a stack: the upper passes on, the lower answers.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <wdmsec.h>
#include <nrt/nrt_device.h>

#include "contract.h"
#include "ke/memory.h"

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path);

static struct nrt_driver *driver;
static DRIVER_OBJECT *driver_object;
static PDEVICE_OBJECT upper, lower;
static struct nrt_device_file *file;

/* What the lower device does with the next IRP. */
static NTSTATUS answer;
static ULONG_PTR information;
static BOOLEAN pends, completes_pending;
static PIRP held;
/* How the upper one passes it on. */
static BOOLEAN skips, watches, forgets_next;
static NTSTATUS watch_result;
static unsigned int watched, lower_calls;
static PDEVICE_OBJECT watched_device;
static BOOLEAN watched_pending, marks_without_device;

static void irp_start(void)
{
	contract_start();
	cr_assert_eq(nrt_driver_load_linked("irps", (nrt_driver_entry)entry, &driver), 0);
	cr_assert_eq(IoCreateDevice(driver_object, 16, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &lower),
		     STATUS_SUCCESS);
	cr_assert_eq(IoCreateDevice(driver_object, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &upper),
		     STATUS_SUCCESS);
	upper->StackSize = (CCHAR)(lower->StackSize + 1);
	upper->Flags |= DO_BUFFERED_IO;
	lower->Flags |= DO_BUFFERED_IO;
}

static void irp_end(void)
{
	IoDeleteDevice(upper);
	IoDeleteDevice(lower);
	cr_expect_eq(nrt_driver_unload(driver), 0);
	contract_end();
}

TestSuite(irp, .init = irp_start, .fini = irp_end, .timeout = 60);

static VOID unload(PDRIVER_OBJECT object)
{
	(void)object;
}

static NTSTATUS lower_dispatch(PIRP irp)
{
	lower_calls++;
	if (pends) {
		IoMarkIrpPending(irp);
		held = irp;
		if (completes_pending) {
			irp->IoStatus.Status = answer;
			IoCompleteRequest(irp, IO_NO_INCREMENT);
		}
		return STATUS_PENDING;
	}
	irp->IoStatus.Status = answer;
	irp->IoStatus.Information = information;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return answer;
}

static NTSTATUS upper_done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	cr_expect_eq(context, &watched);
	watched++;
	watched_device = device;
	watched_pending = irp->PendingReturned;
	if (irp->PendingReturned && (device != NULL || marks_without_device))
		IoMarkIrpPending(irp);
	return watch_result;
}

static NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	if (device == lower)
		return lower_dispatch(irp);
	if (forgets_next)
		return IoCallDriver(lower, irp);
	if (skips) {
		IoSkipCurrentIrpStackLocation(irp);
	} else {
		IoCopyCurrentIrpStackLocationToNext(irp);
		if (watches)
			IoSetCompletionRoutine(irp, upper_done, &watched, TRUE, TRUE, TRUE);
	}
	return IoCallDriver(lower, irp);
}

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	(void)path;
	driver_object = object;
	object->DriverUnload = unload;
	object->MajorFunction[IRP_MJ_CREATE] = dispatch;
	object->MajorFunction[IRP_MJ_READ] = dispatch;
	object->MajorFunction[IRP_MJ_WRITE] = dispatch;
	object->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = dispatch;
	object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch;
	object->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = dispatch;
	return STATUS_SUCCESS;
}

/* Two violations at most are expected at once here; this takes one. */
static bool broke(const char *code)
{
	return violations_are(code, NULL);
}

/* --------------------------------------------------------------------------- layout */

Test(irp, the_layout_is_the_documented_one)
{
	cr_expect_eq(offsetof(IRP, MdlAddress), 0x08);
	cr_expect_eq(offsetof(IRP, AssociatedIrp), 0x18);
	cr_expect_eq(offsetof(IRP, IoStatus), 0x30);
	cr_expect_eq(offsetof(IRP, CurrentLocation), 0x43);
	cr_expect_eq(offsetof(IRP, UserIosb), 0x48);
	cr_expect_eq(offsetof(IRP, CancelRoutine), 0x68);
	cr_expect_eq(offsetof(IRP, UserBuffer), 0x70);
	cr_expect_eq(offsetof(IRP, Tail.Overlay.Thread), 0x98);
	cr_expect_eq(offsetof(IRP, Tail.Overlay.ListEntry), 0xa8);
	cr_expect_eq(offsetof(IRP, Tail.Overlay.CurrentStackLocation), 0xb8);
	cr_expect_eq(sizeof(IRP), 0xd0);
	cr_expect_eq(offsetof(IO_STACK_LOCATION, Parameters.Read.ByteOffset), 0x18);
	cr_expect_eq(offsetof(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength),
		     0x10);
	cr_expect_eq(offsetof(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode), 0x18);
	cr_expect_eq(offsetof(IO_STACK_LOCATION, Parameters.Create.ShareAccess), 0x1a);
	cr_expect_eq(offsetof(IO_STACK_LOCATION, DeviceObject), 0x28);
	cr_expect_eq(offsetof(IO_STACK_LOCATION, Context), 0x40);
	cr_expect_eq(offsetof(DEVICE_OBJECT, Flags), 0x30);
	cr_expect_eq(offsetof(DEVICE_OBJECT, DeviceExtension), 0x40);
	cr_expect_eq(offsetof(DEVICE_OBJECT, StackSize), 0x4c);
	cr_expect_eq(offsetof(DEVICE_OBJECT, AlignmentRequirement), 0x98);
	cr_expect_eq(offsetof(FILE_OBJECT, FsContext), 0x18);
	cr_expect_eq(offsetof(FILE_OBJECT, FileName), 0x58);
	cr_expect_eq(CTL_CODE(0x12, 0x802, METHOD_OUT_DIRECT, FILE_READ_ACCESS), 0x12600A);
}

/* ------------------------------------------------------------------------- life */

Test(irp, an_irp_is_made_empty_with_its_stack_behind_it)
{
	PIRP irp = IoAllocateIrp(3, FALSE), again;

	cr_assert_not_null(irp);
	cr_expect_eq(irp->Type, IO_TYPE_IRP);
	cr_expect_eq(irp->Size, IoSizeOfIrp(3));
	cr_expect_eq(irp->StackCount, 3);
	cr_expect_eq(irp->CurrentLocation, 4);
	cr_expect_eq((char *)IoGetNextIrpStackLocation(irp),
		     (char *)(irp + 1) + 2 * sizeof(IO_STACK_LOCATION));
	IoFreeIrp(irp);
	again = IoAllocateIrp(3, FALSE);
	cr_expect_neq(again, irp, "a late completion of the one would hit the other");
	IoFreeIrp(again);
	cr_expect_null(IoAllocateIrp(0, FALSE));
	cr_expect_null(IoAllocateIrp(-1, FALSE));
	nrt_memory_fail_nth(1);
	cr_expect_null(IoAllocateIrp(1, FALSE));
	nrt_memory_fail_nth(0);
}

Test(irp, an_irp_in_the_drivers_own_memory)
{
	static _Alignas(16) UCHAR memory[1024];
	PIRP irp = (PIRP)memory;

	memset(memory, 0xA5, sizeof(memory));
	IoInitializeIrp(irp, IoSizeOfIrp(2), 2);
	cr_expect_eq(irp->CurrentLocation, 3);
	watch_result = STATUS_MORE_PROCESSING_REQUIRED;
	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
	IoSetCompletionRoutine(irp, upper_done, &watched, TRUE, TRUE, TRUE);
	cr_expect_eq(IoCallDriver(lower, irp), STATUS_SUCCESS);
	cr_expect_eq(watched, 1);
	cr_expect_null(watched_device, "the requester has no device");
	IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
	cr_expect_eq(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
	cr_expect_eq(irp->CurrentLocation, 3);
	IoInitializeIrp(irp, IoSizeOfIrp(2) - 1, 2);
	cr_expect(broke("0xC9/0x200"));
}

Test(irp, what_is_freed_wrongly_is_reported)
{
	PIRP irp = IoAllocateIrp(1, FALSE);
	KEVENT event;
	IO_STATUS_BLOCK iosb;

	IoInitializeIrp(irp, IoSizeOfIrp(1), 1);
	cr_expect(broke("0xC9/0x20D"));
	pends = TRUE;
	watch_result = STATUS_MORE_PROCESSING_REQUIRED;
	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
	IoSetCompletionRoutine(irp, upper_done, &watched, TRUE, TRUE, TRUE);
	cr_expect_eq(IoCallDriver(lower, irp), STATUS_PENDING);
	IoFreeIrp(irp);
	cr_expect(broke("0xC9/0x20B"));
	IoReuseIrp(irp, 0);
	cr_expect(broke("0xC9/0x20B"));
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	cr_expect_eq(watched, 1);
	IoReuseIrp(irp, 0);
	marks_without_device = TRUE;
	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
	IoSetCompletionRoutine(irp, upper_done, &watched, TRUE, TRUE, TRUE);
	cr_expect_eq(IoCallDriver(lower, irp), STATUS_PENDING);
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	cr_expect(broke("0xC9/0x200"));
	IoFreeIrp(irp);
	IoFreeIrp(irp);
	cr_expect(broke("0xC9/0x01"));
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	cr_expect(broke("0x44"));
	cr_expect_eq(IoCallDriver(lower, irp), STATUS_INVALID_PARAMETER);
	cr_expect(broke("0xC9/0x03"));
	cr_expect_not(IoCancelIrp(irp));
	cr_expect(broke("0xC9/0x200"));
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	pends = FALSE;
	irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, lower, NULL, 0, NULL, &event,
					   &iosb);
	IoFreeIrp(irp);
	cr_expect(broke("0xC9/0x20C"));
	cr_expect_eq(IoCallDriver(lower, irp), STATUS_SUCCESS);
}

/* One test's own runtime: what is left is reported when that stops. */
Test(irp_end, RS_MEM_02_irps_that_are_never_freed_are_reported, .timeout = 60)
{
	contract_start();
	cr_assert_not_null(IoAllocateIrp(1, FALSE));
	cr_expect_eq(nrt_fini(), 0);
	cr_expect(broke("RS-MEM-02"));
	cr_expect_eq(nrt_memory_live(), 0);
}

/* ------------------------------------------------------------- down and up a stack */

static PIRP flush_request(KEVENT *event, IO_STATUS_BLOCK *iosb)
{
	PIRP irp;

	KeInitializeEvent(event, NotificationEvent, FALSE);
	irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, upper, NULL, 0, NULL, event, iosb);
	cr_assert_not_null(irp);
	return irp;
}

static void pass_down(NTSTATUS status)
{
	IO_STATUS_BLOCK iosb = { 0 };
	KEVENT event;

	answer = status;
	information = 42;
	cr_expect_eq(IoCallDriver(upper, flush_request(&event, &iosb)), status);
	cr_expect_neq(KeReadStateEvent(&event), 0);
	cr_expect_eq(iosb.Status, status);
	cr_expect_eq(iosb.Information, 42);
}

Test(irp, a_skipped_location_is_the_next_drivers)
{
	skips = TRUE;
	pass_down(STATUS_SUCCESS);
	pass_down(STATUS_DEVICE_BUSY);
	cr_expect_eq(lower_calls, 2);
}

Test(irp, a_copied_location_may_have_a_completion_routine)
{
	pass_down(STATUS_SUCCESS);
	watches = TRUE;
	pass_down(STATUS_SUCCESS);
	cr_expect_eq(watched, 1);
	cr_expect_eq(watched_device, upper);
	cr_expect_not(watched_pending);
	pass_down(STATUS_DEVICE_BUSY);
	cr_expect_eq(watched, 2);
}

static NTSTATUS count_call(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	(void)device;
	(void)irp;
	++*(int *)context;
	return STATUS_MORE_PROCESSING_REQUIRED;
}

static int calls_for(NTSTATUS status, BOOLEAN cancel, BOOLEAN on_success, BOOLEAN on_error,
		     BOOLEAN on_cancel)
{
	PIRP irp = IoAllocateIrp(2, FALSE);
	int calls = 0, always = 0;

	answer = status;
	/* The requester's own, which keeps the IRP whatever the other does. */
	IoSetCompletionRoutine(irp, count_call, &always, TRUE, TRUE, TRUE);
	IoSetNextIrpStackLocation(irp);
	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
	IoSetCompletionRoutine(irp, count_call, &calls, on_success, on_error, on_cancel);
	if (cancel)
		IoCancelIrp(irp);
	IoCallDriver(lower, irp);
	cr_expect_eq(calls + always, 1);
	if (calls != 0) { /* kept half way: the rest of the way */
		IoCompleteRequest(irp, IO_NO_INCREMENT);
		cr_expect_eq(always, 1);
	}
	IoFreeIrp(irp);
	return calls;
}

Test(irp, a_completion_routine_is_called_for_what_it_was_set_for)
{
	cr_expect_eq(calls_for(STATUS_SUCCESS, FALSE, TRUE, FALSE, FALSE), 1);
	cr_expect_eq(calls_for(STATUS_UNSUCCESSFUL, FALSE, TRUE, FALSE, FALSE), 0);
	cr_expect_eq(calls_for(STATUS_SUCCESS, FALSE, FALSE, TRUE, TRUE), 0);
	cr_expect_eq(calls_for(STATUS_UNSUCCESSFUL, FALSE, FALSE, TRUE, FALSE), 1);
	cr_expect_eq(calls_for(STATUS_SUCCESS, TRUE, FALSE, FALSE, TRUE), 1);
	cr_expect_eq(calls_for(STATUS_CANCELLED, TRUE, FALSE, FALSE, FALSE), 0);
}

Test(irp, an_irp_that_pends_below_pends_above)
{
	IO_STATUS_BLOCK iosb = { 0 };
	KEVENT event;

	pends = TRUE;
	for (int i = 0; i < 3; i++) {
		skips = i == 1;
		watches = i == 2;
		cr_expect_eq(IoCallDriver(upper, flush_request(&event, &iosb)), STATUS_PENDING);
		cr_expect_eq(KeReadStateEvent(&event), 0);
		held->IoStatus.Status = STATUS_SUCCESS;
		held->IoStatus.Information = (ULONG_PTR)i;
		IoCompleteRequest(held, IO_NO_INCREMENT);
		cr_expect_neq(KeReadStateEvent(&event), 0);
		cr_expect_eq(iosb.Information, (ULONG_PTR)i);
	}
	cr_expect_eq(watched, 1);
	cr_expect(watched_pending);
}

/* Its dispatch routine returned STATUS_PENDING: the host looks whether that was said. */
Test(irp, what_pends_below_is_marked_for_the_requester)
{
	static UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\Device\\top");
	PDEVICE_OBJECT top;

	cr_assert_eq(IoCreateDevice(driver_object, 0, &name, 0, 0, FALSE, &top), STATUS_SUCCESS);
	top->StackSize = 2;
	top->Flags = DO_BUFFERED_IO;
	cr_assert_eq(nrt_device_open("\\Device\\top", 1, &file), 0, "%s", nrt_last_error());
	pends = completes_pending = TRUE;
	for (int i = 0; i < 3; i++) {
		skips = i == 1;
		watches = i == 2;
		cr_expect_eq(nrt_device_read(file, NULL, 0, 0, NRT_DEVICE_FOREVER, NULL), 0);
	}
	cr_expect_eq(watched, 1);
	cr_expect_eq(nrt_device_close(file), 0);
	IoDeleteDevice(top);
}

Test(irp, a_completion_routine_may_keep_the_irp_and_complete_it_later)
{
	IO_STATUS_BLOCK iosb = { 0 };
	KEVENT event;
	PIRP irp = flush_request(&event, &iosb);

	watches = TRUE;
	watch_result = STATUS_MORE_PROCESSING_REQUIRED;
	answer = STATUS_SUCCESS;
	cr_expect_eq(IoCallDriver(upper, irp), STATUS_SUCCESS);
	cr_expect_eq(watched, 1);
	cr_expect_eq(KeReadStateEvent(&event), 0);
	irp->IoStatus.Status = STATUS_DEVICE_BUSY;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	cr_expect_neq(KeReadStateEvent(&event), 0);
	cr_expect_eq(iosb.Status, STATUS_DEVICE_BUSY);
	cr_expect_eq(watched, 1);
}

Test(irp, a_device_without_the_routine_refuses)
{
	IO_STATUS_BLOCK iosb = { 0 };
	KEVENT event;
	PIRP irp = flush_request(&event, &iosb);

	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_SHUTDOWN;
	cr_expect_eq(IoCallDriver(upper, irp), STATUS_INVALID_DEVICE_REQUEST);
	cr_expect_eq(iosb.Status, STATUS_INVALID_DEVICE_REQUEST);
	irp = flush_request(&event, &iosb);
	IoGetNextIrpStackLocation(irp)->MajorFunction = 200;
	cr_expect_eq(IoCallDriver(upper, irp), STATUS_INVALID_DEVICE_REQUEST);
}

Test(irp, what_is_sent_wrongly_is_reported_and_comes_back)
{
	IO_STATUS_BLOCK iosb = { 0 };
	KEVENT event;
	PIRP irp;

	cr_expect_eq(IoCallDriver(NULL, flush_request(&event, &iosb)),
		     STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
	cr_expect(broke("0xC9/0x204"));
	cr_expect_neq(KeReadStateEvent(&event), 0);
	cr_expect_eq(IoCallDriver((PDEVICE_OBJECT)(PVOID)driver_object,
				  flush_request(&event, &iosb)),
		     STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
	cr_expect(broke("0xC9/0x04"));
	forgets_next = TRUE;
	upper->StackSize = 1; /* the upper one has no location left for the lower */
	cr_expect_eq(IoCallDriver(upper, flush_request(&event, &iosb)),
		     STATUS_INVALID_DEVICE_REQUEST);
	cr_expect(broke("0x35"));
	cr_expect_eq(iosb.Status, STATUS_INVALID_DEVICE_REQUEST);
	irp = IoAllocateIrp(1, FALSE);
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	cr_expect(broke("0xC9/0x239"));
	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
	cr_expect_eq(IoCallDriver(lower, irp), STATUS_SUCCESS);
	cr_expect(broke("0xC9/0x200"), "nobody keeps a driver's own IRP");
	IoFreeIrp(irp);
}

/* --------------------------------------------------------------- requests of drivers */

static NTSTATUS control(ULONG code, void *in, ULONG in_length, void *out, ULONG out_length,
			IO_STATUS_BLOCK *iosb)
{
	KEVENT event;
	PIRP irp;
	NTSTATUS status;

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	irp = IoBuildDeviceIoControlRequest(code, lower, in, in_length, out, out_length, TRUE,
					    &event, iosb);
	if (irp == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	cr_expect_eq(irp->RequestorMode, KernelMode);
	cr_expect_eq(IoGetNextIrpStackLocation(irp)->MajorFunction, IRP_MJ_INTERNAL_DEVICE_CONTROL);
	status = IoCallDriver(lower, irp);
	cr_expect_neq(KeReadStateEvent(&event), 0);
	return status;
}

Test(irp, a_built_control_request_brings_its_data_home)
{
	ULONG code = CTL_CODE(FILE_DEVICE_NETWORK, 1, METHOD_BUFFERED, FILE_ANY_ACCESS);
	char in[4] = "abc", out[8] = "........";
	IO_STATUS_BLOCK iosb;

	information = 3;
	cr_expect_eq(control(code, in, 4, out, 8, &iosb), STATUS_SUCCESS);
	cr_expect_arr_eq(out, "abc.....", 8, "the copy that both share");
	cr_expect_eq(iosb.Information, 3);
	memset(out, '.', 8);
	answer = STATUS_UNSUCCESSFUL;
	cr_expect_eq(control(code, in, 4, out, 8, &iosb), STATUS_UNSUCCESSFUL);
	cr_expect_arr_eq(out, "........", 8, "an error brings nothing");
	cr_expect_eq(control(code, NULL, 4, out, 8, &iosb), STATUS_INSUFFICIENT_RESOURCES);
	cr_expect(broke("0xC9/0x09"));
	for (unsigned int n = 1; n <= 2; n++) {
		nrt_memory_fail_nth(n);
		cr_expect_eq(control(code, in, 4, out, 8, &iosb), STATUS_INSUFFICIENT_RESOURCES);
		nrt_memory_fail_nth(0);
	}
	cr_expect_null(IoBuildSynchronousFsdRequest(IRP_MJ_READ, lower, NULL, 1, NULL, NULL,
						    &iosb));
	cr_expect(broke("0xC9/0x08"));
}

Test(irp, a_built_read_has_its_offset_and_length)
{
	LARGE_INTEGER offset = { .QuadPart = 0x123456789 };
	IO_STATUS_BLOCK iosb;
	char buffer[4] = "";
	KEVENT event;
	PIRP irp;

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	pends = TRUE;
	irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, lower, buffer, 4, &offset, &event, &iosb);
	cr_assert_eq(IoCallDriver(lower, irp), STATUS_PENDING);
	cr_expect_eq(IoGetCurrentIrpStackLocation(held)->Parameters.Read.Length, 4);
	cr_expect_eq(IoGetCurrentIrpStackLocation(held)->Parameters.Read.ByteOffset.QuadPart,
		     offset.QuadPart);
	memcpy(held->AssociatedIrp.SystemBuffer, "data", 4);
	held->IoStatus.Status = STATUS_SUCCESS;
	held->IoStatus.Information = 4;
	IoCompleteRequest(held, IO_NO_INCREMENT);
	cr_expect_arr_eq(buffer, "data", 4);
}

Test(irp, mdls_that_a_driver_hangs_on_an_irp_go_with_it)
{
	static char a[64], b[64];
	IO_STATUS_BLOCK iosb;
	KEVENT event;
	PIRP irp = flush_request(&event, &iosb);
	PMDL first = IoAllocateMdl(a, 64, FALSE, FALSE, irp);
	PMDL second = IoAllocateMdl(b, 64, TRUE, FALSE, irp);

	cr_expect_eq(irp->MdlAddress, first);
	cr_expect_eq(first->Next, second);
	cr_expect_eq(IoCallDriver(upper, irp), STATUS_SUCCESS);
}

/* ------------------------------------------------------------------- cancelling */

static int cancels;
static KIRQL cancel_irql;

static VOID cancel(PDEVICE_OBJECT device, PIRP irp)
{
	cr_expect_eq(device, lower);
	cancel_irql = KeGetCurrentIrql();
	IoReleaseCancelSpinLock(irp->CancelIrql);
	cancels++;
	irp->IoStatus.Status = STATUS_CANCELLED;
	irp->IoStatus.Information = 0;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
}

Test(irp, a_cancel_calls_the_cancel_routine_once)
{
	IO_STATUS_BLOCK iosb = { 0 };
	KEVENT event;

	pends = TRUE;
	cr_expect_eq(IoCallDriver(upper, flush_request(&event, &iosb)), STATUS_PENDING);
	cr_expect_not(IoCancelIrp(held), "it has no routine");
	cr_expect(held->Cancel);
	cr_expect_null(IoSetCancelRoutine(held, cancel));
	cr_expect(IoCancelIrp(held));
	cr_expect_eq(cancels, 1);
	cr_expect_eq(cancel_irql, DISPATCH_LEVEL);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	cr_expect_neq(KeReadStateEvent(&event), 0);
	cr_expect_eq(iosb.Status, STATUS_CANCELLED);
}

static VOID cancel_and_hold(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	(void)irp;
	cancels++;
}

Test(irp, a_cancel_routine_that_keeps_the_spin_lock_is_reported)
{
	IO_STATUS_BLOCK iosb = { 0 };
	KEVENT event;
	KIRQL irql;

	pends = TRUE;
	IoCallDriver(upper, flush_request(&event, &iosb));
	IoSetCancelRoutine(held, cancel_and_hold);
	cr_expect(IoCancelIrp(held));
	cr_expect(broke("RS-LCK-01"));
	IoAcquireCancelSpinLock(&irql);
	cr_expect_eq(irql, PASSIVE_LEVEL);
	IoReleaseCancelSpinLock(irql);
	IoSetCancelRoutine(held, cancel);
	cr_expect_eq(IoSetCancelRoutine(held, NULL), cancel);
	held->IoStatus.Status = STATUS_SUCCESS;
	IoCompleteRequest(held, IO_NO_INCREMENT);
}

Test(irp, an_irp_goes_down_without_a_cancel_routine)
{
	PIRP irp = IoAllocateIrp(1, FALSE);

	watch_result = STATUS_MORE_PROCESSING_REQUIRED;
	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
	IoSetCompletionRoutine(irp, upper_done, &watched, TRUE, TRUE, TRUE);
	IoSetCancelRoutine(irp, cancel);
	IoCallDriver(lower, irp);
	cr_expect(violations_are("0xC9/0x203", "0x48", NULL));
	IoFreeIrp(irp);
}

/* --------------------------------------------------------------------- devices */

Test(irp, a_device_has_its_extension_and_its_place_among_the_drivers)
{
	cr_expect_eq(lower->Type, IO_TYPE_DEVICE);
	cr_expect_eq(lower->Size, sizeof(DEVICE_OBJECT) + 16);
	cr_assert_not_null(lower->DeviceExtension);
	cr_expect_eq((ULONG_PTR)lower->DeviceExtension % MEMORY_ALLOCATION_ALIGNMENT, 0);
	cr_expect_null(upper->DeviceExtension);
	cr_expect_neq(lower->Flags & DO_DEVICE_INITIALIZING, 0, "it was made after DriverEntry");
	cr_expect_eq(driver_object->DeviceObject, upper);
	cr_expect_eq(upper->NextDevice, lower);
	cr_expect_null(lower->NextDevice);
}

Test(irp, a_device_is_deleted_once)
{
	PDEVICE_OBJECT device;

	cr_assert_eq(IoCreateDevice(driver_object, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &device),
		     STATUS_SUCCESS);
	IoDeleteDevice(device);
	cr_expect_eq(driver_object->DeviceObject, upper);
	IoDeleteDevice(device);
	cr_expect(broke("0xC9/0x240"));
}

static NTSTATUS create_secure(UNICODE_STRING *name, ULONG characteristics,
			      const UNICODE_STRING *sddl)
{
	PDEVICE_OBJECT device;
	NTSTATUS status = IoCreateDeviceSecure(driver_object, 0, name, FILE_DEVICE_NETWORK,
					       characteristics, FALSE, sddl, NULL, &device);

	if (status == STATUS_SUCCESS)
		IoDeleteDevice(device);
	return status;
}

Test(irp, a_secure_device_has_a_name_and_a_descriptor)
{
	static UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\Device\\secure");
	static const UNICODE_STRING good[] = {
		RTL_CONSTANT_STRING(u"D:P(A;;0x12fF;;;S-1-5-84-0-0-0-0-0)"),
		RTL_CONSTANT_STRING(u"D:P(A;;GRGWGXRCSDWDWO;;;UD)(A;;GA;;;IU)"),
	};
	static const UNICODE_STRING bad[] = {
		RTL_CONSTANT_STRING(u""), RTL_CONSTANT_STRING(u"D:"), RTL_CONSTANT_STRING(u"O:BA"),
		RTL_CONSTANT_STRING(u"D:P("), RTL_CONSTANT_STRING(u"D:P(A;;GA;;;SY"),
		RTL_CONSTANT_STRING(u"D:P(A;;;;;SY)"), RTL_CONSTANT_STRING(u"D:P(A;;GA;;;XX)"),
		RTL_CONSTANT_STRING(u"D:P(D;;GA;;;SY)"), RTL_CONSTANT_STRING(u"D:P(A;;0x;;;SY)"),
		RTL_CONSTANT_STRING(u"D:P(A;;GA;;;SY) "), RTL_CONSTANT_STRING(u"D:P(A;;GA;;;S-1-)"),
	};

	for (size_t i = 0; i < RTL_NUMBER_OF(good); i++)
		cr_expect_eq(create_secure(&name, 0, &good[i]), STATUS_SUCCESS, "%zu", i);
	for (size_t i = 0; i < RTL_NUMBER_OF(bad); i++)
		cr_expect_eq(create_secure(&name, 0, &bad[i]), STATUS_INVALID_PARAMETER, "%zu", i);
	cr_expect_eq(create_secure(&name, 0, NULL), STATUS_INVALID_PARAMETER);
	cr_expect_eq(create_secure(&name, 0, &SDDL_DEVOBJ_KERNEL_ONLY), STATUS_SUCCESS);
	cr_expect_eq(create_secure(&name, 0, &SDDL_DEVOBJ_SYS_ALL), STATUS_SUCCESS);
	cr_expect_eq(create_secure(&name, 0, &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R), STATUS_SUCCESS);
	cr_expect_eq(create_secure(&name, 0, &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R),
		     STATUS_SUCCESS);
	cr_expect_eq(create_secure(NULL, 0, &SDDL_DEVOBJ_SYS_ALL), STATUS_INVALID_PARAMETER);
}

Test(irp, a_name_may_be_made_up)
{
	static UNICODE_STRING taken = RTL_CONSTANT_STRING(u"\\Device\\00000002");
	PDEVICE_OBJECT a, b, other;

	cr_assert_eq(IoCreateDevice(driver_object, 0, &taken, 0, 0, FALSE, &other), STATUS_SUCCESS);
	cr_assert_eq(IoCreateDevice(driver_object, 0, NULL, 0, FILE_AUTOGENERATED_DEVICE_NAME,
				    FALSE, &a), STATUS_SUCCESS);
	cr_assert_eq(IoCreateDeviceSecure(driver_object, 0, NULL, 0, FILE_AUTOGENERATED_DEVICE_NAME,
					  FALSE, &SDDL_DEVOBJ_SYS_ALL, NULL, &b), STATUS_SUCCESS);
	a->Flags = b->Flags = 0;
	answer = STATUS_ACCESS_DENIED; /* so it is there */
	skips = TRUE;
	cr_expect_eq(nrt_device_open("\\Device\\00000001", 1, &file), -EACCES);
	cr_expect_eq(nrt_device_open("\\Device\\00000003", 1, &file), -EACCES);
	cr_expect_eq(nrt_device_open("\\Device\\00000004", 1, &file), -ENOENT);
	IoDeleteDevice(other);
	IoDeleteDevice(a);
	IoDeleteDevice(b);
}

Test(irp, links_have_rules)
{
	static UNICODE_STRING a = RTL_CONSTANT_STRING(u"\\??\\a");
	static UNICODE_STRING b = RTL_CONSTANT_STRING(u"\\??\\b");
	static UNICODE_STRING again = RTL_CONSTANT_STRING(u"\\DosDevices\\A");
	static UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\Device\\named");
	PDEVICE_OBJECT device;

	cr_expect_eq(IoDeleteSymbolicLink(&a), STATUS_OBJECT_NAME_NOT_FOUND);
	cr_assert_eq(IoCreateSymbolicLink(&a, &b), STATUS_SUCCESS, "to what is not there yet");
	cr_expect_eq(IoCreateSymbolicLink(&again, &b), STATUS_OBJECT_NAME_COLLISION);
	cr_assert_eq(IoCreateSymbolicLink(&b, &a), STATUS_SUCCESS, "in a circle");
	cr_expect_eq(IoCreateSymbolicLink(&name, NULL), STATUS_OBJECT_NAME_INVALID);
	cr_assert_eq(IoCreateDevice(driver_object, 0, &name, 0, 0, FALSE, &device), STATUS_SUCCESS);
	cr_expect_eq(IoDeleteSymbolicLink(&name), STATUS_OBJECT_TYPE_MISMATCH);
	IoDeleteDevice(device);
	cr_expect_eq(IoDeleteSymbolicLink(&again), STATUS_SUCCESS);
	cr_expect_eq(IoDeleteSymbolicLink(&b), STATUS_SUCCESS);
}

Test(irp_end, RS_MEM_02_links_that_are_never_deleted_are_reported, .timeout = 60)
{
	static UNICODE_STRING a = RTL_CONSTANT_STRING(u"\\??\\a");
	static UNICODE_STRING b = RTL_CONSTANT_STRING(u"\\??\\b");

	contract_start();
	cr_assert_eq(IoCreateSymbolicLink(&a, &b), STATUS_SUCCESS);
	cr_expect_eq(nrt_fini(), 0);
	cr_expect(broke("RS-MEM-02"));
	cr_expect_eq(nrt_memory_live(), 0);
}
