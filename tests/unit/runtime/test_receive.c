/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received frames: up to the bindings that want them, back to the miniport
 * exactly once, and what the verifier says of those who break that. Rules
 * RT-13, MP-INI-08, MP-RCV-01 to -10, -14, MP-RET-01, -02, PR-RCV-01 to -04.
 */
#include <string.h>

#include "contract.h"
#include <criterion/parameterized.h>

TestSuite(receive, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

static const UCHAR other_mac[6] = { 0x02, 0, 0, 0, 0, 0x99 };
static const UCHAR group_mac[6] = { 0x01, 0, 0x5E, 1, 2, 3 };
static const UCHAR other_group_mac[6] = { 0x01, 0, 0x5E, 1, 2, 4 };

/* One binding that takes what comes. */
static struct fake_binding *open_up(void)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	return b;
}

/* ----------------------------------------------------------------- the normal case */

Test(receive, MP_RCV_03_frames_come_up_in_order_and_go_back_once)
{
	struct fake_binding *b = open_up();
	struct nrt_ledger l;

	cr_assert_eq(fake_adapter_indicate(&s.a, fake_mac, 10, 50, 0), 10);
	cr_expect_eq(b->receive_calls, 1);
	cr_expect_eq(b->received, 10);
	for (ULONG i = 0; i < 10; i++)
		cr_expect_eq(b->seen[i].seq, 50 + i);
	cr_expect_eq(s.a.returned, 10);
	cr_expect_eq(s.a.return_errors, 0);
	l = stack_ledger(&s);
	cr_expect_eq(l.rx_indicated, 10);
	cr_expect_eq(l.rx_indicated_res, 0);
	cr_expect_eq(l.rx_delivered, 10);
	cr_expect_eq(l.rx_returned, 10);
	cr_expect_eq(l.rx_copies + l.rx_looped + l.rx_drop_filter + l.rx_drop_paused, 0);
	stack_down(&s);
}

Test(receive, MP_RET_01_nbls_may_be_kept_and_returned_in_other_chains)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->holds = TRUE;
	open_up();
	fake_adapter_indicate(&s.a, fake_mac, 4, 0, 0);
	fake_adapter_indicate(&s.a, fake_mac, 4, 4, 0);
	cr_expect_eq(s.a.returned, 0);
	cr_expect_eq(s.a.rx_up, 8);
	fake_binding_return(b, fake_binding_take_held(b, 3), 0);
	cr_expect_eq(s.a.returned, 3);
	fake_binding_return(b, fake_binding_take_held(b, 1), 0);
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	cr_expect_eq(s.a.returned, 8);
	cr_expect_eq(s.a.return_errors, 0);
	stack_down(&s);
}

#define RETURNS 60

static int return_one_by_one(void *arg)
{
	struct fake_binding *b = arg;
	NET_BUFFER_LIST *nbl;

	while ((nbl = fake_binding_take_held(b, 1)) != NULL)
		fake_binding_return(b, nbl, 0);
	return 0;
}

Test(receive, MP_RET_02_several_threads_return_while_frames_are_indicated)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run threads[3];

	b->holds = TRUE;
	open_up();
	fake_adapter_indicate(&s.a, fake_mac, RETURNS, 0, 0);
	for (unsigned int i = 0; i < 3; i++)
		run_start(&threads[i], return_one_by_one, b);
	for (ULONG i = 0; i < 50; i++)
		fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	for (unsigned int i = 0; i < 3; i++)
		run_end(&threads[i]);
	return_one_by_one(b);
	cr_expect_eq(s.a.returned, s.a.indicated);
	cr_expect_geq(s.a.returned, RETURNS);
	cr_expect_eq(s.a.return_errors, 0);
	cr_expect_eq(b->returned, b->received);
	stack_down(&s);
}

