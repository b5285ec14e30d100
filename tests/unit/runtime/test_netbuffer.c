/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data of a NET_BUFFER: advance and retreat with and without allocation,
 * reading, copying, and NET_BUFFER pools. Rules RS-NB-01, -02, -06, -07, -08.
 * Random sequences are compared with a flat copy of the data.
 */
#include "recorder.h"

TestSuite(netbuffer, .init = start_runtime, .fini = stop_runtime);

/* A NET_BUFFER over up to 8 MDLs, some of them empty, over one array. */
struct chain {
	NDIS_HANDLE pool;
	NET_BUFFER *nb;
	MDL *mdls;
	unsigned char bytes[512];
};

static void make_chain(struct chain *c, const ULONG *lengths, int n, ULONG offset, ULONG length)
{
	ULONG at = 0;
	MDL **link = &c->mdls;

	c->mdls = NULL;
	c->pool = nb_pool(0);
	for (int i = 0; i < n; i++) {
		*link = make_mdl(c->bytes + at, lengths[i], NULL);
		link = &(*link)->Next;
		at += lengths[i];
	}
	for (ULONG i = 0; i < sizeof(c->bytes); i++)
		c->bytes[i] = (unsigned char)(i * 7 + 1);
	c->nb = NdisAllocateNetBuffer(c->pool, c->mdls, offset, length);
	cr_assert_not_null(c->nb);
}

static void end_chain(struct chain *c)
{
	NdisFreeNetBuffer(c->nb);
	free_mdls(c->mdls);
	NdisFreeNetBufferPool(c->pool);
}

/* CurrentMdl and CurrentMdlOffset say the same as MdlChain and DataOffset, and
 * the next byte is in CurrentMdl. */
static bool is_consistent(const NET_BUFFER *nb)
{
	ULONG before = 0;
	MDL *mdl = nb->MdlChain;

	while (mdl != NULL && mdl != nb->CurrentMdl) {
		before += MmGetMdlByteCount(mdl);
		mdl = mdl->Next;
	}
	if (mdl != nb->CurrentMdl || before + nb->CurrentMdlOffset != nb->DataOffset)
		return false;
	return nb->DataLength == 0 || nb->CurrentMdlOffset < MmGetMdlByteCount(mdl);
}

static void expect_data(const NET_BUFFER *nb, const unsigned char *expected, ULONG length)
{
	unsigned char got[2048];

	cr_assert_eq(NET_BUFFER_DATA_LENGTH(nb), length);
	cr_assert_eq(read_data(nb, got, sizeof(got)), length);
	cr_expect_eq(memcmp(got, expected, length), 0, "the data differ");
	cr_expect(is_consistent(nb));
}

/* ---------------------------------------------------------- advance, retreat */

Test(netbuffer, the_data_start_is_found_behind_empty_mdls)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 0, 10, 0, 0, 20 }, 5, 0, 30);
	cr_expect_eq(NET_BUFFER_CURRENT_MDL(c.nb), c.mdls->Next);
	expect_data(c.nb, c.bytes, 30);
	NdisAdvanceNetBufferDataStart(c.nb, 10, FALSE, NULL);
	cr_expect_eq(NET_BUFFER_CURRENT_MDL_OFFSET(c.nb), 0);
	cr_expect_eq(MmGetMdlByteCount(NET_BUFFER_CURRENT_MDL(c.nb)), 20);
	expect_data(c.nb, c.bytes + 10, 20);
	end_chain(&c);
}

Test(netbuffer, a_retreat_into_unused_space_allocates_nothing)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 20, 0, 30 }, 3, 25, 20);
	fail_allocation(1);
	cr_expect_eq(NdisRetreatNetBufferDataStart(c.nb, 25, 0, NULL), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NdisRetreatNetBufferDataStart(c.nb, 1, 0, NULL), NDIS_STATUS_RESOURCES);
	fail_allocation(0);
	cr_expect_eq(NET_BUFFER_DATA_OFFSET(c.nb), 0);
	expect_data(c.nb, c.bytes, 45);
	end_chain(&c);
}

