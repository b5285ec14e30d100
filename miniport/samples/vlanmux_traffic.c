/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic of the VLAN multiplexer (vlanmux.c): MiniportSendNetBufferLists to
 * NdisSendNetBufferLists with a tag more, ProtocolReceiveNetBufferLists to
 * NdisMIndicateReceiveNetBufferLists with a tag less, and the ways back.
 *
 * NDIS's fragments do the work in both directions: new NBLs over the same data behind the header,
 * with room for another header. Frames of other VLANs, and those without a tag, go no further.
 */
#include <ndis.h>

#include "vlanmux.h"

#define MAC_HEADER 14
#define TAGGED_HEADER 18

/* At DISPATCH_LEVEL sends, completions and returns have a flag that says so, each another. */
#define AT_DISPATCH(Flags, Other) ((Flags) & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? (Other) : 0)

/* ------------------------------------------------------------------------------- sending */

/* The virtual adapter whose send our NBL is. */
#define OWNER(Nbl) (*(PVLAN *)(PVOID)&(Nbl)->ProtocolReserved[0])

static BOOLEAN WriteTaggedHeader(PNET_BUFFER To, PNET_BUFFER From, ULONG Priority, ULONG Id)
{
	UCHAR Storage[MAC_HEADER], *Header, *New;

	Header = NdisGetDataBuffer(From, MAC_HEADER, Storage, 1, 0);
	New = NdisGetDataBuffer(To, TAGGED_HEADER, NULL, 1, 0);
	if (Header == NULL || New == NULL)
		return FALSE;
	NdisMoveMemory(New, Header, 12);
	New[12] = 0x81; /* IEEE 802.1Q, 9.6 */
	New[13] = 0x00;
	New[14] = (UCHAR)(Priority << 5 | Id >> 8);
	New[15] = (UCHAR)Id;
	New[16] = Header[12];
	New[17] = Header[13];
	return TRUE;
}

/* Our NBL with @Nbl's frames, tagged, or NULL and *Why. */
static PNET_BUFFER_LIST MakeTagged(PVLAN Vlan, PNET_BUFFER_LIST Nbl, NDIS_STATUS *Why)
{
	PLOWER Lower = Vlan->Lower;
	NDIS_NET_BUFFER_LIST_8021Q_INFO Info;
	PNET_BUFFER_LIST Own;
	PNET_BUFFER To, From;

	*Why = NDIS_STATUS_INVALID_LENGTH;
	for (From = NET_BUFFER_LIST_FIRST_NB(Nbl); From != NULL; From = NET_BUFFER_NEXT_NB(From))
		if (NET_BUFFER_DATA_LENGTH(From) <= MAC_HEADER)
			return NULL;
	*Why = NDIS_STATUS_RESOURCES;
	Own = NdisAllocateFragmentNetBufferList(Nbl, Lower->NblPool, Lower->NbPool, MAC_HEADER,
						MAXLONG, TAGGED_HEADER,
						Lower->Bind.DataBackFillSize, 0);
	if (Own == NULL)
		return NULL;
	Info.Value = NET_BUFFER_LIST_INFO(Nbl, Ieee8021QNetBufferListInfo);
	To = NET_BUFFER_LIST_FIRST_NB(Own);
	for (From = NET_BUFFER_LIST_FIRST_NB(Nbl); From != NULL; From = NET_BUFFER_NEXT_NB(From)) {
		if (!WriteTaggedHeader(To, From, Info.TagHeader.UserPriority, Vlan->Id)) {
			NdisFreeFragmentNetBufferList(Own, TAGGED_HEADER, 0);
			return NULL;
		}
		To = NET_BUFFER_NEXT_NB(To);
	}
	Own->SourceHandle = Lower->Handle;
	Own->ParentNetBufferList = Nbl;
	OWNER(Own) = Vlan;
	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(Own, NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(Nbl));
	return Own;
}

