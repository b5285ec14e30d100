/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The advanced receive descriptor as the NIC writes it back, [82599] 7.1.6.2 and
 * [82576] 7.1.5.2, which differ in the order of the error bits.
 */
#include <emmintrin.h>

#include "rxdesc.h"

/* Extended status and error, lower half of the second word. */
#define STATUS_DD (1u << 0)
#define STATUS_EOP (1u << 1)
#define STATUS_VP (1u << 3)
#define STATUS_UDPCS (1u << 4)
#define STATUS_L4I (1u << 5)
#define STATUS_IPCS (1u << 6)

/* Packet type, bits 16:4 of the first word. */
#define TYPE_IPV4 (1u << 4)
#define TYPE_IPV4E (1u << 5)
#define TYPE_IPV6 (1u << 6)
#define TYPE_IPV6E (1u << 7)
#define TYPE_TCP (1u << 8)
#define TYPE_UDP (1u << 9)
#define TYPE_SCTP (1u << 10)

static uint32_t packet_type(const struct softnic_headers *h)
{
	uint32_t type = 0;

	if (h->ip_version == 4)
		type = TYPE_IPV4 | (h->ip_options ? TYPE_IPV4E : 0);
	else if (h->ip_version == 6)
		type = TYPE_IPV6 | (h->ip_options ? TYPE_IPV6E : 0);
	if (h->fragment)
		return type;
	switch (h->l4_protocol) {
	case 6:
		return type | TYPE_TCP;
	case 17:
		return type | TYPE_UDP;
	case 132:
		return type | TYPE_SCTP;
	default:
		return type;
	}
}

static uint32_t checksum_status(const struct softnic_meta *m,
				const struct softnic_rx_errors *errors)
{
	uint32_t status = 0;

	if (m->ip != SOFTNIC_CHECKSUM_NONE)
		status |= STATUS_IPCS;
	if (m->ip == SOFTNIC_CHECKSUM_BAD)
		status |= errors->ipe;
	if (m->l4 != SOFTNIC_CHECKSUM_NONE)
		status |= STATUS_L4I | (m->headers.l4_protocol == 17 ? STATUS_UDPCS : 0);
	if (m->l4 == SOFTNIC_CHECKSUM_BAD)
		status |= errors->l4e;
	return status;
}

void softnic_rx_write_advanced(uint64_t *desc, const struct softnic_rx_report *r,
			       const struct softnic_rx_errors *errors)
{
	uint32_t status = STATUS_DD, info = 0;

	if (r->eop) {
		status |= STATUS_EOP | (r->tagged ? STATUS_VP : 0) | (r->bad ? errors->rxe : 0);
		if (r->checked)
			status |= checksum_status(&r->meta, errors);
		info = r->rss_type | packet_type(&r->meta.headers);
	}
	/* One store: a driver that sees DD sees the rest. The buffer was written before. */
	_mm_store_si128((__m128i *)desc,
			_mm_set_epi64x((int64_t)(status | (uint64_t)r->length << 32 |
						 (uint64_t)r->tci << 48),
				       (int64_t)(info | (uint64_t)r->hash << 32)));
}
