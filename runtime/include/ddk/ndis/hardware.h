/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/hardware.h: a miniport's access to its device: bus configuration,
 * memory mapped and port I/O. Mapping at PASSIVE_LEVEL, access at any IRQL on
 * any thread. They are functions, so that a device model or a passed-through
 * device can stand behind them. Memory mapped registers are read and written
 * with NdisReadRegister... of ndis/services.h.
 */
#ifndef NRT_DDK_NDIS_HARDWARE_H
#define NRT_DDK_NDIS_HARDWARE_H

#include <wdm.h>
#include <ndis/types.h>

typedef struct _CM_RESOURCE_LIST *PCM_RESOURCE_LIST;

NRT_EXTERN_C_BEGIN

NRT_EXPORT ULONG NdisMGetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset,
				 PVOID Buffer, ULONG Length);
NRT_EXPORT ULONG NdisMSetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset,
				 PVOID Buffer, ULONG Length);
NRT_EXPORT VOID NdisMGetDeviceProperty(NDIS_HANDLE MiniportAdapterHandle,
				       PDEVICE_OBJECT *PhysicalDeviceObject,
				       PDEVICE_OBJECT *FunctionalDeviceObject,
				       PDEVICE_OBJECT *NextDeviceObject,
				       PCM_RESOURCE_LIST *AllocatedResources,
				       PCM_RESOURCE_LIST *AllocatedResourcesTranslated);
NRT_EXPORT NDIS_STATUS NdisMMapIoSpace(PVOID *VirtualAddress, NDIS_HANDLE MiniportAdapterHandle,
				       NDIS_PHYSICAL_ADDRESS PhysicalAddress, UINT Length);
NRT_EXPORT VOID NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle, PVOID VirtualAddress,
				  UINT Length);
NRT_EXPORT NDIS_STATUS NdisMRegisterIoPortRange(PVOID *PortOffset,
						NDIS_HANDLE MiniportAdapterHandle,
						UINT InitialPort, UINT NumberOfPorts);
NRT_EXPORT VOID NdisMDeregisterIoPortRange(NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort,
					   UINT NumberOfPorts, PVOID PortOffset);

/* SR-IOV: the virtual functions of a physical one, 6.30. */
NRT_EXPORT NDIS_STATUS NdisMEnableVirtualization(NDIS_HANDLE NdisMiniportHandle, USHORT NumVFs,
						 BOOLEAN EnableVFMigration,
						 BOOLEAN EnableMigrationInterrupt,
						 BOOLEAN EnableVirtualization);
NRT_EXPORT NDIS_STATUS NdisMQueryProbedBars(NDIS_HANDLE NdisMiniportHandle,
					    PULONG BaseRegisterValues);
NRT_EXPORT ULONG NdisMGetVirtualFunctionBusData(NDIS_HANDLE NdisMiniportHandle, USHORT VFId,
						PVOID Buffer, ULONG Offset, ULONG Length);
NRT_EXPORT ULONG NdisMSetVirtualFunctionBusData(NDIS_HANDLE NdisMiniportHandle, USHORT VFId,
						PVOID Buffer, ULONG Offset, ULONG Length);
NRT_EXPORT NDIS_STATUS NdisMGetVirtualFunctionLocation(NDIS_HANDLE NdisMiniportHandle,
						       USHORT VFId, PUSHORT SegmentNumber,
						       PUCHAR BusNumber, PUCHAR FunctionNumber);
NRT_EXPORT NDIS_STATUS NdisMReadConfigBlock(NDIS_HANDLE NdisMiniportHandle, ULONG BlockId,
					    PVOID Buffer, ULONG Length);
NRT_EXPORT NDIS_STATUS NdisMWriteConfigBlock(NDIS_HANDLE NdisMiniportHandle, ULONG BlockId,
					     PVOID Buffer, ULONG Length);
NRT_EXPORT NDIS_STATUS NdisMInvalidateConfigBlock(NDIS_HANDLE NdisMiniportHandle, USHORT VFId,
						  ULONG64 BlockMask);

/* The port routines of wdm.h. */
NRT_EXPORT_HERE UCHAR READ_PORT_UCHAR(PUCHAR Port);
NRT_EXPORT_HERE VOID WRITE_PORT_UCHAR(PUCHAR Port, UCHAR Value);
NRT_EXPORT_HERE VOID READ_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count);
NRT_EXPORT_HERE VOID WRITE_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count);
NRT_EXPORT_HERE USHORT READ_PORT_USHORT(PUSHORT Port);
NRT_EXPORT_HERE VOID WRITE_PORT_USHORT(PUSHORT Port, USHORT Value);
NRT_EXPORT_HERE VOID READ_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count);
NRT_EXPORT_HERE VOID WRITE_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count);
NRT_EXPORT_HERE ULONG READ_PORT_ULONG(PULONG Port);
NRT_EXPORT_HERE VOID WRITE_PORT_ULONG(PULONG Port, ULONG Value);
NRT_EXPORT_HERE VOID READ_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count);
NRT_EXPORT_HERE VOID WRITE_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count);

NRT_EXTERN_C_END

/*
 * Port I/O: macros over the port routines, by document (pages
 * nf-ndis-ndisrawreadport*).
 */
#define NdisRawReadPortUchar(Port, Data) \
	((void)(*(Data) = READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)(Port))))
#define NdisRawReadPortUshort(Port, Data) \
	((void)(*(Data) = READ_PORT_USHORT((PUSHORT)(ULONG_PTR)(Port))))
#define NdisRawReadPortUlong(Port, Data) \
	((void)(*(Data) = READ_PORT_ULONG((PULONG)(ULONG_PTR)(Port))))
#define NdisRawWritePortUchar(Port, Data) \
	WRITE_PORT_UCHAR((PUCHAR)(ULONG_PTR)(Port), (UCHAR)(Data))
#define NdisRawWritePortUshort(Port, Data) \
	WRITE_PORT_USHORT((PUSHORT)(ULONG_PTR)(Port), (USHORT)(Data))
#define NdisRawWritePortUlong(Port, Data) \
	WRITE_PORT_ULONG((PULONG)(ULONG_PTR)(Port), (ULONG)(Data))
#define NdisRawReadPortBufferUchar(Port, Buffer, Length) \
	READ_PORT_BUFFER_UCHAR((PUCHAR)(ULONG_PTR)(Port), (PUCHAR)(Buffer), (Length))
#define NdisRawReadPortBufferUshort(Port, Buffer, Length) \
	READ_PORT_BUFFER_USHORT((PUSHORT)(ULONG_PTR)(Port), (PUSHORT)(Buffer), (Length))
#define NdisRawReadPortBufferUlong(Port, Buffer, Length) \
	READ_PORT_BUFFER_ULONG((PULONG)(ULONG_PTR)(Port), (PULONG)(Buffer), (Length))
#define NdisRawWritePortBufferUchar(Port, Buffer, Length) \
	WRITE_PORT_BUFFER_UCHAR((PUCHAR)(ULONG_PTR)(Port), (PUCHAR)(Buffer), (Length))
#define NdisRawWritePortBufferUshort(Port, Buffer, Length) \
	WRITE_PORT_BUFFER_USHORT((PUSHORT)(ULONG_PTR)(Port), (PUSHORT)(Buffer), (Length))
#define NdisRawWritePortBufferUlong(Port, Buffer, Length) \
	WRITE_PORT_BUFFER_ULONG((PULONG)(ULONG_PTR)(Port), (PULONG)(Buffer), (Length))

#endif
