/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/switch.h: the Hyper-V extensible switch, NDIS 6.30: its ports, network adapters and
 * their properties as OIDs carry them, and the documented macros that walk them
 * [ntddndis/ns-ntddndis-_ndis_switch_...]. Part of ntddndis.h; types and address
 * arithmetic only. Nothing here looks whether an index or an offset is within the buffer: who
 * walks it has compared NumElements, NumProperties and the lengths before.
 */
#ifndef NRT_DDK_NDIS_SWITCH_H
#define NRT_DDK_NDIS_SWITCH_H

#include <ifdef.h>
#include <ndis/nicswitch.h>
#include <ndis/objectheader.h>
#include <ndis/rxfilter.h>

typedef IF_COUNTED_STRING NDIS_SWITCH_NAME, *PNDIS_SWITCH_NAME;
typedef IF_COUNTED_STRING NDIS_SWITCH_FRIENDLYNAME, *PNDIS_SWITCH_FRIENDLYNAME;
typedef IF_COUNTED_STRING NDIS_SWITCH_PORT_NAME, *PNDIS_SWITCH_PORT_NAME;
typedef IF_COUNTED_STRING NDIS_SWITCH_PORT_FRIENDLYNAME, *PNDIS_SWITCH_PORT_FRIENDLYNAME;
typedef IF_COUNTED_STRING NDIS_SWITCH_NIC_NAME, *PNDIS_SWITCH_NIC_NAME;
typedef IF_COUNTED_STRING NDIS_SWITCH_NIC_FRIENDLYNAME, *PNDIS_SWITCH_NIC_FRIENDLYNAME;

typedef UINT16 NDIS_SWITCH_OBJECT_VERSION, *PNDIS_SWITCH_OBJECT_VERSION;
typedef UINT16 NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION;
typedef NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION *PNDIS_SWITCH_OBJECT_SERIALIZATION_VERSION;
typedef GUID NDIS_SWITCH_OBJECT_INSTANCE_ID, *PNDIS_SWITCH_OBJECT_INSTANCE_ID;
typedef GUID NDIS_SWITCH_OBJECT_ID, *PNDIS_SWITCH_OBJECT_ID;

#define NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION_1 1

/* Who originates a packet itself; and the adapter that is connected to a port directly. */
#define NDIS_SWITCH_DEFAULT_PORT_ID 0
#define NDIS_SWITCH_DEFAULT_NIC_INDEX 0

typedef struct _NDIS_SWITCH_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_SWITCH_NAME SwitchName;
	NDIS_SWITCH_FRIENDLYNAME SwitchFriendlyName;
	UINT32 NumSwitchPorts;
	BOOLEAN IsActive;
} NDIS_SWITCH_PARAMETERS, *PNDIS_SWITCH_PARAMETERS;

#define NDIS_SWITCH_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PARAMETERS, IsActive)

/* @_Offset bytes after the beginning of @_Base. */
#define NRT_SWITCH_AT(_Type, _Base, _Offset) ((_Type)(PVOID)((PUCHAR)(_Base) + (_Offset)))

/* ---------------------------------------------------------------------- ports */

typedef enum _NDIS_SWITCH_PORT_TYPE {
	NdisSwitchPortTypeGeneric,
	NdisSwitchPortTypeExternal,
	NdisSwitchPortTypeSynthetic,
	NdisSwitchPortTypeEmulated,
	NdisSwitchPortTypeInternal
} NDIS_SWITCH_PORT_TYPE, *PNDIS_SWITCH_PORT_TYPE;

typedef enum _NDIS_SWITCH_PORT_STATE {
	NdisSwitchPortStateUnknown,
	NdisSwitchPortStateCreated,
	NdisSwitchPortStateTeardown,
	NdisSwitchPortStateDeleted
} NDIS_SWITCH_PORT_STATE, *PNDIS_SWITCH_PORT_STATE;

