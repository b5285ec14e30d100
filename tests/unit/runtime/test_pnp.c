/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PnP operations that meet: resets, pauses, sleeps, suspends, unbinds and a device that goes,
 * two at a time and all at once, beside traffic. Nothing is lost, nothing is done twice.
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>

#include <nrt/nrt_lower.h>

#include "contract.h"
#include "filters.h"

TestSuite(pnp, .init = contract_start, .fini = contract_end, .timeout = 120);
TestSuite(pnp_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 120);

static struct stack s;
static struct filters fs;

static void claim(void)
{
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0, "%s", nrt_last_error());
	s.adapter = NULL;
}

/* -------------------------------------------------------------------- two at a time */

Test(pnp, a_pause_does_not_wait_for_a_reset_that_pends)
{
	stack_up(&s);
	s.a.reset.when = FAKE_LATER;
	events_clear();
	NdisMResetMiniport(s.a.handle);
	event_wait("MiniportResetEx", &s.a, 1);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_eq(event_count("NdisMResetComplete", NULL), 0);
	fake_answer_later(&s.a.reset);
	event_wait("NDIS_STATUS_RESET_END", NULL, 1);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(pnp, a_device_that_goes_during_its_reset_is_halted_after_it)
{
	stack_up(&s);
	s.a.reset.when = FAKE_LATER;
	events_clear();
	NdisMResetMiniport(s.a.handle);
	event_wait("MiniportResetEx", &s.a, 1);
	nrt_adapter_gone(s.adapter);
	/* A binding is not closed between the two ends of a reset. */
	event_wait("ProtocolUnbindAdapterEx", NULL, 1);
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 0);
	fake_answer_later(&s.a.reset);
	claim();
	cr_expect_lt(event_place("MiniportDevicePnPEventNotify", &s.a),
		     event_place("NdisMResetComplete", &s.a));
	cr_expect_lt(event_place("NdisMResetComplete", &s.a), event_place("MiniportHaltEx", &s.a));
	stack_down(&s);
	cr_expect(no_violations());
}

Test(pnp, a_sleep_waits_for_a_reset)
{
	s.a.pm_aware = s.a.can_wake = TRUE;
	stack_up(&s);
	s.a.reset.when = FAKE_THREAD;
	for (unsigned int i = 0; i < 30; i++) {
		events_clear();
		NdisMResetMiniport(s.a.handle);
		event_wait("NDIS_STATUS_RESET_START", NULL, 1);
		cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
		cr_expect_lt(event_place("NDIS_STATUS_RESET_END", NULL),
			     event_place("power down", &s.a));
		cr_assert_eq(nrt_adapter_set_power(s.adapter, 0), 0);
	}
	stack_down(&s);
	cr_expect(no_violations());
}

/* The stack stays paused, with all that is bound; a restart that works has it run. */
Test(pnp, a_restart_that_fails_for_a_filter_that_comes_leaves_all_in_place)
{
	struct fake_binding *b = stack_binding(&s, 0);

	stack_up(&s);
	s.a.restart.status = NDIS_STATUS_RESOURCES;
	cr_assert_eq(load_filter(&fs.f[0], &fs.driver[0]), 0);
	cr_expect_eq(event_count("FilterAttach", NULL), 1);
	cr_expect_eq(event_count("ProtocolUnbindAdapterEx", NULL), 0);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
	cr_expect_eq(b->completed_status[1], NDIS_STATUS_PAUSED);
	cr_expect_eq(nrt_adapter_restart(s.adapter), -EIO);
	s.a.restart.status = NDIS_STATUS_SUCCESS;
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 2), 0);
	cr_expect_eq(b->completed_status[3], NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_assert_eq(unload_filter(&fs.f[0], fs.driver[0]), 0);
	cr_expect(no_violations());
}

