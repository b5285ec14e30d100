/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An ethdev port as the bridge runs it: device (what the host asked for), port
 * (what a miniport opened), queue pairs. Bridge-internal.
 */
#ifndef PMB_PORT_INTERNAL_H
#define PMB_PORT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <rte_ethdev.h>

#include <nrt/nrt_lower.h>
#include <pmb.h>
#include <pmb_host.h>

#include "txq.h"

/* Shortest frame without FCS. */
#define PMB_MIN_FRAME 60

#define PMB_MAX_QUEUES 64

_Static_assert(PMB_SENDERS == PMB_MAX_QUEUES, "miniports have room for them");

/* Where rings and their buffers go. */
struct pmb_ring_node {
	int node;                      /* -1: anywhere */
	bool fixed;                    /* there or nowhere: the host asked for it */
};

struct pmb_device {
	struct pmb_device_config config;
	unsigned int rx_worker[PMB_MAX_QUEUES], tx_worker[PMB_MAX_QUEUES];
	uint16_t id;                   /* ethdev port */
	struct pmb_ring_node rx_ring, tx_ring;
	struct rte_eth_dev_info info;
	struct rte_ether_addr permanent_mac;
	char name[32];
	struct nrt_device nrt;
	struct pmb_port *port;         /* while a miniport has it open */
	struct pmb_device_stats last;  /* of the last open, after it was closed */
	pthread_mutex_t registers_lock; /* calls of the PMD that must not meet */
	_Atomic uint64_t link;         /* struct rte_eth_link, as it was read last */
};

/* What is done with frames that arrive. */
enum pmb_rx_mode {
	PMB_RX_PASS,     /* indicate them all */
	PMB_RX_CHECK,    /* the PMD doesn't filter: look at the address */
	/* from here on the PMD is not even asked: frames wait in the NIC */
	PMB_RX_NOTHING,  /* no packet filter is set */
	PMB_RX_QUIESCED,
};

/* Software packet filter; replaced as a whole while the queues don't look. */
struct pmb_filter {
	ULONG packet_types;
	ULONG count;
	struct rte_ether_addr mac;
	struct rte_ether_addr multicast[];
};

/* Which of pmb_rxq.hash_info a frame's is; + 1: TCP, + 2: UDP over it. */
enum { PMB_HASH_IPV4 = 0, PMB_HASH_IPV6 = 3, PMB_HASH_NONE = 6, PMB_HASH_KINDS };

struct pmb_rxq {
	/* owner: rw */
	uint16_t port, queue;
	uint16_t burst;
	bool running;
	bool strip;                     /* tags go into the NBL */
	bool hashes;                    /* so do the PMD's hashes */
	bool checks;                    /* so does what it says of checksums */
	bool notes;                     /* either */
	enum pmb_rx_mode mode;
	struct pmb_pool *pool;
	const struct pmb_filter *filter;
	/* counters; owner: w by pmb_count, control: ro */
	_Atomic uint64_t frames, indicated, copied;
	_Atomic uint64_t drop_filter, drop_paused, drop_nobuf, drop_bad;
	/* owner: rw */
	ULONG hash_info[PMB_HASH_KINDS]; /* NetBufferListHashInfo by kind of frame */
	/* of TcpIpChecksumNetBufferListInfo: what may be told of each kind */
	ULONG checksum_info[PMB_HASH_KINDS];
	/* any thread, one add a chain; the owner has its own */
	_Atomic uint64_t returned_here;
	_Alignas(64) _Atomic uint64_t returned_elsewhere;
};

/* A receive and a transmit queue of one worker, or one of them. */
struct pmb_queue {
	struct pmb_port *port;
	unsigned int worker;
	bool has_rx, has_tx;
	struct pmb_rxq rx;
	struct pmb_txq tx;
};

/* xstats that tell kinds of frames apart, in this order. */
enum { PMB_RX_MULTICAST, PMB_RX_BROADCAST, PMB_TX_MULTICAST, PMB_TX_BROADCAST, PMB_KINDS };

/* As pmb_port_set_rss left it. */
struct pmb_rss_setting {
	ULONG types;
	USHORT entries;
	UCHAR key[PMB_RSS_KEY];
	UCHAR table[PMB_RSS_ENTRIES];
};

struct pmb_port {
	struct pmb_device *device;
	NDIS_HANDLE adapter;
	uint16_t id;
	uint16_t n_queues;
	bool started;                   /* rte_eth_dev_start */
	bool multi_segs;
	bool hw_filter;                 /* the PMD filters by address */
	uint64_t left_most;             /* frames its stops may have left in its rings */
	bool counts_kinds;              /* the PMD has the xstats of kind_ids */
	uint64_t kind_ids[PMB_KINDS];
	struct pmb_port_info info;
	struct pmb_filter *filter;
	struct pmb_rss_setting rss;
	enum pmb_rx_mode mode;          /* of its queues while not quiesced */
	uint64_t tx_offloads, rx_offloads; /* task offloads that the PMD is set up for */
	bool pause_set;                 /* by pmb_port_set_pause; before it was pause_default */
	enum rte_eth_fc_mode pause_default;
	struct pmb_counter *counter;    /* of sends, for evidence by count; else NULL */
	struct pmb_queue *queues[2 * PMB_MAX_QUEUES]; /* the first receives */
};

/* Run @fn(@queue, @arg) on each queue's worker, one after the other. */
void pmb_on_owner(struct pmb_port *port, void (*fn)(struct pmb_queue *, void *), void *arg);

/* Take the queues and pools from their workers for a control operation on this
 * thread, and give them back. Between the two, workers leave them alone. */
void pmb_port_seize(struct pmb_port *port);
void pmb_port_release(struct pmb_port *port);

/* The most frames that lie in a NIC's rings, or did when it was stopped: counted by it,
 * and never taken. */
uint64_t pmb_port_left_most(const struct pmb_port *port);

/* Held while the PMD reads registers that clear then, or shares the PHY with a start: one
 * of statistics, link, start and stop of a port at a time. Any thread, also at
 * DISPATCH_LEVEL; who holds it waits for no worker. */
void pmb_registers_lock(const struct pmb_device *d);
void pmb_registers_unlock(const struct pmb_device *d);
/* Have the PMD read its NIC's counters, which it keeps from then on. */
void pmb_stats_latch(const struct pmb_device *d);

/* Look up what the PMD of a configured port counts. */
void pmb_stats_open(struct pmb_port *port);

/* Zeroed EAL memory on @node (-1: any), or elsewhere when it has none left. */
void *pmb_zalloc_near(size_t size, size_t align, int node);

/* rss.c: what the port can do, for its info; set in the PMD what is wanted, in a port
 * that is started; 0 or -errno. */
void pmb_rss_info(struct pmb_port *port);
int pmb_rss_apply(struct pmb_port *port);

/* removal.c: tell the runtime when the PMD says that the device is gone, from open until close.
 * The first returns 0 or -errno; after the second no event is passed on any more. */
int pmb_removal_watch(struct pmb_port *port);
void pmb_removal_forget(struct pmb_port *port);

/* offload.c: what the PMD has, for the port's info and its configuration. */
void pmb_offload_info(struct pmb_port *port, bool wanted);

/* Note one line for pmb_last_error() and return @code. */
int pmb_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

extern const char pmb_bus_type;

/* Offer /pollport/workers and /pollport/profile; once, after rte_eal_init. 0 or -errno. */
int pmb_telemetry_register(void);

#endif
