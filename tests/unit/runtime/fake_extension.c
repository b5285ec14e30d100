/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake extension, written to the documents as any filter driver in a switch's stack.
 */
#include "fake_extension.h"

#define TAG 'tExF'
/* Of its own packets. */
#define DATA(nbl) ((nbl)->ProtocolReserved[0])      /* NULL: a clone */
#define INDICATED(nbl) ((nbl)->ProtocolReserved[1]) /* it has sent it up, not down */

struct fake_extension *fake_extension_image;

/* ------------------------------------------------------------------ its own packets */

NET_BUFFER_LIST *fake_extension_make(struct fake_extension *e, const void *frame, ULONG length)
{
	UCHAR *data = NdisAllocateMemoryWithTagPriority(e->handle, length, TAG, NormalPoolPriority);
	MDL *mdl = NdisAllocateMdl(e->handle, data, length);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferAndNetBufferList(e->pool, 0, 0, mdl, 0, length);

	NdisMoveMemory(data, frame, length);
	DATA(nbl) = data;
	INDICATED(nbl) = NULL;
	nbl->SourceHandle = e->handle;
	NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
	if (e->h.AllocateNetBufferListForwardingContext(e->context, nbl) != NDIS_STATUS_SUCCESS) {
		fake_extension_unmake(e, nbl);
		return NULL;
	}
	NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(nbl)->IsPacketDataSafe = TRUE;
	return nbl;
}

NET_BUFFER_LIST *fake_extension_clone(struct fake_extension *e, NET_BUFFER_LIST *original,
				      UINT32 flags)
{
	NET_BUFFER_LIST *nbl = NdisAllocateCloneNetBufferList(original, e->pool, NULL, 0);

	DATA(nbl) = NULL;
	INDICATED(nbl) = NULL;
	nbl->SourceHandle = e->handle;
	nbl->ParentNetBufferList = original;
	NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
	if (e->h.AllocateNetBufferListForwardingContext(e->context, nbl) != NDIS_STATUS_SUCCESS ||
	    e->h.CopyNetBufferListInfo(e->context, nbl, original, flags) != NDIS_STATUS_SUCCESS) {
		fake_extension_unmake(e, nbl);
		return NULL;
	}
	return nbl;
}

void fake_extension_unmake(struct fake_extension *e, NET_BUFFER_LIST *nbl)
{
	PVOID data = DATA(nbl);
	MDL *mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl));

	if (!e->no_context_free)
		e->h.FreeNetBufferListForwardingContext(e->context, nbl);
	if (data == NULL) {
		NdisFreeCloneNetBufferList(nbl, 0);
		return;
	}
	NdisFreeNetBufferList(nbl);
	NdisFreeMdl(mdl);
	NdisFreeMemory(data, 0, 0);
}

void fake_extension_send(struct fake_extension *e, NET_BUFFER_LIST *own, ULONG flags)
{
	InterlockedIncrement(&e->own_out);
	NdisFSendNetBufferLists(e->handle, own, NDIS_DEFAULT_PORT_NUMBER, flags);
}

void fake_extension_indicate(struct fake_extension *e, NET_BUFFER_LIST *own, ULONG flags)
{
	INDICATED(own) = own;
	InterlockedIncrement(&e->own_out);
	NdisFIndicateReceiveNetBufferLists(e->handle, own, NDIS_DEFAULT_PORT_NUMBER, 1, flags);
}

/* ------------------------------------------------------------------------ the data path */

struct chain {
	NET_BUFFER_LIST *head, **tail;
	ULONG n;
};

static void chain_init(struct chain *c)
{
	c->head = NULL;
	c->tail = &c->head;
	c->n = 0;
}

static void chain_add(struct chain *c, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
	*c->tail = nbl;
	c->tail = &NET_BUFFER_LIST_NEXT_NBL(nbl);
	c->n++;
}

static void keep(struct fake_extension *e, NET_BUFFER_LIST **list, NET_BUFFER_LIST *nbl)
{
	NdisAcquireSpinLock(&e->lock);
	while (*list != NULL)
		list = &NET_BUFFER_LIST_NEXT_NBL(*list);
	NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
	*list = nbl;
	NdisReleaseSpinLock(&e->lock);
}

