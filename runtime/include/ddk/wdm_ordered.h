/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forms of the interlocked operations that ask for less order, which they get
 * with more; the underlined ones; and plain atomic loads and stores of small types.
 * Any IRQL. Part of wdm.h.
 */
#ifndef NRT_DDK_WDM_ORDERED_H
#define NRT_DDK_WDM_ORDERED_H

#include "wdm_atomic.h"
#include "wdm_sync.h"

NRT_EXTERN_C_BEGIN

#define InterlockedAddAcquire InterlockedAdd
#define InterlockedAddRelease InterlockedAdd
#define InterlockedAddNoFence InterlockedAdd
#define InterlockedExchangeAddAcquire InterlockedExchangeAdd
#define InterlockedExchangeAddRelease InterlockedExchangeAdd
#define InterlockedAndAcquire InterlockedAnd
#define InterlockedAndRelease InterlockedAnd
#define InterlockedOrAcquire InterlockedOr
#define InterlockedOrRelease InterlockedOr
#define InterlockedXorAcquire InterlockedXor
#define InterlockedXorRelease InterlockedXor
#define InterlockedXorNoFence InterlockedXor

#define InterlockedIncrementAcquire64 InterlockedIncrement64
#define InterlockedIncrementRelease64 InterlockedIncrement64
#define InterlockedIncrementNoFence64 InterlockedIncrement64
#define InterlockedDecrementAcquire64 InterlockedDecrement64
#define InterlockedDecrementRelease64 InterlockedDecrement64
#define InterlockedDecrementNoFence64 InterlockedDecrement64
#define InterlockedAddAcquire64 InterlockedAdd64
#define InterlockedAddRelease64 InterlockedAdd64
#define InterlockedAddNoFence64 InterlockedAdd64
#define InterlockedExchangeAcquire64 InterlockedExchange64
#define InterlockedExchangeNoFence64 InterlockedExchange64
#define InterlockedExchangeAddAcquire64 InterlockedExchangeAdd64
#define InterlockedExchangeAddRelease64 InterlockedExchangeAdd64
#define InterlockedExchangeAddNoFence64 InterlockedExchangeAdd64
#define InterlockedCompareExchangeAcquire64 InterlockedCompareExchange64
#define InterlockedCompareExchangeRelease64 InterlockedCompareExchange64
#define InterlockedCompareExchangeNoFence64 InterlockedCompareExchange64
#define InterlockedAnd64Acquire InterlockedAnd64
#define InterlockedAnd64Release InterlockedAnd64
#define InterlockedAnd64NoFence InterlockedAnd64
#define InterlockedOr64Acquire InterlockedOr64
#define InterlockedOr64Release InterlockedOr64
#define InterlockedOr64NoFence InterlockedOr64
#define InterlockedXor64Acquire InterlockedXor64
#define InterlockedXor64Release InterlockedXor64
#define InterlockedXor64NoFence InterlockedXor64

#define InterlockedIncrement16Acquire InterlockedIncrement16
#define InterlockedIncrement16Release InterlockedIncrement16
#define InterlockedIncrement16NoFence InterlockedIncrement16
#define InterlockedDecrement16Acquire InterlockedDecrement16
#define InterlockedDecrement16Release InterlockedDecrement16
#define InterlockedDecrement16NoFence InterlockedDecrement16
#define InterlockedCompareExchange16Acquire InterlockedCompareExchange16
#define InterlockedCompareExchange16Release InterlockedCompareExchange16
#define InterlockedCompareExchange16NoFence InterlockedCompareExchange16
#define InterlockedExchange16Acquire InterlockedExchange16
#define InterlockedExchange16NoFence InterlockedExchange16
#define InterlockedAnd16Acquire InterlockedAnd16
#define InterlockedAnd16Release InterlockedAnd16
#define InterlockedAnd16NoFence InterlockedAnd16
#define InterlockedOr16Acquire InterlockedOr16
#define InterlockedOr16Release InterlockedOr16
#define InterlockedOr16NoFence InterlockedOr16
#define InterlockedXor16Acquire InterlockedXor16
#define InterlockedXor16Release InterlockedXor16
#define InterlockedXor16NoFence InterlockedXor16
#define InterlockedAnd8Acquire InterlockedAnd8
#define InterlockedAnd8Release InterlockedAnd8
#define InterlockedAnd8NoFence InterlockedAnd8
#define InterlockedOr8Acquire InterlockedOr8
#define InterlockedOr8Release InterlockedOr8
#define InterlockedOr8NoFence InterlockedOr8
#define InterlockedXor8Acquire InterlockedXor8
#define InterlockedXor8Release InterlockedXor8
#define InterlockedXor8NoFence InterlockedXor8

