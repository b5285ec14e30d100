/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A filter driver to begin from: it lets everything pass, in both directions, counts it, and
 * tells the counts to applications through a control device. Written to the documents for
 * NDIS 6.30; the rules it keeps are named where they matter.
 *
 * FilterPause may not complete while a call is on its way through the module, so each call takes
 * run-down protection, which FilterPause waits out and FilterRestart grants anew.
 */
#include <ndis.h>

#include "passthru.h"

#define TAG 'uhTP'

typedef struct _MODULE {
	LIST_ENTRY Link;               /* under ModulesLock */
	NDIS_HANDLE Handle;
	EX_RUNDOWN_REF Running;
	PASSTHRU_STATISTICS Statistics; /* counts: interlocked */
} MODULE, *PMODULE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static FILTER_ATTACH Attach;
static FILTER_DETACH Detach;
static FILTER_PAUSE Pause;
static FILTER_RESTART Restart;
static FILTER_SEND_NET_BUFFER_LISTS Send;
static FILTER_SEND_NET_BUFFER_LISTS_COMPLETE SendComplete;
static FILTER_CANCEL_SEND_NET_BUFFER_LISTS CancelSend;
static FILTER_RECEIVE_NET_BUFFER_LISTS Receive;
static FILTER_RETURN_NET_BUFFER_LISTS Return;
static FILTER_OID_REQUEST OidRequest;
static FILTER_OID_REQUEST_COMPLETE OidRequestComplete;
static FILTER_CANCEL_OID_REQUEST CancelOidRequest;
static FILTER_STATUS Status;
static DRIVER_DISPATCH Dispatch;

static NDIS_HANDLE FilterHandle, DeviceHandle;
static NDIS_SPIN_LOCK ModulesLock;
static LIST_ENTRY Modules;

/* ------------------------------------------------------------------ statistics */

static VOID Add(ULONG64 *Count, ULONG64 Value)
{
	InterlockedExchangeAdd64((LONG64 volatile *)Count, (LONG64)Value);
}

/* Frames and bytes of a chain; how many of its NBLs have failed. */
static ULONG64 CountChain(PNET_BUFFER_LIST Chain, ULONG64 *Frames, ULONG64 *Bytes)
{
	ULONG64 FrameCount = 0, ByteCount = 0, Failed = 0;

	for (; Chain != NULL; Chain = NET_BUFFER_LIST_NEXT_NBL(Chain)) {
		PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Chain);

		if (NET_BUFFER_LIST_STATUS(Chain) != NDIS_STATUS_SUCCESS) {
			Failed++;
			continue;
		}
		for (; Nb != NULL; Nb = NET_BUFFER_NEXT_NB(Nb)) {
			FrameCount++;
			ByteCount += NET_BUFFER_DATA_LENGTH(Nb);
		}
	}
	Add(Frames, FrameCount);
	Add(Bytes, ByteCount);
	return Failed;
}

static VOID ClearStatistics(PPASSTHRU_STATISTICS Statistics)
{
	ULONG64 *const Counts[] = { &Statistics->FramesSent,     &Statistics->BytesSent,
				    &Statistics->SendsFailed,    &Statistics->FramesReceived,
				    &Statistics->BytesReceived,  &Statistics->Requests,
				    &Statistics->StatusIndications };

	for (ULONG i = 0; i < RTL_NUMBER_OF(Counts); i++)
		InterlockedExchange64((LONG64 volatile *)Counts[i], 0);
}

/* ----------------------------------------------------------- attach and detach */

static VOID SetName(PMODULE Module, const NDIS_STRING *Name)
{
	USHORT Length = Name->Length / sizeof(WCHAR);

	if (Length >= RTL_NUMBER_OF(Module->Statistics.AdapterName))
		Length = RTL_NUMBER_OF(Module->Statistics.AdapterName) - 1;
	NdisMoveMemory(Module->Statistics.AdapterName, Name->Buffer, Length * sizeof(WCHAR));
	Module->Statistics.AdapterName[Length] = 0;
}

