/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/offload.h: task offload capabilities and settings: checksums, large
 * send, IPsec, receive and UDP segment coalescing, encapsulated packets. Part
 * of ntddndis.h; control path only (what is asked of one packet is in the
 * NetBufferListInfo slots, ndis/nblchecksum.h, nbllso.h and others).
 */
#ifndef NRT_DDK_NDIS_OFFLOAD_H
#define NRT_DDK_NDIS_OFFLOAD_H

#include <ndis/objectheader.h>

/* Encapsulation, bits. */
#define NDIS_ENCAPSULATION_NOT_SUPPORTED 0x00000000
#define NDIS_ENCAPSULATION_NULL 0x00000001
#define NDIS_ENCAPSULATION_IEEE_802_3 0x00000002
#define NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q 0x00000004
#define NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB 0x00000008
#define NDIS_ENCAPSULATION_IEEE_LLC_SNAP_ROUTED 0x00000010

/* Two-bit capability members. */
#define NDIS_OFFLOAD_NOT_SUPPORTED 0
#define NDIS_OFFLOAD_SUPPORTED 1

/* Values to set (OID_TCP_OFFLOAD_PARAMETERS, OID_OFFLOAD_ENCAPSULATION). */
#define NDIS_OFFLOAD_SET_NO_CHANGE 0
#define NDIS_OFFLOAD_SET_ON 1
#define NDIS_OFFLOAD_SET_OFF 2

/* Page ns-ntddndis-_ndis_tcp_ip_checksum_offload. */
typedef struct _NDIS_TCP_IP_CHECKSUM_OFFLOAD {
	struct {
		ULONG Encapsulation;
		ULONG IpOptionsSupported : 2;
		ULONG TcpOptionsSupported : 2;
		ULONG TcpChecksum : 2;
		ULONG UdpChecksum : 2;
		ULONG IpChecksum : 2;
	} IPv4Transmit;
	struct {
		ULONG Encapsulation;
		ULONG IpOptionsSupported : 2;
		ULONG TcpOptionsSupported : 2;
		ULONG TcpChecksum : 2;
		ULONG UdpChecksum : 2;
		ULONG IpChecksum : 2;
	} IPv4Receive;
	struct {
		ULONG Encapsulation;
		ULONG IpExtensionHeadersSupported : 2;
		ULONG TcpOptionsSupported : 2;
		ULONG TcpChecksum : 2;
		ULONG UdpChecksum : 2;
	} IPv6Transmit;
	struct {
		ULONG Encapsulation;
		ULONG IpExtensionHeadersSupported : 2;
		ULONG TcpOptionsSupported : 2;
		ULONG TcpChecksum : 2;
		ULONG UdpChecksum : 2;
	} IPv6Receive;
} NDIS_TCP_IP_CHECKSUM_OFFLOAD, *PNDIS_TCP_IP_CHECKSUM_OFFLOAD;

/* Page ns-ntddndis-_ndis_tcp_large_send_offload_v1. */
typedef struct _NDIS_TCP_LARGE_SEND_OFFLOAD_V1 {
	struct {
		ULONG Encapsulation;
		ULONG MaxOffLoadSize;
		ULONG MinSegmentCount;
		ULONG TcpOptions : 2;
		ULONG IpOptions : 2;
	} IPv4;
} NDIS_TCP_LARGE_SEND_OFFLOAD_V1, *PNDIS_TCP_LARGE_SEND_OFFLOAD_V1;

/* Page ns-ntddndis-_ndis_ipsec_offload_v1. */
typedef struct _NDIS_IPSEC_OFFLOAD_V1 {
	struct {
		ULONG Encapsulation;
		ULONG AhEspCombined;
		ULONG TransportTunnelCombined;
		ULONG IPv4Options;
		ULONG Flags;
	} Supported;
	struct {
		ULONG Md5 : 2;
		ULONG Sha_1 : 2;
		ULONG Transport : 2;
		ULONG Tunnel : 2;
		ULONG Send : 2;
		ULONG Receive : 2;
	} IPv4AH;
	struct {
		ULONG Des : 2;
		ULONG Reserved : 2;
		ULONG TripleDes : 2;
		ULONG NullEsp : 2;
		ULONG Transport : 2;
		ULONG Tunnel : 2;
		ULONG Send : 2;
		ULONG Receive : 2;
	} IPv4ESP;
} NDIS_IPSEC_OFFLOAD_V1, *PNDIS_IPSEC_OFFLOAD_V1;

