/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID requests that NDIS answers above the miniport: what the adapter's
 * attributes say, and packet filter and multicast list, which each binding has
 * of its own while the miniport sees their union. OID thread of the adapter.
 */
#include <stdlib.h>
#include <string.h>

#include "../verifier.h"
#include "delivery.h"
#include "offload.h"
#include "oid.h"
#include "rss.h"

static NDIS_STATUS answer(NDIS_OID_REQUEST *r, const void *value, ULONG length)
{
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength < length) {
		r->DATA.QUERY_INFORMATION.BytesWritten = 0;
		r->DATA.QUERY_INFORMATION.BytesNeeded = length;
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	}
	if (length != 0)
		memcpy(r->DATA.QUERY_INFORMATION.InformationBuffer, value, length);
	r->DATA.QUERY_INFORMATION.BytesWritten = length;
	r->DATA.QUERY_INFORMATION.BytesNeeded = length;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS answer_ulong(NDIS_OID_REQUEST *r, ULONG value)
{
	return answer(r, &value, sizeof(value));
}

static NDIS_STATUS query_link(struct nrt_adapter *a, NDIS_OID_REQUEST *r)
{
	NDIS_LINK_STATE link;

	pthread_mutex_lock(&a->lock);
	link = a->link;
	pthread_mutex_unlock(&a->lock);
	switch (r->DATA.QUERY_INFORMATION.Oid) {
	case OID_GEN_LINK_STATE:
		return answer(r, &link, sizeof(link));
	case OID_GEN_MEDIA_CONNECT_STATUS:
		return answer_ulong(r, link.MediaConnectState == MediaConnectStateConnected ?
					       NdisMediaStateConnected :
					       NdisMediaStateDisconnected);
	default: /* OID_GEN_LINK_SPEED, in units of 100 bits per second */
		return answer_ulong(r, (ULONG)(link.XmitLinkSpeed / 100));
	}
}

static NDIS_STATUS query(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	struct nrt_adapter *a = b->adapter;
	const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;
	NDIS_STATUS status;

	switch (r->DATA.QUERY_INFORMATION.Oid) {
	case OID_GEN_SUPPORTED_LIST:
		return answer(r, g->SupportedOidList, g->SupportedOidListLength);
	case OID_GEN_MEDIA_SUPPORTED:
	case OID_GEN_MEDIA_IN_USE:
		return answer_ulong(r, g->MediaType);
	case OID_GEN_PHYSICAL_MEDIUM:
		return answer_ulong(r, g->PhysicalMediumType);
	case OID_GEN_MAXIMUM_FRAME_SIZE:
		return answer_ulong(r, g->MtuSize);
	case OID_GEN_MAXIMUM_TOTAL_SIZE:
		return answer_ulong(r, g->MtuSize + 14);
	case OID_GEN_MAXIMUM_LOOKAHEAD:
		return answer_ulong(r, g->LookaheadSize);
	case OID_GEN_CURRENT_LOOKAHEAD:
		return answer_ulong(r, b->lookahead);
	case OID_GEN_MAC_OPTIONS:
		return answer_ulong(r, g->MacOptions);
	case OID_GEN_CURRENT_PACKET_FILTER:
		return answer_ulong(r, b->packet_filter);
	case OID_GEN_LINK_STATE:
	case OID_GEN_MEDIA_CONNECT_STATUS:
	case OID_GEN_LINK_SPEED:
		return query_link(a, r);
	case OID_802_3_PERMANENT_ADDRESS:
		return answer(r, g->PermanentMacAddress, g->MacAddressLength);
	case OID_802_3_CURRENT_ADDRESS:
		return answer(r, g->CurrentMacAddress, g->MacAddressLength);
	case OID_802_3_MAXIMUM_LIST_SIZE:
		return answer_ulong(r, g->MaxMulticastListSize);
	case OID_GEN_ENUMERATE_PORTS:
		return nrt_ports_query(a, r);
	case OID_GEN_RECEIVE_SCALE_CAPABILITIES:
		return nrt_rss_query_capabilities(a, r);
	case OID_GEN_RECEIVE_SCALE_PARAMETERS:
		return nrt_rss_query(b, r);
	case OID_GEN_RECEIVE_HASH:
		return nrt_rss_query_hash(a, r);
	case OID_802_3_MULTICAST_LIST: /* RT-21 */
		return answer(r, b->multicast, b->multicast_count * 6);
	case OID_TCP_OFFLOAD_CURRENT_CONFIG:
	case OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES:
	case OID_OFFLOAD_ENCAPSULATION:
		return nrt_offload_query(a, r);
	default:
		status = nrt_oid_query_number(a, r);
		return status == NDIS_STATUS_NOT_RECOGNIZED ? nrt_power_query(b, r) : status;
	}
}

/* The union of all bindings' packet filters but for bits that are a binding's
 * own business. Under the adapter's lock. */
