/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scatter/gather DMA of miniports: a channel per adapter, a list per NET_BUFFER. Lists
 * are made and freed at DISPATCH_LEVEL on the data path; with a buffer of the driver's
 * that costs no allocation. The verifier keeps a ledger of lists and does what drivers
 * must not take for impossible: other buffers, late callbacks (RS-DMA-03).
 */
#include "dma.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "adapter.h"
#include "callback.h"
#include "header.h"
#include "sglist.h"
#include "sharedmem.h"
#include "systemdma.h"

#define SG_TAG 0x4c47534eU /* NSGL */
#define DMA_MAGIC 0x414d444eu
#define OWN_BUFFER 1 /* SCATTER_GATHER_LIST.Reserved: the list is in memory of ours */

struct nrt_dma {
	uint32_t magic;
	struct nrt_dma *next;      /* all, under lock */
	struct nrt_adapter *adapter;
	MINIPORT_PROCESS_SG_LIST_HANDLER process;
	MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER shared_complete;
};

/* Verifier: a list that is not freed. */
struct record {
	struct record *next; /* under lock */
	struct nrt_dma *dma;
	const NET_BUFFER *nb;
	SCATTER_GATHER_LIST *list;
	void *context;
	_Atomic bool delivered;
	KDPC dpc;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct nrt_dma *channels;
static struct record *records;
static _Atomic unsigned int choice;

static struct nrt_dma *dma_of(NDIS_HANDLE handle, const char *ddi)
{
	struct nrt_dma *d = handle;

