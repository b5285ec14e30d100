/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The e1000 family: 82576 (net_e1000_igb), 82574 and 82540EM (net_e1000_em).
 * Their constants, reset, and how their registers behave. Called for each access
 * that traps, on the driver's thread.
 */
#include "e1000.h"

#include <stdlib.h>
#include <string.h>

#include "regs_e1000.h"

static bool is_82540em(const struct softnic *nic)
{
	return nic->type == &softnic_82540em;
}

static bool is_82576(const struct softnic *nic)
{
	return nic->type == &softnic_82576;
}

/* ----------------------------------------------------------- reset and link */

static int create(struct softnic *nic)
{
	struct softnic_e1000 *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return -1;
	nic->phy = e;
	if (is_82576(nic))
		e->phy.kind = SOFTNIC_PHY_IGP;
	else
		e->phy.kind = is_82540em(nic) ? SOFTNIC_PHY_M88 : SOFTNIC_PHY_BM;
	softnic_phy_reset(nic);
	softnic_e1000_eeprom(nic);
	return 0;
}

static uint32_t status_now(const struct softnic *nic)
{
	bool full;
	uint32_t speed = softnic_phy_speed(nic, &full);
	uint32_t status = speed << STATUS_SPEED_SHIFT;

	if (full)
		status |= STATUS_FD;
	if (softnic_phy_up(nic) && (softnic_get(nic, CTRL) & CTRL_SLU))
		status |= STATUS_LU;
	if (is_82540em(nic))
		return status;
	status |= softnic_get(nic, STATUS) & STATUS_PHYRA;
	if (!(softnic_get(nic, CTRL) & CTRL_GIO_MASTER_DISABLE))
		status |= STATUS_GIO_MASTER;
	return status;
}

/* STATUS follows PHY and CTRL; a link that came or went is a cause. */
static void refresh_status(struct softnic *nic)
{
	uint32_t old = softnic_get(nic, STATUS), now = status_now(nic);

	softnic_set(nic, STATUS, now);
	if ((old ^ now) & STATUS_LU)
		softnic_e1000_cause(nic, ICR_LSC);
}

static void link_changed(struct softnic *nic)
{
	softnic_phy_link(nic);
	refresh_status(nic);
}

static void reset_82576(struct softnic *nic)
{
	softnic_set(nic, EEMNGCTL, EEMNGCTL_CFG_DONE);
	softnic_set(nic, RXPBS, 64);
	softnic_set(nic, TXPBS, 40);
	for (uint16_t q = 0; q < nic->type->n_rx; q++) {
		uint32_t dctl = DCTL_WTHRESH_1 | (q == 0 ? SOFTNIC_DCTL_ENABLE : 0);

		softnic_set(nic, nic->type->rx_reg(q) + SOFTNIC_DCTL, dctl);
		softnic_set(nic, nic->type->tx_reg(q) + SOFTNIC_DCTL,
			    q == 0 ? SOFTNIC_DCTL_ENABLE : 0);
	}
}

/* CTRL.RST and power-up; the PHY and the EEPROM keep what they have. */
static void reset(struct softnic *nic)
{
	uint32_t low, high = 0, ctrl = CTRL_FD | CTRL_ASDE | CTRL_SLU | CTRL_SPEED_1000;

	softnic_reset_common(nic);
	softnic_set(nic, CTRL, ctrl);
	softnic_set(nic, CTRL_ALIAS, ctrl);
	softnic_set(nic, EECD, EECD_PRES | EECD_FWE_DISABLED);
	if (!is_82540em(nic)) {
		softnic_set(nic, EECD, EECD_PRES | EECD_AUTO_RD | EECD_ADDR_BITS |
					       EECD_FWE_DISABLED | 5u << EECD_SIZE_SHIFT);
		softnic_set(nic, RXCSUM, RXCSUM_IPOFLD | RXCSUM_TUOFLD);
	}
	softnic_set(nic, VET, 0x8100);
	softnic_set(nic, LEDCTL, 0x07068302);
	memcpy(&low, nic->eeprom, 4); /* words 0 to 2 are the address */
	memcpy(&high, nic->eeprom + 2, 2);
	softnic_set(nic, RAL, low);
	softnic_set(nic, RAL + 4, high | RAH_AV);
	if (is_82576(nic)) {
		reset_82576(nic);
	} else {
		/* kilobytes for transmit and receive, [8254x] 13.4.16 */
		softnic_set(nic, PBA, is_82540em(nic) ? 16u << 16 | 48 : 20u << 16 | 20);
		for (uint16_t q = 0; q < nic->type->n_rx; q++)
			softnic_set(nic, nic->type->rx_reg(q) + SOFTNIC_DCTL,
				    DCTL_GRAN | DCTL_WTHRESH_1);
	}
	softnic_set(nic, STATUS, status_now(nic));
}

