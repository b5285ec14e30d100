/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generic tables in an AVL tree. Called by drivers, which serialize, at any IRQL
 * that suits their own routines. An element is the links, the driver's data, and
 * behind it the link of the list in which elements are as they were inserted.
 */
#include <wdm.h>

typedef RTL_BALANCED_LINKS LINKS;

struct order {
	LIST_ENTRY link; /* RTL_AVL_TABLE.nrt_inserted */
	LINKS *node;
};

static void *data_of(LINKS *node)
{
	return node != NULL ? node + 1 : NULL;
}

static ULONG order_at(ULONG size)
{
	return (ULONG)ALIGN_UP_BY(sizeof(LINKS) + size, sizeof(void *));
}

static struct order *order_of(LINKS *node)
{
	return (struct order *)(void *)((char *)node + order_at(node->nrt_size));
}

/* ------------------------------------------------------------------ tree */

static int height(const LINKS *node)
{
	return node != NULL ? node->Balance : 0;
}

static void measure(LINKS *node)
{
	int left = height(node->LeftChild), right = height(node->RightChild);

	node->Balance = (CHAR)(1 + max(left, right));
}

/* @new, or nothing, is where @old was. */
static void replace(LINKS *old, LINKS *new)
{
	LINKS *parent = old->Parent;

	if (parent->LeftChild == old)
		parent->LeftChild = new;
	else
		parent->RightChild = new;
	if (new != NULL)
		new->Parent = parent;
}

/* @node's right child takes its place. */
static LINKS *rotate_left(LINKS *node)
{
	LINKS *up = node->RightChild;

	replace(node, up);
	node->RightChild = up->LeftChild;
	if (node->RightChild != NULL)
		node->RightChild->Parent = node;
	up->LeftChild = node;
	node->Parent = up;
	measure(node);
	measure(up);
	return up;
}

static LINKS *rotate_right(LINKS *node)
{
	LINKS *up = node->LeftChild;

	replace(node, up);
	node->LeftChild = up->RightChild;
	if (node->LeftChild != NULL)
		node->LeftChild->Parent = node;
	up->RightChild = node;
	node->Parent = up;
	measure(node);
	measure(up);
	return up;
}

/* From @node, below which something changed, up to the root. */
static void rebalance(PRTL_AVL_TABLE table, LINKS *node)
{
	for (; node != &table->BalancedRoot; node = node->Parent) {
		int lean = height(node->RightChild) - height(node->LeftChild);

		measure(node);
		if (lean > 1) {
			if (height(node->RightChild->LeftChild) >
			    height(node->RightChild->RightChild))
				rotate_right(node->RightChild);
			node = rotate_left(node);
		} else if (lean < -1) {
			if (height(node->LeftChild->RightChild) >
			    height(node->LeftChild->LeftChild))
				rotate_left(node->LeftChild);
			node = rotate_right(node);
		}
	}
}

static LINKS *leftmost(LINKS *node)
{
	while (node != NULL && node->LeftChild != NULL)
		node = node->LeftChild;
	return node;
}

static LINKS *rightmost(LINKS *node)
{
	while (node != NULL && node->RightChild != NULL)
		node = node->RightChild;
	return node;
}

static LINKS *next_of(PRTL_AVL_TABLE table, LINKS *node)
{
	if (node->RightChild != NULL)
		return leftmost(node->RightChild);
	while (node->Parent != &table->BalancedRoot && node == node->Parent->RightChild)
		node = node->Parent;
	return node->Parent != &table->BalancedRoot ? node->Parent : NULL;
}

static LINKS *previous_of(PRTL_AVL_TABLE table, LINKS *node)
{
	if (node->LeftChild != NULL)
		return rightmost(node->LeftChild);
	while (node->Parent != &table->BalancedRoot && node == node->Parent->LeftChild)
		node = node->Parent;
	return node->Parent != &table->BalancedRoot ? node->Parent : NULL;
}

/* Out of the tree. */
static void take_out(PRTL_AVL_TABLE table, LINKS *node)
{
	LINKS *from = node->Parent, *heir;

	if (node->LeftChild == NULL || node->RightChild == NULL) {
		replace(node, node->LeftChild != NULL ? node->LeftChild : node->RightChild);
		rebalance(table, from);
		return;
	}
	heir = leftmost(node->RightChild);
	from = heir;
	if (heir->Parent != node) {
		from = heir->Parent;
		replace(heir, heir->RightChild);
		heir->RightChild = node->RightChild;
		heir->RightChild->Parent = heir;
	}
	heir->LeftChild = node->LeftChild;
	heir->LeftChild->Parent = heir;
	replace(node, heir);
	rebalance(table, from);
}

