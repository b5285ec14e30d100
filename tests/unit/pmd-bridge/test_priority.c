/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends that wait for a NIC which takes none, in the order they leave in: with
 * PriorityOrder by 802.1p priority, and in their own order within one (MP-SND-07);
 * without it as they came.
 */
#include "bed.h"

#include <string.h>

#define FRAMES 160
#define LENGTH 200
#define TAG 4

/* From the lowest class to the highest (802.1Q). */
static const ULONG classes[8] = { 1, 0, 2, 3, 4, 5, 6, 7 };

static struct proto_port *port;

static void start(const char *keyword)
{
	host_start("net_null0,no-rx=1", NULL);
	cr_assert_eq(nrt_config_set("port0", "PriorityOrder", keyword), 0);
	port = host_add(0, NULL);
	slow_begin(0);
	slow_allow(0, 0);
}

static struct shaped *make(ULONG id, ULONG frames, ULONG priority)
{
	static const UCHAR dst[6] = { 2, 0, 0, 0, 0, 1 }, src[6] = { 2, 0, 0, 0, 0, 2 };
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = { .Value = NULL };
	struct shape_frame f[8];
	struct shaped *s;

	for (ULONG i = 0; i < frames; i++)
		f[i] = (struct shape_frame){ .length = LENGTH };
	s = shape_new(f, frames, dst, src, id);
	cr_assert_not_null(s);
	info.TagHeader.UserPriority = priority & 7u;
	info.TagHeader.VlanId = 5;
	NET_BUFFER_LIST_INFO(s->send.nbl, Ieee8021QNetBufferListInfo) = info.Value;
	return s;
}

static void send(struct shaped *const list[], ULONG n)
{
	cr_assert(proto_send(port, shape_chain(port, list, n)));
}

/* Everything that was sent has reached the queue: it waits there in its order. */
static void settle(void)
{
	nrt_workers_quiesce();
}

/* The id of the frame that left as the @index-th, which has the tag of @s. */
static void expect_frame(ULONG index, const struct shaped *s, ULONG number)
{
	UCHAR bytes[LENGTH + TAG];

	cr_assert_eq(slow_frame(0, index, bytes, sizeof(bytes)), sizeof(bytes));
	cr_expect_eq(memcmp(bytes + 12 + TAG, s->frame[number].flat + 12, LENGTH - 12), 0,
		     "frame %u is another", index);
}

static ULONG done_of(struct shaped *const list[], ULONG n)
{
	ULONG done = 0;

	for (ULONG i = 0; i < n; i++)
		done += list[i]->send.done != 0;
	return done;
}

static void end(struct shaped *list[], ULONG n)
{
	HOST_WAIT((slow_release(0, ~0u), done_of(list, n) == n));
	for (ULONG i = 0; i < n; i++)
		cr_expect_eq(list[i]->send.done, 1);
	shape_free_all(list, n);
	host_expect_balanced(0);
	host_stop();
}

static ULONG priority_of(ULONG i)
{
	return i * 5 % 8 ^ (i / 8 & 7);
}

/* In chains of three, from a thread that is no worker. */
static void send_mixed(struct shaped *list[FRAMES])
{
	for (ULONG i = 0; i < FRAMES; i++)
		list[i] = make(i, 1, priority_of(i));
	for (ULONG i = 0; i < FRAMES; i += 3) {
		send(&list[i], FRAMES - i < 3 ? FRAMES - i : 3);
		if (i % 2 != 0)
			settle();
	}
	settle();
	cr_expect_eq(slow_accepted(0), 0);
	slow_allow(0, 10000);
	HOST_WAIT(slow_accepted(0) == FRAMES);
}

BRIDGE_TEST(priority, MP_SND_07_waiting_sends_of_higher_priority_leave_first_each_in_order)
{
	struct shaped *list[FRAMES];
	ULONG at = 0;

	start("1");
	send_mixed(list);
	for (ULONG c = 8; c-- > 0;)
		for (ULONG i = 0; i < FRAMES; i++)
			if (priority_of(i) == classes[c])
				expect_frame(at++, list[i], 0);
	cr_expect_eq(at, FRAMES);
	end(list, FRAMES);
}

