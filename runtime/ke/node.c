/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NUMA nodes of the emulated processors: a worker's is that of its lcore, all other
 * processors lie on node 0. Asked by drivers at any IRQL.
 */
#include <unistd.h>

#include <wdm.h>

#include "../worker.h"
#include "processor.h"

#include <nrt/nrt_profile.h>

#define GROUP_SIZE 64

uint32_t nrt_processor_node(uint32_t number)
{
	int node = number < nrt_worker_count() ? nrt_worker_node(number) : 0;

	return node > 0 ? (uint32_t)node : 0;
}

USHORT KeGetCurrentNodeNumber(VOID)
{
	return (USHORT)nrt_processor_node(KeGetCurrentProcessorIndex());
}

USHORT KeQueryHighestNodeNumber(VOID)
{
	uint32_t highest = 0;

	for (uint32_t i = 0; i < nrt_worker_count(); i++)
		if (nrt_processor_node(i) > highest)
			highest = nrt_processor_node(i);
	return (USHORT)highest;
}

/* The processors of @group that lie on @node. */
static KAFFINITY mask_of(USHORT node, USHORT group)
{
	KAFFINITY mask = KeQueryGroupAffinity(group);

	for (uint32_t i = 0; i < GROUP_SIZE; i++)
		if (nrt_processor_node(group * GROUP_SIZE + i) != node)
			mask &= ~((KAFFINITY)1 << i);
	return mask;
}

static USHORT count(KAFFINITY mask)
{
	return (USHORT)__builtin_popcountll(mask);
}

VOID KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count)
{
	GROUP_AFFINITY most = { 0 };

	for (USHORT group = 0; group < KeQueryActiveGroupCount(); group++) {
		KAFFINITY mask = mask_of(NodeNumber, group);

		if (count(mask) > count(most.Mask))
			most = (GROUP_AFFINITY){ .Mask = mask, .Group = group };
	}
	if (Affinity != NULL)
		*Affinity = most;
	if (Count != NULL)
		*Count = count(most.Mask);
}

NTSTATUS KeQueryNodeActiveAffinity2(USHORT NodeNumber, PGROUP_AFFINITY GroupAffinities,
				    USHORT GroupAffinitiesCount, PUSHORT GroupAffinitiesRequired)
{
	USHORT needed = 0;

	if (NodeNumber > KeQueryHighestNodeNumber())
		return STATUS_INVALID_PARAMETER;
	for (USHORT group = 0; group < KeQueryActiveGroupCount(); group++) {
		KAFFINITY mask = mask_of(NodeNumber, group);

		if (mask == 0)
			continue;
		if (needed < GroupAffinitiesCount)
			GroupAffinities[needed] = (GROUP_AFFINITY){ .Mask = mask, .Group = group };
		needed++;
	}
	*GroupAffinitiesRequired = needed;
	return needed <= GroupAffinitiesCount ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

USHORT KeQueryNodeActiveProcessorCount(USHORT NodeNumber)
{
	USHORT n = 0;

	for (USHORT group = 0; group < KeQueryActiveGroupCount(); group++)
		n = (USHORT)(n + count(mask_of(NodeNumber, group)));
	return n;
}

/* No processor comes later. */
USHORT KeQueryNodeMaximumProcessorCount(USHORT NodeNumber)
{
	return KeQueryNodeActiveProcessorCount(NodeNumber);
}

ULONG KeGetRecommendedSharedDataAlignment(VOID)
{
	return SYSTEM_CACHE_ALIGNMENT_SIZE;
}
