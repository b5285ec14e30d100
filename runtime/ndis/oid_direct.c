/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Direct and synchronous OID requests: handed down on the caller's thread at IRQL <=
 * DISPATCH_LEVEL, serialized with nothing (RT-10). A module without the handler is skipped.
 */
#include <pthread.h>
#include <stdint.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "binding.h"
#include "callback.h"
#include "culprit.h"
#include "driver.h"
#include "filter.h"
#include "oid_stage.h"
#include "protocol.h"

/* In a direct request's NdisReserved while it is under way. */
struct hop {
	NDIS_OID_REQUEST *next;       /* in its bucket, under the lock */
	struct nrt_binding *binding;  /* its origin, or */
	struct nrt_filter *filter;
	const void *with;             /* who has it: a filter, or the adapter */
};

/* All that are under way: what a driver completes is looked for by its address, since a request
 * that is completed twice may have been freed in between. */
#define BUCKETS 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static NDIS_OID_REQUEST *buckets[BUCKETS];

_Static_assert(sizeof(struct hop) <= sizeof(((NDIS_OID_REQUEST *)0)->NdisReserved),
	       "it has to fit");

static struct hop *hop_of(NDIS_OID_REQUEST *request)
{
	return (struct hop *)(void *)request->NdisReserved;
}

/* Under lock: the link that leads to @request; to the end of its bucket when it is not there. */
static NDIS_OID_REQUEST **place_of(const NDIS_OID_REQUEST *request)
{
	NDIS_OID_REQUEST **link = &buckets[(uintptr_t)request / sizeof(*request) % BUCKETS];

	while (*link != NULL && *link != request)
		link = &hop_of(*link)->next;
	return link;
}

/* False: it is under way already. */
static bool put(NDIS_OID_REQUEST *request, const struct hop *hop)
{
	NDIS_OID_REQUEST **link;
	bool fresh;

	pthread_mutex_lock(&lock);
	link = place_of(request);
	fresh = *link == NULL;
	if (fresh) {
		*hop_of(request) = *hop;
		*link = request;
	}
	pthread_mutex_unlock(&lock);
	return fresh;
}

/* False: @with does not have it. */
static bool take(NDIS_OID_REQUEST *request, const void *with, struct hop *hop)
{
	NDIS_OID_REQUEST **link;
	bool had;

	pthread_mutex_lock(&lock);
	link = place_of(request);
	had = *link != NULL && hop_of(request)->with == with;
	if (had) {
		*hop = *hop_of(request);
		*link = hop->next;
	}
	pthread_mutex_unlock(&lock);
	return had;
}

static bool header_ok(NDIS_HANDLE handle, const NDIS_OID_REQUEST *request, const char *ddi)
{
	struct nrt_culprit who;

	if (request != NULL && request->Header.Type == NDIS_OBJECT_TYPE_OID_REQUEST &&
	    request->Header.Size >= NDIS_SIZEOF_OID_REQUEST_REVISION_1)
		return true;
	who = nrt_culprit_of(handle, ddi);
	nrt_bug_check("RS-NB-11", "0x7C/0x21", &who, "malformed request header");
	return false;
}

static struct nrt_filter *highest(const struct nrt_adapter *a)
{
	struct nrt_filter *f = a->filters;

	while (f != NULL && f->above != NULL)
		f = f->above;
	return f;
}

/* ---------------------------------------------------------------------- direct */

static struct nrt_filter *with_direct(struct nrt_filter *f)
{
	while (f != NULL && f->driver->chars.DirectOidRequestHandler == NULL)
		f = f->below;
	return f;
}

static NDIS_STATUS call(struct nrt_adapter *a, struct nrt_filter *f, NDIS_OID_REQUEST *request)
{
	struct nrt_callback cb =
		nrt_callback_begin(f != NULL ? "FilterDirectOidRequest" : "MiniportDirectOidRequest");
	NDIS_STATUS status =
		f != NULL ? f->driver->chars.DirectOidRequestHandler(f->context, request) :
			    a->driver->chars.DirectOidRequestHandler(a->context, request);

	nrt_callback_end(&cb);
	return status;
}

