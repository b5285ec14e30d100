/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisFSendNetBufferLists and its kin: a module's calls jump to the next driver that has a
 * handler for them (ways.c), on the caller's thread. Any thread, IRQL <= DISPATCH_LEVEL;
 * nothing is queued, locked or counted here but by the verifier.
 */
#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "callback.h"
#include "chain.h"
#include "driver.h"
#include "filter.h"
#include "filter_track.h"
#include "send.h"
#include "switch.h"

/* A module that restarts runs from when it says so, which it may have said elsewhere by now;
 * inside FilterRestart it has not. */
static bool moves(const struct nrt_filter *f)
{
	uint32_t state = atomic_load_explicit(&f->state, memory_order_relaxed);
	const char *inside = nrt_self.callback;

	if (state == NRT_RESTARTING)
		return inside == NULL || strcmp(inside, "FilterRestart") != 0;
	return nrt_state_passes(state);
}

static const char *rule_of_state(const struct nrt_filter *f)
{
	switch (atomic_load(&f->state)) {
	case NRT_INITIALIZING:
		return "FL-ATT-02";
	case NRT_RESTARTING:
		return "FL-RST-02";
	default:
		return "FL-PAU-04";
	}
}

/* Verified. A module makes the call @ddi if it has the handler that belongs to it. One that has
 * neither of a path's two is not on it (FL-BYP-01): nothing of others' came its way and nothing of
 * its own could come back, so that the call ends here, false. [data-bypass-mode] */
static bool check_path(const struct nrt_filter *f, bool has, bool bypasses, const char *ddi)
{
	if (bypasses)
		nrt_violation("FL-BYP-01", "%s calls %s on a path that it bypasses on %s",
			      f->driver->driver->name, ddi, f->adapter->device.name);
	else if (!has)
		nrt_violation("FL-REG-02", "%s calls %s without the handler that belongs to it",
			      f->driver->driver->name, ddi);
	return !bypasses;
}

static bool check_sends(const struct nrt_filter *f, bool completes, const char *ddi)
{
	bool has = f->handlers.SendNetBufferListsCompleteHandler != NULL;

	return check_path(f, has || completes,
			  !has && f->handlers.SendNetBufferListsHandler == NULL, ddi);
}

static bool check_receives(const struct nrt_filter *f, bool returns, const char *ddi)
{
	bool has = f->handlers.ReturnNetBufferListsHandler != NULL;

	return check_path(f, has || returns,
			  !has && f->handlers.ReceiveNetBufferListsHandler == NULL, ddi);
}

/* --------------------------------------------------------------------- sending */

/* A module that is paused sends nothing: what it tries comes back at once. */
static void refuse_send(struct nrt_filter *f, NET_BUFFER_LIST *chain, ULONG flags)
{
	struct nrt_callback cb;

	nrt_violation(rule_of_state(f), "%s sends on %s while it does not run",
		      f->driver->driver->name, f->adapter->device.name);
	for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_PAUSED;
	if (f->handlers.SendNetBufferListsCompleteHandler == NULL)
		return;
	cb = nrt_callback_begin("FilterSendNetBufferListsComplete");
	f->handlers.SendNetBufferListsCompleteHandler(
		f->context, chain,
		flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL :
							 0);
	nrt_callback_end(&cb);
}

VOID NdisFSendNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList,
			     NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFSendNetBufferLists");
	struct nrt_callback cb;

	if (f == NULL || NetBufferList == NULL)
		return;
	if (nrt_verifying && !check_sends(f, false, "NdisFSendNetBufferLists"))
		return;
	if (!moves(f)) {
		refuse_send(f, NetBufferList, SendFlags);
		return;
	}
	if (nrt_verifying)
		nrt_filter_track_send(f, &NetBufferList);
	if (NetBufferList == NULL)
		return;
	cb = nrt_callback_begin("FilterSendNetBufferLists");
	f->down.send.fn(f->down.send.context, NetBufferList, PortNumber, SendFlags);
	nrt_callback_end(&cb);
}

VOID NdisFSendNetBufferListsComplete(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList,
				     ULONG SendCompleteFlags)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFSendNetBufferListsComplete");
	struct nrt_callback cb;

	if (f == NULL || NetBufferList == NULL)
		return;
	if (nrt_verifying) {
		if (!check_sends(f, true, "NdisFSendNetBufferListsComplete"))
			return;
		nrt_filter_track_complete(f, &NetBufferList);
	}
	if (NetBufferList == NULL)
		return;
	cb = nrt_callback_begin("FilterSendNetBufferListsComplete");
	f->up.complete.fn(f->up.complete.context, NetBufferList, SendCompleteFlags);
	nrt_callback_end(&cb);
}

