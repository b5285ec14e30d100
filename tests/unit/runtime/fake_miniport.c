/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake miniport's control half: registration, attributes, pause, restart,
 * reset, halt, OID requests. Written to the documents, as any driver.
 */
#include "fake_miniport.h"

#include "events.h"

struct fake_miniport *fake_miniport_image;

const UCHAR fake_mac[6] = { 0x02, 0x00, 0x00, 0x00, 0x00, 0x01 };

static void note(const char *name, const void *who)
{
	event_note(name, who, KeGetCurrentIrql());
}

/* -------------------------------------------------------------- attributes */

static NDIS_STATUS set_registration(struct fake_adapter *a)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
	NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES *r = &attributes.RegistrationAttributes;

	NdisZeroMemory(&attributes, sizeof(attributes));
	r->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
	r->Header.Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	r->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	r->CheckForHangTimeInSeconds = a->hang_seconds;
	r->MiniportAdapterContext = a;
	r->AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE | a->attribute_flags;
	r->InterfaceType = NdisInterfacePci;
	return NdisMSetMiniportAttributes(a->handle, &attributes);
}

static NDIS_STATUS set_general(struct fake_adapter *a)
{
	static NDIS_OID oids[] = { OID_GEN_CURRENT_PACKET_FILTER, OID_802_3_MULTICAST_LIST,
				   OID_GEN_XMIT_OK, OID_GEN_STATISTICS };
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &attributes.GeneralAttributes;

	NdisZeroMemory(&attributes, sizeof(attributes));
	g->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
	g->Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
	g->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
	g->MediaType = NdisMedium802_3;
	g->PhysicalMediumType = NdisPhysicalMedium802_3;
	g->MtuSize = 1500;
	g->MaxXmitLinkSpeed = g->XmitLinkSpeed = 10000000000ULL;
	g->MaxRcvLinkSpeed = g->RcvLinkSpeed = 10000000000ULL;
	g->MediaConnectState = MediaConnectStateConnected;
	g->MediaDuplexState = MediaDuplexStateFull;
	g->LookaheadSize = 1514;
	g->MacOptions = NDIS_MAC_OPTION_NO_LOOPBACK;
	g->SupportedPacketFilters = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
				    NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
				    NDIS_PACKET_TYPE_PROMISCUOUS;
	g->MaxMulticastListSize = 4;
	g->MacAddressLength = sizeof(fake_mac);
	NdisMoveMemory(g->PermanentMacAddress, fake_mac, sizeof(fake_mac));
	NdisMoveMemory(g->CurrentMacAddress, fake_mac, sizeof(fake_mac));
	g->AccessType = NET_IF_ACCESS_BROADCAST;
	g->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
	g->ConnectionType = NET_IF_CONNECTION_DEDICATED;
	g->IfType = IF_TYPE_ETHERNET_CSMACD;
	g->IfConnectorPresent = TRUE;
	if (a->pm_aware) {
		NdisZeroMemory(&a->pnp_capabilities, sizeof(a->pnp_capabilities));
		a->pnp_capabilities.WakeUpCapabilities.MinMagicPacketWakeUp =
			a->can_wake ? NdisDeviceStateD3 : NdisDeviceStateUnspecified;
		g->PowerManagementCapabilities = &a->pnp_capabilities;
	}
	g->SupportedOidList = oids;
	g->SupportedOidListLength = sizeof(oids);
	if (a->mutate_general != NULL)
		a->mutate_general(g);
	return NdisMSetMiniportAttributes(a->handle, &attributes);
}

static NDIS_STATUS register_poll(struct fake_adapter *a)
{
	NDIS_POLL_CHARACTERISTICS chars;

	NdisZeroMemory(&chars, sizeof(chars));
	chars.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	chars.Header.Revision = NDIS_POLL_CHARACTERISTICS_REVISION_1;
	chars.Header.Size = NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1;
	chars.PollHandler = fake_adapter_poll;
	chars.SetPollNotificationHandler = fake_adapter_notify;
	a->armed = TRUE;
	a->poll_status = NdisRegisterPoll(a->handle, a, &chars, &a->poll);
	if (a->poll_status != NDIS_STATUS_SUCCESS)
		a->poll = NULL;
	return a->poll_status;
}

/* ---------------------------------------------------------- life of an adapter */

