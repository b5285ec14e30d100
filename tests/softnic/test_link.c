/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port's life around the frames: link and its events, start and stop of port
 * and queues, addresses and filters, reset.
 */
#include <stdatomic.h>
#include <time.h>

#include "bench.h"
#include "packet.h"

TestSuite(link, .timeout = 60);

static uint8_t bytes[LONGEST];
static _Atomic int up[2], events[2];

static void pass_one(unsigned int from, uint32_t number)
{
	packet_fill(bytes, 64 + number % 900, from, number);
	bench_expect_passes(from, bytes, 64 + number % 900);
}

/* ------------------------------------------------------------------- link */

static int on_link(uint16_t port, enum rte_eth_event_type type, void *arg, void *param)
{
	struct rte_eth_link link;

	(void)type;
	(void)arg;
	(void)param;
	rte_eth_link_get_nowait(port, &link);
	up[port] = link.link_status;
	events[port]++;
	return 0;
}

static void expect_link(unsigned int end, bool is_up)
{
	struct rte_eth_link link;

	cr_assert_eq(rte_eth_link_get_nowait(bench.end[end].port, &link), 0);
	cr_expect_eq(link.link_status, is_up, "port %u", end);
}

/* Both ends notice. net_ixgbe waits 4 s after a link went before it believes it, 1 s after it
 * came (IXGBE_LINK_DOWN_CHECK_TIMEOUT), so this test takes a while with it. */
static void its_loss_and_return_are_events(const char *type)
{
	bench_start(type, &(struct setup){ .lsc = true });
	for (unsigned int i = 0; i < 2; i++) {
		up[i] = 1;
		cr_assert_eq(rte_eth_dev_callback_register(bench.end[i].port,
							   RTE_ETH_EVENT_INTR_LSC, on_link, NULL),
			     0);
	}
	cr_assert_eq(softnic_fault_set(bench.end[0].model, SOFTNIC_LINK_DOWN, true), 0);
	bench_wait(&up[0], 0, "link of port 0");
	bench_wait(&up[1], 0, "link of port 1");
	expect_link(0, false);
	expect_link(1, false);
	cr_assert_eq(softnic_fault_set(bench.end[0].model, SOFTNIC_LINK_DOWN, false), 0);
	bench_wait(&up[0], 1, "link of port 0");
	bench_wait(&up[1], 1, "link of port 1");
	expect_link(0, true);
	expect_link(1, true);
	cr_expect_geq(events[0], 2);
	cr_expect_geq(events[1], 2);
	pass_one(0, 1);
	bench_stop();
}
EACH_NIC(link, its_loss_and_return_are_events)

static void frames_wait_for_it(const char *type)
{
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ 0 });
	cr_assert_eq(softnic_fault_set(bench.end[1].model, SOFTNIC_LINK_DOWN, true), 0);
	packet_fill(bytes, 100, 0, 5);
	m[0] = packet_mbuf(bytes, 100, 1);
	cr_assert_eq(rte_eth_tx_burst(bench.end[0].port, 0, m, 1), 1);
	cr_expect_eq(bench_receive(1, 0, m, BURST), 0, "there is no link");
	cr_expect_eq(bench_stats(0).opackets, 0);
	cr_assert_eq(softnic_fault_set(bench.end[1].model, SOFTNIC_LINK_DOWN, false), 0);
	cr_assert_eq(bench_receive(1, 0, m, BURST), 1, "it leaves when the link is back");
	packet_expect(m[0], bytes, 100);
	rte_pktmbuf_free(m[0]);
	bench_stop();
}
EACH_NIC(link, frames_wait_for_it)

static void has_the_speed_of_its_kind(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	for (unsigned int i = 0; i < 2; i++) {
		struct rte_eth_link link;

		cr_assert_eq(rte_eth_link_get(bench.end[i].port, &link), 0);
		cr_expect_eq(link.link_status, RTE_ETH_LINK_UP);
		cr_expect_eq(link.link_duplex, RTE_ETH_LINK_FULL_DUPLEX);
		cr_expect_eq(link.link_speed,
			     is_82599() ? RTE_ETH_SPEED_NUM_10G : RTE_ETH_SPEED_NUM_1G);
	}
	bench_stop();
}
EACH_NIC(link, has_the_speed_of_its_kind)

/* A thread of net_ixgbe sets the link up anew, so it may come some time later. */
static void wait_for_link(unsigned int end)
{
	time_t until = time(NULL) + PATIENCE;
	struct rte_eth_link link;

	do
		cr_assert_eq(rte_eth_link_get(bench.end[end].port, &link), 0);
	while (link.link_status == RTE_ETH_LINK_DOWN && time(NULL) < until);
	cr_assert_eq(link.link_status, RTE_ETH_LINK_UP);
}

