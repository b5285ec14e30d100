/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processors under their NDIS names: counts that agree, and the one the caller runs on.
 */
#include "contract.h"

#include <nrt/nrt_lower.h>

#define WORKERS 2

static void start(void)
{
	contract_start_with(WORKERS, 0, true);
}

TestSuite(ndis_processor, .init = start, .fini = contract_end, .timeout = 60);

Test(ndis_processor, counts_agree)
{
	KAFFINITY active = 0;
	ULONG n = NdisSystemActiveProcessorCount(&active);

	cr_expect_gt(n, WORKERS, "workers, and those of other threads");
	cr_expect_eq((ULONG)NdisSystemProcessorCount(), n);
	cr_expect_eq(NdisActiveGroupCount(), 1);
	cr_expect_eq(NdisMaxGroupCount(), 1);
	cr_expect_eq(NdisGroupActiveProcessorCount(0), n);
	cr_expect_eq(NdisGroupMaxProcessorCount(0), n);
	cr_expect_eq(NdisGroupActiveProcessorCount(ALL_PROCESSOR_GROUPS), n);
	cr_expect_eq(NdisGroupActiveProcessorCount(1), 0);
	cr_expect_eq(NdisGroupActiveProcessorMask(0), active);
	cr_expect_eq((ULONG)__builtin_popcountll(active), n);
}

struct where {
	ULONG index;
	PROCESSOR_NUMBER number;
};

static void look(void *arg)
{
	struct where *w = arg;

	w->index = NdisCurrentProcessorIndex();
	w->number = NdisCurrentGroupAndProcessor();
}

Test(ndis_processor, a_worker_runs_on_its_own)
{
	struct where w;

	for (unsigned int i = 0; i < WORKERS; i++) {
		nrt_worker_call(i, look, &w);
		cr_expect_eq(w.index, i);
		cr_expect_eq(w.number.Group, 0);
		cr_expect_eq(w.number.Number, i);
	}
}

Test(ndis_processor, another_thread_at_dispatch_level_runs_on_none_of_the_workers)
{
	PROCESSOR_NUMBER back;
	struct where w;
	KIRQL old;

	NDIS_RAISE_IRQL_TO_DISPATCH(&old);
	look(&w);
	NDIS_LOWER_IRQL(old, DISPATCH_LEVEL);
	cr_expect_geq(w.index, WORKERS);
	cr_expect_eq(NdisProcessorNumberToIndex(&w.number), w.index);
	cr_expect_eq(NdisProcessorIndexToNumber(w.index, &back), NDIS_STATUS_SUCCESS);
	cr_expect_eq(back.Number, w.number.Number);
	cr_expect_neq(NdisProcessorIndexToNumber(NdisSystemActiveProcessorCount(NULL), &back),
		      NDIS_STATUS_SUCCESS);
}
