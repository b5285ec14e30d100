/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file nrt_lower.h
 * What the runtime offers to a lower edge: the provider of devices, buffers
 * and execution under a miniport (the PMD bridge, or anybody's own). Nothing
 * here is private to the reference miniport.
 */
#ifndef NRT_NRT_LOWER_H
#define NRT_NRT_LOWER_H

#include <ndis.h>

#include "nrt.h"
#include "nrt_profile.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Index of the worker this thread is, or -1 on any other thread. No cost. */
NRT_API int nrt_worker_self(void);

/**
 * Run @fn(@arg) on worker @index between two poll callbacks and wait for it.
 * Inline when the caller is that worker or the worker is not running.
 * Context: PASSIVE_LEVEL, any thread but another worker.
 */
NRT_API void nrt_worker_call(unsigned int index, void (*fn)(void *), void *arg);

/** The device an adapter was added with. Valid until MiniportHaltEx returns. */
NRT_API const struct nrt_device *nrt_adapter_device(NDIS_HANDLE miniport_adapter);

/**
 * nrt_adapter_gone() for the lower edge: the device under @miniport_adapter is gone. From
 * MiniportInitializeEx until MiniportHaltEx is called; any thread, IRQL <= DISPATCH_LEVEL;
 * does not block.
 */
NRT_API void nrt_device_gone(NDIS_HANDLE miniport_adapter);

/**
 * A pool of NBLs whose storage is the provider's: @count NBLs, each with one
 * NET_BUFFER, live in memory that the provider owns and formats with
 * nrt_nbl_format(). They are NDIS pool objects all the same: NdisPoolHandle
 * is this pool, and nrt_nbl_live() and the leak check count those that the
 * provider reports as outstanding.
 * Returns NULL when out of memory.
 */
NRT_API NDIS_HANDLE nrt_nbl_pool_over(NDIS_HANDLE owner, uint32_t count,
				      uint64_t (*outstanding)(void *context), void *context);
NRT_API void nrt_nbl_pool_over_free(NDIS_HANDLE pool);

/**
 * Format one NBL + NET_BUFFER pair in the provider's storage, linked to each
 * other and to @mdl, zero data. Both are aligned to 16 bytes.
 */
NRT_API void nrt_nbl_format(NDIS_HANDLE pool, NET_BUFFER_LIST *nbl, NET_BUFFER *nb, MDL *mdl);

/* ----------------------------------------------------------------- meter
 *
 * The borders between stages of the cycle ledger. A worker measures few of its passes;
 * in those nrt_meter points to the measurement, on all other threads and at all other
 * times it is NULL. A function of the data path looks at it once and goes on in one of
 * two variants of one body, to which it is a constant:
 *
 *	if (__builtin_expect(nrt_meter != NULL, 0))
 *		return burst(queue, nrt_meter);
 *	return burst(queue, NULL);
 *
 * Stages nest: what begins inside another one takes its time out of it. Begin and end
 * are on one thread and in pairs.
 */

struct nrt_meter_row {
	uint64_t ticks, packets;
	uint32_t calls, borders;
};

/* The row of what is done for the meter's sake. */
#define NRT_METER_OWN NRT_STAGES

struct nrt_meter {
	uint64_t last;                            /* ticks at the last border */
	uint32_t stage;                           /* what runs since then */
	struct nrt_meter_row row[NRT_STAGES + 1];
};

extern NRT_API __thread struct nrt_meter *nrt_meter __attribute__((tls_model("initial-exec")));

/** The time-stamp counter. */
static inline uint64_t nrt_ticks(void)
{
	return __builtin_ia32_rdtsc();
}

/** From now on @next runs. @meter is not NULL. */
static inline void nrt_meter_border(struct nrt_meter *meter, uint32_t next)
{
	struct nrt_meter_row *row = &meter->row[meter->stage];
	uint64_t now = nrt_ticks();

	row->ticks += now - meter->last;
	row->borders++;
	meter->last = now;
	meter->stage = next;
}

/** Enter @stage; returns what nrt_stage_end() goes back to. @meter may be NULL. */
static inline uint32_t nrt_stage_begin(struct nrt_meter *meter, enum nrt_stage stage)
{
	uint32_t outer;

	if (meter == NULL)
		return 0;
	outer = meter->stage;
	nrt_meter_border(meter, (uint32_t)stage);
	meter->row[stage].calls++;
	return outer;
}

/** The same for a chain whose frames, *@n, the meter wants to know: to count its NET_BUFFERs
 * belongs to no stage. @meter is not NULL. */
static inline uint32_t nrt_stage_begin_chain(struct nrt_meter *meter, enum nrt_stage stage,
					     const NET_BUFFER_LIST *chain, ULONG *n)
{
	uint32_t outer = meter->stage;

	nrt_meter_border(meter, NRT_METER_OWN);
	for (*n = 0; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		for (const NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(chain); nb != NULL;
		     nb = NET_BUFFER_NEXT_NB(nb))
			++*n;
	nrt_meter_border(meter, (uint32_t)stage);
	meter->row[stage].calls++;
	return outer;
}

/** Leave the stage that was entered last, in which @packets were moved. */
static inline void nrt_stage_end(struct nrt_meter *meter, uint32_t outer, uint64_t packets)
{
	if (meter == NULL)
		return;
	meter->row[meter->stage].packets += packets;
	nrt_meter_border(meter, outer);
}

#ifdef __cplusplus
}
#endif
#endif
