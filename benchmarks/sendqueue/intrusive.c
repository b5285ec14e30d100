/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queues that need no memory but the NBLs: the bridge's own, the one it had before, and
 * the linked queue of D. Vyukov (intrusive MPSC). Called by bench.c; push on producers,
 * take on the consumer.
 */
#include <stdlib.h>

#include "../../pmd-bridge/nblqueue.h"
#include "candidate.h"

static void *line(unsigned int most)
{
	(void)most;
	return aligned_alloc(128, 128);
}

/* ------------------------------------------------------------ the bridge's */

static void *shipped_create(unsigned int most)
{
	struct pmb_nblqueue *q = line(most);

	if (q != NULL)
		*q = (struct pmb_nblqueue){ 0 };
	return q;
}

static void shipped_push(void *queue, NET_BUFFER_LIST *chain, unsigned int n)
{
	(void)n;
	pmb_nblqueue_push(queue, chain);
}

static NET_BUFFER_LIST *shipped_take(void *queue)
{
	NET_BUFFER_LIST *end;

	return pmb_nblqueue_empty(queue) ? NULL : pmb_nblqueue_take(queue, &end);
}

const struct candidate candidate_shipped = { "shipped", shipped_create, shipped_push,
					     shipped_take };

/* ------------------------------------------- batches linked by MiniportReserved */

struct batches {
	_Atomic(NET_BUFFER_LIST *) head;
};

static void *batches_create(unsigned int most)
{
	struct batches *q = line(most);

	if (q != NULL)
		q->head = NULL;
	return q;
}

static void batches_push(void *queue, NET_BUFFER_LIST *chain, unsigned int n)
{
	struct batches *q = queue;
	NET_BUFFER_LIST *head = atomic_load_explicit(&q->head, memory_order_relaxed);

	(void)n;
	do {
		chain->MiniportReserved[0] = head;
		/* Releases the chain to batches_take's acquire. */
	} while (!atomic_compare_exchange_weak_explicit(&q->head, &head, chain,
							memory_order_release,
							memory_order_relaxed));
}

static NET_BUFFER_LIST *batches_take(void *queue)
{
	struct batches *q = queue;
	NET_BUFFER_LIST *batch, *ordered = NULL;

	if (atomic_load_explicit(&q->head, memory_order_relaxed) == NULL)
		return NULL;
	batch = atomic_exchange_explicit(&q->head, NULL, memory_order_acquire);
	while (batch != NULL) {
		NET_BUFFER_LIST *next = batch->MiniportReserved[0], *last = batch;

		while (NET_BUFFER_LIST_NEXT_NBL(last) != NULL)
			last = NET_BUFFER_LIST_NEXT_NBL(last);
		NET_BUFFER_LIST_NEXT_NBL(last) = ordered;
		ordered = batch;
		batch = next;
	}
	return ordered;
}

const struct candidate candidate_batches = { "batches", batches_create, batches_push,
					     batches_take };

/* --------------------------------------------------------- exchange, then link */

/*
 * A producer makes its chain the tail and then links it to the one before. Between the
 * two, if it is preempted there, nothing pushed later can be found: no producer waits,
 * but the consumer does, and so does a send that happened after a completed push.
 */
struct links {
	_Alignas(64) _Atomic(NET_BUFFER_LIST *) tail; /* producers */
	_Alignas(64) NET_BUFFER_LIST *head;           /* consumer */
	NET_BUFFER_LIST stub;
};

static _Atomic(NET_BUFFER_LIST *) *next_of(NET_BUFFER_LIST *nbl)
{
	return (_Atomic(NET_BUFFER_LIST *) *)&NET_BUFFER_LIST_NEXT_NBL(nbl);
}

static void *links_create(unsigned int most)
{
	struct links *q = aligned_alloc(64, sizeof(*q));

	(void)most;
	if (q == NULL)
		return NULL;
	q->stub = (NET_BUFFER_LIST){ 0 };
	q->head = &q->stub;
	q->tail = &q->stub;
	return q;
}

static void append(struct links *q, NET_BUFFER_LIST *first, NET_BUFFER_LIST *last)
{
	/* Releases the chain to the next producer, which links it. */
	NET_BUFFER_LIST *before =
		atomic_exchange_explicit(&q->tail, last, memory_order_acq_rel);

	/* Releases it to links_take's acquire. */
	atomic_store_explicit(next_of(before), first, memory_order_release);
}

static void links_push(void *queue, NET_BUFFER_LIST *chain, unsigned int n)
{
	NET_BUFFER_LIST *last = chain;

	while (--n != 0)
		last = NET_BUFFER_LIST_NEXT_NBL(last);
	append(queue, chain, last);
}

/* Up to the last NBL whose successor is known. That one leaves only when it has one, or
 * when the stub could be put behind it. */
static NET_BUFFER_LIST *links_take(void *queue)
{
	struct links *q = queue;
	NET_BUFFER_LIST *first = q->head, *last = NULL, *at, *next;

	next = atomic_load_explicit(next_of(first), memory_order_acquire);
	if (first == &q->stub) {
		if (next == NULL)
			return NULL;
		first = next;
		next = atomic_load_explicit(next_of(first), memory_order_acquire);
	}
	for (at = first; next != NULL && next != &q->stub; at = next,
	    next = atomic_load_explicit(next_of(next), memory_order_acquire))
		last = at;
	q->head = at;
	if (next == NULL && at == atomic_load_explicit(&q->tail, memory_order_acquire)) {
		NET_BUFFER_LIST_NEXT_NBL(&q->stub) = NULL;
		append(q, &q->stub, &q->stub);
		next = atomic_load_explicit(next_of(at), memory_order_acquire);
	}
	if (next == &q->stub) {
		q->head = &q->stub;
		last = at;
	}
	if (last == NULL)
		return NULL;
	NET_BUFFER_LIST_NEXT_NBL(last) = NULL;
	return first;
}

const struct candidate candidate_links = { "links", links_create, links_push, links_take };
