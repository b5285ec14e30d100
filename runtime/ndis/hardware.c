/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A miniport's claims on its device: resources, mapped registers and ports,
 * configuration space. PASSIVE_LEVEL, inside MiniportInitializeEx and MiniportHaltEx;
 * configuration space at any IRQL.
 */
#include "hardware.h"

#include <stdlib.h>

#include <nrt/nrt_bus.h>

#include "../ke/io.h"
#include "../ke/irql.h"
#include "../verifier.h"
#include "adapter.h"
#include "interrupt.h"

/* What is mapped of one range. */
struct window {
	struct window *next;
	struct nrt_io_window io;
	bool direct; /* io.va is the bus's own */
	enum nrt_bus_kind kind;
	uint64_t start;
};

struct nrt_hardware {
	struct window *windows; /* under the adapter's lock */
	CM_RESOURCE_LIST *raw, *translated; /* NULL: no bus, or one without resources */
	DEVICE_OBJECT physical, functional;
};

/* ----------------------------------------------------------------- resources */

static void describe(const struct nrt_bus_range *r, CM_PARTIAL_RESOURCE_DESCRIPTOR *d)
{
	d->Type = r->kind == NRT_BUS_PORTS ? CmResourceTypePort : CmResourceTypeMemory;
	d->Flags = r->kind == NRT_BUS_PORTS ? CM_RESOURCE_PORT_IO : CM_RESOURCE_MEMORY_READ_WRITE;
	d->u.Generic.Start.QuadPart = (LONGLONG)r->start;
	d->u.Generic.Length = r->length;
}

static void describe_line(const struct nrt_bus *bus, CM_PARTIAL_RESOURCE_DESCRIPTOR *d,
			  bool translated)
{
	d->Type = CmResourceTypeInterrupt;
	d->ShareDisposition = CmResourceShareShared;
	d->Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
	d->u.Interrupt.Level = translated ? NRT_DIRQL : (USHORT)bus->line;
	d->u.Interrupt.Vector = bus->line;
	d->u.Interrupt.Affinity = (KAFFINITY)1 << nrt_interrupt_processor(bus->line);
}

/* One descriptor for each message, as of MSI-X. */
static void describe_message(unsigned int message, CM_PARTIAL_RESOURCE_DESCRIPTOR *d,
			     bool translated)
{
	KAFFINITY affinity = (KAFFINITY)1 << nrt_interrupt_processor(message);

	d->Type = CmResourceTypeInterrupt;
	d->ShareDisposition = CmResourceShareDeviceExclusive;
	d->Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
	if (translated) {
		d->u.MessageInterrupt.Translated.Level = NRT_DIRQL;
		d->u.MessageInterrupt.Translated.Vector = message;
		d->u.MessageInterrupt.Translated.Affinity = affinity;
	} else {
		d->u.MessageInterrupt.Raw.MessageCount = 1;
		d->u.MessageInterrupt.Raw.Vector = message;
		d->u.MessageInterrupt.Raw.Affinity = affinity;
	}
}

static unsigned int count_resources(const struct nrt_bus *bus)
{
	return bus->n_ranges + bus->has_line + bus->n_messages + bus->has_dma_channel;
}

/* Addresses are the same raw and translated: there are no others than the bus's. */
static CM_RESOURCE_LIST *describe_all(const struct nrt_bus *bus, bool translated)
{
	size_t size = sizeof(CM_RESOURCE_LIST) +
		      count_resources(bus) * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
	CM_RESOURCE_LIST *list = calloc(1, size);
	CM_PARTIAL_RESOURCE_DESCRIPTOR *d;
	CM_PARTIAL_RESOURCE_LIST *partial;

	if (list == NULL)
		return NULL;
	list->Count = 1;
	list->List[0].InterfaceType = PCIBus;
	partial = &list->List[0].PartialResourceList;
	partial->Version = partial->Revision = 1;
	partial->Count = count_resources(bus);
	d = partial->PartialDescriptors;
	for (unsigned int i = 0; i < bus->n_ranges; i++)
		describe(&bus->ranges[i], d++);
	if (bus->has_line)
		describe_line(bus, d++, translated);
	for (unsigned int i = 0; i < bus->n_messages; i++)
		describe_message(i, d++, translated);
	if (bus->has_dma_channel) {
		d->Type = CmResourceTypeDma;
		d->ShareDisposition = CmResourceShareDeviceExclusive;
		d->u.Dma.Channel = bus->dma_channel;
	}
	return list;
}

