/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake protocol's control half: registration, bind and unbind, PnP events,
 * status, OID requests. Written to the documents, as any driver.
 */
#include "fake_protocol.h"

#include "events.h"

struct fake_protocol *fake_protocol_image;

static void note(const char *name, const void *who)
{
	event_note(name, who, KeGetCurrentIrql());
}

/* --------------------------------------------------------------- bind and unbind */

static NDIS_STATUS open_adapter(struct fake_binding *b)
{
	NDIS_MEDIUM media[] = { NdisMediumFddi, b->protocol->medium };
	NDIS_OPEN_PARAMETERS open;

	NdisZeroMemory(&open, sizeof(open));
	open.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
	open.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
	open.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
	open.AdapterName = b->params.AdapterName;
	open.MediumArray = media;
	open.MediumArraySize = 2;
	open.SelectedMediumIndex = &b->selected_medium;
	NdisInitializeEvent(&b->opened);
	NdisInitializeEvent(&b->closed);
	b->open_returned = NdisOpenAdapterEx(b->protocol->handle, b, &open, b->bind_context,
					     &b->handle);
	if (b->open_returned != NDIS_STATUS_PENDING)
		b->open_status = b->open_returned;
	else if (!b->does_not_wait)
		NdisWaitEvent(&b->opened, 0);
	return b->open_status;
}

static void close_adapter(struct fake_binding *b)
{
	b->close_returned = NdisCloseAdapterEx(b->handle);
	if (b->close_returned == NDIS_STATUS_PENDING && !b->does_not_wait)
		NdisWaitEvent(&b->closed, 0);
}

/* While the offer lasts: the name is gone afterwards. */
static void keep_offer(struct fake_binding *b, const NDIS_BIND_PARAMETERS *params)
{
	USHORT n = params->AdapterName->Length / sizeof(WCHAR);

	b->params = *params;
	b->n_ports = 0;
	for (const NDIS_PORT *at = params->ActivePorts; at != NULL; at = at->Next)
		b->n_ports++;
	if (b->n_ports != 0)
		b->first_port = params->ActivePorts->PortCharacteristics.PortNumber;
	for (USHORT i = 0; i < n && i < 31; i++)
		b->adapter_name[i] = params->AdapterName->Buffer[i];
}

static void bind_complete(void *who, NDIS_STATUS status)
{
	struct fake_binding *b = who;

	note("NdisCompleteBindAdapterEx", b);
	NdisCompleteBindAdapterEx(b->bind_context, status);
}

static NDIS_STATUS bind_adapter_ex(NDIS_HANDLE driver_context, NDIS_HANDLE bind_context,
				   PNDIS_BIND_PARAMETERS params)
{
	struct fake_protocol *p = driver_context;
	struct fake_binding *b = &p->bindings[p->n_bindings++];

	note("ProtocolBindAdapterEx", b);
	b->protocol = p;
	b->bind_context = bind_context;
	keep_offer(b, params);
	NdisAllocateSpinLock(&b->lock);
	if (!b->does_not_open) {
		if (fake_binding_make_pool(b) != NDIS_STATUS_SUCCESS)
			return NDIS_STATUS_RESOURCES;
		if (open_adapter(b) != NDIS_STATUS_SUCCESS) {
			fake_binding_free_pool(b);
			return b->open_status;
		}
		if (b->packet_filter != 0)
			fake_binding_filter(b, b->packet_filter);
	}
	if (b->on_bound != NULL)
		b->on_bound(b);
	if (p->bind.status != NDIS_STATUS_SUCCESS && !p->leaves_open && !b->does_not_open)
		close_adapter(b);
	if (p->bind.status != NDIS_STATUS_SUCCESS)
		fake_binding_free_pool(b);
	return fake_answer(&p->bind, "bound", b, p->handle, bind_complete);
}

static void unbind_complete(void *who, NDIS_STATUS status)
{
	struct fake_binding *b = who;

	UNREFERENCED_PARAMETER(status);
	note("NdisCompleteUnbindAdapterEx", b);
	NdisCompleteUnbindAdapterEx(b->unbind_context);
}

static NDIS_STATUS unbind_adapter_ex(NDIS_HANDLE unbind_context, NDIS_HANDLE context)
{
	struct fake_binding *b = context;

	note("ProtocolUnbindAdapterEx", b);
	b->unbind_context = unbind_context;
	if (b->on_unbind != NULL)
		b->on_unbind(b);
	if (!b->does_not_close)
		close_adapter(b);
	fake_binding_free_pool(b);
	return fake_answer(&b->protocol->unbind, "unbound", b, b->protocol->handle,
			   unbind_complete);
}

