/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file pmb.h
 * The miniport's lower edge: an ethdev port as a set of queue pairs that take
 * and give NET_BUFFER_LISTs. Open to every miniport; the reference miniport
 * uses nothing else. No rte_* type appears here.
 *
 * Order of calls:
 *   pmb_port_open (MiniportInitializeEx) -> pmb_port_start (MiniportRestart)
 *   -> bursts -> pmb_port_quiesce, pmb_port_drained (MiniportPause) ->
 *   pmb_port_start ... -> pmb_port_close (MiniportHaltEx); pmb_port_reset
 *   (MiniportResetEx) at any time between open and close.
 *
 * Concurrency: pmb_rx_burst and pmb_tx_done belong to the
 * worker that owns the queue pair (pmb_queue_processor says which; have the
 * poll object run there). pmb_tx_send, pmb_tx_cancel and pmb_rx_put may be
 * called on any thread. The rest are PASSIVE_LEVEL, one at a time per port.
 *
 * The data path calls never block, allocate, lock, log or fail: a send is
 * always accepted, and completes exactly once through pmb_tx_done.
 */
#ifndef PMB_H
#define PMB_H

#include <ndis.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PMB_API __attribute__((visibility("default")))

/**
 * How long after the last frame of a queue has left the NIC its sends are finished at the
 * latest, in milliseconds, though nothing more is sent: the queue is polled with
 * pmb_tx_done, and the operating system lets a control thread run when it is due. While
 * more is sent, sends may finish only when the PMD needs their place in its ring. Holds on
 * PMDs net_null, net_pcap, net_tap, net_af_packet, net_ring, net_e1000_igb, net_e1000_em
 * (unless the host sets tx_rs_thresh) and net_ixgbe; others finish when they free.
 */
#define PMB_TX_SILENCE_MS 20

/** Most queues of a port that send. */
#define PMB_SENDERS 64

struct pmb_port;
struct pmb_queue;

/** Task offloads: checksums of each kind, and segmentation of TCP over each. */
#define PMB_OFFLOAD_IPV4 0x01u
#define PMB_OFFLOAD_TCP_IPV4 0x02u
#define PMB_OFFLOAD_UDP_IPV4 0x04u
#define PMB_OFFLOAD_TCP_IPV6 0x08u
#define PMB_OFFLOAD_UDP_IPV6 0x10u
#define PMB_OFFLOAD_LSO_IPV4 0x20u
#define PMB_OFFLOAD_LSO_IPV6 0x40u

/** Most bytes of TCP payload that a send may ask to be segmented, and fewest segments. */
#define PMB_LSO_SIZE 60000u
#define PMB_LSO_SEGMENTS 2u

/** Facts of an opened port; constant until it is closed. */
struct pmb_port_info {
	UCHAR permanent_mac[6];
	UCHAR current_mac[6];    /* pmb_open_params.mac, else the permanent one */
	USHORT queues;           /* queue pairs, or halves of pairs; the first receives */
	ULONG mtu;               /* payload without the Ethernet header */
	ULONG max_mtu;
	ULONG lookahead;         /* bytes that are always in the first MDL */
	ULONG max_multicast;     /* addresses pmb_port_set_filter takes */
	ULONG receive_ring;      /* frames that the PMD's receive rings hold, all together */
	ULONG transmit_ring;     /* the same of its transmit rings */
	ULONG64 max_link_speed;  /* bits per second; 0: unknown */
	USHORT receivers;        /* queues that receive: the first ones */
	ULONG rss_types;         /* NDIS_HASH_* that pmb_port_set_rss takes; 0: it takes none */
	USHORT rss_entries;      /* the most of its table, a power of two */
	ULONG send_offloads;     /* PMB_OFFLOAD_* that pmb_port_set_offloads takes: all the PMD */
	ULONG receive_offloads;  /* has, if pmb_open_params.offloads; else none */
	BOOLEAN flows_stay;      /* what a worker sends comes to no other: pmb_device_config */
};

struct pmb_link {
	BOOLEAN up;
	BOOLEAN full_duplex;
	ULONG64 bps;             /* 0: unknown */
};

/** Frames and their bytes without FCS; all since the port was opened or the PMD began. */
struct pmb_port_stats {
	ULONG64 rx_frames, rx_bytes, rx_missed, rx_errors, rx_no_buffer;
	ULONG64 tx_frames, tx_bytes, tx_errors;
	ULONG64 tx_discarded;    /* accepted, and ended without having been sent */
	BOOLEAN bytes;           /* the PMD counts bytes: they are 0 where it does not */
	BOOLEAN kinds;           /* the PMD tells multicast and broadcast apart: below */
	ULONG64 rx_multicast, rx_broadcast, tx_multicast, tx_broadcast; /* of the frames */
};

