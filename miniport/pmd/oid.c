/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID requests: what NDIS does not answer itself. PASSIVE_LEVEL, one at a time;
 * all end at once, so none is ever pending.
 */
#include "adapter.h"

const NDIS_OID supported_oids[] = {
	OID_GEN_CURRENT_PACKET_FILTER,
	OID_GEN_CURRENT_LOOKAHEAD,
	OID_GEN_HARDWARE_STATUS,
	OID_GEN_INTERRUPT_MODERATION,
	OID_GEN_LINK_PARAMETERS,
	OID_GEN_MAXIMUM_TOTAL_SIZE,
	OID_GEN_RCV_OK,
	OID_GEN_RECEIVE_BLOCK_SIZE,
	OID_GEN_RECEIVE_BUFFER_SPACE,
	OID_GEN_STATISTICS,
	OID_GEN_TRANSMIT_BLOCK_SIZE,
	OID_GEN_TRANSMIT_BUFFER_SPACE,
	OID_GEN_VENDOR_DESCRIPTION,
	OID_GEN_VENDOR_DRIVER_VERSION,
	OID_GEN_VENDOR_ID,
	OID_GEN_XMIT_OK,
	OID_802_3_CURRENT_ADDRESS,
	OID_802_3_MAXIMUM_LIST_SIZE,
	OID_802_3_MULTICAST_LIST,
	OID_802_3_PERMANENT_ADDRESS,
	OID_GEN_RECEIVE_SCALE_CAPABILITIES,
	OID_GEN_RECEIVE_SCALE_PARAMETERS,
};
const ULONG supported_oids_size = sizeof(supported_oids);
const ULONG supported_oids_size_plain = sizeof(supported_oids) - 2 * sizeof(supported_oids[0]);

static NDIS_STATUS answer(PNDIS_OID_REQUEST r, const void *value, ULONG length)
{
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength < length) {
		r->DATA.QUERY_INFORMATION.BytesWritten = 0;
		r->DATA.QUERY_INFORMATION.BytesNeeded = length;
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	}
	NdisMoveMemory(r->DATA.QUERY_INFORMATION.InformationBuffer, value, length);
	r->DATA.QUERY_INFORMATION.BytesWritten = length;
	r->DATA.QUERY_INFORMATION.BytesNeeded = length;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS answer_ulong(PNDIS_OID_REQUEST r, ULONG value)
{
	return answer(r, &value, sizeof(value));
}

static NDIS_STATUS query_statistics(struct adapter *a, PNDIS_OID_REQUEST r)
{
	struct pmb_port_stats s;
	NDIS_STATISTICS_INFO info = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_STATISTICS_INFO_REVISION_1,
			    NDIS_SIZEOF_STATISTICS_INFO_REVISION_1 },
		.SupportedStatistics = NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV |
				       NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_RCV |
				       NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT |
				       NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_XMIT |
				       NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS |
				       NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR |
				       NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR,
	};

	pmb_port_stats(a->port, &s);
	info.ifHCInUcastPkts = s.rx_frames;
	info.ifHCInUcastOctets = s.rx_bytes;
	info.ifHCInOctets = s.rx_bytes;
	info.ifInDiscards = s.rx_missed + s.rx_no_buffer;
	info.ifInErrors = s.rx_errors;
	info.ifHCOutUcastPkts = s.tx_frames;
	info.ifHCOutUcastOctets = s.tx_bytes;
	info.ifHCOutOctets = s.tx_bytes;
	info.ifOutErrors = s.tx_errors;
	return answer(r, &info, sizeof(info));
}

/* These two are 32 or 64 bits, as the caller's buffer has room. */
static NDIS_STATUS answer_count(PNDIS_OID_REQUEST r, ULONG64 count)
{
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(count))
		return answer(r, &count, sizeof(count));
	return answer_ulong(r, (ULONG)count);
}

