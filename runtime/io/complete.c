/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An IRP's way down to a driver and back up: IoCallDriver, IoCompleteRequest,
 * IoCancelIrp. On the thread that calls them, up to DISPATCH_LEVEL; dispatch
 * and completion routines run on it. [N/kernel: handling IRPs]
 */
#include "../ke/irql.h"
#include "../ke/spinlock.h"
#include "../ndis/callback.h"
#include "../verifier.h"
#include "device.h"
#include "irp.h"

static KSPIN_LOCK cancel_lock;

const char *nrt_irp_major_name(UCHAR major)
{
	static const char *const names[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
		[IRP_MJ_CREATE] = "IRP_MJ_CREATE",
		[IRP_MJ_CLOSE] = "IRP_MJ_CLOSE",
		[IRP_MJ_READ] = "IRP_MJ_READ",
		[IRP_MJ_WRITE] = "IRP_MJ_WRITE",
		[IRP_MJ_FLUSH_BUFFERS] = "IRP_MJ_FLUSH_BUFFERS",
		[IRP_MJ_DEVICE_CONTROL] = "IRP_MJ_DEVICE_CONTROL",
		[IRP_MJ_INTERNAL_DEVICE_CONTROL] = "IRP_MJ_INTERNAL_DEVICE_CONTROL",
		[IRP_MJ_SHUTDOWN] = "IRP_MJ_SHUTDOWN",
		[IRP_MJ_CLEANUP] = "IRP_MJ_CLEANUP",
		[IRP_MJ_POWER] = "IRP_MJ_POWER",
		[IRP_MJ_SYSTEM_CONTROL] = "IRP_MJ_SYSTEM_CONTROL",
		[IRP_MJ_PNP] = "IRP_MJ_PNP",
	};

	return major <= IRP_MJ_MAXIMUM_FUNCTION && names[major] != NULL ? names[major] : "an IRP";
}

/* ------------------------------------------------------------ the way down */

/* Complete @irp for the driver it cannot be sent to. */
static NTSTATUS refuse(PIRP irp, NTSTATUS status)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = 0;
	IofCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

static NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
	PDRIVER_DISPATCH routine = nrt_io_dispatch(device, major);
	struct nrt_callback cb;
	NTSTATUS status;

	if (routine == NULL)
		return refuse(irp, STATUS_INVALID_DEVICE_REQUEST);
	cb = nrt_callback_begin(nrt_irp_major_name(major));
	status = routine(device, irp);
	nrt_callback_end(&cb);
	return status;
}

NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	nrt_check_irql("IoCallDriver", DISPATCH_LEVEL);
	if (Irp->Type != IO_TYPE_IRP) {
		nrt_io_violation("0xC9/0x03", Irp, "is none, or was freed: IoCallDriver");
		return STATUS_INVALID_PARAMETER;
	}
	if (Irp->CurrentLocation <= 1) {
		nrt_io_violation("0x35", Irp, "has %d stack locations: IoCallDriver",
				 Irp->StackCount);
		return refuse(Irp, STATUS_INVALID_DEVICE_REQUEST);
	}
	if (__atomic_load_n(&Irp->CancelRoutine, __ATOMIC_RELAXED) != NULL)
		nrt_io_violation("0xC9/0x203", Irp, "has a cancel routine: IoCallDriver");
	IoSetNextIrpStackLocation(Irp);
	if (DeviceObject == NULL || DeviceObject->Type != IO_TYPE_DEVICE) {
		nrt_io_violation(DeviceObject == NULL ? "0xC9/0x204" : "0xC9/0x04", Irp,
				 "is sent to %p, which is no device object: IoCallDriver",
				 (void *)DeviceObject);
		return refuse(Irp, STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
	}
	IoGetCurrentIrpStackLocation(Irp)->DeviceObject = DeviceObject;
	nrt_irp_note_driver(Irp, DeviceObject);
	return dispatch(DeviceObject, Irp);
}

/* -------------------------------------------------------------- the way up */

static void report_again(PIRP irp)
{
	nrt_io_violation("0x44", irp, "was completed before: IoCompleteRequest");
}

/* The requester of @irp learns that it is done. */
static void finish(PIRP irp)
{
	struct nrt_irp *r = nrt_irp_of(irp);

	if (!(irp->AllocationFlags & NRT_IRP_OURS) || r->kind == NRT_IRP_DRIVER) {
		nrt_io_violation("0xC9/0x200", irp, "is a driver's own: its completion routine "
				 "must return STATUS_MORE_PROCESSING_REQUIRED");
		return;
	}
	irp->CurrentLocation = (CHAR)(irp->StackCount + 2);
	if (atomic_exchange(&r->finished, true)) {
		report_again(irp);
		return;
	}
	if (r->kind == NRT_IRP_HOST)
		KeSetEvent(&r->done, IO_NETWORK_INCREMENT, FALSE); /* @r may be gone now */
	else
		nrt_irp_built_done(r);
}

bool nrt_irp_abandon(struct nrt_irp *r)
{
	if (atomic_exchange(&r->finished, true))
		return false;
	__atomic_store_n(&r->irp.CurrentLocation, (CHAR)(r->irp.StackCount + 2),
			 __ATOMIC_RELEASE);
	return true;
}

static bool invokes(const IO_STACK_LOCATION *s, const IRP *irp)
{
	if (s->CompletionRoutine == NULL)
		return false;
	if (__atomic_load_n(&irp->Cancel, __ATOMIC_RELAXED) && (s->Control & SL_INVOKE_ON_CANCEL))
		return true;
	return s->Control &
	       (NT_SUCCESS(irp->IoStatus.Status) ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR);
}

