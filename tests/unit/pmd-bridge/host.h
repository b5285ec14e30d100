/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host for the bridge's tests: EAL with the vdevs a test names, the runtime, the
 * reference miniport (environment variable POLLPORT_MINIPORT) and the test
 * protocol. Each Criterion test is a process of its own, so EAL starts once in each.
 * Main thread.
 */
#ifndef TEST_HOST_H
#define TEST_HOST_H

#include <criterion/criterion.h>

#include <nrt/nrt.h>
#include <pmb_host.h>

#include "protocol.h"
#include "shape.h"

/* A test that must hold with and without the verifier; the body is
 * `static void suite_name(void)`, the fixture sees host_verifies. */
#define BRIDGE_TEST(suite, name)                                                       \
	static void suite##_##name(void);                                              \
	Test(suite, name)                                                              \
	{                                                                              \
		suite##_##name();                                                      \
	}                                                                              \
	Test(suite, name##_verified)                                                   \
	{                                                                              \
		host_verifies = true;                                                  \
		suite##_##name();                                                      \
	}                                                                              \
	static void suite##_##name(void)

/* A wait that never ends is a failure; it is no measure of time. */
#define HOST_PATIENCE_S 30

/* True when @condition became true in HOST_PATIENCE_S. */
#define HOST_EVENTUALLY(condition)                                                     \
	({                                                                             \
		uint64_t began_ = host_seconds();                                      \
		bool is_;                                                              \
		while (!(is_ = (condition)) && host_seconds() - began_ < HOST_PATIENCE_S) \
			host_breathe();                                                \
		is_;                                                                   \
	})

/* Fail the test unless @condition becomes true. */
#define HOST_WAIT(condition) cr_assert(HOST_EVENTUALLY(condition), "waited in vain: " #condition)

extern bool host_verifies;       /* read by host_start */
extern unsigned int host_workers; /* 1 unless a test sets it before host_start */
extern unsigned int host_megabytes; /* 256 likewise */

/* host_stop leaves EAL and its ports to the end of the process: drivers of NICs that answer
 * no more wait for them for minutes when they are closed. */
extern bool host_leaves_eal;

/* The entry of a miniport whose adapters have no port; NULL: none. Read by host_start. */
extern nrt_driver_entry host_virtual;

/* Rules that are broken on purpose; violations of them are no failure. */
extern const char *host_tolerates;

/* A rule that is not broken by an answer that only takes longer than the runtime's patience. */
extern const char *host_tolerates_late;

/* Start EAL with --vdev for each of @vdevs (NULL-terminated list), the runtime and
 * both drivers. Fails the test on any error. */
void host_start(const char *vdev, ...);

/* Make an adapter of ethdev @port with @config, NULL: defaults. Returns its binding. */
struct proto_port *host_add(uint16_t port, const struct pmb_device_config *config);

/* The same, returning nrt_adapter_add's or pmb_device_create's error. */
int host_try_add(uint16_t port, const struct pmb_device_config *config);

/* host_add, then a packet filter that takes everything. */
struct proto_port *host_open(uint16_t port, const struct pmb_device_config *config);

/* An adapter "port<@port>" of host_virtual, with a packet filter that takes everything. */
struct proto_port *host_plug(uint16_t port);

void host_remove(uint16_t port);
void host_pause(uint16_t port);
void host_restart(uint16_t port);

struct nrt_adapter *host_adapter(uint16_t port);
struct pmb_device *host_device(uint16_t port);
struct pmb_device_stats host_stats(uint16_t port);

/* Run @fn(@arg) on the worker between two polls, and wait for it. */
void host_on_worker(void (*fn)(void *), void *arg);

/* Pause, check that every buffer and NBL of @port is accounted for, restart. */
void host_expect_balanced(uint16_t port);

/* Unload both drivers, of which no adapter is left, and load them again. */
void host_reload(void);

/* Remove what is left, stop everything; checks the ledgers and the verifier. */
void host_stop(void);

/* Called by host_stop when no adapter is left and EAL still runs; NULL: nothing. */
extern void (*host_last_check)(void);

/* Text of the last violation, "" if none. */
const char *host_violation(void);

uint64_t host_seconds(void);
void host_breathe(void);

/* A path in a directory that goes away with the test. */
const char *host_file(const char *name);

#endif
