/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport with one fault, chosen by -DFAULT=...: what bad_input.py loads to
 * see each refused. Everything before and after the fault is as the documents
 * want it, so nothing else can be what is complained about.
 */
#include <ndis.h>

#define ENTRY_FAILS 1      /* DriverEntry returns a failure and has registered nothing */
#define NO_ENTRY 2         /* there is no DriverEntry */
#define ABSENT_DDI 3       /* calls a DDI that does not exist */
#define WRONG_HEADER 4     /* characteristics with another object's type */
#define MISSING_HANDLER 5  /* no MiniportSendNetBufferLists */
#define UNKNOWN_VERSION 6  /* registers for NDIS 9.9 */
#define INITIALIZE_FAILS 7 /* MiniportInitializeEx returns a failure */

DRIVER_INITIALIZE DriverEntry;

static MINIPORT_INITIALIZE initialize;
static MINIPORT_HALT halt;
static MINIPORT_UNLOAD unload;
static MINIPORT_PAUSE pause_adapter;
static MINIPORT_RESTART restart;
static MINIPORT_OID_REQUEST oid_request;
static MINIPORT_SEND_NET_BUFFER_LISTS send;
static MINIPORT_RETURN_NET_BUFFER_LISTS return_lists;
static MINIPORT_CANCEL_SEND cancel_send;
static MINIPORT_DEVICE_PNP_EVENT_NOTIFY pnp_event;
static MINIPORT_SHUTDOWN shutdown_adapter;
static MINIPORT_CANCEL_OID_REQUEST cancel_oid;

static NDIS_HANDLE driver_handle;

static NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE driver_context,
			      PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	(void)handle;
	(void)driver_context;
	(void)parameters;
	return NDIS_STATUS_ADAPTER_NOT_FOUND;
}

/* No adapter of this driver ever starts, so none of the following is called. */
static VOID halt(NDIS_HANDLE adapter, NDIS_HALT_ACTION action)
{
	(void)adapter;
	(void)action;
}

static NDIS_STATUS pause_adapter(NDIS_HANDLE adapter, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
	(void)adapter;
	(void)parameters;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS restart(NDIS_HANDLE adapter, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
	(void)adapter;
	(void)parameters;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS oid_request(NDIS_HANDLE adapter, PNDIS_OID_REQUEST request)
{
	(void)adapter;
	(void)request;
	return NDIS_STATUS_NOT_SUPPORTED;
}

static VOID send(NDIS_HANDLE adapter, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
	(void)port;
	(void)flags;
	NdisMSendNetBufferListsComplete(adapter, lists, 0);
}

static VOID return_lists(NDIS_HANDLE adapter, PNET_BUFFER_LIST lists, ULONG flags)
{
	(void)adapter;
	(void)lists;
	(void)flags;
}

static VOID cancel_send(NDIS_HANDLE adapter, PVOID cancel_id)
{
	(void)adapter;
	(void)cancel_id;
}

static VOID pnp_event(NDIS_HANDLE adapter, PNET_DEVICE_PNP_EVENT event)
{
	(void)adapter;
	(void)event;
}

static VOID shutdown_adapter(NDIS_HANDLE adapter, NDIS_SHUTDOWN_ACTION action)
{
	(void)adapter;
	(void)action;
}

static VOID cancel_oid(NDIS_HANDLE adapter, PVOID request_id)
{
	(void)adapter;
	(void)request_id;
}

static VOID unload(PDRIVER_OBJECT driver)
{
	(void)driver;
	NdisMDeregisterMiniportDriver(driver_handle);
}

static NDIS_STATUS register_miniport(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c;

	NdisZeroMemory(&c, sizeof(c));
	c.Header.Type = FAULT == WRONG_HEADER ? NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS :
						NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
	c.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
	c.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
	c.MajorNdisVersion = FAULT == UNKNOWN_VERSION ? 9 : 6;
	c.MinorNdisVersion = FAULT == UNKNOWN_VERSION ? 9 : 30;
	c.InitializeHandlerEx = initialize;
	c.HaltHandlerEx = halt;
	c.UnloadHandler = unload;
	c.PauseHandler = pause_adapter;
	c.RestartHandler = restart;
	c.OidRequestHandler = oid_request;
	c.SendNetBufferListsHandler = FAULT == MISSING_HANDLER ? NULL : send;
	c.ReturnNetBufferListsHandler = return_lists;
	c.CancelSendHandler = cancel_send;
	c.DevicePnPEventNotifyHandler = pnp_event;
	c.ShutdownHandlerEx = shutdown_adapter;
	c.CancelOidRequestHandler = cancel_oid;
	return NdisMRegisterMiniportDriver(driver, registry_path, NULL, &c, &driver_handle);
}

#if FAULT == ABSENT_DDI
VOID NdisTestNoSuchDdi(VOID);
#endif

#if FAULT == NO_ENTRY
#define DriverEntry NotTheEntry
DRIVER_INITIALIZE DriverEntry;
#endif

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
#if FAULT == ABSENT_DDI
	NdisTestNoSuchDdi();
#endif
	if (FAULT == ENTRY_FAILS)
		return STATUS_UNSUCCESSFUL;
	return register_miniport(driver, registry_path);
}
