/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Message interrupts: what drivers are told of them, the processor of each, the MSI-X
 * table, and their end.
 */
#include <string.h>

#include "fake_interrupt.h"

#define MESSAGES 4

static void two_workers(void)
{
	contract_start_with(2, 0, true);
}

TestSuite(interrupt_message, .init = two_workers, .fini = contract_end, .timeout = 60);

static struct nic nic;
static _Atomic ULONG last_message;

static BOOLEAN note_message(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	(void)n;
	(void)targets;
	last_message = message;
	*queue = TRUE;
	return TRUE;
}

static void up(void)
{
	cr_assert_eq(nic_up(&nic, MESSAGES), 0, "%s", nrt_last_error());
	cr_assert_eq(nic.status, NDIS_STATUS_SUCCESS);
}

Test(interrupt_message, the_driver_is_told_what_it_was_granted)
{
	const IO_INTERRUPT_MESSAGE_INFO *info;

	up();
	cr_expect_eq(nic.chars.InterruptType, NDIS_CONNECT_MESSAGE_BASED);
	info = nic.chars.MessageInfoTable;
	cr_assert_not_null(info);
	cr_expect_eq(info->MessageCount, MESSAGES);
	cr_expect_gt(info->UnifiedIrql, DISPATCH_LEVEL);
	for (unsigned int i = 0; i < MESSAGES; i++) {
		cr_expect_eq(info->MessageInfo[i].TargetProcessorSet, 1u << i % 2);
		cr_expect_eq(info->MessageInfo[i].Irql, info->UnifiedIrql);
		cr_expect_eq(info->MessageInfo[i].Mode, Latched);
		cr_expect_not_null(info->MessageInfo[i].InterruptObject);
		if (i > 0)
			cr_expect_neq(info->MessageInfo[i].InterruptObject,
				      info->MessageInfo[0].InterruptObject);
	}
	cr_expect_eq(nic.isrs, 0, "no message was sent");
	nic_down(&nic);
}

Test(interrupt_message, each_calls_the_ISR_and_DPC_on_its_processor)
{
	up();
	device_cause(&nic.device, 1u << 3);
	gate_wait(&nic.ran, 1);
	cr_expect_eq(nic.isr_processors, 1u << 1);
	cr_expect_eq(nic.dpc_processors, 1u << 1);
	device_cause(&nic.device, 1u << 2);
	gate_wait(&nic.ran, 2);
	cr_expect_eq(nic.isr_processors, 0x3);
	cr_expect_eq(nic.dpc_processors, 0x3);
	cr_expect_eq(nic.dpc_irqls, 1u << DISPATCH_LEVEL);
	cr_expect_eq(nic.isr_irqls, 1u << nic.chars.MessageInfoTable->UnifiedIrql);
	nic_down(&nic);
	cr_expect_eq(nic.isrs, 2);
	cr_expect(no_violations());
}

Test(interrupt_message, a_driver_without_them_gets_the_line)
{
	nic.no_msi = TRUE;
	nic.also_line = true;
	up();
	cr_expect_eq(nic.chars.InterruptType, NDIS_CONNECT_LINE_BASED);
	cr_expect_null(nic.chars.MessageInfoTable);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
}

Test(interrupt_message, a_driver_without_them_gets_nothing_where_there_is_no_line)
{
	nic.no_msi = TRUE;
	cr_assert_eq(nic_up(&nic, MESSAGES), 0);
	cr_expect_eq(nic.status, NDIS_STATUS_FAILURE);
	cr_expect_null(nic.handle);
	nic_down(&nic);
}

Test(interrupt_message, an_interrupt_object_knows_its_processors)
{
	PKINTERRUPT object;
	GROUP_AFFINITY affinity = { .Group = 7 };

	up();
	object = nic.chars.MessageInfoTable->MessageInfo[3].InterruptObject;
	cr_expect_eq(IoGetAffinityInterrupt(object, &affinity), STATUS_SUCCESS);
	cr_expect_eq(affinity.Mask, 1u << 1);
	cr_expect_eq(affinity.Group, 0);
	nic_down(&nic);
	cr_expect_eq(IoGetAffinityInterrupt(object, &affinity), STATUS_INVALID_PARAMETER);
	cr_expect_eq(IoGetAffinityInterrupt(NULL, &affinity), STATUS_INVALID_PARAMETER);
}

/* ----------------------------------------------------------------- synchronization */

static MINIPORT_SYNCHRONIZE_INTERRUPT enter;

static _Atomic int inside, overlaps;

