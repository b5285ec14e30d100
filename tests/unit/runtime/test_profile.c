/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measured passes: every cycle of them is in a row, stages nest, each entry of the
 * runtime has its stage, and nobody but the worker is measured.
 */
#include "contract.h"

#include <nrt/nrt_lower.h>

#include "profile.h"

static void spin(uint64_t ticks)
{
	uint64_t begin = nrt_ticks();

	while (nrt_ticks() - begin < ticks)
		;
}

/* -------------------------------------------------------------------- the meter */

Test(meter, a_nested_stage_takes_its_time_out_of_the_outer_one)
{
	struct nrt_meter m = { .stage = NRT_STAGE_POLL, .last = nrt_ticks() };
	uint64_t begin = m.last, sum = 0;
	uint32_t outer = nrt_stage_begin(&m, NRT_STAGE_PROTOCOL);
	uint32_t inner = nrt_stage_begin(&m, NRT_STAGE_SEND);

	spin(1000000);
	nrt_stage_end(&m, inner, 5);
	cr_expect_eq(m.stage, NRT_STAGE_PROTOCOL);
	nrt_stage_end(&m, outer, 7);
	cr_expect_eq(m.stage, NRT_STAGE_POLL);
	for (unsigned int i = 0; i <= NRT_METER_OWN; i++)
		sum += m.row[i].ticks;
	cr_expect_eq(sum, m.last - begin);
	cr_expect_geq(m.row[NRT_STAGE_SEND].ticks, 1000000);
	cr_expect_leq(m.row[NRT_STAGE_PROTOCOL].ticks, m.last - begin - 1000000);
	cr_expect_eq(m.row[NRT_STAGE_SEND].packets, 5);
	cr_expect_eq(m.row[NRT_STAGE_PROTOCOL].packets, 7);
	cr_expect_eq(m.row[NRT_STAGE_SEND].calls, 1);
	cr_expect_eq(m.row[NRT_STAGE_PROTOCOL].borders, 2);
}

Test(meter, a_stage_in_itself_goes_back_to_itself)
{
	struct nrt_meter m = { .stage = NRT_STAGE_POLL, .last = nrt_ticks() };
	uint32_t outer = nrt_stage_begin(&m, NRT_STAGE_SEND);
	uint32_t inner = nrt_stage_begin(&m, NRT_STAGE_SEND);

	nrt_stage_end(&m, inner, 1);
	cr_expect_eq(m.stage, NRT_STAGE_SEND);
	nrt_stage_end(&m, outer, 2);
	cr_expect_eq(m.stage, NRT_STAGE_POLL);
	cr_expect_eq(m.row[NRT_STAGE_SEND].calls, 2);
	cr_expect_eq(m.row[NRT_STAGE_SEND].packets, 3);
}

Test(meter, without_one_nothing_happens)
{
	uint32_t outer = nrt_stage_begin(NULL, NRT_STAGE_SEND);

	nrt_stage_end(NULL, outer, 1);
	cr_expect_null(nrt_meter);
}

Test(meter, to_count_a_chain_belongs_to_no_stage)
{
	struct nrt_meter m = { .stage = NRT_STAGE_PROTOCOL, .last = nrt_ticks() };
	NET_BUFFER_LIST nbl[3] = { 0 };
	NET_BUFFER nb[4] = { 0 };
	uint32_t outer;
	ULONG n;

	for (unsigned int i = 0; i < 3; i++)
		NET_BUFFER_LIST_FIRST_NB(&nbl[i]) = &nb[i];
	NET_BUFFER_NEXT_NB(&nb[1]) = &nb[3];
	NET_BUFFER_LIST_NEXT_NBL(&nbl[0]) = &nbl[1];
	NET_BUFFER_LIST_NEXT_NBL(&nbl[1]) = &nbl[2];
	outer = nrt_stage_begin_chain(&m, NRT_STAGE_SEND, nbl, &n);
	cr_expect_eq(n, 4, "frames");
	cr_expect_eq(outer, NRT_STAGE_PROTOCOL);
	cr_expect_eq(m.stage, NRT_STAGE_SEND);
	cr_expect_eq(m.row[NRT_METER_OWN].borders, 1);
	cr_expect_eq(m.row[NRT_STAGE_SEND].borders, 0);
}

/* ------------------------------------------------------------------- the runtime */

static struct stack s;

TestSuite(profile, .fini = contract_end, .timeout = 60);

static struct fake_binding *up(unsigned int every)
{
	struct fake_binding *b = stack_binding(&s, 0);

	contract_start_profiled(every);
	s.m.major = 6;
	s.m.minor = 85;
	s.a.poll_mode = TRUE;
	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	return b;
}

/* Have @n frames received in one chain, wait until all is quiet again for the @nth time,
 * and until the worker has summed up. */
static void receive(ULONG n, unsigned int nth)
{
	cr_assert_eq(fake_adapter_ready(&s.a, fake_mac, n, 0), n);
	event_wait("SetPollNotification", &s.a, nth);
	nrt_workers_quiesce();
}

static struct nrt_profile read_profile(void)
{
	struct nrt_profile p;

