/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Selective suspend: an adapter that nobody uses is asked to save power and wakes as soon as
 * somebody does. Meanwhile sends and requests wait here. Whether an adapter is idle is for
 * the host to say. One that never is has its senders look at nothing more.
 */
#ifndef NRT_NDIS_IDLE_H
#define NRT_NDIS_IDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>

#include "../ke/workitem.h"

struct nrt_adapter;
struct nrt_binding;
struct nrt_idle_send;

enum nrt_idle_phase {
	NRT_IDLE_NONE,
	NRT_IDLE_ASKED,      /* the notification is with the miniport */
	NRT_IDLE_CONFIRMING, /* inside NdisMIdleNotificationConfirm */
	NRT_IDLE_SUSPENDED,
	NRT_IDLE_WAKING,     /* NdisMIdleNotificationComplete was called */
};

struct nrt_idle {
	_Atomic bool on;       /* phase is not NONE; lock: w */
	pthread_mutex_t lock;  /* the rest */
	pthread_cond_t over;   /* phase became NONE, or cancelling false */
	enum nrt_idle_phase phase;
	bool inside;           /* MiniportIdleNotification has not returned */
	bool force;
	bool wanted;           /* somebody uses the adapter */
	bool cancelled;        /* MiniportCancelIdleNotification was called, or is next */
	bool cancelling;       /* the cancel work is queued or runs */
	bool completed;        /* inside NdisMIdleNotificationConfirm */
	bool releasing;        /* what waited is handed down, by: */
	pthread_t releaser;
	bool lowered;          /* the miniport was told of a power state */
	struct nrt_work cancel_work, wake_work;
	struct nrt_idle_send *from_bindings, **last_from_bindings;
	struct nrt_idle_send *from_filters, **last_from_filters;
};

enum nrt_idle_answer { NRT_IDLE_QUEUED, NRT_IDLE_AWAKE, NRT_IDLE_NO_MEMORY };

void nrt_idle_init(struct nrt_idle *idle);
void nrt_idle_fini(struct nrt_idle *idle);

/* A send of @binding, or, that is NULL, of the lowest filter: it is kept until the adapter is
 * awake, which it has to be now. Any thread, IRQL <= DISPATCH_LEVEL. */
enum nrt_idle_answer nrt_idle_keep(struct nrt_adapter *adapter, struct nrt_binding *binding,
				   NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG flags);

/* How many NBLs from filters are kept. */
ULONG nrt_idle_kept(struct nrt_adapter *adapter);

/* It has to be awake soon; the same. */
void nrt_idle_end_soon(struct nrt_adapter *adapter);

/* It has to be awake now. Under the adapter's pnp lock. PASSIVE_LEVEL. */
void nrt_idle_end(struct nrt_adapter *adapter);

#endif
