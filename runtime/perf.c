/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions, cycles and cache misses of a worker's thread for the cycle ledger.
 * The worker opens and closes, any thread reads; none of it on the data path.
 */
#include "perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A closed descriptor's number may be somebody else's file at once. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct {
	uint32_t type;
	uint64_t config;
} events[NRT_PERF_COUNTERS] = {
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_L1D | PERF_COUNT_HW_CACHE_OP_READ << 8 |
				      PERF_COUNT_HW_CACHE_RESULT_MISS << 16 },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES }, /* of the last level */
};

static int open_event(uint32_t type, uint64_t config)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void nrt_perf_open(struct nrt_perf_files *files)
{
	pthread_mutex_lock(&lock);
	files->error = 0;
	for (unsigned int i = 0; i < NRT_PERF_COUNTERS; i++) {
		files->fd[i] = open_event(events[i].type, events[i].config);
		if (files->fd[i] < 0 && files->error == 0 && i < 2)
			files->error = errno; /* without these two the others say little */
	}
	pthread_mutex_unlock(&lock);
}

void nrt_perf_close(struct nrt_perf_files *files)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < NRT_PERF_COUNTERS; i++) {
		if (files->fd[i] >= 0)
			close(files->fd[i]);
		files->fd[i] = -1;
	}
	if (files->error == 0)
		files->error = ESRCH;
	pthread_mutex_unlock(&lock);
}

/* Where there are fewer counters than events, the kernel takes turns and says for how
 * long it counted each. */
static bool read_event(int fd, uint64_t *count)
{
	uint64_t values[3]; /* count, time enabled, time running */

	*count = 0;
	if (fd < 0 || read(fd, values, sizeof(values)) != (ssize_t)sizeof(values))
		return false;
	if (values[2] != 0)
		*count = (uint64_t)((long double)values[0] * values[1] / values[2]);
	return true;
}

void nrt_perf_read(struct nrt_perf_files *files, struct nrt_perf *out)
{
	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&lock);
	out->error = files->error;
	if (out->error == 0) {
		read_event(files->fd[0], &out->instructions);
		read_event(files->fd[1], &out->cycles);
		out->has_l1d = read_event(files->fd[2], &out->l1d_misses);
		out->has_llc = read_event(files->fd[3], &out->llc_misses);
	}
	pthread_mutex_unlock(&lock);
}
