/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the stages of the conformance suite run on: the reference miniport as port 0 over
 * a port that is only memory ("null"), over rings whose other end the test has ("ring"),
 * or over a software NIC ("82574" ...) with another one, port 1, at the cable's end; or two
 * adapters that are each other's peers. The asking is the test protocol's. Main thread.
 */
#ifndef CONTRACT_BENCH_H
#define CONTRACT_BENCH_H

#include "nics.h"
#include "wire.h"

/* A stage for each bench; half of them under the verifier. The body is
 * `static void suite_name(const char *bench)`. */
#define STAGE_TEST(suite, name)                                                        \
	static void suite##_##name(const char *bench);                                 \
	BENCH_RUN(suite, name, null, true)                                             \
	WIRE_TEST(suite, name)

/* The same for benches where something can arrive. */
#define WIRE_TEST(suite, name)                                                         \
	static void suite##_##name(const char *bench);                                 \
	BENCH_RUN(suite, name, ring, false)                                            \
	BENCH_RUN(suite, name, 82574, false)                                           \
	BENCH_RUN(suite, name, 82576, true)                                            \
	BENCH_RUN(suite, name, 82599, false)                                           \
	static void suite##_##name(const char *bench)

/* The same for two adapters, each of which receives what the other sends: over two ends of
 * rings, two ports of the sample switch, or two NICs. */
#define PAIR_TEST(suite, name)                                                         \
	static void suite##_##name(const char *bench);                                 \
	BENCH_RUN(suite, name, vswitch, true)                                          \
	QUEUE_TEST(suite, name)

/* The same for pairs that queue sends and can be reset, which that switch does not. */
#define QUEUE_TEST(suite, name)                                                        \
	static void suite##_##name(const char *bench);                                 \
	BENCH_RUN(suite, name, ring, true)                                             \
	NIC_RUNS(suite, name)                                                          \
	static void suite##_##name(const char *bench)

/* Start @bench; its ports have no packet filter yet, but on NICs, where all frames pass. */
struct proto_port *bench_start(const char *bench);
bool bench_is_nic(const char *bench);
void bench_stop(const char *bench);

/* A frame for port 0 arrives on a bench other than "null". */
void bench_put(const char *bench, const void *frame, ULONG length);

/* Start the two adapters of @bench as ports 0 and 1, where all frames pass. They have room
 * for PAIR_ROOM frames that came and were not looked at. */
#define PAIR_ROOM 200
void pair_start(const char *bench);

/* One of them once more, after host_remove. */
struct proto_port *pair_open(const char *bench, uint16_t port);
void pair_stop(const char *bench);

#endif
