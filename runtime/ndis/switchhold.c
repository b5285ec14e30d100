/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the extensible switch's data path shares without locks: holds on ports and NICs, and
 * stacks of free packets and contexts. Any thread, any IRQL; nrt_switch_await is for control
 * threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "switch.h"

#define HOLDS UINT32_MAX
#define POLL_NS 50000
#define PATIENCE_POLLS 50000 /* several seconds */

bool nrt_switch_hold_in(struct nrt_switch_hold *h, uint32_t state)
{
	uint64_t seen = atomic_load(&h->word);

	do {
		if (seen >> 32 != state)
			return false;
	} while (!atomic_compare_exchange_weak(&h->word, &seen, seen + 1));
	return true;
}

void nrt_switch_hold_again(struct nrt_switch_hold *h)
{
	atomic_fetch_add(&h->word, 1);
}

void nrt_switch_release(struct nrt_switch_hold *h)
{
	atomic_fetch_sub(&h->word, 1);
}

void nrt_switch_move(struct nrt_switch_hold *h, uint32_t state)
{
	uint64_t seen = atomic_load(&h->word);

	while (!atomic_compare_exchange_weak(&h->word, &seen,
					     (uint64_t)state << 32 | (seen & HOLDS)))
		;
}

void nrt_switch_await(const struct nrt_switch_hold *h, const char *name, const char *what,
		      unsigned int port)
{
	const struct timespec interval = { 0, POLL_NS };

	for (unsigned int polls = 1; (atomic_load(&h->word) & HOLDS) != 0; polls++) {
		if (polls == PATIENCE_POLLS)
			fprintf(stderr, "pollport: switch %s, port %u: the deletion of %s waits for "
				"%u references of extensions and %u packets\n", name, port, what,
				atomic_load(&h->references),
				(uint32_t)atomic_load(&h->word) - atomic_load(&h->references));
		nanosleep(&interval, NULL);
	}
}

/* --------------------------------------------------------------- stacks of indices */

bool nrt_index_stack_init(struct nrt_index_stack *s, uint32_t n)
{
	s->below = calloc(n != 0 ? n : 1, sizeof(*s->below));
	if (s->below == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++)
		nrt_index_stack_push(s, i);
	return true;
}

void nrt_index_stack_fini(struct nrt_index_stack *s)
{
	free(s->below);
	s->below = NULL;
}

bool nrt_index_stack_pop(struct nrt_index_stack *s, uint32_t *index)
{
	uint64_t seen = atomic_load(&s->top);
	uint64_t next;

	do {
		uint32_t top = (uint32_t)seen;

		if (top == 0)
			return false;
		/* Of one that another takes meanwhile it may be stale; then the count differs. */
		next = ((seen >> 32) + 1) << 32 |
		       atomic_load_explicit(&s->below[top - 1], memory_order_relaxed);
		*index = top - 1;
	} while (!atomic_compare_exchange_weak(&s->top, &seen, next));
	return true;
}

void nrt_index_stack_push(struct nrt_index_stack *s, uint32_t index)
{
	uint64_t seen = atomic_load(&s->top);

	do {
		atomic_store_explicit(&s->below[index], (uint32_t)seen, memory_order_relaxed);
	} while (!atomic_compare_exchange_weak(&s->top, &seen,
					       ((seen >> 32) + 1) << 32 | (index + 1)));
}
