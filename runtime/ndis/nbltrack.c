/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shadow records of NBLs under way, in a hash table by address. Called on the
 * data path of a verified runtime, from any thread.
 */
#include "nbltrack.h"

#include <pthread.h>
#include <stdlib.h>

#include "../verifier.h"

#define BUCKETS 4096

enum direction { SENDING, RECEIVING };

struct record {
	struct record *next;
	const NET_BUFFER_LIST *nbl;
	struct nrt_adapter *adapter;
	const struct nrt_binding *binding; /* sender; owner of a received NBL, NULL: none */
	NDIS_HANDLE source;
	NET_BUFFER_LIST *link;             /* Next, as the miniport indicated it */
	uint64_t fingerprint;
	uint64_t private_print;
	enum direction direction;
	bool resources;
};

static struct record *buckets[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct record **bucket_of(const NET_BUFFER_LIST *nbl)
{
	return &buckets[((uintptr_t)nbl >> 4) * 0x9E3779B97F4A7C15ull >> 52];
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x100000001B3ull;
}

/* The NB list, the MDL chains and every length: what must come back as it went. */
static uint64_t fingerprint(NET_BUFFER_LIST *nbl)
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

/* What belongs to the originator of a send (MP-SND-10). */
static uint64_t private_print(const NET_BUFFER_LIST *nbl)
{
	uint64_t hash = mix(0xCBF29CE484222325ull, (uintptr_t)nbl->ParentNetBufferList);

	for (unsigned int i = 0; i < RTL_NUMBER_OF(nbl->ProtocolReserved); i++)
		hash = mix(hash, (uintptr_t)nbl->ProtocolReserved[i]);
	return hash;
}

static struct record *find(const NET_BUFFER_LIST *nbl)
{
	struct record *r = *bucket_of(nbl);

	while (r != NULL && r->nbl != nbl)
		r = r->next;
	return r;
}

/* Begin a record. False when there is one already, which breaks @rule: @nbl
 * belongs to somebody else. Under lock. */
static bool begin(struct nrt_adapter *a, NET_BUFFER_LIST *nbl, enum direction direction,
		  const char *rule, struct record **out)
{
	struct record *r;

	*out = NULL;
	if (find(nbl) != NULL) {
		nrt_violation(rule, "NBL %p is under way already", (void *)nbl);
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
	r->fingerprint = fingerprint(nbl);
	r->private_print = private_print(nbl);
	*out = r;
	return true;
}

/* Take @nbl's record out of the table if it is @a's in @direction. Under lock. */
static bool take(struct nrt_adapter *a, const NET_BUFFER_LIST *nbl, enum direction direction,
		 struct record *out)
{
	struct record **link = bucket_of(nbl);
	struct record *r;

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

	pthread_mutex_lock(&lock);
	while (*link != NULL) {
		NET_BUFFER_LIST *nbl = *link;

		if (check(giver, nbl)) {
			link = &NET_BUFFER_LIST_NEXT_NBL(nbl);
			n++;
		} else {
			*link = NET_BUFFER_LIST_NEXT_NBL(nbl);
		}
	}
	pthread_mutex_unlock(&lock);
	return n;
}

/* -------------------------------------------------------------------- sending */

static bool check_sent(const struct giver *g, NET_BUFFER_LIST *nbl)
{
	struct record *r;

	if (!begin(g->adapter, nbl, SENDING, "PR-SND-02", &r))
		return false;
	if (nbl->SourceHandle != g->binding)
		nrt_violation("PR-SND-01", "sent NBL %p: SourceHandle is not the binding",
			      (void *)nbl);
	if (nbl->NdisPoolHandle == NULL)
		nrt_violation("PR-SND-01", "sent NBL %p is from no NDIS pool", (void *)nbl);
	/* The binding it is sent on gets it back, whatever it claims to be. */
	nbl->SourceHandle = g->binding;
	if (r != NULL) {
		r->source = g->binding;
		r->binding = g->binding;
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

static bool check_completed(const struct giver *g, NET_BUFFER_LIST *nbl)
{
	struct record r;

	if (!take(g->adapter, nbl, SENDING, &r)) {
		nrt_violation(atomic_load(&g->adapter->state) == NRT_INITIALIZING ? "MP-INI-06" :
										    "MP-SND-02",
			      "completed NBL %p is no send of this adapter's", (void *)nbl);
		return false;
	}
	if (NET_BUFFER_LIST_STATUS(nbl) == NDIS_STATUS_PENDING)
		nrt_violation("MP-SND-05", "completed NBL %p has no final status", (void *)nbl);
	if (nbl->SourceHandle != r.source || private_print(nbl) != r.private_print) {
		nrt_violation("MP-SND-10", "what is the sender's in NBL %p was changed",
			      (void *)nbl);
		nbl->SourceHandle = r.source;
	}
	if (fingerprint(nbl) != r.fingerprint)
		nrt_violation("MP-SND-04", "NBL %p came back with other buffers", (void *)nbl);
	return true;
}

void nrt_track_complete(struct nrt_adapter *a, NET_BUFFER_LIST **chain, ULONG *n)
{
	const struct giver giver = { a, NULL, 0 };

	*n = filter_chain(&giver, chain, check_completed);
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
	if (nbl->SourceHandle != a)
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
	struct record *r;

	if (!begin(g->adapter, nbl, RECEIVING, "MP-RCV-04", &r))
		return false;
	check_form(g->adapter, nbl);
	if (r != NULL)
		r->resources = g->flags & NDIS_RECEIVE_FLAGS_RESOURCES;
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
	pthread_mutex_lock(&lock);
	for (NET_BUFFER_LIST *nbl = *chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		struct record *r = find(nbl);

		if (r != NULL)
			r->link = NET_BUFFER_LIST_NEXT_NBL(nbl);
	}
	pthread_mutex_unlock(&lock);
}

void nrt_track_deliver(struct nrt_binding *b, NET_BUFFER_LIST *chain)
{
	pthread_mutex_lock(&lock);
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
		struct record *r = find(chain);

		if (r != NULL)
			r->binding = b;
	}
	pthread_mutex_unlock(&lock);
}

static void check_unchanged(NET_BUFFER_LIST *nbl, const struct record *r)
{
	if (fingerprint(nbl) != r->fingerprint)
		nrt_violation("PR-RCV-03", "received NBL %p came back with other buffers",
			      (void *)nbl);
}

static bool check_returned(const struct giver *g, NET_BUFFER_LIST *nbl)
{
	const struct record *found = find(nbl);
	struct record r;

	if (found == NULL || found->direction != RECEIVING || found->adapter != g->adapter) {
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
	if (take(g->adapter, nbl, RECEIVING, &r))
		check_unchanged(nbl, &r);
	return true;
}

void nrt_track_return(struct nrt_binding *b, NET_BUFFER_LIST **chain, ULONG *n)
{
	const struct giver giver = { b->adapter, b, 0 };

	*n = filter_chain(&giver, chain, check_returned);
}

void nrt_track_give_back(struct nrt_adapter *a, NET_BUFFER_LIST *chain)
{
	struct record r;

	pthread_mutex_lock(&lock);
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		take(a, chain, RECEIVING, &r);
	pthread_mutex_unlock(&lock);
}

void nrt_track_resources_end(struct nrt_adapter *a, NET_BUFFER_LIST *chain)
{
	bool relinked = false;
	struct record r;

	pthread_mutex_lock(&lock);
	while (chain != NULL && take(a, chain, RECEIVING, &r)) {
		check_unchanged(chain, &r);
		relinked = relinked || NET_BUFFER_LIST_NEXT_NBL(chain) != r.link;
		NET_BUFFER_LIST_NEXT_NBL(chain) = r.link;
		chain = r.link;
	}
	pthread_mutex_unlock(&lock);
	if (relinked)
		nrt_violation("PR-RCV-02", "a chain received with RESOURCES came back relinked");
}

/* ------------------------------------------------------------------- the rest */

void nrt_track_count(const struct nrt_binding *b, ULONG *sends, ULONG *receives)
{
	*sends = 0;
	*receives = 0;
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < BUCKETS; i++)
		for (const struct record *r = buckets[i]; r != NULL; r = r->next)
			if (r->binding == b)
				++*(r->direction == SENDING ? sends : receives);
	pthread_mutex_unlock(&lock);
}

ULONG nrt_track_sends(const struct nrt_adapter *a)
{
	ULONG n = 0;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < BUCKETS; i++)
		for (const struct record *r = buckets[i]; r != NULL; r = r->next)
			n += r->adapter == a && r->direction == SENDING;
	pthread_mutex_unlock(&lock);
	return n;
}

void nrt_track_forget(struct nrt_adapter *a, ULONG *sends, ULONG *receives)
{
	*sends = 0;
	*receives = 0;
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < BUCKETS; i++) {
		struct record **link = &buckets[i];

		while (*link != NULL) {
			struct record *r = *link;

			if (r->adapter != a) {
				link = &r->next;
				continue;
			}
			++*(r->direction == SENDING ? sends : receives);
			*link = r->next;
			free(r);
		}
	}
	pthread_mutex_unlock(&lock);
}
