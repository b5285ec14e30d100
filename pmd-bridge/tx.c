/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of a send below the miniport, out and back: NBLs become mbufs, a
 * burst goes to the PMD, what it does not take waits, and what it lets go of
 * (pool.c calls pmb_txq_sent) is given out by pmb_tx_done. A send enters on any
 * thread; everything else runs on the queue's worker.
 */
#include <stdlib.h>

#include <rte_branch_prediction.h>
#include <rte_ethdev.h>

#include <nrt/nrt_lower.h>

#include "evidence.h"
#include "pool.h"
#include "port.h"
#include "txq.h"

/* Most mbufs in one call of the PMD. */
#define MAX_BURST 64

void pmb_txq_init(struct pmb_txq *q, uint16_t port, uint16_t queue)
{
	*q = (struct pmb_txq){ .port = port, .queue = queue };
	q->done_tail = &q->done;
	q->pending_tail = &q->pending;
	atomic_store(&q->owner, PMB_NOBODY);
}

/* ------------------------------------------------------------- finished */

void pmb_txq_sent_elsewhere(struct pmb_txq *q, struct rte_mbuf *m)
{
	struct pmb_buf *buf = pmb_buf_of(m), *head = NULL;

	/* As in pmb_nblqueue_push, the first try takes the inbox for empty. */
	buf->link = NULL;
	/* Releases the buffer to drain_done's acquire. */
	while (!atomic_compare_exchange_weak_explicit(&q->done_inbox, &head, buf,
						      memory_order_release, memory_order_relaxed))
		buf->link = head;
}

static void drain_done(struct pmb_txq *q)
{
	struct pmb_buf *buf, *ordered = NULL;

	if (likely(atomic_load_explicit(&q->done_inbox, memory_order_relaxed) == NULL))
		return;
	buf = atomic_exchange_explicit(&q->done_inbox, NULL, memory_order_acquire);
	while (buf != NULL) { /* last in is first here */
		struct pmb_buf *next = buf->link;

		buf->link = ordered;
		ordered = buf;
		buf = next;
	}
	while (ordered != NULL) {
		struct rte_mbuf *m = pmb_mbuf_of(ordered);

		ordered = ordered->link; /* m may be in use again at once */
		pmb_pool_let_go(m, pmb_send_finished(q, m));
	}
}

/* -------------------------------------------------------------- pending */

/* @chain, which ends in @last, goes behind what waits. */
static void pending_join(struct pmb_txq *q, NET_BUFFER_LIST *chain, NET_BUFFER_LIST *last)
{
	if (!atomic_load_explicit(&q->waiting, memory_order_relaxed))
		atomic_store_explicit(&q->waiting, true, memory_order_relaxed);
	if (unlikely(q->by_priority)) {
		pmb_pending_by_priority(q, chain);
		return;
	}
	*q->pending_tail = chain;
	q->pending_tail = &NET_BUFFER_LIST_NEXT_NBL(last);
}

static void pending_append(struct pmb_txq *q, NET_BUFFER_LIST *chain)
{
	NET_BUFFER_LIST *last = chain;

	if (chain == NULL)
		return;
	while (NET_BUFFER_LIST_NEXT_NBL(last) != NULL)
		last = NET_BUFFER_LIST_NEXT_NBL(last);
	pending_join(q, chain, last);
}

/* Complete @nbl with @status; no frame of it was or will be sent. */
static void abort_send(struct pmb_txq *q, NET_BUFFER_LIST *nbl, NDIS_STATUS status)
{
	uint64_t frames = pmb_nb_count(NET_BUFFER_LIST_FIRST_NB(nbl));

	NET_BUFFER_LIST_STATUS(nbl) = status;
	pmb_count(&q->accepted, 1);
	pmb_count(&q->aborted, 1);
	pmb_count(&q->offered, frames);
	pmb_count(&q->unsent, frames);
	pmb_done_append(q, nbl);
}

/* ---------------------------------------------------------------- cancel */

/*
 * A cancel on its way to the owner: it lies between the sends that came before and after
 * it, as an NBL of a pool that is none, so that it ends what was sent before the call and
 * nothing that is sent after it, be the id the same.
 */
struct cancel {
	NET_BUFFER_LIST nbl;
	PVOID id;
};

