/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bindings: offered, opened, paused, restarted, closed, unbound, in every way a
 * protocol may answer, and in the wrong ones. Rules PR-BND-01 to -04, PR-UNB-01
 * to -04, PR-PAU-01, -02, PR-PNP-01.
 */
#include <string.h>

#include "contract.h"
#include <criterion/parameterized.h>

TestSuite(binding, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;

static enum fake_when ways[] = { FAKE_NOW, FAKE_INSIDE, FAKE_THREAD, FAKE_TIMER, FAKE_WORK_ITEM };

/* ---------------------------------------------------------------------- the offer */

Test(binding, PR_BND_01_the_bind_parameters_describe_the_adapter)
{
	struct fake_binding *b = stack_binding(&s, 0);
	const NDIS_BIND_PARAMETERS *p = &b->params;
	static const WCHAR name[] = { 'n', 'i', 'c', '0', 0 };

	stack_up(&s);
	cr_expect_eq(p->Header.Type, NDIS_OBJECT_TYPE_BIND_PARAMETERS);
	cr_expect_geq(p->Header.Size, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_1);
	cr_expect_arr_eq(b->adapter_name, name, sizeof(name));
	cr_expect_not_null(p->BoundAdapterName);
	cr_expect_eq(p->MediaType, NdisMedium802_3);
	cr_expect_eq(p->PhysicalMediumType, NdisPhysicalMedium802_3);
	cr_expect_eq(p->MtuSize, 1500);
	cr_expect_eq(p->MaxXmitLinkSpeed, 10000000000ULL);
	cr_expect_eq(p->MaxRcvLinkSpeed, 10000000000ULL);
	cr_expect_eq(p->XmitLinkSpeed, 10000000000ULL);
	cr_expect_eq(p->RcvLinkSpeed, 10000000000ULL);
	cr_expect_eq(p->MediaConnectState, MediaConnectStateConnected);
	cr_expect_eq(p->MediaDuplexState, MediaDuplexStateFull);
	cr_expect_eq(p->LookaheadSize, 1514);
	cr_expect(p->SupportedPacketFilters & NDIS_PACKET_TYPE_PROMISCUOUS);
	cr_expect_eq(p->MaxMulticastListSize, 4);
	cr_expect_eq(p->MacAddressLength, 6);
	cr_expect_arr_eq(p->CurrentMacAddress, fake_mac, 6);
	cr_expect_neq(p->BoundIfIndex, 0);
	cr_expect_eq(p->BoundIfIndex, p->LowestIfIndex);
	cr_expect_eq(p->AccessType, NET_IF_ACCESS_BROADCAST);
	cr_expect_eq(p->DirectionType, NET_IF_DIRECTION_SENDRECEIVE);
	cr_expect_eq(p->ConnectionType, NET_IF_CONNECTION_DEDICATED);
	cr_expect_eq(p->IfType, IF_TYPE_ETHERNET_CSMACD);
	cr_expect_eq(p->IfConnectorPresent, TRUE);
	cr_expect_eq(p->MacOptions, NDIS_MAC_OPTION_NO_LOOPBACK);
	stack_down(&s);
}

Test(binding, PR_BND_01_the_selected_medium_is_the_adapters)
{
	stack_up(&s);
	cr_expect_eq(stack_binding(&s, 0)->selected_medium, 1, "Fddi comes first in the list");
	stack_down(&s);
}

Test(binding, PR_BND_01_an_open_without_the_adapters_medium_fails)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.p[0].medium = NdisMedium802_5;
	stack_up(&s);
	cr_expect_eq(b->open_status, NDIS_STATUS_UNSUPPORTED_MEDIA);
	cr_expect_eq(event_count("NetEventRestart", NULL), 0);
	stack_down(&s);
	cr_expect_eq(event_count("ProtocolUnbindAdapterEx", NULL), 0);
}

Test(binding, every_protocol_is_offered_every_adapter)
{
	static struct fake_adapter second;
	struct nrt_adapter *other;

	s.n_protocols = 3;
	stack_up(&s);
	cr_assert_eq(add_adapter(&s.m, &second, s.miniport, "nic1", &other), 0);
	for (unsigned int i = 0; i < 3; i++) {
		cr_expect_eq(s.p[i].n_bindings, 2);
		cr_expect_eq(event_count("NetEventRestart", &s.p[i].bindings[0]), 1);
		cr_expect_eq(event_count("NetEventRestart", &s.p[i].bindings[1]), 1);
	}
	cr_expect_eq(nrt_adapter_remove(other), 0);
	stack_down(&s);
}

