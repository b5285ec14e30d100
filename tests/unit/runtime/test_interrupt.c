/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts of a device model: the ISR at DIRQL on the worker of its line or message, the
 * DPC at DISPATCH_LEVEL, and what drivers may not do about them.
 */
#include <errno.h>
#include <string.h>

#include "fake_interrupt.h"

static void two_workers(void)
{
	contract_start_with(2, 0, true);
}

TestSuite(interrupt, .init = two_workers, .fini = contract_end, .timeout = 60);
TestSuite(interrupt_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 60);

static struct nic nic, other;

static void up(unsigned int messages)
{
	cr_assert_eq(nic_up(&nic, messages), 0, "%s", nrt_last_error());
	cr_assert_eq(nic.status, NDIS_STATUS_SUCCESS);
}

/* ---------------------------------------------------------------------------- a line */

Test(interrupt, a_cause_calls_the_ISR_at_DIRQL_and_its_DPC_at_DISPATCH_LEVEL)
{
	up(0);
	cr_expect_eq(nic.chars.InterruptType, NDIS_CONNECT_LINE_BASED);
	cr_expect_null(nic.chars.MessageInfoTable);
	for (unsigned int i = 1; i <= 3; i++) {
		device_cause(&nic.device, CAUSE_RX);
		gate_wait(&nic.ran, i);
	}
	nic_down(&nic);
	cr_expect_eq(nic.claimed, 3);
	cr_expect_eq(nic.dpcs, 3);
	cr_expect_eq(nic.isr_irqls & ((1u << DISPATCH_LEVEL | 1u << PASSIVE_LEVEL)), 0);
	cr_expect_eq(nic.dpc_irqls, 1u << DISPATCH_LEVEL);
	cr_expect_eq(nic.isr_processors, 1u << 1, "line 11 belongs to worker 11 %% 2");
	cr_expect_eq(nic.dpc_processors, nic.isr_processors);
	cr_expect(no_violations());
}

Test(interrupt, MP_INI_07_the_ISR_is_called_before_registration_returns)
{
	up(0);
	cr_expect_eq(nic.isrs, 1, "a spurious one, that the verifier makes");
	cr_expect_eq(nic.claimed, 0);
	nic_down(&nic);
}

Test(interrupt_plain, MP_INI_07_without_the_verifier_there_is_no_spurious_one)
{
	up(0);
	nic_down(&nic);
	cr_expect_eq(nic.isrs, 0);
}

static BOOLEAN claims_all(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	(void)message;
	(void)targets;
	nic_dismiss(n, queue);
	return TRUE;
}

Test(interrupt, RS_INT_01_an_ISR_that_claims_what_is_not_its_own_is_reported)
{
	nic.isr = claims_all;
	up(0);
	cr_expect(violations_are("RS-INT-01", NULL));
	nic_down(&nic);
}

static BOOLEAN claims_none(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	(void)n;
	(void)message;
	(void)queue;
	(void)targets;
	return FALSE;
}

Test(interrupt, RS_INT_01_a_storm_that_no_ISR_claims_is_reported_once_and_left_alone)
{
	ULONG calls;

	nic.isr = claims_none;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	violation_wait("RS-INT-01");
	nrt_workers_quiesce();
	calls = nic.isrs;
	cr_expect_gt(calls, 10);
	for (int i = 0; i < 100; i++)
		nrt_workers_quiesce();
	cr_expect_eq(nic.isrs, calls);
	device_cause(&nic.device, CAUSE_RX);
	nrt_workers_quiesce();
	cr_expect_eq(nic.isrs, calls + 1, "a raise calls it again, but is not reported again");
	cr_expect(violations_are("RS-INT-01", NULL));
	nic_down(&nic);
}

static BOOLEAN does_not_dismiss(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	(void)message;
	(void)queue;
	(void)targets;
	return n->device.cause != 0;
}

Test(interrupt, RS_INT_01_a_storm_that_an_ISR_claims_but_does_not_dismiss_is_reported_once)
{
	nic.isr = does_not_dismiss;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	violation_wait("RS-INT-01");
	nrt_workers_quiesce();
	cr_expect(violations_are("RS-INT-01", NULL));
	nic_down(&nic);
}

static BOOLEAN calls_what_it_may_not(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	PDEVICE_OBJECT physical;

	(void)message;
	(void)targets;
	NdisMGetDeviceProperty(n->s.a.handle, &physical, NULL, NULL, NULL, NULL);
	return nic_dismiss(n, queue);
}

Test(interrupt, RS_INT_01_an_ISR_that_calls_more_than_any_IRQL_allows_is_reported)
{
	nic.isr = calls_what_it_may_not;
	up(0);
	cr_expect(violations_are("RS-INT-01", NULL));
	nic_down(&nic);
}

