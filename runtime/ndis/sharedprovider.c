/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared memory from a provider: a driver asks with a handle of its own, and gets a block with
 * the addresses at which the device reaches it. Drivers over an adapter may provide for its
 * miniport, and the miniport for them; where none does, NDIS does. PASSIVE_LEVEL.
 */
#include "sharedprovider.h"

#include <pthread.h>
#include <stdlib.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "adapter.h"
#include "binding.h"
#include "callback.h"
#include "driver.h"
#include "header.h"
#include "protocol.h"
#include "sharedmem.h"

struct provider {
	struct provider *next;
	const void *owner;
	unsigned int users; /* calls into it under way */
	NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS chars;
};

struct block {
	struct block *next;
	const void *handle;        /* who asked */
	struct nrt_adapter *adapter;
	struct provider *provider; /* NULL: NDIS */
	NDIS_HANDLE context;       /* the provider's */
	void *va;                  /* NDIS's, with the rest */
	uint64_t address;
	ULONG length;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t unused = PTHREAD_COND_INITIALIZER;
static struct provider *providers;
static struct block *blocks;

/* ---------------------------------------------------------------------- providers */

/* All that drivers are given begins with a number that says what it is. */
static uint32_t magic_of(const void *handle)
{
	return handle != NULL ? *(const uint32_t *)handle : 0;
}

NDIS_STATUS nrt_shared_set_provider(NDIS_HANDLE handle, const NDIS_OBJECT_HEADER *header)
{
	static const size_t sizes[] = {
		NDIS_SIZEOF_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1
	};
	uint32_t magic = magic_of(handle);
	struct provider *p;

	if (magic != NRT_PROTOCOL_MAGIC && magic != NRT_BINDING_MAGIC && magic != NRT_MINIPORT_MAGIC)
		return NDIS_STATUS_FAILURE;
	if (!nrt_header_ok(header, NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS, sizes, 1,
			   "NdisSetOptionalHandlers"))
		return NDIS_STATUS_FAILURE;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NDIS_STATUS_RESOURCES;
	p->owner = handle;
	nrt_header_copy(&p->chars, sizeof(p->chars), header);
	if (p->chars.AllocateSharedMemoryHandler == NULL || p->chars.FreeSharedMemoryHandler == NULL) {
		free(p);
		return NDIS_STATUS_FAILURE;
	}
	pthread_mutex_lock(&lock);
	p->next = providers; /* before one that it set earlier */
	providers = p;
	pthread_mutex_unlock(&lock);
	return NDIS_STATUS_SUCCESS;
}

/* Under lock. */
static struct provider *provided_by(const void *owner)
{
	struct provider *p = providers;

	while (p != NULL && p->owner != owner)
		p = p->next;
	return p;
}

static struct provider *above(struct nrt_adapter *a)
{
	struct provider *p = NULL;

	pthread_mutex_lock(&a->lock);
	for (struct nrt_binding *b = a->bindings; b != NULL && p == NULL; b = b->next) {
		p = provided_by(b);
		if (p == NULL)
			p = provided_by(b->protocol);
	}
	pthread_mutex_unlock(&a->lock);
	return p;
}

/* Who provides for @handle; in use until put(). NULL: NDIS. */
static struct provider *get(const void *handle, struct nrt_adapter *a)
{
	struct provider *p;