Test(receive, MP_SND_13_the_dispatch_flag_is_passed_on_both_ways)
{
	struct fake_binding *b = open_up();
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
	KeLowerIrql(old);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	cr_expect_eq(b->seen[0].flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL,
		     NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
	cr_expect_eq(b->seen[1].flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL, 0);
	cr_expect(!b->flags_lied);
	cr_expect(!s.a.flags_lied);
	stack_down(&s);
}

/* ----------------------------------------------------------------------- RESOURCES */

Test(receive, RT_13_nbls_with_resources_are_never_returned_by_a_call)
{
	struct fake_binding *b = open_up();
	struct nrt_ledger l;

	b->holds = TRUE;
	cr_assert_eq(fake_adapter_indicate(&s.a, fake_mac, 5, 0, NDIS_RECEIVE_FLAGS_RESOURCES), 5);
	cr_expect_eq(b->received_resources, 5);
	cr_expect_eq(b->received, 0);
	cr_expect_null(fake_binding_take_held(b, 0));
	cr_expect_eq(s.a.returned, 0);
	cr_expect_eq(s.a.rx_up, 0, "it took them back itself (MP-RCV-05)");
	l = stack_ledger(&s);
	cr_expect_eq(l.rx_indicated, 5);
	cr_expect_eq(l.rx_indicated_res, 5);
	cr_expect_eq(l.rx_returned, 5);
	cr_expect_eq(l.rx_delivered, 5);
	stack_down(&s);
}

Test(receive, RT_13_nbls_with_resources_that_nobody_wants_are_not_returned_either)
{
	stack_up(&s); /* no packet filter */
	cr_assert_eq(fake_adapter_indicate(&s.a, fake_mac, 5, 0, NDIS_RECEIVE_FLAGS_RESOURCES), 5);
	cr_expect_eq(s.a.returned, 0);
	cr_expect_eq(s.a.return_errors, 0);
	cr_expect_eq(stack_ledger(&s).rx_returned, 5);
	cr_expect_eq(stack_ledger(&s).rx_drop_filter, 5);
	stack_down(&s);
}

Test(receive, MP_RCV_05_a_buffer_taken_back_after_resources_is_indicated_again)
{
	struct fake_binding *b = open_up();

	for (ULONG i = 0; i < 10; i++)
		fake_adapter_indicate(&s.a, fake_mac, 1, i,
				      i % 2 != 0 ? NDIS_RECEIVE_FLAGS_RESOURCES : 0);
	cr_expect_eq(b->n_seen, 10);
	stack_down(&s);
}

/* ------------------------------------------------------------------- several bindings */

Test(receive, RT_13_all_bindings_but_one_see_a_frame_with_resources)
{
	unsigned int owners = 0;
	struct nrt_ledger l;

	s.n_protocols = 3;
	for (unsigned int i = 0; i < 3; i++)
		s.p[i].bindings[0].packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	fake_adapter_indicate(&s.a, fake_mac, 4, 0, 0);
	for (unsigned int i = 0; i < 3; i++) {
		const struct fake_binding *b = stack_binding(&s, i);
		bool shared = b->received_resources == 4;

		cr_expect_eq(b->n_seen, 4);
		cr_expect_eq(b->received, shared ? 0 : 4);
		owners += !shared;
		for (unsigned int k = 0; k < 4; k++) {
			cr_expect_eq(b->seen[k].seq, k);
			cr_expect_eq(b->seen[k].nbl_flags & NDIS_NBL_FLAGS_RECV_READ_ONLY,
				     shared ? NDIS_NBL_FLAGS_RECV_READ_ONLY : 0);
		}
	}
	cr_expect_eq(owners, 1);
	cr_expect_eq(s.a.returned, 4);
	cr_expect_eq(s.a.return_errors, 0);
	l = stack_ledger(&s);
	cr_expect_eq(l.rx_delivered, 4);
	cr_expect_eq(l.rx_copies, 8);
	cr_expect_eq(l.rx_returned, 4);
	stack_down(&s);
}

Test(receive, RT_13_several_bindings_all_see_resources_when_the_miniport_said_so)
{
	s.n_protocols = 2;
	for (unsigned int i = 0; i < 2; i++)
		s.p[i].bindings[0].packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	fake_adapter_indicate(&s.a, fake_mac, 3, 0, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect_eq(stack_binding(&s, 0)->received_resources, 3);
	cr_expect_eq(stack_binding(&s, 1)->received_resources, 3);
	cr_expect_eq(s.a.returned, 0);
	stack_down(&s);
}

/* More frames than fit into one batch of the table, to two bindings of different
 * taste: the links the miniport made are as it made them when the call is over. */
Test(receive, PR_RCV_02_a_long_chain_with_resources_keeps_its_links)
{
	NET_BUFFER_LIST *nbls[FAKE_RX_FRAMES];

	s.n_protocols = 2;
	s.p[0].bindings[0].packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	s.p[1].bindings[0].packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	stack_up(&s);
	for (ULONG i = 0; i < FAKE_RX_FRAMES; i++) {
		nbls[i] = fake_adapter_take(&s.a, i % 3 != 0 ? fake_mac : broadcast_mac, i);
		if (i != 0)
			NET_BUFFER_LIST_NEXT_NBL(nbls[i - 1]) = nbls[i];
	}
	NdisMIndicateReceiveNetBufferLists(s.a.handle, nbls[0], NDIS_DEFAULT_PORT_NUMBER,
					   FAKE_RX_FRAMES, NDIS_RECEIVE_FLAGS_RESOURCES);
	for (ULONG i = 0; i < FAKE_RX_FRAMES; i++)
		cr_expect_eq(NET_BUFFER_LIST_NEXT_NBL(nbls[i]),
			     i + 1 < FAKE_RX_FRAMES ? nbls[i + 1] : NULL);
	fake_adapter_take_back(&s.a, nbls[0]);
	cr_expect_eq(stack_binding(&s, 0)->n_seen + stack_binding(&s, 1)->n_seen, FAKE_RX_FRAMES);
	stack_down(&s);
}

Test(receive, a_mixed_chain_is_split_between_bindings_and_the_rest_goes_back)
{
	struct fake_binding *directed = stack_binding(&s, 0), *broadcast = stack_binding(&s, 1);
	NET_BUFFER_LIST *head = NULL, **link = &head;
	static const UCHAR *const to[] = { fake_mac, broadcast_mac, other_mac };
	struct nrt_ledger l;

	s.n_protocols = 2;
	directed->packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	broadcast->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	directed->holds = TRUE;
	stack_up(&s);
	for (ULONG i = 0; i < 9; i++) {
		*link = fake_adapter_take(&s.a, to[i % 3], i);
		link = &NET_BUFFER_LIST_NEXT_NBL(*link);
	}
	NdisMIndicateReceiveNetBufferLists(s.a.handle, head, NDIS_DEFAULT_PORT_NUMBER, 9, 0);
	cr_expect_eq(directed->received, 3);
	cr_expect_eq(broadcast->received, 3);
	for (ULONG i = 0; i < 3; i++) {
		cr_expect_eq(directed->seen[i].seq, 3 * i);
		cr_expect_eq(broadcast->seen[i].seq, 3 * i + 1);
	}
	cr_expect_eq(s.a.returned, 6, "three broadcasts, and three that nobody wants");
	l = stack_ledger(&s);
	cr_expect_eq(l.rx_delivered, 6);
	cr_expect_eq(l.rx_drop_filter, 3);
	fake_binding_return(directed, fake_binding_take_held(directed, 0), 0);
	cr_expect_eq(s.a.returned, 9);
	stack_down(&s);
}

Test(receive, a_paused_binding_gets_nothing_and_others_go_on)
{
	struct fake_binding *first = stack_binding(&s, 0);

	s.n_protocols = 1;
	first->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	s.p[1].bindings[0].packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	s.p[1].bindings[0].restart.when = FAKE_NOW;
	stack_up(&s);
	cr_assert_eq(load_protocol(&s.p[1], &s.protocol[1]), 0);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	cr_expect_eq(first->n_seen, 1);
	cr_expect_eq(s.p[1].bindings[0].n_seen, 1);
	cr_assert_eq(unload_protocol(&s.p[1], s.protocol[1]), 0);
	s.protocol[1] = NULL;
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	cr_expect_eq(first->n_seen, 2);
	cr_expect_eq(s.p[1].bindings[0].n_seen, 1);
	stack_down(&s);
}

/* -------------------------------------------------------------------- packet filters */

Test(receive, MP_INI_08_no_frame_comes_up_before_a_packet_filter_is_set)
{
	struct fake_binding *b = stack_binding(&s, 0);

	stack_up(&s);
	fake_adapter_indicate(&s.a, broadcast_mac, 3, 0, 0);
	cr_expect_eq(b->n_seen, 0);
	cr_expect_eq(s.a.returned, 3);
	cr_expect_eq(stack_ledger(&s).rx_drop_filter, 3);
	cr_assert_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_BROADCAST), NDIS_STATUS_SUCCESS);
	fake_adapter_indicate(&s.a, broadcast_mac, 3, 0, 0);
	cr_expect_eq(b->n_seen, 3);
	cr_assert_eq(fake_binding_filter(b, 0), NDIS_STATUS_SUCCESS);
	fake_adapter_indicate(&s.a, broadcast_mac, 3, 0, 0);
	cr_expect_eq(b->n_seen, 3);
	stack_down(&s);
}

