/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/wakeup.h: wake-up patterns, low power protocol offloads and the reason
 * of a wake-up, NDIS 6.20 and later (OID_PM_*, NDIS_STATUS_PM_*). Part of
 * ntddndis.h; control path only.
 */
#ifndef NRT_DDK_NDIS_WAKEUP_H
#define NRT_DDK_NDIS_WAKEUP_H

#include <ndis/power.h>

#define NDIS_PM_WOL_PRIORITY_LOWEST 0xFFFFFFFF
#define NDIS_PM_WOL_PRIORITY_NORMAL 0x10000000
#define NDIS_PM_WOL_PRIORITY_HIGHEST 0x00000001
#define NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_LOWEST 0xFFFFFFFF
#define NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_NORMAL 0x10000000
#define NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_HIGHEST 0x00000001

#define NDIS_PM_MAX_PATTERN_ID 0x0000FFFF
#define NDIS_PM_PRIVATE_PATTERN_ID 0x00000001

#define EAPOL_REQUEST_ID_WOL_FLAG_MUST_ENCRYPT 0x00000001

typedef enum _NDIS_PM_WOL_PACKET {
	NdisPMWoLPacketUnspecified,
	NdisPMWoLPacketBitmapPattern,
	NdisPMWoLPacketMagicPacket,
	NdisPMWoLPacketIPv4TcpSyn,
	NdisPMWoLPacketIPv6TcpSyn,
	NdisPMWoLPacketEapolRequestIdMessage,
	NdisPMWoLPacketMaximum
} NDIS_PM_WOL_PACKET, *PNDIS_PM_WOL_PACKET;

typedef enum _NDIS_PM_PROTOCOL_OFFLOAD_TYPE {
	NdisPMProtocolOffloadIdUnspecified,
	NdisPMProtocolOffloadIdIPv4ARP,
	NdisPMProtocolOffloadIdIPv6NS,
	NdisPMProtocolOffload80211RSNRekey,
	NdisPMProtocolOffloadIdMaximum
} NDIS_PM_PROTOCOL_OFFLOAD_TYPE, *PNDIS_PM_PROTOCOL_OFFLOAD_TYPE;

typedef enum _NDIS_PM_WAKE_REASON_TYPE {
	NdisWakeReasonUnspecified = 0x0000,
	NdisWakeReasonPacket = 0x0001,
	NdisWakeReasonMediaDisconnect = 0x0002,
	NdisWakeReasonMediaConnect = 0x0003,
	NdisWakeReasonWlanNLODiscovery = 0x1000,
	NdisWakeReasonWlanAPAssociationLost = 0x1001,
	NdisWakeReasonWlanGTKHandshakeError = 0x1002,
	NdisWakeReasonWlan4WayHandshakeRequest = 0x1003,
	NdisWakeReasonWwanRegisterState = 0x2000,
	NdisWakeReasonWwanSMSReceive = 0x2001,
	NdisWakeReasonWwanUSSDReceive = 0x2002
} NDIS_PM_WAKE_REASON_TYPE, *PNDIS_PM_WAKE_REASON_TYPE;

/* Page ns-ntddndis-_ndis_pm_wol_pattern. */
typedef struct _NDIS_PM_WOL_PATTERN {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	ULONG Priority;
	NDIS_PM_WOL_PACKET WoLPacketType;
	NDIS_PM_COUNTED_STRING FriendlyName;
	ULONG PatternId;
	ULONG NextWoLPatternOffset;
	union _WOL_PATTERN {
		struct _IPV4_TCP_SYN_WOL_PACKET_PARAMETERS {
			ULONG Flags;
			UCHAR IPv4SourceAddress[4];
			UCHAR IPv4DestAddress[4];
			USHORT TCPSourcePortNumber;
			USHORT TCPDestPortNumber;
		} IPv4TcpSynParameters;
		struct _IPV6_TCP_SYN_WOL_PACKET_PARAMETERS {
			ULONG Flags;
			UCHAR IPv6SourceAddress[16];
			UCHAR IPv6DestAddress[16];
			USHORT TCPSourcePortNumber;
			USHORT TCPDestPortNumber;
		} IPv6TcpSynParameters;
		struct _EAPOL_REQUEST_ID_MESSAGE_WOL_PACKET_PARAMETERS {
			ULONG Flags;
		} EapolRequestIdMessageParameters;
		struct _WOL_BITMAP_PATTERN {
			ULONG Flags;
			ULONG MaskOffset;
			ULONG MaskSize;
			ULONG PatternOffset;
			ULONG PatternSize;
		} WoLBitMapPattern;
	} WoLPattern;
} NDIS_PM_WOL_PATTERN, *PNDIS_PM_WOL_PATTERN;

