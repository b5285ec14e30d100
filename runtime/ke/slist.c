/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interlocked lists. Called by drivers on any thread at any IRQL.
 * SLISTs keep a lock bit next to the depth instead of a sequence number: with
 * the head in another word there is no ABA problem and no need for a 16-byte
 * atomic, and the critical section is two stores.
 */
#include <wdm.h>

#include "irql.h"
#include "spinlock.h"

#define SLIST_LOCKED (1ULL << 63)
#define SLIST_DEPTH 0xffffULL

VOID InitializeSListHead(PSLIST_HEADER SListHead)
{
	SListHead->Region = 0;
	__atomic_store_n(&SListHead->Alignment, 0, __ATOMIC_RELEASE);
}

static ULONGLONG slist_lock(PSLIST_HEADER head)
{
	for (unsigned int turns = 0;; turns++) {
		ULONGLONG seen = __atomic_load_n(&head->Alignment, __ATOMIC_RELAXED);

		/* Acquire pairs with the release in slist_unlock. */
		if ((seen & SLIST_LOCKED) == 0 &&
		    __atomic_compare_exchange_n(&head->Alignment, &seen, seen | SLIST_LOCKED, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return seen & SLIST_DEPTH;
		nrt_spin_relax(turns);
	}
}

static void slist_unlock(PSLIST_HEADER head, ULONGLONG depth)
{
	__atomic_store_n(&head->Alignment, depth & SLIST_DEPTH, __ATOMIC_RELEASE);
}

PSLIST_ENTRY InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
	ULONGLONG depth = slist_lock(ListHead);
	PSLIST_ENTRY first = FirstEntrySList(ListHead);

	ListEntry->Next = first;
	ListHead->Region = (ULONGLONG)(ULONG_PTR)ListEntry;
	slist_unlock(ListHead, depth + 1);
	return first;
}

PSLIST_ENTRY InterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
	ULONGLONG depth = slist_lock(ListHead);
	PSLIST_ENTRY first = FirstEntrySList(ListHead);

	if (first != NULL) {
		ListHead->Region = (ULONGLONG)(ULONG_PTR)first->Next;
		depth--;
	}
	slist_unlock(ListHead, depth);
	return first;
}

PSLIST_ENTRY InterlockedFlushSList(PSLIST_HEADER ListHead)
{
	PSLIST_ENTRY first;

	slist_lock(ListHead);
	first = FirstEntrySList(ListHead);
	ListHead->Region = 0;
	slist_unlock(ListHead, 0);
	return first;
}

USHORT ExQueryDepthSList(PSLIST_HEADER SListHead)
{
	return (USHORT)(__atomic_load_n(&SListHead->Alignment, __ATOMIC_RELAXED) & SLIST_DEPTH);
}

/* ------------------------------------------------- lists under a spin lock */

/*
 * The lock may be held by code that was at any IRQL, where interrupts would be
 * off; a thread at DISPATCH_LEVEL is the nearest to that.
 */
static KIRQL lock(PKSPIN_LOCK spin)
{
	KIRQL old = nrt_irql_raise(DISPATCH_LEVEL);

	nrt_spin_acquire(spin);
	return old;
}

static void unlock(PKSPIN_LOCK spin, KIRQL old)
{
	nrt_spin_release(spin);
	nrt_irql_lower(old);
}

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					PKSPIN_LOCK Lock)
{
	KIRQL old = lock(Lock);
	PLIST_ENTRY first = IsListEmpty(ListHead) ? NULL : ListHead->Flink;

	InsertHeadList(ListHead, ListEntry);
	unlock(Lock, old);
	return first;
}

PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					PKSPIN_LOCK Lock)
{
	KIRQL old = lock(Lock);
	PLIST_ENTRY last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;

	InsertTailList(ListHead, ListEntry);
	unlock(Lock, old);
	return last;
}

PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
	KIRQL old = lock(Lock);
	PLIST_ENTRY first = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);

	unlock(Lock, old);
	return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
					      PSINGLE_LIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
	KIRQL old = lock(Lock);
	PSINGLE_LIST_ENTRY first = ListHead->Next;

	PushEntryList(ListHead, ListEntry);
	unlock(Lock, old);
	return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
	KIRQL old = lock(Lock);
	PSINGLE_LIST_ENTRY first = PopEntryList(ListHead);

	unlock(Lock, old);
	return first;
}

ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
	KIRQL old = lock(Lock);
	ULONG before = *Addend;

	*Addend = before + Increment;
	unlock(Lock, old);
	return before;
}

LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment,
					   PKSPIN_LOCK Lock)
{
	KIRQL old = lock(Lock);
	LARGE_INTEGER before = *Addend;

	Addend->QuadPart = before.QuadPart + Increment.QuadPart;
	unlock(Lock, old);
	return before;
}
