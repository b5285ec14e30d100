/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends: down in order, back exactly once to whom they belong, and what the
 * verifier says of those who break that. Rules RT-14, -15, -26, MP-SND-01, -02,
 * -04, -05, -10, MP-CAN-01, PR-SND-01 to -04.
 */
#include "contract.h"
#include <criterion/parameterized.h>

TestSuite(send, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

static void send_frames(struct fake_binding *b, ULONG n, ULONG seq)
{
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, n, seq), 0);
}

static bool sent_in_order(ULONG first, ULONG n)
{
	bool in_order = s.a.n_sent == n;

	for (ULONG i = 0; i < n && i < FAKE_MAX_SENT; i++)
		in_order = in_order && s.a.sent_seq[i] == first + i;
	return in_order;
}

/* Each of @n sequence numbers from @first completed once, whatever the order. */
static bool completed_once(const struct fake_binding *b, ULONG first, ULONG n)
{
	unsigned char seen[FAKE_MAX_SEEN] = { 0 };

	if (b->completed != n || b->complete_errors != 0)
		return false;
	for (ULONG i = 0; i < n; i++) {
		ULONG k = b->completed_seq[i] - first;

		if (k >= n || seen[k]++ != 0)
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------- the normal case */

Test(send, MP_SND_01_every_send_is_completed_once)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct nrt_ledger l;

	stack_up(&s);
	send_frames(b, 10, 100);
	cr_expect(sent_in_order(100, 10));
	cr_expect(completed_once(b, 100, 10));
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_submitted, 10);
	cr_expect_eq(l.tx_handed, 10);
	cr_expect_eq(l.tx_returned, 10);
	cr_expect_eq(l.tx_completed, 10);
	cr_expect_eq(l.tx_rejected, 0);
	stack_down(&s);
}

Test(send, RT_15_the_order_of_sends_is_kept_to_the_miniport)
{
	struct fake_binding *b = stack_binding(&s, 0);

	stack_up(&s);
	for (ULONG i = 0; i < 100; i++)
		send_frames(b, 1 + i % 3, s.a.n_sent);
	cr_expect(sent_in_order(0, s.a.n_sent));
	cr_expect_geq(s.a.n_sent, 100);
	stack_down(&s);
}

struct completion_case {
	enum fake_order order;
	ULONG group;
};

ParameterizedTestParameters(send, RT_14_completions_may_come_in_any_order_and_grouping)
{
	static struct completion_case cases[] = {
		{ FAKE_FORWARD, 0 },  { FAKE_FORWARD, 1 },   { FAKE_FORWARD, 7 },
		{ FAKE_REVERSED, 0 }, { FAKE_REVERSED, 1 },  { FAKE_REVERSED, 5 },
		{ FAKE_SHUFFLED, 0 }, { FAKE_SHUFFLED, 11 }, { FAKE_SHUFFLED, 1 },
	};

	return cr_make_param_array(struct completion_case, cases,
				   sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct completion_case *c, send,
		  RT_14_completions_may_come_in_any_order_and_grouping)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	send_frames(b, 20, 0);
	send_frames(b, 30, 20);
	cr_expect_eq(b->completed, 0);
	fake_adapter_complete(&s.a, c->order, c->group);
	cr_expect(completed_once(b, 0, 50));
	if (c->order == FAKE_FORWARD)
		for (ULONG i = 0; i < 50; i++)
			cr_expect_eq(b->completed_seq[i], i);
	cr_expect_eq(b->complete_calls, c->group == 0 ? 1 : (50 + c->group - 1) / c->group);
	stack_down(&s);
}

Test(send, PR_SND_03_the_final_status_reaches_the_sender)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.send_status = NDIS_STATUS_INVALID_LENGTH;
	stack_up(&s);
	send_frames(b, 2, 0);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(b->completed_status[1], NDIS_STATUS_INVALID_LENGTH);
	stack_down(&s);
}

