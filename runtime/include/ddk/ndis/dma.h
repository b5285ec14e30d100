/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/dma.h: bus-master DMA: scatter/gather lists of NET_BUFFERs and memory
 * shared with a device. Registration at PASSIVE_LEVEL from
 * MiniportInitializeEx; lists are built and handed over at DISPATCH_LEVEL.
 */
#ifndef NRT_DDK_NDIS_DMA_H
#define NRT_DDK_NDIS_DMA_H

#include <wdm.h>
#include <ndis/nbl.h>
#include <ndis/objectheader.h>
#include <ndis/rxfilter.h>

#ifndef NRT_SCATTER_GATHER_LIST
#define NRT_SCATTER_GATHER_LIST
/* Page ns-wdm-_scatter_gather_list. */
typedef struct _SCATTER_GATHER_ELEMENT {
	PHYSICAL_ADDRESS Address;
	ULONG Length;
	ULONG_PTR Reserved;
} SCATTER_GATHER_ELEMENT, *PSCATTER_GATHER_ELEMENT;

typedef struct _SCATTER_GATHER_LIST {
	ULONG NumberOfElements;
	ULONG_PTR Reserved;
	SCATTER_GATHER_ELEMENT Elements[];
} SCATTER_GATHER_LIST, *PSCATTER_GATHER_LIST;
#endif

/* NDIS_SG_DMA_DESCRIPTION.Flags and the flag of one list. */
#define NDIS_SG_DMA_64_BIT_ADDRESS 0x00000001
#define NDIS_SG_DMA_V3_HAL_API 0x00000002
#define NDIS_SG_DMA_HYBRID_DMA 0x00000004
#define NDIS_SG_LIST_WRITE_TO_DEVICE 0x00000001

typedef VOID(MINIPORT_PROCESS_SG_LIST)(PDEVICE_OBJECT DO, PVOID Reserved,
				       PSCATTER_GATHER_LIST ScatterGatherListBuffer,
				       PVOID Context);
typedef MINIPORT_PROCESS_SG_LIST(*MINIPORT_PROCESS_SG_LIST_HANDLER);

typedef VOID(MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE)(NDIS_HANDLE MiniportAdapterContext,
						    PVOID VirtualAddress,
						    PNDIS_PHYSICAL_ADDRESS PhysicalAddress,
						    ULONG Length, PVOID Context);
typedef MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE(*MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER);

/* Page ns-ndis-_ndis_sg_dma_description. */
typedef struct _NDIS_SG_DMA_DESCRIPTION {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	ULONG MaximumPhysicalMapping;
	MINIPORT_PROCESS_SG_LIST_HANDLER ProcessSGListHandler;
	MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER SharedMemAllocateCompleteHandler;
	ULONG ScatterGatherListSize; /* out */
} NDIS_SG_DMA_DESCRIPTION, *PNDIS_SG_DMA_DESCRIPTION;

#define NDIS_SG_DMA_DESCRIPTION_REVISION_1 1
#define NDIS_SG_DMA_DESCRIPTION_REVISION_2 2
#define NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SG_DMA_DESCRIPTION, ScatterGatherListSize)
#define NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_2 \
	NRT_SIZEOF_THROUGH(NDIS_SG_DMA_DESCRIPTION, ScatterGatherListSize)

typedef enum _NDIS_SHARED_MEMORY_USAGE {
	NdisSharedMemoryUsageUndefined,
	NdisSharedMemoryUsageXmit,
	NdisSharedMemoryUsageXmitHeader,
	NdisSharedMemoryUsageXmitData,
	NdisSharedMemoryUsageReceive,
	NdisSharedMemoryUsageReceiveLookahead,
	NdisSharedMemoryUsageReceivePostLookahead,
	NdisSharedMemoryUsageReceiveHeader,
	NdisSharedMemoryUsageReceiveData,
	NdisSharedMemoryUsageOther,
	NdisSharedMemoryUsageMax
} NDIS_SHARED_MEMORY_USAGE, *PNDIS_SHARED_MEMORY_USAGE;

#define NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS 0x00000001
#define NDIS_SHARED_MEM_PARAMETERS_CONTIGOUS NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS

/* Page ns-ndis-_ndis_shared_memory_parameters; 6.20. */
typedef struct _NDIS_SHARED_MEMORY_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_RECEIVE_QUEUE_ID QueueId;
	NDIS_HANDLE SharedMemoryHandle;
	NODE_REQUIREMENT PreferredNode;
	NDIS_SHARED_MEMORY_USAGE Usage;
	ULONG Length;
	PVOID VirtualAddress;
	ULONG SGListBufferLength;
	PSCATTER_GATHER_LIST SGListBuffer;
	NDIS_NIC_SWITCH_VPORT_ID VPortId; /* 6.30 */
} NDIS_SHARED_MEMORY_PARAMETERS, *PNDIS_SHARED_MEMORY_PARAMETERS;

#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_1 1
#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SHARED_MEMORY_PARAMETERS, SGListBuffer)
#define NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2 \
	NRT_SIZEOF_THROUGH(NDIS_SHARED_MEMORY_PARAMETERS, VPortId)