	pthread_mutex_lock(&lock);
	if (providers == NULL)
		p = NULL;
	else
		p = handle == a ? above(a) : provided_by(a->driver);
	if (p != NULL)
		p->users++;
	pthread_mutex_unlock(&lock);
	return p;
}

static void put(struct provider *p)
{
	pthread_mutex_lock(&lock);
	p->users--;
	pthread_cond_broadcast(&unused);
	pthread_mutex_unlock(&lock);
}

/* ------------------------------------------------------------------------- blocks */

static NDIS_STATUS ask(struct block *k, NDIS_SHARED_MEMORY_PARAMETERS *params)
{
	const NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS *c = &k->provider->chars;
	struct nrt_callback cb = nrt_callback_begin("NetAllocateSharedMemory");
	NDIS_STATUS status =
		c->AllocateSharedMemoryHandler(c->ProviderContext, params, &k->context);

	nrt_callback_end(&cb);
	return status;
}

/* NDIS gives one piece, whether or not it has to be contiguous. */
static NDIS_STATUS give(struct block *k, NDIS_SHARED_MEMORY_PARAMETERS *params)
{
	bool any = (params->PreferredNode & MM_ANY_NODE_OK) != 0;
	int node = any ? k->adapter->device.node : (int)params->PreferredNode;
	int before = nrt_memory_prefer(node);

	k->length = params->Length;
	k->va = nrt_shared_allocate(k->adapter, k->length, &k->address);
	nrt_memory_prefer(before);
	if (k->va == NULL)
		return NDIS_STATUS_RESOURCES;
	params->VirtualAddress = k->va;
	params->SharedMemoryHandle = k;
	params->SGListBuffer->NumberOfElements = 1;
	params->SGListBuffer->Reserved = 0;
	params->SGListBuffer->Elements[0] = (SCATTER_GATHER_ELEMENT){
		.Address.QuadPart = (LONGLONG)k->address, .Length = k->length
	};
	return NDIS_STATUS_SUCCESS;
}

/* The adapter whose device shares the memory, if @handle has one. */
static struct nrt_adapter *adapter_behind(NDIS_HANDLE handle)
{
	if (magic_of(handle) == NRT_ADAPTER_MAGIC)
		return handle;
	if (magic_of(handle) == NRT_BINDING_MAGIC)
		return ((struct nrt_binding *)handle)->adapter;
	return NULL;
}

static bool has_channel(NDIS_HANDLE handle, const struct nrt_adapter *a)
{
	if (nrt_dma_registered(a))
		return true;
	if (handle == a)
		nrt_violation("MP-INI-04", "%s: NdisAllocateSharedMemory before a DMA channel",
			      a->device.name);
	return false;
}

static NDIS_STATUS check(const NDIS_SHARED_MEMORY_PARAMETERS *p)
{
	static const size_t sizes[] = { NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_1,
					NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2 };

	if (!nrt_header_ok(&p->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 2,
			   "NdisAllocateSharedMemory") ||
	    p->Length == 0 || (p->Flags & ~(ULONG)NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS) != 0 ||
	    p->Usage <= NdisSharedMemoryUsageUndefined || p->Usage >= NdisSharedMemoryUsageMax ||
	    p->SGListBuffer == NULL ||
	    p->SGListBufferLength < sizeof(SCATTER_GATHER_LIST) + sizeof(SCATTER_GATHER_ELEMENT))
		return NDIS_STATUS_INVALID_PARAMETER;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS allocate(NDIS_HANDLE handle, struct nrt_adapter *a,
			    NDIS_SHARED_MEMORY_PARAMETERS *params, struct block **out)
{
	struct block *k = calloc(1, sizeof(*k));
	NDIS_STATUS status;

	if (k == NULL)
		return NDIS_STATUS_RESOURCES;
	k->handle = handle;
	k->adapter = a;
	k->provider = get(handle, a);
	params->SharedMemoryHandle = NULL;
	status = k->provider != NULL ? ask(k, params) : give(k, params);
	if (status == NDIS_STATUS_SUCCESS) {
		if (params->SharedMemoryHandle == NULL)
			params->SharedMemoryHandle = k;
		pthread_mutex_lock(&lock);
		k->next = blocks;
		blocks = k;
		pthread_mutex_unlock(&lock);
		*out = k;
	}
	if (k->provider != NULL)
		put(k->provider);
	if (status != NDIS_STATUS_SUCCESS)
		free(k);
	return status;
}

NDIS_STATUS NdisAllocateSharedMemory(NDIS_HANDLE NdisHandle,
				     PNDIS_SHARED_MEMORY_PARAMETERS SharedMemoryParameters,
				     PNDIS_HANDLE pAllocationHandle)
{
	struct nrt_adapter *a = adapter_behind(NdisHandle);
	struct block *k = NULL;
	NDIS_STATUS status;

	nrt_check_irql("NdisAllocateSharedMemory", PASSIVE_LEVEL);
	*pAllocationHandle = NULL;
	status = check(SharedMemoryParameters);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	if (a == NULL || !has_channel(NdisHandle, a))
		return NDIS_STATUS_FAILURE;
	status = allocate(NdisHandle, a, SharedMemoryParameters, &k);
	*pAllocationHandle = k;
	return status;
}

/* @k is in no list any more. */
static void free_block(struct block *k)
{
	if (k->provider != NULL) {
		const NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS *c = &k->provider->chars;
		struct nrt_callback cb = nrt_callback_begin("NetFreeSharedMemory");

		c->FreeSharedMemoryHandler(c->ProviderContext, k->context);
		nrt_callback_end(&cb);
		put(k->provider);
	} else if (k->va != NULL) {
		nrt_shared_free(k->adapter, k->va, k->address, k->length);
	}
	free(k);
}

/* Under lock: take out the block that @link leads to; its provider is in use. */
static struct block *take(struct block **link)
{
	struct block *k = *link;

	*link = k->next;
	if (k->provider != NULL)
		k->provider->users++;
	return k;
}

VOID NdisFreeSharedMemory(NDIS_HANDLE NdisHandle, NDIS_HANDLE AllocationHandle)
{
	struct block **link = &blocks, *k = NULL;

	nrt_check_irql("NdisFreeSharedMemory", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	while (*link != NULL && (*link != AllocationHandle || (*link)->handle != NdisHandle))
		link = &(*link)->next;
	if (*link != NULL)
		k = take(link);
	pthread_mutex_unlock(&lock);
	if (k != NULL)
		free_block(k);
	else
		nrt_violation("RS-DMA-01", "NdisFreeSharedMemory: %p was not allocated with this "
			      "handle, or is free (bug check 0x7C/0x03, "
			      "NDIS_BUGCHECK_FREE_INVALID_SHARED_MEM)", AllocationHandle);
}

/* ------------------------------------------------------------------------ the end */

static void free_blocks_of(const void *handle, const char *rule)
{
	struct block **link, *k;

	do {
		pthread_mutex_lock(&lock);
		for (link = &blocks; *link != NULL && (*link)->handle != handle;)
			link = &(*link)->next;
		k = *link != NULL ? take(link) : NULL;
		pthread_mutex_unlock(&lock);
		if (k != NULL) {
			nrt_violation(rule, "%s: a block of NdisAllocateSharedMemory is left",
				      k->adapter->device.name);
			free_block(k);
		}
	} while (k != NULL);
}

/* Under lock. @p is called no more; what others have from it cannot be freed then. */
static void drop(struct provider *p, const char *rule)
{
	struct provider **link = &providers;
	unsigned int left = 0;

	while (*link != p)
		link = &(*link)->next;
	*link = p->next;
	while (p->users != 0)
		pthread_cond_wait(&unused, &lock);
	for (struct block *k = blocks; k != NULL; k = k->next) {
		if (k->provider == p) {
			k->provider = NULL;
			left++;
		}
	}
	if (left != 0)
		nrt_violation(rule, "a provider of shared memory goes while %u blocks of it are used",
			      left);
	free(p);
}

void nrt_shared_forget(NDIS_HANDLE handle, const char *rule)
{
	struct provider *p;

	free_blocks_of(handle, rule);
	pthread_mutex_lock(&lock);
	while ((p = provided_by(handle)) != NULL)
		drop(p, rule);
	pthread_mutex_unlock(&lock);
}