/* Two drivers' worth of adapters on one line. */
Test(interrupt, a_shared_line_finds_the_device_that_asserts_it)
{
	up(0);
	cr_assert_eq(nic_up(&other, 0), 0, "%s", nrt_last_error());
	device_cause(&other.device, CAUSE_RX);
	gate_wait(&other.ran, 1);
	cr_expect_eq(nic.claimed, 0);
	cr_expect_gt(nic.isrs, 1, "it was asked");
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
	device_cause(&other.device, CAUSE_RX);
	gate_wait(&other.ran, 2);
	nic_down(&other);
	cr_expect(no_violations());
}

/* -------------------------------------------------------------------------- its end */

static _Atomic bool stop;

static int interrupt_all_the_time(void *arg)
{
	struct nic *n = arg;

	while (!stop)
		device_cause(&n->device, CAUSE_ALL);
	return 0;
}

Test(interrupt, RT_25_no_ISR_and_no_DPC_is_called_after_deregistration)
{
	struct run device;
	ULONG isrs, dpcs;

	for (int i = 0; i < 20; i++) {
		memset(&nic, 0, sizeof(nic));
		stop = false;
		up(0);
		nic.device.raises_on = true;
		run_start(&device, interrupt_all_the_time, &nic);
		gate_wait(&nic.ran, 3);
		nic_down(&nic);
		isrs = nic.isrs;
		dpcs = nic.dpcs;
		nic.device.enabled = CAUSE_ALL;
		nrt_bus_interrupt(nic.device.to, 0);
		nrt_workers_quiesce();
		stop = true;
		run_end(&device);
		nrt_workers_quiesce();
		cr_assert_eq(nic.isrs, isrs);
		cr_assert_eq(nic.dpcs, dpcs);
	}
	cr_expect(no_violations());
}

Test(interrupt, MP_HLT_02_an_interrupt_that_a_halt_leaves_is_reported)
{
	nic.forgets_to_deregister = TRUE;
	up(0);
	nic_down(&nic);
	cr_expect(violations_are("MP-HLT-02", NULL));
}

Test(interrupt, MP_INI_05_an_interrupt_that_a_failing_initialization_leaves_is_reported)
{
	nic.s.a.fail_at = 6;
	nic.s.a.fail_status = NDIS_STATUS_ADAPTER_NOT_FOUND;
	cr_expect_neq(nic_up(&nic, 0), 0);
	nic.s.adapter = NULL;
	cr_expect(violations_are("MP-INI-05", "MP-INI-05", NULL), "the interrupt and the registers");
	nic_down(&nic);
}

/* ------------------------------------------------------------------ synchronization */

static _Atomic int inside;
static _Atomic int overlaps;

static BOOLEAN enter(void *context)
{
	(void)context;
	overlaps += atomic_fetch_add(&inside, 1) != 0;
	for (int i = 0; i < 100; i++)
		YieldProcessor();
	atomic_fetch_sub(&inside, 1);
	return KeGetCurrentIrql() > DISPATCH_LEVEL;
}

static BOOLEAN enters(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	(void)targets;
	enter(n);
	if (n->chars.InterruptType == NDIS_CONNECT_LINE_BASED)
		return nic_dismiss(n, queue);
	return message < NRT_BUS_MAX_MESSAGES;
}

Test(interrupt, RS_INT_02_a_synchronized_function_excludes_the_ISR)
{
	struct run device;

	nic.isr = enters;
	up(0);
	run_start(&device, interrupt_all_the_time, &nic);
	for (int i = 0; i < 20000; i++)
		cr_assert(NdisMSynchronizeWithInterruptEx(nic.handle, 0, enter, &nic));
	gate_wait(&nic.ran, 2);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	nic_down(&nic);
	stop = true;
	run_end(&device);
	cr_expect_eq(overlaps, 0);
	cr_expect(no_violations());
}

Test(interrupt, MP_HLT_07_nothing_is_synchronized_with_a_deregistered_interrupt)
{
	up(0);
	nic_down(&nic);
	cr_expect_not(NdisMSynchronizeWithInterruptEx(nic.handle, 0, enter, &nic));
	cr_expect_not(NdisMSynchronizeWithInterruptEx(NULL, 0, enter, &nic));
	cr_expect(violations_are("MP-HLT-07", "MP-HLT-07", NULL));
}

/* --------------------------------------------------------------------- registration */

static void no_dpc(NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c)
{
	c->InterruptDpcHandler = NULL;
}

