/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EX_SPIN_LOCK, the reader-writer spin lock in one LONG: the sign bit is the
 * writer, the rest counts readers. Called by drivers up to DISPATCH_LEVEL. A
 * writer that waits does not stop new readers.
 */
#include <wdm.h>

#include "irql.h"
#include "spinlock.h"

#define WRITER ((LONG)0x80000000)

static bool try_shared(PEX_SPIN_LOCK lock)
{
	LONG seen = __atomic_load_n(lock, __ATOMIC_RELAXED);

	return seen >= 0 && __atomic_compare_exchange_n(lock, &seen, seen + 1, false,
							__ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static bool try_exclusive(PEX_SPIN_LOCK lock)
{
	LONG seen = 0;

	return __atomic_compare_exchange_n(lock, &seen, WRITER, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

VOID ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
	for (unsigned int turns = 0; !try_shared(SpinLock); turns++)
		nrt_spin_relax(turns);
	nrt_self.locks++;
}

VOID ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
	for (unsigned int turns = 0; !try_exclusive(SpinLock); turns++)
		nrt_spin_relax(turns);
	nrt_self.locks++;
}

VOID ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
	if (__atomic_load_n(SpinLock, __ATOMIC_RELAXED) <= 0) {
		nrt_violation("RS-LCK-01", "shared release of spin lock %p, which has no reader",
			      (void *)SpinLock);
		return;
	}
	nrt_self.locks--;
	__atomic_fetch_sub(SpinLock, 1, __ATOMIC_RELEASE);
}

VOID ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
	if (__atomic_load_n(SpinLock, __ATOMIC_RELAXED) != WRITER) {
		nrt_violation("RS-LCK-01", "exclusive release of spin lock %p, which has no writer",
			      (void *)SpinLock);
		return;
	}
	nrt_self.locks--;
	__atomic_store_n(SpinLock, 0, __ATOMIC_RELEASE);
}

KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock)
{
	KIRQL old = nrt_irql_raise(DISPATCH_LEVEL);

	ExAcquireSpinLockSharedAtDpcLevel(SpinLock);
	return old;
}

VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
	ExReleaseSpinLockSharedFromDpcLevel(SpinLock);
	nrt_irql_lower(OldIrql);
}

KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
	KIRQL old = nrt_irql_raise(DISPATCH_LEVEL);

	ExAcquireSpinLockExclusiveAtDpcLevel(SpinLock);
	return old;
}

VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
	ExReleaseSpinLockExclusiveFromDpcLevel(SpinLock);
	nrt_irql_lower(OldIrql);
}

/* From the only reader to the writer; FALSE when there are other readers. */
LOGICAL ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
	LONG one = 1;

	return __atomic_compare_exchange_n(SpinLock, &one, WRITER, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}
