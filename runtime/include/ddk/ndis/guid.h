/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/guid.h: NDIS_GUID, by which a miniport offers its own OIDs and status
 * codes to management (the answer to OID_GEN_SUPPORTED_GUIDS), and the network
 * addresses of OID_GEN_NETWORK_LAYER_ADDRESSES. Part of ntddndis.h.
 */
#ifndef NRT_DDK_NDIS_GUID_H
#define NRT_DDK_NDIS_GUID_H

#include <guiddef.h>
#include <ndis/types.h>

#define fNDIS_GUID_TO_OID 0x00000001
#define fNDIS_GUID_TO_STATUS 0x00000002
#define fNDIS_GUID_ANSI_STRING 0x00000004
#define fNDIS_GUID_UNICODE_STRING 0x00000008
#define fNDIS_GUID_ARRAY 0x00000010
#define fNDIS_GUID_ALLOW_READ 0x00000020
#define fNDIS_GUID_ALLOW_WRITE 0x00000040
#define fNDIS_GUID_METHOD 0x00000080
#define fNDIS_GUID_NDIS_RESERVED 0x00000100
#define fNDIS_GUID_SUPPORT_COMMON_HEADER 0x00000200

/* Page oid-gen-supported-guids. */
typedef struct _NDIS_GUID {
	GUID Guid;
	union {
		NDIS_OID Oid;
		NDIS_STATUS Status;
	};
	ULONG Size;
	ULONG Flags;
} NDIS_GUID, *PNDIS_GUID;

/* Page oid-gen-network-layer-addresses. */
typedef struct _NETWORK_ADDRESS {
	USHORT AddressLength;
	USHORT AddressType;
	UCHAR Address[1];
} NETWORK_ADDRESS, *PNETWORK_ADDRESS;

typedef struct _NETWORK_ADDRESS_LIST {
	LONG AddressCount;
	USHORT AddressType;
	NETWORK_ADDRESS Address[1];
} NETWORK_ADDRESS_LIST, *PNETWORK_ADDRESS_LIST;

typedef struct _NETWORK_ADDRESS_IP {
	USHORT sin_port;
	ULONG in_addr;
	UCHAR sin_zero[8];
} NETWORK_ADDRESS_IP, *PNETWORK_ADDRESS_IP;

#define NETWORK_ADDRESS_LENGTH_IP sizeof(NETWORK_ADDRESS_IP)

#endif
