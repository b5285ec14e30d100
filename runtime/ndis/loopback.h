/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends that bindings of the same adapter shall see too (contract RT-22). */
#ifndef NRT_NDIS_LOOPBACK_H
#define NRT_NDIS_LOOPBACK_H

#include <stdbool.h>

#include <ndis.h>

#include "binding.h"

/* True when sends have to be looked at even without the sender asking: several
 * bindings, and one of them is promiscuous or ALL_LOCAL. */
bool nrt_loopback_wanted(const struct nrt_adapter *adapter);

/* Indicate copies of @chain's frames to the bindings that get them. The sender's
 * thread, before the chain goes down. */
void nrt_loop_back(struct nrt_binding *sender, NET_BUFFER_LIST *chain, ULONG send_flags);

#endif
