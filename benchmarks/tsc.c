/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast the time stamp counter runs, in Hz, as a line on stdout. The
 * benchmarks turn frames per second into cycles per frame by it, and need it
 * where no EAL is up. Run once by bench.py, single-threaded.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <rte_cycles.h>

#define WINDOW_NS 100000000u

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(void)
{
	uint64_t begin_ns = now_ns(), begin = rte_rdtsc(), end_ns;

	do
		end_ns = now_ns();
	while (end_ns - begin_ns < WINDOW_NS);
	printf("%" PRIu64 "\n", (uint64_t)((double)(rte_rdtsc() - begin) * 1e9 /
					    (double)(end_ns - begin_ns)));
	return 0;
}
