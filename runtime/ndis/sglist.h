/* SPDX-License-Identifier: BSD-3-Clause */
/* Scatter/gather lists: their elements. */
#ifndef NRT_NDIS_SGLIST_H
#define NRT_NDIS_SGLIST_H

#include <stdint.h>

#include <ndis.h>

struct nrt_adapter;

#define NRT_SG_NO_ADDRESS UINT32_MAX

/* Elements of @length bytes of the chain @mdl from @offset on, as the device of @adapter
 * reaches them; put into @out if that is not NULL. NRT_SG_NO_ADDRESS: it does not reach
 * all of them. */
ULONG nrt_sg_chain_elements(const struct nrt_adapter *adapter, MDL *mdl, size_t offset,
			    uint64_t length, SCATTER_GATHER_ELEMENT *out);

/* The same for the data of @nb from the beginning of its current MDL on. */
ULONG nrt_sg_elements(const struct nrt_adapter *adapter, const NET_BUFFER *nb,
		      SCATTER_GATHER_ELEMENT *out);

/* Address of [@va, @va + @length) for the device, UINT64_MAX: it is not one piece, or out
 * of reach. */
uint64_t nrt_dma_address(const struct nrt_adapter *adapter, const void *va, size_t length);

#endif
