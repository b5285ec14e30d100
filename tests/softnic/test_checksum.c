/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums that the NIC works out, against those of DPDK's library, and what
 * receive says of good and bad ones.
 */
#include "bench.h"
#include "packet.h"

TestSuite(checksum, .timeout = 60);

#define TX_SUMS                                                                                  \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |                          \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)

static uint8_t right[LONGEST], unsummed[LONGEST];

static const struct packet kinds[] = {
	{ .ipv6 = false, .tcp = false },
	{ .ipv6 = false, .tcp = true },
	{ .ipv6 = true, .tcp = false },
	{ .ipv6 = true, .tcp = true },
	{ .ipv6 = false, .tcp = true, .tag = 0x2111 },
	{ .ipv6 = true, .tcp = false, .tag = 0x2112 },
};

/* ---------------------------------------------------------------- transmit */

/* The frame as a stack gives it away: no sums, but the wish for them. */
static struct rte_mbuf *wish(const struct packet *p, uint32_t length, uint32_t l3, uint32_t l4,
			     uint16_t segments)
{
	struct rte_mbuf *m;

	memcpy(unsummed, right, length);
	memset(unsummed + l4 + (p->tcp ? 16 : 6), 0x5A, 2);
	if (!p->ipv6)
		memset(unsummed + l3 + 10, 0x5A, 2);
	m = packet_mbuf_headers(unsummed, length, segments, l4 + 20);
	m->l2_len = l3 & 0x7f;
	m->l3_len = (l4 - l3) & 0x1ff;
	m->l4_len = p->tcp ? 20 : 8;
	m->ol_flags = p->ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	m->ol_flags |= p->tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
	cr_assert_eq(rte_eth_tx_prepare(bench.end[0].port, 0, &m, 1), 1);
	return m;
}

static void exchange(struct rte_mbuf *m, const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *got[BURST];

	bench_send(0, 0, &m, 1);
	cr_assert_eq(bench_receive(1, 0, got, BURST), 1);
	packet_expect(got[0], bytes, length);
	rte_pktmbuf_free(got[0]);
}

static void put_in_as_the_library_has_them(const char *type)
{
	uint32_t l3, l4;

	bench_start(type, &(struct setup){ .tx_offloads = TX_SUMS });
	for (uint32_t k = 0; k < RTE_DIM(kinds); k++) {
		for (uint32_t payload = 0; payload < 1400; payload += payload < 40 ? 1 : 171) {
			struct packet p = kinds[k];
			uint32_t length;

			p.payload = payload;
			p.flow = payload;
			length = packet_ip(right, &p, &l3, &l4);
			exchange(wish(&p, length, l3, l4, 1), right, length);
		}
	}
	bench_stop();
}
EACH_NIC(checksum, put_in_as_the_library_has_them)

static void put_in_over_pieces(const char *type)
{
	uint32_t l3, l4;

	bench_start(type, &(struct setup){ .tx_offloads = TX_SUMS });
	for (uint32_t k = 0; k < RTE_DIM(kinds); k++) {
		for (uint16_t segments = 2; segments <= 8; segments++) {
			struct packet p = kinds[k];
			uint32_t length;

			p.payload = 700 + segments;
			length = packet_ip(right, &p, &l3, &l4);
			exchange(wish(&p, length, l3, l4, segments), right, length);
		}
	}
	bench_stop();
}
EACH_NIC(checksum, put_in_over_pieces)

/* A burst of changing kinds: each frame has the context that belongs to it. */
static void each_frame_has_its_own(const char *type)
{
	static uint8_t frames[BURST][256];
	uint32_t lengths[BURST], l3, l4;
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ .tx_offloads = TX_SUMS });
	for (uint32_t i = 0; i < BURST; i++) {
		struct packet p = kinds[i * 5 % RTE_DIM(kinds)];

		p.payload = 30 + i;
		p.flow = i;
		lengths[i] = packet_ip(right, &p, &l3, &l4);
		memcpy(frames[i], right, lengths[i]);
		m[i] = i % 4 != 3 ? wish(&p, lengths[i], l3, l4, 1) :
				    packet_mbuf(right, lengths[i], 1);
	}
	bench_send(0, 0, m, BURST);
	cr_assert_eq(bench_receive(1, 0, m, BURST), BURST);
	for (uint32_t i = 0; i < BURST; i++) {
		packet_expect(m[i], frames[i], lengths[i]);
		rte_pktmbuf_free(m[i]);
	}
	bench_stop();
}
EACH_NIC(checksum, each_frame_has_its_own)

/* Only the header's; what is in the other field is not touched. */
static void of_the_ip_header_alone(const char *type)
{
	struct packet p = { .tcp = true, .payload = 99 };
	uint32_t length, l3, l4;
	struct rte_mbuf *m;

	bench_start(type, &(struct setup){ .tx_offloads = TX_SUMS });
	length = packet_ip(right, &p, &l3, &l4);
	right[l4 + 16] = 0x12;
	memcpy(unsummed, right, length);
	memset(unsummed + l3 + 10, 0, 2);
	m = packet_mbuf(unsummed, length, 1);
	m->l2_len = l3 & 0x7f;
	m->l3_len = (l4 - l3) & 0x1ff;
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	exchange(m, right, length);
	bench_stop();
}
EACH_NIC(checksum, of_the_ip_header_alone)

