/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports whose device is pulled out, as far as their PMD notices (RTE_ETH_EVENT_INTR_RMV). The
 * event comes on DPDK's interrupt thread, which only passes it on; open and close are the
 * miniport's, at PASSIVE_LEVEL.
 */
#include <errno.h>
#include <sched.h>

#include <rte_ethdev.h>

#include "port.h"

static int is_gone(uint16_t id, enum rte_eth_event_type event, void *arg, void *unused)
{
	struct pmb_port *port = arg;

	(void)id;
	(void)event;
	(void)unused;
	nrt_device_gone(port->adapter);
	return 0;
}

int pmb_removal_watch(struct pmb_port *port)
{
	int rc = rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RMV, is_gone, port);

	return rc == 0 ? 0 :
			 pmb_fail(rc, "port %u: no memory to hear of its removal; give EAL more with -m",
				  port->id);
}

void pmb_removal_forget(struct pmb_port *port)
{
	/* -EAGAIN: the event is being passed on just now. */
	while (rte_eth_dev_callback_unregister(port->id, RTE_ETH_EVENT_INTR_RMV, is_gone, port) ==
	       -EAGAIN)
		sched_yield();
}
