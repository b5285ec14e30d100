/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the functions of ntstrsafe.h do: put a string into a bounded buffer of 8- or
 * 16-bit characters. The runtime compiles it once; a driver for Windows has it in
 * its image, as there, with the kernel's own formatting. No allocation, no lock.
 */
#include "ntstrsafe.h" /* before the guard: on Windows that one includes this one */

#ifndef NRT_DDK_NTSTRSAFE_BODY_H
#define NRT_DDK_NTSTRSAFE_BODY_H

NRT_EXTERN_C_BEGIN

#define NRT_STRSAFE_VALID_FLAGS 0x00001fffU

static inline WCHAR nrt_strsafe_get(const void *s, size_t i, size_t unit)
{
	return unit == 1 ? ((const UCHAR *)s)[i] : ((const WCHAR *)s)[i];
}

static inline void nrt_strsafe_set(void *s, size_t i, size_t unit, WCHAR c)
{
	if (unit == 1)
		((UCHAR *)s)[i] = (UCHAR)c;
	else
		((WCHAR *)s)[i] = c;
}

/* @cch when there is no terminator within it. */
static inline size_t nrt_strsafe_count(const void *s, size_t cch, size_t unit)
{
	size_t n = 0;

	while (n < cch && nrt_strsafe_get(s, n, unit) != 0)
		n++;
	return n;
}

