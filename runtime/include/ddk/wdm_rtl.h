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
/** A fill that the compiler cannot drop. */
NRT_EXPORT PVOID RtlSecureZeroMemory(PVOID ptr, SIZE_T cnt);
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
