/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file services.h
 * Kernel services under their NDIS names: memory, spin and reader-writer
 * locks, events, timers, work items, lists, counters, strings, time,
 * processors, MDLs, registers. Included by ndis.h; drivers call from any
 * thread within the IRQL that each function's documents state.
 *
 * An object that an NdisAllocate... function returned is freed by its
 * NdisFree... function, exactly once.
 */
#ifndef NRT_DDK_NDIS_SERVICES_H
#define NRT_DDK_NDIS_SERVICES_H

#include <wdm.h>

#include <ndis/types.h>
#include <ndis/objectheader.h>

NRT_EXTERN_C_BEGIN

/* ---------------------------------------------------------------- memory */

#define NDIS_MEMORY_CONTIGUOUS 0x00000001U
#define NDIS_MEMORY_NONCACHED 0x00000002U

/**
 * @NdisHandle names the owner for the leak check; @Tag is not 0 (RS-MEM-01).
 * IRQL <= DISPATCH_LEVEL. The memory is not zeroed. NULL when there is none.
 */
NRT_EXPORT PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
						   EX_POOL_PRIORITY Priority);
NRT_EXPORT NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag);
/** @Length and @MemoryFlags: as at the allocation, or 0. */
NRT_EXPORT VOID NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags);
NRT_EXPORT VOID NdisFreeMemoryWithTag(PVOID VirtualAddress, ULONG Tag);
NRT_EXPORT VOID NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress,
					      ULONG Tag);

#define NdisMoveMemory(Destination, Source, Length) RtlCopyMemory(Destination, Source, Length)
#define NdisZeroMemory(Destination, Length) RtlZeroMemory(Destination, Length)
#define NdisFillMemory(Destination, Length, Fill) RtlFillMemory(Destination, Length, Fill)
#define NdisEqualMemory(Source1, Source2, Length) RtlEqualMemory(Source1, Source2, Length)

/* What NdisMMapIoSpace mapped is reached by the register functions, byte for byte. */
NRT_INLINE VOID nrt_move_mapped(PVOID Destination, const VOID *Source, ULONG Length)
{
	volatile UCHAR *to = (volatile UCHAR *)Destination;
	volatile UCHAR *from = (volatile UCHAR *)(ULONG_PTR)Source;

	for (ULONG i = 0; i < Length; i++)
		WRITE_REGISTER_UCHAR(to + i, READ_REGISTER_UCHAR(from + i));
}

NRT_INLINE VOID nrt_zero_mapped(PVOID Destination, ULONG Length)
{
	for (ULONG i = 0; i < Length; i++)
		WRITE_REGISTER_UCHAR((volatile UCHAR *)Destination + i, 0);
}

#define NdisMoveMappedMemory(Destination, Source, Length) \
	nrt_move_mapped((Destination), (Source), (Length))
#define NdisZeroMappedMemory(Destination, Length) nrt_zero_mapped((Destination), (Length))
#define NdisMoveFromMappedMemory(Destination, Source, Length) \
	NdisMoveMappedMemory(Destination, Source, Length)
#define NdisMoveToMappedMemory(Destination, Source, Length) \
	NdisMoveMappedMemory(Destination, Source, Length)
#define NdisRetrieveUlong(Destination, Source) \
	((void)memcpy((Destination), (Source), sizeof(ULONG)))
#define NdisStoreUlong(Destination, Value) \
	do { \
		ULONG nrt_value = (Value); \
		memcpy((Destination), &nrt_value, sizeof(nrt_value)); \
	} while (0)

#define NdisInitializeNPagedLookasideList(L, Allocate, Free, Flags, Size, Tag, Depth) \
	ExInitializeNPagedLookasideList(L, Allocate, Free, Flags, Size, Tag, Depth)
#define NdisDeleteNPagedLookasideList(L) ExDeleteNPagedLookasideList(L)
#define NdisAllocateFromNPagedLookasideList(L) ExAllocateFromNPagedLookasideList(L)
#define NdisFreeToNPagedLookasideList(L, Entry) ExFreeToNPagedLookasideList(L, Entry)

