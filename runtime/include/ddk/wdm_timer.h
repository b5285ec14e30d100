/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers that the runtime allocates, with a callback of their own, and the
 * resolution of the clock behind all timers. Part of wdm.h.
 *
 * An EX_TIMER can be waited for as a KTIMER can. Its callback comes at
 * DISPATCH_LEVEL. All timers here are exact to what the operating system's own
 * timers are, so a high-resolution one expires no earlier and no later.
 */
#ifndef NRT_DDK_WDM_TIMER_H
#define NRT_DDK_WDM_TIMER_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

typedef struct _EX_TIMER *PEX_TIMER;

typedef VOID EXT_CALLBACK(PEX_TIMER Timer, PVOID Context);
typedef EXT_CALLBACK *PEXT_CALLBACK;
/** The timer is gone; DISPATCH_LEVEL. */
typedef VOID EXT_DELETE_CALLBACK(PVOID Context);
typedef EXT_DELETE_CALLBACK *PEXT_DELETE_CALLBACK;

#define EX_TIMER_HIGH_RESOLUTION 4
#define EX_TIMER_NO_WAKE 8
#define EX_TIMER_UNLIMITED_TOLERANCE ((LONGLONG)-1)
#define EX_TIMER_NOTIFICATION 0x80000000U

/** NoWakeTolerance: in 100 ns. */
typedef struct _EXT_SET_PARAMETERS_V0 {
	ULONG Version;
	ULONG Reserved;
	LONGLONG NoWakeTolerance;
} EXT_SET_PARAMETERS, *PEXT_SET_PARAMETERS, KT2_SET_PARAMETERS, *PKT2_SET_PARAMETERS;

typedef PVOID PEXT_CANCEL_PARAMETERS;

typedef struct _EXT_DELETE_PARAMETERS {
	ULONG Version;
	ULONG Reserved;
	PEXT_DELETE_CALLBACK DeleteCallback;
	PVOID DeleteContext;
} EXT_DELETE_PARAMETERS, *PEXT_DELETE_PARAMETERS;

static NRT_INLINE VOID ExInitializeSetTimerParameters(PEXT_SET_PARAMETERS Parameters)
{
	memset(Parameters, 0, sizeof(*Parameters));
}

static NRT_INLINE VOID ExInitializeDeleteTimerParameters(PEXT_DELETE_PARAMETERS Parameters)
{
	memset(Parameters, 0, sizeof(*Parameters));
}

/** IRQL <= DISPATCH_LEVEL. NULL when there is no memory. */
NRT_EXPORT PEX_TIMER ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext,
				     ULONG Attributes);

/**
 * Set @Timer, as a KTIMER is; @Period in 100 ns, 0: once.
 * Returns TRUE when it was set already, FALSE also for one that is being deleted.
 * IRQL <= DISPATCH_LEVEL.
 */
NRT_EXPORT BOOLEAN ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period,
			      PEXT_SET_PARAMETERS Parameters);

/** TRUE when the timer was set. IRQL <= DISPATCH_LEVEL. @Parameters: NULL. */
NRT_EXPORT BOOLEAN ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters);

/**
 * Free @Timer once its callback neither runs nor is to come. IRQL <= DISPATCH_LEVEL;
 * with @Wait, which needs @Cancel, <= APC_LEVEL: then it is gone, and the delete
 * callback was called, on return. Returns TRUE when @Cancel cancelled it.
 */
NRT_EXPORT BOOLEAN ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait,
				 PEXT_DELETE_PARAMETERS Parameters);

/** The longest, the shortest and the present time between ticks, in 100 ns. Any IRQL. */
NRT_EXPORT VOID ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime,
				       PULONG CurrentTime);
/** The time between ticks from now on. IRQL <= APC_LEVEL. */
NRT_EXPORT ULONG ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution);

NRT_EXTERN_C_END
#endif
