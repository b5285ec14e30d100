/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rundown protection: a count of users in one word, and its lowest bit once
 * the owner wants them gone. Acquired and released by drivers on any thread up
 * to DISPATCH_LEVEL, waited for by the object's owner below it.
 * [kernel/run-down-protection]
 */
#include "rundown.h"

#include <pthread.h>

#include <wdm.h>

#include "dispatcher.h"
#include "irql.h"
#include "verifier.h"

#define ACTIVE ((ULONG_PTR)1) /* the rundown has begun */
#define ONE ((ULONG_PTR)2)    /* one user */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gone = PTHREAD_COND_INITIALIZER;

void nrt_rundown_sleep(bool (*left)(const void *object), const void *object)
{
	pthread_mutex_lock(&lock);
	while (left(object))
		pthread_cond_wait(&gone, &lock);
	pthread_mutex_unlock(&lock);
}

void nrt_rundown_wake(void)
{
	pthread_mutex_lock(&lock);
	pthread_cond_broadcast(&gone);
	pthread_mutex_unlock(&lock);
}

VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
	nrt_check_irql("ExInitializeRundownProtection", APC_LEVEL);
	__atomic_store_n(&RunRef->Count, 0, __ATOMIC_RELEASE);
}

/* Only after a rundown: there is nothing to begin anew before it. */
static bool is_run_down(const char *ddi, PEX_RUNDOWN_REF ref)
{
	ULONG_PTR seen = __atomic_load_n(&ref->Count, __ATOMIC_ACQUIRE);

	nrt_check_irql(ddi, APC_LEVEL);
	if (seen != ACTIVE)
		nrt_violation("RS-LCK-01", "%s: object %p is not run down, %lu hold it", ddi,
			      (void *)ref, seen / ONE);
	return seen == ACTIVE;
}

VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
	if (is_run_down("ExReInitializeRundownProtection", RunRef))
		__atomic_store_n(&RunRef->Count, 0, __ATOMIC_RELEASE);
}

VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
	is_run_down("ExRundownCompleted", RunRef); /* and stays so */
}

static BOOLEAN acquire(const char *ddi, PEX_RUNDOWN_REF ref, ULONG count)
{
	ULONG_PTR seen = __atomic_load_n(&ref->Count, __ATOMIC_RELAXED);

	nrt_check_irql(ddi, DISPATCH_LEVEL);
	do {
		if ((seen & ACTIVE) != 0)
			return FALSE;
		/* Acquire: sees the object as it was when it was initialized anew. */
	} while (!__atomic_compare_exchange_n(&ref->Count, &seen, seen + count * ONE, true,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return TRUE;
}

BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
	return acquire("ExAcquireRundownProtection", RunRef, 1);
}

BOOLEAN ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
	return acquire("ExAcquireRundownProtectionEx", RunRef, Count);
}

static void release(const char *ddi, PEX_RUNDOWN_REF ref, ULONG count)
{
	ULONG_PTR seen = __atomic_load_n(&ref->Count, __ATOMIC_RELAXED);

	nrt_check_irql(ddi, DISPATCH_LEVEL);
	do {
		if (seen / ONE < count) {
			nrt_violation("RS-LCK-01", "%s: %u released of object %p, which has %lu",
				      ddi, count, (void *)ref, seen / ONE);
			return;
		}
		/* Release: pairs with the owner's acquire when it finds the count 0. */
	} while (!__atomic_compare_exchange_n(&ref->Count, &seen, seen - count * ONE, true,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	if (seen - count * ONE == ACTIVE)
		nrt_rundown_wake();
}

VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
	release("ExReleaseRundownProtection", RunRef, 1);
}

VOID ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
	release("ExReleaseRundownProtectionEx", RunRef, Count);
}

static bool left(const void *object)
{
	const EX_RUNDOWN_REF *ref = object;

	return __atomic_load_n(&ref->Count, __ATOMIC_ACQUIRE) != ACTIVE;
}

VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
	nrt_check_wait("ExWaitForRundownProtectionRelease");
	__atomic_fetch_or(&RunRef->Count, ACTIVE, __ATOMIC_ACQ_REL);
	nrt_rundown_sleep(left, RunRef);
}
