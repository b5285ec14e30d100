/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Ex forms for counted strings: copies, concatenations and formats, what is left,
 * and what each flag makes of the buffer. Conversions of integers that cannot fail.
 */
#include "recorder.h"

#include <ntintsafe.h>
#include <ntstrsafe.h>

TestSuite(strsafe_counted, .timeout = 60);

static WCHAR buffer[8];
static UNICODE_STRING to, left;

static void set(PCWSTR text)
{
	memset(buffer, 0x2e, sizeof(buffer)); /* u"\x2e2e" */
	to = (UNICODE_STRING){ .MaximumLength = sizeof(buffer), .Buffer = buffer };
	while (text[to.Length / 2] != 0) {
		buffer[to.Length / 2] = text[to.Length / 2];
		to.Length += 2;
	}
	left = to;
}

static UNICODE_STRING name(PCWSTR text)
{
	UNICODE_STRING s;

	RtlInitUnicodeString(&s, text);
	return s;
}

static bool is(PCWSTR text)
{
	UNICODE_STRING s = name(text);

	return RtlEqualUnicodeString(&to, &s, FALSE);
}

/* @left is what follows @to in the buffer. */
static bool left_ok(void)
{
	return left.Buffer == buffer + to.Length / 2 && left.Length == 0 &&
	       left.MaximumLength == sizeof(buffer) - to.Length;
}

Test(strsafe_counted, copies_and_concatenations_tell_what_is_left)
{
	UNICODE_STRING abc = name(u"abc");

	set(u"xy");
	cr_expect_eq(RtlUnicodeStringCopyEx(&to, &abc, &left, 0), STATUS_SUCCESS);
	cr_expect(is(u"abc") && left_ok());
	cr_expect_eq(buffer[3], 0x2e2e, "there is no terminator");
	cr_expect_eq(RtlUnicodeStringCatEx(&to, &abc, &left, 0), STATUS_SUCCESS);
	cr_expect(is(u"abcabc") && left_ok());
	cr_expect_eq(RtlUnicodeStringCopyStringEx(&to, u"12", &left, 0), STATUS_SUCCESS);
	cr_expect(is(u"12") && left_ok());
	cr_expect_eq(RtlUnicodeStringCatStringEx(&to, u"345", NULL, 0), STATUS_SUCCESS);
	cr_expect(is(u"12345"));
	cr_expect_eq(RtlUnicodeStringCatEx(&to, &abc, &left, 0), STATUS_SUCCESS);
	cr_expect(is(u"12345abc") && left_ok(), "to the last character");
}