static NDIS_STATUS Attach(NDIS_HANDLE NdisFilterHandle, NDIS_HANDLE FilterDriverContext,
			  PNDIS_FILTER_ATTACH_PARAMETERS AttachParameters)
{
	NDIS_FILTER_ATTRIBUTES Attributes;
	NDIS_STATUS Result;
	PMODULE Module;

	UNREFERENCED_PARAMETER(FilterDriverContext);
	if (AttachParameters->MiniportMediaType != NdisMedium802_3)
		return NDIS_STATUS_UNSUPPORTED_MEDIA;
	Module = NdisAllocateMemoryWithTagPriority(NdisFilterHandle, sizeof(*Module), TAG,
						   NormalPoolPriority);
	if (Module == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(Module, sizeof(*Module));
	Module->Handle = NdisFilterHandle;
	ExInitializeRundownProtection(&Module->Running);
	ExWaitForRundownProtectionRelease(&Module->Running); /* paused: nothing passes */
	SetName(Module, AttachParameters->BaseMiniportInstanceName);
	NdisZeroMemory(&Attributes, sizeof(Attributes));
	Attributes.Header.Type = NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES;
	Attributes.Header.Revision = NDIS_FILTER_ATTRIBUTES_REVISION_1;
	Attributes.Header.Size = NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1;
	Result = NdisFSetAttributes(NdisFilterHandle, Module, &Attributes);
	if (Result != NDIS_STATUS_SUCCESS) {
		NdisFreeMemory(Module, 0, 0);
		return Result;
	}
	NdisAcquireSpinLock(&ModulesLock);
	InsertTailList(&Modules, &Module->Link);
	NdisReleaseSpinLock(&ModulesLock);
	return NDIS_STATUS_SUCCESS;
}

static VOID Detach(NDIS_HANDLE FilterModuleContext)
{
	PMODULE Module = FilterModuleContext;

	NdisAcquireSpinLock(&ModulesLock);
	RemoveEntryList(&Module->Link);
	NdisReleaseSpinLock(&ModulesLock);
	NdisFreeMemory(Module, 0, 0);
}

/* Nothing waits in the module, so nothing is left when the last call is through (FL-PAU-03). */
static NDIS_STATUS Pause(NDIS_HANDLE FilterModuleContext,
			 PNDIS_FILTER_PAUSE_PARAMETERS PauseParameters)
{
	PMODULE Module = FilterModuleContext;

	UNREFERENCED_PARAMETER(PauseParameters);
	ExWaitForRundownProtectionRelease(&Module->Running);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Restart(NDIS_HANDLE FilterModuleContext,
			   PNDIS_FILTER_RESTART_PARAMETERS RestartParameters)
{
	PMODULE Module = FilterModuleContext;

	UNREFERENCED_PARAMETER(RestartParameters);
	ExReInitializeRundownProtection(&Module->Running);
	return NDIS_STATUS_SUCCESS;
}

/* ------------------------------------------------------------------- data path */

static VOID Send(NDIS_HANDLE FilterModuleContext, PNET_BUFFER_LIST NetBufferList,
		 NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	PMODULE Module = FilterModuleContext;

	if (ExAcquireRundownProtection(&Module->Running)) {
		NdisFSendNetBufferLists(Module->Handle, NetBufferList, PortNumber, SendFlags);
		ExReleaseRundownProtection(&Module->Running);
		return;
	}
	/* Paused (FL-PAU-04). */
	for (PNET_BUFFER_LIST Nbl = NetBufferList; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
		NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_PAUSED;
	NdisFSendNetBufferListsComplete(Module->Handle, NetBufferList,
					NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags) ?
						NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL :
						0);
}

static VOID SendComplete(NDIS_HANDLE FilterModuleContext, PNET_BUFFER_LIST NetBufferList,
			 ULONG SendCompleteFlags)
{
	PMODULE Module = FilterModuleContext;
	PPASSTHRU_STATISTICS s = &Module->Statistics;

	Add(&s->SendsFailed, CountChain(NetBufferList, &s->FramesSent, &s->BytesSent));
	NdisFSendNetBufferListsComplete(Module->Handle, NetBufferList, SendCompleteFlags);
}

static VOID CancelSend(NDIS_HANDLE FilterModuleContext, PVOID CancelId)
{
	PMODULE Module = FilterModuleContext;

	NdisFCancelSendNetBufferLists(Module->Handle, CancelId);
}

static VOID Receive(NDIS_HANDLE FilterModuleContext, PNET_BUFFER_LIST NetBufferLists,
		    NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
	PMODULE Module = FilterModuleContext;
	PPASSTHRU_STATISTICS s = &Module->Statistics;

	if (ExAcquireRundownProtection(&Module->Running)) {
		/* Before they go up: afterwards they are not ours to look at (FL-SND-04's twin). */
		CountChain(NetBufferLists, &s->FramesReceived, &s->BytesReceived);
		NdisFIndicateReceiveNetBufferLists(Module->Handle, NetBufferLists, PortNumber,
						   NumberOfNetBufferLists, ReceiveFlags);
		ExReleaseRundownProtection(&Module->Running);
	} else if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
		NdisFReturnNetBufferLists(Module->Handle, NetBufferLists,
					  NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(ReceiveFlags) ?
						  NDIS_RETURN_FLAGS_DISPATCH_LEVEL :
						  0);
	}
}

static VOID Return(NDIS_HANDLE FilterModuleContext, PNET_BUFFER_LIST NetBufferLists,
		   ULONG ReturnFlags)
{
	PMODULE Module = FilterModuleContext;

	NdisFReturnNetBufferLists(Module->Handle, NetBufferLists, ReturnFlags);
}

/* -------------------------------------------------------- requests and status */

/* What a clone stands for, in the two pointers that are its owner's. */
#define ORIGINAL(Clone) (*(PNDIS_OID_REQUEST *)(PVOID)(Clone)->SourceReserved)

/* FL-OID-01, -04: a clone goes down, its answer is copied into the original. */
static NDIS_STATUS OidRequest(NDIS_HANDLE FilterModuleContext, PNDIS_OID_REQUEST Request)
{
	PMODULE Module = FilterModuleContext;
	PNDIS_OID_REQUEST Clone;
	NDIS_STATUS Result;

	Add(&Module->Statistics.Requests, 1);
	Result = NdisAllocateCloneOidRequest(Module->Handle, Request, TAG, &Clone);
	if (Result != NDIS_STATUS_SUCCESS)
		return Result;
	Clone->RequestId = Request->RequestId;
	ORIGINAL(Clone) = Request;
	Result = NdisFOidRequest(Module->Handle, Clone);
	if (Result != NDIS_STATUS_PENDING)
		OidRequestComplete(Module, Clone, Result);
	return NDIS_STATUS_PENDING;
}

static VOID OidRequestComplete(NDIS_HANDLE FilterModuleContext, PNDIS_OID_REQUEST Request,
			       NDIS_STATUS Result)
{
	PMODULE Module = FilterModuleContext;
	PNDIS_OID_REQUEST Original = ORIGINAL(Request);

	Original->DATA = Request->DATA;
	Original->SupportedRevision = Request->SupportedRevision;
	NdisFreeCloneOidRequest(Module->Handle, Request);
	NdisFOidRequestComplete(Module->Handle, Original, Result);
}

static VOID CancelOidRequest(NDIS_HANDLE FilterModuleContext, PVOID RequestId)
{
	PMODULE Module = FilterModuleContext;

	NdisFCancelOidRequest(Module->Handle, RequestId);
}

static VOID Status(NDIS_HANDLE FilterModuleContext, PNDIS_STATUS_INDICATION StatusIndication)
{
	PMODULE Module = FilterModuleContext;

	Add(&Module->Statistics.StatusIndications, 1);
	NdisFIndicateStatus(Module->Handle, StatusIndication);
}

/* -------------------------------------------------------------- control device */

/* As many as fit; the bytes they take. */
static ULONG QueryStatistics(PPASSTHRU_STATISTICS Out, ULONG Size)
{
	ULONG Written = 0;

	NdisAcquireSpinLock(&ModulesLock);
	for (PLIST_ENTRY Entry = Modules.Flink;
	     Entry != &Modules && Written + sizeof(*Out) <= Size; Entry = Entry->Flink) {
		PMODULE Module = CONTAINING_RECORD(Entry, MODULE, Link);

		*Out++ = Module->Statistics;
		Written += sizeof(*Out);
	}
	NdisReleaseSpinLock(&ModulesLock);
	return Written;
}

static VOID ClearAll(VOID)
{
	NdisAcquireSpinLock(&ModulesLock);
	for (PLIST_ENTRY Entry = Modules.Flink; Entry != &Modules; Entry = Entry->Flink)
		ClearStatistics(&CONTAINING_RECORD(Entry, MODULE, Link)->Statistics);
	NdisReleaseSpinLock(&ModulesLock);
}

static NTSTATUS Control(PIRP Irp, PIO_STACK_LOCATION Location)
{
	ULONG Size = Location->Parameters.DeviceIoControl.OutputBufferLength;

	switch (Location->Parameters.DeviceIoControl.IoControlCode) {
	case IOCTL_PASSTHRU_QUERY_STATISTICS:
		if (Size < sizeof(PASSTHRU_STATISTICS))
			return STATUS_BUFFER_TOO_SMALL;
		Irp->IoStatus.Information =
			QueryStatistics(Irp->AssociatedIrp.SystemBuffer, Size);
		return STATUS_SUCCESS;
	case IOCTL_PASSTHRU_CLEAR_STATISTICS:
		ClearAll();
		return STATUS_SUCCESS;
	default:
		return STATUS_INVALID_DEVICE_REQUEST;
	}
}

static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PIO_STACK_LOCATION Location = IoGetCurrentIrpStackLocation(Irp);
	NTSTATUS Result = STATUS_SUCCESS; /* of create, cleanup and close */

	UNREFERENCED_PARAMETER(DeviceObject);
	Irp->IoStatus.Information = 0;
	if (Location->MajorFunction == IRP_MJ_DEVICE_CONTROL)
		Result = Control(Irp, Location);
	Irp->IoStatus.Status = Result;
	IoCompleteRequest(Irp, IO_NO_INCREMENT);
	return Result;
}

