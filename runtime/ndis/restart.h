/* SPDX-License-Identifier: BSD-3-Clause */
/* Pausing, restarting and stopping a driver stack; all under the adapter's pnp
 * lock, PASSIVE_LEVEL. */
#ifndef NRT_NDIS_RESTART_H
#define NRT_NDIS_RESTART_H

#include "adapter.h"

/* Protocols first, then the miniport (RT-03). Cannot fail (MP-PAU-01). */
void nrt_stack_pause(struct nrt_adapter *adapter);

/* The miniport first, then the protocols (RT-02). 0 or -EIO. */
int nrt_stack_restart(struct nrt_adapter *adapter);

/* The restart attributes a binding above @adapter is told; NULL when there is no
 * memory, which is a legal list. */
NDIS_RESTART_ATTRIBUTES *nrt_restart_attributes_new(const struct nrt_adapter *adapter);
void nrt_restart_attributes_free(NDIS_RESTART_ATTRIBUTES *list);

/* Unbind everything, halt (RT-04). The stack is paused. */
void nrt_stack_stop(struct nrt_adapter *adapter);

/* nrt_fini: free the memory of all adapters, which are halted. */
void nrt_adapters_fini(void);

#endif
