/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loopback: frames sent on one binding are shown to others of the same adapter
 * (and to the sender if it asks) as the documents have it. Copies are made and
 * indicated with RESOURCES on the sender's thread, before the send goes down.
 */
#include "loopback.h"

#include <stdlib.h>

#include "delivery.h"
#include "receive.h"

bool nrt_loopback_wanted(const struct nrt_adapter *a)
{
	return atomic_load_explicit(&a->loopback_wanted, memory_order_relaxed);
}

/* The adapter's own filter must take the frame; then each binding decides: the
 * sender by its send flag, the others unless they set NO_LOCAL. */
static bool binding_gets(const struct nrt_delivery *d, const struct nrt_receiver *r,
			 const struct nrt_binding *sender, const UCHAR *dst, ULONG send_flags)
{
	if (r->binding == sender) {
		if (!(send_flags & NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK))
			return false;
	} else if (r->packet_filter & NDIS_PACKET_TYPE_NO_LOCAL) {
		return false;
	}
	return (r->packet_filter & NDIS_PACKET_TYPE_ALL_LOCAL) || nrt_receiver_wants(d, r, dst);
}

/* A contiguous copy of @nb's frame as an NBL of the loopback pool. */
static NET_BUFFER_LIST *copy_frame(struct nrt_adapter *a, NET_BUFFER_LIST *from, NET_BUFFER *nb,
				   UCHAR **data)
{
	ULONG length = NET_BUFFER_DATA_LENGTH(nb);
	NET_BUFFER_LIST *copy;
	const UCHAR *flat;
	MDL *mdl;

	*data = malloc(length);
	if (*data == NULL)
		return NULL;
	flat = NdisGetDataBuffer(nb, length, *data, 1, 0);
	if (flat != NULL && flat != *data)
		memcpy(*data, flat, length);
	mdl = flat != NULL ? NdisAllocateMdl(a, *data, length) : NULL;
	copy = mdl != NULL ? NdisAllocateNetBufferAndNetBufferList(a->loopback_pool, 0, 0, mdl, 0,
								   length) :
			     NULL;
	if (copy == NULL) {
		if (mdl != NULL)
			NdisFreeMdl(mdl);
		free(*data);
		return NULL;
	}
	copy->SourceHandle = a;
	NET_BUFFER_LIST_INFO(copy, Ieee8021QNetBufferListInfo) =
		NET_BUFFER_LIST_INFO(from, Ieee8021QNetBufferListInfo);
	NdisSetNblFlag(copy, NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET | NDIS_NBL_FLAGS_RECV_READ_ONLY);
	return copy;
}

static void free_copy(NET_BUFFER_LIST *copy, UCHAR *data)
{
	MDL *mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(copy));

	NdisFreeNetBufferList(copy);
	NdisFreeMdl(mdl);
	free(data);
}

static void loop_frame(struct nrt_binding *sender, const struct nrt_delivery *d,
		       NET_BUFFER_LIST *nbl, NET_BUFFER *nb, ULONG send_flags)
{
	struct nrt_adapter *a = sender->adapter;
	ULONG flags = NDIS_RECEIVE_FLAGS_RESOURCES;
	NET_BUFFER_LIST *copy = NULL;
	UCHAR storage[6];
	UCHAR *data = NULL;
	const UCHAR *dst = NdisGetDataBuffer(nb, 6, storage, 1, 0);

	if (send_flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL)
		flags |= NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
	for (unsigned int i = 0; dst != NULL && i < d->n; i++) {
		const struct nrt_receiver *r = &d->receivers[i];

		if (!binding_gets(d, r, sender, dst, send_flags))
			continue;
		if (copy == NULL)
			copy = copy_frame(a, nbl, nb, &data);
		if (copy == NULL)
			return;
		nrt_count(a->counters, NRT_RX_LOOPED, 1);
		r->binding->receive(r->binding->context, copy, NDIS_DEFAULT_PORT_NUMBER, 1, flags);
	}
	if (copy != NULL)
		free_copy(copy, data);
}

void nrt_loop_back(struct nrt_binding *sender, NET_BUFFER_LIST *chain, ULONG send_flags)
{
	struct nrt_adapter *a = sender->adapter;
	bool foreign = nrt_self.worker < 0;
	const struct nrt_delivery *d;

	if (foreign)
		atomic_fetch_add(&a->foreign_readers, 1);
	d = atomic_load(&a->delivery); /* not before the count above is seen */
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(chain); nb != NULL;
		     nb = NET_BUFFER_NEXT_NB(nb))
			loop_frame(sender, d, chain, nb, send_flags);
	if (foreign)
		atomic_fetch_sub(&a->foreign_readers, 1);
}