	cr_assert_eq(nrt_profile_read(0, &p), 0);
	return p;
}

static uint64_t all_cycles(const struct nrt_profile *p)
{
	uint64_t sum = p->idle_polled.cycles + p->own_cycles;

	for (unsigned int i = 0; i < NRT_STAGES; i++)
		sum += p->stage[i].cycles;
	return sum;
}

Test(profile, every_cycle_of_measured_passes_is_in_a_row)
{
	struct nrt_profile p;

	up(1);
	for (unsigned int i = 1; i <= 20; i++)
		receive(i, i);
	p = read_profile();
	cr_expect_geq(p.measured_passes, 20);
	cr_expect_eq(p.measured_passes, p.busy_passes, "all of them are");
	cr_expect_eq(all_cycles(&p), p.measured_cycles);
	cr_expect_leq(p.measured_cycles, p.busy);
	cr_expect_gt(p.idle_polls, 0);
	stack_down(&s);
}

Test(profile, the_rows_add_up_to_busy_and_idle_cycles)
{
	struct nrt_profile_row rows[NRT_ROWS];
	struct nrt_profile p;
	uint64_t sum = 0;

	up(1);
	for (unsigned int i = 1; i <= 20; i++)
		receive(i, i);
	p = read_profile();
	nrt_profile_rows(&p, rows);
	for (unsigned int i = 0; i < NRT_ROWS; i++)
		sum += rows[i].cycles;
	cr_expect_leq(sum, (p.busy + p.idle) / 100 * 101);
	cr_expect_geq(sum, (p.busy + p.idle) / 100 * 99);
	stack_down(&s);
}

Test(profile, received_frames_are_counted_in_each_stage_they_come_by)
{
	struct nrt_profile p;

	up(1);
	receive(7, 1);
	p = read_profile();
	cr_expect_eq(p.stage[NRT_STAGE_INDICATE].packets, 7);
	cr_expect_eq(p.stage[NRT_STAGE_PROTOCOL].packets, 7);
	cr_expect_eq(p.stage[NRT_STAGE_RETURN].packets, 7);
	cr_expect_eq(p.stage[NRT_STAGE_PROTOCOL].calls, p.stage[NRT_STAGE_INDICATE].calls);
	cr_expect_eq(p.stage[NRT_STAGE_SEND].calls, 0);
	cr_expect_eq(p.stage[NRT_STAGE_POLL].calls, p.busy_passes, "there is one poll object");
	stack_down(&s);
}

static void receive_slowly(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)flags;
	spin(1000000);
	fake_binding_return(b, chain, NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
}

Test(profile, the_time_in_a_receive_handler_is_the_protocols)
{
	struct nrt_profile p;

	up(1)->on_receive = receive_slowly;
	receive(1, 1);
	p = read_profile();
	cr_expect_geq(p.stage[NRT_STAGE_PROTOCOL].cycles, 1000000);
	cr_expect_leq(p.stage[NRT_STAGE_INDICATE].cycles, p.measured_cycles - 1000000);
	stack_down(&s);
}

static bool measured, stage_came_back;

/* Sends three frames for those received, which the miniport completes inside the call. */
static void answer(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)flags;
	measured = nrt_meter != NULL;
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 3, 0),
			  NDIS_SEND_FLAGS_DISPATCH_LEVEL);
	stage_came_back = measured && nrt_meter->stage == NRT_STAGE_PROTOCOL;
	fake_binding_return(b, chain, NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
	stage_came_back = stage_came_back && nrt_meter->stage == NRT_STAGE_PROTOCOL;
}

Test(profile, a_protocol_that_sends_while_it_receives_is_back_in_its_stage)
{
	struct nrt_profile p;

	up(1)->on_receive = answer;
	receive(1, 1);
	p = read_profile();
	cr_expect(measured);
	cr_expect(stage_came_back);
	cr_expect_eq(p.stage[NRT_STAGE_PROTOCOL].packets, 1);
	cr_expect_eq(p.stage[NRT_STAGE_SEND].packets, 3);
	cr_expect_eq(p.stage[NRT_STAGE_COMPLETION].packets, 3);
	cr_expect_eq(p.stage[NRT_STAGE_RETURN].packets, 1);
	cr_expect_eq(all_cycles(&p), p.measured_cycles);
	stack_down(&s);
}

Test(profile, other_threads_are_not_measured_and_do_not_disturb)
{
	struct fake_binding *b = up(1);
	struct nrt_profile p;

	cr_expect_null(nrt_meter);
	for (ULONG i = 0; i < 50; i++)
		fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, i), 0);
	cr_expect_eq(fake_adapter_indicate(&s.a, fake_mac, 4, 0, 0), 4);
	receive(5, 1);
	p = read_profile();
	cr_expect_eq(p.stage[NRT_STAGE_SEND].calls, 0);
	cr_expect_eq(p.stage[NRT_STAGE_COMPLETION].calls, 0);
	cr_expect_eq(p.stage[NRT_STAGE_INDICATE].packets, 5);
	cr_expect_eq(p.stage[NRT_STAGE_RETURN].packets, 5);
	cr_expect_eq(all_cycles(&p), p.measured_cycles);
	cr_expect_null(nrt_meter);
	stack_down(&s);
}

