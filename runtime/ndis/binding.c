/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a binding: offered by ProtocolBindAdapterEx, opened, restarted,
 * paused, closed, unbound. Control threads at PASSIVE_LEVEL under the
 * adapter's pnp lock; the protocol may complete from anywhere.
 */
#include "binding.h"

#include <sched.h>
#include <stdio.h>
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
#include "net_event.h"
#include "offload.h"
#include "oid.h"
#include "protocol.h"
#include "send.h"
#include "sharedprovider.h"
#include "switch.h"

struct nrt_binding *nrt_binding_of(NDIS_HANDLE handle, const char *ddi)
{
	struct nrt_binding *b = handle;

	if (b != NULL && b->magic == NRT_BINDING_MAGIC)
		return b;
	nrt_violation("PR-UNB-03", "%s: the handle names no open binding", ddi);
	return NULL;
}

static bool opens_pend;

void nrt_opens_set_pending(bool pend)
{
	opens_pend = pend;
}

static void fill_bind_params(struct nrt_binding *b)
{
	const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &b->adapter->general;
	NDIS_BIND_PARAMETERS *p = &b->bind_params;

	p->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_BIND_PARAMETERS,
					  NDIS_BIND_PARAMETERS_REVISION_4,
					  NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4 };
	p->ProtocolSection = &b->section;
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
	p->PowerManagementCapabilities = g->PowerManagementCapabilities;
	p->PowerManagementCapabilitiesEx = g->PowerManagementCapabilitiesEx;
	p->DefaultOffloadConfiguration = nrt_offload_current(b->adapter);
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

