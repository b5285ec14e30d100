/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ndis/nbltimestamp.h: when a frame was sent or received, as the NIC or its driver saw it
 * [nbltimestamp/nf-nbltimestamp-ndissetnbltimestampinfo and its kin], NDIS 6.82. The stamp is
 * in an undocumented slot of the NET_BUFFER_LIST; 0 is none. Any IRQL, by the present owner of
 * the NET_BUFFER_LIST. Included by <ndis.h>.
 */
#ifndef NDIS_NBLTIMESTAMP_H
#define NDIS_NBLTIMESTAMP_H

#include "nbl.h"

typedef struct _NET_BUFFER_LIST_TIMESTAMP {
	UINT64 Timestamp;
} NET_BUFFER_LIST_TIMESTAMP, *PNET_BUFFER_LIST_TIMESTAMP;

NRT_EXPORT VOID NdisSetNblTimestampInfo(PNET_BUFFER_LIST Nbl,
					const NET_BUFFER_LIST_TIMESTAMP *NblTimestamp);
NRT_EXPORT VOID NdisGetNblTimestampInfo(const NET_BUFFER_LIST *Nbl,
					PNET_BUFFER_LIST_TIMESTAMP NblTimestamp);
NRT_EXPORT VOID NdisCopyNblTimestampInfo(PNET_BUFFER_LIST NblDest, const NET_BUFFER_LIST *NblSrc);

#endif
