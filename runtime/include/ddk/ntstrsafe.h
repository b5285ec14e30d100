/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bounded string functions. Cch... count characters, Cb... count bytes; A is
 * 8-bit, W is 16-bit. PASSIVE_LEVEL by document; nothing here blocks.
 *
 * A result that does not fit is cut, stays terminated, and gives
 * STATUS_BUFFER_OVERFLOW, which is no success; a size of 0 or above
 * NTSTRSAFE_MAX_CCH gives STATUS_INVALID_PARAMETER. The Ex forms also return
 * where the terminator is and what is left behind it, terminator counted, and
 * take STRSAFE_ flags.
 */
#ifndef NRT_DDK_NTSTRSAFE_H
#define NRT_DDK_NTSTRSAFE_H

#include "ntdef.h"
#include "ntstatus.h"

NRT_EXTERN_C_BEGIN

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_MAX_LENGTH (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(WCHAR))

#define STRSAFE_IGNORE_NULLS 0x00000100U
#define STRSAFE_FILL_BEHIND_NULL 0x00000200U
#define STRSAFE_FILL_BEHIND 0x00000200U
#define STRSAFE_FILL_ON_FAILURE 0x00000400U
#define STRSAFE_NULL_ON_FAILURE 0x00000800U
#define STRSAFE_ZERO_LENGTH_ON_FAILURE 0x00000800U
#define STRSAFE_NO_TRUNCATION 0x00001000U
#define STRSAFE_FILL_BYTE(x) ((ULONG)(((x) & 0x000000FF) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(x) ((ULONG)(((x) & 0x000000FF) | STRSAFE_FILL_ON_FAILURE))

typedef CHAR *NTSTRSAFE_PSTR;
typedef const CHAR *NTSTRSAFE_PCSTR;
typedef WCHAR *NTSTRSAFE_PWSTR;
typedef const WCHAR *NTSTRSAFE_PCWSTR;

/*
 * The functions behind all of the rest. @dst holds @cch characters of
 * @unit bytes; @append keeps the string that is in it.
 */
#ifdef _WIN32
#define NRT_STATIC static inline /* as what they call is there */
#include "ntstrsafe_body.h"
#else
#define NRT_STATIC NRT_INLINE
NRT_EXPORT NTSTATUS nrt_strsafe_put(void *dst, size_t cch, size_t unit, BOOLEAN append,
				    const void *src, size_t max, void **end, size_t *left,
				    ULONG flags);
NRT_EXPORT NTSTATUS nrt_strsafe_vprintf(void *dst, size_t cch, size_t unit, const void *format,
					va_list args, void **end, size_t *left, ULONG flags);
NRT_EXPORT NTSTATUS nrt_strsafe_length(const void *s, size_t max, size_t unit, size_t *length);
#endif

/* Bytes left, from characters left and the odd byte of a 16-bit buffer. */
#define NRT_STRSAFE_BYTES_LEFT(T, cb, left) \
	do { \
		if ((left) != NULL) \
			*(left) = *(left) * sizeof(T) + (cb) % sizeof(T); \
	} while (0)

