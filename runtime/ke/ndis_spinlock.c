/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS_SPIN_LOCK: a spin lock that remembers the IRQL it was taken at. Called
 * by drivers on any thread up to DISPATCH_LEVEL, the Dpr forms at
 * DISPATCH_LEVEL only. OldIrql also tells which form took the lock, so that a
 * release by the other one is seen (RS-LCK-01).
 */
#include <ndis/services.h>

#include "irql.h"
#include "spinlock.h"

#define TAKEN_BY_DPR 0xff /* no IRQL */

VOID NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	KeInitializeSpinLock(&SpinLock->SpinLock);
	SpinLock->OldIrql = PASSIVE_LEVEL;
}

VOID NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	if (!KeTestSpinLock(&SpinLock->SpinLock))
		nrt_violation("RS-LCK-01", "NdisFreeSpinLock: lock %p is held", (void *)SpinLock);
}

VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	KIRQL old = KeAcquireSpinLockRaiseToDpc(&SpinLock->SpinLock);

	SpinLock->OldIrql = old;
}

VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	KIRQL old;

	if (!nrt_spin_held(&SpinLock->SpinLock)) {
		nrt_spin_unheld(&SpinLock->SpinLock);
		return;
	}
	old = SpinLock->OldIrql;
	nrt_spin_release(&SpinLock->SpinLock);
	if (__builtin_expect(old == TAKEN_BY_DPR, 0))
		nrt_violation("RS-LCK-01",
			      "NdisReleaseSpinLock: lock %p was taken by NdisDprAcquireSpinLock",
			      (void *)SpinLock);
	else
		nrt_irql_lower(old);
}

VOID NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	KeAcquireSpinLockAtDpcLevel(&SpinLock->SpinLock);
	SpinLock->OldIrql = TAKEN_BY_DPR;
}

VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	bool dpr;

	if (!nrt_spin_held(&SpinLock->SpinLock)) {
		nrt_spin_unheld(&SpinLock->SpinLock);
		return;
	}
	dpr = SpinLock->OldIrql == TAKEN_BY_DPR;
	KeReleaseSpinLockFromDpcLevel(&SpinLock->SpinLock);
	if (__builtin_expect(!dpr, 0))
		nrt_violation("RS-LCK-01",
			      "NdisDprReleaseSpinLock: lock %p was taken by NdisAcquireSpinLock",
			      (void *)SpinLock);
}

ULONG NdisInterlockedAddUlong(PULONG Addend, ULONG Increment, PNDIS_SPIN_LOCK SpinLock)
{
	return ExInterlockedAddUlong(Addend, Increment, &SpinLock->SpinLock);
}

PLIST_ENTRY NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					  PNDIS_SPIN_LOCK SpinLock)
{
	return ExInterlockedInsertHeadList(ListHead, ListEntry, &SpinLock->SpinLock);
}

PLIST_ENTRY NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					  PNDIS_SPIN_LOCK SpinLock)
{
	return ExInterlockedInsertTailList(ListHead, ListEntry, &SpinLock->SpinLock);
}

PLIST_ENTRY NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock)
{
	return ExInterlockedRemoveHeadList(ListHead, &SpinLock->SpinLock);
}
