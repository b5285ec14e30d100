/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dispatcher objects: what a thread can wait for. One lock guards the state
 * and the waiters of all objects, the timers and the DPC queue; it is outside
 * of the objects, which may be on a waiter's stack and gone once it runs.
 */
#ifndef NRT_KE_DISPATCHER_H
#define NRT_KE_DISPATCHER_H

#include <stdbool.h>
#include <pthread.h>

#include <wdm.h>

/* DISPATCHER_HEADER.Type; 0 is no object. */
enum nrt_object_type {
	NRT_OBJECT_EVENT = 0x51,
	NRT_OBJECT_TIMER,
	NRT_OBJECT_MUTEX,
	NRT_OBJECT_SEMAPHORE,
	NRT_OBJECT_THREAD,
	NRT_OBJECT_CALLBACK, /* nothing to wait for from here on */
	NRT_OBJECT_KEY,
};

/* Both keep the caller's IRQL; never held while a driver is called. */
void nrt_dispatcher_lock(void);
void nrt_dispatcher_unlock(void);
extern pthread_mutex_t nrt_dispatcher_mutex;

void nrt_dispatcher_init(DISPATCHER_HEADER *object, enum nrt_object_type type, bool auto_reset,
			 LONG state);

/* The state of @object was raised: let waiters go that it satisfies now, each
 * of them taking from the state what its wait takes. Locked. */
void nrt_dispatcher_signal(DISPATCHER_HEADER *object);

/* Condition variable on the monotonic clock. */
void nrt_cond_init(pthread_cond_t *cond);

/* Report rule RS-LCK-04: @ddi waits above APC_LEVEL. */
void nrt_check_wait(const char *ddi);

/* KeWaitForSingleObject for a caller that has looked at the IRQL itself. */
NTSTATUS nrt_wait_checked(PVOID object, const LARGE_INTEGER *timeout);

#endif
