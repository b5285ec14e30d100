/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID_GEN_STATISTICS and the two counts that it does not have, from the port's counters.
 * OID requests, PASSIVE_LEVEL [page oid-gen-statistics].
 *
 * No PMD counts the bytes of multicast and broadcast frames, some tell no kinds of frames
 * apart or count no bytes at all; nobody looks into each frame for that. What is not known
 * has no flag: its frames and bytes are in the directed members, so that the sums are right.
 */
#include "adapter.h"

#define ALWAYS                                                                         \
	(NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS | NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR | \
	 NDIS_STATISTICS_FLAGS_VALID_XMIT_DISCARDS | NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR)

#define BYTES \
	(NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV | NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT)

#define KINDS                                                                          \
	(NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV |                             \
	 NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_RCV |                            \
	 NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_RCV |                            \
	 NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT |                            \
	 NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_XMIT |                           \
	 NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_XMIT)

/* The flags of the general attributes say the same in other bits. */
ULONG statistics_supported(const struct adapter *a)
{
	struct pmb_port_stats s;
	ULONG flags = NDIS_STATISTICS_XMIT_OK_SUPPORTED | NDIS_STATISTICS_RCV_OK_SUPPORTED |
		      NDIS_STATISTICS_XMIT_ERROR_SUPPORTED | NDIS_STATISTICS_RCV_ERROR_SUPPORTED |
		      NDIS_STATISTICS_XMIT_DISCARDS_SUPPORTED |
		      NDIS_STATISTICS_RCV_DISCARDS_SUPPORTED |
		      NDIS_STATISTICS_GEN_STATISTICS_SUPPORTED;

	pmb_port_stats(a->port, &s);
	if (s.bytes)
		flags |= NDIS_STATISTICS_BYTES_RCV_SUPPORTED | NDIS_STATISTICS_BYTES_XMIT_SUPPORTED;
	if (s.kinds)
		flags |= NDIS_STATISTICS_DIRECTED_FRAMES_RCV_SUPPORTED |
			 NDIS_STATISTICS_MULTICAST_FRAMES_RCV_SUPPORTED |
			 NDIS_STATISTICS_BROADCAST_FRAMES_RCV_SUPPORTED |
			 NDIS_STATISTICS_DIRECTED_FRAMES_XMIT_SUPPORTED |
			 NDIS_STATISTICS_MULTICAST_FRAMES_XMIT_SUPPORTED |
			 NDIS_STATISTICS_BROADCAST_FRAMES_XMIT_SUPPORTED;
	return flags;
}

/* What is left of @all; the counters are not read in one moment. */
static ULONG64 directed(ULONG64 all, ULONG64 multicast, ULONG64 broadcast)
{
	return all > multicast + broadcast ? all - multicast - broadcast : 0;
}

NDIS_STATUS statistics_query(struct adapter *a, PNDIS_OID_REQUEST r)
{
	struct pmb_port_stats s;
	NDIS_STATISTICS_INFO info = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_STATISTICS_INFO_REVISION_1,
			    NDIS_SIZEOF_STATISTICS_INFO_REVISION_1 },
	};

	pmb_port_stats(a->port, &s);
	info.SupportedStatistics = ALWAYS | (s.bytes ? BYTES : 0) | (s.kinds ? KINDS : 0);
	info.ifHCInUcastPkts = directed(s.rx_frames, s.rx_multicast, s.rx_broadcast);
	info.ifHCInMulticastPkts = s.rx_multicast;
	info.ifHCInBroadcastPkts = s.rx_broadcast;
	info.ifHCInUcastOctets = info.ifHCInOctets = s.rx_bytes;
	info.ifInDiscards = s.rx_missed + s.rx_no_buffer;
	info.ifInErrors = s.rx_errors;
	info.ifHCOutUcastPkts = directed(s.tx_frames, s.tx_multicast, s.tx_broadcast);
	info.ifHCOutMulticastPkts = s.tx_multicast;
	info.ifHCOutBroadcastPkts = s.tx_broadcast;
	info.ifHCOutUcastOctets = info.ifHCOutOctets = s.tx_bytes;
	info.ifOutErrors = s.tx_errors;
	info.ifOutDiscards = s.tx_discarded;
	return oid_answer(r, &info, sizeof(info));
}

/* These two are 32 or 64 bits, as the caller's buffer has room. */
static NDIS_STATUS answer_count(PNDIS_OID_REQUEST r, ULONG64 count)
{
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(count))
		return oid_answer(r, &count, sizeof(count));
	return oid_answer_ulong(r, (ULONG)count);
}

NDIS_STATUS statistics_received(struct adapter *a, PNDIS_OID_REQUEST r)
{
	struct pmb_port_stats s;

	pmb_port_stats(a->port, &s);
	return answer_count(r, s.rx_frames);
}

NDIS_STATUS statistics_sent(struct adapter *a, PNDIS_OID_REQUEST r)
{
	struct pmb_port_stats s;

	pmb_port_stats(a->port, &s);
	return answer_count(r, s.tx_frames);
}
