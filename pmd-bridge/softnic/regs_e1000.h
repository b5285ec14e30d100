/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers of the 82540EM, 82574 and 82576 by their datasheet names: [8254x]
 * 13.4-13.7, [82574] 10.2, [82576] 8. Offsets are the same in all three where no
 * part is named. For the e1000 files only.
 */
#ifndef SOFTNIC_REGS_E1000_H
#define SOFTNIC_REGS_E1000_H

/* ------------------------- general: [8254x] 13.4, [82574] 10.2.2, [82576] 8.2 */

enum {
	CTRL = 0x0000,
	CTRL_ALIAS = 0x0004,
	STATUS = 0x0008,
	EECD = 0x0010,
	EERD = 0x0014,
	CTRL_EXT = 0x0018,
	MDIC = 0x0020,
	VET = 0x0038,
	LEDCTL = 0x0E00,
	PBA = 0x1000,
	EEMNGCTL = 0x1010,          /* 82576 */
	EEWR = 0x102C,              /* 82574 */
	RXPBS = 0x2404,             /* 82576 */
	TXPBS = 0x3404,             /* 82576 */
	SWSM = 0x5B50,              /* 82574, 82576 */
};

#define CTRL_FD (1u << 0)
#define CTRL_GIO_MASTER_DISABLE (1u << 2)
#define CTRL_ASDE (1u << 5)
#define CTRL_SLU (1u << 6)
#define CTRL_SPEED_1000 (2u << 8)
#define CTRL_RST (1u << 26)
#define CTRL_RFCE (1u << 27)
#define CTRL_TFCE (1u << 28)
#define CTRL_VME (1u << 30)
#define CTRL_PHY_RST (1u << 31)

#define CTRL_EXT_EE_RST (1u << 13)
#define CTRL_EXT_IAME (1u << 27)

#define STATUS_FD (1u << 0)
#define STATUS_LU (1u << 1)
#define STATUS_SPEED_SHIFT 6        /* 0, 1, 2: 10, 100, 1000 Mb/s */
#define STATUS_PHYRA (1u << 10)
#define STATUS_GIO_MASTER (1u << 19)

#define EECD_SK (1u << 0)
#define EECD_CS (1u << 1)
#define EECD_DI (1u << 2)
#define EECD_DO (1u << 3)
#define EECD_FWE_DISABLED (1u << 4)
#define EECD_REQ (1u << 6)
#define EECD_GNT (1u << 7)
#define EECD_PRES (1u << 8)
#define EECD_AUTO_RD (1u << 9)      /* 82574, 82576; the 82540EM's SIZE */
#define EECD_ADDR_BITS (1u << 10)   /* 82574, 82576 */
#define EECD_SIZE_SHIFT 11          /* 82574, 82576: 64 words, times two to this */

#define EERD_START (1u << 0)
#define EERD_DONE_8254X (1u << 4)
#define EERD_DONE (1u << 1)         /* 82574, 82576; also in EEWR */

#define EEMNGCTL_CFG_DONE (3u << 18) /* of both ports */

#define MDIC_REG_SHIFT 16
#define MDIC_PHY_SHIFT 21
#define MDIC_WRITE (1u << 26)
#define MDIC_READ (2u << 26)
#define MDIC_READY (1u << 28)
#define MDIC_ERROR (1u << 30)

#define SWSM_SMBI (1u << 0)

/* -------------- interrupts: [8254x] 13.4.17-21, [82574] 10.2.4, [82576] 8.8 */

enum {
	ICR = 0x00C0,
	ICS = 0x00C8,
	IMS = 0x00D0,
	IMC = 0x00D8,
	IAM = 0x00E0,
	/* 82576: the same five again, at a place of their own */
	ICR_82576 = 0x1500,
	ICS_82576 = 0x1504,
	IMS_82576 = 0x1508,
	IMC_82576 = 0x150C,
	IAM_82576 = 0x1510,
	GPIE = 0x1514,
	EICS = 0x1520,
	EIMS = 0x1524,
	EIMC = 0x1528,
	EIAC = 0x152C,
	EIAM = 0x1530,
	EICR = 0x1580,
	IVAR0 = 0x1700,
	IVAR_MISC = 0x1740,
};

