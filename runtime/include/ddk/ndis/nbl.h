/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NET_BUFFER_LIST, NET_BUFFER and their parts [nbl/ns-nbl-net_buffer_list,
 * ns-nbl-net_buffer, ...], with the flags that travel with them. Drivers reach
 * the members through the macros of ndis/nblaccessors.h. Included by <ndis.h>.
 *
 * Ownership: the driver that was handed a NET_BUFFER_LIST owns it, its
 * NET_BUFFERs and MDLs until it hands them on. ProtocolReserved is the sending
 * protocol's, MiniportReserved the miniport's while it owns the structure,
 * Scratch the present owner's, NdisReserved the runtime's.
 */
#ifndef NDIS_NBL_H
#define NDIS_NBL_H

#include <wdm.h>

#include <ndis/types.h>

#include "nblinfo.h"

#ifdef __cplusplus
extern "C" {
#endif

struct _SCATTER_GATHER_LIST;

typedef struct _NET_BUFFER NET_BUFFER, *PNET_BUFFER;
typedef struct _NET_BUFFER_LIST NET_BUFFER_LIST, *PNET_BUFFER_LIST;
typedef struct _NET_BUFFER_LIST_CONTEXT NET_BUFFER_LIST_CONTEXT, *PNET_BUFFER_LIST_CONTEXT;
typedef struct _NET_BUFFER_SHARED_MEMORY NET_BUFFER_SHARED_MEMORY, *PNET_BUFFER_SHARED_MEMORY;

/* A piece of shared memory behind a NET_BUFFER (VMQ, NDIS 6.20). */
struct _NET_BUFFER_SHARED_MEMORY {
	PNET_BUFFER_SHARED_MEMORY NextSharedMemorySegment;
	ULONG SharedMemoryFlags;
	NDIS_HANDLE SharedMemoryHandle;
	ULONG SharedMemoryOffset;
	ULONG SharedMemoryLength;
};

/* The used data space has two spellings; only DataLength's 32 bits may be set. */
typedef union _NET_BUFFER_DATA_LENGTH {
	ULONG DataLength;
	SIZE_T stDataLength;
} NET_BUFFER_DATA_LENGTH, *PNET_BUFFER_DATA_LENGTH;

/*
 * Where the data of a NET_BUFFER is: it starts DataOffset bytes into MdlChain,
 * which is CurrentMdlOffset bytes into CurrentMdl, and is NbDataLength long.
 */
typedef struct _NET_BUFFER_DATA {
	PNET_BUFFER Next;
	PMDL CurrentMdl;
	ULONG CurrentMdlOffset;
	NET_BUFFER_DATA_LENGTH NbDataLength;
	PMDL MdlChain;
	ULONG DataOffset;
} NET_BUFFER_DATA, *PNET_BUFFER_DATA;

typedef union _NET_BUFFER_HEADER {
	NET_BUFFER_DATA NetBufferData;
	SLIST_HEADER Link;
} NET_BUFFER_HEADER, *PNET_BUFFER_HEADER;

/* One frame (or one part of what is to be sent): [ns-nbl-net_buffer]. */
struct _NET_BUFFER {
	union {
		struct {
			PNET_BUFFER Next;
			PMDL CurrentMdl;
			ULONG CurrentMdlOffset;
			union {
				ULONG DataLength;
				SIZE_T stDataLength;
			};
			PMDL MdlChain;
			ULONG DataOffset;
		};
		SLIST_HEADER Link;
		NET_BUFFER_HEADER NetBufferHeader;
	};
	USHORT ChecksumBias;
	USHORT Reserved;
	NDIS_HANDLE NdisPoolHandle;
	DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID NdisReserved[2];
	DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID ProtocolReserved[6];
	DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID MiniportReserved[4];
	PHYSICAL_ADDRESS DataPhysicalAddress;
	union {
		PNET_BUFFER_SHARED_MEMORY SharedMemoryInfo;
		struct _SCATTER_GATHER_LIST *ScatterGatherList;
	};
};

/*
 * Per-driver context space of a NET_BUFFER_LIST: Size bytes of ContextData, of
 * which the first Offset are unused; it is handed out from the end.
 */
struct _NET_BUFFER_LIST_CONTEXT {
	PNET_BUFFER_LIST_CONTEXT Next;
	USHORT Size;
	USHORT Offset;
	DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) UCHAR ContextData[];
};

