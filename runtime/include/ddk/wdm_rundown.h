/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ends of life that wait for users: rundown protection of a shared object, and
 * the cache-aware kind that many processors take at once. Part of wdm.h.
 *
 * Order of calls: initialize; acquire and release from any thread; the owner
 * waits for the release of all, after which acquiring fails; then the object
 * may go, or its reference is used anew after a reinitialization.
 */
#ifndef NRT_DDK_WDM_RUNDOWN_H
#define NRT_DDK_WDM_RUNDOWN_H

#include "ntdef.h"
#include "wdm_memory.h"

NRT_EXTERN_C_BEGIN

/** Opaque; the driver's memory. */
typedef struct _EX_RUNDOWN_REF {
	union {
		volatile ULONG_PTR Count;
		volatile PVOID Ptr;
	};
} EX_RUNDOWN_REF, *PEX_RUNDOWN_REF;

/** Opaque, and as large as ExSizeOfRundownProtectionCacheAware says. */
typedef struct _EX_RUNDOWN_REF_CACHE_AWARE *PEX_RUNDOWN_REF_CACHE_AWARE;

/** IRQL <= APC_LEVEL. */
NRT_EXPORT VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
/** After the rundown was waited for: acquiring succeeds again. IRQL <= APC_LEVEL. */
NRT_EXPORT VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
/** FALSE when the rundown has begun: the object must not be touched. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef);
NRT_EXPORT BOOLEAN ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
/** Undo an acquisition, from any thread. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef);
NRT_EXPORT VOID ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
/** Let nobody in any more and wait until all are out. IRQL <= APC_LEVEL. */
NRT_EXPORT VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef);
/** The rundown, which was waited for, is over. IRQL <= APC_LEVEL. */
NRT_EXPORT VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef);

/** NULL when there is no memory; given back with the next. IRQL <= APC_LEVEL. */
NRT_EXPORT PEX_RUNDOWN_REF_CACHE_AWARE
ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag);
NRT_EXPORT VOID
ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
/** The same in memory of the driver's own, of the size that the first one says. */
NRT_EXPORT SIZE_T ExSizeOfRundownProtectionCacheAware(VOID);
NRT_EXPORT VOID
ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
					SIZE_T RunRefSize);
NRT_EXPORT VOID
ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
NRT_EXPORT BOOLEAN
ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
NRT_EXPORT BOOLEAN
ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, ULONG Count);
NRT_EXPORT VOID
ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
NRT_EXPORT VOID
ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, ULONG Count);
NRT_EXPORT VOID
ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
NRT_EXPORT VOID ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);

NRT_EXTERN_C_END
#endif
