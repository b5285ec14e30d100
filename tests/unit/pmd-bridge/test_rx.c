/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received frames from the PMD to the protocol and back (pmd-bridge/rx.c): what is
 * in them, that nothing of an earlier life shows, and that every buffer comes home
 * whatever way it went above. Rules of contract section 5.
 */
#include "host.h"
#include "pcapfile.h"
#include "wire.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static const UCHAR station[6] = { 2, 0, 0, 0, 0, 0x11 };

/* @length bytes that differ from frame to frame. */
static void make_frame(UCHAR *to, ULONG length, ULONG id)
{
	ULONG64 state = id + 1;

	for (ULONG i = 0; i < length; i++)
		to[i] = (UCHAR)shape_random(&state);
	memcpy(to, station, 6);
	memcpy(to + 6, station, 6);
	to[12] = 0x88;
	to[13] = 0xB5;
}

static void put(struct wire *w, ULONG length, ULONG id, ULONG segment)
{
	UCHAR bytes[16384];

	make_frame(bytes, length, id);
	cr_assert(wire_put(w, bytes, length, segment));
}

/* The next logged frame is what make_frame() made. */
static struct proto_frame *expect_frame(struct proto_port *p, ULONG length, ULONG id)
{
	UCHAR bytes[16384];
	struct proto_frame *f;

	HOST_WAIT(p->n_frames != 0);
	f = proto_take_frame(p);
	make_frame(bytes, length, id);
	cr_assert_eq(f->length, length, "frame %u has %u bytes, not %u", id, f->length, length);
	cr_assert_eq(memcmp(f->bytes, bytes, length), 0, "frame %u has other bytes", id);
	cr_expect(f->clean, "frame %u shows what is not its own", id);
	return f;
}

BRIDGE_TEST(rx, one_frame_comes_up_from_a_ring_as_it_was)
{
	struct wire *w;
	struct proto_port *p;
	uint16_t port;

	host_start(NULL);
	port = wire_ring_port("r0", 64, &w);
	p = host_open(port, NULL);
	put(w, 60, 1, 0);
	proto_free_frame(expect_frame(p, 60, 1));
	host_stop();
}

BRIDGE_TEST(rx, frames_come_up_from_null)
{
	struct proto_port *p;

	host_start("net_null0,size=64", NULL);
	p = host_add(0, NULL);
	p->receive = proto_count;
	cr_assert_eq(proto_set_filter(p, NDIS_PACKET_TYPE_PROMISCUOUS), NDIS_STATUS_SUCCESS);
	HOST_WAIT(p->received > 1000);
	host_expect_balanced(0);
	host_stop();
}

/* ---------------------------------------------------------------- what flags promise */

static ULONG flag_lies, flag_chains;

static USHORT type_of(NET_BUFFER_LIST *nbl)
{
	UCHAR bytes[16] = { 0 };

	proto_read(NET_BUFFER_LIST_FIRST_NB(nbl), bytes, sizeof(bytes));
	return (USHORT)(bytes[12] << 8 | bytes[13]);
}

/* Each of these flags is about the whole chain. */
static void check_flags(struct proto_port *p, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		flag_lies += (flags & NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE) &&
			     type_of(nbl) != type_of(chain);
		flag_lies += (flags & NDIS_RECEIVE_FLAGS_SINGLE_VLAN) &&
			     NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) !=
				     NET_BUFFER_LIST_INFO(chain, Ieee8021QNetBufferListInfo);
	}
	flag_lies += (flags & NDIS_RECEIVE_FLAGS_PERFECT_FILTERED) != 0; /* promiscuous */
	flag_chains += n > 1;
	proto_count(p, chain, n, flags);
}

