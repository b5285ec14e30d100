/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An intermediate driver to begin from: a multiplexer that makes of one Ethernet adapter a virtual
 * one for each VLAN. Written to the documents for NDIS 6.30; the rules it keeps are named where
 * they matter. Which lie over an adapter, say the values of the registry key
 * vlanmux\Parameters\Adapters\ADAPTER, where a notify object keeps them: the name of each is a
 * virtual adapter's, its REG_DWORD the VLAN, 1 to 4094.
 *
 * NBLs pass through as they are: below, their Ieee8021QNetBufferListInfo names the VLAN, and the
 * lower adapter writes the tags into frames and takes them out. An adapter whose MacOptions lack
 * that is not bound to (NDIS_STATUS_NOT_SUPPORTED). One that has *PriorityVLANTag needs it set: a
 * frame whose tag is still in its data is for none of the virtual adapters.
 */
#include <ndis.h>

#define TAG 'xmLV'
#define MAX_LOWERS 16
#define MAX_VLANS 64 /* over each */
#define TAGGING (NDIS_MAC_OPTION_8021Q_VLAN | NDIS_MAC_OPTION_8021P_PRIORITY)
#define FILTERS \
	(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST | \
	 NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS)
#define AT_DISPATCH NDIS_SEND_FLAGS_DISPATCH_LEVEL /* and of completions, receives and returns */
#define HEADER(Type, Revision) \
	{ NDIS_OBJECT_TYPE_##Type, NDIS_##Type##_REVISION_##Revision, \
	  NDIS_SIZEOF_##Type##_REVISION_##Revision }

/* A virtual adapter; its address is its DeviceContext. */
typedef struct _VLAN {
	struct _LOWER *Lower;
	ULONG Id;               /* 0: it is the end of the table */
	NDIS_STRING Name;
	WCHAR NameBuffer[128];
	NDIS_HANDLE Handle;     /* NULL: it is not initialized */
	NDIS_EVENT Ended;       /* MiniportInitializeEx has */
	EX_RUNDOWN_REF Present; /* Handle may be used for status indications */
	EX_RUNDOWN_REF Running; /* a reference for each NBL that passes, either direction */
	PNDIS_OID_REQUEST Request; /* one of which the lower adapter has a clone */
	BOOLEAN Asleep;         /* not in D0 */
	ULONG PacketFilter;
} VLAN, *PVLAN;

/* An adapter that is bound to. */
typedef struct _LOWER {
	LONG Taken;             /* by a binding */
	NDIS_HANDLE Handle, BindContext, UnbindContext;
	UINT Medium;            /* for the open to write */
	NDIS_BIND_PARAMETERS Bind; /* no pointers of it after the bind */
	EX_RUNDOWN_REF Bound;   /* the table of VLANs is complete */
	EX_RUNDOWN_REF Running; /* a reference for each send that is below */
	BOOLEAN Asleep;
	KMUTEX FilterMutex;     /* one change of its packet filter at a time */
	ULONG PacketFilter;     /* of all VLANs together */
	NDIS_SPIN_LOCK Lock;    /* of what follows */
	BOOLEAN Holding;        /* the adapter is being reset (IM-09) */
	PNET_BUFFER_LIST Held, *HeldTail; /* to be sent afterwards */
	VLAN Vlans[MAX_VLANS + 1]; /* as they are from bind to unbind */
} LOWER, *PLOWER;

/* In the context of an NBL while it is on the other side (IM-05). */
typedef struct _SAVED {
	PVLAN Vlan;
	NDIS_HANDLE SourceHandle;
} SAVED;
#define SAVED_OF(Nbl) ((SAVED *)(PVOID)NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl))
/* To read or to write; the priority beside it is the same on both sides. */
#define VLAN_ID(Nbl) \
	((NDIS_NET_BUFFER_LIST_8021Q_INFO *)(PVOID)&NET_BUFFER_LIST_INFO( \
		 Nbl, Ieee8021QNetBufferListInfo))->TagHeader.VlanId

static NDIS_HANDLE MiniportHandle, ProtocolHandle;
static LOWER Lowers[MAX_LOWERS];

DRIVER_INITIALIZE DriverEntry;

/* Only then NBLs, requests and status pass (IM-08). */
static BOOLEAN BothAwake(const VLAN *Vlan)
{
	return !Vlan->Asleep && !Vlan->Lower->Asleep;
}

/* ------------------------------------------------------------------------------- traffic */

/* An NBL of @Vlan's goes to the other side, where it is of the VLAN @Id: 0 above, where none is
 * offered (IM-05, IM-06). */
static NDIS_STATUS Enter(PVLAN Vlan, PNET_BUFFER_LIST Nbl, ULONG Id)
{
	NDIS_STATUS Status = NDIS_STATUS_PAUSED;

	if (!BothAwake(Vlan) || !ExAcquireRundownProtection(&Vlan->Running))
		return Status;
	Status = NdisAllocateNetBufferListContext(Nbl, sizeof(SAVED), 0, TAG);
	if (Status != NDIS_STATUS_SUCCESS) {
		ExReleaseRundownProtection(&Vlan->Running);
		return Status;
	}
	SAVED_OF(Nbl)->Vlan = Vlan;
	SAVED_OF(Nbl)->SourceHandle = Nbl->SourceHandle;
	VLAN_ID(Nbl) = Id & 0xFFF;
	return Status;
}

/* @Chain comes back; how many NBLs it has. The caller passes them on before it releases Running
 * that often. */
static ULONG Leave(PNET_BUFFER_LIST Chain, ULONG Id)
{
	ULONG Count = 0;

	for (; Chain != NULL; Chain = NET_BUFFER_LIST_NEXT_NBL(Chain)) {
		Chain->SourceHandle = SAVED_OF(Chain)->SourceHandle;
		NdisFreeNetBufferListContext(Chain, sizeof(SAVED));
		VLAN_ID(Chain) = Id & 0xFFF;
		Count++;
	}
	return Count;
}

/* TRUE: @Chain waits for the end of a reset (IM-09), where no cancel finds it. */
static BOOLEAN Hold(PLOWER Lower, PNET_BUFFER_LIST Chain)
{
	BOOLEAN Holding;

	NdisAcquireSpinLock(&Lower->Lock);
	Holding = Lower->Holding;
	for (; Holding && Chain != NULL; Chain = NET_BUFFER_LIST_NEXT_NBL(Chain)) {
		*Lower->HeldTail = Chain;
		Lower->HeldTail = &NET_BUFFER_LIST_NEXT_NBL(Chain);
	}
	NdisReleaseSpinLock(&Lower->Lock);
	return Holding;
}

/* Not while the binding below is paused, so not when it closes (IM-10). */
static NDIS_STATUS EnterSend(PVLAN Vlan, PNET_BUFFER_LIST Nbl)
{
	PLOWER Lower = Vlan->Lower;
	NDIS_STATUS Status;

	if (!ExAcquireRundownProtection(&Lower->Running))
		return NDIS_STATUS_PAUSED;
	Status = Enter(Vlan, Nbl, Vlan->Id);
	if (Status == NDIS_STATUS_SUCCESS)
		Nbl->SourceHandle = Lower->Handle;
	else
		ExReleaseRundownProtection(&Lower->Running);
	return Status;
}

static VOID Send(NDIS_HANDLE Context, PNET_BUFFER_LIST Chain, NDIS_PORT_NUMBER PortNumber,
		 ULONG Flags)
{
	PNET_BUFFER_LIST Nbl, Refused, *Link = &Chain;
	NDIS_STATUS Status = NDIS_STATUS_SUCCESS;
	PVLAN Vlan = Context;
	PLOWER Lower = Vlan->Lower;

	UNREFERENCED_PARAMETER(PortNumber);
	Flags &= AT_DISPATCH; /* loopback is NDIS's above us, not the lower adapter's to repeat */
	while (*Link != NULL && (Status = EnterSend(Vlan, *Link)) == NDIS_STATUS_SUCCESS)
		Link = &NET_BUFFER_LIST_NEXT_NBL(*Link);
	Refused = *Link; /* and all behind the first that is */
	*Link = NULL;
	for (Nbl = Refused; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
		NET_BUFFER_LIST_STATUS(Nbl) = Status;
	if (Refused != NULL)
		NdisMSendNetBufferListsComplete(Vlan->Handle, Refused, Flags);
	if (Chain != NULL && !Hold(Lower, Chain))
		NdisSendNetBufferLists(Lower->Handle, Chain, NDIS_DEFAULT_PORT_NUMBER, Flags);
}

static VOID CompleteRun(PVLAN Vlan, PNET_BUFFER_LIST Run, ULONG Flags)
{
	ULONG Count = Leave(Run, 0);

	NdisMSendNetBufferListsComplete(Vlan->Handle, Run, Flags);
	ExReleaseRundownProtectionEx(&Vlan->Lower->Running, Count);
	ExReleaseRundownProtectionEx(&Vlan->Running, Count);
}

/* In runs of one virtual adapter and one status. What a reset has aborted is sent again (IM-09). */
static VOID SendComplete(NDIS_HANDLE Context, PNET_BUFFER_LIST Chain, ULONG Flags)
{
	PNET_BUFFER_LIST Run, Next;

	for (Run = Chain; Run != NULL; Run = Next) {
		NDIS_STATUS Status = NET_BUFFER_LIST_STATUS(Run);
		PVLAN Vlan = SAVED_OF(Run)->Vlan;
		PNET_BUFFER_LIST Last = Run;

		while ((Next = NET_BUFFER_LIST_NEXT_NBL(Last)) != NULL &&
		       SAVED_OF(Next)->Vlan == Vlan && NET_BUFFER_LIST_STATUS(Next) == Status)
			Last = Next;
		NET_BUFFER_LIST_NEXT_NBL(Last) = NULL;
		if ((Status != NDIS_STATUS_RESET_IN_PROGRESS &&
		     Status != NDIS_STATUS_REQUEST_ABORTED) || !Hold(Context, Run))
			CompleteRun(Vlan, Run, Flags);
	}
}

/* Send what is held, or complete it with @Status; only then is no more held, for the order. */
static VOID EndHolding(PLOWER Lower, NDIS_STATUS Status)
{
	PNET_BUFFER_LIST Chain, Nbl;

	do {
		NdisAcquireSpinLock(&Lower->Lock);
		Chain = Lower->Held;
		Lower->Held = NULL;
		Lower->HeldTail = &Lower->Held;
		Lower->Holding = Chain != NULL;
		NdisReleaseSpinLock(&Lower->Lock);
		for (Nbl = Chain; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
			NET_BUFFER_LIST_STATUS(Nbl) = Status;
		if (Status != NDIS_STATUS_SUCCESS)
			SendComplete(Lower, Chain, 0);
		else if (Chain != NULL)
			NdisSendNetBufferLists(Lower->Handle, Chain, NDIS_DEFAULT_PORT_NUMBER, 0);
	} while (Chain != NULL);
}

static VOID CancelSend(NDIS_HANDLE Context, PVOID CancelId)
{
	NdisCancelSendNetBufferLists(((PVLAN)Context)->Lower->Handle, CancelId);
}

/* MP-RCV-14: the lower adapter's filter is that of all VLANs together; which group addresses a
 * protocol has asked for, NDIS knows. */
static BOOLEAN PassesFilter(const VLAN *Vlan, const UCHAR *Address)
{
	ULONG Filter = Vlan->PacketFilter;

	if (Filter & NDIS_PACKET_TYPE_PROMISCUOUS)
		return TRUE;
	if (!(Address[0] & 1))
		return (Filter & NDIS_PACKET_TYPE_DIRECTED) != 0 &&
		       NdisEqualMemory(Address, Vlan->Lower->Bind.CurrentMacAddress, 6);
	if (NdisEqualMemory(Address, "\xFF\xFF\xFF\xFF\xFF\xFF", 6))
		return (Filter & NDIS_PACKET_TYPE_BROADCAST) != 0;
	return (Filter & (NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST)) != 0;
}

/* The virtual adapter that @Nbl now is on its way to, or NULL: nobody wants it, or not now. */
static PVLAN EnterReceive(PLOWER Lower, PNET_BUFFER_LIST Nbl)
{
	UCHAR Storage[6], *Address;
	PVLAN Vlan = Lower->Vlans;

	while (Vlan->Id != VLAN_ID(Nbl) && Vlan->Id != 0)
		Vlan++;
	Address = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(Nbl), 6, Storage, 1, 0);
	if (Vlan->Id == 0 || Address == NULL || !PassesFilter(Vlan, Address) || Lower->Holding ||
	    Enter(Vlan, Nbl, 0) != NDIS_STATUS_SUCCESS)
		return NULL;
	Nbl->SourceHandle = Vlan->Handle;
	return Vlan;
}

/* In runs of one virtual adapter; with RESOURCES, the chain is to be put together again. */
static VOID Receive(NDIS_HANDLE Context, PNET_BUFFER_LIST Chain, NDIS_PORT_NUMBER PortNumber,
		    ULONG Count, ULONG Flags)
{
	PLOWER Lower = Context;
	PVLAN Vlan = EnterReceive(Lower, Chain), NextVlan = NULL;
	PNET_BUFFER_LIST Run, Last, Next;

	UNREFERENCED_PARAMETER(PortNumber);
	Flags &= AT_DISPATCH | NDIS_RECEIVE_FLAGS_RESOURCES;
	for (Run = Chain; Run != NULL; Run = Next, Vlan = NextVlan) {
		Last = Run;
		for (Count = 1; (Next = NET_BUFFER_LIST_NEXT_NBL(Last)) != NULL; Count++) {
			NextVlan = EnterReceive(Lower, Next);
			if (NextVlan != Vlan)
				break;
			Last = Next;
		}
		NET_BUFFER_LIST_NEXT_NBL(Last) = NULL;
		if (Vlan != NULL)
			NdisMIndicateReceiveNetBufferLists(
				Vlan->Handle, Run, NDIS_DEFAULT_PORT_NUMBER, Count, Flags);
		else if (NDIS_TEST_RECEIVE_CAN_PEND(Flags))
			NdisReturnNetBufferLists(Lower->Handle, Run, Flags & AT_DISPATCH);
		if (NDIS_TEST_RECEIVE_CAN_PEND(Flags))
			continue;
		if (Vlan != NULL)
			ExReleaseRundownProtectionEx(&Vlan->Running, Leave(Run, Vlan->Id));
		NET_BUFFER_LIST_NEXT_NBL(Last) = Next;
	}
}

/* What protocols are done with; to the lower adapter it goes back only now (IM-06). */
static VOID Return(NDIS_HANDLE Context, PNET_BUFFER_LIST Chain, ULONG Flags)
{
	PVLAN Vlan = Context;
	ULONG Count = Leave(Chain, Vlan->Id);

	NdisReturnNetBufferLists(Vlan->Lower->Handle, Chain, Flags);
	ExReleaseRundownProtectionEx(&Vlan->Running, Count);
}

/* ------------------------------------------------------------------------------ requests */

static VOID OidRequestComplete(NDIS_HANDLE Context, PNDIS_OID_REQUEST Clone, NDIS_STATUS Status)
{
	PVLAN Vlan = *(PVLAN *)(PVOID)Clone->SourceReserved;
	PNDIS_OID_REQUEST Request = Vlan->Request;

	/* A set has its two counts in the same places. */
	Request->DATA.QUERY_INFORMATION.BytesWritten = Clone->DATA.QUERY_INFORMATION.BytesWritten;
	Request->DATA.QUERY_INFORMATION.BytesNeeded = Clone->DATA.QUERY_INFORMATION.BytesNeeded;
	Request->SupportedRevision = Clone->SupportedRevision;
	NdisFreeCloneOidRequest(((PLOWER)Context)->Handle, Clone);
	NdisMOidRequestComplete(Vlan->Handle, Request, Status);
}

/* IM-07: a clone goes down, if it is a set with the value in @Buffer. A virtual adapter has one
 * request at a time. */
static NDIS_STATUS Forward(PVLAN Vlan, PNDIS_OID_REQUEST Request, PVOID Buffer)
{
	NDIS_HANDLE Lower = Vlan->Lower->Handle;
	PNDIS_OID_REQUEST Clone;
	NDIS_STATUS Status = NdisAllocateCloneOidRequest(Lower, Request, TAG, &Clone);

	if (Status != NDIS_STATUS_SUCCESS)
		return Status;
	*(PVLAN *)(PVOID)Clone->SourceReserved = Vlan;
	Clone->DATA.SET_INFORMATION.InformationBuffer = Buffer;
	Vlan->Request = Request;
	Status = NdisOidRequest(Lower, Clone);
	if (Status != NDIS_STATUS_PENDING)
		OidRequestComplete(Vlan->Lower, Clone, Status);
	return NDIS_STATUS_PENDING;
}

/* Give the lower adapter what all VLANs together want to receive. Their multicast lists may be
 * longer than its own: it lets all through that go to groups. */
static NDIS_STATUS SetFilter(PVLAN Vlan, PNDIS_OID_REQUEST Request, ULONG Filter)
{
	PLOWER Lower = Vlan->Lower;
	NDIS_STATUS Status;

	KeWaitForSingleObject(&Lower->FilterMutex, Executive, KernelMode, FALSE, NULL);
	Vlan->PacketFilter = Filter;
	Lower->PacketFilter = 0;
	for (PVLAN Each = Lower->Vlans; Each->Id != 0; Each++)
		Lower->PacketFilter |= Each->PacketFilter;
	if (Lower->PacketFilter & NDIS_PACKET_TYPE_MULTICAST)
		Lower->PacketFilter |= NDIS_PACKET_TYPE_ALL_MULTICAST;
	Status = Forward(Vlan, Request, &Lower->PacketFilter);
	KeReleaseMutex(&Lower->FilterMutex, FALSE);
	return Status;
}

static NDIS_STATUS Set(PVLAN Vlan, PNDIS_OID_REQUEST Request)
{
	PVOID Buffer = Request->DATA.SET_INFORMATION.InformationBuffer;
	ULONG Length = Request->DATA.SET_INFORMATION.InformationBufferLength, Value = 0;

	if (Length >= sizeof(Value))
		NdisMoveMemory(&Value, Buffer, sizeof(Value)); /* perhaps misaligned (MP-OID-06) */
	switch (Request->DATA.SET_INFORMATION.Oid) {
	case OID_PNP_SET_POWER:
		if (Length < sizeof(Value))
			return NDIS_STATUS_NOT_ACCEPTED; /* the only failure there is */
		Vlan->Asleep = Value != NdisDeviceStateD0;
		return NDIS_STATUS_SUCCESS;
	case OID_GEN_CURRENT_PACKET_FILTER:
		Request->DATA.SET_INFORMATION.BytesNeeded = sizeof(Value);
		if (Length != sizeof(Value))
			return NDIS_STATUS_INVALID_LENGTH;
		return Value & ~(ULONG)(FILTERS) ? NDIS_STATUS_NOT_SUPPORTED :
						   SetFilter(Vlan, Request, Value);
	case OID_802_3_MULTICAST_LIST: /* see SetFilter */
	case OID_GEN_CURRENT_LOOKAHEAD:
		Request->DATA.SET_INFORMATION.BytesRead = Length;
		return NDIS_STATUS_SUCCESS;
	case OID_PNP_ADD_WAKE_UP_PATTERN:
	case OID_PNP_REMOVE_WAKE_UP_PATTERN:
	case OID_PNP_ENABLE_WAKE_UP:
		return Forward(Vlan, Request, Buffer);
	default: /* it would change the lower adapter for the others, too */
		return NDIS_STATUS_NOT_SUPPORTED;
	}
}

static NDIS_STATUS OidRequest(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request)
{
	NDIS_OID Oid = Request->DATA.QUERY_INFORMATION.Oid;
	PVLAN Vlan = Context;

	if (Oid == OID_PNP_QUERY_POWER)
		return NDIS_STATUS_SUCCESS;
	if (!BothAwake(Vlan) && Oid != OID_PNP_SET_POWER)
		return NDIS_STATUS_FAILURE;
	if (Request->RequestType == NdisRequestSetInformation)
		return Set(Vlan, Request);
	if (Oid == OID_TCP_OFFLOAD_CURRENT_CONFIG || Request->RequestType == NdisRequestMethod)
		return NDIS_STATUS_NOT_SUPPORTED; /* IM-13: offloads are the lower adapter's alone */
	return Forward(Vlan, Request, Request->DATA.QUERY_INFORMATION.InformationBuffer);
}

/* The clone has the RequestId of what it is a clone of. */
static VOID CancelOidRequest(NDIS_HANDLE Context, PVOID RequestId)
{
	NdisCancelOidRequest(((PVLAN)Context)->Lower->Handle, RequestId);
}

/* -------------------------------------------------------------- life of a virtual adapter */

/* Those of the lower adapter, without offloads. Senders are asked to leave room for SAVED. */
static NDIS_STATUS SetAttributes(PVLAN Vlan, NDIS_HANDLE Handle)
{
	static NDIS_OID Oids[] = { OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_CURRENT_LOOKAHEAD,
				   OID_802_3_MULTICAST_LIST, OID_GEN_STATISTICS, OID_GEN_XMIT_OK,
				   OID_GEN_RCV_OK, OID_PNP_CAPABILITIES, OID_PNP_QUERY_POWER,
				   OID_PNP_SET_POWER, OID_PNP_ADD_WAKE_UP_PATTERN,
				   OID_PNP_REMOVE_WAKE_UP_PATTERN, OID_PNP_ENABLE_WAKE_UP };
	const NDIS_BIND_PARAMETERS *Bind = &Vlan->Lower->Bind;
	NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES Registration = {
		.Header = HEADER(MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1),
		.MiniportAdapterContext = Vlan,
		.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND, /* IM-04 */
		.InterfaceType = NdisInterfaceInternal,
	};
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES General = {
		.Header = HEADER(MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, 1),
		.MediaType = NdisMedium802_3,
		.PhysicalMediumType = Bind->PhysicalMediumType,
		.MtuSize = Bind->MtuSize,
		.MaxXmitLinkSpeed = Bind->MaxXmitLinkSpeed,
		.MaxRcvLinkSpeed = Bind->MaxRcvLinkSpeed,
		.XmitLinkSpeed = Bind->XmitLinkSpeed,
		.RcvLinkSpeed = Bind->RcvLinkSpeed,
		.MediaConnectState = Bind->MediaConnectState,
		.MediaDuplexState = Bind->MediaDuplexState,
		.LookaheadSize = Bind->LookaheadSize,
		.MacOptions = NDIS_MAC_OPTION_NO_LOOPBACK | NDIS_MAC_OPTION_8021P_PRIORITY,
		.SupportedPacketFilters = FILTERS & Bind->SupportedPacketFilters,
		.MaxMulticastListSize = Bind->MaxMulticastListSize,
		.MacAddressLength = 6,
		.AccessType = Bind->AccessType,
		.DirectionType = Bind->DirectionType,
		.ConnectionType = Bind->ConnectionType,
		.IfType = Bind->IfType,
		.DataBackFillSize = Bind->DataBackFillSize,
		.ContextBackFillSize = Bind->ContextBackFillSize + sizeof(SAVED),
		.SupportedOidList = Oids,
		.SupportedOidListLength = sizeof(Oids),
	};
	NDIS_STATUS Status = NdisMSetMiniportAttributes(
		Handle, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&Registration);

	NdisMoveMemory(General.PermanentMacAddress, Bind->CurrentMacAddress, 6);
	NdisMoveMemory(General.CurrentMacAddress, Bind->CurrentMacAddress, 6);
	if (Status == NDIS_STATUS_SUCCESS)
		Status = NdisMSetMiniportAttributes(Handle,
						    (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&General);
	return Status;
}

static NDIS_STATUS Initialize(NDIS_HANDLE Handle, NDIS_HANDLE DriverContext,
			      PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
	PVLAN Vlan = Parameters->IMDeviceInstanceContext;
	NDIS_STATUS Status = SetAttributes(Vlan, Handle);

	UNREFERENCED_PARAMETER(DriverContext);
	if (Status == NDIS_STATUS_SUCCESS) {
		Vlan->Handle = Handle;
		Vlan->Asleep = FALSE;
		/* NDIS does not know it. The entry goes with the interface. */
		NdisIfAddIfStackEntry(Parameters->IfIndex, Vlan->Lower->Bind.BoundIfIndex);
		ExReInitializeRundownProtection(&Vlan->Present);
	}
	NdisSetEvent(&Vlan->Ended);
	return Status;
}

static VOID Halt(NDIS_HANDLE Context, NDIS_HALT_ACTION Action)
{
	PVLAN Vlan = Context;

	UNREFERENCED_PARAMETER(Action);
	ExWaitForRundownProtectionRelease(&Vlan->Present);
	Vlan->PacketFilter = 0;
	Vlan->Handle = NULL;
}

/* Whatever is on its way comes back: what is below, and what protocols have, whom NDIS has
 * paused before (MP-PAU-03, MP-PAU-04). */
static NDIS_STATUS Pause(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters)
{
	UNREFERENCED_PARAMETER(Parameters);
	ExWaitForRundownProtectionRelease(&((PVLAN)Context)->Running);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Restart(NDIS_HANDLE Context, PNDIS_MINIPORT_RESTART_PARAMETERS Parameters)
{
	UNREFERENCED_PARAMETER(Parameters);
	ExReInitializeRundownProtection(&((PVLAN)Context)->Running);
	return NDIS_STATUS_SUCCESS;
}

/* There is no device. */
static VOID DevicePnPEvent(NDIS_HANDLE Context, PNET_DEVICE_PNP_EVENT Event)
{
	UNREFERENCED_PARAMETER(Context);
	UNREFERENCED_PARAMETER(Event);
}

static VOID Shutdown(NDIS_HANDLE Context, NDIS_SHUTDOWN_ACTION Action)
{
	UNREFERENCED_PARAMETER(Context);
	UNREFERENCED_PARAMETER(Action);
}

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
	PVLAN Vlan = Lower->Vlans;

	UNREFERENCED_PARAMETER(EntryContext);
	while (Vlan->Id != 0)
		Vlan++;
	if (Vlan == Lower->Vlans + MAX_VLANS)
		return STATUS_INSUFFICIENT_RESOURCES;
	Vlan->Name.Length = 0;
	Vlan->Name.Buffer = Vlan->NameBuffer;
	Vlan->Name.MaximumLength = sizeof(Vlan->NameBuffer);
	RtlAppendUnicodeToString(&Vlan->Name, L"\\Device\\");
	if (ValueType != REG_DWORD || ValueLength != sizeof(ULONG) ||
	    *(PULONG)ValueData - 1 >= 4094 ||
	    !NT_SUCCESS(RtlAppendUnicodeToString(&Vlan->Name, ValueName)))
		return STATUS_SUCCESS;
	Vlan->Lower = Lower;
	Vlan->Id = *(PULONG)ValueData;
	NdisInitializeEvent(&Vlan->Ended);
	InitializeRunDown(&Vlan->Present);
	InitializeRunDown(&Vlan->Running);
	return STATUS_SUCCESS;
}

static NTSTATUS ReadVlans(PLOWER Lower, PNDIS_STRING Section)
{
	RTL_QUERY_REGISTRY_TABLE Table[2] = { { .QueryRoutine = AddVlan } }; /* for each value */
	WCHAR Path[256] = { 0 };

	NdisZeroMemory(Lower->Vlans, sizeof(Lower->Vlans));
	if (Section->Length >= sizeof(Path))
		return STATUS_BUFFER_TOO_SMALL;
	NdisMoveMemory(Path, Section->Buffer, Section->Length);
	return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, Path, Table, Lower, NULL);
}

/* It comes up when its device is started; one that is known already never does. */
static VOID BeginVlan(PVLAN Vlan)
{
	NdisResetEvent(&Vlan->Ended);
	if (NdisIMInitializeDeviceInstanceEx(MiniportHandle, &Vlan->Name, Vlan) !=
	    NDIS_STATUS_SUCCESS)
		NdisSetEvent(&Vlan->Ended);
}

/* IM-03: an initialization that has begun is waited for, and undone if it went well. */
static VOID EndVlan(PVLAN Vlan)
{
	if (NdisIMCancelInitializeDeviceInstance(MiniportHandle, &Vlan->Name) ==
	    NDIS_STATUS_SUCCESS)
		return;
	NdisWaitEvent(&Vlan->Ended, 0);
	if (Vlan->Handle != NULL)
		NdisIMDeInitializeDeviceInstance(Vlan->Handle);
}

static VOID OpenComplete(NDIS_HANDLE Context, NDIS_STATUS Status)
{
	PLOWER Lower = Context;
	NDIS_HANDLE BindContext = Lower->BindContext;

	if (Status == NDIS_STATUS_SUCCESS) {
		for (PVLAN Vlan = Lower->Vlans; Vlan->Id != 0; Vlan++)
			BeginVlan(Vlan);
		ExReInitializeRundownProtection(&Lower->Bound);
	} else {
		InterlockedExchange(&Lower->Taken, FALSE);
	}
	NdisCompleteBindAdapterEx(BindContext, Status);
}

static NDIS_STATUS BindAdapter(NDIS_HANDLE DriverContext, NDIS_HANDLE BindContext,
			       PNDIS_BIND_PARAMETERS Bind)
{
	static NDIS_MEDIUM Medium = NdisMedium802_3;
	NDIS_OPEN_PARAMETERS Open = {
		.Header = HEADER(OPEN_PARAMETERS, 1),
		.AdapterName = Bind->AdapterName,
		.MediumArray = &Medium,
		.MediumArraySize = 1,
	};
	NDIS_STATUS Status = NDIS_STATUS_NOT_ACCEPTED;
	PLOWER Lower = Lowers;

	UNREFERENCED_PARAMETER(DriverContext);
	if (Bind->MediaType != NdisMedium802_3 || (Bind->MacOptions & TAGGING) != TAGGING)
		return NDIS_STATUS_NOT_SUPPORTED;
	while (InterlockedExchange(&Lower->Taken, TRUE))
		if (++Lower == Lowers + MAX_LOWERS)
			return NDIS_STATUS_RESOURCES;
	Lower->BindContext = BindContext;
	Lower->Bind = *Bind;
	Lower->Asleep = Lower->Holding = FALSE;
	Open.SelectedMediumIndex = &Lower->Medium;
	if (NT_SUCCESS(ReadVlans(Lower, Bind->ProtocolSection)) && Lower->Vlans->Id != 0)
		Status = NdisOpenAdapterEx(ProtocolHandle, Lower, &Open, BindContext,
					   &Lower->Handle);
	if (Status != NDIS_STATUS_PENDING)
		OpenComplete(Lower, Status);
	return NDIS_STATUS_PENDING;
}

static VOID CloseComplete(NDIS_HANDLE Context)
{
	PLOWER Lower = Context;
	NDIS_HANDLE UnbindContext = Lower->UnbindContext;

	InterlockedExchange(&Lower->Taken, FALSE);
	NdisCompleteUnbindAdapterEx(UnbindContext);
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE Context)
{
	PLOWER Lower = Context;

	Lower->UnbindContext = UnbindContext;
	ExWaitForRundownProtectionRelease(&Lower->Bound);
	for (PVLAN Vlan = Lower->Vlans; Vlan->Id != 0; Vlan++)
		EndVlan(Vlan);
	if (NdisCloseAdapterEx(Lower->Handle) != NDIS_STATUS_PENDING)
		CloseComplete(Lower);
	return NDIS_STATUS_PENDING;
}

/* A virtual adapter that was disabled is there again. */
static VOID ReEnable(const NDIS_STRING *Name)
{
	for (PLOWER Lower = Lowers; Lower < Lowers + MAX_LOWERS; Lower++) {
		if (!ExAcquireRundownProtection(&Lower->Bound))
			continue;
		for (PVLAN Vlan = Lower->Vlans; Vlan->Id != 0; Vlan++)
			if (RtlEqualUnicodeString(&Vlan->Name, Name, TRUE))
				BeginVlan(Vlan);
		ExReleaseRundownProtection(&Lower->Bound);
	}
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE Context, PNET_PNP_EVENT_NOTIFICATION Notification)
{
	PNET_PNP_EVENT Event = &Notification->NetPnPEvent;
	PLOWER Lower = Context;

	if (Event->NetEvent == NetEventPause) { /* PR-PAU-01 */
		EndHolding(Lower, NDIS_STATUS_PAUSED);
		ExWaitForRundownProtectionRelease(&Lower->Running);
	} else if (Event->NetEvent == NetEventRestart) {
		ExReInitializeRundownProtection(&Lower->Running);
	} else if (Event->NetEvent == NetEventSetPower) {
		Lower->Asleep = *(NDIS_DEVICE_POWER_STATE *)Event->Buffer != NdisDeviceStateD0;
	} else if (Event->NetEvent == NetEventIMReEnableDevice) {
		ReEnable(Event->Buffer);
	} /* and never NOT_SUPPORTED (PR-PNP-01) */
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
	if (BothAwake(Vlan))
		NdisMIndicateStatusEx(Vlan->Handle, &Up);
	ExReleaseRundownProtection(&Vlan->Present);
}

static VOID LowerStatus(NDIS_HANDLE Context, PNDIS_STATUS_INDICATION Indication)
{
	PLOWER Lower = Context;

	if (Indication->StatusCode == NDIS_STATUS_RESET_START) { /* IM-09 */
		NdisAcquireSpinLock(&Lower->Lock);
		Lower->Holding = TRUE;
		NdisReleaseSpinLock(&Lower->Lock);
	} else if (Indication->StatusCode == NDIS_STATUS_RESET_END) {
		EndHolding(Lower, NDIS_STATUS_SUCCESS);
	} else if (Indication->StatusCode == NDIS_STATUS_LINK_STATE) {
		for (PVLAN Vlan = Lower->Vlans; Vlan->Id != 0; Vlan++)
			IndicateLink(Vlan, Indication);
	}
}

/* ------------------------------------------------------------------------ registration */

/* IM-11; also of what a failed DriverEntry has done (MP-REG-01). */
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	if (ProtocolHandle != NULL)
		NdisDeregisterProtocolDriver(ProtocolHandle);
	ProtocolHandle = NULL;
	NdisMDeregisterMiniportDriver(MiniportHandle);
	for (PLOWER Lower = Lowers; Lower < Lowers + MAX_LOWERS; Lower++)
		NdisFreeSpinLock(&Lower->Lock);
}

static VOID InitializeLower(PLOWER Lower)
{
	KeInitializeMutex(&Lower->FilterMutex, 0);
	NdisAllocateSpinLock(&Lower->Lock);
	InitializeRunDown(&Lower->Bound);
	InitializeRunDown(&Lower->Running);
	Lower->HeldTail = &Lower->Held;
}

static NDIS_MINIPORT_DRIVER_CHARACTERISTICS Miniport = {
	.Header = HEADER(MINIPORT_DRIVER_CHARACTERISTICS, 2),
	.MajorNdisVersion = 6,
	.MinorNdisVersion = 30,
	.MajorDriverVersion = 1,
	.Flags = NDIS_INTERMEDIATE_DRIVER, /* IM-01; no check for hang, no reset (IM-04) */
	.InitializeHandlerEx = Initialize,
	.HaltHandlerEx = Halt,
	.UnloadHandler = Unload,
	.PauseHandler = Pause,
	.RestartHandler = Restart,
	.OidRequestHandler = OidRequest,
	.CancelOidRequestHandler = CancelOidRequest,
	.SendNetBufferListsHandler = Send,
	.ReturnNetBufferListsHandler = Return,
	.CancelSendHandler = CancelSend,
	.DevicePnPEventNotifyHandler = DevicePnPEvent,
	.ShutdownHandlerEx = Shutdown,
};
static NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Protocol = {
	.Header = HEADER(PROTOCOL_DRIVER_CHARACTERISTICS, 2),
	.MajorNdisVersion = 6,
	.MinorNdisVersion = 30,
	.MajorDriverVersion = 1,
	.Name = RTL_CONSTANT_STRING(L"VLANMUX"),
	.BindAdapterHandlerEx = BindAdapter,
	.UnbindAdapterHandlerEx = UnbindAdapter,
	.OpenAdapterCompleteHandlerEx = OpenComplete,
	.CloseAdapterCompleteHandlerEx = CloseComplete,
	.NetPnPEventHandler = NetPnPEvent,
	.OidRequestCompleteHandler = OidRequestComplete,
	.StatusHandlerEx = LowerStatus,
	.ReceiveNetBufferListsHandler = Receive,
	.SendNetBufferListsCompleteHandler = SendComplete,
};

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_STATUS Status = NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL,
							 &Miniport, &MiniportHandle);

	if (Status != NDIS_STATUS_SUCCESS)
		return Status;
	for (PLOWER Lower = Lowers; Lower < Lowers + MAX_LOWERS; Lower++)
		InitializeLower(Lower);
	Status = NdisRegisterProtocolDriver(NULL, &Protocol, &ProtocolHandle);
	if (Status == NDIS_STATUS_SUCCESS)
		NdisIMAssociateMiniport(MiniportHandle, ProtocolHandle);
	else
		Unload(DriverObject);
	return Status;
}
