/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way in: a frame from the wire passes the filters, finds its queue by RSS,
 * and is written into the buffers of free descriptors; without one it is missed.
 * Called by whoever brings the frame, under the wire's lock.
 */
#include <emmintrin.h>
#include <string.h>

#include <rte_branch_prediction.h>

#include "fcs.h"
#include "nic.h"

/* Descriptors looked ahead for their buffers' cache lines. */
#define AHEAD 8

/* ------------------------------------------------------------------ batch */

static uint32_t rx_control(const struct softnic *nic, const struct softnic_rxq *q)
{
	return softnic_get(nic, q->ring.reg + SOFTNIC_DCTL);
}

static void settle(struct softnic *nic)
{
	nic->rx.n_addresses = 0;
	nic->type->settle(nic);
	nic->settings++;
	softnic_rings_scan(nic);
	for (uint16_t q = 0; q < nic->type->n_rx; q++)
		nic->rxq[q].control = rx_control(nic, &nic->rxq[q]);
	nic->dirty = false;
}

static bool control_changed(const struct softnic *nic)
{
	for (uint16_t i = 0; i < nic->n_rx_active; i++) {
		const struct softnic_rxq *q = &nic->rxq[nic->rx_active[i]];

		if (unlikely(rx_control(nic, q) != q->control))
			return true;
	}
	return false;
}

void softnic_rx_begin(struct softnic *nic)
{
	if (unlikely(nic->dirty || control_changed(nic)))
		settle(nic);
	for (uint16_t i = 0; i < nic->n_rx_active; i++) {
		struct softnic_rxq *q = &nic->rxq[nic->rx_active[i]];

		softnic_ring_look(nic, &q->ring, nic->type->rx_on(nic, q->ring.index));
	}
}

void softnic_rx_end(struct softnic *nic)
{
	for (uint16_t i = 0; i < nic->n_rx_active; i++) {
		struct softnic_rxq *q = &nic->rxq[nic->rx_active[i]];

		softnic_ring_publish(nic, &q->ring);
		if (q->interrupt) {
			q->interrupt = false;
			nic->type->rx_cause(nic, q->ring.index);
		}
	}
}

uint32_t softnic_rx_room(const struct softnic *nic)
{
	uint32_t least = UINT32_MAX;

	for (uint16_t i = 0; i < nic->n_rx_active; i++) {
		const struct softnic_ring *r = &nic->rxq[nic->rx_active[i]].ring;
		uint32_t room = r->running ? softnic_ring_room(r) : 0;

		least = room < least ? room : least;
	}
	return nic->n_rx_active != 0 ? least : 0;
}

/* ------------------------------------------------------------------ deliver */

static void miss(struct softnic *nic, struct softnic_rxq *q, uint32_t length)
{
	nic->counters.rx_missed++;
	if (q != NULL && q->drop) {
		q->ring.dropped++;
		return;
	}
	nic->missed++;
	nic->lost_bytes += length;
}

/* @n bytes at @from to the next descriptor's buffer. False: the buffer is no DMA memory. */
static inline bool fill_buffer(struct softnic *nic, struct softnic_rxq *q, const uint8_t *from,
			       uint32_t n)
{
	uint8_t *to = softnic_iommu_map(nic->iommu, softnic_ring_desc(&q->ring, q->ring.head)[0], n);

	if (unlikely(to == NULL)) {
		softnic_misused(nic, SOFTNIC_BAD_ADDRESS);
		return false;
	}
	if (likely(n <= 64 && n >= 16)) {
		/* four overlapping moves at most; none beyond @n */
		for (uint32_t i = 0; i + 16 <= n; i += 16)
			_mm_storeu_si128((__m128i *)(to + i),
					 _mm_loadu_si128((const __m128i *)(from + i)));
		_mm_storeu_si128((__m128i *)(to + n - 16),
				 _mm_loadu_si128((const __m128i *)(from + n - 16)));
	} else {
		memmove(to, from, n); /* loopback: a driver may have given one buffer twice */
	}
	return true;
}

static inline void prefetch_ahead(const struct softnic *nic, const struct softnic_rxq *q)
{
	uint32_t i = q->ring.head + AHEAD;

	if (i >= q->ring.n)
		i -= q->ring.n;
	__builtin_prefetch(softnic_iommu_peek(nic->iommu, softnic_ring_desc(&q->ring, i)[0]), 1);
}

