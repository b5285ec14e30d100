/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory shared with a device, for descriptors and receive buffers: in one piece for
 * the device, with its address there. Allocated at PASSIVE_LEVEL, freed up to
 * DISPATCH_LEVEL; every piece is known until it is freed (RS-DMA-01).
 */
#include "sharedmem.h"

#include <pthread.h>
#include <stdlib.h>

#include <nrt/nrt_bus.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../ke/workitem.h"
#include "../verifier.h"
#include "adapter.h"
#include "callback.h"
#include "culprit.h"
#include "sglist.h"
#include "sharedprovider.h"

#define SHARED_TAG 0x6d68534eU /* NShm */

struct piece {
	struct piece *next;
	const struct nrt_adapter *adapter;
	void *va;
	uint64_t address;
	ULONG length;
};

/* One that is allocated later. */
struct request {
	struct nrt_work work; /* first */
	struct request *next; /* under way, under lock */
	struct nrt_adapter *adapter;
	MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER complete;
	void *context;
	ULONG length;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static struct piece *pieces;
static struct request *requests;

/* In one piece for the device: what the platform gives is, and where it knows no bus
 * address the device is in this process. */
static uint64_t address_of(const struct nrt_adapter *a, void *va, ULONG length)
{
	uint64_t address = nrt_dma_address(a, va, length);

	if (address != UINT64_MAX || (a->device.bus != NULL && a->device.bus->dma_address != NULL))
		return address;
	return (uintptr_t)va;
}

void *nrt_shared_allocate(const struct nrt_adapter *a, ULONG length, uint64_t *address)
{
	struct piece *p = calloc(1, sizeof(*p));
	void *va = p != NULL ? nrt_memory_zalloc(length, SHARED_TAG, NULL) : NULL;

	*address = va != NULL ? address_of(a, va, length) : UINT64_MAX;
	if (*address == UINT64_MAX) {
		nrt_memory_free(va, SHARED_TAG);
		free(p);
		return NULL;
	}
	*p = (struct piece){ .adapter = a, .va = va, .address = *address, .length = length };
	pthread_mutex_lock(&lock);
	p->next = pieces;
	pieces = p;
	pthread_mutex_unlock(&lock);
	return va;
}

/* MP-INI-01, MP-INI-04, RS-DMA-01: it may be asked for now. */
static bool may_allocate(const struct nrt_adapter *a)
{
	const struct nrt_culprit who = nrt_culprit_of(a, "NdisMAllocateSharedMemory");

	if (nrt_self.irql > PASSIVE_LEVEL)
		nrt_bug_check("RS-DMA-01", "0x7C/0x01", &who, "called at IRQL %u", nrt_self.irql);
	else if (!a->registration_set)
		nrt_violation("MP-INI-01",
			      "%s: NdisMAllocateSharedMemory before the registration attributes",
			      a->device.name);
	else if (!nrt_dma_registered(a))
		nrt_violation("MP-INI-04", "%s: NdisMAllocateSharedMemory before a DMA channel",
			      a->device.name);
	else
		return true;
	return false;
}

VOID NdisMAllocateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
			       PVOID *VirtualAddress, PNDIS_PHYSICAL_ADDRESS PhysicalAddress)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMAllocateSharedMemory");
	uint64_t address = 0;

	(void)Cached; /* it always is */
	*VirtualAddress = NULL;
	PhysicalAddress->QuadPart = 0;
	if (a == NULL || !may_allocate(a))
		return;
	*VirtualAddress = nrt_shared_allocate(a, Length, &address);
	if (*VirtualAddress != NULL)
		PhysicalAddress->QuadPart = (LONGLONG)address;
}

/* Under lock. */
static void free_piece(struct piece **link)
{
	struct piece *p = *link;

	*link = p->next;
	nrt_memory_free(p->va, SHARED_TAG);
	free(p);
}

static bool matches(const struct piece *p, const struct nrt_adapter *a, const void *va,
		    uint64_t address, ULONG length)
{
	return p->adapter == a && p->va == va && p->address == address && p->length == length;
}

