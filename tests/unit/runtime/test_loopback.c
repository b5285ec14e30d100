/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loopback: which bindings see a frame that one of them sends. Rule RT-22 as
 * the pages looping-back-ndis-packets and nf-ndis-ndissendnetbufferlists have it.
 */
#include "contract.h"
#include <criterion/parameterized.h>

TestSuite(loopback, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

static const UCHAR other_mac[6] = { 0x02, 0, 0, 0, 0, 0x99 };
static const UCHAR group_mac[6] = { 0x01, 0, 0x5E, 1, 2, 3 };

static struct fake_binding *sender, *listener;

static void two_bindings(ULONG senders_filter, ULONG listeners_filter)
{
	s.n_protocols = 2;
	sender = stack_binding(&s, 0);
	listener = stack_binding(&s, 1);
	sender->packet_filter = senders_filter;
	listener->packet_filter = listeners_filter;
	stack_up(&s);
}

static void send_to(const UCHAR dst[6], ULONG seq, ULONG flags)
{
	fake_binding_send(sender, fake_binding_make(sender, dst, 1, seq), flags);
}

Test(loopback, RT_22_a_promiscuous_binding_sees_what_another_sends)
{
	two_bindings(NDIS_PACKET_TYPE_DIRECTED, NDIS_PACKET_TYPE_PROMISCUOUS);
	send_to(other_mac, 7, 0);
	cr_expect_eq(listener->n_seen, 1);
	cr_expect_eq(listener->seen[0].seq, 7);
	cr_expect_eq(sender->n_seen, 0, "not back to the sender unless it asks");
	cr_expect_eq(s.a.accepted, 1, "and on the wire as well");
	cr_expect_eq(sender->completed, 1);
	cr_expect_eq(stack_ledger(&s).rx_looped, 1);
	cr_expect_eq(stack_ledger(&s).rx_indicated, 0);
	stack_down(&s);
}

Test(loopback, RT_22_a_looped_frame_is_marked_and_shared)
{
	two_bindings(0, NDIS_PACKET_TYPE_PROMISCUOUS);
	send_to(other_mac, 0, 0);
	cr_assert_eq(listener->n_seen, 1);
	cr_expect(listener->seen[0].nbl_flags & NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET);
	cr_expect(listener->seen[0].nbl_flags & NDIS_NBL_FLAGS_RECV_READ_ONLY);
	cr_expect(listener->seen[0].flags & NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect_eq(s.a.returned + s.a.return_errors, 0, "it was never the miniport's");
	stack_down(&s);
}

Test(loopback, RT_22_a_looped_frame_keeps_its_vlan_tag)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO tag = { .Value = NULL };
	NET_BUFFER_LIST *nbl;

	two_bindings(0, NDIS_PACKET_TYPE_PROMISCUOUS);
	tag.TagHeader.VlanId = 77;
	nbl = fake_binding_make(sender, other_mac, 1, 0);
	NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) = tag.Value;
	fake_binding_send(sender, nbl, 0);
	cr_assert_eq(listener->n_seen, 1);
	cr_expect_eq(listener->seen[0].vlan, tag.Value);
	stack_down(&s);
}

Test(loopback, RT_22_all_local_sees_what_another_sends)
{
	two_bindings(0, NDIS_PACKET_TYPE_ALL_LOCAL);
	send_to(other_mac, 0, 0);
	cr_expect_eq(listener->n_seen, 1);
	fake_adapter_indicate(&s.a, other_mac, 1, 0, 0);
	cr_expect_eq(listener->n_seen, 1, "but not what others send on the wire");
	stack_down(&s);
}

Test(loopback, RT_22_a_binding_with_no_local_does_not_see_what_another_sends)
{
	two_bindings(0, NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_NO_LOCAL);
	send_to(broadcast_mac, 0, 0);
	cr_expect_eq(listener->n_seen, 0);
	fake_adapter_indicate(&s.a, other_mac, 1, 0, 0);
	cr_expect_eq(listener->n_seen, 1, "what comes on the wire it does see");
	stack_down(&s);
}

Test(loopback, RT_22_two_ordinary_bindings_do_not_hear_each_other)
{
	two_bindings(NDIS_PACKET_TYPE_DIRECTED, NDIS_PACKET_TYPE_DIRECTED |
							NDIS_PACKET_TYPE_BROADCAST);
	send_to(broadcast_mac, 0, 0);
	send_to(fake_mac, 0, 0);
	cr_expect_eq(listener->n_seen, 0);
	cr_expect_eq(stack_ledger(&s).rx_looped, 0);
	stack_down(&s);
}

