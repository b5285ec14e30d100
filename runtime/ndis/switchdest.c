/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet's destinations in the extensible switch. Drivers write into the elements of the
 * array themselves; what counts is what they have committed, so each committed destination has
 * a target beside it: its NIC, held until the packet has ended, and the element as it was then.
 * Of that only IsExcluded may change, from 0 to 1. Any thread, IRQL <= DISPATCH_LEVEL, by the
 * packet's owner.
 */
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "switch.h"

#define MOST_DESTINATIONS UINT16_MAX /* what NumAvailableDestinations counts to */

static NDIS_SWITCH_PORT_DESTINATION *element(const struct nrt_switch_context *c, ULONG i)
{
	return NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(&c->array, i);
}

static void note_available(const struct nrt_switch_context *c)
{
	NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(c->nbl)->NumAvailableDestinations =
		(c->array.NumElements - c->array.NumDestinations) & UINT16_MAX;
}

/* The new block before the old one goes: what is not committed yet is carried over, too. */
NDIS_STATUS nrt_switch_grow(struct nrt_switch_context *c, uint32_t n)
{
	const size_t each = sizeof(NDIS_SWITCH_PORT_DESTINATION) + sizeof(*c->targets);
	ULONG before = c->array.NumElements;
	struct nrt_switch_target *targets;

	if (n > MOST_DESTINATIONS - before)
		return NDIS_STATUS_RESOURCES;
	targets = nrt_memory_zalloc((before + n) * each, NRT_SWITCH_TAG, NULL);
	if (targets == NULL)
		return NDIS_STATUS_RESOURCES;
	memcpy(targets, c->targets, before * sizeof(*targets));
	memcpy(targets + before + n, c->array.FirstElement,
	       before * sizeof(NDIS_SWITCH_PORT_DESTINATION));
	nrt_switch_context_fini(c);
	c->grown = targets;
	c->targets = targets;
	c->array.FirstElement = targets + before + n;
	c->array.NumElements = before + n;
	note_available(c);
	return NDIS_STATUS_SUCCESS;
}

/* ------------------------------------------------------------------------- to commit */

/* Element @i becomes a destination, if it names a NIC that is connected. */
static bool commit_one(struct nrt_switch_context *c, ULONG i)
{
	const NDIS_SWITCH_PORT_DESTINATION *to = element(c, i);
	struct nrt_switch_nic *nic = nrt_switch_nic_at(c->owner, to->PortId, to->NicIndex);

	if (nic == NULL || !nrt_switch_hold_in(&nic->hold, NdisSwitchNicStateConnected))
		return false;
	c->targets[i].nic = nic;
	c->targets[i].as_committed = *to;
	return true;
}

NDIS_STATUS nrt_switch_commit(struct nrt_switch_context *c, uint32_t n)
{
	ULONG first = c->array.NumDestinations, i = first;

	if (n > c->array.NumElements - first)
		return NDIS_STATUS_INVALID_PARAMETER;
	while (i < first + n && commit_one(c, i))
		i++;
	if (i < first + n) {
		while (i > first)
			nrt_switch_release(&c->targets[--i].nic->hold);
		return NDIS_STATUS_INVALID_PARAMETER;
	}
	c->array.NumDestinations = first + n;
	note_available(c);
	return NDIS_STATUS_SUCCESS;
}

void nrt_switch_commit_held(struct nrt_switch_context *c, struct nrt_switch_nic *nic)
{
	ULONG i = c->array.NumDestinations++;

	*element(c, i) = (NDIS_SWITCH_PORT_DESTINATION){
		.PortId = nic->port->id,
		.NicIndex = nic->index,
		.PreserveVLAN = 1,
		.PreservePriority = 1,
	};
	c->targets[i].nic = nic;
	c->targets[i].as_committed = *element(c, i);
	note_available(c);
}

/* What drivers changed in committed elements. False: more than is allowed, which is undone. */
static bool commit_changes(struct nrt_switch_context *c)
{
	bool allowed = true;

	for (ULONG i = 0; i < c->array.NumDestinations; i++) {
		NDIS_SWITCH_PORT_DESTINATION *now = element(c, i);
		NDIS_SWITCH_PORT_DESTINATION *then = &c->targets[i].as_committed;

		if (now->PortId != then->PortId || now->NicIndex != then->NicIndex ||
		    (then->IsExcluded && !now->IsExcluded)) {
			*now = *then;
			allowed = false;
		} else {
			*then = *now;
		}
	}
	return allowed;
}

