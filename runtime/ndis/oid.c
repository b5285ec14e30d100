/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisOidRequest and its ways: queued at the adapter, served in order by the
 * adapter's OID thread at PASSIVE_LEVEL, answered by the runtime or by the
 * miniport, completed to the protocol from that thread.
 */
#include "oid.h"

#include <errno.h>
#include <stdlib.h>

#include "../error.h"
#include "../verifier.h"
#include "callback.h"
#include "culprit.h"
#include "delivery.h"
#include "driver.h"
#include "filter_oid.h"
#include "offload.h"
#include "oid_stage.h"
#include "protocol.h"

enum kind { PROTOCOL_REQUEST, BINDING_CLOSES, STOP };

struct entry {
	struct entry *next;
	enum kind kind;
	struct nrt_binding *binding;
	NDIS_OID_REQUEST *request;
	bool *done;               /* of those who wait, whose own the entry is; under the lock */
};

struct nrt_oid_queue {
	struct nrt_adapter *adapter;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;   /* queued, or finished */
	struct entry *head, **tail;
	unsigned int held;        /* nothing is served; nests */
	const struct entry *current;
	struct nrt_oid_stage miniport;
	pthread_mutex_t settings_lock;
	struct nrt_setting *settings; /* what the miniport was set to, under settings_lock */
};

static void push(struct nrt_oid_queue *q, struct entry *e)
{
	e->next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->tail = e;
	q->tail = &e->next;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

struct nrt_oid_stage *nrt_oid_miniport_stage(struct nrt_adapter *a)
{
	return &a->oids->miniport;
}

NDIS_STATUS nrt_oid_to_miniport(struct nrt_adapter *a, NDIS_OID_REQUEST *request)
{
	return nrt_oid_stage_call(&a->oids->miniport, request);
}

NDIS_STATUS nrt_oid_down(struct nrt_adapter *a, NDIS_OID_REQUEST *request)
{
	return nrt_oid_stage_call(nrt_filter_oid_top(a), request);
}

VOID NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest,
			     NDIS_STATUS Status)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMOidRequestComplete");

	if (a != NULL)
		nrt_oid_stage_complete(&a->oids->miniport, OidRequest, Status);
}

/* MP-OID-04: no more was written than there was room for. */
static void check_written(const struct nrt_adapter *a, const NDIS_OID_REQUEST *r)
{
	const struct nrt_culprit who = nrt_culprit_of(a, "MiniportOidRequest");

	if (r->RequestType != NdisRequestQueryInformation &&
	    r->RequestType != NdisRequestQueryStatistics)
		return;
	if (r->DATA.QUERY_INFORMATION.BytesWritten >
	    r->DATA.QUERY_INFORMATION.InformationBufferLength)
		nrt_bug_check("MP-OID-04", "0x7C/0x1D", &who, "wrote %u bytes for OID 0x%08X into %u",
			      r->DATA.QUERY_INFORMATION.BytesWritten,
			      r->DATA.QUERY_INFORMATION.Oid,
			      r->DATA.QUERY_INFORMATION.InformationBufferLength);
}

static void complete(struct nrt_binding *b, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
	struct nrt_callback cb;

	/* Counted first: in the handler, or as soon as it has told another
	 * thread, the binding may be closed (PR-UNB-02). */
	atomic_fetch_sub(&b->pending_oids, 1);
	cb = nrt_callback_begin("ProtocolOidRequestComplete");
	b->protocol->chars.OidRequestCompleteHandler(b->context, request, status);
	nrt_callback_end(&cb);
}

/* Hand a protocol's request down and note what it sets. */
static NDIS_STATUS pass_down(struct nrt_oid_queue *q, NDIS_OID_REQUEST *request)
{
	struct nrt_setting *setting;
	NDIS_STATUS status;

	if (!nrt_setting_copy(request, &setting))
		return NDIS_STATUS_RESOURCES;
	nrt_offload_before_set(q->adapter, request);
	status = nrt_oid_down(q->adapter, request);
	if (status == NDIS_STATUS_SUCCESS)
		nrt_offload_after_set(q->adapter, request);
	check_written(q->adapter, request);
	if (setting != NULL && status == NDIS_STATUS_SUCCESS) {
		pthread_mutex_lock(&q->settings_lock);
		nrt_setting_keep(&q->settings, setting);
		pthread_mutex_unlock(&q->settings_lock);
	} else {
		free(setting);
	}
	return status;
}

static void serve(struct nrt_oid_queue *q, struct entry *e)
{
	struct nrt_binding *b = e->binding;
	NDIS_STATUS status;

	if (e->kind == BINDING_CLOSES && nrt_removal_told(&q->adapter->removal))
		return;
	if (e->kind == BINDING_CLOSES) {
		nrt_oid_update_filter(q->adapter);
		nrt_oid_update_multicast(q->adapter);
		return;
	}
	status = nrt_oid_answer(b, e->request);
	if (status == NDIS_STATUS_NOT_RECOGNIZED)
		status = pass_down(q, e->request);
	complete(b, e->request, status);
}

