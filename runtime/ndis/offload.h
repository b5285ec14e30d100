/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Task offloads as NDIS sees them: what a miniport said it can and does, answered to
 * protocols, and kept in the configuration. Attributes in MiniportInitializeEx, status
 * indications on any thread, requests on the adapter's OID thread.
 */
#ifndef NRT_NDIS_OFFLOAD_H
#define NRT_NDIS_OFFLOAD_H

#include "binding.h"

struct nrt_offload {
	bool configured;               /* there is a current configuration */
	bool capable;                  /* there are hardware capabilities */
	bool encapsulated;             /* OID_OFFLOAD_ENCAPSULATION was set */
	NDIS_OFFLOAD current, hardware;
	NDIS_OFFLOAD_ENCAPSULATION encapsulation;
};

/* NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES; a copy is taken. */
NDIS_STATUS nrt_offload_adopt(struct nrt_adapter *adapter,
			      const NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES *attributes);

/* The current configuration, for bindings; NULL: none. */
NDIS_OFFLOAD *nrt_offload_current(struct nrt_adapter *adapter);

/* NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG. False: it is malformed, and reported. */
bool nrt_offload_take_status(struct nrt_adapter *adapter, const NDIS_STATUS_INDICATION *status);

/* The queries that NDIS answers; NDIS_STATUS_NOT_RECOGNIZED: it is none. */
NDIS_STATUS nrt_offload_query(struct nrt_adapter *adapter, NDIS_OID_REQUEST *request);

/* Before a set goes down: OID_TCP_OFFLOAD_PARAMETERS into the standardized keywords. After
 * it was taken: what NDIS answers from then on. */
void nrt_offload_before_set(struct nrt_adapter *adapter, const NDIS_OID_REQUEST *request);
void nrt_offload_after_set(struct nrt_adapter *adapter, const NDIS_OID_REQUEST *request);

#endif
