/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queue for sends of other threads (pmd-bridge/nblqueue.h) by itself: order, loss and
 * what a taker sees of an NBL, with threads that push as fast as they can and NBLs that
 * are pushed again as soon as they were taken. Threads here must not use Criterion.
 *
 * Compiled again with a MUTANT_ macro it is a program that must fail (mutants.py).
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* Without its release or acquire the queue is the same code on x86: only a race detector
 * sees these two. */
#ifdef MUTANT_RELAXED_PUSH
#define memory_order_release memory_order_relaxed
#endif
#ifdef MUTANT_RELAXED_TAKE
#define memory_order_acq_rel memory_order_relaxed
#endif
#include "../../../pmd-bridge/nblqueue.h"
#undef memory_order_release
#undef memory_order_acq_rel

#define PRODUCERS 3
#define NBLS 32        /* of each producer */
#define LONGEST 6      /* NBLs in a chain */
#ifdef __SANITIZE_THREAD__ /* many times slower, and one race of a kind is enough */
#define PUSHES 20000   /* NBLs each producer pushes */
#define TURNS 5000     /* NBLs that are sent in turn */
#else
#define PUSHES 100000
#define TURNS 20000
#endif
#define PATIENCE_S 120 /* a wait that never ends is a failure */

/* What a sender keeps in its NBL: its number, and which push this is, twice. */
struct payload {
	uintptr_t sender, number, again;
};

_Static_assert(sizeof(struct payload) <= sizeof(((NET_BUFFER_LIST *)0)->ProtocolReserved),
	       "a sender's own room holds it");

static struct payload *payload_of(NET_BUFFER_LIST *nbl)
{
	return (struct payload *)nbl->ProtocolReserved;
}

struct producer {
	pthread_t thread;
	uint64_t random;
	unsigned int used;                          /* producer: rw */
	_Alignas(64) _Atomic unsigned int returned; /* consumer: w, producer: ro */
	NET_BUFFER_LIST *ring[NBLS];                /* consumer: w, producer: ro */
	NET_BUFFER_LIST *memory;
	uintptr_t expected;                         /* consumer: rw */
};

static struct pmb_nblqueue queue;
static struct producer producer[PRODUCERS];
static _Atomic bool stop;

static unsigned int random_below(uint64_t *state, unsigned int n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (unsigned int)((*state >> 33) % n);
}

static uint64_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

#ifdef MUTANT_LATE_LINK
/* What a compiler may make of a push without a release: the chain is published, then
 * linked. Now and then the thread is preempted between the two. */
static void push(struct pmb_nblqueue *q, NET_BUFFER_LIST *chain)
{
	static _Atomic unsigned int turns;
	NET_BUFFER_LIST *last = chain;
	uintptr_t name = (uintptr_t)chain, head;
	PVOID *older = chain->MiniportReserved;

	while (NET_BUFFER_LIST_NEXT_NBL(last) != NULL)
		last = NET_BUFFER_LIST_NEXT_NBL(last);
	older[0] = NULL;
	older[1] = last;
	if (last == chain) {
		name |= PMB_NBLQUEUE_SINGLE;
		older = (PVOID *)&NET_BUFFER_LIST_NEXT_NBL(chain);
	}
	head = atomic_exchange_explicit(&q->head, name, memory_order_relaxed);
	if (atomic_fetch_add(&turns, 1) % 256 == 0)
		sched_yield();
	*older = (PVOID)head;
}
#else
#define push pmb_nblqueue_push
#endif

/* -------------------------------------------------------------------- producers */

static void make_producers(void)
{
	for (unsigned int i = 0; i < PRODUCERS; i++) {
		struct producer *p = &producer[i];

		p->memory = calloc(NBLS, sizeof(NET_BUFFER_LIST));
		cr_assert_not_null(p->memory);
		p->random = 0x9E3779B97F4A7C15u * (i + 1);
		for (unsigned int k = 0; k < NBLS; k++)
			p->ring[k] = &p->memory[k];
		p->returned = NBLS;
	}
}

static void free_producers(void)
{
	for (unsigned int i = 0; i < PRODUCERS; i++)
		free(producer[i].memory);
}

