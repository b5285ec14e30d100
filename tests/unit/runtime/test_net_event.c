/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network PnP events that drivers send: from a miniport, from a filter of its own accord,
 * beside pauses and bindings that come and go. Rules MP-OID-12, PR-PNP-01.
 */
#include <sched.h>

#include "contract.h"
#include "filters.h"
#include "ndis/binding.h"
#include "ndis/driver.h"

TestSuite(net_event, .init = contract_start, .fini = contract_end, .timeout = 120);

static struct stack s;
static struct filters fs;
static NDIS_STATUS sent;

static NET_PNP_EVENT_NOTIFICATION event_of(NET_PNP_EVENT_CODE code)
{
	return (NET_PNP_EVENT_NOTIFICATION){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
			    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
		.NetPnPEvent.NetEvent = code,
	};
}

/* The fake miniport is one from here on; how such come about is test_intermediate.c's. */
static void be_intermediate(void)
{
	s.adapter->driver->chars.Flags |= NDIS_INTERMEDIATE_DRIVER;
}

static NDIS_STATUS send(NET_PNP_EVENT_CODE code)
{
	NET_PNP_EVENT_NOTIFICATION event = event_of(code);

	return NdisMNetPnPEvent(s.a.handle, &event);
}

/* ------------------------------------------------------------------ from the miniport */