static inline NTSTATUS nrt_strsafe_measure(const void *s, size_t max, size_t unit, size_t *len)
{
	size_t n = s != NULL && max <= NTSTRSAFE_MAX_CCH ? nrt_strsafe_count(s, max, unit) : max;

	if (len != NULL)
		*len = n < max ? n : 0;
	return n < max ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* A buffer while it is filled from @start on. */
struct nrt_strsafe {
	void *dst;
	size_t cch, unit;
	size_t start; /* what was there and stays */
	size_t len;   /* characters in it now, terminator not counted */
	BOOLEAN cut;
};

static inline void nrt_strsafe_add(struct nrt_strsafe *t, WCHAR c)
{
	if (t->len + 1 < t->cch)
		nrt_strsafe_set(t->dst, t->len++, t->unit, c);
	else
		t->cut = TRUE;
}

static inline NTSTATUS nrt_strsafe_open(struct nrt_strsafe *t, void *dst, size_t cch, size_t unit,
					BOOLEAN append, ULONG flags)
{
	memset(t, 0, sizeof(*t));
	t->dst = dst;
	t->cch = cch;
	t->unit = unit;
	if ((flags & ~NRT_STRSAFE_VALID_FLAGS) != 0 || cch > NTSTRSAFE_MAX_CCH)
		return STATUS_INVALID_PARAMETER;
	if (dst == NULL)
		return cch == 0 && (flags & STRSAFE_IGNORE_NULLS) != 0 ? STATUS_SUCCESS
								       : STATUS_INVALID_PARAMETER;
	if (cch == 0)
		return STATUS_INVALID_PARAMETER;
	if (append)
		t->start = t->len = nrt_strsafe_count(dst, cch, unit);
	return t->len < cch ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* What the flags ask for when the result did not fit. */
static inline void nrt_strsafe_failed(struct nrt_strsafe *t, ULONG flags)
{
	if ((flags & STRSAFE_FILL_ON_FAILURE) != 0) {
		memset(t->dst, (int)(flags & 0xff), t->cch * t->unit);
		t->len = (flags & 0xff) != 0 ? t->cch - 1 : 0;
	}
	if ((flags & STRSAFE_NULL_ON_FAILURE) != 0)
		t->len = 0;
	else if ((flags & STRSAFE_NO_TRUNCATION) != 0 && (flags & STRSAFE_FILL_ON_FAILURE) == 0)
		t->len = t->start;
	nrt_strsafe_set(t->dst, t->len, t->unit, 0);
}

static inline NTSTATUS nrt_strsafe_close(struct nrt_strsafe *t, void **end, size_t *left,
					 ULONG flags)
{
	if (t->cch == 0) { /* nothing to write to was given, nor asked for */
		if (t->cut)
			return STATUS_BUFFER_OVERFLOW;
	} else {
		nrt_strsafe_set(t->dst, t->len, t->unit, 0);
		if (t->cut)
			nrt_strsafe_failed(t, flags);
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

static inline NTSTATUS nrt_strsafe_string(void *dst, size_t cch, size_t unit, BOOLEAN append,
					  const void *src, size_t max, void **end, size_t *left,
					  ULONG flags)
{
	struct nrt_strsafe t;
	NTSTATUS status = nrt_strsafe_open(&t, dst, cch, unit, append, flags);

	if (!NT_SUCCESS(status))
		return status;
	if (src == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0)
		return STATUS_INVALID_PARAMETER;
	for (size_t i = 0; src != NULL && !t.cut && i < max && nrt_strsafe_get(src, i, unit) != 0;
	     i++)
		nrt_strsafe_add(&t, nrt_strsafe_get(src, i, unit));
	return nrt_strsafe_close(&t, end, left, flags);
}

/* The functions with a format and its values, @LINKAGE before each. */
#define NRT_STRSAFE_PRINTF(LINKAGE, S, T) \
	LINKAGE NTSTATUS RtlStringCchPrintf##S(T *Dest, size_t cchDest, const T *Format, ...) \
	{ \
		NTSTATUS status; \
		va_list args; \
		va_start(args, Format); \
		status = RtlStringCchVPrintf##S(Dest, cchDest, Format, args); \
		va_end(args); \
		return status; \
	} \
	LINKAGE NTSTATUS RtlStringCbPrintf##S(T *Dest, size_t cbDest, const T *Format, ...) \
	{ \
		NTSTATUS status; \
		va_list args; \
		va_start(args, Format); \
		status = RtlStringCbVPrintf##S(Dest, cbDest, Format, args); \
		va_end(args); \
		return status; \
	} \
	LINKAGE NTSTATUS RtlStringCchPrintfEx##S(T *Dest, size_t cchDest, T **End, size_t *Left, \
						 ULONG Flags, const T *Format, ...) \
	{ \
		NTSTATUS status; \
		va_list args; \
		va_start(args, Format); \
		status = RtlStringCchVPrintfEx##S(Dest, cchDest, End, Left, Flags, Format, args); \
		va_end(args); \
		return status; \
	} \
	LINKAGE NTSTATUS RtlStringCbPrintfEx##S(T *Dest, size_t cbDest, T **End, size_t *Left, \
						ULONG Flags, const T *Format, ...) \
	{ \
		NTSTATUS status; \
		va_list args; \
		va_start(args, Format); \
		status = RtlStringCbVPrintfEx##S(Dest, cbDest, End, Left, Flags, Format, args); \
		va_end(args); \
		return status; \
	}

/* -------------------------------------------------- counted destinations */

static inline NTSTATUS nrt_counted_validate(PCUNICODE_STRING s)
{
	if (s == NULL || s->Length % sizeof(WCHAR) != 0 || s->MaximumLength % sizeof(WCHAR) != 0 ||
	    s->Length > s->MaximumLength || (s->Buffer == NULL && s->MaximumLength != 0))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

static inline NTSTATUS nrt_counted_init(PUNICODE_STRING to, NTSTRSAFE_PCWSTR src)
{
	size_t n = src != NULL ? nrt_strsafe_count(src, NTSTRSAFE_UNICODE_STRING_MAX_CCH,
						   sizeof(WCHAR))
			       : 0;

	if (n >= NTSTRSAFE_UNICODE_STRING_MAX_CCH)
		return STATUS_INVALID_PARAMETER;
	to->Buffer = (PWCH)(ULONG_PTR)src;
	to->Length = (USHORT)(n * sizeof(WCHAR));
	to->MaximumLength = (USHORT)(src != NULL ? to->Length + sizeof(WCHAR) : 0);
	return STATUS_SUCCESS;
}

/* As much of @src as fits behind the first @keep bytes of @to. */
static inline NTSTATUS nrt_counted_put(PUNICODE_STRING to, size_t keep, const WCHAR *src,
				       size_t cch)
{
	size_t room = (to->MaximumLength - keep) / sizeof(WCHAR);
	size_t n = cch < room ? cch : room;

	memmove((char *)to->Buffer + keep, src, n * sizeof(WCHAR));
	to->Length = (USHORT)(keep + n * sizeof(WCHAR));
	return n < cch ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static inline NTSTATUS nrt_counted_put_string(PUNICODE_STRING to, BOOLEAN append,
					      const WCHAR *src, size_t cch)
{
	if (!NT_SUCCESS(nrt_counted_validate(to)) || src == NULL || cch > NTSTRSAFE_MAX_CCH)
		return STATUS_INVALID_PARAMETER;
	return nrt_counted_put(to, append ? to->Length : 0, src,
			       nrt_strsafe_count(src, cch, sizeof(WCHAR)));
}

static inline NTSTATUS nrt_counted_put_unicode(PUNICODE_STRING to, BOOLEAN append,
					       PCUNICODE_STRING src, size_t cch)
{
	size_t n;

	if (!NT_SUCCESS(nrt_counted_validate(to)) || !NT_SUCCESS(nrt_counted_validate(src)) ||
	    cch > NTSTRSAFE_MAX_CCH)
		return STATUS_INVALID_PARAMETER;
	n = src->Length / sizeof(WCHAR);
	return nrt_counted_put(to, append ? to->Length : 0, src->Buffer, n < cch ? n : cch);
}

/* The functions with a counted destination, @LINKAGE before each. */
#define NRT_STRSAFE_COUNTED(LINKAGE) \
	LINKAGE NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING SourceString) \
	{ \
		return nrt_counted_validate(SourceString); \
	} \
	LINKAGE NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING DestinationString, \
					      NTSTRSAFE_PCWSTR pszSrc) \
	{ \
		return nrt_counted_init(DestinationString, pszSrc); \
	} \
	LINKAGE NTSTATUS RtlUnicodeStringCchCopyStringN(PUNICODE_STRING DestinationString, \
							NTSTRSAFE_PCWSTR pszSrc, \
							size_t cchToCopy) \
	{ \
		return nrt_counted_put_string(DestinationString, FALSE, pszSrc, cchToCopy); \
	} \
	LINKAGE NTSTATUS RtlUnicodeStringCchCatStringN(PUNICODE_STRING DestinationString, \
						       NTSTRSAFE_PCWSTR pszSrc, \
						       size_t cchToAppend) \
	{ \
		return nrt_counted_put_string(DestinationString, TRUE, pszSrc, cchToAppend); \
	} \
	LINKAGE NTSTATUS RtlUnicodeStringCchCopyN(PUNICODE_STRING DestinationString, \
						  PCUNICODE_STRING SourceString, \
						  size_t cchToCopy) \
	{ \
		return nrt_counted_put_unicode(DestinationString, FALSE, SourceString, cchToCopy); \
	} \
	LINKAGE NTSTATUS RtlUnicodeStringCchCatN(PUNICODE_STRING DestinationString, \
						 PCUNICODE_STRING SourceString, \
						 size_t cchToAppend) \
	{ \
		return nrt_counted_put_unicode(DestinationString, TRUE, SourceString, cchToAppend); \
	} \
	LINKAGE NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, \
						NTSTRSAFE_PCWSTR pszFormat, ...) \
	{ \
		NTSTATUS status; \
		va_list args; \
		va_start(args, pszFormat); \
		status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, args); \
		va_end(args); \
		return status; \
	}

