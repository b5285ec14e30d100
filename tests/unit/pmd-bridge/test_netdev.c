/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bridge over the kernel's own interfaces: net_af_packet on a veth pair, net_tap.
 * A raw socket is the other end. Root only; each test has a network namespace of its
 * own.
 */
#include "netdev.h"

#include "host.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const UCHAR dst[6] = { 2, 0, 0, 0, 0, 0xD }, src[6] = { 2, 0, 0, 0, 0, 0x5 };

enum kind { AF_PACKET_VETH, TAP };

static struct proto_port *port;
static int fd;

static void start(enum kind kind, const struct pmb_device_config *config)
{
	netdev_namespace();
	if (kind == AF_PACKET_VETH) {
		netdev_veth("ours", "theirs");
		host_start("net_af_packet0,iface=ours,framecnt=512", NULL);
	} else {
		if (access("/dev/net/tun", R_OK | W_OK) != 0)
			cr_skip_test("there is no /dev/net/tun");
		host_start("net_tap0,iface=theirs", NULL);
		netdev_up("theirs");
	}
	port = host_open(0, config);
	fd = netdev_open("theirs");
}

/* Send @n NBLs at once; each arrives with its bytes, in order, and completes. */
static void expect_through(struct shaped *list[], ULONG n)
{
	cr_assert(proto_send(port, shape_chain(port, list, n)));
	for (ULONG i = 0; i < n; i++) {
		for (ULONG k = 0; k < list[i]->n_frames; k++) {
			UCHAR is[4096], must[4096];
			ULONG length = shape_wire(&list[i]->frame[k], must);
			size_t got;

			HOST_WAIT((got = netdev_receive(fd, is, sizeof(is))) != 0);
			cr_assert_eq(got, length, "NBL %u: %zu bytes, not %u", i, got, length);
			cr_assert_eq(memcmp(is, must, length), 0, "NBL %u", i);
		}
	}
	for (ULONG i = 0; i < n; i++) {
		HOST_WAIT(list[i]->send.done);
		cr_expect_eq(list[i]->send.status, NDIS_STATUS_SUCCESS);
	}
}

