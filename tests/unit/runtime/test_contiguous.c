/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory in one piece for a device, where the platform knows the bus addresses and
 * where it knows none, and noncached memory.
 */
#include "recorder.h"

#include "verifier.h"

/* Not start_runtime: the tests bring platforms of their own. */
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
#define ARENA (64 * PAGE_SIZE)

static PHYSICAL_ADDRESS at(uint64_t address)
{
	return (PHYSICAL_ADDRESS){ .QuadPart = (LONGLONG)address };
}

#define ANY at(0), at(~0ull), at(0)

/* -------------------------------------- a platform that gives pages in order */

static _Alignas(PAGE_SIZE) char arena[ARENA];
static size_t used;
static uint64_t base;       /* bus address of the arena */
static size_t torn;         /* pages from this one on are elsewhere on the bus; 0: none */
static int node_asked;

static void *arena_alloc(size_t size, size_t align, int node)
{
	size_t from = (used + align - 1) / align * align;

	node_asked = node;
	if (from + size > ARENA)
		return NULL;
	used = from + size;
	return arena + from;
}

static void arena_free(void *va)
{
	(void)va;
}

static uint64_t arena_iova(const void *va, size_t len)
{
	size_t from = (size_t)((const char *)va - arena);

	if (from >= ARENA)
		return UINT64_MAX;
	if (torn != 0 && from < torn * PAGE_SIZE && from + len > torn * PAGE_SIZE)
		return UINT64_MAX;
	return base + from + (torn != 0 && from >= torn * PAGE_SIZE ? ARENA : 0);
}

static const struct nrt_platform platform = {
	.mem_alloc = arena_alloc,
	.mem_free = arena_free,
	.mem_iova = arena_iova,
};

/* A sanitizer has all memory from malloc, which no platform is asked for. */
static bool use_arena(uint64_t bus_address)
{
	void *probe;

	nrt_memory_init(&platform);
	base = bus_address;
	probe = nrt_memory_alloc(1, TAG, NULL);
	nrt_memory_free(probe, TAG);
	if (used == 0)
		return false;
	used = 0;
	return true;
}

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

Test(contiguous, memory_lies_between_the_acceptable_addresses)
{
	char *a;

	if (!use_arena(0x100000))
		cr_skip_test("no platform under a sanitizer");
	cr_expect_null(MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, at(0), at(0xfffff), at(0),
							      MmCached));
	used = 0;
	cr_expect_null(MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, at(0x200000), at(~0ull),
							      at(0), MmCached));
	used = 0;
	a = MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, at(0x104000), at(0x1fffff), at(0),
						   MmNonCached);
	cr_assert_not_null(a);
	cr_expect_geq(MmGetPhysicalAddress(a).QuadPart, 0x104000);
	MmFreeContiguousMemory(a);
	cr_expect_eq(nrt_memory_live(), 0, "what did not fit was given back");
}

Test(contiguous, memory_crosses_no_boundary)
{
	uint64_t first, last;
	char *a;

	/* The first piece of two pages, behind the ledger's, would cross 0x104000. */
	if (!use_arena(0x102000))
		cr_skip_test("no platform under a sanitizer");
	a = MmAllocateContiguousMemorySpecifyCache(2 * PAGE_SIZE, at(0), at(~0ull), at(0x4000),
						   MmCached);
	cr_assert_not_null(a);
	first = (uint64_t)MmGetPhysicalAddress(a).QuadPart;
	last = first + 2 * PAGE_SIZE - 1;
	cr_expect_eq(first / 0x4000, last / 0x4000);
	MmFreeContiguousMemory(a);
	cr_expect_null(MmAllocateContiguousMemorySpecifyCache(2 * PAGE_SIZE, at(0), at(~0ull),
							      at(0x1000), MmCached),
		       "longer than from one boundary to the next");
	cr_expect_null(MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, at(0), at(~0ull),
							      at(0x3000), MmCached),
		       "no power of two");
}

Test(contiguous, pages_that_are_not_in_one_piece_on_the_bus_do_not_do)
{
	char *a;

	if (!use_arena(0x100000))
		cr_skip_test("no platform under a sanitizer");
	torn = 3; /* inside the first piece */
	a = MmAllocateContiguousMemorySpecifyCache(4 * PAGE_SIZE, ANY, MmCached);
	cr_assert_not_null(a);
	cr_expect_eq(MmGetPhysicalAddress(a + 3 * PAGE_SIZE).QuadPart,
		     MmGetPhysicalAddress(a).QuadPart + 3 * PAGE_SIZE);
	MmFreeContiguousMemory(a);
}

Test(contiguous, a_node_is_asked_for_while_it_is_wanted)
{
	void *a;

	if (!use_arena(0x100000))
		cr_skip_test("no platform under a sanitizer");
	a = MmAllocateContiguousMemorySpecifyCacheNode(1, ANY, MmCached, 3);
	cr_expect_eq(node_asked, 3);
	MmFreeContiguousMemory(a);
	a = MmAllocateContiguousNodeMemory(1, ANY, PAGE_READWRITE, 2);
	cr_expect_eq(node_asked, 2);
	MmFreeContiguousMemory(a);
	a = MmAllocateContiguousMemory(1, at(~0ull));
	cr_expect_eq(node_asked, -1);
	MmFreeContiguousMemory(a);
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
