/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of filter modules: attached between the miniport and the bindings,
 * restarted from the bottom up, paused from the top down, detached. Control threads
 * at PASSIVE_LEVEL under the adapter's pnp lock; a driver may complete from anywhere.
 */
#include "filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "binding.h"
#include "callback.h"
#include "culprit.h"
#include "delivery.h"
#include "driver.h"
#include "filter_oid.h"
#include "filter_track.h"
#include "header.h"
#include "net_event.h"
#include "netluid.h"
#include "restart.h"
#include "sharedprovider.h"

struct nrt_filter *nrt_filter_of(NDIS_HANDLE handle, const char *ddi)
{
	struct nrt_filter *f = handle;

	if (f != NULL && f->magic == NRT_FILTER_MAGIC)
		return f;
	nrt_violation("FL-DET-01", "%s: the handle names no attached filter module", ddi);
	return NULL;
}

struct nrt_filter *nrt_filter_by_driver(const struct nrt_adapter *a,
					const struct nrt_filter_driver *d)
{
	struct nrt_filter *f = a->filters;

	while (f != NULL && f->driver != d)
		f = f->above;
	return f;
}

static struct nrt_filter *highest(const struct nrt_adapter *a)
{
	struct nrt_filter *f = a->filters;

	while (f != NULL && f->above != NULL)
		f = f->above;
	return f;
}

/* ------------------------------------------------------------- making and freeing */

