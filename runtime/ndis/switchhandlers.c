/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisFGetOptionalSwitchHandlers, and those of the handlers that are not about a packet's
 * forwarding context: references on ports and NICs, and reports of what was filtered. Any
 * thread, IRQL <= DISPATCH_LEVEL; a reference holds back the request that deletes.
 */
#include <errno.h>
#include <string.h>

#include "../error.h"
#include "../ke/irql.h"
#include "filter.h"
#include "header.h"
#include "switch.h"

/* ----------------------------------------------------------------------- references */

static NDIS_STATUS reference(struct nrt_switch_hold *hold, uint32_t state)
{
	if (!nrt_switch_hold_in(hold, state))
		return NDIS_STATUS_INVALID_PARAMETER;
	atomic_fetch_add(&hold->references, 1);
	return NDIS_STATUS_SUCCESS;
}

/* No more than there are. */
static NDIS_STATUS dereference(struct nrt_switch_hold *hold)
{
	uint32_t seen = atomic_load(&hold->references);

	do {
		if (seen == 0)
			return NDIS_STATUS_INVALID_PARAMETER;
	} while (!atomic_compare_exchange_weak(&hold->references, &seen, seen - 1));
	nrt_switch_release(hold);
	return NDIS_STATUS_SUCCESS;
}

static struct nrt_switch_nic *nic_of(const struct nrt_switch *sw, NDIS_SWITCH_PORT_ID port,
				     NDIS_SWITCH_NIC_INDEX index)
{
	return nrt_switch_is(sw) ? nrt_switch_nic_at(sw, port, index) : NULL;
}

static struct nrt_switch_port *port_of(const struct nrt_switch *sw, NDIS_SWITCH_PORT_ID id)
{
	return nrt_switch_is(sw) ? nrt_switch_port_at(sw, id) : NULL;
}

static NDIS_STATUS reference_nic(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				 NDIS_SWITCH_PORT_ID SwitchPortId,
				 NDIS_SWITCH_NIC_INDEX SwitchNicIndex)
{
	struct nrt_switch_nic *nic = nic_of(NdisSwitchContext, SwitchPortId, SwitchNicIndex);

	nrt_check_irql("ReferenceSwitchNic", DISPATCH_LEVEL);
	return nic != NULL ? reference(&nic->hold, NdisSwitchNicStateConnected) :
			     NDIS_STATUS_INVALID_PARAMETER;
}

static NDIS_STATUS dereference_nic(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				   NDIS_SWITCH_PORT_ID SwitchPortId,
				   NDIS_SWITCH_NIC_INDEX SwitchNicIndex)
{
	struct nrt_switch_nic *nic = nic_of(NdisSwitchContext, SwitchPortId, SwitchNicIndex);

	nrt_check_irql("DereferenceSwitchNic", DISPATCH_LEVEL);
	return nic != NULL ? dereference(&nic->hold) : NDIS_STATUS_INVALID_PARAMETER;
}

static NDIS_STATUS reference_port(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				  NDIS_SWITCH_PORT_ID SwitchPortId)
{
	struct nrt_switch_port *port = port_of(NdisSwitchContext, SwitchPortId);

	nrt_check_irql("ReferenceSwitchPort", DISPATCH_LEVEL);
	return port != NULL ? reference(&port->hold, NdisSwitchPortStateCreated) :
			      NDIS_STATUS_INVALID_PARAMETER;
}

static NDIS_STATUS dereference_port(NDIS_SWITCH_CONTEXT NdisSwitchContext,
				    NDIS_SWITCH_PORT_ID SwitchPortId)
{
	struct nrt_switch_port *port = port_of(NdisSwitchContext, SwitchPortId);

	nrt_check_irql("DereferenceSwitchPort", DISPATCH_LEVEL);
	return port != NULL ? dereference(&port->hold) : NDIS_STATUS_INVALID_PARAMETER;
}

/* -------------------------------------------------------------------------- reports */

static void narrow(char *to, size_t size, const UNICODE_STRING *from)
{
	size_t n = from != NULL ? from->Length / sizeof(WCHAR) : 0;

	if (n > size - 1)
		n = size - 1;
	for (size_t i = 0; i < n; i++)
		to[i] = from->Buffer[i] > 0 && from->Buffer[i] < 0x80 ? (char)from->Buffer[i] : '?';
	to[n] = '\0';
}

