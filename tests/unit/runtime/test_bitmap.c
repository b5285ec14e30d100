/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bitmaps, each function against a plain array of bits.
 */
#include "recorder.h"

TestSuite(bitmap, .timeout = 60);

#define WORDS 4
#define GUARD 0xa5a5a5a5U

static ULONG buffer[WORDS + 1];
static RTL_BITMAP map;
static uint64_t seed;

static void start(ULONG bits)
{
	for (int i = 0; i <= WORDS; i++)
		buffer[i] = GUARD;
	RtlInitializeBitMap(&map, buffer, bits);
}

/* Long and short runs. */
static void scatter(ULONG bits)
{
	bool set = false;

	start(bits);
	RtlClearAllBits(&map);
	for (ULONG i = 0; i < bits; i++) {
		if (random_below(&seed, 6) == 0)
			set = !set;
		if (set)
			RtlSetBit(&map, i);
	}
}

static bool bit(ULONG i)
{
	return (buffer[i / 32] >> (i % 32) & 1) != 0;
}

static ULONG sizes[] = { 0, 1, 31, 32, 33, 64, 100, 127, 128 };

Test(bitmap, bits_are_set_cleared_and_counted_in_ranges)
{
	seed = random_begin(1);
	for (int round = 0; round < 2000; round++) {
		ULONG bits = sizes[random_below(&seed, RTL_NUMBER_OF(sizes))], n = 0;
		ULONG first = random_below(&seed, bits + 1);
		ULONG length = random_below(&seed, bits - first + 1);
		bool set = random_below(&seed, 2) != 0;
		ULONG before[WORDS + 1];

		scatter(bits);
		memcpy(before, buffer, sizeof(before));
		if (set)
			RtlSetBits(&map, first, length);
		else
			RtlClearBits(&map, first, length);
		for (ULONG i = 0; i < bits; i++) {
			bool in = i >= first && i < first + length;

			cr_assert_eq(bit(i), in ? set : (before[i / 32] >> (i % 32) & 1) != 0);
			cr_assert_eq(RtlTestBit(&map, i), bit(i));
			n += bit(i);
		}
		cr_assert_eq(buffer[WORDS], GUARD);
		cr_assert_eq(RtlNumberOfSetBits(&map), n);
		cr_assert_eq(RtlNumberOfClearBits(&map), bits - n);
		cr_assert_eq(RtlAreBitsSet(&map, first, length), length != 0 && set);
		cr_assert_eq(RtlAreBitsClear(&map, first, length), length != 0 && !set);
	}
}

/* The first of @n bits that are as @set says, in [@from, @before), by looking. */
static ULONG look_for(ULONG n, ULONG from, ULONG before, bool set)
{
	for (ULONG i = from; i < before && n <= map.SizeOfBitMap - i; i++) {
		ULONG length = 0;

		while (length < n && bit(i + length) == set)
			length++;
		if (length == n)
			return i;
	}
	return 0xffffffff;
}

Test(bitmap, ranges_are_found_from_the_hint_and_then_from_the_beginning)
{
	seed = random_begin(2);
	for (int round = 0; round < 3000; round++) {
		ULONG bits = sizes[1 + random_below(&seed, RTL_NUMBER_OF(sizes) - 1)];
		ULONG n = 1 + random_below(&seed, 9), hint = random_below(&seed, bits);
		ULONG clear, set;

		scatter(bits);
		clear = n > bits ? 0xffffffff : look_for(n, hint, bits, false);
		if (clear == 0xffffffff && n <= bits)
			clear = look_for(n, 0, hint, false);
		cr_assert_eq(RtlFindClearBits(&map, n, hint), clear, "%u of %u at %u", n, bits,
			     hint);
		set = n > bits ? 0xffffffff : look_for(n, hint, bits, true);
		if (set == 0xffffffff && n <= bits)
			set = look_for(n, 0, hint, true);
		cr_assert_eq(RtlFindSetBits(&map, n, hint), set);
		cr_assert_eq(RtlFindSetBitsAndClear(&map, n, hint), set);
		if (set != 0xffffffff)
			cr_assert(RtlAreBitsClear(&map, set, n));
	}
	start(64);
	RtlClearAllBits(&map);
	cr_expect_eq(RtlFindClearBitsAndSet(&map, 10, 60), 0, "not enough behind the hint");
	cr_expect_eq(RtlFindClearBitsAndSet(&map, 10, 0), 10);
	cr_expect_eq(RtlFindClearBitsAndSet(&map, 44, 99), 20, "no such hint");
	cr_expect_eq(RtlFindClearBitsAndSet(&map, 1, 0), 0xffffffff);
}

