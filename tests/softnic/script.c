/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nic-script: a fixed conversation between ports 0 and 1, wired to each other,
 * that prints all a program can see of it through ethdev. The same lines are to
 * come from the software NIC and from QEMU's model of the same NIC.
 * Usage: nic-script EAL-ARGUMENTS -- ; exit status 0, or 1 after one line that says why not.
 */
#include "script.h"

#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>

#include "packet.h"

#define BUFFERS 8191
#define SHORTEST 60
#define LONGEST_PLAIN 1514
#define STEP 97
#define CHECKED_RX (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM |                \
		    RTE_ETH_RX_OFFLOAD_TCP_CKSUM)
#define CHECKED_TX (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |                \
		    RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
#define KEY 64
#define WHAT 24

struct bench bench = { .ends = 2 };

static const char *name(char *key, unsigned int from, const char *what, uint32_t number)
{
	snprintf(key, KEY, "%u>%u %s %u", from, 1 - from, what, number);
	return key;
}

/* ------------------------------------------------------------- sections */

static void print_info(unsigned int port)
{
	const struct rte_eth_dev_info *i = &bench.end[port].info;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(mac, sizeof(mac), &bench.end[port].mac);
	printf("info %u: driver=%s mac=%s min_mtu=%u max_mtu=%u min_rx_bufsize=%u "
	       "max_rx_pktlen=%u max_mac_addrs=%u rx_capa=%#" PRIx64 " tx_capa=%#" PRIx64
	       " rss_types=%#" PRIx64 " reta=%u key=%u speeds=%#x rxd=%u-%u txd=%u-%u\n",
	       port, i->driver_name, mac, i->min_mtu, i->max_mtu, i->min_rx_bufsize,
	       i->max_rx_pktlen, i->max_mac_addrs, i->rx_offload_capa, i->tx_offload_capa,
	       i->flow_type_rss_offloads, i->reta_size, i->hash_key_size, i->speed_capa,
	       i->rx_desc_lim.nb_min, i->rx_desc_lim.nb_max, i->tx_desc_lim.nb_min,
	       i->tx_desc_lim.nb_max);
}

static void plain_size(uint32_t size)
{
	uint8_t bytes[LONGEST];
	char key[KEY];

	for (enum kind kind = 0; kind < KINDS; kind++)
		for (unsigned int from = 0; from < 2; from++) {
			uint32_t length = script_frame(bytes, kind, size, from);

			script_pass(name(key, from, script_kinds[kind], size), from,
				    script_mbuf(bytes, length, 1), script_hash(bytes, length));
		}
}

static void plain(void)
{
	script_start(&(struct section){ .name = "plain", .rx_offloads = CHECKED_RX });
	for (uint32_t size = SHORTEST; size < LONGEST_PLAIN; size += STEP)
		plain_size(size);
	plain_size(LONGEST_PLAIN);
	script_stop();
}

/* Probe with a frame of @size bytes to @to. */
static void probe_address(const char *what, unsigned int from, const uint8_t *to, uint32_t size)
{
	uint8_t bytes[LONGEST];
	char key[KEY];

	packet_fill(bytes, size, from, size);
	memcpy(bytes, to, 6);
	script_probe(name(key, from, what, size), from, script_mbuf(bytes, size, 1),
		     script_hash(bytes, size));
}

