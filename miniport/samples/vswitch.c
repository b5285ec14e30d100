/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport to begin from that has no hardware: all its adapters are ports of one learning
 * switch. Written to the documents for NDIS 6.30; the rules it keeps are named where they matter.
 *
 * A send is copied at once into receive buffers of the ports it goes to, and completed. What has
 * come to a port its DPC indicates: on the sender's thread, one that sends from its receive
 * handler would come back into it, deeper with each frame. The DPC is bound to one processor, so
 * it never overlaps itself and frames stay in order. Ports are as old as the driver; an adapter
 * plugs into a free one. Under a port's lock nobody indicates or completes anything (MP-SND-14).
 */
#include <ndis.h>

#define TAG 'wSVP'
#define MAX_PORTS 32
#define MAX_FRAME 1514
#define MIN_FRAME 60 /* of Ethernet, without FCS: shorter ones are padded */
#define BUFFERS 1024 /* to receive into, of each port */
#define LINK_SPEED 10000000000ull
#define FILTERS \
	(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST | \
	 NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS)
#define ALL_STATISTICS 0x003F87FF /* every NDIS_STATISTICS_FLAGS_VALID_ */

enum { Unicast, Multicast, Broadcast };

typedef struct _PORT {
	NDIS_HANDLE Handle, Pool; /* Handle: of its adapter; NULL: it is free */
	USHORT Number;         /* its place in Ports, from 1 */
	UCHAR Address[6];
	LONG Removed;
	EX_RUNDOWN_REF Running;
	KDPC Dpc;
	NDIS_SPIN_LOCK Lock;   /* of what follows */
	PNET_BUFFER_LIST Free; /* receive buffers */
	PNET_BUFFER_LIST Filled, *FilledTail; /* those with frames to indicate */
	ULONG FilledCount;
	NDIS_STATISTICS_INFO Statistics;
	ULONG PacketFilter, MulticastCount;
	UCHAR MulticastList[32][6];
} PORT, *PPORT;

static NDIS_HANDLE DriverHandle;
static PORT Ports[MAX_PORTS];

DRIVER_INITIALIZE DriverEntry;

/*
 * Who was learned to be where: an address and the number, from 1, of the port that last sent from
 * it. That is 64 bits, which change at once, so nobody needs a lock. Addresses that share a place
 * push each other out: what is not known is sent to all, and arrives as well.
 */
#define PLACES 4093 /* a prime */
static ULONG64 volatile Addresses[PLACES];

static ULONG64 KeyOf(const UCHAR *Address)
{
	ULONG64 Key = 0;

	NdisMoveMemory(&Key, Address, 6);
	return Key << 16;
}

static ULONG KindOf(const UCHAR *Address)
{
	if (!(Address[0] & 1))
		return Unicast;
	return KeyOf(Address) >> 16 == 0xFFFFFFFFFFFF ? Broadcast : Multicast;
}

/* Learn the source of @Header; the port that its destination is behind, or NULL. */
static PPORT Learn(const UCHAR *Header, const PORT *Port)
{
	ULONG64 To = KeyOf(Header), From = KeyOf(Header + 6);
	ULONG64 Number = ReadULong64NoFence(&Addresses[To % PLACES]) ^ To;

	if (KindOf(Header + 6) == Unicast)
		WriteULong64NoFence(&Addresses[From % PLACES], From | Port->Number);
	/* If that is more, there are bits of another address in it. */
	return Number >= 1 && Number <= MAX_PORTS ? &Ports[Number - 1] : NULL;
}

/* ------------------------------------------------------- sending and receiving */

static BOOLEAN PassesFilter(const PORT *Port, const UCHAR *Address)
{
	ULONG Filter = Port->PacketFilter, Kind = KindOf(Address);

	if (Filter & NDIS_PACKET_TYPE_PROMISCUOUS)
		return TRUE;
	if (Kind == Unicast)
		return (Filter & NDIS_PACKET_TYPE_DIRECTED) &&
		       NdisEqualMemory(Address, Port->Address, 6);
	if (Kind == Broadcast)
		return (Filter & NDIS_PACKET_TYPE_BROADCAST) != 0;
	if (Filter & NDIS_PACKET_TYPE_ALL_MULTICAST)
		return TRUE;
	for (ULONG i = 0; i < Port->MulticastCount && (Filter & NDIS_PACKET_TYPE_MULTICAST); i++)
		if (NdisEqualMemory(Address, Port->MulticastList[i], 6))
			return TRUE;
	return FALSE;
}

