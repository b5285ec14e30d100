/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/hdsplit.h: header-data split, NDIS 6.1: what an adapter can do, what is
 * set, and what OID_GEN_HD_SPLIT_PARAMETERS asks. Part of ntddndis.h; control
 * path only.
 */
#ifndef NRT_DDK_NDIS_HDSPLIT_H
#define NRT_DDK_NDIS_HDSPLIT_H

#include <ndis/objectheader.h>

#define NDIS_HD_SPLIT_CAPS_SUPPORTS_HEADER_DATA_SPLIT 0x00000001
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_IPV4_OPTIONS 0x00000002
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_IPV6_EXTENSION_HEADERS 0x00000004
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_TCP_OPTIONS 0x00000008

#define NDIS_HD_SPLIT_ENABLE_HEADER_DATA_SPLIT 0x00000001
#define NDIS_HD_SPLIT_COMBINE_ALL_HEADERS 0x00000001

/* Page ns-ntddndis-_ndis_hd_split_parameters. */
typedef struct _NDIS_HD_SPLIT_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG HDSplitCombineFlags;
} NDIS_HD_SPLIT_PARAMETERS, *PNDIS_HD_SPLIT_PARAMETERS;

#define NDIS_HD_SPLIT_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_HD_SPLIT_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_HD_SPLIT_PARAMETERS, HDSplitCombineFlags)

/* Page ns-ntddndis-_ndis_hd_split_current_config. */
typedef struct _NDIS_HD_SPLIT_CURRENT_CONFIG {
	NDIS_OBJECT_HEADER Header;
	ULONG HardwareCapabilities;
	ULONG CurrentCapabilities;
	ULONG HDSplitFlags;
	ULONG HDSplitCombineFlags;
	ULONG BackfillSize;
	ULONG MaxHeaderSize;
} NDIS_HD_SPLIT_CURRENT_CONFIG, *PNDIS_HD_SPLIT_CURRENT_CONFIG;

#define NDIS_HD_SPLIT_CURRENT_CONFIG_REVISION_1 1
#define NDIS_SIZEOF_HD_SPLIT_CURRENT_CONFIG_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_HD_SPLIT_CURRENT_CONFIG, MaxHeaderSize)

/* Page ns-ndis-_ndis_hd_split_attributes; the last three are NDIS's answer. */
typedef struct _NDIS_HD_SPLIT_ATTRIBUTES {
	NDIS_OBJECT_HEADER Header;
	ULONG HardwareCapabilities;
	ULONG CurrentCapabilities;
	ULONG HDSplitFlags;
	ULONG BackfillSize;
	ULONG MaxHeaderSize;
} NDIS_HD_SPLIT_ATTRIBUTES, *PNDIS_HD_SPLIT_ATTRIBUTES;

#define NDIS_HD_SPLIT_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_HD_SPLIT_ATTRIBUTES_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_HD_SPLIT_ATTRIBUTES, MaxHeaderSize)

#endif
