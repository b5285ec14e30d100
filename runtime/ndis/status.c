/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Status indications: miniport -> every open binding. Any thread, also inside
 * MiniportInitializeEx; opens and closes are kept out meanwhile.
 */
#include <string.h>

#include "../verifier.h"
#include "binding.h"
#include "callback.h"
#include "culprit.h"
#include "offload.h"
#include "protocol.h"
#include "status.h"

/* MP-STA-01: what the payload of a known status must be. */
static bool payload_ok(struct nrt_adapter *a, const NDIS_STATUS_INDICATION *s)
{
	const struct nrt_culprit who = nrt_culprit_of(a, "NdisMIndicateStatusEx");

	if (s->Header.Type != NDIS_OBJECT_TYPE_STATUS_INDICATION ||
	    s->Header.Size < NDIS_SIZEOF_STATUS_INDICATION_REVISION_1) {
		nrt_bug_check("MP-STA-01", "0x7C/0x20", &who, "malformed status indication header");
		return false;
	}
	if (s->SourceHandle != a) {
		nrt_violation("MP-STA-01", "%s: status indication with a foreign SourceHandle",
			      a->device.name);
		return false;
	}
	if (s->RequestId != NULL && s->DestinationHandle == NULL)
		nrt_violation("MP-OID-08", "%s indicates status 0x%08X for a request and not for "
			      "who made it", a->device.name, (unsigned int)s->StatusCode);
	if (s->StatusCode == NDIS_STATUS_LINK_STATE &&
	    (s->StatusBuffer == NULL || s->StatusBufferSize < sizeof(NDIS_LINK_STATE))) {
		nrt_bug_check("MP-STA-01", "0x7C/0x20", &who,
			      "link state indication without an NDIS_LINK_STATE");
		return false;
	}
	if (s->StatusCode == NDIS_STATUS_PORT_STATE && !nrt_port_take_state(a, s))
		return false;
	if (s->StatusCode == NDIS_STATUS_RESET_START || s->StatusCode == NDIS_STATUS_RESET_END) {
		nrt_violation("MP-STA-05", "%s indicates its own reset", a->device.name);
		return false;
	}
	return true;
}

/* True when the state is another than the one indicated before (MP-STA-04). */
static bool take_link(struct nrt_adapter *a, const NDIS_STATUS_INDICATION *s)
{
	NDIS_LINK_STATE link;
	bool changed;

	memcpy(&link, s->StatusBuffer, sizeof(link));
	pthread_mutex_lock(&a->lock);
	changed = link.MediaConnectState != a->link.MediaConnectState ||
		  link.MediaDuplexState != a->link.MediaDuplexState ||
		  link.XmitLinkSpeed != a->link.XmitLinkSpeed ||
		  link.RcvLinkSpeed != a->link.RcvLinkSpeed ||
		  link.PauseFunctions != a->link.PauseFunctions ||
		  link.AutoNegotiationFlags != a->link.AutoNegotiationFlags;
	a->link = link;
	pthread_mutex_unlock(&a->lock);
	return changed;
}

/* The outcome of a request is told to the one that made it [ns-ndis-_ndis_oid_request]. */
static bool is_for(const struct nrt_binding *b, const NDIS_STATUS_INDICATION *s)
{
	return s->DestinationHandle == NULL || s->DestinationHandle == b;
}

void nrt_status_to_bindings(struct nrt_adapter *a, NDIS_STATUS_INDICATION *status)
{
	struct nrt_callback cb = nrt_callback_begin("ProtocolStatusEx");

	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next) {
		NDIS_STATUS code = status->StatusCode;

		if (!is_for(b, status))
			continue;
		nrt_reset_telling(b, code);
		b->protocol->chars.StatusHandlerEx(b->context, status);
		nrt_reset_told(b, code);
	}
	nrt_callback_end(&cb);
}

VOID NdisMIndicateStatusEx(NDIS_HANDLE MiniportAdapterHandle,
			   PNDIS_STATUS_INDICATION StatusIndication)
{
	struct nrt_adapter *a = MiniportAdapterHandle;

	if (a == NULL || a->magic != NRT_ADAPTER_MAGIC) {
		nrt_violation("MP-STA-02", "status indication for an adapter that is halted");
		return;
	}
	if (!payload_ok(a, StatusIndication) ||
	    (StatusIndication->StatusCode == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG &&
	     !nrt_offload_take_status(a, StatusIndication)))
		return;
	if (StatusIndication->StatusCode == NDIS_STATUS_LINK_STATE &&
	    !take_link(a, StatusIndication) && !a->initialize_running)
		nrt_violation("MP-STA-04", "%s indicates a link state that has not changed",
			      a->device.name);
	pthread_mutex_lock(&a->status_lock);
	nrt_status_indicate(a, StatusIndication);
	pthread_mutex_unlock(&a->status_lock);
}
