/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System threads that keep their driver loaded. Made by drivers at PASSIVE_LEVEL;
 * the unload waits for them as for work items.
 */
#include "../ke/irql.h"
#include "../ke/systhread.h"
#include "../ndis/driver.h"
#include "device.h"

static void ended(void *driver)
{
	nrt_io_work_count(driver, -1);
}

NTSTATUS IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess,
			      POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
			      PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
	PDEVICE_OBJECT device = IoObject;
	DRIVER_OBJECT *object = device->Type == IO_TYPE_DEVICE ? device->DriverObject : IoObject;
	struct nrt_driver *driver = CONTAINING_RECORD(object, struct nrt_driver, object);
	HANDLE handle;
	NTSTATUS status;

	(void)ObjectAttributes;
	(void)ProcessHandle;
	nrt_check_irql("IoCreateSystemThread", PASSIVE_LEVEL);
	nrt_io_work_count(driver, 1);
	status = nrt_thread_create(&handle, ClientId, DesiredAccess, StartRoutine, StartContext,
				   ended, driver);
	if (NT_SUCCESS(status))
		*ThreadHandle = handle;
	else
		nrt_io_work_count(driver, -1);
	return status;
}