Test(send, MP_SND_13_the_dispatch_flag_is_passed_on_both_ways)
{
	struct fake_binding *b = stack_binding(&s, 0);
	KIRQL old;

	s.a.completes_at_dispatch = TRUE;
	stack_up(&s);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0),
			  NDIS_SEND_FLAGS_DISPATCH_LEVEL);
	KeLowerIrql(old);
	cr_expect_eq(s.a.send_irqls, 1u << DISPATCH_LEVEL);
	cr_expect_eq(b->complete_irqls, 1u << DISPATCH_LEVEL);
	send_frames(b, 1, 1);
	cr_expect_eq(s.a.send_irqls, 1u << DISPATCH_LEVEL | 1u << PASSIVE_LEVEL);
	cr_expect(!s.a.flags_lied);
	cr_expect(!b->flags_lied);
	stack_down(&s);
}

/* ------------------------------------------------------------------------- threads */

#define SENDERS 4
#define SENDS 250

static int send_many(void *arg)
{
	struct fake_binding *b = arg;

	for (ULONG i = 0; i < SENDS; i++)
		send_frames(b, 1, i);
	return 0;
}

Test(send, RT_15_several_threads_send_at_once_and_nothing_is_lost)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run senders[SENDERS];
	struct nrt_ledger l;

	stack_up(&s);
	for (unsigned int i = 0; i < SENDERS; i++)
		run_start(&senders[i], send_many, b);
	for (unsigned int i = 0; i < SENDERS; i++)
		run_end(&senders[i]);
	cr_expect_eq(s.a.accepted, SENDERS * SENDS);
	cr_expect_eq(b->completed, SENDERS * SENDS);
	cr_expect_eq(b->complete_errors, 0);
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_submitted, SENDERS * SENDS);
	cr_expect_eq(l.tx_completed, SENDERS * SENDS);
	stack_down(&s);
}

/* ---------------------------------------------------------------- several bindings */

Test(send, RT_14_a_merged_completion_is_split_by_source_handle)
{
	struct fake_binding *first = &s.p[0].bindings[0], *second = &s.p[1].bindings[0];

	s.n_protocols = 2;
	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	send_frames(first, 3, 0);
	send_frames(second, 4, 100);
	send_frames(first, 5, 3);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0); /* one chain for both */
	cr_expect(completed_once(first, 0, 8));
	cr_expect(completed_once(second, 100, 4));
	cr_expect_eq(first->complete_calls, 2);
	cr_expect_eq(second->complete_calls, 1);
	stack_down(&s);
}

Test(send, RT_14_a_shuffled_completion_of_two_bindings_reaches_both)
{
	struct fake_binding *first = &s.p[0].bindings[0], *second = &s.p[1].bindings[0];

	s.n_protocols = 2;
	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	for (ULONG i = 0; i < 40; i++)
		send_frames(i % 3 != 0 ? first : second, 1, i % 3 != 0 ? i / 3 * 2 + i % 3 - 1 : i / 3);
	fake_adapter_complete(&s.a, FAKE_SHUFFLED, 9);
	cr_expect(completed_once(first, 0, 26));
	cr_expect(completed_once(second, 0, 14));
	stack_down(&s);
}

/* -------------------------------------------------------------------------- paused */

Test(send, RT_26_sends_over_a_paused_adapter_end_with_status_paused)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct nrt_ledger l;

	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	send_frames(b, 3, 0);
	cr_expect_eq(s.a.accepted, 0);
	cr_expect(completed_once(b, 0, 3));
	for (unsigned int i = 0; i < 3; i++)
		cr_expect_eq(b->completed_status[i], NDIS_STATUS_PAUSED);
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_submitted, 3);
	cr_expect_eq(l.tx_rejected, 3);
	cr_expect_eq(l.tx_completed, 3);
	cr_expect_eq(l.tx_handed, 0);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	send_frames(b, 1, 3);
	cr_expect_eq(b->completed_status[3], NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

/* -------------------------------------------------------------------------- cancel */

static void send_with_id(struct fake_binding *b, ULONG seq, PVOID id)
{
	NET_BUFFER_LIST *nbl = fake_binding_make(b, broadcast_mac, 1, seq);

	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, id);
	fake_binding_send(b, nbl, 0);
}

