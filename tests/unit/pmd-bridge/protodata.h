/* SPDX-License-Identifier: BSD-3-Clause */
/* The test protocol's data path handlers, for its registration. */
#ifndef TEST_PROTODATA_H
#define TEST_PROTODATA_H

#include "protocol.h"

PROTOCOL_RECEIVE_NET_BUFFER_LISTS proto_received;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE proto_sent;

#endif
