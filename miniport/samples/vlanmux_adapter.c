/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtual adapters of the VLAN multiplexer (vlanmux.c): their initialization, pause, restart
 * and halt, and the requests of the protocols above, most of which are the lower adapter's to
 * answer. NDIS calls all of it at PASSIVE_LEVEL, but completions, which may come at
 * DISPATCH_LEVEL.
 */
#include <ndis.h>

#include "vlanmux.h"

#define PACKET_FILTERS (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | \
			NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST | \
			NDIS_PACKET_TYPE_PROMISCUOUS)

/* ------------------------------------------------------------------------------ requests */

/* In the two pointers that are a request's owner's: of a clone what it stands for and who asked;
 * NULL in a request of our own. */
#define ORIGINAL(Request) (((PNDIS_OID_REQUEST *)(PVOID)(Request)->SourceReserved)[0])
#define ASKED_BY(Request) (((PVLAN *)(PVOID)(Request)->SourceReserved)[1])

typedef struct _OWN_REQUEST {
	NDIS_OID_REQUEST Request;
	NDIS_EVENT Done;
	NDIS_STATUS Result;
} OWN_REQUEST;

VOID OidRequestComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_OID_REQUEST Request,
			       NDIS_STATUS Result)
{
	PNDIS_OID_REQUEST Original = ORIGINAL(Request);
	PLOWER Lower = ProtocolBindingContext;
	PVLAN Vlan = ASKED_BY(Request);

	if (Original == NULL) {
		OWN_REQUEST *Own = CONTAINING_RECORD(Request, OWN_REQUEST, Request);

		Own->Result = Result;
		NdisSetEvent(&Own->Done);
		return;
	}
	Original->DATA = Request->DATA;
	Original->SupportedRevision = Request->SupportedRevision;
	Vlan->ForwardedId = NULL;
	NdisFreeCloneOidRequest(Lower->Handle, Request);
	NdisMOidRequestComplete(Vlan->Handle, Original, Result);
}

/* IM-07: a clone goes down. Its RequestId is the virtual adapter, which has one at a time. */
static NDIS_STATUS Forward(PVLAN Vlan, PNDIS_OID_REQUEST Request)
{
	NDIS_HANDLE Lower = Vlan->Lower->Handle;
	PNDIS_OID_REQUEST Clone;
	NDIS_STATUS Result;

	Result = NdisAllocateCloneOidRequest(Lower, Request, TAG, &Clone);
	if (Result != NDIS_STATUS_SUCCESS)
		return Result;
	ORIGINAL(Clone) = Request;
	ASKED_BY(Clone) = Vlan;
	Clone->RequestId = Vlan;
	Vlan->ForwardedId = Request->RequestId;
	Result = NdisOidRequest(Lower, Clone);
	if (Result != NDIS_STATUS_PENDING)
		OidRequestComplete(Vlan->Lower, Clone, Result);
	return NDIS_STATUS_PENDING;
}

PNDIS_OID_REQUEST TakeQueued(PVLAN Vlan)
{
	return InterlockedExchangePointer((PVOID volatile *)&Vlan->Queued, NULL);
}

/* Give the lower adapter what all VLANs together want to receive. Their multicast lists may be
 * longer than its own: it lets all through that go to groups. */
static NDIS_STATUS SetLowerFilter(PLOWER Lower)
{
	NDIS_STATUS Result;
	OWN_REQUEST Own;
	ULONG Filter = 0;

	NdisZeroMemory(&Own, sizeof(Own));
	NdisInitializeEvent(&Own.Done);
	KeWaitForSingleObject(&Lower->FilterMutex, Executive, KernelMode, FALSE, NULL);
	for (PVLAN Vlan = FIRST_VLAN(Lower); IS_VLAN(Lower, Vlan); Vlan = NEXT_VLAN(Vlan))
		Filter |= Vlan->PacketFilter;
	if (Filter & NDIS_PACKET_TYPE_MULTICAST)
		Filter |= NDIS_PACKET_TYPE_ALL_MULTICAST;
	Own.Request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	Own.Request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
	Own.Request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	Own.Request.RequestType = NdisRequestSetInformation;
	Own.Request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
	Own.Request.DATA.SET_INFORMATION.InformationBuffer = &Filter;
	Own.Request.DATA.SET_INFORMATION.InformationBufferLength = sizeof(Filter);
	Result = NdisOidRequest(Lower->Handle, &Own.Request);
	if (Result == NDIS_STATUS_PENDING) {
		NdisWaitEvent(&Own.Done, 0);
		Result = Own.Result;
	}
	KeReleaseMutex(&Lower->FilterMutex, FALSE);
	return Result;
}