#ifdef _WIN32

NRT_EXPORT int _vsnprintf(CHAR *buffer, size_t count, const CHAR *format, va_list argptr);
NRT_EXPORT int _vsnwprintf(WCHAR *buffer, size_t count, const WCHAR *format, va_list argptr);

/* Characters written to @room of them, without a terminator; more than @room: it was cut. */
static inline size_t nrt_strsafe_format(void *dst, size_t room, size_t unit, const void *format,
					va_list args)
{
	int n = unit == 1 ? _vsnprintf((CHAR *)dst, room, (const CHAR *)format, args)
			  : _vsnwprintf((WCHAR *)dst, room, (const WCHAR *)format, args);

	return n < 0 ? room + 1 : (size_t)n;
}

static inline NTSTATUS nrt_strsafe_length(const void *s, size_t max, size_t unit, size_t *length)
{
	return nrt_strsafe_measure(s, max, unit, length);
}

static inline NTSTATUS nrt_strsafe_put(void *dst, size_t cch, size_t unit, BOOLEAN append,
				       const void *src, size_t max, void **end, size_t *left,
				       ULONG flags)
{
	return nrt_strsafe_string(dst, cch, unit, append, src, max, end, left, flags);
}

static inline NTSTATUS nrt_strsafe_vprintf(void *dst, size_t cch, size_t unit, const void *format,
					   va_list args, void **end, size_t *left, ULONG flags)
{
	struct nrt_strsafe t;
	NTSTATUS status = nrt_strsafe_open(&t, dst, cch, unit, FALSE, flags);

	if (!NT_SUCCESS(status))
		return status;
	if (format == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0)
		return STATUS_INVALID_PARAMETER;
	if (format != NULL && cch == 0)
		t.cut = (BOOLEAN)(nrt_strsafe_get(format, 0, unit) != 0);
	if (format != NULL && cch != 0) {
		t.len = nrt_strsafe_format(dst, cch - 1, unit, format, args);
		t.cut = (BOOLEAN)(t.len > cch - 1);
		t.len = t.cut ? cch - 1 : t.len;
	}
	return nrt_strsafe_close(&t, end, left, flags);
}

static inline NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString,
					       NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
	size_t room, n;

	if (!NT_SUCCESS(nrt_counted_validate(DestinationString)) || pszFormat == NULL)
		return STATUS_INVALID_PARAMETER;
	room = DestinationString->MaximumLength / sizeof(WCHAR);
	n = nrt_strsafe_format(DestinationString->Buffer, room, sizeof(WCHAR), pszFormat, argList);
	DestinationString->Length = (USHORT)((n <= room ? n : room) * sizeof(WCHAR));
	return n <= room ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

#endif

NRT_EXTERN_C_END
#endif
