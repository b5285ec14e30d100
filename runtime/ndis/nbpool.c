/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NET_BUFFER pools: NET_BUFFERs allocated apart from a NET_BUFFER_LIST, bare or
 * with an MDL and data in the same piece of memory. Drivers call these from any
 * thread at IRQL <= DISPATCH_LEVEL.
 */
#include "nblpool.h"

#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "header.h"
#include "netbuffer.h"

#define POOL_TAG 0x42424E6E /* "nNBB" */

static struct nrt_spin pools_lock;
static struct nrt_nb_pool *pools;

static void pools_add(struct nrt_nb_pool *pool)
{
	nrt_spin_lock(&pools_lock);
	pool->next = pools;
	if (pools != NULL)
		pools->prev = pool;
	pools = pool;
	nrt_spin_unlock(&pools_lock);
}

static void pools_remove(struct nrt_nb_pool *pool)
{
	nrt_spin_lock(&pools_lock);
	if (pool->prev != NULL)
		pool->prev->next = pool->next;
	else
		pools = pool->next;
	if (pool->next != NULL)
		pool->next->prev = pool->prev;
	nrt_spin_unlock(&pools_lock);
}

struct nrt_nb_pool *nrt_nb_pool_of(NDIS_HANDLE handle, const char *where)
{
	struct nrt_nb_pool *pool = handle;

	if (pool != NULL && pool->kind == NRT_POOL_NB)
		return pool;
	nrt_violation("RS-NB-06", "%s: %p is no NET_BUFFER pool", where, handle);
	return NULL;
}

bool nrt_nb_is_live(const NET_BUFFER *nb)
{
	bool has = false;

	nrt_spin_lock(&pools_lock);
	for (struct nrt_nb_pool *p = pools; p != NULL && !has; p = p->next)
		has = nrt_item_pool_has(&p->items, nb);
	nrt_spin_unlock(&pools_lock);
	return has && nrt_item_is_live(nb);
}

/* ------------------------------------------------------ MDLs of pool memory */

size_t nrt_pool_mdl_size(ULONG size)
{
	/* the worst place to begin is one byte before a page's end */
	size_t mdl = MmSizeOfMdl((PVOID)(uintptr_t)(PAGE_SIZE - 1), size);

	return (mdl + MEMORY_ALLOCATION_ALIGNMENT - 1) &
	       ~(size_t)(MEMORY_ALLOCATION_ALIGNMENT - 1);
}

bool nrt_pool_can_hold(ULONG size)
{
	return nrt_pool_mdl_size(size) <= MAXSHORT; /* MDL.Size has 16 bits */
}

void nrt_pool_build_mdl(MDL *mdl, void *data, ULONG size)
{
	MmInitializeMdl(mdl, data, size);
	MmBuildMdlForNonPagedPool(mdl);
}

/* The page numbers and the mapping stay; what drivers may change does not. */
void nrt_pool_reset_mdl(MDL *mdl, void *data, ULONG size)
{
	mdl->Next = NULL;
	mdl->ByteCount = size;
	mdl->ByteOffset = BYTE_OFFSET(data);
}

static void build_item(void *item, void *context)
{
	struct nrt_nb_pool *pool = context;
	char *base = item;

	nrt_pool_build_mdl((MDL *)(base + pool->mdl_offset), base + pool->data_offset,
			   pool->data_size);
}

/* ------------------------------------------------------------------- pools */

static struct nrt_nb_pool *pool_create(const NET_BUFFER_POOL_PARAMETERS *parameters)
{
	struct nrt_nb_pool *pool;
	size_t size = sizeof(NET_BUFFER);

	if (!nrt_pool_can_hold(parameters->DataSize))
		return NULL;
	pool = nrt_memory_zalloc(sizeof(*pool), POOL_TAG, NULL);
	if (pool == NULL)
		return NULL;
	pool->kind = NRT_POOL_NB;
	pool->tag = parameters->PoolTag;
	pool->data_size = parameters->DataSize;
	if (pool->data_size != 0) {
		pool->mdl_offset = size;
		pool->data_offset = size + nrt_pool_mdl_size(pool->data_size);
		size = pool->data_offset + pool->data_size;
	}
	nrt_item_pool_init(&pool->items, size, pool->tag,
			   pool->data_size != 0 ? build_item : NULL, pool);
	return pool;
}

NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle,
				      const NET_BUFFER_POOL_PARAMETERS *Parameters)
{
	static const size_t sizes[] = { NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 };
	struct nrt_nb_pool *pool;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (!nrt_header_from(NdisHandle, &Parameters->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 1,
			     __func__))
		return NULL;
	pool = pool_create(Parameters);
	if (pool != NULL)
		pools_add(pool);
	return pool;
}

VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle)
{
	struct nrt_nb_pool *pool = nrt_nb_pool_of(PoolHandle, __func__);
	uint64_t live;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (pool == NULL)
		return;
	live = nrt_item_pool_live(&pool->items);
	if (live != 0) {
		nrt_violation("RS-NB-06", "%s: %llu NET_BUFFERs of pool %p (tag 0x%08X) are not "
			      "freed", __func__, (unsigned long long)live, PoolHandle, pool->tag);
		return;
	}
	pools_remove(pool);
	nrt_item_pool_fini(&pool->items);
	pool->kind = 0;
	nrt_memory_free(pool, POOL_TAG);
}

