/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The slow NIC of wire.h: a transmit callback takes the mbufs out of a burst, keeps
 * them, and gives net_null others to free. Callbacks run on the port's worker; one
 * lock guards everything.
 */
#include "wire.h"

#include <pthread.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define MAX_FRAMES 8192

struct kept {
	struct rte_mbuf *mbuf; /* NULL once let go */
	uint32_t length;
	uint8_t *bytes;        /* as accepted */
};

struct slow {
	pthread_mutex_t lock;
	unsigned int allowed, accepted, held, in_burst;
	struct kept kept[MAX_FRAMES];
};

static struct slow *nics[RTE_MAX_ETHPORTS];
static struct rte_mempool *dummies;

static void keep(struct slow *s, struct rte_mbuf *m)
{
	struct kept *k = &s->kept[s->accepted++];
	const void *at;

	k->mbuf = m;
	k->length = m->pkt_len;
	k->bytes = malloc(m->pkt_len);
	at = rte_pktmbuf_read(m, 0, m->pkt_len, k->bytes);
	if (at != k->bytes)
		memcpy(k->bytes, at, m->pkt_len);
	s->held++;
}

static bool let_go(struct slow *s, struct kept *k)
{
	struct rte_mbuf *m = k->mbuf;
	uint8_t *now = malloc(k->length);
	const void *at = rte_pktmbuf_read(m, 0, k->length, now);
	bool same = at != NULL && memcmp(at, k->bytes, k->length) == 0;

	free(now);
	k->mbuf = NULL;
	s->held--;
	rte_pktmbuf_free(m);
	return same;
}

static bool release_oldest(struct slow *s, unsigned int n)
{
	bool same = true;

	for (unsigned int i = 0; i < s->accepted && n != 0; i++) {
		if (s->kept[i].mbuf != NULL) {
			same &= let_go(s, &s->kept[i]);
			n--;
		}
	}
	return same;
}

static uint16_t transmit(uint16_t port, uint16_t queue, struct rte_mbuf *m[], uint16_t n, void *arg)
{
	struct slow *s = arg;
	uint16_t i;

	(void)port;
	(void)queue;
	pthread_mutex_lock(&s->lock);
	release_oldest(s, s->in_burst);
	s->in_burst = 0;
	for (i = 0; i < n && s->allowed != 0 && s->accepted < MAX_FRAMES; i++) {
		keep(s, m[i]);
		m[i] = rte_pktmbuf_alloc(dummies);
		s->allowed--;
	}
	pthread_mutex_unlock(&s->lock);
	return i;
}

void slow_begin(uint16_t port)
{
	struct slow *s = calloc(1, sizeof(*s));

	if (dummies == NULL)
		dummies = rte_pktmbuf_pool_create("dummies", 255, 0, 0, 128, SOCKET_ID_ANY);
	cr_assert_not_null(dummies);
	pthread_mutex_init(&s->lock, NULL);
	nics[port] = s;
	s->allowed = MAX_FRAMES;
	cr_assert_not_null(rte_eth_add_tx_callback(port, 0, transmit, s));
}

void slow_allow(uint16_t port, unsigned int frames)
{
	pthread_mutex_lock(&nics[port]->lock);
	nics[port]->allowed = frames;
	pthread_mutex_unlock(&nics[port]->lock);
}

static unsigned int read_locked(struct slow *s, const unsigned int *value)
{
	unsigned int v;

	pthread_mutex_lock(&s->lock);
	v = *value;
	pthread_mutex_unlock(&s->lock);
	return v;
}

unsigned int slow_accepted(uint16_t port)
{
	return read_locked(nics[port], &nics[port]->accepted);
}

unsigned int slow_held(uint16_t port)
{
	return read_locked(nics[port], &nics[port]->held);
}

uint32_t slow_frame(uint16_t port, unsigned int index, void *bytes, uint32_t size)
{
	const struct kept *k = &nics[port]->kept[index];

	cr_assert_lt(index, slow_accepted(port));
	cr_assert_leq(k->length, size);
	memcpy(bytes, k->bytes, k->length);
	return k->length;
}

bool slow_release(uint16_t port, unsigned int n)
{
	struct slow *s = nics[port];
	bool same;

	pthread_mutex_lock(&s->lock);
	same = release_oldest(s, n);
	pthread_mutex_unlock(&s->lock);
	return same;
}

bool slow_release_newest(uint16_t port, unsigned int n)
{
	struct slow *s = nics[port];
	bool same = true;

	pthread_mutex_lock(&s->lock);
	for (unsigned int i = s->accepted; i != 0 && n != 0; i--) {
		if (s->kept[i - 1].mbuf != NULL) {
			same &= let_go(s, &s->kept[i - 1]);
			n--;
		}
	}
	pthread_mutex_unlock(&s->lock);
	return same;
}

void slow_release_in_burst(uint16_t port, unsigned int n)
{
	pthread_mutex_lock(&nics[port]->lock);
	nics[port]->in_burst = n;
	pthread_mutex_unlock(&nics[port]->lock);
}
