/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/oidrequest.h: NDIS_OID_REQUEST, the one shape of every query, set and
 * method request, from protocol or runtime down to a miniport. Regular
 * requests are serialised per adapter at PASSIVE_LEVEL; direct ones are not.
 */
#ifndef NRT_DDK_NDIS_OIDREQUEST_H
#define NRT_DDK_NDIS_OIDREQUEST_H

#include <ndis/objectheader.h>

/* Page ne-ntddndis-_ndis_request_type. */
typedef enum _NDIS_REQUEST_TYPE {
	NdisRequestQueryInformation,
	NdisRequestSetInformation,
	NdisRequestQueryStatistics,
	NdisRequestOpen,
	NdisRequestClose,
	NdisRequestSend,
	NdisRequestTransferData,
	NdisRequestReset,
	NdisRequestGeneric1,
	NdisRequestGeneric2,
	NdisRequestGeneric3,
	NdisRequestGeneric4,
	NdisRequestMethod
} NDIS_REQUEST_TYPE, *PNDIS_REQUEST_TYPE;

#define NDIS_OID_REQUEST_TIMEOUT_INFINITE 0
#define NDIS_OID_REQUEST_NDIS_RESERVED_SIZE 16

/* Flags: VPortId names the target; without it the adapter itself is meant. */
#define NDIS_OID_REQUEST_FLAGS_VPORT_ID_VALID 0x0001

/* Page ns-ndis-_ndis_oid_request. */
typedef struct _NDIS_OID_REQUEST {
	NDIS_OBJECT_HEADER Header;
	NDIS_REQUEST_TYPE RequestType;
	NDIS_PORT_NUMBER PortNumber;
	UINT Timeout; /* seconds; 0 is for ever */
	PVOID RequestId;
	NDIS_HANDLE RequestHandle;

	union _REQUEST_DATA {
		struct _QUERY {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			UINT InformationBufferLength;
			UINT BytesWritten;
			UINT BytesNeeded;
		} QUERY_INFORMATION;

		struct _SET {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			UINT InformationBufferLength;
			UINT BytesRead;
			UINT BytesNeeded;
		} SET_INFORMATION;

		struct _METHOD {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			ULONG InputBufferLength;
			ULONG OutputBufferLength;
			ULONG MethodId;
			UINT BytesWritten;
			UINT BytesRead;
			UINT BytesNeeded;
		} METHOD_INFORMATION;
	} DATA;

	UCHAR NdisReserved[NDIS_OID_REQUEST_NDIS_RESERVED_SIZE * sizeof(PVOID)];
	UCHAR MiniportReserved[2 * sizeof(PVOID)];
	UCHAR SourceReserved[2 * sizeof(PVOID)];
	UCHAR SupportedRevision;
	UCHAR Reserved1;
	USHORT Reserved2;
	NDIS_NIC_SWITCH_ID SwitchId;      /* 6.50 */
	NDIS_NIC_SWITCH_VPORT_ID VPortId; /* 6.50 */
	ULONG Flags;                      /* 6.50 */
} NDIS_OID_REQUEST, *PNDIS_OID_REQUEST;

#define NDIS_OID_REQUEST_REVISION_1 1
#define NDIS_OID_REQUEST_REVISION_2 2
#define NDIS_SIZEOF_OID_REQUEST_REVISION_1 NRT_SIZEOF_THROUGH(NDIS_OID_REQUEST, Reserved2)
#define NDIS_SIZEOF_OID_REQUEST_REVISION_2 NRT_SIZEOF_THROUGH(NDIS_OID_REQUEST, Flags)

NRT_EXTERN_C_BEGIN

NRT_EXPORT NDIS_STATUS NdisOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest);
NRT_EXPORT VOID NdisCancelOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId);
NRT_EXPORT NDIS_STATUS NdisDirectOidRequest(NDIS_HANDLE NdisBindingHandle,
					    PNDIS_OID_REQUEST OidRequest);
NRT_EXPORT VOID NdisCancelDirectOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId);
NRT_EXPORT NDIS_STATUS NdisSynchronousOidRequest(NDIS_HANDLE NdisBindingHandle,
						 PNDIS_OID_REQUEST OidRequest);
NRT_EXPORT NDIS_STATUS NdisAllocateCloneOidRequest(NDIS_HANDLE SourceHandle,
						   PNDIS_OID_REQUEST OidRequest, UINT PoolTag,
						   PNDIS_OID_REQUEST *ClonedOidRequest);
NRT_EXPORT VOID NdisFreeCloneOidRequest(NDIS_HANDLE SourceHandle, PNDIS_OID_REQUEST Request);

NRT_EXPORT VOID NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle,
					PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status);
NRT_EXPORT VOID NdisMDirectOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle,
					      PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status);

NRT_EXTERN_C_END

#endif
