/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters of a port from their independent sources: the PMD, the bridge's
 * queues, the pools' occupancy. Any thread; exact while nothing moves. Registers that
 * clear when they are read have one reader of a port at a time.
 */
#include <stdlib.h>

#include <rte_ethdev.h>

#include "evidence.h"
#include "pool.h"
#include "port.h"

/* The lock is no part of what a reader of counters sees as constant. */
void pmb_registers_lock(const struct pmb_device *d)
{
	pthread_mutex_lock((pthread_mutex_t *)(uintptr_t)&d->registers_lock);
}

void pmb_registers_unlock(const struct pmb_device *d)
{
	pthread_mutex_unlock((pthread_mutex_t *)(uintptr_t)&d->registers_lock);
}

void pmb_stats_latch(const struct pmb_device *d)
{
	struct rte_eth_stats s;

	pmb_registers_lock(d);
	if (rte_eth_stats_get(d->id, &s) == 0)
		pmb_evidence_note(d->port, &s);
	pmb_registers_unlock(d);
}

/* Bytes of a frame's FCS that are in the PMD's byte counts: em hands on what the NIC's
 * registers say, the others take the FCS out. */
static uint64_t counted_fcs(const struct pmb_device *d)
{
	return strcmp(d->info.driver_name, "net_e1000_em") == 0 ? RTE_ETHER_CRC_LEN : 0;
}

static void add_pmd(const struct pmb_device *d, struct pmb_device_stats *out)
{
	struct rte_eth_stats s;
	int rc;

	pmb_registers_lock(d);
	rc = rte_eth_stats_get(d->id, &s);
	if (rc == 0)
		pmb_evidence_note(d->port, &s);
	pmb_registers_unlock(d);
	if (rc != 0)
		return;
	out->ipackets = s.ipackets;
	out->opackets = s.opackets;
	out->ibytes = s.ibytes - counted_fcs(d) * s.ipackets;
	out->obytes = s.obytes - counted_fcs(d) * s.opackets;
	out->imissed = s.imissed;
	out->ierrors = s.ierrors;
	out->oerrors = s.oerrors;
	out->rx_nombuf = s.rx_nombuf;
}

static void add_rx(const struct pmb_rxq *q, struct pmb_device_stats *out)
{
	uint32_t from_pmd, from_above;

	out->rx_frames += q->frames;
	out->rx_indicated += q->indicated;
	out->rx_drop_filter += q->drop_filter;
	out->rx_drop_paused += q->drop_paused;
	out->rx_drop_nobuf += q->drop_nobuf;
	out->rx_drop_bad += q->drop_bad;
	out->rx_copied += q->copied;
	out->rx_returned += q->returned_here + atomic_load(&q->returned_elsewhere);
	if (q->pool == NULL)
		return;
	out->pool_size += q->pool->size;
	pmb_pool_inbox_count(q->pool, &from_pmd, &from_above);
	out->pool_free += pmb_pool_top(q->pool) + from_pmd + from_above;
	out->pool_pmd += q->pool->taken - q->pool->pmd_put - from_pmd - q->pool->received +
			 q->pool->lent;
	out->pool_above += q->pool->received - q->pool->above_put - from_above - q->pool->lent;
}

static void add_tx(const struct pmb_txq *q, struct pmb_device_stats *out)
{
	out->tx_accepted += q->accepted;
	out->tx_completed += q->given;
	out->tx_aborted += q->aborted;
	out->tx_offered += q->offered;
	out->tx_unsent += q->unsent;
	out->tx_recalled += q->recalled;
	out->tx_frames += q->frames;
	out->tx_copied += q->copied;
	out->tx_queue_full += q->full;
}

