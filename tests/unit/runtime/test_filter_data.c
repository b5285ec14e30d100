/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends and received frames through filters: passed on, kept for a while, originated,
 * swallowed, and everything that a module must not do with them. Rules FL-SND, FL-RCV,
 * FL-CAN, FL-PAU-02 to -04, FL-RST-02, FL-REG-02, RT-13, RT-15.
 */
#include "filters.h"

#include "ndis/binding.h"
#include "ndis/way.h"

TestSuite(filter_data, .init = contract_start, .fini = contract_end, .timeout = 60);
TestSuite(filter_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct filters fs;

static struct fake_binding *up(unsigned int n)
{
	struct fake_binding *b = stack_binding(&s, 0);

	fs.n = n;
	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	filters_up(&fs, &s);
	return b;
}

static void down(void)
{
	struct nrt_ledger l;

	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_submitted, l.tx_completed);
	cr_expect_eq(l.tx_handed, l.tx_returned);
	cr_expect_eq(l.rx_indicated, l.rx_returned);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

static void send(struct fake_binding *b, ULONG n, ULONG seq)
{
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, n, seq), 0);
}

/* --------------------------------------------------------------------- passing on */

/* Both suites: all go by each module, in order, and come back. */
static void pass_all(void)
{
	struct fake_binding *b = up(3);

	for (ULONG i = 0; i < 10; i++)
		send(b, 7, 7 * i);
	for (ULONG i = 0; i < 10; i++)
		cr_expect_eq(fake_adapter_indicate(&s.a, broadcast_mac, 5, 5 * i, 0), 5);
	for (unsigned int i = 0; i < 3; i++) {
		cr_expect_eq(module_of(&fs, i)->sent, 70);
		cr_expect_eq(module_of(&fs, i)->completed, 70);
		cr_expect_eq(module_of(&fs, i)->received, 50);
		cr_expect_eq(module_of(&fs, i)->returned, 50);
	}
	for (ULONG i = 0; i < 70; i++)
		cr_assert_eq(s.a.sent_seq[i], i);
	cr_expect_eq(b->completed, 70);
	cr_expect_eq(b->complete_errors, 0);
	cr_expect_eq(b->received, 50);
	for (ULONG i = 0; i < 50; i++)
		cr_assert_eq(b->seen[i].seq, i);
	down();
}

Test(filter_data, RT_15_all_goes_by_each_module_in_order)
{
	pass_all();
}

Test(filter_plain, RT_15_all_goes_by_each_module_in_order)
{
	pass_all();
}

Test(filter_data, FL_SND_01_sends_that_are_held_go_on_later)
{
	struct fake_binding *b = up(2);

	module_of(&fs, 0)->holds_sends = TRUE;
	send(b, 4, 0);
	cr_expect_eq(s.a.n_sent, 0);
	cr_expect_eq(b->completed, 0);
	fake_module_release_sends(module_of(&fs, 0));
	cr_expect_eq(s.a.n_sent, 4);
	cr_expect_eq(b->completed, 4);
	down();
}

Test(filter_data, FL_RCV_02_frames_that_are_held_go_up_later)
{
	struct fake_binding *b = up(2);

	module_of(&fs, 1)->holds_receives = TRUE;
	fake_adapter_indicate(&s.a, broadcast_mac, 4, 0, 0);
	cr_expect_eq(b->received, 0);
	cr_expect_eq(s.a.returned, 0);
	fake_module_release_receives(module_of(&fs, 1));
	cr_expect_eq(b->received, 4);
	cr_expect_eq(s.a.returned, 4);
	down();
}

Test(filter_data, RT_13_a_chain_with_RESOURCES_goes_up_and_is_the_miniports_again)
{
	struct fake_binding *b = up(3);

	cr_expect_eq(fake_adapter_indicate(&s.a, broadcast_mac, 5, 0, NDIS_RECEIVE_FLAGS_RESOURCES),
		     5);
	cr_expect_eq(b->received_resources, 5);
	cr_expect_eq(module_of(&fs, 0)->returned, 0);
	down();
}

static void give_back(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	(void)n;
	if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
		NdisFReturnNetBufferLists(m->handle, chain, 0);
}

Test(filter_data, FL_RCV_02_a_module_may_keep_frames_from_those_above)
{
	struct fake_binding *b = up(2);

	module_of(&fs, 1)->on_receive = give_back;
	fake_adapter_indicate(&s.a, broadcast_mac, 5, 0, 0);
	cr_expect_eq(b->received, 0);
	cr_expect_eq(module_of(&fs, 0)->returned, 5);
	cr_expect_eq(s.a.returned, 5);
	down();
}

