/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forwarding context of a packet in the extensible switch: where it comes from, which
 * contexts extensions have put on it, and the memory for its destinations, which switchdest.c
 * fills. NICs' packets have theirs built in; extensions get theirs from a preallocated set, and
 * from the pool when that is used up. Any thread, IRQL <= DISPATCH_LEVEL, by the packet's owner.
 */
#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "switch.h"

struct nrt_switch_context *nrt_switch_context_of(const struct nrt_switch *sw,
						 const NET_BUFFER_LIST *nbl)
{
	struct nrt_switch_context *c;

	if (nbl == NULL)
		return NULL;
	c = nbl->NetBufferListInfo[SwitchForwardingReserved];
	return c != NULL && c->magic == NRT_SWITCH_CONTEXT_MAGIC && c->owner == sw &&
			       c->nbl == nbl ?
		       c :
		       NULL;
}

/* Memory that it grew to before stays with it. */
void nrt_switch_context_begin(struct nrt_switch_context *c, struct nrt_switch *sw,
			      NET_BUFFER_LIST *nbl)
{
	NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO *detail =
		NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(nbl);

	c->magic = NRT_SWITCH_CONTEXT_MAGIC;
	c->owner = sw;
	c->nbl = nbl;
	if (c->grown == NULL) {
		c->array.NumElements = NRT_SWITCH_OWN_TARGETS;
		c->array.FirstElement = c->own_elements;
		c->targets = c->own_targets;
	}
	c->array.Header = (NDIS_OBJECT_HEADER){
		NDIS_OBJECT_TYPE_DEFAULT, NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY_REVISION_1,
		NDIS_SIZEOF_NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY_REVISION_1
	};
	c->array.ElementSize = sizeof(NDIS_SWITCH_PORT_DESTINATION);
	c->array.NumDestinations = 0;
	c->n_extensions = 0;
	nbl->NetBufferListInfo[SwitchForwardingReserved] = c;
	detail->AsUINT64 = 0;
	detail->NumAvailableDestinations = c->array.NumElements & UINT16_MAX;
	detail->SourcePortId = NDIS_SWITCH_DEFAULT_PORT_ID;
	detail->SourceNicIndex = NDIS_SWITCH_DEFAULT_NIC_INDEX;
}

void nrt_switch_context_end(struct nrt_switch_context *c)
{
	for (ULONG i = 0; i < c->array.NumDestinations; i++)
		nrt_switch_release(&c->targets[i].nic->hold);
	c->array.NumDestinations = 0;
	NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(c->nbl)->AsUINT64 = 0;
	c->nbl->NetBufferListInfo[SwitchForwardingReserved] = NULL;
	c->magic = 0;
	c->nbl = NULL;
}

void nrt_switch_context_fini(struct nrt_switch_context *c)
{
	nrt_memory_free(c->grown, NRT_SWITCH_TAG);
	c->grown = NULL;
}

/* ------------------------------------------------------------------ where they are */

bool nrt_switch_contexts_new(struct nrt_switch *sw, uint32_t n)
{
	sw->contexts = calloc(n, sizeof(*sw->contexts));
	if (sw->contexts == NULL || !nrt_index_stack_init(&sw->free_contexts, n))
		return false;
	for (uint32_t i = 0; i < n; i++)
		sw->contexts[i].index = i;
	return true;
}

uint64_t nrt_switch_contexts_free(struct nrt_switch *sw)
{
	uint64_t left = atomic_load(&sw->allocated);

	for (uint32_t i = 0; sw->contexts != NULL && i < sw->n_packets; i++)
		nrt_switch_context_fini(&sw->contexts[i]);
	free(sw->contexts);
	sw->contexts = NULL;
	nrt_index_stack_fini(&sw->free_contexts);
	return left;
}

static struct nrt_switch_context *take_context(struct nrt_switch *sw)
{
	struct nrt_switch_context *c;
	uint32_t index;

	if (nrt_index_stack_pop(&sw->free_contexts, &index))
		return &sw->contexts[index];
	c = nrt_memory_zalloc(sizeof(*c), NRT_SWITCH_TAG, NULL);
	if (c != NULL)
		c->index = UINT32_MAX;
	return c;
}

