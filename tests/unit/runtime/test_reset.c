/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resets that a miniport asks for: who is told what and when, every way to complete,
 * what is refused and what is restored, resets beside pause and halt. Rules
 * RT-18, -19, MP-RST-01 to -07.
 */
#include <string.h>

#include "contract.h"
#include <criterion/parameterized.h>

#include "operation.h"

TestSuite(reset, .init = contract_start, .fini = contract_end, .timeout = 60);
TestSuite(reset_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 60);

#define START "NDIS_STATUS_RESET_START"
#define END "NDIS_STATUS_RESET_END"
#define SET NdisRequestSetInformation

static struct stack s;

static void reset_and_wait(void)
{
	unsigned int ends = event_count(END, NULL);

	NdisMResetMiniport(s.a.handle);
	event_wait(END, NULL, ends + s.n_protocols);
}

/* A reset that pends until fake_answer_later(). */
static void begin_pending_reset(void)
{
	s.a.reset.when = FAKE_LATER;
	NdisMResetMiniport(s.a.handle);
	event_wait("MiniportResetEx", &s.a, 1);
}

static void end_pending_reset(void)
{
	fake_answer_later(&s.a.reset);
	event_wait(END, NULL, s.n_protocols);
}

/* --------------------------------------------------------------------- the order */

Test(reset, RT_18_every_binding_is_told_before_and_after)
{
	s.n_protocols = 2;
	stack_up(&s);
	events_clear();
	reset_and_wait();
	cr_expect(events_are(START, START, "MiniportResetEx", END, END, NULL));
	cr_expect(event_irql_is(START, PASSIVE_LEVEL));
	cr_expect(event_irql_is("MiniportResetEx", PASSIVE_LEVEL));
	cr_expect(event_irql_is(END, PASSIVE_LEVEL));
	stack_down(&s);
}

Test(reset, RT_18_a_reset_may_be_asked_for_at_DISPATCH_LEVEL)
{
	KIRQL old;

	stack_up(&s);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMResetMiniport(s.a.handle);
	KeLowerIrql(old);
	event_wait(END, NULL, 1);
	cr_expect(event_irql_is("MiniportResetEx", PASSIVE_LEVEL));
	stack_down(&s);
}

Test(reset, RT_18_a_paused_adapter_is_reset_and_stays_paused)
{
	struct fake_binding *b = stack_binding(&s, 0);

	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	events_clear();
	reset_and_wait();
	cr_expect(events_are(START, "MiniportResetEx", END, NULL));
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_PAUSED);
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 1), 0);
	cr_expect_eq(b->completed_status[1], NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

static void ask(struct fake_adapter *a)
{
	NdisMResetMiniport(a->handle);
}

Test(reset, a_reset_asked_for_in_MiniportInitializeEx_comes_after_it)
{
	s.a.on_initialized = ask;
	stack_up(&s);
	event_wait("MiniportResetEx", &s.a, 1);
	cr_expect_lt(event_place("initialized", &s.a), event_place("MiniportResetEx", &s.a));
	stack_down(&s);
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 1);
}

Test(reset, an_adapter_that_fails_to_initialize_is_not_reset)
{
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.a.on_initialized = ask;
	s.a.fail_at = 6;
	s.a.fail_status = NDIS_STATUS_FAILURE;
	cr_expect_neq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter), 0);
	s.adapter = NULL;
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 0);
	stack_down(&s);
}

/* -------------------------------------------------------------- ways to complete */

static enum fake_when ways[] = { FAKE_NOW, FAKE_INSIDE, FAKE_THREAD, FAKE_TIMER, FAKE_WORK_ITEM };

