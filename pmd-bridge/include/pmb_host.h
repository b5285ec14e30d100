/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file pmb_host.h
 * The PMD bridge as its host sees it: EAL behind the runtime's platform, and
 * ethdev ports offered to miniports as devices. No rte_* type appears here.
 *
 * Order: pmb_eal_init -> nrt_init(pmb_platform()) -> pmb_device_create ->
 * nrt_adapter_add(..., pmb_device(dev)) -> ... -> nrt_adapter_remove ->
 * pmb_device_destroy -> nrt_fini -> pmb_eal_cleanup.
 * Context: control threads only. Errors: 0 or -errno; pmb_last_error() has
 * one line that says what to do.
 */
#ifndef PMB_HOST_H
#define PMB_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <nrt/nrt.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pmb_device;

/** rte_eal_init plus the bridge's mempool ops. Returns the number of
 * arguments EAL consumed, or -errno. */
NRT_API int pmb_eal_init(int argc, char **argv);
NRT_API void pmb_eal_cleanup(void);

/** Platform for nrt_init: lcores as workers, EAL memory. */
NRT_API const struct nrt_platform *pmb_platform(void);

/** Worker lcores EAL has (the main lcore is not one). */
NRT_API unsigned int pmb_worker_count(void);

/** Ports EAL probed; their ids are 0..n-1 without holes at start. */
NRT_API unsigned int pmb_port_count(void);

NRT_API const char *pmb_last_error(void);

/** How one port is to be run. 0 means the default named behind each. */
struct pmb_device_config {
	uint16_t rx_queues;      /* 1 */
	uint16_t tx_queues;      /* 1 */
	uint16_t rx_desc;        /* the PMD's preferred, else 1024 */
	uint16_t tx_desc;        /* the PMD's preferred, else 1024 */
	uint16_t rx_free_thresh; /* the PMD's */
	uint16_t tx_free_thresh; /* the PMD's */
	uint16_t tx_rs_thresh;   /* the PMD's */
	uint16_t burst;          /* 32; frames a PMD call may move */
	uint16_t mbuf_data_size; /* 2048 + headroom */
	uint32_t max_frame;      /* 1518: header to FCS, as testpmd's --max-pkt-len */
	uint32_t mbufs;          /* per port; enough for rings, bursts and frames held above */
	/* NUMA node of rings and pools; -1: the device's, or if that is unknown the node of the
	 * worker that polls the first queue. What was asked for here is had or refused; a
	 * default gives way to another node when its own has no memory left. */
	int node;
	const int *ring_node;    /* [2] the same for receive, for transmit; -1, NULL: as node */
	const unsigned int *rx_worker; /* [rx_queues] who polls each; NULL: 0, 1, .. in turn */
	const unsigned int *tx_worker; /* [tx_queues] who sends on each; NULL: as rx_worker */
	bool no_flush_rx;        /* keep frames that arrived before the start */
	bool flows_stay;         /* a worker sends only frames of flows that are received by it
				  * alone: the queue is its own, without a look at the frame
				  * (docs/decisions/0004) */
};

/**
 * Offer ethdev @port as a device named "port<N>". The port is configured when
 * a miniport opens it.
 * Returns 0, -ENODEV, -EINVAL (more queues than the device has, no such node; see
 * pmb_last_error()) or -ENOMEM.
 */
NRT_API int pmb_device_create(uint16_t port, const struct pmb_device_config *config,
			      struct pmb_device **device);
NRT_API void pmb_device_destroy(struct pmb_device *device);
NRT_API const struct nrt_device *pmb_device(const struct pmb_device *device);

/** Facts of a port for people: valid until pmb_device_destroy. */
struct pmb_device_info {
	uint16_t port;
	uint16_t max_rx_queues, max_tx_queues;
	uint16_t rx_queues, tx_queues, rx_desc, tx_desc;
	uint32_t mbufs;           /* in the port's receive pools */
	uint32_t needed_mbufs;    /* smallest pool that cannot starve */
	uint16_t mtu;
	int node;                 /* of its memory, by default */
	int device_node;          /* of the NIC itself, -1: unknown */
	uint8_t mac[6];
	bool link_up;
	uint32_t link_mbps;
	char driver[32];          /* "net_null" */
	char name[64];
	char rx_path[48];         /* "Vector AVX2", "scalar", ... */
	char tx_path[48];
};
NRT_API void pmb_device_info(const struct pmb_device *device, struct pmb_device_info *out);

