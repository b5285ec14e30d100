/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scriptable protocol: an ordinary NDIS driver whose behaviour, right or
 * wrong, a test chooses by the knobs here, and which keeps a ledger of its own.
 * It sees <ndis.h> only. Its bindings take the array's places in the order in
 * which they are offered, so a test sets their knobs beforehand.
 */
#ifndef TEST_FAKE_PROTOCOL_H
#define TEST_FAKE_PROTOCOL_H

#include <ndis.h>

#include "fake_answer.h"

#define FAKE_MAX_BINDINGS 8
#define FAKE_MAX_SEEN 1024

struct fake_protocol;

/* One received frame, as it looked on arrival. */
struct fake_seen {
	ULONG seq;
	ULONG flags;     /* ReceiveFlags */
	ULONG nbl_flags;
	PVOID vlan;      /* the 802.1Q slot */
};

/* Events that are not of one binding, whichever protocol's. */
extern struct fake_all_bindings {
	void (*on_event)(void);
	NDIS_STATUS status;              /* the answer */
	ULONG events;
	NET_PNP_EVENT_CODE code;         /* the last one's */
} fake_all_bindings;

struct fake_binding {
	/* knobs; all zero is a good driver that sets no packet filter */
	ULONG packet_filter;             /* set while it binds, if not 0 */
	struct fake_answer pause;        /* if own_pause; else it waits for its sends */
	BOOLEAN own_pause;
	struct fake_answer restart;
	NDIS_PORT_NUMBER port;           /* of its sends */
	NDIS_STATUS event_status;        /* of PnP events but pause and restart */
	BOOLEAN reconfigure_pends;       /* until the test completes it */
	BOOLEAN holds;                   /* received NBLs, until released or paused */
	BOOLEAN holds_over_pause;
	BOOLEAN does_not_open, does_not_close;
	BOOLEAN does_not_wait;           /* for an open or a close that is pending */
	void (*on_bound)(struct fake_binding *);       /* end of ProtocolBindAdapterEx */
	void (*on_event)(struct fake_binding *, NET_PNP_EVENT_NOTIFICATION *);
	void (*on_receive)(struct fake_binding *, NET_BUFFER_LIST *chain, ULONG flags);
	void (*on_status)(struct fake_binding *, NDIS_STATUS_INDICATION *);
	void (*on_oid_complete)(struct fake_binding *, NDIS_OID_REQUEST *, NDIS_STATUS);
	void (*on_unbind)(struct fake_binding *);

	/* handles */
	struct fake_protocol *protocol;
	NDIS_HANDLE handle, bind_context, unbind_context;
	NDIS_BIND_PARAMETERS params;     /* what it was offered */
	WCHAR adapter_name[32];
	ULONG n_ports;                   /* of its ActivePorts */
	NDIS_PORT_NUMBER first_port;
	NDIS_STATUS open_status;
	NDIS_STATUS open_returned, close_returned; /* at once */
	NDIS_EVENT opened, closed;       /* what was pending has ended */
	UINT selected_medium;
	NDIS_HANDLE send_pool;

	/* under lock */
	NDIS_SPIN_LOCK lock;
	NET_BUFFER_LIST *free_sends;
	NET_BUFFER_LIST *held;           /* received, not returned */
	BOOLEAN running;                 /* between restart and pause event */
	BOOLEAN pausing;                 /* pause_event waits for sends */
	BOOLEAN resetting;               /* between a reset's start and its end */
	NET_PNP_EVENT_NOTIFICATION *pause_event;
	NET_PNP_EVENT_NOTIFICATION *pending_event; /* for .pause and .restart */
	WORK_QUEUE_ITEM pause_item;      /* completes pause_event at PASSIVE_LEVEL */

