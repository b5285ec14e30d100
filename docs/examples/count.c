/* SPDX-License-Identifier: BSD-3-Clause */
/* A protocol driver: opens one adapter, asks for all its frames, counts and returns them. */
#include <ndis.h>

DRIVER_INITIALIZE DriverEntry;
static NDIS_HANDLE Protocol, Binding;
static NDIS_EVENT Done; /* of the one open, close or OID request under way */
static NDIS_STATUS Result;
static LONG64 Frames;

static VOID OpenComplete(NDIS_HANDLE Context, NDIS_STATUS Status)
{
	Result = Status;
	NdisSetEvent(&Done);
}

static VOID CloseComplete(NDIS_HANDLE Context) { OpenComplete(Context, NDIS_STATUS_SUCCESS); }
static VOID OidComplete(NDIS_HANDLE C, PNDIS_OID_REQUEST R, NDIS_STATUS S) { OpenComplete(C, S); }

static NDIS_STATUS Wait(NDIS_STATUS Status)
{
	if (Status == NDIS_STATUS_PENDING)
		NdisWaitEvent(&Done, 0);
	NdisResetEvent(&Done);
	return Status == NDIS_STATUS_PENDING ? Result : Status;
}

static NDIS_STATUS SetFilter(ULONG Filter)
{
	NDIS_OID_REQUEST Request = {
		.Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
			    NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
		.RequestType = NdisRequestSetInformation,
		.DATA.SET_INFORMATION = { .Oid = OID_GEN_CURRENT_PACKET_FILTER,
			.InformationBuffer = &Filter, .InformationBufferLength = sizeof(Filter) },
	};

	return Wait(NdisOidRequest(Binding, &Request));
}

static NDIS_STATUS Bind(NDIS_HANDLE Driver, NDIS_HANDLE Context, PNDIS_BIND_PARAMETERS Adapter)
{
	NDIS_OPEN_PARAMETERS Open = {
		.Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
		.AdapterName = Adapter->AdapterName, .SelectedMediumIndex = &(UINT){ 0 },
		.MediumArray = &(NDIS_MEDIUM){ NdisMedium802_3 }, .MediumArraySize = 1,
	};

	if (Binding != NULL)
		return NDIS_STATUS_NOT_ACCEPTED; /* one is enough */
	return Wait(NdisOpenAdapterEx(Protocol, NULL, &Open, Context, &Binding));
}

static NDIS_STATUS Unbind(NDIS_HANDLE UnbindContext, NDIS_HANDLE Context)
{
	SetFilter(0);
	return Wait(NdisCloseAdapterEx(Binding));
}

static VOID Receive(NDIS_HANDLE C, PNET_BUFFER_LIST L, NDIS_PORT_NUMBER P, ULONG Count, ULONG Flags)
{
	InterlockedAdd64(&Frames, Count); /* several queues may be served at a time */
	if (!NDIS_TEST_RECEIVE_CANNOT_PEND(Flags))
		NdisReturnNetBufferLists(Binding, L, 0);
}

static NDIS_STATUS PnP(NDIS_HANDLE Context, PNET_PNP_EVENT_NOTIFICATION Event)
{
	return Event->NetPnPEvent.NetEvent == NetEventRestart ?
		       SetFilter(NDIS_PACKET_TYPE_PROMISCUOUS) : NDIS_STATUS_SUCCESS;
}
static VOID Status(NDIS_HANDLE C, PNDIS_STATUS_INDICATION I) { }
static VOID SendComplete(NDIS_HANDLE C, PNET_BUFFER_LIST Lists, ULONG Flags) { } /* sends none */

static VOID Unload(PDRIVER_OBJECT Driver)
{
	NdisDeregisterProtocolDriver(Protocol);
	DbgPrint("count: %I64d frames\n", Frames);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS C = {
		.Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
			    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
			    NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 },
		.MajorNdisVersion = 6, .MinorNdisVersion = 30, .Name = NDIS_STRING_CONST("count"),
		.BindAdapterHandlerEx = Bind, .UnbindAdapterHandlerEx = Unbind,
		.OpenAdapterCompleteHandlerEx = OpenComplete, .OidRequestCompleteHandler = OidComplete,
		.CloseAdapterCompleteHandlerEx = CloseComplete, .NetPnPEventHandler = PnP,
		.ReceiveNetBufferListsHandler = Receive, .StatusHandlerEx = Status,
		.SendNetBufferListsCompleteHandler = SendComplete,
	};

	Driver->DriverUnload = Unload;
	NdisInitializeEvent(&Done);
	return NdisRegisterProtocolDriver(NULL, &C, &Protocol);
}