static const char cancel_pool;

static bool is_cancel(const NET_BUFFER_LIST *nbl)
{
	return nbl->NdisPoolHandle == (NDIS_HANDLE)&cancel_pool;
}

static void cancel_pending(struct pmb_txq *q, PVOID id)
{
	NET_BUFFER_LIST *chain = q->pending;

	q->pending = NULL;
	q->pending_tail = &q->pending;
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;
		bool started = q->resume != NULL && q->pending == NULL;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		if (!started && NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) == id)
			abort_send(q, nbl, NDIS_STATUS_SEND_ABORTED);
		else
			pending_append(q, nbl);
	}
}

/* The same as pending_join, of a chain with cancels in it. */
static void join_with_cancels(struct pmb_txq *q, NET_BUFFER_LIST *chain)
{
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		if (!is_cancel(nbl)) {
			pending_join(q, nbl, nbl);
			continue;
		}
		cancel_pending(q, CONTAINING_RECORD(nbl, struct cancel, nbl)->id);
		free(CONTAINING_RECORD(nbl, struct cancel, nbl));
		atomic_fetch_sub_explicit(&q->cancels, 1, memory_order_relaxed);
	}
}

/* What other threads sent and cancelled, in the order they did. */
static void drain_inbox(struct pmb_txq *q)
{
	NET_BUFFER_LIST *chain, *last;

	if (likely(pmb_nblqueue_empty(&q->inbox)))
		return;
	/* First this: pmb_port_tx_drained must see it in one place or the other. */
	atomic_store_explicit(&q->waiting, true, memory_order_relaxed);
	chain = pmb_nblqueue_take(&q->inbox, &last);
	/* Not 0 if one was taken: it was counted before. */
	if (likely(atomic_load_explicit(&q->cancels, memory_order_relaxed) == 0))
		pending_join(q, chain, last);
	else
		join_with_cancels(q, chain);
}

