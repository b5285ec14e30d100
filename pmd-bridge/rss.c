/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling of a port: NDIS's hash types, key and indirection table as the
 * PMD's, set in place and once more after each start, which loses them on some NICs; and
 * which hash type a queue's frames are of. PASSIVE_LEVEL, under the rules of pmb.h.
 */
#include <errno.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "port.h"

/* A hash type, and what it is to the PMD: it can do it if it can the first, and is
 * asked for the rest with it, as far as it has them. NDIS_HASH_IPV4 covers every IPv4
 * frame that no other type does (page rss-hashing-types), as RTE_ETH_RSS_IPV4 does. */
static const struct {
	ULONG type;
	uint64_t needs, more;
} types[] = {
	{ NDIS_HASH_IPV4, RTE_ETH_RSS_IPV4,
	  RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER },
	{ NDIS_HASH_TCP_IPV4, RTE_ETH_RSS_NONFRAG_IPV4_TCP, 0 },
	{ NDIS_HASH_UDP_IPV4, RTE_ETH_RSS_NONFRAG_IPV4_UDP, 0 },
	{ NDIS_HASH_IPV6, RTE_ETH_RSS_IPV6,
	  RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER },
	{ NDIS_HASH_TCP_IPV6, RTE_ETH_RSS_NONFRAG_IPV6_TCP, 0 },
	{ NDIS_HASH_UDP_IPV6, RTE_ETH_RSS_NONFRAG_IPV6_UDP, 0 },
};

#define MAX_RETA 512

static uint64_t pmd_types(const struct pmb_port *port)
{
	uint64_t hf = 0;

	for (size_t i = 0; i < RTE_DIM(types); i++)
		if (port->rss.types & types[i].type)
			hf |= types[i].needs | types[i].more;
	return hf & port->device->info.flow_type_rss_offloads;
}

/* A table of the most entries that an NDIS one has must fit into the PMD's, repeated. */
static bool table_fits(const struct rte_eth_dev_info *info)
{
	return info->reta_size >= PMB_RSS_ENTRIES && info->reta_size <= MAX_RETA &&
	       rte_is_power_of_2(info->reta_size);
}

void pmb_rss_info(struct pmb_port *port)
{
	const struct pmb_device *d = port->device;

	port->info.receivers = d->config.rx_queues;
	if (d->config.rx_queues == 1 || d->info.hash_key_size != PMB_RSS_KEY ||
	    !table_fits(&d->info))
		return;
	for (size_t i = 0; i < RTE_DIM(types); i++)
		if (d->info.flow_type_rss_offloads & types[i].needs)
			port->info.rss_types |= types[i].type;
	port->info.rss_entries = PMB_RSS_ENTRIES;
}

/* -------------------------------------------------------------- in the PMD */

static int set_table(const struct pmb_port *port)
{
	struct rte_eth_rss_reta_entry64 reta[MAX_RETA / RTE_ETH_RETA_GROUP_SIZE] = { 0 };
	const struct pmb_rss_setting *rss = &port->rss;
	uint16_t size = port->device->info.reta_size;

	for (uint16_t i = 0; i < size; i++) {
		struct rte_eth_rss_reta_entry64 *group = &reta[i / RTE_ETH_RETA_GROUP_SIZE];

		group->mask |= 1ull << i % RTE_ETH_RETA_GROUP_SIZE;
		group->reta[i % RTE_ETH_RETA_GROUP_SIZE] =
			rss->types != 0 ? rss->table[i % rss->entries] : 0;
	}
	return rte_eth_dev_rss_reta_update(port->id, reta, size);
}

/* The NICs cannot turn RSS off while they run ([82599] 7.1.2.8): they go on with the
 * hash they have, and a table that knows one queue. */
static int set_hash(struct pmb_port *port)
{
	struct rte_eth_rss_conf conf = {
		.rss_key = port->rss.key,
		.rss_key_len = PMB_RSS_KEY,
		.rss_hf = pmd_types(port),
	};

	return port->rss.types != 0 ? rte_eth_dev_rss_hash_update(port->id, &conf) : 0;
}

int pmb_rss_apply(struct pmb_port *port)
{
	int rc;

	if (port->info.rss_types == 0)
		return 0;
	rc = set_hash(port);
	if (rc == 0)
		rc = set_table(port);
	return rc == 0 ? 0 :
			 pmb_fail(rc, "port %u: the PMD refused hash types 0x%x for RSS: %s",
				  port->id, port->rss.types, rte_strerror(-rc));
}

/* ------------------------------------------------------------ in the queues */

/* NetBufferListHashInfo of a frame of protocol @l4 (0: any other), if it was hashed. */
static ULONG info_of(ULONG wanted, ULONG l4, ULONG ip)
{
	ULONG type = wanted & l4 ? l4 : wanted & ip;

	return type != 0 ? NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(type, NdisHashFunctionToeplitz) : 0;
}

static void deliver(struct pmb_queue *q, void *arg)
{
	ULONG wanted = *(const ULONG *)arg;
	ULONG *info = q->rx.hash_info;

	info[PMB_HASH_IPV4] = info_of(wanted, 0, NDIS_HASH_IPV4);
	info[PMB_HASH_IPV4 + 1] = info_of(wanted, NDIS_HASH_TCP_IPV4, NDIS_HASH_IPV4);
	info[PMB_HASH_IPV4 + 2] = info_of(wanted, NDIS_HASH_UDP_IPV4, NDIS_HASH_IPV4);
	info[PMB_HASH_IPV6] = info_of(wanted, 0, NDIS_HASH_IPV6);
	info[PMB_HASH_IPV6 + 1] = info_of(wanted, NDIS_HASH_TCP_IPV6, NDIS_HASH_IPV6);
	info[PMB_HASH_IPV6 + 2] = info_of(wanted, NDIS_HASH_UDP_IPV6, NDIS_HASH_IPV6);
	q->rx.hashes = wanted != 0;
	q->rx.notes = q->rx.hashes || q->rx.checks;
}

static bool is_valid(const struct pmb_port *port, const struct pmb_rss *rss)
{
	if (rss->types == 0)
		return true;
	if ((rss->types & ~port->info.rss_types) != 0 || rss->entries == 0 ||
	    rss->entries > port->info.rss_entries || (rss->entries & (rss->entries - 1)) != 0)
		return false;
	for (USHORT i = 0; i < rss->entries; i++)
		if (rss->table[i] >= port->info.receivers)
			return false;
	return true;
}

NDIS_STATUS pmb_port_set_rss(struct pmb_port *port, const struct pmb_rss *rss)
{
	const struct pmb_rss_setting before = port->rss;

	if (port->info.rss_types == 0)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (!is_valid(port, rss))
		return NDIS_STATUS_INVALID_PARAMETER;
	port->rss = (struct pmb_rss_setting){ .types = rss->types, .entries = rss->entries };
	if (rss->types != 0) {
		memcpy(port->rss.key, rss->key, PMB_RSS_KEY);
		memcpy(port->rss.table, rss->table, rss->entries);
	}
	if (port->started && pmb_rss_apply(port) != 0) {
		port->rss = before;
		pmb_rss_apply(port); /* the half that it took */
		return NDIS_STATUS_FAILURE;
	}
	pmb_on_owner(port, deliver, &port->rss.types);
	return NDIS_STATUS_SUCCESS;
}
