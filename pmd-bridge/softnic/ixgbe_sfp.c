/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SFP+ module of an 82599: an I2C slave at address A0 behind the bits of
 * I2CCTL, [82599] 8.2.3.1.6; its page says 10GBASE-SR, SFF-8472. A driver that
 * finds none waits for seconds and then has no link.
 */
#include "ixgbe_sfp.h"

#define CLK_IN (1u << 0)
#define CLK_OUT (1u << 1)
#define DATA_IN (1u << 2)
#define DATA_OUT (1u << 3)

#define ADDRESS_PAGE 0xa0

static const uint8_t page[256] = {
	[0] = 0x03,                                 /* SFP or SFP+ */
	[2] = 0x07,                                 /* LC connector */
	[3] = 0x10,                                 /* 10GBASE-SR */
	[37] = 0x00, [38] = 0x1b, [39] = 0x21,      /* vendor OUI: Intel */
};

void ixgbe_sfp_reset(struct ixgbe_sfp *sfp)
{
	*sfp = (struct ixgbe_sfp){ .clock = true, .data = true, .out = true };
}

static void begin_byte(struct ixgbe_sfp *s)
{
	s->bits = 0;
	s->out = true;
	if (s->phase == SFP_READ) {
		s->shift = page[s->offset++];
		s->out = s->shift >> 7;
	} else {
		s->shift = 0;
	}
}

static void end_byte(struct ixgbe_sfp *s)
{
	if (s->phase == SFP_ADDRESS) {
		s->phase = s->shift & 1 ? SFP_READ : SFP_OFFSET;
	} else if (s->phase == SFP_OFFSET) {
		s->offset = s->shift;
		s->phase = SFP_WRITE;
	}
	begin_byte(s);
}

/* Eight bits, then a ninth clock for the other side's acknowledge. */
static void clock_rises(struct ixgbe_sfp *s)
{
	if (s->bits < 8 && s->phase != SFP_READ)
		s->shift = (uint8_t)(s->shift << 1 | s->data);
	else if (s->bits == 8 && s->phase == SFP_READ && s->data)
		s->phase = SFP_IDLE; /* the master wants no more */
	s->bits++;
}

static void clock_falls(struct ixgbe_sfp *s)
{
	if (s->bits > 8) {
		end_byte(s);
	} else if (s->bits == 8) {
		if (s->phase == SFP_ADDRESS && (s->shift & 0xfe) != ADDRESS_PAGE)
			s->phase = SFP_IDLE; /* not us: no acknowledge */
		s->out = s->phase == SFP_READ || s->phase == SFP_IDLE;
	} else if (s->phase == SFP_READ) {
		s->out = s->shift >> (7 - s->bits) & 1;
	}
}

uint32_t ixgbe_sfp_write(struct ixgbe_sfp *s, uint32_t value)
{
	bool clock = value & CLK_OUT, data = value & DATA_OUT;

	if (s->clock && clock && s->data != data) {
		s->phase = data ? SFP_IDLE : SFP_ADDRESS; /* stop, start */
		s->data = data;
		begin_byte(s);
	} else if (s->clock != clock && s->phase != SFP_IDLE) {
		s->data = data;
		if (clock)
			clock_rises(s);
		else
			clock_falls(s);
	}
	s->clock = clock;
	s->data = data;
	/* both lines are open drain: low wins */
	return (value & (CLK_OUT | DATA_OUT)) | (clock ? CLK_IN : 0) |
	       (data && s->out ? DATA_IN : 0);
}
