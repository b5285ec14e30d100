/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends, out and back (pmd-bridge/tx.c): order, a full ring, cancel, pause, and
 * completions that come late, out of order and on other threads. The other end is
 * a ring nobody reads until the test does, or a slow NIC. Rules MP-SND, MP-CAN,
 * MP-PAU.
 */
#include "bed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const UCHAR dst[6] = { 2, 0, 0, 0, 0, 0xD }, src[6] = { 2, 0, 0, 0, 0, 0x5 };

/* @n NBLs of one frame, alternately copied and, where the port can, by reference. */
static void make_plain(struct shaped *list[], ULONG n, ULONG id)
{
	for (ULONG i = 0; i < n; i++) {
		struct shape_frame f = { .length = i % 2 == 0 ? 60 : 700 };

		list[i] = shape_new(&f, 1, dst, src, id + i);
		cr_assert_not_null(list[i]);
		list[i]->send.on_done = shape_scribble;
	}
}

static struct shaped *make_many_framed(ULONG n, ULONG id)
{
	struct shape_frame *f = calloc(n, sizeof(*f));
	struct shaped *s;

	for (ULONG i = 0; i < n; i++)
		f[i].length = i % 2 == 0 ? 60 : 700;
	s = shape_new(f, n, dst, src, id);
	cr_assert_not_null(s);
	s->send.on_done = shape_scribble;
	free(f);
	return s;
}

static void send_all(struct bed *bed, struct shaped *const list[], ULONG n)
{
	cr_assert(proto_send(bed->port, shape_chain(bed->port, list, n)));
}

static ULONG done_of(struct shaped *const list[], ULONG n)
{
	ULONG done = 0;

	for (ULONG i = 0; i < n; i++)
		done += list[i]->send.done != 0;
	return done;
}

/* ---------------------------------------------------------------- few, then none */

/* @n sends and no more: they complete without another send to push them. */
static void then_silence(struct bed *bed, ULONG n)
{
	struct shaped *list[64];

	make_plain(list, n, 0);
	send_all(bed, list, n);
	HOST_WAIT(done_of(list, n) == n);
	for (ULONG i = 0; i < n; i++)
		cr_expect_eq(list[i]->send.status, NDIS_STATUS_SUCCESS);
	shape_free_all(list, n);
}

static void silence_on(enum bed_kind kind)
{
	static const ULONG bursts[] = { 1, 31, 32, 33 };
	struct bed bed;

	bed_start(&bed, kind, NULL);
	for (ULONG i = 0; i < 4; i++) {
		uint8_t bytes[2000];

		then_silence(&bed, bursts[i]);
		while (kind == BED_RING && wire_take(bed.wire, bytes, sizeof(bytes)) != 0)
			;
	}
	host_expect_balanced(0);
	host_stop();
}

BRIDGE_TEST(tx, bursts_of_1_31_32_33_complete_in_the_silence_after_them_on_a_ring)
{
	silence_on(BED_RING);
}

BRIDGE_TEST(tx, bursts_of_1_31_32_33_complete_in_the_silence_after_them_on_a_file)
{
	silence_on(BED_PCAP);
}

BRIDGE_TEST(tx, bursts_of_1_31_32_33_complete_in_the_silence_after_them_on_null)
{
	struct bed bed = { 0 };

	host_start("net_null0,no-rx=1", NULL);
	bed.port = host_add(0, NULL);
	then_silence(&bed, 1);
	then_silence(&bed, 31);
	then_silence(&bed, 32);
	then_silence(&bed, 33);
	host_expect_balanced(0);
	host_stop();
}

/* --------------------------------------------------------------------- order */

struct sender {
	struct bed *bed;
	struct shaped **list;
	ULONG n;
};

static void *send_one_by_one(void *arg)
{
	struct sender *s = arg;

	for (ULONG i = 0; i < s->n; i++)
		send_all(s->bed, s->list + i, 1);
	return NULL;
}

