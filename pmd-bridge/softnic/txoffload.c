/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a gathered frame asks of the NIC before it leaves: TCP segmentation, a
 * VLAN tag, checksums. Off the plain frame's way.
 */

#include "nic.h"

struct leave {
	struct softnic *nic;
	struct softnic_txq *q;
};

static void leave(void *context, const uint8_t *frame, uint32_t length)
{
	struct leave *l = context;
	const struct softnic_tx_frame *f = &l->q->frame;
	uint8_t tagged[SOFTNIC_MAX_FRAME + 4];

	if (f->insert_vlan && length >= 14) { /* shorter ones are refused below */
		softnic_insert_vlan(tagged, frame, length, f->vlan);
		frame = tagged;
		length += 4;
	}
	softnic_wire_send(l->nic, frame, length);
	l->q->ring.frames++;
	l->q->ring.bytes += length;
}

static void cut(struct softnic *nic, struct softnic_txq *q)
{
	const struct softnic_tx_frame *f = &q->frame;
	const struct softnic_tx_context *c = &q->context[f->context];
	bool em = !nic->type->advanced;
	struct softnic_tso tso = {
		.mac_len = em ? c->ip_start : c->mac_len,
		.ip_len = em ? (uint16_t)(c->l4_start - c->ip_start) : c->ip_len,
		.mss = c->mss,
		.ipv4 = c->ipv4,
		.tcp = c->tcp,
		.ip_checksum = f->ip_checksum,
		.l4_checksum = f->l4_checksum,
	};
	uint8_t segment[SOFTNIC_MAX_FRAME];
	struct leave l = { nic, q };

	tso.l4_len = em ? (uint16_t)(c->header_len - c->l4_start) : c->l4_len;
	tso.headers = (uint32_t)tso.mac_len + tso.ip_len + tso.l4_len;
	if (tso.mss == 0 || tso.headers >= f->length || tso.headers + tso.mss > sizeof(segment)) {
		softnic_misused(nic, SOFTNIC_BAD_CONTEXT);
		nic->counters.tx_lost++;
		return;
	}
	if (softnic_segment(&tso, q->gather, f->length, segment, leave, &l) != 0 && c->tcp)
		nic->segmented++;
}

/* Where the checksum of layer 4 lies in its header. What a checksum field holds is part of the
 * sum: the driver leaves 0 there, or the pseudo header's sum. */
static uint32_t l4_offset(const struct softnic_tx_context *c)
{
	return c->tcp ? 16 : c->udp ? 6 : 8;
}

static void sum_advanced(struct softnic_txq *q)
{
	const struct softnic_tx_frame *f = &q->frame;
	const struct softnic_tx_context *c = &q->context[f->context];
	uint32_t ip = c->mac_len, l4 = ip + c->ip_len;

	if (f->ip_checksum && c->ipv4 && l4 <= f->length && c->ip_len >= 20)
		softnic_sum_into(q->gather, ip, l4, ip + 10);
	if (f->l4_checksum && l4 + l4_offset(c) + 2 <= f->length) {
		if (c->sctp)
			softnic_sctp_into(q->gather, l4, f->length);
		else
			softnic_sum_into(q->gather, l4, f->length, l4 + l4_offset(c));
	}
}

/* An end of 0 means to the frame's end, [8254x] 3.3.6. */
static void sum_range(struct softnic_txq *q, uint32_t start, uint32_t offset, uint32_t end)
{
	uint32_t stop = end == 0 || end >= q->frame.length ? q->frame.length : end + 1;

	if (start < stop && offset + 2 <= q->frame.length)
		softnic_sum_into(q->gather, start, stop, offset);
}

static void sum_em(struct softnic_txq *q)
{
	const struct softnic_tx_frame *f = &q->frame;
	const struct softnic_tx_context *c = &q->context[0];

	if (f->sum)
		sum_range(q, f->sum_start, f->sum_offset, 0);
	if (f->ip_checksum)
		sum_range(q, c->ip_start, c->ip_offset, c->ip_end);
	if (f->l4_checksum)
		sum_range(q, c->l4_start, c->l4_offset, c->l4_end);
}

void softnic_tx_finish(struct softnic *nic, struct softnic_txq *q)
{
	struct leave l = { nic, q };

	if (q->frame.tso) {
		cut(nic, q);
		return;
	}
	if (nic->type->advanced)
		sum_advanced(q);
	else
		sum_em(q);
	if (nic->faults.on[SOFTNIC_MODEL_SUM_OFF] && q->frame.l4_checksum && q->frame.length > 40)
		q->gather[40] ^= 1; /* within the checksum of UDP over IPv4 */
	leave(&l, q->gather, q->frame.length);
}
