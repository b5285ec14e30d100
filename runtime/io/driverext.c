/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that goes with a driver object, known by an address of its owner's. Asked
 * for by drivers up to DISPATCH_LEVEL, freed with the driver.
 */
#include <pthread.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../ndis/driver.h"

#define TAG 0x45767244 /* DrvE */

struct nrt_driver_extension {
	struct nrt_driver_extension *next; /* under lock */
	PVOID id;
	_Alignas(MEMORY_ALLOCATION_ALIGNMENT) UCHAR data[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Locked. */
static struct nrt_driver_extension *find(const struct nrt_driver *driver, const void *id)
{
	struct nrt_driver_extension *e = driver->extensions;

	while (e != NULL && e->id != id)
		e = e->next;
	return e;
}

NTSTATUS IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject,
					 PVOID ClientIdentificationAddress,
					 ULONG DriverObjectExtensionSize,
					 PVOID *DriverObjectExtension)
{
	struct nrt_driver *driver = CONTAINING_RECORD(DriverObject, struct nrt_driver, object);
	struct nrt_driver_extension *e;
	bool exists;

	nrt_check_irql("IoAllocateDriverObjectExtension", DISPATCH_LEVEL);
	*DriverObjectExtension = NULL;
	e = nrt_memory_zalloc(sizeof(*e) + DriverObjectExtensionSize, TAG, NULL);
	if (e == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	e->id = ClientIdentificationAddress;
	pthread_mutex_lock(&lock);
	exists = find(driver, ClientIdentificationAddress) != NULL;
	if (!exists) {
		e->next = driver->extensions;
		driver->extensions = e;
	}
	pthread_mutex_unlock(&lock);
	if (exists) {
		nrt_memory_free(e, TAG);
		return STATUS_OBJECT_NAME_COLLISION;
	}
	*DriverObjectExtension = e->data;
	return STATUS_SUCCESS;
}

PVOID IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress)
{
	struct nrt_driver *driver = CONTAINING_RECORD(DriverObject, struct nrt_driver, object);
	struct nrt_driver_extension *e;

	nrt_check_irql("IoGetDriverObjectExtension", DISPATCH_LEVEL);
	pthread_mutex_lock(&lock);
	e = find(driver, ClientIdentificationAddress);
	pthread_mutex_unlock(&lock);
	return e != NULL ? e->data : NULL;
}

void nrt_driver_extensions_free(struct nrt_driver *driver)
{
	while (driver->extensions != NULL) {
		struct nrt_driver_extension *e = driver->extensions;

		driver->extensions = e->next;
		nrt_memory_free(e, TAG);
	}
}
