/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisEnumerateFilterModules: what a driver of a stack may know of the modules in it.
 * PASSIVE_LEVEL, any thread.
 */
#include "../ke/irql.h"
#include "binding.h"
#include "driver.h"
#include "filter.h"
#include "protocol.h"

#define NDIS_630 0x0006001Eu

static uint32_t version(UCHAR major, UCHAR minor)
{
	return (uint32_t)major << 16 | minor;
}

/* Whose handle it is, and of which NDIS version; NULL: nobody's. A handle's first word tells
 * what it is. */
static struct nrt_adapter *adapter_of(NDIS_HANDLE handle, uint32_t *of)
{
	const uint32_t *magic = handle;
	const struct nrt_binding *b = handle;
	const struct nrt_filter *f = handle;
	struct nrt_adapter *a = handle;

	if (handle == NULL)
		return NULL;
	switch (*magic) {
	case NRT_ADAPTER_MAGIC:
		*of = nrt_miniport_version(a->driver);
		return a;
	case NRT_BINDING_MAGIC:
		*of = version(b->protocol->chars.MajorNdisVersion,
			      b->protocol->chars.MinorNdisVersion);
		return b->adapter;
	case NRT_FILTER_MAGIC:
		*of = version(f->driver->chars.MajorNdisVersion, f->driver->chars.MinorNdisVersion);
		return f->adapter;
	default:
		return NULL;
	}
}

static void describe(const struct nrt_filter *f, bool revision_2, NDIS_FILTER_INTERFACE *out)
{
	const NDIS_FILTER_PARTIAL_CHARACTERISTICS *h = &f->handlers;
	bool sends = h->SendNetBufferListsHandler != NULL;
	bool receives = h->ReceiveNetBufferListsHandler != NULL;

	*out = (NDIS_FILTER_INTERFACE){
		.Header = { NDIS_OBJECT_TYPE_DEFAULT,
			    revision_2 ? NDIS_FILTER_INTERFACE_REVISION_2 :
					 NDIS_FILTER_INTERFACE_REVISION_1,
			    NDIS_SIZEOF_FILTER_INTERFACE_REVISION_1 },
		.Flags = NDIS_FILTER_INTERFACE_LW_FILTER,
		.FilterType = NdisFilterTypeModifying,
		.FilterRunType = nrt_filter_mandatory(f->driver) ? NdisFilterRunTypeMandatory :
								   NdisFilterRunTypeOptional,
		.IfIndex = f->if_index,
		.NetLuid = f->net_luid,
		.FilterClass = f->driver->chars.ServiceName,
		.FilterInstanceName = f->name,
	};
	if (revision_2 && !sends)
		out->Flags |= NDIS_FILTER_INTERFACE_SEND_BYPASS;
	if (revision_2 && !receives)
		out->Flags |= NDIS_FILTER_INTERFACE_RECEIVE_BYPASS;
}

/* As many as there is room for, from the top. Under the adapter's lock. */
static ULONG fill(const struct nrt_adapter *a, bool revision_2, NDIS_ENUM_FILTERS *out, ULONG room)
{
	const struct nrt_filter *f = a->filters;
	ULONG n = 0;

	while (f != NULL && f->above != NULL)
		f = f->above;
	for (; f != NULL && n < room; f = f->below)
		describe(f, revision_2, &(&out->Filter[0])[n++]);
	return n;
}

NDIS_STATUS NdisEnumerateFilterModules(NDIS_HANDLE NdisHandle, PVOID InterfaceBuffer,
				       ULONG InterfaceBufferLength, PULONG BytesNeeded,
				       PULONG BytesWritten)
{
	const ULONG before = offsetof(NDIS_ENUM_FILTERS, Filter);
	NDIS_ENUM_FILTERS *out = InterfaceBuffer;
	ULONG there = 0, n = 0;
	uint32_t of = 0;
	struct nrt_adapter *a = adapter_of(NdisHandle, &of);

	nrt_check_irql("NdisEnumerateFilterModules", PASSIVE_LEVEL);
	if (a == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	*BytesWritten = 0;
	pthread_mutex_lock(&a->lock);
	for (const struct nrt_filter *f = a->filters; f != NULL; f = f->above)
		there++;
	if (InterfaceBufferLength >= before)
		n = fill(a, of >= NDIS_630, out,
			 (ULONG)((InterfaceBufferLength - before) / sizeof(out->Filter[0])));
	pthread_mutex_unlock(&a->lock);
	*BytesNeeded = before + there * (ULONG)sizeof(out->Filter[0]);
	if (InterfaceBufferLength < before)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	out->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT, NDIS_ENUM_FILTERS_REVISION_1,
					    NDIS_SIZEOF_ENUM_FILTERS_REVISION_1 };
	out->Flags = 0;
	out->NumberOfFilters = n;
	out->OffsetFirstFilter = before;
	*BytesWritten = before + n * (ULONG)sizeof(out->Filter[0]);
	return n == there ? NDIS_STATUS_SUCCESS : NDIS_STATUS_BUFFER_TOO_SHORT;
}
