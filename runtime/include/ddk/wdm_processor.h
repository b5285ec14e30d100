/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which processors a thread runs on, how they lie together in nodes, packages and
 * groups, and what there is to know of threads: priority, time, stack. Part of wdm.h.
 *
 * The processors are the runtime's emulated ones (KeGetCurrentProcessorNumberEx),
 * each a core of its own in the package of its NUMA node, without caches.
 */
#ifndef NRT_DDK_WDM_PROCESSOR_H
#define NRT_DDK_WDM_PROCESSOR_H

#include "wdm_sync.h"

NRT_EXTERN_C_BEGIN

/* -------------------------------------------------------------- affinity */

/**
 * The calling thread runs on one of these processors: KeGetCurrentProcessorNumberEx
 * says which, and at DISPATCH_LEVEL nothing else runs there. A mask of none, or of
 * processors that are not there, changes nothing. IRQL <= DISPATCH_LEVEL, where the
 * change waits until IRQL is lowered.
 * Returns the mask that was set before, 0: none was, which reverts to none.
 */
NRT_EXPORT KAFFINITY KeSetSystemAffinityThreadEx(KAFFINITY Affinity);
NRT_EXPORT VOID KeRevertToUserAffinityThreadEx(KAFFINITY Affinity);
NRT_EXPORT VOID KeSetSystemAffinityThread(KAFFINITY Affinity);
NRT_EXPORT VOID KeRevertToUserAffinityThread(VOID);
/** @PreviousAffinity, which may be NULL: all 0 when none was set or nothing changed. */
NRT_EXPORT VOID KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity,
					       PGROUP_AFFINITY PreviousAffinity);
NRT_EXPORT VOID KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity);

/* -------------------------------------------------------------- topology */

/* Any IRQL. A group or node that is not there has no processors. */
NRT_EXPORT KAFFINITY KeQueryGroupAffinity(USHORT GroupNumber);
NRT_EXPORT USHORT KeGetCurrentNodeNumber(VOID);
NRT_EXPORT USHORT KeQueryHighestNodeNumber(VOID);
/** The node's processors in the group that has most of them. */
NRT_EXPORT VOID KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity,
					  PUSHORT Count);
/** In each group. STATUS_INVALID_PARAMETER, STATUS_BUFFER_TOO_SMALL. */
NRT_EXPORT NTSTATUS KeQueryNodeActiveAffinity2(USHORT NodeNumber, PGROUP_AFFINITY GroupAffinities,
					       USHORT GroupAffinitiesCount,
					       PUSHORT GroupAffinitiesRequired);
NRT_EXPORT USHORT KeQueryNodeActiveProcessorCount(USHORT NodeNumber);
NRT_EXPORT USHORT KeQueryNodeMaximumProcessorCount(USHORT NodeNumber);
/** Bytes that two processors' data should be apart. */
NRT_EXPORT ULONG KeGetRecommendedSharedDataAlignment(VOID);

typedef enum _LOGICAL_PROCESSOR_RELATIONSHIP {
	RelationProcessorCore,
	RelationNumaNode,
	RelationCache,
	RelationProcessorPackage,
	RelationGroup,
	RelationProcessorDie,
	RelationNumaNodeEx,
	RelationProcessorModule,
	RelationAll = 0xffff
} LOGICAL_PROCESSOR_RELATIONSHIP;

typedef enum _PROCESSOR_CACHE_TYPE {
	CacheUnified,
	CacheInstruction,
	CacheData,
	CacheTrace
} PROCESSOR_CACHE_TYPE;

typedef struct _PROCESSOR_RELATIONSHIP {
	UCHAR Flags;
	UCHAR EfficiencyClass;
	UCHAR Reserved[20];
	USHORT GroupCount;
	GROUP_AFFINITY GroupMask[ANYSIZE_ARRAY];
} PROCESSOR_RELATIONSHIP, *PPROCESSOR_RELATIONSHIP;

