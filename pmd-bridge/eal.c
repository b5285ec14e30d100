/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL as the runtime's platform: worker lcores run workers, DPDK's memory is
 * the drivers' memory. Control threads, and each worker as it starts.
 */
#include <errno.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "pool.h"
#include "port.h"
#include "softnic.h"

struct start {
	int (*fn)(void *);
	void *arg;
	int index;
};

static struct start starts[NRT_MAX_WORKERS];

int pmb_eal_init(int argc, char **argv)
{
	int used, rc;

	softnic_register();
	used = rte_eal_init(argc, argv);
	if (used < 0)
		return pmb_fail(-rte_errno, "EAL did not start: %s; its own messages are above",
				rte_strerror(rte_errno));
	rc = pmb_pool_register();
	if (rc != 0)
		return pmb_fail(rc, "no room for another mempool ops or mbuf field: %s", rte_strerror(-rc));
	rc = pmb_telemetry_register();
	if (rc != 0)
		return pmb_fail(rc, "telemetry takes no more commands: %s", rte_strerror(-rc));
	return used;
}

void pmb_eal_cleanup(void)
{
	pmb_pool_reap();
	rte_eal_cleanup();
}

unsigned int pmb_worker_count(void)
{
	return rte_lcore_count() - 1;
}

/* The lcore that runs worker @index: the index-th worker lcore. */
static unsigned int lcore_of(unsigned int index)
{
	unsigned int lcore = rte_get_next_lcore(UINT32_MAX, 1, 0);

	while (lcore < RTE_MAX_LCORE && index-- != 0)
		lcore = rte_get_next_lcore(lcore, 1, 0);
	return lcore;
}

static int run_worker(void *arg)
{
	struct start *start = arg;

	pmb_self = start->index;
	start->fn(start->arg);
	pmb_self = PMB_NOBODY;
	return 0;
}

static int worker_launch(unsigned int index, int (*fn)(void *), void *arg)
{
	unsigned int lcore = lcore_of(index);

	if (lcore == RTE_MAX_LCORE)
		return -EINVAL;
	starts[index] = (struct start){ fn, arg, (int)index };
	return rte_eal_remote_launch(run_worker, &starts[index], lcore);
}

static void worker_join(unsigned int index)
{
	rte_eal_wait_lcore(lcore_of(index));
}

unsigned int pmb_worker_lcore(unsigned int index)
{
	return lcore_of(index);
}

int pmb_worker_node(unsigned int index)
{
	unsigned int lcore = lcore_of(index);

	return lcore != RTE_MAX_LCORE ? (int)rte_lcore_to_socket_id(lcore) : SOCKET_ID_ANY;
}

bool pmb_has_hugepages(void)
{
	return rte_eal_has_hugepages() != 0;
}

void *pmb_zalloc_near(size_t size, size_t align, int node)
{
	void *va = node >= 0 ? rte_zmalloc_socket(NULL, size, (unsigned int)align, node) : NULL;

	return va != NULL ? va :
			    rte_zmalloc_socket(NULL, size, (unsigned int)align, SOCKET_ID_ANY);
}

/* Under ASan drivers' memory is malloc's, so that it is watched; it is copied
 * on its way out then. */
#if defined(__SANITIZE_ADDRESS__)
#define WATCHED_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED_MEMORY 1
#endif
#endif

#ifdef WATCHED_MEMORY
static void *mem_alloc(size_t size, size_t align, int node)
{
	void *va;

	(void)node;
	if (posix_memalign(&va, align < sizeof(void *) ? sizeof(void *) : align, size) != 0)
		return NULL;
	return memset(va, 0, size);
}

static void mem_free(void *va)
{
	free(va);
}

static uint64_t mem_iova(const void *va, size_t len)
{
	(void)va;
	(void)len;
	return UINT64_MAX;
}
#else
static void *mem_alloc(size_t size, size_t align, int node)
{
	return pmb_zalloc_near(size, align, node);
}

static void mem_free(void *va)
{
	rte_free(va);
}

static uint64_t mem_iova(const void *va, size_t len)
{
	rte_iova_t first, last;

	/* Not rte_malloc_virt2iova, which wants the start of an allocation. */
	if (len == 0 || rte_mem_virt2memseg(va, NULL) == NULL)
		return UINT64_MAX;
	first = rte_mem_virt2iova(va);
	last = rte_mem_virt2iova((const char *)va + len - 1);
	return first != RTE_BAD_IOVA && last == first + len - 1 ? first : UINT64_MAX;
}
#endif

const struct nrt_platform *pmb_platform(void)
{
	static const struct nrt_platform platform = {
		.mem_alloc = mem_alloc,
		.mem_free = mem_free,
		.mem_iova = mem_iova,
		.worker_launch = worker_launch,
		.worker_join = worker_join,
		.worker_node = pmb_worker_node,
	};

	return &platform;
}
