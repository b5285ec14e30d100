/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/system.h: what a driver may ask about the system it runs on: the NDIS
 * version, processors and those meant for receive side scaling, the
 * hypervisor; and device objects, files and event log entries of its own.
 */
#ifndef NRT_DDK_NDIS_SYSTEM_H
#define NRT_DDK_NDIS_SYSTEM_H

#include <wdm.h>
#include <ndis/objectheader.h>

#define NDIS_MAX_PROCESSOR_COUNT 64

typedef enum _NDIS_PROCESSOR_TYPE {
	NdisProcessorX86,
	NdisProcessorMips,
	NdisProcessorAlpha,
	NdisProcessorPpc,
	NdisProcessorAmd64,
	NdisProcessorIA64,
	NdisProcessorArm,
	NdisProcessorArm64
} NDIS_PROCESSOR_TYPE, *PNDIS_PROCESSOR_TYPE;

typedef enum _NDIS_ENVIRONMENT_TYPE {
	NdisEnvironmentWindows,
	NdisEnvironmentWindowsNt
} NDIS_ENVIRONMENT_TYPE, *PNDIS_ENVIRONMENT_TYPE;

typedef enum _NDIS_PROCESSOR_VENDOR {
	NdisProcessorVendorUnknown,
	NdisProcessorVendorGenuinIntel,
	NdisProcessorVendorGenuineIntel = NdisProcessorVendorGenuinIntel,
	NdisProcessorVendorAuthenticAMD
} NDIS_PROCESSOR_VENDOR, *PNDIS_PROCESSOR_VENDOR;

/* Page ns-ndis-_ndis_processor_info. */
typedef struct _NDIS_PROCESSOR_INFO {
	ULONG CpuNumber;
	ULONG PhysicalPackageId;
	ULONG CoreId;
	ULONG HyperThreadID;
} NDIS_PROCESSOR_INFO, *PNDIS_PROCESSOR_INFO;

/* Page ns-ndis-_ndis_system_processor_info. */
typedef struct _NDIS_SYSTEM_PROCESSOR_INFO {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_PROCESSOR_VENDOR ProcessorVendor;
	ULONG NumPhysicalPackages;
	ULONG NumCores;
	ULONG NumCoresPerPhysicalPackage;
	ULONG MaxHyperThreadingCpusPerCore;
	ULONG RssBaseCpu;
	ULONG RssCpuCount;
	PUCHAR RssProcessors;
	NDIS_PROCESSOR_INFO CpuInfo[NDIS_MAX_PROCESSOR_COUNT];
} NDIS_SYSTEM_PROCESSOR_INFO, *PNDIS_SYSTEM_PROCESSOR_INFO;

#define NDIS_SYSTEM_PROCESSOR_INFO_REVISION_1 1
#define NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SYSTEM_PROCESSOR_INFO, CpuInfo)

/* Page ns-ndis-_ndis_processor_info_ex; 6.20. */
typedef struct _NDIS_PROCESSOR_INFO_EX {
	PROCESSOR_NUMBER ProcNum;
	ULONG SocketId;
	ULONG CoreId;
	ULONG HyperThreadId;
	USHORT NodeId;
	USHORT NodeDistance;
} NDIS_PROCESSOR_INFO_EX, *PNDIS_PROCESSOR_INFO_EX;

/* Page ns-ndis-_ndis_system_processor_info_ex; 6.20. */
typedef struct _NDIS_SYSTEM_PROCESSOR_INFO_EX {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_PROCESSOR_VENDOR ProcessorVendor;
	ULONG NumSockets;
	ULONG NumCores;
	ULONG NumCoresPerSocket;
	ULONG MaxHyperThreadingProcsPerCore;
	ULONG ProcessorInfoOffset;
	ULONG NumberOfProcessors;
	ULONG ProcessorInfoEntrySize;
} NDIS_SYSTEM_PROCESSOR_INFO_EX, *PNDIS_SYSTEM_PROCESSOR_INFO_EX;

#define NDIS_SYSTEM_PROCESSOR_INFO_EX_REVISION_1 1
#define NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_EX_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SYSTEM_PROCESSOR_INFO_EX, ProcessorInfoEntrySize)

/* Page ns-ntddndis-_ndis_rss_processor; 6.20. */
typedef struct _NDIS_RSS_PROCESSOR {
	PROCESSOR_NUMBER ProcNum;
	USHORT PreferenceIndex;
	USHORT Reserved;
} NDIS_RSS_PROCESSOR, *PNDIS_RSS_PROCESSOR;

