/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A binding: one protocol's open of one adapter, and the dispatch pointers that
 * NdisSendNetBufferLists and NdisReturnNetBufferLists jump through. They are
 * chosen when the binding's state changes, so that what is not used costs
 * nothing.
 */
#ifndef NRT_NDIS_BINDING_H
#define NRT_NDIS_BINDING_H

#include <stdatomic.h>

#include <ndis.h>

#include "../ke/workitem.h"
#include "../operation.h"
#include "adapter.h"

struct nrt_protocol;

#define NRT_BINDING_MAGIC 0x444E4942u
#define NRT_BINDING_CLOSING 0x534F4C43u

typedef void nrt_send_fn(struct nrt_binding *binding, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			 ULONG flags);

struct nrt_binding {
	/* control: w; data path: ro */
	uint32_t magic;                    /* NRT_BINDING_MAGIC; 0 once closed (PR-UNB-03),
	                                    * _CLOSING while that pends */
	_Atomic uint32_t state;            /* enum nrt_state */
	_Atomic(nrt_send_fn *) send;
	struct nrt_adapter *adapter;
	struct nrt_counters *counters;     /* the adapter's */
	struct nrt_ways_down down;
	bool filtered_send, filtered_return; /* a filter is the next on the way down */
	void *context;                     /* ProtocolBindingContext */
	SEND_NET_BUFFER_LISTS_COMPLETE_HANDLER send_complete;
	RECEIVE_NET_BUFFER_LISTS_HANDLER receive;

	/* control only */
	_Alignas(64) struct nrt_protocol *protocol;
	struct nrt_binding *next;          /* adapter's list, under its lock */
	struct nrt_operation bind_op;      /* ProtocolBindAdapterEx */
	struct nrt_operation unbind_op;
	struct nrt_net_call *net_calls;    /* ProtocolNetPnPEvents; adapter's lock, as the next */
	unsigned int net_events;           /* that hold it */
	NDIS_BIND_PARAMETERS bind_params;
	UNICODE_STRING adapter_name;
	UNICODE_STRING section;            /* ProtocolSection */
	bool binding_runs;                 /* inside ProtocolBindAdapterEx, until it completes */
	bool opened;                       /* between NdisOpenAdapterEx and close */
	struct nrt_work open_work;         /* of an open or a close that is pending */
	_Atomic bool open_pending, close_pending;
	NDIS_HANDLE *open_handle;          /* the caller's, for when a pending open has ended */
	PUINT open_medium;
	UINT medium_index;
	_Atomic int64_t pending_oids;
	_Atomic uint32_t resets;           /* odd: it was told of one's start; status_lock: w */
	_Atomic int open_configs;          /* NdisOpenConfigurationEx without close */
	ULONG packet_filter;               /* under the adapter's lock, as the rest */
	ULONG multicast_count;
	UCHAR (*multicast)[6];
	ULONG lookahead;
};

struct nrt_binding *nrt_binding_of(NDIS_HANDLE handle, const char *ddi);

/* Offer @adapter to @protocol (ProtocolBindAdapterEx); the binding is Paused
 * if it was taken. Under the adapter's pnp lock. */
void nrt_bind(struct nrt_adapter *adapter, struct nrt_protocol *protocol);

/* ProtocolUnbindAdapterEx and what must be true after it. The same lock. */
void nrt_unbind(struct nrt_binding *binding);

/* Pause it, then nrt_unbind(). The same lock. */
void nrt_binding_end(struct nrt_binding *binding);

/* NetEventPause, NetEventRestart for one binding. The same lock. */
void nrt_binding_pause(struct nrt_binding *binding);
void nrt_binding_restart(struct nrt_binding *binding, NDIS_RESTART_ATTRIBUTES *attributes);

/* From now on opens and closes answer PENDING, or not. Before any. */
void nrt_opens_set_pending(bool pend);

/* The memory of closed bindings: a dead handle is seen as dead as long as the
 * adapter's memory is there. */
void nrt_bindings_free(struct nrt_adapter *adapter);

#endif
