/* SPDX-License-Identifier: BSD-3-Clause */
/* See flows.h. The flow's number and the stamp are the last eight bytes of a frame. */
#include "flows.h"

#include <stddef.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_thash.h>

#define LENGTH 90

struct flow_seen flow_seen[FLOWS];
volatile LONG flows_strange;

static bool is_ipv6(ULONG flow)
{
	return flow_kind(flow) >= FLOW_TCP6 && flow_kind(flow) <= FLOW_OTHER6;
}

/* Source address, destination address, ports, as they are on the wire. */
static ULONG tuple(ULONG flow, UCHAR to[36])
{
	ULONG bytes = is_ipv6(flow) ? 32 : 8;
	ULONG64 state = flow + 1;

	for (ULONG i = 0; i < bytes + 4; i++)
		to[i] = (UCHAR)shape_random(&state);
	to[0] = is_ipv6(flow) ? 0x20 : 10;
	return bytes;
}

static UCHAR protocol(ULONG flow)
{
	switch (flow_kind(flow)) {
	case FLOW_TCP4:
	case FLOW_TCP6:
		return 6;
	case FLOW_UDP4:
	case FLOW_UDP6:
	case FLOW_FRAGMENT4:
		return 17;
	default:
		return 1;
	}
}

static void write_ipv4(ULONG flow, const UCHAR *addresses, UCHAR *ip)
{
	memcpy(ip, (const UCHAR[]){ 0x45, 0, 0, LENGTH - 14, 0, 1, 0, 0, 64, protocol(flow) }, 10);
	ip[6] = flow_kind(flow) == FLOW_FRAGMENT4 ? 0x20 : 0; /* the first of several */
	memcpy(ip + 12, addresses, 8);
}

static void write_ipv6(ULONG flow, const UCHAR *addresses, UCHAR *ip)
{
	memcpy(ip, (const UCHAR[]){ 0x60, 0, 0, 0, 0, LENGTH - 54 }, 6);
	ip[6] = flow_kind(flow) == FLOW_OTHER6 ? 59 : protocol(flow); /* 59: no next header */
	ip[7] = 64;
	memcpy(ip + 8, addresses, 32);
}

ULONG flow_frame(ULONG flow, const UCHAR mac[6], ULONG stamp, UCHAR *to)
{
	static const UCHAR source[6] = { 2, 0, 0, 0, 0, 0xF };
	UCHAR parts[36], *l4 = to + (is_ipv6(flow) ? 54 : 34);
	ULONG bytes = tuple(flow, parts);

	memset(to, 0, LENGTH);
	memcpy(to, mac, 6);
	memcpy(to + 6, source, 6);
	if (flow_kind(flow) == FLOW_ARP) {
		memcpy(to + 12, (const UCHAR[]){ 8, 6 }, 2);
	} else if (is_ipv6(flow)) {
		memcpy(to + 12, (const UCHAR[]){ 0x86, 0xDD }, 2);
		write_ipv6(flow, parts, to + 14);
	} else {
		memcpy(to + 12, (const UCHAR[]){ 8, 0 }, 2);
		write_ipv4(flow, parts, to + 14);
	}
	if (flow_kind(flow) != FLOW_ARP)
		memcpy(l4, parts + bytes, 4);
	if (protocol(flow) == 6)
		l4[12] = 0x50;
	memcpy(to + LENGTH - 8, &flow, 4);
	memcpy(to + LENGTH - 4, &stamp, 4);
	return LENGTH;
}

ULONG flow_hash(ULONG flow, const UCHAR key[FLOWS_KEY], ULONG wanted, ULONG *type)
{
	static const struct {
		ULONG ports, addresses;
	} types[FLOW_KINDS] = {
		[FLOW_TCP4] = { NDIS_HASH_TCP_IPV4, NDIS_HASH_IPV4 },
		[FLOW_UDP4] = { NDIS_HASH_UDP_IPV4, NDIS_HASH_IPV4 },
		[FLOW_ICMP4] = { 0, NDIS_HASH_IPV4 },
		[FLOW_FRAGMENT4] = { 0, NDIS_HASH_IPV4 },
		[FLOW_TCP6] = { NDIS_HASH_TCP_IPV6, NDIS_HASH_IPV6 },
		[FLOW_UDP6] = { NDIS_HASH_UDP_IPV6, NDIS_HASH_IPV6 },
		[FLOW_OTHER6] = { 0, NDIS_HASH_IPV6 },
	};
	ULONG ports = types[flow_kind(flow)].ports & wanted;
	UCHAR parts[36];
	uint32_t words[9];
	ULONG n = tuple(flow, parts) / 4 + (ports != 0);

	*type = ports != 0 ? ports : types[flow_kind(flow)].addresses & wanted;
	memcpy(words, parts, sizeof(words));
	for (ULONG i = 0; i < n; i++)
		words[i] = rte_be_to_cpu_32(words[i]);
	return *type != 0 ? rte_softrss(words, n, key) : 0;
}

