/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS ports: what a miniport allocates and activates, what drivers above may do with it then,
 * and a default port that a miniport controls. Rules MP-PRT-01, MP-RCV-11.
 */
#include <errno.h>

#include "contract.h"
#include "filters.h"

TestSuite(ports, .init = contract_start, .fini = contract_end, .timeout = 60);
TestSuite(ports_plain, .init = contract_start_plain, .fini = contract_end, .timeout = 60);

static struct stack s;
static struct filters fs;
static NDIS_PORT_NUMBER port, other;

static NDIS_PORT_CHARACTERISTICS characteristics(void)
{
	return (NDIS_PORT_CHARACTERISTICS){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PORT_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 },
		.Type = NdisPortType8021xSupplicant,
		.XmitLinkSpeed = 1000,
	};
}

static NDIS_PORT_NUMBER allocate(void)
{
	NDIS_PORT_CHARACTERISTICS c = characteristics();

	cr_assert_eq(NdisMAllocatePort(s.a.handle, &c), NDIS_STATUS_SUCCESS);
	cr_assert_neq(c.PortNumber, 0);
	return c.PortNumber;
}

static NDIS_STATUS send_event(NET_PNP_EVENT_CODE code, void *buffer, size_t length)
{
	NET_PNP_EVENT_NOTIFICATION event = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
			    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
		.NetPnPEvent = { .NetEvent = code, .Buffer = buffer, .BufferLength = (ULONG)length },
	};

	return NdisMNetPnPEvent(s.a.handle, &event);
}

/* One, or two in one list. */
static NDIS_STATUS activate(NDIS_PORT_NUMBER first, const NDIS_PORT_NUMBER *second)
{
	NDIS_PORT list[2] = { { .PortCharacteristics = characteristics() },
			      { .PortCharacteristics = characteristics() } };

	list[0].PortCharacteristics.PortNumber = first;
	if (second != NULL) {
		list[0].Next = &list[1];
		list[1].PortCharacteristics.PortNumber = *second;
	}
	return send_event(NetEventPortActivation, list, sizeof(list[0]));
}

static NDIS_STATUS deactivate(NDIS_PORT_NUMBER number)
{
	return send_event(NetEventPortDeactivation, &number, sizeof(number));
}

static void send_on(NDIS_PORT_NUMBER number, NDIS_STATUS status)
{
	struct fake_binding *b = stack_binding(&s, 0);
	ULONG before = b->completed;

	b->port = number;
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 2, before), 0);
	b->port = 0;
	cr_expect_eq(b->completed, before + 2);
	cr_expect_eq(b->completed_status[before + 1], status);
	if (status == NDIS_STATUS_SUCCESS)
		cr_expect_eq(s.a.last_port, number);
}

/* ---------------------------------------------------------------- allocate and free */

Test(ports, numbers_are_given_and_taken_back)
{
	KIRQL old;

	stack_up(&s);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	port = allocate();
	other = allocate();
	cr_expect_neq(port, other);
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_INVALID_PORT);
	cr_expect_eq(NdisMFreePort(s.a.handle, 0), NDIS_STATUS_INVALID_PORT);
	cr_expect_eq(NdisMFreePort(s.a.handle, 0x1000000), NDIS_STATUS_INVALID_DATA);
	KeLowerIrql(old);
	cr_expect_eq(allocate(), port, "it is free again");
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, other), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(ports, there_is_an_end_to_them)
{
	NDIS_PORT_CHARACTERISTICS c = characteristics();
	NDIS_STATUS status;
	NDIS_PORT_NUMBER n = 0;

	stack_up(&s);
	while ((status = NdisMAllocatePort(s.a.handle, &c)) == NDIS_STATUS_SUCCESS)
		cr_assert_eq(c.PortNumber, ++n);
	cr_expect_eq(status, NDIS_STATUS_RESOURCES);
	for (; n != 0; n--)
		cr_expect_eq(NdisMFreePort(s.a.handle, n), NDIS_STATUS_SUCCESS);
	c.Header.Size--;
	cr_expect_eq(NdisMAllocatePort(s.a.handle, &c), NDIS_STATUS_INVALID_DATA);
	cr_expect_eq(NdisMAllocatePort(s.a.handle, NULL), NDIS_STATUS_INVALID_DATA);
	stack_down(&s);
	cr_expect(no_violations());
}

