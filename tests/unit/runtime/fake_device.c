/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control device of the tests. Its dispatch routines run on the test's
 * threads, several at once.
 */
#include "fake_device.h"

#define MESSAGE_TAG 0x67734d46

struct message {
	LIST_ENTRY link;
	ULONG length;
	UCHAR data[];
};

struct fake_device *fake_device_image;

UNICODE_STRING fake_device_name = RTL_CONSTANT_STRING(L"\\Device\\Fake");
UNICODE_STRING fake_device_link = RTL_CONSTANT_STRING(L"\\DosDevices\\FakeLink");

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = information;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

/* The buffer of a read or write, however the device gets it. */
static PVOID buffer_of(PIRP irp)
{
	if (irp->MdlAddress != NULL)
		return MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
	if (irp->AssociatedIrp.SystemBuffer != NULL)
		return irp->AssociatedIrp.SystemBuffer;
	return irp->UserBuffer;
}

/* ------------------------------------------------------------------------ the queue */

static struct fake_device *device_of(PIO_CSQ csq)
{
	return CONTAINING_RECORD(csq, struct fake_device, csq);
}

/* A read waits only when there is no message for it. */
static NTSTATUS queue_insert(PIO_CSQ csq, PIRP irp, PVOID context)
{
	struct fake_device *d = device_of(csq);

	(void)context;
	if (!IsListEmpty(&d->messages))
		return STATUS_UNSUCCESSFUL;
	InsertTailList(&d->waiting, &irp->Tail.Overlay.ListEntry);
	d->queued++;
	NdisSetEvent(&d->was_queued);
	return STATUS_SUCCESS;
}

static VOID queue_remove(PIO_CSQ csq, PIRP irp)
{
	(void)csq;
	RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

/* @context: the file the IRP must be of, or NULL. */
static PIRP queue_peek(PIO_CSQ csq, PIRP irp, PVOID context)
{
	struct fake_device *d = device_of(csq);
	LIST_ENTRY *e = irp != NULL ? irp->Tail.Overlay.ListEntry.Flink : d->waiting.Flink;

	for (; e != &d->waiting; e = e->Flink) {
		PIRP next = CONTAINING_RECORD(e, IRP, Tail.Overlay.ListEntry);

		if (context == NULL || IoGetCurrentIrpStackLocation(next)->FileObject == context)
			return next;
	}
	return NULL;
}

static VOID queue_acquire(PIO_CSQ csq, PKIRQL irql)
{
	KeAcquireSpinLock(&device_of(csq)->lock, irql);
}

static VOID queue_release(PIO_CSQ csq, KIRQL irql)
{
	KeReleaseSpinLock(&device_of(csq)->lock, irql);
}

static VOID queue_cancelled(PIO_CSQ csq, PIRP irp)
{
	InterlockedIncrement((LONG *)&device_of(csq)->cancelled);
	complete(irp, STATUS_CANCELLED, 0);
}

void fake_device_prepare(struct fake_device *d)
{
	fake_device_image = d;
	NdisInitializeEvent(&d->was_queued);
	NdisInitializeEvent(&d->was_kept);
	KeInitializeSpinLock(&d->lock);
	InitializeListHead(&d->waiting);
	InitializeListHead(&d->messages);
	IoCsqInitializeEx(&d->csq, queue_insert, queue_remove, queue_peek, queue_acquire,
			  queue_release, queue_cancelled);
}

/* ------------------------------------------------------------------- read and write */

static ULONG deliver(PIRP irp, const void *data, ULONG length)
{
	ULONG n = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;

	n = n < length ? n : length;
	if (n != 0)
		memcpy(buffer_of(irp), data, n);
	return n;
}

static void look(struct fake_device *d, PIRP irp)
{
	KIRQL irql;

	KeAcquireSpinLock(&d->lock, &irql);
	d->had_system_buffer = irp->AssociatedIrp.SystemBuffer != NULL;
	d->irp_flags = irp->Flags;
	d->mode = irp->RequestorMode;
	d->offset = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.ByteOffset.QuadPart;
	d->mdl_bytes = irp->MdlAddress != NULL ? MmGetMdlByteCount(irp->MdlAddress) : 0;
	d->mdl_flags = irp->MdlAddress != NULL ? (USHORT)irp->MdlAddress->MdlFlags : 0;
	KeReleaseSpinLock(&d->lock, irql);
}

static struct message *next_message(struct fake_device *d)
{
	struct message *m = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&d->lock, &irql);
	if (!IsListEmpty(&d->messages))
		m = CONTAINING_RECORD(RemoveHeadList(&d->messages), struct message, link);
	KeReleaseSpinLock(&d->lock, irql);
	return m;
}

static NTSTATUS fake_read(PDEVICE_OBJECT object, PIRP irp)
{
	struct fake_device *d = fake_device_image;
	struct message *m;
	ULONG n;

	(void)object;
	do {
		m = next_message(d);
		if (m == NULL && NT_SUCCESS(IoCsqInsertIrpEx(&d->csq, irp, NULL, NULL)))
			return STATUS_PENDING;
	} while (m == NULL);
	n = deliver(irp, m->data, m->length);
	ExFreePoolWithTag(m, MESSAGE_TAG);
	return complete(irp, STATUS_SUCCESS, n);
}

