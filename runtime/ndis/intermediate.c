/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What intermediate drivers call to have virtual miniports (contract section 12). Mostly from
 * DriverEntry, ProtocolBindAdapterEx and ProtocolUnbindAdapterEx, at PASSIVE_LEVEL.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../ke/irql.h"
#include "../ke/unicode.h"
#include "../thread.h"
#include "../verifier.h"
#include "adapter.h"
#include "binding.h"
#include "driver.h"
#include "instance.h"
#include "net_event.h"
#include "protocol.h"

#define DEVICE "\\Device\\"
#define MAX_NAME 256

/* A registered miniport of an intermediate driver, or a report of @rule and NULL. */
static struct nrt_miniport_driver *intermediate_of(NDIS_HANDLE handle, const char *rule,
						   const char *ddi)
{
	struct nrt_miniport_driver *m = handle;

	nrt_check_irql(ddi, PASSIVE_LEVEL);
	if (m == NULL || m->magic != NRT_MINIPORT_MAGIC) {
		nrt_violation(rule, "%s: the handle names no registered miniport driver", ddi);
		return NULL;
	}
	if (!(m->chars.Flags & NDIS_INTERMEDIATE_DRIVER)) {
		nrt_violation("IM-01", "%s: %s registered without NDIS_INTERMEDIATE_DRIVER", ddi,
			      m->driver->name);
		return NULL;
	}
	return m;
}

/* True in the callbacks of virtual miniports and in DriverEntry: none of them is where
 * instances are made or ended, and ending one there would wait for itself. */
static bool in_miniport(void)
{
	const char *callback = nrt_self.callback;

	return callback != NULL && (strncmp(callback, "Miniport", 8) == 0 ||
				    strcmp(callback, "DriverEntry") == 0);
}

void nrt_intermediate_reenable(const struct nrt_driver *driver, const char *name)
{
	const struct nrt_protocol *p = driver->protocols;
	WCHAR text[sizeof(DEVICE) + MAX_NAME];
	NDIS_STRING string = { .Buffer = text, .MaximumLength = sizeof(text) };
	NET_PNP_EVENT_NOTIFICATION event =
		nrt_net_event_of(NetEventIMReEnableDevice, &string, sizeof(string));
	char path[RTL_NUMBER_OF(text)];
	size_t n;

	while (p != NULL && p->intermediate != driver->miniport)
		p = p->next_of_driver;
	if (p == NULL)
		return;
	snprintf(path, sizeof(path), "%s%s", DEVICE, name);
	n = strlen(path);
	for (size_t i = 0; i <= n; i++)
		text[i] = (unsigned char)path[i];
	string.Length = (USHORT)(n * sizeof(WCHAR));
	nrt_net_event_of_all(p, &event);
}

/* The adapter's name in @instance, with or without \Device\ in front. */
static const char *name_of(const NDIS_STRING *instance, char *text, size_t size)
{
	if (instance == NULL || instance->Buffer == NULL || instance->Length % sizeof(WCHAR) != 0 ||
	    !nrt_unicode_ascii(instance, text, size))
		return NULL;
	if (strncasecmp(text, DEVICE, sizeof(DEVICE) - 1) == 0)
		text += sizeof(DEVICE) - 1;
	return text[0] != '\0' ? text : NULL;
}

void nrt_intermediate_check(const struct nrt_driver *driver)
{
	const struct nrt_protocol *p = driver->protocols;

	if (!nrt_driver_is_intermediate(driver) || p == NULL)
		return;
	while (p != NULL && p->intermediate != driver->miniport)
		p = p->next_of_driver;
	if (p == NULL)
		nrt_violation("IM-01", "%s did not call NdisIMAssociateMiniport in DriverEntry",
			      driver->name);
}

