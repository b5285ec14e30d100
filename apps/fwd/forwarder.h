/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forwarder: an NDIS 6.30 protocol driver linked into its host. This is
 * all that the two sides know of each other, in plain C: the host includes no
 * NDIS header, the driver no host header.
 *
 * The host calls fwd_configure before it loads the driver and again while the
 * ports concerned are paused; the counts may be read at any time and are exact
 * once traffic has stopped. All on control threads.
 */
#ifndef FWD_FORWARDER_H
#define FWD_FORWARDER_H

#include <stdbool.h>
#include <stdint.h>

#define FWD_MAX_NAME 64 /* of an adapter, with its end */
#define FWD_MAX_PORTS 32
#define FWD_MAX_WORKERS 64
#define FWD_MAX_BURST 64
#define FWD_MAX_SEGMENTS 8

struct _DRIVER_OBJECT;
struct _UNICODE_STRING;

/* The driver's entry, for nrt_driver_load_linked. */
int32_t DriverEntry(struct _DRIVER_OBJECT *object, struct _UNICODE_STRING *registry_path);

enum fwd_mode {
	FWD_IO,        /* frames go out as they came */
	FWD_MAC,       /* with new Ethernet addresses */
	FWD_MACSWAP,   /* with the Ethernet addresses swapped */
	FWD_FLOWGEN,   /* generate many UDP flows, drop what arrives */
	FWD_RXONLY,    /* drop what arrives */
	FWD_TXONLY,    /* generate one UDP flow, drop what arrives */
	FWD_ICMPECHO,  /* answer ARP and ICMP echo requests, drop the rest */
	FWD_MODES
};

extern const char *const fwd_mode_names[FWD_MODES];

/* What the driver counts of each port: frames, but for the last two. */
enum fwd_count {
	FWD_DELIVERED,     /* given to ProtocolReceiveNetBufferLists */
	FWD_FORWARDED,     /* of those, answered by a send */
	FWD_COPIED,        /* of those forwarded, through a buffer of our own */
	FWD_DROP_CONSUMED, /* the mode has no use for received frames */
	FWD_DROP_STOPPED,  /* this port or its peer is not running */
	FWD_DROP_NO_NBL,   /* all own NBLs are in use: the peer's queue is full */
	FWD_DROP_UNWANTED, /* icmpecho: nothing to answer */
	FWD_DROP_MALFORMED,/* shorter than a header, longer than --max-pkt-len */
	FWD_GENERATED,     /* sends that no received frame stands behind */
	FWD_COMPLETED,     /* sends that came back, whatever their status */
	FWD_FAILED,        /* of those, not NDIS_STATUS_SUCCESS */
	FWD_SENT_NBLS,     /* NBLs of the forwarded and generated frames */
	FWD_COMPLETED_NBLS,
	FWD_COUNTS
};

extern const char *const fwd_count_names[FWD_COUNTS];

/* Counts of the frames received on one port and of the sends made for them,
 * which leave on its peer. */
struct fwd_counts {
	uint64_t value[FWD_COUNTS];
};

/* --record-burst-stats and --record-core-cycles, of one port. */
struct fwd_record {
	uint64_t bursts[FWD_MAX_BURST + 1]; /* receive calls by their number of NBLs */
	uint64_t ticks;                     /* spent in receive calls, sends included */
	uint64_t frames;                    /* in them */
	uint64_t ticks_per_second;
};

/* What the workers share a port's frames by, where it has several queues. */
enum fwd_rss {
	FWD_RSS_DEFAULT, /* as FWD_RSS_IP, if the port can */
	FWD_RSS_IP,      /* addresses */
	FWD_RSS_UDP,     /* addresses and UDP ports; frames without are not dealt */
	FWD_RSS_OFF,
};

struct fwd_settings {
	enum fwd_mode mode;
	unsigned int workers;      /* their processors are 0..workers-1 */
	unsigned int own_nbls;     /* per queue: bound of what waits for the peer */
	unsigned int burst;        /* frames of one burst, for --tx-first */
	unsigned int max_frame;    /* bytes, without FCS */
	bool tx_first;             /* send one burst on each port when fwd_hold ends */
	bool record;               /* fill struct fwd_record */
	enum fwd_rss rss;
	unsigned int segments;     /* of generated frames */
	uint32_t segment_length[FWD_MAX_SEGMENTS];
	struct {
		bool used;
		char adapter[FWD_MAX_NAME];            /* the one it is, "": that of its number */
		uint8_t peer;                          /* port that sends what this one receives */
		uint8_t peer_mac[6];                   /* destination of frames sent on this port */
		uint8_t worker_queues[FWD_MAX_WORKERS]; /* queues of this port each worker polls */
	} port[FWD_MAX_PORTS];
};

/* Copied. A port takes it up at its next restart; own_nbls, workers and the
 * port table count when it is bound. */
void fwd_configure(const struct fwd_settings *settings);

/*
 * While held, as at the start, no port asks for frames, and one that restarts
 * does not send either. What was received before is still sent: hold, then
 * pause all ports, and no frame is lost.
 */
void fwd_hold(bool hold);

void fwd_read_counts(unsigned int port, struct fwd_counts *out);
void fwd_read_record(unsigned int port, struct fwd_record *out);

/* The port has no such hash as settings.rss asks for, and is not bound for that. */
bool fwd_is_unscalable(unsigned int port);

/* The driver has a binding to the port. */
bool fwd_is_bound(unsigned int port);

/* Memory of the driver's for @port, to see where it lies: its lanes, and an own NBL of the
 * last of them. NULL while there is none. */
void fwd_memory(unsigned int port, const void *out[2]);

/* Link state as NDIS_STATUS_LINK_STATE last told it; @bps 0 when unknown. */
bool fwd_link_up(unsigned int port, uint64_t *bps);

#endif
