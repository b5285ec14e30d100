/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An intermediate driver to begin from: a multiplexer that makes of one Ethernet adapter a virtual
 * one for each VLAN. Written to the documents for NDIS 6.30; the rules it keeps are named where
 * they matter. Here are the bindings below and their events; the virtual adapters are in
 * vlanmux_adapter.c, traffic is in vlanmux_traffic.c.
 *
 * Which virtual adapters lie over an adapter, say the values of the registry key
 * vlanmux\Parameters\Adapters\ADAPTER, where a notify object keeps them: the name of each is a
 * virtual adapter's, its REG_DWORD the VLAN, 1 to 4094.
 *
 * Tags are in the frames below. The slot Ieee8021QNetBufferListInfo would save the tagging, but a
 * lower adapter need not look at it; what it has stripped on receive is understood all the same.
 */
#include <ndis.h>

#include "vlanmux.h"

DRIVER_INITIALIZE DriverEntry;

static NDIS_HANDLE MiniportHandle, ProtocolHandle;
static KMUTEX LowersMutex;
static LIST_ENTRY Lowers; /* their bindings are open */

/* ------------------------------------------------------------------- life of a binding */

static VOID InitializeRunDown(PEX_RUNDOWN_REF Ref)
{
	ExInitializeRundownProtection(Ref);
	ExWaitForRundownProtectionRelease(Ref); /* nobody passes before it is initialized again */
}

/* One value of the key; others than those described above are passed over. */
static NTSTATUS AddVlan(PWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength,
			PVOID Context, PVOID EntryContext)
{
	PLOWER Lower = Context;
	NDIS_STRING Name;
	PVLAN Vlan;

	UNREFERENCED_PARAMETER(EntryContext);
	RtlInitUnicodeString(&Name, ValueName);
	if (ValueType != REG_DWORD || ValueLength != sizeof(ULONG) ||
	    *(PULONG)ValueData - 1 >= 4094 || Name.Length > sizeof(Vlan->NameBuffer))
		return STATUS_SUCCESS;
	Vlan = NdisAllocateMemoryWithTagPriority(ProtocolHandle, sizeof(*Vlan), TAG,
						 NormalPoolPriority);
	if (Vlan == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	NdisZeroMemory(Vlan, sizeof(*Vlan));
	Vlan->Lower = Lower;
	Vlan->Id = *(PULONG)ValueData;
	Vlan->Name.Buffer = Vlan->NameBuffer;
	Vlan->Name.MaximumLength = sizeof(Vlan->NameBuffer);
	RtlCopyUnicodeString(&Vlan->Name, &Name);
	NdisInitializeEvent(&Vlan->Ended);
	InitializeRunDown(&Vlan->Present);
	InitializeRunDown(&Vlan->Running);
	InsertTailList(&Lower->Vlans, &Vlan->Link);
	return STATUS_SUCCESS;
}

static NTSTATUS ReadVlans(PLOWER Lower, PNDIS_STRING Section)
{
	RTL_QUERY_REGISTRY_TABLE Table[2];
	WCHAR Path[256];

	if (Section->Length >= sizeof(Path))
		return STATUS_BUFFER_TOO_SMALL;
	NdisZeroMemory(Path, sizeof(Path));
	NdisMoveMemory(Path, Section->Buffer, Section->Length);
	NdisZeroMemory(Table, sizeof(Table));
	Table[0].QueryRoutine = AddVlan; /* for each value */
	return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, Path, Table, Lower, NULL);
}

static NDIS_STATUS AllocatePools(PLOWER Lower)
{
	NET_BUFFER_LIST_POOL_PARAMETERS Nbl;
	NET_BUFFER_POOL_PARAMETERS Nb;

	NdisZeroMemory(&Nbl, sizeof(Nbl));
	Nbl.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Nbl.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Nbl.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Nbl.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
	Nbl.ContextSize = (USHORT)Lower->Bind.ContextBackFillSize; /* of those below */
	Nbl.PoolTag = TAG;
	NdisZeroMemory(&Nb, sizeof(Nb));
	Nb.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Nb.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1;
	Nb.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1;
	Nb.PoolTag = TAG;
	Lower->NblPool = NdisAllocateNetBufferListPool(ProtocolHandle, &Nbl);
	Lower->NbPool = NdisAllocateNetBufferPool(ProtocolHandle, &Nb);
	return Lower->NblPool != NULL && Lower->NbPool != NULL ? NDIS_STATUS_SUCCESS :
								 NDIS_STATUS_RESOURCES;
}

