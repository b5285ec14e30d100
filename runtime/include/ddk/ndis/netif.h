/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/netif.h: network interface providers: a driver that registers
 * interfaces of its own with NDIS and answers queries about them, and the
 * interface stack table. All at PASSIVE_LEVEL.
 */
#ifndef NRT_DDK_NDIS_NETIF_H
#define NRT_DDK_NDIS_NETIF_H

#include <ifdef.h>
#include <ndis/link.h>

typedef NDIS_STATUS(IF_QUERY_OBJECT)(NDIS_HANDLE ProviderIfContext, NET_IF_OBJECT_ID ObjectId,
				     PULONG pOutputBufferLength, PVOID pOutputBuffer);
typedef IF_QUERY_OBJECT(*IFP_QUERY_OBJECT);

typedef NDIS_STATUS(IF_SET_OBJECT)(NDIS_HANDLE ProviderIfContext, NET_IF_OBJECT_ID ObjectId,
				   ULONG InputBufferLength, PVOID pInputBuffer);
typedef IF_SET_OBJECT(*IFP_SET_OBJECT);

NRT_EXTERN_C_BEGIN

NRT_EXPORT NDIS_STATUS NdisIfAllocateNetLuidIndex(NET_IFTYPE ifType, PUINT32 pNetLuidIndex);
NRT_EXPORT NDIS_STATUS NdisIfFreeNetLuidIndex(NET_IFTYPE ifType, UINT32 NetLuidIndex);
NRT_EXPORT NDIS_STATUS NdisIfGetInterfaceIndexFromNetLuid(NET_LUID NetLuid, PNET_IFINDEX pIfIndex);
NRT_EXPORT NDIS_STATUS NdisIfGetNetLuidFromInterfaceIndex(NET_IFINDEX ifIndex, PNET_LUID pNetLuid);
NRT_EXPORT NDIS_STATUS NdisIfQueryBindingIfIndex(NDIS_HANDLE NdisBindingHandle,
						 PNET_IFINDEX pBoundIfIndex,
						 PNET_LUID pBoundIfNetLuid,
						 PNET_IFINDEX pBindingIfIndex,
						 PNET_LUID pBindingIfNetLuid);
NRT_EXPORT NDIS_STATUS NdisIfAddIfStackEntry(NET_IFINDEX HigherLayerIfIndex,
					     NET_IFINDEX LowerLayerIfIndex);
NRT_EXPORT NDIS_STATUS NdisIfDeleteIfStackEntry(NET_IFINDEX HigherLayerIfIndex,
						NET_IFINDEX LowerLayerIfIndex);
NRT_EXPORT NDIS_STATUS NdisEnumerateFilterModules(NDIS_HANDLE NdisHandle, PVOID InterfaceBuffer,
						  ULONG InterfaceBufferLength, PULONG BytesNeeded,
						  PULONG BytesWritten);
NRT_EXPORT VOID NdisIfDeregisterInterface(NET_IFINDEX ifIndex);
NRT_EXPORT VOID NdisIfDeregisterProvider(NDIS_HANDLE NdisProviderHandle);

NRT_EXTERN_C_END

/* Page nf-ntddndis-ndis_make_net_luid, a macro by document. */
#define NDIS_MAKE_NET_LUID(PNLUID, IFTYPE, NLUIDIDX) \
	do { \
		(PNLUID)->Info.IfType = (IFTYPE); \
		(PNLUID)->Info.NetLuidIndex = (NLUIDIDX); \
		(PNLUID)->Info.Reserved = 0; \
	} while (0)

#endif
