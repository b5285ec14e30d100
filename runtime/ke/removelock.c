/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Remove locks. Acquired and released by drivers on any thread up to
 * DISPATCH_LEVEL, waited for at PASSIVE_LEVEL when a device goes. When verifying,
 * each acquisition is noted with its tag, in memory under the lock's own tag, so
 * that one which is never released is found in the ledger.
 */
#include <pthread.h>
#include <stdbool.h>

#include <wdm.h>

#include "dispatcher.h"
#include "irql.h"
#include "memory.h"
#include "verifier.h"

struct holder {
	struct holder *next;
	PVOID tag;
	PCSTR file;
	ULONG line;
};

static pthread_mutex_t holders_lock = PTHREAD_MUTEX_INITIALIZER;

VOID IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes,
			      ULONG HighWatermark, ULONG RemlockSize)
{
	(void)MaxLockedMinutes;
	(void)RemlockSize;
	nrt_check_irql("IoInitializeRemoveLock", PASSIVE_LEVEL);
	if (HighWatermark > MAXLONG)
		nrt_violation("RS-LCK-01", "IoInitializeRemoveLock: high watermark 0x%X is more "
			      "than 0x7FFFFFFF", HighWatermark);
	Lock->Common.Removed = FALSE;
	Lock->nrt_tag = AllocateTag;
	Lock->nrt_high_watermark = HighWatermark;
	Lock->nrt_holders = NULL;
	KeInitializeEvent(&Lock->Common.RemoveEvent, NotificationEvent, FALSE);
	__atomic_store_n(&Lock->Common.IoCount, 1, __ATOMIC_RELEASE);
}

/* One user less; the last one lets the removal go on. */
static LONG leave(PIO_REMOVE_LOCK lock)
{
	LONG left = __atomic_sub_fetch(&lock->Common.IoCount, 1, __ATOMIC_SEQ_CST);

	if (left == 0)
		KeSetEvent(&lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
	return left;
}

static bool note_holder(PIO_REMOVE_LOCK lock, PVOID tag, PCSTR file, ULONG line)
{
	struct holder *h = nrt_memory_alloc(sizeof(*h), lock->nrt_tag, NULL);

	if (h == NULL)
		return false;
	*h = (struct holder){ .tag = tag, .file = file, .line = line };
	pthread_mutex_lock(&holders_lock);
	h->next = lock->nrt_holders;
	lock->nrt_holders = h;
	pthread_mutex_unlock(&holders_lock);
	return true;
}

/* False: nobody holds @lock under @tag. */
static bool forget_holder(PIO_REMOVE_LOCK lock, PVOID tag)
{
	struct holder *before = NULL, *h;

	pthread_mutex_lock(&holders_lock);
	for (h = lock->nrt_holders; h != NULL && h->tag != tag; h = h->next)
		before = h;
	if (h != NULL && before != NULL)
		before->next = h->next;
	else if (h != NULL)
		lock->nrt_holders = h->next;
	pthread_mutex_unlock(&holders_lock);
	nrt_memory_free(h, 0);
	return h != NULL;
}

NTSTATUS IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line,
			       ULONG RemlockSize)
{
	ULONG users;

	(void)RemlockSize;
	nrt_check_irql("IoAcquireRemoveLock", DISPATCH_LEVEL);
	users = (ULONG)__atomic_fetch_add(&RemoveLock->Common.IoCount, 1, __ATOMIC_SEQ_CST);
	/* Sequentially consistent, as the removal's store and count are: it sees
	 * this user or this user sees the removal. */
	if (__atomic_load_n(&RemoveLock->Common.Removed, __ATOMIC_SEQ_CST)) {
		leave(RemoveLock);
		return STATUS_DELETE_PENDING;
	}
	if (!nrt_verifying)
		return STATUS_SUCCESS;
	if (RemoveLock->nrt_high_watermark != 0 && users > RemoveLock->nrt_high_watermark)
		nrt_violation("RS-LCK-01", "%s:%u: remove lock %p is acquired %u times, more than "
			      "its high watermark", File, Line, (void *)RemoveLock, users);
	if (note_holder(RemoveLock, Tag, File, Line))
		return STATUS_SUCCESS;
	leave(RemoveLock);
	return STATUS_INSUFFICIENT_RESOURCES;
}

/* Report a release that no acquisition goes with; it is then no release. */
static bool may_release(const char *ddi, PIO_REMOVE_LOCK lock, PVOID tag)
{
	LONG users = __atomic_load_n(&lock->Common.IoCount, __ATOMIC_RELAXED);
	bool held = users > (__atomic_load_n(&lock->Common.Removed, __ATOMIC_RELAXED) ? 0 : 1);

	if (held && nrt_verifying)
		held = forget_holder(lock, tag);
	if (!held)
		nrt_violation("RS-LCK-01", "%s: remove lock %p is not held with tag %p", ddi,
			      (void *)lock, tag);
	return held;
}

VOID IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
	(void)RemlockSize;
	nrt_check_irql("IoReleaseRemoveLock", DISPATCH_LEVEL);
	if (may_release("IoReleaseRemoveLock", RemoveLock, Tag))
		leave(RemoveLock);
}

VOID IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
	(void)RemlockSize;
	nrt_check_irql("IoReleaseRemoveLockAndWait", PASSIVE_LEVEL);
	if (!may_release("IoReleaseRemoveLockAndWait", RemoveLock, Tag))
		return;
	if (__atomic_exchange_n(&RemoveLock->Common.Removed, TRUE, __ATOMIC_SEQ_CST)) {
		nrt_violation("RS-LCK-01", "IoReleaseRemoveLockAndWait: remove lock %p is waited "
			      "for already", (void *)RemoveLock);
		leave(RemoveLock);
		return;
	}
	leave(RemoveLock); /* the caller's own */
	if (leave(RemoveLock) > 0)
		KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE,
				      NULL);
}
