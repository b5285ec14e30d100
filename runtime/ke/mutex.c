/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mutexes and semaphores. Called by drivers at PASSIVE_LEVEL (releases of a
 * semaphore up to DISPATCH_LEVEL); waits are in dispatcher.c.
 * A mutex may be taken again by its owner and is released as often.
 */
#include <wdm.h>

#include "dispatcher.h"
#include "irql.h"
#include "verifier.h"

VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
	(void)Level;
	nrt_dispatcher_init(&Mutex->Header, NRT_OBJECT_MUTEX, false, 1);
	Mutex->nrt_owner = NULL;
}

/* The former state; 0 means that this was the last release. */
LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
	LONG before;

	(void)Wait; /* the wait that follows locks again by itself */
	nrt_dispatcher_lock();
	before = Mutex->Header.SignalState;
	if (Mutex->nrt_owner != &nrt_self) {
		nrt_dispatcher_unlock();
		nrt_violation("RS-LCK-01", "mutex %p released by a thread that does not own it",
			      (void *)Mutex);
		return before;
	}
	if (++Mutex->Header.SignalState == 1) {
		Mutex->nrt_owner = NULL;
		nrt_dispatcher_signal(&Mutex->Header);
	}
	nrt_dispatcher_unlock();
	return before;
}

LONG KeReadStateMutex(PRKMUTEX Mutex)
{
	LONG state;

	nrt_dispatcher_lock();
	state = Mutex->Header.SignalState;
	nrt_dispatcher_unlock();
	return state;
}

VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
	nrt_dispatcher_init(&Semaphore->Header, NRT_OBJECT_SEMAPHORE, false, Count);
	Semaphore->Limit = Limit;
}

LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment,
			BOOLEAN Wait)
{
	LONG before;

	(void)Increment;
	(void)Wait;
	nrt_dispatcher_lock();
	before = Semaphore->Header.SignalState;
	if (Adjustment < 0 || Adjustment > Semaphore->Limit - before) {
		nrt_dispatcher_unlock();
		nrt_violation("RS-LCK-01", "semaphore %p raised by %d beyond its limit %d",
			      (void *)Semaphore, Adjustment, Semaphore->Limit);
		return before;
	}
	Semaphore->Header.SignalState = before + Adjustment;
	nrt_dispatcher_signal(&Semaphore->Header);
	nrt_dispatcher_unlock();
	return before;
}

LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
	LONG state;

	nrt_dispatcher_lock();
	state = Semaphore->Header.SignalState;
	nrt_dispatcher_unlock();
	return state;
}
