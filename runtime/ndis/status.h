/* SPDX-License-Identifier: BSD-3-Clause */
/* Status indications to the bindings of an adapter. */
#ifndef NRT_NDIS_STATUS_H
#define NRT_NDIS_STATUS_H

#include "adapter.h"

/* ProtocolStatusEx of every open binding, under the adapter's status_lock. */
void nrt_status_indicate(struct nrt_adapter *adapter, NDIS_STATUS_INDICATION *status);

#endif