static void cancel_on(struct pmb_txq *q, PVOID id)
{
	struct cancel *c;

	if (atomic_load_explicit(&q->owner, memory_order_relaxed) == pmb_self) {
		drain_inbox(q);
		cancel_pending(q, id);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return; /* a cancel may come too late; then the send just completes */
	c->id = id;
	c->nbl.NdisPoolHandle = (NDIS_HANDLE)&cancel_pool;
	atomic_fetch_add_explicit(&q->cancels, 1, memory_order_relaxed);
	pmb_nblqueue_push(&q->inbox, &c->nbl);
}

void pmb_tx_cancel(struct pmb_port *port, PVOID id)
{
	for (uint16_t i = 0; i < port->n_queues; i++)
		cancel_on(&port->queues[i]->tx, id);
}

/* ------------------------------------------------------------- to the PMD */

/* Make @mdl's pool the one to send from: only the worker that owns it may lend its
 * buffers, or two could lend one at a time. False: it is not, or not the bridge's. */
static bool find_source(struct pmb_txq *q, const MDL *mdl)
{
	struct pmb_buf *buf = mdl != NULL ? pmb_buf_of_mdl(mdl) : NULL;

	if (buf == NULL || !pmb_pool_own(buf->pool))
		return false;
	q->source.first = buf->pool->first;
	q->source.size = buf->pool->end - buf->pool->first;
	q->source.room = pmb_mbuf_of(buf)->buf_len;
	return true;
}

/* The common frame: over memory of @source, in one piece, not on its way already, no more
 * than @span bytes longer than the shortest; @send names its NBL in the buffer. NULL for
 * all others. */
static inline struct rte_mbuf *tx_fast(struct pmb_txq *q, uintptr_t send, NET_BUFFER *nb,
				       const struct pmb_source *source, uint32_t span)
{
	MDL *mdl = NET_BUFFER_CURRENT_MDL(nb);
	struct rte_mbuf *m = pmb_mbuf_of(RTE_PTR_SUB(mdl, offsetof(struct pmb_buf, mdl)));
	struct pmb_hot *hot = pmb_hot(m);
	uint32_t length = NET_BUFFER_DATA_LENGTH(nb);
	uint32_t offset = NET_BUFFER_CURRENT_MDL_OFFSET(nb);

	if (unlikely((hot->send | hot->marks) != 0 || length - PMB_MIN_FRAME >= span ||
		     offset + length > source->room))
		return NULL;
	m->data_off = (uint16_t)offset;
	m->data_len = (uint16_t)length;
	m->pkt_len = length;
	m->ol_flags = 0;
	hot->send = send;
	hot->txq = q;
	return m;
}

/* What tx_fast works with; a copy, since it is looked at for each frame. */
struct plain {
	struct pmb_source source;
	uint32_t span;
};

static inline bool in_source(struct pmb_txq *q, struct plain *p, const MDL *mdl)
{
	if (likely((uintptr_t)mdl - p->source.first < p->source.size))
		return true;
	if (!find_source(q, mdl))
		return false;
	p->source = q->source;
	return true;
}

/* All frames of @nbl, which has several, into @to; 0 when one of them is not plain or they
 * are more than @max. */
static uint16_t fill_several(struct pmb_txq *q, struct plain *p, struct rte_mbuf **to, uint16_t max,
			     NET_BUFFER_LIST *nbl)
{
	uintptr_t send = (uintptr_t)nbl | PMB_SEND_COUNTED;
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	uint16_t n = 0;

	for (; nb != NULL && n < max; nb = NET_BUFFER_NEXT_NB(nb), n++) {
		if (unlikely(!in_source(q, p, NET_BUFFER_CURRENT_MDL(nb))))
			break;
		to[n] = tx_fast(q, send, nb, &p->source, p->span);
		if (unlikely(to[n] == NULL))
			break;
	}
	if (likely(nb == NULL)) {
		*pmb_send_count(nbl) = n;
		return n;
	}
	while (n != 0)
		pmb_hot(to[--n])->send = 0;
	return 0;
}

/* A burst of plain frames; NBLs are in it with all their frames. */
struct plain_burst {
	uint16_t n, nbls;
	uint16_t frames;           /* of @nbls; more than the PMD takes if one is half sent */
	struct rte_mbuf *mbuf[MAX_BURST];
};

/* True when @nbl asks for a task offload. */
static inline bool asks(const NET_BUFFER_LIST *nbl)
{
	return ((uintptr_t)NET_BUFFER_LIST_INFO(nbl, TcpIpChecksumNetBufferListInfo) |
		(uintptr_t)NET_BUFFER_LIST_INFO(nbl, TcpLargeSendNetBufferListInfo)) != 0;
}

/* True when @nbl goes otherwise than its frames alone say: half-sent or refused, or tagged. */
static inline bool out_of_band(const NET_BUFFER_LIST *nbl)
{
	return ((uint32_t)NET_BUFFER_LIST_STATUS(nbl) |
		(uintptr_t)NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo)) != 0;
}

/* The common NBLs at the head of @chain: nothing out of band, plain frames. Returns the
 * first that is not, or has no place in the burst. One body, compiled for queues that have
 * task offloads, @look, and for those that have none. */
static inline __attribute__((always_inline)) NET_BUFFER_LIST *
fill_plain(struct pmb_txq *q, struct plain_burst *b, uint16_t max, NET_BUFFER_LIST *chain, bool look)
{
	struct plain p = { q->source, q->fast_span };
	struct rte_mbuf **at = b->mbuf;
	uint16_t nbls = 0;

	for (; chain != NULL && at != b->mbuf + max; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
		NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(chain);
		uint16_t n = 1;

		/* lengths_ok refuses one without frames */
		if (unlikely(nb == NULL || out_of_band(chain) || (look && asks(chain))))
			break;
		if (NET_BUFFER_NEXT_NB(nb) != NULL) {
			n = fill_several(q, &p, at, (uint16_t)(b->mbuf + max - at), chain);
		} else if (likely(in_source(q, &p, NET_BUFFER_CURRENT_MDL(nb)))) {
			*at = tx_fast(q, (uintptr_t)chain, nb, &p.source, p.span);
			n = *at != NULL;
		} else {
			n = 0;
		}
		if (unlikely(n == 0))
			break;
		at += n;
		nbls++;
	}
	b->n = b->frames = (uint16_t)(at - b->mbuf);
	b->nbls = nbls;
	return chain;
}

/* Checked before the first frame goes: some PMDs block for ever on a frame they
 * can't take, others drop it without a word. */
