/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an adapter holds of its device: the list of its resources, the registers and
 * ports it mapped. Control threads.
 */
#ifndef NRT_NDIS_HARDWARE_H
#define NRT_NDIS_HARDWARE_H

#include <stdbool.h>

#include <ndis.h>
#include <nrt/nrt_bus.h>

struct nrt_adapter;
struct nrt_bus;

/* What is wrong with the bus of a device, or NULL. */
const char *nrt_hardware_fault(const struct nrt_bus *bus);

/* Before MiniportInitializeEx; false: out of memory. */
bool nrt_hardware_new(struct nrt_adapter *adapter);

/* NDIS_MINIPORT_INIT_PARAMETERS.AllocatedResources; NULL: it has none. */
PNDIS_RESOURCE_LIST nrt_hardware_resources(const struct nrt_adapter *adapter);

/* The adapter is halted, or was not initialized: report by @rule what it has still
 * mapped, and take it back. */
void nrt_hardware_check(struct nrt_adapter *adapter, const char *rule);

/* The range of @bus that holds all of it; n_ranges: none does. */
unsigned int nrt_hardware_range(const struct nrt_bus *bus, enum nrt_bus_kind kind, uint64_t start,
				uint32_t length);

/* iospace.c: the part of nrt_hardware_check that is mapped by MmMapIoSpace. */
void nrt_iospace_check(const struct nrt_adapter *adapter, const char *rule);

void nrt_hardware_free(struct nrt_adapter *adapter);

#endif
