/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network PnP events: up a stack through its filters to all its bindings, or to one binding.
 * Whoever is called is held meanwhile, so that drivers may send events of their own beside
 * those of pause and restart; a close or a detach waits for the events that it meets.
 */
#ifndef NRT_NDIS_NET_EVENT_H
#define NRT_NDIS_NET_EVENT_H

#include <ndis.h>

#include "../operation.h"

struct nrt_adapter;
struct nrt_binding;
struct nrt_filter;
struct nrt_protocol;

/* One ProtocolNetPnPEvent; on its caller's stack, in the binding's list under the adapter's
 * lock. */
struct nrt_net_call {
	struct nrt_net_call *next;
	const NET_PNP_EVENT_NOTIFICATION *event;
	struct nrt_operation op;
};

/* An event of @code with @buffer. */
NET_PNP_EVENT_NOTIFICATION nrt_net_event_of(NET_PNP_EVENT_CODE code, void *buffer, ULONG length);

/* To @adapter's filters and bindings, or those above @filter, or one binding; PENDING is waited
 * for. Of several bindings the first status that is no success. PASSIVE_LEVEL. */
NDIS_STATUS nrt_net_event(struct nrt_adapter *adapter, NET_PNP_EVENT_NOTIFICATION *event);
NDIS_STATUS nrt_net_event_above(struct nrt_filter *filter, NET_PNP_EVENT_NOTIFICATION *event);
NDIS_STATUS nrt_net_event_to(struct nrt_binding *binding, NET_PNP_EVENT_NOTIFICATION *event);

/* To @protocol, with no binding's context: it is of all of them. PASSIVE_LEVEL. */
void nrt_net_event_of_all(const struct nrt_protocol *protocol, NET_PNP_EVENT_NOTIFICATION *event);

/* FilterNetPnPEvent of @filter, which has one and is held (filter_event.c). */
NDIS_STATUS nrt_filter_net_event(struct nrt_filter *filter, NET_PNP_EVENT_NOTIFICATION *event);

/* Out of their adapter's list: wait until no event is with them any more. PASSIVE_LEVEL. */
void nrt_net_events_leave_binding(struct nrt_binding *binding);
void nrt_net_events_leave_filter(struct nrt_filter *filter);

#endif
