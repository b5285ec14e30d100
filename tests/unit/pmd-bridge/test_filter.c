/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet filter and multicast list on ports that do not filter themselves
 * (pmd-bridge/filter.c): which of five kinds of frames come up under which filter, and
 * that none does before there is one. Rules MP-INI-08, MP-RCV-14.
 */
#include "host.h"
#include "pcapfile.h"
#include "wire.h"

#include <stdio.h>

/* Kinds of destination, a bit each. */
enum { OWN = 1, OTHER = 2, LISTED = 4, UNLISTED = 8, BROADCAST = 16, ALL = 31 };

static const UCHAR destinations[5][6] = {
	{ 2, 0, 0, 0, 0x12, 0x34 },               /* NetworkAddress of the adapter */
	{ 2, 0, 0, 0, 0x12, 0x35 },               /* somebody else's */
	{ 1, 0, 0x5E, 0, 0, 1 },                  /* in the multicast list */
	{ 1, 0, 0x5E, 0, 0, 2 },                  /* not in it */
	{ 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF },
};

static void make_frame(UCHAR bytes[60], ULONG kind)
{
	memset(bytes, 0, 60);
	memcpy(bytes, destinations[kind], 6);
	bytes[6] = 2;
	bytes[12] = 0x88;
	bytes[13] = 0xB5;
	bytes[14] = (UCHAR)kind;
}

static struct proto_port *filter_host(struct wire **w)
{
	host_start(NULL);
	nrt_config_set("port0", "NetworkAddress", "020000001234");
	wire_ring_port("r0", 64, w);
	return host_add(0, NULL);
}

static void put_all(struct wire *w)
{
	UCHAR bytes[60];

	for (ULONG kind = 0; kind < 5; kind++) {
		make_frame(bytes, kind);
		cr_assert(wire_put(w, bytes, 60, 0));
	}
}

/* The kinds of the logged frames. */
static ULONG take_kinds(struct proto_port *p)
{
	struct proto_frame *f;
	ULONG kinds = 0;

	while ((f = proto_take_frame(p)) != NULL) {
		cr_expect_eq(kinds >> f->bytes[14] & 1, 0, "a frame came twice");
		kinds |= 1u << f->bytes[14];
		proto_free_frame(f);
	}
	return kinds;
}

/* Put one of each on the wire; the kinds that come up under @filter. */
static ULONG kinds_under(struct proto_port *p, struct wire *w, ULONG filter)
{
	uint64_t before = host_stats(0).rx_frames;

	cr_assert_eq(proto_set_filter(p, filter), NDIS_STATUS_SUCCESS);
	put_all(w);
	HOST_WAIT(host_stats(0).rx_frames == before + 5);
	host_expect_balanced(0); /* delivery is over, too */
	return take_kinds(p);
}