/* Free our NBLs of @Chain and complete upwards those they stand for (IM-05). */
static VOID CompleteSends(PLOWER Lower, PNET_BUFFER_LIST Chain, ULONG Flags)
{
	while (Chain != NULL) {
		PNET_BUFFER_LIST Run = NULL, *Tail = &Run;
		PVLAN Vlan = OWNER(Chain);
		ULONG n = 0;

		for (; Chain != NULL && OWNER(Chain) == Vlan; n++) {
			PNET_BUFFER_LIST Own = Chain, Nbl = Own->ParentNetBufferList;

			Chain = NET_BUFFER_LIST_NEXT_NBL(Own);
			NET_BUFFER_LIST_STATUS(Nbl) = NET_BUFFER_LIST_STATUS(Own);
			NdisFreeFragmentNetBufferList(Own, TAGGED_HEADER, 0);
			*Tail = Nbl;
			Tail = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
		}
		*Tail = NULL;
		NdisMSendNetBufferListsComplete(Vlan->Handle, Run, Flags);
		ExReleaseRundownProtectionEx(&Vlan->Running, n);
		ExReleaseRundownProtectionEx(&Lower->Running, n);
	}
}

/* TRUE: @Chain waits for the end of a reset. */
static BOOLEAN Hold(PLOWER Lower, PNET_BUFFER_LIST Chain)
{
	BOOLEAN Held;

	NdisAcquireSpinLock(&Lower->Lock);
	Held = Lower->Holding;
	if (Held) {
		*Lower->HeldTail = Chain;
		while (*Lower->HeldTail != NULL)
			Lower->HeldTail = &NET_BUFFER_LIST_NEXT_NBL(*Lower->HeldTail);
	}
	NdisReleaseSpinLock(&Lower->Lock);
	return Held;
}

/* Send what is held, or complete it with @Why; only then is nothing more held, for the order. */
VOID EndHolding(PLOWER Lower, NDIS_STATUS Why)
{
	PNET_BUFFER_LIST Chain;

	do {
		NdisAcquireSpinLock(&Lower->Lock);
		Chain = Lower->Held;
		Lower->Held = NULL;
		Lower->HeldTail = &Lower->Held;
		if (Chain == NULL || Why != NDIS_STATUS_SUCCESS)
			Lower->Holding = FALSE;
		NdisReleaseSpinLock(&Lower->Lock);
		if (Chain != NULL && Why == NDIS_STATUS_SUCCESS) {
			NdisSendNetBufferLists(Lower->Handle, Chain, NDIS_DEFAULT_PORT_NUMBER, 0);
			continue;
		}
		for (PNET_BUFFER_LIST Own = Chain; Own != NULL; Own = NET_BUFFER_LIST_NEXT_NBL(Own))
			NET_BUFFER_LIST_STATUS(Own) = Why;
		CompleteSends(Lower, Chain, 0);
	} while (Chain != NULL);
}

/* One of @Chain's NBLs does not get below. */
static VOID FailSend(PVLAN Vlan, PNET_BUFFER_LIST Nbl, NDIS_STATUS Why, ULONG SendFlags)
{
	NET_BUFFER_LIST_STATUS(Nbl) = Why;
	NdisMSendNetBufferListsComplete(Vlan->Handle, Nbl,
					AT_DISPATCH(SendFlags,
						    NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL));
}

VOID Send(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists,
		 NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	PNET_BUFFER_LIST Chain = NULL, *Tail = &Chain;
	PVLAN Vlan = MiniportAdapterContext;
	PLOWER Lower = Vlan->Lower;

	UNREFERENCED_PARAMETER(PortNumber);
	while (NetBufferLists != NULL) {
		PNET_BUFFER_LIST Nbl = NetBufferLists, Own = NULL;
		NDIS_STATUS Why = NDIS_STATUS_PAUSED;
		BOOLEAN Upper, Both;

		NetBufferLists = NET_BUFFER_LIST_NEXT_NBL(Nbl);
		NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
		/* Not when asleep (IM-08), paused, or when the binding below closes (IM-10). */
		Upper = BothAwake(Vlan) && ExAcquireRundownProtection(&Vlan->Running);
		Both = Upper && ExAcquireRundownProtection(&Lower->Running);
		if (Both)
			Own = MakeTagged(Vlan, Nbl, &Why);
		if (Own != NULL) {
			*Tail = Own;
			Tail = &NET_BUFFER_LIST_NEXT_NBL(Own);
			continue;
		}
		FailSend(Vlan, Nbl, Why, SendFlags);
		if (Both)
			ExReleaseRundownProtection(&Lower->Running);
		if (Upper)
			ExReleaseRundownProtection(&Vlan->Running);
	}
	/* Loopback is NDIS's above us, and not the lower adapter's to repeat. */
	if (Chain != NULL && !Hold(Lower, Chain))
		NdisSendNetBufferLists(Lower->Handle, Chain, NDIS_DEFAULT_PORT_NUMBER,
				       SendFlags & NDIS_SEND_FLAGS_DISPATCH_LEVEL);
}