#define NRT_STRSAFE_VERB(Verb, S, T, append) \
	NRT_STATIC NTSTATUS RtlStringCch##Verb##S(T *Dest, size_t cchDest, const T *Src) \
	{ \
		return nrt_strsafe_put(Dest, cchDest, sizeof(T), append, Src, (size_t)-1, NULL, \
				       NULL, 0); \
	} \
	NRT_STATIC NTSTATUS RtlStringCb##Verb##S(T *Dest, size_t cbDest, const T *Src) \
	{ \
		return RtlStringCch##Verb##S(Dest, cbDest / sizeof(T), Src); \
	} \
	NRT_STATIC NTSTATUS RtlStringCch##Verb##N##S(T *Dest, size_t cchDest, const T *Src, \
						     size_t cchMax) \
	{ \
		return nrt_strsafe_put(Dest, cchDest, sizeof(T), append, Src, cchMax, NULL, NULL, \
				       0); \
	} \
	NRT_STATIC NTSTATUS RtlStringCb##Verb##N##S(T *Dest, size_t cbDest, const T *Src, \
						    size_t cbMax) \
	{ \
		return RtlStringCch##Verb##N##S(Dest, cbDest / sizeof(T), Src, cbMax / sizeof(T)); \
	} \
	NRT_STATIC NTSTATUS RtlStringCch##Verb##NEx##S(T *Dest, size_t cchDest, const T *Src, \
						       size_t cchMax, T **End, size_t *Left, \
						       ULONG Flags) \
	{ \
		return nrt_strsafe_put(Dest, cchDest, sizeof(T), append, Src, cchMax, \
				       (void **)End, Left, Flags); \
	} \
	NRT_STATIC NTSTATUS RtlStringCb##Verb##NEx##S(T *Dest, size_t cbDest, const T *Src, \
						      size_t cbMax, T **End, size_t *Left, \
						      ULONG Flags) \
	{ \
		NTSTATUS status = RtlStringCch##Verb##NEx##S(Dest, cbDest / sizeof(T), Src, \
							     cbMax / sizeof(T), End, Left, Flags); \
		NRT_STRSAFE_BYTES_LEFT(T, cbDest, Left); \
		return status; \
	} \
	NRT_STATIC NTSTATUS RtlStringCch##Verb##Ex##S(T *Dest, size_t cchDest, const T *Src, \
						      T **End, size_t *Left, ULONG Flags) \
	{ \
		return RtlStringCch##Verb##NEx##S(Dest, cchDest, Src, (size_t)-1, End, Left, \
						  Flags); \
	} \
	NRT_STATIC NTSTATUS RtlStringCb##Verb##Ex##S(T *Dest, size_t cbDest, const T *Src, \
						     T **End, size_t *Left, ULONG Flags) \
	{ \
		return RtlStringCb##Verb##NEx##S(Dest, cbDest, Src, (size_t)-1, End, Left, Flags); \
	}

#define NRT_STRSAFE_REST(S, T) \
	NRT_STATIC NTSTATUS RtlStringCchLength##S(const T *psz, size_t cchMax, size_t *pcch) \
	{ \
		return nrt_strsafe_length(psz, cchMax, sizeof(T), pcch); \
	} \
	NRT_STATIC NTSTATUS RtlStringCbLength##S(const T *psz, size_t cbMax, size_t *pcb) \
	{ \
		NTSTATUS status = nrt_strsafe_length(psz, cbMax / sizeof(T), sizeof(T), pcb); \
		if (pcb != NULL) \
			*pcb *= sizeof(T); \
		return status; \
	} \
	NRT_STATIC NTSTATUS RtlStringCchVPrintf##S(T *Dest, size_t cchDest, const T *Format, \
						   va_list args) \
	{ \
		return nrt_strsafe_vprintf(Dest, cchDest, sizeof(T), Format, args, NULL, NULL, 0); \
	} \
	NRT_STATIC NTSTATUS RtlStringCbVPrintf##S(T *Dest, size_t cbDest, const T *Format, \
						  va_list args) \
	{ \
		return RtlStringCchVPrintf##S(Dest, cbDest / sizeof(T), Format, args); \
	} \
	NRT_STATIC NTSTATUS RtlStringCchVPrintfEx##S(T *Dest, size_t cchDest, T **End, \
						     size_t *Left, ULONG Flags, const T *Format, \
						     va_list args) \
	{ \
		return nrt_strsafe_vprintf(Dest, cchDest, sizeof(T), Format, args, (void **)End, \
					   Left, Flags); \
	} \
	NRT_STATIC NTSTATUS RtlStringCbVPrintfEx##S(T *Dest, size_t cbDest, T **End, \
						    size_t *Left, ULONG Flags, const T *Format, \
						    va_list args) \
	{ \
		NTSTATUS status = RtlStringCchVPrintfEx##S(Dest, cbDest / sizeof(T), End, Left, \
							   Flags, Format, args); \
		NRT_STRSAFE_BYTES_LEFT(T, cbDest, Left); \
		return status; \
	}

