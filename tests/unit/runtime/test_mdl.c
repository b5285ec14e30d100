/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MDLs: layout, page numbers, partial MDLs, and the mark of DMA-able memory.
 */
#include "recorder.h"

#include "ke/mdl.h"

TestSuite(mdl, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static _Alignas(PAGE_SIZE) char pages[4 * PAGE_SIZE];

Test(mdl, the_layout_is_the_documented_one)
{
	cr_expect_eq(sizeof(MDL), 48);
	cr_expect_eq(offsetof(MDL, Size), 8);
	cr_expect_eq(offsetof(MDL, MdlFlags), 10);
	cr_expect_eq(offsetof(MDL, MappedSystemVa), 24);
	cr_expect_eq(offsetof(MDL, StartVa), 32);
	cr_expect_eq(offsetof(MDL, ByteCount), 40);
	cr_expect_eq(offsetof(MDL, ByteOffset), 44);
	cr_expect_eq(MmSizeOfMdl(pages + 100, PAGE_SIZE), 48 + 2 * sizeof(PFN_NUMBER));
}

Test(mdl, an_mdl_describes_its_buffer)
{
	PMDL mdl = NdisAllocateMdl(NULL, pages + 100, PAGE_SIZE);
	PMDL next = mdl;
	PVOID va;
	UINT length, offset;

	cr_expect_eq(MmGetMdlVirtualAddress(mdl), pages + 100);
	cr_expect_eq(MmGetMdlBaseVa(mdl), pages);
	cr_expect_eq(MmGetMdlByteOffset(mdl), 100);
	cr_expect_eq(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), pages + 100);
	NdisQueryMdl(mdl, &va, &length, NormalPagePriority);
	cr_expect_eq(va, pages + 100);
	cr_expect_eq(length, PAGE_SIZE);
	NdisQueryMdl(mdl, NULL, &length, NormalPagePriority);
	NdisQueryMdlOffset(mdl, &offset, &length);
	cr_expect_eq(offset, 100);
	cr_expect_eq(NDIS_MDL_TO_SPAN_PAGES(mdl), 2);
	NdisAdjustMdlLength(mdl, 10);
	cr_expect_eq(MmGetMdlByteCount(mdl), 10);
	NdisGetNextMdl(mdl, &next);
	cr_expect_null(next);
	NdisFreeMdl(mdl);
}

Test(mdl, page_numbers_of_memory_that_no_device_reaches_are_virtual)
{
	PMDL mdl = NdisAllocateMdl(NULL, pages + 100, 2 * PAGE_SIZE);
	PPFN_NUMBER pfn = MmGetMdlPfnArray(mdl);

	cr_expect_eq(mdl->MdlFlags & NRT_MDL_DMA, 0);
	cr_expect_neq(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL, 0);
	for (ULONG i = 0; i < 3; i++)
		cr_expect_eq(pfn[i], ((ULONG_PTR)pages >> PAGE_SHIFT) + i);
	NdisFreeMdl(mdl);
}

Test(mdl, an_empty_buffer_has_an_mdl_too)
{
	PMDL mdl = NdisAllocateMdl(NULL, pages, 0);

	cr_assert_not_null(mdl);
	cr_expect_eq(MmGetMdlByteCount(mdl), 0);
	cr_expect_eq(NDIS_MDL_TO_SPAN_PAGES(mdl), 1);
	NdisFreeMdl(mdl);
}

Test(mdl, a_partial_mdl_shares_the_pages_of_its_source)
{
	PMDL whole = NdisAllocateMdl(NULL, pages + 100, 3 * PAGE_SIZE);
	char *from = pages + PAGE_SIZE + 7;
	PMDL part = IoAllocateMdl(from, PAGE_SIZE, FALSE, FALSE, NULL);

	IoBuildPartialMdl(whole, part, from, PAGE_SIZE);
	cr_expect_eq(MmGetMdlVirtualAddress(part), from);
	cr_expect_eq(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), from);
	cr_expect_eq(part->ByteCount, PAGE_SIZE);
	cr_expect_neq(part->MdlFlags & MDL_PARTIAL, 0);
	cr_expect_eq(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(whole)[1]);
	cr_expect_eq(MmGetMdlPfnArray(part)[1], MmGetMdlPfnArray(whole)[2]);
	IoFreeMdl(part);

	from = pages + 3 * PAGE_SIZE;
	part = IoAllocateMdl(from, 100, FALSE, FALSE, NULL);
	IoBuildPartialMdl(whole, part, from, 0); /* to the end */
	cr_expect_eq(part->ByteCount, 100);
	IoFreeMdl(part);
	NdisFreeMdl(whole);
}

