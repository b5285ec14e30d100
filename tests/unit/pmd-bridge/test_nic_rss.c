/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RSS by OID on the NICs that have several queues: each flow comes in on the queue, and so
 * on the processor, that its Toeplitz hash and the indirection table say, with hash and
 * type in its NBL. The hash is DPDK's software one; the NIC computes its own.
 */
#include "flows.h"
#include "nics.h"

#include <stddef.h>
#include <string.h>

#include <rte_ethdev.h>

#define QUEUES 4
#define ALL4 FLOW_HASHES4
#define ALL6 FLOW_HASHES6

static struct proto_port *port;

static void start_on(const char *type, unsigned int workers, const unsigned int *of_queue)
{
	const struct pmb_device_config config = { .node = -1, .rx_queues = QUEUES,
						  .tx_queues = QUEUES, .rx_desc = 1024,
						  .tx_desc = 256, .rx_worker = of_queue };

	host_workers = workers;
	nics_start(type, 1, "", &config);
	port = proto_port(0);
	port->receive = flows_receive;
}

static void start(const char *type)
{
	start_on(type, QUEUES, NULL);
}

static void make(struct flow_rss *to, ULONG types, ULONG entries, ULONG step)
{
	flow_rss_make(to, types, entries, step, QUEUES);
}

static NDIS_STATUS set(const struct flow_rss *p)
{
	return proto_set(port, OID_GEN_RECEIVE_SCALE_PARAMETERS, p, sizeof(*p));
}

/* A frame of each flow; waits until all are received. */
static void send_all(void)
{
	static ULONG stamp;
	static LONG before[FLOWS];
	UCHAR frame[128];

	stamp++;
	for (ULONG i = 0; i < FLOWS; i++) {
		ULONG length = flow_frame(i, port->mac, stamp, frame);

		before[i] = flow_seen[i].frames;
		softnic_inject(nics_get(0), frame, length);
	}
	for (ULONG i = 0; i < FLOWS; i++) {
		HOST_WAIT(flow_seen[i].frames == before[i] + 1);
		cr_assert_eq(flow_seen[i].stamp, stamp);
	}
	cr_assert_eq(flows_strange, 0);
}

static void expect_dealt(const struct flow_rss *p)
{
	send_all();
	flows_expect_dealt(p, QUEUES);
}

static void expect_off(void)
{
	send_all();
	for (ULONG i = 0; i < FLOWS; i++) {
		cr_expect_eq(flow_seen[i].processor, 0, "flow %u is on processor %u", i,
			     flow_seen[i].processor);
		cr_expect_eq(flow_seen[i].type | flow_seen[i].function | flow_seen[i].value, 0,
			     "flow %u shows a hash", i);
	}
}

static void end(void)
{
	host_expect_balanced(0);
	nics_stop();
}

SERVER_TEST(nic_rss, each_flow_comes_in_where_its_hash_says_and_shows_it)
{
	struct flow_rss p;

	start(type);
	make(&p, ALL4 | ALL6, 128, 3);
	cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
	expect_dealt(&p);
	make(&p, ALL4 | ALL6, 32, 1); /* another key and a smaller table, in place */
	cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
	expect_dealt(&p);
	end();
}

SERVER_TEST(nic_rss, only_the_types_that_are_set_are_hashed)
{
	static const ULONG types[] = { NDIS_HASH_IPV4, NDIS_HASH_TCP_IPV4 | NDIS_HASH_UDP_IPV6,
				       NDIS_HASH_IPV4 | NDIS_HASH_UDP_IPV4 | NDIS_HASH_IPV6 };
	struct flow_rss p;

	start(type);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		make(&p, types[i], 64, 3);
		cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
		expect_dealt(&p);
	}
	end();
}

