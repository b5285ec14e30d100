/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Items come from and go to the calling worker's cache, which trades batches
 * with the shared list under a lock. Any thread, IRQL <= DISPATCH_LEVEL; only
 * init and fini want the pool for themselves.
 */
#include "itempool.h"

#include "../ke/memory.h"
#include "../thread.h"

/* A batch is what a worker takes from or gives to the shared list at once. */
#define BATCH 32u
#define CACHE_MAX 128u

#define LINE 64u
#define SLAB_BYTES 65536u
#define SLAB_MIN_ITEMS 8u

struct nrt_item_slab {
	struct nrt_item_slab *next;
	size_t items;
};

void nrt_item_pool_init(struct nrt_item_pool *pool, size_t size, uint32_t tag,
			void (*build)(void *item, void *context), void *context)
{
	size_t lines = (sizeof(struct nrt_item) + size + LINE - 1) / LINE;

	pool->size = size;
	pool->tag = tag;
	/* an odd stride in lines spreads the items over the cache's sets */
	pool->stride = (lines | 1) * LINE;
	pool->build = build;
	pool->context = context;
}

/* One writer, so a plain add; release: nrt_item_pool_live()'s acquire sees
 * everything the worker did to the items it counts. */
static void count_worker(struct nrt_item_cache *cache, int64_t change)
{
	int64_t live = atomic_load_explicit(&cache->live, memory_order_relaxed);

	atomic_store_explicit(&cache->live, live + change, memory_order_release);
}

#ifdef NRT_ASAN

static void count_shared(struct nrt_item_pool *pool, int64_t change)
{
	nrt_spin_lock(&pool->lock);
	pool->live += change;
	nrt_spin_unlock(&pool->lock);
}

static void count(struct nrt_item_pool *pool, int64_t change)
{
	if (nrt_self.worker >= 0)
		count_worker(&pool->cache[nrt_self.worker], change);
	else
		count_shared(pool, change);
}

void *nrt_item_get(struct nrt_item_pool *pool)
{
	struct nrt_item *item = nrt_memory_zalloc(sizeof(*item) + pool->size, pool->tag, NULL);

	if (item == NULL)
		return NULL;
	if (pool->build != NULL)
		pool->build(item + 1, pool->context);
	item->state = NRT_ITEM_LIVE;
	count(pool, 1);
	return item + 1;
}

void nrt_item_put(struct nrt_item_pool *pool, void *item)
{
	nrt_memory_free(nrt_item_of(item), pool->tag);
	count(pool, -1);
}

void nrt_item_pool_fini(struct nrt_item_pool *pool)
{
	(void)pool;
}

bool nrt_item_pool_has(struct nrt_item_pool *pool, const void *item)
{
	(void)pool;
	return !nrt_item_poisoned(item);
}

#else

/* An item's own head ends a line, so that what the driver gets begins one. */
#define FIRST_ITEM (2 * LINE - sizeof(struct nrt_item))

static struct nrt_item *slab_item(struct nrt_item_pool *pool, struct nrt_item_slab *slab, size_t i)
{
	return (struct nrt_item *)((char *)slab + FIRST_ITEM + i * pool->stride);
}

/* Memory is taken outside the lock: the platform may take its time. */
static bool grow(struct nrt_item_pool *pool)
{
	size_t items = SLAB_BYTES / pool->stride;
	struct nrt_item *first = NULL, *last;
	struct nrt_item_slab *slab;

	if (items < SLAB_MIN_ITEMS)
		items = SLAB_MIN_ITEMS;
	slab = nrt_memory_zalloc(FIRST_ITEM + items * pool->stride, pool->tag, NULL);
	if (slab == NULL)
		return false;
	slab->items = items;
	last = slab_item(pool, slab, items - 1);
	for (size_t i = items; i-- > 0;) {
		struct nrt_item *item = slab_item(pool, slab, i);

		if (pool->build != NULL)
			pool->build(item + 1, pool->context);
		item->next = first;
		first = item;
	}
	nrt_spin_lock(&pool->lock);
	slab->next = pool->slabs;
	pool->slabs = slab;
	last->next = pool->free;
	pool->free = first;
	nrt_spin_unlock(&pool->lock);
	return true;
}

