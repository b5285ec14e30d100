/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory in one piece for a device, from a platform that knows the bus addresses and gives pages
 * in order. Not for builds with a sanitizer: there all memory is malloc's, and no platform is
 * asked.
 */
#include "recorder.h"

#include "verifier.h"

#define TAG 0x74736554
#define ARENA (64 * PAGE_SIZE)

static PHYSICAL_ADDRESS at(uint64_t address)
{
	return (PHYSICAL_ADDRESS){ .QuadPart = (LONGLONG)address };
}

#define ANY at(0), at(~0ull), at(0)

static _Alignas(PAGE_SIZE) char arena[ARENA];
static size_t used;
static uint64_t base; /* bus address of the arena */
static size_t torn;   /* pages from this one on are elsewhere on the bus; 0: none */
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

/* Not start_runtime: the platform is the arena. */
static void start(void)
{
	nrt_on_violation(record_violation, NULL);
	nrt_verifier_start(&(struct nrt_options){ .verifier = true });
	nrt_memory_init(&platform);
}

static void end(void)
{
	ending_must(nrt_memory_live() == 0, "allocations are live");
	ending_must(recorded.count == 0, recorded.text);
}

TestSuite(contiguous_arena, .init = start, .fini = end, .timeout = 60);

Test(contiguous_arena, memory_lies_between_the_acceptable_addresses)
{
	char *a;

	base = 0x100000;
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

Test(contiguous_arena, memory_crosses_no_boundary)
{
	uint64_t first, last;
	char *a;

	/* The first piece of two pages, behind the ledger's, would cross 0x104000. */
	base = 0x102000;
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

Test(contiguous_arena, pages_that_are_not_in_one_piece_on_the_bus_do_not_do)
{
	char *a;

	base = 0x100000;
	torn = 3; /* inside the first piece */
	a = MmAllocateContiguousMemorySpecifyCache(4 * PAGE_SIZE, ANY, MmCached);
	cr_assert_not_null(a);
	cr_expect_eq(MmGetPhysicalAddress(a + 3 * PAGE_SIZE).QuadPart,
		     MmGetPhysicalAddress(a).QuadPart + 3 * PAGE_SIZE);
	MmFreeContiguousMemory(a);
}

Test(contiguous_arena, a_node_is_asked_for_while_it_is_wanted)
{
	void *a;

	base = 0x100000;
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
