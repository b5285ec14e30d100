/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A protocol driver to begin from: applications read and write the frames of adapters, which are
 * files on its control device (readwrite.h). Written to the documents for NDIS 6.30; the rules it
 * keeps are named where they matter.
 *
 * Received frames are copied into a ring, so that each NBL goes back at once; reads wait in a
 * cancel-safe queue, and come out of it when there is a frame. A write is sent from the
 * application's own memory and ends when NDIS is done with that. A mutex lets binds, opens and
 * closes take turns; frames and completions come on any thread, up to DISPATCH_LEVEL.
 */
#include <ndis.h>

#include "readwrite.h"

#define TAG 'wRWR'
#define FILTER \
	(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST)

typedef struct _FRAME {
	ULONG Length;
	UCHAR Data[READWRITE_MAX_FRAME];
} FRAME, *PFRAME;

typedef struct _BINDING {
	LIST_ENTRY Link;              /* BindingsMutex */
	NDIS_STRING Name;
	WCHAR NameBuffer[64];         /* what is longer cannot be opened */
	LONG References;              /* its bind and its file */
	NDIS_HANDLE Handle, Pool;
	EX_RUNDOWN_REF Sends;         /* a pause waits for them */
	NDIS_EVENT Done;              /* an open, close or request that was pending; one at a time */
	NDIS_STATUS Status;
	LONG Resetting, Asleep;

	NDIS_SPIN_LOCK Lock;          /* of what follows */
	IO_CSQ Reads;
	LIST_ENTRY Irps;
	NTSTATUS Refusal;             /* of reads; STATUS_SUCCESS: they may wait */
	ULONG First, Count;           /* of Frames, a ring */
	FRAME Frames[READWRITE_QUEUE];
} BINDING, *PBINDING;

DRIVER_INITIALIZE DriverEntry;

static NDIS_HANDLE ProtocolHandle, DeviceHandle;
static KMUTEX BindingsMutex; /* held over requests, too */
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

static NTSTATUS ResultOf(NDIS_STATUS Status)
{
	if (Status == NDIS_STATUS_SEND_ABORTED)
		return STATUS_CANCELLED;
	if (Status == NDIS_STATUS_PAUSED || Status == NDIS_STATUS_RESET_IN_PROGRESS)
		return STATUS_DEVICE_NOT_READY;
	return (NTSTATUS)Status; /* most others are the same */
}

/* ---------------------------------------------------------------- what may pend */

static NDIS_STATUS Await(PBINDING Binding, NDIS_STATUS Result)
{
	if (Result != NDIS_STATUS_PENDING)
		return Result;
	NdisWaitEvent(&Binding->Done, 0);
	NdisResetEvent(&Binding->Done);
	return Binding->Status;
}

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

static VOID OidRequestComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_OID_REQUEST OidRequest,
			       NDIS_STATUS Result)
{
	UNREFERENCED_PARAMETER(OidRequest);
	OpenComplete(ProtocolBindingContext, Result);
}

/* The binding is open, and the mutex held. */
static NTSTATUS SetFilter(PBINDING Binding, ULONG Filter)
{
	NDIS_OID_REQUEST Request = {
		.Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
			    NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
		.RequestType = NdisRequestSetInformation,
		.DATA.SET_INFORMATION = {
			.Oid = OID_GEN_CURRENT_PACKET_FILTER,
			.InformationBuffer = &Filter,
			.InformationBufferLength = sizeof(Filter),
		},
	};

	if (ReadNoFence(&Binding->Resetting) || ReadNoFence(&Binding->Asleep))
		return STATUS_DEVICE_NOT_READY; /* PR-RST-01, PR-PNP-02 */
	return ResultOf(Await(Binding, NdisOidRequest(Binding->Handle, &Request)));
}

/* ----------------------------------------------------------------------- reading */

#define QUEUE_OF(Csq) CONTAINING_RECORD(Csq, BINDING, Reads)

static NTSTATUS InsertRead(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
	PBINDING Binding = QUEUE_OF(Csq);

	UNREFERENCED_PARAMETER(InsertContext);
	if (!NT_SUCCESS(Binding->Refusal))
		return Binding->Refusal;
	InsertTailList(&Binding->Irps, &Irp->Tail.Overlay.ListEntry);
	return STATUS_SUCCESS;
}