Test(interrupt, a_driver_without_a_handler_is_not_registered)
{
	nic.mutate = no_dpc;
	cr_assert_eq(nic_up(&nic, 0), 0);
	cr_expect_eq(nic.status, NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_null(nic.handle);
	nic_down(&nic);
}

static void no_message_dpc(NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c)
{
	c->MessageInterruptDpcHandler = NULL;
}

Test(interrupt, a_driver_with_messages_and_without_a_handler_is_not_registered)
{
	nic.mutate = no_message_dpc;
	cr_assert_eq(nic_up(&nic, 2), 0);
	cr_expect_eq(nic.status, NDIS_STATUS_INVALID_PARAMETER);
	nic_down(&nic);
}

static void bad_size(NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c)
{
	c->Header.Size = 8;
}

Test(interrupt, a_malformed_header_is_reported)
{
	nic.mutate = bad_size;
	cr_assert_eq(nic_up(&nic, 0), 0);
	cr_expect_eq(nic.status, NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", NULL));
	nic_down(&nic);
}

static NDIS_STATUS second;

static void registers_again(struct nic *n)
{
	NDIS_HANDLE handle = n;

	second = NdisMRegisterInterruptEx(n->s.a.handle, n, &n->chars, &handle);
	cr_expect_null(handle);
}

Test(interrupt, an_adapter_registers_one_interrupt)
{
	nic.on_registered = registers_again;
	up(0);
	cr_expect_eq(second, NDIS_STATUS_RESOURCE_CONFLICT);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
}

Test(interrupt, MP_INI_07_it_is_registered_in_initialization_only)
{
	up(0);
	registers_again(&nic);
	cr_expect_eq(second, NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-INI-07", NULL));
	nic_down(&nic);
}

static void deregisters(struct nic *n)
{
	NdisMDeregisterInterruptEx(n->handle);
	NdisMDeregisterInterruptEx(n->handle);
	cr_expect(violations_are("MP-HLT-02", NULL), "once is enough");
	n->status = NdisMRegisterInterruptEx(n->s.a.handle, n, &n->chars, &n->handle);
	nic_enable(n, CAUSE_ALL);
}

Test(interrupt, it_may_be_registered_again_when_it_was_deregistered)
{
	nic.on_registered = deregisters;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
	cr_expect(no_violations());
}

/* A worker runs 64 poll objects, and an interrupt takes some. */
#define MAX_POLLS 128u

static NDIS_POLL_HANDLE polls[MAX_POLLS + 1];
static unsigned int n_polls, spare; /* registered, and how many more there is room for */

static void never(void *context, NDIS_POLL_DATA *data)
{
	(void)context;
	(void)data;
}

static void never_notified(void *context, NDIS_POLL_NOTIFICATION *notification)
{
	(void)context;
	(void)notification;
}

static void register_poll(struct fake_adapter *a, NDIS_POLL_HANDLE *poll)
{
	NDIS_POLL_CHARACTERISTICS c = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 },
		.PollHandler = never,
		.SetPollNotificationHandler = never_notified,
	};

	cr_assert_eq(NdisRegisterPoll(a->handle, a, &c, poll), NDIS_STATUS_SUCCESS);
}

/* They take turns; with one spare, the first worker has room and the second has none. */
static void fills_workers(struct fake_adapter *a)
{
	for (unsigned int i = 0; i < n_polls; i++)
		register_poll(a, &polls[i]);
	if (spare == 1)
		NdisDeregisterPoll(polls[0]);
}

static void empties_workers(struct nic *n)
{
	cr_expect_null(n->handle);
	for (unsigned int i = 0; i < spare; i++) /* nothing of the interrupt is left */
		register_poll(&n->s.a, &polls[n_polls + i]);
	for (unsigned int i = spare == 1; i < n_polls + spare; i++)
		NdisDeregisterPoll(polls[i]);
	second = n->status;
	n->status = NdisMRegisterInterruptEx(n->s.a.handle, n, &n->chars, &n->handle);
	nic_enable(n, CAUSE_ALL);
}

static void needs_room(unsigned int taken, unsigned int room)
{
	n_polls = taken;
	spare = room;
	nic.s.m.major = 6;
	nic.s.m.minor = 85;
	nic.s.a.on_begin = fills_workers;
	nic.on_registered = empties_workers;
	up(0);
	cr_expect_eq(second, NDIS_STATUS_RESOURCES);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
	cr_expect(no_violations());
}

Test(interrupt, workers_without_room_for_it_refuse_it)
{
	needs_room(MAX_POLLS, 0);
}

Test(interrupt, a_worker_without_room_for_it_refuses_it)
{
	needs_room(MAX_POLLS, 1);
}

Test(interrupt, a_worker_without_room_for_its_line_refuses_it)
{
	needs_room(MAX_POLLS - 2, 2);
}

static void deregisters_at_dispatch(struct nic *n)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMDeregisterInterruptEx(n->handle);
	KeLowerIrql(old);
}