/* Take up to @max items off the shared list, counted out at once when @out. */
static struct nrt_item *take(struct nrt_item_pool *pool, uint32_t max, uint32_t *taken, bool out)
{
	struct nrt_item *first, *item;
	uint32_t n = 0;

	nrt_spin_lock(&pool->lock);
	first = item = pool->free;
	if (first != NULL) {
		for (n = 1; n < max && item->next != NULL; n++)
			item = item->next;
		pool->free = item->next;
		item->next = NULL;
	}
	if (out)
		pool->live += n;
	nrt_spin_unlock(&pool->lock);
	*taken = n;
	return first;
}

static struct nrt_item *take_or_grow(struct nrt_item_pool *pool, uint32_t max, uint32_t *taken,
				     bool out)
{
	struct nrt_item *first;

	while ((first = take(pool, max, taken, out)) == NULL)
		if (!grow(pool))
			return NULL;
	return first;
}

void *nrt_item_get(struct nrt_item_pool *pool)
{
	struct nrt_item *item;
	uint32_t taken;

	if (nrt_self.worker >= 0) {
		struct nrt_item_cache *cache = &pool->cache[nrt_self.worker];

		if (cache->first == NULL) {
			cache->first = take_or_grow(pool, BATCH, &taken, false);
			if (cache->first == NULL)
				return NULL;
			cache->count = taken;
		}
		item = cache->first;
		cache->first = item->next;
		cache->count--;
		count_worker(cache, 1);
	} else {
		item = take_or_grow(pool, 1, &taken, true);
		if (item == NULL)
			return NULL;
	}
	item->state = NRT_ITEM_LIVE;
	return item + 1;
}

static void give(struct nrt_item_pool *pool, struct nrt_item *first, struct nrt_item *last,
		 int64_t live)
{
	nrt_spin_lock(&pool->lock);
	last->next = pool->free;
	pool->free = first;
	pool->live += live;
	nrt_spin_unlock(&pool->lock);
}

/* Half of a full cache goes back: another worker may be the one that gets. */
static void spill(struct nrt_item_pool *pool, struct nrt_item_cache *cache)
{
	struct nrt_item *first = cache->first, *last = first;

	for (uint32_t i = 1; i < CACHE_MAX / 2; i++)
		last = last->next;
	cache->first = last->next;
	cache->count -= CACHE_MAX / 2;
	give(pool, first, last, 0);
}

void nrt_item_put(struct nrt_item_pool *pool, void *object)
{
	struct nrt_item *item = nrt_item_of(object);

	item->state = NRT_ITEM_FREE;
	if (nrt_self.worker >= 0) {
		struct nrt_item_cache *cache = &pool->cache[nrt_self.worker];

		item->next = cache->first;
		cache->first = item;
		count_worker(cache, -1);
		if (++cache->count > CACHE_MAX)
			spill(pool, cache);
	} else {
		give(pool, item, item, -1);
	}
}

void nrt_item_pool_fini(struct nrt_item_pool *pool)
{
	while (pool->slabs != NULL) {
		struct nrt_item_slab *slab = pool->slabs;

		pool->slabs = slab->next;
		nrt_memory_free(slab, pool->tag);
	}
}

bool nrt_item_pool_has(struct nrt_item_pool *pool, const void *object)
{
	const char *at = (const char *)nrt_item_of(object);
	bool has = false;

	nrt_spin_lock(&pool->lock);
	for (struct nrt_item_slab *s = pool->slabs; s != NULL && !has; s = s->next) {
		const char *first = (const char *)slab_item(pool, s, 0);

		has = at >= first && at < first + s->items * pool->stride &&
		      (size_t)(at - first) % pool->stride == 0;
	}
	nrt_spin_unlock(&pool->lock);
	return has;
}

#endif

uint64_t nrt_item_pool_live(struct nrt_item_pool *pool)
{
	int64_t live;

	nrt_spin_lock(&pool->lock);
	live = pool->live;
	nrt_spin_unlock(&pool->lock);
	for (unsigned int i = 0; i < NRT_MAX_WORKERS; i++)
		live += atomic_load_explicit(&pool->cache[i].live, memory_order_acquire);
	return live > 0 ? (uint64_t)live : 0;
}