Test(netbuffer, RS_NB_07_an_equal_advance_undoes_a_retreat)
{
	for (ULONG room = 0; room <= 14; room++) {
		struct chain c;

		make_chain(&c, (ULONG[]){ 10, 40 }, 2, room, 20);
		cr_assert_eq(NdisRetreatNetBufferDataStart(c.nb, 14, 6, NULL), NDIS_STATUS_SUCCESS);
		cr_expect_eq(NET_BUFFER_DATA_LENGTH(c.nb), 34);
		cr_expect(is_consistent(c.nb));
		NdisAdvanceNetBufferDataStart(c.nb, 14, TRUE, NULL);
		cr_expect_eq(NET_BUFFER_FIRST_MDL(c.nb), c.mdls);
		cr_expect_eq(NET_BUFFER_DATA_OFFSET(c.nb), room);
		expect_data(c.nb, c.bytes + room, 20);
		end_chain(&c);
	}
}

Test(netbuffer, space_that_a_retreat_allocates_is_one_piece)
{
	for (ULONG room = 0; room < 14; room++) {
		struct chain c;
		unsigned char expected[34], *header;

		make_chain(&c, (ULONG[]){ 10, 40 }, 2, room, 20);
		cr_assert_eq(NdisRetreatNetBufferDataStart(c.nb, 14, 0, NULL), NDIS_STATUS_SUCCESS);
		header = NdisGetDataBuffer(c.nb, 14, NULL, 1, 0);
		cr_assert_not_null(header, "room %u", room);
		memset(header, 0xEE, 14);
		memset(expected, 0xEE, 14);
		memcpy(expected + 14, c.bytes + room, 20);
		expect_data(c.nb, expected, 34);
		NdisAdvanceNetBufferDataStart(c.nb, 14, TRUE, NULL);
		end_chain(&c);
	}
}

Test(netbuffer, backfill_serves_the_next_retreat)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 40 }, 1, 0, 40);
	cr_assert_eq(NdisRetreatNetBufferDataStart(c.nb, 8, 24, NULL), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NET_BUFFER_DATA_OFFSET(c.nb), 24);
	fail_allocation(1);
	cr_expect_eq(NdisRetreatNetBufferDataStart(c.nb, 24, 0, NULL), NDIS_STATUS_SUCCESS);
	fail_allocation(0);
	NdisAdvanceNetBufferDataStart(c.nb, 32, TRUE, NULL);
	expect_data(c.nb, c.bytes, 40);
	end_chain(&c);
}

Test(netbuffer, mdls_that_an_advance_keeps_serve_the_next_retreat)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 40 }, 1, 0, 40);
	cr_assert_eq(NdisRetreatNetBufferDataStart(c.nb, 8, 0, NULL), NDIS_STATUS_SUCCESS);
	NdisAdvanceNetBufferDataStart(c.nb, 8, FALSE, NULL);
	cr_expect_neq(NET_BUFFER_FIRST_MDL(c.nb), c.mdls);
	expect_data(c.nb, c.bytes, 40);
	fail_allocation(1);
	cr_expect_eq(NdisRetreatNetBufferDataStart(c.nb, 8, 0, NULL), NDIS_STATUS_SUCCESS);
	fail_allocation(0);
	NdisAdvanceNetBufferDataStart(c.nb, 8, TRUE, NULL);
	cr_expect_eq(NET_BUFFER_FIRST_MDL(c.nb), c.mdls);
	end_chain(&c);
}

Test(netbuffer, an_advance_frees_no_mdl_of_the_driver)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 10, 40 }, 2, 0, 50);
	NdisAdvanceNetBufferDataStart(c.nb, 20, TRUE, NULL);
	cr_expect_eq(NET_BUFFER_FIRST_MDL(c.nb), c.mdls);
	cr_expect_eq(NdisRetreatNetBufferDataStart(c.nb, 20, 0, NULL), NDIS_STATUS_SUCCESS);
	expect_data(c.nb, c.bytes, 50);
	end_chain(&c);
}

