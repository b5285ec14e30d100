/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shadow records of NBLs under way, in a hash table by address. Called on the
 * data path of a verified runtime, from any thread.
 */
#include "nbltrack.h"

#include "../verifier.h"
#include "driver.h"
#include "nblback.h"
#include "nblrecord.h"
#include "protocol.h"
#include "receiveform.h"
#include "sendform.h"
#include "switch.h"

/* Who hands a chain over, for the checks below. */
struct giver {
	struct nrt_adapter *adapter;
	struct nrt_binding *binding;
	ULONG flags;
};

/* Keep in @chain what passes @check; how many that are. */
static ULONG filter_chain(const struct giver *giver, NET_BUFFER_LIST **chain,
			  bool (*check)(const struct giver *, NET_BUFFER_LIST *))
{
	NET_BUFFER_LIST **link = chain;
	ULONG n = 0;

	nrt_records_lock();
	while (*link != NULL) {
		NET_BUFFER_LIST *nbl = *link;

		if (check(giver, nbl)) {
			link = &NET_BUFFER_LIST_NEXT_NBL(nbl);
			n++;
		} else {
			*link = NET_BUFFER_LIST_NEXT_NBL(nbl);
		}
	}
	nrt_records_unlock();
	return n;
}

/* -------------------------------------------------------------------- sending */

static bool check_sent(const struct giver *g, NET_BUFFER_LIST *nbl)
{
	struct nrt_record *r;

	if (!nrt_record_begin(g->adapter, nbl, NRT_SENDING, "PR-SND-02", &r))
		return false;
	if (nbl->SourceHandle != g->binding)
		nrt_violation("PR-SND-01", "sent NBL %p: SourceHandle is not the binding",
			      (void *)nbl);
	if (nbl->NdisPoolHandle == NULL)
		nrt_violation("PR-SND-01", "sent NBL %p is from no NDIS pool", (void *)nbl);
	nrt_sendform_check(g->binding->protocol->driver->name, nbl);
	/* The binding it is sent on gets it back, whatever it claims to be. */
	nbl->SourceHandle = g->binding;
	if (r != NULL) {
		r->source = g->binding;
		r->binding = g->binding;
		r->owner = g->binding->down.sent_to;
	}
	/* MP-SND-05: whoever completes it has to write a final status. */
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_PENDING;
	return true;
}

void nrt_track_send(struct nrt_binding *b, NET_BUFFER_LIST **chain)
{
	const struct giver giver = { b->adapter, b, 0 };

	filter_chain(&giver, chain, check_sent);
}

/* Whether the send's originator gets @nbl back as it was (MP-SND-04, -10, FL-SND-05). */
static void check_send(const struct nrt_adapter *a, NET_BUFFER_LIST *nbl,
		       const struct nrt_record *r)
{
	if (nbl->SourceHandle != r->source || nrt_nbl_private_print(nbl) != r->private_print) {
		nrt_violation("MP-SND-10", "what is the sender's in NBL %p was changed",
			      (void *)nbl);
		nbl->SourceHandle = r->source;
	}
	if (nrt_nbl_fingerprint(nbl) != r->fingerprint)
		nrt_violation(a->filters == NULL ? "MP-SND-04" : "FL-SND-05",
			      "NBL %p came back with other buffers", (void *)nbl);
}

bool nrt_track_ended(struct nrt_adapter *a, NET_BUFFER_LIST *nbl, const void *to)
{
	struct nrt_record *found = nrt_record_find(nbl);
	struct nrt_record r;

	if (to != NULL && found->source != to) {
		found->owner = to;
		return false;
	}
	if (nrt_record_take(a, nbl, NRT_SENDING, &r))
		check_send(a, nbl, &r);
	return true;
}

static bool check_completed(const struct giver *g, NET_BUFFER_LIST *nbl)
{
	const struct nrt_record *r = nrt_record_find(nbl);

	if (r == NULL || r->direction != NRT_SENDING || r->owner != g->adapter) {
		nrt_violation(atomic_load(&g->adapter->state) == NRT_INITIALIZING ? "MP-INI-06" :
										    "MP-SND-02",
			      "completed NBL %p is no send of this adapter's", (void *)nbl);
		return false;
	}
	if (NET_BUFFER_LIST_STATUS(nbl) == NDIS_STATUS_PENDING)
		nrt_violation("MP-SND-05", "completed NBL %p has no final status", (void *)nbl);
	if (NET_BUFFER_LIST_STATUS(nbl) == NDIS_STATUS_SEND_ABORTED && !r->cancelled)
		nrt_violation("MP-CAN-01", "%s aborts NBL %p, which nobody cancelled",
			      g->adapter->device.name, (void *)nbl);
	nrt_track_ended(g->adapter, nbl, g->adapter->up.completed_to);
	return true;
}

