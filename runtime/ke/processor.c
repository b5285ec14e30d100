/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may be at DISPATCH_LEVEL: at most one thread per emulated processor, so
 * that per-processor data needs no lock. Control threads pass here in every
 * KeRaiseIrql and spin lock from below DISPATCH_LEVEL; workers never do.
 */
#include "processor.h"

#include <pthread.h>
#include <stdatomic.h>

#include <wdm.h>

#include "thread.h"

#define GROUP_SIZE 64 /* bits of a KAFFINITY */
#define ALL_CONTROL ((UINT32_C(1) << NRT_CONTROL_PROCESSORS) - 1)

uint32_t nrt_processor_workers;

static _Atomic uint32_t free_mask;  /* bit n: control processor n is free */
static _Atomic uint32_t waiters;
static pthread_mutex_t wait_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;

int nrt_processors_init(unsigned int workers)
{
	nrt_processor_workers = workers;
	atomic_store(&free_mask, ALL_CONTROL);
	return 0;
}

void nrt_processors_fini(void)
{
	atomic_store(&free_mask, 0);
}

uint32_t nrt_processor_count(void)
{
	return nrt_processor_workers + NRT_CONTROL_PROCESSORS + 1;
}

uint32_t nrt_processor_service(void)
{
	return nrt_processor_count() - 1;
}

/* One of @allowed, a bit each. */
static bool try_acquire(uint32_t allowed)
{
	uint32_t mask = atomic_load_explicit(&free_mask, memory_order_relaxed);

	while ((mask & allowed) != 0) {
		uint32_t bit = (uint32_t)__builtin_ctz(mask & allowed);

		/* Acquire: sees what the last holder did; pairs with the release. */
		if (atomic_compare_exchange_weak(&free_mask, &mask, mask & ~(UINT32_C(1) << bit))) {
			nrt_self.processor = nrt_processor_workers + bit;
			return true;
		}
	}
	return false;
}

static void wait_for(uint32_t allowed)
{
	pthread_mutex_lock(&wait_lock);
	/* Sequentially consistent with the release: either it sees a waiter or
	 * the waiter sees the freed bit. */
	atomic_fetch_add(&waiters, 1);
	while (!try_acquire(allowed))
		pthread_cond_wait(&freed, &wait_lock);
	atomic_fetch_sub(&waiters, 1);
	pthread_mutex_unlock(&wait_lock);
}

void nrt_processor_acquire(void)
{
	uint32_t allowed = ALL_CONTROL;

	if (nrt_self.affinity != 0)
		allowed = nrt_affinity_control();
	if (allowed == 0)
		nrt_affinity_borrow();
	else if (!try_acquire(allowed))
		wait_for(allowed);
}

bool nrt_processor_wanted(void)
{
	return atomic_load_explicit(&waiters, memory_order_relaxed) != 0;
}

void nrt_processor_borrow(uint32_t number)
{
	uint32_t allowed = UINT32_C(1) << (number - nrt_processor_workers);

	if (!try_acquire(allowed))
		wait_for(allowed);
}

void nrt_processor_unborrow(uint32_t own)
{
	nrt_processor_release();
	nrt_self.processor = own;
}

void nrt_processor_release(void)
{
	uint32_t bit = nrt_self.processor - nrt_processor_workers;

	if (nrt_self.lent) {
		nrt_affinity_return();
		return;
	}
	nrt_self.processor = NRT_NO_PROCESSOR;
	atomic_fetch_or(&free_mask, UINT32_C(1) << bit);
	if (atomic_load(&waiters) == 0)
		return;
	pthread_mutex_lock(&wait_lock);
	pthread_cond_broadcast(&freed); /* one may want this very processor */
	pthread_mutex_unlock(&wait_lock);
}

/* --------------------------------------------------------- as drivers see it */

static void to_number(ULONG index, PPROCESSOR_NUMBER number)
{
	number->Group = (USHORT)(index / GROUP_SIZE);
	number->Number = (UCHAR)(index % GROUP_SIZE);
	number->Reserved = 0;
}

static ULONG group_count(USHORT group)
{
	ULONG all = nrt_processor_count();
	ULONG first = (ULONG)group * GROUP_SIZE;

	if (group == ALL_PROCESSOR_GROUPS)
		return all;
	if (first >= all)
		return 0;
	return all - first < GROUP_SIZE ? all - first : GROUP_SIZE;
}

static KAFFINITY group_mask(USHORT group)
{
	ULONG n = group_count(group);

	return n >= GROUP_SIZE ? ~(KAFFINITY)0 : ((KAFFINITY)1 << n) - 1;
}

/* Below DISPATCH_LEVEL the answer may be stale at once, there as here. */
ULONG KeGetCurrentProcessorIndex(VOID)
{
	return nrt_self.processor != NRT_NO_PROCESSOR ? nrt_self.processor : nrt_affinity_first();
}

ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber)
{
	ULONG index = KeGetCurrentProcessorIndex();

	if (ProcNumber != NULL)
		to_number(index, ProcNumber);
	return index;
}

ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
	if (ActiveProcessors != NULL)
		*ActiveProcessors = group_mask(0);
	return group_count(0);
}

ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber)
{
	return group_count(GroupNumber);
}

ULONG KeQueryMaximumProcessorCount(VOID)
{
	return group_count(0);
}

ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber)
{
	return group_count(GroupNumber);
}

USHORT KeQueryActiveGroupCount(VOID)
{
	return (USHORT)((nrt_processor_count() + GROUP_SIZE - 1) / GROUP_SIZE);
}

USHORT KeQueryMaximumGroupCount(VOID)
{
	return KeQueryActiveGroupCount();
}

KAFFINITY KeQueryActiveProcessors(VOID)
{
	return group_mask(0);
}

KAFFINITY KeQueryGroupAffinity(USHORT GroupNumber)
{
	return GroupNumber < KeQueryActiveGroupCount() ? group_mask(GroupNumber) : 0;
}

NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber)
{
	if (ProcIndex >= nrt_processor_count())
		return STATUS_INVALID_PARAMETER;
	to_number(ProcIndex, ProcNumber);
	return STATUS_SUCCESS;
}

ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber)
{
	ULONG index = (ULONG)ProcNumber->Group * GROUP_SIZE + ProcNumber->Number;

	if (ProcNumber->Number >= GROUP_SIZE || index >= nrt_processor_count())
		return ~(ULONG)0; /* INVALID_PROCESSOR_INDEX */
	return index;
}
