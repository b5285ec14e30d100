/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPCs of interrupts: the processors they run on, how often they are queued, the throttle of
 * receives, and that the last one lets the device interrupt again.
 */
#include <nrt/nrt_lower.h>
#include <nrt/nrt_profile.h>

#include "fake_interrupt.h"

static void two_workers(void)
{
	contract_start_with(2, 4, true);
}

TestSuite(interrupt_dpc, .init = two_workers, .fini = contract_end, .timeout = 60);

static struct nic nic;

static void up(unsigned int messages)
{
	cr_assert_eq(nic_up(&nic, messages), 0, "%s", nrt_last_error());
	cr_assert_eq(nic.status, NDIS_STATUS_SUCCESS);
}

/* ----------------------------------------------------------------- on which processors */

static _Atomic ULONG on_own_processor, on_another;

static void note_processor(struct nic *n, ULONG message, PVOID context,
			   NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle)
{
	(void)throttle;
	(void)message;
	if (context == (PVOID)n)
		on_own_processor++;
	else
		on_another++;
}

Test(interrupt_dpc, a_DPC_runs_on_each_processor_it_is_queued_for)
{
	ULONG all = KeQueryActiveProcessorCount(NULL);
	KAFFINITY mask = ((KAFFINITY)1 << all) - 1;
	GROUP_AFFINITY affinity = { .Mask = ~(KAFFINITY)0 };

	nic.dpc = note_processor;
	up(0);
	cr_expect_eq(NdisMQueueDpcEx(nic.handle, 0, &affinity, &nic), mask,
		     "no bit of a processor that is not there");
	gate_wait(&nic.ran, all);
	cr_expect_eq(nic.dpc_processors, mask);
	cr_expect_eq(nic.dpc_irqls, 1u << DISPATCH_LEVEL);
	cr_expect_eq(on_own_processor, all);
	nic.dpc_processors = 0;
	cr_expect_eq(NdisMQueueDpc(nic.handle, 0, 0x3, &nic), 0x3);
	gate_wait(&nic.ran, all + 2);
	cr_expect_eq(nic.dpc_processors, 0x3);
	affinity.Group = 1;
	cr_expect_eq(NdisMQueueDpcEx(nic.handle, 0, &affinity, &nic), 0);
	nic_down(&nic);
	cr_expect_eq(on_another, 0);
	cr_expect(no_violations());
}

static BOOLEAN targets_both(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	(void)message;
	if (!nic_dismiss(n, queue))
		return FALSE;
	*queue = FALSE;
	*targets = 0x3;
	return TRUE;
}

Test(interrupt_dpc, an_ISR_chooses_processors)
{
	nic.isr = targets_both;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 2);
	cr_expect_eq(nic.dpc_processors, 0x3);
	nic_down(&nic);
}

static BOOLEAN disclaims(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	(void)message;
	(void)targets;
	nic_dismiss(n, queue);
	return FALSE;
}

Test(interrupt_dpc, what_the_ISR_returns_does_not_matter_for_its_DPC)
{
	nic.isr = disclaims;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
}

/* A DPC is queued once for a processor, and may be queued again once it runs. */
static _Atomic KAFFINITY first_time, second_time;

static void queue_again(struct nic *n, ULONG message, PVOID context,
			NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle)
{
	GROUP_AFFINITY here = { .Mask = (KAFFINITY)1 << KeGetCurrentProcessorNumber() };

	(void)throttle;
	if (context == NULL)
		return;
	first_time = NdisMQueueDpcEx(n->handle, message, &here, NULL);
	second_time = NdisMQueueDpcEx(n->handle, message, &here, n);
}

Test(interrupt_dpc, a_DPC_that_is_queued_already_is_not_queued_again)
{
	nic.dpc = queue_again;
	up(0);
	cr_assert_eq(NdisMQueueDpc(nic.handle, 0, 0x2, &nic), 0x2);
	gate_wait(&nic.ran, 2);
	nic_down(&nic);
	cr_expect_eq(first_time, 0x2);
	cr_expect_eq(second_time, 0);
	cr_expect_eq(nic.dpcs, 2);
}

