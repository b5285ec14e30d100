/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the e1000 family share: registers (e1000.c), receive settings,
 * interrupts, statistics, PHY and EEPROM. All run under the wire's lock.
 */
#ifndef SOFTNIC_E1000_H
#define SOFTNIC_E1000_H

#include "nic.h"

/* The three PHYs differ in identity and in how they tell speed and link. */
enum softnic_phy_kind { SOFTNIC_PHY_M88, SOFTNIC_PHY_BM, SOFTNIC_PHY_IGP };

struct softnic_phy {
	enum softnic_phy_kind kind;
	uint16_t page;
	bool link_was_lost;         /* BMSR's link bit latches low until it is read */
	uint16_t reg[32];           /* of page 0 */
};

/* A 93C46 EEPROM's side of its three wires. */
struct softnic_microwire {
	bool selected, clock, out;
	bool started;               /* the start bit was seen */
	bool writable;              /* EWEN was the last of EWEN and EWDS */
	uint8_t bits;               /* since the start bit */
	uint32_t shift;
};

/* nic->phy */
struct softnic_e1000 {
	struct softnic_phy phy;
	struct softnic_microwire microwire;
};

static inline struct softnic_e1000 *softnic_e1000_of(const struct softnic *nic)
{
	return nic->phy;
}

/* ------------------------------------------------------------ e1000_phy.c */

void softnic_phy_reset(struct softnic *nic);
/* The link of the wire came or went. */
void softnic_phy_link(struct softnic *nic);
/* An MDIC write, done at once; returns what MDIC then holds. */
uint32_t softnic_phy_mdic(struct softnic *nic, uint32_t value);
bool softnic_phy_powered(const struct softnic *nic);
/* The PHY has power and the wire a link. */
bool softnic_phy_up(const struct softnic *nic);
/* As negotiated or forced: 0, 1, 2 for 10, 100, 1000 Mb/s. */
uint32_t softnic_phy_speed(const struct softnic *nic, bool *full_duplex);

/* ------------------------------------------------------------ microwire.c */

/* The driver set EECD's CS, SK and DI. Returns the DO bit in its place. */
uint32_t softnic_microwire(struct softnic *nic, uint32_t eecd);
/* Fill nic->eeprom with an image whose words 0x00-0x3F sum up to 0xBABA. */
void softnic_e1000_eeprom(struct softnic *nic);

/* -------------------------------------------------------- e1000_receive.c */

void softnic_e1000_settle(struct softnic *nic);

/* ------------------------------------------------------ e1000_interrupt.c */

uint32_t softnic_e1000_icr_read(struct softnic *nic);
/* A write to an interrupt register; true when it was one. */
bool softnic_e1000_interrupt_write(struct softnic *nic, uint32_t reg, uint32_t value);
/* Causes came up. */
void softnic_e1000_cause(struct softnic *nic, uint32_t causes);
void softnic_e1000_rx_cause(struct softnic *nic, uint16_t queue);

/* ---------------------------------------------------------- e1000_stats.c */

void softnic_e1000_publish(struct softnic *nic);
/* A statistics register is read: it clears. */
uint32_t softnic_e1000_statistic_read(struct softnic *nic, uint32_t reg);

#endif