static VOID FreeLower(PLOWER Lower)
{
	while (!IsListEmpty(&Lower->Vlans))
		NdisFreeMemory(CONTAINING_RECORD(RemoveHeadList(&Lower->Vlans), VLAN, Link), 0, 0);
	if (Lower->NblPool != NULL)
		NdisFreeNetBufferListPool(Lower->NblPool);
	if (Lower->NbPool != NULL)
		NdisFreeNetBufferPool(Lower->NbPool);
	NdisFreeSpinLock(&Lower->Lock);
	NdisFreeMemory(Lower, 0, 0);
}

static VOID OpenAdapterComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Result)
{
	PLOWER Lower = ProtocolBindingContext;

	Lower->Result = Result;
	NdisSetEvent(&Lower->Done);
}

static VOID CloseAdapterComplete(NDIS_HANDLE ProtocolBindingContext)
{
	NdisSetEvent(&((PLOWER)ProtocolBindingContext)->Done);
}

static NDIS_STATUS OpenAdapter(PLOWER Lower, NDIS_HANDLE BindContext, PNDIS_STRING Name)
{
	NDIS_MEDIUM Medium = NdisMedium802_3;
	NDIS_OPEN_PARAMETERS Open;
	NDIS_STATUS Result;
	UINT Selected;

	NdisZeroMemory(&Open, sizeof(Open));
	Open.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
	Open.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
	Open.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
	Open.AdapterName = Name;
	Open.MediumArray = &Medium;
	Open.MediumArraySize = 1;
	Open.SelectedMediumIndex = &Selected;
	Result = NdisOpenAdapterEx(ProtocolHandle, Lower, &Open, BindContext, &Lower->Handle);
	if (Result != NDIS_STATUS_PENDING)
		return Result;
	NdisWaitEvent(&Lower->Done, 0);
	return Lower->Result;
}

/* It comes up when its device is started; one that is known already never does. */
static VOID BeginVlan(PVLAN Vlan)
{
	NdisResetEvent(&Vlan->Ended);
	if (NdisIMInitializeDeviceInstanceEx(MiniportHandle, &Vlan->Name, Vlan) !=
	    NDIS_STATUS_SUCCESS)
		NdisSetEvent(&Vlan->Ended);
}