static BOOLEAN enter(void *context)
{
	(void)context;
	overlaps += atomic_fetch_add(&inside, 1) != 0;
	for (int i = 0; i < 100; i++)
		YieldProcessor();
	atomic_fetch_sub(&inside, 1);
	return TRUE;
}

static BOOLEAN enters(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	(void)message;
	(void)targets;
	*queue = TRUE;
	return enter(n);
}

static _Atomic bool stop;

static int interrupt_all_the_time(void *arg)
{
	struct nic *n = arg;

	while (!stop)
		device_cause(&n->device, (1u << MESSAGES) - 1);
	return 0;
}

Test(interrupt_message, RS_INT_02_all_messages_exclude_each_other_if_the_driver_says_so)
{
	const IO_INTERRUPT_MESSAGE_INFO *info;
	GROUP_AFFINITY both;
	struct run device;

	nic.sync_all = TRUE;
	nic.isr = enters;
	up();
	info = nic.chars.MessageInfoTable;
	cr_expect_eq(info->MessageInfo[0].InterruptObject, info->MessageInfo[3].InterruptObject);
	cr_expect_eq(IoGetAffinityInterrupt(info->MessageInfo[0].InterruptObject, &both),
		     STATUS_SUCCESS);
	cr_expect_eq(both.Mask, 0x3);
	run_start(&device, interrupt_all_the_time, &nic);
	for (int i = 0; i < 10000; i++)
		cr_assert(NdisMSynchronizeWithInterruptEx(nic.handle, 3, enter, NULL));
	for (int i = 0; i < 10000; i++)
		cr_assert(KeSynchronizeExecution(info->MessageInfo[1].InterruptObject, enter,
						 NULL));
	gate_wait(&nic.ran, 100);
	stop = true;
	run_end(&device);
	nic_down(&nic);
	cr_expect_eq(overlaps, 0);
	cr_expect(no_violations());
}

static BOOLEAN enters_once(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	if (message == 2)
		return enters(n, message, queue, targets);
	*queue = TRUE;
	return TRUE;
}

Test(interrupt_message, RS_INT_02_a_function_is_synchronized_with_its_message)
{
	struct run device;
	KIRQL old;

	nic.isr = enters_once;
	up();
	run_start(&device, interrupt_all_the_time, &nic);
	for (int i = 0; i < 10000; i++)
		cr_assert(NdisMSynchronizeWithInterruptEx(nic.handle, 2, enter, NULL));
	for (int i = 0; i < 10000; i++) {
		PKINTERRUPT object = nic.chars.MessageInfoTable->MessageInfo[2].InterruptObject;

		old = KeAcquireInterruptSpinLock(object);
		cr_assert_gt(KeGetCurrentIrql(), DISPATCH_LEVEL);
		enter(NULL);
		KeReleaseInterruptSpinLock(object, old);
		cr_assert_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	}
	cr_expect_not(NdisMSynchronizeWithInterruptEx(nic.handle, MESSAGES, enter, NULL));
	cr_expect(violations_are("RS-INT-02", NULL), "there is no such message");
	gate_wait(&nic.ran, 100);
	stop = true;
	run_end(&device);
	nic_down(&nic);
	cr_expect_eq(overlaps, 0);
}

/* -------------------------------------------------------------------- the MSI-X table */

static NDIS_STATUS configure(NDIS_MSIX_TABLE_OPERATION operation, ULONG entry, ULONG message)
{
	NDIS_MSIX_CONFIG_PARAMETERS p = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_MSIX_CONFIG_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_MSIX_CONFIG_PARAMETERS_REVISION_1 },
		.ConfigOperation = operation,
		.TableEntry = entry,
		.MessageNumber = message,
	};

	return NdisMConfigMSIXTableEntry(nic.s.a.handle, &p);
}

Test(interrupt_message, an_entry_of_the_table_sends_the_message_it_was_given)
{
	nic.isr = note_message;
	up();
	cr_expect_eq(configure(NdisMSIXTableConfigSetTableEntry, 0, 3), NDIS_STATUS_SUCCESS);
	nrt_bus_interrupt(nic.device.to, 0);
	gate_wait(&nic.ran, 1);
	cr_expect_eq(last_message, 3);
	cr_expect_eq(nic.isr_processors, 1u << 1, "that is how affinity is changed");
	cr_expect_eq(configure(NdisMSIXTableConfigSetTableEntry, 0, 0), NDIS_STATUS_SUCCESS);
	nrt_bus_interrupt(nic.device.to, 0);
	gate_wait(&nic.ran, 2);
	cr_expect_eq(last_message, 0);
	nic_down(&nic);
}

