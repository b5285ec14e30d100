/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cycle ledger's passes: which are measured, what a border costs, and the sums
 * that are published. A burst costs some thousand cycles and a border twenty, of which
 * a pass has twenty: measuring every pass would cost a third. So whole passes are
 * sampled, in short runs at random distances. The worker's thread.
 */
#include "profile.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "cycles.h"

/* Passes looked at one after the other: every other one is measured, the others are only
 * timed as a whole, to know how long a pass takes without borders. The measuring variants
 * of the data path are cold code in the first, which is thrown away. Even. */
#define RUN 16
/* Passes before the second run; then twice as many after each that saw traffic, until it is
 * enough. Idle polls are cheap to measure: the traffic's first passes are not to fall into a
 * long gap that they have grown. */
#define FIRST_GAP 64
/* A pass is an interrupted one if it is longer than this and than so many average ones. */
#define LONG_PASS_US 100
#define LONG_PASS_MEANS 16

#define CALIBRATION_NS 2000000
#define CALIBRATION_BORDERS 512

__thread struct nrt_meter *nrt_meter;

/* ------------------------------------------------------------ calibration */

static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		return 0; /* the thread is gone */
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Ticks of a border, from the fastest of many rows of them: others may run meanwhile. In
 * a row, with nothing to run beside them, they are dearer than anywhere else. */
static uint64_t time_borders(struct nrt_meter *m)
{
	uint64_t begin = nrt_ticks();

	for (unsigned int i = 0; i < CALIBRATION_BORDERS / 2; i++) {
		uint32_t outer = nrt_stage_begin(m, NRT_STAGE_RX);

		nrt_stage_end(m, outer, 1);
	}
	return (nrt_ticks() - begin) / CALIBRATION_BORDERS;
}

/* Two milliseconds, before the worker's first pass. */
static void calibrate(struct nrt_profiler *p)
{
	uint64_t begin_ns = read_ns(CLOCK_MONOTONIC), begin = nrt_ticks(), fastest = UINT64_MAX, ns, ticks;

	do {
		ticks = time_borders(&p->meter);
		fastest = ticks < fastest ? ticks : fastest;
		ns = read_ns(CLOCK_MONOTONIC) - begin_ns;
	} while (ns < CALIBRATION_NS);
	ticks = nrt_ticks() - begin;
	p->long_pass = LONG_PASS_US * 1000 * ticks / ns;
	atomic_store(&p->border_ticks, fastest);
	atomic_store(&p->ticks_per_second,
		     (uint64_t)((long double)ticks * 1000000000u / (long double)ns));
	memset(p->meter.row, 0, sizeof(p->meter.row));
}

void nrt_profiler_start(struct nrt_profiler *p, unsigned int every)
{
	memset(p, 0, sizeof(*p));
	p->gap = (every - 1) * (RUN / 2); /* half of a run is measured */
	p->gap_now = p->gap < FIRST_GAP ? p->gap : FIRST_GAP;
	p->until = p->gap_now + 1;
	p->random = (uint32_t)nrt_ticks() | 1;
	calibrate(p);
	pthread_getcpuclockid(pthread_self(), &p->clock);
	nrt_perf_open(&p->perf);
}

void nrt_profiler_stop(struct nrt_profiler *p)
{
	nrt_perf_close(&p->perf);
}

/* ----------------------------------------------------------------- a pass */

static uint32_t next_random(struct nrt_profiler *p)
{
	p->random ^= p->random << 13; /* Marsaglia's xorshift */
	p->random ^= p->random >> 17;
	p->random ^= p->random << 5;
	return p->random;
}

/* Anywhere from half the gap to one and a half: the traffic may have a rhythm, too. */
static uint32_t next_gap(struct nrt_profiler *p)
{
	uint32_t gap = p->gap_now;

	if (p->saw_traffic)
		p->gap_now = p->gap < gap * 2 ? p->gap : gap * 2;
	p->saw_traffic = false;
	return gap == 0 ? 0 : gap / 2 + next_random(p) % gap;
}

struct nrt_meter *nrt_profiler_begin(struct nrt_profiler *p)
{
	struct nrt_meter *m = &p->meter;

	if (p->left == 0)
		p->left = RUN;
	p->plain = p->gap != 0 && p->left % 2 != 0;
	if (!p->plain) {
		m->stage = NRT_STAGE_POLL;
		nrt_meter = m;
	}
	m->last = p->begin = nrt_ticks();
	return p->plain ? NULL : m;
}

/* Move the meter's rows into the pass's: to their stages, or all to idle polls. */
static void add_up(struct nrt_profiler *p, bool progress)
{
	for (unsigned int i = 0; i < NRT_STAGES; i++) {
		struct nrt_meter_row *row = &p->meter.row[i];
		uint64_t *to = &p->pass[NRT_SUM_STAGES + NRT_STAGE_SUMS * i];

		if (progress) {
			to[0] += row->ticks;
			to[1] += row->borders;
			to[2] += row->calls;
			to[3] += row->packets;
		} else {
			p->pass[NRT_SUM_IDLE] += row->ticks;
			p->pass[NRT_SUM_IDLE_BORDERS] += row->borders;
		}
		p->pass[NRT_SUM_SPENT_BORDERS] += row->borders;
		*row = (struct nrt_meter_row){ 0 };
	}
}

void nrt_profiler_poll_end(struct nrt_profiler *p, bool progress)
{
	nrt_meter_border(&p->meter, NRT_METER_OWN);
	p->meter.row[NRT_STAGE_POLL].calls++;
	add_up(p, progress);
	nrt_meter_border(&p->meter, NRT_STAGE_POLL);
}

