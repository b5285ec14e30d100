/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scatter/gather list of any buffer, for whoever has a handle of an adapter or of a
 * binding to it. At DISPATCH_LEVEL, in the caller's memory, called back inside the call.
 */
#include "../ke/irql.h"
#include "../verifier.h"
#include "adapter.h"
#include "binding.h"
#include "callback.h"
#include "header.h"
#include "sglist.h"
#include "sharedmem.h"

struct search {
	NDIS_HANDLE handle;
	struct nrt_adapter *found;
};

static void look(struct nrt_adapter *a, void *arg)
{
	struct search *s = arg;

	if (s->handle == a)
		s->found = a;
}

static struct nrt_adapter *adapter_behind(NDIS_HANDLE handle, const char *ddi)
{
	struct search s = { .handle = handle };
	struct nrt_binding *b;

	nrt_adapter_for_each(look, &s);
	if (s.found != NULL)
		return s.found;
	b = nrt_binding_of(handle, ddi);
	return b != NULL ? b->adapter : NULL;
}

static void check_dispatch(const char *ddi)
{
	if (nrt_verifying && nrt_self.irql != DISPATCH_LEVEL)
		nrt_violation("RS-IRQL-01", "%s called at IRQL %u, wants DISPATCH_LEVEL", ddi,
			      nrt_self.irql);
}

static bool parameters_ok(const NDIS_SCATTER_GATHER_LIST_PARAMETERS *p)
{
	static const size_t sizes[] = { NDIS_SIZEOF_SCATTER_GATHER_LIST_PARAMETERS_REVISION_1 };

	return nrt_header_ok(&p->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 1,
			     "NdisBuildScatterGatherList") &&
	       p->Mdl != NULL && p->ProcessSGListHandler != NULL &&
	       (char *)p->CurrentVa >= (char *)MmGetMdlVirtualAddress(p->Mdl);
}

NDIS_STATUS NdisBuildScatterGatherList(NDIS_HANDLE NdisHandle,
				       PNDIS_SCATTER_GATHER_LIST_PARAMETERS SGListParameters)
{
	NDIS_SCATTER_GATHER_LIST_PARAMETERS *p = SGListParameters;
	struct nrt_adapter *a = adapter_behind(NdisHandle, "NdisBuildScatterGatherList");
	SCATTER_GATHER_LIST *list = p->ScatterGatherListBuffer;
	struct nrt_callback cb;
	size_t offset;
	ULONG n;

	check_dispatch("NdisBuildScatterGatherList");
	if (a == NULL || !parameters_ok(p))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!nrt_dma_registered(a)) {
		nrt_violation("MP-INI-04", "%s: NdisBuildScatterGatherList before a DMA channel",
			      a->device.name);
		return NDIS_STATUS_FAILURE;
	}
	offset = (size_t)((char *)p->CurrentVa - (char *)MmGetMdlVirtualAddress(p->Mdl));
	n = nrt_sg_chain_elements(a, p->Mdl, offset, p->Length, NULL);
	if (n == NRT_SG_NO_ADDRESS)
		return NDIS_STATUS_RESOURCES;
	p->ScatterGatherListBufferSizeNeeded =
		(ULONG)(sizeof(*list) + n * sizeof(list->Elements[0]));
	if (list == NULL || p->ScatterGatherListBufferSize < p->ScatterGatherListBufferSizeNeeded)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	list->NumberOfElements = n;
	list->Reserved = 0;
	nrt_sg_chain_elements(a, p->Mdl, offset, p->Length, list->Elements);
	cb = nrt_callback_begin("NetProcessSGList");
	p->ProcessSGListHandler(NULL, NULL, list, p->Context);
	nrt_callback_end(&cb);
	return NDIS_STATUS_SUCCESS;
}

/* The list is in the caller's memory, and caches are coherent: nothing is to be undone. */
VOID NdisFreeScatterGatherList(NDIS_HANDLE NdisHandle, PSCATTER_GATHER_LIST ScatterGatherListBuffer,
			       BOOLEAN WriteToDevice)
{
	(void)ScatterGatherListBuffer;
	(void)WriteToDevice;
	check_dispatch("NdisFreeScatterGatherList");
	adapter_behind(NdisHandle, "NdisFreeScatterGatherList");
}