/* As UTF-16, with an end; names are ASCII. */
static bool widen(const char *text, UNICODE_STRING *to)
{
	size_t n = strlen(text);
	WCHAR *wide = calloc(n + 1, sizeof(*wide));

	if (wide == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		wide[i] = (unsigned char)text[i];
	to->Buffer = wide;
	to->Length = (USHORT)(n * sizeof(*wide));
	to->MaximumLength = (USHORT)((n + 1) * sizeof(*wide));
	return true;
}

/* The adapter's, and where the protocol's key for it is below that of all services
 * [ns-ndis-_ndis_bind_parameters]. */
static bool set_names(struct nrt_binding *b)
{
	const char *adapter = b->adapter->device.name;
	const char *driver = b->protocol->driver != NULL ? b->protocol->driver->name : "";
	size_t n = strlen(driver);
	char *section;
	bool ok;

	if (n > 3 && strcmp(driver + n - 3, ".so") == 0)
		n -= 3;
	if (asprintf(&section, "%.*s\\Parameters\\Adapters\\%s", (int)n, driver, adapter) < 0)
		return false;
	ok = widen(adapter, &b->adapter_name) && widen(section, &b->section);
	free(section);
	return ok;
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
	if (!set_names(b)) {
		free(b->adapter_name.Buffer);
		free(b);
		return NULL;
	}
	nrt_operation_init(&b->bind_op, "ProtocolBindAdapterEx", "PR-BND-02");
	nrt_operation_init(&b->unbind_op, "ProtocolUnbindAdapterEx", "PR-BND-02");
	nrt_operation_blame(&b->unbind_op, b, NULL, "0x7C/0x25");
	nrt_state_move(&b->state, NRT_BINDING, NRT_BEGIN, a->device.name);
	nrt_send_choose(b);
	return b;
}

static void binding_dead(struct nrt_binding *b)
{
	struct nrt_adapter *a = b->adapter;

	if (atomic_load(&b->open_configs) != 0)
		nrt_violation("RS-MEM-02", "a binding of %s: %d configuration handles are still open",
			      a->device.name, atomic_load(&b->open_configs));
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
	free(b->adapter_name.Buffer);
	free(b->section.Buffer);
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

static void await_open(struct nrt_binding *b, const char *rule);
static void force_close(struct nrt_binding *b);
static void close_binding(struct nrt_binding *b);

void nrt_bind(struct nrt_adapter *a, struct nrt_protocol *p)
{
	struct nrt_callback cb;
	struct nrt_binding *b;
	NDIS_STATUS status;
	NDIS_PORT *ports;

	/* An intermediate driver's lower edge is not for its own virtual miniports. */
	if (p->uninstalled || p->intermediate == a->driver)
		return;
	/* An extensible switch is bound by its own protocol edge only, which binds nothing else. */
	if (nrt_switch_of(a) != nrt_switch_of_protocol(p))
		return;
	b = binding_new(a, p);
	if (b == NULL)
		return;
	fill_bind_params(b);
	nrt_operation_arm(&b->bind_op, NULL);
	b->binding_runs = true;
	b->bind_params.ActivePorts = ports = nrt_ports_list(a);
	cb = nrt_callback_begin("ProtocolBindAdapterEx");
	status = p->chars.BindAdapterHandlerEx(p->context, b, &b->bind_params);
	nrt_callback_end(&cb);
	status = nrt_operation_wait(&b->bind_op, status);
	free(ports);
	await_open(b, "PR-BND-03");
	if (status != NDIS_STATUS_SUCCESS && b->opened) {
		nrt_violation("PR-BND-03", "a bind to %s failed with 0x%08X and left it open",
			      a->device.name, (unsigned int)status);
		force_close(b);
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

static bool takes_ethernet(const NDIS_OPEN_PARAMETERS *open, UINT *index)
{
	for (UINT i = 0; i < open->MediumArraySize; i++) {
		if (open->MediumArray[i] == NdisMedium802_3) {
			*index = i;
			return true;
		}
	}
	return false;
}

/* All of an open that takes time: with a result that the protocol does not see yet. */
static NDIS_STATUS open_binding(struct nrt_binding *b)
{
	struct nrt_adapter *a = b->adapter;

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
		close_binding(b);
		return NDIS_STATUS_RESOURCES;
	}
	*b->open_medium = b->medium_index;
	*b->open_handle = b;
	return NDIS_STATUS_SUCCESS;
}

static void run_open(struct nrt_work *work)
{
	struct nrt_binding *b = CONTAINING_RECORD(work, struct nrt_binding, open_work);
	NDIS_STATUS status = open_binding(b);
	struct nrt_callback cb = nrt_callback_begin("ProtocolOpenAdapterCompleteEx");

	atomic_store(&b->open_pending, false); /* first: the handler may end the bind */
	b->protocol->chars.OpenAdapterCompleteHandlerEx(b->context, status);
	nrt_callback_end(&cb);
}

NDIS_STATUS NdisOpenAdapterEx(NDIS_HANDLE NdisProtocolHandle, NDIS_HANDLE ProtocolBindingContext,
			      PNDIS_OPEN_PARAMETERS OpenParameters, NDIS_HANDLE BindContext,
			      PNDIS_HANDLE NdisBindingHandle)
{
	static const size_t sizes[] = { NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 };
	struct nrt_protocol *p = NdisProtocolHandle;
	struct nrt_binding *b = BindContext;

	nrt_check_irql("NdisOpenAdapterEx", PASSIVE_LEVEL);
	if (!b->binding_runs || b->protocol != p || b->opened || atomic_load(&b->open_pending)) {
		const struct nrt_culprit who = nrt_culprit_of(p, "NdisOpenAdapterEx");

		nrt_bug_check("PR-BND-01", "0x7C/0x16", &who,
			      "outside its ProtocolBindAdapterEx");
		return NDIS_STATUS_FAILURE;
	}
	if (!nrt_header_from(p, &OpenParameters->Header, NDIS_OBJECT_TYPE_OPEN_PARAMETERS, sizes, 1,
			     "NdisOpenAdapterEx"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!takes_ethernet(OpenParameters, &b->medium_index))
		return NDIS_STATUS_UNSUPPORTED_MEDIA;
	b->context = ProtocolBindingContext;
	b->open_handle = NdisBindingHandle;
	b->open_medium = OpenParameters->SelectedMediumIndex;
	if (!opens_pend)
		return open_binding(b);
	atomic_store(&b->open_pending, true);
	b->open_work.fn = run_open;
	nrt_work_queue(&b->open_work);
	return NDIS_STATUS_PENDING;
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

static void close_binding(struct nrt_binding *b)
{
	struct nrt_adapter *a = b->adapter;
	struct nrt_binding **link;

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
	nrt_net_events_leave_binding(b);
	nrt_delivery_rebuild(a);
	nrt_shared_forget(b, "RS-DMA-01");
	b->magic = 0;
	b->opened = false;
}

/* Of a protocol that did not. */
static void force_close(struct nrt_binding *b)
{
	check_idle(b, "PR-UNB-02", NULL);
	close_binding(b);
}

static void run_close(struct nrt_work *work)
{
	struct nrt_binding *b = CONTAINING_RECORD(work, struct nrt_binding, open_work);
	struct nrt_callback cb;

	close_binding(b);
	cb = nrt_callback_begin("ProtocolCloseAdapterCompleteEx");
	atomic_store(&b->close_pending, false);
	b->protocol->chars.CloseAdapterCompleteHandlerEx(b->context);
	nrt_callback_end(&cb);
}

NDIS_STATUS NdisCloseAdapterEx(NDIS_HANDLE NdisBindingHandle)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisCloseAdapterEx");

	nrt_check_irql("NdisCloseAdapterEx", PASSIVE_LEVEL);
	if (b == NULL)
		return NDIS_STATUS_FAILURE;
	if (!b->binding_runs && atomic_load(&b->state) != NRT_CLOSING)
		nrt_violation("PR-UNB-03", "NdisCloseAdapterEx outside bind and unbind");
	check_idle(b, "PR-UNB-02", NULL);
	if (!opens_pend) {
		close_binding(b);
		return NDIS_STATUS_SUCCESS;
	}
	b->magic = NRT_BINDING_CLOSING; /* invalid from now on, whenever it ends */
	atomic_store(&b->close_pending, true);
	b->open_work.fn = run_close;
	nrt_work_queue(&b->open_work);
	return NDIS_STATUS_PENDING;
}

/* @b's pending open or close is over. A bind or an unbind that ends before is a mistake. */
static void await_open(struct nrt_binding *b, const char *rule)
{
	if (atomic_load(&b->open_pending) || atomic_load(&b->close_pending))
		nrt_violation(rule, "a %s of %s ended with its %s pending",
			      atomic_load(&b->open_pending) ? "bind" : "unbind or bind",
			      b->adapter->device.name,
			      atomic_load(&b->open_pending) ? "open" : "close");
	while (atomic_load(&b->open_pending) || atomic_load(&b->close_pending))
		sched_yield();
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
	await_open(b, "PR-UNB-01");
	if (b->opened) {
		nrt_violation("PR-UNB-01", "a protocol ended its unbind from %s without closing it",
			      b->adapter->device.name);
		force_close(b);
	}
	check_idle(b, NULL, "PR-UNB-04");
	binding_dead(b);
}

void nrt_binding_end(struct nrt_binding *b)
{
	ULONG before = b->adapter->pause_reason;

	b->adapter->pause_reason = NDIS_PAUSE_UNBIND_PROTOCOL;
	nrt_binding_pause(b);
	b->adapter->pause_reason = before;
	nrt_unbind(b);
}

VOID NdisCompleteUnbindAdapterEx(NDIS_HANDLE UnbindContext)
{
	struct nrt_binding *b = UnbindContext;

	nrt_operation_complete(&b->unbind_op, NULL, NDIS_STATUS_SUCCESS);
}

void nrt_binding_pause(struct nrt_binding *b)
{
	NDIS_PROTOCOL_PAUSE_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PROTOCOL_PAUSE_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_PROTOCOL_PAUSE_PARAMETERS_REVISION_1 },
		.PauseReason = b->adapter->pause_reason,
	};
	NET_PNP_EVENT_NOTIFICATION event =
		nrt_net_event_of(NetEventPause, &params, sizeof(params));

	if (atomic_load(&b->state) != NRT_RUNNING)
		return;
	nrt_state_move(&b->state, NRT_BINDING, NRT_PAUSE, b->adapter->device.name);
	nrt_net_event_to(b, &event);
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
	NET_PNP_EVENT_NOTIFICATION event =
		nrt_net_event_of(NetEventRestart, &params, sizeof(params));

	if (atomic_load(&b->state) != NRT_PAUSED)
		return;
	/* Before it is told: it may send from within the event. */
	nrt_state_move(&b->state, NRT_BINDING, NRT_RESTART, b->adapter->device.name);
	nrt_delivery_rebuild(b->adapter);
	nrt_net_event_to(b, &event);
	nrt_state_move(&b->state, NRT_BINDING, NRT_RESTARTED, b->adapter->device.name);
}
