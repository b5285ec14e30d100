/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of the system: what the other control calls must know of it. */
#ifndef NRT_NDIS_SHUTDOWN_H
#define NRT_NDIS_SHUTDOWN_H

#include <stdbool.h>

/* nrt_shutdown() was called: adapters are neither added nor removed any more. */
bool nrt_going_down(void);

#endif
