/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link of a port: its state, for whoever asks on any thread up to DISPATCH_LEVEL, and
 * its pause frames, PASSIVE_LEVEL.
 */
#include <errno.h>

#include <rte_ethdev.h>

#include "port.h"

void pmb_port_link(const struct pmb_port *port, struct pmb_link *link)
{
	struct pmb_device *d = port->device;
	struct rte_eth_link l = { 0 };
	uint64_t word;

	_Static_assert(sizeof(l) == sizeof(word), "a link is one word");
	/* While the PMD is busy the link is as it was: a start of em fails when somebody
	 * has the PHY, and a worker must not wait for one. */
	if (pthread_mutex_trylock(&d->registers_lock) == 0) {
		if (rte_eth_link_get_nowait(port->id, &l) != 0)
			memset(&l, 0, sizeof(l));
		pthread_mutex_unlock(&d->registers_lock);
		memcpy(&word, &l, sizeof(word));
		atomic_store_explicit(&d->link, word, memory_order_relaxed);
	}
	word = atomic_load_explicit(&d->link, memory_order_relaxed);
	memcpy(&l, &word, sizeof(l));
	link->up = l.link_status == RTE_ETH_LINK_UP;
	link->full_duplex = l.link_duplex == RTE_ETH_LINK_FULL_DUPLEX;
	link->bps = l.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : l.link_speed * 1000000ull;
}

static const enum rte_eth_fc_mode pause_modes[] = {
	[NdisPauseFunctionsUnsupported] = RTE_ETH_FC_NONE,
	[NdisPauseFunctionsSendOnly] = RTE_ETH_FC_TX_PAUSE,
	[NdisPauseFunctionsReceiveOnly] = RTE_ETH_FC_RX_PAUSE,
	[NdisPauseFunctionsSendAndReceive] = RTE_ETH_FC_FULL,
};

/* Under the registers' lock. */
static int set_pause(struct pmb_port *port, NDIS_SUPPORTED_PAUSE_FUNCTIONS functions)
{
	struct rte_eth_fc_conf conf = { 0 };
	int rc = rte_eth_dev_flow_ctrl_get(port->id, &conf);

	if (rc != 0)
		return rc;
	if (!port->pause_set)
		port->pause_default = conf.mode;
	conf.mode = functions == NdisPauseFunctionsUnknown ? port->pause_default :
							     pause_modes[functions];
	rc = rte_eth_dev_flow_ctrl_set(port->id, &conf);
	port->pause_set = port->pause_set || rc == 0;
	return rc;
}

NDIS_STATUS pmb_port_set_pause(struct pmb_port *port, NDIS_SUPPORTED_PAUSE_FUNCTIONS functions)
{
	int rc;

	if (functions == NdisPauseFunctionsUnknown && !port->pause_set)
		return NDIS_STATUS_SUCCESS;
	pmb_registers_lock(port->device);
	rc = set_pause(port, functions);
	pmb_registers_unlock(port->device);
	return rc == 0	       ? NDIS_STATUS_SUCCESS :
	       rc == -ENOTSUP ? NDIS_STATUS_NOT_SUPPORTED :
				NDIS_STATUS_FAILURE;
}
