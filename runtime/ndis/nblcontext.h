/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Context space of a NET_BUFFER_LIST, as its pool sees it. Any thread, by the
 * present owner of the NBL.
 */
#ifndef NRT_NDIS_NBLCONTEXT_H
#define NRT_NDIS_NBLCONTEXT_H

#include <stdbool.h>

#include <ndis/nblapi.h>

/*
 * Give a new NBL @used bytes of context and @backfill free bytes in front of
 * them: in its own preallocated space when that suffices, else in a new block.
 * False when out of memory.
 */
bool nrt_nbl_context_init(NET_BUFFER_LIST *nbl, USHORT used, USHORT backfill);

/* True when exactly the @used bytes of nrt_nbl_context_init() are allocated. */
bool nrt_nbl_context_untouched(const NET_BUFFER_LIST *nbl, USHORT used);

/* Free the blocks that are not the NBL's own space. */
void nrt_nbl_context_drop(NET_BUFFER_LIST *nbl);

/* @size rounded up to @align, after a report of RS-NB-03 when it was not. */
USHORT nrt_nbl_context_aligned(USHORT size, USHORT align, const char *where);

#endif
