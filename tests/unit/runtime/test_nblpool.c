/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NET_BUFFER_LIST pools: what comes out of them, who may free what, the ledger,
 * and pools over a provider's storage. Rules RS-NB-01 to RS-NB-06 and RS-NB-11.
 */
#include "recorder.h"

TestSuite(nblpool, .init = start_runtime, .fini = stop_runtime);

/* ------------------------------------------------------------------ layout */

Test(nblpool, structures_have_the_documented_layout)
{
	cr_expect_eq(offsetof(NET_BUFFER_LIST, Context), 0x10);
	cr_expect_eq(offsetof(NET_BUFFER_LIST, NdisReserved), 0x30);
	cr_expect_eq(offsetof(NET_BUFFER_LIST, ProtocolReserved), 0x40);
	cr_expect_eq(offsetof(NET_BUFFER_LIST, MiniportReserved), 0x60);
	cr_expect_eq(offsetof(NET_BUFFER_LIST, Scratch), 0x70);
	cr_expect_eq(offsetof(NET_BUFFER_LIST, NetBufferListInfo), 0x90);
	cr_expect_eq(sizeof(((NET_BUFFER_LIST *)0)->NetBufferListInfo), 29 * sizeof(PVOID));
	cr_expect_eq(offsetof(NET_BUFFER, ProtocolReserved), 0x50);
	cr_expect_eq(offsetof(NET_BUFFER, MiniportReserved), 0x80);
	cr_expect_eq(offsetof(NET_BUFFER, DataPhysicalAddress), 0xA0);
	cr_expect_eq(offsetof(NET_BUFFER_LIST_CONTEXT, ContextData), 16);
	cr_expect_eq(sizeof(NET_BUFFER_LIST_POOL_PARAMETERS), 20);
	cr_expect_eq(NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1, 16);
}

Test(nblpool, the_8021q_slot_has_priority_in_the_low_bits)
{
	NDIS_NET_BUFFER_LIST_8021Q_INFO q = { .Value = NULL };

	q.TagHeader.UserPriority = 5;
	q.TagHeader.VlanId = 0x123;
	cr_expect_eq((ULONG_PTR)q.Value, 5 | 0x123 << 4);
}

Test(nblpool, checksum_and_large_send_slots_have_the_documented_bits)
{
	NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO csum = { .Value = NULL };
	NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO lso = { .Value = NULL };

	csum.Transmit.TcpHeaderOffset = 34;
	csum.Transmit.IsIPv4 = 1;
	cr_expect_eq((ULONG_PTR)csum.Value, 34 << 16 | 1);
	csum.Value = NULL;
	csum.Receive.IpChecksumSucceeded = 1;
	cr_expect_eq((ULONG_PTR)csum.Value, 1 << 5);
	lso.LsoV2Transmit.MSS = 1460;
	lso.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
	cr_expect_eq(lso.Transmit.Type, NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE);
	cr_expect_eq((ULONG_PTR)lso.Value, 1460 | 1 << 30);
}

/* ---------------------------------------------------------- what comes out */

static void expect_zero(const void *at, size_t size, const char *what)
{
	const unsigned char *bytes = at;

	for (size_t i = 0; i < size; i++)
		cr_assert_eq(bytes[i], 0, "%s: byte %zu is 0x%02X", what, i, bytes[i]);
}

static void expect_fresh(NET_BUFFER_LIST *nbl, NDIS_HANDLE pool)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	cr_assert_not_null(nb);
	cr_expect_eq(NdisGetPoolFromNetBufferList(nbl), pool);
	expect_zero(&nbl->Next, sizeof(nbl->Next), "Next");
	expect_zero(&nbl->ParentNetBufferList, sizeof(PVOID), "ParentNetBufferList");
	expect_zero(nbl->NdisReserved, sizeof(*nbl) - offsetof(NET_BUFFER_LIST, NdisReserved),
		    "NET_BUFFER_LIST");
	expect_zero(&nb->Next, sizeof(nb->Next), "NET_BUFFER.Next");
	expect_zero(nb->NdisReserved, sizeof(*nb) - offsetof(NET_BUFFER, NdisReserved),
		    "NET_BUFFER");
}