/* True when no read waits and @m is kept for the next. */
static BOOLEAN keep_message(struct fake_device *d, struct message *m)
{
	BOOLEAN kept;
	KIRQL irql;

	KeAcquireSpinLock(&d->lock, &irql);
	kept = queue_peek(&d->csq, NULL, NULL) == NULL;
	if (kept)
		InsertTailList(&d->messages, &m->link);
	KeReleaseSpinLock(&d->lock, irql);
	return kept;
}

static NTSTATUS fake_write(PDEVICE_OBJECT object, PIRP irp)
{
	struct fake_device *d = fake_device_image;
	ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
	struct message *m;
	PIRP reader;

	(void)object;
	m = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*m) + length, MESSAGE_TAG);
	if (m == NULL)
		return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
	m->length = length;
	if (length != 0)
		memcpy(m->data, buffer_of(irp), length);
	do {
		reader = IoCsqRemoveNextIrp(&d->csq, NULL);
	} while (reader == NULL && !keep_message(d, m));
	if (reader != NULL) {
		complete(reader, STATUS_SUCCESS, deliver(reader, m->data, length));
		ExFreePoolWithTag(m, MESSAGE_TAG);
	}
	return complete(irp, STATUS_SUCCESS, length);
}

/* Reads and writes that tell how they came. */
static NTSTATUS watched(PDEVICE_OBJECT object, PIRP irp)
{
	look(fake_device_image, irp);
	return IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_READ
		       ? fake_read(object, irp)
		       : fake_write(object, irp);
}

/* ------------------------------------------------------------------ control requests */

static VOID nothing(PDEVICE_OBJECT object, PIRP irp)
{
	(void)object;
	IoReleaseCancelSpinLock(irp->CancelIrql);
}

static NTSTATUS abuse(struct fake_device *d, PIRP irp)
{
	KIRQL irql;

	switch (d->abuse) {
	case FAKE_COMPLETES_TWICE:
		complete(irp, STATUS_SUCCESS, 0);
		IoCompleteRequest(irp, IO_NO_INCREMENT);
		return STATUS_SUCCESS;
	case FAKE_FORGETS:
		d->kept = irp;
		return STATUS_SUCCESS;
	case FAKE_PENDS_UNMARKED:
		complete(irp, STATUS_SUCCESS, 0);
		return STATUS_PENDING;
	case FAKE_MARKS_AND_SUCCEEDS:
		IoMarkIrpPending(irp);
		return complete(irp, STATUS_SUCCESS, 0);
	case FAKE_RETURNS_OTHER:
		complete(irp, STATUS_DEVICE_BUSY, 0);
		return STATUS_SUCCESS;
	case FAKE_COMPLETES_PENDING:
		complete(irp, STATUS_PENDING, 0);
		return STATUS_UNSUCCESSFUL;
	case FAKE_COMPLETES_QUEUED:
		IoCsqInsertIrp(&d->csq, irp, NULL);
		complete(irp, STATUS_SUCCESS, 0);
		return STATUS_PENDING;
	case FAKE_KEEPS_CANCEL:
		IoSetCancelRoutine(irp, nothing);
		return complete(irp, STATUS_SUCCESS, 0);
	case FAKE_COMPLETES_LOCKED:
		KeAcquireSpinLock(&d->lock, &irql);
		complete(irp, STATUS_SUCCESS, 0);
		KeReleaseSpinLock(&d->lock, irql);
		return STATUS_SUCCESS;
	case FAKE_IGNORES_CANCEL:
		IoMarkIrpPending(irp);
		d->kept = irp;
		NdisSetEvent(&d->was_kept);
		return STATUS_PENDING;
	}
	return complete(irp, STATUS_NOT_IMPLEMENTED, 0);
}

void fake_device_release(struct fake_device *d)
{
	complete(d->kept, STATUS_SUCCESS, 0);
}

static ULONG sum_of(const UCHAR *bytes, ULONG n)
{
	ULONG sum = 0;

	while (n-- != 0)
		sum += *bytes++;
	return sum;
}

static NTSTATUS reverse(PIRP irp, ULONG in, ULONG out)
{
	UCHAR *bytes = irp->AssociatedIrp.SystemBuffer;

	for (ULONG i = 0; i < in / 2; i++) {
		UCHAR byte = bytes[i];

		bytes[i] = bytes[in - 1 - i];
		bytes[in - 1 - i] = byte;
	}
	if (out < in)
		return complete(irp, STATUS_BUFFER_OVERFLOW, out);
	return complete(irp, STATUS_SUCCESS, in);
}

static NTSTATUS say(PIRP irp)
{
	LONG words[2];

	memcpy(words, irp->AssociatedIrp.SystemBuffer, sizeof(words));
	return complete(irp, words[0], (ULONG)words[1]);
}

