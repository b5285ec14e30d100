/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scriptable filter: an ordinary NDIS driver that passes everything on unless a test's
 * knobs have it do otherwise, right or wrong, and keeps a ledger of its own. It sees <ndis.h>
 * only. Its modules take the array's places in the order in which they are attached.
 */
#ifndef TEST_FAKE_FILTER_H
#define TEST_FAKE_FILTER_H

#include <ndis.h>

#include "fake_answer.h"

#define FAKE_MAX_MODULES 4
#define FAKE_FILTERS 3

struct fake_filter;

struct fake_module {
	/* knobs; all zero is a good driver */
	NDIS_STATUS attach_status;
	BOOLEAN no_attributes;
	struct fake_answer pause;
	struct fake_answer restart;
	BOOLEAN own_pause;               /* else it waits for its own NBLs and gives back what it holds */
	ULONG restart_mtu;               /* what it makes of MtuSize */
	BOOLEAN holds_sends, holds_receives;
	BOOLEAN swallows_status, swallows_events;
	struct fake_answer oid;          /* of own_oid, which it answers itself */
	NDIS_OID own_oid;
	BOOLEAN keeps_cancels;           /* breaks FL-CAN-01 */
	void (*on_attach)(struct fake_module *);  /* in it, after the attributes are set */
	void (*on_options)(struct fake_module *);
	void (*on_receive)(struct fake_module *, NET_BUFFER_LIST *chain, ULONG n, ULONG flags);
	void (*on_send)(struct fake_module *, NET_BUFFER_LIST *chain, ULONG flags);
	void (*on_detach)(struct fake_module *);

	/* handles */
	struct fake_filter *filter;
	NDIS_HANDLE handle, pool;
	NDIS_FILTER_ATTACH_PARAMETERS params;
	ULONG miniport_mtu;              /* what its restart was told; 0: no attributes */

	/* ledger, under lock */
	NDIS_SPIN_LOCK lock;
	BOOLEAN running;                 /* else what comes by goes straight back */
	NET_BUFFER_LIST *held_sends, *held_receives;
	ULONG sent, completed, received, returned, cancels;   /* others', that came by */
	ULONG own_sent, own_completed, own_indicated, own_returned;
	ULONG own_paused;                /* of own_completed, with NDIS_STATUS_PAUSED */
	ULONG statuses, events;
	LONG oids;
	volatile LONG oid_answers;
	NDIS_OID last_oid;
	PVOID cancelled_oid;
	volatile LONG oids_inside;
	BOOLEAN oids_overlapped;
	NDIS_STATUS own_oid_status;      /* of its own request */
	NDIS_EVENT own_oid_done;
	NDIS_OID_REQUEST *pending_oid;
};

struct fake_filter {
	/* knobs */
	ULONG flags;                     /* NDIS_FILTER_DRIVER_* */
	void (*mutate)(NDIS_FILTER_DRIVER_CHARACTERISTICS *chars);
	NDIS_STATUS entry_status;
	NDIS_STATUS set_options_status;
	BOOLEAN forgets_to_deregister;
	/* seen */
	NDIS_STATUS register_status;
	NDIS_HANDLE handle;
	ULONG n_modules;
	struct fake_module modules[FAKE_MAX_MODULES];
};

/* See fake_miniport_image. */
extern struct fake_filter *fake_filter_image;
DRIVER_INITIALIZE fake_filter_entry;

/* @n own frames to @dst down the stack, or up it. */
void fake_module_send(struct fake_module *module, const UCHAR dst[6], ULONG n);
void fake_module_indicate(struct fake_module *module, const UCHAR dst[6], ULONG n, ULONG flags);

/* Let go of what is held, on its way. */
void fake_module_release_sends(struct fake_module *module);
void fake_module_release_receives(struct fake_module *module);

/* A request of its own, waited for. */
NDIS_STATUS fake_module_query(struct fake_module *module, NDIS_OID oid, void *buffer, ULONG length);

/* ---- fake_filter_data.c, for fake_filter.c */
FILTER_SEND_NET_BUFFER_LISTS fake_module_sends;
FILTER_SEND_NET_BUFFER_LISTS_COMPLETE fake_module_send_complete;
FILTER_CANCEL_SEND_NET_BUFFER_LISTS fake_module_cancel_send;
FILTER_RECEIVE_NET_BUFFER_LISTS fake_module_receive;
FILTER_RETURN_NET_BUFFER_LISTS fake_module_return;

#endif
