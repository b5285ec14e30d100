/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksum offload data of a NET_BUFFER_LIST, slot TcpIpChecksumNetBufferListInfo
 * [nblchecksum/ns-nblchecksum-ndis_tcp_ip_checksum_net_buffer_list_info]. The
 * slot holds the Value, and means one thing on send (what the NIC is to compute)
 * and another on receive (what it found): it is never carried from a received
 * NET_BUFFER_LIST to one that is sent. Included by <ndis.h>.
 */
#ifndef NDIS_NBLCHECKSUM_H
#define NDIS_NBLCHECKSUM_H

#include <wdm.h>

typedef struct _NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO {
	union {
		struct {
			ULONG IsIPv4 : 1;
			ULONG IsIPv6 : 1;
			ULONG TcpChecksum : 1;
			ULONG UdpChecksum : 1;
			ULONG IpHeaderChecksum : 1;
			ULONG Reserved : 11;
			ULONG TcpHeaderOffset : 10;
		} Transmit;
		struct {
			ULONG TcpChecksumFailed : 1;
			ULONG UdpChecksumFailed : 1;
			ULONG IpChecksumFailed : 1;
			ULONG TcpChecksumSucceeded : 1;
			ULONG UdpChecksumSucceeded : 1;
			ULONG IpChecksumSucceeded : 1;
			ULONG Loopback : 1;
			ULONG TcpChecksumValueInvalid : 1;
			ULONG IpChecksumValueInvalid : 1;
		} Receive;
		PVOID Value;
	};
} NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO, *PNDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO;

C_ASSERT(sizeof(NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO) == sizeof(PVOID));

#endif
