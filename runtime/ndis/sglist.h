/* SPDX-License-Identifier: BSD-3-Clause */
/* Scatter/gather lists: their elements. */
#ifndef NRT_NDIS_SGLIST_H
#define NRT_NDIS_SGLIST_H

#include <stdint.h>

#include <ndis.h>

struct nrt_adapter;

#define NRT_SG_NO_ADDRESS UINT32_MAX

/* Elements of the data of @nb from the beginning of its current MDL on, as the device of
 * @adapter reaches it; put into @out if that is not NULL. NRT_SG_NO_ADDRESS: it does not
 * reach all of it. */
ULONG nrt_sg_elements(const struct nrt_adapter *adapter, const NET_BUFFER *nb,
		      SCATTER_GATHER_ELEMENT *out);

/* Address of [@va, @va + @length) for the device, UINT64_MAX: it is not one piece, or out
 * of reach. */
uint64_t nrt_dma_address(const struct nrt_adapter *adapter, const void *va, size_t length);

#endif
