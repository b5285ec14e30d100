/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NBLs a lane owns. A protocol never sends the NBL it received
 * [nf-ndis-ndissendnetbufferlists]: it keeps its own, all allocated when the
 * port is bound, and takes and puts them last in, first out.
 */
#ifndef FWD_NBLPOOL_H
#define FWD_NBLPOOL_H

#include "port.h"

/* Allocate @forward NBLs without data and @bounce with @data_size bytes each. */
NDIS_STATUS nblpool_fill(struct lane *lane, ULONG forward, ULONG bounce, ULONG data_size);

/* Free them; all must be home. */
void nblpool_empty(struct lane *lane);

/* They will be sent on @binding: NDIS wants it in SourceHandle. */
void nblpool_aim(struct lane *lane, NDIS_HANDLE binding);

/* Give @nbl its fixed marks: lane, kind and cancel id. */
void nblpool_mark(NET_BUFFER_LIST *nbl, struct lane *lane, enum own_kind kind, UCHAR *data);

/* Bring home what completed on other processors. The lane's first NBL of
 * @kind, or NULL when there is none even so. The lane's owner only. */
NET_BUFFER_LIST *nblpool_collect(struct lane *lane, enum own_kind kind);

/* Push the chain @head..@tail on a list that any thread pushes to and one
 * thread empties as a whole. TRUE when it was empty. */
BOOLEAN chain_push(PVOID volatile *list, NET_BUFFER_LIST *head, NET_BUFFER_LIST *tail);

/* The same by the lane's owner. */
static inline void nblpool_put(struct lane *lane, enum own_kind kind, NET_BUFFER_LIST *head,
			       NET_BUFFER_LIST *tail)
{
	NET_BUFFER_LIST_NEXT_NBL(tail) = lane->home[kind];
	lane->home[kind] = head;
}

#endif
