/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forwarder as NDIS sees it: DriverEntry, registration, bindings, plug and
 * play events, status. Everything here is PASSIVE_LEVEL on control threads but
 * status indications and OID completions; the data path is in forward.c.
 */
#include "forward.h"
#include "request.h"
#include "rss.h"
#include "service.h"

static PROTOCOL_BIND_ADAPTER_EX BindAdapter;
static PROTOCOL_UNBIND_ADAPTER_EX UnbindAdapter;
static PROTOCOL_OPEN_ADAPTER_COMPLETE_EX OpenAdapterComplete;
static PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX CloseAdapterComplete;
static PROTOCOL_NET_PNP_EVENT NetPnPEvent;
static PROTOCOL_STATUS_EX StatusEx;
static DRIVER_UNLOAD Unload;

NDIS_HANDLE protocol;

static void set_link_speed(struct port *port, ULONG64 bps)
{
	WriteULong64NoFence(&port->link_bps, bps != NDIS_LINK_SPEED_UNKNOWN ? bps : 0);
}

static VOID OpenAdapterComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status)
{
	struct port *port = ProtocolBindingContext;

	port->open_status = Status;
	NdisSetEvent(&port->opened);
}

static VOID CloseAdapterComplete(NDIS_HANDLE ProtocolBindingContext)
{
	struct port *port = ProtocolBindingContext;

	NdisSetEvent(&port->closed);
}

static NDIS_STATUS open_adapter(struct port *port, NDIS_HANDLE bind_context, NDIS_STRING *name)
{
	NDIS_MEDIUM media[] = { NdisMedium802_3 };
	UINT selected;
	NDIS_OPEN_PARAMETERS open = {
		.Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
		.AdapterName = name,
		.MediumArray = media,
		.MediumArraySize = 1,
		.SelectedMediumIndex = &selected,
	};
	NDIS_STATUS status;

	NdisResetEvent(&port->opened);
	status = NdisOpenAdapterEx(protocol, port, &open, bind_context, &port->binding);
	if (status == NDIS_STATUS_PENDING) {
		NdisWaitEvent(&port->opened, 0);
		status = port->open_status;
	}
	port->bound = status == NDIS_STATUS_SUCCESS;
	return status;
}

static void close_adapter(struct port *port)
{
	request_last(port); /* the handle dies with the call (PR-UNB-03) */
	NdisResetEvent(&port->closed);
	if (NdisCloseAdapterEx(port->binding) == NDIS_STATUS_PENDING)
		NdisWaitEvent(&port->closed, 0);
}

static WCHAR lower(WCHAR c)
{
	return c >= 'A' && c <= 'Z' ? (WCHAR)(c + 'a' - 'A') : c;
}

static BOOLEAN is_called(const NDIS_STRING *name, const char *text)
{
	ULONG chars = name->Length / sizeof(WCHAR), i = 0;

	while (i < chars && text[i] != '\0' &&
	       lower(name->Buffer[i]) == lower((WCHAR)(UCHAR)text[i]))
		i++;
	return i == chars && text[i] == '\0';
}

/* The port that has an adapter of that @name, if it is used, or that the decimal number at its
 * end says. */
static struct port *port_named(const NDIS_STRING *name)
{
	ULONG chars = name->Length / sizeof(WCHAR), first = chars, n = 0;

	while (first > 0 && name->Buffer[first - 1] >= '0' && name->Buffer[first - 1] <= '9')
		first--;
	for (ULONG i = 0; i < FWD_MAX_PORTS; i++)
		if (settings.port[i].used && settings.port[i].adapter[0] != '\0' &&
		    is_called(name, settings.port[i].adapter))
			return &ports[i];
	if (first == chars)
		return NULL;
	for (; first < chars && n < FWD_MAX_PORTS; first++)
		n = n * 10 + (ULONG)(name->Buffer[first] - '0');
	if (n == FWD_MAX_PORTS || !settings.port[n].used || settings.port[n].adapter[0] != '\0')
		return NULL;
	return &ports[n];
}

static void forget(struct port *port)
{
	NDIS_WAIT_FOR_MUTEX(&control);
	port_free(port);
	NDIS_RELEASE_MUTEX(&control);
}

