/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The idle notification and its end [handling-, canceling- and
 * completing-the-ndis-selective-suspend-idle-notification]. The miniport confirms and
 * completes on any thread; MiniportCancelIdleNotification and the way back are work items.
 */
#include "idle.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include <nrt/nrt.h>

#include "../error.h"
#include "../ke/irql.h"
#include "adapter.h"
#include "binding.h"
#include "callback.h"
#include "chain.h"
#include "driver.h"
#include "oid.h"
#include "oid_stage.h"
#include "send.h"

struct nrt_idle_send {
	struct nrt_idle_send *next;
	struct nrt_binding *binding; /* NULL: from the lowest filter */
	NET_BUFFER_LIST *chain;
	NDIS_PORT_NUMBER port;
	ULONG flags;
};

void nrt_idle_init(struct nrt_idle *i)
{
	pthread_mutex_init(&i->lock, NULL);
	pthread_cond_init(&i->over, NULL);
	i->last_from_bindings = &i->from_bindings;
	i->last_from_filters = &i->from_filters;
}

void nrt_idle_fini(struct nrt_idle *i)
{
	pthread_cond_destroy(&i->over);
	pthread_mutex_destroy(&i->lock);
}

/* Under the adapter's lock, which the choice of a send function needs. */
static void choose_sends(struct nrt_adapter *a)
{
	pthread_mutex_lock(&a->lock);
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		nrt_send_choose(b);
	pthread_mutex_unlock(&a->lock);
}

/* ----------------------------------------------------------------------------- cancel */

static void run_cancel(struct nrt_work *work)
{
	struct nrt_adapter *a = CONTAINING_RECORD(work, struct nrt_adapter, idle.cancel_work);
	struct nrt_callback cb = nrt_callback_begin("MiniportCancelIdleNotification");

	a->driver->ss.CancelIdleNotificationHandler(a->context);
	nrt_callback_end(&cb);
	pthread_mutex_lock(&a->idle.lock);
	a->idle.cancelling = false;
	pthread_cond_broadcast(&a->idle.over);
	pthread_mutex_unlock(&a->idle.lock);
}

/* Under lock: the miniport is asked to complete, as soon as it may be and once. */
static void cancel_if_wanted(struct nrt_idle *i)
{
	if (!i->wanted || i->cancelled || i->inside ||
	    (i->phase != NRT_IDLE_ASKED && i->phase != NRT_IDLE_SUSPENDED))
		return;
	i->cancelled = i->cancelling = true;
	i->cancel_work.fn = run_cancel;
	nrt_work_queue(&i->cancel_work);
}

void nrt_idle_end_soon(struct nrt_adapter *a)
{
	struct nrt_idle *i = &a->idle;

	pthread_mutex_lock(&i->lock);
	i->wanted = i->phase != NRT_IDLE_NONE;
	cancel_if_wanted(i);
	pthread_mutex_unlock(&i->lock);
}

void nrt_idle_end(struct nrt_adapter *a)
{
	struct nrt_idle *i = &a->idle;

	pthread_mutex_lock(&i->lock);
	i->wanted = i->phase != NRT_IDLE_NONE;
	cancel_if_wanted(i);
	while (i->phase != NRT_IDLE_NONE)
		pthread_cond_wait(&i->over, &i->lock);
	pthread_mutex_unlock(&i->lock);
}

void nrt_adapter_wake(struct nrt_adapter *a)
{
	nrt_idle_end_soon(a);
}

/* ------------------------------------------------------------------------ what waits */

static void append(struct nrt_idle *i, struct nrt_idle_send *s)
{
	struct nrt_idle_send ***last =
		s->binding != NULL ? &i->last_from_bindings : &i->last_from_filters;

	**last = s;
	*last = &s->next;
}

/* Under lock. What waited goes first, and comes to an end since nobody adds to it: the device is
 * awake, so that takes as long as a send of as much. True for who does it, and sends what its
 * completions lead to. */
static bool await_release(struct nrt_idle *i)
{
	while (i->releasing && !pthread_equal(i->releaser, pthread_self())) {
		pthread_mutex_unlock(&i->lock);
		sched_yield();
		pthread_mutex_lock(&i->lock);
	}
	return i->releasing;
}

