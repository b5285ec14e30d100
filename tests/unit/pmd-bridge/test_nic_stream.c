/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two adapters of a kind back to back, from protocol to protocol over the bridge and
 * DPDK's own driver: long runs both ways at once, and frames of every size. Each frame
 * arrives once, in order, with its bytes.
 */
#include "nics.h"
#include "stream.h"

static struct stream there, back;
static struct stream *const both[] = { &there, &back };

static void start(const char *type, ULONG longest, ULONG (*length)(ULONG number))
{
	nics_start(type, 2, "", &stream_rings);
	stream_open(&there, 0, 1, longest, length);
	stream_open(&back, 1, 0, longest, length);
}

/* All has arrived: the ledgers of both ports close to the frame. */
static void end(ULONG frames)
{
	for (unsigned int i = 0; i < 2; i++) {
		cr_expect_eq(both[i]->arrived, frames);
		stream_close(both[i]);
	}
	for (uint16_t i = 0; i < 2; i++) {
		struct softnic_counters c;

		host_expect_balanced(i);
		nics_expect_counts(i);
		softnic_counters_get(nics_get(i), &c);
		cr_expect_eq(c.tx_frames, frames);
		cr_expect_eq(c.rx_delivered, frames);
	}
	nics_stop();
}

static ULONG mixed(ULONG number)
{
	return 60 + number * 37 % 1455;
}

NIC_TEST(nic_stream, a_hundred_thousand_frames_each_way_arrive_in_order_with_their_bytes)
{
	start(type, 1514, mixed);
	stream_run(both, 2, 100000);
	end(100000);
}

static ULONG growing(ULONG number)
{
	return 60 + number;
}

NIC_TEST(nic_stream, frames_of_every_size_from_60_to_1514_arrive_both_ways)
{
	start(type, 1514, growing);
	stream_run(both, 2, 1455);
	end(1455);
}

static void jumbo_keyword(void)
{
	cr_assert_eq(nrt_config_set("port0", "*JumboPacket", "9014"), 0);
	cr_assert_eq(nrt_config_set("port1", "*JumboPacket", "9014"), 0);
}

NIC_TEST(nic_stream, jumbo_frames_of_every_size_up_to_9014_arrive_both_ways)
{
	ULONG most = 0;

	jumbo_keyword();
	start(type, 9014, growing);
	cr_assert_eq(proto_query(proto_port(0), OID_GEN_MAXIMUM_TOTAL_SIZE, &most, sizeof(most)),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(most, 9014);
	cr_expect_eq(proto_port(0)->mtu, 9000);
	stream_run(both, 2, 8955);
	end(8955);
}
