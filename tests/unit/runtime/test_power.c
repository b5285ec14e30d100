/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices that sleep and wake: what drivers are asked and told, in which order, and what a
 * miniport that does not survive its sleep gets back. Rules RT-20, MP-OID-03, -15, -16,
 * PR-PNP-02.
 */
#include <errno.h>

#include "contract.h"
#include "filters.h"

TestSuite(power, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct filters fs;

#define MAX_TOLD 32

static struct {
	NET_PNP_EVENT_CODE code;
	ULONG state, flags;
} told[MAX_TOLD];
static unsigned int n_told;

static void note_power(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	(void)b;
	if (event->NetPnPEvent.NetEvent != NetEventQueryPower &&
	    event->NetPnPEvent.NetEvent != NetEventSetPower)
		return;
	told[n_told].code = event->NetPnPEvent.NetEvent;
	told[n_told].state = *(const ULONG *)event->NetPnPEvent.Buffer;
	told[n_told++ % MAX_TOLD].flags = event->Flags;
}

static void up(BOOLEAN aware)
{
	s.a.pm_aware = s.a.can_wake = aware;
	stack_binding(&s, 0)->on_event = note_power;
	stack_binding(&s, 0)->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	stack_up(&s);
	events_clear();
}

static void expect_traffic(void)
{
	struct fake_binding *b = stack_binding(&s, 0);
	ULONG received = b->received, completed = b->completed;

	cr_expect_eq(fake_adapter_indicate(&s.a, broadcast_mac, 4, 0, 0), 4);
	cr_expect_eq(b->received, received + 4);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 3, 0), 0);
	cr_expect_eq(b->completed, completed + 3);
	cr_expect_eq(b->completed_status[(completed + 2) % FAKE_MAX_SEEN], NDIS_STATUS_SUCCESS);
}

/* ----------------------------------------------------------------- one that can sleep */

Test(power, RT_20_a_query_is_followed_by_a_set_in_the_documented_order)
{
	up(TRUE);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0, "%s", nrt_last_error());
	cr_expect(events_are("ProtocolNetPnPEvent", "query power", "MiniportOidRequest",
			     "ProtocolNetPnPEvent", "NetEventPause", "MiniportPause", "power down",
			     "MiniportOidRequest", NULL));
	cr_expect_eq(s.a.power_state, (ULONG)NdisDeviceStateD3);
	cr_expect_eq(s.a.pause_reason, (ULONG)NDIS_PAUSE_LOW_POWER);
	events_clear();
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0, "%s", nrt_last_error());
	cr_expect(events_are("power up", "MiniportOidRequest", "MiniportRestart",
			     "NetEventRestart", "ProtocolNetPnPEvent", NULL));
	cr_expect_eq(n_told, 3);
	cr_expect(told[0].code == NetEventQueryPower && told[0].state == NdisDeviceStateD3);
	cr_expect(told[1].code == NetEventSetPower && told[1].state == NdisDeviceStateD3);
	cr_expect(told[2].code == NetEventSetPower && told[2].state == NdisDeviceStateD0);
	cr_expect_eq(told[1].flags, 0);
	cr_expect_eq(s.a.power_profiles, 2, "it is told how the machine is powered");
	expect_traffic();
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, states_there_are_and_changes_that_are_none)
{
	up(TRUE);
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 0), -EALREADY);
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 4), -EINVAL);
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 2), 0);
	cr_expect_eq(s.a.power_state, (ULONG)NdisDeviceStateD2);
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 3), -EALREADY);
	cr_expect_eq(nrt_adapter_restart(s.adapter), -EALREADY, "it would wake it");
	cr_expect_eq(nrt_adapter_pause(s.adapter), -EALREADY);
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 3), -ENODEV);
	s.adapter = NULL;
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, one_that_was_paused_stays_paused)
{
	up(TRUE);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	events_clear();
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 1), 0);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	cr_expect_eq(event_count("MiniportPause", NULL) + event_count("MiniportRestart", NULL), 0);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	expect_traffic();
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, RT_20_a_query_that_fails_is_cancelled_by_a_set)
{
	up(TRUE);
	stack_binding(&s, 0)->event_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 3), -EBUSY);
	cr_expect(violations_are("PR-PNP-01", "PR-PNP-01", NULL));
	cr_expect_eq(n_told, 2);
	cr_expect(told[1].code == NetEventSetPower && told[1].state == NdisDeviceStateD0);
	cr_expect_eq(event_count("MiniportPause", NULL), 0);
	stack_binding(&s, 0)->event_status = NDIS_STATUS_SUCCESS;
	expect_traffic();
	stack_down(&s);
}