/** What the miniport asks of a port when it opens it. */
struct pmb_open_params {
	ULONG mtu;               /* 0: the port's default */
	const UCHAR *mac;        /* NULL: the permanent address */
	BOOLEAN offloads;        /* have the PMD set up for task offloads: it may choose a slower
				  * path through it, and each NBL is looked at for what it asks */
	BOOLEAN strip_vlan;      /* 802.1Q headers go into the NBL's 802.1Q info */
	BOOLEAN by_priority;     /* of the sends that wait because the PMD takes no more, those
				  * of higher user priority in the NBL's 802.1Q info go first, in
				  * their order within one; 1, background, is below 0. Who keeps
				  * more waiting than the link carries starves those below. */
};

/**
 * Claim and configure the port behind @adapter (the device it was added with).
 * NBLs it will indicate carry @adapter as SourceHandle.
 * Returns NDIS_STATUS_SUCCESS, NDIS_STATUS_ADAPTER_NOT_FOUND (the device is
 * not a PMD bridge port), NDIS_STATUS_RESOURCES, NDIS_STATUS_INVALID_PARAMETER
 * or NDIS_STATUS_FAILURE (the PMD refused; pmb_last_error() says why).
 */
PMB_API NDIS_STATUS pmb_port_open(NDIS_HANDLE adapter, const struct pmb_open_params *params,
				  struct pmb_port **port);

/** Give the port back. Every NBL must be home: see pmb_port_drained. */
PMB_API void pmb_port_close(struct pmb_port *port);

PMB_API const struct pmb_port_info *pmb_port_info(const struct pmb_port *port);

/** Start the PMD if it is not running and let frames flow. */
PMB_API NDIS_STATUS pmb_port_start(struct pmb_port *port);

/**
 * Stop taking frames in either direction. Frames that arrive wait in the NIC,
 * which drops what it can't hold; a send is accepted and completes with @status; sends that wait
 * inside complete with it too. Those the PMD has complete when it is done.
 */
PMB_API void pmb_port_quiesce(struct pmb_port *port, NDIS_STATUS status);

/** TRUE when no NBL is above and no send is unfinished. Any thread. */
PMB_API BOOLEAN pmb_port_drained(const struct pmb_port *port);

/** Unfinished sends only. Any thread. */
PMB_API BOOLEAN pmb_port_tx_drained(const struct pmb_port *port);

/**
 * Make the PMD give back every transmit buffer it still holds, by stopping it;
 * the sends concerned complete with @status. For a quiesced port whose sends
 * do not finish in time. pmb_port_start starts it again.
 */
PMB_API void pmb_port_abort_tx(struct pmb_port *port, NDIS_STATUS status);

/**
 * Stop the PMD and start it again. Every send that was accepted before is finished
 * on return: those it had or that waited with @status, which also ends those that
 * come meanwhile; pmb_tx_done gives them out. Address, packet filter, multicast list
 * and RSS are set again; received NBLs that are above stay valid. A quiesced port
 * stays quiesced, and its PMD stopped, until pmb_port_start.
 * Returns NDIS_STATUS_SUCCESS, or NDIS_STATUS_FAILURE or NDIS_STATUS_RESOURCES: the
 * PMD did not start again, and the port is quiesced with @status.
 */
PMB_API NDIS_STATUS pmb_port_reset(struct pmb_port *port, NDIS_STATUS status);

PMB_API struct pmb_queue *pmb_port_queue(struct pmb_port *port, USHORT index);

/** The processor (worker) whose poll object must drive this queue, or pair. */
PMB_API ULONG pmb_queue_processor(const struct pmb_queue *queue);

/** TRUE when pmb_tx_send takes @queue; one that does not only receives. */
PMB_API BOOLEAN pmb_queue_sends(const struct pmb_queue *queue);

/**
 * Arm the queue's "interrupt": @fire(@context) is called when there may be
 * work. In busy-poll mode that is at once, on the calling thread.
 */
PMB_API void pmb_queue_arm(struct pmb_queue *queue, void (*fire)(void *), void *context);

/**
 * Take up to @max received frames, oldest first, as a NULL-terminated chain of
 * NBLs with one NET_BUFFER each.
 * Ownership: each NBL is the caller's until pmb_rx_put.
 * Returns:   NBLs in @chain, 0..max.
 */
PMB_API ULONG pmb_rx_burst(struct pmb_queue *queue, ULONG max, NET_BUFFER_LIST **chain);

/** Give back a chain from pmb_rx_burst of any queue of @port; any order,
 * mixture and thread. */
PMB_API void pmb_rx_put(struct pmb_port *port, NET_BUFFER_LIST *chain);

/**
 * Accept a chain for transmission, in order, on a queue that sends. Never refuses: what
 * the PMD does not take now waits inside.
 * Ownership: every NBL is the bridge's until pmb_tx_done gives it out.
 */
PMB_API void pmb_tx_send(struct pmb_queue *queue, NET_BUFFER_LIST *chain);

