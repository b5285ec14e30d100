/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bindings that end and come by their protocol's wish, opens and closes that are pending,
 * what a new protocol hears, ProtocolUninstall. Rules PR-ENU-01, PR-BND-03, PR-PNP-01, PR-UNB-01.
 */
#include <errno.h>

#include "contract.h"

static void start_pending(void);

TestSuite(rebind, .init = contract_start, .fini = contract_end, .timeout = 60);
TestSuite(open_pends, .init = start_pending, .fini = contract_end, .timeout = 60);

static struct stack s;

static void start_pending(void)
{
	contract_start();
	nrt_fini();
	cr_assert_eq(nrt_init(&(struct nrt_options){ .workers = 1, .verifier = true,
						     .opens_pend = true }), 0);
}

/* ------------------------------------------------------------- unbind and bind again */

Test(rebind, a_protocol_has_its_binding_ended)
{
	struct fake_binding *b = stack_binding(&s, 0);
	KIRQL old;

	s.n_protocols = 2;
	stack_up(&s);
	events_clear();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect_eq(NdisUnbindAdapter(b->handle), NDIS_STATUS_SUCCESS);
	KeLowerIrql(old);
	event_wait("unbound", b, 1);
	cr_expect_lt(event_place("NetEventPause", b), event_place("ProtocolUnbindAdapterEx", b));
	cr_expect_eq(event_count("ProtocolUnbindAdapterEx", NULL), 1, "the other one stays");
	cr_expect_eq(event_count("MiniportPause", NULL), 0);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(rebind, bindings_that_ended_come_again_when_asked_for)
{
	struct fake_protocol *p = &s.p[0];

	stack_up(&s);
	cr_expect_eq(NdisUnbindAdapter(p->bindings[0].handle), NDIS_STATUS_SUCCESS);
	event_wait("unbound", &p->bindings[0], 1);
	NdisReEnumerateProtocolBindings(p->handle);
	event_wait("NetEventRestart", &p->bindings[1], 1);
	NdisReEnumerateProtocolBindings(p->handle); /* all are bound */
	fake_binding_send(&p->bindings[1], fake_binding_make(&p->bindings[1], broadcast_mac, 3, 0),
			  0);
	cr_expect_eq(p->bindings[1].completed, 3);
	cr_expect_eq(unload_protocol(p, s.protocol[0]), 0);
	s.protocol[0] = NULL;
	cr_expect_eq(p->n_bindings, 2);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(rebind, an_unbind_that_comes_late_finds_nothing)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run pause;

	stack_up(&s);
	s.a.own_pause = TRUE;
	s.a.pause.when = FAKE_LATER;
	run_start(&pause, run_pause, &s); /* holds the adapter, so that both are queued */
	event_wait("MiniportPause", &s.a, 1);
	cr_expect_eq(NdisUnbindAdapter(b->handle), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisUnbindAdapter(b->handle), NDIS_STATUS_SUCCESS);
	fake_answer_later(&s.a.pause);
	cr_expect_eq(run_end(&pause), 0);
	event_wait("unbound", b, 1);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	s.a.pause.when = FAKE_NOW;
	cr_expect_eq(event_count("ProtocolUnbindAdapterEx", NULL), 1);
	cr_expect_eq(NdisUnbindAdapter(b->handle), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect(violations_are("PR-UNB-03", NULL));
	stack_down(&s);
}

static void enumerate(struct fake_binding *b)
{
	NdisReEnumerateProtocolBindings(b->protocol->handle);
}

static void enumerate_in_event(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	if (event->NetPnPEvent.NetEvent == NetEventPause)
		enumerate(b);
}

Test(rebind, PR_ENU_01_not_from_bind_unbind_or_an_event_of_a_binding)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_bound = enumerate;
	b->on_event = enumerate_in_event;
	b->on_unbind = enumerate;
	stack_up(&s);
	cr_expect(violations_are("PR-ENU-01", NULL));
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("PR-ENU-01", NULL));
	b->on_event = NULL;
	stack_down(&s);
	cr_expect(violations_are("PR-ENU-01", NULL));
}

/* ------------------------------------------------------- a protocol that comes later */

static struct fake_protocol late;
static struct nrt_driver *late_driver;
static ULONG bound_then;

static void note_bound(void)
{
	bound_then = 0;
	for (ULONG i = 0; i < late.n_bindings; i++)
		bound_then += late.bindings[i].running;
}

static void enumerate_late(void)
{
	NdisReEnumerateProtocolBindings(late.handle);
}

