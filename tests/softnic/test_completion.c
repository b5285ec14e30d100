/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How transmitted buffers come home: status is written only to descriptors that
 * ask for it, after their frame left, in order and maybe late; and what each
 * driver makes of that.
 */
#include <errno.h>

#include "bench.h"
#include "checks.h"
#include "packet.h"

TestSuite(completion, .timeout = 60);

#define FULL_PATH RTE_ETH_TX_OFFLOAD_MULTI_SEGS /* net_ixgbe takes its full path */

static const uint32_t counts[] = { 1, 31, 32, 33 };
static uint8_t bytes[LONGEST];
static uint32_t idle;               /* buffers in the receive rings */

/* To a sink, so that only transmit has buffers under way. */
static void start(const char *type, uint16_t rs_thresh, uint64_t offloads)
{
	bench_start(type, &(struct setup){ .wiring = NO_PEER, .rs_thresh = rs_thresh,
					   .tx_offloads = offloads });
	idle = bench_away();
}

static uint32_t under_way(void)
{
	return bench_away() - idle;
}

static uint16_t try_to_send(uint32_t n)
{
	struct rte_mbuf *m[256];
	uint16_t took = 0, all = 0;

	for (uint32_t i = 0; i < n; i++) {
		packet_fill(bytes, 64, 0, i);
		m[i] = packet_mbuf(bytes, 64, 1);
	}
	do {
		took = rte_eth_tx_burst(bench.end[0].port, 0, m + all,
					(uint16_t)RTE_MIN(n - all, (uint32_t)BURST));
		all = (uint16_t)(all + took);
	} while (took != 0 && all < n);
	rte_pktmbuf_free_bulk(m + all, n - all);
	return all;
}

static void send_and_run(uint32_t n)
{
	cr_assert_eq(try_to_send(n), n);
	bench_run();
}

static int clean_up(void)
{
	return rte_eth_tx_done_cleanup(bench.end[0].port, 0, 0);
}

/* --------------------------------------------------------------------- status */

static void comes_after_the_frame_left(const char *type)
{
	bench_start(type, &(struct setup){ .rs_thresh = 1, .tx_offloads = FULL_PATH });
	cr_expect_eq(check_completions(), 0);
	bench_stop();
}
EACH_NIC(completion, comes_after_the_frame_left)

/* The same with statuses that wait up to 20 steps, by chance. */
static void may_be_late_but_never_early(const char *type)
{
	bench_start(type, &(struct setup){ .rs_thresh = 1, .tx_offloads = FULL_PATH });
	for (uint64_t seed = 1; seed < 20; seed++) {
		softnic_writeback(bench.end[0].model, 0, 20, seed);
		cr_expect_eq(check_completions(), 0, "seed %lu", seed);
	}
	bench_stop();
}
EACH_NIC(completion, may_be_late_but_never_early)

/* Statuses come in order: a frame is done only when those before it are. */
static void comes_in_order(const char *type)
{
	struct rte_eth_txq_info info;

	start(type, 1, FULL_PATH);
	cr_assert_eq(rte_eth_tx_queue_info_get(bench.end[0].port, 0, &info), 0);
	softnic_writeback(bench.end[0].model, 0, 50, 3);
	for (uint32_t round = 0; round < 10; round++) {
		uint32_t before = 0;

		cr_assert_eq(try_to_send(BURST), BURST);
		for (uint32_t step = 0; step < 200; step++) {
			uint32_t done = 0;

			softnic_step_all();
			while (done < BURST &&
			       rte_eth_tx_descriptor_status(bench.end[0].port, 0,
							    (uint16_t)(info.nb_desc - BURST +
								       done)) ==
				       RTE_ETH_TX_DESC_DONE)
				done++;
			for (uint32_t i = done; i < BURST; i++)
				cr_assert_eq(rte_eth_tx_descriptor_status(
						     bench.end[0].port, 0,
						     (uint16_t)(info.nb_desc - BURST + i)),
					     RTE_ETH_TX_DESC_FULL, "%u of %u", i, done);
			cr_assert_geq(done, before);
			before = done;
		}
		cr_assert_eq(before, BURST);
	}
	bench_stop();
}
EACH_NIC(completion, comes_in_order)

/* --------------------------------------------------------- what drivers make of it */

