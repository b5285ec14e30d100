/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums against sums made byte by byte, at every length and alignment; the
 * CRC by the processor and by the table.
 */
#include <criterion/criterion.h>

#include "bytes.h"
#include "samples.h"

TestSuite(checksum, .timeout = 120);

#define ROUNDS 200000

static void fill(uint8_t *p, uint32_t length, uint64_t *seed)
{
	for (uint32_t i = 0; i < length; i++)
		p[i] = (uint8_t)roll(seed);
}

/* Put the right checksums into @frame, made slowly. */
static void correct(uint8_t *frame, const struct softnic_headers *h)
{
	uint8_t *ip = frame + h->l2_len, *l4 = ip + h->l3_len;
	uint32_t crc;

	if (h->ip_version == 4) {
		put16(ip + 10, 0);
		put16(ip + 10, ~slow_sum(0, ip, h->l3_len));
	}
	if (h->l4_protocol == 6)
		put16(l4 + 16, slow_l4(frame, h));
	else if (h->l4_protocol == 17)
		put16(l4 + 6, slow_l4(frame, h));
	if (h->l4_protocol != 132)
		return;
	memset(l4 + 8, 0, 4);
	crc = slow_crc32c(l4, l4_bytes(frame, h));
	memcpy(l4 + 8, &crc, 4);
}

Test(checksum, a_sum_is_that_of_rfc_1071)
{
	uint8_t bytes[10] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	softnic_sum_into(bytes, 0, 8, 8);
	cr_expect_eq(get16(bytes + 8), 0xFFFF - 0xddf2, "%04x", get16(bytes + 8));
}

Test(checksum, sums_of_every_length_and_alignment_are_those_made_by_bytes)
{
	uint64_t seed = 0x5EED0002;

	for (uint32_t length = 0; length < 300; length++) {
		for (uint32_t start = 0; start < 9; start++) {
			uint32_t at = start + length + 7; /* never where UDP has it */
			uint32_t bytes = at + 2;
			uint8_t *p = malloc(bytes);

			fill(p, bytes, &seed);
			if (length % 3 == 0)
				memset(p + start, 0xFF, length); /* carries everywhere */
			softnic_sum_into(p, start, start + length, at);
			cr_assert_eq(get16(p + at), ~slow_sum(0, p + start, length) & 0xFFFF,
				     "%u at %u", length, start);
			free(p);
		}
	}
}

Test(checksum, what_the_field_holds_is_part_of_the_sum)
{
	uint8_t p[20] = { 0 };

	put16(p + 16, 0x1234);
	softnic_sum_into(p, 0, 20, 16);
	cr_expect_eq(get16(p + 16), 0xFFFF - 0x1234);
}

Test(checksum, a_udp_sum_of_zero_goes_out_as_all_ones)
{
	uint8_t p[20] = { 0xFF, 0xFF };

	softnic_sum_into(p, 0, 20, 6);
	cr_expect_eq(get16(p + 6), 0xFFFF);
	memset(p + 6, 0, 2);
	softnic_sum_into(p, 0, 20, 16);
	cr_expect_eq(get16(p + 16), 0, "TCP's stays");
}

Test(checksum, the_crc_is_the_published_one_by_processor_and_by_table)
{
	static const uint8_t check[] = "123456789"; /* the usual check of a CRC */
	uint8_t zeros[32] = { 0 };                   /* RFC 3720 B.4 */
	uint64_t seed = 0x5EED0003;

	cr_expect_eq(~softnic_crc32c(UINT32_MAX, check, 9), 0xE3069283u);
	cr_expect_eq(~softnic_crc32c_table(UINT32_MAX, check, 9), 0xE3069283u);
	cr_expect_eq(~softnic_crc32c(UINT32_MAX, zeros, 32), 0x8A9136AAu);
	for (uint32_t length = 0; length < 200; length++) {
		uint8_t *p = malloc(length + 1);

		fill(p, length, &seed);
		cr_assert_eq(~softnic_crc32c(UINT32_MAX, p, length), slow_crc32c(p, length));
		cr_assert_eq(~softnic_crc32c_table(UINT32_MAX, p, length), slow_crc32c(p, length));
		free(p);
	}
}

Test(checksum, an_sctp_checksum_put_in_is_found_good)
{
	struct softnic_meta meta;
	struct sample s;

	sample_make(4, &s);
	memset(s.bytes + 34 + 8, 0x77, 4); /* what is there doesn't count */
	softnic_sctp_into(s.bytes, 34, s.length);
	softnic_examine(s.bytes, s.length, &meta);
	cr_expect_eq(meta.l4, SOFTNIC_CHECKSUM_GOOD);
	cr_expect_eq(meta.ip, SOFTNIC_CHECKSUM_BAD, "nobody made that one");
}

static enum softnic_checksum l4_of(uint32_t sample)
{
	if (sample == 8 || sample == 9) /* addresses elsewhere; a fragment */
		return SOFTNIC_CHECKSUM_NONE;
	return SOFTNIC_CHECKSUM_GOOD;
}

Test(checksum, a_right_checksum_is_good_and_a_flipped_bit_makes_it_bad)
{
	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct softnic_meta meta;
		struct sample s;

		sample_make(i, &s);
		softnic_parse(s.bytes, s.length, &meta.headers);
		correct(s.bytes, &meta.headers);
		softnic_examine(s.bytes, s.length, &meta);
		cr_expect_eq(meta.l4, l4_of(i), "%u", i);
		if (meta.headers.ip_version == 4)
			cr_expect_eq(meta.ip, SOFTNIC_CHECKSUM_GOOD, "%u", i);
		s.bytes[s.length - 1] ^= 0x10;
		s.bytes[meta.headers.l2_len + 8] ^= 0x10; /* TTL; an IPv6 source */
		softnic_examine(s.bytes, s.length, &meta);
		cr_expect_eq(meta.l4, l4_of(i) == SOFTNIC_CHECKSUM_NONE ? SOFTNIC_CHECKSUM_NONE :
			     SOFTNIC_CHECKSUM_BAD, "%u", i);
		cr_expect_eq(meta.ip, meta.headers.ip_version == 4 ? SOFTNIC_CHECKSUM_BAD :
			     SOFTNIC_CHECKSUM_NONE, "%u", i);
	}
}

