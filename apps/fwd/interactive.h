/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands of -i and --cmdline-file.
 */
#ifndef FWD_INTERACTIVE_H
#define FWD_INTERACTIVE_H

#include <pmb_cmdline.h>

#include "profile.h"
#include "stats.h"

struct session {
	struct host *host;
	struct stats *stats;
	struct profile *profile;
};

extern const struct pmb_cmdline_command interactive_commands[];

/** Run one command; false when it is 'quit'. @context is a struct session. */
pmb_cmdline_fn interactive_run;

#endif