static bool lengths_ok(const struct pmb_txq *q, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	if (nb == NULL)
		return false;
	for (; nb != NULL; nb = NET_BUFFER_NEXT_NB(nb))
		if (NET_BUFFER_DATA_LENGTH(nb) < RTE_ETHER_HDR_LEN ||
		    NET_BUFFER_DATA_LENGTH(nb) > q->max_frame)
			return false;
	return true;
}

/* A burst of any frames under construction: mbufs with the NBL and NB each stands for. */
struct burst {
	uint16_t n;
	uint16_t fresh;            /* NBLs whose first frame is in it */
	uint64_t offered;          /* frames of these */
	struct rte_mbuf *mbuf[MAX_BURST];
	NET_BUFFER_LIST *nbl[MAX_BURST];
	NET_BUFFER *nb[MAX_BURST];
};

static inline void add_frame(struct burst *b, struct rte_mbuf *m, NET_BUFFER_LIST *nbl,
			     NET_BUFFER *nb)
{
	b->mbuf[b->n] = m;
	b->nbl[b->n] = nbl;
	b->nb[b->n++] = nb;
	if (nb == NET_BUFFER_LIST_FIRST_NB(nbl)) {
		b->fresh++;
		b->offered += pmb_nb_count(nb);
	}
}

/* Add the frames of @nbl, which tx_fast does not take, from *resume or from the
 * first. It counts its segments, and one more until its last NB is in a burst.
 * False when the burst must end here: it is full, or buffers are short; then
 * *resume is the NB to go on with, NULL if none was added at all. */
static bool fill_slow(struct pmb_txq *q, struct burst *b, NET_BUFFER_LIST *nbl, NET_BUFFER **resume)
{
	NET_BUFFER *nb = *resume;

	if (nb == NULL) {
		nb = NET_BUFFER_LIST_FIRST_NB(nbl);
		*pmb_send_count(nbl) = 1;
	}
	for (; nb != NULL; nb = NET_BUFFER_NEXT_NB(nb)) {
		struct rte_mbuf *m = b->n < q->burst ? pmb_tx_slow(q, nbl, nb) : NULL;

		if (m == NULL) {
			*resume = nb != NET_BUFFER_LIST_FIRST_NB(nbl) ? nb : NULL;
			return false;
		}
		add_frame(b, m, nbl, nb);
	}
	*resume = NULL;
	--*pmb_send_count(nbl);
	return true;
}

/* The one frame of @nbl; NULL if there are several, or it is not plain. */
static inline struct rte_mbuf *plain_frame(struct pmb_txq *q, struct plain *p, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	if (nb == NULL || NET_BUFFER_NEXT_NB(nb) != NULL || out_of_band(nbl) ||
	    !in_source(q, p, NET_BUFFER_CURRENT_MDL(nb)))
		return NULL;
	return tx_fast(q, (uintptr_t)nbl, nb, &p->source, p->span);
}

/* Fill a burst from @chain; returns the NBL where it stopped, *resume the NB. */
static inline NET_BUFFER_LIST *fill(struct pmb_txq *q, struct burst *b, NET_BUFFER_LIST *chain,
				    NET_BUFFER **resume)
{
	struct plain p = { q->source, q->fast_span };

	while (chain != NULL && b->n < q->burst) {
		NET_BUFFER_LIST *next = NET_BUFFER_LIST_NEXT_NBL(chain);
		bool asking = q->asks && asks(chain), fresh = *resume == NULL;
		struct rte_mbuf *m = fresh && !asking ? plain_frame(q, &p, chain) : NULL;

		if (m != NULL) {
			add_frame(b, m, chain, NET_BUFFER_LIST_FIRST_NB(chain));
		} else if (fresh && asking && !pmb_tx_asks_ok(q, chain)) {
			abort_send(q, chain, NDIS_STATUS_FAILURE);
		} else if (fresh && !asking && !lengths_ok(q, chain)) {
			abort_send(q, chain, NDIS_STATUS_INVALID_LENGTH);
		} else {
			NET_BUFFER_LIST_STATUS(chain) = NDIS_STATUS_SUCCESS;
			if (!fill_slow(q, b, chain, resume))
				break;
		}
		chain = next;
	}
	return chain;
}

