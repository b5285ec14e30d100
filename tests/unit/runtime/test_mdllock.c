/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Locking, mapping and advancing MDLs, and what is reported.
 */
#include "recorder.h"

#include <sys/mman.h>

TestSuite(mdllock, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

static _Alignas(PAGE_SIZE) char pages[4 * PAGE_SIZE];

static PMDL unlocked_mdl(void *va, ULONG length)
{
	PMDL mdl = IoAllocateMdl(va, length, FALSE, FALSE, NULL);

	cr_assert_not_null(mdl);
	return mdl;
}

static PVOID map(PMDL mdl)
{
	return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE,
					    NormalPagePriority | MdlMappingNoExecute);
}

Test(mdllock, locked_pages_are_mapped_and_unlocked)
{
	PMDL mdl = unlocked_mdl(pages + 100, 2 * PAGE_SIZE);

	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	cr_expect_neq(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
	cr_expect_eq(mdl->MdlFlags & MDL_WRITE_OPERATION, 0);
	cr_expect_eq(MmGetMdlPfnArray(mdl)[2], ((ULONG_PTR)pages >> PAGE_SHIFT) + 2);
	cr_expect_eq(map(mdl), pages + 100);
	cr_expect_eq(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), pages + 100);
	MmUnmapLockedPages(pages + 100, mdl);
	cr_expect_eq(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
	map(mdl);
	MmUnlockPages(mdl); /* unmaps as well */
	cr_expect_eq(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA), 0);
	MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
	cr_expect_neq(mdl->MdlFlags & MDL_WRITE_OPERATION, 0);
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
	cr_expect_eq(recorded.count, 0);
}

Test(mdllock, a_probe_changes_nothing_in_the_buffer)
{
	PMDL mdl = unlocked_mdl(pages + 1, PAGE_SIZE);

	memset(pages, 0x5a, sizeof(pages));
	MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
	for (size_t i = 0; i < sizeof(pages); i++)
		cr_assert_eq(pages[i], 0x5a);
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
}

