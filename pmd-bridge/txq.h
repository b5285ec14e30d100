/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One transmit queue: sends of other threads arrive in its inbox, what the PMD
 * does not take waits in its pending list, what the PMD is done with collects
 * in its done list. All but the inboxes belong to the owning worker.
 */
#ifndef PMB_TXQ_H
#define PMB_TXQ_H

#include <stdatomic.h>

#include <rte_branch_prediction.h>

#include "buf.h"
#include "nblqueue.h"

struct pmb_evidence;
struct pmb_pool;

/* Who this thread is to the bridge: a worker's index; PMB_CONTROL(port) while a
 * control operation of that port runs here; PMB_NOBODY otherwise. */
extern __thread int pmb_self __attribute__((tls_model("initial-exec")));

/* The queue whose PMD is being called on this thread, else NULL. */
extern __thread struct pmb_txq *pmb_bursting __attribute__((tls_model("initial-exec")));

#define PMB_NOBODY (-1)
#define PMB_ORPHAN (-2) /* owner of a pool whose port is gone; no thread is it */
#define PMB_CONTROL(port) (1000 + (port))

/* Classes that waiting sends are ordered by. */
#define PMB_RANKS 8

/* A pool whose buffers the queue may lend: an MDL whose address lies in it is one of its
 * buffers', so that the MDL itself need not be looked at. */
struct pmb_source {
	uintptr_t first, size;         /* object memory */
	uint32_t room;                 /* of a buffer, headroom included */
	unsigned int epoch;            /* pmb_pool_epoch when that was noted */
};

struct pmb_txq {
	/* owner: rw */
	_Atomic int owner;             /* control: w */
	uint16_t port, queue;
	uint16_t burst;
	uint16_t max_segs;             /* mbufs the PMD takes for one frame */
	bool vlan_insert;              /* the PMD inserts tags */
	bool asks;                     /* NBLs are looked at for task offloads */
	bool copies;                   /* the PMD passes mbufs on: never lend it ours */
	bool running;                  /* the PMD may be called */
	bool can_clean;                /* rte_eth_tx_done_cleanup is supported */
	NDIS_STATUS refuse;            /* status for new sends, SUCCESS: take them */
	uint32_t max_frame;            /* longest frame without FCS */
	uint32_t fast_span;            /* lengths from PMB_MIN_FRAME on that may go by reference */
	uint32_t idle;                 /* polls without a finished send */
	NET_BUFFER_LIST *done, **done_tail;
	NET_BUFFER_LIST *pending, **pending_tail; /* behind what was accepted */
	NET_BUFFER *resume;            /* of the first pending NBL: NBs before it were sent */
	struct pmb_pool *pool;         /* for copies and others' memory */
	struct pmb_source source;      /* the pool last sent from */
	uint32_t n_done;
	uint32_t let_go_quietly;       /* mbufs the PMD freed that completed no NBL; may wrap */
	struct pmb_evidence *evidence; /* NULL: the PMD's freeing is the evidence */
	_Atomic bool waiting;          /* something may be pending; owner: w, any: ro */

	/* counters; owner: w by pmb_count, control: ro */
	_Atomic uint64_t accepted, given, completed, aborted; /* NBLs */
	_Atomic uint64_t offered;      /* frames of the accepted NBLs */
	_Atomic uint64_t frames;       /* of these, taken by the PMD */
	_Atomic uint64_t unsent;       /* of these, never: their NBL was aborted */
	_Atomic uint64_t recalled;     /* of frames: their NBL was, when the PMD was stopped */
	_Atomic uint64_t copied, full;

	ULONG offloads;                /* those in force */
	bool by_priority;              /* waiting sends go by their 802.1p priority */
	NET_BUFFER_LIST **pending_of[PMB_RANKS]; /* then: behind all of that rank and above */

	_Alignas(64) struct pmb_nblqueue inbox;          /* any: push; owner: take */
	_Atomic(struct pmb_buf *) done_inbox;            /* any: buffers let go elsewhere */
	_Atomic uint32_t cancels;                        /* in the inbox; any */
};

/* Add to a counter that one thread writes and others read: a plain add. */
static inline void pmb_count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

