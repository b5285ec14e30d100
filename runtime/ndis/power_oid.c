/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Power management capabilities and parameters: NDIS answers for what a miniport said in its
 * attributes, and keeps the parameters that protocols set. OID thread of the adapter, but for
 * the attributes.
 */
#include <string.h>

#include "binding.h"
#include "header.h"
#include "oid.h"
#include "power.h"

static NDIS_STATUS answer(NDIS_OID_REQUEST *r, const void *value, ULONG length)
{
	r->DATA.QUERY_INFORMATION.BytesNeeded = length;
	r->DATA.QUERY_INFORMATION.BytesWritten = 0;
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength < length)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	memcpy(r->DATA.QUERY_INFORMATION.InformationBuffer, value, length);
	r->DATA.QUERY_INFORMATION.BytesWritten = length;
	return NDIS_STATUS_SUCCESS;
}

static bool adopt_pm(struct nrt_adapter *a, const NDIS_PM_CAPABILITIES *pm)
{
	static const size_t sizes[] = { NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1,
					NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2 };

	if (!nrt_header_ok(&pm->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 2,
			   "NdisMSetMiniportAttributes"))
		return false;
	nrt_header_copy(&a->power.pm, sizeof(a->power.pm), &pm->Header);
	a->general.PowerManagementCapabilitiesEx = &a->power.pm;
	return true;
}

bool nrt_power_adopt(struct nrt_adapter *a)
{
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;

	a->power.parameters = (NDIS_PM_PARAMETERS){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_PARAMETERS_REVISION_2,
			    NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_2 },
	};
	if (g->PowerManagementCapabilities != NULL) {
		a->power.pnp = *g->PowerManagementCapabilities;
		g->PowerManagementCapabilities = &a->power.pnp;
	}
	return g->PowerManagementCapabilitiesEx == NULL ||
	       adopt_pm(a, g->PowerManagementCapabilitiesEx);
}

/* Those of NDIS 6.0, of a miniport that says what 6.20 has, too. */
static NDIS_STATUS query_pnp(const struct nrt_adapter *a, NDIS_OID_REQUEST *r)
{
	const NDIS_PM_CAPABILITIES *pm = a->general.PowerManagementCapabilitiesEx;
	NDIS_PNP_CAPABILITIES pnp = { 0 };

	if (a->general.PowerManagementCapabilities != NULL)
		pnp = a->power.pnp;
	else if (pm != NULL)
		pnp.WakeUpCapabilities = (NDIS_PM_WAKE_UP_CAPABILITIES){
			pm->MinMagicPacketWakeUp, pm->MinPatternWakeUp, pm->MinLinkChangeWakeUp
		};
	else
		return NDIS_STATUS_NOT_SUPPORTED; /* it is not aware of power management */
	pnp.Flags = 0; /* NDIS's, not the miniport's [oid-pnp-capabilities] */
	if (pnp.WakeUpCapabilities.MinMagicPacketWakeUp != NdisDeviceStateUnspecified ||
	    pnp.WakeUpCapabilities.MinPatternWakeUp != NdisDeviceStateUnspecified)
		pnp.Flags |= NDIS_DEVICE_WAKE_UP_ENABLE;
	return answer(r, &pnp, sizeof(pnp));
}

NDIS_STATUS nrt_power_query(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	const struct nrt_adapter *a = b->adapter;

	switch (r->DATA.QUERY_INFORMATION.Oid) {
	case OID_PNP_CAPABILITIES:
		return query_pnp(a, r);
	case OID_PM_CURRENT_CAPABILITIES:
	case OID_PM_HARDWARE_CAPABILITIES:
		if (a->general.PowerManagementCapabilitiesEx == NULL)
			return NDIS_STATUS_NOT_SUPPORTED;
		return answer(r, &a->power.pm, a->power.pm.Header.Size);
	case OID_PM_PARAMETERS:
		if (a->general.PowerManagementCapabilitiesEx == NULL)
			return NDIS_STATUS_NOT_SUPPORTED;
		return answer(r, &a->power.parameters, a->power.parameters.Header.Size);
	default:
		return NDIS_STATUS_NOT_RECOGNIZED;
	}
}

/* No more than the hardware can. */
static bool can(const NDIS_PM_CAPABILITIES *pm, const NDIS_PM_PARAMETERS *p)
{
	ULONG events = p->WakeUpFlags & (NDIS_PM_WAKE_ON_LINK_CHANGE_ENABLED |
					 NDIS_PM_WAKE_ON_MEDIA_DISCONNECT_ENABLED);

	return (p->EnabledWoLPacketPatterns & ~pm->SupportedWoLPacketPatterns) == 0 &&
	       (p->EnabledProtocolOffloads & ~pm->SupportedProtocolOffloads) == 0 &&
	       (events == 0 || pm->MinLinkChangeWakeUp != NdisDeviceStateUnspecified ||
		(events & ~pm->SupportedWakeUpEvents) == 0);
}

static NDIS_STATUS set_parameters(struct nrt_adapter *a, NDIS_OID_REQUEST *r)
{
	static const size_t sizes[] = { NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1,
					NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_2 };
	const NDIS_PM_PARAMETERS *given = r->DATA.SET_INFORMATION.InformationBuffer;
	NDIS_PM_PARAMETERS p;
	NDIS_STATUS status;

	if (a->general.PowerManagementCapabilitiesEx == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	r->DATA.SET_INFORMATION.BytesNeeded = (UINT)sizes[0];
	if (r->DATA.SET_INFORMATION.InformationBufferLength < sizes[0] ||
	    r->DATA.SET_INFORMATION.InformationBufferLength < given->Header.Size)
		return NDIS_STATUS_INVALID_LENGTH;
	if (!nrt_header_ok(&given->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 2, "OID_PM_PARAMETERS"))
		return NDIS_STATUS_INVALID_PARAMETER;
	nrt_header_copy(&p, sizeof(p), &given->Header);
	if (!can(&a->power.pm, &p))
		return NDIS_STATUS_INVALID_PARAMETER;
	status = nrt_oid_down(a, r);
	if (status == NDIS_STATUS_SUCCESS)
		a->power.parameters = p;
	return status;
}

NDIS_STATUS nrt_power_set(struct nrt_binding *b, NDIS_OID_REQUEST *r)
{
	switch (r->DATA.SET_INFORMATION.Oid) {
	case OID_PM_PARAMETERS:
		return set_parameters(b->adapter, r);
	case OID_PNP_SET_POWER:
	case OID_PNP_QUERY_POWER: /* NDIS's own */
		return NDIS_STATUS_NOT_SUPPORTED;
	default:
		return NDIS_STATUS_NOT_RECOGNIZED;
	}
}