struct filter_case {
	ULONG filter;
	/* which of these come up */
	bool own, other, group, other_group, broadcast;
};

static struct filter_case filters[] = {
	{ 0, false, false, false, false, false },
	{ NDIS_PACKET_TYPE_DIRECTED, true, false, false, false, false },
	{ NDIS_PACKET_TYPE_MULTICAST, false, false, true, false, false },
	{ NDIS_PACKET_TYPE_ALL_MULTICAST, false, false, true, true, false },
	{ NDIS_PACKET_TYPE_BROADCAST, false, false, false, false, true },
	{ NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST, true, false, false, false, true },
	{ NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST, true, false, true, false, false },
	{ NDIS_PACKET_TYPE_PROMISCUOUS, true, true, true, true, true },
};

#define N_FILTERS (sizeof(filters) / sizeof(filters[0]))

static ULONG seen_after(struct fake_binding *b, const UCHAR dst[6])
{
	ULONG before = b->n_seen;

	fake_adapter_indicate(&s.a, dst, 1, 0, 0);
	return b->n_seen - before;
}

/*
 * A second, promiscuous binding makes the miniport give everything; the first
 * binding still sees only what its own filter takes.
 */
ParameterizedTestParameters(receive, MP_RCV_14_each_binding_has_its_own_filter)
{
	static size_t index[N_FILTERS];

	for (size_t i = 0; i < N_FILTERS; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, N_FILTERS);
}

