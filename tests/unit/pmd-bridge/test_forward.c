/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received memory on its way out again, the legal ways: own NBLs over the received
 * MDLs, the same frame on several ports at once, clones, fragments, partial MDLs. The
 * frames come from a pcap file, so that they lie in the bridge's own buffers, and go to
 * a file or to slow NICs, which check their bytes when they let go.
 */
#include "bed.h"
#include "input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_mbuf.h>

/* ---------------------------------------------------------------- file to file */

static void file_to_file(const struct pmb_device_config *config, ULONG longest, bool tagged,
			 bool strip)
{
	struct pcap_frames out;
	const char *path = host_file("out.pcap");
	const char *in = input_write(300, longest, tagged);
	char vdev[200];

	snprintf(vdev, sizeof(vdev), "net_pcap1,tx_pcap=%s", path);
	if (strip) {
		nrt_config_set("port0", "*PriorityVLANTag", "3");
		nrt_config_set("port1", "*PriorityVLANTag", "3");
	}
	host_start(in, vdev, NULL);
	host_add(0, config)->receive = proto_forward;
	proto_port(0)->forward_to = host_add(1, config);
	input_flow();
	HOST_WAIT(proto_port(1)->completions == 300);
	host_expect_balanced(0);
	if (longest <= 1514 && !tagged)
		cr_expect_eq(host_stats(1).tx_copied, 0, "plain frames go by reference");
	host_remove(1);
	cr_assert_eq(pcapfile_read(path, &out), 0);
	input_expect(&out);
	pcapfile_free(&out);
	input_end();
}

BRIDGE_TEST(forward, a_file_leaves_as_it_came)
{
	file_to_file(NULL, 1514, false, false);
}

BRIDGE_TEST(forward, a_file_with_tags_leaves_as_it_came)
{
	file_to_file(NULL, 1514, true, false);
}

BRIDGE_TEST(forward, a_file_with_tags_leaves_as_it_came_through_the_8021Q_slot)
{
	file_to_file(NULL, 1514, true, true);
}

BRIDGE_TEST(forward, a_file_of_jumbo_frames_leaves_as_it_came)
{
	struct pmb_device_config c = { .node = -1, .max_frame = 9018 };

	file_to_file(&c, 9014, true, false);
}

BRIDGE_TEST(forward, a_file_of_jumbo_frames_leaves_as_it_came_through_small_buffers)
{
	struct pmb_device_config c = { .node = -1, .mbuf_data_size = 512 + 128, .max_frame = 9018 };

	file_to_file(&c, 9014, true, false);
}

BRIDGE_TEST(forward, two_rings_back_to_back_carry_frames_both_ways)
{
	struct shaped *list[2][200];
	uint16_t port[2];

	host_start(NULL);
	wire_ring_pair(256, port);
	for (unsigned int i = 0; i < 2; i++) {
		host_open(port[i], NULL);
		shape_plain(list[i], 200, 60 + i * 400, i * 1000);
	}
	for (unsigned int i = 0; i < 2; i++)
		cr_assert(proto_send(proto_port(port[i]),
				     shape_chain(proto_port(port[i]), list[i], 200)));
	for (unsigned int i = 0; i < 2; i++) {
		for (ULONG k = 0; k < 200; k++) {
			struct proto_port *p = proto_port(port[1 - i]);
			struct proto_frame *f;

			HOST_WAIT(p->n_frames != 0);
			f = proto_take_frame(p);
			cr_assert_eq(f->length, 60 + i * 400);
			cr_assert_eq(memcmp(f->bytes, list[i][k]->frame[0].flat, f->length), 0);
			proto_free_frame(f);
		}
	}
	for (unsigned int i = 0; i < 2; i++) {
		HOST_WAIT(proto_port(port[i])->completions == 200);
		shape_free_all(list[i], 200);
	}
	host_expect_balanced(port[0]);
	host_expect_balanced(port[1]);
	host_stop();
}

/* ------------------------------------------------------------------- slow NICs */

BRIDGE_TEST(forward, a_frame_stays_as_it_is_until_the_NIC_lets_go)
{
	struct pcap_frames out;

	input_to_slow(300, proto_forward);
	input_flow();
	HOST_WAIT(slow_accepted(1) == 300);
	cr_expect_eq(proto_port(1)->completions, 0);
	out = input_accepted(1);
	input_expect(&out);
	pcapfile_free(&out);
	cr_expect_eq(host_stats(0).pool_above, 300);
	cr_assert(slow_release(1, 150));
	HOST_WAIT(proto_port(1)->completions == 150);
	cr_assert(slow_release_newest(1, 150));
	HOST_WAIT(proto_port(1)->completions == 300);
	host_expect_balanced(0);
	host_expect_balanced(1);
	input_end();
}

