/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pool memory, its ledger, and lookaside lists. Rules RS-MEM-01 and RS-MEM-02.
 */
#include "recorder.h"

TestSuite(memory, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

#define TAG 0x74736554 /* Test */

static int owner, other_owner;

static PVOID alloc(UINT length, void *who)
{
	return NdisAllocateMemoryWithTagPriority(who, length, TAG, NormalPoolPriority);
}

Test(memory, the_ledger_knows_count_owner_and_bytes)
{
	PVOID a = alloc(100, &owner), b = alloc(50, &owner), c = alloc(10, &other_owner);

	cr_expect_eq(nrt_memory_live(), 3);
	cr_expect_eq(nrt_memory_live_of(&owner), 2);
	cr_expect_eq(nrt_memory_live_of(&other_owner), 1);
	cr_expect_eq(nrt_memory_bytes_of(TAG), 160);
	NdisFreeMemory(a, 100, 0);
	NdisFreeMemoryWithTagPriority(&owner, b, TAG);
	NdisFreeMemoryWithTag(c, TAG);
	cr_expect_eq(nrt_memory_live(), 0);
	cr_expect_eq(nrt_memory_bytes_of(TAG), 0);
}

Test(memory, memory_is_aligned_to_a_cache_line_and_from_a_page_on_to_a_page)
{
	static const UINT sizes[] = { 1, 63, 64, 4095, 4096, 70000 };

	for (unsigned int i = 0; i < RTL_NUMBER_OF(sizes); i++) {
		PVOID va = alloc(sizes[i], NULL);

		cr_assert_not_null(va);
		memset(va, 0xee, sizes[i]); /* all of it is ours */
		cr_expect_eq((ULONG_PTR)va % (sizes[i] >= PAGE_SIZE ? PAGE_SIZE : 64), 0);
		NdisFreeMemory(va, 0, 0);
	}
}

Test(memory, only_the_zeroing_functions_zero)
{
	unsigned char *raw = alloc(32, NULL);
	unsigned char *zeroed = ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, TAG);
	unsigned char *asked = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 32,
					       TAG);
	unsigned char *old_zero = ExAllocatePoolZero(NonPagedPoolNx, 32, TAG);

	for (int i = 0; i < 32; i++) {
		cr_expect_neq(raw[i], 0, "the verifier shows who relies on zeroes");
		cr_expect_eq(zeroed[i], 0);
		cr_expect_neq(asked[i], 0);
		cr_expect_eq(old_zero[i], 0);
	}
	NdisFreeMemory(raw, 0, 0);
	ExFreePool(zeroed);
	ExFreePoolWithTag(asked, TAG);
	ExFreePool2(old_zero, TAG, NULL, 0);
}

Test(memory, the_nth_allocation_fails_when_told_to)
{
	PVOID a, b;

	fail_allocation(2);
	a = alloc(8, NULL);
	b = alloc(8, NULL);
	cr_expect_not_null(a);
	cr_expect_null(b);
	b = alloc(8, NULL);
	cr_expect_not_null(b);
	NdisFreeMemory(a, 0, 0);
	NdisFreeMemory(b, 0, 0);
	cr_expect_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, SIZE_MAX - 10, TAG));
}

Test(memory, freeing_nothing_is_allowed)
{
	NdisFreeMemory(NULL, 0, 0);
	cr_expect_eq(recorded.count, 0);
}

Test(memory, RS_MEM_01_a_tag_is_not_zero)
{
	PVOID va = NdisAllocateMemoryWithTagPriority(NULL, 8, 0, NormalPoolPriority);

	cr_expect(violated("RS-MEM-01"));
	NdisFreeMemory(va, 0, 0);
}

Test(memory, RS_MEM_01_memory_is_freed_with_the_tag_it_was_allocated_with)
{
	NdisFreeMemoryWithTagPriority(NULL, alloc(8, NULL), TAG + 1);
	cr_expect(violated("RS-MEM-01"));
}

Test(memory, RS_MEM_02_what_an_owner_did_not_free_is_reported)
{
	PVOID va = alloc(8, &owner);

	cr_expect_eq(nrt_memory_report(&other_owner), 0);
	cr_expect_eq(recorded.count, 0);
	cr_expect_eq(nrt_memory_report(&owner), 1);
	cr_expect(violated("RS-MEM-02"));
	NdisFreeMemory(va, 0, 0);
}

