/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames the plain way of a send does not take (pmd-bridge/txcopy.c): many MDLs,
 * memory of others, short ones, tags. Each is compared, byte by byte, with a flat
 * reference at the other end of the wire. Rules MP-SND-03, -07, -08, -11.
 */
#include "bed.h"

#include <stdlib.h>
#include <string.h>

static const UCHAR dst[6] = { 2, 0, 0, 0, 0, 0xD }, src[6] = { 2, 0, 0, 0, 0, 0x5 };

static struct shaped *nbl_of(const struct shape_frame *frames, ULONG n, ULONG id)
{
	struct shaped *s = shape_new(frames, n, dst, src, id);

	cr_assert_not_null(s);
	s->send.on_done = shape_scribble; /* MP-SND-03: from then on the memory is ours */
	return s;
}

static void send_all(struct bed *bed, struct shaped *const list[], ULONG n)
{
	cr_assert(proto_send(bed->port, shape_chain(bed->port, list, n)));
}

/* ------------------------------------------------------------- every shape */

static struct shaped *named_shape(ULONG i, ULONG id)
{
	static const struct shape_frame shapes[] = {
		{ 60, { 0 } },
		{ 1514, { 0 } },
		{ 1000, { .before = 200 } },
		{ 1000, { .after = 300 } },
		{ 1000, { .before = 5000, .after = 5000 } },
		{ 64, { .before = 1, .misalign = 1 } },
		{ 1514, { .misalign = 63 } },
		{ 1000, { .before_mdls = 2, .before = 3 } },
		{ 600, { .n = 24, .piece = { 14, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } } },
		{ 100, { .n = 5, .piece = { 0, 0, 50, 0 } } },
		{ 100, { .n = 4, .piece = { 50, 0, 50, 0 } } },
		{ 1500, { .n = 2, .piece = { 14 } } },
		{ 1500, { .n = 3, .piece = { 14, 40 }, .before = 30, .after = 30 } },
		{ 1500, { .n = 3, .piece = { 500, 500 } } },
		{ 1500, { .not_dma = TRUE } },
		{ 1500, { .n = 3, .piece = { 500, 500 }, .not_dma = TRUE } },
		{ 60, { .n = 3, .piece = { 20, 20 } } },
	};

	return nbl_of(&shapes[i % (sizeof(shapes) / sizeof(shapes[0]))], 1, id);
}

#define NAMED 17

static void named_shapes_on(enum bed_kind kind)
{
	struct shaped *list[4 * NAMED];
	struct bed bed;

	bed_start(&bed, kind, NULL);
	for (ULONG i = 0; i < 4 * NAMED; i++) {
		list[i] = named_shape(i, i);
		send_all(&bed, &list[i], 1);
	}
	bed_finish(&bed, list, 4 * NAMED, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 4 * NAMED);
	bed_stop(&bed, list, 4 * NAMED);
}

BRIDGE_TEST(txcopy, MP_SND_11_each_shape_reaches_a_ring_as_its_bytes)
{
	named_shapes_on(BED_RING);
}

BRIDGE_TEST(txcopy, MP_SND_11_each_shape_reaches_a_file_as_its_bytes)
{
	named_shapes_on(BED_PCAP);
}

BRIDGE_TEST(txcopy, MP_SND_11_each_shape_reaches_a_slow_NIC_as_its_bytes)
{
	named_shapes_on(BED_SLOW);
}

static struct shaped *random_nbl(ULONG id, ULONG longest, ULONG64 *state)
{
	struct shape_frame frames[40];
	ULONG n = shape_random(state) % 8 == 0 ? 1 + shape_random(state) % 40 : 1;

	for (ULONG i = 0; i < n; i++) {
		frames[i].length = 14 + shape_random(state) % (longest - 13);
		if (shape_random(state) % 4 == 0)
			frames[i].length = 14 + shape_random(state) % 60;
		shape_cut_random(&frames[i].cut, frames[i].length, state);
	}
	return nbl_of(frames, n, id);
}

/* @n NBLs in chains of random length, some sent on the worker itself. */
struct sending {
	struct bed *bed;
	struct shaped **list;
	ULONG n;
};

static void send_some(void *arg)
{
	struct sending *s = arg;

	send_all(s->bed, s->list, s->n);
}

