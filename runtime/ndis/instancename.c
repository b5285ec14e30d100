/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The friendly name of an adapter, in memory that the driver frees with
 * NdisFreeMemory. Called by miniports and protocols about what they run or are
 * bound to.
 */
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "adapter.h"
#include "binding.h"

#define NAME_TAG 0x6d4e644eU /* NdNm */

/* Its device's name is the friendliest an adapter has; it is ASCII. */
static NDIS_STATUS give_name(const struct nrt_adapter *a, const void *owner, PNDIS_STRING name)
{
	size_t n = strlen(a->device.name);
	WCHAR *wide = nrt_memory_alloc((n + 1) * sizeof(*wide), NAME_TAG, owner);

	if (wide == NULL)
		return NDIS_STATUS_RESOURCES;
	for (size_t i = 0; i <= n; i++)
		wide[i] = (unsigned char)a->device.name[i];
	name->Buffer = wide;
	name->Length = (USHORT)(n * sizeof(*wide));
	name->MaximumLength = (USHORT)((n + 1) * sizeof(*wide));
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMQueryAdapterInstanceName(PNDIS_STRING pAdapterInstanceName,
					  NDIS_HANDLE MiniportAdapterHandle)
{
	struct nrt_adapter *a =
		nrt_adapter_of(MiniportAdapterHandle, "NdisMQueryAdapterInstanceName");

	nrt_check_irql("NdisMQueryAdapterInstanceName", PASSIVE_LEVEL);
	return a != NULL ? give_name(a, a, pAdapterInstanceName) : NDIS_STATUS_RESOURCES;
}

NDIS_STATUS NdisQueryAdapterInstanceName(PNDIS_STRING pAdapterInstanceName,
					 NDIS_HANDLE NdisBindingHandle)
{
	struct nrt_binding *b = nrt_binding_of(NdisBindingHandle, "NdisQueryAdapterInstanceName");

	nrt_check_irql("NdisQueryAdapterInstanceName", DISPATCH_LEVEL);
	if (b == NULL)
		return NDIS_STATUS_RESOURCES;
	return give_name(b->adapter, b->protocol, pAdapterInstanceName);
}

NDIS_STATUS NdisQueryBindInstanceName(PNDIS_STRING pAdapterInstanceName,
				      NDIS_HANDLE BindingContext)
{
	struct nrt_binding *b = BindingContext;

	nrt_check_irql("NdisQueryBindInstanceName", DISPATCH_LEVEL);
	if (b == NULL || !b->binding_runs) {
		nrt_violation("PR-BND-01",
			      "NdisQueryBindInstanceName outside its ProtocolBindAdapterEx");
		return NDIS_STATUS_RESOURCES;
	}
	return give_name(b->adapter, b->protocol, pAdapterInstanceName);
}
