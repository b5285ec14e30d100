/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading and copying the data of a NET_BUFFER without moving them. Drivers call
 * these per frame, any thread, IRQL <= DISPATCH_LEVEL, as owner of what is read.
 */
#include <string.h>

#include <ndis/nblapi.h>
#include <ndis/status.h>

#include "../ke/irql.h"
#include "netbuffer.h"

static char *address(struct nrt_mdl_pos pos)
{
	return (char *)MmGetSystemAddressForMdlSafe(pos.mdl, NormalPagePriority) + pos.offset;
}

/* Bytes up to the end of the MDL. */
static ULONG piece(struct nrt_mdl_pos pos)
{
	ULONG count = pos.mdl != NULL ? MmGetMdlByteCount(pos.mdl) : 0;

	return pos.offset < count ? count - pos.offset : 0;
}

/* Step over ends and empty MDLs, which are legal anywhere in a chain. */
static struct nrt_mdl_pos next_byte(struct nrt_mdl_pos pos)
{
	return nrt_mdl_seek(pos, 0);
}

static bool is_aligned(const void *at, ULONG multiple, ULONG offset)
{
	return multiple <= 1 || (((uintptr_t)at - offset) & (multiple - 1)) == 0;
}

static void gather(struct nrt_mdl_pos from, char *to, ULONG bytes)
{
	while (bytes != 0) {
		ULONG n;

		from = next_byte(from);
		n = piece(from) < bytes ? piece(from) : bytes;
		memcpy(to, address(from), n);
		from.offset += n;
		to += n;
		bytes -= n;
	}
}

PVOID NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage,
			ULONG AlignMultiple, ULONG AlignOffset)
{
	struct nrt_mdl_pos pos = nrt_nb_pos(NetBuffer);

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (BytesNeeded > NetBuffer->DataLength || pos.mdl == NULL)
		return NULL;
	if (piece(pos) < BytesNeeded)
		pos = next_byte(pos);
	if (piece(pos) >= BytesNeeded && is_aligned(address(pos), AlignMultiple, AlignOffset))
		return address(pos);
	if (Storage == NULL || nrt_mdl_room(pos) < BytesNeeded)
		return NULL;
	gather(pos, Storage, BytesNeeded);
	return Storage;
}

NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(PNET_BUFFER Destination, ULONG DestinationOffset,
					     ULONG BytesToCopy, const NET_BUFFER *Source,
					     ULONG SourceOffset, PULONG BytesCopied)
{
	struct nrt_mdl_pos to = nrt_mdl_seek(nrt_nb_pos(Destination), DestinationOffset);
	struct nrt_mdl_pos from = nrt_mdl_seek(nrt_nb_pos(Source), SourceOffset);
	ULONG left = SourceOffset < Source->DataLength ? Source->DataLength - SourceOffset : 0;
	ULONG copied = 0;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	if (left > BytesToCopy)
		left = BytesToCopy;
	while (left != 0) {
		ULONG n = left;

		from = next_byte(from);
		to = next_byte(to);
		if (n > piece(from))
			n = piece(from);
		if (n > piece(to))
			n = piece(to);
		if (n == 0)
			break;
		memmove(address(to), address(from), n);
		from.offset += n;
		to.offset += n;
		copied += n;
		left -= n;
	}
	*BytesCopied = copied;
	return NDIS_STATUS_SUCCESS;
}

ULONG NdisQueryNetBufferPhysicalCount(PNET_BUFFER NetBuffer)
{
	struct nrt_mdl_pos pos = nrt_nb_pos(NetBuffer);
	ULONG left = NetBuffer->DataLength, pages = 0;

	nrt_check_irql(__func__, DISPATCH_LEVEL);
	while (left != 0) {
		ULONG n;

		pos = next_byte(pos);
		n = piece(pos) < left ? piece(pos) : left;
		if (n == 0)
			break;
		pages += ADDRESS_AND_SIZE_TO_SPAN_PAGES(
			(char *)MmGetMdlVirtualAddress(pos.mdl) + pos.offset, n);
		pos.offset += n;
		left -= n;
	}
	return pages;
}
