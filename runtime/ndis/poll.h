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

struct nrt_adapter;

struct nrt_poll {
	_Atomic bool requested;  /* any: set, worker: clear */
	void *context;           /* the miniport's */
	NDIS_POLL *handler;
	NDIS_SET_POLL_NOTIFICATION *notify;
	struct nrt_adapter *adapter;
	unsigned int worker;
	struct nrt_poll *next;   /* adapter's list, under its lock */
};

static inline bool nrt_poll_requested(const struct nrt_poll *poll)
{
	return atomic_load_explicit(&poll->requested, memory_order_acquire);
}

/* One poll callback and the delivery of what it gave. Owning worker only. */
void nrt_poll_run(struct nrt_poll *poll);

/* NBLs per callback each way; set once by nrt_init. */
void nrt_poll_set_budget(unsigned int budget);

#endif
