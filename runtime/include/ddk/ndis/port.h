/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/port.h: NDIS ports, the sub-interfaces of a miniport adapter, and their
 * state and authentication settings. A miniport allocates and frees them at
 * IRQL <= DISPATCH_LEVEL; port 0 always exists.
 */
#ifndef NRT_DDK_NDIS_PORT_H
#define NRT_DDK_NDIS_PORT_H

#include <ndis/link.h>

typedef enum _NDIS_PORT_TYPE {
	NdisPortTypeUndefined,
	NdisPortTypeBridge,
	NdisPortTypeRasConnection,
	NdisPortType8021xSupplicant,
	NdisPortTypeNdisImPlatform,
	NdisPortTypeMax
} NDIS_PORT_TYPE, *PNDIS_PORT_TYPE;

typedef enum _NDIS_PORT_AUTHORIZATION_STATE {
	NdisPortAuthorizationUnknown,
	NdisPortAuthorized,
	NdisPortUnauthorized,
	NdisPortReauthorizing
} NDIS_PORT_AUTHORIZATION_STATE, *PNDIS_PORT_AUTHORIZATION_STATE;

typedef enum _NDIS_PORT_CONTROL_STATE {
	NdisPortControlStateUnknown,
	NdisPortControlStateControlled,
	NdisPortControlStateUncontrolled
} NDIS_PORT_CONTROL_STATE, *PNDIS_PORT_CONTROL_STATE;

/* Page ns-ndis-_ndis_port_authentication_parameters. */
typedef struct _NDIS_PORT_AUTHENTICATION_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	NDIS_PORT_CONTROL_STATE SendControlState;
	NDIS_PORT_CONTROL_STATE RcvControlState;
	NDIS_PORT_AUTHORIZATION_STATE SendAuthorizationState;
	NDIS_PORT_AUTHORIZATION_STATE RcvAuthorizationState;
} NDIS_PORT_AUTHENTICATION_PARAMETERS, *PNDIS_PORT_AUTHENTICATION_PARAMETERS;

#define NDIS_PORT_AUTHENTICATION_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_PORT_AUTHENTICATION_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_PORT_AUTHENTICATION_PARAMETERS, RcvAuthorizationState)

/* NDIS_PORT_CHARACTERISTICS.Flags. */
#define NDIS_PORT_CHAR_USE_DEFAULT_AUTH_SETTINGS 0x00000001

/* Page ns-ntddndis-_ndis_port_characteristics. */
typedef struct _NDIS_PORT_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	NDIS_PORT_NUMBER PortNumber;
	ULONG Flags;
	NDIS_PORT_TYPE Type;
	NDIS_MEDIA_CONNECT_STATE MediaConnectState;
	ULONG64 XmitLinkSpeed;
	ULONG64 RcvLinkSpeed;
	NET_IF_DIRECTION_TYPE Direction;
	NDIS_PORT_CONTROL_STATE SendControlState;
	NDIS_PORT_CONTROL_STATE RcvControlState;
	NDIS_PORT_AUTHORIZATION_STATE SendAuthorizationState;
	NDIS_PORT_AUTHORIZATION_STATE RcvAuthorizationState;
} NDIS_PORT_CHARACTERISTICS, *PNDIS_PORT_CHARACTERISTICS;

#define NDIS_PORT_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_PORT_CHARACTERISTICS, RcvAuthorizationState)

/* Page ns-ndis-_ndis_port: one entry of an adapter's list of active ports. */
typedef struct _NDIS_PORT {
	struct _NDIS_PORT *Next;
	PVOID NdisReserved;
	PVOID MiniportReserved;
	PVOID ProtocolReserved;
	NDIS_PORT_CHARACTERISTICS PortCharacteristics;
} NDIS_PORT, *PNDIS_PORT;

/* Page ns-ntddndis-_ndis_port_array: the answer to OID_GEN_ENUMERATE_PORTS. */
typedef struct _NDIS_PORT_ARRAY {
	NDIS_OBJECT_HEADER Header;
	ULONG NumberOfPorts;
	ULONG OffsetFirstPort;
	ULONG ElementSize;
	NDIS_PORT_CHARACTERISTICS Ports[1];
} NDIS_PORT_ARRAY, *PNDIS_PORT_ARRAY;

#define NDIS_PORT_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_PORT_ARRAY_REVISION_1 NRT_SIZEOF_THROUGH(NDIS_PORT_ARRAY, Ports)

/* Page ns-ntddndis-_ndis_port_state: the body of NDIS_STATUS_PORT_STATE. */
typedef struct _NDIS_PORT_STATE {
	NDIS_OBJECT_HEADER Header;
	NDIS_MEDIA_CONNECT_STATE MediaConnectState;
	ULONG64 XmitLinkSpeed;
	ULONG64 RcvLinkSpeed;
	NET_IF_DIRECTION_TYPE Direction;
	NDIS_PORT_CONTROL_STATE SendControlState;
	NDIS_PORT_CONTROL_STATE RcvControlState;
	NDIS_PORT_AUTHORIZATION_STATE SendAuthorizationState;
	NDIS_PORT_AUTHORIZATION_STATE RcvAuthorizationState;
	ULONG Flags;
} NDIS_PORT_STATE, *PNDIS_PORT_STATE;

#define NDIS_PORT_STATE_REVISION_1 1
#define NDIS_SIZEOF_PORT_STATE_REVISION_1 NRT_SIZEOF_THROUGH(NDIS_PORT_STATE, Flags)

NRT_EXTERN_C_BEGIN

NRT_EXPORT NDIS_STATUS NdisMAllocatePort(NDIS_HANDLE NdisMiniportHandle,
					 PNDIS_PORT_CHARACTERISTICS PortCharacteristics);
NRT_EXPORT NDIS_STATUS NdisMFreePort(NDIS_HANDLE NdisMiniportHandle, NDIS_PORT_NUMBER PortNumber);

NRT_EXTERN_C_END

#endif