/* Ids of @first on, as far as they are on the wire, come in order. */
static void expect_order(const struct bed *bed, ULONG first, ULONG n)
{
	ULONG next = first;

	for (uint32_t i = 0; i < bed->frames.n; i++) {
		ULONG id;

		memcpy(&id, bed->frames.frame[i].bytes + 14, 4);
		if (id >= first && id < first + n)
			cr_assert_eq(id, next++, "frame %u came where %u was due", id, next - 1);
	}
	cr_assert_eq(next, first + n, "%u frames are missing", first + n - next);
}

BRIDGE_TEST(tx, MP_SND_07_the_order_of_each_sending_thread_holds_on_the_wire)
{
	struct shaped *list[3 * 400];
	struct sender sender[3];
	pthread_t thread[3];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	make_plain(list, 3 * 400, 0);
	for (ULONG i = 0; i < 3; i++) {
		sender[i] = (struct sender){ &bed, list + i * 400, 400 };
		cr_assert_eq(pthread_create(&thread[i], NULL, send_one_by_one, &sender[i]), 0);
	}
	for (ULONG i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	bed_finish(&bed, list, 3 * 400, NDIS_STATUS_SUCCESS);
	for (ULONG i = 0; i < 3; i++)
		expect_order(&bed, i * 400, 400);
	bed_stop(&bed, list, 3 * 400);
}

static void send_here(void *arg)
{
	send_one_by_one(arg);
}

BRIDGE_TEST(tx, MP_SND_07_a_send_on_the_worker_does_not_overtake_one_that_came_before_it)
{
	struct shaped *list[600];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	make_plain(list, 600, 0);
	for (ULONG i = 0; i < 600; i += 3) {
		struct sender there = { &bed, list + i + 1, 1 };

		send_all(&bed, list + i, 1);
		host_on_worker(send_here, &there);
		send_all(&bed, list + i + 2, 1);
	}
	bed_finish(&bed, list, 600, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 600);
	bed_stop(&bed, list, 600);
}

/* ----------------------------------------------------------------- full ring */

/* The ring takes 63 frames and then no more; everything else waits inside. */
BRIDGE_TEST(tx, MP_SND_06_what_a_full_ring_does_not_take_waits_in_order)
{
	struct shaped *list[500];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	make_plain(list, 500, 0);
	send_all(&bed, list, 500);
	HOST_WAIT(done_of(list, 500) == 63);
	HOST_WAIT(host_stats(0).tx_queue_full > 100); /* it was tried again and again */
	cr_expect_eq(done_of(list, 500), 63, "only what the ring took is done");
	cr_expect_eq(wire_count(bed.wire), 63);
	bed_finish(&bed, list, 500, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 500);
	bed_stop(&bed, list, 500);
}

BRIDGE_TEST(tx, MP_SND_06_an_NBL_of_more_frames_than_the_ring_holds_goes_in_parts)
{
	struct shaped *list[4];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	make_plain(list, 4, 0);
	shape_free(list[1]);
	list[1] = make_many_framed(300, 1);
	send_all(&bed, list, 4);
	HOST_WAIT(wire_count(bed.wire) == 63 && done_of(list, 4) != 0);
	cr_expect_eq(done_of(list, 4), 1);
	bed_finish(&bed, list, 4, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 4);
	bed_stop(&bed, list, 4);
}

BRIDGE_TEST(tx, MP_SND_06_a_NIC_that_takes_a_few_at_a_time_gets_all_in_order)
{
	struct shaped *list[300];
	struct bed bed;

	bed_start(&bed, BED_SLOW, NULL);
	make_plain(list, 300, 0);
	for (ULONG i = 0; i < 300; i += 50) {
		shape_free(list[i]);
		list[i] = make_many_framed(20, i);
	}
	slow_allow(0, 0);
	send_all(&bed, list, 300);
	while (done_of(list, 300) < 300) {
		unsigned int before = slow_accepted(0);

		slow_allow(0, 7);
		HOST_WAIT(slow_accepted(0) == before + 7 || slow_accepted(0) == 300 + 6 * 19);
		cr_assert(slow_release(0, 5));
		if (slow_accepted(0) == 300 + 6 * 19)
			break;
	}
	slow_allow(0, 1000);
	bed_finish(&bed, list, 300, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 300);
	bed_stop(&bed, list, 300);
}

/* More frames outstanding than the port has buffers of its own. */
BRIDGE_TEST(tx, MP_SND_06_sends_wait_when_the_NIC_holds_all_transmit_buffers)
{
	struct pmb_device_config c = { .node = -1, .tx_desc = 64, .rx_desc = 64 };
	struct shaped *list[600];
	struct bed bed;

	bed_start(&bed, BED_SLOW, &c);
	make_plain(list, 600, 0);
	send_all(&bed, list, 600);
	HOST_WAIT(slow_held(0) > 150);
	cr_expect_lt(slow_held(0), 600);
	cr_expect_eq(done_of(list, 600), 0, "a send completed while the NIC had it");
	bed_finish(&bed, list, 600, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 600);
	bed_stop(&bed, list, 600);
}

/* -------------------------------------------------------------------- cancel */

static void set_id(struct shaped *s, ULONG_PTR id)
{
	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(s->send.nbl, id);
}

static void read_frames(struct bed *bed, ULONG n)
{
	while (n-- != 0) {
		uint8_t bytes[2000];
		uint32_t length;

		HOST_WAIT((length = wire_take(bed->wire, bytes, sizeof(bytes))) != 0);
		pcapfile_add(&bed->frames, bytes, length);
	}
}

BRIDGE_TEST(tx, MP_CAN_01_cancel_ends_exactly_the_waiting_NBLs_of_that_id)
{
	struct shaped *list[300];
	struct bed bed;
	ULONG aborted = 0;

	bed_start(&bed, BED_RING, NULL);
	make_plain(list, 300, 0);
	for (ULONG i = 0; i < 300; i++)
		set_id(list[i], i % 3); /* 0: no id */
	send_all(&bed, list, 300);
	HOST_WAIT(done_of(list, 300) == 63);
	proto_cancel(bed.port, (PVOID)2);
	HOST_WAIT(done_of(list, 300) == 63 + (300 - 63) / 3);
	for (ULONG i = 0; i < 300; i++) {
		BOOLEAN hit = i >= 63 && i % 3 == 2;

		cr_assert_eq(list[i]->send.done != 0, i < 63 || hit);
		if (hit)
			cr_assert_eq(list[i]->send.status, NDIS_STATUS_SEND_ABORTED);
		aborted += hit;
	}
	proto_cancel(bed.port, (PVOID)7); /* nobody has it */
	cr_expect_eq(wire_count(bed.wire), 63);
	read_frames(&bed, 300 - aborted);
	HOST_WAIT(done_of(list, 300) == 300);
	bed_expect_wire(&bed, list, 300);
	cr_expect_eq(host_stats(0).tx_aborted, aborted);
	host_expect_balanced(0);
	bed_stop(&bed, list, 300);
}

/* The worker is busy between @held and @freed. */
struct hold {
	_Atomic bool held, freed;
};

static void hold(void *arg)
{
	struct hold *h = arg;

	h->held = true;
	while (!h->freed)
		host_breathe();
}

static void *hold_worker(void *arg)
{
	host_on_worker(hold, arg);
	return NULL;
}

BRIDGE_TEST(tx, MP_CAN_01_cancel_does_not_touch_what_is_sent_after_it)
{
	struct shaped *list[6];
	struct hold h = { 0 };
	pthread_t worker;
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	make_plain(list, 6, 0);
	for (ULONG i = 0; i < 6; i++)
		set_id(list[i], i % 2);
	cr_assert_eq(pthread_create(&worker, NULL, hold_worker, &h), 0);
	HOST_WAIT(h.held);
	send_all(&bed, list, 2);
	proto_cancel(bed.port, (PVOID)1); /* the worker learns of all this at once */
	send_all(&bed, list + 2, 2);
	send_all(&bed, list + 4, 2);
	proto_cancel(bed.port, (PVOID)7);
	h.freed = true;
	pthread_join(worker, NULL);
	read_frames(&bed, 5);
	HOST_WAIT(done_of(list, 6) == 6);
	for (ULONG i = 0; i < 6; i++)
		cr_expect_eq(list[i]->send.status,
			     i == 1 ? NDIS_STATUS_SEND_ABORTED : NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 6);
	host_expect_balanced(0);
	bed_stop(&bed, list, 6);
}

BRIDGE_TEST(tx, MP_CAN_01_cancel_leaves_an_NBL_that_is_half_sent)
{
	struct shaped *list[3];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	list[0] = make_many_framed(100, 0);
	list[1] = make_many_framed(100, 1);
	list[2] = make_many_framed(1, 2);
	set_id(list[0], 9);
	set_id(list[1], 9);
	send_all(&bed, list, 3);
	HOST_WAIT(wire_count(bed.wire) == 63);
	proto_cancel(bed.port, (PVOID)9);
	HOST_WAIT(list[1]->send.done);
	cr_expect_eq(list[1]->send.status, NDIS_STATUS_SEND_ABORTED);
	cr_expect_eq(list[0]->send.done, 0);
	bed_finish(&bed, (struct shaped *[]){ list[0], list[2] }, 2, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 3);
	bed_stop(&bed, list, 3);
}

BRIDGE_TEST(tx, MP_CAN_01_cancel_does_not_touch_what_the_NIC_has)
{
	struct shaped *list[20];
	struct bed bed;

	bed_start(&bed, BED_SLOW, NULL);
	make_plain(list, 20, 0);
	for (ULONG i = 0; i < 20; i++)
		set_id(list[i], 5);
	send_all(&bed, list, 20);
	HOST_WAIT(slow_held(0) == 20);
	proto_cancel(bed.port, (PVOID)5);
	host_on_worker(send_here, &(struct sender){ &bed, list, 0 }); /* a poll later */
	cr_expect_eq(done_of(list, 20), 0);
	bed_finish(&bed, list, 20, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 20);
	bed_stop(&bed, list, 20);
}

/* --------------------------------------------------------------------- pause */

/* Say that the binding is paused with sends under way: the miniport has to end them. */
static void be_rude(struct bed *bed)
{
	host_tolerates = "PR-PAU-01";
	bed->port->pause_mode = PROTO_DONT_WAIT;
}

BRIDGE_TEST(tx, MP_PAU_05_a_pause_ends_what_a_full_ring_keeps_waiting_with_PAUSED)
{
	struct shaped *list[300], *later;
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	be_rude(&bed);
	make_plain(list, 300, 0);
	send_all(&bed, list, 300);
	HOST_WAIT(done_of(list, 300) == 63);
	host_pause(0);
	cr_assert_eq(done_of(list, 300), 300, "MP-PAU-04: a pause ends with sends unfinished");
	for (ULONG i = 0; i < 300; i++)
		cr_expect_eq(list[i]->send.status,
			     i < 63 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PAUSED);
	host_restart(0);
	make_plain(&later, 1, 1000);
	send_all(&bed, &later, 1); /* MP-RES-03 */
	while (bed.frames.n < 63) {
		uint8_t bytes[2000];
		uint32_t length = wire_take(bed.wire, bytes, sizeof(bytes));

		cr_assert_neq(length, 0);
		pcapfile_add(&bed.frames, bytes, length);
	}
	bed_expect_wire(&bed, list, 300);
	bed_finish(&bed, &later, 1, NDIS_STATUS_SUCCESS);
	shape_free(later);
	bed_stop(&bed, list, 300);
}

BRIDGE_TEST(tx, MP_PAU_05_a_pause_ends_a_half_sent_NBL_too)
{
	struct shaped *list[2];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	be_rude(&bed);
	list[0] = make_many_framed(100, 0);
	list[1] = make_many_framed(2, 1);
	send_all(&bed, list, 2);
	HOST_WAIT(wire_count(bed.wire) == 63);
	host_pause(0);
	for (ULONG i = 0; i < 2; i++) {
		cr_assert_eq(list[i]->send.done, 1);
		cr_expect_eq(list[i]->send.status, NDIS_STATUS_PAUSED);
	}
	host_restart(0);
	host_expect_balanced(0);
	cr_expect_eq(wire_count(bed.wire), 63);
	for (uint8_t bytes[2000]; wire_take(bed.wire, bytes, sizeof(bytes)) != 0;)
		;
	bed_stop(&bed, list, 2);
}

BRIDGE_TEST(tx, a_protocol_that_cancels_its_sends_pauses_over_a_full_ring)
{
	struct shaped *list[300];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	bed.port->pause_mode = PROTO_CANCEL;
	bed.port->cancel_id = (PVOID)3;
	make_plain(list, 300, 0);
	for (ULONG i = 0; i < 300; i++)
		set_id(list[i], 3);
	send_all(&bed, list, 300);
	HOST_WAIT(done_of(list, 300) == 63);
	host_pause(0);
	cr_assert_eq(done_of(list, 300), 300);
	for (ULONG i = 63; i < 300; i++)
		cr_expect_eq(list[i]->send.status, NDIS_STATUS_SEND_ABORTED);
	host_restart(0);
	for (uint8_t bytes[2000]; wire_take(bed.wire, bytes, sizeof(bytes)) != 0;)
		;
	bed_stop(&bed, list, 300);
}

static void *pause_port_0(void *done)
{
	host_pause(0);
	InterlockedIncrement(done);
	return NULL;
}

/* The NIC lets go only after the port was stopped, and on no worker. */
BRIDGE_TEST(tx, MP_PAU_04_a_pause_waits_for_what_the_NIC_has)
{
	struct shaped *list[50];
	volatile LONG paused = 0;
	pthread_t thread;
	struct bed bed;

	bed_start(&bed, BED_SLOW, NULL);
	be_rude(&bed);
	make_plain(list, 50, 0);
	send_all(&bed, list, 50);
	HOST_WAIT(slow_held(0) == 50);
	cr_assert_eq(pthread_create(&thread, NULL, pause_port_0, (void *)(uintptr_t)&paused), 0);
	cr_assert(slow_release(0, 49));
	HOST_WAIT(done_of(list, 50) == 49);
	cr_expect_eq(paused, 0, "MiniportPause completed with a send under way");
	cr_assert(slow_release(0, 1));
	pthread_join(thread, NULL);
	cr_expect_eq(done_of(list, 50), 50);
	host_restart(0);
	bed_stop(&bed, list, 50);
}

Test(tx, RT_26_a_send_on_a_paused_binding_ends_with_PAUSED)
{
	struct shaped *list[10];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	make_plain(list, 10, 0);
	host_pause(0);
	proto_send_anyway(bed.port, shape_chain(bed.port, list, 10));
	HOST_WAIT(done_of(list, 10) == 10);
	for (ULONG i = 0; i < 10; i++)
		cr_expect_eq(list[i]->send.status, NDIS_STATUS_PAUSED);
	host_restart(0);
	cr_expect_eq(wire_count(bed.wire), 0);
	bed_stop(&bed, list, 10);
}

/* -------------------------------------------------------------- late completions */

/* Whatever order the NIC lets go in, each NBL completes once, with its last piece. */
BRIDGE_TEST(tx, MP_SND_01_a_NIC_that_lets_go_newest_first_completes_each_NBL_once)
{
	struct shape_frame pieces = { .length = 1500, .cut = { .n = 3, .piece = { 500, 500 } } };
	struct shaped *list[60];
	struct bed bed;

	bed_start(&bed, BED_SLOW, NULL);
	for (ULONG i = 0; i < 60; i += 3) {
		make_plain(&list[i], 1, i);
		list[i + 1] = make_many_framed(5, i + 1);
		list[i + 2] = shape_new(&pieces, 1, dst, src, i + 2);
		list[i + 2]->send.on_done = shape_scribble;
	}
	send_all(&bed, list, 60);
	HOST_WAIT(slow_held(0) == 20 * 7);
	cr_assert(slow_release_newest(0, 4)); /* one NBL, three frames of another */
	HOST_WAIT(done_of(list, 60) == 1);
	cr_expect_eq(list[59]->send.done, 1);
	while (slow_held(0) != 0)
		cr_assert(slow_release_newest(0, 1));
	bed_finish(&bed, list, 60, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 60);
	bed_stop(&bed, list, 60);
}

/* The same NBLs and memory go round and round as fast as they complete. */
BRIDGE_TEST(tx, MP_SND_03_NBLs_sent_again_at_once_arrive_with_their_new_bytes)
{
	struct shaped *list[40];
	struct bed bed;
	ULONG seen = 0;

	bed_start(&bed, BED_SLOW, NULL);
	for (ULONG round = 0; round < 60; round++) {
		make_plain(list, 40, round * 40);
		send_all(&bed, list, 40);
		HOST_WAIT(slow_accepted(0) == (round + 1) * 40);
		if (round % 2 == 0)
			cr_assert(slow_release(0, 40));
		else
			slow_release_in_burst(0, 40);
		if (round % 2 != 0) { /* a burst is what makes it let go */
			struct shaped *push;

			make_plain(&push, 1, 0);
			slow_allow(0, 0);
			send_all(&bed, &push, 1);
			HOST_WAIT(slow_held(0) == 0);
			set_id(push, 0);
			bed.port->cancel_id = NULL;
			proto_cancel(bed.port, NULL);
			HOST_WAIT(push->send.done);
			slow_allow(0, 8000);
			shape_free(push);
		}
		HOST_WAIT(done_of(list, 40) == 40);
		for (ULONG i = 0; i < 40; i++, seen++) {
			UCHAR is[2000], must[2000];
			ULONG length;

			length = slow_frame(0, seen, is, sizeof(is));
			cr_assert_eq(length, list[i]->frame[0].length);
			shape_wire(&list[i]->frame[0], must);
			cr_assert_eq(memcmp(is, must, length), 0);
		}
		shape_free_all(list, 40);
	}
	host_expect_balanced(0);
	host_stop();
}

/* The port says NO_LOOPBACK: what a station sends to itself is NDIS's to show. */
BRIDGE_TEST(tx, MP_SND_09_frames_to_the_own_address_do_not_come_back_from_the_miniport)
{
	struct shape_frame f = { .length = 100 };
	struct pmb_device_stats before;
	struct shaped *list[20];
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	cr_assert_eq(proto_set_filter(bed.port, NDIS_PACKET_TYPE_DIRECTED), NDIS_STATUS_SUCCESS);
	before = host_stats(0);
	for (ULONG i = 0; i < 20; i++)
		list[i] = shape_new(&f, 1, bed.port->mac, bed.port->mac, i);
	send_all(&bed, list, 20);
	bed_finish(&bed, list, 20, NDIS_STATUS_SUCCESS);
	bed_expect_wire(&bed, list, 20);
	host_expect_balanced(0);
	cr_expect_eq(host_stats(0).rx_indicated, before.rx_indicated);
	cr_expect_eq(bed.port->received, 0);
	bed_stop(&bed, list, 20);
}

BRIDGE_TEST(tx, MP_SND_15_threads_send_and_cancel_while_the_NIC_lets_go_elsewhere)
{
	struct shaped *list[4 * 500];
	struct sender sender[4];
	pthread_t thread[4];
	struct bed bed;
	ULONG ok = 0;

	bed_start(&bed, BED_SLOW, NULL);
	make_plain(list, 4 * 500, 0);
	for (ULONG i = 0; i < 4 * 500; i++)
		set_id(list[i], 1 + i % 50);
	for (ULONG i = 0; i < 4; i++) {
		sender[i] = (struct sender){ &bed, list + i * 500, 500 };
		cr_assert_eq(pthread_create(&thread[i], NULL, send_one_by_one, &sender[i]), 0);
	}
	for (ULONG id = 1; done_of(list, 4 * 500) < 4 * 500; id++) {
		proto_cancel(bed.port, (PVOID)(ULONG_PTR)(1 + id % 50));
		cr_assert(slow_release(0, 20));
	}
	for (ULONG i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	for (ULONG i = 0; i < 4 * 500; i++) {
		cr_assert_eq(list[i]->send.done, 1);
		if (list[i]->send.status == NDIS_STATUS_SUCCESS)
			ok++;
		else
			cr_assert_eq(list[i]->send.status, NDIS_STATUS_SEND_ABORTED);
	}
	cr_expect_eq(slow_accepted(0), ok);
	host_expect_balanced(0);
	bed_stop(&bed, list, 4 * 500);
}
