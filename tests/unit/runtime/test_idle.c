/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Selective suspend (runtime/ndis/idle.c): the notification and all that ends it, what waits
 * meanwhile, and in which order it goes on.
 */
#include <errno.h>
#include <sched.h>

#include "contract.h"
#include "filters.h"

TestSuite(idle, .init = contract_start, .fini = contract_end, .timeout = 60);
TestSuite(idle_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 120);

static struct stack s;
static struct filters fs;

/* What the miniport does. */
static NDIS_STATUS answer = NDIS_STATUS_PENDING;
static BOOLEAN confirms, completes, completes_at_once, was_forced;

static NDIS_STATUS idle_notification(NDIS_HANDLE adapter, BOOLEAN force)
{
	event_note("MiniportIdleNotification", adapter, KeGetCurrentIrql());
	was_forced = force;
	if (confirms && answer == NDIS_STATUS_PENDING)
		NdisMIdleNotificationConfirm(s.a.handle, NdisDeviceStateD2);
	if (completes_at_once)
		NdisMIdleNotificationComplete(s.a.handle);
	return answer;
}

static VOID cancel_idle_notification(NDIS_HANDLE adapter)
{
	event_note("MiniportCancelIdleNotification", adapter, KeGetCurrentIrql());
	if (completes)
		NdisMIdleNotificationComplete(s.a.handle);
}

static NDIS_STATUS registered;

static void set_handlers(struct fake_miniport *m, NDIS_HANDLE handle)
{
	NDIS_MINIPORT_SS_CHARACTERISTICS ss = {
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS,
			    NDIS_MINIPORT_SS_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_SS_CHARACTERISTICS_REVISION_1 },
		.IdleNotificationHandler = idle_notification,
	};

	(void)m;
	cr_expect_eq(NdisSetOptionalHandlers(handle, &ss.Header), NDIS_STATUS_INVALID_PARAMETER);
	ss.CancelIdleNotificationHandler = cancel_idle_notification;
	registered = NdisSetOptionalHandlers(handle, &ss.Header);
}

static NDIS_PM_CAPABILITIES pm = {
	.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_CAPABILITIES_REVISION_2,
		    NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2 },
	.Flags = NDIS_PM_SELECTIVE_SUSPEND_SUPPORTED,
};

static void offer_pm(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general)
{
	general->Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
	general->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
	general->PowerManagementCapabilitiesEx = &pm;
}

static ULONG wake_flags[4], n_flags;

static void note_parameters(struct fake_adapter *a, const NDIS_OID_REQUEST *r)
{
	(void)a;
	if (r->DATA.SET_INFORMATION.Oid == OID_PM_PARAMETERS)
		wake_flags[n_flags++ % 4] =
			((const NDIS_PM_PARAMETERS *)r->DATA.SET_INFORMATION.InformationBuffer)
				->WakeUpFlags;
}

static void up(void)
{
	confirms = completes = TRUE;
	s.m.on_set_options = set_handlers;
	s.a.mutate_general = offer_pm;
	s.a.on_set = note_parameters;
	stack_binding(&s, 0)->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	filters_up(&fs, &s);
	cr_assert_eq(registered, NDIS_STATUS_SUCCESS);
	events_clear();
}

