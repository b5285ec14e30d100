/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bench of one or two software NICs in a test's own process: EAL, the ports of
 * DPDK's own drivers, buffers, and the way from send to receive. The NICs stand
 * still until the test steps them (run=step), so nothing here depends on time.
 * Tests ask through ethdev; softnic.h serves for faults and steps alone.
 */
#ifndef TEST_SOFTNIC_BENCH_H
#define TEST_SOFTNIC_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include <criterion/criterion.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "softnic.h"

#define BURST 32
#define LONGEST 16384
#define CRC 4
/* A wait for another thread ends the test after so many seconds. */
#define PATIENCE 20

/* The four NICs, one test each, so that a report is a table of NIC and test: a macro since
 * Criterion's parameterised tests have no names. */
#define NIC_TEST(suite, what, type)                                                              \
	Test(suite, what##_##type)                                                               \
	{                                                                                        \
		what(#type);                                                                     \
	}
#define EACH_ADVANCED_NIC(suite, what)                                                           \
	NIC_TEST(suite, what, 82599)                                                             \
	NIC_TEST(suite, what, 82576)
#define EACH_LEGACY_NIC(suite, what)                                                             \
	NIC_TEST(suite, what, 82574)                                                             \
	NIC_TEST(suite, what, 82540em)
#define EACH_NIC(suite, what)                                                                    \
	EACH_ADVANCED_NIC(suite, what)                                                           \
	EACH_LEGACY_NIC(suite, what)

enum wiring { BACK_TO_BACK, LOOPBACK, NO_PEER };

/* What a test asks of the bench; 0 is a good answer everywhere. */
struct setup {
	enum wiring wiring;
	const char *args;           /* more arguments of each vdev, as "rate=1g"; run=step else */
	uint16_t queues;            /* receive and transmit each */
	uint16_t rxd, txd;          /* descriptors */
	uint16_t mtu;
	uint16_t room;              /* bytes of data in a buffer */
	uint16_t rs_thresh, free_thresh;
	uint64_t rx_offloads, tx_offloads, rss;
	bool lsc, rmv, rxq_interrupt;
	bool drop;                  /* rx_drop_en */
	bool fails;                 /* misuse, or lost buffers, are what the test is about */
	bool removed;               /* the first NIC is gone: its driver may complain */
	bool pause;                 /* flow control both ways, else none */
};

struct end {
	uint16_t port;
	struct softnic *model;
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
};

struct bench {
	const char *type;
	struct setup setup;
	unsigned int ends;
	struct end end[2];
	struct rte_mempool *pool;
};

extern struct bench bench;

bool is_82599(void);
bool is_82576(void);
bool is_em(void);

/* Start EAL, make the NICs, start their ports; all links are up afterwards. */
void bench_start(const char *type, const struct setup *setup);
/* Configure and start ports that are stopped, by bench.setup. */
void bench_configure(void);
void bench_start_ports(void);
void bench_stop_ports(void);
/* Close all; every buffer must have come home, and no driver may have misused a NIC. */
void bench_stop(void);

/* Step the NICs until nothing moves. */
void bench_run(void);

/* Hand @n frames to transmit, running the NICs whenever a ring is full. */
void bench_send(unsigned int from, uint16_t queue, struct rte_mbuf **m, uint32_t n);
/* All frames that are there; there must not be more than @max. */
uint32_t bench_receive(unsigned int at, uint16_t queue, struct rte_mbuf **m, uint32_t max);
/* Exactly one frame goes from one end to the other and arrives as @bytes, or not at all. */
void bench_expect_passes(unsigned int from, const uint8_t *bytes, uint32_t length);
void bench_expect_filtered(unsigned int from, const uint8_t *bytes, uint32_t length);

/* Buffers that are neither in the pool nor in its caches. */
uint32_t bench_away(void);
uint64_t bench_misuses(unsigned int end);
struct rte_eth_stats bench_stats(unsigned int end);
uint64_t bench_xstat(unsigned int end, const char *name);
/* Wait for @flag to reach @value, set by another thread. */
void bench_wait(const _Atomic int *flag, int value, const char *what);

#endif
