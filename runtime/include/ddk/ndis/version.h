/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/version.h: which NDIS version a driver is compiled for. A driver says
 * NDIS630_MINIPORT=1 (miniport) and/or NDIS630=1 (protocol, filter) on the
 * command line, as the pages "Compiling an NDIS 6.x driver" describe; from
 * that come the version numbers it registers with and NDIS_SUPPORT_NDIS6xx.
 *
 * Structures are always declared at their newest size, whatever the version:
 * the version only picks which NDIS_SUPPORT_ conditions of the driver's own
 * code hold. With no version given, as in the runtime's own build, the newest
 * is taken.
 */
#ifndef NRT_DDK_NDIS_VERSION_H
#define NRT_DDK_NDIS_VERSION_H

#if defined(NDIS40_MINIPORT) || defined(NDIS50_MINIPORT) || defined(NDIS51_MINIPORT) || \
	defined(NDIS40) || defined(NDIS50) || defined(NDIS51)
#error "NDIS before 6.0 is not played by these headers: define NDIS60_MINIPORT=1, NDIS60=1 or newer"
#endif

/* What NdisGetVersion() returns on each version: major << 16 | minor. */
#define NDIS_RUNTIME_VERSION_60 ((6 << 16) | 0)
#define NDIS_RUNTIME_VERSION_61 ((6 << 16) | 1)
#define NDIS_RUNTIME_VERSION_620 ((6 << 16) | 20)
#define NDIS_RUNTIME_VERSION_630 ((6 << 16) | 30)
#define NDIS_RUNTIME_VERSION_640 ((6 << 16) | 40)
#define NDIS_RUNTIME_VERSION_650 ((6 << 16) | 50)
#define NDIS_RUNTIME_VERSION_651 ((6 << 16) | 51)
#define NDIS_RUNTIME_VERSION_660 ((6 << 16) | 60)
#define NDIS_RUNTIME_VERSION_670 ((6 << 16) | 70)
#define NDIS_RUNTIME_VERSION_680 ((6 << 16) | 80)
#define NDIS_RUNTIME_VERSION_681 ((6 << 16) | 81)
#define NDIS_RUNTIME_VERSION_682 ((6 << 16) | 82)
#define NDIS_RUNTIME_VERSION_683 ((6 << 16) | 83)
#define NDIS_RUNTIME_VERSION_684 ((6 << 16) | 84)
#define NDIS_RUNTIME_VERSION_685 ((6 << 16) | 85)
#define NDIS_RUNTIME_VERSION_686 ((6 << 16) | 86)
#define NDIS_RUNTIME_VERSION_687 ((6 << 16) | 87)
#define NDIS_RUNTIME_VERSION_688 ((6 << 16) | 88)
#define NDIS_RUNTIME_VERSION_689 ((6 << 16) | 89)

/* The newest version that these headers describe and the runtime plays. */
#define NRT_NDIS_NEWEST_MINOR 89

/* The miniport half. */
#if defined(NDIS689_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 89
#elif defined(NDIS688_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 88
#elif defined(NDIS687_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 87
#elif defined(NDIS686_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 86
#elif defined(NDIS685_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 85
#elif defined(NDIS684_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 84
#elif defined(NDIS683_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 83
#elif defined(NDIS682_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 82
#elif defined(NDIS681_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 81
#elif defined(NDIS680_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 80
#elif defined(NDIS670_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 70
#elif defined(NDIS660_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 60
#elif defined(NDIS651_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 51
#elif defined(NDIS650_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 50
#elif defined(NDIS640_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 40
#elif defined(NDIS630_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 30
#elif defined(NDIS620_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 20
#elif defined(NDIS61_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 1
#elif defined(NDIS60_MINIPORT)
#define NRT_NDIS_MINIPORT_MINOR 0
#endif

/* The protocol and filter half. */
#if defined(NDIS689)
#define NRT_NDIS_PROTOCOL_MINOR 89
#elif defined(NDIS688)
#define NRT_NDIS_PROTOCOL_MINOR 88
#elif defined(NDIS687)
#define NRT_NDIS_PROTOCOL_MINOR 87
#elif defined(NDIS686)
#define NRT_NDIS_PROTOCOL_MINOR 86
#elif defined(NDIS685)
#define NRT_NDIS_PROTOCOL_MINOR 85
#elif defined(NDIS684)
#define NRT_NDIS_PROTOCOL_MINOR 84
#elif defined(NDIS683)
#define NRT_NDIS_PROTOCOL_MINOR 83
#elif defined(NDIS682)
#define NRT_NDIS_PROTOCOL_MINOR 82
#elif defined(NDIS681)
#define NRT_NDIS_PROTOCOL_MINOR 81
#elif defined(NDIS680)
#define NRT_NDIS_PROTOCOL_MINOR 80
#elif defined(NDIS670)
#define NRT_NDIS_PROTOCOL_MINOR 70
#elif defined(NDIS660)
#define NRT_NDIS_PROTOCOL_MINOR 60
#elif defined(NDIS651)
#define NRT_NDIS_PROTOCOL_MINOR 51
#elif defined(NDIS650)
#define NRT_NDIS_PROTOCOL_MINOR 50
#elif defined(NDIS640)
#define NRT_NDIS_PROTOCOL_MINOR 40
#elif defined(NDIS630)
#define NRT_NDIS_PROTOCOL_MINOR 30
#elif defined(NDIS620)
#define NRT_NDIS_PROTOCOL_MINOR 20
#elif defined(NDIS61)
#define NRT_NDIS_PROTOCOL_MINOR 1
#elif defined(NDIS60)
#define NRT_NDIS_PROTOCOL_MINOR 0
#endif

