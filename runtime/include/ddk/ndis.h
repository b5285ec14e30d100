/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis.h: everything an NDIS 6 driver needs, under the documented names.
 *
 * Define the version before including it (NDIS630_MINIPORT=1, NDIS630=1, ...;
 * see ndis/version.h). Each header below states who calls what, at which IRQL.
 * A function that is declared but not part of the runtime fails at link.
 */
#ifndef NRT_DDK_NDIS_H
#define NRT_DDK_NDIS_H

#include <ndis/version.h>

#include <ntddk.h>
#include <ntddndis.h>

#include <ndis/nbl.h>
#include <ndis/nblinfo.h>
#include <ndis/nblaccessors.h>
#include <ndis/nblapi.h>
#include <ndis/nbl8021q.h>
#include <ndis/nblchecksum.h>
#include <ndis/nblhash.h>
#include <ndis/nbllso.h>
#include <ndis/nblmedia.h>
#include <ndis/nblreceivefilter.h>
#include <ndis/nblrsc.h>
#include <ndis/nbltimestamp.h>
#include <ndis/nbluso.h>

#include <ndis/oidrequest.h>
#include <ndis/statusindication.h>
#include <ndis/pnp.h>
#include <ndis/adapter.h>
#include <ndis/interrupt.h>
#include <ndis/dma.h>
#include <ndis/systemdma.h>
#include <ndis/hardware.h>
#include <ndis/miniport.h>
#include <ndis/protocol.h>
#include <ndis/filter.h>
#include <ndis/intermediate.h>
#include <ndis/netif.h>
#include <ndis/system.h>
#include <ndis/config.h>
#include <ndis/poll.h>
#include <ndis/services.h>
#include <ndis/switchnbl.h>
#include <ndis/switchhandlers.h>

#endif