typedef struct _NDIS_SWITCH_PORT_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_SWITCH_PORT_ID PortId;
	NDIS_SWITCH_PORT_NAME PortName;
	NDIS_SWITCH_PORT_FRIENDLYNAME PortFriendlyName;
	NDIS_SWITCH_PORT_TYPE PortType;
	BOOLEAN IsValidationPort;
	NDIS_SWITCH_PORT_STATE PortState;
} NDIS_SWITCH_PORT_PARAMETERS, *PNDIS_SWITCH_PORT_PARAMETERS;

#define NDIS_SWITCH_PORT_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PORT_PARAMETERS, PortState)

typedef struct _NDIS_SWITCH_PORT_ARRAY {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	USHORT FirstElementOffset;
	ULONG NumElements;
	ULONG ElementSize;
} NDIS_SWITCH_PORT_ARRAY, *PNDIS_SWITCH_PORT_ARRAY;

#define NDIS_SWITCH_PORT_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_ARRAY_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PORT_ARRAY, ElementSize)

#define NDIS_SWITCH_PORT_AT_ARRAY_INDEX(_PortArray_, _Index_)                                 \
	NRT_SWITCH_AT(PNDIS_SWITCH_PORT_PARAMETERS, _PortArray_,                              \
		      (_PortArray_)->FirstElementOffset +                                     \
			      (SIZE_T)(_PortArray_)->ElementSize * (_Index_))

/* ----------------------------------------------------------- network adapters */

typedef enum _NDIS_SWITCH_NIC_TYPE {
	NdisSwitchNicTypeExternal,
	NdisSwitchNicTypeSynthetic,
	NdisSwitchNicTypeEmulated,
	NdisSwitchNicTypeInternal
} NDIS_SWITCH_NIC_TYPE, *PNDIS_SWITCH_NIC_TYPE;

typedef enum _NDIS_SWITCH_NIC_STATE {
	NdisSwitchNicStateUnknown,
	NdisSwitchNicStateCreated,
	NdisSwitchNicStateConnected,
	NdisSwitchNicStateDisconnected,
	NdisSwitchNicStateDeleted
} NDIS_SWITCH_NIC_STATE, *PNDIS_SWITCH_NIC_STATE;

typedef struct _NDIS_SWITCH_NIC_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_SWITCH_NIC_NAME NicName;
	NDIS_SWITCH_NIC_FRIENDLYNAME NicFriendlyName;
	NDIS_SWITCH_PORT_ID PortId;
	NDIS_SWITCH_NIC_INDEX NicIndex;
	NDIS_SWITCH_NIC_TYPE NicType;
	NDIS_SWITCH_NIC_STATE NicState;
	NDIS_VM_NAME VmName;
	NDIS_VM_FRIENDLYNAME VmFriendlyName;
	GUID NetCfgInstanceId;
	ULONG MTU;
	USHORT NumaNodeId;
	UCHAR PermanentMacAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
	UCHAR VMMacAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
	UCHAR CurrentMacAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
	BOOLEAN VFAssigned;
} NDIS_SWITCH_NIC_PARAMETERS, *PNDIS_SWITCH_NIC_PARAMETERS;

#define NDIS_SWITCH_NIC_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_NIC_PARAMETERS, VFAssigned)

typedef struct _NDIS_SWITCH_NIC_ARRAY {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	USHORT FirstElementOffset;
	ULONG NumElements;
	ULONG ElementSize;
} NDIS_SWITCH_NIC_ARRAY, *PNDIS_SWITCH_NIC_ARRAY;

#define NDIS_SWITCH_NIC_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_NIC_ARRAY_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_NIC_ARRAY, ElementSize)

#define NDIS_SWITCH_NIC_AT_ARRAY_INDEX(_NicArray_, _Index_)                                   \
	NRT_SWITCH_AT(PNDIS_SWITCH_NIC_PARAMETERS, _NicArray_,                                \
		      (_NicArray_)->FirstElementOffset +                                      \
			      (SIZE_T)(_NicArray_)->ElementSize * (_Index_))

/* ------------------------------------------------------------ a port's properties */