#ifdef _WIN32
#define NRT_STRSAFE_FORMATTED(S, T) NRT_STRSAFE_PRINTF(static inline, S, T)
#else
#define NRT_STRSAFE_FORMATTED(S, T) \
	NRT_EXPORT NTSTATUS RtlStringCchPrintf##S(T *Dest, size_t cchDest, const T *Format, ...); \
	NRT_EXPORT NTSTATUS RtlStringCbPrintf##S(T *Dest, size_t cbDest, const T *Format, ...); \
	NRT_EXPORT NTSTATUS RtlStringCchPrintfEx##S(T *Dest, size_t cchDest, T **End, \
						    size_t *Left, ULONG Flags, const T *Format, \
						    ...); \
	NRT_EXPORT NTSTATUS RtlStringCbPrintfEx##S(T *Dest, size_t cbDest, T **End, \
						   size_t *Left, ULONG Flags, const T *Format, ...);
#endif

NRT_STRSAFE_VERB(Copy, A, CHAR, FALSE)
NRT_STRSAFE_VERB(Copy, W, WCHAR, FALSE)
NRT_STRSAFE_VERB(Cat, A, CHAR, TRUE)
NRT_STRSAFE_VERB(Cat, W, WCHAR, TRUE)
NRT_STRSAFE_REST(A, CHAR)
NRT_STRSAFE_REST(W, WCHAR)
NRT_STRSAFE_FORMATTED(A, CHAR)
NRT_STRSAFE_FORMATTED(W, WCHAR)

NRT_STATIC NTSTATUS RtlStringCchCopyUnicodeString(WCHAR *Dest, size_t cchDest,
						  PCUNICODE_STRING Source)
{
	return nrt_strsafe_put(Dest, cchDest, sizeof(WCHAR), FALSE, Source->Buffer,
			       Source->Length / sizeof(WCHAR), NULL, NULL, 0);
}

NRT_STATIC NTSTATUS RtlStringCbCopyUnicodeString(WCHAR *Dest, size_t cbDest,
						 PCUNICODE_STRING Source)
{
	return RtlStringCchCopyUnicodeString(Dest, cbDest / sizeof(WCHAR), Source);
}

/* ------------------------------------------------- counted destinations */

#ifdef _WIN32
NRT_STRSAFE_COUNTED(static inline)
#else
/* STATUS_SUCCESS when lengths are even, ordered, and a buffer is there. */
NRT_EXPORT NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING SourceString);
NRT_EXPORT NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING DestinationString,
					 NTSTRSAFE_PCWSTR pszSrc);
/* The results are counted and not terminated. */
NRT_EXPORT NTSTATUS RtlUnicodeStringCchCopyStringN(PUNICODE_STRING DestinationString,
						   NTSTRSAFE_PCWSTR pszSrc, size_t cchToCopy);
NRT_EXPORT NTSTATUS RtlUnicodeStringCchCatStringN(PUNICODE_STRING DestinationString,
						  NTSTRSAFE_PCWSTR pszSrc, size_t cchToAppend);
NRT_EXPORT NTSTATUS RtlUnicodeStringCchCopyN(PUNICODE_STRING DestinationString,
					     PCUNICODE_STRING SourceString, size_t cchToCopy);
NRT_EXPORT NTSTATUS RtlUnicodeStringCchCatN(PUNICODE_STRING DestinationString,
					    PCUNICODE_STRING SourceString, size_t cchToAppend);
NRT_EXPORT NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString,
					   NTSTRSAFE_PCWSTR pszFormat, ...);
