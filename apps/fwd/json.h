/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --stats-json: the run as one JSON object.
 */
#ifndef FWD_JSON_H
#define FWD_JSON_H

#include "host.h"

/** Write the run's parameters, totals and ledger to @path. @terms has one entry
 * per port. True, or false with errno set. */
bool json_write(const char *path, const struct host *h, const struct ledger_terms *terms,
		double seconds);

#endif