/* All that a driver may write while it has an NBL. */
static void scribble(NET_BUFFER_LIST *nbl)
{
	NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	memset(nbl->ProtocolReserved, 0xA5, sizeof(nbl->ProtocolReserved));
	memset(nbl->MiniportReserved, 0xA5, sizeof(nbl->MiniportReserved));
	memset(nbl->NetBufferListInfo, 0xA5, sizeof(nbl->NetBufferListInfo));
	nbl->Next = nbl->ParentNetBufferList = nbl;
	nbl->Scratch = nbl->SourceHandle = nbl;
	nbl->NblFlags = nbl->Flags = 0xA5A5A5A5;
	nbl->Status = NDIS_STATUS_FAILURE;
	memset(nb->ProtocolReserved, 0xA5, sizeof(nb->ProtocolReserved));
	memset(nb->MiniportReserved, 0xA5, sizeof(nb->MiniportReserved));
	nb->ChecksumBias = 7;
	nb->DataPhysicalAddress.QuadPart = 7;
	nb->DataOffset = nb->CurrentMdlOffset = 3;
	nb->stDataLength = 9;
	nb->Next = NULL;
}

Test(nblpool, what_comes_out_is_zero_but_for_the_documented_links)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 0);

	for (int round = 0; round < 3; round++) {
		NET_BUFFER_LIST *nbls[50];

		for (int i = 0; i < 50; i++) {
			nbls[i] = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
			cr_assert_not_null(nbls[i]);
			cr_expect_eq((ULONG_PTR)nbls[i] % MEMORY_ALLOCATION_ALIGNMENT, 0);
			expect_fresh(nbls[i], pool);
			cr_expect_null(NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbls[i])));
			cr_expect_eq(NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(nbls[i])), 0);
		}
		for (int i = 0; i < 50; i++) {
			scribble(nbls[i]);
			NdisFreeNetBufferList(nbls[i]);
		}
	}
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, a_pool_without_net_buffers_gives_none)
{
	NDIS_HANDLE pool = nbl_pool(FALSE, 0, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);

	cr_assert_not_null(nbl);
	cr_expect_null(NET_BUFFER_LIST_FIRST_NB(nbl));
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, a_data_pool_gives_an_mdl_and_data_each_time_whole)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 2000);

	for (int round = 0; round < 100; round++) {
		NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
		MDL *mdl;

		cr_assert_not_null(nbl);
		expect_fresh(nbl, pool);
		mdl = NET_BUFFER_CURRENT_MDL(NET_BUFFER_LIST_FIRST_NB(nbl));
		cr_assert_not_null(mdl);
		cr_expect_eq(mdl, NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl)));
		cr_expect_null(mdl->Next);
		cr_assert_eq(MmGetMdlByteCount(mdl), 2000);
		memset(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), round, 2000);
		mdl->Next = mdl;
		mdl->ByteCount = 1;
		scribble(nbl);
		NdisFreeNetBufferList(nbl);
	}
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, the_protocol_id_of_the_pool_is_on_its_nbls)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
		.ProtocolId = NDIS_PROTOCOL_ID_TCP_IP,
	};
	NDIS_HANDLE pool = NdisAllocateNetBufferListPool(NULL, &parameters);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);

	cr_expect_eq(NdisGetNetBufferListProtocolId(nbl), NDIS_PROTOCOL_ID_TCP_IP);
	NdisSetNetBufferListProtocolId(nbl, NDIS_PROTOCOL_ID_IPX);
	cr_expect_eq(NdisGetNetBufferListProtocolId(nbl), NDIS_PROTOCOL_ID_IPX);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

/* --------------------------------------------------------------- the rules */

Test(nblpool, RS_NB_11_a_pool_with_a_wrong_header_is_refused)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 - 1 },
	};

	cr_expect_null(NdisAllocateNetBufferListPool(NULL, &parameters));
	cr_expect(violated("RS-NB-11"));
	parameters.Header.Size++;
	parameters.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	cr_expect_null(NdisAllocateNetBufferListPool(NULL, &parameters));
	cr_expect(violated("RS-NB-11"));
}

Test(nblpool, RS_NB_01_data_without_a_net_buffer_are_refused)
{
	cr_expect_null(nbl_pool(FALSE, 0, 100));
	cr_expect(violated("RS-NB-01"));
}