/* @text as UTF-16; names are ASCII. */
static bool set_string(UNICODE_STRING *string, const char *text)
{
	size_t n = strlen(text);

	string->Buffer = calloc(n + 1, sizeof(WCHAR));
	if (string->Buffer == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		string->Buffer[i] = (unsigned char)text[i];
	string->Length = (USHORT)(n * sizeof(WCHAR));
	string->MaximumLength = (USHORT)((n + 1) * sizeof(WCHAR));
	return true;
}

static void filter_free(struct nrt_filter *f)
{
	nrt_operation_fini(&f->pause_op);
	nrt_operation_fini(&f->restart_op);
	nrt_netluid_give_back(IF_TYPE_ETHERNET_CSMACD, (UINT32)f->net_luid.Info.NetLuidIndex);
	free(f->name.Buffer);
	free(f->adapter_name.Buffer);
	free(f);
}

static void partial_handlers(const struct nrt_filter_driver *d,
			     NDIS_FILTER_PARTIAL_CHARACTERISTICS *h)
{
	const NDIS_FILTER_DRIVER_CHARACTERISTICS *c = &d->chars;

	h->SendNetBufferListsHandler = c->SendNetBufferListsHandler;
	h->SendNetBufferListsCompleteHandler = c->SendNetBufferListsCompleteHandler;
	h->CancelSendNetBufferListsHandler = c->CancelSendNetBufferListsHandler;
	h->ReceiveNetBufferListsHandler = c->ReceiveNetBufferListsHandler;
	h->ReturnNetBufferListsHandler = c->ReturnNetBufferListsHandler;
}

static struct nrt_filter *filter_new(struct nrt_adapter *a, struct nrt_filter_driver *d)
{
	static _Atomic unsigned int if_index;
	struct nrt_filter *f = calloc(1, sizeof(*f));
	UINT32 luid_index;
	char name[160];

	if (f == NULL)
		return NULL;
	f->adapter = a;
	f->driver = d;
	/* Interfaces of modules count from far above those of adapters. */
	f->if_index = 0x10000 + atomic_fetch_add(&if_index, 1);
	if (nrt_netluid_take_any(IF_TYPE_ETHERNET_CSMACD, &luid_index))
		NDIS_MAKE_NET_LUID(&f->net_luid, IF_TYPE_ETHERNET_CSMACD, luid_index);
	partial_handlers(d, &f->handlers);
	nrt_operation_init(&f->pause_op, "FilterPause", "FL-PAU-01");
	nrt_operation_init(&f->restart_op, "FilterRestart", "FL-RST-01");
	nrt_operation_blame(&f->pause_op, f, "0xC4/0x00092010", "0x7C/0x25");
	snprintf(name, sizeof(name), "%s-%s-0000", a->device.name, d->driver->name);
	if (!set_string(&f->name, name) || !set_string(&f->adapter_name, a->device.name)) {
		filter_free(f);
		return NULL;
	}
	return f;
}

void nrt_filters_free(struct nrt_adapter *a)
{
	while (a->dead_filters != NULL) {
		struct nrt_filter *f = a->dead_filters;

		a->dead_filters = f->above;
		filter_free(f);
	}
}

/* --------------------------------------------------------------------- the list */

static void link_highest(struct nrt_filter *f)
{
	struct nrt_adapter *a = f->adapter;

	pthread_mutex_lock(&a->device_events.lock);
	pthread_mutex_lock(&a->status_lock);
	pthread_mutex_lock(&a->lock);
	f->below = highest(a);
	if (f->below != NULL)
		f->below->above = f;
	else
		a->filters = f;
	pthread_mutex_unlock(&a->lock);
	pthread_mutex_unlock(&a->status_lock);
	pthread_mutex_unlock(&a->device_events.lock);
}

static void unlink_filter(struct nrt_filter *f)
{
	struct nrt_adapter *a = f->adapter;

	pthread_mutex_lock(&a->device_events.lock);
	pthread_mutex_lock(&a->status_lock);
	pthread_mutex_lock(&a->lock);
	if (f->below != NULL)
		f->below->above = f->above;
	else
		a->filters = f->above;
	if (f->above != NULL)
		f->above->below = f->below;
	pthread_mutex_unlock(&a->lock);
	pthread_mutex_unlock(&a->status_lock);
	pthread_mutex_unlock(&a->device_events.lock);
}

static void dead(struct nrt_filter *f)
{
	struct nrt_adapter *a = f->adapter;

	f->magic = 0;
	f->above = a->dead_filters;
	a->dead_filters = f;
}

/* RS-MEM-02: a detached module has left nothing. */
static void check_released(const struct nrt_filter *f, const char *rule)
{
	uint64_t allocations = nrt_memory_live_of(f);

	if (allocations != 0)
		nrt_violation(rule, "%s on %s: %llu allocations are left", f->driver->driver->name,
			      f->adapter->device.name, (unsigned long long)allocations);
	if (atomic_load(&f->open_configs) != 0)
		nrt_violation(rule, "%s on %s: %d configuration handles are still open",
			      f->driver->driver->name, f->adapter->device.name,
			      atomic_load(&f->open_configs));
}

/* ------------------------------------------------------------- attach and detach */

static void fill_attach_params(struct nrt_filter *f, NDIS_FILTER_ATTACH_PARAMETERS *p)
{
	const struct nrt_adapter *a = f->adapter;
	const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;

	*p = (NDIS_FILTER_ATTACH_PARAMETERS){
		.Header = { NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS,
			    NDIS_FILTER_ATTACH_PARAMETERS_REVISION_4,
			    NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_4 },
		.IfIndex = f->if_index,
		.NetLuid = f->net_luid,
		.FilterModuleGuidName = &f->name,
		.BaseMiniportIfIndex = a->if_index,
		.BaseMiniportInstanceName = &f->adapter_name,
		.BaseMiniportName = &f->adapter_name,
		.MediaConnectState = a->link.MediaConnectState,
		.MediaDuplexState = a->link.MediaDuplexState,
		.XmitLinkSpeed = a->link.XmitLinkSpeed,
		.RcvLinkSpeed = a->link.RcvLinkSpeed,
		.MiniportMediaType = g->MediaType,
		.MiniportPhysicalMediaType = g->PhysicalMediumType,
		.MacAddressLength = g->MacAddressLength,
		.LowerIfIndex = f->below != NULL ? f->below->if_index : a->if_index,
		.BaseMiniportIfConnectorPresent = g->IfConnectorPresent,
	};
	memcpy(p->CurrentMacAddress, g->CurrentMacAddress, sizeof(p->CurrentMacAddress));
}

NDIS_STATUS NdisFSetAttributes(NDIS_HANDLE NdisFilterHandle, NDIS_HANDLE FilterModuleContext,
			       PNDIS_FILTER_ATTRIBUTES FilterAttributes)
{
	static const size_t sizes[] = { NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1 };
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFSetAttributes");

	nrt_check_irql("NdisFSetAttributes", PASSIVE_LEVEL);
	if (f == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!nrt_header_from(f, &FilterAttributes->Header, NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES,
			     sizes, 1, "NdisFSetAttributes"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (atomic_load(&f->state) != NRT_INITIALIZING) {
		nrt_violation("FL-ATT-01", "%s calls NdisFSetAttributes outside its FilterAttach",
			      f->driver->driver->name);
		return NDIS_STATUS_FAILURE;
	}
	f->context = FilterModuleContext;
	f->attributes_set = true;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS call_attach(struct nrt_filter *f)
{
	NDIS_FILTER_ATTACH_PARAMETERS params;
	struct nrt_callback cb;
	NDIS_STATUS status;

	fill_attach_params(f, &params);
	f->magic = NRT_FILTER_MAGIC;
	nrt_state_move(&f->state, NRT_FILTER, NRT_BEGIN, f->driver->driver->name);
	cb = nrt_callback_begin("FilterAttach");
	status = f->driver->chars.AttachHandler(f, f->driver->context, &params);
	nrt_callback_end(&cb);
	return status;
}

static void call_detach(struct nrt_filter *f)
{
	struct nrt_callback cb = nrt_callback_begin("FilterDetach");

	f->driver->chars.DetachHandler(f->context);
	nrt_callback_end(&cb);
}

bool nrt_filter_attach(struct nrt_adapter *a, struct nrt_filter_driver *d)
{
	struct nrt_filter *f = filter_new(a, d);
	NDIS_STATUS status;

	if (f == NULL)
		return false;
	f->below = highest(a); /* what it is told of; linked when it is in */
	status = call_attach(f);
	if (status == NDIS_STATUS_SUCCESS && !f->attributes_set) {
		nrt_violation("FL-ATT-01", "%s attached to %s without its attributes",
			      d->driver->name, a->device.name);
		status = NDIS_STATUS_FAILURE; /* without a context there is no detaching it */
	}
	if (status == NDIS_STATUS_SUCCESS && !nrt_filter_oids_new(f)) {
		call_detach(f);
		status = NDIS_STATUS_RESOURCES;
	}
	if (status != NDIS_STATUS_SUCCESS) {
		fprintf(stderr, "pollport: %s does not attach to %s: 0x%08X\n", d->driver->name,
			a->device.name, (unsigned int)status);
		check_released(f, "FL-ATT-01");
		nrt_state_move(&f->state, NRT_FILTER, NRT_BEGIN_FAILED, f->driver->driver->name);
		dead(f);
		return false;
	}
	nrt_state_move(&f->state, NRT_FILTER, NRT_BEGUN, f->driver->driver->name);
	link_highest(f);
	nrt_ways_build(a);
	return true;
}

void nrt_filter_detach(struct nrt_filter *f)
{
	struct nrt_adapter *a = f->adapter;

	nrt_filter_oids_close(f);
	unlink_filter(f);
	nrt_net_events_leave_filter(f);
	nrt_ways_build(a);
	nrt_filter_track_detaching(f);
	call_detach(f);
	nrt_state_move(&f->state, NRT_FILTER, NRT_END, f->driver->driver->name);
	nrt_filter_oids_free(f);
	check_released(f, "FL-DET-01");
	dead(f);
}

struct attaching {
	struct nrt_adapter *adapter;
	bool complete;
};

static void attach_one(struct nrt_filter_driver *d, void *arg)
{
	struct attaching *at = arg;

	if (at->complete && !nrt_filter_attach(at->adapter, d) && nrt_filter_mandatory(d))
		at->complete = false;
}

bool nrt_filters_attach(struct nrt_adapter *a)
{
	struct attaching at = { a, true };

	nrt_filter_driver_for_each(attach_one, &at);
	return at.complete;
}

void nrt_filters_detach(struct nrt_adapter *a)
{
	for (struct nrt_filter *f = highest(a), *below; f != NULL; f = below) {
		below = f->below;
		nrt_filter_detach(f);
	}
}

/* ----------------------------------------------------------------------- pause */

static void pause_filter(struct nrt_filter *f)
{
	NDIS_FILTER_PAUSE_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS,
			    NDIS_FILTER_PAUSE_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_FILTER_PAUSE_PARAMETERS_REVISION_1 },
		.PauseReason = f->adapter->pause_reason,
	};
	struct nrt_callback cb;
	NDIS_STATUS status;

	nrt_state_move(&f->state, NRT_FILTER, NRT_PAUSE, f->driver->driver->name);
	nrt_operation_arm(&f->pause_op, NULL);
	cb = nrt_callback_begin("FilterPause");
	status = f->driver->chars.PauseHandler(f->context, &params);
	nrt_callback_end(&cb);
	if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_PENDING) {
		const struct nrt_culprit who = nrt_culprit_of(f, "FilterPause");

		nrt_bug_check("FL-PAU-01", "0xC4/0x00092010", &who, "returned 0x%08X",
			      (unsigned int)status);
	}
	nrt_operation_wait(&f->pause_op, status);
	nrt_state_move(&f->state, NRT_FILTER, NRT_PAUSE_DONE, f->driver->driver->name);
	nrt_filter_track_paused(f);
}

void nrt_filters_pause(struct nrt_adapter *a)
{
	for (struct nrt_filter *f = highest(a); f != NULL; f = f->below)
		if (atomic_load(&f->state) == NRT_RUNNING)
			pause_filter(f);
}

VOID NdisFPauseComplete(NDIS_HANDLE NdisFilterHandle)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFPauseComplete");

	nrt_check_irql("NdisFPauseComplete", DISPATCH_LEVEL);
	if (f != NULL)
		nrt_operation_complete(&f->pause_op, NULL, NDIS_STATUS_SUCCESS);
}

