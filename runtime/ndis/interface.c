/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network interfaces and who provides them: NET_LUIDs, indices, and the queries that
 * the host makes. Drivers at PASSIVE_LEVEL and control threads; one lock, not held
 * while a provider is asked.
 */
#include "interface.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <nrt/nrt.h>

#include "../error.h"
#include "../ke/irql.h"
#include "../verifier.h"
#include "callback.h"
#include "driver.h"
#include "header.h"
#include "ifstack.h"
#include "netluid.h"

#define MAX_INDEX 0xFFFFFFu /* 24 bits */

struct provider {
	struct provider *next;
	const void *owner;   /* the driver that registered it, or NULL */
	const char *driver;  /* its name */
	NDIS_IF_PROVIDER_CHARACTERISTICS chars; /* a copy */
};

struct interface {
	struct interface *next;
	struct provider *provider;    /* NULL: the runtime */
	nrt_interface_answer *answer; /* the runtime's; NULL: a provider's */
	void *context;
	NET_LUID luid;
	NET_IFINDEX index;
	unsigned int users;           /* queries under way */
	bool gone;                    /* out of the table; its last query frees it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t unused = PTHREAD_COND_INITIALIZER;
static struct provider *providers;
static struct interface *interfaces; /* by index */
static NET_IFINDEX last_index;
static __thread const struct interface *asking; /* the query that runs on this thread */

/* ------------------------------------------------------------------- the table */

/* Under lock. */
static struct interface *by_index(NET_IFINDEX index)
{
	struct interface *i = interfaces;

	while (i != NULL && i->index != index)
		i = i->next;
	return i;
}

static struct interface *by_luid(NET_LUID luid)
{
	struct interface *i = interfaces;

	while (i != NULL && i->luid.Value != luid.Value)
		i = i->next;
	return i;
}

/* An index that is new for as long as there are such; 0 when all are used. */
static NET_IFINDEX next_index(void)
{
	for (NET_IFINDEX tries = 0; tries < MAX_INDEX; tries++) {
		last_index = last_index % MAX_INDEX + 1;
		if (by_index(last_index) == NULL)
			return last_index;
	}
	return 0;
}

/* Under lock; the caller fills in the rest. */
static struct interface *insert(NET_LUID luid)
{
	struct interface *i = calloc(1, sizeof(*i)), **link = &interfaces;

