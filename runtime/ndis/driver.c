/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loading and unloading drivers: each is a link unit of its own, entered
 * through DriverEntry and left through its unload handlers. Control threads.
 */
#include "driver.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../io/device.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "adapter.h"
#include "callback.h"
#include "filter.h"
#include "instance.h"
#include "interface.h"
#include "protocol.h"
#include "regpath.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int n_drivers;
static struct nrt_driver *loaded; /* those with a module, under the lock */
static __thread struct nrt_driver *entering;

struct nrt_driver *nrt_driver_entering(void)
{
	return entering;
}

unsigned int nrt_driver_count(void)
{
	return n_drivers;
}

static void count_driver(int change)
{
	pthread_mutex_lock(&lock);
	n_drivers += (unsigned int)change;
	pthread_mutex_unlock(&lock);
}

bool nrt_ndis_version_known(unsigned int major, unsigned int minor)
{
	static const unsigned char minors[] = { 0,  1,	20, 30, 40, 50, 51, 60, 70,
						80, 81, 82, 83, 84, 85, 86, 87, 88, 89 };

	return major == 6 && memchr(minors, (int)minor, sizeof(minors)) != NULL;
}

/* An image has one set of variables: it is loaded once. False: @driver's is another's. */
static bool claim_module(struct nrt_driver *driver)
{
	struct nrt_driver *other;

	pthread_mutex_lock(&lock);
	for (other = loaded; other != NULL && other->module != driver->module;)
		other = other->next_loaded;
	if (other == NULL) {
		driver->next_loaded = loaded;
		loaded = driver;
	}
	pthread_mutex_unlock(&lock);
	return other == NULL;
}

static void close_module(struct nrt_driver *driver)
{
	struct nrt_driver **link = &loaded;

	pthread_mutex_lock(&lock);
	while (*link != NULL && *link != driver)
		link = &(*link)->next_loaded;
	if (*link != NULL)
		*link = driver->next_loaded;
	pthread_mutex_unlock(&lock);
	dlclose(driver->module);
}

static void driver_free(struct nrt_driver *driver)
{
	struct nrt_protocol *p = driver->dead_protocols;

	if (driver->dead_miniport != NULL)
		nrt_memory_report(driver->dead_miniport);
	free(driver->dead_miniport);
	nrt_filter_driver_free(driver);
	while (p != NULL) {
		struct nrt_protocol *next = p->next_of_driver;

		nrt_memory_report(p);
		free(p);
		p = next;
	}
	nrt_interface_driver_gone(&driver->object);
	nrt_driver_extensions_free(driver);
	if (driver->module != NULL)
		close_module(driver);
	free(driver->name);
	free(driver);
}

/* MP-REG-01, PR-REG-01, FL-REG-01: a DriverEntry that fails leaves nothing registered. */
static void undo_registrations(struct nrt_driver *driver)
{
	if (driver->miniport != NULL) {
		nrt_violation("MP-REG-01", "DriverEntry of %s failed and left its miniport registered",
			      driver->name);
		nrt_miniport_driver_free(driver);
	}
	while (driver->protocols != NULL) {
		nrt_violation("PR-REG-01", "DriverEntry of %s failed and left a protocol registered",
			      driver->name);
		NdisDeregisterProtocolDriver(driver->protocols);
	}
	if (driver->filter != NULL) {
		nrt_violation("FL-REG-01", "DriverEntry of %s failed and left its filter registered",
			      driver->name);
		NdisFDeregisterFilterDriver(driver->filter);
	}
	nrt_io_driver_gone(&driver->object, driver->name);
}

static int enter(struct nrt_driver *driver, nrt_driver_entry entry)
{
	UNICODE_STRING registry_path;
	struct nrt_callback cb;
	NTSTATUS status;

	if (!nrt_reg_driver(driver->name, &registry_path))
		return nrt_fail(-ENOMEM, "driver %s: out of memory", driver->name);
	cb = nrt_callback_begin("DriverEntry");
	entering = driver;
	status = entry(&driver->object, &registry_path);
	entering = NULL;
	nrt_callback_end(&cb);
	free(registry_path.Buffer); /* a driver that wants the path copies it */
	if (status == NDIS_STATUS_PENDING)
		nrt_violation("MP-REG-05", "DriverEntry of %s returned PENDING", driver->name);
	if (status == NDIS_STATUS_SUCCESS)
		return 0;
	undo_registrations(driver);
	return nrt_fail(-EINVAL,
			"driver %s: DriverEntry failed with status 0x%08X; see its messages above",
			driver->name, (unsigned int)status);
}

static int start_driver(struct nrt_driver *driver, nrt_driver_entry entry)
{
	int rc = enter(driver, entry);

	if (rc != 0) {
		driver_free(driver);
		return rc;
	}
	nrt_intermediate_check(driver);
	count_driver(1);
	nrt_io_driver_ready(&driver->object);
	if (driver->filter != NULL)
		nrt_filter_driver_insert(driver->filter);
	for (struct nrt_protocol *p = driver->protocols; p != NULL; p = p->next_of_driver)
		nrt_protocol_begin(p);
	return 0;
}