Test(memory, RS_MEM_02_freeing_what_is_no_pool_memory_is_reported)
{
	static _Alignas(64) char not_pool[256];

	NdisFreeMemory(not_pool + 128, 0, 0);
	cr_expect(violated("RS-MEM-02"));
	NdisFreeMemory(not_pool + 100, 0, 0);
	cr_expect(violated("RS-MEM-02"));
}

Test(memory, RS_IRQL_01_memory_is_not_allocated_above_dispatch_level)
{
	PVOID va;
	KIRQL old;

	KeRaiseIrql(HIGH_LEVEL, &old);
	va = alloc(8, NULL);
	KeLowerIrql(old);
	cr_expect(violated("RS-IRQL-01"));
	NdisFreeMemory(va, 0, 0);
}

/* -------------------------------------------------------- lookaside lists */

static NPAGED_LOOKASIDE_LIST list;
static int made, unmade;

static PVOID make(POOL_TYPE type, SIZE_T size, ULONG tag)
{
	made++;
	return ExAllocatePoolWithTag(type, size, tag);
}

static VOID unmake(PVOID buffer)
{
	unmade++;
	ExFreePool(buffer);
}

Test(memory, a_lookaside_list_gives_back_what_it_kept_when_deleted)
{
	PVOID entries[20];

	NdisInitializeNPagedLookasideList(&list, NULL, NULL, 0, 40, TAG, 0);
	for (int i = 0; i < 20; i++)
		entries[i] = NdisAllocateFromNPagedLookasideList(&list);
	cr_expect_eq(nrt_memory_live(), 20);
	for (int i = 0; i < 20; i++)
		NdisFreeToNPagedLookasideList(&list, entries[i]);
	NdisDeleteNPagedLookasideList(&list);
	cr_expect_eq(nrt_memory_live(), 0);
}

Test(memory, a_lookaside_list_calls_the_drivers_functions)
{
	PVOID entry;

	NdisInitializeNPagedLookasideList(&list, make, unmake, 0, 1, TAG, 0);
	entry = NdisAllocateFromNPagedLookasideList(&list);
	cr_expect_eq(made, 1);
	NdisFreeToNPagedLookasideList(&list, entry);
	NdisDeleteNPagedLookasideList(&list);
	cr_expect_eq(unmade, 1);
}

Test(memory, a_paged_lookaside_list_is_for_threads_below_dispatch_level)
{
	static PAGED_LOOKASIDE_LIST paged;
	PVOID entry;
	KIRQL old;

	ExInitializePagedLookasideList(&paged, make, unmake, 0, 8, TAG, 0);
	entry = ExAllocateFromPagedLookasideList(&paged);
	cr_expect_eq(made, 1);
	ExFreeToPagedLookasideList(&paged, entry);
	entry = ExAllocateFromPagedLookasideList(&paged); /* the same, or a new one */
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExFreeToPagedLookasideList(&paged, entry);
	cr_expect(violated("RS-IRQL-01"));
	KeLowerIrql(old);
	ExDeletePagedLookasideList(&paged);
	cr_expect_eq(unmade, made);
}

static PVOID make_ex(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX lookaside)
{
	(void)lookaside;
	return make(type, size, tag);
}

static VOID unmake_ex(PVOID buffer, PLOOKASIDE_LIST_EX lookaside)
{
	(void)lookaside;
	unmake(buffer);
}

Test(memory, an_extended_lookaside_list_is_flushed_without_being_deleted)
{
	static LOOKASIDE_LIST_EX ex;
	PVOID entry;

	cr_expect_eq(ExInitializeLookasideListEx(&ex, make_ex, unmake_ex, NonPagedPoolNx, 4, 8, TAG,
						 0), STATUS_INVALID_PARAMETER_5);
	cr_expect_eq(ExInitializeLookasideListEx(&ex, make_ex, unmake_ex, NonPagedPoolNx, 0, 8, TAG,
						 0), STATUS_SUCCESS);
	entry = ExAllocateFromLookasideListEx(&ex);
	ExFreeToLookasideListEx(&ex, entry);
	ExFlushLookasideListEx(&ex);
	cr_expect_eq(unmade, 1);
	entry = ExAllocateFromLookasideListEx(&ex);
	cr_expect_not_null(entry);
	ExFreeToLookasideListEx(&ex, entry);
	ExDeleteLookasideListEx(&ex);
}

