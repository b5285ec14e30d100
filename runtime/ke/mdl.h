/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rest of the runtime needs of MDLs beyond the documented names.
 * Any thread, up to DISPATCH_LEVEL.
 */
#ifndef NRT_KE_MDL_H
#define NRT_KE_MDL_H

#include <stdint.h>

#include <wdm_mdl.h>

/* An MDL and its page numbers, charged to @owner (an NDIS handle or NULL). */
PMDL nrt_mdl_alloc(void *va, uint32_t length, const void *owner);

/* The page numbers of the buffer, and NRT_MDL_DMA when it is one piece on the bus. */
void nrt_mdl_fill_pages(PMDL mdl);

#endif
