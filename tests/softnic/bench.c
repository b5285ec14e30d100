/* SPDX-License-Identifier: BSD-3-Clause */
/* See bench.h. */
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_eal.h>

#include "packet.h"

#define BUFFERS 4095
#define CACHE 128

struct bench bench;

bool is_82599(void)
{
	return strcmp(bench.type, "82599") == 0;
}

bool is_82576(void)
{
	return strcmp(bench.type, "82576") == 0;
}

bool is_em(void)
{
	return !is_82599() && !is_82576();
}

/* --------------------------------------------------------------------- EAL */

/* The one lcore floats over all CPUs, since programs of the suite run side by side. */
static void write_lcores(char *to, size_t size)
{
	cpu_set_t cpus;
	size_t used = (size_t)snprintf(to, size, "0@(");
	const char *comma = "";

	sched_getaffinity(0, sizeof(cpus), &cpus);
	for (size_t cpu = 0; cpu < CPU_SETSIZE && used < size - 8; cpu++) {
		if (!CPU_ISSET(cpu, &cpus))
			continue;
		used += (size_t)snprintf(to + used, size - used, "%s%zu", comma, cpu);
		comma = ",";
	}
	snprintf(to + used, size - used, ")");
}

/*
 * In place of EAL's: drivers sleep while hardware settles, a second and more in each test.
 * The model has settled when it was stepped. From 100 ms on it is another thread that a driver
 * waits for, mostly EAL's interrupt thread as it closes.
 */
void rte_delay_us_sleep(unsigned int us)
{
	struct timespec nap = { .tv_nsec = 2000000 };

	softnic_step_all();
	if (us >= 200000)
		nap = (struct timespec){ .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	if (us >= 100000)
		nanosleep(&nap, NULL);
}

static void start_eal(void)
{
	char lcores[512], vdev[2][200];
	char *argv[] = { (char *)"test", (char *)"--no-huge", (char *)"--no-pci",
			 (char *)"--no-shconf", (char *)"--no-telemetry",
			 (char *)"--log-level=critical", (char *)"-m", (char *)"256",
			 (char *)"--lcores", lcores, (char *)"--vdev", vdev[0],
			 (char *)"--vdev", vdev[1], NULL };
	const char *args = bench.setup.args != NULL ? bench.setup.args : "run=step";

	write_lcores(lcores, sizeof(lcores));
	snprintf(vdev[0], sizeof(vdev[0]), "net_softnic0,type=%s,%s%s", bench.type, args,
		 bench.setup.wiring == LOOPBACK ? ",peer=self" : "");
	snprintf(vdev[1], sizeof(vdev[1]), "net_softnic1,type=%s,%s,peer=net_softnic0", bench.type,
		 args);
	softnic_register();
	rte_delay_us_callback_register(rte_delay_us_sleep);
	cr_assert_geq(rte_eal_init(bench.ends == 2 ? 14 : 12, argv), 0, "EAL does not start: %s",
		      rte_strerror(rte_errno));
}

/* ------------------------------------------------------------------- ports */

static void configure_queues(struct end *e, uint16_t queues)
{
	const struct setup *s = &bench.setup;
	struct rte_eth_rxconf rx = e->info.default_rxconf;
	struct rte_eth_txconf tx = e->info.default_txconf;

	rx.offloads = s->rx_offloads & e->info.rx_queue_offload_capa;
	rx.rx_drop_en = s->drop;
	tx.offloads = s->tx_offloads & e->info.tx_queue_offload_capa;
	if (s->rs_thresh != 0)
		tx.tx_rs_thresh = s->rs_thresh;
	if (s->free_thresh != 0)
		tx.tx_free_thresh = s->free_thresh;
	for (uint16_t q = 0; q < queues; q++) {
		cr_assert_eq(rte_eth_rx_queue_setup(e->port, q, s->rxd != 0 ? s->rxd : 256, 0, &rx,
						    bench.pool), 0);
		cr_assert_eq(rte_eth_tx_queue_setup(e->port, q, s->txd != 0 ? s->txd : 256, 0,
						    &tx), 0);
	}
}

static void configure_port(struct end *e)
{
	const struct setup *s = &bench.setup;
	struct rte_eth_conf conf = { .intr_conf = { .lsc = s->lsc, .rxq = s->rxq_interrupt,
						    .rmv = s->rmv },
				     .rxmode = { .mtu = s->mtu != 0 ? s->mtu : 1500,
						 .offloads = s->rx_offloads },
				     .txmode = { .offloads = s->tx_offloads } };
	uint16_t queues = s->queues != 0 ? s->queues : 1;

	if (s->rss != 0) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = s->rss;
	}
	cr_assert_eq(rte_eth_dev_configure(e->port, queues, queues, &conf), 0);
	configure_queues(e, queues);
}