static NDIS_STATUS SetFilter(PVLAN Vlan, PNDIS_OID_REQUEST Request)
{
	ULONG Filter, Before = Vlan->PacketFilter;
	NDIS_STATUS Result;

	if (Request->DATA.SET_INFORMATION.InformationBufferLength < sizeof(Filter)) {
		Request->DATA.SET_INFORMATION.BytesNeeded = sizeof(Filter);
		return NDIS_STATUS_INVALID_LENGTH;
	}
	NdisMoveMemory(&Filter, Request->DATA.SET_INFORMATION.InformationBuffer, sizeof(Filter));
	if (Filter & ~(ULONG)PACKET_FILTERS)
		return NDIS_STATUS_NOT_SUPPORTED;
	Vlan->PacketFilter = Filter;
	Result = SetLowerFilter(Vlan->Lower);
	if (Result != NDIS_STATUS_SUCCESS)
		Vlan->PacketFilter = Before;
	else
		Request->DATA.SET_INFORMATION.BytesRead = sizeof(Filter);
	return Result;
}

VOID SetPower(PVLAN Vlan, NDIS_DEVICE_POWER_STATE *Power, NDIS_DEVICE_POWER_STATE State)
{
	*Power = State;
	Vlan->StandingBy = State != NdisDeviceStateD0;
}

static NDIS_STATUS Set(PVLAN Vlan, PNDIS_OID_REQUEST Request)
{
	switch (Request->DATA.SET_INFORMATION.Oid) {
	case OID_GEN_CURRENT_PACKET_FILTER:
		return SetFilter(Vlan, Request);
	case OID_802_3_MULTICAST_LIST: /* see SetLowerFilter */
	case OID_GEN_CURRENT_LOOKAHEAD:
		Request->DATA.SET_INFORMATION.BytesRead =
			Request->DATA.SET_INFORMATION.InformationBufferLength;
		return NDIS_STATUS_SUCCESS;
	case OID_PNP_ADD_WAKE_UP_PATTERN:
	case OID_PNP_REMOVE_WAKE_UP_PATTERN:
	case OID_PNP_ENABLE_WAKE_UP:
		return Forward(Vlan, Request);
	default: /* it would change the lower adapter for the others, too */
		return NDIS_STATUS_NOT_SUPPORTED;
	}
}

NDIS_STATUS OidRequest(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST Request)
{
	NDIS_OID Oid = Request->DATA.QUERY_INFORMATION.Oid;
	PVLAN Vlan = MiniportAdapterContext;

	if (Oid == OID_PNP_QUERY_POWER)
		return NDIS_STATUS_SUCCESS;
	if (Oid == OID_PNP_SET_POWER) {
		if (Request->DATA.SET_INFORMATION.InformationBufferLength < sizeof(Vlan->Power))
			return NDIS_STATUS_NOT_ACCEPTED; /* the only failure there is */
		SetPower(Vlan, &Vlan->Power,
			 *(NDIS_DEVICE_POWER_STATE *)
				 Request->DATA.SET_INFORMATION.InformationBuffer);
		return NDIS_STATUS_SUCCESS;
	}
	if (Vlan->Power != NdisDeviceStateD0 || Vlan->StandingBy)
		return NDIS_STATUS_FAILURE;
	if (Vlan->Lower->Power != NdisDeviceStateD0) {
		Vlan->Queued = Request;
		return NDIS_STATUS_PENDING;
	}
	if (Request->RequestType == NdisRequestSetInformation)
		return Set(Vlan, Request);
	if (Oid == OID_TCP_OFFLOAD_CURRENT_CONFIG || /* IM-13: it would not find the headers */
	    Request->RequestType == NdisRequestMethod)
		return NDIS_STATUS_NOT_SUPPORTED;
	return Forward(Vlan, Request);
}

VOID CancelOidRequest(NDIS_HANDLE MiniportAdapterContext, PVOID RequestId)
{
	PVLAN Vlan = MiniportAdapterContext;
	PNDIS_OID_REQUEST Queued = TakeQueued(Vlan);

	if (Queued != NULL)
		NdisMOidRequestComplete(Vlan->Handle, Queued, NDIS_STATUS_REQUEST_ABORTED);
	else if (Vlan->ForwardedId == RequestId)
		NdisCancelOidRequest(Vlan->Lower->Handle, Vlan);
}

/* -------------------------------------------------------------- life of a virtual adapter */

static NDIS_STATUS SetRegistrationAttributes(PVLAN Vlan)
{
	NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES r;

	NdisZeroMemory(&r, sizeof(r));
	r.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
	r.Header.Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	r.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	r.MiniportAdapterContext = Vlan;
	r.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND; /* IM-04 */
	r.InterfaceType = NdisInterfaceInternal;
	return NdisMSetMiniportAttributes(Vlan->Handle, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&r);
}