Test(net_event, those_of_an_intermediate_driver_go_to_all_above)
{
	s.n_protocols = 2;
	filters_up(&fs, &s);
	be_intermediate();
	events_clear();
	cr_expect_eq(send(NetEventReconfigure), NDIS_STATUS_SUCCESS);
	cr_expect(events_are("FilterNetPnPEvent", "ProtocolNetPnPEvent", "ProtocolNetPnPEvent",
			     NULL));
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(net_event, other_miniports_have_none_of_these_to_tell)
{
	stack_up(&s);
	events_clear();
	cr_expect_eq(send(NetEventReconfigure), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(event_count("ProtocolNetPnPEvent", NULL), 0);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(net_event, one_that_is_malformed_is_refused)
{
	NET_PNP_EVENT_NOTIFICATION event = event_of(NetEventReconfigure);

	stack_up(&s);
	be_intermediate();
	event.Header.Size--;
	cr_expect_eq(NdisMNetPnPEvent(s.a.handle, &event), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("RS-NB-11", NULL));
	cr_expect_eq(NdisMNetPnPEvent(s.a.handle, NULL), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(NdisMNetPnPEvent(NULL, &event), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}

static void send_inside(void *who)
{
	(void)who;
	sent = send(NetEventReconfigure);
}

Test(net_event, MP_OID_12_not_inside_a_request)
{
	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.hook = send_inside;
	stack_up(&s);
	be_intermediate();
	fake_binding_oid(stack_binding(&s, 0), NdisRequestQueryInformation, OID_GEN_XMIT_OK, NULL,
			 0, NULL);
	cr_expect_eq(sent, NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-OID-12", NULL));
	stack_down(&s);
}

Test(net_event, MP_OID_12_not_while_one_is_pending)
{
	struct fake_request r = { 0 };

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	stack_up(&s);
	be_intermediate();
	fake_binding_begin_oid(stack_binding(&s, 0), &r, NdisRequestQueryInformation,
			       OID_GEN_XMIT_OK, NULL, 0);
	event_wait("MiniportOidRequest", &s.a, 1);
	while (send(NetEventReconfigure) == NDIS_STATUS_SUCCESS)
		sched_yield(); /* it has been handed over, but has not returned PENDING yet */
	cr_expect(violations_are("MP-OID-12", NULL));
	fake_answer_later(&s.a.oid);
	fake_binding_end_oid(&r);
	cr_expect_eq(send(NetEventReconfigure), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(no_violations());
}

/* ---------------------------------------------------- a filter's own, at any time */

#define ROUNDS 100
#define PER_ROUND 40 /* so that the log takes them */

static _Atomic unsigned int round_now;

static int send_in_each_round(void *arg)
{
	struct fake_module *m = arg;

	for (unsigned int round = 1; round <= ROUNDS; round++) {
		while (round_now < round)
			sched_yield();
		for (unsigned int i = 0; i < PER_ROUND && round_now == round; i++) {
			NET_PNP_EVENT_NOTIFICATION event = event_of(NetEventReconfigure);

			cr_expect_eq(NdisFNetPnPEvent(m->handle, &event), NDIS_STATUS_SUCCESS);
			sched_yield();
		}
	}
	return 0;
}

Test(net_event, a_filter_sends_some_while_others_and_protocols_come_and_go)
{
	struct run threads[2];

	s.n_protocols = 1;
	filters_up(&fs, &s);
	run_start(&threads[0], send_in_each_round, module_of(&fs, 0));
	run_start(&threads[1], send_in_each_round, module_of(&fs, 0));
	while (round_now < ROUNDS) {
		struct nrt_driver *filter, *protocol;

		round_now++;
		fs.f[1].n_modules = 0;
		s.p[1].n_bindings = 0;
		cr_assert_eq(load_filter(&fs.f[1], &filter), 0);
		cr_assert_eq(load_protocol(&s.p[1], &protocol), 0);
		cr_assert_eq(unload_protocol(&s.p[1], protocol), 0);
		cr_assert_eq(unload_filter(&fs.f[1], filter), 0);
		events_clear();
	}
	run_end(&threads[0]);
	run_end(&threads[1]);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

/* ------------------------------------------------------------------- two at a time */

static NET_PNP_EVENT_NOTIFICATION *kept;

static void keep_reconfigure(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	(void)b;
	if (event->NetPnPEvent.NetEvent == NetEventReconfigure)
		kept = event;
}

static int send_reconfigure(void *arg)
{
	(void)arg;
	return (int)send(NetEventReconfigure);
}

/* Another event may pend while the binding is paused: each is completed by its pointer. */
Test(net_event, an_event_that_pends_does_not_hinder_a_pause)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run thread;

	b->on_event = keep_reconfigure;
	b->reconfigure_pends = TRUE;
	stack_up(&s);
	be_intermediate();
	events_clear();
	run_start(&thread, send_reconfigure, NULL);
	event_wait("ProtocolNetPnPEvent", b, 1);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	NdisCompleteNetPnPEvent(b->handle, kept, NDIS_STATUS_SUCCESS);
	cr_expect_eq(run_end(&thread), (int)NDIS_STATUS_SUCCESS);
	NdisCompleteNetPnPEvent(b->handle, kept, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("PR-PAU-02", NULL));
	stack_down(&s);
}

/* Gives the close all the time to end too early. */
static int complete_when_closing(void *arg)
{
	struct fake_binding *b = arg;

	event_wait("ProtocolUnbindAdapterEx", b, 1);
	for (unsigned int i = 0; i < 2000 && event_count("unbound", b) == 0; i++)
		sched_yield();
	event_note("completing", b, 0);
	NdisCompleteNetPnPEvent(b->handle, kept, NDIS_STATUS_SUCCESS);
	return 0;
}

static void close_waits(void)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run sender, completer;

	b->on_event = keep_reconfigure;
	b->reconfigure_pends = TRUE;
	stack_up(&s);
	be_intermediate();
	events_clear();
	run_start(&sender, send_reconfigure, NULL);
	event_wait("ProtocolNetPnPEvent", b, 1);
	run_start(&completer, complete_when_closing, b);
	cr_expect_eq(NdisUnbindAdapter(b->handle), NDIS_STATUS_SUCCESS);
	run_end(&completer);
	cr_expect_eq(run_end(&sender), (int)NDIS_STATUS_SUCCESS);
	event_wait("unbound", b, 1);
	cr_expect_lt(event_place("completing", b), event_place("unbound", b));
	stack_down(&s);
	cr_expect(no_violations());
}

Test(net_event, a_close_waits_for_an_event_that_pends)
{
	close_waits();
}

Test(net_event, a_close_that_pends_waits_for_an_event_that_pends)
{
	cr_assert_eq(nrt_fini(), 0);
	cr_assert_eq(nrt_init(&(struct nrt_options){ .workers = 1, .verifier = true,
						     .opens_pend = true }), 0);
	close_waits();
}

Test(net_event, PR_PNP_01_an_event_that_has_to_succeed_is_failed)
{
	struct fake_binding *b = stack_binding(&s, 0);

	stack_up(&s);
	be_intermediate();
	b->event_status = NDIS_STATUS_FAILURE;
	cr_expect_eq(send(NetEventCancelRemoveDevice), NDIS_STATUS_SUCCESS, "it does not count");
	cr_expect(violations_are("PR-PNP-01", NULL));
	cr_expect_eq(send(NetEventQueryRemoveDevice), NDIS_STATUS_FAILURE);
	cr_expect(no_violations());
	b->event_status = NDIS_STATUS_NOT_SUPPORTED;
	send(NetEventQueryRemoveDevice);
	cr_expect(violations_are("PR-PNP-01", NULL));
	b->event_status = NDIS_STATUS_SUCCESS;
	stack_down(&s);
}