static void filter_port(unsigned int from)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 9, 9 }, added[6] = { 2, 0, 0, 0, 9, 8 };
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	/* the table is indexed by the last 12 bits, the upper half of byte 4 the lowest of them */
	static const uint8_t group[6] = { 1, 0, 0x5e, 1, 0xb7, 0x5a };
	static const uint8_t alike[6] = { 1, 0, 0x5e, 7, 0xb2, 0x5a };
	static const uint8_t stranger[6] = { 1, 0, 0x5e, 1, 0xa7, 0x5a };
	struct rte_ether_addr mac = bench.end[1 - from].mac, new = { { 2, 0, 0, 0, 7, 7 } };
	uint16_t port = (uint16_t)(1 - from);

	probe_address("own", from, mac.addr_bytes, 60);
	probe_address("other", from, other, 60);
	probe_address("broadcast", from, all, 60);
	probe_address("group-not-joined", from, group, 60);
	script_must(rte_eth_dev_set_mc_addr_list(port, (struct rte_ether_addr *)(uintptr_t)group, 1),
		    "join a group", port);
	probe_address("group", from, group, 60);
	probe_address("group-alike", from, alike, 60);
	probe_address("group-other", from, stranger, 60);
	script_must(rte_eth_allmulticast_enable(port), "take all groups", port);
	probe_address("all-groups", from, stranger, 60);
	probe_address("all-groups-other", from, other, 60);
	script_must(rte_eth_allmulticast_disable(port), "take no more groups", port);
	script_must(rte_eth_dev_default_mac_addr_set(port, &new), "set the address", port);
	probe_address("new-address", from, new.addr_bytes, 60);
	probe_address("old-address", from, mac.addr_bytes, 60);
	script_must(rte_eth_dev_default_mac_addr_set(port, &mac), "set the address", port);
	script_must(rte_eth_dev_mac_addr_add(port, (struct rte_ether_addr *)(uintptr_t)added, 0),
		    "add an address", port);
	probe_address("added", from, added, 60);
	script_must(rte_eth_dev_mac_addr_remove(port, (struct rte_ether_addr *)(uintptr_t)added),
		    "remove an address", port);
	probe_address("removed", from, added, 60);
	probe_address("longest", from, mac.addr_bytes, 1514);
	probe_address("too-long", from, mac.addr_bytes, 1600);
	script_must(rte_eth_promiscuous_enable(port), "be promiscuous", port);
	probe_address("promiscuous", from, other, 60);
	probe_address("promiscuous-group", from, stranger, 60);
}

static void filter(void)
{
	script_start(&(struct section){ .name = "filter", .selective = true });
	filter_port(0);
	filter_port(1);
	script_stop();
}

/* A tagged frame comes without its tag, and one with a tag in its mbuf gets it. */
static void strip_vlan(void)
{
	static const uint32_t sizes[] = { 60, 64, 65, 400, 1514 };
	uint8_t bytes[LONGEST], bare[LONGEST];
	char key[KEY];

	script_start(&(struct section){ .name = "strip", .rx_offloads = CHECKED_RX |
					RTE_ETH_RX_OFFLOAD_VLAN_STRIP,
					.tx_offloads = RTE_ETH_TX_OFFLOAD_VLAN_INSERT });
	for (unsigned int i = 0; i < 2 * RTE_DIM(sizes); i++) {
		unsigned int from = i & 1;
		uint32_t size = sizes[i / 2];
		uint32_t length = script_frame(bytes, i & 2 ? TAGGED_TCP6 : TAGGED_UDP4, size, from);
		struct rte_mbuf *m;

		memcpy(bare, bytes, 12);
		memcpy(bare + 12, bytes + 16, length - 16);
		script_pass(name(key, from, "tagged", size), from, script_mbuf(bytes, length, 1),
			    script_hash(bare, length - 4));
		m = script_mbuf(bare, length - 4, 1);
		m->ol_flags |= RTE_MBUF_F_TX_VLAN;
		m->vlan_tci = (uint16_t)(0xa000 + size);
		script_pass(name(key, from, "inserted", size), from, m,
			    script_hash(bare, length - 4));
		length = script_frame(bytes, UDP4, size, from);
		script_pass(name(key, from, "untagged", size), from, script_mbuf(bytes, length, 1),
			    script_hash(bytes, length));
	}
	script_stop();
}

static void probe_vlan(const char *what, unsigned int from, uint16_t tag)
{
	struct packet p = { .tag = tag };
	uint8_t bytes[LONGEST];
	uint32_t l3, l4, length = script_ip(bytes, &p, 100, from, &l3, &l4);
	char key[KEY];

	script_probe(name(key, from, what, tag), from, script_mbuf(bytes, length, 1),
		     script_hash(bytes, length));
}

