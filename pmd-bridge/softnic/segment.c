/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP and UDP segmentation, [82599] 7.2.4: transmit gives one long frame, whose
 * headers come back before every piece of its payload, brought up to date.
 */
#include "frame.h"

#include "bytes.h"

enum { TCP_FIN = 0x01, TCP_PSH = 0x08, TCP_CWR = 0x80 };

/* Headers where the context says, and room for what is written into them. */
static bool sane(const struct softnic_tso *tso, uint32_t length)
{
	uint32_t headers = (uint32_t)tso->mac_len + tso->ip_len + tso->l4_len;

	return tso->mss > 0 && tso->headers < length && headers <= tso->headers &&
	       tso->mac_len >= ETHER_BYTES &&
	       tso->ip_len >= (tso->ipv4 ? IPV4_BYTES : IPV6_BYTES) &&
	       tso->l4_len >= (tso->tcp ? TCP_BYTES : UDP_BYTES);
}

/* With SNAP the type field is the length of what follows it. It tells nothing by itself here:
 * the length of the whole may look like a type. */
static void update_mac(const struct softnic_tso *tso, uint8_t *frame, uint32_t length)
{
	if (tso->mac_len == ETHER_BYTES + SNAP_BYTES &&
	    memcmp(frame + ETHER_BYTES, snap_header, sizeof(snap_header)) == 0)
		store16(frame + ETHER_BYTES - 2, (uint16_t)(length - ETHER_BYTES));
}

static void update_ip(const struct softnic_tso *tso, uint8_t *frame, uint32_t length, uint32_t n)
{
	uint8_t *ip = frame + tso->mac_len;
	uint32_t bytes = length - tso->mac_len;

	if (!tso->ipv4) {
		store16(ip + 4, (uint16_t)(bytes - IPV6_BYTES));
		return;
	}
	store16(ip + 2, (uint16_t)bytes);
	store16(ip + 4, (uint16_t)(load16(ip + 4) + n));
	if (tso->ip_checksum)
		softnic_sum_into(frame, tso->mac_len, (uint32_t)tso->mac_len + tso->ip_len,
				 (uint32_t)tso->mac_len + 10);
}

/* FIN and PSH belong to the last byte, CWR to the first: the flag masks that the NIC starts
 * with, DTXTCPFLGL and DTXTCPFLGH, [82599] 7.2.4.7. */
static uint8_t tcp_flags(uint8_t flags, bool first, bool last)
{
	if (!last)
		flags &= (uint8_t)~(TCP_FIN | TCP_PSH);
	if (!first)
		flags &= (uint8_t)~TCP_CWR;
	return flags;
}

/* Driver's part of the pseudo header is in the checksum field already, but for the length. */
static void update_l4_checksum(const struct softnic_tso *tso, uint8_t *frame, uint32_t length)
{
	uint32_t start = (uint32_t)tso->mac_len + tso->ip_len;
	uint32_t offset = start + (tso->tcp ? 16 : 6);
	uint64_t sum = load16(frame + offset);

	store16(frame + offset, fold(sum + (length - start)));
	softnic_sum_into(frame, start, length, offset);
}

static void update_l4(const struct softnic_tso *tso, uint8_t *frame, uint32_t length, uint32_t n,
		      bool last)
{
	uint8_t *l4 = frame + tso->mac_len + tso->ip_len;

	if (tso->tcp) {
		store32(l4 + 4, load32(l4 + 4) + n * tso->mss);
		l4[13] = tcp_flags(l4[13], n == 0, last);
	} else {
		store16(l4 + 4, (uint16_t)(length - tso->mac_len - tso->ip_len));
	}
	if (tso->l4_checksum)
		update_l4_checksum(tso, frame, length);
}

uint32_t softnic_segment(const struct softnic_tso *tso, const uint8_t *data, uint32_t length,
			 uint8_t *scratch, softnic_emit_fn emit, void *context)
{
	uint32_t at = tso->headers, n = 0;

	if (!sane(tso, length))
		return 0;
	while (at < length) {
		uint32_t payload = length - at < tso->mss ? length - at : tso->mss;
		uint32_t bytes = tso->headers + payload;

		memcpy(scratch, data, tso->headers);
		memcpy(scratch + tso->headers, data + at, payload);
		at += payload;
		update_mac(tso, scratch, bytes);
		update_ip(tso, scratch, bytes, n);
		update_l4(tso, scratch, bytes, n, at == length);
		emit(context, scratch, bytes);
		n++;
	}
	return n;
}
