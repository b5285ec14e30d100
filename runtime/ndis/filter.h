/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filter modules: a filter driver's part in one adapter's stack. An adapter's modules
 * are a list between its miniport and its bindings.
 */
#ifndef NRT_NDIS_FILTER_H
#define NRT_NDIS_FILTER_H

#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>

#include "../operation.h"
#include "adapter.h"
#include "way.h"

struct nrt_driver;
struct nrt_filter_oids;

#define NRT_FILTER_DRIVER_MAGIC 0x46445256u
#define NRT_FILTER_MAGIC 0x464D4F44u

/* Most filter drivers at once; also most modules of an adapter. */
#define NRT_MAX_FILTERS 32

/* NdisFRegisterFilterDriver's handle. */
struct nrt_filter_driver {
	uint32_t magic;
	unsigned int users;                    /* holds it in the list, under the lock */
	struct nrt_driver *driver;
	NDIS_HANDLE context;                   /* FilterDriverContext */
	NDIS_FILTER_DRIVER_CHARACTERISTICS chars; /* a copy */
	struct nrt_filter_driver *next;        /* all, in the order they came */
};

/* NdisFilterHandle. */
struct nrt_filter {
	/* control: w, while nothing moves; data path: ro */
	uint32_t magic;                        /* NRT_FILTER_MAGIC; 0 once detached */
	_Atomic uint32_t state;                /* enum nrt_state; INITIALIZING: Attaching */
	void *context;                         /* FilterModuleContext */
	struct nrt_adapter *adapter;
	NDIS_FILTER_PARTIAL_CHARACTERISTICS handlers; /* those it has now */
	struct nrt_ways_down down;             /* from it on */
	struct nrt_ways_up up;

	/* control only */
	struct nrt_filter_driver *driver;
	struct nrt_filter *above, *below;      /* under the adapter's lock, as the next */
	unsigned int net_events;               /* network PnP events that hold it */
	struct nrt_operation pause_op, restart_op;
	struct nrt_filter_oids *oids;          /* NULL: it handles none */
	_Atomic int open_configs;              /* NdisOpenConfigurationEx without close */
	NET_IFINDEX if_index;
	NET_LUID net_luid;
	UNICODE_STRING name, adapter_name;
	bool attributes_set;                   /* NdisFSetAttributes was called */
	bool options_running;                  /* inside FilterSetModuleOptions */
};

/* The module behind a NdisFilterHandle; NULL and a report for others. */
struct nrt_filter *nrt_filter_of(NDIS_HANDLE handle, const char *ddi);

static inline bool nrt_filter_mandatory(const struct nrt_filter_driver *driver)
{
	return driver->chars.Flags & NDIS_FILTER_DRIVER_MANDATORY;
}

/* ---- all under the adapter's pnp lock, at PASSIVE_LEVEL */

/* FilterAttach, on top of the modules that are there; it is Paused then. False: the driver
 * would not, and nothing is left of it. The stack is paused, or not started yet. */
bool nrt_filter_attach(struct nrt_adapter *adapter, struct nrt_filter_driver *driver);

/* FilterDetach of a Paused module. */
void nrt_filter_detach(struct nrt_filter *filter);

/* Attach all drivers that are registered, the first one lowest. False: one that is mandatory
 * would not. */
bool nrt_filters_attach(struct nrt_adapter *adapter);
void nrt_filters_detach(struct nrt_adapter *adapter);

/* From the top down; cannot fail. Leaves out those that do not run. */
void nrt_filters_pause(struct nrt_adapter *adapter);

/* FilterSetModuleOptions of all (RT-17); the ways are chosen anew. */
void nrt_filters_set_options(struct nrt_adapter *adapter);

/* From the bottom up, with the restart attributes *@list, which they may change. The module
 * that would not, or NULL. */
struct nrt_filter *nrt_filters_restart(struct nrt_adapter *adapter,
				       NDIS_RESTART_ATTRIBUTES **list);

/* The module of @driver in @adapter's stack, or NULL. */
struct nrt_filter *nrt_filter_by_driver(const struct nrt_adapter *adapter,
					const struct nrt_filter_driver *driver);

/* Tell all modules and bindings that the stack has changed (RT-05). */
void nrt_filters_changed(struct nrt_adapter *adapter);

/* The memory of detached modules: dead handles are seen as dead as long as the adapter's
 * memory is there. */
void nrt_filters_free(struct nrt_adapter *adapter);

/* ---- drivers; control threads */

/* Call @fn for each registered driver, in the order they came; none goes away meanwhile. */
void nrt_filter_driver_for_each(void (*fn)(struct nrt_filter_driver *, void *), void *arg);

/* Put @driver into every adapter's stack; its DriverEntry has succeeded. */
void nrt_filter_driver_insert(struct nrt_filter_driver *driver);

/* Put all that are not there into @adapter's stack. */
void nrt_filter_drivers_insert_all(struct nrt_adapter *adapter);

/* The memory of @driver's registration, which is over. */
void nrt_filter_driver_free(struct nrt_driver *driver);

#endif
