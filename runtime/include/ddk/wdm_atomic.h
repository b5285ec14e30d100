/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interlocked operations, memory barriers, and byte order. Any IRQL. Each
 * operation is one sequentially consistent atomic, which is what the
 * documents promise ("full memory barrier"); the suffixed forms are no weaker.
 * Part of wdm.h.
 */
#ifndef NRT_DDK_WDM_ATOMIC_H
#define NRT_DDK_WDM_ATOMIC_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

NRT_INLINE LONG InterlockedIncrement(LONG volatile *Addend)
{
	return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG InterlockedDecrement(LONG volatile *Addend)
{
	return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG InterlockedExchange(LONG volatile *Target, LONG Value)
{
	return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG InterlockedExchangeAdd(LONG volatile *Addend, LONG Value)
{
	return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG InterlockedAdd(LONG volatile *Addend, LONG Value)
{
	return __atomic_add_fetch(Addend, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG InterlockedCompareExchange(LONG volatile *Destination, LONG Exchange,
					 LONG Comparand)
{
	__atomic_compare_exchange_n(Destination, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return Comparand;
}

NRT_INLINE LONG InterlockedAnd(LONG volatile *Destination, LONG Value)
{
	return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG InterlockedOr(LONG volatile *Destination, LONG Value)
{
	return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG InterlockedXor(LONG volatile *Destination, LONG Value)
{
	return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG64 InterlockedIncrement64(LONG64 volatile *Addend)
{
	return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG64 InterlockedDecrement64(LONG64 volatile *Addend)
{
	return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG64 InterlockedExchange64(LONG64 volatile *Target, LONG64 Value)
{
	return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG64 InterlockedExchangeAdd64(LONG64 volatile *Addend, LONG64 Value)
{
	return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG64 InterlockedAdd64(LONG64 volatile *Addend, LONG64 Value)
{
	return __atomic_add_fetch(Addend, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG64 InterlockedCompareExchange64(LONG64 volatile *Destination, LONG64 Exchange,
					 LONG64 Comparand)
{
	__atomic_compare_exchange_n(Destination, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return Comparand;
}

NRT_INLINE LONG64 InterlockedAnd64(LONG64 volatile *Destination, LONG64 Value)
{
	return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG64 InterlockedOr64(LONG64 volatile *Destination, LONG64 Value)
{
	return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE LONG64 InterlockedXor64(LONG64 volatile *Destination, LONG64 Value)
{
	return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE SHORT InterlockedIncrement16(SHORT volatile *Addend)
{
	return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

NRT_INLINE SHORT InterlockedDecrement16(SHORT volatile *Addend)
{
	return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

NRT_INLINE SHORT InterlockedExchange16(SHORT volatile *Target, SHORT Value)
{
	return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE SHORT InterlockedCompareExchange16(SHORT volatile *Destination, SHORT Exchange,
					 SHORT Comparand)
{
	__atomic_compare_exchange_n(Destination, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return Comparand;
}

NRT_INLINE SHORT InterlockedAnd16(SHORT volatile *Destination, SHORT Value)
{
	return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE SHORT InterlockedOr16(SHORT volatile *Destination, SHORT Value)
{
	return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE SHORT InterlockedXor16(SHORT volatile *Destination, SHORT Value)
{
	return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE PVOID InterlockedExchangePointer(PVOID volatile *Target, PVOID Value)
{
	return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE PVOID InterlockedCompareExchangePointer(PVOID volatile *Destination, PVOID Exchange,
						     PVOID Comparand)
{
	__atomic_compare_exchange_n(Destination, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return Comparand;
}

NRT_INLINE CHAR InterlockedExchange8(CHAR volatile *Target, CHAR Value)
{
	return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

NRT_INLINE BOOLEAN InterlockedBitTestAndSet(LONG volatile *Base, LONG Bit)
{
	ULONG mask = 1U << (Bit & 31);
	
	return (BOOLEAN)((__atomic_fetch_or((ULONG volatile *)Base, mask, __ATOMIC_SEQ_CST) & mask) != 0);
}

NRT_INLINE BOOLEAN InterlockedBitTestAndReset(LONG volatile *Base, LONG Bit)
{
	ULONG mask = 1U << (Bit & 31);
	
	return (BOOLEAN)((__atomic_fetch_and((ULONG volatile *)Base, ~mask, __ATOMIC_SEQ_CST) & mask) !=
			 0);
}

NRT_INLINE BOOLEAN InterlockedBitTestAndSet64(LONG64 volatile *Base, LONG64 Bit)
{
	ULONG64 mask = 1ULL << (Bit & 63);
	
	return (BOOLEAN)((__atomic_fetch_or((ULONG64 volatile *)Base, mask, __ATOMIC_SEQ_CST) & mask) != 0);
}

NRT_INLINE BOOLEAN InterlockedBitTestAndReset64(LONG64 volatile *Base, LONG64 Bit)
{
	ULONG64 mask = 1ULL << (Bit & 63);
	
	return (BOOLEAN)((__atomic_fetch_and((ULONG64 volatile *)Base, ~mask, __ATOMIC_SEQ_CST) & mask) !=
			 0);
}

#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedIncrementRelease InterlockedIncrement
#define InterlockedIncrementNoFence InterlockedIncrement
#define InterlockedDecrementAcquire InterlockedDecrement
#define InterlockedDecrementRelease InterlockedDecrement
#define InterlockedDecrementNoFence InterlockedDecrement
#define InterlockedExchangeNoFence InterlockedExchange
#define InterlockedExchangeAcquire InterlockedExchange
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence InterlockedCompareExchange
#define InterlockedExchangeAddNoFence InterlockedExchangeAdd
#define InterlockedOrNoFence InterlockedOr
#define InterlockedAndNoFence InterlockedAnd
#define InterlockedIncrementSizeT(a) InterlockedIncrement64((LONG64 volatile *)(a))
#define InterlockedDecrementSizeT(a) InterlockedDecrement64((LONG64 volatile *)(a))
#define InterlockedExchangeAddSizeT(a, b) InterlockedExchangeAdd64((LONG64 volatile *)(a), (LONG64)(b))
#define InterlockedAnd8(a, b) ((CHAR)__atomic_fetch_and((a), (b), __ATOMIC_SEQ_CST))
#define InterlockedOr8(a, b) ((CHAR)__atomic_fetch_or((a), (b), __ATOMIC_SEQ_CST))
#define InterlockedXor8(a, b) ((CHAR)__atomic_fetch_xor((a), (b), __ATOMIC_SEQ_CST))

#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedOr InterlockedOr
#define _InterlockedAnd InterlockedAnd
#define _InterlockedXor InterlockedXor

/* Plain atomic loads and stores, by documented ordering. */

NRT_INLINE LONG ReadAcquire(LONG volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

NRT_INLINE LONG ReadNoFence(LONG volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

NRT_INLINE VOID WriteRelease(LONG volatile *Destination, LONG Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

NRT_INLINE VOID WriteNoFence(LONG volatile *Destination, LONG Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

NRT_INLINE LONG64 Read64Acquire(LONG64 volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

NRT_INLINE LONG64 Read64NoFence(LONG64 volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

NRT_INLINE VOID Write64Release(LONG64 volatile *Destination, LONG64 Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

NRT_INLINE VOID Write64NoFence(LONG64 volatile *Destination, LONG64 Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

NRT_INLINE ULONG ReadULongAcquire(ULONG volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

NRT_INLINE ULONG ReadULongNoFence(ULONG volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

NRT_INLINE VOID WriteULongRelease(ULONG volatile *Destination, ULONG Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

NRT_INLINE VOID WriteULongNoFence(ULONG volatile *Destination, ULONG Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

NRT_INLINE PVOID ReadPointerAcquire(PVOID volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

NRT_INLINE PVOID ReadPointerNoFence(PVOID volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

NRT_INLINE VOID WritePointerRelease(PVOID volatile *Destination, PVOID Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

NRT_INLINE VOID WritePointerNoFence(PVOID volatile *Destination, PVOID Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

NRT_INLINE ULONG64 ReadULong64Acquire(ULONG64 volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

NRT_INLINE ULONG64 ReadULong64NoFence(ULONG64 volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

NRT_INLINE VOID WriteULong64Release(ULONG64 volatile *Destination, ULONG64 Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

NRT_INLINE VOID WriteULong64NoFence(ULONG64 volatile *Destination, ULONG64 Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

/* ----------------------------------------------------------- barriers */

NRT_INLINE VOID KeMemoryBarrier(VOID)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#define MemoryBarrier() KeMemoryBarrier()
#define KeMemoryBarrierWithoutFence() __asm__ __volatile__("" ::: "memory")
#define _ReadWriteBarrier() KeMemoryBarrierWithoutFence()
#define _ReadBarrier() KeMemoryBarrierWithoutFence()
#define _WriteBarrier() KeMemoryBarrierWithoutFence()
#define ReadBarrier() KeMemoryBarrier()
#define WriteBarrier() KeMemoryBarrier()

#if defined(__x86_64__) || defined(__i386__)
#define YieldProcessor() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define YieldProcessor() __asm__ __volatile__("yield" ::: "memory")
#else
#define YieldProcessor() KeMemoryBarrierWithoutFence()
#endif

/* ----------------------------------------------------- lock-free stack */

#ifdef _WIN32 /* what the kernel exports them as */
#define InterlockedPushEntrySList ExpInterlockedPushEntrySList
#define InterlockedPopEntrySList ExpInterlockedPopEntrySList
#define InterlockedFlushSList ExpInterlockedFlushSList
NRT_EXPORT PSLIST_ENTRY FirstEntrySList(const SLIST_HEADER *SListHead);
#else
#define FirstEntrySList(head) ((PSLIST_ENTRY)(head)->Region)
#endif

/** Empty @SListHead. It and every entry are aligned to 16 bytes. */
NRT_EXPORT VOID InitializeSListHead(PSLIST_HEADER SListHead);
/** Push or pop at any IRQL. Push returns the former first entry. */
NRT_EXPORT PSLIST_ENTRY InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
NRT_EXPORT PSLIST_ENTRY InterlockedPopEntrySList(PSLIST_HEADER ListHead);
/** Take all entries at once, chained by Next; NULL when there is none. */
NRT_EXPORT PSLIST_ENTRY InterlockedFlushSList(PSLIST_HEADER ListHead);
NRT_EXPORT USHORT ExQueryDepthSList(PSLIST_HEADER SListHead);

#define ExInitializeSListHead InitializeSListHead
#define QueryDepthSList ExQueryDepthSList
#define ExInterlockedFlushSList(head) InterlockedFlushSList(head)
#define ExInterlockedPushEntrySList(head, entry, lock) \
	((void)(lock), InterlockedPushEntrySList(head, entry))
#define ExInterlockedPopEntrySList(head, lock) ((void)(lock), InterlockedPopEntrySList(head))

/* ---------------------------------------------------------- byte order */

NRT_INLINE USHORT RtlUshortByteSwap(USHORT Source)
{
	return __builtin_bswap16(Source);
}

NRT_INLINE ULONG RtlUlongByteSwap(ULONG Source)
{
	return __builtin_bswap32(Source);
}

NRT_INLINE ULONGLONG RtlUlonglongByteSwap(ULONGLONG Source)
{
	return __builtin_bswap64(Source);
}

#define _byteswap_ushort(x) __builtin_bswap16(x)
#define _byteswap_ulong(x) __builtin_bswap32(x)
#define _byteswap_uint64(x) __builtin_bswap64(x)

NRT_INLINE BOOLEAN BitScanForward(ULONG *Index, ULONG Mask)
{
	if (Mask != 0)
		*Index = (ULONG)__builtin_ctz(Mask);
	return (BOOLEAN)(Mask != 0);
}

NRT_INLINE BOOLEAN BitScanReverse(ULONG *Index, ULONG Mask)
{
	if (Mask != 0)
		*Index = 31U - (ULONG)__builtin_clz(Mask);
	return (BOOLEAN)(Mask != 0);
}

NRT_INLINE BOOLEAN BitScanForward64(ULONG *Index, ULONG64 Mask)
{
	if (Mask != 0)
		*Index = (ULONG)__builtin_ctzll(Mask);
	return (BOOLEAN)(Mask != 0);
}

NRT_INLINE BOOLEAN BitScanReverse64(ULONG *Index, ULONG64 Mask)
{
	if (Mask != 0)
		*Index = 63U - (ULONG)__builtin_clzll(Mask);
	return (BOOLEAN)(Mask != 0);
}

#define _BitScanForward BitScanForward
#define _BitScanReverse BitScanReverse
#define _BitScanForward64 BitScanForward64
#define _BitScanReverse64 BitScanReverse64

NRT_EXTERN_C_END
#endif