Test(netbuffer, a_retreat_beyond_32_bits_fails)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 40 }, 1, 0, 40);
	cr_expect_eq(NdisRetreatNetBufferDataStart(c.nb, 0xFFFFFFF0u, 0, NULL),
		     NDIS_STATUS_FAILURE);
	cr_expect_eq(NdisRetreatNetBufferDataStart(c.nb, 16, 0xFFFFFFF8u, NULL),
		     NDIS_STATUS_FAILURE);
	expect_data(c.nb, c.bytes, 40);
	end_chain(&c);
}

Test(netbuffer, RS_NB_08_an_advance_stays_inside_the_data)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 40 }, 1, 4, 20);
	NdisAdvanceNetBufferDataStart(c.nb, 21, FALSE, NULL);
	cr_expect(violated("RS-NB-08"));
	expect_data(c.nb, c.bytes + 4, 20);
	NdisAdvanceNetBufferDataStart(c.nb, 20, FALSE, NULL);
	cr_expect_eq(NET_BUFFER_DATA_LENGTH(c.nb), 0);
	end_chain(&c);
}

Test(netbuffer, RS_NB_08_a_net_buffer_with_mdls_of_a_retreat_is_not_freed)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 40 }, 1, 0, 40);
	cr_assert_eq(NdisRetreatNetBufferDataStart(c.nb, 8, 0, NULL), NDIS_STATUS_SUCCESS);
	NdisFreeNetBuffer(c.nb);
	cr_expect(violated("RS-NB-08"));
	NdisAdvanceNetBufferDataStart(c.nb, 8, TRUE, NULL);
	end_chain(&c);
}

/* ------------------------------------------------------ the driver's own MDLs */

static struct {
	ULONG asked, given;
	int allocated, freed, fail_after;
	MDL *last;
} mine;

static PMDL allocate_mine(PULONG size)
{
	if (mine.fail_after-- == 0)
		return NULL;
	mine.asked = *size;
	*size += mine.given;
	mine.allocated++;
	mine.last = make_mdl(malloc(*size), *size, NULL);
	return mine.last;
}

static VOID free_mine(PMDL mdl)
{
	mine.freed++;
	free(MmGetMdlVirtualAddress(mdl));
	IoFreeMdl(mdl);
}

Test(netbuffer, RS_NB_08_mdls_go_back_through_the_matching_handler)
{
	struct chain c;

	mine.fail_after = -1;
	make_chain(&c, (ULONG[]){ 40 }, 1, 3, 37);
	cr_assert_eq(NdisRetreatNetBufferDataStart(c.nb, 8, 5, allocate_mine), NDIS_STATUS_SUCCESS);
	cr_expect_eq(mine.asked, 13);
	cr_expect_eq(NET_BUFFER_FIRST_MDL(c.nb), mine.last);
	NdisAdvanceNetBufferDataStart(c.nb, 8, TRUE, free_mine);
	cr_expect_eq(mine.freed, 1);
	expect_data(c.nb, c.bytes + 3, 37);

	/* the runtime's own MDLs never go to the driver's handler */
	cr_assert_eq(NdisRetreatNetBufferDataStart(c.nb, 8, 0, NULL), NDIS_STATUS_SUCCESS);
	NdisAdvanceNetBufferDataStart(c.nb, 8, TRUE, free_mine);
	cr_expect_eq(mine.freed, 1);
	end_chain(&c);
}

Test(netbuffer, RS_NB_08_an_mdl_of_the_driver_without_a_free_handler_leaks_and_is_reported)
{
	struct chain c;

	mine.fail_after = -1;
	make_chain(&c, (ULONG[]){ 40 }, 1, 0, 40);
	cr_assert_eq(NdisRetreatNetBufferDataStart(c.nb, 8, 0, allocate_mine), NDIS_STATUS_SUCCESS);
	NdisAdvanceNetBufferDataStart(c.nb, 8, TRUE, NULL);
	cr_expect(violated("RS-NB-08"));
	cr_expect_eq(mine.freed, 0);
	expect_data(c.nb, c.bytes, 40);
	free_mine(mine.last);
	end_chain(&c);
}

