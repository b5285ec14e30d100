/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UTF-16 to UTF-8 and back. Called by drivers at PASSIVE_LEVEL. What is no character
 * becomes U+FFFD, one for each longest piece that might have begun one.
 * [nf-wdm-rtlunicodetoutf8n]
 */
#include <stdbool.h>

#include <wdm.h>

#include "irql.h"
#include "memory.h"
#include "unicode.h"

#define REPLACEMENT 0xfffdU

static bool is_between(ULONG c, ULONG from, ULONG to)
{
	return c >= from && c <= to;
}

/* The character at the beginning of @n units, at least one; how many it took. */
static ULONG take_utf16(const WCHAR *s, ULONG n, ULONG *c, bool *bad)
{
	*c = s[0];
	if (!is_between(*c, 0xd800, 0xdfff))
		return 1;
	if (*c < 0xdc00 && n > 1 && is_between(s[1], 0xdc00, 0xdfff)) {
		*c = 0x10000 + ((*c - 0xd800) << 10) + (s[1] - 0xdc00U);
		return 2;
	}
	*c = REPLACEMENT;
	*bad = true;
	return 1;
}

static ULONG put_utf8(ULONG c, UCHAR to[4])
{
	if (c < 0x80) {
		to[0] = (UCHAR)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (UCHAR)(0xc0 | c >> 6);
		to[1] = (UCHAR)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (UCHAR)(0xe0 | c >> 12);
		to[1] = (UCHAR)(0x80 | (c >> 6 & 0x3f));
		to[2] = (UCHAR)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (UCHAR)(0xf0 | c >> 18);
	to[1] = (UCHAR)(0x80 | (c >> 12 & 0x3f));
	to[2] = (UCHAR)(0x80 | (c >> 6 & 0x3f));
	to[3] = (UCHAR)(0x80 | (c & 0x3f));
	return 4;
}

/* Which second byte may follow @lead: not those of overlong forms, of surrogates or
 * beyond U+10FFFF. */
static bool may_follow(UCHAR lead, UCHAR second)
{
	switch (lead) {
	case 0xe0: return is_between(second, 0xa0, 0xbf);
	case 0xed: return is_between(second, 0x80, 0x9f);
	case 0xf0: return is_between(second, 0x90, 0xbf);
	case 0xf4: return is_between(second, 0x80, 0x8f);
	default: return is_between(second, 0x80, 0xbf);
	}
}

static ULONG take_utf8(const UCHAR *s, ULONG n, ULONG *c, bool *bad)
{
	ULONG length = s[0] < 0x80 ? 1 : is_between(s[0], 0xc2, 0xdf) ? 2
				       : is_between(s[0], 0xe0, 0xef) ? 3
				       : is_between(s[0], 0xf0, 0xf4) ? 4
								      : 0;
	ULONG taken = 1;

	if (length <= 1) {
		*bad |= length == 0;
		*c = length == 0 ? REPLACEMENT : s[0];
		return 1;
	}
	*c = s[0] & (0x7fU >> length);
	while (taken < length && taken < n &&
	       (taken == 1 ? may_follow(s[0], s[1]) : is_between(s[taken], 0x80, 0xbf)))
		*c = *c << 6 | (s[taken++] & 0x3fU);
	if (taken == length)
		return taken;
	*c = REPLACEMENT;
	*bad = true;
	return taken;
}

static ULONG put_utf16(ULONG c, WCHAR to[2])
{
	if (c < 0x10000) {
		to[0] = (WCHAR)c;
		return 1;
	}
	to[0] = (WCHAR)(0xd800 + ((c - 0x10000) >> 10));
	to[1] = (WCHAR)(0xdc00 + (c & 0x3ff));
	return 2;
}

NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount,
			   PULONG UTF8StringActualByteCount, PCWCH UnicodeStringSource,
			   ULONG UnicodeStringByteCount)
{
	ULONG left = UnicodeStringByteCount / sizeof(WCHAR), written = 0, c;
	const WCHAR *s = UnicodeStringSource;
	bool bad = false, full = false;

	nrt_check_irql("RtlUnicodeToUTF8N", PASSIVE_LEVEL);
	if (s == NULL)
		return STATUS_INVALID_PARAMETER_4;
	if (UTF8StringDestination == NULL && UTF8StringActualByteCount == NULL)
		return STATUS_INVALID_PARAMETER;
	if (UnicodeStringByteCount % sizeof(WCHAR) != 0)
		return STATUS_INVALID_PARAMETER_5;
	while (left > 0) {
		ULONG taken = take_utf16(s, left, &c, &bad), n;
		UCHAR bytes[4];

		n = put_utf8(c, bytes);
		full = UTF8StringDestination != NULL && n > UTF8StringMaxByteCount - written;
		if (full)
			break;
		if (UTF8StringDestination != NULL)
			memcpy(UTF8StringDestination + written, bytes, n);
		written += n;
		s += taken;
		left -= taken;
	}
	if (UTF8StringActualByteCount != NULL)
		*UTF8StringActualByteCount = written;
	return full ? STATUS_BUFFER_TOO_SMALL : bad ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount,
			   PULONG UnicodeStringActualByteCount, PCSTR UTF8StringSource,
			   ULONG UTF8StringByteCount)
{
	ULONG left = UTF8StringByteCount, room = UnicodeStringMaxByteCount / sizeof(WCHAR);
	const UCHAR *s = (const UCHAR *)UTF8StringSource;
	bool bad = false, full = false;
	ULONG written = 0, c;

	nrt_check_irql("RtlUTF8ToUnicodeN", PASSIVE_LEVEL);
	if (s == NULL)
		return STATUS_INVALID_PARAMETER_4;
	if (UnicodeStringDestination == NULL && UnicodeStringActualByteCount == NULL)
		return STATUS_INVALID_PARAMETER;
	while (left > 0) {
		ULONG taken = take_utf8(s, left, &c, &bad), n;
		WCHAR units[2];

		n = put_utf16(c, units);
		full = UnicodeStringDestination != NULL && n > room - written;
		if (full)
			break;
		if (UnicodeStringDestination != NULL)
			memcpy(UnicodeStringDestination + written, units, n * sizeof(WCHAR));
		written += n;
		s += taken;
		left -= taken;
	}
	if (UnicodeStringActualByteCount != NULL)
		*UnicodeStringActualByteCount = written * (ULONG)sizeof(WCHAR);
	return full ? STATUS_BUFFER_TOO_SMALL : bad ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

/* --------------------------------------------------------- counted strings */

/* @bytes and @unit more for the end; as in unicode_convert.c. */
static NTSTATUS prepare(PSTRING to, ULONG bytes, ULONG unit, BOOLEAN allocate)
{
	if (bytes + unit > UNICODE_STRING_MAX_BYTES)
		return STATUS_INVALID_PARAMETER_2;
	if (allocate) {
		to->Buffer = nrt_memory_zalloc(bytes + unit, NRT_STRING_TAG, NULL);
		if (to->Buffer == NULL)
			return STATUS_NO_MEMORY;
		to->MaximumLength = (USHORT)(bytes + unit);
	} else if (to->MaximumLength < bytes + unit) {
		return STATUS_BUFFER_OVERFLOW;
	}
	memset(to->Buffer + bytes, 0, unit);
	to->Length = (USHORT)bytes;
	return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString,
				      BOOLEAN AllocateDestinationString)
{
	ULONG bytes = 0;
	NTSTATUS status;

	status = SourceString->Length == 0
			 ? STATUS_SUCCESS
			 : RtlUnicodeToUTF8N(NULL, 0, &bytes, SourceString->Buffer,
					     SourceString->Length);
	if (!NT_SUCCESS(status))
		return status;
	status = prepare(DestinationString, bytes, 1, AllocateDestinationString);
	if (!NT_SUCCESS(status) || bytes == 0)
		return status;
	return RtlUnicodeToUTF8N(DestinationString->Buffer, bytes, &bytes, SourceString->Buffer,
				 SourceString->Length);
}

NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString,
				      const UTF8_STRING *SourceString,
				      BOOLEAN AllocateDestinationString)
{
	STRING to = { DestinationString->Length, DestinationString->MaximumLength,
		      (PCHAR)DestinationString->Buffer };
	ULONG bytes = 0;
	NTSTATUS status;

	status = SourceString->Length == 0
			 ? STATUS_SUCCESS
			 : RtlUTF8ToUnicodeN(NULL, 0, &bytes, SourceString->Buffer,
					     SourceString->Length);
	if (!NT_SUCCESS(status))
		return status;
	status = prepare(&to, bytes, sizeof(WCHAR), AllocateDestinationString);
	if (!NT_SUCCESS(status))
		return status;
	*DestinationString =
		(UNICODE_STRING){ to.Length, to.MaximumLength, (PWCH)(void *)to.Buffer };
	if (bytes == 0)
		return STATUS_SUCCESS;
	return RtlUTF8ToUnicodeN(DestinationString->Buffer, bytes, &bytes, SourceString->Buffer,
				 SourceString->Length);
}
