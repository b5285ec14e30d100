/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of NBLs while filters pass them on. Called on the data path of a verified
 * runtime, from any thread.
 */
#include "filter_track.h"

#include "../verifier.h"
#include "driver.h"
#include "nblrecord.h"
#include "nbltrack.h"
#include "receiveform.h"
#include "sendform.h"

static const char *name_of(const struct nrt_filter *f)
{
	return f->driver->driver->name;
}

/* Keep in @chain what passes @check; how many that are. */
static ULONG sift(struct nrt_filter *f, NET_BUFFER_LIST **chain, ULONG flags,
		  bool (*check)(struct nrt_filter *, NET_BUFFER_LIST *, ULONG))
{
	NET_BUFFER_LIST **link = chain;
	ULONG n = 0;

	nrt_records_lock();
	while (*link != NULL) {
		NET_BUFFER_LIST *nbl = *link;

		if (check(f, nbl, flags)) {
			link = &NET_BUFFER_LIST_NEXT_NBL(nbl);
			n++;
		} else {
			*link = NET_BUFFER_LIST_NEXT_NBL(nbl);
		}
	}
	nrt_records_unlock();
	return n;
}

/* One that @f originates now. */
static struct nrt_record *originate(struct nrt_filter *f, NET_BUFFER_LIST *nbl,
				    enum nrt_direction direction, const char *rule)
{
	struct nrt_record *r;

	if (nbl->SourceHandle != f)
		nrt_violation(rule, "%s originates NBL %p: SourceHandle is not the module",
			      name_of(f), (void *)nbl);
	nbl->SourceHandle = f;
	nrt_record_begin(f->adapter, nbl, direction, rule, &r);
	return r;
}

/* --------------------------------------------------------------------- sending */

static bool check_sent(struct nrt_filter *f, NET_BUFFER_LIST *nbl, ULONG flags)
{
	struct nrt_record *r = nrt_record_find(nbl);

	(void)flags;
	if (r == NULL) {
		r = originate(f, nbl, NRT_SENDING, "FL-SND-02");
		nrt_sendform_check(name_of(f), nbl);
		NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_PENDING;
	} else if (r->direction != NRT_SENDING || r->owner != f) {
		nrt_violation("FL-SND-01", "%s sends NBL %p, which it does not have", name_of(f),
			      (void *)nbl);
		return false;
	} else if (nbl->SourceHandle != r->source) {
		nrt_violation("FL-SND-02", "%s changed the SourceHandle of NBL %p", name_of(f),
			      (void *)nbl);
		nbl->SourceHandle = r->source;
	}
	if (r != NULL)
		r->owner = f->down.sent_to;
	return true;
}

void nrt_filter_track_send(struct nrt_filter *f, NET_BUFFER_LIST **chain)
{
	sift(f, chain, 0, check_sent);
}

static bool check_completed(struct nrt_filter *f, NET_BUFFER_LIST *nbl, ULONG flags)
{
	const struct nrt_record *r = nrt_record_find(nbl);

	(void)flags;
	if (r == NULL || r->direction != NRT_SENDING || r->owner != f) {
		/* Its own come to an end when they reach it. */
		nrt_violation(nbl->SourceHandle == f ? "FL-SND-03" : "FL-SND-01",
			      "%s completes NBL %p, which it does not have", name_of(f),
			      (void *)nbl);
		return false;
	}
	if (NET_BUFFER_LIST_STATUS(nbl) == NDIS_STATUS_PENDING)
		nrt_violation("FL-SND-01", "%s completes NBL %p without a final status",
			      name_of(f), (void *)nbl);
	nrt_track_ended(f->adapter, nbl, f->up.completed_to);
	return true;
}

void nrt_filter_track_complete(struct nrt_filter *f, NET_BUFFER_LIST **chain)
{
	sift(f, chain, 0, check_completed);
}

/* ------------------------------------------------------------------- receiving */

static bool check_indicated(struct nrt_filter *f, NET_BUFFER_LIST *nbl, ULONG flags)
{
	struct nrt_record *r = nrt_record_find(nbl);

	if (r == NULL) {
		r = originate(f, nbl, NRT_RECEIVING, "FL-RCV-03");
		if (r != NULL)
			r->resources = flags & NDIS_RECEIVE_FLAGS_RESOURCES;
	} else if (r->direction != NRT_RECEIVING || r->owner != f) {
		nrt_violation("FL-RCV-02", "%s indicates NBL %p, which it does not have",
			      name_of(f), (void *)nbl);
		return false;
	} else if (r->resources && !(flags & NDIS_RECEIVE_FLAGS_RESOURCES)) {
		nrt_violation("FL-RCV-01", "%s gives NBL %p away, which is the miniport's",
			      name_of(f), (void *)nbl);
	}
	if (r != NULL)
		r->owner = f->up.received_by;
	return true;
}