SERVER_TEST(nic_rss, it_is_off_at_first_and_after_it_was_disabled)
{
	struct flow_rss p, off;

	start(type);
	expect_off();
	make(&p, ALL4, 128, 3);
	off = p;
	off.p.Flags = NDIS_RSS_PARAM_FLAG_DISABLE_RSS;
	for (ULONG i = 0; i < 2; i++) {
		cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
		expect_dealt(&p);
		cr_assert_eq(set(&off), NDIS_STATUS_SUCCESS);
		expect_off();
		off.p.Flags = 0;
		off.p.HashInformation = 0;
	}
	end();
}

SERVER_TEST(nic_rss, what_is_said_to_be_unchanged_is_kept)
{
	struct flow_rss p, next;

	start(type);
	make(&p, ALL4 | ALL6, 128, 3);
	p.p.Flags = NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED;
	cr_expect_eq(set(&p), NDIS_STATUS_INVALID_DATA, "there was none");
	p.p.Flags = 0;
	cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
	make(&next, 0, 16, 1);
	next.p.Flags = NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED |
		       NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED;
	next.p.HashInformation = 0;
	cr_assert_eq(set(&next), NDIS_STATUS_SUCCESS);
	memcpy(next.key, p.key, FLOWS_KEY);
	next.p.HashInformation = p.p.HashInformation;
	expect_dealt(&next);
	end();
}

static void break_size(struct flow_rss *p)
{
	p->p.IndirectionTableSize = 3;
}

static void break_power(struct flow_rss *p)
{
	p->p.IndirectionTableSize = 12 * sizeof(PROCESSOR_NUMBER);
}

static void break_entries(struct flow_rss *p)
{
	p->p.IndirectionTableSize = 256 * sizeof(PROCESSOR_NUMBER);
}

static void break_empty(struct flow_rss *p)
{
	p->p.IndirectionTableSize = 0;
}

static void break_offset(struct flow_rss *p)
{
	p->p.IndirectionTableOffset = sizeof(*p) - 4;
}

static void break_far_offset(struct flow_rss *p)
{
	p->p.IndirectionTableOffset = ~0u - 3;
}

static void break_key_size(struct flow_rss *p)
{
	p->p.HashSecretKeySize = 39;
}

static void break_key_offset(struct flow_rss *p)
{
	p->p.HashSecretKeyOffset = sizeof(*p) - 39;
}

static void break_function(struct flow_rss *p)
{
	p->p.HashInformation ^= NdisHashFunctionToeplitz | NdisHashFunctionReserved1;
}

static void break_no_type(struct flow_rss *p)
{
	p->p.HashInformation = NdisHashFunctionToeplitz;
}

static void break_type(struct flow_rss *p)
{
	p->p.HashInformation |= NDIS_HASH_TCP_IPV6_EX;
}

static void break_group(struct flow_rss *p)
{
	p->table[5].Group = 1;
}

static void break_processor(struct flow_rss *p)
{
	p->table[5].Number = 200;
}

static void break_revision(struct flow_rss *p)
{
	p->p.Header.Size = NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2 - 1;
}

SERVER_TEST(nic_rss, MP_OID_05_wrong_parameters_are_refused_and_change_nothing)
{
	static void (*const breaks[])(struct flow_rss *) = {
		break_size, break_power, break_entries, break_empty, break_offset, break_far_offset,
		break_key_size, break_key_offset, break_function, break_no_type, break_type,
		break_group, break_processor, break_revision,
	};
	struct flow_rss p, wrong;

	start(type);
	make(&p, ALL4 | ALL6, 128, 3);
	cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		make(&wrong, ALL4, 32, 1);
		breaks[i](&wrong);
		cr_expect_eq(set(&wrong), NDIS_STATUS_INVALID_DATA, "mistake %zu is taken", i);
	}
	expect_dealt(&p);
	end();
}

