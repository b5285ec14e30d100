/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One receive buffer as both worlds see it: the private area behind each
 * rte_mbuf of the bridge's pools holds the NET_BUFFER_LIST, NET_BUFFER and MDL
 * that describe it, built once when the pool is made. Included by the bridge's
 * own files only.
 *
 * Who may touch what: an mbuf and its NBL belong to the PMD, to the free stack,
 * or to NDIS ("above"). While above, the mbuf may also be lent to a PMD for a
 * send (struct pmb_hot); it is free when both have let go of it, in either order: a
 * send may be known to be over before the PMD frees the mbuf (evidence.c).
 */
#ifndef PMB_BUF_H
#define PMB_BUF_H

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <ndis.h>

struct pmb_pool;
struct pmb_txq;

/* Bits of pmb_hot.send beside the NBL's address. A plain send of received memory
 * has none of them, so that one test tells it. */
#define PMB_SEND_COUNTED ((uintptr_t)1) /* the NBL counts its mbufs on the way */
#define PMB_SEND_RETURNED ((uintptr_t)2) /* NDIS let go: free when the PMD does, too */
#define PMB_SEND_HELD ((uintptr_t)4)    /* no NBL: the send is over, the PMD has the mbuf */
#define PMB_SEND_BITS (PMB_SEND_COUNTED | PMB_SEND_RETURNED | PMB_SEND_HELD)

#define PMB_MARK_RESHAPED ((uint64_t)1) /* the MDL was bent to a segment: straighten it */
#define PMB_MARK_RETURNED ((uint64_t)2) /* in its pool's inbox: NDIS put it there */

/* What every send reads and writes of a buffer: a dynamic field of the mbuf, in
 * the cache line that the PMD touches anyway when it frees. */
struct pmb_hot {
	uintptr_t send;          /* NBL to complete when the PMD lets go; 0: it has let go */
	struct pmb_txq *txq;     /* queue of @send */
	uint64_t marks;          /* PMB_MARK_*; 0: an ordinary buffer */
};

/* Where the field is registered: the end of the mbuf, away from where others'
 * fields are put. A constant costs two loads less at each use. */
#define PMB_HOT_OFFSET (sizeof(struct rte_mbuf) - sizeof(struct pmb_hot))

struct pmb_buf {
	NET_BUFFER_LIST nbl;
	_Alignas(64) NET_BUFFER nb;
	/* covers the whole data room, so that it never changes */
	_Alignas(64) MDL mdl;
	PFN_NUMBER pfn[2];
	/* off the fast path */
	_Alignas(64) struct pmb_pool *pool;     /* home; constant */
	struct pmb_buf *link;                   /* in an inbox */
	struct rte_mbuf_ext_shared_info shinfo; /* transmit pools: memory of others */
};

_Static_assert(offsetof(struct pmb_buf, nb) % 64 == 0, "the hot part of an NB is one line");
_Static_assert(sizeof(struct pmb_buf) % 64 == 0, "the mbuf's data starts on a line");

static inline struct pmb_hot *pmb_hot(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, PMB_HOT_OFFSET, struct pmb_hot *);
}

static inline struct pmb_buf *pmb_buf_of(const struct rte_mbuf *m)
{
	return (struct pmb_buf *)RTE_PTR_ADD(m, sizeof(struct rte_mbuf));
}

static inline struct rte_mbuf *pmb_mbuf_of(const struct pmb_buf *buf)
{
	return (struct rte_mbuf *)RTE_PTR_SUB(buf, sizeof(struct rte_mbuf));
}

static inline struct pmb_buf *pmb_buf_of_nbl(const NET_BUFFER_LIST *nbl)
{
	return (struct pmb_buf *)RTE_PTR_SUB(nbl, offsetof(struct pmb_buf, nbl));
}

/* The buffer that @mdl belongs to, or NULL for memory of others. The bridge's own
 * MDLs name themselves in Process, which is opaque to drivers; a partial MDL over one
 * (IoBuildPartialMdl, clones) has a copy of that member and names another. */
static inline struct pmb_buf *pmb_buf_of_mdl(const MDL *mdl)
{
	if ((const void *)mdl->Process != (const void *)mdl)
		return NULL;
	return (struct pmb_buf *)RTE_PTR_SUB(mdl, offsetof(struct pmb_buf, mdl));
}

#endif