Test(binding, PR_REG_01_a_protocol_loaded_late_is_bound_to_a_running_adapter)
{
	struct fake_binding *late = &s.p[1].bindings[0];

	stack_up(&s);
	cr_assert_eq(load_protocol(&s.p[1], &s.protocol[1]), 0);
	cr_expect_eq(s.p[1].n_bindings, 1);
	cr_expect_eq(event_count("NetEventRestart", late), 1);
	cr_expect_eq(late->restart_attributes_mtu, 1500);
	fake_binding_send(late, fake_binding_make(late, broadcast_mac, 1, 0), 0);
	cr_expect_eq(late->completed_status[0], NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

Test(binding, a_protocol_loaded_late_over_a_paused_adapter_waits_for_the_restart)
{
	struct fake_binding *late = &s.p[1].bindings[0];

	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_assert_eq(load_protocol(&s.p[1], &s.protocol[1]), 0);
	cr_expect_eq(event_count("ProtocolBindAdapterEx", late), 1);
	cr_expect_eq(event_count("NetEventRestart", late), 0);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_eq(event_count("NetEventRestart", late), 1);
	stack_down(&s);
}

Test(binding, a_protocol_unloaded_early_is_paused_and_unbound_alone)
{
	struct fake_binding *first = &s.p[0].bindings[0], *second = &s.p[1].bindings[0];

	s.n_protocols = 2;
	stack_up(&s);
	events_clear();
	cr_assert_eq(unload_protocol(&s.p[1], s.protocol[1]), 0);
	s.protocol[1] = NULL;
	cr_expect(events_are("ProtocolUnload", "NetEventPause", "ProtocolUnbindAdapterEx",
			     "unbound", NULL));
	cr_expect_eq(event_place("NetEventPause", second), 1);
	fake_binding_send(first, fake_binding_make(first, broadcast_mac, 1, 0), 0);
	cr_expect_eq(first->completed_status[0], NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

/* --------------------------------------------------------------------------- bind */

ParameterizedTestParameters(binding, PR_BND_02_a_bind_completes_in_every_legal_way)
{
	return cr_make_param_array(enum fake_when, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(enum fake_when *when, binding, PR_BND_02_a_bind_completes_in_every_legal_way)
{
	s.p[0].bind.when = *when;
	stack_up(&s);
	cr_expect_eq(event_count("NdisCompleteBindAdapterEx", NULL), *when == FAKE_NOW ? 0 : 1);
	cr_expect_eq(event_count("NetEventRestart", stack_binding(&s, 0)), 1);
	stack_down(&s);
}

Test(binding, PR_BND_02_a_restart_waits_for_a_pending_bind)
{
	static struct fake_adapter second;
	struct nrt_adapter *other;

	s.p[0].bind.when = FAKE_WORK_ITEM;
	stack_up(&s);
	cr_assert_eq(add_adapter(&s.m, &second, s.miniport, "nic1", &other), 0);
	cr_expect_lt(event_place("NdisCompleteBindAdapterEx", &s.p[0].bindings[1]),
		     event_place("MiniportRestart", &second));
	cr_expect_eq(nrt_adapter_remove(other), 0);
	stack_down(&s);
}

Test(binding, PR_BND_02_a_bind_completed_and_returned_is_reported)
{
	s.p[0].bind.when = FAKE_TWICE;
	stack_up(&s);
	cr_expect(violations_are("PR-BND-02", NULL));
	stack_down(&s);
}

Test(binding, PR_BND_02_a_bind_complete_without_a_bind_is_reported)
{
	stack_up(&s);
	NdisCompleteBindAdapterEx(stack_binding(&s, 0)->bind_context, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("PR-BND-02", NULL));
	stack_down(&s);
}

ParameterizedTestParameters(binding, PR_BND_03_a_bind_that_fails_leaves_the_adapter_to_others)
{
	return cr_make_param_array(enum fake_when, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(enum fake_when *when, binding,
		  PR_BND_03_a_bind_that_fails_leaves_the_adapter_to_others)
{
	s.n_protocols = 2;
	s.p[0].bind.when = *when;
	s.p[0].bind.status = NDIS_STATUS_RESOURCES;
	stack_up(&s);
	cr_expect_eq(event_count("NetEventRestart", NULL), 1);
	cr_expect_eq(event_count("NetEventRestart", stack_binding(&s, 1)), 1);
	stack_down(&s);
	cr_expect_eq(event_count("ProtocolUnbindAdapterEx", NULL), 1);
}

Test(binding, PR_BND_03_a_bind_that_fails_with_the_adapter_open_is_reported_and_closed)
{
	s.p[0].bind.status = NDIS_STATUS_FAILURE;
	s.p[0].leaves_open = TRUE;
	stack_up(&s);
	cr_expect(violations_are("PR-BND-03", NULL));
	cr_expect_eq(event_count("NetEventRestart", NULL), 0);
	stack_down(&s);
}

Test(binding, a_bind_that_opens_nothing_makes_no_binding)
{
	s.p[0].bindings[0].does_not_open = TRUE;
	stack_up(&s);
	cr_expect_eq(event_count("NetEventRestart", NULL), 0);
	stack_down(&s);
	cr_expect_eq(event_count("ProtocolUnbindAdapterEx", NULL), 0);
}

static NDIS_STATUS second_open;

static void open_again(struct fake_binding *b)
{
	NDIS_MEDIUM medium = NdisMedium802_3;
	UINT selected;
	NDIS_OPEN_PARAMETERS open = {
		.Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
		.MediumArray = &medium,
		.MediumArraySize = 1,
		.SelectedMediumIndex = &selected,
	};
	NDIS_HANDLE handle;

	second_open = NdisOpenAdapterEx(b->protocol->handle, b, &open, b->bind_context, &handle);
}

Test(binding, PR_BND_01_a_second_open_of_an_offer_is_refused)
{
	s.p[0].bindings[0].on_bound = open_again;
	stack_up(&s);
	cr_expect_neq(second_open, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("PR-BND-01", NULL));
	stack_down(&s);
}

Test(binding, PR_BND_01_an_open_after_the_bind_is_refused)
{
	s.p[0].bindings[0].does_not_open = TRUE;
	stack_up(&s);
	open_again(stack_binding(&s, 0));
	cr_expect_neq(second_open, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("PR-BND-01", NULL));
	stack_down(&s);
}

static void send_in_bind(struct fake_binding *b)
{
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
}

Test(binding, PR_BND_04_sends_before_the_restart_event_do_not_reach_the_miniport)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_bound = send_in_bind;
	stack_up(&s);
	cr_expect_eq(s.a.accepted, 0);
	cr_expect_eq(b->completed, 2);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_PAUSED);
	cr_expect_eq(stack_ledger(&s).tx_rejected, 2);
	stack_down(&s);
}

static NDIS_STATUS early_oid;
static NDIS_OID_REQUEST early_request;

static void request_without_open(struct fake_binding *b)
{
	early_request.Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_OID_REQUEST,
						     NDIS_OID_REQUEST_REVISION_1,
						     NDIS_SIZEOF_OID_REQUEST_REVISION_1 };
	early_oid = NdisOidRequest(b->bind_context, &early_request);
}

Test(binding, PR_BND_04_requests_before_the_open_are_refused)
{
	s.p[0].bindings[0].does_not_open = TRUE;
	s.p[0].bindings[0].on_bound = request_without_open;
	stack_up(&s);
	cr_expect_neq(early_oid, NDIS_STATUS_PENDING);
	cr_expect_neq(early_oid, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("PR-UNB-03", NULL));
	stack_down(&s);
}

static void request_after_open(struct fake_binding *b)
{
	early_oid = fake_binding_filter(b, NDIS_PACKET_TYPE_BROADCAST);
}

Test(binding, PR_BND_04_requests_work_as_soon_as_the_adapter_is_open)
{
	s.p[0].bindings[0].on_bound = request_after_open;
	stack_up(&s);
	cr_expect_eq(early_oid, NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_BROADCAST);
	stack_down(&s);
}

/* ------------------------------------------------------------------------- unbind */

ParameterizedTestParameters(binding, PR_UNB_01_an_unbind_completes_in_every_legal_way)
{
	return cr_make_param_array(enum fake_when, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(enum fake_when *when, binding, PR_UNB_01_an_unbind_completes_in_every_legal_way)
{
	s.p[0].unbind.when = *when;
	stack_up(&s);
	stack_down(&s);
	cr_expect_eq(event_count("NdisCompleteUnbindAdapterEx", NULL), *when == FAKE_NOW ? 0 : 1);
	cr_expect_lt(*when == FAKE_NOW ? 0 : event_place("NdisCompleteUnbindAdapterEx", NULL),
		     event_place("MiniportHaltEx", NULL));
}

Test(binding, PR_BND_02_an_unbind_completed_and_returned_is_reported)
{
	s.p[0].unbind.when = FAKE_TWICE;
	stack_up(&s);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("PR-BND-02", NULL));
	stack_down(&s);
}

Test(binding, PR_UNB_01_an_unbind_that_does_not_close_is_reported_and_closed)
{
	s.p[0].bindings[0].does_not_close = TRUE;
	stack_up(&s);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("PR-UNB-01", NULL));
	stack_down(&s);
}

Test(binding, PR_UNB_02_closing_a_binding_takes_its_filter_out_of_the_adapters)
{
	s.n_protocols = 2;
	s.p[0].bindings[0].packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	s.p[1].bindings[0].packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	stack_up(&s);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST);
	cr_assert_eq(unload_protocol(&s.p[1], s.protocol[1]), 0);
	s.protocol[1] = NULL;
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_DIRECTED);
	stack_down(&s);
	cr_expect_eq(s.a.packet_filter, 0);
}

Test(binding, PR_UNB_02_closing_a_binding_with_a_send_under_way_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *chain;

	s.a.sends = FAKE_SENDS_HELD;
	s.a.own_pause = TRUE;
	b->own_pause = TRUE;
	stack_up(&s);
	chain = fake_binding_make(b, broadcast_mac, 1, 0);
	fake_binding_send(b, chain, 0);
	fake_adapter_steal(&s.a);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("PR-PAU-01", "MP-PAU-04", NULL));
	fake_binding_unmake(b, chain); /* so that its pool can be freed */
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("PR-UNB-02", "MP-SND-01", NULL));
	stack_down(&s);
}

Test(binding, PR_UNB_03_a_closed_binding_is_dead_to_every_call)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NDIS_HANDLE dead;

	stack_up(&s);
	dead = b->handle;
	cr_assert_eq(unload_protocol(&s.p[0], s.protocol[0]), 0);
	s.protocol[0] = NULL;
	NdisSendNetBufferLists(dead, NULL, 0, 0);
	cr_expect(violations_are("PR-UNB-03", NULL));
	NdisReturnNetBufferLists(dead, NULL, 0);
	cr_expect(violations_are("PR-UNB-03", NULL));
	NdisCancelSendNetBufferLists(dead, NULL);
	cr_expect(violations_are("PR-UNB-03", NULL));
	cr_expect_neq(NdisOidRequest(dead, &early_request), NDIS_STATUS_PENDING);
	cr_expect(violations_are("PR-UNB-03", NULL));
	NdisCancelOidRequest(dead, NULL);
	cr_expect(violations_are("PR-UNB-03", NULL));
	NdisCompleteNetPnPEvent(dead, NULL, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("PR-UNB-03", NULL));
	cr_expect_neq(NdisCloseAdapterEx(dead), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("PR-UNB-03", NULL));
	stack_down(&s);
}

