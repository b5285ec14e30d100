/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends from everywhere at once (pmd-bridge/tx.c over nblqueue.h): threads and the port's
 * own worker, NBLs of one frame and of more than the ring holds, while ids are cancelled
 * and the port is paused and restarted. The ring is full nearly all the time. The wire
 * shows each sender's frames in its order, and as many as each NBL's status says.
 */
#include "bed.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#define SENDERS 4     /* the last one is the worker */
#define NBLS 600      /* of each */
#define WINDOW 100    /* NBLs a sender has under way at most */
#define LONGEST 6     /* NBLs in a chain */
#define IDS 16        /* cancel ids in use */
#define FRAMES_MANY 90 /* the ring holds 63 */

struct sender {
	struct proto_port *port;
	pthread_t thread;
	ULONG64 random;
	_Atomic ULONG sent;          /* the sender: w, main: ro */
	struct shaped *nbl[NBLS];
	ULONG seen[NBLS];            /* frames on the wire; main: rw */
	ULONG newest;                /* NBL of the newest frame on the wire, NBLS: none yet */
};

static struct sender sender[SENDERS];
static _Atomic bool over;

static ULONG frames_of(ULONG k)
{
	return k % 40 == 7 ? FRAMES_MANY : k % 8 == 3 ? 5 : 1;
}

static void make_nbls(struct sender *s, ULONG index)
{
	static const UCHAR dst[6] = { 2, 0, 0, 0, 0, 0xD }, src[6] = { 2, 0, 0, 0, 0, 0x5 };
	struct shape_frame f[FRAMES_MANY];

	for (ULONG i = 0; i < FRAMES_MANY; i++)
		f[i] = (struct shape_frame){ .length = i % 2 == 0 ? 60 : 700 };
	for (ULONG k = 0; k < NBLS; k++) {
		s->nbl[k] = shape_new(f, frames_of(k), dst, src, index * NBLS + k);
		cr_assert_not_null(s->nbl[k]);
		s->nbl[k]->send.on_done = shape_scribble;
		NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(s->nbl[k]->send.nbl,
						   (ULONG_PTR)(1 + shape_random(&s->random) % IDS));
	}
	s->newest = NBLS;
}

