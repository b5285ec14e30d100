/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segmentation: each segment's headers, and that the payloads make the whole
 * again. That all bytes are as another implementation would have them is judged
 * by scapy_judge.py.
 */
#include <criterion/criterion.h>

#include "samples.h"

TestSuite(segment, .timeout = 120);

#define ROUNDS 100000

struct segments {
	const struct softnic_tso *tso;
	const uint8_t *data;
	uint32_t n, payload;        /* so far */
	uint32_t length[64];
	uint8_t bytes[64][256];
};

static void keep(void *context, const uint8_t *frame, uint32_t length)
{
	struct segments *s = context;

	cr_assert_lt(s->n, 64);
	cr_assert_leq(length, 256);
	memcpy(s->bytes[s->n], frame, length);
	s->length[s->n++] = length;
}

/* Cut as a sample says: checksum fields hold what a driver leaves, the pseudo header without
 * its length. */
static void cut(const struct sample *s, uint32_t mss, struct segments *out,
		struct softnic_tso *tso)
{
	struct softnic_headers h;
	uint8_t *data = exactly(s->bytes, s->length), *scratch, *l4;

	softnic_parse(data, s->length, &h);
	*tso = (struct softnic_tso){
		.headers = (uint32_t)h.l2_len + h.l3_len + h.l4_len,
		.mac_len = h.l2_len, .ip_len = h.l3_len, .l4_len = h.l4_len,
		.mss = (uint16_t)mss, .ipv4 = h.ip_version == 4, .tcp = h.l4_protocol == 6,
		.ip_checksum = h.ip_version == 4, .l4_checksum = true,
	};
	l4 = data + h.l2_len + h.l3_len;
	put16(l4 + (tso->tcp ? 16 : 6),
	      tso->ipv4 ? slow_sum(h.l4_protocol, data + h.l2_len + 12, 8) :
	      slow_sum(h.l4_protocol, data + h.l2_len + 8, 32));
	scratch = malloc(tso->headers + mss);
	out->n = 0;
	cr_expect_eq(softnic_segment(tso, data, s->length, scratch, keep, out), out->n);
	free(scratch);
	free(data);
}

/* Sample @i with @payload bytes and all flags up. */
static void make(uint32_t i, uint32_t payload, struct sample *s)
{
	struct softnic_headers h;

	sample_make(i, s);
	softnic_parse(s->bytes, s->length, &h);
	s->length = (uint32_t)h.l2_len + h.l3_len + h.l4_len;
	if (h.l4_protocol == 6) {
		s->bytes[s->length - h.l4_len + 13] = 0xFF;
		memset(s->bytes + s->length - h.l4_len + 4, 0xFF, 4); /* sequence numbers wrap */
	}
	for (uint32_t n = 0; n < payload; n++)
		s->bytes[s->length++] = (uint8_t)(n * 5 + 3);
}

Test(segment, each_segment_is_a_right_frame_and_all_make_the_whole)
{
	static const uint32_t kinds[] = { 0, 1, 2, 5, 6, 7 };
	static struct segments out;

	for (uint32_t k = 0; k < 6; k++) {
		struct sample s;
		struct softnic_tso tso;
		uint32_t at;

		make(kinds[k], 101, &s);
		cut(&s, 25, &out, &tso);
		cr_assert_eq(out.n, 5, "%u", kinds[k]);
		at = tso.headers;
		for (uint32_t i = 0; i < out.n; i++) {
			struct softnic_meta meta;
			uint32_t payload = i == 4 ? 1 : 25;

			cr_assert_eq(out.length[i], tso.headers + payload);
			softnic_examine(out.bytes[i], out.length[i], &meta);
			cr_expect_eq(meta.l4, SOFTNIC_CHECKSUM_GOOD, "%u: %u", kinds[k], i);
			cr_expect_neq(meta.ip, SOFTNIC_CHECKSUM_BAD, "%u: %u", kinds[k], i);
			cr_expect_arr_eq(out.bytes[i] + tso.headers, s.bytes + at, payload);
			at += payload;
		}
	}
}

Test(segment, lengths_and_ids_follow_the_segments)
{
	static struct segments out;
	struct sample s;
	struct softnic_tso tso;

	make(1, 50, &s);
	put16(s.bytes + 14 + 4, 0xFFFF); /* the ID wraps at 16 bits */
	cut(&s, 40, &out, &tso);
	cr_assert_eq(out.n, 2);
	cr_expect_eq(get16(out.bytes[0] + 16), 32 + 32 + 40);
	cr_expect_eq(get16(out.bytes[1] + 16), 32 + 32 + 10);
	cr_expect_eq(get16(out.bytes[0] + 18), 0xFFFF);
	cr_expect_eq(get16(out.bytes[1] + 18), 0);
	make(7, 50, &s);
	cut(&s, 40, &out, &tso);
	cr_expect_eq(get16(out.bytes[1] + 18), 16 + 8 + 10, "IPv6 without its own 40 bytes");
	cr_expect_eq(get16(out.bytes[1] + 14 + 56 + 4), 8 + 10, "UDP's length");
}

