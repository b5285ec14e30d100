/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cancel-safe queues: who takes an IRP out of a queue and its cancel routine
 * out of the IRP owns it; the queue's lock and the exchange in
 * IoSetCancelRoutine decide between a driver that dequeues and IoCancelIrp.
 * On drivers' threads up to DISPATCH_LEVEL. [N/kernel: cancel-safe IRP queues]
 */
#include "../ke/irql.h"
#include "../verifier.h"
#include "irp.h"

static NTSTATUS initialize(PIO_CSQ csq, ULONG type, PIO_CSQ_INSERT_IRP insert,
			   PIO_CSQ_REMOVE_IRP remove, PIO_CSQ_PEEK_NEXT_IRP peek,
			   PIO_CSQ_ACQUIRE_LOCK acquire, PIO_CSQ_RELEASE_LOCK release,
			   PIO_CSQ_COMPLETE_CANCELED_IRP complete)
{
	csq->Type = type;
	csq->CsqInsertIrp = insert;
	csq->CsqRemoveIrp = remove;
	csq->CsqPeekNextIrp = peek;
	csq->CsqAcquireLock = acquire;
	csq->CsqReleaseLock = release;
	csq->CsqCompleteCanceledIrp = complete;
	csq->ReservePointer = NULL;
	return STATUS_SUCCESS;
}

NTSTATUS IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp,
			 PIO_CSQ_REMOVE_IRP CsqRemoveIrp, PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
			 PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
			 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
	return initialize(Csq, IO_TYPE_CSQ, CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp,
			  CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp);
}

NTSTATUS IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp,
			   PIO_CSQ_REMOVE_IRP CsqRemoveIrp, PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
			   PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
			   PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
			   PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
	/* Called through its own type again; see insert. */
	PIO_CSQ_INSERT_IRP insert = (PIO_CSQ_INSERT_IRP)(VOID (*)(VOID))CsqInsertIrp;

	return initialize(Csq, IO_TYPE_CSQ_EX, insert, CsqRemoveIrp, CsqPeekNextIrp,
			  CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp);
}

/* DriverContext[3] leads from an IRP to its queue, over the driver's context if there
 * is one; both begin with their type. */
static void attach(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context)
{
	irp->Tail.Overlay.DriverContext[3] = csq;
	if (context == NULL)
		return;
	context->Type = IO_TYPE_CSQ_IRP_CONTEXT;
	context->Irp = irp;
	context->Csq = csq;
	irp->Tail.Overlay.DriverContext[3] = context;
}

static PIO_CSQ queue_of(PIRP irp)
{
	PIO_CSQ_IRP_CONTEXT context = irp->Tail.Overlay.DriverContext[3];

	return context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? context->Csq : (PIO_CSQ)context;
}

static void detach(PIRP irp)
{
	PIO_CSQ_IRP_CONTEXT context = irp->Tail.Overlay.DriverContext[3];

	if (context->Type == IO_TYPE_CSQ_IRP_CONTEXT)
		context->Irp = NULL;
	irp->Tail.Overlay.DriverContext[3] = NULL;
}

VOID nrt_csq_cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PIO_CSQ csq = queue_of(Irp);
	KIRQL irql;

	(void)DeviceObject;
	IoReleaseCancelSpinLock(Irp->CancelIrql);
	csq->CsqAcquireLock(csq, &irql);
	detach(Irp);
	csq->CsqRemoveIrp(csq, Irp);
	csq->CsqReleaseLock(csq, irql);
	csq->CsqCompleteCanceledIrp(csq, Irp);
}

/* Locked. */
static NTSTATUS insert(PIO_CSQ csq, PIRP irp, PVOID insert_context)
{
	if (csq->Type == IO_TYPE_CSQ_EX)
		return ((PIO_CSQ_INSERT_IRP_EX)(VOID (*)(VOID))csq->CsqInsertIrp)(csq, irp,
										  insert_context);
	csq->CsqInsertIrp(csq, irp);
	return STATUS_SUCCESS;
}

NTSTATUS IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext)
{
	bool cancelled = __atomic_load_n(&Irp->Cancel, __ATOMIC_SEQ_CST);
	NTSTATUS status;
	KIRQL irql;

	nrt_check_irql("IoCsqInsertIrp", DISPATCH_LEVEL);
	Csq->CsqAcquireLock(Csq, &irql);
	attach(Csq, Irp, Context);
	status = cancelled ? STATUS_SUCCESS : insert(Csq, Irp, InsertContext);
	if (!NT_SUCCESS(status)) {
		detach(Irp);
		Csq->CsqReleaseLock(Csq, irql);
		return status;
	}
	IoMarkIrpPending(Irp);
	if (!cancelled) {
		IoSetCancelRoutine(Irp, nrt_csq_cancel);
		/* Cancelled meanwhile: by us, unless IoCancelIrp has seen the routine. */
		cancelled = __atomic_load_n(&Irp->Cancel, __ATOMIC_SEQ_CST) &&
			    IoSetCancelRoutine(Irp, NULL) != NULL;
		if (cancelled)
			Csq->CsqRemoveIrp(Csq, Irp);
	}
	if (cancelled)
		detach(Irp);
	Csq->CsqReleaseLock(Csq, irql);
	if (cancelled)
		Csq->CsqCompleteCanceledIrp(Csq, Irp);
	return status;
}

VOID IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
	IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

PIRP IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
	PIRP irp;
	KIRQL irql;

	nrt_check_irql("IoCsqRemoveIrp", DISPATCH_LEVEL);
	Csq->CsqAcquireLock(Csq, &irql);
	irp = Context->Irp;
	if (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL)
		irp = NULL; /* IoCancelIrp has it, and waits for the lock */
	if (irp != NULL) {
		Csq->CsqRemoveIrp(Csq, irp);
		detach(irp);
	}
	Csq->CsqReleaseLock(Csq, irql);
	return irp;
}

PIRP IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
	PIRP irp;
	KIRQL irql;

	nrt_check_irql("IoCsqRemoveNextIrp", DISPATCH_LEVEL);
	Csq->CsqAcquireLock(Csq, &irql);
	irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
	while (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL)
		irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext);
	if (irp != NULL) {
		Csq->CsqRemoveIrp(Csq, irp);
		detach(irp);
	}
	Csq->CsqReleaseLock(Csq, irql);
	return irp;
}
