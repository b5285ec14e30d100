/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools of NET_BUFFER_LISTs and NET_BUFFERs, and the functions that allocate,
 * clone, move the data start of and read them [nblapi/nf-nblapi-*]. Included by
 * <ndis.h>.
 *
 * All functions may be called from any thread at IRQL <= DISPATCH_LEVEL. What
 * comes from a pool is zero but for the documented links, and belongs to the
 * caller, who frees it with the function that its page names; a pool is freed
 * when everything has come back to it.
 */
#ifndef NDIS_NBLAPI_H
#define NDIS_NBLAPI_H

#include <ndis/objectheader.h>

#include "nblaccessors.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef NDIS_PROTOCOL_ID_DEFAULT
#define NDIS_PROTOCOL_ID_DEFAULT 0x00
#define NDIS_PROTOCOL_ID_TCP_IP  0x02
#define NDIS_PROTOCOL_ID_IP6     0x03
#define NDIS_PROTOCOL_ID_IPX     0x06
#define NDIS_PROTOCOL_ID_NBF     0x07
#define NDIS_PROTOCOL_ID_MAX     0x0F
#define NDIS_PROTOCOL_ID_MASK    0x0F
#endif

/* [ns-nblapi-net_buffer_list_pool_parameters] */
typedef struct _NET_BUFFER_LIST_POOL_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	UCHAR ProtocolId;
	BOOLEAN fAllocateNetBuffer; /* each NBL comes with one NET_BUFFER */
	USHORT ContextSize;         /* multiple of MEMORY_ALLOCATION_ALIGNMENT */
	ULONG PoolTag;
	ULONG DataSize;             /* not 0: each NET_BUFFER comes with an MDL and data */
	ULONG Flags;                /* reserved; not part of revision 1 */
} NET_BUFFER_LIST_POOL_PARAMETERS, *PNET_BUFFER_LIST_POOL_PARAMETERS;

#define NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 \
	RTL_SIZEOF_THROUGH_FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, DataSize)

/* [nf-nblapi-ndisallocatenetbufferpool] */
typedef struct _NET_BUFFER_POOL_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG PoolTag;
	ULONG DataSize; /* for NdisAllocateNetBufferMdlAndData */
} NET_BUFFER_POOL_PARAMETERS, *PNET_BUFFER_POOL_PARAMETERS;

#define NET_BUFFER_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 \
	RTL_SIZEOF_THROUGH_FIELD(NET_BUFFER_POOL_PARAMETERS, DataSize)

/*
 * A driver's own MDL allocator for retreats: NetAllocateMdl may be asked for
 * more than the retreat needs, and sets *BufferSize to what it gave.
 * [nc-nblapi-net_buffer_allocate_mdl, nc-nblapi-net_buffer_free_mdl]
 */
typedef PMDL (NET_BUFFER_ALLOCATE_MDL)(PULONG BufferSize);
typedef NET_BUFFER_ALLOCATE_MDL *NET_BUFFER_ALLOCATE_MDL_HANDLER;
typedef VOID (NET_BUFFER_FREE_MDL)(PMDL Mdl);
typedef NET_BUFFER_FREE_MDL *NET_BUFFER_FREE_MDL_HANDLER;

/* AllocateCloneFlags and FreeCloneFlags. */
#define NDIS_CLONE_FLAGS_RESERVED          0x00000001u
#define NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS 0x00000002u

/* ------------------------------------------------------------------- pools */

NRT_EXPORT NDIS_HANDLE NdisAllocateNetBufferListPool(
	NDIS_HANDLE NdisHandle, const NET_BUFFER_LIST_POOL_PARAMETERS *Parameters);
NRT_EXPORT VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle);

NRT_EXPORT NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle,
						 const NET_BUFFER_POOL_PARAMETERS *Parameters);
NRT_EXPORT VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle);

NRT_EXPORT NDIS_HANDLE NdisGetPoolFromNetBufferList(const NET_BUFFER_LIST *NetBufferList);
NRT_EXPORT NDIS_HANDLE NdisGetPoolFromNetBuffer(const NET_BUFFER *NetBuffer);
NRT_EXPORT UCHAR NdisGetNetBufferListProtocolId(const NET_BUFFER_LIST *NetBufferList);

