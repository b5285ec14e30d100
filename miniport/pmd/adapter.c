/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The adapter's life: initialize, restart, pause, halt. PASSIVE_LEVEL, one
 * callback at a time; the link timer and the poll callbacks run beside them.
 */
#include "adapter.h"

#define DRAIN_MS 200         /* sends may take this long before the port is stopped */

/* -------------------------------------------------------------- initialize */

/* Integer keyword @name of the adapter's configuration, or @fallback. */
static ULONG read_ulong(NDIS_HANDLE configuration, NDIS_STRING name, ULONG fallback)
{
	PNDIS_CONFIGURATION_PARAMETER value;
	NDIS_STATUS status;

	NdisReadConfiguration(&status, &value, configuration, &name, NdisParameterInteger);
	return status == NDIS_STATUS_SUCCESS ? value->ParameterData.IntegerData : fallback;
}

/* Of one station: not of a group, and not of nobody. */
static BOOLEAN is_station(const UCHAR address[6])
{
	UCHAR any = 0;

	for (ULONG i = 0; i < 6; i++)
		any |= address[i];
	return any != 0 && !(address[0] & 1);
}

/* *JumboPacket is the frame's size with its header, without FCS; *PriorityVLANTag
 * 0 leaves 802.1Q headers in the data; a NetworkAddress that is no station's is left alone;
 * *RSS 0 forbids receive side scaling;
 * PriorityOrder 1 lets waiting sends of higher 802.1p priority go first. */
static NDIS_STATUS open_port(struct adapter *a)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
			    NDIS_CONFIGURATION_OBJECT_REVISION_1,
			    NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 },
		.NdisHandle = a->ndis,
	};
	struct pmb_open_params params = { 0 };
	NDIS_STRING jumbo = NDIS_STRING_CONST("*JumboPacket");
	NDIS_STRING vlan = NDIS_STRING_CONST("*PriorityVLANTag");
	NDIS_STRING rss = NDIS_STRING_CONST("*RSS");
	NDIS_STRING priority = NDIS_STRING_CONST("PriorityOrder");
	NDIS_HANDLE configuration;
	NDIS_STATUS status;
	PVOID address;
	UINT length;

	status = NdisOpenConfigurationEx(&object, &configuration);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	params.mtu = read_ulong(configuration, jumbo, 0);
	if (params.mtu != 0)
		params.mtu -= 14;
	params.strip_vlan = read_ulong(configuration, vlan, 0) != 0;
	params.by_priority = read_ulong(configuration, priority, 0) != 0;
	a->rss.offered = read_ulong(configuration, rss, 1) != 0;
	params.offloads = offload_read(a, configuration);
	NdisReadNetworkAddress(&status, &address, &length, configuration);
	if (status == NDIS_STATUS_SUCCESS && length == 6 && is_station(address))
		params.mac = address;
	status = pmb_port_open(a->ndis, &params, &a->port);
	NdisCloseConfiguration(configuration);
	return status;
}

static NDIS_STATUS set_registration(struct adapter *a)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = { 0 };

	attributes.RegistrationAttributes = (NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES){
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
			    NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 },
		.MiniportAdapterContext = a,
		.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE |
				  NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER,
		.InterfaceType = NdisInterfacePci,
	};
	return NdisMSetMiniportAttributes(a->ndis, &attributes);
}

