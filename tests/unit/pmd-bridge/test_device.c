/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host asks of a port that can't be had (pmd-bridge/device.c, port.c): each
 * gets one line that says what to do, and leaves nothing behind. And the facts a host
 * reads.
 */
#include "host.h"
#include "wire.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_malloc.h>

/* A device that can't be: @rc, and a line with @word in it. */
static void expect_refused(uint16_t port, struct pmb_device_config c, int rc, const char *word)
{
	struct pmb_device *d = NULL;
	int got;

	c.node = -1;
	got = pmb_device_create(port, &c, &d);
	cr_assert_eq(got, rc, "%d, not %d, for: %s", got, rc, word);
	cr_expect_not_null(strstr(pmb_last_error(), word), "'%s' does not say '%s'",
			   pmb_last_error(), word);
	cr_expect_null(strchr(pmb_last_error(), '\n'));
}

Test(device, what_a_port_can_not_do_is_refused_with_a_line_that_says_so)
{
	host_start("net_tap0,iface=dtap0", NULL);
	if (pmb_port_count() == 0) {
		host_stop();
		cr_skip_test("net_tap needs root");
	}
	expect_refused(7, (struct pmb_device_config){ 0 }, -ENODEV, "no port 7");
	expect_refused(0, (struct pmb_device_config){ .rx_queues = 17 }, -EINVAL, "--rxq=16");
	expect_refused(0, (struct pmb_device_config){ .tx_queues = 17 }, -EINVAL, "--txq=16");
	expect_refused(0, (struct pmb_device_config){ .burst = 65 }, -EINVAL, "65");
	expect_refused(0, (struct pmb_device_config){ .max_frame = 63 }, -EINVAL, "not 63");
	expect_refused(0, (struct pmb_device_config){ .max_frame = 70000 }, -EINVAL, "not 70000");
	expect_refused(0, (struct pmb_device_config){ .mbufs = 100 }, -EINVAL, "it has 100");
	host_stop();
}

Test(device, a_pool_that_could_starve_is_refused_with_the_sum)
{
	struct pmb_device_config c = { .rx_queues = 2, .tx_queues = 3, .rx_desc = 256,
				       .tx_desc = 512, .burst = 16 };

	host_start("net_null0", NULL);
	c.mbufs = 2 * (256 + 2 * 16) + 3 * 512 - 1;
	expect_refused(0, c, -EINVAL, "at least 2112 mbufs");
	c.mbufs++;
	cr_assert_eq(host_try_add(0, &c), 0, "%s", pmb_last_error());
	host_stop();
}

/* Of EAL's memory, without the test protocol's closed bindings, which it keeps till its end. */
static size_t allocated(void)
{
	struct rte_malloc_socket_stats s;

	host_reload();
	cr_assert_eq(rte_malloc_get_socket_stats(0, &s), 0);
	return s.heap_allocsz_bytes;
}

Test(device, opening_and_closing_again_and_again_leaks_nothing)
{
	size_t before = 0, after;

	host_start("net_null0", NULL);
	for (unsigned int i = 0; i < 40; i++) {
		host_open(0, NULL)->receive = proto_count;
		host_remove(0);
		if (i == 9)
			before = allocated(); /* what is made once is made by now */
	}
	after = allocated();
	cr_expect_leq(after, before, "%zu bytes more after 30 rounds", after - before);
	host_stop();
}

/* An allocation fails later and later, until none does: EAL has a little more memory
 * left each time. What was got before it failed comes back. */
Test(device, an_adapter_that_runs_out_of_memory_half_way_leaves_nothing_behind)
{
	enum { STEP = 200 * 1024, STEPS = 100 };
	void *fillers[STEPS * 4] = { NULL };
	unsigned int n = 0, failed = 0;
	size_t before;
	int rc;

	host_megabytes = 64;
	host_start("net_null0", NULL);
	cr_assert_eq(host_try_add(0, NULL), 0, "%s", pmb_last_error());
	host_remove(0);
	while (n < STEPS * 4 && (fillers[n] = rte_malloc(NULL, STEP, 0)) != NULL)
		n++;
	cr_assert(n > 50 && n < STEPS * 4, "%u", n);
	do {
		rte_free(fillers[--n]);
		before = allocated();
		rc = host_try_add(0, NULL);
		if (rc != 0) {
			failed++;
			cr_expect_not_null(strstr(pmb_last_error(), "memory"), "'%s'",
					   pmb_last_error());
			cr_expect_eq(allocated(), before, "%zd bytes leaked",
				     (ssize_t)(allocated() - before));
		}
	} while (rc != 0 && n != 0);
	cr_assert_eq(rc, 0, "it never worked: %s", pmb_last_error());
	cr_expect_gt(failed, 5, "memory did not run out");
	host_remove(0);
	while (n != 0)
		rte_free(fillers[--n]);
	host_stop();
}