static NDIS_STATUS initialize_step(struct fake_adapter *a, ULONG step)
{
	switch (step) {
	case 1:
		if (a->general_first)
			return set_general(a);
		return a->no_registration ? NDIS_STATUS_SUCCESS : set_registration(a);
	case 2:
		if (a->general_first)
			return set_registration(a);
		return a->no_general ? NDIS_STATUS_SUCCESS : set_general(a);
	case 3:
		return fake_adapter_make_buffers(a);
	case 4:
		return a->poll_mode ? register_poll(a) : NDIS_STATUS_SUCCESS;
	case 5:
		if (a->on_initialized != NULL)
			a->on_initialized(a);
		return NDIS_STATUS_SUCCESS;
	default: /* the end, where fail_at may still say no */
		return NDIS_STATUS_SUCCESS;
	}
}

static void release(struct fake_adapter *a)
{
	if (a->poll != NULL && !a->keeps_poll) {
		NdisDeregisterPoll(a->poll);
		a->poll = NULL;
	}
	fake_adapter_free_buffers(a);
	NdisFreeSpinLock(&a->lock);
}

static NDIS_STATUS initialize_ex(NDIS_HANDLE handle, NDIS_HANDLE driver_context,
				 PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	struct fake_miniport *m = driver_context;
	struct fake_adapter *a = m->next;
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;

	a->add_device_context = parameters->MiniportAddDeviceContext;
	note("MiniportInitializeEx", a);
	m->next = NULL;
	a->miniport = m;
	a->handle = handle;
	a->halted = a->gone = FALSE;
	NdisAllocateSpinLock(&a->lock);
	if (a->on_begin != NULL)
		a->on_begin(a);
	for (ULONG step = 1; status == NDIS_STATUS_SUCCESS && step <= 6; step++)
		status = step == a->fail_at ? a->fail_status : initialize_step(a, step);
	if (status != NDIS_STATUS_SUCCESS && !a->frees_nothing_on_failure)
		release(a);
	note("initialized", a);
	return status;
}

static VOID halt_ex(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
	struct fake_adapter *a = context;

	a->halt_action = action;
	note("MiniportHaltEx", a);
	if (a->on_halt != NULL)
		a->on_halt(a);
	release(a);
	a->halted = TRUE;
}

static void pause_complete(void *who, NDIS_STATUS status)
{
	struct fake_adapter *a = who;

	UNREFERENCED_PARAMETER(status);
	note("NdisMPauseComplete", a);
	NdisMPauseComplete(a->handle);
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
	struct fake_adapter *a = context;

	a->pause_reason = parameters->PauseReason;
	if (a->own_pause)
		return fake_answer(&a->pause, "MiniportPause", a, a->handle, pause_complete);
	note("MiniportPause", a);
	if (fake_adapter_stop(a))
		return NDIS_STATUS_SUCCESS;
	note("pausing", a);
	return NDIS_STATUS_PENDING;
}

static void set_running(struct fake_adapter *a, BOOLEAN running)
{
	NdisAcquireSpinLock(&a->lock);
	a->running = running;
	NdisReleaseSpinLock(&a->lock);
}

static void restart_complete(void *who, NDIS_STATUS status)
{
	struct fake_adapter *a = who;

	set_running(a, status == NDIS_STATUS_SUCCESS);
	note("NdisMRestartComplete", a);
	NdisMRestartComplete(a->handle, status);
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
	struct fake_adapter *a = context;
	NDIS_STATUS status;

	set_running(a, TRUE); /* receives may begin before it is complete (MP-RES-02) */
	if (a->on_restart_params != NULL)
		a->on_restart_params(a, parameters);
	status = fake_answer(&a->restart, "MiniportRestart", a, a->handle, restart_complete);
	if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_PENDING)
		set_running(a, FALSE);
	return status;
}

static void reset_complete(void *who, NDIS_STATUS status)
{
	struct fake_adapter *a = who;

	note("NdisMResetComplete", a);
	NdisMResetComplete(a->handle, status, a->addressing_reset);
}

static NDIS_STATUS reset_ex(NDIS_HANDLE context, PBOOLEAN addressing_reset)
{
	struct fake_adapter *a = context;

	if (!a->keeps_sends) /* MP-RST-02, MP-RST-03 */
		fake_adapter_complete_chain(a, fake_adapter_steal(a), NDIS_STATUS_REQUEST_ABORTED);
	if (a->reset.when == FAKE_NOW)
		*addressing_reset = a->addressing_reset;
	return fake_answer(&a->reset, "MiniportResetEx", a, a->handle, reset_complete);
}

/* Nothing reaches the device any more (MP-PNP-01). */
static void surprise_removed(struct fake_adapter *a)
{
	NdisAcquireSpinLock(&a->lock);
	a->gone = TRUE;
	NdisReleaseSpinLock(&a->lock);
	fake_adapter_complete_chain(a, fake_adapter_steal(a), NDIS_STATUS_NOT_ACCEPTED);
}

