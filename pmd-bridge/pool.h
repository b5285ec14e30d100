/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffer pools whose mempool ops are the doorbell: what a PMD frees arrives in
 * enqueue, which tells a finished send from a free buffer. A pool has one owner
 * at a time (a worker, or a control operation); others go through its inbox.
 */
#ifndef PMB_POOL_H
#define PMB_POOL_H

#include <stdatomic.h>

#include <rte_mempool.h>

#include "txq.h"

struct pmb_pool {
	_Atomic int owner;             /* control: w */
	bool transmit;                 /* buffers for copies and others' memory */
	_Atomic uint32_t top;          /* owner: rw by the functions below, any: ro */
	uint32_t size;
	uint16_t data_room;            /* without headroom */
	uintptr_t first, end;          /* object memory; nothing else lies between */
	struct rte_mempool *mp;
	NDIS_HANDLE nbl_pool;
	void *adapter;                 /* SourceHandle of its NBLs */
	struct rte_memzone const *zone;
	struct pmb_pool *next_orphan;
	/* segments; owner: w by pmb_count, control: ro */
	_Atomic uint64_t taken;        /* by the PMD, or for a copy */
	_Atomic uint64_t pmd_put;      /* put back by the PMD, never received */
	_Atomic uint64_t received;     /* came out of rx_burst */
	_Atomic uint64_t above_put;    /* put back after they were received */
	_Atomic uint64_t drained_pmd, drained_above; /* of the inbox; owner: w by pmb_count */
	_Alignas(64) _Atomic(struct pmb_buf *) inbox; /* any: push, owner: take all */
	_Atomic uint64_t pushed_pmd, pushed_above;    /* into the inbox; any */
	_Atomic uint64_t lent;         /* now: back from above, but a PMD has them; any */
	_Alignas(64) struct rte_mbuf *stack[];
};

/* Changes before a pool's memory is freed: whoever remembers where a pool lies has
 * to forget it then. Memory that is sent from there later was allocated after that. */
extern _Atomic unsigned int pmb_pool_epoch;

/* Register the ops and the mbuf field; after rte_eal_init, never from a
 * constructor. 0 or -errno. */
int pmb_pool_register(void);

/* Make a pool of @size buffers with @data_room bytes behind the headroom, owned
 * by the calling control operation. NULL with rte_errno set. */
struct pmb_pool *pmb_pool_create(const char *name, uint32_t size, uint16_t data_room, int node,
				 bool transmit, NDIS_HANDLE adapter);

/* Give the pool up. Its memory stays until the last buffer has come home. */
void pmb_pool_destroy(struct pmb_pool *pool);

/* Free given-up pools that have become whole. */
void pmb_pool_reap(void);

/* Give a received buffer's segment back; any thread. */
void pmb_pool_put(struct rte_mbuf *m);

/* The same for @n that no PMD has, linked from @first to @last and marked returned, on a
 * thread that does not own @pool. */
void pmb_pool_put_elsewhere(struct pmb_pool *pool, struct pmb_buf *first, struct pmb_buf *last,
			    uint64_t n);

/* As pmb_pool_put for one that a PMD may have for a send: it is free when that lets go. */
void pmb_pool_put_lent(struct rte_mbuf *m);

/* A PMD let go of a buffer whose pmb_hot.send was @send: it is free unless NDIS has it;
 * any thread. */
void pmb_pool_let_go(struct rte_mbuf *m, uintptr_t send);

/* Move what others put back onto the stack; owner only. */
void pmb_pool_drain(struct pmb_pool *pool);

/* Buffers free now, inbox included; exact while nothing moves. */
uint32_t pmb_pool_free_count(const struct pmb_pool *pool);

/* Free buffers in the inbox by who put them there; the owner has not counted them
 * in pmd_put and above_put yet. Exact while nothing moves. */
void pmb_pool_inbox_count(const struct pmb_pool *pool, uint32_t *pmd, uint32_t *above);

/* Undo what a multi-segment frame did to the MDL. */
void pmb_buf_straighten(struct pmb_buf *buf);

static inline bool pmb_pool_has(const struct pmb_pool *pool, const struct rte_mbuf *m)
{
	return m->pool == pool->mp;
}

static inline uint32_t pmb_pool_top(const struct pmb_pool *pool)
{
	return atomic_load_explicit(&pool->top, memory_order_relaxed);
}

static inline void pmb_pool_set_top(struct pmb_pool *pool, uint32_t top)
{
	atomic_store_explicit(&pool->top, top, memory_order_relaxed);
}

/* True when this thread owns the pool. */
static inline bool pmb_pool_own(const struct pmb_pool *pool)
{
	return atomic_load_explicit(&pool->owner, memory_order_relaxed) == pmb_self;
}

#endif
