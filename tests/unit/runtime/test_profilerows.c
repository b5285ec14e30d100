/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger's arithmetic on made-up counts: what is scaled by what, and that the rows
 * are the total whatever was measured.
 */
#include <criterion/criterion.h>

#include <nrt/nrt_profile.h>

/* 10 passes of 1000 cycles measured and 10 timed, of 100 that there were. Each measured
 * one has 10 borders of 20 cycles. */
static struct nrt_profile sample(void)
{
	struct nrt_profile p = {
		.busy = 90000,
		.idle = 7000,
		.busy_passes = 100,
		.idle_polls = 55,
		.border_ticks = 25,
		.measured_passes = 10,
		.measured_cycles = 10000,
		.plain_passes = 10,
		.plain_cycles = 7500,
		.own_cycles = 500,
		.spent_cycles = 600,
		.spent_borders = 110,
	};

	p.stage[NRT_STAGE_RX] = (struct nrt_profile_stage){ 6000, 60, 20, 640 };
	p.stage[NRT_STAGE_TX] = (struct nrt_profile_stage){ 3000, 20, 10, 320 };
	p.idle_polled = (struct nrt_profile_stage){ 500, 20, 0, 0 };
	return p;
}

static uint64_t all(const struct nrt_profile_row rows[NRT_ROWS])
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < NRT_ROWS; i++)
		sum += rows[i].cycles;
	return sum;
}

Test(profilerows, stages_are_the_average_pass_without_borders_times_the_passes)
{
	struct nrt_profile p = sample();
	struct nrt_profile_row rows[NRT_ROWS];
	double explained = nrt_profile_rows(&p, rows);

	/* (10000 - 500 - 7500) / 100 borders: 20 each */
	cr_expect_eq(rows[NRT_STAGE_RX].cycles, (6000 - 60 * 20) * 10);
	cr_expect_eq(rows[NRT_STAGE_TX].cycles, (3000 - 20 * 20) * 10);
	cr_expect_eq(rows[NRT_STAGE_RX].calls, 200);
	cr_expect_eq(rows[NRT_STAGE_RX].packets, 6400);
	cr_expect_eq(rows[NRT_STAGE_SEND].cycles, 0);
	cr_expect_eq(rows[NRT_ROW_IDLE].cycles, (500 - 20 * 20) * 10 + 7000);
	cr_expect_eq(rows[NRT_ROW_IDLE].calls, 55);
	cr_expect_eq(rows[NRT_ROW_MEASURING].cycles, 600 + 110 * 20);
	cr_expect_eq(rows[NRT_ROW_REST].cycles, 90000 - 75000 - 2800);
	cr_expect_eq(all(rows), p.busy + p.idle);
	cr_expect_float_eq(explained, 75000.0 / (90000 - 2800), 1e-9);
}

Test(profilerows, stages_that_are_too_long_are_scaled_down_to_fit)
{
	struct nrt_profile p = sample();
	struct nrt_profile_row rows[NRT_ROWS];

	p.busy = 60000;
	cr_expect_gt(nrt_profile_rows(&p, rows), 1.3);
	cr_expect_eq(rows[NRT_STAGE_RX].cycles, (uint64_t)(48000 * 57200.0 / 75000 + 0.5));
	cr_expect_eq(rows[NRT_ROW_REST].cycles, 0);
	cr_expect_leq(all(rows), p.busy + p.idle + NRT_ROWS);
	cr_expect_geq(all(rows), p.busy + p.idle - NRT_ROWS);
}

Test(profilerows, a_border_costs_no_more_than_in_a_row_of_them)
{
	struct nrt_profile p = sample();
	struct nrt_profile_row rows[NRT_ROWS];

	p.plain_cycles = 1000;
	nrt_profile_rows(&p, rows);
	cr_expect_eq(rows[NRT_STAGE_TX].cycles, (3000 - 20 * 25) * 10);
	p.plain_passes = p.plain_cycles = 0;
	nrt_profile_rows(&p, rows);
	cr_expect_eq(rows[NRT_STAGE_TX].cycles, (3000 - 20 * 25) * 10);
}

Test(profilerows, a_border_costs_no_less_than_nothing)
{
	struct nrt_profile p = sample();
	struct nrt_profile_row rows[NRT_ROWS];

	p.plain_cycles = 20000;
	nrt_profile_rows(&p, rows);
	cr_expect_eq(rows[NRT_ROW_MEASURING].cycles, 600);
	cr_expect_eq(all(rows), p.busy + p.idle);
}

Test(profilerows, a_stage_shorter_than_its_borders_is_empty)
{
	struct nrt_profile p = sample();
	struct nrt_profile_row rows[NRT_ROWS];

	p.stage[NRT_STAGE_TX].borders = 2000;
	p.plain_passes = p.plain_cycles = 0;
	nrt_profile_rows(&p, rows);
	cr_expect_eq(rows[NRT_STAGE_TX].cycles, 0);
	cr_expect_eq(all(rows), p.busy + p.idle);
}

Test(profilerows, what_was_not_measured_is_rest)
{
	struct nrt_profile p = { .busy = 1000, .idle = 300, .busy_passes = 3, .border_ticks = 20 };
	struct nrt_profile_row rows[NRT_ROWS];

	cr_expect_eq(nrt_profile_rows(&p, rows), 0);
	cr_expect_eq(rows[NRT_ROW_REST].cycles, 1000);
	cr_expect_eq(rows[NRT_ROW_IDLE].cycles, 300);
	cr_expect_eq(all(rows), 1300);
}

Test(profilerows, more_measuring_than_busy_cycles_is_cut_off)
{
	struct nrt_profile p = sample();
	struct nrt_profile_row rows[NRT_ROWS];

	p.busy = 2000; /* read while the worker was in its first busy pass, say */
	cr_expect_eq(nrt_profile_rows(&p, rows), 0);
	cr_expect_eq(all(rows), p.busy + p.idle);
}

Test(profilerows, a_difference_is_taken_count_by_count_and_never_below_nothing)
{
	struct nrt_profile p = sample(), before = sample();

	before.busy = 80000;
	before.idle = 7001; /* it may go back by a pass */
	before.stage[NRT_STAGE_RX] = (struct nrt_profile_stage){ 1, 2, 3, 4 };
	nrt_profile_since(&p, &before);
	cr_expect_eq(p.busy, 10000);
	cr_expect_eq(p.idle, 0);
	cr_expect_eq(p.measured_cycles, 0);
	cr_expect_eq(p.stage[NRT_STAGE_RX].cycles, 5999);
	cr_expect_eq(p.stage[NRT_STAGE_RX].packets, 636);
	cr_expect_eq(p.border_ticks, 25, "what is no count stays");
}