const char *nrt_hardware_fault(const struct nrt_bus *bus)
{
	if (bus == NULL)
		return NULL;
	if (bus->n_messages > NRT_BUS_MAX_MESSAGES)
		return "it has more messages than NRT_BUS_MAX_MESSAGES";
	if (bus->has_line && bus->line_asserted == NULL)
		return "it has a line and no line_asserted()";
	if ((bus->has_line || bus->n_messages != 0) && bus->connect == NULL)
		return "it has interrupts and no connect()";
	if (bus->has_dma_channel && bus->connect_dma == NULL)
		return "it has a DMA channel and no connect_dma()";
	return NULL;
}

bool nrt_hardware_new(struct nrt_adapter *a)
{
	const struct nrt_bus *bus = a->device.bus;

	a->hardware = calloc(1, sizeof(*a->hardware));
	if (a->hardware == NULL)
		return false;
	if (bus == NULL || count_resources(bus) == 0)
		return true;
	a->hardware->raw = describe_all(bus, false);
	a->hardware->translated = describe_all(bus, true);
	return a->hardware->raw != NULL && a->hardware->translated != NULL;
}

void nrt_hardware_free(struct nrt_adapter *a)
{
	if (a->hardware != NULL) {
		free(a->hardware->raw);
		free(a->hardware->translated);
	}
	free(a->hardware);
	a->hardware = NULL;
}

PNDIS_RESOURCE_LIST nrt_hardware_resources(const struct nrt_adapter *a)
{
	CM_RESOURCE_LIST *list = a->hardware->translated;

	return list != NULL ? &list->List[0].PartialResourceList : NULL;
}

VOID NdisMGetDeviceProperty(NDIS_HANDLE MiniportAdapterHandle, PDEVICE_OBJECT *PhysicalDeviceObject,
			    PDEVICE_OBJECT *FunctionalDeviceObject,
			    PDEVICE_OBJECT *NextDeviceObject, PCM_RESOURCE_LIST *AllocatedResources,
			    PCM_RESOURCE_LIST *AllocatedResourcesTranslated)
{
	struct nrt_adapter *a = nrt_adapter_of(MiniportAdapterHandle, "NdisMGetDeviceProperty");
	struct nrt_hardware *h = a != NULL ? a->hardware : NULL;

	nrt_check_irql("NdisMGetDeviceProperty", PASSIVE_LEVEL);
	if (PhysicalDeviceObject != NULL)
		*PhysicalDeviceObject = h != NULL ? &h->physical : NULL;
	if (FunctionalDeviceObject != NULL)
		*FunctionalDeviceObject = h != NULL ? &h->functional : NULL;
	if (NextDeviceObject != NULL)
		*NextDeviceObject = h != NULL ? &h->physical : NULL;
	if (AllocatedResources != NULL)
		*AllocatedResources = h != NULL ? h->raw : NULL;
	if (AllocatedResourcesTranslated != NULL)
		*AllocatedResourcesTranslated = h != NULL ? h->translated : NULL;
}

/* ------------------------------------------------------------------- windows */

static bool inside(const struct nrt_bus_range *r, enum nrt_bus_kind kind, uint64_t start,
		   uint32_t length)
{
	return r->kind == kind && length != 0 && start >= r->start &&
	       start - r->start < r->length && length <= r->length - (start - r->start);
}

unsigned int nrt_hardware_range(const struct nrt_bus *bus, enum nrt_bus_kind kind, uint64_t start,
				uint32_t length)
{
	unsigned int i = 0;

	while (i < bus->n_ranges && !inside(&bus->ranges[i], kind, start, length))
		i++;
	return i;
}

static bool is_claimed(const struct nrt_hardware *h, enum nrt_bus_kind kind, uint64_t start,
		       uint32_t length)
{
	for (const struct window *w = h->windows; w != NULL; w = w->next)
		if (w->kind == kind && start < w->start + w->io.length &&
		    w->start < start + length)
			return true;
	return false;
}

