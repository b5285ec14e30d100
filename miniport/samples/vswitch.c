/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport to begin from that has no hardware: all its adapters are ports of one learning
 * switch. Written to the documents for NDIS 6.30; the rules it keeps are named where they matter.
 * Here is an adapter's life and what it answers to OID requests, all at PASSIVE_LEVEL;
 * vswitch_data.c is its data path.
 *
 * Keywords of an adapter: NetworkAddress; *ReceiveBuffers, 16 to 4096 (256); AgeingTime, the
 * seconds that the switch remembers an address after a send (300).
 */
#include "vswitch.h"

#define LINK_SPEED 10000000000ull
#define FILTERS \
	(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST | \
	 NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS)
#define ALL_STATISTICS 0x003F87FF /* every NDIS_STATISTICS_FLAGS_VALID_ */

DRIVER_INITIALIZE DriverEntry;
static MINIPORT_UNLOAD Unload;
static MINIPORT_INITIALIZE Initialize;
static MINIPORT_HALT Halt;
static MINIPORT_PAUSE Pause;
static MINIPORT_RESTART Restart;
static MINIPORT_RESET Reset;
static MINIPORT_SHUTDOWN Shutdown;
static MINIPORT_DEVICE_PNP_EVENT_NOTIFY DevicePnPEvent;
static MINIPORT_OID_REQUEST OidRequest;
static MINIPORT_CANCEL_OID_REQUEST CancelOidRequest;

static NDIS_HANDLE DriverHandle;

/* ----------------------------------------------------------- start and stop */

static NDIS_STATUS Restart(NDIS_HANDLE MiniportAdapterContext,
			   PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	PPORT Port = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(RestartParameters);
	NdisAcquireSpinLock(&Port->Lock);
	Port->State = Running;
	NdisReleaseSpinLock(&Port->Lock);
	return NDIS_STATUS_SUCCESS;
}

/* The DPC gives back what is queued; it, or who has the last receive buffer, ends the pause. */
static NDIS_STATUS Pause(NDIS_HANDLE MiniportAdapterContext,
			 PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	PPORT Port = MiniportAdapterContext;
	BOOLEAN Ends;

	UNREFERENCED_PARAMETER(PauseParameters);
	Forget(Port);
	NdisAcquireSpinLock(&Port->Lock);
	Port->State = Pausing;
	Ends = PauseEnds(Port);
	NdisReleaseSpinLock(&Port->Lock);
	return Ends ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING;
}

/* NDIS holds requests meanwhile, and none is ever pending here. */
static NDIS_STATUS Reset(NDIS_HANDLE MiniportAdapterContext, PBOOLEAN AddressingReset)
{
	PPORT Port = MiniportAdapterContext;
	BOOLEAN Waits;

	*AddressingReset = FALSE; /* filters and addresses stay */
	NdisAcquireSpinLock(&Port->Lock);
	Waits = Port->Queue.Count != 0;
	Port->Resetting = Waits;
	NdisReleaseSpinLock(&Port->Lock);
	return Waits ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
}

/* There is nothing to switch off. */
static VOID Shutdown(NDIS_HANDLE MiniportAdapterContext, NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(ShutdownAction);
}

/* MP-PNP-01. */
static VOID DevicePnPEvent(NDIS_HANDLE MiniportAdapterContext,
			   PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
	PPORT Port = MiniportAdapterContext;

	if (NetDevicePnPEvent->DevicePnPEvent != NdisDevicePnPEventSurpriseRemoved)
		return;
	NdisAcquireSpinLock(&Port->Lock);
	Port->Removed = TRUE;
	NdisReleaseSpinLock(&Port->Lock);
}

/* ---------------------------------------------------------- initialize and halt */

static VOID FreePort(PPORT Port)
{
	LOCK_STATE_EX LockState;

	NdisAcquireRWLockWrite(SwitchLock, &LockState, 0);
	if (Port->Number < MAX_PORTS)
		Ports[Port->Number] = NULL;
	NdisReleaseRWLock(SwitchLock, &LockState);
	while (Port->Free != NULL) {
		PNET_BUFFER_LIST Nbl = Port->Free;
		PMDL Mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(Nbl));

		Port->Free = NET_BUFFER_LIST_NEXT_NBL(Nbl);
		NdisFreeNetBufferList(Nbl);
		NdisFreeMdl(Mdl);
	}
	if (Port->Pool != NULL)
		NdisFreeNetBufferListPool(Port->Pool);
	if (Port->Memory != NULL)
		NdisFreeMemory(Port->Memory, 0, 0);
	NdisFreeSpinLock(&Port->Lock);
	NdisFreeMemory(Port, 0, 0);
}

