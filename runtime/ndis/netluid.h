/* SPDX-License-Identifier: BSD-3-Clause */
/* NET_LUID indices that are taken, for each type of interface. Any thread. */
#ifndef NRT_NDIS_NETLUID_H
#define NRT_NDIS_NETLUID_H

#include <stdbool.h>

#include <ndis.h>

/* Take @index, or any; one that is taken already stays so. False: out of memory or indices. */
bool nrt_netluid_take(NET_IFTYPE type, UINT32 index);
bool nrt_netluid_take_any(NET_IFTYPE type, UINT32 *index);

/* False: it was not taken. */
bool nrt_netluid_give_back(NET_IFTYPE type, UINT32 index);

/* nrt_fini. */
void nrt_netluids_fini(void);

#endif
