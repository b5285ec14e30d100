/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device with interrupts, and what a miniport does with them. The device: a register
 * of causes, one of those that are enabled, frames that wait to be received. The driver:
 * ISR, DPC and its counts; a test chooses by the knobs what it does wrong.
 */
#ifndef TEST_FAKE_INTERRUPT_H
#define TEST_FAKE_INTERRUPT_H

#include <stdatomic.h>

#include <nrt/nrt_bus.h>

#include "contract.h"
#include "gate.h"

/* Registers: four bytes each, as NICs have them. */
#define REG_CAUSE 0x00 /* a bit written as one is taken away */
#define REG_ENABLED 0x04
#define REG_ENABLE 0x08  /* written: these bits are enabled */
#define REG_DISABLE 0x0C /* written: these are not */
#define DEVICE_BAR_SIZE 0x10u

#define CAUSE_RX 0x1u
#define CAUSE_ALL 0xFFFFFFFFu

struct device {
	_Atomic uint32_t cause, enabled;
	_Atomic(struct nrt_interrupts *) to;
	_Atomic unsigned int messages; /* that it was connected with */
	bool raises_on;        /* where it was connected, when it is not any more */
	struct nrt_bus_range range;
	struct nrt_bus bus;
};

/* A device with a line (messages 0), or messages and no line. */
void device_init(struct device *d, uint64_t at, unsigned int messages);

/* It has a reason to interrupt, and does if that is enabled. Any thread. */
void device_cause(struct device *d, uint32_t cause);

/* The driver's half of one adapter. */
struct nic {
	struct stack s;
	struct device device;
	/* knobs */
	BOOLEAN msi, sync_all, no_msi;
	bool also_line;     /* the device with messages has a line, too */
	void (*on_registered)(struct nic *nic); /* or not: status says it */
	BOOLEAN (*isr)(struct nic *nic, ULONG message, PBOOLEAN queue, PULONG targets);
	void (*dpc)(struct nic *nic, ULONG message, PVOID context,
		    NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle);
	void (*mutate)(NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *chars);
	BOOLEAN forgets_to_deregister, forgets_to_enable;
	/* seen */
	NDIS_STATUS status; /* of NdisMRegisterInterruptEx */
	NDIS_HANDLE handle;
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS chars;
	void *bar;
	_Atomic ULONG isrs, claimed, dpcs, enables, disables;
	_Atomic ULONG isr_irqls, dpc_irqls;   /* bit per IRQL */
	_Atomic uint64_t isr_processors, dpc_processors;
	struct gate ran;                      /* a DPC */
};

/* The adapter of struct fake_adapter @a is in this. */
struct nic *nic_of(struct fake_adapter *a);

/* Runtime is up; what nrt_adapter_add returned. Devices of one process have places @at of
 * their own. */
int nic_up(struct nic *nic, unsigned int messages);
void nic_down(struct nic *nic);

/* Let the device interrupt. */
void nic_enable(struct nic *nic, ULONG causes);

/* What a good ISR does: dismiss, disable, ask for a DPC; FALSE if nothing is up. */
BOOLEAN nic_dismiss(struct nic *nic, PBOOLEAN queue);

#endif
