/* SPDX-License-Identifier: BSD-3-Clause */
/* See offload.h. */
#include "offload.h"

#include <stdlib.h>
#include <string.h>

#include <nrt/nrt.h>

#include "../verifier.h"
#include "header.h"

static const size_t sizes[] = {
	NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2,
	NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_4,
	NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_5, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6,
	NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7,
};

#define REVISIONS (sizeof(sizes) / sizeof(sizes[0]))

static bool offload_ok(const NDIS_OFFLOAD *o, const char *where)
{
	return nrt_header_ok(&o->Header, NDIS_OBJECT_TYPE_OFFLOAD, sizes, REVISIONS, where);
}

/* ------------------------------------------------------------- from the miniport */

NDIS_STATUS nrt_offload_adopt(struct nrt_adapter *a,
			      const NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES *o)
{
	static const size_t size[] = { NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1 };
	const NDIS_OFFLOAD *current = o->DefaultOffloadConfiguration;
	const NDIS_OFFLOAD *hardware = o->HardwareOffloadCapabilities;

	if (!nrt_header_ok(&o->Header, NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, size, 1,
			   "NdisMSetMiniportAttributes") ||
	    (current != NULL && !offload_ok(current, "DefaultOffloadConfiguration")) ||
	    (hardware != NULL && !offload_ok(hardware, "HardwareOffloadCapabilities")))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (a->offload == NULL && (a->offload = calloc(1, sizeof(*a->offload))) == NULL)
		return NDIS_STATUS_RESOURCES;
	a->offload->configured = current != NULL;
	if (current != NULL)
		nrt_header_copy(&a->offload->current, sizeof(a->offload->current), &current->Header);
	a->offload->capable = hardware != NULL;
	if (hardware != NULL)
		nrt_header_copy(&a->offload->hardware, sizeof(a->offload->hardware),
				&hardware->Header);
	return NDIS_STATUS_SUCCESS;
}

NDIS_OFFLOAD *nrt_offload_current(struct nrt_adapter *a)
{
	return a->offload != NULL && a->offload->configured ? &a->offload->current : NULL;
}

bool nrt_offload_take_status(struct nrt_adapter *a, const NDIS_STATUS_INDICATION *s)
{
	const NDIS_OFFLOAD *o = s->StatusBuffer;

	if (o == NULL || s->StatusBufferSize < sizes[0] || o->Header.Size > s->StatusBufferSize ||
	    !offload_ok(o, "NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG")) {
		nrt_violation("MP-STA-01", "%s: task offload indication without an NDIS_OFFLOAD",
			      a->device.name);
		return false;
	}
	pthread_mutex_lock(&a->lock);
	if (a->offload != NULL) {
		nrt_header_copy(&a->offload->current, sizeof(a->offload->current), &o->Header);
		a->offload->configured = true;
	}
	pthread_mutex_unlock(&a->lock);
	return true;
}

/* -------------------------------------------------------------------- requests */

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

NDIS_STATUS nrt_offload_query(struct nrt_adapter *a, NDIS_OID_REQUEST *r)
{
	struct nrt_offload o = { .configured = false };

	pthread_mutex_lock(&a->lock);
	if (a->offload != NULL)
		o = *a->offload;
	pthread_mutex_unlock(&a->lock);
	switch (r->DATA.QUERY_INFORMATION.Oid) {
	case OID_TCP_OFFLOAD_CURRENT_CONFIG:
		return o.configured ? answer(r, &o.current, o.current.Header.Size) :
				      NDIS_STATUS_NOT_SUPPORTED;
	case OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES:
		return o.capable ? answer(r, &o.hardware, o.hardware.Header.Size) :
				   NDIS_STATUS_NOT_SUPPORTED;
	case OID_OFFLOAD_ENCAPSULATION:
		return o.encapsulated ? answer(r, &o.encapsulation, sizeof(o.encapsulation)) :
					NDIS_STATUS_NOT_SUPPORTED;
	default:
		return NDIS_STATUS_NOT_RECOGNIZED;
	}
}

/* Standardized keywords; a value is one less than that of the parameters, and of checksums
 * up to 3, of large sends up to 1 (pages using-registry-values-to-enable-and-disable-task-
 * offloading, ns-ntddndis-_ndis_offload_parameters). */
static const struct {
	const char *name;
	size_t member;
	UCHAR most;
} keywords[] = {
	{ "*IPChecksumOffloadIPv4", offsetof(NDIS_OFFLOAD_PARAMETERS, IPv4Checksum), 4 },
	{ "*TCPChecksumOffloadIPv4", offsetof(NDIS_OFFLOAD_PARAMETERS, TCPIPv4Checksum), 4 },
	{ "*UDPChecksumOffloadIPv4", offsetof(NDIS_OFFLOAD_PARAMETERS, UDPIPv4Checksum), 4 },
	{ "*TCPChecksumOffloadIPv6", offsetof(NDIS_OFFLOAD_PARAMETERS, TCPIPv6Checksum), 4 },
	{ "*UDPChecksumOffloadIPv6", offsetof(NDIS_OFFLOAD_PARAMETERS, UDPIPv6Checksum), 4 },
	{ "*LsoV1IPv4", offsetof(NDIS_OFFLOAD_PARAMETERS, LsoV1), 2 },
	{ "*LsoV2IPv4", offsetof(NDIS_OFFLOAD_PARAMETERS, LsoV2IPv4), 2 },
	{ "*LsoV2IPv6", offsetof(NDIS_OFFLOAD_PARAMETERS, LsoV2IPv6), 2 },
};

static void keep_parameters(const struct nrt_adapter *a, const UCHAR *p)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		UCHAR value = p[keywords[i].member];
		char text[2] = { (char)('0' + value - 1), '\0' };

		if (value != NDIS_OFFLOAD_PARAMETERS_NO_CHANGE && value <= keywords[i].most)
			nrt_config_set(a->device.name, keywords[i].name, text);
	}
}

/* Page oid-tcp-offload-parameters: before it passes the request on. */
void nrt_offload_before_set(struct nrt_adapter *a, const NDIS_OID_REQUEST *r)
{
	NDIS_OFFLOAD_PARAMETERS p = { .Flags = 0 };

	if (r->RequestType != NdisRequestSetInformation ||
	    r->DATA.SET_INFORMATION.Oid != OID_TCP_OFFLOAD_PARAMETERS || a->offload == NULL ||
	    r->DATA.SET_INFORMATION.InformationBufferLength <
		    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1)
		return;
	memcpy(&p, r->DATA.SET_INFORMATION.InformationBuffer,
	       NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1);
	if (p.Header.Type == NDIS_OBJECT_TYPE_DEFAULT &&
	    p.Header.Size >= NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1 &&
	    !(p.Flags & NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE))
		keep_parameters(a, (const UCHAR *)&p);
}

void nrt_offload_after_set(struct nrt_adapter *a, const NDIS_OID_REQUEST *r)
{
	if (r->RequestType != NdisRequestSetInformation ||
	    r->DATA.SET_INFORMATION.Oid != OID_OFFLOAD_ENCAPSULATION || a->offload == NULL ||
	    r->DATA.SET_INFORMATION.InformationBufferLength <
		    NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1)
		return;
	pthread_mutex_lock(&a->lock);
	memcpy(&a->offload->encapsulation, r->DATA.SET_INFORMATION.InformationBuffer,
	       sizeof(a->offload->encapsulation));
	a->offload->encapsulated = true;
	pthread_mutex_unlock(&a->lock);
}
