/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An adapter's NBL counters: one block per worker, written by that worker with
 * plain stores, and one for all other threads, written atomically. Readers add
 * them up; the sum is exact when traffic has stopped.
 */
#ifndef NRT_NDIS_COUNTERS_H
#define NRT_NDIS_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "../thread.h"

/* In the order of struct nrt_ledger, which they are copied to. */
enum nrt_counter {
	NRT_RX_INDICATED,
	NRT_RX_INDICATED_RES,
	NRT_RX_RETURNED,
	NRT_RX_DELIVERED,
	NRT_RX_COPIES,
	NRT_RX_LOOPED,
	NRT_RX_DROP_FILTER,
	NRT_RX_DROP_PAUSED,
	NRT_TX_SUBMITTED,
	NRT_TX_REJECTED,
	NRT_TX_COMPLETED,
	NRT_TX_HANDED,
	NRT_TX_RETURNED,
	NRT_RX_INTO_FILTERS,
	NRT_RX_OUT_OF_FILTERS,
	NRT_TX_INTO_FILTERS,
	NRT_TX_OUT_OF_FILTERS,
	NRT_DONE_INTO_FILTERS,
	NRT_DONE_OUT_OF_FILTERS,
	NRT_N_COUNTERS,
};

struct nrt_counters {
	_Alignas(64) _Atomic uint64_t v[NRT_N_COUNTERS];
};

/* @counters is an adapter's array: [0] for foreign threads, [w + 1] worker w. */
static inline void nrt_count(struct nrt_counters *counters, enum nrt_counter id, uint64_t n)
{
	_Atomic uint64_t *v = &counters[nrt_self.worker + 1].v[id];

	if (nrt_self.worker >= 0)
		atomic_store_explicit(v, atomic_load_explicit(v, memory_order_relaxed) + n,
				      memory_order_relaxed);
	else
		atomic_fetch_add_explicit(v, n, memory_order_relaxed);
}

#endif
