/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernel timers: a list sorted by due time, expired by the service thread. An
 * expired timer is signalled and its DPC queued. Set and cancelled by drivers
 * on any thread up to DISPATCH_LEVEL.
 */
#include <wdm.h>

#include "clock.h"
#include "dispatcher.h"
#include "irql.h"
#include "service.h"

static LIST_ENTRY timers = { &timers, &timers }; /* dispatcher lock; by DueTime */

static KTIMER *from_link(LIST_ENTRY *link)
{
	return CONTAINING_RECORD(link, KTIMER, TimerListEntry);
}

/* From the end: most timers are due after those that are set already. */
static void insert(KTIMER *timer)
{
	LIST_ENTRY *after = timers.Blink;

	while (after != &timers && from_link(after)->DueTime > timer->DueTime)
		after = after->Blink;
	InsertHeadList(after, &timer->TimerListEntry);
	timer->nrt_set = true;
	if (timers.Flink == &timer->TimerListEntry)
		nrt_service_wake();
}

static bool remove_set(KTIMER *timer)
{
	bool set = timer->nrt_set;

	if (set) {
		RemoveEntryList(&timer->TimerListEntry);
		timer->nrt_set = false;
	}
	return set;
}

/* The next due time of a periodic timer; periods that were missed are skipped. */
static void rearm(KTIMER *timer, uint64_t now)
{
	uint64_t period = timer->Period * (timer->nrt_fine ? UINT64_C(100) : NRT_NS_PER_MS);

	timer->DueTime += period;
	if (timer->DueTime <= now)
		timer->DueTime = now + period;
	insert(timer);
}

bool nrt_timer_set(KTIMER *timer, uint64_t due, uint32_t period, bool fine)
{
	bool was_set = remove_set(timer);

	timer->Header.SignalState = 0;
	timer->DueTime = due;
	timer->Period = period;
	timer->nrt_fine = fine;
	insert(timer);
	return was_set;
}

bool nrt_timer_cancel(KTIMER *timer)
{
	return remove_set(timer);
}

bool nrt_timer_due(uint64_t now)
{
	return !IsListEmpty(&timers) && from_link(timers.Flink)->DueTime <= now;
}

uint64_t nrt_timers_expire(uint64_t now)
{
	while (!IsListEmpty(&timers)) {
		KTIMER *timer = from_link(timers.Flink);

		if (timer->DueTime > now)
			return timer->DueTime;
		remove_set(timer);
		if (timer->Period != 0)
			rearm(timer, now);
		timer->Header.SignalState = 1;
		nrt_dispatcher_signal(&timer->Header);
		if (timer->Dpc != NULL)
			nrt_dpc_insert(timer->Dpc, NULL, NULL);
	}
	return UINT64_MAX;
}

void nrt_timers_reset(void)
{
	InitializeListHead(&timers);
}

VOID KeInitializeTimer(PKTIMER Timer)
{
	KeInitializeTimerEx(Timer, NotificationTimer);
}

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
	memset(Timer, 0, sizeof(*Timer));
	nrt_dispatcher_init(&Timer->Header, NRT_OBJECT_TIMER, Type == SynchronizationTimer, 0);
}

BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
	uint64_t due = nrt_clock_deadline(DueTime);
	bool was_set;

	nrt_check_irql("KeSetTimerEx", DISPATCH_LEVEL);
	nrt_dispatcher_lock();
	Timer->Dpc = Dpc;
	was_set = nrt_timer_set(Timer, due, Period > 0 ? (ULONG)Period : 0, false);
	nrt_dispatcher_unlock();
	return was_set;
}

BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
	return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

/* The exact due time is within every tolerance. */
BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period,
			      ULONG TolerableDelay, PKDPC Dpc)
{
	(void)TolerableDelay;
	return KeSetTimerEx(Timer, DueTime, (LONG)Period, Dpc);
}

BOOLEAN KeCancelTimer(PKTIMER Timer)
{
	bool was_set;

	nrt_check_irql("KeCancelTimer", DISPATCH_LEVEL);
	nrt_dispatcher_lock();
	was_set = remove_set(Timer);
	nrt_dispatcher_unlock();
	return was_set;
}

BOOLEAN KeReadStateTimer(PKTIMER Timer)
{
	bool state;

	nrt_dispatcher_lock();
	state = Timer->Header.SignalState != 0;
	nrt_dispatcher_unlock();
	return state;
}
