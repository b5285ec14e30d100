/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Locks that block: critical and guarded regions, fast and guarded mutexes,
 * push locks, executive resources. For threads below DISPATCH_LEVEL, where a
 * wait above APC_LEVEL is reported. Part of wdm.h.
 *
 * There are no APCs here, so the regions that hold them off only count; that
 * a lock is taken inside one, where the documents ask for it, is checked.
 */
#ifndef NRT_DDK_WDM_LOCK_H
#define NRT_DDK_WDM_LOCK_H

#include "ntdef.h"
#include "wdm_sync.h"

NRT_EXTERN_C_BEGIN

/* --------------------------------------------------------------- regions */

/* Both kinds nest, and are left as often as they were entered. IRQL <= APC_LEVEL. */
NRT_EXPORT VOID KeEnterCriticalRegion(VOID);
NRT_EXPORT VOID KeLeaveCriticalRegion(VOID);
NRT_EXPORT VOID KeEnterGuardedRegion(VOID);
NRT_EXPORT VOID KeLeaveGuardedRegion(VOID);
/** TRUE inside a critical or guarded region. */
NRT_EXPORT BOOLEAN KeAreApcsDisabled(VOID);
/** TRUE inside a guarded region or at APC_LEVEL and above. */
NRT_EXPORT BOOLEAN KeAreAllApcsDisabled(VOID);

/* ------------------------------------------------- fast and guarded mutex */

/* Exclusive and not recursive. The Unsafe forms change neither IRQL nor region:
 * they are for APC_LEVEL, or for a region that was entered before. */
typedef struct _FAST_MUTEX {
	LONG Count;
	PVOID Owner;
	ULONG Contention;
	KEVENT Event;
	ULONG OldIrql;
} FAST_MUTEX, *PFAST_MUTEX, KGUARDED_MUTEX, *PKGUARDED_MUTEX;

/** IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT_HERE VOID ExInitializeFastMutex(PFAST_MUTEX FastMutex);
/** IRQL <= APC_LEVEL; the holder is at APC_LEVEL. */
NRT_EXPORT VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex);
NRT_EXPORT BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex);
NRT_EXPORT VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex);
NRT_EXPORT VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex);
NRT_EXPORT VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex);

/** IRQL <= APC_LEVEL; the holder is inside a guarded region. */
NRT_EXPORT VOID KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex);
NRT_EXPORT VOID KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex);
NRT_EXPORT BOOLEAN KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex);
NRT_EXPORT VOID KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex);
NRT_EXPORT VOID KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex);
NRT_EXPORT VOID KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex);

/* ------------------------------------------------------------- push locks */

/** Reader-writer lock in a word; opaque. Inside a critical region only. */
typedef ULONG_PTR EX_PUSH_LOCK, *PEX_PUSH_LOCK;

#define EX_DEFAULT_PUSH_LOCK_FLAGS 0

NRT_EXPORT VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock);
/** Not recursive: the holder that asks again waits for itself, and is reported. */
NRT_EXPORT VOID ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NRT_EXPORT VOID ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
/** Waits while another holds it exclusively or waits for that. */
NRT_EXPORT VOID ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NRT_EXPORT VOID ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);

#define ExAcquirePushLockExclusive(Lock) \
	ExAcquirePushLockExclusiveEx((Lock), EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExReleasePushLockExclusive(Lock) \
	ExReleasePushLockExclusiveEx((Lock), EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExAcquirePushLockShared(Lock) \
	ExAcquirePushLockSharedEx((Lock), EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExReleasePushLockShared(Lock) \
	ExReleasePushLockSharedEx((Lock), EX_DEFAULT_PUSH_LOCK_FLAGS)

/* ---------------------------------------------------- executive resources */

/** A thread, or a pointer of the driver's with the two lowest bits set. */
typedef ULONG_PTR ERESOURCE_THREAD, *PERESOURCE_THREAD;

typedef struct _OWNER_ENTRY {
	ERESOURCE_THREAD OwnerThread; /* 0: free */
	ULONG nrt_count;              /* how often it has acquired */
} OWNER_ENTRY, *POWNER_ENTRY;

#define NRT_RESOURCE_OWNERS 4

/** Opaque. Recursive reader-writer lock; deleted before its memory is given back. */
typedef struct _ERESOURCE {
	LIST_ENTRY nrt_waiters; /* in the order they came */
	POWNER_ENTRY nrt_owners;
	ULONG nrt_owner_room;
	ULONG nrt_holders;      /* entries in use */
	ULONG nrt_exclusive;    /* the one holder is exclusive */
	ULONG NumberOfSharedWaiters;
	ULONG NumberOfExclusiveWaiters;
	OWNER_ENTRY nrt_first_owners[NRT_RESOURCE_OWNERS];
} ERESOURCE, *PERESOURCE;

#define ExGetCurrentResourceThread() ((ERESOURCE_THREAD)PsGetCurrentThread())
#define FLAG_OWNER_POINTER_IS_THREAD 1

/** STATUS_SUCCESS. IRQL <= DISPATCH_LEVEL; deleting at <= APC_LEVEL. */
NRT_EXPORT NTSTATUS ExInitializeResourceLite(PERESOURCE Resource);
NRT_EXPORT NTSTATUS ExReinitializeResourceLite(PERESOURCE Resource);
NRT_EXPORT NTSTATUS ExDeleteResourceLite(PERESOURCE Resource);
/*
 * Acquire: inside a critical region, IRQL <= APC_LEVEL. FALSE only when @Wait is
 * FALSE and it would have to wait. Who has it already gets it again, in the way
 * it has it; from shared to exclusive there is no way.
 */
NRT_EXPORT BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait);
/** Behind those that wait for exclusive access. */
NRT_EXPORT BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait);
/** Ahead of them. */
NRT_EXPORT BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait);
/** Behind them even when the caller shares it already. */
NRT_EXPORT BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait);
NRT_EXPORT PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource);
/** IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT VOID ExReleaseResourceLite(PERESOURCE Resource);
NRT_EXPORT VOID ExReleaseResourceForThreadLite(PERESOURCE Resource,
					       ERESOURCE_THREAD ResourceThreadId);
NRT_EXPORT VOID ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource);
/** From exclusive to shared, with all that wait for shared access. */
NRT_EXPORT VOID ExConvertExclusiveToSharedLite(PERESOURCE Resource);
/** What the calling thread holds is released with @OwnerPointer for the thread. */
NRT_EXPORT VOID ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer);
NRT_EXPORT VOID ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags);
NRT_EXPORT BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource);
/** How often the calling thread has it, in either way. */
NRT_EXPORT ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource);
NRT_EXPORT ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource);
NRT_EXPORT ULONG ExGetSharedWaiterCount(PERESOURCE Resource);

#define ExIsResourceAcquiredLite ExIsResourceAcquiredSharedLite

NRT_EXTERN_C_END
#endif
