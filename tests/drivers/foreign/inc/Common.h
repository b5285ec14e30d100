/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the sources of the foreign driver share. Named COMMON.H by driver.c.
 */
#pragma once

#include "SUB\names.h"
#include "trace.h"

#define FOREIGN_NAME L"wide"

typedef struct DECLSPEC_ALIGN(16) _FOREIGN_COUNTS {
	union {
		struct {
			USHORT Low;
			USHORT High;
		};
		ULONG Both;
	};
	__declspec(align(8)) __int64 Total;
} FOREIGN_COUNTS, *PFOREIGN_COUNTS;

EXTERN_C DRIVER_INITIALIZE DriverEntry;
FILTER_ATTACH FilterAttach;
FILTER_DETACH FilterDetach;
FILTER_RESTART FilterRestart;
FILTER_PAUSE FilterPause;
