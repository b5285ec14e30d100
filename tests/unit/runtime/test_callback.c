/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How callbacks end, and at which IRQL drivers may call the runtime: rule
 * MP-INI-11 at every kind of callback, control and data path, and RS-IRQL-01 at
 * the functions that are for PASSIVE_LEVEL.
 */
#include "contract.h"
#include <criterion/parameterized.h>

TestSuite(callback, .init = contract_start, .fini = contract_end, .timeout = 60);

static struct stack s;
static NDIS_SPIN_LOCK lock;

static void raise_irql(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
}

static void keep_lock(void)
{
	NdisAcquireSpinLock(&lock);
}

/* ------------------------------------------------------------- forgetful callbacks */

static void (*forget)(void) = raise_irql;
static bool forgotten;

static void forget_once(void)
{
	if (forgotten)
		return;
	forgotten = true;
	forget();
}

static void in_initialize(struct fake_adapter *a)
{
	(void)a;
	forget_once();
}

static void in_answer(void *who)
{
	(void)who;
	forget_once();
}

static void in_bind(struct fake_binding *b)
{
	(void)b;
	forget_once();
}

static void in_event(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	(void)b;
	(void)event;
	forget_once();
}

static void in_status(struct fake_binding *b, NDIS_STATUS_INDICATION *indication)
{
	(void)b;
	(void)indication;
	forget_once();
}

static void in_oid_complete(struct fake_binding *b, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
	(void)b;
	(void)request;
	(void)status;
	forget_once();
}

static void in_receive(struct fake_binding *b, NET_BUFFER_LIST *chain, ULONG flags)
{
	(void)flags;
	NdisReturnNetBufferLists(b->handle, chain, 0);
	forget_once();
}

static void in_send(struct fake_adapter *a, NET_BUFFER_LIST *chain)
{
	fake_adapter_complete_chain(a, chain, NDIS_STATUS_SUCCESS);
	forget_once();
}

struct place {
	const char *where;
	void (*prepare)(void);
};

static void prepare_initialize(void)
{
	s.a.on_initialized = in_initialize;
}

static void prepare_halt(void)
{
	s.a.on_halt = in_initialize;
}

static void prepare_restart(void)
{
	s.a.restart.hook = in_answer;
}

static void prepare_pause(void)
{
	s.a.own_pause = TRUE;
	s.a.pause.hook = in_answer;
}

static void prepare_oid(void)
{
	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.hook = in_answer;
}

static void prepare_bind(void)
{
	s.p[0].bindings[0].on_bound = in_bind;
}

static void prepare_unbind(void)
{
	s.p[0].unbind.hook = in_answer;
}

static void prepare_event(void)
{
	s.p[0].bindings[0].on_event = in_event;
}

static void prepare_status(void)
{
	s.p[0].bindings[0].on_status = in_status;
}

static void prepare_oid_complete(void)
{
	s.p[0].bindings[0].on_oid_complete = in_oid_complete;
}

static void prepare_receive(void)
{
	s.p[0].bindings[0].on_receive = in_receive;
}

static void prepare_send(void)
{
	s.a.on_send = in_send;
}

static struct place places[] = {
	{ "MiniportInitializeEx", prepare_initialize },
	{ "MiniportHaltEx", prepare_halt },
	{ "MiniportRestart", prepare_restart },
	{ "MiniportPause", prepare_pause },
	{ "MiniportOidRequest", prepare_oid },
	{ "MiniportSendNetBufferLists", prepare_send },
	{ "ProtocolBindAdapterEx", prepare_bind },
	{ "ProtocolUnbindAdapterEx", prepare_unbind },
	{ "ProtocolNetPnPEvent", prepare_event },
	{ "ProtocolStatusEx", prepare_status },
	{ "ProtocolOidRequestComplete", prepare_oid_complete },
	{ "ProtocolReceiveNetBufferLists", prepare_receive },
};

#define N_PLACES (sizeof(places) / sizeof(places[0]))

static size_t indices[N_PLACES];

static void each_callback_once(const struct place *place)
{
	struct fake_binding *b = stack_binding(&s, 0);
	ULONG value;

	NdisAllocateSpinLock(&lock);
	place->prepare();
	stack_up(&s);
	fake_binding_filter(b, NDIS_PACKET_TYPE_DIRECTED);
	fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_XMIT_OK, &value, 4, NULL);
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	fake_adapter_indicate(&s.a, fake_mac, 1, 0, 0);
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL, "%s", place->where);
	stack_down(&s);
	cr_expect(forgotten, "%s was not called", place->where);
	cr_expect_eq(KeGetCurrentIrql(), PASSIVE_LEVEL, "%s", place->where);
}

