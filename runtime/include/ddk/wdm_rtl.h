/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory primitives, counted strings, bitmaps, debug output. Part of wdm.h.
 */
#ifndef NRT_DDK_WDM_RTL_H
#define NRT_DDK_WDM_RTL_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

/* ---------------------------------------------------------------- memory */

#define RtlCopyMemory(Destination, Source, Length) memcpy((Destination), (Source), (Length))
#define RtlCopyBytes RtlCopyMemory
#define RtlMoveMemory(Destination, Source, Length) memmove((Destination), (Source), (Length))
#define RtlFillMemory(Destination, Length, Fill) memset((Destination), (Fill), (Length))
#define RtlFillBytes RtlFillMemory
#define RtlZeroMemory(Destination, Length) memset((Destination), 0, (Length))
#define RtlZeroBytes RtlZeroMemory
#define RtlEqualMemory(Source1, Source2, Length) (!memcmp((Source1), (Source2), (Length)))
#define RtlCopyMemoryNonTemporal RtlCopyMemory
#define CopyMemory RtlCopyMemory
#define MoveMemory RtlMoveMemory
#define FillMemory RtlFillMemory
#define ZeroMemory RtlZeroMemory
/** Bytes that are equal from the start. */
NRT_EXPORT SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length);
/** Bytes from the start that are a whole number of ULONGs, each of them @Pattern. */
NRT_EXPORT SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern);
/** @Length is a multiple of the pattern's size; what is over stays as it is. */
NRT_EXPORT_HERE VOID RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern);
NRT_EXPORT_HERE VOID RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length, ULONGLONG Pattern);
#define RtlFillMemoryNonTemporal(Destination, Length, Value) \
	memset((Destination), (Value), (Length))
/** A fill that the compiler cannot drop. */
NRT_EXPORT_HERE PVOID RtlSecureZeroMemory(PVOID ptr, SIZE_T cnt);
NRT_EXPORT BOOLEAN RtlIsZeroMemory(PVOID Buffer, SIZE_T Length);

static NRT_INLINE LUID RtlConvertLongToLuid(LONG Long)
{
	LUID luid = { (ULONG)Long, Long < 0 ? -1 : 0 };

	return luid;
}

static NRT_INLINE LUID RtlConvertUlongToLuid(ULONG Ulong)
{
	LUID luid = { Ulong, 0 };

	return luid;
}

#define RtlEqualLuid(L1, L2) \
	((BOOLEAN)((L1)->LowPart == (L2)->LowPart && (L1)->HighPart == (L2)->HighPart))
#define RtlIsZeroLuid(L1) ((BOOLEAN)(((L1)->LowPart | (ULONG)(L1)->HighPart) == 0))
#define RtlInitializeListHead InitializeListHead

/* --------------------------------------------------------- counted strings */

NRT_EXPORT VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NRT_EXPORT VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString);
NRT_EXPORT VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString);
NRT_INLINE VOID RtlInitEmptyUnicodeString(PUNICODE_STRING String, PWCHAR Buffer, USHORT Size)
{
	String->Length = 0;
	String->MaximumLength = Size;
	String->Buffer = Buffer;
}

NRT_INLINE VOID RtlInitEmptyAnsiString(PANSI_STRING String, PCHAR Buffer, USHORT Size)
{
	String->Length = 0;
	String->MaximumLength = Size;
	String->Buffer = Buffer;
}

