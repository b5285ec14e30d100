/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Derived NET_BUFFER_LISTs: clones, fragments and reassembled ones describe the
 * same data with structures of their own. Rules RS-NB-01, -08, -09.
 */
#include "recorder.h"

TestSuite(nblclone, .init = start_runtime, .fini = stop_runtime);

/* A parent with @n NET_BUFFERs, each over a few MDLs of one array. */
#define MAX_NBS 4
#define NB_BYTES 300

struct parent {
	NDIS_HANDLE pool, nbs;
	NET_BUFFER_LIST *nbl;
	MDL *mdls[MAX_NBS];
	int n;
	unsigned char bytes[MAX_NBS][NB_BYTES];
};

static void add_nb(struct parent *p, const ULONG *lengths, int mdls, ULONG offset, ULONG length)
{
	MDL **link = &p->mdls[p->n];
	ULONG at = 0;
	NET_BUFFER *nb, **last = &p->nbl->FirstNetBuffer;

	for (int i = 0; i < mdls; i++) {
		*link = make_mdl(p->bytes[p->n] + at, lengths[i], NULL);
		link = &(*link)->Next;
		at += lengths[i];
	}
	for (ULONG i = 0; i < NB_BYTES; i++)
		p->bytes[p->n][i] = (unsigned char)(i * 3 + (ULONG)p->n * 50 + 1);
	nb = NdisAllocateNetBuffer(p->nbs, p->mdls[p->n], offset, length);
	cr_assert_not_null(nb);
	while (*last != NULL)
		last = &(*last)->Next;
	*last = nb;
	p->n++;
}

static void begin_parent(struct parent *p)
{
	memset(p, 0, sizeof(*p));
	p->pool = nbl_pool(FALSE, 0, 0);
	p->nbs = nb_pool(0);
	p->nbl = NdisAllocateNetBufferList(p->pool, 0, 0);
}

static void end_parent(struct parent *p)
{
	while (p->nbl->FirstNetBuffer != NULL) {
		NET_BUFFER *nb = p->nbl->FirstNetBuffer;

		p->nbl->FirstNetBuffer = nb->Next;
		NdisFreeNetBuffer(nb);
	}
	for (int i = 0; i < p->n; i++)
		free_mdls(p->mdls[i]);
	NdisFreeNetBufferList(p->nbl);
	NdisFreeNetBufferPool(p->nbs);
	NdisFreeNetBufferListPool(p->pool);
}

static void two_nbs(struct parent *p)
{
	begin_parent(p);
	add_nb(p, (ULONG[]){ 20, 0, 100 }, 3, 5, 100);
	add_nb(p, (ULONG[]){ 64 }, 1, 0, 64);
}

static void expect_data(const NET_BUFFER *nb, const unsigned char *expected, ULONG length)
{
	unsigned char got[2048];

	cr_assert_not_null(nb);
	cr_assert_eq(read_data(nb, got, sizeof(got)), length);
	cr_expect_eq(memcmp(got, expected, length), 0, "the data differ");
}

static int count_nbs(const NET_BUFFER_LIST *nbl)
{
	int n = 0;

	for (NET_BUFFER *nb = nbl->FirstNetBuffer; nb != NULL; nb = nb->Next)
		n++;
	return n;
}

/* ------------------------------------------------------------------- clones */

Test(nblclone, a_clone_describes_the_same_bytes_with_its_own_mdls)
{
	struct parent p;
	NET_BUFFER_LIST *clone;
	NET_BUFFER *first;

	two_nbs(&p);
	clone = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL, 0);
	cr_assert_not_null(clone);
	cr_expect_eq(count_nbs(clone), 2);
	first = clone->FirstNetBuffer;
	expect_data(first, p.bytes[0] + 5, 100);
	expect_data(first->Next, p.bytes[1], 64);
	cr_expect_eq(NET_BUFFER_DATA_OFFSET(first), 0, "from the used data on");
	cr_expect_neq(NET_BUFFER_FIRST_MDL(first), p.mdls[0]);
	cr_expect_eq(NdisGetDataBuffer(first, 15, NULL, 1, 0), p.bytes[0] + 5, "no copy");
	NdisFreeCloneNetBufferList(clone, 0);
	end_parent(&p);
}

