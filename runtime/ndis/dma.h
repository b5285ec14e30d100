/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bus-master DMA of adapters: channels, memory shared with the device, and which
 * NET_BUFFER has a scatter/gather list.
 */
#ifndef NRT_NDIS_DMA_H
#define NRT_NDIS_DMA_H

#include <ndis.h>

struct nrt_adapter;

/* The adapter is halted, or was not initialized: report what it has left, by @rule where
 * it has none of its own, and take it back. Control thread. */
void nrt_dma_check(struct nrt_adapter *adapter, const char *rule);

/* Verifier: the sends of @chain are completed; RS-DMA-02, none has a list any more. */
void nrt_dma_check_complete(const NET_BUFFER_LIST *chain);

#endif