void bench_configure(void)
{
	for (unsigned int i = 0; i < bench.ends; i++)
		configure_port(&bench.end[i]);
}

/* e1000 drivers forget it when they start. */
static void set_pause(const struct end *e, enum rte_eth_fc_mode mode)
{
	struct rte_eth_fc_conf pause = { 0 };

	cr_assert_eq(rte_eth_dev_flow_ctrl_get(e->port, &pause), 0);
	pause.mode = mode;
	cr_assert_eq(rte_eth_dev_flow_ctrl_set(e->port, &pause), 0);
}

void bench_start_ports(void)
{
	for (unsigned int i = 0; i < bench.ends; i++) {
		cr_assert_eq(rte_eth_dev_start(bench.end[i].port), 0);
		set_pause(&bench.end[i], bench.setup.pause ? RTE_ETH_FC_FULL : RTE_ETH_FC_NONE);
	}
	for (unsigned int i = 0; i < bench.ends; i++) {
		struct rte_eth_link link;

		softnic_step_all();
		cr_assert_eq(rte_eth_link_get(bench.end[i].port, &link), 0);
		cr_assert_eq(link.link_status, RTE_ETH_LINK_UP, "port %u has no link", i);
	}
}

void bench_stop_ports(void)
{
	for (unsigned int i = 0; i < bench.ends; i++)
		cr_assert_eq(rte_eth_dev_stop(bench.end[i].port), 0);
}

static void make_pool(uint16_t room)
{
	bench.pool = rte_pktmbuf_pool_create("bench", BUFFERS, CACHE, 0,
					     (uint16_t)(RTE_PKTMBUF_HEADROOM + room), 0);
	cr_assert_not_null(bench.pool);
}

void bench_start(const char *type, const struct setup *setup)
{
	uint16_t port;

	bench.type = type;
	bench.setup = *setup;
	bench.ends = setup->wiring == BACK_TO_BACK ? 2 : 1;
	start_eal();
	cr_assert_eq(rte_eth_dev_count_avail(), bench.ends);
	make_pool(setup->room != 0 ? setup->room : 2048);
	for (unsigned int i = 0; i < bench.ends; i++) {
		struct end *e = &bench.end[i];

		port = (uint16_t)i;
		e->port = port;
		e->model = softnic_find(i == 0 ? "net_softnic0" : "net_softnic1");
		cr_assert_not_null(e->model);
		cr_assert_eq(rte_eth_dev_info_get(port, &e->info), 0);
		cr_assert_eq(rte_eth_macaddr_get(port, &e->mac), 0);
	}
	bench_configure();
	bench_start_ports();
}

static void on_alarm(void *arg)
{
	atomic_store((_Atomic int *)arg, 1);
}

/* EAL's interrupt thread has ended what it was at: alarms are its, too. A driver whose handler
 * still runs while its port closes does not take it back, eth_igb_close() in 22.11. */
static void wait_for_interrupt_thread(void)
{
	static _Atomic int rung;

	rung = 0;
	cr_assert_eq(rte_eal_alarm_set(1, on_alarm, (void *)(uintptr_t)&rung), 0);
	bench_wait(&rung, 1, "alarm");
}

