/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exclusion of ISRs: the caller is raised to DIRQL and holds the interrupt's lock,
 * which ISRs run under. Called by drivers and around ISRs, on any thread up to DIRQL.
 */
#include "interrupt.h"

#include "irql.h"
#include "spinlock.h"

KIRQL KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt)
{
	KIRQL old = nrt_irql_raise(NRT_DIRQL);

	nrt_spin_acquire(&Interrupt->lock);
	return old;
}

VOID KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql)
{
	nrt_spin_release(&Interrupt->lock);
	nrt_irql_lower(OldIrql);
}

BOOLEAN KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
			       PVOID SynchronizeContext)
{
	KIRQL old = KeAcquireInterruptSpinLock(Interrupt);
	BOOLEAN result = SynchronizeRoutine(SynchronizeContext);

	KeReleaseInterruptSpinLock(Interrupt, old);
	return result;
}
