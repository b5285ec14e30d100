/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP segmentation: each segment against one that software makes of the same
 * headers, with sums from DPDK's library. net_e1000_em has none.
 */
#include <netinet/in.h>

#include <rte_ip.h>
#include <rte_tcp.h>

#include "bench.h"
#include "packet.h"

TestSuite(tso, .timeout = 60);

#define OFFLOADS                                                                                 \
	(RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |                            \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)
#define MOST 512

static uint8_t whole[65600], segment[LONGEST];

struct cut {
	struct packet packet;
	uint32_t length, l3, l4, headers, mss;
};

/* Segment @n as RFC 793 and RFC 3168 want it: flags that end something on the last alone. */
static uint32_t make_segment(const struct cut *c, uint32_t n)
{
	uint32_t left = c->packet.payload - n * c->mss, payload = RTE_MIN(left, c->mss);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(segment + c->l4);
	uint16_t ip_bytes = (uint16_t)(c->headers - c->l3 + payload);

	memcpy(segment, whole, c->headers);
	memcpy(segment + c->headers, whole + c->headers + n * c->mss, payload);
	if (c->packet.ipv6) {
		struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)(segment + c->l3);

		ip->payload_len = rte_cpu_to_be_16((uint16_t)(ip_bytes - sizeof(*ip)));
	} else {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(segment + c->l3);

		ip->total_length = rte_cpu_to_be_16(ip_bytes);
		ip->packet_id = rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(ip->packet_id) + n));
	}
	tcp->sent_seq = rte_cpu_to_be_32(rte_be_to_cpu_32(tcp->sent_seq) + n * c->mss);
	if (payload != left)
		tcp->tcp_flags &= (uint8_t)~(RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG);
	packet_sums(segment, c->packet.ipv6, true, c->l3, c->l4);
	if (c->headers + payload < 60)
		memset(segment + c->headers + payload, 0, 60 - c->headers - payload);
	return RTE_MAX(c->headers + payload, 60u);
}

static struct rte_mbuf *make_whole(struct cut *c)
{
	struct rte_mbuf *m;

	c->length = packet_ip(whole, &c->packet, &c->l3, &c->l4);
	c->headers = c->l4 + 20;
	m = packet_mbuf_filled(whole, c->headers + c->packet.payload);
	m->l2_len = c->l3 & 0x7f;
	m->l3_len = (c->l4 - c->l3) & 0x1ff;
	m->l4_len = 20;
	m->tso_segsz = (uint16_t)c->mss;
	m->ol_flags = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM |
		      (c->packet.ipv6 ? RTE_MBUF_F_TX_IPV6 :
					RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	cr_assert_eq(rte_eth_tx_prepare(bench.end[0].port, 0, &m, 1), 1);
	return m;
}

static void expect_cut(struct cut *c)
{
	struct rte_mbuf *m = make_whole(c), *got[MOST];
	uint32_t n = (c->packet.payload + c->mss - 1) / c->mss;

	bench_send(0, 0, &m, 1);
	cr_assert_eq(bench_receive(1, 0, got, MOST), n, "%u bytes by %u", c->packet.payload,
		     c->mss);
	for (uint32_t i = 0; i < n; i++)
		packet_expect(got[i], segment, make_segment(c, i));
	rte_pktmbuf_free_bulk(got, n);
}

static void cut_all(bool ipv6, uint16_t tag)
{
	static const uint32_t payloads[] = { 500, 536, 537, 1072, 1073, 5000, 14600, 40001,
					     60000 };
	static const uint32_t sizes[] = { 536, 1000, 1440 };

	for (uint32_t s = 0; s < RTE_DIM(sizes); s++) {
		for (uint32_t i = 0; i < RTE_DIM(payloads); i++) {
			struct cut c = { .packet = { .ipv6 = ipv6, .tcp = true, .flow = i,
						     .payload = payloads[i], .tag = tag },
					 .mss = sizes[s] };

			expect_cut(&c);
		}
	}
}

static void of_ipv4(const char *type)
{
	bench_start(type, &(struct setup){ .tx_offloads = OFFLOADS });
	cut_all(false, 0);
	bench_stop();
}
EACH_ADVANCED_NIC(tso, of_ipv4)

static void of_ipv6(const char *type)
{
	bench_start(type, &(struct setup){ .tx_offloads = OFFLOADS });
	cut_all(true, 0);
	bench_stop();
}
EACH_ADVANCED_NIC(tso, of_ipv6)

static void behind_a_tag(const char *type)
{
	bench_start(type, &(struct setup){ .tx_offloads = OFFLOADS });
	cut_all(false, 0x3777);
	cut_all(true, 0x3777);
	bench_stop();
}
EACH_ADVANCED_NIC(tso, behind_a_tag)

/* Each segment gets the tag. */
static void with_a_tag_put_on(const char *type)
{
	struct cut c = { .packet = { .tcp = true, .payload = 3000 }, .mss = 1000 };
	struct rte_mbuf *m, *got[MOST];

	bench_start(type, &(struct setup){
		.tx_offloads = OFFLOADS | RTE_ETH_TX_OFFLOAD_VLAN_INSERT,
		.rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP });
	m = make_whole(&c);
	m->ol_flags |= RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = 0x4123;
	bench_send(0, 0, &m, 1);
	cr_assert_eq(bench_receive(1, 0, got, MOST), 3);
	for (uint32_t i = 0; i < 3; i++) {
		packet_expect(got[i], segment, make_segment(&c, i));
		cr_expect_eq(got[i]->vlan_tci, 0x4123);
		rte_pktmbuf_free(got[i]);
	}
	bench_stop();
}
EACH_ADVANCED_NIC(tso, with_a_tag_put_on)

/* Sends to cut between plain frames, in order, and counted as what left. */
static void among_plain_frames(const char *type)
{
	struct cut c = { .packet = { .tcp = true, .payload = 2500 }, .mss = 1000 };
	struct rte_mbuf *m[9], *got[MOST];
	uint64_t octets = 0;

	bench_start(type, &(struct setup){ .tx_offloads = OFFLOADS });
	for (uint32_t i = 0; i < 9; i++) {
		packet_fill(segment, 300, 0, i);
		m[i] = i % 3 == 1 ? make_whole(&c) : packet_mbuf(segment, 300, 1);
	}
	bench_send(0, 0, m, 9);
	cr_assert_eq(bench_receive(1, 0, got, MOST), 15);
	for (uint32_t i = 0, k = 0; i < 9; i++) {
		for (uint32_t n = 0; n < (i % 3 == 1 ? 3u : 1u); n++, k++) {
			uint32_t length = 300;

			if (i % 3 == 1)
				length = make_segment(&c, n);
			else
				packet_fill(segment, 300, 0, i);
			packet_expect(got[k], segment, length);
			octets += length;
		}
	}
	rte_pktmbuf_free_bulk(got, 15);
	cr_expect_eq(bench_stats(0).opackets, 15);
	cr_expect_eq(bench_stats(0).obytes, octets);
	cr_expect_eq(bench_stats(1).ipackets, 15);
	bench_stop();
}
EACH_ADVANCED_NIC(tso, among_plain_frames)
