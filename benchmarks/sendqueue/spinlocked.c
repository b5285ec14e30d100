/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The baseline: the queue of a classic miniport, a list with head and tail under an NDIS
 * spin lock. Called by bench.c; push on producers, take on the consumer.
 *
 * All are taken for at DISPATCH_LEVEL, as senders mostly are and the owner always is:
 * the Dpr forms are the lock and nothing else. The consumer takes the whole list at once,
 * as cheap as such a queue can be; a classic miniport takes packet by packet.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "candidate.h"

struct locked {
	_Alignas(64) NDIS_SPIN_LOCK lock;
	NET_BUFFER_LIST *head, *tail;
};

static void *locked_create(unsigned int most)
{
	struct locked *q = aligned_alloc(64, sizeof(*q));

	(void)most;
	if (q == NULL)
		return NULL;
	NdisAllocateSpinLock(&q->lock);
	q->head = NULL;
	return q;
}

static void locked_push(void *queue, NET_BUFFER_LIST *chain, unsigned int n)
{
	struct locked *q = queue;
	NET_BUFFER_LIST *last = chain;

	while (--n != 0)
		last = NET_BUFFER_LIST_NEXT_NBL(last);
	NdisDprAcquireSpinLock(&q->lock);
	if (q->head == NULL)
		q->head = chain;
	else
		NET_BUFFER_LIST_NEXT_NBL(q->tail) = chain;
	q->tail = last;
	NdisDprReleaseSpinLock(&q->lock);
}

static NET_BUFFER_LIST *locked_take(void *queue)
{
	struct locked *q = queue;
	NET_BUFFER_LIST *chain;

	NdisDprAcquireSpinLock(&q->lock);
	chain = q->head;
	q->head = NULL;
	NdisDprReleaseSpinLock(&q->lock);
	return chain;
}

/* A look before the lock, which spares the lock of an empty queue. */
static NET_BUFFER_LIST *polled_take(void *queue)
{
	struct locked *q = queue;

	if (__atomic_load_n(&q->head, __ATOMIC_RELAXED) == NULL)
		return NULL;
	return locked_take(queue);
}

const struct candidate candidate_spinlock = { "spinlock", locked_create, locked_push,
					      locked_take };
const struct candidate candidate_spinlock_polled = { "spinlock_polled", locked_create,
						     locked_push, polled_take };