	if (d != NULL && d->magic == DMA_MAGIC)
		return d;
	nrt_violation("RS-DMA-04", "%s: the handle names no DMA channel", ddi);
	return NULL;
}

static void check_dispatch(const char *ddi)
{
	if (nrt_verifying && nrt_self.irql != DISPATCH_LEVEL)
		nrt_violation("RS-IRQL-01", "%s called at IRQL %u, wants DISPATCH_LEVEL", ddi,
			      nrt_self.irql);
}

/* ------------------------------------------------------------------- channels */

/* A list of @mapped bytes that begin anywhere in a page. */
static ULONG list_size(ULONG mapped)
{
	return (ULONG)(sizeof(SCATTER_GATHER_LIST) +
		       (mapped / PAGE_SIZE + 2) * sizeof(SCATTER_GATHER_ELEMENT));
}

static NDIS_STATUS check_description(struct nrt_adapter *a, const NDIS_SG_DMA_DESCRIPTION *d)
{
	static const size_t sizes[] = { NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1,
					NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_2 };

	if (!a->initialize_running || !a->registration_set) {
		nrt_violation("MP-INI-01",
			      "%s: NdisMRegisterScatterGatherDma is for MiniportInitializeEx, after the "
			      "registration attributes",
			      a->device.name);
		return NDIS_STATUS_NOT_SUPPORTED;
	}
	if (!nrt_header_from(a, &d->Header, NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, sizes, 2,
			     "NdisMRegisterScatterGatherDma"))
		return NDIS_STATUS_BAD_VERSION;
	if ((a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER) == 0 ||
	    d->ProcessSGListHandler == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMRegisterScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle,
					  PNDIS_SG_DMA_DESCRIPTION DmaDescription,
					  PNDIS_HANDLE NdisMiniportDmaHandle)
{
	struct nrt_adapter *a =
		nrt_adapter_of(MiniportAdapterHandle, "NdisMRegisterScatterGatherDma");
	NDIS_STATUS status;
	struct nrt_dma *d;

	nrt_check_irql("NdisMRegisterScatterGatherDma", PASSIVE_LEVEL);
	*NdisMiniportDmaHandle = NULL;
	status = a != NULL ? check_description(a, DmaDescription) : NDIS_STATUS_NOT_SUPPORTED;
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NDIS_STATUS_RESOURCES;
	d->magic = DMA_MAGIC;
	d->adapter = a;
	d->process = DmaDescription->ProcessSGListHandler;
	d->shared_complete = DmaDescription->SharedMemAllocateCompleteHandler;
	DmaDescription->ScatterGatherListSize = list_size(DmaDescription->MaximumPhysicalMapping);
	pthread_mutex_lock(&lock);
	d->next = channels;
	channels = d;
	pthread_mutex_unlock(&lock);
	*NdisMiniportDmaHandle = d;
	return NDIS_STATUS_SUCCESS;
}

/* Under lock: forget the records of @d's lists, each a violation. */
static void drop_records(const struct nrt_dma *d)
{
	struct record **link = &records;

	while (*link != NULL) {
		struct record *r = *link;

		if (r->dma != d) {
			link = &r->next;
			continue;
		}
		nrt_violation("RS-DMA-02", "%s: the list of a NET_BUFFER outlives its DMA channel",
			      d->adapter->device.name);
		*link = r->next;
		if (r->list->Reserved == OWN_BUFFER)
			nrt_memory_free(r->list, SG_TAG);
		free(r);
	}
}

static void close_channel(struct nrt_dma *d)
{
	struct nrt_dma **link = &channels;

	nrt_shared_wait(d->adapter);
	if (nrt_verifying)
		KeFlushQueuedDpcs(); /* lists that are to be delivered late */
	pthread_mutex_lock(&lock);
	while (*link != d)
		link = &(*link)->next;
	*link = d->next;
	drop_records(d);
	pthread_mutex_unlock(&lock);
	d->magic = 0;
	free(d);
}

VOID NdisMDeregisterScatterGatherDma(NDIS_HANDLE NdisMiniportDmaHandle)
{
	struct nrt_dma *d = dma_of(NdisMiniportDmaHandle, "NdisMDeregisterScatterGatherDma");

	nrt_check_irql("NdisMDeregisterScatterGatherDma", PASSIVE_LEVEL);
	if (d != NULL)
		close_channel(d);
}

static struct nrt_dma *channel_of(const struct nrt_adapter *a)
{
	struct nrt_dma *d;

	pthread_mutex_lock(&lock);
	for (d = channels; d != NULL && d->adapter != a;)
		d = d->next;
	pthread_mutex_unlock(&lock);
	return d;
}

bool nrt_dma_registered(const struct nrt_adapter *a)
{
	return channel_of(a) != NULL || nrt_system_dma_claimed(a);
}

void nrt_dma_check(struct nrt_adapter *a, const char *rule)
{
	struct nrt_dma *d;

	nrt_shared_check(a, rule);
	while ((d = channel_of(a)) != NULL) {
		nrt_violation("RS-DMA-04", "%s: its DMA channel is still registered",
			      a->device.name);
		close_channel(d);
	}
}

/* ---------------------------------------------------------------------- lists */

static void deliver(struct nrt_dma *d, SCATTER_GATHER_LIST *list, void *context)
{
	struct nrt_callback cb = nrt_callback_begin("MiniportProcessSGList");

	d->process(NULL, NULL, list, context);
	nrt_callback_end(&cb);
}

/* A list whose callback comes after the call: at DISPATCH_LEVEL too. */
static VOID deliver_late(PKDPC dpc, PVOID context, PVOID unused1, PVOID unused2)
{
	struct record *r = context;
	const struct record copy = { .dma = r->dma, .list = r->list, .context = r->context };

	(void)dpc;
	(void)unused1;
	(void)unused2;
	atomic_store(&r->delivered, true); /* from now on the driver may free it */
	deliver(copy.dma, copy.list, copy.context);
}

/* Verifier: note the list, and call back now or later. */
static NDIS_STATUS note(struct nrt_dma *d, NET_BUFFER *nb, SCATTER_GATHER_LIST *list, void *context,
			bool late)
{
	struct record *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NDIS_STATUS_RESOURCES;
	r->dma = d;
	r->nb = nb;
	r->list = list;
	r->context = context;
	KeInitializeDpc(&r->dpc, deliver_late, r);
	atomic_store(&r->delivered, !late);
	pthread_mutex_lock(&lock);
	r->next = records;
	records = r;
	pthread_mutex_unlock(&lock);
	if (late)
		KeInsertQueueDpc(&r->dpc, NULL, NULL);
	else
		deliver(d, list, context);
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMAllocateNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PNET_BUFFER NetBuffer,
					 PVOID Context, ULONG Flags, PVOID ScatterGatherListBuffer,
					 ULONG ScatterGatherListBufferSize)
{
	struct nrt_dma *d = dma_of(NdisMiniportDmaHandle, "NdisMAllocateNetBufferSGList");
	SCATTER_GATHER_LIST *list = ScatterGatherListBuffer;
	unsigned int choose = 0;
	NDIS_STATUS status;
	ULONG n, size;

	(void)Flags; /* memory is coherent either way */
	check_dispatch("NdisMAllocateNetBufferSGList");
	n = d != NULL ? nrt_sg_elements(d->adapter, NetBuffer, NULL) : NRT_SG_NO_ADDRESS;
	if (n == NRT_SG_NO_ADDRESS)
		return NDIS_STATUS_RESOURCES;
	if (nrt_verifying)
		choose = atomic_fetch_add(&choice, 1);
	size = (ULONG)(sizeof(*list) + n * sizeof(list->Elements[0]));
	if (list == NULL || ScatterGatherListBufferSize < size || (choose & 1) != 0)
		list = nrt_memory_alloc(size, SG_TAG, NULL);
	if (list == NULL)
		return NDIS_STATUS_RESOURCES;
	list->NumberOfElements = n;
	list->Reserved = list == ScatterGatherListBuffer ? 0 : OWN_BUFFER;
	nrt_sg_elements(d->adapter, NetBuffer, list->Elements);
	if (!nrt_verifying) {
		deliver(d, list, Context);
		return NDIS_STATUS_SUCCESS;
	}
	status = note(d, NetBuffer, list, Context, (choose & 2) != 0);
	if (status != NDIS_STATUS_SUCCESS && list->Reserved == OWN_BUFFER)
		nrt_memory_free(list, SG_TAG);
	return status;
}

/* Verifier: the record of @list is taken out; false, and a report: it may not be freed. */
static bool forget(const struct nrt_dma *d, const SCATTER_GATHER_LIST *list, const NET_BUFFER *nb)
{
	const char *wrong = "is not live, or not the list of that NET_BUFFER";
	struct record **link = &records, *r;

	pthread_mutex_lock(&lock);
	while (*link != NULL &&
	       ((*link)->list != list || (*link)->nb != nb || (*link)->dma != d))
		link = &(*link)->next;
	r = *link;
	if (r != NULL && !atomic_load(&r->delivered)) {
		wrong = "was not given to MiniportProcessSGList yet";
		r = NULL;
	}
	if (r != NULL)
		*link = r->next;
	pthread_mutex_unlock(&lock);
	if (r == NULL)
		nrt_violation("RS-DMA-02", "%s: NdisMFreeNetBufferSGList: the list %s",
			      d->adapter->device.name, wrong);
	free(r);
	return r != NULL;
}

VOID NdisMFreeNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PSCATTER_GATHER_LIST pSGL,
			      PNET_BUFFER NetBuffer)
{
	struct nrt_dma *d = dma_of(NdisMiniportDmaHandle, "NdisMFreeNetBufferSGList");

	check_dispatch("NdisMFreeNetBufferSGList");
	if (d == NULL || (nrt_verifying && !forget(d, pSGL, NetBuffer)))
		return;
	if (pSGL->Reserved == OWN_BUFFER)
		nrt_memory_free(pSGL, SG_TAG);
}

static bool has_list(const NET_BUFFER *nb)
{
	const struct record *r;

	pthread_mutex_lock(&lock);
	for (r = records; r != NULL && r->nb != nb;)
		r = r->next;
	pthread_mutex_unlock(&lock);
	return r != NULL;
}

void nrt_dma_check_complete(const NET_BUFFER_LIST *nbl)
{
	for (; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		for (const NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb != NULL;
		     nb = NET_BUFFER_NEXT_NB(nb))
			if (has_list(nb))
				nrt_violation("RS-DMA-02",
					      "a send is completed while a NET_BUFFER of it has a "
					      "scatter/gather list");
}

/* --------------------------------------------------------------- shared memory */

NDIS_STATUS NdisMAllocateSharedMemoryAsyncEx(NDIS_HANDLE MiniportDmaHandle, ULONG Length,
					     BOOLEAN Cached, PVOID Context)
{
	struct nrt_dma *d = dma_of(MiniportDmaHandle, "NdisMAllocateSharedMemoryAsyncEx");

	(void)Cached;
	nrt_check_irql("NdisMAllocateSharedMemoryAsyncEx", DISPATCH_LEVEL);
	if (d == NULL || d->shared_complete == NULL)
		return NDIS_STATUS_FAILURE;
	return nrt_shared_allocate_later(d->adapter, Length, d->shared_complete, Context);
}

ULONG NdisMGetDmaAlignment(NDIS_HANDLE MiniportAdapterHandle)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMGetDmaAlignment");

	nrt_check_irql("NdisMGetDmaAlignment", PASSIVE_LEVEL);
	if (a != NULL && !nrt_dma_registered(a))
		nrt_violation("MP-INI-04", "%s: NdisMGetDmaAlignment before a DMA channel",
			      a->device.name);
	return NdisGetSharedDataAlignment();
}