VOID NdisFCancelSendNetBufferLists(NDIS_HANDLE NdisFilterHandle, PVOID CancelId)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFCancelSendNetBufferLists");

	if (f != NULL)
		nrt_cancel_sends(f->adapter, &f->down.cancel, CancelId);
}

/* ------------------------------------------------------------------- receiving */

/* A module that does not run indicates nothing: it has its NBLs back at once. */
static void refuse_indication(struct nrt_filter *f, NET_BUFFER_LIST *chain, ULONG flags)
{
	struct nrt_callback cb;

	nrt_violation(rule_of_state(f), "%s indicates on %s while it does not run",
		      f->driver->driver->name, f->adapter->device.name);
	if ((flags & NDIS_RECEIVE_FLAGS_RESOURCES) ||
	    f->handlers.ReturnNetBufferListsHandler == NULL)
		return;
	cb = nrt_callback_begin("FilterReturnNetBufferLists");
	f->handlers.ReturnNetBufferListsHandler(
		f->context, chain,
		flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
	nrt_callback_end(&cb);
}

/* The links of a chain, for one that is lent; NULL without memory, which checks nothing. */
static NET_BUFFER_LIST **note_links(NET_BUFFER_LIST *chain, ULONG n)
{
	NET_BUFFER_LIST **links = malloc((n + 1) * sizeof(*links));

	for (ULONG i = 0; links != NULL && i < n; i++) {
		links[i] = chain;
		chain = NET_BUFFER_LIST_NEXT_NBL(chain);
	}
	if (links != NULL)
		links[n] = NULL;
	return links;
}

/* Whoever is above gave a lent chain back as it was linked (PR-RCV-02, FL-RCV-01). */
static void check_links(const struct nrt_filter *f, NET_BUFFER_LIST **links, ULONG n)
{
	bool relinked = false;

	for (ULONG i = 0; links != NULL && i < n; i++) {
		relinked = relinked || NET_BUFFER_LIST_NEXT_NBL(links[i]) != links[i + 1];
		NET_BUFFER_LIST_NEXT_NBL(links[i]) = links[i + 1];
	}
	if (relinked)
		nrt_violation(f->up.received_by != NULL ? "FL-RCV-01" : "PR-RCV-02",
			      "a chain received with RESOURCES came back relinked");
	free(links);
}

static void indicate_verified(struct nrt_filter *f, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port,
			      ULONG n, ULONG flags)
{
	NET_BUFFER_LIST **links = NULL;
	struct nrt_callback cb;

	nrt_filter_track_indicate(f, &chain, &n, &flags);
	if (chain == NULL)
		return;
	if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		links = note_links(chain, n);
	cb = nrt_callback_begin("FilterReceiveNetBufferLists");
	f->up.receive.fn(f->up.receive.context, chain, port, n, flags);
	nrt_callback_end(&cb);
	if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
		return;
	check_links(f, links, n);
	nrt_filter_track_resources_end(f, chain);
}

VOID NdisFIndicateReceiveNetBufferLists(NDIS_HANDLE NdisFilterHandle,
					PNET_BUFFER_LIST NetBufferLists,
					NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
					ULONG ReceiveFlags)
{
	struct nrt_filter *f =
		nrt_filter_of(NdisFilterHandle, "NdisFIndicateReceiveNetBufferLists");

	if (f == NULL || NetBufferLists == NULL)
		return;
	if (nrt_verifying && !check_receives(f, false, "NdisFIndicateReceiveNetBufferLists"))
		return;
	/* In a switch it counts for nothing, and all are returned [hyper-v-extensible-switch-send-
	 * and-receive-flags]. */
	if ((ReceiveFlags & NDIS_RECEIVE_FLAGS_RESOURCES) && nrt_switch_of(f->adapter) != NULL)
		ReceiveFlags &= ~NDIS_RECEIVE_FLAGS_RESOURCES;
	if (!moves(f))
		refuse_indication(f, NetBufferLists, ReceiveFlags);
	else if (nrt_verifying)
		indicate_verified(f, NetBufferLists, PortNumber, NumberOfNetBufferLists,
				  ReceiveFlags);
	else
		f->up.receive.fn(f->up.receive.context, NetBufferLists, PortNumber,
				 NumberOfNetBufferLists, ReceiveFlags);
}

VOID NdisFReturnNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists,
			       ULONG ReturnFlags)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFReturnNetBufferLists");
	struct nrt_callback cb;

	if (f == NULL || NetBufferLists == NULL)
		return;
	if (nrt_verifying) {
		if (!check_receives(f, true, "NdisFReturnNetBufferLists"))
			return;
		nrt_filter_track_return(f, &NetBufferLists);
	}
	if (NetBufferLists == NULL)
		return;
	cb = nrt_callback_begin("FilterReturnNetBufferLists");
	f->down.give_back.fn(f->down.give_back.context, NetBufferLists, ReturnFlags);
	nrt_callback_end(&cb);
}
