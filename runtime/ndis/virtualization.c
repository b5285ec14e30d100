/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SR-IOV, for the miniport of a physical function: switching its virtual functions on in
 * configuration space, and reaching theirs through the bus. Called by the miniport between
 * MiniportInitializeEx and MiniportHaltEx.
 */
#include <string.h>

#include <nrt/nrt_bus.h>

#include "../ke/irql.h"
#include "adapter.h"

/* The extended capability: PCI Express Base Specification, sections 7.6.3 and 9.3.3. */
#define PCI_SPACE 0
#define FIRST_EXTENDED 0x100
#define END_OF_SPACE 0x1000
#define SR_IOV_ID 0x0010
#define SR_IOV_CONTROL 0x08
#define SR_IOV_TOTAL_VFS 0x0E
#define SR_IOV_NUM_VFS 0x10
#define CONTROL_VF_ENABLE 0x0001

static bool config_read(const struct nrt_adapter *a, uint32_t offset, void *value, uint32_t width)
{
	const struct nrt_bus *bus = a->device.bus;

	return bus->config_read(a->device.bus_context, PCI_SPACE, offset, value, width) == width;
}

static bool config_write(const struct nrt_adapter *a, uint32_t offset, uint16_t value)
{
	const struct nrt_bus *bus = a->device.bus;

	return bus->config_write(a->device.bus_context, PCI_SPACE, offset, &value,
				 sizeof(value)) == sizeof(value);
}

/* Where the capability is, or 0. A list that runs in a circle ends where it has to. */
static uint32_t find_sr_iov(const struct nrt_adapter *a)
{
	uint32_t offset = FIRST_EXTENDED, header;

	if (a->device.bus == NULL || a->device.bus->config_read == NULL ||
	    a->device.bus->config_write == NULL)
		return 0;
	for (uint32_t i = 0; i < (END_OF_SPACE - FIRST_EXTENDED) / 8; i++) {
		if (offset < FIRST_EXTENDED || !config_read(a, offset, &header, sizeof(header)))
			return 0;
		if ((header & 0xFFFF) == SR_IOV_ID)
			return offset;
		offset = header >> 20 & ~3u;
	}
	return 0;
}