void bench_stop(void)
{
	for (unsigned int i = 0; i < bench.ends && !bench.setup.fails; i++)
		cr_expect_eq(bench_misuses(i), 0, "the driver of NIC %u misused it", i);
	if (!bench.setup.removed)
		bench_stop_ports();
	wait_for_interrupt_thread();
	for (unsigned int i = 0; i < bench.ends; i++) {
		/* net_ixgbe says how many interrupt callbacks it took back */
		int rc = rte_eth_dev_close(bench.end[i].port);

		cr_expect(rc >= 0 || bench.setup.removed, "close of port %u: %d", i, rc);
	}
	if (!bench.setup.fails)
		cr_expect_eq(bench_away(), 0, "%u buffers did not come home", bench_away());
	rte_mempool_free(bench.pool);
	cr_expect_eq(rte_eal_cleanup(), 0);
}

/* ------------------------------------------------------------------ frames */

/* Twice, since a step may also only have noticed what the driver wrote. */
void bench_run(void)
{
	while (softnic_step_all() + softnic_step_all() != 0)
		;
}

void bench_send(unsigned int from, uint16_t queue, struct rte_mbuf **m, uint32_t n)
{
	uint32_t sent = 0, idle = 0;

	while (sent < n) {
		uint16_t took = rte_eth_tx_burst(bench.end[from].port, queue, m + sent,
						 (uint16_t)(n - sent));

		sent += took;
		idle = took != 0 ? 0 : idle + 1;
		cr_assert_lt(idle, 100, "transmit takes no more frames");
		bench_run();
	}
}

/* A burst of net_ixgbe ends at its ring's end, maybe amid a frame, and takes multiples of 4
 * (DPDK's guide to it, "Vector PMD"): so whole bursts, and one that is empty is asked again. */
uint32_t bench_receive(unsigned int at, uint16_t queue, struct rte_mbuf **m, uint32_t max)
{
	struct rte_mbuf *burst[BURST];
	uint32_t got = 0, empty = 0;

	bench_run();
	while (empty < 2) {
		uint16_t n = rte_eth_rx_burst(bench.end[at].port, queue, burst, BURST);

		cr_assert_leq(got + n, max, "more frames than were sent");
		memcpy(m + got, burst, n * sizeof(*m));
		got += n;
		empty = n != 0 ? 0 : empty + 1;
	}
	return got;
}

static uint32_t exchange(unsigned int from, const uint8_t *bytes, uint32_t length,
			 struct rte_mbuf **out)
{
	struct rte_mbuf *m = packet_mbuf(bytes, length, 1);

	bench_send(from, 0, &m, 1);
	return bench_receive(bench.ends - 1 - from, 0, out, BURST);
}

void bench_expect_passes(unsigned int from, const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *m[BURST];

	cr_assert_eq(exchange(from, bytes, length, m), 1, "a frame of %u bytes got lost", length);
	packet_expect(m[0], bytes, length);
	rte_pktmbuf_free(m[0]);
}

void bench_expect_filtered(unsigned int from, const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *m[BURST];

	cr_assert_eq(exchange(from, bytes, length, m), 0, "a frame that is not for it came in");
}

/* -------------------------------------------------------------------- looks */

uint32_t bench_away(void)
{
	return rte_mempool_in_use_count(bench.pool);
}

uint64_t bench_misuses(unsigned int end)
{
	struct softnic_counters c;

	softnic_counters_get(bench.end[end].model, &c);
	return c.misuses;
}

struct rte_eth_stats bench_stats(unsigned int end)
{
	struct rte_eth_stats s;

	cr_assert_eq(rte_eth_stats_get(bench.end[end].port, &s), 0);
	return s;
}

uint64_t bench_xstat(unsigned int end, const char *name)
{
	uint64_t id, value;

	cr_assert_eq(rte_eth_xstats_get_id_by_name(bench.end[end].port, name, &id), 0,
		     "there is no %s", name);
	cr_assert_eq(rte_eth_xstats_get_by_id(bench.end[end].port, &id, &value, 1), 1);
	return value;
}

void bench_wait(const _Atomic int *flag, int value, const char *what)
{
	const struct timespec nap = { .tv_nsec = 200000 };
	time_t end = time(NULL) + PATIENCE;

	while (*flag != value && time(NULL) < end) {
		nanosleep(&nap, NULL);
		softnic_step_all();
	}
	cr_assert_eq(*flag, value, "%s: %d, not %d", what, *flag, value);
}
