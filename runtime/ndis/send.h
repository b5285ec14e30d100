/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of a send, there and back: protocol -> miniport -> protocol. */
#ifndef NRT_NDIS_SEND_H
#define NRT_NDIS_SEND_H

#include <ndis.h>

#include "binding.h"

/* Choose @binding's send function by its state, the others' filters and the
 * verifier. Under the adapter's lock. */
void nrt_send_choose(struct nrt_binding *binding);

/* Sends of @adapter with cancel id @id are to be cancelled: say so down @way, which must lead to
 * the miniport's edge on this thread. Any thread. */
void nrt_cancel_sends(struct nrt_adapter *adapter, const struct nrt_cancel_way *way, PVOID id);

/* @chain has passed the filters and counts as handed over: to the miniport, or back if that is
 * being reset. Any thread. */
void nrt_send_to_miniport(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain,
			  NDIS_PORT_NUMBER port, ULONG flags);

/* Send now, whatever function is chosen: of a binding that runs, on an adapter that wakes. */
void nrt_send_now(struct nrt_binding *binding, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
		  ULONG flags);

/* @n sends the miniport of @adapter is done with, NULL-terminated. Any thread. */
void nrt_send_completed(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain, ULONG n, ULONG flags);

#endif