Test(binding, PR_UNB_03_a_close_outside_bind_and_unbind_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	NdisCloseAdapterEx(b->handle);
	cr_expect(violations_are("PR-UNB-03", NULL));
	fake_binding_free_pool(b);
	stack_down(&s);
}

Test(binding, PR_UNB_04_received_nbls_kept_over_the_unbind_are_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *kept;

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	b->holds = TRUE;
	b->holds_over_pause = TRUE;
	s.n_protocols = 2;
	stack_up(&s);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	kept = fake_binding_take_held(b, 0);
	cr_assert_not_null(kept);
	cr_assert_eq(unload_protocol(&s.p[0], s.protocol[0]), 0);
	s.protocol[0] = NULL;
	cr_expect(violations_are("PR-UNB-04", NULL));
	s.a.own_pause = TRUE; /* or it would wait for it for ever */
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-PAU-03", "MP-HLT-04", NULL));
	stack_down(&s);
}

/* --------------------------------------------------------------- pause and restart */

/* NdisCompleteNetPnPEvent is for PASSIVE_LEVEL: no timer. */
static enum fake_when event_ways[] = { FAKE_NOW, FAKE_INSIDE, FAKE_THREAD, FAKE_WORK_ITEM };

#define N_EVENT_WAYS (sizeof(event_ways) / sizeof(event_ways[0]))

