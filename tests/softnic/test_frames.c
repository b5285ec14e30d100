/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames through the wire, both ways: each size, jumbo, many in order, in many
 * pieces, past the ends of rings, into rings without buffers and out of full ones.
 */
#include "bench.h"
#include "packet.h"

TestSuite(frames, .timeout = 60);

static uint8_t bytes[LONGEST];

/* Frames @first to @first + @n - 1 of @length. */
static void make(struct rte_mbuf **m, uint32_t n, unsigned int from, uint32_t length,
		 uint32_t first)
{
	for (uint32_t i = 0; i < n; i++) {
		packet_fill(bytes, length, from, first + i);
		m[i] = packet_mbuf(bytes, length, 1);
	}
}

static void expect(struct rte_mbuf **m, uint32_t n, unsigned int from, uint32_t length,
		   uint32_t first)
{
	for (uint32_t i = 0; i < n; i++) {
		packet_fill(bytes, length, from, first + i);
		packet_expect(m[i], bytes, length);
	}
	rte_pktmbuf_free_bulk(m, n);
}

static void send_each_size(unsigned int from)
{
	struct rte_mbuf *m[BURST];

	for (uint32_t first = 60; first <= 1514; first += BURST) {
		uint32_t n = RTE_MIN((uint32_t)BURST, 1514 - first + 1);

		for (uint32_t i = 0; i < n; i++) {
			packet_fill(bytes, first + i, from, i);
			m[i] = packet_mbuf(bytes, first + i, 1);
		}
		bench_send(from, 0, m, n);
		cr_assert_eq(bench_receive(1 - from, 0, m, BURST), n, "of sizes from %u", first);
		for (uint32_t i = 0; i < n; i++) {
			packet_fill(bytes, first + i, from, i);
			packet_expect(m[i], bytes, first + i);
			rte_pktmbuf_free(m[i]);
		}
	}
}

static void each_size_arrives(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	send_each_size(0);
	send_each_size(1);
	bench_stop();
}
EACH_NIC(frames, each_size_arrives)

/* Short frames are padded to the 60 bytes that Ethernet wants, [82599] 8.2.3.22.8 (TXPADEN),
 * [8254x] 13.4.33 (TCTL.PSP). */
static void a_short_frame_is_padded(const char *type)
{
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ 0 });
	for (uint32_t length = 18; length < 60; length += 7) {
		packet_fill(bytes, length, 0, length);
		m[0] = packet_mbuf(bytes, length, 1);
		bench_send(0, 0, m, 1);
		cr_assert_eq(bench_receive(1, 0, m, BURST), 1);
		memset(bytes + length, 0, 60 - length);
		packet_expect(m[0], bytes, 60);
		rte_pktmbuf_free(m[0]);
	}
	bench_stop();
}
EACH_NIC(frames, a_short_frame_is_padded)

static void jumbo_frames_arrive(const char *type)
{
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ .mtu = 9000,
					   .rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
					   .tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	for (uint32_t length = 1515; length <= 9014; length += length > 9000 ? 1 : 83) {
		for (unsigned int from = 0; from < 2; from++) {
			packet_fill(bytes, length, from, length);
			m[0] = packet_mbuf_filled(bytes, length);
			bench_send(from, 0, m, 1);
			cr_assert_eq(bench_receive(1 - from, 0, m, BURST), 1, "%u", length);
			packet_expect(m[0], bytes, length);
			cr_expect_eq(m[0]->nb_segs, (length + 2047) / 2048, "%u", length);
			rte_pktmbuf_free(m[0]);
		}
	}
	bench_stop();
}
EACH_NIC(frames, jumbo_frames_arrive)

/* Without jumbo frames one of more than 1518 bytes, FCS included, is not received:
 * [82599] 8.2.3.22.8, [8254x] 13.4.22 (LPE). */
static void an_oversize_frame_is_dropped(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	packet_fill(bytes, 1515, 0, 1);
	bench_expect_filtered(0, bytes, 1515);
	packet_fill(bytes, 1514, 0, 2);
	bench_expect_passes(0, bytes, 1514);
	bench_stop();
}
EACH_NIC(frames, an_oversize_frame_is_dropped)

static void a_hundred_thousand_stay_in_order(const char *type)
{
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ 0 });
	for (uint32_t first = 0; first < 100000; first += BURST) {
		make(m, BURST, 0, 60, first);
		bench_send(0, 0, m, BURST);
		cr_assert_eq(bench_receive(1, 0, m, BURST), BURST);
		expect(m, BURST, 0, 60, first);
	}
	bench_stop();
}
EACH_NIC(frames, a_hundred_thousand_stay_in_order)

static void both_ways_at_once(const char *type)
{
	struct rte_mbuf *m[2][BURST];

	bench_start(type, &(struct setup){ 0 });
	for (uint32_t round = 0; round < 300; round++) {
		for (unsigned int from = 0; from < 2; from++) {
			make(m[from], BURST, from, 60 + round, round * BURST);
			cr_assert_eq(rte_eth_tx_burst(bench.end[from].port, 0, m[from], BURST),
				     BURST);
		}
		for (unsigned int from = 0; from < 2; from++) {
			cr_assert_eq(bench_receive(1 - from, 0, m[from], BURST), BURST);
			expect(m[from], BURST, from, 60 + round, round * BURST);
		}
	}
	bench_stop();
}
EACH_NIC(frames, both_ways_at_once)

