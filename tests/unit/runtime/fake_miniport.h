/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scriptable miniport: an ordinary NDIS driver whose behaviour, right or
 * wrong, a test chooses by the knobs here, and which keeps a ledger of its own.
 * It sees <ndis.h> only; what the test asks of it comes through these structs.
 *
 * Use: zero a struct fake_miniport and one struct fake_adapter per adapter, set
 * knobs, and let contract.h load and add them.
 */
#ifndef TEST_FAKE_MINIPORT_H
#define TEST_FAKE_MINIPORT_H

#include <ndis.h>

#include "fake_answer.h"

#define FAKE_RX_FRAMES 64
#define FAKE_MAX_SENT 4096
#define FAKE_MAX_OIDS 64

struct fake_adapter;

struct fake_miniport {
	/* knobs */
	UCHAR major, minor;              /* 0.0: 6.30 */
	UCHAR revision;                  /* of the characteristics; 0: what the version has */
	void (*mutate)(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars); /* last, before registering */
	NDIS_STATUS set_options_status;
	void (*on_set_options)(struct fake_miniport *, NDIS_HANDLE handle);
	NDIS_STATUS entry_status;        /* of DriverEntry, after it has registered */
	BOOLEAN forgets_to_deregister;   /* in a failing DriverEntry and in Unload */
	BOOLEAN deregisters_twice;
	struct fake_adapter *next;       /* who is initialized next */
	/* seen */
	NDIS_STATUS register_status;
	NDIS_HANDLE handle;
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS chars; /* what it registered with */
	ULONG set_options_calls;
};

enum fake_sends {
	FAKE_SENDS_INSIDE,   /* completed inside MiniportSendNetBufferLists */
	FAKE_SENDS_HELD,     /* until fake_adapter_complete() */
	FAKE_SENDS_POLLED,   /* by the poll callback, once it is released likewise */
};

enum fake_order { FAKE_FORWARD, FAKE_REVERSED, FAKE_SHUFFLED };

/* One receive buffer: the driver's, or up the stack. */
struct fake_rx {
	NET_BUFFER_LIST *nbl;
	BOOLEAN up;
	UCHAR data[64];
};

struct fake_oid {
	NDIS_REQUEST_TYPE type;
	NDIS_OID oid;
	ULONG length;
	ULONG value; /* the first four bytes of a set */
};

struct fake_adapter {
	/* knobs; all zero is a good driver */
	ULONG fail_at;                   /* MiniportInitializeEx fails before this step, from 1 */
	NDIS_STATUS fail_status;
	struct fake_answer restart;
	struct fake_answer pause;        /* if own_pause; else it waits for its NBLs */
	BOOLEAN own_pause;
	struct fake_answer reset;
	UINT hang_seconds;               /* CheckForHangTimeInSeconds */
	BOOLEAN addressing_reset;        /* what it says: NDIS has to restore filters */
	BOOLEAN keeps_sends;             /* over a reset */
	BOOLEAN aborts_all;              /* when some are cancelled: breaks MP-CAN-01 */
	void (*on_cancel)(void);         /* begin of MiniportCancelSend */
	struct fake_answer oid;          /* how requests of own_oid are answered; 0: none */
	NDIS_OID own_oid;
	BOOLEAN overstates_written;      /* in a query */
	BOOLEAN takes_any_set;           /* of OIDs it does not know */
	BOOLEAN no_registration, no_general, general_first;
	ULONG attribute_flags;           /* beside those of a hardware device */
	BOOLEAN poll_mode;
	BOOLEAN keeps_poll;              /* over the halt */
	BOOLEAN frees_nothing_on_failure;
	void (*on_begin)(struct fake_adapter *);      /* of MiniportInitializeEx */
	void (*on_initialized)(struct fake_adapter *); /* its end */
	void (*mutate_general)(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general);
	void (*on_halt)(struct fake_adapter *);
	void (*on_device_event)(struct fake_adapter *, PNET_DEVICE_PNP_EVENT);
	BOOLEAN pm_aware, can_wake;      /* what its attributes say */
	NDIS_STATUS query_power_status, set_power_status;
	BOOLEAN keeps_sends_asleep;      /* those it holds when it is told to sleep */
	BOOLEAN ignores_removal;         /* goes on as if its device were there: breaks MP-PNP-01 */
	BOOLEAN loses_rest;              /* of a chain that is returned: breaks MP-RET-01 */
	BOOLEAN loses_pausing;           /* what is returned while it pauses: breaks MP-RET-02 */
	void (*on_send)(struct fake_adapter *, NET_BUFFER_LIST *chain);
	void (*on_set)(struct fake_adapter *, const NDIS_OID_REQUEST *);
	void (*on_restart_params)(struct fake_adapter *, NDIS_MINIPORT_RESTART_PARAMETERS *);
	void (*on_poll)(struct fake_adapter *, NDIS_POLL_DATA *);
	enum fake_sends sends;
	NDIS_PORT_NUMBER port;           /* of its indications */
	NDIS_STATUS send_status;
	BOOLEAN completes_at_dispatch;   /* raises the IRQL and says so in the flags */

	/* handles */
	struct fake_miniport *miniport;
	NDIS_HANDLE handle;
	NDIS_POLL_HANDLE poll;
	NDIS_HANDLE rx_pool;
	NDIS_STATUS poll_status;
	NDIS_PNP_CAPABILITIES pnp_capabilities;