ParameterizedTestParameters(reset, MP_RST_01_a_reset_completes_in_every_legal_way)
{
	return cr_make_param_array(enum fake_when, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(enum fake_when *when, reset, MP_RST_01_a_reset_completes_in_every_legal_way)
{
	s.a.reset.when = *when;
	stack_up(&s);
	for (unsigned int i = 1; i <= 3; i++)
		reset_and_wait();
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 3);
	cr_expect_eq(event_count("NdisMResetComplete", &s.a), *when == FAKE_NOW ? 0 : 3);
	cr_expect_eq(event_count(START, NULL), 3);
	stack_down(&s);
	cr_expect_eq(event_count(END, NULL), 3);
}

static NDIS_STATUS ends[] = { NDIS_STATUS_SUCCESS, NDIS_STATUS_SOFT_ERRORS,
			      NDIS_STATUS_HARD_ERRORS, NDIS_STATUS_RESET_IN_PROGRESS };

ParameterizedTestParameters(reset, RT_18_the_end_is_told_whatever_the_outcome)
{
	return cr_make_param_array(NDIS_STATUS, ends, sizeof(ends) / sizeof(ends[0]));
}

ParameterizedTest(NDIS_STATUS *status, reset, RT_18_the_end_is_told_whatever_the_outcome)
{
	struct fake_binding *b = stack_binding(&s, 0);
	BOOLEAN hard = *status == NDIS_STATUS_HARD_ERRORS;

	s.a.reset.status = *status;
	s.a.addressing_reset = TRUE;
	b->packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	stack_up(&s);
	events_clear();
	reset_and_wait();
	if (hard) /* there is nothing to restore settings in */
		cr_expect(events_are(START, "MiniportResetEx", END, NULL));
	else
		cr_expect(events_are(START, "MiniportResetEx", "MiniportOidRequest", END, NULL));
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	cr_expect_eq(b->completed, 1);
	stack_down(&s);
}

/* ------------------------------------------------------------------ one at a time */

Test(reset, requests_while_a_reset_is_with_the_driver_merge_with_it)
{
	stack_up(&s);
	begin_pending_reset();
	for (unsigned int i = 0; i < 10; i++)
		NdisMResetMiniport(s.a.handle);
	end_pending_reset();
	stack_down(&s);
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 1);
	cr_expect_eq(event_count(START, NULL), 1);
	cr_expect_eq(event_count(END, NULL), 1);
}

static void ask_at_first_end(struct fake_binding *b, NDIS_STATUS_INDICATION *status)
{
	(void)b;
	if (status->StatusCode == NDIS_STATUS_RESET_END && event_count(END, NULL) == 1)
		for (unsigned int i = 0; i < 3; i++)
			NdisMResetMiniport(s.a.handle);
}

Test(reset, requests_after_the_driver_answered_ask_for_one_more)
{
	stack_binding(&s, 0)->on_status = ask_at_first_end;
	stack_up(&s);
	events_clear();
	NdisMResetMiniport(s.a.handle);
	event_wait(END, NULL, 2);
	cr_expect(events_are(START, "MiniportResetEx", END, START, "MiniportResetEx", END, NULL));
	stack_down(&s);
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 2);
}

/* ------------------------------------------------------------- refused meanwhile */

/* Held by the miniport, sent during the reset, sent after it. */
static void sends_around_a_reset(void)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct nrt_ledger l;

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
	cr_expect_eq(b->completed, 0);
	begin_pending_reset();
	cr_expect_eq(b->completed, 2);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 3, 2), 0);
	cr_expect_eq(b->completed, 5);
	end_pending_reset();
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 5), 0);
	cr_expect_eq(b->completed, 5);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(b->completed, 6);
	for (ULONG i = 0; i < 6; i++)
		cr_expect_eq(b->completed_status[i],
			     i < 2 ? NDIS_STATUS_REQUEST_ABORTED :
			     i < 5 ? NDIS_STATUS_RESET_IN_PROGRESS :
				     NDIS_STATUS_SUCCESS);
	l = stack_ledger(&s);
	cr_expect_eq(s.a.accepted, 3);
	cr_expect_eq(l.tx_handed, 3);
	cr_expect_eq(l.tx_rejected, 3);
	cr_expect_eq(l.tx_completed, l.tx_submitted);
	stack_down(&s);
}

Test(reset, RT_18_sends_during_a_reset_end_with_RESET_IN_PROGRESS)
{
	sends_around_a_reset();
}

