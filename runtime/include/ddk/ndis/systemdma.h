/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/systemdma.h: transfers by the system's DMA controller, for devices that are no bus
 * masters. A channel is claimed in MiniportInitializeEx; one transfer at a time is set up,
 * done by device and controller, and completed by the driver.
 */
#ifndef NRT_DDK_NDIS_SYSTEMDMA_H
#define NRT_DDK_NDIS_SYSTEMDMA_H

#include <wdm.h>
#include <ndis/types.h>

/* Pages ne-wdm-_dma_width and ne-wdm-_dma_speed. */
typedef enum _DMA_WIDTH {
	Width8Bits,
	Width16Bits,
	Width32Bits,
	Width64Bits,
	WidthNoWrap,
	MaximumDmaWidth
} DMA_WIDTH, *PDMA_WIDTH;

typedef enum _DMA_SPEED {
	Compatible,
	TypeA,
	TypeB,
	TypeC,
	TypeF,
	MaximumDmaSpeed
} DMA_SPEED, *PDMA_SPEED;

/* Page nf-ndis-ndismregisterdmachannel. */
typedef struct _NDIS_DMA_DESCRIPTION {
	BOOLEAN DemandMode;
	BOOLEAN AutoInitialize;
	BOOLEAN DmaChannelSpecified;
	DMA_WIDTH DmaWidth;
	DMA_SPEED DmaSpeed;
	ULONG DmaPort;
	ULONG DmaChannel;
} NDIS_DMA_DESCRIPTION, *PNDIS_DMA_DESCRIPTION;

NRT_EXTERN_C_BEGIN

/** Claim the device's channel; @DmaChannel is ignored, the description has it. PASSIVE_LEVEL. */
NRT_EXPORT NDIS_STATUS NdisMRegisterDmaChannel(PNDIS_HANDLE MiniportDmaHandle,
					       NDIS_HANDLE MiniportAdapterHandle, UINT DmaChannel,
					       BOOLEAN Dma32BitAddresses,
					       PNDIS_DMA_DESCRIPTION DmaDescription,
					       ULONG MaximumLength);
NRT_EXPORT VOID NdisMDeregisterDmaChannel(NDIS_HANDLE MiniportDmaHandle);

/** Set the controller up for @Length bytes at @Offset of @Buffer; the device moves them.
 * IRQL <= DISPATCH_LEVEL, as the next two. */
NRT_EXPORT VOID NdisSetupDmaTransfer(PNDIS_STATUS Status, NDIS_HANDLE MiniportDmaHandle,
				     PMDL Buffer, ULONG Offset, ULONG Length,
				     BOOLEAN WriteToDevice);
#define NdisMSetupDmaTransfer(_S, _H, _B, _O, _L, _M_) \
	NdisSetupDmaTransfer(_S, _H, _B, _O, _L, _M_)
/** The transfer that was set up so is over; the channel is free. */
NRT_EXPORT VOID NdisCompleteDmaTransfer(PNDIS_STATUS Status, NDIS_HANDLE MiniportDmaHandle,
					PMDL Buffer, ULONG Offset, ULONG Length,
					BOOLEAN WriteToDevice);
#define NdisMCompleteDmaTransfer(_S, _H, _B, _O, _L, _M_) \
	NdisCompleteDmaTransfer(_S, _H, _B, _O, _L, _M_)
/** Bytes that the current transfer has left. */
NRT_EXPORT ULONG NdisMReadDmaCounter(NDIS_HANDLE MiniportDmaHandle);

NRT_EXTERN_C_END

#endif