static void down(void)
{
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

static void suspend(void)
{
	cr_assert_eq(nrt_adapter_idle(s.adapter, false), 0, "%s", nrt_last_error());
	cr_assert_eq(s.a.power_state, (ULONG)NdisDeviceStateD2);
	cr_expect_eq(event_count("MiniportCancelIdleNotification", NULL), 0);
}

/* By any operation that wants it awake. */
static void expect_awake(void)
{
	event_wait("power up", &s.a, 1);
	cr_expect_eq(s.a.power_state, (ULONG)NdisDeviceStateD0);
	cr_expect_eq(event_count("MiniportCancelIdleNotification", &s.a), 1);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_eq(event_count("MiniportCancelIdleNotification", &s.a), 1);
}

static void await_completed(struct fake_binding *b, ULONG n)
{
	volatile ULONG *completed = &b->completed;

	while (*completed < n)
		sched_yield();
}

/* ------------------------------------------------------------------- what wakes it up */

Test(idle, a_send_wakes_it_and_arrives)
{
	struct fake_binding *b = stack_binding(&s, 0);

	up();
	suspend();
	cr_expect_eq(wake_flags[0], (ULONG)NDIS_PM_SELECTIVE_SUSPEND_ENABLED);
	cr_expect_lt(event_place("MiniportIdleNotification", &s.a), event_place("power down", &s.a));
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 3, 7), 0);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, 10), 0);
	await_completed(b, 5);
	cr_expect_eq(s.a.n_sent, 5);
	for (ULONG i = 0; i < 5; i++)
		cr_expect_eq(s.a.sent_seq[i], 7 + i);
	expect_awake();
	cr_expect(event_irql_is("MiniportCancelIdleNotification", PASSIVE_LEVEL));
	down();
}

