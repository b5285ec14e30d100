/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a port: opened and closed with its adapter, started and quiesced
 * with its restarts and pauses. PASSIVE_LEVEL, one operation per port at a time.
 */
#include <errno.h>
#include <stdlib.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "evidence.h"
#include "pool.h"
#include "port.h"

/* ------------------------------------------------------------- ownership */

struct on_owner {
	void (*fn)(struct pmb_queue *, void *);
	struct pmb_queue *queue;
	void *arg;
};

static void call_fn(void *arg)
{
	struct on_owner *c = arg;

	c->fn(c->queue, c->arg);
}

void pmb_on_owner(struct pmb_port *port, void (*fn)(struct pmb_queue *, void *), void *arg)
{
	for (uint16_t i = 0; i < port->n_queues; i++) {
		struct on_owner c = { fn, port->queues[i], arg };

		nrt_worker_call(c.queue->worker, call_fn, &c);
	}
}

static void set_owner(struct pmb_queue *q, int owner, bool running)
{
	q->rx.running = running && q->has_rx;
	q->tx.running = running && q->has_tx;
	if (q->has_rx)
		atomic_store(&q->rx.pool->owner, owner);
	if (q->has_tx)
		atomic_store(&q->tx.pool->owner, owner);
	atomic_store(&q->tx.owner, owner);
}

static void give_to_control(struct pmb_queue *q, void *arg)
{
	(void)arg;
	set_owner(q, PMB_CONTROL(q->port->id), false);
}

static void give_to_worker(struct pmb_queue *q, void *arg)
{
	(void)arg;
	set_owner(q, (int)q->worker, q->port->started);
}

void pmb_port_seize(struct pmb_port *port)
{
	pmb_on_owner(port, give_to_control, NULL);
	pmb_self = PMB_CONTROL(port->id);
}

void pmb_port_release(struct pmb_port *port)
{
	pmb_self = PMB_NOBODY;
	pmb_on_owner(port, give_to_worker, NULL);
}

/* ------------------------------------------------------------------ open */

static bool on_vdev_bus(const struct rte_eth_dev_info *info)
{
	return strcmp(rte_bus_name(rte_dev_bus(info->device)), "vdev") == 0;
}

/* Chains of mbufs cost the ixgbe PMD its vector path, for the whole device; it
 * gets them only where frames need several buffers anyway, or offloads take that path. */
static bool wants_multi_segs(const struct pmb_device *d, bool offloads)
{
	if (!(d->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS))
		return false;
	return offloads || strcmp(d->info.driver_name, "net_ixgbe") != 0 ||
	       d->config.max_frame > d->config.mbuf_data_size;
}

static int configure(struct pmb_port *port, const struct pmb_open_params *params)
{
	struct pmb_device *d = port->device;
	const struct rte_eth_dev_info *info = &d->info;
	struct rte_eth_conf conf = { .rxmode.mtu = port->info.mtu };
	int rc;

	conf.intr_conf.rmv = info->dev_flags != NULL && (*info->dev_flags & RTE_ETH_DEV_INTR_RMV);
	if (port->info.mtu + RTE_ETHER_HDR_LEN > d->config.mbuf_data_size)
		conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER & info->rx_offload_capa;
	if (params->strip_vlan)
		conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP & info->rx_offload_capa;
	conf.txmode.offloads |= port->multi_segs ? RTE_ETH_TX_OFFLOAD_MULTI_SEGS : 0;
	conf.txmode.offloads |= port->tx_offloads;
	conf.rxmode.offloads |= port->rx_offloads;
	/* Software ports insert into the frame itself, which is not theirs to change. */
	if (params->strip_vlan && !on_vdev_bus(info))
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_VLAN_INSERT & info->tx_offload_capa;
	if (d->config.rx_queues > 1 && info->flow_type_rss_offloads != 0) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP & info->flow_type_rss_offloads;
		conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_RSS_HASH & info->rx_offload_capa;
	}
	rc = rte_eth_dev_configure(port->id, d->config.rx_queues, d->config.tx_queues, &conf);
	if (rc != 0)
		return pmb_fail(rc, "port %u: the PMD refused %u rx and %u tx queues, mtu %u: %s",
				port->id, d->config.rx_queues, d->config.tx_queues, port->info.mtu,
				rte_strerror(-rc));
	for (uint16_t i = 0; i < port->n_queues; i++)
		port->queues[i]->tx.vlan_insert =
			conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
	return 0;
}

