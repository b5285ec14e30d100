/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets by protocols that a reset may lose and NDIS has to do again, other than
 * packet filter and multicast list: task offload encapsulation, wake-up patterns
 * [N/hardware-reset]. OID thread of the adapter only.
 */
#ifndef NRT_NDIS_SETTING_H
#define NRT_NDIS_SETTING_H

#include <stdbool.h>

#include <ndis.h>

struct nrt_setting {
	struct nrt_setting *next;
	NDIS_OID oid;
	ULONG length;
	UCHAR data[];
};

/* A copy of what @request sets, before it is handed down; NULL in @copy when it
 * sets nothing of the kind. False: out of memory. */
bool nrt_setting_copy(const NDIS_OID_REQUEST *request, struct nrt_setting **copy);

/* The miniport took @copy, which is not the caller's any more: note it in @list,
 * in the place of what it replaces. */
void nrt_setting_keep(struct nrt_setting **list, struct nrt_setting *copy);

void nrt_settings_free(struct nrt_setting **list);

#endif