typedef enum _NDIS_RSS_PROFILE {
	NdisRssProfileClosest = 1,
	NdisRssProfileClosestStatic,
	NdisRssProfileNuma,
	NdisRssProfileNumaStatic,
	NdisRssProfileConservative,
	NdisRssProfileBalanced,
	NdisRssProfileMaximum
} NDIS_RSS_PROFILE, *PNDIS_RSS_PROFILE;

/* Page ns-ntddndis-_ndis_rss_processor_info; 6.20. */
typedef struct _NDIS_RSS_PROCESSOR_INFO {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	PROCESSOR_NUMBER RssBaseProcessor;
	ULONG MaxNumRssProcessors;
	USHORT PreferredNumaNode;
	ULONG RssProcessorArrayOffset;
	ULONG RssProcessorCount;
	ULONG RssProcessorEntrySize;
	PROCESSOR_NUMBER RssMaxProcessor; /* 6.30 */
	NDIS_RSS_PROFILE RssProfile;      /* 6.30 */
} NDIS_RSS_PROCESSOR_INFO, *PNDIS_RSS_PROCESSOR_INFO;

#define NDIS_RSS_PROCESSOR_INFO_REVISION_1 1
#define NDIS_RSS_PROCESSOR_INFO_REVISION_2 2
#define NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_RSS_PROCESSOR_INFO, RssProcessorEntrySize)
#define NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2 \
	NRT_SIZEOF_THROUGH(NDIS_RSS_PROCESSOR_INFO, RssProfile)

typedef enum _NDIS_HYPERVISOR_PARTITION_TYPE {
	NdisHypervisorPartitionTypeUnknown,
	NdisHypervisorPartitionTypeMsHvParent,
	NdisHypervisorPartitionMsHvChild,
	NdisHypervisorPartitionTypeMax
} NDIS_HYPERVISOR_PARTITION_TYPE, *PNDIS_HYPERVISOR_PARTITION_TYPE;

#define NDIS_HYPERVISOR_INFO_FLAG_HYPERVISOR_PRESENT 0x00000001

/* Page ns-ntddndis-_ndis_hypervisor_info; 6.30. */
typedef struct _NDIS_HYPERVISOR_INFO {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_HYPERVISOR_PARTITION_TYPE PartitionType;
} NDIS_HYPERVISOR_INFO, *PNDIS_HYPERVISOR_INFO;

#define NDIS_HYPERVISOR_INFO_REVISION_1 1
#define NDIS_SIZEOF_HYPERVISOR_INFO_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_HYPERVISOR_INFO, PartitionType)

/* Page ns-ndis-_ndis_generic_object: the owner of what no adapter owns. */
typedef struct _NDIS_GENERIC_OBJECT {
	NDIS_OBJECT_HEADER Header;
	PVOID Caller;
	PVOID CallersCaller;
	PDRIVER_OBJECT DriverObject;
} NDIS_GENERIC_OBJECT, *PNDIS_GENERIC_OBJECT;

#define NDIS_GENERIC_OBJECT_REVISION_1 1

/* Page ns-ndis-_ndis_device_object_attributes. */
typedef struct _NDIS_DEVICE_OBJECT_ATTRIBUTES {
	NDIS_OBJECT_HEADER Header;
	PNDIS_STRING DeviceName;
	PNDIS_STRING SymbolicName;
	PDRIVER_DISPATCH *MajorFunctions;
	ULONG ExtensionSize;
	PCUNICODE_STRING DefaultSDDLString;
	LPCGUID DeviceClassGuid;
} NDIS_DEVICE_OBJECT_ATTRIBUTES, *PNDIS_DEVICE_OBJECT_ATTRIBUTES;

#define NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_DEVICE_OBJECT_ATTRIBUTES, DeviceClassGuid)

/* Page nf-ndis-ndiswriteerrorlogentry. */
typedef ULONG NDIS_ERROR_CODE, *PNDIS_ERROR_CODE;

#define NDIS_ERROR_CODE_RESOURCE_CONFLICT 0xC0001388
#define NDIS_ERROR_CODE_OUT_OF_RESOURCES 0xC0001389
#define NDIS_ERROR_CODE_HARDWARE_FAILURE 0xC000138A
#define NDIS_ERROR_CODE_ADAPTER_NOT_FOUND 0xC000138B
#define NDIS_ERROR_CODE_INTERRUPT_CONNECT 0xC000138C
#define NDIS_ERROR_CODE_DRIVER_FAILURE 0xC000138D
#define NDIS_ERROR_CODE_BAD_VERSION 0xC000138E
#define NDIS_ERROR_CODE_TIMEOUT 0x8000138F
#define NDIS_ERROR_CODE_NETWORK_ADDRESS 0xC0001390
#define NDIS_ERROR_CODE_UNSUPPORTED_CONFIGURATION 0xC0001391
#define NDIS_ERROR_CODE_INVALID_VALUE_FROM_ADAPTER 0xC0001392
#define NDIS_ERROR_CODE_MISSING_CONFIGURATION_PARAMETER 0xC0001393
#define NDIS_ERROR_CODE_BAD_IO_BASE_ADDRESS 0xC0001394
#define NDIS_ERROR_CODE_RECEIVE_SPACE_SMALL 0x40001395
#define NDIS_ERROR_CODE_ADAPTER_DISABLED 0x80001396