/* A place in the switch, and the address that belongs to it. */
static BOOLEAN PlugIn(PPORT Port)
{
	LOCK_STATE_EX LockState;
	BOOLEAN Fits;

	NdisAcquireRWLockWrite(SwitchLock, &LockState, 0);
	while (Port->Number < MAX_PORTS && Ports[Port->Number] != NULL)
		Port->Number++;
	Fits = Port->Number < MAX_PORTS;
	if (Fits)
		Ports[Port->Number] = Port;
	NdisReleaseRWLock(SwitchLock, &LockState);
	NdisMoveMemory(Port->PermanentAddress, "\x02vsw", 4); /* locally administered */
	Port->PermanentAddress[5] = (UCHAR)(Port->Number + 1);
	return Fits;
}

static NDIS_STATUS AllocateBuffers(PPORT Port)
{
	NET_BUFFER_LIST_POOL_PARAMETERS Parameters;
	PNET_BUFFER_LIST Nbl;
	PMDL Mdl;

	NdisZeroMemory(&Parameters, sizeof(Parameters));
	Parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Parameters.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
	Parameters.fAllocateNetBuffer = TRUE;
	Parameters.PoolTag = TAG;
	Port->Pool = NdisAllocateNetBufferListPool(Port->Handle, &Parameters);
	Port->Memory = NdisAllocateMemoryWithTagPriority(
		Port->Handle, Port->BufferCount * BUFFER_SIZE, TAG, NormalPoolPriority);
	if (Port->Pool == NULL || Port->Memory == NULL)
		return NDIS_STATUS_RESOURCES;
	while (Port->FreeCount < Port->BufferCount) {
		Mdl = NdisAllocateMdl(Port->Handle, Port->Memory + Port->FreeCount * BUFFER_SIZE,
				      BUFFER_SIZE);
		if (Mdl == NULL)
			return NDIS_STATUS_RESOURCES;
		Nbl = NdisAllocateNetBufferAndNetBufferList(Port->Pool, 0, 0, Mdl, 0, 0);
		if (Nbl == NULL) {
			NdisFreeMdl(Mdl);
			return NDIS_STATUS_RESOURCES;
		}
		NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
		PutBuffers(Port, Nbl);
	}
	return NDIS_STATUS_SUCCESS;
}

static ULONG ReadULong(NDIS_HANDLE Configuration, PCWSTR Name, ULONG Least, ULONG Default,
		       ULONG Most)
{
	PNDIS_CONFIGURATION_PARAMETER Value;
	NDIS_STRING Keyword;
	NDIS_STATUS Status;
	ULONG Number;

	RtlInitUnicodeString(&Keyword, Name);
	NdisReadConfiguration(&Status, &Value, Configuration, &Keyword, NdisParameterInteger);
	Number = Status == NDIS_STATUS_SUCCESS ? Value->ParameterData.IntegerData : Default;
	return Number < Least ? Least : Number > Most ? Most : Number;
}

/* A NetworkAddress that is none for a single adapter is ignored. */
static NDIS_STATUS ReadConfiguration(PPORT Port)
{
	NDIS_CONFIGURATION_OBJECT Object;
	NDIS_HANDLE Configuration;
	NDIS_STATUS Status;
	PVOID Address;
	UINT Length;

	NdisZeroMemory(&Object, sizeof(Object));
	Object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
	Object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
	Object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
	Object.NdisHandle = Port->Handle;
	Status = NdisOpenConfigurationEx(&Object, &Configuration);
	if (Status != NDIS_STATUS_SUCCESS)
		return Status;
	Port->BufferCount = ReadULong(Configuration, L"*ReceiveBuffers", 16, 256, 4096);
	Port->AgeingTime = ReadULong(Configuration, L"AgeingTime", 1, 300, 1000000);
	NdisMoveMemory(Port->CurrentAddress, Port->PermanentAddress, 6);
	NdisReadNetworkAddress(&Status, &Address, &Length, Configuration);
	if (Status == NDIS_STATUS_SUCCESS && Length == 6 && KindOf(Address) == Unicast)
		NdisMoveMemory(Port->CurrentAddress, Address, 6);
	NdisCloseConfiguration(Configuration);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS SetRegistration(PPORT Port)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes;
	PNDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES r = &Attributes.RegistrationAttributes;

	NdisZeroMemory(&Attributes, sizeof(Attributes));
	r->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
	r->Header.Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	r->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	r->MiniportAdapterContext = Port;
	r->AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK |
			    NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
	r->InterfaceType = NdisInterfaceInternal;
	return NdisMSetMiniportAttributes(Port->Handle, &Attributes);
}

