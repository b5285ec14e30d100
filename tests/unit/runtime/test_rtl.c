/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small helpers: fills and comparisons, strings and their hashes, the system's
 * version and its routines by name.
 */
#include "recorder.h"

TestSuite(rtl, .init = start_runtime, .fini = stop_runtime, .timeout = 60);

Test(rtl, patterns_are_filled_and_compared)
{
	ULONG words[4] = { 1, 2, 3, 4 };
	ULONGLONG quads[2] = { 1, 2 };

	RtlFillMemoryUlong(words, 3 * sizeof(ULONG) + 2, 0xabcd1234);
	cr_expect_eq(words[2], 0xabcd1234);
	cr_expect_eq(words[3], 4);
	cr_expect_eq(RtlCompareMemoryUlong(words, sizeof(words), 0xabcd1234), 12);
	cr_expect_eq(RtlCompareMemoryUlong(words, 11, 0xabcd1234), 8);
	cr_expect_eq(RtlCompareMemoryUlong(words, sizeof(words), 0), 0);
	RtlFillMemoryUlonglong(quads, 8, 0x1122334455667788ULL);
	cr_expect_eq(quads[0], 0x1122334455667788ULL);
	cr_expect_eq(quads[1], 2);
	cr_expect_eq(RtlConvertLongToLargeInteger(-2).QuadPart, -2);
	cr_expect_eq(RtlConvertUlongToLargeInteger(0xfffffffe).QuadPart, 0xfffffffeLL);
}

Test(rtl, strings_are_initialized_and_appended_within_their_limits)
{
	char *long_text = malloc(0x10001), buffer[6] = "ab";
	STRING s, to = { 2, 5, buffer };

	memset(long_text, 'x', 0x10000);
	long_text[0x10000] = '\0';
	cr_expect_eq(RtlInitStringEx(&s, long_text), STATUS_NAME_TOO_LONG);
	cr_expect_eq(RtlInitUTF8StringEx(&s, long_text + 2), STATUS_SUCCESS);
	cr_expect_eq(s.Length, 0xfffe);
	cr_expect_eq(s.MaximumLength, 0xffff);
	free(long_text);
	cr_expect_eq(RtlInitStringEx(&s, NULL), STATUS_SUCCESS);
	cr_expect_null(s.Buffer);
	RtlInitUTF8String(&s, "cde");
	cr_expect_eq(RtlAppendStringToString(&to, &s), STATUS_SUCCESS);
	cr_expect_arr_eq(buffer, "abcde", 5);
	cr_expect_eq(to.Length, 5);
	RtlInitString(&s, "f");
	cr_expect_eq(RtlAppendStringToString(&to, &s), STATUS_BUFFER_TOO_SMALL);
}

Test(rtl, a_hash_is_x65599_and_can_ignore_case)
{
	static WCHAR upper[] = { 'A', 'B' }, lower[] = { 'a', 'b' };
	UNICODE_STRING a = { 4, 4, upper }, b = { 4, 4, lower };
	ULONG hash, other;

	cr_expect_eq(RtlHashUnicodeString(&a, FALSE, HASH_STRING_ALGORITHM_X65599, &hash),
		     STATUS_SUCCESS);
	cr_expect_eq(hash, 65 * 65599 + 66);
	cr_expect_eq(RtlHashUnicodeString(&b, FALSE, HASH_STRING_ALGORITHM_DEFAULT, &other),
		     STATUS_SUCCESS);
	cr_expect_neq(other, hash);
	RtlHashUnicodeString(&b, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &other);
	cr_expect_eq(other, hash);
	cr_expect_eq(RtlHashUnicodeString(&a, TRUE, 2, &hash), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlHashUnicodeString(&a, TRUE, HASH_STRING_ALGORITHM_INVALID, &hash),
		     STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlHashUnicodeString(NULL, TRUE, 0, &hash), STATUS_INVALID_PARAMETER);
	cr_expect_eq(RtlHashUnicodeString(&a, TRUE, 0, NULL), STATUS_INVALID_PARAMETER);
}

