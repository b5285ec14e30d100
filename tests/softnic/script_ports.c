/* SPDX-License-Identifier: BSD-3-Clause */
/* See script.h. One thread does everything; it also runs the software NICs (run=poll). */
#include "script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_errno.h>

#include "packet.h"

#define DESCRIPTORS 256
#define MOST_COUNTERS 256
#define LINK_DEADLINE 20
#define HASH_START 0xcbf29ce484222325ull

/* Flags that say something of a received frame: the rest is the driver's own business. */
#define COMPARED_FLAGS (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_RSS_HASH | \
			RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK)

static const struct section *now;
static uint32_t sentinels;

void script_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("nic-script: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void script_must(int rc, const char *what, unsigned int port)
{
	if (rc < 0)
		script_fail("section %s: port %u: %s: %s; the driver's own messages are above",
			    now->name, port, what, rte_strerror(-rc));
}

static uint64_t seconds_from_now(uint32_t seconds)
{
	return rte_get_timer_cycles() + seconds * rte_get_timer_hz();
}

/* A guest's processor that rests lets the host carry the frame. */
static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
}

/* --------------------------------------------------------------------- life */

static uint16_t queues(void)
{
	return now->queues != 0 ? now->queues : 1;
}

static void configure(unsigned int port)
{
	struct rte_eth_conf conf = { .rxmode = { .mtu = now->mtu != 0 ? now->mtu : 1500,
						 .offloads = now->rx_offloads },
				     .txmode = { .offloads = now->tx_offloads } };
	struct rte_eth_rxconf rx = bench.end[port].info.default_rxconf;
	struct rte_eth_txconf tx = bench.end[port].info.default_txconf;

	if (now->rss != 0) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = now->rss;
	}
	rx.offloads = now->rx_offloads & bench.end[port].info.rx_queue_offload_capa;
	tx.offloads = now->tx_offloads & bench.end[port].info.tx_queue_offload_capa;
	script_must(rte_eth_dev_configure((uint16_t)port, queues(), 1, &conf), "configure", port);
	for (uint16_t q = 0; q < queues(); q++)
		script_must(rte_eth_rx_queue_setup((uint16_t)port, q, DESCRIPTORS, 0, &rx, bench.pool),
		     "set up a receive queue", port);
	script_must(rte_eth_tx_queue_setup((uint16_t)port, 0, DESCRIPTORS, 0, &tx),
	     "set up the transmit queue", port);
}

static void wait_for_link(unsigned int port)
{
	uint64_t end = seconds_from_now(LINK_DEADLINE);
	struct rte_eth_link link;

	do {
		script_must(rte_eth_link_get_nowait((uint16_t)port, &link), "ask for the link", port);
		rest();
	} while (link.link_status == RTE_ETH_LINK_DOWN && rte_get_timer_cycles() < end);
	printf("%s link %u: up=%d speed=%u duplex=%d\n", now->name, port, link.link_status,
	       link.link_speed, link.link_duplex);
	if (link.link_status == RTE_ETH_LINK_DOWN)
		script_fail("section %s: port %u has no link after %d s; wire the ports to each other",
			    now->name, port, LINK_DEADLINE);
}

void script_start(const struct section *section)
{
	now = section;
	for (unsigned int port = 0; port < 2; port++) {
		configure(port);
		script_must(rte_eth_dev_start((uint16_t)port), "start", port);
		if (section->selective)
			script_must(rte_eth_promiscuous_disable((uint16_t)port), "be selective", port);
		else
			script_must(rte_eth_promiscuous_enable((uint16_t)port), "be promiscuous", port);
	}
	wait_for_link(0);
	wait_for_link(1);
	for (uint16_t port = 0; port < 2; port++)
		script_must(rte_eth_stats_reset(port), "reset counters", port);
}

/* All that the driver counts, by its own names. */
static void print_extended(uint16_t port)
{
	struct rte_eth_xstat_name names[MOST_COUNTERS];
	struct rte_eth_xstat values[MOST_COUNTERS];
	int n = rte_eth_xstats_get_names(port, names, MOST_COUNTERS);

	if (n < 0 || n > MOST_COUNTERS || rte_eth_xstats_get(port, values, MOST_COUNTERS) != n)
		script_fail("section %s: port %u: its extended counters cannot be read", now->name,
			    port);
	printf("%s extended %u:", now->name, port);
	for (int i = 0; i < n; i++)
		printf(" %s=%" PRIu64, names[i].name, values[i].value);
	printf("\n");
}

void script_stop(void)
{
	for (uint16_t port = 0; port < 2; port++) {
		struct rte_eth_stats s;

		script_must(rte_eth_stats_get(port, &s), "read counters", port);
		printf("%s counters %u: ipackets=%" PRIu64 " opackets=%" PRIu64 " ibytes=%" PRIu64
		       " obytes=%" PRIu64 " imissed=%" PRIu64 " ierrors=%" PRIu64 " oerrors=%" PRIu64
		       " nombuf=%" PRIu64 "\n", now->name, port, s.ipackets, s.opackets, s.ibytes,
		       s.obytes, s.imissed, s.ierrors, s.oerrors, s.rx_nombuf);
		print_extended(port);
	}
	for (uint16_t port = 0; port < 2; port++)
		script_must(rte_eth_dev_stop(port), "stop", port);
	fflush(stdout);
}

