/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP segmentation offload data of a NET_BUFFER_LIST, slot
 * UdpSegmentationOffloadInfo [nbluso/ns-nbluso-ndis_udp_segmentation_offload_net_
 * buffer_list_info]. The slot holds the Value. Included by <ndis.h>.
 */
#ifndef NDIS_NBLUSO_H
#define NDIS_NBLUSO_H

#include <wdm.h>

#define NDIS_UDP_SEGMENTATION_OFFLOAD_IPV4 0
#define NDIS_UDP_SEGMENTATION_OFFLOAD_IPV6 1

typedef struct _NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO {
	union {
		struct {
			ULONG MSS : 20;
			ULONG UdpHeaderOffset : 10;
			ULONG Reserved : 1;
			ULONG IPVersion : 1;
		} Transmit;
		PVOID Value;
	};
} NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO,
	*PNDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO;

C_ASSERT(sizeof(NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO) == sizeof(PVOID));

#define NET_BUFFER_LIST_IS_USO_SET(_NBL) \
	((_NBL)->NetBufferListInfo[UdpSegmentationOffloadInfo] != NULL)

#endif