/* A sum of 0 is sent as all ones, since 0 says that there is none: RFC 768. */
static void of_udp_is_never_zero(const char *type)
{
	struct packet p = { .payload = 40 };
	uint32_t length, l3, l4;

	bench_start(type, &(struct setup){ .tx_offloads = TX_SUMS });
	length = packet_ip(right, &p, &l3, &l4);
	memset(right + l4 + 8, 0, 2);
	packet_sums(right, false, false, l3, l4);
	memcpy(right + l4 + 8, right + l4 + 6, 2); /* with it in the payload nothing is left */
	packet_sums(right, false, false, l3, l4);
	cr_assert_eq(right[l4 + 6], 0xFF);
	cr_assert_eq(right[l4 + 7], 0xFF);
	exchange(wish(&p, length, l3, l4, 1), right, length);
	bench_stop();
}
EACH_NIC(checksum, of_udp_is_never_zero)

/* ----------------------------------------------------------------- receive */

static uint64_t flags_of(const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *m = packet_mbuf(bytes, length, 1), *got[BURST];
	uint64_t flags;

	bench_send(0, 0, &m, 1);
	cr_assert_eq(bench_receive(1, 0, got, BURST), 1);
	packet_expect(got[0], bytes, length);
	flags = got[0]->ol_flags;
	rte_pktmbuf_free(got[0]);
	return flags & (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
}

/* net_e1000_em tells bad ones only, rx_desc_error_to_pkt_flags() in its 22.11. */
static uint64_t good(uint64_t flags)
{
	return is_em() ? 0 : flags;
}

/* With the 82599 a bad one of UDP is told as unknown, for an erratum of that NIC
 * (rx_udp_csum_zero_err); of the 82540EM the driver enables IP alone (eth_em_rx_init() sets
 * IPOFL), and TUOFL is off from the start, [8254x] 13.4.37. */
static uint64_t bad_l4(const struct packet *p)
{
	if ((is_82599() && !p->tcp) || strcmp(bench.type, "82540em") == 0)
		return 0;
	return RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

static void found_good_and_bad(const char *type)
{
	uint32_t length, l3, l4;

	bench_start(type, &(struct setup){ .rx_offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM });
	for (uint32_t k = 0; k < RTE_DIM(kinds); k++) {
		struct packet p = kinds[k];

		p.payload = 100 + k;
		length = packet_ip(right, &p, &l3, &l4);
		cr_expect_eq(flags_of(right, length),
			     good(RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD),
			     "kind %u", k);
		right[length - 1] ^= 4;
		cr_expect_eq(flags_of(right, length), good(RTE_MBUF_F_RX_IP_CKSUM_GOOD) |
							      bad_l4(&p), "kind %u", k);
		right[length - 1] ^= 4;
		if (p.ipv6)
			continue;
		right[l3 + 8] ^= 4; /* time to live is no part of L4's */
		cr_expect_eq(flags_of(right, length), good(RTE_MBUF_F_RX_L4_CKSUM_GOOD) |
							      RTE_MBUF_F_RX_IP_CKSUM_BAD,
			     "kind %u", k);
	}
	bench_stop();
}
EACH_NIC(checksum, found_good_and_bad)

/* Bytes behind the packet, Ethernet's padding, are no part of it. */
static void padding_is_no_part_of_it(const char *type)
{
	struct packet p = { .tcp = false, .payload = 3 };
	uint32_t length, l3, l4;

	bench_start(type, &(struct setup){ .rx_offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM });
	length = packet_ip(right, &p, &l3, &l4);
	memset(right + l4 + 11, 0xEE, length - l4 - 11);
	cr_expect_eq(flags_of(right, length),
		     good(RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD));
	bench_stop();
}
EACH_NIC(checksum, padding_is_no_part_of_it)

/* As a damaged link would make them: the same frame is found bad. */
static void bad_ones_on_demand(const char *type)
{
	struct packet p = { .tcp = true, .payload = 64 };
	uint32_t length, l3, l4;

	bench_start(type, &(struct setup){ .rx_offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM });
	length = packet_ip(right, &p, &l3, &l4);
	cr_assert_eq(softnic_fault_set(bench.end[1].model, SOFTNIC_RX_BAD_CHECKSUM, true), 0);
	cr_expect_eq(flags_of(right, length), RTE_MBUF_F_RX_IP_CKSUM_BAD | bad_l4(&p));
	cr_assert_eq(softnic_fault_set(bench.end[1].model, SOFTNIC_RX_BAD_CHECKSUM, false), 0);
	cr_expect_eq(flags_of(right, length),
		     good(RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD));
	bench_stop();
}
EACH_NIC(checksum, bad_ones_on_demand)
