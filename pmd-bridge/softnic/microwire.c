/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EEPROM of the e1000 family: its contents, and for the 82540EM the 93C46 on
 * three wires that the driver moves bit by bit through EECD; [8254x] 5.3, 5.4.
 */
#include <string.h>

#include "e1000.h"
#include "regs_e1000.h"

/* Start bit, two bits of opcode, six of address; then sixteen of data. */
#define COMMAND_BITS 9
#define WORD_BITS 16

enum { OP_EXTENDED = 0, OP_WRITE = 1, OP_READ = 2, OP_ERASE = 3 };

/* Upper two address bits of OP_EXTENDED. */
enum { EWDS = 0, EWEN = 3 };

static void end_of_command(struct softnic *nic, struct softnic_microwire *m)
{
	uint32_t opcode = m->shift >> 6 & 3, address = m->shift & 63;

	if (opcode == OP_EXTENDED) {
		if (address >> 4 == EWEN)
			m->writable = true;
		else if (address >> 4 == EWDS)
			m->writable = false;
	} else if (opcode == OP_ERASE && m->writable) {
		nic->eeprom[address] = 0xffff;
	}
	m->out = false; /* the dummy bit before a word */
}

/* A bit after the command: the word comes out, or goes in. */
static void data_bit(struct softnic *nic, struct softnic_microwire *m, bool in)
{
	uint32_t bit = m->bits - COMMAND_BITS - 1u;
	uint32_t opcode, address;

	if (bit >= WORD_BITS)
		return;
	if (bit == 0)
		m->shift <<= WORD_BITS; /* the command stays above the word */
	opcode = m->shift >> (WORD_BITS + 6) & 3;
	address = m->shift >> WORD_BITS & 63;
	if (opcode == OP_READ)
		m->out = nic->eeprom[address] >> (WORD_BITS - 1 - bit) & 1;
	if (opcode != OP_WRITE)
		return;
	m->shift |= (uint32_t)in << (WORD_BITS - 1 - bit);
	if (bit == WORD_BITS - 1 && m->writable)
		nic->eeprom[address] = (uint16_t)m->shift;
}

static void rising_edge(struct softnic *nic, struct softnic_microwire *m, bool in)
{
	if (!m->started) {
		if (!in) /* zeros may come before the start bit */
			return;
		m->started = true;
		m->bits = 1;
		m->shift = 0;
		return;
	}
	if (m->bits < UINT8_MAX)
		m->bits++;
	if (m->bits > COMMAND_BITS) {
		data_bit(nic, m, in);
		return;
	}
	m->shift = m->shift << 1 | in;
	if (m->bits == COMMAND_BITS)
		end_of_command(nic, m);
}

uint32_t softnic_microwire(struct softnic *nic, uint32_t eecd)
{
	struct softnic_microwire *m = &softnic_e1000_of(nic)->microwire;
	bool selected = eecd & EECD_CS, clock = eecd & EECD_SK;

	if (selected && !m->selected) {
		m->started = false;
		m->out = true; /* ready: a write takes no time here */
	}
	if (selected && m->selected && clock && !m->clock)
		rising_edge(nic, m, eecd & EECD_DI);
	m->selected = selected;
	m->clock = clock;
	return selected && m->out ? EECD_DO : 0;
}

/* ---------------------------------------------------------------- contents */

/* Words by their place, [8254x] 5.6, [82574] 6.1, [82576] 6. */
enum {
	WORD_VERSION = 0x05,
	WORD_SUBSYSTEM = 0x0B,
	WORD_SUBSYSTEM_VENDOR = 0x0C,
	WORD_DEVICE = 0x0D,
	WORD_VENDOR = 0x0E,
	WORD_ALTERNATE_MAC = 0x37,
	WORD_CHECKSUM = 0x3F,
};

void softnic_e1000_eeprom(struct softnic *nic)
{
	uint16_t sum = 0;

	memset(nic->eeprom, 0, sizeof(nic->eeprom));
	memcpy(nic->eeprom, nic->mac, 6);
	nic->eeprom[WORD_VERSION] = 0x1010; /* 1.1.0 */
	nic->eeprom[WORD_SUBSYSTEM] = nic->type->device_id;
	nic->eeprom[WORD_SUBSYSTEM_VENDOR] = 0x8086;
	nic->eeprom[WORD_DEVICE] = nic->type->device_id;
	nic->eeprom[WORD_VENDOR] = 0x8086;
	nic->eeprom[WORD_ALTERNATE_MAC] = 0xffff; /* there is none */
	for (uint32_t i = 0; i < WORD_CHECKSUM; i++)
		sum = (uint16_t)(sum + nic->eeprom[i]);
	nic->eeprom[WORD_CHECKSUM] = (uint16_t)(0xBABA - sum);
}
