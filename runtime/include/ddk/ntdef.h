/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Basic types of the driver dialect: fixed-width integers with LLP64 names,
 * counted strings, list links, the compiler keywords drivers write, and SEH.
 * Every other driver header starts here. No function, no state.
 *
 * Widths are those of the documents on a 64-bit system: LONG and ULONG are 32
 * bits although a Linux long is 64, WCHAR is 16 bits. Drivers are compiled
 * with -fshort-wchar -fms-extensions; the headers are right without, too. The
 * same headers compile a driver for Windows itself (x86_64-w64-mingw32-gcc,
 * which defines _WIN32): there long is 32 bits, as in its documents, and what
 * the runtime exports is imported from the kernel or from NDIS.
 */
#ifndef NRT_DDK_NTDEF_H
#define NRT_DDK_NTDEF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "sal.h"
#include "ddk_keywords.h"
#include "ddk_string.h"

#ifdef __cplusplus
#define NRT_EXTERN_C_BEGIN extern "C" {
#define NRT_EXTERN_C_END }
#define EXTERN_C extern "C"
#define NRT_STATIC_ASSERT(e, text) static_assert(e, text)
#else
#define NRT_EXTERN_C_BEGIN
#define NRT_EXTERN_C_END
#define EXTERN_C extern
#define NRT_STATIC_ASSERT(e, text) _Static_assert(e, text)
#endif
#define EXTERN_C_START NRT_EXTERN_C_BEGIN
#define EXTERN_C_END NRT_EXTERN_C_END

/** A DDI that the runtime's shared object exports, and an image's imports name on Windows. */
#ifdef _WIN32
#define NRT_EXPORT __attribute__((dllimport))
#else
#define NRT_EXPORT __attribute__((visibility("default")))
#endif
/** The same, but on Windows in a header (wdm_windows.h) or in a library to link, no import. */
#ifdef _WIN32
#define NRT_EXPORT_HERE
#else
#define NRT_EXPORT_HERE NRT_EXPORT
#endif
/** Functions of these headers that have no body in the runtime. */
#define NRT_INLINE inline __attribute__((always_inline))

/* ------------------------------------------------------ scalar types */

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

typedef void *PVOID, **PPVOID;
typedef const void *PCVOID;
typedef void *HANDLE, **PHANDLE;
#define DECLARE_HANDLE(name) \
	struct name##__ { \
		int unused; \
	}; \
	typedef struct name##__ *name

typedef char CHAR, *PCHAR, *PSTR, *LPSTR, *PSZ, CCHAR, *PCCHAR;
typedef const char *PCSTR, *LPCSTR, *PCSZ;
typedef PSTR *PZPSTR;
typedef signed char SCHAR, *PSCHAR;
typedef unsigned char UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN;
typedef const UCHAR *PCUCHAR;
typedef short SHORT, *PSHORT, CSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef const USHORT *PCUSHORT;
#ifdef _WIN32
typedef long LONG, *PLONG;
typedef unsigned long ULONG, *PULONG, LOGICAL, *PLOGICAL, CLONG;
#else
typedef int LONG, *PLONG;
typedef unsigned int ULONG, *PULONG, LOGICAL, *PLOGICAL, CLONG;
#endif
typedef int INT, *PINT;
typedef unsigned int UINT, *PUINT;
typedef const ULONG *PCULONG;
typedef long long LONGLONG, *PLONGLONG, LONG64, *PLONG64, INT64, *PINT64;
typedef unsigned long long ULONGLONG, *PULONGLONG, ULONG64, *PULONG64, UINT64, *PUINT64, DWORDLONG,
	DWORD64;
typedef signed char INT8, *PINT8;
typedef unsigned char UINT8, *PUINT8;
typedef short INT16, *PINT16;
typedef unsigned short UINT16, *PUINT16;
typedef int INT32, *PINT32, LONG32, *PLONG32;
typedef unsigned int UINT32, *PUINT32, ULONG32, *PULONG32, DWORD32;
typedef double DOUBLE;
typedef float FLOAT;
typedef UCHAR KIRQL, *PKIRQL;
typedef CCHAR KPROCESSOR_MODE;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef ULONG LCID, *PLCID;
typedef LONGLONG USN;

