/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The test protocol's life: registration, bindings, PnP events, OID requests.
 * PASSIVE_LEVEL. Its data path is in protodata.c.
 */
#include "protocol.h"

#include "protodata.h"

static NDIS_HANDLE protocol, nbl_pool, nb_pool;
static struct proto_port *ports[PROTO_PORTS], *closed;

struct proto_port *proto_port(ULONG index)
{
	for (ULONG i = 0; i < PROTO_PORTS; i++)
		if (ports[i] != NULL && ports[i]->index == index)
			return ports[i];
	return NULL;
}

NDIS_HANDLE proto_nbl_pool(void)
{
	return nbl_pool;
}

NDIS_HANDLE proto_nb_pool(void)
{
	return nb_pool;
}

/* ----------------------------------------------------------------- binding */

/* The number behind "port" in the adapter's name. */
static ULONG index_of(const NDIS_STRING *name)
{
	ULONG index = 0;

	for (USHORT i = 4; i < name->Length / sizeof(WCHAR); i++)
		index = index * 10 + (ULONG)(name->Buffer[i] - '0');
	return index;
}

static struct proto_port *port_new(const NDIS_BIND_PARAMETERS *p)
{
	struct proto_port *port = NdisAllocateMemoryWithTagPriority(
		protocol, sizeof(*port), PROTO_TAG, NormalPoolPriority);

	if (port == NULL)
		return NULL;
	NdisZeroMemory(port, sizeof(*port));
	NdisAllocateSpinLock(&port->lock);
	port->index = index_of(p->AdapterName);
	port->mtu = p->MtuSize;
	port->lookahead = p->LookaheadSize;
	NdisMoveMemory(port->mac, p->CurrentMacAddress, 6);
	port->receive = proto_log;
	port->frames_end = &port->frames;
	port->held_end = &port->held;
	return port;
}

static void free_frames(struct proto_port *port)
{
	struct proto_frame *frame;

	while ((frame = proto_take_frame(port)) != NULL)
		proto_free_frame(frame);
}

static void port_free(struct proto_port *port)
{
	NdisFreeSpinLock(&port->lock);
	NdisFreeMemoryWithTagPriority(protocol, port, PROTO_TAG);
}

static PROTOCOL_BIND_ADAPTER_EX bind_adapter;

static NDIS_STATUS bind_adapter(NDIS_HANDLE driver_context, NDIS_HANDLE bind_context,
				PNDIS_BIND_PARAMETERS params)
{
	struct proto_port *port = port_new(params);
	NDIS_MEDIUM medium = NdisMedium802_3;
	UINT selected;
	NDIS_OPEN_PARAMETERS open = {
		.Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
		.AdapterName = params->AdapterName,
		.MediumArray = &medium,
		.MediumArraySize = 1,
		.SelectedMediumIndex = &selected,
	};
	NDIS_STATUS status;

	UNREFERENCED_PARAMETER(driver_context);
	if (port == NULL)
		return NDIS_STATUS_RESOURCES;
	status = NdisOpenAdapterEx(protocol, port, &open, bind_context, &port->binding);
	if (status != NDIS_STATUS_SUCCESS) {
		port_free(port);
		return status;
	}
	for (ULONG i = 0; i < PROTO_PORTS; i++) {
		if (ports[i] == NULL) {
			ports[i] = port;
			break;
		}
	}
	return NDIS_STATUS_SUCCESS;
}

static PROTOCOL_UNBIND_ADAPTER_EX unbind_adapter;

static NDIS_STATUS unbind_adapter(NDIS_HANDLE unbind_context, NDIS_HANDLE context)
{
	struct proto_port *port = context;

	UNREFERENCED_PARAMETER(unbind_context);
	NdisCloseAdapterEx(port->binding);
	for (ULONG i = 0; i < PROTO_PORTS; i++)
		if (ports[i] == port)
			ports[i] = NULL;
	free_frames(port);
	port->next_closed = closed;
	closed = port;
	return NDIS_STATUS_SUCCESS;
}

