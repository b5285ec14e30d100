/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frame and packet header layouts that network drivers share: Ethernet,
 * 802.1Q, SNAP, ARP. Multi-byte fields are in network byte order.
 */
#ifndef NRT_DDK_NETIODEF_H
#define NRT_DDK_NETIODEF_H

#include "ntdef.h"
#include "ifdef.h"

#define ETHERNET_TYPE_MINIMUM 0x0600
#define ETHERNET_TYPE_IPV4 0x0800
#define ETHERNET_TYPE_ARP 0x0806
#define ETHERNET_TYPE_IPV6 0x86dd
#define ETHERNET_TYPE_802_1Q 0x8100
#define ETHERNET_TYPE_802_1AD 0x88a8

#define IP_VER_MASK 0xF0
#define IPV4_VERSION 4
#define IPV6_VERSION 6

typedef union _DL_EUI48 {
	UINT8 Byte[6];
	struct {
		union {
			UINT8 Byte[3];
			struct {
				UINT8 Multicast : 1;
				UINT8 Reserved : 7;
			};
		} Oui;
		UINT8 Ei48[3];
	};
} DL_EUI48, *PDL_EUI48;

typedef struct _ETHERNET_HEADER {
	DL_EUI48 Destination;
	DL_EUI48 Source;
	union {
		UINT16 Type;
		UINT16 Length;
	};
} ETHERNET_HEADER, *PETHERNET_HEADER;

typedef struct _VLAN_TAG {
	union {
		UINT16 Tag;
		struct {
			UINT16 VLANID : 12;
			UINT16 CFI : 1;
			UINT16 UserPriority : 3;
		};
	};
	UINT16 Type;
} VLAN_TAG, *PVLAN_TAG;

NRT_STATIC_ASSERT(sizeof(ETHERNET_HEADER) == 14, "an Ethernet header is 14 bytes");

#endif