	/* ledger, under lock */
	ULONG sent, completed;
	ULONG complete_errors;           /* not ours, not out, or no final status */
	ULONG completed_seq[FAKE_MAX_SEEN];
	NDIS_STATUS completed_status[FAKE_MAX_SEEN];
	ULONG complete_calls;
	ULONG received, received_resources, returned;
	struct fake_seen seen[FAKE_MAX_SEEN];
	ULONG n_seen;                    /* both kinds */
	ULONG receive_calls;
	NDIS_PORT_NUMBER last_port;      /* of what it received */
	ULONG statuses;
	NDIS_STATUS last_status;
	NDIS_LINK_STATE link;
	ULONG receive_irqls, complete_irqls; /* bit per IRQL seen */
	BOOLEAN flags_lied;
	ULONG restart_attributes_mtu;    /* what the restart event said; 0: no attributes */
};

struct fake_protocol {
	/* knobs */
	UCHAR major, minor;              /* 0.0: 6.30 */
	void (*mutate)(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *chars);
	NDIS_STATUS set_options_status;
	NDIS_STATUS entry_status;
	BOOLEAN forgets_to_deregister;
	BOOLEAN deregisters_twice;
	NDIS_MEDIUM medium;              /* what it opens with; NdisMedium802_3 is 0 */
	struct fake_answer bind;
	struct fake_answer unbind;
	BOOLEAN leaves_open;             /* when its bind fails */
	BOOLEAN uninstalls;              /* it has a ProtocolUninstall */
	/* seen */
	NDIS_STATUS register_status;
	NDIS_HANDLE handle;
	ULONG n_bindings;
	struct fake_binding bindings[FAKE_MAX_BINDINGS];
};

/* See fake_miniport_image. */
extern struct fake_protocol *fake_protocol_image;
DRIVER_INITIALIZE fake_protocol_entry;

/* An OID request and its end. */
struct fake_request {
	NDIS_OID_REQUEST request;
	NDIS_EVENT done;
	NDIS_STATUS returned;    /* by NdisOidRequest */
	NDIS_STATUS status;      /* final */
	volatile LONG completions;
	KIRQL irql;
};

/* Fill @r in and hand it to NdisOidRequest. */
void fake_binding_begin_oid(struct fake_binding *binding, struct fake_request *r,
			    NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, ULONG length);

/* Wait for its end; the final status. */
NDIS_STATUS fake_binding_end_oid(struct fake_request *r);

/* Both. @r may be NULL. */
NDIS_STATUS fake_binding_oid(struct fake_binding *binding, NDIS_REQUEST_TYPE type, NDIS_OID oid,
			     void *buffer, ULONG length, struct fake_request *r);

/* A set of OID_GEN_CURRENT_PACKET_FILTER. */
NDIS_STATUS fake_binding_filter(struct fake_binding *binding, ULONG filter);

/* @n NBLs of one frame to @dst each, sequence numbers from @seq; not yet sent. */
NET_BUFFER_LIST *fake_binding_make(struct fake_binding *binding, const UCHAR dst[6], ULONG n,
				   ULONG seq);

/* Count and send @chain. */
void fake_binding_send(struct fake_binding *binding, NET_BUFFER_LIST *chain, ULONG flags);

/* The same unless it is paused or being reset: FALSE, and @chain is still the caller's. */
BOOLEAN fake_binding_try_send(struct fake_binding *binding, NET_BUFFER_LIST *chain, ULONG flags);

/* No requests either while it is being reset (PR-RST-01). */
BOOLEAN fake_binding_may_ask(struct fake_binding *binding);

/* Take back @chain, made and never sent (or never completed). */
void fake_binding_unmake(struct fake_binding *binding, NET_BUFFER_LIST *chain);

/* Take @n of the held NBLs without returning them; all when @n is 0. */
NET_BUFFER_LIST *fake_binding_take_held(struct fake_binding *binding, ULONG n);

/* Count and return @chain. */
void fake_binding_return(struct fake_binding *binding, NET_BUFFER_LIST *chain, ULONG flags);

/* ---- fake_protocol_data.c, for fake_protocol.c */
PROTOCOL_RECEIVE_NET_BUFFER_LISTS fake_binding_receive;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE fake_binding_send_complete;
NDIS_STATUS fake_binding_make_pool(struct fake_binding *binding);
void fake_binding_free_pool(struct fake_binding *binding);

#endif
