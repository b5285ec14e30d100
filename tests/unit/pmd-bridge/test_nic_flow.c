/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmit queue of a connection: who sends it does not matter, what is sent after
 * another frame of it leaves after it (MP-SND-07). The NIC is kept from sending until all
 * has been sent; then it takes a frame from each queue in turn, so that a connection in
 * two queues would show on the wire.
 */
#include "flows.h"
#include "nics.h"

#include <stddef.h>
#include <string.h>

#include <nrt/nrt_lower.h>
#include <rte_ethdev.h>

#define QUEUES 4
#define ROUNDS 4
#define SOME 64          /* flows */
#define TYPES (NDIS_HASH_IPV4 | NDIS_HASH_UDP_IPV4 | NDIS_HASH_IPV6 | NDIS_HASH_TCP_IPV6)

struct sent {
	struct shaped *nbl[SOME];
	ULONG stamp;
};

struct parameters {
	NDIS_RECEIVE_SCALE_PARAMETERS p;
	UCHAR key[FLOWS_KEY];
	PROCESSOR_NUMBER table[QUEUES];
};

static struct proto_port *port;
static ULONG next_stamp[FLOWS], on_wire; /* under the NIC's lock */
static ULONG disordered, strange;

static void look(void *context, const uint8_t *frame, uint32_t length)
{
	ULONG stamp, flow = flow_of(frame, length, &stamp);

	(void)context;
	on_wire++;
	if (flow == FLOWS)
		strange++;
	else if (stamp != next_stamp[flow]++)
		disordered++;
}

static void start(unsigned int workers, const unsigned int *rx, const unsigned int *tx,
		  bool flows_stay)
{
	const struct pmb_device_config config = { .node = -1, .rx_queues = QUEUES,
						  .tx_queues = QUEUES, .rx_desc = 512,
						  .tx_desc = 512, .rx_worker = rx,
						  .tx_worker = tx, .flows_stay = flows_stay };

	host_workers = workers;
	nics_start("82599", 1, "", &config);
	port = proto_port(0);
	softnic_on_transmit(nics_get(0), look, NULL);
}

static void hold(bool on)
{
	softnic_fault_set(nics_get(0), SOFTNIC_TX_HANG, on);
}

/* Frames with @stamp of flows 0 to SOME - 1. */
static void make(struct sent *s, ULONG stamp)
{
	static const UCHAR somebody[6] = { 2, 0, 0, 0, 0, 0xD };

	s->stamp = stamp;
	shape_plain(s->nbl, SOME, 90, 0);
	for (ULONG i = 0; i < SOME; i++)
		cr_assert_eq(flow_frame(i, somebody, stamp, s->nbl[i]->frame[0].memory), 90);
}

static void send_singly(void *arg)
{
	struct sent *s = arg;

	for (ULONG i = 0; i < SOME; i++)
		proto_send(port, shape_chain(port, &s->nbl[i], 1));
}

static void send_chain(void *arg)
{
	struct sent *s = arg;

	proto_send(port, shape_chain(port, s->nbl, SOME));
}

static void finish(struct sent *s, ULONG n)
{
	for (ULONG k = 0; k < n; k++) {
		for (ULONG i = 0; i < SOME; i++) {
			HOST_WAIT(s[k].nbl[i]->send.done == 1);
			cr_expect_eq(s[k].nbl[i]->send.status, NDIS_STATUS_SUCCESS);
		}
		shape_free_all(s[k].nbl, SOME);
	}
}

static void end(void)
{
	cr_expect_eq(disordered, 0, "%u of %u frames were overtaken", disordered, on_wire);
	cr_expect_eq(strange, 0);
	softnic_on_transmit(nics_get(0), NULL, NULL);
	host_expect_balanced(0);
	nics_stop();
}

/* What each transmit queue has sent. */
static void read_queues(ULONG64 n[QUEUES])
{
	struct rte_eth_stats s;

	cr_assert_eq(rte_eth_stats_get(0, &s), 0);
	for (ULONG i = 0; i < QUEUES; i++)
		n[i] = s.q_opackets[i];
}

static ULONG64 sum(const ULONG64 n[QUEUES])
{
	return n[0] + n[1] + n[2] + n[3];
}

static void make_key(UCHAR key[FLOWS_KEY])
{
	for (ULONG i = 0; i < FLOWS_KEY; i++)
		key[i] = (UCHAR)(i * 41 + 7);
}

