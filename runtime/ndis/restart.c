/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pause and restart of a stack. Control threads at PASSIVE_LEVEL; the miniport
 * may complete from anywhere.
 */
#include "restart.h"

#include <errno.h>
#include <string.h>

#include "../error.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "binding.h"
#include "callback.h"
#include "delivery.h"
#include "driver.h"
#include "filter_oid.h"
#include "filter_track.h"
#include "rss.h"

/* MP-PAU-03, MP-PAU-04: a completed pause leaves nothing under way. Exact, for
 * no binding above runs any more. */
static void check_paused(struct nrt_adapter *a)
{
	struct nrt_ledger l;

	nrt_adapter_quiesce(a);
	nrt_filters_track_quiet(a);
	nrt_adapter_ledger(a, &l);
	if (l.rx_indicated != l.rx_returned)
		nrt_violation("MP-PAU-03", "%s paused with %lld received NBLs above", a->device.name,
			      (long long)(l.rx_indicated - l.rx_returned));
	if (l.tx_handed != l.tx_returned)
		nrt_violation("MP-PAU-04", "%s paused with %lld sends not completed", a->device.name,
			      (long long)(l.tx_handed - l.tx_returned));
}

static void pause_miniport(struct nrt_adapter *a)
{
	NDIS_MINIPORT_PAUSE_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_MINIPORT_PAUSE_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_PAUSE_PARAMETERS_REVISION_1 },
		.PauseReason = a->pause_reason,
	};
	struct nrt_callback cb;
	NDIS_STATUS status;

	nrt_state_move(&a->state, NRT_MINIPORT, NRT_PAUSE, a->device.name);
	nrt_operation_arm(&a->pause_op, NULL);
	cb = nrt_callback_begin("MiniportPause");
	status = a->driver->chars.PauseHandler(a->context, &params);
	nrt_callback_end(&cb);
	if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_PENDING)
		nrt_violation("MP-PAU-01", "MiniportPause of %s returned 0x%08X", a->device.name,
			      (unsigned int)status);
	nrt_operation_wait(&a->pause_op, status);
	nrt_state_move(&a->state, NRT_MINIPORT, NRT_PAUSE_DONE, a->device.name);
	check_paused(a);
}

void nrt_stack_pause(struct nrt_adapter *a)
{
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		nrt_binding_pause(b);
	nrt_filters_pause(a);
	pause_miniport(a);
}

VOID NdisMPauseComplete(NDIS_HANDLE MiniportAdapterHandle)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMPauseComplete");

	if (a != NULL)
		nrt_operation_complete(&a->pause_op, NULL, NDIS_STATUS_SUCCESS);
}

/* ------------------------------------------------------------ restart attributes */

#define ATTRIBUTES_TAG 0x74744152 /* RAtt */

/* OID_GEN_MINIPORT_RESTART_ATTRIBUTES with what the adapter has. */
static NDIS_RESTART_GENERAL_ATTRIBUTES general_attributes(const struct nrt_adapter *a)
{
	const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;

	return (NDIS_RESTART_GENERAL_ATTRIBUTES){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_RESTART_GENERAL_ATTRIBUTES_REVISION_2,
			    NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_2 },
		.MtuSize = g->MtuSize,
		.MaxXmitLinkSpeed = g->MaxXmitLinkSpeed,
		.MaxRcvLinkSpeed = g->MaxRcvLinkSpeed,
		.LookaheadSize = g->LookaheadSize,
		.MacOptions = g->MacOptions,
		.SupportedPacketFilters = g->SupportedPacketFilters,
		.MaxMulticastListSize = g->MaxMulticastListSize,
		.RecvScaleCapabilities = g->RecvScaleCapabilities,
		.AccessType = g->AccessType,
		.ConnectionType = g->ConnectionType,
		.SupportedStatistics = g->SupportedStatistics,
		.DataBackFillSize = g->DataBackFillSize,
		.ContextBackFillSize = g->ContextBackFillSize,
	};
}

/* Entries are pool memory: a miniport may free one to put another in its place
 * [nc-ndis-miniport_restart]. */
NDIS_RESTART_ATTRIBUTES *nrt_restart_attributes_new(const struct nrt_adapter *a)
{
	const NDIS_RESTART_GENERAL_ATTRIBUTES general = general_attributes(a);
	size_t size = offsetof(NDIS_RESTART_ATTRIBUTES, Data) + sizeof(general);
	NDIS_RESTART_ATTRIBUTES *list = nrt_memory_zalloc(size, ATTRIBUTES_TAG, NULL);

	if (list == NULL)
		return NULL;
	list->Oid = OID_GEN_MINIPORT_RESTART_ATTRIBUTES;
	list->DataLength = sizeof(general);
	memcpy(list->Data, &general, sizeof(general));
	return list;
}

void nrt_restart_attributes_free(NDIS_RESTART_ATTRIBUTES *list)
{
	while (list != NULL) {
		NDIS_RESTART_ATTRIBUTES *next = list->Next;

		nrt_memory_free(list, 0);
		list = next;
	}
}

static uint64_t mix(uint64_t hash, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001B3ull;
	return hash;
}

uint64_t nrt_restart_attributes_print(const NDIS_RESTART_ATTRIBUTES *list)
{
	uint64_t hash = 0xCBF29CE484222325ull;

	for (; list != NULL; list = list->Next) {
		hash = mix(hash, &list, sizeof(list));
		hash = mix(hash, &list->Oid, sizeof(list->Oid));
		hash = mix(hash, list->Data, list->DataLength);
	}
	return hash;
}

