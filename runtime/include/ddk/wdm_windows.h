/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For the Windows target only: bodies of what the runtime exports and Windows
 * has in its headers, as its documents say or because its kernel exports no such
 * name. Part of wdm.h there; a driver's compiler expands them in its image.
 */
#ifndef NRT_DDK_WDM_WINDOWS_H
#define NRT_DDK_WDM_WINDOWS_H

#ifdef _WIN32

#include "wdm_atomic.h"
#include "wdm_irql.h"
#include "wdm_lock.h"
#include "wdm_memory.h"
#include "wdm_mdl.h"
#include "wdm_rtl.h"
#include "wdm_sync.h"

NRT_EXTERN_C_BEGIN

/* A body for the compiler only, never a symbol. */
#define NRT_IN_PLACE extern inline __attribute__((gnu_inline, always_inline))

/* ----------------------------------------------------------------- locks */

NRT_IN_PLACE VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
	__atomic_store_n(SpinLock, 0, __ATOMIC_RELEASE); /* pairs with the acquisitions */
}

NRT_IN_PLACE VOID ExInitializeFastMutex(PFAST_MUTEX FastMutex)
{
	FastMutex->Count = 1;
	FastMutex->Owner = NULL;
	FastMutex->Contention = 0;
	KeInitializeEvent(&FastMutex->Event, SynchronizationEvent, FALSE);
}

NRT_IN_PLACE ULONG KeGetCurrentProcessorIndex(VOID)
{
	return KeGetCurrentProcessorNumberEx(NULL);
}

/* ------------------------------------------------------------------ time */

/* KUSER_SHARED_DATA, at its address on this processor. [ntddk: KI_USER_SHARED_DATA] */
#define NRT_SHARED_TIME(offset) \
	(*(volatile ULONGLONG *)(ULONG_PTR)(0xFFFFF78000000000ULL + (offset)))

NRT_IN_PLACE ULONGLONG KeQueryInterruptTime(VOID)
{
	return NRT_SHARED_TIME(0x8);
}

NRT_IN_PLACE VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
	CurrentTime->QuadPart = (LONGLONG)NRT_SHARED_TIME(0x14);
}

NRT_IN_PLACE VOID KeQueryTickCount(PLARGE_INTEGER CurrentCount)
{
	CurrentCount->QuadPart = (LONGLONG)NRT_SHARED_TIME(0x320);
}

/* ---------------------------------------------------------------- memory */

NRT_IN_PLACE PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

/* Systems before POOL_ZERO_ALLOCATION ignore it, so the memory is cleared here. */
NRT_IN_PLACE PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	PVOID p = ExAllocatePoolWithTag((POOL_TYPE)(PoolType | POOL_ZERO_ALLOCATION),
					NumberOfBytes, Tag);

	if (p != NULL)
		memset(p, 0, NumberOfBytes);
	return p;
}

NRT_IN_PLACE PVOID ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	PVOID p = ExAllocatePoolWithQuotaTag((POOL_TYPE)(PoolType | POOL_ZERO_ALLOCATION),
					     NumberOfBytes, Tag);

	if (p != NULL)
		memset(p, 0, NumberOfBytes);
	return p;
}

/* An entry from the list, or from the list's allocate routine. */
NRT_IN_PLACE PVOID nrt_lookaside_pop(PGENERAL_LOOKASIDE l)
{
	l->TotalAllocates++;
	return InterlockedPopEntrySList(&l->ListHead);
}

/* TRUE when the list has room for @entry and has it now. */
NRT_IN_PLACE BOOLEAN nrt_lookaside_push(PGENERAL_LOOKASIDE l, PVOID entry)
{
	l->TotalFrees++;
	if (ExQueryDepthSList(&l->ListHead) >= l->Depth) {
		l->FreeMisses++;
		return FALSE;
	}
	InterlockedPushEntrySList(&l->ListHead, (PSLIST_ENTRY)entry);
	return TRUE;
}

NRT_IN_PLACE PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	PVOID entry = nrt_lookaside_pop(&Lookaside->L);

	if (entry == NULL) {
		Lookaside->L.AllocateMisses++;
		entry = Lookaside->L.Allocate(Lookaside->L.Type, Lookaside->L.Size,
					      Lookaside->L.Tag);
	}
	return entry;
}

NRT_IN_PLACE VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	if (!nrt_lookaside_push(&Lookaside->L, Entry))
		Lookaside->L.Free(Entry);
}

NRT_IN_PLACE PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	PVOID entry = nrt_lookaside_pop(&Lookaside->L);

	if (entry == NULL) {
		Lookaside->L.AllocateMisses++;
		entry = Lookaside->L.AllocateEx(Lookaside->L.Type, Lookaside->L.Size,
						Lookaside->L.Tag, Lookaside);
	}
	return entry;
}