/* The next NBL that came back, once there is one; NULL: the test is over. */
static NET_BUFFER_LIST *next_nbl(struct producer *p)
{
	/* Acquires the ring's slot, pairs with give_back. */
	while (atomic_load_explicit(&p->returned, memory_order_acquire) == p->used) {
		if (atomic_load(&stop))
			return NULL;
		sched_yield();
	}
	return p->ring[p->used++ % NBLS];
}

static NET_BUFFER_LIST *make_chain(struct producer *p, unsigned int n, uintptr_t *number)
{
	NET_BUFFER_LIST *first = NULL, **link = &first;

	while (n-- != 0 && (*link = next_nbl(p)) != NULL) {
		*payload_of(*link) = (struct payload){ (uintptr_t)(p - producer), *number,
						       ~*number };
		++*number;
		link = &NET_BUFFER_LIST_NEXT_NBL(*link);
	}
	*link = NULL;
	return first;
}

static void *push_chains(void *arg)
{
	struct producer *p = arg;
	uintptr_t number = 0;

	while (number < PUSHES && !atomic_load(&stop)) {
		unsigned int n = 1 + random_below(&p->random, LONGEST);
		NET_BUFFER_LIST *chain =
			make_chain(p, n < PUSHES - number ? n : (unsigned int)(PUSHES - number),
				   &number);

		if (chain != NULL)
			push(&queue, chain);
	}
	return NULL;
}

/* --------------------------------------------------------------------- consumer */

static bool is_ours(const NET_BUFFER_LIST *nbl)
{
	for (unsigned int i = 0; i < PRODUCERS; i++) {
		uintptr_t at = (uintptr_t)nbl - (uintptr_t)producer[i].memory;

		if (at < NBLS * sizeof(*nbl) && at % sizeof(*nbl) == 0)
			return true;
	}
	return false;
}

static void give_back(struct producer *p, NET_BUFFER_LIST *nbl)
{
	unsigned int n = atomic_load_explicit(&p->returned, memory_order_relaxed);

	p->ring[n % NBLS] = nbl;
	/* Releases the slot to next_nbl's acquire. */
	atomic_store_explicit(&p->returned, n + 1, memory_order_release);
}

/* The complaint about @nbl, or NULL; it goes back to who pushed it. */
static const char *check_one(NET_BUFFER_LIST *nbl)
{
	struct payload was;
	struct producer *p;

	if (!is_ours(nbl))
		return "what came out is no NBL";
	was = *payload_of(nbl);
	if (was.sender >= PRODUCERS || was.again != ~was.number)
		return "an NBL came out without what its sender wrote";
	p = &producer[was.sender];
	if (was.number != p->expected)
		return was.number > p->expected ? "an NBL is lost or late" :
						  "an NBL came twice or late";
	p->expected++;
	give_back(p, nbl);
	return NULL;
}

/* The complaint about what is queued now, or NULL. */
static const char *take_some(void)
{
	NET_BUFFER_LIST *end, *last = NULL, *nbl;

	if (pmb_nblqueue_empty(&queue)) {
		sched_yield();
		return NULL;
	}
	nbl = pmb_nblqueue_take(&queue, &end);
	for (unsigned int n = 0; nbl != NULL; n++) {
		NET_BUFFER_LIST *next = is_ours(nbl) ? NET_BUFFER_LIST_NEXT_NBL(nbl) : NULL;
		const char *wrong = check_one(nbl);

		if (wrong != NULL)
			return wrong;
		if (n > PRODUCERS * NBLS)
			return "the chain has no end";
		last = nbl;
		nbl = next;
	}
	return last == end ? NULL : "the last NBL is another than the queue said";
}

static bool all_came(void)
{
	for (unsigned int i = 0; i < PRODUCERS; i++)
		if (producer[i].expected != PUSHES)
			return false;
	return true;
}

/* ------------------------------------------------------------------------ tests */

TestSuite(nblqueue, .timeout = 300);

