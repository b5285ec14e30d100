/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions of ntstrsafe.h, whose bodies are in ntstrsafe_body.h, and their
 * formatting, which is ours. Called by drivers at PASSIVE_LEVEL; no allocation, no
 * lock.
 */
#include <ntstrsafe_body.h>

#include "format.h"

NTSTATUS nrt_strsafe_length(const void *s, size_t max, size_t unit, size_t *len)
{
	return nrt_strsafe_measure(s, max, unit, len);
}

NTSTATUS nrt_strsafe_put(void *dst, size_t cch, size_t unit, BOOLEAN append, const void *src,
			 size_t max, void **end, size_t *left, ULONG flags)
{
	return nrt_strsafe_string(dst, cch, unit, append, src, max, end, left, flags);
}

/* A buffer that nrt_format() fills. */
struct target {
	struct nrt_sink sink; /* first */
	struct nrt_strsafe to;
};

static void put(struct nrt_sink *sink, WCHAR c)
{
	nrt_strsafe_add(&((struct target *)sink)->to, c);
}

NTSTATUS nrt_strsafe_vprintf(void *dst, size_t cch, size_t unit, const void *format, va_list args,
			     void **end, size_t *left, ULONG flags)
{
	struct target t = { .sink = { put, unit != 1 } };
	NTSTATUS status = nrt_strsafe_open(&t.to, dst, cch, unit, FALSE, flags);

	if (!NT_SUCCESS(status))
		return status;
	if (format == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0)
		return STATUS_INVALID_PARAMETER;
	if (format != NULL)
		nrt_format(&t.sink, format, args);
	return nrt_strsafe_close(&t.to, end, left, flags);
}

NRT_STRSAFE_PRINTF(, A, CHAR)
NRT_STRSAFE_PRINTF(, W, WCHAR)

static void put_counted(struct nrt_sink *sink, WCHAR c)
{
	struct nrt_strsafe *to = &((struct target *)sink)->to;

	if (to->len < to->cch)
		nrt_strsafe_set(to->dst, to->len++, to->unit, c);
	else
		to->cut = TRUE;
}

NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat,
				 va_list argList)
{
	struct target t = { .sink = { put_counted, true }, .to = { .unit = sizeof(WCHAR) } };

	if (!NT_SUCCESS(nrt_counted_validate(DestinationString)) || pszFormat == NULL)
		return STATUS_INVALID_PARAMETER;
	t.to.dst = DestinationString->Buffer;
	t.to.cch = DestinationString->MaximumLength / sizeof(WCHAR);
	nrt_format(&t.sink, pszFormat, argList);
	DestinationString->Length = (USHORT)(t.to.len * sizeof(WCHAR));
	return t.to.cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NRT_STRSAFE_COUNTED()
