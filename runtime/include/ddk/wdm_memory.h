/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pool memory, lookaside lists, and device registers. Pool memory comes from
 * the platform that nrt_init was given. Part of wdm.h.
 */
#ifndef NRT_DDK_WDM_MEMORY_H
#define NRT_DDK_WDM_MEMORY_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

#ifndef PAGE_SIZE
#define PAGE_SIZE 0x1000
#endif
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#ifndef PAGE_MASK
#define PAGE_MASK (~(PAGE_SIZE - 1))
#endif

#define PAGE_ALIGN(Va) ((PVOID)((ULONG_PTR)(Va) & ~((ULONG_PTR)PAGE_SIZE - 1)))
#define BYTE_OFFSET(Va) ((ULONG)((ULONG_PTR)(Va) & (PAGE_SIZE - 1)))
#define BYTES_TO_PAGES(Size) \
	(((Size) >> PAGE_SHIFT) + (((Size) & (PAGE_SIZE - 1)) != 0))
#define ROUND_TO_PAGES(Size) (((ULONG_PTR)(Size) + PAGE_SIZE - 1) & ~((ULONG_PTR)PAGE_SIZE - 1))
#define ROUND_TO_SIZE(length, alignment) \
	((((ULONG_PTR)(length)) + ((alignment) - 1)) & ~(ULONG_PTR)((alignment) - 1))
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(Va, Size) \
	((ULONG)((BYTE_OFFSET(Va) + (SIZE_T)(Size) + (PAGE_SIZE - 1)) >> PAGE_SHIFT))
#define COMPUTE_PAGES_SPANNED(Va, Size) ADDRESS_AND_SIZE_TO_SPAN_PAGES(Va, Size)

typedef enum _POOL_TYPE {
	NonPagedPool = 0,
	NonPagedPoolExecute = 0,
	PagedPool = 1,
	NonPagedPoolMustSucceed = 2,
	DontUseThisType = 3,
	NonPagedPoolCacheAligned = 4,
	PagedPoolCacheAligned = 5,
	NonPagedPoolCacheAlignedMustS = 6,
	MaxPoolType = 7,
	NonPagedPoolNx = 512,
	NonPagedPoolNxCacheAligned = 516
} POOL_TYPE;

typedef enum _EX_POOL_PRIORITY {
	LowPoolPriority = 0,
	LowPoolPrioritySpecialPoolOverrun = 8,
	LowPoolPrioritySpecialPoolUnderrun = 9,
	NormalPoolPriority = 16,
	NormalPoolPrioritySpecialPoolOverrun = 24,
	NormalPoolPrioritySpecialPoolUnderrun = 25,
	HighPoolPriority = 32,
	HighPoolPrioritySpecialPoolOverrun = 40,
	HighPoolPrioritySpecialPoolUnderrun = 41
} EX_POOL_PRIORITY;

typedef ULONG64 POOL_FLAGS;
#define POOL_FLAG_USE_QUOTA 0x0000000000000001ULL
#define POOL_FLAG_UNINITIALIZED 0x0000000000000002ULL
#define POOL_FLAG_SESSION 0x0000000000000004ULL
#define POOL_FLAG_CACHE_ALIGNED 0x0000000000000008ULL
#define POOL_FLAG_RAISE_ON_FAILURE 0x0000000000000020ULL
#define POOL_FLAG_NON_PAGED 0x0000000000000040ULL
#define POOL_FLAG_NON_PAGED_EXECUTE 0x0000000000000080ULL
#define POOL_FLAG_PAGED 0x0000000000000100ULL

#define POOL_COLD_ALLOCATION 256
#define POOL_NX_ALLOCATION 512
#define POOL_ZERO_ALLOCATION 1024
#define POOL_RAISE_IF_ALLOCATION_FAILURE 16
#define ExDefaultNonPagedPoolType NonPagedPool

/** IRQL <= DISPATCH_LEVEL. NULL when there is no memory. 16-byte aligned at least. */
NRT_EXPORT PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NRT_EXPORT PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
					       EX_POOL_PRIORITY Priority);
/** Zeroed unless POOL_FLAG_UNINITIALIZED. */
NRT_EXPORT PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
NRT_EXPORT_HERE PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NRT_EXPORT_HERE PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
						  ULONG Tag);
