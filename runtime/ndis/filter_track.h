/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verifier between filters: whose an NBL is that a module passes on, completes,
 * indicates or returns. As in nbltrack.h, what should not be in a chain is reported and
 * taken out of it. Only when nrt_verifying is set; the last three look themselves.
 */
#ifndef NRT_NDIS_FILTER_TRACK_H
#define NRT_NDIS_FILTER_TRACK_H

#include "filter.h"

void nrt_filter_track_send(struct nrt_filter *filter, NET_BUFFER_LIST **chain);
void nrt_filter_track_complete(struct nrt_filter *filter, NET_BUFFER_LIST **chain);

/* @flags gains NDIS_RECEIVE_FLAGS_RESOURCES where the NBLs are the miniport's still. */
void nrt_filter_track_indicate(struct nrt_filter *filter, NET_BUFFER_LIST **chain, ULONG *n,
			       ULONG *flags);

/* An indication of @filter's with RESOURCES has ended: @chain is as it was. */
void nrt_filter_track_resources_end(struct nrt_filter *filter, NET_BUFFER_LIST *chain);

void nrt_filter_track_return(struct nrt_filter *filter, NET_BUFFER_LIST **chain);

/* @filter has paused: nothing of its own is under way, and no send of others waits in it. What
 * the miniport indicates comes by still. */
void nrt_filter_track_paused(const struct nrt_filter *filter);

/* The miniport has paused, too: nothing waits in any module of @adapter. */
void nrt_filters_track_quiet(const struct nrt_adapter *adapter);

/* @filter is about to go. */
void nrt_filter_track_detaching(const struct nrt_filter *filter);

#endif
