/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive-side scaling: the hash a driver tells against rte_softrss(), the queue
 * against the indirection table, both as ethdev says they are set.
 */
#include "bench.h"
#include "checks.h"
#include "packet.h"

TestSuite(rss, .timeout = 60);

#define QUEUES 4
#define FLOWS 64

/* Four queues, and all kinds of frames that check_rss() sends are hashed. */
static void start(const char *type)
{
	bench_start(type, &(struct setup){
		.queues = QUEUES,
		.rx_offloads = RTE_ETH_RX_OFFLOAD_RSS_HASH,
		.rss = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP |
		       RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_IPV6 |
		       RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV6_UDP });
}

static void hashes_and_queues_are_right(const char *type)
{
	start(type);
	cr_expect_eq(check_rss(FLOWS, QUEUES), 0);
	bench_stop();
}
EACH_ADVANCED_NIC(rss, hashes_and_queues_are_right)

static void every_queue_gets_flows(const char *type)
{
	uint32_t of_queue[QUEUES] = { 0 };

	start(type);
	check_rss_spread(512, QUEUES, of_queue);
	for (uint16_t q = 0; q < QUEUES; q++)
		cr_expect_gt(of_queue[q], 512 / QUEUES / 2, "queue %u: %u", q, of_queue[q]);
	bench_stop();
}
EACH_ADVANCED_NIC(rss, every_queue_gets_flows)

static void another_key_gives_other_hashes(const char *type)
{
	uint64_t seed = 77;
	uint8_t key[40], now[40];
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = sizeof(key) };

	start(type);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < sizeof(key); i++)
			key[i] = (uint8_t)packet_roll(&seed);
		conf.rss_hf = bench.setup.rss;
		conf.rss_key = key;
		cr_assert_eq(rte_eth_dev_rss_hash_update(bench.end[1].port, &conf), 0);
		conf.rss_key = now;
		cr_assert_eq(rte_eth_dev_rss_hash_conf_get(bench.end[1].port, &conf), 0);
		cr_expect_arr_eq(now, key, sizeof(key));
		cr_expect_eq(check_rss(FLOWS, QUEUES), 0, "round %u", round);
	}
	bench_stop();
}
EACH_ADVANCED_NIC(rss, another_key_gives_other_hashes)

static void set_reta(uint16_t (*queue_of)(uint32_t entry))
{
	struct rte_eth_rss_reta_entry64 reta[2], now[2] = { { .mask = ~0ull }, { .mask = ~0ull } };

	for (uint32_t i = 0; i < 128; i++) {
		reta[i / 64].mask = ~0ull;
		reta[i / 64].reta[i % 64] = queue_of(i);
	}
	cr_assert_eq(rte_eth_dev_rss_reta_update(bench.end[1].port, reta, 128), 0);
	cr_assert_eq(rte_eth_dev_rss_reta_query(bench.end[1].port, now, 128), 0);
	for (uint32_t i = 0; i < 128; i++)
		cr_expect_eq(now[i / 64].reta[i % 64], queue_of(i), "entry %u", i);
}

static uint16_t backwards(uint32_t entry)
{
	return (uint16_t)(QUEUES - 1 - entry % QUEUES);
}

static uint16_t always_two(uint32_t entry)
{
	(void)entry;
	return 2;
}

static uint16_t uneven(uint32_t entry)
{
	return (uint16_t)(entry * entry * 7 / 5 % QUEUES);
}

static void another_table_gives_other_queues(const char *type)
{
	uint32_t of_queue[QUEUES] = { 0 };

	start(type);
	set_reta(backwards);
	cr_expect_eq(check_rss(FLOWS, QUEUES), 0);
	set_reta(uneven);
	cr_expect_eq(check_rss(FLOWS, QUEUES), 0);
	set_reta(always_two);
	cr_expect_eq(check_rss(FLOWS, QUEUES), 0);
	check_rss_spread(FLOWS, QUEUES, of_queue);
	cr_expect_eq(of_queue[2], FLOWS);
	bench_stop();
}
EACH_ADVANCED_NIC(rss, another_table_gives_other_queues)

/* Types that are off are not hashed, their frames go to queue 0, [82599] 7.1.2.8. */
static void only_asked_types_are_hashed(const char *type)
{
	struct packet p = { .tcp = false, .payload = 50 };
	static uint8_t bytes[256];
	struct rte_mbuf *m[BURST];
	uint32_t l3, l4, length;

	bench_start(type, &(struct setup){ .queues = QUEUES,
					   .rx_offloads = RTE_ETH_RX_OFFLOAD_RSS_HASH,
					   .rss = RTE_ETH_RSS_NONFRAG_IPV4_TCP });
	for (p.flow = 0; p.flow < 2 * FLOWS; p.flow++) {
		p.tcp = p.flow % 2 != 0;
		length = packet_ip(bytes, &p, &l3, &l4);
		m[0] = packet_mbuf(bytes, length, 1);
		bench_send(0, 0, m, 1);
		if (p.tcp) {
			for (uint16_t q = 0; q < QUEUES; q++)
				rte_pktmbuf_free_bulk(m, bench_receive(1, q, m, BURST));
			continue;
		}
		cr_assert_eq(bench_receive(1, 0, m, BURST), 1);
		cr_expect_eq(m[0]->ol_flags & RTE_MBUF_F_RX_RSS_HASH, 0);
		rte_pktmbuf_free(m[0]);
	}
	bench_stop();
}
EACH_ADVANCED_NIC(rss, only_asked_types_are_hashed)

/* Frames of many flows at once: each flow on one queue, in order. */
static void flows_stay_in_order(const char *type)
{
	static uint8_t bytes[256];
	static uint16_t next[FLOWS], queue[FLOWS];
	struct rte_mbuf *m[BURST], *got[FLOWS * 8];
	uint32_t l3, l4, length, arrived = 0;

	start(type);
	for (uint32_t n = 0; n < 40 * BURST; n++) {
		struct packet p = { .tcp = true, .flow = n % FLOWS, .payload = 50 };
		uint16_t number = (uint16_t)(n / FLOWS);

		length = packet_ip(bytes, &p, &l3, &l4);
		memcpy(bytes + l4 + 20, &number, 2);
		memcpy(bytes + l4 + 22, &p.flow, 4);
		m[n % BURST] = packet_mbuf(bytes, length, 1);
		if (n % BURST == BURST - 1)
			bench_send(0, (uint16_t)(n / BURST % QUEUES), m, BURST);
		for (uint16_t q = 0; q < QUEUES && n % (4 * BURST) == 4 * BURST - 1; q++) {
			uint32_t k = bench_receive(1, q, got, FLOWS * 8);

			for (uint32_t i = 0; i < k; i++) {
				const uint8_t *at = rte_pktmbuf_mtod(got[i], const uint8_t *) + l4;
				uint32_t flow;

				memcpy(&flow, at + 22, 4);
				memcpy(&number, at + 20, 2);
				cr_assert_lt(flow, FLOWS);
				cr_assert_eq(number, next[flow], "flow %u", flow);
				cr_assert(number == 0 || queue[flow] == q, "flow %u moved", flow);
				next[flow]++;
				queue[flow] = q;
			}
			arrived += k;
			rte_pktmbuf_free_bulk(got, k);
		}
	}
	cr_expect_eq(arrived, 40 * BURST);
	bench_stop();
}
EACH_ADVANCED_NIC(rss, flows_stay_in_order)
