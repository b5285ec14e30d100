/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device with interrupts, and the driver's half: registers an interrupt when the
 * fake miniport initializes and deregisters it when it halts.
 */
#include "fake_interrupt.h"

#include <string.h>

/* ---------------------------------------------------------------------- the device */

/* Of a message in the registers; messages beyond are always enabled and have no cause. */
static uint32_t bit_of(unsigned int message)
{
	return message < 32 ? 1u << message : 0;
}

static void raise(struct device *d)
{
	struct nrt_interrupts *to = atomic_load(&d->to);

	if (to == NULL || (d->cause & d->enabled) == 0)
		return;
	if (d->messages == 0)
		nrt_bus_interrupt(to, 0);
	for (unsigned int i = 0; i < d->messages; i++)
		if (d->cause & d->enabled & bit_of(i)) {
			atomic_fetch_and(&d->cause, ~bit_of(i));
			nrt_bus_interrupt(to, i);
		}
}

static uint64_t read_register(void *context, unsigned int range, uint64_t offset,
			      unsigned int width)
{
	struct device *d = context;

	(void)range;
	(void)width;
	return offset == REG_CAUSE ? d->cause : offset == REG_ENABLED ? d->enabled : 0;
}

static void write_register(void *context, unsigned int range, uint64_t offset, unsigned int width,
			   uint64_t value)
{
	struct device *d = context;

	(void)range;
	(void)width;
	if (offset == REG_CAUSE)
		atomic_fetch_and(&d->cause, ~(uint32_t)value);
	else if (offset == REG_ENABLE)
		atomic_fetch_or(&d->enabled, (uint32_t)value);
	else if (offset == REG_DISABLE)
		atomic_fetch_and(&d->enabled, ~(uint32_t)value);
	if (offset == REG_ENABLE)
		raise(d);
}

static bool asserted(void *context)
{
	struct device *d = context;

	return (d->cause & d->enabled) != 0;
}

static bool enabled(void *context, unsigned int message)
{
	struct device *d = context;

	if (d->messages == 0)
		return d->enabled != 0;
	return message >= 32 || (d->enabled & bit_of(message)) != 0;
}

static void connect(void *context, struct nrt_interrupts *to, unsigned int messages)
{
	struct device *d = context;

	if (to == NULL && d->raises_on)
		return;
	d->messages = messages;
	atomic_store(&d->to, to);
}

void device_init(struct device *d, uint64_t at, unsigned int messages)
{
	d->range = (struct nrt_bus_range){ NRT_BUS_MEMORY, at, DEVICE_BAR_SIZE };
	d->bus = (struct nrt_bus){
		.ranges = &d->range,
		.n_ranges = 1,
		.read = read_register,
		.write = write_register,
		.n_messages = messages,
		.has_line = messages == 0,
		.line = 11,
		.line_asserted = asserted,
		.connect = connect,
		.interrupt_enabled = enabled,
	};
}

void device_cause(struct device *d, uint32_t cause)
{
	atomic_fetch_or(&d->cause, cause);
	raise(d);
}

/* ---------------------------------------------------------------------- the driver */

struct nic *nic_of(struct fake_adapter *a)
{
	return CONTAINING_RECORD(a, struct nic, s.a);
}

static ULONG read_at(struct nic *nic, ULONG offset)
{
	ULONG value;

	NdisReadRegisterUlong((PULONG)((char *)nic->bar + offset), &value);
	return value;
}

static void write_at(struct nic *nic, ULONG offset, ULONG value)
{
	NdisWriteRegisterUlong((PULONG)((char *)nic->bar + offset), value);
}

void nic_enable(struct nic *nic, ULONG causes)
{
	write_at(nic, REG_ENABLE, causes);
}

BOOLEAN nic_dismiss(struct nic *nic, PBOOLEAN queue)
{
	ULONG up = read_at(nic, REG_CAUSE) & read_at(nic, REG_ENABLED);

	if (up == 0)
		return FALSE;
	write_at(nic, REG_DISABLE, CAUSE_ALL);
	write_at(nic, REG_CAUSE, up);
	*queue = TRUE;
	return TRUE;
}

static MINIPORT_ISR isr;
static MINIPORT_INTERRUPT_DPC dpc;
static MINIPORT_DISABLE_INTERRUPT disable;
static MINIPORT_ENABLE_INTERRUPT enable;
static MINIPORT_MESSAGE_INTERRUPT message_isr;
static MINIPORT_MESSAGE_INTERRUPT_DPC message_dpc;
static MINIPORT_DISABLE_MESSAGE_INTERRUPT disable_message;
static MINIPORT_ENABLE_MESSAGE_INTERRUPT enable_message;

static BOOLEAN handle(struct nic *nic, ULONG message, PBOOLEAN queue, PULONG targets)
{
	BOOLEAN ours;

	nic->isrs++;
	nic->isr_irqls |= 1u << KeGetCurrentIrql();
	nic->isr_processors |= 1ull << KeGetCurrentProcessorNumber();
	if (nic->isr != NULL)
		return nic->isr(nic, message, queue, targets);
	if (nic->chars.InterruptType == NDIS_CONNECT_LINE_BASED) {
		ours = nic_dismiss(nic, queue);
	} else {
		write_at(nic, REG_DISABLE, bit_of(message));
		ours = *queue = TRUE;
	}
	nic->claimed += ours;
	return ours;
}

