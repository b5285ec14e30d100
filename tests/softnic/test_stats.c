/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters, to the frame and byte: what left, arrived and was lost, by size and
 * kind, by queue, over resets, stops and repeated reads.
 */
#include <inttypes.h>

#include "bench.h"
#include "packet.h"

TestSuite(stats, .timeout = 60);

static uint8_t bytes[LONGEST];

/* Bytes of the FCS are counted by net_e1000_em; the others take them out, eth_igb_stats_get()
 * and ixgbe_read_stats_registers() in 22.11. */
static uint64_t counted(uint64_t octets, uint64_t frames)
{
	return octets + (is_em() ? CRC * frames : 0);
}

static void send_one(unsigned int from, uint32_t length, uint8_t first_octet)
{
	struct rte_mbuf *m[BURST];

	packet_fill(bytes, length, from, length);
	if (first_octet == 0xFF)
		memset(bytes, 0xFF, 6);
	else if (first_octet != 0)
		memcpy(bytes, "\x01\x00\x5e\x00\x00\x05", 6);
	m[0] = packet_mbuf(bytes, length, 1);
	bench_send(from, 0, m, 1);
	rte_pktmbuf_free_bulk(m, bench_receive(1 - from, 0, m, BURST));
}

static void expect(unsigned int end, uint64_t in, uint64_t in_octets, uint64_t out,
		   uint64_t out_octets)
{
	struct rte_eth_stats s = bench_stats(end);

	cr_expect_eq(s.ipackets, in, "port %u received %" PRIu64 ", not %" PRIu64, end, s.ipackets,
		     in);
	cr_expect_eq(s.ibytes, counted(in_octets, in), "port %u received %" PRIu64 " bytes", end,
		     s.ibytes);
	cr_expect_eq(s.opackets, out, "port %u sent %" PRIu64 ", not %" PRIu64, end, s.opackets,
		     out);
	cr_expect_eq(s.obytes, counted(out_octets, out), "port %u sent %" PRIu64 " bytes", end,
		     s.obytes);
	cr_expect_eq(s.imissed + s.ierrors + s.oerrors + s.rx_nombuf, 0, "port %u has errors", end);
}

static void count_frames_and_bytes(const char *type)
{
	uint64_t frames = 0, octets = 0;

	bench_start(type, &(struct setup){ 0 });
	expect(0, 0, 0, 0, 0);
	for (uint32_t length = 60; length <= 1514; length += 29, frames++) {
		send_one(0, length, 0);
		octets += length;
	}
	send_one(1, 333, 0);
	send_one(1, 334, 0);
	for (uint32_t i = 0; i < 3; i++) { /* looking changes nothing */
		expect(0, 2, 667, frames, octets);
		expect(1, frames, octets, 2, 667);
	}
	send_one(0, 1000, 0);
	expect(1, frames + 1, octets + 1000, 2, 667);
	bench_stop();
}
EACH_NIC(stats, count_frames_and_bytes)

static void reset_starts_them_at_none(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	send_one(0, 200, 0);
	cr_assert_eq(rte_eth_stats_reset(bench.end[0].port), 0);
	cr_assert_eq(rte_eth_stats_reset(bench.end[1].port), 0);
	expect(0, 0, 0, 0, 0);
	expect(1, 0, 0, 0, 0);
	send_one(0, 300, 0);
	expect(0, 0, 0, 1, 300);
	expect(1, 1, 300, 0, 0);
	bench_stop();
}
EACH_NIC(stats, reset_starts_them_at_none)

/* What was read is kept by the driver; a start reads and drops what the NIC had. */
static void last_over_stop_and_start(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	send_one(0, 200, 0);
	expect(0, 0, 0, 1, 200);
	expect(1, 1, 200, 0, 0);
	bench_stop_ports();
	bench_start_ports();
	expect(0, 0, 0, 1, 200);
	send_one(0, 100, 0);
	expect(0, 0, 0, 2, 300);
	expect(1, 2, 300, 0, 0);
	bench_stop();
}
EACH_NIC(stats, last_over_stop_and_start)

/* Frames that the filters turn away are not received, [82599] 8.2.3.23.20, [8254x] 13.7. */
static void foreign_frames_are_not_received(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	send_one(0, 100, 1);
	expect(0, 0, 0, 1, 100);
	expect(1, 0, 0, 0, 0);
	bench_stop();
}
EACH_NIC(stats, foreign_frames_are_not_received)

/* Each frame has one reason to be lost: no buffer. */
static void missed_frames_are_counted_once(const char *type)
{
	enum { SENT = 300 };
	struct rte_mbuf *m[SENT];
	struct rte_eth_stats s;
	uint32_t n;

	bench_start(type, &(struct setup){ .rxd = 64 });
	for (uint32_t i = 0; i < SENT; i++) {
		packet_fill(bytes, 70, 0, i);
		m[i] = packet_mbuf(bytes, 70, 1);
	}
	bench_send(0, 0, m, SENT);
	n = bench_receive(1, 0, m, SENT);
	rte_pktmbuf_free_bulk(m, n);
	s = bench_stats(1);
	cr_expect_eq(s.ipackets, n);
	cr_expect_eq(s.ibytes, counted(70 * n, n));
	cr_expect_eq(s.imissed, SENT - n);
	cr_expect_eq(s.ierrors, 0);
	s = bench_stats(1);
	cr_expect_eq(s.imissed, SENT - n, "read again");
	cr_assert_eq(rte_eth_stats_reset(bench.end[1].port), 0);
	cr_expect_eq(bench_stats(1).imissed, 0);
	bench_stop();
}
EACH_NIC(stats, missed_frames_are_counted_once)