/* Those of the lower adapter, without what the tag takes of the frame and without offloads. */
static NDIS_STATUS SetGeneralAttributes(PVLAN Vlan)
{
	static NDIS_OID Oids[] = { OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_CURRENT_LOOKAHEAD,
				   OID_802_3_MULTICAST_LIST, OID_GEN_STATISTICS, OID_GEN_XMIT_OK,
				   OID_GEN_RCV_OK, OID_PNP_CAPABILITIES, OID_PNP_QUERY_POWER,
				   OID_PNP_SET_POWER, OID_PNP_ADD_WAKE_UP_PATTERN,
				   OID_PNP_REMOVE_WAKE_UP_PATTERN, OID_PNP_ENABLE_WAKE_UP };
	const NDIS_BIND_PARAMETERS *b = &Vlan->Lower->Bind;
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES g;

	NdisZeroMemory(&g, sizeof(g));
	g.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
	g.Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
	g.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
	g.MediaType = NdisMedium802_3;
	g.PhysicalMediumType = b->PhysicalMediumType;
	g.MtuSize = b->MtuSize - 4;
	g.MaxXmitLinkSpeed = b->MaxXmitLinkSpeed;
	g.MaxRcvLinkSpeed = b->MaxRcvLinkSpeed;
	g.XmitLinkSpeed = b->XmitLinkSpeed;
	g.RcvLinkSpeed = b->RcvLinkSpeed;
	g.MediaConnectState = b->MediaConnectState;
	g.MediaDuplexState = b->MediaDuplexState;
	g.LookaheadSize = b->LookaheadSize;
	g.MacOptions = NDIS_MAC_OPTION_NO_LOOPBACK | NDIS_MAC_OPTION_8021P_PRIORITY;
	g.SupportedPacketFilters = PACKET_FILTERS & b->SupportedPacketFilters;
	g.MaxMulticastListSize = b->MaxMulticastListSize;
	g.MacAddressLength = b->MacAddressLength;
	NdisMoveMemory(g.PermanentMacAddress, b->CurrentMacAddress, b->MacAddressLength);
	NdisMoveMemory(g.CurrentMacAddress, b->CurrentMacAddress, b->MacAddressLength);
	g.AccessType = b->AccessType;
	g.DirectionType = b->DirectionType;
	g.ConnectionType = b->ConnectionType;
	g.IfType = b->IfType;
	g.DataBackFillSize = b->DataBackFillSize;
	g.ContextBackFillSize = b->ContextBackFillSize;
	g.SupportedOidList = Oids;
	g.SupportedOidListLength = sizeof(Oids);
	return NdisMSetMiniportAttributes(Vlan->Handle, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&g);
}

NDIS_STATUS Initialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
			      PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	PVLAN Vlan = MiniportInitParameters->IMDeviceInstanceContext;
	NDIS_STATUS Result;

	UNREFERENCED_PARAMETER(MiniportDriverContext);
	Vlan->Handle = NdisMiniportHandle;
	Vlan->Power = NdisDeviceStateD0;
	Vlan->StandingBy = FALSE;
	Result = SetRegistrationAttributes(Vlan);
	if (Result == NDIS_STATUS_SUCCESS)
		Result = SetGeneralAttributes(Vlan);
	if (Result == NDIS_STATUS_SUCCESS) {
		/* For those who look at interfaces: NDIS does not know what lies under a
		 * multiplexer's. The entry goes with the interface. */
		NdisIfAddIfStackEntry(MiniportInitParameters->IfIndex,
				      Vlan->Lower->Bind.BoundIfIndex);
		ExReInitializeRundownProtection(&Vlan->Present);
	} else {
		Vlan->Handle = NULL;
	}
	NdisSetEvent(&Vlan->Ended);
	return Result;
}

VOID Halt(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
	PVLAN Vlan = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(HaltAction);
	ExWaitForRundownProtectionRelease(&Vlan->Present);
	Vlan->PacketFilter = 0;
	if (Vlan->Lower->Power == NdisDeviceStateD0) /* else it gets no requests */
		SetLowerFilter(Vlan->Lower);
	Vlan->Handle = NULL;
}

/* Whatever is on its way comes back: what is below, and what protocols have, whom NDIS has
 * paused before (MP-PAU-03, MP-PAU-04). */
NDIS_STATUS Pause(NDIS_HANDLE MiniportAdapterContext,
			 PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	PVLAN Vlan = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(PauseParameters);
	ExWaitForRundownProtectionRelease(&Vlan->Running);
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS Restart(NDIS_HANDLE MiniportAdapterContext,
			   PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	PVLAN Vlan = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(RestartParameters);
	ExReInitializeRundownProtection(&Vlan->Running);
	return NDIS_STATUS_SUCCESS;
}

VOID DevicePnPEventNotify(NDIS_HANDLE MiniportAdapterContext,
				 PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(NetDevicePnPEvent);
}

VOID Shutdown(NDIS_HANDLE MiniportAdapterContext, NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(ShutdownAction);
}
