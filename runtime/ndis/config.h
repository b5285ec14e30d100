/* SPDX-License-Identifier: BSD-3-Clause */
/* What NDIS itself answers of a driver's configuration. */
#ifndef NRT_NDIS_CONFIG_H
#define NRT_NDIS_CONFIG_H

/* 6.85, for drivers that ask: major above minor, a half each. */
#define NRT_NDIS_VERSION 0x00060055
#define NRT_NDIS_VERSION_TEXT "0x00060055"

#endif
