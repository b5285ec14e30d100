/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Executive resources: recursive reader-writer locks that know their owners.
 * Acquired by drivers inside a critical region, below DISPATCH_LEVEL. One lock
 * guards the state of all of them; who has to wait stands in the resource's
 * line and finds itself an owner when it is woken.
 */
#include <pthread.h>
#include <stdbool.h>

#include <wdm.h>

#include "dispatcher.h"
#include "irql.h"
#include "memory.h"
#include "region.h"
#include "verifier.h"

#define OWNERS_TAG 0x6f736552 /* Reso */

enum access {
	EXCLUSIVE,
	SHARED,       /* behind those that wait for exclusive access */
	SHARED_FIRST, /* ahead of them */
	SHARED_LAST,  /* behind them though it shares already */
};

struct waiter {
	LIST_ENTRY link; /* ERESOURCE.nrt_waiters */
	pthread_cond_t cond;
	ERESOURCE_THREAD thread;
	bool exclusive, granted;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ERESOURCE_THREAD self(void)
{
	return ExGetCurrentResourceThread();
}

/* -------------------------------------------------------- owners; locked */

static POWNER_ENTRY find(PERESOURCE r, ERESOURCE_THREAD thread)
{
	for (ULONG i = 0; i < r->nrt_owner_room; i++)
		if (r->nrt_owners[i].OwnerThread == thread)
			return &r->nrt_owners[i];
	return NULL;
}

static void free_owners(PERESOURCE r)
{
	if (r->nrt_owners != r->nrt_first_owners)
		nrt_memory_free(r->nrt_owners, OWNERS_TAG);
}

/* Room for one owner more, so that whoever waits can be made one. False: out
 * of memory. */
static bool make_room(PERESOURCE r)
{
	ULONG wanted = r->nrt_holders + r->NumberOfSharedWaiters + r->NumberOfExclusiveWaiters + 1;
	POWNER_ENTRY more;

	if (wanted <= r->nrt_owner_room)
		return true;
	more = nrt_memory_zalloc(2 * wanted * sizeof(*more), OWNERS_TAG, NULL);
	if (more == NULL)
		return false;
	memcpy(more, r->nrt_owners, r->nrt_owner_room * sizeof(*more));
	free_owners(r);
	r->nrt_owners = more;
	r->nrt_owner_room = 2 * wanted;
	return true;
}

static void add_owner(PERESOURCE r, ERESOURCE_THREAD thread, bool exclusive)
{
	POWNER_ENTRY owner = find(r, thread);

	if (owner == NULL) {
		owner = find(r, 0);
		owner->OwnerThread = thread;
		r->nrt_holders++;
	}
	owner->nrt_count++;
	r->nrt_exclusive = exclusive;
}

static void leave_line(PERESOURCE r, struct waiter *w)
{
	RemoveEntryList(&w->link);
	(*(w->exclusive ? &r->NumberOfExclusiveWaiters : &r->NumberOfSharedWaiters))--;
	add_owner(r, w->thread, w->exclusive);
	w->granted = true;
	pthread_cond_signal(&w->cond);
}

/* Let in who may come: the first in line, and with a reader those behind it up to
 * a writer; @past_writers: all readers. */
static void let_in(PERESOURCE r, bool past_writers)
{
	LIST_ENTRY *link = r->nrt_waiters.Flink;

	while (link != &r->nrt_waiters && !r->nrt_exclusive) {
		struct waiter *w = CONTAINING_RECORD(link, struct waiter, link);

		link = link->Flink;
		if (!w->exclusive || r->nrt_holders == 0)
			leave_line(r, w);
		else if (!past_writers)
			break;
	}
}

/* ------------------------------------------------------------------ life */

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource)
{
	nrt_check_irql("ExInitializeResourceLite", DISPATCH_LEVEL);
	memset(Resource, 0, sizeof(*Resource));
	InitializeListHead(&Resource->nrt_waiters);
	Resource->nrt_owners = Resource->nrt_first_owners;
	Resource->nrt_owner_room = NRT_RESOURCE_OWNERS;
	return STATUS_SUCCESS;
}

static void check_free(const char *ddi, PERESOURCE r)
{
	if (r->nrt_holders != 0 || !IsListEmpty(&r->nrt_waiters))
		nrt_violation("RS-LCK-01", "%s: resource %p is held by %u threads and %u wait", ddi,
			      (void *)r, r->nrt_holders,
			      r->NumberOfSharedWaiters + r->NumberOfExclusiveWaiters);
}

