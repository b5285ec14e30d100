/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A protocol driver to begin from: applications read and write frames through its control device
 * (readwrite.h). Written to the documents for NDIS 6.30; the rules it keeps are named where they
 * matter.
 *
 * Received frames are copied into a ring, so that each NBL goes back at once; reads wait in a
 * cancel-safe queue, and come out of it when there is a frame. A write is sent from the
 * application's own memory and ends when NDIS is done with that. Run-down protection counts what
 * is under way: sends, which a pause waits for, and uses of the binding's handle, which an unbind
 * waits for. Frames and completions come on any thread, up to DISPATCH_LEVEL.
 */
#include <ndis.h>

#include "readwrite.h"

#define TAG 'wRWR'

typedef struct _FRAME {
	ULONG Length;
	UCHAR Data[READWRITE_MAX_FRAME];
} FRAME, *PFRAME;

typedef struct _BINDING {
	LIST_ENTRY Link;              /* BindingsLock, these three */
	BOOLEAN Opened;               /* by a file */
	WCHAR Name[64];               /* cut off if longer */
	LONG References;              /* its bind and its file */
	NDIS_HANDLE Handle, Pool;
	EX_RUNDOWN_REF Sends, Uses;
	NDIS_EVENT Done;              /* of an open or close that was pending */
	NDIS_STATUS Status;
	LONG Resetting;

	NDIS_SPIN_LOCK Lock;          /* of what follows */
	IO_CSQ Reads;
	LIST_ENTRY Irps;
	PIRP Served;                  /* the one that comes out for a frame */
	NTSTATUS Refusal;             /* of reads; STATUS_SUCCESS: they may wait */
	ULONG First, Count;           /* of Frames, a ring */
	READWRITE_STATISTICS Statistics;
	FRAME Frames[READWRITE_QUEUE];
} BINDING, *PBINDING;

typedef struct _REQUEST {
	NDIS_OID_REQUEST Oid;
	NDIS_EVENT Done;
	NDIS_STATUS Status;
} REQUEST, *PREQUEST;

DRIVER_INITIALIZE DriverEntry;

static NDIS_HANDLE ProtocolHandle, DeviceHandle;
static NDIS_SPIN_LOCK BindingsLock;
static LIST_ENTRY Bindings;
static UCHAR PartialCancelId; /* the high byte of our cancel ids */
static LONG LastCancelId;

static VOID Dereference(PBINDING Binding)
{
	if (InterlockedDecrement(&Binding->References) != 0)
		return;
	if (Binding->Pool != NULL)
		NdisFreeNetBufferListPool(Binding->Pool);
	NdisFreeSpinLock(&Binding->Lock);
	NdisFreeMemory(Binding, 0, 0);
}

