/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive-side scaling: the Toeplitz hash over addresses and ports, and which of
 * the enabled types a frame is of, [82599] 7.1.2.8. The table is made when the
 * key changes; receive hashes each frame.
 */
#include "frame.h"

#include "bytes.h"

/* As descriptors number them, [82599] table 7-17; those with extensions: [82576] only. */
enum {
	TYPE_NONE = 0,
	TYPE_TCP4 = 1,
	TYPE_IP4 = 2,
	TYPE_TCP6 = 3,
	TYPE_IP6_EX = 4,
	TYPE_IP6 = 5,
	TYPE_TCP6_EX = 6,
	TYPE_UDP4 = 7,
	TYPE_UDP6 = 8,
	TYPE_UDP6_EX = 9,
};

/* A bit of input at position n brings in the key's bits n to n + 31. */
void softnic_toeplitz_init(struct softnic_toeplitz *t, const uint8_t key[40])
{
	for (uint32_t i = 0; i < 36; i++) {
		uint64_t window = (uint64_t)load32(key + i) << 8 | key[i + 4];

		t->table[i][0] = 0;
		for (uint32_t bit = 0; bit < 8; bit++) {
			uint32_t low = 1u << bit, term = (uint32_t)(window >> (bit + 1));

			for (uint32_t v = 0; v < low; v++)
				t->table[i][low + v] = t->table[i][v] ^ term;
		}
	}
}

/* Input beyond the 36 bytes that a key of 40 is good for is not hashed. */
uint32_t softnic_toeplitz(const struct softnic_toeplitz *t, const uint8_t *input, uint32_t length)
{
	uint32_t hash = 0;

	if (length > 36)
		length = 36;
	for (uint32_t i = 0; i < length; i++)
		hash ^= t->table[i][input[i]];
	return hash;
}

static uint8_t pick4(uint32_t types, const struct softnic_headers *h)
{
	if (h->l4_protocol == PROTO_TCP && (types & SOFTNIC_RSS_TCP4) != 0)
		return TYPE_TCP4;
	if (h->l4_protocol == PROTO_UDP && (types & SOFTNIC_RSS_UDP4) != 0)
		return TYPE_UDP4;
	return (types & SOFTNIC_RSS_IP4) != 0 ? TYPE_IP4 : TYPE_NONE;
}

/* @ex for a packet with extension headers, and for others where @plain isn't wanted:
 * without such a header both hash the same, [82599] 7.1.2.8.1. */
static uint8_t pick(uint32_t types, bool extended, uint32_t ex, uint8_t ex_type, uint32_t plain,
		    uint8_t plain_type)
{
	if ((types & ex) != 0 && (extended || (types & plain) == 0))
		return ex_type;
	return (types & plain) != 0 ? plain_type : TYPE_NONE;
}

static uint8_t pick6(uint32_t types, const struct softnic_headers *h)
{
	uint8_t type = TYPE_NONE;

	if (h->l4_protocol == PROTO_TCP)
		type = pick(types, h->ip_options, SOFTNIC_RSS_TCP6_EX, TYPE_TCP6_EX,
			    SOFTNIC_RSS_TCP6, TYPE_TCP6);
	else if (h->l4_protocol == PROTO_UDP)
		type = pick(types, h->ip_options, SOFTNIC_RSS_UDP6_EX, TYPE_UDP6_EX,
			    SOFTNIC_RSS_UDP6, TYPE_UDP6);
	if (type != TYPE_NONE)
		return type;
	return pick(types, h->ip_options, SOFTNIC_RSS_IP6_EX, TYPE_IP6_EX, SOFTNIC_RSS_IP6,
		    TYPE_IP6);
}

/* A mobile node's own address and its correspondent's, where extension headers have them. */
static void replace_addresses(const uint8_t *frame, const struct softnic_headers *h,
			      uint8_t input[36])
{
	struct ipv6_chain chain;

	softnic_ipv6_walk(frame, h->l2_len, (uint32_t)h->l2_len + h->l3_len, &chain);
	if (chain.home != 0)
		memcpy(input, frame + chain.home, 16);
	if (chain.route != 0)
		memcpy(input + 16, frame + chain.route, 16);
}

uint32_t softnic_rss(const struct softnic_toeplitz *t, uint32_t types, const uint8_t *frame,
		     const struct softnic_headers *h, uint8_t *type)
{
	const uint8_t *ip = frame + h->l2_len;
	uint32_t addresses = h->ip_version == 4 ? 8 : 32;
	bool ports;
	uint8_t input[36];

	*type = TYPE_NONE;
	if (h->ip_version == 4)
		*type = pick4(types, h);
	else if (h->ip_version == 6)
		*type = pick6(types, h);
	if (*type == TYPE_NONE)
		return 0;
	memcpy(input, ip + (h->ip_version == 4 ? 12 : 8), addresses);
	if (h->ip_options &&
	    (*type == TYPE_IP6_EX || *type == TYPE_TCP6_EX || *type == TYPE_UDP6_EX))
		replace_addresses(frame, h, input);
	ports = *type != TYPE_IP4 && *type != TYPE_IP6 && *type != TYPE_IP6_EX;
	if (ports)
		memcpy(input + addresses, ip + h->l3_len, 4);
	return softnic_toeplitz(t, input, addresses + (ports ? 4 : 0));
}
