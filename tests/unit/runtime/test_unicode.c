/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counted strings. 16-bit literals are u"..." here, since the tests are not
 * compiled with a 2-byte wchar_t; dialect_driver.c has the L"..." side.
 */
#include "recorder.h"

TestSuite(unicode, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

#define W(text) ((PCWSTR)u"" text)

static UNICODE_STRING counted(PCWSTR text)
{
	UNICODE_STRING s;

	RtlInitUnicodeString(&s, text);
	return s;
}

static bool is(const UNICODE_STRING *s, PCWSTR text)
{
	UNICODE_STRING expected = counted(text);

	return RtlEqualUnicodeString(s, &expected, FALSE);
}

Test(unicode, initializing_counts_bytes_without_and_with_the_terminator)
{
	UNICODE_STRING s = counted(W("abc"));

	cr_expect_eq(s.Length, 6);
	cr_expect_eq(s.MaximumLength, 8);
	s = counted(NULL);
	cr_expect_eq(s.Length, 0);
	cr_expect_eq(s.MaximumLength, 0);
	cr_expect_null(s.Buffer);
}

Test(unicode, comparing_orders_by_the_first_difference_then_by_length)
{
	UNICODE_STRING ab = counted(W("ab")), abc = counted(W("abc")), aB = counted(W("aB"));

	cr_expect_lt(RtlCompareUnicodeString(&ab, &abc, FALSE), 0);
	cr_expect_gt(RtlCompareUnicodeString(&ab, &aB, FALSE), 0);
	cr_expect_eq(RtlCompareUnicodeString(&ab, &aB, TRUE), 0);
	cr_expect_not(NdisEqualString(&ab, &aB, FALSE));
	cr_expect(NdisEqualString(&ab, &aB, TRUE));
	cr_expect(RtlPrefixUnicodeString(&aB, &abc, TRUE));
	cr_expect_not(RtlPrefixUnicodeString(&aB, &abc, FALSE));
	cr_expect_not(RtlPrefixUnicodeString(&abc, &ab, TRUE));
}

Test(unicode, case_is_changed_one_to_one_and_back)
{
	static const WCHAR small[] = { 'a', 'z', 0xe4, 0x101, 0x142, 0x3b1, 0x436, 0x451, 0xff };
	static const WCHAR big[] = { 'A', 'Z', 0xc4, 0x100, 0x141, 0x391, 0x416, 0x401, 0x178 };
	static const WCHAR neither[] = { '1', '_', 0xd7, 0xf7, 0xdf, 0x4e2d };

	for (unsigned int i = 0; i < RTL_NUMBER_OF(small); i++) {
		cr_expect_eq(RtlUpcaseUnicodeChar(small[i]), big[i], "U+%04X", small[i]);
		cr_expect_eq(RtlDowncaseUnicodeChar(big[i]), small[i], "U+%04X", big[i]);
		cr_expect_eq(RtlUpcaseUnicodeChar(big[i]), big[i]);
		cr_expect_eq(RtlDowncaseUnicodeChar(small[i]), small[i]);
	}
	for (unsigned int i = 0; i < RTL_NUMBER_OF(neither); i++) {
		cr_expect_eq(RtlUpcaseUnicodeChar(neither[i]), neither[i]);
		cr_expect_eq(RtlDowncaseUnicodeChar(neither[i]), neither[i]);
	}
}

Test(unicode, copying_cuts_at_the_destinations_size)
{
	WCHAR room[4] = { 'x', 'x', 'x', 'x' };
	UNICODE_STRING to = { 0, 6, room }, from = counted(W("abcdef"));

	RtlCopyUnicodeString(&to, &from);
	cr_expect(is(&to, W("abc")));
	cr_expect_eq(room[3], 'x', "nothing behind it is touched");
	RtlCopyUnicodeString(&to, NULL);
	cr_expect_eq(to.Length, 0);
}

Test(unicode, appending_needs_room_for_all)
{
	WCHAR room[6];
	UNICODE_STRING to = { 0, sizeof(room), room }, tail = counted(W("cd"));

	cr_expect_eq(RtlAppendUnicodeToString(&to, W("ab")), STATUS_SUCCESS);
	cr_expect_eq(RtlAppendUnicodeStringToString(&to, &tail), STATUS_SUCCESS);
	cr_expect(is(&to, W("abcd")));
	cr_expect_eq(RtlAppendUnicodeToString(&to, W("efg")), STATUS_BUFFER_TOO_SMALL);
	cr_expect(is(&to, W("abcd")), "unchanged");
}

Test(unicode, ansi_and_unicode_convert_both_ways)
{
	ANSI_STRING a, back;
	UNICODE_STRING u;
	WCHAR room[3];

	RtlInitAnsiString(&a, "gr\xfc\xdf");
	cr_expect_eq(RtlAnsiStringToUnicodeString(&u, &a, TRUE), STATUS_SUCCESS);
	cr_expect(is(&u, W("gr\u00fc\u00df")));
	cr_expect_eq(RtlUnicodeStringToAnsiString(&back, &u, TRUE), STATUS_SUCCESS);
	cr_expect(RtlEqualString(&a, &back, FALSE));
	RtlFreeAnsiString(&back);
	RtlFreeUnicodeString(&u);
	cr_expect_null(u.Buffer);
	u = (UNICODE_STRING){ 0, sizeof(room), room };
	cr_expect_eq(NdisAnsiStringToUnicodeString(&u, &a), STATUS_BUFFER_OVERFLOW);
	u = counted(W("\u4e2d"));
	cr_expect_eq(RtlUnicodeStringToAnsiString(&back, &u, TRUE), STATUS_SUCCESS);
	cr_expect_eq(back.Buffer[0], '?');
	RtlFreeAnsiString(&back);
}

Test(unicode, an_initialized_ndis_string_is_freed_by_ndis)
{
	UCHAR text[] = "eth0";
	NDIS_STRING s;

	NdisInitializeString(&s, text);
	cr_expect(is(&s, W("eth0")));
	NdisFreeString(s);
	fail_allocation(1);
	NdisInitializeString(&s, text);
	fail_allocation(0);
	cr_expect_null(s.Buffer);
}

Test(unicode, upcasing_allocates_only_when_asked)
{
	UNICODE_STRING from = counted(W("mixEd")), to = { 0, 0, NULL };

	cr_expect_eq(NdisUpcaseUnicodeString(&to, &from), STATUS_BUFFER_OVERFLOW);
	cr_expect_eq(RtlUpcaseUnicodeString(&to, &from, TRUE), STATUS_SUCCESS);
	cr_expect(is(&to, W("MIXED")));
	RtlFreeUnicodeString(&to);
}

static ULONG number(PCWSTR text, ULONG base)
{
	UNICODE_STRING s = counted(text);
	ULONG value = 0xdead;

	RtlUnicodeStringToInteger(&s, base, &value);
	return value;
}

Test(unicode, numbers_are_read_with_their_prefix_and_up_to_the_first_other_character)
{
	UNICODE_STRING s = counted(W("1"));
	ULONG value;

	cr_expect_eq(number(W(" 12x"), 0), 12);
	cr_expect_eq(number(W("-1"), 10), 0xffffffff);
	cr_expect_eq(number(W("0x1F"), 0), 31);
	cr_expect_eq(number(W("0o17"), 0), 15);
	cr_expect_eq(number(W("0b101"), 0), 5);
	cr_expect_eq(number(W("ff"), 16), 255);
	cr_expect_eq(number(W(""), 0), 0);
	cr_expect_eq(RtlUnicodeStringToInteger(&s, 7, &value), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlCharToInteger("0x10", 0, &value), STATUS_SUCCESS);
	cr_expect_eq(value, 16);
}

Test(unicode, numbers_are_written_in_four_bases)
{
	WCHAR room[9];
	UNICODE_STRING s = { 0, sizeof(room), room };

	cr_expect_eq(RtlIntegerToUnicodeString(0, 0, &s), STATUS_SUCCESS);
	cr_expect(is(&s, W("0")));
	RtlIntegerToUnicodeString(0xdeadbeef, 16, &s);
	cr_expect(is(&s, W("DEADBEEF")));
	cr_expect_eq(RtlIntegerToUnicodeString(4000000000u, 10, &s), STATUS_BUFFER_OVERFLOW);
	cr_expect_eq(RtlIntegerToUnicodeString(1, 3, &s), STATUS_INVALID_PARAMETER);
}

Test(unicode, a_guid_survives_the_way_through_text)
{
	static const GUID guid = { 0x01234567, 0x89ab, 0xcdef,
				   { 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10 } };
	UNICODE_STRING s, bad = counted(W("{01234567-89AB-CDEF-FEDC+BA9876543210}"));
	GUID back;

	cr_expect_eq(RtlStringFromGUID(&guid, &s), STATUS_SUCCESS);
	cr_expect(is(&s, W("{01234567-89AB-CDEF-FEDC-BA9876543210}")));
	cr_expect_eq(RtlGUIDFromString(&s, &back), STATUS_SUCCESS);
	cr_expect(IsEqualGUID(&guid, &back));
	RtlFreeUnicodeString(&s);
	cr_expect_eq(RtlGUIDFromString(&bad, &back), STATUS_INVALID_PARAMETER);
}

Test(unicode, RS_IRQL_01_conversions_belong_to_passive_level)
{
	ANSI_STRING a;
	UNICODE_STRING u;
	KIRQL old;

	RtlInitAnsiString(&a, "x");
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	RtlAnsiStringToUnicodeString(&u, &a, TRUE);
	KeLowerIrql(old);
	cr_expect(violated("RS-IRQL-01"));
	RtlFreeUnicodeString(&u);
}
