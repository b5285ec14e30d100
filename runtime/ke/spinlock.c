/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spin locks of drivers, under their kernel names. Called on any thread up to
 * DISPATCH_LEVEL. A holder is at DISPATCH_LEVEL with a processor of its own,
 * but the system below may still preempt it, so a spin is bounded.
 */
#include "spinlock.h"

#include <sched.h>
#include <stdatomic.h>

#include <wdm.h>

#include "irql.h"
#include "verifier.h"

#define SPINS_BEFORE_YIELD 1024

static _Atomic uint64_t yields;

uint64_t nrt_spin_yields(void)
{
	return atomic_load_explicit(&yields, memory_order_relaxed);
}

void nrt_spin_relax(unsigned int turns)
{
	if (turns % SPINS_BEFORE_YIELD != SPINS_BEFORE_YIELD - 1) {
		YieldProcessor();
		return;
	}
	atomic_fetch_add_explicit(&yields, 1, memory_order_relaxed);
	sched_yield();
}

void nrt_spin_contend(uintptr_t *word)
{
	unsigned int turns = 0;

	if (nrt_spin_held(word))
		nrt_violation("RS-LCK-01", "spin lock %p acquired again by its holder",
			      (void *)word);
	do {
		while (__atomic_load_n(word, __ATOMIC_RELAXED) != 0)
			nrt_spin_relax(turns++);
	} while (!nrt_spin_try(word));
}

void nrt_spin_unheld(const uintptr_t *word)
{
	nrt_violation("RS-LCK-01", "spin lock %p released by a thread that does not hold it",
		      (const void *)word);
}

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
	__atomic_store_n(SpinLock, 0, __ATOMIC_RELEASE);
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
	KIRQL old = nrt_irql_raise(DISPATCH_LEVEL);

	nrt_spin_acquire(SpinLock);
	return old;
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
	nrt_spin_release(SpinLock);
	nrt_irql_lower(NewIrql);
}

static void need_dispatch(const char *ddi)
{
	if (__builtin_expect(nrt_verifying, 0) && nrt_self.irql < DISPATCH_LEVEL)
		nrt_violation("RS-LCK-02", "%s called below DISPATCH_LEVEL", ddi);
}

VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
	need_dispatch("KeAcquireSpinLockAtDpcLevel");
	nrt_spin_acquire(SpinLock);
}

VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
	need_dispatch("KeReleaseSpinLockFromDpcLevel");
	nrt_spin_release(SpinLock);
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
	need_dispatch("KeTryToAcquireSpinLockAtDpcLevel");
	if (!nrt_spin_try(SpinLock))
		return FALSE;
	nrt_self.locks++;
	return TRUE;
}

/* TRUE when the lock is free. */
BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
	return __atomic_load_n(SpinLock, __ATOMIC_RELAXED) == 0;
}

/*
 * Queued locks promise first come, first served; the word is shared with
 * drivers that use it as an ordinary lock, so fairness is left to the spin.
 */
VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
	LockHandle->LockQueue.Lock = SpinLock;
	LockHandle->OldIrql = KeAcquireSpinLockRaiseToDpc(SpinLock);
}

VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
	KeReleaseSpinLock(LockHandle->LockQueue.Lock, LockHandle->OldIrql);
}

VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
	LockHandle->LockQueue.Lock = SpinLock;
	KeAcquireSpinLockAtDpcLevel(SpinLock);
}

VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
	KeReleaseSpinLockFromDpcLevel(LockHandle->LockQueue.Lock);
}

/* A threaded DPC need not know at which IRQL it runs. */
KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock)
{
	return KeAcquireSpinLockRaiseToDpc(SpinLock);
}

VOID KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql)
{
	KeReleaseSpinLock(SpinLock, OldIrql);
}

VOID KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
	KeAcquireInStackQueuedSpinLock(SpinLock, LockHandle);
}

VOID KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle)
{
	KeReleaseInStackQueuedSpinLock(LockHandle);
}