Test(bitmap, runs_are_found_forward_and_backward)
{
	seed = random_begin(3);
	for (int round = 0; round < 3000; round++) {
		ULONG bits = sizes[1 + random_below(&seed, RTL_NUMBER_OF(sizes) - 1)];
		ULONG from = random_below(&seed, bits), start_at = 0, n = 0, i = from;
		ULONG found = 0, length;

		scatter(bits);
		while (i < bits && bit(i))
			i++;
		while (i + n < bits && !bit(i + n))
			n++;
		length = RtlFindNextForwardRunClear(&map, from, &found);
		cr_assert_eq(length, n);
		if (n != 0)
			cr_assert_eq(found, i);
		for (i = from + 1; i > 0 && bit(i - 1); i--)
			;
		for (start_at = i; start_at > 0 && !bit(start_at - 1); start_at--)
			;
		length = RtlFindLastBackwardRunClear(&map, from, &found);
		cr_assert_eq(length, i - start_at);
		if (length != 0)
			cr_assert_eq(found, start_at);
	}
}

Test(bitmap, the_longest_runs_come_sorted_and_the_first_ones_in_order)
{
	static const ULONG runs[][2] = { { 2, 3 }, { 10, 1 }, { 20, 40 }, { 70, 3 } };
	RTL_BITMAP_RUN found[8];
	ULONG at;

	start(128);
	RtlSetAllBits(&map);
	cr_expect_eq(RtlFindFirstRunClear(&map, &at), 0);
	cr_expect_eq(RtlFindLongestRunClear(&map, &at), 0);
	for (int i = 0; i < 4; i++)
		RtlClearBits(&map, runs[i][0], runs[i][1]);
	cr_expect_eq(RtlFindFirstRunClear(&map, &at), 3);
	cr_expect_eq(at, 2);
	cr_expect_eq(RtlFindLongestRunClear(&map, &at), 40);
	cr_expect_eq(at, 20);
	cr_expect_eq(RtlFindClearRuns(&map, found, 2, FALSE), 2);
	cr_expect_eq(found[0].StartingIndex, 2);
	cr_expect_eq(found[1].StartingIndex, 10);
	cr_expect_eq(RtlFindClearRuns(&map, found, 3, TRUE), 3);
	cr_expect_eq(found[0].StartingIndex, 20);
	cr_expect_eq(found[1].StartingIndex, 2);
	cr_expect_eq(found[2].StartingIndex, 70);
	cr_expect_eq(RtlFindClearRuns(&map, found, 8, TRUE), 4);
	cr_expect_eq(found[3].NumberOfBits, 1);
	cr_expect_eq(RtlFindClearRuns(&map, found, 0, TRUE), 0);
}

Test(bitmap, what_is_outside_is_neither_changed_nor_found)
{
	ULONG at;

	start(40);
	RtlClearAllBits(&map);
	RtlSetBits(&map, 30, 11);
	RtlSetBits(&map, 41, 0);
	RtlSetBits(&map, 0xffffffff, 2);
	RtlSetBit(&map, 40);
	cr_expect_eq(RtlNumberOfSetBits(&map), 0);
	cr_expect_eq(buffer[1], 0);
	cr_expect_not(RtlTestBit(&map, 40));
	cr_expect_not(RtlCheckBit(&map, 40));
	cr_expect_not(RtlAreBitsClear(&map, 30, 11));
	cr_expect_not(RtlAreBitsClear(&map, 0xffffffff, 2));
	cr_expect_eq(RtlFindClearBits(&map, 41, 0), 0xffffffff);
	cr_expect_eq(RtlFindNextForwardRunClear(&map, 40, &at), 0);
	cr_expect_eq(RtlFindLastBackwardRunClear(&map, 1000, &at), 40);
}

Test(bitmap, the_bits_of_a_word)
{
	cr_expect_eq(RtlFindLeastSignificantBit(0), -1);
	cr_expect_eq(RtlFindMostSignificantBit(0), -1);
	for (int i = 0; i < 64; i++) {
		cr_expect_eq(RtlFindLeastSignificantBit(1ULL << i | 1ULL << 63), i);
		cr_expect_eq(RtlFindMostSignificantBit(1ULL << i | 1), i);
	}
	cr_expect_eq(RtlNumberOfSetBitsUlongPtr(0xff00000000000001UL), 9);
}
