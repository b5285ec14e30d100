/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS poll objects: the runtime's native execution context. A worker runs the
 * ones it owns; requests come from any thread at any IRQL.
 */
#ifndef NRT_NDIS_POLL_H
#define NRT_NDIS_POLL_H

#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>

#include "../worker.h"

struct nrt_adapter;
struct nrt_meter;

/*
 * Requests are counted, and the count that a callback has answered is noted
 * before it runs: a request made meanwhile cannot be overwritten, and the
 * owning worker, which requests most polls itself, needs no atomic for its own.
 */
struct nrt_poll {
	_Atomic uint32_t foreign_requests;  /* other threads: add; worker: ro */
	uint32_t own_requests;              /* worker, as the next two */
	uint32_t foreign_answered, own_answered;
	void *context;                      /* the miniport's */
	NDIS_POLL *handler;
	NDIS_SET_POLL_NOTIFICATION *notify;
	struct nrt_adapter *adapter;
	NDIS_POLL_DATA data;                /* of the callback; worker */
	bool worked;                        /* one of the runtime's own: it had something; worker */
	_Atomic unsigned int worker;        /* the owner, who alone gives it away */

	/* NdisSetPollAffinity */
	_Atomic unsigned int wanted;        /* worker it shall move to */
	_Atomic bool moving;                /* move is posted */
	struct nrt_worker_post move;
	struct nrt_poll *next;              /* adapter's list, under its lock */
};

/* Owning worker only. */
static inline bool nrt_poll_requested(const struct nrt_poll *poll)
{
	/* acquire: pairs with the release in NdisRequestPoll() */
	return poll->own_requests != poll->own_answered ||
	       atomic_load_explicit(&poll->foreign_requests, memory_order_acquire) !=
		       poll->foreign_answered;
}

/* One poll callback and the delivery of what it gave; true when that was anything.
 * Owning worker only. */
bool nrt_poll_run(struct nrt_poll *poll);

/* The same in a pass that is measured. */
bool nrt_poll_run_measured(struct nrt_poll *poll, struct nrt_meter *meter);

/* NBLs per callback each way; set once by nrt_init. */
void nrt_poll_set_budget(unsigned int budget);
unsigned int nrt_poll_get_budget(void);

#endif
