/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Context space of NET_BUFFER_LISTs: taken from what the pool reserved, from
 * further blocks, and given back in the reverse order. Rules RS-NB-03, RS-NB-05.
 */
#include "recorder.h"

TestSuite(nblcontext, .init = start_runtime, .fini = stop_runtime);

Test(nblcontext, an_nbl_without_context_has_none)
{
	NDIS_HANDLE pool = nbl_pool(FALSE, 0, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);

	cr_expect_null(nbl->Context);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblcontext, the_asked_for_part_is_used_and_zero_and_the_rest_is_backfill)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 64, 0);

	for (int round = 0; round < 40; round++) {
		NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 16, 16);
		UCHAR *data = NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);

		cr_assert_eq(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl), 16);
		cr_expect_eq(nbl->Context->Size, 64);
		cr_expect_eq(nbl->Context->Offset, 48);
		cr_expect_eq((ULONG_PTR)data % MEMORY_ALLOCATION_ALIGNMENT, 0);
		for (int i = 0; i < 16; i++)
			cr_expect_eq(data[i], 0);
		memset(data, 0xA5, 16);
		NdisFreeNetBufferList(nbl);
	}
	NdisFreeNetBufferListPool(pool);
}

Test(nblcontext, more_than_the_pool_reserved_is_given_too)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 16, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 32, 16);

	cr_assert_eq(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl), 32);
	cr_expect_eq(nbl->Context->Offset, 16);
	memset(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), 0xA5, 32);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblcontext, reserved_space_allocates_nothing)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 64, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 48);
	NET_BUFFER_LIST_CONTEXT *context = nbl->Context;

	fail_allocation(1);
	cr_expect_eq(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl), 16);
	cr_expect_eq(NdisAllocateNetBufferListContext(nbl, 32, 0, 0), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl), 48);
	cr_expect_eq(nbl->Context, context);
	cr_expect_eq(NdisAllocateNetBufferListContext(nbl, 32, 0, 0), NDIS_STATUS_RESOURCES);
	fail_allocation(0);
	NdisFreeNetBufferListContext(nbl, 32);
	NdisFreeNetBufferListContext(nbl, 16);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblcontext, a_further_block_comes_and_goes_with_its_use)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 32, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 32, 0);
	NET_BUFFER_LIST_CONTEXT *own = nbl->Context;
	UCHAR *first;

	first = NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
	memset(first, 1, 32);
	cr_assert_eq(NdisAllocateNetBufferListContext(nbl, 16, 24, 0), NDIS_STATUS_SUCCESS);
	cr_expect_neq(nbl->Context, own);
	cr_expect_eq(nbl->Context->Next, own);
	cr_expect_eq(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl), 16);
	memset(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), 2, 16);
	/* the backfill serves the next */
	fail_allocation(1);
	cr_assert_eq(NdisAllocateNetBufferListContext(nbl, 24, 0, 0), NDIS_STATUS_SUCCESS);
	fail_allocation(0);
	memset(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), 3, 24);
	NdisFreeNetBufferListContext(nbl, 24);
	cr_expect_eq(*(UCHAR *)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), 2);
	NdisFreeNetBufferListContext(nbl, 16);
	cr_expect_eq(nbl->Context, own);
	cr_expect_eq(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), first);
	cr_expect_eq(first[31], 1);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblcontext, RS_NB_03_sizes_are_multiples_of_a_pointer)
{
	NDIS_HANDLE pool = nbl_pool(FALSE, 0, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);

	cr_expect_eq(NdisAllocateNetBufferListContext(nbl, 8, 8, 0), NDIS_STATUS_SUCCESS);
	cr_expect_eq(recorded.count, 0);
	NdisFreeNetBufferListContext(nbl, 8);
	cr_expect_eq(NdisAllocateNetBufferListContext(nbl, 12, 0, 0), NDIS_STATUS_SUCCESS);
	cr_expect(violated("RS-NB-03"));
	cr_expect_eq(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl), 16);
	NdisFreeNetBufferListContext(nbl, 16);
	cr_expect_null(nbl->Context);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblcontext, RS_NB_05_context_is_freed_before_its_nbl)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 32, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 16, 0);

	cr_assert_eq(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);
	NdisFreeNetBufferList(nbl);
	cr_expect(violated("RS-NB-05"));
	cr_expect_eq(nrt_nbl_live(), 1, "kept");
	NdisFreeNetBufferListContext(nbl, 16);
	cr_assert_eq(NdisAllocateNetBufferListContext(nbl, 48, 0, 0), NDIS_STATUS_SUCCESS);
	NdisFreeNetBufferList(nbl);
	cr_expect(violated("RS-NB-05"));
	NdisFreeNetBufferListContext(nbl, 48);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblcontext, RS_NB_05_context_that_came_with_the_nbl_is_not_freed)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 32, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 16, 0);

	NdisFreeNetBufferListContext(nbl, 16);
	cr_expect(violated("RS-NB-05"));
	cr_expect_eq(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl), 16);
	cr_assert_eq(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);
	NdisFreeNetBufferListContext(nbl, 32);
	cr_expect(violated("RS-NB-05"));
	NdisFreeNetBufferListContext(nbl, 16);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

static uint64_t none(void *context)
{
	(void)context;
	return 0;
}

Test(nblcontext, an_nbl_in_given_storage_takes_context_too)
{
	_Alignas(16) NET_BUFFER_LIST nbl;
	_Alignas(16) NET_BUFFER nb;
	NDIS_HANDLE pool = nrt_nbl_pool_over(NULL, 1, none, NULL);

	nrt_nbl_format(pool, &nbl, &nb, NULL);
	cr_assert_eq(NdisAllocateNetBufferListContext(&nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);
	memset(NET_BUFFER_LIST_CONTEXT_DATA_START(&nbl), 1, 16);
	NdisFreeNetBufferListContext(&nbl, 16);
	cr_expect_null(nbl.Context);
	nrt_nbl_pool_over_free(pool);
}

Test(nblcontext, stacked_drivers_get_their_own_bytes_back)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		uint64_t r = random_begin(seed);
		NDIS_HANDLE pool = nbl_pool(TRUE, (USHORT)(16 * random_below(&r, 5)), 0);
		NET_BUFFER_LIST *nbl =
			NdisAllocateNetBufferList(pool, (USHORT)(16 * random_below(&r, 3)),
						  (USHORT)(16 * random_below(&r, 3)));
		USHORT sizes[16];
		ULONG depth = 0;

		for (int step = 0; step < 60; step++) {
			if (depth < 16 && random_below(&r, 2) == 0) {
				sizes[depth] = (USHORT)(8 * (1 + random_below(&r, 6)));
				cr_assert_eq(NdisAllocateNetBufferListContext(
						     nbl, sizes[depth],
						     (USHORT)(8 * random_below(&r, 4)), 0),
					     NDIS_STATUS_SUCCESS);
				memset(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), (int)depth + 1,
				       sizes[depth]);
				depth++;
			} else if (depth > 0) {
				UCHAR *data = NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);

				depth--;
				for (USHORT i = 0; i < sizes[depth]; i++)
					cr_assert_eq(data[i], depth + 1, "seed %llu byte %u",
						     (unsigned long long)seed, i);
				NdisFreeNetBufferListContext(nbl, sizes[depth]);
			}
		}
		while (depth > 0)
			NdisFreeNetBufferListContext(nbl, sizes[--depth]);
		NdisFreeNetBufferList(nbl);
		cr_assert_eq(recorded.count, 0, "seed %llu: %s", (unsigned long long)seed,
			     recorded.text);
		NdisFreeNetBufferListPool(pool);
	}
}