/* ---------------------------------------------------------- what extensions call */

NDIS_STATUS nrt_switch_add_destination(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				       PNET_BUFFER_LIST NetBufferList,
				       PNDIS_SWITCH_PORT_DESTINATION Destination)
{
	struct nrt_switch_context *c = nrt_switch_context_of(NdisSwitchContext, NetBufferList);

	nrt_check_irql("AddNetBufferListDestination", DISPATCH_LEVEL);
	if (c == NULL || Destination == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (c->array.NumDestinations == c->array.NumElements &&
	    nrt_switch_grow(c, NRT_SWITCH_OWN_TARGETS) != NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_RESOURCES;
	*element(c, c->array.NumDestinations) = *Destination;
	return nrt_switch_commit(c, 1);
}

NDIS_STATUS
nrt_switch_grow_destinations(NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST NetBufferList,
			     UINT32 NumberOfNewDestinations,
			     PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *Destinations)
{
	struct nrt_switch_context *c = nrt_switch_context_of(NdisSwitchContext, NetBufferList);
	NDIS_STATUS status;

	nrt_check_irql("GrowNetBufferListDestinations", DISPATCH_LEVEL);
	if (c == NULL || Destinations == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	status = nrt_switch_grow(c, NumberOfNewDestinations);
	if (status == NDIS_STATUS_SUCCESS)
		*Destinations = &c->array;
	return status;
}

NDIS_STATUS
nrt_switch_get_destinations(NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST NetBufferList,
			    PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *Destinations)
{
	struct nrt_switch_context *c = nrt_switch_context_of(NdisSwitchContext, NetBufferList);

	nrt_check_irql("GetNetBufferListDestinations", DISPATCH_LEVEL);
	if (c == NULL || Destinations == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	*Destinations = &c->array;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS
nrt_switch_update_destinations(NDIS_SWITCH_CONTEXT NdisSwitchContext,
			       PNET_BUFFER_LIST NetBufferList, UINT32 NumberOfNewDestinations,
			       PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY Destinations)
{
	struct nrt_switch_context *c = nrt_switch_context_of(NdisSwitchContext, NetBufferList);

	nrt_check_irql("UpdateNetBufferListDestinations", DISPATCH_LEVEL);
	if (c == NULL || Destinations != &c->array)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!commit_changes(c))
		return NDIS_STATUS_INVALID_PARAMETER;
	return nrt_switch_commit(c, NumberOfNewDestinations);
}

/* --------------------------------------------------------------------------- copying */

/* Behind those that @to has. They are held by @from, so they may be held once more whatever
 * their state is. */
static NDIS_STATUS copy_destinations(struct nrt_switch_context *to,
				     const struct nrt_switch_context *from)
{
	ULONG first = to->array.NumDestinations, n = from->array.NumDestinations;
	ULONG room = to->array.NumElements - first;

	if (n > room && nrt_switch_grow(to, n - room) != NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_RESOURCES;
	for (ULONG i = 0; i < n; i++) {
		nrt_switch_hold_again(&from->targets[i].nic->hold);
		to->targets[first + i] = from->targets[i];
		*element(to, first + i) = from->targets[i].as_committed;
	}
	to->array.NumDestinations = first + n;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS nrt_switch_copy_info(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				 PNET_BUFFER_LIST DestNetBufferList,
				 PNET_BUFFER_LIST SrcNetBufferList, UINT32 Flags)
{
	struct nrt_switch_context *to =
		nrt_switch_context_of(NdisSwitchContext, DestNetBufferList);
	const struct nrt_switch_context *from =
		nrt_switch_context_of(NdisSwitchContext, SrcNetBufferList);

	nrt_check_irql("CopyNetBufferListInfo", DISPATCH_LEVEL);
	if (to == NULL || from == NULL || to == from)
		return NDIS_STATUS_INVALID_PARAMETER;
	if ((Flags & NDIS_SWITCH_COPY_NBL_INFO_FLAGS_PRESERVE_DESTINATIONS) &&
	    copy_destinations(to, from) != NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_RESOURCES;
	memcpy(DestNetBufferList->NetBufferListInfo, SrcNetBufferList->NetBufferListInfo,
	       sizeof(DestNetBufferList->NetBufferListInfo));
	DestNetBufferList->NetBufferListInfo[SwitchForwardingReserved] = to;
	note_available(to);
	return NDIS_STATUS_SUCCESS;
}
