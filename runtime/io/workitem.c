/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * I/O work items: queued by drivers up to DISPATCH_LEVEL, run at PASSIVE_LEVEL
 * by the pool of ke/workitem.c. A routine may free its own item, so nothing of
 * it is touched afterwards; its driver's count keeps the driver loaded.
 * [nf-wdm-ioqueueworkitem, N/kernel: system worker threads]
 */
#include <pthread.h>
#include <stdatomic.h>

#include <wdm.h>

#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../ke/workitem.h"
#include "../ndis/callback.h"
#include "../ndis/driver.h"
#include "../verifier.h"
#include "device.h"

#define WORK_ITEM_TAG 0x576f49 /* IoW */

struct _IO_WORKITEM {
	struct nrt_work work; /* first */
	PVOID object;         /* a device or driver object */
	struct nrt_driver *driver;
	PIO_WORKITEM_ROUTINE routine;
	PIO_WORKITEM_ROUTINE_EX routine_ex; /* this or the other */
	PVOID context;
	_Atomic bool queued;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;

void nrt_io_work_count(struct nrt_driver *driver, int change)
{
	pthread_mutex_lock(&lock);
	driver->io_work += (unsigned int)change;
	if (driver->io_work == 0)
		pthread_cond_broadcast(&idle);
	pthread_mutex_unlock(&lock);
}

void nrt_io_work_wait(DRIVER_OBJECT *driver)
{
	struct nrt_driver *d = CONTAINING_RECORD(driver, struct nrt_driver, object);

	pthread_mutex_lock(&lock);
	while (d->io_work != 0)
		pthread_cond_wait(&idle, &lock);
	pthread_mutex_unlock(&lock);
}

static bool is_device(const void *object)
{
	return ((const DEVICE_OBJECT *)object)->Type == IO_TYPE_DEVICE;
}

ULONG IoSizeofWorkItem(VOID)
{
	return sizeof(struct _IO_WORKITEM);
}

VOID IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
	PDRIVER_OBJECT driver = is_device(IoObject) ? ((PDEVICE_OBJECT)IoObject)->DriverObject
						    : (PDRIVER_OBJECT)IoObject;

	memset(IoWorkItem, 0, sizeof(*IoWorkItem));
	IoWorkItem->object = IoObject;
	IoWorkItem->driver = CONTAINING_RECORD(driver, struct nrt_driver, object);
}

/* False, and reported, while it is queued. */
static bool is_idle(PIO_WORKITEM item, const char *what)
{
	if (!atomic_load(&item->queued))
		return true;
	nrt_violation("RS-WKI-01", "work item %p %s while it is queued", (void *)item, what);
	return false;
}

VOID IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
	is_idle(IoWorkItem, "uninitialized");
}

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
	PIO_WORKITEM item;

	nrt_check_irql("IoAllocateWorkItem", DISPATCH_LEVEL);
	item = nrt_memory_zalloc(sizeof(*item), WORK_ITEM_TAG, DeviceObject->DriverObject);
	if (item != NULL)
		IoInitializeWorkItem(DeviceObject, item);
	return item;
}

VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
	nrt_check_irql("IoFreeWorkItem", DISPATCH_LEVEL);
	if (is_idle(IoWorkItem, "freed")) /* else the pool would run freed memory */
		nrt_memory_free(IoWorkItem, WORK_ITEM_TAG);
}

static void run_item(struct nrt_work *work)
{
	PIO_WORKITEM item = (PIO_WORKITEM)work;
	struct nrt_driver *driver = item->driver;
	PIO_WORKITEM_ROUTINE routine = item->routine;
	PVOID object = item->object, context = item->context;
	struct nrt_callback cb;

	if (routine == NULL) {
		PIO_WORKITEM_ROUTINE_EX routine_ex = item->routine_ex;

		atomic_store(&item->queued, false); /* the routine may queue or free it */
		cb = nrt_callback_begin("IO_WORKITEM_ROUTINE_EX");
		routine_ex(object, context, item);
	} else {
		atomic_store(&item->queued, false);
		cb = nrt_callback_begin("IO_WORKITEM_ROUTINE");
		routine(object, context);
	}
	nrt_callback_end(&cb);
	nrt_io_work_count(driver, -1);
}

static void queue(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine,
		  PIO_WORKITEM_ROUTINE_EX routine_ex, PVOID context)
{
	if (atomic_exchange(&item->queued, true)) {
		nrt_violation("RS-WKI-01", "work item %p queued while it is queued", (void *)item);
		return;
	}
	item->routine = routine;
	item->routine_ex = routine_ex;
	item->context = context;
	item->work.fn = run_item;
	nrt_io_work_count(item->driver, 1);
	nrt_work_queue(&item->work);
}

VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine,
		     WORK_QUEUE_TYPE QueueType, PVOID Context)
{
	(void)QueueType;
	nrt_check_irql("IoQueueWorkItem", DISPATCH_LEVEL);
	if (!is_device(IoWorkItem->object)) {
		nrt_violation("RS-WKI-01", "IoQueueWorkItem: work item %p has no device object",
			      (void *)IoWorkItem);
		return;
	}
	queue(IoWorkItem, WorkerRoutine, NULL, Context);
}

VOID IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
		       WORK_QUEUE_TYPE QueueType, PVOID Context)
{
	(void)QueueType;
	nrt_check_irql("IoQueueWorkItemEx", DISPATCH_LEVEL);
	queue(IoWorkItem, NULL, WorkerRoutine, Context);
}
