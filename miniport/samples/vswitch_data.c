/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtual switch's data path. A send is queued on its port and moved by that port's DPC,
 * which copies it into receive buffers of the ports it goes to, indicates those and completes it.
 * Not on the sender's thread: who sends from its receive handler would come back into it, deeper
 * with each frame. Not on a work item: that is a thread's wake-up each time. A port's DPC is bound
 * to one processor, so it never overlaps itself, and completions are in the order of the sends.
 *
 * Locks, outermost first: SwitchLock, then AddressLock or that of one port. None is held in a
 * call to NDIS.
 */
#include "vswitch.h"

#define BATCH 64     /* NBLs that a DPC takes at most */
#define MIN_FRAME 60 /* of Ethernet, without FCS: shorter ones are padded */
#define BUCKETS 256
#define WAYS 4

/* An address, the port that last sent from it, and until when that is believed, in ms. */
typedef struct _ADDRESS {
	UCHAR Address[6];
	USHORT Number;
	ULONG64 Expires;
} ADDRESS, *PADDRESS;

PNDIS_RW_LOCK_EX SwitchLock;
PPORT Ports[MAX_PORTS];
NDIS_SPIN_LOCK AddressLock;
static ADDRESS Addresses[BUCKETS][WAYS];

/* ------------------------------------------------------------------- addresses */

static BOOLEAN IsSame(const UCHAR *One, const UCHAR *Other)
{
	return NdisEqualMemory(One, Other, 6);
}

ULONG KindOf(const UCHAR *Address)
{
	static const UCHAR Everyone[6] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

	if (!(Address[0] & 1))
		return Unicast;
	return IsSame(Address, Everyone) ? Broadcast : Multicast;
}

/* Under AddressLock: where @Address is or, if it may be made, shall be; else NULL. */
static PADDRESS Find(const UCHAR *Address, ULONG64 Now, BOOLEAN Make)
{
	ULONG Hash = Address[5] ^ (ULONG)Address[4] * 31 ^ (ULONG)Address[3] * 7 ^ Address[0];
	PADDRESS Bucket = Addresses[Hash % BUCKETS], First = Bucket;

	for (PADDRESS Entry = Bucket; Entry < Bucket + WAYS; Entry++) {
		if (Entry->Expires > Now && IsSame(Entry->Address, Address))
			return Entry;
		if (Entry->Expires < First->Expires)
			First = Entry;
	}
	return Make ? First : NULL;
}

/* Learn the source of @Frame; the port behind which its destination is, or MAX_PORTS. */
static ULONG Switch(const PORT *Port, const UCHAR *Frame)
{
	ULONG Number = MAX_PORTS;
	LARGE_INTEGER Now;
	PADDRESS Entry;

	NdisGetSystemUpTimeEx(&Now);
	NdisDprAcquireSpinLock(&AddressLock);
	if (KindOf(Frame + 6) == Unicast) {
		Entry = Find(Frame + 6, (ULONG64)Now.QuadPart, TRUE);
		NdisMoveMemory(Entry->Address, Frame + 6, 6);
		Entry->Number = Port->Number;
		Entry->Expires = (ULONG64)Now.QuadPart + Port->AgeingTime * 1000ull;
	}
	Entry = KindOf(Frame) == Unicast ? Find(Frame, (ULONG64)Now.QuadPart, FALSE) : NULL;
	if (Entry != NULL)
		Number = Entry->Number;
	NdisDprReleaseSpinLock(&AddressLock);
	return Number;
}

VOID Forget(const PORT *Port)
{
	NdisAcquireSpinLock(&AddressLock);
	for (ULONG i = 0; i < BUCKETS; i++)
		for (ULONG k = 0; k < WAYS; k++)
			if (Addresses[i][k].Number == Port->Number)
				Addresses[i][k].Expires = 0;
	NdisReleaseSpinLock(&AddressLock);
}

/* --------------------------------------------------- under the lock of a port */

BOOLEAN PauseEnds(PPORT Port)
{
	if (Port->State != Pausing || Port->Queue.Count != 0 || Port->Indicating != 0 ||
	    Port->FreeCount != Port->BufferCount)
		return FALSE;
	Port->State = Paused;
	return TRUE;
}