Test(nblpool, RS_NB_01_an_nbl_with_a_net_buffer_comes_from_a_pool_that_has_them_and_no_data)
{
	NDIS_HANDLE without = nbl_pool(FALSE, 0, 0), data = nbl_pool(TRUE, 0, 100);

	cr_expect_null(NdisAllocateNetBufferAndNetBufferList(without, 0, 0, NULL, 0, 0));
	cr_expect(violated("RS-NB-01"));
	cr_expect_null(NdisAllocateNetBufferAndNetBufferList(data, 0, 0, NULL, 0, 0));
	cr_expect(violated("RS-NB-01"));
	NdisFreeNetBufferListPool(without);
	NdisFreeNetBufferListPool(data);
}

Test(nblpool, RS_NB_02_no_mdl_means_no_offset_and_no_length)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 0);

	cr_expect_null(NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 1, 0));
	cr_expect(violated("RS-NB-02"));
	cr_expect_null(NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 1));
	cr_expect(violated("RS-NB-02"));
	cr_expect_eq(nrt_nbl_live(), 0);
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, RS_NB_08_data_lie_inside_the_mdl_chain)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 0);
	char data[100];
	MDL *mdl = make_mdl(data, sizeof(data), NULL);

	cr_expect_null(NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 1, 100));
	cr_expect(violated("RS-NB-08"));
	free_mdls(mdl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, RS_NB_03_context_sizes_are_multiples_of_the_alignment)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 40, 0);
	NET_BUFFER_LIST *nbl;

	cr_expect(violated("RS-NB-03"));
	nbl = NdisAllocateNetBufferList(pool, 24, 0);
	cr_expect(violated("RS-NB-03"));
	cr_expect_eq(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl), 32, "rounded up");
	NdisFreeNetBufferList(nbl);
	nbl = NdisAllocateNetBufferList(pool, 16, 24);
	cr_expect(violated("RS-NB-03"));
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, RS_NB_04_a_preallocated_net_buffer_is_not_freed_alone)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);

	NdisFreeNetBuffer(NET_BUFFER_LIST_FIRST_NB(nbl));
	cr_expect(violated("RS-NB-04"));
	cr_expect_eq(nrt_nbl_live(), 1);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, RS_NB_04_net_buffers_are_freed_before_their_nbl)
{
	NDIS_HANDLE pool = nbl_pool(FALSE, 0, 0), nbs = nb_pool(0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
	NET_BUFFER *nb = NdisAllocateNetBuffer(nbs, NULL, 0, 0);

	NET_BUFFER_LIST_FIRST_NB(nbl) = nb;
	NdisFreeNetBufferList(nbl);
	cr_expect(violated("RS-NB-04"));
	NdisFreeNetBuffer(nb);

	nbl = NdisAllocateNetBufferList(pool, 0, 0);
	nb = NdisAllocateNetBuffer(nbs, NULL, 0, 0);
	NET_BUFFER_LIST_FIRST_NB(nbl) = nb;
	NdisFreeNetBuffer(nb);
	NdisFreeNetBufferList(nbl); /* the address it leaves behind is no offence */
	NdisFreeNetBufferPool(nbs);
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, RS_NB_06_a_pool_with_live_nbls_is_not_freed)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);

	NdisFreeNetBufferListPool(pool);
	cr_expect(violated("RS-NB-06"));
	cr_expect_eq(NdisGetPoolFromNetBufferList(nbl), pool);
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, RS_NB_06_an_nbl_is_freed_once)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
	NET_BUFFER_LIST *other = NdisAllocateNetBufferList(pool, 0, 0);

	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferList(nbl);
	cr_expect(violated("RS-NB-06"));
	cr_expect_eq(nrt_nbl_live(), 1);
	NdisFreeNetBufferList(other);
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, RS_NB_06_pools_of_one_kind_are_not_taken_for_the_other)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 0), nbs = nb_pool(0);

	NdisFreeNetBufferListPool(nbs);
	cr_expect(violated("RS-NB-06"));
	NdisFreeNetBufferPool(pool);
	cr_expect(violated("RS-NB-06"));
	cr_expect_null(NdisAllocateNetBufferList(nbs, 0, 0));
	cr_expect(violated("RS-NB-06"));
	cr_expect_null(NdisAllocateNetBuffer(pool, NULL, 0, 0));
	cr_expect(violated("RS-NB-06"));
	cr_expect_null(NdisAllocateNetBufferList(NULL, 0, 0));
	cr_expect(violated("RS-NB-06"));
	NdisFreeNetBufferPool(nbs);
	NdisFreeNetBufferListPool(pool);
}

