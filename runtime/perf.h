/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The processor's own counters of one worker, by perf_event_open, if the kernel and
 * the machine have them. Opened and closed by the worker, off the data path; read by
 * any thread.
 */
#ifndef NRT_PERF_H
#define NRT_PERF_H

#include <nrt/nrt_profile.h>

#define NRT_PERF_COUNTERS 4

struct nrt_perf_files {
	int error;                   /* why there are none, or 0 */
	int fd[NRT_PERF_COUNTERS];   /* in the order of struct nrt_perf; -1: not to be had */
};

/* Count the calling thread from now on, its time in the kernel excluded. */
void nrt_perf_open(struct nrt_perf_files *files);
void nrt_perf_close(struct nrt_perf_files *files);

/* What was counted so far. After close: nothing, -ESRCH in error. */
void nrt_perf_read(struct nrt_perf_files *files, struct nrt_perf *out);

#endif