typedef enum _NDIS_SWITCH_PORT_PROPERTY_TYPE {
	NdisSwitchPortPropertyTypeUndefined,
	NdisSwitchPortPropertyTypeCustom,
	NdisSwitchPortPropertyTypeSecurity,
	NdisSwitchPortPropertyTypeVlan,
	NdisSwitchPortPropertyTypeProfile,
	NdisSwitchPortPropertyTypeIsolation,     /* 6.40 */
	NdisSwitchPortPropertyTypeRoutingDomain, /* 6.40 */
	NdisSwitchPortPropertyTypeMaximum
} NDIS_SWITCH_PORT_PROPERTY_TYPE, *PNDIS_SWITCH_PORT_PROPERTY_TYPE;

typedef struct _NDIS_SWITCH_PORT_PROPERTY_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_SWITCH_PORT_ID PortId;
	NDIS_SWITCH_PORT_PROPERTY_TYPE PropertyType;
	NDIS_SWITCH_OBJECT_ID PropertyId;
	NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
	NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
	NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
	ULONG PropertyBufferLength;
	ULONG PropertyBufferOffset;
	ULONG Reserved;
} NDIS_SWITCH_PORT_PROPERTY_PARAMETERS, *PNDIS_SWITCH_PORT_PROPERTY_PARAMETERS;

#define NDIS_SWITCH_PORT_PROPERTY_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PORT_PROPERTY_PARAMETERS, Reserved)

#define NDIS_SWITCH_PORT_PROPERTY_PARAMETERS_GET_PROPERTY(_PortPropertyParameters_) \
	NRT_SWITCH_AT(PVOID, _PortPropertyParameters_,                              \
		      (_PortPropertyParameters_)->PropertyBufferOffset)

typedef struct _NDIS_SWITCH_PORT_PROPERTY_CUSTOM {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	ULONG PropertyBufferLength;
	ULONG PropertyBufferOffset;
} NDIS_SWITCH_PORT_PROPERTY_CUSTOM, *PNDIS_SWITCH_PORT_PROPERTY_CUSTOM;

#define NDIS_SWITCH_PORT_PROPERTY_CUSTOM_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_CUSTOM_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PORT_PROPERTY_CUSTOM, PropertyBufferOffset)

#define NDIS_SWITCH_PORT_PROPERTY_CUSTOM_GET_BUFFER(_PortPropertyCustom_) \
	NRT_SWITCH_AT(PVOID, _PortPropertyCustom_, (_PortPropertyCustom_)->PropertyBufferOffset)

typedef struct _NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_SWITCH_PORT_ID PortId;
	NDIS_SWITCH_PORT_PROPERTY_TYPE PropertyType;
	NDIS_SWITCH_OBJECT_ID PropertyId;
	NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
	ULONG FirstPropertyOffset;
	ULONG NumProperties;
	USHORT Reserved;
} NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS, *PNDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS;

#define NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS, Reserved)

typedef struct _NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
	NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
	ULONG QwordAlignedPropertyBufferLength;
	ULONG PropertyBufferLength;
	ULONG PropertyBufferOffset;
} NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO, *PNDIS_SWITCH_PORT_PROPERTY_ENUM_INFO;

#define NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO, PropertyBufferOffset)

#define NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS_GET_FIRST_INFO(_PortEnumParameters_) \
	NRT_SWITCH_AT(PNDIS_SWITCH_PORT_PROPERTY_ENUM_INFO, _PortEnumParameters_,      \
		      (_PortEnumParameters_)->FirstPropertyOffset)
/* Behind the element's property buffer, whether or not there is one. */
#define NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_GET_NEXT(_PortEnumInfo_)           \
	NRT_SWITCH_AT(PNDIS_SWITCH_PORT_PROPERTY_ENUM_INFO, _PortEnumInfo_,    \
		      (SIZE_T)(_PortEnumInfo_)->PropertyBufferOffset +         \
			      (_PortEnumInfo_)->QwordAlignedPropertyBufferLength)
#define NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_GET_PROPERTY(_PortEnumInfo_) \
	NRT_SWITCH_AT(PVOID, _PortEnumInfo_, (_PortEnumInfo_)->PropertyBufferOffset)

/* ---------------------------------------------------------- the switch's properties */

