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

static uint64_t since(uint64_t *seen, uint64_t now)
{
	uint64_t n = now - *seen;

	*seen = now;
	return n;
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

		softnic_add(nic, IX_QPRC(c), times * since(&r->seen_frames, r->frames));
		softnic_add64(nic, IX_QBRCL(c), since(&r->seen_bytes, r->bytes));
		softnic_add(nic, IX_QPRDC(c), since(&r->seen_dropped, r->dropped));
	}
	for (uint16_t q = 0; q < nic->type->n_tx; q++) {
		struct softnic_ring *r = &nic->txq[q].ring;
		uint32_t c = counter_of(nic, IX_TQSM(q / 4u), q);

		softnic_add(nic, IX_QPTC(c), since(&r->seen_frames, r->frames));
		softnic_add64(nic, IX_QBTCL(c), since(&r->seen_bytes, r->bytes));
	}
}

static void publish_sizes(struct softnic *nic, uint32_t first, struct softnic_tally *now,
			  struct softnic_tally *seen)
{
	for (uint32_t i = 0; i < 6; i++)
		softnic_add(nic, first + 4 * i, since(&seen->size[i], now->size[i]));
	/* the last register counts 1024 bytes and more; the tally knows jumbo frames apart */
	softnic_add(nic, first + 20, since(&seen->size[6], now->size[6]));
}

void ixgbe_publish(struct softnic *nic)
{
	struct softnic_tally *rx = &nic->rx_tally, *rx_seen = &nic->rx_tally_seen;
	struct softnic_tally *tx = &nic->tx_tally, *tx_seen = &nic->tx_tally_seen;
	uint64_t rx_frames, rx_octets, tx_frames, missed = since(&nic->missed_seen, nic->missed);
	uint64_t xon = since(&nic->xon_seen, nic->xon_sent);
	uint64_t xoff = since(&nic->xoff_seen, nic->xoff_sent);

	clear_plain(nic);
	publish_queues(nic);
	rx_frames = since(&rx_seen->frames, rx->frames);
	rx_octets = since(&rx_seen->bytes, rx->bytes) + 4 * rx_frames; /* with FCS */
	softnic_add(nic, IX_GPRC, rx_frames);
	softnic_add64(nic, IX_GORCL, rx_octets);
	softnic_add(nic, IX_TPR, rx_frames + missed);
	softnic_add64(nic, IX_TORL, rx_octets);
	softnic_add(nic, IX_BPRC, since(&rx_seen->broadcast, rx->broadcast));
	softnic_add(nic, IX_MPRC, since(&rx_seen->multicast, rx->multicast));
	softnic_add(nic, IX_MPC(0), missed);
	softnic_add(nic, IX_ROC, since(&nic->too_long_seen, nic->too_long));
	publish_sizes(nic, IX_PRC64, rx, rx_seen);
	/* Pause frames that were sent are in GPTC and PTC64 too: the driver takes them out. */
	tx_frames = since(&tx_seen->frames, tx->frames) + xon + xoff;
	softnic_add(nic, IX_GPTC, tx_frames);
	softnic_add64(nic, IX_GOTCL,
		      since(&tx_seen->bytes, tx->bytes) + 4 * (tx_frames - xon - xoff) +
			      64 * (xon + xoff));
	softnic_add(nic, IX_TPT, tx_frames);
	softnic_add(nic, IX_BPTC, since(&tx_seen->broadcast, tx->broadcast));
	softnic_add(nic, IX_MPTC, since(&tx_seen->multicast, tx->multicast) + xon + xoff);
	softnic_add(nic, IX_PTC64, xon + xoff);
	publish_sizes(nic, IX_PTC64, tx, tx_seen);
	softnic_add(nic, IX_LXONTXC, xon);
	softnic_add(nic, IX_LXOFFTXC, xoff);
	softnic_add(nic, IX_LXONRXCNT, since(&nic->xon_heard_seen, nic->xon_heard));
	softnic_add(nic, IX_LXOFFRXCNT, since(&nic->xoff_heard_seen, nic->xoff_heard));
}
