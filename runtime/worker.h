/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: one thread (an lcore) at DISPATCH_LEVEL that runs the poll objects
 * it owns, one after the other, and calls posted to it in between.
 */
#ifndef NRT_WORKER_H
#define NRT_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include <nrt/nrt.h>

struct nrt_poll;

/* @every: measure one pass in so many for the cycle ledger; 0: none. */
int nrt_workers_start(unsigned int count, const struct nrt_platform *platform, unsigned int every);
void nrt_workers_stop(void);

/* The NUMA node of @worker, or -1. Any thread. */
int nrt_worker_node(unsigned int worker);

/* Have @worker run @poll whenever it is requested, until removed. Both wait
 * for the worker; -ENOSPC when it has its fill. PASSIVE_LEVEL. */
int nrt_worker_add_poll(unsigned int worker, struct nrt_poll *poll);
void nrt_worker_remove_poll(unsigned int worker, struct nrt_poll *poll);

/* Something for a worker to do between two passes over its polls, in storage of
 * the one who posts it, from any thread at any IRQL up to DISPATCH_LEVEL and
 * without waiting. It may be posted again from its own @fn on. */
struct nrt_worker_post {
	struct nrt_worker_post *next;
	void (*fn)(void *);
	void *arg;
};

void nrt_worker_post(unsigned int worker, struct nrt_worker_post *post);

/* On a worker: has it anything to do when what it does now is done? */
bool nrt_worker_wanted(void);

/* Wake @worker if it sleeps because nothing was requested. Any thread. */
void nrt_worker_wake(unsigned int worker);

#endif
