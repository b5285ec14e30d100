/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The 82599: what its registers do when they are read and written, as far as
 * Pollport and the tools it is measured with use them. Under the NIC's lock.
 */
#include <stdlib.h>
#include <string.h>

#include "ixgbe.h"
#include "ixgbe_sfp.h"
#include "nic.h"
#include "regs_82599.h"

#define N_QUEUES 64
#define DEFAULT_MAX_FRAME 1518u

static uint32_t rx_reg(uint16_t q)
{
	return IX_RDBAL(q);
}

static uint32_t tx_reg(uint16_t q)
{
	return IX_TDBAL(q);
}

static int create(struct softnic *nic)
{
	nic->phy = calloc(1, sizeof(struct ixgbe_sfp));
	return nic->phy != NULL ? 0 : -1;
}

/* ------------------------------------------------------------------ reset */

/* Words the driver reads of the EEPROM, [82599] 6: address, firmware, SFP+ lists. */
static void fill_eeprom(struct softnic *nic)
{
	uint16_t *e = nic->eeprom, sum = 0;

	memset(e, 0, sizeof(nic->eeprom));
	memcpy(e, nic->mac, 6);
	e[0x0f] = 0x40;             /* firmware module */
	e[0x40 + 4] = 0x60;         /* its pass-through patch */
	e[0x60 + 7] = 0x0009;       /* whose version is not one with faults */
	e[0x2b] = 0x80;             /* SFP+ initialization: list of kind and pointer */
	e[0x81] = 5;                /* SR or LR, port 0 */
	e[0x82] = 0x90;
	e[0x83] = 6;                /* the same, port 1 */
	e[0x84] = 0x90;
	e[0x85] = 0xffff;
	e[0x91] = 0xffff;           /* nothing to set */
	for (unsigned int i = 0; i < 0x3f; i++)
		sum = (uint16_t)(sum + e[i]);
	e[0x3f] = (uint16_t)(0xbaba - sum);
}

static void set_address(struct softnic *nic)
{
	const uint8_t *m = nic->mac;

	softnic_set(nic, IX_RAL(0),
		    m[0] | (uint32_t)m[1] << 8 | (uint32_t)m[2] << 16 | (uint32_t)m[3] << 24);
	softnic_set(nic, IX_RAL(0) + 4, m[4] | (uint32_t)m[5] << 8 | 0x80000000u);
}

static void set_link(struct softnic *nic)
{
	softnic_set(nic, IX_LINKS,
		    nic->link ? IX_LINKS_UP | IX_LINKS_10G | IX_LINKS_SIGNAL : IX_LINKS_10G);
}

static void reset(struct softnic *nic)
{
	softnic_reset_common(nic);
	fill_eeprom(nic);
	ixgbe_sfp_reset(nic->phy);
	softnic_set(nic, IX_EEC, IX_EEC_PRES | IX_EEC_ARD | 2u << IX_EEC_SIZE_SHIFT);
	softnic_set(nic, IX_EEMNGCTL, IX_EEMNGCTL_CFG_DONE);
	softnic_set(nic, IX_AUTOC, IX_AUTOC_LMS_10G_SFI | IX_AUTOC_10G_PMA);
	softnic_set(nic, IX_ANLP1, 0x00010000);
	softnic_set(nic, IX_SECTXSTAT, IX_SEC_READY);
	softnic_set(nic, IX_SECRXSTAT, IX_SEC_READY);
	softnic_set(nic, IX_RDRXCTL, IX_RDRXCTL_DMAIDONE);
	softnic_set(nic, IX_ESDP, IX_ESDP_SDP2);
	softnic_set(nic, IX_I2CCTL, 0xf);
	softnic_set(nic, IX_HLREG0, IX_HLREG0_RXCRCSTRP);
	softnic_set(nic, IX_MAXFRS, DEFAULT_MAX_FRAME << 16);
	set_address(nic);
	set_link(nic);
}

/* ------------------------------------------------------------- interrupts */