/* Counted in any case; what it says is kept unless somebody else is at it just now. */
static VOID report_filtered(NDIS_SWITCH_CONTEXT NdisSwitchContext, PUNICODE_STRING ExtensionGuid,
			    PUNICODE_STRING ExtensionFriendlyName, NDIS_SWITCH_PORT_ID PortId,
			    UINT32 Flags, UINT32 NumberOfNetBufferLists,
			    PNET_BUFFER_LIST NetBufferLists, PUNICODE_STRING FilterReason)
{
	struct nrt_switch *sw = NdisSwitchContext;
	struct nrt_switch_filtered *last = &sw->last_filtered;

	(void)NetBufferLists;
	nrt_check_irql("ReportFilteredNetBufferLists", DISPATCH_LEVEL);
	if (!nrt_switch_is(sw))
		return;
	nrt_switch_count(sw, NRT_SWITCH_FILTERED, NumberOfNetBufferLists);
	if (atomic_flag_test_and_set(&sw->reporting))
		return;
	narrow(last->extension, sizeof(last->extension), ExtensionFriendlyName);
	narrow(last->guid, sizeof(last->guid), ExtensionGuid);
	narrow(last->reason, sizeof(last->reason), FilterReason);
	last->port = PortId;
	last->incoming = Flags & NDIS_SWITCH_REPORT_FILTERED_NBL_FLAGS_IS_INCOMING;
	last->packets = NumberOfNetBufferLists;
	sw->reported = true;
	atomic_flag_clear(&sw->reporting);
}

int nrt_switch_last_filtered(struct nrt_switch *sw, struct nrt_switch_filtered *out)
{
	bool reported;

	while (atomic_flag_test_and_set(&sw->reporting))
		;
	*out = sw->last_filtered;
	reported = sw->reported;
	atomic_flag_clear(&sw->reporting);
	return reported ? 0 :
			  nrt_fail(-ENOENT, "switch %s: no extension has reported a packet yet",
				   sw->name);
}

/* --------------------------------------------------------------------- the handlers */

static const NDIS_SWITCH_OPTIONAL_HANDLERS handlers = {
	.AllocateNetBufferListForwardingContext = nrt_switch_allocate_context,
	.FreeNetBufferListForwardingContext = nrt_switch_free_context,
	.SetNetBufferListSource = nrt_switch_set_source,
	.AddNetBufferListDestination = nrt_switch_add_destination,
	.GrowNetBufferListDestinations = nrt_switch_grow_destinations,
	.GetNetBufferListDestinations = nrt_switch_get_destinations,
	.UpdateNetBufferListDestinations = nrt_switch_update_destinations,
	.CopyNetBufferListInfo = nrt_switch_copy_info,
	.ReferenceSwitchNic = reference_nic,
	.DereferenceSwitchNic = dereference_nic,
	.ReferenceSwitchPort = reference_port,
	.DereferenceSwitchPort = dereference_port,
	.ReportFilteredNetBufferLists = report_filtered,
	.SetNetBufferListSwitchContext = nrt_switch_set_extension_context,
	.GetNetBufferListSwitchContext = nrt_switch_get_extension_context,
};

/* The page says which type the header has, and ntddndis.h has another one for it. */
static bool header_is_right(const struct nrt_filter *f, const NDIS_OBJECT_HEADER *header)
{
	static const size_t sizes[] = { NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1 };
	UCHAR type = header->Type == NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS ?
			     NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS :
			     NDIS_OBJECT_TYPE_DEFAULT;

	return nrt_header_from((NDIS_HANDLE)(ULONG_PTR)f, header, type, sizes, 1,
			       "NdisFGetOptionalSwitchHandlers");
}

NDIS_STATUS NdisFGetOptionalSwitchHandlers(NDIS_HANDLE NdisFilterHandle,
					   PNDIS_SWITCH_CONTEXT NdisSwitchContext,
					   PNDIS_SWITCH_OPTIONAL_HANDLERS NdisSwitchHandlers)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFGetOptionalSwitchHandlers");
	struct nrt_switch *sw;

	nrt_check_irql("NdisFGetOptionalSwitchHandlers", DISPATCH_LEVEL);
	if (f == NULL || NdisSwitchContext == NULL || NdisSwitchHandlers == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	sw = nrt_switch_of(f->adapter);
	if (sw == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (!header_is_right(f, &NdisSwitchHandlers->Header))
		return NDIS_STATUS_INVALID_PARAMETER;
	memcpy(&NdisSwitchHandlers->AllocateNetBufferListForwardingContext,
	       &handlers.AllocateNetBufferListForwardingContext,
	       NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1 -
		       offsetof(NDIS_SWITCH_OPTIONAL_HANDLERS,
				AllocateNetBufferListForwardingContext));
	*NdisSwitchContext = sw;
	return NDIS_STATUS_SUCCESS;
}
