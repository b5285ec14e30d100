/* SPDX-License-Identifier: BSD-3-Clause */
/* See checks.h. */
#include "checks.h"

#include <rte_ip.h>
#include <rte_thash.h>

#include "bench.h"
#include "packet.h"

static uint8_t bytes[LONGEST];

/* Fetch the one frame that is under way from any of @queues queues; NULL: it got lost. */
static struct rte_mbuf *find_one(uint16_t queues, uint16_t *queue)
{
	struct rte_mbuf *m[BURST], *found = NULL;

	for (uint16_t q = 0; q < queues; q++) {
		if (bench_receive(1, q, m, BURST) == 1) {
			found = m[0];
			*queue = q;
		}
	}
	return found;
}

static struct rte_mbuf *send_packet(const struct packet *p, uint16_t queues, uint16_t *queue,
				    uint32_t *l3, uint32_t *l4)
{
	uint32_t length = packet_ip(bytes, p, l3, l4);
	struct rte_mbuf *m = packet_mbuf(bytes, length, 1);

	bench_send(0, 0, &m, 1);
	return find_one(queues, queue);
}

/* ---------------------------------------------------------------------- RSS */

/* rte_softrss() takes words in the host's order: addresses, then both ports. */
static uint32_t software_hash(const struct packet *p, uint32_t l3, uint32_t l4,
			      const uint8_t *key)
{
	uint32_t words[9], n = p->ipv6 ? 8 : 2;
	const uint8_t *addresses = bytes + l3 + (p->ipv6 ? 8 : 12);

	memcpy(words, addresses, 4 * n);
	memcpy(words + n, bytes + l4, 4);
	for (uint32_t i = 0; i <= n; i++)
		words[i] = rte_be_to_cpu_32(words[i]);
	return rte_softrss(words, n + 1, key);
}

static uint32_t check_flow(const struct packet *p, uint16_t queues, const uint8_t *key,
			   const struct rte_eth_rss_reta_entry64 *reta)
{
	uint32_t l3, l4, hash, wrong = 0;
	uint16_t queue = UINT16_MAX;
	struct rte_mbuf *m = send_packet(p, queues, &queue, &l3, &l4);

	if (m == NULL)
		return 1;
	hash = software_hash(p, l3, l4, key);
	wrong += !(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) || m->hash.rss != hash;
	wrong += queue != reta[hash % 128 / 64].reta[hash % 64];
	rte_pktmbuf_free(m);
	return wrong;
}

uint32_t check_rss(uint32_t flows, uint16_t queues)
{
	struct rte_eth_rss_reta_entry64 reta[2] = { { .mask = ~0ull }, { .mask = ~0ull } };
	uint8_t key[40];
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = sizeof(key) };
	uint32_t wrong = 0;

	cr_assert_eq(rte_eth_dev_rss_hash_conf_get(bench.end[1].port, &conf), 0);
	cr_assert_eq(rte_eth_dev_rss_reta_query(bench.end[1].port, reta, 128), 0);
	for (uint32_t i = 0; i < flows; i++) {
		for (uint32_t kind = 0; kind < 4; kind++) {
			struct packet p = { .ipv6 = kind & 1, .tcp = kind & 2, .flow = i * 31,
					    .payload = 50 };

			wrong += check_flow(&p, queues, key, reta);
		}
	}
	return wrong;
}

void check_rss_spread(uint32_t flows, uint16_t queues, uint32_t *of_queue)
{
	for (uint32_t i = 0; i < flows; i++) {
		struct packet p = { .tcp = true, .flow = i * 37, .payload = 50 };
		uint32_t l3, l4;
		uint16_t queue = 0;
		struct rte_mbuf *m = send_packet(&p, queues, &queue, &l3, &l4);

		cr_assert_not_null(m);
		of_queue[queue]++;
		rte_pktmbuf_free(m);
	}
}

/* ------------------------------------------------------------------ counters */