/* @All is followed by the frames of each kind, @Bytes is the first of each kind's. */
static VOID CountFrame(PULONG64 All, PULONG64 Bytes, ULONG Kind, ULONG Length)
{
	All[0] += Length;
	All[1 + Kind]++;
	Bytes[Kind] += Length;
}

/* Under the port's lock: the frame into the next receive buffer, which the DPC indicates. */
static VOID Fill(PPORT Port, PNET_BUFFER_LIST Sent, PNET_BUFFER SentNb)
{
	ULONG Length = NET_BUFFER_DATA_LENGTH(SentNb), Padded = max(Length, MIN_FRAME);
	PNET_BUFFER_LIST Nbl = Port->Free;
	PNET_BUFFER Nb = Nbl != NULL ? NET_BUFFER_LIST_FIRST_NB(Nbl) : NULL;
	PUCHAR Place = Nb != NULL ? MmGetMdlVirtualAddress(NET_BUFFER_FIRST_MDL(Nb)) : NULL;
	PUCHAR Frame = Nb != NULL ? NdisGetDataBuffer(SentNb, Length, Place, 1, 0) : NULL;

	if (Frame == NULL)
		Port->Statistics.ifInDiscards++;
	/* Not when it is paused. Once for the buffer, and once for the DPC, if that is queued. */
	if (Frame == NULL ||
	    !ExAcquireRundownProtectionEx(&Port->Running, Port->FilledCount == 0 ? 2 : 1))
		return;
	if (Frame != Place) /* in one piece: not copied yet */
		NdisMoveMemory(Place, Frame, Length);
	NdisZeroMemory(Place + Length, Padded - Length); /* MP-SND-08 */
	NET_BUFFER_CURRENT_MDL(Nb) = NET_BUFFER_FIRST_MDL(Nb);
	NET_BUFFER_CURRENT_MDL_OFFSET(Nb) = NET_BUFFER_DATA_OFFSET(Nb) = 0;
	NET_BUFFER_DATA_LENGTH(Nb) = Padded;
	/* Whoever had the buffer may have left anything in its NBL. */
	Nbl->SourceHandle = Port->Handle; /* MP-RCV-02 */
	NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SUCCESS;
	NdisClearNblFlag(Nbl, Nbl->NblFlags);
	NdisZeroMemory(Nbl->NetBufferListInfo, sizeof(Nbl->NetBufferListInfo));
	NET_BUFFER_LIST_INFO(Nbl, Ieee8021QNetBufferListInfo) =
		NET_BUFFER_LIST_INFO(Sent, Ieee8021QNetBufferListInfo);
	CountFrame(&Port->Statistics.ifHCInOctets, &Port->Statistics.ifHCInUcastOctets,
		   KindOf(Place), Padded);
	Port->Free = NET_BUFFER_LIST_NEXT_NBL(Nbl);
	NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
	*Port->FilledTail = Nbl;
	Port->FilledTail = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
	if (Port->FilledCount++ == 0)
		KeInsertQueueDpc(&Port->Dpc, NULL, NULL);
}

/* Count it at its own port; take it to the one behind which its destination is, else to all. */
static BOOLEAN Switch(PPORT From, PNET_BUFFER_LIST Nbl, PNET_BUFFER Nb)
{
	UCHAR Storage[14], *Header = NdisGetDataBuffer(Nb, 14, Storage, 1, 0);
	ULONG Length = NET_BUFFER_DATA_LENGTH(Nb);
	PPORT Only;

	if (Header == NULL || Length > MAX_FRAME) {
		InterlockedIncrement64((PLONG64)&From->Statistics.ifOutErrors);
		return FALSE;
	}
	Only = Learn(Header, From);
	for (PPORT To = Ports; To < Ports + MAX_PORTS; To++) {
		if (To != From && ((Only != NULL && To != Only) ||
				   ReadULongNoFence(&To->PacketFilter) == 0))
			continue;
		NdisAcquireSpinLock(&To->Lock);
		if (To == From)
			CountFrame(&To->Statistics.ifHCOutOctets,
				   &To->Statistics.ifHCOutUcastOctets, KindOf(Header), Length);
		else if (PassesFilter(To, Header)) /* MP-RCV-14 */
			Fill(To, Nbl, Nb);
		NdisReleaseSpinLock(&To->Lock);
	}
	return TRUE;
}