#define InterlockedExchangePointerAcquire InterlockedExchangePointer
#define InterlockedExchangePointerNoFence InterlockedExchangePointer
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer

#define _InterlockedIncrement64 InterlockedIncrement64
#define _InterlockedDecrement64 InterlockedDecrement64
#define _InterlockedExchange64 InterlockedExchange64
#define _InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define _InterlockedCompareExchange64 InterlockedCompareExchange64
#define _InterlockedAnd64 InterlockedAnd64
#define _InterlockedOr64 InterlockedOr64
#define _InterlockedXor64 InterlockedXor64
#define _InterlockedIncrement16 InterlockedIncrement16
#define _InterlockedDecrement16 InterlockedDecrement16
#define _InterlockedExchange16 InterlockedExchange16
#define _InterlockedCompareExchange16 InterlockedCompareExchange16
#define _InterlockedAnd16 InterlockedAnd16
#define _InterlockedOr16 InterlockedOr16
#define _InterlockedXor16 InterlockedXor16
#define _InterlockedAnd8 InterlockedAnd8
#define _InterlockedOr8 InterlockedOr8
#define _InterlockedXor8 InterlockedXor8
#define _InterlockedExchange8 InterlockedExchange8
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _interlockedbittestandset InterlockedBitTestAndSet
#define _interlockedbittestandreset InterlockedBitTestAndReset

/** What was at @Destination; the lock is not needed and may be NULL. */
NRT_INLINE LONGLONG ExInterlockedCompareExchange64(LONGLONG volatile *Destination,
						   PLONGLONG Exchange, PLONGLONG Comparand,
						   PKSPIN_LOCK Lock)
{
	(void)Lock;
	return InterlockedCompareExchange64(Destination, *Exchange, *Comparand);
}

NRT_INLINE CHAR Read8Acquire(CHAR volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

NRT_INLINE CHAR Read8NoFence(CHAR volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

NRT_INLINE VOID Write8Release(CHAR volatile *Destination, CHAR Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

NRT_INLINE VOID Write8NoFence(CHAR volatile *Destination, CHAR Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

NRT_INLINE UCHAR ReadUCharAcquire(UCHAR volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

NRT_INLINE UCHAR ReadUCharNoFence(UCHAR volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

NRT_INLINE VOID WriteUCharRelease(UCHAR volatile *Destination, UCHAR Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

NRT_INLINE VOID WriteUCharNoFence(UCHAR volatile *Destination, UCHAR Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

NRT_INLINE SHORT Read16Acquire(SHORT volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

NRT_INLINE SHORT Read16NoFence(SHORT volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

NRT_INLINE VOID Write16Release(SHORT volatile *Destination, SHORT Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

NRT_INLINE VOID Write16NoFence(SHORT volatile *Destination, SHORT Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

NRT_INLINE USHORT ReadUShortAcquire(USHORT volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}

NRT_INLINE USHORT ReadUShortNoFence(USHORT volatile const *Source)
{
	return __atomic_load_n(Source, __ATOMIC_RELAXED);
}

NRT_INLINE VOID WriteUShortRelease(USHORT volatile *Destination, USHORT Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

NRT_INLINE VOID WriteUShortNoFence(USHORT volatile *Destination, USHORT Value)
{
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

NRT_EXTERN_C_END
#endif
