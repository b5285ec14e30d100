/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way out: descriptors are fetched in order, frames gathered and handed to
 * the wire, statuses written back to descriptors that ask for it (RS), never
 * before the frame has left. Called by a step, under the lock.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>

#include "nic.h"

/* Most descriptors of a queue in one step. */
#define TX_BATCH 64

/* Status bit of both formats' write-back, in the upper half of the second word. */
#define STATUS_DD (1ull << 32)

/* The second word of an advanced data descriptor, [82599] 7.2.3.2.4: DTYP 3, DEXT and EOP
 * are set, TSE, VLE, IXSM and TXSM are not. */
#define PLAIN_MASK (0xf00000ull | 1u << 24 | 1u << 29 | 1u << 30 | 1ull << 31 | \
			       3ull << 40)
#define PLAIN (0x300000ull | 1u << 24 | 1u << 29)
#define WORD_RS (1ull << 27)

/* ------------------------------------------------------------- write-back */

static uint64_t next_random(struct softnic *nic)
{
	uint64_t x = nic->random; /* xorshift64 */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return nic->random = x;
}

static bool delays(const struct softnic *nic)
{
	return nic->writeback_steps != 0 || nic->writeback_cycles != 0;
}

static void write_dd(struct softnic *nic, struct softnic_txq *q, uint32_t i)
{
	if (unlikely(nic->faults.on[SOFTNIC_TX_NO_WRITEBACK]))
		return;
	if (unlikely(nic->faults.on[SOFTNIC_MODEL_LOST_DD]) && ++nic->lost_dd % 64 == 0)
		return;
	/* The driver looks at it from another thread; what it sees then has left. */
	*(volatile uint64_t *)&softnic_ring_desc(&q->ring, i)[1] |= STATUS_DD;
}

/* The queue of statuses that wait has room for a ring's descriptors. */
static bool writeback_room(struct softnic_txq *q)
{
	if (q->writeback_size == q->ring.n)
		return true;
	free(q->writeback);
	q->writeback = calloc(q->ring.n, sizeof(q->writeback[0]));
	q->writeback_size = q->writeback != NULL ? q->ring.n : 0;
	q->writeback_head = q->writeback_tail = 0;
	return q->writeback != NULL;
}

static void report(struct softnic *nic, struct softnic_txq *q, uint32_t i, uint64_t now)
{
	struct softnic_writeback *w;

	if (likely(!delays(nic)) || !writeback_room(q)) {
		write_dd(nic, q, i);
		return;
	}
	w = &q->writeback[q->writeback_tail++ % q->writeback_size];
	w->index = i;
	w->due = nic->writeback_cycles != 0 ?
			 now + nic->writeback_cycles :
			 nic->steps + next_random(nic) % (nic->writeback_steps + 1u);
}

static void write_due(struct softnic *nic, struct softnic_txq *q)
{
	uint64_t now = nic->writeback_cycles != 0 ? rte_rdtsc() : nic->steps;

	while (q->writeback_head != q->writeback_tail) {
		const struct softnic_writeback *w =
			&q->writeback[q->writeback_head % q->writeback_size];

		if (w->due > now) /* later ones wait behind it: statuses come in order */
			break;
		write_dd(nic, q, w->index);
		q->writeback_head++;
	}
}

/* ------------------------------------------------------------------ fetch */

static bool begins_frame(const struct softnic_tx_frame *f)
{
	return f->segments == 0;
}

/* Add a data descriptor's bytes to the frame. A frame in one piece without any wish is
 * sent from where it lies. */
static void take_data(struct softnic *nic, struct softnic_txq *q,
		      const struct softnic_tx_data *data)
{
	struct softnic_tx_frame *f = &q->frame;
	const uint8_t *bytes = softnic_iommu_map(nic->iommu, data->iova, data->length);

	if (unlikely(bytes == NULL)) {
		softnic_misused(nic, SOFTNIC_BAD_ADDRESS);
		f->bad = true;
	} else if (likely(data->eop && f->segments == 0 && !f->tso && !f->insert_vlan &&
			  !f->ip_checksum && !f->l4_checksum && !f->sum)) {
		softnic_wire_send(nic, bytes, data->length);
		q->ring.frames++;
		q->ring.bytes += data->length;
		return;
	} else if (f->length + data->length > (f->tso ? SOFTNIC_MAX_TSO : SOFTNIC_MAX_FRAME)) {
		softnic_misused(nic, SOFTNIC_TOO_LONG);
		f->bad = true;
	} else {
		memcpy(q->gather + f->length, bytes, data->length);
		f->length += data->length;
	}
	if (++f->segments > SOFTNIC_MAX_SEGMENTS) {
		softnic_misused(nic, SOFTNIC_TOO_MANY_SEGMENTS);
		f->bad = true;
	}
	if (!data->eop)
		return;
	if (!f->bad)
		softnic_tx_finish(nic, q);
	else
		nic->counters.tx_lost++;
}