/* The PHY's power, or the laser. */
static void can_be_taken_down_by_the_driver(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert_eq(rte_eth_dev_set_link_down(bench.end[1].port), 0);
		expect_link(1, false);
		cr_assert_eq(rte_eth_dev_set_link_up(bench.end[1].port), 0);
		wait_for_link(1);
		pass_one(0, i);
		pass_one(1, i);
	}
	bench_stop();
}
EACH_ADVANCED_NIC(link, can_be_taken_down_by_the_driver)

/* ---------------------------------------------------------- start and stop */

static void comes_back_after_each_stop(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	for (uint32_t i = 0; i < 20; i++) {
		pass_one(0, i);
		pass_one(1, i);
		bench_stop_ports();
		cr_assert_eq(bench_away(), 0, "%u buffers after stop %u", bench_away(), i);
		bench_start_ports();
	}
	pass_one(0, 20);
	bench_stop();
}
EACH_NIC(link, comes_back_after_each_stop)

/* With frames under way in both rings. */
static void stop_frees_what_is_in_the_rings(const char *type)
{
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ 0 });
	for (uint32_t i = 0; i < BURST; i++) {
		packet_fill(bytes, 100, 0, i);
		m[i] = packet_mbuf(bytes, 100, 1);
	}
	bench_send(0, 0, m, BURST / 2);
	cr_assert_eq(rte_eth_tx_burst(bench.end[0].port, 0, m + BURST / 2, BURST / 2), BURST / 2);
	bench_stop_ports();
	cr_expect_eq(bench_away(), 0, "%u buffers", bench_away());
	bench_start_ports();
	cr_expect_eq(bench_receive(1, 0, m, BURST), 0, "nothing of before");
	pass_one(0, 77);
	bench_stop();
}
EACH_NIC(link, stop_frees_what_is_in_the_rings)

/* Another number of queues, other rings, another MTU. */
static void can_be_configured_anew(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	pass_one(0, 1);
	bench_stop_ports();
	bench.setup.rxd = 512;
	bench.setup.txd = 128;
	bench.setup.mtu = 2000;
	bench.setup.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER;
	bench.setup.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	bench.setup.queues = is_em() ? 1 : 2;
	bench_configure();
	bench_start_ports();
	packet_fill(bytes, 2014, 0, 2);
	bench_expect_passes(0, bytes, 2014);
	bench_stop();
}
EACH_NIC(link, can_be_configured_anew)

static void start_with_one_queue_stopped(unsigned int end, bool rx)
{
	uint16_t port = bench.end[end].port;

	cr_assert_eq(rx ? rte_eth_dev_rx_queue_stop(port, 1) : rte_eth_dev_tx_queue_stop(port, 1),
		     0);
	cr_assert_eq(rx ? rte_eth_dev_rx_queue_start(port, 1) :
			  rte_eth_dev_tx_queue_start(port, 1), 0);
}

/* Only net_ixgbe has these calls in 22.11. */
static void queues_stop_and_start(const char *type)
{
	struct rte_mbuf *m[BURST];

	bench_start(type, &(struct setup){ .queues = 2 });
	for (uint32_t i = 0; i < 10; i++) {
		start_with_one_queue_stopped(0, false);
		start_with_one_queue_stopped(1, true);
		pass_one(0, i);
	}
	cr_assert_eq(rte_eth_dev_tx_queue_stop(bench.end[0].port, 1), 0);
	pass_one(0, 20);
	cr_assert_eq(rte_eth_dev_tx_queue_start(bench.end[0].port, 1), 0);
	packet_fill(bytes, 100, 0, 21);
	m[0] = packet_mbuf(bytes, 100, 1);
	bench_send(0, 1, m, 1);
	cr_assert_eq(bench_receive(1, 0, m, BURST), 1);
	packet_expect(m[0], bytes, 100);
	rte_pktmbuf_free(m[0]);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(bench.end[1].port, 0), 0);
	packet_fill(bytes, 100, 0, 22);
	m[0] = packet_mbuf(bytes, 100, 1);
	bench_send(0, 0, m, 1);
	cr_expect_eq(bench_receive(1, 1, m, BURST), 0);
	cr_assert_eq(rte_eth_dev_rx_queue_start(bench.end[1].port, 0), 0);
	pass_one(0, 23);
	bench_stop();
}
NIC_TEST(link, queues_stop_and_start, 82599)

static void reset_makes_it_as_new(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	pass_one(0, 1);
	for (uint32_t i = 0; i < 2; i++) {
		bench_stop_ports();
		cr_assert_eq(rte_eth_dev_reset(bench.end[0].port), 0);
		cr_assert_eq(rte_eth_dev_reset(bench.end[1].port), 0);
		bench_configure();
		bench_start_ports();
		pass_one(0, 2);
		pass_one(1, 3);
	}
	bench_stop();
}
EACH_ADVANCED_NIC(link, reset_makes_it_as_new)

