/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NBLs that are back with their miniport, in a hash table by address. On the data path of a
 * verified runtime, from any thread: it takes a lock and allocates. A miniport that loses one
 * is found when it frees the pool, which it would not if it knew of it.
 */
#include "nblback.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "../verifier.h"
#include "adapter.h"

#define BUCKETS 4096

struct back {
	struct back *next;
	const NET_BUFFER_LIST *nbl;
	NDIS_HANDLE pool;              /* as it was then: @nbl may be nobody's memory by now */
	const struct nrt_adapter *adapter;
	bool pausing;                  /* it was, when @nbl came */
};

static struct back *buckets[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct back **bucket_of(const NET_BUFFER_LIST *nbl)
{
	return &buckets[((uintptr_t)nbl >> 4) * 0x9E3779B97F4A7C15ull >> 52];
}

/* Under lock. Where the pointer to @nbl's is, or would be. */
static struct back **find(const NET_BUFFER_LIST *nbl)
{
	struct back **link = bucket_of(nbl);

	while (*link != NULL && (*link)->nbl != nbl)
		link = &(*link)->next;
	return link;
}

void nrt_back_note(struct nrt_adapter *a, const NET_BUFFER_LIST *nbl)
{
	struct back **link;

	pthread_mutex_lock(&lock);
	link = find(nbl);
	if (*link == NULL)
		*link = calloc(1, sizeof(**link));
	if (*link != NULL) { /* else it goes unseen */
		(*link)->nbl = nbl;
		(*link)->pool = nbl->NdisPoolHandle;
		(*link)->adapter = a;
		(*link)->pausing = atomic_load(&a->state) == NRT_PAUSING;
	}
	pthread_mutex_unlock(&lock);
}

/* Under lock. */
static void take_out(struct back **link)
{
	struct back *b = *link;

	*link = b->next;
	free(b);
}

void nrt_back_end(const NET_BUFFER_LIST *nbl)
{
	struct back **link;

	pthread_mutex_lock(&lock);
	link = find(nbl);
	if (*link != NULL)
		take_out(link);
	pthread_mutex_unlock(&lock);
}

void nrt_back_check(NDIS_HANDLE pool)
{
	const char *name = NULL;
	unsigned int running = 0, pausing = 0;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < BUCKETS; i++)
		for (const struct back *b = buckets[i]; b != NULL; b = b->next)
			if (b->pool == pool) {
				name = b->adapter->device.name;
				++*(b->pausing ? &pausing : &running);
			}
	pthread_mutex_unlock(&lock);
	if (running != 0)
		nrt_violation("MP-RET-01", "%s did not take back %u of the NBLs returned to it: it "
			      "frees their pool and not them", name, running);
	if (pausing != 0)
		nrt_violation("MP-RET-02", "%s did not take back %u NBLs returned to it while it "
			      "paused: it frees their pool and not them", name, pausing);
}

void nrt_back_forget(const struct nrt_adapter *a)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < BUCKETS; i++)
		for (struct back **link = &buckets[i]; *link != NULL;)
			if ((*link)->adapter == a)
				take_out(link);
			else
				link = &(*link)->next;
	pthread_mutex_unlock(&lock);
}
