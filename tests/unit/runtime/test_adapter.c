/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of an adapter: the orders in which a stack starts and stops, how
 * MiniportInitializeEx may fail, and what may be left when an adapter is gone.
 * Rules RT-01, -04, -06, -07, -12, MP-INI-02, -03, -05, -06, MP-HLT-01 to -06.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "contract.h"
#include "ke/memory.h"

TestSuite(adapter, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct nrt_adapter *adapter;

/* --------------------------------------------------------------------- the orders */

Test(adapter, RT_01_a_stack_starts_from_the_bottom_and_RT_04_stops_from_the_top)
{
	s.p[0].bindings[0].packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	stack_up(&s);
	cr_expect(events_are("MiniportInitializeEx", "initialized", "ProtocolBindAdapterEx",
			     "MiniportOidRequest", "bound", "MiniportRestart", "NetEventRestart",
			     NULL));
	events_clear();
	stack_down(&s);
	cr_expect(events_are("NetEventPause", "MiniportPause", "ProtocolUnbindAdapterEx",
			     "MiniportOidRequest", "unbound", "MiniportHaltEx", "ProtocolUnload",
			     "MiniportDriverUnload", NULL));
}

Test(adapter, RT_04_a_paused_adapter_is_not_paused_again_before_it_is_halted)
{
	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	events_clear();
	stack_down(&s);
	cr_expect(events_are("ProtocolUnbindAdapterEx", "unbound", "MiniportHaltEx",
			     "ProtocolUnload", "MiniportDriverUnload", NULL));
}

static unsigned int bound_when_initializing;

static void count_binds(struct fake_adapter *a)
{
	(void)a;
	bound_when_initializing = event_count("ProtocolBindAdapterEx", NULL) +
				  event_count("MiniportOidRequest", NULL);
}

Test(adapter, RT_06_no_request_reaches_an_adapter_that_is_not_initialized)
{
	bound_when_initializing = 1;
	s.a.on_initialized = count_binds;
	s.p[0].bindings[0].packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	stack_up(&s);
	cr_expect_eq(bound_when_initializing, 0);
	cr_expect_lt(event_place("initialized", &s.a), event_place("MiniportOidRequest", &s.a));
	stack_down(&s);
}

/* A request that the protocol starts while it unbinds, and does not wait for. */
static struct fake_request late;

static void begin_a_request(struct fake_binding *b)
{
	static ULONG value;

	fake_binding_begin_oid(b, &late, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value,
			       sizeof(value));
	event_wait("MiniportOidRequest", &s.a, 1);
}

Test(adapter, RT_07_an_adapter_is_not_halted_while_a_request_is_pending)
{
	struct run remove;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	s.p[0].bindings[0].on_unbind = begin_a_request;
	stack_up(&s);
	run_start(&remove, run_remove, &s);
	violation_wait("PR-UNB-02"); /* the binding is being closed all the same */
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 0);
	cr_expect_eq(late.completions, 0);
	fake_answer_later(&s.a.oid);
	cr_assert_eq(run_end(&remove), 0);
	s.adapter = NULL;
	cr_expect_eq(late.completions, 1);
	cr_expect_eq(late.status, NDIS_STATUS_SUCCESS);
	cr_expect_eq(event_count("MiniportHaltEx", &s.a), 1);
	cr_expect(violations_are("PR-UNB-02", NULL));
	stack_down(&s);
}

Test(adapter, RT_07_an_adapter_is_halted_when_all_its_sends_are_back)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run remove;

	s.a.sends = FAKE_SENDS_HELD;
	s.a.own_pause = TRUE; /* does nothing about held sends */
	stack_up(&s);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 3, 0), 0);
	run_start(&remove, run_remove, &s);
	event_wait("NetEventPause", b, 1);
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 0);
	fake_adapter_complete(&s.a, FAKE_FORWARD, 0);
	cr_assert_eq(run_end(&remove), 0);
	s.adapter = NULL;
	cr_expect_eq(b->completed, 3);
	cr_expect_lt(event_place("NdisCompleteNetPnPEvent", b),
		     event_place("MiniportPause", &s.a));
	stack_down(&s);
}

