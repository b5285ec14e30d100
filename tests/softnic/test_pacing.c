/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The wire's speed: frames take the time that their bytes, preamble and gaps
 * take, never less. How much more is the machine's business.
 */
#include <time.h>

#include <rte_cycles.h>

#include "bench.h"
#include "packet.h"

TestSuite(pacing, .timeout = 60);

/* Preamble, FCS and gap, IEEE 802.3 4.4.2. */
#define OVERHEAD 24
/* A step that comes late makes up for a millisecond of the wire's time at most (wire.c). */
#define CREDIT 0.001

static uint8_t bytes[LONGEST];

/* Seconds that @n frames take to come through. */
static double seconds_of(uint32_t n, uint32_t length)
{
	time_t until = time(NULL) + PATIENCE;
	struct rte_mbuf *m[BURST];
	uint32_t sent = 0, got = 0;
	uint64_t begin = rte_rdtsc();

	while (got < n) {
		uint16_t k;

		cr_assert_lt(time(NULL), until, "%u of %u frames arrived", got, n);
		while (sent < n) {
			packet_fill(bytes, length, 0, sent);
			m[0] = packet_mbuf(bytes, length, 1);
			if (rte_eth_tx_burst(bench.end[0].port, 0, m, 1) == 0) {
				rte_pktmbuf_free(m[0]);
				break;
			}
			sent++;
		}
		softnic_step_all();
		do { /* all of it: what a late step brings may be more than a burst */
			k = rte_eth_rx_burst(bench.end[1].port, 0, m, BURST);
			rte_pktmbuf_free_bulk(m, k);
			got += k;
		} while (k == BURST);
	}
	return (double)(rte_rdtsc() - begin) / (double)rte_get_tsc_hz();
}

static void expect_slow(const char *type, const char *args, double rate, uint32_t n,
			uint32_t length)
{
	double least = n * (length + OVERHEAD) * 8 / rate - CREDIT, took;

	bench_start(type, &(struct setup){ .args = args });
	took = seconds_of(n, length);
	cr_expect_geq(took, least, "%u frames took %f s, less than %f", n, took, least);
	bench_stop();
}

static void of_100_megabits(const char *type)
{
	expect_slow(type, "run=step,rate=100m", 100e6, 1000, 1514);
}
EACH_NIC(pacing, of_100_megabits)

static void of_a_gigabit(const char *type)
{
	expect_slow(type, "run=step,rate=1g", 1e9, 5000, 1514);
}
EACH_NIC(pacing, of_a_gigabit)

static void of_short_frames(const char *type)
{
	expect_slow(type, "run=step,rate=100m", 100e6, 20000, 60);
}
EACH_NIC(pacing, of_short_frames)
