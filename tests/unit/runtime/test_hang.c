/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The check for hang: called now and then at PASSIVE_LEVEL, a reset when it says so or when
 * a request stays with the miniport, no call after the halt. Rules MP-RST-08, -09.
 */
#include "contract.h"

TestSuite(hang, .init = contract_start, .fini = contract_end, .timeout = 120);

static struct stack s;
static volatile LONG checks;
static volatile LONG hangs;
static volatile LONG slow;

static BOOLEAN check_for_hang(NDIS_HANDLE context)
{
	struct fake_adapter *a = context;

	event_note("MiniportCheckForHangEx", a, KeGetCurrentIrql());
	cr_expect(!a->halted);
	InterlockedIncrement(&checks);
	if (InterlockedExchange(&slow, 0) != 0)
		NdisMSleep(1100000);
	return InterlockedExchange(&hangs, 0) != 0;
}

static void give_check(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
	c->CheckForHangHandlerEx = check_for_hang;
}

/* What the fake registers with has the interval in seconds: one, the least there is. */
static void up(void)
{
	s.m.mutate = give_check;
	s.a.hang_seconds = 1;
	stack_up(&s);
}

static void down(void)
{
	stack_down(&s);
	cr_expect(no_violations());
}

Test(hang, MP_RST_08_a_miniport_is_asked_at_PASSIVE_LEVEL_until_it_is_halted)
{
	LONG before;

	up();
	event_wait("MiniportCheckForHangEx", &s.a, 2);
	cr_expect(event_irql_is("MiniportCheckForHangEx", PASSIVE_LEVEL));
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 0);
	cr_assert_eq(nrt_adapter_remove(s.adapter), 0);
	s.adapter = NULL;
	before = checks;
	cr_expect_eq(checks, before);
	down();
}

Test(hang, MP_RST_08_a_miniport_that_hangs_is_reset)
{
	up();
	InterlockedExchange(&hangs, 1);
	event_wait("NDIS_STATUS_RESET_END", NULL, 1);
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 1);
	event_wait("MiniportCheckForHangEx", &s.a, 3);
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 1, "and asked on, but not reset");
	down();
}

/* MP-RST-02: a driver for 6.30 completes what it has before its reset ends. */
static void answer_request(void *who)
{
	fake_answer_later(&((struct fake_adapter *)who)->oid);
}

Test(hang, a_request_that_stays_over_two_calls_leads_to_a_reset)
{
	struct fake_request r = { 0 };
	ULONG value;

	s.a.own_oid = OID_GEN_XMIT_OK;
	s.a.oid.when = FAKE_LATER;
	s.a.reset.hook = answer_request;
	up();
	fake_binding_begin_oid(stack_binding(&s, 0), &r, NdisRequestQueryInformation,
			       OID_GEN_XMIT_OK, &value, sizeof(value));
	cr_expect_eq(fake_binding_end_oid(&r), NDIS_STATUS_SUCCESS);
	event_wait("NDIS_STATUS_RESET_END", NULL, 1);
	cr_expect_eq(event_count("MiniportResetEx", &s.a), 1);
	down();
}

Test(hang, MP_RST_08_a_check_that_takes_long_is_reported)
{
	up();
	InterlockedExchange(&slow, 1);
	violation_wait("MP-RST-08");
	stack_down(&s);
	cr_expect(violations_are("MP-RST-08", NULL));
}

Test(hang, MP_RST_09_a_driver_for_683_is_not_asked)
{
	s.m.major = 6;
	s.m.minor = 83;
	s.a.hang_seconds = 1;
	s.m.mutate = give_check;
	stack_up(&s);
	cr_expect(violations_are("MP-RST-09", NULL));
	stack_down(&s);
	cr_expect_eq(checks, 0);
}
