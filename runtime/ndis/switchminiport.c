/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The extensible switch's miniport edge, an ordinary miniport under the extensions: what
 * arrives as a send has its destinations found, if no extension did that, and goes up again as
 * a receive indication, the same NET_BUFFER_LISTs; when they come back, the sends are complete
 * [packet-flow-through-the-extensible-switch-data-path]. On the thread of whoever sends or
 * returns; control functions at PASSIVE_LEVEL.
 */
#include <string.h>

#include "switch.h"

#define LINK_SPEED 10000000000ull

/* ------------------------------------------------------------------- the data path */

static void complete(struct nrt_switch *sw, NET_BUFFER_LIST *chain, NDIS_STATUS status, ULONG flags)
{
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		NET_BUFFER_LIST_STATUS(nbl) = status;
	NdisMSendNetBufferListsComplete(sw->miniport, chain, flags);
}

/* True: @nbl has somewhere to go. */
static bool route(struct nrt_switch *sw, NET_BUFFER_LIST *nbl)
{
	struct nrt_switch_context *c = nrt_switch_context_of(sw, nbl);

	if (c == NULL)
		return false;
	if (c->array.NumDestinations == 0)
		nrt_switch_forward(sw, nbl, c);
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SUCCESS;
	return c->array.NumDestinations != 0;
}

/* The group flags belong to the chain, which stays one [hyper-v-extensible-switch-send-and-
 * receive-flags]. */
static ULONG receive_flags(ULONG send_flags)
{
	ULONG flags = 0;

	if (send_flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL)
		flags |= NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
	if (send_flags & NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE)
		flags |= NDIS_RECEIVE_FLAGS_SWITCH_SINGLE_SOURCE;
	if (send_flags & NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP)
		flags |= NDIS_RECEIVE_FLAGS_SWITCH_DESTINATION_GROUP;
	return flags;
}

static ULONG complete_flags(ULONG send_flags)
{
	ULONG flags = 0;

	if (send_flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL)
		flags |= NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL;
	if (send_flags & NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE)
		flags |= NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE;
	return flags;
}

static VOID send(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG flags)
{
	NET_BUFFER_LIST *up = NULL, *dropped = NULL;
	NET_BUFFER_LIST **up_tail = &up, **dropped_tail = &dropped;
	struct nrt_switch *sw = context;
	ULONG n = 0, n_dropped = 0;

	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		if (route(sw, nbl)) {
			*up_tail = nbl;
			up_tail = &NET_BUFFER_LIST_NEXT_NBL(nbl);
			n++;
		} else {
			*dropped_tail = nbl;
			dropped_tail = &NET_BUFFER_LIST_NEXT_NBL(nbl);
			n_dropped++;
		}
	}
	*up_tail = *dropped_tail = NULL;
	if (dropped != NULL) {
		nrt_switch_count(sw, NRT_SWITCH_DROPPED, n_dropped);
		complete(sw, dropped, NDIS_STATUS_SUCCESS, complete_flags(flags));
	}
	if (up != NULL) {
		atomic_fetch_add(&sw->indicated, n);
		NdisMIndicateReceiveNetBufferLists(sw->miniport, up, port, n, receive_flags(flags));
	}
}

static VOID return_nbls(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	struct nrt_switch *sw = context;
	ULONG done = 0;
	uint64_t n = 0;

	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		n++;
	if (flags & NDIS_RETURN_FLAGS_DISPATCH_LEVEL)
		done |= NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL;
	if (flags & NDIS_RETURN_FLAGS_SWITCH_SINGLE_SOURCE)
		done |= NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE;
	complete(sw, chain, NDIS_STATUS_SUCCESS, done);
	/* Last: a pause that waits for them ends now. */
	if (atomic_fetch_sub(&sw->indicated, n) == n && atomic_exchange(&sw->pausing, false))
		NdisMPauseComplete(sw->miniport);
}

/* Nothing is ever queued here. */
static VOID cancel_send(NDIS_HANDLE context, PVOID id)
{
	(void)context;
	(void)id;
}

/* ------------------------------------------------------------------- its life */

static NDIS_STATUS set_registration(struct nrt_switch *sw)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
	NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES *r = &attributes.RegistrationAttributes;

	memset(&attributes, 0, sizeof(attributes));
	r->Header = (NDIS_OBJECT_HEADER){
		NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
		NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
		NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1
	};
	r->MiniportAdapterContext = sw;
	r->AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK |
			    NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
	r->InterfaceType = NdisInterfaceInternal;
	return NdisMSetMiniportAttributes(sw->miniport, &attributes);
}

