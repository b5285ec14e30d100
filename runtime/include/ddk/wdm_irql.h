/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IRQL and processors. IRQL is emulated per thread; raising to DISPATCH_LEVEL
 * takes an emulated processor and lowering gives it back. Part of wdm.h.
 */
#ifndef NRT_DDK_WDM_IRQL_H
#define NRT_DDK_WDM_IRQL_H

#include "ntdef.h"

NRT_EXTERN_C_BEGIN

#define PASSIVE_LEVEL 0
#define LOW_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define CMCI_LEVEL 5
#define CLOCK_LEVEL 13
#define IPI_LEVEL 14
#define DRS_LEVEL 14
#define POWER_LEVEL 14
#define PROFILE_LEVEL 15
#define HIGH_LEVEL 15

NRT_EXPORT KIRQL KeGetCurrentIrql(VOID);
/** May wait for a free emulated processor when the caller was below DISPATCH_LEVEL. */
NRT_EXPORT KIRQL KfRaiseIrql(KIRQL NewIrql);
NRT_EXPORT KIRQL KeRaiseIrqlToDpcLevel(VOID);
NRT_EXPORT VOID KeLowerIrql(KIRQL NewIrql);
#define KeRaiseIrql(NewIrql, OldIrql) (*(OldIrql) = KfRaiseIrql(NewIrql))

/**
 * Number of the processor the caller holds. Below DISPATCH_LEVEL, where the
 * documents promise nothing for long, the worker's own or 0.
 */
NRT_EXPORT ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber);
NRT_EXPORT_HERE ULONG KeGetCurrentProcessorIndex(VOID);
NRT_EXPORT ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors);
NRT_EXPORT ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber);
NRT_EXPORT ULONG KeQueryMaximumProcessorCount(VOID);
NRT_EXPORT ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber);
NRT_EXPORT USHORT KeQueryActiveGroupCount(VOID);
NRT_EXPORT USHORT KeQueryMaximumGroupCount(VOID);
NRT_EXPORT KAFFINITY KeQueryActiveProcessors(VOID);
NRT_EXPORT NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber);
NRT_EXPORT ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber);

#define KeGetCurrentProcessorNumber() KeGetCurrentProcessorNumberEx(NULL)

/** Debug check of paged code: PASSIVE_LEVEL or APC_LEVEL only. */
#define PAGED_CODE() NT_ASSERT(KeGetCurrentIrql() <= APC_LEVEL)
#define PAGED_CODE_LOCKED()

NRT_EXTERN_C_END
#endif
