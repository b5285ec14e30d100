/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of NBLs under way. Only when nrt_verifying is set: it takes a lock and
 * allocates, as nothing on the plain path does.
 */
#include "nblrecord.h"

#include <pthread.h>
#include <stdlib.h>

#include "../verifier.h"
#include "adapter.h"
#include "binding.h"
#include "culprit.h"
#include "filter.h"
#include "protocol.h"
#include "switch.h"

#define BUCKETS 4096

static struct nrt_record *buckets[BUCKETS];
static struct nrt_cancelling *cancelling; /* each on its caller's stack */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void nrt_records_lock(void)
{
	pthread_mutex_lock(&lock);
}

void nrt_records_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static struct nrt_record **bucket_of(const NET_BUFFER_LIST *nbl)
{
	return &buckets[((uintptr_t)nbl >> 4) * 0x9E3779B97F4A7C15ull >> 52];
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x100000001B3ull;
}

uint64_t nrt_nbl_fingerprint(NET_BUFFER_LIST *nbl)
{
	uint64_t hash = 0xCBF29CE484222325ull;

	for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb != NULL;
	     nb = NET_BUFFER_NEXT_NB(nb)) {
		hash = mix(hash, (uintptr_t)nb);
		hash = mix(hash, NET_BUFFER_DATA_LENGTH(nb));
		hash = mix(hash, NET_BUFFER_DATA_OFFSET(nb));
		hash = mix(hash, (uintptr_t)NET_BUFFER_CURRENT_MDL(nb));
		hash = mix(hash, NET_BUFFER_CURRENT_MDL_OFFSET(nb));
		for (MDL *mdl = NET_BUFFER_FIRST_MDL(nb); mdl != NULL; mdl = mdl->Next) {
			hash = mix(hash, (uintptr_t)mdl);
			hash = mix(hash, mdl->ByteCount);
		}
	}
	return hash;
}

uint64_t nrt_nbl_private_print(const NET_BUFFER_LIST *nbl)
{
	uint64_t hash = mix(0xCBF29CE484222325ull, (uintptr_t)nbl->ParentNetBufferList);

	for (unsigned int i = 0; i < RTL_NUMBER_OF(nbl->ProtocolReserved); i++)
		hash = mix(hash, (uintptr_t)nbl->ProtocolReserved[i]);
	return hash;
}

struct nrt_record *nrt_record_find(const NET_BUFFER_LIST *nbl)
{
	struct nrt_record *r = *bucket_of(nbl);

	while (r != NULL && r->nbl != nbl)
		r = r->next;
	return r;
}

/* NDIS stops the system for an indication only. Its originator names itself in the NBL, if
 * it does so at all. */
static void report_in_use(struct nrt_adapter *a, const NET_BUFFER_LIST *nbl,
			  enum nrt_direction direction, const char *rule)
{
	const struct nrt_filter *f = a->filters;
	struct nrt_culprit who;

	if (direction == NRT_SENDING) {
		nrt_violation(rule, "NBL %p is under way already", (const void *)nbl);
		return;
	}
	while (f != NULL && nbl->SourceHandle != f)
		f = f->above;
	who = f != NULL ? nrt_culprit_of(f, "NdisFIndicateReceiveNetBufferLists") :
			  nrt_culprit_of(a, "NdisMIndicateReceiveNetBufferLists");
	nrt_bug_check(rule, "0x7C/0x05", &who, "NBL %p is under way already", (const void *)nbl);
}

/* True when an intermediate driver has @r's NBL from one of its edges and hands it on at the
 * other, @a's (IM-05, IM-06): a record above the one there is, until it comes back. */
static bool is_passed_on(const struct nrt_record *r, const struct nrt_adapter *a,
			 enum nrt_direction direction)
{
	if (r->direction != direction || r->adapter == a)
		return false;
	if (direction == NRT_SENDING)
		return r->adapter->instance != NULL && r->owner == r->adapter;
	/* No binding: it was shown to several, with RESOURCES. */
	return a->instance != NULL &&
	       (r->binding == NULL || r->binding->protocol->intermediate == a->driver);
}

/* True when an extensible switch indicates the send that it has been given: a record above that
 * one, until it comes back. */
static bool is_turned_round(const struct nrt_record *r, const struct nrt_adapter *a,
			    enum nrt_direction direction)
{
	return nrt_switch_of(a) != NULL && direction == NRT_RECEIVING &&
	       r->direction == NRT_SENDING && r->owner == a;
}

void nrt_record_cancelling(struct nrt_cancelling *c)
{
	c->next = cancelling;
	cancelling = c;
}

void nrt_record_cancelled(struct nrt_cancelling *c)
{
	struct nrt_cancelling **link = &cancelling;

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
}

static bool is_cancelled(const struct nrt_adapter *a, const NET_BUFFER_LIST *nbl)
{
	const struct nrt_cancelling *c = cancelling;

	while (c != NULL &&
	       (c->adapter != a || c->id != NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl)))
		c = c->next;
	return c != NULL;
}

bool nrt_record_begin(struct nrt_adapter *a, NET_BUFFER_LIST *nbl, enum nrt_direction direction,
		      const char *rule, struct nrt_record **out)
{
	struct nrt_record *r = nrt_record_find(nbl);

	*out = NULL;
	if (r != NULL && !is_passed_on(r, a, direction) && !is_turned_round(r, a, direction)) {
		report_in_use(a, nbl, direction, rule);
		return false;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return true;
	r->next = *bucket_of(nbl);
	*bucket_of(nbl) = r;
	r->nbl = nbl;
	r->adapter = a;
	r->source = nbl->SourceHandle;
	r->direction = direction;
	r->fingerprint = nrt_nbl_fingerprint(nbl);
	r->private_print = nrt_nbl_private_print(nbl);
	r->cancelled = direction == NRT_SENDING && is_cancelled(a, nbl);
	*out = r;
	return true;
}

bool nrt_record_take(struct nrt_adapter *a, const NET_BUFFER_LIST *nbl,
		     enum nrt_direction direction, struct nrt_record *out)
{
	struct nrt_record **link = bucket_of(nbl);
	struct nrt_record *r;

	while (*link != NULL && (*link)->nbl != nbl)
		link = &(*link)->next;
	r = *link;
	if (r == NULL || r->adapter != a || r->direction != direction)
		return false;
	*out = *r;
	*link = r->next;
	free(r);
	return true;
}

void nrt_records_each(bool (*fn)(struct nrt_record *, void *), void *arg)
{
	for (unsigned int i = 0; i < BUCKETS; i++) {
		struct nrt_record **link = &buckets[i];

		while (*link != NULL) {
			struct nrt_record *r = *link;

			if (!fn(r, arg)) {
				link = &r->next;
				continue;
			}
			*link = r->next;
			free(r);
		}
	}
}

void nrt_records_look(void (*fn)(struct nrt_record *, void *), void *arg)
{
	for (unsigned int i = 0; i < BUCKETS; i++)
		for (struct nrt_record *r = buckets[i]; r != NULL; r = r->next)
			fn(r, arg);
}
