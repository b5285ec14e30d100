/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verifier's shadow record of each NBL under way: who owns it, where it
 * came from, what it looked like. Only when nrt_verifying is set; takes a lock
 * and allocates, as nothing on the plain path does.
 *
 * NBLs that should not be in a chain are reported and taken out of it (and @n
 * lowered), so that nobody gets them twice; @chain may be NULL afterwards.
 */
#ifndef NRT_NDIS_NBLTRACK_H
#define NRT_NDIS_NBLTRACK_H

#include <stdbool.h>

#include <ndis.h>

#include "binding.h"
#include "nblrecord.h"

/* A protocol hands @chain to the miniport below @binding. */
void nrt_track_send(struct nrt_binding *binding, NET_BUFFER_LIST **chain);

/* The miniport completes it. */
void nrt_track_complete(struct nrt_adapter *adapter, NET_BUFFER_LIST **chain, ULONG *n);

/* Sends with cancel id @id are being cancelled on @adapter: they may be aborted, and those
 * that begin before nrt_track_cancelled. */
void nrt_track_cancel(struct nrt_cancelling *c, const struct nrt_adapter *adapter, PVOID id);
void nrt_track_cancelled(struct nrt_cancelling *c);

/* The miniport indicates @n NBLs. */
void nrt_track_indicate(struct nrt_adapter *adapter, NET_BUFFER_LIST **chain, ULONG *n,
			ULONG flags);

/* They become @binding's, who has to return them. */
void nrt_track_deliver(struct nrt_binding *binding, NET_BUFFER_LIST *chain);

/* @binding returns them. */
void nrt_track_return(struct nrt_binding *binding, NET_BUFFER_LIST **chain, ULONG *n);

/* Nobody took them: the miniport gets them back. */
void nrt_track_give_back(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain);

/* An indication with RESOURCES has ended: all are the miniport's again, linked
 * as it linked them. */
void nrt_track_resources_end(struct nrt_adapter *adapter, NET_BUFFER_LIST *chain);

/* The completion of @nbl goes up to @to, a filter or NULL for its binding: its record ends
 * when that is who sent it, true then. Under the records' lock, as the next. */
bool nrt_track_ended(struct nrt_adapter *adapter, NET_BUFFER_LIST *nbl, const void *to);

/* @nbl goes down to @to, a filter or the adapter: its record ends when that indicated it. */
void nrt_track_returned(struct nrt_adapter *adapter, NET_BUFFER_LIST *nbl, const void *to);

/* What @binding sent and did not get back, received and did not return. */
void nrt_track_count(const struct nrt_binding *binding, ULONG *sends, ULONG *receives);

/* What the miniport of @adapter was given to send and has not completed. */
ULONG nrt_track_sends(const struct nrt_adapter *adapter);

/* Forget everything about @adapter; returns how many sends and receives of it
 * were still under way. */
void nrt_track_forget(struct nrt_adapter *adapter, ULONG *sends, ULONG *receives);

#endif
