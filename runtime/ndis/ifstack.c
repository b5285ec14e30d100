/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interface stack table: a list of pairs, short, changed when drivers bind.
 */
#include "ifstack.h"

#include <stdlib.h>

#include "../verifier.h"
#include "culprit.h"

struct entry {
	struct entry *next;
	NET_IFINDEX higher, lower;
};

static struct entry *entries;

static struct entry **find(NET_IFINDEX higher, NET_IFINDEX lower)
{
	struct entry **link = &entries;

	while (*link != NULL && ((*link)->higher != higher || (*link)->lower != lower))
		link = &(*link)->next;
	return link;
}

/* True when one gets from @from down to @to. The table has no cycle, so this ends. */
static bool reaches(NET_IFINDEX from, NET_IFINDEX to)
{
	if (from == to)
		return true;
	for (const struct entry *e = entries; e != NULL; e = e->next)
		if (e->higher == from && reaches(e->lower, to))
			return true;
	return false;
}

NDIS_STATUS nrt_ifstack_add(NET_IFINDEX higher, NET_IFINDEX lower, const void *caller)
{
	struct entry **link = find(higher, lower);

	if (*link != NULL)
		return NDIS_STATUS_SUCCESS;
	if (reaches(lower, higher)) {
		const struct nrt_culprit who = nrt_culprit_at(caller, "NdisIfAddIfStackEntry");

		nrt_bug_check("IM-12", "0x7C/0x1B", &who, "interface %u over %u closes a cycle",
			      higher, lower);
		return NDIS_STATUS_FAILURE;
	}
	*link = calloc(1, sizeof(**link));
	if (*link == NULL)
		return NDIS_STATUS_RESOURCES;
	(*link)->higher = higher;
	(*link)->lower = lower;
	return NDIS_STATUS_SUCCESS;
}

static void drop(struct entry **link)
{
	struct entry *e = *link;

	*link = e->next;
	free(e);
}

bool nrt_ifstack_delete(NET_IFINDEX higher, NET_IFINDEX lower)
{
	struct entry **link = find(higher, lower);

	if (*link == NULL)
		return false;
	drop(link);
	return true;
}

void nrt_ifstack_forget(NET_IFINDEX index)
{
	struct entry **link = &entries;

	while (*link != NULL) {
		if ((*link)->higher == index || (*link)->lower == index)
			drop(link);
		else
			link = &(*link)->next;
	}
}