static VOID Complete(PIRP Irp, NTSTATUS Result, ULONG_PTR Information)
{
	Irp->IoStatus.Status = Result;
	Irp->IoStatus.Information = Information;
	IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static NTSTATUS ResultOf(NDIS_STATUS Status)
{
	switch (Status) {
	case NDIS_STATUS_INVALID_OID:
		return STATUS_NOT_SUPPORTED;
	case NDIS_STATUS_BUFFER_TOO_SHORT:
	case NDIS_STATUS_INVALID_LENGTH:
		return STATUS_BUFFER_TOO_SMALL;
	case NDIS_STATUS_SEND_ABORTED:
		return STATUS_CANCELLED;
	case NDIS_STATUS_PAUSED:
	case NDIS_STATUS_RESET_IN_PROGRESS:
		return STATUS_DEVICE_NOT_READY;
	default: /* those of NDIS alone begin with 0xC001 */
		return ((ULONG)Status & 0xFFFF0000) == 0xC0010000 ? STATUS_UNSUCCESSFUL :
								     (NTSTATUS)Status;
	}
}

/* ---------------------------------------------------------------------- requests */

/* *@Length: of the buffer; then what was written there. PASSIVE_LEVEL: it waits. */
static NTSTATUS DoRequest(PBINDING Binding, NDIS_REQUEST_TYPE Type, NDIS_OID Oid, PVOID Buffer,
			  PULONG Length)
{
	REQUEST Request = {
		.Oid = {
			.Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
				    NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
			.RequestType = Type,
			.DATA.QUERY_INFORMATION = { /* a set has its members in the same places */
				.Oid = Oid,
				.InformationBuffer = Buffer,
				.InformationBufferLength = *Length,
			},
		},
	};
	NDIS_STATUS Returned;

	if (ReadNoFence(&Binding->Resetting)) /* PR-RST-01 */
		return STATUS_DEVICE_NOT_READY;
	if (!ExAcquireRundownProtection(&Binding->Uses))
		return STATUS_NO_SUCH_DEVICE;
	NdisInitializeEvent(&Request.Done);
	Returned = NdisOidRequest(Binding->Handle, &Request.Oid);
	if (Returned == NDIS_STATUS_PENDING)
		NdisWaitEvent(&Request.Done, 0);
	else
		Request.Status = Returned;
	ExReleaseRundownProtection(&Binding->Uses);
	*Length = Request.Oid.DATA.QUERY_INFORMATION.BytesWritten;
	return ResultOf(Request.Status);
}

static VOID OidRequestComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_OID_REQUEST OidRequest,
			       NDIS_STATUS Result)
{
	PREQUEST Request = CONTAINING_RECORD(OidRequest, REQUEST, Oid);

	UNREFERENCED_PARAMETER(ProtocolBindingContext);
	Request->Status = Result;
	NdisSetEvent(&Request->Done); /* last: the request may be gone now */
}

static NTSTATUS SetFilter(PBINDING Binding, ULONG Filter)
{
	ULONG Length = sizeof(Filter);

	return DoRequest(Binding, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &Filter,
			 &Length);
}

/* ----------------------------------------------------------- the queue of reads */

#define QUEUE_OF(Csq) CONTAINING_RECORD(Csq, BINDING, Reads)
#define FOR_A_FRAME ((PVOID)1)

static NTSTATUS InsertRead(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
	PBINDING Binding = QUEUE_OF(Csq);

	UNREFERENCED_PARAMETER(InsertContext);
	if (!NT_SUCCESS(Binding->Refusal))
		return Binding->Refusal;
	InsertTailList(&Binding->Irps, &Irp->Tail.Overlay.ListEntry);
	Binding->Statistics.Waiting++;
	return STATUS_SUCCESS;
}

/* NULL for a frame if there is none. The lock is kept from here until the IRP that comes out is
 * removed, or none does: one that is cancelled gets no frame. */
static PIRP PeekRead(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
	PBINDING Binding = QUEUE_OF(Csq);
	PLIST_ENTRY Next = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Binding->Irps.Flink;

	Binding->Served = NULL;
	if (Next == &Binding->Irps || (PeekContext == FOR_A_FRAME && Binding->Count == 0))
		return NULL;
	Irp = CONTAINING_RECORD(Next, IRP, Tail.Overlay.ListEntry);
	if (PeekContext == FOR_A_FRAME)
		Binding->Served = Irp;
	return Irp;
}

/* A read that is served takes the oldest frame along; its buffer is long enough. */
static VOID RemoveRead(PIO_CSQ Csq, PIRP Irp)
{
	PBINDING Binding = QUEUE_OF(Csq);
	PFRAME Frame = &Binding->Frames[Binding->First];

	RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
	Binding->Statistics.Waiting--;
	if (Binding->Served != Irp)
		return;
	Binding->Served = NULL;
	NdisMoveMemory(MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority),
		       Frame->Data, Frame->Length);
	Irp->IoStatus.Information = Frame->Length;
	Binding->First = (Binding->First + 1) % READWRITE_QUEUE;
	Binding->Count--;
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