static NDIS_STATUS SendFrames(PPORT Port, PNET_BUFFER_LIST Nbl)
{
	NDIS_STATUS Status = NDIS_STATUS_SUCCESS;
	PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);

	for (; Nb != NULL; Nb = NET_BUFFER_NEXT_NB(Nb))
		if (!Switch(Port, Nbl, Nb))
			Status = NDIS_STATUS_INVALID_LENGTH;
	return Status;
}

static VOID Send(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferList,
		 NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	NDIS_STATUS Refusal = NDIS_STATUS_SUCCESS;
	PPORT Port = MiniportAdapterContext;
	PNET_BUFFER_LIST Nbl;

	UNREFERENCED_PARAMETER(PortNumber);
	if (ReadNoFence(&Port->Removed))
		Refusal = NDIS_STATUS_NOT_ACCEPTED; /* MP-OID-11 */
	else if (!ExAcquireRundownProtection(&Port->Running))
		Refusal = NDIS_STATUS_PAUSED; /* MP-PAU-05 */
	for (Nbl = NetBufferList; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
		NET_BUFFER_LIST_STATUS(Nbl) =
			Refusal == NDIS_STATUS_SUCCESS ? SendFrames(Port, Nbl) : Refusal;
	NdisMSendNetBufferListsComplete(Port->Handle, NetBufferList,
					NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags) ?
						NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL :
						0);
	if (Refusal == NDIS_STATUS_SUCCESS)
		ExReleaseRundownProtection(&Port->Running);
}

/* Of sends and of OID requests, with one prototype: none of either ever waits. */
static VOID Cancel(NDIS_HANDLE MiniportAdapterContext, PVOID Id)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(Id);
}

static VOID Return(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists,
		   ULONG ReturnFlags)
{
	PNET_BUFFER_LIST *Tail = &NetBufferLists;
	PPORT Port = MiniportAdapterContext;
	ULONG Count = 0;

	UNREFERENCED_PARAMETER(ReturnFlags);
	for (; *Tail != NULL; Count++)
		Tail = &NET_BUFFER_LIST_NEXT_NBL(*Tail);
	NdisAcquireSpinLock(&Port->Lock);
	*Tail = Port->Free;
	Port->Free = NetBufferLists;
	NdisReleaseSpinLock(&Port->Lock);
	ExReleaseRundownProtectionEx(&Port->Running, Count);
}