static struct nrt_driver *driver_new(const char *name)
{
	struct nrt_driver *driver = calloc(1, sizeof(*driver));

	if (driver == NULL)
		return NULL;
	driver->object.Type = IO_TYPE_DRIVER;
	driver->object.Size = sizeof(driver->object);
	driver->name = strdup(name);
	if (driver->name == NULL) {
		free(driver);
		return NULL;
	}
	return driver;
}

int nrt_driver_load_linked(const char *name, nrt_driver_entry entry, struct nrt_driver **out)
{
	struct nrt_driver *driver = driver_new(name);
	int rc;

	if (driver == NULL)
		return nrt_fail(-ENOMEM, "driver %s: out of memory", name);
	rc = start_driver(driver, entry);
	if (rc == 0)
		*out = driver;
	return rc;
}

int nrt_driver_load(const char *path, struct nrt_driver **out)
{
	const char *slash = strrchr(path, '/');
	struct nrt_driver *driver = driver_new(slash != NULL ? slash + 1 : path);
	nrt_driver_entry entry;
	int rc;

	if (driver == NULL)
		return nrt_fail(-ENOMEM, "driver %s: out of memory", path);
	driver->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (driver->module == NULL) {
		rc = nrt_fail(-ENOENT, "driver %s does not load: %s", path, dlerror());
		driver_free(driver);
		return rc;
	}
	if (!claim_module(driver)) {
		driver_free(driver);
		return nrt_fail(-EALREADY, "driver %s is loaded already; name it once", path);
	}
	entry = (nrt_driver_entry)(uintptr_t)dlsym(driver->module, "DriverEntry");
	if (entry == NULL) {
		driver_free(driver);
		return nrt_fail(-ENOENT, "driver %s exports no DriverEntry", path);
	}
	rc = start_driver(driver, entry);
	if (rc == 0)
		*out = driver;
	return rc;
}

bool nrt_driver_is_miniport(const struct nrt_driver *driver)
{
	return driver->miniport != NULL;
}

bool nrt_driver_is_intermediate(const struct nrt_driver *driver)
{
	return driver->miniport != NULL &&
	       (driver->miniport->chars.Flags & NDIS_INTERMEDIATE_DRIVER);
}

bool nrt_driver_is_protocol(const struct nrt_driver *driver)
{
	return driver->protocols != NULL;
}

static void run_unload(struct nrt_driver *driver)
{
	struct nrt_callback cb = nrt_callback_begin("DriverUnload");

	if (driver->miniport != NULL)
		driver->miniport->chars.UnloadHandler(&driver->object);
	else if (driver->object.DriverUnload != NULL)
		driver->object.DriverUnload(&driver->object);
	nrt_callback_end(&cb);
}

int nrt_driver_unload(struct nrt_driver *driver)
{
	unsigned int adapters =
		driver->miniport != NULL ? nrt_adapter_count_of(driver->miniport) : 0;
	unsigned int handles;

	if (adapters != 0)
		return nrt_fail(-EBUSY, "driver %s still runs %u adapters; remove them first",
				driver->name, adapters);
	if (nrt_instances_of(driver) != 0)
		return nrt_fail(-EBUSY, "driver %s still has virtual adapters; remove them first",
				driver->name);
	handles = nrt_io_driver_handles(&driver->object);
	if (handles != 0)
		return nrt_fail(-EBUSY, "driver %s: %u of its devices' files are open; close them",
				driver->name, handles);
	for (struct nrt_protocol *p = driver->protocols; p != NULL; p = p->next_of_driver)
		nrt_protocol_uninstall(p);
	run_unload(driver);
	if (driver->miniport != NULL) {
		nrt_violation("MP-REG-02", "%s did not deregister its miniport in its unload handler",
			      driver->name);
		nrt_miniport_driver_free(driver);
	}
	while (driver->protocols != NULL) {
		nrt_violation("PR-REG-01", "%s did not deregister a protocol when it was unloaded",
			      driver->name);
		NdisDeregisterProtocolDriver(driver->protocols);
	}
	if (driver->filter != NULL) {
		nrt_violation("FL-REG-01", "%s did not deregister its filter when it was unloaded",
			      driver->name);
		NdisFDeregisterFilterDriver(driver->filter);
	}
	nrt_instances_driver_gone(driver);
	if (atomic_load(&driver->open_configs) != 0)
		nrt_violation("RS-MEM-02", "%s: %d configuration handles are still open",
			      driver->name, atomic_load(&driver->open_configs));
	nrt_io_driver_gone(&driver->object, driver->name);
	count_driver(-1);
	driver_free(driver);
	return 0;
}
