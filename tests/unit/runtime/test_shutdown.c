/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MiniportShutdownEx: when the host shuts the system down, and at a bug check. Rule
 * MP-SHU-01. After a shutdown the process is to end, so these tests end with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_interrupt.h"

static void one_worker(void)
{
	contract_start_with(1, 0, true);
}

static void nothing_is_left_to_do(void)
{
}

TestSuite(shutdown, .init = one_worker, .fini = nothing_is_left_to_do, .timeout = 60);
TestSuite(bug_check, .init = one_worker, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct nic nic;
static int actions; /* called with, one digit each: 1 power off, 2 bug check */
static int irql = -1;

static void (*in_shutdown)(void);

static MINIPORT_SHUTDOWN own_shutdown;

static VOID own_shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action)
{
	event_note("MiniportShutdownEx", context, KeGetCurrentIrql());
	irql = KeGetCurrentIrql();
	actions = actions * 10 + (action == NdisShutdownBugCheck ? 2 : 1);
	if (in_shutdown != NULL)
		in_shutdown();
}

static void give_shutdown(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
	c->ShutdownHandlerEx = own_shutdown;
}

/* ------------------------------------------------------------------------- shutdown */

Test(shutdown, MP_SHU_01_comes_last_and_at_PASSIVE_LEVEL)
{
	s.m.mutate = give_shutdown;
	stack_up(&s);
	events_clear();
	nrt_shutdown();
	cr_expect_eq(actions, 1);
	cr_expect_eq(irql, PASSIVE_LEVEL);
	cr_expect_geq(event_place("MiniportPause", &s.a), 0);
	cr_expect_gt(event_place("MiniportShutdownEx", &s.a),
		     event_place("ProtocolUnbindAdapterEx", NULL));
	cr_expect_eq(event_count("MiniportHaltEx", &s.a), 0);
	nrt_shutdown();
	cr_expect_eq(actions, 1, "once");
	cr_expect(no_violations());
}

Test(shutdown, MP_SHU_01_a_paused_adapter_is_shut_down_too)
{
	s.m.mutate = give_shutdown;
	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	nrt_shutdown();
	cr_expect_eq(actions, 1);
	cr_expect(no_violations());
}

Test(shutdown, nothing_but_the_end_of_the_process_comes_after_it)
{
	struct fake_adapter another = { .miniport = NULL };
	struct nrt_adapter *adapter;

	stack_up(&s);
	nrt_shutdown();
	events_clear();
	cr_expect_eq(nrt_adapter_remove(s.adapter), -ESHUTDOWN);
	cr_expect_eq(nrt_adapter_pause(s.adapter), -EALREADY);
	cr_expect_eq(nrt_adapter_restart(s.adapter), -EALREADY);
	cr_expect_eq(add_adapter(&s.m, &another, s.miniport, "nic1", &adapter), -ESHUTDOWN);
	cr_expect(events_are(NULL, NULL));
}

Test(shutdown, MP_SHU_01_what_is_indicated_after_it_is_not_returned)
{
	ULONG before;

	stack_up(&s);
	nrt_shutdown();
	before = s.a.returned;
	NdisMIndicateReceiveNetBufferLists(s.a.handle, fake_adapter_take(&s.a, broadcast_mac, 0), 0,
					   1, 0);
	cr_expect_eq(s.a.returned, before);
}

static void enables_late(void)
{
	nic_enable(&nic, CAUSE_ALL);
	device_cause(&nic.device, CAUSE_RX);
	nrt_workers_quiesce();
}

Test(shutdown, MP_SHU_01_no_ISR_and_no_poll_is_called_any_more)
{
	ULONG isrs;

	nic.s.m.mutate = give_shutdown;
	nic.s.m.major = 6;
	nic.s.m.minor = 85;
	nic.s.a.poll_mode = TRUE;
	in_shutdown = enables_late;
	cr_assert_eq(nic_up(&nic, 0), 0);
	device_cause(&nic.device, CAUSE_RX);
	gate_wait(&nic.ran, 1);
	isrs = nic.isrs;
	nrt_shutdown();
	cr_expect_eq(nic.isrs, isrs);
	events_clear();
	NdisRequestPoll(nic.s.a.poll, NULL);
	isrs = nic.s.a.polls;
	nrt_workers_quiesce();
	nrt_workers_quiesce();
	cr_expect_eq(nic.s.a.polls, isrs);
	cr_expect(no_violations());
}