/* --------------------------------------------------------------------- restart */

void nrt_filters_set_options(struct nrt_adapter *a)
{
	for (struct nrt_filter *f = a->filters; f != NULL; f = f->above) {
		struct nrt_callback cb;
		NDIS_STATUS status;

		if (f->driver->chars.SetFilterModuleOptionsHandler == NULL)
			continue;
		f->options_running = true;
		cb = nrt_callback_begin("FilterSetModuleOptions");
		status = f->driver->chars.SetFilterModuleOptionsHandler(f->context);
		nrt_callback_end(&cb);
		f->options_running = false;
		if (status != NDIS_STATUS_SUCCESS) /* it goes on with what it has */
			fprintf(stderr, "pollport: %s on %s does not set its options: 0x%08X\n",
				f->driver->driver->name, a->device.name, (unsigned int)status);
	}
	if (a->filters != NULL)
		nrt_ways_build(a);
}

/* FL-OPT-01: from within FilterSetModuleOptions, on its thread. */
static NDIS_STATUS set_partial(struct nrt_filter *f, const NDIS_OBJECT_HEADER *header)
{
	static const size_t sizes[] = { NDIS_SIZEOF_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1 };
	const char *inside = nrt_self.callback;

	if (!f->options_running || inside == NULL || strcmp(inside, "FilterSetModuleOptions") != 0) {
		nrt_violation("FL-OPT-01", "%s sets handlers outside FilterSetModuleOptions",
			      f->driver->driver->name);
		return NDIS_STATUS_FAILURE;
	}
	if (!nrt_header_from(f, header, NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS, sizes, 1,
			     "NdisSetOptionalHandlers"))
		return NDIS_STATUS_INVALID_PARAMETER;
	nrt_header_copy(&f->handlers, sizeof(f->handlers), header);
	return NDIS_STATUS_SUCCESS;
}