/* To the first from @f on, or to the miniport. */
static NDIS_STATUS hand_down(struct nrt_adapter *a, struct nrt_filter *f, NDIS_OID_REQUEST *request,
			     const struct hop *origin)
{
	struct hop hop = *origin;
	struct nrt_culprit who;
	NDIS_STATUS status;

	f = with_direct(f);
	if (f == NULL && a->driver->chars.DirectOidRequestHandler == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (f == NULL && nrt_power_low(&a->power))
		return NDIS_STATUS_LOW_POWER_STATE;
	hop.with = f != NULL ? (const void *)f : a;
	if (!put(request, &hop)) {
		who = hop.filter != NULL ?
			      nrt_culprit_of(hop.filter, "NdisFDirectOidRequest") :
			      nrt_culprit_of(hop.binding, "NdisDirectOidRequest");
		nrt_bug_check(hop.filter != NULL ? "FL-OID-01" : "PR-OID-01", "0xC4/0x0009100E",
			      &who, "request %p is under way already", (void *)request);
		return NDIS_STATUS_FAILURE;
	}
	status = call(a, f, request);
	if (status == NDIS_STATUS_PENDING || take(request, hop.with, &hop))
		return status;
	who = nrt_culprit_of(hop.with, f != NULL ? "FilterDirectOidRequest" :
						   "MiniportDirectOidRequest");
	nrt_bug_check(f != NULL ? "FL-OID-02" : "MP-OID-01", "0x7C/0x26", &who,
		      "returned 0x%08X and was also completed", (unsigned int)status);
	return NDIS_STATUS_PENDING; /* who asked has been told */
}

NDIS_STATUS NdisDirectOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisDirectOidRequest");
	const struct hop origin = { .binding = b };
	NDIS_STATUS status;

	nrt_check_irql("NdisDirectOidRequest", DISPATCH_LEVEL);
	if (b == NULL || !header_ok(b, OidRequest, "NdisDirectOidRequest"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (b->protocol->chars.DirectOidRequestCompleteHandler == NULL) {
		nrt_violation("PR-OID-04",
			      "a protocol makes a direct request and has no completion handler");
		return NDIS_STATUS_NOT_SUPPORTED;
	}
	if (atomic_load(&b->adapter->reset.refusing)) {
		if (nrt_verifying)
			nrt_reset_refused(b, "NdisDirectOidRequest");
		return NDIS_STATUS_RESET_IN_PROGRESS;
	}
	OidRequest->RequestHandle = b;
	atomic_fetch_add(&b->pending_oids, 1);
	status = hand_down(b->adapter, highest(b->adapter), OidRequest, &origin);
	if (status != NDIS_STATUS_PENDING)
		atomic_fetch_sub(&b->pending_oids, 1);
	return status;
}

NDIS_STATUS NdisFDirectOidRequest(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFDirectOidRequest");
	const struct hop origin = { .filter = f };

	nrt_check_irql("NdisFDirectOidRequest", DISPATCH_LEVEL);
	if (f == NULL || !header_ok(f, OidRequest, "NdisFDirectOidRequest"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (f->driver->chars.DirectOidRequestCompleteHandler == NULL) {
		nrt_violation("FL-REG-02", "%s makes a direct request and has no completion handler",
			      f->driver->driver->name);
		return NDIS_STATUS_NOT_SUPPORTED;
	}
	return hand_down(f->adapter, f->below, OidRequest, &origin);
}

/* @with, a filter or an adapter for its miniport, has done @request. */
static void complete(const void *with, NDIS_OID_REQUEST *request, NDIS_STATUS status,
		     const char *rule, const char *ddi)
{
	const struct nrt_culprit who = nrt_culprit_of(with, ddi);
	struct nrt_callback cb;
	struct hop hop;

	if (!take(request, with, &hop)) {
		nrt_bug_check(rule, "0x7C/0x26", &who, "request %p is not pending there",
			      (void *)request);
		return;
	}
	cb = nrt_callback_begin(hop.filter != NULL ? "FilterDirectOidRequestComplete" :
						     "ProtocolDirectOidRequestComplete");
	if (hop.filter != NULL) {
		hop.filter->driver->chars.DirectOidRequestCompleteHandler(hop.filter->context,
									  request, status);
	} else {
		atomic_fetch_sub(&hop.binding->pending_oids, 1);
		hop.binding->protocol->chars.DirectOidRequestCompleteHandler(hop.binding->context,
									     request, status);
	}
	nrt_callback_end(&cb);
}

VOID NdisMDirectOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest,
				   NDIS_STATUS Status)
{
	struct nrt_adapter *a =
		nrt_adapter_of(MiniportAdapterHandle, "NdisMDirectOidRequestComplete");

	nrt_check_irql("NdisMDirectOidRequestComplete", DISPATCH_LEVEL);
	if (a != NULL)
		complete(a, OidRequest, Status, "MP-OID-01", "NdisMDirectOidRequestComplete");
}

VOID NdisFDirectOidRequestComplete(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest,
				   NDIS_STATUS Status)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFDirectOidRequestComplete");

	nrt_check_irql("NdisFDirectOidRequestComplete", DISPATCH_LEVEL);
	if (f != NULL)
		complete(f, OidRequest, Status, "FL-OID-02", "NdisFDirectOidRequestComplete");
}

static void cancel_from(struct nrt_adapter *a, struct nrt_filter *f, PVOID id)
{
	struct nrt_callback cb = nrt_callback_begin("CancelDirectOidRequest");

	f = with_direct(f);
	if (f != NULL && f->driver->chars.CancelDirectOidRequestHandler != NULL)
		f->driver->chars.CancelDirectOidRequestHandler(f->context, id);
	else if (f == NULL && a->driver->chars.CancelDirectOidRequestHandler != NULL)
		a->driver->chars.CancelDirectOidRequestHandler(a->context, id);
	nrt_callback_end(&cb);
}

VOID NdisCancelDirectOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisCancelDirectOidRequest");

	nrt_check_irql("NdisCancelDirectOidRequest", DISPATCH_LEVEL);
	if (b != NULL)
		cancel_from(b->adapter, highest(b->adapter), RequestId);
}

VOID NdisFCancelDirectOidRequest(NDIS_HANDLE NdisFilterHandle, PVOID RequestId)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFCancelDirectOidRequest");

	nrt_check_irql("NdisFCancelDirectOidRequest", DISPATCH_LEVEL);
	if (f != NULL)
		cancel_from(f->adapter, f->below, RequestId);
}