static NTSTATUS call_completion(const IO_STACK_LOCATION *s, PIRP irp)
{
	struct nrt_callback cb = nrt_callback_begin("IO_COMPLETION_ROUTINE");
	bool requester = irp->CurrentLocation > irp->StackCount; /* has no location, no device */
	PIO_STACK_LOCATION spare = NULL;
	PDEVICE_OBJECT device = NULL;
	NTSTATUS status;

	if (!requester)
		device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
	else if (irp->AllocationFlags & NRT_IRP_OURS)
		spare = IoGetCurrentIrpStackLocation(irp);
	status = s->CompletionRoutine(device, irp, s->Context);
	/* @irp may be freed by now, but is not gone (irp.c). */
	if (spare != NULL && (spare->Control & SL_PENDING_RETURNED)) {
		nrt_io_violation("0xC9/0x200", irp,
				 "has no stack location of its requester's: IoMarkIrpPending");
		spare->Control = 0;
	}
	nrt_callback_end(&cb);
	return status;
}

/* Leave the location of the driver that has completed @irp; false when another
 * thread has left it at the same time. */
static bool leave(PIRP irp, IO_STACK_LOCATION *left)
{
	PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

	if (__atomic_fetch_add(&irp->CurrentLocation, 1, __ATOMIC_ACQ_REL) > irp->StackCount)
		return false;
	*left = *s;
	s->Control = 0;
	s->CompletionRoutine = NULL;
	irp->Tail.Overlay.CurrentStackLocation = s + 1;
	irp->PendingReturned = (left->Control & SL_PENDING_RETURNED) != 0;
	return true;
}

static bool may_complete(PIRP irp)
{
	/* The requester may be in IoCancelIrp. */
	PDRIVER_CANCEL cancel = __atomic_load_n(&irp->CancelRoutine, __ATOMIC_RELAXED);

	if (irp->Type != IO_TYPE_IRP || irp->CurrentLocation > irp->StackCount + 1) {
		report_again(irp);
		return false;
	}
	if (irp->CurrentLocation > irp->StackCount) {
		nrt_io_violation("0xC9/0x239", irp, "was sent to no driver: IoCompleteRequest");
		return false;
	}
	if (cancel != NULL) {
		nrt_io_violation("0x48", irp, "%s: IoCompleteRequest",
				 cancel == nrt_csq_cancel ? "is in a cancel-safe queue"
							  : "has a cancel routine");
		if (cancel == nrt_csq_cancel)
			return false; /* the queue would keep a dead IRP */
		IoSetCancelRoutine(irp, NULL);
	}
	if (irp->IoStatus.Status == STATUS_PENDING || irp->IoStatus.Status == -1) {
		nrt_io_violation("0xC9/0x06", irp, "has status 0x%08X: IoCompleteRequest",
				 (unsigned int)irp->IoStatus.Status);
		irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
	}
	return true;
}

VOID IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
	IO_STACK_LOCATION left;

	(void)PriorityBoost;
	nrt_check_irql("IoCompleteRequest", DISPATCH_LEVEL);
	if (nrt_verifying && nrt_self.locks != 0)
		nrt_violation("RS-LCK-01", "IoCompleteRequest called with %u spin locks held",
			      nrt_self.locks);
	if (!may_complete(Irp))
		return;
	do {
		if (!leave(Irp, &left)) {
			report_again(Irp);
			return;
		}
		if (invokes(&left, Irp)) {
			if (call_completion(&left, Irp) == STATUS_MORE_PROCESSING_REQUIRED)
				return;
		} else if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount) {
			IoMarkIrpPending(Irp); /* on behalf of the driver that does not care */
		}
	} while (Irp->CurrentLocation <= Irp->StackCount);
	finish(Irp);
}

/* ------------------------------------------------------------ cancellation */

VOID IoAcquireCancelSpinLock(PKIRQL Irql)
{
	nrt_check_irql("IoAcquireCancelSpinLock", DISPATCH_LEVEL);
	*Irql = KeAcquireSpinLockRaiseToDpc(&cancel_lock);
}

VOID IoReleaseCancelSpinLock(KIRQL Irql)
{
	KeReleaseSpinLock(&cancel_lock, Irql);
}

BOOLEAN IoCancelIrp(PIRP Irp)
{
	struct nrt_callback cb;
	PDEVICE_OBJECT device = NULL;
	PDRIVER_CANCEL routine;
	KIRQL irql;

	nrt_check_irql("IoCancelIrp", DISPATCH_LEVEL);
	if (Irp->Type != IO_TYPE_IRP) {
		nrt_io_violation("0xC9/0x200", Irp, "is none, or was freed: IoCancelIrp");
		return FALSE;
	}
	cb = nrt_callback_begin("DRIVER_CANCEL");
	IoAcquireCancelSpinLock(&irql);
	/* Pairs with IoSetCancelRoutine: the bit first, then the routine. */
	__atomic_store_n(&Irp->Cancel, TRUE, __ATOMIC_SEQ_CST);
	routine = IoSetCancelRoutine(Irp, NULL);
	if (routine != NULL) {
		Irp->CancelIrql = irql;
		if (Irp->CurrentLocation <= Irp->StackCount)
			device = IoGetCurrentIrpStackLocation(Irp)->DeviceObject;
		routine(device, Irp); /* releases the lock */
		if (nrt_spin_held(&cancel_lock)) {
			nrt_violation("RS-LCK-01",
				      "a cancel routine returned with the cancel spin lock held");
			IoReleaseCancelSpinLock(irql);
		}
	} else {
		IoReleaseCancelSpinLock(irql);
	}
	nrt_callback_end(&cb);
	return routine != NULL;
}
