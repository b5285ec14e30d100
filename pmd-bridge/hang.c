/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tells a transmit queue that hangs from one that is slow, idle or held back by
 * its link partner. Any thread, also at DISPATCH_LEVEL; off the data path.
 */
#include <string.h>

#include <rte_ethdev.h>

#include "port.h"

void pmb_queue_tx_progress(const struct pmb_queue *queue, struct pmb_tx_progress *progress)
{
	const struct pmb_txq *q = &queue->tx;

	/* In this order: what completes meanwhile was accepted before. */
	progress->completed = atomic_load(&q->completed);
	progress->accepted = atomic_load(&q->accepted);
	progress->unfinished = !pmb_nblqueue_taken(&q->inbox) || atomic_load(&q->waiting) ||
			       progress->accepted != progress->completed;
}

ULONG64 pmb_port_pause_frames(const struct pmb_port *port)
{
	/* Names of DPDK 22.11: e1000 (igb), igc, ice and ixgbe; txgbe and ngbe. */
	static const char *const names[] = { "rx_xoff_packets", "rx_flow_control_xoff_packets" };
	uint64_t id, frames = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (rte_eth_xstats_get_id_by_name(port->id, names[i], &id) != 0)
			continue;
		pmb_registers_lock(port->device);
		if (rte_eth_xstats_get_by_id(port->id, &id, &frames, 1) != 1)
			frames = 0;
		pmb_registers_unlock(port->device);
		break;
	}
	return frames;
}