Test(reset_plain, RT_18_sends_during_a_reset_end_with_RESET_IN_PROGRESS_unverified)
{
	sends_around_a_reset();
}

Test(reset, RT_18_requests_during_a_reset_are_not_accepted)
{
	struct fake_binding *b = stack_binding(&s, 0);
	ULONG value = 0;

	stack_up(&s);
	begin_pending_reset();
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value,
				      sizeof(value), NULL),
		     NDIS_STATUS_RESET_IN_PROGRESS);
	cr_expect_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_DIRECTED),
		     NDIS_STATUS_RESET_IN_PROGRESS);
	cr_expect(violations_are("PR-RST-01", NULL), "it knew at the second one");
	cr_expect_eq(s.a.n_oids, 0);
	end_pending_reset();
	cr_expect_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_DIRECTED), NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

/* One request is with the miniport, one queued behind it, when the reset begins. */
Test(reset, RT_18_a_queued_request_waits_for_the_end_of_the_reset)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct fake_request at_miniport = { 0 }, queued = { 0 };
	ULONG value[2] = { 0 };

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	stack_up(&s);
	fake_binding_begin_oid(b, &at_miniport, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
			       &value[0], sizeof(ULONG));
	event_wait("MiniportOidRequest", &s.a, 1);
	fake_binding_begin_oid(b, &queued, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value[1],
			       sizeof(ULONG));
	begin_pending_reset();
	fake_answer_later(&s.a.oid); /* MP-RST-02: before the reset ends */
	cr_expect_eq(fake_binding_end_oid(&at_miniport), NDIS_STATUS_SUCCESS);
	s.a.own_oid = 0;
	cr_expect_eq(event_count("MiniportOidRequest", &s.a), 1);
	end_pending_reset();
	cr_expect_eq(fake_binding_end_oid(&queued), NDIS_STATUS_SUCCESS);
	cr_expect_eq(value[1], 4711);
	cr_expect_lt(event_place("NdisMResetComplete", &s.a), event_place(END, NULL));
	stack_down(&s);
}

static int bind_one_more(void *arg)
{
	(void)arg;
	return load_protocol(&s.p[1], &s.protocol[1]);
}

Test(reset, RT_18_a_binding_opened_during_a_reset_is_told_of_neither_end)
{
	struct run bind;

	s.p[1].bindings[0].packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	stack_up(&s);
	begin_pending_reset();
	run_start(&bind, bind_one_more, NULL);
	event_wait("ProtocolBindAdapterEx", stack_binding(&s, 1), 1);
	end_pending_reset();
	cr_expect_eq(run_end(&bind), 0);
	cr_expect_eq(stack_binding(&s, 1)->statuses, 0);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_DIRECTED, "its bind was not disturbed");
	stack_down(&s);
}

/* -------------------------------------------------------------- what is restored */

static void expect_oid(ULONG index, NDIS_OID oid, ULONG length, ULONG value)
{
	cr_expect_eq(s.a.oids[index].oid, oid, "request %u is of 0x%08X", index,
		     s.a.oids[index].oid);
	cr_expect_eq(s.a.oids[index].length, length);
	cr_expect_eq(s.a.oids[index].value, value);
}

static const UCHAR groups[2][6] = { { 1, 0, 0x5E, 0, 0, 1 }, { 1, 0, 0x5E, 0, 0, 2 } };

/* Filters and lists of two bindings: the miniport has their union. */
static void set_addressing(void)
{
	struct fake_binding *b = stack_binding(&s, 0), *other = stack_binding(&s, 1);

	cr_assert_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_DIRECTED), NDIS_STATUS_SUCCESS);
	cr_assert_eq(fake_binding_filter(other, NDIS_PACKET_TYPE_MULTICAST), NDIS_STATUS_SUCCESS);
	cr_assert_eq(fake_binding_oid(other, SET, OID_802_3_MULTICAST_LIST,
				      (void *)(uintptr_t)groups, sizeof(groups), NULL),
		     NDIS_STATUS_SUCCESS);
}