BRIDGE_TEST(rx, MP_RCV_12_no_flag_promises_what_a_mixed_chain_does_not_keep)
{
	UCHAR bytes[100] = { 0 };
	struct proto_port *p;
	struct wire *w;
	uint16_t port;

	nrt_config_set("port0", "*PriorityVLANTag", "3");
	host_start(NULL);
	port = wire_ring_port("r0", 64, &w);
	p = host_add(port, NULL);
	p->receive = check_flags;
	for (ULONG i = 0; i < 60; i++) { /* before the filter is set: one burst finds them all */
		make_frame(bytes, sizeof(bytes), i);
		bytes[12] = i % 3 == 0 ? 0x81 : 0x08;
		bytes[13] = (UCHAR)(i % 2);
		cr_assert(wire_put(w, bytes, sizeof(bytes), 0));
	}
	cr_assert_eq(proto_set_filter(p, NDIS_PACKET_TYPE_PROMISCUOUS), NDIS_STATUS_SUCCESS);
	HOST_WAIT(p->received == 60);
	cr_expect_gt(flag_chains, 0, "frames came one by one, so nothing was tried");
	cr_expect_eq(flag_lies, 0);
	host_stop();
}

/* ---------------------------------------------------------------- order, bytes */

/* Lengths that meet every edge: shortest, around a buffer's size, longest. */
static ULONG some_length(ULONG i)
{
	static const ULONG lengths[] = { 60, 61, 64, 127, 128, 590, 1000, 1023, 1024, 1513, 1514 };

	return lengths[i % (sizeof(lengths) / sizeof(lengths[0]))];
}

BRIDGE_TEST(rx, frames_of_a_file_come_up_in_order_with_their_bytes)
{
	struct pcap_frames frames = { 0 };
	const char *in = host_file("in.pcap");
	struct proto_port *p;
	char vdev[200];

	for (ULONG i = 0; i < 500; i++) {
		UCHAR bytes[2000];

		make_frame(bytes, some_length(i), i);
		pcapfile_add(&frames, bytes, some_length(i));
	}
	cr_assert_eq(pcapfile_write(in, &frames), 0);
	snprintf(vdev, sizeof(vdev), "net_pcap0,rx_pcap=%s", in);
	host_start(vdev, NULL);
	p = host_open(0, NULL);
	for (ULONG i = 0; i < 500; i++)
		proto_free_frame(expect_frame(p, some_length(i), i));
	host_expect_balanced(0);
	cr_expect_eq(host_stats(0).rx_copied, 0, "a file's frames are taken as they are");
	host_stop();
	pcapfile_free(&frames);
}

BRIDGE_TEST(rx, bursts_of_1_31_32_33_frames_come_up_whole)
{
	static const ULONG bursts[] = { 1, 31, 32, 33, 64, 65, 100 };
	struct wire *w;
	struct proto_port *p;
	ULONG id = 0, due = 0;
	uint16_t port;

	host_start(NULL);
	port = wire_ring_port("r0", 256, &w);
	p = host_open(port, NULL);
	for (ULONG b = 0; b < sizeof(bursts) / sizeof(bursts[0]); b++) {
		for (ULONG i = 0; i < bursts[b]; i++)
			put(w, 60, id++, 0);
		while (due < id)
			proto_free_frame(expect_frame(p, 60, due++));
	}
	host_expect_balanced(port);
	host_stop();
}

/* ------------------------------------------------------------ several segments */

/* A jumbo file frame fills several of the port's own buffers. */
BRIDGE_TEST(rx, MP_RCV_08_a_frame_in_several_buffers_has_its_headers_in_the_first_MDL)
{
	struct pmb_device_config c = { .node = -1, .mbuf_data_size = 1024 + 128, .max_frame = 9018 };
	struct pcap_frames frames = { 0 };
	const char *in = host_file("in.pcap");
	struct proto_port *p;
	char vdev[200];

	for (ULONG i = 0; i < 40; i++) {
		UCHAR bytes[9014];

		make_frame(bytes, 60 + i * 229, i);
		pcapfile_add(&frames, bytes, 60 + i * 229);
	}
	cr_assert_eq(pcapfile_write(in, &frames), 0);
	snprintf(vdev, sizeof(vdev), "net_pcap0,rx_pcap=%s", in);
	host_start(vdev, NULL);
	p = host_open(0, &c);
	for (ULONG i = 0; i < 40; i++) {
		struct proto_frame *f = expect_frame(p, 60 + i * 229, i);
		ULONG least = f->length < p->lookahead ? f->length : p->lookahead;

		/* net_pcap uses the headroom, too, of all buffers but the first. */
		ULONG rest = f->length > 1024 ? f->length - 1024 : 0;

		cr_expect_eq(f->mdls, 1 + (rest + 1151) / 1152, "%u bytes in %u MDLs", f->length,
			     f->mdls);
		cr_expect_geq(f->first_mdl, least, "first MDL has %u bytes", f->first_mdl);
		proto_free_frame(f);
	}
	host_expect_balanced(0);
	host_stop();
	pcapfile_free(&frames);
}

