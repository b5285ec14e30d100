/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hash against the published verification suite ("Verifying the RSS Hash
 * Calculation", Windows driver documentation) and DPDK's rte_softrss(); the types
 * against [82599] 7.1.2.8.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <rte_thash.h>

#include "samples.h"

TestSuite(rss, .timeout = 120);

#define ROUNDS 100000
#define ALL 0x1FFu

static const uint8_t key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct vector {
	bool ipv6;
	const char *destination, *source;
	uint16_t destination_port, source_port;
	uint32_t ip, tcp;
} vectors[] = {
	{ false, "161.142.100.80", "66.9.149.187", 1766, 2794, 0x323e8fc2, 0x51ccc178 },
	{ false, "65.69.140.83", "199.92.111.2", 4739, 14230, 0xd718262a, 0xc626b0ea },
	{ false, "12.22.207.184", "24.19.198.95", 38024, 12898, 0xd2d0a5de, 0x5c2b394a },
	{ false, "209.142.163.6", "38.27.205.30", 2217, 48228, 0x82989176, 0xafc7327f },
	{ false, "202.188.127.2", "153.39.163.191", 1303, 44251, 0x5d1809c5, 0x10e828a2 },
	{ true, "3ffe:2501:200:3::1", "3ffe:2501:200:1fff::7", 1766, 2794, 0x2cc18cd5,
	  0x40207d3d },
	{ true, "ff02::1", "3ffe:501:8::260:97ff:fe40:efab", 4739, 14230, 0x0f0c461c, 0xdde51bbf },
	{ true, "fe80::200:f8ff:fe21:67cf", "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 38024, 44251,
	  0x4b61e985, 0x02d1feef },
};

static struct softnic_toeplitz table;

static uint32_t hash(const struct sample *s, uint32_t types, uint8_t *type)
{
	struct softnic_headers h;
	uint8_t *frame = exactly(s->bytes, s->length);
	uint32_t value;

	softnic_toeplitz_init(&table, key);
	softnic_parse(frame, s->length, &h);
	value = softnic_rss(&table, types, frame, &h, type);
	free(frame);
	return value;
}

static void vector_frame(const struct vector *v, uint8_t protocol, struct sample *s)
{
	uint32_t family = v->ipv6 ? AF_INET6 : AF_INET, bytes = v->ipv6 ? 16 : 4;
	uint8_t *source;

	memset(s, 0, sizeof(*s));
	sample_ether(s, false, v->ipv6 ? 0x86DD : 0x0800);
	if (v->ipv6)
		sample_ipv6(s, protocol, 40);
	else
		sample_ipv4(s, 20, protocol, 40);
	source = s->bytes + 14 + (v->ipv6 ? 8 : 12);
	cr_assert_eq(inet_pton((int)family, v->source, source), 1);
	cr_assert_eq(inet_pton((int)family, v->destination, source + bytes), 1);
	sample_l4(s, protocol, protocol == 6 ? 20 : 8, protocol == 6 ? 20 : 32);
	put16(source + 2 * bytes, v->source_port);
	put16(source + 2 * bytes + 2, v->destination_port);
}

Test(rss, hashes_are_those_of_the_verification_suite)
{
	for (uint32_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		struct sample s;
		uint8_t type;

		vector_frame(v, 6, &s);
		cr_expect_eq(hash(&s, ALL, &type), v->tcp, "%u", i);
		cr_expect_eq(type, v->ipv6 ? 3 : 1);
		cr_expect_eq(hash(&s, SOFTNIC_RSS_IP4 | SOFTNIC_RSS_IP6, &type), v->ip, "%u", i);
		cr_expect_eq(type, v->ipv6 ? 5 : 2);
		vector_frame(v, 17, &s);
		cr_expect_eq(hash(&s, ALL, &type), v->tcp, "UDP is hashed alike: %u", i);
		cr_expect_eq(type, v->ipv6 ? 8 : 7);
	}
}

Test(rss, hashes_of_any_input_and_key_are_those_of_dpdk)
{
	uint64_t seed = 0x5EED0006;

	for (uint32_t i = 0; i < 3000; i++) {
		uint8_t any_key[40], input[36];
		uint32_t words[9], n = 1 + roll(&seed) % 9;

		for (uint32_t k = 0; k < 40; k++)
			any_key[k] = (uint8_t)roll(&seed);
		for (uint32_t k = 0; k < 9; k++) {
			words[k] = roll(&seed);
			put16(input + k * 4, words[k] >> 16);
			put16(input + k * 4 + 2, words[k]);
		}
		softnic_toeplitz_init(&table, any_key);
		cr_assert_eq(softnic_toeplitz(&table, input, n * 4),
			     rte_softrss(words, n, any_key));
	}
}

/* For each type alone: which frame it takes, and as what. */
Test(rss, a_type_takes_its_frames_and_no_others)
{
	static const struct {
		uint32_t types;
		uint8_t tcp4, udp4, tcp6, udp6;
	} cases[] = {
		{ 0, 0, 0, 0, 0 },
		{ SOFTNIC_RSS_TCP4, 1, 0, 0, 0 },
		{ SOFTNIC_RSS_IP4, 2, 2, 0, 0 },
		{ SOFTNIC_RSS_TCP6, 0, 0, 3, 0 },
		{ SOFTNIC_RSS_IP6_EX, 0, 0, 4, 4 },
		{ SOFTNIC_RSS_IP6, 0, 0, 5, 5 },
		{ SOFTNIC_RSS_TCP6_EX, 0, 0, 6, 0 },
		{ SOFTNIC_RSS_UDP4, 0, 7, 0, 0 },
		{ SOFTNIC_RSS_UDP6, 0, 0, 0, 8 },
		{ SOFTNIC_RSS_UDP6_EX, 0, 0, 0, 9 },
		{ SOFTNIC_RSS_TCP4 | SOFTNIC_RSS_IP4, 1, 2, 0, 0 },
		{ SOFTNIC_RSS_UDP6 | SOFTNIC_RSS_IP6, 0, 0, 5, 8 },
		{ ALL, 1, 7, 3, 8 },
	};

	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint8_t want[4] = { cases[i].tcp4, cases[i].udp4, cases[i].tcp6,
					  cases[i].udp6 };

		for (uint32_t k = 0; k < 4; k++) {
			struct sample s;
			uint8_t type;
			uint32_t value;

			vector_frame(&vectors[k < 2 ? 0 : 5], k % 2 == 0 ? 6 : 17, &s);
			value = hash(&s, cases[i].types, &type);
			cr_expect_eq(type, want[k], "types %x, frame %u: %u",
				     cases[i].types, k, type);
			cr_expect_eq(value != 0, type != 0);
		}
	}
}