typedef struct _NET_BUFFER_LIST_DATA {
	PNET_BUFFER_LIST Next;
	PNET_BUFFER FirstNetBuffer;
} NET_BUFFER_LIST_DATA, *PNET_BUFFER_LIST_DATA;

typedef union _NET_BUFFER_LIST_HEADER {
	NET_BUFFER_LIST_DATA NetBufferListData;
	SLIST_HEADER Link;
} NET_BUFFER_LIST_HEADER, *PNET_BUFFER_LIST_HEADER;

/* A list of NET_BUFFERs that share out-of-band data: [ns-nbl-net_buffer_list]. */
struct _NET_BUFFER_LIST {
	union {
		struct {
			PNET_BUFFER_LIST Next;
			PNET_BUFFER FirstNetBuffer;
		};
		SLIST_HEADER Link;
		NET_BUFFER_LIST_HEADER NetBufferListHeader;
	};
	PNET_BUFFER_LIST_CONTEXT Context;
	PNET_BUFFER_LIST ParentNetBufferList;
	NDIS_HANDLE NdisPoolHandle;
	DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID NdisReserved[2];
	DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID ProtocolReserved[4];
	DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID MiniportReserved[2];
	PVOID Scratch;
	NDIS_HANDLE SourceHandle;
	ULONG NblFlags;
	LONG ChildRefCount;
	ULONG Flags;
	union {
		NDIS_STATUS Status;
		ULONG NdisReserved2;
	};
	PVOID NetBufferListInfo[MaxNetBufferListInfo];
};

C_ASSERT(sizeof(NET_BUFFER) == 0xB0);
C_ASSERT(sizeof(NET_BUFFER_LIST) == 0x180);
C_ASSERT(MaxNetBufferListInfo == 29);

/* ---------------------------------------------------- NET_BUFFER_LIST.Flags */

#define NBL_FLAGS_PROTOCOL_RESERVED 0xFFF00003u
#define NBL_FLAGS_MINIPORT_RESERVED 0x0000F000u
#define NBL_FLAGS_SCRATCH           0x000F0000u
#define NBL_FLAGS_NDIS_RESERVED     0x00000FFCu
/* The same two sets under the names that NDIS 6.30 gave them. */
#define NBL_PROT_RSVD_FLAGS NBL_FLAGS_PROTOCOL_RESERVED

/* ------------------------------------------------- NET_BUFFER_LIST.NblFlags */

#define NDIS_NBL_FLAGS_SEND_READ_ONLY                         0x00000001u
#define NDIS_NBL_FLAGS_RECV_READ_ONLY                         0x00000002u
#define NDIS_NBL_FLAGS_HD_SPLIT                               0x00000100u
#define NDIS_NBL_FLAGS_IS_IPV4                                0x00000200u
#define NDIS_NBL_FLAGS_IS_IPV6                                0x00000400u
#define NDIS_NBL_FLAGS_IS_TCP                                 0x00000800u
#define NDIS_NBL_FLAGS_IS_UDP                                 0x00001000u
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER   0x00002000u
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD  0x00004000u
#define NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET                     0x00008000u

/* ------------------------- flags of the send, receive and complete functions */

#define NDIS_SEND_FLAGS_DISPATCH_LEVEL                0x00000001u
#define NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK            0x00000002u
#define NDIS_SEND_FLAGS_SINGLE_QUEUE                  0x00000004u
#define NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP      0x00000010u
#define NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE          0x00000020u

#define NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL       0x00000001u
#define NDIS_SEND_COMPLETE_FLAGS_SINGLE_QUEUE         0x00000002u
#define NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE 0x00000004u