/* Of what the page names there are filters' handlers, miniports' for PnP and idle ones, and
 * providers of shared memory: nobody offers chimney, NDK or connection-oriented services here. */
NDIS_STATUS NdisSetOptionalHandlers(NDIS_HANDLE NdisHandle, PNDIS_OBJECT_HEADER OptionalHandlers)
{
	struct nrt_filter *f = NdisHandle;

	nrt_check_irql("NdisSetOptionalHandlers", PASSIVE_LEVEL);
	if (f == NULL || OptionalHandlers == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (OptionalHandlers->Type == NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS)
		return nrt_shared_set_provider(NdisHandle, OptionalHandlers);
	if (f->magic == NRT_MINIPORT_MAGIC)
		return nrt_miniport_set_optional(NdisHandle, OptionalHandlers);
	if (f->magic != NRT_FILTER_MAGIC ||
	    OptionalHandlers->Type != NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS)
		return NDIS_STATUS_NOT_SUPPORTED;
	return set_partial(f, OptionalHandlers);
}

static NDIS_STATUS restart_filter(struct nrt_filter *f, NDIS_RESTART_ATTRIBUTES **list)
{
	const struct nrt_adapter *a = f->adapter;
	NDIS_FILTER_RESTART_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS,
			    NDIS_FILTER_RESTART_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_FILTER_RESTART_PARAMETERS_REVISION_1 },
		.MiniportMediaType = a->general.MediaType,
		.MiniportPhysicalMediaType = a->general.PhysicalMediumType,
		.RestartAttributes = *list,
		.LowerIfIndex = f->below != NULL ? f->below->if_index : a->if_index,
	};
	uint64_t before = nrt_restart_attributes_print(*list);
	struct nrt_callback cb;
	NDIS_STATUS status;
	bool changed;

	nrt_state_move(&f->state, NRT_FILTER, NRT_RESTART, f->driver->driver->name);
	nrt_operation_arm(&f->restart_op, NULL);
	cb = nrt_callback_begin("FilterRestart");
	status = f->driver->chars.RestartHandler(f->context, &params);
	nrt_callback_end(&cb);
	status = nrt_operation_wait(&f->restart_op, status);
	changed = params.RestartAttributes != *list ||
		  nrt_restart_attributes_print(params.RestartAttributes) != before;
	if (changed && *list == NULL)
		nrt_violation("FL-RST-01", "%s added restart attributes where there were none",
			      f->driver->driver->name);
	else if (changed && status != NDIS_STATUS_SUCCESS)
		nrt_violation("FL-RST-01", "%s changed restart attributes and did not restart",
			      f->driver->driver->name);
	else if (changed && f->driver->chars.OidRequestHandler == NULL)
		nrt_violation("FL-RST-01", "%s changed restart attributes but answers no OIDs",
			      f->driver->driver->name);
	*list = params.RestartAttributes;
	nrt_state_move(&f->state, NRT_FILTER,
		       status == NDIS_STATUS_SUCCESS ? NRT_RESTARTED : NRT_RESTART_FAILED,
		       f->driver->driver->name);
	return status;
}

struct nrt_filter *nrt_filters_restart(struct nrt_adapter *a, NDIS_RESTART_ATTRIBUTES **list)
{
	for (struct nrt_filter *f = a->filters; f != NULL; f = f->above) {
		NDIS_STATUS status = restart_filter(f, list);

		if (status == NDIS_STATUS_SUCCESS)
			continue;
		fprintf(stderr, "pollport: %s on %s does not restart: 0x%08X\n",
			f->driver->driver->name, a->device.name, (unsigned int)status);
		return f;
	}
	return NULL;
}

VOID NdisFRestartComplete(NDIS_HANDLE NdisFilterHandle, NDIS_STATUS Status)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFRestartComplete");

	nrt_check_irql("NdisFRestartComplete", PASSIVE_LEVEL);
	if (f != NULL)
		nrt_operation_complete(&f->restart_op, NULL, Status);
}