/* Acquires what the completing thread wrote before its interlocked increment. */
static LONG now(const volatile LONG *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

/* Send one chain if the window allows it and the binding runs. */
static void send_some(void *arg)
{
	struct sender *s = arg;
	ULONG sent = atomic_load(&s->sent), n = 1 + shape_random(&s->random) % LONGEST;

	if (n > NBLS - sent)
		n = NBLS - sent;
	if (n == 0 || (sent + n > WINDOW && now(&s->nbl[sent + n - WINDOW - 1]->send.done) == 0))
		return;
	if (proto_send(s->port, shape_chain(s->port, s->nbl + sent, n)))
		atomic_store(&s->sent, sent + n);
}

static void *send_all(void *arg)
{
	struct sender *s = arg;

	while (atomic_load(&s->sent) < NBLS && !atomic_load(&over)) {
		send_some(s);
		sched_yield();
	}
	return NULL;
}

/* --------------------------------------------------------------------- trouble */

struct trouble {
	struct proto_port *port;
	pthread_t thread;
	unsigned int pauses;
	int error;
};

/* Cancel an id after every few completions, and pause after some more. */
static void *make_trouble(void *arg)
{
	struct trouble *t = arg;
	LONG next = 0, pause_at = 50;
	ULONG64 random = 7;

	while (!atomic_load(&over) && t->error == 0) {
		LONG completions = now(&t->port->completions);

		if (completions < next) {
			sched_yield();
			continue;
		}
		next = completions + 10;
		proto_cancel(t->port, (PVOID)(ULONG_PTR)(1 + shape_random(&random) % IDS));
		if (completions < pause_at)
			continue;
		pause_at = completions + 100;
		t->error = nrt_adapter_pause(host_adapter(0));
		if (t->error == 0)
			t->error = nrt_adapter_restart(host_adapter(0));
		t->pauses++;
	}
	return NULL;
}

/* -------------------------------------------------------------------- the wire */

static void check_frame(const UCHAR *bytes, ULONG length)
{
	static UCHAR must[2000];
	ULONG id, number, k;
	struct sender *s;

	memcpy(&id, bytes + 14, 4);
	memcpy(&number, bytes + 18, 4);
	cr_assert_lt(id, SENDERS * NBLS, "a frame of nobody");
	s = &sender[id / NBLS];
	k = id % NBLS;
	cr_assert(number == 0 || k == s->newest, "sender %u: frame %u of NBL %u after NBL %u",
		  id / NBLS, number, k, s->newest);
	cr_assert(number != 0 || s->newest == NBLS || k > s->newest,
		  "sender %u: NBL %u after NBL %u", id / NBLS, k, s->newest);
	cr_assert_eq(number, s->seen[k], "sender %u, NBL %u: frame %u where %u was due", id / NBLS,
		     k, number, s->seen[k]);
	cr_assert_lt(number, s->nbl[k]->n_frames);
	cr_assert_eq(length, shape_wire(&s->nbl[k]->frame[number], must));
	cr_assert_eq(memcmp(bytes, must, length), 0, "sender %u, NBL %u: other bytes", id / NBLS, k);
	s->newest = k;
	s->seen[k]++;
}

static void read_some(struct wire *w, unsigned int frames)
{
	static UCHAR bytes[2000];
	ULONG length;

	while (frames-- != 0 && (length = wire_take(w, bytes, sizeof(bytes))) != 0)
		check_frame(bytes, length);
}

static bool all_done(void)
{
	for (ULONG i = 0; i < SENDERS; i++)
		for (ULONG k = 0; k < NBLS; k++)
			if (k >= atomic_load(&sender[i].sent) ||
			    now(&sender[i].nbl[k]->send.done) == 0)
				return false;
	return true;
}

/* One turn of the main thread: let the worker send, take a little from the ring. */
static bool turn(struct bed *bed)
{
	host_on_worker(send_some, &sender[SENDERS - 1]);
	read_some(bed->wire, 16);
	return all_done();
}

static void check_end(const struct sender *s, ULONG ended[3])
{
	for (ULONG k = 0; k < NBLS; k++) {
		NDIS_STATUS status = s->nbl[k]->send.status;

		cr_assert_eq(s->nbl[k]->send.done, 1, "NBL %u completed %d times", k,
			     s->nbl[k]->send.done);
		if (status == NDIS_STATUS_SUCCESS) {
			cr_assert_eq(s->seen[k], s->nbl[k]->n_frames, "NBL %u is not all there", k);
			ended[0]++;
		} else if (status == NDIS_STATUS_SEND_ABORTED) {
			cr_assert_eq(s->seen[k], 0, "NBL %u was cancelled half sent", k);
			ended[1]++;
		} else {
			cr_assert_eq(status, NDIS_STATUS_PAUSED);
			cr_assert_lt(s->seen[k], s->nbl[k]->n_frames, "NBL %u was all sent", k);
			ended[2]++;
		}
	}
}

/* --------------------------------------------------------------------- the test */

Test(senders, MP_SND_06_MP_SND_07_MP_CAN_01_MP_PAU_05_order_and_number_hold_from_everywhere,
     .timeout = 170)
{
	struct trouble trouble = { 0 };
	ULONG ended[3] = { 0 };
	struct bed bed;

	bed_start(&bed, BED_RING, NULL);
	host_tolerates = "PR-PAU-01"; /* the miniport has to end them, not the protocol */
	bed.port->pause_mode = PROTO_DONT_WAIT;
	for (ULONG i = 0; i < SENDERS; i++) {
		sender[i].port = bed.port;
		sender[i].random = i + 1;
		make_nbls(&sender[i], i);
	}
	trouble.port = bed.port;
	for (ULONG i = 0; i < SENDERS - 1; i++)
		cr_assert_eq(pthread_create(&sender[i].thread, NULL, send_all, &sender[i]), 0);
	cr_assert_eq(pthread_create(&trouble.thread, NULL, make_trouble, &trouble), 0);
	HOST_WAIT(turn(&bed));
	atomic_store(&over, true);
	for (ULONG i = 0; i < SENDERS - 1; i++)
		pthread_join(sender[i].thread, NULL);
	pthread_join(trouble.thread, NULL);
	read_some(bed.wire, 64);
	for (ULONG i = 0; i < SENDERS; i++)
		check_end(&sender[i], ended);
	cr_expect_eq(trouble.error, 0, "pause or restart failed: %d", trouble.error);
	cr_expect_gt(trouble.pauses, 0);
	cr_expect(ended[0] > 0 && ended[1] > 0 && ended[2] > 0,
		  "%u sent, %u cancelled, %u flushed: a kind is missing", ended[0], ended[1],
		  ended[2]);
	cr_expect_gt(host_stats(0).tx_queue_full, 0, "the ring was never full");
	host_expect_balanced(0);
	for (ULONG i = 0; i < SENDERS; i++)
		shape_free_all(sender[i].nbl, NBLS);
	bed_stop(&bed, NULL, 0);
}
