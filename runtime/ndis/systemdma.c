/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System DMA: the controller's channel of a device that is no bus master. The driver sets
 * a transfer up at IRQL <= DISPATCH_LEVEL, the device moves its bytes from any thread
 * (nrt_bus_dma), the driver completes it. What a device may still touch when the driver has
 * given the channel up stays allocated until nrt_fini.
 */
#include "systemdma.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <ndis.h>
#include <nrt/nrt_bus.h>

#include "../ke/irql.h"
#include "../spin.h"
#include "../verifier.h"
#include "adapter.h"

#define MAGIC 0x41444D53u
#define PIECE 4096u /* moved at most while the lock is held */

struct nrt_system_dma {
	uint32_t magic;
	struct nrt_adapter *adapter;
	struct nrt_system_dma *next; /* claimed ones, under claims */
	bool claimed;                /* under claims */
	bool reloads;                /* AutoInitialize */
	ULONG width;                 /* bytes moved at a time */
	ULONG limit;                 /* of one transfer */

	struct nrt_spin lock;        /* the rest */
	char *memory;                /* NULL: no transfer is set up */
	MDL *buffer;
	ULONG offset, length, done;
	bool to_device;
};

static pthread_mutex_t claims = PTHREAD_MUTEX_INITIALIZER;
static struct nrt_system_dma *claimed;

bool nrt_system_dma_new(struct nrt_adapter *a)
{
	const struct nrt_bus *bus = a->device.bus;

	if (bus == NULL || !bus->has_dma_channel)
		return true;
	a->system_dma = calloc(1, sizeof(*a->system_dma));
	if (a->system_dma == NULL)
		return false;
	a->system_dma->magic = MAGIC;
	a->system_dma->adapter = a;
	return true;
}

void nrt_system_dma_free(struct nrt_adapter *a)
{
	free(a->system_dma);
	a->system_dma = NULL;
}

bool nrt_system_dma_claimed(const struct nrt_adapter *a)
{
	return a->system_dma != NULL && a->system_dma->claimed;
}

/* ------------------------------------------------------------------------- claims */

static NDIS_STATUS claim(struct nrt_system_dma *d)
{
	uint32_t channel = d->adapter->device.bus->dma_channel;
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;

	pthread_mutex_lock(&claims);
	for (const struct nrt_system_dma *other = claimed; other != NULL; other = other->next)
		if (other->adapter->device.bus->dma_channel == channel)
			status = NDIS_STATUS_RESOURCE_CONFLICT;
	if (status == NDIS_STATUS_SUCCESS) {
		d->claimed = true;
		d->next = claimed;
		claimed = d;
	}
	pthread_mutex_unlock(&claims);
	return status;
}

static void give_up(struct nrt_system_dma *d)
{
	struct nrt_system_dma **link = &claimed;

	d->adapter->device.bus->connect_dma(d->adapter->device.bus_context, NULL);
	nrt_spin_lock(&d->lock);
	d->memory = NULL;
	nrt_spin_unlock(&d->lock);
	pthread_mutex_lock(&claims);
	while (*link != d)
		link = &(*link)->next;
	*link = d->next;
	d->claimed = false;
	pthread_mutex_unlock(&claims);
}

static NDIS_STATUS may_claim(const struct nrt_adapter *a, const NDIS_DMA_DESCRIPTION *c)
{
	bool master = (a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER) != 0;

	if (!a->initialize_running || !a->registration_set) {
		nrt_violation("MP-INI-01", "%s: NdisMRegisterDmaChannel is for MiniportInitializeEx, "
			      "after the registration attributes", a->device.name);
		return NDIS_STATUS_FAILURE;
	}
	if (a->system_dma == NULL || c->DmaWidth < Width8Bits || c->DmaWidth > Width32Bits ||
	    (master && a->interface_type != NdisInterfaceIsa))
		return NDIS_STATUS_FAILURE;
	if (c->DmaChannelSpecified && c->DmaChannel != a->device.bus->dma_channel)
		return NDIS_STATUS_RESOURCE_CONFLICT;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMRegisterDmaChannel(PNDIS_HANDLE MiniportDmaHandle,
				    NDIS_HANDLE MiniportAdapterHandle, UINT DmaChannel,
				    BOOLEAN Dma32BitAddresses,
				    PNDIS_DMA_DESCRIPTION DmaDescription, ULONG MaximumLength)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMRegisterDmaChannel");
	struct nrt_system_dma *d;
	NDIS_STATUS status;

	(void)DmaChannel;        /* ignored, by its page */
	(void)Dma32BitAddresses; /* the controller reaches all memory */
	nrt_check_irql("NdisMRegisterDmaChannel", PASSIVE_LEVEL);
	*MiniportDmaHandle = NULL;
	status = a != NULL ? may_claim(a, DmaDescription) : NDIS_STATUS_FAILURE;
	d = a != NULL ? a->system_dma : NULL;
	if (status == NDIS_STATUS_SUCCESS)
		status = claim(d);
	if (status == NDIS_STATUS_RESOURCE_CONFLICT)
		NdisWriteErrorLogEntry(a, NDIS_ERROR_CODE_RESOURCE_CONFLICT, 0);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	d->reloads = DmaDescription->AutoInitialize;
	d->width = 1u << DmaDescription->DmaWidth;
	d->limit = MaximumLength;
	a->device.bus->connect_dma(a->device.bus_context, d);
	*MiniportDmaHandle = d;
	return NDIS_STATUS_SUCCESS;
}