/* -------------------------------------------------- addresses and filters */

static void to(struct rte_ether_addr address)
{
	packet_fill(bytes, 80, 0, 9);
	memcpy(bytes, &address, 6);
}

static const struct rte_ether_addr other = { { 2, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE } };
static const struct rte_ether_addr group = { { 1, 0, 0x5E, 1, 2, 3 } };
static const struct rte_ether_addr group2 = { { 0x33, 0x33, 0, 0xFE, 0x71, 0x80 } };
static const struct rte_ether_addr everybody = { { 255, 255, 255, 255, 255, 255 } };

static void takes_only_its_own_frames(const char *type)
{
	uint16_t port;

	bench_start(type, &(struct setup){ 0 });
	port = bench.end[1].port;
	to(bench.end[1].mac);
	bench_expect_passes(0, bytes, 80);
	to(everybody);
	bench_expect_passes(0, bytes, 80);
	to(other);
	bench_expect_filtered(0, bytes, 80);
	cr_assert_eq(rte_eth_promiscuous_enable(port), 0);
	bench_expect_passes(0, bytes, 80);
	cr_assert_eq(rte_eth_promiscuous_disable(port), 0);
	bench_expect_filtered(0, bytes, 80);
	bench_stop();
}
EACH_NIC(link, takes_only_its_own_frames)

static void takes_groups_it_is_told_of(const char *type)
{
	struct rte_ether_addr list[2] = { group, group2 };
	uint16_t port;

	bench_start(type, &(struct setup){ 0 });
	port = bench.end[1].port;
	to(group);
	bench_expect_filtered(0, bytes, 80);
	cr_assert_eq(rte_eth_allmulticast_enable(port), 0);
	bench_expect_passes(0, bytes, 80);
	cr_assert_eq(rte_eth_allmulticast_disable(port), 0);
	bench_expect_filtered(0, bytes, 80);
	cr_assert_eq(rte_eth_dev_set_mc_addr_list(port, list, 2), 0);
	bench_expect_passes(0, bytes, 80);
	to(group2);
	bench_expect_passes(0, bytes, 80);
	bytes[5] ^= 0x10;
	bench_expect_filtered(0, bytes, 80);
	cr_assert_eq(rte_eth_dev_set_mc_addr_list(port, list, 1), 0);
	to(group2);
	bench_expect_filtered(0, bytes, 80);
	cr_assert_eq(rte_eth_dev_set_mc_addr_list(port, NULL, 0), 0);
	to(group);
	bench_expect_filtered(0, bytes, 80);
	bench_stop();
}
EACH_NIC(link, takes_groups_it_is_told_of)

static void takes_more_than_one_address(const char *type)
{
	struct rte_ether_addr a = other;
	uint16_t port;

	bench_start(type, &(struct setup){ 0 });
	port = bench.end[1].port;
	for (uint8_t i = 1; i < 8; i++) {
		a.addr_bytes[5] = i;
		cr_assert_eq(rte_eth_dev_mac_addr_add(port, &a, 0), 0);
		to(a);
		bench_expect_passes(0, bytes, 80);
	}
	a.addr_bytes[5] = 3;
	cr_assert_eq(rte_eth_dev_mac_addr_remove(port, &a), 0);
	to(a);
	bench_expect_filtered(0, bytes, 80);
	a.addr_bytes[5] = 4;
	to(a);
	bench_expect_passes(0, bytes, 80);
	bench_stop_ports();
	bench_start_ports();
	bench_expect_passes(0, bytes, 80);
	bench_stop();
}
EACH_NIC(link, takes_more_than_one_address)

static void its_address_can_change(const char *type)
{
	struct rte_ether_addr a = other, now;

	bench_start(type, &(struct setup){ 0 });
	cr_assert_eq(rte_eth_dev_default_mac_addr_set(bench.end[1].port, &a), 0);
	cr_assert_eq(rte_eth_macaddr_get(bench.end[1].port, &now), 0);
	cr_expect(rte_is_same_ether_addr(&a, &now));
	to(other);
	bench_expect_passes(0, bytes, 80);
	to(bench.end[1].mac);
	bench_expect_filtered(0, bytes, 80);
	bench_stop();
}
EACH_NIC(link, its_address_can_change)

static void every_nic_has_an_address_of_its_own(const char *type)
{
	bench_start(type, &(struct setup){ 0 });
	cr_expect(rte_is_valid_assigned_ether_addr(&bench.end[0].mac));
	cr_expect(rte_is_valid_assigned_ether_addr(&bench.end[1].mac));
	cr_expect_not(rte_is_same_ether_addr(&bench.end[0].mac, &bench.end[1].mac));
	bench_stop();
}
EACH_NIC(link, every_nic_has_an_address_of_its_own)