Test(adapter, RT_12_control_callbacks_run_at_passive_level)
{
	static const char *const callbacks[] = {
		"MiniportInitializeEx",	   "MiniportRestart",	      "MiniportPause",
		"MiniportHaltEx",	   "MiniportOidRequest",      "MiniportDriverUnload",
		"ProtocolBindAdapterEx",   "ProtocolUnbindAdapterEx", "NetEventRestart",
		"NetEventPause",
	};

	s.p[0].bindings[0].packet_filter = NDIS_PACKET_TYPE_DIRECTED;
	s.a.restart.when = FAKE_TIMER; /* completed at DISPATCH_LEVEL */
	stack_up(&s);
	stack_down(&s);
	for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++) {
		cr_expect_geq(event_count(callbacks[i], NULL), 1, "%s", callbacks[i]);
		cr_expect(event_irql_is(callbacks[i], PASSIVE_LEVEL), "%s", callbacks[i]);
	}
	cr_expect(event_irql_is("NdisMRestartComplete", DISPATCH_LEVEL));
}

/* ------------------------------------------------------ MiniportInitializeEx fails */

static void add_failing(ULONG step, NDIS_STATUS status)
{
	cr_assert_eq(load_protocol(&s.p[0], &s.protocol[0]), 0);
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.a.fail_at = step;
	s.a.fail_status = status;
	cr_expect_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &adapter), -ENODEV);
	cr_expect_eq(nrt_adapter_count(), 0);
	/* nothing but the initialization was asked of it, and nobody else knew */
	cr_expect(events_are("MiniportInitializeEx", "initialized", NULL));
}

static void then_works(void)
{
	s.a.fail_at = 0;
	cr_expect_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &adapter), 0);
	cr_expect_eq(nrt_adapter_count(), 1);
	cr_expect_eq(nrt_adapter_remove(adapter), 0);
	stack_down(&s);
}

Test(adapter, MP_INI_05_failing_before_any_attribute_leaves_nothing)
{
	add_failing(1, NDIS_STATUS_RESOURCES);
	then_works();
}

Test(adapter, MP_INI_05_failing_after_the_registration_attributes_leaves_nothing)
{
	add_failing(2, NDIS_STATUS_FAILURE);
	then_works();
}

Test(adapter, MP_INI_05_failing_after_the_general_attributes_leaves_nothing)
{
	add_failing(3, NDIS_STATUS_HARD_ERRORS);
	then_works();
}

Test(adapter, MP_INI_05_failing_at_the_end_leaves_nothing)
{
	s.m.major = 6;
	s.m.minor = 85;
	s.a.poll_mode = TRUE;
	add_failing(6, NDIS_STATUS_ADAPTER_NOT_FOUND);
	then_works();
}

static NDIS_HANDLE forgotten_config;

static void open_config(struct fake_adapter *a)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
			    NDIS_CONFIGURATION_OBJECT_REVISION_1,
			    NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 },
		.NdisHandle = a->handle,
	};

	cr_expect_eq(NdisOpenConfigurationEx(&object, &forgotten_config), NDIS_STATUS_SUCCESS);
}

static void open_and_close_config(struct fake_adapter *a)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
			    NDIS_CONFIGURATION_OBJECT_REVISION_1,
			    NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 },
		.NdisHandle = a->handle,
	};
	NDIS_HANDLE handle;

	cr_expect_eq(NdisOpenConfigurationEx(&object, &handle), NDIS_STATUS_SUCCESS);
	NdisCloseConfiguration(handle);
}

Test(adapter, MP_INI_05_a_configuration_left_open_by_a_failed_initialization_is_reported)
{
	s.a.on_begin = open_config;
	add_failing(3, NDIS_STATUS_FAILURE);
	cr_expect(violations_are("MP-INI-05", NULL));
	NdisCloseConfiguration(forgotten_config);
	s.a.on_begin = open_and_close_config;
	then_works();
}

Test(adapter, MP_INI_05_memory_left_by_a_failed_initialization_is_reported)
{
	s.a.frees_nothing_on_failure = TRUE;
	add_failing(4, NDIS_STATUS_FAILURE);
	/* its MDLs, counted; pools are looked for when the runtime ends */
	cr_expect(violations_are("MP-INI-05", NULL));
	fake_adapter_free_buffers(&s.a);
	then_works();
}

Test(adapter, PL_05_a_poll_object_left_by_a_failed_initialization_is_reported)
{
	s.m.major = 6;
	s.m.minor = 85;
	s.a.poll_mode = TRUE;
	s.a.keeps_poll = TRUE;
	add_failing(6, NDIS_STATUS_FAILURE);
	cr_expect(violations_are("PL-05", NULL));
	s.a.keeps_poll = FALSE;
	then_works();
}