static VOID device_pnp_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
	struct fake_adapter *a = context;

	if (a->on_device_event != NULL)
		a->on_device_event(a, event);
	if (event->DevicePnPEvent == NdisDevicePnPEventPowerProfileChanged) {
		a->power_profiles++; /* each adapter is told of the first one: not noted */
		a->last_power_profile = *(const ULONG *)event->InformationBuffer;
		return;
	}
	note("MiniportDevicePnPEventNotify", a);
	if (event->DevicePnPEvent == NdisDevicePnPEventSurpriseRemoved && !a->ignores_removal)
		surprise_removed(a);
}

static VOID shutdown_ex(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action)
{
	UNREFERENCED_PARAMETER(action);
	note("MiniportShutdownEx", context);
}

/* ------------------------------------------------------------------- requests */

static NDIS_STATUS query(struct fake_adapter *a, NDIS_OID_REQUEST *r)
{
	struct _QUERY *q = (struct _QUERY *)&r->DATA.QUERY_INFORMATION;
	const ULONG value = 4711;

	if (q->Oid == OID_PNP_QUERY_POWER) {
		note("query power", a);
		return a->query_power_status;
	}
	if (q->Oid != OID_GEN_XMIT_OK)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (q->InformationBufferLength < sizeof(value)) {
		q->BytesNeeded = sizeof(value);
		return NDIS_STATUS_INVALID_LENGTH;
	}
	NdisMoveMemory(q->InformationBuffer, &value, sizeof(value));
	q->BytesWritten = a->overstates_written ? q->InformationBufferLength + 1 : sizeof(value);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_power(struct fake_adapter *a, ULONG state)
{
	note(state == NdisDeviceStateD0 ? "power up" : "power down", a);
	a->power_state = state;
	if (state != NdisDeviceStateD0 && !a->keeps_sends_asleep)
		fake_adapter_complete_chain(a, fake_adapter_steal(a), NDIS_STATUS_LOW_POWER_STATE);
	return a->set_power_status;
}

static NDIS_STATUS set(struct fake_adapter *a, NDIS_OID_REQUEST *r, ULONG value)
{
	switch (r->DATA.SET_INFORMATION.Oid) {
	case OID_PNP_SET_POWER:
		return set_power(a, value);
	case OID_PM_PARAMETERS:
		return NDIS_STATUS_SUCCESS;
	case OID_GEN_CURRENT_PACKET_FILTER:
		a->packet_filter = value;
		return NDIS_STATUS_SUCCESS;
	case OID_GEN_CURRENT_LOOKAHEAD:
		a->lookahead = value;
		return NDIS_STATUS_SUCCESS;
	case OID_802_3_MULTICAST_LIST:
		a->multicast_bytes = r->DATA.SET_INFORMATION.InformationBufferLength;
		return NDIS_STATUS_SUCCESS;
	default:
		return a->takes_any_set ? NDIS_STATUS_SUCCESS : NDIS_STATUS_NOT_SUPPORTED;
	}
}

static void oid_complete(void *who, NDIS_STATUS status)
{
	struct fake_adapter *a = who;

	InterlockedDecrement(&a->oids_inside);
	NdisMOidRequestComplete(a->handle, a->pending_oid,
				status != NDIS_STATUS_SUCCESS ? status : a->oid_status);
}

static NDIS_STATUS oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
	struct fake_adapter *a = context;
	struct fake_oid *log = &a->oids[a->n_oids++ % FAKE_MAX_OIDS];
	NDIS_STATUS status;

	if (InterlockedIncrement(&a->oids_inside) != 1)
		a->oids_overlapped = TRUE;
	log->type = request->RequestType;
	log->oid = request->DATA.QUERY_INFORMATION.Oid;
	log->length = request->DATA.QUERY_INFORMATION.InformationBufferLength;
	log->value = 0;
	if (request->RequestType == NdisRequestSetInformation && log->length >= sizeof(ULONG))
		NdisMoveMemory(&log->value, request->DATA.SET_INFORMATION.InformationBuffer,
			       sizeof(ULONG));
	if (request->RequestType == NdisRequestSetInformation && a->on_set != NULL)
		a->on_set(a, request);
	if (a->gone)
		a->oid_status = NDIS_STATUS_NOT_ACCEPTED;
	else if (request->RequestType == NdisRequestSetInformation)
		a->oid_status = set(a, request, log->value);
	else
		a->oid_status = query(a, request);
	a->pending_oid = request;
	if (a->own_oid != 0 && a->own_oid == log->oid) {
		status = fake_answer(&a->oid, "MiniportOidRequest", a, a->handle, oid_complete);
	} else {
		note("MiniportOidRequest", a);
		status = a->oid_status;
	}
	if (status != NDIS_STATUS_PENDING)
		InterlockedDecrement(&a->oids_inside);
	return status;
}