Test(memory, registers_are_read_and_written_at_their_width)
{
	ULONG64 bar = 0x8877665544332211;
	USHORT half;
	ULONG word;

	NdisReadRegisterUshort((volatile USHORT *)&bar, &half);
	cr_expect_eq(half, 0x2211);
	NdisWriteRegisterUchar((volatile UCHAR *)&bar + 1, 0xee);
	NdisReadRegisterUlong((volatile ULONG *)&bar, &word);
	cr_expect_eq(word, 0x4433ee11);
	WRITE_REGISTER_ULONG64(&bar, 7);
	cr_expect_eq(READ_REGISTER_ULONG64(&bar), 7);
}

Test(memory, memory_is_compared_up_to_the_first_difference)
{
	cr_expect_eq(RtlCompareMemory("abcd", "abXd", 4), 2);
	cr_expect_eq(RtlCompareMemory("abcd", "abcd", 4), 4);
	cr_expect(NdisEqualMemory("abcd", "abXd", 2));
}

/* ------------------------------------------------- pool by its other names */

Test(memory, pool_without_a_tag_has_the_tag_none)
{
	PVOID a = ExAllocatePool(NonPagedPoolNx, 100);
	PVOID b = ExAllocatePoolWithQuota(NonPagedPool, 10);
	PVOID c = ExAllocatePoolWithQuotaTag(
		(POOL_TYPE)((ULONG)PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), 7, TAG);

	cr_expect_eq(nrt_memory_bytes_of(0x656e6f4e), 110);
	cr_expect_eq(nrt_memory_bytes_of(TAG), 7);
	ExFreePool(a);
	ExFreePoolWithTag(b, 0x656e6f4e);
	ExFreePoolWithTag(c, TAG);
	fail_allocation(1);
	cr_expect_null(ExAllocatePoolWithQuotaTag(NonPagedPool, 7, TAG));
	fail_allocation(0);
}

Test(memory, pool_with_a_priority_is_zeroed_or_not_as_its_name_says)
{
	unsigned char *zero = ExAllocatePoolPriorityZero(NonPagedPoolNx, 16, TAG, LowPoolPriority);
	unsigned char *raw = ExAllocatePoolPriorityUninitialized(NonPagedPoolNx, 16, TAG,
								 HighPoolPriority);
	unsigned char *quota = ExAllocatePoolQuotaUninitialized(NonPagedPoolNx, 16, TAG);

	cr_expect(RtlIsZeroMemory(zero, 16));
	cr_expect_not(RtlIsZeroMemory(raw, 16));
	cr_expect_not(RtlIsZeroMemory(quota, 16));
	ExFreePool(zero);
	ExFreePool(raw);
	ExFreePool(quota);
}

Test(memory, RS_MEM_01_pool3_knows_priorities_and_refuses_what_it_must_know)
{
	POOL_EXTENDED_PARAMETER p[2] = {
		{ .Type = PoolExtendedParameterPriority, .Priority = HighPoolPriority },
		{ .Type = PoolExtendedParameterNumaNode, .Optional = 1 },
	};
	PVOID va = ExAllocatePool3(POOL_FLAG_NON_PAGED, 16, TAG, p, 2);

	cr_assert_not_null(va);
	cr_expect(RtlIsZeroMemory(va, 16));
	ExFreePool2(va, TAG, NULL, 0);
	va = ExAllocatePool3(POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED | 1ULL << 40, 16, TAG, NULL, 0);
	cr_assert_not_null(va, "flags of the upper half are optional");
	cr_expect_not(RtlIsZeroMemory(va, 16));
	ExFreePool(va);
	p[1].Optional = 0;
	cr_expect_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, 16, TAG, p, 2));
	p[0].Priority = 17;
	cr_expect_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, 16, TAG, p, 1));
	cr_expect_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, 16, 0, NULL, 0));
	cr_expect_null(ExAllocatePool3(0, 16, TAG, NULL, 0));
	cr_expect_null(ExAllocatePool3(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 16, TAG, NULL, 0));
	cr_expect_null(ExAllocatePool3(POOL_FLAG_NON_PAGED | 0x800, 16, TAG, NULL, 0));
}
