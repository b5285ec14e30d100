/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of filter modules: orders of a stack with them, every way to attach, pause and
 * restart or fail to, insertion and removal under traffic. Rules RT-01 to -05, -17, FL-REG,
 * FL-ATT, FL-DET, FL-PAU-01, FL-RST, FL-OPT, FL-BYP.
 */
#include <errno.h>

#include "filters.h"
#include <criterion/parameterized.h>
#include "operation.h"

TestSuite(filter, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct filters fs;

/* --------------------------------------------------------------------- the orders */

Test(filter, RT_01_modules_attach_from_the_bottom_up_before_protocols_bind)
{
	fs.n = 2;
	events_clear();
	filters_up(&fs, &s);
	cr_expect_lt(event_place("MiniportInitializeEx", &s.a),
		     event_place("FilterAttach", module_of(&fs, 0)));
	cr_expect_lt(event_place("FilterAttach", module_of(&fs, 0)),
		     event_place("FilterAttach", module_of(&fs, 1)));
	cr_expect_lt(event_place("FilterAttach", module_of(&fs, 1)),
		     event_place("ProtocolBindAdapterEx", NULL));
	cr_expect(event_irql_is("FilterAttach", PASSIVE_LEVEL));
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter, RT_02_and_RT_03_modules_pause_from_the_top_and_restart_from_the_bottom)
{
	fs.n = 2;
	filters_up(&fs, &s);
	events_clear();
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(events_are("NetEventPause", "FilterPause", "FilterPause", "MiniportPause", NULL));
	cr_expect_lt(event_place("FilterPause", module_of(&fs, 1)),
		     event_place("FilterPause", module_of(&fs, 0)));
	events_clear();
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_lt(event_place("MiniportRestart", &s.a),
		     event_place("FilterRestart", module_of(&fs, 0)));
	cr_expect_lt(event_place("FilterRestart", module_of(&fs, 0)),
		     event_place("FilterRestart", module_of(&fs, 1)));
	cr_expect_lt(event_place("FilterRestart", module_of(&fs, 1)),
		     event_place("NetEventRestart", NULL));
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter, RT_04_modules_detach_from_the_top_down_between_unbind_and_halt)
{
	fs.n = 2;
	filters_up(&fs, &s);
	events_clear();
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_lt(event_place("ProtocolUnbindAdapterEx", NULL),
		     event_place("FilterDetach", module_of(&fs, 1)));
	cr_expect_lt(event_place("FilterDetach", module_of(&fs, 1)),
		     event_place("FilterDetach", module_of(&fs, 0)));
	cr_expect_lt(event_place("FilterDetach", module_of(&fs, 0)),
		     event_place("MiniportHaltEx", &s.a));
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter, RT_17_options_of_all_are_set_before_the_first_restart)
{
	fs.n = 2;
	events_clear();
	filters_up(&fs, &s);
	cr_expect_lt(event_place("FilterSetModuleOptions", module_of(&fs, 1)),
		     event_place("FilterRestart", module_of(&fs, 0)));
	cr_expect_lt(event_place("FilterSetModuleOptions", module_of(&fs, 1)),
		     event_place("MiniportRestart", &s.a));
	filters_down(&fs, &s);
}

/* ---------------------------------------------------------- changes of a running stack */

Test(filter, RT_05_a_driver_that_comes_later_joins_a_paused_stack_and_all_are_told)
{
	stack_up(&s);
	events_clear();
	cr_assert_eq(load_filter(&fs.f[0], &fs.driver[0]), 0, "%s", nrt_last_error());
	cr_expect(events_are("NetEventPause", "MiniportPause", "FilterAttach", "FilterNetPnPEvent",
			     "ProtocolNetPnPEvent", "FilterSetModuleOptions", "MiniportRestart",
			     "FilterRestart", "NetEventRestart", NULL));
	events_clear();
	cr_assert_eq(unload_filter(&fs.f[0], fs.driver[0]), 0);
	cr_expect(events_are("FilterUnload", "NetEventPause", "FilterPause", "MiniportPause",
			     "FilterDetach", "ProtocolNetPnPEvent", "MiniportRestart",
			     "NetEventRestart", NULL));
	stack_down(&s);
	cr_expect(no_violations());
}

Test(filter, a_module_asks_for_a_restart_and_has_new_options)
{
	filters_up(&fs, &s);
	events_clear();
	cr_assert_eq(NdisFRestartFilter(module_of(&fs, 0)->handle), NDIS_STATUS_SUCCESS);
	event_wait("NetEventRestart", NULL, 1);
	cr_expect_eq(event_count("FilterPause", NULL), 1);
	cr_expect_eq(event_count("FilterSetModuleOptions", NULL), 1);
	cr_expect_eq(event_count("FilterRestart", NULL), 1);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

/* -------------------------------------------------------------------- registration */

static void no_pause(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->PauseHandler = NULL;
}

static void no_status(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->StatusHandler = NULL;
}

static void no_oid_complete(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->OidRequestCompleteHandler = NULL;
}

static void no_version(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->MajorNdisVersion = 7;
}

static void too_short(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->Header.Size = 20;
}

struct bad {
	void (*mutate)(NDIS_FILTER_DRIVER_CHARACTERISTICS *c);
	NDIS_STATUS status;
	const char *rule;
};

static struct bad bads[] = {
	{ no_pause, NDIS_STATUS_BAD_CHARACTERISTICS, "FL-REG-02" },
	{ no_status, NDIS_STATUS_BAD_CHARACTERISTICS, "FL-REG-02" },
	{ no_oid_complete, NDIS_STATUS_BAD_CHARACTERISTICS, "FL-REG-02" },
	{ no_version, NDIS_STATUS_BAD_VERSION, "FL-REG-02" },
	{ too_short, NDIS_STATUS_BAD_CHARACTERISTICS, "RS-NB-11" },
};

Test(filter, FL_REG_02_a_table_that_is_not_whole_is_refused)
{
	for (unsigned int i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		fs.f[0].mutate = bads[i].mutate;
		cr_expect_neq(load_filter(&fs.f[0], &fs.driver[0]), 0);
		cr_expect_eq(fs.f[0].register_status, bads[i].status);
		cr_expect(violations_are(bads[i].rule, NULL), "case %u", i);
	}
}

Test(filter, FL_REG_01_a_registration_that_is_forgotten_is_reported_and_undone)
{
	fs.f[0].forgets_to_deregister = TRUE;
	fs.f[0].entry_status = NDIS_STATUS_RESOURCES;
	cr_expect_neq(load_filter(&fs.f[0], &fs.driver[0]), 0);
	cr_expect(violations_are("FL-REG-01", NULL));
	fs.f[0].entry_status = NDIS_STATUS_SUCCESS;
	filters_up(&fs, &s);
	fs.f[0].forgets_to_deregister = TRUE;
	cr_expect_eq(unload_filter(&fs.f[0], fs.driver[0]), 0);
	cr_expect(violations_are("FL-REG-01", NULL));
	cr_expect_eq(event_count("FilterDetach", NULL), 1);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(filter, FL_REG_03_a_driver_joins_the_stacks_that_run_at_once)
{
	stack_up(&s);
	cr_assert_eq(load_filter(&fs.f[0], &fs.driver[0]), 0);
	cr_expect_eq(fs.f[0].n_modules, 1);
	cr_expect_eq(event_count("FilterRestart", module_of(&fs, 0)), 1);
	stack_down(&s);
	cr_assert_eq(unload_filter(&fs.f[0], fs.driver[0]), 0);
	cr_expect(no_violations());
}

Test(filter, a_driver_whose_options_fail_is_not_registered)
{
	fs.f[0].set_options_status = NDIS_STATUS_RESOURCES;
	cr_expect_neq(load_filter(&fs.f[0], &fs.driver[0]), 0);
	cr_expect_eq(fs.f[0].register_status, NDIS_STATUS_RESOURCES);
	stack_up(&s);
	cr_expect_eq(fs.f[0].n_modules, 0);
	stack_down(&s);
	cr_expect(no_violations());
}

/* --------------------------------------------------------------- attach and detach */

Test(filter, what_a_module_is_attached_with_is_the_adapters)
{
	const NDIS_FILTER_ATTACH_PARAMETERS *p = &module_of(&fs, 1)->params;

	fs.n = 2;
	filters_up(&fs, &s);
	cr_expect_eq(p->Header.Type, NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS);
	cr_expect_eq(p->MacAddressLength, 6);
	cr_expect_arr_eq(p->CurrentMacAddress, fake_mac, 6);
	cr_expect_eq(p->MiniportMediaType, NdisMedium802_3);
	cr_expect_eq(p->LowerIfIndex, module_of(&fs, 0)->params.IfIndex);
	cr_expect_eq(module_of(&fs, 0)->params.LowerIfIndex, p->BaseMiniportIfIndex);
	cr_expect_neq(p->IfIndex, p->BaseMiniportIfIndex);
	filters_down(&fs, &s);
}

Test(filter, FL_ATT_01_without_its_attributes_a_module_is_not_attached)
{
	module_of(&fs, 0)->no_attributes = TRUE;
	filters_up(&fs, &s);
	cr_expect(violations_are("FL-ATT-01", NULL));
	cr_expect_eq(event_count("FilterRestart", NULL), 0);
	filters_down(&fs, &s);
	cr_expect_eq(event_count("FilterDetach", NULL), 0);
	cr_expect(no_violations());
}

Test(filter, FL_ATT_01_one_that_fails_to_attach_is_left_out)
{
	fs.n = 2;
	module_of(&fs, 0)->attach_status = NDIS_STATUS_RESOURCES;
	filters_up(&fs, &s);
	cr_expect_eq(event_count("FilterRestart", module_of(&fs, 0)), 0);
	cr_expect_eq(event_count("FilterRestart", module_of(&fs, 1)), 1);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter, one_that_is_mandatory_and_fails_to_attach_ends_the_stack)
{
	fs.f[0].flags = NDIS_FILTER_DRIVER_MANDATORY;
	module_of(&fs, 0)->attach_status = NDIS_STATUS_RESOURCES;
	cr_assert_eq(load_filter(&fs.f[0], &fs.driver[0]), 0);
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	cr_expect_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &s.adapter), -ENODEV);
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 1);
	stack_down(&s);
	cr_expect_eq(unload_filter(&fs.f[0], fs.driver[0]), 0);
	cr_expect(no_violations());
}