static VOID open_adapter_complete_ex(NDIS_HANDLE context, NDIS_STATUS status)
{
	struct fake_binding *b = context;

	note("ProtocolOpenAdapterCompleteEx", b);
	b->open_status = status;
	NdisSetEvent(&b->opened);
}

static VOID close_adapter_complete_ex(NDIS_HANDLE context)
{
	struct fake_binding *b = context;

	note("ProtocolCloseAdapterCompleteEx", b);
	NdisSetEvent(&b->closed);
}

static VOID uninstall(VOID)
{
	note("ProtocolUninstall", NULL);
}

/* -------------------------------------------------------------------- PnP events */

static void event_complete(void *who, NDIS_STATUS status)
{
	struct fake_binding *b = who;

	note("NdisCompleteNetPnPEvent", b);
	NdisCompleteNetPnPEvent(b->handle, b->pending_event, status);
}

/* Wait for own sends, give back what was received (PR-PAU-01). */
static NDIS_STATUS pause_binding(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	BOOLEAN wait;

	note("NetEventPause", b);
	NdisAcquireSpinLock(&b->lock);
	b->running = FALSE; /* what comes from now on is not held */
	wait = b->sent != b->completed;
	b->pausing = wait;
	b->pause_event = event;
	NdisReleaseSpinLock(&b->lock);
	if (!b->holds_over_pause)
		fake_binding_return(b, fake_binding_take_held(b, 0), 0);
	return wait ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS restart_binding(struct fake_binding *b, NET_PNP_EVENT_NOTIFICATION *event)
{
	const NDIS_PROTOCOL_RESTART_PARAMETERS *params =
		(const NDIS_PROTOCOL_RESTART_PARAMETERS *)event->NetPnPEvent.Buffer;

	b->restart_attributes_mtu = 0;
	for (const NDIS_RESTART_ATTRIBUTES *at = params->RestartAttributes; at != NULL;
	     at = at->Next)
		if (at->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES)
			b->restart_attributes_mtu =
				((const NDIS_RESTART_GENERAL_ATTRIBUTES *)at->Data)->MtuSize;
	NdisAcquireSpinLock(&b->lock);
	b->running = TRUE;
	NdisReleaseSpinLock(&b->lock);
	return fake_answer(&b->restart, "NetEventRestart", b, b->protocol->handle,
			   event_complete);
}

struct fake_all_bindings fake_all_bindings;

static NDIS_STATUS all_event(PNET_PNP_EVENT_NOTIFICATION event)
{
	fake_all_bindings.events++;
	fake_all_bindings.code = event->NetPnPEvent.NetEvent;
	if (fake_all_bindings.on_event != NULL)
		fake_all_bindings.on_event();
	return fake_all_bindings.status;
}

static NDIS_STATUS net_pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event)
{
	struct fake_binding *b = context;
	NET_PNP_EVENT_CODE code = event->NetPnPEvent.NetEvent;

	if (b == NULL)
		return all_event(event);
	b->pending_event = event;
	if (b->on_event != NULL)
		b->on_event(b, event);
	if (code == NetEventPause && !b->own_pause)
		return pause_binding(b, event);
	if (code == NetEventPause)
		return fake_answer(&b->pause, "NetEventPause", b, b->protocol->handle,
				   event_complete);
	if (code == NetEventRestart)
		return restart_binding(b, event);
	note("ProtocolNetPnPEvent", b);
	return code == NetEventReconfigure && b->reconfigure_pends ? NDIS_STATUS_PENDING :
								     b->event_status;
}

static const char *name_of(NDIS_STATUS code)
{
	if (code == NDIS_STATUS_RESET_START)
		return "NDIS_STATUS_RESET_START";
	return code == NDIS_STATUS_RESET_END ? "NDIS_STATUS_RESET_END" : "ProtocolStatusEx";
}

static VOID status_ex(NDIS_HANDLE context, PNDIS_STATUS_INDICATION status)
{
	struct fake_binding *b = context;

	NdisAcquireSpinLock(&b->lock);
	b->statuses++;
	b->last_status = status->StatusCode;
	if (status->StatusCode == NDIS_STATUS_LINK_STATE)
		NdisMoveMemory(&b->link, status->StatusBuffer, sizeof(b->link));
	if (status->StatusCode == NDIS_STATUS_RESET_START)
		b->resetting = TRUE;
	if (status->StatusCode == NDIS_STATUS_RESET_END)
		b->resetting = FALSE;
	NdisReleaseSpinLock(&b->lock);
	note(name_of(status->StatusCode), b);
	if (b->on_status != NULL)
		b->on_status(b, status);
}

/* ---------------------------------------------------------------------- requests */