NTSTATUS ExReinitializeResourceLite(PERESOURCE Resource)
{
	nrt_check_irql("ExReinitializeResourceLite", DISPATCH_LEVEL);
	pthread_mutex_lock(&lock);
	check_free("ExReinitializeResourceLite", Resource);
	free_owners(Resource);
	ExInitializeResourceLite(Resource);
	pthread_mutex_unlock(&lock);
	return STATUS_SUCCESS;
}

NTSTATUS ExDeleteResourceLite(PERESOURCE Resource)
{
	nrt_check_irql("ExDeleteResourceLite", APC_LEVEL);
	pthread_mutex_lock(&lock);
	check_free("ExDeleteResourceLite", Resource);
	free_owners(Resource);
	memset(Resource, 0, sizeof(*Resource));
	pthread_mutex_unlock(&lock);
	return STATUS_SUCCESS;
}

/* --------------------------------------------------------------- acquire */

static bool may_enter(PERESOURCE r, enum access access, const OWNER_ENTRY *mine)
{
	if (r->nrt_holders == 0)
		return access == SHARED_FIRST || IsListEmpty(&r->nrt_waiters);
	if (r->nrt_exclusive)
		return mine != NULL;
	switch (access) {
	case EXCLUSIVE:
		return false;
	case SHARED_FIRST:
		return true;
	case SHARED_LAST:
		return r->NumberOfExclusiveWaiters == 0;
	default:
		return mine != NULL || r->NumberOfExclusiveWaiters == 0;
	}
}

static void wait_in_line(PERESOURCE r, bool exclusive)
{
	struct waiter w = { .thread = self(), .exclusive = exclusive };

	nrt_cond_init(&w.cond);
	InsertTailList(&r->nrt_waiters, &w.link);
	(*(exclusive ? &r->NumberOfExclusiveWaiters : &r->NumberOfSharedWaiters))++;
	while (!w.granted)
		pthread_cond_wait(&w.cond, &lock);
	pthread_cond_destroy(&w.cond);
}

/* Locked. False when @wait is and it would have to, for an owner or for memory. */
static bool enter(const char *ddi, PERESOURCE r, enum access access, bool wait)
{
	POWNER_ENTRY mine = find(r, self());

	if (may_enter(r, access, mine)) {
		add_owner(r, self(), mine != NULL ? r->nrt_exclusive != 0 : access == EXCLUSIVE);
		return true;
	}
	if (!wait)
		return false;
	if (mine != NULL && access == EXCLUSIVE)
		nrt_violation("RS-LCK-01", "%s: resource %p is shared by its caller, which waits "
			      "for itself", ddi, (void *)r);
	wait_in_line(r, access == EXCLUSIVE);
	return true;
}

static BOOLEAN acquire(const char *ddi, PERESOURCE r, enum access access, BOOLEAN wait)
{
	LARGE_INTEGER soon = { .QuadPart = -10000 };
	bool room, entered = false;

	nrt_check_irql(ddi, APC_LEVEL);
	nrt_check_region(ddi);
	do {
		pthread_mutex_lock(&lock);
		room = make_room(r);
		if (room)
			entered = enter(ddi, r, access, wait);
		pthread_mutex_unlock(&lock);
		if (!room && wait) /* until there is memory: waiting cannot fail */
			KeDelayExecutionThread(KernelMode, FALSE, &soon);
	} while (!room && wait);
	return entered;
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
	return acquire("ExAcquireResourceExclusiveLite", Resource, EXCLUSIVE, Wait);
}

BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
	return acquire("ExAcquireResourceSharedLite", Resource, SHARED, Wait);
}

BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
	return acquire("ExAcquireSharedStarveExclusive", Resource, SHARED_FIRST, Wait);
}

BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
	return acquire("ExAcquireSharedWaitForExclusive", Resource, SHARED_LAST, Wait);
}

PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource)
{
	KeEnterCriticalRegion();
	ExAcquireResourceExclusiveLite(Resource, TRUE);
	return KeGetCurrentThread();
}

/* --------------------------------------------------------------- release */

