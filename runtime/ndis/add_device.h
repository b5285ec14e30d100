/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The handlers that a miniport may set beside its characteristics
 * (NDIS_MINIPORT_PNP_CHARACTERISTICS): told of a device before it is initialized and after it
 * is gone, whatever happens in between.
 */
#ifndef NRT_NDIS_ADD_DEVICE_H
#define NRT_NDIS_ADD_DEVICE_H

#include <stdbool.h>

#include <ndis.h>

struct nrt_adapter;
struct nrt_miniport_driver;

struct nrt_added {
	NDIS_HANDLE context; /* MiniportAddDeviceContext */
	bool running;        /* inside MiniportAddDevice */
	bool done;           /* it succeeded: MiniportRemoveDevice is due */
};

/* NdisSetOptionalHandlers with a miniport driver's handle. */
NDIS_STATUS nrt_miniport_set_optional(struct nrt_miniport_driver *m,
				      const NDIS_OBJECT_HEADER *handlers);

/* MiniportAddDevice, MiniportFilterResourceRequirements and MiniportStartDevice, those that
 * there are; MiniportRemoveDevice. Under the adapter's pnp lock. */
NDIS_STATUS nrt_device_add(struct nrt_adapter *adapter);
void nrt_device_remove(struct nrt_adapter *adapter);

/* NdisMSetMiniportAttributes with the registration attributes of an added device. */
NDIS_STATUS nrt_device_set_context(struct nrt_adapter *adapter,
				   const NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES *r);

#endif