/* ----------------------------------------------------------------- synchronous */

static NDIS_STATUS ask_miniport(struct nrt_adapter *a, NDIS_OID_REQUEST *request)
{
	struct nrt_callback cb;
	NDIS_STATUS status;

	if (a->driver->chars.SynchronousOidRequestHandler == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (nrt_power_low(&a->power))
		return NDIS_STATUS_LOW_POWER_STATE;
	cb = nrt_callback_begin("MiniportSynchronousOidRequest");
	status = a->driver->chars.SynchronousOidRequestHandler(a->context, request);
	nrt_callback_end(&cb);
	if (status != NDIS_STATUS_PENDING)
		return status;
	nrt_violation("MP-OID-14", "%s answers the synchronous OID 0x%08X with PENDING",
		      a->device.name, nrt_oid_of(request));
	return NDIS_STATUS_FAILURE;
}

/* Down from @f on until somebody completes it, and up again by all that were asked before:
 * one after the other, with a slot of memory for each [synchronous-oid-request-interface]. */
static NDIS_STATUS ask(struct nrt_adapter *a, struct nrt_filter *f, NDIS_OID_REQUEST *request)
{
	struct nrt_filter *asked[NRT_MAX_FILTERS];
	PVOID context[NRT_MAX_FILTERS] = { NULL };
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;
	struct nrt_callback cb;
	unsigned int n = 0;

	for (; f != NULL && status == NDIS_STATUS_SUCCESS; f = f->below) {
		asked[n] = f;
		if (f->driver->chars.SynchronousOidRequestHandler != NULL) {
			cb = nrt_callback_begin("FilterSynchronousOidRequest");
			status = f->driver->chars.SynchronousOidRequestHandler(f->context, request,
									       &context[n]);
			nrt_callback_end(&cb);
		}
		n += status == NDIS_STATUS_SUCCESS; /* who completes it is not told */
	}
	if (status == NDIS_STATUS_SUCCESS)
		status = ask_miniport(a, request);
	else if (status == NDIS_STATUS_ALREADY_COMPLETE)
		status = NDIS_STATUS_SUCCESS;
	while (n-- != 0) {
		if (asked[n]->driver->chars.SynchronousOidRequestCompleteHandler == NULL)
			continue;
		cb = nrt_callback_begin("FilterSynchronousOidRequestComplete");
		asked[n]->driver->chars.SynchronousOidRequestCompleteHandler(
			asked[n]->context, request, &status, context[n]);
		nrt_callback_end(&cb);
	}
	return status;
}

NDIS_STATUS NdisSynchronousOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisSynchronousOidRequest");
	NDIS_STATUS status;

	nrt_check_irql("NdisSynchronousOidRequest", DISPATCH_LEVEL);
	if (b == NULL || !header_ok(b, OidRequest, "NdisSynchronousOidRequest"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (atomic_load(&b->adapter->reset.refusing)) {
		if (nrt_verifying)
			nrt_reset_refused(b, "NdisSynchronousOidRequest");
		return NDIS_STATUS_RESET_IN_PROGRESS;
	}
	atomic_fetch_add(&b->pending_oids, 1);
	status = ask(b->adapter, highest(b->adapter), OidRequest);
	atomic_fetch_sub(&b->pending_oids, 1);
	return status;
}

NDIS_STATUS NdisFSynchronousOidRequest(NDIS_HANDLE NdisFilterHandle, NDIS_OID_REQUEST *OidRequest)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFSynchronousOidRequest");

	nrt_check_irql("NdisFSynchronousOidRequest", DISPATCH_LEVEL);
	if (f == NULL || !header_ok(f, OidRequest, "NdisFSynchronousOidRequest"))
		return NDIS_STATUS_INVALID_PARAMETER;
	return ask(f->adapter, f->below, OidRequest);
}
