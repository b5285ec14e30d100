/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file nrt_profile.h
 * Where a worker's cycles go, as its host sees it: busy and idle cycles, which are
 * always counted, and the cycle ledger, a row for each stage of a packet's way, which
 * nrt_options.profile asks for. docs/profiling.md says how it is measured.
 *
 * Cycles are ticks of the processor's time-stamp counter. All functions may be called
 * from any thread, between nrt_init and nrt_fini, while packets flow.
 */
#ifndef NRT_NRT_PROFILE_H
#define NRT_NRT_PROFILE_H

#include "nrt.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A good value for nrt_options.profile: measuring costs some tenths of a percent. */
#define NRT_PROFILE_DEFAULT 128

/**
 * Stages in the order in which a forwarded packet comes by, then the rows that belong
 * to none. A stage's cycles are its own: what runs inside it and has a row, does not count.
 */
enum nrt_stage {
	NRT_STAGE_RX,         /* the PMD's receive call */
	NRT_STAGE_BUILD,      /* received buffers become NBLs */
	NRT_STAGE_INDICATE,   /* from the poll callback to the protocol */
	NRT_STAGE_PROTOCOL,   /* the protocol's receive handler */
	NRT_STAGE_SEND,       /* NdisSendNetBufferLists and the miniport's send handler */
	NRT_STAGE_QUEUE,      /* NBLs become buffers of the PMD, or wait */
	NRT_STAGE_TX,         /* the PMD's transmit call, and what it frees in it */
	NRT_STAGE_COMPLETION, /* finished sends, from the miniport up to and in the protocol */
	NRT_STAGE_RETURN,     /* NdisReturnNetBufferLists, down to the free buffer */
	NRT_STAGE_POLL,       /* the worker's loop, and what of a poll callback has no stage */
	NRT_STAGES,

	NRT_ROW_IDLE = NRT_STAGES, /* polls that found nothing, and sleep */
	NRT_ROW_REST,         /* of busy passes, what measured ones do not explain: interrupts,
			       * others on this processor, posted calls */
	NRT_ROW_MEASURING,    /* what the measuring itself took */
	NRT_ROWS
};

/** "PMD rx", ..., by row. */
NRT_API extern const char *const nrt_stage_names[NRT_ROWS];

struct nrt_profile_row {
	uint64_t cycles;
	uint64_t calls;
	uint64_t packets;
};

/** What the kernel's counters say of a worker's thread, user mode only, idle polls
 * included. */
struct nrt_perf {
	int error;            /* 0, or the errno that says why there are none */
	uint64_t instructions, cycles, l1d_misses, llc_misses;
	bool has_l1d, has_llc; /* this processor counts them */
};

/** Sums over measured passes. The cycles are as they were measured, each border's own
 * cost with them. */
struct nrt_profile_stage {
	uint64_t cycles, borders;
	uint64_t calls, packets;
};

/**
 * Counts of one worker since it started; the difference of two is a run's.
 *
 * A busy pass is one over the worker's poll objects in which at least one of them had
 * something. Of those a random sample is measured, and another one, the plain passes, is
 * timed as a whole: what measured passes take longer is what their borders cost.
 */
struct nrt_profile {
	uint64_t busy, idle;        /* cycles, all there were; sleep is idle */
	uint64_t busy_passes;
	uint64_t idle_polls;        /* poll callbacks that had nothing */
	uint64_t ticks_per_second;  /* no count: the rate of cycles */
	uint64_t cpu_ns;            /* for which the kernel let the worker's thread run */
	uint64_t border_ticks;      /* no count: what a border costs at most */
	uint64_t measured_passes;
	uint64_t measured_cycles;   /* exactly stage[], idle_polled and own_cycles together */
	struct nrt_profile_stage stage[NRT_STAGES];
	struct nrt_profile_stage idle_polled; /* polls that had nothing, in busy passes */
	uint64_t own_cycles;        /* keeping these counts */
	uint64_t plain_passes, plain_cycles;
	uint64_t interrupted_passes; /* so long that somebody else must have run; in neither */
	/* what was spent on measuring in all busy passes: cycles, and borders besides */
	uint64_t spent_cycles, spent_borders;
	struct nrt_perf perf;
};

/** Busy and idle cycles of worker @worker since it started. A worker is busy while its
 * passes over poll objects receive or complete something, or run ISRs or DPCs of interrupts.
 * 0 or -ENOENT. */
NRT_API int nrt_worker_cycles(unsigned int worker, uint64_t *busy, uint64_t *idle);

/** The counts of worker @worker. 0, or -ENOENT: no such worker, or no profile. */
NRT_API int nrt_profile_read(unsigned int worker, struct nrt_profile *out);

/** Make @profile, read later, the difference to @before. */
NRT_API void nrt_profile_since(struct nrt_profile *profile, const struct nrt_profile *before);

/**
 * The ledger of @profile. Busy cycles are known exactly; a stage gets what it takes in
 * an average measured pass, its borders apart, times the number of busy passes, and
 * NRT_ROW_REST what is left. Where that were less than nothing the stages are scaled down
 * to fit. So the rows add up to busy + idle but for rounding.
 *
 * Returns the part of the busy cycles, measuring apart, that the stages explained before
 * they were fitted: near 1 on a quiet processor. 0 when nothing was measured.
 */
NRT_API double nrt_profile_rows(const struct nrt_profile *profile,
				struct nrt_profile_row rows[NRT_ROWS]);

#ifdef __cplusplus
}
#endif
#endif
