/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NET_BUFFER_LIST pools: allocate, free, and the pools over storage that a
 * lower edge provides. Drivers call these from any thread at IRQL <=
 * DISPATCH_LEVEL, often per packet; pools come and go on control threads.
 * A call that breaks a rule is reported and then does less, never more: what
 * may not be freed stays allocated.
 */
#include "nblpool.h"

#include <string.h>

#include <nrt/nrt_lower.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "header.h"
#include "nblback.h"
#include "nblcontext.h"
#include "netbuffer.h"

#define POOL_TAG 0x4C424E6E /* "nNBL" */

static struct nrt_spin pools_lock;
static struct nrt_nbl_pool *pools;

/* An item is a NET_BUFFER_LIST with its NET_BUFFER close behind. */
C_ASSERT(sizeof(NET_BUFFER_LIST) % MEMORY_ALLOCATION_ALIGNMENT == 0);
C_ASSERT(sizeof(struct nrt_item) % MEMORY_ALLOCATION_ALIGNMENT == 0);

static size_t align_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

static void pools_add(struct nrt_nbl_pool *pool)
{
	nrt_spin_lock(&pools_lock);
	pool->next = pools;
	if (pools != NULL)
		pools->prev = pool;
	pools = pool;
	nrt_spin_unlock(&pools_lock);
}

static void pools_remove(struct nrt_nbl_pool *pool)
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

static uint64_t pool_live(struct nrt_nbl_pool *pool)
{
	if (pool->kind == NRT_POOL_OVER)
		return pool->outstanding(pool->outstanding_context);
	return nrt_item_pool_live(&pool->items);
}

uint64_t nrt_nbl_live(void)
{
	uint64_t live = 0;

	nrt_spin_lock(&pools_lock);
	for (struct nrt_nbl_pool *p = pools; p != NULL; p = p->next)
		live += pool_live(p);
	nrt_spin_unlock(&pools_lock);
	return live;
}

struct nrt_nbl_pool *nrt_nbl_pool_of(NDIS_HANDLE handle, const char *where)
{
	struct nrt_nbl_pool *pool = handle;

	if (pool != NULL && pool->kind == NRT_POOL_NBL)
		return pool;
	nrt_violation("RS-NB-06", "%s: %p is no NET_BUFFER_LIST pool%s", where, handle,
		      pool != NULL && pool->kind == NRT_POOL_OVER ?
			      " that drivers allocate from" : "");
	return NULL;
}

/* ------------------------------------------------------------------- pools */

static void build_item(void *item, void *context)
{
	struct nrt_nbl_pool *pool = context;
	char *base = item;

	nrt_pool_build_mdl((MDL *)(base + pool->mdl_offset), base + pool->data_offset,
			   pool->data_size);
}

/* Lay out NBL, NET_BUFFER, context, MDL and data in this order. */
static size_t lay_out(struct nrt_nbl_pool *pool)
{
	size_t size = sizeof(NET_BUFFER_LIST);

	if (pool->with_nb)
		size += sizeof(NET_BUFFER);
	if (pool->context_space != 0) {
		pool->context_offset = size;
		size += sizeof(NET_BUFFER_LIST_CONTEXT) + pool->context_space;
	}
	if (pool->data_size != 0) {
		pool->mdl_offset = size;
		/* data begin at a cache line: items do, one struct nrt_item earlier */
		pool->data_offset = align_up(size + nrt_pool_mdl_size(pool->data_size) +
						     sizeof(struct nrt_item), 64) -
				    sizeof(struct nrt_item);
		size = pool->data_offset + pool->data_size;
	}
	return size;
}

static struct nrt_nbl_pool *pool_create(NDIS_HANDLE owner,
					const NET_BUFFER_LIST_POOL_PARAMETERS *parameters)
{
	struct nrt_nbl_pool *pool;

	if (!nrt_pool_can_hold(parameters->DataSize))
		return NULL;
	pool = nrt_memory_zalloc(sizeof(*pool), POOL_TAG, NULL);
	if (pool == NULL)
		return NULL;
	pool->kind = NRT_POOL_NBL;
	pool->owner = owner;
	pool->tag = parameters->PoolTag;
	pool->data_size = parameters->DataSize;
	pool->protocol_id = parameters->ProtocolId;
	pool->with_nb = parameters->fAllocateNetBuffer != FALSE;
	pool->context_space = nrt_nbl_context_aligned(parameters->ContextSize,
						      MEMORY_ALLOCATION_ALIGNMENT,
						      "NdisAllocateNetBufferListPool");
	nrt_item_pool_init(&pool->items, lay_out(pool), pool->tag,
			   pool->data_size != 0 ? build_item : NULL, pool);
	return pool;
}

NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle,
					  const NET_BUFFER_LIST_POOL_PARAMETERS *Parameters)
{
	static const size_t sizes[] = { NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 };
	struct nrt_nbl_pool *pool;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (!nrt_header_from(NdisHandle, &Parameters->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 1,
			     __func__))
		return NULL;
	if (Parameters->DataSize != 0 && !Parameters->fAllocateNetBuffer) {
		nrt_violation("RS-NB-01", "%s: DataSize %u without fAllocateNetBuffer", __func__,
			      Parameters->DataSize);
		return NULL;
	}
	pool = pool_create(NdisHandle, Parameters);
	if (pool != NULL)
		pools_add(pool);
	return pool;
}

VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle)
{
	struct nrt_nbl_pool *pool = nrt_nbl_pool_of(PoolHandle, __func__);
	uint64_t live;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (pool == NULL)
		return;
	live = pool_live(pool);
	if (live != 0) {
		if (nrt_verifying)
			nrt_back_check(pool);
		nrt_violation("RS-NB-06", "%s: %llu NET_BUFFER_LISTs of pool %p (tag 0x%08X) are "
			      "not freed", __func__, (unsigned long long)live, PoolHandle,
			      pool->tag);
		return;
	}
	pools_remove(pool);
	nrt_item_pool_fini(&pool->items);
	pool->kind = 0;
	nrt_memory_free(pool, POOL_TAG);
}

/* -------------------------------------------------------------- allocation */

NET_BUFFER_LIST *nrt_nbl_get(struct nrt_nbl_pool *pool, enum nrt_nbl_kind kind, uint16_t aux,
			     uint32_t note)
{
	NET_BUFFER_LIST *nbl = nrt_item_get(&pool->items);
	struct nrt_item *item;

	if (nbl == NULL)
		return NULL;
	item = nrt_item_of(nbl);
	item->kind = (uint8_t)kind;
	item->aux = aux;
	item->note = note;
	memset(nbl, 0, sizeof(*nbl) + (pool->with_nb ? sizeof(NET_BUFFER) : 0));
	nbl->NdisPoolHandle = pool;
	if (pool->protocol_id != 0)
		NdisSetNetBufferListProtocolId(nbl, pool->protocol_id);
	if (pool->with_nb) {
		NET_BUFFER *nb = nrt_nbl_own_nb(nbl);

		nb->NdisPoolHandle = pool;
		nbl->FirstNetBuffer = nb;
		if (pool->data_size != 0) {
			char *base = (char *)nbl;

			nb->MdlChain = nb->CurrentMdl = (MDL *)(base + pool->mdl_offset);
			nrt_pool_reset_mdl(nb->MdlChain, base + pool->data_offset,
					   pool->data_size);
		}
	}
	return nbl;
}

static NET_BUFFER_LIST *allocate(struct nrt_nbl_pool *pool, USHORT context, USHORT backfill,
				 const char *where)
{
	NET_BUFFER_LIST *nbl;

	context = nrt_nbl_context_aligned(context, MEMORY_ALLOCATION_ALIGNMENT, where);
	backfill = nrt_nbl_context_aligned(backfill, MEMORY_ALLOCATION_ALIGNMENT, where);
	nbl = nrt_nbl_get(pool, NRT_NBL_PLAIN, context, 0);
	if (nbl != NULL && !nrt_nbl_context_init(nbl, context, backfill)) {
		nrt_item_put(&pool->items, nbl);
		return NULL;
	}
	return nbl;
}

PNET_BUFFER_LIST NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
					   USHORT ContextBackFill)
{
	struct nrt_nbl_pool *pool = nrt_nbl_pool_of(PoolHandle, __func__);

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	return pool != NULL ? allocate(pool, ContextSize, ContextBackFill, __func__) : NULL;
}