Test(interrupt_message, a_masked_entry_sends_its_message_when_it_is_unmasked)
{
	KIRQL old;

	nic.isr = note_message;
	up();
	KeRaiseIrql(HIGH_LEVEL, &old);
	cr_expect_eq(configure(NdisMSIXTableConfigMaskTableEntry, 1, 0), NDIS_STATUS_SUCCESS);
	KeLowerIrql(old);
	nrt_bus_interrupt(nic.device.to, 1);
	nrt_bus_interrupt(nic.device.to, 1);
	nrt_bus_interrupt(nic.device.to, 2);
	gate_wait(&nic.ran, 1);
	nrt_workers_quiesce();
	cr_expect_eq(nic.isrs, 1);
	cr_expect_eq(last_message, 2);
	cr_expect_eq(configure(NdisMSIXTableConfigUnmaskTableEntry, 1, 0), NDIS_STATUS_SUCCESS);
	gate_wait(&nic.ran, 2);
	cr_expect_eq(last_message, 1);
	nrt_workers_quiesce();
	cr_expect_eq(nic.isrs, 2, "one was pending, however often it was sent");
	cr_expect_eq(configure(NdisMSIXTableConfigUnmaskTableEntry, 1, 0), NDIS_STATUS_SUCCESS);
	nrt_workers_quiesce();
	cr_expect_eq(nic.isrs, 2);
	nic_down(&nic);
	cr_expect(no_violations());
}

Test(interrupt_message, a_table_that_is_configured_wrongly_stays_as_it_was)
{
	NDIS_MSIX_CONFIG_PARAMETERS empty = { .ConfigOperation = NdisMSIXTableConfigMax };
	KIRQL old;

	up();
	cr_expect_eq(configure(NdisMSIXTableConfigMaskTableEntry, MESSAGES, 0),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(configure(NdisMSIXTableConfigSetTableEntry, 0, MESSAGES),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(configure(NdisMSIXTableConfigMax, 0, 0), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(no_violations());
	cr_expect_eq(NdisMConfigMSIXTableEntry(nic.s.a.handle, &empty),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", NULL));
	cr_expect_eq(NdisMConfigMSIXTableEntry(NULL, &empty), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("MP-HLT-05", NULL));
	KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
	cr_expect_eq(configure(NdisMSIXTableConfigSetTableEntry, 0, 0), NDIS_STATUS_SUCCESS);
	KeLowerIrql(old);
	cr_expect(violations_are("RS-IRQL-01", NULL));
	nic_down(&nic);
}

Test(interrupt_message, a_device_without_messages_has_no_table)
{
	cr_assert_eq(nic_up(&nic, 0), 0);
	cr_expect_eq(configure(NdisMSIXTableConfigMaskTableEntry, 0, 0), NDIS_STATUS_NOT_SUPPORTED);
	nic_down(&nic);
}

/* ---------------------------------------------------------------------------- the end */

Test(interrupt_message, RT_25_no_ISR_and_no_DPC_is_called_after_deregistration)
{
	for (int i = 0; i < 20; i++) {
		struct run device;
		ULONG isrs, dpcs;

		memset(&nic, 0, sizeof(nic));
		stop = false;
		up();
		nic.device.raises_on = true;
		run_start(&device, interrupt_all_the_time, &nic);
		gate_wait(&nic.ran, 3);
		nic_down(&nic);
		isrs = nic.isrs;
		dpcs = nic.dpcs;
		nrt_bus_interrupt(nic.device.to, 1);
		nrt_workers_quiesce();
		stop = true;
		run_end(&device);
		nrt_workers_quiesce();
		cr_assert_eq(nic.isrs, isrs);
		cr_assert_eq(nic.dpcs, dpcs);
	}
	cr_expect(no_violations());
}

/* ------------------------------------------------------------------------ for the host */

Test(interrupt_message, the_host_has_each_message_disabled_and_enabled_again)
{
	up();
	cr_expect_eq(nrt_adapter_let_interrupt(nic.s.adapter, false), 0);
	cr_expect_eq(nic.disables, MESSAGES);
	cr_expect_eq(nic.device.enabled & ((1u << MESSAGES) - 1), 0);
	cr_expect_eq(nrt_adapter_let_interrupt(nic.s.adapter, true), 0);
	cr_expect_eq(nic.enables, MESSAGES);
	device_cause(&nic.device, 1);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
}
