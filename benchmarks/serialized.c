/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The serialized driver model, as what full_duplex compares with: the reference
 * miniport's own object files, linked with a lock of the adapter around each
 * entry point of the data path. The linker's --wrap leads NDIS here; the lock is
 * NDIS's own spin lock, as a classic miniport of that kind had it taken for it.
 * Any thread; sets up and tears down at PASSIVE_LEVEL.
 */
#include "adapter.h"

#define MAX_ADAPTERS 32

/* One adapter's lock and what it counts, on a line of their own. */
struct serial {
	DECLSPEC_CACHEALIGN NDIS_SPIN_LOCK lock;
	ULONG64 calls; /* its holder: rw */
};

/* Control: rw, before data path calls begin and after they end; data path: ro */
static struct adapter *volatile owners[MAX_ADAPTERS];
static struct serial serials[MAX_ADAPTERS];

MINIPORT_RESTART __real_MPRestart, __wrap_MPRestart;
MINIPORT_HALT __real_MPHaltEx, __wrap_MPHaltEx;
MINIPORT_SEND_NET_BUFFER_LISTS __real_MPSendNetBufferLists, __wrap_MPSendNetBufferLists;
MINIPORT_CANCEL_SEND __real_MPCancelSend, __wrap_MPCancelSend;
MINIPORT_RETURN_NET_BUFFER_LISTS __real_MPReturnNetBufferLists, __wrap_MPReturnNetBufferLists;
NDIS_POLL __real_MPPoll, __wrap_MPPoll;

/* NULL: the adapter has never been started, so it has no traffic to serialize. */
static inline struct serial *find(const struct adapter *a)
{
	for (ULONG i = 0; i < MAX_ADAPTERS; i++)
		if (owners[i] == a)
			return &serials[i];
	return NULL;
}

static struct serial *claim(struct adapter *a)
{
	for (ULONG i = 0; i < MAX_ADAPTERS; i++) {
		if (InterlockedCompareExchangePointer((PVOID volatile *)&owners[i], a, NULL) != NULL)
			continue;
		NdisAllocateSpinLock(&serials[i].lock);
		serials[i].calls = 0;
		return &serials[i];
	}
	return NULL;
}

/* Taken by the way that the caller's IRQL allows: the cheaper one at DISPATCH_LEVEL. */
static inline struct serial *enter(const struct adapter *a, BOOLEAN at_dispatch)
{
	struct serial *s = find(a);

	if (s == NULL)
		return NULL;
	if (at_dispatch)
		NdisDprAcquireSpinLock(&s->lock);
	else
		NdisAcquireSpinLock(&s->lock);
	s->calls++;
	return s;
}

static inline void leave(struct serial *s, BOOLEAN at_dispatch)
{
	if (s == NULL)
		return;
	if (at_dispatch)
		NdisDprReleaseSpinLock(&s->lock);
	else
		NdisReleaseSpinLock(&s->lock);
}

NDIS_STATUS __wrap_MPRestart(NDIS_HANDLE MiniportAdapterContext,
			     PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	if (find(MiniportAdapterContext) == NULL && claim(MiniportAdapterContext) == NULL)
		return NDIS_STATUS_RESOURCES;
	return __real_MPRestart(MiniportAdapterContext, RestartParameters);
}

VOID __wrap_MPHaltEx(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
	struct serial *s = find(MiniportAdapterContext);

	__real_MPHaltEx(MiniportAdapterContext, HaltAction);
	if (s == NULL)
		return;
	DbgPrint("serialized miniport: %I64u calls held the adapter's lock\n", s->calls);
	NdisFreeSpinLock(&s->lock);
	InterlockedExchangePointer((PVOID volatile *)&owners[s - serials], NULL);
}

VOID __wrap_MPSendNetBufferLists(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferList,
				 NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	BOOLEAN at_dispatch = NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags);
	struct serial *s = enter(MiniportAdapterContext, at_dispatch);

	__real_MPSendNetBufferLists(MiniportAdapterContext, NetBufferList, PortNumber, SendFlags);
	leave(s, at_dispatch);
}

VOID __wrap_MPCancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
	struct serial *s = enter(MiniportAdapterContext, FALSE);

	__real_MPCancelSend(MiniportAdapterContext, CancelId);
	leave(s, FALSE);
}

VOID __wrap_MPReturnNetBufferLists(NDIS_HANDLE MiniportAdapterContext,
				   PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
	BOOLEAN at_dispatch = NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(ReturnFlags);
	struct serial *s = enter(MiniportAdapterContext, at_dispatch);

	__real_MPReturnNetBufferLists(MiniportAdapterContext, NetBufferLists, ReturnFlags);
	leave(s, at_dispatch);
}

/* NDIS indicates and completes what the callback took after it has returned, so
 * the lock is not held across calls into protocols. A poll may come at either IRQL. */
VOID __wrap_MPPoll(void *Context, NDIS_POLL_DATA *PollData)
{
	struct poll_queue *q = Context;
	BOOLEAN at_dispatch = KeGetCurrentIrql() == DISPATCH_LEVEL;
	struct serial *s = enter(q->adapter, at_dispatch);

	__real_MPPoll(Context, PollData);
	leave(s, at_dispatch);
}
