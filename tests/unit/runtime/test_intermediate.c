/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Intermediate drivers: virtual miniports over real ones, in the orders in which a host may
 * add and remove both, and what broken drivers are told. The fake intermediate driver lies
 * between the fake miniport and the fake protocol.
 */
#include <errno.h>

#include "contract.h"
#include "fake_intermediate.h"

#define INIT .init = contract_start, .fini = contract_end, .timeout = 120

TestSuite(intermediate, INIT);

static struct fake_intermediate im;
static struct stack s;                  /* the lower adapter and the protocol over all */
static struct nrt_driver *driver;       /* the intermediate one */
static struct nrt_instance *instance[FAKE_VIRTUALS];

static void load(void)
{
	fake_intermediate_image = &im;
	for (unsigned int i = 0; i < FAKE_VIRTUALS; i++)
		im.virtuals[i].a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
	cr_assert_eq(nrt_driver_load_linked("fake im", (nrt_driver_entry)fake_intermediate_entry,
					    &driver),
		     0, "%s", nrt_last_error());
}

static void load_with(const WCHAR *first, const WCHAR *second)
{
	im.virtuals[0].name = first;
	im.virtuals[1].name = second;
	load();
}

static struct nrt_adapter *adapter_of(unsigned int i)
{
	struct nrt_adapter *a;

	cr_assert_eq(nrt_instance_adapter(instance[i], &a), 0, "%s", nrt_last_error());
	return a;
}

/* The driver, an instance "virtual0" of it over nic0, and a protocol over both. */
static struct fake_binding *up(void)
{
	load_with(u"virtual0", NULL);
	cr_assert_eq(nrt_instance_add(driver, "virtual0", &instance[0]), 0);
	s.p[0].bindings[1].packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	im.p.bindings[0].packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	stack_up(&s);
	adapter_of(0);
	cr_assert_eq(s.p[0].bindings[1].adapter_name[0], u'v', "nic0 came first");
	return &s.p[0].bindings[1];
}

static void down(void)
{
	for (unsigned int i = 0; i < FAKE_VIRTUALS; i++)
		if (instance[i] != NULL)
			nrt_instance_remove(instance[i]);
	stack_down(&s);
	fake_intermediate_image = &im;
	cr_expect_eq(nrt_driver_unload(driver), 0, "%s", nrt_last_error());
}

/* ------------------------------------------------------------------- registration */

Test(intermediate, IM_01_a_driver_that_does_not_associate_its_halves_is_reported)
{
	im.does_not_associate = TRUE;
	load();
	cr_expect(violations_are("IM-01", NULL));
	down();
}

static void associate_wrongly(struct fake_intermediate *f)
{
	NdisIMAssociateMiniport(NULL, f->p.handle);
	NdisIMAssociateMiniport(f->m.handle, NULL);
	NdisIMAssociateMiniport(f->m.handle, s.p[0].handle);
}

Test(intermediate, IM_01_wrong_handles_to_associate_are_reported)
{
	stack_up(&s);
	im.on_entry = associate_wrongly;
	load();
	cr_expect(violations_are("IM-01", "IM-01", "IM-01", NULL));
	NdisIMAssociateMiniport(im.m.handle, im.p.handle); /* not in DriverEntry */
	cr_expect(violations_are("IM-01", NULL));
	down();
}

Test(intermediate, IM_01_without_the_flag_no_instance_is_made)
{
	im.no_flag = TRUE;
	im.does_not_associate = TRUE;
	im.has_reset = TRUE;
	load_with(u"virtual0", NULL);
	cr_expect_eq(nrt_instance_add(driver, "virtual0", &instance[0]), -EINVAL);
	cr_expect_eq(fake_virtual_ask(&im.virtuals[0]), NDIS_STATUS_NOT_ACCEPTED);
	cr_expect(violations_are("IM-01", NULL));
	down();
}

Test(intermediate, IM_01_an_adapter_of_an_intermediate_driver_is_no_device)
{
	const struct nrt_device device = { .name = "nic1", .node = -1 };
	struct nrt_adapter *a;

	load();
	cr_expect_eq(nrt_adapter_add(driver, &device, &a), -EINVAL);
	down();
}

