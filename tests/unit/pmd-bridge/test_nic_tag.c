/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 802.1Q tags with *PriorityVLANTag set: the NIC writes the tag that is in an NBL's slot
 * into the frame and takes a received frame's tag out of it into the slot. net_e1000_em
 * inserts only where it strips, which the bridge asks for together.
 */
#include "batch.h"
#include "bed.h"
#include "nics.h"
#include "stream.h"

#include <stdlib.h>

#define FRAMES 300

static struct bed out; /* .frames: what NIC 0 sent */

static void on_wire(void *context, const uint8_t *frame, uint32_t length)
{
	(void)context;
	pcapfile_add(&out.frames, frame, length);
}

static void start(const char *type, uint16_t n, const char *keyword)
{
	cr_assert_eq(nrt_config_set("port0", "*PriorityVLANTag", keyword), 0);
	cr_assert_eq(nrt_config_set("port1", "*PriorityVLANTag", keyword), 0);
	nics_start(type, n, "", &stream_rings);
}

/* Every third frame has no tag; the others all that there are of priorities, and ids from
 * 0 (priority only) to 4095. */
static bool has_tag(ULONG i)
{
	return i % 3 != 0;
}

static USHORT tci_of(ULONG i)
{
	return (USHORT)((i & 7) << 13 | (i & 1) << 12 | (i == 1 ? 0 : i == 2 ? 4095 : i * 13));
}

/* Untagged sizes from 60 to 1514. */
static ULONG length_of(ULONG i)
{
	return i % 10 == 0 ? 1514 : 60 + i * 4;
}

static PVOID slot_of(ULONG i)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = { .Value = NULL };

	if (has_tag(i)) {
		info.TagHeader.UserPriority = tci_of(i) >> 13 & 7u;
		info.TagHeader.CanonicalFormatId = tci_of(i) >> 12 & 1u;
		info.TagHeader.VlanId = tci_of(i) & 0xFFFu;
	}
	return info.Value;
}

static void make(struct shaped *list[FRAMES], const UCHAR to[6])
{
	for (ULONG i = 0; i < FRAMES; i++) {
		const struct shape_frame f = { .length = length_of(i) };

		list[i] = shape_new(&f, 1, to, proto_port(0)->mac, i);
		cr_assert_not_null(list[i]);
		list[i]->send.on_done = shape_scribble;
		NET_BUFFER_LIST_INFO(list[i]->send.nbl, Ieee8021QNetBufferListInfo) = slot_of(i);
	}
}

/* @flat with its tag in the frame; returns the length. */
static ULONG tagged(ULONG i, const UCHAR *flat, UCHAR *to)
{
	ULONG skip = has_tag(i) ? 4 : 0;

	memcpy(to, flat, 12);
	to[12] = 0x81;
	to[13] = 0;
	to[14] = (UCHAR)(tci_of(i) >> 8);
	to[15] = (UCHAR)tci_of(i);
	memcpy(to + 12 + skip, flat + 12, length_of(i) - 12);
	return length_of(i) + skip;
}

static void send_all(struct shaped *list[FRAMES])
{
	batch_send(list, FRAMES);
	HOST_WAIT(batch_done(list, FRAMES) == FRAMES);
	batch_expect_ended(list, FRAMES, NDIS_STATUS_SUCCESS);
}

NIC_TEST(nic_tag, the_tag_in_an_NBLs_slot_is_inserted_and_others_stay_untagged)
{
	static UCHAR must[1600];
	struct shaped *list[FRAMES];

	start(type, 1, "3");
	softnic_on_transmit(nics_get(0), on_wire, NULL);
	make(list, (const UCHAR[6]){ 2, 0, 0, 0, 0, 0xD });
	send_all(list);
	softnic_on_transmit(nics_get(0), NULL, NULL);
	cr_assert_eq(out.frames.n, FRAMES);
	for (ULONG i = 0; i < FRAMES; i++) {
		ULONG length = tagged(i, list[i]->frame[0].flat, must);

		cr_expect_eq(out.frames.frame[i].length, length, "frame %u: %u bytes, not %u", i,
			     out.frames.frame[i].length, length);
		cr_expect_eq(memcmp(out.frames.frame[i].bytes, must, length), 0,
			     "frame %u has other bytes", i);
	}
	shape_free_all(list, FRAMES);
	pcapfile_free(&out.frames);
	host_expect_balanced(0);
	nics_expect_counts(0);
	nics_stop();
}

/* The next logged frame is frame @i without its tag, which is in the slot. */
static void expect_stripped(struct proto_port *p, ULONG i, const UCHAR *flat)
{
	struct proto_frame *f;

	HOST_WAIT(p->n_frames != 0);
	f = proto_take_frame(p);
	cr_assert_eq(f->length, length_of(i), "frame %u: %u bytes, not %u", i, f->length,
		     length_of(i));
	cr_expect_eq(memcmp(f->bytes, flat, f->length), 0, "frame %u has other bytes", i);
	cr_expect_eq(f->tag, slot_of(i), "frame %u: its slot says %p, not %p", i, f->tag, slot_of(i));
	cr_expect(f->clean);
	proto_free_frame(f);
}

NIC_TEST(nic_tag, a_received_tag_goes_into_the_slot_and_others_have_none)
{
	static UCHAR flat[1514], bytes[1600];
	struct proto_port *p;

	start(type, 1, "3");
	p = proto_port(0);
	memcpy(flat, p->mac, 6);
	flat[12] = 0x88;
	flat[13] = 0xB5;
	for (ULONG i = 0; i < FRAMES; i++) {
		ULONG length;

		memset(flat + 14, (int)(i & 0xFF), sizeof(flat) - 14);
		length = tagged(i, flat, bytes);
		softnic_inject(nics_get(0), bytes, length);
		expect_stripped(p, i, flat);
	}
	host_expect_balanced(0);
	nics_expect_counts(0);
	nics_stop();
}

NIC_TEST(nic_tag, tags_go_from_slot_to_slot_between_two_adapters)
{
	struct shaped *list[FRAMES];

	start(type, 2, "3");
	make(list, proto_port(1)->mac);
	send_all(list);
	for (ULONG i = 0; i < FRAMES; i++)
		expect_stripped(proto_port(1), i, list[i]->frame[0].flat);
	shape_free_all(list, FRAMES);
	for (uint16_t i = 0; i < 2; i++) {
		host_expect_balanced(i);
		nics_expect_counts(i);
	}
	nics_stop();
}

NIC_TEST(nic_tag, without_the_keyword_a_tag_stays_in_the_frame)
{
	static UCHAR flat[1514], bytes[1600];
	struct proto_port *p;

	start(type, 1, "0");
	p = proto_port(0);
	memcpy(flat, p->mac, 6);
	for (ULONG i = 0; i < FRAMES; i++) {
		ULONG length = tagged(i, flat, bytes);
		struct proto_frame *f;

		softnic_inject(nics_get(0), bytes, length);
		HOST_WAIT(p->n_frames != 0);
		f = proto_take_frame(p);
		cr_assert_eq(f->length, length, "frame %u: %u bytes, not %u", i, f->length, length);
		cr_expect_eq(memcmp(f->bytes, bytes, length), 0, "frame %u has other bytes", i);
		cr_expect_null(f->tag);
		proto_free_frame(f);
	}
	host_expect_balanced(0);
	nics_expect_counts(0);
	nics_stop();
}