Test(send, MP_CAN_01_an_abort_of_what_nobody_cancelled_is_found)
{
	static char mine, others;
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	s.a.aborts_all = TRUE;
	stack_up(&s);
	send_with_id(b, 0, &mine);
	send_with_id(b, 1, &others);
	NdisCancelSendNetBufferLists(b->handle, &mine);
	cr_expect_eq(b->completed, 2);
	cr_expect(violations_are("MP-CAN-01", NULL));
	stack_down(&s);
}

static char id_of_both;

static void send_one_more(void)
{
	send_with_id(stack_binding(&s, 0), 1, &id_of_both);
}

Test(send, MP_CAN_01_what_is_sent_while_a_cancel_is_under_way_may_be_aborted)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	s.a.on_cancel = send_one_more;
	stack_up(&s);
	send_with_id(b, 0, &id_of_both);
	NdisCancelSendNetBufferLists(b->handle, &id_of_both);
	cr_expect_eq(b->completed, 2);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(send, MP_CAN_01_what_is_sent_after_a_cancel_may_not)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	send_with_id(b, 0, &id_of_both);
	NdisCancelSendNetBufferLists(b->handle, &id_of_both);
	send_one_more();
	fake_adapter_complete_chain(&s.a, fake_adapter_steal(&s.a), NDIS_STATUS_SEND_ABORTED);
	cr_expect_eq(b->completed, 2);
	cr_expect(violations_are("MP-CAN-01", NULL));
	stack_down(&s);
}

Test(send, MP_CAN_01_a_cancel_ends_the_sends_of_its_id_and_no_other)
{
	struct fake_binding *b = stack_binding(&s, 0);
	PVOID id = (PVOID)((ULONG_PTR)NdisGeneratePartialCancelId() << 24 | 1);
	PVOID other = (PVOID)((ULONG_PTR)NdisGeneratePartialCancelId() << 24 | 1);

	cr_assert_neq(id, other);
	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	for (ULONG i = 0; i < 6; i++)
		send_with_id(b, i, i % 2 != 0 ? id : other);
	NdisCancelSendNetBufferLists(b->handle, id);
	cr_expect_eq(s.a.cancel_calls, 1);
	cr_expect_eq(b->completed, 3);
	for (ULONG i = 0; i < 3; i++) {
		cr_expect_eq(b->completed_seq[i], 2 * i + 1);
		cr_expect_eq(b->completed_status[i], NDIS_STATUS_SEND_ABORTED);
	}
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect(completed_once(b, 0, 6));
	stack_down(&s);
}

Test(send, PR_SND_04_a_cancel_of_an_unknown_id_ends_nothing)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	send_frames(b, 2, 0);
	NdisCancelSendNetBufferLists(b->handle, &s);
	cr_expect_eq(b->completed, 0);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect(completed_once(b, 0, 2));
	stack_down(&s);
}

/* ------------------------------------------------------------- miniports that break it */

Test(send, MP_SND_01_a_send_lost_over_the_halt_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *lost;

	s.a.sends = FAKE_SENDS_HELD;
	s.a.own_pause = TRUE;
	b->own_pause = TRUE;
	stack_up(&s);
	send_frames(b, 3, 0);
	lost = fake_adapter_steal(&s.a);
	fake_adapter_complete_chain(&s.a, NET_BUFFER_LIST_NEXT_NBL(lost), NDIS_STATUS_SUCCESS);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("PR-PAU-01", "MP-PAU-04", NULL));
	NET_BUFFER_LIST_NEXT_NBL(lost) = NULL;
	fake_binding_unmake(b, lost);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("PR-UNB-02", "MP-SND-01", NULL));
	stack_down(&s);
}

