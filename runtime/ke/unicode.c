/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counted strings: initialize, compare, copy, append, change case. Called by
 * drivers at PASSIVE_LEVEL (initializing, comparing and copying at any IRQL).
 * Case is that of the Latin, Greek and Cyrillic letters of the base plane that
 * map one to one; other characters compare as they are.
 */
#include "unicode.h"

#include <ndis/services.h>

#include "irql.h"
#include "memory.h"

size_t nrt_wcslen(const WCHAR *s)
{
	size_t n = 0;

	while (s[n] != 0)
		n++;
	return n;
}

bool nrt_unicode_ascii(const UNICODE_STRING *from, char *to, size_t size)
{
	size_t n;

	if (from == NULL || (from->Buffer == NULL && from->Length != 0))
		return false;
	n = from->Length / sizeof(WCHAR);
	if (n >= size)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (from->Buffer[i] == 0 || from->Buffer[i] > 127)
			return false;
		to[i] = (char)from->Buffer[i];
	}
	to[n] = '\0';
	return true;
}

VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
	size_t bytes = 0;

	DestinationString->Buffer = (PWCH)(ULONG_PTR)SourceString;
	DestinationString->Length = 0;
	DestinationString->MaximumLength = 0;
	if (SourceString == NULL)
		return;
	bytes = nrt_wcslen(SourceString) * sizeof(WCHAR);
	if (bytes > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR))
		bytes = UNICODE_STRING_MAX_BYTES - sizeof(WCHAR);
	DestinationString->Length = (USHORT)bytes;
	DestinationString->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
}

VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString)
{
	size_t bytes = 0;

	DestinationString->Buffer = (PCHAR)(ULONG_PTR)SourceString;
	DestinationString->Length = 0;
	DestinationString->MaximumLength = 0;
	if (SourceString == NULL)
		return;
	bytes = strlen(SourceString);
	if (bytes > MAXUSHORT - 1)
		bytes = MAXUSHORT - 1;
	DestinationString->Length = (USHORT)bytes;
	DestinationString->MaximumLength = (USHORT)(bytes + 1);
}

VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
	RtlInitString(DestinationString, SourceString);
}

NTSTATUS RtlInitStringEx(PSTRING DestinationString, PCSZ SourceString)
{
	nrt_check_irql("RtlInitStringEx", DISPATCH_LEVEL);
	if (SourceString != NULL && strlen(SourceString) > MAXUSHORT - 1)
		return STATUS_NAME_TOO_LONG;
	RtlInitString(DestinationString, SourceString);
	return STATUS_SUCCESS;
}

NTSTATUS RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSZ SourceString)
{
	return RtlInitStringEx(DestinationString, SourceString);
}

VOID RtlInitUTF8String(PUTF8_STRING DestinationString, PCSZ SourceString)
{
	RtlInitString(DestinationString, SourceString);
}

/* ------------------------------------------------------------------ case */

/* Latin Extended-A: pairs of capital and small, in two runs of parity. */
static bool latin_a_small_is_odd(WCHAR c)
{
	return c < 0x138 || (c > 0x149 && c < 0x178);
}

WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter)
{
	WCHAR c = SourceCharacter;

	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? (WCHAR)(c - 32) : c;
	if (c >= 0xe0 && c <= 0xfe && c != 0xf7)
		return (WCHAR)(c - 32);
	if (c == 0xff)
		return 0x178;
	if (c >= 0x100 && c < 0x17f && c != 0x131 && c != 0x138 && c != 0x149 && c != 0x178)
		return (WCHAR)((c & 1) == latin_a_small_is_odd(c) ? c - 1 : c);
	if (c >= 0x3b1 && c <= 0x3cb && c != 0x3c2)
		return (WCHAR)(c - 32);
	if (c >= 0x430 && c <= 0x44f)
		return (WCHAR)(c - 32);
	if (c >= 0x450 && c <= 0x45f)
		return (WCHAR)(c - 80);
	return c;
}

WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter)
{
	WCHAR c = SourceCharacter;

	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? (WCHAR)(c + 32) : c;
	if (c >= 0xc0 && c <= 0xde && c != 0xd7)
		return (WCHAR)(c + 32);
	if (c == 0x178)
		return 0xff;
	if (c >= 0x100 && c < 0x17f && c != 0x130 && c != 0x138 && c != 0x149)
		return (WCHAR)((c & 1) != latin_a_small_is_odd(c) ? c + 1 : c);
	if (c >= 0x391 && c <= 0x3ab && c != 0x3a2)
		return (WCHAR)(c + 32);
	if (c >= 0x410 && c <= 0x42f)
		return (WCHAR)(c + 32);
	if (c >= 0x400 && c <= 0x40f)
		return (WCHAR)(c + 80);
	return c;
}

CHAR RtlUpperChar(CHAR Character)
{
	return Character >= 'a' && Character <= 'z' ? (CHAR)(Character - 32) : Character;
}