/* IM-09: what a reset has aborted is sent again. */
VOID SendComplete(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferList,
			 ULONG SendCompleteFlags)
{
	PNET_BUFFER_LIST Done = NULL, *Tail = &Done;
	PLOWER Lower = ProtocolBindingContext;

	while (NetBufferList != NULL) {
		PNET_BUFFER_LIST Own = NetBufferList;
		NDIS_STATUS Result = NET_BUFFER_LIST_STATUS(Own);

		NetBufferList = NET_BUFFER_LIST_NEXT_NBL(Own);
		NET_BUFFER_LIST_NEXT_NBL(Own) = NULL;
		if ((Result == NDIS_STATUS_RESET_IN_PROGRESS ||
		     Result == NDIS_STATUS_REQUEST_ABORTED) && Hold(Lower, Own))
			continue;
		*Tail = Own;
		Tail = &NET_BUFFER_LIST_NEXT_NBL(Own);
	}
	CompleteSends(Lower, Done, SendCompleteFlags);
}

/* What is held is beyond cancelling: it is sent when the reset ends. */
VOID CancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
	NdisCancelSendNetBufferLists(((PVLAN)MiniportAdapterContext)->Lower->Handle, CancelId);
}

/* ----------------------------------------------------------------------------- receiving */

/* The lower adapter's filter is that of all VLANs together; which group addresses a protocol has
 * asked for, NDIS knows. */
static BOOLEAN Wants(const VLAN *Vlan, const UCHAR *Address)
{
	ULONG Group = NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST |
		      NDIS_PACKET_TYPE_BROADCAST;

	if (Vlan->PacketFilter & NDIS_PACKET_TYPE_PROMISCUOUS)
		return TRUE;
	if (Address[0] & 1)
		return (Vlan->PacketFilter & Group) != 0;
	return (Vlan->PacketFilter & NDIS_PACKET_TYPE_DIRECTED) != 0 &&
	       RtlEqualMemory(Address, Vlan->Lower->Bind.CurrentMacAddress, 6);
}

/* Our NBL with @Nbl's frame behind a header without a tag, for *For; NULL: nobody wants it. */
static PNET_BUFFER_LIST MakeUntagged(PLOWER Lower, PNET_BUFFER_LIST Nbl, PVLAN *For)
{
	PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
	UCHAR Storage[TAGGED_HEADER], *Frame, *New;
	NDIS_NET_BUFFER_LIST_8021Q_INFO Info;
	ULONG Start = MAC_HEADER, Id;
	PNET_BUFFER_LIST Own;
	PVLAN Vlan;

	if (NET_BUFFER_DATA_LENGTH(Nb) <= TAGGED_HEADER ||
	    (Frame = NdisGetDataBuffer(Nb, TAGGED_HEADER, Storage, 1, 0)) == NULL)
		return NULL;
	Info.Value = NET_BUFFER_LIST_INFO(Nbl, Ieee8021QNetBufferListInfo);
	Id = Info.TagHeader.VlanId;
	if (Id == 0 && Frame[12] == 0x81 && Frame[13] == 0x00) {
		Start = TAGGED_HEADER;
		Info.TagHeader.UserPriority = Frame[14] >> 5 & 7u;
		Id = ((ULONG)Frame[14] & 0x0F) << 8 | Frame[15];
	}
	Info.TagHeader.VlanId = 0; /* the priority is told all the same */
	for (Vlan = FIRST_VLAN(Lower); IS_VLAN(Lower, Vlan) && Vlan->Id != Id;)
		Vlan = NEXT_VLAN(Vlan);
	if (!IS_VLAN(Lower, Vlan) || !Wants(Vlan, Frame))
		return NULL;
	Own = NdisAllocateFragmentNetBufferList(Nbl, Lower->NblPool, Lower->NbPool, Start, MAXLONG,
						MAC_HEADER, 0, 0);
	if (Own == NULL)
		return NULL;
	New = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(Own), MAC_HEADER, NULL, 1, 0);
	if (New == NULL) {
		NdisFreeFragmentNetBufferList(Own, MAC_HEADER, 0);
		return NULL;
	}
	NdisMoveMemory(New, Frame, 12);
	NdisMoveMemory(New + 12, Frame + Start - 2, 2);
	NET_BUFFER_LIST_INFO(Own, Ieee8021QNetBufferListInfo) = Info.Value;
	NET_BUFFER_LIST_STATUS(Own) = NDIS_STATUS_SUCCESS;
	Own->SourceHandle = Vlan->Handle;
	Own->ParentNetBufferList = Nbl;
	*For = Vlan;
	return Own;
}

