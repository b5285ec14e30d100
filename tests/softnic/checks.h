/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks that count what is wrong instead of ending the test: tests want 0 of
 * them, and test_seeded.c wants more when the model makes a mistake on purpose.
 */
#ifndef TEST_SOFTNIC_CHECKS_H
#define TEST_SOFTNIC_CHECKS_H

#include <stdint.h>

/* Each of @flows, as UDP and TCP over IPv4 and IPv6: hash and queue. */
uint32_t check_rss(uint32_t flows, uint16_t queues);
/* Where @flows of TCP over IPv4 go. */
void check_rss_spread(uint32_t flows, uint16_t queues, uint32_t *of_queue);

/* 40 frames from end 0 to 1: what the counters of both ends say. */
uint32_t check_counters(void);
/* Frames with tags to a port that strips them: tag and rest. */
uint32_t check_stripped_tags(void);
/* Checksums of UDP over IPv4 that the NIC puts in. */
uint32_t check_inserted_sums(void);
/* Bursts of which each descriptor reports (tx_rs_thresh 1): none is done before its frame left,
 * and all are afterwards. */
uint32_t check_completions(void);

#endif
