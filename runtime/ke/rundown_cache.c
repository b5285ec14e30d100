/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cache-aware rundown protection: a count for each processor, so that users on
 * different ones share no cache line. A user may leave on another processor
 * than it came on: only the sum means anything. The owner closes the counts one
 * after the other and takes their sum over; who leaves through a closed count
 * takes itself off that sum. Threads and IRQL as in rundown.c.
 */
#include "rundown.h"

#include <pthread.h>

#include <wdm.h>

#include "dispatcher.h"
#include "irql.h"
#include "memory.h"
#include "verifier.h"

#define CLOSED ((LONG_PTR)1)
#define ONE ((LONG_PTR)2)

struct slot {
	_Alignas(64) LONG_PTR count; /* users here times ONE, perhaps negative; or CLOSED */
};

/* Somewhere in the driver's buffer, which may be aligned to less than a line. */
struct _EX_RUNDOWN_REF_CACHE_AWARE {
	ULONG slots;
	LONG_PTR left; /* users times ONE that came through what is closed now */
	struct slot *slot;
};

static pthread_mutex_t closing = PTHREAD_MUTEX_INITIALIZER; /* one owner at a time */

SIZE_T ExSizeOfRundownProtectionCacheAware(VOID)
{
	nrt_check_irql("ExSizeOfRundownProtectionCacheAware", APC_LEVEL);
	return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE) +
	       (nrt_processor_count() + 1) * sizeof(struct slot);
}

VOID ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
					     SIZE_T RunRefSize)
{
	PEX_RUNDOWN_REF_CACHE_AWARE ref = RunRefCacheAware;
	char *first = ALIGN_UP_POINTER_BY(ref + 1, sizeof(struct slot));

	nrt_check_irql("ExInitializeRundownProtectionCacheAware", APC_LEVEL);
	if (RunRefSize < ExSizeOfRundownProtectionCacheAware()) {
		nrt_violation("RS-MEM-02", "ExInitializeRundownProtectionCacheAware: %lu bytes, "
			      "not the %lu that ExSizeOfRundownProtectionCacheAware says",
			      RunRefSize, ExSizeOfRundownProtectionCacheAware());
		if (RunRefSize >= sizeof(*ref))
			*ref = (struct _EX_RUNDOWN_REF_CACHE_AWARE){ 0 }; /* nobody gets in */
		return;
	}
	ref->slots = nrt_processor_count();
	ref->left = 0;
	ref->slot = (struct slot *)(void *)first;
	for (ULONG i = 0; i < ref->slots; i++)
		__atomic_store_n(&ref->slot[i].count, 0, __ATOMIC_RELEASE);
}

PEX_RUNDOWN_REF_CACHE_AWARE ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag)
{
	SIZE_T size = ExSizeOfRundownProtectionCacheAware();
	PEX_RUNDOWN_REF_CACHE_AWARE ref = ExAllocatePoolWithTag(PoolType, size, PoolTag);

	nrt_check_irql("ExAllocateCacheAwareRundownProtection", APC_LEVEL);
	if (ref != NULL)
		ExInitializeRundownProtectionCacheAware(ref, size);
	return ref;
}

VOID ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
	nrt_check_irql("ExFreeCacheAwareRundownProtection", APC_LEVEL);
	nrt_memory_free(RunRefCacheAware, 0);
}

/* Threads without a processor are spread by where their stacks are. */
static LONG_PTR *own_count(PEX_RUNDOWN_REF_CACHE_AWARE ref)
{
	ULONG_PTR number = nrt_self.processor;

	if (number == NRT_NO_PROCESSOR)
		number = (ULONG_PTR)&nrt_self >> PAGE_SHIFT;
	return &ref->slot[number % ref->slots].count;
}

