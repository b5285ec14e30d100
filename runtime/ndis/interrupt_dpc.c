/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DPCs of a miniport's interrupt: queued by its ISR, by NdisMQueueDpc(Ex) or because
 * more frames are pending, and run on the processor they were queued for: a worker's
 * between two polls, another's by the service thread.
 */
#include "interrupt.h"

#include <nrt/nrt_bus.h>

#include "../ke/irql.h"
#include "../ke/processor.h"
#include "../verifier.h"
#include "adapter.h"
#include "callback.h"
#include "driver.h"

static VOID run_kernel_dpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
	(void)Dpc;
	(void)Argument1;
	(void)Argument2;
	nrt_interrupt_dpcs_run(Context);
}

void nrt_interrupt_lane_init(struct nrt_interrupt_lane *lane)
{
	PROCESSOR_NUMBER number;

	KeGetProcessorNumberFromIndex(lane->processor, &number);
	KeInitializeDpc(&lane->dpc, run_kernel_dpc, lane);
	KeSetTargetProcessorDpcEx(&lane->dpc, &number);
}

bool nrt_interrupt_dpc_queue(struct nrt_interrupt_lane *lane, unsigned int message, void *context)
{
	uint64_t bit = UINT64_C(1) << message;
	bool queue;

	nrt_spin_lock(&lane->lock);
	queue = !lane->closed && (lane->queued & bit) == 0;
	if (queue) {
		lane->queued |= bit;
		lane->contexts[message] = context;
		atomic_fetch_add(&lane->of->outstanding, 1);
	}
	nrt_spin_unlock(&lane->lock);
	if (!queue)
		return false;
	if (lane->processor < nrt_processor_workers)
		NdisRequestPoll((NDIS_POLL_HANDLE)&lane->poll, NULL);
	else
		KeInsertQueueDpc(&lane->dpc, NULL, NULL);
	return true;
}

uint64_t nrt_interrupt_dpcs_queue(struct nrt_interrupts *to, unsigned int message, uint32_t first,
				  uint64_t mask, void *context)
{
	uint64_t done = 0;

	for (; mask != 0; mask &= mask - 1) {
		unsigned int bit = (unsigned int)__builtin_ctzll(mask);

		if (first + bit < to->n_lanes &&
		    nrt_interrupt_dpc_queue(&to->lanes[first + bit], message, context))
			done |= UINT64_C(1) << bit;
	}
	return done;
}

void nrt_interrupt_dpcs_close(struct nrt_interrupts *to, bool closed)
{
	for (unsigned int i = 0; i < to->n_lanes; i++) {
		nrt_spin_lock(&to->lanes[i].lock);
		to->lanes[i].closed = closed;
		nrt_spin_unlock(&to->lanes[i].lock);
	}
}

/* Receive side throttle came with NDIS 6.20; before that the parameter was reserved. */
static bool throttles(const struct nrt_interrupts *to)
{
	return nrt_miniport_version(to->adapter->driver) >= (6u << 16 | 20);
}

/* True: there is more to indicate. */
static bool call_dpc(struct nrt_interrupts *to, unsigned int message, void *context)
{
	ULONG budget = nrt_poll_get_budget();
	NDIS_RECEIVE_THROTTLE_PARAMETERS throttle = { .MaxNblsToIndicate = budget };
	NDIS_RECEIVE_THROTTLE_PARAMETERS *given = throttles(to) ? &throttle : NULL;
	bool line = nrt_interrupt_is_line(to);
	uint32_t before = nrt_self.indicated;
	struct nrt_callback cb =
		nrt_callback_begin(line ? "MiniportInterruptDPC" : "MiniportMessageInterruptDPC");

	if (line)
		to->chars.InterruptDpcHandler(to->context, context, given, NULL);
	else
		to->chars.MessageInterruptDpcHandler(to->context, message, context, given, NULL);
	nrt_callback_end(&cb);
	if (nrt_verifying && given != NULL && nrt_self.indicated - before > budget)
		nrt_violation("MP-RCV-13", "%s: a DPC indicates %u NBLs, %u are allowed",
			      to->adapter->device.name, nrt_self.indicated - before, budget);
	return throttle.MoreNblsPending;
}

static void run_one(struct nrt_interrupt_lane *lane, unsigned int message)
{
	struct nrt_interrupts *to = lane->of;
	void *context;

	nrt_spin_lock(&lane->lock);
	lane->queued &= ~(UINT64_C(1) << message);
	context = lane->contexts[message];
	nrt_spin_unlock(&lane->lock);
	if (call_dpc(to, message, context))
		nrt_interrupt_dpc_queue(lane, message, context);
	if (atomic_fetch_sub(&to->outstanding, 1) == 1 && nrt_verifying)
		nrt_interrupt_check_enabled(to, message);
}

/* Those that are queued meanwhile wait for the next pass: others want to run, too. */
bool nrt_interrupt_dpcs_run(struct nrt_interrupt_lane *lane)
{
	uint64_t queued, all;

	nrt_spin_lock(&lane->lock);
	all = lane->queued;
	nrt_spin_unlock(&lane->lock);
	for (queued = all; queued != 0; queued &= queued - 1)
		run_one(lane, (unsigned int)__builtin_ctzll(queued));
	return all != 0;
}