static BOOLEAN isr(NDIS_HANDLE context, PBOOLEAN queue, PULONG targets)
{
	return handle(context, 0, queue, targets);
}

static BOOLEAN message_isr(NDIS_HANDLE context, ULONG message, PBOOLEAN queue, PULONG targets)
{
	return handle(context, message, queue, targets);
}

static void defer(struct nic *nic, ULONG message, PVOID context, PVOID throttle)
{
	nic->dpcs++;
	nic->dpc_irqls |= 1u << KeGetCurrentIrql();
	nic->dpc_processors |= 1ull << KeGetCurrentProcessorNumber();
	if (nic->dpc != NULL)
		nic->dpc(nic, message, context, throttle);
	else if (!nic->forgets_to_enable)
		write_at(nic, REG_ENABLE,
			 nic->chars.InterruptType == NDIS_CONNECT_LINE_BASED ? CAUSE_ALL :
									       bit_of(message));
	gate_pass(&nic->ran);
}

static VOID dpc(NDIS_HANDLE nic, PVOID context, PVOID throttle, PVOID reserved)
{
	UNREFERENCED_PARAMETER(reserved);
	defer(nic, 0, context, throttle);
}

static VOID message_dpc(NDIS_HANDLE nic, ULONG message, PVOID context, PVOID throttle,
			PVOID reserved)
{
	UNREFERENCED_PARAMETER(reserved);
	defer(nic, message, context, throttle);
}

static VOID disable(NDIS_HANDLE context)
{
	struct nic *nic = context;

	nic->disables++;
	nic->isr_irqls |= 1u << KeGetCurrentIrql();
	write_at(nic, REG_DISABLE, CAUSE_ALL);
}

static VOID enable(NDIS_HANDLE context)
{
	struct nic *nic = context;

	nic->enables++;
	nic->isr_irqls |= 1u << KeGetCurrentIrql();
	write_at(nic, REG_ENABLE, CAUSE_ALL);
}

static VOID disable_message(NDIS_HANDLE context, ULONG message)
{
	struct nic *nic = context;

	nic->disables++;
	write_at(nic, REG_DISABLE, bit_of(message));
}

static VOID enable_message(NDIS_HANDLE context, ULONG message)
{
	struct nic *nic = context;

	nic->enables++;
	write_at(nic, REG_ENABLE, bit_of(message));
}

static void set_characteristics(struct nic *nic)
{
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c = &nic->chars;

	NdisZeroMemory(c, sizeof(*c));
	c->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT;
	c->Header.Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1;
	c->Header.Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1;
	c->InterruptHandler = isr;
	c->InterruptDpcHandler = dpc;
	c->DisableInterruptHandler = disable;
	c->EnableInterruptHandler = enable;
	c->MsiSupported = nic->msi;
	c->MsiSyncWithAllMessages = nic->sync_all;
	if (nic->msi) {
		c->MessageInterruptHandler = message_isr;
		c->MessageInterruptDpcHandler = message_dpc;
		c->DisableMessageInterruptHandler = disable_message;
		c->EnableMessageInterruptHandler = enable_message;
	}
	if (nic->mutate != NULL)
		nic->mutate(c);
}

static void on_initialized(struct fake_adapter *a)
{
	struct nic *nic = nic_of(a);
	NDIS_PHYSICAL_ADDRESS at = { .QuadPart = (LONGLONG)nic->device.range.start };

	cr_assert_eq(NdisMMapIoSpace(&nic->bar, a->handle, at, DEVICE_BAR_SIZE),
		     NDIS_STATUS_SUCCESS);
	set_characteristics(nic);
	nic->status = NdisMRegisterInterruptEx(a->handle, nic, &nic->chars, &nic->handle);
	if (nic->status == NDIS_STATUS_SUCCESS)
		write_at(nic, REG_ENABLE, CAUSE_ALL);
	if (nic->on_registered != NULL)
		nic->on_registered(nic);
}

static void on_halt(struct fake_adapter *a)
{
	struct nic *nic = nic_of(a);

	write_at(nic, REG_DISABLE, CAUSE_ALL);
	if (nic->status == NDIS_STATUS_SUCCESS && !nic->forgets_to_deregister)
		NdisMDeregisterInterruptEx(nic->handle);
	NdisMUnmapIoSpace(a->handle, nic->bar, DEVICE_BAR_SIZE);
}

int nic_up(struct nic *nic, unsigned int messages)
{
	static uint64_t at = 0xFEB00000u;
	static const struct gate fresh = GATE_INIT;

	nic->ran = fresh;
	nic->msi = messages != 0 && !nic->no_msi;
	device_init(&nic->device, at, messages);
	nic->device.bus.has_line |= nic->also_line;
	at += 0x1000;
	nic->s.a.on_initialized = on_initialized;
	nic->s.a.on_halt = on_halt;
	return stack_up_on(&nic->s, &nic->device.bus, &nic->device);
}

void nic_down(struct nic *nic)
{
	stack_down(&nic->s);
}
