/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other compiler's keywords in terms of ours: calling conventions,
 * __declspec, sized integers, structured exception handling, and the names
 * drivers use for inlining and alignment. Included by ntdef.h only. For the
 * Windows target (_WIN32) our compiler has some of them itself, in another form.
 */
#ifndef NRT_DDK_KEYWORDS_H
#define NRT_DDK_KEYWORDS_H

/* One calling convention only: the target's own, on both. */
#undef __cdecl
#undef __stdcall
#undef __fastcall
#undef _cdecl
#undef _stdcall
#undef __declspec
#undef _declspec
#define __cdecl
#define __stdcall
#define __fastcall
#define _cdecl
#define _stdcall
#define NTAPI
#define NTAPI_INLINE
#define FASTCALL
#define APIENTRY
#define WINAPI
#define CALLBACK
#define NTSYSAPI
#define NTSYSCALLAPI
#define NTKERNELAPI
#define NTHALAPI
#define DDKAPI
#define NDISAPI
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT
#undef _CRTIMP
#define _CRTIMP
#define POINTER_32
#define POINTER_64
#define __ptr32
#define __ptr64
#define __unaligned
#define __w64
#define FAR
#define NEAR
#define RESTRICTED_POINTER
#define DUMMYSTRUCTNAME
#define DUMMYSTRUCTNAME2
#define DUMMYUNIONNAME
#define DUMMYUNIONNAME2
#define DUMMYUNIONNAME3
#define DUMMYUNIONNAME4
#undef _ANONYMOUS_STRUCT
#undef _ANONYMOUS_UNION
#define _ANONYMOUS_STRUCT
#define _ANONYMOUS_UNION

#undef __int8
#undef __int16
#undef __int32
#undef __int64
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long

/* __declspec(x) becomes the attribute of the same effect, or nothing. */
#define __declspec(x) NRT_DECLSPEC_##x
#define _declspec(x) NRT_DECLSPEC_##x
#define NRT_DECLSPEC_align(n) __attribute__((aligned(n)))
#define NRT_DECLSPEC_noreturn __attribute__((noreturn))
#define NRT_DECLSPEC_noinline __attribute__((noinline))
#define NRT_DECLSPEC_deprecated __attribute__((deprecated))
#ifdef _WIN32
#define NRT_DECLSPEC_selectany __attribute__((selectany))
#define NRT_DECLSPEC_dllexport __attribute__((dllexport))
#define NRT_DECLSPEC_dllimport __attribute__((dllimport))
#else
#define NRT_DECLSPEC_selectany __attribute__((weak))
#define NRT_DECLSPEC_dllexport __attribute__((visibility("default")))
#define NRT_DECLSPEC_dllimport
#endif
#define NRT_DECLSPEC_nothrow
#define NRT_DECLSPEC_novtable
#define NRT_DECLSPEC_restrict
#define NRT_DECLSPEC_noalias
#define NRT_DECLSPEC_allocate(s)
#define NRT_DECLSPEC_allocator
#define NRT_DECLSPEC_code_seg(s)
#define NRT_DECLSPEC_uuid(s)
#define NRT_DECLSPEC_thread __thread
#define NRT_DECLSPEC_safebuffers
#define NRT_DECLSPEC_guard(x)

#define DECLSPEC_ALIGN(n) __attribute__((aligned(n)))
#define DECLSPEC_CACHEALIGN __attribute__((aligned(64)))
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_NOINLINE __attribute__((noinline))
#define DECLSPEC_SELECTANY NRT_DECLSPEC_selectany
#define DECLSPEC_DEPRECATED_DDK
#define DECLSPEC_DEPRECATED_DDK_WINXP
#define DECLSPEC_NOVTABLE
#define DECLSPEC_UUID(x)
#define DECLSPEC_NOTHROW

#undef __forceinline
#undef _inline
#define __forceinline inline __attribute__((always_inline))
#define _inline inline
#define _forceinline __forceinline
#define FORCEINLINE __forceinline
#define CFORCEINLINE __forceinline

/*
 * The other compiler's pragmas (alloc_text, warning, NDIS_INIT_FUNCTION, ...)
 * are unknown to ours and ignored; the operator form vanishes here.
 */
#ifndef __pragma
#define __pragma(...)
#endif
#define __assume(e) ((void)0)
#define __noop(...) ((void)0)
#define __annotation(...)
#define ALLOC_PRAGMA 1
#define ALLOC_DATA_PRAGMA 1

/*
 * Structured exception handling. Nothing here raises an exception that could
 * be caught, so a handler is compiled and never run, and a termination block
 * runs when its __try block ends or is left by __leave.
 *
 * The __try block is a plain block with a label of its own, not a loop: break
 * and continue in it reach the driver's loop, and blocks nest. What is not
 * provided: a __finally block does not run when the __try block is left by
 * return, goto, break or continue. The C++ library has a __try of its own,
 * which wins when its headers came first.
 */
#ifndef __try
#define __try { __label__ nrt_leave;
#define __leave goto nrt_leave
#define __except(filter) nrt_leave: __attribute__((unused)); } if (0 && (filter))
#define __finally nrt_leave: __attribute__((unused)); }
#endif
#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)
#define GetExceptionCode() 0U
#define _exception_code() 0U
#define GetExceptionInformation() ((struct _EXCEPTION_POINTERS *)0)
#define AbnormalTermination() 0
#define _abnormal_termination() 0

#endif
