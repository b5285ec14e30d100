/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a packet enters and a send ends: the worker calls the miniport's poll
 * callback, completes the sends it gives and indicates the frames it gives.
 * NdisRequestPoll may be called anywhere; the rest is PASSIVE_LEVEL.
 */
#include "poll.h"

#include <stdlib.h>

#include "../thread.h"
#include "../verifier.h"
#include "../worker.h"
#include "adapter.h"
#include "header.h"
#include "receive.h"
#include "send.h"

static _Atomic unsigned int poll_budget; /* control: w, workers: ro */

void nrt_poll_set_budget(unsigned int budget)
{
	atomic_store_explicit(&poll_budget, budget, memory_order_relaxed);
}

/* PL-02: no more than allowed, and the number is the chain's length. */
static void check_budget(const char *what, ULONG given, ULONG budget,
			 const NET_BUFFER_LIST *chain)
{
	ULONG length = 0;

	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		length++;
	if (length > budget)
		nrt_violation("PL-02", "poll callback %s %u NBLs, %u allowed", what, length, budget);
	if (given != length && given != NDIS_ANY_NUMBER_OF_NBLS)
		nrt_violation("PL-02", "poll callback says it %s %u NBLs, the chain has %u", what,
			      given, length);
}

static ULONG chain_length(const NET_BUFFER_LIST *chain, ULONG claimed)
{
	if (claimed != NDIS_ANY_NUMBER_OF_NBLS)
		return claimed;
	for (claimed = 0; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		claimed++;
	return claimed;
}

void nrt_poll_run(struct nrt_poll *poll)
{
	ULONG budget = atomic_load_explicit(&poll_budget, memory_order_relaxed);
	NDIS_POLL_DATA data = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_DATA_REVISION_1,
			    NDIS_SIZEOF_NDIS_POLL_DATA_REVISION_1 },
		.Transmit.MaxNblsToComplete = budget,
		.Receive.MaxNblsToIndicate = budget,
	};

	/* Cleared first: a request made during the callback counts (PL-01). */
	atomic_store_explicit(&poll->requested, false, memory_order_relaxed);
	poll->handler(poll->context, &data);
	if (nrt_verifying) {
		check_budget("completes", data.Transmit.NumberOfCompletedNbls, budget,
			     data.Transmit.CompletedNblChain);
		check_budget("indicates", data.Receive.NumberOfIndicatedNbls, budget,
			     data.Receive.IndicatedNblChain);
	}
	if (data.Transmit.CompletedNblChain != NULL)
		nrt_send_completed(poll->adapter, data.Transmit.CompletedNblChain,
				   chain_length(data.Transmit.CompletedNblChain,
						data.Transmit.NumberOfCompletedNbls),
				   NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
	if (data.Receive.IndicatedNblChain != NULL)
		nrt_receive(poll->adapter, data.Receive.IndicatedNblChain, NDIS_DEFAULT_PORT_NUMBER,
			    chain_length(data.Receive.IndicatedNblChain,
					 data.Receive.NumberOfIndicatedNbls),
			    data.Receive.Flags | NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
	if (data.Transmit.CompletedNblChain != NULL || data.Receive.IndicatedNblChain != NULL) {
		atomic_store_explicit(&poll->requested, true, memory_order_relaxed);
	} else if (!atomic_load_explicit(&poll->requested, memory_order_relaxed)) {
		NDIS_POLL_NOTIFICATION enable = {
			.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_NOTIFICATION_REVISION_1,
				    NDIS_SIZEOF_NDIS_POLL_NOTIFICATION_REVISION_1 },
			.Enabled = TRUE,
		};

		poll->notify(poll->context, &enable);
	}
}

NDIS_STATUS NdisRegisterPoll(NDIS_HANDLE NdisHandle, void *Context,
			     const NDIS_POLL_CHARACTERISTICS *Characteristics,
			     NDIS_POLL_HANDLE *PollHandle)
{
	static const size_t sizes[] = { NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 };
	struct nrt_adapter *adapter = nrt_adapter_of(NdisHandle, "NdisRegisterPoll");
	struct nrt_poll *poll;

	if (adapter == NULL ||
	    !nrt_header_ok(&Characteristics->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 1,
			   "NdisRegisterPoll") ||
	    Characteristics->PollHandler == NULL ||
	    Characteristics->SetPollNotificationHandler == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	poll = calloc(1, sizeof(*poll));
	if (poll == NULL)
		return NDIS_STATUS_RESOURCES;
	poll->context = Context;
	poll->handler = Characteristics->PollHandler;
	poll->notify = Characteristics->SetPollNotificationHandler;
	poll->adapter = adapter;
	pthread_mutex_lock(&adapter->lock);
	poll->worker = adapter->next_poll_worker++ % nrt_worker_count();
	poll->next = adapter->polls;
	adapter->polls = poll;
	pthread_mutex_unlock(&adapter->lock);
	if (nrt_worker_add_poll(poll->worker, poll) != 0) {
		pthread_mutex_lock(&adapter->lock);
		adapter->polls = poll->next;
		pthread_mutex_unlock(&adapter->lock);
		free(poll);
		return NDIS_STATUS_RESOURCES;
	}
	*PollHandle = (NDIS_POLL_HANDLE)poll;
	return NDIS_STATUS_SUCCESS;
}

void NdisDeregisterPoll(NDIS_POLL_HANDLE PollHandle)
{
	struct nrt_poll *poll = (struct nrt_poll *)PollHandle;
	struct nrt_adapter *adapter = poll->adapter;
	struct nrt_poll **link;

	nrt_worker_remove_poll(poll->worker, poll);
	pthread_mutex_lock(&adapter->lock);
	for (link = &adapter->polls; *link != NULL && *link != poll;)
		link = &(*link)->next;
	if (*link == poll)
		*link = poll->next;
	pthread_mutex_unlock(&adapter->lock);
	free(poll);
}

void NdisRequestPoll(NDIS_POLL_HANDLE PollHandle, void *Reserved)
{
	struct nrt_poll *poll = (struct nrt_poll *)PollHandle;

	if (Reserved != NULL)
		nrt_violation("PL-05", "NdisRequestPoll: Reserved is not NULL");
	atomic_store_explicit(&poll->requested, true, memory_order_release);
	if (nrt_self.worker != (int)poll->worker)
		nrt_worker_wake(poll->worker);
}

void NdisSetPollAffinity(NDIS_POLL_HANDLE PollHandle, const PROCESSOR_NUMBER *PollAffinity)
{
	struct nrt_poll *poll = (struct nrt_poll *)PollHandle;
	unsigned int worker = PollAffinity->Number % nrt_worker_count();

	if (worker == poll->worker)
		return;
	/* Removed before it is added: it never runs on two at once (PL-01). */
	nrt_worker_remove_poll(poll->worker, poll);
	poll->worker = worker;
	if (nrt_worker_add_poll(worker, poll) != 0)
		nrt_violation("PL-01", "worker %u has no room for another poll object", worker);
	nrt_worker_wake(worker);
}
