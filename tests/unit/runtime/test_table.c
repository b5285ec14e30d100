/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generic tables: random insertions and deletions against a plain array, the tree's
 * balance, enumerations, and a driver without memory.
 */
#include "recorder.h"

TestSuite(table, .timeout = 60);

struct element {
	ULONG key;
	UCHAR filling[5];
};

#define KEYS 200

static RTL_AVL_TABLE table;
static bool present[KEYS];
static ULONG inserted[KEYS], n_inserted; /* in the order of insertion */
static ULONG live;
static bool no_memory;

static RTL_GENERIC_COMPARE_RESULTS compare(RTL_AVL_TABLE *t, PVOID first, PVOID second)
{
	ULONG a = ((struct element *)first)->key, b = ((struct element *)second)->key;

	cr_assert_eq(t->TableContext, &live);
	return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static PVOID allocate(RTL_AVL_TABLE *t, CLONG size)
{
	cr_assert_eq(t, &table);
	if (no_memory)
		return NULL;
	live++;
	return malloc(size);
}

static VOID release(RTL_AVL_TABLE *t, PVOID buffer)
{
	(void)t;
	live--;
	free(buffer);
}

static struct element *insert(ULONG key, BOOLEAN *is_new)
{
	struct element e = { .key = key, .filling = { 1, 2, 3, 4, (UCHAR)key } };

	/* Of different sizes: one byte less of the filling for odd keys. */
	return RtlInsertElementGenericTableAvl(&table, &e, 9 - key % 2, is_new);
}

static bool delete_key(ULONG key)
{
	struct element e = { .key = key };

	return RtlDeleteElementGenericTableAvl(&table, &e);
}

/* The height, after a look at every balance, order and parent. */
static int check_tree(RTL_BALANCED_LINKS *node, RTL_BALANCED_LINKS *parent)
{
	int left, right;

	if (node == NULL)
		return 0;
	cr_assert_eq(node->Parent, parent);
	left = check_tree(node->LeftChild, node);
	right = check_tree(node->RightChild, node);
	cr_assert(left - right <= 1 && right - left <= 1, "unbalanced: %d and %d", left, right);
	return 1 + max(left, right);
}

static void check_contents(void)
{
	struct element *e;
	PVOID mark = NULL;
	ULONG key = 0, n = 0;

	check_tree(table.BalancedRoot.RightChild, &table.BalancedRoot);
	for (e = RtlEnumerateGenericTableAvl(&table, TRUE); e != NULL;
	     e = RtlEnumerateGenericTableAvl(&table, FALSE)) {
		while (key < KEYS && !present[key])
			key++;
		cr_assert_eq(e->key, key++);
		cr_assert_eq(RtlEnumerateGenericTableWithoutSplayingAvl(&table, &mark), e);
		n++;
	}
	cr_assert_null(RtlEnumerateGenericTableWithoutSplayingAvl(&table, &mark));
	cr_assert_eq(n, n_inserted);
	cr_assert_eq(RtlNumberGenericTableElementsAvl(&table), n);
	cr_assert_eq(RtlIsGenericTableEmptyAvl(&table), n == 0);
	cr_assert_eq(live, n);
	for (ULONG i = 0; i < n; i++) {
		e = RtlGetElementGenericTableAvl(&table, i);
		cr_assert_eq(e->key, inserted[i]);
	}
	cr_assert_null(RtlGetElementGenericTableAvl(&table, n));
}

static void forget(ULONG key)
{
	ULONG i = 0;

	while (inserted[i] != key)
		i++;
	memmove(&inserted[i], &inserted[i + 1], (--n_inserted - i) * sizeof(inserted[0]));
	present[key] = false;
}

static void start(void)
{
	RtlInitializeGenericTableAvl(&table, compare, allocate, release, &live);
}

Test(table, it_holds_what_an_array_would)
{
	uint64_t seed = random_begin(1);

	start();
	check_contents();
	for (int round = 0; round < 20000; round++) {
		ULONG key = random_below(&seed, KEYS);
		struct element probe = { .key = key }, *e;
		BOOLEAN is_new = 99;

		e = RtlLookupElementGenericTableAvl(&table, &probe);
		cr_assert_eq(e != NULL, present[key]);
		/* Fuller and emptier in turns. */
		if (random_below(&seed, 10) < (round / 2000 % 2 != 0 ? 3U : 7U)) {
			struct element *got = insert(key, &is_new);

			cr_assert_eq(is_new, !present[key]);
			cr_assert(e == NULL || got == e);
			cr_assert_eq(got->key, key);
			cr_assert_eq(got->filling[3], 4);
			if (is_new)
				inserted[n_inserted++] = key;
			present[key] = true;
		} else {
			cr_assert_eq(delete_key(key), present[key]);
			if (present[key])
				forget(key);
		}
		if (round % 50 == 0)
			check_contents();
	}
	for (ULONG key = 0; key < KEYS; key++)
		if (delete_key(key))
			forget(key);
	check_contents();
	cr_expect_eq(live, 0);
}

Test(table, elements_that_come_sorted_stay_shallow)
{
	start();
	for (ULONG key = 0; key < KEYS; key++)
		insert(key, NULL);
	cr_expect_leq(check_tree(table.BalancedRoot.RightChild, &table.BalancedRoot), 10);
	for (ULONG key = 0; key < KEYS; key++)
		cr_expect(delete_key(key));
	cr_expect(RtlIsGenericTableEmptyAvl(&table));
}

Test(table, elements_may_go_while_they_are_enumerated)
{
	struct element *e;
	ULONG expected = 0;

	start();
	for (ULONG key = 0; key < 20; key++)
		insert(key, NULL);
	for (e = RtlEnumerateGenericTableAvl(&table, TRUE); e != NULL;
	     e = RtlEnumerateGenericTableAvl(&table, FALSE)) {
		cr_assert_eq(e->key, expected++);
		if (e->key != 7 && e->key != 12) /* the first ones, and some behind others */
			cr_expect(delete_key(e->key));
	}
	cr_expect_eq(expected, 20);
	cr_expect_null(RtlEnumerateGenericTableAvl(&table, FALSE));
	cr_expect(delete_key(7) && delete_key(12));
	cr_expect_eq(live, 0);
}

Test(table, a_search_result_says_where_to_insert)
{
	struct element e = { .key = 5 };
	TABLE_SEARCH_RESULT result;
	PVOID node = &e;
	BOOLEAN is_new;

	start();
	cr_expect_null(RtlLookupElementGenericTableFullAvl(&table, &e, &node, &result));
	cr_expect_eq(result, TableEmptyTree);
	cr_expect_eq(node, &e, "not altered");
	RtlInsertElementGenericTableFullAvl(&table, &e, sizeof(e), &is_new, node, result);
	cr_expect(is_new);
	e.key = 3;
	cr_expect_null(RtlLookupElementGenericTableFullAvl(&table, &e, &node, &result));
	cr_expect_eq(result, TableInsertAsLeft);
	RtlInsertElementGenericTableFullAvl(&table, &e, sizeof(e), &is_new, node, result);
	e.key = 7;
	RtlLookupElementGenericTableFullAvl(&table, &e, &node, &result);
	cr_expect_eq(result, TableInsertAsRight);
	cr_expect_not_null(RtlLookupElementGenericTableFullAvl(&table, &(struct element){ .key = 3 },
							       &node, &result));
	cr_expect_eq(result, TableFoundNode);
	cr_expect_eq(((struct element *)RtlInsertElementGenericTableFullAvl(
			     &table, &e, sizeof(e), &is_new, node, result))->key, 3);
	cr_expect_not(is_new);
	cr_expect(delete_key(3) && delete_key(5));
}

Test(table, without_memory_nothing_is_inserted)
{
	struct element e = { .key = 1 };
	BOOLEAN is_new = TRUE;

	start();
	no_memory = true;
	cr_expect_null(insert(1, &is_new));
	cr_expect_not(is_new);
	cr_expect(RtlIsGenericTableEmptyAvl(&table));
	no_memory = false;
	cr_expect_null(RtlInsertElementGenericTableAvl(&table, &e, 0xfffffff0, &is_new),
		       "a size that leaves no room for the links");
	cr_expect_eq(live, 0);
}