ParameterizedTestParameters(reset, RT_19_filter_and_list_are_restored_before_the_end)
{
	return cr_make_param_array(enum fake_when, ways, sizeof(ways) / sizeof(ways[0]));
}

ParameterizedTest(enum fake_when *when, reset, RT_19_filter_and_list_are_restored_before_the_end)
{
	ULONG before, value;

	s.n_protocols = 2;
	s.a.reset.when = *when;
	s.a.addressing_reset = TRUE;
	stack_up(&s);
	set_addressing();
	before = s.a.n_oids;
	s.a.packet_filter = s.a.multicast_bytes = 0; /* as the hardware after its reset */
	reset_and_wait();
	cr_expect_eq(s.a.n_oids, before + 2);
	expect_oid(before, OID_GEN_CURRENT_PACKET_FILTER, 4,
		   NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST);
	memcpy(&value, groups, sizeof(value));
	expect_oid(before + 1, OID_802_3_MULTICAST_LIST, 12, value);
	cr_expect_eq(s.a.packet_filter, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST);
	cr_expect_eq(s.a.multicast_bytes, 12);
	stack_down(&s);
}

Test(reset, RT_19_nothing_is_restored_when_the_miniport_kept_it)
{
	ULONG before;

	s.n_protocols = 2;
	stack_up(&s);
	set_addressing();
	before = s.a.n_oids;
	reset_and_wait();
	cr_expect_eq(s.a.n_oids, before);
	stack_down(&s);
}

static NDIS_STATUS set_value(NDIS_OID oid, ULONG value)
{
	return fake_binding_oid(stack_binding(&s, 0), SET, oid, &value, sizeof(value), NULL);
}

Test(reset, RT_19_encapsulation_and_wake_up_patterns_are_restored)
{
	ULONG before;

	s.a.takes_any_set = TRUE;
	s.a.addressing_reset = TRUE;
	stack_up(&s);
	set_value(OID_OFFLOAD_ENCAPSULATION, 1);
	set_value(OID_PNP_ADD_WAKE_UP_PATTERN, 10);
	set_value(OID_PNP_ADD_WAKE_UP_PATTERN, 11);
	set_value(OID_PNP_ADD_WAKE_UP_PATTERN, 12);
	set_value(OID_PNP_REMOVE_WAKE_UP_PATTERN, 11);
	cr_assert_eq(set_value(OID_OFFLOAD_ENCAPSULATION, 2), NDIS_STATUS_SUCCESS);
	before = s.a.n_oids;
	for (ULONG i = 0; i < 2; i++) {
		reset_and_wait();
		cr_assert_eq(s.a.n_oids, before + 4);
		expect_oid(before, OID_GEN_CURRENT_PACKET_FILTER, 4, 0);
		expect_oid(before + 1, OID_PNP_ADD_WAKE_UP_PATTERN, 4, 10);
		expect_oid(before + 2, OID_PNP_ADD_WAKE_UP_PATTERN, 4, 12);
		expect_oid(before + 3, OID_OFFLOAD_ENCAPSULATION, 4, 2);
		before = s.a.n_oids;
	}
	stack_down(&s);
}

Test(reset, RT_19_a_set_the_miniport_refused_is_not_restored)
{
	ULONG before;

	s.a.addressing_reset = TRUE;
	stack_up(&s);
	cr_assert_eq(set_value(OID_OFFLOAD_ENCAPSULATION, 1), NDIS_STATUS_NOT_SUPPORTED);
	before = s.a.n_oids;
	reset_and_wait();
	cr_expect_eq(s.a.n_oids, before + 1);
	stack_down(&s);
}

Test(reset, MP_RST_04_a_miniport_that_does_not_take_its_settings_back_is_reported)
{
	s.a.addressing_reset = TRUE;
	s.a.own_oid = OID_GEN_CURRENT_PACKET_FILTER;
	stack_up(&s);
	cr_assert_eq(fake_binding_filter(stack_binding(&s, 0), NDIS_PACKET_TYPE_DIRECTED),
		     NDIS_STATUS_SUCCESS);
	s.a.oid.status = NDIS_STATUS_FAILURE;
	reset_and_wait();
	cr_expect(violations_are("MP-RST-04", NULL));
	s.a.own_oid = 0;
	stack_down(&s);
}

