/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MiniportCheckForHangEx, called every few seconds for miniports that have it; a reset
 * follows when it says so, or when a request has been with the miniport over two calls
 * [nc-ndis-miniport_check_for_hang].
 */
#ifndef NRT_NDIS_HANG_H
#define NRT_NDIS_HANG_H

#include <pthread.h>
#include <stdbool.h>

#include <ndis.h>

#include "../ke/workitem.h"

struct nrt_adapter;

struct nrt_hang {
	UINT seconds;                   /* CheckForHangTimeInSeconds; 0: the default */
	bool started;
	KTIMER timer;
	KDPC dpc;
	struct nrt_work work;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	bool busy;                      /* @work is queued or runs; under lock */
	const void *seen;               /* request that was there at the last call; the work's */
};

void nrt_hang_init(struct nrt_hang *hang);
void nrt_hang_fini(struct nrt_hang *hang);

/* The adapter has initialized; and is about to be halted: no call comes after that.
 * PASSIVE_LEVEL, under the adapter's pnp lock. */
void nrt_hang_start(struct nrt_adapter *adapter);
void nrt_hang_stop(struct nrt_adapter *adapter);

#endif
