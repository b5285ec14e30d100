/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spin locks, dispatcher objects (events, timers, mutexes, semaphores), DPCs,
 * work queue items, system threads and time. Part of wdm.h.
 *
 * Every object is the driver's memory and needs no destruction; members named
 * Nrt* are the runtime's.
 */
#ifndef NRT_DDK_WDM_SYNC_H
#define NRT_DDK_WDM_SYNC_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

/* ---------------------------------------------------------- spin locks */

typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;

typedef struct _KSPIN_LOCK_QUEUE {
	struct _KSPIN_LOCK_QUEUE *volatile Next;
	PKSPIN_LOCK volatile Lock;
} KSPIN_LOCK_QUEUE, *PKSPIN_LOCK_QUEUE;

typedef struct _KLOCK_QUEUE_HANDLE {
	KSPIN_LOCK_QUEUE LockQueue;
	KIRQL OldIrql;
} KLOCK_QUEUE_HANDLE, *PKLOCK_QUEUE_HANDLE;

NRT_EXPORT_HERE VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock);
NRT_EXPORT KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock);
NRT_EXPORT VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql);
NRT_EXPORT VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock);
NRT_EXPORT VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock);
NRT_EXPORT BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock);
NRT_EXPORT BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock);
NRT_EXPORT VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock,
					       PKLOCK_QUEUE_HANDLE LockHandle);
NRT_EXPORT VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle);
NRT_EXPORT VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock,
							 PKLOCK_QUEUE_HANDLE LockHandle);
NRT_EXPORT VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle);
/* For what runs as an ordinary or a threaded DPC: raise to DISPATCH_LEVEL if need be. */
NRT_EXPORT KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock);
NRT_EXPORT VOID KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql);
NRT_EXPORT VOID KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock,
						     PKLOCK_QUEUE_HANDLE LockHandle);
NRT_EXPORT VOID KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle);

#define KeAcquireSpinLock(SpinLock, OldIrql) (*(OldIrql) = KeAcquireSpinLockRaiseToDpc(SpinLock))

/** Reader-writer spin lock; 0 when free. */
typedef LONG EX_SPIN_LOCK, *PEX_SPIN_LOCK;

NRT_EXPORT KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock);
NRT_EXPORT VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql);
NRT_EXPORT KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock);
NRT_EXPORT VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql);
NRT_EXPORT VOID ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock);
NRT_EXPORT VOID ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock);
NRT_EXPORT VOID ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock);
NRT_EXPORT VOID ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock);
NRT_EXPORT LOGICAL ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock);

/* Lists and counters under a spin lock; any IRQL. NULL or 0: as documented. */
NRT_EXPORT PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
						   PKSPIN_LOCK Lock);
NRT_EXPORT PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
						   PKSPIN_LOCK Lock);
NRT_EXPORT PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock);
NRT_EXPORT PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
							 PSINGLE_LIST_ENTRY ListEntry,
							 PKSPIN_LOCK Lock);
NRT_EXPORT PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead,
							PKSPIN_LOCK Lock);
NRT_EXPORT ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock);
NRT_EXPORT LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend,
						      LARGE_INTEGER Increment, PKSPIN_LOCK Lock);

/* -------------------------------------------------- dispatcher objects */

typedef struct _DISPATCHER_HEADER {
	UCHAR Type; /* kind of object, for KeWaitForSingleObject */
	UCHAR nrt_auto_reset;
	UCHAR nrt_reserved;
	UCHAR Reserved;
	LONG SignalState;
	LIST_ENTRY WaitListHead;
} DISPATCHER_HEADER, *PDISPATCHER_HEADER;

typedef struct _KEVENT {
	DISPATCHER_HEADER Header;
} KEVENT, *PKEVENT, *PRKEVENT;

typedef struct _KSEMAPHORE {
	DISPATCHER_HEADER Header;
	LONG Limit;
} KSEMAPHORE, *PKSEMAPHORE, *PRKSEMAPHORE;

