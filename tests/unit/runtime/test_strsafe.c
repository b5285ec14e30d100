/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bounded strings, the printf dialect behind them, and safe integers.
 */
#include "recorder.h"

#include <ntintsafe.h>
#include <ntstrsafe.h>

TestSuite(strsafe, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

#define W(text) ((PCWSTR)u"" text)

static bool same(PCWSTR a, PCWSTR b)
{
	while (*a == *b && *a != 0) {
		a++;
		b++;
	}
	return *a == *b;
}

Test(strsafe, a_copy_that_fits_succeeds)
{
	char a[6];
	WCHAR w[6];

	cr_expect_eq(RtlStringCchCopyA(a, 6, "hello"), STATUS_SUCCESS);
	cr_expect_str_eq(a, "hello");
	cr_expect_eq(RtlStringCbCopyW(w, sizeof(w), W("hello")), STATUS_SUCCESS);
	cr_expect(same(w, W("hello")));
}

Test(strsafe, a_copy_that_does_not_fit_is_cut_and_terminated)
{
	char a[4] = "xxx";
	WCHAR w[4];

	cr_expect_eq(RtlStringCbCopyA(a, sizeof(a), "hello"), STATUS_BUFFER_OVERFLOW);
	cr_expect_str_eq(a, "hel");
	cr_expect_eq(RtlStringCbCopyW(w, 7, W("hello")), STATUS_BUFFER_OVERFLOW);
	cr_expect(same(w, W("he")), "7 bytes are 3 characters");
	cr_expect_not(NT_SUCCESS(STATUS_BUFFER_OVERFLOW));
}

Test(strsafe, sizes_of_zero_and_beyond_the_maximum_are_refused)
{
	char a[4] = "abc";

	cr_expect_eq(RtlStringCchCopyA(a, 0, "x"), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlStringCchCopyA(a, (size_t)NTSTRSAFE_MAX_CCH + 1, "x"),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlStringCchCopyA(NULL, 4, "x"), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlStringCchCopyA(a, 4, NULL), STATUS_INVALID_PARAMETER);
	cr_expect_str_eq(a, "abc");
}

Test(strsafe, at_most_n_characters_are_copied_or_appended)
{
	char a[8];

	cr_expect_eq(RtlStringCchCopyNA(a, 8, "abcdef", 3), STATUS_SUCCESS);
	cr_expect_str_eq(a, "abc");
	cr_expect_eq(RtlStringCchCatNA(a, 8, "defghi", 2), STATUS_SUCCESS);
	cr_expect_str_eq(a, "abcde");
	cr_expect_eq(RtlStringCchCatA(a, 8, "fgh"), STATUS_BUFFER_OVERFLOW);
	cr_expect_str_eq(a, "abcdefg");
}

Test(strsafe, appending_to_a_string_without_an_end_is_refused)
{
	char a[3] = { 'a', 'b', 'c' };

	cr_expect_eq(RtlStringCchCatA(a, 3, "x"), STATUS_INVALID_PARAMETER);
}

Test(strsafe, the_extended_forms_tell_the_end_and_what_is_left)
{
	WCHAR w[10], *end;
	size_t left;

	cr_expect_eq(RtlStringCchCopyExW(w, 10, W("abc"), &end, &left, 0), STATUS_SUCCESS);
	cr_expect_eq(end, w + 3);
	cr_expect_eq(left, 7);
	cr_expect_eq(RtlStringCbCatExW(w, 19, W("de"), &end, &left, 0), STATUS_SUCCESS);
	cr_expect_eq(end, w + 5);
	cr_expect_eq(left, 9, "the odd byte is counted");
	cr_expect_eq(RtlStringCchPrintfExW(w, 10, &end, &left, 0, W("%d"), 42), STATUS_SUCCESS);
	cr_expect_eq(end, w + 2);
	cr_expect_eq(left, 8);
}

Test(strsafe, flags_say_what_becomes_of_the_rest_and_of_a_failure)
{
	char a[6];

	RtlStringCchCopyExA(a, 6, "ab", NULL, NULL, STRSAFE_FILL_BYTE('z'));
	cr_expect_arr_eq(a, "ab\0zzz", 6);
	cr_expect_eq(RtlStringCchCopyExA(a, 6, "too long", NULL, NULL, STRSAFE_NULL_ON_FAILURE),
		     STATUS_BUFFER_OVERFLOW);
	cr_expect_str_eq(a, "");
	RtlStringCchCopyExA(a, 6, "too long", NULL, NULL, STRSAFE_FAILURE_BYTE('f'));
	cr_expect_str_eq(a, "fffff");
	strcpy(a, "abc");
	RtlStringCchCatExA(a, 6, "too long", NULL, NULL, STRSAFE_NO_TRUNCATION);
	cr_expect_str_eq(a, "abc", "appending leaves what was there");
	RtlStringCchCopyExA(a, 6, "too long", NULL, NULL, STRSAFE_NO_TRUNCATION);
	cr_expect_str_eq(a, "");
	cr_expect_eq(RtlStringCchCopyExA(a, 6, NULL, NULL, NULL, STRSAFE_IGNORE_NULLS),
		     STATUS_SUCCESS);
	cr_expect_eq(RtlStringCchCopyExA(a, 6, "x", NULL, NULL, 0x10000),
		     STATUS_INVALID_PARAMETER);
}

Test(strsafe, a_length_is_found_within_its_bound_only)
{
	size_t n = 9;

	cr_expect_eq(RtlStringCchLengthA("abc", 4, &n), STATUS_SUCCESS);
	cr_expect_eq(n, 3);
	cr_expect_eq(RtlStringCbLengthW(W("abc"), 8, &n), STATUS_SUCCESS);
	cr_expect_eq(n, 6);
	cr_expect_eq(RtlStringCchLengthA("abc", 3, &n), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlStringCchLengthA(NULL, 3, NULL), STATUS_INVALID_PARAMETER);
}

/* ----------------------------------------------------------------- printf */

static const char *format(const char *fmt, ...)
{
	static char text[128];
	va_list args;

	va_start(args, fmt);
	RtlStringCchVPrintfA(text, sizeof(text), fmt, args);
	va_end(args);
	return text;
}

Test(strsafe, numbers_have_width_precision_sign_and_base)
{
	cr_expect_str_eq(format("%d|%i|%u", -5, 7, 4000000000u), "-5|7|4000000000");
	cr_expect_str_eq(format("%5d|%-5d|%05d|%+d|% d", 42, 42, -42, 42, 42),
			 "   42|42   |-0042|+42| 42");
	cr_expect_str_eq(format("%x|%X|%#x|%08x|%o|%#o", 0xbeef, 0xbeef, 0xbeef, 0xbeef, 8, 8),
			 "beef|BEEF|0xbeef|0000beef|10|010");
	cr_expect_str_eq(format("%.3d|%6.3d|%.0d|%*d|%-*d|", 7, 7, 0, 4, 1, 3, 1),
			 "007|   007||   1|1  |");
	cr_expect_str_eq(format("%d %d", (int)0x80000000, 0), "-2147483648 0");
}

Test(strsafe, sizes_are_those_of_the_other_system)
{
	cr_expect_str_eq(format("%ld %lu", -1, 4294967295u), "-1 4294967295", "long is 32 bits");
	cr_expect_str_eq(format("%I64d %I64x %lld", -1LL, 0x123456789abcULL, -2LL),
			 "-1 123456789abc -2");
	cr_expect_str_eq(format("%I32u %Iu %zu", 7u, 1ULL << 40, (size_t)9), "7 1099511627776 9");
	cr_expect_str_eq(format("%hhx %hd %hu", 0x1ff, 0x18000, 0x18000), "ff -32768 32768");
	cr_expect_str_eq(format("%p", (void *)0xabc), "0000000000000ABC");
}

Test(strsafe, strings_follow_the_width_of_the_format)
{
	ANSI_STRING a;
	UNICODE_STRING u;
	WCHAR w[32];

	RtlInitAnsiString(&a, "ansi");
	RtlInitUnicodeString(&u, W("uni"));
	cr_expect_str_eq(format("%s|%S|%ws|%hs|%ls", "a", W("b"), W("c"), "d", W("e")),
			 "a|b|c|d|e");
	cr_expect_str_eq(format("%Z|%wZ|%6wZ|%-5Z|", &a, &u, &u, &a), "ansi|uni|   uni|ansi |");
	cr_expect_str_eq(format("%c%C%wc|%.2s|%5s|%-3s|", 'x', 'y', 'z', "abc", "r", "l"),
			 "xyz|ab|    r|l  |");
	cr_expect_str_eq(format("%s %wZ 100%%", NULL, NULL), "(null) (null) 100%");
	cr_expect_eq(RtlStringCchPrintfW(w, 32, W("%s-%S-%hs"), W("wide"), "narrow", "n"),
		     STATUS_SUCCESS);
	cr_expect(same(w, W("wide-narrow-n")));
}

Test(strsafe, a_counted_string_is_not_read_past_its_length)
{
	CHAR raw[3] = { 'a', 'b', 'c' };
	ANSI_STRING a = { 2, 3, raw };

	cr_expect_str_eq(format("%Z", &a), "ab");
}

Test(strsafe, formatted_text_is_cut_like_any_other)
{
	char a[4];

	cr_expect_eq(RtlStringCbPrintfA(a, sizeof(a), "%d", 12345), STATUS_BUFFER_OVERFLOW);
	cr_expect_str_eq(a, "123");
}

/* ------------------------------------------------ counted destinations */

Test(strsafe, counted_destinations_are_filled_without_a_terminator)
{
	WCHAR room[4] = { 0, 0, 0, 'x' };
	UNICODE_STRING to = { 0, 6, room }, from;

	RtlInitUnicodeString(&from, W("abcdef"));
	cr_expect_eq(RtlUnicodeStringCopyString(&to, W("abc")), STATUS_SUCCESS);
	cr_expect_eq(to.Length, 6);
	cr_expect_eq(RtlUnicodeStringCatString(&to, W("d")), STATUS_BUFFER_OVERFLOW);
	cr_expect_eq(RtlUnicodeStringCchCopyN(&to, &from, 2), STATUS_SUCCESS);
	cr_expect_eq(RtlUnicodeStringCat(&to, &from), STATUS_BUFFER_OVERFLOW);
	cr_expect_eq(room[2], 'a');
	cr_expect_eq(room[3], 'x', "nothing behind it is touched");
	cr_expect_eq(RtlUnicodeStringPrintf(&to, W("%d"), 123), STATUS_SUCCESS);
	cr_expect_eq(to.Length, 6);
	to.Length = 8;
	cr_expect_eq(RtlUnicodeStringValidate(&to), STATUS_INVALID_PARAMETER);
}

/* ----------------------------------------------------------- safe integers */

Test(strsafe, conversions_and_sums_that_do_not_fit_say_so)
{
	USHORT u16;
	ULONG u32;
	LONG i32;
	ULONGLONG u64;
	UCHAR u8;

	cr_expect_eq(RtlULongToUShort(65535, &u16), STATUS_SUCCESS);
	cr_expect_eq(u16, 65535);
	cr_expect_eq(RtlULongToUShort(65536, &u16), STATUS_INTEGER_OVERFLOW);
	cr_expect_eq(RtlLongToULong(-1, &u32), STATUS_INTEGER_OVERFLOW);
	cr_expect_eq(RtlULongToLong(0x80000000, &i32), STATUS_INTEGER_OVERFLOW);
	cr_expect_eq(RtlULongAdd(0xffffffff, 1, &u32), STATUS_INTEGER_OVERFLOW);
	cr_expect_eq(u32, 0xffffffff);
	cr_expect_eq(RtlULongAdd(0xfffffffe, 1, &u32), STATUS_SUCCESS);
	cr_expect_eq(RtlULongSub(1, 2, &u32), STATUS_INTEGER_OVERFLOW);
	cr_expect_eq(RtlULongLongMult(1ULL << 33, 1ULL << 31, &u64), STATUS_INTEGER_OVERFLOW);
	cr_expect_eq(RtlSizeTToULong(1ULL << 32, &u32), STATUS_INTEGER_OVERFLOW);
	cr_expect_eq(RtlIntToUChar(-1, &u8), STATUS_INTEGER_OVERFLOW);
}
