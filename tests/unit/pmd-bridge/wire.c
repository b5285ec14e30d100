/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings behind net_ring ports, see wire.h. */
#include "wire.h"

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "host.h"

#define BUFFERS 4095

static struct wire {
	struct rte_ring *to_port, *from_port;
} wires[8];

static unsigned int n_wires;
static struct rte_mempool *pool;

static struct rte_ring *ring_new(const char *name, const char *way, unsigned int size)
{
	char full[RTE_RING_NAMESIZE];
	struct rte_ring *r;

	snprintf(full, sizeof(full), "%s_%s", name, way);
	r = rte_ring_create(full, size, SOCKET_ID_ANY, 0);
	cr_assert_not_null(r, "ring %s: %s", full, rte_strerror(rte_errno));
	return r;
}

uint16_t wire_ring_port(const char *name, unsigned int size, struct wire **wire)
{
	struct wire *w = &wires[n_wires++];
	int port;

	cr_assert_leq(n_wires, RTE_DIM(wires));
	w->to_port = ring_new(name, "to", size);
	w->from_port = ring_new(name, "from", size);
	port = rte_eth_from_rings(name, &w->to_port, 1, &w->from_port, 1, 0);
	cr_assert_geq(port, 0);
	*wire = w;
	return (uint16_t)port;
}

void wire_ring_pair(unsigned int size, uint16_t port[2])
{
	struct rte_ring *there = ring_new("pair", "there", size);
	struct rte_ring *back = ring_new("pair", "back", size);

	port[0] = (uint16_t)rte_eth_from_rings("pair_a", &back, 1, &there, 1, 0);
	port[1] = (uint16_t)rte_eth_from_rings("pair_b", &there, 1, &back, 1, 0);
	cr_assert(rte_eth_dev_is_valid_port(port[0]) && rte_eth_dev_is_valid_port(port[1]));
}

/* Every buffer that was put on a wire has been freed by whoever took it. */
static void expect_all_home(void)
{
	unsigned int out = rte_mempool_in_use_count(pool);

	cr_expect_eq(out, 0, "%u buffers of the wire's were not given back", out);
}

static struct rte_mbuf *frame_new(const uint8_t *bytes, uint32_t length, uint32_t segment)
{
	struct rte_mbuf *head = NULL;

	if (pool == NULL) {
		pool = rte_pktmbuf_pool_create("wire", BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					       SOCKET_ID_ANY);
		cr_assert_not_null(pool, "%s", rte_strerror(rte_errno));
		host_last_check = expect_all_home;
	}
	do {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		uint32_t n = segment != 0 && segment < length ? segment : length;

		cr_assert_not_null(m);
		memcpy(rte_pktmbuf_append(m, (uint16_t)n), bytes, n);
		if (head == NULL)
			head = m;
		else
			rte_pktmbuf_chain(head, m);
		bytes += n;
		length -= n;
	} while (length != 0);
	return head;
}

bool wire_put(struct wire *w, const void *bytes, uint32_t length, uint32_t segment)
{
	struct rte_mbuf *m = frame_new(bytes, length, segment);

	if (rte_ring_enqueue(w->to_port, m) == 0)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

uint32_t wire_take(struct wire *w, void *bytes, uint32_t size)
{
	struct rte_mbuf *m;
	const void *at;
	uint32_t length;

	if (rte_ring_dequeue(w->from_port, (void **)&m) != 0)
		return 0;
	length = m->pkt_len;
	cr_assert_leq(length, size);
	rte_mbuf_sanity_check(m, 1);
	at = rte_pktmbuf_read(m, 0, length, bytes);
	cr_assert_not_null(at, "a frame of %u bytes in %u segments is inconsistent", length,
			   m->nb_segs);
	if (at != bytes)
		memcpy(bytes, at, length);
	rte_pktmbuf_free(m);
	return length;
}

unsigned int wire_count(const struct wire *w)
{
	return rte_ring_count(w->from_port);
}

unsigned int wire_waiting(const struct wire *w)
{
	return rte_ring_count(w->to_port);
}

