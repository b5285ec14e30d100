/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the data of a NET_BUFFER starts: advance and retreat, with the MDLs that
 * a retreat allocates when there is no room [N/retreat-operations,
 * N/advance-operations]. Drivers call these per frame, any thread, IRQL <=
 * DISPATCH_LEVEL, as owner of the NET_BUFFER.
 */
#include "netbuffer.h"

#include <ndis/status.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "nblpool.h"

#define RETREAT_TAG 0x52424E6E /* "nNBR" */

/*
 * A retreat that allocated. The new MDL stands at the head of the chain. When
 * there was some room, but too little, a partial MDL hides that room, so that
 * the space a driver asked for is one piece: it is about to write a header.
 */
struct retreat {
	struct retreat *below; /* the one before, or NULL */
	MDL *mdl;
	MDL *chain;            /* MdlChain before */
	ULONG offset;          /* DataOffset before */
	bool by_driver;        /* the MDL came from NetAllocateMdl */
};

SIZE_T nrt_mdl_room(struct nrt_mdl_pos from)
{
	SIZE_T room = 0;

	for (MDL *mdl = from.mdl; mdl != NULL; mdl = mdl->Next)
		room += MmGetMdlByteCount(mdl);
	return room - (from.mdl != NULL ? from.offset : 0);
}

/* CurrentMdl and CurrentMdlOffset from MdlChain and DataOffset. */
static void locate(NET_BUFFER *nb)
{
	struct nrt_mdl_pos pos = { nb->MdlChain, 0 };

	pos = nrt_mdl_seek(pos, nb->DataOffset);
	nb->CurrentMdl = pos.mdl;
	nb->CurrentMdlOffset = pos.mdl != NULL ? pos.offset : 0;
}

VOID NdisAdjustNetBufferCurrentMdl(PNET_BUFFER NetBuffer)
{
	locate(NetBuffer);
}

bool nrt_nb_set_data(NET_BUFFER *nb, MDL *chain, ULONG offset, SIZE_T length, const char *where)
{
	if (chain == NULL && (offset != 0 || length != 0)) {
		nrt_violation("RS-NB-02", "%s: offset %u and length %zu without an MDL", where,
			      offset, length);
		return false;
	}
	if (nrt_verifying && chain != NULL &&
	    offset + length > nrt_mdl_room((struct nrt_mdl_pos){ chain, 0 })) {
		nrt_violation("RS-NB-08", "%s: offset %u and length %zu exceed the MDL chain",
			      where, offset, length);
		return false;
	}
	nb->MdlChain = chain;
	nb->DataOffset = offset;
	nb->stDataLength = length;
	locate(nb);
	return true;
}

/* ----------------------------------------------------------------- retreat */

static ULONG pool_data_size(const NET_BUFFER *nb)
{
	const struct nrt_nb_pool *pool = nb->NdisPoolHandle;

	if (pool != NULL && pool->kind == NRT_POOL_NB)
		return pool->data_size;
	if (pool != NULL && pool->kind == NRT_POOL_NBL)
		return ((const struct nrt_nbl_pool *)nb->NdisPoolHandle)->data_size;
	return 0;
}

static size_t round_mdl(size_t size)
{
	return (size + MEMORY_ALLOCATION_ALIGNMENT - 1) &
	       ~(size_t)(MEMORY_ALLOCATION_ALIGNMENT - 1);
}

/* Do the data start inside CurrentMdl, so that only a part of it is to show? */
static bool starts_inside(const NET_BUFFER *nb)
{
	return nb->CurrentMdlOffset != 0 &&
	       nb->CurrentMdlOffset < MmGetMdlByteCount(nb->CurrentMdl);
}

/* Bytes of a partial MDL for what CurrentMdl holds from the data start on. */
static size_t partial_size(const NET_BUFFER *nb)
{
	MDL *mdl = nb->CurrentMdl;

	if (!starts_inside(nb))
		return 0;
	return round_mdl(MmSizeOfMdl((char *)MmGetMdlVirtualAddress(mdl) + nb->CurrentMdlOffset,
				     MmGetMdlByteCount(mdl) - nb->CurrentMdlOffset));
}