static VOID sends(NDIS_HANDLE context, PNET_BUFFER_LIST list, NDIS_PORT_NUMBER port, ULONG flags)
{
	struct fake_extension *e = context;
	struct chain on, back;

	chain_init(&on);
	chain_init(&back);
	WriteULongNoFence(&e->send_seen, flags);
	while (list != NULL) {
		NET_BUFFER_LIST *nbl = list;
		enum extension_verdict verdict = EXTENSION_PASSES;

		list = NET_BUFFER_LIST_NEXT_NBL(nbl);
		InterlockedIncrement(&e->ingressed);
		if (e->ingress != NULL)
			verdict = e->ingress(e, nbl);
		if (verdict == EXTENSION_KEEPS)
			keep(e, &e->kept_sends, nbl);
		else
			chain_add(verdict == EXTENSION_PASSES ? &on : &back, nbl);
	}
	for (NET_BUFFER_LIST *nbl = back.head; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SUCCESS;
	if (back.head != NULL)
		NdisFSendNetBufferListsComplete(e->handle, back.head,
						NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE);
	if (on.head != NULL)
		NdisFSendNetBufferLists(e->handle, on.head, port, flags | e->send_flags);
}

/* Takes its own out of @list and frees them. */
static NET_BUFFER_LIST *others(struct fake_extension *e, NET_BUFFER_LIST *list, volatile LONG *own)
{
	struct chain on;

	chain_init(&on);
	while (list != NULL) {
		NET_BUFFER_LIST *nbl = list;

		list = NET_BUFFER_LIST_NEXT_NBL(nbl);
		if (nbl->NdisPoolHandle != e->pool) {
			chain_add(&on, nbl);
			continue;
		}
		if (e->on_complete != NULL)
			e->on_complete(e, nbl);
		fake_extension_unmake(e, nbl);
		InterlockedIncrement(own);
	}
	return on.head;
}

static VOID send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST list, ULONG flags)
{
	struct fake_extension *e = context;

	WriteULongNoFence(&e->complete_seen, flags);
	list = others(e, list, &e->own_completed);
	if (list != NULL)
		NdisFSendNetBufferListsComplete(e->handle, list, flags);
}

static VOID receives(NDIS_HANDLE context, PNET_BUFFER_LIST list, NDIS_PORT_NUMBER port, ULONG n,
		     ULONG flags)
{
	struct fake_extension *e = context;
	struct chain on, back;

	UNREFERENCED_PARAMETER(n);
	chain_init(&on);
	chain_init(&back);
	WriteULongNoFence(&e->receive_seen, flags);
	while (list != NULL) {
		NET_BUFFER_LIST *nbl = list;
		enum extension_verdict verdict = EXTENSION_PASSES;

		list = NET_BUFFER_LIST_NEXT_NBL(nbl);
		InterlockedIncrement(&e->egressed);
		if (e->egress != NULL)
			verdict = e->egress(e, nbl);
		if (verdict == EXTENSION_KEEPS)
			keep(e, &e->kept_receives, nbl);
		else
			chain_add(verdict == EXTENSION_PASSES ? &on : &back, nbl);
	}
	if (back.head != NULL)
		NdisFReturnNetBufferLists(e->handle, back.head,
					  NDIS_RETURN_FLAGS_SWITCH_SINGLE_SOURCE);
	if (on.head != NULL)
		NdisFIndicateReceiveNetBufferLists(e->handle, on.head, port, on.n, flags);
}

static VOID returns(NDIS_HANDLE context, PNET_BUFFER_LIST list, ULONG flags)
{
	struct fake_extension *e = context;
	struct chain own, on;

	WriteULongNoFence(&e->return_seen, flags);
	chain_init(&own);
	chain_init(&on);
	while (list != NULL) { /* what it sent itself ends below, as others' do */
		NET_BUFFER_LIST *nbl = list;

		list = NET_BUFFER_LIST_NEXT_NBL(nbl);
		chain_add(nbl->NdisPoolHandle == e->pool && INDICATED(nbl) != NULL ? &own : &on,
			  nbl);
	}
	if (on.head != NULL)
		NdisFReturnNetBufferLists(e->handle, on.head, flags);
	others(e, own.head, &e->own_returned);
}

