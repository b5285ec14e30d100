/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue for sends as the benchmark sees it: chains in on any thread, everything out
 * on one. Each candidate is in a file of its own kind; bench.c drives them.
 */
#ifndef SENDQUEUE_CANDIDATE_H
#define SENDQUEUE_CANDIDATE_H

#include <ndis.h>

struct candidate {
	const char *name;
	/* A queue for at most @most NBLs, on lines of its own; NULL: no memory. */
	void *(*create)(unsigned int most);
	/* Queue @n NBLs, linked in order. Producers. */
	void (*push)(void *queue, NET_BUFFER_LIST *chain, unsigned int n);
	/* All that is queued, linked in order; NULL: nothing. The consumer. */
	NET_BUFFER_LIST *(*take)(void *queue);
};

extern const struct candidate candidate_shipped, candidate_batches, candidate_links,
	candidate_spinlock, candidate_spinlock_polled, candidate_ring_mp, candidate_ring_hts,
	candidate_ring_rts;

#endif