static void complete_all(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)flags;
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SUCCESS;
	NdisFSendNetBufferListsComplete(m->handle, chain, 0);
}

Test(filter_data, FL_SND_01_a_module_may_keep_sends_from_those_below)
{
	struct fake_binding *b = up(2);

	module_of(&fs, 0)->on_send = complete_all;
	send(b, 5, 0);
	cr_expect_eq(s.a.n_sent, 0);
	cr_expect_eq(b->completed, 5);
	cr_expect_eq(module_of(&fs, 1)->completed, 5);
	down();
}

/* --------------------------------------------------------------------- originating */

static void originate(void)
{
	struct fake_binding *b = up(3);

	fake_module_send(module_of(&fs, 1), broadcast_mac, 4);
	cr_expect_eq(s.a.n_sent, 4);
	cr_expect_eq(module_of(&fs, 0)->sent, 4);
	cr_expect_eq(module_of(&fs, 0)->completed, 4);
	cr_expect_eq(module_of(&fs, 1)->own_completed, 4);
	cr_expect_eq(module_of(&fs, 2)->completed, 0, "FL-SND-03: nobody above hears of it");
	cr_expect_eq(b->completed, 0);
	fake_module_indicate(module_of(&fs, 1), broadcast_mac, 3, 0);
	cr_expect_eq(b->received, 3);
	cr_expect_eq(module_of(&fs, 2)->returned, 3);
	cr_expect_eq(module_of(&fs, 1)->own_returned, 3);
	cr_expect_eq(module_of(&fs, 0)->returned, 0, "FL-RCV-03: nobody below hears of it");
	fake_module_indicate(module_of(&fs, 1), broadcast_mac, 2, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect_eq(b->received_resources, 2);
	cr_expect_eq(module_of(&fs, 1)->own_returned, 5);
	down();
}

Test(filter_data, FL_SND_03_and_FL_RCV_03_what_a_module_originates_comes_back_to_it)
{
	originate();
}

Test(filter_plain, FL_SND_03_and_FL_RCV_03_what_a_module_originates_comes_back_to_it)
{
	originate();
}

Test(filter_data, own_and_others_come_back_in_one_chain)
{
	struct fake_binding *b = up(2);

	s.a.sends = FAKE_SENDS_HELD;
	send(b, 3, 0);
	fake_module_send(module_of(&fs, 0), broadcast_mac, 2);
	fake_module_send(module_of(&fs, 1), broadcast_mac, 2);
	send(b, 3, 3);
	fake_adapter_complete(&s.a, FAKE_SHUFFLED, 0);
	cr_expect_eq(b->completed, 6);
	cr_expect_eq(module_of(&fs, 0)->own_completed, 2);
	cr_expect_eq(module_of(&fs, 1)->own_completed, 2);
	down();
}

/* ------------------------------------------------------------------------- cancelling */

Test(filter_data, FL_CAN_01_a_filter_that_keeps_a_cancel_is_found)
{
	static char mine;
	struct fake_binding *b = up(3);

	module_of(&fs, 1)->keeps_cancels = TRUE;
	NdisCancelSendNetBufferLists(b->handle, &mine);
	cr_expect_eq(module_of(&fs, 2)->cancels, 1);
	cr_expect_eq(module_of(&fs, 0)->cancels, 0);
	cr_expect_eq(s.a.cancel_calls, 0);
	cr_expect(violations_are("FL-CAN-01", NULL));
	down();
}

Test(filter_data, FL_CAN_01_held_sends_of_the_id_are_aborted_and_the_call_goes_on_down)
{
	static char mine, others;
	struct fake_binding *b = up(2);
	NET_BUFFER_LIST *first, *second;

	module_of(&fs, 1)->holds_sends = TRUE;
	first = fake_binding_make(b, broadcast_mac, 1, 0);
	second = fake_binding_make(b, broadcast_mac, 1, 1);
	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(first, &mine);
	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(second, &others);
	fake_binding_send(b, first, 0);
	fake_binding_send(b, second, 0);
	NdisCancelSendNetBufferLists(b->handle, &mine);
	cr_expect_eq(b->completed, 1);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_SEND_ABORTED);
	cr_expect_eq(module_of(&fs, 0)->cancels, 1);
	cr_expect_eq(s.a.cancel_calls, 1);
	fake_module_release_sends(module_of(&fs, 1));
	cr_expect_eq(b->completed, 2);
	down();
}