void fake_extension_release(struct fake_extension *e)
{
	NET_BUFFER_LIST *down, *up;
	ULONG n = 0;

	NdisAcquireSpinLock(&e->lock);
	down = e->kept_sends;
	up = e->kept_receives;
	e->kept_sends = e->kept_receives = NULL;
	NdisReleaseSpinLock(&e->lock);
	for (NET_BUFFER_LIST *nbl = up; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		n++;
	if (down != NULL)
		NdisFSendNetBufferLists(e->handle, down, NDIS_DEFAULT_PORT_NUMBER, 0);
	if (up != NULL)
		NdisFIndicateReceiveNetBufferLists(e->handle, up, NDIS_DEFAULT_PORT_NUMBER, n, 0);
}

/* ---------------------------------------------------------------------------- requests */

/* What a clone stands for, in its SourceReserved; NULL: a request of its own. */
#define ORIGINAL(request) (*(PNDIS_OID_REQUEST *)(PVOID)(request)->SourceReserved)

static void note_set(struct fake_extension *e, const NDIS_OID_REQUEST *r)
{
	const VOID *buffer = r->DATA.SET_INFORMATION.InformationBuffer;
	ULONG length = r->DATA.SET_INFORMATION.InformationBufferLength;

	if (e->n_oids == EXTENSION_OIDS)
		return;
	e->oids[e->n_oids] = r->DATA.SET_INFORMATION.Oid;
	e->states[e->n_oids] = 0;
	if (length == sizeof(NDIS_SWITCH_PORT_PARAMETERS))
		e->states[e->n_oids] = ((const NDIS_SWITCH_PORT_PARAMETERS *)buffer)->PortState;
	else if (length == sizeof(NDIS_SWITCH_NIC_PARAMETERS))
		e->states[e->n_oids] = ((const NDIS_SWITCH_NIC_PARAMETERS *)buffer)->NicState;
	e->answers[e->n_oids++] = NDIS_STATUS_PENDING;
}

/* Of the last set request that there was. */
static void note_answer(struct fake_extension *e, const NDIS_OID_REQUEST *r, NDIS_STATUS status)
{
	if (r->RequestType == NdisRequestSetInformation && e->n_oids != 0)
		e->answers[e->n_oids - 1] = status;
}

static NDIS_STATUS pass_on(struct fake_extension *e, PNDIS_OID_REQUEST request)
{
	PNDIS_OID_REQUEST clone;
	NDIS_STATUS status = NdisAllocateCloneOidRequest(e->handle, request, TAG, &clone);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	ORIGINAL(clone) = request;
	clone->RequestId = request->RequestId;
	status = NdisFOidRequest(e->handle, clone);
	if (status != NDIS_STATUS_PENDING) {
		note_answer(e, request, status);
		NdisFreeCloneOidRequest(e->handle, clone);
	}
	return status;
}

static NDIS_STATUS oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
	struct fake_extension *e = context;
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;

	if (request->RequestType == NdisRequestSetInformation) {
		note_set(e, request);
		if (e->set != NULL)
			status = e->set(e, request->DATA.SET_INFORMATION.Oid,
					request->DATA.SET_INFORMATION.InformationBuffer);
	}
	if (status == NDIS_STATUS_PENDING) {
		e->kept_oid = request;
		NdisSetEvent(&e->oid_kept);
	}
	return status == NDIS_STATUS_SUCCESS ? pass_on(e, request) : status;
}

static VOID oid_request_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
	struct fake_extension *e = context;
	PNDIS_OID_REQUEST original = ORIGINAL(request);

	if (original == NULL) {
		e->own_oid_status = status;
		NdisSetEvent(&e->own_oid_done);
		return;
	}
	original->DATA = request->DATA;
	note_answer(e, original, status);
	NdisFreeCloneOidRequest(e->handle, request);
	NdisFOidRequestComplete(e->handle, original, status);
}

void fake_extension_pass_kept(struct fake_extension *e)
{
	PNDIS_OID_REQUEST request = e->kept_oid;
	NDIS_STATUS status;

	e->kept_oid = NULL;
	status = pass_on(e, request);
	if (status != NDIS_STATUS_PENDING)
		NdisFOidRequestComplete(e->handle, request, status);
}

static VOID cancel_oid_request(NDIS_HANDLE context, PVOID id)
{
	struct fake_extension *e = context;

	NdisFCancelOidRequest(e->handle, id);
}

NDIS_STATUS fake_extension_query(struct fake_extension *e, NDIS_OID oid, void *buffer, ULONG length,
				 NDIS_OID_REQUEST *request)
{
	NDIS_STATUS status;

	NdisZeroMemory(request, sizeof(*request));
	request->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	request->Header.Revision = NDIS_OID_REQUEST_REVISION_1;
	request->Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	request->RequestType = NdisRequestQueryInformation;
	request->DATA.QUERY_INFORMATION.Oid = oid;
	request->DATA.QUERY_INFORMATION.InformationBuffer = buffer;
	request->DATA.QUERY_INFORMATION.InformationBufferLength = length;
	NdisResetEvent(&e->own_oid_done);
	status = NdisFOidRequest(e->handle, request);
	if (status != NDIS_STATUS_PENDING)
		return status;
	NdisWaitEvent(&e->own_oid_done, 0);
	return e->own_oid_status;
}

/* ---------------------------------------------------------------------------- its life */