static NDIS_STATUS set_general(struct adapter *a)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = { 0 };
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &attributes.GeneralAttributes;
	NDIS_LINK_STATE state = link_state(a);
	NDIS_OID list[SUPPORTED_OIDS];

	g->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,
					  NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
					  NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2 };
	g->MediaType = NdisMedium802_3;
	g->PhysicalMediumType = NdisPhysicalMedium802_3;
	g->MtuSize = a->info->mtu;
	g->MaxXmitLinkSpeed = a->info->max_link_speed;
	g->MaxRcvLinkSpeed = a->info->max_link_speed;
	g->XmitLinkSpeed = state.XmitLinkSpeed;
	g->RcvLinkSpeed = state.RcvLinkSpeed;
	g->MediaConnectState = state.MediaConnectState;
	g->MediaDuplexState = state.MediaDuplexState;
	g->LookaheadSize = a->info->lookahead;
	g->MacOptions = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND |
			NDIS_MAC_OPTION_NO_LOOPBACK | NDIS_MAC_OPTION_8021P_PRIORITY |
			NDIS_MAC_OPTION_8021Q_VLAN;
	g->SupportedPacketFilters = SUPPORTED_FILTERS;
	g->MaxMulticastListSize = a->info->max_multicast;
	g->MacAddressLength = 6;
	NdisMoveMemory(g->PermanentMacAddress, a->info->permanent_mac, 6);
	NdisMoveMemory(g->CurrentMacAddress, a->info->current_mac, 6);
	g->AccessType = NET_IF_ACCESS_BROADCAST;
	g->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
	g->ConnectionType = NET_IF_CONNECTION_DEDICATED;
	g->IfType = IF_TYPE_ETHERNET_CSMACD;
	g->IfConnectorPresent = TRUE;
	g->SupportedStatistics = statistics_supported(a);
	g->SupportedPauseFunctions = NdisPauseFunctionsUnknown;
	g->AutoNegotiationFlags = LINK_NEGOTIATED;
	if (a->rss.offered) {
		rss_fill_capabilities(a);
		g->RecvScaleCapabilities = &a->rss.capabilities;
		a->oids_for |= OID_FOR_RSS;
	}
	if ((a->info->send_offloads | a->info->receive_offloads) != 0)
		a->oids_for |= OID_FOR_OFFLOADS;
	g->SupportedOidList = list; /* NDIS copies it */
	g->SupportedOidListLength = oid_list(a, list);
	return NdisMSetMiniportAttributes(a->ndis, &attributes);
}

static void release_queues(struct adapter *a)
{
	for (USHORT i = 0; i < a->n_queues; i++)
		if (a->queues[i].poll != NULL)
			NdisDeregisterPoll(a->queues[i].poll);
	if (a->queues != NULL)
		NdisFreeMemoryWithTagPriority(a->ndis, a->queues, ADAPTER_TAG);
	if (a->senders != NULL)
		NdisFreeMemoryWithTagPriority(a->ndis, a->senders, ADAPTER_TAG);
}

static NDIS_STATUS list_queues(struct adapter *a)
{
	UINT queues = a->info->queues * (UINT)sizeof(a->queues[0]);
	UINT senders = a->info->queues * (UINT)sizeof(a->senders[0]);

	a->queues = NdisAllocateMemoryWithTagPriority(a->ndis, queues, ADAPTER_TAG,
						      NormalPoolPriority);
	a->senders = NdisAllocateMemoryWithTagPriority(a->ndis, senders, ADAPTER_TAG,
						       NormalPoolPriority);
	if (a->queues == NULL || a->senders == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(a->queues, queues);
	for (USHORT i = 0; i < a->info->queues; i++) {
		struct pmb_queue *queue = pmb_port_queue(a->port, i);

		a->queues[i].adapter = a;
		a->queues[i].queue = queue;
		if (pmb_queue_sends(queue))
			a->senders[a->n_senders++] = queue;
	}
	flow_steer(a);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS register_polls(struct adapter *a)
{
	NDIS_POLL_CHARACTERISTICS chars = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_CHARACTERISTICS_REVISION_1,
			    NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 },
		.PollHandler = MPPoll,
		.SetPollNotificationHandler = MPSetPollNotification,
	};

	for (; a->n_queues < a->info->queues; a->n_queues++) {
		struct poll_queue *q = &a->queues[a->n_queues];
		PROCESSOR_NUMBER processor = { 0 };
		NDIS_STATUS status;

		processor.Number = (UCHAR)pmb_queue_processor(q->queue);
		status = NdisRegisterPoll(a->ndis, q, &chars, &q->poll);
		if (status != NDIS_STATUS_SUCCESS)
			return status;
		NdisSetPollAffinity(q->poll, &processor);
	}
	return NDIS_STATUS_SUCCESS;
}

static void free_adapter(struct adapter *a)
{
	release_queues(a);
	if (a->reset_item != NULL)
		NdisFreeIoWorkItem(a->reset_item);
	if (a->port != NULL)
		pmb_port_close(a->port);
	NdisFreeMemoryWithTagPriority(a->ndis, a, ADAPTER_TAG);
}

