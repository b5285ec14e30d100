/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmit queue of a connection, where senders are several: from the hash that its
 * NBL carries, or the one the port would receive it by. Sends look here on any thread, up
 * to DISPATCH_LEVEL; flow_steer runs with the OID that changes it.
 *
 * Everybody finds the same queue for a connection, so that its frames stay in order
 * whoever sends them (MP-SND-07). While RSS is on it is a queue of the worker that receives
 * the connection: a worker that forwards what it received keeps to itself.
 */
#include "adapter.h"

#define ETHER 14
#define TAG 4
#define IPV4 20
#define IPV4_LONGEST 60
#define IPV6 40
#define PORTS 4

/* UDP by addresses alone: a datagram's fragments but the first have no ports. */
#define OWN_TYPES (NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4 | NDIS_HASH_IPV6 | NDIS_HASH_TCP_IPV6)

/* Any key that spreads; RSS brings its own. */
static const UCHAR own_key[PMB_RSS_KEY] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* ------------------------------------------------------------------ steering */

/* The 32 bits of @key from bit @at on. */
static ULONG key_window(const UCHAR *key, ULONG at)
{
	ULONG64 five = 0;

	for (ULONG i = 0; i < 5; i++)
		five = five << 8 | key[at / 8 + i];
	return (ULONG)(five >> (8 - at % 8));
}

/* What each half byte of the input adds to the hash (page rss-hashing-functions). */
static void set_key(struct flow_steering *s, const UCHAR *key)
{
	for (ULONG i = 0; i < FLOW_NIBBLES; i++) {
		for (ULONG v = 0; v < 16; v++) {
			ULONG sum = 0;

			for (ULONG bit = 0; bit < 4; bit++)
				if (v & 8u >> bit)
					sum ^= key_window(key, 4 * i + bit);
			WriteNoFence(&s->toeplitz[i][v], (LONG)sum);
		}
	}
}

/* Of the senders of @processor the @nth, in a circle; of all, if it has none. */
static LONG sender_of(const struct adapter *a, ULONG processor, ULONG nth)
{
	ULONG own = 0;

	for (USHORT i = 0; i < a->n_senders; i++)
		own += pmb_queue_processor(a->senders[i]) == processor;
	if (own == 0)
		return (LONG)(nth % a->n_senders);
	nth %= own;
	for (USHORT i = 0;; i++)
		if (pmb_queue_processor(a->senders[i]) == processor && nth-- == 0)
			return i;
}

static ULONG receiver(const struct adapter *a, USHORT queue)
{
	return pmb_queue_processor(a->queues[queue].queue);
}

/* A worker whose flows stay with it sends on its first queue, so others join it there;
 * else a worker's queues share its connections. */
static void set_table(struct adapter *a)
{
	const struct rss_parameters *rss = &a->rss.now;
	struct flow_steering *s = &a->flows;
	USHORT seen[256] = { 0 };

	for (USHORT i = 0; i < PMB_RSS_ENTRIES; i++) {
		ULONG processor = receiver(a, rss->entries != 0 ? rss->table[i % rss->entries] : 0);
		ULONG nth = a->info->flows_stay ? 0 : seen[processor % 256]++;
		LONG sender = i % a->n_senders;

		if (rss->entries != 0)
			sender = sender_of(a, processor, nth);
		else if (a->info->flows_stay && a->info->rss_types != 0)
			sender = sender_of(a, processor, 0); /* all come in there */
		WriteNoFence(&s->sender[i], sender);
	}
	/* What the NIC does not hash it puts on the first queue. */
	WriteNoFence(&s->other, rss->entries != 0 ? sender_of(a, receiver(a, 0), 0) :
						    ReadNoFence(&s->sender[0]));
}

/* Sends go on meanwhile: one that comes with the change may find either queue, as a frame
 * that is received then may come in on either (page rss-configuration). */
void flow_steer(struct adapter *a)
{
	const struct rss_parameters *rss = &a->rss.now;
	ULONG types = NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(rss->hash_information);

	if (a->n_senders < 2)
		return;
	WriteNoFence(&a->flows.types, (LONG)(rss->entries != 0 ? types : OWN_TYPES));
	set_key(&a->flows, rss->entries != 0 ? rss->key : own_key);
	set_table(a);
}