Test(intermediate, IM_04_a_reset_handler_and_a_halt_on_suspend_are_reported)
{
	im.has_reset = TRUE;
	load_with(u"virtual0", NULL);
	cr_expect(violations_are("IM-04", NULL));
	im.virtuals[0].a.attribute_flags = 0;
	cr_assert_eq(nrt_instance_add(driver, "virtual0", &instance[0]), 0);
	stack_up(&s);
	adapter_of(0);
	cr_expect(violations_are("IM-04", NULL));
	down();
}

Test(intermediate, IM_11_halves_that_outlive_the_unload_are_reported)
{
	im.keeps_protocol = TRUE;
	im.keeps_miniport = TRUE;
	load();
	down();
	cr_expect(violations_are("MP-REG-02", "PR-REG-01", NULL));
}

/* --------------------------------------------------------- initialization and its end */

Test(intermediate, IM_02_an_instance_is_initialized_when_it_was_added_and_asked_for)
{
	const struct fake_virtual *v = &im.virtuals[0];
	struct nrt_adapter *a;

	load_with(u"\\DEVICE\\Virtual0", u"virtual1");
	cr_assert_eq(nrt_instance_add(driver, "virtual0", &instance[0]), 0);
	cr_expect_eq(nrt_instance_adapter(instance[0], &a), -EAGAIN);
	cr_expect_null(a);
	stack_up(&s);
	cr_expect_not_null(adapter_of(0));
	cr_expect(v->up);
	cr_expect_eq(v->asked, NDIS_STATUS_SUCCESS);
	cr_expect_eq(s.p[0].n_bindings, 2, "the protocol is bound to both");
	cr_expect_eq(im.p.n_bindings, 1, "the driver's own lower edge to one");
	cr_expect_not(im.virtuals[1].up, "asked for, and not added");
	cr_assert_eq(nrt_instance_add(driver, "VIRTUAL1", &instance[1]), 0);
	cr_expect_not_null(adapter_of(1));
	cr_expect(im.virtuals[1].up);
	cr_expect_eq(s.p[0].n_bindings, 3);
	cr_expect_eq(nrt_instance_add(driver, "virtual1", &instance[2]), -EEXIST);
	cr_expect(event_irql_is("MiniportInitializeEx", PASSIVE_LEVEL));
	cr_expect_eq(nrt_driver_unload(driver), -EBUSY);
	down();
}

