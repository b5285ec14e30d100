/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory in one piece for a device where no bus addresses are known, and noncached memory.
 */
#include "recorder.h"

#include "verifier.h"

/* Not start_runtime: there is no platform. */
static void start(void)
{
	nrt_on_violation(record_violation, NULL);
	nrt_verifier_start(&(struct nrt_options){ .verifier = true });
}

static void end(void)
{
	ending_must(nrt_memory_live() == 0, "allocations are live");
	ending_must(recorded.count == 0, recorded.text);
}

TestSuite(contiguous, .init = start, .fini = end, .timeout = 60);

#define TAG 0x74736554

static PHYSICAL_ADDRESS at(uint64_t address)
{
	return (PHYSICAL_ADDRESS){ .QuadPart = (LONGLONG)address };
}

#define ANY at(0), at(~0ull), at(0)

Test(contiguous, without_bus_addresses_memory_lies_where_it_is_here)
{
	char *a = MmAllocateContiguousMemory(100, at(~0ull));
	char *b = MmAllocateContiguousMemorySpecifyCache(3 * PAGE_SIZE, ANY, MmCached);

	cr_assert_not_null(a);
	cr_assert_not_null(b);
	cr_expect_eq((ULONG_PTR)a % PAGE_SIZE, 0);
	cr_expect_eq((ULONG_PTR)b % PAGE_SIZE, 0);
	cr_expect_eq(MmGetPhysicalAddress(b + 2 * PAGE_SIZE).QuadPart,
		     MmGetPhysicalAddress(b).QuadPart + 2 * PAGE_SIZE);
	memset(b, 1, 3 * PAGE_SIZE);
	cr_expect_null(MmAllocateContiguousMemory(100, at(PAGE_SIZE)), "none is as low");
	cr_expect_null(MmAllocateContiguousMemory(0, at(~0ull)));
	cr_expect_null(MmAllocateContiguousMemory(SIZE_MAX, at(~0ull)));
	MmFreeContiguousMemory(a);
	MmFreeContiguousMemorySpecifyCache(b, 3 * PAGE_SIZE, MmCached);
	MmFreeContiguousMemory(b + 1);
	cr_expect(violated("RS-MEM-02"), "not the address that was allocated");
}

Test(contiguous, protections_that_there_are_not_are_refused)
{
	static const ULONG bad[] = { 0, PAGE_READONLY, PAGE_EXECUTE_READWRITE, PAGE_NOCACHE,
				     PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE };
	SIZE_T size = 100;
	void *va;

	for (unsigned int i = 0; i < RTL_NUMBER_OF(bad); i++) {
		cr_expect_null(MmAllocateContiguousNodeMemory(1, ANY, bad[i], MM_ANY_NODE_OK));
		va = &size;
		cr_expect_eq(MmAllocateContiguousMemoryEx(&size, ANY, MM_ANY_NODE_OK, bad[i], NULL,
							  TAG, 0, &va),
			     STATUS_INVALID_PAGE_PROTECTION);
		cr_expect_null(va);
	}
	cr_expect_eq(MmAllocateContiguousMemoryEx(&size, ANY, MM_ANY_NODE_OK, PAGE_READWRITE, &va,
						  TAG, 0, &va), STATUS_INVALID_PARAMETER);
	cr_expect_eq(MmAllocateContiguousMemoryEx(&size, ANY, MM_ANY_NODE_OK, PAGE_READWRITE, NULL,
						  TAG, 2, &va), STATUS_INVALID_PARAMETER);
	fail_allocation(1);
	cr_expect_eq(MmAllocateContiguousMemoryEx(&size, ANY, MM_ANY_NODE_OK, PAGE_READWRITE, NULL,
						  TAG, 0, &va), STATUS_INSUFFICIENT_RESOURCES);
	fail_allocation(0);
	cr_expect_eq(MmAllocateContiguousMemoryEx(&size, ANY, MM_ANY_NODE_OK,
						  PAGE_READWRITE | PAGE_NOCACHE, NULL, TAG,
						  MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY, &va),
		     STATUS_SUCCESS);
	cr_expect_neq(nrt_memory_bytes_of(TAG), 0, "it has the caller's tag");
	MmFreeContiguousMemory(va);
}

Test(contiguous, noncached_memory_is_whole_pages)
{
	char *a = MmAllocateNonCachedMemory(PAGE_SIZE + 1);

	cr_assert_not_null(a);
	cr_expect_eq((ULONG_PTR)a % PAGE_SIZE, 0);
	memset(a, 1, 2 * PAGE_SIZE);
	MmFreeNonCachedMemory(a, PAGE_SIZE + 1);
	cr_expect_null(MmAllocateNonCachedMemory(0));
	cr_expect_null(MmAllocateNonCachedMemory(SIZE_MAX));
}
