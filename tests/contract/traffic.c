/* SPDX-License-Identifier: BSD-3-Clause */
/* See traffic.h. What the sending threads and the workers run must not use Criterion's
 * assertions. */
#include "traffic.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define NBLS 512          /* under way at most: more than a transmit ring has */
#define CHAIN 8           /* in one call at most */
#define FRAMES 3          /* of an NBL at most */
#define SHORTEST 22       /* with the NBL's and the frame's number in it */
#define LONGEST 1514
#define MOST (1u << 22)   /* NBLs in all */
#define HELD 32           /* received and kept, at most */
#define FLOW 20           /* NBLs that are enough to say that it flows */
#define LAST (PAIR_ROOM / FRAMES)
#define IDS 4
#define STATUSES 8

struct way {
	uint16_t to;
	UCHAR src[6], dst[6];
	const NDIS_STATUS *may;
	struct proto_port *_Atomic port; /* main: rw, sender: ro */
	pthread_t thread;
	_Atomic bool stop;

	/* sender, then main */
	struct shaped *nbl[NBLS];
	_Atomic ULONG next;            /* id to be sent */
	_Atomic ULONG taken_back;      /* those before have ended and were looked at */
	struct proto_port *ended_on;
	LONG order;                    /* of the last that succeeded there */
	bool unsent[MOST];             /* ended with a status that says that nothing left */
	char fault[160];               /* the first */
	_Atomic ULONG faults;
	_Atomic ULONG ended[STATUSES];

	/* worker of the other port */
	_Atomic ULONG expected;        /* no earlier id may come */
	ULONG expected_frame;
	UCHAR came[MOST];              /* frames of each NBL */
	char strange[160];             /* the first */
	_Atomic ULONG stranges;
};

static struct way ways[2];             /* by the port that sends */

static const NDIS_STATUS statuses[STATUSES] = {
	NDIS_STATUS_SUCCESS, NDIS_STATUS_SEND_ABORTED, NDIS_STATUS_REQUEST_ABORTED,
	NDIS_STATUS_RESET_IN_PROGRESS, NDIS_STATUS_PAUSED,
};

/* -------------------------------------------------------------------------- NBLs */

/* The number of @id's frames; their lengths and layouts follow from it too. */
static ULONG shape_of(ULONG id, struct shape_frame frames[FRAMES])
{
	ULONG64 state = (id + 1) * 0x9E3779B97F4A7C15ull;
	ULONG n = 1 + shape_random(&state) % FRAMES;

	memset(frames, 0, FRAMES * sizeof(frames[0]));
	for (ULONG i = 0; i < n; i++) {
		frames[i].length = SHORTEST + shape_random(&state) % (LONGEST - SHORTEST + 1);
		shape_cut_random(&frames[i].cut, frames[i].length, &state);
	}
	return n;
}

PVOID traffic_cancel_id(ULONG i)
{
	static UCHAR mine;

	if (mine == 0)
		mine = NdisGeneratePartialCancelId();
	return (PVOID)((ULONG_PTR)mine << (8 * sizeof(PVOID) - 8) | (i % IDS + 1));
}

static struct shaped *make(struct way *w, ULONG id)
{
	struct shape_frame frames[FRAMES];
	struct shaped *s = shape_new(frames, shape_of(id, frames), w->dst, w->src, id);

	if (s == NULL)
		return NULL;
	s->send.on_done = shape_scribble; /* the port is done with the memory */
	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(s->send.nbl, traffic_cancel_id(id));
	return s;
}

/* ------------------------------------------------------------------------- sending */

static void note_fault(struct way *w, const char *what, ULONG id, const struct proto_send *send)
{
	if (w->faults++ == 0)
		snprintf(w->fault, sizeof(w->fault), "%s: NBL %u completed %d times with 0x%08X",
			 what, id, send->done, (unsigned int)send->status);
}

static bool may_end_so(const struct way *w, ULONG id, NDIS_STATUS status)
{
	const NDIS_STATUS *may = w->may;

	if (status == NDIS_STATUS_SEND_ABORTED && id % IDS >= IDS / 2)
		return false; /* nobody cancelled it */
	while (*may != 0 && *may != status)
		may++;
	return status == NDIS_STATUS_SUCCESS || *may == status;
}

/* Those that succeed on one binding do so in the order in which they were sent. */
static bool in_order(struct way *w, const struct proto_send *send)
{
	bool is = send->port != w->ended_on || send->order > w->order;

	w->ended_on = send->port;
	w->order = send->order;
	return is;
}

static void look_at(struct way *w, ULONG id, const struct proto_send *send)
{
	if (send->done != 1)
		note_fault(w, "not once", id, send);
	else if (!may_end_so(w, id, send->status))
		note_fault(w, "not so", id, send);
	else if (send->status == NDIS_STATUS_SUCCESS && !in_order(w, send))
		note_fault(w, "out of order", id, send);
	/* A reset may abort what has left already. */
	w->unsent[id] = send->status != NDIS_STATUS_SUCCESS &&
			send->status != NDIS_STATUS_REQUEST_ABORTED;
	for (ULONG i = 0; i < STATUSES; i++)
		w->ended[i] += send->status == statuses[i] && (i == 0 || statuses[i] != 0);
}