/* --------------------------------------------------------------- compare */

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
			     BOOLEAN CaseInSensitive)
{
	USHORT len = min(String1->Length, String2->Length);

	for (USHORT i = 0; i < len / sizeof(WCHAR); i++) {
		WCHAR a = String1->Buffer[i];
		WCHAR b = String2->Buffer[i];

		if (CaseInSensitive) {
			a = RtlUpcaseUnicodeChar(a);
			b = RtlUpcaseUnicodeChar(b);
		}
		if (a != b)
			return (LONG)a - (LONG)b;
	}
	return (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
			      BOOLEAN CaseInSensitive)
{
	return String1->Length == String2->Length &&
	       RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
			       BOOLEAN CaseInSensitive)
{
	UNICODE_STRING head = *String2;

	if (String2->Length < String1->Length)
		return FALSE;
	head.Length = String1->Length;
	return RtlEqualUnicodeString(String1, &head, CaseInSensitive);
}

LONG RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
	USHORT len = min(String1->Length, String2->Length);

	for (USHORT i = 0; i < len; i++) {
		CHAR a = String1->Buffer[i];
		CHAR b = String2->Buffer[i];

		if (CaseInSensitive) {
			a = RtlUpperChar(a);
			b = RtlUpperChar(b);
		}
		if (a != b)
			return (LONG)(UCHAR)a - (LONG)(UCHAR)b;
	}
	return (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
	return String1->Length == String2->Length &&
	       RtlCompareString(String1, String2, CaseInSensitive) == 0;
}

/* ---------------------------------------------------------- copy, append */

VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
	USHORT len = 0;

	if (SourceString != NULL) {
		len = min(SourceString->Length, DestinationString->MaximumLength);
		memmove(DestinationString->Buffer, SourceString->Buffer, len);
	}
	DestinationString->Length = len;
	if (len + sizeof(WCHAR) <= DestinationString->MaximumLength)
		DestinationString->Buffer[len / sizeof(WCHAR)] = 0;
}

VOID RtlCopyString(PSTRING DestinationString, const STRING *SourceString)
{
	USHORT len = 0;

	if (SourceString != NULL) {
		len = min(SourceString->Length, DestinationString->MaximumLength);
		memmove(DestinationString->Buffer, SourceString->Buffer, len);
	}
	DestinationString->Length = len;
}

static NTSTATUS append(PUNICODE_STRING to, const WCHAR *from, size_t bytes)
{
	if (bytes > (size_t)to->MaximumLength - to->Length)
		return STATUS_BUFFER_TOO_SMALL;
	memmove((char *)to->Buffer + to->Length, from, bytes);
	to->Length = (USHORT)(to->Length + bytes);
	if (to->Length + sizeof(WCHAR) <= to->MaximumLength)
		to->Buffer[to->Length / sizeof(WCHAR)] = 0;
	return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
	if (Source == NULL)
		return STATUS_SUCCESS;
	return append(Destination, Source, nrt_wcslen(Source) * sizeof(WCHAR));
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
	return append(Destination, Source->Buffer, Source->Length);
}

NTSTATUS RtlAppendStringToString(PSTRING Destination, const STRING *Source)
{
	nrt_check_irql("RtlAppendStringToString", APC_LEVEL);
	if (Source->Length > Destination->MaximumLength - Destination->Length)
		return STATUS_BUFFER_TOO_SMALL;
	memmove(Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
	Destination->Length = (USHORT)(Destination->Length + Source->Length);
	return STATUS_SUCCESS;
}

static NTSTATUS change_case(PUNICODE_STRING to, PCUNICODE_STRING from, BOOLEAN allocate,
			    WCHAR (*map)(WCHAR))
{
	if (allocate) {
		to->Buffer = nrt_memory_alloc(from->Length, NRT_STRING_TAG, NULL);
		if (to->Buffer == NULL)
			return STATUS_NO_MEMORY;
		to->MaximumLength = from->Length;
	} else if (to->MaximumLength < from->Length) {
		return STATUS_BUFFER_OVERFLOW;
	}
	for (USHORT i = 0; i < from->Length / sizeof(WCHAR); i++)
		to->Buffer[i] = map(from->Buffer[i]);
	to->Length = from->Length;
	return STATUS_SUCCESS;
}

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
				BOOLEAN AllocateDestinationString)
{
	nrt_check_irql("RtlUpcaseUnicodeString", PASSIVE_LEVEL);
	return change_case(DestinationString, SourceString, AllocateDestinationString,
			   RtlUpcaseUnicodeChar);
}

NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
				  BOOLEAN AllocateDestinationString)
{
	nrt_check_irql("RtlDowncaseUnicodeString", PASSIVE_LEVEL);
	return change_case(DestinationString, SourceString, AllocateDestinationString,
			   RtlDowncaseUnicodeChar);
}

VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
	nrt_memory_free(UnicodeString->Buffer, NRT_STRING_TAG);
	memset(UnicodeString, 0, sizeof(*UnicodeString));
}

VOID RtlFreeAnsiString(PANSI_STRING AnsiString)
{
	nrt_memory_free(AnsiString->Buffer, NRT_STRING_TAG);
	memset(AnsiString, 0, sizeof(*AnsiString));
}

VOID RtlFreeUTF8String(PUTF8_STRING Utf8String)
{
	RtlFreeAnsiString(Utf8String);
}

/* ------------------------------------------------------------------ hash */

NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm,
			      PULONG HashValue)
{
	ULONG hash = 0;

	nrt_check_irql("RtlHashUnicodeString", APC_LEVEL);
	if (String == NULL || HashValue == NULL || HashAlgorithm > HASH_STRING_ALGORITHM_X65599)
		return STATUS_INVALID_PARAMETER;
	for (USHORT i = 0; i < String->Length / sizeof(WCHAR); i++) {
		WCHAR c = String->Buffer[i];

		hash = hash * 65599 + (CaseInSensitive ? RtlUpcaseUnicodeChar(c) : c);
	}
	*HashValue = hash;
	return STATUS_SUCCESS;
}
