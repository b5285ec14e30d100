/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Regular OID requests of filter modules: from above by FilterOidRequest, on down by
 * NdisFOidRequest, the answers by FilterOidRequestComplete and NdisFOidRequestComplete.
 * NdisF calls come on any thread at IRQL <= DISPATCH_LEVEL, handlers at PASSIVE_LEVEL.
 */
#include "filter_oid.h"

#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "callback.h"
#include "culprit.h"
#include "driver.h"
#include "oid.h"

struct nrt_filter_oids {
	struct nrt_oid_stage stage;     /* requests from above */
	/* under lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int64_t own;                    /* its own and its clones, on their way below */
	int64_t telling;                /* of these, those it is being told the answer of */
};

static bool handles(const struct nrt_filter *f)
{
	return f->driver->chars.OidRequestHandler != NULL;
}

/* Under the adapter's lock: the turn after @f's, which may be NULL for the miniport's. */
static struct nrt_oid_stage *first_from(struct nrt_adapter *a, struct nrt_filter *f)
{
	while (f != NULL && !handles(f))
		f = f->below;
	return f != NULL ? &f->oids->stage : nrt_oid_miniport_stage(a);
}

struct nrt_oid_stage *nrt_filter_oid_top(struct nrt_adapter *a)
{
	struct nrt_oid_stage *stage;
	struct nrt_filter *f;

	pthread_mutex_lock(&a->lock);
	for (f = a->filters; f != NULL && f->above != NULL;)
		f = f->above;
	stage = first_from(a, f);
	pthread_mutex_unlock(&a->lock);
	return stage;
}

bool nrt_filter_oids_new(struct nrt_filter *f)
{
	struct nrt_filter_oids *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return false;
	nrt_oid_stage_init(&o->stage, "FilterOidRequest", f, "FL-OID-02", "FL-OID-02");
	o->stage.context = f->context;
	o->stage.handler = f->driver->chars.OidRequestHandler;
	o->stage.cancel = f->driver->chars.CancelOidRequestHandler;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->changed, NULL);
	f->oids = o;
	return true;
}

void nrt_filter_oids_hold(struct nrt_adapter *a)
{
	nrt_oid_hold_protocols(a, true);
	nrt_oid_await_current(a);
}

void nrt_filter_oids_resume(struct nrt_adapter *a)
{
	nrt_oid_hold_protocols(a, false);
}

void nrt_filter_oids_close(struct nrt_filter *f)
{
	nrt_oid_stage_drain(&f->oids->stage);
}

void nrt_filter_oids_free(struct nrt_filter *f)
{
	struct nrt_filter_oids *o = f->oids;

	pthread_mutex_lock(&o->lock);
	if (o->own != 0)
		nrt_violation("FL-DET-01", "%s was detached from %s with %lld OID requests pending",
			      f->driver->driver->name, f->adapter->device.name, (long long)o->own);
	while (o->own != 0 || o->telling != 0)
		pthread_cond_wait(&o->changed, &o->lock);
	pthread_mutex_unlock(&o->lock);
	nrt_oid_stage_drain(&o->stage);
	nrt_oid_stage_fini(&o->stage);
	pthread_cond_destroy(&o->changed);
	pthread_mutex_destroy(&o->lock);
	free(o);
	f->oids = NULL;
}

/* ------------------------------------------------------------------- requests */

static void count(struct nrt_filter_oids *o, int own, int telling)
{
	pthread_mutex_lock(&o->lock);
	o->own += own;
	o->telling += telling;
	pthread_cond_broadcast(&o->changed);
	pthread_mutex_unlock(&o->lock);
}

/* The answer from below to what @origin, a module, asked. Counted first, as a binding's: who is
 * told next may have the module detached. */
static void answer(void *origin, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
	struct nrt_filter *f = origin;
	struct nrt_callback cb;

	count(f->oids, -1, 1);
	cb = nrt_callback_begin("FilterOidRequestComplete");
	f->driver->chars.OidRequestCompleteHandler(f->context, request, status);
	nrt_callback_end(&cb);
	count(f->oids, 0, -1);
}