/* Every miniport of NDIS 6 has the handler (MP-REG-03); one that had none is not called. */
Test(filter_data, RT_16_a_miniport_without_MiniportCancelSend_is_not_called)
{
	static char id;
	struct fake_binding *b = up(1);

	s.a.sends = FAKE_SENDS_HELD;
	send(b, 1, 0);
	s.adapter->cancel_send = NULL;
	NdisCancelSendNetBufferLists(b->handle, &id);
	cr_expect_eq(module_of(&fs, 0)->cancels, 1);
	cr_expect_eq(s.a.cancel_calls, 0);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(b->completed, 1);
	down();
}

/* --------------------------------------------------------------------------- violations */

static void send_and_complete(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG flags)
{
	NdisFSendNetBufferLists(m->handle, chain, 0, flags);
	NdisFSendNetBufferListsComplete(m->handle, chain, 0);
}

Test(filter_data, FL_SND_01_a_send_is_passed_on_or_completed_but_not_both)
{
	struct fake_binding *b = up(1);

	s.a.sends = FAKE_SENDS_HELD;
	module_of(&fs, 0)->on_send = send_and_complete;
	send(b, 1, 0);
	cr_expect(violations_are("FL-SND-01", NULL));
	cr_expect_eq(b->completed, 0, "the second way is cut off");
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(b->completed, 1);
	down();
}

static void send_twice(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG flags)
{
	NdisFSendNetBufferLists(m->handle, chain, 0, flags);
	NdisFSendNetBufferLists(m->handle, chain, 0, flags);
}

Test(filter_data, FL_SND_01_a_send_is_passed_on_once)
{
	struct fake_binding *b = up(1);

	s.a.sends = FAKE_SENDS_HELD;
	module_of(&fs, 0)->on_send = send_twice;
	send(b, 1, 0);
	cr_expect(violations_are("FL-SND-01", NULL));
	cr_expect_eq(s.a.n_sent, 1);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	down();
}

static void steal_source(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG flags)
{
	chain->SourceHandle = m->handle;
	NdisFSendNetBufferLists(m->handle, chain, 0, flags);
}

Test(filter_data, FL_SND_02_the_source_of_others_stays_as_it_is)
{
	struct fake_binding *b = up(1);

	module_of(&fs, 0)->on_send = steal_source;
	send(b, 1, 0);
	cr_expect(violations_are("FL-SND-02", NULL));
	cr_expect_eq(b->completed, 1);
	down();
}

static void shorten(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG flags)
{
	NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(chain)) -= 4;
	NdisFSendNetBufferLists(m->handle, chain, 0, flags);
}

Test(filter_data, FL_SND_05_others_buffers_come_back_as_they_were)
{
	struct fake_binding *b = up(1);

	module_of(&fs, 0)->on_send = shorten;
	send(b, 1, 0);
	cr_expect(violations_are("FL-SND-05", NULL));
	down();
}

static void give_away(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	NdisFIndicateReceiveNetBufferLists(m->handle, chain, 0, n,
					   flags & ~(ULONG)NDIS_RECEIVE_FLAGS_RESOURCES);
}

Test(filter_data, FL_RCV_01_what_is_lent_is_not_given_away)
{
	struct fake_binding *b = up(1);

	module_of(&fs, 0)->on_receive = give_away;
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect(violations_are("FL-RCV-01", NULL));
	cr_expect_eq(b->received_resources, 1, "those above are told the truth");
	down();
}

static void return_lent(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	(void)n;
	(void)flags;
	NdisFReturnNetBufferLists(m->handle, chain, 0);
}

Test(filter_data, FL_RCV_01_what_is_lent_is_not_returned)
{
	up(1);
	module_of(&fs, 0)->on_receive = return_lent;
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect(violations_are("FL-RCV-01", NULL));
	cr_expect_eq(s.a.return_errors, 0);
	down();
}

static void relink(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	(void)m;
	(void)n;
	(void)flags;
	NET_BUFFER_LIST_NEXT_NBL(chain) = NULL;
}

