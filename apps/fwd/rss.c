/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling of the ports, by OID. The workers have to share a port's frames by
 * flow: each forwards what it receives, on a queue of its own, so that a flow stays in
 * order. PASSIVE_LEVEL, when a port is bound and unbound.
 */
#include "rss.h"

#include "port.h"
#include "request.h"

#define ENTRIES 128
#define KEY 40

struct parameters {
	NDIS_RECEIVE_SCALE_PARAMETERS head;
	UCHAR key[KEY];
	PROCESSOR_NUMBER table[ENTRIES];
};

/* The key of the published verification suite [page verifying-the-rss-hash-calculation];
 * all ports have the same, so that a flow has one hash on all of them. */
static const UCHAR key[KEY] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* Hash types as testpmd's options mean them: addresses, or addresses and UDP ports. */
static ULONG hash_types(ULONG flags)
{
	const ULONG ipv6 = NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6 | NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6;
	ULONG types = 0;

	if (settings.rss != FWD_RSS_UDP)
		return NDIS_HASH_IPV4 | (flags & ipv6 ? NDIS_HASH_IPV6 : 0);
	if (flags & NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV4)
		types |= NDIS_HASH_UDP_IPV4;
	if (flags & NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6)
		types |= NDIS_HASH_UDP_IPV6;
	return types;
}

static ULONG count_queues(const struct port *port)
{
	ULONG n = 0;

	for (ULONG w = 0; w < FWD_MAX_WORKERS; w++)
		n += settings.port[port->index].worker_queues[w];
	return n;
}

/* Each worker has as many entries as it has queues, which the miniport shares among them. */
static void fill_table(const struct port *port, PROCESSOR_NUMBER table[], ULONG entries)
{
	const UCHAR *queues = settings.port[port->index].worker_queues;
	ULONG i = 0;

	while (i < entries)
		for (ULONG w = 0; w < FWD_MAX_WORKERS; w++)
			for (ULONG q = 0; q < queues[w] && i < entries; q++)
				table[i++].Number = (UCHAR)w;
}

static void make_head(struct parameters *p, USHORT flags, ULONG types, ULONG entries)
{
	NdisZeroMemory(p, sizeof(*p));
	p->head.Header.Type = NDIS_OBJECT_TYPE_RSS_PARAMETERS;
	p->head.Header.Revision = NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2;
	p->head.Header.Size = NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2;
	p->head.Flags = flags;
	if (types != 0)
		p->head.HashInformation = NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(
			types, NdisHashFunctionToeplitz);
	p->head.IndirectionTableSize = (USHORT)(entries * sizeof(p->table[0]));
	p->head.IndirectionTableOffset = FIELD_OFFSET(struct parameters, table);
	p->head.HashSecretKeySize = KEY;
	p->head.HashSecretKeyOffset = FIELD_OFFSET(struct parameters, key);
	NdisMoveMemory(p->key, key, KEY);
}

NDIS_STATUS rss_set(struct port *port, const NDIS_RECEIVE_SCALE_CAPABILITIES *capabilities)
{
	ULONG entries = ENTRIES, types;
	struct parameters p;
	NDIS_STATUS status;

	port->scaled = FALSE;
	if (settings.rss == FWD_RSS_OFF || count_queues(port) < 2)
		return NDIS_STATUS_SUCCESS;
	types = capabilities != NULL ? hash_types(capabilities->CapabilitiesFlags) : 0;
	if (types == 0)
		return settings.rss == FWD_RSS_DEFAULT ? NDIS_STATUS_SUCCESS :
							 NDIS_STATUS_NOT_SUPPORTED;
	/* 6.30 and later say how many they take; the others take the most there are. */
	if (capabilities->Header.Revision >= NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2 &&
	    capabilities->NumberOfIndirectionTableEntries < entries)
		entries = capabilities->NumberOfIndirectionTableEntries;
	make_head(&p, 0, types, entries);
	fill_table(port, p.table, entries);
	status = request_set(port, OID_GEN_RECEIVE_SCALE_PARAMETERS, &p, sizeof(p));
	port->scaled = status == NDIS_STATUS_SUCCESS;
	return status;
}

void rss_clear(struct port *port)
{
	struct parameters p;

	if (!port->scaled)
		return;
	make_head(&p, NDIS_RSS_PARAM_FLAG_DISABLE_RSS, 0, 0);
	request_set(port, OID_GEN_RECEIVE_SCALE_PARAMETERS, &p, sizeof(p));
	port->scaled = FALSE;
}