/* One that waits, if there is a frame for it or it is refused. */
static PIRP PeekRead(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
	PBINDING Binding = QUEUE_OF(Csq);
	PLIST_ENTRY Next = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Binding->Irps.Flink;

	UNREFERENCED_PARAMETER(PeekContext);
	if (Next == &Binding->Irps || (Binding->Count == 0 && NT_SUCCESS(Binding->Refusal)))
		return NULL;
	return CONTAINING_RECORD(Next, IRP, Tail.Overlay.ListEntry);
}

/* Still under the lock of the peek: the frame is there. One that is cancelled takes none. */
static VOID RemoveRead(PIO_CSQ Csq, PIRP Irp)
{
	PBINDING Binding = QUEUE_OF(Csq);
	PFRAME Frame = &Binding->Frames[Binding->First];

	RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
	Irp->IoStatus.Status = Irp->Cancel ? STATUS_CANCELLED : Binding->Refusal;
	if (!NT_SUCCESS(Irp->IoStatus.Status))
		return;
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
	IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static VOID ServeReads(PBINDING Binding)
{
	PIRP Irp;

	while ((Irp = IoCsqRemoveNextIrp(&Binding->Reads, NULL)) != NULL)
		IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

/* From now on reads end with @Refusal, those that wait, too; STATUS_SUCCESS: they may wait. */
static VOID SetRefusal(PBINDING Binding, NTSTATUS Refusal)
{
	NdisAcquireSpinLock(&Binding->Lock);
	Binding->Refusal = Refusal;
	Binding->Count = 0;
	NdisReleaseSpinLock(&Binding->Lock);
	ServeReads(Binding);
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

/* Unless there is no room for it. */
static VOID KeepFrame(PBINDING Binding, PNET_BUFFER Nb)
{
	ULONG Length = NET_BUFFER_DATA_LENGTH(Nb);
	PUCHAR Data = NULL;
	PFRAME Frame;

	NdisAcquireSpinLock(&Binding->Lock);
	Frame = &Binding->Frames[(Binding->First + Binding->Count) % READWRITE_QUEUE];
	if (Binding->Count < READWRITE_QUEUE && Length <= sizeof(Frame->Data))
		Data = NdisGetDataBuffer(Nb, Length, Frame->Data, 1, 0);
	if (Data != NULL) {
		if (Data != Frame->Data) /* in one piece: not copied yet */
			NdisMoveMemory(Frame->Data, Data, Length);
		Frame->Length = Length;
		Binding->Count++;
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
		NdisReturnNetBufferLists(Binding->Handle, NetBufferLists, 0);
	ServeReads(Binding);
}

/* ----------------------------------------------------------------------- sending */

#define CANCEL_ID(Irp) ((Irp)->Tail.Overlay.DriverContext[0]) /* of its NBL */
#define LEFT(Irp) ((Irp)->Tail.Overlay.DriverContext[1]) /* by one of the two */

/* A send and its cancel routine may come within each other: the later of them ends the write.
 * Up to here there is no pause, and so no unbind: the binding's handle is valid. */
static VOID LeaveWrite(PBINDING Binding, PIRP Irp)
{
	if (InterlockedExchangePointer(&LEFT(Irp), Irp) == NULL)
		return;
	IoCompleteRequest(Irp, IO_NO_INCREMENT);
	ExReleaseRundownProtection(&Binding->Sends);
}

static VOID CancelWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PBINDING Binding = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;

	UNREFERENCED_PARAMETER(DeviceObject);
	IoReleaseCancelSpinLock(Irp->CancelIrql);
	NdisCancelSendNetBufferLists(Binding->Handle, CANCEL_ID(Irp)); /* PR-SND-04 */
	LeaveWrite(Binding, Irp);
}

static VOID SendComplete(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferList,
			 ULONG SendCompleteFlags)
{
	UNREFERENCED_PARAMETER(SendCompleteFlags);
	while (NetBufferList != NULL) { /* in any order and grouping (PR-SND-03) */
		PNET_BUFFER_LIST Nbl = NetBufferList;
		PIRP Irp = Nbl->ProtocolReserved[0];

		NetBufferList = NET_BUFFER_LIST_NEXT_NBL(Nbl);
		Irp->IoStatus.Status = ResultOf(NET_BUFFER_LIST_STATUS(Nbl));
		if (!NT_SUCCESS(Irp->IoStatus.Status))
			Irp->IoStatus.Information = 0;
		NdisFreeNetBufferList(Nbl);
		if (IoSetCancelRoutine(Irp, NULL) != NULL)
			LEFT(Irp) = Irp; /* that will not run */
		LeaveWrite(ProtocolBindingContext, Irp);
	}
}

static NTSTATUS Write(PBINDING Binding, PIRP Irp, ULONG Length)
{
	PNET_BUFFER_LIST Nbl;

	if (Length < 14 || Length > READWRITE_MAX_FRAME)
		return STATUS_INVALID_PARAMETER;
	if (ReadNoFence(&Binding->Resetting) || /* PR-RST-01 */
	    !ExAcquireRundownProtection(&Binding->Sends))
		return NT_SUCCESS(Binding->Refusal) ? STATUS_DEVICE_NOT_READY : Binding->Refusal;
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
	LEFT(Irp) = NULL;
	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(Nbl, CANCEL_ID(Irp));
	Irp->IoStatus.Information = Length; /* if it succeeds */
	IoMarkIrpPending(Irp);
	IoSetCancelRoutine(Irp, CancelWrite); /* before that, it is sent all the same */
	NdisSendNetBufferLists(Binding->Handle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
	return STATUS_PENDING;
}

/* --------------------------------------------------------------- bind and unbind */

/* Nothing is under way yet: writes wait for a restart, reads for a file. */
static VOID InitializeBinding(PBINDING Binding, PNDIS_STRING AdapterName)
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
	ExInitializeRundownProtection(&Binding->Sends);
	ExWaitForRundownProtectionRelease(&Binding->Sends);
	NdisInitializeEvent(&Binding->Done);
	NdisAllocateSpinLock(&Binding->Lock);
	InitializeListHead(&Binding->Irps);
	IoCsqInitializeEx(&Binding->Reads, InsertRead, RemoveRead, PeekRead, AcquireReads,
			  ReleaseReads, CompleteCanceledRead);
	Binding->Refusal = STATUS_CANCELLED;
	RtlInitEmptyUnicodeString(&Binding->Name, Binding->NameBuffer,
				  sizeof(Binding->NameBuffer));
	if (AdapterName->Buffer[0] != L'\\') /* as files' names begin, and adapters' on Windows */
		RtlAppendUnicodeToString(&Binding->Name, L"\\");
	RtlAppendUnicodeStringToString(&Binding->Name, AdapterName);
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

	/* PR-BND-01 */
	return Await(Binding, NdisOpenAdapterEx(ProtocolHandle, Binding, &Parameters, BindContext,
						&Binding->Handle));
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
	NDIS_WAIT_FOR_MUTEX(&BindingsMutex);
	InsertTailList(&Bindings, &Binding->Link);
	NDIS_RELEASE_MUTEX(&BindingsMutex);
	return NDIS_STATUS_SUCCESS;
}

/* Sends are back: there was a pause. A file that is open keeps what is left without a handle. */
static NDIS_STATUS Unbind(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext)
{
	PBINDING Binding = ProtocolBindingContext;

	UNREFERENCED_PARAMETER(UnbindContext);
	NDIS_WAIT_FOR_MUTEX(&BindingsMutex);
	RemoveEntryList(&Binding->Link);
	SetRefusal(Binding, STATUS_NO_SUCH_DEVICE);
	SetFilter(Binding, 0); /* PR-UNB-02 */
	NDIS_RELEASE_MUTEX(&BindingsMutex);
	Await(Binding, NdisCloseAdapterEx(Binding->Handle));
	Dereference(Binding);
	return NDIS_STATUS_SUCCESS;
}

/* Sends are few, and end soon: the pause waits here. */
static NDIS_STATUS NetPnPEvent(NDIS_HANDLE ProtocolBindingContext,
			       PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
	const NET_PNP_EVENT *Event = &NetPnPEventNotification->NetPnPEvent;
	PBINDING Binding = ProtocolBindingContext; /* NULL: of all adapters */

	if (Event->NetEvent == NetEventPause)
		ExWaitForRundownProtectionRelease(&Binding->Sends); /* PR-PAU-01 */
	else if (Event->NetEvent == NetEventRestart)
		ExReInitializeRundownProtection(&Binding->Sends);
	else if (Event->NetEvent == NetEventSetPower)
		InterlockedExchange(&Binding->Asleep, *(PNDIS_DEVICE_POWER_STATE)Event->Buffer !=
							      NdisDeviceStateD0);
	return NDIS_STATUS_SUCCESS; /* of others, too (PR-PNP-01) */
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

static PBINDING Find(PNDIS_STRING Name)
{
	for (PLIST_ENTRY Entry = Bindings.Flink; Entry != &Bindings; Entry = Entry->Flink) {
		PBINDING Binding = CONTAINING_RECORD(Entry, BINDING, Link);

		if (RtlEqualUnicodeString(&Binding->Name, Name, TRUE))
			return Binding;
	}
	return NULL;
}

static NTSTATUS Create(PFILE_OBJECT File)
{
	NTSTATUS Result = STATUS_OBJECT_NAME_NOT_FOUND;
	PBINDING Binding;

	NDIS_WAIT_FOR_MUTEX(&BindingsMutex);
	Binding = Find(&File->FileName);
	if (Binding != NULL)
		Result = Binding->References > 1 ? STATUS_DEVICE_BUSY : SetFilter(Binding, FILTER);
	if (NT_SUCCESS(Result)) {
		InterlockedIncrement(&Binding->References);
		SetRefusal(Binding, STATUS_SUCCESS);
		File->FsContext = Binding;
	}
	NDIS_RELEASE_MUTEX(&BindingsMutex);
	return Result;
}

/* The file's last handle is gone: what it waits for has to end. */
static VOID Cleanup(PBINDING Binding)
{
	NDIS_WAIT_FOR_MUTEX(&BindingsMutex);
	if (Binding->Refusal != STATUS_NO_SUCH_DEVICE) {
		SetRefusal(Binding, STATUS_CANCELLED);
		SetFilter(Binding, 0);
	}
	NDIS_RELEASE_MUTEX(&BindingsMutex);
}

static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PIO_STACK_LOCATION Location = IoGetCurrentIrpStackLocation(Irp);
	PBINDING Binding = Location->FileObject->FsContext;
	NTSTATUS Result = STATUS_SUCCESS;

	UNREFERENCED_PARAMETER(DeviceObject);
	Irp->IoStatus.Information = 0;
	switch (Location->MajorFunction) {
	case IRP_MJ_CREATE:
		Result = Create(Location->FileObject);
		break;
	case IRP_MJ_READ:
		Result = Read(Binding, Irp, Location->Parameters.Read.Length);
		break;
	case IRP_MJ_WRITE:
		Result = Write(Binding, Irp, Location->Parameters.Write.Length);
		break;
	case IRP_MJ_CLEANUP:
		Cleanup(Binding);
		break;
	default: /* IRP_MJ_CLOSE */
		Dereference(Binding);
		break;
	}
	if (Result != STATUS_PENDING) {
		Irp->IoStatus.Status = Result;
		IoCompleteRequest(Irp, IO_NO_INCREMENT);
	}
	return Result;
}

static NDIS_STATUS RegisterDevice(VOID)
{
	static PDRIVER_DISPATCH DispatchTable[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
		[IRP_MJ_CREATE] = Dispatch, [IRP_MJ_CLEANUP] = Dispatch, [IRP_MJ_CLOSE] = Dispatch,
		[IRP_MJ_READ] = Dispatch,   [IRP_MJ_WRITE] = Dispatch,
	};
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
	NDIS_INIT_MUTEX(&BindingsMutex);
	InitializeListHead(&Bindings);
	PartialCancelId = NdisGeneratePartialCancelId(); /* MP-CAN-02 */
	/* From here on adapters may be bound (PR-REG-01). */
	Result = NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
	if (Result != NDIS_STATUS_SUCCESS)
		return Result;
	Result = RegisterDevice();
	if (Result != NDIS_STATUS_SUCCESS)
		NdisDeregisterProtocolDriver(ProtocolHandle);
	return Result;
}