static VOID ServeReads(PBINDING Binding)
{
	PIRP Irp;

	while ((Irp = IoCsqRemoveNextIrp(&Binding->Reads, FOR_A_FRAME)) != NULL)
		Complete(Irp, STATUS_SUCCESS, Irp->IoStatus.Information);
}

/* From now on reads end with @Refusal, those that wait, too; STATUS_SUCCESS: they may wait, and
 * what is counted begins anew. */
static VOID SetRefusal(PBINDING Binding, NTSTATUS Refusal)
{
	PIRP Irp;

	NdisAcquireSpinLock(&Binding->Lock);
	Binding->Refusal = Refusal;
	Binding->First = Binding->Count = 0;
	if (NT_SUCCESS(Refusal))
		NdisZeroMemory(&Binding->Statistics, sizeof(Binding->Statistics));
	NdisReleaseSpinLock(&Binding->Lock);
	while (!NT_SUCCESS(Refusal) && (Irp = IoCsqRemoveNextIrp(&Binding->Reads, NULL)) != NULL)
		Complete(Irp, Refusal, 0);
}

static NTSTATUS Read(PBINDING Binding, PIRP Irp, ULONG Length)
{
	NTSTATUS Result;

	if (Length < READWRITE_MAX_FRAME)
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
	ULONG Length = NET_BUFFER_DATA_LENGTH(Nb);
	PUCHAR Data = NULL;
	PFRAME Frame;

	NdisAcquireSpinLock(&Binding->Lock);
	Frame = &Binding->Frames[(Binding->First + Binding->Count) % READWRITE_QUEUE];
	if (Binding->Count < READWRITE_QUEUE && Length <= sizeof(Frame->Data))
		Data = NdisGetDataBuffer(Nb, Length, Frame->Data, 1, 0);
	if (Data != NULL && Data != Frame->Data) /* in one piece: not copied yet */
		NdisMoveMemory(Frame->Data, Data, Length);
	if (!NT_SUCCESS(Binding->Refusal)) {
		; /* nobody reads */
	} else if (Data == NULL) {
		Binding->Statistics.Dropped++;
	} else {
		Frame->Length = Length;
		Binding->Count++;
		Binding->Statistics.Received++;
	}
	NdisReleaseSpinLock(&Binding->Lock);
}

static VOID Receive(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferLists,
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

#define CANCEL_ID(Irp) ((Irp)->Tail.Overlay.DriverContext[0]) /* of its NBL */

/* With the lock the IRP may end: SendComplete waits for it. */
static VOID CancelWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PBINDING Binding = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;
	BOOLEAN Bound = ExAcquireRundownProtection(&Binding->Uses);
	PVOID CancelId = CANCEL_ID(Irp);

	UNREFERENCED_PARAMETER(DeviceObject);
	IoReleaseCancelSpinLock(Irp->CancelIrql);
	if (Bound) {
		NdisCancelSendNetBufferLists(Binding->Handle, CancelId); /* PR-SND-04 */
		ExReleaseRundownProtection(&Binding->Uses);
	}
}

static VOID SendComplete(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferList,
			 ULONG SendCompleteFlags)
{
	PBINDING Binding = ProtocolBindingContext;

	UNREFERENCED_PARAMETER(SendCompleteFlags);
	while (NetBufferList != NULL) { /* in any order and grouping (PR-SND-03) */
		PNET_BUFFER_LIST Nbl = NetBufferList;
		NDIS_STATUS Result = NET_BUFFER_LIST_STATUS(Nbl);
		PIRP Irp = Nbl->ProtocolReserved[0];
		ULONG Length = 0;
		KIRQL Irql;

		NetBufferList = NET_BUFFER_LIST_NEXT_NBL(Nbl);
		if (Result == NDIS_STATUS_SUCCESS)
			Length = NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(Nbl));
		NdisAcquireSpinLock(&Binding->Lock);
		++*(Length != 0 ? &Binding->Statistics.Sent : &Binding->Statistics.SendsFailed);
		NdisReleaseSpinLock(&Binding->Lock);
		NdisFreeNetBufferList(Nbl);
		if (IoSetCancelRoutine(Irp, NULL) == NULL) { /* that runs */
			IoAcquireCancelSpinLock(&Irql);
			IoReleaseCancelSpinLock(Irql);
		}
		Complete(Irp, ResultOf(Result), Length);
		ExReleaseRundownProtection(&Binding->Sends);
	}
}

