/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queue before one driver's OidRequest handler. Nothing here has a thread of its own:
 * requests are served by whoever waits for one, or by a work item, which may block as long
 * as the driver likes.
 */
#include "oid_stage.h"

#include <string.h>

#include "callback.h"
#include "culprit.h"

/* In a queued request's NdisReserved. */
struct hop {
	NDIS_OID_REQUEST *next;
	nrt_oid_done_fn *done;
	void *origin;
};

_Static_assert(sizeof(struct hop) <= sizeof(((NDIS_OID_REQUEST *)0)->NdisReserved),
	       "it has to fit");

static struct hop *hop_of(NDIS_OID_REQUEST *request)
{
	return (struct hop *)(void *)request->NdisReserved;
}

static void serve(struct nrt_work *work);

void nrt_oid_stage_init(struct nrt_oid_stage *s, const char *name, const void *owner,
			const char *rule, const char *late_rule)
{
	memset(s, 0, sizeof(*s));
	s->name = name;
	s->tail = &s->head;
	s->work.fn = serve;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->idle, NULL);
	nrt_operation_init(&s->op, name, rule);
	s->op.late_rule = late_rule;
	nrt_operation_blame(&s->op, owner, "0x7C/0x26", "0x7C/0x25");
}

void nrt_oid_stage_fini(struct nrt_oid_stage *s)
{
	nrt_operation_fini(&s->op);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->lock);
}

/* Under lock: have what is queued served, if it may be. */
static void kick(struct nrt_oid_stage *s)
{
	if (s->head == NULL || s->held != 0 || s->busy || s->queued)
		return;
	s->queued = true;
	nrt_work_queue(&s->work);
}

/* The driver is this thread's alone. */
static NDIS_STATUS ask(struct nrt_oid_stage *s, NDIS_OID_REQUEST *request)
{
	struct nrt_callback cb;
	NDIS_STATUS status;

	nrt_operation_arm(&s->op, request);
	cb = nrt_callback_begin(s->name);
	status = s->handler(s->context, request);
	nrt_callback_end(&cb);
	status = nrt_operation_wait(&s->op, status);
	if (status == NDIS_STATUS_PENDING) {
		const struct nrt_culprit who = nrt_culprit_of(s->op.owner, s->name);

		nrt_bug_check("MP-OID-02", "0xC4/0x00091001", &who,
			      "completed OID 0x%08X with PENDING", nrt_oid_of(request));
		status = NDIS_STATUS_FAILURE;
	}
	if (s->check != NULL)
		s->check(s->context, request, status);
	return status;
}

static void give_up(struct nrt_oid_stage *s)
{
	s->busy = false;
	s->at_driver = NULL;
	s->at_driver_of = NULL;
	pthread_cond_broadcast(&s->idle);
	kick(s);
}

NDIS_STATUS nrt_oid_stage_call(struct nrt_oid_stage *s, NDIS_OID_REQUEST *request)
{
	NDIS_STATUS status;

	pthread_mutex_lock(&s->lock);
	while (s->busy)
		pthread_cond_wait(&s->idle, &s->lock);
	s->busy = true;
	s->at_driver = request;
	pthread_mutex_unlock(&s->lock);
	status = ask(s, request);
	pthread_mutex_lock(&s->lock);
	give_up(s);
	pthread_mutex_unlock(&s->lock);
	return status;
}

/* One request of the queue: a work item is free to be queued again once it was called. */
static void serve(struct nrt_work *work)
{
	struct nrt_oid_stage *s = CONTAINING_RECORD(work, struct nrt_oid_stage, work);
	NDIS_OID_REQUEST *request;
	struct hop hop;
	NDIS_STATUS status;

	pthread_mutex_lock(&s->lock);
	s->queued = false;
	if (s->busy || s->held != 0 || s->head == NULL) { /* who is busy kicks again */
		pthread_cond_broadcast(&s->idle);
		pthread_mutex_unlock(&s->lock);
		return;
	}
	request = s->head;
	hop = *hop_of(request);
	s->head = hop.next;
	if (s->head == NULL)
		s->tail = &s->head;
	s->busy = true;
	s->at_driver = request;
	s->at_driver_of = hop.origin;
	pthread_mutex_unlock(&s->lock);
	status = ask(s, request);
	pthread_mutex_lock(&s->lock);
	s->telling++;
	give_up(s); /* first: who is told may ask again, and wait for that */
	pthread_mutex_unlock(&s->lock);
	hop.done(hop.origin, request, status);
	pthread_mutex_lock(&s->lock);
	s->telling--;
	pthread_cond_broadcast(&s->idle);
	pthread_mutex_unlock(&s->lock);
}

void nrt_oid_stage_submit(struct nrt_oid_stage *s, NDIS_OID_REQUEST *request, nrt_oid_done_fn *done,
			  void *origin)
{
	*hop_of(request) = (struct hop){ .done = done, .origin = origin };
	pthread_mutex_lock(&s->lock);
	*s->tail = request;
	s->tail = &hop_of(request)->next;
	kick(s);
	pthread_mutex_unlock(&s->lock);
}

void nrt_oid_stage_complete(struct nrt_oid_stage *s, NDIS_OID_REQUEST *request, NDIS_STATUS status)
{
	nrt_operation_complete(&s->op, request, status);
}

/* Under lock: take @origin's queued requests of @id out. */
static NDIS_OID_REQUEST *take_queued(struct nrt_oid_stage *s, const void *origin, PVOID id)
{
	NDIS_OID_REQUEST **link = &s->head, *taken = NULL;

	while (*link != NULL) {
		NDIS_OID_REQUEST *request = *link;
		struct hop *hop = hop_of(request);

		if (hop->origin != origin || request->RequestId != id) {
			link = &hop->next;
			continue;
		}
		*link = hop->next;
		hop->next = taken;
		taken = request;
	}
	s->tail = link;
	return taken;
}

void nrt_oid_stage_cancel(struct nrt_oid_stage *s, const void *origin, PVOID id)
{
	NDIS_OID_REQUEST *taken;
	struct nrt_callback cb;
	bool at_driver;

	pthread_mutex_lock(&s->lock);
	taken = take_queued(s, origin, id);
	at_driver = s->at_driver != NULL && s->at_driver_of == origin &&
		    s->at_driver->RequestId == id;
	pthread_mutex_unlock(&s->lock);
	while (taken != NULL) {
		struct hop hop = *hop_of(taken);

		hop.done(hop.origin, taken, NDIS_STATUS_REQUEST_ABORTED);
		taken = hop.next;
	}
	if (!at_driver || s->cancel == NULL)
		return;
	cb = nrt_callback_begin("CancelOidRequest");
	s->cancel(s->context, id);
	nrt_callback_end(&cb);
}

void nrt_oid_stage_hold(struct nrt_oid_stage *s, bool hold)
{
	pthread_mutex_lock(&s->lock);
	if (hold)
		s->held++;
	else
		s->held--;
	kick(s);
	pthread_mutex_unlock(&s->lock);
}

void nrt_oid_stage_drain(struct nrt_oid_stage *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->head != NULL || s->busy || s->queued || s->telling != 0)
		pthread_cond_wait(&s->idle, &s->lock);
	pthread_mutex_unlock(&s->lock);
}