/* ----------------------------------------------------------------- locks */

typedef struct _NDIS_SPIN_LOCK {
	KSPIN_LOCK SpinLock;
	KIRQL OldIrql;
} NDIS_SPIN_LOCK, *PNDIS_SPIN_LOCK;

NRT_EXPORT VOID NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock);
NRT_EXPORT VOID NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock);
/** Raises to DISPATCH_LEVEL and remembers the IRQL in the lock. */
NRT_EXPORT VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock);
NRT_EXPORT VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock);
/** The caller is at DISPATCH_LEVEL (RS-LCK-02) and stays there. */
NRT_EXPORT VOID NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock);
NRT_EXPORT VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock);

/** Opaque. Readers do not exclude each other and may nest on a processor. */
typedef struct _NDIS_RW_LOCK_EX NDIS_RW_LOCK_EX, *PNDIS_RW_LOCK_EX;

/** Opaque; one per acquisition (RS-LCK-03). */
typedef struct _LOCK_STATE_EX {
	KIRQL OldIrql;
	UCHAR LockState;
	UCHAR Flags;
	UCHAR nrt_reserved;
} LOCK_STATE_EX, *PLOCK_STATE_EX;

#define NDIS_RWL_AT_DISPATCH_LEVEL ((UCHAR)1)

NRT_EXPORT PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle);
NRT_EXPORT VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock);
NRT_EXPORT VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState,
				      UCHAR Flags);
NRT_EXPORT VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState,
				       UCHAR Flags);
NRT_EXPORT VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState);

/**
 * The older reader-writer lock, in the driver's memory. Readers that come while
 * a writer waits are let in. Opaque; no nested acquisition.
 */
typedef struct _NDIS_RW_LOCK {
	EX_SPIN_LOCK nrt_lock;
	ULONG nrt_reserved[259]; /* 1040 bytes, as there */
} NDIS_RW_LOCK, *PNDIS_RW_LOCK;

typedef struct _LOCK_STATE {
	USHORT LockState;
	KIRQL OldIrql;
} LOCK_STATE, *PLOCK_STATE;

NRT_EXPORT VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock);
/** @fWrite FALSE: for read. */
NRT_EXPORT VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite,
					 PLOCK_STATE LockState);
NRT_EXPORT VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState);
NRT_EXPORT VOID NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite,
					    PLOCK_STATE LockState);
NRT_EXPORT VOID NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState);

typedef KMUTEX NDIS_MUTEX, *PNDIS_MUTEX;

#define NDIS_INIT_MUTEX(m) KeInitializeMutex((m), 0)
#define NDIS_WAIT_FOR_MUTEX(m) KeWaitForSingleObject((m), Executive, KernelMode, FALSE, NULL)
#define NDIS_RELEASE_MUTEX(m) KeReleaseMutex((m), FALSE)

#define NDIS_RAISE_IRQL_TO_DISPATCH(OldIrql) KeRaiseIrql(DISPATCH_LEVEL, (OldIrql))
#define NDIS_LOWER_IRQL(OldIrql, CurIrql) ((void)(CurIrql), KeLowerIrql(OldIrql))
#define NDIS_CURRENT_IRQL() KeGetCurrentIrql()

/* ---------------------------------------------------------------- events */

typedef struct _NDIS_EVENT {
	KEVENT Event;
} NDIS_EVENT, *PNDIS_EVENT;

NRT_EXPORT VOID NdisInitializeEvent(PNDIS_EVENT Event);
NRT_EXPORT VOID NdisSetEvent(PNDIS_EVENT Event);
NRT_EXPORT VOID NdisResetEvent(PNDIS_EVENT Event);
/**
 * PASSIVE_LEVEL. @MsToWait 0: for ever. TRUE when the event is set, FALSE when
 * the time is over. The event stays set until NdisResetEvent.
 */
