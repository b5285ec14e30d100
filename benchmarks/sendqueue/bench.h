/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One measured run of a queue: threads that push chains, one that takes them and gives
 * the NBLs back to who pushed them. main.c says how and prints what came out.
 */
#ifndef SENDQUEUE_BENCH_H
#define SENDQUEUE_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "candidate.h"

#define MAX_PRODUCERS 64
#define MAX_BURST 64

struct bench_plan {
	const struct candidate *candidate;
	unsigned int producers, burst;
	double warm_up, seconds;
	int producer_cpu, consumer_cpu; /* -1: where the system puts them */
	unsigned int pass;              /* cycles of other work before each look of the consumer */
	bool shuffled;                  /* NBLs go round in another order than in memory */
	bool latency;                   /* time each NBL from push to take */
};

struct bench_result {
	uint64_t nbls, takes;
	double seconds, cycles;         /* of the measured time */
	double cpu_share;               /* of the thread that got least of its processor */
	double consumer_share;
	uint64_t p50, p99, p999, worst; /* cycles, from push to take; 0 without latency */
};

/* Run @plan. 0, or a negative errno. */
int bench_run(const struct bench_plan *plan, struct bench_result *result);

#endif