PNET_BUFFER_LIST NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
						       USHORT ContextBackFill, PMDL MdlChain,
						       ULONG DataOffset, SIZE_T DataLength)
{
	struct nrt_nbl_pool *pool = nrt_nbl_pool_of(PoolHandle, __func__);
	NET_BUFFER_LIST *nbl;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (pool == NULL)
		return NULL;
	if (!pool->with_nb || pool->data_size != 0) {
		nrt_violation("RS-NB-01", "%s: pool %p has fAllocateNetBuffer %d and DataSize %u",
			      __func__, PoolHandle, pool->with_nb, pool->data_size);
		return NULL;
	}
	nbl = allocate(pool, ContextSize, ContextBackFill, __func__);
	if (nbl != NULL && !nrt_nb_set_data(nrt_nbl_own_nb(nbl), MdlChain, DataOffset, DataLength,
					    __func__)) {
		nrt_nbl_put(nbl);
		return NULL;
	}
	return nbl;
}

/* ------------------------------------------------------------------ freeing */

static const char *const kind_names[] = {
	[NRT_NBL_PLAIN] = "NdisFreeNetBufferList",
	[NRT_NBL_CLONE] = "NdisFreeCloneNetBufferList",
	[NRT_NBL_FRAGMENT] = "NdisFreeFragmentNetBufferList",
	[NRT_NBL_REASSEMBLED] = "NdisFreeReassembledNetBufferList",
};

/* Is @nbl an allocated NBL of a pool that drivers allocate from? */
static bool is_allocated(NET_BUFFER_LIST *nbl, const char *where)
{
	struct nrt_nbl_pool *pool;

	if (nrt_item_poisoned(nbl)) {
		nrt_violation("RS-NB-06", "%s: %p was freed before", where, (void *)nbl);
		return false;
	}
	pool = nrt_nbl_pool_of(nbl->NdisPoolHandle, where);
	if (pool == NULL)
		return false;
	if (nrt_item_of(nbl)->state != NRT_ITEM_LIVE) {
		nrt_violation("RS-NB-06", "%s: %p was freed before", where, (void *)nbl);
		return false;
	}
	return true;
}

static bool is_bare(NET_BUFFER_LIST *nbl, const char *where)
{
	struct nrt_nbl_pool *pool = nbl->NdisPoolHandle;
	struct nrt_item *item = nrt_item_of(nbl);

	if (nbl->ChildRefCount != 0) {
		nrt_violation("RS-NB-09", "%s: %p still has %d children", where, (void *)nbl,
			      nbl->ChildRefCount);
		return false;
	}
	if (!nrt_nbl_context_untouched(nbl, item->kind == NRT_NBL_PLAIN ? item->aux : 0)) {
		nrt_violation("RS-NB-05", "%s: context of %p is not freed", where, (void *)nbl);
		return false;
	}
	if (item->kind == NRT_NBL_PLAIN && pool->with_nb &&
	    nrt_nb_has_retreat(nrt_nbl_own_nb(nbl))) {
		nrt_violation("RS-NB-08", "%s: MDLs of a retreat of %p are not freed", where,
			      (void *)nbl);
		return false;
	}
	return true;
}

/* RS-NB-04: NET_BUFFERs allocated on their own go before the NBL they are on.
 * A driver that freed them may leave their addresses behind, hence the check. */
static void check_net_buffers(NET_BUFFER_LIST *nbl, const char *where)
{
	struct nrt_nbl_pool *pool = nbl->NdisPoolHandle;
	NET_BUFFER *nb = nbl->FirstNetBuffer;

	if (pool->with_nb && nb == nrt_nbl_own_nb(nbl))
		nb = nb->Next;
	if (nb != NULL && nrt_nb_is_live(nb))
		nrt_violation("RS-NB-04", "%s: NET_BUFFER %p on %p is not freed yet", where,
			      (void *)nb, (void *)nbl);
}

bool nrt_nbl_may_free(NET_BUFFER_LIST *nbl, enum nrt_nbl_kind kind, const char *where)
{
	struct nrt_item *item;

	if (!is_allocated(nbl, where))
		return false;
	item = nrt_item_of(nbl);
	if (item->kind != kind) {
		nrt_violation("RS-NB-09", "%s: %p is freed with %s", where, (void *)nbl,
			      kind_names[item->kind]);
		return false;
	}
	if (!is_bare(nbl, where))
		return false;
	if (nrt_verifying) {
		nrt_back_end(nbl);
		if (kind == NRT_NBL_PLAIN)
			check_net_buffers(nbl, where);
	}
	return true;
}