uint32_t check_counters(void)
{
	enum { N = 40 };
	struct rte_eth_stats before[2] = { bench_stats(0), bench_stats(1) }, after[2];
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < N; i++) {
		struct rte_mbuf *m;
		uint16_t queue;

		packet_fill(bytes, 100, 0, i);
		m = packet_mbuf(bytes, 100, 1);
		bench_send(0, 0, &m, 1);
		m = find_one(1, &queue);
		wrong += m == NULL;
		rte_pktmbuf_free(m);
	}
	after[0] = bench_stats(0);
	after[1] = bench_stats(1);
	wrong += after[0].opackets - before[0].opackets != N;
	wrong += after[1].ipackets - before[1].ipackets != N;
	wrong += after[0].obytes - before[0].obytes != N * (is_em() ? 104 : 100);
	wrong += after[1].ibytes - before[1].ibytes != N * (is_em() ? 104 : 100);
	return wrong;
}

/* ------------------------------------------------------------ tags, checksums */

uint32_t check_stripped_tags(void)
{
	uint32_t wrong = 0, l3, l4;

	for (uint16_t i = 0; i < 16; i++) {
		struct packet p = { .payload = 100, .tag = (uint16_t)(0x1001 + 0x0777 * i) };
		uint16_t queue;
		struct rte_mbuf *m = send_packet(&p, 1, &queue, &l3, &l4);

		wrong += m == NULL || !(m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) ||
			 m->vlan_tci != p.tag;
		rte_pktmbuf_free(m);
	}
	return wrong;
}

uint32_t check_inserted_sums(void)
{
	static uint8_t got[LONGEST];
	uint32_t wrong = 0, l3, l4;

	for (uint32_t i = 0; i < 16; i++) {
		struct packet p = { .payload = 100 + i, .flow = i };
		uint32_t length = packet_ip(bytes, &p, &l3, &l4);
		struct rte_mbuf *m = packet_mbuf(bytes, length, 1);
		uint16_t queue;

		memset(rte_pktmbuf_mtod_offset(m, uint8_t *, l3 + 10), 0, 2);
		m->l2_len = l3 & 0x7f;
		m->l3_len = (l4 - l3) & 0x1ff;
		m->l4_len = 8;
		m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM |
			      RTE_MBUF_F_TX_UDP_CKSUM;
		cr_assert_eq(rte_eth_tx_prepare(bench.end[0].port, 0, &m, 1), 1);
		bench_send(0, 0, &m, 1);
		m = find_one(1, &queue);
		wrong += m == NULL || packet_flat(m, got) != length ||
			 memcmp(got, bytes, length) != 0;
		rte_pktmbuf_free(m);
	}
	return wrong;
}

/* --------------------------------------------------------------- completions */

static uint32_t done(uint32_t n, uint16_t ring)
{
	uint32_t count = 0;

	for (uint32_t back = n; back > 0; back--)
		count += rte_eth_tx_descriptor_status(bench.end[0].port, 0,
						      (uint16_t)(ring - back)) ==
			 RTE_ETH_TX_DESC_DONE;
	return count;
}

/* After each step of the sender alone: what is done has left, as its peer counts. */
static uint32_t check_burst(uint32_t n, uint16_t ring)
{
	uint64_t before = bench_stats(0).opackets;
	struct rte_mbuf *m[BURST];
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < n; i++) {
		packet_fill(bytes, 64, 0, i);
		m[i] = packet_mbuf(bytes, 64, 1);
	}
	cr_assert_eq(rte_eth_tx_burst(bench.end[0].port, 0, m, (uint16_t)n), n);
	wrong += done(n, ring) != 0;
	for (uint32_t step = 0; step < 3; step++) {
		softnic_step(bench.end[0].model);
		wrong += done(n, ring) > bench_stats(0).opackets - before;
	}
	for (uint32_t step = 0; step < 200; step++)
		softnic_step(bench.end[0].model);
	wrong += done(n, ring) != n;
	wrong += bench_receive(1, 0, m, BURST) != n;
	rte_pktmbuf_free_bulk(m, n);
	return wrong;
}

uint32_t check_completions(void)
{
	struct rte_eth_txq_info info;
	uint32_t wrong = 0;

	cr_assert_eq(rte_eth_tx_queue_info_get(bench.end[0].port, 0, &info), 0);
	cr_assert_eq(info.conf.tx_rs_thresh, is_82576() ? 0 : 1);
	for (uint32_t i = 0; i < 8; i++)
		wrong += check_burst(BURST - i, info.nb_desc);
	return wrong;
}