/* A cause is raised when it is set and enabled. */
static void evaluate(struct softnic *nic)
{
	if (softnic_get(nic, IX_EICR) & softnic_get(nic, IX_EIMS) & ~0xffffu)
		softnic_interrupt(nic);
}

static void set_cause(struct softnic *nic, uint32_t causes)
{
	softnic_set(nic, IX_EICR, softnic_get(nic, IX_EICR) | causes);
	evaluate(nic);
}

static void link_changed(struct softnic *nic)
{
	set_link(nic);
	set_cause(nic, IX_EICR_LSC);
}

/* Sent as MSI-X: EIAC clears the cause, EIAM masks it until it is enabled again; [82599] 7.3.1.3,
 * 7.3.1.4. */
static void send_vector(struct softnic *nic, uint32_t vector)
{
	uint32_t bit = 1u << vector;

	if (softnic_get(nic, IX_EIAC) & bit)
		softnic_set(nic, IX_EICR, softnic_get(nic, IX_EICR) & ~bit);
	if (softnic_get(nic, IX_GPIE) & IX_GPIE_EIAME)
		softnic_set(nic, IX_EIMS, softnic_get(nic, IX_EIMS) & ~bit);
	softnic_queue_interrupt(nic, (uint16_t)vector);
}

/* Where IVAR sends an rx queue's cause: bit and vector are one in MSI-X mode. */
static void rx_cause(struct softnic *nic, uint16_t queue)
{
	uint32_t entry = softnic_get(nic, IX_IVAR(queue / 2u)) >> (16 * (queue & 1));
	uint32_t vector = entry & 0x3f, bit;

	if (!(entry & IX_IVAR_VALID) || vector > 31)
		return;
	bit = 1u << vector;
	softnic_set(nic, IX_EICR, softnic_get(nic, IX_EICR) | (bit & 0xffff));
	if ((softnic_get(nic, IX_EIMS) & bit) && (softnic_get(nic, IX_GPIE) & IX_GPIE_MSIX))
		send_vector(nic, vector);
}

static void raise_pending_queues(struct softnic *nic, uint32_t enabled)
{
	uint32_t pending = softnic_get(nic, IX_EICR) & enabled & 0xffff;

	for (uint32_t v = 1; v < 16; v++) {
		if (pending >> v & 1)
			send_vector(nic, v);
	}
}

/* ------------------------------------------------------------------- reads */

static bool clears_on_read(uint32_t reg)
{
	return (reg >= IX_CRCERRS && reg < 0x04100) || (reg >= 0x04118 && reg < 0x041c0) ||
	       (reg >= 0x03f60 && reg < 0x03fc0) || (reg >= 0x08700 && reg < 0x08780);
}

static uint32_t read_reg(struct softnic *nic, uint32_t reg)
{
	uint32_t value = softnic_get(nic, reg);

	if (clears_on_read(reg)) {
		softnic_set(nic, reg, 0);
	} else if (reg == IX_EICR) {
		softnic_set(nic, reg, 0);
		softnic_interrupt_clear(nic);
	} else if (reg == IX_SWSM) {
		softnic_set(nic, reg, value | IX_SWSM_SMBI); /* a semaphore: who reads 0 has it */
	}
	return value;
}

/* ------------------------------------------------------------------ writes */

static void write_eims(struct softnic *nic, uint32_t value)
{
	softnic_set(nic, IX_EIMS, softnic_get(nic, IX_EIMS) | value);
	evaluate(nic);
	raise_pending_queues(nic, value);
}

static void write_interrupt(struct softnic *nic, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case IX_EICR: /* writing ones clears */
		softnic_set(nic, reg, softnic_get(nic, reg) & ~value);
		break;
	case IX_EICS:
		set_cause(nic, value);
		break;
	case IX_EIMS:
	case IX_EIMS_EX(0):
		write_eims(nic, value);
		break;
	case IX_EIMC:
	case IX_EIMC_EX(0):
		softnic_set(nic, IX_EIMS, softnic_get(nic, IX_EIMS) & ~value);
		break;
	default:
		softnic_set(nic, reg, value);
		break;
	}
}