/* Free our NBLs of @Chain and, if @Give, return those they stand for (IM-06); how many. */
static ULONG GiveBack(PLOWER Lower, PNET_BUFFER_LIST Chain, BOOLEAN Give, ULONG ReturnFlags)
{
	PNET_BUFFER_LIST Parents = NULL, *Tail = &Parents;
	ULONG n = 0;

	for (; Chain != NULL; n++) {
		PNET_BUFFER_LIST Own = Chain, Parent = Own->ParentNetBufferList;

		Chain = NET_BUFFER_LIST_NEXT_NBL(Own);
		NdisFreeFragmentNetBufferList(Own, MAC_HEADER, 0);
		if (!Give) /* with RESOURCES even the links are the lower driver's */
			continue;
		*Tail = Parent;
		Tail = &NET_BUFFER_LIST_NEXT_NBL(Parent);
	}
	*Tail = NULL;
	if (Parents != NULL)
		NdisReturnNetBufferLists(Lower->Handle, Parents, ReturnFlags);
	return n;
}

/* Frames of one VLAN in a row. Those that may not go up now are dropped: while the adapter is
 * paused (MP-PAU-06), asleep (IM-08), or the lower one is being reset (IM-09). */
static VOID Indicate(PVLAN Vlan, PNET_BUFFER_LIST Chain, ULONG Count, ULONG ReceiveFlags)
{
	BOOLEAN CanPend = NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags) != 0;

	if (Count == 0)
		return;
	if (Vlan->Lower->Holding || !BothAwake(Vlan) ||
	    !ExAcquireRundownProtectionEx(&Vlan->Running, Count)) {
		GiveBack(Vlan->Lower, Chain, CanPend,
			 AT_DISPATCH(ReceiveFlags, NDIS_RETURN_FLAGS_DISPATCH_LEVEL));
		return;
	}
	NdisMIndicateReceiveNetBufferLists(Vlan->Handle, Chain, NDIS_DEFAULT_PORT_NUMBER, Count,
					   ReceiveFlags & (NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL |
							   NDIS_RECEIVE_FLAGS_RESOURCES));
	if (!CanPend)
		ExReleaseRundownProtectionEx(&Vlan->Running,
					     GiveBack(Vlan->Lower, Chain, FALSE, 0));
}

VOID Receive(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferLists,
		    NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
	PNET_BUFFER_LIST Unwanted = NULL, Run = NULL, *Tail = &Run;
	PLOWER Lower = ProtocolBindingContext;
	PVLAN Current = NULL, Vlan = NULL;
	ULONG Count = 0;

	UNREFERENCED_PARAMETER(PortNumber);
	UNREFERENCED_PARAMETER(NumberOfNetBufferLists);
	while (NetBufferLists != NULL) {
		PNET_BUFFER_LIST Nbl = NetBufferLists, Own;

		NetBufferLists = NET_BUFFER_LIST_NEXT_NBL(Nbl);
		Own = MakeUntagged(Lower, Nbl, &Vlan);
		if (Own == NULL && NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
			NET_BUFFER_LIST_NEXT_NBL(Nbl) = Unwanted;
			Unwanted = Nbl;
		}
		if (Own == NULL)
			continue;
		if (Vlan != Current) {
			Indicate(Current, Run, Count, ReceiveFlags);
			Current = Vlan;
			Tail = &Run;
			Count = 0;
		}
		*Tail = Own;
		Tail = &NET_BUFFER_LIST_NEXT_NBL(Own);
		Count++;
	}
	Indicate(Current, Run, Count, ReceiveFlags);
	if (Unwanted != NULL)
		NdisReturnNetBufferLists(Lower->Handle, Unwanted,
					 AT_DISPATCH(ReceiveFlags,
						     NDIS_RETURN_FLAGS_DISPATCH_LEVEL));
}

VOID Return(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists,
		   ULONG ReturnFlags)
{
	PVLAN Vlan = MiniportAdapterContext;

	ExReleaseRundownProtectionEx(&Vlan->Running,
				     GiveBack(Vlan->Lower, NetBufferLists, TRUE, ReturnFlags));
}
