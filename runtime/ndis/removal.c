/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Surprise removal and removal by the miniport itself. Asked for on any thread at IRQL <=
 * DISPATCH_LEVEL, carried out by a work item: the drivers are told of a device that is gone
 * first, whatever else goes on with the adapter, then the stack is paused and halted.
 */
#include "removal.h"

#include <pthread.h>

#include <nrt/nrt_lower.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "adapter.h"
#include "device_event.h"
#include "restart.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;

void nrt_removal_await(struct nrt_adapter *a)
{
	pthread_mutex_lock(&lock);
	while (a->removal.running)
		pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
}

bool nrt_removal_claim(struct nrt_adapter *a)
{
	bool due;

	pthread_mutex_lock(&lock);
	due = a->removal.unclaimed;
	a->removal.unclaimed = false;
	pthread_mutex_unlock(&lock);
	return due;
}

static void tell(struct nrt_adapter *a)
{
	if (a->removal.gone && !nrt_removal_told(&a->removal) &&
	    nrt_device_event(a, NdisDevicePnPEventSurpriseRemoved, NULL, 0))
		atomic_store_explicit(&a->removal.told, true, memory_order_release);
}

static void run(struct nrt_work *work)
{
	struct nrt_adapter *a = CONTAINING_RECORD(work, struct nrt_adapter, removal.work);
	bool alive;

	tell(a);
	nrt_adapter_lock(a);
	alive = nrt_adapter_alive(a);
	if (alive) {
		tell(a); /* it may have been initializing */
		a->halt_action = a->removal.gone ? NdisHaltDeviceSurpriseRemoved :
						   NdisHaltDeviceFailed;
		nrt_adapter_take_down(a);
	}
	pthread_mutex_unlock(&a->pnp);
	pthread_mutex_lock(&lock);
	a->removal.unclaimed = alive;
	a->removal.running = false;
	pthread_cond_broadcast(&ended);
	pthread_mutex_unlock(&lock);
}

/* The first reason counts. False: it is being removed already. */
static bool ask(struct nrt_adapter *a, bool gone)
{
	struct nrt_removal *r = &a->removal;
	bool first;

	pthread_mutex_lock(&lock);
	first = !r->asked;
	if (first) {
		r->asked = r->running = true;
		r->gone = gone;
		r->work.fn = run;
		nrt_work_queue(&r->work);
	}
	pthread_mutex_unlock(&lock);
	return first;
}

void nrt_adapter_gone(struct nrt_adapter *a)
{
	ask(a, true);
}

void nrt_device_gone(NDIS_HANDLE miniport_adapter)
{
	struct nrt_adapter *a = nrt_adapter_of(miniport_adapter, "nrt_device_gone");

	if (a != NULL)
		ask(a, true);
}

NDIS_STATUS NdisMRemoveMiniport(NDIS_HANDLE MiniportHandle)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportHandle, "NdisMRemoveMiniport");

	nrt_check_irql("NdisMRemoveMiniport", DISPATCH_LEVEL);
	if (a == NULL || !ask(a, false))
		return NDIS_STATUS_FAILURE;
	return NDIS_STATUS_SUCCESS;
}
