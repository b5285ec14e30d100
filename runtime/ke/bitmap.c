/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bitmaps. Called by drivers at any IRQL; the caller serializes. Runs are found a
 * word at a time: bitmaps of ports and buffers have thousands of bits.
 */
#include <stdbool.h>

#include <wdm.h>

#define BITS 32
#define NONE 0xffffffffU

VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap)
{
	BitMapHeader->SizeOfBitMap = SizeOfBitMap;
	BitMapHeader->Buffer = BitMapBuffer;
}

static ULONG words(const RTL_BITMAP *map)
{
	return map->SizeOfBitMap / BITS + (map->SizeOfBitMap % BITS != 0);
}

static bool inside(const RTL_BITMAP *map, ULONG first, ULONG n)
{
	return first <= map->SizeOfBitMap && n <= map->SizeOfBitMap - first;
}

VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader)
{
	memset(BitMapHeader->Buffer, 0, words(BitMapHeader) * sizeof(ULONG));
}

VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader)
{
	memset(BitMapHeader->Buffer, 0xff, words(BitMapHeader) * sizeof(ULONG));
}

/* The bits of [@first, @end) that are in @first's word. */
static ULONG mask_from(ULONG first, ULONG end)
{
	ULONG low = first % BITS;
	ULONG n = end - first < BITS - low ? end - first : BITS - low;

	return (n == BITS ? NONE : (1U << n) - 1) << low;
}

/* The first bit of the next word, but not past @end, where it might wrap. */
static ULONG next_word(ULONG first, ULONG end)
{
	ULONG step = BITS - first % BITS;

	return end - first > step ? first + step : end;
}

static void change(PRTL_BITMAP map, ULONG first, ULONG n, bool set)
{
	ULONG end = first + n;

	if (!inside(map, first, n))
		return;
	for (; first < end; first = next_word(first, end)) {
		ULONG mask = mask_from(first, end);

		if (set)
			map->Buffer[first / BITS] |= mask;
		else
			map->Buffer[first / BITS] &= ~mask;
	}
}

VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear)
{
	change(BitMapHeader, StartingIndex, NumberToClear, false);
}

VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet)
{
	change(BitMapHeader, StartingIndex, NumberToSet, true);
}

VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
	change(BitMapHeader, BitNumber, 1, false);
}

VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
	change(BitMapHeader, BitNumber, 1, true);
}

BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
	return inside(BitMapHeader, BitNumber, 1) &&
	       (BitMapHeader->Buffer[BitNumber / BITS] >> (BitNumber % BITS) & 1) != 0;
}

/* The first bit in [@from, @end) that is as @set says, or @end. */
static ULONG find_bit(const RTL_BITMAP *map, ULONG from, ULONG end, bool set)
{
	for (; from < end; from = next_word(from, end)) {
		ULONG word = map->Buffer[from / BITS];
		ULONG hits = (set ? word : ~word) & mask_from(from, end);

		if (hits != 0)
			return from / BITS * BITS + (ULONG)__builtin_ctz(hits);
	}
	return end;
}

/* The next run in [@from, @end) of bits as @set says; its length, 0: there is none. */
static ULONG find_run(const RTL_BITMAP *map, ULONG from, ULONG end, bool set, ULONG *start)
{
	if (from >= end)
		return 0;
	*start = find_bit(map, from, end, set);
	return find_bit(map, *start, end, !set) - *start;
}

BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
	return Length != 0 && inside(BitMapHeader, StartingIndex, Length) &&
	       find_bit(BitMapHeader, StartingIndex, StartingIndex + Length, true) ==
		       StartingIndex + Length;
}

BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
	return Length != 0 && inside(BitMapHeader, StartingIndex, Length) &&
	       find_bit(BitMapHeader, StartingIndex, StartingIndex + Length, false) ==
		       StartingIndex + Length;
}

ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader)
{
	ULONG n = 0, end = BitMapHeader->SizeOfBitMap;

	for (ULONG first = 0; first < end; first = next_word(first, end))
		n += (ULONG)__builtin_popcount(BitMapHeader->Buffer[first / BITS] &
					       mask_from(first, end));
	return n;
}

ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader)
{
	return BitMapHeader->SizeOfBitMap - RtlNumberOfSetBits(BitMapHeader);
}

/* ------------------------------------------------------------------ runs */

