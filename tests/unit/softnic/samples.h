/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames to start from, built by hand, and sums made byte by byte: slow, plain,
 * and not a line of the code under test.
 */
#ifndef TEST_SOFTNIC_SAMPLES_H
#define TEST_SOFTNIC_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

#define SAMPLES 10

struct sample {
	uint32_t length;
	uint8_t bytes[256];
};

/* Frame @i of every kind the parser knows, with a checksum of 0 in each field. */
void sample_make(uint32_t i, struct sample *s);

/* A header chain by hand: each appends to @s. */
void sample_ether(struct sample *s, bool tag, uint16_t type);
void sample_ipv4(struct sample *s, uint32_t header, uint8_t protocol, uint32_t payload);
void sample_ipv6(struct sample *s, uint8_t next, uint32_t payload);
void sample_zeros(struct sample *s, uint32_t count);
void sample_l4(struct sample *s, uint8_t protocol, uint32_t header, uint32_t payload);
uint8_t *sample_extension(struct sample *s, uint8_t next, uint32_t bytes);

void put16(uint8_t *p, uint32_t v);
uint32_t get16(const uint8_t *p);
uint32_t get32(const uint8_t *p);

/* The one's complement sum of 16-bit words, folded after each. */
uint32_t slow_sum(uint32_t sum, const uint8_t *p, uint32_t length);
/* Bytes of L4 by the IP header. */
uint32_t l4_bytes(const uint8_t *frame, const struct softnic_headers *h);
/* What an L4 checksum must be, by the lengths of the IP header; the field itself reads 0. */
uint32_t slow_l4(const uint8_t *frame, const struct softnic_headers *h);
uint32_t slow_crc32c(const uint8_t *p, uint32_t length);

/* xorshift64*: the same numbers in every run. */
static inline uint32_t roll(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (uint32_t)(*seed * 0x2545F4914F6CDD1Dull >> 32);
}

/* A heap block of exactly @length bytes: a sanitizer sees a read beyond it. */
static inline uint8_t *exactly(const uint8_t *bytes, uint32_t length)
{
	uint8_t *copy = malloc(length);

	if (length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

/* A sample cut and scribbled upon, or noise; *@length is set. The caller frees it. */
uint8_t *mangled(uint64_t *seed, uint32_t *length);

#endif