/* -------------------------------------------------------------------- attributes */

Test(adapter, MP_INI_02_success_without_general_attributes_is_a_failure)
{
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.a.no_general = TRUE;
	cr_expect_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &adapter), -ENODEV);
	cr_expect(violations_are("MP-INI-02", NULL));
	cr_expect_eq(event_count("MiniportHaltEx", &s.a), 1, "what succeeded is undone");
	stack_down(&s);
}

static void halt_for_it(struct fake_adapter *a)
{
	fake_adapter_free_buffers(a); /* nobody will halt it: it has no context */
}

Test(adapter, MP_INI_02_success_without_any_attribute_is_a_failure)
{
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.a.no_general = TRUE;
	s.a.no_registration = TRUE;
	s.a.on_initialized = halt_for_it;
	cr_expect_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &adapter), -ENODEV);
	cr_expect(violations_are("MP-INI-02", NULL));
	cr_expect_eq(event_count("MiniportHaltEx", NULL), 0, "there is no context to halt with");
	stack_down(&s);
}

Test(adapter, MP_INI_02_general_attributes_before_registration_attributes_are_refused)
{
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.a.general_first = TRUE;
	cr_expect_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &adapter), -ENODEV);
	cr_expect(violations_are("MP-INI-02", NULL));
	stack_down(&s);
}

static void offload_first(struct fake_adapter *a)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {
		.OffloadAttributes = {
			.Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES,
				    NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
				    NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1 },
		},
	};

	cr_expect_neq(NdisMSetMiniportAttributes(a->handle, &attributes), NDIS_STATUS_SUCCESS);
}

Test(adapter, MP_INI_02_other_attributes_before_the_general_ones_are_reported)
{
	s.a.on_begin = offload_first;
	stack_up(&s);
	cr_expect(violations_are("MP-INI-02", NULL));
	stack_down(&s);
}

static void shorten_general(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g)
{
	g->Header.Size = (USHORT)(g->Header.Size - 1);
}

Test(adapter, RS_NB_11_malformed_attributes_are_refused)
{
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	s.a.mutate_general = shorten_general;
	cr_expect_eq(add_adapter(&s.m, &s.a, s.miniport, "nic0", &adapter), -ENODEV);
	cr_expect(violations_are("RS-NB-11", NULL));
	stack_down(&s);
}

static NDIS_STATUS set_registration_again(struct fake_adapter *a)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {
		.RegistrationAttributes = {
			.Header = {
				NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
				NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
				NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 },
			.MiniportAdapterContext = a,
		},
	};

	return NdisMSetMiniportAttributes(a->handle, &attributes);
}