Test(power, MP_OID_15_a_miniport_that_refuses_the_query_is_reported)
{
	s.a.query_power_status = NDIS_STATUS_FAILURE;
	up(TRUE);
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 3), 0, "it sleeps all the same");
	cr_expect(violations_are("MP-OID-15", NULL));
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	stack_down(&s);
}

Test(power, MP_OID_03_a_set_may_be_not_accepted_and_nothing_else)
{
	up(TRUE);
	s.a.set_power_status = NDIS_STATUS_NOT_ACCEPTED;
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 3), -EAGAIN);
	cr_expect(no_violations());
	expect_traffic();
	s.a.set_power_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 3), -EIO);
	cr_expect(violations_are("MP-OID-03", NULL));
	expect_traffic();
	s.a.set_power_status = NDIS_STATUS_SUCCESS;
	stack_down(&s);
}

/* Of a miniport that is not paused for its sleep. */
Test(power, MP_OID_16_sends_end_when_the_device_sleeps)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND;
	s.a.sends = FAKE_SENDS_HELD;
	up(TRUE);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 5, 0), 0);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_expect_eq(event_count("MiniportPause", NULL), 0);
	cr_expect_eq(event_count("NetEventPause", NULL), 0);
	cr_expect_eq(b->completed, 5);
	cr_expect_eq(b->completed_status[4], NDIS_STATUS_LOW_POWER_STATE);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	cr_expect_eq(event_count("MiniportRestart", NULL), 0);
	s.a.sends = FAKE_SENDS_INSIDE;
	expect_traffic();
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, MP_OID_16_sends_that_do_not_end_are_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND;
	s.a.sends = FAKE_SENDS_HELD;
	s.a.keeps_sends_asleep = TRUE;
	up(TRUE);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 5, 0), 0);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_expect(violations_are("MP-OID-16", NULL));
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, an_old_protocol_has_the_stack_paused)
{
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND;
	s.p[0].major = 6;
	s.p[0].minor = 20;
	up(TRUE);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_expect_eq(event_count("MiniportPause", NULL), 1);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	expect_traffic();
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, PR_PNP_02_no_requests_while_it_sleeps)
{
	ULONG value;

	up(TRUE);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_expect_eq(fake_binding_oid(stack_binding(&s, 0), NdisRequestQueryInformation,
				      OID_GEN_XMIT_OK, &value, sizeof(value), NULL),
		     NDIS_STATUS_LOW_POWER_STATE);
	cr_expect(violations_are("PR-PNP-02", NULL));
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	cr_expect_eq(fake_binding_oid(stack_binding(&s, 0), NdisRequestQueryInformation,
				      OID_GEN_XMIT_OK, &value, sizeof(value), NULL),
		     NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

/* ------------------------------------------------------------ one that is halted for it */

Test(power, one_without_power_management_is_halted_and_initialized_again)
{
	up(FALSE);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0, "%s", nrt_last_error());
	cr_expect(events_are("ProtocolNetPnPEvent", "ProtocolNetPnPEvent", "NetEventPause",
			     "MiniportPause", "MiniportHaltEx", NULL));
	cr_expect_eq(s.a.halt_action, NdisHaltDevicePoweredDown);
	cr_expect_eq(told[1].flags, (ULONG)NET_EVENT_HALT_MINIPORT_ON_LOW_POWER);
	events_clear();
	s.a.packet_filter = 0;
	s.m.next = &s.a;
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0, "%s", nrt_last_error());
	cr_expect_eq(event_place("MiniportInitializeEx", &s.a), 0);
	cr_expect_lt(event_place("MiniportOidRequest", &s.a), event_place("MiniportRestart", &s.a));
	cr_expect_eq(event_count("ProtocolBindAdapterEx", NULL), 0, "it stays bound");
	cr_expect_eq(s.a.packet_filter, (ULONG)NDIS_PACKET_TYPE_BROADCAST);
	expect_traffic();
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, a_flag_keeps_one_from_being_halted_if_it_is_aware)
{
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
	s.a.pm_aware = TRUE;
	stack_up(&s);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 0);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.a.pm_aware = FALSE;
	events_clear();
	cr_assert_eq(add_adapter(&s.m, &s.a, s.miniport, "nic1", &s.adapter), 0);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 1);
	s.m.next = &s.a;
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, a_dead_handle_is_seen_as_dead_during_the_sleep)
{
	up(FALSE);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	fake_adapter_link(&s.a, FALSE, 0);
	NdisMResetMiniport(s.a.handle);
	cr_expect(violations_are("MP-STA-02", "MP-HLT-05", NULL));
	NdisCancelSendNetBufferLists(stack_binding(&s, 0)->handle, NULL);
	cr_expect_eq(s.a.cancel_calls, 0);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 1);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, one_that_does_not_initialize_again_is_removed)
{
	up(FALSE);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	s.a.fail_at = 3;
	s.a.fail_status = NDIS_STATUS_RESOURCES;
	s.m.next = &s.a;
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 0), -ENODEV);
	cr_expect_eq(event_count("unbound", NULL), 1);
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 1);
	cr_expect_eq(nrt_adapter_remove(s.adapter), -ENODEV);
	s.adapter = NULL;
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, drivers_that_come_during_the_sleep_are_there_when_it_wakes)
{
	s.n_protocols = 1;
	up(FALSE);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_assert_eq(load_filter(&fs.f[0], &fs.driver[0]), 0);
	cr_assert_eq(load_protocol(&s.p[1], &s.protocol[1]), 0);
	cr_expect_eq(event_count("FilterAttach", NULL), 0);
	cr_expect_eq(event_count("ProtocolBindAdapterEx", NULL), 0);
	s.m.next = &s.a;
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	cr_expect_eq(event_count("FilterAttach", NULL), 1);
	cr_expect_eq(event_count("ProtocolBindAdapterEx", stack_binding(&s, 1)), 1);
	cr_expect_eq(event_count("NetEventRestart", stack_binding(&s, 1)), 1);
	expect_traffic();
	stack_down(&s);
	cr_assert_eq(unload_filter(&fs.f[0], fs.driver[0]), 0);
	cr_expect(no_violations());
}