NRT_EXPORT NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString,
					    NTSTRSAFE_PCWSTR pszFormat, va_list argList);
#endif

#define RtlUnicodeStringCopyString(to, from) \
	RtlUnicodeStringCchCopyStringN((to), (from), NTSTRSAFE_MAX_CCH)
#define RtlUnicodeStringCatString(to, from) \
	RtlUnicodeStringCchCatStringN((to), (from), NTSTRSAFE_MAX_CCH)
#define RtlUnicodeStringCopy(to, from) RtlUnicodeStringCchCopyN((to), (from), NTSTRSAFE_MAX_CCH)
#define RtlUnicodeStringCat(to, from) RtlUnicodeStringCchCatN((to), (from), NTSTRSAFE_MAX_CCH)
#define RtlUnicodeStringCbCopyStringN(to, from, cb) \
	RtlUnicodeStringCchCopyStringN((to), (from), (cb) / sizeof(WCHAR))
#define RtlUnicodeStringCbCatStringN(to, from, cb) \
	RtlUnicodeStringCchCatStringN((to), (from), (cb) / sizeof(WCHAR))
#define RtlUnicodeStringCbCopyN(to, from, cb) \
	RtlUnicodeStringCchCopyN((to), (from), (cb) / sizeof(WCHAR))
#define RtlUnicodeStringCbCatN(to, from, cb) \
	RtlUnicodeStringCchCatN((to), (from), (cb) / sizeof(WCHAR))

/*
 * The Ex forms: the two functions behind them, @max (size_t)-1: no limit. @remaining,
 * which may be NULL, becomes what is left of the buffer. There is no terminator, so
 * STRSAFE_FILL_BEHIND fills from the end of the string on.
 * Returns STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW; STATUS_INVALID_PARAMETER also when
 * there is no room at all for a string that is not empty. For the Windows target they have no
 * bodies.
 */
#ifndef _WIN32
NRT_EXPORT NTSTATUS nrt_counted_ex_string(PUNICODE_STRING to, BOOLEAN append, const WCHAR *src,
					   size_t max, PUNICODE_STRING remaining, ULONG flags);
NRT_EXPORT NTSTATUS nrt_counted_ex_unicode(PUNICODE_STRING to, BOOLEAN append,
					    PCUNICODE_STRING src, size_t max,
					    PUNICODE_STRING remaining, ULONG flags);

NRT_EXPORT NTSTATUS RtlUnicodeStringValidateEx(PCUNICODE_STRING SourceString, ULONG dwFlags);
NRT_EXPORT NTSTATUS RtlUnicodeStringInitEx(PUNICODE_STRING DestinationString,
					   NTSTRSAFE_PCWSTR pszSrc, ULONG dwFlags);
NRT_EXPORT NTSTATUS RtlUnicodeStringPrintfEx(PUNICODE_STRING DestinationString,
					     PUNICODE_STRING RemainingString, ULONG dwFlags,
					     NTSTRSAFE_PCWSTR pszFormat, ...);
NRT_EXPORT NTSTATUS RtlUnicodeStringVPrintfEx(PUNICODE_STRING DestinationString,
					      PUNICODE_STRING RemainingString, ULONG dwFlags,
					      NTSTRSAFE_PCWSTR pszFormat, va_list argList);
NRT_EXPORT NTSTATUS RtlStringCchCopyUnicodeStringEx(NTSTRSAFE_PWSTR pszDest, size_t cchDest,
						    PCUNICODE_STRING SourceString,
						    NTSTRSAFE_PWSTR *ppszDestEnd,
						    size_t *pcchRemaining, ULONG dwFlags);
NRT_EXPORT NTSTATUS RtlStringCbCopyUnicodeStringEx(NTSTRSAFE_PWSTR pszDest, size_t cbDest,
						   PCUNICODE_STRING SourceString,
						   NTSTRSAFE_PWSTR *ppszDestEnd,
						   size_t *pcbRemaining, ULONG dwFlags);

