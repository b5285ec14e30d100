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

/* Workers are the first 64 processors: all of them are in group 0. */
NTSTATUS IoGetAffinityInterrupt(PKINTERRUPT InterruptObject, PGROUP_AFFINITY GroupAffinity)
{
	if (InterruptObject == NULL || InterruptObject->magic != NRT_KINTERRUPT_MAGIC)
		return STATUS_INVALID_PARAMETER;
	*GroupAffinity = (GROUP_AFFINITY){ .Mask = InterruptObject->affinity };
	return STATUS_SUCCESS;
}

BOOLEAN KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
			       PVOID SynchronizeContext)
{
	KIRQL old = KeAcquireInterruptSpinLock(Interrupt);
	BOOLEAN result = SynchronizeRoutine(SynchronizeContext);

	KeReleaseInterruptSpinLock(Interrupt, old);
	return result;
}