static NTSTATUS fake_control(PDEVICE_OBJECT object, PIRP irp)
{
	struct fake_device *d = fake_device_image;
	PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
	ULONG in = s->Parameters.DeviceIoControl.InputBufferLength;
	ULONG out = s->Parameters.DeviceIoControl.OutputBufferLength;

	(void)object;
	look(d, irp);
	switch (s->Parameters.DeviceIoControl.IoControlCode) {
	case FAKE_REVERSE:
		return reverse(irp, in, out);
	case FAKE_SUM:
		d->sum = sum_of(irp->AssociatedIrp.SystemBuffer, in) + sum_of(buffer_of(irp), out);
		return complete(irp, STATUS_SUCCESS, 0);
	case FAKE_FILL:
		memset(buffer_of(irp), *(UCHAR *)irp->AssociatedIrp.SystemBuffer, out);
		return complete(irp, STATUS_SUCCESS, out);
	case FAKE_COPY:
		memcpy(irp->UserBuffer, s->Parameters.DeviceIoControl.Type3InputBuffer, in);
		return complete(irp, STATUS_SUCCESS, in);
	case FAKE_WRITER:
		return complete(irp, STATUS_SUCCESS, 0);
	case FAKE_SAY:
		return say(irp);
	case FAKE_ABUSE:
		return abuse(d, irp);
	}
	return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

/* ------------------------------------------------------------------------- the rest */

static NTSTATUS fake_create(PDEVICE_OBJECT object, PIRP irp)
{
	struct fake_device *d = fake_device_image;
	PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
	ULONG n = s->FileObject->FileName.Length;

	(void)object;
	InterlockedIncrement((LONG *)&d->creates);
	d->access = s->Parameters.Create.SecurityContext->DesiredAccess;
	memset(d->file_name, 0, sizeof(d->file_name));
	if (n < sizeof(d->file_name))
		memcpy(d->file_name, s->FileObject->FileName.Buffer, n);
	return complete(irp, d->create_status, 0);
}

static NTSTATUS fake_cleanup(PDEVICE_OBJECT object, PIRP irp)
{
	struct fake_device *d = fake_device_image;
	PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
	PIRP queued;

	(void)object;
	d->cleanups++;
	while (!d->cleanup_leaves &&
	       (queued = IoCsqRemoveNextIrp(&d->csq, file)) != NULL)
		complete(queued, STATUS_CANCELLED, 0);
	return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS fake_close(PDEVICE_OBJECT object, PIRP irp)
{
	(void)object;
	InterlockedIncrement((LONG *)&fake_device_image->closes);
	return complete(irp, STATUS_SUCCESS, 0);
}

static void fill_table(PDRIVER_DISPATCH *table)
{
	table[IRP_MJ_CREATE] = fake_create;
	table[IRP_MJ_READ] = watched;
	table[IRP_MJ_WRITE] = watched;
	table[IRP_MJ_DEVICE_CONTROL] = fake_control;
	table[IRP_MJ_CLEANUP] = fake_cleanup;
	table[IRP_MJ_CLOSE] = fake_close;
}

static PDRIVER_DISPATCH dispatch_table[IRP_MJ_MAXIMUM_FUNCTION + 1];

void fake_device_attributes(NDIS_DEVICE_OBJECT_ATTRIBUTES *a)
{
	memset(dispatch_table, 0, sizeof(dispatch_table));
	fill_table(dispatch_table);
	memset(a, 0, sizeof(*a));
	a->Header.Type = NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES;
	a->Header.Revision = NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1;
	a->Header.Size = NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1;
	a->DeviceName = &fake_device_name;
	a->SymbolicName = &fake_device_link;
	a->MajorFunctions = dispatch_table;
	a->ExtensionSize = FAKE_DEVICE_EXTENSION;
}

NDIS_STATUS fake_device_register(struct fake_device *d, NDIS_HANDLE handle)
{
	NDIS_DEVICE_OBJECT_ATTRIBUTES a;
	NDIS_STATUS status;

	fake_device_prepare(d);
	fake_device_attributes(&a);
	status = NdisRegisterDeviceEx(handle, &a, &d->object, &d->handle);
	if (status == NDIS_STATUS_SUCCESS)
		d->object->Flags |= d->io_flags;
	return status;
}

static VOID fake_unload(PDRIVER_OBJECT driver)
{
	struct fake_device *d = fake_device_image;

	if (d->at_unload != NULL)
		d->at_unload(d);
	IoDeleteSymbolicLink(&fake_device_link);
	if (!d->forgets_device)
		IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS fake_device_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	struct fake_device *d = fake_device_image;
	NTSTATUS status;

	(void)path;
	fake_device_prepare(d);
	fill_table(driver->MajorFunction);
	driver->DriverUnload = fake_unload;
	status = IoCreateDevice(driver, FAKE_DEVICE_EXTENSION, &fake_device_name,
				FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, d->exclusive,
				&d->object);
	if (status != STATUS_SUCCESS)
		return status;
	d->object->Flags |= d->io_flags;
	status = IoCreateSymbolicLink(&fake_device_link, &fake_device_name);
	if (status == STATUS_SUCCESS && d->at_entry != NULL)
		status = d->at_entry(d, driver);
	return status;
}