Test(interrupt_dpc, RT_25_a_DPC_is_queued_for_what_there_is_only)
{
	up(4);
	cr_expect_eq(NdisMQueueDpc(nic.handle, 4, 1, NULL), 0);
	cr_expect(violations_are("RT-25", NULL));
	nic_down(&nic);
	cr_expect_eq(NdisMQueueDpc(nic.handle, 0, 1, NULL), 0);
	cr_expect_eq(NdisMQueueDpc(NULL, 0, 1, NULL), 0);
	cr_expect(violations_are("RT-25", "RT-25", NULL));
}

/* ------------------------------------------------------------------- what it costs */

#define TICKS 10000000

static void spin(struct nic *n, ULONG message, PVOID context,
		 NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle)
{
	uint64_t began = nrt_ticks();

	(void)message;
	(void)context;
	(void)throttle;
	while (nrt_ticks() - began < TICKS)
		YieldProcessor();
	if (n->dpcs < 3)
		NdisMQueueDpc(n->handle, 0, 0x2, NULL);
}

/* Three of them: a pass that follows or precedes a busy one may be taken for one. */
Test(interrupt_dpc, the_time_of_a_DPC_is_busy_time_of_its_worker)
{
	uint64_t busy, idle, after;

	nic.dpc = spin;
	up(0);
	nrt_workers_quiesce();
	cr_assert_eq(nrt_worker_cycles(1, &busy, &idle), 0);
	NdisMQueueDpc(nic.handle, 0, 0x2, NULL);
	gate_wait(&nic.ran, 3);
	nrt_workers_quiesce();
	cr_assert_eq(nrt_worker_cycles(1, &after, &idle), 0);
	nic_down(&nic);
	cr_expect_geq(after - busy, 3 * TICKS);
}

/* ------------------------------------------------------------------------- the end */

static _Atomic bool finished;
static struct gate began = GATE_INIT, halting = GATE_INIT;

static void is_slow(struct nic *n, ULONG message, PVOID context,
		    NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle)
{
	(void)n;
	(void)message;
	(void)context;
	(void)throttle;
	gate_pass(&began);
	gate_wait(&halting, 1);
	for (int i = 0; i < 10000; i++)
		sched_yield();
	finished = true;
}

static void (*own_halt)(struct fake_adapter *a);

static void say_so(struct fake_adapter *a)
{
	gate_pass(&halting);
	own_halt(a);
}

static void ends_after_the_DPC_on(KAFFINITY processor)
{
	GROUP_AFFINITY there = { .Mask = processor };

	nic.dpc = is_slow;
	up(0);
	own_halt = nic.s.a.on_halt;
	nic.s.a.on_halt = say_so;
	cr_assert_eq(NdisMQueueDpcEx(nic.handle, 0, &there, NULL), processor);
	gate_wait(&began, 1);
	nic.dpc = NULL;
	nic_down(&nic);
	cr_expect(finished);
}

Test(interrupt_dpc, RT_25_deregistration_waits_for_a_DPC_of_a_processor_of_no_worker)
{
	ends_after_the_DPC_on((KAFFINITY)1 << (KeQueryActiveProcessorCount(NULL) - 1));
}

Test(interrupt_dpc, RT_25_deregistration_waits_for_a_DPC_of_a_control_processor)
{
	ends_after_the_DPC_on((KAFFINITY)1 << 5);
}

/* --------------------------------------------------------------------- the throttle */

static _Atomic ULONG left, allowed, calls;
static ULONG surplus;

/* Indicates what it may, and says that there is more. */
static void receive(struct nic *n, ULONG message, PVOID context,
		    NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle)
{
	ULONG now = min(left, throttle->MaxNblsToIndicate + surplus);

	(void)message;
	(void)context;
	calls++;
	allowed = throttle->MaxNblsToIndicate;
	fake_adapter_indicate(&n->s.a, broadcast_mac, now, 0, NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
	left -= now;
	throttle->MoreNblsPending = left != 0;
	if (left == 0)
		nic_enable(n, CAUSE_ALL);
}

Test(interrupt_dpc, MP_RCV_13_more_pending_frames_call_the_DPC_again)
{
	nic.dpc = receive;
	left = 10;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 3);
	nic_down(&nic);
	cr_expect_eq(allowed, 4, "the budget of a poll");
	cr_expect_eq(calls, 3, "4, 4 and 2 frames");
	cr_expect_eq(nic.s.a.indicated, 10);
	cr_expect(no_violations());
}

