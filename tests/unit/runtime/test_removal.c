/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Adapters that go without their host: the device is pulled out, or the miniport gives it up.
 * Rules MP-PNP-01, MP-OID-11.
 */
#include <errno.h>
#include <sched.h>

#include <nrt/nrt_lower.h>

#include "contract.h"
#include "filters.h"

TestSuite(removal, .init = contract_start, .fini = contract_end, .timeout = 60);
TestSuite(removal_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 120);

static struct stack s;
static struct filters fs;
static struct traffic traffic;

/* The host gives the handle back. */
static void claim(void)
{
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0, "%s", nrt_last_error());
	cr_expect_eq(nrt_adapter_remove(s.adapter), -ENODEV);
	s.adapter = NULL;
}

/* --------------------------------------------------------------- the device is gone */

Test(removal, drivers_are_told_then_the_stack_comes_down)
{
	stack_up(&s);
	events_clear();
	nrt_adapter_gone(s.adapter);
	event_wait("MiniportHaltEx", &s.a, 1);
	claim();
	cr_expect(events_are("MiniportDevicePnPEventNotify", "NetEventPause", "MiniportPause",
			     "ProtocolUnbindAdapterEx", "unbound", "MiniportHaltEx", NULL));
	cr_expect_eq(s.a.halt_action, NdisHaltDeviceSurpriseRemoved);
	cr_expect_eq(s.a.pause_reason, (ULONG)NDIS_PAUSE_MINIPORT_DEVICE_REMOVE);
	cr_expect(event_irql_is("MiniportDevicePnPEventNotify", PASSIVE_LEVEL));
	stack_down(&s);
	cr_expect(no_violations());
}

Test(removal, MP_PNP_01_sends_end_when_the_device_goes)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct nrt_ledger l;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 5, 0), 0);
	nrt_adapter_gone(s.adapter);
	event_wait("MiniportHaltEx", &s.a, 1);
	cr_expect_eq(b->completed, 5);
	cr_expect_eq(b->completed_status[4], NDIS_STATUS_NOT_ACCEPTED);
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_submitted, 5);
	cr_expect_eq(l.tx_handed, l.tx_returned);
	cr_expect_eq(l.tx_completed, 5);
	claim();
	stack_down(&s);
	cr_expect(no_violations());
}

/* The event comes between the pause and its end, or the pause would wait for ever. */
Test(removal, MP_PNP_01_a_pause_that_waits_for_sends_ends)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run pause;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
	events_clear();
	run_start(&pause, run_pause, &s);
	event_wait("NetEventPause", b, 1);
	nrt_adapter_gone(s.adapter);
	cr_expect_eq(run_end(&pause), 0);
	claim();
	cr_expect_eq(b->completed_status[1], NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_lt(event_place("MiniportDevicePnPEventNotify", &s.a),
		     event_place("MiniportPause", &s.a));
	cr_expect_eq(event_count("MiniportPause", &s.a), 1);
	stack_down(&s);
	cr_expect(no_violations());
}

static void take_sends_away(struct fake_binding *b)
{
	fake_binding_unmake(b, fake_adapter_steal(&s.a));
}

/* The protocol does not wait for them, or nothing would come to an end: nblwatch has that. */
Test(removal, MP_PNP_01_a_miniport_that_keeps_its_sends_is_found)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	s.a.ignores_removal = TRUE;
	s.a.own_pause = TRUE;
	b->own_pause = TRUE;
	b->on_unbind = take_sends_away;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 3, 0), 0);
	nrt_adapter_gone(s.adapter);
	claim();
	cr_expect(violations_are("PR-PAU-01", "MP-PAU-04", "PR-UNB-02", "MP-PNP-01", "MP-SND-01",
				 NULL));
	stack_down(&s);
}

