/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reference miniport's resets (miniport/pmd/reset.c, pmb_port_reset): those it
 * asks for because its sends hang, on a ring nobody reads, and those the test asks
 * for in its place; what is no hang; resets beside pauses and sends. Rules
 * MP-RST-02 to -04, -07.
 */
#include "bed.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

static const UCHAR dst[6] = { 2, 0, 0, 0, 0, 0xD }, src[6] = { 2, 0, 0, 0, 0, 0x5 };

static void make(struct shaped *list[], ULONG n, ULONG id)
{
	for (ULONG i = 0; i < n; i++) {
		struct shape_frame f = { .length = 60 + i % 700 };

		list[i] = shape_new(&f, 1, dst, src, id + i);
		cr_assert_not_null(list[i]);
		list[i]->send.on_done = shape_scribble;
	}
}

static ULONG done_of(struct shaped *const list[], ULONG n)
{
	ULONG done = 0;

	for (ULONG i = 0; i < n; i++)
		done += list[i]->send.done != 0;
	return done;
}

static void send_all(struct proto_port *port, struct shaped *const list[], ULONG n)
{
	cr_assert(proto_send(port, shape_chain(port, list, n)));
}

/* The first @sent went out, the others a reset ended; each completed once. */
static void expect_aborted(struct shaped *const list[], ULONG n, ULONG sent)
{
	for (ULONG i = 0; i < n; i++) {
		cr_assert_eq(list[i]->send.done, 1, "NBL %u completed %d times", i,
			     list[i]->send.done);
		cr_expect_eq(list[i]->send.status,
			     i < sent ? NDIS_STATUS_SUCCESS : NDIS_STATUS_REQUEST_ABORTED,
			     "NBL %u ended with 0x%08X", i, (unsigned int)list[i]->send.status);
	}
}

static void empty(struct wire *w)
{
	static UCHAR bytes[2048];

	while (wire_take(w, bytes, sizeof(bytes)) != 0)
		;
}

/* A reset of port 0 as its miniport asks for it, and its end. */
static void reset_and_wait(void)
{
	struct proto_port *p = proto_port(0);
	LONG ends = p->reset_ends;

	NdisMResetMiniport(host_adapter(0));
	HOST_WAIT(p->reset_ends > ends);
}

/* ---------------------------------------------------------------- sends that hang */

BRIDGE_TEST(port_reset, MP_RST_03_sends_that_hang_are_aborted_by_a_reset_and_traffic_goes_on)
{
	struct shaped *list[300], *later[40];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	make(list, 300, 0);
	send_all(bed.port, list, 300);
	HOST_WAIT(bed.port->reset_ends == 1); /* the ring takes 63 frames, nobody reads */
	cr_expect_eq(bed.port->reset_starts, 1);
	cr_expect_eq(done_of(list, 300), 300, "MP-RST-02: the reset ended before the sends");
	expect_aborted(list, 300, 63);
	cr_expect_eq(wire_count(bed.wire), 63);
	empty(bed.wire);
	make(later, 40, 1000);
	send_all(bed.port, later, 40);
	bed_finish(&bed, later, 40, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, later, 40);
	shape_free_all(later, 40);
	bed_stop(&bed, list, 300);
}

BRIDGE_TEST(port_reset, a_NIC_that_hangs_again_is_reset_again)
{
	struct shaped *list[80];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	make(list, 80, 0);
	send_all(bed.port, list, 80);
	HOST_WAIT(bed.port->reset_ends == 1);
	expect_aborted(list, 80, 63);
	shape_free_all(list, 80);
	make(list, 80, 100);
	send_all(bed.port, list, 80); /* the ring is still full */
	HOST_WAIT(bed.port->reset_ends == 2);
	expect_aborted(list, 80, 0);
	host_expect_balanced(0);
	empty(bed.wire);
	bed_stop(&bed, list, 80);
}

/* Port 1 hangs and is reset @n times: as long as that takes, port 0 has been looked at. */
static void outlast_resets(struct wire *hung, LONG n)
{
	struct shaped *list[80];

	for (LONG i = 1; i <= n; i++) {
		make(list, 80, 0);
		send_all(proto_port(1), list, 80);
		HOST_WAIT(proto_port(1)->reset_ends == i);
		shape_free_all(list, 80);
	}
	empty(hung);
}