Test(strsafe_counted, the_n_forms_take_so_many_characters_or_bytes)
{
	UNICODE_STRING abc = name(u"abc");

	set(u"xy");
	cr_expect_eq(RtlUnicodeStringCchCopyNEx(&to, &abc, 2, &left, 0), STATUS_SUCCESS);
	cr_expect(is(u"ab") && left_ok());
	cr_expect_eq(RtlUnicodeStringCbCatNEx(&to, &abc, 3, &left, 0), STATUS_SUCCESS);
	cr_expect(is(u"aba") && left_ok());
	cr_expect_eq(RtlUnicodeStringCchCatNEx(&to, &abc, 9, NULL, 0), STATUS_SUCCESS);
	cr_expect(is(u"abaabc"));
	cr_expect_eq(RtlUnicodeStringCbCopyNEx(&to, &abc, 2, NULL, 0), STATUS_SUCCESS);
	cr_expect(is(u"a"));
	cr_expect_eq(RtlUnicodeStringCchCopyStringNEx(&to, u"123", 2, &left, 0), STATUS_SUCCESS);
	cr_expect(is(u"12") && left_ok());
	cr_expect_eq(RtlUnicodeStringCbCatStringNEx(&to, u"123", 2, &left, 0), STATUS_SUCCESS);
	cr_expect(is(u"121") && left_ok());
	cr_expect_eq(RtlUnicodeStringCchCatStringNEx(&to, u"9", 5, NULL, 0), STATUS_SUCCESS);
	cr_expect(is(u"1219"));
	cr_expect_eq(RtlUnicodeStringCbCopyStringNEx(&to, u"77", 0, NULL, 0), STATUS_SUCCESS);
	cr_expect(is(u""));
	cr_expect_eq(RtlUnicodeStringCchCopyNEx(&to, &abc, NTSTRSAFE_UNICODE_STRING_MAX_CCH + 1,
						NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringCchCopyStringNEx(&to, u"a", (size_t)-1, NULL, 0),
		     STATUS_INVALID_PARAMETER);
}

Test(strsafe_counted, what_does_not_fit_is_cut_or_as_the_flags_say)
{
	UNICODE_STRING nine = name(u"123456789");

	set(u"xy");
	cr_expect_eq(RtlUnicodeStringCopyEx(&to, &nine, &left, 0), STATUS_BUFFER_OVERFLOW);
	cr_expect(is(u"12345678") && left_ok());
	set(u"xy");
	cr_expect_eq(RtlUnicodeStringCatEx(&to, &nine, &left, STRSAFE_NO_TRUNCATION),
		     STATUS_BUFFER_OVERFLOW);
	cr_expect(is(u"xy") && left_ok());
	cr_expect_eq(buffer[2], 0x2e2e, "nothing is written");
	cr_expect_eq(RtlUnicodeStringCopyStringEx(&to, nine.Buffer, NULL, STRSAFE_NO_TRUNCATION),
		     STATUS_BUFFER_OVERFLOW);
	cr_expect(is(u"xy"));
	cr_expect_eq(RtlUnicodeStringCatStringEx(&to, nine.Buffer, &left,
						 STRSAFE_ZERO_LENGTH_ON_FAILURE),
		     STATUS_BUFFER_OVERFLOW);
	cr_expect(is(u"") && left_ok());
	set(u"xy");
	cr_expect_eq(RtlUnicodeStringCopyEx(&to, &nine, &left, STRSAFE_FAILURE_BYTE(0x41)),
		     STATUS_BUFFER_OVERFLOW);
	cr_expect_eq(to.Length, sizeof(buffer));
	cr_expect_eq(buffer[0], 0x4141);
	cr_expect_eq(buffer[7], 0x4141);
	cr_expect(left_ok());
	cr_expect_eq(RtlUnicodeStringCopyEx(&to, &nine, &left, STRSAFE_FAILURE_BYTE(0)),
		     STATUS_BUFFER_OVERFLOW);
	cr_expect(is(u"") && buffer[7] == 0 && left_ok());
}

Test(strsafe_counted, the_rest_of_the_buffer_is_filled_when_asked)
{
	UNICODE_STRING ab = name(u"ab");

	set(u"");
	cr_expect_eq(RtlUnicodeStringCopyEx(&to, &ab, NULL, STRSAFE_FILL_BYTE(0)), STATUS_SUCCESS);
	cr_expect(is(u"ab"));
	for (int i = 2; i < 8; i++)
		cr_expect_eq(buffer[i], 0);
	cr_expect_eq(RtlUnicodeStringCatEx(&to, &ab, NULL, STRSAFE_FILL_BYTE(0x55)),
		     STATUS_SUCCESS);
	cr_expect_eq(buffer[4], 0x5555);
	cr_expect_eq(buffer[7], 0x5555);
}

Test(strsafe_counted, null_pointers_are_empty_strings_only_when_allowed)
{
	UNICODE_STRING none = { 0 }, a = name(u"a");

	set(u"xy");
	cr_expect_eq(RtlUnicodeStringCopyEx(NULL, &a, NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringCopyEx(&to, NULL, NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringCopyEx(&none, &a, NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringCopyEx(&to, &none, NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringCatStringEx(&to, NULL, NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect(is(u"xy"));
	cr_expect_eq(RtlUnicodeStringCatEx(&to, NULL, &left, STRSAFE_IGNORE_NULLS),
		     STATUS_SUCCESS);
	cr_expect(is(u"xy") && left_ok());
	cr_expect_eq(RtlUnicodeStringCopyStringEx(&to, NULL, &left, STRSAFE_IGNORE_NULLS),
		     STATUS_SUCCESS);
	cr_expect(is(u"") && left_ok());
	cr_expect_eq(RtlUnicodeStringCopyEx(NULL, NULL, &left, STRSAFE_IGNORE_NULLS),
		     STATUS_SUCCESS);
	cr_expect_null(left.Buffer);
	cr_expect_eq(left.MaximumLength, 0);
	cr_expect_eq(RtlUnicodeStringCopyEx(NULL, &a, NULL, STRSAFE_IGNORE_NULLS),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringCopyEx(&none, &a, NULL, STRSAFE_IGNORE_NULLS),
		     STATUS_INVALID_PARAMETER);
}

Test(strsafe_counted, malformed_strings_full_buffers_and_bad_flags_are_refused)
{
	UNICODE_STRING a = name(u"a"), odd = { 1, 2, buffer }, long_one = { 4, 2, buffer };

	set(u"12345678");
	cr_expect_eq(RtlUnicodeStringCatEx(&to, &a, NULL, 0), STATUS_INVALID_PARAMETER, "full");
	cr_expect(is(u"12345678"));
	cr_expect_eq(RtlUnicodeStringCopyEx(&odd, &a, NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringCopyEx(&to, &long_one, NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringCopyEx(&to, &a, NULL, 0x2000), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringValidateEx(&a, 0), STATUS_SUCCESS);
	cr_expect_eq(RtlUnicodeStringValidateEx(&odd, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringValidateEx(NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringValidateEx(NULL, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
	cr_expect_eq(RtlUnicodeStringValidateEx(&a, 0x2000), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringInitEx(&a, u"abc", 0), STATUS_SUCCESS);
	cr_expect_eq(a.Length, 6);
	cr_expect_eq(a.MaximumLength, 8);
	cr_expect_eq(RtlUnicodeStringInitEx(NULL, NULL, 0), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringInitEx(NULL, NULL, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
	cr_expect_eq(RtlUnicodeStringInitEx(NULL, u"a", STRSAFE_IGNORE_NULLS),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringInitEx(&a, u"a", STRSAFE_NO_TRUNCATION),
		     STATUS_INVALID_PARAMETER);
}

static NTSTATUS format(ULONG flags, PCWSTR text, ...)
{
	NTSTATUS status;
	va_list args;

	va_start(args, text);
	status = RtlUnicodeStringVPrintfEx(&to, &left, flags, text, args);
	va_end(args);
	return status;
}

Test(strsafe_counted, formats_with_a_list_of_arguments_read_it_once_more)
{
	set(u"xy");
	cr_expect_eq(format(0, u"%d,%d", 1, 23), STATUS_SUCCESS);
	cr_expect(is(u"1,23") && left_ok());
}

Test(strsafe_counted, formats_obey_the_same_flags)
{
	set(u"xy");
	cr_expect_eq(RtlUnicodeStringPrintfEx(&to, &left, 0, u"%d-%ws", 12, u"ab"),
		     STATUS_SUCCESS);
	cr_expect(is(u"12-ab") && left_ok());
	cr_expect_eq(RtlUnicodeStringPrintfEx(&to, &left, STRSAFE_NO_TRUNCATION, u"%09d", 7),
		     STATUS_BUFFER_OVERFLOW);
	cr_expect(is(u"12-ab") && left_ok());
	cr_expect_eq(RtlUnicodeStringPrintfEx(&to, &left, 0, u"%09d", 7), STATUS_BUFFER_OVERFLOW);
	cr_expect(is(u"00000000") && left_ok());
	cr_expect_eq(RtlUnicodeStringPrintfEx(&to, NULL, STRSAFE_FILL_BYTE(0), u"%c", 'z'),
		     STATUS_SUCCESS);
	cr_expect(is(u"z") && buffer[1] == 0);
	cr_expect_eq(RtlUnicodeStringPrintfEx(&to, NULL, 0, NULL), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlUnicodeStringPrintfEx(&to, &left, STRSAFE_IGNORE_NULLS, NULL),
		     STATUS_SUCCESS);
	cr_expect(is(u"") && left_ok());
	cr_expect_eq(RtlUnicodeStringPrintfEx(NULL, NULL, STRSAFE_IGNORE_NULLS, u"a"),
		     STATUS_INVALID_PARAMETER);
}

Test(strsafe_counted, counted_strings_are_copied_with_a_terminator)
{
	UNICODE_STRING abc = name(u"abc"), bad = { 4, 2, buffer };
	WCHAR out[4], *end = out;
	size_t rest = 99;

	cr_expect_eq(RtlStringCchCopyUnicodeStringEx(out, 4, &abc, &end, &rest, 0),
		     STATUS_SUCCESS);
	cr_expect_eq(end, out + 3);
	cr_expect_eq(rest, 1);
	cr_expect_eq(out[3], 0);
	cr_expect_eq(RtlStringCbCopyUnicodeStringEx(out, 7, &abc, &end, &rest, 0),
		     STATUS_BUFFER_OVERFLOW);
	cr_expect_eq(out[2], 0);
	cr_expect_eq(rest, 3, "a character and the odd byte");
	cr_expect_eq(RtlStringCchCopyUnicodeStringEx(out, 4, NULL, NULL, NULL, 0),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlStringCchCopyUnicodeStringEx(out, 4, &bad, NULL, NULL, 0),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlStringCchCopyUnicodeStringEx(out, 4, NULL, &end, NULL,
						     STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
	cr_expect_eq(end, out);
	cr_expect_eq(out[0], 0);
}

Test(strsafe_counted, conversions_that_fit_always_have_functions)
{
	ULONG_PTR ulong_ptr;
	UINT_PTR uint_ptr;
	LONG_PTR long_ptr;
	INT_PTR int_ptr;
	UINT uint;

	cr_expect_eq(RtlULongToUInt(MAXULONG, &uint), STATUS_SUCCESS);
	cr_expect_eq(uint, MAXULONG);
	cr_expect_eq(RtlULongToUIntPtr(MAXULONG, &uint_ptr), STATUS_SUCCESS);
	cr_expect_eq(uint_ptr, 0xffffffff);
	cr_expect_eq(RtlULongToIntPtr(MAXULONG, &int_ptr), STATUS_SUCCESS);
	cr_expect_eq(int_ptr, 0xffffffff);
	cr_expect_eq(RtlULongToLongPtr(MAXULONG, &long_ptr), STATUS_SUCCESS);
	cr_expect_eq(long_ptr, 0xffffffff);
	cr_expect_eq(RtlULongLongToULongPtr(MAXULONGLONG, &ulong_ptr), STATUS_SUCCESS);
	cr_expect_eq(ulong_ptr, MAXULONGLONG);
	cr_expect_eq(RtlULongLongToUIntPtr(MAXULONGLONG, &uint_ptr), STATUS_SUCCESS);
	cr_expect_eq(uint_ptr, MAXULONGLONG);
	cr_expect_eq(RtlULongPtrToUIntPtr(MAXULONG_PTR, &uint_ptr), STATUS_SUCCESS);
	cr_expect_eq(uint_ptr, MAXULONG_PTR);
}