BRIDGE_TEST(rx, foreign_frames_of_many_segments_are_copied_into_few)
{
	struct pmb_device_config c = { .node = -1, .mbuf_data_size = 1024 + 128, .max_frame = 9018 };
	struct wire *w;
	struct proto_port *p;
	uint16_t port;

	host_start(NULL);
	port = wire_ring_port("r0", 64, &w);
	p = host_open(port, &c);
	for (ULONG i = 0; i < 40; i++) {
		struct proto_frame *f;

		put(w, 60 + i * 229, i, 1 + i * 17);
		f = expect_frame(p, 60 + i * 229, i);
		cr_expect_eq(f->mdls, (f->length + 1023) / 1024);
		proto_free_frame(f);
	}
	cr_expect_eq(host_stats(port).rx_copied, 40);
	host_expect_balanced(port);
	host_stop();
}

BRIDGE_TEST(rx, frames_without_a_whole_header_are_dropped_and_counted)
{
	struct wire *w;
	struct proto_port *p;
	uint16_t port;

	host_start(NULL);
	port = wire_ring_port("r0", 64, &w);
	p = host_open(port, NULL);
	put(w, 20, 1, 0);
	{
		UCHAR bytes[14] = { 0 };

		cr_assert(wire_put(w, bytes, 0, 0));
		cr_assert(wire_put(w, bytes, 1, 0));
		cr_assert(wire_put(w, bytes, 13, 0));
	}
	put(w, 60, 2, 0);
	proto_free_frame(expect_frame(p, 20, 1));
	proto_free_frame(expect_frame(p, 60, 2));
	cr_expect_eq(host_stats(port).rx_drop_bad, 3);
	host_expect_balanced(port);
	host_stop();
}

/* ------------------------------------------------------------------------- VLAN */

static const UCHAR tagged_head[18] = { 2, 0, 0, 0, 0, 0x11, 2, 0, 0, 0, 0, 0x22, 0x81, 0,
				       0xB1, 0x23, 0x08, 0x00 };

static void put_tagged(struct wire *w)
{
	UCHAR bytes[100] = { 0 };

	memcpy(bytes, tagged_head, sizeof(tagged_head));
	bytes[99] = 0x77;
	cr_assert(wire_put(w, bytes, sizeof(bytes), 0));
}

BRIDGE_TEST(rx, the_8021Q_header_goes_into_its_slot_when_PriorityVLANTag_is_set)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info;
	struct wire *w;
	struct proto_port *p;
	struct proto_frame *f;
	uint16_t port;

	host_start(NULL);
	port = wire_ring_port("r0", 64, &w);
	cr_assert_eq(nrt_config_set("port0", "*PriorityVLANTag", "3"), 0);
	p = host_open(port, NULL);
	for (int i = 0; i < 3; i++) {
		put_tagged(w);
		HOST_WAIT(p->n_frames != 0);
		f = proto_take_frame(p);
		info.Value = f->tag;
		cr_expect_eq(info.TagHeader.UserPriority, 5);
		cr_expect_eq(info.TagHeader.CanonicalFormatId, 1);
		cr_expect_eq(info.TagHeader.VlanId, 0x123);
		cr_expect_eq(f->length, 96);
		cr_expect_eq(memcmp(f->bytes, tagged_head, 12), 0);
		cr_expect_eq(memcmp(f->bytes + 12, tagged_head + 16, 2), 0);
		cr_expect_eq(f->bytes[95], 0x77);
		cr_expect(f->clean);
		proto_free_frame(f);
	}
	for (ULONG i = 0; i < 3000; i++) { /* every buffer that carried a tag comes round */
		put(w, 60, i, 0);
		f = expect_frame(p, 60, i);
		cr_assert_null(f->tag, "an untagged frame has an earlier one's tag");
		proto_free_frame(f);
	}
	host_expect_balanced(port);
	host_stop();
}

