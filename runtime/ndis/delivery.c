/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The delivery table of an adapter. Built by control threads; read by whoever
 * indicates, without a lock: the old table is freed when no reader is left.
 */
#include "delivery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "receive.h"
#include "send.h"

static bool in_list(const UCHAR (*list)[6], ULONG count, const UCHAR dst[6])
{
	for (ULONG i = 0; i < count; i++)
		if (memcmp(list[i], dst, 6) == 0)
			return true;
	return false;
}

bool nrt_receiver_wants(const struct nrt_delivery *to, const struct nrt_receiver *r,
			const UCHAR dst[6])
{
	static const UCHAR broadcast[6] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

	if (r->packet_filter & NDIS_PACKET_TYPE_PROMISCUOUS)
		return true;
	if (!(dst[0] & 1))
		return (r->packet_filter & NDIS_PACKET_TYPE_DIRECTED) && memcmp(dst, to->mac, 6) == 0;
	if (memcmp(dst, broadcast, 6) == 0)
		return r->packet_filter & NDIS_PACKET_TYPE_BROADCAST;
	if (r->packet_filter & NDIS_PACKET_TYPE_ALL_MULTICAST)
		return true;
	return (r->packet_filter & NDIS_PACKET_TYPE_MULTICAST) &&
	       in_list(r->multicast, r->multicast_count, dst);
}

static bool is_receiver(const struct nrt_binding *b)
{
	return nrt_state_may_pass(atomic_load(&b->state));
}

/* One receiver whose filter is the one the miniport applies needs no look into
 * the frame; a filter of 0 takes nothing; the rest is decided frame by frame. */
static void choose_deliver(const struct nrt_adapter *a, struct nrt_delivery *d)
{
	ULONG any = 0;

	for (unsigned int i = 0; i < d->n; i++)
		any |= d->receivers[i].packet_filter;
	if (d->n == 0)
		d->deliver = nrt_deliver_paused;
	else if (any == 0 || a->packet_filter == 0)
		d->deliver = nrt_deliver_nobody;
	else if (d->n == 1 && d->receivers[0].packet_filter == a->packet_filter)
		d->deliver = nrt_deliver_single;
	else
		d->deliver = nrt_deliver_many;
}

static bool wants_loopback(const struct nrt_adapter *a, const struct nrt_delivery *d)
{
	if (!a->no_loopback || d->n < 2)
		return false;
	for (unsigned int i = 0; i < d->n; i++) {
		ULONG filter = d->receivers[i].packet_filter;

		if ((filter & NDIS_PACKET_TYPE_ALL_LOCAL) ||
		    ((filter & NDIS_PACKET_TYPE_PROMISCUOUS) &&
		     !(filter & NDIS_PACKET_TYPE_NO_LOCAL)))
			return true;
	}
	return false;
}

static struct nrt_delivery *build(struct nrt_adapter *a)
{
	struct nrt_delivery *d;
	unsigned int n = 0;
	size_t addresses = 0;
	UCHAR(*list)[6];

	/* Room for all: a control thread may start or stop one meanwhile. */
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next) {
		n++;
		addresses += b->multicast_count;
	}
	d = calloc(1, sizeof(*d) + n * sizeof(d->receivers[0]) + addresses * 6);
	if (d == NULL)
		return NULL;
	list = (UCHAR(*)[6])(d->receivers + n);
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next) {
		struct nrt_receiver *r = &d->receivers[d->n];

		if (!is_receiver(b))
			continue;
		d->n++;
		r->binding = b;
		r->packet_filter = b->packet_filter;
		r->multicast_count = b->multicast_count;
		r->multicast = (const UCHAR(*)[6])list;
		if (b->multicast_count != 0)
			memcpy(list, b->multicast, b->multicast_count * 6);
		list += b->multicast_count;
	}
	memcpy(d->mac, a->general.CurrentMacAddress, 6);
	choose_deliver(a, d);
	return d;
}

int nrt_delivery_rebuild(struct nrt_adapter *a)
{
	struct nrt_delivery *new, *old;
	struct nrt_binding *only;

	pthread_mutex_lock(&a->lock);
	new = build(a);
	if (new == NULL) {
		pthread_mutex_unlock(&a->lock);
		return -ENOMEM;
	}
	only = a->bindings != NULL && a->bindings->next == NULL ? a->bindings : NULL;
	atomic_store_explicit(&a->only, only, memory_order_release);
	old = atomic_exchange(&a->delivery, new);
	atomic_store(&a->loopback_wanted, wants_loopback(a, new));
	for (struct nrt_binding *b = a->bindings; b != NULL; b = b->next)
		nrt_send_choose(b);
	pthread_mutex_unlock(&a->lock);
	nrt_adapter_quiesce(a);
	free(old);
	return 0;
}

void nrt_delivery_free(struct nrt_adapter *a)
{
	free(atomic_exchange(&a->delivery, NULL));
}
