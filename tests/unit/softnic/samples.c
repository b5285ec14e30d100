/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames to start from, and the slow sums; see samples.h.
 */
#include "samples.h"

void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

void sample_zeros(struct sample *s, uint32_t count)
{
	memset(s->bytes + s->length, 0, count);
	s->length += count;
}

void sample_ether(struct sample *s, bool tag, uint16_t type)
{
	static const uint8_t addresses[12] = { 2, 1, 2, 3, 4, 5, 2, 6, 7, 8, 9, 10 };

	memcpy(s->bytes, addresses, sizeof(addresses));
	s->length = 14;
	if (tag) {
		put16(s->bytes + 12, 0x8100);
		put16(s->bytes + 14, 0x6123);
		s->length = 18;
	}
	put16(s->bytes + s->length - 2, type);
}

void sample_ipv4(struct sample *s, uint32_t header, uint8_t protocol, uint32_t payload)
{
	uint8_t *ip = s->bytes + s->length;

	sample_zeros(s, header);
	ip[0] = (uint8_t)(0x40 | header / 4);
	put16(ip + 2, header + payload);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, (uint8_t[]){ 192, 0, 2, 1, 198, 51, 100, 7 }, 8);
	memset(ip + 20, 1, header - 20);
}

void sample_ipv6(struct sample *s, uint8_t next, uint32_t payload)
{
	uint8_t *ip = s->bytes + s->length;

	sample_zeros(s, 40);
	ip[0] = 0x60;
	put16(ip + 4, payload);
	ip[6] = next;
	ip[7] = 64;
	for (uint32_t i = 8; i < 40; i++)
		ip[i] = (uint8_t)(i * 7);
}

uint8_t *sample_extension(struct sample *s, uint8_t next, uint32_t bytes)
{
	uint8_t *header = s->bytes + s->length;

	sample_zeros(s, bytes);
	header[0] = next;
	header[1] = (uint8_t)(bytes / 8 - 1);
	return header;
}

void sample_l4(struct sample *s, uint8_t protocol, uint32_t header, uint32_t payload)
{
	uint8_t *l4 = s->bytes + s->length;

	sample_zeros(s, header);
	put16(l4, 4660);
	put16(l4 + 2, 80);
	if (protocol == 6)
		l4[12] = (uint8_t)(header / 4 << 4);
	if (protocol == 17)
		put16(l4 + 4, header + payload);
	for (uint32_t i = 0; i < payload; i++)
		s->bytes[s->length++] = (uint8_t)(i * 3 + 1);
}

static void make_ipv6(uint32_t i, struct sample *s)
{
	static const uint8_t first[5] = { 6, 17, 0, 60, 44 };
	uint32_t extra = i >= 7 ? i == 7 ? 16 : i == 8 ? 48 : 8 : 0;
	uint8_t *x;

	sample_ether(s, i == 6, 0x86DD);
	sample_ipv6(s, first[i - 5], extra + 40);
	if (i == 7) {
		sample_extension(s, 43, 8);
		sample_extension(s, 17, 8);
	} else if (i == 8) { /* a home address, a type 2 routing header with a segment left */
		x = sample_extension(s, 43, 24);
		memcpy(x + 2, (uint8_t[]){ 1, 2, 0, 0, 0xC9, 16 }, 6);
		memset(x + 8, 0xA5, 16);
		x = sample_extension(s, 6, 24);
		x[2] = 2;
		x[3] = 1;
		memset(x + 8, 0x5A, 16);
	} else if (i == 9) {
		x = sample_extension(s, 17, 8);
		x[3] = 1; /* more fragments */
	}
	if (i == 5 || i == 8)
		sample_l4(s, 6, 20, 20);
	else
		sample_l4(s, 17, 8, 32);
}

void sample_make(uint32_t i, struct sample *s)
{
	memset(s, 0, sizeof(*s));
	if (i >= 5) {
		make_ipv6(i, s);
		return;
	}
	sample_ether(s, i == 2, 0x0800);
	if (i == 3) { /* SNAP */
		put16(s->bytes + 12, 8 + 20 + 8 + 11);
		sample_zeros(s, 8);
		memcpy(s->bytes + 14, (uint8_t[]){ 0xAA, 0xAA, 3, 0, 0, 0, 8, 0 }, 8);
	}
	switch (i) {
	case 1:
		sample_ipv4(s, 32, 6, 32 + 13);
		sample_l4(s, 6, 32, 13);
		break;
	case 4:
		sample_ipv4(s, 20, 132, 12 + 28);
		sample_l4(s, 132, 12, 28);
		break;
	default:
		sample_ipv4(s, 20, 17, 8 + 11);
		sample_l4(s, 17, 8, 11);
	}
}

uint32_t slow_sum(uint32_t sum, const uint8_t *p, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		sum = (sum & 0xFFFF) + (sum >> 16);
	}
	return sum;
}

uint32_t l4_bytes(const uint8_t *frame, const struct softnic_headers *h)
{
	const uint8_t *ip = frame + h->l2_len;

	return (h->ip_version == 4 ? get16(ip + 2) : get16(ip + 4) + 40) - h->l3_len;
}

uint32_t slow_l4(const uint8_t *frame, const struct softnic_headers *h)
{
	const uint8_t *ip = frame + h->l2_len, *l4 = ip + h->l3_len;
	uint32_t addresses = h->ip_version == 4 ? 8 : 32;
	uint32_t bytes = l4_bytes(frame, h), field = h->l4_protocol == 6 ? 16 : 6;
	uint32_t sum = h->l4_protocol;

	if (h->l4_protocol == 17)
		bytes = get16(l4 + 4);
	sum = slow_sum(sum + bytes, ip + (h->ip_version == 4 ? 12 : 8), addresses);
	sum = slow_sum(sum, l4, field);
	sum = slow_sum(sum, l4 + field + 2, bytes - field - 2);
	return ~sum & 0xFFFF;
}

uint32_t slow_crc32c(const uint8_t *p, uint32_t length)
{
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < length * 8; i++) {
		uint32_t bit = (crc ^ (uint32_t)p[i / 8] >> i % 8) & 1;

		crc = crc >> 1 ^ bit * 0x82F63B78u;
	}
	return ~crc;
}

uint8_t *mangled(uint64_t *seed, uint32_t *length)
{
	struct sample s;
	uint32_t kind = roll(seed) % (SAMPLES + 1);

	if (kind == SAMPLES) {
		s.length = roll(seed) % sizeof(s.bytes);
		for (uint32_t i = 0; i < s.length; i++)
			s.bytes[i] = (uint8_t)roll(seed);
	} else {
		sample_make(kind, &s);
	}
	for (uint32_t n = roll(seed) % 4; n > 0 && s.length > 12; n--)
		s.bytes[12 + roll(seed) % (s.length - 12)] = (uint8_t)roll(seed);
	if (roll(seed) % 2 == 0)
		s.length -= roll(seed) % (s.length + 1);
	*length = s.length;
	return exactly(s.bytes, s.length);
}
