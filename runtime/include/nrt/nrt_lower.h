/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file nrt_lower.h
 * What the runtime offers to a lower edge: the provider of devices, buffers
 * and execution under a miniport (the PMD bridge, or anybody's own). Nothing
 * here is private to the reference miniport.
 */
#ifndef NRT_NRT_LOWER_H
#define NRT_NRT_LOWER_H

#include <ndis.h>

#include "nrt.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Index of the worker this thread is, or -1 on any other thread. No cost. */
NRT_API int nrt_worker_self(void);

/**
 * Run @fn(@arg) on worker @index between two poll callbacks and wait for it.
 * Inline when the caller is that worker or the worker is not running.
 * Context: PASSIVE_LEVEL, any thread but another worker.
 */
NRT_API void nrt_worker_call(unsigned int index, void (*fn)(void *), void *arg);

/** The device an adapter was added with. Valid until MiniportHaltEx returns. */
NRT_API const struct nrt_device *nrt_adapter_device(NDIS_HANDLE miniport_adapter);

/**
 * A pool of NBLs whose storage is the provider's: @count NBLs, each with one
 * NET_BUFFER, live in memory that the provider owns and formats with
 * nrt_nbl_format(). They are NDIS pool objects all the same: NdisPoolHandle
 * is this pool, and nrt_nbl_live() and the leak check count those that the
 * provider reports as outstanding.
 * Returns NULL when out of memory.
 */
NRT_API NDIS_HANDLE nrt_nbl_pool_over(NDIS_HANDLE owner, uint32_t count,
				      uint64_t (*outstanding)(void *context), void *context);
NRT_API void nrt_nbl_pool_over_free(NDIS_HANDLE pool);

/**
 * Format one NBL + NET_BUFFER pair in the provider's storage, linked to each
 * other and to @mdl, zero data. Both are aligned to 16 bytes.
 */
NRT_API void nrt_nbl_format(NDIS_HANDLE pool, NET_BUFFER_LIST *nbl, NET_BUFFER *nb, MDL *mdl);

#ifdef __cplusplus
}
#endif
#endif