static struct pmb_pool *make_pool(struct pmb_port *port, const char *kind, uint16_t i,
				  uint32_t size, uint16_t data_room, bool transmit)
{
	const struct pmb_device *d = port->device;
	const struct pmb_ring_node *on = transmit ? &d->tx_ring : &d->rx_ring;
	static _Atomic unsigned int generation; /* an earlier one's may still be there */
	char name[RTE_MEMPOOL_NAMESIZE];
	struct pmb_pool *pool;

	pmb_pool_reap();
	snprintf(name, sizeof(name), "pmb%x_%s%u_%u", generation++, kind, port->id, i);
	pool = pmb_pool_create(name, size, data_room, on->node, transmit, port->adapter);
	if (pool == NULL && !on->fixed)
		pool = pmb_pool_create(name, size, data_room, SOCKET_ID_ANY, transmit,
				       port->adapter);
	if (pool == NULL && on->fixed && rte_socket_count() > 1)
		pmb_fail(-ENOMEM,
			 "port %u: no memory for %u buffers on node %d; run dpdk-hugepages.py -p 2M "
			 "--reserve 1G --node %d, or choose another node",
			 port->id, size, on->node, on->node);
	else if (pool == NULL)
		pmb_fail(-ENOMEM,
			 "port %u: no memory for %u buffers on node %d; give EAL more with -m, or "
			 "use fewer with --total-num-mbufs",
			 port->id, size, on->node);
	return pool;
}

static int setup_rx(struct pmb_port *port, struct pmb_queue *q)
{
	struct pmb_device *d = port->device;
	struct rte_eth_rxconf conf = d->info.default_rxconf;
	uint16_t i = q->rx.queue;
	int rc;

	q->rx.pool = make_pool(port, "rx", i, d->config.mbufs / d->config.rx_queues,
			       d->config.mbuf_data_size, false);
	if (q->rx.pool == NULL)
		return -ENOMEM;
	if (d->config.rx_free_thresh != 0)
		conf.rx_free_thresh = d->config.rx_free_thresh;
	rc = rte_eth_rx_queue_setup(port->id, i, d->config.rx_desc, (unsigned int)d->rx_ring.node,
				    &conf, q->rx.pool->mp);
	if (rc == -ENOMEM && !d->rx_ring.fixed)
		rc = rte_eth_rx_queue_setup(port->id, i, d->config.rx_desc,
					    (unsigned int)SOCKET_ID_ANY, &conf, q->rx.pool->mp);
	return rc == 0 ? 0 :
			 pmb_fail(rc, "port %u: rx queue %u with %u descriptors: %s", port->id, i,
				  d->config.rx_desc, rte_strerror(-rc));
}

