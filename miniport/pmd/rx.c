/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received NBLs on their way back, from any thread. The way up is poll.c's.
 */
#include "adapter.h"

VOID MPReturnNetBufferLists(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists,
			    ULONG ReturnFlags)
{
	struct adapter *a = MiniportAdapterContext;

	UNREFERENCED_PARAMETER(ReturnFlags);
	pmb_rx_put(a->port, NetBufferLists);
}
