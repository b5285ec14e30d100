/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffer pools and their mempool ops. enqueue is called by PMDs when they let go
 * of an mbuf: inside tx_burst, tx_done_cleanup or dev_stop. It only collects;
 * nothing calls up from here.
 */
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include <nrt/nrt_lower.h>

#include "txq.h"

#define OPS_NAME "pollport_nbl"

__thread int pmb_self = PMB_NOBODY;
_Atomic unsigned int pmb_pool_epoch;
__thread struct pmb_txq *pmb_bursting;

/* @n buffers, linked from @first to @last. */
static void inbox_push(struct pmb_pool *pool, struct pmb_buf *first, struct pmb_buf *last,
		       uint64_t n, _Atomic uint64_t *pushed)
{
	struct pmb_buf *head = NULL;

	/* As in pmb_nblqueue_push, the first try takes the inbox for empty. */
	last->link = NULL;
	/* Releases the buffers to pmb_pool_drain's acquire. */
	while (!atomic_compare_exchange_weak_explicit(&pool->inbox, &head, first,
						      memory_order_release, memory_order_relaxed))
		last->link = head;
	/* Last, and a release: an orphan whose buffers are all counted is freed. */
	atomic_fetch_add_explicit(pushed, n, memory_order_release);
}

static inline void stack_push(struct pmb_pool *pool, struct rte_mbuf *m)
{
	uint32_t top = pmb_pool_top(pool);

	pool->stack[top] = m;
	pmb_pool_set_top(pool, top + 1);
}

void pmb_pool_drain(struct pmb_pool *pool)
{
	struct pmb_buf *buf;

	if (atomic_load_explicit(&pool->inbox, memory_order_relaxed) == NULL)
		return;
	buf = atomic_exchange_explicit(&pool->inbox, NULL, memory_order_acquire);
	while (buf != NULL) {
		struct pmb_buf *next = buf->link;
		struct rte_mbuf *m = pmb_mbuf_of(buf);

		if (pmb_hot(m)->marks & PMB_MARK_RETURNED) { /* by pmb_pool_put, from above */
			pmb_hot(m)->marks = 0;
			pmb_count(&pool->above_put, 1);
			pmb_count(&pool->drained_above, 1);
		} else {
			pmb_count(&pool->pmd_put, 1);
			pmb_count(&pool->drained_pmd, 1);
		}
		stack_push(pool, m);
		buf = next;
	}
}

void pmb_pool_put(struct rte_mbuf *m)
{
	struct pmb_pool *pool = m->pool->pool_data;

	if (likely(pmb_pool_own(pool))) {
		pmb_count(&pool->above_put, 1);
		stack_push(pool, m);
	} else {
		pmb_hot(m)->marks = PMB_MARK_RETURNED;
		inbox_push(pool, pmb_buf_of(m), pmb_buf_of(m), 1, &pool->pushed_above);
	}
}

void pmb_pool_put_elsewhere(struct pmb_pool *pool, struct pmb_buf *first, struct pmb_buf *last,
			    uint64_t n)
{
	inbox_push(pool, first, last, n, &pool->pushed_above);
}

/* A buffer that carries no send and that NDIS does not hold is free again. */
static inline void recycle(struct pmb_pool *pool, struct rte_mbuf *m)
{
	if (likely(pmb_pool_own(pool))) {
		pmb_count(&pool->pmd_put, 1);
		stack_push(pool, m);
	} else {
		inbox_push(pool, pmb_buf_of(m), pmb_buf_of(m), 1, &pool->pushed_pmd);
	}
}