typedef struct _KMUTANT {
	DISPATCHER_HEADER Header;
	PVOID nrt_owner;
	PVOID nrt_reserved[3]; /* a KMUTANT has 56 bytes there */
} KMUTANT, *PKMUTANT, *PRKMUTANT, KMUTEX, *PKMUTEX, *PRKMUTEX;

typedef struct _KTHREAD *PKTHREAD, *PETHREAD;
typedef struct _KPROCESS *PKPROCESS, *PEPROCESS, *PRKPROCESS;

typedef LONG KPRIORITY;
#define LOW_PRIORITY 0
#define LOW_REALTIME_PRIORITY 16
#define HIGH_PRIORITY 31
#define IO_NO_INCREMENT 0
#define IO_NETWORK_INCREMENT 2
#define EVENT_INCREMENT 1

typedef enum _KWAIT_REASON {
	Executive,
	FreePage,
	PageIn,
	PoolAllocation,
	DelayExecution,
	Suspended,
	UserRequest
} KWAIT_REASON;

typedef enum _MODE { KernelMode, UserMode, MaximumMode } MODE;

#define MAXIMUM_WAIT_OBJECTS 64
#define THREAD_WAIT_OBJECTS 3

typedef struct _KWAIT_BLOCK {
	LIST_ENTRY WaitListEntry;
	PVOID nrt_waiter;
	PVOID Object;
	PVOID nrt_reserved; /* a KWAIT_BLOCK has 48 bytes there */
	USHORT WaitKey;
} KWAIT_BLOCK, *PKWAIT_BLOCK;

NRT_EXPORT VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State);
/** Returns the former state; @Wait TRUE promises a wait that follows at once. */
NRT_EXPORT LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
NRT_EXPORT LONG KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
NRT_EXPORT LONG KeResetEvent(PRKEVENT Event);
NRT_EXPORT VOID KeClearEvent(PRKEVENT Event);
NRT_EXPORT LONG KeReadStateEvent(PRKEVENT Event);

NRT_EXPORT VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit);
NRT_EXPORT LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment,
				   BOOLEAN Wait);
NRT_EXPORT LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore);

NRT_EXPORT VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level);
NRT_EXPORT LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait);
NRT_EXPORT LONG KeReadStateMutex(PRKMUTEX Mutex);

/**
 * Wait for an event, timer, mutex, semaphore or system thread.
 * @Timeout: NULL waits for ever, 0 polls (allowed at DISPATCH_LEVEL), negative
 *           is relative, positive absolute system time, in 100 ns.
 * Returns STATUS_SUCCESS or STATUS_TIMEOUT (both satisfy NT_SUCCESS).
 */
NRT_EXPORT NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason,
					  KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
					  PLARGE_INTEGER Timeout);
/** WaitAny returns STATUS_WAIT_0 plus the index of the object that was signalled. */
NRT_EXPORT NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType,
					     KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
					     BOOLEAN Alertable, PLARGE_INTEGER Timeout,
					     PKWAIT_BLOCK WaitBlockArray);
#define KeWaitForMutexObject KeWaitForSingleObject
NRT_EXPORT NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
					   PLARGE_INTEGER Interval);
NRT_EXPORT VOID KeStallExecutionProcessor(ULONG MicroSeconds);

/* ------------------------------------------------------------------ DPC */

struct _KDPC;
typedef VOID KDEFERRED_ROUTINE(struct _KDPC *Dpc, PVOID DeferredContext, PVOID SystemArgument1,
			       PVOID SystemArgument2);
typedef KDEFERRED_ROUTINE *PKDEFERRED_ROUTINE;

typedef enum _KDPC_IMPORTANCE {
	LowImportance,
	MediumImportance,
	HighImportance,
	MediumHighImportance
} KDPC_IMPORTANCE;

typedef struct _KDPC {
	UCHAR Type;
	UCHAR Importance;
	USHORT Number;    /* target processor plus one; 0: any */
	ULONG nrt_queued;
	LIST_ENTRY DpcListEntry;
	PKDEFERRED_ROUTINE DeferredRoutine;
	PVOID DeferredContext;
	PVOID SystemArgument1;
	PVOID SystemArgument2;
	PVOID nrt_reserved; /* a KDPC has 64 bytes there */
} KDPC, *PKDPC, *PRKDPC;