static void use_the_stack(struct fake_module *m)
{
	NDIS_STATUS_INDICATION status = {
		.Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
			    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
		.SourceHandle = m->handle,
	};

	cr_expect_eq(fake_module_query(m, OID_GEN_LINK_SPEED, NULL, 0), NDIS_STATUS_FAILURE);
	NdisFIndicateStatus(m->handle, &status);
	fake_module_send(m, broadcast_mac, 1);
	fake_module_indicate(m, broadcast_mac, 1, 0);
}

Test(filter, FL_ATT_02_a_module_that_attaches_uses_nothing)
{
	module_of(&fs, 0)->on_attach = use_the_stack;
	filters_up(&fs, &s);
	cr_expect(violations_are("FL-ATT-02", "FL-ATT-02", "FL-ATT-02", "FL-ATT-02", NULL));
	cr_expect_eq(module_of(&fs, 0)->own_completed, 1);
	cr_expect_eq(module_of(&fs, 0)->own_returned, 1);
	cr_expect_eq(s.a.n_sent, 0);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

static void *left;

static void leave_memory(struct fake_module *m)
{
	left = NdisAllocateMemoryWithTagPriority(m->handle, 100, 'kaeL', NormalPoolPriority);
}

Test(filter, FL_DET_01_what_a_detached_module_has_left_is_reported)
{
	module_of(&fs, 0)->on_detach = leave_memory;
	filters_up(&fs, &s);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("FL-DET-01", NULL));
	NdisFreeMemory(left, 0, 0);
	NdisFSendNetBufferLists(module_of(&fs, 0)->handle, NULL, 0, 0);
	cr_expect(violations_are("FL-DET-01", NULL), "a handle that is dead is seen as dead");
	filters_down(&fs, &s);
}