NRT_EXPORT BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, UINT MsToWait);

/* ---------------------------------------------------------------- timers */

typedef VOID (NDIS_TIMER_FUNCTION)(PVOID SystemSpecific1, PVOID FunctionContext,
				   PVOID SystemSpecific2, PVOID SystemSpecific3);
typedef NDIS_TIMER_FUNCTION *PNDIS_TIMER_FUNCTION;

typedef struct _NDIS_TIMER_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header; /* NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS */
	ULONG AllocationTag;
	PNDIS_TIMER_FUNCTION TimerFunction;
	PVOID FunctionContext;
} NDIS_TIMER_CHARACTERISTICS, *PNDIS_TIMER_CHARACTERISTICS;

#define NDIS_TIMER_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_TIMER_CHARACTERISTICS, FunctionContext)

NRT_EXPORT NDIS_STATUS NdisAllocateTimerObject(NDIS_HANDLE NdisHandle,
					       PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics,
					       PNDIS_HANDLE TimerObject);
/**
 * Run the timer function at DISPATCH_LEVEL after @DueTime (negative: relative,
 * 100 ns) and again each period. @FunctionContext NULL: the one given at the
 * allocation. TRUE when the timer was already set; it is set anew.
 */
NRT_EXPORT BOOLEAN NdisSetTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime,
				      LONG MillisecondsPeriod, PVOID FunctionContext);
NRT_EXPORT BOOLEAN NdisSetCoalescableTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime,
						 LONG MillisecondsPeriod, PVOID FunctionContext,
						 ULONG Tolerance);
/**
 * TRUE when the timer was set. A periodic timer is cancelled at PASSIVE_LEVEL,
 * and its function is not running any more on return; that of a one-shot
 * timer may be (RT-23).
 */
NRT_EXPORT BOOLEAN NdisCancelTimerObject(NDIS_HANDLE TimerObject);
NRT_EXPORT VOID NdisFreeTimerObject(NDIS_HANDLE TimerObject);

/* ------------------------------------------------------------ work items */

typedef VOID (NDIS_IO_WORKITEM)(PVOID WorkItemContext, NDIS_HANDLE NdisIoWorkItemHandle);
typedef NDIS_IO_WORKITEM NDIS_IO_WORKITEM_FUNCTION;
typedef NDIS_IO_WORKITEM *NDIS_IO_WORKITEM_ROUTINE;

NRT_EXPORT NDIS_HANDLE NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle);
/** Run @Routine once at PASSIVE_LEVEL in a system thread (RT-24). */
NRT_EXPORT VOID NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle,
				    NDIS_IO_WORKITEM_ROUTINE Routine, PVOID WorkItemContext);
/** Not while queued; allowed inside the item's own routine (RS-WKI-01). */
NRT_EXPORT VOID NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle);

/* ------------------------------------------------------ lists and counters */

#define NdisInitializeListHead(ListHead) InitializeListHead(ListHead)
#define NdisInitializeSListHead(SListHead) InitializeSListHead(SListHead)
#define NdisInterlockedPushEntrySList(SListHead, Entry, Lock) \
	ExInterlockedPushEntrySList(SListHead, Entry, Lock)
#define NdisInterlockedPopEntrySList(SListHead, Lock) ExInterlockedPopEntrySList(SListHead, Lock)
#define NdisInterlockedFlushSList(SListHead) ExInterlockedFlushSList(SListHead)
#define NdisQueryDepthSList(SListHead) ExQueryDepthSList(SListHead)
#define NdisInterlockedIncrement(Addend) InterlockedIncrement(Addend)
#define NdisInterlockedDecrement(Addend) InterlockedDecrement(Addend)
#define NdisInterlockedAddLargeStatistic(Addend, Increment) \
	ExInterlockedAddLargeStatistic(Addend, Increment)
#define ExInterlockedAddLargeStatistic(Addend, Increment) \
	((void)__atomic_fetch_add(&(Addend)->QuadPart, (LONGLONG)(Increment), __ATOMIC_RELAXED))