/* The PMD took only @sent of @b: take the rest back. Returns the first NBL that
 * is not wholly sent; it and its successors, still linked, wait. */
static NET_BUFFER_LIST *take_back(struct pmb_txq *q, struct burst *b, uint16_t sent,
				  const NET_BUFFER_LIST *stopped, NET_BUFFER **resume)
{
	NET_BUFFER_LIST *first = b->nbl[sent];

	*resume = NULL;
	if (b->nb[sent] != NET_BUFFER_LIST_FIRST_NB(first)) {
		*resume = b->nb[sent];
		if (first != stopped)
			++*pmb_send_count(first); /* not its last NB any more */
	}
	for (uint16_t i = sent; i < b->n; i++) {
		pmb_tx_unlend(b->mbuf[i]);
		if (b->nb[i] == NET_BUFFER_LIST_FIRST_NB(b->nbl[i])) {
			b->fresh--;
			b->offered -= pmb_nb_count(b->nb[i]);
		}
	}
	pmb_count(&q->full, 1);
	return first;
}

/* A copy is the PMD's for good: the send is done when its last frame is taken. */
static void complete_copies(struct pmb_txq *q, const struct burst *b, uint16_t sent)
{
	for (uint16_t i = 0; i < sent; i++)
		if (NET_BUFFER_NEXT_NB(b->nb[i]) == NULL)
			pmb_done_append(q, b->nbl[i]);
}

/* Those of which the PMD has all frames; they complete in this thread, later. */
static void answer_asks(const struct burst *b, uint16_t sent)
{
	for (uint16_t i = 0; i < sent; i++)
		if (NET_BUFFER_NEXT_NB(b->nb[i]) == NULL)
			pmb_tx_answer(b->nbl[i]);
}

static inline uint16_t to_pmd(struct pmb_txq *q, struct rte_mbuf **m, uint16_t n,
			      struct nrt_meter *meter)
{
	uint32_t outer = nrt_stage_begin(meter, NRT_STAGE_TX);
	uint16_t sent;

	pmb_bursting = q;
	sent = likely(q->evidence == NULL) ? rte_eth_tx_burst(q->port, q->queue, m, n) :
					     pmb_evidence_burst(q, m, n);
	pmb_bursting = NULL;
	nrt_stage_end(meter, outer, sent);
	pmb_count(&q->frames, sent);
	return sent;
}

/* One burst of any frames from the head of *@chain, which becomes what is left. False:
 * nothing more goes now. */
static bool transmit_any(struct pmb_txq *q, NET_BUFFER_LIST **chain, struct nrt_meter *meter)
{
	struct burst b;
	NET_BUFFER_LIST *stopped;
	uint16_t sent;

	b.n = 0;
	b.fresh = 0;
	b.offered = 0;
	stopped = fill(q, &b, *chain, &q->resume);
	if (b.n == 0) { /* no buffers, or nothing left */
		*chain = stopped;
		return false;
	}
	sent = to_pmd(q, b.mbuf, b.n, meter);
	if (q->copies)
		complete_copies(q, &b, sent);
	if (q->asks)
		answer_asks(&b, sent);
	*chain = sent < b.n ? take_back(q, &b, sent, stopped, &q->resume) : stopped;
	pmb_count(&q->accepted, b.fresh);
	pmb_count(&q->offered, b.offered);
	return sent == b.n;
}

/* The NB of @nbl that @m stands for. */
static NET_BUFFER *nb_of(NET_BUFFER_LIST *nbl, struct rte_mbuf *m)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	while (NET_BUFFER_CURRENT_MDL(nb) != &pmb_buf_of(m)->mdl)
		nb = NET_BUFFER_NEXT_NB(nb);
	return nb;
}

/* The PMD took only @sent of @b. Returns the first NBL that is not wholly sent, which its
 * successors still follow; when some of its frames were, q->resume is the next. */