static void set_rss(const UCHAR processors[QUEUES])
{
	struct parameters p = { 0 };

	p.p.Header.Type = NDIS_OBJECT_TYPE_RSS_PARAMETERS;
	p.p.Header.Revision = NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2;
	p.p.Header.Size = NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2;
	p.p.HashInformation = TYPES | NdisHashFunctionToeplitz;
	p.p.IndirectionTableSize = sizeof(p.table);
	p.p.IndirectionTableOffset = offsetof(struct parameters, table);
	p.p.HashSecretKeySize = FLOWS_KEY;
	p.p.HashSecretKeyOffset = offsetof(struct parameters, key);
	make_key(p.key);
	for (ULONG i = 0; i < QUEUES; i++)
		p.table[i].Number = processors[i];
	cr_assert_eq(proto_set(port, OID_GEN_RECEIVE_SCALE_PARAMETERS, &p, sizeof(p)),
		     NDIS_STATUS_SUCCESS);
}

static void send_from_everywhere(void)
{
	struct sent s[ROUNDS * 3];

	for (ULONG k = 0; k < ROUNDS * 3; k++)
		make(&s[k], k);
	hold(true);
	for (ULONG k = 0; k < ROUNDS * 3; k += 3) {
		send_singly(&s[k]);
		nrt_worker_call(k / 3 % 2, send_chain, &s[k + 1]);
		nrt_worker_call(1 - k / 3 % 2, send_singly, &s[k + 2]);
	}
	hold(false);
	finish(s, ROUNDS * 3);
	cr_expect_eq(on_wire, ROUNDS * 3 * SOME);
}

Test(nic_flow, MP_SND_07_a_connection_stays_in_order_though_all_threads_send_it)
{
	ULONG64 n[QUEUES];

	start(2, NULL, NULL, false);
	send_from_everywhere();
	HOST_WAIT((read_queues(n), sum(n) == on_wire));
	for (ULONG i = 0; i < QUEUES; i++)
		cr_expect_gt(n[i], SOME / 8, "queue %u sent %llu", i, n[i]);
	end();
}

Test(nic_flow, MP_SND_07_with_rss_too)
{
	start(2, NULL, NULL, false);
	set_rss((const UCHAR[]){ 0, 1, 1, 0 });
	send_from_everywhere();
	end();
}

/* Forwarded by the worker that receives it, and sent by this thread. */
static void forward_and_send(const UCHAR processors[QUEUES])
{
	struct sent s[ROUNDS];
	UCHAR frame[128];

	set_rss(processors);
	port->receive = proto_forward;
	port->forward_to = port;
	for (ULONG k = 0; k < ROUNDS; k++)
		make(&s[k], 2 * k + 1);
	hold(true);
	for (ULONG k = 0; k < ROUNDS; k++) {
		for (ULONG i = 0; i < SOME; i++)
			softnic_inject(nics_get(0), frame, flow_frame(i, port->mac, 2 * k, frame));
		/* Received is not yet sent: after what the worker does next it is. */
		HOST_WAIT(port->received == (LONG)((k + 1) * SOME));
		nrt_workers_quiesce();
		send_singly(&s[k]);
	}
	hold(false);
	finish(s, ROUNDS);
	HOST_WAIT(on_wire == 2 * ROUNDS * SOME);
	HOST_WAIT(port->sends == 0 && port->ups == 0);
}

Test(nic_flow, MP_SND_07_a_flow_that_stays_is_found_by_a_thread_that_is_no_worker)
{
	ULONG64 n[QUEUES];

	start(2, (const unsigned int[]){ 1, 1, 0, 0 }, (const unsigned int[]){ 0, 0, 1, 1 }, true);
	forward_and_send((const UCHAR[]){ 0, 1, 1, 0 });
	HOST_WAIT((read_queues(n), sum(n) == on_wire));
	cr_expect_gt(n[0], SOME, "the first worker's queue");
	cr_expect_gt(n[2], SOME, "the second's");
	cr_expect_eq(n[1] + n[3], 0, "queues that stay unused");
	end();
}

Test(nic_flow, MP_SND_07_all_flows_stay_with_the_first_queues_worker_while_rss_is_off)
{
	struct sent s[2];
	ULONG64 n[QUEUES];

	start(2, (const unsigned int[]){ 1, 1, 0, 0 }, NULL, true);
	make(&s[0], 0);
	make(&s[1], 1);
	send_singly(&s[0]);
	nrt_worker_call(1, send_chain, &s[1]);
	finish(s, 2);
	HOST_WAIT((read_queues(n), sum(n) == on_wire));
	cr_expect_eq(n[0], 2 * SOME);
	end();
}

