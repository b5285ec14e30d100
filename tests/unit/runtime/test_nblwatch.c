/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long drivers may keep NBLs, by a clock that the tests move. Rules MP-SND-12, MP-PNP-01,
 * FL-RCV-05.
 */
#include "filters.h"

#include "ndis/nblwatch.h"

TestSuite(nblwatch, .init = contract_start, .fini = contract_end, .timeout = 60);

#define S 1000000000ull
#define T0 (1000000 * S)

static struct stack s;
static struct filters fs;
static bool looks_by_itself;

static struct fake_binding *up(unsigned int n)
{
	struct fake_binding *b = stack_binding(&s, 0);

	if (!looks_by_itself)
		nrt_nbl_watch_stop(); /* whose clock is the host's */
	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	s.a.sends = FAKE_SENDS_HELD;
	fs.n = n;
	if (n != 0)
		filters_up(&fs, &s);
	else
		stack_up(&s);
	return b;
}

static void down(void)
{
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

static void send(struct fake_binding *b, ULONG n, ULONG seq)
{
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, n, seq), 0);
}

/* A look each second from @from to @to. */
static void pass(unsigned int from, unsigned int to)
{
	for (unsigned int at = from; at <= to; at++)
		nrt_nbl_watch_scan(T0 + at * S);
}

Test(nblwatch, MP_SND_12_a_miniport_that_completes_nothing_for_22_s_is_reported_once)
{
	struct fake_binding *b = up(0);

	send(b, 2, 0);
	pass(0, 21);
	cr_expect(no_violations());
	pass(22, 29);
	cr_expect(violations_are("MP-SND-12", NULL));
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	pass(30, 60);
	down();
}

/* One of two queues goes on. */
Test(nblwatch, MP_SND_12_a_send_of_30_s_is_reported_though_others_are_completed)
{
	struct fake_binding *b = up(0);
	NET_BUFFER_LIST *stuck;

	send(b, 1, 0);
	stuck = fake_adapter_steal(&s.a);
	for (unsigned int at = 0; at < 30; at++) {
		send(b, 1, at + 1);
		fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
		nrt_nbl_watch_scan(T0 + at * S);
	}
	cr_expect(no_violations());
	send(b, 1, 100);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	pass(30, 35);
	cr_expect(violations_are("MP-SND-12", NULL));
	fake_adapter_complete_chain(&s.a, stuck, NDIS_STATUS_SUCCESS);
	down();
}

/* Its protocol waits for the send: the stack does not come down for it. */
Test(nblwatch, MP_PNP_01_a_miniport_whose_device_is_gone_and_that_keeps_a_send_is_reported)
{
	struct fake_binding *b = up(0);

	s.a.ignores_removal = TRUE;
	send(b, 1, 0);
	nrt_adapter_gone(s.adapter);
	event_wait("NetEventPause", b, 1);
	pass(0, 29);
	cr_expect(violations_are("MP-SND-12", NULL));
	pass(30, 60);
	cr_expect(violations_are("MP-SND-12", "MP-PNP-01", NULL));
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	down();
}

Test(nblwatch, a_miniport_without_sends_may_be_idle)
{
	struct fake_binding *b = up(0);

	send(b, 1, 0);
	pass(0, 20);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	pass(21, 60);
	send(b, 1, 1);
	pass(61, 82);
	cr_expect(no_violations());
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	down();
}

Test(nblwatch, FL_RCV_05_a_filter_that_keeps_sends_and_frames_for_30_s_is_reported)
{
	struct fake_binding *b = up(2);

	module_of(&fs, 1)->holds_sends = TRUE;
	module_of(&fs, 0)->holds_receives = TRUE;
	send(b, 1, 0);
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	pass(0, 29);
	cr_expect(no_violations(), "and the miniport, which has none, does not hang");
	pass(30, 33);
	cr_expect(violations_are("FL-RCV-05", "FL-RCV-05", NULL));
	s.a.sends = FAKE_SENDS_INSIDE;
	fake_module_release_sends(module_of(&fs, 1));
	fake_module_release_receives(module_of(&fs, 0));
	cr_expect_eq(b->completed, 1);
	cr_expect_eq(b->received, 1);
	down();
}

Test(nblwatch, each_drivers_time_begins_when_it_gets_the_NBL)
{
	struct fake_binding *b = up(1);

	module_of(&fs, 0)->holds_sends = TRUE;
	send(b, 1, 0);
	pass(0, 20);
	fake_module_release_sends(module_of(&fs, 0));
	pass(21, 42);
	cr_expect(no_violations());
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	down();
}

Test(nblwatch, a_protocol_keeps_frames_as_long_as_it_likes)
{
	struct fake_binding *b = up(0);

	b->holds = TRUE;
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	pass(0, 100);
	cr_expect(no_violations());
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	down();
}

Test(nblwatch, MP_SND_12_the_runtime_looks_by_itself)
{
	struct fake_binding *b;

	looks_by_itself = true;
	b = up(0);
	nrt_nbl_watch_set_limits(1, 1000000);
	send(b, 1, 0);
	violation_wait("MP-SND-12");
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect(violations_are("MP-SND-12", NULL));
	down();
}