ParameterizedTestParameters(binding, PR_PAU_02_a_pause_event_completes_in_every_legal_way)
{
	return cr_make_param_array(enum fake_when, event_ways, N_EVENT_WAYS);
}

ParameterizedTest(enum fake_when *when, binding,
		  PR_PAU_02_a_pause_event_completes_in_every_legal_way)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->own_pause = TRUE;
	b->pause.when = *when;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	if (*when != FAKE_NOW)
		cr_expect_lt(event_place("NdisCompleteNetPnPEvent", b),
			     event_place("MiniportPause", NULL));
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	stack_down(&s);
}

ParameterizedTestParameters(binding, PR_PAU_02_a_restart_event_completes_in_every_legal_way)
{
	return cr_make_param_array(enum fake_when, event_ways, N_EVENT_WAYS);
}

ParameterizedTest(enum fake_when *when, binding,
		  PR_PAU_02_a_restart_event_completes_in_every_legal_way)
{
	s.p[0].bindings[0].restart.when = *when;
	stack_up(&s);
	cr_expect_eq(event_count("NdisCompleteNetPnPEvent", NULL), *when == FAKE_NOW ? 0 : 1);
	stack_down(&s);
}

Test(binding, PR_PAU_02_an_event_completed_and_returned_is_reported)
{
	s.p[0].bindings[0].restart.when = FAKE_TWICE;
	stack_up(&s);
	cr_expect(violations_are("PR-PAU-02", NULL));
	stack_down(&s);
}

