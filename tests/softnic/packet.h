/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of the software NIC's tests: made from a number, so that the receiver
 * can make them again and compare, and IP packets whose checksums DPDK works out.
 */
#ifndef TEST_SOFTNIC_PACKET_H
#define TEST_SOFTNIC_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/* Frame @number of @length bytes from end @from to the other: of a local experimental
 * EtherType (IEEE 802), then the number, then bytes that depend on it. */
void packet_fill(uint8_t *bytes, uint32_t length, unsigned int from, uint32_t number);

/* An IP packet with right checksums; flows differ in source address and port. */
struct packet {
	bool ipv6, tcp;
	uint32_t flow;
	uint32_t payload;           /* bytes after TCP or UDP */
	uint16_t tag;               /* 0: none; else 802.1Q */
};
/* Returns its length, at least 60. Headers begin at @l3 and @l4. */
uint32_t packet_ip(uint8_t *bytes, const struct packet *p, uint32_t *l3, uint32_t *l4);
/* Checksums of IPv4 and TCP or UDP as DPDK's library has them, into the frame. */
void packet_sums(uint8_t *bytes, bool ipv6, bool tcp, uint32_t l3, uint32_t l4);

/* @bytes in a chain of @segments buffers, odd pieces. */
struct rte_mbuf *packet_mbuf(const uint8_t *bytes, uint32_t length, uint16_t segments);
/* The same, the first of them with the frame's @headers bytes whole, as drivers want that look
 * into them. */
struct rte_mbuf *packet_mbuf_headers(const uint8_t *bytes, uint32_t length, uint16_t segments,
				     uint32_t headers);
/* The same in whole buffers of the pool, as a stack would have a jumbo frame. */
struct rte_mbuf *packet_mbuf_filled(const uint8_t *bytes, uint32_t length);

/* The whole of @m in one piece; returns its length. */
uint32_t packet_flat(const struct rte_mbuf *m, uint8_t *out);
void packet_expect(const struct rte_mbuf *m, const uint8_t *bytes, uint32_t length);

/* xorshift64*: the same numbers in each run. */
uint32_t packet_roll(uint64_t *seed);

#endif