static BOOLEAN acquire(const char *ddi, PEX_RUNDOWN_REF_CACHE_AWARE ref, ULONG users)
{
	LONG_PTR *count, seen;

	nrt_check_irql(ddi, DISPATCH_LEVEL);
	if (ref->slots == 0)
		return FALSE;
	count = own_count(ref);
	seen = __atomic_load_n(count, __ATOMIC_RELAXED);
	do {
		if ((seen & CLOSED) != 0)
			return FALSE;
	} while (!__atomic_compare_exchange_n(count, &seen, seen + users * ONE, true,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return TRUE;
}

BOOLEAN ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
	return acquire("ExAcquireRundownProtectionCacheAware", RunRefCacheAware, 1);
}

BOOLEAN ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
					       ULONG Count)
{
	return acquire("ExAcquireRundownProtectionCacheAwareEx", RunRefCacheAware, Count);
}

static void release(const char *ddi, PEX_RUNDOWN_REF_CACHE_AWARE ref, ULONG users)
{
	LONG_PTR *count, seen;

	nrt_check_irql(ddi, DISPATCH_LEVEL);
	if (ref->slots == 0)
		return;
	count = own_count(ref);
	seen = __atomic_load_n(count, __ATOMIC_ACQUIRE);
	while ((seen & CLOSED) == 0)
		/* Release: pairs with the owner's exchange in close_all. */
		if (__atomic_compare_exchange_n(count, &seen, seen - users * ONE, true,
						__ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
			return;
	/* Release: pairs with the load in left(). The last access to @ref. */
	if (__atomic_sub_fetch(&ref->left, users * ONE, __ATOMIC_ACQ_REL) == 0)
		nrt_rundown_wake();
}

VOID ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
	release("ExReleaseRundownProtectionCacheAware", RunRefCacheAware, 1);
}

VOID ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
					    ULONG Count)
{
	release("ExReleaseRundownProtectionCacheAwareEx", RunRefCacheAware, Count);
}

static void close_all(PEX_RUNDOWN_REF_CACHE_AWARE ref)
{
	pthread_mutex_lock(&closing);
	for (ULONG i = 0; i < ref->slots; i++) {
		LONG_PTR was = __atomic_exchange_n(&ref->slot[i].count, CLOSED, __ATOMIC_ACQ_REL);

		if (was != CLOSED)
			__atomic_add_fetch(&ref->left, was, __ATOMIC_ACQ_REL);
	}
	pthread_mutex_unlock(&closing);
}

static bool left(const void *object)
{
	const struct _EX_RUNDOWN_REF_CACHE_AWARE *ref = object;

	return __atomic_load_n(&ref->left, __ATOMIC_ACQUIRE) > 0;
}

VOID ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
	PEX_RUNDOWN_REF_CACHE_AWARE ref = RunRefCacheAware;
	LONG_PTR over;

	nrt_check_wait("ExWaitForRundownProtectionReleaseCacheAware");
	close_all(ref);
	nrt_rundown_sleep(left, ref);
	over = __atomic_load_n(&ref->left, __ATOMIC_RELAXED);
	if (over == 0)
		return;
	nrt_violation("RS-LCK-01", "rundown protection %p was released %ld times too often",
		      (void *)ref, -over / ONE);
	__atomic_store_n(&ref->left, 0, __ATOMIC_RELAXED);
}

/* Which is so when the last wait returned. */
static bool is_run_down(const char *ddi, PEX_RUNDOWN_REF_CACHE_AWARE ref)
{
	bool closed = ref->slots != 0 && !left(ref);

	nrt_check_irql(ddi, APC_LEVEL);
	for (ULONG i = 0; i < ref->slots; i++)
		closed = closed && __atomic_load_n(&ref->slot[i].count, __ATOMIC_ACQUIRE) == CLOSED;
	if (!closed)
		nrt_violation("RS-LCK-01", "%s: object %p is not run down", ddi, (void *)ref);
	return closed;
}

VOID ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
	PEX_RUNDOWN_REF_CACHE_AWARE ref = RunRefCacheAware;

	if (!is_run_down("ExReInitializeRundownProtectionCacheAware", ref))
		return;
	for (ULONG i = 0; i < ref->slots; i++)
		__atomic_store_n(&ref->slot[i].count, 0, __ATOMIC_RELEASE);
}

VOID ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
	is_run_down("ExRundownCompletedCacheAware", RunRefCacheAware); /* and stays so */
}