void nrt_track_complete(struct nrt_adapter *a, NET_BUFFER_LIST **chain, ULONG *n)
{
	const struct giver giver = { a, NULL, 0 };

	*n = filter_chain(&giver, chain, check_completed);
}

static bool cancel(struct nrt_record *r, void *arg)
{
	const struct nrt_cancelling *c = arg;

	if (r->adapter == c->adapter && r->direction == NRT_SENDING &&
	    NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(r->nbl) == c->id)
		r->cancelled = true;
	return false;
}

void nrt_track_cancel(struct nrt_cancelling *c, const struct nrt_adapter *a, PVOID id)
{
	c->adapter = a;
	c->id = id;
	nrt_records_lock();
	nrt_record_cancelling(c);
	nrt_records_each(cancel, c);
	nrt_records_unlock();
}

void nrt_track_cancelled(struct nrt_cancelling *c)
{
	nrt_records_lock();
	nrt_record_cancelled(c);
	nrt_records_unlock();
}

/* ------------------------------------------------------------------ receiving */

/* MP-RCV-09: lengths and offsets lie inside the MDL chain. */
static bool consistent(NET_BUFFER *nb)
{
	MDL *mdl = NET_BUFFER_CURRENT_MDL(nb);
	uint64_t room = 0;
	uint64_t before = 0;

	for (MDL *m = NET_BUFFER_FIRST_MDL(nb); m != NULL && m != mdl; m = m->Next)
		before += m->ByteCount;
	if (NET_BUFFER_DATA_OFFSET(nb) != before + NET_BUFFER_CURRENT_MDL_OFFSET(nb))
		return false;
	for (; mdl != NULL; mdl = mdl->Next)
		room += mdl->ByteCount;
	return NET_BUFFER_DATA_LENGTH(nb) >= 14 &&
	       NET_BUFFER_CURRENT_MDL_OFFSET(nb) + (uint64_t)NET_BUFFER_DATA_LENGTH(nb) <= room;
}

static void check_form(const struct nrt_adapter *a, NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	if (nbl->NdisPoolHandle == NULL)
		nrt_violation("MP-RCV-01", "indicated NBL %p is from no NDIS pool", (void *)nbl);
	/* What a switch indicates is others' sends, which it completes when they are back. */
	if (nbl->SourceHandle != a && nrt_switch_of(a) == NULL)
		nrt_violation("MP-RCV-02", "indicated NBL %p: SourceHandle is not the adapter",
			      (void *)nbl);
	if (NET_BUFFER_LIST_STATUS(nbl) != NDIS_STATUS_SUCCESS)
		nrt_violation("MP-RCV-10", "indicated NBL %p has status 0x%08X", (void *)nbl,
			      (unsigned int)NET_BUFFER_LIST_STATUS(nbl));
	if (nb == NULL || NET_BUFFER_NEXT_NB(nb) != NULL)
		nrt_violation("MP-RCV-07", "indicated NBL %p has not exactly one NET_BUFFER",
			      (void *)nbl);
	else if (!consistent(nb))
		nrt_violation("MP-RCV-09", "NET_BUFFER of NBL %p disagrees with its MDLs",
			      (void *)nbl);
}

static bool check_indicated(const struct giver *g, NET_BUFFER_LIST *nbl)
{
	struct nrt_record *r;

	if (!nrt_record_begin(g->adapter, nbl, NRT_RECEIVING, "MP-RCV-04", &r))
		return false;
	nrt_back_end(nbl);
	check_form(g->adapter, nbl);
	if (r != NULL) {
		r->resources = g->flags & NDIS_RECEIVE_FLAGS_RESOURCES;
		r->owner = g->adapter->up.received_by;
		if (nrt_switch_of(g->adapter) != NULL)
			r->source = g->adapter;
	}
	return true;
}

void nrt_track_indicate(struct nrt_adapter *a, NET_BUFFER_LIST **chain, ULONG *n, ULONG flags)
{
	const struct giver giver = { a, NULL, flags };
	ULONG length = 0;

	for (NET_BUFFER_LIST *nbl = *chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		length++;
	if (length != *n)
		nrt_violation("MP-RCV-06", "%u NBLs said to be indicated, the chain has %u", *n,
			      length);
	*n = filter_chain(&giver, chain, check_indicated);
	nrt_receiveform_check("MP-RCV-12", a->driver->driver->name, *chain, flags);
	nrt_records_lock();
	for (NET_BUFFER_LIST *nbl = *chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		struct nrt_record *r = nrt_record_find(nbl);

		if (r != NULL)
			r->link = NET_BUFFER_LIST_NEXT_NBL(nbl);
	}
	nrt_records_unlock();
}

void nrt_track_deliver(struct nrt_binding *b, NET_BUFFER_LIST *chain)
{
	nrt_records_lock();
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
		struct nrt_record *r = nrt_record_find(chain);

		if (r != NULL)
			r->binding = b;
	}
	nrt_records_unlock();
}