Test(netbuffer, a_handler_may_give_more_than_was_asked)
{
	struct chain c;

	mine.fail_after = -1;
	mine.given = 100;
	make_chain(&c, (ULONG[]){ 40 }, 1, 0, 40);
	cr_assert_eq(NdisRetreatNetBufferDataStart(c.nb, 8, 0, allocate_mine), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NET_BUFFER_DATA_OFFSET(c.nb), 100);
	NdisAdvanceNetBufferDataStart(c.nb, 8, TRUE, free_mine);
	cr_expect_eq(mine.allocated, mine.freed);
	end_chain(&c);
}

/* -------------------------------------------------- all of a NET_BUFFER_LIST */

Test(netbuffer, a_list_retreats_and_advances_as_one)
{
	struct chain c[3];
	NDIS_HANDLE pool = nbl_pool(FALSE, 0, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);

	for (int i = 2; i >= 0; i--) {
		make_chain(&c[i], (ULONG[]){ 20, 20 }, 2, (ULONG)i * 10, 20);
		NET_BUFFER_NEXT_NB(c[i].nb) = NET_BUFFER_LIST_FIRST_NB(nbl);
		NET_BUFFER_LIST_FIRST_NB(nbl) = c[i].nb;
	}
	cr_assert_eq(NdisRetreatNetBufferListDataStart(nbl, 14, 0, NULL, NULL),
		     NDIS_STATUS_SUCCESS);
	for (int i = 0; i < 3; i++)
		cr_expect_eq(NET_BUFFER_DATA_LENGTH(c[i].nb), 34);
	NdisAdvanceNetBufferListDataStart(nbl, 14, TRUE, NULL);
	for (int i = 0; i < 3; i++) {
		expect_data(c[i].nb, c[i].bytes + i * 10, 20);
		end_chain(&c[i]);
	}
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

Test(netbuffer, a_list_that_cannot_retreat_is_left_as_it_was)
{
	struct chain c[3];
	NDIS_HANDLE pool = nbl_pool(FALSE, 0, 0);
	NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);

	for (int i = 2; i >= 0; i--) {
		make_chain(&c[i], (ULONG[]){ 40 }, 1, 0, 40);
		NET_BUFFER_NEXT_NB(c[i].nb) = NET_BUFFER_LIST_FIRST_NB(nbl);
		NET_BUFFER_LIST_FIRST_NB(nbl) = c[i].nb;
	}
	mine.fail_after = 2;
	cr_expect_eq(NdisRetreatNetBufferListDataStart(nbl, 8, 0, allocate_mine, free_mine),
		     NDIS_STATUS_RESOURCES);
	cr_expect_eq(mine.allocated, 2);
	cr_expect_eq(mine.freed, 2);
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(NET_BUFFER_FIRST_MDL(c[i].nb), c[i].mdls);
		expect_data(c[i].nb, c[i].bytes, 40);
		end_chain(&c[i]);
	}
	NdisFreeNetBufferList(nbl);
	NdisFreeNetBufferListPool(pool);
}

/* ------------------------------------------------------------------- reading */

Test(netbuffer, contiguous_data_are_given_in_place)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 10, 0, 40 }, 3, 10, 40);
	cr_expect_eq(NdisGetDataBuffer(c.nb, 40, NULL, 1, 0), c.bytes + 10);
	cr_expect_eq(NdisGetDataBuffer(c.nb, 1, c.bytes + 100, 1, 0), c.bytes + 10);
	cr_expect_null(NdisGetDataBuffer(c.nb, 41, c.bytes + 100, 1, 0));
	end_chain(&c);
}

