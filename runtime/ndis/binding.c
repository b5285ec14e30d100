/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a binding: offered by ProtocolBindAdapterEx, opened, restarted,
 * paused, closed, unbound. Control threads at PASSIVE_LEVEL under the
 * adapter's pnp lock; the protocol may complete from anywhere.
 */
#include "binding.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "callback.h"
#include "culprit.h"
#include "delivery.h"
#include "driver.h"
#include "header.h"
#include "nbltrack.h"
#include "oid.h"
#include "protocol.h"
#include "send.h"

struct nrt_binding *nrt_binding_of(NDIS_HANDLE handle, const char *ddi)
{
	struct nrt_binding *b = handle;

	if (b != NULL && b->magic == NRT_BINDING_MAGIC)
		return b;
	nrt_violation("PR-UNB-03", "%s: the handle names no open binding", ddi);
	return NULL;
}

static void fill_bind_params(struct nrt_binding *b)
{
	const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &b->adapter->general;
	NDIS_BIND_PARAMETERS *p = &b->bind_params;

	p->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_BIND_PARAMETERS,
					  NDIS_BIND_PARAMETERS_REVISION_4,
					  NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4 };
	p->ProtocolSection = &b->adapter_name;
	p->AdapterName = &b->adapter_name;
	p->BoundAdapterName = &b->adapter_name;
	p->MediaType = g->MediaType;
	p->PhysicalMediumType = g->PhysicalMediumType;
	p->MtuSize = g->MtuSize;
	p->MaxXmitLinkSpeed = g->MaxXmitLinkSpeed;
	p->MaxRcvLinkSpeed = g->MaxRcvLinkSpeed;
	p->XmitLinkSpeed = b->adapter->link.XmitLinkSpeed;
	p->RcvLinkSpeed = b->adapter->link.RcvLinkSpeed;
	p->MediaConnectState = b->adapter->link.MediaConnectState;
	p->MediaDuplexState = b->adapter->link.MediaDuplexState;
	p->LookaheadSize = g->LookaheadSize;
	p->DataBackFillSize = g->DataBackFillSize;
	p->ContextBackFillSize = g->ContextBackFillSize;
	p->MacOptions = g->MacOptions;
	p->SupportedPacketFilters = g->SupportedPacketFilters;
	p->MaxMulticastListSize = g->MaxMulticastListSize;
	p->MacAddressLength = g->MacAddressLength;
	memcpy(p->CurrentMacAddress, g->CurrentMacAddress, sizeof(p->CurrentMacAddress));
	p->RcvScaleCapabilities = g->RecvScaleCapabilities;
	p->AccessType = g->AccessType;
	p->DirectionType = g->DirectionType;
	p->ConnectionType = g->ConnectionType;
	p->IfType = g->IfType;
	p->IfConnectorPresent = g->IfConnectorPresent;
	p->BoundIfIndex = b->adapter->if_index;
	p->BoundIfNetluid = b->adapter->net_luid;
	p->LowestIfIndex = b->adapter->if_index;
	p->LowestIfNetluid = b->adapter->net_luid;
}

