/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One step of a NIC: frames the wire brings, descriptors to send, statuses that
 * are due. Called by a thread of the model, by the thread that polls the port,
 * or by a test.
 */
#include <rte_branch_prediction.h>
#include <rte_cycles.h>

#include "nic.h"

static uint32_t step_locked(struct softnic *nic)
{
	uint32_t n = 0;

	if (unlikely(nic->faults.on[SOFTNIC_REMOVED]))
		return 0;
	nic->steps++;
	nic->counters.steps++;
	if (nic->generator != NULL || nic->dirty) {
		softnic_rx_begin(nic);
		if (nic->generator != NULL)
			n = softnic_generate(nic);
		softnic_rx_end(nic);
	}
	return n + softnic_tx_step(nic);
}

/* A step, and the lock given back. */
static uint32_t step_and_give(struct softnic *nic)
{
	uint64_t begin = rte_rdtsc();
	uint32_t n = step_locked(nic);

	if (n != 0) {
		nic->counters.busy_steps++;
		nic->counters.step_cycles += rte_rdtsc() - begin;
	}
	softnic_give(nic);
	return n;
}

uint32_t softnic_step(struct softnic *nic)
{
	softnic_take(nic);
	return step_and_give(nic);
}

uint32_t softnic_try_step(struct softnic *nic)
{
	return softnic_try_take(nic) ? step_and_give(nic) : 0;
}

uint32_t softnic_step_all(void)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < SOFTNIC_MAX_NICS; i++) {
		struct softnic *nic = softnic_slot(i);

		if (nic != NULL)
			n += softnic_step(nic);
	}
	return n;
}

/* What waits by the old delay is due at once. */
static void end_waiting(struct softnic_txq *q)
{
	for (uint32_t i = q->writeback_head; i != q->writeback_tail; i++)
		q->writeback[i % q->writeback_size].due = 0;
}

void softnic_writeback(struct softnic *nic, uint64_t cycles, uint32_t steps, uint64_t seed)
{
	softnic_take(nic);
	nic->writeback_cycles = cycles;
	nic->writeback_steps = steps;
	nic->random = seed != 0 ? seed : 1;
	for (uint16_t q = 0; q < nic->type->n_tx; q++)
		end_waiting(&nic->txq[q]);
	softnic_give(nic);
}
