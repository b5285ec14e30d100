/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lookaside lists: a bounded stack of free entries in front of pool memory or
 * of the driver's own allocator. Called by drivers up to DISPATCH_LEVEL.
 * Under a sanitizer nothing is kept, so that each entry is watched by itself.
 */
#include <ndis/services.h>

#include "irql.h"
#include "memory.h"
#include "verifier.h"

#if defined(__SANITIZE_ADDRESS__)
#define MAX_DEPTH 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAX_DEPTH 0
#endif
#endif
#ifndef MAX_DEPTH
#define MAX_DEPTH 256
#endif

static void init(PGENERAL_LOOKASIDE list, POOL_TYPE type, SIZE_T size, ULONG tag)
{
	memset(list, 0, sizeof(*list));
	InitializeSListHead(&list->ListHead);
	/* An entry on the stack holds its link. */
	list->Size = (ULONG)(size < sizeof(SLIST_ENTRY) ? sizeof(SLIST_ENTRY) : size);
	list->MaximumDepth = MAX_DEPTH;
	list->Type = type;
	list->Tag = tag;
	if (tag == 0)
		nrt_violation("RS-MEM-01", "lookaside list %p: the tag is 0", (void *)list);
}

static PVOID entry_new(PGENERAL_LOOKASIDE list)
{
	__atomic_fetch_add(&list->AllocateMisses, 1, __ATOMIC_RELAXED);
	if (list->AllocateEx != NULL)
		return list->AllocateEx(list->Type, list->Size, list->Tag,
					(PLOOKASIDE_LIST_EX)list);
	if (list->Allocate != NULL)
		return list->Allocate(list->Type, list->Size, list->Tag);
	return nrt_memory_alloc(list->Size, list->Tag, NULL);
}

static void entry_delete(PGENERAL_LOOKASIDE list, PVOID entry)
{
	if (list->FreeEx != NULL)
		list->FreeEx(entry, (PLOOKASIDE_LIST_EX)list);
	else if (list->Free != NULL)
		list->Free(entry);
	else
		nrt_memory_free(entry, list->Tag);
}

static PVOID entry_get(PGENERAL_LOOKASIDE list)
{
	PVOID entry = InterlockedPopEntrySList(&list->ListHead);

	return entry != NULL ? entry : entry_new(list);
}

static void entry_put(PGENERAL_LOOKASIDE list, PVOID entry)
{
	if (ExQueryDepthSList(&list->ListHead) >= list->MaximumDepth)
		entry_delete(list, entry);
	else
		InterlockedPushEntrySList(&list->ListHead, entry);
}

static void flush(PGENERAL_LOOKASIDE list)
{
	PSLIST_ENTRY entry = InterlockedFlushSList(&list->ListHead);

	while (entry != NULL) {
		PSLIST_ENTRY next = entry->Next;

		entry_delete(list, entry);
		entry = next;
	}
}

VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
				     PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
				     USHORT Depth)
{
	(void)Depth; /* reserved, must be 0 */
	nrt_check_irql("ExInitializeNPagedLookasideList", DISPATCH_LEVEL);
	init(&Lookaside->L, (POOL_TYPE)((ULONG)NonPagedPool | Flags), Size, Tag);
	Lookaside->L.Allocate = Allocate;
	Lookaside->L.Free = Free;
}

VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	flush(&Lookaside->L);
}

PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	nrt_check_irql("ExAllocateFromNPagedLookasideList", DISPATCH_LEVEL);
	return entry_get(&Lookaside->L);
}

VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	nrt_check_irql("ExFreeToNPagedLookasideList", DISPATCH_LEVEL);
	entry_put(&Lookaside->L, Entry);
}

VOID ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
				    PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
				    USHORT Depth)
{
	(void)Depth; /* reserved, must be 0 */
	nrt_check_irql("ExInitializePagedLookasideList", APC_LEVEL);
	init(&Lookaside->L, (POOL_TYPE)((ULONG)PagedPool | Flags), Size, Tag);
	Lookaside->L.Allocate = Allocate;
	Lookaside->L.Free = Free;
}

VOID ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
	nrt_check_irql("ExDeletePagedLookasideList", APC_LEVEL);
	flush(&Lookaside->L);
}

PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
	nrt_check_irql("ExAllocateFromPagedLookasideList", APC_LEVEL);
	return entry_get(&Lookaside->L);
}

VOID ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	nrt_check_irql("ExFreeToPagedLookasideList", APC_LEVEL);
	entry_put(&Lookaside->L, Entry);
}

NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate,
				     PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags,
				     SIZE_T Size, ULONG Tag, USHORT Depth)
{
	(void)Depth; /* reserved, must be 0 */
	nrt_check_irql("ExInitializeLookasideListEx", DISPATCH_LEVEL);
	if ((Flags & ~(EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL |
		       EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)) != 0)
		return STATUS_INVALID_PARAMETER_5;
	init(&Lookaside->L, PoolType, Size, Tag);
	Lookaside->L.AllocateEx = Allocate;
	Lookaside->L.FreeEx = Free;
	return STATUS_SUCCESS;
}

VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	flush(&Lookaside->L);
}

VOID ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	flush(&Lookaside->L);
}

PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	nrt_check_irql("ExAllocateFromLookasideListEx", DISPATCH_LEVEL);
	return entry_get(&Lookaside->L);
}

VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
	nrt_check_irql("ExFreeToLookasideListEx", DISPATCH_LEVEL);
	entry_put(&Lookaside->L, Entry);
}