static void release(const char *ddi, PERESOURCE r, ERESOURCE_THREAD thread)
{
	POWNER_ENTRY owner;
	bool held;

	nrt_check_irql(ddi, DISPATCH_LEVEL);
	pthread_mutex_lock(&lock);
	owner = find(r, thread);
	held = thread != 0 && owner != NULL;
	if (held && --owner->nrt_count == 0) {
		owner->OwnerThread = 0;
		r->nrt_holders--;
		if (r->nrt_holders == 0)
			r->nrt_exclusive = 0;
		let_in(r, false);
	}
	pthread_mutex_unlock(&lock);
	if (!held)
		nrt_violation("RS-LCK-01", "%s: resource %p is not held by thread 0x%lX: bug check "
			      "E3, RESOURCE_NOT_OWNED", ddi, (void *)r, thread);
}

VOID ExReleaseResourceLite(PERESOURCE Resource)
{
	release("ExReleaseResourceLite", Resource, self());
}

VOID ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId)
{
	release("ExReleaseResourceForThreadLite", Resource, ResourceThreadId);
}

VOID ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource)
{
	ExReleaseResourceLite(Resource);
	KeLeaveCriticalRegion();
}

VOID ExConvertExclusiveToSharedLite(PERESOURCE Resource)
{
	bool held;

	nrt_check_irql("ExConvertExclusiveToSharedLite", APC_LEVEL);
	pthread_mutex_lock(&lock);
	held = Resource->nrt_exclusive != 0 && find(Resource, self()) != NULL;
	if (held) {
		Resource->nrt_exclusive = 0;
		let_in(Resource, true);
	}
	pthread_mutex_unlock(&lock);
	if (!held)
		nrt_violation("RS-LCK-01", "ExConvertExclusiveToSharedLite: resource %p is not held "
			      "exclusively by this thread: bug check E3, RESOURCE_NOT_OWNED",
			      (void *)Resource);
}

/* The two lowest bits tell such an owner from a thread. */
VOID ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags)
{
	ERESOURCE_THREAD owner = (ERESOURCE_THREAD)OwnerPointer;
	POWNER_ENTRY mine, same;

	(void)Flags; /* whom to boost, which is nobody here */
	nrt_check_irql("ExSetResourceOwnerPointerEx", DISPATCH_LEVEL);
	pthread_mutex_lock(&lock);
	mine = find(Resource, self());
	same = find(Resource, owner);
	if (mine != NULL && (owner & 3) == 3) {
		mine->OwnerThread = owner;
		if (same != NULL) { /* shared under this pointer before */
			same->nrt_count += mine->nrt_count;
			*mine = (OWNER_ENTRY){ 0 };
			Resource->nrt_holders--;
		}
	}
	pthread_mutex_unlock(&lock);
	if (mine == NULL || (owner & 3) != 3)
		nrt_violation("RS-LCK-01", "ExSetResourceOwnerPointerEx: resource %p, owner pointer "
			      "%p: %s", (void *)Resource, OwnerPointer,
			      mine == NULL ? "the caller does not hold the resource"
					   : "its two lowest bits are not set");
}

VOID ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer)
{
	ExSetResourceOwnerPointerEx(Resource, OwnerPointer, 0);
}

/* --------------------------------------------------------------- queries */

ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
	POWNER_ENTRY mine;
	ULONG count;

	nrt_check_irql("ExIsResourceAcquiredSharedLite", DISPATCH_LEVEL);
	pthread_mutex_lock(&lock);
	mine = find(Resource, self());
	count = mine != NULL ? mine->nrt_count : 0;
	pthread_mutex_unlock(&lock);
	return count;
}

BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
	bool is;

	nrt_check_irql("ExIsResourceAcquiredExclusiveLite", DISPATCH_LEVEL);
	pthread_mutex_lock(&lock);
	is = Resource->nrt_exclusive != 0 && find(Resource, self()) != NULL;
	pthread_mutex_unlock(&lock);
	return is;
}

static ULONG read_count(const ULONG *count)
{
	ULONG n;

	pthread_mutex_lock(&lock);
	n = *count;
	pthread_mutex_unlock(&lock);
	return n;
}

ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource)
{
	nrt_check_irql("ExGetExclusiveWaiterCount", DISPATCH_LEVEL);
	return read_count(&Resource->NumberOfExclusiveWaiters);
}

ULONG ExGetSharedWaiterCount(PERESOURCE Resource)
{
	nrt_check_irql("ExGetSharedWaiterCount", DISPATCH_LEVEL);
	return read_count(&Resource->NumberOfSharedWaiters);
}