SERVER_TEST(nic_rss, MP_OID_06_parameters_may_lie_anywhere)
{
	static UCHAR buffer[sizeof(struct flow_rss) + 1];
	struct flow_rss p;

	start(type);
	make(&p, ALL4 | ALL6, 128, 3);
	memcpy(buffer + 1, &p, sizeof(p));
	cr_assert_eq(proto_set(port, OID_GEN_RECEIVE_SCALE_PARAMETERS, buffer + 1, sizeof(p)),
		     NDIS_STATUS_SUCCESS);
	expect_dealt(&p);
	end();
}

SERVER_TEST(nic_rss, it_survives_pause_and_reset)
{
	struct flow_rss p;

	start(type);
	make(&p, ALL4 | ALL6, 128, 3);
	cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
	host_pause(0);
	host_restart(0);
	nics_wait_link(0);
	expect_dealt(&p);
	softnic_fault_set(nics_get(0), SOFTNIC_TX_HANG, true); /* which its reset mends */
	{
		struct shaped *list[8];

		shape_plain(list, 8, 100, 1);
		cr_assert(proto_send(port, shape_chain(port, list, 8)));
		HOST_WAIT(port->reset_ends == 1);
		for (ULONG i = 0; i < 8; i++)
			HOST_WAIT(list[i]->send.done == 1);
		shape_free_all(list, 8);
	}
	nics_wait_link(0);
	expect_dealt(&p);
	end();
}

SERVER_TEST(nic_rss, a_paused_port_takes_it_for_its_restart)
{
	struct flow_rss p;

	start(type);
	make(&p, ALL4 | ALL6, 128, 3);
	host_pause(0);
	cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
	host_restart(0);
	nics_wait_link(0);
	expect_dealt(&p);
	end();
}

/* The NIC's table, as the PMD reads it back. */
static void read_table(UCHAR table[128])
{
	struct rte_eth_rss_reta_entry64 reta[2] = { { .mask = ~0ull }, { .mask = ~0ull } };

	cr_assert_eq(rte_eth_dev_rss_reta_query(0, reta, 128), 0);
	for (ULONG i = 0; i < 128; i++)
		table[i] = (UCHAR)reta[i / 64].reta[i % 64];
}

/* --------------------------------------------------------------- hashes alone */

struct hash_parameters {
	NDIS_RECEIVE_HASH_PARAMETERS p;
	UCHAR key[FLOWS_KEY];
};

static void make_hash(struct hash_parameters *to, ULONG types)
{
	memset(to, 0, sizeof(*to));
	to->p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	to->p.Header.Revision = NDIS_RECEIVE_HASH_PARAMETERS_REVISION_1;
	to->p.Header.Size = NDIS_SIZEOF_RECEIVE_HASH_PARAMETERS_REVISION_1;
	to->p.Flags = NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH;
	to->p.HashInformation = types | NdisHashFunctionToeplitz;
	to->p.HashSecretKeySize = FLOWS_KEY;
	to->p.HashSecretKeyOffset = offsetof(struct hash_parameters, key);
	for (ULONG i = 0; i < FLOWS_KEY; i++)
		to->key[i] = (UCHAR)(i * 29 + 7);
}

static NDIS_STATUS set_hash(const struct hash_parameters *p)
{
	return proto_set(port, OID_GEN_RECEIVE_HASH, p, sizeof(*p));
}

/* All on the first queue, with hash and type. */
static void expect_hashed(const struct hash_parameters *p)
{
	ULONG hashed = 0;

	send_all();
	for (ULONG i = 0; i < FLOWS; i++) {
		const struct flow_seen *f = &flow_seen[i];
		ULONG type, hash = flow_hash(i, p->key, p->p.HashInformation & NDIS_HASH_TYPE_MASK,
					     &type);

		cr_expect_eq(f->processor, 0, "flow %u is on processor %u", i, f->processor);
		cr_expect_eq(f->type, type, "flow %u: type 0x%x, not 0x%x", i, f->type, type);
		cr_expect_eq(f->value, hash, "flow %u: hash 0x%x, not 0x%x", i, f->value, hash);
		hashed += type != 0;
	}
	cr_expect_gt(hashed, 0);
}