static struct nrt_system_dma *channel_of(NDIS_HANDLE handle, const char *ddi)
{
	struct nrt_system_dma *d = handle;

	if (d != NULL && d->magic == MAGIC && d->claimed)
		return d;
	nrt_violation("RS-DMA-04", "%s: the handle names no DMA channel", ddi);
	return NULL;
}

VOID NdisMDeregisterDmaChannel(NDIS_HANDLE MiniportDmaHandle)
{
	struct nrt_system_dma *d = channel_of(MiniportDmaHandle, "NdisMDeregisterDmaChannel");

	nrt_check_irql("NdisMDeregisterDmaChannel", PASSIVE_LEVEL);
	if (d == NULL)
		return;
	if (d->memory != NULL)
		nrt_violation("RS-DMA-04", "%s: NdisMDeregisterDmaChannel before the transfer was "
			      "completed", d->adapter->device.name);
	give_up(d);
}

void nrt_system_dma_check(struct nrt_adapter *a, const char *rule)
{
	if (!nrt_system_dma_claimed(a))
		return;
	nrt_violation(rule, "%s: its channel of the DMA controller is still claimed",
		      a->device.name);
	give_up(a->system_dma);
}

/* ---------------------------------------------------------------------- transfers */

VOID NdisSetupDmaTransfer(PNDIS_STATUS Status, NDIS_HANDLE MiniportDmaHandle, PMDL Buffer,
			  ULONG Offset, ULONG Length, BOOLEAN WriteToDevice)
{
	struct nrt_system_dma *d = channel_of(MiniportDmaHandle, "NdisMSetupDmaTransfer");
	ULONG size = Buffer != NULL ? MmGetMdlByteCount(Buffer) : 0;
	char *memory = NULL;

	nrt_check_irql("NdisMSetupDmaTransfer", DISPATCH_LEVEL);
	*Status = NDIS_STATUS_RESOURCES;
	if (Buffer != NULL)
		memory = MmGetSystemAddressForMdlSafe(Buffer, NormalPagePriority);
	if (d == NULL || memory == NULL || Length == 0 || Length > d->limit ||
	    Length % d->width != 0 || Offset > size || Length > size - Offset)
		return;
	nrt_spin_lock(&d->lock);
	if (d->memory == NULL) {
		d->memory = memory;
		d->buffer = Buffer;
		d->offset = Offset;
		d->length = Length;
		d->done = 0;
		d->to_device = WriteToDevice;
		*Status = NDIS_STATUS_SUCCESS;
	}
	nrt_spin_unlock(&d->lock);
}

VOID NdisCompleteDmaTransfer(PNDIS_STATUS Status, NDIS_HANDLE MiniportDmaHandle, PMDL Buffer,
			     ULONG Offset, ULONG Length, BOOLEAN WriteToDevice)
{
	struct nrt_system_dma *d = channel_of(MiniportDmaHandle, "NdisMCompleteDmaTransfer");
	bool same;

	nrt_check_irql("NdisMCompleteDmaTransfer", DISPATCH_LEVEL);
	*Status = NDIS_STATUS_RESOURCES;
	if (d == NULL)
		return;
	nrt_spin_lock(&d->lock);
	same = d->memory != NULL && d->buffer == Buffer && d->offset == Offset &&
	       d->length == Length && d->to_device == (WriteToDevice != FALSE);
	d->memory = NULL; /* the channel is free in any case */
	nrt_spin_unlock(&d->lock);
	if (same)
		*Status = NDIS_STATUS_SUCCESS;
}

ULONG NdisMReadDmaCounter(NDIS_HANDLE MiniportDmaHandle)
{
	struct nrt_system_dma *d = channel_of(MiniportDmaHandle, "NdisMReadDmaCounter");
	ULONG left = 0;

	nrt_check_irql("NdisMReadDmaCounter", DISPATCH_LEVEL);
	if (d == NULL)
		return 0;
	nrt_spin_lock(&d->lock);
	if (d->memory != NULL)
		left = d->length - d->done;
	nrt_spin_unlock(&d->lock);
	return left;
}

/* Under the channel's lock: one piece of at most @length bytes. */
static uint32_t move(struct nrt_system_dma *d, char *data, uint32_t length)
{
	uint32_t n = length < PIECE ? length : PIECE;
	char *at;

	if (d->memory == NULL)
		return 0;
	if (d->done == d->length && d->reloads)
		d->done = 0;
	if (n > d->length - d->done)
		n = d->length - d->done;
	n -= n % d->width;
	at = d->memory + d->offset + d->done;
	if (d->to_device)
		memcpy(data, at, n);
	else
		memcpy(at, data, n);
	d->done += n;
	return n;
}

uint32_t nrt_bus_dma(struct nrt_system_dma *to, void *data, uint32_t length)
{
	uint32_t moved = 0, n;

	do {
		nrt_spin_lock(&to->lock);
		n = move(to, (char *)data + moved, length - moved);
		nrt_spin_unlock(&to->lock);
		moved += n;
	} while (n != 0 && moved < length);
	return moved;
}
