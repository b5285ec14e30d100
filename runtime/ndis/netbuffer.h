/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data of a NET_BUFFER for the rest of the runtime: find a byte of its MDL
 * chain, and what a retreat allocated. NET_BUFFER.NdisReserved[0] is the list of
 * retreats that allocated, newest first; NdisReserved[1] is the clone functions'.
 */
#ifndef NRT_NDIS_NETBUFFER_H
#define NRT_NDIS_NETBUFFER_H

#include <stdbool.h>

#include <ndis/nblapi.h>

/* A place in an MDL chain. */
struct nrt_mdl_pos {
	MDL *mdl;
	ULONG offset;
};

/*
 * The place @offset bytes after @from, in the MDL that holds the next byte when
 * there is one: empty MDLs and ends of MDLs are stepped over.
 */
static inline struct nrt_mdl_pos nrt_mdl_seek(struct nrt_mdl_pos from, ULONG offset)
{
	MDL *mdl = from.mdl;
	SIZE_T at = (SIZE_T)from.offset + offset;

	while (mdl != NULL && at >= MmGetMdlByteCount(mdl) && mdl->Next != NULL) {
		at -= MmGetMdlByteCount(mdl);
		mdl = mdl->Next;
	}
	return (struct nrt_mdl_pos){ mdl, (ULONG)at };
}

static inline struct nrt_mdl_pos nrt_nb_pos(const NET_BUFFER *nb)
{
	return (struct nrt_mdl_pos){ nb->CurrentMdl, nb->CurrentMdlOffset };
}

/* Bytes that the chain holds from @from on. */
SIZE_T nrt_mdl_room(struct nrt_mdl_pos from);

static inline bool nrt_nb_has_retreat(const NET_BUFFER *nb)
{
	return nb->NdisReserved[0] != NULL;
}

#endif
