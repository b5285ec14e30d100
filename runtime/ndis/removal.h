/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Removals of an adapter that the host did not ask for: its device is gone
 * (nrt_adapter_gone) or its miniport has given it up (NdisMRemoveMiniport). The stack comes
 * down on a work item's thread; the host's handle stays until nrt_adapter_remove().
 */
#ifndef NRT_NDIS_REMOVAL_H
#define NRT_NDIS_REMOVAL_H

#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>

#include "../ke/workitem.h"

struct nrt_adapter;

struct nrt_removal {
	struct nrt_work work;
	_Atomic bool told;       /* drivers know that the device is gone; work: w */
	/* under removal.c's lock */
	bool asked;              /* once and for all */
	bool running;            /* asked and not ended */
	bool unclaimed;          /* ended, and the host does not know */
	bool gone;               /* the device is; else the miniport has had enough */
};

/* True once the drivers of @adapter know that its device is gone. Any thread. */
static inline bool nrt_removal_told(const struct nrt_removal *r)
{
	return atomic_load_explicit(&r->told, memory_order_acquire);
}

/* Wait until no removal of @adapter is under way. Not under its pnp lock. PASSIVE_LEVEL. */
void nrt_removal_await(struct nrt_adapter *adapter);

/* True, once, when @adapter has been removed without its host. */
bool nrt_removal_claim(struct nrt_adapter *adapter);

#endif