static uint64_t sum(const struct nrt_profiler *p, enum nrt_profile_sum which)
{
	return atomic_load_explicit(&p->sum[which], memory_order_relaxed);
}

static bool is_interrupted(const struct nrt_profiler *p, uint64_t ticks)
{
	uint64_t passes = sum(p, NRT_SUM_PASSES) + sum(p, NRT_SUM_PLAIN_PASSES);
	uint64_t cycles = sum(p, NRT_SUM_CYCLES) + sum(p, NRT_SUM_PLAIN_CYCLES);

	if (p->gap == 0) /* nothing is left out where every pass is asked for */
		return false;
	return ticks > p->long_pass && passes != 0 && ticks > cycles / passes * LONG_PASS_MEANS;
}

/* Releases between the two stores of seq, as in cycles.c. */
static void publish(struct nrt_profiler *p)
{
	uint32_t seq = atomic_load_explicit(&p->seq, memory_order_relaxed);

	atomic_store_explicit(&p->seq, seq + 1, memory_order_relaxed);
	for (unsigned int i = 0; i < NRT_SUMS; i++)
		atomic_store_explicit(&p->sum[i], sum(p, i) + p->pass[i], memory_order_release);
	atomic_store_explicit(&p->seq, seq + 2, memory_order_release);
}

/* The pass becomes a sample, unless it tells of something else than the data path. */
static void end_busy(struct nrt_profiler *p, uint64_t ticks)
{
	uint64_t own = p->pass[NRT_SUM_MEASURING];
	uint64_t borders = p->pass[NRT_SUM_SPENT_BORDERS];
	bool first = p->left == RUN && p->gap != 0;
	bool interrupted = is_interrupted(p, ticks);

	if (first || interrupted) {
		memset(p->pass, 0, sizeof(p->pass));
		p->pass[NRT_SUM_INTERRUPTED] = interrupted;
	} else {
		p->pass[p->plain ? NRT_SUM_PLAIN_PASSES : NRT_SUM_PASSES] = 1;
		p->pass[p->plain ? NRT_SUM_PLAIN_CYCLES : NRT_SUM_CYCLES] = ticks;
	}
	/* The interruption itself is no cost of ours. */
	p->pass[NRT_SUM_SPENT] = (interrupted ? 0 : own) + (p->owed < p->long_pass ? p->owed : 0);
	p->pass[NRT_SUM_SPENT_BORDERS] = borders;
	publish(p);
}

void nrt_profiler_end(struct nrt_profiler *p, bool progress)
{
	struct nrt_meter *m = &p->meter;

	if (p->plain) {
		m->last = nrt_ticks();
	} else {
		nrt_meter_border(m, NRT_METER_OWN);
		nrt_meter = NULL;
		add_up(p, progress);
		p->pass[NRT_SUM_MEASURING] = m->row[NRT_METER_OWN].ticks;
		m->row[NRT_METER_OWN] = (struct nrt_meter_row){ 0 };
	}
	if (progress) {
		end_busy(p, m->last - p->begin);
		p->saw_traffic = true;
	}
	memset(p->pass, 0, sizeof(p->pass));
	if (--p->left == 0)
		p->until = next_gap(p) + 1;
	p->owed = nrt_ticks() - m->last;
}

/* -------------------------------------------------------------- the reader */

static void read_sums(const struct nrt_profiler *p, uint64_t sum[NRT_SUMS])
{
	uint32_t seq;

	do {
		seq = atomic_load_explicit(&p->seq, memory_order_acquire);
		for (unsigned int i = 0; i < NRT_SUMS; i++)
			sum[i] = atomic_load_explicit(&p->sum[i], memory_order_acquire);
	} while (!nrt_seq_held(&p->seq, seq));
}

void nrt_profiler_read(struct nrt_profiler *p, struct nrt_profile *out)
{
	uint64_t sum[NRT_SUMS];

	read_sums(p, sum);
	out->busy_passes = atomic_load_explicit(&p->busy_passes, memory_order_relaxed);
	out->idle_polls = atomic_load_explicit(&p->idle_polls, memory_order_relaxed);
	out->ticks_per_second = atomic_load(&p->ticks_per_second);
	out->cpu_ns = read_ns(p->clock);
	out->border_ticks = atomic_load(&p->border_ticks);
	out->measured_passes = sum[NRT_SUM_PASSES];
	out->measured_cycles = sum[NRT_SUM_CYCLES];
	out->plain_passes = sum[NRT_SUM_PLAIN_PASSES];
	out->plain_cycles = sum[NRT_SUM_PLAIN_CYCLES];
	out->interrupted_passes = sum[NRT_SUM_INTERRUPTED];
	out->own_cycles = sum[NRT_SUM_MEASURING];
	out->idle_polled = (struct nrt_profile_stage){
		.cycles = sum[NRT_SUM_IDLE], .borders = sum[NRT_SUM_IDLE_BORDERS]
	};
	out->spent_cycles = sum[NRT_SUM_SPENT];
	out->spent_borders = sum[NRT_SUM_SPENT_BORDERS];
	for (unsigned int i = 0; i < NRT_STAGES; i++) {
		const uint64_t *from = &sum[NRT_SUM_STAGES + NRT_STAGE_SUMS * i];

		out->stage[i] = (struct nrt_profile_stage){
			.cycles = from[0], .borders = from[1], .calls = from[2], .packets = from[3]
		};
	}
	nrt_perf_read(&p->perf, &out->perf);
}