static NDIS_STATUS at_halt;

static void allocate_in_halt(struct fake_adapter *a)
{
	NDIS_PORT_CHARACTERISTICS c = characteristics();

	at_halt = NdisMAllocatePort(a->handle, &c);
}

Test(ports, none_while_the_adapter_closes)
{
	s.a.on_halt = allocate_in_halt;
	stack_up(&s);
	stack_down(&s);
	cr_expect_eq(at_halt, NDIS_STATUS_CLOSING);
	cr_expect(no_violations());
}

static void allocate_too_early(struct fake_adapter *a)
{
	NDIS_PORT_CHARACTERISTICS c = characteristics();

	cr_expect_eq(NdisMAllocatePort(a->handle, &c), NDIS_STATUS_INVALID_DATA);
}

Test(ports, MP_PRT_01_not_before_the_registration_attributes)
{
	s.a.on_begin = allocate_too_early;
	stack_up(&s);
	cr_expect(violations_are("MP-PRT-01", NULL));
	stack_down(&s);
}

Test(ports, MP_PRT_01_those_that_are_left_at_the_halt_are_reported)
{
	stack_up(&s);
	port = allocate();
	stack_down(&s);
	cr_expect(violations_are("MP-HLT-06", NULL));
}

/* -------------------------------------------------------- activation and its effects */

static ULONG activations;
static NDIS_PORT_NUMBER told[4];

static void note_ports(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	const NET_PNP_EVENT *e = &event->NetPnPEvent;

	(void)b;
	if (e->NetEvent == NetEventPortActivation)
		for (const NDIS_PORT *p = e->Buffer; p != NULL; p = p->Next)
			told[activations++ % 4] = p->PortCharacteristics.PortNumber;
	if (e->NetEvent == NetEventPortDeactivation)
		activations -= e->BufferLength / sizeof(NDIS_PORT_NUMBER);
}