/* Neither ever comes: the runtime opens and closes without delay. */
static PROTOCOL_OPEN_ADAPTER_COMPLETE_EX open_complete;
static PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX close_complete;

static VOID open_complete(NDIS_HANDLE context, NDIS_STATUS status)
{
	UNREFERENCED_PARAMETER(context);
	UNREFERENCED_PARAMETER(status);
}

static VOID close_complete(NDIS_HANDLE context)
{
	UNREFERENCED_PARAMETER(context);
}

/* -------------------------------------------------------------- PnP, status */

static void give_back_held(struct proto_port *port)
{
	NET_BUFFER_LIST *held = proto_take_held(port, ~0u);

	if (held != NULL)
		proto_return(port, held);
}

static NDIS_STATUS pause(struct proto_port *port, NET_PNP_EVENT_NOTIFICATION *event)
{
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;

	NdisAcquireSpinLock(&port->lock);
	port->running = FALSE;
	NdisReleaseSpinLock(&port->lock);
	if (!port->keep_on_pause)
		give_back_held(port);
	if (port->pause_mode == PROTO_DONT_WAIT)
		return NDIS_STATUS_SUCCESS;
	if (port->pause_mode == PROTO_CANCEL)
		NdisCancelSendNetBufferLists(port->binding, port->cancel_id);
	NdisAcquireSpinLock(&port->lock);
	if (port->sends != 0) {
		port->pausing = event;
		status = NDIS_STATUS_PENDING;
	}
	NdisReleaseSpinLock(&port->lock);
	return status;
}

static PROTOCOL_NET_PNP_EVENT net_pnp_event;

static NDIS_STATUS net_pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event)
{
	struct proto_port *port = context;

	switch (event->NetPnPEvent.NetEvent) {
	case NetEventPause:
		return pause(port, event);
	case NetEventRestart:
		NdisAcquireSpinLock(&port->lock);
		port->running = TRUE;
		NdisReleaseSpinLock(&port->lock);
		return NDIS_STATUS_SUCCESS;
	default:
		return NDIS_STATUS_SUCCESS;
	}
}

static void note_link(struct proto_port *port, const NDIS_LINK_STATE *link)
{
	if (link->MediaConnectState == MediaConnectStateConnected)
		InterlockedIncrement(&port->link_ups);
	InterlockedIncrement(&port->link_changes);
}

static PROTOCOL_STATUS_EX status_indication;

static VOID status_indication(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
	struct proto_port *port = context;

	if (indication->StatusCode == NDIS_STATUS_LINK_STATE)
		note_link(port, indication->StatusBuffer);
	else if (indication->StatusCode == NDIS_STATUS_RESET_START)
		InterlockedIncrement(&port->reset_starts);
	else if (indication->StatusCode == NDIS_STATUS_RESET_END)
		InterlockedIncrement(&port->reset_ends);
}

/* --------------------------------------------------------------------- OID */

struct request {
	NDIS_OID_REQUEST oid;
	NDIS_EVENT done;
	NDIS_STATUS status;
};

static PROTOCOL_OID_REQUEST_COMPLETE oid_complete;

static VOID oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST oid, NDIS_STATUS status)
{
	struct request *r = CONTAINING_RECORD(oid, struct request, oid);

	UNREFERENCED_PARAMETER(context);
	r->status = status;
	NdisSetEvent(&r->done);
}

static NDIS_STATUS run(struct proto_port *port, struct request *r)
{
	NDIS_STATUS status;

	r->oid.Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_OID_REQUEST,
					      NDIS_OID_REQUEST_REVISION_1,
					      NDIS_SIZEOF_OID_REQUEST_REVISION_1 };
	NdisInitializeEvent(&r->done);
	status = NdisOidRequest(port->binding, &r->oid);
	if (status != NDIS_STATUS_PENDING)
		return status;
	NdisWaitEvent(&r->done, 0); /* oid_complete may have come before PENDING */
	return r->status;
}

