/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network PnP events on their way up. Any thread at PASSIVE_LEVEL, with or without the
 * adapter's pnp lock; a protocol may complete from anywhere.
 */
#include "net_event.h"

#include <string.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "binding.h"
#include "callback.h"
#include "driver.h"
#include "filter.h"
#include "header.h"
#include "oid.h"
#include "protocol.h"

NET_PNP_EVENT_NOTIFICATION nrt_net_event_of(NET_PNP_EVENT_CODE code, void *buffer, ULONG length)
{
	return (NET_PNP_EVENT_NOTIFICATION){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
			    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
		.NetPnPEvent = { .NetEvent = code, .Buffer = buffer, .BufferLength = length },
	};
}

/* ------------------------------------------------------------------ one binding */

/* Those a protocol always succeeds [nc-ndis-protocol_net_pnp_event]. */
static bool must_succeed(NET_PNP_EVENT_CODE code)
{
	switch (code) {
	case NetEventQueryRemoveDevice:
	case NetEventPortActivation:
		return false;
	default:
		return true;
	}
}

static void link_call(struct nrt_binding *b, struct nrt_net_call *call)
{
	pthread_mutex_lock(&b->adapter->lock);
	call->next = b->net_calls;
	b->net_calls = call;
	pthread_mutex_unlock(&b->adapter->lock);
}

static void unlink_call(struct nrt_binding *b, const struct nrt_net_call *call)
{
	struct nrt_net_call **link = &b->net_calls;

	pthread_mutex_lock(&b->adapter->lock);
	while (*link != call)
		link = &(*link)->next;
	*link = call->next;
	pthread_mutex_unlock(&b->adapter->lock);
}

static void report_answer(NET_PNP_EVENT_CODE code, NDIS_STATUS status)
{
	nrt_violation("PR-PNP-01", "a protocol answered NET_PNP_EVENT_CODE %u with 0x%08X",
		      (unsigned int)code, (unsigned int)status);
}

NDIS_STATUS nrt_net_event_to(struct nrt_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	NET_PNP_EVENT_CODE code = event->NetPnPEvent.NetEvent;
	struct nrt_net_call call = { .event = event };
	struct nrt_callback cb;
	NDIS_STATUS status;

	nrt_operation_init(&call.op, "ProtocolNetPnPEvent", "PR-PAU-02");
	nrt_operation_blame(&call.op, b, NULL, "0x7C/0x25");
	nrt_operation_arm(&call.op, event);
	link_call(b, &call);
	cb = nrt_callback_begin("ProtocolNetPnPEvent");
	status = b->protocol->chars.NetPnPEventHandler(b->context, event);
	nrt_callback_end(&cb);
	status = nrt_operation_wait(&call.op, status);
	unlink_call(b, &call);
	nrt_operation_fini(&call.op);
	if (status != NDIS_STATUS_SUCCESS &&
	    (must_succeed(code) || status == NDIS_STATUS_NOT_SUPPORTED))
		report_answer(code, status);
	return status;
}

void nrt_net_event_of_all(const struct nrt_protocol *p, NET_PNP_EVENT_NOTIFICATION *event)
{
	/* By another name, since it may do what it may not for one binding (PR-ENU-01). */
	struct nrt_callback cb = nrt_callback_begin("ProtocolNetPnPEvent for all bindings");
	NDIS_STATUS status = p->chars.NetPnPEventHandler(NULL, event);

	nrt_callback_end(&cb);
	/* PENDING has no binding to be completed with. */
	if (status != NDIS_STATUS_SUCCESS)
		report_answer(event->NetPnPEvent.NetEvent, status);
}

VOID NdisCompleteNetPnPEvent(NDIS_HANDLE NdisBindingHandle,
			     PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification, NDIS_STATUS Status)
{
	struct nrt_binding *b = NdisBindingHandle;
	struct nrt_net_call *call;

	nrt_check_irql("NdisCompleteNetPnPEvent", PASSIVE_LEVEL);
	/* A close that pends may wait for just this. */
	if ((b == NULL || b->magic != NRT_BINDING_CLOSING) &&
	    nrt_binding_of(b, "NdisCompleteNetPnPEvent") == NULL)
		return;
	pthread_mutex_lock(&b->adapter->lock); /* the call stays in the list meanwhile */
	for (call = b->net_calls; call != NULL && call->event != NetPnPEventNotification;)
		call = call->next;
	if (call != NULL)
		nrt_operation_complete(&call->op, NetPnPEventNotification, Status);
	pthread_mutex_unlock(&b->adapter->lock);
	if (call == NULL)
		nrt_violation("PR-PAU-02", "ProtocolNetPnPEvent was completed but none is pending");
}

/* ------------------------------------------------------------------- all bindings */

/* The binding after @b, or the first one, held. While @b is, none is freed or moved: the close
 * that comes first waits for it, and holds the pnp lock. */
static struct nrt_binding *hold_binding(struct nrt_adapter *a, const struct nrt_binding *b)
{
	struct nrt_binding *next;

	pthread_mutex_lock(&a->lock);
	next = b != NULL ? b->next : a->bindings;
	if (next != NULL)
		next->net_events++;
	pthread_mutex_unlock(&a->lock);
	return next;
}