NRT_IN_PLACE VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
	if (!nrt_lookaside_push(&Lookaside->L, Entry))
		Lookaside->L.FreeEx(Entry, Lookaside);
}

NRT_IN_PLACE VOID RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern)
{
	for (SIZE_T i = 0; i < Length / sizeof(Pattern); i++)
		((PULONG)Destination)[i] = Pattern;
}

NRT_IN_PLACE VOID RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length, ULONGLONG Pattern)
{
	for (SIZE_T i = 0; i < Length / sizeof(Pattern); i++)
		((PULONGLONG)Destination)[i] = Pattern;
}

NRT_IN_PLACE PVOID RtlSecureZeroMemory(PVOID ptr, SIZE_T cnt)
{
	memset(ptr, 0, cnt);
	__asm__ __volatile__("" : : "r"(ptr) : "memory");
	return ptr;
}

/* ------------------------------------------------------------------ MDLs */

/** Page nf-wdm-mmgetsystemaddressformdlsafe: NULL when it cannot be mapped. */
NRT_IN_PLACE PVOID MmGetSystemAddressForMdlSafe(PMDL Mdl, ULONG Priority)
{
	if ((Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0)
		return Mdl->MappedSystemVa;
	return MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, Priority);
}

#define MmGetSystemAddressForMdl(Mdl) MmGetSystemAddressForMdlSafe((Mdl), HighPagePriority)

/** Only of partial MDLs does it release the mapping. */
NRT_IN_PLACE VOID MmPrepareMdlForReuse(PMDL Mdl)
{
	if ((Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0)
		MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
}

/* ------------------------------------------------- registers and ports */

/* One access of the type's width; a write is on its way before the next access. */
#define NRT_REGISTER(NAME, TYPE) \
	NRT_IN_PLACE TYPE READ_REGISTER_##NAME(volatile TYPE *Register) \
	{ \
		KeMemoryBarrierWithoutFence(); \
		return *Register; \
	} \
	NRT_IN_PLACE VOID WRITE_REGISTER_##NAME(volatile TYPE *Register, TYPE Value) \
	{ \
		*Register = Value; \
		KeMemoryBarrier(); \
	} \
	NRT_IN_PLACE VOID READ_REGISTER_BUFFER_##NAME(volatile TYPE *Register, TYPE *Buffer, \
						      ULONG Count) \
	{ \
		for (ULONG i = 0; i < Count; i++) \
			Buffer[i] = Register[i]; \
	} \
	NRT_IN_PLACE VOID WRITE_REGISTER_BUFFER_##NAME(volatile TYPE *Register, TYPE *Buffer, \
						       ULONG Count) \
	{ \
		for (ULONG i = 0; i < Count; i++) \
			Register[i] = Buffer[i]; \
		KeMemoryBarrier(); \
	}

NRT_REGISTER(UCHAR, UCHAR)
NRT_REGISTER(USHORT, USHORT)
NRT_REGISTER(ULONG, ULONG)
NRT_REGISTER(ULONG64, ULONG64)
#undef NRT_REGISTER

#define NRT_PORT(NAME, TYPE, SUFFIX) \
	NRT_IN_PLACE TYPE READ_PORT_##NAME(TYPE *Port) \
	{ \
		TYPE value; \
		__asm__ __volatile__("in" SUFFIX " %w1, %0" \
				     : "=a"(value) \
				     : "Nd"((USHORT)(ULONG_PTR)Port) \
				     : "memory"); \
		return value; \
	} \
	NRT_IN_PLACE VOID WRITE_PORT_##NAME(TYPE *Port, TYPE Value) \
	{ \
		__asm__ __volatile__("out" SUFFIX " %0, %w1" \
				     : \
				     : "a"(Value), "Nd"((USHORT)(ULONG_PTR)Port) \
				     : "memory"); \
	} \
	NRT_IN_PLACE VOID READ_PORT_BUFFER_##NAME(TYPE *Port, TYPE *Buffer, ULONG Count) \
	{ \
		for (ULONG i = 0; i < Count; i++) \
			Buffer[i] = READ_PORT_##NAME(Port); \
	} \
	NRT_IN_PLACE VOID WRITE_PORT_BUFFER_##NAME(TYPE *Port, TYPE *Buffer, ULONG Count) \
	{ \
		for (ULONG i = 0; i < Count; i++) \
			WRITE_PORT_##NAME(Port, Buffer[i]); \
	}

NRT_PORT(UCHAR, UCHAR, "b")
NRT_PORT(USHORT, USHORT, "w")
NRT_PORT(ULONG, ULONG, "l")
#undef NRT_PORT

NRT_EXTERN_C_END

#endif
#endif