BRIDGE_TEST(rx, the_8021Q_header_stays_in_the_data_by_default)
{
	struct wire *w;
	struct proto_port *p;
	struct proto_frame *f;
	uint16_t port;

	host_start(NULL);
	port = wire_ring_port("r0", 64, &w);
	p = host_open(port, NULL);
	put_tagged(w);
	HOST_WAIT(p->n_frames != 0);
	f = proto_take_frame(p);
	cr_expect_eq(f->length, 100);
	cr_expect_null(f->tag);
	cr_expect_eq(memcmp(f->bytes, tagged_head, sizeof(tagged_head)), 0);
	proto_free_frame(f);
	host_stop();
}

/* ------------------------------------------------------------- earlier lives */

static volatile LONG dirty;

static void check_and_soil(struct proto_port *p, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		if (!proto_is_clean(nbl) ||
		    NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo) != NULL)
			InterlockedIncrement(&dirty);
		proto_soil(nbl);
	}
	proto_count(p, chain, n, flags);
}

BRIDGE_TEST(rx, what_a_driver_wrote_to_an_NBL_does_not_show_in_its_next_life)
{
	struct proto_port *p;

	host_start("net_null0,size=64", NULL);
	p = host_add(0, NULL);
	p->receive = check_and_soil;
	proto_set_filter(p, NDIS_PACKET_TYPE_PROMISCUOUS);
	HOST_WAIT(p->received > 20000); /* each buffer many times */
	host_expect_balanced(0);
	cr_expect_eq(dirty, 0, "%d NBLs showed an earlier life", dirty);
	host_stop();
}

BRIDGE_TEST(rx, what_a_driver_wrote_to_a_copied_NBL_does_not_show_either)
{
	struct pmb_device_config c = { .node = -1, .rx_desc = 64, .tx_desc = 64, .mbufs = 256 };
	struct wire *w;
	struct proto_port *p;
	uint16_t port;

	host_start(NULL);
	port = wire_ring_port("r0", 64, &w);
	p = host_open(port, &c);
	p->receive = check_and_soil;
	for (ULONG i = 0; i < 2000; i++) {
		put(w, 60 + i % 1000, i, 0);
		HOST_WAIT(p->received == (LONG)i + 1);
	}
	cr_expect_eq(dirty, 0, "%d NBLs showed an earlier life", dirty);
	host_expect_balanced(port);
	host_stop();
}

/* ----------------------------------------------------------------------- returns */

static void expect_held_bytes(NET_BUFFER_LIST *chain, ULONG length, ULONG id)
{
	UCHAR is[2048], must[2048];

	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
		cr_assert_eq(proto_read(NET_BUFFER_LIST_FIRST_NB(chain), is, sizeof(is)), length);
		make_frame(must, length, id);
		cr_assert_eq(memcmp(is, must, length), 0, "held frame %u changed", id);
		id++;
	}
}

BRIDGE_TEST(rx, MP_RCV_03_a_held_frame_is_not_touched_while_others_come_and_go)
{
	struct wire *w;
	struct proto_port *p;
	NET_BUFFER_LIST *held;
	uint16_t port;

	host_start(NULL);
	port = wire_ring_port("r0", 128, &w);
	p = host_open(port, NULL);
	p->receive = proto_hold;
	for (ULONG i = 0; i < 100; i++)
		put(w, 200, i, 0);
	HOST_WAIT(p->n_held == 100);
	held = proto_take_held(p, 100);
	p->receive = proto_log;
	for (ULONG i = 0; i < 5000; i++) {
		put(w, 300, 1000 + i, 0);
		proto_free_frame(expect_frame(p, 300, 1000 + i));
	}
	expect_held_bytes(held, 200, 0);
	proto_return(p, held);
	host_expect_balanced(port);
	host_stop();
}

