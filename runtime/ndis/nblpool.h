/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NET_BUFFER_LIST and NET_BUFFER pools inside the runtime: what stands behind
 * an NdisPoolHandle. Used by the clone, context and data functions; any thread.
 */
#ifndef NRT_NDIS_NBLPOOL_H
#define NRT_NDIS_NBLPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ndis/nblapi.h>

#include "itempool.h"

/* First word of every pool, so that a handle of the wrong kind is told. */
enum nrt_pool_kind {
	NRT_POOL_NBL = 0x4C424E50,  /* NdisAllocateNetBufferListPool */
	NRT_POOL_NB = 0x20424E50,   /* NdisAllocateNetBufferPool */
	NRT_POOL_OVER = 0x564F4E50, /* nrt_nbl_pool_over */
};

/* How an NBL was made, in nrt_item.kind: it must be freed by the same family. */
enum nrt_nbl_kind { NRT_NBL_PLAIN, NRT_NBL_CLONE, NRT_NBL_FRAGMENT, NRT_NBL_REASSEMBLED };

struct nrt_nb_pool {
	uint32_t kind; /* NRT_POOL_NB */
	ULONG tag;
	ULONG data_size;
	size_t mdl_offset, data_offset; /* from the NET_BUFFER; data_size != 0 only */
	struct nrt_nb_pool *next, *prev; /* all pools, under the list's lock */
	_Alignas(64) struct nrt_item_pool items;
};

struct nrt_nbl_pool {
	uint32_t kind; /* NRT_POOL_NBL or NRT_POOL_OVER */
	ULONG tag;
	ULONG data_size;
	UCHAR protocol_id;
	bool with_nb;
	USHORT context_space;
	/* parts of an item, from the NET_BUFFER_LIST */
	size_t context_offset, mdl_offset, data_offset;
	NDIS_HANDLE owner;
	struct nrt_nbl_pool *next, *prev; /* all pools, under the list's lock */
	/* NRT_POOL_OVER */
	uint32_t count;
	uint64_t (*outstanding)(void *context);
	void *outstanding_context;
	_Alignas(64) struct nrt_item_pool items;
};

/* The preallocated NET_BUFFER stands right behind its NET_BUFFER_LIST. */
static inline NET_BUFFER *nrt_nbl_own_nb(const NET_BUFFER_LIST *nbl)
{
	return (NET_BUFFER *)(uintptr_t)(nbl + 1);
}

/* The preallocated context, or NULL. */
static inline NET_BUFFER_LIST_CONTEXT *nrt_nbl_own_context(const NET_BUFFER_LIST *nbl)
{
	const struct nrt_nbl_pool *pool = nbl->NdisPoolHandle;

	if (pool->kind != NRT_POOL_NBL || pool->context_space == 0)
		return NULL;
	return (NET_BUFFER_LIST_CONTEXT *)((uintptr_t)nbl + pool->context_offset);
}

/* The pool behind @handle when it is an NBL pool that allocates, else NULL and
 * a report that names @where. */
struct nrt_nbl_pool *nrt_nbl_pool_of(NDIS_HANDLE handle, const char *where);
struct nrt_nb_pool *nrt_nb_pool_of(NDIS_HANDLE handle, const char *where);

/*
 * An NBL of @pool as it comes out of any allocate function, with its NET_BUFFER
 * (and MDL and data) when the pool has them, without a context. @kind, @aux and
 * @note are kept for the free function.
 */
NET_BUFFER_LIST *nrt_nbl_get(struct nrt_nbl_pool *pool, enum nrt_nbl_kind kind, uint16_t aux,
			     uint32_t note);
/* Checks @nbl as NdisFreeNetBufferList does, for @kind; false: it was reported
 * and must not be freed. */
bool nrt_nbl_may_free(NET_BUFFER_LIST *nbl, enum nrt_nbl_kind kind, const char *where);
void nrt_nbl_put(NET_BUFFER_LIST *nbl);

/* A zero NET_BUFFER of @pool; with the pool's MDL and data when @data. */
NET_BUFFER *nrt_nb_get(struct nrt_nb_pool *pool, bool data);
void nrt_nb_put(NET_BUFFER *nb);

/* True when @nb was allocated on its own and not yet freed. Verifier only. */
bool nrt_nb_is_live(const NET_BUFFER *nb);

/*
 * Give @nb a chain and a data range. Reports RS-NB-02 and RS-NB-08 and returns
 * false when they do not fit together.
 */
bool nrt_nb_set_data(NET_BUFFER *nb, MDL *chain, ULONG offset, SIZE_T length, const char *where);

/* Where the runtime takes what a caller gave no pool for: NBLs with a NET_BUFFER,
 * and NET_BUFFERs. NULL when out of memory. */
struct nrt_nbl_pool *nrt_nbl_internal_pool(void);
struct nrt_nb_pool *nrt_nb_internal_pool(void);

/*
 * nrt_fini: report every pool that a driver or provider left behind, and free
 * the internal ones.
 */
void nrt_nbl_pools_end(void);
void nrt_nb_pools_end(void); /* called by it */

/* The data part of a pool's items: build the MDL once, and put it right each
 * time an item goes out. */
void nrt_pool_build_mdl(MDL *mdl, void *data, ULONG size);
void nrt_pool_reset_mdl(MDL *mdl, void *data, ULONG size);
/* False when no MDL can describe @size bytes. */
bool nrt_pool_can_hold(ULONG size);
/* Bytes an MDL for @size bytes can need, wherever its data begins. */
size_t nrt_pool_mdl_size(ULONG size);

#endif