	/* under lock */
	NDIS_SPIN_LOCK lock;
	struct fake_rx rx[FAKE_RX_FRAMES];
	NET_BUFFER_LIST *held, *held_last;      /* sends not completed */
	NET_BUFFER_LIST *done, *done_last;      /* for the poll callback */
	NET_BUFFER_LIST *ready, *ready_last;
	BOOLEAN armed;                   /* SetPollNotification enabled the interrupt */
	BOOLEAN running;
	BOOLEAN pausing;                 /* a pause waits for NBLs */
	ULONG indicating;                /* calls that indicate, now */
	ULONG given;                     /* sends the last poll callback completed */
	BOOLEAN polled;                  /* it gave something at all */
	NET_BUFFER_LIST *lost;           /* which it does not know of any more */
	ULONG packet_filter, multicast_bytes, lookahead;

	/* ledger, under lock */
	ULONG accepted, completed;       /* sends */
	ULONG indicated, returned;       /* without RESOURCES */
	ULONG return_errors;             /* not up, or not ours */
	ULONG rx_up;
	ULONG sent_seq[FAKE_MAX_SENT];   /* of each NET_BUFFER, in order of arrival */
	ULONG n_sent;
	NDIS_PORT_NUMBER last_port;      /* of a send */
	ULONG cancel_calls;
	struct fake_oid oids[FAKE_MAX_OIDS];
	ULONG n_oids;
	NDIS_OID_REQUEST *pending_oid;   /* the one being answered */
	NDIS_STATUS oid_status;          /* what it will be answered with */
	PVOID cancelled_oid;             /* RequestId of the last cancel */
	volatile LONG oids_inside;       /* must not exceed 1 (RT-08) */
	BOOLEAN oids_overlapped;
	volatile LONG polls_inside;
	BOOLEAN polls_overlapped;
	ULONG polls, enables;            /* callbacks; notifications with Enabled */
	ULONG send_irqls, return_irqls, poll_irqls; /* bit per IRQL seen */
	BOOLEAN flags_lied;              /* a DISPATCH_LEVEL flag below DISPATCH_LEVEL */
	BOOLEAN gone;                    /* it was told that its device is */
	NDIS_HANDLE add_device_context;  /* as MiniportInitializeEx was told */
	ULONG power_state;               /* as last set */
	ULONG power_profiles, last_power_profile; /* events, and what they said */
	ULONG pause_reason;              /* of the last pause */
	NDIS_HALT_ACTION halt_action;
	BOOLEAN halted;
};

/* The driver's globals, had it a link unit of its own: set before DriverEntry
 * and Unload run. */
extern struct fake_miniport *fake_miniport_image;
DRIVER_INITIALIZE fake_miniport_entry;

extern const UCHAR fake_mac[6];

/* A free receive buffer with a frame to @dst, now counted as up the stack; the
 * caller indicates it. NULL when all are up. */
NET_BUFFER_LIST *fake_adapter_take(struct fake_adapter *adapter, const UCHAR dst[6], ULONG seq);

/* Count @chain as the driver's again, as after a call with RESOURCES. */
void fake_adapter_take_back(struct fake_adapter *adapter, NET_BUFFER_LIST *chain);

/* Free what the driver lost, and its pool, which it could not free when it halted. */
void fake_adapter_free_lost(struct fake_adapter *adapter);

/* Indicate @n frames to @dst with sequence numbers from @seq, in one chain. How
 * many there were buffers for; none when it is not running. */
ULONG fake_adapter_indicate(struct fake_adapter *adapter, const UCHAR dst[6], ULONG n, ULONG seq,
			   ULONG flags);

/* The same by the poll callback: leave them to it and cause the interrupt. */
ULONG fake_adapter_ready(struct fake_adapter *adapter, const UCHAR dst[6], ULONG n, ULONG seq);

/* Complete the held sends (4096 at most), in chains of @group (0: one chain), in @order. */
void fake_adapter_complete(struct fake_adapter *adapter, enum fake_order order, ULONG group);

/* Take the held sends out without completing any: to lose them, or worse. */
NET_BUFFER_LIST *fake_adapter_steal(struct fake_adapter *adapter);

/* Give @chain back to the runtime and count it. */
void fake_adapter_complete_chain(struct fake_adapter *adapter, NET_BUFFER_LIST *chain,
				 NDIS_STATUS status);

/* The device's interrupt: request a poll if it is enabled. */
void fake_adapter_interrupt(struct fake_adapter *adapter);

/* A status indication of @code with @buffer. */
void fake_adapter_status(struct fake_adapter *adapter, NDIS_STATUS code, void *buffer, ULONG size);

/* NDIS_STATUS_LINK_STATE. */
void fake_adapter_link(struct fake_adapter *adapter, BOOLEAN connected, ULONG64 speed);

/* ---- fake_miniport_data.c, for fake_miniport.c */
MINIPORT_SEND_NET_BUFFER_LISTS fake_adapter_send;
MINIPORT_RETURN_NET_BUFFER_LISTS fake_adapter_return;
MINIPORT_CANCEL_SEND fake_adapter_cancel_send;
NDIS_POLL fake_adapter_poll;
NDIS_SET_POLL_NOTIFICATION fake_adapter_notify;
NDIS_STATUS fake_adapter_make_buffers(struct fake_adapter *adapter);
void fake_adapter_free_buffers(struct fake_adapter *adapter);

/* Stop taking and giving; complete the held sends. TRUE when nothing is out. */
BOOLEAN fake_adapter_stop(struct fake_adapter *adapter);

#endif
