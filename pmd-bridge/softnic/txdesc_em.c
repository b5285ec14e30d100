/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transmit descriptors of the 8254x and 82574, [8254x] 3.3: legacy, TCP/IP context
 * and TCP/IP data. Called as descriptors are fetched. IDE and RPS are ignored:
 * an interrupt is never late, a status never early.
 */
#include "nic.h"
#include "regs_e1000.h"

/* Second word, lower half: command, the same places in all three. */
#define COMMAND_EOP (1u << 24)
#define COMMAND_IC (1u << 26)       /* legacy: insert the checksum */
#define COMMAND_TSE (1u << 26)      /* the others */
#define COMMAND_RS (1u << 27)
#define COMMAND_DEXT (1u << 29)
#define COMMAND_VLE (1u << 30)

#define TUCMD_TCP (1u << 24)
#define TUCMD_IPV4 (1u << 25)

#define DTYP_SHIFT 20
#define DTYP_CONTEXT 0u
#define DTYP_DATA 1u
#define LENGTH 0xfffffu             /* PAYLEN, DTALEN */
#define LEGACY_LENGTH 0xffffu

/* Second word, upper half. */
#define POPTS_IXSM (1u << 8)
#define POPTS_TXSM (1u << 9)
#define SPECIAL_SHIFT 16

/* [8254x] 3.3.6: the MAC keeps one context for checksums and one for segmentation. */
static void decode_context(struct softnic_txq *q, const uint64_t *desc)
{
	uint32_t ip = (uint32_t)desc[0], l4 = (uint32_t)(desc[0] >> 32);
	uint32_t command = (uint32_t)desc[1], sizes = (uint32_t)(desc[1] >> 32);

	q->context[command & COMMAND_TSE ? 1 : 0] = (struct softnic_tx_context){
		.valid = true,
		.ip_start = ip & 0xff,
		.ip_offset = ip >> 8 & 0xff,
		.ip_end = (uint16_t)(ip >> 16),
		.l4_start = l4 & 0xff,
		.l4_offset = l4 >> 8 & 0xff,
		.l4_end = (uint16_t)(l4 >> 16),
		.ipv4 = command & TUCMD_IPV4,
		.tcp = command & TUCMD_TCP,
		.udp = !(command & TUCMD_TCP),
		.header_len = sizes >> 8 & 0xff,
		.mss = (uint16_t)(sizes >> 16),
	};
}

/* POPTS and TSE count in the first data descriptor of a frame, [8254x] 3.3.7.1. */
static void begin(struct softnic *nic, struct softnic_txq *q, uint32_t command, uint32_t options)
{
	struct softnic_tx_frame *f = &q->frame;

	f->tso = command & COMMAND_TSE;
	f->ip_checksum = options & POPTS_IXSM;
	f->l4_checksum = options & POPTS_TXSM;
	f->context = f->tso ? 1 : 0;
	if ((f->tso || f->ip_checksum || f->l4_checksum) && !q->context[f->context].valid) {
		softnic_misused(nic, SOFTNIC_BAD_CONTEXT);
		f->bad = true;
	}
}

bool softnic_tx_decode_em(struct softnic *nic, struct softnic_txq *q, const uint64_t *desc,
			  struct softnic_tx_data *data)
{
	uint32_t command = (uint32_t)desc[1], options = (uint32_t)(desc[1] >> 32);
	struct softnic_tx_frame *f = &q->frame;
	uint32_t type = command >> DTYP_SHIFT & 15;

	data->rs = command & COMMAND_RS;
	data->eop = false;
	if ((command & COMMAND_DEXT) && type != DTYP_DATA) {
		if (type == DTYP_CONTEXT)
			decode_context(q, desc);
		else
			softnic_misused(nic, SOFTNIC_BAD_DESCRIPTOR);
		return false;
	}
	data->iova = desc[0];
	data->eop = command & COMMAND_EOP;
	if (command & COMMAND_DEXT) {
		data->length = command & LENGTH;
		if (f->segments == 0)
			begin(nic, q, command, options);
	} else {
		data->length = command & LEGACY_LENGTH;
		if ((command & COMMAND_IC) && data->eop) { /* CSO and CSS, [8254x] 3.3.3.1 */
			f->sum = true;
			f->sum_offset = (uint8_t)(command >> 16);
			f->sum_start = (uint8_t)(options >> 8);
		}
	}
	/* VLE counts in the last descriptor, and only in VLAN mode, [8254x] 3.3.3.2 */
	if (data->eop && (command & COMMAND_VLE) && (softnic_get(nic, CTRL) & CTRL_VME)) {
		f->insert_vlan = true;
		f->vlan = (uint16_t)(options >> SPECIAL_SHIFT);
	}
	return true;
}