NDIS_STATUS NdisFOidRequest(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFOidRequest");
	struct nrt_adapter *a;

	nrt_check_irql("NdisFOidRequest", DISPATCH_LEVEL);
	if (f == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (OidRequest->Header.Type != NDIS_OBJECT_TYPE_OID_REQUEST ||
	    OidRequest->Header.Size < NDIS_SIZEOF_OID_REQUEST_REVISION_1) {
		const struct nrt_culprit who = nrt_culprit_of(f, "NdisFOidRequest");

		nrt_bug_check("RS-NB-11", "0x7C/0x21", &who, "malformed request header");
		return NDIS_STATUS_INVALID_PARAMETER;
	}
	if (atomic_load(&f->state) == NRT_INITIALIZING || f->oids == NULL) {
		nrt_violation("FL-ATT-02", "%s asks by OID while it attaches",
			      f->driver->driver->name);
		return NDIS_STATUS_FAILURE;
	}
	if (f->driver->chars.OidRequestCompleteHandler == NULL) {
		nrt_violation("FL-REG-02", "%s asks by OID and has no FilterOidRequestComplete",
			      f->driver->driver->name);
		return NDIS_STATUS_FAILURE;
	}
	a = f->adapter;
	count(f->oids, 1, 0);
	pthread_mutex_lock(&a->lock); /* the list stays as it is until the request is in a queue */
	nrt_oid_stage_submit(first_from(a, f->below), OidRequest, answer, f);
	pthread_mutex_unlock(&a->lock);
	if (atomic_load(&a->idle.on)) /* it is held at the miniport */
		nrt_idle_end_soon(a);
	return NDIS_STATUS_PENDING;
}

VOID NdisFOidRequestComplete(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest,
			     NDIS_STATUS Status)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFOidRequestComplete");

	nrt_check_irql("NdisFOidRequestComplete", DISPATCH_LEVEL);
	if (f != NULL && f->oids != NULL)
		nrt_oid_stage_complete(&f->oids->stage, OidRequest, Status);
}

VOID NdisFCancelOidRequest(NDIS_HANDLE NdisFilterHandle, PVOID RequestId)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFCancelOidRequest");
	struct nrt_oid_stage *stage;

	nrt_check_irql("NdisFCancelOidRequest", DISPATCH_LEVEL);
	if (f == NULL)
		return;
	pthread_mutex_lock(&f->adapter->lock);
	stage = first_from(f->adapter, f->below);
	pthread_mutex_unlock(&f->adapter->lock);
	nrt_oid_stage_cancel(stage, f, RequestId);
}

/* --------------------------------------------------------------------- clones */

/* The information buffer stays the original's; MiniportReserved, SourceReserved and what is
 * NDIS's own are the clone's [nf-ndis-ndisallocatecloneoidrequest]. */
NDIS_STATUS NdisAllocateCloneOidRequest(NDIS_HANDLE SourceHandle, PNDIS_OID_REQUEST OidRequest,
					UINT PoolTag, PNDIS_OID_REQUEST *ClonedOidRequest)
{
	NDIS_OID_REQUEST *clone;
	size_t size = OidRequest->Header.Size;

	nrt_check_irql("NdisAllocateCloneOidRequest", DISPATCH_LEVEL);
	if (OidRequest->Header.Type != NDIS_OBJECT_TYPE_OID_REQUEST ||
	    size < NDIS_SIZEOF_OID_REQUEST_REVISION_1)
		return NDIS_STATUS_INVALID_PARAMETER;
	clone = nrt_memory_zalloc(sizeof(*clone) > size ? sizeof(*clone) : size, PoolTag,
				  SourceHandle);
	if (clone == NULL)
		return NDIS_STATUS_RESOURCES;
	memcpy(clone, OidRequest, size);
	memset(clone->NdisReserved, 0, sizeof(clone->NdisReserved));
	memset(clone->MiniportReserved, 0, sizeof(clone->MiniportReserved));
	memset(clone->SourceReserved, 0, sizeof(clone->SourceReserved));
	clone->RequestHandle = SourceHandle;
	*ClonedOidRequest = clone;
	return NDIS_STATUS_SUCCESS;
}

VOID NdisFreeCloneOidRequest(NDIS_HANDLE SourceHandle, PNDIS_OID_REQUEST Request)
{
	(void)SourceHandle;
	nrt_check_irql("NdisFreeCloneOidRequest", DISPATCH_LEVEL);
	nrt_memory_free(Request, 0);
}
