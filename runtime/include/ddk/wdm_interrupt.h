/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupt objects. NDIS connects a miniport's interrupts itself; a driver meets
 * the object in IO_INTERRUPT_MESSAGE_INFO and may exclude its ISR by it. Part of
 * wdm.h.
 */
#ifndef NRT_DDK_WDM_INTERRUPT_H
#define NRT_DDK_WDM_INTERRUPT_H

#include "wdm_driver.h"
#include "wdm_irql.h"

typedef struct _KINTERRUPT *PKINTERRUPT; /* opaque */

typedef enum _KINTERRUPT_POLARITY {
	InterruptPolarityUnknown,
	InterruptActiveHigh,
	InterruptRisingEdge = InterruptActiveHigh,
	InterruptActiveLow,
	InterruptFallingEdge = InterruptActiveLow,
	InterruptActiveBoth,
	InterruptActiveBothTriggerLow = InterruptActiveBoth,
	InterruptActiveBothTriggerHigh
} KINTERRUPT_POLARITY, *PKINTERRUPT_POLARITY;

/* Page ns-wdm-_io_interrupt_message_info_entry. */
typedef struct _IO_INTERRUPT_MESSAGE_INFO_ENTRY {
	PHYSICAL_ADDRESS MessageAddress;
	KAFFINITY TargetProcessorSet;
	PKINTERRUPT InterruptObject;
	ULONG MessageData;
	ULONG Vector;
	KIRQL Irql;
	KINTERRUPT_MODE Mode;
	KINTERRUPT_POLARITY Polarity;
} IO_INTERRUPT_MESSAGE_INFO_ENTRY, *PIO_INTERRUPT_MESSAGE_INFO_ENTRY;

/* Page ns-wdm-_io_interrupt_message_info; MessageInfo has MessageCount entries. */
typedef struct _IO_INTERRUPT_MESSAGE_INFO {
	KIRQL UnifiedIrql;
	ULONG MessageCount;
	IO_INTERRUPT_MESSAGE_INFO_ENTRY MessageInfo[1];
} IO_INTERRUPT_MESSAGE_INFO, *PIO_INTERRUPT_MESSAGE_INFO;

typedef BOOLEAN KSYNCHRONIZE_ROUTINE(PVOID SynchronizeContext);
typedef KSYNCHRONIZE_ROUTINE *PKSYNCHRONIZE_ROUTINE;

NRT_EXTERN_C_BEGIN

/** Call @SynchronizeRoutine at DIRQL while no ISR of @Interrupt runs; what it returned.
 * IRQL <= DIRQL. */
NRT_EXPORT BOOLEAN KeSynchronizeExecution(PKINTERRUPT Interrupt,
					  PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
					  PVOID SynchronizeContext);
/** Raise to DIRQL and keep the ISRs of @Interrupt out until the release; the former IRQL. */
NRT_EXPORT KIRQL KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt);
NRT_EXPORT VOID KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql);

/** The processors that the ISRs of @InterruptObject run on; STATUS_INVALID_PARAMETER when
 * it is no interrupt object, or not connected any more. Any IRQL. */
NRT_EXPORT NTSTATUS IoGetAffinityInterrupt(PKINTERRUPT InterruptObject,
					   PGROUP_AFFINITY GroupAffinity);

NRT_EXTERN_C_END
#endif
