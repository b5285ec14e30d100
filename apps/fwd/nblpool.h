/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NBLs a lane owns. A protocol never sends the NBL it received
 * [nf-ndis-ndissendnetbufferlists]: it keeps its own, all allocated when the
 * port is bound, and takes and puts them last in, first out.
 */
#ifndef FWD_NBLPOOL_H
#define FWD_NBLPOOL_H

#include "port.h"

/* Allocate NBLs for @frames borrowed frames, each its own, and as many with @batch
 * NET_BUFFERs, none for a @batch of 0; and @frames NBLs with @data_size bytes each. */
NDIS_STATUS nblpool_fill(struct lane *lane, ULONG frames, ULONG batch, ULONG data_size);

/* Free them; all must be home. */
void nblpool_empty(struct lane *lane);

/* They will be sent on @binding: NDIS wants it in SourceHandle. */
void nblpool_aim(struct lane *lane, NDIS_HANDLE binding);

/* Give @nbl its fixed marks: lane, kind and cancel id. */
void nblpool_mark(NET_BUFFER_LIST *nbl, struct lane *lane, enum own_kind kind, UCHAR *data);

/* Bring home what completed on other processors. The lane's owner only. */
void nblpool_collect(struct lane *lane);

/* Push the chain @head..@tail on a list that any thread pushes to and one
 * thread empties as a whole. TRUE when it was empty. */
BOOLEAN chain_push(PVOID volatile *list, NET_BUFFER_LIST *head, NET_BUFFER_LIST *tail);

/* How many received frames @nbl had borrowed. */
static inline ULONG nblpool_frames(NET_BUFFER_LIST *nbl)
{
	if (OWN_KIND(nbl) == OWN_BATCH)
		return OWN_BATCH_OF(nbl)->frames;
	return OWN_KIND(nbl) == OWN_FORWARD;
}

/* How many received frames may be borrowed now, of @wanted. The lane's owner only. */
static inline ULONG nblpool_allowance(struct lane *lane, ULONG wanted)
{
	if (lane->allowance < wanted)
		nblpool_collect(lane);
	return lane->allowance < wanted ? lane->allowance : wanted;
}

/* One NBL of @kind comes home. The lane's owner only. */
static inline void nblpool_put(struct lane *lane, enum own_kind kind, NET_BUFFER_LIST *nbl)
{
	struct stock *stock = &lane->stock[kind];

	stock->nbl[stock->n++] = nbl;
}

/* One NBL of @kind, or NULL when none is at home. The lane's owner only. */
static inline NET_BUFFER_LIST *nblpool_take(struct lane *lane, enum own_kind kind)
{
	struct stock *stock = &lane->stock[kind];

	if (stock->n == 0)
		nblpool_collect(lane);
	return stock->n != 0 ? stock->nbl[--stock->n] : NULL;
}

#endif