Test(intermediate, IM_02_a_second_request_is_not_accepted)
{
	im.asks_twice = TRUE;
	up();
	cr_expect_eq(im.virtuals[0].asked, NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_eq(fake_virtual_ask(&im.virtuals[0]), NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_eq(event_count("MiniportInitializeEx", &im.virtuals[0].a), 1);
	down();
}

static void ask_from_callback(struct fake_adapter *a)
{
	(void)a;
	cr_expect_eq(fake_virtual_ask(&im.virtuals[1]), NDIS_STATUS_NOT_ACCEPTED);
}

Test(intermediate, IM_02_requests_from_elsewhere_and_malformed_names_are_reported)
{
	WCHAR odd[] = u"virtual0";
	NDIS_STRING name = { 3, sizeof(odd), odd };

	load_with(u"virtual0", NULL);
	cr_expect_eq(NdisIMInitializeDeviceInstanceEx(im.m.handle, NULL, NULL),
		     NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_eq(NdisIMInitializeDeviceInstanceEx(im.m.handle, &name, NULL),
		     NDIS_STATUS_NOT_ACCEPTED);
	name.Length = 0;
	cr_expect_eq(NdisIMInitializeDeviceInstanceEx(im.m.handle, &name, NULL),
		     NDIS_STATUS_NOT_ACCEPTED);
	name.Length = 4;
	name.Buffer = NULL;
	cr_expect_eq(NdisIMInitializeDeviceInstanceEx(im.m.handle, &name, NULL),
		     NDIS_STATUS_NOT_ACCEPTED);
	cr_expect_eq(NdisIMInitializeDeviceInstanceEx(NULL, &name, NULL),
		     NDIS_STATUS_NOT_ACCEPTED);
	cr_expect(violations_are("IM-02", "IM-02", "IM-02", "IM-02", "IM-02", NULL));
	cr_assert_eq(nrt_instance_add(driver, "virtual0", &instance[0]), 0);
	im.virtuals[0].a.on_begin = ask_from_callback;
	im.virtuals[1].name = u"virtual1";
	im.virtuals[1].lower = &im.p.bindings[7]; /* nobody asks for it but that callback */
	stack_up(&s);
	adapter_of(0);
	cr_expect(violations_are("IM-02", NULL));
	down();
}

Test(intermediate, IM_02_an_initialization_that_fails_is_the_hosts_to_know)
{
	struct nrt_adapter *a;

	im.virtuals[0].a.fail_at = 2;
	im.virtuals[0].a.fail_status = NDIS_STATUS_RESOURCES;
	load_with(u"virtual0", NULL);
	stack_up(&s);
	cr_assert_eq(nrt_instance_add(driver, "virtual0", &instance[0]), 0);
	cr_expect_eq(nrt_instance_adapter(instance[0], &a), -ENODEV);
	cr_expect(strstr(nrt_last_error(), "0xC000009A") != NULL, "%s", nrt_last_error());
	im.virtuals[0].a.fail_at = 0;
	cr_expect_eq(fake_virtual_ask(&im.virtuals[0]), NDIS_STATUS_SUCCESS, "and may be tried again");
	cr_expect_not_null(adapter_of(0));
	down();
}

Test(intermediate, IM_03_what_has_not_begun_is_cancelled)
{
	struct nrt_adapter *a;

	load_with(u"virtual0", NULL);
	stack_up(&s);
	cr_expect_eq(fake_virtual_cancel(&im.virtuals[0]), NDIS_STATUS_SUCCESS);
	cr_expect_eq(fake_virtual_cancel(&im.virtuals[0]), NDIS_STATUS_FAILURE, "twice");
	cr_assert_eq(nrt_instance_add(driver, "virtual0", &instance[0]), 0);
	cr_expect_eq(nrt_instance_adapter(instance[0], &a), -EAGAIN);
	cr_expect_eq(fake_virtual_ask(&im.virtuals[0]), NDIS_STATUS_SUCCESS);
	cr_expect_not_null(adapter_of(0));
	cr_expect_eq(fake_virtual_cancel(&im.virtuals[0]), NDIS_STATUS_FAILURE, "too late");
	down();
}

Test(intermediate, IM_03_what_was_asked_for_and_not_cancelled_is_reported_at_the_unload)
{
	im.keeps_virtuals = TRUE;
	load_with(u"virtual0", NULL);
	stack_up(&s);
	down();
	cr_expect(violations_are("IM-03", NULL));
}

static void end_from_callback(struct fake_adapter *a, NDIS_MINIPORT_RESTART_PARAMETERS *p)
{
	(void)p;
	cr_expect_eq(NdisIMDeInitializeDeviceInstance(a->handle), NDIS_STATUS_FAILURE);
}

Test(intermediate, IM_03_instances_are_ended_once_and_from_outside)
{
	struct nrt_adapter *a;

	im.virtuals[0].a.on_restart_params = end_from_callback;
	up();
	cr_expect(violations_are("IM-03", NULL), "from MiniportRestart");
	cr_expect_eq(NdisIMDeInitializeDeviceInstance(s.a.handle), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("IM-03", NULL), "a real one");
	cr_expect_eq(fake_virtual_end(&im.virtuals[0]), NDIS_STATUS_SUCCESS);
	cr_expect_eq(event_count("MiniportHaltEx", &im.virtuals[0].a), 1);
	cr_expect_eq(nrt_instance_adapter(instance[0], &a), -EAGAIN);
	cr_expect_eq(fake_virtual_end(&im.virtuals[0]), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-HLT-05", NULL));
	cr_expect_eq(NdisIMDeInitializeDeviceInstance(NULL), NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-HLT-05", NULL));
	down();
}

Test(intermediate, IM_03_the_end_of_the_lower_adapter_ends_what_is_above_from_the_top)
{
	struct fake_binding *b = up();
	struct nrt_adapter *a;

	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	cr_expect_lt(event_place("NetEventPause", b), event_place("ProtocolUnbindAdapterEx", b));
	cr_expect_lt(event_place("ProtocolUnbindAdapterEx", b),
		     event_place("MiniportHaltEx", &im.virtuals[0].a));
	cr_expect_lt(event_place("MiniportHaltEx", &im.virtuals[0].a),
		     event_place("MiniportHaltEx", &s.a));
	cr_expect_eq(nrt_instance_adapter(instance[0], &a), -EAGAIN);
	/* and it comes back with it */
	s.a.halted = FALSE;
	cr_assert_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter), 0);
	cr_expect_not_null(adapter_of(0));
	cr_expect_eq(im.virtuals[0].asks, 2);
	down();
}

Test(intermediate, IM_03_the_host_may_take_an_instance_away_at_any_time)
{
	up();
	nrt_instance_remove(instance[0]);
	instance[0] = NULL;
	cr_expect_not(im.virtuals[0].up, "halted");
	cr_expect_eq(nrt_adapter_count(), 1);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	down();
}

Test(intermediate, IM_02_an_instance_that_the_host_brings_back_is_asked_for_again)
{
	up();
	cr_expect_eq(im.virtuals[0].reenabled, 0);
	nrt_instance_remove(instance[0]);
	cr_assert_eq(nrt_instance_add(driver, "virtual0", &instance[0]), 0);
	cr_expect_eq(im.virtuals[0].reenabled, 1);
	cr_expect_not_null(adapter_of(0));
	im.reenable_status = NDIS_STATUS_FAILURE;
	nrt_instance_remove(instance[0]);
	cr_assert_eq(nrt_instance_add(driver, "virtual0", &instance[0]), 0);
	cr_expect(violations_are("PR-PNP-01", NULL));
	down();
}

/* Fails over to the second adapter, and is ended with that. */
static void fail_over(struct fake_binding *b)
{
	if (b == &im.p.bindings[0])
		im.virtuals[0].lower = &im.p.bindings[1];
}

Test(intermediate, IM_03_one_virtual_miniport_over_two_adapters_outlives_the_first)
{
	struct fake_binding *b = up();
	struct nrt_adapter *second, *a;
	static struct fake_adapter nic1;

	im.p.bindings[0].on_unbind = fail_over;
	cr_assert_eq(add_adapter(&s.m, &nic1, s.miniport, "nic1", &second), 0);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_not_null(adapter_of(0), "it is still there");
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 1), 0);
	cr_expect_eq(b->completed, 2);
	cr_expect_eq(s.a.n_sent, 1);
	cr_expect_eq(nic1.n_sent, 1);
	cr_assert_eq(nrt_adapter_remove(second), 0);
	cr_expect_eq(nrt_instance_adapter(instance[0], &a), -EAGAIN);
	cr_expect_eq(event_count("MiniportHaltEx", &im.virtuals[0].a), 1);
	down();
}

static int move_instances(void *arg)
{
	struct nrt_instance *i;

	(void)arg;
	for (unsigned int n = 0; n < 200; n++) {
		if (nrt_instance_add(driver, "virtual0", &i) != 0)
			return -1;
		nrt_instance_remove(i);
	}
	return 0;
}

Test(intermediate, IM_03_both_ends_may_come_and_go_at_once)
{
	struct run run;

	load_with(u"virtual0", NULL);
	im.keeps_virtuals = TRUE; /* the host takes them; the request outlives the binding */
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	run_start(&run, move_instances, NULL);
	for (unsigned int n = 0; n < 200; n++) {
		im.p.n_bindings = 0;
		cr_assert_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter), 0);
		cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	}
	s.adapter = NULL;
	cr_expect_eq(run_end(&run), 0);
	fake_virtual_cancel(&im.virtuals[0]);
	down();
}