Test(pnp, a_restart_that_fails_after_a_sleep_leaves_it_awake_and_paused)
{
	s.a.pm_aware = s.a.can_wake = TRUE;
	stack_up(&s);
	cr_assert_eq(nrt_adapter_set_power(s.adapter, 3), 0);
	s.a.restart.status = NDIS_STATUS_RESOURCES;
	cr_expect_eq(nrt_adapter_set_power(s.adapter, 0), -EIO);
	cr_expect_eq(s.a.power_state, (ULONG)NdisDeviceStateD0);
	s.a.restart.status = NDIS_STATUS_SUCCESS;
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(pnp, an_unbind_during_a_pause_comes_after_it)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run pause;

	s.n_protocols = 2;
	s.a.sends = FAKE_SENDS_HELD;
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 0), 0);
	events_clear();
	run_start(&pause, run_pause, &s);
	event_wait("NetEventPause", b, 1); /* which waits for its sends */
	cr_expect_eq(NdisUnbindAdapter(b->handle), NDIS_STATUS_SUCCESS);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(run_end(&pause), 0);
	event_wait("unbound", b, 1);
	cr_expect_lt(event_place("MiniportPause", &s.a), event_place("ProtocolUnbindAdapterEx", b));
	cr_expect_eq(event_count("NetEventPause", b), 1, "it was paused already");
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	stack_down(&s);
	cr_expect(no_violations());
}

/* ----------------------------------------------------------------------- all at once */

static NDIS_STATUS idle_notification(NDIS_HANDLE adapter, BOOLEAN force)
{
	(void)adapter;
	(void)force;
	NdisMIdleNotificationConfirm(s.a.handle, NdisDeviceStateD2);
	return NDIS_STATUS_PENDING;
}

static VOID cancel_idle_notification(NDIS_HANDLE adapter)
{
	(void)adapter;
	NdisMIdleNotificationComplete(s.a.handle);
}

static void set_handlers(struct fake_miniport *m, NDIS_HANDLE handle)
{
	NDIS_MINIPORT_SS_CHARACTERISTICS ss = {
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS,
			    NDIS_MINIPORT_SS_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_SS_CHARACTERISTICS_REVISION_1 },
		.IdleNotificationHandler = idle_notification,
		.CancelIdleNotificationHandler = cancel_idle_notification,
	};

	(void)m;
	NdisSetOptionalHandlers(handle, &ss.Header);
}

#define OPERATIONS 60

/* Operations that do not fit the adapter's state fail, and nothing else happens. */
static int operate(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	for (unsigned int i = 0; i < OPERATIONS; i++) {
		seed = seed * 1664525u + 1013904223u;
		switch ((seed >> 16) % 6) {
		case 0:
			nrt_adapter_pause(s.adapter);
			break;
		case 1:
			nrt_adapter_set_power(s.adapter, 1 + (seed >> 24) % 3);
			break;
		case 2:
			nrt_adapter_idle(s.adapter, false);
			break;
		case 3:
			NdisMResetMiniport(s.a.handle);
			break;
		default: /* more often, so that frames get a turn */
			nrt_adapter_set_power(s.adapter, 0);
			nrt_adapter_restart(s.adapter);
			break;
		}
		sched_yield();
	}
	return 0;
}

static struct traffic traffic;

static void end_traffic(struct fake_binding *b)
{
	(void)b;
	traffic_end(&traffic);
}

static void operate_at_once(void)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run threads[3];
	struct nrt_ledger l;

	s.m.on_set_options = set_handlers;
	s.a.pm_aware = s.a.can_wake = TRUE;
	b->on_unbind = end_traffic;
	b->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	filters_up(&fs, &s);
	traffic_start(&traffic, b, &s.a);
	for (unsigned int i = 0; i < 3; i++)
		run_start(&threads[i], operate, (void *)(uintptr_t)(i + 1));
	for (unsigned int i = 0; i < 3; i++)
		run_end(&threads[i]);
	nrt_device_gone(s.a.handle); /* whatever state they left it in */
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0, "%s", nrt_last_error());
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_submitted, b->sent);
	cr_expect_eq(l.tx_completed, b->completed);
	cr_expect_eq(b->sent, b->completed);
	cr_expect_eq(b->complete_errors, 0);
	cr_expect_eq(l.tx_handed, l.tx_returned);
	cr_expect_eq(l.rx_indicated, l.rx_returned);
	cr_expect_eq(s.a.accepted, s.a.completed);
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 1);
	s.adapter = NULL;
	filters_down(&fs, &s);
}

Test(pnp, everything_at_once_ends_with_closed_books)
{
	operate_at_once();
}

Test(pnp_plain, everything_at_once_ends_with_closed_books_without_the_verifier)
{
	operate_at_once();
}