static bool map(struct window *w)
{
	const struct nrt_bus *bus = w->io.bus;
	char *memory = NULL;

	if (w->kind == NRT_BUS_MEMORY && bus->direct != NULL)
		memory = bus->direct(w->io.bus_context, w->io.range);
	if (memory == NULL)
		return nrt_io_map(&w->io);
	w->direct = true;
	w->io.va = memory + w->io.offset;
	return true;
}

/* Under the adapter's lock. */
static NDIS_STATUS claim(struct nrt_adapter *a, enum nrt_bus_kind kind, uint64_t start,
			 uint32_t length, PVOID *va)
{
	const struct nrt_bus *bus = a->device.bus;
	unsigned int range = bus != NULL ? nrt_hardware_range(bus, kind, start, length) : 0;
	struct window *w;

	if (bus == NULL || range == bus->n_ranges)
		return NDIS_STATUS_FAILURE;
	if (is_claimed(a->hardware, kind, start, length))
		return NDIS_STATUS_RESOURCE_CONFLICT;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NDIS_STATUS_RESOURCES;
	w->kind = kind;
	w->start = start;
	w->io = (struct nrt_io_window){ .bus = bus,
					.bus_context = a->device.bus_context,
					.range = range,
					.offset = start - bus->ranges[range].start,
					.length = length };
	if (!map(w)) {
		free(w);
		return NDIS_STATUS_RESOURCES;
	}
	w->next = a->hardware->windows;
	a->hardware->windows = w;
	*va = w->io.va;
	return NDIS_STATUS_SUCCESS;
}

/* Claims are made in MiniportInitializeEx (@rule) once the registration attributes are set. */
static NDIS_STATUS try_claim(NDIS_HANDLE handle, const char *ddi, const char *rule,
			     enum nrt_bus_kind kind, uint64_t start, uint32_t length, PVOID *va)
{
	struct nrt_adapter *a = nrt_adapter_of(handle, ddi);
	NDIS_STATUS status;

	nrt_check_irql(ddi, PASSIVE_LEVEL);
	*va = NULL;
	if (a == NULL)
		return NDIS_STATUS_FAILURE;
	if (!a->initialize_running || !a->registration_set) {
		nrt_violation(a->initialize_running ? "MP-INI-01" : rule, "%s: %s %s",
			      a->device.name, ddi,
			      a->initialize_running ? "before the registration attributes"
						    : "outside MiniportInitializeEx");
		return NDIS_STATUS_FAILURE;
	}
	pthread_mutex_lock(&a->lock);
	status = claim(a, kind, start, length, va);
	pthread_mutex_unlock(&a->lock);
	if (status == NDIS_STATUS_RESOURCE_CONFLICT)
		NdisWriteErrorLogEntry(handle, NDIS_ERROR_CODE_RESOURCE_CONFLICT, 0);
	return status;
}

static void release(struct window **link)
{
	struct window *w = *link;

	*link = w->next;
	if (!w->direct)
		nrt_io_unmap(&w->io);
	free(w);
}

/* A claim is given up as it was made. */
static void give_up(NDIS_HANDLE handle, const char *ddi, const char *rule, enum nrt_bus_kind kind,
		    const void *va, uint32_t length)
{
	struct nrt_adapter *a = nrt_adapter_of(handle, ddi);
	struct window **link;

	nrt_check_irql(ddi, PASSIVE_LEVEL);
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	link = &a->hardware->windows;
	while (*link != NULL && ((*link)->kind != kind || (*link)->io.va != va ||
				 (*link)->io.length != length))
		link = &(*link)->next;
	if (*link != NULL)
		release(link);
	else
		nrt_violation(rule, "%s: %s: nothing is mapped at %p with length %u",
			      a->device.name, ddi, va, length);
	pthread_mutex_unlock(&a->lock);
}