/* True when one of @chain is lent to all who see it. */
static bool is_lent(NET_BUFFER_LIST *chain)
{
	bool lent = false;

	nrt_records_lock();
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
		const struct nrt_record *r = nrt_record_find(chain);

		lent = lent || (r != NULL && r->resources);
	}
	nrt_records_unlock();
	return lent;
}

void nrt_filter_track_indicate(struct nrt_filter *f, NET_BUFFER_LIST **chain, ULONG *n,
			       ULONG *flags)
{
	ULONG length = 0;

	for (NET_BUFFER_LIST *nbl = *chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		length++;
	if (length != *n)
		nrt_violation("FL-RCV-02", "%s says %u NBLs, the chain has %u", name_of(f), *n,
			      length);
	*n = sift(f, chain, *flags, check_indicated);
	nrt_receiveform_check("FL-RCV-04", name_of(f), *chain, *flags);
	if (is_lent(*chain))
		*flags |= NDIS_RECEIVE_FLAGS_RESOURCES;
}

void nrt_filter_track_resources_end(struct nrt_filter *f, NET_BUFFER_LIST *chain)
{
	struct nrt_record r;

	nrt_records_lock();
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
		struct nrt_record *found = nrt_record_find(chain);

		if (found != NULL && found->source == f)
			nrt_record_take(f->adapter, chain, NRT_RECEIVING, &r);
		else if (found != NULL)
			found->owner = f;
	}
	nrt_records_unlock();
}

static bool check_returned(struct nrt_filter *f, NET_BUFFER_LIST *nbl, ULONG flags)
{
	const struct nrt_record *r = nrt_record_find(nbl);

	(void)flags;
	if (r == NULL || r->direction != NRT_RECEIVING || r->owner != f) {
		nrt_violation(nbl->SourceHandle == f ? "FL-RCV-03" : "FL-RCV-02",
			      "%s returns NBL %p, which it does not have", name_of(f), (void *)nbl);
		return false;
	}
	if (r->resources) {
		nrt_violation("FL-RCV-01", "%s returns NBL %p, which came with RESOURCES",
			      name_of(f), (void *)nbl);
		return false;
	}
	nrt_track_returned(f->adapter, nbl, f->down.returned_to);
	return true;
}

void nrt_filter_track_return(struct nrt_filter *f, NET_BUFFER_LIST **chain)
{
	sift(f, chain, 0, check_returned);
}

/* -------------------------------------------------------------------- the rest */

struct count {
	const struct nrt_filter *filter;
	unsigned int own, sends, receives;
};

static bool add(struct nrt_record *r, void *arg)
{
	struct count *c = arg;

	if (r->source == c->filter)
		c->own++;
	else if (r->owner == c->filter)
		++*(r->direction == NRT_SENDING ? &c->sends : &c->receives);
	return false;
}

static struct count count(const struct nrt_filter *f)
{
	struct count c = { .filter = f };

	nrt_records_lock();
	nrt_records_each(add, &c);
	nrt_records_unlock();
	return c;
}

static void report(const struct nrt_filter *f, const char *rule, unsigned int n, const char *what)
{
	if (n != 0)
		nrt_violation(rule, "%s on %s: %u %s", name_of(f), f->adapter->device.name, n,
			      what);
}

#define OWN "NBLs of its own are not back"
#define SENDS "sends of others are held"
#define RECEIVES "received NBLs are held"

void nrt_filter_track_paused(const struct nrt_filter *f)
{
	struct count c;

	if (!nrt_verifying)
		return;
	c = count(f);
	report(f, "FL-PAU-02", c.own, OWN);
	report(f, "FL-PAU-03", c.sends, SENDS);
}

void nrt_filters_track_quiet(const struct nrt_adapter *a)
{
	if (!nrt_verifying)
		return;
	for (const struct nrt_filter *f = a->filters; f != NULL; f = f->above)
		report(f, "FL-PAU-03", count(f).receives, RECEIVES);
}

void nrt_filter_track_detaching(const struct nrt_filter *f)
{
	struct count c;

	if (!nrt_verifying)
		return;
	c = count(f);
	report(f, "FL-DET-01", c.own, OWN);
	report(f, "FL-DET-01", c.sends, SENDS);
	report(f, "FL-DET-01", c.receives, RECEIVES);
}