NRT_EXPORT VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine,
				PVOID DeferredContext);
/** Its routine comes at DISPATCH_LEVEL, as where threaded DPCs are disabled. */
NRT_EXPORT VOID KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine,
					PVOID DeferredContext);
NRT_EXPORT BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2);
NRT_EXPORT BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc);
/** Wait for all DPCs queued before the call. PASSIVE_LEVEL. */
NRT_EXPORT VOID KeFlushQueuedDpcs(VOID);
NRT_EXPORT VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance);
NRT_EXPORT VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number);
NRT_EXPORT NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber);

/** Not 0 when the caller was called by a DPC. DISPATCH_LEVEL. */
NRT_EXPORT LOGICAL KeIsExecutingDpc(VOID);
/** Not 0 when something waits for the caller's processor. DISPATCH_LEVEL. */
NRT_EXPORT ULONG KeShouldYieldProcessor(VOID);

/** A limit of 0: there is none. */
typedef struct _KDPC_WATCHDOG_INFORMATION {
	ULONG DpcTimeLimit;
	ULONG DpcTimeCount;
	ULONG DpcWatchdogLimit;
	ULONG DpcWatchdogCount;
	ULONG Reserved;
} KDPC_WATCHDOG_INFORMATION, *PKDPC_WATCHDOG_INFORMATION;

/** STATUS_UNSUCCESSFUL below DISPATCH_LEVEL. */
NRT_EXPORT NTSTATUS KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation);

/* ---------------------------------------------------------------- timers */

typedef struct _KTIMER {
	DISPATCHER_HEADER Header;
	ULONGLONG DueTime; /* nanoseconds of the monotonic clock */
	LIST_ENTRY TimerListEntry;
	struct _KDPC *Dpc;
	ULONG Period; /* milliseconds, or 100 ns when nrt_fine; 0: once */
	USHORT nrt_set;
	USHORT nrt_fine;
} KTIMER, *PKTIMER, *PRKTIMER;

NRT_EXPORT VOID KeInitializeTimer(PKTIMER Timer);
NRT_EXPORT VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type);
/** TRUE when the timer was already set; it is set anew. */
NRT_EXPORT BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc);
NRT_EXPORT BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc);
NRT_EXPORT BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period,
					 ULONG TolerableDelay, PKDPC Dpc);
/** TRUE when the timer was set. Its DPC may still be queued or running. */
NRT_EXPORT BOOLEAN KeCancelTimer(PKTIMER Timer);
NRT_EXPORT BOOLEAN KeReadStateTimer(PKTIMER Timer);

/* ------------------------------------------------------------ work items */

typedef VOID WORKER_THREAD_ROUTINE(PVOID Parameter);
typedef WORKER_THREAD_ROUTINE *PWORKER_THREAD_ROUTINE;

typedef enum _WORK_QUEUE_TYPE {
	CriticalWorkQueue,
	DelayedWorkQueue,
	HyperCriticalWorkQueue,
	NormalWorkQueue,
	BackgroundWorkQueue,
	RealTimeWorkQueue,
	SuperCriticalWorkQueue,
	MaximumWorkQueue,
	CustomPriorityWorkQueue = 32
} WORK_QUEUE_TYPE;

typedef struct _WORK_QUEUE_ITEM {
	LIST_ENTRY List;
	PWORKER_THREAD_ROUTINE WorkerRoutine;
	PVOID Parameter;
} WORK_QUEUE_ITEM, *PWORK_QUEUE_ITEM;

#define ExInitializeWorkItem(Item, Routine, Context) \
	((Item)->WorkerRoutine = (Routine), (Item)->Parameter = (Context), \
	 (Item)->List.Flink = NULL)
NRT_EXPORT VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType);

/* --------------------------------------------------------------- threads */