Test(interrupt, it_is_deregistered_at_PASSIVE_LEVEL)
{
	nic.on_registered = deregisters_at_dispatch;
	up(0);
	cr_expect(violations_are("RS-IRQL-01", NULL));
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
}

Test(interrupt, an_adapter_without_a_bus_registers_none)
{
	struct stack s = { .no_protocol = true };
	NDIS_HANDLE handle;

	stack_up(&s);
	cr_expect_eq(nrt_adapter_let_interrupt(s.adapter, false), -ENODEV);
	cr_expect_eq(NdisMRegisterInterruptEx(NULL, &s, &nic.chars, &handle), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}

static void is_refused(const char *line)
{
	static struct stack s;

	cr_expect_eq(stack_up_on(&s, &nic.device.bus, &nic.device), -EINVAL);
	cr_expect(strstr(nrt_last_error(), line) != NULL, "%s", nrt_last_error());
	s.adapter = NULL;
	stack_down(&s);
}

Test(interrupt, a_bus_that_lacks_what_its_interrupts_need_is_refused)
{
	device_init(&nic.device, 0xFEB00000, 0);
	nic.device.bus.line_asserted = NULL;
	is_refused("it has a line and no line_asserted()");
	device_init(&nic.device, 0xFEB00000, 1);
	nic.device.bus.connect = NULL;
	is_refused("it has interrupts and no connect()");
	device_init(&nic.device, 0xFEB00000, NRT_BUS_MAX_MESSAGES + 1);
	is_refused("it has more messages than NRT_BUS_MAX_MESSAGES");
	device_init(&nic.device, 0xFEB00000, 1);
	nic.device.bus.has_dma_channel = true;
	is_refused("it has a DMA channel and no connect_dma()");
}

Test(interrupt, as_many_messages_as_there_may_be)
{
	up(NRT_BUS_MAX_MESSAGES);
	cr_expect_eq(nic.chars.MessageInfoTable->MessageCount, NRT_BUS_MAX_MESSAGES);
	nrt_bus_interrupt(nic.device.to, NRT_BUS_MAX_MESSAGES - 1);
	nrt_bus_interrupt(nic.device.to, NRT_BUS_MAX_MESSAGES);
	gate_wait(&nic.ran, 1);
	nrt_workers_quiesce();
	cr_expect_eq(nic.isrs, 1, "there is no 64");
	nic_down(&nic);
}

/* ------------------------------------------------------------------------ resources */

Test(interrupt, its_resources_are_the_line_and_the_messages)
{
	PCM_RESOURCE_LIST raw, translated;
	const CM_PARTIAL_RESOURCE_DESCRIPTOR *r, *t;

	nic.also_line = true;
	up(2);
	NdisMGetDeviceProperty(nic.s.a.handle, NULL, NULL, NULL, &raw, &translated);
	cr_assert_eq(raw->List[0].PartialResourceList.Count, 4);
	r = raw->List[0].PartialResourceList.PartialDescriptors;
	t = translated->List[0].PartialResourceList.PartialDescriptors;
	cr_expect_eq(r[0].Type, CmResourceTypeMemory);
	cr_expect_eq(t[1].Type, CmResourceTypeInterrupt);
	cr_expect_eq(t[1].ShareDisposition, CmResourceShareShared);
	cr_expect_eq(t[1].Flags, CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE);
	cr_expect_eq(t[1].u.Interrupt.Vector, 11);
	cr_expect_eq(t[1].u.Interrupt.Affinity, 1u << 1);
	cr_expect_gt(t[1].u.Interrupt.Level, DISPATCH_LEVEL);
	cr_expect_eq(t[3].Type, CmResourceTypeInterrupt);
	cr_expect_eq(t[3].Flags, CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE);
	cr_expect_eq(t[3].u.MessageInterrupt.Translated.Affinity, 1u << 1);
	cr_expect_eq(t[3].u.MessageInterrupt.Translated.Level, t[1].u.Interrupt.Level);
	cr_expect_eq(r[3].u.MessageInterrupt.Raw.MessageCount, 1);
	nic_down(&nic);
}

/* --------------------------------------------------------------------- for the host */

Test(interrupt, the_host_has_it_disabled_and_enabled_again)
{
	up(0);
	cr_expect_eq(nrt_adapter_let_interrupt(nic.s.adapter, false), 0);
	cr_expect_eq(nic.device.enabled, 0);
	device_cause(&nic.device, CAUSE_RX);
	nrt_workers_quiesce();
	cr_expect_eq(nic.claimed, 0);
	cr_expect_eq(nrt_adapter_let_interrupt(nic.s.adapter, true), 0);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
	cr_expect_eq(nic.isr_irqls & (1u << DISPATCH_LEVEL | 1u << PASSIVE_LEVEL), 0);
}