Test(nblqueue, each_senders_order_holds_and_nothing_is_lost)
{
	uint64_t began = seconds();
	const char *wrong = NULL;

	make_producers();
	for (unsigned int i = 0; i < PRODUCERS; i++)
		cr_assert_eq(pthread_create(&producer[i].thread, NULL, push_chains, &producer[i]),
			     0);
	while (wrong == NULL && !all_came()) {
		wrong = take_some();
		if (seconds() - began > PATIENCE_S)
			wrong = "some NBLs never came";
	}
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < PRODUCERS; i++)
		pthread_join(producer[i].thread, NULL);
	cr_expect_null(wrong, "%s", wrong);
	cr_expect(wrong != NULL || pmb_nblqueue_empty(&queue));
	free_producers();
}

/* @n NBLs of @memory from *@used on, linked. */
static NET_BUFFER_LIST *link_some(NET_BUFFER_LIST *memory, unsigned int *used, unsigned int n)
{
	NET_BUFFER_LIST *first = &memory[*used];

	for (unsigned int i = 1; i < n; i++)
		NET_BUFFER_LIST_NEXT_NBL(&memory[*used + i - 1]) = &memory[*used + i];
	*used += n;
	NET_BUFFER_LIST_NEXT_NBL(&memory[*used - 1]) = NULL;
	return first;
}

/* Every sequence of up to five chains of one to three NBLs. */
Test(nblqueue, chains_come_out_in_the_order_they_went_in)
{
	NET_BUFFER_LIST *memory = calloc(15, sizeof(*memory)), *end;

	for (unsigned int shape = 0; shape < 1024; shape++) {
		unsigned int used = 0, i = 0;
		NET_BUFFER_LIST *nbl;

		for (unsigned int rest = shape; rest % 4 != 0; rest /= 4)
			push(&queue, link_some(memory, &used, rest % 4));
		cr_assert_eq(pmb_nblqueue_empty(&queue), used == 0);
		nbl = pmb_nblqueue_take(&queue, &end);
		cr_assert_eq(end, used == 0 ? NULL : &memory[used - 1]);
		for (; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl), i++)
			cr_assert_eq(nbl, &memory[i], "chains %o: NBL %u is another", shape, i);
		cr_assert_eq(i, used);
		cr_assert(pmb_nblqueue_empty(&queue));
		cr_assert(pmb_nblqueue_taken(&queue));
	}
	free(memory);
}

/* ------------------------------------------------------- what happened before */

static _Atomic unsigned int turn; /* pushes so far: whose turn it is */
static NET_BUFFER_LIST *relayed;  /* one NBL for each turn */

/* Push one NBL when it is this sender's turn, and pass the turn on. */
static void *push_in_turn(void *arg)
{
	unsigned int me = (unsigned int)(uintptr_t)arg;

	for (unsigned int at = me; at < TURNS; at += PRODUCERS) {
		/* Acquires what the last sender did. */
		while (atomic_load_explicit(&turn, memory_order_acquire) != at)
			sched_yield();
		push(&queue, &relayed[at]);
		/* Releases to the next sender, and to the owner's look. */
		atomic_store_explicit(&turn, at + 1, memory_order_release);
	}
	return NULL;
}

/* A send that happened before another comes out before it, whoever sent them; and who
 * knows of a send finds it: a send on the owner can't overtake it. */
Test(nblqueue, sends_that_happened_before_come_out_before)
{
	unsigned int seen = 0, late = 0, mixed = 0;
	pthread_t thread[PRODUCERS];
	NET_BUFFER_LIST *end;

	relayed = calloc(TURNS, sizeof(*relayed));
	cr_assert_not_null(relayed);
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, push_in_turn, (void *)i), 0);
	while (seen < TURNS && late + mixed == 0) {
		unsigned int known = atomic_load_explicit(&turn, memory_order_acquire);
		NET_BUFFER_LIST *nbl = NULL;

		if (!pmb_nblqueue_empty(&queue))
			nbl = pmb_nblqueue_take(&queue, &end);
		else
			sched_yield();
		for (; nbl != NULL && mixed == 0; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
			mixed += nbl != &relayed[seen++];
		late += seen < known;
	}
	for (unsigned int i = 0; i < PRODUCERS; i++)
		pthread_join(thread[i], NULL);
	cr_expect_eq(mixed, 0, "a later send came out first");
	cr_expect_eq(late, 0, "a send that was known of was not in the queue");
	free(relayed);
}