Test(power, bindings_that_end_during_the_sleep_are_taken_out_of_the_filter)
{
	s.n_protocols = 2;
	s.p[1].bindings[0].packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	up(TRUE);
	cr_expect_eq(s.a.packet_filter,
		     (ULONG)(NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS));
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_assert_eq(unload_protocol(&s.p[1], s.protocol[1]), 0);
	s.protocol[1] = NULL;
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	cr_expect_eq(s.a.packet_filter, (ULONG)NDIS_PACKET_TYPE_BROADCAST);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, a_device_that_goes_during_its_sleep_is_removed)
{
	up(TRUE);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	nrt_adapter_gone(s.adapter);
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_eq(s.a.halt_action, NdisHaltDeviceSurpriseRemoved);
	cr_expect_eq(event_count("MiniportPause", NULL), 1);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, filters_are_told_before_protocols)
{
	s.a.pm_aware = s.a.can_wake = TRUE;
	filters_up(&fs, &s);
	events_clear();
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	cr_expect(events_are("FilterNetPnPEvent", "ProtocolNetPnPEvent", "query power",
			     "MiniportOidRequest", "FilterNetPnPEvent", "ProtocolNetPnPEvent",
			     "NetEventPause", "FilterPause", "MiniportPause", "power down",
			     "MiniportOidRequest", NULL));
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

/* ------------------------------------------------------------- capabilities, parameters */

static NDIS_PM_CAPABILITIES pm = {
	.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_CAPABILITIES_REVISION_2,
		    NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2 },
	.SupportedWoLPacketPatterns = NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED,
	.MinMagicPacketWakeUp = NdisDeviceStateD3,
};