typedef VOID(NDIS_PROCESS_SG_LIST)(PDEVICE_OBJECT DeviceObject, PVOID Reserved,
				   PSCATTER_GATHER_LIST ScatterGatherListBuffer, PVOID Context);
typedef NDIS_PROCESS_SG_LIST(*NDIS_PROCESS_SG_LIST_HANDLER);

/* Page ns-ndis-_ndis_scatter_gather_list_parameters; 6.20. */
typedef struct _NDIS_SCATTER_GATHER_LIST_PARAMETERS {
	NDIS_OBJECT_HEADER Header; /* NDIS_OBJECT_TYPE_DEFAULT */
	ULONG Flags;
	NDIS_RECEIVE_QUEUE_ID QueueId;
	NDIS_SHARED_MEMORY_USAGE SharedMemoryUsage;
	PMDL Mdl;
	PVOID CurrentVa;
	ULONG Length;
	NDIS_PROCESS_SG_LIST_HANDLER ProcessSGListHandler;
	PVOID Context;
	PSCATTER_GATHER_LIST ScatterGatherListBuffer;
	ULONG ScatterGatherListBufferSize;
	ULONG ScatterGatherListBufferSizeNeeded; /* out */
} NDIS_SCATTER_GATHER_LIST_PARAMETERS, *PNDIS_SCATTER_GATHER_LIST_PARAMETERS;

#define NDIS_SCATTER_GATHER_LIST_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_SCATTER_GATHER_LIST_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SCATTER_GATHER_LIST_PARAMETERS, ScatterGatherListBufferSizeNeeded)

typedef NDIS_STATUS(*ALLOCATE_SHARED_MEMORY_HANDLER)(
	NDIS_HANDLE ProviderContext, PNDIS_SHARED_MEMORY_PARAMETERS SharedMemoryParameters,
	PNDIS_HANDLE pAllocationHandle);
typedef VOID (*FREE_SHARED_MEMORY_HANDLER)(NDIS_HANDLE ProviderContext,
					   NDIS_HANDLE AllocationHandle);

/* Page ns-ndis-_ndis_shared_memory_provider_characteristics; 6.20. */
typedef struct _NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_HANDLE ProviderContext;
	ALLOCATE_SHARED_MEMORY_HANDLER AllocateSharedMemoryHandler;
	FREE_SHARED_MEMORY_HANDLER FreeSharedMemoryHandler;
} NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS, *PNDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS;

#define NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS, FreeSharedMemoryHandler)

NRT_EXTERN_C_BEGIN

NRT_EXPORT NDIS_STATUS NdisMRegisterScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle,
						     PNDIS_SG_DMA_DESCRIPTION DmaDescription,
						     PNDIS_HANDLE NdisMiniportDmaHandle);
NRT_EXPORT VOID NdisMDeregisterScatterGatherDma(NDIS_HANDLE NdisMiniportDmaHandle);
NRT_EXPORT NDIS_STATUS NdisMAllocateNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle,
						    PNET_BUFFER NetBuffer, PVOID Context,
						    ULONG Flags, PVOID ScatterGatherListBuffer,
						    ULONG ScatterGatherListBufferSize);
NRT_EXPORT VOID NdisMFreeNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle,
					 PSCATTER_GATHER_LIST pSGL, PNET_BUFFER NetBuffer);
NRT_EXPORT VOID NdisMAllocateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length,
					  BOOLEAN Cached, PVOID *VirtualAddress,
					  PNDIS_PHYSICAL_ADDRESS PhysicalAddress);
NRT_EXPORT NDIS_STATUS NdisMAllocateSharedMemoryAsyncEx(NDIS_HANDLE MiniportDmaHandle,
							ULONG Length, BOOLEAN Cached,
							PVOID Context);
NRT_EXPORT VOID NdisMFreeSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length,
				      BOOLEAN Cached, PVOID VirtualAddress,
				      NDIS_PHYSICAL_ADDRESS PhysicalAddress);
NRT_EXPORT ULONG NdisMGetDmaAlignment(NDIS_HANDLE MiniportAdapterHandle);
NRT_EXPORT ULONG NdisGetSharedDataAlignment(VOID);
NRT_EXPORT NDIS_STATUS NdisAllocateSharedMemory(
	NDIS_HANDLE NdisHandle, PNDIS_SHARED_MEMORY_PARAMETERS SharedMemoryParameters,
	PNDIS_HANDLE pAllocationHandle);
NRT_EXPORT NDIS_STATUS NdisBuildScatterGatherList(
	NDIS_HANDLE NdisHandle, PNDIS_SCATTER_GATHER_LIST_PARAMETERS SGListParameters);
NRT_EXPORT VOID NdisFreeScatterGatherList(NDIS_HANDLE NdisHandle,
					  PSCATTER_GATHER_LIST ScatterGatherListBuffer,
					  BOOLEAN WriteToDevice);
NRT_EXPORT VOID NdisFreeSharedMemory(NDIS_HANDLE NdisHandle, NDIS_HANDLE AllocationHandle);

NRT_EXTERN_C_END

#endif