Test(interrupt_dpc, MP_RCV_13_a_DPC_that_indicates_more_than_it_may_is_reported)
{
	nic.dpc = receive;
	left = 10;
	surplus = 1;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 2);
	nic_down(&nic);
	cr_expect(violations_are("MP-RCV-13", "MP-RCV-13", NULL));
}

static _Atomic bool unthrottled;

static void look(struct nic *n, ULONG message, PVOID context,
		 NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle)
{
	(void)message;
	(void)context;
	unthrottled = throttle == NULL;
	nic_enable(n, CAUSE_ALL);
}

Test(interrupt_dpc, MP_RCV_13_there_is_no_throttle_before_6_20)
{
	nic.s.m.major = 6;
	nic.s.m.minor = 1;
	nic.dpc = look;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
	cr_expect(unthrottled);
}

/* ------------------------------------------------------------------ enabling it again */

Test(interrupt_dpc, RS_INT_03_a_last_DPC_that_leaves_the_interrupt_disabled_is_reported)
{
	nic.forgets_to_enable = TRUE;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	violation_wait("RS-INT-03");
	cr_expect(violations_are("RS-INT-03", NULL));
	nic_down(&nic);
}

static void ask_for_a_poll(struct nic *n, ULONG message, PVOID context,
			   NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle)
{
	(void)message;
	(void)context;
	(void)throttle;
	NdisRequestPoll(n->s.a.poll, NULL);
}

static struct gate polled = GATE_INIT;
static BOOLEAN enables_too_early;

static void on_poll(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	(void)data;
	if (enables_too_early)
		nic_enable(nic_of(a), CAUSE_ALL);
	gate_pass(&polled);
}

static void polls_after_an_interrupt(void)
{
	unsigned int before;

	nic.s.m.major = 6;
	nic.s.m.minor = 85;
	nic.s.a.poll_mode = TRUE;
	nic.s.a.on_poll = on_poll;
	nic.dpc = ask_for_a_poll;
	up(0);
	before = gate_count(&polled);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&polled, before + 1);
	nrt_workers_quiesce();
	nic_down(&nic);
}

Test(interrupt_dpc, PL_03_a_poll_callback_that_enables_the_interrupt_is_reported)
{
	enables_too_early = TRUE;
	polls_after_an_interrupt();
	cr_expect(violations_are("PL-03", NULL));
}

Test(interrupt_dpc, PL_03_a_driver_that_polls_may_leave_it_disabled_over_the_DPC)
{
	polls_after_an_interrupt();
	cr_expect(no_violations());
}

/* ---------------------------------------------------------------- a device object's DPC */

static struct {
	PDEVICE_OBJECT device;
	PIRP irp;
	PVOID context;
	KIRQL irql;
} dpc_for_isr;

static DEVICE_OBJECT device;
static IRP irp;
static struct gate requested = GATE_INIT;

static IO_DPC_ROUTINE note_request;

static VOID note_request(PKDPC Dpc, PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
	cr_expect_eq(Dpc, &DeviceObject->Dpc);
	dpc_for_isr.device = DeviceObject;
	dpc_for_isr.irp = Irp;
	dpc_for_isr.context = Context;
	dpc_for_isr.irql = KeGetCurrentIrql();
	gate_pass(&requested);
}

static BOOLEAN requests(struct nic *n, ULONG message, PBOOLEAN queue, PULONG targets)
{
	(void)message;
	(void)targets;
	if (!nic_dismiss(n, queue))
		return FALSE;
	IoRequestDpc(&device, &irp, n);
	return TRUE;
}

Test(interrupt_dpc, an_ISR_may_request_the_DPC_of_a_device_object)
{
	IoInitializeDpcRequest(&device, note_request);
	nic.isr = requests;
	up(0);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&requested, 1);
	gate_wait(&nic.ran, 1);
	nic_down(&nic);
	cr_expect_eq(dpc_for_isr.device, &device);
	cr_expect_eq(dpc_for_isr.irp, &irp);
	cr_expect_eq(dpc_for_isr.context, &nic);
	cr_expect_eq(dpc_for_isr.irql, DISPATCH_LEVEL);
}
