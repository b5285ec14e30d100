/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums: judged on receive, put in on transmit. Sums are made in host order,
 * as RFC 1071 allows, and 8 bytes at a time; SCTP's CRC32c by the processor where
 * it can, else by a table that the first frame pays for.
 */
#include "frame.h"

#include <stdatomic.h>
#ifdef __x86_64__
#include <nmmintrin.h>
#endif

#include "bytes.h"

static inline enum softnic_checksum verdict(bool good)
{
	return good ? SOFTNIC_CHECKSUM_GOOD : SOFTNIC_CHECKSUM_BAD;
}

/* With end-around carry: 2^64 is 1 modulo 65535. */
static inline uint64_t add(uint64_t sum, uint64_t v)
{
	sum += v;
	return sum + (sum < v);
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Ones' complement sum, not folded. Four sums side by side, as each add waits for the last. */
static inline uint64_t sum_bytes(const uint8_t *p, uint32_t length)
{
	uint64_t a = 0, b = 0, c = 0, d = 0;
	uint32_t left = length;

	if (left >= 32) {
		for (; left >= 32; p += 32, left -= 32) {
			a = add(a, load64(p));
			b = add(b, load64(p + 8));
			c = add(c, load64(p + 16));
			d = add(d, load64(p + 24));
		}
		a = add(add(a, b), add(c, d));
	}
	for (; left >= 8; p += 8, left -= 8)
		a = add(a, load64(p));
	if (left == 0)
		return a;
	if (length >= 8) /* the last 8 bytes, less those that are in already */
		return add(a, load64(p + left - 8) >> (8 - left) * 8);
	for (uint32_t i = 0; i < left; i++)
		a += (uint64_t)p[i] << i * 8;
	return a;
}

/* @sum is of the checksum too, and not 0 since no header is all zeros. */
static inline enum softnic_checksum judge(uint64_t sum)
{
	return verdict(sum % 0xFFFF == 0);
}

enum softnic_checksum softnic_check_ip(const uint8_t *frame, const struct softnic_headers *h)
{
	if (h->ip_version != 4)
		return SOFTNIC_CHECKSUM_NONE;
	if (h->l3_len == IPV4_BYTES) /* nearly always, and then the sum has no loop */
		return judge(sum_bytes(frame + h->l2_len, IPV4_BYTES));
	return judge(sum_bytes(frame + h->l2_len, h->l3_len));
}

/* ------------------------------------------------------------------ CRC32c */

#define CASTAGNOLI 0x82F63B78u      /* reflected, RFC 9260 appendix A */

/* Made by whoever comes first; who comes at the same time makes the same. */
static uint32_t crc_table[256];
static atomic_bool crc_table_made;

static void make_crc_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CASTAGNOLI : 0);
		__atomic_store_n(&crc_table[i], crc, __ATOMIC_RELAXED);
	}
	/* pairs with the load in softnic_crc32c_table() */
	atomic_store_explicit(&crc_table_made, true, memory_order_release);
}

uint32_t softnic_crc32c_table(uint32_t crc, const uint8_t *p, uint32_t length)
{
	/* pairs with the store in make_crc_table() */
	if (!atomic_load_explicit(&crc_table_made, memory_order_acquire))
		make_crc_table();
	while (length-- > 0)
		crc = crc >> 8 ^ __atomic_load_n(&crc_table[(crc ^ *p++) & 255], __ATOMIC_RELAXED);
	return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2")))
static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *p, uint32_t length)
{
	uint64_t wide = crc, word;

	for (; length >= 8; p += 8, length -= 8) {
		memcpy(&word, p, 8);
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	while (length-- > 0)
		crc = _mm_crc32_u8(crc, *p++);
	return crc;
}
#endif

uint32_t softnic_crc32c(uint32_t crc, const uint8_t *p, uint32_t length)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_sse42(crc, p, length);
#endif
	return softnic_crc32c_table(crc, p, length);
}

/* Of an SCTP packet as if its checksum, bytes 8 to 11, were 0; @length >= 12. */
static uint32_t sctp_crc(const uint8_t *p, uint32_t length)
{
	static const uint8_t zeros[4];
	uint32_t crc = softnic_crc32c(UINT32_MAX, p, 8);

	crc = softnic_crc32c(crc, zeros, sizeof(zeros));
	return ~softnic_crc32c(crc, p + SCTP_BYTES, length - SCTP_BYTES);
}