Test(idle, a_request_wakes_it_and_is_answered)
{
	ULONG value;

	up();
	suspend();
	cr_expect_eq(fake_binding_oid(stack_binding(&s, 0), NdisRequestQueryInformation,
				      OID_GEN_XMIT_OK, &value, sizeof(value), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.a.power_state, (ULONG)NdisDeviceStateD0, "it is up before it is asked");
	cr_expect_eq(s.a.oids[(s.a.n_oids - 1) % FAKE_MAX_OIDS].oid, OID_GEN_XMIT_OK);
	expect_awake();
	down();
}

Test(idle, a_request_of_a_filter_wakes_it)
{
	ULONG value;

	up();
	suspend();
	cr_expect_eq(fake_module_query(module_of(&fs, 0), OID_GEN_XMIT_OK, &value, sizeof(value)),
		     NDIS_STATUS_SUCCESS);
	expect_awake();
	down();
}

Test(idle, a_send_of_a_filter_wakes_it)
{
	struct fake_module *m = module_of(&fs, 0);
	volatile ULONG *completed = &m->own_completed;

	up();
	suspend();
	fake_module_send(m, broadcast_mac, 2);
	while (*completed < 2)
		sched_yield();
	expect_awake();
	down();
}

Test(idle, its_device_wakes_it)
{
	up();
	suspend();
	nrt_adapter_wake(s.adapter);
	expect_awake();
	nrt_adapter_wake(s.adapter); /* it is awake */
	cr_expect_eq(event_count("MiniportCancelIdleNotification", &s.a), 1);
	down();
}

Test(idle, the_miniport_wakes_it_by_itself)
{
	KIRQL old;

	up();
	suspend();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMIdleNotificationComplete(s.a.handle);
	KeLowerIrql(old);
	event_wait("power up", &s.a, 1);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(event_count("MiniportCancelIdleNotification", NULL), 0);
	NdisMIdleNotificationComplete(s.a.handle); /* once too often: nothing */
	NdisMIdleNotificationConfirm(s.a.handle, NdisDeviceStateD3);
	cr_expect_eq(s.a.power_state, (ULONG)NdisDeviceStateD0);
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	down();
}

Test(idle, pnp_operations_find_it_awake)
{
	struct nrt_driver *late;

	up();
	suspend();
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_lt(event_place("power up", &s.a), event_place("NetEventPause", NULL));
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	events_clear();
	suspend();
	cr_assert_eq(load_filter(&fs.f[1], &late), 0);
	cr_expect_lt(event_place("power up", &s.a), event_place("FilterAttach", NULL));
	events_clear();
	suspend();
	cr_assert_eq(unload_filter(&fs.f[1], late), 0);
	events_clear();
	suspend();
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	cr_expect_lt(event_place("power up", &s.a), event_place("MiniportHaltEx", &s.a));
	s.adapter = NULL;
	down();
}

Test(idle, a_device_that_goes_while_it_is_suspended_is_removed)
{
	up();
	suspend();
	nrt_adapter_gone(s.adapter);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_eq(s.a.halt_action, NdisHaltDeviceSurpriseRemoved);
	down();
}

/* ------------------------------------------------------------------ how it may answer */

Test(idle, a_miniport_may_refuse)
{
	up();
	answer = NDIS_STATUS_BUSY;
	cr_expect_eq(nrt_adapter_idle(s.adapter, false), -EBUSY);
	cr_expect_eq(nrt_adapter_idle(s.adapter, true), -EIO, "not when it is forced");
	cr_expect(was_forced);
	answer = NDIS_STATUS_FAILURE;
	cr_expect_eq(nrt_adapter_idle(s.adapter, false), -EIO);
	answer = NDIS_STATUS_PENDING;
	suspend();
	cr_expect_eq(nrt_adapter_idle(s.adapter, false), -EALREADY);
	nrt_adapter_wake(s.adapter);
	expect_awake();
	down();
}

Test(idle, without_handlers_there_is_none)
{
	stack_up(&s);
	cr_expect_eq(nrt_adapter_idle(s.adapter, false), -ENOTSUP);
	nrt_adapter_wake(s.adapter);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(idle, it_may_confirm_later_and_be_wanted_before)
{
	struct fake_binding *b = stack_binding(&s, 0);

	up();
	confirms = FALSE;
	cr_assert_eq(nrt_adapter_idle(s.adapter, false), 0);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	await_completed(b, 1);
	cr_expect_eq(event_count("power down", NULL), 0);
	cr_expect_eq(event_count("power up", NULL), 0, "it was up all the time");
	cr_expect_eq(event_count("MiniportCancelIdleNotification", NULL), 1);
	NdisMIdleNotificationConfirm(s.a.handle, NdisDeviceStateD3); /* too late */
	cr_expect_eq(event_count("power down", NULL), 0);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0); /* which waits for the end of it */
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	down();
}

Test(idle, it_may_complete_inside_the_notification)
{
	up();
	completes_at_once = TRUE;
	cr_assert_eq(nrt_adapter_idle(s.adapter, false), 0);
	event_wait("power up", &s.a, 1);
	cr_expect_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_eq(event_count("MiniportCancelIdleNotification", NULL), 0);
	down();
}

Test(idle, it_may_complete_long_after_the_cancel)
{
	struct fake_binding *b = stack_binding(&s, 0);

	up();
	completes = FALSE;
	suspend();
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	event_wait("MiniportCancelIdleNotification", &s.a, 1);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 1), 0);
	cr_expect_eq(b->completed, 0);
	NdisMIdleNotificationComplete(s.a.handle);
	await_completed(b, 2);
	expect_awake();
	down();
}

/* --------------------------------------------------------------------------- traffic */

static void cycle_under_traffic(void)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct traffic traffic;
	struct nrt_ledger l;

	up();
	traffic_start(&traffic, b, &s.a);
	for (unsigned int i = 0; i < 50; i++) {
		int rc;

		do /* until what woke it the last time is over */
			rc = nrt_adapter_idle(s.adapter, i % 2 != 0);
		while (rc == -EALREADY);
		cr_assert_eq(rc, 0, "%s", nrt_last_error());
		event_wait("power up", &s.a, 1);
		events_clear();
	}
	traffic_end(&traffic);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	l = stack_ledger(&s);
	cr_expect_eq(l.tx_submitted, b->sent);
	cr_expect_eq(l.tx_completed, b->completed);
	cr_expect_eq(b->sent, b->completed);
	cr_expect_eq(b->complete_errors, 0);
	cr_expect_eq(l.tx_handed, l.tx_returned);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	down();
}

Test(idle, nothing_is_lost_under_traffic)
{
	cycle_under_traffic();
}

Test(idle_plain, nothing_is_lost_under_traffic_without_the_verifier)
{
	cycle_under_traffic();
}