/* --------------------------------------------------------------------- the context */

Test(intermediate, the_device_context_is_the_bindings_to_read)
{
	struct fake_binding *b = up();

	cr_expect_eq(NdisIMGetBindingContext(b->handle), &im.virtuals[0]);
	cr_expect_null(NdisIMGetBindingContext(im.p.bindings[0].handle), "over a real adapter");
	cr_expect_null(NdisIMGetBindingContext(NULL));
	cr_expect(violations_are("PR-UNB-03", NULL));
	down();
}

static void backfill(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general)
{
	general->DataBackFillSize = 4;
	general->ContextBackFillSize = 16;
}

Test(intermediate, a_binding_is_told_what_the_drivers_below_put_in_front)
{
	const struct fake_binding *b;

	im.virtuals[0].a.mutate_general = backfill;
	b = up();
	cr_expect_eq(b->params.DataBackFillSize, 4);
	cr_expect_eq(b->params.ContextBackFillSize, 16);
	cr_expect_eq(im.p.bindings[0].params.ContextBackFillSize, 0);
	down();
}

/* ----------------------------------------------------------------------- data path */

Test(intermediate, IM_05_sends_that_are_passed_on_keep_their_order_and_their_source)
{
	struct fake_binding *b = up();

	s.a.sends = FAKE_SENDS_HELD;
	for (unsigned int n = 0; n < 8; n++)
		fake_binding_send(b, fake_binding_make(b, broadcast_mac, 4, n * 4), 0);
	cr_expect_eq(b->completed, 0, "not before they come back from below");
	fake_adapter_complete(&s.a, FAKE_SHUFFLED, 3);
	cr_expect_eq(s.a.n_sent, 32);
	for (unsigned int n = 0; n < 32; n++)
		cr_expect_eq(s.a.sent_seq[n], n);
	cr_expect_eq(b->completed, 32);
	cr_expect_eq(b->complete_errors, 0);
	down();
}