static void release_binding(struct nrt_adapter *a, struct nrt_binding *b)
{
	pthread_mutex_lock(&a->lock);
	b->net_events--;
	pthread_cond_broadcast(&a->net_event_ended);
	pthread_mutex_unlock(&a->lock);
}

static NDIS_STATUS to_bindings(struct nrt_adapter *a, NET_PNP_EVENT_NOTIFICATION *event)
{
	struct nrt_binding *b = hold_binding(a, NULL), *next;
	NDIS_STATUS all = NDIS_STATUS_SUCCESS;

	for (; b != NULL; b = next) {
		NDIS_STATUS status = nrt_net_event_to(b, event);

		if (all == NDIS_STATUS_SUCCESS)
			all = status;
		next = hold_binding(a, b);
		release_binding(a, b);
	}
	return all;
}

void nrt_net_events_leave_binding(struct nrt_binding *b)
{
	struct nrt_adapter *a = b->adapter;

	pthread_mutex_lock(&a->lock);
	while (b->net_events != 0)
		pthread_cond_wait(&a->net_event_ended, &a->lock);
	pthread_mutex_unlock(&a->lock);
}

/* ------------------------------------------------------------------------ filters */

/* The next one above @f, or the lowest, that handles events, held. */
static struct nrt_filter *hold_filter(struct nrt_adapter *a, const struct nrt_filter *f)
{
	struct nrt_filter *next;

	pthread_mutex_lock(&a->lock);
	next = f != NULL ? f->above : a->filters;
	while (next != NULL && next->driver->chars.NetPnPEventHandler == NULL)
		next = next->above;
	if (next != NULL)
		next->net_events++;
	pthread_mutex_unlock(&a->lock);
	return next;
}

static NDIS_STATUS pass(struct nrt_adapter *a, const struct nrt_filter *below,
			NET_PNP_EVENT_NOTIFICATION *event)
{
	struct nrt_filter *f = hold_filter(a, below);
	NDIS_STATUS status;

	if (f == NULL)
		return to_bindings(a, event);
	status = nrt_filter_net_event(f, event);
	pthread_mutex_lock(&a->lock);
	f->net_events--;
	pthread_cond_broadcast(&a->net_event_ended);
	pthread_mutex_unlock(&a->lock);
	return status;
}

NDIS_STATUS nrt_net_event(struct nrt_adapter *a, NET_PNP_EVENT_NOTIFICATION *event)
{
	return pass(a, NULL, event);
}

NDIS_STATUS nrt_net_event_above(struct nrt_filter *f, NET_PNP_EVENT_NOTIFICATION *event)
{
	return pass(f->adapter, f, event);
}

void nrt_net_events_leave_filter(struct nrt_filter *f)
{
	struct nrt_adapter *a = f->adapter;

	pthread_mutex_lock(&a->lock);
	while (f->net_events != 0)
		pthread_cond_wait(&a->net_event_ended, &a->lock);
	pthread_mutex_unlock(&a->lock);
}

/* ------------------------------------------------------------------ NdisMNetPnPEvent */

/* Only of these does the page of NdisMNetPnPEvent call the status significant. */
static bool status_counts(NET_PNP_EVENT_CODE code)
{
	return code == NetEventQueryPower || code == NetEventQueryRemoveDevice;
}

/* Who waits for the request may be whom the event waits for. A request that another thread
 * hands over just now is no fault of the driver's. */
static bool inside_request(struct nrt_adapter *a)
{
	return (nrt_self.callback != NULL && strcmp(nrt_self.callback, "MiniportOidRequest") == 0) ||
	       nrt_oid_pends(a);
}

NDIS_STATUS NdisMNetPnPEvent(NDIS_HANDLE MiniportAdapterHandle,
			     PNET_PNP_EVENT_NOTIFICATION NetPnPEvent)
{
	static const size_t sizes[] = { NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1,
					NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_2 };
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMNetPnPEvent");
	NET_PNP_EVENT_CODE code;
	NDIS_STATUS status;

	nrt_check_irql("NdisMNetPnPEvent", PASSIVE_LEVEL);
	if (a == NULL || NetPnPEvent == NULL ||
	    !nrt_header_ok(&NetPnPEvent->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 2,
			   "NdisMNetPnPEvent"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (inside_request(a)) {
		nrt_violation("MP-OID-12", "%s calls NdisMNetPnPEvent while it has an OID request",
			      a->device.name);
		return NDIS_STATUS_FAILURE;
	}
	code = NetPnPEvent->NetPnPEvent.NetEvent;
	if (code == NetEventPortActivation)
		return nrt_ports_activate(a, NetPnPEvent);
	if (code == NetEventPortDeactivation)
		return nrt_ports_deactivate(a, NetPnPEvent);
	if (!(a->driver->chars.Flags & NDIS_INTERMEDIATE_DRIVER))
		return NDIS_STATUS_INVALID_PARAMETER; /* others have no such events to tell */
	status = nrt_net_event(a, NetPnPEvent);
	return status_counts(code) ? status : NDIS_STATUS_SUCCESS;
}