Test(mdl, no_memory_gives_no_mdl)
{
	fail_allocation(1);
	cr_expect_null(NdisAllocateMdl(NULL, pages, 10));
	fail_allocation(0);
	cr_expect_null(NdisAllocateMdl(NULL, pages, 0x7fffffff), "more pages than Size can say");
}

/* --------------------------------------------- a platform that knows pages */

static uint64_t bus_of_first_page, bus_of_rest;

/* Page 0 of @pages is at one bus address, the others at another. */
static uint64_t fake_iova(const void *va, size_t len)
{
	size_t from = (size_t)((const char *)va - pages);

	if (from >= sizeof(pages) || from + len > sizeof(pages))
		return UINT64_MAX;
	if (from + len <= PAGE_SIZE)
		return bus_of_first_page + from;
	if (from >= PAGE_SIZE)
		return bus_of_rest + from - PAGE_SIZE;
	return bus_of_rest == bus_of_first_page + PAGE_SIZE ? bus_of_first_page + from : UINT64_MAX;
}

static void *no_alloc(size_t size, size_t align, int node)
{
	void *va = NULL;

	(void)node;
	return posix_memalign(&va, align, size) == 0 ? va : NULL;
}

static const struct nrt_platform dma_platform = {
	.mem_alloc = no_alloc,
	.mem_free = free,
	.mem_iova = fake_iova,
};

Test(mdl, one_piece_on_the_bus_is_marked_and_has_bus_page_numbers)
{
	PMDL mdl;

	nrt_memory_init(&dma_platform);
	bus_of_first_page = 0x123450000;
	bus_of_rest = bus_of_first_page + PAGE_SIZE;
	mdl = NdisAllocateMdl(NULL, pages + 8, 2 * PAGE_SIZE);
	cr_expect_neq(mdl->MdlFlags & NRT_MDL_DMA, 0);
	cr_expect_eq(MmGetMdlPfnArray(mdl)[0], 0x123450);
	cr_expect_eq(MmGetMdlPfnArray(mdl)[2], 0x123452);
	NdisFreeMdl(mdl);
}

Test(mdl, scattered_pages_have_their_bus_page_numbers_but_no_mark)
{
	PMDL mdl;

	nrt_memory_init(&dma_platform);
	bus_of_first_page = 0x123450000;
	bus_of_rest = 0x777000;
	mdl = NdisAllocateMdl(NULL, pages + 8, 2 * PAGE_SIZE);
	cr_expect_eq(mdl->MdlFlags & NRT_MDL_DMA, 0);
	cr_expect_eq(MmGetMdlPfnArray(mdl)[0], 0x123450);
	cr_expect_eq(MmGetMdlPfnArray(mdl)[1], 0x777);
	cr_expect_eq(MmGetMdlPfnArray(mdl)[2], 0x778);
	NdisFreeMdl(mdl);
}

Test(mdl, a_bus_address_with_another_page_offset_is_not_marked)
{
	PMDL mdl;

	nrt_memory_init(&dma_platform);
	bus_of_first_page = 0x123450010;
	bus_of_rest = bus_of_first_page + PAGE_SIZE;
	mdl = NdisAllocateMdl(NULL, pages, 64);
	cr_expect_eq(mdl->MdlFlags & NRT_MDL_DMA, 0);
	NdisFreeMdl(mdl);
}

Test(mdl, the_mark_is_taken_back_when_the_mdl_is_built_anew)
{
	static char elsewhere[64];
	PMDL mdl;

	nrt_memory_init(&dma_platform);
	bus_of_first_page = 0x123450000;
	mdl = NdisAllocateMdl(NULL, pages, 64);
	cr_expect_neq(mdl->MdlFlags & NRT_MDL_DMA, 0);
	MmInitializeMdl(mdl, elsewhere, 1);
	MmBuildMdlForNonPagedPool(mdl);
	cr_expect_eq(mdl->MdlFlags & NRT_MDL_DMA, 0);
	NdisFreeMdl(mdl);
}

static VOID note_mapped(PVOID context, PVOID va)
{
	*(PVOID *)context = va;
}

Test(mdl, a_routine_is_called_with_where_the_mdl_is_mapped)
{
	PMDL mdl = NdisAllocateMdl(NULL, pages + 8, 64);
	PVOID seen = NULL;

	cr_expect_eq(MmMapMdl(mdl, PAGE_READWRITE, note_mapped, &seen), STATUS_SUCCESS);
	cr_expect_eq(seen, (PVOID)(pages + 8));
	cr_expect_eq(MmMapMdl(mdl, PAGE_READWRITE, NULL, &seen), STATUS_INVALID_PARAMETER);
	NdisFreeMdl(mdl);
}
