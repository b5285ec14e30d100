/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The documented accessor macros of NET_BUFFER_LIST, NET_BUFFER and their
 * context and shared memory parts [nblaccessors/nf-nblaccessors-*], and the
 * cancel id macros [ndis/nf-ndis-ndis_get_net_buffer_list_cancel_id]. All are
 * lvalues unless their page says that they return a value. Any IRQL, by the
 * present owner of the structure. Included by <ndis.h>.
 */
#ifndef NDIS_NBLACCESSORS_H
#define NDIS_NBLACCESSORS_H

#include "nbl.h"

/* ---------------------------------------------------------- NET_BUFFER_LIST */

#define NET_BUFFER_LIST_NEXT_NBL(_NBL)          ((_NBL)->Next)
#define NET_BUFFER_LIST_FIRST_NB(_NBL)          ((_NBL)->FirstNetBuffer)
#define NET_BUFFER_LIST_FLAGS(_NBL)             ((_NBL)->Flags)
#define NET_BUFFER_LIST_NBL_FLAGS(_NBL)         ((_NBL)->NblFlags)
#define NET_BUFFER_LIST_STATUS(_NBL)            ((_NBL)->Status)
#define NET_BUFFER_LIST_PROTOCOL_RESERVED(_NBL) ((_NBL)->ProtocolReserved)
#define NET_BUFFER_LIST_MINIPORT_RESERVED(_NBL) ((_NBL)->MiniportReserved)
#define NET_BUFFER_LIST_INFO(_NBL, _Id)         ((_NBL)->NetBufferListInfo[(_Id)])

#define NET_BUFFER_LIST_CONTEXT_DATA_START(_NBL) \
	((PUCHAR)(((_NBL)->Context)->ContextData) + ((_NBL)->Context)->Offset)
#define NET_BUFFER_LIST_CONTEXT_DATA_SIZE(_NBL) \
	(((_NBL)->Context)->Size - ((_NBL)->Context)->Offset)

#define NdisTestNblFlag(_NBL, _F)  (((_NBL)->NblFlags & (_F)) != 0)
#define NdisTestNblFlags(_NBL, _F) (((_NBL)->NblFlags & (_F)) == (_F))
#define NdisSetNblFlag(_NBL, _F)   ((_NBL)->NblFlags |= (_F))
#define NdisClearNblFlag(_NBL, _F) ((_NBL)->NblFlags &= ~(_F))

#define NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(_NBL) NET_BUFFER_LIST_INFO(_NBL, NetBufferListCancelId)
#define NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(_NBL, _CancelId) \
	(NET_BUFFER_LIST_INFO(_NBL, NetBufferListCancelId) = (PVOID)(_CancelId))

/* The id is a UCHAR in the low byte of the slot, which NetBufferListFrameType shares. */
#define NdisSetNetBufferListProtocolId(_NBL, _ProtocolId) \
	(*((PUCHAR)(&NET_BUFFER_LIST_INFO(_NBL, NetBufferListProtocolId))) = (_ProtocolId))

/* --------------------------------------------------------------- NET_BUFFER */

#define NET_BUFFER_NEXT_NB(_NB)               ((_NB)->Next)
#define NET_BUFFER_FIRST_MDL(_NB)             ((_NB)->MdlChain)
#define NET_BUFFER_DATA_LENGTH(_NB)           ((_NB)->DataLength)
#define NET_BUFFER_DATA_OFFSET(_NB)           ((_NB)->DataOffset)
#define NET_BUFFER_CURRENT_MDL(_NB)           ((_NB)->CurrentMdl)
#define NET_BUFFER_CURRENT_MDL_OFFSET(_NB)    ((_NB)->CurrentMdlOffset)
#define NET_BUFFER_PROTOCOL_RESERVED(_NB)     ((_NB)->ProtocolReserved)
#define NET_BUFFER_MINIPORT_RESERVED(_NB)     ((_NB)->MiniportReserved)
#define NET_BUFFER_CHECKSUM_BIAS(_NB)         ((_NB)->ChecksumBias)
#define NET_BUFFER_DATA_PHYSICAL_ADDRESS(_NB) ((_NB)->DataPhysicalAddress)

/* These take a NET_BUFFER_SHARED_MEMORY, see NET_BUFFER.SharedMemoryInfo. */
#define NET_BUFFER_SHARED_MEM_NEXT_SEGMENT(_SHI) ((_SHI)->NextSharedMemorySegment)
#define NET_BUFFER_SHARED_MEM_FLAGS(_SHI)        ((_SHI)->SharedMemoryFlags)
#define NET_BUFFER_SHARED_MEM_HANDLE(_SHI)       ((_SHI)->SharedMemoryHandle)
#define NET_BUFFER_SHARED_MEM_OFFSET(_SHI)       ((_SHI)->SharedMemoryOffset)
#define NET_BUFFER_SHARED_MEM_LENGTH(_SHI)       ((_SHI)->SharedMemoryLength)

#endif