Test(nblclone, a_clone_may_share_the_mdls)
{
	struct parent p;
	NET_BUFFER_LIST *clone;

	two_nbs(&p);
	clone = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL,
					       NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
	cr_assert_not_null(clone);
	cr_expect_eq(NET_BUFFER_FIRST_MDL(clone->FirstNetBuffer), p.mdls[0]);
	cr_expect_eq(NET_BUFFER_CURRENT_MDL(clone->FirstNetBuffer),
		     NET_BUFFER_CURRENT_MDL(p.nbl->FirstNetBuffer));
	expect_data(clone->FirstNetBuffer, p.bytes[0] + 5, 100);
	NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
	end_parent(&p);
}

Test(nblclone, a_clone_comes_from_the_pools_it_is_asked_from)
{
	struct parent p;
	NDIS_HANDLE with_nb = nbl_pool(TRUE, 0, 0), nbs = nb_pool(0);
	NET_BUFFER_LIST *clone;

	two_nbs(&p);
	clone = NdisAllocateCloneNetBufferList(p.nbl, with_nb, nbs, 0);
	cr_expect_eq(NdisGetPoolFromNetBufferList(clone), with_nb);
	cr_expect_eq(NdisGetPoolFromNetBuffer(clone->FirstNetBuffer), with_nb,
		     "the preallocated one is used first");
	cr_expect_eq(NdisGetPoolFromNetBuffer(clone->FirstNetBuffer->Next), nbs);
	NdisFreeCloneNetBufferList(clone, 0);
	clone = NdisAllocateCloneNetBufferList(p.nbl, p.pool, nbs, 0);
	cr_expect_eq(NdisGetPoolFromNetBuffer(clone->FirstNetBuffer), nbs);
	NdisFreeCloneNetBufferList(clone, 0);
	NdisFreeNetBufferListPool(with_nb);
	NdisFreeNetBufferPool(nbs);
	end_parent(&p);
}

Test(nblclone, a_clone_has_no_context_no_parent_and_no_out_of_band_data)
{
	struct parent p;
	NET_BUFFER_LIST *clone;

	two_nbs(&p);
	NET_BUFFER_LIST_INFO(p.nbl, Ieee8021QNetBufferListInfo) = p.nbl;
	clone = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL, 0);
	cr_expect_null(clone->Context);
	cr_expect_null(clone->ParentNetBufferList, "the caller sets it");
	cr_expect_eq(clone->ChildRefCount, 0);
	cr_expect_eq(p.nbl->ChildRefCount, 0);
	cr_expect_null(NET_BUFFER_LIST_INFO(clone, Ieee8021QNetBufferListInfo));
	NdisFreeCloneNetBufferList(clone, 0);
	end_parent(&p);
}

Test(nblclone, a_clone_takes_a_header_of_its_own)
{
	struct parent p;
	NET_BUFFER_LIST *clone;
	unsigned char expected[114], *header;

	two_nbs(&p);
	clone = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL,
					       NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
	cr_assert_eq(NdisRetreatNetBufferDataStart(clone->FirstNetBuffer, 14, 0, NULL),
		     NDIS_STATUS_SUCCESS);
	header = NdisGetDataBuffer(clone->FirstNetBuffer, 14, NULL, 1, 0);
	memset(header, 0xEE, 14);
	memset(expected, 0xEE, 14);
	memcpy(expected + 14, p.bytes[0] + 5, 100);
	expect_data(clone->FirstNetBuffer, expected, 114);
	expect_data(p.nbl->FirstNetBuffer, p.bytes[0] + 5, 100);
	NdisAdvanceNetBufferDataStart(clone->FirstNetBuffer, 14, TRUE, NULL);
	NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
	end_parent(&p);
}

