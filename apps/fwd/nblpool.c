/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Own NBLs of a lane: allocation on control threads while the port is bound,
 * and the way home of those that completed on another processor. Their
 * fast path, take and put by the lane's owner, is in forward.c.
 */
#include "nblpool.h"

void nblpool_mark(NET_BUFFER_LIST *nbl, struct lane *lane, enum own_kind kind, UCHAR *data)
{
	PVOID *reserved = NET_BUFFER_LIST_PROTOCOL_RESERVED(nbl);

	reserved[0] = NULL;
	reserved[1] = lane;
	reserved[2] = data;
	reserved[3] = (PVOID)(ULONG_PTR)kind;
	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, lane->port->cancel_id);
}

static NDIS_STATUS add(struct lane *lane, enum own_kind kind, UCHAR *data, ULONG data_size)
{
	NET_BUFFER_LIST *nbl;
	MDL *mdl = NULL;

	if (kind == OWN_BOUNCE) {
		mdl = NdisAllocateMdl(protocol, data, data_size);
		if (mdl == NULL)
			return NDIS_STATUS_RESOURCES;
	}
	nbl = NdisAllocateNetBufferAndNetBufferList(lane->pool, 0, 0, mdl, 0,
						    mdl != NULL ? data_size : 0);
	if (nbl == NULL) {
		if (mdl != NULL)
			NdisFreeMdl(mdl);
		return NDIS_STATUS_RESOURCES;
	}
	nblpool_mark(nbl, lane, kind, data);
	lane->all[lane->all_count++] = nbl;
	nblpool_put(lane, kind, nbl);
	return NDIS_STATUS_SUCCESS;
}

/* An NBL with @size NET_BUFFERs; what there is of it is freed with the lane. */
static NDIS_STATUS add_batch(struct lane *lane, ULONG size)
{
	struct batch *batch = NdisAllocateMemoryWithTagPriority(
		protocol, (UINT)(sizeof(*batch) + size * sizeof(batch->nb[0])), FWD_TAG,
		NormalPoolPriority);
	NET_BUFFER_LIST *nbl;

	if (batch == NULL)
		return NDIS_STATUS_RESOURCES;
	batch->size = 1;
	if (add(lane, OWN_BATCH, (UCHAR *)batch, 0) != NDIS_STATUS_SUCCESS) {
		NdisFreeMemory(batch, 0, 0);
		return NDIS_STATUS_RESOURCES;
	}
	nbl = lane->all[lane->all_count - 1];
	batch->nb[0] = NET_BUFFER_LIST_FIRST_NB(nbl);
	for (; batch->size < size; batch->size++) {
		NET_BUFFER *nb = NdisAllocateNetBuffer(lane->nb_pool, NULL, 0, 0);

		if (nb == NULL)
			return NDIS_STATUS_RESOURCES;
		batch->nb[batch->size] = nb;
		NET_BUFFER_NEXT_NB(batch->nb[batch->size - 1]) = nb;
	}
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS allocate_pools(struct lane *lane)
{
	NET_BUFFER_LIST_POOL_PARAMETERS lists = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
		.fAllocateNetBuffer = TRUE,
		.PoolTag = FWD_TAG,
	};
	NET_BUFFER_POOL_PARAMETERS buffers = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
		.PoolTag = FWD_TAG,
	};

	lane->pool = NdisAllocateNetBufferListPool(protocol, &lists);
	lane->nb_pool = NdisAllocateNetBufferPool(protocol, &buffers);
	return lane->pool != NULL && lane->nb_pool != NULL ? NDIS_STATUS_SUCCESS :
							     NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS allocate(struct lane *lane, ULONG count, ULONG bytes)
{
	NDIS_STATUS status = allocate_pools(lane);

	lane->all = NdisAllocateMemoryWithTagPriority(protocol,
						      (UINT)(count * sizeof(lane->all[0])),
						      FWD_TAG, NormalPoolPriority);
	lane->memory = NdisAllocateMemoryWithTagPriority(protocol, bytes, FWD_TAG,
							 NormalPoolPriority);
	if (lane->all == NULL || lane->memory == NULL)
		status = NDIS_STATUS_RESOURCES;
	for (ULONG kind = 0; kind < OWN_STOCKED; kind++) {
		lane->stock[kind].nbl = NdisAllocateMemoryWithTagPriority(
			protocol, (UINT)(count * sizeof(lane->all[0])), FWD_TAG,
			NormalPoolPriority);
		if (lane->stock[kind].nbl == NULL)
			status = NDIS_STATUS_RESOURCES;
	}
	return status;
}

