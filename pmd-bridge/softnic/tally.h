/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a MAC counts of each frame, one way: the source of the statistics
 * registers. Transmit and delivery add to it under the wire's lock; a type's
 * publish() moves it on to its registers.
 */
#ifndef SOFTNIC_TALLY_H
#define SOFTNIC_TALLY_H

#include <stdint.h>

/* By length with FCS: 64 (and less), 65-127, 128-255, 256-511, 512-1023, 1024-1522, longer. */
#define SOFTNIC_TALLY_SIZES 7

struct softnic_tally {
	uint64_t frames, bytes;     /* bytes without FCS */
	uint64_t broadcast, multicast;
	uint64_t size[SOFTNIC_TALLY_SIZES];
};

static inline uint32_t softnic_tally_size(uint32_t wire_length)
{
	if (wire_length <= 64)
		return 0;
	if (wire_length > 1522)
		return 6;
	/* 65-127 have their highest bit at 6, 1024-1522 at 10 */
	return 26 - (uint32_t)__builtin_clz(wire_length);
}

/* What differs from frame to frame; @frame is @length bytes without FCS, 14 or more. */
static inline void softnic_tally_kind(struct softnic_tally *t, const uint8_t *frame, uint32_t length)
{
	t->size[softnic_tally_size(length + 4)]++;
	if (__builtin_expect(frame[0] & 1, 0)) {
		uint8_t all = 0xff;

		for (int i = 0; i < 6; i++)
			all &= frame[i];
		if (all == 0xff)
			t->broadcast++;
		else
			t->multicast++;
	}
}

static inline void softnic_tally_add(struct softnic_tally *t, const uint8_t *frame, uint32_t length)
{
	t->frames++;
	t->bytes += length;
	softnic_tally_kind(t, frame, length);
}

/* What a counter has more than when it was last seen, which it catches up with. */
static inline uint64_t softnic_since(uint64_t now, uint64_t *seen)
{
	uint64_t n = now - *seen;

	*seen = now;
	return n;
}

#endif