static void shapes_through(enum kind kind)
{
	struct shaped *list[200];
	ULONG64 state = 77;

	start(kind, NULL);
	for (ULONG i = 0; i < 200; i++) {
		struct shape_frame f = { .length = 14 + shape_random(&state) % 1501 };

		shape_cut_random(&f.cut, f.length, &state);
		list[i] = shape_new(&f, 1, dst, src, i);
	}
	for (ULONG i = 0; i < 200; i += 20)
		expect_through(list + i, 20);
	shape_free_all(list, 200);
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(netdev, MP_SND_11_random_shapes_reach_the_kernel_through_af_packet)
{
	shapes_through(AF_PACKET_VETH);
}

BRIDGE_TEST(netdev, MP_SND_11_random_shapes_reach_the_kernel_through_tap)
{
	shapes_through(TAP);
}

static void bursts_through(enum kind kind)
{
	static const ULONG bursts[] = { 1, 31, 32, 33 };
	struct shaped *list[33];

	start(kind, NULL);
	for (ULONG i = 0; i < 4; i++) {
		shape_plain(list, bursts[i], 100, i * 100);
		expect_through(list, bursts[i]);
		shape_free_all(list, bursts[i]);
	}
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(netdev, bursts_of_1_31_32_33_complete_in_the_silence_after_them_on_af_packet)
{
	bursts_through(AF_PACKET_VETH);
}

BRIDGE_TEST(netdev, bursts_of_1_31_32_33_complete_in_the_silence_after_them_on_tap)
{
	bursts_through(TAP);
}

/* The next frame of ours that came up. */
static struct proto_frame *next_frame(void)
{
	for (;;) {
		struct proto_frame *f;

		HOST_WAIT((f = proto_take_frame(port)) != NULL);
		if (f->length >= 14 && f->bytes[12] == 0x88 && f->bytes[13] == 0xB5)
			return f;
		proto_free_frame(f);
	}
}

static void frames_up(enum kind kind)
{
	start(kind, NULL);
	for (ULONG i = 0; i < 300; i++) {
		struct shape_frame f = { .length = 60 + i * 97 % 1455 };
		struct shaped *s = shape_new(&f, 1, dst, src, i);
		struct proto_frame *got;

		netdev_send(fd, s->frame[0].flat, f.length);
		got = next_frame();
		cr_assert_eq(got->length, f.length);
		cr_assert_eq(memcmp(got->bytes, s->frame[0].flat, f.length), 0, "frame %u", i);
		cr_expect(got->clean);
		proto_free_frame(got);
		shape_free(s);
	}
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(netdev, frames_of_the_kernel_come_up_through_af_packet)
{
	frames_up(AF_PACKET_VETH);
}

BRIDGE_TEST(netdev, frames_of_the_kernel_come_up_through_tap)
{
	frames_up(TAP);
}

/* Sends with a tag in the slot: the frame on the wire has it, the sender's memory,
 * which may be a received frame's, does not. */
static void tags_through(enum kind kind)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = { .Value = NULL };

	nrt_config_set("port0", "*PriorityVLANTag", "3");
	start(kind, NULL);
	info.TagHeader.UserPriority = 5;
	info.TagHeader.VlanId = 0x123;
	for (ULONG i = 0; i < 50; i++) {
		struct shape_frame f = { .length = 300 + i * 10, .cut.before = 40 };
		struct shaped *s = shape_new(&f, 1, dst, src, i);
		UCHAR is[4096];
		size_t n;

		NET_BUFFER_LIST_INFO(s->send.nbl, Ieee8021QNetBufferListInfo) = info.Value;
		cr_assert(proto_send(port, shape_chain(port, &s, 1)));
		HOST_WAIT((n = netdev_receive(fd, is, sizeof(is))) != 0);
		cr_assert_eq(n, f.length + 4);
		cr_assert_eq(memcmp(is, s->frame[0].flat, 12), 0);
		cr_assert_eq(memcmp(is + 12, "\x81\x00\xA1\x23", 4), 0);
		cr_assert_eq(memcmp(is + 16, s->frame[0].flat + 12, f.length - 12), 0);
		HOST_WAIT(s->send.done);
		cr_assert_eq(memcmp(s->frame[0].memory + 40, s->frame[0].flat, f.length), 0);
		shape_free(s);
	}
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(netdev, the_8021Q_slot_becomes_a_header_through_af_packet)
{
	tags_through(AF_PACKET_VETH);
}

BRIDGE_TEST(netdev, the_8021Q_slot_becomes_a_header_through_tap)
{
	tags_through(TAP);
}

static void tags_up(enum kind kind)
{
	nrt_config_set("port0", "*PriorityVLANTag", "3");
	start(kind, NULL);
	for (ULONG i = 0; i < 50; i++) {
		NDIS_NET_BUFFER_LIST_8021Q_INFO info;
		UCHAR bytes[200] = { 2, 0, 0, 0, 0, 0xD, 2, 0, 0, 0, 0, 0x5,
				     0x81, 0, 0xA1, 0x23, 0x88, 0xB5, (UCHAR)i };
		struct proto_frame *got;

		netdev_send(fd, bytes, sizeof(bytes));
		got = next_frame();
		info.Value = got->tag;
		cr_expect_eq(got->length, 196);
		cr_expect_eq(got->bytes[14], i);
		cr_expect_eq(info.TagHeader.UserPriority, 5);
		cr_expect_eq(info.TagHeader.VlanId, 0x123);
		proto_free_frame(got);
	}
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(netdev, the_8021Q_header_goes_into_its_slot_through_af_packet)
{
	tags_up(AF_PACKET_VETH);
}

BRIDGE_TEST(netdev, the_8021Q_header_goes_into_its_slot_through_tap)
{
	tags_up(TAP);
}

/* net_tap keeps a stock of receive buffers until it is closed. */
BRIDGE_TEST(netdev, a_tap_port_is_removed_and_added_again)
{
	struct shaped *list[10];

	start(TAP, NULL);
	for (ULONG i = 0; i < 5; i++) {
		shape_plain(list, 10, 200, i * 10);
		expect_through(list, 10);
		shape_free_all(list, 10);
		host_remove(0);
		port = host_open(0, NULL);
		netdev_up("theirs");
	}
	host_stop();
}