ParameterizedTest(size_t *i, receive, MP_RCV_14_each_binding_has_its_own_filter)
{
	const struct filter_case *c = &filters[*i];
	struct fake_binding *b = stack_binding(&s, 0);
	struct fake_binding *all = stack_binding(&s, 1);

	s.n_protocols = 2;
	b->packet_filter = c->filter;
	all->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	cr_assert_eq(fake_binding_oid(b, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST,
				      (void *)(uintptr_t)group_mac, 6, NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.packet_filter, c->filter | NDIS_PACKET_TYPE_PROMISCUOUS);
	cr_expect_eq(seen_after(b, fake_mac), c->own);
	cr_expect_eq(seen_after(b, other_mac), c->other);
	cr_expect_eq(seen_after(b, group_mac), c->group);
	cr_expect_eq(seen_after(b, other_group_mac), c->other_group);
	cr_expect_eq(seen_after(b, broadcast_mac), c->broadcast);
	cr_expect_eq(all->n_seen, 5);
	cr_expect_eq(s.a.returned, 5);
	stack_down(&s);
}

Test(receive, MP_RCV_14_multicast_lists_belong_to_bindings)
{
	struct fake_binding *first = stack_binding(&s, 0), *second = stack_binding(&s, 1);

	s.n_protocols = 2;
	first->packet_filter = second->packet_filter = NDIS_PACKET_TYPE_MULTICAST;
	stack_up(&s);
	cr_assert_eq(fake_binding_oid(first, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST,
				      (void *)(uintptr_t)group_mac, 6, NULL),
		     NDIS_STATUS_SUCCESS);
	cr_assert_eq(fake_binding_oid(second, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST,
				      (void *)(uintptr_t)other_group_mac, 6, NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.multicast_bytes, 12, "the miniport has both");
	fake_adapter_indicate(&s.a, group_mac, 1, 0, 0);
	cr_expect_eq(first->n_seen, 1);
	cr_expect_eq(second->n_seen, 0);
	fake_adapter_indicate(&s.a, other_group_mac, 2, 0, 0);
	cr_expect_eq(first->n_seen, 1);
	cr_expect_eq(second->n_seen, 2);
	stack_down(&s);
}

static void indicate_in_unbind(struct fake_binding *b)
{
	(void)b;
	fake_adapter_link(&s.a, FALSE, 1);
}

Test(receive, PR_RCV_04_a_binding_hears_of_its_adapter_until_it_is_closed)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_unbind = indicate_in_unbind; /* before it calls NdisCloseAdapterEx */
	stack_up(&s);
	stack_down(&s);
	cr_expect_eq(b->statuses, 1);
	cr_expect_eq(b->last_status, NDIS_STATUS_LINK_STATE);
}

/* -------------------------------------------------------------- miniports that break it */

struct spoil_case {
	const char *rule;
	void (*spoil)(NET_BUFFER_LIST *nbl);
};

static void other_source(NET_BUFFER_LIST *nbl)
{
	nbl->SourceHandle = NULL;
}

static void bad_status(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_FAILURE;
}

static void two_buffers(NET_BUFFER_LIST *nbl)
{
	static NET_BUFFER second;

	NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(nbl)) = &second;
}

