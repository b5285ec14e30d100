/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/interrupt.h: line and message signalled interrupts. The ISR and the
 * synchronized routine run at DIRQL under the interrupt's lock, the DPC at
 * DISPATCH_LEVEL on the processor it was queued for.
 */
#ifndef NRT_DDK_NDIS_INTERRUPT_H
#define NRT_DDK_NDIS_INTERRUPT_H

#include <wdm.h>
#include <ndis/objectheader.h>

/* In MaxNblsToIndicate: no limit. */
#define NDIS_INDICATE_ALL_NBLS (~0U)

/* Page ns-ndis-_ndis_receive_throttle_parameters; 6.20. */
typedef struct _NDIS_RECEIVE_THROTTLE_PARAMETERS {
	ULONG MaxNblsToIndicate;
	ULONG MoreNblsPending : 1;
} NDIS_RECEIVE_THROTTLE_PARAMETERS, *PNDIS_RECEIVE_THROTTLE_PARAMETERS;

typedef enum _NDIS_INTERRUPT_TYPE {
	NDIS_CONNECT_LINE_BASED = 1,
	NDIS_CONNECT_MESSAGE_BASED
} NDIS_INTERRUPT_TYPE, *PNDIS_INTERRUPT_TYPE;

typedef enum _NDIS_INTERRUPT_MODE {
	NdisInterruptLevelSensitive,
	NdisInterruptLatched
} NDIS_INTERRUPT_MODE, *PNDIS_INTERRUPT_MODE;

typedef BOOLEAN(MINIPORT_ISR)(NDIS_HANDLE MiniportInterruptContext,
			      PBOOLEAN QueueDefaultInterruptDpc, PULONG TargetProcessors);
typedef MINIPORT_ISR(*MINIPORT_ISR_HANDLER);

typedef VOID(MINIPORT_INTERRUPT_DPC)(NDIS_HANDLE MiniportInterruptContext,
				     PVOID MiniportDpcContext, PVOID ReceiveThrottleParameters,
				     PVOID NdisReserved2);
typedef MINIPORT_INTERRUPT_DPC(*MINIPORT_INTERRUPT_DPC_HANDLER);

typedef VOID(MINIPORT_DISABLE_INTERRUPT)(NDIS_HANDLE MiniportInterruptContext);
typedef MINIPORT_DISABLE_INTERRUPT(*MINIPORT_DISABLE_INTERRUPT_HANDLER);

typedef VOID(MINIPORT_ENABLE_INTERRUPT)(NDIS_HANDLE MiniportInterruptContext);
typedef MINIPORT_ENABLE_INTERRUPT(*MINIPORT_ENABLE_INTERRUPT_HANDLER);

typedef BOOLEAN(MINIPORT_MESSAGE_INTERRUPT)(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
					    PBOOLEAN QueueDefaultInterruptDpc,
					    PULONG TargetProcessors);
typedef MINIPORT_MESSAGE_INTERRUPT(*MINIPORT_MSI_ISR_HANDLER);

typedef VOID(MINIPORT_MESSAGE_INTERRUPT_DPC)(NDIS_HANDLE MiniportInterruptContext,
					     ULONG MessageId, PVOID MiniportDpcContext,
					     PVOID ReceiveThrottleParameters,
					     PVOID NdisReserved2);
typedef MINIPORT_MESSAGE_INTERRUPT_DPC(*MINIPORT_MSI_INTERRUPT_DPC_HANDLER);

typedef VOID(MINIPORT_DISABLE_MESSAGE_INTERRUPT)(NDIS_HANDLE MiniportInterruptContext,
						 ULONG MessageId);
typedef MINIPORT_DISABLE_MESSAGE_INTERRUPT(*MINIPORT_DISABLE_MSI_INTERRUPT_HANDLER);

typedef VOID(MINIPORT_ENABLE_MESSAGE_INTERRUPT)(NDIS_HANDLE MiniportInterruptContext,
						ULONG MessageId);
typedef MINIPORT_ENABLE_MESSAGE_INTERRUPT(*MINIPORT_ENABLE_MSI_INTERRUPT_HANDLER);

typedef BOOLEAN(MINIPORT_SYNCHRONIZE_INTERRUPT)(NDIS_HANDLE SynchronizeContext);
typedef MINIPORT_SYNCHRONIZE_INTERRUPT(*MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER);

/* Page ns-ndis-_ndis_miniport_interrupt_characteristics. */
typedef struct _NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	MINIPORT_ISR_HANDLER InterruptHandler;
	MINIPORT_INTERRUPT_DPC_HANDLER InterruptDpcHandler;
	MINIPORT_DISABLE_INTERRUPT_HANDLER DisableInterruptHandler;
	MINIPORT_ENABLE_INTERRUPT_HANDLER EnableInterruptHandler;
	BOOLEAN MsiSupported;
	BOOLEAN MsiSyncWithAllMessages;
	MINIPORT_MSI_ISR_HANDLER MessageInterruptHandler;
	MINIPORT_MSI_INTERRUPT_DPC_HANDLER MessageInterruptDpcHandler;
	MINIPORT_DISABLE_MSI_INTERRUPT_HANDLER DisableMessageInterruptHandler;
	MINIPORT_ENABLE_MSI_INTERRUPT_HANDLER EnableMessageInterruptHandler;
	NDIS_INTERRUPT_TYPE InterruptType;              /* out */
	PIO_INTERRUPT_MESSAGE_INFO MessageInfoTable;    /* out */
} NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS, *PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS;

#define NDIS_MINIPORT_INTERRUPT_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS, MessageInfoTable)

typedef enum _NDIS_MSIX_TABLE_OPERATION {
	NdisMSIXTableConfigSetTableEntry,
	NdisMSIXTableConfigMaskTableEntry,
	NdisMSIXTableConfigUnmaskTableEntry,
	NdisMSIXTableConfigMax
} NDIS_MSIX_TABLE_OPERATION, *PNDIS_MSIX_TABLE_OPERATION;

/* Page ns-ndis-_ndis_msix_config_parameters; 6.1. */
typedef struct _NDIS_MSIX_CONFIG_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	NDIS_MSIX_TABLE_OPERATION ConfigOperation;
	ULONG TableEntry;
	ULONG MessageNumber;
} NDIS_MSIX_CONFIG_PARAMETERS, *PNDIS_MSIX_CONFIG_PARAMETERS;

#define NDIS_MSIX_CONFIG_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_MSIX_CONFIG_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_MSIX_CONFIG_PARAMETERS, MessageNumber)

NRT_EXTERN_C_BEGIN

NRT_EXPORT NDIS_STATUS NdisMRegisterInterruptEx(
	NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportInterruptContext,
	PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS MiniportInterruptCharacteristics,
	PNDIS_HANDLE NdisInterruptHandle);
NRT_EXPORT VOID NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle);
NRT_EXPORT BOOLEAN NdisMSynchronizeWithInterruptEx(
	NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
	MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction, PVOID SynchronizeContext);
NRT_EXPORT ULONG NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
			       ULONG TargetProcessors, PVOID MiniportDpcContext);
NRT_EXPORT KAFFINITY NdisMQueueDpcEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
				     PGROUP_AFFINITY TargetProcessors, PVOID MiniportDpcContext);
NRT_EXPORT NDIS_STATUS NdisMConfigMSIXTableEntry(
	NDIS_HANDLE NdisMiniportHandle, PNDIS_MSIX_CONFIG_PARAMETERS MSIXConfigParameters);

NRT_EXTERN_C_END

#endif