Test(nblclone, an_empty_net_buffer_is_cloned_empty)
{
	struct parent p;
	NET_BUFFER_LIST *clone;

	begin_parent(&p);
	add_nb(&p, (ULONG[]){ 0, 10 }, 2, 10, 0);
	clone = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL, 0);
	cr_assert_eq(count_nbs(clone), 1);
	cr_expect_eq(NET_BUFFER_DATA_LENGTH(clone->FirstNetBuffer), 0);
	NdisFreeCloneNetBufferList(clone, 0);
	end_parent(&p);
}

/* ---------------------------------------------------------------- the rules */

Test(nblclone, RS_NB_09_a_clone_is_freed_with_the_flags_it_was_allocated_with)
{
	struct parent p;
	NET_BUFFER_LIST *clone;

	two_nbs(&p);
	clone = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL, 0);
	NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
	cr_expect(violated("RS-NB-09"));
	expect_data(clone->FirstNetBuffer, p.bytes[0] + 5, 100);
	NdisFreeCloneNetBufferList(clone, 0);
	end_parent(&p);
}

Test(nblclone, RS_NB_09_each_kind_is_freed_by_its_own_function)
{
	struct parent p;
	NET_BUFFER_LIST *clone, *fragment, *plain;

	two_nbs(&p);
	clone = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL, 0);
	fragment = NdisAllocateFragmentNetBufferList(p.nbl, NULL, NULL, 0, 30, 0, 0, 0);
	plain = NdisAllocateNetBufferList(p.pool, 0, 0);
	NdisFreeNetBufferList(clone);
	cr_expect(violated("RS-NB-09"));
	NdisFreeCloneNetBufferList(fragment, 0);
	cr_expect(violated("RS-NB-09"));
	NdisFreeReassembledNetBufferList(fragment, 0, 0);
	cr_expect(violated("RS-NB-09"));
	NdisFreeFragmentNetBufferList(plain, 0, 0);
	cr_expect(violated("RS-NB-09"));
	NdisFreeNetBufferList(plain);
	NdisFreeFragmentNetBufferList(fragment, 0, 0);
	NdisFreeCloneNetBufferList(clone, 0);
	end_parent(&p);
}

Test(nblclone, RS_NB_09_a_parent_outlives_its_children)
{
	struct parent p;
	NET_BUFFER_LIST *clone;

	two_nbs(&p);
	clone = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL, 0);
	clone->ParentNetBufferList = p.nbl;
	p.nbl->ChildRefCount = 1;
	NdisFreeNetBufferList(p.nbl);
	cr_expect(violated("RS-NB-09"));
	NdisFreeCloneNetBufferList(clone, 0);
	p.nbl->ChildRefCount = 0;
	end_parent(&p);
}

Test(nblclone, RS_NB_06_a_derived_nbl_is_freed_once)
{
	struct parent p;
	NET_BUFFER_LIST *clone, *other;

	two_nbs(&p);
	clone = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL, 0);
	other = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL, 0);
	NdisFreeCloneNetBufferList(clone, 0);
	NdisFreeCloneNetBufferList(clone, 0);
	cr_expect(violated("RS-NB-06"));
	NdisFreeCloneNetBufferList(other, 0);
	end_parent(&p);
}

Test(nblclone, RS_NB_09_fragments_are_freed_with_the_delta_they_were_allocated_with)
{
	struct parent p;
	NET_BUFFER_LIST *fragment;

	two_nbs(&p);
	fragment = NdisAllocateFragmentNetBufferList(p.nbl, NULL, NULL, 0, 30, 14, 0, 0);
	NdisFreeFragmentNetBufferList(fragment, 10, 0);
	cr_expect(violated("RS-NB-09"));
	NdisFreeFragmentNetBufferList(fragment, 14, 0);
	end_parent(&p);
}

Test(nblclone, RS_NB_01_reassembly_wants_a_pool_with_a_net_buffer_and_no_data)
{
	struct parent p;
	NDIS_HANDLE data = nbl_pool(TRUE, 0, 100);

	two_nbs(&p);
	cr_expect_null(NdisAllocateReassembledNetBufferList(p.nbl, p.pool, 0, 0, 0, 0));
	cr_expect(violated("RS-NB-01"));
	cr_expect_null(NdisAllocateReassembledNetBufferList(p.nbl, data, 0, 0, 0, 0));
	cr_expect(violated("RS-NB-01"));
	NdisFreeNetBufferListPool(data);
	end_parent(&p);
}