static NTSTATUS Write(PBINDING Binding, PIRP Irp, ULONG Length)
{
	PNET_BUFFER_LIST Nbl;

	if (Length < 14 || Length > READWRITE_MAX_FRAME)
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
	IoMarkIrpPending(Irp);
	IoSetCancelRoutine(Irp, CancelWrite);
	if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
		NdisFreeNetBufferList(Nbl);
		ExReleaseRundownProtection(&Binding->Sends);
		Complete(Irp, STATUS_CANCELLED, 0);
		return STATUS_PENDING;
	}
	NdisSendNetBufferLists(Binding->Handle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
	return STATUS_PENDING;
}

/* --------------------------------------------------------------- bind and unbind */

static VOID OpenComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Result)
{
	PBINDING Binding = ProtocolBindingContext;

	Binding->Status = Result;
	NdisSetEvent(&Binding->Done);
}

static VOID CloseComplete(NDIS_HANDLE ProtocolBindingContext)
{
	OpenComplete(ProtocolBindingContext, NDIS_STATUS_SUCCESS);
}

/* Nothing is under way yet: writes wait for a restart, reads for a file. */
static VOID InitializeBinding(PBINDING Binding, const NDIS_STRING *Name)
{
	NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
		.fAllocateNetBuffer = TRUE,
		.PoolTag = TAG,
	};

	NdisZeroMemory(Binding, sizeof(*Binding));
	Binding->References = 1;
	ExInitializeRundownProtection(&Binding->Uses);
	ExInitializeRundownProtection(&Binding->Sends);
	ExWaitForRundownProtectionRelease(&Binding->Sends);
	NdisInitializeEvent(&Binding->Done);
	NdisAllocateSpinLock(&Binding->Lock);
	InitializeListHead(&Binding->Irps);
	IoCsqInitializeEx(&Binding->Reads, InsertRead, RemoveRead, PeekRead, AcquireReads,
			  ReleaseReads, CompleteCanceledRead);
	Binding->Refusal = STATUS_CANCELLED;
	NdisMoveMemory(Binding->Name, Name->Buffer,
		       min(Name->Length, sizeof(Binding->Name) - sizeof(WCHAR)));
	Binding->Pool = NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
}

static NDIS_STATUS Open(PBINDING Binding, NDIS_HANDLE BindContext, PNDIS_STRING Name)
{
	NDIS_MEDIUM Medium = NdisMedium802_3;
	UINT Selected;
	NDIS_OPEN_PARAMETERS Parameters = {
		.Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
		.AdapterName = Name,
		.MediumArray = &Medium,
		.MediumArraySize = 1,
		.SelectedMediumIndex = &Selected,
	};
	NDIS_STATUS Result;

	Result = NdisOpenAdapterEx(ProtocolHandle, Binding, &Parameters, BindContext,
				   &Binding->Handle);
	if (Result != NDIS_STATUS_PENDING)
		return Result;
	NdisWaitEvent(&Binding->Done, 0); /* PR-BND-01 */
	NdisResetEvent(&Binding->Done);
	return Binding->Status;
}