NDIS_STATUS MPInitializeEx(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
			   PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	struct adapter *a = NdisAllocateMemoryWithTagPriority(NdisMiniportHandle, sizeof(*a),
							      ADAPTER_TAG, NormalPoolPriority);
	NDIS_STATUS status;

	UNREFERENCED_PARAMETER(MiniportDriverContext);
	UNREFERENCED_PARAMETER(MiniportInitParameters);
	if (a == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(a, sizeof(*a));
	a->ndis = NdisMiniportHandle;
	KeInitializeMutex(&a->port_lock, 0);
	a->reset_item = NdisAllocateIoWorkItem(a->ndis);
	status = a->reset_item != NULL ? set_registration(a) : NDIS_STATUS_RESOURCES;
	if (status == NDIS_STATUS_SUCCESS)
		status = open_port(a);
	if (status == NDIS_STATUS_SUCCESS) {
		a->info = pmb_port_info(a->port);
		a->rss.offered = a->rss.offered && a->info->rss_types != 0;
		link_look(a);
		status = set_general(a);
	}
	if (status == NDIS_STATUS_SUCCESS)
		status = offload_initialize(a);
	if (status == NDIS_STATUS_SUCCESS)
		status = list_queues(a);
	if (status == NDIS_STATUS_SUCCESS)
		status = register_polls(a);
	if (status == NDIS_STATUS_SUCCESS)
		status = link_start(a);
	if (status != NDIS_STATUS_SUCCESS)
		free_adapter(a);
	return status;
}

VOID MPHaltEx(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
	struct adapter *a = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(HaltAction);
	link_stop(a);
	free_adapter(a);
}

/* --------------------------------------------------------- restart, pause */

NDIS_STATUS MPRestart(NDIS_HANDLE MiniportAdapterContext,
		      PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	struct adapter *a = MiniportAdapterContext;
	NDIS_STATUS status;

	UNREFERENCED_PARAMETER(RestartParameters);
	lock_port(a);
	status = ReadNoFence(&a->gone) ? NDIS_STATUS_FAILURE : pmb_port_start(a->port);
	InterlockedExchange(&a->running, status == NDIS_STATUS_SUCCESS);
	unlock_port(a);
	if (status == NDIS_STATUS_SUCCESS)
		for (USHORT i = 0; i < a->n_queues; i++)
			NdisRequestPoll(a->queues[i].poll, NULL);
	return status;
}

void pause_progress(struct adapter *a)
{
	/* Several queues may see it at once; one completes. */
	if (pmb_port_drained(a->port) && InterlockedExchange(&a->pausing, 0) == 1)
		NdisMPauseComplete(a->ndis);
}

/* New sends are answered PAUSED from here on. What the PMD has it may keep for
 * a while, then the port is stopped, which makes it let go (MP-PAU-09). */
NDIS_STATUS MPPause(NDIS_HANDLE MiniportAdapterContext,
		    PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	struct adapter *a = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(PauseParameters);
	lock_port(a);
	InterlockedExchange(&a->running, 0);
	pmb_port_quiesce(a->port, ReadNoFence(&a->gone) ? NDIS_STATUS_NOT_ACCEPTED :
							  NDIS_STATUS_PAUSED);
	for (ULONG waited = 0; waited < DRAIN_MS && !pmb_port_tx_drained(a->port); waited++)
		NdisMSleep(1000);
	if (!pmb_port_tx_drained(a->port))
		pmb_port_abort_tx(a->port, NDIS_STATUS_PAUSED);
	unlock_port(a);
	InterlockedExchange(&a->pausing, 1);
	for (USHORT i = 0; i < a->n_queues; i++)
		NdisRequestPoll(a->queues[i].poll, NULL);
	return NDIS_STATUS_PENDING;
}

VOID MPShutdownEx(NDIS_HANDLE MiniportAdapterContext, NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	struct adapter *a = MiniportAdapterContext;

	if (ShutdownAction == NdisShutdownPowerOff)
		pmb_port_quiesce(a->port, NDIS_STATUS_FAILURE);
}

/* A device that is gone finishes no send: the port gives back what it holds, and what comes
 * until the halt is not accepted (MP-PNP-01, MP-OID-11). */
VOID MPDevicePnPEventNotify(NDIS_HANDLE MiniportAdapterContext,
			    PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
	struct adapter *a = MiniportAdapterContext;

	if (NetDevicePnPEvent->DevicePnPEvent != NdisDevicePnPEventSurpriseRemoved)
		return; /* there is nothing to save power with */
	InterlockedExchange(&a->gone, 1);
	lock_port(a);
	InterlockedExchange(&a->running, 0);
	pmb_port_quiesce(a->port, NDIS_STATUS_NOT_ACCEPTED);
	pmb_port_abort_tx(a->port, NDIS_STATUS_NOT_ACCEPTED);
	unlock_port(a);
	for (USHORT i = 0; i < a->n_queues; i++)
		NdisRequestPoll(a->queues[i].poll, NULL);
}