/* Page ns-ntddndis-_ndis_tcp_large_send_offload_v2. */
typedef struct _NDIS_TCP_LARGE_SEND_OFFLOAD_V2 {
	struct {
		ULONG Encapsulation;
		ULONG MaxOffLoadSize;
		ULONG MinSegmentCount;
	} IPv4;
	struct {
		ULONG Encapsulation;
		ULONG MaxOffLoadSize;
		ULONG MinSegmentCount;
		ULONG IpExtensionHeadersSupported : 2;
		ULONG TcpOptionsSupported : 2;
	} IPv6;
} NDIS_TCP_LARGE_SEND_OFFLOAD_V2, *PNDIS_TCP_LARGE_SEND_OFFLOAD_V2;

/* Page ns-ntddndis-_ndis_ipsec_offload_v2; 6.1. */
typedef struct _NDIS_IPSEC_OFFLOAD_V2 {
	ULONG Encapsulation;
	BOOLEAN IPv6Supported;
	BOOLEAN IPv4Options;
	BOOLEAN IPv6NonIPsecExtensionHeaders;
	BOOLEAN Ah;
	BOOLEAN Esp;
	BOOLEAN AhEspCombined;
	BOOLEAN Transport;
	BOOLEAN Tunnel;
	BOOLEAN TransportTunnelCombined;
	BOOLEAN LsoSupported;
	BOOLEAN ExtendedSequenceNumbers;
	ULONG UdpEsp;
	ULONG AuthenticationAlgorithms;
	ULONG EncryptionAlgorithms;
	ULONG SaOffloadCapacity;
} NDIS_IPSEC_OFFLOAD_V2, *PNDIS_IPSEC_OFFLOAD_V2;

/* Page ns-ntddndis-_ndis_tcp_recv_seg_coalesce_offload; 6.30. */
typedef struct _NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD {
	struct {
		BOOLEAN Enabled;
	} IPv4;
	struct {
		BOOLEAN Enabled;
	} IPv6;
} NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD, *PNDIS_TCP_RECV_SEG_COALESCE_OFFLOAD;

/* Page ns-ntddndis-_ndis_encapsulated_packet_task_offload; 6.30. */
typedef struct _NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD {
	ULONG TransmitChecksumOffloadSupported : 4;
	ULONG ReceiveChecksumOffloadSupported : 4;
	ULONG LsoV2Supported : 4;
	ULONG RssSupported : 4;
	ULONG VmqSupported : 4;
	ULONG MaxHeaderSizeSupported;
} NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD, *PNDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD;

/* Page ns-ntddndis-_ndis_encapsulated_packet_task_offload_v2; 6.50. */
typedef struct _NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2 {
	ULONG TransmitChecksumOffloadSupported : 4;
	ULONG ReceiveChecksumOffloadSupported : 4;
	ULONG LsoV2Supported : 4;
	ULONG RssSupported : 4;
	ULONG VmqSupported : 4;
	ULONG UsoSupported : 4;
	ULONG Reserved : 8;
	ULONG MaxHeaderSizeSupported;
	union _ENCAPSULATION_PROTOCOL_INFO {
		struct _VXLAN_INFO {
			USHORT VxlanUDPPortNumber;
			USHORT VxlanUDPPortNumberConfigurable : 1;
		} VxlanInfo;
		ULONG Value;
	} EncapsulationProtocolInfo;
	ULONG Reserved1;
	ULONG Reserved2;
} NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2, *PNDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2;

/* Which part of a packet an encapsulated task offload covers, bits. */
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_NOT_SUPPORTED 0x00000000
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_INNER_IPV4 0x00000001
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_OUTER_IPV4 0x00000002
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_INNER_IPV6 0x00000004
#define NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_OUTER_IPV6 0x00000008

#define NDIS_ENCAPSULATION_TYPE_GRE_MAC 0x00000001
#define NDIS_ENCAPSULATION_TYPE_VXLAN 0x00000002

/* Page ne-ntddndis-_ndis_rfc6877_464xlat_offload_options; 6.70. */
typedef enum _NDIS_RFC6877_464XLAT_OFFLOAD_OPTIONS {
	NDIS_RFC6877_464XLAT_OFFLOAD_NOT_SUPPORTED,
	NDIS_RFC6877_464XLAT_OFFLOAD_DISABLED,
	NDIS_RFC6877_464XLAT_OFFLOAD_ENABLED,
	NDIS_RFC6877_464XLAT_OFFLOAD_ON_DEMAND
} NDIS_RFC6877_464XLAT_OFFLOAD_OPTIONS, *PNDIS_RFC6877_464XLAT_OFFLOAD_OPTIONS;

