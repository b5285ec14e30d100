/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NBLs of every shape (NDISTest's data structures): bytes to spare before and behind the
 * data, exactly the backfill that was asked for, one large MDL, many small ones, and
 * mixtures of all; several frames to an NBL. What arrives at the cable's other end is
 * compared byte by byte. Main thread.
 */
#include "batch.h"
#include "bed.h"
#include "nics.h"

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

static void make(struct shaped *list[NBLS], shape_fn *shape)
{
	const UCHAR *mac = proto_port(0)->mac;

	for (ULONG i = 0; i < NBLS; i++) {
		struct shape_frame frames[MOST];
		ULONG n = 1 + shape_random(&seed) % MOST;

		memset(frames, 0, sizeof(frames));
		for (ULONG k = 0; k < n; k++)
			shape(&frames[k]);
		list[i] = shape_new(frames, n, mac, mac, i);
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

static void run_stage(const char *type, shape_fn *shape)
{
	static struct shaped *list[NBLS];

	seed = 0x9E3779B97F4A7C15ull;
	nics_start(type, 1, "", NULL);
	softnic_on_transmit(nics_get(0), on_wire, NULL);
	make(list, shape);
	send_all(proto_port(0), list);
	HOST_WAIT(batch_done(list, NBLS) == NBLS);
	batch_expect_ended(list, NBLS, NDIS_STATUS_SUCCESS);
	host_expect_balanced(0);
	softnic_on_transmit(nics_get(0), NULL, NULL);
	bed_expect_wire(&out, list, NBLS);
	nics_expect_counts(0);
	shape_free_all(list, NBLS);
	pcapfile_free(&out.frames);
	nics_stop();
}

NIC_TEST(shapes, MP_SND_11_bytes_to_spare_do_not_leave)
{
	run_stage(type, spare);
}

NIC_TEST(shapes, MP_SND_11_exactly_the_backfill_that_was_asked_for_will_do)
{
	run_stage(type, exact);
}

NIC_TEST(shapes, MP_SND_11_a_frame_in_a_large_MDL_leaves_alone)
{
	run_stage(type, large);
}

NIC_TEST(shapes, MP_SND_11_a_frame_of_many_small_MDLs_leaves_whole)
{
	run_stage(type, small);
}

NIC_TEST(shapes, MP_SND_11_mixtures_leave_in_their_order)
{
	run_stage(type, mixture);
}