/* --------------------------------------------------- fragments, reassembled */

Test(nblclone, fragments_are_cut_per_net_buffer_and_make_room)
{
	struct parent p;
	NET_BUFFER_LIST *fragment;
	NET_BUFFER *nb;
	ULONG lengths[] = { 40, 40, 10, 40, 14 };
	const unsigned char *from[] = { p.bytes[0] + 15, p.bytes[0] + 55, p.bytes[0] + 95,
					p.bytes[1] + 10, p.bytes[1] + 50 };

	two_nbs(&p);
	fragment = NdisAllocateFragmentNetBufferList(p.nbl, NULL, NULL, 10, 40, 20, 8, 0);
	cr_assert_not_null(fragment);
	cr_assert_eq(count_nbs(fragment), 5);
	nb = fragment->FirstNetBuffer;
	for (int i = 0; i < 5; i++) {
		cr_expect_eq(NET_BUFFER_DATA_LENGTH(nb), lengths[i] + 20);
		cr_expect_eq(NET_BUFFER_DATA_OFFSET(nb), 8);
		cr_expect_not_null(NdisGetDataBuffer(nb, 20, NULL, 1, 0));
		NdisAdvanceNetBufferDataStart(nb, 20, FALSE, NULL);
		expect_data(nb, from[i], lengths[i]);
		cr_assert_eq(NdisRetreatNetBufferDataStart(nb, 20, 0, NULL), NDIS_STATUS_SUCCESS);
		nb = nb->Next;
	}
	NdisFreeFragmentNetBufferList(fragment, 20, 0);
	end_parent(&p);
}

Test(nblclone, fragments_of_no_length_are_not_made)
{
	struct parent p;
	NET_BUFFER_LIST *fragment;

	two_nbs(&p);
	cr_expect_null(NdisAllocateFragmentNetBufferList(p.nbl, NULL, NULL, 0, 0, 0, 0, 0));
	fragment = NdisAllocateFragmentNetBufferList(p.nbl, NULL, NULL, 64, 1000, 0, 0, 0);
	cr_assert_eq(count_nbs(fragment), 1, "the second has nothing behind 64 bytes");
	expect_data(fragment->FirstNetBuffer, p.bytes[0] + 69, 36);
	NdisFreeFragmentNetBufferList(fragment, 0, 0);
	end_parent(&p);
}

Test(nblclone, a_reassembled_nbl_has_one_net_buffer_with_all_data)
{
	struct parent p;
	NET_BUFFER_LIST *whole;
	unsigned char expected[150];

	two_nbs(&p);
	whole = NdisAllocateReassembledNetBufferList(p.nbl, NULL, 10, 6, 0, 0);
	cr_assert_not_null(whole);
	cr_expect_eq(count_nbs(whole), 1);
	memset(NdisGetDataBuffer(whole->FirstNetBuffer, 6, NULL, 1, 0), 0xEE, 6);
	memset(expected, 0xEE, 6);
	memcpy(expected + 6, p.bytes[0] + 15, 90);
	memcpy(expected + 96, p.bytes[1] + 10, 54);
	expect_data(whole->FirstNetBuffer, expected, 150);
	NdisFreeReassembledNetBufferList(whole, 6, 0);
	end_parent(&p);
}

/* ------------------------------------------------------ failure and randomness */

static NET_BUFFER_LIST *derive(struct parent *p, int kind)
{
	if (kind == 0)
		return NdisAllocateCloneNetBufferList(p->nbl, NULL, NULL, 0);
	if (kind == 1)
		return NdisAllocateFragmentNetBufferList(p->nbl, NULL, NULL, 0, 30, 14, 0, 0);
	return NdisAllocateReassembledNetBufferList(p->nbl, NULL, 0, 14, 0, 0);
}

static void end_derived(NET_BUFFER_LIST *nbl, int kind)
{
	if (kind == 0)
		NdisFreeCloneNetBufferList(nbl, 0);
	else if (kind == 1)
		NdisFreeFragmentNetBufferList(nbl, 14, 0);
	else
		NdisFreeReassembledNetBufferList(nbl, 14, 0);
}

