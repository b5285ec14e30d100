/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a packet enters and a send ends: the worker calls the miniport's poll
 * callback, completes the sends it gives and indicates the frames it gives.
 * NdisRequestPoll may be called anywhere; the rest is PASSIVE_LEVEL.
 */
#include "poll.h"

#include <stdlib.h>

#include <nrt/nrt_lower.h>

#include "../ke/irql.h"
#include "../thread.h"
#include "../verifier.h"
#include "../worker.h"
#include "adapter.h"
#include "callback.h"
#include "chain.h"
#include "driver.h"
#include "header.h"
#include "interrupt.h"
#include "receive.h"
#include "send.h"

static _Atomic unsigned int poll_budget; /* control: w, workers: ro */

/* Completions for each frame that may be indicated: the sends of several receive
 * queues may leave through one transmit queue, and must not pile up there. */
#define COMPLETIONS_PER_INDICATION 8

void nrt_poll_set_budget(unsigned int budget)
{
	atomic_store_explicit(&poll_budget, budget, memory_order_relaxed);
}

unsigned int nrt_poll_get_budget(void)
{
	return atomic_load_explicit(&poll_budget, memory_order_relaxed);
}

/* PL-02: no more than allowed, and the number is the chain's length, which is
 * what is worked with. */
static ULONG check_budget(const char *what, ULONG given, ULONG budget,
			  const NET_BUFFER_LIST *chain)
{
	ULONG length = nrt_chain_length(chain);

	if (length > budget)
		nrt_violation("PL-02", "poll callback %s %u NBLs, %u allowed", what, length, budget);
	if (given != length && given != NDIS_ANY_NUMBER_OF_NBLS)
		nrt_violation("PL-02", "poll callback says it %s %u NBLs, the chain has %u", what,
			      given, length);
	return length;
}

static ULONG claimed_length(const NET_BUFFER_LIST *chain, ULONG claimed)
{
	return claimed != NDIS_ANY_NUMBER_OF_NBLS ? claimed : nrt_chain_length(chain);
}

/* What the last callback left is put right member by member: its reserved arrays are
 * more than the rest, and clearing them costs more than all else here. */
static void offer_budget(NDIS_POLL_DATA *data, ULONG budget)
{
	data->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_DATA_REVISION_1,
					     NDIS_SIZEOF_NDIS_POLL_DATA_REVISION_1 };
	data->Transmit.MaxNblsToComplete = budget * COMPLETIONS_PER_INDICATION;
	data->Transmit.CompletedNblChain = NULL;
	data->Transmit.NumberOfCompletedNbls = 0;
	data->Transmit.NumberOfRemainingNbls = 0;
	data->Transmit.SendCompleteFlags = 0;
	data->Receive.MaxNblsToIndicate = budget;
	data->Receive.IndicatedNblChain = NULL;
	data->Receive.NumberOfIndicatedNbls = 0;
	data->Receive.NumberOfRemainingNbls = 0;
	data->Receive.Flags = 0;
}

static inline void pass_completed(struct nrt_poll *poll, const NDIS_POLL_TRANSMIT_DATA *data,
				  struct nrt_meter *meter)
{
	ULONG n = claimed_length(data->CompletedNblChain, data->NumberOfCompletedNbls);
	ULONG frames = 0;
	uint32_t outer = meter == NULL ? 0 :
					 nrt_stage_begin_chain(meter, NRT_STAGE_COMPLETION,
							       data->CompletedNblChain, &frames);

	nrt_send_completed(poll->adapter, data->CompletedNblChain, n,
			   NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
	nrt_stage_end(meter, outer, frames);
}

static inline void pass_received(struct nrt_poll *poll, const NDIS_POLL_RECEIVE_DATA *data,
				 struct nrt_meter *meter)
{
	ULONG n = claimed_length(data->IndicatedNblChain, data->NumberOfIndicatedNbls);
	uint32_t outer = nrt_stage_begin(meter, NRT_STAGE_INDICATE);