Test(rss, fragments_and_other_protocols_are_hashed_by_address)
{
	struct sample s;
	uint8_t type;

	vector_frame(&vectors[0], 6, &s);
	put16(s.bytes + 20, 0x2000); /* the first fragment has its ports, but the others haven't */
	cr_expect_eq(hash(&s, ALL, &type), vectors[0].ip);
	cr_expect_eq(type, 2);
	put16(s.bytes + 20, 0);
	s.bytes[23] = 1;
	cr_expect_eq(hash(&s, ALL, &type), vectors[0].ip);
	cr_expect_eq(type, 2);
	sample_make(9, &s);
	cr_expect_neq(hash(&s, ALL & ~(uint32_t)SOFTNIC_RSS_IP6_EX, &type), 0);
	cr_expect_eq(type, 5);
}

/* Sample 8 has a home address of A5s and a type 2 routing header of 5As. */
Test(rss, types_with_extensions_hash_the_addresses_of_the_mobile_node)
{
	struct sample s;
	uint8_t type, input[36];
	uint32_t words[9];

	sample_make(8, &s);
	memset(input, 0xA5, 16);
	memset(input + 16, 0x5A, 16);
	memcpy(input + 32, s.bytes + 14 + 88, 4);
	for (uint32_t i = 0; i < 9; i++)
		words[i] = get32(input + i * 4);
	cr_expect_eq(hash(&s, ALL, &type), rte_softrss(words, 9, key));
	cr_expect_eq(type, 6);
	cr_expect_eq(hash(&s, SOFTNIC_RSS_IP6_EX, &type), rte_softrss(words, 8, key));
	cr_expect_eq(type, 4);
	for (uint32_t i = 0; i < 8; i++)
		words[i] = get32(s.bytes + 14 + 8 + i * 4);
	cr_expect_eq(hash(&s, SOFTNIC_RSS_TCP6, &type), rte_softrss(words, 9, key));
	cr_expect_eq(type, 3);
}

Test(rss, a_frame_that_is_not_ip_has_no_hash)
{
	struct sample s;
	uint8_t type = 99;

	sample_make(0, &s);
	put16(s.bytes + 12, 0x0806);
	cr_expect_eq(hash(&s, ALL, &type), 0);
	cr_expect_eq(type, 0);
}

Test(rss, noise_is_hashed_within_its_bounds)
{
	uint64_t seed = 0x5EED0007;
	uint32_t seen = 0;

	softnic_toeplitz_init(&table, key);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct softnic_headers h;
		uint32_t length;
		uint8_t *frame = mangled(&seed, &length), type;

		softnic_parse(frame, length, &h);
		softnic_rss(&table, i % 3 == 0 ? roll(&seed) & ALL : ALL, frame, &h, &type);
		cr_assert_leq(type, 9);
		seen |= 1u << type;
		free(frame);
	}
	cr_expect_eq(seen, 0x3FFu, "every type comes up: %x", seen);
}