SERVER_TEST(nic_rss, hashes_alone_show_and_leave_all_on_the_first_queue)
{
	struct hash_parameters p, next;

	start(type);
	make_hash(&p, ALL4 | ALL6);
	cr_assert_eq(set_hash(&p), NDIS_STATUS_SUCCESS);
	expect_hashed(&p);
	host_pause(0);
	host_restart(0);
	nics_wait_link(0);
	expect_hashed(&p);
	next = p;
	next.p.Flags |= NDIS_RECEIVE_HASH_FLAG_HASH_KEY_UNCHANGED;
	next.p.HashInformation = ALL4 | NdisHashFunctionToeplitz;
	memset(next.key, 0xEE, sizeof(next.key));
	cr_assert_eq(set_hash(&next), NDIS_STATUS_SUCCESS);
	memcpy(next.key, p.key, sizeof(next.key));
	expect_hashed(&next);
	p.p.Flags = 0;
	cr_assert_eq(set_hash(&p), NDIS_STATUS_SUCCESS);
	expect_off();
	end();
}

SERVER_TEST(nic_rss, hashes_alone_and_scaling_exclude_each_other)
{
	struct hash_parameters hash;
	struct flow_rss p, off;

	start(type);
	make_hash(&hash, ALL4);
	make(&p, ALL4 | ALL6, 128, 3);
	off = p;
	off.p.Flags = NDIS_RSS_PARAM_FLAG_DISABLE_RSS;
	cr_assert_eq(set_hash(&hash), NDIS_STATUS_SUCCESS);
	cr_expect_eq(set(&p), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(set(&off), NDIS_STATUS_SUCCESS);
	expect_hashed(&hash);
	hash.p.Flags = 0;
	cr_assert_eq(set_hash(&hash), NDIS_STATUS_SUCCESS);
	cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
	cr_expect_eq(set_hash(&hash), NDIS_STATUS_SUCCESS, "they are off already");
	hash.p.Flags = NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH;
	cr_expect_eq(set_hash(&hash), NDIS_STATUS_NOT_SUPPORTED);
	expect_dealt(&p);
	end();
}

SERVER_TEST(nic_rss, MP_OID_05_wrong_hash_parameters_are_refused_and_change_nothing)
{
	struct hash_parameters p, wrong;

	start(type);
	make_hash(&p, ALL4);
	wrong = p;
	wrong.p.Flags |= NDIS_RECEIVE_HASH_FLAG_HASH_KEY_UNCHANGED;
	cr_expect_eq(set_hash(&wrong), NDIS_STATUS_INVALID_DATA, "there is no key yet");
	cr_assert_eq(set_hash(&p), NDIS_STATUS_SUCCESS);
	for (ULONG i = 0; i < 4; i++) {
		make_hash(&wrong, ALL6);
		wrong.key[0] ^= 1;
		if (i == 0)
			wrong.p.HashInformation = ALL6;
		else if (i == 1)
			wrong.p.HashInformation = NdisHashFunctionToeplitz;
		else if (i == 2)
			wrong.p.HashSecretKeySize = FLOWS_KEY - 1;
		else
			wrong.p.HashSecretKeyOffset = sizeof(wrong) - FLOWS_KEY + 1;
		cr_expect_eq(set_hash(&wrong), NDIS_STATUS_INVALID_DATA, "mistake %u is taken", i);
	}
	expect_hashed(&p);
	end();
}

/* ------------------------------------------------------------------------- queues */

SERVER_TEST(nic_rss, queues_of_one_worker_share_what_is_its)
{
	static const unsigned int of_queue[QUEUES] = { 0, 1, 1, 1 };
	ULONG n[QUEUES] = { 0 };
	struct flow_rss p;
	UCHAR table[128];

	start_on(type, 2, of_queue);
	make(&p, ALL4 | ALL6, 128, 1);
	for (ULONG i = 0; i < 128; i++)
		p.table[i].Number = (UCHAR)(i % 4 != 0); /* 32 for processor 0, 96 for 1 */
	cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
	read_table(table);
	for (ULONG i = 0; i < 128; i++) {
		cr_assert_lt(table[i], QUEUES);
		cr_expect_eq(of_queue[table[i]], p.table[i].Number, "entry %u is queue %u", i,
			     table[i]);
		n[table[i]]++;
	}
	for (ULONG i = 0; i < QUEUES; i++)
		cr_expect_eq(n[i], 32, "queue %u has %u entries", i, n[i]);
	send_all();
	for (ULONG i = 0; i < FLOWS; i++) {
		ULONG hash_type, hash = flow_hash(i, p.key, ALL4 | ALL6, &hash_type);

		if (hash_type != 0)
			cr_expect_eq(flow_seen[i].processor, p.table[hash % 128].Number);
	}
	end();
}

/* There are more processors than workers: those of control threads poll nothing. */
SERVER_TEST(nic_rss, entries_of_processors_without_a_queue_are_dealt_to_all)
{
	ULONG n[QUEUES] = { 0 };
	struct flow_rss p;
	UCHAR table[128];

	start(type);
	cr_assert_gt(KeQueryActiveProcessorCountEx(0), QUEUES);
	make(&p, ALL4, 128, 3);
	for (ULONG i = 0; i < 128; i++)
		p.table[i].Number = QUEUES;
	cr_assert_eq(set(&p), NDIS_STATUS_SUCCESS);
	read_table(table);
	for (ULONG i = 0; i < 128; i++)
		n[table[i] % QUEUES]++;
	for (ULONG i = 0; i < QUEUES; i++)
		cr_expect_eq(n[i], 32);
	end();
}

SERVER_TEST(nic_rss, capabilities_say_what_the_NIC_can)
{
	NDIS_RECEIVE_SCALE_CAPABILITIES c;

	start(type);
	cr_assert_eq(proto_query(port, OID_GEN_RECEIVE_SCALE_CAPABILITIES, &c, sizeof(c)),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(c.NumberOfReceiveQueues, QUEUES);
	cr_expect_eq(c.NumberOfIndirectionTableEntries, 128);
	cr_expect_eq(c.CapabilitiesFlags & 0xFFFFFF,
		     NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 | NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6 |
			     NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV4 | NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6 |
			     NdisHashFunctionToeplitz);
	end();
}

static void expect_none(const char *type)
{
	NDIS_RECEIVE_SCALE_CAPABILITIES c;
	struct flow_rss p;

	nics_start(type, 1, "", NULL);
	port = proto_port(0);
	make(&p, ALL4, 128, 1);
	cr_expect_eq(set(&p), NDIS_STATUS_NOT_SUPPORTED);
	cr_expect_eq(proto_query(port, OID_GEN_RECEIVE_SCALE_CAPABILITIES, &c, sizeof(c)),
		     NDIS_STATUS_NOT_SUPPORTED);
	end();
}

Test(nic_rss, a_port_with_one_queue_has_none)
{
	expect_none("82599");
}

Test(nic_rss, a_NIC_without_it_has_none)
{
	expect_none("82540em");
}

Test(nic_rss, the_keyword_forbids_it)
{
	struct hash_parameters hash;
	struct flow_rss p;

	cr_assert_eq(nrt_config_set("port0", "*RSS", "0"), 0);
	start("82599");
	make(&p, ALL4, 128, 1);
	cr_expect_eq(set(&p), NDIS_STATUS_NOT_SUPPORTED);
	make_hash(&hash, ALL4);
	cr_expect_eq(set_hash(&hash), NDIS_STATUS_NOT_SUPPORTED);
	expect_off();
	end();
}
