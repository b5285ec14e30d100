/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS_RW_LOCK_EX: readers count themselves per processor and share no cache
 * line; a writer waits for every processor's readers to leave. Called by
 * drivers up to DISPATCH_LEVEL. Holders own their processor, so a count has
 * one writer, and a nested read is one that finds its count above zero.
 * [nf-ndis-ndisacquirerwlockread, nf-ndis-ndisacquirerwlockwrite]
 */
#include <ndis/services.h>

#include "irql.h"
#include "memory.h"
#include "spinlock.h"

#define RW_LOCK_TAG 0x4b4c5752 /* RWLK */

enum { STATE_FREE, STATE_READ, STATE_WRITE };

struct readers {
	_Alignas(64) uint32_t count; /* owner of the processor: rw; writers: ro */
};

struct _NDIS_RW_LOCK_EX {
	_Alignas(64) uintptr_t writer; /* spin lock word */
	uint32_t processors;
	struct readers readers[];
};

PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle)
{
	uint32_t n = nrt_processor_count();
	PNDIS_RW_LOCK_EX lock;

	nrt_check_irql("NdisAllocateRWLock", DISPATCH_LEVEL);
	lock = nrt_memory_alloc(sizeof(*lock) + n * sizeof(lock->readers[0]), RW_LOCK_TAG,
				NdisHandle);
	if (lock == NULL)
		return NULL;
	memset(lock, 0, sizeof(*lock) + n * sizeof(lock->readers[0]));
	lock->processors = n;
	return lock;
}

VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock)
{
	if (__atomic_load_n(&Lock->writer, __ATOMIC_RELAXED) != 0)
		nrt_violation("RS-LCK-01", "NdisFreeRWLock: lock %p is held", (void *)Lock);
	nrt_memory_free(Lock, RW_LOCK_TAG);
}

static KIRQL raise_for(const char *ddi, PLOCK_STATE_EX state, UCHAR flags)
{
	if ((flags & NDIS_RWL_AT_DISPATCH_LEVEL) != 0 && nrt_self.irql < DISPATCH_LEVEL)
		nrt_violation("RS-LCK-03", "%s: NDIS_RWL_AT_DISPATCH_LEVEL at IRQL %u", ddi,
			      nrt_self.irql);
	state->Flags = flags;
	return nrt_irql_raise(DISPATCH_LEVEL);
}

VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
	KIRQL old = raise_for("NdisAcquireRWLockRead", LockState, Flags);
	uint32_t *count = &Lock->readers[nrt_self.processor].count;
	uint32_t held = __atomic_load_n(count, __ATOMIC_RELAXED);

	/* Store and load are sequentially consistent, as are the writer's: one of
	 * the two sees the other. A nested reader has no one to wait for. */
	__atomic_store_n(count, held + 1, __ATOMIC_SEQ_CST);
	while (held == 0 && __atomic_load_n(&Lock->writer, __ATOMIC_SEQ_CST) != 0) {
		__atomic_store_n(count, 0, __ATOMIC_RELEASE);
		for (unsigned int turns = 0; __atomic_load_n(&Lock->writer, __ATOMIC_RELAXED) != 0;
		     turns++)
			nrt_spin_relax(turns);
		__atomic_store_n(count, 1, __ATOMIC_SEQ_CST);
	}
	nrt_self.locks++;
	LockState->OldIrql = old;
	LockState->LockState = STATE_READ;
}

static void wait_for_readers(PNDIS_RW_LOCK_EX lock)
{
	for (uint32_t i = 0; i < lock->processors; i++)
		for (unsigned int turns = 0;
		     __atomic_load_n(&lock->readers[i].count, __ATOMIC_SEQ_CST) != 0; turns++)
			nrt_spin_relax(turns);
}

static bool take_writer(uintptr_t *word)
{
	uintptr_t free = 0;

	return __atomic_compare_exchange_n(word, &free, nrt_spin_owner(), false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
	KIRQL old = raise_for("NdisAcquireRWLockWrite", LockState, Flags);

	if (Lock->readers[nrt_self.processor].count != 0)
		nrt_violation("RS-LCK-03", "NdisAcquireRWLockWrite: lock %p is held for read on "
			      "this processor and cannot be promoted", (void *)Lock);
	for (unsigned int turns = 0; !take_writer(&Lock->writer); turns++)
		nrt_spin_relax(turns);
	wait_for_readers(Lock);
	nrt_self.locks++;
	LockState->OldIrql = old;
	LockState->LockState = STATE_WRITE;
}

VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
	uint32_t *count;

	switch (LockState->LockState) {
	case STATE_READ:
		count = &Lock->readers[nrt_self.processor].count;
		__atomic_store_n(count, *count - 1, __ATOMIC_RELEASE);
		break;
	case STATE_WRITE:
		__atomic_store_n(&Lock->writer, 0, __ATOMIC_RELEASE);
		break;
	default:
		nrt_violation("RS-LCK-03", "NdisReleaseRWLock: lock state %p holds nothing",
			      (void *)LockState);
		return;
	}
	LockState->LockState = STATE_FREE;
	nrt_self.locks--;
	nrt_irql_lower(LockState->OldIrql);
}
