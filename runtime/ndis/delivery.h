/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who gets the frames of an adapter: an immutable table that is built anew when
 * a binding starts, stops or changes its filter, and swapped in whole.
 */
#ifndef NRT_NDIS_DELIVERY_H
#define NRT_NDIS_DELIVERY_H

#include <stdbool.h>

#include <ndis.h>

#include "binding.h"

/* One binding's part: what it wants, copied so that readers need no lock. */
struct nrt_receiver {
	struct nrt_binding *binding;
	ULONG packet_filter;
	ULONG multicast_count;
	const UCHAR (*multicast)[6];   /* behind the table's receivers */
};

struct nrt_delivery {
	void (*deliver)(struct nrt_adapter *adapter, const struct nrt_delivery *to,
			NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG n, ULONG flags);
	UCHAR mac[6];
	unsigned int n;                /* receivers */
	struct nrt_receiver receivers[];
};

/* Most bindings of one adapter: acceptance is a 64-bit mask. */
#define NRT_MAX_RECEIVERS 64

/* Build and publish the table from the bindings' state and filters. Waits for
 * the old one's readers. Under the adapter's pnp lock. 0 or -ENOMEM. */
int nrt_delivery_rebuild(struct nrt_adapter *adapter);
void nrt_delivery_free(struct nrt_adapter *adapter);

/* True when @receiver's filter takes a frame to @dst. */
bool nrt_receiver_wants(const struct nrt_delivery *to, const struct nrt_receiver *receiver,
			const UCHAR dst[6]);

#endif
