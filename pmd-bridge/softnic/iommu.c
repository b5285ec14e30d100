/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IOMMU between NIC and memory: a descriptor's address is good if it lies in
 * a DPDK memory segment or registered external memory and, when strict, does not
 * leave the mempool element it is in. Under the NIC's lock.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_eal.h>
#include <rte_memory.h>
#include <rte_mempool.h>

#include "nic.h"

/* Memory that is contiguous in both address spaces. */
struct window {
	uint64_t iova, length;
	uint8_t *va;
};

/* Mempool elements at equal distances, under 4 GB of them. */
struct run {
	const uint8_t *first;       /* object */
	uint32_t length, stride;    /* bytes */
	uint32_t size;              /* of an element */
};

struct softnic_iommu {
	enum softnic_iommu_mode mode;
	bool identity;              /* nothing is looked at, IOVA is VA */
	uint32_t n_windows, last;
	struct window *windows;     /* by iova */
	size_t n_runs, room, last_run;
	struct run *runs;           /* by address */
	unsigned int seen;          /* memory_changes when the windows were noted */
};

/* Counts segments that came or went, for whoever has noted them. */
static _Atomic unsigned int memory_changes;

static void on_memory_event(enum rte_mem_event event, const void *address, size_t length, void *arg)
{
	(void)event;
	(void)address;
	(void)length;
	(void)arg;
	atomic_fetch_add(&memory_changes, 1);
}

static void watch_memory(void)
{
	static bool watching;

	/* Without it (--no-huge, legacy memory) segments never change. */
	if (!watching && rte_mem_event_callback_register("softnic", on_memory_event, NULL) == 0)
		watching = true;
}

struct softnic_iommu *softnic_iommu_create(enum softnic_iommu_mode mode)
{
	struct softnic_iommu *mmu = calloc(1, sizeof(*mmu));

	if (mmu == NULL)
		return NULL;
	mmu->mode = mode;
	mmu->identity = mode == SOFTNIC_IOMMU_OFF && rte_eal_iova_mode() == RTE_IOVA_VA;
	mmu->seen = memory_changes - 1;
	watch_memory();
	return mmu;
}

void softnic_iommu_destroy(struct softnic_iommu *mmu)
{
	if (mmu == NULL)
		return;
	free(mmu->windows);
	free(mmu->runs);
	free(mmu);
}

/* ---------------------------------------------------------------- windows */

static int add_window(const struct rte_memseg_list *list, const struct rte_memseg *segment,
		      size_t length, void *arg)
{
	struct softnic_iommu *mmu = arg;
	struct window *w = realloc(mmu->windows, (mmu->n_windows + 1) * sizeof(*w));

	(void)list;
	if (w == NULL)
		return -1;
	mmu->windows = w;
	w[mmu->n_windows++] = (struct window){ segment->iova, length, segment->addr };
	return 0;
}

static int by_iova(const void *a, const void *b)
{
	const struct window *x = a, *y = b;

	return (x->iova > y->iova) - (x->iova < y->iova);
}

static void note_windows(struct softnic_iommu *mmu)
{
	mmu->seen = memory_changes;
	mmu->n_windows = mmu->last = 0;
	rte_memseg_contig_walk(add_window, mmu);
	if (mmu->n_windows != 0)
		qsort(mmu->windows, mmu->n_windows, sizeof(mmu->windows[0]), by_iova);
}

static inline bool holds(const struct window *w, uint64_t iova, uint32_t length)
{
	return iova - w->iova < w->length && iova - w->iova + length <= w->length;
}

static uint8_t *search_windows(struct softnic_iommu *mmu, uint64_t iova, uint32_t length)
{
	uint32_t low = 0, high = mmu->n_windows;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (mmu->windows[middle].iova <= iova)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || !holds(&mmu->windows[low - 1], iova, length))
		return NULL;
	mmu->last = low - 1;
	return mmu->windows[low - 1].va + (iova - mmu->windows[low - 1].iova);
}

static inline uint8_t *find(struct softnic_iommu *mmu, uint64_t iova, uint32_t length)
{
	uint8_t *va;

	if (likely(mmu->seen == atomic_load_explicit(&memory_changes, memory_order_relaxed))) {
		const struct window *w = &mmu->windows[mmu->last];

		if (likely(mmu->n_windows != 0 && holds(w, iova, length)))
			return w->va + (iova - w->iova);
		va = search_windows(mmu, iova, length);
		if (va != NULL)
			return va;
	}
	note_windows(mmu); /* external memory comes without an event */
	return search_windows(mmu, iova, length);
}