static void too_long(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(nbl)) = 65;
}

static void too_short(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(nbl)) = 13;
}

static void wrong_offset(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_DATA_OFFSET(NET_BUFFER_LIST_FIRST_NB(nbl)) += 2;
}

static struct spoil_case spoils[] = {
	{ "MP-RCV-02", other_source }, { "MP-RCV-10", bad_status },
	{ "MP-RCV-07", two_buffers },  { "MP-RCV-09", too_long },
	{ "MP-RCV-09", too_short },    { "MP-RCV-09", wrong_offset },
};

#define N_SPOILS (sizeof(spoils) / sizeof(spoils[0]))

ParameterizedTestParameters(receive, MP_RCV_02_MP_RCV_07_MP_RCV_09_MP_RCV_10_bad_nbls_are_reported)
{
	static size_t index[N_SPOILS];

	for (size_t i = 0; i < N_SPOILS; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, N_SPOILS);
}

ParameterizedTest(size_t *i, receive,
		  MP_RCV_02_MP_RCV_07_MP_RCV_09_MP_RCV_10_bad_nbls_are_reported)
{
	NET_BUFFER_LIST *nbl;
	NET_BUFFER *nb;

	open_up();
	nbl = fake_adapter_take(&s.a, fake_mac, 0);
	nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	spoils[*i].spoil(nbl);
	NdisMIndicateReceiveNetBufferLists(s.a.handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 1, 0);
	cr_expect(violations_are(spoils[*i].rule, NULL));
	cr_expect_eq(s.a.returned, 1);
	/* so that it can be freed */
	NET_BUFFER_NEXT_NB(nb) = NULL;
	NET_BUFFER_DATA_OFFSET(nb) = 0;
	NET_BUFFER_DATA_LENGTH(nb) = 60;
	nbl->SourceHandle = s.a.handle;
	stack_down(&s);
}

Test(receive, MP_RCV_01_memory_that_is_no_pool_object_is_reported)
{
	static NET_BUFFER_LIST own;
	NET_BUFFER_LIST *good;

	open_up();
	good = fake_adapter_take(&s.a, fake_mac, 0);
	own = *good;
	own.NdisPoolHandle = NULL;
	NdisMIndicateReceiveNetBufferLists(s.a.handle, &own, NDIS_DEFAULT_PORT_NUMBER, 1, 0);
	cr_expect(violations_are("MP-RCV-01", NULL));
	cr_expect_eq(s.a.return_errors, 1, "it came back, and the fake has no such buffer");
	fake_adapter_take_back(&s.a, good);
	stack_down(&s);
}

