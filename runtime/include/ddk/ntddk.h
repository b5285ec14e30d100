/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The umbrella header of legacy and network drivers: wdm.h, which holds all
 * that the runtime offers of either.
 */
#ifndef NRT_DDK_NTDDK_H
#define NRT_DDK_NTDDK_H

#include "wdm.h"

#endif
