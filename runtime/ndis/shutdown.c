/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of the system, for miniports: MiniportShutdownEx, when the host says that it goes
 * down, at PASSIVE_LEVEL on the host's thread, or because of a bug check, at once and at
 * HIGH_LEVEL on the thread that it happens on.
 */
#include "shutdown.h"

#include <nrt/nrt.h>

#include "../ke/memory.h"
#include "../thread.h"
#include "../verifier.h"
#include "../worker.h"
#include "adapter.h"
#include "callback.h"
#include "driver.h"
#include "interrupt.h"
#include "poll.h"
#include "restart.h"
#include "sharedmem.h"

static _Atomic bool going_down; /* control: w */
static _Atomic bool bug_checked;

bool nrt_going_down(void)
{
	return atomic_load(&going_down);
}

static void call(struct nrt_adapter *a, NDIS_SHUTDOWN_ACTION action)
{
	struct nrt_callback cb = nrt_callback_begin("MiniportShutdownEx");

	a->driver->chars.ShutdownHandlerEx(a->context, action);
	nrt_callback_end(&cb);
}

/* Things of an adapter that a driver might free. */
static uint64_t count_resources(const struct nrt_adapter *a)
{
	return nrt_memory_live_of(a) + nrt_shared_count(a) +
	       (a->interrupts != NULL && a->interrupts->registered);
}

static VOID keep(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	(void)context;
	(void)chain;
	(void)flags;
}

/* No callback comes after MiniportShutdownEx, not even MiniportHaltEx, and no frame that it
 * still indicates goes back to it. */
static void stop_callbacks(struct nrt_adapter *a)
{
	if (atomic_load(&a->state) == NRT_RUNNING)
		nrt_stack_pause(a);
	nrt_stack_detach(a);
	nrt_interrupts_stop(a);
	a->return_nbls = keep;
	for (struct nrt_poll *poll = a->polls; poll != NULL; poll = poll->next)
		nrt_worker_remove_poll(poll->worker, poll);
}

static void shut_down(struct nrt_adapter *a, void *arg)
{
	uint64_t before;

	(void)arg;
	nrt_adapter_lock(a);
	if (a->magic == NRT_ADAPTER_MAGIC && atomic_load(&a->state) != NRT_SHUTDOWN) {
		stop_callbacks(a);
		nrt_state_move(&a->state, NRT_MINIPORT, NRT_SHUT_DOWN, a->device.name);
		before = count_resources(a);
		call(a, NdisShutdownPowerOff);
		if (count_resources(a) < before)
			nrt_violation("MP-SHU-01", "%s: MiniportShutdownEx frees what the adapter "
				      "has; it is to stop the device only", a->device.name);
	}
	pthread_mutex_unlock(&a->pnp);
}

void nrt_shutdown(void)
{
	atomic_store(&going_down, true);
	nrt_adapter_for_each(shut_down, NULL);
}

/* From NDIS 6.30 on those that ask for it [nc-ndis-miniport_shutdown]. */
static bool wants_bug_checks(const struct nrt_adapter *a)
{
	return nrt_miniport_version(a->driver) < (6u << 16 | 30) ||
	       (a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK) != 0;
}

/* Nothing is waited for: the thread may hold any lock. */
static void bug_check(struct nrt_adapter *a, void *arg)
{
	uint32_t state = atomic_load(&a->state);
	uint8_t irql = nrt_self.irql;

	(void)arg;
	if (state < NRT_PAUSED || state > NRT_PAUSING || !wants_bug_checks(a))
		return;
	nrt_self.irql = HIGH_LEVEL; /* no processor is taken: there may be none */
	call(a, NdisShutdownBugCheck);
	nrt_self.irql = irql;
}

void nrt_shutdown_devices(void)
{
	if (!atomic_exchange(&bug_checked, true))
		nrt_adapter_for_each(bug_check, NULL);
}
