/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID requests: what NDIS does not answer itself (page mandatory-oids-for-miniport-drivers).
 * PASSIVE_LEVEL, one at a time; all end at once, so none is ever pending. One table says
 * what is answered, and makes the list of supported OIDs.
 */
#include "adapter.h"

#define ETHER 14

/* ------------------------------------------------------------------ queries */

NDIS_STATUS oid_answer(PNDIS_OID_REQUEST r, const void *value, ULONG length)
{
	r->DATA.QUERY_INFORMATION.BytesNeeded = length;
	r->DATA.QUERY_INFORMATION.BytesWritten = 0;
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength < length)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	NdisMoveMemory(r->DATA.QUERY_INFORMATION.InformationBuffer, value, length);
	r->DATA.QUERY_INFORMATION.BytesWritten = length;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS oid_answer_ulong(PNDIS_OID_REQUEST r, ULONG value)
{
	return oid_answer(r, &value, sizeof(value));
}

static NDIS_STATUS query_hardware_status(struct adapter *a, PNDIS_OID_REQUEST r)
{
	return oid_answer_ulong(r, ReadNoFence(&a->resetting) ? NdisHardwareStatusReset :
								NdisHardwareStatusReady);
}

/* The longest frame, header and all: each block and each total is of that size. */
static NDIS_STATUS query_frame(struct adapter *a, PNDIS_OID_REQUEST r)
{
	return oid_answer_ulong(r, a->info->mtu + ETHER);
}

static NDIS_STATUS query_receive_space(struct adapter *a, PNDIS_OID_REQUEST r)
{
	return oid_answer_ulong(r, (a->info->mtu + ETHER) * a->info->receive_ring);
}

static NDIS_STATUS query_transmit_space(struct adapter *a, PNDIS_OID_REQUEST r)
{
	return oid_answer_ulong(r, (a->info->mtu + ETHER) * a->info->transmit_ring);
}

static NDIS_STATUS query_vendor_id(struct adapter *a, PNDIS_OID_REQUEST r)
{
	UNREFERENCED_PARAMETER(a);
	return oid_answer_ulong(r, 0xFFFFFF); /* no IEEE-registered vendor */
}

static NDIS_STATUS query_vendor_description(struct adapter *a, PNDIS_OID_REQUEST r)
{
	static const char description[] = "Pollport miniport over a DPDK poll mode driver";

	UNREFERENCED_PARAMETER(a);
	return oid_answer(r, description, sizeof(description));
}

static NDIS_STATUS query_driver_version(struct adapter *a, PNDIS_OID_REQUEST r)
{
	UNREFERENCED_PARAMETER(a);
	return oid_answer_ulong(r, 0x00010000);
}

/* Nothing interrupts: the port is polled. */
static NDIS_STATUS query_moderation(struct adapter *a, PNDIS_OID_REQUEST r)
{
	const NDIS_INTERRUPT_MODERATION_PARAMETERS p = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1 },
		.InterruptModeration = NdisInterruptModerationNotSupported,
	};

	UNREFERENCED_PARAMETER(a);
	return oid_answer(r, &p, sizeof(p));
}

/* --------------------------------------------------------------------- sets */

const void *oid_set_buffer(const NDIS_OID_REQUEST *r, ULONG *length)
{
	*length = r->DATA.SET_INFORMATION.InformationBufferLength;
	return r->DATA.SET_INFORMATION.InformationBuffer;
}

NDIS_STATUS oid_set_too_short(PNDIS_OID_REQUEST r, ULONG needed)
{
	r->DATA.SET_INFORMATION.BytesNeeded = needed;
	return NDIS_STATUS_INVALID_LENGTH;
}

