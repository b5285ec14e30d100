/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/types.h: the scalar types that every other NDIS header is built from.
 * Included first by ndis.h and by any ndis/ header that is used alone, from
 * drivers and from the runtime alike. Types only: nothing here runs.
 */
#ifndef NRT_DDK_NDIS_TYPES_H
#define NRT_DDK_NDIS_TYPES_H

#include <ntdef.h>

/* An opaque reference that one side gives to the other; PVOID by document. */
typedef PVOID NDIS_HANDLE, *PNDIS_HANDLE;

/* NDIS_STATUS is a signed 32-bit number: NTSTATUS values plus NDIS's own. */
typedef int NDIS_STATUS, *PNDIS_STATUS;

typedef ULONG NDIS_OID, *PNDIS_OID;
typedef ULONG NDIS_PORT_NUMBER, *PNDIS_PORT_NUMBER;
typedef ULONG NDIS_NIC_SWITCH_ID, *PNDIS_NIC_SWITCH_ID;
typedef ULONG NDIS_NIC_SWITCH_VPORT_ID, *PNDIS_NIC_SWITCH_VPORT_ID;

typedef UNICODE_STRING NDIS_STRING, *PNDIS_STRING;
typedef PHYSICAL_ADDRESS NDIS_PHYSICAL_ADDRESS, *PNDIS_PHYSICAL_ADDRESS;

/* The port of an adapter that always exists and is never freed. */
#define NDIS_DEFAULT_PORT_NUMBER ((NDIS_PORT_NUMBER)0)
#define NDIS_MAXIMUM_PORTS 0x1000000

#endif