NDIS_STATUS nrt_switch_allocate_context(NDIS_SWITCH_CONTEXT NdisSwitchContext,
					PNET_BUFFER_LIST NetBufferList)
{
	struct nrt_switch *sw = NdisSwitchContext;
	struct nrt_switch_context *c;

	nrt_check_irql("AllocateNetBufferListForwardingContext", DISPATCH_LEVEL);
	if (!nrt_switch_is(sw) || NetBufferList == NULL ||
	    nrt_switch_context_of(sw, NetBufferList) != NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	c = take_context(sw);
	if (c == NULL)
		return NDIS_STATUS_RESOURCES;
	nrt_switch_context_begin(c, sw, NetBufferList);
	atomic_fetch_add(&sw->allocated, 1);
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS nrt_switch_free_context(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				    PNET_BUFFER_LIST NetBufferList)
{
	struct nrt_switch *sw = NdisSwitchContext;
	struct nrt_switch_context *c = nrt_switch_context_of(sw, NetBufferList);

	nrt_check_irql("FreeNetBufferListForwardingContext", DISPATCH_LEVEL);
	if (c == NULL || c->of_switch)
		return NDIS_STATUS_INVALID_PARAMETER;
	nrt_switch_context_end(c);
	if (c->index != UINT32_MAX) {
		nrt_index_stack_push(&sw->free_contexts, c->index);
	} else {
		nrt_switch_context_fini(c);
		nrt_memory_free(c, NRT_SWITCH_TAG);
	}
	atomic_fetch_sub(&sw->allocated, 1);
	return NDIS_STATUS_SUCCESS;
}

/* ------------------------------------------------------------------- what is in one */

NDIS_STATUS nrt_switch_set_source(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				  PNET_BUFFER_LIST NetBufferList, NDIS_SWITCH_PORT_ID PortId,
				  NDIS_SWITCH_NIC_INDEX NicIndex)
{
	const struct nrt_switch *sw = NdisSwitchContext;
	const struct nrt_switch_nic *nic;
	NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO *detail;
	bool nowhere = PortId == NDIS_SWITCH_DEFAULT_PORT_ID &&
		       NicIndex == NDIS_SWITCH_DEFAULT_NIC_INDEX;

	nrt_check_irql("SetNetBufferListSource", DISPATCH_LEVEL);
	if (nrt_switch_context_of(sw, NetBufferList) == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	nic = nrt_switch_nic_at(sw, PortId, NicIndex);
	if (!nowhere &&
	    (nic == NULL || nrt_switch_state(&nic->hold) != NdisSwitchNicStateConnected))
		return NDIS_STATUS_INVALID_PARAMETER;
	detail = NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(NetBufferList);
	detail->SourcePortId = PortId & UINT16_MAX;
	detail->SourceNicIndex = (UINT8)NicIndex;
	return NDIS_STATUS_SUCCESS;
}

static unsigned int place_of(const struct nrt_switch_context *c,
			     const NDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE *type)
{
	unsigned int i = 0;

	while (i < c->n_extensions && c->extensions[i].type != type)
		i++;
	return i;
}

NDIS_STATUS
nrt_switch_set_extension_context(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				 PNET_BUFFER_LIST NetBufferList,
				 PNDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE ContextType,
				 PVOID Context)
{
	struct nrt_switch_context *c = nrt_switch_context_of(NdisSwitchContext, NetBufferList);
	unsigned int i;

	nrt_check_irql("SetNetBufferListSwitchContext", DISPATCH_LEVEL);
	if (c == NULL || ContextType == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	i = place_of(c, ContextType);
	if (i == NRT_SWITCH_EXTENSIONS)
		return NDIS_STATUS_RESOURCES;
	if (i == c->n_extensions)
		c->n_extensions++;
	c->extensions[i].type = ContextType;
	c->extensions[i].context = Context;
	return NDIS_STATUS_SUCCESS;
}

PVOID
nrt_switch_get_extension_context(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				 PNET_BUFFER_LIST NetBufferList,
				 PNDIS_SWITCH_NET_BUFFER_LIST_CONTEXT_TYPE ContextType)
{
	const struct nrt_switch_context *c =
		nrt_switch_context_of(NdisSwitchContext, NetBufferList);
	unsigned int i;

	nrt_check_irql("GetNetBufferListSwitchContext", DISPATCH_LEVEL);
	if (c == NULL)
		return NULL;
	i = place_of(c, ContextType);
	return i < c->n_extensions ? c->extensions[i].context : NULL;
}