/** Complete waiting, not yet started sends whose cancel id is @id with
 * NDIS_STATUS_SEND_ABORTED (contract MP-CAN-01); they come out of pmb_tx_done. What is
 * sent after this call is not of them, be its id the same. */
PMB_API void pmb_tx_cancel(struct pmb_port *port, PVOID id);

/**
 * Drive the transmit side (inbox, waiting sends, buffers the PMD is done
 * with) and take up to @max finished sends, Status set, as a chain.
 * Returns: NBLs in @chain, 0..max.
 */
PMB_API ULONG pmb_tx_done(struct pmb_queue *queue, ULONG max, NET_BUFFER_LIST **chain);

/** How far the sends of a queue are. */
struct pmb_tx_progress {
	ULONG64 accepted;    /* taken up, in the order they were sent; NBLs */
	ULONG64 completed;   /* of those, given out by pmb_tx_done and passed on since */
	BOOLEAN unfinished;  /* something is with the PMD or waits for it */
};

/**
 * For a miniport that looks for a hang: a queue with something unfinished whose
 * @completed stands still. Any thread; figures of a queue that moves are not of
 * one moment.
 */
PMB_API void pmb_queue_tx_progress(const struct pmb_queue *queue,
				   struct pmb_tx_progress *progress);

/** Pause frames (IEEE 802.3 annex 31B, XOFF) that the port has received: while
 * they come, sends that stand still are no hang. 0 where the PMD counts none.
 * Any thread. */
PMB_API ULONG64 pmb_port_pause_frames(const struct pmb_port *port);

/**
 * Which frames to take: NDIS_PACKET_TYPE_* bits and the multicast list of
 * @count addresses of 6 bytes. Set in the PMD where it can, checked in
 * software where it can't. Before the first call nothing is received.
 */
PMB_API NDIS_STATUS pmb_port_set_filter(struct pmb_port *port, ULONG packet_types,
					const UCHAR (*multicast)[6], ULONG count);

/** Bytes of a Toeplitz key; the most entries of an indirection table in NDIS
 * [ns-ntddndis-_ndis_receive_scale_parameters]. */
#define PMB_RSS_KEY 40
#define PMB_RSS_ENTRIES 128

/** How frames are dealt to the queues that receive. */
struct pmb_rss {
	ULONG types;             /* NDIS_HASH_*, of pmb_port_info.rss_types; 0: RSS is off */
	const UCHAR *key;        /* PMB_RSS_KEY bytes */
	const UCHAR *table;      /* indices of queues, by the low bits of the hash */
	USHORT entries;          /* a power of two, 1..pmb_port_info.rss_entries */
};

/**
 * Deal frames by their Toeplitz hash, in place: the port goes on. While it is on, each NBL
 * has the hash value, type and function of its frame if the PMD hashed it, and nothing
 * there otherwise. Off, as it is at first, all frames come in on the first queue. Frames
 * that are in the rings already come as they were dealt.
 * Copied; set again by pmb_port_start and pmb_port_reset.
 * Returns NDIS_STATUS_SUCCESS, NDIS_STATUS_NOT_SUPPORTED (the PMD cannot, or there is one
 * queue), NDIS_STATUS_INVALID_PARAMETER or NDIS_STATUS_FAILURE (the PMD refused; all is as
 * it was).
 */
PMB_API NDIS_STATUS pmb_port_set_rss(struct pmb_port *port, const struct pmb_rss *rss);

/**
 * Which task offloads are in force, PMB_OFFLOAD_* of pmb_port_info; none at first. A send
 * that asks for another, or for one that its frame is not fit for, ends with
 * NDIS_STATUS_FAILURE. The checksum info of a received NBL tells of those in @receive that
 * the PMD looked at.
 * What is asked must be as the documents say: a frame's headers lie before its 256th byte,
 * the checksum of layer 4 is the sum of its pseudo header, for LSO without the length; for
 * LSO the send has one NET_BUFFER.
 * Returns NDIS_STATUS_SUCCESS or NDIS_STATUS_INVALID_PARAMETER.
 */
PMB_API NDIS_STATUS pmb_port_set_offloads(struct pmb_port *port, ULONG send, ULONG receive);

/**
 * Have the port send and heed pause frames as @functions says, NdisPauseFunctionsUnknown:
 * as it did before the first call.
 * Returns NDIS_STATUS_SUCCESS, NDIS_STATUS_NOT_SUPPORTED (the PMD cannot) or
 * NDIS_STATUS_FAILURE (it refused; all is as it was).
 */
PMB_API NDIS_STATUS pmb_port_set_pause(struct pmb_port *port,
				       NDIS_SUPPORTED_PAUSE_FUNCTIONS functions);

PMB_API void pmb_port_link(const struct pmb_port *port, struct pmb_link *link);
PMB_API void pmb_port_stats(const struct pmb_port *port, struct pmb_port_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