static bool measured_once;

static void note_meter(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)flags;
	measured_once = measured_once || nrt_meter != NULL;
	fake_binding_return(b, chain, NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
}

Test(profile, without_a_profile_no_pass_is_measured)
{
	up(0)->on_receive = note_meter;
	for (unsigned int i = 1; i <= 50; i++)
		receive(1, i);
	cr_expect_not(measured_once);
	stack_down(&s);
}

#define PASSES 3000

/* One frame in each pass. */
static void indicate_always(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	if (a->polls > PASSES)
		return;
	data->Receive.IndicatedNblChain = fake_adapter_take(a, fake_mac, 0);
	data->Receive.NumberOfIndicatedNbls = 1;
}

Test(profile, a_sample_of_the_passes_is_measured_and_another_one_timed)
{
	struct nrt_profile_row rows[NRT_ROWS];
	struct nrt_profile p;
	uint64_t looked_at;

	s.a.on_poll = indicate_always;
	up(4)->on_receive = note_meter;
	NdisRequestPoll(s.a.poll, NULL);
	event_wait("SetPollNotification", &s.a, 1);
	nrt_workers_quiesce();
	p = read_profile();
	looked_at = p.measured_passes + p.plain_passes + p.interrupted_passes;
	cr_expect(measured_once);
	cr_expect_eq(p.busy_passes, PASSES);
	cr_expect_gt(p.measured_passes, 0);
	cr_expect_gt(p.plain_passes, 0);
	cr_expect_gt(looked_at, PASSES / 8, "about half of the passes are looked at");
	cr_expect_lt(looked_at, PASSES / 4 * 3);
	cr_expect_eq(p.stage[NRT_STAGE_INDICATE].packets, p.measured_passes);
	cr_expect_eq(all_cycles(&p), p.measured_cycles);
	nrt_profile_rows(&p, rows);
	cr_expect_eq(rows[NRT_STAGE_INDICATE].packets, PASSES);
	cr_expect_eq(rows[NRT_STAGE_RETURN].calls, PASSES);
	stack_down(&s);
}

/* One frame in each pass, and every hundredth takes as long as a thread in between would. */
static void indicate_interrupted(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	indicate_always(a, data);
	if (a->polls % 100 == 99)
		spin(10000000);
}

Test(profile, a_pass_that_was_interrupted_is_not_taken_for_a_sample)
{
	struct nrt_profile p;

	s.a.on_poll = indicate_interrupted;
	up(4);
	NdisRequestPoll(s.a.poll, NULL);
	event_wait("SetPollNotification", &s.a, 1);
	nrt_workers_quiesce();
	p = read_profile();
	cr_expect_gt(p.interrupted_passes, 0);
	cr_expect_gt(p.measured_passes, 0);
	cr_expect_eq(p.stage[NRT_STAGE_INDICATE].packets, p.measured_passes);
	cr_expect_lt(p.spent_cycles, 10000000, "what interrupts is no cost of the profile");
	stack_down(&s);
}

static volatile LONG idling;

/* Nothing, again and again, and it takes its time. */
static void find_nothing(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	(void)data;
	spin(20000);
	if (idling)
		NdisRequestPoll(a->poll, NULL);
}

Test(profile, a_poll_that_finds_nothing_is_idle_also_in_a_busy_pass)
{
	static struct fake_adapter other;
	struct nrt_adapter *second;
	struct nrt_profile p;

	up(1);
	other.poll_mode = TRUE;
	other.on_poll = find_nothing;
	cr_assert_eq(add_adapter(&s.m, &other, s.miniport, "nic1", &second), 0);
	InterlockedExchange(&idling, TRUE);
	NdisRequestPoll(other.poll, NULL);
	for (unsigned int i = 1; i <= 5; i++)
		receive(3, i);
	InterlockedExchange(&idling, FALSE);
	event_wait("SetPollNotification", &other, 1);
	nrt_workers_quiesce();
	p = read_profile();
	cr_expect_geq(p.measured_passes, 5);
	cr_expect_geq(p.idle_polled.cycles, 4 * 20000, "it was requested before the frames came");
	cr_expect_eq(p.stage[NRT_STAGE_POLL].calls, p.measured_passes);
	cr_expect_eq(all_cycles(&p), p.measured_cycles);
	cr_expect_eq(nrt_adapter_remove(second), 0);
	stack_down(&s);
}

/* A worker idles some ten thousand passes before its ports are up. */
Test(profiler, traffic_after_a_long_idle_time_is_measured_soon)
{
	static struct nrt_profiler p;
	struct nrt_profile read;

	nrt_profiler_start(&p, 512);
	for (unsigned int pass = 0; pass < 100000; pass++) {
		bool busy = pass >= 99000;

		if (!nrt_profiler_due(&p))
			continue;
		nrt_profiler_begin(&p);
		nrt_profiler_end(&p, busy);
	}
	nrt_profiler_read(&p, &read);
	nrt_profiler_stop(&p);
	cr_expect_gt(read.measured_passes + read.interrupted_passes, 10,
		     "of the first 1000 busy passes");
}
