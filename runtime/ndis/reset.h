/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resets of an adapter, which its miniport asks for by NdisMResetMiniport: one at
 * a time, each from a work item. Between NDIS_STATUS_RESET_START and
 * NDIS_STATUS_RESET_END protocols' sends and requests are refused (RT-18).
 * A reset is no state of the adapter: pause and restart may overlap it
 * [N/miniport-adapter-states-and-operations], a halt waits for it.
 */
#ifndef NRT_NDIS_RESET_H
#define NRT_NDIS_RESET_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>

#include "../ke/workitem.h"
#include "../operation.h"

struct nrt_adapter;
struct nrt_binding;

enum nrt_reset_phase {
	NRT_RESET_NONE,
	NRT_RESET_ASKED,       /* the driver will be called; a request more merges with it */
	NRT_RESET_WITH_DRIVER, /* MiniportResetEx was called, no answer yet */
	NRT_RESET_ENDING,      /* answered; what follows is the runtime's */
};

struct nrt_reset {
	struct nrt_work work;
	struct nrt_operation op;        /* MiniportResetEx */
	_Atomic bool refusing;          /* protocols' sends and requests; reset: w */
	_Atomic int64_t senders;        /* verifier: threads inside MiniportSendNetBufferLists */

	pthread_mutex_t lock;           /* up to addressing */
	pthread_cond_t idle_cond;       /* phase became NONE */
	enum nrt_reset_phase phase;
	bool open, closed;              /* between MiniportInitializeEx and MiniportHaltEx; halted */
	bool again;                     /* asked for once more while ENDING */
	bool addressing;                /* NdisMResetComplete's AddressingReset */

	bool told;                      /* START was indicated, not yet END; status_lock */
	pthread_cond_t told_cond;       /* it became false */
};

void nrt_reset_init(struct nrt_reset *reset);
void nrt_reset_fini(struct nrt_reset *reset);

/* MiniportInitializeEx succeeded: a reset it asked for may come now (RT-06). */
void nrt_reset_open(struct nrt_adapter *adapter);

/* Before MiniportHaltEx: wait for the reset that runs; none begins any more.
 * PASSIVE_LEVEL. */
void nrt_reset_close(struct nrt_adapter *adapter);

/* Wait until no binding has been told of a reset's start only. Under the
 * adapter's status_lock, which is released meanwhile. PASSIVE_LEVEL. */
void nrt_reset_await_end(struct nrt_adapter *adapter);

/* Around ProtocolStatusEx of @binding, of any status. Under the adapter's status_lock. */
void nrt_reset_telling(struct nrt_binding *binding, NDIS_STATUS code);
void nrt_reset_told(struct nrt_binding *binding, NDIS_STATUS code);

/* Verifier: @call on @binding is refused for a reset that runs (PR-RST-01). Any thread. */
void nrt_reset_refused(struct nrt_binding *binding, const char *call);

#endif
