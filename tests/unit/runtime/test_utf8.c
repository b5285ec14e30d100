/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UTF-16 and UTF-8: all characters there and back, what is none, and buffers that
 * are too small.
 */
#include "recorder.h"

TestSuite(utf8, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

Test(utf8, every_character_there_and_back)
{
	for (ULONG c = 0; c < 0x110000; c++) {
		WCHAR wide[2] = { (WCHAR)c }, back[2];
		ULONG units = 1, bytes, n;
		CHAR narrow[4];

		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (c >= 0x10000) {
			wide[0] = (WCHAR)(0xd800 + ((c - 0x10000) >> 10));
			wide[1] = (WCHAR)(0xdc00 + (c & 0x3ff));
			units = 2;
		}
		cr_assert_eq(RtlUnicodeToUTF8N(narrow, 4, &bytes, wide, units * 2), STATUS_SUCCESS);
		cr_assert_eq(bytes, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
		cr_assert_eq(RtlUTF8ToUnicodeN(back, 4, &n, narrow, bytes), STATUS_SUCCESS);
		cr_assert_eq(n, units * 2);
		cr_assert_arr_eq(back, wide, n);
	}
}

Test(utf8, known_characters_have_their_known_bytes)
{
	static const WCHAR wide[] = { 0x24, 0xa3, 0x20ac, 0xd800, 0xdf48 };
	static const char narrow[] = "\x24\xc2\xa3\xe2\x82\xac\xf0\x90\x8d\x88";
	CHAR buffer[16];
	ULONG n;

	cr_expect_eq(RtlUnicodeToUTF8N(buffer, sizeof(buffer), &n, wide, sizeof(wide)),
		     STATUS_SUCCESS);
	cr_expect_eq(n, sizeof(narrow) - 1);
	cr_expect_arr_eq(buffer, narrow, n);
}

struct bad {
	const char *bytes;
	ULONG size, units; /* and characters that come out */
};

Test(utf8, what_is_no_character_is_replaced)
{
	static const struct bad bad[] = {
		{ "\x80", 1, 1 }, { "\xc0\x80", 2, 2 }, { "\xc1\xbf", 2, 2 }, { "\xc2", 1, 1 },
		{ "\xe0\x80\x80", 3, 3 }, { "\xed\xa0\x80", 3, 3 }, { "\xe2\x82", 2, 1 },
		{ "\xf0\x80\x80\x80", 4, 4 }, { "\xf4\x90\x80\x80", 4, 4 }, { "\xf5", 1, 1 },
		{ "\xf0\x90\x8d" "A", 4, 2 }, { "\xff", 1, 1 },
	};
	static const WCHAR lone[] = { 0xdc00, 'a', 0xd800, 'b', 0xd800 };
	static const char replaced[] = "\xef\xbf\xbd" "a\xef\xbf\xbd" "b\xef\xbf\xbd";
	WCHAR wide[8];
	CHAR narrow[16];
	ULONG n;

	for (size_t i = 0; i < RTL_NUMBER_OF(bad); i++) {
		char *exact = malloc(bad[i].size); /* a sanitizer looks behind it */

		memcpy(exact, bad[i].bytes, bad[i].size);
		cr_expect_eq(RtlUTF8ToUnicodeN(wide, sizeof(wide), &n, exact, bad[i].size),
			     STATUS_SOME_NOT_MAPPED, "case %zu", i);
		cr_expect_eq(n, 2 * bad[i].units, "case %zu: %u", i, n / 2);
		cr_expect_eq(wide[0], 0xfffd);
		free(exact);
	}
	cr_expect_eq(RtlUnicodeToUTF8N(narrow, sizeof(narrow), &n, lone, sizeof(lone)),
		     STATUS_SOME_NOT_MAPPED);
	cr_expect_eq(n, sizeof(replaced) - 1);
	cr_expect_arr_eq(narrow, replaced, n);
}

Test(utf8, a_small_buffer_gets_the_characters_that_fit)
{
	static const WCHAR wide[] = { 'a', 0x20ac, 'b' };
	CHAR narrow[5];
	WCHAR back[2] = { 0, 7 };
	ULONG n;

	cr_expect_eq(RtlUnicodeToUTF8N(NULL, 0, &n, wide, sizeof(wide)), STATUS_SUCCESS);
	cr_expect_eq(n, 5);
	cr_expect_eq(RtlUnicodeToUTF8N(narrow, 3, &n, wide, sizeof(wide)),
		     STATUS_BUFFER_TOO_SMALL);
	cr_expect_eq(n, 1, "half a character is none");
	cr_expect_eq(RtlUnicodeToUTF8N(narrow, 5, NULL, wide, sizeof(wide)), STATUS_SUCCESS);
	cr_expect_eq(RtlUTF8ToUnicodeN(NULL, 0, &n, narrow, 5), STATUS_SUCCESS);
	cr_expect_eq(n, 6);
	cr_expect_eq(RtlUTF8ToUnicodeN(back, 3, &n, narrow, 5), STATUS_BUFFER_TOO_SMALL);
	cr_expect_eq(n, 2);
	cr_expect_eq(back[1], 7);
}

Test(utf8, malformed_parameters_are_answered)
{
	WCHAR wide[1] = { 0 };
	CHAR narrow[4];
	ULONG n;

	cr_expect_eq(RtlUnicodeToUTF8N(narrow, 4, &n, NULL, 2), STATUS_INVALID_PARAMETER_4);
	cr_expect_eq(RtlUnicodeToUTF8N(narrow, 4, &n, wide, 1), STATUS_INVALID_PARAMETER_5);
	cr_expect_eq(RtlUnicodeToUTF8N(NULL, 0, NULL, wide, 2), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUTF8ToUnicodeN(wide, 2, &n, NULL, 1), STATUS_INVALID_PARAMETER_4);
	cr_expect_eq(RtlUTF8ToUnicodeN(NULL, 0, NULL, narrow, 1), STATUS_INVALID_PARAMETER);
}

Test(utf8, counted_strings_are_terminated_and_freed)
{
	static WCHAR euro[] = { 0x20ac, 'x' };
	UNICODE_STRING wide = { sizeof(euro), sizeof(euro), euro }, back = { 0 };
	CHAR buffer[5];
	UTF8_STRING narrow = { 0, sizeof(buffer), buffer }, allocated = { 0 };

	cr_expect_eq(RtlUnicodeStringToUTF8String(&narrow, &wide, FALSE), STATUS_SUCCESS);
	cr_expect_eq(narrow.Length, 4);
	cr_expect_str_eq(buffer, "\xe2\x82\xac" "x");
	narrow.MaximumLength = 4;
	cr_expect_eq(RtlUnicodeStringToUTF8String(&narrow, &wide, FALSE), STATUS_BUFFER_OVERFLOW);
	cr_expect_eq(RtlUnicodeStringToUTF8String(&allocated, &wide, TRUE), STATUS_SUCCESS);
	cr_expect_eq(RtlUTF8StringToUnicodeString(&back, &allocated, TRUE), STATUS_SUCCESS);
	cr_expect_eq(back.Length, sizeof(euro));
	cr_expect_arr_eq(back.Buffer, euro, sizeof(euro));
	cr_expect_eq(back.Buffer[2], 0);
	RtlFreeUTF8String(&allocated);
	RtlFreeUnicodeString(&back);
	fail_allocation(1);
	cr_expect_eq(RtlUnicodeStringToUTF8String(&allocated, &wide, TRUE), STATUS_NO_MEMORY);
	fail_allocation(0);
	wide.Length = 0;
	cr_expect_eq(RtlUnicodeStringToUTF8String(&allocated, &wide, TRUE), STATUS_SUCCESS);
	cr_expect_str_eq(allocated.Buffer, "");
	RtlFreeUTF8String(&allocated);
}