Test(send, MP_SND_02_a_send_completed_twice_is_reported_and_arrives_once)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	send_frames(b, 1, 0);
	nbl = fake_adapter_steal(&s.a);
	fake_adapter_complete_chain(&s.a, nbl, NDIS_STATUS_SUCCESS);
	NdisMSendNetBufferListsComplete(s.a.handle, nbl, 0);
	cr_expect(violations_are("MP-SND-02", NULL));
	cr_expect(completed_once(b, 0, 1));
	stack_down(&s);
}

Test(send, MP_SND_02_a_received_nbl_completed_as_a_send_is_reported)
{
	NET_BUFFER_LIST *nbl;

	stack_up(&s);
	nbl = fake_adapter_take(&s.a, fake_mac, 0);
	NdisMSendNetBufferListsComplete(s.a.handle, nbl, 0);
	cr_expect(violations_are("MP-SND-02", NULL));
	fake_adapter_take_back(&s.a, nbl);
	stack_down(&s);
}

Test(send, MP_SND_02_a_send_completed_by_another_adapter_is_reported)
{
	static struct fake_adapter second;
	struct fake_binding *b = stack_binding(&s, 0);
	struct nrt_adapter *other;
	NET_BUFFER_LIST *nbl;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	cr_assert_eq(add_adapter(&s.m, &second, s.miniport, "nic1", &other), 0);
	send_frames(b, 1, 0);
	nbl = fake_adapter_steal(&s.a);
	NdisMSendNetBufferListsComplete(second.handle, nbl, 0);
	cr_expect(violations_are("MP-SND-02", NULL));
	cr_expect_eq(b->completed, 0);
	fake_adapter_complete_chain(&s.a, nbl, NDIS_STATUS_SUCCESS);
	cr_expect(completed_once(b, 0, 1));
	cr_expect_eq(nrt_adapter_remove(other), 0);
	stack_down(&s);
}

Test(send, MP_SND_02_the_good_ones_of_a_bad_chain_arrive)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *chain, *bad;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	send_frames(b, 2, 0);
	chain = fake_adapter_steal(&s.a);
	bad = fake_adapter_take(&s.a, fake_mac, 0);
	NET_BUFFER_LIST_NEXT_NBL(bad) = NET_BUFFER_LIST_NEXT_NBL(chain);
	NET_BUFFER_LIST_NEXT_NBL(chain) = bad; /* in the middle */
	fake_adapter_complete_chain(&s.a, chain, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-SND-02", NULL));
	cr_expect(completed_once(b, 0, 2));
	s.a.completed--; /* three were in the chain */
	fake_adapter_take_back(&s.a, bad);
	s.a.return_errors = 0;
	stack_down(&s);
}

struct spoil_case {
	const char *rule;
	void (*spoil)(NET_BUFFER_LIST *nbl);
};

static void no_status(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_PENDING;
}

static void other_source(NET_BUFFER_LIST *nbl)
{
	nbl->SourceHandle = &s;
}

static void other_protocol_reserved(NET_BUFFER_LIST *nbl)
{
	nbl->ProtocolReserved[3] = &s;
}

static void other_length(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(nbl)) -= 1;
}

static void other_offset(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	NET_BUFFER_DATA_OFFSET(nb) += 2;
	NET_BUFFER_CURRENT_MDL_OFFSET(nb) += 2;
}

static void more_buffers(NET_BUFFER_LIST *nbl)
{
	static NET_BUFFER extra;

	NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(nbl)) = &extra;
}

static void other_mdl(NET_BUFFER_LIST *nbl)
{
	static MDL extra;

	NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl))->Next = &extra;
}

static struct spoil_case spoils[] = {
	{ "MP-SND-05", no_status },
	{ "MP-SND-10", other_source },
	{ "MP-SND-10", other_protocol_reserved },
	{ "MP-SND-04", other_length },
	{ "MP-SND-04", other_offset },
	{ "MP-SND-04", more_buffers },
	{ "MP-SND-04", other_mdl },
};

ParameterizedTestParameters(send, MP_SND_04_MP_SND_05_MP_SND_10_spoiled_completions_are_reported)
{
	static int index[] = { 0, 1, 2, 3, 4, 5, 6 };

	return cr_make_param_array(int, index, sizeof(index) / sizeof(index[0]));
}

