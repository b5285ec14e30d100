/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/config.h: a driver's or adapter's configuration: open it with the
 * handle NDIS gave, read and write parameters by keyword, close it. All at
 * PASSIVE_LEVEL; what NdisReadConfiguration returns lives until the close.
 */
#ifndef NRT_DDK_NDIS_CONFIG_H
#define NRT_DDK_NDIS_CONFIG_H

#include <ndis/objectheader.h>

/* Page ne-ndis-_ndis_parameter_type. */
typedef enum _NDIS_PARAMETER_TYPE {
	NdisParameterInteger,
	NdisParameterHexInteger,
	NdisParameterString,
	NdisParameterMultiString,
	NdisParameterBinary
} NDIS_PARAMETER_TYPE, *PNDIS_PARAMETER_TYPE;

typedef struct _BINARY_DATA {
	USHORT Length;
	PVOID Buffer;
} BINARY_DATA;

/* Page ns-ndis-_ndis_configuration_parameter. */
typedef struct _NDIS_CONFIGURATION_PARAMETER {
	NDIS_PARAMETER_TYPE ParameterType;
	union {
		ULONG IntegerData;
		NDIS_STRING StringData;
		BINARY_DATA BinaryData;
	} ParameterData;
} NDIS_CONFIGURATION_PARAMETER, *PNDIS_CONFIGURATION_PARAMETER;

/* Page ns-ndis-_ndis_configuration_object. */
typedef struct _NDIS_CONFIGURATION_OBJECT {
	NDIS_OBJECT_HEADER Header;
	NDIS_HANDLE NdisHandle;
	ULONG Flags;
} NDIS_CONFIGURATION_OBJECT, *PNDIS_CONFIGURATION_OBJECT;

#define NDIS_CONFIGURATION_OBJECT_REVISION_1 1
#define NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_CONFIGURATION_OBJECT, Flags)

#define NDIS_CONFIG_FLAG_FILTER_INSTANCE_CONFIGURATION 0x00000001

NRT_EXTERN_C_BEGIN

NRT_EXPORT NDIS_STATUS NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject,
					       PNDIS_HANDLE ConfigurationHandle);
NRT_EXPORT VOID NdisOpenConfigurationKeyByIndex(PNDIS_STATUS Status,
						NDIS_HANDLE ConfigurationHandle, ULONG Index,
						PNDIS_STRING KeyName, PNDIS_HANDLE KeyHandle);
NRT_EXPORT VOID NdisOpenConfigurationKeyByName(PNDIS_STATUS Status,
					       NDIS_HANDLE ConfigurationHandle,
					       PNDIS_STRING SubKeyName,
					       PNDIS_HANDLE SubKeyHandle);
NRT_EXPORT VOID NdisReadConfiguration(PNDIS_STATUS Status,
				      PNDIS_CONFIGURATION_PARAMETER *ParameterValue,
				      NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
				      NDIS_PARAMETER_TYPE ParameterType);
NRT_EXPORT VOID NdisWriteConfiguration(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
				       PNDIS_STRING Keyword,
				       PNDIS_CONFIGURATION_PARAMETER ParameterValue);
NRT_EXPORT VOID NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle);
NRT_EXPORT VOID NdisReadNetworkAddress(PNDIS_STATUS Status, PVOID *NetworkAddress,
				       PUINT NetworkAddressLength,
				       NDIS_HANDLE ConfigurationHandle);

NRT_EXTERN_C_END

#endif