/* Write the frame over as many descriptors as it needs; all of them are there. */
static void deliver(struct softnic *nic, struct softnic_rxq *q, const uint8_t *bytes,
		    uint32_t length, struct softnic_rx_report *report)
{
	uint32_t done = 0;

	prefetch_ahead(nic, q);
	do {
		uint32_t n = length - done < q->buffer_size ? length - done : q->buffer_size;
		uint64_t *desc = softnic_ring_desc(&q->ring, q->ring.head);

		report->bad |= !fill_buffer(nic, q, bytes + done, n);
		done += n;
		report->length = n;
		report->eop = done == length;
		if (nic->type->advanced)
			softnic_rx_write_advanced(desc, report, &nic->type->rx_errors);
		else
			softnic_rx_write_em(nic, desc, report);
		q->ring.head = softnic_ring_next(&q->ring, q->ring.head);
	} while (done < length);
	q->interrupt = true;
	q->ring.frames++;
	q->ring.bytes += length;
	nic->counters.rx_delivered++;
}

static uint16_t choose_queue(struct softnic *nic, const uint8_t *frame,
			     struct softnic_rx_report *report)
{
	const struct softnic_rx_settings *rx = &nic->rx;
	uint32_t entry;

	report->hash = 0;
	report->rss_type = 0;
	if (likely(!rx->rss))
		return 0;
	report->hash = softnic_rss(&rx->toeplitz, rx->rss_types, frame, &report->meta.headers,
				   &report->rss_type);
	entry = report->hash & 127;
	if (nic->faults.on[SOFTNIC_MODEL_RETA_SWAPPED])
		entry ^= 1;
	return report->rss_type != 0 ? rx->reta[entry] : 0;
}

/* The tag goes from the frame to the descriptor. @out has the frame's size. */
static uint32_t strip_tag(const struct softnic *nic, uint8_t *out, const uint8_t *frame,
			  uint32_t length, struct softnic_rx_report *report)
{
	memcpy(out, frame, 12);
	memcpy(out + 12, frame + 16, length - 16);
	report->tagged = true;
	report->tci = report->meta.headers.tci;
	if (nic->faults.on[SOFTNIC_MODEL_BAD_TCI])
		report->tci ^= 1;
	return length - 4;
}

/* What is not the plain case: tags to strip, FCS to keep, faults. */
static void deliver_changed(struct softnic *nic, struct softnic_rxq *q, const uint8_t *frame,
			    uint32_t length, struct softnic_rx_report *report)
{
	uint8_t copy[SOFTNIC_MAX_FRAME + 8];

	if (q->strip_vlan && report->meta.headers.vlan) {
		length = strip_tag(nic, copy, frame, length, report);
	} else {
		memcpy(copy, frame, length);
	}
	if (nic->rx.keep_crc) {
		uint32_t fcs = softnic_fcs(frame, report->wire_length);

		memcpy(copy + length, &fcs, 4);
		length += 4;
	}
	deliver(nic, q, copy, length, report);
}

static void find_faults(struct softnic *nic, struct softnic_rx_report *report)
{
	if (nic->faults.on[SOFTNIC_RX_DESCRIPTOR_ERROR]) {
		report->bad = true;
		nic->faults.on[SOFTNIC_RX_DESCRIPTOR_ERROR] = false;
		nic->dirty = true;
	}
	if (nic->faults.on[SOFTNIC_RX_BAD_CHECKSUM]) {
		if (report->meta.ip != SOFTNIC_CHECKSUM_NONE)
			report->meta.ip = SOFTNIC_CHECKSUM_BAD;
		if (report->meta.l4 != SOFTNIC_CHECKSUM_NONE)
			report->meta.l4 = SOFTNIC_CHECKSUM_BAD;
	}
}

/* Counted as arrived, and let in? */
static bool admit(struct softnic *nic, const uint8_t *frame, uint32_t length)
{
	bool tagged = length >= 16 && frame[12] == 0x81 && frame[13] == 0;

	nic->counters.rx_frames++;
	nic->counters.rx_bytes += length;
	if (!nic->rx.enabled || !nic->link || nic->faults.on[SOFTNIC_REMOVED]) {
		nic->counters.rx_missed++;
		return false;
	}
	if (!softnic_filter(nic, frame, length)) {
		nic->counters.rx_filtered++;
		return false;
	}
	if (length + 4 > nic->rx.max_frame + (tagged ? 4u : 0u)) {
		nic->counters.rx_filtered++;
		nic->too_long++;
		nic->lost_bytes += length;
		return false;
	}
	return true;
}

