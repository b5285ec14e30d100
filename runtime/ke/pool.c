/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The documented names of pool memory, kernel and NDIS. Called by drivers up
 * to DISPATCH_LEVEL. All memory is resident, so pool types differ in nothing
 * but what the documents promise about zeroing.
 */
#include <ndis/services.h>

#include "irql.h"
#include "memory.h"
#include "verifier.h"

static void check_tag(const char *ddi, ULONG tag)
{
	if (tag == 0)
		nrt_violation("RS-MEM-01", "%s: the tag is 0", ddi);
}

PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
					EX_POOL_PRIORITY Priority)
{
	(void)Priority;
	nrt_check_irql("NdisAllocateMemoryWithTagPriority", DISPATCH_LEVEL);
	check_tag("NdisAllocateMemoryWithTagPriority", Tag);
	return nrt_memory_alloc(Length, Tag, NdisHandle);
}

NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag)
{
	nrt_check_irql("NdisAllocateMemoryWithTag", DISPATCH_LEVEL);
	check_tag("NdisAllocateMemoryWithTag", Tag);
	*VirtualAddress = nrt_memory_alloc(Length, Tag, NULL);
	/* NDIS_STATUS_FAILURE, which ndis/status.h defines as this */
	return *VirtualAddress != NULL ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

VOID NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags)
{
	(void)Length;
	(void)MemoryFlags;
	nrt_check_irql("NdisFreeMemory", DISPATCH_LEVEL);
	nrt_memory_free(VirtualAddress, 0);
}

VOID NdisFreeMemoryWithTag(PVOID VirtualAddress, ULONG Tag)
{
	nrt_check_irql("NdisFreeMemoryWithTag", DISPATCH_LEVEL);
	nrt_memory_free(VirtualAddress, Tag);
}

VOID NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag)
{
	(void)NdisHandle;
	nrt_check_irql("NdisFreeMemoryWithTagPriority", DISPATCH_LEVEL);
	nrt_memory_free(VirtualAddress, Tag);
}

/* ---------------------------------------------------------------- kernel */

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	nrt_check_irql("ExAllocatePoolWithTag", DISPATCH_LEVEL);
	check_tag("ExAllocatePoolWithTag", Tag);
	if (((ULONG)PoolType & POOL_ZERO_ALLOCATION) != 0)
		return nrt_memory_zalloc(NumberOfBytes, Tag, NULL);
	return nrt_memory_alloc(NumberOfBytes, Tag, NULL);
}

PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
				    EX_POOL_PRIORITY Priority)
{
	(void)Priority;
	return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
	nrt_check_irql("ExAllocatePool2", DISPATCH_LEVEL);
	check_tag("ExAllocatePool2", Tag);
	if ((Flags & POOL_FLAG_UNINITIALIZED) != 0)
		return nrt_memory_alloc(NumberOfBytes, Tag, NULL);
	return nrt_memory_zalloc(NumberOfBytes, Tag, NULL);
}

PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return ExAllocatePoolWithTag((POOL_TYPE)((ULONG)PoolType | POOL_ZERO_ALLOCATION),
				     NumberOfBytes, Tag);
}

PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

PVOID ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return ExAllocatePoolZero(PoolType, NumberOfBytes, Tag);
}

VOID ExFreePoolWithTag(PVOID P, ULONG Tag)
{
	nrt_check_irql("ExFreePoolWithTag", DISPATCH_LEVEL);
	nrt_memory_free(P, Tag);
}

VOID ExFreePool(PVOID P)
{
	nrt_check_irql("ExFreePool", DISPATCH_LEVEL);
	nrt_memory_free(P, 0);
}

VOID ExFreePool2(PVOID P, ULONG Tag, PVOID ExtendedParameters, ULONG ExtendedParametersCount)
{
	(void)ExtendedParameters;
	(void)ExtendedParametersCount;
	ExFreePoolWithTag(P, Tag);
}
