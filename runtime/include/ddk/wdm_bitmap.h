/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bitmaps in memory of the driver's own, which it serializes. Any IRQL. Part of
 * wdm.h. Bit n is bit n mod 32 of the buffer's ULONG n / 32. A range beyond the
 * bitmap is nothing: it is not changed, not clear and not set.
 */
#ifndef NRT_DDK_WDM_BITMAP_H
#define NRT_DDK_WDM_BITMAP_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

typedef struct _RTL_BITMAP {
	ULONG SizeOfBitMap; /* bits */
	PULONG Buffer;
} RTL_BITMAP, *PRTL_BITMAP;

typedef struct _RTL_BITMAP_RUN {
	ULONG StartingIndex;
	ULONG NumberOfBits;
} RTL_BITMAP_RUN, *PRTL_BITMAP_RUN;

/** The buffer's bits stay as they are. */
NRT_EXPORT VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer,
				    ULONG SizeOfBitMap);
NRT_EXPORT VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader);
NRT_EXPORT VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader);
NRT_EXPORT VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
NRT_EXPORT VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
NRT_EXPORT BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
NRT_EXPORT VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear);
NRT_EXPORT VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet);
/** FALSE for a length of 0. */
NRT_EXPORT BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
NRT_EXPORT BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
NRT_EXPORT ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader);
NRT_EXPORT ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader);
/** Begin of a range of so many bits, from the hint to the end and then from the
 * beginning on; 0xFFFFFFFF when there is none. */
NRT_EXPORT ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
NRT_EXPORT ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
NRT_EXPORT ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind,
					ULONG HintIndex);
NRT_EXPORT ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind,
					ULONG HintIndex);
/** Runs of clear bits: their lengths, 0 when there is none. */
NRT_EXPORT ULONG RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex);
NRT_EXPORT ULONG RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex);
/** The next one at @FromIndex or after it; the last one that begins before it or at it. */
NRT_EXPORT ULONG RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex,
					    PULONG StartingRunIndex);
NRT_EXPORT ULONG RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex,
					     PULONG StartingRunIndex);
/** The first ones, or the longest, the longest first. How many there are of them. */
NRT_EXPORT ULONG RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray,
				  ULONG SizeOfRunArray, BOOLEAN LocateLongestRuns);
/** -1 for no bit at all. */
NRT_EXPORT CCHAR RtlFindLeastSignificantBit(ULONGLONG Set);
NRT_EXPORT CCHAR RtlFindMostSignificantBit(ULONGLONG Set);
NRT_EXPORT ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target);

#define RtlCheckBit(BMH, BP) ((ULONG)RtlTestBit((BMH), (BP)))

NRT_EXTERN_C_END
#endif