void flow_rss_make(struct flow_rss *to, ULONG types, ULONG entries, ULONG step, ULONG processors)
{
	memset(to, 0, sizeof(*to));
	to->p.Header.Type = NDIS_OBJECT_TYPE_RSS_PARAMETERS;
	to->p.Header.Revision = NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2;
	to->p.Header.Size = NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2;
	to->p.HashInformation = types | NdisHashFunctionToeplitz;
	to->p.IndirectionTableSize = (USHORT)(entries * sizeof(PROCESSOR_NUMBER));
	to->p.IndirectionTableOffset = offsetof(struct flow_rss, table);
	to->p.HashSecretKeySize = FLOWS_KEY;
	to->p.HashSecretKeyOffset = offsetof(struct flow_rss, key);
	for (ULONG i = 0; i < FLOWS_KEY; i++)
		to->key[i] = (UCHAR)(i * 37 + step * 11 + 5);
	for (ULONG i = 0; i < entries; i++)
		to->table[i].Number = (UCHAR)((i * step + i / 16) % processors);
}

void flows_expect_dealt(const struct flow_rss *p, ULONG processors)
{
	ULONG wanted = p->p.HashInformation & NDIS_HASH_TYPE_MASK;
	ULONG mask = p->p.IndirectionTableSize / (ULONG)sizeof(p->table[0]) - 1;
	ULONG of_processor[MAXIMUM_PROCESSORS] = { 0 };

	for (ULONG i = 0; i < FLOWS; i++) {
		const struct flow_seen *f = &flow_seen[i];
		ULONG type, hash = flow_hash(i, p->key, wanted, &type);

		cr_expect_eq(f->type, type, "flow %u: type 0x%x, not 0x%x", i, f->type, type);
		cr_expect_eq(f->value, hash, "flow %u: hash 0x%x, not 0x%x", i, f->value, hash);
		cr_expect_eq(f->function, type != 0 ? NdisHashFunctionToeplitz : 0);
		if (type == 0)
			continue;
		cr_assert_lt(f->processor, processors);
		cr_expect_eq(f->processor, p->table[hash & mask].Number,
			     "flow %u: on processor %u, not %u", i, f->processor,
			     p->table[hash & mask].Number);
		of_processor[f->processor]++;
	}
	for (ULONG i = 0; i < processors; i++)
		cr_expect_gt(of_processor[i], 0, "nothing for processor %u", i);
}

ULONG flow_of(const UCHAR *frame, ULONG length, ULONG *stamp)
{
	ULONG flow;

	if (length != LENGTH)
		return FLOWS;
	memcpy(&flow, frame + LENGTH - 8, 4);
	memcpy(stamp, frame + LENGTH - 4, 4);
	return flow < FLOWS ? flow : FLOWS;
}

static void note(NET_BUFFER_LIST *nbl)
{
	UCHAR bytes[LENGTH];
	ULONG length = proto_read(NET_BUFFER_LIST_FIRST_NB(nbl), bytes, sizeof(bytes));
	struct flow_seen *f;
	ULONG stamp, flow = flow_of(bytes, length, &stamp);

	if (flow == FLOWS) {
		InterlockedIncrement(&flows_strange);
		return;
	}
	f = &flow_seen[flow];
	f->stamp = stamp;
	f->processor = KeGetCurrentProcessorNumberEx(NULL);
	f->value = NET_BUFFER_LIST_GET_HASH_VALUE(nbl);
	f->type = NET_BUFFER_LIST_GET_HASH_TYPE(nbl);
	f->function = NET_BUFFER_LIST_GET_HASH_FUNCTION(nbl);
	InterlockedIncrement(&f->frames);
}

void flows_receive(struct proto_port *port, NET_BUFFER_LIST *chain, ULONG n, ULONG flags)
{
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		note(nbl);
	proto_count(port, chain, n, flags);
}
