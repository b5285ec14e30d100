/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pause and restart of a stack. Control threads at PASSIVE_LEVEL; the miniport
 * may complete from anywhere.
 */
#include "restart.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../verifier.h"
#include "binding.h"
#include "delivery.h"
#include "driver.h"

/* MP-PAU-03, MP-PAU-04: a completed pause leaves nothing under way. Exact, for
 * no binding above runs any more. */
static void check_paused(struct nrt_adapter *a)
{
	struct nrt_ledger l;

	nrt_adapter_quiesce(a);
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
		.PauseReason = NDIS_PAUSE_NDIS_INTERNAL,
	};
	NDIS_STATUS status;

	atomic_store(&a->state, NRT_PAUSING);
	nrt_operation_arm(&a->pause_op, NULL);
	status = a->driver->chars.PauseHandler(a->context, &params);
	if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_PENDING)
		nrt_violation("MP-PAU-01", "MiniportPause of %s returned 0x%08X", a->device.name,
			      (unsigned int)status);
	nrt_operation_wait(&a->pause_op, status);
	atomic_store(&a->state, NRT_PAUSED);
	check_paused(a);
}

void nrt_stack_pause(struct nrt_adapter *a)
{
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		nrt_binding_pause(b);
	pause_miniport(a);
}

VOID NdisMPauseComplete(NDIS_HANDLE MiniportAdapterHandle)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMPauseComplete");

	if (a != NULL)
		nrt_operation_complete(&a->pause_op, NULL, NDIS_STATUS_SUCCESS);
}

/* Room for one entry of the attribute list, whose data follows it. */
union restart_attributes {
	NDIS_RESTART_ATTRIBUTES list;
	UCHAR room[sizeof(NDIS_RESTART_ATTRIBUTES) + sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES)];
};

/* OID_GEN_MINIPORT_RESTART_ATTRIBUTES with what the adapter has. */
static void fill_attributes(const struct nrt_adapter *a, union restart_attributes *r)
{
	const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;
	const NDIS_RESTART_GENERAL_ATTRIBUTES general = {
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
	};

	memset(r, 0, sizeof(*r));
	r->list.Oid = OID_GEN_MINIPORT_RESTART_ATTRIBUTES;
	r->list.DataLength = sizeof(general);
	memcpy(r->room + offsetof(NDIS_RESTART_ATTRIBUTES, Data), &general, sizeof(general));
}

int nrt_stack_restart(struct nrt_adapter *a)
{
	NDIS_MINIPORT_RESTART_PARAMETERS params = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_MINIPORT_RESTART_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_MINIPORT_RESTART_PARAMETERS_REVISION_1 },
	};
	union restart_attributes attributes;
	NDIS_STATUS status;

	fill_attributes(a, &attributes);
	params.RestartAttributes = &attributes.list;
	atomic_store(&a->state, NRT_RESTARTING);
	nrt_operation_arm(&a->restart_op, NULL);
	status = a->driver->chars.RestartHandler(a->context, &params);
	status = nrt_operation_wait(&a->restart_op, status);
	if (status != NDIS_STATUS_SUCCESS) {
		atomic_store(&a->state, NRT_PAUSED);
		return nrt_fail(-EIO, "adapter %s: MiniportRestart failed with 0x%08X",
				a->device.name, (unsigned int)status);
	}
	atomic_store(&a->state, NRT_RUNNING);
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		nrt_binding_restart(b);
	return 0;
}

VOID NdisMRestartComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMRestartComplete");

	if (a != NULL)
		nrt_operation_complete(&a->restart_op, NULL, Status);
}