static void pieces_make_one_frame(const char *type)
{
	static const uint32_t lengths[] = { 200, 201, 777, 1514 };
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ .tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	for (uint32_t i = 0; i < 4; i++) {
		for (uint16_t segments = 2; segments <= 8; segments++) {
			packet_fill(bytes, lengths[i], 0, segments);
			m[0] = packet_mbuf(bytes, lengths[i], segments);
			bench_send(0, 0, m, 1);
			cr_assert_eq(bench_receive(1, 0, m, BURST), 1, "%u pieces", segments);
			packet_expect(m[0], bytes, lengths[i]);
			rte_pktmbuf_free(m[0]);
		}
	}
	bench_stop();
}
EACH_NIC(frames, pieces_make_one_frame)

/* The longest chain: by the driver's own word, and by the 40 descriptors of [82599] 7.2.1.1. */
static void the_most_pieces_make_one_frame(const char *type)
{
	struct rte_mbuf *m[BURST];
	const uint16_t most = 40;

	bench_start(type, &(struct setup){ .tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	cr_expect_geq(bench.end[0].info.tx_desc_lim.nb_seg_max, most);
	for (uint32_t i = 0; i < 20; i++) {
		packet_fill(bytes, 1514, 0, i);
		m[0] = packet_mbuf(bytes, 1514, most);
		bench_send(0, 0, m, 1);
		cr_assert_eq(bench_receive(1, 0, m, BURST), 1);
		packet_expect(m[0], bytes, 1514);
		rte_pktmbuf_free(m[0]);
	}
	bench_stop();
}
EACH_NIC(frames, the_most_pieces_make_one_frame)

static void loopback_brings_them_back(const char *type)
{
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ .wiring = LOOPBACK });
	for (uint32_t round = 0; round < 40; round++) {
		make(m, BURST, 0, 60 + round * 36, round);
		bench_send(0, 0, m, BURST);
		cr_assert_eq(bench_receive(0, 0, m, BURST), BURST);
		expect(m, BURST, 0, 60 + round * 36, round);
	}
	bench_stop();
}
EACH_NIC(frames, loopback_brings_them_back)

/* The smallest rings, in bursts that are no part of them. */
static void rings_wrap(const char *type)
{
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ .rxd = 64, .txd = 64 });
	for (uint32_t n = 1, first = 0; first < 5000; first += n, n = n % 31 + 1) {
		make(m, n, 0, 64, first);
		bench_send(0, 0, m, n);
		cr_assert_eq(bench_receive(1, 0, m, BURST), n, "at frame %u", first);
		expect(m, n, 0, 64, first);
	}
	bench_stop();
}
EACH_NIC(frames, rings_wrap)

/* Nobody takes frames from the ring: those that find no buffer are missed, each of them is
 * counted, and the others are there still. */
static void a_ring_without_buffers_misses(const char *type)
{
	enum { SENT = 10 * BURST };
	struct rte_mbuf *m[BURST], *got[SENT];
	struct rte_eth_stats s;
	uint32_t n;

	bench_start(type, &(struct setup){ .rxd = 128 });
	for (uint32_t first = 0; first < SENT; first += BURST) {
		make(m, BURST, 0, 100, first);
		bench_send(0, 0, m, BURST);
	}
	s = bench_stats(1);
	n = bench_receive(1, 0, got, SENT);
	cr_expect_eq(n, 127, "a ring of 128 takes all but one");
	cr_expect_eq(s.imissed, SENT - n, "imissed %lu", s.imissed);
	cr_expect_eq(s.ipackets, n);
	expect(got, n, 0, 100, 0);
	make(m, BURST, 0, 100, SENT);
	bench_send(0, 0, m, BURST);
	cr_assert_eq(bench_receive(1, 0, got, SENT), BURST, "it goes on");
	expect(got, BURST, 0, 100, SENT);
	bench_stop();
}
EACH_NIC(frames, a_ring_without_buffers_misses)

/* The NIC stands still: the ring takes what it has room for, and what it took leaves later. */
static void a_full_ring_takes_fewer(const char *type)
{
	enum { TRIED = 8 * BURST };
	struct rte_mbuf *m[TRIED], *got[TRIED];
	uint32_t took = 0;

	bench_start(type, &(struct setup){ .txd = 128 });
	make(m, TRIED, 0, 80, 0);
	for (uint32_t i = 0; i < TRIED / BURST; i++)
		took += rte_eth_tx_burst(bench.end[0].port, 0, m + took, BURST);
	cr_expect_lt(took, 128);
	cr_expect_gt(took, 64);
	cr_expect_eq(rte_eth_tx_burst(bench.end[0].port, 0, m + took, 1), 0, "it is full");
	cr_assert_eq(bench_receive(1, 0, got, TRIED), took, "what it took leaves");
	expect(got, took, 0, 80, 0);
	bench_send(0, 0, m + took, TRIED - took);
	cr_assert_eq(bench_receive(1, 0, got, TRIED), TRIED - took, "it goes on");
	expect(got, TRIED - took, 0, 80, took);
	bench_stop();
}
EACH_NIC(frames, a_full_ring_takes_fewer)
