/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the runtime does for a driver with device objects and IRPs: creating
 * and naming devices, sending, completing and cancelling IRPs, cancel-safe
 * queues, and work items. Part of wdm.h.
 *
 * An IRP is completed once by each driver that it was sent to, with no spin
 * lock held and no cancel routine set. The runtime reports what breaks that
 * under the code and name of the bug check it is there.
 */
#ifndef NRT_DDK_WDM_IO_H
#define NRT_DDK_WDM_IO_H

#include "wdm_irp.h"

NRT_EXTERN_C_BEGIN

/* ------------------------------------------------------------- devices */

/**
 * Create a device, named or (@DeviceName NULL) not. IRQL <= APC_LEVEL.
 * Returns STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, STATUS_OBJECT_NAME_COLLISION,
 * STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_PATH_NOT_FOUND.
 */
NRT_EXPORT NTSTATUS IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize,
				   PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
				   ULONG DeviceCharacteristics, BOOLEAN Exclusive,
				   PDEVICE_OBJECT *DeviceObject);
/** The name goes at once, the object with its last open handle. IRQL <= APC_LEVEL. */
NRT_EXPORT VOID IoDeleteDevice(PDEVICE_OBJECT DeviceObject);
/** PASSIVE_LEVEL. The target need not exist yet. */
NRT_EXPORT NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName,
					 PUNICODE_STRING DeviceName);
NRT_EXPORT NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName);

/* ------------------------------------------------------- a device's DPC */

typedef VOID IO_DPC_ROUTINE(PKDPC Dpc, struct _DEVICE_OBJECT *DeviceObject, struct _IRP *Irp,
			    PVOID Context);
typedef IO_DPC_ROUTINE *PIO_DPC_ROUTINE;

/** Have @DpcRoutine called when IoRequestDpc() asks for it. Any IRQL. */
NRT_INLINE VOID IoInitializeDpcRequest(PDEVICE_OBJECT DeviceObject, PIO_DPC_ROUTINE DpcRoutine)
{
	/* By way of a type that all functions may be taken for: only pointers' types differ. */
	KeInitializeDpc(&DeviceObject->Dpc, (PKDEFERRED_ROUTINE)(VOID (*)(void))DpcRoutine,
			DeviceObject);
}

/** From an ISR. One that is queued already stays queued, with its own arguments. */
NRT_INLINE VOID IoRequestDpc(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
	KeInsertQueueDpc(&DeviceObject->Dpc, Irp, Context);
}

/* --------------------------------------------- extensions of driver objects */

/**
 * Zeroed memory that goes with the driver object, known by any address of the caller's.
 * IRQL <= DISPATCH_LEVEL.
 * Returns STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_INSUFFICIENT_RESOURCES.
 */
NRT_EXPORT NTSTATUS IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject,
						    PVOID ClientIdentificationAddress,
						    ULONG DriverObjectExtensionSize,
						    PVOID *DriverObjectExtension);
/** NULL when there is none. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT PVOID IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject,
					    PVOID ClientIdentificationAddress);

/* ---------------------------------------------------- timers of devices */

typedef VOID IO_TIMER_ROUTINE(struct _DEVICE_OBJECT *DeviceObject, PVOID Context);
typedef IO_TIMER_ROUTINE *PIO_TIMER_ROUTINE;

/** Once for a device. PASSIVE_LEVEL. STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES. */
NRT_EXPORT NTSTATUS IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine,
				      PVOID Context);
/** The routine is called once a second, at DISPATCH_LEVEL, until IoStopTimer or
 * IoDeleteDevice. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT VOID IoStartTimer(PDEVICE_OBJECT DeviceObject);
NRT_EXPORT VOID IoStopTimer(PDEVICE_OBJECT DeviceObject);

/* ---------------------------------------------------------------- IRPs */

