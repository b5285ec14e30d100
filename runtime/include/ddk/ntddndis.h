/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ntddndis.h: object identifiers and the structures that travel with them,
 * shared by drivers and by those who manage adapters. Included by ndis.h;
 * compiles alone. Constants and types only.
 */
#ifndef NRT_DDK_NTDDNDIS_H
#define NRT_DDK_NTDDNDIS_H

#include <ifdef.h>
#include <ndis/version.h>
#include <ndis/types.h>
#include <ndis/objectheader.h>
#include <ndis/status.h>
#include <ndis/oid.h>
#include <ndis/oid_media.h>
#include <ndis/guid.h>
#include <ndis/media.h>
#include <ndis/link.h>
#include <ndis/port.h>
#include <ndis/power.h>
#include <ndis/wakeup.h>
#include <ndis/offload.h>
#include <ndis/rss.h>
#include <ndis/hdsplit.h>
#include <ndis/nicswitch.h>
#include <ndis/rxfilter.h>
#include <ndis/sriov.h>
#include <ndis/switch.h>
#include <ndis/isolation.h>

#endif
