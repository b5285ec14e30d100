/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends of many frames in one NBL, each in a NET_BUFFER over received memory: they go
 * by reference, in order, and the NBL completes with its last frame, whatever part of
 * it the NIC takes at a time.
 */
#include "input.h"

static void together_done(struct proto_send *send)
{
	NET_BUFFER *nb = NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(send->nbl));

	NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(send->nbl)) = NULL;
	while (nb != NULL) {
		NET_BUFFER *next = NET_BUFFER_NEXT_NB(nb);

		NdisFreeNetBuffer(nb);
		nb = next;
	}
	proto_return(send->origin_port, send->origin);
	proto_free_forward(send);
}

/* A whole indication in one NBL, each frame in a NET_BUFFER over the received MDL. */
static void together(struct proto_port *p, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	struct proto_send *send = proto_make_forward(p, p->forward_to, chain);
	NET_BUFFER *last = NET_BUFFER_LIST_FIRST_NB(send->nbl);

	UNREFERENCED_PARAMETER(n);
	cr_assert(NDIS_TEST_RECEIVE_CAN_PEND(flags));
	for (NET_BUFFER_LIST *nbl = NET_BUFFER_LIST_NEXT_NBL(chain); nbl != NULL;
	     nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		NET_BUFFER *from = NET_BUFFER_LIST_FIRST_NB(nbl);
		NET_BUFFER *nb = NdisAllocateNetBuffer(proto_nb_pool(), NET_BUFFER_FIRST_MDL(from),
						       NET_BUFFER_DATA_OFFSET(from),
						       NET_BUFFER_DATA_LENGTH(from));

		NET_BUFFER_NEXT_NB(last) = nb;
		last = nb;
	}
	send->on_done = together_done;
	proto_send_anyway(p->forward_to, send->nbl);
}

#define BURST 32 /* frames in an indication, so in an NBL */

static void expect_accepted(void)
{
	struct pcap_frames out = input_accepted(1);

	input_expect(&out);
	pcapfile_free(&out);
	cr_expect_eq(host_stats(1).tx_copied, 0);
	cr_expect_eq(host_stats(1).tx_offered, input.n);
	cr_expect_eq(host_stats(1).tx_frames, input.n);
}

BRIDGE_TEST(together, an_NBL_of_many_frames_completes_with_its_last)
{
	host_tolerates = "RS-NB-10"; /* the frames are random */
	input_to_slow(10 * BURST, together);
	input_flow();
	HOST_WAIT(slow_accepted(1) == 10 * BURST);
	expect_accepted();
	cr_assert(slow_release(1, BURST - 1));
	cr_assert(slow_release_newest(1, BURST - 1));
	cr_expect_eq(proto_port(1)->completions, 0);
	cr_assert(slow_release(1, 1));
	HOST_WAIT(proto_port(1)->completions == 1);
	cr_assert(slow_release_newest(1, 1));
	HOST_WAIT(proto_port(1)->completions == 2);
	cr_assert(slow_release(1, 8 * BURST));
	HOST_WAIT(proto_port(1)->completions == 10);
	cr_expect_eq(host_stats(1).tx_accepted, 10);
	host_expect_balanced(0);
	host_expect_balanced(1);
	input_end();
}

BRIDGE_TEST(together, an_NBL_of_many_frames_goes_on_where_the_NIC_had_no_room)
{
	host_tolerates = "RS-NB-10"; /* the frames are random */
	input_to_slow(10 * BURST, together);
	slow_allow(1, 0);
	input_flow();
	HOST_WAIT(proto_port(0)->received == 10 * BURST);
	/* not one, the first, up to an NBL's end, over it, and what is left */
	for (ULONG room = 1, all = 0; all < 10 * BURST; all += room, room = room * 2 + 1) {
		slow_allow(1, room);
		HOST_WAIT(slow_accepted(1) == (all + room < 10 * BURST ? all + room : 10 * BURST));
		cr_assert(slow_release(1, slow_held(1) / 2));
	}
	expect_accepted();
	cr_assert(slow_release(1, slow_held(1)));
	HOST_WAIT(proto_port(1)->completions == 10);
	cr_expect_gt(host_stats(1).tx_queue_full, 0);
	host_expect_balanced(0);
	host_expect_balanced(1);
	input_end();
}

BRIDGE_TEST(together, the_rest_of_a_half_sent_NBL_ends_with_a_reset)
{
	host_tolerates = "RS-NB-10";
	input_to_slow(2 * BURST, together);
	slow_allow(1, BURST + 5);
	input_flow();
	HOST_WAIT(slow_accepted(1) == BURST + 5);
	cr_assert(slow_release(1, BURST + 5));
	HOST_WAIT(proto_port(1)->completions == 1);
	/* The miniport's watch for hangs asks for a reset after some seconds. */
	HOST_WAIT(proto_port(1)->completions == 2);
	cr_expect_eq(slow_accepted(1), BURST + 5);
	cr_expect_eq(host_stats(1).tx_offered, 2 * BURST);
	cr_expect_eq(host_stats(1).tx_frames, BURST + 5);
	cr_expect_eq(host_stats(1).tx_unsent, BURST - 5);
	cr_expect_eq(host_stats(1).tx_aborted, 1);
	host_expect_balanced(0);
	input_end();
}