	nrt_receive(poll->adapter, data->IndicatedNblChain, NDIS_DEFAULT_PORT_NUMBER, n,
		    data->Flags | NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
	nrt_stage_end(meter, outer, n);
}

/* PL-03: only SetPollNotification enables the interrupt. */
static void call_verified(struct nrt_poll *poll, NDIS_POLL_DATA *data)
{
	bool disabled = nrt_interrupt_line_disabled(poll->adapter);
	struct nrt_callback cb = nrt_callback_begin("NdisPoll");

	poll->handler(poll->context, data);
	nrt_callback_end(&cb);
	if (disabled && !nrt_interrupt_line_disabled(poll->adapter))
		nrt_violation("PL-03", "%s: the poll callback enables the interrupt",
			      poll->adapter->device.name);
}

/* One body, compiled with and without a meter. */
static inline __attribute__((always_inline)) bool poll_run(struct nrt_poll *poll,
							   struct nrt_meter *meter)
{
	ULONG budget = atomic_load_explicit(&poll_budget, memory_order_relaxed);
	NDIS_POLL_DATA *data = &poll->data;

	offer_budget(data, budget);
	/* Noted first: a request made during the callback counts (PL-01). */
	poll->own_answered = poll->own_requests;
	poll->foreign_answered =
		atomic_load_explicit(&poll->foreign_requests, memory_order_acquire);
	if (!nrt_verifying) {
		poll->handler(poll->context, data);
	} else {
		call_verified(poll, data);
		data->Transmit.NumberOfCompletedNbls =
			check_budget("completes", data->Transmit.NumberOfCompletedNbls,
				     data->Transmit.MaxNblsToComplete,
				     data->Transmit.CompletedNblChain);
		data->Receive.NumberOfIndicatedNbls =
			check_budget("indicates", data->Receive.NumberOfIndicatedNbls, budget,
				     data->Receive.IndicatedNblChain);
	}
	if (data->Transmit.CompletedNblChain != NULL)
		pass_completed(poll, &data->Transmit, meter);
	if (data->Receive.IndicatedNblChain != NULL)
		pass_received(poll, &data->Receive, meter);
	if (data->Transmit.CompletedNblChain != NULL || data->Receive.IndicatedNblChain != NULL) {
		poll->own_requests++;
		return true;
	}
	if (!nrt_poll_requested(poll)) {
		NDIS_POLL_NOTIFICATION enable = {
			.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_NOTIFICATION_REVISION_1,
				    NDIS_SIZEOF_NDIS_POLL_NOTIFICATION_REVISION_1 },
			.Enabled = TRUE,
		};