static void deregisters(void)
{
	NdisMDeregisterInterruptEx(nic.handle);
}

Test(shutdown, MP_SHU_01_a_driver_that_frees_in_it_is_reported)
{
	nic.s.m.mutate = give_shutdown;
	in_shutdown = deregisters;
	cr_assert_eq(nic_up(&nic, 0), 0);
	nrt_shutdown();
	cr_expect(violations_are("MP-SHU-01", NULL));
}

static void *memory;

static void allocates(struct fake_adapter *a)
{
	memory = NdisAllocateMemoryWithTagPriority(a->handle, 64, 'tseT', NormalPoolPriority);
}

static void frees(void)
{
	NdisFreeMemory(memory, 0, 0);
}

Test(shutdown, MP_SHU_01_a_driver_that_frees_memory_in_it_is_reported)
{
	s.m.mutate = give_shutdown;
	s.a.on_initialized = allocates;
	in_shutdown = frees;
	stack_up(&s);
	nrt_shutdown();
	cr_expect(violations_are("MP-SHU-01", NULL));
}

/* ----------------------------------------------------------------------- bug checks */

static void up_for_bug_checks(ULONG flags)
{
	s.m.mutate = give_shutdown;
	s.a.attribute_flags = flags;
	stack_up(&s);
}

Test(bug_check, MP_SHU_01_calls_those_that_ask_for_it_at_HIGH_LEVEL)
{
	up_for_bug_checks(NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK);
	nrt_shutdown_devices();
	cr_expect_eq(actions, 2);
	cr_expect_eq(irql, HIGH_LEVEL);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
	nrt_shutdown_devices();
	cr_expect_eq(actions, 2, "once");
	cr_expect_eq(event_count("MiniportPause", &s.a), 0);
	stack_down(&s);
}

Test(bug_check, MP_SHU_01_spares_those_that_do_not_ask_from_6_30_on)
{
	up_for_bug_checks(0);
	nrt_shutdown_devices();
	cr_expect_eq(actions, 0);
	stack_down(&s);
}

Test(bug_check, MP_SHU_01_calls_older_ones_in_any_case)
{
	s.m.major = 6;
	s.m.minor = 20;
	up_for_bug_checks(0);
	nrt_shutdown_devices();
	cr_expect_eq(actions, 2);
	stack_down(&s);
}

static void calls_what_it_may_not(void)
{
	PDEVICE_OBJECT physical;

	NdisMGetDeviceProperty(s.a.handle, &physical, NULL, NULL, NULL, NULL);
}

Test(bug_check, MP_SHU_01_a_driver_that_calls_more_than_any_IRQL_allows_is_reported)
{
	in_shutdown = calls_what_it_may_not;
	up_for_bug_checks(NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK);
	nrt_shutdown_devices();
	cr_expect(violations_are("MP-SHU-01", NULL));
	stack_down(&s);
}

static void fails(struct fake_adapter *a)
{
	(void)a;
	nrt_shutdown_devices();
}

Test(bug_check, MP_SHU_01_in_a_halt_is_a_nested_call)
{
	s.a.on_halt = fails;
	up_for_bug_checks(NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK);
	stack_down(&s);
	cr_expect_eq(actions, 2);
	cr_expect_gt(event_place("MiniportShutdownEx", &s.a), event_place("MiniportHaltEx", &s.a));
}

static void says_that_it_was_called(void)
{
	_Exit(47);
}

Test(bug_check, MP_SHU_01_comes_with_KeBugCheck)
{
	int end;
	pid_t child;

	in_shutdown = says_that_it_was_called;
	up_for_bug_checks(NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK);
	child = fork();
	if (child == 0)
		KeBugCheck(0x7C);
	cr_assert_eq(waitpid(child, &end, 0), child);
	cr_expect(WIFEXITED(end) && WEXITSTATUS(end) == 47);
	stack_down(&s);
}
