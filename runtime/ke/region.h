/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Critical and guarded regions of the calling thread, for the locks that the
 * documents allow inside one only.
 */
#ifndef NRT_KE_REGION_H
#define NRT_KE_REGION_H

#include <stdbool.h>

#include <wdm_irql.h>

#include "thread.h"

/* Normal kernel APCs would be held off: by a region, or by the IRQL. */
static inline bool nrt_region_entered(void)
{
	return nrt_self.critical != 0 || nrt_self.guarded != 0 || nrt_self.irql >= APC_LEVEL;
}

/* Verifying: report RS-LCK-01 when @ddi was called outside of a region. */
void nrt_check_region(const char *ddi);

#endif