static NDIS_STATUS Bind(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
			PNDIS_BIND_PARAMETERS BindParameters)
{
	NDIS_STATUS Result = NDIS_STATUS_RESOURCES;
	PBINDING Binding;

	UNREFERENCED_PARAMETER(ProtocolDriverContext);
	Binding = NdisAllocateMemoryWithTagPriority(ProtocolHandle, sizeof(*Binding), TAG,
						    NormalPoolPriority);
	if (Binding == NULL)
		return Result;
	InitializeBinding(Binding, BindParameters->AdapterName);
	if (Binding->Pool != NULL)
		Result = Open(Binding, BindContext, BindParameters->AdapterName);
	if (Result != NDIS_STATUS_SUCCESS) {
		Dereference(Binding);
		return Result;
	}
	NdisAcquireSpinLock(&BindingsLock);
	InsertTailList(&Bindings, &Binding->Link);
	NdisReleaseSpinLock(&BindingsLock);
	return NDIS_STATUS_SUCCESS;
}

/* Sends are back: there was a pause. A file that is open keeps what is left without a handle. */
static NDIS_STATUS Unbind(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext)
{
	PBINDING Binding = ProtocolBindingContext;

	UNREFERENCED_PARAMETER(UnbindContext);
	NdisAcquireSpinLock(&BindingsLock);
	RemoveEntryList(&Binding->Link);
	NdisReleaseSpinLock(&BindingsLock);
	SetRefusal(Binding, STATUS_NO_SUCH_DEVICE);
	SetFilter(Binding, 0); /* PR-UNB-02 */
	ExWaitForRundownProtectionRelease(&Binding->Uses);
	if (NdisCloseAdapterEx(Binding->Handle) == NDIS_STATUS_PENDING)
		NdisWaitEvent(&Binding->Done, 0);
	Dereference(Binding);
	return NDIS_STATUS_SUCCESS;
}

/* PR-PNP-01: what is not known succeeds. Sends are few, and end soon: the pause waits here. */
static NDIS_STATUS NetPnPEvent(NDIS_HANDLE ProtocolBindingContext,
			       PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
	PBINDING Binding = ProtocolBindingContext;

	if (NetPnPEventNotification->NetPnPEvent.NetEvent == NetEventPause)
		ExWaitForRundownProtectionRelease(&Binding->Sends); /* PR-PAU-01 */
	else if (NetPnPEventNotification->NetPnPEvent.NetEvent == NetEventRestart)
		ExReInitializeRundownProtection(&Binding->Sends);
	return NDIS_STATUS_SUCCESS;
}

static VOID Status(NDIS_HANDLE ProtocolBindingContext, PNDIS_STATUS_INDICATION StatusIndication)
{
	PBINDING Binding = ProtocolBindingContext;

	if (StatusIndication->StatusCode == NDIS_STATUS_RESET_START) /* PR-RST-01 */
		InterlockedExchange(&Binding->Resetting, TRUE);
	else if (StatusIndication->StatusCode == NDIS_STATUS_RESET_END)
		InterlockedExchange(&Binding->Resetting, FALSE);
}

/* -------------------------------------------------------------- control device */

static BOOLEAN IsNamed(const BINDING *Binding, const WCHAR *Name, ULONG Length)
{
	return Length != 0 && Length < sizeof(Binding->Name) &&
	       Length % sizeof(WCHAR) == 0 &&
	       NdisEqualMemory(Binding->Name, Name, Length) &&
	       Binding->Name[Length / sizeof(WCHAR)] == 0;
}

static NTSTATUS OpenByName(PFILE_OBJECT File, const WCHAR *Name, ULONG Length)
{
	NTSTATUS Result = STATUS_OBJECT_NAME_NOT_FOUND;

	NdisAcquireSpinLock(&BindingsLock);
	for (PLIST_ENTRY Entry = Bindings.Flink; Entry != &Bindings; Entry = Entry->Flink) {
		PBINDING Binding = CONTAINING_RECORD(Entry, BINDING, Link);

		if (!IsNamed(Binding, Name, Length))
			continue;
		Result = STATUS_DEVICE_BUSY;
		if (Binding->Opened || File->FsContext != NULL)
			break;
		Binding->Opened = TRUE;
		InterlockedIncrement(&Binding->References);
		SetRefusal(Binding, STATUS_SUCCESS); /* an unbind waits for BindingsLock */
		File->FsContext = Binding;
		Result = STATUS_SUCCESS;
		break;
	}
	NdisReleaseSpinLock(&BindingsLock);
	return Result;
}