static ULONG union_filter(const struct nrt_adapter *a)
{
	ULONG filter = 0;

	for (const struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		filter |= b->packet_filter & ~(ULONG)(NDIS_PACKET_TYPE_NO_LOCAL);
	return filter;
}

static NDIS_OID_REQUEST own_set(NDIS_OID oid, void *buffer, ULONG length)
{
	return (NDIS_OID_REQUEST){
		.Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
			    NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
		.RequestType = NdisRequestSetInformation,
		.DATA.SET_INFORMATION = { .Oid = oid,
					  .InformationBuffer = buffer,
					  .InformationBufferLength = length },
	};
}

/* Control threads read it when they rebuild the delivery table. */
static void set_adapter_filter(struct nrt_adapter *a, ULONG filter)
{
	pthread_mutex_lock(&a->lock);
	a->packet_filter = filter;
	pthread_mutex_unlock(&a->lock);
}

/* The runtime is ready for what a wider filter lets in before the miniport is
 * told, and for nothing else before a narrower one takes effect: nothing that
 * the miniport indicates by the new filter is lost on the way. */
NDIS_STATUS nrt_oid_update_filter(struct nrt_adapter *a)
{
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;
	ULONG filter, before;

	pthread_mutex_lock(&a->lock);
	filter = union_filter(a);
	before = a->packet_filter;
	a->packet_filter = filter;
	pthread_mutex_unlock(&a->lock);
	if (nrt_delivery_rebuild(a) != 0)
		status = NDIS_STATUS_RESOURCES;
	if (status == NDIS_STATUS_SUCCESS && filter != before) {
		NDIS_OID_REQUEST r = own_set(OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));

		status = nrt_oid_down(a, &r);
	}
	if (status != NDIS_STATUS_SUCCESS)
		set_adapter_filter(a, before);
	return status;
}

/* Once, however many want it (page oid-802-3-multicast-list). Returns the new length. */
static ULONG add_address(UCHAR (*list)[6], ULONG n, const UCHAR address[6])
{
	for (ULONG i = 0; i < n; i++)
		if (memcmp(list[i], address, 6) == 0)
			return n;
	memcpy(list[n], address, 6);
	return n + 1;
}

static NDIS_STATUS give_multicast(struct nrt_adapter *a,
				  NDIS_STATUS (*give)(struct nrt_adapter *, NDIS_OID_REQUEST *))
{
	NDIS_STATUS status;
	NDIS_OID_REQUEST r;
	UCHAR(*list)[6];
	ULONG n = 0;

	pthread_mutex_lock(&a->lock);
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		n += b->multicast_count;
	if (n == 0 && a->multicast_given == 0) {
		pthread_mutex_unlock(&a->lock);
		return NDIS_STATUS_SUCCESS;
	}
	list = malloc(n * 6 + 6);
	n = 0;
	for (struct nrt_binding *b = a->bindings; list != NULL && b != NULL; b = b->next)
		for (ULONG i = 0; i < b->multicast_count; i++)
			n = add_address(list, n, b->multicast[i]);
	pthread_mutex_unlock(&a->lock);
	if (list == NULL)
		return NDIS_STATUS_RESOURCES;
	if (n > a->general.MaxMulticastListSize) {
		free(list);
		return NDIS_STATUS_MULTICAST_FULL;
	}
	r = own_set(OID_802_3_MULTICAST_LIST, list, n * 6);
	status = give(a, &r);
	pthread_mutex_lock(&a->lock);
	if (status == NDIS_STATUS_SUCCESS)
		a->multicast_given = n;
	pthread_mutex_unlock(&a->lock);
	free(list);
	return status;
}

NDIS_STATUS nrt_oid_update_multicast(struct nrt_adapter *a)
{
	return give_multicast(a, nrt_oid_down);
}

/* It took the same before, so its refusal is a fault. */
static void check_taken(const struct nrt_adapter *a, NDIS_OID oid, NDIS_STATUS status)
{
	if (status != NDIS_STATUS_SUCCESS)
		nrt_violation("MP-RST-04", "%s refused OID 0x%08X, which it took before, with 0x%08X",
			      a->device.name, oid, (unsigned int)status);
}

