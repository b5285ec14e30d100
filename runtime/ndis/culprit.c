/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a handle to the names in a report: each kind of handle begins with a number of its
 * own. Any thread; only for reports.
 */
#include "culprit.h"

#include <dlfcn.h>
#include <string.h>

#include "binding.h"
#include "driver.h"
#include "filter.h"
#include "protocol.h"

static const char *name_of(const struct nrt_driver *driver)
{
	return driver != NULL ? driver->name : NULL;
}

static void of_adapter(const struct nrt_adapter *a, struct nrt_culprit *who)
{
	who->driver = name_of(a->driver->driver);
	who->adapter = a->device.name;
}

static void of_filter(const struct nrt_filter *f, struct nrt_culprit *who)
{
	who->driver = name_of(f->driver->driver);
	who->adapter = f->adapter->device.name;
}

static void of_binding(const struct nrt_binding *b, struct nrt_culprit *who)
{
	who->driver = name_of(b->protocol->driver);
	who->adapter = b->adapter->device.name;
}

struct nrt_culprit nrt_culprit_of(const void *handle, const char *call)
{
	struct nrt_culprit who = { .call = call };
	uint32_t magic = 0;

	if (handle != NULL && (ULONG_PTR)handle % sizeof(void *) == 0)
		magic = *(const uint32_t *)handle;
	switch (magic) {
	case NRT_ADAPTER_MAGIC:
		of_adapter(handle, &who);
		break;
	case NRT_FILTER_MAGIC:
		of_filter(handle, &who);
		break;
	case NRT_BINDING_MAGIC:
		of_binding(handle, &who);
		break;
	case NRT_PROTOCOL_MAGIC:
		who.driver = name_of(((const struct nrt_protocol *)handle)->driver);
		break;
	case NRT_MINIPORT_MAGIC:
		who.driver = name_of(((const struct nrt_miniport_driver *)handle)->driver);
		break;
	case NRT_FILTER_DRIVER_MAGIC:
		who.driver = name_of(((const struct nrt_filter_driver *)handle)->driver);
		break;
	default:
		who.driver = name_of(nrt_driver_entering());
	}
	return who;
}

struct nrt_culprit nrt_culprit_at(const void *caller, const char *call)
{
	struct nrt_culprit who = { .call = call };
	const char *slash;
	Dl_info info;

	if (dladdr(caller, &info) == 0 || info.dli_fname == NULL)
		return who;
	slash = strrchr(info.dli_fname, '/');
	who.driver = slash != NULL ? slash + 1 : info.dli_fname;
	return who;
}
