/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calling thread's stack: its limits and what is left of it. Called by drivers
 * at any IRQL; a thread's limits are asked for once.
 */
#include <pthread.h>

#include <wdm.h>

static __thread ULONG_PTR low, high;

static void find(void)
{
	pthread_attr_t attr;
	void *base;
	size_t size;

	if (high != 0 || pthread_getattr_np(pthread_self(), &attr) != 0)
		return;
	pthread_attr_getstack(&attr, &base, &size);
	pthread_attr_destroy(&attr);
	low = (ULONG_PTR)base;
	high = low + size;
}

VOID IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
	find();
	*LowLimit = low;
	*HighLimit = high;
}

ULONG_PTR IoGetRemainingStackSize(VOID)
{
	find();
	return (ULONG_PTR)__builtin_frame_address(0) - low;
}

PVOID IoGetInitialStack(VOID)
{
	find();
	return (PVOID)high;
}