Test(mdllock, RS_MEM_02_memory_that_cannot_be_accessed_so_is_not_locked)
{
	char *hole = mmap(NULL, 3 * PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	PMDL mdl = unlocked_mdl(hole + 10, PAGE_SIZE);

	cr_assert_neq(hole, MAP_FAILED);
	munmap(hole + 2 * PAGE_SIZE, PAGE_SIZE);
	MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
	cr_expect_eq(recorded.count, 0);
	MmUnlockPages(mdl);
	MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
	cr_expect(violated("RS-MEM-02"), "it is read-only");
	cr_expect_eq(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
	IoFreeMdl(mdl);
	mdl = unlocked_mdl(hole + 10, 2 * PAGE_SIZE); /* its last byte is in the hole */
	MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
	cr_expect(violated("RS-MEM-02"));
	cr_expect_null(map(mdl));
	cr_expect(violated("RS-MEM-02"));
	IoFreeMdl(mdl);
	munmap(hole, 2 * PAGE_SIZE);
}

Test(mdllock, RS_MEM_02_lock_and_unlock_take_turns)
{
	PMDL mdl = unlocked_mdl(pages, 10);

	MmUnlockPages(mdl);
	cr_expect(violated("RS-MEM-02"));
	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	cr_expect(violated("RS-MEM-02"));
	MmUnlockPages(mdl);
	MmUnlockPages(mdl);
	cr_expect(violated("RS-MEM-02"));
	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	IoFreeMdl(mdl);
	cr_expect(violated("RS-MEM-02"), "freed while locked");
}

Test(mdllock, RS_MEM_02_nonpaged_and_partial_mdls_are_not_to_be_locked)
{
	PMDL whole = make_mdl(pages, sizeof(pages), NULL);
	PMDL part = unlocked_mdl(pages + 10, 10);

	IoBuildPartialMdl(whole, part, pages + 10, 10);
	MmProbeAndLockPages(whole, KernelMode, IoReadAccess);
	cr_expect(violated("RS-MEM-02"));
	MmProbeAndLockPages(part, KernelMode, IoReadAccess);
	cr_expect(violated("RS-MEM-02"));
	MmUnlockPages(whole);
	cr_expect(violated("RS-MEM-02"));
	MmUnlockPages(part);
	cr_expect(violated("RS-MEM-02"));
	IoFreeMdl(part);
	IoFreeMdl(whole);
}

Test(mdllock, RS_MEM_02_an_mdl_has_one_system_mapping)
{
	PMDL nonpaged = make_mdl(pages + 5, 10, NULL);
	PMDL mdl = unlocked_mdl(pages, 10);

	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	map(mdl);
	cr_expect_eq(map(mdl), pages);
	cr_expect(violated("RS-MEM-02"));
	cr_expect_eq(map(nonpaged), pages + 5);
	cr_expect(violated("RS-MEM-02"), "nonpaged pool is mapped as it is");
	cr_expect_eq(MmMapLockedPagesSpecifyCache(nonpaged, UserMode, MmCached, NULL, FALSE,
						  NormalPagePriority), pages + 5);
	cr_expect_eq(recorded.count, 0);
	MmUnmapLockedPages(pages + 5, nonpaged);
	cr_expect_eq(MmGetSystemAddressForMdlSafe(nonpaged, NormalPagePriority), pages + 5);
	MmUnmapLockedPages(pages + 1, mdl);
	cr_expect(violated("RS-MEM-02"), "not mapped there");
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
	IoFreeMdl(nonpaged);
}

Test(mdllock, advancing_shortens_an_mdl_from_its_beginning)
{
	PMDL mdl = make_mdl(pages + 100, 2 * PAGE_SIZE, NULL);
	PFN_NUMBER second = MmGetMdlPfnArray(mdl)[1];

	cr_expect_eq(MmAdvanceMdl(mdl, 2 * PAGE_SIZE + 1), STATUS_INVALID_PARAMETER_2);
	cr_expect_eq(MmAdvanceMdl(mdl, 10), STATUS_SUCCESS);
	cr_expect_eq(MmGetMdlVirtualAddress(mdl), pages + 110);
	cr_expect_eq(MmGetMdlByteCount(mdl), 2 * PAGE_SIZE - 10);
	cr_expect_eq(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), pages + 110);
	cr_expect_eq(MmAdvanceMdl(mdl, PAGE_SIZE), STATUS_SUCCESS);
	cr_expect_eq(MmGetMdlVirtualAddress(mdl), pages + PAGE_SIZE + 110);
	cr_expect_eq(MmGetMdlByteOffset(mdl), 110);
	cr_expect_eq(MmGetMdlPfnArray(mdl)[0], second);
	cr_expect_eq(MmGetMdlPfnArray(mdl)[1], second + 1);
	cr_expect_eq(MmAdvanceMdl(mdl, PAGE_SIZE - 10), STATUS_SUCCESS);
	cr_expect_eq(MmGetMdlByteCount(mdl), 0);
	IoFreeMdl(mdl);
}

/* --------------------------------------------- a platform that knows pages */

static uint64_t iova(const void *va, size_t len)
{
	size_t from = (size_t)((const char *)va - pages);

	return from + len <= sizeof(pages) ? 0x100000000 + from : UINT64_MAX;
}

static void *alloc(size_t size, size_t align, int node)
{
	void *va = NULL;

	(void)node;
	return posix_memalign(&va, align, size) == 0 ? va : NULL;
}

static const struct nrt_platform platform = { .mem_alloc = alloc, .mem_free = free,
					      .mem_iova = iova };

Test(mdllock, locked_pages_have_their_bus_page_numbers)
{
	static char elsewhere;
	PMDL mdl;

	nrt_memory_init(&platform);
	mdl = unlocked_mdl(pages + 3, 2 * PAGE_SIZE);
	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	cr_expect_neq(mdl->MdlFlags & NRT_MDL_DMA, 0);
	cr_expect_eq(MmGetMdlPfnArray(mdl)[2], 0x100002);
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
	cr_expect_eq(MmGetPhysicalAddress(pages + 5).QuadPart, 0x100000005);
	cr_expect_eq(MmGetPhysicalAddress(&elsewhere).QuadPart, (LONGLONG)(ULONG_PTR)&elsewhere);
}

Test(mdllock, RS_IRQL_01_nothing_is_mapped_for_a_user_above_apc_level)
{
	PMDL mdl = make_mdl(pages, 10, NULL);
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
	cr_expect(violated("RS-IRQL-01"));
	KeLowerIrql(old);
	IoFreeMdl(mdl);
}
