/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time as drivers ask for it, between two readings of the system's own clocks.
 */
#include <time.h>

#include "contract.h"

TestSuite(clock, .init = contract_start, .fini = contract_end, .timeout = 60);

#define SECONDS_1601_TO_1970 11644473600ll

static LONGLONG units(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 10000000ll + t.tv_nsec / 100;
}

Test(clock, system_time_counts_100_ns_since_1601)
{
	LONGLONG before = units(CLOCK_REALTIME), after;
	LARGE_INTEGER now;

	NdisGetCurrentSystemTime(&now);
	after = units(CLOCK_REALTIME);
	cr_expect_geq(now.QuadPart, before + SECONDS_1601_TO_1970 * 10000000);
	cr_expect_leq(now.QuadPart, after + SECONDS_1601_TO_1970 * 10000000);
}

Test(clock, up_time_counts_milliseconds_at_any_irql)
{
	LONGLONG before = units(CLOCK_MONOTONIC) / 10000, after;
	LARGE_INTEGER up;
	ULONG low;
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisGetSystemUpTimeEx(&up);
	NdisGetSystemUpTime(&low);
	KeLowerIrql(old);
	after = units(CLOCK_MONOTONIC) / 10000;
	cr_expect_geq(up.QuadPart, before);
	cr_expect_leq(up.QuadPart, after);
	cr_expect_leq(low - (ULONG)up.QuadPart, (ULONG)(after - before));
}