static VOID Indicate(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1,
		     PVOID SystemArgument2)
{
	PPORT Port = DeferredContext;
	PNET_BUFFER_LIST Chain;
	ULONG Count;

	UNREFERENCED_PARAMETER(Dpc);
	UNREFERENCED_PARAMETER(SystemArgument1);
	UNREFERENCED_PARAMETER(SystemArgument2);
	NdisDprAcquireSpinLock(&Port->Lock);
	Chain = Port->Filled;
	Count = Port->FilledCount;
	Port->FilledTail = &Port->Filled;
	Port->FilledCount = 0;
	NdisDprReleaseSpinLock(&Port->Lock);
	NdisMIndicateReceiveNetBufferLists(Port->Handle, Chain, NDIS_DEFAULT_PORT_NUMBER, Count,
					   NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
	ExReleaseRundownProtection(&Port->Running);
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

/* Of all three kinds; in 64 bits, or in 32 when there is no room for more. */
static NDIS_STATUS AnswerCount(PNDIS_OID_REQUEST Request, const ULONG64 *First)
{
	ULONG64 Sum = First[Unicast] + First[Multicast] + First[Broadcast];

	return Request->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(Sum) ?
		       Answer(Request, &Sum, sizeof(Sum)) :
		       AnswerULong(Request, (ULONG)Sum);
}

/* What NDIS does not answer itself, out of the attributes. */
static NDIS_STATUS Query(const PORT *Port, PNDIS_OID_REQUEST Request)
{
	static const char Description[] = "Pollport virtual switch";
	static const NDIS_INTERRUPT_MODERATION_PARAMETERS Moderation = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT,
			    NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1 },
		.InterruptModeration = NdisInterruptModerationNotSupported,
	};

	switch (Request->DATA.QUERY_INFORMATION.Oid) {
	case OID_GEN_INTERRUPT_MODERATION:
		return Answer(Request, &Moderation, sizeof(Moderation));
	case OID_GEN_MAXIMUM_TOTAL_SIZE:
	case OID_GEN_RECEIVE_BLOCK_SIZE:
	case OID_GEN_TRANSMIT_BLOCK_SIZE:
		return AnswerULong(Request, MAX_FRAME);
	case OID_GEN_RECEIVE_BUFFER_SPACE:
	case OID_GEN_TRANSMIT_BUFFER_SPACE: /* sends wait in the sender's memory: no less */
		return AnswerULong(Request, BUFFERS * MAX_FRAME);
	case OID_GEN_STATISTICS:
		return Answer(Request, &Port->Statistics, sizeof(Port->Statistics));
	case OID_GEN_RCV_OK:
		return AnswerCount(Request, &Port->Statistics.ifHCInUcastPkts);
	case OID_GEN_XMIT_OK:
		return AnswerCount(Request, &Port->Statistics.ifHCOutUcastPkts);
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
static NDIS_STATUS Set(PPORT Port, PNDIS_OID_REQUEST Request)
{
	const VOID *Buffer = Request->DATA.SET_INFORMATION.InformationBuffer;
	ULONG Length = Request->DATA.SET_INFORMATION.InformationBufferLength, Filter = 0;

	switch (Request->DATA.SET_INFORMATION.Oid) {
	case OID_GEN_CURRENT_PACKET_FILTER:
		if (Length != sizeof(Filter))
			return NDIS_STATUS_INVALID_LENGTH;
		NdisMoveMemory(&Filter, Buffer, sizeof(Filter));
		if (Filter & ~(ULONG)(FILTERS))
			return NDIS_STATUS_NOT_SUPPORTED;
		WriteULongNoFence(&Port->PacketFilter, Filter);
		break;
	case OID_802_3_MULTICAST_LIST:
		if (Length % 6 != 0)
			return NDIS_STATUS_INVALID_LENGTH;
		if (Length > sizeof(Port->MulticastList))
			return NDIS_STATUS_MULTICAST_FULL;
		if (Length != 0) /* else there need be no buffer */
			NdisMoveMemory(Port->MulticastList, Buffer, Length);
		Port->MulticastCount = Length / 6;
		break;
	case OID_GEN_CURRENT_LOOKAHEAD: /* frames are indicated whole, whatever it is */
	case OID_PNP_SET_POWER: /* NDIS has paused the adapter, and there is nothing to switch */
		break;
	case OID_GEN_INTERRUPT_MODERATION: /* there are no interrupts, and one speed */
	case OID_GEN_LINK_PARAMETERS:
		return NDIS_STATUS_INVALID_DATA;
	default:
		return NDIS_STATUS_NOT_SUPPORTED;
	}
	Request->DATA.SET_INFORMATION.BytesRead = Length;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS OidRequest(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST Request)
{
	NDIS_STATUS Status = NDIS_STATUS_NOT_SUPPORTED;
	PPORT Port = MiniportAdapterContext;

	NdisAcquireSpinLock(&Port->Lock);
	if (ReadNoFence(&Port->Removed))
		Status = NDIS_STATUS_NOT_ACCEPTED; /* MP-OID-11 */
	else if (Request->RequestType == NdisRequestSetInformation)
		Status = Set(Port, Request);
	else if (Request->RequestType != NdisRequestMethod)
		Status = Query(Port, Request);
	NdisReleaseSpinLock(&Port->Lock);
	return Status;
}

/* ------------------------------------------------------------ life of an adapter */

/* There was a pause, so all buffers are at home, if the initialization came to them. */
static VOID Halt(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
	PPORT Port = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(HaltAction);
	KeFlushQueuedDpcs(); /* the one that ended the pause may still be on its way out */
	WriteULongNoFence(&Port->PacketFilter, 0);
	Port->MulticastCount = 0;
	while (Port->Free != NULL) {
		PNET_BUFFER_LIST Nbl = Port->Free;

		Port->Free = NET_BUFFER_LIST_NEXT_NBL(Nbl);
		NdisFreeNetBufferList(Nbl);
	}
	if (Port->Pool != NULL)
		NdisFreeNetBufferListPool(Port->Pool);
	Port->Pool = NULL;
	InterlockedExchangePointer(&Port->Handle, NULL); /* now another may have the port */
}

static NDIS_STATUS SetAttributes(PPORT Port)
{
	static NDIS_OID Oids[] = {
		OID_802_3_MULTICAST_LIST, OID_802_3_RCV_ERROR_ALIGNMENT,
		OID_802_3_XMIT_MORE_COLLISIONS, OID_802_3_XMIT_ONE_COLLISION,
		OID_GEN_CURRENT_LOOKAHEAD, OID_GEN_CURRENT_PACKET_FILTER,
		OID_GEN_INTERRUPT_MODERATION, OID_GEN_LINK_PARAMETERS, OID_GEN_MAXIMUM_TOTAL_SIZE,
		OID_GEN_RCV_OK, OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_RECEIVE_BUFFER_SPACE,
		OID_GEN_STATISTICS, OID_GEN_TRANSMIT_BLOCK_SIZE, OID_GEN_TRANSMIT_BUFFER_SPACE,
		OID_GEN_VENDOR_DESCRIPTION, OID_GEN_VENDOR_DRIVER_VERSION, OID_GEN_VENDOR_ID,
		OID_GEN_XMIT_OK, OID_PNP_QUERY_POWER, OID_PNP_SET_POWER,
	};
	NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES Registration = {
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
			    NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 },
		.MiniportAdapterContext = Port,
		.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK |
				  NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND,
	};
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES General = {
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,
			    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
			    NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2 },
		.MediaType = NdisMedium802_3,
		.MtuSize = MAX_FRAME - 14,
		.MaxXmitLinkSpeed = LINK_SPEED,
		.XmitLinkSpeed = LINK_SPEED,
		.MaxRcvLinkSpeed = LINK_SPEED,
		.RcvLinkSpeed = LINK_SPEED,
		.MediaConnectState = MediaConnectStateConnected,
		.MediaDuplexState = MediaDuplexStateFull,
		.LookaheadSize = MAX_FRAME,
		.MacOptions = NDIS_MAC_OPTION_NO_LOOPBACK | NDIS_MAC_OPTION_8021P_PRIORITY,
		.SupportedPacketFilters = FILTERS,
		.MaxMulticastListSize = RTL_NUMBER_OF(Port->MulticastList),
		.MacAddressLength = 6,
		.AccessType = NET_IF_ACCESS_BROADCAST,
		.DirectionType = NET_IF_DIRECTION_SENDRECEIVE,
		.ConnectionType = NET_IF_CONNECTION_DEDICATED,
		.IfType = IF_TYPE_ETHERNET_CSMACD,
		.SupportedStatistics = ALL_STATISTICS,
		.SupportedOidList = Oids,
		.SupportedOidListLength = sizeof(Oids),
	};
	NDIS_STATUS Status = NdisMSetMiniportAttributes(
		Port->Handle, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&Registration);

	NdisMoveMemory(General.PermanentMacAddress, Port->Address, 6);
	NdisMoveMemory(General.CurrentMacAddress, Port->Address, 6);
	if (Status == NDIS_STATUS_SUCCESS)
		Status = NdisMSetMiniportAttributes(Port->Handle,
						    (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&General);
	return Status;
}

static NDIS_STATUS AllocateBuffers(PPORT Port)
{
	NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
		.fAllocateNetBuffer = TRUE,
		.PoolTag = TAG,
		.DataSize = MAX_FRAME, /* for each NBL, with an MDL */
	};

	Port->Pool = NdisAllocateNetBufferListPool(Port->Handle, &Parameters);
	if (Port->Pool == NULL)
		return NDIS_STATUS_RESOURCES;
	for (ULONG i = 0; i < BUFFERS; i++) {
		PNET_BUFFER_LIST Nbl = NdisAllocateNetBufferList(Port->Pool, 0, 0);

		if (Nbl == NULL)
			return NDIS_STATUS_RESOURCES;
		NET_BUFFER_LIST_NEXT_NBL(Nbl) = Port->Free;
		Port->Free = Nbl;
	}
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Initialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
			      PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	PPORT Port = Ports;
	NDIS_STATUS Status;

	UNREFERENCED_PARAMETER(MiniportDriverContext);
	UNREFERENCED_PARAMETER(MiniportInitParameters);
	while (InterlockedCompareExchangePointer(&Port->Handle, NdisMiniportHandle, NULL) != NULL)
		if (++Port == Ports + MAX_PORTS)
			return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(&Port->Statistics, sizeof(Port->Statistics));
	Port->Statistics.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Port->Statistics.Header.Revision = NDIS_STATISTICS_INFO_REVISION_1;
	Port->Statistics.Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
	Port->Statistics.SupportedStatistics = ALL_STATISTICS;
	Port->Removed = FALSE;
	Status = SetAttributes(Port);
	if (Status == NDIS_STATUS_SUCCESS)
		Status = AllocateBuffers(Port);
	if (Status != NDIS_STATUS_SUCCESS)
		Halt(Port, NdisHaltDeviceInitializationFailed); /* MP-INI-05 */
	return Status;
}

/* MP-PAU-03, -04. Protocols are paused already, and give back what they have. */
static NDIS_STATUS Pause(NDIS_HANDLE MiniportAdapterContext,
			 PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	PPORT Port = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(PauseParameters);
	ExWaitForRundownProtectionRelease(&Port->Running);
	for (ULONG i = 0; i < PLACES; i++) /* forget what is behind it */
		if ((ReadULong64NoFence(&Addresses[i]) & 0xFFFF) == Port->Number)
			WriteULong64NoFence(&Addresses[i], 0);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Restart(NDIS_HANDLE MiniportAdapterContext,
			   PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	PPORT Port = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(RestartParameters);
	ExReInitializeRundownProtection(&Port->Running);
	return NDIS_STATUS_SUCCESS;
}

static VOID DevicePnPEvent(NDIS_HANDLE MiniportAdapterContext,
			   PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
	PPORT Port = MiniportAdapterContext;

	if (NetDevicePnPEvent->DevicePnPEvent == NdisDevicePnPEventSurpriseRemoved)
		InterlockedExchange(&Port->Removed, TRUE); /* MP-PNP-01 */
}

/* There is nothing to switch off. */
static VOID Shutdown(NDIS_HANDLE MiniportAdapterContext, NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(ShutdownAction);
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	NdisMDeregisterMiniportDriver(DriverHandle);
	for (PPORT Port = Ports; Port < Ports + MAX_PORTS; Port++)
		NdisFreeSpinLock(&Port->Lock);
}

static VOID InitializePort(PPORT Port, USHORT Number)
{
	NdisAllocateSpinLock(&Port->Lock);
	ExInitializeRundownProtection(&Port->Running);
	ExWaitForRundownProtectionRelease(&Port->Running); /* paused */
	NdisMoveMemory(Port->Address, "\x02vsw", 4); /* locally administered */
	Port->Address[5] = (UCHAR)Number;
	Port->Number = Number;
	Port->FilledTail = &Port->Filled;
	KeInitializeDpc(&Port->Dpc, Indicate, Port);
	KeSetTargetProcessorDpc(&Port->Dpc, (CCHAR)(Number % KeQueryActiveProcessorCount(NULL)));
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics = {
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
			    NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
			    NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 },
		.MajorNdisVersion = 6,
		.MinorNdisVersion = 30,
		.MajorDriverVersion = 1,
		.InitializeHandlerEx = Initialize,
		.HaltHandlerEx = Halt,
		.UnloadHandler = Unload,
		.PauseHandler = Pause,
		.RestartHandler = Restart,
		.OidRequestHandler = OidRequest,
		.CancelOidRequestHandler = Cancel,
		.SendNetBufferListsHandler = Send,
		.CancelSendHandler = Cancel,
		.ReturnNetBufferListsHandler = Return,
		.DevicePnPEventNotifyHandler = DevicePnPEvent,
		.ShutdownHandlerEx = Shutdown,
	};
	NDIS_STATUS Status = NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL,
							 &Characteristics, &DriverHandle);

	for (USHORT i = 0; Status == NDIS_STATUS_SUCCESS && i < MAX_PORTS; i++)
		InitializePort(&Ports[i], i + 1);
	return Status;
}