/** IRQL <= DISPATCH_LEVEL, all of these. NULL when there is no memory. */
NRT_EXPORT PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota);
NRT_EXPORT VOID IoFreeIrp(PIRP Irp);
/** For IRPs in memory of the driver's own. */
NRT_EXPORT VOID IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize);
NRT_EXPORT VOID IoReuseIrp(PIRP Irp, NTSTATUS Iostatus);

/** To @DeviceObject's dispatch routine, whose status it returns. */
NRT_EXPORT NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NRT_EXPORT VOID IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost);
/** As IoSetCompletionRoutine; @DeviceObject's driver is not unloaded before the routine
 * has returned. STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES. */
NRT_EXPORT NTSTATUS IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp,
					     PIO_COMPLETION_ROUTINE CompletionRoutine,
					     PVOID Context, BOOLEAN InvokeOnSuccess,
					     BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel);
/** FALSE for what no status of the system or of a driver can be. Any IRQL. */
NRT_EXPORT BOOLEAN IoIsValidIrpStatus(NTSTATUS Status);
#define IoCallDriver(a, b) IofCallDriver(a, b)
#define IoCompleteRequest(a, b) IofCompleteRequest(a, b)

/**
 * Requests that the runtime frees when they are completed, after it has set
 * @Event and @IoStatusBlock. IRQL <= APC_LEVEL. A thread that ends does not
 * cancel those it made.
 */
NRT_EXPORT PIRP IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject,
					      PVOID InputBuffer, ULONG InputBufferLength,
					      PVOID OutputBuffer, ULONG OutputBufferLength,
					      BOOLEAN InternalDeviceIoControl, PKEVENT Event,
					      PIO_STATUS_BLOCK IoStatusBlock);
NRT_EXPORT PIRP IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject,
					     PVOID Buffer, ULONG Length,
					     PLARGE_INTEGER StartingOffset, PKEVENT Event,
					     PIO_STATUS_BLOCK IoStatusBlock);

/* -------------------------------------------------------- cancellation */

NRT_EXPORT VOID IoAcquireCancelSpinLock(PKIRQL Irql);
NRT_EXPORT VOID IoReleaseCancelSpinLock(KIRQL Irql);
/** TRUE when there was a cancel routine; it was called with the cancel spin lock held. */
NRT_EXPORT BOOLEAN IoCancelIrp(PIRP Irp);

/* -------------------------------------------------- cancel-safe queues */

struct _IO_CSQ;

#define IO_TYPE_CSQ_IRP_CONTEXT 1
#define IO_TYPE_CSQ 2
#define IO_TYPE_CSQ_EX 3

/** Opaque; the driver's memory, from the insertion to the removal. */
typedef struct _IO_CSQ_IRP_CONTEXT {
	ULONG Type;
	struct _IRP *Irp;
	struct _IO_CSQ *Csq;
} IO_CSQ_IRP_CONTEXT, *PIO_CSQ_IRP_CONTEXT;

typedef VOID IO_CSQ_INSERT_IRP(struct _IO_CSQ *Csq, PIRP Irp);
typedef IO_CSQ_INSERT_IRP *PIO_CSQ_INSERT_IRP;
typedef NTSTATUS IO_CSQ_INSERT_IRP_EX(struct _IO_CSQ *Csq, PIRP Irp, PVOID InsertContext);
typedef IO_CSQ_INSERT_IRP_EX *PIO_CSQ_INSERT_IRP_EX;
typedef VOID IO_CSQ_REMOVE_IRP(struct _IO_CSQ *Csq, PIRP Irp);
typedef IO_CSQ_REMOVE_IRP *PIO_CSQ_REMOVE_IRP;
typedef PIRP IO_CSQ_PEEK_NEXT_IRP(struct _IO_CSQ *Csq, PIRP Irp, PVOID PeekContext);
typedef IO_CSQ_PEEK_NEXT_IRP *PIO_CSQ_PEEK_NEXT_IRP;
typedef VOID IO_CSQ_ACQUIRE_LOCK(struct _IO_CSQ *Csq, PKIRQL Irql);
typedef IO_CSQ_ACQUIRE_LOCK *PIO_CSQ_ACQUIRE_LOCK;
typedef VOID IO_CSQ_RELEASE_LOCK(struct _IO_CSQ *Csq, KIRQL Irql);
typedef IO_CSQ_RELEASE_LOCK *PIO_CSQ_RELEASE_LOCK;
typedef VOID IO_CSQ_COMPLETE_CANCELED_IRP(struct _IO_CSQ *Csq, PIRP Irp);
typedef IO_CSQ_COMPLETE_CANCELED_IRP *PIO_CSQ_COMPLETE_CANCELED_IRP;

