/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generic tables: elements of the driver's, in memory of the driver's, found by a
 * comparison of the driver's, in an AVL tree. Any IRQL that the driver's routines can
 * be called at; the driver serializes. Part of wdm.h, as ntddk.h offers them.
 */
#ifndef NRT_DDK_WDM_TABLE_H
#define NRT_DDK_WDM_TABLE_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

typedef enum _TABLE_SEARCH_RESULT {
	TableEmptyTree,
	TableFoundNode,
	TableInsertAsLeft,
	TableInsertAsRight
} TABLE_SEARCH_RESULT;

typedef enum _RTL_GENERIC_COMPARE_RESULTS {
	GenericLessThan,
	GenericGreaterThan,
	GenericEqual
} RTL_GENERIC_COMPARE_RESULTS;

/** The first bytes of each element's memory; the data follows. */
typedef struct _RTL_BALANCED_LINKS {
	struct _RTL_BALANCED_LINKS *Parent;
	struct _RTL_BALANCED_LINKS *LeftChild;
	struct _RTL_BALANCED_LINKS *RightChild;
	CHAR Balance; /* the height of the tree from here on */
	UCHAR Reserved[3];
	ULONG nrt_size; /* of the data */
} RTL_BALANCED_LINKS, *PRTL_BALANCED_LINKS;

NRT_STATIC_ASSERT(sizeof(RTL_BALANCED_LINKS) == 32, "an element's data begins at byte 32");

struct _RTL_AVL_TABLE;
typedef RTL_GENERIC_COMPARE_RESULTS RTL_AVL_COMPARE_ROUTINE(struct _RTL_AVL_TABLE *Table,
							    PVOID FirstStruct, PVOID SecondStruct);
typedef RTL_AVL_COMPARE_ROUTINE *PRTL_AVL_COMPARE_ROUTINE;
typedef PVOID RTL_AVL_ALLOCATE_ROUTINE(struct _RTL_AVL_TABLE *Table, CLONG ByteSize);
typedef RTL_AVL_ALLOCATE_ROUTINE *PRTL_AVL_ALLOCATE_ROUTINE;
typedef VOID RTL_AVL_FREE_ROUTINE(struct _RTL_AVL_TABLE *Table, PVOID Buffer);
typedef RTL_AVL_FREE_ROUTINE *PRTL_AVL_FREE_ROUTINE;

/** Opaque but for TableContext. */
typedef struct _RTL_AVL_TABLE {
	RTL_BALANCED_LINKS BalancedRoot; /* the tree is its right child */
	LIST_ENTRY nrt_inserted;         /* elements in the order they were inserted */
	ULONG NumberGenericTableElements;
	PRTL_BALANCED_LINKS RestartKey;  /* what the enumeration gave out last */
	PRTL_AVL_COMPARE_ROUTINE CompareRoutine;
	PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine;
	PRTL_AVL_FREE_ROUTINE FreeRoutine;
	PVOID TableContext;
} RTL_AVL_TABLE, *PRTL_AVL_TABLE;

NRT_EXPORT VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table,
					     PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
					     PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
					     PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext);
/** The new element's data, or that of the equal one that is there (*@NewElement says
 * which), or NULL when the allocate routine has no memory. */
NRT_EXPORT PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
						 CLONG BufferSize, PBOOLEAN NewElement);
/** The same where RtlLookupElementGenericTableFullAvl has looked. */
NRT_EXPORT PVOID RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
						     CLONG BufferSize, PBOOLEAN NewElement,
						     PVOID NodeOrParent,
						     TABLE_SEARCH_RESULT SearchResult);
/** FALSE when there is no equal element. */
NRT_EXPORT BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer);
/** The equal element's data, or NULL. */
NRT_EXPORT PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer);
NRT_EXPORT PVOID RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
						     PVOID *NodeOrParent,
						     TABLE_SEARCH_RESULT *SearchResult);
/** In the order of the comparison; NULL at the end. An element may be deleted between. */
NRT_EXPORT PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart);
/** The same with the caller's own mark, NULL at first, whose element must stay. */
NRT_EXPORT PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table,
							    PVOID *RestartKey);
/** In the order of insertion; NULL behind the last. */
NRT_EXPORT PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I);
NRT_EXPORT ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table);
NRT_EXPORT BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table);

NRT_EXTERN_C_END
#endif
