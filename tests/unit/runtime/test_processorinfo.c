/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processors as a driver learns of them: all, those for receive side scaling, and
 * how busy the current one is.
 */
#include <string.h>

#include "contract.h"

#include <nrt/nrt_lower.h>

#define WORKERS 3

static void start(void)
{
	contract_start_with(WORKERS, 0, true);
}

TestSuite(processorinfo, .init = start, .fini = contract_end, .timeout = 60);

static struct stack s;

Test(processorinfo, every_processor_is_described_and_the_buffer_is_as_long_as_it_says)
{
	SIZE_T size = 0, given;
	NDIS_SYSTEM_PROCESSOR_INFO_EX *info;
	const ULONG n = NdisSystemActiveProcessorCount(NULL);

	cr_expect_eq(NdisGetProcessorInformationEx(NULL, NULL, &size),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_geq(size, sizeof(*info) + n * sizeof(NDIS_PROCESSOR_INFO_EX));
	info = malloc(size);
	given = size - 1;
	cr_expect_eq(NdisGetProcessorInformationEx(NULL, info, &given),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(given, size);
	cr_assert_eq(NdisGetProcessorInformationEx(NULL, info, &size), NDIS_STATUS_SUCCESS);
	cr_expect_eq(info->Header.Type, NDIS_OBJECT_TYPE_DEFAULT);
	cr_expect_eq(info->Header.Size, NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_EX_REVISION_1);
	cr_expect_eq(info->NumberOfProcessors, n);
	cr_expect_leq(info->NumCores, info->NumSockets * info->NumCoresPerSocket);
	for (ULONG i = 0; i < n; i++) {
		const NDIS_PROCESSOR_INFO_EX *p =
			(const void *)((const UCHAR *)info + info->ProcessorInfoOffset +
				       i * info->ProcessorInfoEntrySize);
		PROCESSOR_NUMBER number = p->ProcNum;

		cr_expect_eq(NdisProcessorNumberToIndex(&number), i);
		cr_expect_lt(p->SocketId, info->NumSockets);
		cr_expect_lt(p->CoreId, info->NumCoresPerSocket);
		cr_expect_eq(p->NodeDistance, 0xFFFF); /* from no NIC */
	}
	free(info);
}

static ULONG distance_by(NDIS_HANDLE handle)
{
	SIZE_T size = 0;
	NDIS_SYSTEM_PROCESSOR_INFO_EX *info;
	ULONG distance;

	NdisGetProcessorInformationEx(handle, NULL, &size);
	info = malloc(size);
	cr_assert_eq(NdisGetProcessorInformationEx(handle, info, &size), NDIS_STATUS_SUCCESS);
	distance = ((const NDIS_PROCESSOR_INFO_EX *)(info + 1))->NodeDistance;
	free(info);
	return distance;
}

Test(processorinfo, distances_are_those_from_the_adapter_whose_handle_is_given)
{
	stack_up(&s);
	cr_expect_eq(distance_by(s.a.handle), 10); /* it is on no node, so near to all */
	cr_expect_eq(distance_by(s.m.handle), 0);
	cr_expect_eq(distance_by(s.p[0].handle), 0xFFFF);
	stack_down(&s);
}

Test(processorinfo, the_workers_are_the_processors_for_receive_side_scaling)
{
	struct {
		NDIS_RSS_PROCESSOR_INFO info;
		NDIS_RSS_PROCESSOR each[WORKERS];
	} rss;
	NDIS_HANDLE handles[2];
	SIZE_T size;

	stack_up(&s);
	handles[0] = s.a.handle;
	handles[1] = stack_binding(&s, 0)->handle;
	for (int i = 0; i < 2; i++) {
		size = sizeof(rss) - 1;
		cr_expect_eq(NdisGetRssProcessorInformation(handles[i], &rss.info, &size),
			     NDIS_STATUS_BUFFER_TOO_SHORT);
		cr_assert_eq(size, sizeof(rss));
		cr_assert_eq(NdisGetRssProcessorInformation(handles[i], &rss.info, &size),
			     NDIS_STATUS_SUCCESS);
		cr_expect_eq(rss.info.Header.Type, NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO);
		cr_expect_eq(rss.info.MaxNumRssProcessors, WORKERS);
		cr_expect_eq(rss.info.RssProcessorCount, WORKERS);
		cr_expect_eq(rss.info.RssProcessorArrayOffset, sizeof(rss.info));
		cr_expect_eq(rss.info.RssMaxProcessor.Number, WORKERS - 1);
		for (ULONG w = 0; w < WORKERS; w++) {
			cr_expect_eq(NdisProcessorNumberToIndex(&rss.each[w].ProcNum), w);
			cr_expect_eq(rss.each[w].PreferenceIndex, 0);
		}
	}
	stack_down(&s);
}

Test(processorinfo, the_older_form_says_the_same)
{
	UCHAR rss[NDIS_MAX_PROCESSOR_COUNT];
	NDIS_SYSTEM_PROCESSOR_INFO info = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_SYSTEM_PROCESSOR_INFO_REVISION_1,
			    NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_REVISION_1 - 1 },
		.RssProcessors = rss,
	};

	memset(rss, 0xFF, sizeof(rss));
	cr_expect_eq(NdisGetProcessorInformation(&info), NDIS_STATUS_BUFFER_TOO_SHORT);
	info.Header.Size++;
	cr_assert_eq(NdisGetProcessorInformation(&info), NDIS_STATUS_SUCCESS);
	cr_expect_eq(info.NumCores, NdisSystemActiveProcessorCount(NULL));
	cr_expect_eq(info.RssBaseCpu, 0);
	cr_expect_eq(info.RssCpuCount, WORKERS);
	for (ULONG i = 0; i < WORKERS; i++)
		cr_expect_eq(rss[i], i);
	cr_expect_eq(rss[WORKERS], 0xFF);
	for (ULONG i = 0; i < info.NumCores; i++)
		cr_expect_eq(info.CpuInfo[i].CpuNumber, i);
}