Test(nblclone, running_out_of_memory_at_any_point_leaves_nothing_behind)
{
	struct parent p;

	two_nbs(&p);
	for (int kind = 0; kind < 3; kind++) {
		NET_BUFFER_LIST *nbl = NULL;

		for (int allowed = 0; nbl == NULL && allowed < 100; allowed++) {
			fail_allocation((uint64_t)allowed + 1);
			nbl = derive(&p, kind);
			fail_allocation(0);
			cr_expect_eq(nrt_nbl_live(), nbl != NULL ? 2 : 1);
		}
		cr_assert_not_null(nbl);
		end_derived(nbl, kind);
	}
	end_parent(&p);
}

static void random_parent(struct parent *p, uint64_t *r)
{
	int nbs = 1 + (int)random_below(r, MAX_NBS);

	begin_parent(p);
	for (int i = 0; i < nbs; i++) {
		ULONG lengths[6], total = 0, offset, mdls = 1 + random_below(r, 6);

		for (ULONG m = 0; m < mdls; m++) {
			lengths[m] = random_below(r, 4) == 0 ? 0 : random_below(r, 50);
			total += lengths[m];
		}
		offset = random_below(r, total + 1);
		add_nb(p, lengths, (int)mdls, offset, random_below(r, total - offset + 1));
	}
}

/* All data behind the first @skip bytes of each NET_BUFFER, one after another. */
static ULONG flatten(const NET_BUFFER_LIST *nbl, ULONG skip, unsigned char *to)
{
	ULONG at = 0;

	for (NET_BUFFER *nb = nbl->FirstNetBuffer; nb != NULL; nb = nb->Next) {
		unsigned char data[NB_BYTES * MAX_NBS];
		ULONG n = read_data(nb, data, sizeof(data));

		if (n <= skip)
			continue;
		memcpy(to + at, data + skip, n - skip);
		at += n - skip;
	}
	return at;
}

static void expect_same(const NET_BUFFER_LIST *nbl, ULONG skip, const unsigned char *flat,
			ULONG length, uint64_t seed, const char *what)
{
	unsigned char got[NB_BYTES * MAX_NBS * 2];

	cr_assert_eq(flatten(nbl, skip, got), length, "%s, seed %llu", what,
		     (unsigned long long)seed);
	cr_assert_eq(memcmp(got, flat, length), 0, "%s, seed %llu", what,
		     (unsigned long long)seed);
}

Test(nblclone, random_derived_nbls_describe_the_parents_data)
{
	for (uint64_t seed = 1; seed <= 600; seed++) {
		uint64_t r = random_begin(seed);
		unsigned char flat[NB_BYTES * MAX_NBS];
		ULONG skip = random_below(&r, 20), delta = random_below(&r, 30), length;
		NET_BUFFER_LIST *nbl;
		struct parent p;

		random_parent(&p, &r);
		length = flatten(p.nbl, 0, flat);
		nbl = NdisAllocateCloneNetBufferList(p.nbl, NULL, NULL, 0);
		expect_same(nbl, 0, flat, length, seed, "clone");
		NdisFreeCloneNetBufferList(nbl, 0);

		length = flatten(p.nbl, skip, flat);
		nbl = NdisAllocateFragmentNetBufferList(p.nbl, NULL, NULL, skip,
							1 + random_below(&r, 60), delta,
							random_below(&r, 10), 0);
		expect_same(nbl, delta, flat, length, seed, "fragments");
		NdisFreeFragmentNetBufferList(nbl, delta, 0);

		nbl = NdisAllocateReassembledNetBufferList(p.nbl, NULL, skip, delta,
							   random_below(&r, 10), 0);
		expect_same(nbl, delta, flat, length, seed, "reassembled");
		NdisFreeReassembledNetBufferList(nbl, delta, 0);
		end_parent(&p);
		cr_assert_eq(recorded.count, 0, "seed %llu: %s", (unsigned long long)seed,
			     recorded.text);
	}
}
