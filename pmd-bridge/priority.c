/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order of waiting sends by 802.1p user priority, on ports opened with it: a driver
 * may take a connection's frames of another priority in another order [D/nc-ndis-
 * miniport_send_net_buffer_lists, MP-SND-07]. From tx.c, on the queue's worker.
 */
#include "txq.h"

/* Lowest first; best effort, 0, is above background, 1 [IEEE 802.1Q, recommended mapping
 * of priorities to eight traffic classes]. */
static unsigned int rank_of(const NET_BUFFER_LIST *nbl)
{
	static const unsigned char ranks[8] = { 1, 0, 2, 3, 4, 5, 6, 7 };
	NDIS_NET_BUFFER_LIST_8021Q_INFO info = {
		.Value = NET_BUFFER_LIST_INFO(nbl, Ieee8021QNetBufferListInfo),
	};

	return ranks[info.TagHeader.UserPriority];
}

/* Put @nbl where the list is @at, and mark that everything of @rank and below, as far as
 * it ended there, ends behind it now. */
static void insert(struct pmb_txq *q, NET_BUFFER_LIST *nbl, NET_BUFFER_LIST **at, unsigned int rank)
{
	NET_BUFFER_LIST_NEXT_NBL(nbl) = *at;
	*at = nbl;
	for (unsigned int r = 0; r <= rank; r++)
		if (q->pending_of[r] == at)
			q->pending_of[r] = &NET_BUFFER_LIST_NEXT_NBL(nbl);
}

/* An NBL that is half sent stays the first: its other half goes at once. */
void pmb_pending_by_priority(struct pmb_txq *q, NET_BUFFER_LIST *chain)
{
	if (q->pending == NULL)
		for (unsigned int r = 0; r < PMB_RANKS; r++)
			q->pending_of[r] = &q->pending;
	if (q->pending == NULL && q->resume != NULL) {
		NET_BUFFER_LIST *half = chain;

		chain = NET_BUFFER_LIST_NEXT_NBL(half);
		insert(q, half, &q->pending, PMB_RANKS - 1);
	}
	while (chain != NULL) {
		NET_BUFFER_LIST *nbl = chain;
		unsigned int rank = rank_of(nbl);

		chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
		insert(q, nbl, q->pending_of[rank], rank);
	}
	q->pending_tail = q->pending_of[0];
}