/* A worker whose flows stay does not look: what it sends is on its own queue. */
Test(nic_flow, flows_that_stay_take_the_workers_own_queue)
{
	struct sent s[2];
	ULONG64 n[QUEUES];

	start(2, (const unsigned int[]){ 0, 0, 1, 1 }, NULL, true);
	make(&s[0], 0);
	make(&s[1], 1);
	nrt_worker_call(1, send_chain, &s[0]);
	finish(s, 1);
	HOST_WAIT((read_queues(n), sum(n) == SOME));
	cr_expect_eq(n[2], SOME);
	nrt_worker_call(0, send_chain, &s[1]);
	finish(s + 1, 1);
	HOST_WAIT((read_queues(n), sum(n) == 2 * SOME));
	cr_expect_eq(n[0], SOME);
	end();
}

Test(nic_flow, the_hash_in_the_NBL_chooses_the_queue)
{
	struct sent s;
	ULONG64 n[QUEUES];

	start(2, NULL, NULL, false);
	make(&s, 0);
	for (ULONG i = 0; i < SOME; i++) {
		NET_BUFFER_LIST *nbl = s.nbl[i]->send.nbl;

		NET_BUFFER_LIST_SET_HASH_FUNCTION(nbl, NdisHashFunctionToeplitz);
		NET_BUFFER_LIST_SET_HASH_TYPE(nbl, NDIS_HASH_IPV4);
		NET_BUFFER_LIST_SET_HASH_VALUE(nbl, i % 8 == 0 ? 0x80000003u : i % 8 < 4 ? 1 : 2);
	}
	send_chain(&s);
	finish(&s, 1);
	HOST_WAIT((read_queues(n), sum(n) == SOME));
	cr_expect_eq(n[3], SOME / 8);
	cr_expect_eq(n[1], SOME * 3 / 8);
	cr_expect_eq(n[2], SOME * 4 / 8);
	end();
}

/* Write a flow's frame into @nb, whatever MDLs it is in. */
static void write_flow(NET_BUFFER *nb, ULONG flow, const UCHAR to[6])
{
	UCHAR frame[128];
	ULONG left = flow_frame(flow, to, 0, frame), done = 0;
	ULONG skip = NET_BUFFER_CURRENT_MDL_OFFSET(nb);

	for (MDL *mdl = NET_BUFFER_CURRENT_MDL(nb); left != 0; mdl = mdl->Next, skip = 0) {
		UCHAR *va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
		ULONG n = MmGetMdlByteCount(mdl) - skip;

		n = n < left ? n : left;
		memcpy(va + skip, frame + done, n);
		done += n;
		left -= n;
	}
}

#define CUT FLOWS
#define SHORT 46 /* frames from 14 bytes up to 59, of no flow */

static void make_shapes(struct shaped *list[])
{
	static const UCHAR to[6] = { 2, 0, 0, 0, 0, 0xD };
	ULONG64 state = 5;

	for (ULONG i = 0; i < CUT + SHORT; i++) {
		struct shape_frame f = { .length = i < CUT ? 90 : 14 + i - CUT };

		shape_cut_random(&f.cut, f.length, &state);
		list[i] = shape_new(&f, 1, to, port->mac, i);
		cr_assert_not_null(list[i]);
		if (i < CUT)
			write_flow(list[i]->frame[0].nb, i, to);
	}
}

/* The hash that is computed for a send is the one the NIC would receive it with, so that
 * it is sent where it would be received; what has none goes with what the NIC does not
 * hash, which is received on the first queue. */
Test(nic_flow, MP_SND_11_frames_of_any_shape_are_hashed_as_the_NIC_hashes_what_it_receives)
{
	static const UCHAR processors[QUEUES] = { 3, 1, 0, 2 };
	ULONG64 must[QUEUES] = { SHORT }, n[QUEUES];
	static struct shaped *list[CUT + SHORT];
	UCHAR key[FLOWS_KEY];

	start(4, NULL, NULL, false);
	softnic_on_transmit(nics_get(0), NULL, NULL);
	set_rss(processors);
	make_key(key);
	for (ULONG i = 0; i < CUT; i++) {
		ULONG type, value = flow_hash(i, key, TYPES, &type);

		must[type != 0 ? processors[value % QUEUES] : 0]++;
	}
	make_shapes(list);
	cr_assert(proto_send(port, shape_chain(port, list, CUT + SHORT)));
	for (ULONG i = 0; i < CUT + SHORT; i++) {
		HOST_WAIT(list[i]->send.done == 1);
		cr_expect_eq(list[i]->send.status, NDIS_STATUS_SUCCESS);
	}
	HOST_WAIT((read_queues(n), sum(n) == CUT + SHORT));
	for (ULONG i = 0; i < QUEUES; i++)
		cr_expect_eq(n[i], must[i], "queue %u sent %llu, not %llu", i, n[i], must[i]);
	shape_free_all(list, CUT + SHORT);
	end();
}
