/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clocks: the monotonic one in nanoseconds, on which timers and waits run, and
 * conversions from the 100 ns units of the documents. Any thread.
 */
#ifndef NRT_KE_CLOCK_H
#define NRT_KE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include <ntdef.h>

#define NRT_NS_PER_MS UINT64_C(1000000)
#define NRT_NS_PER_S UINT64_C(1000000000)

uint64_t nrt_clock_now(void);

/* 100 ns since 1601-01-01 UTC. */
int64_t nrt_clock_system(void);

/* When a time-out is over: negative is relative, else absolute system time. */
uint64_t nrt_clock_deadline(LARGE_INTEGER due);

static inline struct timespec nrt_clock_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NRT_NS_PER_S),
				  .tv_nsec = (long)(ns % NRT_NS_PER_S) };
}

#endif
