/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nodes, groups and records of processors: 60 workers on two nodes, and the runtime's
 * own 17 processors after them, make two groups.
 */
#include "recorder.h"

#include "platform.h"

#define WORKERS 60
#define ALL 77

static int odd_or_even(unsigned int index)
{
	return index % 2 == 0 ? -1 : 1;
}

static void start(void)
{
	static struct nrt_platform platform;
	const struct nrt_options options = {
		.platform = &platform,
		.workers = WORKERS,
		.verifier = true,
	};

	platform = nrt_pthread_platform;
	platform.worker_node = odd_or_even;
	nrt_on_violation(record_violation, NULL);
	cr_assert_eq(nrt_init(&options), 0, "%s", nrt_last_error());
	cr_assert_eq(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), ALL);
}

TestSuite(topology, .init = start, .fini = stop_runtime, .timeout = 60);

#define ODD 0xAAAAAAAAAAAAAAAULL /* of the 60 */
#define REST 0x1FFFULL           /* of group 1 */

Test(topology, a_groups_affinity_is_its_processors)
{
	cr_expect_eq(KeQueryGroupAffinity(0), ~(KAFFINITY)0);
	cr_expect_eq(KeQueryGroupAffinity(1), REST);
	cr_expect_eq(KeQueryGroupAffinity(2), 0);
	cr_expect_eq(KeQueryGroupAffinity(ALL_PROCESSOR_GROUPS), 0);
}

Test(topology, nodes_are_those_of_the_workers)
{
	GROUP_AFFINITY a;
	USHORT n;

	cr_expect_eq(KeQueryHighestNodeNumber(), 1);
	KeQueryNodeActiveAffinity(1, &a, &n);
	cr_expect_eq(a.Mask, ODD);
	cr_expect_eq(a.Group, 0);
	cr_expect_eq(n, 30);
	KeQueryNodeActiveAffinity(0, &a, NULL);
	cr_expect_eq(a.Mask, ~ODD);
	cr_expect_eq(KeQueryNodeActiveProcessorCount(0), ALL - 30);
	cr_expect_eq(KeQueryNodeMaximumProcessorCount(1), 30);
	KeQueryNodeActiveAffinity(2, &a, &n);
	cr_expect_eq(a.Mask, 0);
	cr_expect_eq(n, 0);
	cr_expect_eq(KeQueryNodeActiveProcessorCount(2), 0);
	cr_expect_eq(KeGetRecommendedSharedDataAlignment(), 64);
}

Test(topology, a_node_may_lie_in_several_groups)
{
	GROUP_AFFINITY a[2] = { { .Mask = 7 }, { .Mask = 7 } };
	USHORT n = 0;

	cr_expect_eq(KeQueryNodeActiveAffinity2(0, a, 1, &n), STATUS_BUFFER_TOO_SMALL);
	cr_expect_eq(n, 2);
	cr_expect_eq(a[1].Mask, 7, "nothing is written behind the array");
	cr_expect_eq(KeQueryNodeActiveAffinity2(0, a, 2, &n), STATUS_SUCCESS);
	cr_expect_eq(a[0].Mask, ~ODD);
	cr_expect_eq(a[1].Mask, REST);
	cr_expect_eq(a[1].Group, 1);
	cr_expect_eq(KeQueryNodeActiveAffinity2(1, a, 1, &n), STATUS_SUCCESS);
	cr_expect_eq(n, 1);
	cr_expect_eq(KeQueryNodeActiveAffinity2(2, a, 2, &n), STATUS_INVALID_PARAMETER);
}

/* --------------------------------------------------------------- records */

static SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *query(PROCESSOR_NUMBER *processor,
						     LOGICAL_PROCESSOR_RELATIONSHIP kind,
						     ULONG *length)
{
	SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *r;

	*length = 0;
	cr_assert_eq(KeQueryLogicalProcessorRelationship(processor, kind, NULL, length),
		     STATUS_INFO_LENGTH_MISMATCH);
	r = malloc(*length);
	(*length)--;
	cr_expect_eq(KeQueryLogicalProcessorRelationship(processor, kind, r, length),
		     STATUS_INFO_LENGTH_MISMATCH);
	cr_assert_eq(KeQueryLogicalProcessorRelationship(processor, kind, r, length),
		     STATUS_SUCCESS);
	return r;
}