NDIS_HANDLE NdisGetPoolFromNetBuffer(const NET_BUFFER *NetBuffer)
{
	return NetBuffer->NdisPoolHandle;
}

/* ------------------------------------------------------ NET_BUFFERs out of it */

NET_BUFFER *nrt_nb_get(struct nrt_nb_pool *pool, bool data)
{
	NET_BUFFER *nb = nrt_item_get(&pool->items);

	if (nb == NULL)
		return NULL;
	memset(nb, 0, sizeof(*nb));
	nb->NdisPoolHandle = pool;
	if (data) {
		char *base = (char *)nb;

		nb->MdlChain = nb->CurrentMdl = (MDL *)(base + pool->mdl_offset);
		nrt_pool_reset_mdl(nb->MdlChain, base + pool->data_offset, pool->data_size);
	}
	return nb;
}

void nrt_nb_put(NET_BUFFER *nb)
{
	struct nrt_nb_pool *pool = nb->NdisPoolHandle;

	nrt_item_put(&pool->items, nb);
}

PNET_BUFFER NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset,
				  SIZE_T DataLength)
{
	struct nrt_nb_pool *pool = nrt_nb_pool_of(PoolHandle, __func__);
	NET_BUFFER *nb;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (pool == NULL)
		return NULL;
	if (pool->data_size != 0) {
		nrt_violation("RS-NB-01", "%s: pool %p has DataSize %u; use "
			      "NdisAllocateNetBufferMdlAndData", __func__, PoolHandle,
			      pool->data_size);
		return NULL;
	}
	nb = nrt_nb_get(pool, false);
	if (nb != NULL && !nrt_nb_set_data(nb, MdlChain, DataOffset, DataLength, __func__)) {
		nrt_nb_put(nb);
		return NULL;
	}
	return nb;
}

PNET_BUFFER NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle)
{
	struct nrt_nb_pool *pool = nrt_nb_pool_of(PoolHandle, __func__);

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (pool == NULL)
		return NULL;
	if (pool->data_size == 0) {
		nrt_violation("RS-NB-01", "%s: pool %p has DataSize 0", __func__, PoolHandle);
		return NULL;
	}
	return nrt_nb_get(pool, true);
}

static bool may_free(NET_BUFFER *nb, const char *where)
{
	const struct nrt_nb_pool *pool;

	if (nrt_item_poisoned(nb)) {
		nrt_violation("RS-NB-06", "%s: %p was freed before", where, (void *)nb);
		return false;
	}
	pool = nb->NdisPoolHandle;
	if (pool != NULL && (pool->kind == NRT_POOL_NBL || pool->kind == NRT_POOL_OVER)) {
		nrt_violation("RS-NB-04", "%s: %p belongs to its NET_BUFFER_LIST and goes with it",
			      where, (void *)nb);
		return false;
	}
	if (nrt_nb_pool_of(nb->NdisPoolHandle, where) == NULL)
		return false;
	if (nrt_item_of(nb)->state != NRT_ITEM_LIVE) {
		nrt_violation("RS-NB-06", "%s: %p was freed before", where, (void *)nb);
		return false;
	}
	if (nrt_nb_has_retreat(nb)) {
		nrt_violation("RS-NB-08", "%s: MDLs of a retreat of %p are not freed", where,
			      (void *)nb);
		return false;
	}
	return true;
}

VOID NdisFreeNetBuffer(PNET_BUFFER NetBuffer)
{
	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (may_free(NetBuffer, __func__))
		nrt_nb_put(NetBuffer);
}

/* ------------------------------------------------------------ internal pool */

static struct nrt_nb_pool *internal_pool;

struct nrt_nb_pool *nrt_nb_internal_pool(void)
{
	static const NET_BUFFER_POOL_PARAMETERS parameters = {
		.PoolTag = POOL_TAG,
	};
	struct nrt_nb_pool *pool, *spare;

	nrt_spin_lock(&pools_lock);
	pool = internal_pool;
	nrt_spin_unlock(&pools_lock);
	if (pool != NULL)
		return pool;
	spare = pool_create(&parameters);
	if (spare == NULL)
		return NULL;
	nrt_spin_lock(&pools_lock);
	pool = internal_pool;
	if (pool == NULL)
		pool = internal_pool = spare;
	nrt_spin_unlock(&pools_lock);
	if (pool == spare)
		pools_add(spare);
	else
		if (spare != NULL)
		nrt_memory_free(spare, POOL_TAG);
	return pool;
}

void nrt_nb_pools_end(void)
{
	while (pools != NULL) {
		struct nrt_nb_pool *pool = pools;
		uint64_t live = nrt_item_pool_live(&pool->items);

		if (pool != internal_pool || live != 0)
			nrt_violation("RS-NB-06", "pool %p (tag 0x%08X) was never freed, %llu "
				      "NET_BUFFERs are out", (void *)pool, pool->tag,
				      (unsigned long long)live);
		pools_remove(pool);
		nrt_item_pool_fini(&pool->items);
		nrt_memory_free(pool, POOL_TAG);
	}
	internal_pool = NULL;
}