/** STATUS_NAME_TOO_LONG where the length does not fit; IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT NTSTATUS RtlInitStringEx(PSTRING DestinationString, PCSZ SourceString);
NRT_EXPORT NTSTATUS RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSZ SourceString);
NRT_EXPORT VOID RtlInitUTF8String(PUTF8_STRING DestinationString, PCSZ SourceString);
NRT_EXPORT NTSTATUS RtlAppendStringToString(PSTRING Destination, const STRING *Source);

NRT_EXPORT VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString,
				     PCUNICODE_STRING SourceString);
NRT_EXPORT VOID RtlCopyString(PSTRING DestinationString, const STRING *SourceString);
NRT_EXPORT LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
					BOOLEAN CaseInSensitive);
NRT_EXPORT BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
					 BOOLEAN CaseInSensitive);
NRT_EXPORT BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
					  BOOLEAN CaseInSensitive);
NRT_EXPORT LONG RtlCompareString(const STRING *String1, const STRING *String2,
				 BOOLEAN CaseInSensitive);
NRT_EXPORT BOOLEAN RtlEqualString(const STRING *String1, const STRING *String2,
				  BOOLEAN CaseInSensitive);
NRT_EXPORT NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source);
NRT_EXPORT NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination,
						   PCUNICODE_STRING Source);
NRT_EXPORT NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString,
					   PCUNICODE_STRING SourceString,
					   BOOLEAN AllocateDestinationString);
NRT_EXPORT NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString,
					     PCUNICODE_STRING SourceString,
					     BOOLEAN AllocateDestinationString);
NRT_EXPORT WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter);
NRT_EXPORT WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter);
NRT_EXPORT CHAR RtlUpperChar(CHAR Character);
NRT_EXPORT NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString,
						 PCANSI_STRING SourceString,
						 BOOLEAN AllocateDestinationString);
NRT_EXPORT NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString,
						 PCUNICODE_STRING SourceString,
						 BOOLEAN AllocateDestinationString);
NRT_EXPORT ULONG RtlAnsiStringToUnicodeSize(PCANSI_STRING AnsiString);
NRT_EXPORT ULONG RtlUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString);
NRT_EXPORT NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value);
NRT_EXPORT NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String);
NRT_EXPORT NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String);
NRT_EXPORT NTSTATUS RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value);
NRT_EXPORT NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid);
NRT_EXPORT NTSTATUS RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString);
NRT_EXPORT VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString);
NRT_EXPORT VOID RtlFreeAnsiString(PANSI_STRING AnsiString);

#define HASH_STRING_ALGORITHM_DEFAULT 0
#define HASH_STRING_ALGORITHM_X65599 1
#define HASH_STRING_ALGORITHM_INVALID 0xffffffffU

/** IRQL <= APC_LEVEL. STATUS_INVALID_PARAMETER for NULL or an algorithm not above. */
NRT_EXPORT NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive,
					 ULONG HashAlgorithm, PULONG HashValue);

/*
 * UTF-16 to UTF-8 and back; PASSIVE_LEVEL. With @Destination NULL they only count.
 * Returns STATUS_SUCCESS; STATUS_SOME_NOT_MAPPED, U+FFFD standing for what is no
 *         character; STATUS_BUFFER_TOO_SMALL after the characters that fit;
 *         STATUS_INVALID_PARAMETER, _4, _5.
 */
NRT_EXPORT NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount,
				      PULONG UTF8StringActualByteCount, PCWCH UnicodeStringSource,
				      ULONG UnicodeStringByteCount);
NRT_EXPORT NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination,
				      ULONG UnicodeStringMaxByteCount,
				      PULONG UnicodeStringActualByteCount, PCSTR UTF8StringSource,
				      ULONG UTF8StringByteCount);
/** Terminated, and freed with the functions below when allocated. */
NRT_EXPORT NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString,
						 PCUNICODE_STRING SourceString,
						 BOOLEAN AllocateDestinationString);
NRT_EXPORT NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString,
						 const UTF8_STRING *SourceString,
						 BOOLEAN AllocateDestinationString);
NRT_EXPORT VOID RtlFreeUTF8String(PUTF8_STRING Utf8String);

/* ------------------------------------------------------------------ time */

typedef struct _TIME_FIELDS {
	CSHORT Year; /* 1601 to 30827 */
	CSHORT Month;
	CSHORT Day;
	CSHORT Hour;
	CSHORT Minute;
	CSHORT Second;
	CSHORT Milliseconds;
	CSHORT Weekday; /* 0 is Sunday */
} TIME_FIELDS, *PTIME_FIELDS;