static TABLE_SEARCH_RESULT search(PRTL_AVL_TABLE table, PVOID key, LINKS **found)
{
	LINKS *node = table->BalancedRoot.RightChild;

	if (node == NULL)
		return TableEmptyTree;
	for (;;) {
		RTL_GENERIC_COMPARE_RESULTS is = table->CompareRoutine(table, key, data_of(node));
		LINKS *child = is == GenericLessThan ? node->LeftChild : node->RightChild;

		*found = node;
		if (is == GenericEqual)
			return TableFoundNode;
		if (child == NULL)
			return is == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
		node = child;
	}
}

/* ----------------------------------------------------------- the drivers' */

VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
				  PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
				  PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext)
{
	*Table = (RTL_AVL_TABLE){
		.CompareRoutine = CompareRoutine,
		.AllocateRoutine = AllocateRoutine,
		.FreeRoutine = FreeRoutine,
		.TableContext = TableContext,
	};
	InitializeListHead(&Table->nrt_inserted);
}

PVOID RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
					  PBOOLEAN NewElement, PVOID NodeOrParent,
					  TABLE_SEARCH_RESULT SearchResult)
{
	LINKS *parent = SearchResult == TableEmptyTree ? &Table->BalancedRoot : NodeOrParent, *node;

	if (NewElement != NULL)
		*NewElement = FALSE;
	if (SearchResult == TableFoundNode)
		return data_of(parent);
	if (BufferSize > MAXULONG - sizeof(LINKS) - sizeof(struct order) - sizeof(void *))
		return NULL;
	node = Table->AllocateRoutine(Table, order_at(BufferSize) + (ULONG)sizeof(struct order));
	if (node == NULL)
		return NULL;
	*node = (LINKS){ .Parent = parent, .Balance = 1, .nrt_size = BufferSize };
	memcpy(data_of(node), Buffer, BufferSize);
	if (SearchResult == TableInsertAsLeft)
		parent->LeftChild = node;
	else
		parent->RightChild = node;
	rebalance(Table, parent);
	order_of(node)->node = node;
	InsertTailList(&Table->nrt_inserted, &order_of(node)->link);
	Table->NumberGenericTableElements++;
	if (NewElement != NULL)
		*NewElement = TRUE;
	return data_of(node);
}

PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
				      PBOOLEAN NewElement)
{
	LINKS *node = NULL;
	TABLE_SEARCH_RESULT result = search(Table, Buffer, &node);

	return RtlInsertElementGenericTableFullAvl(Table, Buffer, BufferSize, NewElement, node,
						   result);
}

BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
	LINKS *node;

	if (search(Table, Buffer, &node) != TableFoundNode)
		return FALSE;
	if (Table->RestartKey == node) /* the enumeration goes on behind it */
		Table->RestartKey = previous_of(Table, node);
	take_out(Table, node);
	RemoveEntryList(&order_of(node)->link);
	Table->NumberGenericTableElements--;
	Table->FreeRoutine(Table, node);
	return TRUE;
}

PVOID RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *NodeOrParent,
					  TABLE_SEARCH_RESULT *SearchResult)
{
	LINKS *node = NULL;

	*SearchResult = search(Table, Buffer, &node);
	if (*SearchResult != TableEmptyTree)
		*NodeOrParent = node;
	return *SearchResult == TableFoundNode ? data_of(node) : NULL;
}

PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
	LINKS *node;

	return search(Table, Buffer, &node) == TableFoundNode ? data_of(node) : NULL;
}

/* The element behind @mark, or the first; the mark moves on to it. */
static PVOID enumerate(PRTL_AVL_TABLE table, LINKS **mark)
{
	LINKS *next = *mark != NULL ? next_of(table, *mark)
				    : leftmost(table->BalancedRoot.RightChild);

	if (next != NULL)
		*mark = next;
	return data_of(next);
}

PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart)
{
	if (Restart)
		Table->RestartKey = NULL;
	return enumerate(Table, &Table->RestartKey);
}

PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey)
{
	LINKS *mark = *RestartKey;
	PVOID data = enumerate(Table, &mark);

	*RestartKey = mark;
	return data;
}

PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I)
{
	LIST_ENTRY *link = Table->nrt_inserted.Flink;

	if (I >= Table->NumberGenericTableElements)
		return NULL;
	while (I-- > 0)
		link = link->Flink;
	return data_of(CONTAINING_RECORD(link, struct order, link)->node);
}

ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table)
{
	return Table->NumberGenericTableElements;
}

BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table)
{
	return Table->NumberGenericTableElements == 0;
}
