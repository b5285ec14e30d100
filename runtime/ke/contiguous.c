/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory in one piece for a device, within the addresses that the device can name, and
 * noncached memory. Allocated and freed by drivers up to DISPATCH_LEVEL. All of it is
 * pool memory, which the platform gives in one piece where it can; caches here see what
 * devices do, so the cache type changes nothing.
 */
#include <wdm.h>

#include "irql.h"
#include "memory.h"

#define TAG 0x6d436d4d /* MmCm */
#define TRIES 8

/* Where a buffer must lie. */
struct range {
	uint64_t low, high;
	uint64_t boundary; /* it crosses no multiple of this; 0: it may */
};

/* Where the platform knows no bus address, a device is in this process. */
static bool fits(void *va, size_t size, const struct range *r)
{
	uint64_t first = nrt_memory_iova(va, size);

	if (first == UINT64_MAX) {
		if (nrt_memory_iova(va, 1) != UINT64_MAX)
			return false; /* not in one piece */
		first = (uintptr_t)va;
	}
	if (first < r->low || first > r->high || size - 1 > r->high - first)
		return false;
	return r->boundary == 0 || first / r->boundary == (first + size - 1) / r->boundary;
}

/* What does not fit is kept until another piece does, or it would come again. */
static void *allocate(size_t size, const struct range *r, ULONG node, ULONG tag)
{
	int before = node != MM_ANY_NODE_OK ? nrt_memory_prefer((int)node) : -1;
	void *misfit[TRIES], *va = NULL;
	unsigned int n = 0;

	if ((r->boundary & (r->boundary - 1)) == 0 && size != 0) {
		while (n < TRIES) {
			/* from a page on it is aligned to one */
			va = nrt_memory_alloc(size < PAGE_SIZE ? PAGE_SIZE : size, tag, NULL);
			if (va == NULL || fits(va, size, r))
				break;
			misfit[n++] = va;
			va = NULL;
		}
	}
	if (node != MM_ANY_NODE_OK)
		nrt_memory_prefer(before);
	while (n > 0)
		nrt_memory_free(misfit[--n], tag);
	return va;
}

static struct range range_of(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS boundary)
{
	return (struct range){ .low = (uint64_t)low.QuadPart, .high = (uint64_t)high.QuadPart,
			       .boundary = (uint64_t)boundary.QuadPart };
}

PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
	const struct range r = { .high = (uint64_t)HighestAcceptableAddress.QuadPart };

	nrt_check_irql("MmAllocateContiguousMemory", DISPATCH_LEVEL);
	return allocate(NumberOfBytes, &r, MM_ANY_NODE_OK, TAG);
}

PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
					     PHYSICAL_ADDRESS LowestAcceptableAddress,
					     PHYSICAL_ADDRESS HighestAcceptableAddress,
					     PHYSICAL_ADDRESS BoundaryAddressMultiple,
					     MEMORY_CACHING_TYPE CacheType)
{
	return MmAllocateContiguousMemorySpecifyCacheNode(
		NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
		BoundaryAddressMultiple, CacheType, MM_ANY_NODE_OK);
}

PVOID MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes,
						 PHYSICAL_ADDRESS LowestAcceptableAddress,
						 PHYSICAL_ADDRESS HighestAcceptableAddress,
						 PHYSICAL_ADDRESS BoundaryAddressMultiple,
						 MEMORY_CACHING_TYPE CacheType,
						 NODE_REQUIREMENT PreferredNode)
{
	const struct range r = range_of(LowestAcceptableAddress, HighestAcceptableAddress,
					BoundaryAddressMultiple);

	(void)CacheType;
	nrt_check_irql("MmAllocateContiguousMemorySpecifyCache", DISPATCH_LEVEL);
	return allocate(NumberOfBytes, &r, PreferredNode, TAG);
}

/* One way to access it, that there is: no memory here can be executed. */
static bool protection_ok(ULONG protect)
{
	return (protect & ~(ULONG)(PAGE_NOCACHE | PAGE_WRITECOMBINE)) == PAGE_READWRITE &&
	       (protect & (PAGE_NOCACHE | PAGE_WRITECOMBINE)) != (PAGE_NOCACHE | PAGE_WRITECOMBINE);
}

PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
				     PHYSICAL_ADDRESS HighestAcceptableAddress,
				     PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
				     NODE_REQUIREMENT PreferredNode)
{
	const struct range r = range_of(LowestAcceptableAddress, HighestAcceptableAddress,
					BoundaryAddressMultiple);

	nrt_check_irql("MmAllocateContiguousNodeMemory", DISPATCH_LEVEL);
	return protection_ok(Protect) ? allocate(NumberOfBytes, &r, PreferredNode, TAG) : NULL;
}

NTSTATUS MmAllocateContiguousMemoryEx(PSIZE_T NumberOfBytes,
				      PHYSICAL_ADDRESS LowestAcceptableAddress,
				      PHYSICAL_ADDRESS HighestAcceptableAddress,
				      PHYSICAL_ADDRESS BoundaryAddressMultiple,
				      NODE_REQUIREMENT PreferredNode, ULONG Protect,
				      PVOID PartitionObject, ULONG Tag, ULONG Flags,
				      PVOID *BaseAddress)
{
	const struct range r = range_of(LowestAcceptableAddress, HighestAcceptableAddress,
					BoundaryAddressMultiple);

	nrt_check_irql("MmAllocateContiguousMemoryEx", DISPATCH_LEVEL);
	*BaseAddress = NULL;
	if (PartitionObject != NULL || (Flags & ~MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY) != 0)
		return STATUS_INVALID_PARAMETER;
	if (!protection_ok(Protect))
		return STATUS_INVALID_PAGE_PROTECTION;
	*BaseAddress = allocate(*NumberOfBytes, &r, PreferredNode, Tag);
	return *BaseAddress != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID MmFreeContiguousMemory(PVOID BaseAddress)
{
	nrt_check_irql("MmFreeContiguousMemory", DISPATCH_LEVEL);
	nrt_memory_free(BaseAddress, 0);
}

VOID MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
					MEMORY_CACHING_TYPE CacheType)
{
	(void)NumberOfBytes;
	(void)CacheType;
	MmFreeContiguousMemory(BaseAddress);
}

PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
	nrt_check_irql("MmAllocateNonCachedMemory", APC_LEVEL);
	if (NumberOfBytes == 0 || NumberOfBytes > SIZE_MAX - PAGE_SIZE)
		return NULL;
	return nrt_memory_alloc(ROUND_TO_PAGES(NumberOfBytes), TAG, NULL);
}

VOID MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
	(void)NumberOfBytes;
	nrt_check_irql("MmFreeNonCachedMemory", APC_LEVEL);
	nrt_memory_free(BaseAddress, TAG);
}