/* What a restarted miniport made of the general attributes is what it has. */
static void adopt_attributes(struct nrt_adapter *a, const NDIS_RESTART_ATTRIBUTES *list)
{
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;
	NDIS_RESTART_GENERAL_ATTRIBUTES r;

	while (list != NULL && list->Oid != OID_GEN_MINIPORT_RESTART_ATTRIBUTES)
		list = list->Next;
	if (list == NULL || list->DataLength < sizeof(r))
		return;
	memcpy(&r, list->Data, sizeof(r));
	pthread_mutex_lock(&a->lock);
	g->MtuSize = r.MtuSize;
	g->MaxXmitLinkSpeed = r.MaxXmitLinkSpeed;
	g->MaxRcvLinkSpeed = r.MaxRcvLinkSpeed;
	g->LookaheadSize = r.LookaheadSize;
	g->MacOptions = r.MacOptions;
	g->SupportedPacketFilters = r.SupportedPacketFilters;
	g->MaxMulticastListSize = r.MaxMulticastListSize;
	nrt_rss_adopt(a, r.RecvScaleCapabilities);
	g->AccessType = r.AccessType;
	g->ConnectionType = r.ConnectionType;
	g->SupportedStatistics = r.SupportedStatistics;
	g->DataBackFillSize = r.DataBackFillSize;
	g->ContextBackFillSize = r.ContextBackFillSize;
	a->no_loopback = g->MacOptions & NDIS_MAC_OPTION_NO_LOOPBACK;
	pthread_mutex_unlock(&a->lock);
}

/* ------------------------------------------------------------------------ restart */

/* MiniportRestart with @list, which may come back longer or with another head. */
static NDIS_STATUS restart_miniport(struct nrt_adapter *a, NDIS_RESTART_ATTRIBUTES **list)
{
	NDIS_MINIPORT_RESTART_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_MINIPORT_RESTART_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_RESTART_PARAMETERS_REVISION_1 },
		.RestartAttributes = *list,
	};
	uint64_t before = nrt_restart_attributes_print(*list);
	struct nrt_callback cb;
	NDIS_STATUS status;

	nrt_state_move(&a->state, NRT_MINIPORT, NRT_RESTART, a->device.name);
	nrt_operation_arm(&a->restart_op, NULL);
	cb = nrt_callback_begin("MiniportRestart");
	status = a->driver->chars.RestartHandler(a->context, &params);
	nrt_callback_end(&cb);
	status = nrt_operation_wait(&a->restart_op, status);
	if (*list == NULL && params.RestartAttributes != NULL)
		nrt_violation("MP-RES-05", "%s added restart attributes where there were none",
			      a->device.name);
	*list = params.RestartAttributes;
	if (status != NDIS_STATUS_SUCCESS && nrt_restart_attributes_print(*list) != before)
		nrt_violation("MP-RES-04", "%s changed restart attributes and did not restart",
			      a->device.name);
	return status;
}

/* The miniport and the filters; *@failed is the filter that would not, or NULL. */
static int restart_below(struct nrt_adapter *a, NDIS_RESTART_ATTRIBUTES **list,
			 struct nrt_filter **failed)
{
	NDIS_STATUS status;

	*failed = NULL;
	nrt_filters_set_options(a);
	status = restart_miniport(a, list);
	if (status != NDIS_STATUS_SUCCESS) {
		nrt_state_move(&a->state, NRT_MINIPORT, NRT_RESTART_FAILED, a->device.name);
		return nrt_fail(-EIO, "adapter %s: MiniportRestart failed with 0x%08X",
				a->device.name, (unsigned int)status);
	}
	adopt_attributes(a, *list);
	nrt_state_move(&a->state, NRT_MINIPORT, NRT_RESTARTED, a->device.name);
	*failed = nrt_filters_restart(a, list);
	return 0;
}

/* All but the bindings is paused again, and the module gone if the stack can do without. */
static int do_without(struct nrt_adapter *a, struct nrt_filter *failed)
{
	const char *name = failed->driver->driver->name;
	bool mandatory = nrt_filter_mandatory(failed->driver);

	nrt_filters_pause(a);
	pause_miniport(a);
	if (mandatory)
		return nrt_fail(-EIO, "adapter %s: filter %s, which is mandatory, did not restart",
				a->device.name, name);
	nrt_filter_oids_hold(a);
	nrt_filter_detach(failed);
	nrt_filter_oids_resume(a);
	return 0;
}

int nrt_stack_restart(struct nrt_adapter *a)
{
	struct nrt_filter *failed;
	int rc;

	do {
		/* Without memory for them there are none: that is documented, too. */
		NDIS_RESTART_ATTRIBUTES *list = nrt_restart_attributes_new(a);

		rc = restart_below(a, &list, &failed);
		if (rc == 0 && failed != NULL)
			rc = do_without(a, failed);
		else if (rc == 0)
			for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
				nrt_binding_restart(b, list);
		nrt_restart_attributes_free(list);
	} while (rc == 0 && failed != NULL);
	return rc;
}

VOID NdisMRestartComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMRestartComplete");

	if (a != NULL)
		nrt_operation_complete(&a->restart_op, NULL, Status);
}
