/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A protocol driver to begin from: applications read and write frames through its control device
 * (readwrite.h). Written to the documents for NDIS 6.30; the rules it keeps are named where they
 * matter. Here are bindings, events, requests and the control device, all but status indications
 * at PASSIVE_LEVEL; readwrite_data.c is its data path.
 *
 * Run-down protection counts what is under way: sends, which a pause waits for, and uses of the
 * binding's handle, which an unbind waits for.
 */
#include "readwrite_binding.h"

typedef struct _REQUEST {
	NDIS_OID_REQUEST Oid;
	NDIS_EVENT Done;
	NDIS_STATUS Status;
} REQUEST, *PREQUEST;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static PROTOCOL_BIND_ADAPTER_EX Bind;
static PROTOCOL_UNBIND_ADAPTER_EX Unbind;
static PROTOCOL_OPEN_ADAPTER_COMPLETE_EX OpenComplete;
static PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX CloseComplete;
static PROTOCOL_NET_PNP_EVENT NetPnPEvent;
static PROTOCOL_STATUS_EX Status;
static PROTOCOL_OID_REQUEST_COMPLETE OidRequestComplete;
static DRIVER_DISPATCH Dispatch;

static NDIS_HANDLE ProtocolHandle, DeviceHandle;
static NDIS_SPIN_LOCK BindingsLock;
static LIST_ENTRY Bindings;

static VOID Dereference(PBINDING Binding)
{
	if (InterlockedDecrement(&Binding->References) != 0)
		return;
	if (Binding->Frames != NULL)
		NdisFreeMemory(Binding->Frames, 0, 0);
	NdisFreeSpinLock(&Binding->Lock);
	NdisFreeMemory(Binding, 0, 0);
}

/* ---------------------------------------------------------------------- requests */

static NTSTATUS ResultOfRequest(NDIS_STATUS Status)
{
	switch (Status) {
	case NDIS_STATUS_INVALID_OID:
		return STATUS_NOT_SUPPORTED;
	case NDIS_STATUS_BUFFER_TOO_SHORT:
	case NDIS_STATUS_INVALID_LENGTH:
		return STATUS_BUFFER_TOO_SMALL;
	default: /* those of NDIS alone begin with 0xC001 */
		return ((ULONG)Status & 0xFFFF0000) == 0xC0010000 ? STATUS_UNSUCCESSFUL :
								     (NTSTATUS)Status;
	}
}