NDIS_STATUS oid_read_structure(PNDIS_OID_REQUEST r, void *to, UCHAR type, ULONG size)
{
	const NDIS_OBJECT_HEADER *header = to;
	ULONG length;
	const void *buffer = oid_set_buffer(r, &length);

	if (length < size)
		return oid_set_too_short(r, size);
	NdisMoveMemory(to, buffer, size);
	if (header->Type != type || header->Revision < 1 || header->Size < size ||
	    header->Size > length)
		return NDIS_STATUS_INVALID_DATA;
	r->SupportedRevision = 1; /* MP-OID-07 */
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS read_ulong(PNDIS_OID_REQUEST r, ULONG *value)
{
	ULONG length;
	const void *buffer = oid_set_buffer(r, &length);

	if (length != sizeof(*value))
		return oid_set_too_short(r, sizeof(*value));
	NdisMoveMemory(value, buffer, sizeof(*value)); /* may be misaligned (MP-OID-06) */
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS apply_filter(struct adapter *a)
{
	NDIS_STATUS status;

	lock_port(a);
	status = pmb_port_set_filter(a->port, a->packet_filter, (const UCHAR(*)[6])a->multicast,
				     a->multicast_count);
	unlock_port(a);
	return status;
}

static NDIS_STATUS set_packet_filter(struct adapter *a, PNDIS_OID_REQUEST r)
{
	const ULONG known = SUPPORTED_FILTERS | NDIS_PACKET_TYPE_ALL_LOCAL;
	ULONG filter = 0, before = a->packet_filter;
	NDIS_STATUS status = read_ulong(r, &filter);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	if (filter & ~known)
		return NDIS_STATUS_NOT_SUPPORTED;
	a->packet_filter = filter;
	status = apply_filter(a);
	if (status != NDIS_STATUS_SUCCESS)
		a->packet_filter = before;
	return status;
}

/* Frames come whole and in one piece as far as the lookahead goes, whatever is asked for
 * (page oid-gen-current-lookahead). */
static NDIS_STATUS set_lookahead(struct adapter *a, PNDIS_OID_REQUEST r)
{
	ULONG lookahead = 0;
	NDIS_STATUS status = read_ulong(r, &lookahead);

	if (status == NDIS_STATUS_SUCCESS && lookahead > a->info->lookahead)
		status = NDIS_STATUS_INVALID_DATA;
	return status;
}

static NDIS_STATUS set_multicast(struct adapter *a, PNDIS_OID_REQUEST r)
{
	ULONG length;
	const UCHAR *buffer = oid_set_buffer(r, &length);

	if (length % 6 != 0)
		return oid_set_too_short(r, length - length % 6 + 6);
	if (length > sizeof(a->multicast))
		return NDIS_STATUS_MULTICAST_FULL;
	for (ULONG i = 0; i < length; i += 6)
		if (!(buffer[i] & 1))
			return NDIS_STATUS_MULTICAST_FULL; /* page oid-802-3-multicast-list */
	a->multicast_count = length / 6;
	if (length != 0)
		NdisMoveMemory(a->multicast, buffer, length);
	return apply_filter(a);
}

/* Who says that moderation is not supported takes no setting of it (page
 * oid-gen-interrupt-moderation). */
static NDIS_STATUS set_moderation(struct adapter *a, PNDIS_OID_REQUEST r)
{
	NDIS_INTERRUPT_MODERATION_PARAMETERS p;
	NDIS_STATUS status = oid_read_structure(r, &p, NDIS_OBJECT_TYPE_DEFAULT, sizeof(p));

	UNREFERENCED_PARAMETER(a);
	return status == NDIS_STATUS_SUCCESS ? NDIS_STATUS_INVALID_DATA : status;
}

/* -------------------------------------------------------------------- table */

static const struct oid {
	NDIS_OID oid;
	oid_handler *query;            /* NULL: NDIS answers, or it is not for queries */
	oid_handler *set;
	ULONG for_what;                /* OID_FOR_*, of an adapter that has it */
} oids[] = {
	{ OID_GEN_CURRENT_LOOKAHEAD, NULL, set_lookahead, 0 },
	{ OID_GEN_CURRENT_PACKET_FILTER, NULL, set_packet_filter, 0 },
	{ OID_GEN_HARDWARE_STATUS, query_hardware_status, NULL, 0 },
	{ OID_GEN_INTERRUPT_MODERATION, query_moderation, set_moderation, 0 },
	{ OID_GEN_LINK_PARAMETERS, NULL, link_set, 0 },
	{ OID_GEN_MAXIMUM_TOTAL_SIZE, query_frame, NULL, 0 },
	{ OID_GEN_RCV_OK, statistics_received, NULL, 0 },
	{ OID_GEN_RECEIVE_BLOCK_SIZE, query_frame, NULL, 0 },
	{ OID_GEN_RECEIVE_BUFFER_SPACE, query_receive_space, NULL, 0 },
	{ OID_GEN_STATISTICS, statistics_query, NULL, 0 },
	{ OID_GEN_TRANSMIT_BLOCK_SIZE, query_frame, NULL, 0 },
	{ OID_GEN_TRANSMIT_BUFFER_SPACE, query_transmit_space, NULL, 0 },
	{ OID_GEN_VENDOR_DESCRIPTION, query_vendor_description, NULL, 0 },
	{ OID_GEN_VENDOR_DRIVER_VERSION, query_driver_version, NULL, 0 },
	{ OID_GEN_VENDOR_ID, query_vendor_id, NULL, 0 },
	{ OID_GEN_XMIT_OK, statistics_sent, NULL, 0 },
	{ OID_802_3_MULTICAST_LIST, NULL, set_multicast, 0 },
	{ OID_GEN_RECEIVE_SCALE_PARAMETERS, NULL, rss_set, OID_FOR_RSS },
	{ OID_GEN_RECEIVE_HASH, NULL, hash_set, OID_FOR_RSS },
	{ OID_OFFLOAD_ENCAPSULATION, NULL, offload_set_encapsulation, OID_FOR_OFFLOADS },
	{ OID_TCP_OFFLOAD_PARAMETERS, NULL, offload_set_parameters, OID_FOR_OFFLOADS },
};

/* Those that NDIS answers from the general attributes: an adapter has them all the same. */
static const NDIS_OID of_attributes[] = {
	OID_802_3_CURRENT_ADDRESS,
	OID_802_3_MAXIMUM_LIST_SIZE,
	OID_802_3_PERMANENT_ADDRESS,
};

#define N_OIDS (sizeof(oids) / sizeof(oids[0]))
#define N_OF_ATTRIBUTES (sizeof(of_attributes) / sizeof(of_attributes[0]))

_Static_assert(N_OIDS + N_OF_ATTRIBUTES + 3 <= SUPPORTED_OIDS, "there is room in a list");

static BOOLEAN is_offered(const struct adapter *a, const struct oid *oid)
{
	return (oid->for_what & ~a->oids_for) == 0;
}

ULONG oid_list(const struct adapter *a, NDIS_OID list[SUPPORTED_OIDS])
{
	ULONG n = 0;

	for (ULONG i = 0; i < N_OIDS; i++)
		if (is_offered(a, &oids[i]))
			list[n++] = oids[i].oid;
	for (ULONG i = 0; i < N_OF_ATTRIBUTES; i++)
		list[n++] = of_attributes[i];
	if (a->oids_for & OID_FOR_RSS)
		list[n++] = OID_GEN_RECEIVE_SCALE_CAPABILITIES;
	if (a->oids_for & OID_FOR_OFFLOADS) {
		list[n++] = OID_TCP_OFFLOAD_CURRENT_CONFIG;
		list[n++] = OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES;
	}
	return n * (ULONG)sizeof(list[0]);
}

static const struct oid *find(const struct adapter *a, NDIS_OID oid)
{
	for (ULONG i = 0; i < N_OIDS; i++)
		if (oids[i].oid == oid)
			return is_offered(a, &oids[i]) ? &oids[i] : NULL;
	return NULL;
}

static NDIS_STATUS set(struct adapter *a, const struct oid *oid, PNDIS_OID_REQUEST r)
{
	NDIS_STATUS status;

	if (oid->set == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	r->DATA.SET_INFORMATION.BytesRead = 0;
	r->DATA.SET_INFORMATION.BytesNeeded = 0;
	status = oid->set(a, r);
	if (status == NDIS_STATUS_SUCCESS)
		r->DATA.SET_INFORMATION.BytesRead = r->DATA.SET_INFORMATION.InformationBufferLength;
	return status;
}

NDIS_STATUS MPOidRequest(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST OidRequest)
{
	struct adapter *a = MiniportAdapterContext;
	const struct oid *oid = find(a, OidRequest->DATA.QUERY_INFORMATION.Oid);

	if (ReadNoFence(&a->gone)) /* MP-OID-11 */
		return NDIS_STATUS_NOT_ACCEPTED;
	if (oid == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	switch (OidRequest->RequestType) {
	case NdisRequestQueryInformation:
	case NdisRequestQueryStatistics:
		return oid->query != NULL ? oid->query(a, OidRequest) : NDIS_STATUS_NOT_SUPPORTED;
	case NdisRequestSetInformation:
		return set(a, oid, OidRequest);
	default:
		return NDIS_STATUS_NOT_SUPPORTED;
	}
}

/* Every request has ended when this could be called. */
VOID MPCancelOidRequest(NDIS_HANDLE MiniportAdapterContext, PVOID RequestId)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(RequestId);
}
