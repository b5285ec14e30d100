/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rte_ring in the modes that several producers and one consumer may use. Called by
 * bench.c; push on producers, take on the consumer. Without EAL: the ring lies in memory
 * of our own.
 *
 * It is bounded: here it has room for every NBL there is, so that it never refuses. In
 * the bridge, which may refuse nothing, it would need a second queue behind it.
 */
#include <stdlib.h>

#include <rte_ring.h>

#include "candidate.h"

#define MOST_AT_ONCE 64

static void *create(unsigned int most, unsigned int flags)
{
	unsigned int count = rte_align32pow2(most + 1);
	ssize_t size = rte_ring_get_memsize(count);
	struct rte_ring *ring = size < 0 ? NULL : aligned_alloc(128, ((size_t)size + 127) & ~127ul);

	if (ring != NULL && rte_ring_init(ring, "sendqueue", count, flags | RING_F_SC_DEQ) != 0)
		return NULL;
	return ring;
}

static void *mp_create(unsigned int most)
{
	return create(most, 0);
}

static void *hts_create(unsigned int most)
{
	return create(most, RING_F_MP_HTS_ENQ);
}

static void *rts_create(unsigned int most)
{
	return create(most, RING_F_MP_RTS_ENQ);
}

static inline unsigned int gather(NET_BUFFER_LIST *chain, void *nbl[], unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		nbl[i] = chain;
		chain = NET_BUFFER_LIST_NEXT_NBL(chain);
	}
	return n;
}

static void mp_push(void *queue, NET_BUFFER_LIST *chain, unsigned int n)
{
	void *nbl[MOST_AT_ONCE];

	rte_ring_mp_enqueue_bulk(queue, nbl, gather(chain, nbl, n), NULL);
}

static void hts_push(void *queue, NET_BUFFER_LIST *chain, unsigned int n)
{
	void *nbl[MOST_AT_ONCE];

	rte_ring_mp_hts_enqueue_bulk(queue, nbl, gather(chain, nbl, n), NULL);
}

static void rts_push(void *queue, NET_BUFFER_LIST *chain, unsigned int n)
{
	void *nbl[MOST_AT_ONCE];

	rte_ring_mp_rts_enqueue_bulk(queue, nbl, gather(chain, nbl, n), NULL);
}

static NET_BUFFER_LIST *take(void *queue)
{
	NET_BUFFER_LIST *first = NULL, **link = &first;
	void *nbl[MOST_AT_ONCE];
	unsigned int n;

	do {
		n = rte_ring_sc_dequeue_burst(queue, nbl, MOST_AT_ONCE, NULL);
		for (unsigned int i = 0; i < n; i++) {
			*link = nbl[i];
			link = &NET_BUFFER_LIST_NEXT_NBL(*link);
		}
	} while (n == MOST_AT_ONCE);
	if (first != NULL)
		*link = NULL;
	return first;
}

const struct candidate candidate_ring_mp = { "ring_mp", mp_create, mp_push, take };
const struct candidate candidate_ring_hts = { "ring_hts", hts_create, hts_push, take };
const struct candidate candidate_ring_rts = { "ring_rts", rts_create, rts_push, take };