enum nrt_idle_answer nrt_idle_keep(struct nrt_adapter *a, struct nrt_binding *b,
				   NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG flags)
{
	struct nrt_idle *i = &a->idle;
	struct nrt_idle_send *s = calloc(1, sizeof(*s));
	bool awake;

	if (s == NULL)
		return NRT_IDLE_NO_MEMORY;
	*s = (struct nrt_idle_send){ NULL, b, chain, port, flags & ~NDIS_SEND_FLAGS_DISPATCH_LEVEL };
	pthread_mutex_lock(&i->lock);
	awake = await_release(i) || i->phase == NRT_IDLE_NONE;
	if (!awake) {
		append(i, s);
		i->wanted = true;
		cancel_if_wanted(i);
	}
	pthread_mutex_unlock(&i->lock);
	if (!awake)
		return NRT_IDLE_QUEUED;
	free(s);
	return NRT_IDLE_AWAKE;
}

/* Under lock: the first of @list, or NULL. */
static struct nrt_idle_send *take(struct nrt_idle_send **list, struct nrt_idle_send ***last)
{
	struct nrt_idle_send *s = *list;

	if (s == NULL)
		return NULL;
	*list = s->next;
	if (*list == NULL)
		*last = list;
	return s;
}

ULONG nrt_idle_kept(struct nrt_adapter *a)
{
	ULONG n = 0;

	pthread_mutex_lock(&a->idle.lock);
	for (const struct nrt_idle_send *s = a->idle.from_filters; s != NULL; s = s->next)
		n += nrt_chain_length(s->chain);
	pthread_mutex_unlock(&a->idle.lock);
	return n;
}

/* Each sender's in its order: who sends meanwhile waits. */
static void release_sends(struct nrt_adapter *a)
{
	struct nrt_idle *i = &a->idle;
	struct nrt_idle_send *s;

	pthread_mutex_lock(&i->lock);
	i->releasing = true;
	i->releaser = pthread_self();
	while ((s = take(&i->from_filters, &i->last_from_filters)) != NULL) {
		pthread_mutex_unlock(&i->lock);
		nrt_send_to_miniport(a, s->chain, s->port, s->flags);
		free(s);
		pthread_mutex_lock(&i->lock);
	}
	nrt_state_move(&a->state, NRT_MINIPORT, NRT_RESUME, a->device.name);
	while ((s = take(&i->from_bindings, &i->last_from_bindings)) != NULL || i->cancelling) {
		if (s == NULL) { /* the handler must have returned before a halt */
			pthread_cond_wait(&i->over, &i->lock);
			continue;
		}
		pthread_mutex_unlock(&i->lock);
		nrt_send_now(s->binding, s->chain, s->port, s->flags);
		free(s);
		pthread_mutex_lock(&i->lock);
	}
	i->phase = NRT_IDLE_NONE;
	i->releasing = false;
	i->wanted = i->cancelled = i->completed = i->lowered = false;
	atomic_store(&i->on, false);
	choose_sends(a);
	pthread_cond_broadcast(&i->over);
	pthread_mutex_unlock(&i->lock);
}

/* Awake, whether it ever slept or not. After this the adapter may be halted at any time. */
static void finish(struct nrt_adapter *a)
{
	nrt_oid_hold(a, false);
	release_sends(a);
}

/* ------------------------------------------------------------------- confirm, complete */

static void run_wake(struct nrt_work *work)
{
	struct nrt_adapter *a = CONTAINING_RECORD(work, struct nrt_adapter, idle.wake_work);

	if (a->idle.lowered)
		nrt_power_state_to(a, NdisDeviceStateD0);
	finish(a);
}

/* Under lock. */
static void wake(struct nrt_idle *i)
{
	i->phase = NRT_IDLE_WAKING;
	i->wake_work.fn = run_wake;
	nrt_work_queue(&i->wake_work);
}

VOID NdisMIdleNotificationConfirm(NDIS_HANDLE MiniportAdapterHandle,
				  NDIS_DEVICE_POWER_STATE IdlePowerState)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMIdleNotificationConfirm");
	struct nrt_idle *i;
	bool lowered, due;

	nrt_check_irql("NdisMIdleNotificationConfirm", PASSIVE_LEVEL);
	if (a == NULL)
		return;
	i = &a->idle;
	pthread_mutex_lock(&i->lock);
	due = i->phase == NRT_IDLE_ASKED; /* else it was completed, or never asked */
	if (due)
		i->phase = NRT_IDLE_CONFIRMING;
	pthread_mutex_unlock(&i->lock);
	if (!due)
		return;
	nrt_power_wake_parameters(a, i->force ? 0 : NDIS_PM_SELECTIVE_SUSPEND_ENABLED);
	lowered = nrt_power_state_to(a, IdlePowerState) == NDIS_STATUS_SUCCESS;
	pthread_mutex_lock(&i->lock);
	i->phase = NRT_IDLE_SUSPENDED;
	i->lowered = lowered;
	if (i->completed)
		wake(i);
	cancel_if_wanted(i);
	pthread_mutex_unlock(&i->lock);
}

