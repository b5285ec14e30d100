/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet filter and multicast list of a port: set in the PMD, and applied in
 * software where frames come from a PMD that does not filter. PASSIVE_LEVEL.
 */
#include <errno.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "port.h"

struct change {
	enum pmb_rx_mode mode;
	const struct pmb_filter *filter;
};

static void apply(struct pmb_queue *q, void *arg)
{
	const struct change *c = arg;

	q->rx.filter = c->filter;
	if (q->rx.mode != PMB_RX_QUIESCED)
		q->rx.mode = c->mode;
}

/* The list counts, and a frame may be in none of the other kinds. */
static bool uses_list(const struct pmb_filter *f)
{
	return f->count != 0 && (f->packet_types & NDIS_PACKET_TYPE_MULTICAST) &&
	       !(f->packet_types & NDIS_PACKET_TYPE_ALL_MULTICAST);
}

/* A NIC's filter lets in what is for its address and what is for all, whether that is
 * wanted or not, and of multicast frames some that are not in the list: it goes by a hash
 * of their address. Where that is more than was asked for, software looks, too. */
static enum pmb_rx_mode mode_of(const struct pmb_port *port, const struct pmb_filter *f)
{
	const ULONG always = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;

	if (f->packet_types == 0)
		return PMB_RX_NOTHING;
	if (f->packet_types & NDIS_PACKET_TYPE_PROMISCUOUS)
		return PMB_RX_PASS;
	return port->hw_filter && (f->packet_types & always) == always && !uses_list(f) ?
		       PMB_RX_PASS :
		       PMB_RX_CHECK;
}

/* What the PMD can't set it says; the software filter is exact all the same. */
static void set_in_pmd(struct pmb_port *port, const struct pmb_filter *f)
{
	uint32_t count = uses_list(f) ? f->count : 0;

	if (f->packet_types & NDIS_PACKET_TYPE_PROMISCUOUS)
		rte_eth_promiscuous_enable(port->id);
	else
		rte_eth_promiscuous_disable(port->id);
	if (f->packet_types & NDIS_PACKET_TYPE_ALL_MULTICAST)
		rte_eth_allmulticast_enable(port->id);
	else
		rte_eth_allmulticast_disable(port->id);
	if (rte_eth_dev_set_mc_addr_list(port->id, (struct rte_ether_addr *)(uintptr_t)f->multicast,
					 count) != 0 &&
	    count != 0)
		rte_eth_allmulticast_enable(port->id);
}

NDIS_STATUS pmb_port_set_filter(struct pmb_port *port, ULONG packet_types,
				const UCHAR (*multicast)[6], ULONG count)
{
	struct pmb_filter *new, *old = port->filter;
	struct change c;

	if (count > port->info.max_multicast)
		return NDIS_STATUS_MULTICAST_FULL;
	new = malloc(sizeof(*new) + count * sizeof(new->multicast[0]));
	if (new == NULL)
		return NDIS_STATUS_RESOURCES;
	new->packet_types = packet_types;
	new->count = count;
	memcpy(&new->mac, port->info.current_mac, 6);
	if (count != 0)
		memcpy(new->multicast, multicast, count * 6);
	set_in_pmd(port, new);
	c = (struct change){ mode_of(port, new), new };
	port->mode = c.mode;
	port->filter = new;
	pmb_on_owner(port, apply, &c);
	free(old);
	return NDIS_STATUS_SUCCESS;
}
