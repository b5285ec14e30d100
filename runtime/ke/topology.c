/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the emulated processors lie together, as records of one kind or all: a core
 * each, in the package of its node, without caches. Called by drivers up to
 * DISPATCH_LEVEL. [nf-wdm-kequerylogicalprocessorrelationship]
 */
#include <wdm.h>

#include "irql.h"
#include "processor.h"

#define GROUP_SIZE 64
#define MAX_GROUPS 16
#define NO_PROCESSOR UINT32_MAX

#define HEAD offsetof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor)

/* Records go where they fit; how long all of them are is counted in any case. */
struct sink {
	char *to;
	ULONG room, needed;
	uint32_t only; /* a processor, or NO_PROCESSOR: all */
};

static void put(struct sink *s, SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *record, size_t size)
{
	record->Size = (ULONG)size;
	if (s->room >= s->needed + size)
		memcpy(s->to + s->needed, record, size);
	s->needed += (ULONG)size;
}

static bool wanted(const struct sink *s, uint32_t processor)
{
	return s->only == NO_PROCESSOR || s->only == processor;
}

static void put_cores(struct sink *s)
{
	for (uint32_t i = 0; i < nrt_processor_count(); i++) {
		SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX r = { .Relationship = RelationProcessorCore };

		if (!wanted(s, i))
			continue;
		r.Processor.GroupCount = 1;
		r.Processor.GroupMask[0].Mask = (KAFFINITY)1 << i % GROUP_SIZE;
		r.Processor.GroupMask[0].Group = (USHORT)(i / GROUP_SIZE);
		put(s, &r, HEAD + sizeof(r.Processor));
	}
}

/* One record for each node that has processors: of the node, or of its package. */
static void put_nodes(struct sink *s, LOGICAL_PROCESSOR_RELATIONSHIP kind)
{
	union {
		SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX r;
		char room[sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX) +
			  MAX_GROUPS * sizeof(GROUP_AFFINITY)];
	} u;
	USHORT n;

	for (USHORT node = 0; node <= KeQueryHighestNodeNumber(); node++) {
		memset(&u, 0, sizeof(u));
		u.r.Relationship = kind;
		KeQueryNodeActiveAffinity2(node, kind == RelationNumaNode ? u.r.NumaNode.GroupMasks
									 : u.r.Processor.GroupMask,
					   MAX_GROUPS, &n);
		if (n == 0 || (s->only != NO_PROCESSOR && nrt_processor_node(s->only) != node))
			continue;
		if (kind == RelationNumaNode) {
			u.r.NumaNode.NodeNumber = node;
			u.r.NumaNode.GroupCount = n;
		} else {
			u.r.Processor.GroupCount = n;
		}
		put(s, &u.r, HEAD + sizeof(u.r.Processor) + (n - 1U) * sizeof(GROUP_AFFINITY));
	}
}

static void put_groups(struct sink *s)
{
	union {
		SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX r;
		char room[sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX) +
			  MAX_GROUPS * sizeof(PROCESSOR_GROUP_INFO)];
	} u;
	USHORT n = KeQueryActiveGroupCount();

	memset(&u, 0, sizeof(u));
	u.r.Relationship = RelationGroup;
	u.r.Group.MaximumGroupCount = u.r.Group.ActiveGroupCount = n;
	for (USHORT i = 0; i < n; i++) {
		PROCESSOR_GROUP_INFO *info = &u.r.Group.GroupInfo[i];

		info->ActiveProcessorMask = KeQueryGroupAffinity(i);
		info->MaximumProcessorCount = (UCHAR)KeQueryMaximumProcessorCountEx(i);
		info->ActiveProcessorCount = (UCHAR)KeQueryActiveProcessorCountEx(i);
	}
	put(s, &u.r, HEAD + sizeof(u.r.Group) + (n - 1U) * sizeof(PROCESSOR_GROUP_INFO));
}

NTSTATUS
KeQueryLogicalProcessorRelationship(PPROCESSOR_NUMBER ProcessorNumber,
				    LOGICAL_PROCESSOR_RELATIONSHIP RelationshipType,
				    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Information,
				    PULONG Length)
{
	bool all = RelationshipType == RelationAll;
	struct sink s = { .to = (char *)Information, .only = NO_PROCESSOR,
			  .room = Information != NULL ? *Length : 0 };

	nrt_check_irql("KeQueryLogicalProcessorRelationship", DISPATCH_LEVEL);
	if (ProcessorNumber != NULL) {
		s.only = KeGetProcessorIndexFromNumber(ProcessorNumber);
		if (s.only == ~(ULONG)0)
			return STATUS_INVALID_PARAMETER;
	}
	if (all || RelationshipType == RelationProcessorCore)
		put_cores(&s);
	if (all || RelationshipType == RelationNumaNode)
		put_nodes(&s, RelationNumaNode);
	if (all || RelationshipType == RelationProcessorPackage)
		put_nodes(&s, RelationProcessorPackage);
	if (all || RelationshipType == RelationGroup)
		put_groups(&s);
	*Length = s.needed;
	return s.needed <= s.room ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}