static uint32_t eerd(const struct softnic *nic, uint32_t value)
{
	uint32_t word = value >> 2 & 0x3fff;

	if (!(value & IX_EERD_START))
		return value;
	return (value & 0xfffc) | IX_EERD_DONE |
	       (uint32_t)(word < 2048 ? nic->eeprom[word] : 0xffff) << 16;
}

/* The register's value after @value was written, where it is not that. */
static uint32_t written(struct softnic *nic, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case IX_EERD:
		return eerd(nic, value);
	case IX_EEC: /* the bus is granted to whoever asks; its data line reads 0 */
		return (value & (IX_EEC_BITBANG | IX_EEC_REQ)) | IX_EEC_PRES | IX_EEC_ARD |
		       2u << IX_EEC_SIZE_SHIFT | (value & IX_EEC_REQ ? IX_EEC_GNT : 0);
	case IX_ESDP:
		return value | IX_ESDP_SDP2;
	case IX_I2CCTL:
		return ixgbe_sfp_write(nic->phy, value);
	case IX_MSCA: /* there is no PHY on the MDIO bus */
		if (value & IX_MSCA_MDI_CMD)
			softnic_set(nic, IX_MSRWD, softnic_get(nic, IX_MSRWD) | 0xffff0000u);
		return value & ~IX_MSCA_MDI_CMD;
	case IX_AUTOC:
		return value & ~IX_AUTOC_RESTART_AN;
	case IX_FDIRCTRL:
		return value | IX_FDIRCTRL_INIT_DONE;
	case IX_STATUS:
	case IX_LINKS:
	case IX_SECTXSTAT:
	case IX_SECRXSTAT:
		return softnic_get(nic, reg); /* read-only */
	default:
		return value;
	}
}

static void write_reg(struct softnic *nic, uint32_t reg, uint32_t value)
{
	if (reg == IX_CTRL || reg == IX_CTRL_ALIAS) {
		if (value & (IX_CTRL_RST | IX_CTRL_LRST)) {
			reset(nic);
			value &= ~(IX_CTRL_RST | IX_CTRL_LRST); /* they clear themselves */
		}
		softnic_set(nic, IX_CTRL, value);
	} else if (reg >= 0x00800 && reg < 0x00b00) {
		write_interrupt(nic, reg, value);
	} else {
		softnic_set(nic, reg, written(nic, reg, value));
	}
}

/* ---------------------------------------------------------------- settings */

static bool rx_on(const struct softnic *nic, uint16_t q)
{
	return softnic_get(nic, IX_RDBAL(q) + SOFTNIC_DCTL) & SOFTNIC_DCTL_ENABLE &&
	       softnic_get(nic, IX_RXCTRL) & IX_RXCTRL_RXEN;
}

static bool tx_on(const struct softnic *nic, uint16_t q)
{
	return softnic_get(nic, IX_TDBAL(q) + SOFTNIC_DCTL) & SOFTNIC_DCTL_ENABLE &&
	       softnic_get(nic, IX_DMATXCTL) & IX_DMATXCTL_TE;
}

