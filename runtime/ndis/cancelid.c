/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The high bytes of cancel ids: one more for each call, so that no two drivers
 * mark their sends with the same id [ndis/nf-ndis-ndisgeneratepartialcancelid].
 * Drivers call this while they start; any thread, IRQL <= DISPATCH_LEVEL.
 */
#include <stdatomic.h>

#include <ndis.h>

UCHAR NdisGeneratePartialCancelId(VOID)
{
	static _Atomic UCHAR last;
	UCHAR id;

	/* after 255 calls ids come again; 0 is what an unmarked NBL has */
	do
		id = (UCHAR)(atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1);
	while (id == 0);
	return id;
}
