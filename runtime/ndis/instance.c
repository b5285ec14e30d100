/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a device instance. An initialization runs on a thread of its own at
 * PASSIVE_LEVEL, for the request comes from inside another adapter's bind
 * [nf-ndis-ndisiminitializedeviceinstanceex: not necessarily within the call]; one runs at a
 * time, so that a protocol is not bound to two adapters at once where a host adds them one
 * after the other. An instance may be initialized again and again, each time as a new adapter.
 */
#include "instance.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <nrt/nrt.h>

#include "../error.h"
#include "../verifier.h"
#include "adapter.h"
#include "driver.h"

struct nrt_instance {
	struct nrt_instance *next;
	struct nrt_driver *driver;
	char *name;
	bool added;                  /* by the host */
	bool requested;              /* by the driver; not begun, not cancelled */
	bool threaded;               /* a thread looks after it */
	bool initializing;           /* that thread has begun: no cancelling any more */
	bool disabled;               /* added once, and removed by the host */
	bool removing;               /* nrt_instance_remove holds it */
	bool ended;                  /* what is being initialized was ended by its driver */
	NDIS_HANDLE context;         /* DeviceContext */
	struct nrt_adapter *adapter; /* the last one; its magic says whether it lives */
	int rc;                      /* of the last initialization, and what went wrong */
	char error[256];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* everything here */
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;   /* an initialization, a thread has ended */
static struct nrt_instance *instances;
static bool starting;                                    /* one of them is being initialized */

static struct nrt_instance *find(const struct nrt_driver *driver, const char *name)
{
	struct nrt_instance *i = instances;

	while (i != NULL && (i->driver != driver || strcasecmp(i->name, name) != 0))
		i = i->next;
	return i;
}

static struct nrt_instance *find_or_make(struct nrt_driver *driver, const char *name)
{
	struct nrt_instance *i = find(driver, name);