static const NDIS_OID supported_oids[] = {
	OID_GEN_CURRENT_PACKET_FILTER, OID_SWITCH_PARAMETERS,     OID_SWITCH_PORT_ARRAY,
	OID_SWITCH_NIC_ARRAY,          OID_SWITCH_PORT_CREATE,    OID_SWITCH_PORT_TEARDOWN,
	OID_SWITCH_PORT_DELETE,        OID_SWITCH_NIC_CREATE,     OID_SWITCH_NIC_CONNECT,
	OID_SWITCH_NIC_DISCONNECT,     OID_SWITCH_NIC_DELETE,
};

static NDIS_STATUS set_general(struct nrt_switch *sw)
{
	static const UCHAR address[6] = { 0x02, 's', 'w', 't', 'c', 'h' };
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &attributes.GeneralAttributes;

	memset(&attributes, 0, sizeof(attributes));
	g->Header = (NDIS_OBJECT_HEADER){
		NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,
		NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
		NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2
	};
	g->MediaType = NdisMedium802_3;
	g->MtuSize = sw->max_frame - 14;
	g->MaxXmitLinkSpeed = g->MaxRcvLinkSpeed = LINK_SPEED;
	g->XmitLinkSpeed = g->RcvLinkSpeed = LINK_SPEED;
	g->MediaConnectState = MediaConnectStateConnected;
	g->MediaDuplexState = MediaDuplexStateFull;
	g->LookaheadSize = sw->max_frame;
	g->MacOptions = NDIS_MAC_OPTION_NO_LOOPBACK | NDIS_MAC_OPTION_8021P_PRIORITY |
			NDIS_MAC_OPTION_TRANSFERS_NOT_PEND | NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA;
	g->SupportedPacketFilters = NDIS_PACKET_TYPE_PROMISCUOUS;
	g->MacAddressLength = sizeof(address);
	memcpy(g->PermanentMacAddress, address, sizeof(address));
	memcpy(g->CurrentMacAddress, address, sizeof(address));
	g->AccessType = NET_IF_ACCESS_BROADCAST;
	g->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
	g->ConnectionType = NET_IF_CONNECTION_DEDICATED;
	g->IfType = IF_TYPE_ETHERNET_CSMACD;
	g->SupportedOidList = (PNDIS_OID)(ULONG_PTR)supported_oids;
	g->SupportedOidListLength = sizeof(supported_oids);
	return NdisMSetMiniportAttributes(sw->miniport, &attributes);
}

static NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE driver_context,
			      PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	struct nrt_switch *sw = driver_context;
	NDIS_STATUS status;

	(void)parameters;
	sw->miniport = handle;
	status = set_registration(sw);
	return status == NDIS_STATUS_SUCCESS ? set_general(sw) : status;
}

static VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
	struct nrt_switch *sw = context;

	(void)action;
	sw->miniport = NULL;
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
	struct nrt_switch *sw = context;

	(void)parameters;
	atomic_store(&sw->pausing, true);
	if (atomic_load(&sw->indicated) == 0 && atomic_exchange(&sw->pausing, false))
		return NDIS_STATUS_SUCCESS;
	return NDIS_STATUS_PENDING;
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
	(void)context;
	(void)parameters;
	return NDIS_STATUS_SUCCESS;
}

/* There is no hardware. */
static VOID shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action)
{
	(void)context;
	(void)action;
}

static VOID device_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
	(void)context;
	(void)event;
}

/* None is ever pending here. */
static VOID cancel_oid(NDIS_HANDLE context, PVOID id)
{
	(void)context;
	(void)id;
}

NDIS_STATUS nrt_switch_register_miniport(struct nrt_switch *sw, PDRIVER_OBJECT object,
					 PUNICODE_STRING registry_path, MINIPORT_UNLOAD *unload)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = {
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
			    NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
			    NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 },
		.MajorNdisVersion = 6,
		.MinorNdisVersion = 30,
		.InitializeHandlerEx = initialize,
		.HaltHandlerEx = halt,
		.UnloadHandler = unload,
		.PauseHandler = pause,
		.RestartHandler = restart,
		.OidRequestHandler = nrt_switch_oid_request,
		.CancelOidRequestHandler = cancel_oid,
		.SendNetBufferListsHandler = send,
		.CancelSendHandler = cancel_send,
		.ReturnNetBufferListsHandler = return_nbls,
		.DevicePnPEventNotifyHandler = device_event,
		.ShutdownHandlerEx = shutdown,
	};

	return NdisMRegisterMiniportDriver(object, registry_path, sw, &c, &sw->miniport_driver);
}