static NDIS_STATUS BindAdapter(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
			       PNDIS_BIND_PARAMETERS BindParameters)
{
	NDIS_STATUS Result = NDIS_STATUS_NOT_ACCEPTED;
	PLOWER Lower;

	UNREFERENCED_PARAMETER(ProtocolDriverContext);
	if (BindParameters->MediaType != NdisMedium802_3 || BindParameters->MtuSize <= 4)
		return NDIS_STATUS_UNSUPPORTED_MEDIA;
	Lower = NdisAllocateMemoryWithTagPriority(ProtocolHandle, sizeof(*Lower), TAG,
						  NormalPoolPriority);
	if (Lower == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(Lower, sizeof(*Lower));
	InitializeListHead(&Lower->Vlans);
	Lower->Bind = *BindParameters;
	Lower->Power = NdisDeviceStateD0;
	Lower->HeldTail = &Lower->Held;
	NdisInitializeEvent(&Lower->Done);
	NdisAllocateSpinLock(&Lower->Lock);
	KeInitializeMutex(&Lower->FilterMutex, 0);
	InitializeRunDown(&Lower->Running);
	if (NT_SUCCESS(ReadVlans(Lower, BindParameters->ProtocolSection)) &&
	    !IsListEmpty(&Lower->Vlans))
		Result = AllocatePools(Lower);
	if (Result == NDIS_STATUS_SUCCESS)
		Result = OpenAdapter(Lower, BindContext, BindParameters->AdapterName);
	if (Result != NDIS_STATUS_SUCCESS) {
		FreeLower(Lower);
		return Result;
	}
	KeWaitForSingleObject(&LowersMutex, Executive, KernelMode, FALSE, NULL);
	InsertTailList(&Lowers, &Lower->Link);
	for (PVLAN Vlan = FIRST_VLAN(Lower); IS_VLAN(Lower, Vlan); Vlan = NEXT_VLAN(Vlan))
		BeginVlan(Vlan);
	KeReleaseMutex(&LowersMutex, FALSE);
	return NDIS_STATUS_SUCCESS;
}

/* IM-03: an initialization that has begun is waited for, and undone if it went well. */
static VOID EndVlan(PVLAN Vlan)
{
	PNDIS_OID_REQUEST Queued = TakeQueued(Vlan);

	if (Queued != NULL)
		NdisMOidRequestComplete(Vlan->Handle, Queued, NDIS_STATUS_FAILURE);
	if (NdisIMCancelInitializeDeviceInstance(MiniportHandle, &Vlan->Name) ==
	    NDIS_STATUS_SUCCESS)
		return;
	NdisWaitEvent(&Vlan->Ended, 0);
	if (Vlan->Handle != NULL)
		NdisIMDeInitializeDeviceInstance(Vlan->Handle);
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext)
{
	PLOWER Lower = ProtocolBindingContext;

	UNREFERENCED_PARAMETER(UnbindContext);
	KeWaitForSingleObject(&LowersMutex, Executive, KernelMode, FALSE, NULL);
	RemoveEntryList(&Lower->Link);
	KeReleaseMutex(&LowersMutex, FALSE);
	for (PVLAN Vlan = FIRST_VLAN(Lower); IS_VLAN(Lower, Vlan); Vlan = NEXT_VLAN(Vlan))
		EndVlan(Vlan);
	NdisResetEvent(&Lower->Done);
	if (NdisCloseAdapterEx(Lower->Handle) == NDIS_STATUS_PENDING)
		NdisWaitEvent(&Lower->Done, 0);
	FreeLower(Lower);
	return NDIS_STATUS_SUCCESS;
}

/* ------------------------------------------------------------------- events and status */

static VOID SetLowerPower(PLOWER Lower, NDIS_DEVICE_POWER_STATE State)
{
	for (PVLAN Vlan = FIRST_VLAN(Lower); IS_VLAN(Lower, Vlan); Vlan = NEXT_VLAN(Vlan)) {
		PNDIS_OID_REQUEST Queued;
		NDIS_STATUS Result;

		SetPower(Vlan, &Lower->Power, State);
		Queued = State == NdisDeviceStateD0 ? TakeQueued(Vlan) : NULL;
		if (Queued == NULL)
			continue;
		Result = OidRequest(Vlan, Queued);
		if (Result != NDIS_STATUS_PENDING)
			NdisMOidRequestComplete(Vlan->Handle, Queued, Result);
	}
}

/* A virtual adapter that was disabled is there again; @Path is \Device\ and its name. */
static VOID ReEnable(const NDIS_STRING *Path)
{
	const USHORT Skip = sizeof(L"\\Device\\") - sizeof(WCHAR);
	NDIS_STRING Name;

	if (Path->Length <= Skip)
		return;
	Name.Buffer = Path->Buffer + Skip / sizeof(WCHAR);
	Name.Length = Name.MaximumLength = (USHORT)(Path->Length - Skip);
	KeWaitForSingleObject(&LowersMutex, Executive, KernelMode, FALSE, NULL);
	for (PLIST_ENTRY Entry = Lowers.Flink; Entry != &Lowers; Entry = Entry->Flink) {
		PLOWER Lower = CONTAINING_RECORD(Entry, LOWER, Link);

		for (PVLAN Vlan = FIRST_VLAN(Lower); IS_VLAN(Lower, Vlan); Vlan = NEXT_VLAN(Vlan))
			if (RtlEqualUnicodeString(&Vlan->Name, &Name, TRUE))
				BeginVlan(Vlan);
	}
	KeReleaseMutex(&LowersMutex, FALSE);
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE ProtocolBindingContext,
			       PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
	PNET_PNP_EVENT Event = &NetPnPEventNotification->NetPnPEvent;
	PLOWER Lower = ProtocolBindingContext;

	switch (Event->NetEvent) {
	case NetEventPause: /* PR-PAU-01 */
		EndHolding(Lower, NDIS_STATUS_PAUSED);
		ExWaitForRundownProtectionRelease(&Lower->Running);
		break;
	case NetEventRestart:
		ExReInitializeRundownProtection(&Lower->Running);
		break;
	case NetEventSetPower:
		if (Lower != NULL && Event->BufferLength >= sizeof(NDIS_DEVICE_POWER_STATE))
			SetLowerPower(Lower, *(NDIS_DEVICE_POWER_STATE *)Event->Buffer);
		break;
	case NetEventIMReEnableDevice:
		ReEnable(Event->Buffer);
		break;
	default: /* nothing to do, and never NOT_SUPPORTED (PR-PNP-01) */
		break;
	}
	return NDIS_STATUS_SUCCESS;
}

/* The link is the virtual adapters', too; what else the lower adapter tells is about what they
 * do not have. */
static VOID IndicateLink(PVLAN Vlan, PNDIS_STATUS_INDICATION From)
{
	NDIS_STATUS_INDICATION Up = *From;

	if (!ExAcquireRundownProtection(&Vlan->Present))
		return;
	Up.SourceHandle = Vlan->Handle;
	Up.DestinationHandle = NULL;
	Up.RequestId = NULL;
	Up.PortNumber = NDIS_DEFAULT_PORT_NUMBER;
	if (BothAwake(Vlan)) /* IM-08 */
		NdisMIndicateStatusEx(Vlan->Handle, &Up);
	ExReleaseRundownProtection(&Vlan->Present);
}

static VOID Status(NDIS_HANDLE ProtocolBindingContext, PNDIS_STATUS_INDICATION StatusIndication)
{
	PLOWER Lower = ProtocolBindingContext;

	switch (StatusIndication->StatusCode) {
	case NDIS_STATUS_RESET_START: /* IM-09 */
		NdisAcquireSpinLock(&Lower->Lock);
		Lower->Holding = TRUE;
		NdisReleaseSpinLock(&Lower->Lock);
		break;
	case NDIS_STATUS_RESET_END:
		EndHolding(Lower, NDIS_STATUS_SUCCESS);
		break;
	case NDIS_STATUS_LINK_STATE:
		for (PVLAN Vlan = FIRST_VLAN(Lower); IS_VLAN(Lower, Vlan); Vlan = NEXT_VLAN(Vlan))
			IndicateLink(Vlan, StatusIndication);
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------------------ registration */

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	NdisDeregisterProtocolDriver(ProtocolHandle); /* IM-11 */
	NdisMDeregisterMiniportDriver(MiniportHandle);
}

static NDIS_STATUS RegisterMiniport(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c;

	NdisZeroMemory(&c, sizeof(c));
	c.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
	c.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
	c.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
	c.MajorNdisVersion = 6;
	c.MinorNdisVersion = 30;
	c.MajorDriverVersion = 1;
	c.Flags = NDIS_INTERMEDIATE_DRIVER; /* IM-01; no check for hang and no reset (IM-04) */
	c.InitializeHandlerEx = Initialize;
	c.HaltHandlerEx = Halt;
	c.UnloadHandler = Unload;
	c.PauseHandler = Pause;
	c.RestartHandler = Restart;
	c.OidRequestHandler = OidRequest;
	c.CancelOidRequestHandler = CancelOidRequest;
	c.SendNetBufferListsHandler = Send;
	c.ReturnNetBufferListsHandler = Return;
	c.CancelSendHandler = CancelSend;
	c.DevicePnPEventNotifyHandler = DevicePnPEventNotify;
	c.ShutdownHandlerEx = Shutdown;
	return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &c, &MiniportHandle);
}

static NDIS_STATUS RegisterProtocol(VOID)
{
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c;

	NdisZeroMemory(&c, sizeof(c));
	c.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
	c.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
	c.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
	c.MajorNdisVersion = 6;
	c.MinorNdisVersion = 30;
	c.MajorDriverVersion = 1;
	RtlInitUnicodeString(&c.Name, L"VLANMUX");
	c.BindAdapterHandlerEx = BindAdapter;
	c.UnbindAdapterHandlerEx = UnbindAdapter;
	c.OpenAdapterCompleteHandlerEx = OpenAdapterComplete;
	c.CloseAdapterCompleteHandlerEx = CloseAdapterComplete;
	c.NetPnPEventHandler = NetPnPEvent;
	c.OidRequestCompleteHandler = OidRequestComplete;
	c.StatusHandlerEx = Status;
	c.ReceiveNetBufferListsHandler = Receive;
	c.SendNetBufferListsCompleteHandler = SendComplete;
	return NdisRegisterProtocolDriver(NULL, &c, &ProtocolHandle);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_STATUS Result;

	InitializeListHead(&Lowers);
	KeInitializeMutex(&LowersMutex, 0);
	Result = RegisterMiniport(DriverObject, RegistryPath);
	if (Result != NDIS_STATUS_SUCCESS)
		return Result;
	Result = RegisterProtocol();
	if (Result != NDIS_STATUS_SUCCESS) {
		NdisMDeregisterMiniportDriver(MiniportHandle); /* MP-REG-01 */
		return Result;
	}
	NdisIMAssociateMiniport(MiniportHandle, ProtocolHandle);
	return NDIS_STATUS_SUCCESS;
}