/* Under lock. */
static bool may_serve(const struct nrt_oid_queue *q)
{
	return q->head != NULL && q->held == 0;
}

static void *oid_thread(void *arg)
{
	struct nrt_oid_queue *q = arg;
	bool stop = false;

	while (!stop) {
		struct entry *e;

		pthread_mutex_lock(&q->lock);
		while (!may_serve(q))
			pthread_cond_wait(&q->changed, &q->lock);
		e = q->head;
		q->head = e->next;
		if (q->head == NULL)
			q->tail = &q->head;
		q->current = e;
		pthread_mutex_unlock(&q->lock);

		if (e->kind == STOP)
			stop = true;
		else
			serve(q, e);

		pthread_mutex_lock(&q->lock);
		q->current = NULL;
		if (e->done != NULL) {
			*e->done = true; /* the waiter's own, and gone with it */
			e = NULL;
		}
		pthread_cond_broadcast(&q->changed);
		pthread_mutex_unlock(&q->lock);
		free(e);
	}
	return NULL;
}

/* Its context is not known before it has initialized. */
static NDIS_STATUS ask_miniport(NDIS_HANDLE adapter, NDIS_OID_REQUEST *request)
{
	struct nrt_adapter *a = adapter;
	bool gone = nrt_removal_told(&a->removal);
	NDIS_STATUS status;

	if (nrt_power_low(&a->power) && !nrt_power_request(nrt_oid_of(request)))
		return NDIS_STATUS_LOW_POWER_STATE; /* a filter's, or NDIS's own */
	status = a->driver->chars.OidRequestHandler(a->context, request);
	if (gone && status != NDIS_STATUS_NOT_ACCEPTED)
		nrt_violation("MP-OID-11", "%s is gone and answers OID 0x%08X with 0x%08X",
			      a->device.name, nrt_oid_of(request), (unsigned int)status);
	return status;
}

static void cancel_miniport(NDIS_HANDLE adapter, PVOID id)
{
	struct nrt_adapter *a = adapter;

	a->driver->chars.CancelOidRequestHandler(a->context, id);
}

static void check_miniport(NDIS_HANDLE adapter, const NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
	nrt_oid_check_answer(adapter, request, status);
}

int nrt_oid_queue_new(struct nrt_adapter *a)
{
	struct nrt_oid_queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return -ENOMEM;
	q->adapter = a;
	q->tail = &q->head;
	pthread_mutex_init(&q->lock, NULL);
	pthread_mutex_init(&q->settings_lock, NULL);
	pthread_cond_init(&q->changed, NULL);
	nrt_oid_stage_init(&q->miniport, "MiniportOidRequest", a, "MP-OID-01", "MP-OID-09");
	q->miniport.context = a;
	q->miniport.handler = ask_miniport;
	q->miniport.cancel = cancel_miniport;
	q->miniport.check = check_miniport;
	if (pthread_create(&q->thread, NULL, oid_thread, q) != 0) {
		nrt_oid_stage_fini(&q->miniport);
		free(q);
		return -ENOMEM;
	}
	a->oids = q;
	return 0;
}

/* Queue an entry of @kind and wait until it has been served. */
static void push_and_wait(struct nrt_oid_queue *q, enum kind kind, struct nrt_binding *b)
{
	bool done = false;
	struct entry e = { .kind = kind, .binding = b, .done = &done };

	push(q, &e);
	pthread_mutex_lock(&q->lock);
	while (!done)
		pthread_cond_wait(&q->changed, &q->lock);
	pthread_mutex_unlock(&q->lock);
}

void nrt_oid_queue_free(struct nrt_adapter *a)
{
	struct nrt_oid_queue *q = a->oids;

	if (q == NULL)
		return;
	push_and_wait(q, STOP, NULL);
	pthread_join(q->thread, NULL);
	nrt_oid_stage_drain(&q->miniport);
	nrt_settings_free(&q->settings);
	nrt_oid_stage_fini(&q->miniport);
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->settings_lock);
	pthread_mutex_destroy(&q->lock);
	free(q);
	a->oids = NULL;
}

void nrt_oid_queue_drain(struct nrt_adapter *a)
{
	struct nrt_oid_queue *q = a->oids;

	pthread_mutex_lock(&q->lock);
	while (q->head != NULL || q->current != NULL)
		pthread_cond_wait(&q->changed, &q->lock);
	pthread_mutex_unlock(&q->lock);
}

