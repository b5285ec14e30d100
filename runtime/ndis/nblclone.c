/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NET_BUFFER_LISTs derived from others: clones, fragments, reassembled ones
 * [N/derived-net-buffer-list-structures]. They describe the parent's data, which
 * are not copied, with NET_BUFFERs and MDLs of their own. Parent pointer and
 * child count are the caller's business [N/relationships-between-net-buffer-list-
 * generations]. Drivers call these from any thread at IRQL <= DISPATCH_LEVEL.
 *
 * NET_BUFFER.NdisReserved[1] of a derived NET_BUFFER is the block of its MDLs.
 */
#include "mdlchain.h"

#include <ndis/status.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "nblpool.h"

#define MDLS_TAG 0x43424E6E /* "nNBC" */

/* Where the NET_BUFFERs of one derived NBL come from and go. */
struct derived {
	NET_BUFFER_LIST *nbl;
	struct nrt_nb_pool *nb_pool;
	NET_BUFFER *own;    /* the NBL's preallocated one, until it is used */
	NET_BUFFER **link;  /* where the next is linked */
};

static bool begin(struct derived *d, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
		  enum nrt_nbl_kind kind, uint16_t aux, uint32_t note, const char *where)
{
	struct nrt_nbl_pool *pool = nbl_pool != NULL ? nrt_nbl_pool_of(nbl_pool, where)
						     : nrt_nbl_internal_pool();

	d->nb_pool = nb_pool != NULL ? nrt_nb_pool_of(nb_pool, where) : nrt_nb_internal_pool();
	if (pool == NULL || d->nb_pool == NULL)
		return false;
	d->nbl = nrt_nbl_get(pool, kind, aux, note);
	if (d->nbl == NULL)
		return false;
	d->own = d->nbl->FirstNetBuffer;
	d->nbl->FirstNetBuffer = NULL;
	d->link = &d->nbl->FirstNetBuffer;
	return true;
}

/* One more NET_BUFFER, linked, without data; NULL when out of memory. */
static NET_BUFFER *add(struct derived *d)
{
	NET_BUFFER *nb = d->own;

	if (nb != NULL)
		d->own = NULL;
	else
		nb = nrt_nb_get(d->nb_pool, false);
	if (nb == NULL)
		return NULL;
	*d->link = nb;
	d->link = &nb->Next;
	return nb;
}

/* Free a derived NBL after taking back the retreat it was made with. */
static void end(NET_BUFFER_LIST *nbl, ULONG delta)
{
	NET_BUFFER *nb = nbl->FirstNetBuffer;

	while (nb != NULL) {
		NET_BUFFER *next = nb->Next;

		if (nrt_nb_has_retreat(nb))
			NdisAdvanceNetBufferDataStart(nb, delta, TRUE, NULL);
		if (nrt_nb_has_retreat(nb))
			nrt_violation("RS-NB-08", "MDLs of a retreat of NET_BUFFER %p, which goes "
				      "with its derived NET_BUFFER_LIST, leak", (void *)nb);
		if (nb->NdisReserved[1] != NULL)
			nrt_memory_free(nb->NdisReserved[1], MDLS_TAG);
		nb->NdisReserved[1] = NULL;
		if (nb != nrt_nbl_own_nb(nbl))
			nrt_nb_put(nb);
		nb = next;
	}
	nrt_nbl_put(nbl);
}

static void set_data(NET_BUFFER *nb, MDL *chain, ULONG length)
{
	nb->MdlChain = chain;
	nb->CurrentMdl = chain;
	nb->CurrentMdlOffset = 0;
	nb->DataOffset = 0;
	nb->stDataLength = length;
}

/* Give @nb MDLs of its own over @length bytes from @from on. */
static bool describe(NET_BUFFER *nb, struct nrt_mdl_pos from, ULONG length)
{
	size_t size = nrt_mdlchain_size(from, length);
	struct nrt_mdlchain chain;
	void *block;

	if (size == 0) {
		set_data(nb, NULL, 0);
		return true;
	}
	block = nrt_memory_zalloc(size, MDLS_TAG, NULL);
	if (block == NULL)
		return false;
	chain = nrt_mdlchain_begin(block);
	nrt_mdlchain_add(&chain, from, length);
	set_data(nb, chain.first, length);
	nb->NdisReserved[1] = block;
	return true;
}

