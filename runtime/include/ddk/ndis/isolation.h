/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/isolation.h: how a virtual machine's network adapter is kept apart from others, NDIS
 * 6.40: routing domains and the isolation ids in each, as OID_GEN_ISOLATION_PARAMETERS and
 * a switch port's property carry them, and the documented macros that walk them
 * [ntddndis/ns-ntddndis-_ndis_isolation_parameters and its kin]. Part of ntddndis.h. The
 * numbers of entries say where a walk ends; the macros do not look.
 */
#ifndef NRT_DDK_NDIS_ISOLATION_H
#define NRT_DDK_NDIS_ISOLATION_H

#include <ndis/switch.h>

/* Of characters, without the end. */
#define NDIS_ISOLATION_NAME_MAX_STRING_SIZE 127

typedef GUID NDIS_ROUTING_DOMAIN_ID, *PNDIS_ROUTING_DOMAIN_ID;

typedef struct _NDIS_ISOLATION_NAME {
	USHORT Length; /* in bytes */
	WCHAR String[NDIS_ISOLATION_NAME_MAX_STRING_SIZE + 1];
} NDIS_ISOLATION_NAME;

typedef NDIS_ISOLATION_NAME NDIS_ISOLATION_ID_NAME, *PNDIS_ISOLATION_ID_NAME;
typedef NDIS_ISOLATION_NAME NDIS_ROUTING_DOMAIN_NAME, *PNDIS_ROUTING_DOMAIN_NAME;

typedef enum _NDIS_ISOLATION_MODE {
	NdisIsolationModeNone,
	NdisIsolationModeNativeVirtualSubnet,
	NdisIsolationModeExternalVirtualSubnet,
	NdisIsolationModeVlan
} NDIS_ISOLATION_MODE, *PNDIS_ISOLATION_MODE;

typedef struct _NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_ISOLATION_ID_NAME IsolationIdName;
	union {
		struct {
			UINT32 VirtualSubnetId : 24;
		};
		struct {
			UINT32 VlanId : 12;
		};
		UINT32 IsolationId;
	};
} NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY, *PNDIS_ROUTING_DOMAIN_ISOLATION_ENTRY;

#define NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY, IsolationId)

#define NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY_GET_NEXT(_IsolationEntry_) \
	((PNDIS_ROUTING_DOMAIN_ISOLATION_ENTRY)(_IsolationEntry_) + 1)

typedef struct _NDIS_ROUTING_DOMAIN_ENTRY {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_ROUTING_DOMAIN_ID RoutingDomainId;
	NDIS_ROUTING_DOMAIN_NAME RoutingDomainName;
	ULONG NumIsolationEntries;
	ULONG FirstIsolationEntryOffset;
} NDIS_ROUTING_DOMAIN_ENTRY, *PNDIS_ROUTING_DOMAIN_ENTRY;

#define NDIS_ROUTING_DOMAIN_ENTRY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_ROUTING_DOMAIN_ENTRY_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_ROUTING_DOMAIN_ENTRY, FirstIsolationEntryOffset)

#define NDIS_ROUTING_DOMAIN_ENTRY_GET_FIRST_ISOLATION_ENTRY(_RoutingDomainEntry_)             \
	NRT_SWITCH_AT(PNDIS_ROUTING_DOMAIN_ISOLATION_ENTRY, _RoutingDomainEntry_,             \
		      (_RoutingDomainEntry_)->FirstIsolationEntryOffset)
/* Behind the entry's isolation entries. */
#define NDIS_ROUTING_DOMAIN_ENTRY_GET_NEXT(_RoutingDomainEntry_)                              \
	NRT_SWITCH_AT(PNDIS_ROUTING_DOMAIN_ENTRY, _RoutingDomainEntry_,                       \
		      (_RoutingDomainEntry_)->FirstIsolationEntryOffset +                     \
			      (SIZE_T)(_RoutingDomainEntry_)->NumIsolationEntries *           \
				      sizeof(NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY))

typedef struct _NDIS_ISOLATION_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_ISOLATION_MODE IsolationMode;
	BOOLEAN AllowUntaggedTraffic;
	ULONG NumRoutingDomainEntries;
	ULONG FirstRoutingDomainEntryOffset;
} NDIS_ISOLATION_PARAMETERS, *PNDIS_ISOLATION_PARAMETERS;

#define NDIS_ISOLATION_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_ISOLATION_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_ISOLATION_PARAMETERS, FirstRoutingDomainEntryOffset)

#define NDIS_ISOLATION_PARAMETERS_GET_FIRST_ROUTING_DOMAIN_ENTRY(_IsolationParameters_) \
	NRT_SWITCH_AT(PNDIS_ROUTING_DOMAIN_ENTRY, _IsolationParameters_,                \
		      (_IsolationParameters_)->FirstRoutingDomainEntryOffset)

typedef struct _NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_ROUTING_DOMAIN_ID RoutingDomainId;
	NDIS_ROUTING_DOMAIN_NAME RoutingDomainName;
	ULONG NumIsolationEntries;
	ULONG FirstIsolationEntryOffset;
} NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN, *PNDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN;

#define NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN, FirstIsolationEntryOffset)

#define NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN_GET_FIRST_ISOLATION_ENTRY(_RoutingDomain_) \
	NRT_SWITCH_AT(PNDIS_ROUTING_DOMAIN_ISOLATION_ENTRY, _RoutingDomain_,                \
		      (_RoutingDomain_)->FirstIsolationEntryOffset)

#endif