/* The adapter's name as UTF-16; device names are ASCII. */
static bool set_name(struct nrt_binding *b)
{
	size_t n = strlen(b->adapter->device.name);
	WCHAR *wide = calloc(n + 1, sizeof(*wide));

	if (wide == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		wide[i] = (unsigned char)b->adapter->device.name[i];
	b->adapter_name.Buffer = wide;
	b->adapter_name.Length = (USHORT)(n * sizeof(*wide));
	b->adapter_name.MaximumLength = (USHORT)((n + 1) * sizeof(*wide));
	return true;
}

static struct nrt_binding *binding_new(struct nrt_adapter *a, struct nrt_protocol *p)
{
	struct nrt_binding *b = aligned_alloc(64, sizeof(*b));

	if (b == NULL)
		return NULL;
	memset(b, 0, sizeof(*b));
	b->adapter = a;
	b->protocol = p;
	b->counters = a->counters;
	nrt_ways_for(b);
	b->send_complete = p->chars.SendNetBufferListsCompleteHandler;
	b->receive = p->chars.ReceiveNetBufferListsHandler;
	if (!set_name(b)) {
		free(b);
		return NULL;
	}
	nrt_operation_init(&b->bind_op, "ProtocolBindAdapterEx", "PR-BND-02");
	nrt_operation_init(&b->unbind_op, "ProtocolUnbindAdapterEx", "PR-BND-02");
	nrt_operation_init(&b->pnp_op, "ProtocolNetPnPEvent", "PR-PAU-02");
	nrt_operation_blame(&b->unbind_op, b, NULL, "0x7C/0x25");
	nrt_operation_blame(&b->pnp_op, b, NULL, "0x7C/0x25");
	nrt_state_move(&b->state, NRT_BINDING, NRT_BEGIN, a->device.name);
	nrt_send_choose(b);
	return b;
}

static void binding_dead(struct nrt_binding *b)
{
	struct nrt_adapter *a = b->adapter;

	b->magic = 0;
	nrt_state_move(&b->state, NRT_BINDING,
		       atomic_load(&b->state) == NRT_CLOSING ? NRT_ENDED : NRT_BEGIN_FAILED,
		       a->device.name);
	pthread_mutex_lock(&a->lock);
	b->next = a->dead_bindings;
	a->dead_bindings = b;
	pthread_mutex_unlock(&a->lock);
}

static void binding_free(struct nrt_binding *b)
{
	nrt_operation_fini(&b->bind_op);
	nrt_operation_fini(&b->unbind_op);
	nrt_operation_fini(&b->pnp_op);
	free(b->adapter_name.Buffer);
	free(b->multicast);
	free(b);
}

void nrt_bindings_free(struct nrt_adapter *a)
{
	while (a->dead_bindings != NULL) {
		struct nrt_binding *b = a->dead_bindings;

		a->dead_bindings = b->next;
		binding_free(b);
	}
}

void nrt_bind(struct nrt_adapter *a, struct nrt_protocol *p)
{
	struct nrt_callback cb;
	struct nrt_binding *b;
	NDIS_STATUS status;

	/* An intermediate driver's lower edge is not for its own virtual miniports. */
	if (p->intermediate == a->driver)
		return;
	b = binding_new(a, p);
	if (b == NULL)
		return;
	fill_bind_params(b);
	nrt_operation_arm(&b->bind_op, NULL);
	b->binding_runs = true;
	cb = nrt_callback_begin("ProtocolBindAdapterEx");
	status = p->chars.BindAdapterHandlerEx(p->context, b, &b->bind_params);
	nrt_callback_end(&cb);
	status = nrt_operation_wait(&b->bind_op, status);
	if (status != NDIS_STATUS_SUCCESS && b->opened) {
		nrt_violation("PR-BND-03", "a bind to %s failed with 0x%08X and left it open",
			      a->device.name, (unsigned int)status);
		NdisCloseAdapterEx(b);
	}
	b->binding_runs = false;
	if (b->opened)
		return;
	if (atomic_load(&b->state) == NRT_PAUSED) /* it was open, and is closed again */
		nrt_state_move(&b->state, NRT_BINDING, NRT_END, a->device.name);
	binding_dead(b);
}

VOID NdisCompleteBindAdapterEx(NDIS_HANDLE BindAdapterContext, NDIS_STATUS Status)
{
	struct nrt_binding *b = BindAdapterContext;

	nrt_operation_complete(&b->bind_op, NULL, Status);
}

static bool takes_ethernet(const NDIS_OPEN_PARAMETERS *open)
{
	for (UINT i = 0; i < open->MediumArraySize; i++) {
		if (open->MediumArray[i] == NdisMedium802_3) {
			*open->SelectedMediumIndex = i;
			return true;
		}
	}
	return false;
}

NDIS_STATUS NdisOpenAdapterEx(NDIS_HANDLE NdisProtocolHandle, NDIS_HANDLE ProtocolBindingContext,
			      PNDIS_OPEN_PARAMETERS OpenParameters, NDIS_HANDLE BindContext,
			      PNDIS_HANDLE NdisBindingHandle)
{
	static const size_t sizes[] = { NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 };
	struct nrt_protocol *p = NdisProtocolHandle;
	struct nrt_binding *b = BindContext;
	struct nrt_adapter *a = b->adapter;

	nrt_check_irql("NdisOpenAdapterEx", PASSIVE_LEVEL);
	if (!b->binding_runs || b->protocol != p || b->opened) {
		const struct nrt_culprit who = nrt_culprit_of(p, "NdisOpenAdapterEx");

		nrt_bug_check("PR-BND-01", "0x7C/0x16", &who,
			      "outside its ProtocolBindAdapterEx");
		return NDIS_STATUS_FAILURE;
	}
	if (!nrt_header_from(p, &OpenParameters->Header, NDIS_OBJECT_TYPE_OPEN_PARAMETERS, sizes, 1,
			     "NdisOpenAdapterEx"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!takes_ethernet(OpenParameters))
		return NDIS_STATUS_UNSUPPORTED_MEDIA;
	b->context = ProtocolBindingContext;
	b->magic = NRT_BINDING_MAGIC;
	b->opened = true;
	b->lookahead = a->general.LookaheadSize;
	nrt_state_move(&b->state, NRT_BINDING, NRT_BEGUN, a->device.name);
	pthread_mutex_lock(&a->status_lock);
	nrt_reset_await_end(a); /* it is told of both ends of a reset or of none */
	pthread_mutex_lock(&a->lock);
	b->next = a->bindings;
	a->bindings = b;
	pthread_mutex_unlock(&a->lock);
	pthread_mutex_unlock(&a->status_lock);
	if (nrt_delivery_rebuild(a) != 0) {
		NdisCloseAdapterEx(b);
		return NDIS_STATUS_RESOURCES;
	}
	*NdisBindingHandle = b;
	return NDIS_STATUS_SUCCESS;
}

/* @n NBLs are under way when none may be: where a binding ends, NDIS stops for that. */
static void report_busy(const struct nrt_binding *b, const char *rule, ULONG n, const char *what)
{
	const struct nrt_culprit who = { b->protocol->driver->name, b->adapter->device.name,
					 "ProtocolUnbindAdapterEx" };

	if (atomic_load(&b->state) == NRT_CLOSING)
		nrt_bug_check(rule, "0x7C/0x27", &who, "%u %s", n, what);
	else
		nrt_violation(rule, "a binding of %s has %u %s", who.adapter, n, what);
}

/* What a binding has under way when it may not: @sends and @receives are the
 * rules that breaks, NULL: it may. Only the verifier knows whose an NBL is. */
static void check_idle(const struct nrt_binding *b, const char *send_rule,
		       const char *receive_rule)
{
	ULONG sends, receives;

	if (!nrt_verifying)
		return;
	nrt_track_count(b, &sends, &receives);
	if (sends != 0 && send_rule != NULL)
		report_busy(b, send_rule, sends, "sends that are not completed");
	if (receives != 0 && receive_rule != NULL)
		report_busy(b, receive_rule, receives, "NBLs that it did not return");
}

NDIS_STATUS NdisCloseAdapterEx(NDIS_HANDLE NdisBindingHandle)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisCloseAdapterEx");
	struct nrt_adapter *a;
	struct nrt_binding **link;

	nrt_check_irql("NdisCloseAdapterEx", PASSIVE_LEVEL);
	if (b == NULL)
		return NDIS_STATUS_FAILURE;
	a = b->adapter;
	if (!b->binding_runs && atomic_load(&b->state) != NRT_CLOSING)
		nrt_violation("PR-UNB-03", "NdisCloseAdapterEx outside bind and unbind");
	check_idle(b, "PR-UNB-02", NULL);
	nrt_oid_binding_closes(b); /* its filter leaves the adapter's, its requests end */
	pthread_mutex_lock(&a->status_lock);
	nrt_reset_await_end(a);
	pthread_mutex_lock(&a->lock);
	for (link = &a->bindings; *link != NULL && *link != b;)
		link = &(*link)->next;
	if (*link == b)
		*link = b->next;
	pthread_mutex_unlock(&a->lock);
	pthread_mutex_unlock(&a->status_lock);
	nrt_delivery_rebuild(a);
	b->magic = 0;
	b->opened = false;
	return NDIS_STATUS_SUCCESS;
}

void nrt_unbind(struct nrt_binding *b)
{
	struct nrt_callback cb;
	NDIS_STATUS status;

	nrt_state_move(&b->state, NRT_BINDING, NRT_END, b->adapter->device.name);
	nrt_operation_arm(&b->unbind_op, NULL);
	cb = nrt_callback_begin("ProtocolUnbindAdapterEx");
	status = b->protocol->chars.UnbindAdapterHandlerEx(b, b->context);
	nrt_callback_end(&cb);
	nrt_operation_wait(&b->unbind_op, status);
	if (b->opened) {
		nrt_violation("PR-UNB-01", "a protocol ended its unbind from %s without closing it",
			      b->adapter->device.name);
		NdisCloseAdapterEx(b);
	}
	check_idle(b, NULL, "PR-UNB-04");
	binding_dead(b);
}

VOID NdisCompleteUnbindAdapterEx(NDIS_HANDLE UnbindContext)
{
	struct nrt_binding *b = UnbindContext;

	nrt_operation_complete(&b->unbind_op, NULL, NDIS_STATUS_SUCCESS);
}

/* One event to one binding; PENDING is waited for. */
static NDIS_STATUS notify(struct nrt_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	struct nrt_callback cb;
	NDIS_STATUS status;

	nrt_operation_arm(&b->pnp_op, event);
	cb = nrt_callback_begin("ProtocolNetPnPEvent");
	status = b->protocol->chars.NetPnPEventHandler(b->context, event);
	nrt_callback_end(&cb);
	return nrt_operation_wait(&b->pnp_op, status);
}

static NDIS_STATUS net_pnp_event(struct nrt_binding *b, NET_PNP_EVENT_CODE code, void *buffer,
				 ULONG length)
{
	NET_PNP_EVENT_NOTIFICATION event = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
			    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
		.NetPnPEvent = { .NetEvent = code, .Buffer = buffer, .BufferLength = length },
	};

	return notify(b, &event);
}

