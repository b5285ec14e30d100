/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cycle ledger of one worker. Its loop asks before each pass whether that one is
 * to be measured; in a measured pass the stages of the data path note their borders in
 * nrt_meter, and what they noted is added up poll by poll and pass by pass. The
 * worker's thread, but for nrt_profiler_read.
 */
#ifndef NRT_PROFILE_H
#define NRT_PROFILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include <nrt/nrt_lower.h>

#include "perf.h"

#define NRT_STAGE_SUMS 4

/* What the worker publishes, all counts of struct nrt_profile that it sums up. */
enum nrt_profile_sum {
	NRT_SUM_PASSES,
	NRT_SUM_CYCLES,
	NRT_SUM_PLAIN_PASSES,
	NRT_SUM_PLAIN_CYCLES,
	NRT_SUM_IDLE,
	NRT_SUM_IDLE_BORDERS,
	NRT_SUM_MEASURING,
	NRT_SUM_INTERRUPTED,
	NRT_SUM_SPENT,
	NRT_SUM_SPENT_BORDERS,
	NRT_SUM_STAGES, /* of each its cycles, borders, calls and packets */
	NRT_SUMS = NRT_SUM_STAGES + NRT_STAGE_SUMS * NRT_STAGES
};

struct nrt_profiler {
	/* worker: rw */
	struct nrt_meter meter;
	uint32_t gap;             /* mean of passes between two measured runs, once settled */
	uint32_t gap_now;         /* short at first, so that a short profile has samples, too */
	uint32_t until;           /* passes until the next run */
	uint32_t left;            /* passes of this run; 0 between runs */
	uint32_t random;
	bool plain;               /* this pass is timed as a whole and not measured */
	bool saw_traffic;         /* this run had a busy pass */
	uint64_t long_pass;       /* ticks: a pass may be this long without being looked at */
	uint64_t begin;           /* of this pass */
	uint64_t pass[NRT_SUMS];  /* of this pass */
	uint64_t owed;            /* ticks that the last pass's sums took, after its end */
	/* worker: w, any: ro */
	_Atomic uint64_t busy_passes, idle_polls;
	_Atomic uint64_t ticks_per_second, border_ticks;
	/* the same, between two equal even values of seq */
	_Atomic uint32_t seq;
	_Atomic uint64_t sum[NRT_SUMS];
	clockid_t clock;            /* of the worker's thread; control: ro */
	struct nrt_perf_files perf; /* under its own lock */
};

/* The worker, first and last. @every: measure one pass in so many, 1 or more. */
void nrt_profiler_start(struct nrt_profiler *p, unsigned int every);
void nrt_profiler_stop(struct nrt_profiler *p);

/* Begin and end a pass that is looked at. Begin returns the meter if it is to be measured;
 * then each of its polls that ends is told. */
struct nrt_meter *nrt_profiler_begin(struct nrt_profiler *p);
void nrt_profiler_poll_end(struct nrt_profiler *p, bool progress);
void nrt_profiler_end(struct nrt_profiler *p, bool progress);

/* Before each pass: shall it be looked at? */
static inline bool nrt_profiler_due(struct nrt_profiler *p)
{
	return p->left != 0 || --p->until == 0;
}

/* The worker, in every pass of a profile. */
static inline void nrt_profile_count(_Atomic uint64_t *count)
{
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

/* Any thread. */
void nrt_profiler_read(struct nrt_profiler *p, struct nrt_profile *out);

#endif