/* A received NBL and what is still on the way of it. */
struct flood {
	NET_BUFFER_LIST *received;
	volatile LONG left;
};

static volatile LONG floods_done;

static void flood_done(struct proto_send *send)
{
	struct flood *f = send->context;

	proto_free_forward(send);
	if (InterlockedDecrement(&f->left) != 0)
		return;
	proto_return(proto_port(0), f->received);
	InterlockedIncrement(&floods_done);
	free(f);
}

/* Each frame twice to port 1 and once to port 2. */
static void flood(struct proto_port *p, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	static const ULONG to[3] = { 1, 2, 1 };

	UNREFERENCED_PARAMETER(n);
	cr_assert(NDIS_TEST_RECEIVE_CAN_PEND(flags));
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;
		struct flood *f = calloc(1, sizeof(*f));

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		*f = (struct flood){ nbl, 3 };
		for (ULONG i = 0; i < 3; i++) {
			struct proto_send *send = proto_make_forward(p, proto_port(to[i]), nbl);

			send->on_done = flood_done;
			send->context = f;
			proto_send_anyway(proto_port(to[i]), send->nbl);
		}
	}
}

BRIDGE_TEST(forward, a_frame_goes_to_several_ports_and_twice_to_one_at_once)
{
	struct pcap_frames out;

	input_to_slow(200, flood);
	input_flow();
	HOST_WAIT(slow_accepted(1) == 400 && slow_accepted(2) == 200);
	out = input_accepted(2);
	input_expect(&out);
	pcapfile_free(&out);
	out = input_accepted(1);
	for (uint32_t i = 0; i < 400; i++)
		cr_assert_eq(memcmp(out.frame[i].bytes, input.frame[i / 2].bytes,
				    input.frame[i / 2].length),
			     0, "frame %u", i);
	pcapfile_free(&out);
	cr_expect_eq(proto_port(1)->completions + proto_port(2)->completions, 0);
	cr_assert(slow_release_newest(2, 100));
	cr_assert(slow_release(1, 200));
	cr_assert(slow_release(2, 100));
	cr_assert(slow_release_newest(1, 200));
	HOST_WAIT(floods_done == 200);
	for (uint16_t i = 0; i < 3; i++)
		host_expect_balanced(i);
	input_end();
}

/* --------------------------------------------------- clones, fragments, partial MDLs */

enum derive { CLONE, CLONE_OF_MDLS, FRAGMENTS };

static enum derive derive;