static const NDIS_OID SupportedOids[] = {
	OID_GEN_CURRENT_LOOKAHEAD,      OID_GEN_CURRENT_PACKET_FILTER,
	OID_GEN_HARDWARE_STATUS,        OID_GEN_INTERRUPT_MODERATION,
	OID_GEN_LINK_PARAMETERS,        OID_GEN_MAXIMUM_TOTAL_SIZE,
	OID_GEN_RCV_ERROR,              OID_GEN_RCV_NO_BUFFER,
	OID_GEN_RCV_OK,                 OID_GEN_RECEIVE_BLOCK_SIZE,
	OID_GEN_RECEIVE_BUFFER_SPACE,   OID_GEN_STATISTICS,
	OID_GEN_TRANSMIT_BLOCK_SIZE,    OID_GEN_TRANSMIT_BUFFER_SPACE,
	OID_GEN_VENDOR_DESCRIPTION,     OID_GEN_VENDOR_DRIVER_VERSION,
	OID_GEN_VENDOR_ID,              OID_GEN_XMIT_ERROR,
	OID_GEN_XMIT_OK,                OID_802_3_CURRENT_ADDRESS,
	OID_802_3_MAXIMUM_LIST_SIZE,    OID_802_3_MULTICAST_LIST,
	OID_802_3_PERMANENT_ADDRESS,    OID_802_3_RCV_ERROR_ALIGNMENT,
	OID_802_3_XMIT_MORE_COLLISIONS, OID_802_3_XMIT_ONE_COLLISION,
	OID_PNP_QUERY_POWER,            OID_PNP_SET_POWER,
};

static NDIS_STATUS SetGeneral(PPORT Port)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes;
	PNDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES g = &Attributes.GeneralAttributes;

	NdisZeroMemory(&Attributes, sizeof(Attributes));
	g->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
	g->Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
	g->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
	g->MediaType = NdisMedium802_3;
	g->PhysicalMediumType = NdisPhysicalMediumUnspecified;
	g->MtuSize = MTU;
	g->MaxXmitLinkSpeed = g->MaxRcvLinkSpeed = LINK_SPEED;
	g->XmitLinkSpeed = g->RcvLinkSpeed = LINK_SPEED;
	g->MediaConnectState = MediaConnectStateConnected;
	g->MediaDuplexState = MediaDuplexStateFull;
	g->LookaheadSize = MAX_FRAME;
	g->MacOptions = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND |
			NDIS_MAC_OPTION_NO_LOOPBACK | NDIS_MAC_OPTION_8021P_PRIORITY;
	g->SupportedPacketFilters = FILTERS;
	g->MaxMulticastListSize = MAX_MULTICAST;
	g->MacAddressLength = 6;
	NdisMoveMemory(g->PermanentMacAddress, Port->PermanentAddress, 6);
	NdisMoveMemory(g->CurrentMacAddress, Port->CurrentAddress, 6);
	g->AccessType = NET_IF_ACCESS_BROADCAST;
	g->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
	g->ConnectionType = NET_IF_CONNECTION_DEDICATED;
	g->IfType = IF_TYPE_ETHERNET_CSMACD;
	g->IfConnectorPresent = FALSE;
	g->SupportedStatistics = ALL_STATISTICS;
	g->SupportedOidList = (PNDIS_OID)(ULONG_PTR)SupportedOids;
	g->SupportedOidListLength = sizeof(SupportedOids);
	return NdisMSetMiniportAttributes(Port->Handle, &Attributes);
}

static VOID BindDpc(PPORT Port)
{
	ULONG Processors = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
	PROCESSOR_NUMBER Processor;

	KeInitializeDpc(&Port->Dpc, Forward, Port);
	if (NT_SUCCESS(KeGetProcessorNumberFromIndex(Port->Number % Processors, &Processor)))
		KeSetTargetProcessorDpcEx(&Port->Dpc, &Processor);
}