NDIS_STATUS nblpool_fill(struct lane *lane, ULONG frames, ULONG batch, ULONG data_size)
{
	ULONG stride = (data_size + 63) & ~63u; /* no two buffers share a cache line */
	ULONG batches = batch != 0 ? (frames + batch - 1) / batch : 0;
	NDIS_STATUS status = allocate(lane, 2 * frames + batches, frames * stride);

	for (ULONG i = 0; i < frames && status == NDIS_STATUS_SUCCESS; i++)
		status = add(lane, OWN_BOUNCE, lane->memory + (SIZE_T)i * stride, data_size);
	for (ULONG i = 0; i < frames && status == NDIS_STATUS_SUCCESS; i++)
		status = add(lane, OWN_FORWARD, NULL, 0);
	for (ULONG i = 0; i < batches && status == NDIS_STATUS_SUCCESS; i++)
		status = add_batch(lane, batch);
	lane->allowance = frames;
	if (status != NDIS_STATUS_SUCCESS)
		nblpool_empty(lane);
	return status;
}

/* A borrowed chain has gone back to its owner long ago. */
static void forget_data(NET_BUFFER *nb)
{
	NET_BUFFER_NEXT_NB(nb) = NULL;
	NET_BUFFER_FIRST_MDL(nb) = NULL;
	NET_BUFFER_CURRENT_MDL(nb) = NULL;
	NET_BUFFER_DATA_OFFSET(nb) = 0;
	NET_BUFFER_CURRENT_MDL_OFFSET(nb) = 0;
	NET_BUFFER_DATA_LENGTH(nb) = 0;
}

static void free_own(NET_BUFFER_LIST *nbl)
{
	struct batch *batch = OWN_KIND(nbl) == OWN_BATCH ? OWN_BATCH_OF(nbl) : NULL;
	NET_BUFFER *first = NET_BUFFER_LIST_FIRST_NB(nbl);
	MDL *own = OWN_KIND(nbl) == OWN_BOUNCE ? NET_BUFFER_FIRST_MDL(first) : NULL;

	for (ULONG i = 1; batch != NULL && i < batch->size; i++) {
		forget_data(batch->nb[i]);
		NdisFreeNetBuffer(batch->nb[i]);
	}
	forget_data(first);
	NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
	NdisFreeNetBufferList(nbl);
	if (own != NULL)
		NdisFreeMdl(own);
	if (batch != NULL)
		NdisFreeMemory(batch, 0, 0);
}

void nblpool_empty(struct lane *lane)
{
	for (ULONG i = 0; i < lane->all_count; i++)
		free_own(lane->all[i]);
	lane->all_count = 0;
	WritePointerNoFence(&lane->inbox, NULL);
	for (ULONG kind = 0; kind < OWN_STOCKED; kind++) {
		if (lane->stock[kind].nbl != NULL)
			NdisFreeMemory(lane->stock[kind].nbl, 0, 0);
		lane->stock[kind] = (struct stock){ NULL, 0 };
	}
	if (lane->all != NULL)
		NdisFreeMemory(lane->all, 0, 0);
	if (lane->memory != NULL)
		NdisFreeMemory(lane->memory, 0, 0);
	if (lane->pool != NULL)
		NdisFreeNetBufferListPool(lane->pool);
	if (lane->nb_pool != NULL)
		NdisFreeNetBufferPool(lane->nb_pool);
	lane->all = NULL;
	lane->memory = NULL;
	lane->pool = NULL;
	lane->nb_pool = NULL;
}

void nblpool_aim(struct lane *lane, NDIS_HANDLE binding)
{
	for (ULONG i = 0; i < lane->all_count; i++)
		lane->all[i]->SourceHandle = binding;
}

void nblpool_collect(struct lane *lane)
{
	NET_BUFFER_LIST *chain;

	/* A plain load while nothing completes elsewhere: the single-worker
	 * path makes no read-modify-write. */
	if (ReadPointerNoFence(&lane->inbox) == NULL)
		return;
	chain = InterlockedExchangePointer(&lane->inbox, NULL);
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		nblpool_put(lane, OWN_KIND(nbl), nbl);
		lane->allowance += nblpool_frames(nbl);
	}
}

BOOLEAN chain_push(PVOID volatile *list, NET_BUFFER_LIST *head, NET_BUFFER_LIST *tail)
{
	PVOID seen = ReadPointerNoFence(list);
	PVOID before;

	/* Emptied only as a whole, so an address that returns does no harm. */
	for (;;) {
		NET_BUFFER_LIST_NEXT_NBL(tail) = seen;
		before = InterlockedCompareExchangePointer(list, head, seen);
		if (before == seen)
			return before == NULL;
		seen = before;
	}
}
