/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which headers a frame has, and what softnic_examine() makes of frames that are
 * cut, damaged or noise.
 */
#include <criterion/criterion.h>

#include "samples.h"

TestSuite(parse, .timeout = 120);

#define ROUNDS 1000000

static struct softnic_headers parse(const struct sample *s)
{
	struct softnic_headers h;
	uint8_t *frame = exactly(s->bytes, s->length);

	softnic_parse(frame, s->length, &h);
	free(frame);
	return h;
}

/* The samples of samples.c, in order. */
static const struct softnic_headers expected[SAMPLES] = {
	{ .l2_len = 14, .l3_len = 20, .l4_len = 8, .ip_version = 4, .l4_protocol = 17 },
	{ .l2_len = 14, .l3_len = 32, .l4_len = 32, .ip_version = 4, .l4_protocol = 6,
	  .ip_options = true },
	{ .l2_len = 18, .l3_len = 20, .l4_len = 8, .ip_version = 4, .l4_protocol = 17,
	  .vlan = true, .tci = 0x6123 },
	{ .l2_len = 22, .l3_len = 20, .l4_len = 8, .ip_version = 4, .l4_protocol = 17 },
	{ .l2_len = 14, .l3_len = 20, .l4_len = 12, .ip_version = 4, .l4_protocol = 132 },
	{ .l2_len = 14, .l3_len = 40, .l4_len = 20, .ip_version = 6, .l4_protocol = 6 },
	{ .l2_len = 18, .l3_len = 40, .l4_len = 8, .ip_version = 6, .l4_protocol = 17,
	  .vlan = true, .tci = 0x6123 },
	{ .l2_len = 14, .l3_len = 56, .l4_len = 8, .ip_version = 6, .l4_protocol = 17,
	  .ip_options = true },
	{ .l2_len = 14, .l3_len = 88, .l4_len = 20, .ip_version = 6, .l4_protocol = 6,
	  .ip_options = true },
	{ .l2_len = 14, .l3_len = 48, .ip_version = 6, .ip_options = true, .fragment = true },
};

static void expect_headers(const struct softnic_headers *got, const struct softnic_headers *want,
			   uint32_t i)
{
	cr_expect_eq(got->l2_len, want->l2_len, "%u: l2 %u", i, got->l2_len);
	cr_expect_eq(got->l3_len, want->l3_len, "%u: l3 %u", i, got->l3_len);
	cr_expect_eq(got->l4_len, want->l4_len, "%u: l4 %u", i, got->l4_len);
	cr_expect_eq(got->ip_version, want->ip_version, "%u: IP %u", i, got->ip_version);
	cr_expect_eq(got->l4_protocol, want->l4_protocol, "%u: proto %u", i, got->l4_protocol);
	cr_expect_eq(got->vlan, want->vlan, "%u: tag", i);
	cr_expect_eq(got->tci, want->tci, "%u: tci %x", i, got->tci);
	cr_expect_eq(got->ip_options, want->ip_options, "%u: options", i);
	cr_expect_eq(got->fragment, want->fragment, "%u: fragment", i);
}

Test(parse, each_kind_of_frame_has_the_headers_it_was_made_with)
{
	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct sample s;
		struct softnic_headers h;

		sample_make(i, &s);
		h = parse(&s);
		expect_headers(&h, &expected[i], i);
	}
}

/* Cut after each byte in turn: a header is there as a whole or not at all. */
Test(parse, a_header_that_is_cut_off_is_absent)
{
	for (uint32_t i = 0; i < SAMPLES; i++) {
		const struct softnic_headers *want = &expected[i];
		struct sample s;
		uint32_t l3_at = want->l2_len + (want->ip_version == 4 ? want->l3_len : 40u);
		uint32_t l4_at = (uint32_t)want->l2_len + want->l3_len + want->l4_len;

		sample_make(i, &s);
		for (; s.length > 0; s.length--) {
			struct softnic_headers h = parse(&s);

			cr_assert_leq(h.l2_len + h.l3_len + h.l4_len, s.length);
			cr_assert_eq(h.ip_version != 0, s.length >= l3_at, "%u at %u", i, s.length);
			if (want->l4_len > 0)
				cr_assert_eq(h.l4_len != 0, s.length >= l4_at, "%u at %u", i,
					     s.length);
			cr_assert_eq(h.l4_len != 0, h.l4_protocol != 0);
			cr_assert_eq(h.ip_version != 0, h.l3_len != 0);
		}
	}
}