NRT_EXPORT ULONG NdisInterlockedAddUlong(PULONG Addend, ULONG Increment,
					 PNDIS_SPIN_LOCK SpinLock);
/** The former first (or last) entry, NULL when the list was empty. */
NRT_EXPORT PLIST_ENTRY NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
						     PNDIS_SPIN_LOCK SpinLock);
NRT_EXPORT PLIST_ENTRY NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
						     PNDIS_SPIN_LOCK SpinLock);
NRT_EXPORT PLIST_ENTRY NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead,
						     PNDIS_SPIN_LOCK SpinLock);

/* --------------------------------------------------------------- strings */

typedef ANSI_STRING NDIS_ANSI_STRING, *PNDIS_ANSI_STRING;

#define NDIS_STRING_CONST(x) { sizeof(L##x) - 2, sizeof(L##x), NRT_CONSTANT_BUFFER(L##x) }
#define NdisInitAnsiString(DestinationString, SourceString) \
	RtlInitString(DestinationString, SourceString)
#define NdisInitUnicodeString(DestinationString, SourceString) \
	RtlInitUnicodeString(DestinationString, SourceString)
#define NdisEqualUnicodeString(String1, String2, CaseInsensitive) \
	RtlEqualUnicodeString(String1, String2, CaseInsensitive)
#define NdisEqualAnsiString(String1, String2, CaseInsensitive) \
	RtlEqualString(String1, String2, CaseInsensitive)
#define NdisFreeString(String) NdisFreeMemory((String).Buffer, (String).MaximumLength, 0)

/** A counted copy of @Source in memory that NdisFreeString frees. PASSIVE_LEVEL. */
NRT_EXPORT VOID NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source);
NRT_EXPORT BOOLEAN NdisEqualString(PNDIS_STRING String1, PNDIS_STRING String2,
				   BOOLEAN CaseInsensitive);
NRT_EXPORT NDIS_STATUS NdisAnsiStringToUnicodeString(PUNICODE_STRING DestinationString,
						     PANSI_STRING SourceString);
NRT_EXPORT NDIS_STATUS NdisUnicodeStringToAnsiString(PANSI_STRING DestinationString,
						     PUNICODE_STRING SourceString);
NRT_EXPORT NDIS_STATUS NdisUpcaseUnicodeString(PUNICODE_STRING DestinationString,
					       PUNICODE_STRING SourceString);

/* ------------------------------------------------------------------ time */

/** IRQL < DISPATCH_LEVEL. */
NRT_EXPORT VOID NdisMSleep(ULONG MicrosecondsToSleep);
#define NdisStallExecution(MicrosecondsToStall) KeStallExecutionProcessor(MicrosecondsToStall)
/** 100 ns since 1601-01-01 UTC. */
NRT_EXPORT VOID NdisGetCurrentSystemTime(PLARGE_INTEGER CurrentSystemTime);
/** Milliseconds since the system started. */
NRT_EXPORT VOID NdisGetSystemUpTimeEx(PLARGE_INTEGER SystemUpTime);
NRT_EXPORT VOID NdisGetSystemUpTime(PULONG SystemUpTime);

/* ------------------------------------------------------------ processors */

NRT_EXPORT CCHAR NdisSystemProcessorCount(VOID);
NRT_EXPORT ULONG NdisSystemActiveProcessorCount(PKAFFINITY ActiveProcessors);
NRT_EXPORT ULONG NdisGroupActiveProcessorCount(USHORT Group);
NRT_EXPORT ULONG NdisGroupMaxProcessorCount(USHORT Group);
NRT_EXPORT KAFFINITY NdisGroupActiveProcessorMask(USHORT Group);
NRT_EXPORT USHORT NdisMaxGroupCount(VOID);
NRT_EXPORT USHORT NdisActiveGroupCount(VOID);
NRT_EXPORT ULONG NdisCurrentProcessorIndex(VOID);
NRT_EXPORT PROCESSOR_NUMBER NdisCurrentGroupAndProcessor(VOID);
NRT_EXPORT NDIS_STATUS NdisProcessorIndexToNumber(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNum);
NRT_EXPORT ULONG NdisProcessorNumberToIndex(PPROCESSOR_NUMBER ProcNum);

