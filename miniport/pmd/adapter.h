/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One adapter of the reference miniport: a PMD bridge port, one poll object per
 * queue pair or half of one, and the little state that its callbacks share.
 */
#ifndef MINIPORT_ADAPTER_H
#define MINIPORT_ADAPTER_H

#include <ndis.h>
#include <pmb.h>

struct adapter;

struct poll_queue {
	struct adapter *adapter;
	struct pmb_queue *queue;
	NDIS_POLL_HANDLE poll;
};

struct adapter {
	NDIS_HANDLE ndis;              /* MiniportAdapterHandle */
	struct pmb_port *port;
	const struct pmb_port_info *info;
	USHORT n_queues;
	struct poll_queue *queues;
	USHORT n_senders;              /* those of the queues that send */
	struct pmb_queue **senders;

	/* LONG states below are read by every callback, written as said */
	volatile LONG pausing;         /* 1: MiniportPause pends; Pause: w, poll: clears */
	NDIS_HANDLE link_timer;
	struct pmb_link link;          /* as last indicated; link timer only */

	ULONG packet_filter;           /* OID requests are one at a time */
	ULONG multicast_count;
	UCHAR multicast[128][6];
};

/* Tag of every allocation. */
#define ADAPTER_TAG 'PMPN'

MINIPORT_INITIALIZE MPInitializeEx;
MINIPORT_HALT MPHaltEx;
MINIPORT_PAUSE MPPause;
MINIPORT_RESTART MPRestart;
MINIPORT_SHUTDOWN MPShutdownEx;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY MPDevicePnPEventNotify;
MINIPORT_OID_REQUEST MPOidRequest;
MINIPORT_CANCEL_OID_REQUEST MPCancelOidRequest;
MINIPORT_SEND_NET_BUFFER_LISTS MPSendNetBufferLists;
MINIPORT_CANCEL_SEND MPCancelSend;
MINIPORT_RETURN_NET_BUFFER_LISTS MPReturnNetBufferLists;
NDIS_POLL MPPoll;
NDIS_SET_POLL_NOTIFICATION MPSetPollNotification;

/* Called from poll callbacks: complete a pending pause if everything is home. */
void pause_progress(struct adapter *adapter);

/* The OIDs of oid.c, for the general attributes. */
extern const NDIS_OID supported_oids[];
extern const ULONG supported_oids_size;

#endif
