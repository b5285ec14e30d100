/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an adapter's drivers are told about its device: filters from the top down, then the
 * miniport. An event does not wait for the adapter's pnp lock, since it may be what a pause
 * that hangs waits for (MP-PNP-01), but none comes before MiniportInitializeEx has returned
 * or after MiniportHaltEx was called.
 */
#ifndef NRT_NDIS_DEVICE_EVENT_H
#define NRT_NDIS_DEVICE_EVENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>

struct nrt_adapter;

struct nrt_device_events {
	pthread_mutex_t lock; /* held while one is told; keeps filters where they are; recursive */
	_Atomic bool open;    /* the miniport is initialized and not being halted */
};

/* From the return of MiniportInitializeEx until before MiniportHaltEx: the first waits for
 * nobody, the second for the event that is being told. PASSIVE_LEVEL. */
void nrt_device_events_open(struct nrt_adapter *adapter);
void nrt_device_events_close(struct nrt_adapter *adapter);

/* Tell of @event. False: there is nobody to tell. PASSIVE_LEVEL. */
bool nrt_device_event(struct nrt_adapter *adapter, NDIS_DEVICE_PNP_EVENT event, void *buffer,
		      ULONG length);

/* NdisDevicePnPEventPowerProfileChanged with what the host said last. */
void nrt_device_event_profile(struct nrt_adapter *adapter);

#endif