VOID NdisIMAssociateMiniport(NDIS_HANDLE DriverHandle, NDIS_HANDLE ProtocolHandle)
{
	struct nrt_miniport_driver *m =
		intermediate_of(DriverHandle, "IM-01", "NdisIMAssociateMiniport");
	struct nrt_protocol *p = ProtocolHandle;

	if (m == NULL)
		return;
	if (p == NULL || p->magic != NRT_PROTOCOL_MAGIC || p->driver != m->driver) {
		nrt_violation("IM-01", "NdisIMAssociateMiniport: the protocol is not one of %s's",
			      m->driver->name);
		return;
	}
	if (nrt_driver_entering() != m->driver)
		nrt_violation("IM-01", "%s calls NdisIMAssociateMiniport outside DriverEntry",
			      m->driver->name);
	p->intermediate = m;
}

NDIS_STATUS NdisIMInitializeDeviceInstanceEx(NDIS_HANDLE DriverHandle, PNDIS_STRING DriverInstance,
					     NDIS_HANDLE DeviceContext)
{
	struct nrt_miniport_driver *m =
		intermediate_of(DriverHandle, "IM-02", "NdisIMInitializeDeviceInstanceEx");
	const char *name;
	char text[sizeof(DEVICE) + MAX_NAME];

	if (m == NULL)
		return NDIS_STATUS_NOT_ACCEPTED;
	name = name_of(DriverInstance, text, sizeof(text));
	if (name == NULL) {
		nrt_violation("IM-02", "%s initializes an instance whose name is none",
			      m->driver->name);
		return NDIS_STATUS_NOT_ACCEPTED;
	}
	if (in_miniport()) {
		nrt_violation("IM-02", "%s initializes %s from %s, not from ProtocolBindAdapterEx",
			      m->driver->name, name, nrt_self.callback);
		return NDIS_STATUS_NOT_ACCEPTED;
	}
	return nrt_instance_request(m->driver, name, DeviceContext);
}

NDIS_STATUS NdisIMCancelInitializeDeviceInstance(NDIS_HANDLE DriverHandle,
						 PNDIS_STRING DeviceInstance)
{
	struct nrt_miniport_driver *m =
		intermediate_of(DriverHandle, "IM-03", "NdisIMCancelInitializeDeviceInstance");
	const char *name;
	char text[sizeof(DEVICE) + MAX_NAME];

	if (m == NULL)
		return NDIS_STATUS_FAILURE;
	name = name_of(DeviceInstance, text, sizeof(text));
	if (name == NULL || !nrt_instance_cancel(m->driver, name))
		return NDIS_STATUS_FAILURE;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisIMDeInitializeDeviceInstance(NDIS_HANDLE NdisMiniportHandle)
{
	static const char ddi[] = "NdisIMDeInitializeDeviceInstance";
	struct nrt_adapter *a;

	nrt_check_irql(ddi, PASSIVE_LEVEL);
	a = nrt_adapter_of(NdisMiniportHandle, ddi);
	if (a == NULL)
		return NDIS_STATUS_FAILURE;
	if (a->instance == NULL) {
		nrt_violation("IM-03", "%s: %s is no virtual miniport", ddi, a->device.name);
		return NDIS_STATUS_FAILURE;
	}
	if (in_miniport()) {
		nrt_violation("IM-03", "%s of %s from inside %s", ddi, a->device.name,
			      nrt_self.callback);
		return NDIS_STATUS_FAILURE;
	}
	pthread_mutex_lock(&a->pnp);
	a->halt_action = NdisHaltDeviceInstanceDeInitialized;
	pthread_mutex_unlock(&a->pnp);
	if (nrt_adapter_remove(a) != 0) /* halted meanwhile, by the host */
		return NDIS_STATUS_FAILURE;
	nrt_instance_ended(a);
	return NDIS_STATUS_SUCCESS;
}

NDIS_HANDLE NdisIMGetBindingContext(NDIS_HANDLE NdisBindingHandle)
{
	const struct nrt_binding *b;

	nrt_check_irql("NdisIMGetBindingContext", APC_LEVEL);
	b = nrt_binding_of(NdisBindingHandle, "NdisIMGetBindingContext");
	return b != NULL ? b->adapter->instance_context : NULL;
}
