/* SPDX-License-Identifier: BSD-3-Clause */
/* Status indications to the bindings of an adapter. */
#ifndef NRT_NDIS_STATUS_H
#define NRT_NDIS_STATUS_H

#include "adapter.h"

/* From the miniport's edge up: to the lowest filter that wants it, else to the bindings. Under
 * the adapter's status_lock, as the next; filter_event.c. */
void nrt_status_indicate(struct nrt_adapter *adapter, NDIS_STATUS_INDICATION *status);

/* ProtocolStatusEx of every open binding. */
void nrt_status_to_bindings(struct nrt_adapter *adapter, NDIS_STATUS_INDICATION *status);

#endif
