/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Advanced transmit descriptors, [82599] 7.2.3.2 and [82576] 7.2.2: the context
 * descriptor and the data descriptor. Called as descriptors are fetched.
 */
#include <string.h>

#include <rte_branch_prediction.h>

#include "nic.h"

/* Second word of either, lower half: DTYP and DCMD. */
#define DTYP_SHIFT 20
#define DTYP_CONTEXT 2u
#define DTYP_DATA 3u
#define DCMD_EOP (1u << 24)
#define DCMD_RS (1u << 27)
#define DCMD_DEXT (1u << 29)
#define DCMD_VLE (1u << 30)
#define DCMD_TSE (1u << 31)

/* Data, upper half of the second word. */
#define POPTS_IXSM (1u << 8)
#define POPTS_TXSM (1u << 9)
#define IDX_SHIFT 4

/* Context, lower half of the second word: TUCMD, in place. */
#define TUCMD_IPV4 (1u << 10)
#define TUCMD_L4T_SHIFT 11

static void decode_context(struct softnic_txq *q, const uint64_t *desc)
{
	uint32_t lengths = (uint32_t)desc[0];
	uint32_t command = (uint32_t)desc[1], sizes = (uint32_t)(desc[1] >> 32);
	struct softnic_tx_context *c = &q->context[sizes >> IDX_SHIFT & 1];
	uint32_t l4 = command >> TUCMD_L4T_SHIFT & 3;

	*c = (struct softnic_tx_context){
		.valid = true,
		.ip_len = lengths & 0x1ff,
		.mac_len = lengths >> 9 & 0x7f,
		.vlan = (uint16_t)(lengths >> 16),
		.ipv4 = command & TUCMD_IPV4,
		.udp = l4 == 0,
		.tcp = l4 == 1,
		.sctp = l4 == 2,
		.l4_len = sizes >> 8 & 0xff,
		.mss = (uint16_t)(sizes >> 16),
	};
}

/* What the first descriptor of a frame asks for. */
static void begin(struct softnic *nic, struct softnic_txq *q, uint32_t command, uint32_t options)
{
	struct softnic_tx_frame *f = &q->frame;

	f->tso = command & DCMD_TSE;
	f->insert_vlan = command & DCMD_VLE;
	f->ip_checksum = options & POPTS_IXSM;
	f->l4_checksum = options & POPTS_TXSM;
	f->context = options >> IDX_SHIFT & 1;
	f->vlan = q->context[f->context].vlan;
	if (!q->context[f->context].valid) {
		softnic_misused(nic, SOFTNIC_BAD_CONTEXT);
		f->bad = true;
	}
}

bool softnic_tx_decode_advanced(struct softnic *nic, struct softnic_txq *q, const uint64_t *desc,
				struct softnic_tx_data *data)
{
	uint32_t command = (uint32_t)desc[1], options = (uint32_t)(desc[1] >> 32);
	uint32_t type = command >> DTYP_SHIFT & 15;

	data->rs = command & DCMD_RS;
	if (unlikely(!(command & DCMD_DEXT) || type != DTYP_DATA)) {
		if ((command & DCMD_DEXT) && type == DTYP_CONTEXT)
			decode_context(q, desc);
		else
			softnic_misused(nic, SOFTNIC_BAD_DESCRIPTOR);
		data->eop = false;
		return false;
	}
	data->iova = desc[0];
	data->length = command & 0xffff;
	data->eop = command & DCMD_EOP;
	if (unlikely(q->frame.segments == 0 &&
		     ((command & (DCMD_TSE | DCMD_VLE)) || (options & (POPTS_IXSM | POPTS_TXSM)))))
		begin(nic, q, command, options);
	return true;
}
