/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resets that race with sends, requests, pauses, restarts and halts: every send and
 * request ends exactly once, every binding hears of both ends of each reset.
 * Rules MP-RST-02, -07, RT-18.
 */
#include <sched.h>
#include <stdatomic.h>

#include "contract.h"

#define CYCLES 200

TestSuite(reset_race, .init = contract_start, .fini = contract_end, .timeout = 300);
TestSuite(reset_race_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 300);

static struct stack s;
static _Atomic bool stop;
static _Atomic unsigned int asked, starts, ends;

/* ------------------------------------------------------------------------ threads */

static int ask_until_stopped(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		NdisMResetMiniport(s.a.handle);
		atomic_fetch_add(&asked, 1);
		sched_yield();
	}
	return 0;
}

static int send_until_stopped(void *arg)
{
	struct fake_binding *b = arg;
	ULONG seq = 0;

	while (!atomic_load(&stop)) {
		NET_BUFFER_LIST *chain = fake_binding_make(b, broadcast_mac, 1 + seq % 4, seq);

		if (!fake_binding_try_send(b, chain, 0))
			fake_binding_unmake(b, chain);
		seq++;
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

static int request_until_stopped(void *arg)
{
	struct fake_binding *b = arg;
	ULONG filter = NDIS_PACKET_TYPE_DIRECTED;

	while (!atomic_load(&stop)) {
		NDIS_STATUS status = fake_binding_may_ask(b) ? fake_binding_filter(b, filter) :
							       NDIS_STATUS_SUCCESS;

		cr_expect(status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_RESET_IN_PROGRESS,
			  "a filter ended with 0x%08X", (unsigned int)status);
		filter ^= NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;
		sched_yield();
	}
	return 0;
}

/* In MiniportResetEx: what was handed down comes back before the reset ends. */
static void await_sends(void *who)
{
	struct fake_adapter *a = who;
	BOOLEAN all;

	do {
		fake_adapter_complete_chain(a, fake_adapter_steal(a), NDIS_STATUS_REQUEST_ABORTED);
		NdisAcquireSpinLock(&a->lock);
		all = a->accepted == a->completed;
		NdisReleaseSpinLock(&a->lock);
		sched_yield();
	} while (!all && !atomic_load(&stop));
}

static void count_ends(struct fake_binding *b, NDIS_STATUS_INDICATION *status)
{
	(void)b;
	if (status->StatusCode == NDIS_STATUS_RESET_START)
		atomic_fetch_add(&starts, 1);
	if (status->StatusCode == NDIS_STATUS_RESET_END)
		atomic_fetch_add(&ends, 1);
}

/* ------------------------------------------------------------------------- cycles */

static void check_books(struct fake_binding *b)
{
	struct nrt_ledger l = stack_ledger(&s);

	cr_expect_eq(b->sent, b->completed);
	cr_expect_eq(b->complete_errors, 0);
	cr_expect_eq(s.a.accepted, s.a.completed);
	cr_expect_eq(l.tx_submitted, b->sent);
	cr_expect_eq(l.tx_completed, b->completed);
	cr_expect_eq(l.tx_handed, s.a.accepted);
	cr_expect_eq(l.tx_returned, s.a.completed);
	cr_expect_eq(l.tx_rejected, l.tx_submitted - l.tx_handed);
	cr_expect(!s.a.oids_overlapped);
}

static bool some_are_held(void)
{
	bool are;

	NdisAcquireSpinLock(&s.a.lock);
	are = s.a.held != NULL;
	NdisReleaseSpinLock(&s.a.lock);
	return are;
}

static void cycle_under_resets(enum fake_when when)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run threads[5];

	s.a.sends = FAKE_SENDS_HELD;
	s.a.reset.when = when;
	s.a.reset.hook = await_sends;
	s.a.addressing_reset = TRUE;
	b->on_status = count_ends;
	stack_up(&s);
	run_start(&threads[0], send_until_stopped, b);
	run_start(&threads[1], send_until_stopped, b);
	run_start(&threads[2], complete_until_stopped, NULL);
	run_start(&threads[3], request_until_stopped, b);
	run_start(&threads[4], ask_until_stopped, NULL);
	for (unsigned int i = 0; i < CYCLES; i++) {
		unsigned int before = atomic_load(&ends);

		cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
		cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
		while (atomic_load(&ends) == before) /* asked for all the time */
			sched_yield();
		events_clear();
	}
	/* the last resets are under way while the stack goes down */
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < 5; i++)
		run_end(&threads[i]);
	while (some_are_held())
		fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	check_books(b);
	stack_down(&s);
	cr_expect_eq(starts, ends);
	cr_expect_geq(ends, CYCLES);
	cr_expect_geq(asked, ends);
}

Test(reset_race, MP_RST_07_resets_beside_pauses_lose_nothing)
{
	cycle_under_resets(FAKE_NOW);
}

Test(reset_race, MP_RST_02_resets_completed_by_a_thread_beside_pauses_lose_nothing)
{
	cycle_under_resets(FAKE_THREAD);
}

Test(reset_race_plain, MP_RST_07_resets_beside_pauses_without_the_verifier_lose_nothing)
{
	cycle_under_resets(FAKE_TIMER);
}

/* Adapters that go while they are asked to reset. */
Test(reset_race, a_halt_and_a_reset_do_not_overlap)
{
	struct run thread;

	cr_assert_eq(load_protocol(&s.p[0], &s.protocol[0]), 0);
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.a.reset.when = FAKE_THREAD;
	for (unsigned int i = 0; i < CYCLES; i++) {
		s.p[0].n_bindings = 0;
		cr_assert_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter), 0);
		events_clear();
		NdisMResetMiniport(s.a.handle);
		if (i % 2 != 0)
			event_wait("NDIS_STATUS_RESET_START", NULL, 1);
		run_start(&thread, run_remove, &s);
		cr_assert_eq(run_end(&thread), 0);
		cr_expect_eq(event_count("MiniportResetEx", &s.a),
			     event_count("NdisMResetComplete", &s.a));
		cr_expect_lt(event_place("NdisMResetComplete", &s.a),
			     event_place("MiniportHaltEx", &s.a));
	}
	s.adapter = NULL;
	stack_down(&s);
}