static NDIS_STATUS Initialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
			      PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	PPORT Port = NdisAllocateMemoryWithTagPriority(NdisMiniportHandle, sizeof(*Port), TAG,
						       NormalPoolPriority);
	NDIS_STATUS Status;

	UNREFERENCED_PARAMETER(MiniportDriverContext);
	UNREFERENCED_PARAMETER(MiniportInitParameters);
	if (Port == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(Port, sizeof(*Port));
	Port->Handle = NdisMiniportHandle;
	Port->Queue.Tail = &Port->Queue.Head;
	NdisAllocateSpinLock(&Port->Lock);
	Status = PlugIn(Port) ? SetRegistration(Port) : NDIS_STATUS_RESOURCES;
	if (Status == NDIS_STATUS_SUCCESS)
		Status = ReadConfiguration(Port);
	if (Status == NDIS_STATUS_SUCCESS)
		Status = SetGeneral(Port);
	if (Status == NDIS_STATUS_SUCCESS)
		Status = AllocateBuffers(Port);
	if (Status != NDIS_STATUS_SUCCESS) {
		FreePort(Port); /* MP-INI-05 */
		return Status;
	}
	BindDpc(Port);
	return NDIS_STATUS_SUCCESS;
}

static VOID Halt(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
	UNREFERENCED_PARAMETER(HaltAction);
	KeFlushQueuedDpcs(); /* the one that ended the pause may still be on its way out */
	FreePort(MiniportAdapterContext);
}

/* ---------------------------------------------------------------- OID requests */