Test(device, too_little_memory_is_said_in_one_line)
{
	struct pmb_device_config c = { .node = -1, .mbufs = 100000 };

	host_megabytes = 32;
	host_start("net_null0", NULL);
	cr_expect_eq(host_try_add(0, &c), -ENODEV);
	cr_expect_not_null(strstr(pmb_last_error(), "100000"), "'%s'", pmb_last_error());
	cr_expect_not_null(strstr(pmb_last_error(), "-m"), "'%s'", pmb_last_error());
	cr_assert_eq(host_try_add(0, NULL), 0, "%s", pmb_last_error());
	host_stop();
}

Test(device, an_MTU_the_port_does_not_take_fails_the_adapter_with_a_line)
{
	host_start("net_null0", NULL);
	nrt_config_set("port0", "*JumboPacket", "100000");
	cr_expect_eq(host_try_add(0, NULL), -ENODEV);
	cr_expect_not_null(strstr(pmb_last_error(), "mtu"), "'%s'", pmb_last_error());
	nrt_config_set("port0", "*JumboPacket", "9014");
	cr_assert_eq(host_try_add(0, NULL), 0, "%s", pmb_last_error());
	cr_expect_eq(proto_port(0)->mtu, 9000);
	host_stop();
}

Test(device, the_facts_of_a_port_are_those_it_was_given)
{
	struct pmb_device_config c = { .node = -1, .rx_queues = 2, .tx_queues = 2, .rx_desc = 128,
				       .tx_desc = 256 };
	struct pmb_device_info info;
	struct pmb_device *d;

	host_start("net_null0", NULL);
	cr_assert_eq(pmb_port_limits(0, &info), 0);
	cr_expect_str_eq(info.driver, "net_null");
	cr_expect_str_eq(info.name, "net_null0");
	cr_expect_eq(pmb_port_limits(1, &info), -ENODEV);
	cr_assert_eq(pmb_device_create(0, &c, &d), 0, "%s", pmb_last_error());
	pmb_device_info(d, &info);
	cr_expect_eq(info.rx_queues, 2);
	cr_expect_eq(info.rx_desc, 128);
	cr_expect_eq(info.tx_desc, 256);
	cr_expect_eq(info.needed_mbufs, 2 * (128 + 64) + 2 * 256);
	cr_expect_geq(info.mbufs, info.needed_mbufs);
	cr_expect_str_eq(pmb_device(d)->name, "port0");
	pmb_device_destroy(d);
	host_stop();
}

static void count_xstat(const char *name, uint64_t value, void *arg)
{
	uint64_t *sum = arg;

	if (strcmp(name, "rx_good_packets") == 0)
		*sum += value;
}

Test(device, the_statistics_of_PMD_bridge_and_runtime_agree)
{
	struct pmb_device_stats s;
	struct nrt_ledger l;
	uint64_t xstat = 0;

	host_start("net_null0", NULL);
	host_open(0, NULL)->receive = proto_count;
	HOST_WAIT(proto_port(0)->received > 1000);
	host_pause(0);
	s = host_stats(0);
	pmb_device_xstats(host_device(0), count_xstat, &xstat);
	nrt_adapter_ledger(host_adapter(0), &l);
	cr_expect_eq(s.ipackets, s.rx_frames);
	cr_expect_eq(xstat, s.rx_frames);
	cr_expect_eq(l.rx_indicated, s.rx_indicated);
	cr_expect_eq(l.rx_delivered + l.rx_drop_paused + l.rx_drop_filter, s.rx_indicated);
	cr_expect_eq((uint64_t)proto_port(0)->received, l.rx_delivered);
	host_restart(0);
	host_stop();
}
