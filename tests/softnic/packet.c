/* SPDX-License-Identifier: BSD-3-Clause */
/* See packet.h. */
#include "packet.h"

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "bench.h"

#define EXPERIMENTAL 0x88B5
#define TTL 64
#define IPV4_BYTES 20u
#define IPV6_BYTES 40u
#define TCP_BYTES 20u
#define UDP_BYTES 8u

uint32_t packet_roll(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (uint32_t)(*seed * 0x2545F4914F6CDD1Dull >> 32);
}

static void fill_ether(uint8_t *bytes, unsigned int from, uint16_t type)
{
	struct rte_ether_hdr *ether = (struct rte_ether_hdr *)bytes;

	ether->dst_addr = bench.end[bench.ends - 1 - from].mac;
	ether->src_addr = bench.end[from].mac;
	ether->ether_type = rte_cpu_to_be_16(type);
}

void packet_fill(uint8_t *bytes, uint32_t length, unsigned int from, uint32_t number)
{
	uint64_t seed = (uint64_t)length << 32 | (number + 1);

	fill_ether(bytes, from, EXPERIMENTAL);
	memcpy(bytes + 14, &number, sizeof(number));
	for (uint32_t i = 18; i < length; i += 4) {
		uint32_t word = packet_roll(&seed);

		memcpy(bytes + i, &word, RTE_MIN(length - i, 4u));
	}
}

/* ---------------------------------------------------------------- IP packets */

static void fill_ipv4(struct rte_ipv4_hdr *ip, uint8_t protocol, uint32_t flow, uint32_t length)
{
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16((uint16_t)length),
		.packet_id = rte_cpu_to_be_16(0xFFFE), /* so that it wraps in TSO */
		.time_to_live = TTL,
		.next_proto_id = protocol,
		.src_addr = rte_cpu_to_be_32(RTE_IPV4(10, 0, flow >> 8 & 0xff, flow & 0xff)),
		.dst_addr = rte_cpu_to_be_32(RTE_IPV4(192u, 0, 2, 1)),
	};
}