static struct shaped **slot(struct way *w, ULONG id)
{
	return &w->nbl[id % NBLS];
}

/* What has ended, oldest first. It is freed as late as possible: it might end again. */
static void take_back(struct way *w)
{
	while (w->taken_back < w->next && (*slot(w, w->taken_back))->send.done != 0) {
		look_at(w, w->taken_back, &(*slot(w, w->taken_back))->send);
		w->taken_back++;
	}
}

static void drop(struct way *w, ULONG id)
{
	struct shaped *old = *slot(w, id);

	if (old != NULL && old->send.done != 1)
		note_fault(w, "once more", id - NBLS, &old->send);
	shape_free(old);
	*slot(w, id) = NULL;
}

/* Send a chain if there is room for it; false: there is none, or the binding is paused, or its
 * adapter is being reset (PR-RST-01). */
static bool send_some(struct way *w)
{
	ULONG first = w->next, n = 1 + first % CHAIN;
	struct proto_port *port = w->port;
	struct shaped *list[CHAIN];
	NET_BUFFER_LIST *chain;

	take_back(w);
	if (first + n - w->taken_back > NBLS || first + n > MOST ||
	    port->reset_starts != port->reset_ends)
		return false;
	for (ULONG i = 0; i < n; i++) {
		drop(w, first + i);
		list[i] = *slot(w, first + i) = make(w, first + i);
		if (list[i] == NULL) {
			w->faults++;
			return false;
		}
	}
	chain = shape_chain(port, list, n);
	if (proto_send(port, chain)) {
		w->next = first + n;
		return true;
	}
	for (ULONG i = 0; i < n; i++) {
		shape_free(list[i]);
		*slot(w, first + i) = NULL;
	}
	return false;
}

static void *send_all_the_time(void *arg)
{
	struct way *w = arg;

	while (!atomic_load(&w->stop))
		if (!send_some(w))
			host_breathe();
	return NULL;
}

/* ----------------------------------------------------------------------- receiving */

static void note_strange(struct way *w, const char *what, ULONG id, ULONG frame)
{
	if (w->stranges++ == 0)
		snprintf(w->strange, sizeof(w->strange), "%s: frame %u of NBL %u where %u was due",
			 what, frame, id, w->expected);
}

static bool has_its_bytes(const struct way *w, const UCHAR *bytes, ULONG length, ULONG id,
			  ULONG number)
{
	struct shape_frame frames[FRAMES];
	UCHAR must[LONGEST] = { 0 };

	if (id >= MOST || number >= shape_of(id, frames))
		return false;
	shape_fill(must, frames[number].length, w->dst, w->src, id, number);
	return length == (frames[number].length < 60 ? 60 : frames[number].length) &&
	       memcmp(bytes, must, length) == 0;
}

static void check(struct way *w, NET_BUFFER_LIST *nbl)
{
	UCHAR bytes[LONGEST] = { 0 };
	ULONG length = proto_read(NET_BUFFER_LIST_FIRST_NB(nbl), bytes, sizeof(bytes));
	ULONG id, number;

	memcpy(&id, bytes + 14, sizeof(id));
	memcpy(&number, bytes + 18, sizeof(number));
	if (!has_its_bytes(w, bytes, length, id, number)) {
		note_strange(w, "other bytes", id, number);
		return;
	}
	if (id < w->expected || (id == w->expected && number < w->expected_frame))
		note_strange(w, "out of order", id, number);
	w->came[id]++;
	w->expected_frame = number + 1;
	w->expected = id;
}

/* Keep a few, oldest first, until others have come. */
static void receive(struct proto_port *port, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	NET_BUFFER_LIST *some;
	ULONG held;

	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		check(&ways[1 - port->index], nbl);
	proto_hold(port, chain, n, flags);
	held = port->n_held;
	if (held <= HELD)
		return;
	some = proto_take_held(port, held - HELD / 2);
	if (some != NULL)
		proto_return(port, some);
}

/* ----------------------------------------------------------------- the worker is late */

struct late {
	void (*fn)(void);
	bool called;
};

/* There is room for as many sends, so they come. */
static bool may_wait_for_sends(void)
{
	for (unsigned int i = 0; i < 2; i++)
		if (ways[i].next - ways[i].taken_back > NBLS / 2)
			return false;
	return true;
}

static void wait_and_call(void *arg)
{
	struct late *l = arg;
	ULONG from[2] = { ways[0].next, ways[1].next };

	if (!may_wait_for_sends())
		return;
	for (unsigned int i = 0; i < 2; i++)
		if (!HOST_EVENTUALLY(ways[i].next >= from[i] + IDS))
			return;
	l->fn();
	l->called = true;
}

void traffic_on_late_worker(void (*fn)(void))
{
	struct late l = { fn, false };

	HOST_WAIT((host_on_worker(wait_and_call, &l), l.called));
}

/* ---------------------------------------------------------------------- start, end */

void traffic_attach(uint16_t port)
{
	proto_port(port)->receive = receive;
	atomic_store(&ways[port].port, proto_port(port));
}

