/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chains of partial MDLs. The first pass measures, the second builds, so that
 * one allocation holds a whole chain and one free ends it, whatever a driver did
 * to the links. Any thread, IRQL <= DISPATCH_LEVEL.
 */
#include "mdlchain.h"

/* One MDL's share of a stretch. */
struct share {
	MDL *mdl;
	char *va;
	ULONG length;
};

/* Take the next share off the front; a share of 0 bytes: the chain has no more. */
static struct share next_share(struct nrt_mdl_pos *from, ULONG *length)
{
	struct share share = { 0 };

	*from = nrt_mdl_seek(*from, 0);
	if (from->mdl == NULL || from->offset >= MmGetMdlByteCount(from->mdl))
		return share;
	share.mdl = from->mdl;
	share.va = (char *)MmGetMdlVirtualAddress(from->mdl) + from->offset;
	share.length = MmGetMdlByteCount(from->mdl) - from->offset;
	if (share.length > *length)
		share.length = *length;
	from->offset += share.length;
	*length -= share.length;
	return share;
}

static size_t mdl_bytes(const struct share *share)
{
	size_t size = MmSizeOfMdl(share->va, share->length);

	return (size + MEMORY_ALLOCATION_ALIGNMENT - 1) &
	       ~(size_t)(MEMORY_ALLOCATION_ALIGNMENT - 1);
}

size_t nrt_mdlchain_size(struct nrt_mdl_pos from, ULONG length)
{
	size_t size = 0;

	while (length != 0) {
		struct share share = next_share(&from, &length);

		if (share.length == 0)
			break;
		size += mdl_bytes(&share);
	}
	return size;
}

void nrt_mdlchain_add(struct nrt_mdlchain *chain, struct nrt_mdl_pos from, ULONG length)
{
	while (length != 0) {
		struct share share = next_share(&from, &length);
		MDL *mdl = (MDL *)chain->space;

		if (share.length == 0)
			break;
		MmInitializeMdl(mdl, share.va, share.length);
		IoBuildPartialMdl(share.mdl, mdl, share.va, share.length);
		mdl->Next = NULL;
		if (chain->first == NULL)
			chain->first = mdl;
		else
			*chain->end = mdl;
		chain->end = &mdl->Next;
		chain->space += mdl_bytes(&share);
	}
}