/* ------------------------------------------------------------------ access */

static void write_ctrl(struct softnic *nic, uint32_t value)
{
	if (value & CTRL_RST) {
		reset(nic);
		return;
	}
	if ((value & CTRL_PHY_RST) && !(softnic_get(nic, CTRL) & CTRL_PHY_RST)) {
		softnic_phy_reset(nic);
		softnic_set(nic, STATUS, softnic_get(nic, STATUS) | STATUS_PHYRA);
	}
	softnic_set(nic, CTRL, value);
	softnic_set(nic, CTRL_ALIAS, value);
	refresh_status(nic);
}

static void write_eecd(struct softnic *nic, uint32_t value)
{
	uint32_t mine = EECD_SK | EECD_CS | EECD_DI | EECD_REQ | 3u << 4;
	uint32_t eecd = (softnic_get(nic, EECD) & ~(mine | EECD_DO | EECD_GNT)) | (value & mine);

	if (value & EECD_REQ)
		eecd |= EECD_GNT;
	if (is_82540em(nic))
		eecd |= softnic_microwire(nic, eecd);
	softnic_set(nic, EECD, eecd);
}

/* A read of the EEPROM is done at once. */
static void write_eerd(struct softnic *nic, uint32_t value)
{
	bool old = is_82540em(nic);
	uint32_t word = old ? value >> 8 & 63 : value >> 2 & 2047;

	if (value & EERD_START)
		value = (value & 0xffff & ~EERD_START) | (old ? EERD_DONE_8254X : EERD_DONE) |
			(uint32_t)nic->eeprom[word] << 16;
	softnic_set(nic, EERD, value);
}

/* The same fields as EERD. */
static void write_eewr(struct softnic *nic, uint32_t value)
{
	if (value & EERD_START)
		nic->eeprom[value >> 2 & 2047] = (uint16_t)(value >> 16);
	softnic_set(nic, EEWR, (value & ~EERD_START) | EERD_DONE);
}

static void write_register(struct softnic *nic, uint32_t reg, uint32_t value)
{
	if (softnic_e1000_interrupt_write(nic, reg, value))
		return;
	if (reg >= CRCERRS && reg < STATISTICS_END)
		return; /* they count; nobody writes them */
	switch (reg) {
	case CTRL:
	case CTRL_ALIAS:
		write_ctrl(nic, value);
		return;
	case STATUS:
		/* read only, but PHYRA, which a 0 clears; [82576] 8.2 */
		if (!(value & STATUS_PHYRA))
			softnic_set(nic, STATUS, softnic_get(nic, STATUS) & ~STATUS_PHYRA);
		return;
	case EECD:
		write_eecd(nic, value);
		return;
	case EERD:
		write_eerd(nic, value);
		return;
	case EEWR:
		if (nic->type == &softnic_82574)
			write_eewr(nic, value);
		return;
	case MDIC:
		softnic_set(nic, MDIC, softnic_phy_mdic(nic, value));
		refresh_status(nic);
		return;
	case CTRL_EXT:
		value &= ~CTRL_EXT_EE_RST; /* the EEPROM is read again within no time */
		break;
	case EEMNGCTL:
		return;
	}
	softnic_set(nic, reg, value);
}

static uint32_t read_register(struct softnic *nic, uint32_t reg)
{
	uint32_t value = softnic_get(nic, reg);

	if (reg >= CRCERRS && reg < STATISTICS_END)
		return softnic_e1000_statistic_read(nic, reg);
	switch (reg) {
	case ICR:
		return softnic_e1000_icr_read(nic);
	case ICR_82576:
		return is_82576(nic) ? softnic_e1000_icr_read(nic) : value;
	case IMS_82576:
		return is_82576(nic) ? softnic_get(nic, IMS) : value;
	case IAM_82576:
		return is_82576(nic) ? softnic_get(nic, IAM) : value;
	case EICR:
		softnic_set(nic, EICR, 0);
		break;
	case SWSM:
		/* the reader who finds SMBI clear has taken it; [82576] 8.16 */
		if (!is_82540em(nic))
			softnic_set(nic, SWSM, value | SWSM_SMBI);
		break;
	}
	return value;
}