/* Deal @chain into @n chains and join them: links that no indication made. */
static NET_BUFFER_LIST *shuffle(NET_BUFFER_LIST *chain, unsigned int n)
{
	NET_BUFFER_LIST *hand[8] = { NULL }, *all = NULL;

	for (unsigned int i = 0; chain != NULL; i++) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = hand[i % n];
		hand[i % n] = nbl;
	}
	for (unsigned int i = 0; i < n; i++) {
		while (hand[i] != NULL) {
			NET_BUFFER_LIST *nbl = hand[i];

			hand[i] = NET_BUFFER_LIST_NEXT_NBL(nbl);
			NET_BUFFER_LIST_NEXT_NBL(nbl) = all;
			all = nbl;
		}
	}
	return all;
}

struct job {
	struct proto_port *port;
	NET_BUFFER_LIST *chain;
};

static void *return_job(void *arg)
{
	struct job *job = arg;

	proto_return(job->port, job->chain);
	return NULL;
}

static void return_elsewhere(struct proto_port *p, NET_BUFFER_LIST *chain)
{
	struct job job = { p, chain };
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, return_job, &job), 0);
	pthread_join(thread, NULL);
}

BRIDGE_TEST(rx, MP_RET_01_mixed_chains_of_several_queues_come_home_from_a_foreign_thread)
{
	struct pmb_device_config c = { .node = -1, .rx_queues = 3, .tx_queues = 3 };
	struct proto_port *p;

	host_start("net_null0", NULL);
	p = host_add(0, &c);
	p->receive = proto_hold;
	proto_set_filter(p, NDIS_PACKET_TYPE_PROMISCUOUS);
	for (unsigned int round = 0; round < 50; round++) {
		HOST_WAIT(p->n_held >= 500);
		return_elsewhere(p, shuffle(proto_take_held(p, ~0u), 1 + round % 8));
	}
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(rx, a_port_whose_buffers_are_all_above_goes_on_when_they_come_back)
{
	struct proto_port *p;
	LONG all;

	host_start("net_null0", NULL);
	p = host_add(0, NULL);
	p->receive = proto_hold;
	proto_set_filter(p, NDIS_PACKET_TYPE_PROMISCUOUS);
	/* net_null takes whole bursts only, so less than one may be left over. */
	HOST_WAIT(host_stats(0).pool_above + 32 > host_stats(0).pool_size);
	all = p->received;
	return_elsewhere(p, proto_take_held(p, 100));
	HOST_WAIT(p->received >= all + 64);
	p->receive = proto_count;
	return_elsewhere(p, proto_take_held(p, ~0u));
	HOST_WAIT(p->received > 3 * all);
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(rx, foreign_frames_that_find_no_buffer_are_dropped_and_counted)
{
	struct pmb_device_config c = { .node = -1, .rx_desc = 64, .tx_desc = 64, .mbufs = 194,
				       .mbuf_data_size = 1024 + 128, .max_frame = 4018 };
	struct pmb_device_stats s;
	struct proto_port *p;
	struct wire *w;
	uint16_t port;
	ULONG id = 0;

	host_start(NULL);
	port = wire_ring_port("r0", 64, &w);
	p = host_open(port, &c);
	p->receive = proto_hold;
	/* Three buffers a frame: the last one finds a part of what it needs. */
	while (host_stats(port).rx_drop_nobuf < 5) {
		put(w, 2100, id++, 1000);
		HOST_WAIT(wire_waiting(w) == 0);
	}
	HOST_WAIT(host_stats(port).rx_frames == id);
	s = host_stats(port);
	cr_expect_eq(s.pool_free + s.pool_pmd + s.pool_above, s.pool_size);
	cr_expect_leq(s.pool_pmd, s.pool_size, "%ld buffers with the PMD", (long)s.pool_pmd);
	proto_return(p, proto_take_held(p, ~0u));
	p->receive = proto_log;
	put(w, 2100, 7, 1000);
	proto_free_frame(expect_frame(p, 2100, 7));
	host_expect_balanced(port);
	host_stop();
}
