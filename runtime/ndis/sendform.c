/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The form of what drivers send: all frames of one NET_BUFFER_LIST go the same way and are of
 * one connection, and no MAC header is cut in two [sending-ethernet-frames]. On the sender's
 * thread, in a verified runtime.
 */
#include "sendform.h"

#include <string.h>

#include "../verifier.h"

#define MAC_HEADER 14
#define TAG 4
#define TYPE_VLAN 0x8100
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86DD
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define LOOK (MAC_HEADER + TAG + 60 + 4) /* with the ports behind the longest IPv4 header */

/* What must be the same; zero where a frame has no such thing. */
struct common {
	UCHAR addresses[12];
	UCHAR type[2];
	UCHAR connection[37]; /* protocol, IP addresses, ports */
};

static ULONG big16(const UCHAR *p)
{
	return (ULONG)p[0] << 8 | p[1];
}

/* Ports of TCP and UDP: @n bytes at @p are behind the IP header. */
static void read_ports(struct common *c, UCHAR protocol, const UCHAR *p, ULONG n)
{
	if ((protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) && n >= 4) {
		c->connection[0] = protocol;
		memcpy(c->connection + 33, p, 4);
	}
}

static void read_ipv4(struct common *c, const UCHAR *p, ULONG n)
{
	ULONG header = n >= 20 ? (p[0] & 15u) * 4u : 0;

	if (header < 20 || header > n)
		return;
	memcpy(c->connection + 1, p + 12, 8);
	if ((big16(p + 6) & 0x3FFF) == 0) /* a fragment has no ports, or not all have */
		read_ports(c, p[9], p + header, n - header);
}

static void read_ipv6(struct common *c, const UCHAR *p, ULONG n)
{
	if (n < 40)
		return;
	memcpy(c->connection + 1, p + 8, 32);
	read_ports(c, p[6], p + 40, n - 40);
}

/* The length of @nb's MAC header; 0: it has none. */
static ULONG read(NET_BUFFER *nb, struct common *c)
{
	ULONG n = NET_BUFFER_DATA_LENGTH(nb) < LOOK ? NET_BUFFER_DATA_LENGTH(nb) : LOOK;
	UCHAR storage[LOOK];
	const UCHAR *p = NdisGetDataBuffer(nb, n, storage, 1, 0);
	ULONG header = MAC_HEADER;

	memset(c, 0, sizeof(*c));
	if (p == NULL || n < MAC_HEADER)
		return 0;
	if (big16(p + 12) == TYPE_VLAN && n >= MAC_HEADER + TAG)
		header += TAG;
	memcpy(c->addresses, p, sizeof(c->addresses));
	memcpy(c->type, p + header - 2, sizeof(c->type));
	if (big16(c->type) == TYPE_IPV4)
		read_ipv4(c, p + header, n - header);
	else if (big16(c->type) == TYPE_IPV6)
		read_ipv6(c, p + header, n - header);
	return header;
}

static const char *difference(const struct common *a, const struct common *b)
{
	if (memcmp(a->addresses, b->addresses, sizeof(a->addresses)) != 0)
		return "other MAC addresses";
	if (memcmp(a->type, b->type, sizeof(a->type)) != 0)
		return "another EtherType";
	return memcmp(a->connection, b->connection, sizeof(a->connection)) != 0 ?
		       "another connection" :
		       NULL;
}

void nrt_sendform_check(const char *who, const NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *first = NET_BUFFER_LIST_FIRST_NB(nbl);
	struct common common;

	for (NET_BUFFER *nb = first; nb != NULL; nb = NET_BUFFER_NEXT_NB(nb)) {
		struct common c;
		ULONG header = read(nb, nb == first ? &common : &c);
		const char *other = nb == first ? NULL : difference(&common, &c);

		if (header != 0 && NET_BUFFER_CURRENT_MDL(nb)->ByteCount -
						   NET_BUFFER_CURRENT_MDL_OFFSET(nb) < header)
			nrt_violation("RS-NB-10", "%s sends NBL %p with a MAC header in two MDLs", who,
				      (const void *)nbl);
		if (other != NULL)
			nrt_violation("RS-NB-10", "%s sends NBL %p with frames of %s", who,
				      (const void *)nbl, other);
	}
}
