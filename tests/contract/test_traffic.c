/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens to adapters under traffic (NDISTest's filter stress, VMQPnpTest and "send
 * and cancel"): pauses and restarts, resets, cancels, halts and initializations, while two
 * adapters send each other frames of every shape all the time. Main thread.
 */
#include "traffic.h"

#include <pthread.h>
#include <stdatomic.h>

TestSuite(traffic, .timeout = 300);

#define CANCELS 20 /* that find something */

/* A NIC's reset takes a while, until its link is up again. */
static uint16_t times(const char *bench)
{
	return bench_is_nic(bench) ? 6 : 20;
}

/* ------------------------------------------------------------------ pause, restart */

/* A send on a binding that is paused ends so, whoever of NDIS and the miniport ends it. */
static void send_while_paused(struct proto_port *p)
{
	const struct shape_frame f = { .length = 100 };
	struct shaped *s = shape_new(&f, 1, p->mac, p->mac, ~0u);

	cr_assert_not_null(s);
	cr_expect_not(p->running);
	proto_send_anyway(p, shape_chain(p, &s, 1));
	HOST_WAIT(s->send.done != 0);
	cr_expect_eq(s->send.done, 1);
	cr_expect_eq(s->send.status, NDIS_STATUS_PAUSED, "0x%08X", (unsigned int)s->send.status);
	shape_free(s);
}

PAIR_TEST(traffic, MP_PAU_04_pauses_and_restarts_leave_no_send_behind)
{
	static const NDIS_STATUS may[] = { NDIS_STATUS_SEND_ABORTED, 0 };

	pair_start(bench);
	traffic_start(may);
	traffic_expect_flow();
	for (uint16_t i = 0; i < times(bench); i++) {
		struct proto_port *p = proto_port(i % 2);
		LONG received;

		p->pause_mode = i % 4 < 2 ? PROTO_WAIT : PROTO_CANCEL;
		p->cancel_id = traffic_cancel_id(0);
		host_pause(i % 2);
		cr_expect_eq(p->sends, 0, "MP-PAU-04: %d sends outlive a pause", p->sends);
		cr_expect_eq(p->ups, 0, "MP-PAU-03: %d NBLs are above", p->ups);
		received = p->received;
		send_while_paused(p);
		cr_expect_eq(p->received, received, "MP-PAU-06");
		host_restart(i % 2);
		traffic_expect_flow();
	}
	traffic_end();
	pair_stop(bench);
}

/* --------------------------------------------------------------------------- reset */

static void reset_and_wait(struct proto_port *p, uint16_t port)
{
	LONG ends = p->reset_ends;

	NdisMResetMiniport(host_adapter(port)); /* as its miniport asks for it */
	HOST_WAIT(p->reset_ends > ends);
}

static const NDIS_STATUS of_reset[] = { NDIS_STATUS_REQUEST_ABORTED, NDIS_STATUS_RESET_IN_PROGRESS,
					0 };

QUEUE_TEST(traffic, MP_RST_03_resets_end_what_they_abort_and_traffic_goes_on)
{
	pair_start(bench);
	traffic_start(of_reset);
	traffic_expect_flow();
	for (uint16_t i = 0; i < times(bench); i++) {
		struct proto_port *p = proto_port(i % 2);

		reset_and_wait(p, i % 2);
		cr_expect_eq(p->reset_starts, p->reset_ends);
		traffic_expect_flow();
	}
	traffic_end();
	pair_stop(bench);
}

QUEUE_TEST(traffic, MP_RST_07_resets_and_pauses_overlap)
{
	pair_start(bench);
	traffic_start(of_reset);
	traffic_expect_flow();
	for (uint16_t i = 0; i < times(bench); i++) {
		struct proto_port *p = proto_port(i % 2);
		LONG ends = p->reset_ends;

		NdisMResetMiniport(host_adapter(i % 2));
		host_pause(i % 2);
		cr_expect_eq(p->sends, 0);
		host_restart(i % 2);
		HOST_WAIT(p->reset_ends > ends);
		traffic_expect_flow();
	}
	traffic_end();
	pair_stop(bench);
}

/* -------------------------------------------------------------------------- cancel */

static _Atomic bool stop;

/* As it comes: of most nothing waits any more. */
static void *cancel_all_the_time(void *arg)
{
	(void)arg;
	for (ULONG i = 0; !atomic_load(&stop); i++) {
		proto_cancel(proto_port(i / 2 % 2), traffic_cancel_id(i % 2));
		if (i % 4 == 3)
			host_breathe(); /* workers that look for cancelled sends only send none */
	}
	return NULL;
}

static void cancel_both_ids_both_ways(void)
{
	for (ULONG i = 0; i < 4; i++)
		proto_cancel(proto_port(i / 2), traffic_cancel_id(i % 2));
}

QUEUE_TEST(traffic, MP_CAN_01_cancelled_sends_do_not_leave_and_others_do)
{
	static const NDIS_STATUS may[] = { NDIS_STATUS_SEND_ABORTED, 0 };
	pthread_t canceller;

	pair_start(bench);
	traffic_start(may);
	cr_assert_eq(pthread_create(&canceller, NULL, cancel_all_the_time, NULL), 0);
	for (ULONG i = 1; i <= CANCELS; i++) {
		traffic_on_late_worker(cancel_both_ids_both_ways);
		traffic_expect_ended(NDIS_STATUS_SEND_ABORTED, 4 * i);
	}
	traffic_expect_flow();
	atomic_store(&stop, true);
	pthread_join(canceller, NULL);
	traffic_expect_flow();
	traffic_end();
	pair_stop(bench);
}

/* ----------------------------------------------------------------- halt, initialize */

/* A neighbour's sends hang while nobody takes them off the rings, and may be reset. */
PAIR_TEST(traffic, MP_HLT_04_adapters_go_and_come_and_leave_nothing)
{
	pair_start(bench);
	traffic_start(of_reset);
	traffic_expect_flow();
	for (uint16_t i = 0; i < times(bench); i++) {
		struct proto_port *p = proto_port(i % 2);

		host_remove(i % 2);
		cr_expect_eq(p->sends, 0, "PR-UNB-04: %d sends outlive their binding", p->sends);
		cr_expect_eq(p->ups, 0, "MP-HLT-04: %d NBLs outlive their adapter", p->ups);
		pair_open(bench, i % 2);
		traffic_attach(i % 2);
		traffic_expect_flow();
	}
	traffic_end();
	pair_stop(bench);
}