static void begin_report(const struct softnic *nic, uint32_t length,
			 struct softnic_rx_report *report)
{
	report->bad = report->tagged = false;
	report->checked = nic->rx.checksums;
	report->tci = 0;
	report->length = report->wire_length = length;
	report->eop = true;
}

void softnic_rx_frame(struct softnic *nic, const uint8_t *frame, uint32_t length,
		      const struct softnic_meta *meta)
{
	struct softnic_rx_report report;
	struct softnic_rxq *q;
	uint32_t needed;

	if (!admit(nic, frame, length))
		return;
	if (meta != NULL)
		report.meta = *meta;
	else
		softnic_examine(frame, length, &report.meta);
	begin_report(nic, length, &report);
	q = &nic->rxq[choose_queue(nic, frame, &report)];
	needed = q->buffer_size != 0 ? (length + 4) / q->buffer_size + 1 : UINT32_MAX;
	if (unlikely(!q->ring.running || nic->faults.on[SOFTNIC_RX_STALL] ||
		     softnic_ring_room(&q->ring) < needed)) {
		miss(nic, q, length);
		return;
	}
	softnic_tally_add(&nic->rx_tally, frame, length);
	if (unlikely(nic->faults.on[SOFTNIC_RX_DESCRIPTOR_ERROR] ||
		     nic->faults.on[SOFTNIC_RX_BAD_CHECKSUM]))
		find_faults(nic, &report);
	if (likely(!nic->rx.keep_crc && !(q->strip_vlan && report.meta.headers.vlan)))
		deliver(nic, q, frame, length, &report);
	else
		deliver_changed(nic, q, frame, length, &report);
}

/* -------------------------------------------------------------- known frames */

static bool faulty(const struct softnic *nic)
{
	for (int i = 0; i < SOFTNIC_FAULTS; i++)
		if (nic->faults.on[i])
			return true;
	return false;
}

void softnic_rx_prepare(struct softnic *nic, const uint8_t *frame, uint32_t length,
			const struct softnic_meta *meta, struct softnic_prepared *prepared)
{
	struct softnic_rx_report report = { .meta = *meta };
	const struct softnic_rxq *q;

	begin_report(nic, length, &report);
	prepared->queue = choose_queue(nic, frame, &report);
	q = &nic->rxq[prepared->queue];
	prepared->plain = nic->type->advanced && nic->rx.enabled && nic->link && !faulty(nic) &&
			  softnic_filter(nic, frame, length) &&
			  length + 4 <= nic->rx.max_frame && length <= q->buffer_size &&
			  !nic->rx.keep_crc && !(q->strip_vlan && meta->headers.vlan);
	if (prepared->plain)
		softnic_rx_write_advanced(prepared->desc, &report, &nic->type->rx_errors);
}

uint32_t softnic_rx_plain(struct softnic *nic, struct softnic_generator *g, uint32_t most)
{
	struct softnic_rxq *q = &nic->rxq[g->prepared[g->next].queue];
	uint32_t room = q->ring.running ? softnic_ring_room(&q->ring) : 0;
	uint64_t bytes = 0;
	uint32_t n = 0;

	for (most = most < room ? most : room; n < most; n++) {
		const struct softnic_prepared *p = &g->prepared[g->next];
		const uint8_t *frame = g->frames.bytes + g->frames.offset[g->next];
		uint32_t length = g->frames.length[g->next];

		if (unlikely(!p->plain || p->queue != q->ring.index))
			break;
		prefetch_ahead(nic, q);
		if (unlikely(!fill_buffer(nic, q, frame, length)))
			break;
		_mm_store_si128((__m128i *)softnic_ring_desc(&q->ring, q->ring.head),
				_mm_load_si128((const __m128i *)p->desc));
		q->ring.head = softnic_ring_next(&q->ring, q->ring.head);
		softnic_tally_kind(&nic->rx_tally, frame, length);
		bytes += length;
		g->next = g->next + 1 == g->frames.n ? 0 : g->next + 1;
	}
	q->interrupt |= n != 0;
	q->ring.frames += n;
	q->ring.bytes += bytes;
	nic->rx_tally.frames += n;
	nic->rx_tally.bytes += bytes;
	nic->counters.rx_frames += n;
	nic->counters.rx_bytes += bytes;
	nic->counters.rx_delivered += n;
	return n;
}