Test(filter_data, FL_RCV_01_what_is_lent_comes_back_as_it_was_linked)
{
	up(1);
	module_of(&fs, 0)->on_receive = relink;
	fake_adapter_indicate(&s.a, broadcast_mac, 3, 0, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect(violations_are("FL-RCV-01", NULL));
	down();
}

Test(filter_data, FL_RCV_01_what_a_module_lends_comes_back_from_a_module_as_it_was_linked)
{
	up(2);
	module_of(&fs, 1)->on_receive = relink;
	fake_module_indicate(module_of(&fs, 0), broadcast_mac, 3, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect(violations_are("FL-RCV-01", NULL));
	cr_expect_eq(module_of(&fs, 0)->own_returned, 3, "it has its chain whole");
	down();
}

static void cut_off(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)b;
	(void)flags;
	NET_BUFFER_LIST_NEXT_NBL(chain) = NULL;
}

Test(filter_data, PR_RCV_02_what_a_module_lends_comes_back_from_a_protocol_as_it_was_linked)
{
	struct fake_binding *b = up(1);

	b->on_receive = cut_off;
	fake_module_indicate(module_of(&fs, 0), broadcast_mac, 3, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect(violations_are("PR-RCV-02", NULL));
	cr_expect_eq(module_of(&fs, 0)->own_returned, 3, "it has its chain whole");
	down();
}

static void indicate_and_return(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	NdisFIndicateReceiveNetBufferLists(m->handle, chain, 0, n, flags);
	NdisFReturnNetBufferLists(m->handle, chain, 0);
}

Test(filter_data, FL_RCV_02_a_frame_is_indicated_or_returned_but_not_both)
{
	struct fake_binding *b = up(1);

	b->holds = TRUE;
	module_of(&fs, 0)->on_receive = indicate_and_return;
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	cr_expect(violations_are("FL-RCV-02", NULL));
	cr_expect_eq(s.a.returned, 0);
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	cr_expect_eq(s.a.returned, 1);
	down();
}

static void no_complete(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->SendNetBufferListsCompleteHandler = NULL;
}

Test(filter_data, FL_REG_02_who_sends_must_have_the_handler_for_completions)
{
	struct fake_binding *b;

	fs.f[0].mutate = no_complete;
	b = up(1);
	send(b, 1, 0);
	cr_expect(violations_are("FL-REG-02", NULL));
	cr_expect_eq(b->completed, 1);
	down();
}

/* ------------------------------------------------------------------- pause and restart */

static bool tried;

static void keep(struct fake_module *m, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)flags;
	m->held_sends = chain;
}

Test(filter_data, FL_PAU_03_a_module_that_pauses_holds_nothing_of_others)
{
	struct fake_binding *b = up(1);

	module_of(&fs, 0)->own_pause = TRUE;
	module_of(&fs, 0)->holds_receives = TRUE;
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	s.a.own_pause = TRUE; /* which would wait for it */
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("FL-PAU-03", "MP-PAU-03", NULL));
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	fake_module_release_receives(module_of(&fs, 0));
	cr_expect_eq(b->received, 1);
	s.a.own_pause = FALSE;
	down();
}

Test(filter_data, FL_PAU_02_a_module_that_pauses_has_its_own_back)
{
	up(1);
	s.a.sends = FAKE_SENDS_HELD;
	s.a.own_pause = TRUE;
	fake_module_send(module_of(&fs, 0), broadcast_mac, 1);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("FL-PAU-02", "MP-PAU-04", NULL));
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(module_of(&fs, 0)->own_completed, 1);
	s.a.own_pause = FALSE;
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	down();
}

Test(filter_data, FL_PAU_04_a_paused_module_sends_and_indicates_nothing)
{
	struct fake_binding *b = up(1);

	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	fake_module_send(module_of(&fs, 0), broadcast_mac, 2);
	fake_module_indicate(module_of(&fs, 0), broadcast_mac, 2, 0);
	cr_expect(violations_are("FL-PAU-04", "FL-PAU-04", NULL));
	cr_expect_eq(module_of(&fs, 0)->own_completed, 2);
	cr_expect_eq(module_of(&fs, 0)->own_paused, 2);
	cr_expect_eq(module_of(&fs, 0)->own_returned, 2);
	cr_expect_eq(s.a.n_sent, 0);
	cr_expect_eq(b->received, 0);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	down();
}

Test(filter_data, FL_PAU_04_what_a_paused_module_lends_is_not_returned_to_it)
{
	up(1);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	fake_module_indicate(module_of(&fs, 0), broadcast_mac, 2, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect(violations_are("FL-PAU-04", NULL));
	cr_expect_eq(module_of(&fs, 0)->own_returned, 2, "by its own hand");
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	down();
}

/* The edge itself refuses, too: a module may have looked at its state before the pause. */
Test(filter_plain, RT_26_what_has_passed_the_modules_does_not_reach_a_paused_miniport)
{
	struct fake_binding *b = up(1);
	NET_BUFFER_LIST *chain = fake_binding_make(b, broadcast_mac, 2, 0);

	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	b->sent += 2;
	nrt_edge_send(s.adapter, chain, NDIS_DEFAULT_PORT_NUMBER, 0);
	cr_expect_eq(s.a.n_sent, 0);
	cr_expect_eq(b->completed, 2);
	cr_expect_eq(b->complete_errors, 0);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_PAUSED);
	cr_expect_eq(b->completed_status[1], NDIS_STATUS_PAUSED);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	filters_down(&fs, &s);
}