void nrt_oid_hold_protocols(struct nrt_adapter *a, bool hold)
{
	struct nrt_oid_queue *q = a->oids;

	pthread_mutex_lock(&q->lock);
	if (hold)
		q->held++;
	else
		q->held--;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

void nrt_oid_hold(struct nrt_adapter *a, bool hold)
{
	nrt_oid_hold_protocols(a, hold);
	nrt_oid_stage_hold(&a->oids->miniport, hold); /* what filters send */
}

void nrt_oid_await_current(struct nrt_adapter *a)
{
	struct nrt_oid_queue *q = a->oids;

	pthread_mutex_lock(&q->lock);
	while (q->current != NULL)
		pthread_cond_wait(&q->changed, &q->lock);
	pthread_mutex_unlock(&q->lock);
}

const void *nrt_oid_at_miniport(struct nrt_adapter *a)
{
	struct nrt_oid_stage *stage = &a->oids->miniport;
	const void *request;

	pthread_mutex_lock(&stage->lock);
	request = stage->at_driver;
	pthread_mutex_unlock(&stage->lock);
	return request;
}

bool nrt_oid_pends(struct nrt_adapter *a)
{
	return nrt_operation_pends(&a->oids->miniport.op);
}

/* Straight to the miniport, which the request it may have is waited for: the OID thread may
 * be with a filter, whose part of a request waits for the end of the reset. */
void nrt_oid_restore(struct nrt_adapter *a)
{
	pthread_mutex_lock(&a->oids->settings_lock);
	nrt_oid_set_again(a, a->oids->settings);
	pthread_mutex_unlock(&a->oids->settings_lock);
}

void nrt_oid_refresh(struct nrt_adapter *a)
{
	push_and_wait(a->oids, BINDING_CLOSES, NULL);
}

void nrt_oid_binding_closes(struct nrt_binding *b)
{
	struct nrt_adapter *a = b->adapter;

	if (atomic_load(&b->pending_oids) != 0)
		nrt_violation("PR-UNB-02", "a binding of %s is closed with %lld OID requests pending",
			      a->device.name, (long long)atomic_load(&b->pending_oids));
	pthread_mutex_lock(&a->lock);
	b->packet_filter = 0;
	b->multicast_count = 0;
	pthread_mutex_unlock(&a->lock);
	push_and_wait(a->oids, BINDING_CLOSES, b);
}

NDIS_STATUS NdisOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisOidRequest");
	struct entry *e;

	if (b == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (OidRequest->Header.Type != NDIS_OBJECT_TYPE_OID_REQUEST ||
	    OidRequest->Header.Size < NDIS_SIZEOF_OID_REQUEST_REVISION_1) {
		const struct nrt_culprit who = nrt_culprit_of(b, "NdisOidRequest");

		nrt_bug_check("RS-NB-11", "0x7C/0x21", &who, "malformed request header");
		return NDIS_STATUS_INVALID_PARAMETER;
	}
	if (atomic_load(&b->adapter->reset.refusing)) {
		if (nrt_verifying)
			nrt_reset_refused(b, "NdisOidRequest");
		return NDIS_STATUS_RESET_IN_PROGRESS;
	}
	if (nrt_power_low(&b->adapter->power)) {
		nrt_violation("PR-PNP-02", "NdisOidRequest while %s is asleep",
			      b->adapter->device.name);
		return NDIS_STATUS_LOW_POWER_STATE;
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NDIS_STATUS_RESOURCES;
	e->binding = b;
	e->request = OidRequest;
	OidRequest->RequestHandle = b; /* what an indication of its outcome is addressed to */
	atomic_fetch_add(&b->pending_oids, 1);
	push(b->adapter->oids, e);
	if (atomic_load(&b->adapter->idle.on)) /* it is held there */
		nrt_idle_end_soon(b->adapter);
	return NDIS_STATUS_PENDING;
}

/* Take the binding's queued requests of @id out; they end with REQUEST_ABORTED. */
static struct entry *take_queued(struct nrt_oid_queue *q, const struct nrt_binding *b, PVOID id)
{
	struct entry **link = &q->head;
	struct entry *taken = NULL;

	while (*link != NULL) {
		struct entry *e = *link;

		if (e->kind != PROTOCOL_REQUEST || e->binding != b || e->request->RequestId != id) {
			link = &e->next;
			continue;
		}
		*link = e->next;
		e->next = taken;
		taken = e;
	}
	q->tail = link;
	return taken;
}

VOID NdisCancelOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisCancelOidRequest");
	struct nrt_oid_queue *q;
	struct entry *taken;
	bool served;

	if (b == NULL)
		return;
	q = b->adapter->oids;
	pthread_mutex_lock(&q->lock);
	taken = take_queued(q, b, RequestId);
	served = q->current != NULL && q->current->binding == b;
	pthread_mutex_unlock(&q->lock);
	while (taken != NULL) {
		struct entry *e = taken;

		taken = e->next;
		complete(b, e->request, NDIS_STATUS_REQUEST_ABORTED);
		free(e);
	}
	if (served) /* by whoever is the first below */
		nrt_oid_stage_cancel(nrt_filter_oid_top(b->adapter), NULL, RequestId);
}
