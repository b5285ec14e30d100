/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The copper PHY behind MDIC: M88E1011 (82540EM), BME1000 (82574), IGP (82576).
 * Negotiation takes no time, against a partner that can do everything; the link
 * is the wire's, as long as the PHY has power. IEEE 802.3 22.2.4, [8254x] 13.4.7,
 * [82574] 10.2.2, [82576] 8.2.
 */
#include "e1000.h"

#include <string.h>

#include "regs_e1000.h"

enum {
	BMCR = 0,
	BMSR = 1,
	ID1 = 2,
	ID2 = 3,
	ANAR = 4,
	ANLPAR = 5,
	ANER = 6,
	GBCR = 9,
	GBSR = 10,
	ESTATUS = 15,
	SPECIFIC_STATUS = 17,
	IGP_AGC = 17,               /* on pages 0x11B1, 0x12B1, 0x14B1, 0x18B1 */
	BM_PAGE = 22,
	IGP_PAGE = 31,
};

#define PHY_ADDRESS 1u

#define BMCR_SPEED_1000 0x0040u
#define BMCR_FULL_DUPLEX 0x0100u
#define BMCR_RESTART 0x0200u
#define BMCR_ISOLATE 0x0400u
#define BMCR_POWER_DOWN 0x0800u
#define BMCR_NEGOTIATE 0x1000u
#define BMCR_SPEED_100 0x2000u
#define BMCR_RESET 0x8000u

#define BMSR_ABILITIES 0x7949u      /* all of 10 and 100, ESTATUS, negotiates */
#define BMSR_LINK 0x0004u
#define BMSR_NEGOTIATED 0x0020u

#define ANAR_ALL 0x0DE1u            /* 10, 100, both kinds of pause */
#define ANLPAR_ACKNOWLEDGED 0x4000u
#define ANAR_100_FULL 0x0100u
#define ANAR_100_HALF 0x0080u
#define ANAR_10_FULL 0x0040u
#define GBCR_1000_FULL 0x0200u
#define GBSR_ALL 0x3C00u            /* both receivers fine, the partner does 1000BASE-T */

/* Marvell's register 17: resolved, link, full duplex; cable up to 50 m. */
#define M88_RESOLVED 0x0800u
#define M88_LINK 0x0400u
#define M88_FULL_DUPLEX 0x2000u
#define IGP_LINK 0x0400u
#define IGP_FULL_DUPLEX 0x0200u
#define SPEED_SHIFT 14              /* M88: 0, 1, 2; IGP: 1, 2, 3 for 10, 100, 1000 */

static struct softnic_phy *phy_of(const struct softnic *nic)
{
	return &softnic_e1000_of(nic)->phy;
}

void softnic_phy_reset(struct softnic *nic)
{
	static const uint32_t ids[] = {
		[SOFTNIC_PHY_M88] = 0x01410C20,
		[SOFTNIC_PHY_BM] = 0x01410CB1,
		[SOFTNIC_PHY_IGP] = 0x02A80391,
	};
	struct softnic_phy *p = phy_of(nic);

	p->page = 0;
	memset(p->reg, 0, sizeof(p->reg));
	p->reg[BMCR] = BMCR_NEGOTIATE | BMCR_FULL_DUPLEX | BMCR_SPEED_1000;
	p->reg[ID1] = (uint16_t)(ids[p->kind] >> 16);
	p->reg[ID2] = (uint16_t)ids[p->kind];
	p->reg[ANAR] = ANAR_ALL;
	p->reg[GBCR] = GBCR_1000_FULL;
	p->reg[ESTATUS] = 0x3000; /* 1000BASE-T, full and half duplex */
}

bool softnic_phy_powered(const struct softnic *nic)
{
	return !(phy_of(nic)->reg[BMCR] & (BMCR_POWER_DOWN | BMCR_ISOLATE));
}

bool softnic_phy_up(const struct softnic *nic)
{
	return nic->link && softnic_phy_powered(nic);
}

void softnic_phy_link(struct softnic *nic)
{
	if (!nic->link)
		phy_of(nic)->link_was_lost = true;
}

uint32_t softnic_phy_speed(const struct softnic *nic, bool *full_duplex)
{
	const struct softnic_phy *p = phy_of(nic);
	uint32_t control = p->reg[BMCR], offers = p->reg[ANAR];

	if (!(control & BMCR_NEGOTIATE)) {
		*full_duplex = control & BMCR_FULL_DUPLEX;
		return control & BMCR_SPEED_1000 ? 2 : control & BMCR_SPEED_100 ? 1 : 0;
	}
	*full_duplex = true;
	if (p->reg[GBCR] & GBCR_1000_FULL)
		return 2;
	if (offers & ANAR_100_FULL)
		return 1;
	*full_duplex = !(offers & ANAR_100_HALF) && (offers & ANAR_10_FULL);
	return offers & ANAR_100_HALF ? 1 : 0;
}

