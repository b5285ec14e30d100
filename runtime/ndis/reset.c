/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisMResetMiniport and what follows from it: protocols are told and refused,
 * MiniportResetEx is called, what it lost is set again by OID, protocols are told
 * of the end. All of it on a work item's thread at PASSIVE_LEVEL
 * [nf-ndis-ndismresetminiport]; requests and completions come from any thread.
 */
#include "reset.h"

#include <sched.h>
#include <stdio.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "binding.h"
#include "callback.h"
#include "driver.h"
#include "nbltrack.h"
#include "oid.h"
#include "protocol.h"
#include "send.h"
#include "status.h"

void nrt_reset_init(struct nrt_reset *r)
{
	nrt_operation_init(&r->op, "MiniportResetEx", "MP-RST-01");
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->idle_cond, NULL);
	pthread_cond_init(&r->told_cond, NULL);
}

void nrt_reset_fini(struct nrt_reset *r)
{
	pthread_cond_destroy(&r->told_cond);
	pthread_cond_destroy(&r->idle_cond);
	pthread_mutex_destroy(&r->lock);
	nrt_operation_fini(&r->op);
}

/* -------------------------------------------------------------- protocols */

/* From the return of this on no protocol's send is on its way to the miniport,
 * as far as the verifier is to know that exactly; else one may be late, as one
 * that races with a pause. */
static void refuse(struct nrt_adapter *a, bool refusing)
{
	atomic_store(&a->reset.refusing, refusing);
	pthread_mutex_lock(&a->lock);
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		nrt_send_choose(b);
	pthread_mutex_unlock(&a->lock);
	nrt_oid_hold(a, refusing);
	while (refusing && atomic_load(&a->reset.senders) != 0)
		sched_yield();
}

static void tell(struct nrt_adapter *a, NDIS_STATUS code)
{
	NDIS_STATUS_INDICATION status = {
		.Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
			    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
		.SourceHandle = a,
		.StatusCode = code,
	};

	pthread_mutex_lock(&a->status_lock);
	nrt_status_indicate(a, &status);
	a->reset.told = code == NDIS_STATUS_RESET_START;
	pthread_cond_broadcast(&a->reset.told_cond);
	pthread_mutex_unlock(&a->status_lock);
}

/* PR-RST-01: once told of a reset, a protocol sends and requests nothing. A call that it had made
 * up its mind to before may be refused only now, so that each thread's first one is none; but it
 * knows then, as does the thread it was told on. */
void nrt_reset_telling(struct nrt_binding *b, NDIS_STATUS code)
{
	uint32_t resets = atomic_load(&b->resets);

	if (code == NDIS_STATUS_RESET_START) {
		nrt_self.reset_of = b;
		nrt_self.reset = resets | 1;
	} else if (code == NDIS_STATUS_RESET_END) {
		atomic_store(&b->resets, (resets + 1) & ~1u);
	}
}

void nrt_reset_told(struct nrt_binding *b, NDIS_STATUS code)
{
	if (code == NDIS_STATUS_RESET_START)
		atomic_store(&b->resets, atomic_load(&b->resets) | 1);
}

void nrt_reset_refused(struct nrt_binding *b, const char *call)
{
	uint32_t resets = atomic_load(&b->resets);

	if (nrt_self.reset_of == b && nrt_self.reset == (resets | 1)) {
		nrt_violation("PR-RST-01", "%s calls %s on %s, which it knows is being reset",
			      b->protocol->driver->name, call, b->adapter->device.name);
	} else if (resets & 1) {
		nrt_self.reset_of = b;
		nrt_self.reset = resets;
	}
}

void nrt_reset_await_end(struct nrt_adapter *a)
{
	while (a->reset.told)
		pthread_cond_wait(&a->reset.told_cond, &a->status_lock);
}

/* --------------------------------------------------------------- the driver */

/* MP-RST-02, of NDIS 6.30 and later: a reset that has ended leaves nothing under
 * way. Sends are known to the verifier only. */
static void check_nothing_pends(struct nrt_adapter *a)
{
	ULONG sends, kept;

	if (nrt_miniport_version(a->driver) < 0x0006001E)
		return;
	if (nrt_oid_pends(a))
		nrt_violation("MP-RST-02", "%s ended a reset with an OID request pending",
			      a->device.name);
	if (!nrt_verifying)
		return;
	kept = nrt_idle_kept(a); /* first: they only become fewer */
	sends = nrt_track_sends(a);
	if (sends > kept)
		nrt_violation("MP-RST-02", "%s ended a reset with %u sends not completed",
			      a->device.name, sends);
}

/* The driver is done with the reset: a request that comes now asks for another.
 * False when none is with it. */
static bool answered(struct nrt_adapter *a, BOOLEAN addressing)
{
	struct nrt_reset *r = &a->reset;
	bool due;

	pthread_mutex_lock(&r->lock);
	due = r->phase == NRT_RESET_WITH_DRIVER;
	if (due) {
		r->phase = NRT_RESET_ENDING;
		r->addressing = addressing;
	}
	pthread_mutex_unlock(&r->lock);
	if (due)
		check_nothing_pends(a);
	return due;
}