static void random_shapes_on(enum bed_kind kind, const struct pmb_device_config *config,
			     ULONG longest, ULONG n, ULONG64 seed)
{
	struct shaped **list = calloc(n, sizeof(*list));
	struct bed bed;

	bed_start(&bed, kind, config);
	for (ULONG i = 0; i < n; i++)
		list[i] = random_nbl(i, longest, &seed);
	for (ULONG i = 0; i < n;) {
		struct sending s = { &bed, list + i, 1 + shape_random(&seed) % 20 };

		s.n = s.n < n - i ? s.n : n - i;
		if (shape_random(&seed) % 2 == 0)
			host_on_worker(send_some, &s);
		else
			send_some(&s);
		i += s.n;
	}
	bed_finish(&bed, list, n, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, n);
	bed_stop(&bed, list, n);
	free(list);
}

BRIDGE_TEST(txcopy, MP_SND_11_random_mixtures_reach_a_ring_in_order_as_their_bytes)
{
	random_shapes_on(BED_RING, NULL, 1514, 400, 11);
}

BRIDGE_TEST(txcopy, MP_SND_11_random_mixtures_reach_a_file_in_order_as_their_bytes)
{
	random_shapes_on(BED_PCAP, NULL, 1514, 400, 12);
}

BRIDGE_TEST(txcopy, MP_SND_11_random_mixtures_reach_a_slow_NIC_in_order_as_their_bytes)
{
	random_shapes_on(BED_SLOW, NULL, 1514, 400, 13);
}

static const struct pmb_device_config jumbo = { .node = -1, .mbuf_data_size = 1024 + 128,
						.max_frame = 9018 };

BRIDGE_TEST(txcopy, jumbo_frames_reach_a_ring_through_small_buffers)
{
	random_shapes_on(BED_RING, &jumbo, 9014, 200, 14);
}

BRIDGE_TEST(txcopy, jumbo_frames_reach_a_file_through_small_buffers)
{
	random_shapes_on(BED_PCAP, &jumbo, 9014, 200, 15);
}

BRIDGE_TEST(txcopy, jumbo_frames_reach_a_slow_NIC_through_small_buffers)
{
	random_shapes_on(BED_SLOW, &jumbo, 9014, 200, 16);
}

/* -------------------------------------------------------------- short, long */

static void short_frames_on(enum bed_kind kind)
{
	struct shaped *list[2 * 51];
	struct bed bed;
	ULONG n = 0;

	bed_start(&bed, kind, NULL);
	for (ULONG length = 14; length <= 64; length++) {
		struct shape_frame one = { .length = length, .cut.after = 100 };
		struct shape_frame two = { .length = length, .cut = { .n = 2, .piece = { 14 } } };

		list[n] = nbl_of(&one, 1, n);
		list[n + 1] = nbl_of(&two, 1, n + 1);
		n += 2;
	}
	send_all(&bed, list, n);
	bed_finish(&bed, list, n, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, n); /* the reference is padded with zeros */
	bed_stop(&bed, list, n);
}

BRIDGE_TEST(txcopy, MP_SND_08_short_frames_are_padded_with_zeros_on_a_ring)
{
	short_frames_on(BED_RING);
}

BRIDGE_TEST(txcopy, MP_SND_08_short_frames_are_padded_with_zeros_in_a_file)
{
	short_frames_on(BED_PCAP);
}

BRIDGE_TEST(txcopy, MP_SND_08_short_frames_are_padded_with_zeros_on_a_slow_NIC)
{
	short_frames_on(BED_SLOW);
}

static void bad_lengths_on(enum bed_kind kind)
{
	static const ULONG lengths[] = { 0, 1, 13, 1519, 1520, 9000, 60000 };
	struct shape_frame fine = { .length = 100 };
	struct shape_frame mixed[3] = { { .length = 100 }, { .length = 2000 }, { .length = 100 } };
	struct shaped *bad[8], *good[8], *all[16];
	struct bed bed;

	bed_start(&bed, kind, NULL);
	for (ULONG i = 0; i < 7; i++) {
		struct shape_frame f = { .length = lengths[i] };

		bad[i] = nbl_of(&f, 1, i);
	}
	bad[7] = nbl_of(mixed, 3, 7); /* one of its three is too long: none goes */
	for (ULONG i = 0; i < 8; i++) {
		good[i] = nbl_of(&fine, 1, 100 + i);
		all[2 * i] = bad[i];
		all[2 * i + 1] = good[i];
	}
	send_all(&bed, all, 16);
	for (ULONG i = 0; i < 8; i++)
		HOST_WAIT(bad[i]->send.done);
	for (ULONG i = 0; i < 8; i++)
		cr_expect_eq(bad[i]->send.status, NDIS_STATUS_INVALID_LENGTH, "NBL %u: 0x%08X", i,
			     (unsigned int)bad[i]->send.status);
	bed_finish(&bed, good, 8, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, all, 16);
	bed_stop(&bed, all, 16);
}

