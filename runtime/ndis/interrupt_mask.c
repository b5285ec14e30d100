/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What keeps interrupts from the processor: entries of the MSI-X table that are masked,
 * and the device's own mask, which its driver works. Configured by drivers at any IRQL, by
 * the host on a control thread; looked at by the verifier on workers.
 */
#include <errno.h>

#include <nrt/nrt_bus.h>

#include "../error.h"
#include "../ke/irql.h"
#include "../verifier.h"
#include "adapter.h"
#include "callback.h"
#include "header.h"
#include "interrupt.h"

/* ------------------------------------------------------------------------- MSI-X */

static void send(struct nrt_interrupts *to, uint32_t entry)
{
	if (atomic_load_explicit(&to->mode, memory_order_acquire) == NRT_INTERRUPT_MESSAGES)
		nrt_interrupt_send(to, entry & NRT_MSIX_MESSAGE);
}

void nrt_interrupt_send_entry(struct nrt_interrupts *to, unsigned int entry)
{
	uint32_t value = atomic_load(&to->table[entry]);

	while (value & NRT_MSIX_MASKED)
		if (atomic_compare_exchange_weak(&to->table[entry], &value,
						 value | NRT_MSIX_PENDING))
			return;
	send(to, value);
}

static void set_entry(struct nrt_interrupts *to, ULONG entry, ULONG message)
{
	uint32_t value = atomic_load(&to->table[entry]);

	while (!atomic_compare_exchange_weak(&to->table[entry], &value,
					     (value & ~NRT_MSIX_MESSAGE) | message))
		continue;
}

static void unmask_entry(struct nrt_interrupts *to, ULONG entry)
{
	uint32_t value =
		atomic_fetch_and(&to->table[entry], ~(NRT_MSIX_MASKED | NRT_MSIX_PENDING));

	if (value & NRT_MSIX_PENDING)
		send(to, value);
}

static NDIS_STATUS configure(struct nrt_interrupts *to, const NDIS_MSIX_CONFIG_PARAMETERS *p)
{
	if (p->TableEntry >= to->n_messages)
		return NDIS_STATUS_INVALID_PARAMETER;
	switch (p->ConfigOperation) {
	case NdisMSIXTableConfigSetTableEntry:
		nrt_check_irql("NdisMConfigMSIXTableEntry", DISPATCH_LEVEL);
		if (p->MessageNumber >= to->n_messages)
			return NDIS_STATUS_INVALID_PARAMETER;
		set_entry(to, p->TableEntry, p->MessageNumber);
		return NDIS_STATUS_SUCCESS;
	case NdisMSIXTableConfigMaskTableEntry:
		atomic_fetch_or(&to->table[p->TableEntry], NRT_MSIX_MASKED);
		return NDIS_STATUS_SUCCESS;
	case NdisMSIXTableConfigUnmaskTableEntry:
		unmask_entry(to, p->TableEntry);
		return NDIS_STATUS_SUCCESS;
	default:
		return NDIS_STATUS_INVALID_PARAMETER;
	}
}

NDIS_STATUS NdisMConfigMSIXTableEntry(NDIS_HANDLE NdisMiniportHandle,
				      PNDIS_MSIX_CONFIG_PARAMETERS MSIXConfigParameters)
{
	static const size_t sizes[] = { NDIS_SIZEOF_MSIX_CONFIG_PARAMETERS_REVISION_1 };
	struct nrt_adapter *a = nrt_adapter_of(NdisMiniportHandle, "NdisMConfigMSIXTableEntry");

	if (a == NULL || !nrt_header_ok(&MSIXConfigParameters->Header, NDIS_OBJECT_TYPE_DEFAULT,
					sizes, 1, "NdisMConfigMSIXTableEntry"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (a->interrupts == NULL || a->interrupts->n_messages == 0)
		return NDIS_STATUS_NOT_SUPPORTED;
	return configure(a->interrupts, MSIXConfigParameters);
}

/* ------------------------------------------------------------------ for diagnosis */

static void let_message(struct nrt_interrupts *to, ULONG message, bool enable)
{
	const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c = &to->chars;
	struct _KINTERRUPT *object = nrt_interrupt_object(to, message);
	KIRQL old = KeAcquireInterruptSpinLock(object);
	struct nrt_callback cb = nrt_callback_begin(enable ? "MiniportEnableMessageInterrupt" :
							     "MiniportDisableMessageInterrupt");

	if (enable)
		c->EnableMessageInterruptHandler(to->context, message);
	else
		c->DisableMessageInterruptHandler(to->context, message);
	nrt_callback_end(&cb);
	KeReleaseInterruptSpinLock(object, old);
}

static void let_line(struct nrt_interrupts *to, bool enable)
{
	struct _KINTERRUPT *object = nrt_interrupt_object(to, 0);
	KIRQL old = KeAcquireInterruptSpinLock(object);
	struct nrt_callback cb = nrt_callback_begin(enable ? "MiniportEnableInterruptEx" :
							     "MiniportDisableInterruptEx");

	if (enable)
		to->chars.EnableInterruptHandler(to->context);
	else
		to->chars.DisableInterruptHandler(to->context);
	nrt_callback_end(&cb);
	KeReleaseInterruptSpinLock(object, old);
}

int nrt_adapter_let_interrupt(struct nrt_adapter *a, bool enable)
{
	struct nrt_interrupts *to = a->interrupts;
	int rc = 0;

	pthread_mutex_lock(&a->pnp); /* it is not deregistered meanwhile */
	if (to == NULL || !to->registered)
		rc = nrt_fail(-ENODEV, "adapter %s has registered no interrupt", a->device.name);
	else if (nrt_interrupt_is_line(to))
		let_line(to, enable);
	else
		for (unsigned int i = 0; i < to->n_messages; i++)
			let_message(to, i, enable);
	pthread_mutex_unlock(&a->pnp);
	return rc;
}

/* ---------------------------------------------------------------- for the verifier */

static bool is_enabled(const struct nrt_interrupts *to, unsigned int message)
{
	return to->bus->interrupt_enabled == NULL ||
	       to->bus->interrupt_enabled(to->adapter->device.bus_context, message);
}

/* A driver that polls enables it when NDIS says so, one that resets its device later. */
void nrt_interrupt_check_enabled(struct nrt_interrupts *to, unsigned int message)
{
	struct _KINTERRUPT *object = nrt_interrupt_object(to, message);
	struct nrt_adapter *a = to->adapter;
	bool forgotten;
	KIRQL old;

	if (atomic_load(&a->state) != NRT_RUNNING || a->polls != NULL || atomic_load(&a->reset.refusing))
		return;
	old = KeAcquireInterruptSpinLock(object); /* no ISR is between disabling and its DPC */
	forgotten = atomic_load(&to->outstanding) == 0 && !is_enabled(to, message);
	KeReleaseInterruptSpinLock(object, old);
	if (forgotten)
		nrt_violation("RS-INT-03", "%s: its last DPC returns and its interrupt %u is "
			      "disabled", a->device.name, message);
}

bool nrt_interrupt_line_disabled(const struct nrt_adapter *a)
{
	const struct nrt_interrupts *to = a != NULL ? a->interrupts : NULL;

	return to != NULL && to->registered && nrt_interrupt_is_line(to) && !is_enabled(to, 0);
}