typedef VOID KSTART_ROUTINE(PVOID StartContext);
typedef KSTART_ROUTINE *PKSTART_ROUTINE;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;
typedef struct _CLIENT_ID {
	HANDLE UniqueProcess;
	HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;
typedef struct _OBJECT_TYPE *POBJECT_TYPE;
typedef struct _OBJECT_HANDLE_INFORMATION *POBJECT_HANDLE_INFORMATION;

#define THREAD_ALL_ACCESS 0x001FFFFF
#define DELETE 0x00010000
#define SYNCHRONIZE 0x00100000
#define STANDARD_RIGHTS_ALL 0x001F0000
#define GENERIC_READ 0x80000000U
#define GENERIC_WRITE 0x40000000U

NRT_EXPORT PKTHREAD KeGetCurrentThread(VOID);
#define PsGetCurrentThread() KeGetCurrentThread()
NRT_EXPORT HANDLE PsGetCurrentThreadId(VOID);
NRT_EXPORT NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
					 POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
					 PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
					 PVOID StartContext);
NRT_EXPORT NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus);
/** A reference; a thread's is one that KeWaitForSingleObject accepts. PASSIVE_LEVEL. */
NRT_EXPORT NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
					      POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
					      PVOID *Object,
					      POBJECT_HANDLE_INFORMATION HandleInformation);
/** STATUS_SUCCESS. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT NTSTATUS ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess,
					       POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode);
/** IRQL <= DISPATCH_LEVEL; the references afterwards. */
NRT_EXPORT LONG_PTR ObfReferenceObject(PVOID Object);
NRT_EXPORT LONG_PTR ObfDereferenceObject(PVOID Object);
#define ObReferenceObject ObfReferenceObject
#define ObDereferenceObject ObfDereferenceObject
/** FALSE when the object is being deleted. IRQL <= DISPATCH_LEVEL. */
NRT_EXPORT BOOLEAN ObReferenceObjectSafe(PVOID Object);
/* The same with a tag for a trace of references, which is off. */
NRT_EXPORT NTSTATUS ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess,
						     POBJECT_TYPE ObjectType,
						     KPROCESSOR_MODE AccessMode, ULONG Tag,
						     PVOID *Object,
						     POBJECT_HANDLE_INFORMATION HandleInformation);
NRT_EXPORT NTSTATUS ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess,
						      POBJECT_TYPE ObjectType,
						      KPROCESSOR_MODE AccessMode, ULONG Tag);
NRT_EXPORT LONG_PTR ObfReferenceObjectWithTag(PVOID Object, ULONG Tag);
NRT_EXPORT LONG_PTR ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag);
#define ObReferenceObjectWithTag(Object, Tag) ObfReferenceObjectWithTag((Object), (Tag))
#define ObDereferenceObjectWithTag(Object, Tag) ObfDereferenceObjectWithTag((Object), (Tag))
/** PASSIVE_LEVEL. STATUS_INVALID_HANDLE for what is no open handle. */
NRT_EXPORT NTSTATUS ZwClose(HANDLE Handle);

/* --------------------------------------------------------- named events */

#define EVENT_QUERY_STATE 0x0001
#define EVENT_MODIFY_STATE 0x0002
#define EVENT_ALL_ACCESS 0x001F0003

/**
 * The event of that name in \BaseNamedObjects or \KernelObjects, without case; a new
 * one is signalled. It lasts as long as a handle to it. PASSIVE_LEVEL.
 * Returns NULL for other names, and without memory.
 */
NRT_EXPORT PKEVENT IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle);
NRT_EXPORT PKEVENT IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle);
/** PASSIVE_LEVEL. Any status of an object's name; STATUS_INVALID_PARAMETER. */
NRT_EXPORT NTSTATUS ZwOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
				POBJECT_ATTRIBUTES ObjectAttributes);

/* ------------------------------------------------------------------ time */

NRT_EXPORT LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency);
NRT_EXPORT_HERE VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime);
NRT_EXPORT VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime);
NRT_EXPORT_HERE ULONGLONG KeQueryInterruptTime(VOID);
NRT_EXPORT ULONGLONG KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp);
/** Without the time that the system slept. */
NRT_EXPORT ULONGLONG KeQueryUnbiasedInterruptTime(VOID);
NRT_EXPORT ULONG KeQueryTimeIncrement(VOID);
NRT_EXPORT_HERE VOID KeQueryTickCount(PLARGE_INTEGER CurrentCount);

NRT_EXTERN_C_END
#endif
