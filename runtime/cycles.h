/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Busy and idle cycles of one worker, always counted: its loop tells of every pass
 * whether it had something. A pass that had, after another that had, costs a
 * comparison; the time-stamp counter is read in passes that found nothing.
 */
#ifndef NRT_CYCLES_H
#define NRT_CYCLES_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct nrt_cycles {
	/* worker: rw */
	bool busy;                 /* the last pass had something */
	uint64_t last;             /* when the last pass that had nothing ended */
	uint64_t shortest;         /* such pass, of the idle time before the last busy one */
	uint64_t shortest_now;     /* of this idle time */
	/* worker: w, any: ro, between two equal even values of seq */
	_Atomic uint32_t seq;
	_Atomic bool counts_busy;
	_Atomic uint64_t since;    /* what runs since then is not in the sums */
	_Atomic uint64_t sum_busy, sum_idle;
};

/* A reader of what lies between two values of a sequence number: true when it was @before
 * and even all the while. Else the writer is at it, and may need the reader's processor to
 * end. */
static inline bool nrt_seq_held(const _Atomic uint32_t *seq, uint32_t before)
{
	if ((before & 1) == 0 && atomic_load_explicit(seq, memory_order_relaxed) == before)
		return true;
	sched_yield();
	return false;
}

/* The worker, as it starts; and after the last pass it is idle. */
void nrt_cycles_start(struct nrt_cycles *c);

/* A pass that was idle, or the first busy one. */
void nrt_cycles_turn(struct nrt_cycles *c, bool progress);

/* The worker, after each pass. */
static inline void nrt_cycles_pass(struct nrt_cycles *c, bool progress)
{
	if (__builtin_expect(!(progress && c->busy), 0))
		nrt_cycles_turn(c, progress);
}

/* Any thread. */
void nrt_cycles_read(const struct nrt_cycles *c, uint64_t *busy, uint64_t *idle);

#endif