/* One more descriptor of @q. */
static void fetch(struct softnic *nic, struct softnic_txq *q, uint64_t now)
{
	const uint64_t *d = softnic_ring_desc(&q->ring, q->ring.head);
	uint64_t words[2] = { d[0], d[1] };
	struct softnic_tx_data data;
	bool is_data;

	is_data = nic->type->advanced ? softnic_tx_decode_advanced(nic, q, words, &data) :
					softnic_tx_decode_em(nic, q, words, &data);
	if (is_data) {
		take_data(nic, q, &data);
		if (data.eop)
			memset(&q->frame, 0, sizeof(q->frame));
	}
	if (data.rs)
		report(nic, q, q->ring.head, now);
	q->ring.head = softnic_ring_next(&q->ring, q->ring.head);
}

/* The commonest descriptor of all: an advanced one that is a whole frame and wants nothing.
 * Sends it from where it lies; false: it is something else. */
static inline bool fetch_plain(struct softnic *nic, struct softnic_txq *q, uint64_t now)
{
	const uint64_t *d = softnic_ring_desc(&q->ring, q->ring.head);
	uint64_t word = d[1];
	uint32_t length = word & 0xffff;
	const uint8_t *frame;

	if (unlikely((word & PLAIN_MASK) != PLAIN || !begins_frame(&q->frame)))
		return false;
	frame = softnic_iommu_map(nic->iommu, d[0], length);
	if (unlikely(frame == NULL))
		return false;
	softnic_wire_send(nic, frame, length);
	q->ring.frames++;
	q->ring.bytes += length;
	if (word & WORD_RS)
		report(nic, q, q->ring.head, now);
	q->ring.head = softnic_ring_next(&q->ring, q->ring.head);
	return true;
}

/* Plain frames that go nowhere: an unpaced wire with the sink at its end. */
static uint32_t sink_plain(struct softnic *nic, struct softnic_txq *q, uint32_t room, uint64_t now)
{
	uint64_t bytes = 0;
	uint32_t n = 0;

	for (; n < room && begins_frame(&q->frame); n++) {
		const uint64_t *d = softnic_ring_desc(&q->ring, q->ring.head);
		uint64_t word = d[1];
		uint32_t length = word & 0xffff;
		const uint8_t *frame;

		if (unlikely((word & PLAIN_MASK) != PLAIN || length < 60))
			break;
		frame = softnic_iommu_map(nic->iommu, d[0], length);
		if (unlikely(frame == NULL))
			break;
		softnic_tally_kind(&nic->tx_tally, frame, length);
		bytes += length;
		if (word & WORD_RS)
			report(nic, q, q->ring.head, now);
		q->ring.head = softnic_ring_next(&q->ring, q->ring.head);
	}
	q->ring.frames += n;
	q->ring.bytes += bytes;
	nic->tx_tally.frames += n;
	nic->tx_tally.bytes += bytes;
	nic->counters.tx_frames += n;
	nic->counters.tx_bytes += bytes;
	return n;
}

static bool is_sink(const struct softnic *nic)
{
	return nic->type->advanced && nic->peer == NULL && nic->on_transmit == NULL &&
	       nic->rate == 0 && nic->link;
}

static void early_dd(struct softnic *nic, struct softnic_txq *q)
{
	for (uint32_t i = q->ring.head; i != q->ring.tail; i = softnic_ring_next(&q->ring, i))
		write_dd(nic, q, i);
}

static uint32_t queue_step(struct softnic *nic, struct softnic_txq *q, uint64_t now)
{
	uint32_t room, n = 0;

	if (!softnic_ring_look(nic, &q->ring, nic->type->tx_on(nic, q->ring.index)))
		return 0;
	if (unlikely(q->writeback_head != q->writeback_tail))
		write_due(nic, q);
	room = softnic_ring_room(&q->ring);
	if (unlikely(nic->faults.on[SOFTNIC_MODEL_EARLY_DD])) {
		early_dd(nic, q);
		room = nic->steps % 64 == 0 ? room : 0;
	}
	room = room > TX_BATCH ? TX_BATCH : room;
	if (is_sink(nic))
		n = sink_plain(nic, q, room, now);
	while (n < room) {
		if (begins_frame(&q->frame) && !softnic_wire_free(nic, now))
			break;
		if (!nic->type->advanced || !fetch_plain(nic, q, now))
			fetch(nic, q, now);
		n++;
	}
	softnic_ring_publish(nic, &q->ring);
	return n;
}

uint32_t softnic_tx_step(struct softnic *nic)
{
	uint32_t n = 0;
	uint64_t now;

	if (nic->n_tx_active == 0 || nic->faults.on[SOFTNIC_TX_HANG])
		return 0;
	now = rte_rdtsc();
	if (nic->peer != NULL)
		softnic_rx_begin(nic->peer);
	/* Queues take turns at being first, so that none starves at line rate. */
	for (uint16_t i = 0; i < nic->n_tx_active; i++)
		n += queue_step(nic, &nic->txq[nic->tx_active[(nic->steps + i) %
							     nic->n_tx_active]], now);
	if (nic->peer != NULL)
		softnic_rx_end(nic->peer);
	return n;
}