ParameterizedTestParameters(callback, MP_INI_11_a_callback_that_leaves_the_irql_raised_is_reported)
{
	for (size_t i = 0; i < N_PLACES; i++)
		indices[i] = i;
	return cr_make_param_array(size_t, indices, N_PLACES);
}

ParameterizedTest(size_t *i, callback,
		  MP_INI_11_a_callback_that_leaves_the_irql_raised_is_reported)
{
	each_callback_once(&places[*i]);
	cr_expect(violations_are("MP-INI-11", NULL), "%s", places[*i].where);
}

ParameterizedTestParameters(callback, MP_INI_11_a_callback_that_keeps_a_lock_is_reported)
{
	for (size_t i = 0; i < N_PLACES; i++)
		indices[i] = i;
	return cr_make_param_array(size_t, indices, N_PLACES);
}

ParameterizedTest(size_t *i, callback, MP_INI_11_a_callback_that_keeps_a_lock_is_reported)
{
	forget = keep_lock;
	each_callback_once(&places[*i]);
	cr_expect(violations_are("MP-INI-11", NULL), "%s", places[*i].where);
}

static void lower_in_poll(struct fake_adapter *a, NDIS_POLL_DATA *data)
{
	(void)data;
	if (a->polls == 1)
		KeLowerIrql(PASSIVE_LEVEL);
}

Test(callback, MP_INI_11_a_poll_callback_that_lowers_the_irql_is_reported)
{
	s.m.major = 6;
	s.m.minor = 85;
	s.a.poll_mode = TRUE;
	s.a.on_poll = lower_in_poll;
	stack_up(&s);
	NdisRequestPoll(s.a.poll, NULL);
	event_wait("SetPollNotification", &s.a, 1);
	cr_expect(violations_are("MP-INI-11", NULL));
	cr_expect(event_irql_is("SetPollNotification", DISPATCH_LEVEL));
	stack_down(&s);
}

/* --------------------------------------------------------- what may be called where */

static void deregister(struct fake_binding *b, NDIS_STATUS_INDICATION *indication)
{
	(void)indication;
	NdisDeregisterProtocolDriver(b->protocol->handle);
}

Test(callback, PR_REG_01_a_protocol_is_not_deregistered_from_a_callback)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_status = deregister;
	stack_up(&s);
	fake_adapter_link(&s.a, FALSE, 0);
	cr_expect(violations_are("PR-REG-01", NULL));
	cr_expect_eq(event_count("ProtocolUnbindAdapterEx", NULL), 0);
	stack_down(&s);
}

Test(callback, RS_IRQL_01_functions_for_passive_level_called_above_it_are_reported)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
			    NDIS_CONFIGURATION_OBJECT_REVISION_1,
			    NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 },
	};
	NDIS_HANDLE config;
	KIRQL old;

	stack_up(&s);
	object.NdisHandle = s.a.handle;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	cr_expect_eq(NdisOpenConfigurationEx(&object, &config), NDIS_STATUS_SUCCESS);
	cr_expect(violations_are("RS-IRQL-01", NULL));
	NdisCloseConfiguration(config);
	cr_expect(violations_are("RS-IRQL-01", NULL));
	KeLowerIrql(old);
	stack_down(&s);
}

static void complete_at_dispatch(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	KIRQL old;

	if (event->NetPnPEvent.NetEvent != NetEventPause)
		return;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisCompleteNetPnPEvent(b->handle, event, NDIS_STATUS_SUCCESS);
	KeLowerIrql(old);
}


Test(callback, RS_IRQL_01_an_event_completed_at_dispatch_level_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->own_pause = TRUE;
	b->pause.when = FAKE_LATER; /* PENDING, and completed by on_event before */
	b->on_event = complete_at_dispatch;
	stack_up(&s);
	cr_assert_eq(nrt_adapter_pause(s.adapter), 0);
	cr_expect(violations_are("RS-IRQL-01", NULL));
	b->on_event = NULL;
	b->pause.when = FAKE_NOW;
	stack_down(&s);
}
