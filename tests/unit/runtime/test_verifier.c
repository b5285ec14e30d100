/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three broken miniports (one completes a send twice, one loses a send, one
 * drops a frame its device received) and one protocol that loses a received
 * NBL: what the verifier reports of each, and what the ledger shows without it.
 */
#include "contract.h"

static struct stack s;

/* The device's own count of frames, which a miniport's losses do not change. */
static ULONG device_frames;

static void one_lost_send(struct fake_binding *b)
{
	NET_BUFFER_LIST *chain;

	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 3, 0), 0);
	chain = fake_adapter_steal(&s.a);
	fake_adapter_complete_chain(&s.a, NET_BUFFER_LIST_NEXT_NBL(chain), NDIS_STATUS_SUCCESS);
	NET_BUFFER_LIST_NEXT_NBL(chain) = NULL;
	fake_binding_unmake(b, chain); /* the test's, so that its pool can be freed */
}

static void broken_stack(void)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	s.a.own_pause = TRUE;
	b->own_pause = TRUE;
	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
}

/* The device gets @n frames and the miniport indicates all but one. */
static void drop_one(ULONG n)
{
	device_frames += n;
	cr_assert_eq(fake_adapter_indicate(&s.a, fake_mac, n - 1, 0, 0), n - 1);
}

/* ------------------------------------------------------------------- by the verifier */

TestSuite(verifier, .init = contract_start, .fini = contract_end, .timeout = 60);

Test(verifier, MP_SND_02_a_double_completion_is_reported_when_it_happens)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl;

	broken_stack();
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	nbl = fake_adapter_steal(&s.a);
	fake_adapter_complete_chain(&s.a, nbl, NDIS_STATUS_SUCCESS);
	cr_expect(no_violations());
	NdisMSendNetBufferListsComplete(s.a.handle, nbl, 0);
	cr_expect(violations_are("MP-SND-02", NULL));
	cr_expect_eq(b->complete_errors, 0, "the protocol never saw it");
	cr_expect_eq(stack_ledger(&s).tx_returned, 1, "nor did the ledger");
	stack_down(&s);
}

Test(verifier, MP_SND_01_a_lost_send_is_reported_at_the_pause_and_at_the_halt)
{
	struct fake_binding *b = stack_binding(&s, 0);

	broken_stack();
	one_lost_send(b);
	cr_expect(no_violations());
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("PR-PAU-01", "MP-PAU-04", NULL));
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("PR-UNB-02", "MP-SND-01", NULL));
	stack_down(&s);
}

Test(verifier, MP_HLT_04_a_lost_received_nbl_is_reported_at_the_pause_and_at_the_halt)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->holds = TRUE;
	b->holds_over_pause = TRUE;
	broken_stack();
	fake_adapter_indicate(&s.a, fake_mac, 2, 0, 0);
	fake_binding_return(b, fake_binding_take_held(b, 1), 0);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-PAU-03", "PR-UNB-04", "MP-HLT-04", NULL));
	stack_down(&s);
}

Test(verifier, violations_are_counted)
{
	uint64_t before = nrt_violation_count();

	broken_stack();
	NdisMPauseComplete(s.a.handle);
	NdisMRestartComplete(s.a.handle, NDIS_STATUS_SUCCESS);
	cr_expect_eq(nrt_violation_count() - before, 2);
	cr_expect(violations_are("MP-PAU-02", "MP-RES-01", NULL));
	stack_down(&s);
}

/* --------------------------------------------------------------------- by the ledger */

TestSuite(ledger, .init = contract_start_plain, .fini = contract_end, .timeout = 60);

Test(ledger, MP_SND_02_a_double_completion_shows_as_one_send_too_many_returned)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl;
	struct nrt_ledger l;

	broken_stack();
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	nbl = fake_adapter_steal(&s.a);
	fake_adapter_complete_chain(&s.a, nbl, NDIS_STATUS_SUCCESS);
	NdisMSendNetBufferListsComplete(s.a.handle, nbl, 0);
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_handed, 1);
	cr_expect_eq(l.tx_returned, 2);
	cr_expect_eq(l.tx_completed, l.tx_submitted + 1);
	cr_expect_eq(b->complete_errors, 1, "and the protocol got it twice");
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("MP-PAU-04", NULL), "the books do not balance");
	b->completed = b->sent;
	stack_down(&s);
}

Test(ledger, MP_SND_01_a_lost_send_shows_as_one_that_was_handed_and_not_returned)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct nrt_ledger l;

	broken_stack();
	one_lost_send(b);
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_handed - l.tx_returned, 1);
	cr_expect_eq(l.tx_submitted - l.tx_completed, 1);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("MP-PAU-04", NULL));
	stack_down(&s);
}

Test(ledger, a_dropped_frame_shows_against_the_devices_own_count)
{
	struct nrt_ledger l;

	broken_stack();
	drop_one(10);
	l = stack_ledger(&s);
	cr_expect_eq(device_frames - l.rx_indicated, 1, "one frame is not explained");
	cr_expect_eq(l.rx_indicated, l.rx_delivered + l.rx_drop_filter + l.rx_drop_paused);
	cr_expect_eq(l.rx_indicated, l.rx_returned);
	stack_down(&s);
}

Test(ledger, PR_RCV_01_a_lost_received_nbl_shows_as_one_that_did_not_come_back)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct nrt_ledger l;

	b->holds = TRUE;
	b->holds_over_pause = TRUE;
	broken_stack();
	fake_adapter_indicate(&s.a, fake_mac, 2, 0, 0);
	fake_binding_return(b, fake_binding_take_held(b, 1), 0);
	l = stack_ledger(&s);
	cr_expect_eq(l.rx_indicated - l.rx_returned, 1);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-PAU-03", NULL));
	stack_down(&s);
}

Test(ledger, a_good_stack_balances)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct nrt_ledger l;

	b->packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 7, 0), 0);
	fake_adapter_indicate(&s.a, fake_mac, 5, 0, 0);
	fake_adapter_indicate(&s.a, fake_mac, 3, 0, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
	l = stack_ledger(&s);
	cr_expect_eq(l.rx_indicated, 8);
	cr_expect_eq(l.rx_indicated_res, 3);
	cr_expect_eq(l.rx_returned, 8);
	cr_expect_eq(l.rx_delivered, 8);
	cr_expect_eq(l.tx_submitted, 9);
	cr_expect_eq(l.tx_rejected, 2);
	cr_expect_eq(l.tx_handed, 7);
	cr_expect_eq(l.tx_returned, 7);
	cr_expect_eq(l.tx_completed, 9);
	stack_down(&s);
}