	if (i != NULL)
		return i;
	i = calloc(1, sizeof(*i));
	if (i == NULL)
		return NULL;
	i->name = strdup(name);
	if (i->name == NULL) {
		free(i);
		return NULL;
	}
	i->driver = driver;
	i->next = instances;
	instances = i;
	return i;
}

/* Nobody wants @i any more. */
static void drop_if_unused(struct nrt_instance *i)
{
	struct nrt_instance **link = &instances;

	if (i->added || i->requested || i->threaded || i->removing || i->disabled)
		return;
	while (*link != i)
		link = &(*link)->next;
	*link = i->next;
	free(i->name);
	free(i);
}

static bool is_alive(const struct nrt_instance *i)
{
	return i->adapter != NULL && i->adapter->magic == NRT_ADAPTER_MAGIC;
}

/* One initialization; the lock is let go meanwhile. */
static void initialize(struct nrt_instance *i)
{
	const struct nrt_device device = { .name = i->name, .node = -1 };
	NDIS_HANDLE context = i->context;
	struct nrt_adapter *a = NULL;
	int rc;

	i->requested = false;
	i->ended = false;
	i->initializing = true;
	pthread_mutex_unlock(&lock);
	rc = nrt_adapter_start(i->driver, &device, i, context, &a);
	pthread_mutex_lock(&lock);
	i->initializing = false;
	i->rc = rc;
	i->adapter = rc == 0 && !i->ended ? a : NULL;
	if (rc != 0)
		snprintf(i->error, sizeof(i->error), "%s", nrt_last_error());
}

static void *look_after(void *arg)
{
	struct nrt_instance *i = arg;

	pthread_mutex_lock(&lock);
	while (i->added && i->requested) {
		if (starting) {
			pthread_cond_wait(&idle, &lock);
			continue;
		}
		starting = true;
		initialize(i);
		starting = false;
		pthread_cond_broadcast(&idle);
	}
	i->threaded = false;
	pthread_cond_broadcast(&idle);
	drop_if_unused(i);
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* False: there is no thread for it. */
static bool begin(struct nrt_instance *i)
{
	pthread_t thread;

	if (!i->added || !i->requested || i->threaded)
		return true;
	if (pthread_create(&thread, NULL, look_after, i) != 0)
		return false;
	pthread_detach(thread);
	i->threaded = true;
	return true;
}

/* ---------------------------------------------------------------- the driver's side */

NDIS_STATUS nrt_instance_request(struct nrt_driver *driver, const char *name, NDIS_HANDLE context)
{
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;
	struct nrt_instance *i;

	pthread_mutex_lock(&lock);
	i = find_or_make(driver, name);
	if (i == NULL) {
		status = NDIS_STATUS_RESOURCES;
	} else if (i->requested || (i->initializing && !i->ended) || is_alive(i)) {
		status = NDIS_STATUS_NOT_ACCEPTED;
	} else {
		i->requested = true;
		i->context = context;
		if (!begin(i)) {
			i->requested = false;
			drop_if_unused(i);
			status = NDIS_STATUS_RESOURCES;
		}
	}
	pthread_mutex_unlock(&lock);
	return status;
}

bool nrt_instance_cancel(struct nrt_driver *driver, const char *name)
{
	struct nrt_instance *i;
	bool cancelled;

	pthread_mutex_lock(&lock);
	i = find(driver, name);
	cancelled = i != NULL && i->requested;
	if (cancelled) {
		i->requested = false;
		pthread_cond_broadcast(&idle); /* its thread may wait for its turn */
		drop_if_unused(i);
	}
	pthread_mutex_unlock(&lock);
	return cancelled;
}

void nrt_instance_ended(const struct nrt_adapter *adapter)
{
	struct nrt_instance *i;

	pthread_mutex_lock(&lock);
	for (i = instances; i != NULL && i != adapter->instance;)
		i = i->next;
	if (i != NULL)
		i->ended = true;
	pthread_mutex_unlock(&lock);
}

unsigned int nrt_instances_of(const struct nrt_driver *driver)
{
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (const struct nrt_instance *i = instances; i != NULL; i = i->next)
		n += i->driver == driver && i->added;
	pthread_mutex_unlock(&lock);
	return n;
}

void nrt_instances_driver_gone(const struct nrt_driver *driver)
{
	struct nrt_instance *next;

	pthread_mutex_lock(&lock);
	for (struct nrt_instance *i = instances; i != NULL; i = next) {
		next = i->next;
		if (i->driver != driver)
			continue;
		if (i->requested)
			nrt_violation("IM-03", "%s is unloaded and did not cancel the "
				      "initialization of %s", driver->name, i->name);
		i->requested = false;
		i->disabled = false;
		drop_if_unused(i);
	}
	pthread_mutex_unlock(&lock);
}

/* ------------------------------------------------------------------ the host's side */

int nrt_instance_add(struct nrt_driver *driver, const char *name, struct nrt_instance **out)
{
	bool reenabled = false;
	struct nrt_instance *i;
	int rc = 0;

	if (!nrt_driver_is_intermediate(driver))
		return nrt_fail(-EINVAL, "driver %s is no intermediate driver", driver->name);
	pthread_mutex_lock(&lock);
	i = find_or_make(driver, name);
	if (i == NULL) {
		rc = nrt_fail(-ENOMEM, "adapter %s: out of memory", name);
	} else if (i->added) {
		rc = nrt_fail(-EEXIST, "driver %s has an adapter %s already", driver->name, name);
	} else {
		reenabled = i->disabled && !i->requested;
		i->disabled = false;
		i->added = true;
		if (!begin(i)) {
			i->added = false;
			rc = nrt_fail(-ENOMEM, "adapter %s: no thread to initialize it", name);
			drop_if_unused(i);
		}
	}
	pthread_mutex_unlock(&lock);
	if (rc != 0)
		return rc;
	*out = i;
	if (reenabled)
		nrt_intermediate_reenable(driver, name);
	return 0;
}

int nrt_instance_adapter(struct nrt_instance *i, struct nrt_adapter **adapter)
{
	int rc = 0;

	pthread_mutex_lock(&lock);
	while (i->threaded)
		pthread_cond_wait(&idle, &lock);
	*adapter = is_alive(i) ? i->adapter : NULL;
	if (*adapter == NULL && i->rc != 0)
		rc = nrt_fail(i->rc, "%s", i->error);
	else if (*adapter == NULL)
		rc = nrt_fail(-EAGAIN, "adapter %s: driver %s did not ask for it by that name",
			      i->name, i->driver->name);
	pthread_mutex_unlock(&lock);
	return rc;
}

void nrt_instance_remove(struct nrt_instance *i)
{
	struct nrt_adapter *a;

	pthread_mutex_lock(&lock);
	i->added = false;
	i->disabled = true;
	i->removing = true;
	pthread_cond_broadcast(&idle);
	while (i->threaded)
		pthread_cond_wait(&idle, &lock);
	a = is_alive(i) ? i->adapter : NULL;
	pthread_mutex_unlock(&lock);
	if (a != NULL)
		nrt_adapter_remove(a); /* unless its driver ends it at the same time */
	pthread_mutex_lock(&lock);
	i->removing = false;
	drop_if_unused(i);
	pthread_mutex_unlock(&lock);
}
