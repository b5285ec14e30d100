/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The processor's counters: what is made of the kernel's answers, whether this machine
 * has counters or not.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <unistd.h>

#include "perf.h"

/* A descriptor that answers one read as a counter does. */
static int answer(uint64_t count, uint64_t enabled, uint64_t running)
{
	const uint64_t values[3] = { count, enabled, running };
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], values, sizeof(values)), (ssize_t)sizeof(values));
	close(ends[1]);
	return ends[0];
}

Test(perf, a_counter_that_ran_half_the_time_counts_twice)
{
	struct nrt_perf_files files = { .fd = { answer(1000, 60, 60), answer(500, 60, 30),
						answer(7, 60, 20), answer(0, 60, 0) } };
	struct nrt_perf perf;

	nrt_perf_read(&files, &perf);
	cr_expect_eq(perf.error, 0);
	cr_expect_eq(perf.instructions, 1000);
	cr_expect_eq(perf.cycles, 1000);
	cr_expect_eq(perf.l1d_misses, 21);
	cr_expect_eq(perf.llc_misses, 0);
	cr_expect(perf.has_l1d);
	nrt_perf_close(&files);
}

Test(perf, a_counter_that_is_not_to_be_had_is_said_to_be_missing)
{
	struct nrt_perf_files files = { .fd = { answer(1, 1, 1), answer(2, 1, 1), -1,
						answer(3, 1, 1) } };
	struct nrt_perf perf;

	nrt_perf_read(&files, &perf);
	cr_expect_not(perf.has_l1d);
	cr_expect(perf.has_llc);
	cr_expect_eq(perf.llc_misses, 3);
	nrt_perf_close(&files);
}

Test(perf, after_the_end_nothing_is_read_from_descriptors_that_are_others_by_then)
{
	struct nrt_perf_files files = { .fd = { answer(1, 1, 1), answer(2, 1, 1), -1, -1 } };
	struct nrt_perf perf;

	nrt_perf_close(&files);
	answer(99, 1, 1); /* takes the first number */
	nrt_perf_read(&files, &perf);
	cr_expect_eq(perf.error, ESRCH);
	cr_expect_eq(perf.instructions, 0);
}

Test(perf, this_machine_counts_instructions_or_the_kernel_says_why_not)
{
	struct nrt_perf_files files;
	struct nrt_perf perf;

	nrt_perf_open(&files);
	nrt_perf_read(&files, &perf);
	if (perf.error == 0) {
		cr_expect_gt(perf.instructions, 0);
	} else {
		cr_expect_gt(perf.error, 0);
		cr_expect_eq(perf.instructions, 0);
	}
	nrt_perf_close(&files);
}
