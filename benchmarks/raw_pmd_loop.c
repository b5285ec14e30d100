/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bare rx_burst and tx_burst: the least that can be done with two ports by one
 * core, for raw_pmd to compare with. Options are testpmd's where they mean the
 * same. The main thread sets up and sleeps until SIGINT or SIGTERM; the first
 * worker lcore polls. Speed is read from outside, by the ports' counters.
 *
 * exit status: 0 stopped as asked; 1 EAL, memory or a port failed; 2 the command
 * line is wrong
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

#include "loop_options.h"

#define PORTS 2

static _Atomic bool stopping; /* main: w; worker: ro */

/* ------------------------------------------------------------------ ports */

static struct rte_mempool *make_pool(const struct loop_options *o)
{
	return rte_pktmbuf_pool_create_by_ops("raw", (unsigned int)o->mbufs,
					      (unsigned int)o->cache,
					      (uint16_t)RTE_ALIGN(o->private_bytes,
								  RTE_MBUF_PRIV_ALIGN),
					      RTE_MBUF_DEFAULT_BUF_SIZE,
					      rte_eth_dev_socket_id(0),
					      o->pool_ops != NULL ?
						      o->pool_ops : rte_mbuf_best_mempool_ops());
}

/* Zero leaves a threshold to the PMD. */
static int start_port(uint16_t port, const struct loop_options *o, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	struct rte_eth_rxconf rx;
	struct rte_eth_txconf tx;
	unsigned int socket = (unsigned int)rte_eth_dev_socket_id(port);
	int rc = rte_eth_dev_info_get(port, &info);

	if (rc != 0)
		return rc;
	rx = info.default_rxconf;
	tx = info.default_txconf;
	if (o->rxfreet != 0)
		rx.rx_free_thresh = (uint16_t)o->rxfreet;
	if (o->txfreet != 0)
		tx.tx_free_thresh = (uint16_t)o->txfreet;
	if (o->txrst != 0)
		tx.tx_rs_thresh = (uint16_t)o->txrst;
	/* Frames are from one pool, in one buffer, with one reference. */
	conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	rc = rte_eth_dev_configure(port, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(port, 0, (uint16_t)o->rxd, socket, &rx, pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(port, 0, (uint16_t)o->txd, socket, &tx);
	if (rc == 0)
		rc = rte_eth_dev_start(port);
	if (rc == 0)
		rte_eth_promiscuous_enable(port);
	return rc;
}

/* ------------------------------------------------------------------- loop */

static inline void free_bulk(struct rte_mbuf **frames, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		rte_pktmbuf_free(frames[i]);
}

/* What the transmit ring does not take is dropped, as testpmd does. */
static inline __attribute__((always_inline)) void forward(uint16_t port, uint16_t burst,
							  enum loop_mode mode)
{
	struct rte_mbuf *frames[LOOP_MAX_BURST];
	uint16_t n = rte_eth_rx_burst(port, 0, frames, burst), sent = 0;

	if (n == 0)
		return;
	if (mode == LOOP_IO)
		sent = rte_eth_tx_burst(port ^ 1, 0, frames, n);
	free_bulk(frames + sent, (uint16_t)(n - sent));
}

static int loop(void *arg)
{
	const struct loop_options *o = arg;
	uint16_t burst = (uint16_t)o->burst;

	while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {
		for (uint16_t port = 0; port < PORTS; port++) {
			if (o->mode == LOOP_IO)
				forward(port, burst, LOOP_IO);
			else
				forward(port, burst, LOOP_RXONLY);
		}
	}
	return 0;
}

static int run(struct loop_options *o, const sigset_t *signals)
{
	struct rte_mempool *pool;
	int number;
	unsigned int worker = rte_get_next_lcore(UINT32_MAX, 1, 0);

	if (rte_eth_dev_count_avail() != PORTS)
		return loop_fail("raw_pmd_loop", "%u ports, two are wanted: give two --vdev, or two -a",
			    rte_eth_dev_count_avail());
	if (worker >= RTE_MAX_LCORE)
		return loop_fail("raw_pmd_loop", "no worker lcore: give EAL two, as in --lcores 0@0,1@1");
	pool = make_pool(o);
	if (pool == NULL)
		return loop_fail("raw_pmd_loop", "no pool of %lu mbufs with ops %s: %s; give EAL more with -m",
			    o->mbufs, o->pool_ops, rte_strerror(rte_errno));
	for (uint16_t port = 0; port < PORTS; port++) {
		int rc = start_port(port, o, pool);

		if (rc != 0)
			return loop_fail("raw_pmd_loop", "port %u did not start: %s", port, rte_strerror(-rc));
	}
	rte_eal_remote_launch(loop, o, worker);
	sigwait(signals, &number);
	atomic_store_explicit(&stopping, true, memory_order_relaxed);
	rte_eal_wait_lcore(worker);
	for (uint16_t port = 0; port < PORTS; port++) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct loop_options o;
	sigset_t signals;
	int used, status;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL); /* in EAL's threads as well */
	used = rte_eal_init(argc, argv);
	if (used < 0)
		return loop_fail("raw_pmd_loop", "EAL did not start: %s", rte_strerror(rte_errno));
	status = loop_options_parse("raw_pmd_loop", argc - used, argv + used, &o) ?
			 run(&o, &signals) : 2;
	rte_eal_cleanup();
	return status;
}