NRT_EXPORT_HERE PVOID ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
#define POOL_QUOTA_FAIL_INSTEAD_OF_RAISE 8

/** Under the tag 'None'. */
NRT_EXPORT PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes);
/** These return NULL, too, for want of an exception; there are no quotas. */
NRT_EXPORT PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes);
NRT_EXPORT PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);

typedef enum _POOL_EXTENDED_PARAMETER_TYPE {
	PoolExtendedParameterInvalidType = 0,
	PoolExtendedParameterPriority,
	PoolExtendedParameterSecurePool,
	PoolExtendedParameterNumaNode,
	PoolExtendedParameterMax
} POOL_EXTENDED_PARAMETER_TYPE, *PPOOL_EXTENDED_PARAMETER_TYPE;

#define POOL_EXTENDED_PARAMETER_TYPE_BITS 8
#define POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS 1
#define POOL_EXTENDED_PARAMETER_RESERVED_BITS \
	(64 - POOL_EXTENDED_PARAMETER_TYPE_BITS - POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS)

typedef struct _POOL_EXTENDED_PARAMETER {
	struct {
		ULONG64 Type : POOL_EXTENDED_PARAMETER_TYPE_BITS;
		ULONG64 Optional : POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS;
		ULONG64 Reserved : POOL_EXTENDED_PARAMETER_RESERVED_BITS;
	};
	union {
		ULONG64 Reserved2;
		PVOID Reserved3;
		EX_POOL_PRIORITY Priority;
	};
} POOL_EXTENDED_PARAMETER, *PPOOL_EXTENDED_PARAMETER;
typedef const POOL_EXTENDED_PARAMETER *PCPOOL_EXTENDED_PARAMETER;

/** NULL also for a tag of 0, flags that contradict each other and required parameters that
 * are not known, of which there is PoolExtendedParameterPriority. */
NRT_EXPORT PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
				 PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
				 ULONG ExtendedParametersCount);

static NRT_INLINE PVOID ExAllocatePoolPriorityUninitialized(POOL_TYPE PoolType,
							    SIZE_T NumberOfBytes, ULONG Tag,
							    EX_POOL_PRIORITY Priority)
{
	return ExAllocatePoolWithTagPriority(PoolType, NumberOfBytes, Tag, Priority);
}

static NRT_INLINE PVOID ExAllocatePoolPriorityZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
						   ULONG Tag, EX_POOL_PRIORITY Priority)
{
	return ExAllocatePoolWithTagPriority((POOL_TYPE)((ULONG)PoolType | POOL_ZERO_ALLOCATION),
					     NumberOfBytes, Tag, Priority);
}

static NRT_INLINE PVOID ExAllocatePoolQuotaUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
							 ULONG Tag)
{
	return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
}

NRT_EXPORT VOID ExFreePoolWithTag(PVOID P, ULONG Tag);
NRT_EXPORT VOID ExFreePool(PVOID P);
NRT_EXPORT VOID ExFreePool2(PVOID P, ULONG Tag, PVOID ExtendedParameters,
			    ULONG ExtendedParametersCount);

/* --------------------------------------------- memory in one piece for a device */

typedef enum _MEMORY_CACHING_TYPE {
	MmNonCached = 0,
	MmCached = 1,
	MmWriteCombined = 2,
	MmHardwareCoherentCached,
	MmNonCachedUnordered,
	MmUSWCCached,
	MmMaximumCacheType,
	MmNotMapped = -1
} MEMORY_CACHING_TYPE;

typedef ULONG NODE_REQUIREMENT;
#define MM_ANY_NODE_OK 0x80000000U
#define MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY 0x00000001U

/**
 * Page-aligned memory whose bus addresses (MmGetPhysicalAddress) follow each other, from
 * the lowest to the highest acceptable one, and cross no multiple of the boundary, a
 * power of two or 0. All of it is cached, and not zeroed. NULL when there is none.
 * IRQL <= DISPATCH_LEVEL.
 */
NRT_EXPORT PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes,
					    PHYSICAL_ADDRESS HighestAcceptableAddress);
NRT_EXPORT PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
							PHYSICAL_ADDRESS LowestAcceptableAddress,
							PHYSICAL_ADDRESS HighestAcceptableAddress,
							PHYSICAL_ADDRESS BoundaryAddressMultiple,
							MEMORY_CACHING_TYPE CacheType);
