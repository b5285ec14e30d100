/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Completion routines that keep their driver loaded until they have returned. Set by
 * drivers up to DISPATCH_LEVEL; a routine of the runtime's stands before the driver's,
 * on the thread that completes the IRP.
 */
#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../ndis/driver.h"
#include "device.h"

#define TAG 0x78456f49 /* IoEx */

struct held_routine {
	PIO_COMPLETION_ROUTINE routine;
	PVOID context;
	struct nrt_driver *driver;
	bool on_success, on_error, on_cancel;
};

static bool wanted(const struct held_routine *h, PIRP irp)
{
	if (irp->Cancel && h->on_cancel)
		return true;
	return NT_SUCCESS(irp->IoStatus.Status) ? h->on_success : h->on_error;
}

static NTSTATUS completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	struct held_routine h = *(struct held_routine *)context;
	NTSTATUS status = STATUS_SUCCESS;

	nrt_memory_free(context, TAG);
	if (wanted(&h, irp))
		status = h.routine(device, irp, h.context);
	else if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount)
		IoMarkIrpPending(irp); /* as where no routine is set */
	nrt_io_work_count(h.driver, -1);
	return status;
}

NTSTATUS IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp,
				  PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
				  BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError,
				  BOOLEAN InvokeOnCancel)
{
	struct held_routine *h;

	nrt_check_irql("IoSetCompletionRoutineEx", DISPATCH_LEVEL);
	h = nrt_memory_zalloc(sizeof(*h), TAG, NULL);
	if (h == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	h->routine = CompletionRoutine;
	h->context = Context;
	h->driver = CONTAINING_RECORD(DeviceObject->DriverObject, struct nrt_driver, object);
	h->on_success = InvokeOnSuccess;
	h->on_error = InvokeOnError;
	h->on_cancel = InvokeOnCancel;
	nrt_io_work_count(h->driver, 1);
	IoSetCompletionRoutine(Irp, completed, h, TRUE, TRUE, TRUE);
	return STATUS_SUCCESS;
}