/* The same without the device being gone. */
Test(removal, MP_PNP_01_is_about_devices_that_are_gone)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	s.a.own_pause = TRUE;
	b->own_pause = TRUE;
	b->on_unbind = take_sends_away;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 3, 0), 0);
	claim();
	cr_expect(violations_are("PR-PAU-01", "MP-PAU-04", "PR-UNB-02", "MP-SND-01", NULL));
	stack_down(&s);
}

static NDIS_STATUS query_status;

static void query_while_unbinding(struct fake_binding *b)
{
	ULONG value;

	query_status = fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value,
					sizeof(value), NULL);
}

Test(removal, MP_OID_11_requests_are_not_accepted_any_more)
{
	stack_binding(&s, 0)->on_unbind = query_while_unbinding;
	stack_up(&s);
	nrt_adapter_gone(s.adapter);
	claim();
	cr_expect_eq(query_status, NDIS_STATUS_NOT_ACCEPTED);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(removal, MP_OID_11_a_miniport_that_answers_without_its_device_is_found)
{
	s.a.ignores_removal = TRUE;
	stack_binding(&s, 0)->on_unbind = query_while_unbinding;
	stack_up(&s);
	nrt_adapter_gone(s.adapter);
	claim();
	cr_expect_eq(query_status, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-OID-11", NULL));
	stack_down(&s);
}

Test(removal, filters_are_told_first_and_pass_it_on)
{
	fs.n = 2;
	filters_up(&fs, &s);
	events_clear();
	nrt_adapter_gone(s.adapter);
	claim();
	cr_expect_eq(event_place("FilterDevicePnPEventNotify", module_of(&fs, 1)), 0);
	cr_expect_eq(event_place("FilterDevicePnPEventNotify", module_of(&fs, 0)), 1);
	cr_expect_eq(event_place("MiniportDevicePnPEventNotify", &s.a), 2);
	cr_expect_lt(event_place("FilterDetach", module_of(&fs, 0)),
		     event_place("MiniportHaltEx", &s.a));
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

/* -------------------------------------------------------------------- at any time */

static void gone_in_initialize(struct fake_adapter *a)
{
	nrt_device_gone(a->handle);
}

Test(removal, a_device_that_goes_while_it_is_initialized_is_told_afterwards)
{
	s.a.on_initialized = gone_in_initialize;
	events_clear();
	stack_up(&s);
	claim();
	cr_expect_lt(event_place("initialized", &s.a),
		     event_place("MiniportDevicePnPEventNotify", &s.a));
	cr_expect_eq(event_count("MiniportDevicePnPEventNotify", &s.a), 1);
	cr_expect_eq(s.a.halt_action, NdisHaltDeviceSurpriseRemoved);
	s.a.on_initialized = NULL;
	stack_down(&s);
	cr_expect(no_violations());
}

Test(removal, a_paused_adapter_is_not_paused_again)
{
	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	events_clear();
	nrt_adapter_gone(s.adapter);
	nrt_adapter_gone(s.adapter);
	claim();
	cr_expect(events_are("MiniportDevicePnPEventNotify", "ProtocolUnbindAdapterEx", "unbound",
			     "MiniportHaltEx", NULL));
	stack_down(&s);
	cr_expect(no_violations());
}

Test(removal, a_device_that_goes_after_its_adapter_is_nothing_new)
{
	struct nrt_adapter *adapter;

	stack_up(&s);
	adapter = s.adapter;
	claim();
	cr_expect_eq(s.a.halt_action, NdisHaltDeviceDisabled);
	events_clear();
	nrt_adapter_gone(adapter);
	cr_expect_eq(nrt_adapter_remove(adapter), -ENODEV);
	cr_expect_eq(event_count("MiniportDevicePnPEventNotify", NULL), 0);
	nrt_device_gone(s.a.handle);
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}

static void end_traffic(struct fake_binding *b)
{
	(void)b;
	traffic_end(&traffic);
}

static void cycle_under_traffic(void)
{
	struct fake_binding *b = stack_binding(&s, 0);

	cr_assert_eq(load_protocol(&s.p[0], &s.protocol[0]), 0);
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.a.sends = FAKE_SENDS_HELD;
	b->on_unbind = end_traffic;
	b->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	for (unsigned int i = 0; i < 30; i++) {
		struct nrt_ledger l;

		s.p[0].n_bindings = 0;
		cr_assert_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter), 0);
		events_clear();
		traffic_start(&traffic, b, &s.a);
		while (stack_ledger(&s).tx_handed == 0 || stack_ledger(&s).rx_indicated == 0)
			sched_yield();
		nrt_device_gone(s.a.handle);
		if (i % 3 == 0)
			event_wait("MiniportDevicePnPEventNotify", &s.a, 1);
		if (i % 3 == 1)
			nrt_adapter_pause(s.adapter);
		cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
		l = stack_ledger(&s);
		cr_expect_eq(l.tx_submitted, l.tx_completed);
		cr_expect_eq(l.tx_handed, l.tx_returned);
		cr_expect_eq(l.rx_indicated, l.rx_returned);
		cr_expect_eq(b->sent, b->completed);
		cr_expect_eq(s.a.accepted, s.a.completed);
	}
	s.adapter = NULL;
	stack_down(&s);
}

Test(removal, MP_PNP_01_nothing_is_lost_under_traffic)
{
	cycle_under_traffic();
}

Test(removal_plain, MP_PNP_01_nothing_is_lost_under_traffic_without_the_verifier)
{
	cycle_under_traffic();
}

/* ----------------------------------------------------------- the miniport gives it up */

Test(removal, a_miniport_removes_its_adapter_once)
{
	KIRQL old;

	stack_up(&s);
	events_clear();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect_eq(NdisMRemoveMiniport(s.a.handle), NDIS_STATUS_SUCCESS);
	KeLowerIrql(old);
	claim();
	cr_expect_eq(event_count("MiniportDevicePnPEventNotify", &s.a), 0, "the device is there");
	cr_expect_eq(s.a.halt_action, NdisHaltDeviceFailed);
	cr_expect_eq(NdisMRemoveMiniport(s.a.handle), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}

Test(removal, a_second_removal_fails_while_the_first_goes_on)
{
	stack_up(&s);
	s.a.own_pause = TRUE;
	s.a.pause.when = FAKE_LATER;
	events_clear();
	cr_expect_eq(NdisMRemoveMiniport(s.a.handle), NDIS_STATUS_SUCCESS);
	event_wait("MiniportPause", &s.a, 1);
	cr_expect_eq(NdisMRemoveMiniport(s.a.handle), NDIS_STATUS_FAILURE);
	fake_answer_later(&s.a.pause);
	claim();
	stack_down(&s);
	cr_expect(no_violations());
}

Test(removal, an_adapter_that_does_not_start_is_halted_for_that)
{
	s.a.restart.status = NDIS_STATUS_FAILURE;
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	cr_expect_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter), -EIO);
	s.adapter = NULL;
	cr_expect_eq(s.a.halt_action, NdisHaltDeviceInitializationFailed);
	stack_down(&s);
	cr_expect(no_violations());
}

/* -------------------------------------------------------------------- power profiles */

Test(removal, miniports_are_told_how_the_machine_is_powered)
{
	stack_up(&s);
	cr_expect_eq(s.a.power_profiles, 1);
	cr_expect_eq(s.a.last_power_profile, (ULONG)NdisPowerProfileAcOnLine);
	nrt_power_profile(true);
	nrt_power_profile(true);
	cr_expect_eq(s.a.power_profiles, 2);
	cr_expect_eq(s.a.last_power_profile, (ULONG)NdisPowerProfileBattery);
	nrt_power_profile(false);
	cr_expect_eq(s.a.power_profiles, 3);
	stack_down(&s);
	cr_expect(no_violations());
}