/** Opaque. CsqInsertIrp is a PIO_CSQ_INSERT_IRP_EX when Type is IO_TYPE_CSQ_EX. */
typedef struct _IO_CSQ {
	ULONG Type;
	PIO_CSQ_INSERT_IRP CsqInsertIrp;
	PIO_CSQ_REMOVE_IRP CsqRemoveIrp;
	PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp;
	PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock;
	PIO_CSQ_RELEASE_LOCK CsqReleaseLock;
	PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp;
	PVOID ReservePointer;
} IO_CSQ, *PIO_CSQ;

NRT_EXPORT NTSTATUS IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp,
				    PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
				    PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
				    PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
				    PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
				    PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp);
NRT_EXPORT NTSTATUS IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp,
				      PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
				      PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
				      PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
				      PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
				      PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp);
/** Mark @Irp pending and queue it; one that is cancelled already is completed instead. */
NRT_EXPORT VOID IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context);
NRT_EXPORT NTSTATUS IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context,
				     PVOID InsertContext);
/** NULL when the IRP was cancelled. */
NRT_EXPORT PIRP IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context);
NRT_EXPORT PIRP IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext);

/* ---------------------------------------------------------- work items */

typedef struct _IO_WORKITEM *PIO_WORKITEM;

typedef VOID IO_WORKITEM_ROUTINE(PDEVICE_OBJECT DeviceObject, PVOID Context);
typedef IO_WORKITEM_ROUTINE *PIO_WORKITEM_ROUTINE;
/** @IoObject: the device or driver object the item was initialized with. */
typedef VOID IO_WORKITEM_ROUTINE_EX(PVOID IoObject, PVOID Context, PIO_WORKITEM IoWorkItem);
typedef IO_WORKITEM_ROUTINE_EX *PIO_WORKITEM_ROUTINE_EX;

/**
 * A routine that runs at PASSIVE_LEVEL on a system thread. Its driver is not
 * unloaded before it has returned. Queue an item again only when its routine
 * was called; free it, in the routine or later, only when it is not queued.
 * IRQL <= DISPATCH_LEVEL.
 */
NRT_EXPORT PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject);
NRT_EXPORT VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem);
NRT_EXPORT VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine,
				WORK_QUEUE_TYPE QueueType, PVOID Context);
NRT_EXPORT VOID IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
				  WORK_QUEUE_TYPE QueueType, PVOID Context);
/** The same in IoSizeofWorkItem() bytes of the driver's own. */
NRT_EXPORT ULONG IoSizeofWorkItem(VOID);
NRT_EXPORT VOID IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem);
NRT_EXPORT VOID IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem);

/* -------------------------------------------------------------- threads */

/**
 * As PsCreateSystemThread; the driver of @IoObject, a device or driver object, is not
 * unloaded before the thread has ended. PASSIVE_LEVEL.
 */
NRT_EXPORT NTSTATUS IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle,
					 ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
					 HANDLE ProcessHandle, PCLIENT_ID ClientId,
					 PKSTART_ROUTINE StartRoutine, PVOID StartContext);

NRT_EXTERN_C_END
#endif
