/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What passes filters beside data and requests: status indications and network PnP events
 * on the way up, device PnP events on the way down. A module without the handler is skipped.
 */
#include <string.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "binding.h"
#include "callback.h"
#include "culprit.h"
#include "driver.h"
#include "filter.h"
#include "net_event.h"
#include "status.h"

/* --------------------------------------------------------------------- status */

/* Under status_lock, which also keeps modules and bindings where they are. */
static void pass_status(struct nrt_adapter *a, struct nrt_filter *f, NDIS_STATUS_INDICATION *status)
{
	struct nrt_callback cb;

	while (f != NULL && f->driver->chars.StatusHandler == NULL)
		f = f->above;
	if (f == NULL) {
		nrt_status_to_bindings(a, status);
		return;
	}
	cb = nrt_callback_begin("FilterStatus");
	f->driver->chars.StatusHandler(f->context, status);
	nrt_callback_end(&cb);
}

void nrt_status_indicate(struct nrt_adapter *a, NDIS_STATUS_INDICATION *status)
{
	pass_status(a, a->filters, status);
}

VOID NdisFIndicateStatus(NDIS_HANDLE NdisFilterHandle, PNDIS_STATUS_INDICATION StatusIndication)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFIndicateStatus");

	nrt_check_irql("NdisFIndicateStatus", DISPATCH_LEVEL);
	if (f == NULL)
		return;
	if (StatusIndication->Header.Type != NDIS_OBJECT_TYPE_STATUS_INDICATION ||
	    StatusIndication->Header.Size < NDIS_SIZEOF_STATUS_INDICATION_REVISION_1) {
		const struct nrt_culprit who = nrt_culprit_of(f, "NdisFIndicateStatus");

		nrt_bug_check("FL-STA-01", "0x7C/0x20", &who, "malformed status indication header");
		return;
	}
	if (atomic_load(&f->state) == NRT_INITIALIZING) {
		nrt_violation("FL-ATT-02", "%s indicates a status while it attaches",
			      f->driver->driver->name);
		return;
	}
	pthread_mutex_lock(&f->adapter->status_lock);
	pass_status(f->adapter, f->above, StatusIndication);
	pthread_mutex_unlock(&f->adapter->status_lock);
}

/* ------------------------------------------------------------------ PnP events */

NDIS_STATUS nrt_filter_net_event(struct nrt_filter *f, NET_PNP_EVENT_NOTIFICATION *event)
{
	struct nrt_callback cb = nrt_callback_begin("FilterNetPnPEvent");
	NDIS_STATUS status = f->driver->chars.NetPnPEventHandler(f->context, event);

	nrt_callback_end(&cb);
	return status;
}

NDIS_STATUS NdisFNetPnPEvent(NDIS_HANDLE NdisFilterHandle,
			     PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFNetPnPEvent");

	nrt_check_irql("NdisFNetPnPEvent", PASSIVE_LEVEL);
	if (f == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (NetPnPEventNotification->Header.Type != NDIS_OBJECT_TYPE_DEFAULT ||
	    NetPnPEventNotification->Header.Size <
		    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1) {
		const struct nrt_culprit who = nrt_culprit_of(f, "NdisFNetPnPEvent");

		nrt_bug_check("FL-PNP-01", "0x7C/0x22", &who, "malformed PnP event");
		return NDIS_STATUS_INVALID_PARAMETER;
	}
	return nrt_net_event_above(f, NetPnPEventNotification);
}

/* No document names the event; of those there are, this is the one that says that what a
 * driver knows of its stack may not hold any more [modifying-a-running-driver-stack]. */
void nrt_filters_changed(struct nrt_adapter *a)
{
	NET_PNP_EVENT_NOTIFICATION event = nrt_net_event_of(NetEventReconfigure, NULL, 0);

	nrt_net_event(a, &event);
}

VOID NdisFDevicePnPEventNotify(NDIS_HANDLE NdisFilterHandle,
			       PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFDevicePnPEventNotify");
	struct nrt_filter *to;
	struct nrt_callback cb;

	nrt_check_irql("NdisFDevicePnPEventNotify", PASSIVE_LEVEL);
	if (f == NULL)
		return;
	pthread_mutex_lock(&f->adapter->device_events.lock);
	for (to = f->below; to != NULL && to->driver->chars.DevicePnPEventNotifyHandler == NULL;)
		to = to->below;
	cb = nrt_callback_begin(to != NULL ? "FilterDevicePnPEventNotify" :
					     "MiniportDevicePnPEventNotify");
	if (to != NULL)
		to->driver->chars.DevicePnPEventNotifyHandler(to->context, NetDevicePnPEvent);
	else if (f->adapter->device_events.open)
		f->adapter->driver->chars.DevicePnPEventNotifyHandler(f->adapter->context,
								      NetDevicePnPEvent);
	nrt_callback_end(&cb);
	pthread_mutex_unlock(&f->adapter->device_events.lock);
}