static int setup_tx(struct pmb_port *port, struct pmb_queue *q)
{
	struct pmb_device *d = port->device;
	struct rte_eth_txconf conf = d->info.default_txconf;
	uint16_t i = q->tx.queue;
	uint32_t buffers = d->config.tx_desc + 2u * d->config.burst + (q->tx.copies ? 2048 : 64);
	uint16_t room = d->config.mbuf_data_size;
	int rc;

	/* A PMD that takes no chains gets every frame in one piece. */
	if (q->tx.max_segs == 1)
		room = (uint16_t)RTE_MAX(room, q->tx.max_frame);
	q->tx.pool = make_pool(port, "tx", i, buffers, room, true);
	if (q->tx.pool == NULL)
		return -ENOMEM;
	if (d->config.tx_free_thresh != 0)
		conf.tx_free_thresh = d->config.tx_free_thresh;
	if (d->config.tx_rs_thresh != 0)
		conf.tx_rs_thresh = d->config.tx_rs_thresh;
	rc = pmb_evidence_setup(port, &q->tx, &conf);
	if (rc != 0)
		return rc;
	rc = rte_eth_tx_queue_setup(port->id, i, d->config.tx_desc, (unsigned int)d->tx_ring.node,
				    &conf);
	if (rc == -ENOMEM && !d->tx_ring.fixed)
		rc = rte_eth_tx_queue_setup(port->id, i, d->config.tx_desc,
					    (unsigned int)SOCKET_ID_ANY, &conf);
	return rc == 0 ? 0 :
			 pmb_fail(rc, "port %u: tx queue %u with %u descriptors: %s", port->id, i,
				  d->config.tx_desc, rte_strerror(-rc));
}

static int make_queue(struct pmb_port *port, uint16_t i, bool rx, bool tx, bool strip)
{
	struct pmb_device *d = port->device;
	unsigned int worker = rx ? d->rx_worker[i] : d->tx_worker[i];
	/* What only the worker touches lies near it, wherever the NIC is. */
	struct pmb_queue *q = pmb_zalloc_near(sizeof(*q), 64, pmb_worker_node(worker));

	if (q == NULL)
		return pmb_fail(-ENOMEM, "port %u: no memory for its queues", port->id);
	q->port = port;
	q->worker = worker;
	q->has_rx = rx;
	q->has_tx = tx;
	q->rx.port = port->id;
	q->rx.queue = i;
	q->rx.burst = d->config.burst;
	q->rx.mode = PMB_RX_QUIESCED;
	q->rx.strip = strip;
	pmb_txq_init(&q->tx, port->id, i);
	q->tx.burst = d->config.burst;
	q->tx.max_segs = port->multi_segs ? d->info.tx_desc_lim.nb_mtu_seg_max : 1;
	q->tx.copies = strcmp(d->info.driver_name, "net_ring") == 0;
	q->tx.can_clean = true;
	q->tx.refuse = NDIS_STATUS_PAUSED;
	q->tx.asks = port->tx_offloads != 0;
	q->tx.max_frame = port->info.mtu + RTE_ETHER_HDR_LEN + (strip ? 0 : RTE_VLAN_HLEN);
	/* The most that one mbuf can be asked to hold. */
	q->tx.max_frame = RTE_MIN(q->tx.max_frame, (uint32_t)UINT16_MAX - RTE_PKTMBUF_HEADROOM);
	q->tx.fast_span = q->tx.copies ? 0 : q->tx.max_frame - PMB_MIN_FRAME + 1;
	port->queues[port->n_queues++] = q;
	return 0;
}

/* Pairs, as far as both queues of a number are one worker's. */
static int make_queues(struct pmb_port *port, bool strip)
{
	struct pmb_device *d = port->device;
	uint16_t n_rx = d->config.rx_queues, n_tx = d->config.tx_queues;
	int rc = 0;

	for (uint16_t i = 0; rc == 0 && i < n_rx; i++)
		rc = make_queue(port, i, true, i < n_tx && d->rx_worker[i] == d->tx_worker[i],
				strip);
	for (uint16_t i = 0; rc == 0 && i < n_tx; i++)
		if (i >= n_rx || d->rx_worker[i] != d->tx_worker[i])
			rc = make_queue(port, i, false, true, strip);
	port->info.queues = port->n_queues;
	return rc;
}