NDIS_STATUS NdisMMapIoSpace(PVOID *VirtualAddress, NDIS_HANDLE MiniportAdapterHandle,
			    NDIS_PHYSICAL_ADDRESS PhysicalAddress, UINT Length)
{
	return try_claim(MiniportAdapterHandle, "NdisMMapIoSpace", "MP-INI-09", NRT_BUS_MEMORY,
			 (uint64_t)PhysicalAddress.QuadPart, Length, VirtualAddress);
}

VOID NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle, PVOID VirtualAddress, UINT Length)
{
	give_up(MiniportAdapterHandle, "NdisMUnmapIoSpace", "MP-INI-09", NRT_BUS_MEMORY,
		VirtualAddress, Length);
}

NDIS_STATUS NdisMRegisterIoPortRange(PVOID *PortOffset, NDIS_HANDLE MiniportAdapterHandle,
				     UINT InitialPort, UINT NumberOfPorts)
{
	return try_claim(MiniportAdapterHandle, "NdisMRegisterIoPortRange", "MP-INI-10",
			 NRT_BUS_PORTS, InitialPort, NumberOfPorts, PortOffset);
}

VOID NdisMDeregisterIoPortRange(NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort,
				UINT NumberOfPorts, PVOID PortOffset)
{
	(void)InitialPort; /* the offset says it */
	give_up(MiniportAdapterHandle, "NdisMDeregisterIoPortRange", "MP-INI-10", NRT_BUS_PORTS,
		PortOffset, NumberOfPorts);
}

void nrt_hardware_check(struct nrt_adapter *a, const char *rule)
{
	nrt_iospace_check(a, rule);
	while (a->hardware->windows != NULL) {
		const struct window *w = a->hardware->windows;

		nrt_violation(rule, "%s: %u %s at 0x%llx are still mapped", a->device.name,
			      w->io.length,
			      w->kind == NRT_BUS_PORTS ? "ports" : "bytes of registers",
			      (unsigned long long)w->start);
		release(&a->hardware->windows);
	}
}

/* ------------------------------------------------------- configuration space */

ULONG NdisMGetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer,
		      ULONG Length)
{
	const struct nrt_adapter *a = nrt_adapter_of(NdisMiniportHandle, "NdisMGetBusData");
	const struct nrt_bus *bus = a != NULL ? a->device.bus : NULL;

	if (bus == NULL || bus->config_read == NULL)
		return 0;
	return bus->config_read(a->device.bus_context, WhichSpace, Offset, Buffer, Length);
}

ULONG NdisMSetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer,
		      ULONG Length)
{
	const struct nrt_adapter *a = nrt_adapter_of(NdisMiniportHandle, "NdisMSetBusData");
	const struct nrt_bus *bus = a != NULL ? a->device.bus : NULL;

	if (bus == NULL || bus->config_write == NULL)
		return 0;
	return bus->config_write(a->device.bus_context, WhichSpace, Offset, Buffer, Length);
}

/* ------------------------------------------- blocks of a virtual function */

NDIS_STATUS NdisMReadConfigBlock(NDIS_HANDLE NdisMiniportHandle, ULONG BlockId, PVOID Buffer,
				 ULONG Length)
{
	const struct nrt_adapter *a = nrt_adapter_of(NdisMiniportHandle, "NdisMReadConfigBlock");
	const struct nrt_bus *bus = a != NULL ? a->device.bus : NULL;

	nrt_check_irql("NdisMReadConfigBlock", APC_LEVEL);
	if (bus == NULL || bus->block_read == NULL ||
	    bus->block_read(a->device.bus_context, BlockId, Buffer, Length) != 0)
		return NDIS_STATUS_FAILURE;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMWriteConfigBlock(NDIS_HANDLE NdisMiniportHandle, ULONG BlockId, PVOID Buffer,
				  ULONG Length)
{
	const struct nrt_adapter *a = nrt_adapter_of(NdisMiniportHandle, "NdisMWriteConfigBlock");
	const struct nrt_bus *bus = a != NULL ? a->device.bus : NULL;

	nrt_check_irql("NdisMWriteConfigBlock", APC_LEVEL);
	if (bus == NULL || bus->block_write == NULL ||
	    bus->block_write(a->device.bus_context, BlockId, Buffer, Length) != 0)
		return NDIS_STATUS_FAILURE;
	return NDIS_STATUS_SUCCESS;
}
