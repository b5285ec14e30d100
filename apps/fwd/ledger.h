/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The closed packet ledger of one port: equations between counts that
 * independent parties made of the same packets, PMD, bridge, runtime and the
 * forwarder itself. No term is ever computed from the others: what two parties
 * disagree about is `unexplained`. Pure arithmetic, after traffic has stopped.
 */
#ifndef FWD_LEDGER_H
#define FWD_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <nrt/nrt.h>
#include <pmb_host.h>

#include "forwarder.h"

struct ledger_terms {
	struct pmb_device_stats pmd;  /* PMD, bridge and pools of this port */
	struct nrt_ledger ndis;       /* the runtime's edges of this port's adapter */
	struct nrt_ledger upper;      /* those of the virtual adapter over it, if has_upper */
	struct fwd_counts received;   /* the forwarder, of frames received on this port */
	struct fwd_counts sent;       /* the forwarder, of the port that sends on this one */
	bool portless;                /* there is no PMD and no bridge: pmd is for people only */
	bool has_upper;               /* the forwarder is bound to a virtual adapter */
	bool others;                  /* other protocols receive and send, too, and are not counted */
};

/* One equation: what @left_name counted shall be what @right_name counted. */
struct ledger_row {
	const char *text;
	uint64_t left, right;
};

/* At most; the text of those that there are not is NULL. */
#define LEDGER_ROWS 21

/** Fill @rows; returns how many packets the equations differ by in all. */
uint64_t ledger_close(const struct ledger_terms *terms, struct ledger_row rows[LEDGER_ROWS]);

/** Print the terms of @port, and each row that does not hold. */
void ledger_print(FILE *out, unsigned int port, const struct ledger_terms *terms);

/** The last line: sums over @n ports, and `unexplained`. Returns it. */
uint64_t ledger_print_totals(FILE *out, const struct ledger_terms *terms, unsigned int n);

/** Frames the forwarder dropped, in total and by reason. */
uint64_t ledger_app_drops(const struct fwd_counts *counts);
uint64_t ledger_bridge_drops(const struct pmb_device_stats *pmd);

/** Sends the forwarder made: forwarded and generated. */
uint64_t ledger_app_sends(const struct fwd_counts *counts);

#endif
