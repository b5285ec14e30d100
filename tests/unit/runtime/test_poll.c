/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Poll objects: when callbacks run and when they do not, budgets, both data
 * paths through them, and their end. Rules PL-01, -02, -04 to -07.
 */
#include "contract.h"
#include <criterion/parameterized.h>

TestSuite(poll, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

/* A poll-mode adapter and one binding that takes everything. */
static struct fake_binding *polled(void)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.m.major = 6;
	s.m.minor = 85;
	s.a.poll_mode = TRUE;
	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	return b;
}

/* Wait until everything that was ready has been polled and the interrupt is
 * enabled again for the @n-th time. */
static void wait_idle(unsigned int n)
{
	event_wait("SetPollNotification", &s.a, n);
}

Test(poll, PL_06_a_registered_poll_object_is_not_run_before_it_is_requested)
{
	polled();
	nrt_adapter_pause(s.adapter); /* some passes of the worker */
	nrt_adapter_restart(s.adapter);
	cr_expect_eq(s.a.polls, 0);
	stack_down(&s);
}

Test(poll, PL_01_a_requested_poll_runs_and_delivers)
{
	struct fake_binding *b = polled();

	fake_adapter_ready(&s.a, fake_mac, 3, 20);
	wait_idle(1);
	cr_expect_eq(b->received, 3);
	cr_expect_eq(b->seen[2].seq, 22);
	cr_expect_eq(s.a.returned, 3);
	cr_expect_geq(s.a.polls, 2, "one with frames, one without progress");
	cr_expect(!s.a.polls_overlapped);
	cr_expect_eq(stack_ledger(&s).rx_indicated, 3);
	stack_down(&s);
}

Test(poll, PL_06_an_idle_poll_enables_the_interrupt_and_stops)
{
	ULONG polls;

	polled();
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(1);
	polls = s.a.polls;
	cr_expect_eq(polls, 1);
	nrt_adapter_pause(s.adapter);
	nrt_adapter_restart(s.adapter);
	cr_expect_eq(s.a.polls, polls);
	cr_expect_eq(s.a.enables, 1);
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(2);
	cr_expect_eq(s.a.polls, 2);
	stack_down(&s);
}

static void request_once(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	(void)data;
	if (a->polls == 1)
		NdisRequestPoll(a->poll, NULL);
}

Test(poll, PL_01_a_request_inside_the_callback_counts)
{
	s.a.on_poll = request_once;
	polled();
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(1);
	cr_expect_eq(s.a.polls, 2);
	cr_expect_eq(s.a.enables, 1, "not after the first: it was requested");
	stack_down(&s);
}

#define REQUESTS 200

static int request_many(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < REQUESTS; i++)
		fake_adapter_interrupt(&s.a);
	return 0;
}

static int ready_many(void *arg)
{
	(void)arg;
	for (ULONG i = 0; i < REQUESTS; i++)
		if (fake_adapter_ready(&s.a, fake_mac, 1, i) == 0)
			i--; /* all buffers are up, the worker brings them back */
	return 0;
}

Test(poll, PL_01_requests_from_several_threads_never_overlap_a_callback)
{
	struct fake_binding *b = polled();
	struct run threads[3];
	struct nrt_ledger l;

	run_start(&threads[0], request_many, NULL);
	run_start(&threads[1], ready_many, NULL);
	run_start(&threads[2], request_many, NULL);
	for (unsigned int i = 0; i < 3; i++)
		run_end(&threads[i]);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(!s.a.polls_overlapped);
	cr_expect_eq(s.a.indicated, s.a.returned);
	l = stack_ledger(&s);
	cr_expect_eq(l.rx_delivered, b->received);
	cr_expect_eq(l.rx_delivered + l.rx_drop_paused, s.a.returned, "the rest came too late");
	stack_down(&s);
}