static int setup_queues(struct pmb_port *port, const struct pmb_open_params *params)
{
	int rc = make_queues(port, params->strip_vlan);

	for (uint16_t i = 0; i < port->n_queues; i++)
		port->queues[i]->tx.by_priority = params->by_priority;
	if (rc == 0)
		rc = configure(port, params);
	pmb_self = PMB_CONTROL(port->id);
	for (uint16_t i = 0; rc == 0 && i < port->n_queues; i++)
		if (port->queues[i]->has_rx)
			rc = setup_rx(port, port->queues[i]);
	for (uint16_t i = 0; rc == 0 && i < port->n_queues; i++)
		if (port->queues[i]->has_tx)
			rc = setup_tx(port, port->queues[i]);
	if (rc == 0)
		rc = pmb_evidence_open(port);
	if (rc == 0)
		pmb_stats_open(port);
	pmb_self = PMB_NOBODY;
	return rc;
}

static void free_queues(struct pmb_port *port)
{
	pmb_evidence_close(port);
	for (uint16_t i = 0; i < port->n_queues; i++) {
		pmb_pool_destroy(port->queues[i]->rx.pool);
		pmb_pool_destroy(port->queues[i]->tx.pool);
		pmb_txq_fini(&port->queues[i]->tx);
		rte_free(port->queues[i]);
	}
	free(port->filter);
	rte_free(port);
}

static void fill_info(struct pmb_port *port, const struct pmb_open_params *params)
{
	struct pmb_device *d = port->device;
	struct pmb_port_info *info = &port->info;

	memcpy(info->permanent_mac, d->permanent_mac.addr_bytes, 6);
	memcpy(info->current_mac, params->mac != NULL ? params->mac : info->permanent_mac, 6);
	info->mtu = params->mtu != 0 ? params->mtu :
				       d->config.max_frame - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN;
	info->max_mtu = d->info.max_mtu;
	info->lookahead = RTE_MIN(info->mtu + RTE_ETHER_HDR_LEN, (ULONG)d->config.mbuf_data_size);
	info->max_multicast = 128;
	info->receive_ring = (ULONG)d->config.rx_queues * d->config.rx_desc;
	info->transmit_ring = (ULONG)d->config.tx_queues * d->config.tx_desc;
	info->max_link_speed = d->info.speed_capa & RTE_ETH_LINK_SPEED_100G ? 100000000000ull :
			       d->info.speed_capa & RTE_ETH_LINK_SPEED_40G  ? 40000000000ull :
			       d->info.speed_capa & RTE_ETH_LINK_SPEED_10G  ? 10000000000ull :
			       d->info.speed_capa & RTE_ETH_LINK_SPEED_1G   ? 1000000000ull :
									      0;
	info->flows_stay = d->config.flows_stay;
	pmb_rss_info(port);
	pmb_offload_info(port, params->offloads);
}

NDIS_STATUS pmb_port_open(NDIS_HANDLE adapter, const struct pmb_open_params *params,
			  struct pmb_port **out)
{
	const struct nrt_device *nrt = nrt_adapter_device(adapter);
	struct pmb_device *d;
	struct pmb_port *port;

	if (nrt == NULL || nrt->bus_type != &pmb_bus_type)
		return NDIS_STATUS_ADAPTER_NOT_FOUND;
	d = nrt->bus_context;
	if (params->mtu > d->info.max_mtu) {
		pmb_fail(-EINVAL, "port %u: mtu %u is more than its %u", d->id, params->mtu,
			 d->info.max_mtu);
		return NDIS_STATUS_INVALID_PARAMETER;
	}
	port = pmb_zalloc_near(sizeof(*port), 64, nrt->node);
	if (port == NULL) {
		pmb_fail(-ENOMEM, "port %u: no memory for its state; give EAL more with -m", d->id);
		return NDIS_STATUS_RESOURCES;
	}
	port->device = d;
	port->adapter = adapter;
	port->id = d->id;
	port->multi_segs = wants_multi_segs(d, params->offloads);
	port->hw_filter = !on_vdev_bus(&d->info);
	port->mode = PMB_RX_NOTHING;
	fill_info(port, params);
	if (setup_queues(port, params) != 0 || pmb_removal_watch(port) != 0) {
		free_queues(port);
		return NDIS_STATUS_FAILURE;
	}
	if (params->mac != NULL)
		rte_eth_dev_default_mac_addr_set(port->id,
						 (struct rte_ether_addr *)port->info.current_mac);
	d->port = port;
	pmb_port_release(port);
	*out = port;
	return NDIS_STATUS_SUCCESS;
}