Test(adapter, MP_INI_03_attributes_set_outside_the_initialization_are_refused)
{
	stack_up(&s);
	cr_expect_neq(set_registration_again(&s.a), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-INI-03", NULL));
	stack_down(&s);
}

/* ----------------------------------------------------------- traffic before its time */

static void indicate_too_early(struct fake_adapter *a)
{
	NET_BUFFER_LIST *nbl = fake_adapter_take(a, broadcast_mac, 1);

	NdisMIndicateReceiveNetBufferLists(a->handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 1, 0);
}

Test(adapter, MP_INI_06_an_indication_while_initializing_is_reported_and_comes_back)
{
	s.a.on_initialized = indicate_too_early;
	stack_up(&s);
	cr_expect(violations_are("MP-INI-06", NULL));
	cr_expect_eq(s.a.returned, 1);
	cr_expect_eq(stack_ledger(&s).rx_indicated, 0);
	stack_down(&s);
}

static void complete_too_early(struct fake_adapter *a)
{
	NET_BUFFER_LIST *nbl = fake_adapter_take(a, broadcast_mac, 1);

	NdisMSendNetBufferListsComplete(a->handle, nbl, 0); /* nothing was ever sent */
	fake_adapter_take_back(a, nbl);
}

Test(adapter, MP_INI_06_a_send_completion_while_initializing_is_reported)
{
	s.a.on_initialized = complete_too_early;
	stack_up(&s);
	cr_expect(violations_are("MP-INI-06", NULL));
	stack_down(&s);
}

static void link_while_initializing(struct fake_adapter *a)
{
	fake_adapter_link(a, FALSE, 0);
}

Test(adapter, MP_INI_06_a_status_indication_while_initializing_is_allowed)
{
	s.a.on_initialized = link_while_initializing;
	stack_up(&s);
	cr_expect_eq(stack_binding(&s, 0)->params.MediaConnectState,
		     MediaConnectStateDisconnected);
	stack_down(&s);
}

/* ------------------------------------------------------------------------- halting */

Test(adapter, MP_HLT_04_a_miniport_that_is_halted_with_frames_above_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	b->holds = TRUE;
	b->holds_over_pause = TRUE;
	s.a.own_pause = TRUE;
	stack_up(&s);
	fake_adapter_indicate(&s.a, fake_mac, 2, 0, 0);
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-PAU-03", "PR-UNB-04", "MP-HLT-04", NULL));
	stack_down(&s);
}

Test(adapter, MP_HLT_05_the_handle_of_a_halted_adapter_is_dead)
{
	NDIS_HANDLE dead;

	stack_up(&s);
	dead = s.a.handle;
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	NdisMPauseComplete(dead);
	cr_expect(violations_are("MP-HLT-05", NULL));
	NdisMRestartComplete(dead, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-HLT-05", NULL));
	NdisMIndicateReceiveNetBufferLists(dead, NULL, 0, 0, 0);
	cr_expect(violations_are("MP-HLT-05", NULL));
	NdisMSendNetBufferListsComplete(dead, NULL, 0);
	cr_expect(violations_are("MP-HLT-05", NULL));
	NdisMOidRequestComplete(dead, NULL, NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-HLT-05", NULL));
	cr_expect_neq(set_registration_again(&s.a), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("MP-HLT-05", NULL));
	stack_down(&s);
}

Test(adapter, MP_HLT_06_a_configuration_handle_left_over_is_reported)
{
	s.a.on_halt = open_config;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-HLT-06", NULL));
	NdisCloseConfiguration(forgotten_config);
	stack_down(&s);
}

static PVOID memory;

static void forget_memory(struct fake_adapter *a)
{
	memory = NdisAllocateMemoryWithTagPriority(a->handle, 100, 'kaeL', NormalPoolPriority);
}

Test(adapter, MP_HLT_06_memory_of_the_adapter_left_over_is_reported)
{
	s.a.on_halt = forget_memory;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-HLT-06", NULL));
	NdisFreeMemory(memory, 0, 0);
	stack_down(&s);
}

static NDIS_HANDLE timer;

static VOID never(PVOID system1, PVOID context, PVOID system2, PVOID system3)
{
	(void)system1;
	(void)context;
	(void)system2;
	(void)system3;
	cr_expect_fail("the timer was never set");
}

static void forget_timer(struct fake_adapter *a)
{
	NDIS_TIMER_CHARACTERISTICS chars = {
		.Header = { NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
			    NDIS_TIMER_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 },
		.AllocationTag = 'kaeL',
		.TimerFunction = never,
	};

	cr_expect_eq(NdisAllocateTimerObject(a->handle, &chars, &timer), NDIS_STATUS_SUCCESS);
}

Test(adapter, MP_HLT_03_a_timer_left_over_is_reported)
{
	s.a.on_halt = forget_timer;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-HLT-06", NULL));
	NdisFreeTimerObject(timer);
	stack_down(&s);
}

static NDIS_HANDLE work_item;

static void forget_work_item(struct fake_adapter *a)
{
	work_item = NdisAllocateIoWorkItem(a->handle);
}

Test(adapter, MP_HLT_06_a_work_item_left_over_is_reported)
{
	s.a.on_halt = forget_work_item;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("MP-HLT-06", NULL));
	NdisFreeIoWorkItem(work_item);
	stack_down(&s);
}

Test(adapter, MP_HLT_01_a_poll_object_left_over_is_reported)
{
	s.m.major = 6;
	s.m.minor = 85;
	s.a.poll_mode = TRUE;
	s.a.keeps_poll = TRUE;
	stack_up(&s);
	cr_expect_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect(violations_are("PL-05", NULL));
	stack_down(&s);
}

/* ------------------------------------------------------------------------- several */

Test(adapter, adapters_are_counted_and_independent)
{
	static struct fake_adapter second;
	struct nrt_adapter *other;

	stack_up(&s);
	cr_assert_eq(add_adapter(&s.m, &second, s.miniport, "nic1", &other), 0);
	cr_expect_eq(nrt_adapter_count(), 2);
	cr_expect_eq(s.p[0].n_bindings, 2);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect_eq(event_count("MiniportPause", &second), 0);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	cr_expect_eq(nrt_adapter_count(), 1);
	cr_expect_eq(event_count("MiniportHaltEx", &second), 0);
	cr_assert_eq(nrt_adapter_remove(other), 0);
	stack_down(&s);
}

Test(adapter, an_adapter_is_removed_once)
{
	struct nrt_adapter *removed;

	stack_up(&s);
	removed = s.adapter;
	cr_assert_eq(nrt_adapter_remove(removed), 0);
	s.adapter = NULL;
	cr_expect_eq(nrt_adapter_remove(removed), -ENODEV);
	stack_down(&s);
}

/* ------------------------------------------------------------------- drivers' memory */

#define NODE 3

static int asked_node; /* of the platform's last allocation */
static unsigned int asked_times;

static void *note_node(size_t size, size_t align, int node)
{
	void *va;

	asked_node = node;
	return posix_memalign(&va, align, size) == 0 ? va : NULL;
}

static uint64_t nowhere(const void *va, size_t len)
{
	(void)va;
	(void)len;
	return UINT64_MAX;
}

static int node_of_an_allocation(void)
{
	asked_node = INT_MIN;
	NdisFreeMemory(NdisAllocateMemoryWithTagPriority(NULL, 8, 'tseT', NormalPoolPriority), 0, 0);
	return asked_node;
}

static void expect_near(const char *where)
{
	int node = node_of_an_allocation();

	asked_times++;
	/* A sanitizer has all memory from malloc, which no platform is asked for. */
	if (node != INT_MIN)
		cr_expect_eq(node, NODE, "%s: node %d", where, node);
}

static void near_when_initialized(struct fake_adapter *a)
{
	(void)a;
	expect_near("MiniportInitializeEx");
}

static void near_when_bound(struct fake_binding *b)
{
	(void)b;
	expect_near("ProtocolBindAdapterEx");
}

static void near_on_an_event(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	(void)b;
	if (event->NetPnPEvent.NetEvent == NetEventRestart)
		expect_near("NetEventRestart");
}

Test(adapter, what_drivers_allocate_while_their_stack_starts_is_wanted_on_its_devices_node)
{
	static const struct nrt_platform platform = { .mem_alloc = note_node, .mem_free = free,
						      .mem_iova = nowhere };
	const struct nrt_device device = { .name = "nic0", .node = NODE };

	nrt_memory_init(&platform);
	s.m.next = &s.a;
	s.a.on_initialized = near_when_initialized;
	for (unsigned int i = 0; i < 2; i++) {
		s.p[i].bindings[0].on_bound = near_when_bound;
		s.p[i].bindings[0].on_event = near_on_an_event;
	}
	cr_assert_eq(load_protocol(&s.p[0], &s.protocol[0]), 0);
	cr_assert_eq(load_miniport(&s.m, &s.miniport), 0);
	cr_assert_eq(nrt_adapter_add(s.miniport, &device, &s.adapter), 0, "%s", nrt_last_error());
	cr_expect_eq(asked_times, 3);
	cr_assert_eq(load_protocol(&s.p[1], &s.protocol[1]), 0, "it is bound late");
	cr_expect_eq(asked_times, 5);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_assert_eq(nrt_adapter_restart(s.adapter), 0);
	cr_expect_eq(asked_times, 7);
	cr_expect_lt(node_of_an_allocation(), 0, "the thread's own wish is as it was");
	s.n_protocols = 2;
	stack_down(&s);
}

/* ------------------------------------------------------------- what is found last */

static NDIS_HANDLE pool;

static void forget_pool(struct fake_adapter *a)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.PoolTag = 'kaeL',
	};

	pool = NdisAllocateNetBufferListPool(a->handle, &parameters);
	cr_expect_not_null(pool);
}

Test(adapter_end, MP_HLT_06_an_nbl_pool_left_over_is_reported, .init = contract_start)
{
	s.a.on_halt = forget_pool;
	stack_up(&s);
	stack_down(&s);
	cr_expect_eq(nrt_fini(), 0);
	cr_expect(violations_are("RS-NB-06", NULL));
}
