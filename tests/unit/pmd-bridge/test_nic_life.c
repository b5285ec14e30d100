/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Adapters over NICs that are paused and restarted, halted and initialized again while
 * frames come and go: every send ends once, what arrives is in order and whole, and
 * every buffer comes home.
 */
#include "churn.h"
#include "nics.h"
#include "stream.h"

#define PAUSES 50
#define HALTS 10

static ULONG mixed(ULONG number)
{
	return 60 + number * 37 % 1455;
}

/* ------------------------------------------------------------ pause, restart */

static void cycle_both(void)
{
	static struct churn churn[2];
	unsigned int done;

	for (uint16_t i = 0; i < 2; i++)
		churn_start(&churn[i], i, PAUSES);
	do {
		host_breathe();
		done = 0;
		for (unsigned int i = 0; i < 2; i++)
			done += churn_done(&churn[i]) && churn_stop(&churn[i]);
	} while (done < 2);
	for (unsigned int i = 0; i < 2; i++)
		churn_end(&churn[i]);
	churn_end_holding();
}

NIC_TEST(nic_life, MP_PAU_04_pauses_and_restarts_under_traffic_lose_no_send)
{
	static struct stream there, back;
	struct stream *const both[] = { &there, &back };

	nics_start(type, 2, "", &stream_rings);
	cycle_both();
	for (uint16_t i = 0; i < 2; i++)
		host_expect_balanced(i);
	for (unsigned int i = 0; i < 2; i++) {
		proto_port(i)->pause_mode = PROTO_WAIT;
		stream_open(both[i], (uint16_t)i, (uint16_t)(1 - i), 1514, mixed);
	}
	stream_run(both, 2, 2000); /* and both carry on as if nothing had been */
	for (unsigned int i = 0; i < 2; i++)
		stream_close(both[i]);
	nics_stop();
}

/* ---------------------------------------------------------- halt, initialize */

/* The neighbour, which stays and sends all the time, whoever listens. */
static struct stream steady;
static _Atomic bool stop;

static void *send_steadily(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop))
		if (stream_pump(&steady, ~0u) == 0)
			host_breathe();
	return NULL;
}

static void open_steady(void)
{
	stream_open(&steady, 1, 0, 1514, mixed);
	steady.gaps = true; /* what comes while port 0 is halted is missed */
}

/* Port 0 sends and receives for a while, and goes in the middle of it. */
static void live_and_go(void)
{
	static struct stream mine;
	ULONG heard = steady.arrived;

	stream_open(&mine, 0, 1, 1514, mixed);
	mine.gaps = true; /* port 0 goes while its last frames are under way */
	HOST_WAIT((stream_pump(&mine, ~0u), mine.arrived > 300 && steady.arrived > heard + 300));
	stream_pump(&mine, ~0u);
	host_remove(0);
	cr_expect(stream_is_over(&mine), "%u sends outlived their adapter",
		  mine.next - mine.taken_back);
	stream_close(&mine);
}

NIC_TEST(nic_life, halts_and_initializations_under_traffic_lose_no_send)
{
	pthread_t sender;

	nics_start(type, 2, "", &stream_rings);
	open_steady();
	cr_assert_eq(pthread_create(&sender, NULL, send_steadily, NULL), 0);
	for (unsigned int i = 0; i < HALTS; i++) {
		live_and_go();
		host_open(0, &stream_rings);
		stream_listen(&steady, 0);
	}
	live_and_go();
	atomic_store(&stop, true);
	pthread_join(sender, NULL);
	stream_close(&steady);
	cr_expect_eq(steady.succeeded, steady.next);
	host_expect_balanced(1);
	nics_stop();
}
