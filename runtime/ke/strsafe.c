/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bodies behind ntstrsafe.h: put a string or a formatted one into a
 * bounded buffer of 8- or 16-bit characters. Called by drivers at
 * PASSIVE_LEVEL; no allocation, no lock.
 */
#include <ntstrsafe.h>
#include <wdm.h>

#include "format.h"
#include "unicode.h"

#define VALID_FLAGS 0x00001fffU

static WCHAR get(const void *s, size_t i, size_t unit)
{
	return unit == 1 ? ((const UCHAR *)s)[i] : ((const WCHAR *)s)[i];
}

static void set(void *s, size_t i, size_t unit, WCHAR c)
{
	if (unit == 1)
		((UCHAR *)s)[i] = (UCHAR)c;
	else
		((WCHAR *)s)[i] = c;
}

/* @cch when there is no terminator within it. */
static size_t length(const void *s, size_t cch, size_t unit)
{
	size_t n = 0;

	while (n < cch && get(s, n, unit) != 0)
		n++;
	return n;
}

NTSTATUS nrt_strsafe_length(const void *s, size_t max, size_t unit, size_t *len)
{
	size_t n = s != NULL && max <= NTSTRSAFE_MAX_CCH ? length(s, max, unit) : max;

	if (len != NULL)
		*len = n < max ? n : 0;
	return n < max ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* A buffer while it is filled from @start on. */
struct target {
	struct nrt_sink sink; /* first */
	void *dst;
	size_t cch, unit;
	size_t start;         /* what was there and stays */
	size_t len;           /* characters in it now, terminator not counted */
	bool cut;
};

static void put(struct nrt_sink *sink, WCHAR c)
{
	struct target *t = (struct target *)sink;

	if (t->len + 1 < t->cch)
		set(t->dst, t->len++, t->unit, c);
	else
		t->cut = true;
}

static NTSTATUS open_target(struct target *t, void *dst, size_t cch, size_t unit, bool append,
			    ULONG flags)
{
	*t = (struct target){ .sink = { put, unit != 1 }, .dst = dst, .cch = cch, .unit = unit };
	if ((flags & ~VALID_FLAGS) != 0 || cch > NTSTRSAFE_MAX_CCH)
		return STATUS_INVALID_PARAMETER;
	if (dst == NULL)
		return cch == 0 && (flags & STRSAFE_IGNORE_NULLS) != 0 ? STATUS_SUCCESS
								       : STATUS_INVALID_PARAMETER;
	if (cch == 0)
		return STATUS_INVALID_PARAMETER;
	if (append)
		t->start = t->len = length(dst, cch, unit);
	return t->len < cch ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* What the flags ask for when the result did not fit. */
static void on_failure(struct target *t, ULONG flags)
{
	if ((flags & STRSAFE_FILL_ON_FAILURE) != 0) {
		memset(t->dst, (int)(flags & 0xff), t->cch * t->unit);
		t->len = (flags & 0xff) != 0 ? t->cch - 1 : 0;
	}
	if ((flags & STRSAFE_NULL_ON_FAILURE) != 0)
		t->len = 0;
	else if ((flags & STRSAFE_NO_TRUNCATION) != 0 && (flags & STRSAFE_FILL_ON_FAILURE) == 0)
		t->len = t->start;
	set(t->dst, t->len, t->unit, 0);
}

static NTSTATUS close_target(struct target *t, void **end, size_t *left, ULONG flags)
{
	if (t->cch == 0) { /* nothing to write to was given, nor asked for */
		if (t->cut)
			return STATUS_BUFFER_OVERFLOW;
	} else {
		set(t->dst, t->len, t->unit, 0);
		if (t->cut)
			on_failure(t, flags);
		else if ((flags & STRSAFE_FILL_BEHIND_NULL) != 0)
			memset((char *)t->dst + (t->len + 1) * t->unit, (int)(flags & 0xff),
			       (t->cch - t->len - 1) * t->unit);
	}
	if (end != NULL)
		*end = (char *)t->dst + t->len * t->unit;
	if (left != NULL)
		*left = t->cch - t->len;
	return t->cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS nrt_strsafe_put(void *dst, size_t cch, size_t unit, BOOLEAN append, const void *src,
			 size_t max, void **end, size_t *left, ULONG flags)
{
	struct target t;
	NTSTATUS status = open_target(&t, dst, cch, unit, append, flags);

	if (!NT_SUCCESS(status))
		return status;
	if (src == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0)
		return STATUS_INVALID_PARAMETER;
	for (size_t i = 0; src != NULL && !t.cut && i < max && get(src, i, unit) != 0; i++)
		put(&t.sink, get(src, i, unit));
	return close_target(&t, end, left, flags);
}

NTSTATUS nrt_strsafe_vprintf(void *dst, size_t cch, size_t unit, const void *format, va_list args,
			     void **end, size_t *left, ULONG flags)
{
	struct target t;
	NTSTATUS status = open_target(&t, dst, cch, unit, false, flags);

	if (!NT_SUCCESS(status))
		return status;
	if (format == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0)
		return STATUS_INVALID_PARAMETER;
	if (format != NULL)
		nrt_format(&t.sink, format, args);
	return close_target(&t, end, left, flags);
}

#define PRINTF(S, T) \
	NTSTATUS RtlStringCchPrintf##S(T *Dest, size_t cchDest, const T *Format, ...) \
	{ \
		NTSTATUS status; \
		va_list args; \
		va_start(args, Format); \
		status = RtlStringCchVPrintf##S(Dest, cchDest, Format, args); \
		va_end(args); \
		return status; \
	} \
	NTSTATUS RtlStringCbPrintf##S(T *Dest, size_t cbDest, const T *Format, ...) \
	{ \
		NTSTATUS status; \
		va_list args; \
		va_start(args, Format); \
		status = RtlStringCbVPrintf##S(Dest, cbDest, Format, args); \
		va_end(args); \
		return status; \
	} \
	NTSTATUS RtlStringCchPrintfEx##S(T *Dest, size_t cchDest, T **End, size_t *Left, \
					 ULONG Flags, const T *Format, ...) \
	{ \
		NTSTATUS status; \
		va_list args; \
		va_start(args, Format); \
		status = RtlStringCchVPrintfEx##S(Dest, cchDest, End, Left, Flags, Format, args); \
		va_end(args); \
		return status; \
	} \
	NTSTATUS RtlStringCbPrintfEx##S(T *Dest, size_t cbDest, T **End, size_t *Left, \
					ULONG Flags, const T *Format, ...) \
	{ \
		NTSTATUS status; \
		va_list args; \
		va_start(args, Format); \
		status = RtlStringCbVPrintfEx##S(Dest, cbDest, End, Left, Flags, Format, args); \
		va_end(args); \
		return status; \
	}

PRINTF(A, CHAR)
PRINTF(W, WCHAR)

/* -------------------------------------------------- counted destinations */

NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING SourceString)
{
	if (SourceString == NULL || SourceString->Length % sizeof(WCHAR) != 0 ||
	    SourceString->MaximumLength % sizeof(WCHAR) != 0 ||
	    SourceString->Length > SourceString->MaximumLength ||
	    (SourceString->Buffer == NULL && SourceString->MaximumLength != 0))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
	if (pszSrc != NULL && nrt_wcslen(pszSrc) >= NTSTRSAFE_UNICODE_STRING_MAX_CCH)
		return STATUS_INVALID_PARAMETER;
	RtlInitUnicodeString(DestinationString, pszSrc);
	return STATUS_SUCCESS;
}

