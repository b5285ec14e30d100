/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See bench.h. Each producer has NBLs of its own, which come back to it through a ring
 * that only it and the consumer use, so that memory goes round and the queue alone is
 * what they contend for. The main thread sleeps and reads clocks and counters twice.
 */
#include "bench.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "histogram.h"

#define NBLS 1024 /* of each producer; a power of two */
#define AHEAD 8   /* NBLs whose lines are asked for before they are written */

struct producer {
	struct bench *bench;
	pthread_t thread;
	uint32_t used, known;                     /* producer: rw */
	_Alignas(64) _Atomic uint32_t returned;   /* consumer: w, producer: ro */
	uint32_t returning;                       /* consumer: rw */
	_Alignas(64) NET_BUFFER_LIST *ring[NBLS]; /* consumer: w, producer: ro */
	NET_BUFFER_LIST *memory;
};

struct bench {
	const struct bench_plan *plan;
	void *queue;
	pthread_t consumer;
	_Alignas(64) _Atomic bool stop;           /* main: w, all: ro */
	_Alignas(64) _Atomic uint64_t nbls, takes; /* consumer: w, main: ro */
	_Atomic bool timing;                      /* main: w, consumer: ro */
	struct histogram latency;                 /* consumer: rw */
	struct producer producer[];
};

