/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel services as a whole. nrt_init calls nrt_ke_init first and
 * nrt_fini nrt_ke_fini last: timers, DPCs and work items are served from
 * before the first DriverEntry until after the last Unload.
 */
#ifndef NRT_KE_KE_H
#define NRT_KE_KE_H

struct nrt_platform;

/* @platform NULL: malloc. 0 or -errno, with nothing left running. */
int nrt_ke_init(unsigned int workers, const struct nrt_platform *platform);
void nrt_ke_fini(void);

#endif