/** Counters of the PMD itself (rte_eth_stats) and of the bridge. */
struct pmb_device_stats {
	/* PMD */
	uint64_t ipackets, opackets, ibytes, obytes, imissed, ierrors, oerrors, rx_nombuf;
	/* bridge, frames */
	uint64_t rx_frames;       /* frames rx_burst gave */
	uint64_t rx_left;         /* counted by a NIC; in its rings, now or when it was stopped */
	uint64_t rx_indicated;    /* NBLs given to the miniport */
	uint64_t rx_drop_filter;  /* packet filter */
	uint64_t rx_drop_paused;  /* lay in the port when it was started or closed */
	uint64_t rx_drop_nobuf;   /* a foreign frame had to be copied, no buffer */
	uint64_t rx_drop_bad;     /* malformed: no data, too many segments */
	uint64_t rx_copied;       /* frames copied into an own buffer */
	uint64_t rx_returned;     /* NBLs the miniport gave back */
	uint64_t tx_accepted;     /* NBLs */
	uint64_t tx_completed;    /* NBLs, every status */
	uint64_t tx_aborted;      /* of those: status other than success */
	uint64_t tx_offered;      /* frames of the accepted NBLs */
	uint64_t tx_unsent;       /* of those, never given to tx_burst: aborted */
	uint64_t tx_recalled;     /* frames of aborted NBLs that the PMD had when it was stopped */
	uint64_t tx_doubtful;     /* of tx_recalled: a NIC counted them as sent all the same */
	uint64_t tx_frames;       /* frames tx_burst took */
	uint64_t tx_copied;       /* frames copied into an mbuf */
	uint64_t tx_queue_full;   /* tx_burst took less than was offered */
	/* now */
	uint64_t rx_outstanding;  /* NBLs above */
	uint64_t tx_outstanding;  /* NBLs accepted and not completed */
	uint64_t pool_size, pool_free, pool_pmd, pool_above; /* receive pools: buffers in all,
		* free, held by the PMD, held by NBLs above */
};
NRT_API void pmb_device_stats(const struct pmb_device *device, struct pmb_device_stats *out);

/** Call @fn for each PMD xstat. */
NRT_API void pmb_device_xstats(const struct pmb_device *device,
			       void (*fn)(const char *name, uint64_t value, void *arg), void *arg);

/** Read a configuration file (INI: a section per adapter) into the runtime's
 * store with rte_cfgfile. 0 or -errno. */
NRT_API int pmb_config_load(const char *path);

/* ------------------------------------------------------------------ NUMA */

/** NUMA nodes EAL found; 1 on a machine without NUMA. */
NRT_API unsigned int pmb_node_count(void);
NRT_API bool pmb_node_exists(int node);

/** Their numbers, as "0,1"; what does not fit in @size is left out. */
NRT_API void pmb_node_list(char *out, size_t size);

/** Processors of @node, as "0-3,8"; empty where the kernel does not tell. */
NRT_API void pmb_node_cpus(int node, char *out, size_t size);

/** Node of worker @index, -1 when its lcore's processors are on several. */
NRT_API int pmb_worker_node(unsigned int index);

/** Number of worker @index's lcore, as in -l and --lcores. */
NRT_API unsigned int pmb_worker_lcore(unsigned int index);

/** Memory comes from hugepages; without them EAL does not choose its node. */
NRT_API bool pmb_has_hugepages(void);

#define PMB_NODE_UNKNOWN (-1)
#define PMB_NODE_SEVERAL (-2)

/** Node of the pages under [@va, @va + @len), as the kernel says: a node's number,
 * PMB_NODE_SEVERAL, or PMB_NODE_UNKNOWN where it does not say or nobody has touched them. */
NRT_API int pmb_node_of(const void *va, size_t len);

/** A part of an open port that lies in memory. */
struct pmb_part {
	/* "rx ring", "rx pool", "tx ring", "tx pool", "queue state"; a ring is told of only if the
	 * PMD reserved it under ethdev's name, as those of NICs do */
	const char *name;
	uint16_t queue;
	unsigned int worker;      /* who has the queue */
	bool polled;              /* it receives on the queue too */
	int wanted;               /* node, -1: any */
	int node;                 /* as pmb_node_of tells */
};

typedef void pmb_part_fn(const struct pmb_part *part, void *context);

/** Call @fn for each part while an adapter has the port open: queue by queue, and of each
 * "queue state" last. The kernel is asked page by page. */
NRT_API void pmb_device_parts(const struct pmb_device *device, pmb_part_fn *fn, void *context);

/** A port's facts before any device exists; rx_desc and tx_desc are what a
 * device gets that asks for none. 0 or -ENODEV. */
NRT_API int pmb_port_limits(uint16_t port, struct pmb_device_info *out);

#ifdef __cplusplus
}
#endif
#endif