BRIDGE_TEST(priority, MP_SND_07_without_the_keyword_they_leave_as_they_came)
{
	struct shaped *list[FRAMES];

	start("0");
	send_mixed(list);
	for (ULONG i = 0; i < FRAMES; i++)
		expect_frame(i, list[i], 0);
	end(list, FRAMES);
}

/* The NIC has taken two of its five frames. */
BRIDGE_TEST(priority, MP_SND_07_an_NBL_that_is_half_sent_is_finished_first)
{
	struct shaped *list[4];

	start("1");
	list[0] = make(0, 5, 1);
	list[1] = make(1, 1, 2);
	list[2] = make(2, 3, 7);
	list[3] = make(3, 1, 7);
	slow_allow(0, 2);
	send(&list[0], 1);
	HOST_WAIT(slow_accepted(0) == 2);
	send(&list[1], 1);
	settle();
	send(&list[2], 2);
	settle();
	slow_allow(0, 1000);
	HOST_WAIT(slow_accepted(0) == 10);
	for (ULONG i = 0; i < 5; i++)
		expect_frame(i, list[0], i);
	for (ULONG i = 0; i < 3; i++)
		expect_frame(5 + i, list[2], i);
	expect_frame(8, list[3], 0);
	expect_frame(9, list[1], 0);
	end(list, 4);
}

/* What is left of a burst goes back to its place; more of each priority come meanwhile. */
BRIDGE_TEST(priority, MP_SND_07_a_NIC_that_takes_a_few_at_a_time_changes_no_order)
{
	struct shaped *list[FRAMES];
	ULONG last[8] = { 0 }, seen = 0;

	start("1");
	for (ULONG i = 0; i < FRAMES; i++)
		list[i] = make(i, 1, priority_of(i));
	for (ULONG i = 0; i < FRAMES; i += 8) {
		send(&list[i], 8);
		slow_allow(0, 5);
		HOST_WAIT(slow_accepted(0) == seen + 5);
		seen += 5;
	}
	slow_allow(0, 1000);
	HOST_WAIT(slow_accepted(0) == FRAMES);
	for (ULONG k = 0; k < FRAMES; k++) {
		UCHAR bytes[LENGTH + TAG];
		ULONG id;

		cr_assert_eq(slow_frame(0, k, bytes, sizeof(bytes)), sizeof(bytes));
		memcpy(&id, bytes + 14 + TAG, sizeof(id));
		cr_assert_lt(id, FRAMES);
		cr_expect_geq(id + 1, last[priority_of(id)], "%u came behind %u", id,
			      last[priority_of(id)]);
		last[priority_of(id)] = id + 1;
	}
	end(list, FRAMES);
}

BRIDGE_TEST(priority, MP_CAN_01_cancelled_sends_leave_the_others_in_their_order)
{
	static UCHAR id;
	struct shaped *list[FRAMES];
	ULONG at = 0;

	start("1");
	for (ULONG i = 0; i < FRAMES; i++) {
		list[i] = make(i, 1, priority_of(i));
		NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(list[i]->send.nbl, i % 3 == 0 ? &id : NULL);
	}
	send(list, FRAMES);
	settle();
	proto_cancel(port, &id);
	HOST_WAIT(done_of(list, FRAMES) == (FRAMES + 2) / 3);
	slow_allow(0, 1000);
	HOST_WAIT(slow_accepted(0) == FRAMES - (FRAMES + 2) / 3);
	for (ULONG c = 8; c-- > 0;)
		for (ULONG i = 0; i < FRAMES; i++)
			if (i % 3 != 0 && priority_of(i) == classes[c])
				expect_frame(at++, list[i], 0);
	end(list, FRAMES);
}
