/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports without a device: see portless.h.
 */
#include "portless.h"

#include <stdio.h>
#include <string.h>

/* Named as one with a device is: the number at the end is the port's. */
static void make_name(const struct host_port *p, char *name, size_t size)
{
	snprintf(name, size, "port%u", p->port);
}

int portless_add(struct host *h, unsigned int i)
{
	struct nrt_device device = { .node = -1 };
	char name[16];

	make_name(&h->port[i], name, sizeof(name));
	device.name = name;
	return nrt_adapter_add(h->miniport, &device, &h->port[i].adapter);
}

void portless_info(const struct host *h, unsigned int i, struct pmb_device_info *out)
{
	const struct host_port *p = &h->port[i];
	uint64_t bps;

	if (p->device != NULL) {
		pmb_device_info(p->device, out);
		return;
	}
	memset(out, 0, sizeof(*out));
	out->port = (uint16_t)p->port;
	out->node = out->device_node = -1;
	out->link_up = fwd_link_up(p->port, &bps);
	out->link_mbps = (uint32_t)(bps / 1000000);
	make_name(p, out->name, sizeof(out->name));
	snprintf(out->driver, sizeof(out->driver), "%s", h->miniport_file);
	snprintf(out->rx_path, sizeof(out->rx_path), "none");
	snprintf(out->tx_path, sizeof(out->tx_path), "none");
}

void portless_stats(const struct host_port *p, struct ledger_terms *terms)
{
	const struct nrt_ledger *ndis = &terms->ndis;

	terms->portless = p->device == NULL;
	if (p->device != NULL) {
		pmb_device_stats(p->device, &terms->pmd);
		return;
	}
	memset(&terms->pmd, 0, sizeof(terms->pmd));
	terms->pmd.ipackets = ndis->rx_indicated;
	terms->pmd.opackets = terms->sent.value[FWD_COMPLETED];
	terms->pmd.rx_outstanding = ndis->rx_indicated - ndis->rx_returned;
	terms->pmd.tx_outstanding = ndis->tx_handed - ndis->tx_returned;
}