static void offer_pm(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general)
{
	general->Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
	general->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
	general->PowerManagementCapabilitiesEx = &pm;
}

static NDIS_STATUS query(NDIS_OID oid, void *buffer, ULONG length)
{
	return fake_binding_oid(stack_binding(&s, 0), NdisRequestQueryInformation, oid, buffer,
				length, NULL);
}

Test(power, capabilities_are_answered_from_the_attributes)
{
	NDIS_PNP_CAPABILITIES pnp;
	NDIS_PM_CAPABILITIES now;

	up(TRUE);
	cr_expect_eq(query(OID_PNP_CAPABILITIES, &pnp, sizeof(pnp)), NDIS_STATUS_SUCCESS);
	cr_expect_eq(pnp.Flags, (ULONG)NDIS_DEVICE_WAKE_UP_ENABLE);
	cr_expect_eq(pnp.WakeUpCapabilities.MinMagicPacketWakeUp, NdisDeviceStateD3);
	cr_expect_eq(query(OID_PNP_CAPABILITIES, &pnp, sizeof(pnp) - 1),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(query(OID_PM_CURRENT_CAPABILITIES, &now, sizeof(now)),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_not_null(stack_binding(&s, 0)->params.PowerManagementCapabilities);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, there_are_none_without_power_management)
{
	NDIS_PNP_CAPABILITIES pnp;

	up(FALSE);
	cr_expect_eq(query(OID_PNP_CAPABILITIES, &pnp, sizeof(pnp)), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_null(stack_binding(&s, 0)->params.PowerManagementCapabilities);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, parameters_are_checked_passed_on_and_kept)
{
	NDIS_PM_PARAMETERS p = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1 },
		.EnabledWoLPacketPatterns = NDIS_PM_WOL_MAGIC_PACKET_ENABLED,
	}, now;
	struct fake_binding *b = stack_binding(&s, 0);
	ULONG before;

	s.a.mutate_general = offer_pm;
	up(FALSE);
	cr_expect_eq(query(OID_PM_HARDWARE_CAPABILITIES, &now, sizeof(now)),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(query(OID_PM_PARAMETERS, &now, sizeof(now)), NDIS_STATUS_SUCCESS);
	cr_expect_eq(now.EnabledWoLPacketPatterns, 0);
	before = s.a.n_oids;
	cr_expect_eq(fake_binding_oid(b, NdisRequestSetInformation, OID_PM_PARAMETERS, &p,
				      p.Header.Size, NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.n_oids, before + 1);
	cr_expect_eq(query(OID_PM_PARAMETERS, &now, sizeof(now)), NDIS_STATUS_SUCCESS);
	cr_expect_eq(now.EnabledWoLPacketPatterns, (ULONG)NDIS_PM_WOL_MAGIC_PACKET_ENABLED);
	p.EnabledWoLPacketPatterns = NDIS_PM_WOL_BITMAP_PATTERN_ENABLED;
	cr_expect_eq(fake_binding_oid(b, NdisRequestSetInformation, OID_PM_PARAMETERS, &p,
				      p.Header.Size, NULL),
		     NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(fake_binding_oid(b, NdisRequestSetInformation, OID_PM_PARAMETERS, &p,
				      p.Header.Size - 1, NULL),
		     NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(s.a.n_oids, before + 1, "the miniport sees what is right only");
	stack_down(&s);
	cr_expect(no_violations());
}

Test(power, power_states_are_not_for_protocols_to_set)
{
	ULONG state = NdisDeviceStateD3;

	up(TRUE);
	cr_expect_eq(fake_binding_oid(stack_binding(&s, 0), NdisRequestSetInformation,
				      OID_PNP_SET_POWER, &state, sizeof(state), NULL),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(s.a.power_state, 0);
	stack_down(&s);
	cr_expect(no_violations());
}