/* Without the .fini of the others: it ends the runtime itself. */
TestSuite(nblpool_end, .init = start_runtime);

Test(nblpool_end, RS_NB_06_a_pool_that_is_left_behind_is_reported_at_the_end)
{
	cr_assert_not_null(nbl_pool(TRUE, 0, 0));
	cr_expect_eq(nrt_fini(), 0);
	cr_expect(violated("RS-NB-06"));
}

Test(nblpool, RS_IRQL_01_pools_are_not_used_above_dispatch_level)
{
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 0);
	NET_BUFFER_LIST *nbl;
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	nbl = NdisAllocateNetBufferList(pool, 0, 0);
	cr_expect_eq(recorded.count, 0);
	KeLowerIrql(old);
	KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
	NdisFreeNetBufferList(nbl);
	KeLowerIrql(old);
	cr_expect(violated("RS-IRQL-01"));
	NdisFreeNetBufferListPool(pool);
}

/* ------------------------------------------------------- ledger and threads */

Test(nblpool, the_ledger_counts_the_nbls_of_all_pools)
{
	NDIS_HANDLE one = nbl_pool(TRUE, 0, 0), two = nbl_pool(FALSE, 0, 0);
	NET_BUFFER_LIST *a = NdisAllocateNetBufferList(one, 0, 0);
	NET_BUFFER_LIST *b = NdisAllocateNetBufferList(two, 0, 0);
	NET_BUFFER_LIST *c = NdisAllocateNetBufferList(two, 0, 0);

	cr_expect_eq(nrt_nbl_live(), 3);
	NdisFreeNetBufferList(b);
	cr_expect_eq(nrt_nbl_live(), 2);
	NdisFreeNetBufferList(a);
	NdisFreeNetBufferList(c);
	NdisFreeNetBufferListPool(one);
	NdisFreeNetBufferListPool(two);
}

#define MANY 1000

struct batch {
	NDIS_HANDLE pool;
	NET_BUFFER_LIST *nbls[MANY];
	int shared; /* NBLs that somebody else wrote to: two owners */
};

static void allocate_batch(void *arg)
{
	struct batch *b = arg;

	for (int i = 0; i < MANY; i++) {
		b->nbls[i] = NdisAllocateNetBufferList(b->pool, 0, 0);
		b->nbls[i]->Scratch = b;
	}
}

static void free_batch(void *arg)
{
	struct batch *b = arg;

	for (int i = 0; i < MANY; i++) {
		b->shared += b->nbls[i]->Scratch != b;
		NdisFreeNetBufferList(b->nbls[i]);
	}
}

Test(nblpool, a_worker_frees_what_another_thread_allocated_and_the_reverse)
{
	static struct batch b;

	b.pool = nbl_pool(TRUE, 0, 0);
	for (int round = 0; round < 5; round++) {
		nrt_worker_call(0, allocate_batch, &b);
		cr_expect_eq(nrt_nbl_live(), MANY);
		free_batch(&b);
		cr_expect_eq(nrt_nbl_live(), 0);
		allocate_batch(&b);
		nrt_worker_call(0, free_batch, &b);
		cr_expect_eq(nrt_nbl_live(), 0);
	}
	cr_expect_eq(b.shared, 0);
	NdisFreeNetBufferListPool(b.pool);
}

static void *churn(void *arg)
{
	struct batch *b = arg;

	for (int round = 0; round < 20; round++) {
		allocate_batch(b);
		free_batch(b);
	}
	return NULL;
}

static void churn_on_worker(void *arg)
{
	churn(arg);
}

