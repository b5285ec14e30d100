/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pause and restart of a stack: orders, every way to complete or fail, and
 * what a completed pause means. Rules RT-02, -03, -11, MP-PAU-01 to -09,
 * MP-RES-01 to -05.
 */
#include <errno.h>

#include "contract.h"
#include <criterion/parameterized.h>

#include "ke/memory.h"
#include "operation.h"

TestSuite(restart, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct nrt_adapter *adapter;

/* --------------------------------------------------------------------- the orders */

Test(restart, RT_03_protocols_pause_before_the_miniport_and_RT_02_restart_after_it)
{
	s.n_protocols = 2;
	stack_up(&s);
	events_clear();
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(events_are("NetEventPause", "NetEventPause", "MiniportPause", NULL));
	events_clear();
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect(events_are("MiniportRestart", "NetEventRestart", "NetEventRestart", NULL));
	stack_down(&s);
}

Test(restart, a_stack_pauses_and_restarts_once_each)
{
	stack_up(&s);
	cr_expect_eq(nrt_adapter_restart(s.adapter), -EALREADY);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(nrt_adapter_pause(s.adapter), -EALREADY);
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_eq(event_count("MiniportPause", &s.a), 1);
	cr_expect_eq(event_count("MiniportRestart", &s.a), 2);
	stack_down(&s);
}

Test(restart, RT_11_nothing_else_is_started_while_a_restart_is_pending)
{
	struct run restart, pause, remove;

	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	s.a.restart.when = FAKE_LATER;
	run_start(&restart, run_restart, &s);
	event_wait("MiniportRestart", &s.a, 2);
	events_clear();
	run_start(&pause, run_pause, &s);
	run_start(&remove, run_remove, &s);
	fake_answer_later(&s.a.restart);
	cr_expect_eq(run_end(&restart), 0);
	/* whichever of the two comes first */
	run_end(&pause);
	cr_expect_eq(run_end(&remove), 0);
	s.adapter = NULL;
	cr_expect_eq(event_place("NdisMRestartComplete", &s.a), 0);
	cr_expect_eq(event_count("MiniportPause", &s.a), 1);
	cr_expect_eq(event_count("MiniportHaltEx", &s.a), 1);
	stack_down(&s);
}

/* -------------------------------------------------------------- ways to complete */

static enum fake_when ways[] = { FAKE_NOW, FAKE_INSIDE, FAKE_THREAD, FAKE_TIMER, FAKE_WORK_ITEM };

ParameterizedTestParameters(restart, MP_PAU_02_a_pause_completes_in_every_legal_way)
{
	return cr_make_param_array(enum fake_when, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(enum fake_when *when, restart, MP_PAU_02_a_pause_completes_in_every_legal_way)
{
	s.a.own_pause = TRUE;
	s.a.pause.when = *when;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(event_count("NdisMPauseComplete", &s.a), *when == FAKE_NOW ? 0 : 1);
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	stack_down(&s);
}

ParameterizedTestParameters(restart, MP_RES_01_a_restart_completes_in_every_legal_way)
{
	return cr_make_param_array(enum fake_when, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(enum fake_when *when, restart, MP_RES_01_a_restart_completes_in_every_legal_way)
{
	s.a.restart.when = *when;
	stack_up(&s);
	cr_expect_eq(event_count("NetEventRestart", NULL), 1);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	stack_down(&s);
}

ParameterizedTestParameters(restart, MP_RES_04_a_restart_fails_in_every_legal_way)
{
	return cr_make_param_array(enum fake_when, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(enum fake_when *when, restart, MP_RES_04_a_restart_fails_in_every_legal_way)
{
	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	s.a.restart.when = *when;
	s.a.restart.status = NDIS_STATUS_RESOURCES;
	events_clear();
	cr_expect_eq(nrt_adapter_restart(s.adapter), -EIO);
	cr_expect_eq(event_count("NetEventRestart", NULL), 0, "it stays paused");
	s.a.restart.status = NDIS_STATUS_SUCCESS;
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0, "and may be restarted again");
	cr_expect_eq(event_count("NetEventRestart", NULL), 1);
	stack_down(&s);
}

Test(restart, MP_RES_04_an_adapter_whose_first_restart_fails_is_not_added)
{
	cr_assert_eq(load_protocol(&s.p[0], &s.protocol[0]), 0);
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.a.restart.status = NDIS_STATUS_FAILURE;
	cr_expect_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &adapter), -EIO);
	cr_expect_eq(nrt_adapter_count(), 0);
	cr_expect(events_are("MiniportInitializeEx", "initialized", "ProtocolBindAdapterEx",
			     "bound", "MiniportRestart", "ProtocolUnbindAdapterEx", "unbound",
			     "MiniportHaltEx", NULL));
	stack_down(&s);
}

/* ------------------------------------------------------------- answers too many */

Test(restart, MP_PAU_01_a_pause_that_fails_is_reported_and_is_a_pause_all_the_same)
{
	s.a.own_pause = TRUE;
	s.a.pause.status = NDIS_STATUS_FAILURE;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("MP-PAU-01", NULL));
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	s.a.pause.status = NDIS_STATUS_SUCCESS;
	stack_down(&s);
}

Test(restart, MP_PAU_02_a_pause_completed_and_returned_is_reported)
{
	s.a.own_pause = TRUE;
	s.a.pause.when = FAKE_TWICE;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("MP-PAU-02", NULL));
	stack_down(&s);
}

Test(restart, MP_PAU_02_a_pause_complete_without_a_pause_is_reported)
{
	stack_up(&s);
	NdisMPauseComplete(s.a.handle);
	cr_expect(violations_are("MP-PAU-02", NULL));
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	NdisMPauseComplete(s.a.handle);
	cr_expect(violations_are("MP-PAU-02", NULL));
	stack_down(&s);
}

Test(restart, MP_RES_01_a_restart_completed_and_returned_is_reported)
{
	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	s.a.restart.when = FAKE_TWICE;
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect(violations_are("MP-RES-01", NULL));
	stack_down(&s);
}

Test(restart, MP_RES_01_a_restart_complete_without_a_restart_is_reported)
{
	stack_up(&s);
	NdisMRestartComplete(s.a.handle, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-RES-01", NULL));
	stack_down(&s);
}

Test(restart, MP_PAU_09_a_pause_that_takes_too_long_is_reported_and_waited_for)
{
	struct run pause;

	s.a.own_pause = TRUE;
	s.a.pause.when = FAKE_LATER;
	stack_up(&s);
	nrt_operation_set_patience(1);
	run_start(&pause, run_pause, &s);
	violation_wait("MP-PAU-09");
	nrt_operation_set_patience(10000);
	cr_expect_eq(nrt_adapter_count(), 1);
	fake_answer_later(&s.a.pause);
	cr_expect_eq(run_end(&pause), 0);
	cr_expect(violations_are("MP-PAU-09", NULL));
	s.a.pause.when = FAKE_NOW;
	stack_down(&s);
}

/* ----------------------------------------------- what a completed pause leaves under way */

Test(restart, MP_PAU_03_a_pause_waits_for_the_last_returned_nbl)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *kept;
	struct run pause;

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	b->holds = TRUE;
	b->holds_over_pause = TRUE;
	stack_up(&s);
	cr_assert_eq(fake_adapter_indicate(&s.a, fake_mac, 3, 0, 0), 3);
	kept = fake_binding_take_held(b, 1);
	run_start(&pause, run_pause, &s);
	event_wait("pausing", &s.a, 1);
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	cr_expect_eq(event_count("NdisMPauseComplete", &s.a), 0);
	fake_binding_return(b, kept, 0);
	cr_expect_eq(run_end(&pause), 0);
	cr_expect_eq(event_count("NdisMPauseComplete", &s.a), 1);
	cr_expect_eq(s.a.returned, 3);
	stack_down(&s);
}

Test(restart, MP_PAU_03_a_pause_completed_with_frames_above_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	b->holds = TRUE;
	b->holds_over_pause = TRUE;
	s.a.own_pause = TRUE;
	stack_up(&s);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("MP-PAU-03", NULL));
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	stack_down(&s);
}

Test(restart, MP_PAU_04_a_pause_completed_with_a_lost_send_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);
	NET_BUFFER_LIST *chain;

	s.a.sends = FAKE_SENDS_HELD;
	s.a.own_pause = TRUE;
	b->own_pause = TRUE; /* the protocol does not wait for it either */
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	chain = fake_adapter_steal(&s.a);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("PR-PAU-01", "MP-PAU-04", NULL));
	fake_adapter_complete_chain(&s.a, chain, NDIS_STATUS_SUCCESS);
	cr_expect_eq(b->completed, 1);
	stack_down(&s);
}