void fake_binding_begin_oid(struct fake_binding *b, struct fake_request *r, NDIS_REQUEST_TYPE type,
			    NDIS_OID oid, void *buffer, ULONG length)
{
	NDIS_OID_REQUEST *q = &r->request;
	PVOID id = q->RequestId; /* the test's */

	NdisZeroMemory(r, sizeof(*r));
	q->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	q->Header.Revision = NDIS_OID_REQUEST_REVISION_1;
	q->Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	q->RequestType = type;
	q->RequestId = id;
	q->DATA.QUERY_INFORMATION.Oid = oid;
	q->DATA.QUERY_INFORMATION.InformationBuffer = buffer;
	q->DATA.QUERY_INFORMATION.InformationBufferLength = length;
	NdisInitializeEvent(&r->done);
	r->returned = NdisOidRequest(b->handle, q);
	if (r->returned != NDIS_STATUS_PENDING) {
		r->status = r->returned;
		NdisSetEvent(&r->done);
	}
}

NDIS_STATUS fake_binding_end_oid(struct fake_request *r)
{
	NdisWaitEvent(&r->done, 0);
	return r->status;
}

NDIS_STATUS fake_binding_oid(struct fake_binding *b, NDIS_REQUEST_TYPE type, NDIS_OID oid,
			     void *buffer, ULONG length, struct fake_request *r)
{
	struct fake_request own;

	if (r == NULL) {
		r = &own;
		NdisZeroMemory(r, sizeof(*r));
	}
	fake_binding_begin_oid(b, r, type, oid, buffer, length);
	return fake_binding_end_oid(r);
}

NDIS_STATUS fake_binding_filter(struct fake_binding *b, ULONG filter)
{
	return fake_binding_oid(b, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER,
				&filter, sizeof(filter), NULL);
}

static VOID oid_request_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request,
				 NDIS_STATUS status)
{
	struct fake_binding *b = context;
	struct fake_request *r = CONTAINING_RECORD(request, struct fake_request, request);

	r->status = status;
	r->irql = KeGetCurrentIrql();
	InterlockedIncrement(&r->completions);
	if (b->on_oid_complete != NULL)
		b->on_oid_complete(b, request, status);
	NdisSetEvent(&r->done); /* last: the request may be gone now */
}

/* ------------------------------------------------------------------ registration */

static NDIS_STATUS set_options(NDIS_HANDLE handle, NDIS_HANDLE driver_context)
{
	struct fake_protocol *p = driver_context;

	UNREFERENCED_PARAMETER(handle);
	return p->set_options_status;
}

static VOID unload(PDRIVER_OBJECT object)
{
	struct fake_protocol *p = fake_protocol_image;

	UNREFERENCED_PARAMETER(object);
	note("ProtocolUnload", p);
	if (!p->forgets_to_deregister)
		NdisDeregisterProtocolDriver(p->handle);
	if (p->deregisters_twice)
		NdisDeregisterProtocolDriver(p->handle);
}

static const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS handlers = {
	.Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
		    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1,
		    NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 },
	.SetOptionsHandler = set_options,
	.BindAdapterHandlerEx = bind_adapter_ex,
	.UnbindAdapterHandlerEx = unbind_adapter_ex,
	.OpenAdapterCompleteHandlerEx = open_adapter_complete_ex,
	.CloseAdapterCompleteHandlerEx = close_adapter_complete_ex,
	.NetPnPEventHandler = net_pnp_event,
	.OidRequestCompleteHandler = oid_request_complete,
	.StatusHandlerEx = status_ex,
	.ReceiveNetBufferListsHandler = fake_binding_receive,
	.SendNetBufferListsCompleteHandler = fake_binding_send_complete,
};

NTSTATUS fake_protocol_entry(PDRIVER_OBJECT object, PUNICODE_STRING registry_path)
{
	struct fake_protocol *p = fake_protocol_image;
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars = handlers;

	UNREFERENCED_PARAMETER(registry_path);
	object->DriverUnload = unload;
	chars.MajorNdisVersion = p->major != 0 ? p->major : 6;
	chars.MinorNdisVersion = p->major != 0 ? p->minor : 30;
	RtlInitUnicodeString(&chars.Name, L"FAKE");
	if (p->uninstalls)
		chars.UninstallHandler = uninstall;
	if (p->mutate != NULL)
		p->mutate(&chars);
	p->register_status = NdisRegisterProtocolDriver(p, &chars, &p->handle);
	if (p->register_status != NDIS_STATUS_SUCCESS)
		return p->register_status;
	if (p->entry_status != NDIS_STATUS_SUCCESS && !p->forgets_to_deregister)
		NdisDeregisterProtocolDriver(p->handle);
	return p->entry_status;
}