VOID NdisMIdleNotificationComplete(NDIS_HANDLE MiniportAdapterHandle)
{
	struct nrt_adapter *a =
		nrt_adapter_of(MiniportAdapterHandle, "NdisMIdleNotificationComplete");
	struct nrt_idle *i;

	nrt_check_irql("NdisMIdleNotificationComplete", DISPATCH_LEVEL);
	if (a == NULL)
		return;
	i = &a->idle;
	pthread_mutex_lock(&i->lock);
	if (i->phase == NRT_IDLE_CONFIRMING || (i->phase == NRT_IDLE_ASKED && i->inside))
		i->completed = true; /* it goes on when that has returned */
	else if (i->phase == NRT_IDLE_ASKED || i->phase == NRT_IDLE_SUSPENDED)
		wake(i);
	pthread_mutex_unlock(&i->lock);
}

/* --------------------------------------------------------------------- the notification */

static NDIS_STATUS notify(struct nrt_adapter *a, bool force)
{
	struct nrt_idle *i = &a->idle;
	struct nrt_callback cb;
	NDIS_STATUS status;

	cb = nrt_callback_begin("MiniportIdleNotification");
	status = a->driver->ss.IdleNotificationHandler(a->context, force);
	nrt_callback_end(&cb);
	pthread_mutex_lock(&i->lock);
	i->inside = false;
	if (status == NDIS_STATUS_PENDING) {
		if (i->completed && i->phase != NRT_IDLE_CONFIRMING)
			wake(i);
		cancel_if_wanted(i);
	}
	pthread_mutex_unlock(&i->lock);
	if (status == NDIS_STATUS_PENDING)
		return status;
	if (i->lowered)
		nrt_power_state_to(a, NdisDeviceStateD0);
	finish(a);
	return status;
}

/* Sends and requests wait from the return of this on. */
static void begin(struct nrt_adapter *a, bool force)
{
	struct nrt_idle *i = &a->idle;

	nrt_oid_hold_protocols(a, true);
	nrt_oid_await_current(a); /* which filters may have to pass on */
	nrt_oid_stage_hold(nrt_oid_miniport_stage(a), true);
	pthread_mutex_lock(&i->lock);
	i->phase = NRT_IDLE_ASKED;
	i->inside = true;
	i->force = force;
	atomic_store(&i->on, true);
	choose_sends(a);
	nrt_state_move(&a->state, NRT_MINIPORT, NRT_SUSPEND, a->device.name);
	pthread_mutex_unlock(&i->lock);
}

static int suspend(struct nrt_adapter *a, bool force)
{
	NDIS_STATUS status;

	if (!nrt_adapter_alive(a))
		return nrt_fail(-ENODEV, "the adapter was removed already");
	if (a->driver->ss.IdleNotificationHandler == NULL)
		return nrt_fail(-ENOTSUP, "adapter %s: its miniport has no selective suspend",
				a->device.name);
	if (atomic_load(&a->idle.on) || atomic_load(&a->state) != NRT_RUNNING ||
	    nrt_power_low(&a->power))
		return nrt_fail(-EALREADY, "adapter %s does not run, or is suspended or asleep",
				a->device.name);
	begin(a, force);
	status = notify(a, force);
	if (status == NDIS_STATUS_PENDING)
		return 0;
	return nrt_fail(status == NDIS_STATUS_BUSY && !force ? -EBUSY : -EIO,
			"adapter %s does not suspend: 0x%08X", a->device.name, (unsigned int)status);
}

int nrt_adapter_idle(struct nrt_adapter *a, bool force)
{
	int rc;

	pthread_mutex_lock(&a->pnp); /* as it is: not awake, as nrt_adapter_lock() would have it */
	rc = suspend(a, force);
	pthread_mutex_unlock(&a->pnp);
	return rc;
}