/* ------------------------------------------------------------------ MDLs */

/** An MDL over nonpaged memory, page numbers filled. NULL: no memory. */
NRT_EXPORT PMDL NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length);
/** The length is the original one again (see NdisAdjustMdlLength). */
NRT_EXPORT VOID NdisFreeMdl(PMDL Mdl);

#define NDIS_MDL_LINKAGE(Mdl) ((Mdl)->Next)
#define NDIS_MDL_TO_SPAN_PAGES(Mdl) \
	(MmGetMdlByteCount(Mdl) == 0 \
		 ? 1 \
		 : ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), \
						  MmGetMdlByteCount(Mdl)))
#define NdisGetNextMdl(CurrentMdl, NextMdl) ((void)(*(NextMdl) = (CurrentMdl)->Next))
#define NdisAdjustMdlLength(Mdl, Length) ((void)((Mdl)->ByteCount = (Length)))
#define NdisGetMdlPhysicalArraySize(Mdl, ArraySize) \
	((void)(*(ArraySize) = NDIS_MDL_TO_SPAN_PAGES(Mdl)))
#define NdisQueryMdlOffset(Mdl, Offset, Length) \
	((void)(*(Offset) = MmGetMdlByteOffset(Mdl), *(Length) = MmGetMdlByteCount(Mdl)))
/** @VirtualAddress may be NULL: only the length is wanted. */
#define NdisQueryMdl(Mdl, VirtualAddress, Length, Priority) \
	nrt_query_mdl((Mdl), (PVOID *)(VirtualAddress), (Length), (Priority))

NRT_INLINE VOID nrt_query_mdl(PMDL Mdl, PVOID *VirtualAddress, UINT *Length, ULONG Priority)
{
	if (VirtualAddress != NULL)
		*VirtualAddress = MmGetSystemAddressForMdlSafe(Mdl, Priority);
	*Length = MmGetMdlByteCount(Mdl);
}

/* --------------------------------------------------- registers, addresses */

#define NdisReadRegisterUchar(Register, Data) ((void)(*(Data) = READ_REGISTER_UCHAR(Register)))
#define NdisReadRegisterUshort(Register, Data) ((void)(*(Data) = READ_REGISTER_USHORT(Register)))
#define NdisReadRegisterUlong(Register, Data) ((void)(*(Data) = READ_REGISTER_ULONG(Register)))
#define NdisWriteRegisterUchar(Register, Data) WRITE_REGISTER_UCHAR((Register), (Data))
#define NdisWriteRegisterUshort(Register, Data) WRITE_REGISTER_USHORT((Register), (Data))
#define NdisWriteRegisterUlong(Register, Data) WRITE_REGISTER_ULONG((Register), (Data))

#define NdisGetPhysicalAddressHigh(Address) ((ULONG)(Address).HighPart)
#define NdisGetPhysicalAddressLow(Address) ((Address).LowPart)
#define NdisSetPhysicalAddressHigh(Address, Value) ((Address).HighPart = (LONG)(Value))
#define NdisSetPhysicalAddressLow(Address, Value) ((Address).LowPart = (Value))
#define NDIS_PHYSICAL_ADDRESS_CONST(Low, High) { { (ULONG)(Low), (LONG)(High) } }

/* ------------------------------------------------------------- compiling */

/*
 * The function-like forms of section placement: which part of a driver may be
 * dropped or paged. Everything here is resident.
 */
#define NDIS_INIT_FUNCTION(FunctionName)
#define NDIS_PAGABLE_FUNCTION(FunctionName)
#define NDIS_PAGEABLE_FUNCTION(FunctionName)

NRT_EXTERN_C_END
#endif