/** On the node, or elsewhere rather than nowhere. */
NRT_EXPORT PVOID MmAllocateContiguousMemorySpecifyCacheNode(
	SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
	PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
	MEMORY_CACHING_TYPE CacheType, NODE_REQUIREMENT PreferredNode);
/** @Protect: PAGE_READWRITE, with PAGE_NOCACHE or PAGE_WRITECOMBINE. */
NRT_EXPORT PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes,
						PHYSICAL_ADDRESS LowestAcceptableAddress,
						PHYSICAL_ADDRESS HighestAcceptableAddress,
						PHYSICAL_ADDRESS BoundaryAddressMultiple,
						ULONG Protect, NODE_REQUIREMENT PreferredNode);
NRT_EXPORT NTSTATUS MmAllocateContiguousMemoryEx(
	PSIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
	PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
	NODE_REQUIREMENT PreferredNode, ULONG Protect, PVOID PartitionObject, ULONG Tag,
	ULONG Flags, PVOID *BaseAddress);
NRT_EXPORT VOID MmFreeContiguousMemory(PVOID BaseAddress);
NRT_EXPORT VOID MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
						   MEMORY_CACHING_TYPE CacheType);
/** Whole pages, not in one piece. IRQL <= APC_LEVEL. */
NRT_EXPORT PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes);
NRT_EXPORT VOID MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes);

/* ------------------------------------------------------- lookaside lists */

typedef PVOID ALLOCATE_FUNCTION(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
typedef ALLOCATE_FUNCTION *PALLOCATE_FUNCTION;
typedef VOID FREE_FUNCTION(PVOID Buffer);
typedef FREE_FUNCTION *PFREE_FUNCTION;
typedef struct _LOOKASIDE_LIST_EX *PLOOKASIDE_LIST_EX;
typedef PVOID ALLOCATE_FUNCTION_EX(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
				   PLOOKASIDE_LIST_EX Lookaside);
typedef ALLOCATE_FUNCTION_EX *PALLOCATE_FUNCTION_EX;
typedef VOID FREE_FUNCTION_EX(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside);
typedef FREE_FUNCTION_EX *PFREE_FUNCTION_EX;

/** Opaque; aligned to 64 bytes. */
typedef struct DECLSPEC_CACHEALIGN _GENERAL_LOOKASIDE {
	SLIST_HEADER ListHead;
	USHORT Depth;
	USHORT MaximumDepth;
	ULONG TotalAllocates;
	ULONG AllocateMisses;
	ULONG TotalFrees;
	ULONG FreeMisses;
	POOL_TYPE Type;
	ULONG Tag;
	ULONG Size;
#ifdef _WIN32 /* there the kernel has the list too, and headers allocate from it */
	union {
		PALLOCATE_FUNCTION_EX AllocateEx;
		PALLOCATE_FUNCTION Allocate;
	};
	union {
		PFREE_FUNCTION_EX FreeEx;
		PFREE_FUNCTION Free;
	};
	LIST_ENTRY ListEntry;
	ULONG nrt_reserved[4];
#else
	PALLOCATE_FUNCTION_EX AllocateEx;
	PFREE_FUNCTION_EX FreeEx;
	PALLOCATE_FUNCTION Allocate;
	PFREE_FUNCTION Free;
#endif
} GENERAL_LOOKASIDE, *PGENERAL_LOOKASIDE;

typedef struct _NPAGED_LOOKASIDE_LIST {
	GENERAL_LOOKASIDE L;
} NPAGED_LOOKASIDE_LIST, *PNPAGED_LOOKASIDE_LIST;

typedef struct _PAGED_LOOKASIDE_LIST {
	GENERAL_LOOKASIDE L;
} PAGED_LOOKASIDE_LIST, *PPAGED_LOOKASIDE_LIST;

typedef struct _LOOKASIDE_LIST_EX {
	GENERAL_LOOKASIDE L;
} LOOKASIDE_LIST_EX;

#define EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL 0x00000001UL
#define EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE 0x00000002UL

NRT_EXPORT VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
						PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
						ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth);
NRT_EXPORT VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
NRT_EXPORT_HERE PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
NRT_EXPORT_HERE VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry);
/** The same for memory that may be paged: IRQL <= APC_LEVEL. */
NRT_EXPORT VOID ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside,
					       PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
					       ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth);