#define NRT_STRSAFE_COUNTED_EX(Verb, append) \
	NRT_INLINE NTSTATUS RtlUnicodeString##Verb##Ex(PUNICODE_STRING to, PCUNICODE_STRING from, \
						       PUNICODE_STRING remaining, ULONG flags) \
	{ \
		return nrt_counted_ex_unicode(to, append, from, (size_t)-1, remaining, flags); \
	} \
	NRT_INLINE NTSTATUS RtlUnicodeString##Verb##StringEx(PUNICODE_STRING to, \
							     NTSTRSAFE_PCWSTR from, \
							     PUNICODE_STRING remaining, \
							     ULONG flags) \
	{ \
		return nrt_counted_ex_string(to, append, from, (size_t)-1, remaining, flags); \
	} \
	NRT_INLINE NTSTATUS RtlUnicodeStringCch##Verb##NEx(PUNICODE_STRING to, \
							   PCUNICODE_STRING from, size_t cch, \
							   PUNICODE_STRING remaining, ULONG flags) \
	{ \
		if (cch > NTSTRSAFE_UNICODE_STRING_MAX_CCH) \
			return STATUS_INVALID_PARAMETER; \
		return nrt_counted_ex_unicode(to, append, from, cch, remaining, flags); \
	} \
	NRT_INLINE NTSTATUS RtlUnicodeStringCb##Verb##NEx(PUNICODE_STRING to, \
							  PCUNICODE_STRING from, size_t cb, \
							  PUNICODE_STRING remaining, ULONG flags) \
	{ \
		return RtlUnicodeStringCch##Verb##NEx(to, from, cb / sizeof(WCHAR), remaining, \
						      flags); \
	} \
	NRT_INLINE NTSTATUS RtlUnicodeStringCch##Verb##StringNEx(PUNICODE_STRING to, \
								 NTSTRSAFE_PCWSTR from, \
								 size_t cch, \
								 PUNICODE_STRING remaining, \
								 ULONG flags) \
	{ \
		if (cch > NTSTRSAFE_UNICODE_STRING_MAX_CCH) \
			return STATUS_INVALID_PARAMETER; \
		return nrt_counted_ex_string(to, append, from, cch, remaining, flags); \
	} \
	NRT_INLINE NTSTATUS RtlUnicodeStringCb##Verb##StringNEx(PUNICODE_STRING to, \
								NTSTRSAFE_PCWSTR from, size_t cb, \
								PUNICODE_STRING remaining, \
								ULONG flags) \
	{ \
		return RtlUnicodeStringCch##Verb##StringNEx(to, from, cb / sizeof(WCHAR), \
							    remaining, flags); \
	}

NRT_STRSAFE_COUNTED_EX(Copy, FALSE)
NRT_STRSAFE_COUNTED_EX(Cat, TRUE)
#endif

/* The forms without a suffix follow the character type of the build. */
#ifdef UNICODE
#define NRT_STRSAFE_T(name) name##W
#else
#define NRT_STRSAFE_T(name) name##A
#endif
#define RtlStringCchCopy NRT_STRSAFE_T(RtlStringCchCopy)
#define RtlStringCbCopy NRT_STRSAFE_T(RtlStringCbCopy)
#define RtlStringCchCat NRT_STRSAFE_T(RtlStringCchCat)
#define RtlStringCbCat NRT_STRSAFE_T(RtlStringCbCat)
#define RtlStringCchPrintf NRT_STRSAFE_T(RtlStringCchPrintf)
#define RtlStringCbPrintf NRT_STRSAFE_T(RtlStringCbPrintf)
#define RtlStringCchLength NRT_STRSAFE_T(RtlStringCchLength)
#define RtlStringCbLength NRT_STRSAFE_T(RtlStringCbLength)

NRT_EXTERN_C_END
#endif