Test(nblpool, threads_and_a_worker_share_a_pool)
{
	static struct batch batches[4];
	NDIS_HANDLE pool = nbl_pool(TRUE, 0, 0);
	pthread_t threads[3];

	for (int i = 0; i < 4; i++)
		batches[i].pool = pool;
	for (int i = 0; i < 3; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, churn, &batches[i]), 0);
	nrt_worker_call(0, churn_on_worker, &batches[3]);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 4; i++)
		cr_expect_eq(batches[i].shared, 0);
	cr_expect_eq(nrt_nbl_live(), 0);
	NdisFreeNetBufferListPool(pool);
}

Test(nblpool, running_out_of_memory_gives_null_and_loses_nothing)
{
	for (int allowed = 0; allowed < 3; allowed++) {
		NET_BUFFER_LIST *nbl = NULL;
		NDIS_HANDLE pool;

		fail_allocation((uint64_t)allowed + 1);
		pool = nbl_pool(TRUE, 0, 100);
		if (pool != NULL)
			nbl = NdisAllocateNetBufferList(pool, 16, 16);
		fail_allocation(0);
		cr_expect_eq(pool != NULL, allowed > 0);
		cr_expect_null(nbl, "pool, slab and context want three allocations");
		cr_expect_eq(nrt_nbl_live(), 0);
		if (pool != NULL)
			NdisFreeNetBufferListPool(pool);
	}
}

/* -------------------------------------------------- pools over given storage */

static uint64_t outstanding(void *context)
{
	return *(uint64_t *)context;
}

Test(nblpool, an_nbl_in_given_storage_is_a_pool_object)
{
	_Alignas(16) NET_BUFFER_LIST nbl;
	_Alignas(16) NET_BUFFER nb;
	uint64_t out = 0;
	char data[64];
	MDL *mdl = make_mdl(data, sizeof(data), NULL);
	NDIS_HANDLE pool = nrt_nbl_pool_over(NULL, 1, outstanding, &out);

	memset(&nbl, 0xA5, sizeof(nbl));
	memset(&nb, 0xA5, sizeof(nb));
	nrt_nbl_format(pool, &nbl, &nb, mdl);
	cr_expect_eq(NET_BUFFER_LIST_FIRST_NB(&nbl), &nb);
	expect_fresh(&nbl, pool);
	cr_expect_null(nbl.Context);
	cr_expect_eq(NET_BUFFER_FIRST_MDL(&nb), mdl);
	cr_expect_eq(NET_BUFFER_CURRENT_MDL(&nb), mdl);
	cr_expect_eq(NET_BUFFER_DATA_LENGTH(&nb), 0);
	nrt_nbl_pool_over_free(pool);
	free_mdls(mdl);
}

Test(nblpool, RS_NB_06_drivers_neither_allocate_nor_free_nbls_in_given_storage)
{
	_Alignas(16) NET_BUFFER_LIST nbl;
	_Alignas(16) NET_BUFFER nb;
	uint64_t out = 0;
	NDIS_HANDLE pool = nrt_nbl_pool_over(NULL, 1, outstanding, &out);

	nrt_nbl_format(pool, &nbl, &nb, NULL);
	NdisFreeNetBufferList(&nbl);
	cr_expect(violated("RS-NB-06"));
	NdisFreeNetBuffer(&nb);
	cr_expect(violated("RS-NB-04"));
	cr_expect_null(NdisAllocateNetBufferList(pool, 0, 0));
	cr_expect(violated("RS-NB-06"));
	NdisFreeNetBufferListPool(pool);
	cr_expect(violated("RS-NB-06"));
	nrt_nbl_pool_over_free(pool);
}

Test(nblpool, RS_NB_06_what_a_provider_has_outstanding_is_live)
{
	uint64_t out = 3;
	NDIS_HANDLE pool = nrt_nbl_pool_over(NULL, 8, outstanding, &out);

	cr_expect_eq(nrt_nbl_live(), 3);
	nrt_nbl_pool_over_free(pool);
	cr_expect(violated("RS-NB-06"));
	cr_expect_eq(nrt_nbl_live(), 0);
}

/* -------------------------------------------------------------- macros, ids */

