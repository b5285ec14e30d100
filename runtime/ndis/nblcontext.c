/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Context space of NET_BUFFER_LISTs: handed out from the end of the space that
 * the pool preallocated, and from further blocks when that is used up
 * [nbl/ns-nbl-net_buffer_list_context]. Drivers call these per frame, any thread,
 * IRQL <= DISPATCH_LEVEL, as owner of the NBL.
 */
#include "nblcontext.h"

#include <ndis/status.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "nblpool.h"

USHORT nrt_nbl_context_aligned(USHORT size, USHORT align, const char *where)
{
	if (size % align == 0)
		return size;
	nrt_violation("RS-NB-03", "%s: context size %u is no multiple of %u", where, size, align);
	size = (USHORT)(size - size % align);
	return size > UINT16_MAX - align ? size : (USHORT)(size + align);
}

/* A block with @used bytes in use and @backfill before them, in front of others. */
static bool push_block(NET_BUFFER_LIST *nbl, USHORT used, USHORT backfill, ULONG tag)
{
	size_t size = (size_t)used + backfill;
	NET_BUFFER_LIST_CONTEXT *block;

	if (size > UINT16_MAX)
		return false;
	block = nrt_memory_zalloc(sizeof(*block) + size, tag, NULL);
	if (block == NULL)
		return false;
	block->Next = nbl->Context;
	block->Size = (USHORT)size;
	block->Offset = backfill;
	nbl->Context = block;
	return true;
}

bool nrt_nbl_context_init(NET_BUFFER_LIST *nbl, USHORT used, USHORT backfill)
{
	const struct nrt_nbl_pool *pool = nbl->NdisPoolHandle;
	NET_BUFFER_LIST_CONTEXT *own = nrt_nbl_own_context(nbl);

	if ((ULONG)used + backfill > pool->context_space)
		return push_block(nbl, used, backfill, pool->tag);
	if (own == NULL)
		return true;
	memset(own, 0, sizeof(*own) + pool->context_space);
	own->Size = pool->context_space;
	own->Offset = (USHORT)(pool->context_space - used);
	nbl->Context = own;
	return true;
}

bool nrt_nbl_context_untouched(const NET_BUFFER_LIST *nbl, USHORT used)
{
	const NET_BUFFER_LIST_CONTEXT *context = nbl->Context;

	if (context == NULL)
		return used == 0;
	return context->Next == NULL && context->Size - context->Offset == used;
}

static void pop_block(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_LIST_CONTEXT *block = nbl->Context;

	nbl->Context = block->Next;
	nrt_memory_free(block, 0);
}

void nrt_nbl_context_drop(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_LIST_CONTEXT *own = nrt_nbl_own_context(nbl);

	while (nbl->Context != NULL && nbl->Context != own)
		pop_block(nbl);
}

NDIS_STATUS NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize,
					     USHORT ContextBackFill, ULONG PoolTag)
{
	NET_BUFFER_LIST_CONTEXT *context = NetBufferList->Context;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	/* this function's page asks for less than the pools' do: sizeof(void *) */
	ContextSize = nrt_nbl_context_aligned(ContextSize, sizeof(PVOID), __func__);
	ContextBackFill = nrt_nbl_context_aligned(ContextBackFill, sizeof(PVOID), __func__);
	if (context != NULL && ContextSize <= context->Offset) {
		context->Offset = (USHORT)(context->Offset - ContextSize);
		return NDIS_STATUS_SUCCESS;
	}
	if ((ULONG)ContextSize + ContextBackFill > UINT16_MAX)
		return NDIS_STATUS_FAILURE;
	if (!push_block(NetBufferList, ContextSize, ContextBackFill, PoolTag))
		return NDIS_STATUS_RESOURCES;
	return NDIS_STATUS_SUCCESS;
}

/* Bytes in use in the first block that NdisFreeNetBufferListContext may free. */
static ULONG freeable(const NET_BUFFER_LIST *nbl)
{
	const struct nrt_nbl_pool *pool = nbl->NdisPoolHandle;
	const NET_BUFFER_LIST_CONTEXT *context = nbl->Context;
	ULONG used, with_nbl = 0;

	if (context == NULL)
		return 0;
	used = (ULONG)context->Size - context->Offset;
	if (pool->kind == NRT_POOL_NBL && context->Next == NULL &&
	    nrt_item_of(nbl)->kind == NRT_NBL_PLAIN)
		with_nbl = nrt_item_of(nbl)->aux;
	return used > with_nbl ? used - with_nbl : 0;
}

VOID NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize)
{
	NET_BUFFER_LIST_CONTEXT *context = NetBufferList->Context;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	ContextSize = nrt_nbl_context_aligned(ContextSize, sizeof(PVOID), __func__);
	if (ContextSize > freeable(NetBufferList)) {
		nrt_violation("RS-NB-05", "%s: %u bytes of context of %p, but %u were allocated "
			      "after the NET_BUFFER_LIST", __func__, ContextSize,
			      (void *)NetBufferList, freeable(NetBufferList));
		return;
	}
	if (context == NULL)
		return;
	context->Offset = (USHORT)(context->Offset + ContextSize);
	if (context->Offset == context->Size && context != nrt_nbl_own_context(NetBufferList))
		pop_block(NetBufferList);
}