/* --------------------------------------------- NET_BUFFER_LISTs, NET_BUFFERs */

NRT_EXPORT PNET_BUFFER_LIST NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
						      USHORT ContextBackFill);
NRT_EXPORT PNET_BUFFER_LIST NdisAllocateNetBufferAndNetBufferList(
	NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill, PMDL MdlChain,
	ULONG DataOffset, SIZE_T DataLength);
NRT_EXPORT VOID NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList);

NRT_EXPORT PNET_BUFFER NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain,
					     ULONG DataOffset, SIZE_T DataLength);
NRT_EXPORT PNET_BUFFER NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle);
NRT_EXPORT VOID NdisFreeNetBuffer(PNET_BUFFER NetBuffer);

NRT_EXPORT NDIS_STATUS NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList,
							USHORT ContextSize,
							USHORT ContextBackFill, ULONG PoolTag);
NRT_EXPORT VOID NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize);

/* ------------------------------------------------- clones, fragments, wholes */

NRT_EXPORT PNET_BUFFER_LIST NdisAllocateCloneNetBufferList(
	PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPoolHandle,
	NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags);
NRT_EXPORT VOID NdisFreeCloneNetBufferList(PNET_BUFFER_LIST CloneNetBufferList,
					   ULONG FreeCloneFlags);

NRT_EXPORT PNET_BUFFER_LIST NdisAllocateFragmentNetBufferList(
	PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPool,
	NDIS_HANDLE NetBufferPool, ULONG StartOffset, ULONG MaximumLength, ULONG DataOffsetDelta,
	ULONG DataBackFill, ULONG AllocateFragmentFlags);
NRT_EXPORT VOID NdisFreeFragmentNetBufferList(PNET_BUFFER_LIST FragmentNetBufferList,
					      ULONG DataOffsetDelta, ULONG FreeFragmentFlags);

NRT_EXPORT PNET_BUFFER_LIST NdisAllocateReassembledNetBufferList(
	PNET_BUFFER_LIST FragmentNetBufferList, NDIS_HANDLE NetBufferAndNetBufferListPoolHandle,
	ULONG StartOffset, ULONG DataOffsetDelta, ULONG DataBackFill,
	ULONG AllocateReassembleFlags);
NRT_EXPORT VOID NdisFreeReassembledNetBufferList(PNET_BUFFER_LIST ReassembledNetBufferList,
						 ULONG DataOffsetDelta,
						 ULONG FreeReassembleFlags);

NRT_EXPORT VOID NdisCopySendNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList,
					      PNET_BUFFER_LIST SrcNetBufferList);
NRT_EXPORT VOID NdisCopyReceiveNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList,
						 PNET_BUFFER_LIST SrcNetBufferList);

/* --------------------------------------------------------- data in a NET_BUFFER */

NRT_EXPORT NDIS_STATUS NdisRetreatNetBufferDataStart(
	PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
	NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler);
NRT_EXPORT VOID NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta,
					      BOOLEAN FreeMdl,
					      NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
NRT_EXPORT NDIS_STATUS NdisRetreatNetBufferListDataStart(
	PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, ULONG DataBackFill,
	NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
	NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
NRT_EXPORT VOID NdisAdvanceNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList,
						  ULONG DataOffsetDelta, BOOLEAN FreeMdl,
						  NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
NRT_EXPORT VOID NdisAdjustNetBufferCurrentMdl(PNET_BUFFER NetBuffer);

NRT_EXPORT PVOID NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage,
				   ULONG AlignMultiple, ULONG AlignOffset);
NRT_EXPORT NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(
	PNET_BUFFER Destination, ULONG DestinationOffset, ULONG BytesToCopy,
	const NET_BUFFER *Source, ULONG SourceOffset, PULONG BytesCopied);
NRT_EXPORT ULONG NdisQueryNetBufferPhysicalCount(PNET_BUFFER NetBuffer);

#ifdef __cplusplus
}
#endif
#endif