Test(netbuffer, split_data_are_copied_to_the_storage_or_not_given)
{
	struct chain c;
	unsigned char storage[50];

	make_chain(&c, (ULONG[]){ 10, 0, 40 }, 3, 0, 50);
	cr_expect_null(NdisGetDataBuffer(c.nb, 11, NULL, 1, 0));
	cr_expect_eq(NdisGetDataBuffer(c.nb, 50, storage, 1, 0), storage);
	cr_expect_eq(memcmp(storage, c.bytes, 50), 0);
	end_chain(&c);
}

Test(netbuffer, misaligned_data_are_copied_to_the_storage_or_not_given)
{
	_Alignas(16) unsigned char data[64] = { 0 };
	unsigned char storage[64];
	NDIS_HANDLE pool = nb_pool(0);
	MDL *mdl = make_mdl(data, sizeof(data), NULL);
	NET_BUFFER *nb = NdisAllocateNetBuffer(pool, mdl, 3, 60);

	cr_expect_null(NdisGetDataBuffer(nb, 8, NULL, 4, 0));
	cr_expect_eq(NdisGetDataBuffer(nb, 8, storage, 4, 0), storage);
	cr_expect_eq(NdisGetDataBuffer(nb, 8, NULL, 4, 3), data + 3);
	cr_expect_eq(NdisGetDataBuffer(nb, 8, NULL, 0, 0), data + 3);
	NdisFreeNetBuffer(nb);
	free_mdls(mdl);
	NdisFreeNetBufferPool(pool);
}

Test(netbuffer, adjusting_finds_the_current_mdl_again)
{
	struct chain c;

	make_chain(&c, (ULONG[]){ 10, 0, 40 }, 3, 0, 50);
	NET_BUFFER_DATA_OFFSET(c.nb) = 12;
	NET_BUFFER_DATA_LENGTH(c.nb) = 38;
	NdisAdjustNetBufferCurrentMdl(c.nb);
	cr_expect_eq(NET_BUFFER_CURRENT_MDL_OFFSET(c.nb), 2);
	expect_data(c.nb, c.bytes + 12, 38);
	end_chain(&c);
}

Test(netbuffer, a_copy_ends_with_the_source_or_the_space)
{
	struct chain from, to;
	ULONG copied = 77;

	make_chain(&from, (ULONG[]){ 5, 0, 20, 25 }, 4, 2, 40);
	make_chain(&to, (ULONG[]){ 7, 33 }, 2, 4, 0);
	cr_expect_eq(NdisCopyFromNetBufferToNetBuffer(to.nb, 1, 100, from.nb, 3, &copied),
		     NDIS_STATUS_SUCCESS);
	cr_expect_eq(copied, 35, "of the destination 40 bytes less 5");
	cr_expect_eq(memcmp(to.bytes + 5, from.bytes + 5, 35), 0);
	cr_expect_eq(NET_BUFFER_DATA_LENGTH(to.nb), 0, "the caller updates these");
	NdisCopyFromNetBufferToNetBuffer(to.nb, 0, 100, from.nb, 30, &copied);
	cr_expect_eq(copied, 10, "what the source has left");
	cr_expect_eq(memcmp(to.bytes + 4, from.bytes + 32, 10), 0);
	NdisCopyFromNetBufferToNetBuffer(to.nb, 0, 100, from.nb, 40, &copied);
	cr_expect_eq(copied, 0);
	end_chain(&from);
	end_chain(&to);
}

Test(netbuffer, physical_breaks_are_the_pages_of_the_used_data)
{
	NDIS_HANDLE pool = nb_pool(0);
	static _Alignas(PAGE_SIZE) char pages[4 * PAGE_SIZE];
	MDL *mdl;
	NET_BUFFER *nb;

	mdl = make_mdl(pages, 3 * PAGE_SIZE, make_mdl(pages + 3 * PAGE_SIZE, 10, NULL));
	nb = NdisAllocateNetBuffer(pool, mdl, PAGE_SIZE - 1, 2);
	cr_expect_eq(NdisQueryNetBufferPhysicalCount(nb), 2);
	NET_BUFFER_DATA_LENGTH(nb) = 1;
	cr_expect_eq(NdisQueryNetBufferPhysicalCount(nb), 1);
	NET_BUFFER_DATA_LENGTH(nb) = 2 * PAGE_SIZE + 11;
	cr_expect_eq(NdisQueryNetBufferPhysicalCount(nb), 4);
	NdisFreeNetBuffer(nb);
	free_mdls(mdl);
	NdisFreeNetBufferPool(pool);
}

