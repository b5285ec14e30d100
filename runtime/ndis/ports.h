/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS ports of an adapter beside its default one: allocated and activated by the miniport.
 * An adapter that has none has no table, and nobody looks for one.
 */
#ifndef NRT_NDIS_PORTS_H
#define NRT_NDIS_PORTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <ndis.h>

#include "../ke/workitem.h"

struct nrt_adapter;
struct nrt_binding;

/* Most at once, the default one included; numbers are below. */
#define NRT_MAX_PORTS 256

enum nrt_port_state {
	NRT_PORT_FREE,
	NRT_PORT_ALLOCATED,
	NRT_PORT_ACTIVE,
	NRT_PORT_DEACTIVATING,  /* active until its drivers have been told */
};

struct nrt_port_table {
	_Atomic uint8_t state[NRT_MAX_PORTS];  /* enum nrt_port_state; of the default port: unused */
	NDIS_PORT_CHARACTERISTICS characteristics[NRT_MAX_PORTS]; /* under the adapter's lock */
};

struct nrt_ports {
	_Atomic(struct nrt_port_table *) table; /* NULL: none was ever allocated */
	_Atomic bool default_active;
	/* changes of the default port, which bind and unbind drivers; ports.c's lock */
	struct nrt_work work;
	bool queued, again;
};

/* True when drivers may use @port. Any thread. */
bool nrt_port_active(const struct nrt_adapter *adapter, NDIS_PORT_NUMBER port);

/* MP-RCV-11: the verifier's look at an indication. */
void nrt_port_check(const struct nrt_adapter *adapter, NDIS_PORT_NUMBER port, const char *what);

/* MiniportInitializeEx is next; it or MiniportHaltEx has returned. Both under the pnp lock. */
void nrt_ports_reset(struct nrt_adapter *adapter);
void nrt_ports_check_released(struct nrt_adapter *adapter, const char *rule);
void nrt_ports_free(struct nrt_adapter *adapter);

/* Wait until no change of the default port is under way. Not under the pnp lock. */
void nrt_ports_await(struct nrt_adapter *adapter);

/* NdisMNetPnPEvent's NetEventPortActivation and NetEventPortDeactivation. PASSIVE_LEVEL. */
NDIS_STATUS nrt_ports_activate(struct nrt_adapter *adapter, NET_PNP_EVENT_NOTIFICATION *event);
NDIS_STATUS nrt_ports_deactivate(struct nrt_adapter *adapter, NET_PNP_EVENT_NOTIFICATION *event);

/* What a binding is told of: a list of the active ones, the default one left out, as malloc()
 * gives it; or NULL. */
NDIS_PORT *nrt_ports_list(struct nrt_adapter *adapter);

/* NDIS_STATUS_PORT_STATE. False: it is not one of an active port. */
bool nrt_port_take_state(struct nrt_adapter *adapter, const NDIS_STATUS_INDICATION *status);

/* OID_GEN_ENUMERATE_PORTS. OID thread. */
NDIS_STATUS nrt_ports_query(struct nrt_adapter *adapter, NDIS_OID_REQUEST *request);

#endif
