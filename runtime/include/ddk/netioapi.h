/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interface helpers of the network I/O API as far as types go. The functions
 * that query the other system's IP stack do not exist here.
 */
#ifndef NRT_DDK_NETIOAPI_H
#define NRT_DDK_NETIOAPI_H

#include "ntdef.h"
#include "ifdef.h"
#include "netiodef.h"

#define NDIS_IF_MAX_STRING_SIZE IF_MAX_STRING_SIZE

#endif