/* --------------------------------------------------------- NET_BUFFER pools */

Test(netbuffer, a_data_pool_gives_an_mdl_and_data)
{
	NDIS_HANDLE pool = nb_pool(1514);

	for (int round = 0; round < 100; round++) {
		NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(pool);
		MDL *mdl = NET_BUFFER_FIRST_MDL(nb);

		cr_assert_eq(MmGetMdlByteCount(mdl), 1514);
		cr_expect_null(mdl->Next);
		cr_expect_eq(NdisGetPoolFromNetBuffer(nb), pool);
		memset(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), round, 1514);
		mdl->ByteCount = 3;
		memset(nb->ProtocolReserved, 1, sizeof(nb->ProtocolReserved));
		NdisFreeNetBuffer(nb);
	}
	NdisFreeNetBufferPool(pool);
}

Test(netbuffer, a_retreat_allocates_at_least_the_pools_data_size)
{
	NDIS_HANDLE pool = nb_pool(256);
	NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(pool);

	cr_assert_eq(NdisRetreatNetBufferDataStart(nb, 14, 0, NULL), NDIS_STATUS_SUCCESS);
	cr_expect_eq(NET_BUFFER_DATA_OFFSET(nb), 256 - 14);
	NdisAdvanceNetBufferDataStart(nb, 14, TRUE, NULL);
	NdisFreeNetBuffer(nb);
	NdisFreeNetBufferPool(pool);
}

Test(netbuffer, RS_NB_01_data_come_from_pools_that_have_them_and_only_whole)
{
	NDIS_HANDLE bare = nb_pool(0), data = nb_pool(64);

	cr_expect_null(NdisAllocateNetBufferMdlAndData(bare));
	cr_expect(violated("RS-NB-01"));
	cr_expect_null(NdisAllocateNetBuffer(data, NULL, 0, 0));
	cr_expect(violated("RS-NB-01"));
	NdisFreeNetBufferPool(bare);
	NdisFreeNetBufferPool(data);
}

Test(netbuffer, RS_NB_02_no_mdl_means_no_offset_and_no_length)
{
	NDIS_HANDLE pool = nb_pool(0);

	cr_expect_null(NdisAllocateNetBuffer(pool, NULL, 4, 0));
	cr_expect(violated("RS-NB-02"));
	cr_expect_null(NdisAllocateNetBuffer(pool, NULL, 0, 4));
	cr_expect(violated("RS-NB-02"));
	NdisFreeNetBufferPool(pool);
}

Test(netbuffer, RS_NB_06_a_net_buffer_is_freed_once_and_before_its_pool)
{
	NDIS_HANDLE pool = nb_pool(0);
	NET_BUFFER *nb = NdisAllocateNetBuffer(pool, NULL, 0, 0);
	NET_BUFFER *other = NdisAllocateNetBuffer(pool, NULL, 0, 0);

	NdisFreeNetBufferPool(pool);
	cr_expect(violated("RS-NB-06"));
	NdisFreeNetBuffer(nb);
	NdisFreeNetBuffer(nb);
	cr_expect(violated("RS-NB-06"));
	NdisFreeNetBuffer(other);
	NdisFreeNetBufferPool(pool);
}

/* ---------------------------------------------------------- random sequences */

#define MAX_DEPTH 12

/* What the data should be: the bytes before the start, and the start. */
struct model {
	unsigned char bytes[4096];
	ULONG start, end;
	ULONG deltas[MAX_DEPTH]; /* retreats not undone yet */
	int depth;
};