NDIS_STATUS nrt_bindings_net_pnp_event(struct nrt_adapter *a, NET_PNP_EVENT_NOTIFICATION *event)
{
	NDIS_STATUS all = NDIS_STATUS_SUCCESS;

	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next) {
		NDIS_STATUS status = notify(b, event);

		if (status != NDIS_STATUS_SUCCESS && event->NetPnPEvent.NetEvent ==
							     NetEventReconfigure)
			nrt_violation("PR-PNP-01", "a protocol answered NetEventReconfigure with 0x%08X",
				      (unsigned int)status);
		if (all == NDIS_STATUS_SUCCESS)
			all = status;
	}
	return all;
}

VOID NdisCompleteNetPnPEvent(NDIS_HANDLE NdisBindingHandle,
			     PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification, NDIS_STATUS Status)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisCompleteNetPnPEvent");

	nrt_check_irql("NdisCompleteNetPnPEvent", PASSIVE_LEVEL);
	if (b != NULL)
		nrt_operation_complete(&b->pnp_op, NetPnPEventNotification, Status);
}

void nrt_binding_pause(struct nrt_binding *b)
{
	NDIS_PROTOCOL_PAUSE_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PROTOCOL_PAUSE_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_PROTOCOL_PAUSE_PARAMETERS_REVISION_1 },
		.PauseReason = b->adapter->pause_reason,
	};
	NDIS_STATUS status;

	if (atomic_load(&b->state) != NRT_RUNNING)
		return;
	nrt_state_move(&b->state, NRT_BINDING, NRT_PAUSE, b->adapter->device.name);
	status = net_pnp_event(b, NetEventPause, &params, sizeof(params));
	if (status != NDIS_STATUS_SUCCESS)
		nrt_violation("PR-PNP-01", "a protocol answered NetEventPause with 0x%08X",
			      (unsigned int)status);
	check_idle(b, "PR-PAU-01", NULL);
	nrt_state_move(&b->state, NRT_BINDING, NRT_PAUSE_DONE, b->adapter->device.name);
	nrt_delivery_rebuild(b->adapter);
}

void nrt_binding_restart(struct nrt_binding *b, NDIS_RESTART_ATTRIBUTES *attributes)
{
	NDIS_PROTOCOL_RESTART_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS,
			    NDIS_PROTOCOL_RESTART_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1 },
		.RestartAttributes = attributes,
		.BoundIfIndex = b->adapter->if_index,
	};
	NDIS_STATUS status;

	if (atomic_load(&b->state) != NRT_PAUSED)
		return;
	/* Before it is told: it may send from within the event. */
	nrt_state_move(&b->state, NRT_BINDING, NRT_RESTART, b->adapter->device.name);
	nrt_delivery_rebuild(b->adapter);
	status = net_pnp_event(b, NetEventRestart, &params, sizeof(params));
	if (status != NDIS_STATUS_SUCCESS)
		nrt_violation("PR-PNP-01", "a protocol answered NetEventRestart with 0x%08X",
			      (unsigned int)status);
	nrt_state_move(&b->state, NRT_BINDING, NRT_RESTARTED, b->adapter->device.name);
}
