/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A protocol that keeps what it receives until the port has no buffer left: the NIC
 * misses frames and counts them, or, where it sends pause frames, holds its peer back.
 * What was kept is whole, and traffic goes on when it is returned.
 */
#include "nics.h"
#include "stream.h"

#define FRAMES 4000

static const struct pmb_device_config small = {
	.node = -1, .rx_desc = 64, .tx_desc = 64, .mbufs = 512,
};

static ULONG mixed(ULONG number)
{
	return 60 + number * 37 % 1455;
}

/* A frame for port 0 from the wire, numbered. */
static void inject(ULONG number)
{
	UCHAR bytes[200];

	memset(bytes, (int)(number & 0xFF), sizeof(bytes));
	memcpy(bytes, proto_port(0)->mac, 6);
	memcpy(bytes + 6, "\2\0\0\0\0\5\x88\xB5", 8);
	memcpy(bytes + 14, &number, 4);
	softnic_inject(nics_get(0), bytes, 60 + number % 100);
}

static void expect_frame(NET_BUFFER_LIST *nbl, ULONG *next)
{
	UCHAR bytes[200];
	ULONG length = proto_read(NET_BUFFER_LIST_FIRST_NB(nbl), bytes, sizeof(bytes));
	ULONG number;

	memcpy(&number, bytes + 14, 4);
	cr_assert_geq(number, *next, "frame %u came after frame %u", number, *next);
	cr_assert_eq(length, 60 + number % 100);
	for (ULONG i = 18; i < length; i++)
		cr_assert_eq(bytes[i], number & 0xFF, "frame %u has another byte at %u", number, i);
	*next = number + 1;
}

/* Look at all that is held, and give it back. */
static void return_held(ULONG *next)
{
	NET_BUFFER_LIST *held = proto_take_held(proto_port(0), ~0u);

	for (NET_BUFFER_LIST *nbl = held; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		expect_frame(nbl, next);
	if (held != NULL)
		proto_return(proto_port(0), held);
}

/* What the wire brought is what the PMD gave and what the NIC missed. */
static void expect_all_counted(ULONG injected)
{
	struct softnic_counters c;
	struct pmb_device_stats s = host_stats(0);

	softnic_counters_get(nics_get(0), &c);
	cr_expect_eq(c.rx_frames, injected);
	cr_expect_eq(c.rx_delivered + c.rx_missed, injected);
	cr_expect_eq(s.ipackets + s.imissed, injected, "%lu received, %lu missed of %u", s.ipackets,
		     s.imissed, injected);
	nics_expect_counts(0);
}

NIC_TEST(nic_buffers, frames_for_which_no_buffer_is_left_are_missed_and_counted)
{
	struct proto_port *p;
	ULONG next = 0, injected = 0, last;

	nics_start(type, 1, "", &small);
	p = proto_port(0);
	p->receive = proto_hold;
	for (unsigned int round = 0; round < 5; round++) {
		uint64_t missed;

		HOST_WAIT((inject(injected++), host_stats(0).pool_free < 32)); /* ixgbe takes 32 */
		missed = host_stats(0).imissed;
		for (ULONG i = 0; i < 500; i++)
			inject(injected++);
		cr_expect_geq(host_stats(0).imissed, missed + 500 - 64 - 32, "there was room");
		do {
			return_held(&next);
			host_breathe();
		} while (host_stats(0).rx_frames != host_stats(0).ipackets || p->n_held != 0);
		/* the PMD fills its ring again when it is polled, not when buffers come back */
		last = injected;
		HOST_WAIT((inject(injected++), p->n_held != 0));
		return_held(&next);
		cr_expect_gt(next, last, "what came after all had been returned did not arrive");
	}
	HOST_WAIT(host_stats(0).rx_frames == host_stats(0).ipackets);
	return_held(&next);
	expect_all_counted(injected);
	host_expect_balanced(0);
	nics_stop();
}

static void nothing(void *arg)
{
	(void)arg;
}

/* What the stream sent was delivered or missed, and after that one more arrives. */
static void expect_rest(struct stream *s)
{
	struct softnic_counters c;

	HOST_WAIT((stream_pump(s, FRAMES), s->next == FRAMES && stream_is_over(s)));
	HOST_WAIT(host_stats(1).rx_frames == host_stats(1).ipackets);
	HOST_WAIT((stream_pump(s, FRAMES + 1), s->expected == FRAMES + 1 && stream_is_over(s)));
	cr_expect_eq(s->succeeded, FRAMES + 1);
	softnic_counters_get(nics_get(1), &c);
	cr_expect_eq(c.rx_delivered + c.rx_missed, FRAMES + 1);
	cr_expect_eq(proto_port(0)->reset_starts, 0);
}

/* Back to back: the peer is held back by pause frames, or its frames are missed. */
NIC_TEST(nic_buffers, a_neighbour_goes_on_when_a_port_has_buffers_again)
{
	static struct stream there;
	struct proto_port *p;

	nics_start(type, 2, "", &small);
	p = proto_port(1);
	stream_open(&there, 0, 1, 1514, mixed);
	there.gaps = true;
	p->receive = proto_hold;
	HOST_WAIT((stream_pump(&there, FRAMES), host_stats(1).pool_free == 0));
	stream_listen(&there, 1);
	host_on_worker(nothing, NULL); /* the last that is kept, is */
	cr_assert_gt(p->n_held, 0);
	proto_return(p, proto_take_held(p, ~0u));
	expect_rest(&there);
	stream_close(&there);
	for (uint16_t i = 0; i < 2; i++) {
		host_expect_balanced(i);
		nics_expect_counts(i);
	}
	nics_stop();
}