static NDIS_STATUS RegisterDevice(VOID)
{
	static PDRIVER_DISPATCH DispatchTable[IRP_MJ_MAXIMUM_FUNCTION + 1];
	NDIS_DEVICE_OBJECT_ATTRIBUTES Attributes;
	NDIS_STRING DeviceName, LinkName;
	PDEVICE_OBJECT DeviceObject;

	DispatchTable[IRP_MJ_CREATE] = Dispatch;
	DispatchTable[IRP_MJ_CLEANUP] = Dispatch;
	DispatchTable[IRP_MJ_CLOSE] = Dispatch;
	DispatchTable[IRP_MJ_DEVICE_CONTROL] = Dispatch;
	RtlInitUnicodeString(&DeviceName, PASSTHRU_DEVICE_NAME);
	RtlInitUnicodeString(&LinkName, PASSTHRU_LINK_NAME);
	NdisZeroMemory(&Attributes, sizeof(Attributes));
	Attributes.Header.Type = NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES;
	Attributes.Header.Revision = NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1;
	Attributes.Header.Size = NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1;
	Attributes.DeviceName = &DeviceName;
	Attributes.SymbolicName = &LinkName;
	Attributes.MajorFunctions = DispatchTable;
	return NdisRegisterDeviceEx(FilterHandle, &Attributes, &DeviceObject, &DeviceHandle);
}

