/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What mac, macswap and icmpecho make of a frame, byte by byte.
 */
#include <criterion/criterion.h>

#include "rewrite.h"

static const uint8_t own[6] = { 2, 0, 0, 0, 0, 9 };
static const uint8_t theirs[6] = { 2, 0, 0, 0, 0, 7 };

/* An ARP request of 10.0.0.7 for 10.0.0.9. */
static uint32_t arp_request(uint8_t *f)
{
	static const uint8_t body[] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 7, 10, 0, 0, 7,
					0, 0, 0, 0, 0, 0, 10, 0, 0, 9 };

	memset(f, 0xFF, 6);
	memcpy(f + 6, theirs, 6);
	f[12] = 0x08;
	f[13] = 0x06;
	memcpy(f + 14, body, sizeof(body));
	return 14 + sizeof(body);
}

/* An ICMP echo request of 10.0.0.7 to 10.0.0.9 with @n bytes of data, behind an
 * Ethernet header, with a tag if @tagged. */
static uint32_t echo_request(uint8_t *f, uint32_t n, bool tagged)
{
	static const uint8_t ip[20] = { 0x45, 0, 0, 0, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 7,
					10, 0, 0, 9 };
	uint32_t at = tagged ? 18 : 14;
	uint16_t sum;

	memcpy(f, own, 6);
	memcpy(f + 6, theirs, 6);
	if (tagged)
		memcpy(f + 12, (uint8_t[]){ 0x81, 0, 0, 5 }, 4);
	f[at - 2] = 0x08;
	f[at - 1] = 0x00;
	memcpy(f + at, ip, 20);
	f[at + 3] = (uint8_t)(28 + n);
	sum = rewrite_checksum(f + at, 20);
	f[at + 10] = (uint8_t)(sum >> 8);
	f[at + 11] = (uint8_t)sum;
	memset(f + at + 20, 0, 8);
	f[at + 20] = 8;
	f[at + 25] = 3;
	for (uint32_t i = 0; i < n; i++)
		f[at + 28 + i] = (uint8_t)(i * 7);
	sum = rewrite_checksum(f + at + 20, 8 + n);
	f[at + 22] = (uint8_t)(sum >> 8);
	f[at + 23] = (uint8_t)sum;
	return at + 28 + n;
}

Test(rewrite, macswap_swaps_the_addresses_and_nothing_else)
{
	uint8_t f[20], before[20];

	for (uint8_t i = 0; i < 20; i++)
		before[i] = f[i] = i;
	rewrite_macswap(f);
	cr_expect_arr_eq(f, before + 6, 6);
	cr_expect_arr_eq(f + 6, before, 6);
	cr_expect_arr_eq(f + 12, before + 12, 8);
	rewrite_macswap(f);
	cr_expect_arr_eq(f, before, 20);
}

Test(rewrite, mac_sets_both_addresses)
{
	uint8_t f[16] = { 0 };

	rewrite_mac(f, theirs, own);
	cr_expect_arr_eq(f, theirs, 6);
	cr_expect_arr_eq(f + 6, own, 6);
	cr_expect_eq(f[12], 0);
}

Test(rewrite, checksum_is_that_of_rfc_1071)
{
	static const uint8_t even[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	static const uint8_t odd[] = { 0x01, 0x02, 0x03 };

	cr_expect_eq(rewrite_checksum(even, 8), (uint16_t)~0xddf2);
	cr_expect_eq(rewrite_checksum(odd, 3), (uint16_t)~0x0402);
}

Test(rewrite, an_arp_request_becomes_our_reply)
{
	static const uint8_t reply[] = { 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 9, 10, 0, 0, 9,
					 2, 0, 0, 0, 0, 7, 10, 0, 0, 7 };
	uint8_t f[64];
	uint32_t length = arp_request(f);

	cr_assert(rewrite_echo(f, length, own));
	cr_expect_arr_eq(f, theirs, 6);
	cr_expect_arr_eq(f + 6, own, 6);
	cr_expect_arr_eq(f + 14, reply, sizeof(reply));
}

static void answers_echo(uint32_t n, bool tagged)
{
	uint8_t f[256], before[256];
	uint32_t length = echo_request(f, n, tagged);
	uint32_t at = tagged ? 18 : 14;

	memcpy(before, f, sizeof(f));
	cr_assert(rewrite_echo(f, length < REWRITE_ECHO_BYTES ? length : REWRITE_ECHO_BYTES, own));
	cr_expect_arr_eq(f, theirs, 6);
	cr_expect_arr_eq(f + 6, own, 6);
	cr_expect_arr_eq(f + 12, before + 12, at - 12);
	cr_expect_arr_eq(f + at + 12, before + at + 16, 4);
	cr_expect_arr_eq(f + at + 16, before + at + 12, 4);
	cr_expect_eq(f[at + 20], 0, "echo reply");
	cr_expect_eq(rewrite_checksum(f + at, 20), 0, "the IP header's sum is right");
	cr_expect_eq(rewrite_checksum(f + at + 20, 8 + n), 0, "the ICMP sum is right");
	cr_expect_arr_eq(f + at + 24, before + at + 24, length - at - 24);
}

Test(rewrite, an_echo_request_becomes_the_reply_with_right_checksums)
{
	for (uint32_t n = 0; n < 100; n++) {
		answers_echo(n, false);
		answers_echo(n, true);
	}
}

Test(rewrite, frames_that_are_neither_are_left_alone)
{
	uint8_t f[256], before[256];
	uint32_t length = echo_request(f, 8, false);

	f[14 + 20] = 0; /* a reply already */
	memcpy(before, f, sizeof(f));
	cr_expect_not(rewrite_echo(f, length, own));
	cr_expect_arr_eq(f, before, sizeof(f));

	length = echo_request(f, 8, false);
	f[14 + 7] = 1; /* not the first fragment */
	cr_expect_not(rewrite_echo(f, length, own));

	length = echo_request(f, 8, false);
	f[14 + 16] = 224; /* to a multicast address */
	cr_expect_not(rewrite_echo(f, length, own));

	length = arp_request(f);
	f[14 + 7] = 2; /* a reply already */
	cr_expect_not(rewrite_echo(f, length, own));
}

Test(rewrite, no_length_makes_it_read_beyond_the_frame)
{
	uint8_t whole[128];
	uint32_t length = echo_request(whole, 8, false);

	for (uint32_t n = 14; n < length; n++) {
		uint8_t *f = malloc(n); /* a sanitizer watches its end */

		memcpy(f, whole, n);
		cr_expect_eq(rewrite_echo(f, n, own), n >= 14 + 20 + 8);
		free(f);
	}
	length = arp_request(whole);
	for (uint32_t n = 14; n < length; n++) {
		uint8_t *f = malloc(n);

		memcpy(f, whole, n);
		cr_expect_not(rewrite_echo(f, n, own));
		free(f);
	}
}
