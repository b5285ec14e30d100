/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a MAC does with a frame's bytes: parse, checksum, cut, hash. Pure
 * functions without state; the same for every NIC type.
 */
#ifndef SOFTNIC_FRAME_H
#define SOFTNIC_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Headers as the parser found them; lengths in bytes. */
struct softnic_headers {
	uint16_t l2_len;            /* with tags */
	uint16_t l3_len;            /* with options and extension headers; 0: not IP */
	uint16_t l4_len;            /* TCP with options; 0: none or a fragment */
	uint8_t ip_version;         /* 0, 4, 6 */
	uint8_t l4_protocol;        /* 6, 17, 132 or 0 */
	bool vlan;                  /* an 802.1Q tag comes first */
	uint16_t tci;
	bool ip_options;            /* or IPv6 extension headers */
	bool fragment;
};

/* All of @frame's headers; cut-off headers count as absent. */
void softnic_parse(const uint8_t *frame, uint32_t length, struct softnic_headers *h);

enum softnic_checksum { SOFTNIC_CHECKSUM_NONE, SOFTNIC_CHECKSUM_GOOD, SOFTNIC_CHECKSUM_BAD };

enum softnic_checksum softnic_check_ip(const uint8_t *frame, const struct softnic_headers *h);
/* TCP and UDP (and SCTP's CRC32c); NONE for UDP over IPv4 without one, and fragments. */
enum softnic_checksum softnic_check_l4(const uint8_t *frame, uint32_t length,
				       const struct softnic_headers *h);

/* Ones' complement sum of bytes @start..@end (exclusive) into the big-endian word at
 * @offset, whose present content is part of the sum; [8254x] 3.3.6. */
void softnic_sum_into(uint8_t *frame, uint32_t start, uint32_t end, uint32_t offset);
void softnic_sctp_into(uint8_t *frame, uint32_t start, uint32_t end);

/* Put @tci behind the addresses: @out has room for @length + 4 bytes. */
void softnic_insert_vlan(uint8_t *out, const uint8_t *frame, uint32_t length, uint16_t tci);

/* TCP (or UDP) segmentation, [82599] 7.2.4: @headers bytes repeat before each @mss bytes. */
struct softnic_tso {
	uint32_t headers;
	uint16_t mac_len, ip_len, l4_len, mss;
	bool ipv4, tcp;
	bool ip_checksum, l4_checksum;
};
typedef void (*softnic_emit_fn)(void *context, const uint8_t *frame, uint32_t length);
/* @scratch holds one segment. Returns the segments emitted, 0 when @data has no payload. */
uint32_t softnic_segment(const struct softnic_tso *tso, const uint8_t *data, uint32_t length,
			 uint8_t *scratch, softnic_emit_fn emit, void *context);

/* --------------------------------------------------------------------- RSS */

/* Hash types to look for; a type of the list that fits is taken, TCP and UDP first. */
enum {
	SOFTNIC_RSS_TCP4 = 1 << 0,
	SOFTNIC_RSS_IP4 = 1 << 1,
	SOFTNIC_RSS_TCP6 = 1 << 2,
	SOFTNIC_RSS_IP6_EX = 1 << 3,
	SOFTNIC_RSS_IP6 = 1 << 4,
	SOFTNIC_RSS_TCP6_EX = 1 << 5,
	SOFTNIC_RSS_UDP4 = 1 << 6,
	SOFTNIC_RSS_UDP6 = 1 << 7,
	SOFTNIC_RSS_UDP6_EX = 1 << 8,
};

/* The key, spread out so that a hash is one look-up a byte of input. */
struct softnic_toeplitz {
	uint32_t table[36][256];
};

void softnic_toeplitz_init(struct softnic_toeplitz *t, const uint8_t key[40]);
uint32_t softnic_toeplitz(const struct softnic_toeplitz *t, const uint8_t *input, uint32_t length);

/* Hash of @frame, or 0 with *@type 0 when no wanted type fits. *@type is the RSS type as in a
 * descriptor, [82599] 7.1.6.2 table 7-17 (1 TCP4, 2 IP4, 3 TCP6, 5 IP6, 7 UDP4, 8 UDP6 ...). */
uint32_t softnic_rss(const struct softnic_toeplitz *t, uint32_t types, const uint8_t *frame,
		     const struct softnic_headers *h, uint8_t *type);

/* --------------------------------------------------------- what rx reports */

/* Everything an advanced receive descriptor says of a frame but length and queue. */
struct softnic_meta {
	struct softnic_headers headers;
	enum softnic_checksum ip, l4;
};

void softnic_examine(const uint8_t *frame, uint32_t length, struct softnic_meta *meta);

/* ------------------------------------------------------------------ frames */

/* Frames made before the run: a template or a pcap, sizes, flows. Constant afterwards. */
struct softnic_frames {
	uint32_t n;
	uint32_t *offset, *length;  /* of each, without FCS */
	struct softnic_meta *meta;
	uint8_t *bytes;
};

struct softnic_frames_config {
	const char *pcap;           /* NULL: a UDP over IPv4 template */
	uint32_t size;              /* with FCS, 64..; 0: 64 */
	bool imix;                  /* 7:4:1 of 64, 570 and 1518 bytes */
	uint32_t flows;             /* differ in addresses and ports; 0: 1 */
	bool bad_checksums;         /* every frame's IP and UDP checksums are wrong */
	uint8_t source[6], destination[6];
};

/* 0, or -errno with one line in @error (size >= 128) that says what to do. */
int softnic_frames_make(struct softnic_frames *frames, const struct softnic_frames_config *config,
			char *error, uint32_t error_size);
void softnic_frames_free(struct softnic_frames *frames);

#endif
