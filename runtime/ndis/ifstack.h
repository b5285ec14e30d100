/* SPDX-License-Identifier: BSD-3-Clause */
/* Which interface lies on which (ifStackTable of RFC 2863). Under interface.c's lock. */
#ifndef NRT_NDIS_IFSTACK_H
#define NRT_NDIS_IFSTACK_H

#include <stdbool.h>

#include <ndis.h>

/* @higher lies on @lower; refused, and IM-12 reported, when that closes a cycle: by whom
 * NdisIfAddIfStackEntry returns to, @caller. */
NDIS_STATUS nrt_ifstack_add(NET_IFINDEX higher, NET_IFINDEX lower, const void *caller);

/* False: there was no such entry. */
bool nrt_ifstack_delete(NET_IFINDEX higher, NET_IFINDEX lower);

/* Interface @index is gone, and its entries with it. */
void nrt_ifstack_forget(NET_IFINDEX index);

#endif