Test(rtl, the_version_fits_the_structure_that_asks)
{
	struct {
		RTL_OSVERSIONINFOW v;
		ULONG behind;
	} small = { .v.dwOSVersionInfoSize = sizeof(RTL_OSVERSIONINFOW), .behind = 7 };
	RTL_OSVERSIONINFOEXW large = { .dwOSVersionInfoSize = sizeof(large) };

	cr_expect_eq(RtlGetVersion(&small.v), STATUS_SUCCESS);
	cr_expect_eq(small.v.dwMajorVersion, 10);
	cr_expect_geq(small.v.dwBuildNumber, 22000);
	cr_expect_eq(small.v.dwOSVersionInfoSize, sizeof(RTL_OSVERSIONINFOW));
	cr_expect_eq(small.behind, 7);
	cr_expect_eq(RtlGetVersion((PRTL_OSVERSIONINFOW)(void *)&large), STATUS_SUCCESS);
	cr_expect_eq(large.wProductType, VER_NT_WORKSTATION);
}

static PVOID routine(const char *text)
{
	WCHAR wide[200];
	UNICODE_STRING name = { .Buffer = wide };

	for (size_t i = 0; text[i] != '\0'; i++)
		wide[i] = (unsigned char)text[i];
	name.Length = (USHORT)(2 * strlen(text));
	return MmGetSystemRoutineAddress(&name);
}

Test(rtl, routines_of_the_runtime_are_found_by_name)
{
	char text[150];

	cr_expect_eq(routine("KeSetEvent"), (PVOID)(ULONG_PTR)KeSetEvent);
	cr_expect_eq(routine("NdisAllocateMdl"), (PVOID)(ULONG_PTR)NdisAllocateMdl);
	cr_expect_null(routine("KeSetEven"));
	cr_expect_null(routine("nrt_init"), "the host's");
	cr_expect_null(routine("strlen"), "the C library's");
	cr_expect_null(routine(""));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	cr_expect_null(routine(text));
}

Test(rtl, RS_IRQL_01_the_version_is_asked_for_at_passive_level)
{
	RTL_OSVERSIONINFOW v = { .dwOSVersionInfoSize = sizeof(v) };
	KIRQL old;

	KeRaiseIrql(APC_LEVEL, &old);
	RtlGetVersion(&v);
	cr_expect(violated("RS-IRQL-01"));
	KeLowerIrql(old);
}

Test(rtl, memory_is_zero_when_every_byte_is)
{
	char bytes[9] = { 0 };

	cr_expect(RtlIsZeroMemory(bytes + 1, 8));
	cr_expect(RtlIsZeroMemory(bytes, 0));
	bytes[8] = 1;
	cr_expect_not(RtlIsZeroMemory(bytes + 1, 8));
	cr_expect(RtlIsZeroMemory(bytes + 1, 7));
}

Test(rtl, luids_are_made_and_compared)
{
	LUID minus = RtlConvertLongToLuid(-2), plus = RtlConvertUlongToLuid(0xfffffffe);
	LUID none = RtlConvertLongToLuid(0);

	cr_expect_eq(minus.LowPart, 0xfffffffe);
	cr_expect_eq(minus.HighPart, -1);
	cr_expect_eq(plus.LowPart, 0xfffffffe);
	cr_expect_eq(plus.HighPart, 0);
	cr_expect_not(RtlEqualLuid(&minus, &plus));
	minus.HighPart = 0;
	cr_expect(RtlEqualLuid(&minus, &plus));
	cr_expect(RtlIsZeroLuid(&none));
	none.HighPart = 1;
	cr_expect_not(RtlIsZeroLuid(&none));
	cr_expect_not(RtlIsZeroLuid(&plus));
}

Test(rtl, wdm_6_and_older_is_available)
{
	cr_expect(IoIsWdmVersionAvailable(WDM_MAJORVERSION, WDM_MINORVERSION));
	cr_expect(IoIsWdmVersionAvailable(1, 0x30));
	cr_expect_not(IoIsWdmVersionAvailable(6, 1));
	cr_expect_not(IoIsWdmVersionAvailable(7, 0));
	ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
}

Test(rtl, features_are_those_of_this_processor)
{
	cr_expect(ExIsProcessorFeaturePresent(PF_COMPARE_EXCHANGE_DOUBLE));
	cr_expect(ExIsProcessorFeaturePresent(PF_NX_ENABLED));
	cr_expect_not(ExIsProcessorFeaturePresent(PF_FLOATING_POINT_EMULATED));
	cr_expect_not(ExIsProcessorFeaturePresent(0xffffffff));
#if defined(__x86_64__)
	__builtin_cpu_init();
	cr_expect_eq(ExIsProcessorFeaturePresent(PF_SSE3_INSTRUCTIONS_AVAILABLE),
		     __builtin_cpu_supports("sse3") != 0);
	cr_expect(ExIsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
#endif
}