void pmb_device_stats(const struct pmb_device *d, struct pmb_device_stats *out)
{
	if (d->port == NULL) {
		*out = d->last;
		return;
	}
	memset(out, 0, sizeof(*out));
	add_pmd(d, out);
	for (uint16_t i = 0; i < d->port->n_queues; i++) {
		add_rx(&d->port->queues[i]->rx, out);
		add_tx(&d->port->queues[i]->tx, out);
	}
	if (out->ipackets > out->rx_frames)
		out->rx_left = RTE_MIN(out->ipackets - out->rx_frames, pmb_port_left_most(d->port));
	if (out->opackets + out->oerrors + out->tx_recalled > out->tx_frames)
		out->tx_doubtful = RTE_MIN(out->opackets + out->oerrors + out->tx_recalled -
						   out->tx_frames, out->tx_recalled);
	out->rx_outstanding = out->rx_indicated - out->rx_returned;
	out->tx_outstanding = out->tx_accepted - out->tx_completed;
}

void pmb_stats_open(struct pmb_port *port)
{
	static const char *const names[PMB_KINDS] = {
		[PMB_RX_MULTICAST] = "rx_multicast_packets",
		[PMB_RX_BROADCAST] = "rx_broadcast_packets",
		[PMB_TX_MULTICAST] = "tx_multicast_packets",
		[PMB_TX_BROADCAST] = "tx_broadcast_packets",
	};

	port->counts_kinds = true;
	for (unsigned int i = 0; port->counts_kinds && i < PMB_KINDS; i++)
		port->counts_kinds = rte_eth_xstats_get_id_by_name(port->id, names[i],
								   &port->kind_ids[i]) == 0;
}

/* Those two count frames alone. */
static bool counts_bytes(const struct pmb_device *d)
{
	return strcmp(d->info.driver_name, "net_ring") != 0 &&
	       strcmp(d->info.driver_name, "net_null") != 0;
}

static void add_kinds(const struct pmb_port *port, struct pmb_port_stats *stats)
{
	uint64_t n[PMB_KINDS];

	if (!port->counts_kinds)
		return;
	pmb_registers_lock(port->device);
	stats->kinds = rte_eth_xstats_get_by_id(port->id, port->kind_ids, n, PMB_KINDS) == PMB_KINDS;
	pmb_registers_unlock(port->device);
	if (!stats->kinds)
		return;
	stats->rx_multicast = n[PMB_RX_MULTICAST];
	stats->rx_broadcast = n[PMB_RX_BROADCAST];
	stats->tx_multicast = n[PMB_TX_MULTICAST];
	stats->tx_broadcast = n[PMB_TX_BROADCAST];
}

/* The kinds are read first: they are never more than the frames, which grow meanwhile. */
void pmb_port_stats(const struct pmb_port *port, struct pmb_port_stats *stats)
{
	struct pmb_device_stats s;

	*stats = (struct pmb_port_stats){ .bytes = counts_bytes(port->device) };
	add_kinds(port, stats);
	pmb_device_stats(port->device, &s);
	stats->rx_frames = s.ipackets;
	stats->rx_bytes = s.ibytes;
	stats->rx_missed = s.imissed;
	stats->rx_errors = s.ierrors + s.rx_drop_bad;
	stats->rx_no_buffer = s.rx_nombuf + s.rx_drop_nobuf;
	stats->tx_frames = s.opackets;
	stats->tx_bytes = s.obytes;
	stats->tx_errors = s.oerrors;
	stats->tx_discarded = s.tx_unsent + s.tx_recalled - s.tx_doubtful;
}

void pmb_device_xstats(const struct pmb_device *d,
		       void (*fn)(const char *name, uint64_t value, void *arg), void *arg)
{
	int n = rte_eth_xstats_get_names(d->id, NULL, 0), got = 0;
	struct rte_eth_xstat_name *names = n > 0 ? calloc((size_t)n, sizeof(*names)) : NULL;
	struct rte_eth_xstat *values = n > 0 ? calloc((size_t)n, sizeof(*values)) : NULL;

	if (names != NULL && values != NULL &&
	    rte_eth_xstats_get_names(d->id, names, (unsigned int)n) == n) {
		pmb_registers_lock(d);
		got = rte_eth_xstats_get(d->id, values, (unsigned int)n);
		pmb_registers_unlock(d);
	}
	for (int i = 0; got == n && i < n; i++)
		fn(names[i].name, values[i].value, arg);
	free(names);
	free(values);
}