typedef struct _NDIS_RFC6877_464XLAT_OFFLOAD {
	NDIS_RFC6877_464XLAT_OFFLOAD_OPTIONS XlatOffload;
	ULONG Flags;
} NDIS_RFC6877_464XLAT_OFFLOAD, *PNDIS_RFC6877_464XLAT_OFFLOAD;

/* Page ns-ntddndis-_ndis_udp_segmentation_offload; 6.83. */
typedef struct _NDIS_UDP_SEGMENTATION_OFFLOAD {
	struct {
		ULONG Encapsulation;
		ULONG MaxOffLoadSize;
		ULONG MinSegmentCount : 6;
		ULONG SubMssFinalSegmentSupported : 1;
		ULONG Reserved : 25;
	} IPv4;
	struct {
		ULONG Encapsulation;
		ULONG MaxOffLoadSize;
		ULONG MinSegmentCount : 6;
		ULONG SubMssFinalSegmentSupported : 1;
		ULONG Reserved1 : 25;
		ULONG IpExtensionHeadersSupported : 2;
		ULONG Reserved2 : 30;
	} IPv6;
} NDIS_UDP_SEGMENTATION_OFFLOAD, *PNDIS_UDP_SEGMENTATION_OFFLOAD;

/* UDP receive segment coalescing, 6.89; the shape of the TCP one. */
typedef struct _NDIS_UDP_RSC_OFFLOAD {
	struct {
		BOOLEAN Enabled;
	} IPv4;
	struct {
		BOOLEAN Enabled;
	} IPv6;
} NDIS_UDP_RSC_OFFLOAD, *PNDIS_UDP_RSC_OFFLOAD;

/* NDIS_OFFLOAD.Flags. */
#define NDIS_OFFLOAD_FLAGS_GROUP_CHECKSUM_CAPABILITIES 0x00000001
#define IPSEC_OFFLOAD_V2_AND_TCP_CHECKSUM_COEXISTENCE 0x00000002
#define IPSEC_OFFLOAD_V2_AND_UDP_CHECKSUM_COEXISTENCE 0x00000004

/* Page ns-ntddndis-_ndis_offload. */
typedef struct _NDIS_OFFLOAD {
	NDIS_OBJECT_HEADER Header;
	NDIS_TCP_IP_CHECKSUM_OFFLOAD Checksum;
	NDIS_TCP_LARGE_SEND_OFFLOAD_V1 LsoV1;
	NDIS_IPSEC_OFFLOAD_V1 IPsecV1;
	NDIS_TCP_LARGE_SEND_OFFLOAD_V2 LsoV2;
	ULONG Flags;
	NDIS_IPSEC_OFFLOAD_V2 IPsecV2;                                               /* 6.1 */
	NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD Rsc;                                      /* 6.30 */
	NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD EncapsulatedPacketTaskOffloadGre;      /* 6.30 */
	NDIS_ENCAPSULATED_PACKET_TASK_OFFLOAD_V2 EncapsulatedPacketTaskOffloadVxlan; /* 6.50 */
	UCHAR EncapsulationTypes;                                                    /* 6.50 */
	NDIS_RFC6877_464XLAT_OFFLOAD Rfc6877Xlat;                                    /* 6.70 */
	NDIS_UDP_SEGMENTATION_OFFLOAD UdpSegmentation;                               /* 6.83 */
	NDIS_UDP_RSC_OFFLOAD UdpRsc;                                                 /* 6.89 */
} NDIS_OFFLOAD, *PNDIS_OFFLOAD;

#define NDIS_OFFLOAD_REVISION_1 1
#define NDIS_OFFLOAD_REVISION_2 2
#define NDIS_OFFLOAD_REVISION_3 3
#define NDIS_OFFLOAD_REVISION_4 4
#define NDIS_OFFLOAD_REVISION_5 5
#define NDIS_OFFLOAD_REVISION_6 6
#define NDIS_OFFLOAD_REVISION_7 7
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1 NRT_SIZEOF_THROUGH(NDIS_OFFLOAD, Flags)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2 NRT_SIZEOF_THROUGH(NDIS_OFFLOAD, IPsecV2)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3 \
	NRT_SIZEOF_THROUGH(NDIS_OFFLOAD, EncapsulatedPacketTaskOffloadGre)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_4 NRT_SIZEOF_THROUGH(NDIS_OFFLOAD, EncapsulationTypes)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_5 NRT_SIZEOF_THROUGH(NDIS_OFFLOAD, Rfc6877Xlat)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6 NRT_SIZEOF_THROUGH(NDIS_OFFLOAD, UdpSegmentation)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7 NRT_SIZEOF_THROUGH(NDIS_OFFLOAD, UdpRsc)

