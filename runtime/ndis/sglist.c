/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From an MDL chain to the addresses at which the device finds it. On the data path of
 * miniports that build descriptors of their own.
 */
#include "sglist.h"

#include <nrt/nrt_bus.h>

#include "../ke/memory.h"
#include "adapter.h"

/* Memory that the platform cannot map has the address it has in this process, where a
 * device model finds it. */
uint64_t nrt_dma_address(const struct nrt_adapter *a, const void *va, size_t length)
{
	const struct nrt_bus *bus = a->device.bus;
	uint64_t address;

	if (bus != NULL && bus->dma_address != NULL)
		return bus->dma_address(a->device.bus_context, va, length);
	address = nrt_memory_iova(va, length);
	if (address == UINT64_MAX && BYTE_OFFSET(va) + length <= PAGE_SIZE)
		address = (uintptr_t)va;
	return address;
}

static void put(SCATTER_GATHER_ELEMENT *out, ULONG n, uint64_t address, size_t length)
{
	if (out == NULL)
		return;
	out[n].Address.QuadPart = (LONGLONG)address;
	out[n].Length = (ULONG)length;
	out[n].Reserved = 0;
}

/* One element where it is one piece, else one a page. How many are in @out then. */
static ULONG add_piece(const struct nrt_adapter *a, const char *va, size_t length,
		       SCATTER_GATHER_ELEMENT *out, ULONG n)
{
	uint64_t address = nrt_dma_address(a, va, length);

	if (address != UINT64_MAX) {
		put(out, n, address, length);
		return n + 1;
	}
	while (length != 0) {
		size_t in_page = PAGE_SIZE - BYTE_OFFSET(va);
		size_t piece = length < in_page ? length : in_page;

		address = nrt_dma_address(a, va, piece);
		if (address == UINT64_MAX)
			return NRT_SG_NO_ADDRESS;
		put(out, n++, address, piece);
		va += piece;
		length -= piece;
	}
	return n;
}

ULONG nrt_sg_chain_elements(const struct nrt_adapter *a, MDL *mdl, size_t offset, uint64_t left,
			    SCATTER_GATHER_ELEMENT *out)
{
	ULONG n = 0;

	for (; mdl != NULL && left != 0; mdl = mdl->Next) {
		char *va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
		size_t length = MmGetMdlByteCount(mdl);
		size_t skip = offset < length ? offset : length;

		offset -= skip;
		length -= skip;
		if (length > left)
			length = left;
		left -= length;
		if (length == 0)
			continue;
		n = add_piece(a, va + skip, length, out, n);
		if (n == NRT_SG_NO_ADDRESS)
			return n;
	}
	return n;
}

ULONG nrt_sg_elements(const struct nrt_adapter *a, const NET_BUFFER *nb,
		      SCATTER_GATHER_ELEMENT *out)
{
	return nrt_sg_chain_elements(a, NET_BUFFER_CURRENT_MDL(nb), 0,
				     (uint64_t)NET_BUFFER_CURRENT_MDL_OFFSET(nb) +
					     NET_BUFFER_DATA_LENGTH(nb),
				     out);
}
