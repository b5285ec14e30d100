/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS_RW_LOCK, the older reader-writer lock that drivers keep in their own
 * memory: an executive spin lock under another name. Called by drivers up to
 * DISPATCH_LEVEL, the Dpr forms at DISPATCH_LEVEL only.
 */
#include <ndis/services.h>

#include "irql.h"
#include "verifier.h"

enum { STATE_FREE, STATE_READ, STATE_WRITE };

VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock)
{
	memset(Lock, 0, sizeof(*Lock));
}

static void acquire(PNDIS_RW_LOCK lock, BOOLEAN write, PLOCK_STATE state)
{
	if (write)
		ExAcquireSpinLockExclusiveAtDpcLevel(&lock->nrt_lock);
	else
		ExAcquireSpinLockSharedAtDpcLevel(&lock->nrt_lock);
	state->LockState = write ? STATE_WRITE : STATE_READ;
}

static bool release(PNDIS_RW_LOCK lock, PLOCK_STATE state)
{
	USHORT held = state->LockState;

	state->LockState = STATE_FREE;
	if (held == STATE_WRITE) {
		ExReleaseSpinLockExclusiveFromDpcLevel(&lock->nrt_lock);
	} else if (held == STATE_READ) {
		ExReleaseSpinLockSharedFromDpcLevel(&lock->nrt_lock);
	} else {
		nrt_violation("RS-LCK-01", "read-write lock %p released by a state that holds "
			      "nothing", (void *)lock);
		return false;
	}
	return true;
}

VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
	KIRQL old = nrt_irql_raise(DISPATCH_LEVEL);

	acquire(Lock, fWrite, LockState);
	LockState->OldIrql = old;
}

VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
	KIRQL old = LockState->OldIrql;

	if (release(Lock, LockState))
		nrt_irql_lower(old);
}

static void need_dispatch(const char *ddi)
{
	if (nrt_verifying && nrt_self.irql < DISPATCH_LEVEL)
		nrt_violation("RS-LCK-02", "%s called below DISPATCH_LEVEL", ddi);
}

VOID NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
	need_dispatch("NdisDprAcquireReadWriteLock");
	acquire(Lock, fWrite, LockState);
	LockState->OldIrql = nrt_self.irql;
}

VOID NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
	need_dispatch("NdisDprReleaseReadWriteLock");
	release(Lock, LockState);
}