/* Frames that lie in the port, e.g. a ring's: nobody else will free them. */
static void drain_rx(struct pmb_port *port, uint32_t most)
{
	struct rte_mbuf *m[32];

	for (uint16_t i = 0; i < port->n_queues; i++) {
		struct pmb_rxq *q = &port->queues[i]->rx;
		uint32_t taken = 0;
		uint16_t n;

		while (port->queues[i]->has_rx && taken < most &&
		       (n = rte_eth_rx_burst(port->id, q->queue, m, 32)) != 0) {
			taken += n;
			pmb_count(&q->frames, n);
			pmb_count(&q->drop_paused, n);
			rte_pktmbuf_free_bulk(m, n);
		}
	}
}

uint64_t pmb_port_left_most(const struct pmb_port *port)
{
	const struct pmb_device_config *c = &port->device->config;
	bool ring = port->started && !on_vdev_bus(&port->device->info);

	return port->left_most + (ring ? (uint64_t)c->rx_queues * c->rx_desc : 0);
}

/*
 * Stop the PMD: it gives back every buffer it has. What it counted is read before, since
 * some PMDs' next start or stop clears the NIC's registers. A NIC goes on receiving until
 * it is stopped; what it counted and nobody took is lost with its rings, a ring's worth
 * a queue at most.
 */
static void stop_pmd(struct pmb_port *port)
{
	if (!port->started)
		return;
	pmb_stats_latch(port->device);
	pmb_registers_lock(port->device);
	rte_eth_dev_stop(port->id);
	pmb_registers_unlock(port->device);
	pmb_evidence_forget(port);
	port->left_most = pmb_port_left_most(port);
	port->started = false;
}

void pmb_port_close(struct pmb_port *port)
{
	struct pmb_device *d = port->device;

	pmb_removal_forget(port);
	pmb_port_seize(port);
	if (port->started) {
		drain_rx(port, port->device->config.rx_desc);
		pmb_evidence_stop(port);
	}
	stop_pmd(port);
	pmb_device_stats(d, &d->last);
	d->port = NULL;
	pmb_self = PMB_NOBODY;
	free_queues(port);
}

const struct pmb_port_info *pmb_port_info(const struct pmb_port *port)
{
	return &port->info;
}

struct pmb_queue *pmb_port_queue(struct pmb_port *port, USHORT index)
{
	return index < port->n_queues ? port->queues[index] : NULL;
}

ULONG pmb_queue_processor(const struct pmb_queue *queue)
{
	return queue->worker;
}

BOOLEAN pmb_queue_sends(const struct pmb_queue *queue)
{
	return queue->has_tx;
}

void pmb_queue_arm(struct pmb_queue *queue, void (*fire)(void *), void *context)
{
	(void)queue;
	fire(context);
}

/* -------------------------------------------------------- start, quiesce */

static int start_pmd(struct pmb_port *port)
{
	const struct pmb_device_config *c = &port->device->config;
	int rc, rss = 0;

	pmb_port_seize(port);
	pmb_registers_lock(port->device);
	rc = rte_eth_dev_start(port->id);
	pmb_registers_unlock(port->device);
	port->started = rc == 0;
	if (rc == 0)
		rss = pmb_rss_apply(port);
	/* A file has no frames that came too early. The PMD starts with an indirection table
	 * of its own: what came by that lies in other queues than what comes after it. */
	if (rc == 0 && !c->no_flush_rx &&
	    strcmp(port->device->info.driver_name, "net_pcap") != 0)
		drain_rx(port, port->info.rss_types != 0 ? c->rx_desc : c->burst);
	if (rc == 0)
		pmb_evidence_start(port);
	pmb_port_release(port);
	return rc == 0 ? rss :
			 pmb_fail(rc, "port %u did not start: %s", port->id, rte_strerror(-rc));
}

