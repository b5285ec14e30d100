/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Busy and idle cycles: what is told of passes against what is read, first by hand,
 * then of a worker.
 */
#include "contract.h"

#include <errno.h>

#include <nrt/nrt_lower.h>

#include "cycles.h"

static void spin(uint64_t ticks)
{
	uint64_t begin = nrt_ticks();

	while (nrt_ticks() - begin < ticks)
		;
}

Test(cycles, busy_time_begins_where_the_last_idle_pass_ended)
{
	struct nrt_cycles c;
	uint64_t last;

	nrt_cycles_start(&c);
	nrt_cycles_pass(&c, false);
	last = c.last;
	spin(100000);
	nrt_cycles_pass(&c, true);
	cr_expect_eq(c.since, last);
	cr_expect(c.busy && c.counts_busy);
	cr_expect_eq(c.sum_busy, 0);
}

Test(cycles, a_pass_among_busy_ones_changes_nothing)
{
	struct nrt_cycles c, before;

	nrt_cycles_start(&c);
	nrt_cycles_pass(&c, true);
	before = c;
	nrt_cycles_pass(&c, true);
	cr_expect_eq(memcmp(&c, &before, sizeof(c)), 0);
}

Test(cycles, busy_time_ends_an_idle_pass_before_the_first_that_was_idle_ended)
{
	struct nrt_cycles c;
	uint64_t began;

	nrt_cycles_start(&c);
	for (unsigned int i = 0; i < 3; i++) {
		spin(5000);
		nrt_cycles_pass(&c, false);
	}
	cr_expect_geq(c.shortest_now, 5000);
	began = c.last;
	nrt_cycles_pass(&c, true);
	spin(10 * c.shortest_now);
	nrt_cycles_pass(&c, false);
	cr_expect_not(c.counts_busy);
	cr_expect_geq(c.shortest, 5000);
	cr_expect_eq(c.sum_busy, c.last - began - c.shortest);
	cr_expect_eq(c.since, c.last - c.shortest);
}

Test(cycles, busy_time_shorter_than_an_idle_pass_is_no_less_than_none)
{
	struct nrt_cycles c;

	nrt_cycles_start(&c);
	nrt_cycles_pass(&c, false);
	c.shortest_now = UINT64_MAX / 4;
	nrt_cycles_pass(&c, true);
	nrt_cycles_pass(&c, false);
	cr_expect_eq(c.sum_busy, 0);
	cr_expect_geq(c.sum_idle, 0);
	cr_expect_leq(c.sum_idle, nrt_ticks());
}

Test(cycles, an_idle_pass_that_was_interrupted_is_not_taken_for_the_shortest)
{
	struct nrt_cycles c;

	nrt_cycles_start(&c);
	c.shortest = 100;
	nrt_cycles_pass(&c, false);
	c.shortest_now = 1000000;
	nrt_cycles_pass(&c, true);
	nrt_cycles_pass(&c, false);
	cr_expect_eq(c.shortest, 200);
	c.shortest_now = 50;
	nrt_cycles_pass(&c, true);
	nrt_cycles_pass(&c, false);
	cr_expect_eq(c.shortest, 50);
}

Test(cycles, busy_and_idle_are_all_there_was)
{
	static const bool passes[] = { 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0 };
	struct nrt_cycles c;
	uint64_t begin, busy, idle, now;

	nrt_cycles_start(&c);
	begin = c.since;
	for (unsigned int i = 0; i < sizeof(passes); i++) {
		spin(1000);
		nrt_cycles_pass(&c, passes[i]);
		nrt_cycles_read(&c, &busy, &idle);
		now = nrt_ticks();
		cr_expect_leq(busy + idle, now - begin);
		cr_expect_geq(busy + idle, (i + 1) * 1000);
	}
	cr_expect_eq(c.sum_busy + c.sum_idle, c.since - begin);
}

/* ------------------------------------------------------------------ a worker's */

static struct stack s;

static void up(void)
{
	contract_start_plain();
	s.m.major = 6;
	s.m.minor = 85;
	s.a.poll_mode = TRUE;
	stack_binding(&s, 0)->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
}

TestSuite(cycles_worker, .init = up, .fini = contract_end, .timeout = 60);

static void receive_slowly(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)flags;
	spin(1000000);
	fake_binding_return(b, chain, NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
}

Test(cycles_worker, a_pass_with_frames_is_busy_as_long_as_it_takes)
{
	uint64_t busy[2], idle[2];

	stack_binding(&s, 0)->on_receive = receive_slowly;
	nrt_workers_quiesce();
	cr_assert_eq(nrt_worker_cycles(0, &busy[0], &idle[0]), 0);
	fake_adapter_ready(&s.a, fake_mac, 1, 0);
	event_wait("SetPollNotification", &s.a, 1);
	cr_assert_eq(nrt_worker_cycles(0, &busy[1], &idle[1]), 0);
	cr_expect_geq(busy[1], 1000000);
	cr_expect_geq(busy[1] + idle[1], busy[0] + idle[0] + 1000000);
	stack_down(&s);
}

Test(cycles_worker, a_worker_that_has_nothing_is_idle_asleep_or_not)
{
	uint64_t busy[2], idle[2];

	nrt_workers_quiesce();
	cr_assert_eq(nrt_worker_cycles(0, &busy[0], &idle[0]), 0);
	do
		cr_assert_eq(nrt_worker_cycles(0, &busy[1], &idle[1]), 0);
	while (idle[1] < idle[0] + 100000000); /* far longer than until it sleeps */
	stack_down(&s);
}

Test(cycles_worker, there_is_no_other_worker_and_no_profile)
{
	struct nrt_profile profile;
	uint64_t busy, idle;

	cr_expect_eq(nrt_worker_cycles(1, &busy, &idle), -ENOENT);
	cr_expect_eq(nrt_worker_cycles(NRT_MAX_WORKERS, &busy, &idle), -ENOENT);
	cr_expect_eq(nrt_profile_read(0, &profile), -ENOENT);
	stack_down(&s);
}
