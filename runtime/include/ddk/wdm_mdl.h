/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory descriptor lists: a buffer's virtual range and, behind the structure,
 * the number of each page it touches. Page numbers are bus page numbers when
 * the platform can DMA the whole buffer in one piece (NRT_MDL_DMA is set), and
 * page numbers of the virtual address otherwise. Part of wdm.h.
 */
#ifndef NRT_DDK_WDM_MDL_H
#define NRT_DDK_WDM_MDL_H

#include "ntdef.h"
#include "wdm_memory.h"

NRT_EXTERN_C_BEGIN

struct _EPROCESS;

typedef struct _MDL {
	struct _MDL *Next;
	CSHORT Size; /* bytes of this structure and its page numbers */
	CSHORT MdlFlags;
	struct _EPROCESS *Process;
	PVOID MappedSystemVa;
	PVOID StartVa; /* page aligned */
	ULONG ByteCount;
	ULONG ByteOffset;
} MDL, *PMDL;
typedef MDL *PMDLX;

NRT_STATIC_ASSERT(sizeof(MDL) == 48, "an MDL's page numbers begin at byte 48");

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_ALLOCATED_FIXED_SIZE 0x0008
#define MDL_PARTIAL 0x0010
#define MDL_PARTIAL_HAS_BEEN_MAPPED 0x0020
#define MDL_IO_PAGE_READ 0x0040
#define MDL_WRITE_OPERATION 0x0080
#define MDL_LOCKED_PAGE_TABLES 0x0100
#define MDL_PARENT_MAPPED_SYSTEM_VA MDL_LOCKED_PAGE_TABLES
#define MDL_FREE_EXTRA_PTES 0x0200
#define MDL_DESCRIBES_AWE 0x0400
#define MDL_IO_SPACE 0x0800
#define MDL_NETWORK_HEADER 0x1000
#define MDL_MAPPING_CAN_FAIL 0x2000
#define MDL_PAGE_CONTENTS_INVARIANT 0x4000
#define MDL_INTERNAL 0x8000

/**
 * The runtime's own: the page numbers are bus page numbers and the buffer is
 * one piece on the bus. Takes the bit of MDL_DESCRIBES_AWE, a kind of
 * application memory that cannot occur here.
 */
#define NRT_MDL_DMA MDL_DESCRIBES_AWE

typedef enum _MM_PAGE_PRIORITY {
	LowPagePriority,
	NormalPagePriority = 16,
	HighPagePriority = 32
} MM_PAGE_PRIORITY;
#define MdlMappingNoWrite 0x80000000U
#define MdlMappingNoExecute 0x40000000U

typedef enum _LOCK_OPERATION { IoReadAccess, IoWriteAccess, IoModifyAccess } LOCK_OPERATION;

#define MmGetMdlVirtualAddress(Mdl) ((PVOID)((PCHAR)((Mdl)->StartVa) + (Mdl)->ByteOffset))
#define MmGetMdlByteCount(Mdl) ((Mdl)->ByteCount)
#define MmGetMdlByteOffset(Mdl) ((Mdl)->ByteOffset)
#define MmGetMdlBaseVa(Mdl) ((Mdl)->StartVa)
#define MmGetMdlPfnArray(Mdl) ((PPFN_NUMBER)((Mdl) + 1))
#define MmInitializeMdl(MemoryDescriptorList, BaseVa, Length) \
	nrt_mdl_initialize((MemoryDescriptorList), (BaseVa), (Length))

#ifndef _WIN32 /* wdm_windows.h has those that map and unmap */
#define MmGetSystemAddressForMdlSafe(Mdl, Priority) ((void)(Priority), nrt_mdl_system_address(Mdl))
#define MmGetSystemAddressForMdl(Mdl) nrt_mdl_system_address(Mdl)
#define MmPrepareMdlForReuse(Mdl) ((void)(Mdl))

/* All memory is mapped, so the system address is the address. */
NRT_INLINE PVOID nrt_mdl_system_address(PMDL Mdl)
{
	return (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0
		       ? Mdl->MappedSystemVa
		       : MmGetMdlVirtualAddress(Mdl);
}
#endif

NRT_INLINE VOID nrt_mdl_initialize(PMDL Mdl, PVOID BaseVa, SIZE_T Length)
{
	Mdl->Next = NULL;
	Mdl->Size = (CSHORT)(sizeof(MDL) + sizeof(PFN_NUMBER) *
						   ADDRESS_AND_SIZE_TO_SPAN_PAGES(BaseVa, Length));
	Mdl->MdlFlags = 0;
	Mdl->StartVa = PAGE_ALIGN(BaseVa);
	Mdl->ByteOffset = BYTE_OFFSET(BaseVa);
	Mdl->ByteCount = (ULONG)Length;
}

/** Caches are coherent with devices on every processor this runs on: what was written is
 * made visible, nothing is flushed. IRQL <= DISPATCH_LEVEL. */
NRT_INLINE VOID KeFlushIoBuffers(PMDL Mdl, BOOLEAN ReadOperation, BOOLEAN DmaOperation)
{
	(void)Mdl;
	(void)ReadOperation;
	(void)DmaOperation;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

struct _IRP;

NRT_EXPORT SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length);
/**
 * IRQL <= DISPATCH_LEVEL. With an @Irp, the MDL becomes its only one or, when
 * @SecondaryBuffer, its last. NULL when there is no memory.
 */
NRT_EXPORT PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer,
			      BOOLEAN ChargeQuota, struct _IRP *Irp);
NRT_EXPORT VOID IoFreeMdl(PMDL Mdl);
NRT_EXPORT VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList);
/** @Length 0: to the end of @SourceMdl. */
NRT_EXPORT VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress,
				  ULONG Length);

/**
 * Lock the pages of an MDL that is neither locked nor of nonpaged pool, after a look
 * whether @Operation may be done to them; IRQL <= DISPATCH_LEVEL. Where the documents
 * raise STATUS_ACCESS_VIOLATION, this reports and leaves the MDL unlocked, since
 * nothing can be caught here.
 */
NRT_EXPORT VOID MmProbeAndLockPages(PMDLX MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
				    LOCK_OPERATION Operation);
/** Once for each lock; also ends the mapping. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT VOID MmUnlockPages(PMDLX MemoryDescriptorList);
/**
 * The address of locked pages, which is the one they had; there is one address space.
 * NULL for an MDL that is not locked. IRQL <= DISPATCH_LEVEL, for UserMode <= APC_LEVEL.
 */
NRT_EXPORT PVOID MmMapLockedPagesSpecifyCache(PMDLX MemoryDescriptorList,
					      KPROCESSOR_MODE AccessMode,
					      MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
					      ULONG BugCheckOnFailure, ULONG Priority);
NRT_EXPORT VOID MmUnmapLockedPages(PVOID BaseAddress, PMDLX MemoryDescriptorList);
/** STATUS_INVALID_PARAMETER_2 when the buffer is shorter. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT NTSTATUS MmAdvanceMdl(PMDLX Mdl, ULONG NumberOfBytes);
typedef VOID MM_MDL_ROUTINE(PVOID DriverContext, PVOID MappedVa);
typedef MM_MDL_ROUTINE *PMM_MDL_ROUTINE;
/** Call @DriverRoutine with where the MDL's memory is mapped. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT NTSTATUS MmMapMdl(PMDL MemoryDescriptorList, ULONG Protection,
			     PMM_MDL_ROUTINE DriverRoutine, PVOID DriverContext);
/** The bus address of DMA-able memory, else the virtual one. Any IRQL. */
NRT_EXPORT PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress);

NRT_EXTERN_C_END
#endif