		poll->notify(poll->context, &enable);
	}
	return poll->worked;
}

bool nrt_poll_run(struct nrt_poll *poll)
{
	return poll_run(poll, NULL);
}

bool nrt_poll_run_measured(struct nrt_poll *poll, struct nrt_meter *meter)
{
	return poll_run(poll, meter);
}

static void unlist(struct nrt_poll *poll)
{
	struct nrt_adapter *adapter = poll->adapter;
	struct nrt_poll **link;

	pthread_mutex_lock(&adapter->lock);
	for (link = &adapter->polls; *link != NULL && *link != poll;)
		link = &(*link)->next;
	if (*link == poll)
		*link = poll->next;
	pthread_mutex_unlock(&adapter->lock);
}

/* poll.h came with NDIS 6.85. */
static bool may_poll(const struct nrt_adapter *adapter)
{
	if (nrt_miniport_version(adapter->driver) >= (6u << 16 | 85))
		return true;
	nrt_violation("MP-REG-03", "%s: NdisRegisterPoll by a miniport of NDIS 6.%u, 6.85 is needed",
		      adapter->device.name, adapter->driver->chars.MinorNdisVersion);
	return false;
}

NDIS_STATUS NdisRegisterPoll(NDIS_HANDLE NdisHandle, void *Context,
			     const NDIS_POLL_CHARACTERISTICS *Characteristics,
			     NDIS_POLL_HANDLE *PollHandle)
{
	static const size_t sizes[] = { NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 };
	struct nrt_adapter *adapter = nrt_adapter_of(NdisHandle, "NdisRegisterPoll");
	struct nrt_poll *poll;

	nrt_check_irql("NdisRegisterPoll", PASSIVE_LEVEL);
	if (adapter == NULL ||
	    !nrt_header_from(adapter, &Characteristics->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 1,
			     "NdisRegisterPoll") ||
	    Characteristics->PollHandler == NULL ||
	    Characteristics->SetPollNotificationHandler == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!may_poll(adapter))
		return NDIS_STATUS_BAD_VERSION;
	poll = calloc(1, sizeof(*poll));
	if (poll == NULL)
		return NDIS_STATUS_RESOURCES;
	poll->context = Context;
	poll->handler = Characteristics->PollHandler;
	poll->notify = Characteristics->SetPollNotificationHandler;
	poll->adapter = adapter;
	pthread_mutex_lock(&adapter->lock);
	poll->worker = poll->wanted = adapter->next_poll_worker++ % nrt_worker_count();
	poll->next = adapter->polls;
	adapter->polls = poll;
	pthread_mutex_unlock(&adapter->lock);
	if (nrt_worker_add_poll(poll->worker, poll) != 0) {
		unlist(poll);
		free(poll);
		return NDIS_STATUS_RESOURCES;
	}
	*PollHandle = (NDIS_POLL_HANDLE)poll;
	return NDIS_STATUS_SUCCESS;
}

void NdisDeregisterPoll(NDIS_POLL_HANDLE PollHandle)
{
	struct nrt_poll *poll = (struct nrt_poll *)PollHandle;

	nrt_check_irql("NdisDeregisterPoll", PASSIVE_LEVEL);
	while (atomic_load(&poll->moving))
		nrt_workers_quiesce();
	nrt_worker_remove_poll(poll->worker, poll);
	unlist(poll);
	free(poll);
}

void NdisRequestPoll(NDIS_POLL_HANDLE PollHandle, void *Reserved)
{
	struct nrt_poll *poll = (struct nrt_poll *)PollHandle;

	if (Reserved != NULL)
		nrt_violation("PL-05", "NdisRequestPoll: Reserved is not NULL");
	if (nrt_self.worker == (int)atomic_load_explicit(&poll->worker, memory_order_acquire)) {
		poll->own_requests++;
		return;
	}
	/* release: pairs with the acquire in nrt_poll_requested() */
	atomic_fetch_add_explicit(&poll->foreign_requests, 1, memory_order_release);
	nrt_worker_wake(atomic_load(&poll->worker));
}

/*
 * A poll moves in two steps, each on the worker it concerns and between two of
 * its passes: out of the one's list, then into the other's. So it never runs on
 * both (PL-01), and nobody waits: the caller may be a poll callback, at
 * DISPATCH_LEVEL. A callback that is due may run once more before it moves
 * (PL-06).
 */
static void move_out(void *arg);

static void start_move(struct nrt_poll *poll)
{
	if (atomic_exchange(&poll->moving, true))
		return; /* end_move() looks where it shall be once more */
	poll->move = (struct nrt_worker_post){ .fn = move_out, .arg = poll };
	nrt_worker_post(poll->worker, &poll->move);
}

static void end_move(struct nrt_poll *poll)
{
	atomic_store(&poll->moving, false);
	if (atomic_load(&poll->wanted) != poll->worker)
		start_move(poll);
}

static void move_in(void *arg)
{
	struct nrt_poll *poll = arg;

	if (nrt_worker_add_poll(poll->worker, poll) != 0) /* this worker: at once */
		nrt_violation("PL-01", "worker %u has no room for another poll object",
			      (unsigned int)poll->worker);
	end_move(poll);
}

static void move_out(void *arg)
{
	struct nrt_poll *poll = arg;
	unsigned int to = atomic_load(&poll->wanted);

	if (to == poll->worker) {
		end_move(poll);
		return;
	}
	nrt_worker_remove_poll(poll->worker, poll);
	atomic_store_explicit(&poll->worker, to, memory_order_release);
	poll->move.fn = move_in;
	nrt_worker_post(to, &poll->move);
}

void NdisSetPollAffinity(NDIS_POLL_HANDLE PollHandle, const PROCESSOR_NUMBER *PollAffinity)
{
	struct nrt_poll *poll = (struct nrt_poll *)PollHandle;
	unsigned int worker = PollAffinity->Number % nrt_worker_count();

	if (atomic_exchange(&poll->wanted, worker) != worker)
		start_move(poll);
}
