/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a NET_BUFFER_LIST in the Hyper-V extensible switch carries: where it comes from and
 * where it goes [ndis/ns-ndis-_ndis_switch_forwarding_detail_net_buffer_list_info,
 * ..._destination_array]. switchhandlers.h has the switch's functions. Any IRQL, by the present
 * owner of the NET_BUFFER_LIST. Included by <ndis.h>.
 */
#ifndef NDIS_SWITCHNBL_H
#define NDIS_SWITCHNBL_H

#include <ndis/switch.h>

#include "nblaccessors.h"
#include "nblinfo.h"

typedef union _NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO {
	UINT64 AsUINT64;
	struct {
		UINT64 NumAvailableDestinations : 16;
		UINT64 SourcePortId : 16;
		UINT64 SourceNicIndex : 8;
		UINT64 NativeForwardingRequired : 1; /* 6.40 */
		UINT64 Reserved1 : 1;
		UINT64 IsPacketDataSafe : 1;
		UINT64 SafePacketDataSize : 12;
		UINT64 IsPacketDataUncached : 1;
		UINT64 IsSafePacketDataUncached : 1;
		UINT64 Reserved2 : 7;
	};
} NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO,
	*PNDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO;

C_ASSERT(sizeof(NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO) == sizeof(PVOID));

/* A pointer into @_NBL: with pointers of 64 bits the slot is the union. */
#define NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(_NBL)                                       \
	((PNDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO)(PVOID)&NET_BUFFER_LIST_INFO(  \
		(_NBL), SwitchForwardingDetail))

typedef struct _NDIS_SWITCH_PORT_DESTINATION {
	NDIS_SWITCH_PORT_ID PortId;
	NDIS_SWITCH_NIC_INDEX NicIndex;
	UINT16 IsExcluded : 1;
	UINT16 PreserveVLAN : 1;
	UINT16 PreservePriority : 1;
	UINT16 Reserved : 13;
} NDIS_SWITCH_PORT_DESTINATION, *PNDIS_SWITCH_PORT_DESTINATION;

typedef struct _NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY {
	NDIS_OBJECT_HEADER Header;
	ULONG ElementSize;
	ULONG NumElements;
	ULONG NumDestinations;
	PVOID FirstElement;
} NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY, *PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY;

#define NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY, FirstElement)

#define NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(_DestArray_, _Index_)          \
	NRT_SWITCH_AT(PNDIS_SWITCH_PORT_DESTINATION, (_DestArray_)->FirstElement,  \
		      (SIZE_T)(_DestArray_)->ElementSize * (_Index_))

/* What identifies an extension's context on a NET_BUFFER_LIST: its address. */
typedef struct _NDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE {
	const GUID *ExtensionId;
	const char *ContextName;
} NDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE, *PNDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE;

/* Defines @_ContextName, for the extension of which @_ExtensionId, a GUID variable, is the id. */
#define NDIS_DECLARE_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE(_ContextName, _ExtensionId) \
	static NDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE _ContextName = { &(_ExtensionId), #_ContextName }

#endif
