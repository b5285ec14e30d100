/* SPDX-License-Identifier: BSD-3-Clause */
/* See bench.h. */
#include "bench.h"

#include <string.h>

#include "stream.h"

DRIVER_INITIALIZE vswitch_entry;

static struct wire *wire;

bool bench_is_nic(const char *bench)
{
	return strncmp(bench, "82", 2) == 0;
}

struct proto_port *bench_start(const char *bench)
{
	static const struct pmb_device_config rings = {
		.rx_desc = 256, .tx_desc = 256, .mbufs = 2048, .node = -1
	};

	if (bench_is_nic(bench)) {
		nics_start(bench, 2, "", &rings);
		return proto_port(0);
	}
	if (strcmp(bench, "ring") == 0) {
		host_start(NULL);
		wire_ring_port("bench", 256, &wire);
	} else {
		host_start("net_null0,no-rx=1", NULL);
	}
	return host_add(0, NULL);
}

void bench_stop(const char *bench)
{
	if (bench_is_nic(bench))
		nics_stop();
	else
		host_stop();
}

void bench_put(const char *bench, const void *frame, ULONG length)
{
	if (bench_is_nic(bench))
		softnic_inject(nics_get(0), frame, length);
	else
		cr_assert(wire_put(wire, frame, length, 0), "the ring is full");
}

/* ------------------------------------------------------------------------- pairs */

static bool is_switch(const char *bench)
{
	return strcmp(bench, "vswitch") == 0;
}

struct proto_port *pair_open(const char *bench, uint16_t port)
{
	if (is_switch(bench))
		return host_plug(port);
	return host_open(port, bench_is_nic(bench) ? &stream_rings : NULL);
}

static void start_two(const char *bench)
{
	uint16_t port[2] = { 0, 1 };

	if (is_switch(bench)) {
		host_virtual = (nrt_driver_entry)vswitch_entry;
		cr_assert_eq(nrt_config_set("port0", "*ReceiveBuffers", "1024"), 0);
		cr_assert_eq(nrt_config_set("port1", "*ReceiveBuffers", "1024"), 0);
	}
	host_start(NULL);
	if (!is_switch(bench))
		wire_ring_pair(256, port);
	for (unsigned int i = 0; i < 2; i++)
		pair_open(bench, port[i]);
}

void pair_start(const char *bench)
{
	if (bench_is_nic(bench))
		nics_start(bench, 2, "", &stream_rings);
	else
		start_two(bench);
}

void pair_stop(const char *bench)
{
	bench_stop(bench);
}