/* ---------------------------------------------------------------- registration */

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	NdisDeregisterDeviceEx(DeviceHandle);
	NdisFDeregisterFilterDriver(FilterHandle);
	NdisFreeSpinLock(&ModulesLock);
}

static VOID FillCharacteristics(PNDIS_FILTER_DRIVER_CHARACTERISTICS c)
{
	NdisZeroMemory(c, sizeof(*c));
	c->Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
	c->Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
	c->Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
	c->MajorNdisVersion = 6;
	c->MinorNdisVersion = 30;
	c->MajorDriverVersion = 1;
	RtlInitUnicodeString(&c->FriendlyName, L"Pollport pass-through filter");
	RtlInitUnicodeString(&c->UniqueName, L"{5E1C3F55-6B53-4B5A-9B0E-0C5D3D9C7A10}");
	RtlInitUnicodeString(&c->ServiceName, L"passthru");
	c->AttachHandler = Attach;
	c->DetachHandler = Detach;
	c->PauseHandler = Pause;
	c->RestartHandler = Restart;
	c->SendNetBufferListsHandler = Send;
	c->SendNetBufferListsCompleteHandler = SendComplete;
	c->CancelSendNetBufferListsHandler = CancelSend;
	c->ReceiveNetBufferListsHandler = Receive;
	c->ReturnNetBufferListsHandler = Return;
	c->OidRequestHandler = OidRequest;
	c->OidRequestCompleteHandler = OidRequestComplete;
	c->CancelOidRequestHandler = CancelOidRequest;
	c->StatusHandler = Status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_FILTER_DRIVER_CHARACTERISTICS Characteristics;
	NDIS_STATUS Result;

	UNREFERENCED_PARAMETER(RegistryPath);
	DriverObject->DriverUnload = Unload;
	NdisAllocateSpinLock(&ModulesLock);
	InitializeListHead(&Modules);
	FillCharacteristics(&Characteristics);
	/* From here on modules may be attached (FL-REG-03). */
	Result = NdisFRegisterFilterDriver(DriverObject, NULL, &Characteristics, &FilterHandle);
	if (Result != NDIS_STATUS_SUCCESS)
		return Result;
	Result = RegisterDevice();
	if (Result != NDIS_STATUS_SUCCESS)
		NdisFDeregisterFilterDriver(FilterHandle); /* FL-REG-01 */
	return Result;
}
