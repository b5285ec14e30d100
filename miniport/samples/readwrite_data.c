/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the read/write protocol receives and sends. Received frames are copied into a ring, so
 * that each NBL goes back at once; reads wait in a cancel-safe queue, and come out of it when
 * there is a frame. A write is sent from the application's own memory and ends when NDIS is done
 * with that. Any thread, up to DISPATCH_LEVEL; reads and writes begin at PASSIVE_LEVEL.
 */
#include "readwrite_binding.h"

/* A write keeps in its IRP which NBL it may cancel, and how many of send and cancel routine
 * still use the IRP. */
#define CANCEL_ID(Irp) ((Irp)->Tail.Overlay.DriverContext[0])
#define OWNERS(Irp) ((LONG volatile *)&(Irp)->Tail.Overlay.DriverContext[1])
#define BINDING_OF(Irp) ((PBINDING)IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext)

static DRIVER_CANCEL CancelWrite;
static IO_CSQ_INSERT_IRP_EX InsertRead;
static IO_CSQ_REMOVE_IRP RemoveRead;
static IO_CSQ_PEEK_NEXT_IRP PeekRead;
static IO_CSQ_ACQUIRE_LOCK AcquireReads;
static IO_CSQ_RELEASE_LOCK ReleaseReads;
static IO_CSQ_COMPLETE_CANCELED_IRP CompleteCanceledRead;

UCHAR PartialCancelId;
static LONG LastCancelId;

