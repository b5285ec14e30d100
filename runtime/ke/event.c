/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events, kernel and NDIS. Set from any thread up to DISPATCH_LEVEL, waited
 * for at PASSIVE_LEVEL (dispatcher.c). An NDIS event is a notification event:
 * it stays set until it is reset.
 */
#include <ndis/services.h>

#include "../ndis/culprit.h"
#include "dispatcher.h"
#include "irql.h"
#include "verifier.h"

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
	nrt_dispatcher_init(&Event->Header, NRT_OBJECT_EVENT, Type == SynchronizationEvent,
			    State != FALSE);
}

LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
	LONG before;

	(void)Increment;
	(void)Wait; /* the wait that follows locks again by itself */
	nrt_check_irql("KeSetEvent", DISPATCH_LEVEL);
	nrt_dispatcher_lock();
	before = Event->Header.SignalState;
	Event->Header.SignalState = 1;
	if (before == 0)
		nrt_dispatcher_signal(&Event->Header);
	nrt_dispatcher_unlock();
	return before;
}

/* Who waits is let go, who comes later is not. */
LONG KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
	LONG before;

	(void)Increment;
	(void)Wait;
	nrt_check_irql("KePulseEvent", DISPATCH_LEVEL);
	nrt_dispatcher_lock();
	before = Event->Header.SignalState;
	Event->Header.SignalState = 1;
	nrt_dispatcher_signal(&Event->Header);
	Event->Header.SignalState = 0;
	nrt_dispatcher_unlock();
	return before;
}

LONG KeResetEvent(PRKEVENT Event)
{
	LONG before;

	nrt_check_irql("KeResetEvent", DISPATCH_LEVEL);
	nrt_dispatcher_lock();
	before = Event->Header.SignalState;
	Event->Header.SignalState = 0;
	nrt_dispatcher_unlock();
	return before;
}

VOID KeClearEvent(PRKEVENT Event)
{
	KeResetEvent(Event);
}

LONG KeReadStateEvent(PRKEVENT Event)
{
	LONG state;

	nrt_dispatcher_lock();
	state = Event->Header.SignalState;
	nrt_dispatcher_unlock();
	return state;
}

VOID NdisInitializeEvent(PNDIS_EVENT Event)
{
	KeInitializeEvent(&Event->Event, NotificationEvent, FALSE);
}

VOID NdisSetEvent(PNDIS_EVENT Event)
{
	nrt_check_irql("NdisSetEvent", DISPATCH_LEVEL);
	KeSetEvent(&Event->Event, EVENT_INCREMENT, FALSE);
}

VOID NdisResetEvent(PNDIS_EVENT Event)
{
	nrt_check_irql("NdisResetEvent", DISPATCH_LEVEL);
	KeResetEvent(&Event->Event);
}

static void report_wait(const void *caller)
{
	const struct nrt_culprit who = nrt_culprit_at(caller, "NdisWaitEvent");

	nrt_bug_check("RS-LCK-04", "0x7C/0x14", &who, "called at IRQL %u", nrt_self.irql);
}

BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, UINT MsToWait)
{
	LARGE_INTEGER timeout = { .QuadPart = -10000LL * MsToWait };

	if (nrt_self.irql > PASSIVE_LEVEL)
		report_wait(__builtin_return_address(0));
	return nrt_wait_checked(&Event->Event, MsToWait != 0 ? &timeout : NULL) == STATUS_SUCCESS;
}