static NDIS_STATUS Answer(PNDIS_OID_REQUEST Request, const VOID *Value, ULONG Length)
{
	Request->DATA.QUERY_INFORMATION.BytesNeeded = Length;
	Request->DATA.QUERY_INFORMATION.BytesWritten = 0;
	if (Request->DATA.QUERY_INFORMATION.InformationBufferLength < Length)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	NdisMoveMemory(Request->DATA.QUERY_INFORMATION.InformationBuffer, Value, Length);
	Request->DATA.QUERY_INFORMATION.BytesWritten = Length;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS AnswerULong(PNDIS_OID_REQUEST Request, ULONG Value)
{
	return Answer(Request, &Value, sizeof(Value));
}

/* A statistic is of 64 bits, or of 32 when there is no room for more. */
static NDIS_STATUS AnswerCount(PNDIS_OID_REQUEST Request, ULONG64 Value)
{
	if (Request->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(Value))
		return Answer(Request, &Value, sizeof(Value));
	return AnswerULong(Request, (ULONG)Value);
}

/* DPCs go on counting. */
static COUNTS ReadCounts(const COUNTS *Counts)
{
	COUNTS Now;

	for (ULONG Kind = 0; Kind < KINDS; Kind++) {
		Now.Frames[Kind] = ReadULong64NoFence(&Counts->Frames[Kind]);
		Now.Bytes[Kind] = ReadULong64NoFence(&Counts->Bytes[Kind]);
	}
	Now.Lost = ReadULong64NoFence(&Counts->Lost);
	return Now;
}

static ULONG64 SumOf(const ULONG64 *Counts)
{
	return Counts[Unicast] + Counts[Multicast] + Counts[Broadcast];
}

static NDIS_STATUS QueryStatistics(PNDIS_OID_REQUEST Request, const COUNTS *In, const COUNTS *Out)
{
	NDIS_STATISTICS_INFO Info;

	NdisZeroMemory(&Info, sizeof(Info));
	Info.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Info.Header.Revision = NDIS_STATISTICS_INFO_REVISION_1;
	Info.Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
	Info.SupportedStatistics = ALL_STATISTICS;
	Info.ifInDiscards = In->Lost;
	Info.ifHCInOctets = SumOf(In->Bytes);
	Info.ifHCInUcastPkts = In->Frames[Unicast];
	Info.ifHCInMulticastPkts = In->Frames[Multicast];
	Info.ifHCInBroadcastPkts = In->Frames[Broadcast];
	Info.ifHCInUcastOctets = In->Bytes[Unicast];
	Info.ifHCInMulticastOctets = In->Bytes[Multicast];
	Info.ifHCInBroadcastOctets = In->Bytes[Broadcast];
	Info.ifOutErrors = Out->Lost;
	Info.ifHCOutOctets = SumOf(Out->Bytes);
	Info.ifHCOutUcastPkts = Out->Frames[Unicast];
	Info.ifHCOutMulticastPkts = Out->Frames[Multicast];
	Info.ifHCOutBroadcastPkts = Out->Frames[Broadcast];
	Info.ifHCOutUcastOctets = Out->Bytes[Unicast];
	Info.ifHCOutMulticastOctets = Out->Bytes[Multicast];
	Info.ifHCOutBroadcastOctets = Out->Bytes[Broadcast];
	return Answer(Request, &Info, sizeof(Info));
}

static NDIS_STATUS QueryInterruptModeration(PNDIS_OID_REQUEST Request)
{
	NDIS_INTERRUPT_MODERATION_PARAMETERS Parameters;

	NdisZeroMemory(&Parameters, sizeof(Parameters));
	Parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Parameters.Header.Revision = NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
	Parameters.Header.Size = NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
	Parameters.InterruptModeration = NdisInterruptModerationNotSupported;
	return Answer(Request, &Parameters, sizeof(Parameters));
}

/* What NDIS does not answer itself, out of the attributes. */
static NDIS_STATUS Query(const PORT *Port, PNDIS_OID_REQUEST Request)
{
	static const char Description[] = "Pollport virtual switch";
	const COUNTS In = ReadCounts(&Port->Received), Out = ReadCounts(&Port->Sent);

	switch (Request->DATA.QUERY_INFORMATION.Oid) {
	case OID_GEN_HARDWARE_STATUS:
		return AnswerULong(Request, NdisHardwareStatusReady);
	case OID_GEN_INTERRUPT_MODERATION:
		return QueryInterruptModeration(Request);
	case OID_GEN_MAXIMUM_TOTAL_SIZE:
	case OID_GEN_RECEIVE_BLOCK_SIZE:
	case OID_GEN_TRANSMIT_BLOCK_SIZE:
		return AnswerULong(Request, MAX_FRAME);
	case OID_GEN_RECEIVE_BUFFER_SPACE:
	case OID_GEN_TRANSMIT_BUFFER_SPACE: /* sends wait in the sender's memory: no less */
		return AnswerULong(Request, Port->BufferCount * MAX_FRAME);
	case OID_GEN_STATISTICS:
		return QueryStatistics(Request, &In, &Out);
	case OID_GEN_RCV_OK:
		return AnswerCount(Request, SumOf(In.Frames));
	case OID_GEN_RCV_NO_BUFFER:
		return AnswerCount(Request, In.Lost);
	case OID_GEN_XMIT_OK:
		return AnswerCount(Request, SumOf(Out.Frames));
	case OID_GEN_XMIT_ERROR:
		return AnswerCount(Request, Out.Lost);
	case OID_GEN_RCV_ERROR:
		return AnswerCount(Request, 0);
	case OID_802_3_RCV_ERROR_ALIGNMENT:
	case OID_802_3_XMIT_ONE_COLLISION:
	case OID_802_3_XMIT_MORE_COLLISIONS:
		return AnswerULong(Request, 0);
	case OID_GEN_VENDOR_ID:
		return AnswerULong(Request, 0xFFFFFF); /* none that IEEE has registered */
	case OID_GEN_VENDOR_DESCRIPTION:
		return Answer(Request, Description, sizeof(Description));
	case OID_GEN_VENDOR_DRIVER_VERSION:
		return AnswerULong(Request, 0x00010000);
	case OID_PNP_QUERY_POWER:
		return NDIS_STATUS_SUCCESS; /* MP-OID-15 */
	default:
		return NDIS_STATUS_NOT_SUPPORTED;
	}
}

/* Buffers may be misaligned (MP-OID-06). Nothing changes in a set that is refused (MP-OID-05). */
static NDIS_STATUS SetPacketFilter(PPORT Port, const VOID *Buffer, ULONG Length)
{
	LOCK_STATE_EX LockState;
	ULONG Filter;

	if (Length != sizeof(Filter))
		return NDIS_STATUS_INVALID_LENGTH;
	NdisMoveMemory(&Filter, Buffer, sizeof(Filter));
	if (Filter & ~(ULONG)(FILTERS))
		return NDIS_STATUS_NOT_SUPPORTED;
	NdisAcquireRWLockWrite(SwitchLock, &LockState, 0);
	Port->PacketFilter = Filter;
	NdisReleaseRWLock(SwitchLock, &LockState);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS SetMulticastList(PPORT Port, const VOID *Buffer, ULONG Length)
{
	LOCK_STATE_EX LockState;

	if (Length % 6 != 0)
		return NDIS_STATUS_INVALID_LENGTH;
	if (Length > sizeof(Port->MulticastList))
		return NDIS_STATUS_MULTICAST_FULL;
	NdisAcquireRWLockWrite(SwitchLock, &LockState, 0);
	if (Length != 0) /* else there need be no buffer */
		NdisMoveMemory(Port->MulticastList, Buffer, Length);
	Port->MulticastCount = Length / 6;
	NdisReleaseRWLock(SwitchLock, &LockState);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Set(PPORT Port, PNDIS_OID_REQUEST Request)
{
	const VOID *Buffer = Request->DATA.SET_INFORMATION.InformationBuffer;
	ULONG Length = Request->DATA.SET_INFORMATION.InformationBufferLength;
	NDIS_STATUS Status;

	switch (Request->DATA.SET_INFORMATION.Oid) {
	case OID_GEN_CURRENT_PACKET_FILTER:
		Status = SetPacketFilter(Port, Buffer, Length);
		break;
	case OID_802_3_MULTICAST_LIST:
		Status = SetMulticastList(Port, Buffer, Length);
		break;
	case OID_GEN_CURRENT_LOOKAHEAD: /* frames are indicated whole, whatever it is */
		Status = Length == sizeof(ULONG) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_LENGTH;
		break;
	case OID_PNP_SET_POWER: /* NDIS has paused the adapter, and there is nothing to switch */
		Status = NDIS_STATUS_SUCCESS;
		break;
	case OID_GEN_INTERRUPT_MODERATION: /* there are no interrupts, and one speed */
	case OID_GEN_LINK_PARAMETERS:
		Status = NDIS_STATUS_INVALID_DATA;
		break;
	default:
		return NDIS_STATUS_NOT_SUPPORTED;
	}
	if (Status == NDIS_STATUS_SUCCESS)
		Request->DATA.SET_INFORMATION.BytesRead = Length;
	return Status;
}

static NDIS_STATUS OidRequest(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST Request)
{
	PPORT Port = MiniportAdapterContext;
	BOOLEAN Removed;

	NdisAcquireSpinLock(&Port->Lock);
	Removed = Port->Removed;
	NdisReleaseSpinLock(&Port->Lock);
	if (Removed)
		return NDIS_STATUS_NOT_ACCEPTED; /* MP-OID-11 */
	switch (Request->RequestType) {
	case NdisRequestQueryInformation:
	case NdisRequestQueryStatistics:
		return Query(Port, Request);
	case NdisRequestSetInformation:
		return Set(Port, Request);
	default:
		return NDIS_STATUS_NOT_SUPPORTED;
	}
}

/* Each has ended by the time that this could come. */
static VOID CancelOidRequest(NDIS_HANDLE MiniportAdapterContext, PVOID RequestId)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(RequestId);
}

/* ---------------------------------------------------------------- registration */

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	NdisFreeRWLock(SwitchLock);
	NdisFreeSpinLock(&AddressLock);
	NdisMDeregisterMiniportDriver(DriverHandle);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c;
	NDIS_STATUS Status;

	NdisZeroMemory(&c, sizeof(c));
	c.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
	c.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
	c.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
	c.MajorNdisVersion = 6;
	c.MinorNdisVersion = 30;
	c.MajorDriverVersion = 1;
	c.InitializeHandlerEx = Initialize;
	c.HaltHandlerEx = Halt;
	c.UnloadHandler = Unload;
	c.PauseHandler = Pause;
	c.RestartHandler = Restart;
	c.ResetHandlerEx = Reset;
	c.OidRequestHandler = OidRequest;
	c.CancelOidRequestHandler = CancelOidRequest;
	c.SendNetBufferListsHandler = Send;
	c.CancelSendHandler = CancelSend;
	c.ReturnNetBufferListsHandler = Return;
	c.DevicePnPEventNotifyHandler = DevicePnPEvent;
	c.ShutdownHandlerEx = Shutdown;
	Status = NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &c, &DriverHandle);
	if (Status != NDIS_STATUS_SUCCESS)
		return Status;
	NdisAllocateSpinLock(&AddressLock);
	SwitchLock = NdisAllocateRWLock(DriverHandle); /* no adapter comes before this returns */
	if (SwitchLock != NULL)
		return NDIS_STATUS_SUCCESS;
	NdisFreeSpinLock(&AddressLock);
	NdisMDeregisterMiniportDriver(DriverHandle); /* MP-REG-01 */
	return NDIS_STATUS_RESOURCES;
}