/* ------------------------------------------------------------------- clones */

static bool clone_nb(struct derived *d, const NET_BUFFER *from, ULONG flags)
{
	NET_BUFFER *nb = add(d);

	if (nb == NULL)
		return false;
	nb->ChecksumBias = from->ChecksumBias;
	if (!(flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS))
		return describe(nb, nrt_nb_pos(from), from->DataLength);
	nb->MdlChain = from->MdlChain;
	nb->CurrentMdl = from->CurrentMdl;
	nb->CurrentMdlOffset = from->CurrentMdlOffset;
	nb->DataOffset = from->DataOffset;
	nb->stDataLength = from->DataLength;
	return true;
}

PNET_BUFFER_LIST NdisAllocateCloneNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList,
						NDIS_HANDLE NetBufferListPoolHandle,
						NDIS_HANDLE NetBufferPoolHandle,
						ULONG AllocateCloneFlags)
{
	struct derived d;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (!begin(&d, NetBufferListPoolHandle, NetBufferPoolHandle, NRT_NBL_CLONE, 0,
		   AllocateCloneFlags, __func__))
		return NULL;
	for (NET_BUFFER *nb = OriginalNetBufferList->FirstNetBuffer; nb != NULL; nb = nb->Next) {
		if (!clone_nb(&d, nb, AllocateCloneFlags)) {
			end(d.nbl, 0);
			return NULL;
		}
	}
	return d.nbl;
}

/* RS-NB-09: by the function, and with the value, that it was allocated with. */
static bool may_free(NET_BUFFER_LIST *nbl, enum nrt_nbl_kind kind, ULONG note, const char *what,
		     const char *where)
{
	if (!nrt_nbl_may_free(nbl, kind, where))
		return false;
	if (nrt_item_of(nbl)->note == note)
		return true;
	nrt_violation("RS-NB-09", "%s: %p was allocated with %s %u, not %u", where, (void *)nbl,
		      what, nrt_item_of(nbl)->note, note);
	return false;
}

VOID NdisFreeCloneNetBufferList(PNET_BUFFER_LIST CloneNetBufferList, ULONG FreeCloneFlags)
{
	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (may_free(CloneNetBufferList, NRT_NBL_CLONE, FreeCloneFlags, "flags", __func__))
		end(CloneNetBufferList, 0);
}

/* ---------------------------------------------------------------- fragments */

static bool add_fragment(struct derived *d, struct nrt_mdl_pos from, ULONG length, ULONG delta,
			 ULONG backfill)
{
	NET_BUFFER *nb = add(d);

	return nb != NULL && describe(nb, from, length) &&
	       NdisRetreatNetBufferDataStart(nb, delta, backfill, NULL) == NDIS_STATUS_SUCCESS;
}

static bool fragment_nb(struct derived *d, const NET_BUFFER *from, ULONG skip, ULONG maximum,
			ULONG delta, ULONG backfill)
{
	struct nrt_mdl_pos pos = nrt_mdl_seek(nrt_nb_pos(from), skip);
	ULONG left = from->DataLength > skip ? from->DataLength - skip : 0;

	while (left != 0) {
		ULONG n = left < maximum ? left : maximum;

		if (!add_fragment(d, pos, n, delta, backfill))
			return false;
		pos = nrt_mdl_seek(pos, n);
		left -= n;
	}
	return true;
}

PNET_BUFFER_LIST NdisAllocateFragmentNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList,
						   NDIS_HANDLE NetBufferListPool,
						   NDIS_HANDLE NetBufferPool, ULONG StartOffset,
						   ULONG MaximumLength, ULONG DataOffsetDelta,
						   ULONG DataBackFill, ULONG AllocateFragmentFlags)
{
	struct derived d;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	(void)AllocateFragmentFlags;
	if (MaximumLength == 0)
		return NULL;
	if (!begin(&d, NetBufferListPool, NetBufferPool, NRT_NBL_FRAGMENT, 0, DataOffsetDelta,
		   __func__))
		return NULL;
	for (NET_BUFFER *nb = OriginalNetBufferList->FirstNetBuffer; nb != NULL; nb = nb->Next) {
		if (!fragment_nb(&d, nb, StartOffset, MaximumLength, DataOffsetDelta,
				 DataBackFill)) {
			end(d.nbl, DataOffsetDelta);
			return NULL;
		}
	}
	return d.nbl;
}