Test(rebind, a_new_protocol_hears_when_it_is_bound_to_all_adapters)
{
	static struct fake_adapter second;
	struct nrt_adapter *adapter;

	stack_up(&s);
	cr_expect_eq(fake_all_bindings.events, 1, "there was no adapter yet");
	cr_assert_eq(add_adapter(&s.m, &second, s.miniport, "nic1", &adapter), 0);
	cr_expect_eq(fake_all_bindings.events, 1, "it came later");
	fake_all_bindings.on_event = note_bound;
	cr_assert_eq(load_protocol(&late, &late_driver), 0);
	cr_expect_eq(fake_all_bindings.events, 2);
	cr_expect_eq(fake_all_bindings.code, NetEventBindsComplete);
	cr_expect_eq(bound_then, 2);
	cr_assert_eq(unload_protocol(&late, late_driver), 0);
	cr_assert_eq(nrt_adapter_remove(adapter), 0);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(rebind, PR_ENU_01_an_event_of_all_bindings_may_ask_for_them)
{
	stack_up(&s);
	fake_all_bindings.on_event = enumerate_late;
	cr_assert_eq(load_protocol(&late, &late_driver), 0);
	cr_assert_eq(unload_protocol(&late, late_driver), 0); /* waits for what it has asked for */
	cr_expect_eq(fake_all_bindings.events, 2, "not once more for that");
	stack_down(&s);
	cr_expect(no_violations());
}

Test(rebind, PR_PNP_01_the_end_of_binding_is_never_failed)
{
	fake_all_bindings.status = NDIS_STATUS_NOT_SUPPORTED;
	cr_assert_eq(load_protocol(&late, &late_driver), 0);
	cr_expect(violations_are("PR-PNP-01", NULL));
	fake_all_bindings.status = NDIS_STATUS_PENDING;
	cr_assert_eq(unload_protocol(&late, late_driver), 0);
	cr_assert_eq(load_protocol(&late, &late_driver), 0);
	cr_expect(violations_are("PR-PNP-01", NULL));
	cr_assert_eq(unload_protocol(&late, late_driver), 0);
}

Test(rebind, a_handle_that_is_no_protocols_is_reported)
{
	NdisReEnumerateProtocolBindings(NULL);
	cr_expect(violations_are("PR-REG-01", NULL));
}

/* ------------------------------------------------------------------------ uninstall */

Test(rebind, a_protocol_is_unbound_then_uninstalled_then_unloaded)
{
	s.p[0].uninstalls = TRUE;
	stack_up(&s);
	events_clear();
	cr_assert_eq(unload_protocol(&s.p[0], s.protocol[0]), 0);
	s.protocol[0] = NULL;
	cr_expect(events_are("NetEventPause", "ProtocolUnbindAdapterEx", "unbound",
			     "ProtocolUninstall", "ProtocolUnload", NULL));
	cr_expect(event_irql_is("ProtocolUninstall", PASSIVE_LEVEL));
	stack_down(&s);
	cr_expect(no_violations());
}

/* ------------------------------------------------------- opens and closes that pend */

Test(open_pends, a_protocol_is_told_of_both_ends)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	stack_up(&s);
	cr_expect_eq(b->open_returned, NDIS_STATUS_PENDING);
	cr_expect_eq(b->open_status, NDIS_STATUS_SUCCESS);
	cr_expect_eq(b->selected_medium, 1);
	cr_expect_eq(fake_adapter_indicate(&s.a, broadcast_mac, 4, 0, 0), 4);
	cr_expect_eq(b->received, 4);
	cr_expect_lt(event_place("ProtocolOpenAdapterCompleteEx", b), event_place("bound", b));
	events_clear();
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_eq(b->close_returned, NDIS_STATUS_PENDING);
	cr_expect_lt(event_place("ProtocolCloseAdapterCompleteEx", b), event_place("unbound", b));
	stack_down(&s);
	cr_expect(no_violations());
}

Test(open_pends, PR_BND_03_a_bind_that_fails_closes_what_it_opened)
{
	s.p[0].bind.status = NDIS_STATUS_RESOURCES;
	stack_up(&s);
	cr_expect_eq(event_count("ProtocolCloseAdapterCompleteEx", NULL), 1);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(open_pends, what_fails_at_once_does_not_pend)
{
	s.p[0].medium = NdisMediumFddi;
	stack_up(&s);
	cr_expect_eq(stack_binding(&s, 0)->open_returned, NDIS_STATUS_UNSUPPORTED_MEDIA);
	cr_expect_eq(event_count("ProtocolOpenAdapterCompleteEx", NULL), 0);
	stack_down(&s);
	cr_expect(no_violations());
}

static void let_close_pend(struct fake_binding *b)
{
	b->does_not_wait = TRUE;
}

/* The close waits for the OID request that is with the miniport: the unbind ends first. */
Test(open_pends, PR_UNB_01_an_unbind_that_does_not_wait_for_its_close_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_unbind = let_close_pend;
	b->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	stack_up(&s);
	s.a.own_oid = OID_GEN_CURRENT_PACKET_FILTER;
	s.a.oid.when = FAKE_LATER;
	events_clear();
	{
		struct run remove;

		run_start(&remove, run_remove, &s);
		violation_wait("PR-UNB-01");
		event_wait("MiniportOidRequest", &s.a, 1);
		fake_answer_later(&s.a.oid);
		cr_expect_eq(run_end(&remove), 0);
		s.adapter = NULL;
	}
	cr_expect_lt(event_place("ProtocolCloseAdapterCompleteEx", b),
		     event_place("MiniportHaltEx", &s.a));
	cr_expect(violations_are("PR-UNB-01", NULL));
	stack_down(&s);
}