Test(topology, a_processor_is_a_core_of_its_own)
{
	PROCESSOR_NUMBER number = { .Group = 1, .Number = 3 };
	SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *r;
	ULONG length;

	r = query(&number, RelationProcessorCore, &length);
	cr_expect_eq(r->Size, length);
	cr_expect_eq(r->Relationship, RelationProcessorCore);
	cr_expect_eq(r->Processor.GroupMask[0].Mask, 8);
	cr_expect_eq(r->Processor.GroupMask[0].Group, 1);
	free(r);
	r = query(NULL, RelationProcessorCore, &length);
	cr_expect_eq(length, ALL * r->Size);
	free(r);
	number.Number = 13;
	cr_expect_eq(KeQueryLogicalProcessorRelationship(&number, RelationAll, NULL, &length),
		     STATUS_INVALID_PARAMETER);
}

Test(topology, a_processors_node_and_package_are_told)
{
	PROCESSOR_NUMBER number = { .Number = 5 };
	SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *r;
	const GROUP_AFFINITY *masks;
	ULONG length;

	r = query(&number, RelationNumaNode, &length);
	cr_expect_eq(r->NumaNode.NodeNumber, 1);
	cr_expect_eq(r->NumaNode.GroupMask.Mask, ODD);
	cr_expect_eq(r->Size, length, "no other node's");
	free(r);
	number.Number = 4;
	r = query(&number, RelationProcessorPackage, &length);
	cr_expect_eq(r->Processor.GroupCount, 2);
	masks = r->Processor.GroupMask; /* of more than the one that is declared */
	cr_expect_eq(masks[1].Mask, REST);
	free(r);
	length = 0;
	cr_expect_eq(KeQueryLogicalProcessorRelationship(NULL, RelationCache, NULL, &length),
		     STATUS_SUCCESS, "there are no caches");
	cr_expect_eq(length, 0);
}

Test(topology, all_records_follow_each_other)
{
	SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *r;
	const PROCESSOR_GROUP_INFO *groups;
	unsigned int seen[RelationGroup + 1] = { 0 };
	ULONG length, at = 0;
	char *all = (char *)query(NULL, RelationAll, &length);

	for (; at < length; at += r->Size) {
		r = (SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)(all + at);
		cr_assert_leq((unsigned int)r->Relationship, RelationGroup);
		seen[r->Relationship]++;
		if (r->Relationship != RelationGroup)
			continue;
		cr_expect_eq(r->Group.ActiveGroupCount, 2);
		groups = r->Group.GroupInfo;
		cr_expect_eq(groups[1].ActiveProcessorCount, ALL - 64);
		cr_expect_eq(groups[1].ActiveProcessorMask, REST);
	}
	cr_expect_eq(at, length);
	cr_expect_eq(seen[RelationProcessorCore], ALL);
	cr_expect_eq(seen[RelationNumaNode], 2);
	cr_expect_eq(seen[RelationProcessorPackage], 2);
	cr_expect_eq(seen[RelationGroup], 1);
	free(all);
}

Test(topology, the_current_node_is_that_of_the_current_processor)
{
	GROUP_AFFINITY old, wanted = { .Mask = 2, .Group = 0 };

	cr_expect_eq(KeGetCurrentNodeNumber(), 0);
	KeSetSystemGroupAffinityThread(&wanted, &old);
	cr_expect_eq(KeGetCurrentNodeNumber(), 1);
	KeRevertToUserGroupAffinityThread(&old);
	cr_expect_eq(KeGetCurrentNodeNumber(), 0);
}

Test(topology, a_thread_may_want_a_processor_of_another_group)
{
	GROUP_AFFINITY first, second, wanted = { .Mask = 6, .Group = 1 };
	PROCESSOR_NUMBER number;
	KIRQL old;

	KeSetSystemGroupAffinityThread(&wanted, &first);
	cr_expect_eq(first.Mask, 0);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeGetCurrentProcessorNumberEx(&number);
	cr_expect_eq(number.Group, 1);
	cr_expect(number.Number == 1 || number.Number == 2);
	KeLowerIrql(old);
	wanted.Group = 2;
	KeSetSystemGroupAffinityThread(&wanted, &second);
	cr_expect_eq(second.Mask, 0, "no such group: nothing changed");
	cr_expect_eq(second.Group, 0);
	wanted = (GROUP_AFFINITY){ .Mask = 1 };
	KeSetSystemGroupAffinityThread(&wanted, &second);
	cr_expect_eq(second.Mask, 6);
	cr_expect_eq(second.Group, 1);
	KeRevertToUserGroupAffinityThread(&second);
	KeGetCurrentProcessorNumberEx(&number);
	cr_expect_eq(number.Group, 1);
	KeRevertToUserGroupAffinityThread(&first);
	cr_expect_eq(KeGetCurrentProcessorIndex(), 0);
}