Test(segment, sequence_numbers_and_flags_are_those_of_their_bytes)
{
	static struct segments out;
	struct sample s;
	struct softnic_tso tso;

	make(5, 30, &s);
	cut(&s, 10, &out, &tso);
	cr_assert_eq(out.n, 3);
	for (uint32_t i = 0; i < 3; i++)
		cr_expect_eq(get32(out.bytes[i] + 54 + 4), 0xFFFFFFFFu + i * 10);
	cr_expect_eq(out.bytes[0][54 + 13], 0xF6, "no FIN, no PSH");
	cr_expect_eq(out.bytes[1][54 + 13], 0x76, "nor CWR");
	cr_expect_eq(out.bytes[2][54 + 13], 0x7F, "all but CWR");
	cut(&s, 30, &out, &tso);
	cr_assert_eq(out.n, 1);
	cr_expect_eq(out.bytes[0][54 + 13], 0xFF, "first and last");
}

Test(segment, a_snap_length_is_that_of_the_segment)
{
	static struct segments out;
	struct sample s;
	struct softnic_tso tso;

	make(3, 30, &s);
	cut(&s, 20, &out, &tso);
	cr_assert_eq(out.n, 2);
	cr_expect_eq(get16(out.bytes[0] + 12), 8 + 20 + 8 + 20);
	cr_expect_eq(get16(out.bytes[1] + 12), 8 + 20 + 8 + 10);
}

Test(segment, checksums_that_are_not_asked_for_stay)
{
	static struct segments out;
	struct sample s;
	struct softnic_tso tso = { .headers = 54, .mac_len = 14, .ip_len = 20, .l4_len = 20,
				   .mss = 8, .ipv4 = true, .tcp = true };
	uint8_t scratch[64];

	make(1, 30, &s);
	put16(s.bytes + 24, 0xBEEF);
	put16(s.bytes + 50, 0xCAFE);
	out.n = 0;
	softnic_segment(&tso, s.bytes, s.length, scratch, keep, &out);
	cr_assert_gt(out.n, 1);
	cr_expect_eq(get16(out.bytes[1] + 24), 0xBEEF);
	cr_expect_eq(get16(out.bytes[1] + 50), 0xCAFE);
}

Test(segment, nothing_comes_of_a_frame_without_payload_or_a_context_that_cannot_be)
{
	static struct segments out;
	const struct softnic_tso good = { .headers = 54, .mac_len = 14, .ip_len = 20, .l4_len = 20,
					  .mss = 8, .ipv4 = true, .tcp = true };
	struct softnic_tso tso[6];
	uint8_t scratch[64], data[60] = { 0 };

	for (uint32_t i = 0; i < 6; i++)
		tso[i] = good;
	tso[0].mss = 0;
	tso[1].ip_len = 19;
	tso[2].l4_len = 19;
	tso[3].mac_len = 13;
	tso[4].headers = 53;
	tso[5].ipv4 = false;
	for (uint32_t i = 0; i < 6; i++)
		cr_expect_eq(softnic_segment(&tso[i], data, 60, scratch, keep, &out), 0, "%u", i);
	cr_expect_eq(softnic_segment(&good, data, 54, scratch, keep, &out), 0);
	cr_expect_eq(softnic_segment(&good, data, 10, scratch, keep, &out), 0);
	cr_expect_eq(out.n, 0);
	cr_expect_eq(softnic_segment(&good, data, 60, scratch, keep, &out), 1);
}

static void count(void *context, const uint8_t *frame, uint32_t length)
{
	struct segments *s = context;

	cr_assert_gt(length, s->tso->headers);
	cr_assert_leq(length, s->tso->headers + s->tso->mss);
	cr_assert_eq(frame[length - 1], s->data[s->tso->headers + s->payload + length -
						s->tso->headers - 1]);
	s->payload += length - s->tso->headers;
	s->n++;
}

/* Any context over any bytes: nothing read or written out of bounds, no payload lost. */
Test(segment, noise_is_cut_within_its_bounds)
{
	static struct segments out;
	uint64_t seed = 0x5EED0005;
	uint32_t cuts = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct softnic_tso tso = {
			.mac_len = (uint16_t)(12 + roll(&seed) % 12),
			.ip_len = (uint16_t)(16 + roll(&seed) % 48),
			.l4_len = (uint16_t)(4 + roll(&seed) % 40),
			.mss = (uint16_t)(roll(&seed) % (i % 8 == 0 ? 65536 : 64)),
			.ipv4 = roll(&seed) % 2, .tcp = roll(&seed) % 2,
			.ip_checksum = roll(&seed) % 2, .l4_checksum = roll(&seed) % 2,
		};
		uint32_t length, n;
		uint8_t *data = mangled(&seed, &length), *scratch;

		tso.headers = (uint32_t)tso.mac_len + tso.ip_len + tso.l4_len + roll(&seed) % 8;
		if (roll(&seed) % 16 == 0)
			tso.headers = roll(&seed) % 256;
		scratch = malloc(tso.headers + tso.mss);
		out = (struct segments){ .tso = &tso, .data = data };
		n = softnic_segment(&tso, data, length, scratch, count, &out);
		cr_assert_eq(n, out.n);
		if (n > 0)
			cr_assert_eq(out.payload, length - tso.headers);
		cuts += n > 0;
		free(scratch);
		free(data);
	}
	cr_expect_gt(cuts, ROUNDS / 16, "%u", cuts);
}