#if !defined(NRT_NDIS_MINIPORT_MINOR) && !defined(NRT_NDIS_PROTOCOL_MINOR)
#define NRT_NDIS_MINIPORT_MINOR NRT_NDIS_NEWEST_MINOR
#define NRT_NDIS_PROTOCOL_MINOR NRT_NDIS_NEWEST_MINOR
#endif

#ifdef NRT_NDIS_MINIPORT_MINOR
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION NRT_NDIS_MINIPORT_MINOR
#define NDIS_MINIPORT_MINIMUM_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINIMUM_MINOR_VERSION 0
#endif

#ifdef NRT_NDIS_PROTOCOL_MINOR
#define NDIS_PROTOCOL_MAJOR_VERSION 6
#define NDIS_PROTOCOL_MINOR_VERSION NRT_NDIS_PROTOCOL_MINOR
#define NDIS_PROTOCOL_MINIMUM_MAJOR_VERSION 6
#define NDIS_PROTOCOL_MINIMUM_MINOR_VERSION 0
#define NDIS_FILTER_MAJOR_VERSION 6
#define NDIS_FILTER_MINOR_VERSION NRT_NDIS_PROTOCOL_MINOR
#define NDIS_FILTER_MINIMUM_MAJOR_VERSION 6
#define NDIS_FILTER_MINIMUM_MINOR_VERSION 0
#endif

/* The higher of the two halves says what the driver may use. */
#if !defined(NRT_NDIS_PROTOCOL_MINOR)
#define NRT_NDIS_MINOR NRT_NDIS_MINIPORT_MINOR
#elif !defined(NRT_NDIS_MINIPORT_MINOR) || NRT_NDIS_PROTOCOL_MINOR > NRT_NDIS_MINIPORT_MINOR
#define NRT_NDIS_MINOR NRT_NDIS_PROTOCOL_MINOR
#else
#define NRT_NDIS_MINOR NRT_NDIS_MINIPORT_MINOR
#endif

/* No NDIS 5 driver gets past the #error above. */
#define NDIS_LEGACY_DRIVER 0
#define NDIS_LEGACY_MINIPORT 0
#define NDIS_LEGACY_PROTOCOL 0

#define NDIS_SUPPORT_NDIS6 1
#define NDIS_SUPPORT_60_COMPATIBLE_API 1
#define NDIS_SUPPORT_NDIS61 (NRT_NDIS_MINOR >= 1)
#define NDIS_SUPPORT_NDIS620 (NRT_NDIS_MINOR >= 20)
#define NDIS_SUPPORT_NDIS630 (NRT_NDIS_MINOR >= 30)
#define NDIS_SUPPORT_NDIS640 (NRT_NDIS_MINOR >= 40)
#define NDIS_SUPPORT_NDIS650 (NRT_NDIS_MINOR >= 50)
#define NDIS_SUPPORT_NDIS651 (NRT_NDIS_MINOR >= 51)
#define NDIS_SUPPORT_NDIS660 (NRT_NDIS_MINOR >= 60)
#define NDIS_SUPPORT_NDIS670 (NRT_NDIS_MINOR >= 70)
#define NDIS_SUPPORT_NDIS680 (NRT_NDIS_MINOR >= 80)
#define NDIS_SUPPORT_NDIS681 (NRT_NDIS_MINOR >= 81)
#define NDIS_SUPPORT_NDIS682 (NRT_NDIS_MINOR >= 82)
#define NDIS_SUPPORT_NDIS683 (NRT_NDIS_MINOR >= 83)
#define NDIS_SUPPORT_NDIS684 (NRT_NDIS_MINOR >= 84)
#define NDIS_SUPPORT_NDIS685 (NRT_NDIS_MINOR >= 85)
#define NDIS_SUPPORT_NDIS686 (NRT_NDIS_MINOR >= 86)
#define NDIS_SUPPORT_NDIS687 (NRT_NDIS_MINOR >= 87)
#define NDIS_SUPPORT_NDIS688 (NRT_NDIS_MINOR >= 88)
#define NDIS_SUPPORT_NDIS689 (NRT_NDIS_MINOR >= 89)

#endif
