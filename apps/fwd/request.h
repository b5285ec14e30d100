/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OID requests of the forwarder: whether a port receives at all.
 */
#ifndef FWD_REQUEST_H
#define FWD_REQUEST_H

#include <ndis.h>

struct port;

PROTOCOL_OID_REQUEST_COMPLETE RequestComplete;

void requests_init(void);

/*
 * Set @port's packet filter to everything or to nothing, and wait for it.
 * Everything only if the port is open by then: frames shall not arrive before
 * they can be sent on. PASSIVE_LEVEL, control not held.
 */
NDIS_STATUS request_receive(struct port *port, BOOLEAN on);

/* Set @oid of a port that is bound, and wait for it. PASSIVE_LEVEL. */
NDIS_STATUS request_set(struct port *port, NDIS_OID oid, PVOID value, UINT bytes);

/* The binding's handle is about to die: wait for those who use it, and let no
 * other control thread do so from now on. */
void request_last(struct port *port);

#endif
