/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The check for hang: a kernel timer, whose DPC queues a work item, which calls the
 * miniport at PASSIVE_LEVEL.
 */
#include "hang.h"

#include <string.h>
#include <time.h>

#include "../verifier.h"
#include "adapter.h"
#include "callback.h"
#include "driver.h"
#include "oid.h"

#define DEFAULT_SECONDS 2
#define NDIS_683 0x00060053u

/* Longer than this is not "as quickly as possible" on any machine (MP-RST-08). */
#define LONG_NS 1000000000ull

void nrt_hang_init(struct nrt_hang *h)
{
	memset(h, 0, sizeof(*h));
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->idle, NULL);
}

void nrt_hang_fini(struct nrt_hang *h)
{
	pthread_cond_destroy(&h->idle);
	pthread_mutex_destroy(&h->lock);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool says_so(struct nrt_adapter *a)
{
	uint64_t began = now_ns();
	struct nrt_callback cb = nrt_callback_begin("MiniportCheckForHangEx");
	BOOLEAN hangs = a->driver->chars.CheckForHangHandlerEx(a->context);

	nrt_callback_end(&cb);
	if (now_ns() - began > LONG_NS)
		nrt_violation("MP-RST-08", "MiniportCheckForHangEx of %s took more than a second",
			      a->device.name);
	return hangs;
}

static void check(struct nrt_work *work)
{
	struct nrt_adapter *a = CONTAINING_RECORD(work, struct nrt_adapter, hang.work);
	struct nrt_hang *h = &a->hang;
	const void *request = nrt_oid_at_miniport(a);
	bool request_hangs = request != NULL && request == h->seen;

	if (says_so(a) || request_hangs) {
		request = NULL; /* two more calls, if the reset does not end it */
		if (a->driver->chars.ResetHandlerEx != NULL)
			NdisMResetMiniport(a);
	}
	h->seen = request;
	pthread_mutex_lock(&h->lock);
	h->busy = false;
	pthread_cond_broadcast(&h->idle);
	pthread_mutex_unlock(&h->lock);
}

static VOID expired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
	struct nrt_hang *h = Context;
	bool queue;

	(void)Dpc;
	(void)Argument1;
	(void)Argument2;
	pthread_mutex_lock(&h->lock);
	queue = !h->busy; /* one call at a time, however slow */
	h->busy = true;
	pthread_mutex_unlock(&h->lock);
	if (queue)
		nrt_work_queue(&h->work);
}

void nrt_hang_start(struct nrt_adapter *a)
{
	struct nrt_hang *h = &a->hang;
	LONG period = (LONG)(h->seconds != 0 ? h->seconds : DEFAULT_SECONDS) * 1000;
	LARGE_INTEGER due = { .QuadPart = -10000ll * period };

	if (a->driver->chars.CheckForHangHandlerEx == NULL ||
	    nrt_miniport_version(a->driver) >= NDIS_683)
		return;
	h->work.fn = check;
	h->started = true;
	KeInitializeTimer(&h->timer);
	KeInitializeDpc(&h->dpc, expired, h);
	KeSetTimerEx(&h->timer, due, period, &h->dpc);
}

void nrt_hang_stop(struct nrt_adapter *a)
{
	struct nrt_hang *h = &a->hang;

	if (!h->started)
		return;
	h->started = false;
	KeCancelTimer(&h->timer);
	KeFlushQueuedDpcs();
	pthread_mutex_lock(&h->lock);
	while (h->busy)
		pthread_cond_wait(&h->idle, &h->lock);
	pthread_mutex_unlock(&h->lock);
}
