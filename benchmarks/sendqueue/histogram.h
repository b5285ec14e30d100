/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts of durations, in buckets of a 32nd of their power of two: percentiles to 3 %
 * over 64 bits. One thread adds; it is read when that has ended.
 */
#ifndef SENDQUEUE_HISTOGRAM_H
#define SENDQUEUE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS 5
#define HISTOGRAM_PARTS (1u << HISTOGRAM_BITS)

struct histogram {
	uint64_t count[64 * HISTOGRAM_PARTS], total, worst;
};

static inline unsigned int histogram_bucket(uint64_t value)
{
	unsigned int power;

	if (value < HISTOGRAM_PARTS)
		return (unsigned int)value;
	power = 63 - (unsigned int)__builtin_clzll(value);
	return (power - HISTOGRAM_BITS + 1) * HISTOGRAM_PARTS +
	       (unsigned int)(value >> (power - HISTOGRAM_BITS) & (HISTOGRAM_PARTS - 1));
}

/* The largest value that falls into @bucket. */
static inline uint64_t histogram_upper(unsigned int bucket)
{
	unsigned int shift = bucket / HISTOGRAM_PARTS;

	if (shift == 0)
		return bucket;
	return (((uint64_t)HISTOGRAM_PARTS + bucket % HISTOGRAM_PARTS + 1) << (shift - 1)) - 1;
}

static inline void histogram_add(struct histogram *h, uint64_t value)
{
	h->count[histogram_bucket(value)]++;
	h->total++;
	if (value > h->worst)
		h->worst = value;
}

/* The duration that @share of all do not exceed. */
static inline uint64_t histogram_percentile(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->total), seen = 0;

	for (unsigned int i = 0; i < 64 * HISTOGRAM_PARTS; i++) {
		seen += h->count[i];
		if (seen > wanted)
			return histogram_upper(i) < h->worst ? histogram_upper(i) : h->worst;
	}
	return h->worst;
}

#endif
