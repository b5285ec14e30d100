/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verifier's shadow record of each NBL under way: who owns it, where it
 * came from, what it looked like. Only when nrt_verifying is set; takes a lock
 * and allocates, as nothing on the plain path does.
 */
#ifndef NRT_NDIS_NBLTRACK_H
#define NRT_NDIS_NBLTRACK_H

#include <ndis.h>

#include "binding.h"

/* A protocol hands @chain to the miniport below @binding. */
void nrt_track_send(struct nrt_binding *binding, NET_BUFFER_LIST *chain);

/* The miniport completes it. NBLs that are not its to complete are reported,
 * taken out of @chain and @n lowered, so that nobody gets them twice. */
void nrt_track_complete(struct nrt_adapter *adapter, NET_BUFFER_LIST **chain, ULONG *n);

/* The miniport indicates @n NBLs. */
void nrt_track_indicate(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain, ULONG n, ULONG flags);

/* They come back, likewise checked and taken out if not due. */
void nrt_track_return(struct nrt_adapter *adapter, NET_BUFFER_LIST **chain, ULONG *n);

/* An indication with RESOURCES has ended: all are the miniport's again. */
void nrt_track_resources_end(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain, ULONG n);

/* Forget everything about @adapter; returns how many sends and receives of it
 * were still under way. */
void nrt_track_forget(struct nrt_adapter *adapter, ULONG *sends, ULONG *receives);

#endif
