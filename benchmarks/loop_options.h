/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What raw_pmd_loop and raw_bridge_loop are told, by testpmd's names where they
 * mean the same: --forward-mode, --burst, --rxd, --txd, --total-num-mbufs,
 * --rxfreet, --txfreet, --txrst; and of the pool --mbcache, --private (bytes with
 * each mbuf) and --mbuf-pool-ops. Main thread.
 */
#ifndef BENCHMARKS_LOOP_OPTIONS_H
#define BENCHMARKS_LOOP_OPTIONS_H

#include <stdbool.h>

#define LOOP_MAX_BURST 512

enum loop_mode { LOOP_IO, LOOP_RXONLY };

/* A threshold of 0 is the PMD's own. */
struct loop_options {
	unsigned long burst, rxd, txd, mbufs, rxfreet, txfreet, txrst;
	unsigned long cache, private_bytes;
	const char *pool_ops; /* NULL: DPDK's choice */
	enum loop_mode mode;
};

/** Parse argv[1..argc-1], after EAL's. False after one line that says what is wrong. */
bool loop_options_parse(const char *program, int argc, char **argv, struct loop_options *o);

/** One line on stderr; returns 1, the exit status of everything but bad usage. */
int __attribute__((format(printf, 2, 3))) loop_fail(const char *program, const char *format, ...);

#endif
