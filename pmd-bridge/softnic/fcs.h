/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame check sequence, for NICs that are told to keep it. zlib's CRC is the
 * same polynomial; DPDK's own changed its call between the releases we run on.
 */
#ifndef SOFTNIC_FCS_H
#define SOFTNIC_FCS_H

#include <stdint.h>

#include <zlib.h>

/* FCS of a frame of @length bytes, as it lies in memory behind them. */
static inline uint32_t softnic_fcs(const uint8_t *frame, uint32_t length)
{
	return (uint32_t)crc32(crc32(0, NULL, 0), frame, length);
}

#endif