Test(receive, MP_RCV_04_an_nbl_that_is_up_is_not_indicated_again)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl;

	b->holds = TRUE;
	open_up();
	nbl = fake_adapter_take(&s.a, fake_mac, 0);
	NdisMIndicateReceiveNetBufferLists(s.a.handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 1, 0);
	NdisMIndicateReceiveNetBufferLists(s.a.handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 1, 0);
	cr_expect(violations_are("MP-RCV-04", NULL));
	cr_expect_eq(b->received, 1, "it arrived once");
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	cr_expect_eq(s.a.returned, 1);
	cr_expect_eq(s.a.return_errors, 0);
	stack_down(&s);
}

Test(receive, MP_RCV_06_a_wrong_number_of_nbls_is_reported_and_counted_right)
{
	struct fake_binding *b = open_up();
	NET_BUFFER_LIST *nbl = fake_adapter_take(&s.a, fake_mac, 0);

	NET_BUFFER_LIST_NEXT_NBL(nbl) = fake_adapter_take(&s.a, fake_mac, 1);
	NdisMIndicateReceiveNetBufferLists(s.a.handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 3, 0);
	cr_expect(violations_are("MP-RCV-06", NULL));
	cr_expect_eq(b->received, 2);
	cr_expect_eq(stack_ledger(&s).rx_indicated, 2);
	cr_expect_eq(stack_ledger(&s).rx_returned, 2);
	stack_down(&s);
}

/* The miniport halts with the accounts of one that has all NBLs. */
static void lost_are_found(const char *rule)
{
	cr_expect(no_violations(), "its accounts are in order");
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are(rule, "RS-NB-06", "MP-HLT-06", NULL));
	fake_adapter_free_lost(&s.a);
	stack_down(&s);
}

Test(receive, MP_RET_01_a_miniport_that_takes_back_the_first_of_a_chain_is_found)
{
	s.a.loses_rest = TRUE;
	open_up();
	fake_adapter_indicate(&s.a, fake_mac, 5, 0, 0);
	cr_expect_eq(s.a.returned, 1);
	lost_are_found("MP-RET-01");
}

Test(receive, MP_RET_02_a_miniport_that_takes_nothing_back_while_it_pauses_is_found)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run pause;

	s.a.loses_pausing = TRUE;
	b->holds = b->holds_over_pause = TRUE;
	open_up();
	fake_adapter_indicate(&s.a, fake_mac, 3, 0, 0);
	fake_binding_return(b, fake_binding_take_held(b, 1), 0);
	run_start(&pause, run_pause, &s);
	event_wait("pausing", &s.a, 1);
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	cr_expect_eq(run_end(&pause), 0);
	cr_expect_eq(s.a.returned, 1);
	lost_are_found("MP-RET-02");
}

/* What it lost once and has found again is none: neither rule is about that. */
Test(receive, MP_RET_01_an_nbl_that_is_indicated_again_was_taken_back)
{
	NET_BUFFER_LIST *again;

	s.a.loses_rest = TRUE;
	open_up();
	fake_adapter_indicate(&s.a, fake_mac, 2, 0, 0);
	again = s.a.lost;
	NdisMIndicateReceiveNetBufferLists(s.a.handle, again, NDIS_DEFAULT_PORT_NUMBER, 1,
					   NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("RS-NB-06", "MP-HLT-06", NULL));
	fake_adapter_free_lost(&s.a);
	stack_down(&s);
}

/* ------------------------------------------------------------- protocols that break it */

Test(receive, PR_RCV_01_an_nbl_returned_twice_is_reported_and_goes_back_once)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *nbl;

	b->holds = TRUE;
	open_up();
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	nbl = fake_binding_take_held(b, 0);
	fake_binding_return(b, nbl, 0);
	NdisReturnNetBufferLists(b->handle, nbl, 0);
	cr_expect(violations_are("PR-RCV-01", NULL));
	cr_expect_eq(s.a.returned, 1);
	cr_expect_eq(s.a.return_errors, 0);
	stack_down(&s);
}

Test(receive, PR_RCV_01_an_own_nbl_that_is_returned_is_reported)
{
	struct fake_binding *b = open_up();
	NET_BUFFER_LIST *own = fake_binding_make(b, fake_mac, 1, 0);

	NdisReturnNetBufferLists(b->handle, own, 0);
	cr_expect(violations_are("PR-RCV-01", NULL));
	cr_expect_eq(s.a.returned + s.a.return_errors, 0);
	fake_binding_unmake(b, own);
	stack_down(&s);
}

