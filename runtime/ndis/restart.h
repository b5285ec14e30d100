/* SPDX-License-Identifier: BSD-3-Clause */
/* Pausing, restarting and stopping a driver stack; all under the adapter's pnp
 * lock, PASSIVE_LEVEL. */
#ifndef NRT_NDIS_RESTART_H
#define NRT_NDIS_RESTART_H

#include "adapter.h"

/* Protocols first, then filters from the top down, then the miniport (RT-03). Cannot fail
 * (MP-PAU-01). */
void nrt_stack_pause(struct nrt_adapter *adapter);

/* The miniport first, then filters from the bottom up, then the protocols (RT-02); before
 * all that, FilterSetModuleOptions (RT-17). A filter that does not restart is detached; one that
 * is mandatory leaves all paused. 0 or -EIO. */
int nrt_stack_restart(struct nrt_adapter *adapter);

/* The restart attributes a binding above @adapter is told; NULL when there is no
 * memory, which is a legal list. */
NDIS_RESTART_ATTRIBUTES *nrt_restart_attributes_new(const struct nrt_adapter *adapter);
/* What tells whether a list has changed. */
uint64_t nrt_restart_attributes_print(const NDIS_RESTART_ATTRIBUTES *list);

void nrt_restart_attributes_free(NDIS_RESTART_ATTRIBUTES *list);

/* Attach filters, bind protocols, restart: of an adapter that is initialized, or whose default
 * port becomes active. 0 or -errno. */
int nrt_stack_raise(struct nrt_adapter *adapter);

/* Unbind and detach everything. The stack is paused. */
void nrt_stack_clear(struct nrt_adapter *adapter);


/* The same, and no request, reset or check for hang is under way after it. */
void nrt_stack_detach(struct nrt_adapter *adapter);

/* Clear it, halt (RT-04). The stack is paused. */
void nrt_stack_stop(struct nrt_adapter *adapter);

/* nrt_fini: free the memory of all adapters, which are halted. */
void nrt_adapters_fini(void);

#endif