static void report_not_allocated(const struct nrt_adapter *a, ULONG length, const void *va)
{
	const struct nrt_culprit who = nrt_culprit_of(a, "NdisMFreeSharedMemory");

	nrt_bug_check("RS-DMA-01", "0x7C/0x03", &who, "%u bytes at %p are not allocated", length, va);
}

bool nrt_shared_free(const struct nrt_adapter *a, const void *va, uint64_t address, ULONG length)
{
	struct piece **link = &pieces;
	bool found;

	pthread_mutex_lock(&lock);
	while (*link != NULL && !matches(*link, a, va, address, length))
		link = &(*link)->next;
	found = *link != NULL;
	if (found)
		free_piece(link);
	pthread_mutex_unlock(&lock);
	return found;
}

VOID NdisMFreeSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
			   PVOID VirtualAddress, NDIS_PHYSICAL_ADDRESS PhysicalAddress)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMFreeSharedMemory");

	(void)Cached;
	nrt_check_irql("NdisMFreeSharedMemory", DISPATCH_LEVEL);
	if (a == NULL)
		return;
	if (!nrt_shared_free(a, VirtualAddress, (uint64_t)PhysicalAddress.QuadPart, Length))
		report_not_allocated(a, Length, VirtualAddress);
}

void nrt_shared_check(struct nrt_adapter *a, const char *rule)
{
	struct piece **link = &pieces;

	nrt_shared_forget(a, rule);
	nrt_shared_wait(a);
	pthread_mutex_lock(&lock);
	while (*link != NULL) {
		if ((*link)->adapter != a) {
			link = &(*link)->next;
			continue;
		}
		nrt_violation(rule, "%s: %u bytes of shared memory at %p are left", a->device.name,
			      (*link)->length, (*link)->va);
		free_piece(link);
	}
	pthread_mutex_unlock(&lock);
}

unsigned int nrt_shared_count(const struct nrt_adapter *a)
{
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (const struct piece *p = pieces; p != NULL; p = p->next)
		n += p->adapter == a;
	pthread_mutex_unlock(&lock);
	return n;
}

/* ----------------------------------------------------------------------- later */

static void run_request(struct nrt_work *work)
{
	struct request *q = (struct request *)work, **link = &requests;
	NDIS_PHYSICAL_ADDRESS physical;
	struct nrt_callback cb;
	uint64_t address;
	void *va = nrt_shared_allocate(q->adapter, q->length, &address);

	physical.QuadPart = (LONGLONG)address;
	cb = nrt_callback_begin("MiniportSharedMemoryAllocateComplete");
	q->complete(q->adapter->context, va, va != NULL ? &physical : NULL, q->length, q->context);
	nrt_callback_end(&cb);
	pthread_mutex_lock(&lock);
	while (*link != q)
		link = &(*link)->next;
	*link = q->next;
	pthread_cond_broadcast(&done);
	pthread_mutex_unlock(&lock);
	free(q);
}

NDIS_STATUS nrt_shared_allocate_later(struct nrt_adapter *a, ULONG length,
				      MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER complete,
				      void *context)
{
	struct request *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NDIS_STATUS_FAILURE;
	*q = (struct request){ .work = { .fn = run_request }, .adapter = a, .complete = complete,
			       .context = context, .length = length };
	pthread_mutex_lock(&lock);
	q->next = requests;
	requests = q;
	pthread_mutex_unlock(&lock);
	nrt_work_queue(&q->work);
	return NDIS_STATUS_PENDING;
}

static bool has_request(const struct nrt_adapter *a)
{
	for (const struct request *q = requests; q != NULL; q = q->next)
		if (q->adapter == a)
			return true;
	return false;
}

void nrt_shared_wait(const struct nrt_adapter *a)
{
	pthread_mutex_lock(&lock);
	while (has_request(a))
		pthread_cond_wait(&done, &lock);
	pthread_mutex_unlock(&lock);
}
