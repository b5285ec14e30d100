/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --profile: the workers' cycles by the stages of a packet's way. Main thread.
 */
#ifndef FWD_PROFILE_H
#define FWD_PROFILE_H

#include <nrt/nrt_profile.h>

#include "host.h"

struct profile {
	const struct host *host;
	struct nrt_profile begin[FWD_MAX_WORKERS]; /* zero without --profile */
};

/** What happens from now on is what the functions below tell of. */
void profile_start(struct profile *p, const struct host *h);

/** Print a table per worker; without --profile, how to get one. */
void profile_show(const struct profile *p, FILE *out);

/** Write the same as JSON to @path. True, or false with errno set. */
bool profile_write(const struct profile *p, const char *path, double seconds);

#endif
