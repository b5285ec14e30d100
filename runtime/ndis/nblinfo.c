/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carrying out-of-band data from one NET_BUFFER_LIST to another, by the lists in
 * the documents: filters and intermediate drivers call these when they pass on
 * a NET_BUFFER_LIST of their own in place of one they were given. Any thread,
 * IRQL <= DISPATCH_LEVEL.
 */
#include <ndis/nblapi.h>
#include <ndis/nbltimestamp.h>

#define COUNT(slots) (sizeof(slots) / sizeof((slots)[0]))

static void copy(NET_BUFFER_LIST *to, const NET_BUFFER_LIST *from,
		 const NDIS_NET_BUFFER_LIST_INFO *slots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to->NetBufferListInfo[slots[i]] = from->NetBufferListInfo[slots[i]];
}

VOID NdisCopySendNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList,
				   PNET_BUFFER_LIST SrcNetBufferList)
{
	static const NDIS_NET_BUFFER_LIST_INFO slots[] = {
		TcpIpChecksumNetBufferListInfo,
		IPsecOffloadV1NetBufferListInfo,
		TcpLargeSendNetBufferListInfo,
		Ieee8021QNetBufferListInfo,
		MediaSpecificInformation,
		NetBufferListCancelId,
		NetBufferListProtocolId,
		IPsecOffloadV2TunnelNetBufferListInfo,
		IPsecOffloadV2HeaderNetBufferListInfo,
		VirtualSubnetInfo,
		NetBufferListFilteringInfo,
	};

	copy(DestNetBufferList, SrcNetBufferList, slots, COUNT(slots));
}

VOID NdisCopyReceiveNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList,
				      PNET_BUFFER_LIST SrcNetBufferList)
{
	static const NDIS_NET_BUFFER_LIST_INFO slots[] = {
		TcpIpChecksumNetBufferListInfo,
		IPsecOffloadV1NetBufferListInfo,
		TcpReceiveNoPush,
		Ieee8021QNetBufferListInfo,
		MediaSpecificInformation,
		NetBufferListFrameType,
		NetBufferListHashValue,
		NetBufferListHashInfo,
		IPsecOffloadV2TunnelNetBufferListInfo,
		IPsecOffloadV2HeaderNetBufferListInfo,
		VirtualSubnetInfo,
		NetBufferListFilteringInfo,
	};

	copy(DestNetBufferList, SrcNetBufferList, slots, COUNT(slots));
}

/* ------------------------------------------------------------------- timestamps */

/* The documents name no slot; this is one of those that have no other use. */
#define TIMESTAMP_SLOT NetBufferListInfoReserved1

_Static_assert(sizeof(PVOID) == sizeof(UINT64), "a stamp fits a slot");

VOID NdisSetNblTimestampInfo(PNET_BUFFER_LIST Nbl, const NET_BUFFER_LIST_TIMESTAMP *NblTimestamp)
{
	Nbl->NetBufferListInfo[TIMESTAMP_SLOT] = (PVOID)(ULONG_PTR)NblTimestamp->Timestamp;
}

VOID NdisGetNblTimestampInfo(const NET_BUFFER_LIST *Nbl, PNET_BUFFER_LIST_TIMESTAMP NblTimestamp)
{
	NblTimestamp->Timestamp = (ULONG_PTR)Nbl->NetBufferListInfo[TIMESTAMP_SLOT];
}

VOID NdisCopyNblTimestampInfo(PNET_BUFFER_LIST NblDest, const NET_BUFFER_LIST *NblSrc)
{
	NblDest->NetBufferListInfo[TIMESTAMP_SLOT] = NblSrc->NetBufferListInfo[TIMESTAMP_SLOT];
}
