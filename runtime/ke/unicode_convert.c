/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counted strings to and from ANSI, numbers and GUIDs. Called by drivers at
 * PASSIVE_LEVEL. The ANSI code page is Latin-1, whose characters are the first
 * 256 of Unicode; others become '?'.
 */
#include "unicode.h"

#include <ndis/services.h>

#include "irql.h"
#include "memory.h"

#define GUID_CHARS 38 /* {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx} */

ULONG RtlAnsiStringToUnicodeSize(PCANSI_STRING AnsiString)
{
	return (ULONG)((AnsiString->Length + 1U) * sizeof(WCHAR));
}

ULONG RtlUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString)
{
	return (ULONG)(UnicodeString->Length / sizeof(WCHAR) + 1);
}

/* A destination of @bytes, @unit of them for the terminator. */
static NTSTATUS prepare(PSTRING to, ULONG bytes, ULONG unit, BOOLEAN allocate)
{
	if (bytes > UNICODE_STRING_MAX_BYTES)
		return STATUS_INVALID_PARAMETER_2;
	if (allocate) {
		to->Buffer = nrt_memory_alloc(bytes, NRT_STRING_TAG, NULL);
		if (to->Buffer == NULL)
			return STATUS_NO_MEMORY;
		to->MaximumLength = (USHORT)bytes;
	} else if (to->MaximumLength < bytes) {
		return STATUS_BUFFER_OVERFLOW;
	}
	to->Length = (USHORT)(bytes - unit);
	return STATUS_SUCCESS;
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
				      BOOLEAN AllocateDestinationString)
{
	STRING to = { DestinationString->Length, DestinationString->MaximumLength,
		      (PCHAR)DestinationString->Buffer };
	NTSTATUS status;

	nrt_check_irql("RtlAnsiStringToUnicodeString", PASSIVE_LEVEL);
	status = prepare(&to, RtlAnsiStringToUnicodeSize(SourceString), sizeof(WCHAR),
			 AllocateDestinationString);
	if (!NT_SUCCESS(status))
		return status;
	*DestinationString = (UNICODE_STRING){ to.Length, to.MaximumLength, (PWCH)(void *)to.Buffer };
	for (USHORT i = 0; i < SourceString->Length; i++)
		DestinationString->Buffer[i] = (UCHAR)SourceString->Buffer[i];
	DestinationString->Buffer[SourceString->Length] = 0;
	return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
				      BOOLEAN AllocateDestinationString)
{
	USHORT chars = SourceString->Length / sizeof(WCHAR);
	NTSTATUS status;

	nrt_check_irql("RtlUnicodeStringToAnsiString", PASSIVE_LEVEL);
	status = prepare(DestinationString, RtlUnicodeStringToAnsiSize(SourceString), 1,
			 AllocateDestinationString);
	if (!NT_SUCCESS(status))
		return status;
	for (USHORT i = 0; i < chars; i++) {
		WCHAR c = SourceString->Buffer[i];

		DestinationString->Buffer[i] = (CHAR)(c < 0x100 ? c : '?');
	}
	DestinationString->Buffer[chars] = 0;
	return STATUS_SUCCESS;
}

/* --------------------------------------------------------------- numbers */

static int digit_of(WCHAR c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static bool base_of_prefix(WCHAR c, ULONG *base)
{
	switch (c) {
	case 'x': *base = 16; return true;
	case 'o': *base = 8; return true;
	case 'b': *base = 2; return true;
	default: return false;
	}
}

/*
 * Leading blanks, a sign, and with base 0 a prefix 0x, 0o or 0b; ends at the
 * first character that is no digit [nf-wdm-rtlunicodestringtointeger].
 */
NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
	const WCHAR *s = String->Buffer;
	const WCHAR *end = s + String->Length / sizeof(WCHAR);
	bool negative = false;
	ULONG value = 0;

	if (Base != 0 && Base != 2 && Base != 8 && Base != 10 && Base != 16)
		return STATUS_INVALID_PARAMETER;
	while (s < end && *s <= ' ')
		s++;
	if (s < end && (*s == '+' || *s == '-'))
		negative = *s++ == '-';
	if (Base == 0) {
		Base = 10;
		if (end - s >= 2 && s[0] == '0' && base_of_prefix(s[1], &Base))
			s += 2;
	}
	for (; s < end && (ULONG)digit_of(*s) < Base; s++)
		value = value * Base + (ULONG)digit_of(*s);
	*Value = negative ? 0 - value : value;
	return STATUS_SUCCESS;
}

NTSTATUS RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
	WCHAR wide[40];
	UNICODE_STRING counted = { .Buffer = wide };
	size_t n = 0;

	for (; String[n] != 0 && n < RTL_NUMBER_OF(wide); n++)
		wide[n] = (UCHAR)String[n];
	counted.Length = (USHORT)(n * sizeof(WCHAR));
	return RtlUnicodeStringToInteger(&counted, Base, Value);
}

NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
	WCHAR digits[64];
	USHORT n = 0;

	if (Base == 0)
		Base = 10;
	if (Base != 2 && Base != 8 && Base != 10 && Base != 16)
		return STATUS_INVALID_PARAMETER;
	do {
		digits[n++] = (UCHAR)"0123456789ABCDEF"[Value % Base];
		Value /= Base;
	} while (Value != 0);
	if (n * sizeof(WCHAR) > String->MaximumLength)
		return STATUS_BUFFER_OVERFLOW;
	for (USHORT i = 0; i < n; i++)
		String->Buffer[i] = digits[n - 1 - i];
	String->Length = (USHORT)(n * sizeof(WCHAR));
	if (String->Length + sizeof(WCHAR) <= String->MaximumLength)
		String->Buffer[n] = 0;
	return STATUS_SUCCESS;
}

NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
	nrt_check_irql("RtlIntegerToUnicodeString", PASSIVE_LEVEL);
	return RtlInt64ToUnicodeString(Value, Base, String);
}

/* ------------------------------------------------------------------ GUIDs */

/* Bytes of the GUID in the order in which the text names them. */
static const UCHAR guid_order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

static bool is_dash(int position)
{
	return position == 9 || position == 14 || position == 19 || position == 24;
}

NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid)
{
	const WCHAR *s = GuidString->Buffer;
	UCHAR bytes[16];
	int n = 0;

	if (GuidString->Length < GUID_CHARS * sizeof(WCHAR) || s[0] != '{' ||
	    s[GUID_CHARS - 1] != '}')
		return STATUS_INVALID_PARAMETER;
	for (int i = 1; i < GUID_CHARS - 1; i++) {
		if (is_dash(i)) {
			if (s[i] != '-')
				return STATUS_INVALID_PARAMETER;
			continue;
		}
		if (digit_of(s[i]) > 15 || digit_of(s[i + 1]) > 15)
			return STATUS_INVALID_PARAMETER;
		bytes[guid_order[n++]] = (UCHAR)(digit_of(s[i]) * 16 + digit_of(s[i + 1]));
		i++;
	}
	memcpy(Guid, bytes, sizeof(*Guid));
	return STATUS_SUCCESS;
}

NTSTATUS RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString)
{
	const USHORT bytes = GUID_CHARS * sizeof(WCHAR);
	const UCHAR *from = (const UCHAR *)Guid;
	WCHAR *s;
	int n = 0;

	s = nrt_memory_alloc(bytes + sizeof(WCHAR), NRT_STRING_TAG, NULL);
	if (s == NULL)
		return STATUS_NO_MEMORY;
	*GuidString = (UNICODE_STRING){ bytes, (USHORT)(bytes + sizeof(WCHAR)), s };
	s[0] = '{';
	for (int i = 1; i < GUID_CHARS - 1; i++) {
		if (is_dash(i)) {
			s[i] = '-';
			continue;
		}
		s[i] = (UCHAR)"0123456789ABCDEF"[from[guid_order[n]] >> 4];
		s[++i] = (UCHAR)"0123456789ABCDEF"[from[guid_order[n++]] & 15];
	}
	s[GUID_CHARS - 1] = '}';
	s[GUID_CHARS] = 0;
	return STATUS_SUCCESS;
}

/* ------------------------------------------------------------ NDIS names */

NDIS_STATUS NdisAnsiStringToUnicodeString(PUNICODE_STRING DestinationString,
					  PANSI_STRING SourceString)
{
	return RtlAnsiStringToUnicodeString(DestinationString, SourceString, FALSE);
}

NDIS_STATUS NdisUnicodeStringToAnsiString(PANSI_STRING DestinationString,
					  PUNICODE_STRING SourceString)
{
	return RtlUnicodeStringToAnsiString(DestinationString, SourceString, FALSE);
}

NDIS_STATUS NdisUpcaseUnicodeString(PUNICODE_STRING DestinationString, PUNICODE_STRING SourceString)
{
	return RtlUpcaseUnicodeString(DestinationString, SourceString, FALSE);
}

BOOLEAN NdisEqualString(PNDIS_STRING String1, PNDIS_STRING String2, BOOLEAN CaseInsensitive)
{
	nrt_check_irql("NdisEqualString", PASSIVE_LEVEL);
	return RtlEqualUnicodeString(String1, String2, CaseInsensitive);
}

/* Buffer is NULL when there is no memory [nf-ndis-ndisinitializestring]. */
VOID NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source)
{
	ANSI_STRING from;

	nrt_check_irql("NdisInitializeString", PASSIVE_LEVEL);
	RtlInitAnsiString(&from, (PCSZ)Source);
	if (!NT_SUCCESS(RtlAnsiStringToUnicodeString(Destination, &from, TRUE)))
		memset(Destination, 0, sizeof(*Destination));
}
