/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers of the 82599 that the model gives behaviour, by their datasheet
 * names; numbers in brackets are sections of 331520.
 */
#ifndef SOFTNIC_REGS_82599_H
#define SOFTNIC_REGS_82599_H

/* General [8.2.3.1] */
#define IX_CTRL 0x00000
#define IX_CTRL_ALIAS 0x00004
#define IX_CTRL_LRST (1u << 3)
#define IX_CTRL_RST (1u << 26)
#define IX_STATUS 0x00008
#define IX_CTRL_EXT 0x00018
#define IX_ESDP 0x00020
#define IX_ESDP_SDP2 (1u << 2)      /* the cage has a module */
#define IX_I2CCTL 0x00028

/* EEPROM [8.2.3.2] */
#define IX_EEC 0x10010
#define IX_EEC_BITBANG 0x0000000f
#define IX_EEC_REQ (1u << 6)
#define IX_EEC_GNT (1u << 7)
#define IX_EEC_PRES (1u << 8)
#define IX_EEC_ARD (1u << 9)
#define IX_EEC_SIZE_SHIFT 11
#define IX_EERD 0x10014
#define IX_EERD_START (1u << 0)
#define IX_EERD_DONE (1u << 1)
#define IX_EEMNGCTL 0x10110
#define IX_EEMNGCTL_CFG_DONE (3u << 18)
#define IX_SWSM 0x10140
#define IX_SWSM_SMBI (1u << 0)

/* Flow control [8.2.3.3] */
#define IX_FCCFG 0x03d00
#define IX_FCCFG_TFCE_802_3X (1u << 3)

/* Interrupts [8.2.3.5] */
#define IX_EICR 0x00800
#define IX_EICR_LSC (1u << 20)
#define IX_EICS 0x00808
#define IX_EIAC 0x00810
#define IX_EIMS 0x00880
#define IX_EIMC 0x00888
#define IX_EIAM 0x00890
#define IX_GPIE 0x00898
#define IX_GPIE_MSIX (1u << 4)
#define IX_GPIE_EIAME (1u << 30)
#define IX_IVAR(i) (0x00900u + 4u * (i))
#define IX_IVAR_VALID 0x80u
#define IX_IVAR_MISC 0x00a00
#define IX_EICS_EX(i) (0x00a90u + 4u * (i))
#define IX_EIMS_EX(i) (0x00aa0u + 4u * (i))
#define IX_EIMC_EX(i) (0x00ab0u + 4u * (i))

/* Receive [8.2.3.7, 8.2.3.8] */
#define IX_FCTRL 0x05080
#define IX_FCTRL_SBP (1u << 1)
#define IX_FCTRL_MPE (1u << 8)
#define IX_FCTRL_UPE (1u << 9)
#define IX_FCTRL_BAM (1u << 10)
#define IX_VLNCTRL 0x05088
#define IX_VLNCTRL_VFE (1u << 30)
#define IX_MRQC 0x05818
#define IX_MRQC_MRQE 0xf
#define IX_MRQC_FIELDS_SHIFT 16
#define IX_RXCSUM 0x05000
#define IX_MTA 0x05200
#define IX_RAL(i) ((i) < 16 ? 0x05400u + 8u * (i) : 0x0a200u + 8u * (i))
#define IX_VFTA 0x0a000
#define IX_RETA 0x05c00
#define IX_RSSRK 0x05c80
#define IX_RDBAL(q) (0x01000u + 0x40u * (q))
#define IX_SRRCTL(q) ((q) < 16 ? 0x02100u + 4u * (q) : 0x01014u + 0x40u * (q))
#define IX_SRRCTL_BSIZEPACKET 0x1f
#define IX_SRRCTL_DROP_EN (1u << 28)
#define IX_RXDCTL_VME (1u << 30)
#define IX_RDRXCTL 0x02f00
#define IX_RDRXCTL_DMAIDONE (1u << 3)
#define IX_RXCTRL 0x03000
#define IX_RXCTRL_RXEN (1u << 0)

/* Transmit [8.2.3.9] */
#define IX_DMATXCTL 0x04a80
#define IX_DMATXCTL_TE (1u << 0)
#define IX_TDBAL(q) (0x06000u + 0x40u * (q))

/* Security engine [8.2.3.13] */
#define IX_SECTXSTAT 0x08804
#define IX_SECRXSTAT 0x08d04
#define IX_SEC_READY (1u << 0)

/* MAC and PHY [8.2.3.22] */
#define IX_HLREG0 0x04240
#define IX_HLREG0_RXCRCSTRP (1u << 1)
#define IX_HLREG0_JUMBOEN (1u << 2)
#define IX_HLREG0_LPBK (1u << 15)
#define IX_MSCA 0x0425c
#define IX_MSCA_MDI_CMD (1u << 30)
#define IX_MSRWD 0x04260
#define IX_MAXFRS 0x04268
#define IX_MFLCN 0x04294
#define IX_MFLCN_RFCE (1u << 3)
#define IX_AUTOC 0x042a0
#define IX_AUTOC_LMS_10G_SFI (3u << 13)
#define IX_AUTOC_10G_PMA (2u << 7)
#define IX_AUTOC_RESTART_AN (1u << 12)
#define IX_LINKS 0x042a4
#define IX_LINKS_UP (1u << 30)
#define IX_LINKS_10G (3u << 28)
#define IX_LINKS_SIGNAL (1u << 7)
#define IX_ANLP1 0x042b0

/* Flow director [8.2.3.21] */
#define IX_FDIRCTRL 0x0ee00
#define IX_FDIRCTRL_INIT_DONE (1u << 3)

/* Statistics [8.2.3.23]; all clear on read */
#define IX_CRCERRS 0x04000
#define IX_MPC(i) (0x03fa0u + 4u * (i))
#define IX_PRC64 0x0405c
#define IX_GPRC 0x04074
#define IX_BPRC 0x04078
#define IX_MPRC 0x0407c
#define IX_GPTC 0x04080
#define IX_GORCL 0x04088
#define IX_GOTCL 0x04090
#define IX_ROC 0x040ac
#define IX_TORL 0x040c0
#define IX_TPR 0x040d0
#define IX_TPT 0x040d4
#define IX_PTC64 0x040d8
#define IX_MPTC 0x040f0
#define IX_BPTC 0x040f4
#define IX_LXONTXC 0x03f60
#define IX_LXOFFTXC 0x03f68
#define IX_LXONRXCNT 0x041a4
#define IX_LXOFFRXCNT 0x041a8
#define IX_RQSMR(i) (0x02300u + 4u * (i))
#define IX_TQSM(i) (0x08600u + 4u * (i))
#define IX_QPRC(i) (0x01030u + 0x40u * (i))
#define IX_QPRDC(i) (0x01430u + 0x40u * (i))
#define IX_QBRCL(i) (0x01034u + 0x40u * (i))
#define IX_QPTC(i) (0x06030u + 0x40u * (i))
#define IX_QBTCL(i) (0x08700u + 0x8u * (i))

#endif
