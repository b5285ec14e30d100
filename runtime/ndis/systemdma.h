/* SPDX-License-Identifier: BSD-3-Clause */
/* A channel of the system's DMA controller, for the other files of an adapter's life. */
#ifndef NRT_NDIS_SYSTEMDMA_H
#define NRT_NDIS_SYSTEMDMA_H

#include <stdbool.h>

struct nrt_adapter;

/* Before MiniportInitializeEx; false: out of memory. */
bool nrt_system_dma_new(struct nrt_adapter *adapter);
void nrt_system_dma_free(struct nrt_adapter *adapter);

/* @adapter has claimed its channel. */
bool nrt_system_dma_claimed(const struct nrt_adapter *adapter);

/* The adapter is halted, or was not initialized: report by @rule that its channel is still
 * claimed, and take it back. */
void nrt_system_dma_check(struct nrt_adapter *adapter, const char *rule);

#endif