static void random_chain(struct chain *c, uint64_t *r)
{
	ULONG lengths[8], total = 0, offset, n = 1 + random_below(r, 8);

	for (ULONG i = 0; i < n; i++) {
		lengths[i] = random_below(r, 4) == 0 ? 0 : random_below(r, 60);
		total += lengths[i];
	}
	offset = random_below(r, total + 1);
	make_chain(c, lengths, (int)n, offset, random_below(r, total - offset + 1));
}

static void begin_model(struct model *m, const struct chain *c)
{
	m->start = 2048;
	m->depth = 0;
	m->end = m->start + read_data(c->nb, m->bytes + m->start, 2048);
}

/* Compare everything that can be read with the model. */
static void check(const struct chain *c, const struct model *m, uint64_t *r, uint64_t seed)
{
	ULONG length = m->end - m->start, needed = random_below(r, length + 2);
	ULONG multiple = 1u << random_below(r, 4), align = random_below(r, multiple);
	unsigned char got[2048], storage[2048], *data;
	MDL *mdl = c->nb->CurrentMdl;

	cr_assert_eq(NET_BUFFER_DATA_LENGTH(c->nb), length, "seed %llu", (unsigned long long)seed);
	cr_assert(is_consistent(c->nb), "seed %llu", (unsigned long long)seed);
	cr_assert_eq(read_data(c->nb, got, sizeof(got)), length);
	cr_assert_eq(memcmp(got, m->bytes + m->start, length), 0, "seed %llu",
		     (unsigned long long)seed);

	data = NdisGetDataBuffer(c->nb, needed, storage, multiple, align);
	if (needed > length) {
		cr_assert_null(data, "seed %llu", (unsigned long long)seed);
		return;
	}
	cr_assert_not_null(data, "seed %llu", (unsigned long long)seed);
	cr_assert_eq(memcmp(data, m->bytes + m->start, needed), 0, "seed %llu",
		     (unsigned long long)seed);
	if (needed == 0)
		return;
	/* in place exactly when one MDL holds them, aligned */
	bool whole = MmGetMdlByteCount(mdl) - c->nb->CurrentMdlOffset >= needed;
	uintptr_t at = (uintptr_t)MmGetMdlVirtualAddress(mdl) + c->nb->CurrentMdlOffset;
	bool aligned = (at - align) % multiple == 0;

	cr_assert_eq(data == storage, !(whole && aligned), "seed %llu", (unsigned long long)seed);
	cr_assert_eq(NdisGetDataBuffer(c->nb, needed, NULL, multiple, align) != NULL,
		     whole && aligned, "seed %llu", (unsigned long long)seed);
}

/* Retreat and write a header into the new space, as a driver does. */
static void random_retreat(struct chain *c, struct model *m, uint64_t *r, uint64_t seed)
{
	ULONG delta = 1 + random_below(r, 40);
	unsigned char header[40];
	bool fits = delta <= NET_BUFFER_DATA_OFFSET(c->nb);
	NET_BUFFER source = { .DataLength = delta };
	MDL *mdl = make_mdl(header, delta, NULL);
	ULONG copied;

	for (ULONG i = 0; i < delta; i++)
		header[i] = (unsigned char)random32(r);
	cr_assert_eq(NdisRetreatNetBufferDataStart(c->nb, delta, random_below(r, 30), NULL),
		     NDIS_STATUS_SUCCESS);
	if (!fits)
		cr_assert_not_null(NdisGetDataBuffer(c->nb, delta, NULL, 1, 0), "seed %llu",
				   (unsigned long long)seed);
	source.MdlChain = source.CurrentMdl = mdl;
	NdisCopyFromNetBufferToNetBuffer(c->nb, 0, delta, &source, 0, &copied);
	cr_assert_eq(copied, delta);
	free_mdls(mdl);
	m->start -= delta;
	memcpy(m->bytes + m->start, header, delta);
	m->deltas[m->depth++] = delta;
}