VOID Complete(PIRP Irp, NTSTATUS Result, ULONG_PTR Information)
{
	Irp->IoStatus.Status = Result;
	Irp->IoStatus.Information = Information;
	IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

/* ----------------------------------------------------------- the queue of reads */

#define QUEUE_OF(Csq) CONTAINING_RECORD(Csq, BINDING, Reads)
#define TO_THE_FRONT ((PVOID)1)
#define WHATEVER ((PVOID)1)

static NTSTATUS InsertRead(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
	PBINDING Binding = QUEUE_OF(Csq);

	if (!NT_SUCCESS(Binding->Refusal))
		return Binding->Refusal;
	if (InsertContext == TO_THE_FRONT)
		InsertHeadList(&Binding->Irps, &Irp->Tail.Overlay.ListEntry);
	else
		InsertTailList(&Binding->Irps, &Irp->Tail.Overlay.ListEntry);
	Binding->Statistics.Waiting++;
	return STATUS_SUCCESS;
}

static VOID RemoveRead(PIO_CSQ Csq, PIRP Irp)
{
	RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
	QUEUE_OF(Csq)->Statistics.Waiting--;
}

/* A read that waits comes out when there is a frame for it, or to be ended. */
static PIRP PeekRead(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
	PBINDING Binding = QUEUE_OF(Csq);
	PLIST_ENTRY Next = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Binding->Irps.Flink;

	if (Next == &Binding->Irps || (Binding->Count == 0 && PeekContext != WHATEVER))
		return NULL;
	return CONTAINING_RECORD(Next, IRP, Tail.Overlay.ListEntry);
}

static VOID AcquireReads(PIO_CSQ Csq, PKIRQL Irql)
{
	NdisAcquireSpinLock(&QUEUE_OF(Csq)->Lock);
	*Irql = PASSIVE_LEVEL; /* the lock keeps it */
}

static VOID ReleaseReads(PIO_CSQ Csq, KIRQL Irql)
{
	UNREFERENCED_PARAMETER(Irql);
	NdisReleaseSpinLock(&QUEUE_OF(Csq)->Lock);
}

static VOID CompleteCanceledRead(PIO_CSQ Csq, PIRP Irp)
{
	UNREFERENCED_PARAMETER(Csq);
	Complete(Irp, STATUS_CANCELLED, 0);
}

/* Copy the oldest frame to @Irp, whose buffer is long enough. FALSE: another read has got it. */
static BOOLEAN TakeFrame(PBINDING Binding, PIRP Irp)
{
	PVOID Buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
	BOOLEAN Taken;

	NdisAcquireSpinLock(&Binding->Lock);
	Taken = Binding->Count != 0;
	if (Taken) {
		ULONG Length = Binding->Lengths[Binding->First];
		PUCHAR Frame = Binding->Frames + Binding->First * Binding->Adapter.MaxFrame;

		NdisMoveMemory(Buffer, Frame, Length);
		Binding->First = (Binding->First + 1) % READWRITE_QUEUE;
		Binding->Count--;
		Irp->IoStatus.Information = Length;
	}
	NdisReleaseSpinLock(&Binding->Lock);
	return Taken;
}

static VOID ServeReads(PBINDING Binding)
{
	NTSTATUS Result;
	PIRP Irp;

	while ((Irp = IoCsqRemoveNextIrp(&Binding->Reads, NULL)) != NULL) {
		if (TakeFrame(Binding, Irp)) {
			Complete(Irp, STATUS_SUCCESS, Irp->IoStatus.Information);
			continue;
		}
		Result = IoCsqInsertIrpEx(&Binding->Reads, Irp, NULL, TO_THE_FRONT);
		if (!NT_SUCCESS(Result))
			Complete(Irp, Result, 0);
	}
}

VOID InitializeReads(PBINDING Binding)
{
	NdisAllocateSpinLock(&Binding->Lock);
	InitializeListHead(&Binding->Irps);
	IoCsqInitializeEx(&Binding->Reads, InsertRead, RemoveRead, PeekRead, AcquireReads,
			  ReleaseReads, CompleteCanceledRead);
	Binding->Refusal = STATUS_CANCELLED;
}

VOID SetRefusal(PBINDING Binding, NTSTATUS Refusal)
{
	PIRP Irp;

	NdisAcquireSpinLock(&Binding->Lock);
	Binding->Refusal = Refusal;
	Binding->First = Binding->Count = 0;
	if (NT_SUCCESS(Refusal))
		NdisZeroMemory(&Binding->Statistics, sizeof(Binding->Statistics));
	NdisReleaseSpinLock(&Binding->Lock);
	while (!NT_SUCCESS(Refusal) &&
	       (Irp = IoCsqRemoveNextIrp(&Binding->Reads, WHATEVER)) != NULL)
		Complete(Irp, Refusal, 0);
}

NTSTATUS Read(PBINDING Binding, PIRP Irp, ULONG Length)
{
	NTSTATUS Result;

	if (Length < Binding->Adapter.MaxFrame)
		return STATUS_BUFFER_TOO_SMALL;
	if (MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority) == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	Result = IoCsqInsertIrpEx(&Binding->Reads, Irp, NULL, NULL); /* marks it pending */
	if (!NT_SUCCESS(Result))
		return Result;
	ServeReads(Binding);
	return STATUS_PENDING;
}

/* --------------------------------------------------------------------- receiving */

static VOID KeepFrame(PBINDING Binding, PNET_BUFFER Nb)
{
	ULONG Length = NET_BUFFER_DATA_LENGTH(Nb), Last;
	PUCHAR Place, Data;

	NdisAcquireSpinLock(&Binding->Lock);
	if (!NT_SUCCESS(Binding->Refusal)) {
		NdisReleaseSpinLock(&Binding->Lock);
		return;
	}
	Last = (Binding->First + Binding->Count) % READWRITE_QUEUE;
	Place = Binding->Frames + Last * Binding->Adapter.MaxFrame;
	Data = NULL;
	if (Binding->Count < READWRITE_QUEUE && Length <= Binding->Adapter.MaxFrame)
		Data = NdisGetDataBuffer(Nb, Length, Place, 1, 0);
	if (Data != NULL) {
		if (Data != Place) /* in one piece: not copied yet */
			NdisMoveMemory(Place, Data, Length);
		Binding->Lengths[Last] = Length;
		Binding->Count++;
	}
	++*(Data != NULL ? &Binding->Statistics.Received : &Binding->Statistics.Dropped);
	NdisReleaseSpinLock(&Binding->Lock);
}

VOID Receive(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferLists,
	     NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
	PBINDING Binding = ProtocolBindingContext;
	PNET_BUFFER_LIST Nbl;

	UNREFERENCED_PARAMETER(PortNumber);
	UNREFERENCED_PARAMETER(NumberOfNetBufferLists);
	for (Nbl = NetBufferLists; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
		KeepFrame(Binding, NET_BUFFER_LIST_FIRST_NB(Nbl));
	if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) /* PR-RCV-01, -02 */
		NdisReturnNetBufferLists(Binding->Handle, NetBufferLists,
					 NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(ReceiveFlags) ?
						 NDIS_RETURN_FLAGS_DISPATCH_LEVEL :
						 0);
	ServeReads(Binding);
}

/* ----------------------------------------------------------------------- sending */

/* The send is back; or its cancel routine is through, when that ran. */
static VOID EndWrite(PBINDING Binding, PIRP Irp)
{
	IoCompleteRequest(Irp, IO_NO_INCREMENT);
	ExReleaseRundownProtection(&Binding->Sends);
}

static VOID CancelWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PBINDING Binding = BINDING_OF(Irp);

	UNREFERENCED_PARAMETER(DeviceObject);
	IoReleaseCancelSpinLock(Irp->CancelIrql);
	NdisCancelSendNetBufferLists(Binding->Handle, CANCEL_ID(Irp)); /* PR-SND-04 */
	if (InterlockedDecrement(OWNERS(Irp)) == 0)
		EndWrite(Binding, Irp);
}

