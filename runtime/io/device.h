/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device objects: what the runtime keeps before each, who made it, who holds
 * it, under which name it is found. Control threads, but for nrt_io_dispatch.
 */
#ifndef NRT_IO_DEVICE_H
#define NRT_IO_DEVICE_H

#include <stdbool.h>

#include <wdm.h>

struct nrt_io_device {
	struct nrt_io_device *next; /* all, under nrt_io_lock, as is what follows */
	unsigned int opens;         /* handles */
	bool deleted;               /* goes with its last handle */
	bool ready;                 /* the DriverEntry that made it, if one did, is over */
	const char *rule;           /* broken when it is left at the unload */
	/* NdisRegisterDeviceEx: dispatch routines of its own, else the driver object's */
	bool is_ndis;
	void *ndis; /* its handle, until it is deregistered */
	PDRIVER_DISPATCH major[IRP_MJ_MAXIMUM_FUNCTION + 1];
	void *reserved_extension;
	DEVICE_OBJECT object; /* its extension follows */
};

static inline struct nrt_io_device *nrt_io_device_of(PDEVICE_OBJECT device)
{
	return CONTAINING_RECORD(device, struct nrt_io_device, object);
}

/* The routine of @device for @major, or NULL. Any IRQL. */
static inline PDRIVER_DISPATCH nrt_io_dispatch(PDEVICE_OBJECT device, UCHAR major)
{
	const struct nrt_io_device *d = nrt_io_device_of(device);

	if (major > IRP_MJ_MAXIMUM_FUNCTION)
		return NULL;
	return d->is_ndis ? d->major[major] : device->DriverObject->MajorFunction[major];
}

/* Devices and names. No driver is called with it held. */
void nrt_io_lock(void);
void nrt_io_unlock(void);

/* A handle to the device that @path names, and what follows its name, in a string of
 * RtlFreeUnicodeString's; give it back with nrt_io_put. STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_NO_SUCH_DEVICE (not ready, or going), STATUS_ACCESS_DENIED (exclusive). */
NTSTATUS nrt_io_get(PCUNICODE_STRING path, struct nrt_io_device **device, UNICODE_STRING *rest);
void nrt_io_put(struct nrt_io_device *device);

/* driver.c, in this order. The DriverEntry has succeeded: */
void nrt_io_driver_ready(DRIVER_OBJECT *driver);
/* The driver is to be unloaded: how many handles forbid it; with none, no more are given. */
unsigned int nrt_io_driver_handles(DRIVER_OBJECT *driver);
/* It has been, or its DriverEntry failed: report and delete what it left. */
void nrt_io_driver_gone(DRIVER_OBJECT *driver, const char *name);

/* secure.c: a descriptor in the words that devices' may have. */
bool nrt_io_sddl_ok(PCUNICODE_STRING sddl);

/* timer.c: @device, which has a timer, is about to be deleted. Not under nrt_io_lock. */
void nrt_io_timer_delete(PDEVICE_OBJECT device);

/* workitem.c: wait until no work item of @driver is queued or runs. */
void nrt_io_work_wait(DRIVER_OBJECT *driver);

/* nrt_fini */
void nrt_io_fini(void);

/* ------------------------------------------------- names.c; all under nrt_io_lock */

/* @name is for @device, or, when that is NULL, a link to @target. STATUS_SUCCESS,
 * STATUS_OBJECT_NAME_INVALID, _PATH_SYNTAX_BAD, _PATH_NOT_FOUND, _NAME_COLLISION,
 * STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS nrt_io_name_add(PCUNICODE_STRING name, struct nrt_io_device *device,
			 PCUNICODE_STRING target);
NTSTATUS nrt_io_link_remove(PCUNICODE_STRING name);
void nrt_io_names_remove(const struct nrt_io_device *device);
NTSTATUS nrt_io_name_find(PCUNICODE_STRING path, struct nrt_io_device **device,
			  UNICODE_STRING *rest);
/* Report the links that nobody deleted. */
void nrt_io_names_fini(void);

#endif
