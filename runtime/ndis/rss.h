/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling as NDIS sees it: what an adapter can do, and the parameters it was
 * last given. A reset loses none: they are the miniport's to restore [N/hardware-reset].
 * OID thread of the adapter, but for the capabilities, which PnP operations set.
 */
#ifndef NRT_NDIS_RSS_H
#define NRT_NDIS_RSS_H

#include <stdbool.h>

#include "binding.h"

/* Take a copy of @capabilities, the miniport's own, NULL for none, into @adapter and its
 * general attributes. False: the header is wrong. */
bool nrt_rss_adopt(struct nrt_adapter *adapter, const NDIS_RECEIVE_SCALE_CAPABILITIES *capabilities);

/* OID_GEN_RECEIVE_SCALE_CAPABILITIES, which no miniport is asked. */
NDIS_STATUS nrt_rss_query_capabilities(struct nrt_adapter *adapter, NDIS_OID_REQUEST *request);

/* OID_GEN_RECEIVE_SCALE_PARAMETERS: a query is answered here, a set goes to the miniport,
 * in the form of its NDIS version. */
NDIS_STATUS nrt_rss_query(struct nrt_binding *binding, NDIS_OID_REQUEST *request);
NDIS_STATUS nrt_rss_set(struct nrt_binding *binding, NDIS_OID_REQUEST *request);

/* OID_GEN_RECEIVE_HASH in the same way. */
NDIS_STATUS nrt_rss_query_hash(struct nrt_adapter *adapter, NDIS_OID_REQUEST *request);
NDIS_STATUS nrt_rss_set_hash(struct nrt_adapter *adapter, NDIS_OID_REQUEST *request);

#endif