static void use_it(void *who)
{
	struct fake_module *m = who;

	tried = true;
	fake_module_send(m, broadcast_mac, 1);
	fake_module_indicate(m, broadcast_mac, 1, 0);
}

Test(filter_data, FL_RST_02_a_module_that_restarts_originates_nothing)
{
	module_of(&fs, 0)->restart.hook = use_it;
	up(1);
	cr_expect(tried);
	cr_expect(violations_are("FL-RST-02", "FL-RST-02", NULL));
	cr_expect_eq(s.a.n_sent, 0);
	down();
}

/* It may have said elsewhere that it runs, which the runtime sees a little later. */
Test(filter_data, FL_RST_02_outside_of_FilterRestart_a_module_that_restarts_may_originate)
{
	struct run restarts;

	up(1);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	module_of(&fs, 0)->restart.when = FAKE_LATER;
	events_clear();
	run_start(&restarts, run_restart, &s);
	event_wait("FilterRestart", module_of(&fs, 0), 1);
	use_it(module_of(&fs, 0));
	cr_expect_eq(s.a.n_sent, 1);
	cr_expect_eq(module_of(&fs, 0)->own_completed, 1);
	cr_expect_eq(module_of(&fs, 0)->own_paused, 0);
	cr_expect_eq(module_of(&fs, 0)->own_returned, 1);
	fake_answer_later(&module_of(&fs, 0)->restart);
	cr_expect_eq(run_end(&restarts), 0);
	down();
}

Test(filter_data, MP_RST_02_what_waits_in_a_module_over_a_reset_is_not_the_miniports)
{
	struct fake_binding *b = up(1);

	module_of(&fs, 0)->holds_sends = TRUE;
	send(b, 2, 0);
	NdisMResetMiniport(s.a.handle);
	event_wait("NDIS_STATUS_RESET_END", b, 1);
	cr_expect(no_violations());
	fake_module_release_sends(module_of(&fs, 0));
	cr_expect_eq(b->completed_status[1], NDIS_STATUS_SUCCESS);
	down();
}

Test(filter_data, sends_that_wait_in_a_module_when_the_miniport_is_reset_come_back)
{
	struct fake_binding *b = up(1);

	module_of(&fs, 0)->on_send = keep;
	send(b, 2, 0);
	s.a.reset.when = FAKE_LATER;
	NdisMResetMiniport(s.a.handle);
	event_wait("MiniportResetEx", &s.a, 1);
	fake_module_release_sends(module_of(&fs, 0));
	cr_expect_eq(s.a.n_sent, 0);
	cr_expect_eq(b->completed, 2);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_RESET_IN_PROGRESS);
	fake_answer_later(&s.a.reset);
	event_wait("NDIS_STATUS_RESET_END", b, 1);
	module_of(&fs, 0)->on_send = NULL;
	send(b, 2, 2);
	cr_expect_eq(s.a.n_sent, 2);
	down();
}

/* ------------------------------------------------------------------------- traffic */

Test(filter_data, RT_05_a_module_comes_and_goes_a_hundred_times_under_traffic, .timeout = 240)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct traffic traffic;
	struct nrt_ledger l;

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	traffic_start(&traffic, b, &s.a);
	for (unsigned int i = 0; i < 100; i++) {
		fs.f[0].n_modules = 0;
		cr_assert_eq(load_filter(&fs.f[0], &fs.driver[0]), 0, "%s", nrt_last_error());
		cr_assert_eq(unload_filter(&fs.f[0], fs.driver[0]), 0, "%s", nrt_last_error());
	}
	traffic_end(&traffic);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_submitted, l.tx_completed);
	cr_expect_eq(l.tx_handed, l.tx_returned);
	cr_expect_eq(l.rx_indicated, l.rx_returned);
	cr_expect_eq(b->sent, b->completed);
	cr_expect_eq(b->received, b->returned);
	cr_expect_eq(b->complete_errors, 0);
	stack_down(&s);
	cr_expect(no_violations());
}
