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
#include <ndis/media.h>

typedef NDIS_STATUS(IF_QUERY_OBJECT)(NDIS_HANDLE ProviderIfContext, NET_IF_OBJECT_ID ObjectId,
				     PULONG pOutputBufferLength, PVOID pOutputBuffer);
typedef IF_QUERY_OBJECT(*IFP_QUERY_OBJECT);

typedef NDIS_STATUS(IF_SET_OBJECT)(NDIS_HANDLE ProviderIfContext, NET_IF_OBJECT_ID ObjectId,
				   ULONG InputBufferLength, PVOID pInputBuffer);
typedef IF_SET_OBJECT(*IFP_SET_OBJECT);

/* Page ns-ndis-_ndis_if_provider_characteristics. */
typedef struct _NDIS_IF_PROVIDER_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header; /* NDIS_OBJECT_TYPE_DEFAULT, NDIS_OBJECT_REVISION_1 */
	IFP_QUERY_OBJECT QueryObjectHandler;
	IFP_SET_OBJECT SetObjectHandler;
	PVOID Reserved1;
	PVOID Reserved2;
} NDIS_IF_PROVIDER_CHARACTERISTICS, *PNDIS_IF_PROVIDER_CHARACTERISTICS;

#define NDIS_SIZEOF_IF_PROVIDER_CHARACTERISTICS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_IF_PROVIDER_CHARACTERISTICS, Reserved2)

/* NET_IF_INFORMATION.Flags and .WanTunnelType. */
#define NIIF_HARDWARE_INTERFACE 0x00000001
#define NIIF_FILTER_INTERFACE 0x00000002
#define NIIF_NDIS_RESERVED1 0x00000004
#define NIIF_NDIS_RESERVED2 0x00000008
#define NIIF_NDIS_RESERVED3 0x00000010
#define NIIF_WAN_TUNNEL_TYPE_UNKNOWN ((ULONG)-1)

/* Page ns-ndis-_net_if_information. The arrays are behind the structure, at offsets from
 * its beginning. */
typedef struct _NET_IF_INFORMATION {
	NDIS_OBJECT_HEADER Header; /* NDIS_OBJECT_TYPE_DEFAULT, NDIS_OBJECT_REVISION_1 */
	ULONG Flags;
	NET_PHYSICAL_LOCATION PhysicalLocation;
	ULONG WanTunnelType;
	ULONG PortNumber;
	NET_IF_ACCESS_TYPE AccessType;
	NET_IF_DIRECTION_TYPE DirectionType;
	NET_IF_CONNECTION_TYPE ConnectionType;
	BOOLEAN ifConnectorPresent;
	USHORT PhysAddressLength;
	USHORT PhysAddressOffset;
	USHORT PermanentPhysAddressOffset;
	USHORT FriendlyNameLength; /* bytes */
	USHORT FriendlyNameOffset;
	GUID InterfaceGuid;
	NET_IF_NETWORK_GUID NetworkGuid;
	ULONG SupportedStatistics;
	NDIS_MEDIUM MediaType;
	NDIS_PHYSICAL_MEDIUM PhysicalMediumType;
} NET_IF_INFORMATION, *PNET_IF_INFORMATION;

#define NDIS_SIZEOF_NET_IF_INFORMATION_REVISION_1 \
	NRT_SIZEOF_THROUGH(NET_IF_INFORMATION, PhysicalMediumType)

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
NRT_EXPORT NDIS_STATUS NdisIfRegisterProvider(
	PNDIS_IF_PROVIDER_CHARACTERISTICS ProviderCharacteristics, NDIS_HANDLE IfProviderContext,
	PNDIS_HANDLE pNdisIfProviderHandle);
NRT_EXPORT NDIS_STATUS NdisIfRegisterInterface(NDIS_HANDLE NdisProviderHandle, NET_LUID NetLuid,
					       NDIS_HANDLE ProviderIfContext,
					       PNET_IF_INFORMATION pIfInfo, PNET_IFINDEX pfIndex);
NRT_EXPORT VOID NdisIfDeregisterInterface(NET_IFINDEX ifIndex);
NRT_EXPORT VOID NdisIfDeregisterProvider(NDIS_HANDLE NdisProviderHandle);

NRT_EXTERN_C_END

/* Page nf-ntddndis-ndis_make_net_luid, a macro by document. */
#define NDIS_MAKE_NET_LUID(PNLUID, IFTYPE, NLUIDIDX) \
	do { \
		(PNLUID)->Info.IfType = (IFTYPE); \
		(PNLUID)->Info.NetLuidIndex = (NLUIDIDX) & 0xFFFFFF; \
		(PNLUID)->Info.Reserved = 0; \
	} while (0)

#endif