/* With rx_drop_en the queue drops by itself, SRRCTL.DROP_EN: net_ixgbe tells as a queue's
 * errors, [82599] 8.2.3.23.71 (QPRDC); net_e1000_igb reads RQDPC nowhere. */
static void a_queue_that_drops_counts_for_itself(const char *type)
{
	enum { SENT = 300 };
	struct rte_mbuf *m[SENT];
	struct rte_eth_stats s;
	uint32_t n;

	bench_start(type, &(struct setup){ .rxd = 64, .drop = true });
	for (uint32_t i = 0; i < SENT; i++) {
		packet_fill(bytes, 70, 0, i);
		m[i] = packet_mbuf(bytes, 70, 1);
	}
	bench_send(0, 0, m, SENT);
	n = bench_receive(1, 0, m, SENT);
	rte_pktmbuf_free_bulk(m, n);
	s = bench_stats(1);
	cr_expect_eq(s.ipackets, n);
	cr_expect_eq(s.q_errors[0], SENT - n, "%" PRIu64, s.q_errors[0]);
	cr_expect_eq(s.imissed, 0);
	bench_stop();
}
NIC_TEST(stats, a_queue_that_drops_counts_for_itself, 82599)

static const struct {
	const char *name;
	uint32_t least, most;       /* with FCS */
} sizes[] = {
	{ "size_64_packets", 64, 64 },
	{ "size_65_to_127_packets", 65, 127 },
	{ "size_128_to_255_packets", 128, 255 },
	{ "size_256_to_511_packets", 256, 511 },
	{ "size_512_to_1023_packets", 512, 1023 },
	{ "size_1024_to_max_packets", 1024, 1518 },
};

static void expect_xstats(const char *name, uint64_t n)
{
	char full[RTE_ETH_XSTATS_NAME_SIZE];

	snprintf(full, sizeof(full), "tx_%s", name);
	cr_expect_eq(bench_xstat(0, full), n, "%s is %" PRIu64, full, bench_xstat(0, full));
	snprintf(full, sizeof(full), "rx_%s", name);
	cr_expect_eq(bench_xstat(1, full), n, "%s is %" PRIu64, full, bench_xstat(1, full));
}

/* The borders of each size, and a different number in each. */
static void sizes_are_told_apart(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	for (uint32_t i = 0; i < RTE_DIM(sizes); i++) {
		send_one(0, sizes[i].least - CRC, 0);
		for (uint32_t k = 0; k <= i; k++)
			send_one(0, sizes[i].most - CRC, 0);
	}
	for (uint32_t i = 0; i < RTE_DIM(sizes); i++)
		expect_xstats(sizes[i].name, i + 2);
	bench_stop();
}
EACH_ADVANCED_NIC(stats, sizes_are_told_apart)

static void groups_and_broadcast_are_told_apart(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	cr_assert_eq(rte_eth_allmulticast_enable(bench.end[1].port), 0);
	for (uint32_t i = 0; i < 9; i++)
		send_one(0, 100 + i, i < 5 ? 0xFF : i < 8 ? 1 : 0);
	expect_xstats("broadcast_packets", 5);
	expect_xstats("multicast_packets", 3);
	expect_xstats("total_packets", 9);
	cr_assert_eq(rte_eth_xstats_reset(bench.end[1].port), 0);
	cr_expect_eq(bench_xstat(1, "rx_broadcast_packets"), 0);
	bench_stop();
}
EACH_ADVANCED_NIC(stats, groups_and_broadcast_are_told_apart)

/* A frame that is too long is no missed one, [82599] 8.2.3.23.52 (ROC). */
static void oversize_frames_are_counted(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	send_one(0, 1600, 0);
	send_one(0, 1600, 0);
	cr_expect_eq(bench_xstat(1, "rx_oversize_errors"), 2);
	cr_expect_eq(bench_stats(1).imissed, 0);
	cr_expect_eq(bench_stats(1).ipackets, 0);
	bench_stop();
}
EACH_ADVANCED_NIC(stats, oversize_frames_are_counted)

/* Only net_ixgbe reads counters of queues: all count in the first of 16 until they are told
 * otherwise, [82599] 8.2.3.23.71 (RQSMR, TQSM). */
static void queues_have_their_own(const char *type)
{
	struct rte_mbuf *m[BURST];
	struct rte_eth_stats s;

	bench_start(type, &(struct setup){ .queues = 4 });
	for (uint16_t q = 0; q < 4; q++)
		cr_assert_eq(rte_eth_dev_set_tx_queue_stats_mapping(bench.end[0].port, q,
								    (uint8_t)(3 - q)), 0);
	for (uint16_t q = 0; q < 4; q++) {
		for (uint32_t i = 0; i <= q; i++) {
			packet_fill(bytes, 100, 0, i);
			m[i] = packet_mbuf(bytes, 100, 1);
		}
		bench_send(0, q, m, q + 1u);
		rte_pktmbuf_free_bulk(m, bench_receive(1, 0, m, BURST));
	}
	s = bench_stats(0);
	for (uint16_t q = 0; q < 4; q++) {
		cr_expect_eq(s.q_opackets[3 - q], q + 1u, "queue %u", q);
		cr_expect_eq(s.q_obytes[3 - q], 100 * (q + 1u), "queue %u", q);
	}
	cr_expect_eq(s.opackets, 10);
	s = bench_stats(1);
	cr_expect_eq(s.q_ipackets[0], 10);
	cr_expect_eq(s.q_ibytes[0], 1000);
	cr_expect_eq(s.q_ipackets[1] + s.q_ipackets[2] + s.q_ipackets[3], 0);
	bench_stop();
}
NIC_TEST(stats, queues_have_their_own, 82599)
