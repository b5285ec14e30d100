/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Busy and idle cycles of a worker. Written by the worker in passes without
 * packets and in the first one with; read by any thread, which adds what the
 * worker has not summed up yet.
 */
#include "cycles.h"

#include <ndis.h>
#include <nrt/nrt_lower.h>

void nrt_cycles_start(struct nrt_cycles *c)
{
	uint64_t now = nrt_ticks();

	*c = (struct nrt_cycles){ .last = now, .shortest_now = UINT64_MAX };
	atomic_store(&c->since, now);
}

/* What ran until @now is summed up; from then on it is @busy. The stores between the
 * two of seq are releases, so that none is seen without the first (reader's acquires). */
static void sum_up(struct nrt_cycles *c, uint64_t now, bool busy)
{
	uint32_t seq = atomic_load_explicit(&c->seq, memory_order_relaxed);
	uint64_t since = atomic_load_explicit(&c->since, memory_order_relaxed);
	_Atomic uint64_t *sum = c->busy ? &c->sum_busy : &c->sum_idle;

	atomic_store_explicit(&c->seq, seq + 1, memory_order_relaxed);
	atomic_store_explicit(sum,
			      atomic_load_explicit(sum, memory_order_relaxed) + (now - since),
			      memory_order_release);
	atomic_store_explicit(&c->since, now, memory_order_release);
	atomic_store_explicit(&c->counts_busy, busy, memory_order_release);
	atomic_store_explicit(&c->seq, seq + 2, memory_order_release);
	c->busy = busy;
}

/* The shortest pass of the idle time that is over; if that had few, even the shortest may
 * have been interrupted, so it grows by twos only. */
static void remember_shortest(struct nrt_cycles *c)
{
	if (c->shortest_now == UINT64_MAX)
		return;
	if (c->shortest != 0 && c->shortest_now > 2 * c->shortest)
		c->shortest *= 2;
	else
		c->shortest = c->shortest_now;
	c->shortest_now = UINT64_MAX;
}

/*
 * Busy time begins where the last idle pass ended, which is known. It ends where the
 * first idle pass begins, which is not, as passes in busy time do not read the counter:
 * such a pass is taken to be as long as the shortest of the last idle time.
 */
void nrt_cycles_turn(struct nrt_cycles *c, bool progress)
{
	uint64_t now, length;

	if (progress) {
		sum_up(c, c->last, true);
		return;
	}
	now = nrt_ticks();
	if (c->busy) {
		length = now - atomic_load_explicit(&c->since, memory_order_relaxed);
		remember_shortest(c);
		sum_up(c, now - (c->shortest < length ? c->shortest : length), false);
	} else if (now - c->last < c->shortest_now) {
		c->shortest_now = now - c->last;
	}
	c->last = now;
}

void nrt_cycles_read(const struct nrt_cycles *c, uint64_t *busy, uint64_t *idle)
{
	uint64_t since, now, running;
	uint32_t seq;
	bool is_busy;

	do {
		seq = atomic_load_explicit(&c->seq, memory_order_acquire);
		*busy = atomic_load_explicit(&c->sum_busy, memory_order_acquire);
		*idle = atomic_load_explicit(&c->sum_idle, memory_order_acquire);
		since = atomic_load_explicit(&c->since, memory_order_acquire);
		is_busy = atomic_load_explicit(&c->counts_busy, memory_order_acquire);
	} while (!nrt_seq_held(&c->seq, seq));
	now = nrt_ticks();
	running = now > since ? now - since : 0; /* counters of two processors may differ */
	*(is_busy ? busy : idle) += running;
}