/* The hash types of MRQC's fields, from bit 16 on, as the driver names them. */
static uint32_t rss_types(uint32_t mrqc)
{
	static const uint32_t types[] = { SOFTNIC_RSS_TCP4, SOFTNIC_RSS_IP4, SOFTNIC_RSS_TCP6_EX,
					  SOFTNIC_RSS_IP6_EX, SOFTNIC_RSS_IP6, SOFTNIC_RSS_TCP6,
					  SOFTNIC_RSS_UDP4, SOFTNIC_RSS_UDP6, SOFTNIC_RSS_UDP6_EX };
	uint32_t fields = mrqc >> IX_MRQC_FIELDS_SHIFT, wanted = 0;

	for (uint32_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		wanted |= fields >> i & 1 ? types[i] : 0;
	return wanted;
}

static void settle_rss(struct softnic *nic)
{
	struct softnic_rx_settings *rx = &nic->rx;
	uint32_t mrqc = softnic_get(nic, IX_MRQC);
	uint8_t key[40];

	rx->rss = (mrqc & IX_MRQC_MRQE) == 1;
	rx->rss_types = rss_types(mrqc);
	for (uint32_t i = 0; i < 10; i++) {
		uint32_t word = softnic_get(nic, IX_RSSRK + 4 * i);

		memcpy(key + 4 * i, &word, 4);
	}
	for (uint32_t i = 0; i < 128; i++)
		rx->reta[i] = softnic_get(nic, IX_RETA + 4 * (i / 4)) >> (8 * (i % 4)) & 0xf;
	if (rx->rss && memcmp(key, rx->rss_key, sizeof(key)) != 0) {
		memcpy(rx->rss_key, key, sizeof(key));
		softnic_toeplitz_init(&rx->toeplitz, key);
	}
}

static void settle(struct softnic *nic)
{
	struct softnic_rx_settings *rx = &nic->rx;
	uint32_t fctrl = softnic_get(nic, IX_FCTRL), hlreg0 = softnic_get(nic, IX_HLREG0);

	rx->enabled = softnic_get(nic, IX_RXCTRL) & IX_RXCTRL_RXEN;
	rx->promiscuous = fctrl & IX_FCTRL_UPE;
	rx->all_multicast = fctrl & IX_FCTRL_MPE;
	rx->broadcast = fctrl & IX_FCTRL_BAM;
	rx->vlan_filter = softnic_get(nic, IX_VLNCTRL) & IX_VLNCTRL_VFE;
	rx->keep_crc = !(hlreg0 & IX_HLREG0_RXCRCSTRP);
	rx->checksums = true;       /* always found and reported */
	rx->max_frame = hlreg0 & IX_HLREG0_JUMBOEN ? softnic_get(nic, IX_MAXFRS) >> 16 :
						     DEFAULT_MAX_FRAME;
	rx->sends_pause = softnic_get(nic, IX_FCCFG) & IX_FCCFG_TFCE_802_3X;
	rx->heeds_pause = softnic_get(nic, IX_MFLCN) & IX_MFLCN_RFCE;
	for (uint32_t i = 0; i < 128; i++)
		softnic_filter_add(nic, IX_RAL(i), 1);
	settle_rss(nic);
	for (uint16_t q = 0; q < N_QUEUES; q++) {
		uint32_t srrctl = softnic_get(nic, IX_SRRCTL(q));
		uint32_t dctl = softnic_get(nic, IX_RDBAL(q) + SOFTNIC_DCTL);

		nic->rxq[q].buffer_size = (srrctl & IX_SRRCTL_BSIZEPACKET) * 1024;
		nic->rxq[q].drop = srrctl & IX_SRRCTL_DROP_EN;
		nic->rxq[q].strip_vlan = dctl & IX_RXDCTL_VME;
	}
}

/* 0x1000: receive rings; 0x6000, 0x7000: transmit rings. */
static const uint32_t plain_pages[] = { 0x1000, 0x6000, UINT32_MAX };

const struct softnic_type softnic_82599 = {
	.name = "82599",
	.pmd = "net_ixgbe",
	.device_id = 0x10fb,
	.bar_size = 0x20000,
	.n_rx = N_QUEUES,
	.n_tx = N_QUEUES,
	.advanced = true,
	.rx_errors = { .rxe = 1u << 29, .l4e = 1u << 30, .ipe = 1u << 31 },
	.mta = IX_MTA,
	.vfta = IX_VFTA,
	.first_statistic = IX_CRCERRS,
	.plain_pages = plain_pages,
	.rx_reg = rx_reg,
	.tx_reg = tx_reg,
	.create = create,
	.reset = reset,
	.read = read_reg,
	.write = write_reg,
	.rx_on = rx_on,
	.tx_on = tx_on,
	.settle = settle,
	.publish = ixgbe_publish,
	.link_changed = link_changed,
	.rx_cause = rx_cause,
};
