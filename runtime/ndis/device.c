/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisRegisterDeviceEx: control devices of NDIS drivers, whose dispatch
 * routines are theirs alone and whose device extension is NDIS's. At
 * PASSIVE_LEVEL, from DriverEntry on; gone before the driver is (MP-UNL-01,
 * FL-REG-01).
 */
#include "../io/device.h"

#include <pthread.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../verifier.h"
#include "driver.h"
#include "filter.h"
#include "header.h"
#include "protocol.h"

#define EXTENSION_TAG 0x4564444e /* NDdE */

/* The device extension, and its own handle. */
struct nrt_ndis_device {
	struct nrt_ndis_device *next; /* all, under the lock */
	struct nrt_io_device *io;
	UNICODE_STRING link;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct nrt_ndis_device *devices;

/* ------------------------------------------------------------------- who calls */

/* The handles that this is for, by the number they begin with. */
static const struct kind {
	uint32_t magic;
	size_t driver;    /* offset of a struct nrt_driver * */
	const char *rule; /* broken by a driver that goes and leaves its devices */
} kinds[] = {
	{ NRT_MINIPORT_MAGIC, offsetof(struct nrt_miniport_driver, driver), "MP-UNL-01" },
	{ NRT_PROTOCOL_MAGIC, offsetof(struct nrt_protocol, driver), "MP-UNL-01" },
	{ NRT_FILTER_DRIVER_MAGIC, offsetof(struct nrt_filter_driver, driver), "FL-REG-01" },
};

static const struct kind *kind_of(NDIS_HANDLE handle)
{
	if (handle == NULL || (ULONG_PTR)handle % sizeof(void *) != 0)
		return NULL;
	for (size_t i = 0; i < RTL_NUMBER_OF(kinds); i++)
		if (*(const uint32_t *)handle == kinds[i].magic)
			return &kinds[i];
	return NULL;
}

static struct nrt_driver *driver_of(NDIS_HANDLE handle, const struct kind *kind)
{
	return *(struct nrt_driver **)((char *)handle + kind->driver);
}

/* --------------------------------------------------------------------- register */

static bool well_formed(PCUNICODE_STRING s)
{
	return s != NULL && s->Buffer != NULL && s->Length != 0 &&
	       s->Length % sizeof(WCHAR) == 0 && s->Length <= s->MaximumLength;
}

static NDIS_STATUS check(const NDIS_DEVICE_OBJECT_ATTRIBUTES *a, const char *driver)
{
	static const size_t sizes[] = { NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 };
	static const UCHAR pnp[] = { IRP_MJ_PNP, IRP_MJ_POWER };

	if (a == NULL || !nrt_header_ok(&a->Header, NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES,
					sizes, 1, "NdisRegisterDeviceEx"))
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!well_formed(a->DeviceName) || !well_formed(a->SymbolicName) ||
	    a->MajorFunctions == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (a->DefaultSDDLString != NULL && !nrt_io_sddl_ok(a->DefaultSDDLString))
		return NDIS_STATUS_INVALID_PARAMETER;
	for (size_t i = 0; i < RTL_NUMBER_OF(pnp); i++)
		if (a->MajorFunctions[pnp[i]] != NULL)
			nrt_violation("N5-25", "%s registers a device with a %s dispatch routine",
				      driver, pnp[i] == IRP_MJ_PNP ? "PnP" : "power");
	return NDIS_STATUS_SUCCESS;
}

/* Make @io NDIS's, before anybody can open it. */
static NTSTATUS adopt(struct nrt_io_device *io, const NDIS_DEVICE_OBJECT_ATTRIBUTES *a,
		      const struct kind *kind)
{
	if (a->ExtensionSize != 0) {
		io->reserved_extension = nrt_memory_zalloc(a->ExtensionSize, EXTENSION_TAG, NULL);
		if (io->reserved_extension == NULL)
			return STATUS_INSUFFICIENT_RESOURCES;
	}
	io->rule = kind->rule;
	io->is_ndis = true;
	memcpy(io->major, a->MajorFunctions, sizeof(io->major));
	io->major[IRP_MJ_PNP] = NULL; /* a virtual device gets neither */
	io->major[IRP_MJ_POWER] = NULL;
	return STATUS_SUCCESS;
}

static NTSTATUS copy_string(PCUNICODE_STRING from, UNICODE_STRING *to)
{
	to->Buffer = nrt_memory_alloc(from->Length, EXTENSION_TAG, NULL);
	if (to->Buffer == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(to->Buffer, from->Buffer, from->Length);
	to->Length = from->Length;
	to->MaximumLength = from->Length;
	return STATUS_SUCCESS;
}

static NTSTATUS create(struct nrt_driver *driver, const struct kind *kind,
		       const NDIS_DEVICE_OBJECT_ATTRIBUTES *a, struct nrt_ndis_device **out)
{
	struct nrt_ndis_device *d;
	PDEVICE_OBJECT object;
	NTSTATUS status;

	status = IoCreateDevice(&driver->object, sizeof(*d), a->DeviceName, FILE_DEVICE_NETWORK,
				FILE_DEVICE_SECURE_OPEN, FALSE, &object);
	if (status != STATUS_SUCCESS)
		return status;
	d = object->DeviceExtension;
	d->io = nrt_io_device_of(object);
	status = adopt(d->io, a, kind);
	if (status != STATUS_SUCCESS)
		goto delete;
	status = copy_string(a->SymbolicName, &d->link);
	if (status != STATUS_SUCCESS)
		goto delete;
	status = IoCreateSymbolicLink(&d->link, a->DeviceName);
	if (status != STATUS_SUCCESS)
		goto free_link;
	d->io->ndis = d;
	object->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
	*out = d;
	return STATUS_SUCCESS;

free_link:
	nrt_memory_free(d->link.Buffer, EXTENSION_TAG);
delete:
	IoDeleteDevice(object);
	return status;
}

NDIS_STATUS NdisRegisterDeviceEx(NDIS_HANDLE NdisHandle,
				 PNDIS_DEVICE_OBJECT_ATTRIBUTES DeviceObjectAttributes,
				 PDEVICE_OBJECT *pDeviceObject, PNDIS_HANDLE NdisDeviceHandle)
{
	const struct kind *kind = kind_of(NdisHandle);
	struct nrt_driver *driver = kind != NULL ? driver_of(NdisHandle, kind) : NULL;
	struct nrt_ndis_device *d;
	NDIS_STATUS status;

	nrt_check_irql("NdisRegisterDeviceEx", PASSIVE_LEVEL);
	*pDeviceObject = NULL;
	*NdisDeviceHandle = NULL;
	if (driver == NULL)
		return NDIS_STATUS_NOT_SUPPORTED;
	status = check(DeviceObjectAttributes, driver->name);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	status = create(driver, kind, DeviceObjectAttributes, &d);
	if (status != STATUS_SUCCESS)
		return status;
	pthread_mutex_lock(&lock);
	d->next = devices;
	devices = d;
	pthread_mutex_unlock(&lock);
	*pDeviceObject = &d->io->object;
	*NdisDeviceHandle = d;
	return NDIS_STATUS_SUCCESS;
}

/* ------------------------------------------------------------------- deregister */

static bool take(struct nrt_ndis_device *d)
{
	struct nrt_ndis_device **link = &devices;
	bool found;

	pthread_mutex_lock(&lock);
	while (*link != NULL && *link != d)
		link = &(*link)->next;
	found = *link != NULL;
	if (found)
		*link = d->next;
	pthread_mutex_unlock(&lock);
	return found;
}

VOID NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle)
{
	struct nrt_ndis_device *d = NdisDeviceHandle;
	struct nrt_io_device *io;

	nrt_check_irql("NdisDeregisterDeviceEx", PASSIVE_LEVEL);
	if (!take(d)) {
		nrt_violation("MP-UNL-01", "NdisDeregisterDeviceEx: %p is no registered device",
			      NdisDeviceHandle);
		return;
	}
	io = d->io;
	if (io->object.DeviceExtension != d) {
		nrt_violation("N5-25", "the device extension of %p, which is NDIS's, was changed",
			      (void *)&io->object);
		io->object.DeviceExtension = d;
	}
	IoDeleteSymbolicLink(&d->link);
	nrt_memory_free(d->link.Buffer, EXTENSION_TAG);
	io->ndis = NULL;
	IoDeleteDevice(&io->object);
}

PVOID NdisGetDeviceReservedExtension(PDEVICE_OBJECT DeviceObject)
{
	if (DeviceObject == NULL || DeviceObject->Type != IO_TYPE_DEVICE)
		return NULL;
	return nrt_io_device_of(DeviceObject)->reserved_extension;
}
