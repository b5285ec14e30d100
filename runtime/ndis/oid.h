/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID requests of one adapter: a queue and a PASSIVE_LEVEL thread of its own
 * that hands them down one after the other (contract RT-08).
 */
#ifndef NRT_NDIS_OID_H
#define NRT_NDIS_OID_H

#include <ndis.h>

#include "binding.h"
#include "setting.h"

int nrt_oid_queue_new(struct nrt_adapter *adapter);
void nrt_oid_queue_free(struct nrt_adapter *adapter);

/* Wait until no request is queued or with the miniport. PASSIVE_LEVEL. */
void nrt_oid_queue_drain(struct nrt_adapter *adapter);

/* Keep what is queued from the miniport, or go on. What is with the miniport stays with
 * it. Nests. */
void nrt_oid_hold(struct nrt_adapter *adapter, bool hold);

/* The same for what protocols ask, before it gets anywhere below. */
void nrt_oid_hold_protocols(struct nrt_adapter *adapter, bool hold);

/* Wait until the request of a protocol that is being served has ended. PASSIVE_LEVEL. */
void nrt_oid_await_current(struct nrt_adapter *adapter);

/* The request that the miniport has now, for its identity only; NULL: none. */
const void *nrt_oid_at_miniport(struct nrt_adapter *adapter);

/* True when the miniport answered a request PENDING and has not completed it. */
bool nrt_oid_pends(struct nrt_adapter *adapter);

/* While requests are held: set again what the hardware lost (RT-19). Waits for the
 * request that is with the miniport. PASSIVE_LEVEL. */
void nrt_oid_restore(struct nrt_adapter *adapter);

/* Give the miniport the filter and list of the bindings that there are, unless it has them.
 * PASSIVE_LEVEL. */
void nrt_oid_refresh(struct nrt_adapter *adapter);

/* @binding is being closed: end its requests, take its filter and multicast
 * list out of the adapter's. PASSIVE_LEVEL. */
void nrt_oid_binding_closes(struct nrt_binding *binding);

/* Hand @request down the stack, or straight to the miniport, and wait for the answer. The OID
 * thread's, but for a reset's. */
NDIS_STATUS nrt_oid_down(struct nrt_adapter *adapter, NDIS_OID_REQUEST *request);
NDIS_STATUS nrt_oid_to_miniport(struct nrt_adapter *adapter, NDIS_OID_REQUEST *request);

/* The miniport's turn at requests. */
struct nrt_oid_stage *nrt_oid_miniport_stage(struct nrt_adapter *adapter);

/* Statistics OIDs of one number, from OID_GEN_STATISTICS; NDIS_STATUS_NOT_RECOGNIZED: it is
 * none of them. oidstats.c. */
NDIS_STATUS nrt_oid_query_number(struct nrt_adapter *adapter, NDIS_OID_REQUEST *request);

/* Report an answer of the miniport that breaks MP-OID-03; oidcheck.c. */
void nrt_oid_check_answer(const struct nrt_adapter *adapter, const NDIS_OID_REQUEST *request,
			  NDIS_STATUS status);

/* Requests the runtime answers itself or on several bindings' behalf, in
 * oidanswer.c. NDIS_STATUS_NOT_RECOGNIZED: pass it to the miniport. */
NDIS_STATUS nrt_oid_answer(struct nrt_binding *binding, NDIS_OID_REQUEST *request);

/* Give the miniport once more the filter and list it has, and @settings. */
void nrt_oid_set_again(struct nrt_adapter *adapter, const struct nrt_setting *settings);

/* Give the miniport the union of all bindings' filters and multicast lists. */
NDIS_STATUS nrt_oid_update_filter(struct nrt_adapter *adapter);
NDIS_STATUS nrt_oid_update_multicast(struct nrt_adapter *adapter);

#endif