static void check_unchanged(NET_BUFFER_LIST *nbl, const struct nrt_record *r)
{
	if (nrt_nbl_fingerprint(nbl) != r->fingerprint)
		nrt_violation("PR-RCV-03", "received NBL %p came back with other buffers",
			      (void *)nbl);
}

void nrt_track_returned(struct nrt_adapter *a, NET_BUFFER_LIST *nbl, const void *to)
{
	struct nrt_record *found = nrt_record_find(nbl);
	struct nrt_record r;

	if (found == NULL)
		return;
	if (to != a && found->source != to) {
		found->owner = to;
		found->binding = NULL;
		return;
	}
	nrt_record_take(a, nbl, NRT_RECEIVING, &r);
	if (to == a)
		nrt_back_note(a, nbl);
}

static bool check_returned(const struct giver *g, NET_BUFFER_LIST *nbl)
{
	const struct nrt_record *found = nrt_record_find(nbl);

	if (found == NULL || found->direction != NRT_RECEIVING || found->adapter != g->adapter) {
		nrt_violation("PR-RCV-01", "returned NBL %p is not up the stack", (void *)nbl);
		return false;
	}
	if (found->binding == NULL) {
		nrt_violation("PR-RCV-02", "returned NBL %p was received with RESOURCES",
			      (void *)nbl);
		return false;
	}
	if (found->binding != g->binding)
		nrt_violation("PR-RCV-01", "NBL %p is returned on another binding", (void *)nbl);
	check_unchanged(nbl, found);
	nrt_track_returned(g->adapter, nbl, g->binding->down.returned_to);
	return true;
}

void nrt_track_return(struct nrt_binding *b, NET_BUFFER_LIST **chain, ULONG *n)
{
	const struct giver giver = { b->adapter, b, 0 };

	*n = filter_chain(&giver, chain, check_returned);
}

void nrt_track_give_back(struct nrt_adapter *a, NET_BUFFER_LIST *chain)
{
	nrt_records_lock();
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		nrt_track_returned(a, chain, a->down.returned_to);
	nrt_records_unlock();
}

void nrt_track_resources_end(struct nrt_adapter *a, NET_BUFFER_LIST *chain)
{
	bool relinked = false;
	struct nrt_record r;

	nrt_records_lock();
	while (chain != NULL && nrt_record_take(a, chain, NRT_RECEIVING, &r)) {
		check_unchanged(chain, &r);
		relinked = relinked || NET_BUFFER_LIST_NEXT_NBL(chain) != r.link;
		NET_BUFFER_LIST_NEXT_NBL(chain) = r.link;
		chain = r.link;
	}
	nrt_records_unlock();
	if (relinked)
		nrt_violation(a->filtered_receive ? "FL-RCV-01" : "PR-RCV-02",
			      "a chain received with RESOURCES came back relinked");
}

/* ------------------------------------------------------------------- the rest */

struct count {
	const void *of;
	ULONG sends, receives;
};

static void count(const struct nrt_record *r, struct count *count)
{
	++*(r->direction == NRT_SENDING ? &count->sends : &count->receives);
}

static bool of_binding(struct nrt_record *r, void *arg)
{
	struct count *c = arg;

	if (r->binding == c->of)
		count(r, c);
	return false;
}

static bool of_adapter(struct nrt_record *r, void *arg)
{
	struct count *c = arg;

	if (r->adapter == c->of)
		count(r, c);
	return false;
}

static bool of_miniport(struct nrt_record *r, void *arg)
{
	struct count *c = arg;

	if (r->owner == c->of)
		count(r, c);
	return false;
}

static bool forget(struct nrt_record *r, void *arg)
{
	of_adapter(r, arg);
	return r->adapter == ((struct count *)arg)->of;
}

static struct count each(bool (*fn)(struct nrt_record *, void *), const void *of)
{
	struct count c = { .of = of };

	nrt_records_lock();
	nrt_records_each(fn, &c);
	nrt_records_unlock();
	return c;
}

void nrt_track_count(const struct nrt_binding *b, ULONG *sends, ULONG *receives)
{
	struct count c = each(of_binding, b);

	*sends = c.sends;
	*receives = c.receives;
}

ULONG nrt_track_sends(const struct nrt_adapter *a)
{
	return each(of_miniport, a).sends;
}

void nrt_track_forget(struct nrt_adapter *a, ULONG *sends, ULONG *receives)
{
	struct count c = each(forget, a);

	if (nrt_verifying)
		nrt_back_forget(a);
	*sends = c.sends;
	*receives = c.receives;
}