#define EXPECT_KINDS(filter, kinds) \
	cr_expect_eq(kinds_under(p, w, filter), (kinds), "under " #filter)

BRIDGE_TEST(filter, MP_RCV_14_each_filter_lets_its_kinds_of_frames_up_and_no_others)
{
	struct wire *w;
	struct proto_port *p = filter_host(&w);

	cr_assert_eq(proto_set_multicast(p, &destinations[2], 1), NDIS_STATUS_SUCCESS);
	EXPECT_KINDS(NDIS_PACKET_TYPE_DIRECTED, OWN);
	EXPECT_KINDS(NDIS_PACKET_TYPE_MULTICAST, LISTED);
	EXPECT_KINDS(NDIS_PACKET_TYPE_ALL_MULTICAST, LISTED | UNLISTED);
	EXPECT_KINDS(NDIS_PACKET_TYPE_BROADCAST, BROADCAST);
	EXPECT_KINDS(NDIS_PACKET_TYPE_PROMISCUOUS, ALL);
	EXPECT_KINDS(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
			     NDIS_PACKET_TYPE_BROADCAST,
		     OWN | LISTED | BROADCAST);
	EXPECT_KINDS(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_ALL_MULTICAST,
		     OWN | LISTED | UNLISTED);
	EXPECT_KINDS(NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_DIRECTED, ALL);
	host_stop();
}

BRIDGE_TEST(filter, MP_RCV_14_the_multicast_list_is_replaced_and_cleared)
{
	struct wire *w;
	struct proto_port *p = filter_host(&w);

	EXPECT_KINDS(NDIS_PACKET_TYPE_MULTICAST, 0);
	cr_assert_eq(proto_set_multicast(p, &destinations[2], 2), NDIS_STATUS_SUCCESS);
	EXPECT_KINDS(NDIS_PACKET_TYPE_MULTICAST, LISTED | UNLISTED);
	cr_assert_eq(proto_set_multicast(p, &destinations[3], 1), NDIS_STATUS_SUCCESS);
	EXPECT_KINDS(NDIS_PACKET_TYPE_MULTICAST, UNLISTED);
	cr_assert_eq(proto_set_multicast(p, NULL, 0), NDIS_STATUS_SUCCESS);
	EXPECT_KINDS(NDIS_PACKET_TYPE_MULTICAST, 0);
	host_stop();
}

BRIDGE_TEST(filter, MP_RCV_14_a_full_multicast_list_works_and_a_longer_one_is_refused)
{
	UCHAR list[200][6];
	struct wire *w;
	struct proto_port *p = filter_host(&w);

	memset(list, 0, sizeof(list));
	for (ULONG i = 0; i < 200; i++) {
		list[i][0] = 1;
		list[i][5] = (UCHAR)i;
		list[i][4] = 7;
	}
	memcpy(list[127], destinations[2], 6);
	cr_assert_eq(proto_set_multicast(p, (const UCHAR(*)[6])list, 128), NDIS_STATUS_SUCCESS);
	EXPECT_KINDS(NDIS_PACKET_TYPE_MULTICAST, LISTED);
	cr_expect_eq(proto_set_multicast(p, (const UCHAR(*)[6])list, 129),
		     NDIS_STATUS_MULTICAST_FULL);
	EXPECT_KINDS(NDIS_PACKET_TYPE_MULTICAST, LISTED);
	host_stop();
}

static void nothing(void *arg)
{
	(void)arg;
}

/* Some polls of the port's queues. */
static void let_it_poll(void)
{
	for (int i = 0; i < 200; i++)
		host_on_worker(nothing, NULL);
}

BRIDGE_TEST(filter, MP_INI_08_nothing_comes_up_before_a_filter_is_set)
{
	struct wire *w;
	struct proto_port *p = filter_host(&w);

	put_all(w);
	let_it_poll();
	cr_expect_eq(p->received, 0);
	host_pause(0);
	host_restart(0);
	put_all(w);
	let_it_poll();
	cr_expect_eq(p->received, 0);
	host_stop();
}

BRIDGE_TEST(filter, MP_INI_08_nothing_comes_up_after_the_filter_was_cleared)
{
	struct wire *w;
	struct proto_port *p = filter_host(&w);

	EXPECT_KINDS(NDIS_PACKET_TYPE_PROMISCUOUS, ALL);
	cr_assert_eq(proto_set_filter(p, 0), NDIS_STATUS_SUCCESS);
	put_all(w);
	let_it_poll();
	cr_expect_eq(take_kinds(p), 0);
	host_stop();
}

BRIDGE_TEST(filter, the_filter_outlives_pause_and_restart)
{
	struct wire *w;
	struct proto_port *p = filter_host(&w);
	uint64_t before;

	EXPECT_KINDS(NDIS_PACKET_TYPE_DIRECTED, OWN);
	host_pause(0);
	host_restart(0);
	before = host_stats(0).rx_frames;
	put_all(w);
	HOST_WAIT(host_stats(0).rx_frames == before + 5);
	host_expect_balanced(0);
	cr_expect_eq(take_kinds(p), OWN);
	cr_expect_eq(host_stats(0).rx_drop_filter, 8);
	host_stop();
}

BRIDGE_TEST(filter, MP_RCV_14_frames_of_a_file_are_filtered_too)
{
	struct pcap_frames frames = { 0 };
	const char *path = host_file("in.pcap");
	struct proto_port *p;
	struct proto_frame *f;
	char vdev[200];

	for (ULONG i = 0; i < 50; i++) {
		UCHAR bytes[60];

		make_frame(bytes, i % 5);
		pcapfile_add(&frames, bytes, 60);
	}
	cr_assert_eq(pcapfile_write(path, &frames), 0);
	snprintf(vdev, sizeof(vdev), "net_pcap0,rx_pcap=%s", path);
	nrt_config_set("port0", "NetworkAddress", "020000001234");
	host_start(vdev, NULL);
	p = host_add(0, NULL);
	proto_set_filter(p, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST);
	HOST_WAIT(host_stats(0).rx_frames == 50);
	host_expect_balanced(0);
	cr_expect_eq(p->n_frames, 20);
	while ((f = proto_take_frame(p)) != NULL) {
		cr_expect(f->bytes[14] == 0 || f->bytes[14] == 4);
		proto_free_frame(f);
	}
	cr_expect_eq(host_stats(0).rx_drop_filter, 30);
	host_stop();
	pcapfile_free(&frames);
}