void nrt_oid_set_again(struct nrt_adapter *a, const struct nrt_setting *settings)
{
	NDIS_OID_REQUEST r;
	ULONG filter;

	pthread_mutex_lock(&a->lock);
	filter = a->packet_filter;
	pthread_mutex_unlock(&a->lock);
	r = own_set(OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
	check_taken(a, OID_GEN_CURRENT_PACKET_FILTER, nrt_oid_to_miniport(a, &r));
	check_taken(a, OID_802_3_MULTICAST_LIST, give_multicast(a, nrt_oid_to_miniport));
	for (const struct nrt_setting *s = settings; s != NULL; s = s->next) {
		r = own_set(s->oid, (void *)(uintptr_t)s->data, s->length);
		check_taken(a, s->oid, nrt_oid_to_miniport(a, &r));
	}
}

static NDIS_STATUS set_filter(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	struct nrt_adapter *a = b->adapter;
	NDIS_STATUS status;
	ULONG filter, before;

	if (r->DATA.SET_INFORMATION.InformationBufferLength != sizeof(filter)) {
		r->DATA.SET_INFORMATION.BytesNeeded = sizeof(filter);
		return NDIS_STATUS_INVALID_LENGTH;
	}
	memcpy(&filter, r->DATA.SET_INFORMATION.InformationBuffer, sizeof(filter));
	pthread_mutex_lock(&a->lock);
	before = b->packet_filter;
	b->packet_filter = filter;
	pthread_mutex_unlock(&a->lock);
	status = nrt_oid_update_filter(a);
	if (status == NDIS_STATUS_SUCCESS) {
		r->DATA.SET_INFORMATION.BytesRead = sizeof(filter);
	} else {
		pthread_mutex_lock(&a->lock);
		b->packet_filter = before;
		pthread_mutex_unlock(&a->lock);
	}
	return nrt_delivery_rebuild(a) == 0 ? status : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS replace_list(struct nrt_binding *b, UCHAR (*list)[6], ULONG count)
{
	struct nrt_adapter *a = b->adapter;
	UCHAR(*old)[6];
	ULONG old_count;
	NDIS_STATUS status;

	pthread_mutex_lock(&a->lock);
	old = b->multicast;
	old_count = b->multicast_count;
	b->multicast = list;
	b->multicast_count = count;
	pthread_mutex_unlock(&a->lock);
	status = nrt_oid_update_multicast(a);
	if (status != NDIS_STATUS_SUCCESS) {
		pthread_mutex_lock(&a->lock);
		b->multicast = old;
		b->multicast_count = old_count;
		pthread_mutex_unlock(&a->lock);
		old = list;
	}
	free(old);
	return nrt_delivery_rebuild(a) == 0 ? status : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS set_multicast(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	ULONG length = r->DATA.SET_INFORMATION.InformationBufferLength;
	NDIS_STATUS status;
	UCHAR(*list)[6];

	if (length % 6 != 0)
		return NDIS_STATUS_INVALID_LENGTH;
	list = malloc(length + 1);
	if (list == NULL)
		return NDIS_STATUS_RESOURCES;
	if (length != 0)
		memcpy(list, r->DATA.SET_INFORMATION.InformationBuffer, length);
	for (ULONG i = 0; i < length / 6; i++) {
		if (!(list[i][0] & 1)) { /* its page's status for an address that is none */
			free(list);
			return NDIS_STATUS_MULTICAST_FULL;
		}
	}
	status = replace_list(b, list, length / 6);
	if (status == NDIS_STATUS_SUCCESS)
		r->DATA.SET_INFORMATION.BytesRead = length;
	return status;
}

/* The most that a binding wants: a miniport has one lookahead for all. */
static ULONG largest_lookahead(struct nrt_adapter *a)
{
	ULONG largest = 0;

	pthread_mutex_lock(&a->lock);
	for (const struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		largest = b->lookahead > largest ? b->lookahead : largest;
	pthread_mutex_unlock(&a->lock);
	return largest;
}

/* Valid sets go on to the miniport (page oid-gen-current-lookahead). */
static NDIS_STATUS set_lookahead(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	ULONG lookahead, before = b->lookahead;
	NDIS_OID_REQUEST own;
	NDIS_STATUS status;

	if (r->DATA.SET_INFORMATION.InformationBufferLength != sizeof(lookahead)) {
		r->DATA.SET_INFORMATION.BytesNeeded = sizeof(lookahead);
		return NDIS_STATUS_INVALID_LENGTH;
	}
	memcpy(&lookahead, r->DATA.SET_INFORMATION.InformationBuffer, sizeof(lookahead));
	if (lookahead > b->adapter->general.LookaheadSize)
		return NDIS_STATUS_INVALID_DATA;
	b->lookahead = lookahead;
	lookahead = largest_lookahead(b->adapter);
	own = own_set(OID_GEN_CURRENT_LOOKAHEAD, &lookahead, sizeof(lookahead));
	status = nrt_oid_down(b->adapter, &own);
	if (status == NDIS_STATUS_SUCCESS)
		r->DATA.SET_INFORMATION.BytesRead = sizeof(lookahead);
	else
		b->lookahead = before;
	return status;
}

static NDIS_STATUS set(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	switch (r->DATA.SET_INFORMATION.Oid) {
	case OID_GEN_CURRENT_PACKET_FILTER:
		return set_filter(b, r);
	case OID_802_3_MULTICAST_LIST:
		return set_multicast(b, r);
	case OID_GEN_CURRENT_LOOKAHEAD:
		return set_lookahead(b, r);
	case OID_GEN_RECEIVE_SCALE_PARAMETERS:
		return nrt_rss_set(b, r);
	case OID_GEN_RECEIVE_HASH:
		return nrt_rss_set_hash(b->adapter, r);
	default:
		return nrt_power_set(b, r);
	}
}

NDIS_STATUS nrt_oid_answer(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	if (r->RequestType == NdisRequestQueryInformation ||
	    r->RequestType == NdisRequestQueryStatistics)
		return query(b, r);
	if (r->RequestType == NdisRequestSetInformation)
		return set(b, r);
	return NDIS_STATUS_NOT_RECOGNIZED;
}