static void let_flow(struct pmb_queue *q, void *arg)
{
	(void)arg;
	q->rx.mode = q->port->mode;
	q->tx.refuse = NDIS_STATUS_SUCCESS;
}

/* A NIC may forget its multicast list when it is stopped; addresses and
 * promiscuous modes ethdev restores itself [rte_eth_dev_configure]. */
static NDIS_STATUS set_filter_again(struct pmb_port *port)
{
	const struct pmb_filter *f = port->filter;

	return f == NULL ? NDIS_STATUS_SUCCESS :
			   pmb_port_set_filter(port, f->packet_types,
					       (const UCHAR(*)[6])f->multicast, f->count);
}

NDIS_STATUS pmb_port_start(struct pmb_port *port)
{
	if (!port->started) {
		NDIS_STATUS status = start_pmd(port) == 0 ? set_filter_again(port) :
							    NDIS_STATUS_FAILURE;

		if (status != NDIS_STATUS_SUCCESS)
			return status;
	}
	pmb_on_owner(port, let_flow, NULL);
	return NDIS_STATUS_SUCCESS;
}

static void stop_flow(struct pmb_queue *q, void *arg)
{
	q->rx.mode = PMB_RX_QUIESCED;
	pmb_txq_flush(&q->tx, *(const NDIS_STATUS *)arg);
}

void pmb_port_quiesce(struct pmb_port *port, NDIS_STATUS status)
{
	pmb_on_owner(port, stop_flow, &status);
}

BOOLEAN pmb_port_tx_drained(const struct pmb_port *port)
{
	for (uint16_t i = 0; i < port->n_queues; i++) {
		const struct pmb_txq *q = &port->queues[i]->tx;

		if (!pmb_nblqueue_taken(&q->inbox) || atomic_load(&q->waiting) ||
		    q->accepted != q->completed)
			return FALSE;
	}
	return TRUE;
}

BOOLEAN pmb_port_drained(const struct pmb_port *port)
{
	uint64_t above = 0;

	for (uint16_t i = 0; i < port->n_queues; i++) {
		const struct pmb_rxq *q = &port->queues[i]->rx;

		above += q->indicated - q->returned_here - atomic_load(&q->returned_elsewhere);
	}
	return above == 0 && pmb_port_tx_drained(port);
}

void pmb_port_abort_tx(struct pmb_port *port, NDIS_STATUS status)
{
	NET_BUFFER_LIST **tails[2 * PMB_MAX_QUEUES];

	pmb_port_seize(port);
	if (port->started)
		pmb_evidence_stop(port); /* what left did not fail */
	for (uint16_t i = 0; i < port->n_queues; i++)
		tails[i] = port->queues[i]->tx.done_tail;
	if (port->started)
		pmb_evidence_give_up(port); /* in their order: a PMD frees from its ring's start */
	stop_pmd(port);
	for (uint16_t i = 0; i < port->n_queues; i++) {
		struct pmb_txq *q = &port->queues[i]->tx;

		*q->done_tail = NULL;
		for (NET_BUFFER_LIST *nbl = *tails[i]; nbl != NULL;
		     nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
			NET_BUFFER_LIST_STATUS(nbl) = status;
			pmb_count(&q->aborted, 1);
			pmb_count(&q->recalled, pmb_nb_count(NET_BUFFER_LIST_FIRST_NB(nbl)));
		}
	}
	pmb_port_release(port);
}

NDIS_STATUS pmb_port_reset(struct pmb_port *port, NDIS_STATUS status)
{
	bool quiesced = port->queues[0]->rx.mode == PMB_RX_QUIESCED;

	if (!quiesced)
		pmb_port_quiesce(port, status);
	pmb_port_abort_tx(port, status);
	return quiesced ? NDIS_STATUS_SUCCESS : pmb_port_start(port);
}
