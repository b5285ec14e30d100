/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SFP+ module behind an 82599's I2CCTL register. Part of the type's state.
 */
#ifndef SOFTNIC_IXGBE_SFP_H
#define SOFTNIC_IXGBE_SFP_H

#include <stdbool.h>
#include <stdint.h>

enum ixgbe_sfp_phase { SFP_IDLE, SFP_ADDRESS, SFP_OFFSET, SFP_WRITE, SFP_READ };

struct ixgbe_sfp {
	bool clock, data;           /* as the driver last set the lines */
	bool out;                   /* false: the module pulls data low */
	enum ixgbe_sfp_phase phase;
	uint8_t bits, shift, offset;
};

void ixgbe_sfp_reset(struct ixgbe_sfp *sfp);
/* The register after the driver wrote @value. */
uint32_t ixgbe_sfp_write(struct ixgbe_sfp *sfp, uint32_t value);

#endif