/* IRP_MJ_CLEANUP: the file's last handle is gone, what it waits for has to end. */
static VOID Detach(PBINDING Binding)
{
	if (Binding->Refusal != STATUS_NO_SUCH_DEVICE)
		SetRefusal(Binding, STATUS_CANCELLED);
	SetFilter(Binding, 0);
	NdisAcquireSpinLock(&BindingsLock);
	Binding->Opened = FALSE;
	NdisReleaseSpinLock(&BindingsLock);
}

static NTSTATUS ControlOid(PBINDING Binding, PIRP Irp, ULONG In, ULONG Out, BOOLEAN Sets)
{
	PREADWRITE_OID Oid = Irp->AssociatedIrp.SystemBuffer;
	ULONG Front = FIELD_OFFSET(READWRITE_OID, Data), Length = (Sets ? In : Out) - Front;
	NTSTATUS Result;

	if (In < Front || (!Sets && Out < Front))
		return STATUS_BUFFER_TOO_SMALL;
	Result = DoRequest(Binding, Sets ? NdisRequestSetInformation : NdisRequestQueryInformation,
			   Oid->Oid, Oid->Data, &Length);
	if (NT_SUCCESS(Result) && !Sets)
		Irp->IoStatus.Information = Front + Length;
	return Result;
}

static NTSTATUS Control(PIRP Irp, PIO_STACK_LOCATION Location)
{
	ULONG Code = Location->Parameters.DeviceIoControl.IoControlCode;
	ULONG In = Location->Parameters.DeviceIoControl.InputBufferLength;
	ULONG Out = Location->Parameters.DeviceIoControl.OutputBufferLength;
	PBINDING Binding = Location->FileObject->FsContext;
	PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;

	if (Code == IOCTL_READWRITE_OPEN)
		return OpenByName(Location->FileObject, Buffer, In);
	if (Binding == NULL)
		return STATUS_INVALID_PARAMETER; /* no adapter yet */
	switch (Code) {
	case IOCTL_READWRITE_STATISTICS:
		if (Out < sizeof(READWRITE_STATISTICS))
			return STATUS_BUFFER_TOO_SMALL;
		NdisAcquireSpinLock(&Binding->Lock);
		*(PREADWRITE_STATISTICS)Buffer = Binding->Statistics;
		NdisReleaseSpinLock(&Binding->Lock);
		Irp->IoStatus.Information = sizeof(READWRITE_STATISTICS);
		return STATUS_SUCCESS;
	case IOCTL_READWRITE_QUERY_OID:
	case IOCTL_READWRITE_SET_OID:
		return ControlOid(Binding, Irp, In, Out, Code == IOCTL_READWRITE_SET_OID);
	default:
		return STATUS_INVALID_DEVICE_REQUEST;
	}
}

static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PIO_STACK_LOCATION Location = IoGetCurrentIrpStackLocation(Irp);
	PBINDING Binding = Location->FileObject->FsContext;
	NTSTATUS Result = STATUS_SUCCESS;

	UNREFERENCED_PARAMETER(DeviceObject);
	Irp->IoStatus.Information = 0;
	switch (Location->MajorFunction) {
	case IRP_MJ_READ:
		Result = Binding == NULL ? STATUS_INVALID_PARAMETER :
					   Read(Binding, Irp, Location->Parameters.Read.Length);
		break;
	case IRP_MJ_WRITE:
		Result = Binding == NULL ? STATUS_INVALID_PARAMETER :
					   Write(Binding, Irp, Location->Parameters.Write.Length);
		break;
	case IRP_MJ_DEVICE_CONTROL:
		Result = Control(Irp, Location);
		break;
	case IRP_MJ_CLEANUP:
		if (Binding != NULL)
			Detach(Binding);
		break;
	case IRP_MJ_CLOSE:
		if (Binding != NULL)
			Dereference(Binding);
		break;
	default: /* IRP_MJ_CREATE */
		break;
	}
	if (Result != STATUS_PENDING)
		Complete(Irp, Result, Irp->IoStatus.Information);
	return Result;
}

