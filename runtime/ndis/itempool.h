/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools of items of one size, under the NET_BUFFER_LIST and NET_BUFFER pools.
 * Any thread gets and puts; a worker does so from a cache of its own, without
 * a lock or an atomic read-modify-write. Memory grows by slabs and goes back
 * when the pool ends. Under AddressSanitizer every item is an allocation of its
 * own, so that a use after put is caught.
 */
#ifndef NRT_NDIS_ITEMPOOL_H
#define NRT_NDIS_ITEMPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nrt/nrt.h>

#include "../spin.h"

#if defined(__SANITIZE_ADDRESS__)
#define NRT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NRT_ASAN 1
#endif
#endif

#ifdef NRT_ASAN
#include <sanitizer/asan_interface.h>
/* True when @p was given back, so that even a look at it is an error. */
#define nrt_item_poisoned(p) (__asan_address_is_poisoned(p) != 0)
#else
#define nrt_item_poisoned(p) ((void)(p), false)
#endif

enum nrt_item_state { NRT_ITEM_FREE, NRT_ITEM_LIVE };

/* What stands in front of each item. @kind, @aux and @note are the owner's. */
struct nrt_item {
	struct nrt_item *next; /* while free */
	uint8_t state;
	uint8_t kind;
	uint16_t aux;
	uint32_t note;
};

/* Written by its worker only; @live is read by control threads. */
struct nrt_item_cache {
	_Alignas(64) struct nrt_item *first;
	uint32_t count;
	_Atomic int64_t live; /* gets minus puts on this worker, may be negative */
};

struct nrt_item_pool {
	size_t size;   /* of an item, without its struct nrt_item */
	uint32_t tag;  /* of its memory */
	size_t stride; /* from item to item in a slab */
	void (*build)(void *item, void *context); /* once for each piece of memory; or NULL */
	void *context;
	struct nrt_spin lock; /* the three below */
	struct nrt_item *free;
	struct nrt_item_slab *slabs;
	int64_t live; /* gets minus puts of threads that are no worker */
	struct nrt_item_cache cache[NRT_MAX_WORKERS];
};

/* @pool is zeroed memory. */
void nrt_item_pool_init(struct nrt_item_pool *pool, size_t size, uint32_t tag,
			void (*build)(void *item, void *context), void *context);
/* Return the memory; what is still out dies with it. */
void nrt_item_pool_fini(struct nrt_item_pool *pool);

/* An item in whatever state it was put (zero when new), or NULL. */
void *nrt_item_get(struct nrt_item_pool *pool);
void nrt_item_put(struct nrt_item_pool *pool, void *item);

/* Items out; exact when nobody gets or puts meanwhile. */
uint64_t nrt_item_pool_live(struct nrt_item_pool *pool);

/* True when @item is an item of @pool, by address alone. Slow. */
bool nrt_item_pool_has(struct nrt_item_pool *pool, const void *item);

static inline struct nrt_item *nrt_item_of(const void *item)
{
	return (struct nrt_item *)(uintptr_t)item - 1;
}

static inline bool nrt_item_is_live(const void *item)
{
	return !nrt_item_poisoned(item) && nrt_item_of(item)->state == NRT_ITEM_LIVE;
}

#endif
