/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive segment coalescing counters of a NET_BUFFER_LIST, slot
 * TcpRecvSegCoalesceInfo [nblrsc/ns-nblrsc-ndis_rsc_nbl_info]. The slot holds the
 * Value; both counters are zero on a frame that was not coalesced.
 * Included by <ndis.h>.
 */
#ifndef NDIS_NBLRSC_H
#define NDIS_NBLRSC_H

#include "nblaccessors.h"

typedef union _NDIS_RSC_NBL_INFO {
	struct {
		USHORT CoalescedSegCount;
		USHORT DupAckCount;
	} Info;
	PVOID Value;
} NDIS_RSC_NBL_INFO, *PNDIS_RSC_NBL_INFO;

C_ASSERT(sizeof(NDIS_RSC_NBL_INFO) == sizeof(PVOID));

#define NET_BUFFER_LIST_COALESCED_SEG_COUNT(_NBL) \
	(((PNDIS_RSC_NBL_INFO)&NET_BUFFER_LIST_INFO(_NBL, TcpRecvSegCoalesceInfo)) \
		 ->Info.CoalescedSegCount)
#define NET_BUFFER_LIST_DUP_ACK_COUNT(_NBL) \
	(((PNDIS_RSC_NBL_INFO)&NET_BUFFER_LIST_INFO(_NBL, TcpRecvSegCoalesceInfo)) \
		 ->Info.DupAckCount)

#endif
