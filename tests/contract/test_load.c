/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load and unload (NDISTest FaultHandling, and the ledger a hundred times): the driver is
 * loaded, its adapter works, all goes away, and nothing is left. Main thread.
 */
#include "bench.h"

#include <string.h>

TestSuite(load, .timeout = 600);

#define LOADS 100
#define FAULTS 8

static void work(struct proto_port *p)
{
	static const struct shape_frame f = { .length = 100 };
	struct shaped *sent[8];

	for (ULONG i = 0; i < 8; i++) {
		sent[i] = shape_new(&f, 1, p->mac, p->mac, i);
		cr_assert_not_null(sent[i]);
	}
	cr_assert(proto_send(p, shape_chain(p, sent, 8)));
	for (ULONG i = 0; i < 8; i++) {
		HOST_WAIT(sent[i]->send.done != 0);
		cr_expect_eq(sent[i]->send.status, NDIS_STATUS_SUCCESS);
	}
	shape_free_all(sent, 8);
}

/* host_remove checks that every buffer and NBL is home, host_reload that nothing of the
 * drivers' is left. A ring has room for some of what is sent, and nobody takes it. */
static void load_again(const char *bench, ULONG i)
{
	struct proto_port *p;

	host_remove(0);
	host_reload();
	p = host_open(0, NULL);
	if (bench_is_nic(bench))
		nics_wait_link(0);
	if (i % 10 == 0)
		work(p);
}

STAGE_TEST(load, a_hundred_loads_leave_nothing_behind)
{
	bench_start(bench);
	if (bench_is_nic(bench))
		host_remove(1);
	for (ULONG i = 0; i < LOADS; i++)
		load_again(bench, i);
	bench_stop(bench);
}

/* ------------------------------------------------------------------------ faults */

/* What an initialization can't have, in turn: a frame size, buffers, descriptors. */
static void fail(ULONG i)
{
	struct pmb_device_config config = { .node = -1 };

	if (i % 2 == 0)
		cr_assert_eq(nrt_config_set("port0", "*JumboPacket", "70000"), 0);
	else
		config.mbufs = 50u * 1000 * 1000;
	cr_expect_neq(host_try_add(0, &config), 0);
	cr_expect_null(proto_port(0));
	cr_expect_eq(nrt_nbl_live(), 0);
	cr_assert_eq(nrt_config_set("port0", "*JumboPacket", "1514"), 0);
}

STAGE_TEST(load, an_adapter_that_failed_to_initialize_does_when_it_can)
{
	bench_start(bench);
	if (bench_is_nic(bench))
		host_remove(1);
	for (ULONG i = 0; i < FAULTS; i++) {
		host_remove(0);
		fail(i);
		host_open(0, NULL);
		if (bench_is_nic(bench))
			nics_wait_link(0);
		work(proto_port(0));
	}
	bench_stop(bench);
}