#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL             0x00000001u
#define NDIS_RECEIVE_FLAGS_RESOURCES                  0x00000002u
#define NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE          0x00000100u
#define NDIS_RECEIVE_FLAGS_SINGLE_VLAN                0x00000200u
#define NDIS_RECEIVE_FLAGS_PERFECT_FILTERED           0x00000400u
#define NDIS_RECEIVE_FLAGS_SINGLE_QUEUE               0x00000800u
#define NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID   0x00001000u
#define NDIS_RECEIVE_FLAGS_MORE_NBLS                  0x00002000u
#define NDIS_RECEIVE_FLAGS_SWITCH_DESTINATION_GROUP   0x00004000u
#define NDIS_RECEIVE_FLAGS_SWITCH_SINGLE_SOURCE       0x00008000u

#define NDIS_RETURN_FLAGS_DISPATCH_LEVEL              0x00000001u
#define NDIS_RETURN_FLAGS_SINGLE_QUEUE                0x00000002u
#define NDIS_RETURN_FLAGS_SWITCH_SINGLE_SOURCE        0x00000004u

#define NDIS_TEST_SEND_FLAG(_SendFlags, _Flag)  (((_SendFlags) & (_Flag)) != 0)
#define NDIS_SET_SEND_FLAG(_SendFlags, _Flag)   ((_SendFlags) |= (_Flag))
#define NDIS_CLEAR_SEND_FLAG(_SendFlags, _Flag) ((_SendFlags) &= ~(_Flag))
#define NDIS_TEST_SEND_AT_DISPATCH_LEVEL(_SendFlags) \
	NDIS_TEST_SEND_FLAG(_SendFlags, NDIS_SEND_FLAGS_DISPATCH_LEVEL)

#define NDIS_TEST_SEND_COMPLETE_FLAG(_SendCompleteFlags, _Flag) \
	(((_SendCompleteFlags) & (_Flag)) != 0)
#define NDIS_SET_SEND_COMPLETE_FLAG(_SendCompleteFlags, _Flag)   ((_SendCompleteFlags) |= (_Flag))
#define NDIS_CLEAR_SEND_COMPLETE_FLAG(_SendCompleteFlags, _Flag) ((_SendCompleteFlags) &= ~(_Flag))
#define NDIS_TEST_SEND_COMPLETE_AT_DISPATCH_LEVEL(_SendCompleteFlags) \
	NDIS_TEST_SEND_COMPLETE_FLAG(_SendCompleteFlags, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL)

#define NDIS_TEST_RECEIVE_FLAG(_ReceiveFlags, _Flag)  (((_ReceiveFlags) & (_Flag)) != 0)
#define NDIS_SET_RECEIVE_FLAG(_ReceiveFlags, _Flag)   ((_ReceiveFlags) |= (_Flag))
#define NDIS_CLEAR_RECEIVE_FLAG(_ReceiveFlags, _Flag) ((_ReceiveFlags) &= ~(_Flag))
#define NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(_ReceiveFlags) \
	NDIS_TEST_RECEIVE_FLAG(_ReceiveFlags, NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL)
#define NDIS_TEST_RECEIVE_CANNOT_PEND(_ReceiveFlags) \
	NDIS_TEST_RECEIVE_FLAG(_ReceiveFlags, NDIS_RECEIVE_FLAGS_RESOURCES)
#define NDIS_TEST_RECEIVE_CAN_PEND(_ReceiveFlags) \
	(((_ReceiveFlags) & NDIS_RECEIVE_FLAGS_RESOURCES) == 0)

#define NDIS_TEST_RETURN_FLAG(_ReturnFlags, _Flag)  (((_ReturnFlags) & (_Flag)) != 0)
#define NDIS_SET_RETURN_FLAG(_ReturnFlags, _Flag)   ((_ReturnFlags) |= (_Flag))
#define NDIS_CLEAR_RETURN_FLAG(_ReturnFlags, _Flag) ((_ReturnFlags) &= ~(_Flag))
#define NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(_ReturnFlags) \
	NDIS_TEST_RETURN_FLAG(_ReturnFlags, NDIS_RETURN_FLAGS_DISPATCH_LEVEL)

#ifdef __cplusplus
}
#endif
#endif