static NDIS_STATUS RegisterDevice(VOID)
{
	static PDRIVER_DISPATCH DispatchTable[IRP_MJ_MAXIMUM_FUNCTION + 1];
	NDIS_STRING DeviceName = RTL_CONSTANT_STRING(READWRITE_DEVICE_NAME);
	NDIS_STRING LinkName = RTL_CONSTANT_STRING(READWRITE_LINK_NAME);
	NDIS_DEVICE_OBJECT_ATTRIBUTES Attributes = {
		.Header = { NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES,
			    NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
			    NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 },
		.DeviceName = &DeviceName,
		.SymbolicName = &LinkName,
		.MajorFunctions = DispatchTable,
	};
	PDEVICE_OBJECT DeviceObject;
	NDIS_STATUS Result;

	DispatchTable[IRP_MJ_CREATE] = Dispatch;
	DispatchTable[IRP_MJ_CLEANUP] = Dispatch;
	DispatchTable[IRP_MJ_CLOSE] = Dispatch;
	DispatchTable[IRP_MJ_READ] = Dispatch;
	DispatchTable[IRP_MJ_WRITE] = Dispatch;
	DispatchTable[IRP_MJ_DEVICE_CONTROL] = Dispatch;
	Result = NdisRegisterDeviceEx(ProtocolHandle, &Attributes, &DeviceObject, &DeviceHandle);
	if (Result == NDIS_STATUS_SUCCESS)
		DeviceObject->Flags |= DO_DIRECT_IO;
	return Result;
}

/* ---------------------------------------------------------------- registration */

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	NdisDeregisterDeviceEx(DeviceHandle);
	NdisDeregisterProtocolDriver(ProtocolHandle); /* unbinds all */
	NdisFreeSpinLock(&BindingsLock);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
		.Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
			    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
			    NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 },
		.MajorNdisVersion = 6,
		.MinorNdisVersion = 30,
		.MajorDriverVersion = 1,
		.Name = RTL_CONSTANT_STRING(L"READWRITE"),
		.BindAdapterHandlerEx = Bind,
		.UnbindAdapterHandlerEx = Unbind,
		.OpenAdapterCompleteHandlerEx = OpenComplete,
		.CloseAdapterCompleteHandlerEx = CloseComplete,
		.NetPnPEventHandler = NetPnPEvent,
		.OidRequestCompleteHandler = OidRequestComplete,
		.StatusHandlerEx = Status,
		.ReceiveNetBufferListsHandler = Receive,
		.SendNetBufferListsCompleteHandler = SendComplete,
	};
	NDIS_STATUS Result;

	UNREFERENCED_PARAMETER(RegistryPath);
	DriverObject->DriverUnload = Unload;
	NdisAllocateSpinLock(&BindingsLock);
	InitializeListHead(&Bindings);
	PartialCancelId = NdisGeneratePartialCancelId(); /* MP-CAN-02 */
	/* From here on adapters may be bound (PR-REG-01). */
	Result = NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
	if (Result == NDIS_STATUS_SUCCESS) {
		Result = RegisterDevice();
		if (Result != NDIS_STATUS_SUCCESS)
			NdisDeregisterProtocolDriver(ProtocolHandle);
	}
	if (Result != NDIS_STATUS_SUCCESS)
		NdisFreeSpinLock(&BindingsLock);
	return Result;
}
