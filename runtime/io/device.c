/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device objects from IoCreateDevice to IoDeleteDevice and the last handle.
 * Drivers call these up to APC_LEVEL; driver.c and file.c on control threads.
 */
#include "device.h"

#include <pthread.h>
#include <string.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../ndis/driver.h"
#include "../verifier.h"
#include "irp.h"

#define DEVICE_TAG 0x69766544 /* Devi */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct nrt_io_device *devices;

void nrt_io_lock(void)
{
	pthread_mutex_lock(&lock);
}

void nrt_io_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* ----------------------------------------------------------- create, delete */

static struct nrt_io_device *device_new(PDRIVER_OBJECT driver, ULONG extension)
{
	struct nrt_io_device *d;
	size_t size = ALIGN_UP_BY(sizeof(*d), MEMORY_ALLOCATION_ALIGNMENT);

	d = nrt_memory_zalloc(size + extension, DEVICE_TAG, NULL);
	if (d == NULL)
		return NULL;
	d->rule = "MP-UNL-01";
	d->ready = nrt_driver_entering() == NULL || &nrt_driver_entering()->object != driver;
	d->object.Type = IO_TYPE_DEVICE;
	d->object.Size = (USHORT)(sizeof(DEVICE_OBJECT) + extension);
	d->object.DriverObject = driver;
	d->object.Flags = DO_DEVICE_INITIALIZING;
	d->object.DeviceExtension = extension != 0 ? (char *)d + size : NULL;
	d->object.StackSize = 1;
	InitializeListHead(&d->object.DeviceQueue.DeviceListHead);
	KeInitializeEvent(&d->object.DeviceLock, SynchronizationEvent, TRUE);
	return d;
}

NTSTATUS IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize,
			PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
			ULONG DeviceCharacteristics, BOOLEAN Exclusive,
			PDEVICE_OBJECT *DeviceObject)
{
	struct nrt_io_device *d;
	NTSTATUS status = STATUS_SUCCESS;

	nrt_check_irql("IoCreateDevice", APC_LEVEL);
	*DeviceObject = NULL;
	d = device_new(DriverObject, DeviceExtensionSize);
	if (d == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	d->object.DeviceType = DeviceType;
	d->object.Characteristics = DeviceCharacteristics;
	if (Exclusive)
		d->object.Flags |= DO_EXCLUSIVE;
	nrt_io_lock();
	if (DeviceName != NULL)
		status = nrt_io_name_add(DeviceName, d, NULL);
	if (status == STATUS_SUCCESS) {
		d->next = devices;
		devices = d;
		d->object.NextDevice = DriverObject->DeviceObject;
		DriverObject->DeviceObject = &d->object;
	}
	nrt_io_unlock();
	if (status != STATUS_SUCCESS) {
		nrt_memory_free(d, DEVICE_TAG);
		return status;
	}
	*DeviceObject = &d->object;
	return STATUS_SUCCESS;
}

/* Locked. */
static bool is_device(PDEVICE_OBJECT device)
{
	struct nrt_io_device *d = devices;

	while (d != NULL && &d->object != device)
		d = d->next;
	return d != NULL && !d->deleted;
}

/* Locked. No name and no place among its driver's devices any more. */
static void withdraw(struct nrt_io_device *d)
{
	PDEVICE_OBJECT *link = &d->object.DriverObject->DeviceObject;

	while (*link != NULL && *link != &d->object)
		link = &(*link)->NextDevice;
	if (*link != NULL)
		*link = d->object.NextDevice;
	d->deleted = true;
	nrt_io_names_remove(d);
}

/* Locked. Nobody holds @d. */
static void destroy(struct nrt_io_device *d)
{
	struct nrt_io_device **link = &devices;

	while (*link != d)
		link = &(*link)->next;
	*link = d->next;
	d->object.Type = 0;
	nrt_memory_free(d->reserved_extension, 0);
	nrt_memory_free(d, DEVICE_TAG);
}

VOID IoDeleteDevice(PDEVICE_OBJECT DeviceObject)
{
	nrt_check_irql("IoDeleteDevice", APC_LEVEL);
	nrt_io_lock();
	if (!is_device(DeviceObject) || nrt_io_device_of(DeviceObject)->ndis != NULL) {
		nrt_io_unlock();
		nrt_io_violation("0xC9/0x240", NULL, "IoDeleteDevice: %p is no device of "
				 "IoCreateDevice, or was deleted", (void *)DeviceObject);
		return;
	}
	withdraw(nrt_io_device_of(DeviceObject));
	if (nrt_io_device_of(DeviceObject)->opens == 0)
		destroy(nrt_io_device_of(DeviceObject));
	nrt_io_unlock();
}

NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
	NTSTATUS status;

	nrt_check_irql("IoCreateSymbolicLink", PASSIVE_LEVEL);
	nrt_io_lock();
	status = nrt_io_name_add(SymbolicLinkName, NULL, DeviceName);
	nrt_io_unlock();
	return status;
}

NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName)
{
	NTSTATUS status;

	nrt_check_irql("IoDeleteSymbolicLink", PASSIVE_LEVEL);
	nrt_io_lock();
	status = nrt_io_link_remove(SymbolicLinkName);
	nrt_io_unlock();
	return status;
}

/* ------------------------------------------------------------------ handles */

NTSTATUS nrt_io_get(PCUNICODE_STRING path, struct nrt_io_device **device, UNICODE_STRING *rest)
{
	struct nrt_io_device *d;
	NTSTATUS status;

	nrt_io_lock();
	status = nrt_io_name_find(path, &d, rest);
	if (status != STATUS_SUCCESS)
		goto unlock;
	if (d->unloading || !d->ready || (d->object.Flags & DO_DEVICE_INITIALIZING))
		status = STATUS_NO_SUCH_DEVICE;
	else if ((d->object.Flags & DO_EXCLUSIVE) && d->opens != 0)
		status = STATUS_ACCESS_DENIED;
	if (status != STATUS_SUCCESS) {
		RtlFreeUnicodeString(rest);
		goto unlock;
	}
	d->opens++;
	d->object.ReferenceCount++;
	*device = d;
unlock:
	nrt_io_unlock();
	return status;
}

void nrt_io_put(struct nrt_io_device *device)
{
	nrt_io_lock();
	device->opens--;
	device->object.ReferenceCount--;
	if (device->opens == 0 && device->deleted)
		destroy(device);
	nrt_io_unlock();
}

/* ------------------------------------------------------------------ drivers */

/* The I/O manager does that for what DriverEntry creates; later the driver does. */
void nrt_io_driver_ready(DRIVER_OBJECT *driver)
{
	nrt_io_lock();
	for (struct nrt_io_device *d = devices; d != NULL; d = d->next) {
		if (d->object.DriverObject != driver || d->ready)
			continue;
		d->object.Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
		d->ready = true;
	}
	nrt_io_unlock();
}

unsigned int nrt_io_driver_handles(DRIVER_OBJECT *driver)
{
	unsigned int handles = 0;

	nrt_io_lock();
	for (struct nrt_io_device *d = devices; d != NULL; d = d->next)
		if (d->object.DriverObject == driver)
			handles += d->opens;
	for (struct nrt_io_device *d = devices; handles == 0 && d != NULL; d = d->next)
		if (d->object.DriverObject == driver)
			d->unloading = true;
	nrt_io_unlock();
	return handles;
}

void nrt_io_driver_gone(DRIVER_OBJECT *driver, const char *name)
{
	nrt_io_work_wait(driver);
	while (driver->DeviceObject != NULL) {
		struct nrt_io_device *d = nrt_io_device_of(driver->DeviceObject);

		nrt_violation(d->rule, "%s is gone and left a device object behind", name);
		if (d->ndis != NULL)
			NdisDeregisterDeviceEx(d->ndis);
		else
			IoDeleteDevice(&d->object);
	}
	nrt_memory_report(driver);
}

void nrt_io_fini(void)
{
	nrt_io_lock();
	nrt_io_names_fini();
	nrt_io_unlock();
	nrt_irps_fini();
}
