/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads and stores of network-order words at any address, the protocol numbers
 * the frame functions share, and the walk along IPv6 extension headers. For
 * parse.c, checksum.c, segment.c, rss.c and frames.c only.
 */
#ifndef SOFTNIC_BYTES_H
#define SOFTNIC_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the NICs' hosts are little-endian");

enum {
	ETHER_BYTES = 14,
	TAG_BYTES = 4,
	SNAP_BYTES = 8,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	TCP_BYTES = 20,
	UDP_BYTES = 8,
	SCTP_BYTES = 12,
};

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_TAG = 0x8100,
	TYPE_IPV6 = 0x86DD,
	TYPE_LEAST = 0x0600,        /* under it: a length, IEEE 802.3 3.2.6 */
};

enum {
	PROTO_HOP_BY_HOP = 0,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_NONE = 59,
	PROTO_DESTINATION = 60,
	PROTO_SCTP = 132,
};

/* LLC and organization code before an Ethernet type, RFC 1042. */
static const uint8_t snap_header[6] = { 0xAA, 0xAA, 0x03, 0, 0, 0 };

static inline uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline void store16(uint8_t *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void store32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

/* Where an IPv6 header's extension headers lead. Offsets are into the frame. */
struct ipv6_chain {
	uint32_t end;               /* behind the last whole header */
	uint8_t next;               /* protocol there, PROTO_NONE when the chain is cut off */
	bool fragment;              /* a fragment header ended the walk */
	bool detour;                /* a routing header has segments left */
	uint32_t home;              /* a home address option's address, RFC 6275 6.3; 0: none */
	uint32_t route;             /* a type 2 routing header's address, RFC 6275 6.4; 0: none */
};

/* The header at @at has its first 40 bytes within @end, where the frame ends. */
void softnic_ipv6_walk(const uint8_t *frame, uint32_t at, uint32_t end, struct ipv6_chain *chain);

/* CRC32c over @length more bytes, from UINT32_MAX on, not inverted; and by the table always. */
uint32_t softnic_crc32c(uint32_t crc, const uint8_t *p, uint32_t length);
uint32_t softnic_crc32c_table(uint32_t crc, const uint8_t *p, uint32_t length);

/* A ones' complement sum as 16 bits. */
static inline uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)sum;
}

#endif