static NET_BUFFER_LIST *take_back_plain(struct pmb_txq *q, struct plain_burst *b, uint16_t sent)
{
	NET_BUFFER_LIST *first = pmb_send_nbl(pmb_hot(b->mbuf[sent])->send), *last = NULL;
	NET_BUFFER *nb = nb_of(first, b->mbuf[sent]);

	if (nb != NET_BUFFER_LIST_FIRST_NB(first)) {
		q->resume = nb;
		++*pmb_send_count(first); /* until its last NB is in a burst */
		last = first;
	}
	for (uint16_t i = sent; i < b->n; i++) {
		NET_BUFFER_LIST *nbl = pmb_send_nbl(pmb_hot(b->mbuf[i])->send);

		b->nbls = (uint16_t)(b->nbls - (nbl != last));
		b->frames = (uint16_t)(b->frames - (nbl != first || q->resume == NULL));
		last = nbl;
		pmb_tx_unlend(b->mbuf[i]);
	}
	pmb_count(&q->full, 1);
	return first;
}

/* Send as much of @chain as the PMD takes. Returns what is left, in order. One body,
 * compiled with and without a meter. */
static inline __attribute__((always_inline)) NET_BUFFER_LIST *
transmit_with(struct pmb_txq *q, NET_BUFFER_LIST *chain, struct nrt_meter *meter)
{
	unsigned int epoch = atomic_load_explicit(&pmb_pool_epoch, memory_order_relaxed);

	if (unlikely(q->source.epoch != epoch)) /* the pool may be gone */
		q->source = (struct pmb_source){ .epoch = epoch };
	while (chain != NULL) {
		struct plain_burst b;
		uint16_t sent;

		b.n = 0;
		if (likely(q->resume == NULL))
			chain = likely(!q->asks) ? fill_plain(q, &b, q->burst, chain, false) :
						   fill_plain(q, &b, q->burst, chain, true);
		if (unlikely(b.n == 0)) {
			if (!transmit_any(q, &chain, meter))
				return chain;
			continue;
		}
		sent = to_pmd(q, b.mbuf, b.n, meter);
		if (unlikely(sent < b.n))
			chain = take_back_plain(q, &b, sent);
		pmb_count(&q->accepted, b.nbls);
		pmb_count(&q->offered, b.frames);
		if (unlikely(sent < b.n))
			return chain;
	}
	return NULL;
}

typedef NET_BUFFER_LIST *transmit_fn(struct pmb_txq *q, NET_BUFFER_LIST *chain);

static NET_BUFFER_LIST *transmit(struct pmb_txq *q, NET_BUFFER_LIST *chain)
{
	return transmit_with(q, chain, NULL);
}

static NET_BUFFER_LIST *transmit_measured(struct pmb_txq *q, NET_BUFFER_LIST *chain)
{
	return transmit_with(q, chain, nrt_meter);
}

/* Complete @chain unsent, with the status new sends are refused with. */
static void refuse(struct pmb_txq *q, NET_BUFFER_LIST *chain)
{
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(chain); /* pmb_done_append relinks it */
		abort_send(q, nbl, q->refuse);
	}
}

/* Complete @chain with the queue's refuse status; the first NBL may be half
 * sent, it completes when the PMD is done with its other half. */
static void flush_chain(struct pmb_txq *q, NET_BUFFER_LIST *chain)
{
	NET_BUFFER_LIST *half = q->resume != NULL ? chain : NULL;

	if (half != NULL) {
		chain = NET_BUFFER_LIST_NEXT_NBL(half);
		pmb_count(&q->unsent, pmb_nb_count(q->resume));
		q->resume = NULL;
		NET_BUFFER_LIST_STATUS(half) = q->refuse;
		pmb_count(&q->aborted, 1);
		if (--*pmb_send_count(half) == 0)
			pmb_done_append(q, half);
	}
	refuse(q, chain);
}

static void send_pending(struct pmb_txq *q)
{
	NET_BUFFER_LIST *chain = q->pending;

	q->pending = NULL;
	q->pending_tail = &q->pending;
	if (unlikely(q->refuse != NDIS_STATUS_SUCCESS)) {
		flush_chain(q, chain);
		return;
	}
	if (chain != NULL && q->running)
		chain = nrt_meter == NULL ? transmit(q, chain) : transmit_measured(q, chain);
	pending_append(q, chain);
}

