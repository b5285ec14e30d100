/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of network interfaces: adapters, which the runtime puts there as their
 * proxy provider, and what drivers register. Control threads.
 */
#ifndef NRT_NDIS_INTERFACE_H
#define NRT_NDIS_INTERFACE_H

#include <stdbool.h>

#include <ndis.h>

struct nrt_adapter;

/* What the runtime answers for interfaces of its own; 0 or -errno (nrt_interface_query). */
typedef int nrt_interface_answer(void *of, NDIS_OID oid, void *buffer, uint32_t *length);

/* Put an interface of @type into the table; its index and LUID. False: out of memory. */
bool nrt_interface_add(NET_IFTYPE type, nrt_interface_answer *answer, void *of, NET_IFINDEX *index,
		       NET_LUID *luid);

/* Take it out. Waits for queries that are under way. */
void nrt_interface_remove(NET_IFINDEX index);

/* The same for @adapter, whose if_index and net_luid they set. */
bool nrt_interface_add_adapter(struct nrt_adapter *adapter);
void nrt_interface_remove_adapter(struct nrt_adapter *adapter);

/* Driver @owner is unloaded: report and undo what it left registered. */
void nrt_interface_driver_gone(const void *owner);

/* nrt_fini. */
void nrt_interfaces_fini(void);

#endif
