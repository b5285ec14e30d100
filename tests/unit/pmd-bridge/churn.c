/* SPDX-License-Identifier: BSD-3-Clause */
/* See churn.h. Threads here must not use Criterion's assertions. */
#include "churn.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

/* ---------------------------------------------------------------- holding */

#define HOLDS 4           /* at a time, all ports together */

/* A few received NBLs, given back 0 to 50 ms later, most of them soon. */
static struct {
	pthread_mutex_t lock;
	pthread_t thread;
	bool running, stop;
	struct hold {
		struct proto_port *port;
		NET_BUFFER_LIST *nbl;
		uint64_t due;
	} hold[HOLDS];
	ULONG64 random;
} holder = { .lock = PTHREAD_MUTEX_INITIALIZER, .random = 99 };

static uint64_t microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void nap(long us)
{
	const struct timespec t = { .tv_nsec = us * 1000 };

	nanosleep(&t, NULL);
}

static uint64_t some_time(void)
{
	return shape_random(&holder.random) % 256 == 0 ? shape_random(&holder.random) % 50000 :
							shape_random(&holder.random) % 1000;
}

/* True when @nbl is kept. On the worker. */
static bool keep(struct proto_port *port, NET_BUFFER_LIST *nbl)
{
	bool kept = false;

	pthread_mutex_lock(&holder.lock);
	for (unsigned int i = 0; i < HOLDS && !kept && shape_random(&holder.random) % 4 == 0; i++) {
		if (holder.hold[i].nbl == NULL) {
			holder.hold[i] = (struct hold){ port, nbl, microseconds() + some_time() };
			kept = true;
		}
	}
	pthread_mutex_unlock(&holder.lock);
	return kept;
}

/* Keep the first of a chain now and then, give back the rest. It is alone before it is
 * kept: the other thread may give it back at once. */
static void receive(struct proto_port *port, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	NET_BUFFER_LIST *rest = NET_BUFFER_LIST_NEXT_NBL(chain);

	UNREFERENCED_PARAMETER(n);
	if (NDIS_TEST_RECEIVE_CANNOT_PEND(flags))
		return;
	NET_BUFFER_LIST_NEXT_NBL(chain) = NULL;
	if (!keep(port, chain)) {
		NET_BUFFER_LIST_NEXT_NBL(chain) = rest;
		rest = chain;
	}
	if (rest != NULL)
		proto_return(port, rest);
}

static bool give_back_due(uint64_t now)
{
	bool any = false;

	for (unsigned int i = 0; i < HOLDS; i++) {
		struct hold h;

		pthread_mutex_lock(&holder.lock);
		h = holder.hold[i];
		if (h.nbl != NULL && h.due <= now)
			holder.hold[i].nbl = NULL;
		pthread_mutex_unlock(&holder.lock);
		if (h.nbl == NULL)
			continue;
		any = true;
		if (h.due <= now)
			proto_return(h.port, h.nbl);
	}
	return any;
}

static void *hold_thread(void *arg)
{
	bool stop;

	do {
		nap(200);
		pthread_mutex_lock(&holder.lock);
		stop = holder.stop;
		pthread_mutex_unlock(&holder.lock);
	} while (give_back_due(microseconds()) || !stop);
	return arg;
}

void churn_end_holding(void)
{
	pthread_mutex_lock(&holder.lock);
	holder.stop = true;
	pthread_mutex_unlock(&holder.lock);
	pthread_join(holder.thread, NULL);
}

/* ----------------------------------------------------------------- sending */

static void count_end(struct churn_sender *s, const struct proto_send *send)
{
	if (send->done != 1)
		s->wrong++;
	else if (send->status == NDIS_STATUS_SUCCESS)
		s->ended[0]++;
	else if (send->status == NDIS_STATUS_SEND_ABORTED)
		s->ended[1]++;
	else if (send->status == NDIS_STATUS_PAUSED)
		s->ended[2]++;
	else
		s->wrong++;
}