BRIDGE_TEST(port_reset, sends_that_wait_for_a_link_have_more_time_and_end_all_the_same)
{
	struct shaped *list[80];
	static struct wire *down, *hung;
	struct proto_port *p;

	host_start(NULL);
	wire_ring_port("down", 64, &down);
	wire_ring_port("hung", 64, &hung);
	p = host_add(0, NULL);
	host_add(1, NULL);
	HOST_WAIT(p->link_changes == 1); /* up, since the port was started */
	cr_assert_eq(rte_eth_dev_set_link_down(0), 0);
	HOST_WAIT(p->link_changes == 2);
	make(list, 80, 0);
	send_all(p, list, 80);
	HOST_WAIT(done_of(list, 80) == 63);
	outlast_resets(hung, 1); /* with a link it would have been one */
	cr_expect_eq(p->reset_starts, 0);
	cr_expect_eq(done_of(list, 80), 63);
	HOST_WAIT(p->reset_ends == 1); /* the cable stays out */
	expect_aborted(list, 80, 63);
	empty(down);
	shape_free_all(list, 80);
	host_stop();
}

static void *pause_port_0(void *done)
{
	host_pause(0);
	InterlockedIncrement(done);
	return NULL;
}

BRIDGE_TEST(port_reset, sends_that_a_pause_waits_for_are_no_hang)
{
	struct shaped *list[20];
	volatile LONG paused = 0;
	struct proto_port *p;
	static struct wire *hung;
	pthread_t thread;

	host_tolerates = "PR-PAU-01, MP-PAU-09"; /* two hangs take about 10 s */
	host_start("net_null0,no-rx=1", NULL);
	wire_ring_port("hung", 64, &hung);
	p = host_add(0, NULL);
	host_add(1, NULL);
	slow_begin(0);
	p->pause_mode = PROTO_DONT_WAIT;
	make(list, 20, 0);
	send_all(p, list, 20);
	HOST_WAIT(slow_held(0) == 20);
	cr_assert_eq(pthread_create(&thread, NULL, pause_port_0, (void *)(uintptr_t)&paused), 0);
	outlast_resets(hung, 2);
	cr_expect_eq(p->reset_starts, 0);
	cr_expect_eq(paused, 0);
	cr_assert(slow_release(0, 20));
	pthread_join(thread, NULL);
	cr_expect_eq(done_of(list, 20), 20);
	host_restart(0);
	shape_free_all(list, 20);
	host_stop();
}

/* ------------------------------------------------------------ a port that is broken */

static void write_one_frame(const char *path)
{
	const UCHAR bytes[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5 };
	struct pcap_frames frames = { 0 };

	pcapfile_add(&frames, bytes, sizeof(bytes));
	cr_assert_eq(pcapfile_write(path, &frames), 0);
	pcapfile_free(&frames);
}

/* A file that is gone when the port starts again. */
BRIDGE_TEST(port_reset, a_port_that_does_not_start_again_ends_its_sends_until_it_is_restarted)
{
	const char *path = host_file("in.pcap");
	struct shaped *list[4];
	struct proto_port *p;
	char vdev[200];

	write_one_frame(path);
	snprintf(vdev, sizeof(vdev), "net_pcap0,rx_pcap=%s,tx_pcap=/dev/null", path);
	host_start(vdev, NULL);
	p = host_open(0, NULL);
	HOST_WAIT(p->received == 1);
	cr_assert_eq(unlink(path), 0);
	reset_and_wait();
	make(list, 4, 0);
	send_all(p, list, 2);
	HOST_WAIT(done_of(list, 2) == 2);
	expect_aborted(list, 2, 0);
	host_pause(0);
	cr_expect_neq(nrt_adapter_restart(host_adapter(0)), 0);
	write_one_frame(path);
	host_restart(0);
	send_all(p, list + 2, 2);
	HOST_WAIT(done_of(list + 2, 2) == 2);
	cr_expect_eq(list[2]->send.status, NDIS_STATUS_SUCCESS);
	HOST_WAIT(host_stats(0).rx_frames == 2); /* the frame once more */
	host_expect_balanced(0);
	shape_free_all(list, 4);
	host_stop();
}

/* ------------------------------------------------------------------ what survives */

static void put_frames(struct wire *w, ULONG n, UCHAR first)
{
	UCHAR bytes[64] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5 };

	for (ULONG i = 0; i < n; i++) {
		bytes[14] = (UCHAR)(first + i);
		cr_assert(wire_put(w, bytes, sizeof(bytes), 0));
	}
}

