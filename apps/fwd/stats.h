/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The live table: totals and rates of all ports, from the PMD's counters and
 * the forwarder's. Main thread.
 */
#ifndef FWD_STATS_H
#define FWD_STATS_H

#include "host.h"

struct stats {
	struct host *host;
	struct ledger_terms last[FWD_MAX_PORTS];  /* at the last table */
	struct ledger_terms clear[FWD_MAX_PORTS]; /* at the last 'clear port stats' */
	struct worker_cycles {
		uint64_t busy, idle;
	} cycles[FWD_MAX_WORKERS];                /* at the last table */
	uint64_t last_ns;
	bool redraw;                              /* a terminal: paint over the last table */
	bool drawn;
};

uint64_t stats_now_ns(void);

/** Start counting; rates of the first table are since this call. */
void stats_start(struct stats *s, struct host *h, bool redraw);

/** Print totals since the last clear and rates since the last table. */
void stats_table(struct stats *s, FILE *out);

/** What 'show port info|stats|xstats|summary' print of port @i. */
void stats_show_info(const struct host *h, unsigned int i, FILE *out);
void stats_show_counts(const struct stats *s, unsigned int i, FILE *out);
void stats_show_xstats(const struct host *h, unsigned int i, FILE *out);
void stats_show_summary(const struct host *h, unsigned int i, FILE *out);

/** Busy and idle cycles of each worker since it started. */
void stats_show_workers(const struct stats *s, FILE *out);

/** Show the counts of port @i from 0 again. The ledger keeps its own. */
void stats_clear(struct stats *s, unsigned int i);

/** --record-burst-stats and --record-core-cycles of port @i. */
void stats_show_record(const struct host *h, unsigned int i, FILE *out);

/** Frames received by all PMDs, and sends the forwarder made. */
void stats_totals(const struct host *h, uint64_t *received, uint64_t *sent);

#endif
