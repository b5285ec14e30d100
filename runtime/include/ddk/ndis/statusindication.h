/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/statusindication.h: NDIS_STATUS_INDICATION, what a miniport hands to
 * NdisMIndicateStatusEx and a binding gets in ProtocolStatusEx, at IRQL <=
 * DISPATCH_LEVEL, on the thread of the driver that indicates.
 */
#ifndef NRT_DDK_NDIS_STATUSINDICATION_H
#define NRT_DDK_NDIS_STATUSINDICATION_H

#include <guiddef.h>
#include <ndis/objectheader.h>

/* Page ns-ndis-_ndis_status_indication. */
typedef struct _NDIS_STATUS_INDICATION {
	NDIS_OBJECT_HEADER Header;
	NDIS_HANDLE SourceHandle;
	NDIS_PORT_NUMBER PortNumber;
	NDIS_STATUS StatusCode;
	ULONG Flags;
	NDIS_HANDLE DestinationHandle;
	PVOID RequestId;
	PVOID StatusBuffer;
	ULONG StatusBufferSize;
	GUID Guid;
	PVOID NdisReserved[4];
} NDIS_STATUS_INDICATION, *PNDIS_STATUS_INDICATION;

#define NDIS_STATUS_INDICATION_REVISION_1 1
#define NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_STATUS_INDICATION, NdisReserved)

#define NDIS_STATUS_INDICATION_FLAGS_MEDIA_CONNECT_TO_CONNECT 0x1000
#define NDIS_STATUS_INDICATION_FLAGS_NDIS_RESERVED 0xFFF

NRT_EXTERN_C_BEGIN

NRT_EXPORT VOID NdisMIndicateStatusEx(NDIS_HANDLE MiniportAdapterHandle,
				      PNDIS_STATUS_INDICATION StatusIndication);

NRT_EXTERN_C_END

#endif