/* Values of the members of NDIS_OFFLOAD_PARAMETERS. */
#define NDIS_OFFLOAD_PARAMETERS_NO_CHANGE 0
#define NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED 2
#define NDIS_OFFLOAD_PARAMETERS_RX_ENABLED_TX_DISABLED 3
#define NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED 4
#define NDIS_OFFLOAD_PARAMETERS_LSOV1_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_LSOV1_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_IPSECV1_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_IPSECV1_AH_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_IPSECV1_ESP_ENABLED 3
#define NDIS_OFFLOAD_PARAMETERS_IPSECV1_AH_AND_ESP_ENABLED 4
#define NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_CONNECTION_OFFLOAD_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_CONNECTION_OFFLOAD_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED 3
#define NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED 4
#define NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_USO_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_USO_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE 0x00000001

/* Page ns-ntddndis-_ndis_offload_parameters: OID_TCP_OFFLOAD_PARAMETERS. */
typedef struct _NDIS_OFFLOAD_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	UCHAR IPv4Checksum;
	UCHAR TCPIPv4Checksum;
	UCHAR UDPIPv4Checksum;
	UCHAR TCPIPv6Checksum;
	UCHAR UDPIPv6Checksum;
	UCHAR LsoV1;
	UCHAR IPsecV1;
	UCHAR LsoV2IPv4;
	UCHAR LsoV2IPv6;
	UCHAR TcpConnectionIPv4;
	UCHAR TcpConnectionIPv6;
	ULONG Flags;
	UCHAR IPsecV2;     /* 6.1 */
	UCHAR IPsecV2IPv4; /* 6.1 */
	struct {           /* 6.30 */
		UCHAR RscIPv4;
		UCHAR RscIPv6;
	};
	struct { /* 6.30 */
		UCHAR EncapsulatedPacketTaskOffload;
		UCHAR EncapsulationTypes;
	};
} NDIS_OFFLOAD_PARAMETERS, *PNDIS_OFFLOAD_PARAMETERS;

#define NDIS_OFFLOAD_PARAMETERS_REVISION_1 1
#define NDIS_OFFLOAD_PARAMETERS_REVISION_2 2
#define NDIS_OFFLOAD_PARAMETERS_REVISION_3 3
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_OFFLOAD_PARAMETERS, Flags)
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2 \
	NRT_SIZEOF_THROUGH(NDIS_OFFLOAD_PARAMETERS, IPsecV2IPv4)
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3 \
	NRT_SIZEOF_THROUGH(NDIS_OFFLOAD_PARAMETERS, EncapsulationTypes)

/* Page ns-ndis-_ndis_offload_encapsulation: OID_OFFLOAD_ENCAPSULATION. */
typedef struct _NDIS_OFFLOAD_ENCAPSULATION {
	NDIS_OBJECT_HEADER Header;
	struct {
		ULONG Enabled;
		ULONG EncapsulationType;
		ULONG HeaderSize;
	} IPv4;
	struct {
		ULONG Enabled;
		ULONG EncapsulationType;
		ULONG HeaderSize;
	} IPv6;
} NDIS_OFFLOAD_ENCAPSULATION, *PNDIS_OFFLOAD_ENCAPSULATION;

#define NDIS_OFFLOAD_ENCAPSULATION_REVISION_1 1
#define NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_OFFLOAD_ENCAPSULATION, IPv6)

/* Page ns-ntddndis-_ndis_tcp_connection_offload. */
typedef struct _NDIS_TCP_CONNECTION_OFFLOAD {
	NDIS_OBJECT_HEADER Header;
	ULONG Encapsulation;
	ULONG SupportIPv4 : 2;
	ULONG SupportIPv6 : 2;
	ULONG SupportIPv6ExtensionHeaders : 2;
	ULONG SupportSack : 2;
	ULONG CongestionAlgorithm : 4; /* 6.30 */
	ULONG TcpConnectionOffloadCapacity;
	ULONG Flags;
} NDIS_TCP_CONNECTION_OFFLOAD, *PNDIS_TCP_CONNECTION_OFFLOAD;

#define NDIS_TCP_CONNECTION_OFFLOAD_REVISION_1 1
#define NDIS_TCP_CONNECTION_OFFLOAD_REVISION_2 2
#define NDIS_SIZEOF_TCP_CONNECTION_OFFLOAD_REVISION_1 \
	NRT_SIZEOF_THROUGH(NDIS_TCP_CONNECTION_OFFLOAD, Flags)
#define NDIS_SIZEOF_TCP_CONNECTION_OFFLOAD_REVISION_2 \
	NRT_SIZEOF_THROUGH(NDIS_TCP_CONNECTION_OFFLOAD, Flags)

#endif
