/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The protocol driver of the bridge's tests: it opens every adapter, logs, holds
 * or forwards what it receives, and records what becomes of each send. It sees
 * <ndis.h> only. Tests call it from the main thread and from threads of their own;
 * NDIS calls it on the worker.
 */
#ifndef TEST_PROTOCOL_H
#define TEST_PROTOCOL_H

#include <ndis.h>

#define PROTO_PORTS 8
#define PROTO_TAG 0x746f7250 /* "Prot" */

struct proto_port;

/* A received frame, copied. */
struct proto_frame {
	struct proto_frame *next;
	ULONG length;
	ULONG mdls, first_mdl;  /* MDLs with data; data bytes in the first of them */
	PVOID tag;              /* the 802.1Q slot */
	BOOLEAN clean;          /* nothing of an earlier life showed, see proto_is_clean() */
	UCHAR bytes[];
};

/* One NBL's way out; NET_BUFFER_LIST.ProtocolReserved[0] points at it. */
struct proto_send {
	NET_BUFFER_LIST *nbl;
	struct proto_port *port;
	NDIS_STATUS status;                        /* valid when done */
	LONG order;                                /* which of its port's completions, from 1 */
	volatile LONG done;                        /* completions seen; more than 1 is a fault */
	void (*on_done)(struct proto_send *);      /* on the completing thread; may be NULL */
	void *context;
	NET_BUFFER_LIST *origin;                   /* received NBL it forwards */
	struct proto_port *origin_port;
};

typedef void proto_receive_fn(struct proto_port *port, NET_BUFFER_LIST *chain, ULONG n,
			      ULONG flags);

/* What NetEventPause does about sends under way. */
enum proto_pause {
	PROTO_WAIT,      /* waits for them, as the documents say */
	PROTO_CANCEL,    /* cancels those with cancel_id, and waits */
	PROTO_DONT_WAIT, /* says it is paused at once: the miniport has to end them */
};

/* A binding; what is left of it when it is closed, which never runs, goes with the driver: a
 * thread that sends need not know. */
struct proto_port {
	NDIS_HANDLE binding;
	struct proto_port *next_closed;
	ULONG index;                   /* N of the adapter's name "portN" */
	UCHAR mac[6];
	ULONG mtu, lookahead;

	/* set by tests while the port is quiet */
	proto_receive_fn *receive;
	struct proto_port *forward_to;
	enum proto_pause pause_mode;
	PVOID cancel_id;
	BOOLEAN keep_on_pause;         /* held NBLs are not given back on pause */

	NDIS_SPIN_LOCK lock;           /* all below */
	BOOLEAN running;               /* between restart and pause */
	LONG sends;                    /* not completed */
	LONG ups;                      /* received and not given back */
	NET_PNP_EVENT_NOTIFICATION *pausing; /* waits for @sends to become 0 */
	NET_PNP_EVENT_NOTIFICATION *paused;  /* they have: to be completed by pause_item */
	WORK_QUEUE_ITEM pause_item;
	struct proto_frame *frames, **frames_end;
	ULONG n_frames;
	NET_BUFFER_LIST *held, **held_end;
	ULONG n_held;

	volatile LONG completions;
	volatile LONG received;        /* NBLs, by any receive function */
	volatile LONG link_changes;
	volatile LONG link_ups;        /* of those, with MediaConnectStateConnected */
	volatile LONG reset_starts, reset_ends; /* indications */
};

/* A driver entry for nrt_driver_load_linked. */
DRIVER_INITIALIZE proto_entry;

/* The binding to "port<index>", NULL if there is none. */
struct proto_port *proto_port(ULONG index);

/* OID requests, waited for. PASSIVE_LEVEL. */
NDIS_STATUS proto_set_filter(struct proto_port *port, ULONG packet_types);
NDIS_STATUS proto_set_multicast(struct proto_port *port, const UCHAR (*list)[6], ULONG count);
NDIS_STATUS proto_set(struct proto_port *port, NDIS_OID oid, const void *from, ULONG size);
NDIS_STATUS proto_query(struct proto_port *port, NDIS_OID oid, void *to, ULONG size);

/* What became of a request besides its status. */
struct proto_answer {
	ULONG written, read, needed;
	UCHAR revision;                /* SupportedRevision */
};

/* Any query or set, as it is; @answer may be NULL. */
NDIS_STATUS proto_ask(struct proto_port *port, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer,
		      ULONG length, struct proto_answer *answer);

/* ---------------------------------------------------------------- receive */

proto_receive_fn proto_log;     /* copy, give back at once; the default */
proto_receive_fn proto_count;   /* give back at once */
proto_receive_fn proto_hold;    /* keep them, in order */
proto_receive_fn proto_forward; /* send them on forward_to, zero-copy */

/* Oldest logged frame, taken from the log; the caller frees it. NULL: none. */
struct proto_frame *proto_take_frame(struct proto_port *port);
void proto_free_frame(struct proto_frame *frame);

/* The oldest @n held NBLs as a chain; still received NBLs of @port. */
NET_BUFFER_LIST *proto_take_held(struct proto_port *port, ULONG n);

/* Give @chain back on @port; its pause may wait for that. Any thread. */
void proto_return(struct proto_port *port, NET_BUFFER_LIST *chain);

/* Copy @nb's data; returns its length even when that is more than @size. */
ULONG proto_read(NET_BUFFER *nb, UCHAR *to, ULONG size);

/* True when an indicated NBL shows nothing but its frame: slots (but the 802.1Q
 * one), flags, status, NET_BUFFER. */
BOOLEAN proto_is_clean(NET_BUFFER_LIST *nbl);

/* Write to every field of a received NBL that its owner may write to. */
void proto_soil(NET_BUFFER_LIST *nbl);

/* ------------------------------------------------------------------- send */

NDIS_HANDLE proto_nbl_pool(void);
NDIS_HANDLE proto_nb_pool(void);

/* Get @nbl ready for a send on @port; @send is its record until it is done. */
void proto_prepare(struct proto_port *port, struct proto_send *send, NET_BUFFER_LIST *nbl);

/* Send a chain of prepared NBLs; FALSE: the binding is paused, nothing happened. */
BOOLEAN proto_send(struct proto_port *port, NET_BUFFER_LIST *chain);

/* The same whatever the binding's state is. */
void proto_send_anyway(struct proto_port *port, NET_BUFFER_LIST *chain);

void proto_cancel(struct proto_port *port, PVOID id);

/* An own NBL over the MDLs of @received, prepared for @to, with a record of its own;
 * its on_done returns @received and frees both, unless the caller sets another. */
struct proto_send *proto_make_forward(struct proto_port *from, struct proto_port *to,
				      NET_BUFFER_LIST *received);

/* Free what proto_make_forward made. */
void proto_free_forward(struct proto_send *send);

/* Forward one received NBL of @from as it is: an own NBL over its MDLs. */
void proto_forward_one(struct proto_port *from, struct proto_port *to, NET_BUFFER_LIST *received);

#endif
