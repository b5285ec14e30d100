/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake filter's control half: registration, attach and detach, pause and restart,
 * requests, status, events. Written to the documents, as any driver.
 */
#include "fake_filter.h"

#include "events.h"

#define TAG 'tlFk'

struct fake_filter *fake_filter_image;

static void note(const char *name, const void *who)
{
	event_note(name, who, KeGetCurrentIrql());
}

/* ------------------------------------------------------------- attach and detach */

static NDIS_STATUS make_pool(struct fake_module *m)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters;

	NdisZeroMemory(&parameters, sizeof(parameters));
	parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	parameters.fAllocateNetBuffer = TRUE;
	parameters.PoolTag = TAG;
	m->pool = NdisAllocateNetBufferListPool(m->handle, &parameters);
	return m->pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS attach(NDIS_HANDLE handle, NDIS_HANDLE driver_context,
			  PNDIS_FILTER_ATTACH_PARAMETERS params)
{
	struct fake_filter *f = driver_context;
	struct fake_module *m = &f->modules[f->n_modules++];
	NDIS_FILTER_ATTRIBUTES attributes;

	m->filter = f;
	m->handle = handle;
	m->params = *params;
	note("FilterAttach", m);
	if (m->attach_status != NDIS_STATUS_SUCCESS)
		return m->attach_status;
	NdisAllocateSpinLock(&m->lock);
	NdisInitializeEvent(&m->own_oid_done);
	if (make_pool(m) != NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(&attributes, sizeof(attributes));
	attributes.Header.Type = NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES;
	attributes.Header.Revision = NDIS_FILTER_ATTRIBUTES_REVISION_1;
	attributes.Header.Size = NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1;
	if (!m->no_attributes)
		NdisFSetAttributes(handle, m, &attributes);
	if (m->on_attach != NULL)
		m->on_attach(m);
	if (m->no_attributes)
		NdisFreeNetBufferListPool(m->pool);
	return NDIS_STATUS_SUCCESS;
}

static VOID detach(NDIS_HANDLE context)
{
	struct fake_module *m = context;

	note("FilterDetach", m);
	if (m->on_detach != NULL)
		m->on_detach(m);
	NdisFreeNetBufferListPool(m->pool);
}

static NDIS_STATUS set_module_options(NDIS_HANDLE context)
{
	struct fake_module *m = context;

	note("FilterSetModuleOptions", m);
	if (m->on_options != NULL)
		m->on_options(m);
	return NDIS_STATUS_SUCCESS;
}

/* ------------------------------------------------------------- pause and restart */

static void set_running(struct fake_module *m, BOOLEAN running)
{
	NdisAcquireSpinLock(&m->lock);
	m->running = running;
	NdisReleaseSpinLock(&m->lock);
}

static void pause_complete(void *who, NDIS_STATUS status)
{
	struct fake_module *m = who;

	UNREFERENCED_PARAMETER(status);
	note("NdisFPauseComplete", m);
	NdisFPauseComplete(m->handle);
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS params)
{
	struct fake_module *m = context;

	UNREFERENCED_PARAMETER(params);
	set_running(m, FALSE);
	if (!m->own_pause) {
		fake_module_release_sends(m);
		fake_module_release_receives(m);
	}
	return fake_answer(&m->pause, "FilterPause", m, m->handle, pause_complete);
}

static void restart_complete(void *who, NDIS_STATUS status)
{
	struct fake_module *m = who;

	note("NdisFRestartComplete", m);
	set_running(m, status == NDIS_STATUS_SUCCESS);
	NdisFRestartComplete(m->handle, status);
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS params)
{
	struct fake_module *m = context;
	NDIS_STATUS status;

	m->miniport_mtu = 0;
	for (NDIS_RESTART_ATTRIBUTES *at = params->RestartAttributes; at != NULL; at = at->Next) {
		NDIS_RESTART_GENERAL_ATTRIBUTES *general =
			(NDIS_RESTART_GENERAL_ATTRIBUTES *)(PVOID)at->Data;

		if (at->Oid != OID_GEN_MINIPORT_RESTART_ATTRIBUTES)
			continue;
		m->miniport_mtu = general->MtuSize;
		if (m->restart_mtu != 0)
			general->MtuSize = m->restart_mtu;
	}
	status = fake_answer(&m->restart, "FilterRestart", m, m->handle, restart_complete);
	if (status == NDIS_STATUS_SUCCESS)
		set_running(m, TRUE);
	return status;
}

/* ---------------------------------------------------------------------- requests */

/* What a clone stands for, in its SourceReserved; NULL: a request of the module's own. */
#define ORIGINAL(request) (*(PNDIS_OID_REQUEST *)(PVOID)(request)->SourceReserved)

static void own_answer(void *who, NDIS_STATUS status)
{
	struct fake_module *m = who;

	InterlockedDecrement(&m->oids_inside);
	NdisFOidRequestComplete(m->handle, m->pending_oid, status);
}

static NDIS_STATUS pass_on(struct fake_module *m, PNDIS_OID_REQUEST request)
{
	PNDIS_OID_REQUEST clone;
	NDIS_STATUS status = NdisAllocateCloneOidRequest(m->handle, request, TAG, &clone);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	ORIGINAL(clone) = request;
	clone->RequestId = request->RequestId;
	status = NdisFOidRequest(m->handle, clone);
	if (status != NDIS_STATUS_PENDING) /* nobody will tell */
		NdisFreeCloneOidRequest(m->handle, clone);
	return status;
}

static NDIS_STATUS oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
	struct fake_module *m = context;
	NDIS_STATUS status;

	if (InterlockedIncrement(&m->oids_inside) != 1)
		m->oids_overlapped = TRUE;
	m->oids++;
	m->last_oid = request->DATA.QUERY_INFORMATION.Oid;
	if (m->own_oid != 0 && m->last_oid == m->own_oid) {
		m->pending_oid = request;
		status = fake_answer(&m->oid, "FilterOidRequest", m, m->handle, own_answer);
	} else {
		status = pass_on(m, request);
	}
	if (status != NDIS_STATUS_PENDING)
		InterlockedDecrement(&m->oids_inside);
	return status;
}

