/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data path's two handlers, and the choice of what the first one does.
 */
#ifndef FWD_FORWARD_H
#define FWD_FORWARD_H

#include "port.h"

PROTOCOL_RECEIVE_NET_BUFFER_LISTS ForwardReceiveNetBufferLists;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE ForwardSendNetBufferListsComplete;

/* Set @port up for settings.mode. Control threads, while it is not open. */
void forward_prepare(struct port *port);

#endif
