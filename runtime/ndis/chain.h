/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chains of NET_BUFFER_LISTs as NDIS hands them on. Any thread that owns the chain.
 */
#ifndef NRT_CHAIN_H
#define NRT_CHAIN_H

#include <ndis.h>

/* How many NBLs there are from @chain on; 0 for NULL. */
static inline ULONG nrt_chain_length(const NET_BUFFER_LIST *chain)
{
	ULONG n = 0;

	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		n++;
	return n;
}

#endif