/* ------------------------------------------------------------------- hashing */

static ULONG hash(const struct flow_steering *s, const UCHAR *input, ULONG length)
{
	ULONG sum = 0;

	for (ULONG i = 0; i < length; i++) {
		sum ^= (ULONG)ReadNoFence(&s->toeplitz[2 * i][input[i] >> 4]);
		sum ^= (ULONG)ReadNoFence(&s->toeplitz[2 * i + 1][input[i] & 15]);
	}
	return sum;
}

/* What is hashed of a packet: addresses, and ports behind them. */
struct tuple {
	ULONG length;           /* 0: nothing */
	UCHAR bytes[2 * 16 + PORTS];
};

static void take(struct tuple *t, const UCHAR *addresses, ULONG length, const UCHAR *ports)
{
	NdisMoveMemory(t->bytes, addresses, length);
	t->length = length;
	if (ports != NULL) {
		NdisMoveMemory(t->bytes + length, ports, PORTS);
		t->length += PORTS;
	}
}

/* @ip has @room bytes. A fragment, the first too, is hashed by its addresses (page
 * rss-hashing-types). */
static void take_ipv4(struct tuple *t, ULONG types, const UCHAR *ip, ULONG room)
{
	ULONG header = room >= IPV4 ? (ip[0] & 15u) * 4u : 0;
	ULONG type;

	if (header < IPV4)
		return;
	type = ip[9] == 6 ? NDIS_HASH_TCP_IPV4 : ip[9] == 17 ? NDIS_HASH_UDP_IPV4 : 0;
	if ((ip[6] & 0x3F) == 0 && ip[7] == 0 && header + PORTS <= room && (types & type))
		take(t, ip + 12, 8, ip + header);
	else if (types & NDIS_HASH_IPV4)
		take(t, ip + 12, 8, NULL);
}

/* A packet with extension headers is hashed by its addresses. */
static void take_ipv6(struct tuple *t, ULONG types, const UCHAR *ip, ULONG room)
{
	ULONG type;

	if (room < IPV6)
		return;
	type = ip[6] == 6 ? NDIS_HASH_TCP_IPV6 : ip[6] == 17 ? NDIS_HASH_UDP_IPV6 : 0;
	if (IPV6 + PORTS <= room && (types & type))
		take(t, ip + 8, 32, ip + IPV6);
	else if (types & NDIS_HASH_IPV6)
		take(t, ip + 8, 32, NULL);
}

static void take_frame(struct tuple *t, ULONG types, NET_BUFFER *nb)
{
	UCHAR storage[ETHER + TAG + IPV4_LONGEST + PORTS];
	ULONG length = NET_BUFFER_DATA_LENGTH(nb), at = ETHER;
	const UCHAR *frame;

	length = length < sizeof(storage) ? length : (ULONG)sizeof(storage);
	frame = length > ETHER + TAG ? NdisGetDataBuffer(nb, length, storage, 1, 0) : NULL;
	if (frame == NULL)
		return;
	if (frame[12] == 0x81 && frame[13] == 0)
		at += TAG;
	if (frame[at - 2] == 0x08 && frame[at - 1] == 0x00)
		take_ipv4(t, types, frame + at, length - at);
	else if (frame[at - 2] == 0x86 && frame[at - 1] == 0xDD)
		take_ipv6(t, types, frame + at, length - at);
}

USHORT flow_sender(const struct adapter *a, NET_BUFFER_LIST *nbl)
{
	const struct flow_steering *s = &a->flows;
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	struct tuple t = { 0 };
	ULONG value;

	if (NET_BUFFER_LIST_GET_HASH_FUNCTION(nbl) == NdisHashFunctionToeplitz &&
	    NET_BUFFER_LIST_GET_HASH_TYPE(nbl) != 0) {
		value = NET_BUFFER_LIST_GET_HASH_VALUE(nbl);
	} else {
		if (nb != NULL)
			take_frame(&t, (ULONG)ReadNoFence(&s->types), nb);
		if (t.length == 0)
			return (USHORT)ReadNoFence(&s->other);
		value = hash(s, t.bytes, t.length);
	}
	return (USHORT)ReadNoFence(&s->sender[value % PMB_RSS_ENTRIES]);
}
