/* SPDX-License-Identifier: BSD-3-Clause */
/* See stream.h. Frames: Ethernet header, type 0x88B5, the number, a pattern that the number
 * chooses. What runs on the worker must not use Criterion's assertions. */
#include "stream.h"

#include <stdio.h>
#include <string.h>

#define BATCH 32
#define NUMBER_AT 14
#define PATTERN_AT 18
#define PATTERNS 4093          /* a prime: neighbours differ everywhere */
#define LONGEST 9216

const struct pmb_device_config stream_rings = { .node = -1, .rx_desc = 1024, .tx_desc = 256 };

static UCHAR pattern[PATTERNS + LONGEST];
static struct stream *_Atomic towards[PROTO_PORTS]; /* the stream that a port receives */

static void make_pattern(void)
{
	ULONG64 state = 0x5EED;

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (UCHAR)shape_random(&state);
}

static const UCHAR *pattern_of(ULONG number)
{
	return pattern + (ULONG64)number * 1021 % PATTERNS;
}

/* ----------------------------------------------------------------- receiving */

static void note_fault(struct stream *s, const char *what, ULONG number, ULONG length)
{
	if (s->wrong++ == 0)
		snprintf(s->fault, sizeof(s->fault), "%s: number %u of %u bytes where %u was due",
			 what, number, length, s->expected);
}

static void check(struct stream *s, NET_BUFFER_LIST *nbl)
{
	UCHAR bytes[LONGEST];
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	ULONG length = proto_read(nb, bytes, sizeof(bytes));
	ULONG number;

	memcpy(&number, bytes + NUMBER_AT, sizeof(number));
	if (length < 60 || memcmp(bytes, s->header, sizeof(s->header)) != 0)
		note_fault(s, "a frame of somebody else", number, length);
	else if (number < s->expected || (number > s->expected && !s->gaps))
		note_fault(s, "out of order", number, length);
	else if (length != s->length(number))
		note_fault(s, "another length", number, length);
	else if (memcmp(bytes + PATTERN_AT, pattern_of(number), length - PATTERN_AT) != 0)
		note_fault(s, "other bytes", number, length);
	else if (!proto_is_clean(nbl))
		note_fault(s, "it shows what is not its own", number, length);
	s->expected = number + 1;
	s->arrived++;
}

static void receive(struct proto_port *port, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	struct stream *s = towards[port->index];

	for (NET_BUFFER_LIST *nbl = chain; s != NULL && nbl != NULL;
	     nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		check(s, nbl);
	proto_count(port, chain, n, flags);
}

/* ------------------------------------------------------------------- sending */

static struct shaped *slot(struct stream *s, ULONG number)
{
	return s->nbl[number % STREAM_NBLS];
}

/* Look at what became of the sends that are over, oldest first. */
static void take_back(struct stream *s)
{
	while (s->taken_back < s->next && slot(s, s->taken_back)->send.done != 0) {
		struct proto_send *send = &slot(s, s->taken_back)->send;

		cr_assert_eq(send->done, 1, "send %u completed %d times", s->taken_back, send->done);
		s->succeeded += send->status == NDIS_STATUS_SUCCESS;
		s->taken_back++;
	}
}

static void write_frame(struct stream *s, ULONG number)
{
	struct shaped_frame *f = &slot(s, number)->frame[0];
	ULONG length = s->length(number);

	memcpy(f->memory, s->header, sizeof(s->header));
	memcpy(f->memory + NUMBER_AT, &number, sizeof(number));
	memcpy(f->memory + PATTERN_AT, pattern_of(number), length - PATTERN_AT);
	NET_BUFFER_DATA_LENGTH(f->nb) = length;
}

static bool has_room(struct stream *s, ULONG number)
{
	return number - s->taken_back < STREAM_NBLS &&
	       (s->gaps || number - s->arrived < STREAM_WINDOW);
}

ULONG stream_pump(struct stream *s, ULONG limit)
{
	struct shaped *batch[BATCH];
	ULONG n = 0;

	take_back(s);
	while (n < BATCH && s->next + n < limit && has_room(s, s->next + n)) {
		write_frame(s, s->next + n);
		batch[n] = slot(s, s->next + n);
		n++;
	}
	if (n == 0 || !proto_send(s->from, shape_chain(s->from, batch, n)))
		return 0;
	s->next += n;
	return n;
}

bool stream_is_over(struct stream *s)
{
	take_back(s);
	return s->taken_back == s->next;
}

/* ---------------------------------------------------------------------- life */

void stream_listen(struct stream *s, uint16_t to)
{
	towards[to] = s;
	proto_port(to)->receive = receive;
}

static void make_header(struct stream *s)
{
	memcpy(s->header, proto_port(s->to)->mac, 6);
	memcpy(s->header + 6, s->from->mac, 6);
	s->header[12] = 0x88;
	s->header[13] = 0xB5;
}

void stream_open(struct stream *s, uint16_t from, uint16_t to, ULONG longest,
		 ULONG (*length)(ULONG number))
{
	const struct shape_frame frame = { .length = 60, .cut = { .after = longest - 60 } };

	make_pattern();
	memset(s, 0, sizeof(*s));
	s->from = proto_port(from);
	s->to = to;
	s->length = length;
	make_header(s);
	for (ULONG i = 0; i < STREAM_NBLS; i++) {
		s->nbl[i] = shape_new(&frame, 1, proto_port(to)->mac, proto_port(from)->mac, i);
		cr_assert_not_null(s->nbl[i]);
		s->nbl[i]->send.on_done = shape_scribble;
	}
	stream_listen(s, to);
}

/* True when it went on since @before, which follows. */
static bool went_on(struct stream *const list[], unsigned int n, uint64_t *before)
{
	uint64_t now = 0;
	bool more;

	for (unsigned int i = 0; i < n; i++)
		now += list[i]->next + list[i]->arrived + list[i]->taken_back;
	more = now != *before;
	*before = now;
	return more;
}

static bool all_through(struct stream *const list[], unsigned int n, const ULONG limit[])
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i]->arrived < limit[i] || list[i]->taken_back < limit[i])
			return false;
	return true;
}

void stream_run(struct stream *const list[], unsigned int n_streams, ULONG n)
{
	uint64_t began = host_seconds(), before = 0;
	ULONG limit[PROTO_PORTS];

	for (unsigned int i = 0; i < n_streams; i++)
		limit[i] = list[i]->next + n;
	while (!all_through(list, n_streams, limit)) {
		ULONG sent = 0;

		for (unsigned int i = 0; i < n_streams; i++)
			sent += stream_pump(list[i], limit[i]);
		if (went_on(list, n_streams, &before))
			began = host_seconds();
		for (unsigned int i = 0; i < n_streams; i++) {
			cr_assert_eq(list[i]->wrong, 0, "%s", list[i]->fault);
			cr_assert_lt(host_seconds() - began, HOST_PATIENCE_S,
				     "stream %u stands still: %u sent, %u completed, %u arrived", i,
				     list[i]->next, list[i]->taken_back, list[i]->arrived);
		}
		if (sent == 0)
			host_breathe();
	}
	for (unsigned int i = 0; i < n_streams; i++)
		cr_expect_eq(list[i]->succeeded, list[i]->taken_back);
}

void stream_close(struct stream *s)
{
	HOST_WAIT(stream_is_over(s));
	cr_expect_eq(s->wrong, 0, "%u frames: %s", s->wrong, s->fault);
	towards[s->to] = NULL;
	shape_free_all(s->nbl, STREAM_NBLS);
}
