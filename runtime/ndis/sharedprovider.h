/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisAllocateSharedMemory: blocks that NDIS or a driver, as their provider, gives to other
 * drivers. Control threads, PASSIVE_LEVEL.
 */
#ifndef NRT_NDIS_SHAREDPROVIDER_H
#define NRT_NDIS_SHAREDPROVIDER_H

#include <ndis.h>

/* @handle of a protocol, a binding or a miniport driver has its driver provide shared memory. */
NDIS_STATUS nrt_shared_set_provider(NDIS_HANDLE handle, const NDIS_OBJECT_HEADER *header);

/* The owner of @handle (also an adapter) goes: blocks that it still has, or that others have
 * from it, are reported by @rule; its own are freed. */
void nrt_shared_forget(NDIS_HANDLE handle, const char *rule);

#endif
