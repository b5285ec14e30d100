/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statistics OIDs of one number, which no NDIS 6 miniport is asked: NDIS asks it for
 * OID_GEN_STATISTICS and answers from that (page oid-gen-xmit-discards and its like). OID
 * thread of the adapter.
 */
#include <string.h>

#include "oid.h"

#define MEMBER(of, flag) offsetof(NDIS_STATISTICS_INFO, of), NDIS_STATISTICS_FLAGS_VALID_##flag

static const struct number {
	NDIS_OID oid;
	size_t member;
	ULONG flag;
} numbers[] = {
	{ OID_GEN_XMIT_ERROR, MEMBER(ifOutErrors, XMIT_ERROR) },
	{ OID_GEN_RCV_ERROR, MEMBER(ifInErrors, RCV_ERROR) },
	{ OID_GEN_XMIT_DISCARDS, MEMBER(ifOutDiscards, XMIT_DISCARDS) },
	{ OID_GEN_RCV_DISCARDS, MEMBER(ifInDiscards, RCV_DISCARDS) },
	{ OID_GEN_BYTES_XMIT, MEMBER(ifHCOutOctets, BYTES_XMIT) },
	{ OID_GEN_BYTES_RCV, MEMBER(ifHCInOctets, BYTES_RCV) },
	{ OID_GEN_DIRECTED_BYTES_XMIT, MEMBER(ifHCOutUcastOctets, DIRECTED_BYTES_XMIT) },
	{ OID_GEN_DIRECTED_FRAMES_XMIT, MEMBER(ifHCOutUcastPkts, DIRECTED_FRAMES_XMIT) },
	{ OID_GEN_MULTICAST_BYTES_XMIT, MEMBER(ifHCOutMulticastOctets, MULTICAST_BYTES_XMIT) },
	{ OID_GEN_MULTICAST_FRAMES_XMIT, MEMBER(ifHCOutMulticastPkts, MULTICAST_FRAMES_XMIT) },
	{ OID_GEN_BROADCAST_BYTES_XMIT, MEMBER(ifHCOutBroadcastOctets, BROADCAST_BYTES_XMIT) },
	{ OID_GEN_BROADCAST_FRAMES_XMIT, MEMBER(ifHCOutBroadcastPkts, BROADCAST_FRAMES_XMIT) },
	{ OID_GEN_DIRECTED_BYTES_RCV, MEMBER(ifHCInUcastOctets, DIRECTED_BYTES_RCV) },
	{ OID_GEN_DIRECTED_FRAMES_RCV, MEMBER(ifHCInUcastPkts, DIRECTED_FRAMES_RCV) },
	{ OID_GEN_MULTICAST_BYTES_RCV, MEMBER(ifHCInMulticastOctets, MULTICAST_BYTES_RCV) },
	{ OID_GEN_MULTICAST_FRAMES_RCV, MEMBER(ifHCInMulticastPkts, MULTICAST_FRAMES_RCV) },
	{ OID_GEN_BROADCAST_BYTES_RCV, MEMBER(ifHCInBroadcastOctets, BROADCAST_BYTES_RCV) },
	{ OID_GEN_BROADCAST_FRAMES_RCV, MEMBER(ifHCInBroadcastPkts, BROADCAST_FRAMES_RCV) },
};

static NDIS_STATUS ask(struct nrt_adapter *a, NDIS_STATISTICS_INFO *info)
{
	NDIS_OID_REQUEST r = {
		.Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
			    NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
		.RequestType = NdisRequestQueryStatistics,
		.DATA.QUERY_INFORMATION = { .Oid = OID_GEN_STATISTICS,
					    .InformationBuffer = info,
					    .InformationBufferLength = sizeof(*info) },
	};
	NDIS_STATUS status = nrt_oid_down(a, &r);

	if (status == NDIS_STATUS_SUCCESS &&
	    r.DATA.QUERY_INFORMATION.BytesWritten < NDIS_SIZEOF_STATISTICS_INFO_REVISION_1)
		status = NDIS_STATUS_NOT_SUPPORTED;
	return status;
}

/* 32 or 64 bits, as there is room (page oid-gen-xmit-ok and its like). */
static NDIS_STATUS answer_count(NDIS_OID_REQUEST *r, ULONG64 count)
{
	ULONG room = r->DATA.QUERY_INFORMATION.InformationBufferLength;
	ULONG length = room >= sizeof(count) ? sizeof(count) : sizeof(ULONG);

	r->DATA.QUERY_INFORMATION.BytesNeeded = length;
	r->DATA.QUERY_INFORMATION.BytesWritten = 0;
	if (room < length)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	memcpy(r->DATA.QUERY_INFORMATION.InformationBuffer, &count, length); /* little endian */
	r->DATA.QUERY_INFORMATION.BytesWritten = length;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS answer_number(struct nrt_adapter *a, const struct number *n, NDIS_OID_REQUEST *r)
{
	NDIS_STATISTICS_INFO info = { .SupportedStatistics = 0 };
	NDIS_STATUS status = ask(a, &info);
	ULONG64 count;

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	if (!(info.SupportedStatistics & n->flag))
		return NDIS_STATUS_NOT_SUPPORTED;
	memcpy(&count, (const char *)&info + n->member, sizeof(count));
	return answer_count(r, count);
}

NDIS_STATUS nrt_oid_query_number(struct nrt_adapter *a, NDIS_OID_REQUEST *r)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].oid == r->DATA.QUERY_INFORMATION.Oid)
			return answer_number(a, &numbers[i], r);
	return NDIS_STATUS_NOT_RECOGNIZED;
}
