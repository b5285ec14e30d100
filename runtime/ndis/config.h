/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration store; its functions are NDIS's and nrt_config_set(). */
#ifndef NRT_NDIS_CONFIG_H
#define NRT_NDIS_CONFIG_H

/* 6.85, for drivers that ask: major above minor, a half each. */
#define NRT_NDIS_VERSION 0x00060055
#define NRT_NDIS_VERSION_TEXT "0x00060055"

/* nrt_fini: forget everything. */
void nrt_config_fini(void);

#endif
