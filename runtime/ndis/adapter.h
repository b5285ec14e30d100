/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport adapter: the device, the driver that runs it, its state, the
 * bindings above it. Everything of it that the data path reads is in the first
 * cache lines and written by control threads only, while nothing reads it or
 * followed by nrt_adapter_quiesce().
 */
#ifndef NRT_NDIS_ADAPTER_H
#define NRT_NDIS_ADAPTER_H

#include <pthread.h>
#include <stdatomic.h>

#include <ndis.h>
#include <nrt/nrt.h>

#include "../operation.h"
#include "add_device.h"
#include "counters.h"
#include "device_event.h"
#include "hang.h"
#include "idle.h"
#include "nblwatch.h"
#include "ports.h"
#include "power.h"
#include "removal.h"
#include "reset.h"
#include "state.h"
#include "way.h"

struct nrt_binding;
struct nrt_delivery;
struct nrt_filter;
struct nrt_hardware;
struct nrt_instance;
struct nrt_log;
struct nrt_miniport_driver;
struct nrt_oid_queue;
struct nrt_interrupts;
struct nrt_poll;
struct nrt_offload;
struct nrt_rss;

#define NRT_ADAPTER_MAGIC 0x41504450u
#define NRT_ADAPTER_ASLEEP 0x504C5341u

struct nrt_adapter {
	/* control: w; data path: ro */
	uint32_t magic;                      /* NRT_ADAPTER_MAGIC; 0 once halted (MP-HLT-05), _ASLEEP
	                                      * if that is for the time of its sleep */
	_Atomic uint32_t state;              /* enum nrt_state */
	void *context;                       /* MiniportAdapterContext */
	MINIPORT_RETURN_NET_BUFFER_LISTS *return_nbls;
	MINIPORT_CANCEL_SEND *cancel_send;   /* NULL if the miniport has none */
	_Atomic(struct nrt_delivery *) delivery; /* who gets received frames */
	_Atomic(struct nrt_binding *) only;  /* the one open binding, NULL if several or none */
	struct nrt_counters *counters;
	bool filtered_complete, filtered_receive; /* a filter is the next on the way up */
	bool no_loopback;                    /* NDIS_MAC_OPTION_NO_LOOPBACK reported */
	_Atomic bool loopback_wanted;        /* a binding may want to see others' sends */
	NDIS_HANDLE loopback_pool;           /* NBLs for looped frames */
	struct nrt_ways_up up;               /* from the miniport */
	struct nrt_ways_down down;           /* from the protocols' edge */

	/* control only */
	_Alignas(64) struct nrt_miniport_driver *driver;
	struct nrt_device device;
	_Atomic int64_t foreign_readers;     /* indications on threads that are no workers */
	pthread_mutex_t pnp;                 /* one PnP operation at a time (RT-11) */
	pthread_mutex_t lock;                /* lists below */
	pthread_mutex_t status_lock;         /* status indications and opens exclude each other;
	                                      * recursive: filters pass on what they get */
	NET_IFINDEX if_index;
	NET_LUID net_luid;
	_Atomic int open_configs;            /* NdisOpenConfigurationEx without close */
	_Atomic(struct nrt_log *) log;       /* NdisMCreateLog's */
	struct nrt_instance *instance;       /* of a virtual miniport, else NULL; instance.c */
	NDIS_HANDLE instance_context;        /* its DeviceContext */
	struct nrt_hardware *hardware;       /* resources and what is mapped of them */
	struct nrt_interrupts *interrupts;   /* NULL: the device has none */
	pthread_cond_t net_event_ended;      /* of one that holds a binding or filter; lock */
	struct nrt_system_dma *system_dma;   /* NULL: its device has no channel */
	struct nrt_binding *bindings;
	struct nrt_binding *dead_bindings;
	struct nrt_filter *filters;          /* the lowest */
	struct nrt_filter *dead_filters;     /* by their above */
	struct nrt_poll *polls;
	unsigned int next_poll_worker;
	struct nrt_operation pause_op;
	struct nrt_operation restart_op;
	struct nrt_reset reset;
	struct nrt_hang hang;
	struct nrt_send_watch send_watch;
	struct nrt_device_events device_events;
	struct nrt_removal removal;
	struct nrt_idle idle;
	struct nrt_added added;
	struct nrt_power power;
	struct nrt_ports ports;
	ULONG pause_reason;                  /* NDIS_PAUSE_*, for the next pause; pnp lock */
	NDIS_HALT_ACTION halt_action;        /* for the halt to come; pnp lock */
	struct nrt_oid_queue *oids;
	bool initialize_running;             /* inside MiniportInitializeEx */
	bool registration_set, general_set;  /* MP-INI-01, MP-INI-02 */
	ULONG attribute_flags;               /* NDIS_MINIPORT_ATTRIBUTES_* */
	NDIS_INTERFACE_TYPE interface_type;
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES general;
	NDIS_OID *supported_oids;            /* a copy, general points at it */
	NDIS_RECEIVE_SCALE_CAPABILITIES rss_capabilities; /* likewise */
	struct nrt_offload *offload;         /* NULL: none; contents under lock */
	struct nrt_rss *rss;                 /* what was set; NULL: nothing yet; OID thread */
	NDIS_LINK_STATE link;                /* last indicated, under lock */
	ULONG packet_filter;                 /* what the miniport was told; OID thread */
	ULONG multicast_given;               /* addresses it was given; OID thread */
};

/* The adapter behind a MiniportAdapterHandle; NULL and a report for others. */
struct nrt_adapter *nrt_adapter_of(NDIS_HANDLE handle, const char *ddi);

/* nrt_adapter_add for any miniport, virtual ones too: those have an @instance, which gets
 * @context as its IMDeviceInstanceContext. */
int nrt_adapter_start(struct nrt_driver *driver, const struct nrt_device *device,
		      struct nrt_instance *instance, NDIS_HANDLE context, struct nrt_adapter **out);

/* Wait until no thread is inside an indication that began before the call. */
void nrt_adapter_quiesce(struct nrt_adapter *adapter);

/* For a PnP operation: one at a time, on an adapter that is awake. */
static inline void nrt_adapter_lock(struct nrt_adapter *adapter)
{
	pthread_mutex_lock(&adapter->pnp);
	nrt_idle_end(adapter);
}

/* True until it has been removed. Under its pnp lock. */
static inline bool nrt_adapter_alive(const struct nrt_adapter *adapter)
{
	return adapter->magic == NRT_ADAPTER_MAGIC || adapter->magic == NRT_ADAPTER_ASLEEP;
}

/* The miniport's part of a start and a stop: MiniportInitializeEx and what may come from then
 * on; the end of that and MiniportHaltEx. Under the adapter's pnp lock. */
NDIS_STATUS nrt_miniport_start(struct nrt_adapter *adapter);
void nrt_miniport_halt(struct nrt_adapter *adapter);

/* Pause it if it runs, stop the stack, halt by halt_action: the handle dies. Under the
 * adapter's pnp lock. */
void nrt_adapter_take_down(struct nrt_adapter *adapter);

/* Every adapter there is; @fn runs under the list's lock. */
void nrt_adapter_for_each(void (*fn)(struct nrt_adapter *, void *), void *arg);

/* Halt whatever adapters @driver still has; nrt_driver_unload's last resort is
 * refusal, so this counts them. */
unsigned int nrt_adapter_count_of(const struct nrt_miniport_driver *driver);

#endif
