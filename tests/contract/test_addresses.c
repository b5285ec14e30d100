/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet filters and addresses (NDISTest PacketFilters, AddressChange): every combination
 * of filters against every kind of destination, with one protocol bound, and adapters with
 * an address of their own. Main thread.
 */
#include "bench.h"

#include <string.h>

TestSuite(addresses, .timeout = 300);

enum { OWN, OTHER, LISTED, UNLISTED, BROADCAST, KINDS };

#define PERMANENT 250 /* frames to each address, as AddressChange sends */

static void address_of(unsigned int kind, UCHAR to[6])
{
	static const UCHAR fixed[KINDS][6] = {
		[OTHER] = { 2, 0, 0, 0, 0x12, 0x35 },
		[LISTED] = { 1, 0, 0x5E, 0, 0, 1 },
		[UNLISTED] = { 1, 0, 0x5E, 0x7F, 0, 1 }, /* the same to a NIC's hash */
		[BROADCAST] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF },
	};

	memcpy(to, kind == OWN ? proto_port(0)->mac : fixed[kind], 6);
}

static ULONG kinds_of(ULONG filter)
{
	ULONG kinds = 0;

	if (filter & NDIS_PACKET_TYPE_PROMISCUOUS)
		return (1u << KINDS) - 1;
	if (filter & NDIS_PACKET_TYPE_DIRECTED)
		kinds |= 1u << OWN;
	if (filter & NDIS_PACKET_TYPE_MULTICAST)
		kinds |= 1u << LISTED;
	if (filter & NDIS_PACKET_TYPE_ALL_MULTICAST)
		kinds |= 1u << LISTED | 1u << UNLISTED;
	if (filter & NDIS_PACKET_TYPE_BROADCAST)
		kinds |= 1u << BROADCAST;
	return kinds;
}

/* All that a NIC has let in has come to the bridge; on rings, all. */
static bool all_came(const char *bench, uint64_t put)
{
	struct softnic_counters c;

	if (!bench_is_nic(bench))
		return host_stats(0).rx_frames == put;
	softnic_counters_get(nics_get(0), &c);
	return c.rx_frames == put && c.rx_delivered + c.rx_filtered == put &&
	       host_stats(0).rx_frames == c.rx_delivered;
}

static uint64_t put_frame(const char *bench, const UCHAR to[6], ULONG mark)
{
	static uint64_t put;
	UCHAR frame[60] = { 0 };

	memcpy(frame, to, 6);
	frame[6] = 2;
	frame[12] = 0x88;
	frame[13] = 0xB5;
	frame[14] = (UCHAR)mark;
	bench_put(bench, frame, sizeof(frame));
	return ++put;
}

static ULONG take_kinds(struct proto_port *p)
{
	struct proto_frame *f;
	ULONG kinds = 0;

	while ((f = proto_take_frame(p)) != NULL) {
		cr_expect_eq(kinds >> f->bytes[14] & 1, 0, "a frame came twice");
		kinds |= 1u << f->bytes[14];
		proto_free_frame(f);
	}
	return kinds;
}

static void try_filter(struct proto_port *p, const char *bench, ULONG filter)
{
	ULONG kinds;
	uint64_t put = 0;
	UCHAR to[6];

	cr_assert_eq(proto_set_filter(p, filter), NDIS_STATUS_SUCCESS);
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		address_of(kind, to);
		put = put_frame(bench, to, kind);
	}
	HOST_WAIT(all_came(bench, put));
	host_pause(0); /* what was indicated has been delivered */
	kinds = take_kinds(p);
	host_restart(0);
	cr_expect_eq(kinds, kinds_of(filter), "filter 0x%X lets kinds 0x%X up, not 0x%X", filter,
		     kinds, kinds_of(filter));
}