/* Send all NBLs, wait for all of them, and again. */
static void *send_thread(void *arg)
{
	struct churn_sender *s = arg;
	struct churn *c = s->churn;

	while (!atomic_load(&c->stop)) {
		if (!proto_send(c->port, shape_chain(c->port, s->nbl, CHURN_NBLS))) {
			nap(100);
			continue;
		}
		s->sent += CHURN_NBLS;
		for (unsigned int i = 0; i < CHURN_NBLS; i++) {
			while (!s->nbl[i]->send.done)
				nap(20);
			count_end(s, &s->nbl[i]->send);
		}
	}
	atomic_fetch_add(&c->stopped, 1);
	return NULL;
}

static void start_sender(struct churn *c, unsigned int i)
{
	struct churn_sender *s = &c->sender[i];

	s->churn = c;
	for (unsigned int k = 0; k < CHURN_NBLS; k++) {
		struct shape_frame f = { .length = 60 + 300 * (k % 5) };

		s->nbl[k] = shape_new(&f, 1, c->port->mac, c->port->mac, k);
		cr_assert_not_null(s->nbl[k]);
		NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(s->nbl[k]->send.nbl, 0x11);
	}
	cr_assert_eq(pthread_create(&s->thread, NULL, send_thread, s), 0);
}

/* ----------------------------------------------------------------- cycling */

static void *cycle_thread(void *arg)
{
	struct churn *c = arg;
	ULONG64 state = c->id + 1u;

	for (unsigned int i = 0; i < c->cycles && atomic_load(&c->error) == 0; i++) {
		int rc = nrt_adapter_pause(host_adapter(c->id));

		if (rc == 0 && shape_random(&state) % 4 == 0)
			nap(shape_random(&state) % 500);
		if (rc == 0)
			rc = nrt_adapter_restart(host_adapter(c->id));
		atomic_store(&c->error, rc);
		atomic_fetch_add(&c->cycled, 1);
		nap(shape_random(&state) % 1000);
	}
	return NULL;
}

void churn_start(struct churn *c, uint16_t id, unsigned int cycles)
{
	memset(c, 0, sizeof(*c));
	c->id = id;
	c->cycles = cycles;
	c->port = proto_port(id);
	c->port->receive = receive;
	c->port->keep_on_pause = TRUE;
	c->port->pause_mode = PROTO_CANCEL;
	c->port->cancel_id = (PVOID)0x11;
	if (!holder.running)
		cr_assert_eq(pthread_create(&holder.thread, NULL, hold_thread, NULL), 0);
	holder.running = true;
	cr_assert_eq(proto_set_filter(c->port, NDIS_PACKET_TYPE_PROMISCUOUS), NDIS_STATUS_SUCCESS);
	for (unsigned int i = 0; i < CHURN_SENDERS; i++)
		start_sender(c, i);
	cr_assert_eq(pthread_create(&c->cycler, NULL, cycle_thread, c), 0);
}

bool churn_done(struct churn *c)
{
	return atomic_load(&c->error) != 0 || atomic_load(&c->cycled) == c->cycles;
}

bool churn_stop(struct churn *c)
{
	atomic_store(&c->stop, true);
	return atomic_load(&c->stopped) == CHURN_SENDERS;
}

static void no_more_old_receives(void *arg)
{
	(void)arg;
}

void churn_end(struct churn *c)
{
	uint64_t sent = 0, ended = 0;

	pthread_join(c->cycler, NULL);
	c->port->receive = proto_count; /* nobody will give back what is held from now on */
	host_on_worker(no_more_old_receives, NULL);
	for (unsigned int i = 0; i < CHURN_SENDERS; i++) {
		struct churn_sender *s = &c->sender[i];

		pthread_join(s->thread, NULL);
		cr_expect_eq(s->wrong, 0, "port %u: %lu NBLs ended wrongly", c->id, s->wrong);
		sent += s->sent;
		ended += s->ended[0] + s->ended[1] + s->ended[2];
		shape_free_all(s->nbl, CHURN_NBLS);
	}
	cr_expect_eq(c->error, 0, "port %u: pause or restart failed: %d", c->id, c->error);
	cr_expect_eq(sent, ended, "port %u: %lu sent, %lu ended", c->id, sent, ended);
	cr_expect_gt(sent, 0, "port %u sent nothing", c->id);
	cr_expect_gt(c->port->received, 0, "port %u received nothing", c->id);
}
