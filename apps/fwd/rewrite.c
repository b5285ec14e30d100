/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmpecho: ARP requests (RFC 826) and ICMP echo requests (RFC 792) become
 * their replies in place. Pure functions over bytes, on the receiving worker.
 */
#include "rewrite.h"

#define ETHER_IPV4 0x0800
#define ETHER_ARP 0x0806
#define ETHER_VLAN 0x8100

#define ARP_BYTES 28
#define ARP_REQUEST 1
#define ARP_REPLY 2

#define IPPROTO_ICMP_NUMBER 1
#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO_REQUEST 8

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void swap4(uint8_t *a, uint8_t *b)
{
	uint8_t t[4];

	memcpy(t, a, 4);
	memcpy(a, b, 4);
	memcpy(b, t, 4);
}

uint16_t rewrite_checksum(const uint8_t *data, uint32_t len)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i + 1 < len; i += 2)
		sum += get16(data + i);
	if (len & 1)
		sum += (uint32_t)data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The request's target is who answers: its protocol address is given back with
 * our hardware address, whatever it is, as testpmd's mode of that name does. */
static bool answer_arp(uint8_t *arp, uint32_t room, const uint8_t mac[6])
{
	if (room < ARP_BYTES || get16(arp) != 1 || get16(arp + 2) != ETHER_IPV4 || arp[4] != 6 ||
	    arp[5] != 4 || get16(arp + 6) != ARP_REQUEST)
		return false;
	put16(arp + 6, ARP_REPLY);
	swap4(arp + 14, arp + 24);
	memcpy(arp + 18, arp + 8, 6);
	memcpy(arp + 8, mac, 6);
	return true;
}

static bool answer_echo(uint8_t *ip, uint32_t room)
{
	uint32_t header = room >= 20 ? (ip[0] & 0x0Fu) * 4 : 0;
	uint8_t *icmp = ip + header;
	uint32_t sum;

	if (header < 20 || ip[0] >> 4 != 4 || ip[9] != IPPROTO_ICMP_NUMBER || room < header + 8 ||
	    (get16(ip + 6) & 0x1FFF) != 0 || icmp[0] != ICMP_ECHO_REQUEST || icmp[1] != 0)
		return false;
	if (ip[16] >= 224) /* a multicast or broadcast address cannot be a source */
		return false;
	swap4(ip + 12, ip + 16); /* the header's checksum stays what it is */
	icmp[0] = ICMP_ECHO_REPLY;
	/* RFC 1624: the type went from 8 to 0, the sum grows by as much. */
	sum = get16(icmp + 2) + ((uint32_t)ICMP_ECHO_REQUEST << 8);
	put16(icmp + 2, (uint16_t)(sum + (sum >> 16)));
	return true;
}

bool rewrite_echo(uint8_t *frame, uint32_t room, const uint8_t mac[6])
{
	uint32_t at = REWRITE_ETHER_BYTES;
	uint16_t type;
	bool answered;

	if (room < at + 4)
		return false;
	type = get16(frame + 12);
	if (type == ETHER_VLAN) {
		type = get16(frame + 16);
		at += 4;
	}
	if (type == ETHER_ARP)
		answered = answer_arp(frame + at, room - at, mac);
	else
		answered = type == ETHER_IPV4 && answer_echo(frame + at, room - at);
	if (!answered)
		return false;
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, mac, 6);
	return true;
}