Test(poll, PL_04_a_poll_runs_at_dispatch_level_on_a_worker)
{
	struct fake_binding *b = polled();

	fake_adapter_ready(&s.a, fake_mac, 1, 0);
	wait_idle(1);
	cr_expect_eq(s.a.poll_irqls, 1u << DISPATCH_LEVEL);
	cr_expect_eq(b->receive_irqls, 1u << DISPATCH_LEVEL);
	cr_expect(b->seen[0].flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
	stack_down(&s);
}

/* ------------------------------------------------------------------------- budgets */

TestSuite(poll_budget, .fini = contract_end, .timeout = 60);

Test(poll_budget, PL_02_a_callback_is_given_the_budget_and_comes_again)
{
	struct fake_binding *b;

	contract_start_with(1, 4, true);
	b = polled();
	fake_adapter_ready(&s.a, fake_mac, 10, 0);
	wait_idle(1);
	cr_expect_eq(b->received, 10);
	for (ULONG i = 0; i < 10; i++)
		cr_expect_eq(b->seen[i].seq, i);
	cr_expect_leq(4 * b->receive_calls, 12);
	cr_expect_geq(b->receive_calls, 3, "no more than four at a time");
	stack_down(&s);
}

static void indicate_too_many(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	NET_BUFFER_LIST **link = &data->Receive.IndicatedNblChain;

	if (a->polls != 1)
		return;
	for (ULONG i = 0; i <= data->Receive.MaxNblsToIndicate; i++) {
		*link = fake_adapter_take(a, fake_mac, i);
		link = &NET_BUFFER_LIST_NEXT_NBL(*link);
	}
	data->Receive.NumberOfIndicatedNbls = data->Receive.MaxNblsToIndicate + 1;
}

Test(poll_budget, PL_02_more_than_the_budget_is_reported_and_delivered)
{
	struct fake_binding *b;

	contract_start_with(1, 4, true);
	s.a.on_poll = indicate_too_many;
	b = polled();
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(1);
	cr_expect(violations_are("PL-02", NULL));
	cr_expect_eq(b->received, 5);
	stack_down(&s);
}

static void miscount(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	if (a->polls != 1)
		return;
	data->Receive.IndicatedNblChain = fake_adapter_take(a, fake_mac, 0);
	data->Receive.NumberOfIndicatedNbls = 2;
}

Test(poll_budget, PL_02_a_wrong_number_is_reported)
{
	contract_start_with(1, 4, true);
	s.a.on_poll = miscount;
	polled();
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(1);
	cr_expect(violations_are("PL-02", NULL));
	cr_expect_eq(stack_ledger(&s).rx_indicated, 1);
	cr_expect_eq(s.a.returned, 1);
	stack_down(&s);
}

static void any_number(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	if (a->polls != 1)
		return;
	data->Receive.IndicatedNblChain = fake_adapter_take(a, fake_mac, 0);
	NET_BUFFER_LIST_NEXT_NBL(data->Receive.IndicatedNblChain) =
		fake_adapter_take(a, fake_mac, 1);
	data->Receive.NumberOfIndicatedNbls = NDIS_ANY_NUMBER_OF_NBLS;
}

Test(poll_budget, PL_02_any_number_is_counted_by_the_runtime)
{
	struct fake_binding *b;

	contract_start_with(1, 4, true);
	s.a.on_poll = any_number;
	b = polled();
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(1);
	cr_expect_eq(b->received, 2);
	cr_expect_eq(stack_ledger(&s).rx_indicated, 2);
	stack_down(&s);
}

/* --------------------------------------------------------------- data path rules */

Test(poll, PL_07_sends_are_completed_by_the_poll_callback)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_POLLED;
	polled();
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 300, 0), 0);
	cr_expect_eq(b->completed, 0);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	wait_idle(1);
	cr_expect_eq(b->completed, 300);
	cr_expect_eq(b->complete_errors, 0);
	cr_expect_geq(b->complete_calls, 2, "256 is the budget");
	cr_expect_eq(b->complete_irqls, 1u << DISPATCH_LEVEL);
	cr_expect_eq(stack_ledger(&s).tx_completed, 300);
	stack_down(&s);
}

