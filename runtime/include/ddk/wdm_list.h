/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Doubly and singly linked lists without a lock. Any IRQL; the caller
 * serializes. The interlocked forms are in wdm_sync.h and wdm_atomic.h.
 * Part of wdm.h.
 */
#ifndef NRT_DDK_WDM_LIST_H
#define NRT_DDK_WDM_LIST_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

NRT_INLINE VOID InitializeListHead(PLIST_ENTRY ListHead)
{
	ListHead->Flink = ListHead->Blink = ListHead;
}

NRT_INLINE BOOLEAN IsListEmpty(const LIST_ENTRY *ListHead)
{
	return (BOOLEAN)(ListHead->Flink == ListHead);
}

/** Unlink @Entry; TRUE when the list is empty now. */
NRT_INLINE BOOLEAN RemoveEntryList(PLIST_ENTRY Entry)
{
	PLIST_ENTRY next = Entry->Flink;
	PLIST_ENTRY prev = Entry->Blink;

	prev->Flink = next;
	next->Blink = prev;
	return (BOOLEAN)(next == prev);
}

NRT_INLINE BOOLEAN RemoveEntryListUnsafe(PLIST_ENTRY Entry)
{
	return RemoveEntryList(Entry);
}

/** First entry, or @ListHead itself when the list was empty. */
NRT_INLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY ListHead)
{
	PLIST_ENTRY entry = ListHead->Flink;

	RemoveEntryList(entry);
	return entry;
}

/** Last entry, or @ListHead itself when the list was empty. */
NRT_INLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY ListHead)
{
	PLIST_ENTRY entry = ListHead->Blink;

	RemoveEntryList(entry);
	return entry;
}

NRT_INLINE VOID InsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
	PLIST_ENTRY next = ListHead->Flink;

	Entry->Flink = next;
	Entry->Blink = ListHead;
	next->Blink = Entry;
	ListHead->Flink = Entry;
}

NRT_INLINE VOID InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
	PLIST_ENTRY prev = ListHead->Blink;

	Entry->Flink = ListHead;
	Entry->Blink = prev;
	prev->Flink = Entry;
	ListHead->Blink = Entry;
}

/** Append the circular list of entries @ListToAppend, which has no head. */
NRT_INLINE VOID AppendTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListToAppend)
{
	PLIST_ENTRY head_last = ListHead->Blink;
	PLIST_ENTRY list_last = ListToAppend->Blink;

	head_last->Flink = ListToAppend;
	ListToAppend->Blink = head_last;
	list_last->Flink = ListHead;
	ListHead->Blink = list_last;
}

NRT_INLINE VOID PushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY Entry)
{
	Entry->Next = ListHead->Next;
	ListHead->Next = Entry;
}

NRT_INLINE PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY ListHead)
{
	PSINGLE_LIST_ENTRY first = ListHead->Next;

	if (first != NULL)
		ListHead->Next = first->Next;
	return first;
}

NRT_EXTERN_C_END
#endif