void pmb_txq_init(struct pmb_txq *q, uint16_t port, uint16_t queue);
void pmb_txq_fini(struct pmb_txq *q);

/* Let @chain wait, in the order of its priorities; priority.c. @q->pending_tail follows. */
void pmb_pending_by_priority(struct pmb_txq *q, NET_BUFFER_LIST *chain);

/* Pass @m, whose send is over, to the queue's owner from another thread. */
void pmb_txq_sent_elsewhere(struct pmb_txq *q, struct rte_mbuf *m);

/* Complete everything that waits with @status and refuse the rest with it;
 * owner only. */
void pmb_txq_flush(struct pmb_txq *q, NDIS_STATUS status);

/* Make an mbuf (chain) for @nb, a frame the fast path does not handle, and count
 * its segments in @nbl; in txcopy.c. NULL: no buffer now, try again later. */
struct rte_mbuf *pmb_tx_slow(struct pmb_txq *q, NET_BUFFER_LIST *nbl, NET_BUFFER *nb);

/* What a frame asks of the PMD; txoffload.c. */
struct pmb_ask {
	uint64_t ol_flags;             /* 0: nothing */
	uint16_t l2_len, l3_len, l4_len, mss;
	bool clear_ip_sum;             /* its IP header's checksum is not 0, and has to be */
};

/* Read what @nb of @nbl asks for; false when it cannot be done. */
bool pmb_tx_ask(const struct pmb_txq *q, const NET_BUFFER_LIST *nbl, NET_BUFFER *nb,
		struct pmb_ask *ask);

/* True when all frames of @nbl can have what they ask for and are no longer than that allows. */
bool pmb_tx_asks_ok(const struct pmb_txq *q, NET_BUFFER_LIST *nbl);

/* Write into @nbl, all of whose frames the PMD took, what became of its request. */
void pmb_tx_answer(NET_BUFFER_LIST *nbl);

/* Take the send off every segment of a frame that the PMD did not accept. */
void pmb_tx_unlend(struct rte_mbuf *m);

/* The NBL that @send (pmb_hot.send) names. */
static inline NET_BUFFER_LIST *pmb_send_nbl(uintptr_t send)
{
	return (NET_BUFFER_LIST *)(send & ~PMB_SEND_BITS);
}

/* Segments on the way + 1 while NBs are still to be sent. */
static inline uintptr_t *pmb_send_count(NET_BUFFER_LIST *nbl)
{
	return (uintptr_t *)&nbl->MiniportReserved[0];
}

/* NET_BUFFERs from @nb on: frames. */
static inline uint64_t pmb_nb_count(const NET_BUFFER *nb)
{
	uint64_t n = 0;

	for (; nb != NULL; nb = NET_BUFFER_NEXT_NB(nb))
		n++;
	return n;
}

static inline void pmb_done_append(struct pmb_txq *q, NET_BUFFER_LIST *nbl)
{
	*q->done_tail = nbl;
	q->done_tail = &NET_BUFFER_LIST_NEXT_NBL(nbl);
	q->n_done++;
}

/* A piece of the send that @send (pmb_hot.send) names is over: true when the NBL was
 * waiting for nothing else and is done. Owner only. */
static inline bool pmb_send_over(struct pmb_txq *q, uintptr_t send)
{
	NET_BUFFER_LIST *nbl = pmb_send_nbl(send);

	if ((send & PMB_SEND_COUNTED) && --*pmb_send_count(nbl) != 0)
		return false;
	pmb_done_append(q, nbl);
	return true;
}

/* The PMD let go of @m: the send that it carries is over, if evidence did not end it
 * before. Returns what pmb_hot.send was. The queue's owner; for a HELD one, who has the
 * PMD's queue. */
static inline uintptr_t pmb_send_finished(struct pmb_txq *q, struct rte_mbuf *m)
{
	/* Pairs with pmb_pool_put_lent's exchange: who comes second frees the buffer. */
	uintptr_t send = __atomic_exchange_n(&pmb_hot(m)->send, 0, __ATOMIC_ACQ_REL);

	if ((send & PMB_SEND_HELD) || !pmb_send_over(q, send))
		q->let_go_quietly++;
	return send;
}

#endif