VOID PutBuffers(PPORT Port, PNET_BUFFER_LIST Chain)
{
	while (Chain != NULL) {
		PNET_BUFFER_LIST Nbl = Chain;

		Chain = NET_BUFFER_LIST_NEXT_NBL(Nbl);
		NET_BUFFER_LIST_NEXT_NBL(Nbl) = Port->Free;
		Port->Free = Nbl;
		Port->FreeCount++;
	}
}

/* What becomes of a send now. */
static NDIS_STATUS FateOfSends(const PORT *Port)
{
	if (Port->Removed)
		return NDIS_STATUS_NOT_ACCEPTED; /* MP-OID-11 */
	if (Port->State != Running)
		return NDIS_STATUS_PAUSED; /* MP-PAU-05 */
	return Port->Resetting ? NDIS_STATUS_RESET_IN_PROGRESS : NDIS_STATUS_SUCCESS;
}

/* ------------------------------------------------------------- the DPC of a port */

static VOID Add(ULONG64 *Count, ULONG64 Value)
{
	InterlockedExchangeAdd64((LONG64 volatile *)Count, (LONG64)Value);
}

static VOID CountFrame(PCOUNTS Counts, ULONG Kind, ULONG Length)
{
	Add(&Counts->Frames[Kind], 1);
	Add(&Counts->Bytes[Kind], Length);
}

/* Under SwitchLock: whether @Port's packet filter lets it in (MP-RCV-14). */
static BOOLEAN Wants(const PORT *Port, const UCHAR *Address, ULONG Kind)
{
	ULONG Filter = Port->PacketFilter;

	if (Filter & NDIS_PACKET_TYPE_PROMISCUOUS)
		return TRUE;
	if (Kind == Unicast)
		return (Filter & NDIS_PACKET_TYPE_DIRECTED) &&
		       IsSame(Address, Port->CurrentAddress);
	if (Kind == Broadcast)
		return (Filter & NDIS_PACKET_TYPE_BROADCAST) != 0;
	if (Filter & NDIS_PACKET_TYPE_ALL_MULTICAST)
		return TRUE;
	for (ULONG i = 0; i < Port->MulticastCount && (Filter & NDIS_PACKET_TYPE_MULTICAST); i++)
		if (IsSame(Address, Port->MulticastList[i]))
			return TRUE;
	return FALSE;
}

/* Until it is back the port's pause waits. NULL: there is none, or the port does not run. */
static PNET_BUFFER_LIST TakeBuffer(PPORT Port)
{
	PNET_BUFFER_LIST Nbl = NULL;

	NdisDprAcquireSpinLock(&Port->Lock);
	if (Port->State == Running && !Port->Removed) {
		Nbl = Port->Free;
		if (Nbl != NULL) {
			Port->Free = NET_BUFFER_LIST_NEXT_NBL(Nbl);
			Port->FreeCount--;
		} else {
			Add(&Port->Received.Lost, 1);
		}
	}
	NdisDprReleaseSpinLock(&Port->Lock);
	return Nbl;
}

/* Whoever had the buffer may have left anything in its NBL. */
static VOID Copy(PPORT From, PPORT To, const UCHAR *Frame, ULONG Length, PVOID Tag)
{
	PNET_BUFFER_LIST Nbl = TakeBuffer(To);
	PCHAIN Chain = &From->To[To->Number];
	PNET_BUFFER Nb;
	PUCHAR Data;

	if (Nbl == NULL)
		return;
	Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
	Data = MmGetMdlVirtualAddress(NET_BUFFER_FIRST_MDL(Nb));
	NdisMoveMemory(Data, Frame, Length);
	for (; Length < MIN_FRAME; Length++) /* MP-SND-08 */
		Data[Length] = 0;
	NET_BUFFER_CURRENT_MDL(Nb) = NET_BUFFER_FIRST_MDL(Nb);
	NET_BUFFER_CURRENT_MDL_OFFSET(Nb) = NET_BUFFER_DATA_OFFSET(Nb) = 0;
	NET_BUFFER_DATA_LENGTH(Nb) = Length;
	Nbl->SourceHandle = To->Handle; /* MP-RCV-02 */
	NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SUCCESS;
	NdisClearNblFlag(Nbl, Nbl->NblFlags);
	NdisZeroMemory(Nbl->NetBufferListInfo, sizeof(Nbl->NetBufferListInfo));
	NET_BUFFER_LIST_INFO(Nbl, Ieee8021QNetBufferListInfo) = Tag;
	CountFrame(&To->Received, KindOf(Frame), Length);
	if (Chain->Count++ == 0)
		Chain->Tail = &Chain->Head;
	Chain->Port = To;
	*Chain->Tail = Nbl;
	Chain->Tail = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
	*Chain->Tail = NULL;
}