Test(receive, PR_RCV_01_an_nbl_returned_on_another_binding_is_reported)
{
	struct fake_binding *first = stack_binding(&s, 0), *second = stack_binding(&s, 1);
	NET_BUFFER_LIST *nbl;

	s.n_protocols = 2;
	first->packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	second->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	first->holds = TRUE;
	stack_up(&s);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	nbl = fake_binding_take_held(first, 0);
	NdisReturnNetBufferLists(second->handle, nbl, 0);
	cr_expect(violations_are("PR-RCV-01", NULL));
	cr_expect_eq(s.a.returned, 1, "it is back all the same");
	stack_down(&s);
}

static NET_BUFFER_LIST *resources_chain;

static void return_it_nevertheless(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)flags;
	NdisReturnNetBufferLists(b->handle, chain, 0);
}

Test(receive, PR_RCV_02_returning_what_came_with_resources_is_reported)
{
	struct fake_binding *b = open_up();

	b->on_receive = return_it_nevertheless;
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect(violations_are("PR-RCV-02", NULL));
	cr_expect_eq(s.a.returned + s.a.return_errors, 0);
	stack_down(&s);
}

static void return_if_shared(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)flags; /* with RESOURCES or without, it does not care */
	NdisReturnNetBufferLists(b->handle, chain, 0);
}

Test(receive, PR_RCV_02_returning_a_shared_frame_is_reported)
{
	struct fake_binding *first = stack_binding(&s, 0), *second = stack_binding(&s, 1);

	s.n_protocols = 2;
	first->packet_filter = second->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	first->on_receive = second->on_receive = return_if_shared;
	stack_up(&s);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	cr_expect(violations_are("PR-RCV-02", NULL), "one of the two was not the owner");
	cr_expect_eq(s.a.returned, 1);
	stack_down(&s);
}

static void cut_the_chain(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)b;
	(void)flags;
	resources_chain = chain;
	NET_BUFFER_LIST_NEXT_NBL(chain) = NULL;
}

Test(receive, PR_RCV_02_links_of_a_chain_with_resources_are_put_right_and_reported)
{
	struct fake_binding *b = open_up();

	b->on_receive = cut_the_chain;
	fake_adapter_indicate(&s.a, fake_mac, 3, 0, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect(violations_are("PR-RCV-02", NULL));
	cr_expect_eq(s.a.rx_up, 0, "the miniport found all three");
	b->on_receive = NULL;
	fake_adapter_indicate(&s.a, fake_mac, 3, 0, 0);
	cr_expect_eq(b->received, 3);
	stack_down(&s);
}

static void advance_for_good(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	NdisAdvanceNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(chain), 14, FALSE, NULL);
	if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
		NdisReturnNetBufferLists(b->handle, chain, 0);
}

Test(receive, PR_RCV_03_an_advance_that_is_not_undone_is_reported)
{
	struct fake_binding *b = open_up();
	NET_BUFFER_LIST *nbl;

	b->on_receive = advance_for_good;
	nbl = fake_adapter_take(&s.a, fake_mac, 0);
	NdisMIndicateReceiveNetBufferLists(s.a.handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 1, 0);
	cr_expect(violations_are("PR-RCV-03", NULL));
	cr_expect_eq(s.a.returned, 1);
	stack_down(&s);
}

static void advance_and_retreat(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(chain);

	(void)flags;
	NdisAdvanceNetBufferDataStart(nb, 14, FALSE, NULL);
	cr_expect_eq(NdisRetreatNetBufferDataStart(nb, 14, 0, NULL), NDIS_STATUS_SUCCESS);
	NdisReturnNetBufferLists(b->handle, chain, 0);
}

Test(receive, PR_RCV_03_an_advance_that_is_undone_is_right)
{
	struct fake_binding *b = open_up();

	b->on_receive = advance_and_retreat;
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	cr_expect_eq(s.a.returned, 1);
	stack_down(&s);
}
