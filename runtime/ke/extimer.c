/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EX_TIMERs: a kernel timer and a DPC that calls the driver's function, in memory
 * of the runtime's. Used by drivers up to DISPATCH_LEVEL. A timer that is being
 * deleted is freed by the last who needs it: ExDeleteTimer, or its own DPC.
 * [kernel/deleting-a-system-allocated-timer-object]
 */
#include <wdm.h>

#include "clock.h"
#include "dispatcher.h"
#include "irql.h"
#include "memory.h"
#include "service.h"
#include "verifier.h"

#define TAG 0x6d547845      /* ExTm */
#define MIN_PERIOD 10000    /* a timer expires once per tick at most [nf-wdm-exsettimer] */
#define ATTRIBUTES (EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE | EX_TIMER_NOTIFICATION)

struct _EX_TIMER {
	KTIMER timer; /* first: KeWaitForSingleObject gets this */
	KDPC dpc;
	PEXT_CALLBACK callback; /* may be NULL */
	PVOID context;
	ULONG attributes;
	/* dispatcher lock: */
	bool disabled;       /* ExDeleteTimer was called */
	bool free_after;     /* by the DPC that is queued, running or to come */
	KEVENT *gone;        /* set once it is freed; NULL: nobody waits */
	EXT_DELETE_PARAMETERS last;
};

/* Nobody else knows of @t any more. */
static void destroy(PEX_TIMER t)
{
	EXT_DELETE_PARAMETERS last = t->last;
	KEVENT *gone = t->gone;
	KIRQL old = nrt_irql_raise(DISPATCH_LEVEL);

	nrt_memory_free(t, TAG);
	if (last.DeleteCallback != NULL)
		last.DeleteCallback(last.DeleteContext);
	if (gone != NULL)
		KeSetEvent(gone, IO_NO_INCREMENT, FALSE);
	nrt_irql_lower(old);
}

/* Locked. Will its DPC run, or does it? */
static bool busy(const struct _EX_TIMER *t)
{
	return t->timer.nrt_set || t->dpc.nrt_queued || nrt_dpc_running(&t->dpc);
}

static void fire(PKDPC dpc, PVOID deferred_context, PVOID argument1, PVOID argument2)
{
	PEX_TIMER t = deferred_context;
	bool free_it;

	(void)dpc;
	(void)argument1;
	(void)argument2;
	if (t->callback != NULL)
		t->callback(t, t->context);
	nrt_dispatcher_lock();
	nrt_dpc_end(); /* from here on nobody leaves the freeing to us */
	free_it = t->free_after && !busy(t);
	nrt_dispatcher_unlock();
	if (free_it)
		destroy(t);
}

/* What its page answers with a bug check, of which it gives no code. */
static bool allowed(bool condition, const char *what)
{
	if (!condition)
		nrt_violation("RS-TIM-01", "%s", what);
	return condition;
}

PEX_TIMER ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes)
{
	PEX_TIMER t;

	nrt_check_irql("ExAllocateTimer", DISPATCH_LEVEL);
	if (!allowed((Attributes & ~ATTRIBUTES) == 0, "ExAllocateTimer: no such attribute") ||
	    !allowed((Attributes & EX_TIMER_HIGH_RESOLUTION) == 0 ||
		     (Attributes & EX_TIMER_NO_WAKE) == 0,
		     "ExAllocateTimer: EX_TIMER_HIGH_RESOLUTION with EX_TIMER_NO_WAKE"))
		return NULL;
	t = nrt_memory_zalloc(sizeof(*t), TAG, NULL);
	if (t == NULL)
		return NULL;
	KeInitializeTimerEx(&t->timer, (Attributes & EX_TIMER_NOTIFICATION) != 0
					       ? NotificationTimer : SynchronizationTimer);
	KeInitializeDpc(&t->dpc, fire, t);
	t->timer.Dpc = &t->dpc;
	t->callback = Callback;
	t->context = CallbackContext;
	t->attributes = Attributes;
	return t;
}

BOOLEAN ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period,
		   PEXT_SET_PARAMETERS Parameters)
{
	LARGE_INTEGER due = { .QuadPart = DueTime };
	uint32_t period = Period < MIN_PERIOD && Period != 0 ? MIN_PERIOD : (uint32_t)Period;
	bool was_set = false;

	nrt_check_irql("ExSetTimer", DISPATCH_LEVEL);
	if (!allowed((Timer->attributes & EX_TIMER_HIGH_RESOLUTION) == 0 || DueTime < 0,
		     "ExSetTimer: the due time of a high-resolution timer is not relative") ||
	    !allowed(Period >= 0 && Period <= MAXLONG, "ExSetTimer: the period is out of range") ||
	    !allowed(Parameters == NULL ||
		     Parameters->NoWakeTolerance >= EX_TIMER_UNLIMITED_TOLERANCE,
		     "ExSetTimer: NoWakeTolerance is negative"))
		return FALSE;
	nrt_dispatcher_lock();
	if (!Timer->disabled)
		was_set = nrt_timer_set(&Timer->timer, nrt_clock_deadline(due), period, true);
	nrt_dispatcher_unlock();
	return was_set;
}

BOOLEAN ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters)
{
	bool was_set = false;

	nrt_check_irql("ExCancelTimer", DISPATCH_LEVEL);
	allowed(Parameters == NULL, "ExCancelTimer: Parameters is not NULL");
	nrt_dispatcher_lock();
	if (!Timer->disabled)
		was_set = nrt_timer_cancel(&Timer->timer);
	nrt_dispatcher_unlock();
	return was_set;
}

/* What a driver may not ask for here is not waited for, which would be for ever in the
 * timer's own callback. */
static bool may_wait(BOOLEAN cancel)
{
	if (nrt_self.irql > APC_LEVEL)
		nrt_violation("RS-LCK-04", "ExDeleteTimer waits at IRQL %u, allowed up to APC_LEVEL",
			      nrt_self.irql);
	return allowed(cancel, "ExDeleteTimer: Wait without Cancel") && nrt_self.irql <= APC_LEVEL;
}

BOOLEAN ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait,
		      PEXT_DELETE_PARAMETERS Parameters)
{
	bool cancelled = false, later;
	KEVENT gone;

	nrt_check_irql("ExDeleteTimer", DISPATCH_LEVEL);
	if (Wait)
		Wait = may_wait(Cancel);
	KeInitializeEvent(&gone, NotificationEvent, FALSE);
	nrt_dispatcher_lock();
	if (Timer->disabled) {
		nrt_dispatcher_unlock();
		return FALSE;
	}
	Timer->disabled = true;
	if (Cancel)
		cancelled = nrt_timer_cancel(&Timer->timer);
	Timer->timer.Period = 0; /* it expires once more at most */
	if (Parameters != NULL)
		Timer->last = *Parameters;
	later = busy(Timer);
	Timer->free_after = later;
	Timer->gone = later && Wait ? &gone : NULL;
	nrt_dispatcher_unlock();
	if (!later)
		destroy(Timer);
	else if (Wait)
		KeWaitForSingleObject(&gone, Executive, KernelMode, FALSE, NULL);
	return cancelled;
}