/* Pointer-sized; the same C types as size_t and uintptr_t, so that they mix. */
typedef ptrdiff_t LONG_PTR, *PLONG_PTR, INT_PTR, *PINT_PTR, SSIZE_T, *PSSIZE_T;
typedef size_t ULONG_PTR, *PULONG_PTR, UINT_PTR, *PUINT_PTR, SIZE_T, *PSIZE_T, DWORD_PTR,
	KAFFINITY, *PKAFFINITY, PFN_NUMBER, *PPFN_NUMBER;

#if defined(__cplusplus) && __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#else
typedef unsigned short WCHAR;
#endif
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *PWSTR, *LPWSTR, *NWPSTR, *PZZWSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR, *PCWCH, *PCZZWSTR;

NRT_STATIC_ASSERT(sizeof(LONG) == 4 && sizeof(ULONG) == 4, "LONG and ULONG are 32 bits");
NRT_STATIC_ASSERT(sizeof(WCHAR) == 2, "WCHAR is 16 bits");
NRT_STATIC_ASSERT(sizeof(ULONG_PTR) == sizeof(void *), "ULONG_PTR holds a pointer");

#define MINCHAR 0x80
#define MAXCHAR 0x7f
#define MAXUCHAR 0xff
#define MINSHORT 0x8000
#define MAXSHORT 0x7fff
#define MAXUSHORT 0xffff
#define MINLONG 0x80000000
#define MAXLONG 0x7fffffff
#define MAXULONG 0xffffffffU
#define MINLONGLONG (~0x7fffffffffffffffLL)
#define MAXLONGLONG 0x7fffffffffffffffLL
#define MAXULONGLONG 0xffffffffffffffffULL
#define MAXULONG_PTR (~(ULONG_PTR)0)
#define MAXSIZE_T (~(SIZE_T)0)

#ifndef ANYSIZE_ARRAY
#define ANYSIZE_ARRAY 1
#endif
#define ANSI_NULL ((CHAR)0)
#define UNICODE_NULL ((WCHAR)0)
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS (32767)
#define MAXIMUM_PROCESSORS 64
#define MAX_NATURAL_ALIGNMENT sizeof(ULONGLONG)
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64