/* A range of @n such bits that begins in [@from, @before). */
static ULONG find_range(const RTL_BITMAP *map, ULONG n, ULONG from, ULONG before, bool set)
{
	ULONG start, length;

	while (from < before) {
		length = find_run(map, from, map->SizeOfBitMap, set, &start);
		if (length == 0 || start >= before)
			return NONE;
		if (length >= n)
			return start;
		from = start + length;
	}
	return NONE;
}

static ULONG find(const RTL_BITMAP *map, ULONG n, ULONG hint, bool set)
{
	ULONG found;

	if (n > map->SizeOfBitMap)
		return NONE;
	if (hint >= map->SizeOfBitMap)
		hint = 0;
	if (n == 0)
		return hint;
	found = find_range(map, n, hint, map->SizeOfBitMap, set);
	return found != NONE ? found : find_range(map, n, 0, hint, set);
}

ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
	return find(BitMapHeader, NumberToFind, HintIndex, false);
}

ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
	return find(BitMapHeader, NumberToFind, HintIndex, true);
}

ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
	ULONG found = find(BitMapHeader, NumberToFind, HintIndex, false);

	if (found != NONE)
		change(BitMapHeader, found, NumberToFind, true);
	return found;
}

ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
	ULONG found = find(BitMapHeader, NumberToFind, HintIndex, true);

	if (found != NONE)
		change(BitMapHeader, found, NumberToFind, false);
	return found;
}

ULONG RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex,
				 PULONG StartingRunIndex)
{
	return find_run(BitMapHeader, FromIndex, BitMapHeader->SizeOfBitMap, false,
			StartingRunIndex);
}

ULONG RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex)
{
	return RtlFindNextForwardRunClear(BitMapHeader, 0, StartingIndex);
}

/* Counts from @FromIndex down: what is behind it is not part of the run. */
ULONG RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex,
				  PULONG StartingRunIndex)
{
	ULONG end, first;

	if (BitMapHeader->SizeOfBitMap == 0)
		return 0;
	end = FromIndex < BitMapHeader->SizeOfBitMap ? FromIndex + 1 : BitMapHeader->SizeOfBitMap;
	while (end > 0 && RtlTestBit(BitMapHeader, end - 1))
		end--;
	first = end;
	while (first > 0 && !RtlTestBit(BitMapHeader, first - 1))
		first--;
	*StartingRunIndex = first;
	return end - first;
}

ULONG RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex)
{
	RTL_BITMAP_RUN run;

	if (RtlFindClearRuns(BitMapHeader, &run, 1, TRUE) == 0)
		return 0;
	*StartingIndex = run.StartingIndex;
	return run.NumberOfBits;
}

/* Into its place among @n runs, the longest first; equal ones in order. */
static void insert(PRTL_BITMAP_RUN runs, ULONG n, RTL_BITMAP_RUN run)
{
	while (n > 0 && runs[n - 1].NumberOfBits < run.NumberOfBits) {
		runs[n] = runs[n - 1];
		n--;
	}
	runs[n] = run;
}

ULONG RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray,
		       BOOLEAN LocateLongestRuns)
{
	ULONG n = 0, from = 0;
	RTL_BITMAP_RUN run;

	while (n < SizeOfRunArray || (LocateLongestRuns && SizeOfRunArray != 0)) {
		run.NumberOfBits = RtlFindNextForwardRunClear(BitMapHeader, from,
							      &run.StartingIndex);
		if (run.NumberOfBits == 0)
			break;
		from = run.StartingIndex + run.NumberOfBits;
		if (!LocateLongestRuns)
			RunArray[n++] = run;
		else if (n < SizeOfRunArray)
			insert(RunArray, n++, run);
		else if (run.NumberOfBits > RunArray[n - 1].NumberOfBits)
			insert(RunArray, n - 1, run);
	}
	return n;
}

/* ---------------------------------------------------------------- words */

CCHAR RtlFindLeastSignificantBit(ULONGLONG Set)
{
	return Set != 0 ? (CCHAR)__builtin_ctzll(Set) : -1;
}

CCHAR RtlFindMostSignificantBit(ULONGLONG Set)
{
	return Set != 0 ? (CCHAR)(63 - __builtin_clzll(Set)) : -1;
}

ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target)
{
	return (ULONG)__builtin_popcountll(Target);
}
