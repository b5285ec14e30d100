/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration store; its functions are NDIS's and nrt_config_set(). */
#ifndef NRT_NDIS_CONFIG_H
#define NRT_NDIS_CONFIG_H

/* nrt_fini: forget everything. */
void nrt_config_fini(void);

#endif
