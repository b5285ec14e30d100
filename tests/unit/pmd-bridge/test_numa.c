/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NUMA nodes as the bridge tells them (pmd-bridge/numa.c, device.c) where there may be but
 * one; two of them are in tests/integration/vm_numa.py.
 */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <numa.h>
#include <numaif.h>

static void expect_no_such_node(int node, const int *ring_node)
{
	struct pmb_device_config c = { .node = node, .ring_node = ring_node };
	struct pmb_device *d = NULL;

	cr_assert_eq(pmb_device_create(0, &c, &d), -EINVAL);
	cr_expect_not_null(strstr(pmb_last_error(), "no NUMA node 99; nodes are 0"), "'%s'",
			   pmb_last_error());
}

Test(numa, a_node_that_is_not_there_is_refused_and_those_that_are_named)
{
	static const int receive[] = { 99, -1 }, transmit[] = { -1, 99 };

	host_start("net_null0", NULL);
	expect_no_such_node(99, NULL);
	expect_no_such_node(-1, receive);
	expect_no_such_node(0, transmit);
	host_stop();
}

Test(numa, there_is_a_node_0_and_a_list_ends_where_room_does)
{
	char list[64], small[2];

	host_start("net_null0", NULL);
	cr_expect_geq(pmb_node_count(), 1);
	cr_expect(pmb_node_exists(0));
	cr_expect_not(pmb_node_exists(-1));
	cr_expect_not(pmb_node_exists(99));
	pmb_node_list(list, sizeof(list));
	cr_expect_eq(list[0], '0', "'%s'", list);
	pmb_node_list(small, sizeof(small));
	cr_expect_str_eq(small, "0");
	host_stop();
}

Test(numa, the_processors_of_a_node_are_those_sysfs_has)
{
	FILE *file = fopen("/sys/devices/system/node/node0/cpulist", "r");
	char has[256] = "", says[256];

	if (file == NULL || numa_available() < 0)
		cr_skip_test("this kernel has no NUMA");
	cr_assert_not_null(fgets(has, sizeof(has), file));
	fclose(file);
	has[strcspn(has, "\n")] = '\0';
	host_start("net_null0", NULL);
	pmb_node_cpus(0, says, sizeof(says));
	cr_expect_str_eq(says, has);
	pmb_node_cpus(99, says, sizeof(says));
	cr_expect_str_eq(says, "");
	host_stop();
}

Test(numa, memory_lies_where_the_kernel_says_and_untouched_memory_nowhere)
{
	size_t size = 3 * (size_t)sysconf(_SC_PAGESIZE);
	char *va = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int node = -1;

	cr_assert_neq(va, MAP_FAILED);
	host_start("net_null0", NULL);
	cr_expect_eq(pmb_node_of(va, size), PMB_NODE_UNKNOWN);
	va[size - 1] = 1;
	if (get_mempolicy(&node, NULL, 0, va + size - 1, MPOL_F_NODE | MPOL_F_ADDR) != 0)
		node = PMB_NODE_UNKNOWN; /* the kernel does not tell us either */
	cr_expect_eq(pmb_node_of(va, size), node, "%d", node);
	host_stop();
	munmap(va, size);
}

struct seen {
	unsigned int n, far, workers[2];
	const char *names[8];
	uint16_t queues[8];
	bool known;
};

static void see(const struct pmb_part *part, void *context)
{
	struct seen *seen = context;

	cr_assert_lt(seen->n, 8);
	seen->names[seen->n] = part->name;
	seen->queues[seen->n++] = part->queue;
	seen->workers[part->worker]++;
	seen->far += part->node != PMB_NODE_UNKNOWN && part->node != part->wanted;
	seen->known = seen->known || part->node != PMB_NODE_UNKNOWN;
	cr_expect(pmb_node_exists(part->wanted), "%s: %d", part->name, part->wanted);
	cr_expect(part->polled);
}

Test(numa, the_parts_of_an_open_port_are_told_queue_by_queue_and_lie_where_they_should)
{
	static const char *const names[] = { "rx pool", "tx pool", "queue state" };
	struct pmb_device_config c = { .node = -1, .rx_queues = 2, .tx_queues = 2 };
	struct seen seen = { 0 };
	int node = -1;

	host_workers = 2;
	host_start("net_null0", NULL);
	host_open(0, &c);
	pmb_device_parts(host_device(0), see, &seen);
	cr_expect_eq(seen.n, 6, "net_null keeps no rings");
	for (unsigned int i = 0; i < seen.n; i++) {
		cr_expect_str_eq(seen.names[i], names[i % 3], "part %u", i);
		cr_expect_eq(seen.queues[i], i / 3, "part %u", i);
	}
	cr_expect_eq(seen.workers[0], 3);
	cr_expect_eq(seen.workers[1], 3);
	if (pmb_node_count() == 1)
		cr_expect_eq(seen.far, 0);
	if (get_mempolicy(&node, NULL, 0, &seen, MPOL_F_NODE | MPOL_F_ADDR) == 0)
		cr_expect(seen.known, "the kernel tells, so it is told");
	host_remove(0);
	host_stop();
}

Test(numa, a_port_that_is_closed_has_no_parts)
{
	struct pmb_device_config c = { .node = -1 };
	struct seen seen = { 0 };
	struct pmb_device *d;

	host_start("net_null0", NULL);
	cr_assert_eq(pmb_device_create(0, &c, &d), 0);
	pmb_device_parts(d, see, &seen);
	cr_expect_eq(seen.n, 0);
	pmb_device_destroy(d);
	host_stop();
}

Test(numa, workers_have_lcores_and_there_is_none_beyond_the_last)
{
	host_workers = 2;
	host_start("net_null0", NULL);
	cr_expect_eq(pmb_worker_lcore(0), 1);
	cr_expect_eq(pmb_worker_lcore(1), 2);
	cr_expect(pmb_node_exists(pmb_worker_node(1)), "%d", pmb_worker_node(1));
	cr_expect_eq(pmb_worker_node(2), -1);
	host_stop();
}