/* ---------------------------------------------------------------------- usage */

struct counts {
	ULONG idle, all, index, usage;
};

static void take_counts(void *arg)
{
	struct counts *c = arg;

	NdisGetCurrentProcessorCounts(&c->idle, &c->all, &c->index);
	NdisGetCurrentProcessorCpuUsage(&c->usage);
}

Test(processorinfo, the_counts_of_a_worker_grow_and_idle_time_is_part_of_all)
{
	struct counts before, after;

	nrt_worker_call(1, take_counts, &before);
	do
		nrt_worker_call(1, take_counts, &after);
	while (after.all - before.all < 100);
	cr_expect_eq(before.index, 1);
	cr_expect_eq(after.index, 1);
	cr_expect_leq(after.idle - before.idle, after.all - before.all);
	cr_expect_leq(after.idle, after.all, "since it started they cannot have wrapped");
	cr_expect_leq(after.usage, 100);
}

Test(processorinfo, a_thread_that_is_no_worker_has_counts_too)
{
	struct counts before, after;

	take_counts(&before);
	do
		take_counts(&after);
	while (after.all - before.all < 100);
	cr_expect_leq(after.idle - before.idle, after.all - before.all);
	cr_expect_leq(after.usage, 100);
}

/* --------------------------------------------------------------------- system */

Test(processorinfo, a_hypervisor_is_told_of_to_who_asks_rightly)
{
	NDIS_HYPERVISOR_INFO info = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_HYPERVISOR_INFO_REVISION_1,
			    NDIS_SIZEOF_HYPERVISOR_INFO_REVISION_1 },
		.Flags = 0xFFFFFFFF,
		.PartitionType = NdisHypervisorPartitionTypeMax,
	};

	cr_assert_eq(NdisGetHypervisorInfo(&info), NDIS_STATUS_SUCCESS);
	cr_expect_leq(info.Flags, NDIS_HYPERVISOR_INFO_FLAG_HYPERVISOR_PRESENT);
	cr_expect_lt(info.PartitionType, NdisHypervisorPartitionTypeMax);
	info.Header.Size--;
	cr_expect_eq(NdisGetHypervisorInfo(&info), NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect(violations_are("RS-NB-11", NULL));
}

Test(processorinfo, shared_data_is_aligned_to_a_cache_line)
{
	cr_expect_eq(NdisGetSharedDataAlignment(), 64);
}