void nrt_nbl_put(NET_BUFFER_LIST *nbl)
{
	struct nrt_nbl_pool *pool = nbl->NdisPoolHandle;

	nrt_nbl_context_drop(nbl);
	nrt_item_put(&pool->items, nbl);
}

VOID NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList)
{
	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (nrt_nbl_may_free(NetBufferList, NRT_NBL_PLAIN, __func__))
		nrt_nbl_put(NetBufferList);
}

/* ------------------------------------------------------- who made it, for whom */

NDIS_HANDLE NdisGetPoolFromNetBufferList(const NET_BUFFER_LIST *NetBufferList)
{
	return NetBufferList->NdisPoolHandle;
}

UCHAR NdisGetNetBufferListProtocolId(const NET_BUFFER_LIST *NetBufferList)
{
	return (UCHAR)(ULONG_PTR)NET_BUFFER_LIST_INFO(NetBufferList, NetBufferListProtocolId);
}

/* --------------------------------------------------- pools over given storage */

NDIS_HANDLE nrt_nbl_pool_over(NDIS_HANDLE owner, uint32_t count,
			      uint64_t (*outstanding)(void *context), void *context)
{
	struct nrt_nbl_pool *pool = nrt_memory_zalloc(sizeof(*pool), POOL_TAG, NULL);

	if (pool == NULL)
		return NULL;
	pool->kind = NRT_POOL_OVER;
	pool->owner = owner;
	pool->with_nb = true;
	pool->count = count;
	pool->outstanding = outstanding;
	pool->outstanding_context = context;
	pools_add(pool);
	return pool;
}

void nrt_nbl_pool_over_free(NDIS_HANDLE handle)
{
	struct nrt_nbl_pool *pool = handle;
	uint64_t live = pool_live(pool);

	/* The storage is the provider's and goes in any case: only report. */
	if (live != 0)
		nrt_violation("RS-NB-06", "%s: %llu of %u NET_BUFFER_LISTs are outstanding",
			      __func__, (unsigned long long)live, pool->count);
	pools_remove(pool);
	pool->kind = 0;
	nrt_memory_free(pool, POOL_TAG);
}

void nrt_nbl_format(NDIS_HANDLE pool, NET_BUFFER_LIST *nbl, NET_BUFFER *nb, MDL *mdl)
{
	memset(nbl, 0, sizeof(*nbl));
	memset(nb, 0, sizeof(*nb));
	nbl->NdisPoolHandle = pool;
	nbl->FirstNetBuffer = nb;
	nb->NdisPoolHandle = pool;
	nb->MdlChain = mdl;
	nb->CurrentMdl = mdl;
}

/* ----------------------------------------------------------- internal pools */

static struct nrt_spin internal_lock;
static struct nrt_nbl_pool *internal_pool;

struct nrt_nbl_pool *nrt_nbl_internal_pool(void)
{
	static const NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.fAllocateNetBuffer = TRUE,
		.PoolTag = POOL_TAG,
	};
	struct nrt_nbl_pool *pool, *spare = NULL;

	nrt_spin_lock(&internal_lock);
	pool = internal_pool;
	nrt_spin_unlock(&internal_lock);
	if (pool != NULL)
		return pool;
	spare = pool_create(NULL, &parameters);
	nrt_spin_lock(&internal_lock);
	if (internal_pool == NULL && spare != NULL) {
		pools_add(spare);
		internal_pool = spare;
		spare = NULL;
	}
	pool = internal_pool;
	nrt_spin_unlock(&internal_lock);
	if (spare != NULL)
		nrt_memory_free(spare, POOL_TAG);
	return pool;
}

void nrt_nbl_pools_end(void)
{
	while (pools != NULL) {
		struct nrt_nbl_pool *pool = pools;
		uint64_t live = pool_live(pool);

		if (pool != internal_pool || live != 0)
			nrt_violation("RS-NB-06", "pool %p of %p (tag 0x%08X) was never freed, %llu "
				      "NET_BUFFER_LISTs are out", (void *)pool, pool->owner,
				      pool->tag, (unsigned long long)live);
		pools_remove(pool);
		nrt_item_pool_fini(&pool->items);
		nrt_memory_free(pool, POOL_TAG);
	}
	internal_pool = NULL;
	nrt_nb_pools_end();
}