static VOID oid_request_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
	struct fake_module *m = context;
	PNDIS_OID_REQUEST original = ORIGINAL(request);

	InterlockedIncrement(&m->oid_answers);
	if (original == NULL) {
		m->own_oid_status = status;
		NdisSetEvent(&m->own_oid_done);
		return;
	}
	original->DATA = request->DATA;
	original->SupportedRevision = request->SupportedRevision;
	NdisFreeCloneOidRequest(m->handle, request);
	InterlockedDecrement(&m->oids_inside);
	NdisFOidRequestComplete(m->handle, original, status);
}

static VOID cancel_oid_request(NDIS_HANDLE context, PVOID id)
{
	struct fake_module *m = context;

	note("FilterCancelOidRequest", m);
	m->cancelled_oid = id;
	if (m->own_oid == 0)
		NdisFCancelOidRequest(m->handle, id);
	else
		fake_answer_later(&m->oid);
}

NDIS_STATUS fake_module_query(struct fake_module *m, NDIS_OID oid, void *buffer, ULONG length)
{
	NDIS_OID_REQUEST request;
	NDIS_STATUS status;

	NdisZeroMemory(&request, sizeof(request));
	request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
	request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	request.RequestType = NdisRequestQueryInformation;
	request.DATA.QUERY_INFORMATION.Oid = oid;
	request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
	request.DATA.QUERY_INFORMATION.InformationBufferLength = length;
	NdisResetEvent(&m->own_oid_done);
	status = NdisFOidRequest(m->handle, &request);
	if (status != NDIS_STATUS_PENDING)
		return status;
	NdisWaitEvent(&m->own_oid_done, 0);
	return m->own_oid_status;
}

