/* SPDX-License-Identifier: BSD-3-Clause */
/* The frames of nic-script, see script.h: the same ones in each run, from fixed seeds. */
#include "script.h"

#include <string.h>

#include <rte_arp.h>
#include <rte_ether.h>

const char *const script_kinds[KINDS] = {
	"udp4", "tcp4", "udp6", "tcp6", "tagged-udp4", "tagged-tcp6", "bad-ip", "bad-udp4",
	"bad-tcp6", "arp", "broadcast", "multicast", "other"
};

static void address(uint8_t *bytes, unsigned int from)
{
	memcpy(bytes, bench.end[1 - from].mac.addr_bytes, 6);
	memcpy(bytes + 6, bench.end[from].mac.addr_bytes, 6);
}

uint32_t script_ip(uint8_t *bytes, struct packet *p, uint32_t size, unsigned int from,
		   uint32_t *l3, uint32_t *l4)
{
	uint32_t headers = 14u + (p->tag != 0 ? 4 : 0) + (p->ipv6 ? 40 : 20) + (p->tcp ? 20 : 8);
	uint32_t length;

	p->payload = size > headers ? size - headers : 0;
	length = packet_ip(bytes, p, l3, l4);
	address(bytes, from);
	return length;
}

static uint32_t make_arp(uint8_t *bytes, uint32_t size, unsigned int from)
{
	struct rte_arp_hdr arp = { .arp_hardware = rte_cpu_to_be_16(RTE_ARP_HRD_ETHER),
				   .arp_protocol = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4),
				   .arp_hlen = 6, .arp_plen = 4,
				   .arp_opcode = rte_cpu_to_be_16(RTE_ARP_OP_REQUEST) };

	packet_fill(bytes, size, from, size);
	memset(bytes, 0xff, 6);
	bytes[12] = RTE_ETHER_TYPE_ARP >> 8;
	bytes[13] = RTE_ETHER_TYPE_ARP & 0xff;
	arp.arp_data.arp_sha = bench.end[from].mac;
	memcpy(bytes + 14, &arp, sizeof(arp));
	return size;
}

static uint32_t make_plain(uint8_t *bytes, enum kind kind, uint32_t size, unsigned int from)
{
	packet_fill(bytes, size, from, size);
	if (kind == BROADCAST)
		memset(bytes, 0xff, 6);
	if (kind == MULTICAST)
		memcpy(bytes, (const uint8_t[6]){ 0x01, 0x00, 0x5e, 1, 2, 3 }, 6);
	return size;
}

uint32_t script_frame(uint8_t *bytes, enum kind kind, uint32_t size, unsigned int from)
{
	struct packet p = { .flow = size };
	uint32_t l3, l4, length;

	if (kind == ARP)
		return make_arp(bytes, size, from);
	if (kind >= BROADCAST)
		return make_plain(bytes, kind, size, from);
	p.ipv6 = kind == UDP6 || kind == TCP6 || kind == TAGGED_TCP6 || kind == BAD_TCP6;
	p.tcp = kind == TCP4 || kind == TCP6 || kind == TAGGED_TCP6 || kind == BAD_TCP6;
	p.tag = kind == TAGGED_UDP4 || kind == TAGGED_TCP6 ? TAG : 0;
	length = script_ip(bytes, &p, size, from, &l3, &l4);
	if (kind == BAD_IP)
		bytes[l3 + 10] ^= 0x40;
	if (kind == BAD_UDP4 || kind == BAD_TCP6)
		bytes[l4 + (p.tcp ? 16 : 6)] ^= 0x40;
	return length;
}

struct rte_mbuf *script_unsummed(const struct packet *model, uint32_t size, unsigned int from,
				 uint16_t segments, uint64_t *wanted)
{
	struct packet p = *model;
	uint8_t bytes[LONGEST];
	uint32_t l3, l4, length = script_ip(bytes, &p, size, from, &l3, &l4);
	struct rte_mbuf *m;

	*wanted = script_hash(bytes, length);
	memset(bytes + l4 + (p.tcp ? 16 : 6), 0xee, 2);
	if (!p.ipv6)
		memset(bytes + l3 + 10, 0xee, 2);
	m = script_mbuf(bytes, length, segments);
	m->l2_len = l3 & 0x7f;
	m->l3_len = (l4 - l3) & 0x1ff;
	m->l4_len = p.tcp ? 20 : 8;
	m->ol_flags |= p.ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	m->ol_flags |= p.tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
	return m;
}