/* --------------------------------------------------------------- pause and restart */

static void pause_and_restart(void)
{
	filters_up(&fs, &s);
	for (unsigned int i = 0; i < 10; i++) {
		cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
		cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	}
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

static enum fake_when whens[] = { FAKE_NOW,   FAKE_INSIDE,    FAKE_THREAD,
				  FAKE_TIMER, FAKE_WORK_ITEM };

ParameterizedTestParameters(filter, FL_PAU_01_a_pause_may_end_in_any_way)
{
	return cr_make_param_array(enum fake_when, whens, sizeof(whens) / sizeof(whens[0]));
}

ParameterizedTest(enum fake_when *when, filter, FL_PAU_01_a_pause_may_end_in_any_way)
{
	module_of(&fs, 0)->pause.when = *when;
	pause_and_restart();
}

ParameterizedTestParameters(filter, FL_RST_01_a_restart_may_end_in_any_way)
{
	/* NdisFRestartComplete is for PASSIVE_LEVEL. */
	static enum fake_when passive[] = { FAKE_NOW, FAKE_INSIDE, FAKE_THREAD, FAKE_WORK_ITEM };

	return cr_make_param_array(enum fake_when, passive, sizeof(passive) / sizeof(passive[0]));
}

ParameterizedTest(enum fake_when *when, filter, FL_RST_01_a_restart_may_end_in_any_way)
{
	module_of(&fs, 0)->restart.when = *when;
	pause_and_restart();
}

Test(filter, FL_PAU_01_a_pause_can_not_fail_and_completes_once)
{
	module_of(&fs, 0)->pause.status = NDIS_STATUS_FAILURE;
	filters_up(&fs, &s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("FL-PAU-01", NULL));
	module_of(&fs, 0)->pause.status = NDIS_STATUS_SUCCESS;
	module_of(&fs, 0)->pause.when = FAKE_TWICE;
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("FL-PAU-01", NULL));
	module_of(&fs, 0)->pause.when = FAKE_NOW;
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter, FL_PAU_01_a_pause_that_takes_too_long_is_reported)
{
	struct run pause;

	module_of(&fs, 0)->pause.when = FAKE_LATER;
	filters_up(&fs, &s);
	nrt_operation_set_patience(20);
	run_start(&pause, run_pause, &s);
	violation_wait("FL-PAU-01");
	fake_answer_later(&module_of(&fs, 0)->pause);
	cr_expect_eq(run_end(&pause), 0);
	cr_expect(violations_are("FL-PAU-01", NULL));
	nrt_operation_set_patience(10000);
	filters_down(&fs, &s);
}