static NDIS_STATUS enable(const struct nrt_adapter *a, uint32_t at, uint16_t vfs)
{
	uint16_t control, total;

	if (!config_read(a, at + SR_IOV_CONTROL, &control, sizeof(control)) ||
	    !config_read(a, at + SR_IOV_TOTAL_VFS, &total, sizeof(total)) ||
	    (control & CONTROL_VF_ENABLE) || vfs > total)
		return NDIS_STATUS_FAILURE;
	if (!config_write(a, at + SR_IOV_NUM_VFS, vfs) ||
	    !config_write(a, at + SR_IOV_CONTROL, control | CONTROL_VF_ENABLE))
		return NDIS_STATUS_FAILURE;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS disable(const struct nrt_adapter *a, uint32_t at)
{
	uint16_t control;

	if (!config_read(a, at + SR_IOV_CONTROL, &control, sizeof(control)) ||
	    !config_write(a, at + SR_IOV_CONTROL, control & (uint16_t)~CONTROL_VF_ENABLE) ||
	    !config_write(a, at + SR_IOV_NUM_VFS, 0))
		return NDIS_STATUS_FAILURE;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMEnableVirtualization(NDIS_HANDLE NdisMiniportHandle, USHORT NumVFs,
				      BOOLEAN EnableVFMigration, BOOLEAN EnableMigrationInterrupt,
				      BOOLEAN EnableVirtualization)
{
	const struct nrt_adapter *a = nrt_adapter_of(NdisMiniportHandle,
						     "NdisMEnableVirtualization");
	uint32_t at;

	nrt_check_irql("NdisMEnableVirtualization", PASSIVE_LEVEL);
	if (a == NULL)
		return NDIS_STATUS_FAILURE;
	if (EnableVFMigration || EnableMigrationInterrupt || (!EnableVirtualization && NumVFs != 0))
		return NDIS_STATUS_INVALID_PARAMETER;
	at = find_sr_iov(a);
	if (at == 0)
		return NDIS_STATUS_NOT_SUPPORTED;
	return EnableVirtualization ? enable(a, at, NumVFs) : disable(a, at);
}

/* What the bus of @handle has for virtual functions; NULL: nothing, or there is no adapter. */
static const struct nrt_bus_virtual *virtual_of(NDIS_HANDLE handle, const char *ddi, void **context)
{
	const struct nrt_adapter *a = nrt_adapter_of(handle, ddi);

	if (a == NULL || a->device.bus == NULL)
		return NULL;
	*context = a->device.bus_context;
	return a->device.bus->virtual_functions;
}

ULONG NdisMGetVirtualFunctionBusData(NDIS_HANDLE NdisMiniportHandle, USHORT VFId, PVOID Buffer,
				     ULONG Offset, ULONG Length)
{
	void *context;
	const struct nrt_bus_virtual *v = virtual_of(NdisMiniportHandle,
						     "NdisMGetVirtualFunctionBusData", &context);

	nrt_check_irql("NdisMGetVirtualFunctionBusData", DISPATCH_LEVEL);
	return v != NULL ? v->config_read(context, VFId, Offset, Buffer, Length) : 0;
}

ULONG NdisMSetVirtualFunctionBusData(NDIS_HANDLE NdisMiniportHandle, USHORT VFId, PVOID Buffer,
				     ULONG Offset, ULONG Length)
{
	void *context;
	const struct nrt_bus_virtual *v = virtual_of(NdisMiniportHandle,
						     "NdisMSetVirtualFunctionBusData", &context);

	nrt_check_irql("NdisMSetVirtualFunctionBusData", DISPATCH_LEVEL);
	return v != NULL ? v->config_write(context, VFId, Offset, Buffer, Length) : 0;
}

NDIS_STATUS NdisMGetVirtualFunctionLocation(NDIS_HANDLE NdisMiniportHandle, USHORT VFId,
					    PUSHORT SegmentNumber, PUCHAR BusNumber,
					    PUCHAR FunctionNumber)
{
	void *context;
	const struct nrt_bus_virtual *v = virtual_of(NdisMiniportHandle,
						     "NdisMGetVirtualFunctionLocation", &context);

	nrt_check_irql("NdisMGetVirtualFunctionLocation", PASSIVE_LEVEL);
	if (v == NULL || v->location(context, VFId, SegmentNumber, BusNumber, FunctionNumber) != 0)
		return NDIS_STATUS_FAILURE;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMQueryProbedBars(NDIS_HANDLE NdisMiniportHandle, PULONG BaseRegisterValues)
{
	void *context;
	const struct nrt_bus_virtual *v = virtual_of(NdisMiniportHandle, "NdisMQueryProbedBars",
						     &context);
	uint32_t bars[NRT_BUS_BARS];

	nrt_check_irql("NdisMQueryProbedBars", PASSIVE_LEVEL);
	if (v == NULL || v->probed_bars(context, bars) != 0)
		return NDIS_STATUS_FAILURE;
	memcpy(BaseRegisterValues, bars, sizeof(bars));
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMInvalidateConfigBlock(NDIS_HANDLE NdisMiniportHandle, USHORT VFId,
				       ULONG64 BlockMask)
{
	void *context;
	const struct nrt_bus_virtual *v = virtual_of(NdisMiniportHandle,
						     "NdisMInvalidateConfigBlock", &context);

	nrt_check_irql("NdisMInvalidateConfigBlock", DISPATCH_LEVEL);
	if (v == NULL || v->blocks_changed(context, VFId, BlockMask) != 0)
		return NDIS_STATUS_FAILURE;
	return NDIS_STATUS_SUCCESS;
}
