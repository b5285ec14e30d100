/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the stages of the conformance suite run on: the reference miniport as port 0 over
 * a port that is only memory ("null"), over rings whose other end the test has ("ring"),
 * or over a software NIC ("82574" ...) with another one, port 1, at the cable's end. The
 * asking is the test protocol's. Main thread.
 */
#ifndef CONTRACT_BENCH_H
#define CONTRACT_BENCH_H

#include "nics.h"
#include "wire.h"

/* A stage for each bench; half of them under the verifier. The body is
 * `static void suite_name(const char *bench)`. */
#define STAGE_TEST(suite, name)                                                        \
	static void suite##_##name(const char *bench);                                 \
	Test(suite, name##_null)                                                       \
	{                                                                              \
		host_verifies = true;                                                  \
		suite##_##name("null");                                                \
	}                                                                              \
	WIRE_TEST(suite, name)

/* The same for benches where something can arrive. */
#define WIRE_TEST(suite, name)                                                         \
	static void suite##_##name(const char *bench);                                 \
	Test(suite, name##_ring)                                                       \
	{                                                                              \
		suite##_##name("ring");                                                \
	}                                                                              \
	Test(suite, name##_82574)                                                      \
	{                                                                              \
		suite##_##name("82574");                                               \
	}                                                                              \
	Test(suite, name##_82576)                                                      \
	{                                                                              \
		host_verifies = true;                                                  \
		suite##_##name("82576");                                               \
	}                                                                              \
	Test(suite, name##_82599)                                                      \
	{                                                                              \
		suite##_##name("82599");                                               \
	}                                                                              \
	static void suite##_##name(const char *bench)

/* Start @bench; its ports have no packet filter yet, but on NICs, where all frames pass. */
struct proto_port *bench_start(const char *bench);
bool bench_is_nic(const char *bench);
void bench_stop(const char *bench);

/* A frame for port 0 arrives on a bench other than "null". */
void bench_put(const char *bench, const void *frame, ULONG length);

#endif
