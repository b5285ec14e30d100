/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of an extensible switch: a driver linked in, with both edges, loaded once for each
 * switch, and its one adapter. Host threads.
 */
#include "switch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../verifier.h"
#include "adapter.h"
#include "net_event.h"

#define DEFAULT_PACKETS 256
#define MOST_PACKETS 65536
#define DEFAULT_FRAME 1518
#define LEAST_FRAME 64

static const char bus; /* devices of this type are switches, their context is which one */

struct nrt_switch *nrt_switch_of(const struct nrt_adapter *a)
{
	return a->device.bus_type == &bus ? a->device.bus_context : NULL;
}

/* ------------------------------------------------------------------------ the driver */

/* Whose driver is being loaded or unloaded: neither entry is told. */
static pthread_mutex_t entering = PTHREAD_MUTEX_INITIALIZER;
static struct nrt_switch *entered;

static VOID unload(PDRIVER_OBJECT object)
{
	(void)object;
	NdisDeregisterProtocolDriver(entered->protocol_driver);
	NdisMDeregisterMiniportDriver(entered->miniport_driver);
}

static int32_t driver_entry(struct _DRIVER_OBJECT *object, struct _UNICODE_STRING *registry_path)
{
	struct nrt_switch *sw = entered;
	NDIS_STATUS status = nrt_switch_register_miniport(sw, object, registry_path, unload);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	status = nrt_switch_register_protocol(sw);
	if (status != NDIS_STATUS_SUCCESS)
		NdisMDeregisterMiniportDriver(sw->miniport_driver);
	return status;
}

static int load(struct nrt_switch *sw)
{
	int rc;

	pthread_mutex_lock(&entering);
	entered = sw;
	rc = nrt_driver_load_linked("extensible switch", driver_entry, &sw->driver);
	entered = NULL;
	pthread_mutex_unlock(&entering);
	return rc;
}

static void unload_driver(struct nrt_switch *sw)
{
	pthread_mutex_lock(&entering);
	entered = sw;
	nrt_driver_unload(sw->driver);
	entered = NULL;
	pthread_mutex_unlock(&entering);
}

/* -------------------------------------------------------------------- create, destroy */

static void free_ports(struct nrt_switch *sw)
{
	for (unsigned int id = 1; id <= NRT_SWITCH_MAX_PORT; id++) {
		struct nrt_switch_port *port = atomic_load(&sw->ports[id]);

		for (unsigned int i = 0; port != NULL && i <= NRT_SWITCH_MAX_NIC; i++)
			free(atomic_load(&port->nics[i]));
		free(port);
	}
}

static void switch_free(struct nrt_switch *sw)
{
	uint64_t left = nrt_switch_contexts_free(sw);

	if (left != 0)
		nrt_violation("RS-MEM-02", "switch %s: %llu forwarding contexts are not freed",
			      sw->name, (unsigned long long)left);
	free_ports(sw);
	pthread_mutex_destroy(&sw->parameters_lock);
	pthread_mutex_destroy(&sw->control);
	free(sw->name);
	free(sw);
}

static struct nrt_switch *switch_new(const struct nrt_switch_options *o)
{
	struct nrt_switch *sw = calloc(1, sizeof(*sw));

	if (sw == NULL)
		return NULL;
	sw->magic = NRT_SWITCH_MAGIC;
	sw->n_packets = o->packets != 0 ? o->packets : DEFAULT_PACKETS;
	sw->max_frame = o->max_frame != 0 ? o->max_frame : DEFAULT_FRAME;
	pthread_mutex_init(&sw->control, NULL);
	pthread_mutex_init(&sw->parameters_lock, NULL);
	atomic_flag_clear(&sw->reporting);
	sw->name = strdup(o->name);
	if (sw->name == NULL || !nrt_switch_contexts_new(sw, sw->n_packets)) {
		switch_free(sw);
		return NULL;
	}
	return sw;
}

static void activate(struct nrt_switch *sw)
{
	NET_PNP_EVENT_NOTIFICATION event = nrt_net_event_of(NetEventSwitchActivate, NULL, 0);

	atomic_store(&sw->active, true);
	nrt_net_event(sw->adapter, &event);
}

/* The protocol edge has bound to it, or had no memory. */
static int add_adapter(struct nrt_switch *sw)
{
	const struct nrt_device device = {
		.name = sw->name,
		.bus_type = &bus,
		.bus_context = sw,
		.node = -1,
	};
	int rc = nrt_adapter_add(sw->driver, &device, &sw->adapter);

	if (rc != 0)
		return rc;
	if (sw->binding != NULL)
		return 0;
	nrt_adapter_remove(sw->adapter);
	return nrt_fail(-ENOMEM, "switch %s: out of memory for %u packets", sw->name,
			sw->n_packets);
}

int nrt_switch_create(const struct nrt_switch_options *options, struct nrt_switch **out)
{
	const struct nrt_switch_options *o = options;
	struct nrt_switch *sw;
	int rc;

	if (o->name == NULL || o->packets > MOST_PACKETS ||
	    (o->max_frame != 0 &&
	     (o->max_frame < LEAST_FRAME || o->max_frame > NRT_SWITCH_MAX_FRAME)))
		return nrt_fail(-EINVAL, "a switch has a name, at most %d packets, and frames "
				"of %d to %d bytes", MOST_PACKETS, LEAST_FRAME, NRT_SWITCH_MAX_FRAME);
	sw = switch_new(o);
	if (sw == NULL)
		return nrt_fail(-ENOMEM, "switch %s: out of memory", o->name);
	rc = load(sw);
	if (rc != 0) {
		switch_free(sw);
		return rc;
	}
	rc = add_adapter(sw);
	if (rc != 0) {
		unload_driver(sw);
		switch_free(sw);
		return rc;
	}
	activate(sw);
	*out = sw;
	return 0;
}

void nrt_switch_destroy(struct nrt_switch *sw)
{
	nrt_switch_ports_remove(sw);
	nrt_adapter_remove(sw->adapter);
	unload_driver(sw);
	switch_free(sw);
}

struct nrt_adapter *nrt_switch_adapter(struct nrt_switch *sw)
{
	return sw->adapter;
}

void nrt_switch_counters(struct nrt_switch *sw, struct nrt_switch_counters *out)
{
	*out = (struct nrt_switch_counters){
		.sent = atomic_load(&sw->counts[NRT_SWITCH_SENT]),
		.forwarded = atomic_load(&sw->counts[NRT_SWITCH_FORWARDED]),
		.flooded = atomic_load(&sw->counts[NRT_SWITCH_FLOODED]),
		.delivered = atomic_load(&sw->counts[NRT_SWITCH_DELIVERED]),
		.excluded = atomic_load(&sw->counts[NRT_SWITCH_EXCLUDED]),
		.dropped = atomic_load(&sw->counts[NRT_SWITCH_DROPPED]),
		.unreachable = atomic_load(&sw->counts[NRT_SWITCH_UNREACHABLE]),
		.filtered = atomic_load(&sw->counts[NRT_SWITCH_FILTERED]),
	};
}