typedef enum _NDIS_SWITCH_PROPERTY_TYPE {
	NdisSwitchPropertyTypeUndefined,
	NdisSwitchPropertyTypeCustom,
	NdisSwitchPropertyTypeMaximum
} NDIS_SWITCH_PROPERTY_TYPE, *PNDIS_SWITCH_PROPERTY_TYPE;

typedef struct _NDIS_SWITCH_PROPERTY_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_SWITCH_PROPERTY_TYPE PropertyType;
	NDIS_SWITCH_OBJECT_ID PropertyId;
	NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
	NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
	NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
	ULONG PropertyBufferLength;
	ULONG PropertyBufferOffset;
} NDIS_SWITCH_PROPERTY_PARAMETERS, *PNDIS_SWITCH_PROPERTY_PARAMETERS;

#define NDIS_SWITCH_PROPERTY_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PROPERTY_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PROPERTY_PARAMETERS, PropertyBufferOffset)

#define NDIS_SWITCH_PROPERTY_PARAMETERS_GET_PROPERTY(_SwitchPropertyParameters_) \
	NRT_SWITCH_AT(PVOID, _SwitchPropertyParameters_,                         \
		      (_SwitchPropertyParameters_)->PropertyBufferOffset)

typedef struct _NDIS_SWITCH_PROPERTY_CUSTOM {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	ULONG PropertyBufferLength;
	ULONG PropertyBufferOffset;
} NDIS_SWITCH_PROPERTY_CUSTOM, *PNDIS_SWITCH_PROPERTY_CUSTOM;

#define NDIS_SWITCH_PROPERTY_CUSTOM_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PROPERTY_CUSTOM_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PROPERTY_CUSTOM, PropertyBufferOffset)

#define NDIS_SWITCH_PROPERTY_CUSTOM_GET_BUFFER(_SwitchPropertyCustom_) \
	NRT_SWITCH_AT(PVOID, _SwitchPropertyCustom_,                   \
		      (_SwitchPropertyCustom_)->PropertyBufferOffset)

typedef struct _NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_SWITCH_PROPERTY_TYPE PropertyType;
	NDIS_SWITCH_OBJECT_ID PropertyId;
	NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
	ULONG FirstPropertyOffset;
	ULONG NumProperties;
} NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS, *PNDIS_SWITCH_PROPERTY_ENUM_PARAMETERS;

#define NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS, NumProperties)

typedef struct _NDIS_SWITCH_PROPERTY_ENUM_INFO {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
	NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
	ULONG QwordAlignedPropertyBufferLength;
	ULONG PropertyBufferLength;
	ULONG PropertyBufferOffset;
} NDIS_SWITCH_PROPERTY_ENUM_INFO, *PNDIS_SWITCH_PROPERTY_ENUM_INFO;

#define NDIS_SWITCH_PROPERTY_ENUM_INFO_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PROPERTY_ENUM_INFO_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_SWITCH_PROPERTY_ENUM_INFO, PropertyBufferOffset)

#define NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS_GET_FIRST_INFO(_SwitchEnumParameters_) \
	NRT_SWITCH_AT(PNDIS_SWITCH_PROPERTY_ENUM_INFO, _SwitchEnumParameters_,      \
		      (_SwitchEnumParameters_)->FirstPropertyOffset)
#define NDIS_SWITCH_PROPERTY_ENUM_INFO_GET_NEXT(_SwitchEnumInfo_)              \
	NRT_SWITCH_AT(PNDIS_SWITCH_PROPERTY_ENUM_INFO, _SwitchEnumInfo_,       \
		      (SIZE_T)(_SwitchEnumInfo_)->PropertyBufferOffset +       \
			      (_SwitchEnumInfo_)->QwordAlignedPropertyBufferLength)
#define NDIS_SWITCH_PROPERTY_ENUM_INFO_GET_PROPERTY(_SwitchEnumInfo_) \
	NRT_SWITCH_AT(PVOID, _SwitchEnumInfo_, (_SwitchEnumInfo_)->PropertyBufferOffset)

#endif
