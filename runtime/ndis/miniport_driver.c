/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisMRegisterMiniportDriver and its reciprocal. PASSIVE_LEVEL, from
 * DriverEntry and MiniportDriverUnload.
 */
#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "adapter.h"
#include "culprit.h"
#include "driver.h"
#include "header.h"
#include "sharedprovider.h"

/* MP-REG-03: what every NDIS 6 miniport must export. */
static const char *missing_handler(const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
	const struct {
		const char *name;
		const void *handler;
	} mandatory[] = {
		{ "InitializeHandlerEx", (const void *)c->InitializeHandlerEx },
		{ "HaltHandlerEx", (const void *)c->HaltHandlerEx },
		{ "UnloadHandler", (const void *)c->UnloadHandler },
		{ "PauseHandler", (const void *)c->PauseHandler },
		{ "RestartHandler", (const void *)c->RestartHandler },
		{ "OidRequestHandler", (const void *)c->OidRequestHandler },
		{ "SendNetBufferListsHandler", (const void *)c->SendNetBufferListsHandler },
		{ "ReturnNetBufferListsHandler", (const void *)c->ReturnNetBufferListsHandler },
		{ "CancelSendHandler", (const void *)c->CancelSendHandler },
		{ "DevicePnPEventNotifyHandler", (const void *)c->DevicePnPEventNotifyHandler },
		{ "ShutdownHandlerEx", (const void *)c->ShutdownHandlerEx },
		{ "CancelOidRequestHandler", (const void *)c->CancelOidRequestHandler },
	};

	for (size_t i = 0; i < sizeof(mandatory) / sizeof(mandatory[0]); i++)
		if (mandatory[i].handler == NULL)
			return mandatory[i].name;
	return NULL;
}

static NDIS_STATUS check(const char *driver, const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
	static const size_t sizes[] = {
		NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1,
		NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
		NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3,
	};
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS copy;
	const char *missing;

	if (!nrt_header_ok(&c->Header, NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, sizes, 3,
			   "NdisMRegisterMiniportDriver"))
		return NDIS_STATUS_BAD_CHARACTERISTICS;
	nrt_header_copy(&copy, sizeof(copy), &c->Header);
	if (!nrt_ndis_version_known(copy.MajorNdisVersion, copy.MinorNdisVersion)) {
		nrt_violation("MP-REG-03", "%s registers for NDIS %u.%u, which is not known", driver,
			      copy.MajorNdisVersion, copy.MinorNdisVersion);
		return NDIS_STATUS_BAD_VERSION;
	}
	missing = missing_handler(&copy);
	if (missing != NULL) {
		nrt_violation("MP-REG-03", "%s registers without its %s", driver, missing);
		return NDIS_STATUS_BAD_CHARACTERISTICS;
	}
	if (copy.CheckForHangHandlerEx != NULL && copy.MajorNdisVersion == 6 &&
	    copy.MinorNdisVersion >= 83) /* it is not called, then */
		nrt_violation("MP-RST-09", "%s registers for NDIS 6.%u and a check for hang", driver,
			      copy.MinorNdisVersion);
	if ((copy.Flags & NDIS_INTERMEDIATE_DRIVER) &&
	    (copy.CheckForHangHandlerEx != NULL || copy.ResetHandlerEx != NULL))
		nrt_violation("IM-04", "%s, an intermediate driver, registers a check for hang or a "
			      "reset", driver);
	if (copy.CancelDirectOidRequestHandler != NULL && copy.DirectOidRequestHandler == NULL) {
		nrt_violation("MP-REG-03", "%s cancels direct OID requests but handles none", driver);
		return NDIS_STATUS_BAD_CHARACTERISTICS;
	}
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMRegisterMiniportDriver(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
					NDIS_HANDLE MiniportDriverContext,
					PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics,
					PNDIS_HANDLE NdisMiniportDriverHandle)
{
	struct nrt_driver *driver = CONTAINING_RECORD(DriverObject, struct nrt_driver, object);
	struct nrt_miniport_driver *m;
	NDIS_STATUS status;

	(void)RegistryPath;
	nrt_check_irql("NdisMRegisterMiniportDriver", PASSIVE_LEVEL);
	if (driver != nrt_driver_entering() || driver->miniport != NULL)
		return NDIS_STATUS_FAILURE;
	status = check(driver->name, Characteristics);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NDIS_STATUS_RESOURCES;
	m->magic = NRT_MINIPORT_MAGIC;
	m->driver = driver;
	m->context = MiniportDriverContext;
	nrt_header_copy(&m->chars, sizeof(m->chars), &Characteristics->Header);
	driver->miniport = m;
	*NdisMiniportDriverHandle = m;
	m->options_running = true;
	if (m->chars.SetOptionsHandler != NULL)
		status = m->chars.SetOptionsHandler(m, MiniportDriverContext);
	m->options_running = false;
	if (status != NDIS_STATUS_SUCCESS)
		nrt_miniport_driver_free(driver);
	return status;
}

void nrt_miniport_driver_free(struct nrt_driver *driver)
{
	nrt_shared_forget(driver->miniport, "RS-DMA-01");
	driver->miniport->magic = 0;
	free(driver->dead_miniport);
	driver->dead_miniport = driver->miniport;
	driver->miniport = NULL;
}

VOID NdisMDeregisterMiniportDriver(NDIS_HANDLE NdisMiniportDriverHandle)
{
	struct nrt_miniport_driver *m = NdisMiniportDriverHandle;

	if (m == NULL || m->magic != NRT_MINIPORT_MAGIC) {
		nrt_violation("MP-REG-02", "NdisMDeregisterMiniportDriver: not a registered miniport");
		return;
	}
	if (nrt_adapter_count_of(m) != 0) {
		const struct nrt_culprit who = nrt_culprit_of(m, "NdisMDeregisterMiniportDriver");

		nrt_bug_check("MP-UNL-01", "0x7C/0x0A", &who, "adapters of its miniport exist");
		return;
	}
	nrt_miniport_driver_free(m->driver);
}
