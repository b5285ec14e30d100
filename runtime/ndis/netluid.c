/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NET_LUID indices: given out once for each type of interface until they are given back.
 * Drivers at PASSIVE_LEVEL, and interface.c for adapters.
 */
#include "netluid.h"

#include <pthread.h>
#include <stdlib.h>

#include "../ke/irql.h"

#define MAX_INDEX 0xFFFFFFu /* 24 bits */

struct taken {
	struct taken *next;
	UINT32 index;
	NET_IFTYPE type;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct taken *taken;

/* The functions up to the next line: under lock. */
static struct taken **find(NET_IFTYPE type, UINT32 index)
{
	struct taken **link = &taken;

	while (*link != NULL && ((*link)->type != type || (*link)->index != index))
		link = &(*link)->next;
	return link;
}

static bool take(NET_IFTYPE type, UINT32 index)
{
	struct taken **link = find(type, index);

	if (*link == NULL)
		*link = calloc(1, sizeof(**link));
	if (*link == NULL)
		return false;
	(*link)->type = type;
	(*link)->index = index;
	return true;
}

static bool take_any(NET_IFTYPE type, UINT32 *index)
{
	for (*index = 1; *index <= MAX_INDEX; (*index)++)
		if (*find(type, *index) == NULL)
			return take(type, *index);
	return false;
}

static bool give_back(NET_IFTYPE type, UINT32 index)
{
	struct taken **link = find(type, index), *t = *link;

	if (t == NULL)
		return false;
	*link = t->next;
	free(t);
	return true;
}

/* ------------------------------------------------------------------------------ */

bool nrt_netluid_take(NET_IFTYPE type, UINT32 index)
{
	bool ok;

	pthread_mutex_lock(&lock);
	ok = take(type, index);
	pthread_mutex_unlock(&lock);
	return ok;
}

bool nrt_netluid_take_any(NET_IFTYPE type, UINT32 *index)
{
	bool ok;

	pthread_mutex_lock(&lock);
	ok = take_any(type, index);
	pthread_mutex_unlock(&lock);
	return ok;
}

bool nrt_netluid_give_back(NET_IFTYPE type, UINT32 index)
{
	bool ok;

	pthread_mutex_lock(&lock);
	ok = give_back(type, index);
	pthread_mutex_unlock(&lock);
	return ok;
}

void nrt_netluids_fini(void)
{
	while (taken != NULL)
		give_back(taken->type, taken->index);
}

NDIS_STATUS NdisIfAllocateNetLuidIndex(NET_IFTYPE ifType, PUINT32 pNetLuidIndex)
{
	nrt_check_irql("NdisIfAllocateNetLuidIndex", PASSIVE_LEVEL);
	return nrt_netluid_take_any(ifType, pNetLuidIndex) ? NDIS_STATUS_SUCCESS :
							     NDIS_STATUS_RESOURCES;
}

NDIS_STATUS NdisIfFreeNetLuidIndex(NET_IFTYPE ifType, UINT32 NetLuidIndex)
{
	nrt_check_irql("NdisIfFreeNetLuidIndex", PASSIVE_LEVEL);
	return nrt_netluid_give_back(ifType, NetLuidIndex) ? NDIS_STATUS_SUCCESS :
							     NDIS_STATUS_INVALID_PARAMETER;
}
