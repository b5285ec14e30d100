/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Ex forms of ntstrsafe.h for counted strings: what is left of the buffer is told,
 * and flags say what becomes of it. Called by drivers at PASSIVE_LEVEL.
 * [nf-ntstrsafe-rtlunicodestringcopyex]
 */
#include <ntstrsafe.h>
#include <wdm.h>

#include "format.h"

#define VALID_FLAGS 0x00001fffU
#define UNIT sizeof(WCHAR)

/* A destination, which may be no string at all. */
struct counted {
	struct nrt_sink sink; /* first */
	PUNICODE_STRING to;
	WCHAR *buffer;
	size_t cch, start, len; /* characters: of the buffer, that stay, in it now */
	size_t wanted;          /* that would be put after start */
};

NTSTATUS RtlUnicodeStringValidateEx(PCUNICODE_STRING SourceString, ULONG dwFlags)
{
	if ((dwFlags & ~VALID_FLAGS) != 0)
		return STATUS_INVALID_PARAMETER;
	if (SourceString == NULL && (dwFlags & STRSAFE_IGNORE_NULLS) != 0)
		return STATUS_SUCCESS;
	return RtlUnicodeStringValidate(SourceString);
}

NTSTATUS RtlUnicodeStringInitEx(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc,
				ULONG dwFlags)
{
	if ((dwFlags & ~(ULONG)STRSAFE_IGNORE_NULLS) != 0)
		return STATUS_INVALID_PARAMETER;
	if (DestinationString != NULL)
		return RtlUnicodeStringInit(DestinationString, pszSrc);
	return pszSrc == NULL && dwFlags != 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS begin(struct counted *c, PUNICODE_STRING to, bool append, ULONG flags)
{
	NTSTATUS status = RtlUnicodeStringValidateEx(to, flags);

	memset(c, 0, sizeof(*c));
	if (!NT_SUCCESS(status) || to == NULL)
		return status;
	if (to->Buffer == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0)
		return STATUS_INVALID_PARAMETER;
	c->to = to;
	c->buffer = to->Buffer;
	c->cch = to->MaximumLength / UNIT;
	c->start = c->len = append ? to->Length / UNIT : 0;
	return STATUS_SUCCESS;
}

static bool overflows(const struct counted *c)
{
	return c->wanted > c->cch - c->start;
}

/* May it be written as far as it fits, now that @wanted is known? STATUS_INVALID_PARAMETER
 * when there is no room at all. */
static NTSTATUS ready(const struct counted *c, ULONG flags, bool *write)
{
	*write = !overflows(c) || (flags & STRSAFE_NO_TRUNCATION) == 0;
	return c->wanted != 0 && c->cch == c->start ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static void fill(struct counted *c, size_t from, ULONG flags)
{
	memset(c->buffer + from, (int)(flags & 0xff), (c->cch - from) * UNIT);
}

static NTSTATUS end(struct counted *c, PUNICODE_STRING remaining, ULONG flags)
{
	bool cut = overflows(c);

	if (c->to != NULL && c->buffer != NULL) {
		if (!cut && (flags & STRSAFE_FILL_BEHIND) != 0)
			fill(c, c->len, flags);
		if (cut && (flags & STRSAFE_NO_TRUNCATION) != 0)
			c->len = c->to->Length / UNIT; /* nothing was written */
		if (cut && (flags & STRSAFE_FILL_ON_FAILURE) != 0) {
			fill(c, 0, flags);
			c->len = (flags & 0xff) != 0 ? c->cch : 0;
		}
		if (cut && (flags & STRSAFE_ZERO_LENGTH_ON_FAILURE) != 0)
			c->len = 0;
		c->to->Length = (USHORT)(c->len * UNIT);
	}
	if (remaining != NULL)
		*remaining = (UNICODE_STRING){
			.Buffer = c->buffer != NULL ? c->buffer + c->len : NULL,
			.MaximumLength = (USHORT)((c->cch - c->len) * UNIT),
		};
	return cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS put(struct counted *c, const WCHAR *src, size_t cch, PUNICODE_STRING remaining,
		    ULONG flags)
{
	NTSTATUS status;
	bool write;

	c->wanted = cch;
	status = ready(c, flags, &write);
	if (!NT_SUCCESS(status))
		return status;
	if (write && cch != 0) {
		size_t room = c->cch - c->start;

		memmove(c->buffer + c->start, src, (cch < room ? cch : room) * UNIT);
	}
	if (write)
		c->len = overflows(c) ? c->cch : c->start + cch;
	return end(c, remaining, flags);
}

NTSTATUS nrt_counted_ex_string(PUNICODE_STRING to, BOOLEAN append, const WCHAR *src, size_t max,
				PUNICODE_STRING remaining, ULONG flags)
{
	struct counted c;
	NTSTATUS status = begin(&c, to, append, flags);
	size_t n = 0;

	if (!NT_SUCCESS(status))
		return status;
	if (src == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0)
		return STATUS_INVALID_PARAMETER;
	/* No more of it need be looked at than shows that it does not fit. */
	while (src != NULL && n < max && n <= c.cch && src[n] != 0)
		n++;
	return put(&c, src, n, remaining, flags);
}

NTSTATUS nrt_counted_ex_unicode(PUNICODE_STRING to, BOOLEAN append, PCUNICODE_STRING src,
				 size_t max, PUNICODE_STRING remaining, ULONG flags)
{
	struct counted c;
	NTSTATUS status = begin(&c, to, append, flags);
	size_t n;

	if (!NT_SUCCESS(status))
		return status;
	if (!NT_SUCCESS(RtlUnicodeStringValidateEx(src, flags)))
		return STATUS_INVALID_PARAMETER;
	if (src == NULL)
		return put(&c, NULL, 0, remaining, flags);
	if (src->Buffer == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0)
		return STATUS_INVALID_PARAMETER;
	n = src->Length / UNIT;
	return put(&c, src->Buffer, n < max ? n : max, remaining, flags);
}

/* ------------------------------------------------------------- formatted */

static void count_char(struct nrt_sink *sink, WCHAR c)
{
	(void)c;
	((struct counted *)sink)->wanted++;
}

static void put_char(struct nrt_sink *sink, WCHAR c)
{
	struct counted *to = (struct counted *)sink;

	if (to->len < to->cch)
		to->buffer[to->len++] = c;
}

/* The first pass tells whether the second may write. */
NTSTATUS RtlUnicodeStringVPrintfEx(PUNICODE_STRING DestinationString,
				   PUNICODE_STRING RemainingString, ULONG dwFlags,
				   NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
	struct counted c;
	NTSTATUS status = begin(&c, DestinationString, false, dwFlags);
	va_list again;
	bool write;

	if (!NT_SUCCESS(status))
		return status;
	if (pszFormat == NULL && (dwFlags & STRSAFE_IGNORE_NULLS) == 0)
		return STATUS_INVALID_PARAMETER;
	if (pszFormat != NULL) {
		va_copy(again, argList);
		c.sink = (struct nrt_sink){ count_char, true };
		nrt_format(&c.sink, pszFormat, again);
		va_end(again);
	}
	status = ready(&c, dwFlags, &write);
	if (!NT_SUCCESS(status))
		return status;
	if (write && pszFormat != NULL) {
		c.sink = (struct nrt_sink){ put_char, true };
		nrt_format(&c.sink, pszFormat, argList);
	}
	return end(&c, RemainingString, dwFlags);
}

NTSTATUS RtlUnicodeStringPrintfEx(PUNICODE_STRING DestinationString,
				  PUNICODE_STRING RemainingString, ULONG dwFlags,
				  NTSTRSAFE_PCWSTR pszFormat, ...)
{
	NTSTATUS status;
	va_list args;

	va_start(args, pszFormat);
	status = RtlUnicodeStringVPrintfEx(DestinationString, RemainingString, dwFlags, pszFormat,
					   args);
	va_end(args);
	return status;
}

/* ------------------------------------------- counted to terminated strings */

NTSTATUS RtlStringCchCopyUnicodeStringEx(NTSTRSAFE_PWSTR pszDest, size_t cchDest,
					 PCUNICODE_STRING SourceString,
					 NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcchRemaining,
					 ULONG dwFlags)
{
	static const UNICODE_STRING nothing;

	if (!NT_SUCCESS(RtlUnicodeStringValidateEx(SourceString, dwFlags)))
		return STATUS_INVALID_PARAMETER;
	if (SourceString == NULL)
		SourceString = &nothing;
	return nrt_strsafe_put(pszDest, cchDest, UNIT, FALSE, SourceString->Buffer,
			       SourceString->Length / UNIT, (void **)ppszDestEnd, pcchRemaining,
			       dwFlags);
}

NTSTATUS RtlStringCbCopyUnicodeStringEx(NTSTRSAFE_PWSTR pszDest, size_t cbDest,
					PCUNICODE_STRING SourceString,
					NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcbRemaining,
					ULONG dwFlags)
{
	NTSTATUS status = RtlStringCchCopyUnicodeStringEx(pszDest, cbDest / UNIT, SourceString,
							  ppszDestEnd, pcbRemaining, dwFlags);

	/* Neither is written where a parameter is invalid. */
	if (pcbRemaining != NULL && status != STATUS_INVALID_PARAMETER)
		*pcbRemaining = *pcbRemaining * UNIT + cbDest % UNIT;
	return status;
}
