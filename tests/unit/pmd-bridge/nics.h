/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One or two software NICs behind DPDK's own drivers, the bridge, the reference
 * miniport and the test protocol: port N is "net_softnicN". Two are each other's peers.
 * Main thread.
 */
#ifndef TEST_NICS_H
#define TEST_NICS_H

#include "host.h"

#include <softnic.h>

/* A test's run on @bench; the body is `static void suite_name(const char *bench)`. */
#define BENCH_RUN(suite, name, bench, verifies)                                        \
	Test(suite, name##_##bench)                                                    \
	{                                                                              \
		host_verifies = verifies;                                              \
		suite##_##name(#bench);                                                \
	}

#define NIC_RUNS(suite, name)                                                          \
	BENCH_RUN(suite, name, 82540em, true)                                          \
	BENCH_RUN(suite, name, 82574, false)                                           \
	BENCH_RUN(suite, name, 82576, false)                                           \
	BENCH_RUN(suite, name, 82599, true)

/* A test for each NIC that there is; two of them under the verifier. The body is
 * `static void suite_name(const char *type)`. */
#define NIC_TEST(suite, name)                                                          \
	static void suite##_##name(const char *type);                                  \
	NIC_RUNS(suite, name)                                                          \
	static void suite##_##name(const char *type)

/* The same for those of servers, with several queues, RSS and large sends in DPDK. */
#define SERVER_TEST(suite, name)                                                       \
	static void suite##_##name(const char *type);                                  \
	BENCH_RUN(suite, name, 82576, true)                                            \
	BENCH_RUN(suite, name, 82599, false)                                           \
	static void suite##_##name(const char *type)

/* Start a host with @n NICs of @type, opened with @config (NULL: defaults), and wait for
 * their links. @args goes behind each one's arguments: "" or ",run=step". */
void nics_start(const char *type, uint16_t n, const char *args,
		const struct pmb_device_config *config);

struct softnic *nics_get(uint16_t port);

/* Wait until the adapter's NDIS_STATUS_LINK_STATE and OIDs say that its link is up. */
void nics_wait_link(uint16_t port);

/* Bits per second of a link of @type. */
ULONG64 nics_speed(const char *type);

/* At rest, with no reset and no halt before: what the wire saw is what PMD, bridge,
 * runtime and protocol counted, to the frame. */
void nics_expect_counts(uint16_t port);

/* Check that no driver did what hardware does not survive, and stop the host, which
 * closes its ledgers. */
void nics_stop(void);

#endif
