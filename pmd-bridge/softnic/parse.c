/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a frame's headers are: Ethernet II or SNAP, one 802.1Q tag, IPv4, IPv6
 * with extension headers, TCP, UDP, SCTP. Receive asks for each frame from the
 * wire, the generator once for each frame it has.
 */
#include "frame.h"

#include "bytes.h"

/* Ethernet II and SNAP, with a tag or without, [82599] 7.1.11. Returns the type, 0: cut off. */
static uint16_t parse_l2(const uint8_t *frame, uint32_t length, struct softnic_headers *h)
{
	uint32_t at = ETHER_BYTES;
	uint16_t type;

	if (length < ETHER_BYTES)
		return 0;
	type = load16(frame + ETHER_BYTES - 2);
	if (type == TYPE_TAG && length >= ETHER_BYTES + TAG_BYTES) {
		h->vlan = true;
		h->tci = load16(frame + ETHER_BYTES);
		at += TAG_BYTES;
		type = load16(frame + at - 2);
	}
	if (type < TYPE_LEAST && length >= at + SNAP_BYTES &&
	    memcmp(frame + at, snap_header, sizeof(snap_header)) == 0) {
		at += SNAP_BYTES;
		type = load16(frame + at - 2);
	}
	h->l2_len = (uint16_t)at;
	return type;
}

/* The L4 header at @at, if it is there before @end. */
static void parse_l4(const uint8_t *frame, uint32_t at, uint32_t end, uint8_t protocol,
		     struct softnic_headers *h)
{
	uint32_t room = end > at ? end - at : 0;
	uint32_t bytes = 0;

	if (protocol == PROTO_UDP) {
		bytes = UDP_BYTES;
	} else if (protocol == PROTO_TCP && room >= TCP_BYTES) {
		bytes = (uint32_t)(frame[at + 12] >> 4) * 4;
		if (bytes < TCP_BYTES)
			return;
	} else if (protocol == PROTO_SCTP) {
		bytes = SCTP_BYTES;
	}
	if (bytes == 0 || room < bytes)
		return;
	h->l4_len = (uint16_t)bytes;
	h->l4_protocol = protocol;
}

/* @end is where the frame ends; padding behind a shorter packet is no part of it. */
static uint32_t packet_end(uint32_t at, uint32_t bytes, uint32_t end)
{
	return at + bytes < end ? at + bytes : end;
}

static void parse_ipv4(const uint8_t *frame, uint32_t end, struct softnic_headers *h)
{
	uint32_t at = h->l2_len;
	const uint8_t *ip = frame + at;
	uint32_t bytes;

	if (end - at < IPV4_BYTES || ip[0] >> 4 != 4)
		return;
	bytes = (uint32_t)(ip[0] & 15) * 4;
	if (bytes < IPV4_BYTES || end - at < bytes)
		return;
	h->ip_version = 4;
	h->l3_len = (uint16_t)bytes;
	h->ip_options = bytes > IPV4_BYTES;
	h->fragment = (load16(ip + 6) & 0x3FFF) != 0;
	if (!h->fragment)
		parse_l4(frame, at + bytes, packet_end(at, load16(ip + 2), end), ip[9], h);
}

/* The home address in the destination options header at @at; 0: there is none. */
static uint32_t home_address(const uint8_t *frame, uint32_t at, uint32_t end)
{
	uint32_t option = at + 2;

	while (option < end) {
		if (frame[option] == 0) { /* Pad1 has no length, RFC 8200 4.2 */
			option++;
			continue;
		}
		if (option + 2 > end || option + 2 + frame[option + 1] > end)
			break;
		if (frame[option] == 0xC9 && frame[option + 1] == 16)
			return option + 2;
		option += 2u + frame[option + 1];
	}
	return 0;
}

static void note_extension(const uint8_t *frame, uint32_t at, uint32_t end,
			   struct ipv6_chain *chain)
{
	if (chain->next == PROTO_DESTINATION && chain->home == 0)
		chain->home = home_address(frame, at, end);
	if (chain->next != PROTO_ROUTING)
		return;
	chain->detour |= frame[at + 3] != 0;
	if (frame[at + 2] == 2 && end - at >= 24 && chain->route == 0)
		chain->route = at + 8;
}

/* Skips what [82599] 7.1.11 skips; a fragment header is the last it looks at. */
void softnic_ipv6_walk(const uint8_t *frame, uint32_t at, uint32_t end, struct ipv6_chain *chain)
{
	*chain = (struct ipv6_chain){ .next = frame[at + 6], .end = at + IPV6_BYTES };
	for (;;) {
		uint32_t here = chain->end, bytes = 8;

		if (chain->next != PROTO_HOP_BY_HOP && chain->next != PROTO_ROUTING &&
		    chain->next != PROTO_DESTINATION && chain->next != PROTO_FRAGMENT)
			return;
		if (end - here >= 8 && chain->next != PROTO_FRAGMENT)
			bytes += frame[here + 1] * 8u;
		if (end - here < bytes) {
			chain->next = PROTO_NONE;
			return;
		}
		chain->fragment = chain->next == PROTO_FRAGMENT;
		note_extension(frame, here, here + bytes, chain);
		chain->next = frame[here];
		chain->end = here + bytes;
		if (chain->fragment)
			return;
	}
}

static void parse_ipv6(const uint8_t *frame, uint32_t end, struct softnic_headers *h)
{
	uint32_t at = h->l2_len;
	const uint8_t *ip = frame + at;
	struct ipv6_chain chain;

	if (end - at < IPV6_BYTES || ip[0] >> 4 != 6)
		return;
	end = packet_end(at, IPV6_BYTES + load16(ip + 4), end);
	h->ip_version = 6;
	softnic_ipv6_walk(frame, at, end, &chain);
	h->l3_len = (uint16_t)(chain.end - at);
	h->ip_options = h->l3_len > IPV6_BYTES;
	h->fragment = chain.fragment;
	if (!h->fragment)
		parse_l4(frame, chain.end, end, chain.next, h);
}

void softnic_parse(const uint8_t *frame, uint32_t length, struct softnic_headers *h)
{
	uint16_t type;

	memset(h, 0, sizeof(*h));
	if (length > UINT16_MAX) /* no frame; lengths stay within their 16 bits */
		length = UINT16_MAX;
	type = parse_l2(frame, length, h);
	if (type == TYPE_IPV4)
		parse_ipv4(frame, length, h);
	else if (type == TYPE_IPV6)
		parse_ipv6(frame, length, h);
}

/* @length covers both addresses at least: the MAC has refused shorter frames. */
void softnic_insert_vlan(uint8_t *out, const uint8_t *frame, uint32_t length, uint16_t tci)
{
	memcpy(out, frame, 12);
	store16(out + 12, TYPE_TAG);
	store16(out + 14, tci);
	memcpy(out + 16, frame + 12, length - 12);
}
