/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform without DPDK: workers are pthreads, memory is malloc's and not
 * DMA-able. Used by drivers under test and wherever no PMD bridge is linked.
 */
#include "platform.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct start {
	int (*fn)(void *);
	void *arg;
};

static pthread_t threads[NRT_MAX_WORKERS];
static struct start starts[NRT_MAX_WORKERS];

static void *mem_alloc(size_t size, size_t align, int node)
{
	void *va;

	(void)node;
	if (posix_memalign(&va, align < sizeof(void *) ? sizeof(void *) : align, size) != 0)
		return NULL;
	return memset(va, 0, size);
}

static uint64_t mem_iova(const void *va, size_t len)
{
	(void)va;
	(void)len;
	return UINT64_MAX;
}

static void *thread_main(void *arg)
{
	struct start *start = arg;

	start->fn(start->arg);
	return NULL;
}

static int worker_launch(unsigned int index, int (*fn)(void *), void *arg)
{
	starts[index] = (struct start){ fn, arg };
	return -pthread_create(&threads[index], NULL, thread_main, &starts[index]);
}

static void worker_join(unsigned int index)
{
	pthread_join(threads[index], NULL);
}

static int worker_node(unsigned int index)
{
	(void)index;
	return -1;
}

const struct nrt_platform nrt_pthread_platform = {
	.mem_alloc = mem_alloc,
	.mem_free = free,
	.mem_iova = mem_iova,
	.worker_launch = worker_launch,
	.worker_join = worker_join,
	.worker_node = worker_node,
};