void pmb_pool_put_lent(struct rte_mbuf *m)
{
	struct pmb_pool *pool = m->pool->pool_data;
	uintptr_t *word = &pmb_hot(m)->send;
	uintptr_t send = __atomic_load_n(word, __ATOMIC_ACQUIRE);

	while (send != 0) {
		/* Before the exchange: from then on the PMD's side may count it down. */
		atomic_fetch_add_explicit(&pool->lent, 1, memory_order_relaxed);
		/* Pairs with pmb_send_finished's exchange. */
		if (__atomic_compare_exchange_n(word, &send, send | PMB_SEND_RETURNED, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return;
		atomic_fetch_sub_explicit(&pool->lent, 1, memory_order_relaxed);
	}
	pmb_pool_put(m);
}

void pmb_pool_let_go(struct rte_mbuf *m, uintptr_t send)
{
	struct pmb_pool *pool = m->pool->pool_data;

	if (send & PMB_SEND_RETURNED) {
		atomic_fetch_sub_explicit(&pool->lent, 1, memory_order_relaxed);
		pmb_pool_put(m);
	} else if (pool->transmit) {
		recycle(pool, m);
	}
}

/* The end of a plain send of received memory, told by the very queue it went to;
 * false: it is something else, and nothing was done. */
static inline bool let_go_plain(const struct pmb_pool *pool, struct rte_mbuf *m)
{
	struct pmb_hot *hot = pmb_hot(m);
	uintptr_t send = hot->send;
	struct pmb_txq *q = hot->txq;

	if (unlikely(send == 0 || (send & (PMB_SEND_RETURNED | PMB_SEND_HELD)) ||
		     q != pmb_bursting || pool->transmit))
		return false;
	hot->send = 0;
	if (!pmb_send_over(q, send))
		q->let_go_quietly++;
	return true;
}

/* Anything else that a PMD frees. A send that is not over belongs to its queue's owner;
 * one that evidence ended concerns nobody but the buffer. */
static void let_go_special(struct pmb_pool *pool, struct rte_mbuf *m)
{
	uintptr_t send = __atomic_load_n(&pmb_hot(m)->send, __ATOMIC_RELAXED);
	struct pmb_txq *q = pmb_hot(m)->txq;

	if (send == 0)
		recycle(pool, m);
	else if ((send & PMB_SEND_HELD) ||
		 likely(atomic_load_explicit(&q->owner, memory_order_relaxed) == pmb_self))
		pmb_pool_let_go(m, pmb_send_finished(q, m));
	else
		pmb_txq_sent_elsewhere(q, m);
}

static __attribute__((noinline)) int let_go_many(struct pmb_pool *pool, void *const *objs,
						 unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!let_go_plain(pool, objs[i]))
			let_go_special(pool, objs[i]);
	return 0;
}

/* Most PMDs free one at a time: that way needs no stack frame. */
static int pool_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
	struct pmb_pool *pool = mp->pool_data;

	if (likely(n == 1 && let_go_plain(pool, objs[0])))
		return 0;
	return let_go_many(pool, objs, n);
}

static int pool_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
	struct pmb_pool *pool = mp->pool_data;
	uint32_t top = pmb_pool_top(pool);

	if (unlikely(top < n)) {
		pmb_pool_drain(pool);
		top = pmb_pool_top(pool);
		if (top < n)
			return -ENOBUFS;
	}
	top -= n;
	pmb_pool_set_top(pool, top);
	pmb_count(&pool->taken, n);
	memcpy(objs, &pool->stack[top], n * sizeof(objs[0]));
	return 0;
}

void pmb_pool_inbox_count(const struct pmb_pool *pool, uint32_t *pmd, uint32_t *above)
{
	*pmd = (uint32_t)(pool->pushed_pmd - pool->drained_pmd);
	*above = (uint32_t)(pool->pushed_above - pool->drained_above);
}

uint32_t pmb_pool_free_count(const struct pmb_pool *pool)
{
	uint32_t pmd, above;

	pmb_pool_inbox_count(pool, &pmd, &above);
	return pmb_pool_top(pool) + pmd + above;
}

static unsigned int pool_get_count(const struct rte_mempool *mp)
{
	return pmb_pool_free_count(mp->pool_data);
}

static int pool_alloc(struct rte_mempool *mp)
{
	mp->pool_data = mp->pool_config;
	return 0;
}

static void pool_free(struct rte_mempool *mp)
{
	mp->pool_data = NULL;
}

static int register_field(void)
{
	static const struct rte_mbuf_dynfield field = {
		.name = "pollport_dynfield_send",
		.size = sizeof(struct pmb_hot),
		.align = _Alignof(struct pmb_hot),
	};

	return rte_mbuf_dynfield_register_offset(&field, PMB_HOT_OFFSET) < 0 ? -rte_errno : 0;
}