static VOID cancel_oid_request(NDIS_HANDLE context, PVOID request_id)
{
	struct fake_adapter *a = context;

	a->cancelled_oid = request_id;
	note("MiniportCancelOidRequest", a);
}

/* ----------------------------------------------------------------- indications */

void fake_adapter_status(struct fake_adapter *a, NDIS_STATUS code, void *buffer, ULONG size)
{
	NDIS_STATUS_INDICATION status;

	NdisZeroMemory(&status, sizeof(status));
	status.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
	status.Header.Revision = NDIS_STATUS_INDICATION_REVISION_1;
	status.Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1;
	status.SourceHandle = a->handle;
	status.StatusCode = code;
	status.PortNumber = a->port;
	status.StatusBuffer = buffer;
	status.StatusBufferSize = size;
	NdisMIndicateStatusEx(a->handle, &status);
}

void fake_adapter_link(struct fake_adapter *a, BOOLEAN connected, ULONG64 speed)
{
	NDIS_LINK_STATE link;

	NdisZeroMemory(&link, sizeof(link));
	link.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	link.Header.Revision = NDIS_LINK_STATE_REVISION_1;
	link.Header.Size = NDIS_SIZEOF_LINK_STATE_REVISION_1;
	link.MediaConnectState = connected ? MediaConnectStateConnected :
					     MediaConnectStateDisconnected;
	link.MediaDuplexState = MediaDuplexStateFull;
	link.XmitLinkSpeed = speed;
	link.RcvLinkSpeed = speed;
	fake_adapter_status(a, NDIS_STATUS_LINK_STATE, &link, sizeof(link));
}

/* ---------------------------------------------------------------- registration */

static NDIS_STATUS set_options(NDIS_HANDLE handle, NDIS_HANDLE driver_context)
{
	struct fake_miniport *m = driver_context;

	m->set_options_calls++;
	if (m->on_set_options != NULL)
		m->on_set_options(m, handle);
	return m->set_options_status;
}

static VOID unload(PDRIVER_OBJECT object)
{
	struct fake_miniport *m = fake_miniport_image;

	UNREFERENCED_PARAMETER(object);
	note("MiniportDriverUnload", m);
	if (!m->forgets_to_deregister)
		NdisMDeregisterMiniportDriver(m->handle);
	if (m->deregisters_twice)
		NdisMDeregisterMiniportDriver(m->handle);
}

static const NDIS_MINIPORT_DRIVER_CHARACTERISTICS handlers = {
	.SetOptionsHandler = set_options,
	.InitializeHandlerEx = initialize_ex,
	.HaltHandlerEx = halt_ex,
	.UnloadHandler = unload,
	.PauseHandler = pause,
	.RestartHandler = restart,
	.OidRequestHandler = oid_request,
	.ResetHandlerEx = reset_ex,
	.SendNetBufferListsHandler = fake_adapter_send,
	.ReturnNetBufferListsHandler = fake_adapter_return,
	.CancelSendHandler = fake_adapter_cancel_send,
	.DevicePnPEventNotifyHandler = device_pnp_event,
	.ShutdownHandlerEx = shutdown_ex,
	.CancelOidRequestHandler = cancel_oid_request,
};

/* The revision of a version's characteristics and its size. */
static void set_header(NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c, UCHAR revision)
{
	static const USHORT sizes[] = {
		NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1,
		NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
		NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3,
	};

	if (revision == 0)
		revision = c->MinorNdisVersion < 1 ? 1 : c->MinorNdisVersion < 80 ? 2 : 3;
	c->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
	c->Header.Revision = revision;
	c->Header.Size = sizes[revision - 1];
}

NTSTATUS fake_miniport_entry(PDRIVER_OBJECT object, PUNICODE_STRING registry_path)
{
	struct fake_miniport *m = fake_miniport_image;

	m->chars = handlers;
	m->chars.MajorNdisVersion = m->major != 0 ? m->major : 6;
	m->chars.MinorNdisVersion = m->major != 0 ? m->minor : 30;
	set_header(&m->chars, m->revision);
	if (m->mutate != NULL)
		m->mutate(&m->chars);
	m->register_status = NdisMRegisterMiniportDriver(object, registry_path, m, &m->chars,
							 &m->handle);
	if (m->register_status != NDIS_STATUS_SUCCESS)
		return m->register_status;
	if (m->entry_status != NDIS_STATUS_SUCCESS && !m->forgets_to_deregister)
		NdisMDeregisterMiniportDriver(m->handle);
	return m->entry_status;
}