static void indicate_foreign(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	if (a->polls != 1)
		return;
	data->Receive.IndicatedNblChain = fake_adapter_take(a, fake_mac, 0);
	data->Receive.IndicatedNblChain->SourceHandle = NULL;
	data->Receive.NumberOfIndicatedNbls = 1;
}

Test(poll, PL_07_the_receive_rules_hold_for_a_polled_chain)
{
	s.a.on_poll = indicate_foreign;
	polled();
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(1);
	cr_expect(violations_are("MP-RCV-02", NULL));
	stack_down(&s);
}

static NET_BUFFER_LIST *twice;

static void complete_again(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	(void)a;
	data->Transmit.CompletedNblChain = twice;
	data->Transmit.NumberOfCompletedNbls = twice != NULL;
	twice = NULL;
}

Test(poll, PL_07_the_send_rules_hold_for_a_polled_chain)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	s.a.on_poll = complete_again;
	polled();
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	twice = fake_adapter_steal(&s.a);
	fake_adapter_complete_chain(&s.a, twice, NDIS_STATUS_SUCCESS);
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(1);
	cr_expect(violations_are("MP-SND-02", NULL));
	cr_expect_eq(b->completed, 1);
	stack_down(&s);
}

static void indicate_one(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	if (a->polls != 1)
		return;
	data->Receive.IndicatedNblChain = fake_adapter_take(a, fake_mac, 0);
	data->Receive.NumberOfIndicatedNbls = 1;
}

Test(poll, PL_07_MP_PAU_06_a_paused_miniport_does_not_indicate_by_polling_either)
{
	struct fake_binding *b;

	s.a.on_poll = indicate_one;
	b = polled();
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(1);
	cr_expect(violations_are("MP-PAU-06", NULL));
	cr_expect_eq(b->n_seen, 0);
	cr_expect_eq(s.a.returned, 1);
	stack_down(&s);
}

Test(poll, MP_PAU_03_a_pause_ends_after_the_last_poll_with_frames)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->holds = TRUE;
	polled();
	for (ULONG i = 0; i < 10; i++) {
		fake_adapter_ready(&s.a, fake_mac, 5, 0);
		cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
		cr_expect_eq(s.a.rx_up, 0);
		cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	}
	cr_expect_eq(s.a.indicated, s.a.returned);
	stack_down(&s);
}

/* ------------------------------------------------------------------- registration */

Test(poll, PL_05_a_deregistered_poll_object_does_not_run_any_more)
{
	polled();
	for (ULONG i = 0; i < 20; i++)
		fake_adapter_ready(&s.a, fake_mac, 1, i);
	stack_down(&s); /* the halt deregisters it, and its memory is gone */
	cr_expect_eq(s.a.polls_inside, 0);
}

Test(poll, PL_05_a_reserved_argument_that_is_not_null_is_reported)
{
	polled();
	NdisRequestPoll(s.a.poll, &s);
	wait_idle(1);
	cr_expect(violations_are("PL-05", NULL));
	stack_down(&s);
}

Test(poll, a_miniport_of_an_older_version_has_no_poll_objects)
{
	struct nrt_adapter *adapter;

	s.m.major = 6;
	s.m.minor = 84;
	s.a.poll_mode = TRUE;
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	cr_expect_lt(add_adapter(&s.m, &s.a, s.miniport, "nic0", &adapter), 0);
	cr_expect_eq(s.a.poll_status, NDIS_STATUS_BAD_VERSION);
	cr_expect(violations_are("MP-REG-03", NULL));
	stack_down(&s);
}

struct chars_case {
	int type, size;
	bool no_handler, no_notify;
	const char *rule; /* reported, or NULL */
};

static struct chars_case chars_cases[] = {
	{ 1, 0, false, false, "RS-NB-11" },
	{ 0, -1, false, false, "RS-NB-11" },
	{ 0, 0, true, false, NULL },
	{ 0, 0, false, true, NULL },
};