Test(loopback, RT_22_one_promiscuous_binding_alone_does_not_hear_itself)
{
	s.p[0].bindings[0].packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	sender = stack_binding(&s, 0);
	send_to(broadcast_mac, 0, 0);
	cr_expect_eq(sender->n_seen, 0);
	stack_down(&s);
}

struct check_case {
	ULONG filter;
	const UCHAR *dst;
	bool seen;
};

static struct check_case checks[] = {
	{ NDIS_PACKET_TYPE_DIRECTED, fake_mac, true },
	{ NDIS_PACKET_TYPE_DIRECTED, other_mac, false },
	{ NDIS_PACKET_TYPE_DIRECTED, broadcast_mac, false },
	{ NDIS_PACKET_TYPE_BROADCAST, broadcast_mac, true },
	{ NDIS_PACKET_TYPE_BROADCAST, fake_mac, false },
	{ NDIS_PACKET_TYPE_ALL_MULTICAST, group_mac, true },
	{ NDIS_PACKET_TYPE_MULTICAST, group_mac, true }, /* it is in the list */
	{ NDIS_PACKET_TYPE_DIRECTED, group_mac, false },
	{ NDIS_PACKET_TYPE_PROMISCUOUS, other_mac, true },
	{ NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_NO_LOCAL, fake_mac, true },
	{ 0, broadcast_mac, false },
};

#define N_CHECKS (sizeof(checks) / sizeof(checks[0]))

ParameterizedTestParameters(loopback, RT_22_a_sender_that_asks_hears_what_its_filter_takes)
{
	static size_t index[N_CHECKS];

	for (size_t i = 0; i < N_CHECKS; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, N_CHECKS);
}

ParameterizedTest(size_t *i, loopback, RT_22_a_sender_that_asks_hears_what_its_filter_takes)
{
	const struct check_case *c = &checks[*i];

	s.p[0].bindings[0].packet_filter = c->filter;
	stack_up(&s);
	sender = stack_binding(&s, 0);
	cr_assert_eq(fake_binding_oid(sender, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST,
				      (void *)(uintptr_t)group_mac, 6, NULL),
		     NDIS_STATUS_SUCCESS);
	send_to(c->dst, 5, NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
	cr_expect_eq(sender->n_seen, c->seen ? 1 : 0);
	cr_expect_eq(s.a.accepted, 1);
	cr_expect_eq(sender->completed, 1);
	stack_down(&s);
}

static void loops_itself(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general)
{
	general->MacOptions = 0; /* the device loops frames back */
}

Test(loopback, RT_22_a_miniport_that_loops_back_itself_is_left_to_it)
{
	s.a.mutate_general = loops_itself;
	two_bindings(0, NDIS_PACKET_TYPE_PROMISCUOUS);
	send_to(other_mac, 0, 0);
	cr_expect_eq(listener->n_seen, 0);
	stack_down(&s);
}

Test(loopback, RT_22_every_frame_of_every_nbl_is_looped)
{
	two_bindings(0, NDIS_PACKET_TYPE_PROMISCUOUS);
	fake_binding_send(sender, fake_binding_make(sender, other_mac, 5, 10), 0);
	cr_assert_eq(listener->n_seen, 5);
	for (ULONG i = 0; i < 5; i++)
		cr_expect_eq(listener->seen[i].seq, 10 + i);
	stack_down(&s);
}

Test(loopback, MP_SND_13_the_senders_dispatch_flag_is_passed_to_the_listener)
{
	KIRQL old;

	two_bindings(0, NDIS_PACKET_TYPE_PROMISCUOUS);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	send_to(other_mac, 0, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
	KeLowerIrql(old);
	send_to(other_mac, 0, 0);
	cr_assert_eq(listener->n_seen, 2);
	cr_expect(listener->seen[0].flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
	cr_expect(!(listener->seen[1].flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL));
	stack_down(&s);
}

Test(loopback, RT_26_frames_sent_over_a_paused_adapter_are_not_looped)
{
	two_bindings(0, NDIS_PACKET_TYPE_PROMISCUOUS);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	send_to(other_mac, 0, 0);
	cr_expect_eq(listener->n_seen, 0);
	cr_expect_eq(sender->completed_status[0], NDIS_STATUS_PAUSED);
	stack_down(&s);
}