Test(checksum, udp_without_a_checksum_is_judged_over_ipv6_only)
{
	struct softnic_meta meta;
	struct sample s;

	sample_make(0, &s);
	softnic_examine(s.bytes, s.length, &meta);
	cr_expect_eq(meta.l4, SOFTNIC_CHECKSUM_NONE);
	sample_make(6, &s);
	softnic_examine(s.bytes, s.length, &meta);
	cr_expect_eq(meta.l4, SOFTNIC_CHECKSUM_BAD, "RFC 8200 8.1 forbids it");
}

Test(checksum, padding_is_not_summed)
{
	struct softnic_meta meta;
	struct sample s;

	sample_make(0, &s);
	softnic_parse(s.bytes, s.length, &meta.headers);
	correct(s.bytes, &meta.headers);
	memset(s.bytes + s.length, 0xEE, 9);
	softnic_examine(s.bytes, s.length + 9, &meta);
	cr_expect_eq(meta.l4, SOFTNIC_CHECKSUM_GOOD);
}

Test(checksum, a_udp_length_beyond_the_packet_is_bad_whatever_the_sum)
{
	struct softnic_meta meta;
	struct sample s;

	sample_make(0, &s);
	put16(s.bytes + 38, 8 + 11 + 5);
	sample_zeros(&s, 5); /* padding */
	softnic_parse(s.bytes, s.length, &meta.headers);
	correct(s.bytes, &meta.headers);
	softnic_examine(s.bytes, s.length, &meta);
	cr_expect_eq(meta.l4, SOFTNIC_CHECKSUM_BAD);
	put16(s.bytes + 38, 7);
	softnic_examine(s.bytes, s.length, &meta);
	cr_expect_eq(meta.l4, SOFTNIC_CHECKSUM_BAD);
}

Test(checksum, a_payload_that_is_not_all_there_is_bad)
{
	struct softnic_meta meta;
	struct sample s;

	for (uint32_t i = 0; i < 8; i++) {
		uint8_t *frame;

		sample_make(i, &s);
		softnic_parse(s.bytes, s.length, &meta.headers);
		correct(s.bytes, &meta.headers);
		frame = exactly(s.bytes, s.length - 1);
		softnic_examine(frame, s.length - 1, &meta);
		cr_expect_eq(meta.l4, SOFTNIC_CHECKSUM_BAD, "%u", i);
		free(frame);
	}
}

/* What softnic_check_l4() must say of a frame without IPv6 extension headers, told slowly. */
static enum softnic_checksum slow_verdict(const uint8_t *frame, uint32_t length,
					  const struct softnic_headers *h)
{
	const uint8_t *ip = frame + h->l2_len, *l4 = ip + h->l3_len;
	uint32_t bytes = l4_bytes(frame, h);
	uint32_t field = get16(l4 + (h->l4_protocol == 6 ? 16 : 6));
	struct sample packet;

	if (h->l4_protocol == 17) {
		if (field == 0)
			return h->ip_version == 4 ? SOFTNIC_CHECKSUM_NONE : SOFTNIC_CHECKSUM_BAD;
		if (get16(l4 + 4) < 8 || get16(l4 + 4) > bytes)
			return SOFTNIC_CHECKSUM_BAD;
		bytes = get16(l4 + 4);
	}
	if (h->l2_len + h->l3_len + bytes > length)
		return SOFTNIC_CHECKSUM_BAD;
	if (h->l4_protocol != 132) /* 0 and 0xFFFF are the same number */
		return slow_l4(frame, h) % 0xFFFF == field % 0xFFFF ? SOFTNIC_CHECKSUM_GOOD :
			SOFTNIC_CHECKSUM_BAD;
	memcpy(packet.bytes, l4, bytes);
	memset(packet.bytes + 8, 0, 4);
	packet.length = slow_crc32c(packet.bytes, bytes);
	return memcmp(&packet.length, l4 + 8, 4) == 0 ? SOFTNIC_CHECKSUM_GOOD :
		SOFTNIC_CHECKSUM_BAD;
}

/* Every other one that has its L4 whole is put right first, so that all verdicts come up. */
Test(checksum, verdicts_on_mangled_frames_are_those_of_slow_sums)
{
	uint64_t seed = 0x5EED0004;
	uint32_t seen[3] = { 0, 0, 0 };

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct softnic_meta meta;
		const struct softnic_headers *h = &meta.headers;
		uint32_t length;
		uint8_t *frame = mangled(&seed, &length);

		softnic_parse(frame, length, &meta.headers);
		if (h->l4_len > 0 && !(h->ip_version == 6 && h->ip_options)) {
			uint32_t at = (uint32_t)h->l2_len + h->l3_len, bytes = l4_bytes(frame, h);

			if (i % 2 == 0 && at + bytes <= length &&
			    (h->l4_protocol != 17 || get16(frame + at + 4) == bytes))
				correct(frame, h);
			softnic_examine(frame, length, &meta);
			cr_assert_eq(meta.l4, slow_verdict(frame, length, h), "round %u", i);
			seen[meta.l4]++;
		}
		free(frame);
	}
	for (uint32_t v = 0; v < 3; v++)
		cr_expect_gt(seen[v], ROUNDS / 100, "verdict %u: %u", v, seen[v]);
}