typedef union _LARGE_INTEGER {
	struct {
		ULONG LowPart;
		LONG HighPart;
	};
	struct {
		ULONG LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
	struct {
		ULONG LowPart;
		ULONG HighPart;
	};
	struct {
		ULONG LowPart;
		ULONG HighPart;
	} u;
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _LUID {
	ULONG LowPart;
	LONG HighPart;
} LUID, *PLUID;

/* ----------------------------------------------------------- NTSTATUS */

#define NT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)
#define NT_INFORMATION(Status) ((((ULONG)(Status)) >> 30) == 1)
#define NT_WARNING(Status) ((((ULONG)(Status)) >> 30) == 2)
#define NT_ERROR(Status) ((((ULONG)(Status)) >> 30) == 3)

/* ------------------------------------------------------------ strings */

typedef struct _STRING {
	USHORT Length;        /* bytes in use, without a terminator */
	USHORT MaximumLength; /* bytes that Buffer holds */
	PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, UTF8_STRING,
	*PUTF8_STRING;
typedef const STRING *PCSTRING, *PCOEM_STRING, *PCANSI_STRING;

typedef struct _UNICODE_STRING {
	USHORT Length;        /* bytes in use, without a terminator */
	USHORT MaximumLength; /* bytes that Buffer holds */
	PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

#define RTL_CONSTANT_STRING(s) { sizeof(s) - sizeof((s)[0]), sizeof(s), (void *)(s) }
#ifdef __cplusplus
#define NRT_CONSTANT_BUFFER(s) const_cast<PWCH>(s)
#else
#define NRT_CONSTANT_BUFFER(s) ((PWCH)(s))
#endif
#define DECLARE_CONST_UNICODE_STRING(_var, _string) \
	const WCHAR _var##_buffer[] = _string; \
	const UNICODE_STRING _var = { sizeof(_string) - sizeof(WCHAR), sizeof(_string), \
				      NRT_CONSTANT_BUFFER(_var##_buffer) }
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(_var, _str) \
	extern const UNICODE_STRING _var; \
	DECLARE_CONST_UNICODE_STRING(_var, _str)
#define DECLARE_UNICODE_STRING_SIZE(_var, _size) \
	WCHAR _var##_buffer[_size]; \
	UNICODE_STRING _var = { 0, (_size) * sizeof(WCHAR), _var##_buffer }

/* -------------------------------------------------------- list links */

typedef struct _LIST_ENTRY {
	struct _LIST_ENTRY *Flink;
	struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
	struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
	struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

/** Opaque; 16-byte aligned. The runtime keeps depth, sequence and head in it. */
typedef struct DECLSPEC_ALIGN(16) _SLIST_HEADER {
	ULONGLONG Alignment;
	ULONGLONG Region;
} SLIST_HEADER, *PSLIST_HEADER;

/* --------------------------------------------------------- structures */

#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define UFIELD_OFFSET(type, field) ((ULONG)offsetof(type, field))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) \
	(offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_CONTAINS_FIELD(Struct, Size, Field) \
	((((PCHAR)(&(Struct)->Field)) + sizeof((Struct)->Field)) <= (((PCHAR)(Struct)) + (Size)))
#define RTL_NUMBER_OF(A) (sizeof(A) / sizeof((A)[0]))
#define RTL_NUMBER_OF_V1(A) RTL_NUMBER_OF(A)
#define RTL_NUMBER_OF_V2(A) RTL_NUMBER_OF(A)
#define ARRAYSIZE(A) RTL_NUMBER_OF(A)
#define _ARRAYSIZE(A) RTL_NUMBER_OF(A)
#define RTL_NUMBER_OF_FIELD(type, field) (RTL_NUMBER_OF(((type *)0)->field))
#define RTL_BITS_OF(x) (sizeof(x) * 8)
#define RTL_BITS_OF_FIELD(type, field) (RTL_FIELD_SIZE(type, field) * 8)
#define CONTAINING_RECORD(address, type, field) \
	((type *)((ULONG_PTR)(address) - offsetof(type, field)))
#define TYPE_ALIGNMENT(t) __alignof__(t)
#define PROBE_ALIGNMENT(t) TYPE_ALIGNMENT(t)

#define ALIGN_DOWN_BY(length, alignment) \
	((ULONG_PTR)(length) & ~((ULONG_PTR)(alignment) - 1))
#define ALIGN_UP_BY(length, alignment) \
	(ALIGN_DOWN_BY(((ULONG_PTR)(length) + (alignment) - 1), alignment))
#define ALIGN_DOWN_POINTER_BY(address, alignment) \
	((PVOID)((ULONG_PTR)(address) & ~((ULONG_PTR)(alignment) - 1)))
#define ALIGN_UP_POINTER_BY(address, alignment) \
	(ALIGN_DOWN_POINTER_BY(((ULONG_PTR)(address) + (alignment) - 1), alignment))
#define ALIGN_DOWN(length, type) ALIGN_DOWN_BY(length, sizeof(type))
#define ALIGN_UP(length, type) ALIGN_UP_BY(length, sizeof(type))
#define ALIGN_DOWN_POINTER(address, type) ALIGN_DOWN_POINTER_BY(address, sizeof(type))
#define ALIGN_UP_POINTER(address, type) ALIGN_UP_POINTER_BY(address, sizeof(type))

#define LOBYTE(w) ((UCHAR)((ULONG_PTR)(w) & 0xff))
#define HIBYTE(w) ((UCHAR)(((ULONG_PTR)(w) >> 8) & 0xff))
#define LOWORD(l) ((USHORT)((ULONG_PTR)(l) & 0xffff))
#define HIWORD(l) ((USHORT)(((ULONG_PTR)(l) >> 16) & 0xffff))

#define PtrToUlong(p) ((ULONG)(ULONG_PTR)(p))
#define PtrToLong(p) ((LONG)(LONG_PTR)(p))
#define PtrToUint(p) ((UINT)(ULONG_PTR)(p))
#define PtrToInt(p) ((INT)(LONG_PTR)(p))
#define UlongToPtr(u) ((PVOID)(ULONG_PTR)(ULONG)(u))
#define ULongToPtr(u) UlongToPtr(u)
#define LongToPtr(l) ((PVOID)(LONG_PTR)(LONG)(l))
#define UintToPtr(u) ((PVOID)(ULONG_PTR)(UINT)(u))
#define HandleToUlong(h) ((ULONG)(ULONG_PTR)(h))
#define HandleToULong(h) HandleToUlong(h)
#define UlongToHandle(u) ((HANDLE)(ULONG_PTR)(ULONG)(u))
#define ULongToHandle(u) UlongToHandle(u)
#define LongToHandle(l) ((HANDLE)(LONG_PTR)(LONG)(l))

#if !defined(__cplusplus) && !defined(NOMINMAX)
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif

#ifndef BooleanFlagOn
#define BooleanFlagOn(F, SF) ((BOOLEAN)(((F) & (SF)) != 0))
#define FlagOn(_F, _SF) ((_F) & (_SF))
#define SetFlag(_F, _SF) ((_F) |= (_SF))
#define ClearFlag(_F, _SF) ((_F) &= ~(_SF))
#endif

#ifdef __cplusplus
#define C_ASSERT(e) static_assert((e), #e)
#define DEFINE_ENUM_FLAG_OPERATORS(T) \
	inline T operator|(T a, T b) { return (T)((unsigned int)a | (unsigned int)b); } \
	inline T operator&(T a, T b) { return (T)((unsigned int)a & (unsigned int)b); } \
	inline T operator^(T a, T b) { return (T)((unsigned int)a ^ (unsigned int)b); } \
	inline T operator~(T a) { return (T)(~(unsigned int)a); } \
	inline T &operator|=(T &a, T b) { return a = a | b; } \
	inline T &operator&=(T &a, T b) { return a = a & b; }
#else
#define C_ASSERT(e) _Static_assert((e), #e)
#define DEFINE_ENUM_FLAG_OPERATORS(T)
#endif

#define UNREFERENCED_PARAMETER(P) ((void)(P))
#define DBG_UNREFERENCED_PARAMETER(P) ((void)(P))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(V) ((void)(V))

typedef struct _PROCESSOR_NUMBER {
	USHORT Group;
	UCHAR Number;
	UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

typedef struct _GROUP_AFFINITY {
	KAFFINITY Mask;
	USHORT Group;
	USHORT Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;

#define ALL_PROCESSOR_GROUPS 0xffff

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny, WaitNotification } WAIT_TYPE;

typedef struct _OBJECT_ATTRIBUTES {
	ULONG Length;
	HANDLE RootDirectory;
	PUNICODE_STRING ObjectName;
	ULONG Attributes;
	PVOID SecurityDescriptor;
	PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define OBJ_INHERIT 0x00000002
#define OBJ_PERMANENT 0x00000010
#define OBJ_EXCLUSIVE 0x00000020
#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_OPENIF 0x00000080
#define OBJ_OPENLINK 0x00000100
#define OBJ_KERNEL_HANDLE 0x00000200
#define OBJ_FORCE_ACCESS_CHECK 0x00000400
#define InitializeObjectAttributes(p, n, a, r, s) \
	do { \
		(p)->Length = sizeof(OBJECT_ATTRIBUTES); \
		(p)->RootDirectory = (r); \
		(p)->Attributes = (a); \
		(p)->ObjectName = (n); \
		(p)->SecurityDescriptor = (s); \
		(p)->SecurityQualityOfService = NULL; \
	} while (0)

#include "guiddef.h"

#endif