VOID NdisFreeFragmentNetBufferList(PNET_BUFFER_LIST FragmentNetBufferList, ULONG DataOffsetDelta,
				   ULONG FreeFragmentFlags)
{
	nrt_check_irql(__func__, DISPATCH_LEVEL);
	(void)FreeFragmentFlags;
	if (may_free(FragmentNetBufferList, NRT_NBL_FRAGMENT, DataOffsetDelta, "DataOffsetDelta",
		     __func__))
		end(FragmentNetBufferList, DataOffsetDelta);
}

/* ------------------------------------------------------------- reassembling */

static ULONG length_after(const NET_BUFFER *nb, ULONG skip)
{
	return nb->DataLength > skip ? nb->DataLength - skip : 0;
}

/* One chain over what all NET_BUFFERs of @from hold behind their first @skip bytes. */
static bool describe_all(NET_BUFFER *to, const NET_BUFFER_LIST *from, ULONG skip)
{
	struct nrt_mdlchain chain;
	size_t size = 0;
	SIZE_T length = 0;
	void *block;

	for (NET_BUFFER *nb = from->FirstNetBuffer; nb != NULL; nb = nb->Next) {
		size += nrt_mdlchain_size(nrt_mdl_seek(nrt_nb_pos(nb), skip),
					  length_after(nb, skip));
		length += length_after(nb, skip);
	}
	if (size == 0)
		return true;
	if (length > UINT32_MAX)
		return false;
	block = nrt_memory_zalloc(size, MDLS_TAG, NULL);
	if (block == NULL)
		return false;
	chain = nrt_mdlchain_begin(block);
	for (NET_BUFFER *nb = from->FirstNetBuffer; nb != NULL; nb = nb->Next)
		nrt_mdlchain_add(&chain, nrt_mdl_seek(nrt_nb_pos(nb), skip),
				 length_after(nb, skip));
	set_data(to, chain.first, (ULONG)length);
	to->NdisReserved[1] = block;
	return true;
}

PNET_BUFFER_LIST NdisAllocateReassembledNetBufferList(
	PNET_BUFFER_LIST FragmentNetBufferList, NDIS_HANDLE NetBufferAndNetBufferListPoolHandle,
	ULONG StartOffset, ULONG DataOffsetDelta, ULONG DataBackFill, ULONG AllocateReassembleFlags)
{
	struct nrt_nbl_pool *pool = NetBufferAndNetBufferListPoolHandle;
	struct derived d;
	NET_BUFFER *nb;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	(void)AllocateReassembleFlags;
	if (pool != NULL && pool->kind == NRT_POOL_NBL &&
	    (!pool->with_nb || pool->data_size != 0)) {
		nrt_violation("RS-NB-01", "%s: pool %p has fAllocateNetBuffer %d and DataSize %u",
			      __func__, (void *)pool, pool->with_nb, pool->data_size);
		return NULL;
	}
	if (!begin(&d, pool, NULL, NRT_NBL_REASSEMBLED, 0, DataOffsetDelta, __func__))
		return NULL;
	nb = add(&d);
	if (!describe_all(nb, FragmentNetBufferList, StartOffset) ||
	    NdisRetreatNetBufferDataStart(nb, DataOffsetDelta, DataBackFill, NULL) !=
		    NDIS_STATUS_SUCCESS) {
		end(d.nbl, DataOffsetDelta);
		return NULL;
	}
	return d.nbl;
}

VOID NdisFreeReassembledNetBufferList(PNET_BUFFER_LIST ReassembledNetBufferList,
				      ULONG DataOffsetDelta, ULONG FreeReassembleFlags)
{
	nrt_check_irql(__func__, DISPATCH_LEVEL);
	(void)FreeReassembleFlags;
	if (may_free(ReassembledNetBufferList, NRT_NBL_REASSEMBLED, DataOffsetDelta,
		     "DataOffsetDelta", __func__))
		end(ReassembledNetBufferList, DataOffsetDelta);
}
