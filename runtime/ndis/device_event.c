/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device PnP events on their way down a stack. Control threads and work items, at
 * PASSIVE_LEVEL.
 */
#include "device_event.h"

#include <stdatomic.h>

#include <nrt/nrt.h>

#include "adapter.h"
#include "callback.h"
#include "driver.h"
#include "filter.h"

static _Atomic ULONG profile = NdisPowerProfileAcOnLine;

void nrt_device_events_open(struct nrt_adapter *a)
{
	pthread_mutex_lock(&a->device_events.lock);
	a->device_events.open = true;
	pthread_mutex_unlock(&a->device_events.lock);
}

void nrt_device_events_close(struct nrt_adapter *a)
{
	pthread_mutex_lock(&a->device_events.lock);
	a->device_events.open = false;
	pthread_mutex_unlock(&a->device_events.lock);
}

/* The highest that handles them, or NULL. */
static struct nrt_filter *first_filter(const struct nrt_adapter *a)
{
	struct nrt_filter *first = NULL;

	for (struct nrt_filter *f = a->filters; f != NULL; f = f->above)
		if (f->driver->chars.DevicePnPEventNotifyHandler != NULL)
			first = f;
	return first;
}

static void tell(struct nrt_adapter *a, NET_DEVICE_PNP_EVENT *event)
{
	struct nrt_filter *f = first_filter(a);
	struct nrt_callback cb = nrt_callback_begin(f != NULL ? "FilterDevicePnPEventNotify" :
								"MiniportDevicePnPEventNotify");

	if (f != NULL)
		f->driver->chars.DevicePnPEventNotifyHandler(f->context, event);
	else
		a->driver->chars.DevicePnPEventNotifyHandler(a->context, event);
	nrt_callback_end(&cb);
}

bool nrt_device_event(struct nrt_adapter *a, NDIS_DEVICE_PNP_EVENT code, void *buffer, ULONG length)
{
	NET_DEVICE_PNP_EVENT event = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_DEVICE_PNP_EVENT_REVISION_1,
			    NDIS_SIZEOF_NET_DEVICE_PNP_EVENT_REVISION_1 },
		.DevicePnPEvent = code,
		.InformationBuffer = buffer,
		.InformationBufferLength = length,
	};
	bool open;

	pthread_mutex_lock(&a->device_events.lock);
	open = a->device_events.open;
	if (open)
		tell(a, &event);
	pthread_mutex_unlock(&a->device_events.lock);
	return open;
}

void nrt_device_event_profile(struct nrt_adapter *a)
{
	ULONG now = atomic_load(&profile);

	nrt_device_event(a, NdisDevicePnPEventPowerProfileChanged, &now, sizeof(now));
}

static void tell_profile(struct nrt_adapter *a, void *arg)
{
	(void)arg;
	nrt_device_event_profile(a);
}

void nrt_power_profile(bool battery)
{
	ULONG now = battery ? NdisPowerProfileBattery : NdisPowerProfileAcOnLine;

	if (atomic_exchange(&profile, now) != now)
		nrt_adapter_for_each(tell_profile, NULL);
}
