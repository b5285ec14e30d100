/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisMSetMiniportAttributes: what a miniport tells about an adapter. PASSIVE_LEVEL,
 * inside MiniportInitializeEx.
 */
#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../verifier.h"
#include "adapter.h"
#include "header.h"
#include "offload.h"
#include "rss.h"

static NDIS_STATUS set_registration(struct nrt_adapter *a,
				    const NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES *r)
{
	static const size_t sizes[] = {
		NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
		NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_2,
	};

	if (!nrt_header_from(a, &r->Header,
			     NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, sizes, 2,
			     "NdisMSetMiniportAttributes"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (a->instance != NULL && !(r->AttributeFlags & NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND))
		nrt_violation("IM-04", "%s: a virtual miniport has no attribute NO_HALT_ON_SUSPEND",
			      a->device.name);
	a->context = r->MiniportAdapterContext;
	a->attribute_flags = r->AttributeFlags;
	a->interface_type = r->InterfaceType;
	a->hang.seconds = r->CheckForHangTimeInSeconds;
	if (r->AttributeFlags & NDIS_MINIPORT_ATTRIBUTES_CONTROLS_DEFAULT_PORT)
		atomic_store(&a->ports.default_active, false); /* until it says otherwise */
	a->registration_set = true;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_general(struct nrt_adapter *a,
			       const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g)
{
	static const size_t sizes[] = {
		NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1,
		NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
	};

	if (!nrt_header_from(a, &g->Header, NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,
			     sizes, 2, "NdisMSetMiniportAttributes"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!a->registration_set) {
		nrt_violation("MP-INI-02", "%s: general attributes before registration attributes",
			      a->device.name);
		return NDIS_STATUS_INVALID_PARAMETER;
	}
	free(a->supported_oids);
	a->supported_oids = malloc(g->SupportedOidListLength + 1);
	if (a->supported_oids == NULL)
		return NDIS_STATUS_RESOURCES;
	if (g->SupportedOidListLength != 0)
		memcpy(a->supported_oids, g->SupportedOidList, g->SupportedOidListLength);
	nrt_header_copy(&a->general, sizeof(a->general), &g->Header);
	a->general.SupportedOidList = a->supported_oids;
	if (!nrt_rss_adopt(a, a->general.RecvScaleCapabilities) || !nrt_power_adopt(a))
		return NDIS_STATUS_INVALID_PARAMETER;
	a->no_loopback = g->MacOptions & NDIS_MAC_OPTION_NO_LOOPBACK;
	a->link.MediaConnectState = g->MediaConnectState;
	a->link.MediaDuplexState = g->MediaDuplexState;
	a->link.XmitLinkSpeed = g->XmitLinkSpeed;
	a->link.RcvLinkSpeed = g->RcvLinkSpeed;
	a->link.PauseFunctions = (NDIS_SUPPORTED_PAUSE_FUNCTIONS)g->SupportedPauseFunctions;
	a->link.AutoNegotiationFlags = g->AutoNegotiationFlags;
	a->general_set = true;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMSetMiniportAttributes(NDIS_HANDLE NdisMiniportHandle,
				       PNDIS_MINIPORT_ADAPTER_ATTRIBUTES MiniportAttributes)
{
	struct nrt_adapter *a = nrt_adapter_of(NdisMiniportHandle, "NdisMSetMiniportAttributes");

	nrt_check_irql("NdisMSetMiniportAttributes", PASSIVE_LEVEL);
	if (a == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (((const NDIS_OBJECT_HEADER *)MiniportAttributes)->Type ==
	    NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES)
		return nrt_device_set_context(
			a, &MiniportAttributes->AddDeviceRegistrationAttributes);
	if (!a->initialize_running) {
		nrt_violation("MP-INI-03", "%s: NdisMSetMiniportAttributes outside MiniportInitializeEx",
			      a->device.name);
		return NDIS_STATUS_INVALID_PARAMETER;
	}
	switch (((const NDIS_OBJECT_HEADER *)MiniportAttributes)->Type) {
	case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES:
		return set_registration(a, &MiniportAttributes->RegistrationAttributes);
	case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES:
		return set_general(a, &MiniportAttributes->GeneralAttributes);
	case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES:
		if (a->general_set)
			return nrt_offload_adopt(a, &MiniportAttributes->OffloadAttributes);
		nrt_violation("MP-INI-02", "%s: offload attributes before the general ones",
			      a->device.name);
		return NDIS_STATUS_INVALID_PARAMETER;
	default:
		if (!a->general_set)
			nrt_violation("MP-INI-02", "%s: other attributes before the general ones",
				      a->device.name);
		return NDIS_STATUS_NOT_SUPPORTED;
	}
}
