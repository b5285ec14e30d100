/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long a driver may keep what is not its own, as Driver Verifier measures it (MP-SND-12,
 * FL-RCV-05): NBLs that a miniport does not complete, or that a filter neither passes on nor
 * gives back. Only when nrt_verifying.
 */
#ifndef NRT_NDIS_NBLWATCH_H
#define NRT_NDIS_NBLWATCH_H

#include <stdbool.h>
#include <stdint.h>

/* What is seen of an adapter's sends as a whole; under the records' lock. */
struct nrt_send_watch {
	uint64_t scan;     /* the last one that found a send with the miniport */
	uint64_t returned; /* how many the miniport had completed then */
	uint64_t since;    /* when that last changed */
	bool told;
};

/* nrt_init and nrt_fini. Control thread. */
void nrt_nbl_watch_start(void);
void nrt_nbl_watch_stop(void);

/* Look at all NBLs under way; @now_ns is of any clock that goes on. A driver's time begins
 * with the first look that finds the NBL with it. */
void nrt_nbl_watch_scan(uint64_t now_ns);

/* 22 s and 30 s unless a test has less patience. */
void nrt_nbl_watch_set_limits(unsigned int hang_ms, unsigned int nbl_ms);

#endif
