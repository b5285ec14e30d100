/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reference miniport's entry and exit: a deserialized NDIS 6.85 driver over
 * the PMD bridge. It sees <ndis.h> and <pmb.h>, as any driver may.
 */
#include "adapter.h"

DRIVER_INITIALIZE DriverEntry;
static MINIPORT_UNLOAD unload;

static NDIS_HANDLE driver_handle;

static VOID unload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	NdisMDeregisterMiniportDriver(driver_handle);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS chars = {
		.Header = { NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
			    NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
			    NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 },
		.MajorNdisVersion = 6,
		.MinorNdisVersion = 85,
		.MajorDriverVersion = 1,
		.InitializeHandlerEx = MPInitializeEx,
		.HaltHandlerEx = MPHaltEx,
		.UnloadHandler = unload,
		.PauseHandler = MPPause,
		.RestartHandler = MPRestart,
		.ResetHandlerEx = MPResetEx,
		.OidRequestHandler = MPOidRequest,
		.CancelOidRequestHandler = MPCancelOidRequest,
		.SendNetBufferListsHandler = MPSendNetBufferLists,
		.CancelSendHandler = MPCancelSend,
		.ReturnNetBufferListsHandler = MPReturnNetBufferLists,
		.DevicePnPEventNotifyHandler = MPDevicePnPEventNotify,
		.ShutdownHandlerEx = MPShutdownEx,
	};

	return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &chars,
					   &driver_handle);
}
