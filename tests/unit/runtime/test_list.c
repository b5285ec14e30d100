/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists of all kinds, and the interlocked operations.
 */
#include "recorder.h"

TestSuite(list, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

struct element {
	SLIST_ENTRY stacked; /* 16-byte aligned */
	LIST_ENTRY link;
	SINGLE_LIST_ENTRY single;
	_Atomic int on; /* times it is on a stack */
};

static struct element elements[64];
static LIST_ENTRY head;

static struct element *of(LIST_ENTRY *link)
{
	return CONTAINING_RECORD(link, struct element, link);
}

Test(list, a_doubly_linked_list_is_a_queue_at_both_ends)
{
	NdisInitializeListHead(&head);
	cr_expect(IsListEmpty(&head));
	InsertTailList(&head, &elements[1].link);
	InsertTailList(&head, &elements[2].link);
	InsertHeadList(&head, &elements[0].link);
	cr_expect_eq(of(RemoveTailList(&head)), &elements[2]);
	cr_expect_eq(of(RemoveHeadList(&head)), &elements[0]);
	cr_expect(RemoveEntryList(&elements[1].link), "empty now");
	cr_expect(IsListEmpty(&head));
	cr_expect_eq(RemoveHeadList(&head), &head, "an empty list gives its head");
}

Test(list, lists_are_appended_in_order)
{
	LIST_ENTRY second;

	InitializeListHead(&head);
	InitializeListHead(&second);
	InsertTailList(&head, &elements[0].link);
	InsertTailList(&second, &elements[1].link);
	InsertTailList(&second, &elements[2].link);
	RemoveEntryList(&second); /* a circle without a head */
	AppendTailList(&head, &elements[1].link);
	for (int i = 0; i < 3; i++)
		cr_expect_eq(of(RemoveHeadList(&head)), &elements[i]);
	cr_expect(IsListEmpty(&head));
}

Test(list, a_singly_linked_list_is_a_stack)
{
	SINGLE_LIST_ENTRY top = { NULL };

	PushEntryList(&top, &elements[0].single);
	PushEntryList(&top, &elements[1].single);
	cr_expect_eq(PopEntryList(&top), &elements[1].single);
	cr_expect_eq(PopEntryList(&top), &elements[0].single);
	cr_expect_null(PopEntryList(&top));
}

Test(list, locked_lists_give_the_former_end_or_null)
{
	NDIS_SPIN_LOCK lock;

	NdisAllocateSpinLock(&lock);
	InitializeListHead(&head);
	cr_expect_null(NdisInterlockedInsertHeadList(&head, &elements[0].link, &lock));
	cr_expect_eq(NdisInterlockedInsertHeadList(&head, &elements[1].link, &lock),
		     &elements[0].link);
	cr_expect_eq(NdisInterlockedInsertTailList(&head, &elements[2].link, &lock),
		     &elements[0].link);
	cr_expect_eq(NdisInterlockedRemoveHeadList(&head, &lock), &elements[1].link);
	cr_expect_eq(NdisInterlockedRemoveHeadList(&head, &lock), &elements[0].link);
	cr_expect_eq(NdisInterlockedRemoveHeadList(&head, &lock), &elements[2].link);
	cr_expect_null(NdisInterlockedRemoveHeadList(&head, &lock));
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ---------------------------------------------------------------- stacks */

static SLIST_HEADER stack;
static _Atomic int wrong;

static void *push_and_pop(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20000; i++) {
		PSLIST_ENTRY entry = InterlockedPopEntrySList(&stack);
		struct element *e = CONTAINING_RECORD(entry, struct element, stacked);

		if (entry == NULL)
			continue;
		wrong += --e->on != 0;
		e->on++;
		InterlockedPushEntrySList(&stack, entry);
	}
	return NULL;
}

Test(list, an_interlocked_stack_neither_loses_nor_doubles_entries)
{
	pthread_t ids[4];
	PSLIST_ENTRY entry;
	int n = 0;

	NdisInitializeSListHead(&stack);
	for (unsigned int i = 0; i < 8; i++) {
		elements[i].on = 1;
		NdisInterlockedPushEntrySList(&stack, &elements[i].stacked, NULL);
	}
	cr_expect_eq(ExQueryDepthSList(&stack), 8);
	for (int i = 0; i < 4; i++)
		pthread_create(&ids[i], NULL, push_and_pop, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(wrong, 0);
	cr_expect_eq(ExQueryDepthSList(&stack), 8);
	for (entry = InterlockedFlushSList(&stack); entry != NULL; entry = entry->Next)
		n++;
	cr_expect_eq(n, 8);
	cr_expect_null(NdisInterlockedPopEntrySList(&stack, NULL));
	cr_expect_eq(ExQueryDepthSList(&stack), 0);
}

/* ------------------------------------------------------------ interlocked */

static LONG shared_long;
static LONG64 shared_long64;
static ULONG shared_ulong;
static LARGE_INTEGER statistic;
static NDIS_SPIN_LOCK add_lock;

static void *add_up(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10000; i++) {
		NdisInterlockedIncrement(&shared_long);
		InterlockedAdd64(&shared_long64, 3);
		NdisInterlockedAddUlong(&shared_ulong, 2, &add_lock);
		NdisInterlockedAddLargeStatistic(&statistic, 5);
	}
	return NULL;
}

Test(list, interlocked_additions_are_not_lost)
{
	pthread_t ids[3];

	NdisAllocateSpinLock(&add_lock);
	for (int i = 0; i < 3; i++)
		pthread_create(&ids[i], NULL, add_up, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(ids[i], NULL);
	cr_expect_eq(shared_long, 30000);
	cr_expect_eq(shared_long64, 90000);
	cr_expect_eq(shared_ulong, 60000);
	cr_expect_eq(statistic.QuadPart, 150000);
}

Test(list, interlocked_operations_return_what_the_documents_say)
{
	PVOID p = NULL;
	LONG v = 5;

	cr_expect_eq(InterlockedIncrement(&v), 6, "the new value");
	cr_expect_eq(InterlockedDecrement(&v), 5, "the new value");
	cr_expect_eq(InterlockedExchangeAdd(&v, 2), 5, "the former value");
	cr_expect_eq(InterlockedExchange(&v, 9), 7);
	cr_expect_eq(InterlockedCompareExchange(&v, 1, 8), 9, "no match, no change");
	cr_expect_eq(InterlockedCompareExchange(&v, 1, 9), 9);
	cr_expect_eq(v, 1);
	cr_expect_eq(InterlockedOr(&v, 6), 1);
	cr_expect_eq(InterlockedAnd(&v, 3), 7);
	cr_expect_eq(InterlockedXor(&v, 1), 3);
	cr_expect_eq(v, 2);
	cr_expect_not(InterlockedBitTestAndSet(&v, 31));
	cr_expect(InterlockedBitTestAndReset(&v, 31));
	cr_expect_null(InterlockedExchangePointer(&p, &v));
	cr_expect_eq(InterlockedCompareExchangePointer(&p, NULL, &v), &v);
	cr_expect_null(p);
}

Test(list, bytes_are_swapped_and_bits_are_found)
{
	ULONG index = 99;

	cr_expect_eq(RtlUshortByteSwap(0x1234), 0x3412);
	cr_expect_eq(RtlUlongByteSwap(0x12345678), 0x78563412);
	cr_expect_eq(RtlUlonglongByteSwap(0x1122334455667788), 0x8877665544332211);
	cr_expect_not(BitScanForward(&index, 0));
	cr_expect(BitScanForward(&index, 0x50));
	cr_expect_eq(index, 4);
	cr_expect(BitScanReverse64(&index, 1ULL << 40 | 1));
	cr_expect_eq(index, 40);
}