/* Under SwitchLock: to the port behind which the destination is, else to all but the sender. */
static VOID ForwardFrame(PPORT Port, PNET_BUFFER_LIST Nbl, PNET_BUFFER Nb)
{
	ULONG Length = NET_BUFFER_DATA_LENGTH(Nb), Number, Kind;
	PUCHAR Frame = NULL;

	if (Length >= 14 && Length <= MAX_FRAME)
		Frame = NdisGetDataBuffer(Nb, Length, Port->Scratch, 1, 0);
	if (Frame == NULL) {
		NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_INVALID_LENGTH;
		Add(&Port->Sent.Lost, 1);
		return;
	}
	Kind = KindOf(Frame);
	CountFrame(&Port->Sent, Kind, Length);
	Number = Switch(Port, Frame);
	for (ULONG i = 0; i < MAX_PORTS; i++)
		if (Ports[i] != NULL && Ports[i] != Port && (Number == MAX_PORTS || Number == i) &&
		    Wants(Ports[i], Frame, Kind))
			Copy(Port, Ports[i], Frame, Length,
			     NET_BUFFER_LIST_INFO(Nbl, Ieee8021QNetBufferListInfo));
}

/* When few buffers are left they are only lent, so that they are back at once (MP-RCV-05). */
static VOID Deliver(PCHAIN Chain)
{
	PPORT Port = Chain->Port; /* its pause waits for these to come back: it is still there */
	ULONG Flags = NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
	BOOLEAN Ends;

	NdisDprAcquireSpinLock(&Port->Lock);
	Port->Indicating++;
	if (Port->FreeCount < Port->BufferCount / 4)
		Flags |= NDIS_RECEIVE_FLAGS_RESOURCES;
	NdisDprReleaseSpinLock(&Port->Lock);
	NdisMIndicateReceiveNetBufferLists(Port->Handle, Chain->Head, NDIS_DEFAULT_PORT_NUMBER,
					   Chain->Count, Flags);
	NdisDprAcquireSpinLock(&Port->Lock);
	if (!NDIS_TEST_RECEIVE_CAN_PEND(Flags))
		PutBuffers(Port, Chain->Head);
	Port->Indicating--;
	Ends = PauseEnds(Port);
	NdisDprReleaseSpinLock(&Port->Lock);
	NdisZeroMemory(Chain, sizeof(*Chain));
	if (Ends)
		NdisMPauseComplete(Port->Handle);
}

static VOID ForwardChain(PPORT Port, PNET_BUFFER_LIST Nbl)
{
	LOCK_STATE_EX LockState;

	NdisAcquireRWLockRead(SwitchLock, &LockState, NDIS_RWL_AT_DISPATCH_LEVEL);
	for (; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl)) {
		PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);

		if (NET_BUFFER_LIST_STATUS(Nbl) != NDIS_STATUS_SUCCESS) /* cancelled */
			continue;
		for (; Nb != NULL; Nb = NET_BUFFER_NEXT_NB(Nb))
			ForwardFrame(Port, Nbl, Nb);
	}
	NdisReleaseRWLock(SwitchLock, &LockState);
	for (ULONG i = 0; i < MAX_PORTS; i++)
		if (Port->To[i].Count != 0)
			Deliver(&Port->To[i]);
}

static ULONG SetStatus(PNET_BUFFER_LIST Chain, NDIS_STATUS Status)
{
	ULONG Count = 0;

	for (; Chain != NULL; Chain = NET_BUFFER_LIST_NEXT_NBL(Chain), Count++)
		NET_BUFFER_LIST_STATUS(Chain) = Status;
	return Count;
}

