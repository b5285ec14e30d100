/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One driver's turn at regular OID requests, a miniport's or a filter module's: one at a
 * time (RT-08, RT-09), at PASSIVE_LEVEL, answered at once or later. Who asks waits
 * (nrt_oid_stage_call), or is told (nrt_oid_stage_submit).
 */
#ifndef NRT_NDIS_OID_STAGE_H
#define NRT_NDIS_OID_STAGE_H

#include <pthread.h>
#include <stdbool.h>

#include <ndis.h>

#include "../ke/workitem.h"
#include "../operation.h"

typedef NDIS_STATUS nrt_oid_handler(NDIS_HANDLE context, NDIS_OID_REQUEST *request);
typedef void nrt_oid_cancel_handler(NDIS_HANDLE context, PVOID request_id);
/* Looks at each answer. */
typedef void nrt_oid_check_handler(NDIS_HANDLE context, const NDIS_OID_REQUEST *request,
				   NDIS_STATUS status);

/* Tells @origin the final status; from here on @request is its own again. */
typedef void nrt_oid_done_fn(void *origin, NDIS_OID_REQUEST *request, NDIS_STATUS status);

struct nrt_oid_stage {
	/* before the first request: w */
	const char *name;                  /* "MiniportOidRequest", for reports */
	void *context;                     /* what both handlers are called with */
	nrt_oid_handler *handler;
	nrt_oid_cancel_handler *cancel;    /* may be NULL */
	nrt_oid_check_handler *check;      /* may be NULL */
	struct nrt_operation op;

	/* under lock */
	pthread_mutex_t lock;
	pthread_cond_t idle;
	NDIS_OID_REQUEST *head, **tail;    /* by struct hop in NdisReserved */
	NDIS_OID_REQUEST *at_driver;
	void *at_driver_of;                /* its origin; NULL for who waits */
	bool busy;                         /* somebody serves, or waits for the driver */
	bool queued;                       /* @work is */
	unsigned int telling;              /* origins that are being told */
	unsigned int held;                 /* only nrt_oid_stage_call goes through */
	struct nrt_work work;
};

/* @owner, the adapter or the module, is who a report names. @late_rule is broken by an answer
 * that does not come. */
void nrt_oid_stage_init(struct nrt_oid_stage *stage, const char *name, const void *owner,
			const char *rule, const char *late_rule);
void nrt_oid_stage_fini(struct nrt_oid_stage *stage);

/* Hand @request to the driver when it is free, and wait for its answer. PASSIVE_LEVEL. */
NDIS_STATUS nrt_oid_stage_call(struct nrt_oid_stage *stage, NDIS_OID_REQUEST *request);

/* Queue @request; @done is called once, on a thread at PASSIVE_LEVEL. Any thread, IRQL <=
 * DISPATCH_LEVEL. */
void nrt_oid_stage_submit(struct nrt_oid_stage *stage, NDIS_OID_REQUEST *request,
			  nrt_oid_done_fn *done, void *origin);

/* The driver's completion call. */
void nrt_oid_stage_complete(struct nrt_oid_stage *stage, NDIS_OID_REQUEST *request,
			    NDIS_STATUS status);

/* End @origin's requests of @id: queued ones at once with REQUEST_ABORTED, the driver is asked
 * about the one it has. */
void nrt_oid_stage_cancel(struct nrt_oid_stage *stage, const void *origin, PVOID id);

/* Keep what is queued from the driver, or go on. Nests. */
void nrt_oid_stage_hold(struct nrt_oid_stage *stage, bool hold);

/* Wait until nothing is queued or with the driver, and all are told. Not while held.
 * PASSIVE_LEVEL. */
void nrt_oid_stage_drain(struct nrt_oid_stage *stage);

/* Where drivers see a request's OID, buffer and lengths, whatever its type. */
static inline NDIS_OID nrt_oid_of(const NDIS_OID_REQUEST *request)
{
	return request->DATA.QUERY_INFORMATION.Oid;
}

#endif
