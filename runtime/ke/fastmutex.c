/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fast and guarded mutexes: one kind of lock, which the holder of the first
 * keeps at APC_LEVEL and of the second inside a guarded region. Called by
 * drivers below DISPATCH_LEVEL; the wait is dispatcher.c's.
 */
#include <wdm.h>

#include "dispatcher.h"
#include "irql.h"
#include "region.h"
#include "verifier.h"

VOID ExInitializeFastMutex(PFAST_MUTEX FastMutex)
{
	nrt_check_irql("ExInitializeFastMutex", DISPATCH_LEVEL);
	FastMutex->Count = 1;
	FastMutex->Owner = NULL;
	FastMutex->Contention = 0;
	/* A token that lies here while the mutex is free. */
	KeInitializeEvent(&FastMutex->Event, SynchronizationEvent, TRUE);
}

static bool is_holder(PFAST_MUTEX mutex)
{
	return __atomic_load_n(&mutex->Owner, __ATOMIC_RELAXED) == &nrt_self;
}

static void set_holder(PFAST_MUTEX mutex, void *holder)
{
	__atomic_store_n(&mutex->Owner, holder, __ATOMIC_RELAXED);
}

static void take(const char *ddi, PFAST_MUTEX mutex)
{
	nrt_check_wait(ddi);
	if (is_holder(mutex))
		nrt_violation("RS-LCK-01", "%s: mutex %p acquired again by its holder, which "
			      "waits for itself", ddi, (void *)mutex);
	KeWaitForSingleObject(&mutex->Event, Executive, KernelMode, FALSE, NULL);
	set_holder(mutex, &nrt_self);
}

static bool try_take(const char *ddi, PFAST_MUTEX mutex)
{
	LARGE_INTEGER now = { .QuadPart = 0 };

	nrt_check_irql(ddi, APC_LEVEL);
	if (KeWaitForSingleObject(&mutex->Event, Executive, KernelMode, FALSE, &now) !=
	    STATUS_SUCCESS)
		return false;
	set_holder(mutex, &nrt_self);
	return true;
}

static bool give(const char *ddi, PFAST_MUTEX mutex)
{
	if (!is_holder(mutex)) {
		nrt_violation("RS-LCK-01", "%s: mutex %p released by a thread that does not own it",
			      ddi, (void *)mutex);
		return false;
	}
	set_holder(mutex, NULL);
	KeSetEvent(&mutex->Event, IO_NO_INCREMENT, FALSE);
	return true;
}

VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
	take("ExAcquireFastMutex", FastMutex);
	FastMutex->OldIrql = nrt_irql_raise(APC_LEVEL);
}

BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
	if (!try_take("ExTryToAcquireFastMutex", FastMutex))
		return FALSE;
	FastMutex->OldIrql = nrt_irql_raise(APC_LEVEL);
	return TRUE;
}

VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
	KIRQL old = (KIRQL)FastMutex->OldIrql; /* the next holder's once it is given */

	nrt_check_irql("ExReleaseFastMutex", APC_LEVEL);
	if (give("ExReleaseFastMutex", FastMutex))
		nrt_irql_lower(old);
}

VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
	nrt_check_region("ExAcquireFastMutexUnsafe");
	take("ExAcquireFastMutexUnsafe", FastMutex);
}

VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
	nrt_check_irql("ExReleaseFastMutexUnsafe", APC_LEVEL);
	give("ExReleaseFastMutexUnsafe", FastMutex);
}

/* --------------------------------------------------------- guarded mutex */

VOID KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex)
{
	nrt_check_irql("KeInitializeGuardedMutex", APC_LEVEL);
	ExInitializeFastMutex(Mutex);
}

VOID KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
	nrt_self.guarded++;
	take("KeAcquireGuardedMutex", Mutex);
}

BOOLEAN KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
	if (!try_take("KeTryToAcquireGuardedMutex", Mutex))
		return FALSE;
	nrt_self.guarded++;
	return TRUE;
}

VOID KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex)
{
	if (give("KeReleaseGuardedMutex", Mutex))
		KeLeaveGuardedRegion();
}

VOID KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
	if (nrt_verifying && !KeAreAllApcsDisabled())
		nrt_violation("RS-LCK-01", "KeAcquireGuardedMutexUnsafe called outside of a "
			      "guarded region");
	take("KeAcquireGuardedMutexUnsafe", Mutex);
}

VOID KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
	nrt_check_irql("KeReleaseGuardedMutexUnsafe", APC_LEVEL);
	give("KeReleaseGuardedMutexUnsafe", Mutex);
}
