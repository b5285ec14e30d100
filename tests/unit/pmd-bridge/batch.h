/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A batch of sends on port 0 whose fate is looked at one by one: sent in pieces, each
 * memory overwritten as soon as its send has completed. Main thread.
 */
#ifndef TEST_BATCH_H
#define TEST_BATCH_H

#include "host.h"

/* @n NBLs of one frame of @length bytes or a few less, from port 0's address to @to. */
void batch_make(struct shaped *list[], ULONG n, ULONG length, const UCHAR to[6]);

/* Send them in chains of up to 50, all of which port 0 must accept. */
void batch_send(struct shaped *const list[], ULONG n);

/* How many have completed. */
ULONG batch_done(struct shaped *const list[], ULONG n);

/* Each completed once, with @status. */
void batch_expect_ended(struct shaped *const list[], ULONG n, NDIS_STATUS status);

/* They completed in the order in which they were sent. */
void batch_expect_in_order(struct shaped *const list[], ULONG n);

#endif