static NTSTATUS ResultOfSend(NDIS_STATUS Status)
{
	switch (Status) {
	case NDIS_STATUS_SUCCESS:
		return STATUS_SUCCESS;
	case NDIS_STATUS_SEND_ABORTED:
		return STATUS_CANCELLED;
	case NDIS_STATUS_PAUSED:
	case NDIS_STATUS_RESET_IN_PROGRESS:
		return STATUS_DEVICE_NOT_READY;
	default:
		return STATUS_UNSUCCESSFUL;
	}
}

VOID SendComplete(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferList,
		  ULONG SendCompleteFlags)
{
	PBINDING Binding = ProtocolBindingContext;

	UNREFERENCED_PARAMETER(SendCompleteFlags);
	while (NetBufferList != NULL) { /* in any order and grouping (PR-SND-03) */
		PNET_BUFFER_LIST Nbl = NetBufferList;
		NDIS_STATUS Result = NET_BUFFER_LIST_STATUS(Nbl);
		PIRP Irp = Nbl->ProtocolReserved[0];

		NetBufferList = NET_BUFFER_LIST_NEXT_NBL(Nbl);
		Irp->IoStatus.Status = ResultOfSend(Result);
		Irp->IoStatus.Information = 0;
		if (Result == NDIS_STATUS_SUCCESS)
			Irp->IoStatus.Information =
				NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(Nbl));
		NdisAcquireSpinLock(&Binding->Lock);
		++*(Result == NDIS_STATUS_SUCCESS ? &Binding->Statistics.Sent :
						    &Binding->Statistics.SendsFailed);
		NdisReleaseSpinLock(&Binding->Lock);
		NdisFreeNetBufferList(Nbl);
		if (IoSetCancelRoutine(Irp, NULL) != NULL || InterlockedDecrement(OWNERS(Irp)) == 0)
			EndWrite(Binding, Irp);
	}
}

NTSTATUS Write(PBINDING Binding, PIRP Irp, ULONG Length)
{
	PNET_BUFFER_LIST Nbl;

	if (Length < 14 || Length > Binding->Adapter.MaxFrame)
		return STATUS_INVALID_PARAMETER;
	if (ReadNoFence(&Binding->Resetting)) /* PR-RST-01 */
		return STATUS_DEVICE_NOT_READY;
	if (!ExAcquireRundownProtection(&Binding->Sends))
		return Binding->Refusal == STATUS_NO_SUCH_DEVICE ? STATUS_NO_SUCH_DEVICE :
								   STATUS_DEVICE_NOT_READY;
	Nbl = NdisAllocateNetBufferAndNetBufferList(Binding->Pool, 0, 0, Irp->MdlAddress, 0,
						    Length);
	if (Nbl == NULL) {
		ExReleaseRundownProtection(&Binding->Sends);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	Nbl->SourceHandle = Binding->Handle; /* PR-SND-01 */
	Nbl->ProtocolReserved[0] = Irp;
	CANCEL_ID(Irp) = (PVOID)(((ULONG_PTR)PartialCancelId << (8 * sizeof(PVOID) - 8)) |
				 ((ULONG)InterlockedIncrement(&LastCancelId) & 0xFFFFFF));
	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(Nbl, CANCEL_ID(Irp));
	*OWNERS(Irp) = 2;
	IoMarkIrpPending(Irp);
	IoSetCancelRoutine(Irp, CancelWrite);
	if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
		NdisFreeNetBufferList(Nbl);
		Irp->IoStatus.Status = STATUS_CANCELLED;
		EndWrite(Binding, Irp);
		return STATUS_PENDING;
	}
	NdisSendNetBufferLists(Binding->Handle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
	return STATUS_PENDING;
}