#define NDIS_PM_WOL_PATTERN_REVISION_1 1
#define NDIS_PM_WOL_PATTERN_REVISION_2 2
#define NDIS_SIZEOF_NDIS_PM_WOL_PATTERN_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_PM_WOL_PATTERN, WoLPattern)
#define NDIS_SIZEOF_NDIS_PM_WOL_PATTERN_REVISION_2 \
	NRT_SIZEOF_THROUGH(NDIS_PM_WOL_PATTERN, WoLPattern)

/* Page ns-ntddndis-_ndis_pm_protocol_offload. */
typedef struct _NDIS_PM_PROTOCOL_OFFLOAD {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	ULONG Priority;
	NDIS_PM_PROTOCOL_OFFLOAD_TYPE ProtocolOffloadType;
	NDIS_PM_COUNTED_STRING FriendlyName;
	ULONG ProtocolOffloadId;
	ULONG NextProtocolOffloadOffset;
	union _PROTOCOL_OFFLOAD_PARAMETERS {
		struct _IPV4_ARP_PARAMETERS {
			ULONG Flags;
			UCHAR RemoteIPv4Address[4];
			UCHAR HostIPv4Address[4];
			UCHAR MacAddress[6];
		} IPv4ARPParameters;
		struct _IPV6_NS_PARAMETERS {
			ULONG Flags;
			UCHAR RemoteIPv6Address[16];
			UCHAR SolicitedNodeIPv6Address[16];
			UCHAR MacAddress[6];
			UCHAR TargetIPv6Addresses[2][16];
		} IPv6NSParameters;
		struct _DOT11_RSN_REKEY_PARAMETERS {
			ULONG Flags;
			UCHAR KCK[16];
			UCHAR KEK[16];
			ULONGLONG KeyReplayCounter;
		} Dot11RSNRekeyParameters;
	} ProtocolOffloadParameters;
} NDIS_PM_PROTOCOL_OFFLOAD, *PNDIS_PM_PROTOCOL_OFFLOAD;

#define NDIS_PM_PROTOCOL_OFFLOAD_REVISION_1 1
#define NDIS_SIZEOF_NDIS_PM_PROTOCOL_OFFLOAD_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_PM_PROTOCOL_OFFLOAD, ProtocolOffloadParameters)

/* Page ns-ntddndis-_ndis_pm_wake_reason: NDIS_STATUS_PM_WAKE_REASON; 6.30. */
typedef struct _NDIS_PM_WAKE_REASON {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_PM_WAKE_REASON_TYPE WakeReason;
	ULONG InfoBufferOffset;
	ULONG InfoBufferSize;
} NDIS_PM_WAKE_REASON, *PNDIS_PM_WAKE_REASON;

#define NDIS_PM_WAKE_REASON_REVISION_1 1
#define NDIS_SIZEOF_PM_WAKE_REASON_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_PM_WAKE_REASON, InfoBufferSize)

/* Page ns-ntddndis-_ndis_pm_wake_packet; 6.30. */
typedef struct _NDIS_PM_WAKE_PACKET {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	ULONG PatternId;
	NDIS_PM_COUNTED_STRING PatternFriendlyName;
	ULONG OriginalPacketSize;
	ULONG SavedPacketSize;
	ULONG SavedPacketOffset;
} NDIS_PM_WAKE_PACKET, *PNDIS_PM_WAKE_PACKET;

#define NDIS_PM_WAKE_PACKET_REVISION_1 1
#define NDIS_SIZEOF_PM_WAKE_PACKET_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_PM_WAKE_PACKET, SavedPacketOffset)

#endif