/* *@Length: of the buffer; then what was written there. PASSIVE_LEVEL: it waits. */
static NTSTATUS DoRequest(PBINDING Binding, NDIS_REQUEST_TYPE Type, NDIS_OID Oid, PVOID Buffer,
			  PULONG Length)
{
	NDIS_STATUS Returned;
	REQUEST Request;

	if (ReadNoFence(&Binding->Resetting)) /* PR-RST-01 */
		return STATUS_DEVICE_NOT_READY;
	if (!ExAcquireRundownProtection(&Binding->Uses))
		return STATUS_NO_SUCH_DEVICE;
	NdisZeroMemory(&Request, sizeof(Request));
	NdisInitializeEvent(&Request.Done);
	Request.Oid.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	Request.Oid.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
	Request.Oid.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	Request.Oid.RequestType = Type;
	Request.Oid.RequestId = &Request;
	/* Of a set the same two members are in the same places. */
	Request.Oid.DATA.QUERY_INFORMATION.Oid = Oid;
	Request.Oid.DATA.QUERY_INFORMATION.InformationBuffer = Buffer;
	Request.Oid.DATA.QUERY_INFORMATION.InformationBufferLength = *Length;
	Returned = NdisOidRequest(Binding->Handle, &Request.Oid);
	if (Returned == NDIS_STATUS_PENDING)
		NdisWaitEvent(&Request.Done, 0);
	else
		Request.Status = Returned;
	ExReleaseRundownProtection(&Binding->Uses);
	*Length = Request.Oid.DATA.QUERY_INFORMATION.BytesWritten;
	return ResultOfRequest(Request.Status);
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
static VOID InitializeBinding(PBINDING Binding, PNDIS_BIND_PARAMETERS Parameters)
{
	USHORT Length = Parameters->AdapterName->Length / sizeof(WCHAR);

	Binding->References = 1;
	ExInitializeRundownProtection(&Binding->Uses);
	ExInitializeRundownProtection(&Binding->Sends);
	ExWaitForRundownProtectionRelease(&Binding->Sends);
	NdisInitializeEvent(&Binding->Done);
	InitializeReads(Binding);
	if (Length >= RTL_NUMBER_OF(Binding->Adapter.Name))
		Length = RTL_NUMBER_OF(Binding->Adapter.Name) - 1;
	NdisMoveMemory(Binding->Adapter.Name, Parameters->AdapterName->Buffer,
		       Length * sizeof(WCHAR));
	Binding->Adapter.MaxFrame = 14 + Parameters->MtuSize;
	NdisMoveMemory(Binding->Adapter.Address, Parameters->CurrentMacAddress, 6);
	Binding->Adapter.Connected = Parameters->MediaConnectState == MediaConnectStateConnected;
}

static NDIS_STATUS Allocate(PBINDING Binding)
{
	NET_BUFFER_LIST_POOL_PARAMETERS Parameters;

	NdisZeroMemory(&Parameters, sizeof(Parameters));
	Parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Parameters.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
	Parameters.fAllocateNetBuffer = TRUE;
	Parameters.PoolTag = TAG;
	Binding->Frames = NdisAllocateMemoryWithTagPriority(
		ProtocolHandle, READWRITE_QUEUE * Binding->Adapter.MaxFrame, TAG,
		NormalPoolPriority);
	if (Binding->Frames == NULL)
		return NDIS_STATUS_RESOURCES;
	Binding->Pool = NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
	return Binding->Pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS Open(PBINDING Binding, NDIS_HANDLE BindContext, PNDIS_STRING Name)
{
	NDIS_MEDIUM Media[] = { NdisMedium802_3 };
	NDIS_OPEN_PARAMETERS Parameters;
	NDIS_STATUS Result;
	UINT Selected;

	NdisZeroMemory(&Parameters, sizeof(Parameters));
	Parameters.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
	Parameters.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
	Parameters.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
	Parameters.AdapterName = Name;
	Parameters.MediumArray = Media;
	Parameters.MediumArraySize = RTL_NUMBER_OF(Media);
	Parameters.SelectedMediumIndex = &Selected;
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
	NDIS_STATUS Result;
	PBINDING Binding;

	UNREFERENCED_PARAMETER(ProtocolDriverContext);
	Binding = NdisAllocateMemoryWithTagPriority(ProtocolHandle, sizeof(*Binding), TAG,
						    NormalPoolPriority);
	if (Binding == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(Binding, sizeof(*Binding));
	InitializeBinding(Binding, BindParameters);
	Result = Allocate(Binding);
	if (Result == NDIS_STATUS_SUCCESS)
		Result = Open(Binding, BindContext, BindParameters->AdapterName);
	if (Result != NDIS_STATUS_SUCCESS) {
		if (Binding->Pool != NULL)
			NdisFreeNetBufferListPool(Binding->Pool);
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
	NdisFreeNetBufferListPool(Binding->Pool);
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
	PNDIS_LINK_STATE Link = StatusIndication->StatusBuffer;
	PBINDING Binding = ProtocolBindingContext;

	switch (StatusIndication->StatusCode) {
	case NDIS_STATUS_RESET_START: /* PR-RST-01 */
	case NDIS_STATUS_RESET_END:
		InterlockedExchange(&Binding->Resetting,
				    StatusIndication->StatusCode == NDIS_STATUS_RESET_START);
		break;
	case NDIS_STATUS_LINK_STATE:
		if (StatusIndication->StatusBufferSize < NDIS_SIZEOF_LINK_STATE_REVISION_1)
			break;
		NdisAcquireSpinLock(&BindingsLock);
		Binding->Adapter.Connected = Link->MediaConnectState == MediaConnectStateConnected;
		NdisReleaseSpinLock(&BindingsLock);
		break;
	default:
		break;
	}
}

/* -------------------------------------------------------------- control device */

/* As many as fit; the bytes they take. */
static ULONG List(PREADWRITE_ADAPTER Out, ULONG Size)
{
	ULONG Written = 0;

	NdisAcquireSpinLock(&BindingsLock);
	for (PLIST_ENTRY Entry = Bindings.Flink;
	     Entry != &Bindings && Written + sizeof(*Out) <= Size; Entry = Entry->Flink) {
		*Out++ = CONTAINING_RECORD(Entry, BINDING, Link)->Adapter;
		Written += sizeof(*Out);
	}
	NdisReleaseSpinLock(&BindingsLock);
	return Written;
}

static BOOLEAN IsNamed(const BINDING *Binding, const WCHAR *Name, ULONG Length)
{
	return Length != 0 && Length < sizeof(Binding->Adapter.Name) &&
	       Length % sizeof(WCHAR) == 0 &&
	       NdisEqualMemory(Binding->Adapter.Name, Name, Length) &&
	       Binding->Adapter.Name[Length / sizeof(WCHAR)] == 0;
}

static NTSTATUS OpenByName(PFILE_OBJECT File, const WCHAR *Name, ULONG Length)
{
	NTSTATUS Result = STATUS_OBJECT_NAME_NOT_FOUND;
	PBINDING Binding = NULL;

	NdisAcquireSpinLock(&BindingsLock);
	for (PLIST_ENTRY Entry = Bindings.Flink; Entry != &Bindings; Entry = Entry->Flink) {
		Binding = CONTAINING_RECORD(Entry, BINDING, Link);
		if (!IsNamed(Binding, Name, Length))
			continue;
		Result = STATUS_DEVICE_BUSY;
		if (Binding->Adapter.Opened || File->FsContext != NULL)
			break;
		Binding->Adapter.Opened = TRUE;
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
	Binding->Adapter.Opened = FALSE;
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

/* Of a file that has an adapter. */
static NTSTATUS ControlBinding(PBINDING Binding, PIRP Irp, ULONG Code, ULONG In, ULONG Out)
{
	PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;

	switch (Code) {
	case IOCTL_READWRITE_SET_FILTER:
		return In == sizeof(ULONG) ? SetFilter(Binding, *(PULONG)Buffer) :
					     STATUS_INFO_LENGTH_MISMATCH;
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

static NTSTATUS Control(PIRP Irp, PIO_STACK_LOCATION Location)
{
	ULONG Code = Location->Parameters.DeviceIoControl.IoControlCode;
	ULONG In = Location->Parameters.DeviceIoControl.InputBufferLength;
	ULONG Out = Location->Parameters.DeviceIoControl.OutputBufferLength;

	if (Code == IOCTL_READWRITE_LIST) {
		if (Out < sizeof(READWRITE_ADAPTER))
			return STATUS_BUFFER_TOO_SMALL;
		Irp->IoStatus.Information = List(Irp->AssociatedIrp.SystemBuffer, Out);
		return STATUS_SUCCESS;
	}
	if (Code == IOCTL_READWRITE_OPEN)
		return OpenByName(Location->FileObject, Irp->AssociatedIrp.SystemBuffer, In);
	if (Location->FileObject->FsContext == NULL)
		return STATUS_INVALID_PARAMETER; /* no adapter yet */
	return ControlBinding(Location->FileObject->FsContext, Irp, Code, In, Out);
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
	NDIS_DEVICE_OBJECT_ATTRIBUTES Attributes;
	NDIS_STRING DeviceName, LinkName;
	PDEVICE_OBJECT DeviceObject;
	NDIS_STATUS Result;

	DispatchTable[IRP_MJ_CREATE] = Dispatch;
	DispatchTable[IRP_MJ_CLEANUP] = Dispatch;
	DispatchTable[IRP_MJ_CLOSE] = Dispatch;
	DispatchTable[IRP_MJ_READ] = Dispatch;
	DispatchTable[IRP_MJ_WRITE] = Dispatch;
	DispatchTable[IRP_MJ_DEVICE_CONTROL] = Dispatch;
	RtlInitUnicodeString(&DeviceName, READWRITE_DEVICE_NAME);
	RtlInitUnicodeString(&LinkName, READWRITE_LINK_NAME);
	NdisZeroMemory(&Attributes, sizeof(Attributes));
	Attributes.Header.Type = NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES;
	Attributes.Header.Revision = NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1;
	Attributes.Header.Size = NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1;
	Attributes.DeviceName = &DeviceName;
	Attributes.SymbolicName = &LinkName;
	Attributes.MajorFunctions = DispatchTable;
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
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c;
	NDIS_STATUS Result;

	UNREFERENCED_PARAMETER(RegistryPath);
	DriverObject->DriverUnload = Unload;
	NdisAllocateSpinLock(&BindingsLock);
	InitializeListHead(&Bindings);
	PartialCancelId = NdisGeneratePartialCancelId(); /* MP-CAN-02 */
	NdisZeroMemory(&c, sizeof(c));
	c.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
	c.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
	c.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
	c.MajorNdisVersion = 6;
	c.MinorNdisVersion = 30;
	c.MajorDriverVersion = 1;
	RtlInitUnicodeString(&c.Name, L"READWRITE");
	c.BindAdapterHandlerEx = Bind;
	c.UnbindAdapterHandlerEx = Unbind;
	c.OpenAdapterCompleteHandlerEx = OpenComplete;
	c.CloseAdapterCompleteHandlerEx = CloseComplete;
	c.NetPnPEventHandler = NetPnPEvent;
	c.OidRequestCompleteHandler = OidRequestComplete;
	c.StatusHandlerEx = Status;
	c.ReceiveNetBufferListsHandler = Receive;
	c.SendNetBufferListsCompleteHandler = SendComplete;
	/* From here on adapters may be bound (PR-REG-01). */
	Result = NdisRegisterProtocolDriver(NULL, &c, &ProtocolHandle);
	if (Result == NDIS_STATUS_SUCCESS) {
		Result = RegisterDevice();
		if (Result != NDIS_STATUS_SUCCESS)
			NdisDeregisterProtocolDriver(ProtocolHandle);
	}
	if (Result != NDIS_STATUS_SUCCESS)
		NdisFreeSpinLock(&BindingsLock);
	return Result;
}