Test(restart, MP_PAU_05_sends_queued_at_a_pause_end_with_status_paused)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	b->own_pause = TRUE;
	b->pause.when = FAKE_LATER;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
	fake_adapter_stop(&s.a); /* as its MiniportPause does, only earlier */
	cr_expect_eq(b->completed, 2);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_PAUSED);
	cr_expect_eq(b->completed_status[1], NDIS_STATUS_PAUSED);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	cr_expect_eq(b->completed_status[2], NDIS_STATUS_PAUSED);
	b->pause.when = FAKE_NOW;
	stack_down(&s);
}

Test(restart, MP_PAU_06_an_indication_of_a_paused_miniport_is_reported_and_comes_back)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	NdisMIndicateReceiveNetBufferLists(s.a.handle, fake_adapter_take(&s.a, fake_mac, 0),
					   NDIS_DEFAULT_PORT_NUMBER, 1, 0);
	cr_expect(violations_are("MP-PAU-06", NULL));
	cr_expect_eq(s.a.returned, 1);
	cr_expect_eq(b->n_seen, 0);
	stack_down(&s);
}

Test(restart, MP_PAU_06_an_indication_with_resources_of_a_paused_miniport_is_not_returned)
{
	NET_BUFFER_LIST *nbl;

	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	nbl = fake_adapter_take(&s.a, fake_mac, 0);
	NdisMIndicateReceiveNetBufferLists(s.a.handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 1,
					   NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect(violations_are("MP-PAU-06", NULL));
	cr_expect_eq(s.a.returned, 0);
	fake_adapter_take_back(&s.a, nbl);
	stack_down(&s);
}

Test(restart, MP_PAU_07_requests_and_status_work_while_paused)
{
	struct fake_binding *b = stack_binding(&s, 0);
	ULONG value = 0;

	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value,
				      sizeof(value), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(value, 4711);
	cr_expect_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_DIRECTED), NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_DIRECTED);
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect_eq(b->statuses, 1);
	stack_down(&s);
}