BRIDGE_TEST(txcopy, frames_of_no_legal_length_end_with_INVALID_LENGTH_on_a_ring)
{
	bad_lengths_on(BED_RING);
}

BRIDGE_TEST(txcopy, frames_of_no_legal_length_end_with_INVALID_LENGTH_on_a_file)
{
	bad_lengths_on(BED_PCAP);
}

BRIDGE_TEST(txcopy, frames_of_no_legal_length_end_with_INVALID_LENGTH_on_a_slow_NIC)
{
	bad_lengths_on(BED_SLOW);
}

/* An NBL without any NET_BUFFER holds nothing up and sends nothing. */
Test(txcopy, an_NBL_without_frames_ends_with_INVALID_LENGTH)
{
	struct shape_frame f = { .length = 100 };
	struct shaped *list[3];
	struct bed bed;
	NET_BUFFER *nb;

	bed_start(&bed, BED_SLOW, NULL);
	for (ULONG i = 0; i < 3; i++)
		list[i] = nbl_of(&f, 1, i);
	nb = NET_BUFFER_LIST_FIRST_NB(list[1]->send.nbl);
	NET_BUFFER_LIST_FIRST_NB(list[1]->send.nbl) = NULL;
	send_all(&bed, list, 3);
	HOST_WAIT(list[1]->send.done);
	cr_expect_eq(list[1]->send.status, NDIS_STATUS_INVALID_LENGTH);
	NET_BUFFER_LIST_FIRST_NB(list[1]->send.nbl) = nb;
	bed_finish(&bed, (struct shaped *[]){ list[0], list[2] }, 2, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 3);
	bed_stop(&bed, list, 3);
}

/* --------------------------------------------------------------------- VLAN */

/* The reference of a tagged frame: its header goes in behind the addresses. */
static void expect_tagged(const struct bed *bed, struct shaped *const list[], ULONG n)
{
	cr_assert_eq(bed->frames.n, n);
	for (ULONG i = 0; i < n; i++) {
		UCHAR must[2048], tagged[2048];
		ULONG length = shape_wire(&list[i]->frame[0], must);
		const struct pcap_frame *f = &bed->frames.frame[i];

		memcpy(tagged, must, 12);
		memcpy(tagged + 12, (const UCHAR[]){ 0x81, 0, 0xB1, 0x23 }, 4);
		memcpy(tagged + 16, must + 12, length - 12);
		cr_assert_eq(f->length, length + 4, "frame %u: %u bytes, not %u", i, f->length,
			     length + 4);
		cr_assert_eq(memcmp(f->bytes, tagged, length + 4), 0, "frame %u", i);
	}
}

static void tagged_on(enum bed_kind kind, bool strip)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = { .Value = NULL };
	struct shaped *list[2 * NAMED];
	struct bed bed;

	info.TagHeader.UserPriority = 5;
	info.TagHeader.CanonicalFormatId = 1;
	info.TagHeader.VlanId = 0x123;
	cr_assert_eq(nrt_config_set("port0", "*PriorityVLANTag", strip ? "3" : "0"), 0);
	bed_start(&bed, kind, NULL);
	for (ULONG i = 0; i < 2 * NAMED; i++) {
		list[i] = named_shape(i, i);
		NET_BUFFER_LIST_INFO(list[i]->send.nbl, Ieee8021QNetBufferListInfo) = info.Value;
	}
	send_all(&bed, list, 2 * NAMED);
	bed_finish(&bed, list, 2 * NAMED, NDIS_STATUS_SUCCESS);
	expect_tagged(&bed, list, 2 * NAMED);
	bed_stop(&bed, list, 2 * NAMED);
}

BRIDGE_TEST(txcopy, the_8021Q_slot_becomes_a_header_on_a_ring)
{
	tagged_on(BED_RING, true);
}

BRIDGE_TEST(txcopy, the_8021Q_slot_becomes_a_header_in_a_file)
{
	tagged_on(BED_PCAP, true);
}

BRIDGE_TEST(txcopy, the_8021Q_slot_becomes_a_header_on_a_slow_NIC)
{
	tagged_on(BED_SLOW, true);
}

BRIDGE_TEST(txcopy, the_8021Q_slot_becomes_a_header_also_when_received_ones_are_left_in)
{
	tagged_on(BED_SLOW, false);
}
