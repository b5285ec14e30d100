/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RSS with traffic (NDISTest Mini6RSSSendRecv): a peer sends flows while the parameters are
 * set, and those that it sends afterwards come in where hash and indirection table say, with
 * the hash in their NBLs. tests/unit/pmd-bridge/test_nic_rss.c has each parameter by itself.
 * Main thread.
 */
#include "flows.h"
#include "nics.h"

#include <string.h>

TestSuite(rss, .timeout = 300);

#define QUEUES 2
#define ROUNDS 4

static struct shaped *sent[FLOWS];

static void start(const char *type)
{
	const struct pmb_device_config config = { .node = -1, .rx_queues = QUEUES,
						  .tx_queues = QUEUES, .rx_desc = 1024,
						  .tx_desc = 256 };
	const struct shape_frame f = { .length = 128 };

	host_workers = QUEUES;
	nics_start(type, 2, "", &config);
	proto_port(0)->receive = flows_receive;
	for (ULONG i = 0; i < FLOWS; i++) {
		sent[i] = shape_new(&f, 1, proto_port(0)->mac, proto_port(1)->mac, i);
		cr_assert_not_null(sent[i]);
	}
}

/* A frame of each flow from port 1, all of which complete. */
static void send_all(ULONG stamp)
{
	for (ULONG i = 0; i < FLOWS; i++)
		NET_BUFFER_DATA_LENGTH(sent[i]->frame[0].nb) =
			flow_frame(i, proto_port(0)->mac, stamp, sent[i]->frame[0].memory);
	cr_assert(proto_send(proto_port(1), shape_chain(proto_port(1), sent, FLOWS)));
	for (ULONG i = 0; i < FLOWS; i++) {
		HOST_WAIT(sent[i]->send.done != 0);
		cr_expect_eq(sent[i]->send.status, NDIS_STATUS_SUCCESS);
	}
}

/* Of each flow @n frames have been received. */
static void wait_for_all(ULONG n)
{
	for (ULONG i = 0; i < FLOWS; i++)
		HOST_WAIT(flow_seen[i].frames == (LONG)n);
}

SERVER_TEST(rss, flows_of_a_peer_come_in_where_the_table_says)
{
	static const ULONG types[] = { FLOW_HASHES4 | FLOW_HASHES6, FLOW_HASHES4,
				       NDIS_HASH_IPV4 | NDIS_HASH_UDP_IPV6 };
	struct flow_rss p;

	start(type);
	for (ULONG i = 0; i < ROUNDS; i++) {
		send_all(2 * i + 1); /* still arriving while the parameters change */
		flow_rss_make(&p, types[i % 3], 128 >> i % 3, 2 * i + 1, QUEUES);
		cr_assert_eq(proto_set(proto_port(0), OID_GEN_RECEIVE_SCALE_PARAMETERS, &p, sizeof(p)),
			     NDIS_STATUS_SUCCESS);
		wait_for_all(2 * i + 1); /* queues do not wait for each other */
		send_all(2 * i + 2);
		wait_for_all(2 * i + 2);
		flows_expect_dealt(&p, QUEUES);
	}
	cr_expect_eq(flows_strange, 0);
	shape_free_all(sent, FLOWS);
	host_expect_balanced(0);
	host_expect_balanced(1);
	nics_stop();
}