Test(parse, a_version_that_differs_from_the_type_is_not_ip)
{
	struct sample s;

	sample_make(0, &s);
	s.bytes[14] = 0x65;
	cr_expect_eq(parse(&s).ip_version, 0);
	sample_make(5, &s);
	s.bytes[14] = 0x45;
	cr_expect_eq(parse(&s).ip_version, 0);
}

Test(parse, an_ipv4_header_under_20_bytes_is_absent)
{
	struct sample s;

	sample_make(0, &s);
	s.bytes[14] = 0x44;
	cr_expect_eq(parse(&s).ip_version, 0);
}

Test(parse, first_middle_and_last_fragments_have_no_l4)
{
	static const uint16_t flags[] = { 0x2000, 0x2001, 0x0001, 0x1FFF };
	struct sample s;

	sample_make(0, &s);
	for (uint32_t i = 0; i < 4; i++) {
		put16(s.bytes + 20, flags[i]);
		cr_expect(parse(&s).fragment, "%04x", flags[i]);
		cr_expect_eq(parse(&s).l4_len, 0);
	}
	put16(s.bytes + 20, 0x4000); /* don't fragment */
	cr_expect_not(parse(&s).fragment);
	cr_expect_eq(parse(&s).l4_len, 8);
}

Test(parse, padding_behind_the_packet_is_no_header)
{
	struct sample s;

	sample_make(1, &s);
	put16(s.bytes + 16, 32 + 31); /* ends in the TCP header, one byte short */
	cr_expect_eq(parse(&s).l3_len, 32);
	cr_expect_eq(parse(&s).l4_len, 0);
	put16(s.bytes + 16, 32 + 32);
	cr_expect_eq(parse(&s).l4_len, 32);
	sample_make(5, &s);
	put16(s.bytes + 18, 19);
	cr_expect_eq(parse(&s).l4_len, 0);
}

Test(parse, a_second_tag_is_not_looked_through)
{
	struct sample s = { .length = 0 };

	sample_ether(&s, true, 0x8100);
	sample_zeros(&s, 4);
	put16(s.bytes + 20, 0x0800);
	sample_ipv4(&s, 20, 17, 8);
	sample_l4(&s, 17, 8, 0);
	cr_expect(parse(&s).vlan);
	cr_expect_eq(parse(&s).l2_len, 18);
	cr_expect_eq(parse(&s).ip_version, 0);
}

Test(parse, a_tcp_header_that_claims_under_20_bytes_is_absent)
{
	struct sample s;

	sample_make(5, &s);
	s.bytes[14 + 40 + 12] = 0x40;
	cr_expect_eq(parse(&s).l4_len, 0);
}

Test(parse, extension_headers_end_at_the_first_unknown_one)
{
	struct sample s = { .length = 0 };

	sample_ether(&s, false, 0x86DD);
	sample_ipv6(&s, 0, 8 + 8 + 20);
	sample_extension(&s, 50, 8); /* ESP */
	sample_extension(&s, 17, 8);
	sample_l4(&s, 17, 8, 12);
	cr_expect_eq(parse(&s).l3_len, 48);
	cr_expect_eq(parse(&s).l4_len, 0);
}

/* Whatever comes, nothing is read beyond it, and what is found lies within. */
Test(parse, noise_is_examined_within_its_bounds)
{
	uint64_t seed = 0x5EED0001;
	uint32_t deep = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct softnic_meta meta;
		const struct softnic_headers *h = &meta.headers;
		uint32_t length;
		uint8_t *frame = mangled(&seed, &length);

		softnic_examine(frame, length, &meta);
		cr_assert_leq(h->l2_len + h->l3_len + h->l4_len, length);
		cr_assert_eq(meta.ip != SOFTNIC_CHECKSUM_NONE, h->ip_version == 4);
		if (h->l4_len == 0)
			cr_assert_eq(meta.l4, SOFTNIC_CHECKSUM_NONE);
		deep += h->l4_len != 0;
		free(frame);
	}
	cr_expect_gt(deep, ROUNDS / 4, "most samples must get as far as L4: %u", deep);
}

Test(parse, a_tag_goes_behind_the_addresses)
{
	struct sample s;
	uint8_t *frame, *out;

	sample_make(0, &s);
	frame = exactly(s.bytes, s.length);
	out = malloc(s.length + 4);
	softnic_insert_vlan(out, frame, s.length, 0xE00F);
	cr_expect_arr_eq(out, frame, 12);
	cr_expect_arr_eq(out + 12, ((uint8_t[]){ 0x81, 0x00, 0xE0, 0x0F }), 4);
	cr_expect_arr_eq(out + 16, frame + 12, s.length - 12);
	free(frame);
	free(out);
}