static void complete_another(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	static NET_PNP_EVENT_NOTIFICATION copy;

	copy = *event;
	NdisCompleteNetPnPEvent(b->handle, &copy, NDIS_STATUS_SUCCESS);
}

Test(binding, PR_PAU_02_a_completion_with_another_event_pointer_is_reported)
{
	s.p[0].bindings[0].on_event = complete_another;
	stack_up(&s);
	cr_expect(violations_are("PR-PAU-02", NULL));
	s.p[0].bindings[0].on_event = NULL;
	stack_down(&s);
}

Test(binding, PR_PAU_01_a_pause_waits_for_the_protocols_own_sends)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run pause;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 5, 0), 0);
	run_start(&pause, run_pause, &s);
	event_wait("NetEventPause", b, 1);
	cr_expect_eq(event_count("MiniportPause", NULL), 0);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 2);
	cr_expect_eq(run_end(&pause), 0);
	cr_expect_eq(b->completed, 5);
	cr_expect_lt(event_place("NdisCompleteNetPnPEvent", b),
		     event_place("MiniportPause", NULL));
	stack_down(&s);
}

Test(binding, PR_PAU_01_a_pause_completed_with_sends_under_way_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	b->own_pause = TRUE;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("PR-PAU-01", NULL));
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_PAUSED, "the miniport gave it back");
	stack_down(&s);
}

static void send_while_pausing(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	if (event->NetPnPEvent.NetEvent == NetEventPause)
		fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
}

Test(binding, PR_PAU_01_a_send_in_the_pause_event_still_goes_down)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_event = send_while_pausing; /* in Pausing sends are legal, section 0 */
	stack_up(&s);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(s.a.accepted, 1);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_SUCCESS);
	b->on_event = NULL;
	stack_down(&s);
}

Test(binding, PR_PNP_01_a_pause_event_that_fails_is_reported_and_is_a_pause_all_the_same)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->own_pause = TRUE;
	b->pause.status = NDIS_STATUS_NOT_SUPPORTED;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("PR-PNP-01", NULL));
	cr_expect_eq(event_count("MiniportPause", NULL), 1);
	b->pause.status = NDIS_STATUS_SUCCESS;
	stack_down(&s);
}

Test(binding, PR_PNP_01_a_restart_event_that_fails_is_reported)
{
	s.p[0].bindings[0].restart.status = NDIS_STATUS_NOT_SUPPORTED;
	stack_up(&s);
	cr_expect(violations_are("PR-PNP-01", NULL));
	s.p[0].bindings[0].restart.status = NDIS_STATUS_SUCCESS;
	stack_down(&s);
}