static void filter_vlan(void)
{
	script_start(&(struct section){ .name = "vlan", .selective = true,
					.rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER });
	for (unsigned int from = 0; from < 2; from++) {
		uint16_t port = (uint16_t)(1 - from);

		probe_vlan("before", from, TAG);
		script_must(rte_eth_dev_vlan_filter(port, TAG & 0xfff, 1), "let a VLAN in", port);
		probe_vlan("let-in", from, TAG);
		probe_vlan("other", from, TAG + 1);
		probe_vlan("none", from, 0);
		probe_vlan("priority-only", from, 0xe000);
		script_must(rte_eth_dev_vlan_filter(port, TAG & 0xfff, 0), "let no VLAN in", port);
		probe_vlan("after", from, TAG);
	}
	script_stop();
}

/* ------------------------------------------------------- transmit offloads */

static void sum(void)
{
	static const uint32_t sizes[] = { 60, 61, 300, 1513, 1514 };
	char key[KEY], what[WHAT];
	struct rte_mbuf *m;
	uint64_t wanted;

	script_start(&(struct section){ .name = "sum", .rx_offloads = CHECKED_RX,
					.tx_offloads = CHECKED_TX });
	for (unsigned int i = 0; i < 16 * RTE_DIM(sizes); i++) {
		struct packet p = { .ipv6 = i & 2, .tcp = i & 4, .tag = i & 8 ? TAG : 0, .flow = i };

		snprintf(what, sizeof(what), "%s%s%d", p.tag != 0 ? "tagged-" : "",
			 p.tcp ? "tcp" : "udp", p.ipv6 ? 6 : 4);
		m = script_unsummed(&p, sizes[i / 16], i & 1, 1, &wanted);
		script_pass(name(key, i & 1, what, sizes[i / 16]), i & 1, m, wanted);
	}
	script_stop();
}