static void derived_done(struct proto_send *send)
{
	switch (derive) {
	case CLONE:
		NdisFreeCloneNetBufferList(send->nbl, 0);
		break;
	case CLONE_OF_MDLS:
		NdisFreeCloneNetBufferList(send->nbl, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
		break;
	case FRAGMENTS:
		NdisFreeFragmentNetBufferList(send->nbl, 0, 0);
		break;
	}
	send->origin->ChildRefCount--;
	proto_return(send->origin_port, send->origin);
	NdisFreeMemoryWithTagPriority(NULL, send, PROTO_TAG);
	InterlockedIncrement(&floods_done);
}

static NET_BUFFER_LIST *derive_from(NET_BUFFER_LIST *nbl)
{
	switch (derive) {
	case CLONE:
		return NdisAllocateCloneNetBufferList(nbl, proto_nbl_pool(), proto_nb_pool(), 0);
	case CLONE_OF_MDLS:
		return NdisAllocateCloneNetBufferList(nbl, proto_nbl_pool(), proto_nb_pool(),
						      NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
	default:
		return NdisAllocateFragmentNetBufferList(nbl, proto_nbl_pool(), proto_nb_pool(), 0,
							 400, 0, 0, 0);
	}
}

static void send_derived(struct proto_port *p, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	UNREFERENCED_PARAMETER(n);
	UNREFERENCED_PARAMETER(flags);
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;
		NET_BUFFER_LIST *derived = derive_from(nbl);
		struct proto_send *send = NdisAllocateMemoryWithTagPriority(
			NULL, sizeof(*send), PROTO_TAG, NormalPoolPriority);

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		NdisZeroMemory(send, sizeof(*send));
		derived->ParentNetBufferList = nbl;
		nbl->ChildRefCount++;
		proto_prepare(p->forward_to, send, derived);
		send->origin = nbl;
		send->origin_port = p;
		send->on_done = derived_done;
		proto_send_anyway(p->forward_to, derived);
	}
}

/* What a flat frame becomes in pieces of @most bytes, padded. */
static void add_pieces(struct pcap_frames *to, const struct pcap_frame *f, uint32_t most)
{
	for (uint32_t at = 0; at < f->length; at += most) {
		uint32_t n = f->length - at < most ? f->length - at : most;
		uint8_t bytes[2048] = { 0 };

		memcpy(bytes, f->bytes + at, n);
		pcapfile_add(to, bytes, n < 60 ? 60 : n);
	}
}

static void derived_reach_the_wire(enum derive how, uint32_t most)
{
	struct pcap_frames out, must = { 0 };

	derive = how;
	host_tolerates = "RS-NB-10"; /* what a fragment begins with is no MAC header */
	input_to_slow(60, send_derived);
	for (uint32_t i = 0; i < input.n; i++) {
		/* A last fragment below an Ethernet header is no frame. */
		if (input.frame[i].length % most < 14)
			input.frame[i].length -= input.frame[i].length % most;
		add_pieces(&must, &input.frame[i], most);
	}
	pcapfile_write(host_file("in.pcap"), &input);
	input_flow();
	HOST_WAIT(slow_accepted(1) == must.n);
	out = input_accepted(1);
	for (uint32_t i = 0; i < must.n; i++) {
		cr_assert_eq(out.frame[i].length, must.frame[i].length, "frame %u", i);
		cr_assert_eq(memcmp(out.frame[i].bytes, must.frame[i].bytes, must.frame[i].length),
			     0, "frame %u", i);
	}
	cr_assert(slow_release(1, ~0u));
	HOST_WAIT(floods_done == 60);
	host_expect_balanced(0);
	host_expect_balanced(1);
	pcapfile_free(&out);
	pcapfile_free(&must);
	input_end();
}

BRIDGE_TEST(forward, clones_with_MDLs_of_their_own_reach_the_wire)
{
	derived_reach_the_wire(CLONE, 2000);
}

BRIDGE_TEST(forward, clones_over_the_received_MDLs_reach_the_wire)
{
	derived_reach_the_wire(CLONE_OF_MDLS, 2000);
}

BRIDGE_TEST(forward, fragments_of_received_frames_reach_the_wire)
{
	derived_reach_the_wire(FRAGMENTS, 400);
}

/* A header of the protocol's own before a partial MDL over the received payload. */
struct headed {
	struct proto_send send; /* first */
	UCHAR header[14];
	MDL *own, *partial;
};

static void headed_done(struct proto_send *send)
{
	struct headed *h = CONTAINING_RECORD(send, struct headed, send);

	proto_return(send->origin_port, send->origin);
	NdisFreeNetBufferList(send->nbl);
	NdisFreeMdl(h->own);
	IoFreeMdl(h->partial);
	NdisFreeMemoryWithTagPriority(NULL, h, PROTO_TAG);
	InterlockedIncrement(&floods_done);
}

static void send_headed(struct proto_port *p, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	UNREFERENCED_PARAMETER(n);
	UNREFERENCED_PARAMETER(flags);
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;
		NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
		MDL *mdl = NET_BUFFER_CURRENT_MDL(nb);
		UCHAR *va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
		ULONG payload = NET_BUFFER_DATA_LENGTH(nb) - 14;
		struct headed *h = NdisAllocateMemoryWithTagPriority(NULL, sizeof(*h), PROTO_TAG,
								     NormalPoolPriority);

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		va += NET_BUFFER_CURRENT_MDL_OFFSET(nb) + 14;
		NdisZeroMemory(h, sizeof(*h));
		NdisFillMemory(h->header, 14, 0x5A);
		h->own = NdisAllocateMdl(NULL, h->header, 14);
		h->partial = IoAllocateMdl(va, payload, FALSE, FALSE, NULL);
		IoBuildPartialMdl(mdl, h->partial, va, payload);
		h->own->Next = h->partial;
		h->partial->Next = NULL;
		proto_prepare(p->forward_to, &h->send,
			      NdisAllocateNetBufferAndNetBufferList(proto_nbl_pool(), 0, 0, h->own, 0,
								    14 + payload));
		h->send.origin = nbl;
		h->send.origin_port = p;
		h->send.on_done = headed_done;
		proto_send_anyway(p->forward_to, h->send.nbl);
	}
}