/* The chain that begins exactly where the data do; @space is for a partial MDL. */
static MDL *chain_from_data(const NET_BUFFER *nb, void *space)
{
	MDL *mdl = nb->CurrentMdl, *partial = space;
	char *va;
	ULONG left;

	if (nb->CurrentMdlOffset == 0)
		return mdl;
	if (!starts_inside(nb))
		return mdl->Next;
	va = (char *)MmGetMdlVirtualAddress(mdl) + nb->CurrentMdlOffset;
	left = MmGetMdlByteCount(mdl) - nb->CurrentMdlOffset;
	MmInitializeMdl(partial, va, left);
	IoBuildPartialMdl(mdl, partial, va, left);
	partial->Next = mdl->Next;
	return partial;
}

/* Record, partial MDL and (unless the driver allocates) MDL and data, one piece. */
static struct retreat *allocate_default(const NET_BUFFER *nb, ULONG size)
{
	size_t head = round_mdl(sizeof(struct retreat)) + partial_size(nb);
	size_t mdl = nrt_pool_mdl_size(size);
	struct retreat *r = nrt_memory_zalloc(head + mdl + size, RETREAT_TAG, NULL);

	if (r == NULL)
		return NULL;
	r->mdl = (MDL *)((char *)r + head);
	nrt_pool_build_mdl(r->mdl, (char *)r->mdl + mdl, size);
	return r;
}

static struct retreat *allocate_by_driver(const NET_BUFFER *nb, ULONG size, ULONG needed,
					  NET_BUFFER_ALLOCATE_MDL_HANDLER handler)
{
	struct retreat *r = nrt_memory_zalloc(round_mdl(sizeof(*r)) + partial_size(nb),
					      RETREAT_TAG, NULL);

	if (r == NULL)
		return NULL;
	r->by_driver = true;
	r->mdl = handler(&size);
	if (r->mdl != NULL && MmGetMdlByteCount(r->mdl) < needed) {
		nrt_violation("RS-NB-08", "NetAllocateMdl gave %u of %u bytes",
			      MmGetMdlByteCount(r->mdl), needed);
		r->mdl = NULL; /* leaked: there is no handler to free it with */
	}
	if (r->mdl == NULL) {
		nrt_memory_free(r, RETREAT_TAG);
		return NULL;
	}
	return r;
}