/* ------------------------------------------------------------------- frames */

struct rte_mbuf *script_mbuf(const uint8_t *bytes, uint32_t length, uint16_t segments)
{
	uint32_t room = rte_pktmbuf_data_room_size(bench.pool) - RTE_PKTMBUF_HEADROOM, at = 0;
	struct rte_mbuf *head = NULL;

	/* the first has the headers, and then pieces of 5, 6, 7 ... bytes, the rest in the last */
	for (uint32_t i = 1; at < length; i++) {
		uint32_t piece = i < segments ? (i == 1 ? 42 : 3 + i) : RTE_MIN(length - at, room);
		struct rte_mbuf *m = rte_pktmbuf_alloc(bench.pool);
		char *to = m != NULL ? rte_pktmbuf_append(m, (uint16_t)piece) : NULL;

		if (to == NULL || (head != NULL && rte_pktmbuf_chain(head, m) != 0))
			script_fail("section %s: no buffer for %u bytes; give EAL more memory",
				    now->name, piece);
		memcpy(to, bytes + at, piece);
		at += piece;
		head = head != NULL ? head : m;
	}
	return head;
}

void script_send(unsigned int from, struct rte_mbuf *m)
{
	uint64_t end = seconds_from_now(DEADLINE);

	if (rte_eth_tx_prepare((uint16_t)from, 0, &m, 1) != 1)
		script_fail("section %s: port %u refuses a frame: %s", now->name, from,
			    rte_strerror(rte_errno));
	while (rte_eth_tx_burst((uint16_t)from, 0, &m, 1) != 1) {
		if (rte_get_timer_cycles() > end)
			script_fail("section %s: port %u has taken no frame for %d s", now->name,
				    from, DEADLINE);
		rest();
	}
}

static struct rte_mbuf *poll_once(unsigned int port, uint16_t *queue)
{
	struct rte_mbuf *m;

	for (*queue = 0; *queue < queues(); ++*queue)
		if (rte_eth_rx_burst((uint16_t)port, *queue, &m, 1) == 1)
			return m;
	return NULL;
}

struct rte_mbuf *script_receive(unsigned int at, uint16_t *queue)
{
	uint64_t end = seconds_from_now(DEADLINE);
	struct rte_mbuf *m, *stray;
	uint16_t other;

	while ((m = poll_once(at, queue)) == NULL && rte_get_timer_cycles() < end) {
		/* also runs the software NIC that sends */
		stray = poll_once(1 - at, &other);
		if (stray != NULL)
			script_print("stray", stray, other, 0);
		else
			rest();
	}
	return m;
}

static uint64_t hash_on(uint64_t hash, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull;
	return hash;
}

uint64_t script_hash(const uint8_t *bytes, uint32_t length)
{
	return hash_on(HASH_START, bytes, length);
}

static uint64_t hash_mbuf(const struct rte_mbuf *m)
{
	uint64_t hash = HASH_START;

	for (; m != NULL; m = m->next)
		hash = hash_on(hash, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
	return hash;
}

void script_print(const char *key, struct rte_mbuf *m, uint16_t queue, uint64_t wanted)
{
	uint64_t flags, hash;

	if (m == NULL) {
		printf("%s %s: nothing\n", now->name, key);
		return;
	}
	flags = m->ol_flags & COMPARED_FLAGS;
	hash = hash_mbuf(m);
	printf("%s %s: len=%u fnv=%016" PRIx64 " right=%s segs=%u ptype=%#x flags=%#" PRIx64,
	       now->name, key, m->pkt_len, hash, hash == wanted ? "yes" : "no", m->nb_segs,
	       m->packet_type, flags);
	/* fields that mean something only with their flag */
	if (flags & RTE_MBUF_F_RX_VLAN)
		printf(" tci=%#x", m->vlan_tci);
	if (flags & RTE_MBUF_F_RX_RSS_HASH)
		printf(" rss=%#x queue=%u", m->hash.rss, queue);
	printf("\n");
	rte_pktmbuf_free(m);
}

void script_pass(const char *key, unsigned int from, struct rte_mbuf *m, uint64_t wanted)
{
	uint16_t queue;

	script_send(from, m);
	m = script_receive(1 - from, &queue);
	script_print(key, m, queue, wanted);
}

static bool is_sentinel(const struct rte_mbuf *m, const uint8_t *bytes)
{
	return m->pkt_len == 60 && memcmp(rte_pktmbuf_mtod(m, const void *), bytes, 60) == 0;
}

void script_probe(const char *key, unsigned int from, struct rte_mbuf *m, uint64_t wanted)
{
	uint8_t bytes[60];
	uint16_t queue;

	packet_fill(bytes, sizeof(bytes), from, 0x5e000000 + sentinels++);
	memset(bytes, 0xff, 6);
	script_send(from, m);
	script_send(from, script_mbuf(bytes, sizeof(bytes), 1));
	m = script_receive(1 - from, &queue);
	if (m != NULL && is_sentinel(m, bytes)) {
		rte_pktmbuf_free(m);
		script_print(key, NULL, 0, 0);
		return;
	}
	script_print(key, m, queue, wanted);
	m = script_receive(1 - from, &queue);
	if (m == NULL || !is_sentinel(m, bytes))
		script_print("sentinel", m, queue, script_hash(bytes, sizeof(bytes)));
	else
		rte_pktmbuf_free(m);
}