Test(nblpool, nbl_flag_macros_test_one_or_all)
{
	NET_BUFFER_LIST nbl = { .NblFlags = 0 };

	NdisSetNblFlag(&nbl, NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP);
	cr_expect(NdisTestNblFlag(&nbl, NDIS_NBL_FLAGS_IS_TCP | NDIS_NBL_FLAGS_IS_UDP));
	cr_expect_not(NdisTestNblFlags(&nbl, NDIS_NBL_FLAGS_IS_TCP | NDIS_NBL_FLAGS_IS_UDP));
	NdisClearNblFlag(&nbl, NDIS_NBL_FLAGS_IS_TCP);
	cr_expect_eq(NET_BUFFER_LIST_NBL_FLAGS(&nbl), NDIS_NBL_FLAGS_IS_IPV4);
}

Test(nblpool, hash_type_and_function_share_a_slot)
{
	NET_BUFFER_LIST nbl = { .NblFlags = 0 };

	NET_BUFFER_LIST_SET_HASH_VALUE(&nbl, 0xDEADBEEFu);
	NET_BUFFER_LIST_SET_HASH_TYPE(&nbl, NDIS_HASH_TCP_IPV4);
	NET_BUFFER_LIST_SET_HASH_FUNCTION(&nbl, NdisHashFunctionToeplitz);
	cr_expect_eq(NET_BUFFER_LIST_GET_HASH_VALUE(&nbl), 0xDEADBEEFu);
	cr_expect_eq(NET_BUFFER_LIST_GET_HASH_TYPE(&nbl), NDIS_HASH_TCP_IPV4);
	cr_expect_eq(NET_BUFFER_LIST_GET_HASH_FUNCTION(&nbl), NdisHashFunctionToeplitz);
	NET_BUFFER_LIST_SET_HASH_TYPE(&nbl, NDIS_HASH_IPV4);
	cr_expect_eq(NET_BUFFER_LIST_GET_HASH_TYPE(&nbl), NDIS_HASH_IPV4);
	cr_expect_eq(NET_BUFFER_LIST_GET_HASH_FUNCTION(&nbl), NdisHashFunctionToeplitz);
}

Test(nblpool, partial_cancel_ids_differ_and_are_not_zero)
{
	bool seen[256] = { false };

	for (int i = 0; i < 255; i++) {
		UCHAR id = NdisGeneratePartialCancelId();

		cr_expect_neq(id, 0);
		cr_expect_not(seen[id]);
		seen[id] = true;
	}
}

Test(nblpool, a_cancel_id_stays_in_its_slot)
{
	NET_BUFFER_LIST nbl = { .NblFlags = 0 };
	PVOID id = (PVOID)(ULONG_PTR)0x1200000000000034;

	NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(&nbl, id);
	cr_expect_eq(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(&nbl), id);
	cr_expect_eq(NET_BUFFER_LIST_INFO(&nbl, NetBufferListCancelId), id);
}

static ULONG copied_slots(VOID (*copy)(PNET_BUFFER_LIST, PNET_BUFFER_LIST))
{
	NET_BUFFER_LIST from, to;
	ULONG slots = 0;

	memset(&from, 0xA5, sizeof(from));
	memset(&to, 0, sizeof(to));
	copy(&to, &from);
	for (ULONG i = 0; i < MaxNetBufferListInfo; i++)
		if (to.NetBufferListInfo[i] != NULL)
			slots |= 1u << i;
	return slots;
}

Test(nblpool, each_path_copies_its_own_out_of_band_data)
{
	ULONG both = 1u << TcpIpChecksumNetBufferListInfo | 1u << IPsecOffloadV1NetBufferListInfo |
		     1u << TcpLargeSendNetBufferListInfo | 1u << Ieee8021QNetBufferListInfo |
		     1u << MediaSpecificInformation | 1u << NetBufferListFrameType |
		     1u << IPsecOffloadV2TunnelNetBufferListInfo |
		     1u << IPsecOffloadV2HeaderNetBufferListInfo | 1u << VirtualSubnetInfo |
		     1u << NetBufferListFilteringInfo;

	cr_expect_eq(copied_slots(NdisCopySendNetBufferListInfo),
		     both | 1u << NetBufferListCancelId);
	cr_expect_eq(copied_slots(NdisCopyReceiveNetBufferListInfo),
		     both | 1u << NetBufferListHashValue | 1u << NetBufferListHashInfo);
}