/* ------------------------------------------------------------------- check */

/* Bytes of L4 as the IP header has it; 0 when that is less than the L4 header. */
static inline uint32_t l4_bytes(const uint8_t *frame, const struct softnic_headers *h)
{
	const uint8_t *ip = frame + h->l2_len;
	uint32_t bytes = h->ip_version == 4 ? load16(ip + 2) :
		IPV6_BYTES + (uint32_t)load16(ip + 4);

	return bytes >= (uint32_t)h->l3_len + h->l4_len ? bytes - h->l3_len : 0;
}

/* Addresses that checksums cover but the IPv6 header has not: RFC 8200 8.1, RFC 6275 9.3.1.
 * The NIC looks into neither header, so it has no opinion, [82599] 7.1.11. */
static bool addresses_elsewhere(const uint8_t *frame, const struct softnic_headers *h)
{
	struct ipv6_chain chain;

	if (h->ip_version != 6 || !h->ip_options)
		return false;
	softnic_ipv6_walk(frame, h->l2_len, (uint32_t)h->l2_len + h->l3_len, &chain);
	return chain.detour || chain.home != 0;
}

static inline uint64_t pseudo_sum(const uint8_t *frame, const struct softnic_headers *h,
				  uint32_t bytes)
{
	const uint8_t *ip = frame + h->l2_len;
	uint64_t sum = h->ip_version == 4 ? load64(ip + 12) : sum_bytes(ip + 8, 32);

	return add(sum, __builtin_bswap16((uint16_t)bytes) + (uint64_t)h->l4_protocol * 256);
}

enum softnic_checksum softnic_check_l4(const uint8_t *frame, uint32_t length,
				       const struct softnic_headers *h)
{
	uint32_t at = (uint32_t)h->l2_len + h->l3_len;
	const uint8_t *l4 = frame + at;
	uint32_t bytes;

	if (h->l4_len == 0)
		return SOFTNIC_CHECKSUM_NONE;
	bytes = l4_bytes(frame, h);
	if (h->l4_protocol == PROTO_UDP) {
		if (h->ip_version == 4 && load16(l4 + 6) == 0) /* RFC 768: none was made */
			return SOFTNIC_CHECKSUM_NONE;
		if (load16(l4 + 4) > bytes || load16(l4 + 6) == 0)
			return SOFTNIC_CHECKSUM_BAD;
		bytes = load16(l4 + 4);
	}
	/* What isn't all there can't be right, nor a UDP length that its header doesn't fit. */
	if (bytes < h->l4_len || at + bytes > length)
		return SOFTNIC_CHECKSUM_BAD;
	if (h->l4_protocol == PROTO_SCTP)
		return verdict(sctp_crc(l4, bytes) == __builtin_bswap32(load32(l4 + 8)));
	if (addresses_elsewhere(frame, h))
		return SOFTNIC_CHECKSUM_NONE;
	return judge(add(sum_bytes(l4, bytes), pseudo_sum(frame, h, bytes)));
}

/* Here, so that the checks are part of it: receive examines each frame. */
void softnic_examine(const uint8_t *frame, uint32_t length, struct softnic_meta *meta)
{
	softnic_parse(frame, length, &meta->headers);
	meta->ip = softnic_check_ip(frame, &meta->headers);
	meta->l4 = softnic_check_l4(frame, length, &meta->headers);
}

/* ------------------------------------------------------------------ insert */

void softnic_sum_into(uint8_t *frame, uint32_t start, uint32_t end, uint32_t offset)
{
	uint16_t sum = end > start ? fold(sum_bytes(frame + start, end - start)) : 0;

	sum = (uint16_t)~sum;
	/* Only UDP has its checksum 6 bytes on, and there 0 would mean none: RFC 768. */
	if (sum == 0 && offset == start + 6)
		sum = 0xFFFF;
	memcpy(frame + offset, &sum, sizeof(sum));
}

void softnic_sctp_into(uint8_t *frame, uint32_t start, uint32_t end)
{
	uint32_t crc;

	if (end < start + SCTP_BYTES)
		return;
	crc = sctp_crc(frame + start, end - start);
	memcpy(frame + start + 8, &crc, sizeof(crc)); /* least byte first, RFC 9260 appendix A */
}