/* As much of @src as fits behind the first @keep bytes of @to. */
static NTSTATUS put_counted(PUNICODE_STRING to, size_t keep, const WCHAR *src, size_t cch)
{
	size_t room = (to->MaximumLength - keep) / sizeof(WCHAR);
	size_t n = cch < room ? cch : room;

	memmove((char *)to->Buffer + keep, src, n * sizeof(WCHAR));
	to->Length = (USHORT)(keep + n * sizeof(WCHAR));
	return n < cch ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS put_string_n(PUNICODE_STRING to, bool append, const WCHAR *src, size_t cch)
{
	if (!NT_SUCCESS(RtlUnicodeStringValidate(to)) || src == NULL || cch > NTSTRSAFE_MAX_CCH)
		return STATUS_INVALID_PARAMETER;
	return put_counted(to, append ? to->Length : 0, src, length(src, cch, sizeof(WCHAR)));
}

static NTSTATUS put_unicode_n(PUNICODE_STRING to, bool append, PCUNICODE_STRING src, size_t cch)
{
	size_t n;

	if (!NT_SUCCESS(RtlUnicodeStringValidate(to)) ||
	    !NT_SUCCESS(RtlUnicodeStringValidate(src)) || cch > NTSTRSAFE_MAX_CCH)
		return STATUS_INVALID_PARAMETER;
	n = src->Length / sizeof(WCHAR);
	return put_counted(to, append ? to->Length : 0, src->Buffer, n < cch ? n : cch);
}

NTSTATUS RtlUnicodeStringCchCopyStringN(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc,
					size_t cchToCopy)
{
	return put_string_n(DestinationString, false, pszSrc, cchToCopy);
}

NTSTATUS RtlUnicodeStringCchCatStringN(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc,
				       size_t cchToAppend)
{
	return put_string_n(DestinationString, true, pszSrc, cchToAppend);
}

NTSTATUS RtlUnicodeStringCchCopyN(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
				  size_t cchToCopy)
{
	return put_unicode_n(DestinationString, false, SourceString, cchToCopy);
}

NTSTATUS RtlUnicodeStringCchCatN(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
				 size_t cchToAppend)
{
	return put_unicode_n(DestinationString, true, SourceString, cchToAppend);
}

static void put_counted_char(struct nrt_sink *sink, WCHAR c)
{
	struct target *t = (struct target *)sink;

	if (t->len < t->cch)
		set(t->dst, t->len++, t->unit, c);
	else
		t->cut = true;
}

NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat,
				 va_list argList)
{
	struct target t = { .sink = { put_counted_char, true }, .unit = sizeof(WCHAR) };

	if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) || pszFormat == NULL)
		return STATUS_INVALID_PARAMETER;
	t.dst = DestinationString->Buffer;
	t.cch = DestinationString->MaximumLength / sizeof(WCHAR);
	nrt_format(&t.sink, pszFormat, argList);
	DestinationString->Length = (USHORT)(t.len * sizeof(WCHAR));
	return t.cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat, ...)
{
	NTSTATUS status;
	va_list args;

	va_start(args, pszFormat);
	status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, args);
	va_end(args);
	return status;
}