BRIDGE_TEST(forward, a_partial_MDL_over_received_memory_reaches_the_wire)
{
	struct pcap_frames out;

	input_to_slow(200, send_headed);
	input_flow();
	HOST_WAIT(slow_accepted(1) == 200);
	out = input_accepted(1);
	for (uint32_t i = 0; i < 200; i++) {
		memset(input.frame[i].bytes, 0x5A, 14);
		cr_assert_eq(out.frame[i].length, input.frame[i].length);
		cr_assert_eq(memcmp(out.frame[i].bytes, input.frame[i].bytes, input.frame[i].length),
			     0, "frame %u", i);
	}
	pcapfile_free(&out);
	cr_assert(slow_release(1, ~0u));
	HOST_WAIT(floods_done == 200);
	host_expect_balanced(0);
	host_expect_balanced(1);
	input_end();
}

/* ------------------------------------------------- ports that stand still or go */

static void forward_with_id(struct proto_port *p, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	UNREFERENCED_PARAMETER(n);
	UNREFERENCED_PARAMETER(flags);
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;
		struct proto_send *send = proto_make_forward(p, p->forward_to, nbl);

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(send->nbl, 0x77);
		proto_send_anyway(p->forward_to, send->nbl);
	}
}

BRIDGE_TEST(forward, a_port_pauses_whose_frames_another_port_could_not_send)
{
	input_to_slow(300, forward_with_id);
	slow_allow(1, 0);
	input_flow();
	HOST_WAIT(proto_port(0)->received == 300);
	cr_expect_eq(proto_port(1)->completions, 0);
	proto_cancel(proto_port(1), (PVOID)0x77);
	host_pause(0);
	cr_expect_eq(proto_port(1)->completions, 300);
	host_restart(0);
	host_expect_balanced(0);
	input_end();
}

/* Where the received MDLs of port 0 were. */
static ULONG_PTR lowest = ~(ULONG_PTR)0, highest;

static void forward_noting(struct proto_port *p, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		ULONG_PTR mdl = (ULONG_PTR)NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl));

		lowest = mdl < lowest ? mdl : lowest;
		highest = mdl > highest ? mdl : highest;
	}
	proto_forward(p, chain, n, flags);
}

#define BLOCK 65536

/* A zeroed block that lies where received MDLs were; blocks got on the way there
 * hang on it. From EAL, whose heap it is whatever drivers allocate from. */
static UCHAR *block_in_old_place(void)
{
	UCHAR *last = NULL, *block;

	do {
		block = rte_zmalloc(NULL, BLOCK, 0);
		cr_assert_not_null(block, "no block came to lie in the freed pool");
		*(UCHAR **)block = last;
		last = block;
	} while ((ULONG_PTR)block < lowest || (ULONG_PTR)block + BLOCK > highest);
	return block;
}

static void free_blocks(UCHAR *block)
{
	while (block != NULL) {
		UCHAR *next = *(UCHAR **)block;

		rte_free(block);
		block = next;
	}
}

/* An MDL the protocol builds in @block, with what could pass for an idle mbuf with
 * room before it, wherever that would begin. */
static MDL *mdl_in_block(UCHAR *block, void *va, ULONG length)
{
	UCHAR *at = (UCHAR *)(((ULONG_PTR)block + BLOCK / 2) & ~(ULONG_PTR)63);
	MDL *mdl = (MDL *)at;

	for (ULONG i = 64; i <= 4096; i += 64)
		*(USHORT *)(at - i + offsetof(struct rte_mbuf, buf_len) % 64) = 0x4000;
	MmInitializeMdl(mdl, va, length);
	MmBuildMdlForNonPagedPool(mdl);
	return mdl;
}

/* The buffers of a port that is gone are other things now; no queue may take
 * memory at their addresses for them. */
BRIDGE_TEST(forward, a_port_that_is_removed_leaves_no_trace_in_the_others)
{
	UCHAR is[2048], *bytes, *block;
	struct proto_send send = { 0 };

	input_to_slow(300, forward_noting);
	input_flow();
	HOST_WAIT(slow_accepted(1) == 300);
	cr_assert(slow_release(1, 300));
	host_remove(0);
	bytes = NdisAllocateMemoryWithTagPriority(NULL, 1500, PROTO_TAG, NormalPoolPriority);
	NdisFillMemory(bytes, 1500, 0x3C);
	block = block_in_old_place();
	proto_prepare(proto_port(1), &send,
		      NdisAllocateNetBufferAndNetBufferList(proto_nbl_pool(), 0, 0,
							    mdl_in_block(block, bytes, 1500), 0, 1500));
	cr_assert(proto_send(proto_port(1), send.nbl));
	HOST_WAIT(slow_accepted(1) == 301);
	cr_assert_eq(slow_frame(1, 300, is, sizeof(is)), 1500);
	cr_assert_eq(memcmp(is, bytes, 1500), 0);
	cr_assert(slow_release(1, 1));
	HOST_WAIT(send.done);
	NdisFreeNetBufferList(send.nbl);
	free_blocks(block);
	NdisFreeMemoryWithTagPriority(NULL, bytes, PROTO_TAG);
	input_end();
}

