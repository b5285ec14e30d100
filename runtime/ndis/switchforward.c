/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a packet goes when no extension has said so: to the NIC that its destination address
 * was last seen at, else to all ports but its own. An address has one place in the table, by
 * its hash, and what is seen there last stands; it is one word, so nobody needs a lock. The
 * sender's thread, at the switch's miniport edge.
 */
#include <string.h>

#include "switch.h"

#define NIC_BITS 6
#define PLACE_BITS 16

_Static_assert(NRT_SWITCH_MAX_NIC < 1 << NIC_BITS, "a NIC's index fits an address's place");
_Static_assert(NRT_SWITCH_MAX_PORT < 1 << (PLACE_BITS - NIC_BITS), "and a port's id does");

static uint64_t word_of(const UCHAR *address)
{
	uint64_t word = 0;

	for (int i = 0; i < 6; i++)
		word = word << 8 | address[i];
	return word << PLACE_BITS;
}

static _Atomic uint64_t *slot_of(struct nrt_switch *sw, uint64_t word)
{
	return &sw->addresses[(word >> PLACE_BITS) * 0x9E3779B97F4A7C15u >> 52];
}

_Static_assert(NRT_SWITCH_ADDRESSES == 1 << (64 - 52), "the hash is an index");

static uint64_t place_of(NDIS_SWITCH_PORT_ID port, NDIS_SWITCH_NIC_INDEX index)
{
	return (uint64_t)port << NIC_BITS | index;
}

void nrt_switch_learn(struct nrt_switch *sw, const UCHAR *address, NDIS_SWITCH_PORT_ID port,
		      NDIS_SWITCH_NIC_INDEX index)
{
	static const UCHAR none[6];
	uint64_t word = word_of(address);
	uint64_t now = word | place_of(port, index);
	_Atomic uint64_t *slot = slot_of(sw, word);

	if ((address[0] & 1) || memcmp(address, none, 6) == 0)
		return;
	if (atomic_load_explicit(slot, memory_order_relaxed) != now)
		atomic_store_explicit(slot, now, memory_order_relaxed);
}

void nrt_switch_forget(struct nrt_switch *sw, const struct nrt_switch_nic *nic)
{
	uint64_t place = place_of(nic->port->id, nic->index);

	for (unsigned int i = 0; i < NRT_SWITCH_ADDRESSES; i++) {
		uint64_t word = atomic_load(&sw->addresses[i]);

		if (word != 0 && (word & ((1u << PLACE_BITS) - 1)) == place)
			atomic_compare_exchange_strong(&sw->addresses[i], &word, 0);
	}
}

/* The NIC behind which @address is, held; or NULL. */
static struct nrt_switch_nic *find(struct nrt_switch *sw, const UCHAR *address)
{
	uint64_t wanted = word_of(address);
	uint64_t word = atomic_load_explicit(slot_of(sw, wanted), memory_order_relaxed);
	struct nrt_switch_nic *nic;

	if ((address[0] & 1) || word >> PLACE_BITS != wanted >> PLACE_BITS || word == 0)
		return NULL;
	nic = nrt_switch_nic_at(sw, word >> NIC_BITS & NRT_SWITCH_MAX_PORT,
				word & ((1u << NIC_BITS) - 1));
	return nic != NULL && nrt_switch_hold_in(&nic->hold, NdisSwitchNicStateConnected) ? nic :
											    NULL;
}

/* The port's first NIC that is connected, held; or NULL. */
static struct nrt_switch_nic *first_nic(struct nrt_switch_port *port)
{
	for (unsigned int i = 0; i <= NRT_SWITCH_MAX_NIC; i++) {
		struct nrt_switch_nic *nic = atomic_load(&port->nics[i]);

		if (nic != NULL && nrt_switch_hold_in(&nic->hold, NdisSwitchNicStateConnected))
			return nic;
	}
	return NULL;
}

/* Room grows by as much as there is: a packet's memory has grown enough after few floods. */
static void flood(struct nrt_switch *sw, struct nrt_switch_context *c, NDIS_SWITCH_PORT_ID source)
{
	uint32_t highest = atomic_load(&sw->highest_port);

	nrt_switch_count(sw, NRT_SWITCH_FLOODED, 1);
	for (uint32_t id = 1; id <= highest; id++) {
		struct nrt_switch_port *port = nrt_switch_port_at(sw, id);
		struct nrt_switch_nic *nic;

		if (port == NULL || id == source)
			continue;
		nic = first_nic(port);
		if (nic == NULL)
			continue;
		if (c->array.NumDestinations == c->array.NumElements &&
		    nrt_switch_grow(c, c->array.NumElements) != NDIS_STATUS_SUCCESS) {
			nrt_switch_release(&nic->hold);
			nrt_switch_count(sw, NRT_SWITCH_UNREACHABLE, 1);
			continue;
		}
		nrt_switch_commit_held(c, nic);
	}
}

void nrt_switch_forward(struct nrt_switch *sw, NET_BUFFER_LIST *nbl, struct nrt_switch_context *c)
{
	const NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO *detail =
		NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(nbl);
	NDIS_SWITCH_PORT_ID source = (NDIS_SWITCH_PORT_ID)detail->SourcePortId;
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
	struct nrt_switch_nic *nic;
	UCHAR storage[12];
	const UCHAR *header;

	header = nb != NULL ? NdisGetDataBuffer(nb, sizeof(storage), storage, 1, 0) : NULL;
	if (header == NULL)
		return;
	if (source != NDIS_SWITCH_DEFAULT_PORT_ID)
		nrt_switch_learn(sw, header + 6, source,
				 (NDIS_SWITCH_NIC_INDEX)detail->SourceNicIndex);
	nic = find(sw, header);
	if (nic == NULL)
		flood(sw, c, source);
	else if (nic->port->id == source) /* its own network has it already */
		nrt_switch_release(&nic->hold);
	else
		nrt_switch_commit_held(c, nic);
	if (c->array.NumDestinations != 0)
		nrt_switch_count(sw, NRT_SWITCH_FORWARDED, 1);
}