/* Any IRQL. System time is in 100 ns since 1601. */
NRT_EXPORT VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields);
/** FALSE for a date or time that there is not; the weekday is not looked at. */
NRT_EXPORT BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time);
/** FALSE when the seconds do not fit. */
NRT_EXPORT BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds);
NRT_EXPORT BOOLEAN RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds);
/** By the host's time zone. */
NRT_EXPORT VOID ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime);
NRT_EXPORT VOID ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime);

NRT_INLINE LARGE_INTEGER RtlConvertLongToLargeInteger(LONG SignedInteger)
{
	LARGE_INTEGER value;

	value.QuadPart = SignedInteger;
	return value;
}

NRT_INLINE LARGE_INTEGER RtlConvertUlongToLargeInteger(ULONG UnsignedInteger)
{
	LARGE_INTEGER value;

	value.QuadPart = UnsignedInteger;
	return value;
}

/* ---------------------------------------------------------------- system */

typedef struct _OSVERSIONINFOW {
	ULONG dwOSVersionInfoSize;
	ULONG dwMajorVersion;
	ULONG dwMinorVersion;
	ULONG dwBuildNumber;
	ULONG dwPlatformId;
	WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, RTL_OSVERSIONINFOW, *PRTL_OSVERSIONINFOW;

typedef struct _OSVERSIONINFOEXW {
	ULONG dwOSVersionInfoSize;
	ULONG dwMajorVersion;
	ULONG dwMinorVersion;
	ULONG dwBuildNumber;
	ULONG dwPlatformId;
	WCHAR szCSDVersion[128];
	USHORT wServicePackMajor;
	USHORT wServicePackMinor;
	USHORT wSuiteMask;
	UCHAR wProductType;
	UCHAR wReserved;
} OSVERSIONINFOEXW, *POSVERSIONINFOEXW, RTL_OSVERSIONINFOEXW, *PRTL_OSVERSIONINFOEXW;

#define VER_PLATFORM_WIN32_NT 2
#define VER_NT_WORKSTATION 1

/** 10.0.22000, the system that brought the newest NDIS played here. The caller says
 * in dwOSVersionInfoSize which structure it is. PASSIVE_LEVEL. */
NRT_EXPORT NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation);
#define WDM_MAJORVERSION 0x06
#define WDM_MINORVERSION 0x00
/** WDM 6.00 and older. PASSIVE_LEVEL. */
NRT_EXPORT BOOLEAN IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion);
/** UserMode in a dispatch routine that the host's program called with a request of its
 * own, else KernelMode. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT KPROCESSOR_MODE ExGetPreviousMode(VOID);

#define PF_FLOATING_POINT_PRECISION_ERRATA 0
#define PF_FLOATING_POINT_EMULATED 1
#define PF_COMPARE_EXCHANGE_DOUBLE 2
#define PF_MMX_INSTRUCTIONS_AVAILABLE 3
#define PF_XMMI_INSTRUCTIONS_AVAILABLE 6
#define PF_3DNOW_INSTRUCTIONS_AVAILABLE 7
#define PF_RDTSC_INSTRUCTION_AVAILABLE 8
#define PF_PAE_ENABLED 9
#define PF_XMMI64_INSTRUCTIONS_AVAILABLE 10
#define PF_SSE_DAZ_MODE_AVAILABLE 11
#define PF_NX_ENABLED 12
#define PF_SSE3_INSTRUCTIONS_AVAILABLE 13
#define PF_COMPARE_EXCHANGE128 14
#define PF_COMPARE64_EXCHANGE128 15
#define PF_XSAVE_ENABLED 17
/** FALSE for what is not named above, too. PASSIVE_LEVEL. */
NRT_EXPORT BOOLEAN ExIsProcessorFeaturePresent(ULONG ProcessorFeature);

