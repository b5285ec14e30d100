/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drivers' memory and its ledger: every allocation is known by tag and owner
 * until it is freed. Memory comes from the host's platform. Any thread, any
 * IRQL up to DISPATCH_LEVEL.
 */
#ifndef NRT_KE_MEMORY_H
#define NRT_KE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct nrt_platform;

/* NULL: malloc, nothing is DMA-able. Before any allocation. */
void nrt_memory_init(const struct nrt_platform *platform);

/* What this thread allocates from now on is wanted on NUMA node @node, and lies elsewhere
 * rather than nowhere; -1: anywhere. Returns what held before. No DDI says where drivers'
 * memory is to lie, so the runtime does: while a stack starts, on its device's node. */
int nrt_memory_prefer(int node);

/* Contents are not defined, as there. Aligned to 64 bytes, to a page when a
 * page or more is asked for. @owner: an NDIS handle or NULL. */
void *nrt_memory_alloc(size_t size, uint32_t tag, const void *owner);
void *nrt_memory_zalloc(size_t size, uint32_t tag, const void *owner);

/* @tag 0: whatever it was allocated with. NULL is allowed. */
void nrt_memory_free(void *va, uint32_t tag);

/* Bus address of [@va, @va + @len), or UINT64_MAX. */
uint64_t nrt_memory_iova(const void *va, size_t len);

/* The ledger: allocations not freed, all of them, of one owner, and bytes of
 * one tag. */
uint64_t nrt_memory_live(void);
uint64_t nrt_memory_live_of(const void *owner);
uint64_t nrt_memory_bytes_of(uint32_t tag);

/* Report RS-MEM-02 for each allocation @owner still has; how many there are. */
uint64_t nrt_memory_report(const void *owner);

/* Tests: the @n-th allocation from now fails (1: the next); 0: none. */
void nrt_memory_fail_nth(uint64_t n);

#endif
