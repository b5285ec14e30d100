/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting. KeWaitForSingleObject and KeWaitForMultipleObjects run on control
 * and system threads at PASSIVE_LEVEL; signals come from any thread. A signal
 * completes the waits it satisfies on the waiters' behalf, so that a waiter
 * is released even when the object is reset again before it runs.
 */
#include "dispatcher.h"

#include <errno.h>
#include <time.h>

#include "clock.h"
#include "irql.h"
#include "thread.h"
#include "verifier.h"

struct wait_block {
	LIST_ENTRY link; /* DISPATCHER_HEADER.WaitListHead */
	struct waiter *waiter;
	DISPATCHER_HEADER *object;
};

struct waiter {
	pthread_cond_t cond;
	struct wait_block *blocks;
	ULONG count;
	WAIT_TYPE type;
	const void *thread; /* who takes a mutex */
	bool done;
	NTSTATUS status;
};

pthread_mutex_t nrt_dispatcher_mutex = PTHREAD_MUTEX_INITIALIZER;

void nrt_dispatcher_lock(void)
{
	pthread_mutex_lock(&nrt_dispatcher_mutex);
}

void nrt_dispatcher_unlock(void)
{
	pthread_mutex_unlock(&nrt_dispatcher_mutex);
}

void nrt_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

void nrt_dispatcher_init(DISPATCHER_HEADER *object, enum nrt_object_type type, bool auto_reset,
			 LONG state)
{
	object->Type = (UCHAR)type;
	object->nrt_auto_reset = auto_reset;
	object->SignalState = state;
	InitializeListHead(&object->WaitListHead);
}

void nrt_check_wait(const char *ddi)
{
	if (nrt_self.irql > APC_LEVEL)
		nrt_violation("RS-LCK-04", "%s waits at IRQL %u, allowed up to APC_LEVEL", ddi,
			      nrt_self.irql);
}

static bool would_satisfy(const DISPATCHER_HEADER *object, const void *thread)
{
	if (object->SignalState > 0)
		return true;
	return object->Type == NRT_OBJECT_MUTEX &&
	       CONTAINING_RECORD(object, const KMUTANT, Header)->nrt_owner == thread;
}

/* What a satisfied wait takes away. */
static void consume(DISPATCHER_HEADER *object, const void *thread)
{
	switch (object->Type) {
	case NRT_OBJECT_MUTEX:
		CONTAINING_RECORD(object, KMUTANT, Header)->nrt_owner = (PVOID)(ULONG_PTR)thread;
		object->SignalState--;
		break;
	case NRT_OBJECT_SEMAPHORE:
		object->SignalState--;
		break;
	default:
		if (object->nrt_auto_reset)
			object->SignalState = 0;
		break;
	}
}

/* Complete @w's wait if its objects allow it now. */
static bool try_satisfy(struct waiter *w)
{
	if (w->type == WaitAny) {
		for (ULONG i = 0; i < w->count; i++) {
			if (!would_satisfy(w->blocks[i].object, w->thread))
				continue;
			consume(w->blocks[i].object, w->thread);
			w->status = STATUS_WAIT_0 + (NTSTATUS)i;
			return true;
		}
		return false;
	}
	for (ULONG i = 0; i < w->count; i++)
		if (!would_satisfy(w->blocks[i].object, w->thread))
			return false;
	for (ULONG i = 0; i < w->count; i++)
		consume(w->blocks[i].object, w->thread);
	w->status = STATUS_SUCCESS;
	return true;
}

static void unlink_blocks(struct waiter *w)
{
	for (ULONG i = 0; i < w->count; i++)
		RemoveEntryList(&w->blocks[i].link);
}

void nrt_dispatcher_signal(DISPATCHER_HEADER *object)
{
	LIST_ENTRY *link = object->WaitListHead.Flink;

	while (link != &object->WaitListHead) {
		struct waiter *w = CONTAINING_RECORD(link, struct wait_block, link)->waiter;

		link = link->Flink;
		/* All blocks of one wait on one object leave together. */
		while (link != &object->WaitListHead &&
		       CONTAINING_RECORD(link, struct wait_block, link)->waiter == w)
			link = link->Flink;
		if (!try_satisfy(w))
			continue;
		unlink_blocks(w);
		w->done = true;
		pthread_cond_signal(&w->cond);
	}
}

static void block(struct waiter *w, const uint64_t *deadline)
{
	struct timespec at;
	int rc = 0;

	nrt_cond_init(&w->cond);
	for (ULONG i = 0; i < w->count; i++)
		InsertTailList(&w->blocks[i].object->WaitListHead, &w->blocks[i].link);
	if (deadline != NULL)
		at = nrt_clock_timespec(*deadline);
	while (!w->done && rc != ETIMEDOUT)
		rc = deadline != NULL
			     ? pthread_cond_timedwait(&w->cond, &nrt_dispatcher_mutex, &at)
			     : pthread_cond_wait(&w->cond, &nrt_dispatcher_mutex);
	if (!w->done) {
		unlink_blocks(w);
		w->status = STATUS_TIMEOUT;
	}
	pthread_cond_destroy(&w->cond);
}

/* @ddi NULL: the caller has checked. */
static NTSTATUS wait(const char *ddi, ULONG count, PVOID objects[], WAIT_TYPE type,
		     const LARGE_INTEGER *timeout)
{
	struct wait_block blocks[MAXIMUM_WAIT_OBJECTS];
	struct waiter w = { .blocks = blocks, .count = count, .type = type, .thread = &nrt_self };
	bool look_only = timeout != NULL && timeout->QuadPart == 0;
	uint64_t deadline = 0;

	if (!look_only && ddi != NULL)
		nrt_check_wait(ddi);
	for (ULONG i = 0; i < count; i++)
		blocks[i] = (struct wait_block){ .waiter = &w, .object = objects[i] };
	if (timeout != NULL)
		deadline = nrt_clock_deadline(*timeout);
	nrt_dispatcher_lock();
	if (!try_satisfy(&w)) {
		if (look_only)
			w.status = STATUS_TIMEOUT;
		else
			block(&w, timeout != NULL ? &deadline : NULL);
	}
	nrt_dispatcher_unlock();
	return w.status;
}

NTSTATUS nrt_wait_checked(PVOID object, const LARGE_INTEGER *timeout)
{
	return wait(NULL, 1, &object, WaitAny, timeout);
}

NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType,
				  KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
				  BOOLEAN Alertable, PLARGE_INTEGER Timeout,
				  PKWAIT_BLOCK WaitBlockArray)
{
	(void)WaitReason;
	(void)WaitMode;
	(void)Alertable;
	(void)WaitBlockArray;
	if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS)
		return STATUS_INVALID_PARAMETER_1;
	return wait("KeWaitForMultipleObjects", Count, Object, WaitType, Timeout);
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
			       BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	(void)WaitReason;
	(void)WaitMode;
	(void)Alertable;
	return wait("KeWaitForSingleObject", 1, &Object, WaitAny, Timeout);
}
