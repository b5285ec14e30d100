/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statistics registers of the e1000 family, [8254x] 13.7, [82576] 8.18: each frame
 * is counted once by the tallies and rings, and moves to the registers when the
 * first of them is read. Octets include the FCS; 32-bit counters stick at their
 * maximum; a read clears, of a 64-bit pair that of its upper half.
 */
#include "e1000.h"
#include "regs_e1000.h"

#define FCS 4

static void count(struct softnic *nic, uint32_t reg, uint64_t n)
{
	uint64_t sum = softnic_get(nic, reg) + n;

	softnic_set(nic, reg, sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum);
}

/* What @now has more than @seen, which catches up. */
static struct softnic_tally tally_since(const struct softnic_tally *now, struct softnic_tally *seen)
{
	struct softnic_tally d = {
		.frames = now->frames - seen->frames,
		.bytes = now->bytes - seen->bytes,
		.broadcast = now->broadcast - seen->broadcast,
		.multicast = now->multicast - seen->multicast,
	};

	for (int i = 0; i < SOFTNIC_TALLY_SIZES; i++)
		d.size[i] = now->size[i] - seen->size[i];
	*seen = *now;
	return d;
}

/* Six registers; the last has all from 1024 bytes on. */
static void count_sizes(struct softnic *nic, uint32_t reg, const struct softnic_tally *t)
{
	for (uint32_t i = 0; i < SOFTNIC_TALLY_SIZES; i++)
		count(nic, reg + 4 * (i < 5 ? i : 5), t->size[i]);
}

static uint64_t model_factor(const struct softnic *nic)
{
	return nic->faults.on[SOFTNIC_MODEL_DOUBLE_COUNT] ? 2 : 1;
}

static void publish_receive(struct softnic *nic, const struct softnic_tally *t)
{
	uint64_t octets = t->bytes + FCS * t->frames;
	uint64_t missed = softnic_since(nic->missed, &nic->missed_seen);
	uint64_t too_long = softnic_since(nic->too_long, &nic->too_long_seen);

	count(nic, GPRC, t->frames * model_factor(nic));
	softnic_add64(nic, GORCL, octets);
	count(nic, BPRC, t->broadcast);
	count(nic, MPRC, t->multicast);
	count_sizes(nic, PRC64, t);
	count(nic, MPC, missed);
	count(nic, RNBC, missed); /* no packet buffer here: one without a descriptor is lost */
	count(nic, ROC, too_long);
	count(nic, RLEC, too_long);
	/* all that the filters let in, whatever became of it */
	count(nic, TPR, t->frames + missed + too_long);
	softnic_add64(nic, TORL, octets + softnic_since(nic->lost_bytes, &nic->lost_bytes_seen) +
					 FCS * (missed + too_long));
	count(nic, XOFFRXC, softnic_since(nic->xoff_heard, &nic->xoff_heard_seen));
	count(nic, XONRXC, softnic_since(nic->xon_heard, &nic->xon_heard_seen));
}

static void publish_transmit(struct softnic *nic, const struct softnic_tally *t)
{
	uint64_t octets = t->bytes + FCS * t->frames;

	count(nic, GPTC, t->frames * model_factor(nic));
	softnic_add64(nic, GOTCL, octets);
	count(nic, BPTC, t->broadcast);
	count(nic, MPTC, t->multicast);
	count_sizes(nic, PTC64, t);
	count(nic, TPT, t->frames);
	softnic_add64(nic, TOTL, octets);
	count(nic, TSCTC, softnic_since(nic->segmented, &nic->segmented_seen));
	/* flow control frames count here only, [8254x] 13.7 */
	count(nic, XOFFTXC, softnic_since(nic->xoff_sent, &nic->xoff_seen));
	count(nic, XONTXC, softnic_since(nic->xon_sent, &nic->xon_seen));
}

/* To and from the host, and by pool: queues n and n + 8 are pool n's. */
static void publish_82576(struct softnic *nic, const struct softnic_tally *rx,
			  const struct softnic_tally *tx)
{
	count(nic, RPTHC, rx->frames);
	softnic_add64(nic, HGORCL, rx->bytes + FCS * rx->frames);
	count(nic, HGPTC, tx->frames);
	softnic_add64(nic, HGOTCL, tx->bytes + FCS * tx->frames);
	for (uint16_t i = 0; i < nic->type->n_rx; i++) {
		struct softnic_ring *r = &nic->rxq[i].ring, *t = &nic->txq[i].ring;
		uint32_t pool = 0x100u * (i & 7u);
		uint64_t n = softnic_since(r->frames, &r->seen_frames);

		softnic_add(nic, PQGPRC + pool, n);
		softnic_add(nic, PQGORC + pool, softnic_since(r->bytes, &r->seen_bytes) + FCS * n);
		n = softnic_since(t->frames, &t->seen_frames);
		softnic_add(nic, PQGPTC + pool, n);
		softnic_add(nic, PQGOTC + pool, softnic_since(t->bytes, &t->seen_bytes) + FCS * n);
		/* its page does not trap: it has what came since the last time */
		softnic_set(nic, r->reg + RQDPC, (uint32_t)softnic_since(r->dropped, &r->seen_dropped));
	}
}

void softnic_e1000_publish(struct softnic *nic)
{
	struct softnic_tally rx = tally_since(&nic->rx_tally, &nic->rx_tally_seen);
	struct softnic_tally tx = tally_since(&nic->tx_tally, &nic->tx_tally_seen);

	publish_receive(nic, &rx);
	publish_transmit(nic, &tx);
	if (nic->type == &softnic_82576)
		publish_82576(nic, &rx, &tx);
}

uint32_t softnic_e1000_statistic_read(struct softnic *nic, uint32_t reg)
{
	uint32_t value = softnic_get(nic, reg);

	switch (reg) {
	case GORCL:
	case GOTCL:
	case TORL:
	case TOTL:
		return value;
	case GORCH:
	case GOTCH:
	case TORH:
	case TOTH:
		softnic_set(nic, reg - 4, 0);
		break;
	case HGORCL:
	case HGOTCL:
		if (nic->type == &softnic_82576)
			return value;
		break;
	case HGORCH:
	case HGOTCH:
		if (nic->type == &softnic_82576)
			softnic_set(nic, reg - 4, 0);
		break;
	}
	softnic_set(nic, reg, 0);
	return value;
}