static NDIS_STATUS query(struct adapter *a, PNDIS_OID_REQUEST r)
{
	static const char description[] = "Pollport miniport over a DPDK poll mode driver";
	struct pmb_port_stats s;

	switch (r->DATA.QUERY_INFORMATION.Oid) {
	case OID_GEN_HARDWARE_STATUS:
		return answer_ulong(r, NdisHardwareStatusReady);
	case OID_GEN_STATISTICS:
		return query_statistics(a, r);
	case OID_GEN_RCV_OK:
	case OID_GEN_XMIT_OK:
		pmb_port_stats(a->port, &s);
		return answer_count(r, r->DATA.QUERY_INFORMATION.Oid == OID_GEN_RCV_OK ?
					       s.rx_frames :
					       s.tx_frames);
	case OID_GEN_RECEIVE_BLOCK_SIZE:
	case OID_GEN_TRANSMIT_BLOCK_SIZE:
		return answer_ulong(r, a->info->mtu + 14);
	case OID_GEN_RECEIVE_BUFFER_SPACE:
	case OID_GEN_TRANSMIT_BUFFER_SPACE:
		return answer_ulong(r, (a->info->mtu + 14) * 1024);
	case OID_GEN_VENDOR_ID:
		return answer_ulong(r, 0xFFFFFF); /* no IEEE-registered vendor */
	case OID_GEN_VENDOR_DESCRIPTION:
		return answer(r, description, sizeof(description));
	case OID_GEN_VENDOR_DRIVER_VERSION:
		return answer_ulong(r, 0x00010000);
	default:
		return NDIS_STATUS_NOT_SUPPORTED;
	}
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

static NDIS_STATUS set_packet_filter(struct adapter *a, const void *buffer, ULONG length)
{
	const ULONG known = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
			    NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
			    NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_LOCAL;
	ULONG filter;

	if (length != sizeof(filter))
		return NDIS_STATUS_INVALID_LENGTH;
	NdisMoveMemory(&filter, buffer, sizeof(filter)); /* may be misaligned (MP-OID-06) */
	if (filter & ~known)
		return NDIS_STATUS_NOT_SUPPORTED;
	a->packet_filter = filter;
	return apply_filter(a);
}

static NDIS_STATUS set_multicast(struct adapter *a, const void *buffer, ULONG length)
{
	if (length % 6 != 0)
		return NDIS_STATUS_INVALID_LENGTH;
	if (length > sizeof(a->multicast))
		return NDIS_STATUS_MULTICAST_FULL;
	a->multicast_count = length / 6;
	if (length != 0)
		NdisMoveMemory(a->multicast, buffer, length);
	return apply_filter(a);
}

static NDIS_STATUS set(struct adapter *a, PNDIS_OID_REQUEST r)
{
	const void *buffer = r->DATA.SET_INFORMATION.InformationBuffer;
	ULONG length = r->DATA.SET_INFORMATION.InformationBufferLength;
	NDIS_STATUS status;

	switch (r->DATA.SET_INFORMATION.Oid) {
	case OID_GEN_CURRENT_PACKET_FILTER:
		status = set_packet_filter(a, buffer, length);
		break;
	case OID_802_3_MULTICAST_LIST:
		status = set_multicast(a, buffer, length);
		break;
	case OID_GEN_RECEIVE_SCALE_PARAMETERS:
		status = rss_set(a, buffer, length, &r->DATA.SET_INFORMATION.BytesNeeded);
		break;
	default:
		return NDIS_STATUS_NOT_SUPPORTED;
	}
	if (status == NDIS_STATUS_SUCCESS)
		r->DATA.SET_INFORMATION.BytesRead = length;
	return status;
}

NDIS_STATUS MPOidRequest(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST OidRequest)
{
	switch (OidRequest->RequestType) {
	case NdisRequestQueryInformation:
	case NdisRequestQueryStatistics:
		return query(MiniportAdapterContext, OidRequest);
	case NdisRequestSetInformation:
		return set(MiniportAdapterContext, OidRequest);
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