/* ------------------------------------------------------------------ broken drivers */

Test(reset, MP_RST_01_a_completion_without_a_reset_is_reported)
{
	stack_up(&s);
	NdisMResetComplete(s.a.handle, NDIS_STATUS_SUCCESS, FALSE);
	cr_expect(violations_are("MP-RST-01", NULL));
	reset_and_wait();
	NdisMResetComplete(s.a.handle, NDIS_STATUS_SUCCESS, TRUE);
	cr_expect(violations_are("MP-RST-01", NULL));
	cr_expect_eq(s.a.n_oids, 0);
	stack_down(&s);
}

Test(reset, MP_RST_01_a_reset_completed_and_returned_is_reported)
{
	s.a.reset.when = FAKE_TWICE;
	stack_up(&s);
	reset_and_wait();
	cr_expect(violations_are("MP-RST-01", NULL));
	stack_down(&s);
}

Test(reset, MP_RST_01_a_reset_that_does_not_end_is_reported_and_waited_for)
{
	stack_up(&s);
	nrt_operation_set_patience(1);
	begin_pending_reset();
	violation_wait("MP-RST-01");
	nrt_operation_set_patience(10000);
	cr_expect_eq(event_count(END, NULL), 0);
	end_pending_reset();
	cr_expect(violations_are("MP-RST-01", NULL));
	stack_down(&s);
}

Test(reset, MP_RST_02_sends_kept_over_a_reset_are_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	s.a.keeps_sends = TRUE;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
	reset_and_wait();
	cr_expect(violations_are("MP-RST-02", NULL));
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(b->completed, 2);
	stack_down(&s);
}

Test(reset, MP_RST_02_a_request_kept_over_a_reset_is_reported)
{
	struct fake_request r = { 0 };
	ULONG value = 0;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	stack_up(&s);
	nrt_operation_set_patience(1);
	fake_binding_begin_oid(stack_binding(&s, 0), &r, NdisRequestQueryInformation,
			       OID_GEN_XMIT_OK, &value, sizeof(value));
	violation_wait("MP-OID-09"); /* so the runtime knows by now that it pends */
	nrt_operation_set_patience(10000);
	reset_and_wait();
	cr_expect(violations_are("MP-OID-09", "MP-RST-02", NULL));
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

Test(reset, MP_RST_02_a_miniport_before_NDIS_6_30_may_keep_both_over_a_reset)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct fake_request r = { 0 };
	ULONG value = 0;

	s.m.major = 6;
	s.m.minor = 20;
	s.a.sends = FAKE_SENDS_HELD;
	s.a.keeps_sends = TRUE;
	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
	fake_binding_begin_oid(b, &r, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value,
			       sizeof(value));
	event_wait("MiniportOidRequest", &s.a, 1);
	reset_and_wait();
	cr_expect_eq(b->completed, 0);
	cr_expect_eq(r.completions, 0);
	fake_answer_later(&s.a.oid);
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_SUCCESS);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(b->completed, 2);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

/* The status a miniport ends its queued sends with is what the protocol sees. */
Test(reset, MP_RST_03_sends_that_a_reset_aborts_reach_the_protocol_as_such)
{
	struct fake_binding *b = stack_binding(&s, 0);

	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 4, 0), 0);
	reset_and_wait();
	cr_expect_eq(b->completed, 4);
	cr_expect_eq(b->complete_errors, 0);
	for (ULONG i = 0; i < 4; i++)
		cr_expect_eq(b->completed_status[i], NDIS_STATUS_REQUEST_ABORTED);
	stack_down(&s);
}

