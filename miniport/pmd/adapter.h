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
	/* hang watch; link timer: rw */
	ULONG64 completed;             /* sends, as of the last look */
	ULONG still_looks;             /* looks since then that saw them stand still */
	ULONG64 reset_mark;            /* sends a reset waits for; reset work item: rw */
};

/* Hashes without RSS; the rest is that of the last set that had them on. */
struct hash_parameters {
	BOOLEAN on;
	BOOLEAN has_key;
	ULONG information;
	UCHAR key[PMB_RSS_KEY];
};

/* RSS parameters in force; hash_information 0: RSS is off. */
struct rss_parameters {
	ULONG hash_information;
	USHORT entries;
	BOOLEAN has_key;
	UCHAR key[PMB_RSS_KEY];
	UCHAR table[PMB_RSS_ENTRIES];  /* queues */
};

/* How flow.c finds a connection's queue; OID requests: w, any thread: ro. */
#define FLOW_NIBBLES 72                /* of two IPv6 addresses and ports */
struct flow_steering {
	volatile LONG types;           /* NDIS_HASH_* that are told apart */
	volatile LONG other;           /* index in senders for what has no hash */
	volatile LONG sender[PMB_RSS_ENTRIES];
	volatile LONG toeplitz[FLOW_NIBBLES][16];
};

/* Task offloads, PMB_OFFLOAD_*: configured; and by OID_OFFLOAD_ENCAPSULATION asked for, or
 * switched off. */
struct offload_state {
	ULONG send, receive;
	BOOLEAN on_ipv4, on_ipv6, off_ipv4, off_ipv6;
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
	volatile LONG running;         /* sends flow; Pause, Restart: w */
	volatile LONG gone;            /* the device is; DevicePnPEventNotify: w */
	volatile LONG resetting;       /* 1: a reset was asked for and has not ended */
	NDIS_HANDLE reset_item;
	KMUTEX port_lock;              /* the bridge's PASSIVE_LEVEL calls, one at a time */
	ULONG64 pause_frames;          /* received, as of the last look; link timer only */
	BOOLEAN looked_at_up;          /* the link, at the last look; link timer only */
	NDIS_HANDLE link_timer;
	struct pmb_link link;          /* as last indicated; link timer only */
	LONG link_pause;               /* NdisPauseFunctions*, likewise */
	volatile LONG pause_functions; /* as they were set; OID requests: w, link timer: ro */

	ULONG oids_for;                /* OID_FOR_* that it offers; constant */
	ULONG packet_filter;           /* OID requests are one at a time */
	ULONG multicast_count;
	UCHAR multicast[128][6];
	struct offload_state offload;
	struct flow_steering flows;    /* with several senders only */
	struct {
		BOOLEAN offered;       /* the port can, and *RSS does not forbid it */
		NDIS_RECEIVE_SCALE_CAPABILITIES capabilities;
		struct rss_parameters now;
		struct hash_parameters hash; /* instead of scaling */
	} rss;
};

/* What some OIDs are for. */
#define OID_FOR_RSS 0x1u
#define OID_FOR_OFFLOADS 0x2u

/* Always; of pause frames nothing is said. */
#define LINK_NEGOTIATED                                                                \
	(NDIS_LINK_STATE_XMIT_LINK_SPEED_AUTO_NEGOTIATED |                             \
	 NDIS_LINK_STATE_RCV_LINK_SPEED_AUTO_NEGOTIATED |                              \
	 NDIS_LINK_STATE_DUPLEX_AUTO_NEGOTIATED)

#define SUPPORTED_OIDS 40              /* at most */
#define SUPPORTED_FILTERS                                                              \
	(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |                      \
	 NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |                 \
	 NDIS_PACKET_TYPE_PROMISCUOUS)

/* Tag of every allocation. */
#define ADAPTER_TAG 'PMPN'

MINIPORT_INITIALIZE MPInitializeEx;
MINIPORT_HALT MPHaltEx;
MINIPORT_PAUSE MPPause;
MINIPORT_RESTART MPRestart;
MINIPORT_RESET MPResetEx;
MINIPORT_SHUTDOWN MPShutdownEx;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY MPDevicePnPEventNotify;
MINIPORT_OID_REQUEST MPOidRequest;
MINIPORT_CANCEL_OID_REQUEST MPCancelOidRequest;
MINIPORT_SEND_NET_BUFFER_LISTS MPSendNetBufferLists;
MINIPORT_CANCEL_SEND MPCancelSend;
MINIPORT_RETURN_NET_BUFFER_LISTS MPReturnNetBufferLists;
NDIS_POLL MPPoll;
NDIS_SET_POLL_NOTIFICATION MPSetPollNotification;

/* Around the bridge's PASSIVE_LEVEL calls: a reset may come beside pause, restart
 * and requests. */
void lock_port(struct adapter *adapter);
void unlock_port(struct adapter *adapter);

/* From the link timer: ask NDIS for a reset if sends hang. */
void look_for_hang(struct adapter *adapter);

/* Called from poll callbacks: complete a pending pause if everything is home. */
void pause_progress(struct adapter *adapter);

/* oid.c: what the others' handlers use. A query's answer, or how much it needs; a set's
 * buffer, which may be misaligned; a set that needs @needed bytes. */
typedef NDIS_STATUS oid_handler(struct adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS oid_answer(PNDIS_OID_REQUEST request, const void *value, ULONG length);
NDIS_STATUS oid_answer_ulong(PNDIS_OID_REQUEST request, ULONG value);
const void *oid_set_buffer(const NDIS_OID_REQUEST *request, ULONG *length);
NDIS_STATUS oid_set_too_short(PNDIS_OID_REQUEST request, ULONG needed);

/* Copy the structure that a set brings, of revision 1 and @size bytes, after a look at its
 * header: SUCCESS, INVALID_LENGTH or INVALID_DATA. */
NDIS_STATUS oid_read_structure(PNDIS_OID_REQUEST request, void *to, UCHAR type, ULONG size);

/* The OIDs that @adapter has, for its general attributes; their size in bytes. */
ULONG oid_list(const struct adapter *adapter, NDIS_OID list[SUPPORTED_OIDS]);

/* statistics.c: handlers, and what the general attributes say of it. */
oid_handler statistics_query, statistics_received, statistics_sent;
ULONG statistics_supported(const struct adapter *adapter);

/* link.c: a first look, the timer, the state as it is indicated, a set. */
void link_look(struct adapter *adapter);
NDIS_STATUS link_start(struct adapter *adapter);
void link_stop(struct adapter *adapter);
NDIS_LINK_STATE link_state(const struct adapter *adapter);
oid_handler link_set;

/* rss.c: what is offered, and sets. Of the two that hash frames one is on at most
 * [oid-gen-receive-hash]. */
void rss_fill_capabilities(struct adapter *adapter);
oid_handler rss_set, hash_set;

/* offload.c: what the configuration says, TRUE when it names any; the attributes, once the
 * port is open; sets. */
BOOLEAN offload_read(struct adapter *adapter, NDIS_HANDLE configuration);
NDIS_STATUS offload_initialize(struct adapter *adapter);
oid_handler offload_set_parameters, offload_set_encapsulation;

/* flow.c: learn from a->rss which queue is whose; the index in senders of the queue that
 * @nbl's connection has. */
void flow_steer(struct adapter *adapter);
USHORT flow_sender(const struct adapter *adapter, NET_BUFFER_LIST *nbl);

#endif
