/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a miniport's answers to OID requests must not be. Called with each answer, on the
 * thread that waited for it.
 */
#include "../verifier.h"
#include "oid.h"
#include "oid_stage.h"

/* Who says that he has these may not refuse them: they undo what he took before
 * [V/ndis-ndisoidcomplete]. */
static const NDIS_OID must_succeed[] = {
	OID_802_3_DELETE_MULTICAST_ADDRESS,
	OID_NIC_SWITCH_DELETE_SWITCH,
	OID_NIC_SWITCH_FREE_VF,
	OID_PM_REMOVE_PROTOCOL_OFFLOAD,
	OID_PM_REMOVE_WOL_PATTERN,
	OID_RECEIVE_FILTER_CLEAR_FILTER,
	OID_RECEIVE_FILTER_FREE_QUEUE,
	OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
	OID_TUNNEL_INTERFACE_RELEASE_OID,
};

static bool has(const NDIS_OID *list, ULONG n, NDIS_OID oid)
{
	for (ULONG i = 0; i < n; i++)
		if (list[i] == oid)
			return true;
	return false;
}

/* A status indication tells the outcome where the OID's page says so, as those of mobile broadband
 * do: none of NDIS's own, of Ethernet or of power management does
 * [nc-ndis-miniport_oid_request]. */
static bool may_be_indicated(NDIS_OID oid)
{
	switch (oid >> 16) {
	case OID_GEN_SUPPORTED_LIST >> 16:
	case OID_GEN_XMIT_OK >> 16:
	case OID_802_3_PERMANENT_ADDRESS >> 16:
	case OID_802_3_RCV_OVERRUN >> 16:
	case OID_PNP_SET_POWER >> 16:
		return false;
	default:
		return true;
	}
}

void nrt_oid_check_answer(const struct nrt_adapter *a, const NDIS_OID_REQUEST *r,
			  NDIS_STATUS status)
{
	const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;
	NDIS_OID oid = nrt_oid_of(r);

	if (status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_NOT_ACCEPTED ||
	    status == NDIS_STATUS_REQUEST_ABORTED)
		return;
	if (status == NDIS_STATUS_INDICATION_REQUIRED && !may_be_indicated(oid))
		nrt_violation("MP-OID-08", "%s will indicate the outcome of OID 0x%08X, which has "
			      "to be its answer", a->device.name, oid);
	if (has(must_succeed, sizeof(must_succeed) / sizeof(oid), oid) &&
	    has(g->SupportedOidList, g->SupportedOidListLength / (ULONG)sizeof(oid), oid))
		nrt_violation("MP-OID-03", "%s has OID 0x%08X and refused it with 0x%08X",
			      a->device.name, oid, (unsigned int)status);
}