Test(intermediate, IM_05_a_source_that_is_not_put_back_is_reported)
{
	struct fake_binding *b = up();

	im.keeps_source = TRUE;
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	cr_expect(violations_are("MP-SND-10", NULL));
	cr_expect_eq(b->completed, 1, "it gets it back for all that");
	down();
}

Test(intermediate, IM_05_a_send_completed_while_it_is_below_is_reported)
{
	struct fake_binding *b = up();

	im.completes_early = TRUE;
	s.a.sends = FAKE_SENDS_HELD;
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	cr_expect(violations_are("MP-SND-02", NULL));
	cr_expect_eq(b->completed, 0);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(b->completed, 1);
	down();
}

Test(intermediate, IM_05_only_who_has_a_send_passes_it_on)
{
	struct fake_binding *b = up(), *direct = &s.p[0].bindings[0];
	NET_BUFFER_LIST *nbl = fake_binding_make(direct, broadcast_mac, 1, 0);

	s.a.sends = FAKE_SENDS_HELD;
	fake_binding_send(direct, nbl, 0);
	NdisSendNetBufferLists(b->handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
	cr_expect(violations_are("PR-SND-02", NULL));
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_expect_eq(direct->completed, 1);
	down();
}

Test(intermediate, IM_06_received_nbls_that_are_passed_on_come_back_through_both)
{
	struct fake_binding *b = up();

	b->holds = TRUE;
	fake_adapter_indicate(&s.a, broadcast_mac, 5, 0, 0);
	cr_expect_eq(b->received, 5);
	cr_expect_eq(s.a.returned, 0, "not before they come back from above");
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	cr_expect_eq(s.a.returned, 5);
	fake_adapter_indicate(&s.a, broadcast_mac, 3, 5, NDIS_RECEIVE_FLAGS_RESOURCES);
	cr_expect_eq(b->received_resources, 3);
	/* Who is not the last to look at a frame has it for the time of the call only. */
	fake_binding_filter(&s.p[0].bindings[0], NDIS_PACKET_TYPE_BROADCAST);
	fake_adapter_indicate(&s.a, broadcast_mac, 2, 8, 0);
	cr_expect_eq(b->received + b->received_resources, 10);
	cr_expect_eq(s.p[0].bindings[0].received + s.p[0].bindings[0].received_resources, 2);
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	cr_expect_eq(s.a.returned, 7);
	down();
}

Test(intermediate, IM_06_an_nbl_returned_while_it_is_above_is_reported)
{
	struct fake_binding *b = up();

	im.returns_early = TRUE;
	b->holds = TRUE;
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	cr_expect(violations_are("PR-RCV-01", NULL));
	cr_expect_eq(s.a.returned, 0);
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	cr_expect_eq(s.a.returned, 1);
	down();
}

static NDIS_HANDLE closed;

static void remember(struct fake_binding *b)
{
	closed = b->handle;
}

Test(intermediate, IM_10_a_send_below_after_the_binding_was_closed_is_reported)
{
	struct fake_binding *b = up();
	NET_BUFFER_LIST *nbl = fake_binding_make(b, broadcast_mac, 1, 0);

	im.p.bindings[0].on_unbind = remember; /* keeps the virtual miniport, too */
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_assert_eq(closed, im.virtuals[0].lower->handle);
	fake_binding_send(b, nbl, 0);
	cr_expect(violations_are("PR-UNB-03", NULL));
	cr_expect_eq(b->completed, 0, "that is left to the driver");
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_FAILURE;
	fake_virtual_complete(&im.virtuals[0], nbl, 0);
	cr_expect_eq(b->completed, 1);
	down();
}
