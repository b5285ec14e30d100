/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts of receive queues through rte_epoll, alone and beside link events.
 */
#include <stdatomic.h>

#include <rte_interrupts.h>

#include "bench.h"
#include "packet.h"

TestSuite(interrupt, .timeout = 60);

static uint8_t bytes[LONGEST];
static _Atomic int link_is_up;

static void send_one(uint32_t flow)
{
	struct packet p = { .tcp = true, .flow = flow, .payload = 30 };
	uint32_t l3, l4, length = packet_ip(bytes, &p, &l3, &l4);
	struct rte_mbuf *m = packet_mbuf(bytes, length, 1);

	bench_send(0, 0, &m, 1);
}

static uint32_t take_all(uint16_t queue)
{
	struct rte_mbuf *m[4 * BURST];
	uint32_t n = bench_receive(1, queue, m, 4 * BURST);

	rte_pktmbuf_free_bulk(m, n);
	return n;
}

static void listen_to(uint16_t queues)
{
	for (uintptr_t q = 0; q < queues; q++)
		cr_assert_eq(rte_eth_dev_rx_intr_ctl_q(bench.end[1].port, (uint16_t)q,
						       RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
						       (void *)q), 0);
}

static void arm(uint16_t queue)
{
	cr_assert_eq(rte_eth_dev_rx_intr_enable(bench.end[1].port, queue), 0);
}

/* The queue that an event is of, or -1 when none is there. */
static int event(int milliseconds)
{
	struct rte_epoll_event e;
	int n = rte_epoll_wait(RTE_EPOLL_PER_THREAD, &e, 1, milliseconds);

	cr_assert_geq(n, 0);
	return n == 0 ? -1 : (int)(uintptr_t)e.epdata.data;
}

static void wakes_the_one_who_waits(const char *type)
{
	bench_start(type, &(struct setup){ .rxq_interrupt = true });
	listen_to(1);
	for (uint32_t i = 0; i < 20; i++) {
		arm(0);
		cr_assert_eq(event(0), -1, "nothing came");
		send_one(i);
		cr_assert_eq(event(PATIENCE * 1000), 0, "frame %u", i);
		cr_assert_eq(rte_eth_dev_rx_intr_disable(bench.end[1].port, 0), 0);
		cr_assert_eq(take_all(0), 1);
	}
	bench_stop();
}
EACH_NIC(interrupt, wakes_the_one_who_waits)

/* A frame that came while it was masked is told of when it is enabled again, so that a worker
 * that polls, arms and sleeps loses none: [82599] 7.3.1.3, [8254x] 13.4.20. */
static void comes_late_for_a_frame_that_was_early(const char *type)
{
	bench_start(type, &(struct setup){ .rxq_interrupt = true });
	listen_to(1);
	arm(0);
	send_one(0);
	cr_assert_eq(event(PATIENCE * 1000), 0);
	cr_assert_eq(rte_eth_dev_rx_intr_disable(bench.end[1].port, 0), 0);
	cr_assert_eq(take_all(0), 1);
	send_one(1);
	/* net_ixgbe's disable takes the bit of the vector before: queue 0's stays enabled */
	if (!is_82599()) {
		cr_expect_eq(event(0), -1, "it is masked");
		arm(0);
	}
	cr_expect_eq(event(PATIENCE * 1000), 0);
	cr_assert_eq(take_all(0), 1);
	bench_stop();
}
EACH_NIC(interrupt, comes_late_for_a_frame_that_was_early)

static void each_queue_has_its_own(const char *type)
{
	enum { QUEUES = 4 };
	uint32_t told[QUEUES] = { 0 };

	bench_start(type, &(struct setup){ .rxq_interrupt = true, .queues = QUEUES,
					   .rss = RTE_ETH_RSS_NONFRAG_IPV4_TCP });
	listen_to(QUEUES);
	for (uint32_t i = 0; i < 64; i++) {
		int queue;

		for (uint16_t q = 0; q < QUEUES; q++)
			arm(q);
		send_one(i);
		queue = event(PATIENCE * 1000);
		cr_assert(queue >= 0 && queue < QUEUES, "%d", queue);
		cr_assert_eq(take_all((uint16_t)queue), 1, "queue %d has the frame", queue);
		cr_assert_eq(event(0), -1, "no other queue is told");
		told[queue]++;
	}
	for (uint16_t q = 0; q < QUEUES; q++)
		cr_expect_gt(told[q], 0, "queue %u", q);
	bench_stop();
}
EACH_ADVANCED_NIC(interrupt, each_queue_has_its_own)

static void lasts_over_stop_and_start(const char *type)
{
	bench_start(type, &(struct setup){ .rxq_interrupt = true });
	for (uint32_t i = 0; i < 5; i++) {
		listen_to(1);
		arm(0);
		send_one(i);
		cr_assert_eq(event(PATIENCE * 1000), 0, "start %u", i);
		cr_assert_eq(take_all(0), 1);
		cr_assert_eq(rte_eth_dev_rx_intr_ctl_q(bench.end[1].port, 0, RTE_EPOLL_PER_THREAD,
						       RTE_INTR_EVENT_DEL, NULL), 0);
		bench_stop_ports();
		bench_start_ports();
	}
	bench_stop();
}
EACH_NIC(interrupt, lasts_over_stop_and_start)

static int on_link(uint16_t port, enum rte_eth_event_type type, void *arg, void *param)
{
	struct rte_eth_link link;

	(void)type;
	(void)arg;
	(void)param;
	rte_eth_link_get_nowait(port, &link);
	link_is_up = link.link_status;
	return 0;
}

/* net_e1000_em gives up the one for the other: eth_em_start() takes no link events with
 * receive interrupts where it has a single vector. */
static void goes_with_link_events(const char *type)
{
	bench_start(type, &(struct setup){ .rxq_interrupt = true, .lsc = true });
	listen_to(1);
	link_is_up = 1;
	cr_assert_eq(rte_eth_dev_callback_register(bench.end[1].port, RTE_ETH_EVENT_INTR_LSC,
						   on_link, NULL), 0);
	arm(0);
	send_one(1);
	cr_expect_eq(event(PATIENCE * 1000), 0);
	cr_assert_eq(take_all(0), 1);
	cr_assert_eq(softnic_fault_set(bench.end[1].model, SOFTNIC_LINK_DOWN, true), 0);
	bench_wait(&link_is_up, 0, "link");
	cr_expect_eq(event(0), -1, "no frame came");
	cr_assert_eq(softnic_fault_set(bench.end[1].model, SOFTNIC_LINK_DOWN, false), 0);
	bench_wait(&link_is_up, 1, "link");
	arm(0);
	send_one(2);
	cr_expect_eq(event(PATIENCE * 1000), 0);
	cr_assert_eq(take_all(0), 1);
	bench_stop();
}
EACH_ADVANCED_NIC(interrupt, goes_with_link_events)