#define ICR_LSC (1u << 2)
#define ICR_RXT0 (1u << 7)
#define ICR_RXQ0 (1u << 20)         /* 82574 */
#define ICR_INT_ASSERTED (1u << 31) /* 82574, 82576 */

#define GPIE_NSICR (1u << 0)
#define GPIE_MULTIPLE_MSIX (1u << 4)
#define GPIE_EIAME (1u << 30)

#define IVAR_VALID 0x80u
#define IVAR_VECTOR 0x1fu

/* -------------------- receive: [8254x] 13.4.22, [82574] 10.2.5, [82576] 8.10 */

enum {
	RCTL = 0x0100,
	RXCSUM = 0x5000,
	RLPML = 0x5004,             /* 82576 */
	MTA = 0x5200,
	RAL = 0x5400,
	RAL_16 = 0x54E0,            /* 82576: entries 16-23 */
	VFTA = 0x5600,
	MRQC = 0x5818,              /* 82574, 82576 */
	RETA = 0x5C00,
	RSSRK = 0x5C80,
};

#define RCTL_EN (1u << 1)
#define RCTL_SBP (1u << 2)
#define RCTL_UPE (1u << 3)
#define RCTL_MPE (1u << 4)
#define RCTL_LPE (1u << 5)
#define RCTL_BAM (1u << 15)
#define RCTL_BSIZE_SHIFT 16
#define RCTL_VFE (1u << 18)
#define RCTL_BSEX (1u << 25)
#define RCTL_SECRC (1u << 26)
#define RCTL_FLXBUF_SHIFT 27        /* 82574, kilobytes */

#define RXCSUM_IPOFLD (1u << 8)
#define RXCSUM_TUOFLD (1u << 9)

#define RAH_AV (1u << 31)

#define MRQC_ENABLE 7u
#define MRQC_RSS_82576 2u
#define MRQC_RSS_82574 1u

/* From a ring's BAL register, 82576: SRRCTL, RQDPC; [82576] 8.10, 8.18. */
#define SRRCTL 0x0Cu
#define RQDPC 0x30u
#define SRRCTL_BSIZEPACKET 0x7fu    /* kilobytes; 0: as RCTL has it */
#define SRRCTL_DROP_EN (1u << 31)

#define DCTL_GRAN (1u << 24)        /* 82540EM, 82574 */
#define DCTL_WTHRESH_1 (1u << 16)

/* ---------------------------- transmit: [8254x] 13.4.33, [82574] 10.2.6 */

enum {
	TCTL = 0x0400,
};

#define TCTL_EN (1u << 1)

/* --------------- statistics: [8254x] 13.7, [82574] 10.2.7, [82576] 8.18 */

enum {
	CRCERRS = 0x4000,
	MPC = 0x4010,
	RLEC = 0x4040,
	XONRXC = 0x4048,
	XONTXC = 0x404C,
	XOFFRXC = 0x4050,
	XOFFTXC = 0x4054,
	PRC64 = 0x405C,             /* and five more */
	GPRC = 0x4074,
	BPRC = 0x4078,
	MPRC = 0x407C,
	GPTC = 0x4080,
	GORCL = 0x4088,
	GORCH = 0x408C,
	GOTCL = 0x4090,
	GOTCH = 0x4094,
	RNBC = 0x40A0,
	ROC = 0x40AC,
	TORL = 0x40C0,
	TORH = 0x40C4,
	TOTL = 0x40C8,
	TOTH = 0x40CC,
	TPR = 0x40D0,
	TPT = 0x40D4,
	PTC64 = 0x40D8,             /* and five more */
	MPTC = 0x40F0,
	BPTC = 0x40F4,
	TSCTC = 0x40F8,
	IAC = 0x4100,               /* 82574, 82576 */
	RPTHC = 0x4104,             /* 82576, to HGOTCH */
	HGPTC = 0x4118,
	HGORCL = 0x4128,
	HGORCH = 0x412C,
	HGOTCL = 0x4130,
	HGOTCH = 0x4134,
	STATISTICS_END = 0x4140,
	/* 82576: of pool n, 0x100 apart; roll over, not cleared */
	PQGPRC = 0x10010,
	PQGPTC = 0x10014,
	PQGORC = 0x10018,
	PQGOTC = 0x10034,
};

#endif