static void bump(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

/* -------------------------------------------------------------------- producers */

/*
 * The next @n of the NBLs that came back, linked. As a protocol does, the sender writes
 * what it wants to find again at the completion into ProtocolReserved, which is not in
 * the line of Next; it has both lines by the time it sends.
 */
static inline NET_BUFFER_LIST *build(struct producer *p, unsigned int n, bool latency)
{
	NET_BUFFER_LIST *first = NULL, **link = &first;
	void *now = latency ? (void *)(uintptr_t)rte_rdtsc() : NULL;

	for (unsigned int i = 0; i < n; i++) {
		NET_BUFFER_LIST *nbl = p->ring[p->used++ % NBLS];
		NET_BUFFER_LIST *later = p->ring[(p->used + AHEAD) % NBLS];

		__builtin_prefetch(&p->ring[(p->used + 4 * AHEAD) % NBLS]);
		__builtin_prefetch(later, 1);
		__builtin_prefetch(later->ProtocolReserved, 1);
		nbl->ProtocolReserved[0] = p;
		nbl->ProtocolReserved[1] = now;
		*link = nbl;
		link = &NET_BUFFER_LIST_NEXT_NBL(nbl);
	}
	*link = NULL;
	return first;
}

/* @n NBLs are back. It looks at the consumer's line only when those it knows of are used
 * up, so that this way of the NBLs costs next to nothing. */
static inline bool has_back(struct producer *p, unsigned int n)
{
	if (p->known - p->used < n)
		/* Acquires the ring's slots, pairs with give_back. */
		p->known = atomic_load_explicit(&p->returned, memory_order_acquire);
	return p->known - p->used >= n;
}

static void *produce(void *arg)
{
	struct producer *p = arg;
	struct bench *b = p->bench;
	const struct candidate *c = b->plan->candidate;
	const unsigned int n = b->plan->burst;
	const bool yields = b->plan->producer_cpu < 0, latency = b->plan->latency;
	void *q = b->queue;

	while (!atomic_load_explicit(&b->stop, memory_order_relaxed)) {
		if (!has_back(p, n)) {
			if (yields)
				sched_yield();
			else
				rte_pause();
			continue;
		}
		c->push(q, build(p, n, latency), n);
	}
	return NULL;
}

/* --------------------------------------------------------------------- consumer */

static void give_back(struct bench *b, NET_BUFFER_LIST *chain)
{
	const bool latency = b->plan->latency && atomic_load_explicit(&b->timing,
								      memory_order_relaxed);
	uint64_t now = latency ? rte_rdtsc() : 0, n = 0;

	while (chain != NULL) {
		struct producer *p = chain->ProtocolReserved[0];
		NET_BUFFER_LIST *next = NET_BUFFER_LIST_NEXT_NBL(chain);

		if (latency) {
			uint64_t then = (uintptr_t)chain->ProtocolReserved[1];

			histogram_add(&b->latency, now > then ? now - then : 0);
		}
		p->ring[p->returning++ % NBLS] = chain;
		n++;
		chain = next;
	}
	bump(&b->nbls, n);
	bump(&b->takes, 1);
	for (unsigned int i = 0; i < b->plan->producers; i++)
		/* Releases the ring's slots to has_back's acquire. */
		atomic_store_explicit(&b->producer[i].returned, b->producer[i].returning,
				      memory_order_release);
}

/* What a worker does between two looks: receive, complete, other queues. */
static inline void work(unsigned int cycles)
{
	uint64_t end = rte_rdtsc() + cycles;

	while (rte_rdtsc() < end)
		;
}

static void *consume(void *arg)
{
	struct bench *b = arg;
	const struct candidate *c = b->plan->candidate;
	void *q = b->queue;

	while (!atomic_load_explicit(&b->stop, memory_order_relaxed)) {
		NET_BUFFER_LIST *chain;

		if (b->plan->pass != 0)
			work(b->plan->pass);
		chain = c->take(q);
		if (chain != NULL)
			give_back(b, chain);
		else
			rte_pause();
	}
	return NULL;
}

/* ------------------------------------------------------------------- measurement */

struct reading {
	uint64_t wall, cycles, nbls, takes;
	uint64_t cpu[MAX_PRODUCERS + 1]; /* the consumer's last */
};

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t cpu_time(pthread_t thread)
{
	clockid_t clock;

	return pthread_getcpuclockid(thread, &clock) == 0 ? nanoseconds(clock) : 0;
}

static void read_all(struct bench *b, struct reading *r)
{
	unsigned int n = b->plan->producers;

	r->wall = nanoseconds(CLOCK_MONOTONIC);
	r->cycles = rte_rdtsc();
	r->nbls = atomic_load_explicit(&b->nbls, memory_order_relaxed);
	r->takes = atomic_load_explicit(&b->takes, memory_order_relaxed);
	for (unsigned int i = 0; i < n; i++)
		r->cpu[i] = cpu_time(b->producer[i].thread);
	r->cpu[n] = cpu_time(b->consumer);
}

static void sleep_for(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

static void evaluate(const struct bench *b, const struct reading *from, const struct reading *to,
		     struct bench_result *out)
{
	unsigned int n = b->plan->producers;
	double wall = (double)(to->wall - from->wall);

	*out = (struct bench_result){ .nbls = to->nbls - from->nbls,
				      .takes = to->takes - from->takes,
				      .seconds = wall / 1e9,
				      .cycles = (double)(to->cycles - from->cycles),
				      .cpu_share = 1,
				      .consumer_share = (double)(to->cpu[n] - from->cpu[n]) / wall };
	for (unsigned int i = 0; i <= n; i++) {
		double share = (double)(to->cpu[i] - from->cpu[i]) / wall;

		if (share < out->cpu_share)
			out->cpu_share = share;
	}
	out->p50 = histogram_percentile(&b->latency, 0.5);
	out->p99 = histogram_percentile(&b->latency, 0.99);
	out->p999 = histogram_percentile(&b->latency, 0.999);
	out->worst = b->latency.worst;
}

/* ------------------------------------------------------------------- life of a run */

static int start_thread(pthread_t *thread, void *(*fn)(void *), void *arg, int cpu)
{
	pthread_attr_t attributes;
	cpu_set_t set;
	int rc;

	pthread_attr_init(&attributes);
	if (cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET((size_t)cpu, &set);
		pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
	}
	rc = pthread_create(thread, &attributes, fn, arg);
	pthread_attr_destroy(&attributes);
	return -rc;
}

/* Any order but that of addresses, so that no prefetcher guesses it; always the same. */
static void shuffle(NET_BUFFER_LIST *ring[])
{
	uint32_t random = 12345;

	for (uint32_t i = NBLS - 1; i > 0; i--) {
		uint32_t k;
		NET_BUFFER_LIST *swapped = ring[i];

		random = random * 1664525u + 1013904223u; /* Numerical Recipes' generator */
		k = (random >> 8) % (i + 1);
		ring[i] = ring[k];
		ring[k] = swapped;
	}
}

static bool fill_producer(struct bench *b, struct producer *p, bool shuffled)
{
	p->bench = b;
	p->memory = aligned_alloc(128, NBLS * sizeof(NET_BUFFER_LIST));
	if (p->memory == NULL)
		return false;
	memset(p->memory, 0, NBLS * sizeof(NET_BUFFER_LIST));
	for (unsigned int i = 0; i < NBLS; i++)
		p->ring[i] = &p->memory[i];
	if (shuffled)
		shuffle(p->ring);
	p->returned = p->returning = NBLS;
	return true;
}

static void bench_free(struct bench *b)
{
	for (unsigned int i = 0; i < b->plan->producers; i++)
		free(b->producer[i].memory);
	free(b->queue);
	free(b);
}

static struct bench *bench_new(const struct bench_plan *plan)
{
	size_t size = sizeof(struct bench) + plan->producers * sizeof(struct producer);
	struct bench *b = aligned_alloc(64, size);
	bool filled = true;

	if (b == NULL)
		return NULL;
	memset(b, 0, size);
	b->plan = plan;
	for (unsigned int i = 0; i < plan->producers; i++)
		filled = fill_producer(b, &b->producer[i], plan->shuffled) && filled;
	b->queue = plan->candidate->create(plan->producers * NBLS);
	if (!filled || b->queue == NULL) {
		bench_free(b);
		return NULL;
	}
	return b;
}

int bench_run(const struct bench_plan *plan, struct bench_result *result)
{
	struct bench *b = bench_new(plan);
	struct reading from, to;
	unsigned int started = 0;
	int rc;

	if (b == NULL)
		return -ENOMEM;
	rc = start_thread(&b->consumer, consume, b, plan->consumer_cpu);
	if (rc != 0) {
		bench_free(b);
		return rc;
	}
	while (rc == 0 && started < plan->producers) {
		struct producer *p = &b->producer[started];

		rc = start_thread(&p->thread, produce, p, plan->producer_cpu);
		started += rc == 0;
	}
	if (rc == 0) {
		sleep_for(plan->warm_up);
		atomic_store(&b->timing, true);
		read_all(b, &from);
		sleep_for(plan->seconds);
		read_all(b, &to);
	}
	atomic_store(&b->stop, true);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(b->producer[i].thread, NULL);
	pthread_join(b->consumer, NULL);
	if (rc == 0)
		evaluate(b, &from, &to, result);
	bench_free(b);
	return rc;
}
