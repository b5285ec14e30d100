/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thousand pauses and restarts under traffic: two threads send, one makes the
 * device receive, the protocol holds what it gets, the miniport completes late
 * and in any order. At the end every NBL is accounted for, by both fakes and by
 * the runtime. Rules MP-PAU-03, -04, RT-14, -26, PR-RCV-01.
 */
#include <sched.h>
#include <stdatomic.h>

#include "contract.h"

#define CYCLES 1000

static struct stack s;
static _Atomic bool stop;

static int send_until_stopped(void *arg)
{
	struct fake_binding *b = arg;
	ULONG seq = 0;

	while (!atomic_load(&stop)) {
		NET_BUFFER_LIST *chain = fake_binding_make(b, broadcast_mac, 1 + seq % 4, seq);

		if (!fake_binding_try_send(b, chain, 0))
			fake_binding_unmake(b, chain);
		seq++;
		if (seq % 16 == 0)
			sched_yield();
	}
	return 0;
}

static int complete_until_stopped(void *arg)
{
	ULONG turn = 0;

	(void)arg;
	while (!atomic_load(&stop)) {
		fake_adapter_complete(&s.a, (enum fake_order)(turn % 3), 1 + turn % 5);
		turn++;
		sched_yield();
	}
	return 0;
}

static int receive_until_stopped(void *arg)
{
	ULONG turn = 0;

	(void)arg;
	while (!atomic_load(&stop)) {
		ULONG flags = turn % 5 == 0 ? NDIS_RECEIVE_FLAGS_RESOURCES : 0;

		if (s.a.poll_mode)
			fake_adapter_ready(&s.a, fake_mac, 1 + turn % 4, turn);
		else
			fake_adapter_indicate(&s.a, fake_mac, 1 + turn % 4, turn, flags);
		turn++;
		sched_yield();
	}
	return 0;
}

static int return_until_stopped(void *arg)
{
	struct fake_binding *b = arg;

	while (!atomic_load(&stop)) {
		fake_binding_return(b, fake_binding_take_held(b, 3), 0);
		sched_yield();
	}
	return 0;
}

static void check_books(struct fake_binding *b)
{
	struct nrt_ledger l = stack_ledger(&s);

	cr_expect_eq(b->sent, b->completed);
	cr_expect_eq(b->complete_errors, 0);
	cr_expect_eq(b->received, b->returned);
	cr_expect_eq(s.a.accepted, s.a.completed);
	cr_expect_eq(s.a.indicated, s.a.returned);
	cr_expect_eq(s.a.return_errors, 0);
	cr_expect_eq(s.a.rx_up, 0);
	cr_expect_eq(l.tx_submitted, b->sent);
	cr_expect_eq(l.tx_completed, b->completed);
	cr_expect_eq(l.tx_handed, s.a.accepted);
	cr_expect_eq(l.tx_returned, s.a.completed);
	cr_expect_eq(l.tx_rejected, CYCLES);
	cr_expect_eq(l.tx_rejected, l.tx_submitted - l.tx_handed);
	cr_expect_eq(l.rx_indicated - l.rx_indicated_res, s.a.indicated);
	cr_expect_eq(l.rx_returned, l.rx_indicated);
	cr_expect_eq(l.rx_delivered, b->received + b->received_resources);
	cr_expect_eq(l.rx_delivered + l.rx_drop_paused + l.rx_drop_filter, l.rx_indicated);
}

/* As many bindings as there are protocols hear everything; the first one sends. */
static void cycle_under_traffic(unsigned int cycles)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run threads[5];

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_NO_LOCAL;
	b->holds = TRUE;
	stack_up(&s);
	run_start(&threads[0], send_until_stopped, b);
	run_start(&threads[1], send_until_stopped, b);
	run_start(&threads[2], complete_until_stopped, NULL);
	run_start(&threads[3], receive_until_stopped, NULL);
	run_start(&threads[4], return_until_stopped, b);
	for (unsigned int i = 0; i < cycles; i++) {
		cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
		/* a late one, which the runtime itself completes (RT-26) */
		fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
		cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
		events_clear();
	}
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < 5; i++)
		run_end(&threads[i]);
	while (s.a.held != NULL) /* what came after the last turn */
		fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	check_books(b);
	stack_down(&s);
}

TestSuite(stress, .init = contract_start, .fini = contract_end, .timeout = 300);
TestSuite(stress_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 300);

Test(stress, MP_PAU_03_MP_PAU_04_a_thousand_cycles_lose_nothing)
{
	s.a.sends = FAKE_SENDS_HELD;
	cycle_under_traffic(CYCLES);
}

Test(stress_plain, MP_PAU_03_MP_PAU_04_a_thousand_cycles_without_the_verifier_lose_nothing)
{
	s.a.sends = FAKE_SENDS_HELD;
	cycle_under_traffic(CYCLES);
}

Test(stress_plain, PL_07_a_thousand_cycles_in_poll_mode_lose_nothing)
{
	s.m.major = 6;
	s.m.minor = 85;
	s.a.poll_mode = TRUE;
	s.a.sends = FAKE_SENDS_POLLED;
	cycle_under_traffic(CYCLES);
	cr_expect(!s.a.polls_overlapped);
}

/* ------------------------------------------------------------- bindings come and go */

static int filters_until_stopped(void *arg)
{
	struct fake_binding *b = arg;
	ULONG filter = NDIS_PACKET_TYPE_DIRECTED;

	while (!atomic_load(&stop)) {
		cr_expect_eq(fake_binding_filter(b, filter), NDIS_STATUS_SUCCESS);
		filter ^= NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_PROMISCUOUS |
			  NDIS_PACKET_TYPE_NO_LOCAL;
	}
	return 0;
}

Test(stress_plain, PR_UNB_02_a_protocol_that_comes_and_goes_disturbs_nobody)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run threads[4];
	struct nrt_ledger l;

	s.n_protocols = 1;
	b->packet_filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_NO_LOCAL;
	stack_up(&s);
	run_start(&threads[0], send_until_stopped, b);
	run_start(&threads[1], receive_until_stopped, NULL);
	run_start(&threads[2], receive_until_stopped, NULL);
	run_start(&threads[3], filters_until_stopped, b);
	for (unsigned int i = 0; i < 100; i++) {
		struct fake_binding *guest = &s.p[1].bindings[0];

		s.p[1].n_bindings = 0;
		guest->packet_filter = i % 2 != 0 ? NDIS_PACKET_TYPE_PROMISCUOUS :
						    NDIS_PACKET_TYPE_BROADCAST;
		cr_assert_eq(load_protocol(&s.p[1], &s.protocol[1]), 0);
		cr_assert_eq(unload_protocol(&s.p[1], s.protocol[1]), 0);
		events_clear();
	}
	s.protocol[1] = NULL;
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < 4; i++)
		run_end(&threads[i]);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	l = stack_ledger(&s);
	cr_expect_eq(b->sent, b->completed);
	cr_expect_eq(s.a.accepted, s.a.completed);
	cr_expect_eq(s.a.indicated, s.a.returned);
	cr_expect_eq(s.a.return_errors, 0);
	cr_expect_eq(l.rx_indicated, l.rx_returned);
	cr_expect_eq(l.tx_submitted, l.tx_completed);
	stack_down(&s);
}
