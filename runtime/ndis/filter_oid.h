/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID requests and filter modules: each module with FilterOidRequest has its turn at what
 * comes from above, the others are skipped.
 */
#ifndef NRT_NDIS_FILTER_OID_H
#define NRT_NDIS_FILTER_OID_H

#include <stdbool.h>

#include "filter.h"
#include "oid_stage.h"

/* Whose turn a request from the protocols is first: the highest module's that handles
 * requests, or the miniport's. */
struct nrt_oid_stage *nrt_filter_oid_top(struct nrt_adapter *adapter);

/* For a module that is being attached; false without memory. */
bool nrt_filter_oids_new(struct nrt_filter *filter);

/* Before the list of modules changes, and after: what protocols and filters ask waits. @filter
 * is to leave: what has reached it is answered first. PASSIVE_LEVEL. */
void nrt_filter_oids_hold(struct nrt_adapter *adapter);
void nrt_filter_oids_resume(struct nrt_adapter *adapter);
void nrt_filter_oids_close(struct nrt_filter *filter);

/* @filter has been detached: wait for what it asked itself, which breaks a rule. */
void nrt_filter_oids_free(struct nrt_filter *filter);

#endif
