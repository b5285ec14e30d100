/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 802.1Q priority and VLAN id of a NET_BUFFER_LIST, as they stand in its slot
 * Ieee8021QNetBufferListInfo [nbl8021q/ns-nbl8021q-ndis_net_buffer_list_8021q_info].
 * The slot holds the Value, not a pointer. A miniport that handles the tag in
 * hardware inserts it from here on send and strips it to here on receive.
 * Included by <ndis.h>.
 */
#ifndef NDIS_NBL8021Q_H
#define NDIS_NBL8021Q_H

#include <wdm.h>

typedef struct _NDIS_NET_BUFFER_LIST_8021Q_INFO {
	union {
		struct {
			ULONG UserPriority : 3;
			ULONG CanonicalFormatId : 1;
			ULONG VlanId : 12;
			ULONG Reserved : 16;
		} TagHeader;
		struct {
			ULONG UserPriority : 3;
			ULONG CanonicalFormatId : 1;
			ULONG VlanId : 12;
			ULONG WMMInfo : 4;
			ULONG Reserved : 12;
		} WLanTagHeader;
		PVOID Value;
	};
} NDIS_NET_BUFFER_LIST_8021Q_INFO, *PNDIS_NET_BUFFER_LIST_8021Q_INFO;

C_ASSERT(sizeof(NDIS_NET_BUFFER_LIST_8021Q_INFO) == sizeof(PVOID));

#endif
