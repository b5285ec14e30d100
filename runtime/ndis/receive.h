/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of a received frame, up and back: miniport -> protocol -> miniport. */
#ifndef NRT_NDIS_RECEIVE_H
#define NRT_NDIS_RECEIVE_H

#include <ndis.h>

#include "adapter.h"
#include "delivery.h"

/* @n NBLs the miniport of @adapter indicates. Any thread. */
void nrt_receive(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
		 ULONG n, ULONG flags);

/* The ways to deliver, chosen in delivery.c. */
typedef void nrt_deliver_fn(struct nrt_adapter *adapter, const struct nrt_delivery *to,
			    NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG n, ULONG flags);
nrt_deliver_fn nrt_deliver_paused;  /* no binding runs */
nrt_deliver_fn nrt_deliver_nobody;  /* no packet filter is set */
nrt_deliver_fn nrt_deliver_single;  /* one binding takes all the miniport gives */
nrt_deliver_fn nrt_deliver_many;    /* frame by frame */

#endif
