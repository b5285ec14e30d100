/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Push locks: a reader-writer lock in a word. Called by drivers inside a
 * critical region, below DISPATCH_LEVEL. Uncontended it is one atomic; who has
 * to wait stands in one line of the runtime's, and a release hands the lock to
 * the first of those that stand there for it, or to all the readers there.
 */
#include <pthread.h>
#include <stdbool.h>

#include <wdm.h>

#include "dispatcher.h"
#include "irql.h"
#include "region.h"
#include "verifier.h"

/*
 * The word: 0 free; the holder's nrt_self and EXCLUSIVE; or readers times READER.
 * WAITED says that somebody stands in line, so that neither a reader nor a
 * writer passes by; it is set and cleared under the line's lock.
 */
#define EXCLUSIVE ((ULONG_PTR)1)
#define WAITED ((ULONG_PTR)2)
#define READER ((ULONG_PTR)4)

_Static_assert(_Alignof(struct nrt_thread) >= 4, "a thread's address leaves two bits free");

struct waiter {
	LIST_ENTRY link;
	pthread_cond_t cond;
	PEX_PUSH_LOCK lock;
	ULONG_PTR holder; /* EXCLUSIVE with the thread, or READER */
	bool granted;
};

static pthread_mutex_t line_lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_ENTRY line = { &line, &line };

VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock)
{
	__atomic_store_n(PushLock, 0, __ATOMIC_RELEASE);
}

static ULONG_PTR own_word(void)
{
	return (ULONG_PTR)&nrt_self | EXCLUSIVE;
}

static bool compatible(ULONG_PTR word, ULONG_PTR holder)
{
	return word == 0 || (holder == READER && (word & (EXCLUSIVE | WAITED)) == 0);
}

/* Acquire pairs with the release in give_back() or grant(). */
static bool try_take(PEX_PUSH_LOCK lock, ULONG_PTR holder)
{
	ULONG_PTR word = __atomic_load_n(lock, __ATOMIC_RELAXED);

	while (compatible(word, holder))
		if (__atomic_compare_exchange_n(lock, &word, word + holder, true, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

/* Line locked. False: it came free meanwhile and is taken. */
static bool must_wait(PEX_PUSH_LOCK lock, ULONG_PTR holder)
{
	ULONG_PTR word = __atomic_load_n(lock, __ATOMIC_RELAXED);

	for (;;) {
		bool free = compatible(word, holder);
		ULONG_PTR wanted = free ? word + holder : word | WAITED;

		if (__atomic_compare_exchange_n(lock, &word, wanted, true, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return !free;
	}
}

static void take(const char *ddi, PEX_PUSH_LOCK lock, ULONG_PTR holder)
{
	struct waiter w = { .lock = lock, .holder = holder };

	nrt_check_wait(ddi);
	nrt_check_region(ddi);
	if (try_take(lock, holder))
		return;
	if ((__atomic_load_n(lock, __ATOMIC_RELAXED) & ~WAITED) == own_word())
		nrt_violation("RS-LCK-01", "%s: push lock %p acquired again by its holder, which "
			      "waits for itself", ddi, (void *)lock);
	pthread_mutex_lock(&line_lock);
	if (must_wait(lock, holder)) {
		nrt_cond_init(&w.cond);
		InsertTailList(&line, &w.link);
		while (!w.granted)
			pthread_cond_wait(&w.cond, &line_lock);
		pthread_cond_destroy(&w.cond);
	}
	pthread_mutex_unlock(&line_lock);
}

/* Line locked: the first in line for @lock, from @link on; or NULL. */
static struct waiter *next_for(PEX_PUSH_LOCK lock, LIST_ENTRY *link)
{
	for (; link != &line; link = link->Flink) {
		struct waiter *w = CONTAINING_RECORD(link, struct waiter, link);

		if (w->lock == lock)
			return w;
	}
	return NULL;
}

/* @lock has no holder and WAITED set: nobody but us changes the word. */
static void grant(PEX_PUSH_LOCK lock)
{
	struct waiter *w, *next;
	ULONG_PTR word = 0;

	pthread_mutex_lock(&line_lock);
	for (w = next_for(lock, line.Flink); w != NULL && compatible(word, w->holder); w = next) {
		next = next_for(lock, w->link.Flink);
		word += w->holder;
		RemoveEntryList(&w->link);
		w->granted = true;
		pthread_cond_signal(&w->cond);
	}
	__atomic_store_n(lock, w != NULL ? word | WAITED : word, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&line_lock);
}

static void give_back(const char *ddi, PEX_PUSH_LOCK lock, bool exclusive)
{
	ULONG_PTR word = __atomic_load_n(lock, __ATOMIC_RELAXED);
	ULONG_PTR mine = exclusive ? own_word() : READER, left;

	nrt_check_irql(ddi, APC_LEVEL);
	nrt_check_region(ddi);
	do {
		bool held = exclusive ? (word & ~WAITED) == mine
				      : (word & EXCLUSIVE) == 0 && word >= READER;

		if (!held) {
			nrt_violation("RS-LCK-01", "%s: push lock %p is not held so by this thread",
				      ddi, (void *)lock);
			return;
		}
		left = word - mine;
	} while (!__atomic_compare_exchange_n(lock, &word, left, true, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
	if (left == WAITED)
		grant(lock);
}

VOID ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
	(void)Flags;
	take("ExAcquirePushLockExclusive", PushLock, own_word());
}

VOID ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
	(void)Flags;
	give_back("ExReleasePushLockExclusive", PushLock, true);
}

VOID ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
	(void)Flags;
	take("ExAcquirePushLockShared", PushLock, READER);
}

VOID ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
	(void)Flags;
	give_back("ExReleasePushLockShared", PushLock, false);
}
