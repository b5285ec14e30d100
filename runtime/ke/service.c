/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop of the service thread. Drivers' timer functions and DPCs run from
 * here at DISPATCH_LEVEL, never two at once; a long one delays the others, as
 * on a machine with one processor, but no PASSIVE_LEVEL callback and no poll,
 * unless it is targeted at a worker's processor.
 */
#include "service.h"

#include <pthread.h>

#include <nrt/nrt_lower.h>

#include "clock.h"
#include "dispatcher.h"
#include "processor.h"
#include "thread.h"
#include "verifier.h"

static pthread_t thread;
static pthread_cond_t wake;
static bool stopping;      /* dispatcher lock */
static bool pending;       /* dispatcher lock: look again before sleeping */
static __thread bool is_service;

bool nrt_service_self(void)
{
	return is_service;
}

void nrt_service_wake(void)
{
	pending = true;
	pthread_cond_signal(&wake);
}

/* One call of a DPC, copied: its routine may free or queue it again. */
struct dpc_call {
	KDPC *dpc;
	PKDEFERRED_ROUTINE routine;
	PVOID context, argument1, argument2;
};

static void call_routine(void *arg)
{
	struct dpc_call *call = arg;
	const char *callback = nrt_self.callback;
	uint32_t locks = nrt_self.locks;

	nrt_self.callback = "DPC";
	nrt_self.in_dpc = 1;
	call->routine(call->dpc, call->context, call->argument1, call->argument2);
	nrt_self.in_dpc = 0;
	nrt_self.callback = callback;
	if (nrt_self.irql != DISPATCH_LEVEL || nrt_self.locks != locks) {
		nrt_violation("MP-INI-11", "DPC or timer function returned at IRQL %u with %u "
			      "spin locks held", nrt_self.irql, nrt_self.locks - locks);
		nrt_self.irql = DISPATCH_LEVEL;
		nrt_self.locks = locks;
	}
}

/*
 * On the processor the DPC is for, if it is for one: a worker runs it between
 * two polls; a control processor is borrowed, so that nothing else runs there.
 */
static void call_on(uint32_t target, struct dpc_call *call)
{
	if (target < nrt_processor_workers) {
		nrt_worker_call(target, call_routine, call);
	} else if (nrt_processor_is_control(target)) {
		nrt_processor_borrow(target);
		call_routine(call);
		nrt_processor_unborrow(nrt_processor_service());
	} else {
		call_routine(call);
	}
}

static void run(KDPC *dpc)
{
	struct dpc_call call = { dpc, dpc->DeferredRoutine, dpc->DeferredContext,
				 dpc->SystemArgument1, dpc->SystemArgument2 };
	uint32_t target = dpc->Number != 0 ? dpc->Number - 1U : nrt_processor_service();

	nrt_dispatcher_unlock();
	call_on(target, &call);
	nrt_dispatcher_lock();
	nrt_dpc_end();
}

static void sleep_until(uint64_t due)
{
	struct timespec at = nrt_clock_timespec(due);

	if (due == UINT64_MAX)
		pthread_cond_wait(&wake, &nrt_dispatcher_mutex);
	else
		pthread_cond_timedwait(&wake, &nrt_dispatcher_mutex, &at);
}

static void *service_main(void *arg)
{
	(void)arg;
	is_service = true;
	nrt_self.irql = DISPATCH_LEVEL;
	nrt_self.processor = nrt_processor_service();
	nrt_dispatcher_lock();
	while (!stopping) {
		uint64_t due = nrt_timers_expire(nrt_clock_now());
		KDPC *dpc = nrt_dpc_take();

		if (dpc != NULL)
			run(dpc);
		else if (!pending)
			sleep_until(due);
		pending = false;
	}
	nrt_dispatcher_unlock();
	return NULL;
}

int nrt_service_start(void)
{
	int rc;

	stopping = false;
	nrt_dpcs_reset();
	nrt_timers_reset();
	nrt_cond_init(&wake);
	rc = pthread_create(&thread, NULL, service_main, NULL);
	if (rc != 0)
		pthread_cond_destroy(&wake);
	return -rc;
}

void nrt_service_stop(void)
{
	nrt_dispatcher_lock();
	stopping = true;
	nrt_service_wake();
	nrt_dispatcher_unlock();
	pthread_join(thread, NULL);
	pthread_cond_destroy(&wake);
}
