/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a driver's call goes: the next driver of the stack that has a handler for it.
 * Chosen while the stack is paused (ways.c), so that a module without the handler is
 * skipped at no cost (FL-BYP-01) and a stack without filters has none to look for.
 */
#ifndef NRT_NDIS_WAY_H
#define NRT_NDIS_WAY_H

#include <stdbool.h>

#include <ndis.h>

struct nrt_adapter;
struct nrt_binding;

struct nrt_send_way {
	FILTER_SEND_NET_BUFFER_LISTS *fn;
	void *context;
};

struct nrt_complete_way {
	FILTER_SEND_NET_BUFFER_LISTS_COMPLETE *fn;
	void *context;
};

struct nrt_receive_way {
	FILTER_RECEIVE_NET_BUFFER_LISTS *fn;
	void *context;
};

struct nrt_return_way {
	FILTER_RETURN_NET_BUFFER_LISTS *fn;
	void *context;
};

struct nrt_cancel_way {
	FILTER_CANCEL_SEND_NET_BUFFER_LISTS *fn;
	void *context;
};

/* What the verifier calls who gets it: a filter, the adapter for its miniport, NULL for
 * the protocols. */
struct nrt_ways_down {
	struct nrt_send_way send;
	struct nrt_return_way give_back;
	const void *sent_to, *returned_to;
	struct nrt_cancel_way cancel;
};

struct nrt_ways_up {
	struct nrt_complete_way complete;
	struct nrt_receive_way receive;
	const void *completed_to, *received_by;
};

/* Choose all ways of @adapter anew. Nothing moves in the stack: it is paused, or not started
 * yet. Waits until no thread is on an old way. Under the adapter's pnp lock. */
void nrt_ways_build(struct nrt_adapter *adapter);

/* The same for a binding that comes: those from the protocols' edge. */
void nrt_ways_for(struct nrt_binding *binding);

/*
 * The stack's edges, as ways of filters. The context is the adapter. To the miniport, with
 * what it is given counted; to the bindings.
 */
FILTER_SEND_NET_BUFFER_LISTS nrt_edge_send;
FILTER_RETURN_NET_BUFFER_LISTS nrt_edge_return;
FILTER_CANCEL_SEND_NET_BUFFER_LISTS nrt_edge_cancel;
FILTER_SEND_NET_BUFFER_LISTS_COMPLETE nrt_edge_complete;
FILTER_RECEIVE_NET_BUFFER_LISTS nrt_edge_receive;

#endif