static uint16_t specific_status(const struct softnic *nic)
{
	bool full, up = softnic_phy_up(nic);
	uint32_t speed = softnic_phy_speed(nic, &full);

	if (!up)
		return 0;
	if (phy_of(nic)->kind == SOFTNIC_PHY_IGP)
		return (uint16_t)((speed + 1) << SPEED_SHIFT | IGP_LINK |
				  (full ? IGP_FULL_DUPLEX : 0));
	return (uint16_t)(speed << SPEED_SHIFT | M88_LINK | M88_RESOLVED |
			  (full ? M88_FULL_DUPLEX : 0));
}

static uint16_t basic_status(struct softnic *nic)
{
	struct softnic_phy *p = phy_of(nic);
	uint16_t status = BMSR_ABILITIES;

	if (softnic_phy_up(nic)) {
		if (p->reg[BMCR] & BMCR_NEGOTIATE)
			status |= BMSR_NEGOTIATED;
		if (!p->link_was_lost)
			status |= BMSR_LINK;
	}
	p->link_was_lost = false;
	return status;
}

/* Behind the first page a driver looks at the gains only, to tell the cable's length. */
static uint16_t read_page(const struct softnic_phy *p, uint32_t reg)
{
	if (p->kind == SOFTNIC_PHY_IGP && reg == IGP_AGC)
		return 8 << 9; /* the least gain: a cable of 3 m */
	return 0;
}

static uint16_t read_phy(struct softnic *nic, uint32_t reg)
{
	const struct softnic_phy *p = phy_of(nic);
	bool up = softnic_phy_up(nic);

	if (p->page != 0 && reg >= 16 && reg != BM_PAGE && reg != IGP_PAGE)
		return read_page(p, reg);
	switch (reg) {
	case BMSR:
		return basic_status(nic);
	case ANLPAR:
		return up ? ANAR_ALL | ANLPAR_ACKNOWLEDGED : 0;
	case ANER:
		return up ? 1 : 0; /* the partner negotiates */
	case GBSR:
		return up ? GBSR_ALL : 0;
	case SPECIFIC_STATUS:
		return specific_status(nic);
	default:
		return p->reg[reg];
	}
}

static void write_control(struct softnic *nic, uint16_t value)
{
	struct softnic_phy *p = phy_of(nic);
	bool was_up = softnic_phy_up(nic);

	/* Both bits clear themselves; a reset by BMCR leaves what was set up. */
	p->reg[BMCR] = (uint16_t)(value & ~(BMCR_RESET | BMCR_RESTART));
	if (was_up && !softnic_phy_up(nic))
		p->link_was_lost = true;
}

static void write_phy(struct softnic *nic, uint32_t reg, uint16_t value)
{
	struct softnic_phy *p = phy_of(nic);

	if (reg == (p->kind == SOFTNIC_PHY_IGP ? IGP_PAGE : BM_PAGE) &&
	    p->kind != SOFTNIC_PHY_M88) {
		/* IGP pages start at multiples of 32, the registers of the first count as 0 */
		p->page = p->kind == SOFTNIC_PHY_IGP && value < 32 ? 0 : value;
		p->reg[reg] = value;
		return;
	}
	if (p->page != 0 && reg >= 16)
		return;
	switch (reg) {
	case BMCR:
		write_control(nic, value);
		break;
	case BMSR:
	case ID1:
	case ID2:
	case ANLPAR:
	case ANER:
	case GBSR:
	case ESTATUS:
	case SPECIFIC_STATUS:
		break; /* read only */
	default:
		p->reg[reg] = value;
	}
}

uint32_t softnic_phy_mdic(struct softnic *nic, uint32_t value)
{
	uint32_t reg = value >> MDIC_REG_SHIFT & 31;

	if (!(value & (MDIC_READ | MDIC_WRITE)))
		return value;
	value &= ~MDIC_ERROR;
	if ((value >> MDIC_PHY_SHIFT & 31) != PHY_ADDRESS)
		return value | MDIC_READY | MDIC_ERROR;
	if (value & MDIC_WRITE)
		write_phy(nic, reg, (uint16_t)value);
	else
		value = (value & ~0xffffu) | read_phy(nic, reg);
	return value | MDIC_READY;
}