VOID NdisMResetComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status,
			BOOLEAN AddressingReset)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMResetComplete");

	nrt_check_irql("NdisMResetComplete", DISPATCH_LEVEL);
	if (a == NULL)
		return;
	if (nrt_self.locks != 0)
		nrt_violation("MP-RST-05", "%s completes a reset holding %u spin locks",
			      a->device.name, nrt_self.locks);
	answered(a, AddressingReset);
	nrt_operation_complete(&a->reset.op, NULL, Status);
}

/* MiniportResetEx and its completion; the final status, and whether NDIS has to
 * set again what the hardware lost. */
static NDIS_STATUS call_driver(struct nrt_adapter *a, bool *addressing)
{
	struct nrt_reset *r = &a->reset;
	BOOLEAN at_once = FALSE;
	struct nrt_callback cb;
	NDIS_STATUS status;

	pthread_mutex_lock(&r->lock);
	r->phase = NRT_RESET_WITH_DRIVER;
	r->addressing = false;
	pthread_mutex_unlock(&r->lock);
	nrt_operation_arm(&r->op, NULL);
	cb = nrt_callback_begin("MiniportResetEx");
	status = a->driver->chars.ResetHandlerEx(a->context, &at_once);
	nrt_callback_end(&cb);
	if (status != NDIS_STATUS_PENDING)
		answered(a, at_once);
	status = nrt_operation_wait(&r->op, status);
	pthread_mutex_lock(&r->lock);
	*addressing = at_once || r->addressing;
	pthread_mutex_unlock(&r->lock);
	return status;
}

/* NDIS_STATUS_RESET_IN_PROGRESS: the driver was at it by itself, this one was
 * superfluous [nc-ndis-miniport_reset]. */
static bool operational(NDIS_STATUS status)
{
	return status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_SOFT_ERRORS ||
	       status == NDIS_STATUS_RESET_IN_PROGRESS;
}

/* ---------------------------------------------------------------- the reset */

/* False when the adapter is about to halt: there is no reset any more. */
static bool begin(struct nrt_reset *r)
{
	bool open;

	pthread_mutex_lock(&r->lock);
	open = r->open;
	if (!open) {
		r->phase = NRT_RESET_NONE;
		pthread_cond_broadcast(&r->idle_cond);
	}
	pthread_mutex_unlock(&r->lock);
	return open;
}

static void end(struct nrt_reset *r)
{
	pthread_mutex_lock(&r->lock);
	r->phase = NRT_RESET_NONE;
	if (r->again && r->open) {
		r->phase = NRT_RESET_ASKED;
		nrt_work_queue(&r->work);
	}
	r->again = false;
	pthread_cond_broadcast(&r->idle_cond);
	pthread_mutex_unlock(&r->lock);
}

static void run(struct nrt_work *work)
{
	struct nrt_adapter *a = CONTAINING_RECORD(work, struct nrt_adapter, reset.work);
	bool addressing;
	NDIS_STATUS status;

	if (!begin(&a->reset))
		return;
	refuse(a, true);
	tell(a, NDIS_STATUS_RESET_START);
	status = call_driver(a, &addressing);
	if (!operational(status))
		fprintf(stderr,
			"pollport: %s: its reset failed with 0x%08X; pause and restart it, or "
			"remove it and add it again\n",
			a->device.name, (unsigned int)status);
	else if (addressing)
		nrt_oid_restore(a);
	refuse(a, false);
	tell(a, NDIS_STATUS_RESET_END);
	end(&a->reset);
}

VOID NdisMResetMiniport(NDIS_HANDLE MiniportAdapterHandle)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMResetMiniport");
	struct nrt_reset *r;

	nrt_check_irql("NdisMResetMiniport", DISPATCH_LEVEL);
	if (a == NULL)
		return;
	if (a->driver->chars.ResetHandlerEx == NULL) {
		nrt_violation("MP-REG-03", "%s asks for a reset but registered no ResetHandlerEx",
			      a->device.name);
		return;
	}
	r = &a->reset;
	pthread_mutex_lock(&r->lock);
	if (r->phase == NRT_RESET_ENDING) {
		r->again = true;
	} else if (r->phase == NRT_RESET_NONE && !r->closed) {
		r->phase = NRT_RESET_ASKED;
		r->work.fn = run;
		if (r->open)
			nrt_work_queue(&r->work);
	}
	pthread_mutex_unlock(&r->lock);
}

void nrt_reset_open(struct nrt_adapter *a)
{
	struct nrt_reset *r = &a->reset;

	pthread_mutex_lock(&r->lock);
	r->open = true;
	if (r->phase == NRT_RESET_ASKED)
		nrt_work_queue(&r->work);
	pthread_mutex_unlock(&r->lock);
}

void nrt_reset_close(struct nrt_adapter *a)
{
	struct nrt_reset *r = &a->reset;

	pthread_mutex_lock(&r->lock);
	r->closed = true;
	if (r->open) {
		r->open = false;
		while (r->phase != NRT_RESET_NONE)
			pthread_cond_wait(&r->idle_cond, &r->lock);
	}
	r->phase = NRT_RESET_NONE; /* of an adapter that failed to initialize */
	pthread_mutex_unlock(&r->lock);
}