/* eth_igb_tx_done_cleanup() is exact, each frame asks for its status. net_ixgbe's full path is
 * exact with tx_rs_thresh 1. */
static void cleanup_is_exact_when_each_frame_reports(const char *type)
{
	start(type, 1, FULL_PATH);
	for (uint32_t i = 0; i < RTE_DIM(counts); i++) {
		cr_assert_eq(try_to_send(counts[i]), counts[i]);
		cr_expect_eq(clean_up(), 0, "nothing has left");
		cr_expect_eq(under_way(), counts[i]);
		bench_run();
		cr_expect_eq(under_way(), counts[i], "nobody has looked");
		cr_expect_eq(clean_up(), (int)counts[i], "%u frames", counts[i]);
		cr_expect_eq(under_way(), 0, "%u after %u frames", under_way(), counts[i]);
	}
	bench_stop();
}
EACH_ADVANCED_NIC(completion, cleanup_is_exact_when_each_frame_reports)

/* With tx_rs_thresh 32 only each 32nd descriptor asks: the rest stays until more is sent. */
static void cleanup_leaves_what_no_status_covers(const char *type)
{
	start(type, 32, FULL_PATH);
	for (uint32_t i = 0, sent = 0; i < RTE_DIM(counts); i++) {
		sent += counts[i];
		send_and_run(counts[i]);
		cr_expect_geq(clean_up(), 0);
		cr_expect_leq(under_way(), 31 + 32, "%u", under_way());
		cr_expect_geq(under_way(), sent % 32, "a status covers 32");
	}
	bench_stop();
}
NIC_TEST(completion, cleanup_leaves_what_no_status_covers, 82599)

/* The vector path says -ENOTSUP although the call is there; net_e1000_em has none. */
static void cleanup_is_refused(const char *type)
{
	start(type, 0, 0);
	for (uint32_t i = 0; i < RTE_DIM(counts); i++) {
		send_and_run(counts[i]);
		cr_expect_eq(clean_up(), -ENOTSUP);
	}
	cr_expect_eq(under_way(), 1 + 31 + 32 + 33, "they stay");
	bench_stop();
}
NIC_TEST(completion, cleanup_is_refused, 82599)
EACH_LEGACY_NIC(completion, cleanup_is_refused)

/* Without a call for it, buffers come home as their descriptors are needed: never more are away
 * than the ring has. */
static void sending_on_brings_them_home(const char *type)
{
	start(type, 0, 0);
	for (uint32_t i = 0; i < 400; i++) {
		send_and_run(counts[i % RTE_DIM(counts)]);
		cr_assert_leq(under_way(), 256);
	}
	cr_expect_gt(under_way(), 0);
	bench_stop();
}
EACH_NIC(completion, sending_on_brings_them_home)

/* net_ixgbe's vector path gives back groups of tx_rs_thresh, one a call. */
static void the_vector_path_frees_by_32(const char *type)
{
	uint32_t before = 0;

	start(type, 0, 0);
	for (uint32_t i = 0; i < 100; i++) {
		uint32_t now;

		send_and_run(BURST);
		now = under_way();
		cr_assert(now == before + BURST || now == before, "from %u to %u", before, now);
		cr_assert_eq(now % 32, 0);
		before = now;
	}
	bench_stop();
}
NIC_TEST(completion, the_vector_path_frees_by_32, 82599)

static void stop_brings_all_home(const char *type)
{
	start(type, 0, 0);
	for (uint32_t i = 0; i < RTE_DIM(counts); i++) {
		send_and_run(counts[i]);
		cr_assert_eq(try_to_send(5), 5, "and some that have not left");
		bench_stop_ports();
		cr_expect_eq(bench_away(), 0, "%u", bench_away());
		bench_start_ports();
	}
	bench_stop();
}
EACH_NIC(completion, stop_brings_all_home)

/* ------------------------------------------------------------------- late, never */

static uint64_t left_the_nic(void)
{
	return bench_stats(0).opackets;
}