#define DrvRtPoolNxOptIn 0x00000001
/** POOL_NX_OPTIN: no pool here can be executed, whether asked for or not. */
static NRT_INLINE VOID ExInitializeDriverRuntime(ULONG RuntimeFlags)
{
	(void)RuntimeFlags;
}

/** The runtime's function of that name, or NULL. PASSIVE_LEVEL. */
NRT_EXPORT PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName);

/* ---------------------------------------------------------------- random */

NRT_EXPORT ULONG RtlRandomEx(PULONG Seed);
NRT_EXPORT ULONG RtlRandom(PULONG Seed);

/* ----------------------------------------------------------------- debug */

#define DPFLTR_ERROR_LEVEL 0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL 2
#define DPFLTR_INFO_LEVEL 3
#define DPFLTR_MASK 0x80000000U

typedef enum _DPFLTR_TYPE {
	DPFLTR_SYSTEM_ID = 0,
	DPFLTR_NDIS_ID = 41,
	DPFLTR_IHVDRIVER_ID = 77,
	DPFLTR_IHVVIDEO_ID = 78,
	DPFLTR_IHVAUDIO_ID = 79,
	DPFLTR_IHVNETWORK_ID = 80,
	DPFLTR_IHVSTREAMING_ID = 81,
	DPFLTR_IHVBUS_ID = 82,
	DPFLTR_DEFAULT_ID = 101
} DPFLTR_TYPE;

/**
 * Print to the runtime's log (stderr). Any IRQL. The conversions are those of
 * the other system: %I64, %wZ, %ws and %S are understood, %l is 32 bits.
 */
NRT_EXPORT ULONG DbgPrint(PCSTR Format, ...);
NRT_EXPORT ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
NRT_EXPORT ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list arglist);
NRT_EXPORT VOID DbgBreakPoint(VOID);
NRT_EXPORT DECLSPEC_NORETURN VOID KeBugCheck(ULONG BugCheckCode);
NRT_EXPORT DECLSPEC_NORETURN VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
					       ULONG_PTR BugCheckParameter2,
					       ULONG_PTR BugCheckParameter3,
					       ULONG_PTR BugCheckParameter4);
/** A failed assertion: message, then abort. */
NRT_EXPORT DECLSPEC_NORETURN VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName,
					    ULONG LineNumber, PSTR MutableMessage);

#ifndef DBG
#define DBG 0
#endif
#if DBG
#define KdPrint(_x_) DbgPrint _x_
#define KdPrintEx(_x_) DbgPrintEx _x_
#define KdBreakPoint() DbgBreakPoint()
#define NRT_ASSERT_TEXT(e, text) \
	((void)(__builtin_expect(!!(e), 1) ? 0 : \
		(RtlAssert((PVOID)(ULONG_PTR)text, (PVOID)(ULONG_PTR)__FILE__, __LINE__, NULL), 0)))
#define ASSERT(exp) NRT_ASSERT_TEXT(exp, #exp)
#define ASSERTMSG(msg, exp) NRT_ASSERT_TEXT(exp, msg)
#define RTL_SOFT_ASSERT(exp) \
	((exp) ? TRUE : (DbgPrint("%s:%d: soft assertion: %s\n", __FILE__, __LINE__, #exp), FALSE))
#else
#define KdPrint(_x_) ((void)0)
#define KdPrintEx(_x_) ((void)0)
#define KdBreakPoint() ((void)0)
#define ASSERT(exp) ((void)0)
#define ASSERTMSG(msg, exp) ((void)0)
#define RTL_SOFT_ASSERT(exp) ((void)0)
#endif
#define NT_ASSERT(exp) ASSERT(exp)
#define NT_ASSERTMSG(msg, exp) ASSERTMSG(msg, exp)
#define NT_ASSERT_ASSUME(exp) ASSERT(exp)
#define NT_VERIFY(exp) ASSERT(exp)
#define RTL_ASSERT(exp) ASSERT(exp)

NRT_EXTERN_C_END
#endif