NRT_EXPORT VOID ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside);
NRT_EXPORT PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside);
NRT_EXPORT VOID ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry);
NRT_EXPORT NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside,
						PALLOCATE_FUNCTION_EX Allocate,
						PFREE_FUNCTION_EX Free, POOL_TYPE PoolType,
						ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth);
NRT_EXPORT VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
NRT_EXPORT VOID ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
NRT_EXPORT_HERE PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
NRT_EXPORT_HERE VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry);

/* ------------------------------------------------------ device registers */

#define PAGE_NOACCESS 0x01
#define PAGE_READONLY 0x02
#define PAGE_READWRITE 0x04
#define PAGE_WRITECOPY 0x08
#define PAGE_EXECUTE 0x10
#define PAGE_EXECUTE_READ 0x20
#define PAGE_EXECUTE_READWRITE 0x40
#define PAGE_EXECUTE_WRITECOPY 0x80
#define PAGE_GUARD 0x100
#define PAGE_NOCACHE 0x200
#define PAGE_WRITECOMBINE 0x400

/**
 * Registers of a device that an adapter was added with, anywhere inside one of its memory
 * ranges, for the register functions; unmapped as they were mapped, by the end of
 * MiniportHaltEx. NULL when no device has them. IRQL <= DISPATCH_LEVEL.
 */
NRT_EXPORT PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
			      MEMORY_CACHING_TYPE CacheType);
/** @Protect: one of PAGE_READONLY to PAGE_EXECUTE_READWRITE; not enforced. */
NRT_EXPORT PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
				ULONG Protect);
NRT_EXPORT VOID MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes);

/* Functions, not macros, so that a device model can stand behind them. */
NRT_EXPORT_HERE UCHAR READ_REGISTER_UCHAR(volatile UCHAR *Register);
NRT_EXPORT_HERE USHORT READ_REGISTER_USHORT(volatile USHORT *Register);
NRT_EXPORT_HERE ULONG READ_REGISTER_ULONG(volatile ULONG *Register);
NRT_EXPORT_HERE ULONG64 READ_REGISTER_ULONG64(volatile ULONG64 *Register);
NRT_EXPORT_HERE VOID WRITE_REGISTER_UCHAR(volatile UCHAR *Register, UCHAR Value);
NRT_EXPORT_HERE VOID WRITE_REGISTER_USHORT(volatile USHORT *Register, USHORT Value);
NRT_EXPORT_HERE VOID WRITE_REGISTER_ULONG(volatile ULONG *Register, ULONG Value);
NRT_EXPORT_HERE VOID WRITE_REGISTER_ULONG64(volatile ULONG64 *Register, ULONG64 Value);

/** @Count registers that follow each other from @Register on, one access each. Any IRQL. */
NRT_EXPORT_HERE VOID READ_REGISTER_BUFFER_UCHAR(volatile UCHAR *Register, PUCHAR Buffer,
						ULONG Count);
NRT_EXPORT_HERE VOID READ_REGISTER_BUFFER_USHORT(volatile USHORT *Register, PUSHORT Buffer,
						 ULONG Count);
NRT_EXPORT_HERE VOID READ_REGISTER_BUFFER_ULONG(volatile ULONG *Register, PULONG Buffer,
						ULONG Count);
NRT_EXPORT_HERE VOID READ_REGISTER_BUFFER_ULONG64(volatile ULONG64 *Register, PULONG64 Buffer,
						  ULONG Count);
NRT_EXPORT_HERE VOID WRITE_REGISTER_BUFFER_UCHAR(volatile UCHAR *Register, PUCHAR Buffer,
						 ULONG Count);
NRT_EXPORT_HERE VOID WRITE_REGISTER_BUFFER_USHORT(volatile USHORT *Register, PUSHORT Buffer,
						  ULONG Count);
NRT_EXPORT_HERE VOID WRITE_REGISTER_BUFFER_ULONG(volatile ULONG *Register, PULONG Buffer,
						 ULONG Count);
NRT_EXPORT_HERE VOID WRITE_REGISTER_BUFFER_ULONG64(volatile ULONG64 *Register, PULONG64 Buffer,
						   ULONG Count);

NRT_EXTERN_C_END
#endif
