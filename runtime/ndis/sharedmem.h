/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that an adapter shares with its device: its ledger, and allocation for later. */
#ifndef NRT_NDIS_SHAREDMEM_H
#define NRT_NDIS_SHAREDMEM_H

#include <stdbool.h>

#include <ndis.h>

struct nrt_adapter;

/* @length bytes in one piece and the address the device of @adapter has for them, or NULL.
 * Give them back; false: there are none there. */
void *nrt_shared_allocate(const struct nrt_adapter *adapter, ULONG length, uint64_t *address);
bool nrt_shared_free(const struct nrt_adapter *adapter, const void *va, uint64_t address,
		     ULONG length);

/* Allocate on a thread at PASSIVE_LEVEL and call @complete: PENDING, or FAILURE. */
NDIS_STATUS nrt_shared_allocate_later(struct nrt_adapter *adapter, ULONG length,
				      MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER complete,
				      void *context);

/* Wait for those of @adapter. */
void nrt_shared_wait(const struct nrt_adapter *adapter);

/* Report by @rule what is left of @adapter, and free it. */
void nrt_shared_check(struct nrt_adapter *adapter, const char *rule);

/* Pieces it has. */
unsigned int nrt_shared_count(const struct nrt_adapter *adapter);

/* dma.c: it has a DMA channel. */
bool nrt_dma_registered(const struct nrt_adapter *adapter);

#endif