void traffic_start(const NDIS_STATUS may[])
{
	for (uint16_t i = 0; i < 2; i++) {
		ways[i].to = 1 - i;
		ways[i].may = may;
		memcpy(ways[i].src, proto_port(i)->mac, 6);
		memcpy(ways[i].dst, proto_port(1 - i)->mac, 6);
		traffic_attach(i);
	}
	for (unsigned int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&ways[i].thread, NULL, send_all_the_time, &ways[i]), 0);
}

static void expect_no_faults(const struct way *w)
{
	cr_assert_eq(w->faults, 0, "to port %u: %u sends: %s", w->to, w->faults, w->fault);
	cr_assert_eq(w->stranges, 0, "to port %u: %u frames: %s", w->to, w->stranges, w->strange);
}

void traffic_expect_flow(void)
{
	ULONG from[2] = { ways[0].next, ways[1].next };

	for (unsigned int i = 0; i < 2; i++) {
		HOST_WAIT(ways[i].expected >= from[i] + FLOW || ways[i].faults != 0);
		expect_no_faults(&ways[i]);
	}
}

static ULONG ended_with(NDIS_STATUS status)
{
	ULONG n = 0;

	for (unsigned int i = 0; i < STATUSES; i++)
		if (statuses[i] == status && (i == 0 || status != 0))
			n += ways[0].ended[i] + ways[1].ended[i];
	return n;
}

void traffic_expect_ended(NDIS_STATUS status, ULONG n)
{
	bool have = HOST_EVENTUALLY(ended_with(status) >= n || ways[0].faults + ways[1].faults);

	for (unsigned int i = 0; i < 2; i++)
		expect_no_faults(&ways[i]);
	cr_assert(have, "of %u and %u sends %u and %u have ended, %u of these with 0x%08X",
		  ways[0].next, ways[1].next, ways[0].taken_back, ways[1].taken_back,
		  ended_with(status), (unsigned int)status);
}

static bool all_ended(struct way *w)
{
	take_back(w);
	return w->taken_back == w->next;
}

static bool newest_came(const struct way *w)
{
	return w->expected + 1 == w->next;
}

/* The newest has come; another is sent now and then, in case it was lost. */
static bool comes(struct way *w, ULONG *looks)
{
	if (newest_came(w))
		return true;
	if ((*looks)++ % 100 == 0)
		send_some(w);
	return false;
}

/* Wait until nothing is on its way. */
static void settle(struct way *w)
{
	ULONG looks = 0;

	HOST_WAIT(all_ended(w));
	HOST_WAIT(comes(w, &looks));
	HOST_WAIT(all_ended(w));
}

/* A few more, all of which arrive. */
static void send_last(struct way *w)
{
	ULONG first = w->next;
	struct shape_frame frames[FRAMES];

	while (w->next + CHAIN <= first + LAST)
		HOST_WAIT(send_some(w));
	HOST_WAIT(all_ended(w) && newest_came(w));
	for (ULONG id = first; id < w->next; id++)
		cr_assert(HOST_EVENTUALLY(w->came[id] == shape_of(id, frames)),
			  "of NBL %u (of %u to %u, 0x%08X) %u frames arrived at port %u", id, first,
			  w->next, (unsigned int)(*slot(w, id))->send.status, w->came[id], w->to);
}

static void expect_explained(uint16_t port)
{
	struct nrt_ledger l;

	host_expect_balanced(port); /* the bindings give back what they keep */
	nrt_adapter_ledger(host_adapter(port), &l);
	cr_expect_eq(l.rx_indicated, l.rx_delivered + l.rx_drop_filter + l.rx_drop_paused,
		     "port %u: %ld received NBLs are unexplained", port,
		     (long)(l.rx_indicated - l.rx_delivered - l.rx_drop_filter - l.rx_drop_paused));
	cr_expect_eq(l.rx_copies + l.rx_looped, 0);
	cr_expect_eq(l.rx_delivered, (uint64_t)proto_port(port)->received);
	cr_expect_eq(l.tx_submitted, l.tx_handed + l.tx_rejected,
		     "port %u: %ld sends are unexplained", port,
		     (long)(l.tx_submitted - l.tx_handed - l.tx_rejected));
	cr_expect_eq(l.tx_submitted, (uint64_t)proto_port(port)->completions);
}

void traffic_end(void)
{
	for (unsigned int i = 0; i < 2; i++)
		atomic_store(&ways[i].stop, true);
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(ways[i].thread, NULL);
	for (unsigned int i = 0; i < 2; i++)
		settle(&ways[i]);
	for (unsigned int i = 0; i < 2; i++)
		send_last(&ways[i]);
	for (uint16_t i = 0; i < 2; i++) {
		struct way *w = &ways[i];

		expect_explained(i);
		expect_no_faults(w);
		for (ULONG id = 0; id < w->next; id++)
			cr_assert_not(w->unsent[id] && w->came[id] != 0,
				      "NBL %u was not sent and arrived at port %u", id, w->to);
		for (ULONG id = 0; id < NBLS; id++)
			drop(w, id);
		cr_expect_eq(w->faults, 0, "%s", w->fault);
	}
}
