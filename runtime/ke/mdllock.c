/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Locking and mapping the pages of an MDL. Called by drivers that do direct I/O,
 * up to DISPATCH_LEVEL. Memory for DMA is the platform's and pinned by it; other
 * memory is made resident here and stays so as the system likes, which no driver
 * can tell. What is kept is the MDL's state, and who breaks its order is told.
 */
#include <sys/mman.h>

#include <wdm.h>

#include "irql.h"
#include "mdl.h"
#include "memory.h"
#include "verifier.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

#define NOT_LOCKABLE (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)
#define MAPPED (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)

static void set_flags(PMDL mdl, int flags)
{
	mdl->MdlFlags = (CSHORT)(mdl->MdlFlags | flags);
}

static void clear_flags(PMDL mdl, int flags)
{
	mdl->MdlFlags = (CSHORT)(mdl->MdlFlags & ~flags);
}

static bool populate(PVOID va, SIZE_T size, int advice)
{
	return size == 0 || madvise(va, size, advice) == 0;
}

/* Bring the pages in as the access would, which fails where the access would. A
 * system before Linux 5.14 cannot do so, not even with the MDL's own page. */
static bool probe(PMDL mdl, LOCK_OPERATION operation)
{
	SIZE_T size = ROUND_TO_PAGES(mdl->ByteOffset + (SIZE_T)mdl->ByteCount);
	int advice = operation == IoReadAccess ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;

	return populate(mdl->StartVa, size, advice) || !populate(PAGE_ALIGN(mdl), PAGE_SIZE, advice);
}

VOID MmProbeAndLockPages(PMDLX MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
			 LOCK_OPERATION Operation)
{
	PMDL mdl = MemoryDescriptorList;

	(void)AccessMode; /* one address space */
	nrt_check_irql("MmProbeAndLockPages", DISPATCH_LEVEL);
	if ((mdl->MdlFlags & NOT_LOCKABLE) != 0) {
		nrt_violation("RS-MEM-02", "MmProbeAndLockPages: MDL %p is %s", (void *)mdl,
			      (mdl->MdlFlags & MDL_PAGES_LOCKED) != 0
				      ? "locked already"
				      : "of nonpaged pool or partial and not to be locked");
		return;
	}
	if (!probe(mdl, Operation)) {
		nrt_violation("RS-MEM-02", "MmProbeAndLockPages: %u bytes at %p are not to be %s: "
			      "STATUS_ACCESS_VIOLATION", mdl->ByteCount,
			      MmGetMdlVirtualAddress(mdl),
			      Operation == IoReadAccess ? "read" : "written");
		return;
	}
	nrt_mdl_fill_pages(mdl);
	set_flags(mdl, MDL_PAGES_LOCKED | (Operation == IoReadAccess ? 0 : MDL_WRITE_OPERATION));
}

VOID MmUnlockPages(PMDLX MemoryDescriptorList)
{
	nrt_check_irql("MmUnlockPages", DISPATCH_LEVEL);
	if ((MemoryDescriptorList->MdlFlags & NOT_LOCKABLE) != MDL_PAGES_LOCKED) {
		nrt_violation("RS-MEM-02", "MmUnlockPages: MDL %p was not locked by "
			      "MmProbeAndLockPages", (void *)MemoryDescriptorList);
		return;
	}
	clear_flags(MemoryDescriptorList,
		    MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA);
}

PVOID MmMapLockedPagesSpecifyCache(PMDLX MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
				   MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
				   ULONG BugCheckOnFailure, ULONG Priority)
{
	PMDL mdl = MemoryDescriptorList;

	(void)CacheType; /* the pages have theirs */
	(void)RequestedAddress;
	(void)BugCheckOnFailure;
	(void)Priority;
	nrt_check_irql("MmMapLockedPagesSpecifyCache",
		       AccessMode == UserMode ? APC_LEVEL : DISPATCH_LEVEL);
	if ((mdl->MdlFlags & NOT_LOCKABLE) == 0) {
		nrt_violation("RS-MEM-02", "MmMapLockedPagesSpecifyCache: MDL %p is not locked",
			      (void *)mdl);
		return NULL;
	}
	if (AccessMode == UserMode)
		return nrt_mdl_system_address(mdl);
	if ((mdl->MdlFlags & MAPPED) != 0) {
		nrt_violation("RS-MEM-02", "MmMapLockedPagesSpecifyCache: MDL %p is mapped already",
			      (void *)mdl);
		return mdl->MappedSystemVa;
	}
	mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
	set_flags(mdl, MDL_MAPPED_TO_SYSTEM_VA);
	return mdl->MappedSystemVa;
}

/* A partial MDL is mapped through its source, and stays so. */
VOID MmUnmapLockedPages(PVOID BaseAddress, PMDLX MemoryDescriptorList)
{
	PMDL mdl = MemoryDescriptorList;

	nrt_check_irql("MmUnmapLockedPages", DISPATCH_LEVEL);
	if (BaseAddress != nrt_mdl_system_address(mdl) || (mdl->MdlFlags & NOT_LOCKABLE) == 0) {
		nrt_violation("RS-MEM-02", "MmUnmapLockedPages: MDL %p is not mapped at %p",
			      (void *)mdl, BaseAddress);
		return;
	}
	if ((mdl->MdlFlags & MDL_PARTIAL) == 0)
		clear_flags(mdl, MDL_MAPPED_TO_SYSTEM_VA);
}

NTSTATUS MmAdvanceMdl(PMDLX Mdl, ULONG NumberOfBytes)
{
	char *va = (char *)MmGetMdlVirtualAddress(Mdl) + NumberOfBytes;
	PPFN_NUMBER pfn = MmGetMdlPfnArray(Mdl);
	SIZE_T passed, left;

	nrt_check_irql("MmAdvanceMdl", DISPATCH_LEVEL);
	if (NumberOfBytes > Mdl->ByteCount)
		return STATUS_INVALID_PARAMETER_2;
	passed = (SIZE_T)((char *)PAGE_ALIGN(va) - (char *)Mdl->StartVa) >> PAGE_SHIFT;
	left = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, Mdl->ByteCount - NumberOfBytes);
	memmove(pfn, pfn + passed, left * sizeof(*pfn));
	Mdl->StartVa = PAGE_ALIGN(va);
	Mdl->ByteOffset = BYTE_OFFSET(va);
	Mdl->ByteCount -= NumberOfBytes;
	if ((Mdl->MdlFlags & MAPPED) != 0)
		Mdl->MappedSystemVa = (char *)Mdl->MappedSystemVa + NumberOfBytes;
	return STATUS_SUCCESS;
}

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress)
{
	uint64_t bus = nrt_memory_iova(BaseAddress, 1);

	return (PHYSICAL_ADDRESS){
		.QuadPart = (LONGLONG)(bus != UINT64_MAX ? bus : (uint64_t)(ULONG_PTR)BaseAddress)
	};
}