/* ------------------------------------------------------------- status and events */

static VOID status_handler(NDIS_HANDLE context, PNDIS_STATUS_INDICATION status)
{
	struct fake_module *m = context;

	NdisAcquireSpinLock(&m->lock);
	m->statuses++;
	NdisReleaseSpinLock(&m->lock);
	if (!m->swallows_status)
		NdisFIndicateStatus(m->handle, status);
}

static FILTER_NET_PNP_EVENT net_pnp_event;

static NDIS_STATUS net_pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event)
{
	struct fake_module *m = context;

	note("FilterNetPnPEvent", m);
	m->events++;
	return m->swallows_events ? NDIS_STATUS_SUCCESS : NdisFNetPnPEvent(m->handle, event);
}

static VOID device_pnp_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
	struct fake_module *m = context;

	note("FilterDevicePnPEventNotify", m);
	NdisFDevicePnPEventNotify(m->handle, event);
}

/* ------------------------------------------------------------------ registration */

static NDIS_STATUS set_options(NDIS_HANDLE handle, NDIS_HANDLE driver_context)
{
	struct fake_filter *f = driver_context;

	UNREFERENCED_PARAMETER(handle);
	return f->set_options_status;
}

static VOID unload(PDRIVER_OBJECT object)
{
	struct fake_filter *f = fake_filter_image;

	UNREFERENCED_PARAMETER(object);
	note("FilterUnload", f);
	if (!f->forgets_to_deregister)
		NdisFDeregisterFilterDriver(f->handle);
}

static const NDIS_FILTER_DRIVER_CHARACTERISTICS handlers = {
	.Header = { NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS,
		    NDIS_FILTER_CHARACTERISTICS_REVISION_2,
		    NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2 },
	.MajorNdisVersion = 6,
	.MinorNdisVersion = 30,
	.SetOptionsHandler = set_options,
	.SetFilterModuleOptionsHandler = set_module_options,
	.AttachHandler = attach,
	.DetachHandler = detach,
	.RestartHandler = restart,
	.PauseHandler = pause,
	.SendNetBufferListsHandler = fake_module_sends,
	.SendNetBufferListsCompleteHandler = fake_module_send_complete,
	.CancelSendNetBufferListsHandler = fake_module_cancel_send,
	.ReceiveNetBufferListsHandler = fake_module_receive,
	.ReturnNetBufferListsHandler = fake_module_return,
	.OidRequestHandler = oid_request,
	.OidRequestCompleteHandler = oid_request_complete,
	.CancelOidRequestHandler = cancel_oid_request,
	.DevicePnPEventNotifyHandler = device_pnp_event,
	.NetPnPEventHandler = net_pnp_event,
	.StatusHandler = status_handler,
};

NTSTATUS fake_filter_entry(PDRIVER_OBJECT object, PUNICODE_STRING registry_path)
{
	struct fake_filter *f = fake_filter_image;
	NDIS_FILTER_DRIVER_CHARACTERISTICS chars = handlers;

	UNREFERENCED_PARAMETER(registry_path);
	object->DriverUnload = unload;
	chars.Flags = f->flags;
	RtlInitUnicodeString(&chars.FriendlyName, L"fake filter");
	RtlInitUnicodeString(&chars.UniqueName, L"{00000000-0000-0000-0000-000000000000}");
	RtlInitUnicodeString(&chars.ServiceName, L"fake");
	if (f->mutate != NULL)
		f->mutate(&chars);
	f->register_status = NdisFRegisterFilterDriver(object, f, &chars, &f->handle);
	if (f->register_status != NDIS_STATUS_SUCCESS)
		return f->register_status;
	if (f->entry_status != NDIS_STATUS_SUCCESS && !f->forgets_to_deregister)
		NdisFDeregisterFilterDriver(f->handle);
	return f->entry_status;
}
