/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cable of a NIC is pulled and put back while frames go both ways: the protocol is
 * told, and no send is lost. The NIC keeps what it was given while there is no link, so
 * sends that were accepted meanwhile complete and arrive after it is back.
 */
#include "nics.h"
#include "stream.h"

#define CYCLES 4

static struct stream there, back;
static struct stream *const both[] = { &there, &back };

static ULONG mixed(ULONG number)
{
	return 60 + number * 37 % 1455;
}

static LONG downs(const struct proto_port *p)
{
	return p->link_changes - p->link_ups;
}

static void cable(uint16_t port, bool out)
{
	cr_assert_eq(softnic_fault_set(nics_get(port), SOFTNIC_LINK_DOWN, out), 0);
}

static void pump_both(void)
{
	for (unsigned int i = 0; i < 2; i++)
		stream_pump(both[i], ~0u);
}

/* As many more as a stream may have under way, all accepted. */
static void send_into_nothing(struct stream *s)
{
	while (s->next - s->arrived < STREAM_WINDOW)
		cr_assert_neq(stream_pump(s, ~0u), 0, "the protocol's sends were not accepted");
}

static void nothing(void *arg)
{
	(void)arg;
}

/* @port's cable is out and back in. */
static void pull(uint16_t port)
{
	LONG up[2] = { proto_port(0)->link_ups, proto_port(1)->link_ups };
	LONG down[2] = { downs(proto_port(0)), downs(proto_port(1)) };
	ULONG arrived[2];

	cable(port, true);
	HOST_WAIT((pump_both(), downs(proto_port(0)) > down[0] && downs(proto_port(1)) > down[1]));
	for (unsigned int i = 0; i < 2; i++) {
		arrived[i] = both[i]->arrived; /* the worker has seen all that came before */
		send_into_nothing(both[i]);
	}
	for (unsigned int i = 0; i < 1000; i++)
		host_on_worker(nothing, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		cr_expect_eq(both[i]->arrived, arrived[i], "frames went over no cable");
		cr_expect(!stream_is_over(both[i]), "sends completed that are nowhere");
	}
	cable(port, false);
	HOST_WAIT((pump_both(), proto_port(0)->link_ups > up[0] && proto_port(1)->link_ups > up[1]));
	for (unsigned int i = 0; i < 2; i++) {
		cr_expect_eq(proto_port(i)->link_ups, up[i] + 1);
		cr_expect_eq(downs(proto_port(i)), down[i] + 1);
	}
}

NIC_TEST(nic_cable, MP_STA_04_a_pulled_cable_is_told_and_sends_wait_for_it)
{
	nics_start(type, 2, "", &stream_rings);
	stream_open(&there, 0, 1, 1514, mixed);
	stream_open(&back, 1, 0, 1514, mixed);
	stream_run(both, 2, 500);
	for (uint16_t i = 0; i < CYCLES; i++) {
		pull(i % 2);
		stream_run(both, 2, 500);
	}
	for (unsigned int i = 0; i < 2; i++) {
		cr_expect_eq(both[i]->arrived, both[i]->next);
		cr_expect_eq(both[i]->succeeded, both[i]->next);
		cr_expect_eq(proto_port(i)->reset_starts, 0, "a link that is down is no hang");
		stream_close(both[i]);
	}
	for (uint16_t i = 0; i < 2; i++) {
		host_expect_balanced(i);
		nics_expect_counts(i);
	}
	nics_stop();
}
