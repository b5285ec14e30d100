/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The 82599's statistics, [82599] 8.2.3.23: counted by rings and wire as frames
 * go, moved into the clear-on-read registers when a driver begins to read them.
 */
#include "ixgbe.h"
#include "nic.h"
#include "regs_82599.h"

/* Counters of the queues' statistics, 16 of each. */
#define N_COUNTERS 16

/* The queue's counter, by a byte of RQSMR or TQSM. */
static uint32_t counter_of(const struct softnic *nic, uint32_t map, uint16_t queue)
{
	return softnic_get(nic, map) >> (8 * (queue % 4)) & (N_COUNTERS - 1);
}

/* Registers in doorbell pages don't trap, so they can't clear when read: they get what was
 * counted since the last time, which is what a driver that reads them all would see. */
static void clear_plain(struct softnic *nic)
{
	for (uint32_t i = 0; i < N_COUNTERS; i++) {
		softnic_set(nic, IX_QPRC(i), 0);
		softnic_set(nic, IX_QBRCL(i), 0);
		softnic_set(nic, IX_QBRCL(i) + 4, 0);
		softnic_set(nic, IX_QPRDC(i), 0);
		softnic_set(nic, IX_QPTC(i), 0);
	}
}

static void publish_queues(struct softnic *nic)
{
	uint32_t times = nic->faults.on[SOFTNIC_MODEL_DOUBLE_COUNT] ? 2 : 1;

	for (uint16_t q = 0; q < nic->type->n_rx; q++) {
		struct softnic_ring *r = &nic->rxq[q].ring;
		uint32_t c = counter_of(nic, IX_RQSMR(q / 4u), q);

		softnic_add(nic, IX_QPRC(c), times * softnic_since(r->frames, &r->seen_frames));
		softnic_add64(nic, IX_QBRCL(c), softnic_since(r->bytes, &r->seen_bytes));
		softnic_add(nic, IX_QPRDC(c), softnic_since(r->dropped, &r->seen_dropped));
	}
	for (uint16_t q = 0; q < nic->type->n_tx; q++) {
		struct softnic_ring *r = &nic->txq[q].ring;
		uint32_t c = counter_of(nic, IX_TQSM(q / 4u), q);

		softnic_add(nic, IX_QPTC(c), softnic_since(r->frames, &r->seen_frames));
		softnic_add64(nic, IX_QBTCL(c), softnic_since(r->bytes, &r->seen_bytes));
	}
}

static void publish_sizes(struct softnic *nic, uint32_t first, struct softnic_tally *now,
			  struct softnic_tally *seen)
{
	for (uint32_t i = 0; i < 6; i++)
		softnic_add(nic, first + 4 * i, softnic_since(now->size[i], &seen->size[i]));
	/* the last register counts 1024 bytes and more; the tally knows jumbo frames apart */
	softnic_add(nic, first + 20, softnic_since(now->size[6], &seen->size[6]));
}

void ixgbe_publish(struct softnic *nic)
{
	struct softnic_tally *rx = &nic->rx_tally, *rx_seen = &nic->rx_tally_seen;
	struct softnic_tally *tx = &nic->tx_tally, *tx_seen = &nic->tx_tally_seen;
	uint64_t rx_frames, rx_octets, tx_frames, missed = softnic_since(nic->missed, &nic->missed_seen);
	uint64_t xon = softnic_since(nic->xon_sent, &nic->xon_seen);
	uint64_t xoff = softnic_since(nic->xoff_sent, &nic->xoff_seen);

	clear_plain(nic);
	publish_queues(nic);
	rx_frames = softnic_since(rx->frames, &rx_seen->frames);
	rx_octets = softnic_since(rx->bytes, &rx_seen->bytes) + 4 * rx_frames; /* with FCS */
	softnic_add(nic, IX_GPRC, rx_frames);
	softnic_add64(nic, IX_GORCL, rx_octets);
	softnic_add(nic, IX_TPR, rx_frames + missed);
	softnic_add64(nic, IX_TORL, rx_octets);
	softnic_add(nic, IX_BPRC, softnic_since(rx->broadcast, &rx_seen->broadcast));
	softnic_add(nic, IX_MPRC, softnic_since(rx->multicast, &rx_seen->multicast));
	softnic_add(nic, IX_MPC(0), missed);
	softnic_add(nic, IX_ROC, softnic_since(nic->too_long, &nic->too_long_seen));
	publish_sizes(nic, IX_PRC64, rx, rx_seen);
	/* Pause frames that were sent are in GPTC and PTC64 too: the driver takes them out. */
	tx_frames = softnic_since(tx->frames, &tx_seen->frames) + xon + xoff;
	softnic_add(nic, IX_GPTC, tx_frames);
	softnic_add64(nic, IX_GOTCL,
		      softnic_since(tx->bytes, &tx_seen->bytes) + 4 * (tx_frames - xon - xoff) +
			      64 * (xon + xoff));
	softnic_add(nic, IX_TPT, tx_frames);
	softnic_add(nic, IX_BPTC, softnic_since(tx->broadcast, &tx_seen->broadcast));
	softnic_add(nic, IX_MPTC, softnic_since(tx->multicast, &tx_seen->multicast) + xon + xoff);
	softnic_add(nic, IX_PTC64, xon + xoff);
	publish_sizes(nic, IX_PTC64, tx, tx_seen);
	softnic_add(nic, IX_LXONTXC, xon);
	softnic_add(nic, IX_LXOFFTXC, xoff);
	softnic_add(nic, IX_LXONRXCNT, softnic_since(nic->xon_heard, &nic->xon_heard_seen));
	softnic_add(nic, IX_LXOFFRXCNT, softnic_since(nic->xoff_heard, &nic->xoff_heard_seen));
}
