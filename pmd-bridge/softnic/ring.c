/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptor rings: where they lie, where head and tail are. The driver writes
 * these registers without a trap, so a step looks at them anew.
 */
#include <stdlib.h>

#include "nic.h"

static void load(struct softnic *nic, struct softnic_ring *r, uint64_t iova)
{
	uint32_t length = softnic_get(nic, r->reg + SOFTNIC_LEN);

	r->iova = iova;
	r->n = length / 16;
	r->head = r->published = softnic_get(nic, r->reg + SOFTNIC_HEAD);
	r->base = r->n != 0 && r->head < r->n ?
			  softnic_iommu_map_ring(nic->iommu, iova, length) :
			  NULL;
	if (r->base == NULL && r->n != 0)
		softnic_misused(nic, SOFTNIC_BAD_ADDRESS);
	r->running = r->base != NULL;
}

bool softnic_ring_look(struct softnic *nic, struct softnic_ring *r, bool on)
{
	uint64_t iova;

	if (!on) {
		r->running = false;
		return false;
	}
	/* bits 6:0 are ignored, [82599] 8.2.3.8.1; of the older NICs 3:0, [8254x] 13.4.25 */
	iova = (softnic_get(nic, r->reg + SOFTNIC_BAL) & ~(nic->type->advanced ? 127u : 15u)) |
	       (uint64_t)softnic_get(nic, r->reg + SOFTNIC_BAH) << 32;
	/* A head that we did not write is the driver's: the ring begins anew. */
	if (!r->running || iova != r->iova ||
	    softnic_get(nic, r->reg + SOFTNIC_HEAD) != r->published)
		load(nic, r, iova);
	r->tail = softnic_get(nic, r->reg + SOFTNIC_TAIL);
	if (r->running && r->tail >= r->n) {
		softnic_misused(nic, SOFTNIC_BAD_TAIL);
		return false;
	}
	return r->running;
}

void softnic_ring_publish(struct softnic *nic, struct softnic_ring *r)
{
	if (r->published == r->head)
		return;
	softnic_set(nic, r->reg + SOFTNIC_HEAD, r->head);
	r->published = r->head;
}

static bool in_use(const struct softnic *nic, const struct softnic_ring *r)
{
	return softnic_get(nic, r->reg + SOFTNIC_LEN) != 0;
}

void softnic_rings_scan(struct softnic *nic)
{
	nic->n_rx_active = nic->n_tx_active = 0;
	for (uint16_t q = 0; q < nic->type->n_rx; q++)
		if (in_use(nic, &nic->rxq[q].ring))
			nic->rx_active[nic->n_rx_active++] = q;
	for (uint16_t q = 0; q < nic->type->n_tx; q++)
		if (in_use(nic, &nic->txq[q].ring))
			nic->tx_active[nic->n_tx_active++] = q;
}
