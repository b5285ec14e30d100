/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Remove locks: a count of the operations under way on a device, for which its
 * removal waits. Part of wdm.h.
 */
#ifndef NRT_DDK_WDM_REMOVELOCK_H
#define NRT_DDK_WDM_REMOVELOCK_H

#include "ntdef.h"
#include "wdm_sync.h"

NRT_EXTERN_C_BEGIN

typedef struct _IO_REMOVE_LOCK_COMMON_BLOCK {
	BOOLEAN Removed;
	BOOLEAN Reserved[3];
	LONG IoCount; /* acquisitions, and one until the removal */
	KEVENT RemoveEvent;
} IO_REMOVE_LOCK_COMMON_BLOCK;

/** Opaque; the driver's memory, in its device extension. */
typedef struct _IO_REMOVE_LOCK {
	IO_REMOVE_LOCK_COMMON_BLOCK Common;
#ifndef _WIN32 /* where the size says whether the rest is there */
	ULONG nrt_tag;
	ULONG nrt_high_watermark;
	PVOID nrt_holders; /* verifying: who has it */
#endif
} IO_REMOVE_LOCK, *PIO_REMOVE_LOCK;

/**
 * PASSIVE_LEVEL. In verifier builds more than @HighWatermark acquisitions at once
 * are reported, 0 being no limit; how long the lock is held (@MaxLockedMinutes) is
 * not watched.
 */
NRT_EXPORT VOID IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag,
					 ULONG MaxLockedMinutes, ULONG HighWatermark,
					 ULONG RemlockSize);
/**
 * IRQL <= DISPATCH_LEVEL. STATUS_SUCCESS; STATUS_DELETE_PENDING once the removal
 * has begun; STATUS_INSUFFICIENT_RESOURCES in verifier builds, which note @Tag.
 */
NRT_EXPORT NTSTATUS IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File,
					  ULONG Line, ULONG RemlockSize);
/** IRQL <= DISPATCH_LEVEL, any thread; @Tag is that of the acquisition. */
NRT_EXPORT VOID IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize);
/** PASSIVE_LEVEL. Begins the removal, returns when nobody else has the lock. */
NRT_EXPORT VOID IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag,
					     ULONG RemlockSize);

#define IoInitializeRemoveLock(Lock, Tag, Maxmin, HighWater) \
	IoInitializeRemoveLockEx((Lock), (Tag), (Maxmin), (HighWater), sizeof(IO_REMOVE_LOCK))
#define IoAcquireRemoveLock(RemoveLock, Tag) \
	IoAcquireRemoveLockEx((RemoveLock), (Tag), __FILE__, __LINE__, sizeof(IO_REMOVE_LOCK))
#define IoReleaseRemoveLock(RemoveLock, Tag) \
	IoReleaseRemoveLockEx((RemoveLock), (Tag), sizeof(IO_REMOVE_LOCK))
#define IoReleaseRemoveLockAndWait(RemoveLock, Tag) \
	IoReleaseRemoveLockAndWaitEx((RemoveLock), (Tag), sizeof(IO_REMOVE_LOCK))

NRT_EXTERN_C_END
#endif