/* Frames leave, statuses don't come: the ring fills up. They come at last, and it goes on. */
static void a_long_delay_fills_the_ring(const char *type)
{
	uint16_t took;

	start(type, 1, FULL_PATH);
	softnic_writeback(bench.end[0].model, UINT64_MAX / 4, 0, 1);
	took = try_to_send(200);
	bench_run();
	took = (uint16_t)(took + try_to_send(200));
	bench_run();
	cr_expect_lt(took, 256);
	cr_expect_gt(took, 200);
	cr_expect_eq(left_the_nic(), took, "they have left");
	cr_expect_eq(under_way(), took, "and are not back");
	if (!is_em())
		cr_expect_eq(clean_up(), 0);
	cr_expect_eq(try_to_send(1), 0);
	softnic_writeback(bench.end[0].model, 0, 0, 1);
	bench_run();
	for (uint32_t i = 0; i < 50; i++)
		send_and_run(BURST);
	cr_expect_eq(left_the_nic(), took + 50 * BURST);
	bench_stop();
}
EACH_NIC(completion, a_long_delay_fills_the_ring)

static void never_comes_while_the_nic_hangs(const char *type)
{
	uint16_t took;

	start(type, 1, FULL_PATH);
	send_and_run(10);
	cr_assert_eq(softnic_fault_set(bench.end[0].model, SOFTNIC_TX_HANG, true), 0);
	took = try_to_send(256);
	bench_run();
	cr_expect_eq(left_the_nic(), 10);
	cr_expect_lt(took, 256);
	cr_expect_geq(under_way(), took);
	if (!is_em())
		cr_expect_leq(clean_up(), 10, "those from before");
	cr_expect_eq(try_to_send(1), 0, "full");
	bench_stop_ports();
	cr_expect_eq(bench_away(), 0, "stop resets the NIC");
	bench_start_ports();
	send_and_run(BURST);
	cr_expect_geq(left_the_nic(), BURST, "a reset mends it");
	bench_stop();
}
EACH_NIC(completion, never_comes_while_the_nic_hangs)

static void is_lost_while_write_back_fails(const char *type)
{
	start(type, 1, FULL_PATH);
	cr_assert_eq(softnic_fault_set(bench.end[0].model, SOFTNIC_TX_NO_WRITEBACK, true), 0);
	send_and_run(100);
	cr_expect_eq(left_the_nic(), 100);
	cr_expect_eq(under_way(), 100);
	if (!is_em())
		cr_expect_eq(clean_up(), 0);
	cr_expect_eq(under_way(), 100);
	bench_stop();
}
EACH_NIC(completion, is_lost_while_write_back_fails)

/* ------------------------------------------------------------------ flow control */

/* A receiver that is slow says XOFF, and its peer waits: nothing is missed. */
static void waits_for_a_slow_receiver(const char *type)
{
	enum { SENT = 600 };
	struct rte_mbuf *m[BURST];
	uint32_t sent = 0, got = 0, n;

	bench_start(type, &(struct setup){ .pause = true, .rxd = 128 });
	while (got < SENT) {
		packet_fill(bytes, 64, 0, sent);
		m[0] = packet_mbuf(bytes, 64, 1);
		if (sent < SENT && rte_eth_tx_burst(bench.end[0].port, 0, m, 1) == 1) {
			sent++;
			bench_run();
			continue;
		}
		rte_pktmbuf_free(m[0]);
		n = rte_eth_rx_burst(bench.end[1].port, 0, m, BURST);
		for (uint32_t i = 0; i < n; i++) {
			packet_fill(bytes, 64, 0, got++);
			packet_expect(m[i], bytes, 64);
		}
		rte_pktmbuf_free_bulk(m, n);
		bench_run();
	}
	cr_expect_eq(bench_stats(1).imissed, 0);
	cr_expect_eq(bench_stats(1).ipackets, SENT);
	cr_expect_eq(bench_stats(0).opackets, SENT);
	if (!is_em()) {
		cr_expect_gt(bench_xstat(1, "tx_xoff_packets"), 0);
		cr_expect_eq(bench_xstat(1, "tx_xoff_packets"), bench_xstat(0, "rx_xoff_packets"));
		cr_expect_gt(bench_xstat(1, "tx_xon_packets"), 0);
		cr_expect_eq(bench_xstat(1, "tx_xon_packets"), bench_xstat(0, "rx_xon_packets"));
		cr_expect_eq(bench_xstat(0, "tx_xoff_packets"), 0);
	}
	bench_stop();
}
EACH_NIC(completion, waits_for_a_slow_receiver)
