/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Streams to workers: see assign.h. Main thread, before anything is started.
 */
#include "assign.h"

#include <stdbool.h>

#include "forwarder.h"

/* What is no worker yet. */
#define NOBODY FWD_MAX_WORKERS

/* testpmd's share of each worker: equal ones, and where they can't be, the last ones have one
 * more [setup_fwd_config_of_each_lcore]. */
static void count_room(unsigned int streams, unsigned int workers, unsigned int room[])
{
	unsigned int extra = streams % workers;

	for (unsigned int w = 0; w < workers; w++)
		room[w] = streams / workers + (w >= workers - extra);
}

static unsigned int find_worker(const unsigned int room[], const int *node, unsigned int workers,
				bool any, int wanted)
{
	for (unsigned int w = 0; w < workers; w++)
		if (room[w] != 0 && (any || (wanted >= 0 && node[w] == wanted)))
			return w;
	return NOBODY;
}

void assign_streams(const int *stream_node, unsigned int streams, const int *worker_node,
		    unsigned int workers, unsigned int *worker_of)
{
	unsigned int room[FWD_MAX_WORKERS];

	count_room(streams, workers, room);
	for (unsigned int s = 0; s < streams; s++) {
		worker_of[s] = find_worker(room, worker_node, workers, false, stream_node[s]);
		if (worker_of[s] != NOBODY)
			room[worker_of[s]]--;
	}
	for (unsigned int s = 0; s < streams; s++) {
		if (worker_of[s] != NOBODY)
			continue;
		worker_of[s] = find_worker(room, worker_node, workers, true, -1);
		room[worker_of[s]]--;
	}
}