/* -------------------------------------------------------------------------- restart */

static void indicate_from_restart(void *who)
{
	struct fake_adapter *a = who;

	cr_expect_eq(fake_adapter_indicate(a, fake_mac, 2, 0, 0), 2);
}

Test(restart, MP_RES_02_indications_may_begin_inside_the_restart)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	s.a.restart.hook = indicate_from_restart;
	stack_up(&s);
	cr_expect_eq(s.a.returned, 2);
	cr_expect_eq(stack_ledger(&s).rx_indicated, 2);
	cr_expect_eq(stack_ledger(&s).rx_returned, 2);
	cr_expect_eq(stack_ledger(&s).rx_drop_paused + b->received, 2);
	stack_down(&s);
}

static void send_from_event(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	if (event->NetPnPEvent.NetEvent == NetEventRestart)
		fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 7), 0);
}

Test(restart, MP_RES_03_sends_are_accepted_as_soon_as_the_protocol_is_restarted)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_event = send_from_event;
	stack_up(&s);
	cr_expect_eq(s.a.accepted, 1);
	cr_expect_eq(b->completed, 1);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

/* ---------------------------------------------------------------- restart attributes */

static NDIS_RESTART_GENERAL_ATTRIBUTES *general_of(NDIS_MINIPORT_RESTART_PARAMETERS *params)
{
	NDIS_RESTART_ATTRIBUTES *at = params->RestartAttributes;

	while (at != NULL && at->Oid != OID_GEN_MINIPORT_RESTART_ATTRIBUTES)
		at = at->Next;
	return at != NULL ? (NDIS_RESTART_GENERAL_ATTRIBUTES *)at->Data : NULL;
}

static ULONG mtu_seen;

static void note_mtu(struct fake_adapter *a, NDIS_MINIPORT_RESTART_PARAMETERS *params)
{
	(void)a;
	mtu_seen = general_of(params) != NULL ? general_of(params)->MtuSize : 0;
}

Test(restart, MP_RES_05_the_general_attributes_are_passed_down_and_up)
{
	s.a.on_restart_params = note_mtu;
	stack_up(&s);
	cr_expect_eq(mtu_seen, 1500);
	cr_expect_eq(stack_binding(&s, 0)->restart_attributes_mtu, 1500);
	stack_down(&s);
}

static void change_mtu(struct fake_adapter *a, NDIS_MINIPORT_RESTART_PARAMETERS *params)
{
	(void)a;
	general_of(params)->MtuSize = 9000;
}

Test(restart, MP_RES_05_attributes_changed_by_a_restart_reach_the_protocols)
{
	struct fake_binding *b = stack_binding(&s, 0);
	ULONG mtu = 0;

	s.a.on_restart_params = change_mtu;
	stack_up(&s);
	cr_expect_eq(b->restart_attributes_mtu, 9000);
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_MAXIMUM_FRAME_SIZE,
				      &mtu, sizeof(mtu), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(mtu, 9000);
	stack_down(&s);
}

static void add_attribute(struct fake_adapter *a, NDIS_MINIPORT_RESTART_PARAMETERS *params)
{
	NDIS_RESTART_ATTRIBUTES *more = NdisAllocateMemoryWithTagPriority(
		a->handle, sizeof(*more), 'rttA', NormalPoolPriority);

	NdisZeroMemory(more, sizeof(*more));
	more->Oid = OID_802_3_CURRENT_ADDRESS;
	more->DataLength = 1;
	params->RestartAttributes->Next = more;
}

Test(restart, MP_RES_05_attributes_a_miniport_adds_are_freed_by_the_runtime)
{
	s.a.on_restart_params = add_attribute;
	stack_up(&s);
	cr_expect_eq(stack_binding(&s, 0)->restart_attributes_mtu, 1500);
	stack_down(&s); /* contract_end() counts the memory */
}

Test(restart, MP_RES_04_a_restart_that_fails_and_changed_attributes_is_reported)
{
	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	s.a.on_restart_params = change_mtu;
	s.a.restart.status = NDIS_STATUS_FAILURE;
	cr_expect_eq(nrt_adapter_restart(s.adapter), -EIO);
	cr_expect(violations_are("MP-RES-04", NULL));
	stack_down(&s);
}

Test(restart, MP_RES_05_without_memory_there_are_no_attributes)
{
	s.a.on_restart_params = note_mtu;
	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	nrt_memory_fail_nth(1);
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_eq(mtu_seen, 0);
	cr_expect_eq(stack_binding(&s, 0)->restart_attributes_mtu, 0);
	nrt_memory_fail_nth(0);
	stack_down(&s);
}