/* Take @n frames from the log; their ids run from @first. */
static void expect_logged(struct proto_port *p, ULONG n, UCHAR first)
{
	HOST_WAIT(p->n_frames == n);
	for (ULONG i = 0; i < n; i++) {
		struct proto_frame *f = proto_take_frame(p);

		cr_expect_eq(f->bytes[14], first + i);
		proto_free_frame(f);
	}
}

BRIDGE_TEST(port_reset, received_NBLs_that_are_above_outlive_a_reset)
{
	struct proto_port *p;
	NET_BUFFER_LIST *held;
	static struct wire *w;
	UCHAR next = 0;

	host_start(NULL);
	wire_ring_port("ring", 64, &w);
	p = host_open(0, NULL);
	p->receive = proto_hold;
	put_frames(w, 20, 0);
	HOST_WAIT(p->n_held == 20);
	reset_and_wait();
	p->receive = proto_log;
	put_frames(w, 20, 100);
	expect_logged(p, 20, 100);
	held = proto_take_held(p, 20);
	for (NET_BUFFER_LIST *nbl = held; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		UCHAR bytes[64];

		cr_assert_eq(proto_read(NET_BUFFER_LIST_FIRST_NB(nbl), bytes, sizeof(bytes)), 64);
		cr_expect_eq(bytes[14], next++);
	}
	proto_return(p, held);
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(port_reset, MP_RST_04_filters_hold_after_a_reset)
{
	const UCHAR group[6] = { 1, 0, 0x5E, 0, 0, 7 };
	UCHAR bytes[64] = { 1, 0, 0x5E, 0, 0, 7, 2, 0, 0, 0, 0, 2, 0x88, 0xB5 };
	struct proto_port *p;
	static struct wire *w;

	host_start(NULL);
	wire_ring_port("ring", 64, &w);
	p = host_add(0, NULL);
	cr_assert_eq(proto_set_filter(p, NDIS_PACKET_TYPE_MULTICAST), NDIS_STATUS_SUCCESS);
	cr_assert_eq(proto_set_multicast(p, &group, 1), NDIS_STATUS_SUCCESS);
	for (UCHAR i = 0; i < 3; i++) {
		bytes[5] = 7;
		bytes[14] = i;
		cr_assert(wire_put(w, bytes, sizeof(bytes), 0));
		bytes[5] = 8; /* of another group */
		cr_assert(wire_put(w, bytes, sizeof(bytes), 0));
		HOST_WAIT(wire_waiting(w) == 0);
		expect_logged(p, 1, i);
		reset_and_wait();
		cr_expect_eq(rte_eth_promiscuous_get(0), 0);
	}
	HOST_WAIT(host_stats(0).rx_drop_filter == 3);
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(port_reset, a_paused_port_is_reset_and_stays_paused)
{
	struct shaped *list[10], *early;
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	host_pause(0);
	reset_and_wait();
	make(&early, 1, 1000);
	proto_send_anyway(bed.port, shape_chain(bed.port, &early, 1));
	HOST_WAIT(early->send.done);
	cr_expect_eq(early->send.status, NDIS_STATUS_PAUSED);
	shape_free(early);
	host_restart(0);
	make(list, 10, 0);
	send_all(bed.port, list, 10);
	bed_finish(&bed, list, 10, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 10);
	bed_stop(&bed, list, 10);
}

/* What the NIC let go of only after it was stopped is what the reset waits for. */
BRIDGE_TEST(port_reset, MP_RST_02_a_reset_ends_after_the_last_send_that_the_NIC_has)
{
	struct shaped *list[50];
	struct bed bed;

	bed_start(&bed, BED_SLOW, NULL);
	make(list, 50, 0);
	send_all(bed.port, list, 50);
	HOST_WAIT(slow_held(0) == 50);
	NdisMResetMiniport(host_adapter(0));
	HOST_WAIT(bed.port->reset_starts == 1);
	cr_assert(slow_release(0, 49));
	HOST_WAIT(done_of(list, 50) == 49);
	cr_expect_eq(bed.port->reset_ends, 0);
	cr_assert(slow_release(0, 1));
	HOST_WAIT(bed.port->reset_ends == 1);
	cr_expect_eq(done_of(list, 50), 50);
	host_expect_balanced(0);
	bed_stop(&bed, list, 50);
}

/* --------------------------------------------------- beside sends, pauses, requests */

#define NBLS 32

static _Atomic bool stop;

struct sender {
	struct proto_port *port;
	pthread_t thread;
	struct shaped *nbl[NBLS];
	ULONG sent, wrong;
};

static BOOLEAN may_end_so(NDIS_STATUS status)
{
	return status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_REQUEST_ABORTED ||
	       status == NDIS_STATUS_RESET_IN_PROGRESS || status == NDIS_STATUS_PAUSED;
}

/* Then a protocol sends and asks nothing (PR-RST-01). */
static bool resetting(const struct proto_port *p)
{
	return p->reset_starts != p->reset_ends;
}

/* Send all, wait for all, look, again. */
static void *send_in_rounds(void *arg)
{
	struct sender *s = arg;

	while (!atomic_load(&stop)) {
		for (ULONG i = 0; i < NBLS; i++)
			s->nbl[i]->send.done = 0;
		if (resetting(s->port) ||
		    !proto_send(s->port, shape_chain(s->port, s->nbl, NBLS))) {
			sched_yield();
			continue;
		}
		while (done_of(s->nbl, NBLS) < NBLS)
			host_breathe();
		for (ULONG i = 0; i < NBLS; i++)
			s->wrong += s->nbl[i]->send.done != 1 ||
				    !may_end_so(s->nbl[i]->send.status);
		s->sent += NBLS;
	}
	return NULL;
}

static void *ask_for_resets(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		NdisMResetMiniport(host_adapter(0));
		host_breathe();
	}
	return NULL;
}

static void *set_filters(void *arg)
{
	struct proto_port *p = arg;
	ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;

	while (!atomic_load(&stop)) {
		NDIS_STATUS status;

		if (resetting(p)) {
			host_breathe();
			continue;
		}
		status = proto_set_filter(p, filter);
		cr_expect(status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_RESET_IN_PROGRESS,
			  "a filter ended with 0x%08X", (unsigned int)status);
		filter ^= NDIS_PACKET_TYPE_DIRECTED;
	}
	return NULL;
}

/* Until @resets of port 0 are through, pausing it now and then; @w: its other end. */
static void race(struct proto_port *p, struct wire *w, LONG resets)
{
	static struct sender sender[2];
	pthread_t asker, setter;
	ULONG turn = 0;

	for (ULONG i = 0; i < 2; i++) {
		sender[i].port = p;
		make(sender[i].nbl, NBLS, i * NBLS);
		for (ULONG k = 0; k < NBLS; k++)
			sender[i].nbl[k]->send.on_done = NULL;
		cr_assert_eq(pthread_create(&sender[i].thread, NULL, send_in_rounds, &sender[i]), 0);
	}
	cr_assert_eq(pthread_create(&asker, NULL, ask_for_resets, NULL), 0);
	cr_assert_eq(pthread_create(&setter, NULL, set_filters, p), 0);
	while (p->reset_ends < resets) {
		if (w != NULL)
			empty(w);
		if (++turn % 4 == 0) {
			host_pause(0);
			host_restart(0);
		}
		host_breathe();
	}
	atomic_store(&stop, true);
	pthread_join(asker, NULL);
	pthread_join(setter, NULL);
	for (ULONG i = 0; i < 2; i++) {
		while (w != NULL && pthread_tryjoin_np(sender[i].thread, NULL) != 0)
			empty(w);
		if (w == NULL)
			pthread_join(sender[i].thread, NULL);
		cr_expect_eq(sender[i].wrong, 0);
		cr_expect_gt(sender[i].sent, 0);
		shape_free_all(sender[i].nbl, NBLS);
	}
	HOST_WAIT(p->reset_starts == p->reset_ends);
	host_expect_balanced(0);
}

BRIDGE_TEST(port_reset, MP_RST_07_resets_of_a_full_ring_beside_pauses_lose_nothing)
{
	struct proto_port *p;
	static struct wire *w;

	host_start(NULL);
	wire_ring_port("ring", 64, &w);
	p = host_open(0, NULL);
	p->receive = proto_count;
	race(p, w, 300);
	empty(w);
	host_stop();
}

BRIDGE_TEST(port_reset, MP_RST_07_resets_of_null_beside_pauses_lose_nothing)
{
	struct proto_port *p;

	host_start("net_null0", NULL);
	p = host_open(0, NULL);
	p->receive = proto_count;
	race(p, NULL, 300);
	host_stop();
}

BRIDGE_TEST(port_reset, an_adapter_goes_while_it_is_reset)
{
	host_start("net_null0", NULL);
	for (ULONG i = 0; i < 30; i++) {
		host_open(0, NULL)->receive = proto_count;
		NdisMResetMiniport(host_adapter(0));
		if (i % 2 != 0)
			HOST_WAIT(proto_port(0)->reset_starts != 0);
		host_remove(0);
	}
	host_stop();
}
