/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NUMA: the nodes there are, and where the parts of an open port lie. EAL knows on which
 * node it wanted them, libnuma and the kernel on which they are. Control threads.
 */
#include <stdio.h>
#include <unistd.h>

#include <numa.h>

#include <rte_lcore.h>
#include <rte_memory.h>
#include <rte_memzone.h>

#include "pool.h"
#include "port.h"

#define PAGES_AT_A_TIME 256

unsigned int pmb_node_count(void)
{
	return rte_socket_count();
}

bool pmb_node_exists(int node)
{
	for (unsigned int i = 0; i < rte_socket_count(); i++)
		if (rte_socket_id_by_idx(i) == node)
			return true;
	return false;
}

/* Add a printed piece to @out, as far as there is room; where the next one goes. */
static size_t append(char *out, size_t size, size_t used, const char *format, unsigned int n)
{
	int added = snprintf(out + used, size - used, format, n);

	return added < 0 || (size_t)added >= size - used ? used : used + (size_t)added;
}

void pmb_node_list(char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < rte_socket_count(); i++)
		used = append(out, size, used, used == 0 ? "%u" : ",%u",
			      (unsigned int)rte_socket_id_by_idx(i));
}

static void list_cpus(const struct bitmask *cpus, char *out, size_t size)
{
	unsigned int n = (unsigned int)numa_num_possible_cpus();
	size_t used = 0;

	for (unsigned int first = 0; first < n; first++) {
		unsigned int last = first;

		if (!numa_bitmask_isbitset(cpus, first))
			continue;
		while (last + 1 < n && numa_bitmask_isbitset(cpus, last + 1))
			last++;
		used = append(out, size, used, used == 0 ? "%u" : ",%u", first);
		if (last != first)
			used = append(out, size, used, "-%u", last);
		first = last;
	}
}

void pmb_node_cpus(int node, char *out, size_t size)
{
	struct bitmask *cpus;

	out[0] = '\0';
	if (numa_available() < 0 || !pmb_node_exists(node))
		return;
	cpus = numa_allocate_cpumask();
	if (numa_node_to_cpus(node, cpus) == 0)
		list_cpus(cpus, out, size);
	numa_free_cpumask(cpus);
}

/* The node of two pieces, each of whose is known. */
static int both(int a, int b)
{
	if (a == PMB_NODE_UNKNOWN || a == b)
		return b;
	return b == PMB_NODE_UNKNOWN ? a : PMB_NODE_SEVERAL;
}

static size_t page_size_of(const void *va)
{
	const struct rte_memseg_list *list = rte_mem_virt2memseg_list(va);

	return list != NULL ? (size_t)list->page_sz : (size_t)sysconf(_SC_PAGESIZE);
}

int pmb_node_of(const void *va, size_t len)
{
	size_t page = page_size_of(va);
	uintptr_t at = (uintptr_t)va & ~(uintptr_t)(page - 1), end = (uintptr_t)va + len;
	int node = PMB_NODE_UNKNOWN;

	if (numa_available() < 0)
		return PMB_NODE_UNKNOWN;
	while (at < end) {
		void *pages[PAGES_AT_A_TIME];
		int status[PAGES_AT_A_TIME];
		unsigned int n = 0;

		for (; n < PAGES_AT_A_TIME && at < end; at += page)
			pages[n++] = (void *)at;
		/* Without nodes to move to it only tells [move_pages(2)]. */
		if (numa_move_pages(0, n, pages, NULL, status, 0) != 0)
			return PMB_NODE_UNKNOWN;
		for (unsigned int i = 0; i < n; i++)
			if (status[i] >= 0) /* else nobody has touched the page yet */
				node = both(node, status[i]);
	}
	return node;
}

/* ------------------------------------------------------------------- a port's parts */

/* A ring, if the PMD reserved it under ethdev's name as most do [rte_eth_dma_zone_reserve];
 * NULL: nobody but the PMD knows where it is. */
static const struct rte_memzone *ring_zone(uint16_t port, uint16_t queue, const char *name)
{
	char zone_name[RTE_MEMZONE_NAMESIZE];

	snprintf(zone_name, sizeof(zone_name), "eth_p%u_q%u_%s", port, queue, name);
	return rte_memzone_lookup(zone_name);
}

/* Buffers and the stack of free ones. */
static int pool_node(const struct pmb_pool *pool)
{
	return both(pmb_node_of(pool->zone->addr, pool->zone->len),
		    pmb_node_of(pool, sizeof(*pool) + pool->size * sizeof(pool->stack[0])));
}

static int state_node(const struct pmb_queue *q)
{
	int node = pmb_node_of(q, sizeof(*q));

	if (q->tx.evidence != NULL)
		node = both(node, pmb_node_of(q->tx.evidence, 1));
	return node;
}

static void ring_parts(struct pmb_part *part, const struct rte_memzone *ring, const char *ring_name,
		       const struct pmb_pool *pool, const char *pool_name, pmb_part_fn *fn,
		       void *context)
{
	if (ring != NULL) {
		part->name = ring_name;
		part->node = pmb_node_of(ring->addr, ring->len);
		fn(part, context);
	}
	part->name = pool_name;
	part->node = pool_node(pool);
	fn(part, context);
}

static void queue_parts(const struct pmb_device *d, const struct pmb_queue *q, pmb_part_fn *fn,
			void *context)
{
	struct pmb_part part = { .worker = q->worker, .polled = q->has_rx };

	if (q->has_rx) {
		part.queue = q->rx.queue;
		part.wanted = d->rx_ring.node;
		ring_parts(&part, ring_zone(d->id, part.queue, "rx_ring"), "rx ring", q->rx.pool,
			   "rx pool", fn, context);
	}
	if (q->has_tx) {
		part.queue = q->tx.queue;
		part.wanted = d->tx_ring.node;
		ring_parts(&part, ring_zone(d->id, part.queue, "tx_ring"), "tx ring", q->tx.pool,
			   "tx pool", fn, context);
	}
	part.name = "queue state";
	part.wanted = pmb_worker_node(q->worker);
	part.node = state_node(q);
	fn(&part, context);
}

void pmb_device_parts(const struct pmb_device *d, pmb_part_fn *fn, void *context)
{
	const struct pmb_port *port = d->port;

	for (uint16_t i = 0; port != NULL && i < port->n_queues; i++)
		queue_parts(d, port->queues[i], fn, context);
}