static void fill_ipv6(struct rte_ipv6_hdr *ip, uint8_t protocol, uint32_t flow, uint32_t length)
{
	*ip = (struct rte_ipv6_hdr){
		.vtc_flow = rte_cpu_to_be_32(6u << 28),
		.payload_len = rte_cpu_to_be_16((uint16_t)length),
		.proto = protocol,
		.hop_limits = TTL,
		.src_addr = { 0x20, 0x01, 0x0d, 0xb8, [14] = (uint8_t)(flow >> 8),
			      [15] = (uint8_t)flow },
		.dst_addr = { 0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
	};
}

static void fill_l4(uint8_t *at, const struct packet *p)
{
	uint16_t source = rte_cpu_to_be_16((uint16_t)(1024 + p->flow * 7));

	if (p->tcp)
		*(struct rte_tcp_hdr *)at = (struct rte_tcp_hdr){
			.src_port = source,
			.dst_port = rte_cpu_to_be_16(80),
			.sent_seq = rte_cpu_to_be_32(0xFFFFFC00), /* wraps in TSO */
			.data_off = sizeof(struct rte_tcp_hdr) / 4 << 4,
			.tcp_flags = RTE_TCP_ACK_FLAG | RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG,
			.rx_win = rte_cpu_to_be_16(512),
		};
	else
		*(struct rte_udp_hdr *)at = (struct rte_udp_hdr){
			.src_port = source,
			.dst_port = rte_cpu_to_be_16(4789),
			.dgram_len = rte_cpu_to_be_16((uint16_t)(UDP_BYTES + p->payload)),
		};
}

void packet_sums(uint8_t *bytes, bool ipv6, bool tcp, uint32_t l3, uint32_t l4)
{
	uint8_t *ip = bytes + l3, *at = bytes + l4;
	uint16_t sum;

	memset(at + (tcp ? 16 : 6), 0, 2);
	if (ipv6) {
		sum = rte_ipv6_udptcp_cksum((struct rte_ipv6_hdr *)ip, at);
	} else {
		memset(ip + 10, 0, 2);
		sum = rte_ipv4_cksum((struct rte_ipv4_hdr *)ip);
		memcpy(ip + 10, &sum, 2);
		sum = rte_ipv4_udptcp_cksum((struct rte_ipv4_hdr *)ip, at);
	}
	memcpy(at + (tcp ? 16 : 6), &sum, 2);
}

uint32_t packet_ip(uint8_t *bytes, const struct packet *p, uint32_t *l3, uint32_t *l4)
{
	uint16_t type = p->ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4;
	uint8_t protocol = p->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	uint32_t l4_len = (p->tcp ? TCP_BYTES : UDP_BYTES) + p->payload;
	uint32_t length;

	fill_ether(bytes, 0, p->tag != 0 ? RTE_ETHER_TYPE_VLAN : type);
	*l3 = 14;
	if (p->tag != 0) {
		struct rte_vlan_hdr *vlan = (struct rte_vlan_hdr *)(bytes + 14);

		vlan->vlan_tci = rte_cpu_to_be_16(p->tag);
		vlan->eth_proto = rte_cpu_to_be_16(type);
		*l3 = 18;
	}
	*l4 = *l3 + (p->ipv6 ? IPV6_BYTES : IPV4_BYTES);
	length = *l4 + l4_len;
	if (p->ipv6)
		fill_ipv6((struct rte_ipv6_hdr *)(bytes + *l3), protocol, p->flow, l4_len);
	else
		fill_ipv4((struct rte_ipv4_hdr *)(bytes + *l3), protocol, p->flow,
			  length - *l3);
	fill_l4(bytes + *l4, p);
	for (uint32_t i = 0; i < p->payload; i++)
		bytes[length - p->payload + i] = (uint8_t)(i * 13 + p->flow);
	packet_sums(bytes, p->ipv6, p->tcp, *l3, *l4);
	if (length < 60)
		memset(bytes + length, 0, 60 - length);
	return RTE_MAX(length, 60u);
}

/* --------------------------------------------------------------------- mbufs */

static struct rte_mbuf *chain(struct rte_mbuf *head, const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(bench.pool);
	char *at;

	cr_assert_not_null(m, "the pool is empty");
	at = rte_pktmbuf_append(m, (uint16_t)length);
	cr_assert_not_null(at, "%u bytes do not fit a buffer", length);
	memcpy(at, bytes, length);
	if (head != NULL)
		cr_assert_eq(rte_pktmbuf_chain(head, m), 0);
	return head != NULL ? head : m;
}

struct rte_mbuf *packet_mbuf_headers(const uint8_t *bytes, uint32_t length, uint16_t segments,
				     uint32_t headers)
{
	struct rte_mbuf *head = NULL;
	uint32_t at = 0;

	/* then pieces of 2, 3, 4 ... bytes, and the rest in the last */
	for (uint32_t i = 1; i < segments; i++) {
		uint32_t piece = i == 1 ? headers : i;

		cr_assert_lt(at + piece, length);
		head = chain(head, bytes + at, piece);
		at += piece;
	}
	return chain(head, bytes + at, length - at);
}

struct rte_mbuf *packet_mbuf(const uint8_t *bytes, uint32_t length, uint16_t segments)
{
	return packet_mbuf_headers(bytes, length, segments, 17u + segments);
}

struct rte_mbuf *packet_mbuf_filled(const uint8_t *bytes, uint32_t length)
{
	uint32_t room = rte_pktmbuf_data_room_size(bench.pool) - RTE_PKTMBUF_HEADROOM;
	struct rte_mbuf *head = NULL;

	for (uint32_t at = 0; at < length; at += room)
		head = chain(head, bytes + at, RTE_MIN(room, length - at));
	return head;
}

uint32_t packet_flat(const struct rte_mbuf *m, uint8_t *out)
{
	uint32_t length = 0, segments = 0, total = m->pkt_len, said = m->nb_segs;

	for (; m != NULL; m = m->next) {
		cr_assert_leq(length + m->data_len, LONGEST);
		memcpy(out + length, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
		length += m->data_len;
		segments++;
	}
	cr_assert_eq(length, total, "segments have %u bytes, the frame %u", length, total);
	cr_assert_eq(segments, said, "%u segments, not %u", segments, said);
	return length;
}

void packet_expect(const struct rte_mbuf *m, const uint8_t *bytes, uint32_t length)
{
	static uint8_t flat[LONGEST];
	uint32_t got = packet_flat(m, flat), at = 0;

	cr_assert_eq(got, length, "%u bytes, not %u", got, length);
	while (at < length && flat[at] == bytes[at])
		at++;
	cr_assert_eq(at, length, "byte %u of %u is %02x, not %02x", at, length, flat[at],
		     bytes[at]);
}
