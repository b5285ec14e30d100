/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NBLs of every shape (NDISTest's data structures): bytes to spare before and behind the
 * data, exactly the backfill that was asked for, one large MDL, many small ones, and
 * mixtures of all; several frames to an NBL. What arrives at the cable's other end, or at the
 * other one of two virtual adapters, is compared byte by byte. Main thread.
 */
#include "batch.h"
#include "bed.h"
#include "bench.h"

#include <string.h>

TestSuite(shapes, .timeout = 300);

#define NBLS 200
#define MOST 3        /* frames of one */

static struct bed out; /* .frames: what left */
static ULONG64 seed;

static void on_wire(void *context, const uint8_t *frame, uint32_t length)
{
	(void)context;
	pcapfile_add(&out.frames, frame, length);
}

static ULONG any_length(void)
{
	return 14 + shape_random(&seed) % 1501;
}

/* MDLs with spare bytes before the first and behind the last data byte. */
static void spare(struct shape_frame *f)
{
	f->length = any_length();
	f->cut.before = shape_random(&seed) % 100;
	f->cut.after = shape_random(&seed) % 100;
	f->cut.misalign = shape_random(&seed) % 64;
}

/* Nothing before, nothing behind: the miniport asks for no backfill. */
static void exact(struct shape_frame *f)
{
	f->length = any_length();
}

/* Data somewhere in one MDL of many pages. */
static void large(struct shape_frame *f)
{
	f->length = 1514 - shape_random(&seed) % 10;
	f->cut.before = 20000 + shape_random(&seed) % 5000;
	f->cut.after = 30000;
}

/* As many MDLs as there can be, of a few bytes each. */
static void small(struct shape_frame *f)
{
	f->length = 14 + SHAPE_PIECES * 8 + shape_random(&seed) % 8;
	f->cut.n = SHAPE_PIECES;
	f->cut.piece[0] = 14;
	for (ULONG i = 1; i < SHAPE_PIECES - 1; i++)
		f->cut.piece[i] = shape_random(&seed) % 9;
}

static void mixture(struct shape_frame *f)
{
	f->length = any_length();
	shape_cut_random(&f->cut, f->length, &seed);
}

typedef void shape_fn(struct shape_frame *f);

static void make(struct shaped *list[NBLS], shape_fn *shape, const UCHAR to[6])
{	for (ULONG i = 0; i < NBLS; i++) {
		struct shape_frame frames[MOST];
		ULONG n = 1 + shape_random(&seed) % MOST;

		memset(frames, 0, sizeof(frames));
		for (ULONG k = 0; k < n; k++)
			shape(&frames[k]);
		list[i] = shape_new(frames, n, to, proto_port(0)->mac, i);
		cr_assert_not_null(list[i]);
		list[i]->send.on_done = shape_scribble; /* the port is done with the memory */
	}
}

/* In NBLs per call that grow: 1, 2, 3 ... */
static void send_all(struct proto_port *p, struct shaped *list[NBLS])
{
	for (ULONG i = 0, n = 1; i < NBLS; i += n, n++) {
		if (n > NBLS - i)
			n = NBLS - i;
		cr_assert(proto_send(p, shape_chain(p, list + i, n)));
	}
}

/* All left, the @list's memory is looked at no more. */
static void send_and_wait(struct shaped *list[NBLS])
{
	send_all(proto_port(0), list);
	HOST_WAIT(batch_done(list, NBLS) == NBLS);
	batch_expect_ended(list, NBLS, NDIS_STATUS_SUCCESS);
	host_expect_balanced(0);
}

static void over_cable(const char *type, struct shaped *list[NBLS], shape_fn *shape)
{
	nics_start(type, 1, "", NULL);
	softnic_on_transmit(nics_get(0), on_wire, NULL);
	make(list, shape, proto_port(0)->mac);
	send_and_wait(list);
	softnic_on_transmit(nics_get(0), NULL, NULL);
	bed_expect_wire(&out, list, NBLS);
	nics_expect_counts(0);
}

static ULONG frames_of(struct shaped *const list[NBLS])
{
	ULONG n = 0;

	for (ULONG i = 0; i < NBLS; i++)
		n += list[i]->n_frames;
	return n;
}

static void over_pair(const char *bench, struct shaped *list[NBLS], shape_fn *shape)
{
	struct proto_frame *f;

	pair_start(bench);
	make(list, shape, proto_port(1)->mac);
	send_and_wait(list);
	HOST_WAIT(proto_port(1)->n_frames == frames_of(list));
	host_expect_balanced(1);
	while ((f = proto_take_frame(proto_port(1))) != NULL) {
		cr_expect(f->clean, "an NBL shows what is not its own");
		pcapfile_add(&out.frames, f->bytes, f->length);
		proto_free_frame(f);
	}
	bed_expect_wire(&out, list, NBLS);
}

static void run_stage(const char *bench, shape_fn *shape)
{
	static struct shaped *list[NBLS];

	seed = 0x9E3779B97F4A7C15ull;
	if (bench_is_nic(bench))
		over_cable(bench, list, shape);
	else
		over_pair(bench, list, shape);
	shape_free_all(list, NBLS);
	pcapfile_free(&out.frames);
	bench_stop(bench);
}

PAIR_TEST(shapes, MP_SND_11_bytes_to_spare_do_not_leave)
{
	run_stage(bench, spare);
}

PAIR_TEST(shapes, MP_SND_11_exactly_the_backfill_that_was_asked_for_will_do)
{
	run_stage(bench, exact);
}

PAIR_TEST(shapes, MP_SND_11_a_frame_in_a_large_MDL_leaves_alone)
{
	run_stage(bench, large);
}

PAIR_TEST(shapes, MP_SND_11_a_frame_of_many_small_MDLs_leaves_whole)
{
	run_stage(bench, small);
}

PAIR_TEST(shapes, MP_SND_11_mixtures_leave_in_their_order)
{
	run_stage(bench, mixture);
}