static void every_filter(const char *bench)
{
	static const UCHAR list[1][6] = { { 1, 0, 0x5E, 0, 0, 1 } };
	struct proto_port *p = bench_start(bench);

	cr_assert_eq(proto_set_multicast(p, list, 1), NDIS_STATUS_SUCCESS);
	for (ULONG bits = 1; bits < 32; bits++)
		try_filter(p, bench,
			   (bits & 1 ? NDIS_PACKET_TYPE_DIRECTED : 0) |
				   (bits & 2 ? NDIS_PACKET_TYPE_MULTICAST : 0) |
				   (bits & 4 ? NDIS_PACKET_TYPE_ALL_MULTICAST : 0) |
				   (bits & 8 ? NDIS_PACKET_TYPE_BROADCAST : 0) |
				   (bits & 16 ? NDIS_PACKET_TYPE_PROMISCUOUS : 0));
	bench_stop(bench);
}

WIRE_TEST(addresses, MP_RCV_14_every_combination_of_filters_lets_up_what_it_says)
{
	every_filter(bench);
}

/* ------------------------------------------------------------------- addresses */

static void expect_addresses(struct proto_port *p, const UCHAR current[6])
{
	UCHAR is[6], permanent[6];

	cr_assert_eq(proto_query(p, OID_802_3_CURRENT_ADDRESS, is, 6), NDIS_STATUS_SUCCESS);
	cr_assert_eq(proto_query(p, OID_802_3_PERMANENT_ADDRESS, permanent, 6), NDIS_STATUS_SUCCESS);
	cr_expect_eq(memcmp(is, current != NULL ? current : permanent, 6), 0,
		     "the current address is %02x:%02x:..:%02x", is[0], is[1], is[5]);
	cr_expect_eq(memcmp(p->mac, is, 6), 0, "the binding was told another address");
	cr_expect_eq(proto_set(p, OID_802_3_CURRENT_ADDRESS, is, 6), NDIS_STATUS_NOT_SUPPORTED,
		     "it is a configuration parameter (page oid-802-3-current-address)");
}

/* Of the frames to the current and to another address, the first arrive alone. */
static void expect_received(struct proto_port *p, const char *bench, const UCHAR other[6])
{
	uint64_t put = 0;

	cr_assert_eq(proto_set_filter(p, NDIS_PACKET_TYPE_DIRECTED), NDIS_STATUS_SUCCESS);
	for (ULONG i = 0; i < PERMANENT; i++) {
		put_frame(bench, p->mac, 1);
		put = put_frame(bench, other, 0);
		if (i % 50 == 49)
			HOST_WAIT(all_came(bench, put));
	}
	host_pause(0);
	cr_expect_eq(p->n_frames, PERMANENT);
	host_restart(0);
}

WIRE_TEST(addresses, an_address_that_is_set_is_the_adapters_and_the_old_one_is_not)
{
	static const UCHAR mine[6] = { 0x02, 0xAA, 0xBB, 0xCC, 0xDD, 0x01 };
	struct proto_port *p;
	UCHAR old[6];

	cr_assert_eq(nrt_config_set("port0", "NetworkAddress", "02-AA-BB-CC-DD-01"), 0);
	p = bench_start(bench);
	expect_addresses(p, mine);
	cr_assert_eq(proto_query(p, OID_802_3_PERMANENT_ADDRESS, old, 6), NDIS_STATUS_SUCCESS);
	if (memcmp(old, "\0\0\0\0\0\0", 6) == 0) /* of rings */
		old[0] = 2;
	expect_received(p, bench, old);
	bench_stop(bench);
}

static void refused(const char *bench, const char *address)
{
	cr_assert_eq(nrt_config_set("port0", "NetworkAddress", address), 0);
	expect_addresses(bench_start(bench), NULL);
	bench_stop(bench);
}

WIRE_TEST(addresses, an_address_of_a_group_is_no_adapters)
{
	refused(bench, "01005E000001");
}

WIRE_TEST(addresses, an_address_of_zeros_is_no_adapters)
{
	refused(bench, "000000000000");
}

WIRE_TEST(addresses, an_address_that_is_no_number_is_no_adapters)
{
	refused(bench, "02AABBCCDDXY");
}

WIRE_TEST(addresses, a_short_address_is_no_adapters)
{
	refused(bench, "02AABBCCDD");
}