typedef struct _NUMA_NODE_RELATIONSHIP {
	ULONG NodeNumber;
	UCHAR Reserved[18];
	USHORT GroupCount;
	union {
		GROUP_AFFINITY GroupMask;
		GROUP_AFFINITY GroupMasks[ANYSIZE_ARRAY];
	};
} NUMA_NODE_RELATIONSHIP, *PNUMA_NODE_RELATIONSHIP;

typedef struct _CACHE_RELATIONSHIP {
	UCHAR Level;
	UCHAR Associativity;
	USHORT LineSize;
	ULONG CacheSize;
	PROCESSOR_CACHE_TYPE Type;
	UCHAR Reserved[18];
	USHORT GroupCount;
	union {
		GROUP_AFFINITY GroupMask;
		GROUP_AFFINITY GroupMasks[ANYSIZE_ARRAY];
	};
} CACHE_RELATIONSHIP, *PCACHE_RELATIONSHIP;

typedef struct _PROCESSOR_GROUP_INFO {
	UCHAR MaximumProcessorCount;
	UCHAR ActiveProcessorCount;
	UCHAR Reserved[38];
	KAFFINITY ActiveProcessorMask;
} PROCESSOR_GROUP_INFO, *PPROCESSOR_GROUP_INFO;

typedef struct _GROUP_RELATIONSHIP {
	USHORT MaximumGroupCount;
	USHORT ActiveGroupCount;
	UCHAR Reserved[20];
	PROCESSOR_GROUP_INFO GroupInfo[ANYSIZE_ARRAY];
} GROUP_RELATIONSHIP, *PGROUP_RELATIONSHIP;

/** Size: of this record, after which the next one begins. */
typedef struct _SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX {
	LOGICAL_PROCESSOR_RELATIONSHIP Relationship;
	ULONG Size;
	union {
		PROCESSOR_RELATIONSHIP Processor;
		NUMA_NODE_RELATIONSHIP NumaNode;
		CACHE_RELATIONSHIP Cache;
		GROUP_RELATIONSHIP Group;
	};
} SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, *PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX;

/**
 * The records of @RelationshipType that @ProcessorNumber is in, or with NULL all of
 * them; @Length becomes what they need. IRQL <= DISPATCH_LEVEL.
 * Returns STATUS_SUCCESS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER.
 */
NRT_EXPORT NTSTATUS
KeQueryLogicalProcessorRelationship(PPROCESSOR_NUMBER ProcessorNumber,
				    LOGICAL_PROCESSOR_RELATIONSHIP RelationshipType,
				    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Information,
				    PULONG Length);

/* --------------------------------------------------------------- threads */

/**
 * Priorities 1..31, 8 for a thread that nobody gave one. They reach the scheduler only
 * where this process may raise what it has lowered. PASSIVE_LEVEL. Return the former.
 */
NRT_EXPORT KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority);
NRT_EXPORT KPRIORITY KeQueryPriorityThread(PKTHREAD Thread);
/** @Increment: to the process's, 8; kept within its class, 1..15. */
NRT_EXPORT LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment);

/** Ticks that @Thread ran; all of it is kernel time, *@UserTime becomes 0. */
NRT_EXPORT ULONG KeQueryRuntimeThread(PKTHREAD Thread, PULONG UserTime);
/** The same in nanoseconds, the unit of KeQueryPerformanceCounter's count. */
NRT_EXPORT ULONG64 KeQueryTotalCycleTimeThread(PKTHREAD Thread, PULONG64 CycleTimeStamp);

NRT_EXPORT HANDLE PsGetCurrentProcessId(VOID);
/** As RtlGetVersion; each may be NULL. FALSE: not a checked build. PASSIVE_LEVEL. */
NRT_EXPORT BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber,
				PUNICODE_STRING CSDVersion);

/* The calling thread's stack; any IRQL. */
NRT_EXPORT VOID IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit);
NRT_EXPORT ULONG_PTR IoGetRemainingStackSize(VOID);
NRT_EXPORT PVOID IoGetInitialStack(VOID);

NRT_EXTERN_C_END
#endif
