/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Macros of ndis.h that name a member or a few bytes: each writes what its like reads, and
 * nothing beside it.
 */
#include <string.h>

#include <criterion/criterion.h>

#include <ndis.h>

Test(accessors, a_NET_BUFFER_LISTs_members)
{
	NET_BUFFER_LIST nbl = { .Next = NULL };

	NET_BUFFER_LIST_FLAGS(&nbl) = 0x1234;
	cr_expect_eq(nbl.Flags, 0x1234u);
	NET_BUFFER_LIST_PROTOCOL_RESERVED(&nbl)[1] = &nbl;
	cr_expect_eq(nbl.ProtocolReserved[1], &nbl);
	NET_BUFFER_LIST_MINIPORT_RESERVED(&nbl)[1] = &nbl.Next;
	cr_expect_eq(nbl.MiniportReserved[1], (PVOID)&nbl.Next);
	NET_BUFFER_LIST_COALESCED_SEG_COUNT(&nbl) = 7;
	NET_BUFFER_LIST_DUP_ACK_COUNT(&nbl) = 3;
	cr_expect_eq((ULONG_PTR)NET_BUFFER_LIST_INFO(&nbl, TcpRecvSegCoalesceInfo), 0x00030007u);
}

Test(accessors, a_NET_BUFFERs_members)
{
	NET_BUFFER nb = { .Next = NULL };

	NET_BUFFER_PROTOCOL_RESERVED(&nb)[5] = &nb;
	cr_expect_eq(nb.ProtocolReserved[5], &nb);
	NET_BUFFER_MINIPORT_RESERVED(&nb)[3] = &nb;
	cr_expect_eq(nb.MiniportReserved[3], &nb);
	NET_BUFFER_DATA_PHYSICAL_ADDRESS(&nb).QuadPart = 0x123456789A;
	cr_expect_eq(nb.DataPhysicalAddress.QuadPart, 0x123456789A);
}

Test(accessors, a_piece_of_shared_memory)
{
	NET_BUFFER_SHARED_MEMORY piece = { .NextSharedMemorySegment = NULL }, next;

	NET_BUFFER_SHARED_MEM_NEXT_SEGMENT(&piece) = &next;
	NET_BUFFER_SHARED_MEM_FLAGS(&piece) = 1;
	NET_BUFFER_SHARED_MEM_HANDLE(&piece) = &next;
	NET_BUFFER_SHARED_MEM_OFFSET(&piece) = 4096;
	NET_BUFFER_SHARED_MEM_LENGTH(&piece) = 64;
	cr_expect_eq(piece.NextSharedMemorySegment, &next);
	cr_expect_eq(piece.SharedMemoryFlags, 1u);
	cr_expect_eq(piece.SharedMemoryHandle, (NDIS_HANDLE)&next);
	cr_expect_eq(piece.SharedMemoryOffset, 4096u);
	cr_expect_eq(piece.SharedMemoryLength, 64u);
}

Test(accessors, the_halves_of_a_physical_address)
{
	NDIS_PHYSICAL_ADDRESS address = { .QuadPart = 0x0000000A12345678 };

	cr_expect_eq(NdisGetPhysicalAddressHigh(address), 0xAu);
	cr_expect_eq(NdisGetPhysicalAddressLow(address), 0x12345678u);
	NdisSetPhysicalAddressHigh(address, 0xB);
	NdisSetPhysicalAddressLow(address, 0x9ABCDEF0);
	cr_expect_eq(address.QuadPart, 0x0000000B9ABCDEF0);
}

Test(accessors, ULONGs_at_any_address)
{
	UCHAR bytes[6] = { 0xEE, 0, 0, 0, 0, 0xEE };
	ULONG value = 0;

	NdisStoreUlong((ULONG *)(PVOID)(bytes + 1), 0x04030201);
	cr_expect_arr_eq(bytes, ((UCHAR[]){ 0xEE, 1, 2, 3, 4, 0xEE }), 6);
	NdisRetrieveUlong(&value, (ULONG *)(PVOID)(bytes + 1));
	cr_expect_eq(value, 0x04030201u);
}

Test(accessors, counts_and_stacks)
{
	__attribute__((aligned(16))) SLIST_HEADER head;
	__attribute__((aligned(16))) SLIST_ENTRY entries[2];
	LONG count = 1;

	cr_expect_eq(NdisInterlockedDecrement(&count), 0);
	cr_expect_eq(NdisInterlockedDecrement(&count), -1);
	NdisInitializeSListHead(&head);
	cr_expect_eq(NdisQueryDepthSList(&head), 0);
	InterlockedPushEntrySList(&head, &entries[0]);
	InterlockedPushEntrySList(&head, &entries[1]);
	cr_expect_eq(NdisQueryDepthSList(&head), 2);
}

Test(accessors, strings_of_one_byte_a_character)
{
	static WCHAR wide[] = { 'n', 'i', 'c', '0' };
	UNICODE_STRING from = { sizeof(wide), sizeof(wide), wide };
	CHAR buffer[8];
	ANSI_STRING to = { 0, sizeof(buffer), buffer };

	cr_expect_eq(NdisUnicodeStringToAnsiString(&to, &from), NDIS_STATUS_SUCCESS);
	cr_expect_eq(to.Length, 4);
	cr_expect_arr_eq(buffer, "nic0", 4);
	to.MaximumLength = 3;
	cr_expect_neq(NdisUnicodeStringToAnsiString(&to, &from), NDIS_STATUS_SUCCESS);
	NdisInitAnsiString(&to, "port");
	cr_expect_eq(to.Length, 4);
	cr_expect_eq(to.MaximumLength, 5);
}
