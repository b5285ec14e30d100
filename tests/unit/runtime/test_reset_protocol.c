/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What protocols do while the adapter below them is being reset, and must not do. Rule
 * PR-RST-01.
 */
#include "contract.h"

TestSuite(reset_protocol, .init = contract_start, .fini = contract_end, .timeout = 60);

#define END "NDIS_STATUS_RESET_END"

static struct stack s;

/* A reset that pends until fake_answer_later(). */
static void begin_pending_reset(void)
{
	s.a.reset.when = FAKE_LATER;
	NdisMResetMiniport(s.a.handle);
	event_wait("MiniportResetEx", &s.a, 1);
}

static void end_pending_reset(void)
{
	fake_answer_later(&s.a.reset);
	event_wait(END, NULL, 1);
}

static void reset_and_wait(void)
{
	NdisMResetMiniport(s.a.handle);
	event_wait(END, NULL, 1);
}

Test(reset_protocol, PR_RST_01_received_frames_may_be_returned_during_a_reset)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->packet_filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	b->holds = TRUE;
	stack_up(&s);
	cr_assert_eq(fake_adapter_indicate(&s.a, fake_mac, 3, 0, 0), 3);
	begin_pending_reset();
	fake_binding_return(b, fake_binding_take_held(b, 2), 0);
	cr_expect_eq(s.a.returned, 2);
	end_pending_reset();
	fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	cr_expect_eq(s.a.returned, 3, "what was above stays valid over the reset");
	stack_down(&s);
}

/* ------------------------------------------------------- protocols that do not wait */

static int send_one(void *arg)
{
	struct fake_binding *b = arg;

	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	return 0;
}

/* The first may have been on its way before: that it was refused, the protocol knows then. */
Test(reset_protocol, PR_RST_01_a_protocol_that_sends_on_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	stack_up(&s);
	begin_pending_reset();
	send_one(b);
	cr_expect(no_violations());
	send_one(b);
	cr_expect(violations_are("PR-RST-01", NULL));
	send_one(b);
	cr_expect(violations_are("PR-RST-01", NULL));
	end_pending_reset();
	send_one(b);
	cr_expect_eq(b->completed, 4);
	cr_expect_eq(s.a.accepted, 1);
	stack_down(&s);
}

static NDIS_STATUS ask_synchronously(struct fake_binding *b)
{
	NDIS_OID_REQUEST request = {
		.Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
			    NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
	};

	return NdisSynchronousOidRequest(b->handle, &request);
}

Test(reset_protocol, PR_RST_01_a_protocol_that_asks_on_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	stack_up(&s);
	begin_pending_reset();
	send_one(b);
	cr_expect_eq(fake_binding_filter(b, NDIS_PACKET_TYPE_DIRECTED),
		     NDIS_STATUS_RESET_IN_PROGRESS);
	cr_expect(violations_are("PR-RST-01", NULL));
	cr_expect_eq(ask_synchronously(b), NDIS_STATUS_RESET_IN_PROGRESS);
	cr_expect(violations_are("PR-RST-01", NULL));
	end_pending_reset();
	stack_down(&s);
}

static void send_at_start(struct fake_binding *b, NDIS_STATUS_INDICATION *status)
{
	if (status->StatusCode == NDIS_STATUS_RESET_START)
		send_one(b);
}

Test(reset_protocol, PR_RST_01_a_protocol_that_sends_when_it_is_told_is_reported)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_status = send_at_start;
	stack_up(&s);
	reset_and_wait();
	cr_expect(violations_are("PR-RST-01", NULL));
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_RESET_IN_PROGRESS);
	stack_down(&s);
}

/* One of each thread's may have been on its way; in another reset, too. */
Test(reset_protocol, PR_RST_01_a_send_on_its_way_when_a_reset_begins_is_none)
{
	struct fake_binding *b = stack_binding(&s, 0);
	struct run threads[3];

	stack_up(&s);
	for (ULONG i = 1; i <= 2; i++) {
		begin_pending_reset();
		send_one(b);
		for (unsigned int k = 0; k < 3; k++)
			run_start(&threads[k], send_one, b);
		for (unsigned int k = 0; k < 3; k++)
			run_end(&threads[k]);
		cr_expect_eq(b->completed, 4 * i);
		end_pending_reset();
		events_clear();
	}
	cr_expect_eq(s.a.accepted, 0);
	stack_down(&s);
	cr_expect(no_violations());
}

static struct fake_request asked_at_end;

static void send_and_ask_at_end(struct fake_binding *b, NDIS_STATUS_INDICATION *status)
{
	static ULONG value;

	if (status->StatusCode != NDIS_STATUS_RESET_END)
		return;
	fake_binding_send(b, fake_binding_make(b, broadcast_mac, 1, 0), 0);
	fake_binding_begin_oid(b, &asked_at_end, NdisRequestQueryInformation, OID_GEN_XMIT_OK,
			       &value, sizeof(value));
	cr_expect_eq(asked_at_end.returned, NDIS_STATUS_PENDING);
}

Test(reset_protocol, PR_RST_01_the_end_of_a_reset_lets_sends_and_requests_through)
{
	struct fake_binding *b = stack_binding(&s, 0);

	b->on_status = send_and_ask_at_end;
	stack_up(&s);
	reset_and_wait();
	event_wait("MiniportOidRequest", &s.a, 1);
	cr_expect_eq(fake_binding_end_oid(&asked_at_end), NDIS_STATUS_SUCCESS);
	stack_down(&s);
	cr_expect_eq(b->completed, 1);
	cr_expect_eq(b->completed_status[0], NDIS_STATUS_SUCCESS);
}
