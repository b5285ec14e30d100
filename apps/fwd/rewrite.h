/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the forwarding modes change in a frame: bytes in, bytes out, no NDIS.
 * Called by forward.c for each frame on the worker that received it. @frame
 * begins at the destination address; the caller has made sure that the bytes
 * named are in one piece and may be written.
 */
#ifndef FWD_REWRITE_H
#define FWD_REWRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define REWRITE_ETHER_BYTES 14
/* Ethernet with one tag, the longest IPv4 header and that of ICMP. */
#define REWRITE_ECHO_BYTES (14 + 4 + 60 + 8)

static inline void rewrite_mac(uint8_t *frame, const uint8_t destination[6],
			       const uint8_t source[6])
{
	memcpy(frame, destination, 6);
	memcpy(frame + 6, source, 6);
}

static inline void rewrite_macswap(uint8_t *frame)
{
	uint8_t both[12];

	memcpy(both, frame, 12);
	memcpy(frame, both + 6, 6);
	memcpy(frame + 6, both, 6);
}

/**
 * Turn an ARP request or an ICMP echo request into its reply.
 * @room: bytes that may be read and written, REWRITE_ECHO_BYTES or the whole
 *        frame, whichever is less.
 * @mac:  the address to answer ARP with.
 * Returns false, and changes nothing, when the frame is neither.
 */
bool rewrite_echo(uint8_t *frame, uint32_t room, const uint8_t mac[6]);

/** Internet checksum (RFC 1071) of @len bytes, in the byte order they have. */
uint16_t rewrite_checksum(const uint8_t *data, uint32_t len);

#endif