static NDIS_STATUS bad_status;
static struct chars_case chars_case;

static void register_badly(struct fake_adapter *a)
{
	NDIS_POLL_CHARACTERISTICS chars = {
		.Header = { (UCHAR)(NDIS_OBJECT_TYPE_DEFAULT + chars_case.type),
			    NDIS_POLL_CHARACTERISTICS_REVISION_1,
			    (USHORT)(NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 +
				     chars_case.size) },
		.PollHandler = chars_case.no_handler ? NULL : fake_adapter_poll,
		.SetPollNotificationHandler = chars_case.no_notify ? NULL : fake_adapter_notify,
	};
	NDIS_POLL_HANDLE handle;

	bad_status = NdisRegisterPoll(a->handle, a, &chars, &handle);
}

ParameterizedTestParameters(poll, RS_NB_11_malformed_poll_characteristics_are_refused)
{
	static int index[] = { 0, 1, 2, 3 };

	return cr_make_param_array(int, index, sizeof(index) / sizeof(index[0]));
}

ParameterizedTest(int *i, poll, RS_NB_11_malformed_poll_characteristics_are_refused)
{
	chars_case = chars_cases[*i];
	s.m.major = 6;
	s.m.minor = 85;
	s.a.on_initialized = register_badly;
	stack_up(&s);
	cr_expect_neq(bad_status, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are(chars_case.rule, NULL));
	stack_down(&s);
}

/* ------------------------------------------------------------------------ affinity */

TestSuite(poll_affinity, .fini = contract_end, .timeout = 60);

static ULONG seen_processor;

static void note_processor(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	(void)a;
	(void)data;
	seen_processor = KeGetCurrentProcessorNumberEx(NULL);
}

Test(poll_affinity, PL_06_a_poll_moves_to_the_processor_it_is_sent_to)
{
	PROCESSOR_NUMBER to = { 0 };

	contract_start_with(2, 0, true);
	s.a.on_poll = note_processor;
	polled();
	for (unsigned int i = 0; i < 6; i++) {
		to.Number = (UCHAR)(i % 2);
		NdisSetPollAffinity(s.a.poll, &to);
		NdisRequestPoll(s.a.poll, NULL);
		wait_idle(2 * i + 1); /* this one may still run where it was */
		NdisRequestPoll(s.a.poll, NULL);
		wait_idle(2 * i + 2);
		cr_expect_eq(seen_processor, i % 2);
	}
	cr_expect(!s.a.polls_overlapped);
	stack_down(&s);
}

static void move_away(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	PROCESSOR_NUMBER to = { .Number = (UCHAR)(a->polls % 2) };

	(void)data;
	NdisSetPollAffinity(a->poll, &to);
	if (a->polls < 50)
		NdisRequestPoll(a->poll, NULL);
}

Test(poll_affinity, PL_06_a_poll_callback_may_move_its_own_poll)
{
	contract_start_with(2, 0, true);
	s.a.on_poll = move_away;
	polled();
	NdisRequestPoll(s.a.poll, NULL);
	wait_idle(1);
	cr_expect_eq(s.a.polls, 50);
	cr_expect(!s.a.polls_overlapped);
	stack_down(&s);
}

Test(poll_affinity, PL_06_two_polls_may_change_places_at_once)
{
	static struct fake_adapter second;
	struct nrt_adapter *other;

	contract_start_with(2, 0, true);
	s.a.on_poll = move_away;
	second.on_poll = move_away;
	second.poll_mode = TRUE;
	polled();
	cr_assert_eq(add_adapter(&s.m, &second, s.miniport, "nic1", &other), 0);
	NdisRequestPoll(s.a.poll, NULL);
	NdisRequestPoll(second.poll, NULL);
	event_wait("SetPollNotification", &s.a, 1);
	event_wait("SetPollNotification", &second, 1);
	cr_expect(!s.a.polls_overlapped && !second.polls_overlapped);
	cr_expect_eq(nrt_adapter_remove(other), 0);
	stack_down(&s);
}