static void segments(void)
{
	static const uint32_t sizes[] = { 100, 757, 1514 };
	char key[KEY], what[WHAT];
	uint8_t bytes[LONGEST];
	struct rte_mbuf *m;
	uint64_t wanted;

	script_start(&(struct section){ .name = "segments", .rx_offloads = CHECKED_RX,
					.tx_offloads = CHECKED_TX | RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	for (unsigned int i = 0; i < 12 * RTE_DIM(sizes); i++) {
		uint16_t n = (uint16_t)(2 + i / 2 % 6);
		uint32_t size = sizes[i / 12], length = script_frame(bytes, OTHER, size, i & 1);

		snprintf(what, sizeof(what), "of-%u", n);
		script_pass(name(key, i & 1, what, size), i & 1, script_mbuf(bytes, length, n),
			    script_hash(bytes, length));
		m = script_unsummed(&(struct packet){ .flow = i }, size, i & 1, n, &wanted);
		snprintf(what, sizeof(what), "sum-of-%u", n);
		script_pass(name(key, i & 1, what, size), i & 1, m, wanted);
	}
	script_stop();
}

/* Frames longer than a buffer, up to the longest and beyond. */
static void jumbo(void)
{
	static const uint32_t sizes[] = { 60, 1515, 2043, 2044, 2045, 2047, 2048, 2049, 3000, 4000,
					  4014, 4019, 4100 };
	uint8_t bytes[LONGEST];
	char key[KEY];

	script_start(&(struct section){ .name = "jumbo", .mtu = 4000,
					.rx_offloads = CHECKED_RX | RTE_ETH_RX_OFFLOAD_SCATTER,
					.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	for (unsigned int i = 0; i < 4 * RTE_DIM(sizes); i++) {
		enum kind kind = i & 2 ? OTHER : TCP4;
		uint32_t length = script_frame(bytes, kind, sizes[i / 4], i & 1);

		script_probe(name(key, i & 1, script_kinds[kind], sizes[i / 4]), i & 1,
			     script_mbuf(bytes, length, 0), script_hash(bytes, length));
	}
	script_stop();
}

/* --------------------------------------------------- what only some NICs do */

/* A table without a pattern, so that each bit of the hash that chooses tells. */
static void fill_table(uint16_t port)
{
	struct rte_eth_rss_reta_entry64 table[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];
	uint16_t size = bench.end[port].info.reta_size;
	uint64_t seed = 82576;

	for (uint16_t i = 0; i < size; i++) {
		table[i / RTE_ETH_RETA_GROUP_SIZE].mask = UINT64_MAX;
		table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
			packet_roll(&seed) & 3;
	}
	script_must(rte_eth_dev_rss_reta_update(port, table, size), "fill the RSS table", port);
}

static void rss_of(const char *section, uint64_t types)
{
	static const enum kind kinds[] = { UDP4, TCP4, UDP6, TCP6, TAGGED_UDP4, TAGGED_TCP6, ARP,
					   OTHER };
	uint8_t bytes[LONGEST];
	char key[KEY];

	script_start(&(struct section){ .name = section, .rss = types, .queues = 4,
					.rx_offloads = CHECKED_RX | RTE_ETH_RX_OFFLOAD_RSS_HASH });
	fill_table(0);
	fill_table(1);
	for (unsigned int i = 0; i < 16 * RTE_DIM(kinds); i++) {
		enum kind kind = kinds[i / 16];
		uint32_t size = 100 + i % 16, length = script_frame(bytes, kind, size, i & 1);

		script_pass(name(key, i & 1, script_kinds[kind], size), i & 1,
			    script_mbuf(bytes, length, 1), script_hash(bytes, length));
	}
	script_stop();
}

static void rss(void)
{
	if (bench.end[0].info.reta_size == 0)
		return;
	rss_of("rss-ip", RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6);
	rss_of("rss-all", bench.end[0].info.flow_type_rss_offloads);
}

/* A TCP packet of 3000 bytes leaves in three. */
static void segmentation(void)
{
	uint64_t wanted;
	uint16_t queue;
	char key[KEY];

	if (!(bench.end[0].info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_TCP_TSO))
		return;
	script_start(&(struct section){ .name = "tso", .rx_offloads = CHECKED_RX,
					.tx_offloads = CHECKED_TX | RTE_ETH_TX_OFFLOAD_TCP_TSO |
						       RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	for (unsigned int i = 0; i < 4; i++) {
		struct packet p = { .tcp = true, .ipv6 = i & 2, .flow = i };
		struct rte_mbuf *m = script_unsummed(&p, 3000, i & 1, 0, &wanted);

		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
		m->tso_segsz = 1000;
		script_send(i & 1, m);
		for (unsigned int piece = 0; piece < 3; piece++) {
			m = script_receive(1 - (i & 1), &queue);
			script_print(name(key, i & 1, p.ipv6 ? "tcp6" : "tcp4", piece), m, queue, 0);
		}
	}
	script_stop();
}

/* -------------------------------------------------------------------- start */

static void find_ports(void)
{
	if (rte_eth_dev_count_avail() != 2)
		script_fail("%u ports; make two NICs, wired to each other",
			    rte_eth_dev_count_avail());
	bench.pool = rte_pktmbuf_pool_create("script", BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					     SOCKET_ID_ANY);
	if (bench.pool == NULL)
		script_fail("no pool of buffers: %s; give EAL more memory", rte_strerror(rte_errno));
	for (uint16_t port = 0; port < 2; port++) {
		bench.end[port].port = port;
		if (rte_eth_dev_info_get(port, &bench.end[port].info) != 0 ||
		    rte_eth_macaddr_get(port, &bench.end[port].mac) != 0)
			script_fail("port %u says nothing of itself", port);
		print_info(port);
	}
}

int main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		script_fail("EAL does not start: %s; it says why above", rte_strerror(rte_errno));
	find_ports();
	plain();
	filter();
	strip_vlan();
	filter_vlan();
	sum();
	segments();
	jumbo();
	rss();
	segmentation();
	for (uint16_t port = 0; port < 2; port++)
		rte_eth_dev_close(port);
	rte_eal_cleanup();
	printf("end: yes\n");
	return 0;
}