	if (i == NULL || (i->index = next_index()) == 0) {
		free(i);
		return NULL;
	}
	i->luid = luid;
	while (*link != NULL && (*link)->index < i->index)
		link = &(*link)->next;
	i->next = *link;
	*link = i;
	return i;
}

/* Under lock, which is let go while queries end; but a provider may take its interface
 * away while it is asked about it. */
static void remove_interface(struct interface *i)
{
	struct interface **link = &interfaces;

	while (*link != i)
		link = &(*link)->next;
	*link = i->next;
	nrt_ifstack_forget(i->index);
	i->gone = asking == i;
	while (!i->gone && i->users != 0)
		pthread_cond_wait(&unused, &lock);
	if (!i->gone)
		free(i);
}

bool nrt_interface_add(NET_IFTYPE type, nrt_interface_answer *answer, void *of, NET_IFINDEX *index,
		       NET_LUID *luid)
{
	struct interface *i = NULL;
	UINT32 luid_index;

	pthread_mutex_lock(&lock);
	if (nrt_netluid_take_any(type, &luid_index)) {
		NDIS_MAKE_NET_LUID(luid, type, luid_index);
		i = insert(*luid);
		if (i == NULL)
			nrt_netluid_give_back(type, luid_index);
	}
	if (i != NULL) {
		i->answer = answer;
		i->context = of;
		*index = i->index;
	}
	pthread_mutex_unlock(&lock);
	return i != NULL;
}

void nrt_interface_remove(NET_IFINDEX index)
{
	struct interface *i;

	pthread_mutex_lock(&lock);
	i = by_index(index);
	if (i != NULL) {
		nrt_netluid_give_back((NET_IFTYPE)i->luid.Info.IfType,
				      (UINT32)i->luid.Info.NetLuidIndex);
		remove_interface(i);
	}
	pthread_mutex_unlock(&lock);
}

NDIS_STATUS NdisIfGetInterfaceIndexFromNetLuid(NET_LUID NetLuid, PNET_IFINDEX pIfIndex)
{
	const struct interface *i;

	nrt_check_irql("NdisIfGetInterfaceIndexFromNetLuid", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	i = by_luid(NetLuid);
	if (i != NULL)
		*pIfIndex = i->index;
	pthread_mutex_unlock(&lock);
	return i != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INTERFACE_NOT_FOUND;
}

NDIS_STATUS NdisIfGetNetLuidFromInterfaceIndex(NET_IFINDEX ifIndex, PNET_LUID pNetLuid)
{
	const struct interface *i;

	nrt_check_irql("NdisIfGetNetLuidFromInterfaceIndex", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	i = by_index(ifIndex);
	if (i != NULL)
		*pNetLuid = i->luid;
	pthread_mutex_unlock(&lock);
	return i != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INTERFACE_NOT_FOUND;
}

uint32_t nrt_interface_next(uint32_t if_index)
{
	uint32_t next = 0;

	pthread_mutex_lock(&lock);
	for (const struct interface *i = interfaces; i != NULL && next == 0; i = i->next)
		if (i->index > if_index)
			next = i->index;
	pthread_mutex_unlock(&lock);
	return next;
}

/* ------------------------------------------------------------------- providers */

NDIS_STATUS NdisIfRegisterProvider(PNDIS_IF_PROVIDER_CHARACTERISTICS ProviderCharacteristics,
				   NDIS_HANDLE IfProviderContext,
				   PNDIS_HANDLE pNdisIfProviderHandle)
{
	static const size_t sizes[] = { NDIS_SIZEOF_IF_PROVIDER_CHARACTERISTICS_REVISION_1 };
	const NDIS_IF_PROVIDER_CHARACTERISTICS *c = ProviderCharacteristics;
	struct nrt_driver *driver = nrt_driver_entering();
	struct provider *p;

	(void)IfProviderContext; /* no handler is given it */
	nrt_check_irql("NdisIfRegisterProvider", PASSIVE_LEVEL);
	*pNdisIfProviderHandle = NULL;
	if (!nrt_header_ok(&c->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 1,
			   "NdisIfRegisterProvider"))
		return c->Header.Revision != NDIS_OBJECT_REVISION_1 ? NDIS_STATUS_NOT_SUPPORTED :
								      NDIS_STATUS_INVALID_PARAMETER;
	if (c->QueryObjectHandler == NULL || c->SetObjectHandler == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NDIS_STATUS_RESOURCES;
	nrt_header_copy(&p->chars, sizeof(p->chars), &c->Header);
	p->owner = driver != NULL ? &driver->object : NULL;
	p->driver = driver != NULL ? driver->name : NULL;
	pthread_mutex_lock(&lock);
	p->next = providers;
	providers = p;
	pthread_mutex_unlock(&lock);
	*pNdisIfProviderHandle = p;
	return NDIS_STATUS_SUCCESS;
}

/* The place of @handle among the providers; NULL and a report for others. Under lock. */
static struct provider **place_of(NDIS_HANDLE handle, const char *ddi)
{
	struct provider **link = &providers;

	while (*link != NULL && *link != handle)
		link = &(*link)->next;
	if (*link != NULL)
		return link;
	nrt_violation("IM-12", "%s: the handle names no interface provider", ddi);
	return NULL;
}

static struct interface *interface_of(const struct provider *p)
{
	struct interface *i = interfaces;

	while (i != NULL && i->provider != p)
		i = i->next;
	return i;
}

/* Under lock. IM-12: its interfaces are gone before, else NDIS stops the system. */
static void remove_provider(struct provider **link)
{
	struct provider *p = *link;
	const struct nrt_culprit who = { .driver = p->driver,
					 .call = "NdisIfDeregisterProvider" };
	struct interface *i;

	*link = p->next;
	while ((i = interface_of(p)) != NULL) {
		nrt_bug_check("IM-12", "0x7C/0x17", &who, "interface %u is registered still",
			      i->index);
		remove_interface(i);
	}
	free(p);
}

VOID NdisIfDeregisterProvider(NDIS_HANDLE NdisProviderHandle)
{
	struct provider **link;

	nrt_check_irql("NdisIfDeregisterProvider", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	link = place_of(NdisProviderHandle, "NdisIfDeregisterProvider");
	if (link != NULL)
		remove_provider(link);
	pthread_mutex_unlock(&lock);
}

void nrt_interface_driver_gone(const void *owner)
{
	struct provider **link = &providers;

	pthread_mutex_lock(&lock);
	while (*link != NULL) {
		if ((*link)->owner != owner) {
			link = &(*link)->next;
			continue;
		}
		nrt_violation("IM-12", "a driver was unloaded that is an interface provider still");
		remove_provider(link);
	}
	pthread_mutex_unlock(&lock);
}

/* -------------------------------------------------------- a provider's interfaces */

static bool information_ok(const NET_IF_INFORMATION *info)
{
	static const size_t sizes[] = { NDIS_SIZEOF_NET_IF_INFORMATION_REVISION_1 };

	return info != NULL &&
	       nrt_header_ok(&info->Header, NDIS_OBJECT_TYPE_DEFAULT, sizes, 1,
			     "NdisIfRegisterInterface") &&
	       info->AccessType >= NET_IF_ACCESS_LOOPBACK &&
	       info->AccessType < NET_IF_ACCESS_MAXIMUM &&
	       info->DirectionType < NET_IF_DIRECTION_MAXIMUM &&
	       info->ConnectionType >= NET_IF_CONNECTION_DEDICATED &&
	       info->ConnectionType < NET_IF_CONNECTION_MAXIMUM &&
	       info->PhysAddressLength <= IF_MAX_PHYS_ADDRESS_LENGTH &&
	       info->FriendlyNameLength <= IF_MAX_STRING_SIZE * sizeof(WCHAR);
}

/* Under lock. An index that was not allocated since the runtime started is one that the
 * provider kept over the start, as it shall. */
static NDIS_STATUS register_interface(struct provider *p, NET_LUID luid, NDIS_HANDLE context,
				      PNET_IFINDEX index)
{
	struct interface *i;

	if (by_luid(luid) != NULL)
		return NDIS_STATUS_DUPLICATE_OBJECTID;
	if (!nrt_netluid_take((NET_IFTYPE)luid.Info.IfType, (UINT32)luid.Info.NetLuidIndex))
		return NDIS_STATUS_RESOURCES;
	i = insert(luid);
	if (i == NULL)
		return NDIS_STATUS_RESOURCES;
	i->provider = p;
	i->context = context;
	*index = i->index;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisIfRegisterInterface(NDIS_HANDLE NdisProviderHandle, NET_LUID NetLuid,
				    NDIS_HANDLE ProviderIfContext, PNET_IF_INFORMATION pIfInfo,
				    PNET_IFINDEX pfIndex)
{
	NDIS_STATUS status = NDIS_STATUS_INVALID_PARAMETER;
	struct provider **link;

	nrt_check_irql("NdisIfRegisterInterface", PASSIVE_LEVEL);
	if (!information_ok(pIfInfo) || NetLuid.Info.NetLuidIndex == 0 || NetLuid.Info.IfType == 0)
		return status;
	pthread_mutex_lock(&lock);
	link = place_of(NdisProviderHandle, "NdisIfRegisterInterface");
	if (link != NULL)
		status = register_interface(*link, NetLuid, ProviderIfContext, pfIndex);
	pthread_mutex_unlock(&lock);
	return status;
}

VOID NdisIfDeregisterInterface(NET_IFINDEX ifIndex)
{
	struct interface *i;

	nrt_check_irql("NdisIfDeregisterInterface", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	i = by_index(ifIndex);
	if (i != NULL && i->provider != NULL)
		remove_interface(i);
	else
		nrt_violation("IM-12", "NdisIfDeregisterInterface: no driver registered index %u",
			      ifIndex);
	pthread_mutex_unlock(&lock);
}

NDIS_STATUS NdisIfAddIfStackEntry(NET_IFINDEX HigherLayerIfIndex, NET_IFINDEX LowerLayerIfIndex)
{
	NDIS_STATUS status = NDIS_STATUS_INTERFACE_NOT_FOUND;

	nrt_check_irql("NdisIfAddIfStackEntry", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	if (by_index(HigherLayerIfIndex) != NULL && by_index(LowerLayerIfIndex) != NULL)
		status = nrt_ifstack_add(HigherLayerIfIndex, LowerLayerIfIndex,
					 __builtin_return_address(0));
	pthread_mutex_unlock(&lock);
	return status;
}

NDIS_STATUS NdisIfDeleteIfStackEntry(NET_IFINDEX HigherLayerIfIndex,
				     NET_IFINDEX LowerLayerIfIndex)
{
	bool found;

	nrt_check_irql("NdisIfDeleteIfStackEntry", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	found = nrt_ifstack_delete(HigherLayerIfIndex, LowerLayerIfIndex);
	pthread_mutex_unlock(&lock);
	return found ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INTERFACE_NOT_FOUND;
}

/* --------------------------------------------------------------------- queries */

/* ProviderQueryObject, outside the lock: it may register more. */
static int ask(const struct interface *i, NDIS_OID oid, void *buffer, uint32_t *length)
{
	struct nrt_callback cb;
	NDIS_STATUS status;
	ULONG given = *length;

	if (i->answer != NULL)
		return i->answer(i->context, oid, buffer, length);
	cb = nrt_callback_begin("ProviderQueryObject");
	status = i->provider->chars.QueryObjectHandler(i->context, oid, &given, buffer);
	nrt_callback_end(&cb);
	if (status != NDIS_STATUS_SUCCESS)
		return nrt_fail(-EIO, "interface %u: its provider answered object 0x%08X with 0x%08X",
				i->index, oid, (unsigned int)status);
	if (given > *length)
		return nrt_fail(-EIO, "interface %u: its provider says it wrote %u bytes of %u",
				i->index, given, *length);
	*length = given;
	return 0;
}

int nrt_interface_query(uint32_t if_index, uint32_t oid, void *buffer, uint32_t *length)
{
	const struct interface *outer = asking;
	struct interface *i;
	int rc;

	pthread_mutex_lock(&lock);
	i = by_index(if_index);
	if (i != NULL)
		i->users++;
	pthread_mutex_unlock(&lock);
	if (i == NULL)
		return nrt_fail(-ENODEV, "there is no network interface %u", if_index);
	asking = i;
	rc = ask(i, oid, buffer, length);
	asking = outer;
	pthread_mutex_lock(&lock);
	i->users--;
	pthread_cond_broadcast(&unused);
	if (i->gone && i->users == 0)
		free(i);
	pthread_mutex_unlock(&lock);
	return rc;
}

void nrt_interfaces_fini(void)
{
	while (interfaces != NULL)
		remove_interface(interfaces);
	while (providers != NULL)
		remove_provider(&providers);
	nrt_netluids_fini();
	last_index = 0;
}
