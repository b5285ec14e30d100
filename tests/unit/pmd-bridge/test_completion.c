/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a send on a NIC completes: after its frames left, and though nothing more is sent
 * (pmd-bridge/evidence.c, docs/decisions/0005). DPDK's own drivers run on the software
 * NIC; the test steps it, so that frames leave when it says so, and looks at the wire.
 */
#include "bed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nrt/nrt_lower.h>

#include <rte_ethdev.h>

#include <softnic.h>

static const UCHAR dst[6] = { 2, 0, 0, 0, 0, 0xD }, src[6] = { 2, 0, 0, 0, 0, 0x5 };

/* A test for each NIC; half of them under the verifier. */
#define NIC_TEST(suite, name)                                                              \
	static void name(const char *type);                                            \
	Test(suite, name##_82540em)                                               \
	{                                                                              \
		host_verifies = true;                                                  \
		name("82540em");                                                       \
	}                                                                              \
	Test(suite, name##_82574)                                                 \
	{                                                                              \
		name("82574");                                                         \
	}                                                                              \
	Test(suite, name##_82576)                                                 \
	{                                                                              \
		name("82576");                                                         \
	}                                                                              \
	Test(suite, name##_82599)                                                 \
	{                                                                              \
		host_verifies = true;                                                  \
		name("82599");                                                         \
	}                                                                              \
	static void name(const char *type)

/* ------------------------------------------------------------------- the NIC */

#define IDS 8192

static struct softnic *nic;           /* that sends */
static struct bed out;                /* .frames: what it sent */
static _Atomic unsigned int seen[IDS]; /* frames on the wire, by NBL */
static _Atomic unsigned int early;    /* completions before the NBL's last frame was there */

static void on_wire(void *context, const uint8_t *frame, uint32_t length)
{
	ULONG id;

	(void)context;
	pcapfile_add(&out.frames, frame, length);
	memcpy(&id, frame + 14, sizeof(id));
	if (id < IDS)
		seen[id]++;
}

/* On the worker: Criterion's assertions are not for it. */
static void on_done(struct proto_send *send)
{
	struct shaped *s = (struct shaped *)send;
	ULONG id;

	memcpy(&id, s->frame[0].flat + 14, sizeof(id));
	if (send->status == NDIS_STATUS_SUCCESS && seen[id] != s->n_frames)
		early++;
	shape_scribble(send);
}

/* Port @i is NIC "net_softnic<i>"; the test looks at the last one's wire. */
static void start(const char *type, unsigned int n, const struct pmb_device_config *config)
{
	char vdev[2][64];

	for (unsigned int i = 0; i < 2; i++)
		snprintf(vdev[i], sizeof(vdev[i]), "net_softnic%u,type=%s,run=step", i, type);
	host_start(vdev[0], n > 1 ? vdev[1] : NULL, NULL);
	for (uint16_t i = 0; i < n; i++)
		host_add(i, config);
	nic = softnic_find(n > 1 ? "net_softnic1" : "net_softnic0");
	cr_assert_not_null(nic);
	softnic_on_transmit(nic, on_wire, NULL);
}

static void end(void)
{
	struct softnic_counters c;

	cr_expect_eq(early, 0, "%u sends completed before they were on the wire", early);
	softnic_counters_get(nic, &c);
	cr_expect_eq(c.misuses, 0, "the NIC was misused %lu times", c.misuses);
	softnic_on_transmit(nic, NULL, NULL);
	pcapfile_free(&out.frames);
	host_stop();
}

static void hang(bool on)
{
	cr_assert_eq(softnic_fault_set(nic, SOFTNIC_TX_HANG, on), 0);
}

static void nothing(void *arg)
{
	(void)arg;
}

/* Long enough for a worker to look at an idle queue several times over, and for a thread
 * that counts to have done so at least @looks times. */
static void let_look(unsigned int looks)
{
	for (unsigned int i = 0; i < 200; i++)
		host_on_worker(nothing, NULL);
	for (unsigned int i = 0; i < looks; i++)
		host_breathe();
}

/* --------------------------------------------------------------------- sends */

static ULONG done_of(struct shaped *const list[], ULONG n)
{
	ULONG done = 0;

	for (ULONG i = 0; i < n; i++)
		done += list[i]->send.done != 0;
	return done;
}

static void make_one(struct shaped **to, const struct shape_frame frames[], ULONG n, ULONG id)
{
	*to = shape_new(frames, n, dst, src, id);
	cr_assert_not_null(*to);
	(*to)->send.on_done = on_done;
}

static void make_plain(struct shaped *list[], ULONG n, ULONG id)
{
	for (ULONG i = 0; i < n; i++)
		make_one(&list[i], &(struct shape_frame){ .length = 60 + i % 700 }, 1, id + i);
}

static void send_all(struct shaped *const list[], ULONG n)
{
	struct proto_port *p = proto_port(0);

	cr_assert(proto_send(p, shape_chain(p, list, n)));
}

/* The NIC works until all have completed: once, with SUCCESS, and as they are on the wire. */
static void finish(struct shaped *list[], ULONG n)
{
	HOST_WAIT((softnic_step(nic), done_of(list, n) == n));
	for (ULONG i = 0; i < n; i++) {
		cr_assert_eq(list[i]->send.done, 1);
		cr_assert_eq(list[i]->send.status, NDIS_STATUS_SUCCESS);
	}
	bed_expect_wire(&out, list, n);
	pcapfile_free(&out.frames);
	memset(&out.frames, 0, sizeof(out.frames));
	shape_free_all(list, n);
}

/* ------------------------------------------------------------------- silence */

NIC_TEST(completion, MP_SND_01_a_few_frames_then_silence_complete_when_they_have_left)
{
	static const ULONG sizes[] = { 1, 31, 32, 33, 1, 64, 2 };
	struct shaped *list[64];
	ULONG id = 0;

	start(type, 1, NULL);
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		make_plain(list, sizes[k], id);
		id += sizes[k];
		hang(true);
		send_all(list, sizes[k]);
		HOST_WAIT(host_stats(0).tx_frames == id);
		for (unsigned int i = 0; i < 100; i++)
			softnic_step(nic);
		let_look(100);
		cr_expect_eq(done_of(list, sizes[k]), 0, "sends completed that the NIC never took");
		hang(false);
		finish(list, sizes[k]);
	}
	host_expect_balanced(0);
	end();
}

/* The NIC takes all and tells late, and bit by bit. */
NIC_TEST(completion, MP_SND_01_statuses_that_come_late_delay_completions_only)
{
	struct shaped *list[50];

	start(type, 1, NULL);
	for (ULONG round = 0; round < 10; round++) {
		softnic_writeback(nic, 0, 300, round + 1);
		make_plain(list, 50, round * 50);
		for (ULONG i = 0; i < 50; i += 5)
			send_all(list + i, 5);
		finish(list, 50);
	}
	host_expect_balanced(0);
	end();
}

/* Several NBs, several pieces, foreign memory, short frames: what goes in one mbuf and
 * what in many, by reference and copied. */
NIC_TEST(completion, MP_SND_01_NBLs_of_every_shape_complete_with_their_last_piece)
{
	static const struct shape_frame pieces = { .length = 1500,
						   .cut = { .n = 4, .piece = { 500, 300, 400 } } };
	static const struct shape_frame foreign = { .length = 900, .cut = { .not_dma = TRUE } };
	static const struct shape_frame tiny = { .length = 30 };
	struct shaped *list[60];

	start(type, 1, NULL);
	for (ULONG round = 0; round < 8; round++) {
		for (ULONG i = 0; i < 60; i++) {
			const struct shape_frame many[5] = { pieces, tiny, foreign,
							     { .length = 60 + i }, pieces };

			make_one(&list[i], &many[i % 5], i % 5 == 0 ? 5 : 1, round * 60 + i);
		}
		hang(round % 2 == 0);
		send_all(list, 60);
		let_look(50);
		hang(false);
		finish(list, 60);
	}
	host_expect_balanced(0);
	end();
}

static void send_some_here(void *arg)
{
	struct shaped **list = arg;

	send_all(list, 7);
}

/* The worker's own sends, whose NBLs and memory go round and round. */
NIC_TEST(completion, MP_SND_03_NBLs_sent_again_at_once_arrive_with_their_new_bytes)
{
	struct shaped *list[7];

	start(type, 1, NULL);
	for (ULONG round = 0; round < 300; round++) {
		make_plain(list, 7, round * 7);
		host_on_worker(send_some_here, list);
		finish(list, 7);
	}
	host_expect_balanced(0);
	end();
}

/* ---------------------------------------------------------- full, hung, reset */

NIC_TEST(completion, MP_SND_06_a_ring_that_is_full_for_long_completes_nothing_and_loses_nothing)
{
	struct pmb_device_config c = { .node = -1, .tx_desc = 64 };
	struct shaped *list[600];

	start(type, 1, &c);
	make_plain(list, 600, 0);
	hang(true);
	send_all(list, 600);
	HOST_WAIT((softnic_step(nic), host_stats(0).tx_queue_full > 5000));
	cr_expect_eq(done_of(list, 600), 0);
	hang(false);
	finish(list, 600);
	host_expect_balanced(0);
	end();
}

/* Sends that left are no failures, those that hang are; none completes twice. */
static void expect_ended(struct shaped *list[], ULONG n, ULONG left, NDIS_STATUS status)
{
	HOST_WAIT(done_of(list, n) == n);
	for (ULONG i = 0; i < n; i++) {
		cr_assert_eq(list[i]->send.done, 1);
		cr_expect_eq(list[i]->send.status, i < left ? NDIS_STATUS_SUCCESS : status,
			     "NBL %u ended with 0x%08X", i, (unsigned int)list[i]->send.status);
	}
	pcapfile_free(&out.frames);
	memset(&out.frames, 0, sizeof(out.frames));
	shape_free_all(list, n);
}

/* 10 sends left and completed, their buffers are still the PMD's; then 23 hang. */
static void send_and_hang(struct shaped *list[33], ULONG id)
{
	make_plain(list, 33, id);
	send_all(list, 10);
	HOST_WAIT((softnic_step(nic), done_of(list, 10) == 10));
	hang(true);
	send_all(list + 10, 23);
	HOST_WAIT((softnic_step(nic), host_stats(0).tx_outstanding == 23));
}

NIC_TEST(completion, MP_PAU_04_a_pause_ends_sends_that_hang_once_and_traffic_goes_on)
{
	struct shaped *list[33];

	start(type, 1, NULL);
	host_tolerates = "PR-PAU-01";
	proto_port(0)->pause_mode = PROTO_DONT_WAIT;
	for (ULONG round = 0; round < 3; round++) {
		send_and_hang(list, round * 100);
		host_pause(0);
		expect_ended(list, 33, 10, NDIS_STATUS_PAUSED);
		hang(false);
		host_restart(0);
		make_plain(list, 5, round * 100 + 50);
		send_all(list, 5);
		finish(list, 5);
	}
	host_expect_balanced(0);
	end();
}

NIC_TEST(completion, MP_RST_03_a_reset_ends_sends_that_hang_once_and_traffic_goes_on)
{
	struct proto_port *p;
	struct shaped *list[33];

	start(type, 1, NULL);
	p = proto_port(0);
	for (LONG round = 0; round < 3; round++) {
		send_and_hang(list, (ULONG)round * 100);
		NdisMResetMiniport(host_adapter(0));
		HOST_WAIT(p->reset_ends > round);
		expect_ended(list, 33, 10, NDIS_STATUS_REQUEST_ABORTED);
		hang(false);
		make_plain(list, 5, (ULONG)round * 100 + 50);
		send_all(list, 5);
		finish(list, 5);
	}
	host_expect_balanced(0);
	end();
}

/* A pause needs no reset of a NIC that works: the sends before it all succeed. */
NIC_TEST(completion, MP_PAU_05_a_pause_right_after_sends_waits_for_them)
{
	struct shaped *list[37];

	start(type, 1, NULL);
	host_tolerates = "PR-PAU-01";
	proto_port(0)->pause_mode = PROTO_DONT_WAIT;
	for (ULONG round = 0; round < 5; round++) {
		make_plain(list, 37, round * 37);
		send_all(list, 37);
		HOST_WAIT((softnic_step(nic), out.frames.n == 37));
		host_pause(0);
		finish(list, 37);
		host_restart(0);
	}
	end();
}

/* ---------------------------------------------------------------- forwarding */

#define MINE 4096

/* Frames for port 0 of 60 and more bytes, numbered. */
static void inject(ULONG n, ULONG first)
{
	struct softnic *in = softnic_find("net_softnic0");
	UCHAR bytes[200];

	for (ULONG i = 0; i < n; i++) {
		ULONG id = first + i;

		memset(bytes, (int)(id & 0xFF), sizeof(bytes));
		memcpy(bytes, dst, 6);
		memcpy(bytes + 6, src, 6);
		memcpy(bytes + 14, &id, 4);
		softnic_inject(in, bytes, 60 + id % 100);
	}
}

static void expect_forwarded(ULONG n, ULONG first)
{
	HOST_WAIT((softnic_step_all(), out.frames.n == n));
	for (ULONG i = 0; i < n; i++) {
		const struct pcap_frame *f = &out.frames.frame[i];
		ULONG id;

		memcpy(&id, f->bytes + 14, 4);
		cr_assert_eq(id, first + i, "frame %u came where %u was due", id, first + i);
		cr_assert_eq(f->length, 60 + id % 100);
		cr_assert_eq(f->bytes[f->length - 1], id & 0xFF);
	}
	pcapfile_free(&out.frames);
	memset(&out.frames, 0, sizeof(out.frames));
}

static void start_forwarding(const char *type, proto_receive_fn *receive)
{
	/* a pool that would be used up if a buffer were lost here and there */
	static const struct pmb_device_config c = { .node = -1, .rx_desc = 128, .tx_desc = 64 };

	start(type, 2, &c);
	proto_port(0)->receive = receive;
	proto_port(0)->forward_to = proto_port(1);
	cr_assert_eq(proto_set_filter(proto_port(0), NDIS_PACKET_TYPE_PROMISCUOUS),
		     NDIS_STATUS_SUCCESS);
}

/* Every buffer is somewhere, and those that only the other port's PMD still has count as
 * a PMD's, not as NDIS's. */
static void expect_no_buffer_above(void)
{
	struct pmb_device_stats s = host_stats(0);

	cr_expect_eq(s.pool_above, 0, "%lu buffers above", s.pool_above);
	cr_expect_eq(s.pool_free + s.pool_pmd, s.pool_size, "%lu free + %lu PMD of %lu",
		     s.pool_free, s.pool_pmd, s.pool_size);
}

NIC_TEST(completion, MP_RET_01_a_buffer_returned_while_the_PMD_has_it_is_free_when_that_lets_go)
{
	ULONG id = 0;

	start_forwarding(type, proto_forward);
	for (ULONG round = 0; round < 150; round++) {
		ULONG n = 1 + round % 33;

		inject(n, id);
		expect_forwarded(n, id);
		id += n;
		HOST_WAIT(proto_port(1)->completions == (LONG)id);
		HOST_WAIT(host_stats(0).rx_outstanding == 0);
		expect_no_buffer_above();
	}
	host_expect_balanced(0);
	host_expect_balanced(1);
	end();
}

/* Received NBLs whose sends are over, returned by another thread. */
static NET_BUFFER_LIST *_Atomic over[MINE];
static _Atomic unsigned int n_over, n_given;

static void leave_it(struct proto_send *send)
{
	over[n_over] = send->origin;
	n_over++;
	proto_free_forward(send);
}

static void forward_and_leave(struct proto_port *p, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	UNREFERENCED_PARAMETER(n);
	UNREFERENCED_PARAMETER(flags);
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;
		struct proto_send *send = proto_make_forward(p, p->forward_to, nbl);

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
		send->on_done = leave_it;
		proto_send_anyway(p->forward_to, send->nbl);
	}
}

static void *return_them(void *quit)
{
	while (!*(_Atomic bool *)quit || n_given != n_over) {
		if (n_given == n_over) {
			host_breathe();
			continue;
		}
		proto_return(proto_port(0), over[n_given]);
		n_given++;
	}
	return NULL;
}

NIC_TEST(completion, MP_RET_02_another_thread_returns_while_the_PMD_lets_go)
{
	_Atomic bool quit = false;
	pthread_t thread;
	ULONG id = 0;

	start_forwarding(type, forward_and_leave);
	cr_assert_eq(pthread_create(&thread, NULL, return_them, &quit), 0);
	for (ULONG round = 0; round < 150; round++) {
		ULONG n = 1 + round % 33;

		inject(n, id);
		expect_forwarded(n, id);
		id += n;
	}
	cr_assert_lt(id, MINE);
	HOST_WAIT(n_over == id);
	quit = true;
	pthread_join(thread, NULL);
	HOST_WAIT(host_stats(0).rx_outstanding == 0);
	expect_no_buffer_above();
	host_expect_balanced(0);
	host_expect_balanced(1);
	end();
}

/* A buffer whose send is over may be sent again while the PMD still has it. */
NIC_TEST(completion, MP_SND_03_received_memory_is_sent_twice_before_it_is_returned)
{
	struct proto_send *first[40], *second[40];
	NET_BUFFER_LIST *held;

	start_forwarding(type, proto_hold);
	inject(40, 0);
	HOST_WAIT((softnic_step_all(), proto_port(0)->received == 40));
	held = proto_take_held(proto_port(0), 40);
	for (ULONG i = 0; i < 40; i++) {
		first[i] = proto_make_forward(proto_port(0), proto_port(1), held);
		second[i] = proto_make_forward(proto_port(0), proto_port(1), held);
		first[i]->on_done = second[i]->on_done = NULL;
		held = NET_BUFFER_LIST_NEXT_NBL(held);
	}
	for (ULONG i = 0; i < 40; i++)
		cr_assert(proto_send(proto_port(1), first[i]->nbl));
	expect_forwarded(40, 0);
	HOST_WAIT(proto_port(1)->completions == 40);
	for (ULONG i = 0; i < 40; i++)
		cr_assert(proto_send(proto_port(1), second[i]->nbl));
	expect_forwarded(40, 0);
	HOST_WAIT(proto_port(1)->completions == 80);
	for (ULONG i = 0; i < 40; i++) {
		cr_expect_eq(first[i]->done + second[i]->done, 2);
		NET_BUFFER_LIST_NEXT_NBL(first[i]->origin) = NULL;
		proto_return(proto_port(0), first[i]->origin);
		proto_free_forward(first[i]);
		proto_free_forward(second[i]);
	}
	HOST_WAIT(host_stats(0).rx_outstanding == 0);
	expect_no_buffer_above();
	host_expect_balanced(0);
	end();
}

/* The port that received goes first; its buffers come home when the other one stops. */
NIC_TEST(completion, a_port_is_removed_whose_buffers_another_PMD_has)
{
	start_forwarding(type, proto_forward);
	inject(33, 0);
	expect_forwarded(33, 0);
	HOST_WAIT(proto_port(1)->completions == 33 && host_stats(0).rx_outstanding == 0);
	host_remove(0);
	host_remove(1);
	end();
}

/* ------------------------------------------------------------------- counting */

/* Registers read by one look at the counts. */
static uint64_t reads_of_one_look(void)
{
	struct softnic_counters before, after;

	softnic_counters_get(nic, &before);
	host_stats(0);
	softnic_counters_get(nic, &after);
	return after.reads - before.reads;
}

/* What the bound rests on: the pauses between looks are shorter than it (asserted in
 * evidence.c), and the first look that begins when all frames have left is enough. */
Test(completion, one_look_after_the_last_frame_left_is_enough)
{
	struct softnic_counters before, after;
	struct shaped *list[5];

	start("82599", 1, NULL);
	for (ULONG round = 0; round < 20; round++) {
		uint64_t one;

		make_plain(list, 5, round * 5);
		hang(true);
		send_all(list, 5);
		let_look(round * 10);
		hang(false);
		one = reads_of_one_look();
		while (out.frames.n < 5)
			softnic_step(nic);
		softnic_counters_get(nic, &before);
		HOST_WAIT(done_of(list, 5) == 5);
		softnic_counters_get(nic, &after);
		/* One that was under way, the one, one of the miniport's watch for hangs, and
		 * a few registers that its link timer read. */
		cr_expect_leq(after.reads - before.reads, 3 * one + one / 2,
			      "%lu registers were read, a look takes %lu",
			      after.reads - before.reads, one);
		finish(list, 5);
	}
	end();
}

static void *read_counters(void *quit)
{
	while (!*(_Atomic bool *)quit)
		host_stats(0);
	return NULL;
}

Test(completion, readers_of_statistics_do_not_disturb)
{
	_Atomic bool quit = false;
	struct shaped *list[33];
	pthread_t thread[2];

	start("82599", 1, NULL);
	for (unsigned int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, read_counters, &quit), 0);
	for (ULONG round = 0; round < 50; round++) {
		make_plain(list, 1 + round % 33, round * 33);
		send_all(list, 1 + round % 33);
		finish(list, 1 + round % 33);
	}
	quit = true;
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	host_expect_balanced(0);
	end();
}

Test(completion, somebody_resets_the_statistics_between_sends_and_before_they_leave)
{
	struct shaped *list[20];

	start("82599", 1, NULL);
	for (ULONG round = 0; round < 20; round++) {
		ULONG few = 1 + round % 19;

		make_plain(list, 20, round * 40);
		send_all(list, 20);
		finish(list, 20);
		if (round % 2 == 0)
			cr_assert_eq(rte_eth_stats_reset(0), 0);
		make_plain(list, few, round * 40 + 20);
		hang(true);
		send_all(list, few);
		HOST_WAIT(host_stats(0).tx_outstanding == few);
		if (round % 3 == 0)
			cr_assert_eq(rte_eth_stats_reset(0), 0);
		hang(false);
		finish(list, few);
	}
	host_expect_balanced(0);
	end();
}

/* All complete once, by the count or by a reset of the port, whichever it is. */
static void finish_somehow(struct shaped *list[], ULONG n)
{
	struct proto_port *p = proto_port(0);

	HOST_WAIT((softnic_step(nic), done_of(list, n) == n));
	for (ULONG i = 0; i < n; i++) {
		cr_assert_eq(list[i]->send.done, 1);
		cr_expect(list[i]->send.status == NDIS_STATUS_SUCCESS ||
			  list[i]->send.status == NDIS_STATUS_REQUEST_ABORTED);
	}
	pcapfile_free(&out.frames);
	memset(&out.frames, 0, sizeof(out.frames));
	shape_free_all(list, n);
	HOST_WAIT(p->reset_ends == p->reset_starts);
}

/* The count lost frames: what it can't prove ends with the reset of a port that hangs. */
Test(completion, a_count_that_was_reset_while_frames_left_ends_in_a_reset_of_the_port)
{
	struct shaped *list[5];

	start("82599", 1, NULL);
	make_plain(list, 5, 0);
	hang(true);
	send_all(list, 5);
	HOST_WAIT(host_stats(0).tx_outstanding == 5);
	rte_eth_stats_reset(0);
	hang(false);
	while (out.frames.n < 5)
		softnic_step(nic);
	rte_eth_stats_reset(0); /* a look may have come between: then they are done */
	finish_somehow(list, 5);
	if (proto_port(0)->reset_starts == 0) { /* or was going on: then the next are not */
		make_plain(list, 5, 50);
		send_all(list, 5);
		finish_somehow(list, 5);
	}
	make_plain(list, 5, 100);
	send_all(list, 5);
	finish(list, 5);
	end();
}

static void send_on_second(void *arg)
{
	send_all(arg, 5);
}

/* Each queue has a counter of its own: the other's traffic says nothing about it. */
Test(completion, a_silent_queue_completes_beside_a_busy_one)
{
	struct pmb_device_config c = { .node = -1, .rx_queues = 2, .tx_queues = 2,
				       .flows_stay = true };
	struct shaped *silent[5], *busy[40];
	ULONG rounds = 0;

	host_workers = 2;
	start("82599", 1, &c);
	make_plain(silent, 5, 0);
	nrt_worker_call(1, send_on_second, silent);
	do {
		make_plain(busy, 40, 100);
		send_all(busy, 40);
		HOST_WAIT((softnic_step(nic), done_of(silent, 5) == 5 || done_of(busy, 40) != 0));
		HOST_WAIT((softnic_step(nic), done_of(busy, 40) == 40));
		for (ULONG i = 0; i < 40; i++)
			seen[100 + i] = 0;
		shape_free_all(busy, 40);
	} while (done_of(silent, 5) != 5 && ++rounds < 1000);
	cr_expect_eq(done_of(silent, 5), 5, "the silent queue waited for the busy one");
	shape_free_all(silent, 5);
	host_expect_balanced(0);
	end();
}
