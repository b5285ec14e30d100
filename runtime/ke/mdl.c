/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MDLs: allocation, and the page numbers behind them. Called by drivers and
 * by NBL pools on any thread up to DISPATCH_LEVEL. Whether a buffer can be
 * given to the NIC as it is, the platform knows; an MDL remembers the answer.
 */
#include "mdl.h"

#include <wdm_irp.h>
#include <ndis/services.h>

#include "irql.h"
#include "memory.h"
#include "verifier.h"

#define MDL_TAG 0x206c644d /* Mdl */

SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
	return sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length);
}

PMDL nrt_mdl_alloc(void *va, uint32_t length, const void *owner)
{
	SIZE_T size = MmSizeOfMdl(va, length);
	PMDL mdl;

	if (size > MAXSHORT) /* Size is 16 bits: some 16 MB, as there */
		return NULL;
	mdl = nrt_memory_zalloc(size, MDL_TAG, owner);
	if (mdl != NULL)
		MmInitializeMdl(mdl, va, length);
	return mdl;
}

/* Page numbers of pages that are not one piece on the bus. */
static void fill_single_pages(PMDL mdl, ULONG pages)
{
	PPFN_NUMBER pfn = MmGetMdlPfnArray(mdl);
	char *va = MmGetMdlVirtualAddress(mdl);
	SIZE_T left = mdl->ByteCount;

	for (ULONG i = 0; i < pages; i++) {
		SIZE_T in_page = PAGE_SIZE - BYTE_OFFSET(va);
		SIZE_T len = left < in_page ? left : in_page;
		uint64_t bus = nrt_memory_iova(va, len);

		pfn[i] = (bus != UINT64_MAX ? bus : (uint64_t)(ULONG_PTR)va) >> PAGE_SHIFT;
		va += len;
		left -= len;
	}
}

void nrt_mdl_fill_pages(PMDL mdl)
{
	PPFN_NUMBER pfn = MmGetMdlPfnArray(mdl);
	char *va = MmGetMdlVirtualAddress(mdl);
	ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, mdl->ByteCount);
	uint64_t bus = UINT64_MAX;

	mdl->MdlFlags = (CSHORT)(mdl->MdlFlags & ~NRT_MDL_DMA);
	if (mdl->ByteCount != 0)
		bus = nrt_memory_iova(va, mdl->ByteCount);
	/* A page number and ByteOffset say where only if both share the offset. */
	if (bus == UINT64_MAX || BYTE_OFFSET(bus) != mdl->ByteOffset) {
		fill_single_pages(mdl, pages);
		return;
	}
	mdl->MdlFlags = (CSHORT)(mdl->MdlFlags | NRT_MDL_DMA);
	for (ULONG i = 0; i < pages; i++)
		pfn[i] = (bus >> PAGE_SHIFT) + i;
}

VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList)
{
	PMDL mdl = MemoryDescriptorList;

	mdl->MdlFlags = (CSHORT)(mdl->MdlFlags | MDL_SOURCE_IS_NONPAGED_POOL);
	mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
	nrt_mdl_fill_pages(mdl);
}

PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer,
		   BOOLEAN ChargeQuota, struct _IRP *Irp)
{
	PMDL mdl;
	PMDL *link;

	(void)ChargeQuota;
	nrt_check_irql("IoAllocateMdl", DISPATCH_LEVEL);
	mdl = nrt_mdl_alloc(VirtualAddress, Length, NULL);
	if (mdl == NULL || Irp == NULL)
		return mdl;
	link = &Irp->MdlAddress;
	while (SecondaryBuffer && *link != NULL)
		link = &(*link)->Next;
	*link = mdl;
	return mdl;
}

VOID IoFreeMdl(PMDL Mdl)
{
	nrt_check_irql("IoFreeMdl", DISPATCH_LEVEL);
	if (Mdl != NULL && (Mdl->MdlFlags & MDL_PAGES_LOCKED) != 0)
		nrt_violation("RS-MEM-02", "IoFreeMdl: the pages of MDL %p are still locked",
			      (void *)Mdl);
	nrt_memory_free(Mdl, MDL_TAG);
}

/* @TargetMdl must be large enough for the range, which lies in @SourceMdl. */
VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
	SIZE_T offset = (SIZE_T)((char *)VirtualAddress - (char *)MmGetMdlVirtualAddress(SourceMdl));
	SIZE_T first = ((ULONG_PTR)VirtualAddress >> PAGE_SHIFT) -
		       ((ULONG_PTR)SourceMdl->StartVa >> PAGE_SHIFT);
	ULONG count = Length != 0 ? Length : (ULONG)(SourceMdl->ByteCount - offset);
	ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, count);

	TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
	TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
	TargetMdl->ByteCount = count;
	TargetMdl->Process = SourceMdl->Process;
	TargetMdl->MappedSystemVa = (char *)nrt_mdl_system_address(SourceMdl) + offset;
	TargetMdl->MdlFlags = (CSHORT)(MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA |
				       (SourceMdl->MdlFlags & NRT_MDL_DMA));
	memcpy(MmGetMdlPfnArray(TargetMdl), MmGetMdlPfnArray(SourceMdl) + first,
	       pages * sizeof(PFN_NUMBER));
}

/* The pages are mapped before and stay it. */
NTSTATUS MmMapMdl(PMDL MemoryDescriptorList, ULONG Protection, PMM_MDL_ROUTINE DriverRoutine,
		  PVOID DriverContext)
{
	(void)Protection;
	nrt_check_irql("MmMapMdl", DISPATCH_LEVEL);
	if (DriverRoutine == NULL)
		return STATUS_INVALID_PARAMETER;
	DriverRoutine(DriverContext, nrt_mdl_system_address(MemoryDescriptorList));
	return STATUS_SUCCESS;
}

PMDL NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length)
{
	PMDL mdl;

	nrt_check_irql("NdisAllocateMdl", DISPATCH_LEVEL);
	mdl = nrt_mdl_alloc(VirtualAddress, Length, NdisHandle);
	if (mdl != NULL)
		MmBuildMdlForNonPagedPool(mdl);
	return mdl;
}

VOID NdisFreeMdl(PMDL Mdl)
{
	nrt_check_irql("NdisFreeMdl", DISPATCH_LEVEL);
	nrt_memory_free(Mdl, MDL_TAG);
}
