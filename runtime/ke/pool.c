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

#define NO_TAG 0x656e6f4e /* None */

/* Flags from 2^32 on are optional: what is not known of them is ignored. */
#define REQUIRED_FLAGS 0xffffffffULL
#define KNOWN_FLAGS \
	(POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION | \
	 POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE | POOL_FLAG_NON_PAGED | \
	 POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)

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

/* The tag is that of memory whose owner gave none. */
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
	return ExAllocatePoolWithTag(PoolType, NumberOfBytes, NO_TAG);
}

/* No process has a quota, and no exception can be raised. */
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
	return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, NO_TAG);
}

static bool known_priority(EX_POOL_PRIORITY p)
{
	ULONG base = (ULONG)p & ~9U, special = (ULONG)p & 9;

	return base <= HighPoolPriority && base % NormalPoolPriority == 0 && special != 1;
}

/* Whatever its priority, memory is given until there is none. */
static bool parameter_ok(PCPOOL_EXTENDED_PARAMETER p)
{
	if (p->Type == PoolExtendedParameterPriority)
		return known_priority(p->Priority);
	return p->Optional != 0;
}

/* One kind of pool, and no required flag that is not known [kernel/pool_flags]. */
static bool flags_ok(POOL_FLAGS flags)
{
	POOL_FLAGS kind = flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE |
				   POOL_FLAG_PAGED);

	return kind != 0 && (kind & (kind - 1)) == 0 && (flags & REQUIRED_FLAGS & ~KNOWN_FLAGS) == 0;
}

PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
		      PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount)
{
	for (ULONG i = 0; i < ExtendedParametersCount; i++)
		if (!parameter_ok(&ExtendedParameters[i]))
			return NULL;
	if (Tag == 0 || !flags_ok(Flags))
		return NULL;
	return ExAllocatePool2(Flags, NumberOfBytes, Tag);
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
