/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/intermediate.h: intermediate drivers: virtual miniports over bindings.
 * A driver that is both miniport and protocol ties the two registrations
 * together and initializes device instances from ProtocolBindAdapterEx, at
 * PASSIVE_LEVEL.
 */
#ifndef NRT_DDK_NDIS_INTERMEDIATE_H
#define NRT_DDK_NDIS_INTERMEDIATE_H

#include <ndis/protocol.h>

NRT_EXTERN_C_BEGIN

NRT_EXPORT VOID NdisIMAssociateMiniport(NDIS_HANDLE DriverHandle, NDIS_HANDLE ProtocolHandle);
NRT_EXPORT NDIS_STATUS NdisIMInitializeDeviceInstanceEx(NDIS_HANDLE DriverHandle,
							PNDIS_STRING DriverInstance,
							NDIS_HANDLE DeviceContext);
NRT_EXPORT NDIS_STATUS NdisIMCancelInitializeDeviceInstance(NDIS_HANDLE DriverHandle,
							    PNDIS_STRING DeviceInstance);
NRT_EXPORT NDIS_STATUS NdisIMDeInitializeDeviceInstance(NDIS_HANDLE NdisMiniportHandle);
NRT_EXPORT NDIS_HANDLE NdisIMGetBindingContext(NDIS_HANDLE NdisBindingHandle);

NRT_EXTERN_C_END

#endif