Test(reset, MP_RST_05_a_completion_with_a_spin_lock_held_is_reported)
{
	stack_up(&s);
	begin_pending_reset();
	NdisAcquireSpinLock(&s.a.lock);
	NdisMResetComplete(s.a.handle, NDIS_STATUS_SUCCESS, FALSE);
	NdisReleaseSpinLock(&s.a.lock);
	event_wait(END, NULL, 1);
	cr_expect(violations_are("MP-RST-05", NULL));
	stack_down(&s);
}

static void stall_long(void *who)
{
	(void)who;
	NdisStallExecution(50);
	NdisStallExecution(51);
}

Test(reset, MP_RST_06_a_stall_of_more_than_50_us_is_reported)
{
	s.a.reset.hook = stall_long;
	stack_up(&s);
	reset_and_wait();
	cr_expect(violations_are("MP-RST-06", NULL));
	stack_down(&s);
}

static void no_reset_handler(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars)
{
	chars->ResetHandlerEx = NULL;
}

Test(reset, MP_REG_03_a_miniport_without_the_handler_asks_in_vain_and_is_reported)
{
	s.m.mutate = no_reset_handler;
	stack_up(&s);
	NdisMResetMiniport(s.a.handle);
	cr_expect(violations_are("MP-REG-03", NULL));
	stack_down(&s);
	cr_expect_eq(event_count(START, NULL), 0);
}

Test(reset, MP_HLT_05_a_reset_asked_for_after_the_halt_is_reported)
{
	stack_up(&s);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	NdisMResetMiniport(s.a.handle);
	cr_expect(violations_are("MP-HLT-05", NULL));
	NdisMResetComplete(s.a.handle, NDIS_STATUS_SUCCESS, FALSE);
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}

/* ---------------------------------------------------------- beside pause and halt */

Test(reset, MP_RST_07_a_pause_may_complete_while_a_reset_pends)
{
	stack_up(&s);
	begin_pending_reset();
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(event_count("NdisMResetComplete", &s.a), 0);
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_eq(event_count("NdisMResetComplete", &s.a), 0);
	end_pending_reset();
	stack_down(&s);
}

Test(reset, MP_RST_07_a_reset_may_complete_while_a_pause_pends)
{
	struct run pause;

	s.a.own_pause = TRUE;
	s.a.pause.when = FAKE_LATER;
	stack_up(&s);
	run_start(&pause, run_pause, &s);
	event_wait("MiniportPause", &s.a, 1);
	reset_and_wait();
	cr_expect_eq(event_count("NdisMPauseComplete", &s.a), 0);
	fake_answer_later(&s.a.pause);
	cr_expect_eq(run_end(&pause), 0);
	s.a.pause.when = FAKE_NOW;
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	stack_down(&s);
}

Test(reset, a_halt_waits_for_the_end_of_the_reset)
{
	struct run remove;

	stack_up(&s);
	begin_pending_reset();
	run_start(&remove, run_remove, &s);
	event_wait("ProtocolUnbindAdapterEx", stack_binding(&s, 0), 1);
	cr_expect_eq(event_count("MiniportHaltEx", &s.a), 0);
	fake_answer_later(&s.a.reset);
	cr_expect_eq(run_end(&remove), 0);
	s.adapter = NULL;
	cr_expect_lt(event_place("NdisMResetComplete", &s.a), event_place("MiniportHaltEx", &s.a));
	stack_down(&s);
}

Test(reset, a_halt_without_protocols_waits_for_the_end_of_the_reset)
{
	struct run remove;

	s.no_protocol = true;
	stack_up(&s);
	begin_pending_reset();
	run_start(&remove, run_remove, &s);
	event_wait("MiniportPause", &s.a, 1);
	cr_expect_eq(event_count("MiniportHaltEx", &s.a), 0);
	fake_answer_later(&s.a.reset);
	cr_expect_eq(run_end(&remove), 0);
	s.adapter = NULL;
	cr_expect_lt(event_place("NdisMResetComplete", &s.a), event_place("MiniportHaltEx", &s.a));
	stack_down(&s);
}

Test(reset, a_reset_asked_for_in_the_halt_does_not_come)
{
	s.a.on_halt = ask;
	stack_up(&s);
	stack_down(&s);
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 0);
}
