/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An adapter over a NIC as its protocol sees it: address, sizes, link and counts by
 * OID, and received NBLs that are returned in any order.
 */
#include "nics.h"
#include "stream.h"

static struct stream there, back;
static struct stream *const both[] = { &there, &back };

static ULONG mixed(ULONG number)
{
	return 60 + number * 37 % 1455;
}

static void expect_ulong(uint16_t port, NDIS_OID oid, ULONG must)
{
	ULONG is = ~must;

	cr_assert_eq(proto_query(proto_port(port), oid, &is, sizeof(is)), NDIS_STATUS_SUCCESS);
	cr_expect_eq(is, must, "OID 0x%08X says %u, not %u", (unsigned int)oid, is, must);
}

static void expect_address(uint16_t port, NDIS_OID oid, const UCHAR must[6])
{
	UCHAR is[6] = { 0 };

	cr_assert_eq(proto_query(proto_port(port), oid, is, 6), NDIS_STATUS_SUCCESS);
	cr_expect_eq(memcmp(is, must, 6), 0, "OID 0x%08X: another address", (unsigned int)oid);
}

static void expect_link(uint16_t port, ULONG64 speed)
{
	NDIS_LINK_STATE link = { 0 };

	cr_assert_eq(proto_query(proto_port(port), OID_GEN_LINK_STATE, &link, sizeof(link)),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(link.MediaConnectState, MediaConnectStateConnected);
	cr_expect_eq(link.MediaDuplexState, MediaDuplexStateFull);
	cr_expect_eq(link.XmitLinkSpeed, speed);
	cr_expect_eq(link.RcvLinkSpeed, speed);
	expect_ulong(port, OID_GEN_LINK_SPEED, (ULONG)(speed / 100));
}

static void send_both_ways(ULONG n)
{
	for (unsigned int i = 0; i < 2; i++)
		stream_open(both[i], (uint16_t)i, (uint16_t)(1 - i), 1514, mixed);
	stream_run(both, 2, n);
	for (unsigned int i = 0; i < 2; i++)
		stream_close(both[i]);
}

/* softnic gives NIC n the address 02:50:4f:00:00:n. */
NIC_TEST(nic_adapter, an_adapter_says_what_its_NIC_is_and_carries_frames)
{
	UCHAR mac[6] = { 0x02, 0x50, 0x4f, 0, 0, 0 };

	nics_start(type, 2, "", &stream_rings);
	cr_expect_neq(memcmp(proto_port(0)->mac, proto_port(1)->mac, 6), 0);
	for (uint16_t i = 0; i < 2; i++) {
		mac[5] = proto_port(i)->mac[5];
		cr_expect_eq(memcmp(proto_port(i)->mac, mac, 6), 0);
		expect_address(i, OID_802_3_PERMANENT_ADDRESS, mac);
		expect_address(i, OID_802_3_CURRENT_ADDRESS, mac);
		expect_ulong(i, OID_GEN_MAXIMUM_FRAME_SIZE, 1500);
		expect_ulong(i, OID_GEN_MAXIMUM_TOTAL_SIZE, 1514);
		cr_expect_eq(proto_port(i)->mtu, 1500);
		expect_link(i, nics_speed(type));
	}
	send_both_ways(1000);
	for (uint16_t i = 0; i < 2; i++) {
		host_expect_balanced(i);
		nics_expect_counts(i);
	}
	nics_stop();
}

/* The NIC's own filter lets in what is for the address that was set, and nothing else. */
NIC_TEST(nic_adapter, NetworkAddress_is_the_address_that_the_NIC_takes_frames_for)
{
	const UCHAR mine[6] = { 0x02, 0xAA, 0xBB, 0xCC, 0xDD, 0x01 };
	struct softnic_counters c;
	UCHAR other[60] = { 0x02, 0x50, 0x4f, 0, 0, 0 };

	cr_assert_eq(nrt_config_set("port0", "NetworkAddress", "02AABBCCDD01"), 0);
	nics_start(type, 2, "", &stream_rings);
	cr_assert_eq(proto_set_filter(proto_port(0), NDIS_PACKET_TYPE_DIRECTED),
		     NDIS_STATUS_SUCCESS);
	expect_address(0, OID_802_3_CURRENT_ADDRESS, mine);
	memcpy(other + 6, mine, 6);
	send_both_ways(200);
	softnic_inject(nics_get(0), other, sizeof(other)); /* the permanent address */
	softnic_counters_get(nics_get(0), &c);
	cr_expect_eq(c.rx_filtered, 1);
	host_expect_balanced(0);
	nics_expect_counts(0);
	nics_stop();
}

/* -------------------------------------------------------------------- counts */

static NDIS_STATISTICS_INFO statistics(uint16_t port)
{
	NDIS_STATISTICS_INFO s = { .Header.Type = NDIS_OBJECT_TYPE_DEFAULT };

	cr_assert_eq(proto_query(proto_port(port), OID_GEN_STATISTICS, &s, sizeof(s)),
		     NDIS_STATUS_SUCCESS);
	return s;
}

static ULONG64 count(uint16_t port, NDIS_OID oid)
{
	ULONG64 n = 0;

	cr_assert_eq(proto_query(proto_port(port), oid, &n, sizeof(n)), NDIS_STATUS_SUCCESS);
	return n;
}

NIC_TEST(nic_adapter, statistics_OIDs_count_the_frames_sent_and_received)
{
	nics_start(type, 2, "", &stream_rings);
	send_both_ways(3000);
	for (uint16_t i = 0; i < 2; i++) {
		NDIS_STATISTICS_INFO s = statistics(i);

		cr_expect_eq(s.ifHCInUcastPkts, 3000);
		cr_expect_eq(s.ifHCOutUcastPkts, 3000);
		cr_expect_eq(s.ifInDiscards, 0);
		cr_expect_eq(s.ifInErrors, 0);
		cr_expect_eq(s.ifOutErrors, 0);
		cr_expect_eq(count(i, OID_GEN_RCV_OK), 3000);
		cr_expect_eq(count(i, OID_GEN_XMIT_OK), 3000);
		host_expect_balanced(i);
		nics_expect_counts(i);
	}
	nics_stop();
}

/* The bytes of header and data, on every NIC alike. */
static void expect_bytes(uint16_t port, ULONG64 bytes)
{
	NDIS_STATISTICS_INFO s = statistics(port);

	cr_expect_eq(s.ifHCInOctets, bytes, "%llu bytes received, not %llu",
		     (unsigned long long)s.ifHCInOctets, (unsigned long long)bytes);
	cr_expect_eq(s.ifHCOutOctets, bytes, "%llu bytes sent, not %llu",
		     (unsigned long long)s.ifHCOutOctets, (unsigned long long)bytes);
	cr_expect_eq(s.ifHCInUcastOctets, s.ifHCInOctets);
	cr_expect_eq(s.ifHCOutUcastOctets, s.ifHCOutOctets);
}

NIC_TEST(nic_adapter, statistics_OIDs_count_the_bytes_sent_and_received)
{
	ULONG64 bytes = 0;

	nics_start(type, 2, "", &stream_rings);
	for (ULONG i = 0; i < 3000; i++)
		bytes += mixed(i);
	send_both_ways(3000);
	for (uint16_t i = 0; i < 2; i++)
		expect_bytes(i, bytes);
	nics_stop();
}

/* @n frames to @to, from the cable and onto it. */
static void exchange(const UCHAR to[6], ULONG n)
{
	const struct shape_frame f = { .length = 60 };
	struct shaped *sent[30];
	UCHAR frame[60] = { 0 };

	memcpy(frame, to, 6);
	for (ULONG i = 0; i < n; i++) {
		softnic_inject(nics_get(0), frame, sizeof(frame));
		sent[i] = shape_new(&f, 1, to, proto_port(0)->mac, i);
		cr_assert_not_null(sent[i]);
	}
	cr_assert(proto_send(proto_port(0), shape_chain(proto_port(0), sent, n)));
	for (ULONG i = 0; i < n; i++)
		HOST_WAIT(sent[i]->send.done != 0);
	shape_free_all(sent, n);
}

/* igb's and ixgbe's statistics registers are there for that; em's driver shows none. */
NIC_TEST(nic_adapter, MP_OID_13_statistics_tell_kinds_of_frames_apart_where_the_NIC_does)
{
	static const UCHAR group[6] = { 1, 0, 0x5E, 1, 2, 3 };
	static const UCHAR all[6] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	const ULONG kinds = NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV |
			    NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_XMIT;
	bool known = strcmp(type, "82576") == 0 || strcmp(type, "82599") == 0;
	NDIS_STATISTICS_INFO s;

	nics_start(type, 1, "", &stream_rings);
	exchange(proto_port(0)->mac, 10);
	exchange(group, 20);
	exchange(all, 30);
	HOST_WAIT(host_stats(0).rx_frames == 60);
	s = statistics(0);
	cr_expect_eq((s.SupportedStatistics & kinds) == kinds, known);
	cr_expect_eq(s.ifHCInUcastPkts, known ? 10 : 60);
	cr_expect_eq(s.ifHCInMulticastPkts, known ? 20 : 0);
	cr_expect_eq(s.ifHCInBroadcastPkts, known ? 30 : 0);
	cr_expect_eq(s.ifHCOutUcastPkts, known ? 10 : 60);
	cr_expect_eq(s.ifHCOutMulticastPkts, known ? 20 : 0);
	cr_expect_eq(s.ifHCOutBroadcastPkts, known ? 30 : 0);
	cr_expect_eq(s.ifHCInOctets, 3600);
	cr_expect_eq(s.ifHCOutOctets, 3600);
	nics_stop();
}

/* What the port ends without sending it is a discard, not an error. */
NIC_TEST(nic_adapter, MP_OID_13_sends_that_are_refused_count_as_discards)
{
	const struct shape_frame f = { .length = 2000 };
	struct shaped *sent[1];

	nics_start(type, 1, "", &stream_rings);
	sent[0] = shape_new(&f, 1, proto_port(0)->mac, proto_port(0)->mac, 0);
	cr_assert(proto_send(proto_port(0), shape_chain(proto_port(0), sent, 1)));
	HOST_WAIT(sent[0]->send.done != 0);
	cr_expect_eq(sent[0]->send.status, NDIS_STATUS_INVALID_LENGTH);
	cr_expect_eq(statistics(0).ifOutDiscards, 1);
	cr_expect_eq(statistics(0).ifOutErrors, 0);
	shape_free_all(sent, 1);
	nics_stop();
}
