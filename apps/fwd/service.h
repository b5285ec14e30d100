/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver's own PASSIVE_LEVEL thread. It brings pauses to their end and
 * makes generators start; protocols have no work items (RS-WKI-01).
 */
#ifndef FWD_SERVICE_H
#define FWD_SERVICE_H

#include <ndis.h>

struct port;

NDIS_STATUS service_start(void);
void service_stop(void); /* no binding is left */

/* Have it look at all ports soon. Any IRQL up to DISPATCH_LEVEL. */
void service_wake(void);

/* @event, a NetEventPause of @port, is completed when all sends that concern
 * the port have come back. Control held; the port is closed already. */
void service_drain(struct port *port, PNET_PNP_EVENT_NOTIFICATION event);

#endif