Test(filter, FL_RST_01_a_module_that_does_not_restart_is_detached)
{
	fs.n = 2;
	module_of(&fs, 0)->restart.status = NDIS_STATUS_RESOURCES;
	filters_up(&fs, &s);
	cr_expect_eq(event_count("FilterDetach", module_of(&fs, 0)), 1);
	cr_expect_eq(event_count("FilterDetach", module_of(&fs, 1)), 0);
	cr_expect_eq(event_count("MiniportRestart", &s.a), 2);
	cr_expect_eq(event_count("NetEventRestart", NULL), 1);
	fake_binding_send(stack_binding(&s, 0), fake_binding_make(stack_binding(&s, 0),
								  broadcast_mac, 3, 0), 0);
	cr_expect_eq(module_of(&fs, 0)->sent, 0);
	cr_expect_eq(module_of(&fs, 1)->sent, 3);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter, one_that_is_mandatory_and_does_not_restart_leaves_all_paused)
{
	fs.f[0].flags = NDIS_FILTER_DRIVER_MANDATORY;
	filters_up(&fs, &s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	module_of(&fs, 0)->restart.status = NDIS_STATUS_RESOURCES;
	events_clear();
	cr_expect_eq(nrt_adapter_restart(s.adapter), -EIO);
	cr_expect_eq(event_count("NetEventRestart", NULL), 0);
	cr_expect_eq(event_count("MiniportPause", NULL), 1);
	module_of(&fs, 0)->restart.status = NDIS_STATUS_SUCCESS;
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter, restart_attributes_go_up_as_each_module_leaves_them)
{
	fs.n = 2;
	module_of(&fs, 0)->restart_mtu = 1400;
	filters_up(&fs, &s);
	cr_expect_eq(module_of(&fs, 0)->miniport_mtu, 1500);
	cr_expect_eq(module_of(&fs, 1)->miniport_mtu, 1400);
	cr_expect_eq(stack_binding(&s, 0)->restart_attributes_mtu, 1400);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

static void no_oids(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->OidRequestHandler = NULL;
	c->OidRequestCompleteHandler = NULL;
	c->CancelOidRequestHandler = NULL;
}

Test(filter, FL_RST_01_who_changes_attributes_must_answer_for_them)
{
	module_of(&fs, 0)->restart_mtu = 1400;
	fs.f[0].mutate = no_oids;
	filters_up(&fs, &s);
	cr_expect(violations_are("FL-RST-01", NULL));
	module_of(&fs, 0)->restart_mtu = 1300;
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	module_of(&fs, 0)->restart.status = NDIS_STATUS_RESOURCES;
	cr_expect_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect(violations_are("FL-RST-01", NULL), "and one that fails changes none");
	filters_down(&fs, &s);
}

/* ----------------------------------------------------------------- handlers at run time */

static NDIS_FILTER_PARTIAL_CHARACTERISTICS partial = {
	.Header = { NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS,
		    NDIS_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1,
		    NDIS_SIZEOF_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1 },
};

static void bypass_all(struct fake_module *m)
{
	cr_expect_eq(NdisSetOptionalHandlers(m->handle, &partial.Header), NDIS_STATUS_SUCCESS);
}

Test(filter, FL_BYP_01_a_module_without_handlers_is_skipped)
{
	struct fake_binding *b = stack_binding(&s, 0);

	fs.n = 3;
	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	module_of(&fs, 1)->on_options = bypass_all;
	filters_up(&fs, &s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 3, 0), 0);
	cr_expect_eq(fake_adapter_indicate(&s.a, broadcast_mac, 5, 0, 0), 5);
	for (unsigned int i = 0; i < 3; i++) {
		cr_expect_eq(module_of(&fs, i)->sent, i == 1 ? 0 : 3);
		cr_expect_eq(module_of(&fs, i)->completed, i == 1 ? 0 : 3);
		cr_expect_eq(module_of(&fs, i)->received, i == 1 ? 0 : 5);
		cr_expect_eq(module_of(&fs, i)->returned, i == 1 ? 0 : 5);
	}
	cr_expect_eq(b->completed, 3);
	cr_expect_eq(b->received, 5);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

/* Nothing of it reaches the drivers around. */
Test(filter, FL_BYP_01_a_module_that_sends_or_indicates_where_it_bypasses_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct fake_module *m = module_of(&fs, 0);
	NET_BUFFER_LIST *chain;

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	m->on_options = bypass_all;
	filters_up(&fs, &s);
	chain = fake_binding_make(b, broadcast_mac, 1, 0);
	NdisFSendNetBufferLists(m->handle, chain, NDIS_DEFAULT_PORT_NUMBER, 0);
	cr_expect(violations_are("FL-BYP-01", NULL));
	cr_expect_eq(s.a.accepted, 0);
	fake_binding_unmake(b, chain);
	chain = fake_adapter_take(&s.a, broadcast_mac, 0);
	NdisFIndicateReceiveNetBufferLists(m->handle, chain, NDIS_DEFAULT_PORT_NUMBER, 1, 0);
	cr_expect(violations_are("FL-BYP-01", NULL));
	cr_expect_eq(b->n_seen, 0);
	fake_adapter_take_back(&s.a, chain);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter, FL_BYP_01_a_module_that_completes_or_returns_where_it_bypasses_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct fake_module *m = module_of(&fs, 0);
	NET_BUFFER_LIST *chain;

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	b->holds = TRUE;
	s.a.sends = FAKE_SENDS_HELD;
	m->on_options = bypass_all;
	filters_up(&fs, &s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	chain = fake_adapter_steal(&s.a);
	NdisFSendNetBufferListsComplete(m->handle, chain, 0);
	cr_expect(violations_are("FL-BYP-01", NULL));
	cr_expect_eq(b->completed, 0);
	fake_adapter_complete_chain(&s.a, chain, NDIS_STATUS_SUCCESS);
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	chain = fake_binding_take_held(b, 0);
	NdisFReturnNetBufferLists(m->handle, chain, 0);
	cr_expect(violations_are("FL-BYP-01", NULL));
	cr_expect_eq(s.a.returned, 0);
	fake_binding_return(b, chain, 0);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

static void no_receives(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	c->ReceiveNetBufferListsHandler = NULL;
	c->ReturnNetBufferListsHandler = NULL;
}

Test(filter, FL_BYP_01_a_module_that_bypasses_one_path_is_on_the_other)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct fake_module *m = module_of(&fs, 0);
	NET_BUFFER_LIST *chain;

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	fs.f[0].mutate = no_receives;
	filters_up(&fs, &s);
	fake_module_send(m, broadcast_mac, 2);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	cr_expect_eq(m->own_completed, 2);
	cr_expect_eq(m->completed, 1);
	cr_expect(no_violations());
	chain = fake_adapter_take(&s.a, broadcast_mac, 0);
	NdisFIndicateReceiveNetBufferLists(m->handle, chain, NDIS_DEFAULT_PORT_NUMBER, 1, 0);
	cr_expect(violations_are("FL-BYP-01", NULL));
	fake_adapter_take_back(&s.a, chain);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(filter, FL_OPT_01_handlers_are_set_inside_the_options_callback_only)
{
	filters_up(&fs, &s);
	cr_expect_eq(NdisSetOptionalHandlers(module_of(&fs, 0)->handle, &partial.Header),
		     NDIS_STATUS_FAILURE);
	cr_expect(violations_are("FL-OPT-01", NULL));
	cr_expect_eq(NdisSetOptionalHandlers(s.a.handle, &partial.Header),
		     NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(NdisSetOptionalHandlers(NULL, &partial.Header),
		     NDIS_STATUS_INVALID_PARAMETER);
	filters_down(&fs, &s);
	cr_expect(no_violations());
}