/* Page nf-ndis-ndiswriteeventlogentry: strings and data of one entry, in bytes: what an
 * error log packet of 240 has room for beside its header. */
#define MAX_EVENT_LOG_DATA_SIZE 196

NRT_EXTERN_C_BEGIN

NRT_EXPORT UINT NdisGetVersion(VOID);
NRT_EXPORT PVOID NdisGetRoutineAddress(PNDIS_STRING NdisRoutineName);
NRT_EXPORT NDIS_STATUS NdisGetProcessorInformation(PNDIS_SYSTEM_PROCESSOR_INFO SystemProcessorInfo);
NRT_EXPORT NDIS_STATUS NdisGetProcessorInformationEx(
	NDIS_HANDLE NdisHandle, PNDIS_SYSTEM_PROCESSOR_INFO_EX SystemProcessorInfo, PSIZE_T Size);
NRT_EXPORT NDIS_STATUS NdisGetRssProcessorInformation(NDIS_HANDLE NdisHandle,
						      PNDIS_RSS_PROCESSOR_INFO RssProcessorInfo,
						      PSIZE_T Size);
NRT_EXPORT NDIS_STATUS NdisGetHypervisorInfo(PNDIS_HYPERVISOR_INFO HypervisorInfo);
NRT_EXPORT VOID NdisGetCurrentProcessorCpuUsage(PULONG pCpuUsage);
NRT_EXPORT VOID NdisGetCurrentProcessorCounts(PULONG pIdleCount, PULONG pKernelAndUser,
					      PULONG pIndex);

NRT_EXPORT PNDIS_GENERIC_OBJECT NdisAllocateGenericObject(PDRIVER_OBJECT DriverObject, ULONG Tag,
							  USHORT Size);
NRT_EXPORT VOID NdisFreeGenericObject(PNDIS_GENERIC_OBJECT NdisObject);

NRT_EXPORT NDIS_STATUS NdisRegisterDeviceEx(
	NDIS_HANDLE NdisHandle, PNDIS_DEVICE_OBJECT_ATTRIBUTES DeviceObjectAttributes,
	PDEVICE_OBJECT *pDeviceObject, PNDIS_HANDLE NdisDeviceHandle);
NRT_EXPORT VOID NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle);
NRT_EXPORT PVOID NdisGetDeviceReservedExtension(PDEVICE_OBJECT DeviceObject);

NRT_EXPORT VOID NdisOpenFile(PNDIS_STATUS Status, PNDIS_HANDLE FileHandle, PUINT FileLength,
			     PNDIS_STRING FileName, NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress);
NRT_EXPORT VOID NdisCloseFile(NDIS_HANDLE FileHandle);
NRT_EXPORT VOID NdisMapFile(PNDIS_STATUS Status, PVOID *MappedBuffer, NDIS_HANDLE FileHandle);
NRT_EXPORT VOID NdisUnmapFile(NDIS_HANDLE FileHandle);

NRT_EXPORT VOID NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode,
				       ULONG NumberOfErrorValues, ...);
NRT_EXPORT NDIS_STATUS NdisWriteEventLogEntry(PVOID LogHandle, NDIS_STATUS EventCode,
					      ULONG UniqueEventValue, USHORT NumStrings,
					      PVOID StringsList, ULONG DataSize, PVOID Data);

NRT_EXPORT NDIS_STATUS NdisMCreateLog(NDIS_HANDLE MiniportAdapterHandle, UINT Size,
				      PNDIS_HANDLE LogHandle);
NRT_EXPORT VOID NdisMCloseLog(NDIS_HANDLE LogHandle);
NRT_EXPORT NDIS_STATUS NdisMWriteLogData(NDIS_HANDLE LogHandle, PVOID LogBuffer,
					 UINT LogBufferSize);
NRT_EXPORT VOID NdisMFlushLog(NDIS_HANDLE LogHandle);

NRT_EXTERN_C_END

#endif