static NDIS_STATUS BindAdapter(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
			       PNDIS_BIND_PARAMETERS BindParameters)
{
	struct port *port = port_named(BindParameters->AdapterName);
	NDIS_STATUS status;

	(void)ProtocolDriverContext;
	if (port == NULL || port->lanes != NULL)
		return NDIS_STATUS_NOT_ACCEPTED;
	NdisMoveMemory(port->mac, BindParameters->CurrentMacAddress, sizeof(port->mac));
	WriteNoFence(&port->link_up,
		     BindParameters->MediaConnectState == MediaConnectStateConnected);
	set_link_speed(port, BindParameters->XmitLinkSpeed);
	WriteNoFence(&port->resetting, FALSE);
	/* First, since indications may come as soon as it is open (PR-RCV-04). */
	NDIS_WAIT_FOR_MUTEX(&control);
	status = port_allocate(port);
	NDIS_RELEASE_MUTEX(&control);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	status = open_adapter(port, BindContext, BindParameters->AdapterName);
	if (status == NDIS_STATUS_SUCCESS) {
		status = rss_set(port, BindParameters->RcvScaleCapabilities);
		port->unscalable = status != NDIS_STATUS_SUCCESS;
		if (port->unscalable)
			close_adapter(port);
	}
	if (status != NDIS_STATUS_SUCCESS)
		forget(port);
	return status;
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext)
{
	struct port *port = ProtocolBindingContext;

	(void)UnbindContext;
	request_receive(port, FALSE); /* PR-UNB-02; a device that is gone may refuse */
	rss_clear(port);
	close_adapter(port);
	forget(port);
	return NDIS_STATUS_SUCCESS;
}

static void restart(struct port *port)
{
	NDIS_WAIT_FOR_MUTEX(&control);
	/* Both are closed, whatever sends on this port is home. */
	forward_prepare(port);
	for (ULONG i = 0; i < FWD_MAX_PORTS; i++)
		if (&ports[i] != port && ports[i].peer == port && ports[i].lanes != NULL)
			forward_prepare(&ports[i]);
	WriteNoFence(&port->running, !ReadAcquire(&held));
	ports_reopen();
	NDIS_RELEASE_MUTEX(&control);
}

/* No frames are asked for while they could not be sent on; those that are on
 * their way come back at once. */
static void pause(struct port *port, PNET_PNP_EVENT_NOTIFICATION event)
{
	NDIS_WAIT_FOR_MUTEX(&control);
	WriteNoFence(&port->running, FALSE);
	ports_reopen();
	NDIS_RELEASE_MUTEX(&control);
	request_receive(port, FALSE);
	NDIS_WAIT_FOR_MUTEX(&control);
	service_drain(port, event);
	NDIS_RELEASE_MUTEX(&control);
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE ProtocolBindingContext,
			       PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
	switch (NetPnPEventNotification->NetPnPEvent.NetEvent) {
	case NetEventPause:
		pause(ProtocolBindingContext, NetPnPEventNotification);
		return NDIS_STATUS_PENDING;
	case NetEventRestart:
		restart(ProtocolBindingContext);
		return NDIS_STATUS_SUCCESS;
	default: /* nothing to do, and never NOT_SUPPORTED (PR-PNP-01) */
		return NDIS_STATUS_SUCCESS;
	}
}

static VOID StatusEx(NDIS_HANDLE ProtocolBindingContext, PNDIS_STATUS_INDICATION StatusIndication)
{
	struct port *port = ProtocolBindingContext;
	const NDIS_LINK_STATE *link = StatusIndication->StatusBuffer;

	switch (StatusIndication->StatusCode) {
	case NDIS_STATUS_LINK_STATE:
		if (StatusIndication->StatusBufferSize < NDIS_SIZEOF_LINK_STATE_REVISION_1)
			return;
		set_link_speed(port, link->XmitLinkSpeed);
		WriteNoFence(&port->link_up, link->MediaConnectState == MediaConnectStateConnected);
		return;
	case NDIS_STATUS_RESET_START: /* sends are held back until RESET_END (PR-RST-01) */
	case NDIS_STATUS_RESET_END:
		WriteNoFence(&port->resetting,
			     StatusIndication->StatusCode == NDIS_STATUS_RESET_START);
		ports_reopen();
		return;
	default:
		return;
	}
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
	(void)DriverObject;
	NdisDeregisterProtocolDriver(protocol);
	service_stop(); /* last: the unbinds above needed it */
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS driver = {
		.Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
			    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
			    NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 },
		.MajorNdisVersion = NDIS_PROTOCOL_MAJOR_VERSION,
		.MinorNdisVersion = NDIS_PROTOCOL_MINOR_VERSION,
		.MajorDriverVersion = 1,
		.Name = NDIS_STRING_CONST("POLLPORT-FWD"),
		.BindAdapterHandlerEx = BindAdapter,
		.UnbindAdapterHandlerEx = UnbindAdapter,
		.OpenAdapterCompleteHandlerEx = OpenAdapterComplete,
		.CloseAdapterCompleteHandlerEx = CloseAdapterComplete,
		.NetPnPEventHandler = NetPnPEvent,
		.OidRequestCompleteHandler = RequestComplete,
		.StatusHandlerEx = StatusEx,
		.ReceiveNetBufferListsHandler = ForwardReceiveNetBufferLists,
		.SendNetBufferListsCompleteHandler = ForwardSendNetBufferListsComplete,
	};
	NDIS_STATUS status;

	(void)RegistryPath;
	ports_init();
	requests_init();
	status = service_start();
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	DriverObject->DriverUnload = Unload;
	/* Ready for any callback from here on (PR-REG-01). */
	status = NdisRegisterProtocolDriver(NULL, &driver, &protocol);
	if (status != NDIS_STATUS_SUCCESS)
		service_stop();
	return status;
}