static NDIS_STATUS make_pool(struct fake_extension *e)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters;

	NdisZeroMemory(&parameters, sizeof(parameters));
	parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	parameters.fAllocateNetBuffer = TRUE;
	parameters.PoolTag = TAG;
	e->pool = NdisAllocateNetBufferListPool(e->handle, &parameters);
	return e->pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static void get_handlers(struct fake_extension *e)
{
	NdisZeroMemory(&e->h, sizeof(e->h));
	e->h.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	e->h.Header.Revision = NDIS_SWITCH_OPTIONAL_HANDLERS_REVISION_1;
	e->h.Header.Size = NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1;
	if (e->header != NULL)
		e->header(&e->h.Header);
	e->get_status = NdisFGetOptionalSwitchHandlers(e->handle, &e->context, &e->h);
}

static NDIS_STATUS attach(NDIS_HANDLE handle, NDIS_HANDLE driver_context,
			  PNDIS_FILTER_ATTACH_PARAMETERS params)
{
	struct fake_extension *e = driver_context;
	NDIS_FILTER_ATTRIBUTES attributes;

	UNREFERENCED_PARAMETER(params);
	e->handle = handle;
	NdisAllocateSpinLock(&e->lock);
	NdisInitializeEvent(&e->oid_kept);
	NdisInitializeEvent(&e->own_oid_done);
	get_handlers(e);
	if (make_pool(e) != NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(&attributes, sizeof(attributes));
	attributes.Header.Type = NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES;
	attributes.Header.Revision = NDIS_FILTER_ATTRIBUTES_REVISION_1;
	attributes.Header.Size = NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1;
	return NdisFSetAttributes(handle, e, &attributes);
}

static VOID detach(NDIS_HANDLE context)
{
	struct fake_extension *e = context;

	NdisFreeNetBufferListPool(e->pool);
	NdisFreeSpinLock(&e->lock);
	e->handle = NULL;
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS params)
{
	UNREFERENCED_PARAMETER(context);
	UNREFERENCED_PARAMETER(params);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS params)
{
	UNREFERENCED_PARAMETER(context);
	UNREFERENCED_PARAMETER(params);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS net_pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event)
{
	struct fake_extension *e = context;

	if (event->NetPnPEvent.NetEvent == NetEventSwitchActivate)
		InterlockedIncrement(&e->activations);
	return NdisFNetPnPEvent(e->handle, event);
}

static VOID device_pnp_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
	struct fake_extension *e = context;

	NdisFDevicePnPEventNotify(e->handle, event);
}

static VOID status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
	struct fake_extension *e = context;

	NdisFIndicateStatus(e->handle, indication);
}

static VOID cancel_send(NDIS_HANDLE context, PVOID id)
{
	struct fake_extension *e = context;

	NdisFCancelSendNetBufferLists(e->handle, id);
}

static VOID unload(PDRIVER_OBJECT object)
{
	UNREFERENCED_PARAMETER(object);
	NdisFDeregisterFilterDriver(fake_extension_image->driver);
}

NTSTATUS fake_extension_entry(PDRIVER_OBJECT object, PUNICODE_STRING registry_path)
{
	struct fake_extension *e = fake_extension_image;
	NDIS_FILTER_DRIVER_CHARACTERISTICS c;

	UNREFERENCED_PARAMETER(registry_path);
	object->DriverUnload = unload;
	NdisZeroMemory(&c, sizeof(c));
	c.Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
	c.Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
	c.Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
	c.MajorNdisVersion = 6;
	c.MinorNdisVersion = 30;
	RtlInitUnicodeString(&c.FriendlyName, L"fake extension");
	RtlInitUnicodeString(&c.UniqueName, L"{00000000-0000-0000-0000-000000000001}");
	RtlInitUnicodeString(&c.ServiceName, L"fakeext");
	c.AttachHandler = attach;
	c.DetachHandler = detach;
	c.RestartHandler = restart;
	c.PauseHandler = pause;
	c.SendNetBufferListsHandler = sends;
	c.SendNetBufferListsCompleteHandler = send_complete;
	c.ReceiveNetBufferListsHandler = receives;
	c.ReturnNetBufferListsHandler = returns;
	c.OidRequestHandler = oid_request;
	c.OidRequestCompleteHandler = oid_request_complete;
	c.CancelOidRequestHandler = cancel_oid_request;
	c.NetPnPEventHandler = net_pnp_event;
	c.DevicePnPEventNotifyHandler = device_pnp_event;
	c.StatusHandler = status;
	c.CancelSendNetBufferListsHandler = cancel_send;
	return NdisFRegisterFilterDriver(object, e, &c, &e->driver);
}