int pmb_pool_register(void)
{
	static const struct rte_mempool_ops ops = {
		.name = OPS_NAME,
		.alloc = pool_alloc,
		.free = pool_free,
		.enqueue = pool_enqueue,
		.dequeue = pool_dequeue,
		.get_count = pool_get_count,
	};
	int index = rte_mempool_register_ops(&ops);

	return index < 0 ? index : register_field();
}

static void set_mdl(struct pmb_buf *buf, const struct rte_mbuf *m)
{
	uintptr_t va = (uintptr_t)m->buf_addr;
	rte_iova_t iova = rte_mbuf_iova_get(m);

	buf->mdl.MappedSystemVa = m->buf_addr;
	buf->mdl.StartVa = (void *)(va & ~(uintptr_t)(PAGE_SIZE - 1));
	buf->mdl.ByteOffset = (ULONG)(va & (PAGE_SIZE - 1));
	buf->mdl.ByteCount = m->buf_len;
	for (unsigned int i = 0; i < RTE_DIM(buf->pfn); i++)
		buf->pfn[i] = (PFN_NUMBER)(iova >> PAGE_SHIFT) + i;
}

void pmb_buf_straighten(struct pmb_buf *buf)
{
	struct rte_mbuf *m = pmb_mbuf_of(buf);

	m->next = NULL;
	m->nb_segs = 1;
	buf->mdl.Next = NULL;
	set_mdl(buf, m);
	pmb_hot(m)->marks = 0;
}

/* Memory of others stays where it is: what ends the send is the buffer's enqueue. */
static void leave(void *memory, void *context)
{
	(void)memory;
	(void)context;
}

static void buf_init(struct rte_mempool *mp, void *opaque, void *object, unsigned int index)
{
	struct pmb_pool *pool = opaque;
	struct rte_mbuf *m = object;
	struct pmb_buf *buf = pmb_buf_of(m);

	rte_pktmbuf_init(mp, NULL, m, index);
	memset(buf, 0, sizeof(*buf));
	buf->pool = pool;
	buf->shinfo.free_cb = leave;
	buf->mdl.Size = (CSHORT)(sizeof(MDL) + sizeof(buf->pfn));
	buf->mdl.MdlFlags = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL;
	buf->mdl.Process = (void *)&buf->mdl;
	set_mdl(buf, m);
	nrt_nbl_format(pool->nbl_pool, &buf->nbl, &buf->nb, &buf->mdl);
	buf->nbl.SourceHandle = pool->adapter;
}

/* What the flags above promise: a bus address in every buffer, and a stride of an
 * odd number of lines, so that headers spread over all cache sets. */
static void assert_layout(const struct pmb_pool *pool)
{
	size_t stride = pool->mp->header_size + pool->mp->elt_size + pool->mp->trailer_size;

	RTE_VERIFY(stride / RTE_CACHE_LINE_SIZE % 2 == 1);
	RTE_VERIFY(rte_mbuf_iova_get(pool->stack[0]) != 0 &&
		   rte_mbuf_iova_get(pool->stack[0]) != RTE_BAD_IOVA);
}

static uint64_t outstanding(void *context)
{
	const struct pmb_pool *pool = context;
	uint32_t from_pmd, from_above;

	pmb_pool_inbox_count(pool, &from_pmd, &from_above);
	return pool->received - pool->above_put - from_above - pool->lent;
}

/*
 * All objects lie in one zone of their own, so that an MDL's address alone tells
 * whether it is one of theirs. Where bus addresses are virtual ones objects are
 * packed without regard to pages: with small pages each would else start on one
 * of its own, and all headers fall into the same cache sets.
 */