static inline __attribute__((always_inline)) void
tx_send(struct pmb_txq *q, NET_BUFFER_LIST *chain, transmit_fn *send)
{
	if (unlikely(atomic_load_explicit(&q->owner, memory_order_relaxed) != pmb_self)) {
		pmb_nblqueue_push(&q->inbox, chain);
		return;
	}
	/* What others sent before this call goes first. */
	drain_inbox(q);
	if (likely(q->pending == NULL && q->running && q->refuse == NDIS_STATUS_SUCCESS)) {
		pending_append(q, send(q, chain));
		return;
	}
	pending_append(q, chain);
	send_pending(q);
}

static __attribute__((noinline)) void tx_send_measured(struct pmb_txq *q, NET_BUFFER_LIST *chain)
{
	ULONG n;
	uint32_t outer = nrt_stage_begin_chain(nrt_meter, NRT_STAGE_QUEUE, chain, &n);

	tx_send(q, chain, transmit_measured);
	nrt_stage_end(nrt_meter, outer, n);
}

void pmb_tx_send(struct pmb_queue *queue, NET_BUFFER_LIST *chain)
{
	if (unlikely(nrt_meter != NULL))
		tx_send_measured(&queue->tx, chain);
	else
		tx_send(&queue->tx, chain, transmit);
}

void pmb_txq_fini(struct pmb_txq *q)
{
	drain_inbox(q); /* no send is left, but perhaps a cancel */
}

void pmb_txq_flush(struct pmb_txq *q, NDIS_STATUS status)
{
	q->refuse = status;
	drain_inbox(q);
	send_pending(q);
}

/* --------------------------------------------------------------- doorbell */

/* Look now and then what an idle queue has finished: without sends most PMDs free
 * nothing by themselves. */
#define IDLE_POLLS 32

static void reap_idle(struct pmb_txq *q)
{
	if (q->n_done != 0 || ++q->idle < IDLE_POLLS)
		return;
	q->idle = 0;
	if (!q->running || q->accepted == q->given)
		return;
	if (q->evidence != NULL)
		pmb_evidence_look(q);
	else if (q->can_clean)
		q->can_clean = rte_eth_tx_done_cleanup(q->port, q->queue, 0) != -ENOTSUP;
}

static ULONG take_done(struct pmb_txq *q, ULONG max, NET_BUFFER_LIST **chain)
{
	NET_BUFFER_LIST **end = &q->done;
	ULONG n = q->n_done;

	if (n == 0)
		return 0;
	*q->done_tail = NULL;
	*chain = q->done;
	if (n > max) {
		for (n = 0; n < max; n++)
			end = &NET_BUFFER_LIST_NEXT_NBL(*end);
		q->done = *end;
		*end = NULL;
		q->n_done -= n;
	} else {
		q->done = NULL;
		q->done_tail = &q->done;
		q->n_done = 0;
	}
	pmb_count(&q->given, n);
	q->idle = 0;
	return n;
}

static inline ULONG tx_done(struct pmb_txq *q, ULONG max, NET_BUFFER_LIST **chain)
{
	if (unlikely(atomic_load_explicit(&q->owner, memory_order_relaxed) != pmb_self))
		return 0; /* a control operation has it */
	/* the caller has passed on what it took before */
	atomic_store_explicit(&q->completed, q->given, memory_order_release);
	drain_done(q);
	drain_inbox(q);
	if (unlikely(q->pending != NULL))
		send_pending(q);
	if (unlikely(atomic_load_explicit(&q->waiting, memory_order_relaxed) && q->pending == NULL))
		atomic_store_explicit(&q->waiting, false, memory_order_release);
	reap_idle(q);
	return take_done(q, max, chain);
}

/* Call and NBLs are counted where the runtime has them. */
static __attribute__((noinline)) ULONG tx_done_measured(struct pmb_txq *q, ULONG max,
							NET_BUFFER_LIST **chain)
{
	uint32_t outer = nrt_meter->stage;
	ULONG n;

	nrt_meter_border(nrt_meter, NRT_STAGE_COMPLETION);
	n = tx_done(q, max, chain);
	nrt_stage_end(nrt_meter, outer, 0);
	return n;
}

ULONG pmb_tx_done(struct pmb_queue *queue, ULONG max, NET_BUFFER_LIST **chain)
{
	if (unlikely(nrt_meter != NULL))
		return tx_done_measured(&queue->tx, max, chain);
	return tx_done(&queue->tx, max, chain);
}