static NDIS_STATUS retreat_by_allocation(NET_BUFFER *nb, ULONG delta, ULONG backfill,
					 NET_BUFFER_ALLOCATE_MDL_HANDLER handler)
{
	ULONG size;
	struct retreat *r;

	if (__builtin_add_overflow(delta, backfill, &size) || !nrt_pool_can_hold(size))
		return NDIS_STATUS_FAILURE;
	if (handler == NULL && size < pool_data_size(nb))
		size = pool_data_size(nb);
	r = handler != NULL ? allocate_by_driver(nb, size, delta, handler)
			    : allocate_default(nb, size);
	if (r == NULL)
		return NDIS_STATUS_RESOURCES;
	r->below = nb->NdisReserved[0];
	r->chain = nb->MdlChain;
	r->offset = nb->DataOffset;
	r->mdl->Next = chain_from_data(nb, (char *)r + round_mdl(sizeof(*r)));
	nb->NdisReserved[0] = r;
	nb->MdlChain = r->mdl;
	nb->DataOffset = MmGetMdlByteCount(r->mdl) - delta;
	nb->DataLength += delta;
	nb->CurrentMdl = r->mdl;
	nb->CurrentMdlOffset = nb->DataOffset;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS retreat(NET_BUFFER *nb, ULONG delta, ULONG backfill,
			   NET_BUFFER_ALLOCATE_MDL_HANDLER handler)
{
	if (delta == 0)
		return NDIS_STATUS_SUCCESS;
	if (nb->DataLength > UINT32_MAX - delta)
		return NDIS_STATUS_FAILURE;
	if (delta > nb->DataOffset)
		return retreat_by_allocation(nb, delta, backfill, handler);
	nb->DataOffset -= delta;
	nb->DataLength += delta;
	if (delta <= nb->CurrentMdlOffset)
		nb->CurrentMdlOffset -= delta;
	else
		locate(nb);
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisRetreatNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta,
					  ULONG DataBackFill,
					  NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler)
{
	nrt_check_irql(__func__, DISPATCH_LEVEL);
	return retreat(NetBuffer, DataOffsetDelta, DataBackFill, AllocateMdlHandler);
}

/* ----------------------------------------------------------------- advance */

/* Undo the newest retreat if all of its MDL lies before the data. */
static bool drop_retreat(NET_BUFFER *nb, NET_BUFFER_FREE_MDL_HANDLER handler)
{
	struct retreat *r = nb->NdisReserved[0];
	ULONG size;

	/* A driver may have hung another chain in meanwhile: then it is not ours. */
	if (r == NULL || nb->MdlChain != r->mdl)
		return false;
	size = MmGetMdlByteCount(r->mdl);
	if (nb->DataOffset < size)
		return false;
	nb->MdlChain = r->chain;
	nb->DataOffset = nb->DataOffset - size + r->offset;
	nb->NdisReserved[0] = r->below;
	if (r->by_driver && handler != NULL)
		handler(r->mdl);
	else if (r->by_driver)
		nrt_violation("RS-NB-08", "an MDL from NetAllocateMdl must be freed by NetFreeMdl, "
			      "which was not given: it leaks");
	nrt_memory_free(r, RETREAT_TAG);
	return true;
}

static void advance(NET_BUFFER *nb, ULONG delta, bool free_mdls,
		    NET_BUFFER_FREE_MDL_HANDLER handler)
{
	bool moved = false;

	if (delta > nb->DataLength) {
		nrt_violation("RS-NB-08", "advance of %u bytes, but the data have %u", delta,
			      nb->DataLength);
		return;
	}
	nb->DataOffset += delta;
	nb->DataLength -= delta;
	if (free_mdls)
		while (drop_retreat(nb, handler))
			moved = true;
	if (!moved && nb->CurrentMdl != NULL &&
	    (SIZE_T)nb->CurrentMdlOffset + delta < MmGetMdlByteCount(nb->CurrentMdl))
		nb->CurrentMdlOffset += delta;
	else
		locate(nb);
}

VOID NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
				   NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler)
{
	nrt_check_irql(__func__, DISPATCH_LEVEL);
	advance(NetBuffer, DataOffsetDelta, FreeMdl != FALSE, FreeMdlHandler);
}

/* -------------------------------------------------- all of a NET_BUFFER_LIST */

NDIS_STATUS NdisRetreatNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta,
					      ULONG DataBackFill,
					      NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
					      NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler)
{
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;
	NET_BUFFER *nb, *failed;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	for (nb = NetBufferList->FirstNetBuffer; nb != NULL; nb = nb->Next) {
		status = retreat(nb, DataOffsetDelta, DataBackFill, AllocateMdlHandler);
		if (status != NDIS_STATUS_SUCCESS)
			break;
	}
	failed = nb;
	if (failed != NULL)
		for (nb = NetBufferList->FirstNetBuffer; nb != failed; nb = nb->Next)
			advance(nb, DataOffsetDelta, true, FreeMdlHandler);
	return status;
}

VOID NdisAdvanceNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta,
				       BOOLEAN FreeMdl, NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler)
{
	nrt_check_irql(__func__, DISPATCH_LEVEL);
	for (NET_BUFFER *nb = NetBufferList->FirstNetBuffer; nb != NULL; nb = nb->Next)
		advance(nb, DataOffsetDelta, FreeMdl != FALSE, FreeMdlHandler);
}