ParameterizedTest(int *i, send, MP_SND_04_MP_SND_05_MP_SND_10_spoiled_completions_are_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl, kept_nbl;
	NET_BUFFER *nb, kept_nb;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	send_frames(b, 1, 0);
	nbl = fake_adapter_steal(&s.a);
	nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	kept_nbl = *nbl;
	kept_nb = *nb;
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SUCCESS;
	spoils[*i].spoil(nbl);
	NdisMSendNetBufferListsComplete(s.a.handle, nbl, 0);
	cr_expect(violations_are(spoils[*i].rule, NULL));
	cr_expect_eq(b->completed, 1, "it is the sender's again all the same");
	s.a.completed++;
	/* so that it can be freed */
	NET_BUFFER_FIRST_MDL(nb)->Next = NULL;
	nb->NetBufferHeader = kept_nb.NetBufferHeader;
	nbl->ProtocolReserved[3] = kept_nbl.ProtocolReserved[3];
	if (spoils[*i].spoil == no_status)
		fake_binding_unmake(b, nbl);
	stack_down(&s);
}

/* ------------------------------------------------------------ protocols that break it */

Test(send, PR_SND_01_a_source_handle_that_is_not_the_binding_is_reported_and_put_right)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl;

	stack_up(&s);
	nbl = fake_binding_make(b, broadcast_mac, 1, 0);
	nbl->SourceHandle = NULL;
	fake_binding_send(b, nbl, 0);
	cr_expect(violations_are("PR-SND-01", NULL));
	cr_expect(completed_once(b, 0, 1));
	stack_down(&s);
}

Test(send, PR_SND_02_an_nbl_sent_while_it_is_under_way_is_reported_and_sent_once)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	nbl = fake_binding_make(b, broadcast_mac, 1, 0);
	fake_binding_send(b, nbl, 0);
	NdisSendNetBufferLists(b->handle, nbl, 0, 0);
	cr_expect(violations_are("PR-SND-02", NULL));
	cr_expect_eq(s.a.accepted, 1);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect(completed_once(b, 0, 1));
	stack_down(&s);
}

Test(send, PR_SND_02_a_received_nbl_that_is_sent_is_reported_and_stays_received)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl;

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	b->holds = TRUE;
	stack_up(&s);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	nbl = fake_binding_take_held(b, 0);
	cr_assert_not_null(nbl);
	NdisSendNetBufferLists(b->handle, nbl, 0, 0);
	cr_expect(violations_are("PR-SND-02", NULL));
	cr_expect_eq(s.a.accepted, 0);
	fake_binding_return(b, nbl, 0);
	cr_expect_eq(s.a.returned, 1);
	stack_down(&s);
}

Test(send, PR_SND_01_memory_that_is_no_pool_object_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);
	static NET_BUFFER_LIST own;
	static NET_BUFFER own_nb;
	NET_BUFFER_LIST *good;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	good = fake_binding_make(b, broadcast_mac, 1, 0);
	own = *good;
	own_nb = *NET_BUFFER_LIST_FIRST_NB(good);
	own.FirstNetBuffer = &own_nb;
	own.NdisPoolHandle = NULL;
	NdisSendNetBufferLists(b->handle, &own, 0, 0);
	cr_expect(violations_are("PR-SND-01", NULL));
	fake_binding_unmake(b, good);
	cr_assert_eq(fake_adapter_steal(&s.a), &own);
	NET_BUFFER_LIST_STATUS(&own) = NDIS_STATUS_SUCCESS;
	own.ProtocolReserved[1] = NULL; /* the fake must not take it into its pool */
	NdisMSendNetBufferListsComplete(s.a.handle, &own, 0);
	cr_expect(violations_are("MP-SND-10", NULL));
	cr_expect_eq(b->complete_errors, 1);
	s.a.completed++;
	b->sent++;
	stack_down(&s);
}
