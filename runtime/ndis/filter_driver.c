/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisFRegisterFilterDriver and its reciprocal, and what they do to the stacks that run:
 * each is paused, changed and restarted (RT-05). PASSIVE_LEVEL, control threads.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../ke/workitem.h"
#include "../verifier.h"
#include "driver.h"
#include "filter.h"
#include "filter_oid.h"
#include "header.h"
#include "restart.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t unused_cond = PTHREAD_COND_INITIALIZER;
static struct nrt_filter_driver *drivers;

/* As with protocols, no callback runs under the list's lock. */
void nrt_filter_driver_for_each(void (*fn)(struct nrt_filter_driver *, void *), void *arg)
{
	struct nrt_filter_driver *held[NRT_MAX_FILTERS];
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (struct nrt_filter_driver *d = drivers; d != NULL; d = d->next) {
		d->users++;
		held[n++] = d;
	}
	pthread_mutex_unlock(&lock);
	for (unsigned int i = 0; i < n; i++) {
		fn(held[i], arg);
		pthread_mutex_lock(&lock);
		if (--held[i]->users == 0)
			pthread_cond_broadcast(&unused_cond);
		pthread_mutex_unlock(&lock);
	}
}

/* ---------------------------------------------------------------- registration */

static const char *missing_handler(const NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
	const struct {
		const char *name;
		bool missing;
	} needs[] = {
		{ "AttachHandler", c->AttachHandler == NULL },
		{ "DetachHandler", c->DetachHandler == NULL },
		{ "RestartHandler", c->RestartHandler == NULL },
		{ "PauseHandler", c->PauseHandler == NULL },
		{ "StatusHandler", c->StatusHandler == NULL &&
					   (c->ReceiveNetBufferListsHandler != NULL ||
					    c->ReturnNetBufferListsHandler != NULL) },
		{ "OidRequestCompleteHandler",
		  c->OidRequestCompleteHandler == NULL && c->OidRequestHandler != NULL },
		{ "DirectOidRequestCompleteHandler", c->DirectOidRequestCompleteHandler == NULL &&
							     c->DirectOidRequestHandler != NULL },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (needs[i].missing)
			return needs[i].name;
	return NULL;
}

static NDIS_STATUS check(const char *driver, const NDIS_FILTER_DRIVER_CHARACTERISTICS *given)
{
	static const size_t sizes[] = {
		NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_1,
		NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2,
		NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3,
	};
	NDIS_FILTER_DRIVER_CHARACTERISTICS c;
	const char *missing;

	if (!nrt_header_ok(&given->Header, NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, sizes,
			   3, "NdisFRegisterFilterDriver"))
		return NDIS_STATUS_BAD_CHARACTERISTICS;
	nrt_header_copy(&c, sizeof(c), &given->Header);
	if (!nrt_ndis_version_known(c.MajorNdisVersion, c.MinorNdisVersion)) {
		nrt_violation("FL-REG-02", "%s registers for NDIS %u.%u, which is not known",
			      driver, c.MajorNdisVersion, c.MinorNdisVersion);
		return NDIS_STATUS_BAD_VERSION;
	}
	missing = missing_handler(&c);
	if (missing == NULL)
		return NDIS_STATUS_SUCCESS;
	nrt_violation("FL-REG-02", "%s registers a filter without its %s", driver, missing);
	return NDIS_STATUS_BAD_CHARACTERISTICS;
}

static bool link_driver(struct nrt_filter_driver *d)
{
	struct nrt_filter_driver **link = &drivers;
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (; *link != NULL; link = &(*link)->next)
		n++;
	if (n < NRT_MAX_FILTERS)
		*link = d;
	pthread_mutex_unlock(&lock);
	return n < NRT_MAX_FILTERS;
}

NDIS_STATUS
NdisFRegisterFilterDriver(PDRIVER_OBJECT DriverObject, NDIS_HANDLE FilterDriverContext,
			  PNDIS_FILTER_DRIVER_CHARACTERISTICS FilterDriverCharacteristics,
			  PNDIS_HANDLE NdisFilterDriverHandle)
{
	struct nrt_driver *driver = CONTAINING_RECORD(DriverObject, struct nrt_driver, object);
	struct nrt_filter_driver *d;
	NDIS_STATUS status;

	nrt_check_irql("NdisFRegisterFilterDriver", PASSIVE_LEVEL);
	if (DriverObject == NULL || FilterDriverCharacteristics == NULL ||
	    NdisFilterDriverHandle == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (driver != nrt_driver_entering() || driver->filter != NULL)
		return NDIS_STATUS_FAILURE;
	status = check(driver->name, FilterDriverCharacteristics);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NDIS_STATUS_RESOURCES;
	d->magic = NRT_FILTER_DRIVER_MAGIC;
	d->driver = driver;
	d->context = FilterDriverContext;
	nrt_header_copy(&d->chars, sizeof(d->chars), &FilterDriverCharacteristics->Header);
	*NdisFilterDriverHandle = d;
	if (d->chars.SetOptionsHandler != NULL)
		status = d->chars.SetOptionsHandler(d, FilterDriverContext);
	if (status == NDIS_STATUS_SUCCESS && !link_driver(d))
		status = NDIS_STATUS_RESOURCES;
	if (status != NDIS_STATUS_SUCCESS) {
		free(d);
		return status;
	}
	driver->filter = d; /* its modules follow when DriverEntry has succeeded */
	return NDIS_STATUS_SUCCESS;
}

/* ------------------------------------------------------- changes of a stack */

/* Pause what runs, call @fn, restart. Under the adapter's pnp lock. */
static void change(struct nrt_adapter *a, void (*fn)(struct nrt_adapter *, void *), void *arg)
{
	bool ran = atomic_load(&a->state) == NRT_RUNNING;
	int before = nrt_memory_prefer(a->device.node);

	if (ran)
		nrt_stack_pause(a);
	nrt_filter_oids_hold(a);
	fn(a, arg);
	nrt_filter_oids_resume(a);
	nrt_filters_changed(a);
	if (ran)
		nrt_stack_restart(a); /* it says so when it does not */
	nrt_memory_prefer(before);
}

static void attach(struct nrt_adapter *a, void *driver)
{
	nrt_filter_attach(a, driver);
}

static void insert_one(struct nrt_adapter *a, void *driver)
{
	nrt_adapter_lock(a);
	if (atomic_load(&a->state) != NRT_HALTED && !nrt_power_low(&a->power) &&
	    atomic_load(&a->ports.default_active) && nrt_filter_by_driver(a, driver) == NULL)
		change(a, attach, driver);
	pthread_mutex_unlock(&a->pnp);
}

static void insert_into(struct nrt_filter_driver *d, void *adapter)
{
	insert_one(adapter, d);
}

void nrt_filter_drivers_insert_all(struct nrt_adapter *a)
{
	nrt_filter_driver_for_each(insert_into, a);
}

void nrt_filter_driver_insert(struct nrt_filter_driver *d)
{
	nrt_adapter_for_each(insert_one, d);
}

static void detach(struct nrt_adapter *a, void *driver)
{
	nrt_filter_detach(nrt_filter_by_driver(a, driver));
}

static void remove_one(struct nrt_adapter *a, void *driver)
{
	nrt_adapter_lock(a);
	if (nrt_filter_by_driver(a, driver) != NULL)
		change(a, detach, driver);
	pthread_mutex_unlock(&a->pnp);
}

static void unlink_driver(struct nrt_filter_driver *d)
{
	struct nrt_filter_driver **link = &drivers;

	pthread_mutex_lock(&lock);
	while (*link != NULL && *link != d)
		link = &(*link)->next;
	if (*link == d)
		*link = d->next;
	while (d->users != 0)
		pthread_cond_wait(&unused_cond, &lock);
	pthread_mutex_unlock(&lock);
}

VOID NdisFDeregisterFilterDriver(NDIS_HANDLE NdisFilterDriverHandle)
{
	struct nrt_filter_driver *d = NdisFilterDriverHandle;

	nrt_check_irql("NdisFDeregisterFilterDriver", PASSIVE_LEVEL);
	if (d == NULL || d->magic != NRT_FILTER_DRIVER_MAGIC) {
		nrt_violation("FL-REG-01", "NdisFDeregisterFilterDriver: not a registered filter");
		return;
	}
	unlink_driver(d); /* first, so that it joins no stack any more */
	nrt_adapter_for_each(remove_one, d);
	d->magic = 0;
	d->driver->dead_filter = d;
	d->driver->filter = NULL;
}

void nrt_filter_driver_free(struct nrt_driver *driver)
{
	if (driver->dead_filter != NULL)
		nrt_memory_report(driver->dead_filter);
	free(driver->dead_filter);
	driver->dead_filter = NULL;
}

/* --------------------------------------------------------- NdisFRestartFilter */

struct restart {
	struct nrt_work work;
	struct nrt_filter *filter;
};

static void nothing(struct nrt_adapter *a, void *arg)
{
	(void)a;
	(void)arg;
}

/* The module may have gone by now; its memory stays as long as the adapter's. */
static void run_restart(struct nrt_work *work)
{
	struct restart *r = CONTAINING_RECORD(work, struct restart, work);
	struct nrt_adapter *a = r->filter->adapter;

	nrt_adapter_lock(a);
	if (r->filter->magic == NRT_FILTER_MAGIC && atomic_load(&a->state) == NRT_RUNNING)
		change(a, nothing, NULL);
	pthread_mutex_unlock(&a->pnp);
	free(r);
}

NDIS_STATUS NdisFRestartFilter(NDIS_HANDLE NdisFilterHandle)
{
	struct nrt_filter *f = nrt_filter_of(NdisFilterHandle, "NdisFRestartFilter");
	struct restart *r;

	nrt_check_irql("NdisFRestartFilter", DISPATCH_LEVEL);
	if (f == NULL)
		return NDIS_STATUS_FAILURE;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NDIS_STATUS_RESOURCES;
	r->work.fn = run_restart;
	r->filter = f;
	nrt_work_queue(&r->work);
	return NDIS_STATUS_SUCCESS;
}