static int populate(struct pmb_pool *pool, const char *name, int node)
{
	size_t stride = pool->mp->header_size + pool->mp->elt_size + pool->mp->trailer_size;
	bool packed = rte_eal_iova_mode() == RTE_IOVA_VA;
	size_t size = stride * pool->size + RTE_CACHE_LINE_SIZE;
	char zone_name[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *zone;

	if (!packed) /* an object ends before its page does */
		size += size / 100 + RTE_PGSIZE_2M;
	snprintf(zone_name, sizeof(zone_name), "Z_%s", name);
	zone = rte_memzone_reserve(zone_name, size, node, 0);
	if (zone == NULL)
		return -rte_errno;
	memset(zone->addr, 0, zone->len);
	pool->zone = zone;
	pool->first = (uintptr_t)zone->addr;
	pool->end = pool->first + zone->len;
	if (packed)
		return rte_mempool_populate_iova(pool->mp, zone->addr, zone->iova, zone->len, NULL,
						 NULL);
	return rte_mempool_populate_virt(pool->mp, zone->addr, zone->len, zone->hugepage_sz, NULL,
					 NULL);
}

struct pmb_pool *pmb_pool_create(const char *name, uint32_t size, uint16_t data_room, int node,
				 bool transmit, NDIS_HANDLE adapter)
{
	uint16_t room = (uint16_t)(data_room + RTE_PKTMBUF_HEADROOM);
	struct rte_pktmbuf_pool_private priv = { .mbuf_data_room_size = room,
						 .mbuf_priv_size = sizeof(struct pmb_buf) };
	struct pmb_pool *pool =
		rte_zmalloc_socket(NULL, sizeof(*pool) + size * sizeof(pool->stack[0]), 64, node);

	if (pool == NULL)
		return NULL;
	pool->size = size;
	pool->data_room = data_room;
	pool->transmit = transmit;
	pool->adapter = adapter;
	atomic_store(&pool->owner, pmb_self);
	pool->nbl_pool = nrt_nbl_pool_over(adapter, size, outstanding, pool);
	pool->mp = rte_mempool_create_empty(name, size,
					    (uint32_t)(sizeof(struct rte_mbuf) +
						       sizeof(struct pmb_buf) + room),
					    0, sizeof(priv), node,
					    rte_eal_iova_mode() == RTE_IOVA_VA ?
						    RTE_MEMPOOL_F_NO_IOVA_CONTIG :
						    0);
	if (pool->nbl_pool == NULL || pool->mp == NULL ||
	    rte_mempool_set_ops_byname(pool->mp, OPS_NAME, pool) != 0) {
		pmb_pool_destroy(pool);
		return NULL;
	}
	rte_pktmbuf_pool_init(pool->mp, &priv);
	if (populate(pool, name, node) < 0 || pool->mp->populated_size != size) {
		pmb_pool_destroy(pool);
		rte_errno = ENOMEM;
		return NULL;
	}
	rte_mempool_obj_iter(pool->mp, buf_init, pool);
	atomic_store(&pool->pmd_put, 0); /* populate's own enqueues */
	assert_layout(pool);
	return pool;
}

/* ------------------------------------------------------------------ orphans */

/* Pools whose port is gone while somebody still has buffers of theirs: the reader of
 * a ring, a PMD that keeps a stock until it is closed. Control threads. */
static pthread_mutex_t orphans_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pmb_pool *orphans;

static bool all_home(const struct pmb_pool *pool)
{
	return pool->mp == NULL || pmb_pool_free_count(pool) == pool->mp->populated_size;
}

static void pool_release(struct pmb_pool *pool)
{
	atomic_fetch_add(&pmb_pool_epoch, 1);
	rte_mempool_free(pool->mp);
	if (pool->zone != NULL)
		rte_memzone_free(pool->zone);
	rte_free(pool);
}

void pmb_pool_reap(void)
{
	struct pmb_pool **link = &orphans;

	pthread_mutex_lock(&orphans_lock);
	while (*link != NULL) {
		struct pmb_pool *pool = *link;

		if (all_home(pool)) {
			*link = pool->next_orphan;
			pool_release(pool);
		} else {
			link = &pool->next_orphan;
		}
	}
	pthread_mutex_unlock(&orphans_lock);
}

void pmb_pool_destroy(struct pmb_pool *pool)
{
	if (pool == NULL)
		return;
	if (pool->nbl_pool != NULL)
		nrt_nbl_pool_over_free(pool->nbl_pool);
	pool->nbl_pool = NULL;
	atomic_store(&pool->owner, PMB_ORPHAN); /* from here on buffers come to the inbox */
	pthread_mutex_lock(&orphans_lock);
	pool->next_orphan = orphans;
	orphans = pool;
	pthread_mutex_unlock(&orphans_lock);
	pmb_pool_reap();
}