/* --------------------------------------------------------------- elements */

/* True when @object is the next of @r: its second element sets the distance, which is more
 * than an element's size where each lies in a page of its own. */
static bool extends(struct run *r, const uint8_t *object)
{
	uint64_t distance = (uint64_t)(object - r->first);

	if (r->length == r->stride && distance > r->size && distance < r->size + 8192u)
		r->length = r->stride = (uint32_t)distance;
	return r->first + r->length == object && r->length < UINT32_MAX - 65536;
}

/* Objects come in the order of their addresses, so most of a pool is one run. */
static void add_element(struct rte_mempool *mp, void *opaque, void *object, unsigned int index)
{
	struct softnic_iommu *mmu = opaque;
	struct run *r = mmu->n_runs != 0 ? &mmu->runs[mmu->n_runs - 1] : NULL;

	if (r != NULL && index != 0 && extends(r, object)) {
		r->length += r->stride;
		return;
	}
	if (mmu->n_runs == mmu->room) {
		size_t room = mmu->room * 2 + 64;

		r = realloc(mmu->runs, room * sizeof(*r));
		if (r == NULL)
			return; /* it is looked at less strictly then */
		mmu->runs = r;
		mmu->room = room;
	}
	mmu->runs[mmu->n_runs++] = (struct run){ object, mp->elt_size, mp->elt_size, mp->elt_size };
}

static void add_pool(struct rte_mempool *mp, void *arg)
{
	rte_mempool_obj_iter(mp, add_element, arg);
}

static int by_address(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static void note_elements(struct softnic_iommu *mmu)
{
	mmu->n_runs = mmu->last_run = 0;
	rte_mempool_walk(add_pool, mmu);
	if (mmu->n_runs != 0)
		qsort(mmu->runs, mmu->n_runs, sizeof(mmu->runs[0]), by_address);
}

/* The last run that begins at or before @va; NULL: none does. */
static const struct run *search_runs(struct softnic_iommu *mmu, const uint8_t *va)
{
	size_t low = 0, high = mmu->n_runs;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (mmu->runs[middle].first <= va)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	mmu->last_run = low - 1;
	return &mmu->runs[low - 1];
}

/* True when the bytes begin in one element and end in it, or lie in none. */
static bool in_one_element(struct softnic_iommu *mmu, const uint8_t *va, uint32_t length)
{
	const struct run *r = &mmu->runs[mmu->last_run];
	uint64_t offset = (uint64_t)(va - r->first);

	if (unlikely(offset >= r->length)) {
		r = search_runs(mmu, va);
		if (r == NULL || (uint64_t)(va - r->first) >= r->length)
			return true; /* other memory: rings, rte_malloc */
		offset = (uint64_t)(va - r->first);
	}
	return (uint32_t)offset % r->stride + length <= r->size;
}

/* ---------------------------------------------------------------- mapping */

void *softnic_iommu_map(struct softnic_iommu *mmu, uint64_t iova, uint32_t length)
{
	uint8_t *va;

	if (mmu->identity)
		return (void *)(uintptr_t)iova;
	va = find(mmu, iova, length);
	if (va == NULL || mmu->mode != SOFTNIC_IOMMU_STRICT)
		return va;
	if (likely(mmu->n_runs != 0 && in_one_element(mmu, va, length)))
		return va;
	note_elements(mmu); /* pools may have come and gone */
	return mmu->n_runs == 0 || in_one_element(mmu, va, length) ? va : NULL;
}

void *softnic_iommu_map_ring(struct softnic_iommu *mmu, uint64_t iova, uint32_t length)
{
	if (mmu->mode == SOFTNIC_IOMMU_STRICT)
		note_elements(mmu);
	return find(mmu, iova, length);
}

const void *softnic_iommu_peek(const struct softnic_iommu *mmu, uint64_t iova)
{
	const struct window *w;

	if (mmu->identity)
		return (const void *)(uintptr_t)iova;
	if (mmu->n_windows == 0)
		return NULL;
	w = &mmu->windows[mmu->last];
	return (const void *)((uintptr_t)w->va + (iova - w->iova)); /* only ever prefetched */
}