/* ------------------------------------------------------------------- types */

/* [82576] 8.10, 8.12: the queues from 4 on lie elsewhere. */
static uint32_t rx_reg(uint16_t q)
{
	return q < 4 ? 0x2800 + 0x100u * q : 0xC000 + 0x40u * q;
}

static uint32_t tx_reg(uint16_t q)
{
	return q < 4 ? 0x3800 + 0x100u * q : 0xE000 + 0x40u * q;
}

static bool em_rx_on(const struct softnic *nic, uint16_t q)
{
	(void)q;
	return softnic_get(nic, RCTL) & RCTL_EN;
}

static bool em_tx_on(const struct softnic *nic, uint16_t q)
{
	(void)q;
	return (softnic_get(nic, TCTL) & TCTL_EN) && softnic_phy_powered(nic);
}

static bool igb_rx_on(const struct softnic *nic, uint16_t q)
{
	return (softnic_get(nic, rx_reg(q) + SOFTNIC_DCTL) & SOFTNIC_DCTL_ENABLE) &&
	       em_rx_on(nic, q);
}

static bool igb_tx_on(const struct softnic *nic, uint16_t q)
{
	return (softnic_get(nic, tx_reg(q) + SOFTNIC_DCTL) & SOFTNIC_DCTL_ENABLE) &&
	       em_tx_on(nic, q);
}

static const uint32_t em_plain_pages[] = { 0x2000, 0x3000, UINT32_MAX };
static const uint32_t igb_plain_pages[] = { 0x2000, 0x3000, 0xC000, 0xE000, UINT32_MAX };

const struct softnic_type softnic_82576 = {
	.name = "82576",
	.pmd = "net_e1000_igb",
	.device_id = 0x10C9,
	.n_rx = 16,
	.n_tx = 16,
	.advanced = true,
	.rx_errors = { .l4e = 1u << 29, .ipe = 1u << 30, .rxe = 1u << 31 },
	.plain_pages = igb_plain_pages,
	.rx_on = igb_rx_on,
	.tx_on = igb_tx_on,
	.bar_size = 0x20000,
	.mta = MTA,
	.vfta = VFTA,
	.first_statistic = CRCERRS,
	.rx_reg = rx_reg,
	.tx_reg = tx_reg,
	.create = create,
	.reset = reset,
	.read = read_register,
	.write = write_register,
	.settle = softnic_e1000_settle,
	.publish = softnic_e1000_publish,
	.link_changed = link_changed,
	.rx_cause = softnic_e1000_rx_cause,
};

const struct softnic_type softnic_82574 = {
	.name = "82574",
	.pmd = "net_e1000_em",
	.device_id = 0x10D3,
	.n_rx = 2,
	.n_tx = 2,
	.plain_pages = em_plain_pages,
	.rx_on = em_rx_on,
	.tx_on = em_tx_on,
	.bar_size = 0x20000,
	.mta = MTA,
	.vfta = VFTA,
	.first_statistic = CRCERRS,
	.rx_reg = rx_reg,
	.tx_reg = tx_reg,
	.create = create,
	.reset = reset,
	.read = read_register,
	.write = write_register,
	.settle = softnic_e1000_settle,
	.publish = softnic_e1000_publish,
	.link_changed = link_changed,
	.rx_cause = softnic_e1000_rx_cause,
};

const struct softnic_type softnic_82540em = {
	.name = "82540em",
	.pmd = "net_e1000_em",
	.device_id = 0x100E,
	.n_rx = 1,
	.n_tx = 1,
	.plain_pages = em_plain_pages,
	.rx_on = em_rx_on,
	.tx_on = em_tx_on,
	.bar_size = 0x20000,
	.mta = MTA,
	.vfta = VFTA,
	.first_statistic = CRCERRS,
	.rx_reg = rx_reg,
	.tx_reg = tx_reg,
	.create = create,
	.reset = reset,
	.read = read_register,
	.write = write_register,
	.settle = softnic_e1000_settle,
	.publish = softnic_e1000_publish,
	.link_changed = link_changed,
	.rx_cause = softnic_e1000_rx_cause,
};
