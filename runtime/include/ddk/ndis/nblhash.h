/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RSS hash value, type and function of a NET_BUFFER_LIST, slots
 * NetBufferListHashValue and NetBufferListHashInfo [nblhash/nf-nblhash-*]. Both
 * slots hold ULONGs; the masks come from ntddndis.h. Included by <ndis.h>.
 */
#ifndef NDIS_NBLHASH_H
#define NDIS_NBLHASH_H

#include "nblaccessors.h"

#define NET_BUFFER_LIST_GET_HASH_VALUE(_NBL) \
	((ULONG)(ULONG_PTR)NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashValue))
#define NET_BUFFER_LIST_SET_HASH_VALUE(_NBL, _HashValue) \
	(NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashValue) = \
		 (PVOID)(ULONG_PTR)(ULONG)(_HashValue))

#define NET_BUFFER_LIST_GET_HASH_TYPE(_NBL) \
	((ULONG)(ULONG_PTR)NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashInfo) & NDIS_HASH_TYPE_MASK)
#define NET_BUFFER_LIST_GET_HASH_FUNCTION(_NBL) \
	((ULONG)(ULONG_PTR)NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashInfo) & \
	 NDIS_HASH_FUNCTION_MASK)

/* Each replaces its own bits of the slot and leaves the other's. */
#define NET_BUFFER_LIST_SET_HASH_TYPE(_NBL, _HashType) \
	(NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashInfo) = (PVOID)(ULONG_PTR)( \
		 NET_BUFFER_LIST_GET_HASH_FUNCTION(_NBL) | ((_HashType) & NDIS_HASH_TYPE_MASK)))
#define NET_BUFFER_LIST_SET_HASH_FUNCTION(_NBL, _HashFunction) \
	(NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashInfo) = (PVOID)(ULONG_PTR)( \
		 NET_BUFFER_LIST_GET_HASH_TYPE(_NBL) | \
		 ((_HashFunction) & NDIS_HASH_FUNCTION_MASK)))

#endif