static void undo(struct chain *c, struct model *m, uint64_t *r)
{
	ULONG delta = m->deltas[--m->depth];

	NdisAdvanceNetBufferDataStart(c->nb, delta, random_below(r, 2) == 0, NULL);
	m->start += delta;
}

/* A look behind a header, as a protocol does: advance, read, retreat. */
static void look_behind(struct chain *c, struct model *m, uint64_t *r, uint64_t seed)
{
	ULONG delta = random_below(r, m->end - m->start + 1);

	NdisAdvanceNetBufferDataStart(c->nb, delta, FALSE, NULL);
	m->start += delta;
	check(c, m, r, seed);
	cr_assert_eq(NdisRetreatNetBufferDataStart(c->nb, delta, 0, NULL), NDIS_STATUS_SUCCESS);
	m->start -= delta;
}

Test(netbuffer, RS_NB_07_random_advances_and_retreats_agree_with_flat_data)
{
	for (uint64_t seed = 1; seed <= 1500; seed++) {
		uint64_t r = random_begin(seed);
		static struct model m;
		struct chain c;
		ULONG offset;

		random_chain(&c, &r);
		offset = NET_BUFFER_DATA_OFFSET(c.nb);
		begin_model(&m, &c);
		for (int step = 0; step < 40; step++) {
			ULONG what = random_below(&r, 3);

			if (what == 0 && m.depth < MAX_DEPTH)
				random_retreat(&c, &m, &r, seed);
			else if (what == 1 && m.depth > 0)
				undo(&c, &m, &r);
			else
				look_behind(&c, &m, &r, seed);
			check(&c, &m, &r, seed);
		}
		while (m.depth > 0)
			undo(&c, &m, &r);
		NdisAdvanceNetBufferDataStart(c.nb, 0, TRUE, NULL); /* what was kept goes now */
		check(&c, &m, &r, seed);
		cr_assert_eq(NET_BUFFER_FIRST_MDL(c.nb), c.mdls, "seed %llu",
			     (unsigned long long)seed);
		cr_assert_eq(NET_BUFFER_DATA_OFFSET(c.nb), offset, "seed %llu",
			     (unsigned long long)seed);
		end_chain(&c);
		cr_assert_eq(recorded.count, 0, "seed %llu: %s", (unsigned long long)seed,
			     recorded.text);
	}
}

Test(netbuffer, random_copies_agree_with_flat_data)
{
	for (uint64_t seed = 1; seed <= 1500; seed++) {
		uint64_t r = random_begin(seed);
		struct chain from, to;
		ULONG source, destination, bytes, copied, space = 0, expected;
		unsigned char flat[512], before[512];

		random_chain(&from, &r);
		random_chain(&to, &r);
		for (MDL *mdl = to.mdls; mdl != NULL; mdl = mdl->Next)
			space += MmGetMdlByteCount(mdl);
		space -= NET_BUFFER_DATA_OFFSET(to.nb);
		source = random_below(&r, 80);
		destination = random_below(&r, 80);
		bytes = random_below(&r, 200);
		expected = NET_BUFFER_DATA_LENGTH(from.nb) > source
				   ? NET_BUFFER_DATA_LENGTH(from.nb) - source : 0;
		if (expected > bytes)
			expected = bytes;
		if (expected > (space > destination ? space - destination : 0))
			expected = space > destination ? space - destination : 0;
		read_data(from.nb, flat, sizeof(flat));
		memcpy(before, to.bytes, sizeof(before));
		NdisCopyFromNetBufferToNetBuffer(to.nb, destination, bytes, from.nb, source,
						 &copied);
		cr_assert_eq(copied, expected, "seed %llu", (unsigned long long)seed);
		if (copied != 0)
			memcpy(before + NET_BUFFER_DATA_OFFSET(to.nb) + destination, flat + source,
			       copied);
		cr_assert_eq(memcmp(before, to.bytes, sizeof(before)), 0, "seed %llu",
			     (unsigned long long)seed);
		end_chain(&from);
		end_chain(&to);
	}
}