/* What lies in a ring belongs to the port that sent it, even when that has gone. */
BRIDGE_TEST(forward, frames_of_a_removed_port_are_still_received_from_the_ring)
{
	struct shaped *list[100];
	uint16_t port[2];

	host_start(NULL);
	wire_ring_pair(256, port);
	host_add(port[0], NULL);
	host_add(port[1], NULL); /* no packet filter: its frames stay in the ring */
	shape_plain(list, 100, 300, 0);
	cr_assert(proto_send(proto_port(port[0]), shape_chain(proto_port(port[0]), list, 100)));
	HOST_WAIT(proto_port(port[0])->completions == 100);
	host_remove(port[0]);
	proto_set_filter(proto_port(port[1]), NDIS_PACKET_TYPE_PROMISCUOUS);
	cr_assert(HOST_EVENTUALLY(proto_port(port[1])->n_frames == 100), "%u frames, %lu dropped",
		  proto_port(port[1])->n_frames, host_stats(port[1]).rx_drop_bad);
	for (ULONG k = 0; k < 100; k++) {
		struct proto_frame *f = proto_take_frame(proto_port(port[1]));

		cr_assert_eq(memcmp(f->bytes, list[k]->frame[0].flat, 300), 0, "frame %u", k);
		proto_free_frame(f);
	}
	shape_free_all(list, 100);
	host_expect_balanced(port[1]);
	host_stop();
}

/* ------------------------------------------------- whose queue a send leaves on */

/* Two ports that forward to each other, @n queues each, received by @rx's workers and
 * sent by @tx's, until 20000 frames have come through each. */
static void forward_between(uint16_t n, const unsigned int rx[2][2], const unsigned int tx[2][2])
{
	host_start("net_null0", "net_null1", NULL);
	for (uint16_t i = 0; i < 2; i++) {
		struct pmb_device_config c = { .node = -1, .rx_queues = n, .tx_queues = n,
					       .rx_worker = rx[i], .tx_worker = tx[i],
					       .flows_stay = true };

		host_add(i, &c)->receive = proto_forward;
	}
	for (uint16_t i = 0; i < 2; i++)
		proto_port(i)->forward_to = proto_port(1 - i);
	for (uint16_t i = 0; i < 2; i++)
		cr_assert_eq(proto_set_filter(proto_port(i), NDIS_PACKET_TYPE_PROMISCUOUS),
			     NDIS_STATUS_SUCCESS);
	for (uint16_t i = 0; i < 2; i++)
		HOST_WAIT(host_stats(i).tx_frames > 20000);
}

static void end_between(void)
{
	for (uint16_t i = 0; i < 2; i++) /* a port that goes must not be sent to */
		cr_assert_eq(proto_set_filter(proto_port(i), 0), NDIS_STATUS_SUCCESS);
	for (uint16_t i = 0; i < 2; i++)
		host_expect_balanced(i);
	host_stop();
}

/* A stream that one worker receives and sends crosses no border: nothing is copied,
 * nothing goes through an inbox. */
BRIDGE_TEST(forward, a_stream_of_one_worker_is_sent_by_reference_on_its_own_queue)
{
	static const unsigned int rx[2][2] = { { 0 }, { 1 } }, tx[2][2] = { { 1 }, { 0 } };

	host_workers = 2;
	forward_between(1, rx, tx);
	cr_expect_eq(host_stats(0).tx_copied, 0);
	cr_expect_eq(host_stats(1).tx_copied, 0);
	end_between();
}

/* A buffer of another worker's pool is not lent: two could lend it at a time. */
BRIDGE_TEST(forward, a_stream_that_another_worker_sends_arrives_all_the_same)
{
	static const unsigned int rx[2][2] = { { 0 }, { 1 } }, tx[2][2] = { { 0 }, { 1 } };

	host_workers = 2;
	forward_between(1, rx, tx);
	end_between();
}

BRIDGE_TEST(forward, two_queues_of_one_worker_share_its_first_transmit_queue)
{
	static const unsigned int rx[2][2], tx[2][2];

	forward_between(2, rx, tx);
	/* No more than some passes bring: they don't pile up, held by the first queue. */
	for (uint16_t i = 0; i < 2; i++)
		cr_expect_lt(host_stats(i).tx_outstanding, 1000, "port %u: %lu sends wait", i,
			     host_stats(i).tx_outstanding);
	end_between();
}
