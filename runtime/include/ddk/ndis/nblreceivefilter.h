/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which receive filter a frame passed, and to which queue or virtual port it came: slot
 * NetBufferListFilteringInfo of a NET_BUFFER_LIST, which holds the Value
 * [ndis/ns-ndis-_ndis_net_buffer_list_filtering_info]. Any IRQL, by the present owner of the
 * NET_BUFFER_LIST. Included by <ndis.h>.
 */
#ifndef NDIS_NBLRECEIVEFILTER_H
#define NDIS_NBLRECEIVEFILTER_H

#include "nblaccessors.h"
#include "nblinfo.h"

typedef struct _NDIS_NET_BUFFER_LIST_FILTERING_INFO {
	union {
		struct {
			USHORT FilterId;
			union {
				USHORT QueueId;
				USHORT VPortId; /* 6.30 */
			} QueueVPortInfo;
		} FilteringInfo;
		PVOID Value;
	};
} NDIS_NET_BUFFER_LIST_FILTERING_INFO, *PNDIS_NET_BUFFER_LIST_FILTERING_INFO;

C_ASSERT(sizeof(NDIS_NET_BUFFER_LIST_FILTERING_INFO) == sizeof(PVOID));

#define NRT_NBL_FILTERING(_NBL)                                                 \
	(((PNDIS_NET_BUFFER_LIST_FILTERING_INFO)(PVOID)&NET_BUFFER_LIST_INFO(   \
		  (_NBL), NetBufferListFilteringInfo))->FilteringInfo)

/* USHORT lvalues. */
#define NET_BUFFER_LIST_RECEIVE_FILTER_ID(_NBL)       (NRT_NBL_FILTERING(_NBL).FilterId)
#define NET_BUFFER_LIST_RECEIVE_QUEUE_ID(_NBL) \
	(NRT_NBL_FILTERING(_NBL).QueueVPortInfo.QueueId)
#define NET_BUFFER_LIST_RECEIVE_FILTER_VPORT_ID(_NBL) \
	(NRT_NBL_FILTERING(_NBL).QueueVPortInfo.VPortId)

#endif