static void use_a_port(void)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_event = note_ports;
	b->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	stack_up(&s);
	port = allocate();
	other = allocate();
	send_on(port, NDIS_STATUS_INVALID_PORT);
	send_on(0, NDIS_STATUS_SUCCESS);
	cr_expect_eq(activate(port, &other), NDIS_STATUS_SUCCESS);
	cr_expect_eq(activations, 2);
	cr_expect_eq(told[0], port);
	cr_expect_eq(told[1], other);
	send_on(port, NDIS_STATUS_SUCCESS);
	s.a.port = other;
	cr_expect_eq(fake_adapter_indicate(&s.a, broadcast_mac, 3, 0, 0), 3);
	cr_expect_eq(b->last_port, other);
	s.a.port = 0;
	cr_expect_eq(deactivate(port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(activations, 1);
	send_on(port, NDIS_STATUS_INVALID_PORT);
	send_on(other, NDIS_STATUS_SUCCESS);
	cr_expect_eq(activate(port, NULL), NDIS_STATUS_SUCCESS, "once more");
	send_on(port, NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_INVALID_PORT_STATE);
	cr_expect_eq(deactivate(port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(deactivate(other), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, other), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(ports, MP_RCV_11_a_port_is_used_while_it_is_active)
{
	use_a_port();
}

Test(ports_plain, MP_RCV_11_a_port_is_used_while_it_is_active_without_the_verifier)
{
	use_a_port();
}

Test(ports, a_send_on_a_port_that_nobody_has_is_refused)
{
	stack_up(&s);
	send_on(7, NDIS_STATUS_INVALID_PORT);
	send_on(0xFFFFFFFF, NDIS_STATUS_INVALID_PORT);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(ports, MP_RCV_11_indications_on_others_are_reported)
{
	stack_binding(&s, 0)->packet_filter = NDIS_PACKET_TYPE_BROADCAST;
	stack_up(&s);
	s.a.port = port = allocate();
	fake_adapter_indicate(&s.a, broadcast_mac, 1, 0, 0);
	cr_expect(violations_are("MP-RCV-11", NULL));
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_SUCCESS);
	stack_down(&s);
}

Test(ports, MP_PRT_01_only_ports_in_the_right_state_are_activated)
{
	stack_up(&s);
	port = allocate();
	other = 99;
	cr_expect_eq(activate(port, &other), NDIS_STATUS_INVALID_PORT);
	cr_expect(violations_are("MP-PRT-01", NULL));
	send_on(port, NDIS_STATUS_INVALID_PORT); /* none of them was */
	cr_expect_eq(deactivate(port), NDIS_STATUS_INVALID_PORT_STATE);
	cr_expect(violations_are("MP-PRT-01", NULL));
	cr_expect_eq(activate(port, NULL), NDIS_STATUS_SUCCESS);
	cr_expect_eq(activate(port, NULL), NDIS_STATUS_INVALID_PORT_STATE);
	cr_expect(violations_are("MP-PRT-01", NULL));
	other = 0;
	cr_expect_eq(activate(other, &port), NDIS_STATUS_INVALID_PORT, "the default one is alone");
	cr_expect_eq(activate(0, NULL), NDIS_STATUS_INVALID_PORT_STATE);
	cr_expect(violations_are("MP-PRT-01", "MP-PRT-01", NULL));
	cr_expect_eq(send_event(NetEventPortActivation, NULL, 0), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(send_event(NetEventPortDeactivation, &port, 0), NDIS_STATUS_INVALID_PARAMETER);
	cr_expect_eq(deactivate(port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(no_violations());
}

/* -------------------------------------------------------------------- what is told */

Test(ports, a_protocol_that_comes_later_is_given_the_list)
{
	static struct fake_protocol late;
	struct nrt_driver *driver;

	stack_up(&s);
	port = allocate();
	other = allocate();
	cr_expect_eq(activate(other, NULL), NDIS_STATUS_SUCCESS);
	cr_assert_eq(load_protocol(&late, &driver), 0);
	cr_expect_eq(late.bindings[0].n_ports, 1);
	cr_expect_eq(late.bindings[0].first_port, other);
	cr_expect_eq(stack_binding(&s, 0)->n_ports, 0);
	cr_assert_eq(unload_protocol(&late, driver), 0);
	cr_expect_eq(deactivate(other), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, other), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(ports, active_ones_are_enumerated_with_their_state)
{
	struct {
		NDIS_PORT_ARRAY array;
		NDIS_PORT_CHARACTERISTICS more[4];
	} answer;
	NDIS_PORT_STATE state = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PORT_STATE_REVISION_1,
					      NDIS_SIZEOF_PORT_STATE_REVISION_1 },
				  .MediaConnectState = MediaConnectStateConnected,
				  .XmitLinkSpeed = 4711 };
	struct fake_binding *b = stack_binding(&s, 0);
	const NDIS_PORT_CHARACTERISTICS *listed = answer.array.Ports;

	stack_up(&s);
	port = allocate();
	other = allocate();
	cr_expect_eq(activate(other, NULL), NDIS_STATUS_SUCCESS);
	s.a.port = other;
	fake_adapter_status(&s.a, NDIS_STATUS_PORT_STATE, &state, sizeof(state));
	cr_expect_eq(b->last_status, NDIS_STATUS_PORT_STATE);
	s.a.port = port;
	fake_adapter_status(&s.a, NDIS_STATUS_PORT_STATE, &state, sizeof(state));
	cr_expect(violations_are("MP-RCV-11", NULL));
	s.a.port = other;
	fake_adapter_status(&s.a, NDIS_STATUS_PORT_STATE, &state, sizeof(state) - 1);
	cr_expect(violations_are("MP-STA-01", NULL));
	s.a.port = 0;
	cr_expect_eq(b->statuses, 1);
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_ENUMERATE_PORTS,
				      &answer, sizeof(answer), NULL),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(answer.array.NumberOfPorts, 2);
	cr_expect_eq(listed[0].PortNumber, 0);
	cr_expect_eq(listed[1].PortNumber, other);
	cr_expect_eq(listed[1].XmitLinkSpeed, 4711);
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_ENUMERATE_PORTS,
				      &answer, sizeof(answer.array), NULL),
		     NDIS_STATUS_BUFFER_TOO_SHORT);
	cr_expect_eq(deactivate(other), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, other), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(no_violations());
}

Test(ports, MP_OID_06_several_ports_are_listed_wherever_the_buffer_is)
{
	char buffer[sizeof(NDIS_PORT_ARRAY) + 2 * sizeof(NDIS_PORT_CHARACTERISTICS) + 1];
	NDIS_PORT_CHARACTERISTICS one;
	struct fake_binding *b = stack_binding(&s, 0);
	NDIS_PORT_NUMBER expected[3] = { 0 };

	stack_up(&s);
	expected[1] = port = allocate();
	expected[2] = other = allocate();
	cr_expect_eq(activate(port, &other), NDIS_STATUS_SUCCESS);
	cr_expect_eq(fake_binding_oid(b, NdisRequestQueryInformation, OID_GEN_ENUMERATE_PORTS,
				      buffer + 1, sizeof(buffer) - 1, NULL),
		     NDIS_STATUS_SUCCESS);
	for (unsigned int i = 0; i < 3; i++) {
		memcpy(&one, buffer + 1 + offsetof(NDIS_PORT_ARRAY, Ports) + i * sizeof(one),
		       sizeof(one));
		cr_expect_eq(one.PortNumber, expected[i]);
	}
	cr_expect_eq(deactivate(port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(deactivate(other), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, port), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisMFreePort(s.a.handle, other), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect(no_violations());
}

/* --------------------------------------------------------- a default port of its own */

static void deactivate_in_halt(struct fake_adapter *a)
{
	(void)a;
	deactivate(0);
}

Test(ports, nobody_is_bound_before_the_default_port_is_active)
{
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_CONTROLS_DEFAULT_PORT;
	s.a.on_halt = deactivate_in_halt;
	filters_up(&fs, &s);
	cr_expect_eq(event_count("FilterAttach", NULL), 0);
	cr_expect_eq(event_count("ProtocolBindAdapterEx", NULL), 0);
	cr_assert_eq(load_protocol(&s.p[1], &s.protocol[1]), 0);
	cr_expect_eq(event_count("ProtocolBindAdapterEx", NULL), 0);
	cr_expect_eq(activate(0, NULL), NDIS_STATUS_SUCCESS);
	event_wait("NetEventRestart", NULL, 2);
	cr_expect_lt(event_place("FilterAttach", NULL), event_place("ProtocolBindAdapterEx", NULL));
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

Test(ports, all_are_unbound_when_the_default_port_is_not_active_any_more)
{
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_CONTROLS_DEFAULT_PORT;
	filters_up(&fs, &s);
	for (unsigned int i = 1; i < 4; i++) {
		events_clear();
		fs.f[0].n_modules = 0;
		s.p[0].n_bindings = 0;
		cr_expect_eq(activate(0, NULL), NDIS_STATUS_SUCCESS);
		event_wait("NetEventRestart", NULL, 1);
		send_on(0, NDIS_STATUS_SUCCESS);
		cr_expect_eq(deactivate(0), NDIS_STATUS_SUCCESS);
		event_wait("FilterDetach", NULL, 1);
		cr_expect_lt(event_place("MiniportPause", NULL),
			     event_place("ProtocolUnbindAdapterEx", NULL));
	}
	cr_expect_eq(deactivate(0), NDIS_STATUS_INVALID_PORT_STATE);
	cr_expect(violations_are("MP-PRT-01", NULL));
	filters_down(&fs, &s);
	cr_expect(no_violations());
}

static void activate_in_initialize(struct fake_adapter *a)
{
	(void)a;
	cr_expect_eq(activate(0, NULL), NDIS_STATUS_SUCCESS);
}

Test(ports, one_that_activates_it_at_once_is_bound_at_once)
{
	s.a.attribute_flags = NDIS_MINIPORT_ATTRIBUTES_CONTROLS_DEFAULT_PORT;
	s.a.on_initialized = activate_in_initialize;
	stack_up(&s);
	cr_expect_eq(event_count("NetEventRestart", NULL), 1);
	stack_down(&s);
	cr_expect(no_violations());
}
