/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbered flows of IP frames for a port whose queues are several workers': their frames,
 * their hashes as DPDK computes them, and where and how each was received. Main thread;
 * frames are received on any worker.
 */
#ifndef TEST_FLOWS_H
#define TEST_FLOWS_H

#include "host.h"

#define FLOWS 240
#define FLOWS_KEY 40

/* What a flow is of; its number chooses, in turn. */
enum flow_kind { FLOW_TCP4, FLOW_UDP4, FLOW_ICMP4, FLOW_FRAGMENT4, FLOW_TCP6, FLOW_UDP6, FLOW_OTHER6,
		 FLOW_ARP, FLOW_KINDS };

static inline enum flow_kind flow_kind(ULONG flow)
{
	return (enum flow_kind)(flow % FLOW_KINDS);
}

/* Write a frame of @flow to @mac; @stamp goes into its last four bytes. Returns its length. */
ULONG flow_frame(ULONG flow, const UCHAR mac[6], ULONG stamp, UCHAR *to);

/* The hash of @flow by @key, and its NDIS_HASH_* type, with the types @wanted; type 0:
 * it is not hashed. */
ULONG flow_hash(ULONG flow, const UCHAR key[FLOWS_KEY], ULONG wanted, ULONG *type);

/* What OID_GEN_RECEIVE_SCALE_PARAMETERS is set to. */
struct flow_rss {
	NDIS_RECEIVE_SCALE_PARAMETERS p;
	UCHAR key[FLOWS_KEY];
	PROCESSOR_NUMBER table[128];
};

#define FLOW_HASHES4 (NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4 | NDIS_HASH_UDP_IPV4)
#define FLOW_HASHES6 (NDIS_HASH_IPV6 | NDIS_HASH_TCP_IPV6 | NDIS_HASH_UDP_IPV6)

/* Hashes of @types, by a key that @step chooses; of @entries, i is for processor i * @step,
 * shifted a little, modulo @processors. */
void flow_rss_make(struct flow_rss *to, ULONG types, ULONG entries, ULONG step, ULONG processors);

/* The last frame of a flow that was received. */
struct flow_seen {
	volatile LONG frames;
	ULONG stamp, processor, value, type, function;
};
extern struct flow_seen flow_seen[FLOWS];

/* The last frame of each came with the hash and on the processor that @p says, and some on each
 * of @processors. */
void flows_expect_dealt(const struct flow_rss *p, ULONG processors);

/* Receives flows; what is no flow is counted in flows_strange. */
proto_receive_fn flows_receive;
extern volatile LONG flows_strange;

/* The flow of a frame, and its stamp; FLOWS when it is none. */
ULONG flow_of(const UCHAR *frame, ULONG length, ULONG *stamp);

#endif