NDIS_STATUS proto_ask(struct proto_port *port, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer,
		      ULONG length, struct proto_answer *answer)
{
	struct request r = { .oid.RequestType = type };
	NDIS_STATUS status;

	r.oid.DATA.QUERY_INFORMATION.Oid = oid; /* a set has its members in the same places */
	r.oid.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
	r.oid.DATA.QUERY_INFORMATION.InformationBufferLength = length;
	status = run(port, &r);
	if (answer != NULL)
		*answer = (struct proto_answer){
			.written = r.oid.DATA.QUERY_INFORMATION.BytesWritten,
			.read = r.oid.DATA.SET_INFORMATION.BytesRead,
			.needed = r.oid.DATA.QUERY_INFORMATION.BytesNeeded,
			.revision = r.oid.SupportedRevision,
		};
	return status;
}

NDIS_STATUS proto_set(struct proto_port *port, NDIS_OID oid, const void *from, ULONG size)
{
	return proto_ask(port, NdisRequestSetInformation, oid, (void *)(ULONG_PTR)from, size, NULL);
}

NDIS_STATUS proto_set_filter(struct proto_port *port, ULONG packet_types)
{
	return proto_set(port, OID_GEN_CURRENT_PACKET_FILTER, &packet_types, sizeof(packet_types));
}

NDIS_STATUS proto_set_multicast(struct proto_port *port, const UCHAR (*list)[6], ULONG count)
{
	return proto_set(port, OID_802_3_MULTICAST_LIST, list, count * 6);
}

NDIS_STATUS proto_query(struct proto_port *port, NDIS_OID oid, void *to, ULONG size)
{
	return proto_ask(port, NdisRequestQueryInformation, oid, to, size, NULL);
}

/* ------------------------------------------------------------ registration */

static NDIS_STATUS make_pools(void)
{
	NET_BUFFER_LIST_POOL_PARAMETERS nbl = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.fAllocateNetBuffer = TRUE,
		.PoolTag = PROTO_TAG,
	};
	NET_BUFFER_POOL_PARAMETERS nb = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
		.PoolTag = PROTO_TAG,
	};

	nbl_pool = NdisAllocateNetBufferListPool(NULL, &nbl);
	nb_pool = NdisAllocateNetBufferPool(NULL, &nb);
	return nbl_pool != NULL && nb_pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static DRIVER_UNLOAD unload;

static VOID unload(PDRIVER_OBJECT driver)
{
	UNREFERENCED_PARAMETER(driver);
	while (closed != NULL) {
		struct proto_port *port = closed;

		closed = port->next_closed;
		port_free(port);
	}
	NdisDeregisterProtocolDriver(protocol);
	NdisFreeNetBufferListPool(nbl_pool);
	NdisFreeNetBufferPool(nb_pool);
}

NTSTATUS proto_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars = {
		.Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
			    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
			    NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 },
		.MajorNdisVersion = 6,
		.MinorNdisVersion = 30,
		.BindAdapterHandlerEx = bind_adapter,
		.UnbindAdapterHandlerEx = unbind_adapter,
		.OpenAdapterCompleteHandlerEx = open_complete,
		.CloseAdapterCompleteHandlerEx = close_complete,
		.NetPnPEventHandler = net_pnp_event,
		.OidRequestCompleteHandler = oid_complete,
		.StatusHandlerEx = status_indication,
		.ReceiveNetBufferListsHandler = proto_received,
		.SendNetBufferListsCompleteHandler = proto_sent,
	};

	UNREFERENCED_PARAMETER(registry_path);
	if (make_pools() != NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_RESOURCES;
	driver->DriverUnload = unload;
	return NdisRegisterProtocolDriver(NULL, &chars, &protocol);
}