/* The oldest sends, and what becomes of them. */
static PNET_BUFFER_LIST TakeSends(PPORT Port, PULONG Count, PNDIS_STATUS Fate)
{
	PNET_BUFFER_LIST Chain, *Link = &Chain;

	NdisDprAcquireSpinLock(&Port->Lock);
	*Fate = FateOfSends(Port);
	Chain = Port->Queue.Head;
	for (*Count = 0; *Link != NULL && *Count < BATCH; ++*Count)
		Link = &NET_BUFFER_LIST_NEXT_NBL(*Link);
	Port->Queue.Head = *Link;
	*Link = NULL;
	if (Port->Queue.Head == NULL)
		Port->Queue.Tail = &Port->Queue.Head;
	NdisDprReleaseSpinLock(&Port->Lock);
	return Chain;
}

/* The only place where accepted sends are completed (MP-SND-01). */
VOID Forward(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
	BOOLEAN More, ResetEnds, Ends;
	PPORT Port = DeferredContext;
	PNET_BUFFER_LIST Chain;
	NDIS_STATUS Fate;
	ULONG Count;

	UNREFERENCED_PARAMETER(SystemArgument1);
	UNREFERENCED_PARAMETER(SystemArgument2);
	Chain = TakeSends(Port, &Count, &Fate);
	if (Fate == NDIS_STATUS_SUCCESS)
		ForwardChain(Port, Chain);
	else
		SetStatus(Chain, Fate);
	if (Chain != NULL)
		NdisMSendNetBufferListsComplete(Port->Handle, Chain,
						NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
	NdisDprAcquireSpinLock(&Port->Lock);
	Port->Queue.Count -= Count;
	More = Port->Queue.Head != NULL;
	ResetEnds = Port->Resetting && Port->Queue.Count == 0; /* MP-RST-02 */
	if (ResetEnds)
		Port->Resetting = FALSE;
	Ends = PauseEnds(Port);
	NdisDprReleaseSpinLock(&Port->Lock);
	if (More)
		KeInsertQueueDpc(Dpc, NULL, NULL);
	if (ResetEnds)
		NdisMResetComplete(Port->Handle, NDIS_STATUS_SUCCESS, FALSE);
	if (Ends)
		NdisMPauseComplete(Port->Handle);
}

/* ------------------------------------------------- entry points of the data path */

VOID Send(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferList,
	  NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	ULONG Count = SetStatus(NetBufferList, NDIS_STATUS_SUCCESS);
	PPORT Port = MiniportAdapterContext;
	NDIS_STATUS Fate;

	UNREFERENCED_PARAMETER(PortNumber);
	NdisAcquireSpinLock(&Port->Lock);
	Fate = FateOfSends(Port);
	if (Fate == NDIS_STATUS_SUCCESS) {
		Port->Queue.Count += Count;
		*Port->Queue.Tail = NetBufferList;
		while (*Port->Queue.Tail != NULL)
			Port->Queue.Tail = &NET_BUFFER_LIST_NEXT_NBL(*Port->Queue.Tail);
	}
	NdisReleaseSpinLock(&Port->Lock);
	if (Fate == NDIS_STATUS_SUCCESS) {
		KeInsertQueueDpc(&Port->Dpc, NULL, NULL);
		return;
	}
	SetStatus(NetBufferList, Fate);
	NdisMSendNetBufferListsComplete(Port->Handle, NetBufferList,
					NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags) ?
						NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL :
						0);
}

/* MP-CAN-01: they keep their places; the DPC, which is on its way, completes them. */
VOID CancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
	PPORT Port = MiniportAdapterContext;
	PNET_BUFFER_LIST Nbl;

	NdisAcquireSpinLock(&Port->Lock);
	for (Nbl = Port->Queue.Head; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
		if (NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(Nbl) == CancelId)
			NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SEND_ABORTED;
	NdisReleaseSpinLock(&Port->Lock);
}

VOID Return(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists,
	    ULONG ReturnFlags)
{
	PPORT Port = MiniportAdapterContext;
	BOOLEAN Ends;

	UNREFERENCED_PARAMETER(ReturnFlags);
	NdisAcquireSpinLock(&Port->Lock);
	PutBuffers(Port, NetBufferLists);
	Ends = PauseEnds(Port);
	NdisReleaseSpinLock(&Port->Lock);
	if (Ends)
		NdisMPauseComplete(Port->Handle);
}
